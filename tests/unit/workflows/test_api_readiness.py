"""How far series have been learned, as the API shows it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api_installation import Installation
from tests.learned_series import BEGAN, judged_state, keep, learned
from vigil.detection.learning import Learning
from vigil.model.api_key import Role
from vigil.model.tenant import Thresholds
from vigil.ports import Put
from vigil.stores.detector_states import DetectorStates
from vigil.stores.tenant_store import judge_until
from vigil.workflows.api.readiness_answers import ReadinessAnswer

HALF_AN_HOUR = 31


def keep_service(here: Installation, service: str, minutes: int, *endpoints: str) -> None:
    """Keep a service of acme whose endpoints have been learned for so many minutes."""
    known = learned(range(minutes))
    state = judged_state(dict.fromkeys(endpoints, known), minutes)
    keep(here.database, here.store().root, replace(state, service=service))


def shown(here: Installation, query: str = "", **options: Any) -> dict[str, Any]:
    answer = here.ask("GET", f"/readiness{query}", **options)
    ReadinessAnswer.model_validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    return found


def series_of(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["service"], each["endpoint"]) for each in answer["series"]]


@pytest.fixture(scope="module")
def shared() -> Iterator[Installation]:
    with Installation() as installation:
        keep_service(installation, "shop", HALF_AN_HOUR, "POST /pay", "GET /")
        keep_service(installation, "bank", 2, "POST /charge")
        yield installation


def test_each_series_says_what_is_learned_and_what_it_waits_for(shared: Installation) -> None:
    answer = shown(shared, "?service=bank", role=Role.VIEWER)
    assert (answer["total_series"], answer["total_ready"], answer["rules_only"]) == (1, 0, False)
    [series] = answer["series"]
    assert (series["since"], series["windows"], series["samples"], series["ready"]) == (
        "2026-01-20T00:00:00Z",
        2,
        40,
        False,
    )
    assert series["learned"][0] == {
        "subject": "errors",
        "ready": False,
        "waits_for": "2 of 30 windows, 40 of 100 entries",
    }


def test_what_is_ready_waits_for_nothing(shared: Installation) -> None:
    first = shown(shared, "?service=shop")["series"][0]["learned"][0]
    assert first == {"subject": "errors", "ready": True, "waits_for": None}


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        pytest.param("", ["POST /charge", "GET /", "POST /pay"], id="all by service and endpoint"),
        pytest.param("?service=shop", ["GET /", "POST /pay"], id="of one service"),
        pytest.param("?service=never", [], id="of one that is not known"),
        pytest.param("?service=..%2Facme", [], id="of no name that a service has"),
        pytest.param("?limit=2", ["POST /charge", "GET /"], id="as many as are asked for"),
    ],
)
def test_series_are_listed_by_name(shared: Installation, query: str, listed: list[str]) -> None:
    assert [endpoint for _, endpoint in series_of(shown(shared, query))] == listed


def test_totals_count_what_is_not_listed(shared: Installation) -> None:
    assert shown(shared, "?limit=1")["total_series"] == 3


def test_another_tenant_sees_nothing_of_it(shared: Installation) -> None:
    for query in ("", "?service=shop", "?service=shop&tenant_id=acme"):
        headers = {"X-API-Key": shared.key(Role.VIEWER, "globex")}
        answer = shown(shared, query, headers=headers)
        assert (answer["total_series"], answer["series"], answer["unreadable"]) == (0, [], [])


@pytest.mark.parametrize("query", ["?service=", "?service=" + "x" * 201, "?limit=0", "?limit=201"])
def test_what_cannot_be_asked_is_refused(shared: Installation, query: str) -> None:
    assert shared.ask("GET", f"/readiness{query}").status_code == 400


@pytest.mark.parametrize("query", ["", "?service=shop"], ids=["among all", "asked for"])
def test_a19_a_service_in_shards_is_shown_whole(here: Installation, query: str) -> None:
    endpoints = [f"GET /{letter}" for letter in "abcdefgh"]
    state = judged_state(dict.fromkeys(endpoints, learned(range(2))), 2)
    keep(here.database, here.store().root, state, split=True)

    assert series_of(shown(here, query)) == [("shop", endpoint) for endpoint in endpoints]


def test_time_is_that_up_to_which_the_tenant_has_been_judged(here: Installation) -> None:
    keep_service(here, "shop", 300, "GET /")
    store = here.store()
    here.database.commit([judge_until(store, BEGAN + timedelta(days=1))])

    learned_of = {each["subject"]: each for each in shown(here)["series"][0]["learned"]}
    assert learned_of["requests"]["ready"]
    assert learned_of["median_latency"]["waits_for"] == "1 of 7 days"


def test_where_only_limits_judge_nothing_is_waited_for(here: Installation) -> None:
    keep_service(here, "shop", 2, "GET /")
    acme = here.registry.tenant("acme")
    assert acme is not None
    here.registry.change_tenant(replace(acme, thresholds=Thresholds(rules_only=True)))

    answer = shown(here)
    assert (answer["rules_only"], answer["total_ready"]) == (True, 1)
    assert answer["series"][0]["learned"] == []


def keep_damaged(here: Installation, service: str, *, name: str | int | None = None) -> None:
    path = DetectorStates(here.database).path(here.store().root, service)
    kept: dict[str, str | int | bytes | datetime] = {
        "service": service if name is None else name,
        "committed_at": BEGAN,
        "expires_at": BEGAN,
        "state": b"no",
    }
    here.database.commit([Put(path, kept)])


def keep_damaged_learning(here: Installation, service: str) -> None:
    state = replace(judged_state({}, 2), service=service, learning=Learning.from_bytes(b"no"))
    keep(here.database, here.store().root, state)


@pytest.mark.parametrize("query", ["", "?service=lost"], ids=["among all", "asked for"])
@pytest.mark.parametrize("damage", [keep_damaged, keep_damaged_learning])
def test_a_service_that_cannot_be_read_is_named_and_hides_no_other(
    here: Installation, query: str, damage: Any
) -> None:
    keep_service(here, "shop", 2, "GET /")
    damage(here, "lost")

    answer = shown(here, query)
    assert answer["unreadable"] == ["lost"]
    assert series_of(answer) == ([] if query else [("shop", "GET /")])


def test_of_a_damaged_name_nothing_is_said_but_that_there_is_one(here: Installation) -> None:
    keep_damaged(here, "lost", name=7)
    assert shown(here)["unreadable"] == [""]
