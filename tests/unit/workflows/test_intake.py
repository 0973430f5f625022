"""What may come in, and whose it is."""

import io
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from tests.builders import NOON, raw_entry
from tests.vigil_in_memory import ACME, PAGER, PROJECT, VigilInMemory, payments
from vigil import telemetry
from vigil.errors import NotificationRejected
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Project, Tenant

STRANGERS = [
    pytest.param({"logName": "projects/of-nobody/logs/stdout"}, id="a project nobody was given"),
    pytest.param({"logName": "projects/acme/logs/stdout"}, id="a project named like a tenant"),
    pytest.param({"logName": "projects/__all__/logs/stdout"}, id="a name that no id can have"),
    pytest.param({"logName": "projects/../shop/logs/stdout"}, id="a path instead of a name"),
    pytest.param({"logName": "folders/17/logs/stdout"}, id="a folder's log"),
    pytest.param({"logName": "", "resource": {}}, id="no project at all"),
    pytest.param({"logName": "projects/SHOP/logs/stdout"}, id="the project in capitals"),
]
CLAIMS = [
    pytest.param({"jsonPayload": {"tenant": "globex", "tenant_id": "globex"}}, id="in the payload"),
    pytest.param({"labels": {"tenant_id": "globex"}}, id="in a label"),
    pytest.param({"resource": {"labels": {"project_id": "mill"}}}, id="in the resource's project"),
    pytest.param({"trace": "projects/mill/traces/1"}, id="in the trace"),
]


@pytest.fixture
def own_lines() -> Iterator[io.StringIO]:
    """Our own stdout, as a function configures it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    telemetry.configure("manage-alerts", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("fields", STRANGERS)
def test_a14_an_entry_of_nobody_is_counted_and_stored_at_no_tenant(
    fields: dict[str, object],
) -> None:
    with VigilInMemory() as vigil:
        vigil.receive([raw_entry(**fields)])
        vigil.deliver()

        assert vigil.outcomes_of_nobody() == Outcomes(received=1, invalid=1)
        assert vigil.outcomes() == Outcomes()
        written = [write.path for commit in vigil.documents.commits for write in commit]
        assert written
        assert not [path for path in written if path.startswith("tenants/")]


def test_a14_a_project_whose_tenant_is_gone_is_nobodys() -> None:
    with VigilInMemory() as vigil:
        tenants = vigil.registry.tenants()
        vigil.database.commit([vigil.registry._projects.put("p", Project("p", "gone", NOON))])
        vigil.receive([raw_entry(logName="projects/p/logs/stdout")])

        assert [tenant.tenant_id for tenant in tenants] == ["acme"]
        assert vigil.outcomes_of_nobody().invalid == 1


@pytest.mark.parametrize("claim", CLAIMS)
def test_a15_the_project_says_whose_an_entry_is_whatever_the_entry_claims(
    claim: dict[str, object],
) -> None:
    with VigilInMemory() as vigil:
        vigil.registry.create_tenant(Tenant("globex", "Globex", NOON))
        vigil.registry.give_project(Project("mill", "globex", NOON))
        vigil.receive([raw_entry(**claim)])
        vigil.deliver()

        assert vigil.outcomes().processed == 1
        written = [write.path for commit in vigil.documents.commits for write in commit]
        assert not [path for path in written if "globex" in path]


def test_a16_our_own_lines_fed_back_ten_times_do_not_multiply(own_lines: io.StringIO) -> None:
    channels = tuple(replace(PAGER, channel_id=f"pager-{number}") for number in range(6))
    with VigilInMemory(replace(ACME, channels=channels)) as vigil:
        rejected = NotificationRejected("gone")
        vigil.notifier.trouble |= {channel.channel_id: rejected for channel in channels}
        vigil.receive(payments(40, status=500))
        vigil.settle()
        vigil.tick()
        volumes = [len(own_lines.getvalue().splitlines())]
        for turn in range(10):
            lines = own_lines.getvalue().splitlines()
            own_lines.seek(own_lines.truncate(0))
            vigil.receive([_as_entry(line, vigil, f"{turn}-{n}") for n, line in enumerate(lines)])
            vigil.settle()
            volumes.append(len(own_lines.getvalue().splitlines()))

        assert volumes == [6] + 10 * [0]
        assert vigil.outcomes() == Outcomes(received=46, processed=40, filtered=6)


def _as_entry(line: str, vigil: VigilInMemory, name: str) -> dict[str, object]:
    """Return a line of our stdout as Cloud Logging would deliver it."""
    fields = orjson.loads(line)
    return raw_entry(
        logName=f"projects/{PROJECT}/logs/run.googleapis.com%2Fstdout",
        insertId=name,
        timestamp=vigil.clock().isoformat(),
        severity=fields["severity"],
        jsonPayload=fields,
        resource={"type": "cloud_run_revision", "labels": {"service_name": "vigil-manage-alerts"}},
    )


def test_own_entries_of_a_project_of_nobody_are_filtered_too() -> None:
    with VigilInMemory() as vigil:
        own = {"type": "cloud_run_revision", "labels": {"service_name": "vigil-api"}}
        vigil.receive([raw_entry(logName="projects/x/logs/stdout", resource=own)])

        assert vigil.outcomes_of_nobody() == Outcomes(received=1, filtered=1)


def test_what_is_beyond_the_quota_is_counted_and_not_let_in() -> None:
    with VigilInMemory(replace(ACME, entries_per_second=2)) as vigil:
        vigil.receive(payments(25))
        vigil.deliver()
        assert vigil.outcomes() == Outcomes(received=25, processed=20, rate_limited=5)

        vigil.clock.advance(1)
        vigil.receive(payments(3, name="later"))
        vigil.deliver()
        assert vigil.outcomes() == Outcomes(received=28, processed=22, rate_limited=6)


def test_a_quota_is_not_saved_up_beyond_ten_seconds_and_survives_a_clock_that_goes_back() -> None:
    with VigilInMemory(replace(ACME, entries_per_second=1)) as vigil:
        vigil.receive(payments(10))
        vigil.clock.now -= timedelta(hours=1)
        vigil.receive(payments(1, name="back"))
        vigil.clock.now += timedelta(hours=3)
        vigil.receive(payments(11, name="on"))
        vigil.deliver()

        assert vigil.outcomes() == Outcomes(received=22, processed=20, rate_limited=2)
