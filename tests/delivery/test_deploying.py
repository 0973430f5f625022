"""A deployment by the true scripts and the true Terraform: what it does, and what it undoes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.rig import Delivery, delivery

pytestmark = pytest.mark.slow

ACCOUNT = 'description  = "In whose name Pub/Sub calls the functions."'


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivery]:
    with delivery(tmp_path_factory.mktemp("delivery")) as made:
        made.apply_by_hand()
        yield made


@pytest.fixture
def vigil(installation: Delivery) -> Delivery:
    """Return the installation with nothing left to do, whatever a test before has left."""
    for path in installation.cloud.glob("*-*"):
        if path.name != "canary-key":
            path.unlink()
    installation.apply_by_hand()
    installation.calls("")
    return installation


def _applied(vigil: Delivery, output: str) -> list[str]:
    return [line.partition("== ")[2] for line in output.splitlines() if line.startswith("== ")]


def test_functions_are_deployed_one_at_a_time_and_readers_first(vigil: Delivery) -> None:
    vigil.edit("batch_logs", "manage_alerts", "detect_anomalies")

    done = vigil.build()

    assert done.returncode == 0, done.stderr
    assert _applied(vigil, done.stdout) == [
        "vigil-manage-alerts",
        "vigil-detect-anomalies",
        "vigil-batch-logs",
    ]
    assert vigil.moved() == [
        "vigil-manage-alerts latest",
        "vigil-detect-anomalies latest",
        "vigil-batch-logs latest",
    ]


def test_the_canary_flies_with_its_key_when_all_is_deployed(vigil: Delivery) -> None:
    vigil.edit("api")

    assert vigil.build().returncode == 0

    [canary] = (vigil.cloud / "canaries").read_text().splitlines()[-1:]
    assert canary.startswith("the-key canary --url https://vigil-api-")


def test_the_canary_shows_who_it_is_where_not_everybody_reaches_the_api(vigil: Delivery) -> None:
    values = vigil.tree.module / "test.tfvars"
    kept = values.read_text()
    values.write_text(f'{kept}public_invokers = ["group:people@example.com"]\n')
    try:
        vigil.apply_by_hand()
        done = vigil.run("canary.sh")
    finally:
        values.write_text(kept)

    assert done.returncode == 0, done.stderr
    [canary] = (vigil.cloud / "canaries").read_text().splitlines()[-1:]
    _, url, token = canary.split()[-3:]
    assert token == f"a-token-for-{url}"


def test_where_nothing_has_changed_no_function_is_touched(vigil: Delivery) -> None:
    done = vigil.build()

    assert done.returncode == 0, done.stderr
    assert _applied(vigil, done.stdout) == []
    assert vigil.moved() == []


def test_what_was_touched_goes_back_when_the_canary_dies(vigil: Delivery) -> None:
    before = {name: vigil.newest(name) for name in ("vigil-manage-alerts", "vigil-batch-logs")}
    vigil.edit("batch_logs", "manage_alerts")
    (vigil.cloud / "canary-dies").touch()

    done = vigil.build()

    assert done.returncode != 0
    assert vigil.moved()[2:] == [
        f"vigil-batch-logs revisions={before['vigil-batch-logs']}=100",
        f"vigil-manage-alerts revisions={before['vigil-manage-alerts']}=100",
    ]


def test_what_went_back_comes_forward_with_the_next_deployment(vigil: Delivery) -> None:
    vigil.edit("manage_alerts", "batch_logs")
    (vigil.cloud / "canary-dies").touch()
    assert vigil.build().returncode != 0
    (vigil.cloud / "canary-dies").unlink()
    vigil.calls("")
    vigil.edit("batch_logs")

    assert vigil.build().returncode == 0

    assert vigil.moved() == ["vigil-manage-alerts latest", "vigil-batch-logs latest"]


def test_one_that_fails_more_often_than_before_stops_the_rest(vigil: Delivery) -> None:
    before = vigil.newest("vigil-manage-alerts")
    vigil.edit("manage_alerts", "detect_anomalies")
    (vigil.cloud / "statuses-vigil-manage-alerts-1800s").write_text("500\n")
    (vigil.cloud / "statuses-vigil-manage-alerts-60s").write_text("500\n" * 10)

    done = vigil.build()

    assert "fails more often than what served before" in done.stderr
    assert _applied(vigil, done.stdout) == ["vigil-manage-alerts"]
    assert vigil.moved()[-1] == f"vigil-manage-alerts revisions={before}=100"


@pytest.mark.parametrize(
    ("before", "after", "blamed"),
    [
        pytest.param("30", "500\n" * 10, True, id="ten times as often as before"),
        pytest.param("0", "503\n" * 5, True, id="the one before never failed"),
        pytest.param("300", "500\n" * 10, False, id="as often as before"),
        pytest.param("300", "500\n" * 20, False, id="twice as often"),
        pytest.param("300", "500\n" * 21, True, id="more than twice as often"),
        pytest.param("0", "500\n" * 4, False, id="too few to tell"),
        pytest.param("0", "", False, id="nobody has asked it, or all went well"),
        pytest.param("0", "429\n" * 99, False, id="its callers did wrong"),
    ],
)
def test_when_a_deployment_is_blamed(
    vigil: Delivery, before: str, after: str, blamed: bool
) -> None:
    (vigil.cloud / "statuses-vigil-cleanup-60s").write_text(after)

    done = vigil.run("watch.sh", "vigil-cleanup", "us-central1", before)

    assert bool(done.returncode) is blamed, done.stderr


def test_a_revision_that_does_not_serve_stops_the_deployment(vigil: Delivery) -> None:
    (vigil.cloud / "serving-vigil-cleanup").write_text("vigil-cleanup-older")

    done = vigil.run("watch.sh", "vigil-cleanup", "us-central1", "0")

    assert "but vigil-cleanup-older serves" in done.stderr
    assert done.returncode != 0


def test_a_change_of_who_may_do_what_is_left_to_a_person(vigil: Delivery) -> None:
    vigil.tree.change("accounts.tf", ACCOUNT, ACCOUNT.replace("calls", "asks"))
    try:
        proposed, merged = vigil.run("plan.sh", apply=False), vigil.run("plan.sh")
    finally:
        vigil.tree.change("accounts.tf", ACCOUNT.replace("calls", "asks"), ACCOUNT)

    assert "update google_service_account.pusher" in proposed.stdout
    assert proposed.returncode == 0, proposed.stderr
    assert "update google_service_account.pusher" in merged.stdout
    assert merged.returncode != 0


def test_of_a_proposal_nothing_is_deployed(vigil: Delivery) -> None:
    before = vigil.newest("vigil-api")
    vigil.edit("api")
    vigil.calls("")

    assert vigil.run("plan.sh", apply=False).returncode == 0
    done = vigil.run("deploy.sh", apply=False)

    assert done.returncode == 0
    assert vigil.calls("") == []
    assert vigil.newest("vigil-api") == before


def test_without_a_key_for_the_canary_nothing_stays_deployed(vigil: Delivery) -> None:
    vigil.edit("api")
    key = vigil.cloud / "canary-key"
    kept = key.read_text()
    key.unlink()
    try:
        done = vigil.build()
    finally:
        key.write_text(kept)

    assert done.returncode != 0
    assert "canary_key_command" in done.stderr
    assert len(vigil.moved()) == 2


def test_what_cannot_go_back_does_not_keep_the_others_from_it(
    vigil: Delivery, tmp_path: Path
) -> None:
    served = tmp_path / "served_before"
    served.write_text("vigil-api us-central1 one\nvigil-api us-central1 refused\n")

    done = vigil.run("roll_back.sh", SERVED_BEFORE=str(served))

    assert done.returncode != 0
    assert vigil.moved() == ["vigil-api revisions=refused=100", "vigil-api revisions=one=100"]
