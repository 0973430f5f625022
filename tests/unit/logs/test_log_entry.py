"""An entry of any shape that Cloud Logging delivers becomes a LogEntry."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from tests.builders import NOON, raw_entry
from vigil.errors import InvalidLogEntry
from vigil.logs.log_entry import LogEntry
from vigil.model.log_severity import LogSeverity

REQUEST: dict[str, object] = {
    "requestMethod": "POST",
    "requestUrl": "https://shop.example/api/payment?currency=EUR",
    "status": 500,
    "latency": "0.123s",
}


def parsed(**fields: object) -> LogEntry:
    return LogEntry.parse(orjson.dumps(raw_entry(**fields)))


def test_a_request_entry_is_read_whole() -> None:
    entry = parsed(httpRequest=REQUEST, trace="projects/shop/traces/7f3a", spanId="b1")
    assert entry == LogEntry(
        digest=entry.digest,
        project_id="shop",
        log_id="stdout",
        service="cart",
        endpoint="POST /api/payment",
        occurred_at=NOON,
        received_at=NOON + timedelta(seconds=1),
        severity=LogSeverity.INFO,
        message="POST /api/payment 500",
        failed=True,
        status=500,
        latency_us=123_000,
        trace_id="7f3a",
        span_id="b1",
    )


def test_bytes_text_and_objects_give_the_same_entry() -> None:
    raw = raw_entry(httpRequest=REQUEST)
    content = orjson.dumps(raw)
    assert LogEntry.parse(content) == LogEntry.parse(content.decode()) == LogEntry.parse(raw)


def test_the_platform_log_format_is_read_from_the_json_payload() -> None:
    entry = parsed(
        severity="DEFAULT",
        resource={"type": "global"},
        jsonPayload={
            "timestamp": "2026-01-20T12:00:00.123Z",
            "level": "error",
            "service": "aegis-backend",
            "message": "User login failed",
            "trace_id": "a1b2c3d4e5f6",
            "user_id": "uuid",
            "duration_ms": 123,
        },
    )
    assert (entry.service, entry.message) == ("aegis-backend", "User login failed")
    assert (entry.severity, entry.severity_inferred) == (LogSeverity.ERROR, True)
    assert (entry.trace_id, entry.latency_us, entry.failed) == ("a1b2c3d4e5f6", 123_000, True)


def test_the_time_of_the_platform_log_format_stands_in_for_a_missing_one() -> None:
    entry = parsed(timestamp=None, jsonPayload={"timestamp": "2026-01-20T11:59:00Z"})
    assert entry.occurred_at == NOON - timedelta(minutes=1)


def test_open_telemetry_records_are_read() -> None:
    record = {
        "Timestamp": "2026-01-20T12:00:00Z",
        "TraceId": "7f3a",
        "SpanId": "b1",
        "SeverityNumber": 17,
        "Body": "payment refused",
        "Resource": {"service.name": "payment"},
        "Attributes": {
            "http.request.method": "POST",
            "http.route": "/pay/{orderId}",
            "http.response.status_code": 503,
        },
    }
    entry = parsed(severity=None, resource=None, jsonPayload=record)
    assert (entry.service, entry.endpoint, entry.status) == ("payment", "POST /pay/{orderId}", 503)
    assert (entry.trace_id, entry.span_id, entry.message) == ("7f3a", "b1", "payment refused")
    assert entry.severity is LogSeverity.ERROR


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        pytest.param({"stack_trace": "s", "exception": "e", "message": "m"}, "s", id="stack trace"),
        pytest.param({"exception": "e", "message": "m"}, "e", id="exception"),
        pytest.param({"message": "m", "msg": "n"}, "m", id="message"),
        pytest.param(
            {
                "@type": "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1"
                ".ReportedErrorEvent",
                "message": "m",
                "serviceContext": {"service": "cart"},
            },
            "m",
            id="reported error event",
        ),
        pytest.param({"msg": "m"}, "m", id="msg"),
        pytest.param({"message": "", "event": "m"}, "m", id="empty message"),
        pytest.param({"err": {"stack": "s", "message": "m"}}, "s", id="nested error"),
        pytest.param({"message": {"deep": 1}, "msg": "m"}, "m", id="message is an object"),
        pytest.param({"b": 1, "a": "x"}, '{"a":"x","b":1}', id="no message at all"),
    ],
)
def test_the_message_is_looked_for_in_the_order_of_error_reporting(
    payload: dict[str, object], message: str
) -> None:
    assert parsed(jsonPayload=payload).message == message


def test_a_text_payload_is_the_message() -> None:
    assert parsed(textPayload="added to cart").message == "added to cart"


def test_a_payload_that_is_a_bare_text_is_the_message() -> None:
    assert parsed(jsonPayload="added to cart").message == "added to cart"


@pytest.mark.parametrize(
    ("proto", "message", "failed"),
    [
        pytest.param(
            {"methodName": "SetIamPolicy", "status": {"code": 7, "message": "denied"}},
            "SetIamPolicy: denied",
            True,
            id="method and message",
        ),
        pytest.param(
            {"methodName": "SetIamPolicy", "status": {"code": "7"}},
            "SetIamPolicy: code 7 PERMISSION_DENIED",
            True,
            id="code as text",
        ),
        pytest.param(
            {"methodName": "SetIamPolicy", "status": {}}, "SetIamPolicy", False, id="success"
        ),
        pytest.param({"status": {"message": "denied"}}, "denied", False, id="no method"),
        pytest.param({"resourceName": "x"}, '{"resourceName":"x"}', False, id="neither"),
    ],
)
def test_a12_audit_entries_fail_by_status_and_do_not_name_who_called(
    proto: dict[str, object], message: str, failed: bool
) -> None:
    caller = (
        {"authenticationInfo": {"principalEmail": "jo@example.com"}} if "status" in proto else {}
    )
    entry = parsed(severity="NOTICE", protoPayload=proto | caller)
    assert (entry.message, entry.failed) == (message, failed)
    assert entry.severity is LogSeverity.NOTICE


@pytest.mark.parametrize(
    ("fields", "latency_us"),
    [
        pytest.param({"httpRequest": {"latency": "0.123s"}}, 123_000, id="proto duration"),
        pytest.param({"httpRequest": {"latency": 0.5}}, 500_000, id="number of seconds"),
        pytest.param({"jsonPayload": {"duration_ms": 12}}, 12_000, id="duration_ms"),
        pytest.param({"jsonPayload": {"latency_ms": "1.5"}}, 1_500, id="latency_ms as text"),
        pytest.param(
            {"httpRequest": {}, "jsonPayload": {"span": {"durationMs": 9}}}, None, id="no request"
        ),
        pytest.param(
            {
                "httpRequest": REQUEST | {"latency": None},
                "jsonPayload": {"span": {"durationMs": 9}},
            },
            9_000,
            id="span of a request",
        ),
        pytest.param({"jsonPayload": {"span": {"durationMs": 9}}}, None, id="span inside one"),
        pytest.param({"httpRequest": {"latency": "-1s"}}, None, id="negative"),
        pytest.param({"httpRequest": {"latency": "nans"}}, None, id="not a number"),
        pytest.param({"httpRequest": {"latency": "1e99s"}}, None, id="longer than a week"),
        pytest.param({"httpRequest": {"latency": "s"}}, None, id="unit only"),
        pytest.param({"httpRequest": {"latency": "0s"}}, 0, id="zero"),
    ],
)
def test_latency_is_in_microseconds(fields: dict[str, object], latency_us: int | None) -> None:
    assert parsed(**fields).latency_us == latency_us


@pytest.mark.parametrize(
    ("fields", "failed"),
    [
        pytest.param({"severity": "WARNING"}, False, id="warning"),
        pytest.param({"severity": "ERROR"}, True, id="error"),
        pytest.param({"httpRequest": {"status": 499}}, False, id="client error"),
        pytest.param({"httpRequest": {"status": "500"}}, True, id="server error as text"),
        pytest.param({"httpRequest": {"status": 7000}}, False, id="no HTTP status"),
    ],
)
def test_an_entry_fails_by_severity_or_status(fields: dict[str, object], failed: bool) -> None:
    assert parsed(**fields).failed is failed


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        pytest.param({"uid": "u", "index": 1, "totalSplits": 3}, ("u", 1, 3), id="whole"),
        pytest.param({"uid": "u", "totalSplits": "2"}, ("u", 0, 2), id="index 0 is left out"),
        pytest.param({"uid": "u", "index": 3, "totalSplits": 3}, None, id="index out of range"),
        pytest.param({"uid": 7, "index": 0, "totalSplits": 3}, None, id="uid is a number"),
        pytest.param("piece", None, id="not an object"),
    ],
)
def test_split_says_which_piece_it_is(split: object, expected: tuple[str, int, int] | None) -> None:
    assert parsed(split=split).split == expected


def test_in_a_replay_the_entry_s_own_times_are_all_there_is() -> None:
    entry = parsed(receiveTimestamp=None, timestamp="2001-02-03T04:05:06Z")
    assert entry.occurred_at == entry.received_at == datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert not entry.late


def test_without_any_time_there_is_no_entry() -> None:
    with pytest.raises(InvalidLogEntry, match="no usable time"):
        parsed(receiveTimestamp=None, timestamp=None)
