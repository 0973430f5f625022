"""The routes of streams: what is asked, what is answered, and who learns nothing."""

import pytest

from tests.api_installation import ASKED, Installation
from tests.cloud_project import nothing
from vigil.errors import CloudRefused, TransientError
from vigil.model.api_key import Role


def test_a_stream_is_started_as_the_agents_document_says(here: Installation) -> None:
    answer = here.start_stream(ASKED)

    assert answer.status_code == 200
    assert list(answer.json()) == ["status", "stream_id", "message", "config"]
    assert answer.json() == {
        "status": "success",
        "stream_id": answer.json()["stream_id"],
        "message": "Log streaming started for project acme-prod",
        "config": ASKED,
    }
    assert list(answer.json()["config"]) == list(ASKED)


def test_what_is_left_out_has_the_agents_defaults(here: Installation) -> None:
    config = here.start_stream({"project_id": "acme-prod"}).json()["config"]

    assert config == ASKED | {"services": [], "severity_filter": ["ERROR", "WARNING", "INFO"]}


def test_severities_may_be_in_small_letters_and_unknown_fields_are_passed_over(
    here: Installation,
) -> None:
    answer = here.start_stream(ASKED | {"severity_filter": ["error"], "owner": "ann"})

    assert answer.json()["config"]["severity_filter"] == ["ERROR"]
    assert "owner" not in answer.text


def test_asking_again_gives_the_same_stream(here: Installation) -> None:
    first = here.start_stream(ASKED).json()
    again = here.start_stream(ASKED | {"services": ["user-service", "api-backend"]}).json()

    assert again["stream_id"] == first["stream_id"]
    assert len(here.project.sinks) == 1


def test_streams_are_listed_until_they_are_stopped(here: Installation) -> None:
    started = here.start_stream(ASKED, **{"X-User-ID": "ann"}).json()
    listed = here.ask("GET", "/streams").json()
    assert list(listed) == ["status", "active_streams", "streams"]
    assert listed["active_streams"] == 2
    assert listed["streams"][1] == {
        "stream_id": started["stream_id"],
        "project_id": "acme-prod",
        "status": "active",
        "config": ASKED,
        "sink_name": f"vigil-{started['stream_id']}",
        "created_at": "2026-01-20T12:31:00Z",
        "created_by": "ci:ann",
    }
    assert here.ask("GET", "/metrics").json()["metrics"]["active_streams"] == 2
    assert len(here.ask("GET", "/streams?limit=1").json()["streams"]) == 1

    answers = [here.ask("DELETE", f"/streams/{started['stream_id']}") for _ in range(2)]
    assert [answer.json() for answer in answers] == [
        {
            "status": "success",
            "stream_id": started["stream_id"],
            "message": "Log streaming stopped for project acme-prod",
        }
    ] * 2
    assert here.ask("GET", "/streams").json()["active_streams"] == 1
    assert here.ask("GET", "/metrics").json()["metrics"]["active_streams"] == 1
    assert here.project.sinks == {}


@pytest.mark.parametrize("project_id", ["globex-prod", "never-was", "__x__"])
def test_d01_d37_a_foreign_project_is_answered_as_an_unknown_one(
    here: Installation, project_id: str
) -> None:
    unknown = here.start_stream(ASKED | {"project_id": "nobody-has-this"})
    answer = here.start_stream(ASKED | {"project_id": project_id})

    assert answer.status_code == 404
    assert (answer.content, answer.headers) == (unknown.content, unknown.headers)
    assert "not one of this tenant's" in answer.json()["error"]["message"]
    assert here.project.steps == []
    assert here.ask("GET", "/streams").json()["active_streams"] == 1


def test_d03_a_tenant_in_the_body_decides_nothing(here: Installation) -> None:
    theirs = ASKED | {"project_id": "globex-prod", "tenant_id": "globex", "tenant": "globex"}

    assert here.start_stream(theirs).status_code == 404
    assert here.start_stream(theirs, **{"X-Tenant-ID": "globex"}).status_code == 403
    assert here.project.steps == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.RESPONDER])
def test_d32_only_an_admin_learns_whether_a_project_is_the_tenants(
    here: Installation, role: Role
) -> None:
    answers = {
        here.start_stream(
            ASKED | {"project_id": project_id}, **{"X-API-Key": here.key(role)}
        ).content
        for project_id in ("acme-prod", "globex-prod", "never-was")
    }
    assert len(answers) == 1
    assert here.project.steps == []


@pytest.mark.parametrize("asked", ["start", "stop"])
def test_what_has_to_be_granted_is_said_to_who_asks(here: Installation, asked: str) -> None:
    def refuse(_step: str) -> None:
        raise CloudRefused("grant roles/logging.configWriter on project acme-prod to us")

    here.project.before = refuse
    answer = (
        here.start_stream(ASKED) if asked == "start" else here.ask("DELETE", "/streams/v1-acme")
    )

    assert answer.status_code == 409
    assert (
        answer.json()["error"]["message"]
        == "grant roles/logging.configWriter on project acme-prod to us"
    )
    statuses = {each["status"] for each in here.ask("GET", "/streams").json()["streams"]}
    assert statuses == ({"active", "creating"} if asked == "start" else {"stopping"})


def test_what_may_go_well_next_time_is_finished_then(
    here: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_step: str) -> None:
        here.project.before = nothing
        raise TransientError("not now")

    here.project.before = fail
    assert here.start_stream(ASKED).status_code == 503
    assert here.ask("GET", "/streams").json()["active_streams"] == 1
    assert caplog.records

    assert here.start_stream(ASKED).status_code == 200
    assert here.ask("GET", "/streams").json()["active_streams"] == 2


def test_who_loses_against_somebody_else_is_told_so(here: Installation) -> None:
    def stop_it(_step: str) -> None:
        here.project.before = nothing
        [other] = here.ask("GET", "/streams").json()["streams"][1:]
        here.ask("DELETE", f"/streams/{other['stream_id']}")

    def start_it(_step: str) -> None:
        here.project.before = nothing
        here.start_stream(ASKED)

    here.project.before = stop_it
    stopped = here.start_stream(ASKED)
    assert (stopped.status_code, stopped.json()["error"]["message"][:22]) == (
        409,
        "somebody has stopped t",
    )

    stream_id = here.start_stream(ASKED).json()["stream_id"]
    here.project.before = start_it
    started = here.ask("DELETE", f"/streams/{stream_id}")
    assert (started.status_code, started.json()["error"]["message"][:22]) == (
        409,
        "somebody has started t",
    )
