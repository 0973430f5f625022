"""Every trouble has one shape, and tells the asker nothing that is not theirs."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api_installation import Installation
from vigil.errors import PreconditionFailed
from vigil.ports import DeclaredQuery, Document, Write
from vigil.workflows.api.answers import ErrorAnswer, ErrorDetail
from vigil.workflows.error_shape import STATUSES

CANARY = "hunter2-of-globex"


@dataclass
class FailingDocuments:
    """Documents of which nothing can be read."""

    error: Exception

    def get(self, paths: Sequence[str]) -> list[Document | None]:
        raise self.error

    def commit(self, writes: Sequence[Write]) -> None:
        raise self.error

    def query(
        self,
        query: DeclaredQuery,
        *,
        parent: str = "",
        equal: Mapping[str, object] | None = None,
        bound: object = None,
        limit: int | None = None,
    ) -> list[Document]:
        raise self.error


@pytest.fixture(scope="module")
def here() -> Iterator[Installation]:
    with Installation() as installation:
        yield installation


def said(answer_text: str) -> dict[str, Any]:
    """Return the error in an answer, having checked its shape."""
    ErrorAnswer.model_validate_json(answer_text)
    error: dict[str, Any] = json.loads(answer_text)["error"]
    return error


@pytest.mark.parametrize(
    ("method", "address", "code", "message"),
    [
        pytest.param(
            "GET",
            "/alerts?limit=0",
            "invalid_request",
            "limit: Input should be greater than or equal to 1",
            id="too small",
        ),
        pytest.param(
            "GET",
            "/alerts?limit=201",
            "invalid_request",
            "limit: Input should be less than or equal to 200",
            id="D28 too many",
        ),
        pytest.param(
            "GET",
            f"/anomalies?limit={CANARY}",
            "invalid_request",
            "limit: Input should be a valid integer, unable to parse string as an integer",
            id="no number",
        ),
        pytest.param(
            "GET",
            f"/alerts?status={CANARY}&limit=0",
            "invalid_request",
            "status: Input should be 'open', 'acknowledged', 'resolved' or 'all'; "
            "limit: Input should be greater than or equal to 1",
            id="two things",
        ),
        pytest.param(
            "GET",
            "/anomalies?severity=worst",
            "invalid_request",
            "severity: Input should be 'low', 'medium', 'high' or 'critical'",
            id="unknown severity",
        ),
        pytest.param(
            "GET",
            "/anomalies?service=" + "s" * 201,
            "invalid_request",
            "service: String should have at most 200 characters",
            id="long service",
        ),
        pytest.param(
            "POST",
            "/alerts/v1-acme/resolve?resolution_note=" + "n" * 1001,
            "invalid_request",
            "resolution_note: String should have at most 1000 characters",
            id="long note",
        ),
        pytest.param(
            "GET",
            "/alerts/a.b",
            "invalid_request",
            "alert_id: String should match pattern '^[A-Za-z0-9_-]{1,128}$'",
            id="no id",
        ),
        pytest.param(
            "GET",
            "/alerts/v1-globex",
            "not_found",
            "there is nothing of this id",
            id="no such",
        ),
        pytest.param(
            "GET",
            f"/{CANARY}",
            "not_found",
            "there is no such path; /openapi.json lists those that there are",
            id="no such path",
        ),
        pytest.param(
            "GET",
            "/alerts/",
            "not_found",
            "there is no such path; /openapi.json lists those that there are",
            id="no redirect",
        ),
        pytest.param(
            "DELETE",
            "/alerts",
            "method_not_allowed",
            "this path does not take this method; /openapi.json says which it takes",
            id="no such method",
        ),
    ],
)
def test_d36_a_refusal_says_what_is_allowed_and_repeats_nothing(
    here: Installation, method: str, address: str, code: str, message: str
) -> None:
    answer = here.ask(method, address)
    assert answer.status_code == STATUSES[code]
    assert said(answer.text) == {"code": code, "message": message}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert CANARY not in answer.text


@given(
    path=st.sampled_from(["/alerts", "/anomalies", "/aiops/incidents", "/metrics"]),
    part=st.text(max_size=40),
    parameters=st.dictionaries(
        st.sampled_from(["status", "limit", "service", "severity", "resolution_note", "x"]),
        st.text(max_size=40),
    ),
    header=st.sampled_from(["X-User-ID", "X-Tenant-ID", "Content-Type", "X-Goog-Iap"]),
    value=st.binary(max_size=40),
)
@settings(max_examples=80)
def test_d36_whatever_is_asked_is_answered_in_one_of_two_shapes(  # noqa: PLR0913, PLR0917 - drawn
    here: Installation,
    path: str,
    part: str,
    parameters: dict[str, str],
    header: str,
    value: bytes,
) -> None:
    address = f"{path}/{quote(part, safe='')}" if part else path
    headers = [("X-API-Key", here.key()), (header, value.decode("latin-1"))]
    answer = here.ask("GET", f"{address}?{urlencode(parameters)}", headers=headers)
    assert answer.status_code in (200, 400, 403, 404, 405)
    if answer.status_code != 200:
        said(answer.text)
    assert "globex" not in answer.text


def test_d36_the_document_names_every_code() -> None:
    schema = ErrorDetail.model_json_schema()
    assert schema["properties"]["code"]["enum"] == list(STATUSES)
    assert len(set(STATUSES.values())) == len(STATUSES)


def test_a_method_that_there_is_not_is_answered_with_those_that_there_are(
    here: Installation,
) -> None:
    assert here.ask("PUT", "/alerts/v1-acme/acknowledge").headers["allow"] == "POST"


def test_d36_what_nobody_foresaw_is_recorded_here_and_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = FailingDocuments(RuntimeError(f"connection to {CANARY} at /var/lib/vigil refused"))
    with Installation(broken) as here, caplog.at_level(logging.ERROR):
        answer = here.ask("GET", "/alerts/v1-secret-id?note=in-the-address")
    assert answer.status_code == 500
    assert said(answer.text)["code"] == "internal_error"
    assert CANARY not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    record = next(record for record in caplog.records if record.exc_info)
    assert record.exc_info is not None
    assert CANARY in str(record.exc_info[1])
    fields: dict[str, object] = vars(record)["vigil_fields"]
    # D33: our log names the route, never the address that was asked for.
    assert fields == {"method": "GET", "route": "/alerts/{alert_id}"}


def test_what_may_go_well_next_time_is_answered_with_when_to_try_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Installation(FailingDocuments(PreconditionFailed(CANARY))) as here:
        answer = here.ask("GET", "/alerts")
    assert answer.status_code == 503
    assert said(answer.text)["code"] == "unavailable"
    assert answer.headers["retry-after"] == "1"
    assert CANARY not in answer.text
    assert caplog.records


def test_an_instance_that_cannot_read_says_that_it_is_not_healthy(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Installation(FailingDocuments(OSError(CANARY))) as here:
        answer = here.ask("GET", "/health", headers={})
    assert answer.status_code == 503
    assert answer.json() == {"status": "unhealthy", "checks": {"documents": "failed"}}
    assert "the documents cannot be read" in caplog.text
