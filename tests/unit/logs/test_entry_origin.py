"""Where an entry comes from, what it belongs to, and what makes it itself."""

import re

import orjson
import pytest

from tests.builders import raw_entry
from vigil.logs.log_entry import LogEntry

TRACE, SPAN = "7f3a" * 8, "00f067aa0ba902b7"


def parsed(**fields: object) -> LogEntry:
    return LogEntry.parse(orjson.dumps(raw_entry(**fields)))


@pytest.mark.parametrize(
    ("fields", "service"),
    [
        pytest.param({}, "cart", id="cloud run"),
        pytest.param(
            {"resource": {"type": "cloud_function", "labels": {"function_name": "f"}}},
            "f",
            id="cloud function",
        ),
        pytest.param(
            {
                "resource": {"type": "k8s_container", "labels": {"container_name": "c"}},
                "labels": {"k8s-pod/app": "pod"},
            },
            "pod",
            id="pod label before container",
        ),
        pytest.param(
            {"resource": {"type": "k8s_container", "labels": {"container_name": "c"}}},
            "c",
            id="container",
        ),
        pytest.param(
            {"resource": {"type": "gae_app", "labels": {"module_id": "m"}}}, "m", id="app engine"
        ),
        pytest.param(
            {"resource": {"type": "global"}, "serviceContext": {"service": "s"}},
            "s",
            id="service context",
        ),
        pytest.param(
            {"resource": None, "jsonPayload": {"serviceContext": {"service": "s"}, "service": "p"}},
            "s",
            id="service context of the payload",
        ),
        pytest.param({"resource": None, "jsonPayload": {"service": "p"}}, "p", id="payload"),
        pytest.param({"resource": None, "labels": {"service": "l"}}, "l", id="label"),
        pytest.param({"resource": None, "protoPayload": {"serviceName": "a"}}, "a", id="audit"),
        pytest.param({"resource": {"type": ["x"]}}, "stdout", id="log id"),
    ],
)
def test_the_service_is_named_by_its_resource_first(
    fields: dict[str, object], service: str
) -> None:
    assert parsed(**fields).service == service


@pytest.mark.parametrize(
    ("fields", "project_id", "log_id"),
    [
        pytest.param({}, "shop", "stdout", id="log name"),
        pytest.param(
            {"logName": "projects/shop/logs/run.googleapis.com%2Frequests"},
            "shop",
            "run.googleapis.com/requests",
            id="encoded log id",
        ),
        pytest.param(
            {"logName": "folders/1/logs/x", "resource": {"labels": {"project_id": "p"}}},
            "p",
            "x",
            id="project of the resource",
        ),
        pytest.param(
            {"resource": {"labels": {"project_id": "other"}}}, "shop", "stdout", id="log name wins"
        ),
        pytest.param({"logName": "nonsense", "resource": None}, "", "nonsense", id="no log name"),
        pytest.param({"logName": 5, "resource": None}, "", "", id="log name is a number"),
    ],
)
def test_the_project_follows_from_the_log_name(
    fields: dict[str, object], project_id: str, log_id: str
) -> None:
    entry = parsed(**fields)
    assert (entry.project_id, entry.log_id) == (project_id, log_id)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(
            {"trace": "projects/p/traces/t", "spanId": "s"}, ("t", "s", None), id="trace by name"
        ),
        pytest.param({"trace": "t"}, ("t", None, None), id="bare trace"),
        pytest.param(
            {"jsonPayload": {"trace_id": "t", "span_id": "s", "parent_span_id": "p"}},
            ("t", "s", "p"),
            id="snake case",
        ),
        pytest.param(
            {
                "jsonPayload": {
                    "logging.googleapis.com/trace": "projects/p/traces/t",
                    "logging.googleapis.com/spanId": "s",
                }
            },
            ("t", "s", None),
            id="special fields",
        ),
        pytest.param(
            {"trace": "t", "spanId": "s", "jsonPayload": {"span": {"parentSpanId": "p"}}},
            ("t", "s", "p"),
            id="span record",
        ),
        pytest.param(
            {"trace": "0" * 32, "spanId": "0" * 16}, (None, None, None), id="zeros are no id"
        ),
        pytest.param({"trace": 5, "spanId": ["s"]}, (None, None, None), id="not text"),
        pytest.param({"trace": TRACE, "spanId": SPAN}, (TRACE, SPAN, None), id="hexadecimal"),
        pytest.param({"trace": "1-67-ab_c.d:e"}, ("1-67-ab_c.d:e", None, None), id="signs"),
    ],
)
def test_traces_and_spans_are_read_in_every_spelling(
    fields: dict[str, object], expected: tuple[str | None, ...]
) -> None:
    entry = parsed(**fields)
    assert (entry.trace_id, entry.span_id, entry.parent_span_id) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("checkout of jane.doe@example.com", id="e-mail in words"),
        pytest.param("4111111111111111", id="card"),
        pytest.param("203.0.113.77", id="address"),
        pytest.param("password:hunter2", id="keyed secret"),
        pytest.param("s" * 200, id="too long"),
        pytest.param("é", id="not ascii"),
    ],
)
def test_g4_a_trace_id_that_is_none_becomes_a_hash_by_which_entries_join(text: str) -> None:
    entry = parsed(trace=text, spanId=text, jsonPayload={"parent_span_id": text})
    again = parsed(jsonPayload={"trace_id": text})
    assert {entry.trace_id, entry.span_id, entry.parent_span_id} == {again.trace_id}
    assert re.fullmatch("[0-9a-f]{16}", again.trace_id or "")
    assert again.trace_id not in (text, parsed(trace="x y").trace_id)


def test_g4_a_secret_across_the_end_of_a_name_leaves_no_part_in_it() -> None:
    name = "x" * 190 + " jane.doe@example.com"
    entry = parsed(resource=None, jsonPayload={"service": name, "endpoint": name})
    bare = parsed(resource=None, logName=name)
    folder = parsed(resource=None, logName=f"folders/1/logs/{name}")
    for kept in (entry.service, entry.endpoint, bare.log_id, folder.log_id):
        assert "jane" not in kept


def digest(message_id: str = "", **fields: object) -> str:
    return LogEntry.parse(orjson.dumps(raw_entry(**fields)), message_id=message_id).digest


def test_a01_the_digest_is_of_log_name_timestamp_and_insert_id_only() -> None:
    assert digest() == digest(message_id="m2", severity="ERROR", receiveTimestamp=None)
    others = [
        digest(insertId="a2"),
        digest(logName="projects/shop/logs/stderr"),
        digest(timestamp="2026-01-20T12:00:00.000Z"),
    ]
    assert len({digest(), *others}) == 4
    assert len(digest()) == 16


def test_a01_without_insert_id_the_message_id_identifies_and_else_the_content() -> None:
    assert digest("m1", insertId=None) == digest("m1", insertId=None, severity="ERROR")
    assert digest("m1", insertId=None) != digest("m2", insertId=None)
    assert digest(insertId=None) == digest(insertId=None)
    assert digest(insertId=None) != digest(insertId=None, severity="ERROR")


@pytest.mark.parametrize("field", ["serviceContext", "logName", "route"])
def test_names_are_bounded(field: str) -> None:
    long = "x" * 5000
    entry = parsed(
        logName=f"projects/{long}/logs/{long}",
        resource=None,
        jsonPayload={"service": long, "endpoint": long, field: {"service": long}},
    )
    names = (entry.service, entry.endpoint, entry.log_id, entry.project_id)
    assert max(map(len, names)) == 200
