"""Every route of the OpenAPI document, asked by everybody who should not get an answer."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from tests.api_installation import Installation
from vigil.model.api_key import Role
from vigil.workflows.api.answers import (
    AlertAnswer,
    AlertsAnswer,
    AlertStoryAnswer,
    HealthAnswer,
    IncidentAnswer,
    IncidentsAnswer,
    IncidentStoryAnswer,
    MetricsAnswer,
)
from vigil.workflows.api.graph_answers import GraphAnswer
from vigil.workflows.api.readiness_answers import ReadinessAnswer
from vigil.workflows.api.stream_answers import (
    CleanupAnswer,
    StreamsAnswer,
    StreamStartedAnswer,
    StreamStoppedAnswer,
)
from vigil.workflows.api.trust_answers import AnomaliesAnswer, FeedbackAnswer

# What each route needs, and the shape of its answer; a new route has to be entered here.
ROUTES: dict[tuple[str, str], tuple[Role | None, type[BaseModel]]] = {
    ("GET", "/alerts"): (Role.VIEWER, AlertsAnswer),
    ("GET", "/alerts/{alert_id}"): (Role.VIEWER, AlertStoryAnswer),
    ("POST", "/alerts/{alert_id}/acknowledge"): (Role.RESPONDER, AlertAnswer),
    ("POST", "/alerts/{alert_id}/resolve"): (Role.RESPONDER, AlertAnswer),
    ("GET", "/anomalies"): (Role.VIEWER, AnomaliesAnswer),
    ("POST", "/anomalies/{anomaly_id}/feedback"): (Role.RESPONDER, FeedbackAnswer),
    ("GET", "/incidents"): (Role.VIEWER, IncidentsAnswer),
    ("GET", "/incidents/{incident_id}"): (Role.VIEWER, IncidentStoryAnswer),
    ("POST", "/incidents/{incident_id}/resolve"): (Role.RESPONDER, IncidentAnswer),
    ("POST", "/incidents/{incident_id}/reopen"): (Role.RESPONDER, IncidentAnswer),
    ("GET", "/aiops/incidents"): (Role.VIEWER, IncidentsAnswer),
    ("GET", "/aiops/incidents/{incident_id}"): (Role.VIEWER, IncidentStoryAnswer),
    ("POST", "/aiops/incidents/{incident_id}/resolve"): (Role.RESPONDER, IncidentAnswer),
    ("POST", "/aiops/incidents/{incident_id}/reopen"): (Role.RESPONDER, IncidentAnswer),
    ("GET", "/graph"): (Role.VIEWER, GraphAnswer),
    ("GET", "/metrics"): (Role.VIEWER, MetricsAnswer),
    ("GET", "/readiness"): (Role.VIEWER, ReadinessAnswer),
    ("POST", "/start-log-streaming"): (Role.ADMIN, StreamStartedAnswer),
    ("GET", "/streams"): (Role.VIEWER, StreamsAnswer),
    ("DELETE", "/streams/{stream_id}"): (Role.ADMIN, StreamStoppedAnswer),
    ("POST", "/cleanup"): (Role.ADMIN, CleanupAnswer),
    ("GET", "/health"): (None, HealthAnswer),
}
KEYED = [route for route, (role, _) in ROUTES.items() if role is not None]
WITH_ID = [route for route in ROUTES if "{" in route[1]]
CHANGING = [route for route, (role, _) in ROUTES.items() if role not in (None, Role.VIEWER)]
# What a route needs in its body to be answered.
BODIES = {
    "/start-log-streaming": b'{"project_id": "acme-prod"}',
    "/anomalies/{anomaly_id}/feedback": b'{"verdict": "noise", "note": "a canary"}',
}


def named(route: tuple[str, str]) -> str:
    return " ".join(route)


def address(path: str, identity: str) -> str:
    for name in ("{alert_id}", "{anomaly_id}", "{incident_id}", "{stream_id}"):
        path = path.replace(name, identity)
    return path


def asked(
    here: Installation, role: Role, route: tuple[str, str], identity: str = "v1-acme"
) -> httpx.Response:
    """Return the answer to a whole request of `role`."""
    method, path = route
    headers = {"X-API-Key": here.key(role), "Content-Type": "application/json"}
    return here.ask(method, address(path, identity), headers=headers, content=BODIES.get(path, b""))


def kept(here: Installation, tenant_id: str) -> tuple[object, ...]:
    """Return what is kept of a tenant's alert, incident, stream and anomaly."""
    store, own_id = here.store(tenant_id), f"v1-{tenant_id}"
    return (
        store.alerts.get(own_id),
        store.incidents.get(own_id),
        store.streams.get(own_id),
        store.feedback.get(own_id),
    )


@pytest.fixture(scope="module")
def shared() -> Iterator[Installation]:
    """An installation that no test changes."""
    with Installation() as installation:
        yield installation


@pytest.fixture
def own() -> Iterator[Installation]:
    with Installation() as installation:
        yield installation


def test_the_document_has_exactly_these_routes(shared: Installation) -> None:
    document: dict[str, Any] = shared.api.openapi()
    operations = {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert operations.keys() == ROUTES.keys()
    for route, operation in operations.items():
        model = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        assert model.endswith(f"/{ROUTES[route][1].__name__}")
        assert "422" not in operation["responses"]
        assert bool(operation.get("security")) == (route in KEYED)
    assert len({each["operationId"] for each in operations.values()}) == len(operations)


@pytest.mark.parametrize("route", KEYED, ids=named)
def test_d37_without_a_key_there_is_one_answer(
    shared: Installation, route: tuple[str, str]
) -> None:
    method, path = route
    answers = [
        shared.ask(method, address(path, identity) + query, headers=headers)
        for identity in ("v1-acme", "v1-unknown", "__x__", "a.b")
        for query in ("", "?limit=0")
        for headers in ({}, {"X-Tenant-ID": "acme"}, {"X-API-Key": "vk1.acme." + "x" * 43})
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({(answer.content, str(answer.headers)) for answer in answers}) == 1
    assert answers[0].headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("route", WITH_ID, ids=named)
def test_d01_d02_a_foreign_id_is_answered_as_an_unknown_one(
    own: Installation, route: tuple[str, str]
) -> None:
    before = kept(own, "globex")
    foreign = asked(own, Role.ADMIN, route, "v1-globex")
    unknown = asked(own, Role.ADMIN, route, "v1-never-was")
    assert foreign.status_code == 404
    assert (foreign.content, foreign.headers) == (unknown.content, unknown.headers)
    assert kept(own, "globex") == before
    assert not own.published.messages
    assert own.project.steps == []


@pytest.mark.parametrize(
    "path", ["/alerts", "/anomalies", "/incidents", "/aiops/incidents", "/streams"]
)
def test_d02_lists_hold_the_tenants_own_only(shared: Installation, path: str) -> None:
    for query in ("", "?tenant_id=globex", "?tenant=globex"):
        answer = shared.ask("GET", path + query)
        assert answer.status_code == 200
        assert "v1-acme" in answer.text
        assert "globex" not in answer.text


@pytest.mark.parametrize("route", ROUTES, ids=named)
@pytest.mark.parametrize("role", list(Role))
def test_d32_each_role_may_do_what_it_is_for(
    own: Installation, role: Role, route: tuple[str, str]
) -> None:
    needed, model = ROUTES[route]
    before = kept(own, "acme")
    answer = asked(own, role, route)
    if needed is None or role.allows(needed):
        assert answer.status_code == 200
        model.model_validate_json(answer.content)
    else:
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "not_allowed"
        assert kept(own, "acme") == before
        assert own.project.steps == []


@pytest.mark.parametrize("route", CHANGING, ids=named)
def test_d32_a_viewer_learns_nothing_from_what_it_may_not_do(
    shared: Installation, route: tuple[str, str]
) -> None:
    method, path = route
    answers = {
        shared.ask(method, address(path, identity), role=Role.VIEWER).content
        for identity in ("v1-acme", "v1-globex", "v1-never-was")
    }
    assert len(answers) == 1


@pytest.mark.parametrize("route", WITH_ID, ids=named)
@pytest.mark.parametrize(
    ("identity", "status"),
    [
        pytest.param("..", 404, id="parent"),
        pytest.param("..%2F..%2Fglobex", 404, id="path"),
        pytest.param("%2e%2e%2fv1-globex", 404, id="encoded path"),
        pytest.param("__reserved__", 400, id="reserved"),
        pytest.param("x" * 129, 400, id="too long"),
        pytest.param("x" * 1500, 400, id="longer than a document's id"),
        pytest.param("a%00b", 400, id="zero byte"),
        pytest.param("%D0%B0cme", 400, id="Cyrillic"),
        pytest.param("v1-acme%0A", 400, id="line feed at the end"),
        pytest.param("a.b", 400, id="dot"),
    ],
)
def test_d04_an_id_that_could_leave_its_collection_finds_nothing(
    shared: Installation, route: tuple[str, str], identity: str, status: int
) -> None:
    method, path = route
    answer = shared.ask(method, address(path, identity))
    assert answer.status_code == status
    assert answer.json()["error"]["code"] in ("not_found", "invalid_request")
    assert "globex" not in answer.text


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_d33_no_answer_is_kept_sniffed_or_told_of_elsewhere(
    shared: Installation, route: tuple[str, str]
) -> None:
    method, path = route
    for headers in ({"X-API-Key": shared.key()}, {"X-API-Key": "none"}):
        answer = shared.ask(method, address(path, "v1-never-was"), headers=headers)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("name", ["key", "api_key", "access_token", "X-API-Key", "authorization"])
def test_d33_a_key_in_an_address_opens_nothing(shared: Installation, name: str) -> None:
    answer = shared.ask("GET", f"/alerts?{name}={shared.key()}", headers={})
    assert answer.status_code == 401
