"""Calls of Google's own clients, for sinks before all, against a server that goes wrong."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import grpc
import pytest

from tests.servers.logging_server import FOREIGN_TEXT, LoggingServer, Trouble, logging_server
from vigil.adapters.cloud_calls import CloudCalls
from vigil.adapters.cloud_log_sinks import CloudLogSinks
from vigil.adapters.pubsub_topic_access import ROLE, PubsubTopicAccess
from vigil.errors import CloudRefused, TransientError
from vigil.sink_ports import Sink

TOPIC = "projects/vigil-home/topics/vigil-logs"
PATH = "projects/acme-prod/sinks/vigil-v1-a"
SINK = Sink("acme-prod", "vigil-v1-a", "Watched", "severity>=ERROR", {"own": 'labels.a=~"^v"'})
WRITER = "serviceAccount:acme-prod@gcp-sa-logging.iam.gserviceaccount.com"
THERE = replace(SINK, name="there")
Code = grpc.StatusCode


@dataclass
class ServiceAccount:
    """Credentials that know whose they are."""

    service_account_email: str = "vigil-api@vigil-home.iam.gserviceaccount.com"


@pytest.fixture
def server() -> Iterator[LoggingServer]:
    with logging_server() as running:
        yield running


@pytest.fixture
def sinks(server: LoggingServer) -> CloudLogSinks:
    return CloudLogSinks(server.config, CloudCalls(ServiceAccount()), topic=TOPIC)


@pytest.fixture
def access(server: LoggingServer) -> PubsubTopicAccess:
    return PubsubTopicAccess(server.publisher, CloudCalls(ServiceAccount()), topic=TOPIC)


def test_a_sink_is_made_as_it_was_asked_for(server: LoggingServer, sinks: CloudLogSinks) -> None:
    made = sinks.create(SINK)

    kept = server.sinks[PATH]
    assert (made.name, made.writer_identity) == ("vigil-v1-a", WRITER)
    assert kept.destination == f"pubsub.googleapis.com/{TOPIC}"
    assert (kept.filter, kept.description) == ("severity>=ERROR", "Watched")
    assert [(each.name, each.filter) for each in kept.exclusions] == [("own", 'labels.a=~"^v"')]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"filter": ""}, id="filter"),
        pytest.param({"description": "Other"}, id="description"),
        pytest.param({"exclusions": {"own": 'labels.a=~"^w"'}}, id="exclusion"),
        pytest.param({"exclusions": {}}, id="no exclusion"),
    ],
)
def test_a16_a_sink_that_differs_is_brought_to_what_is_asked_for(
    server: LoggingServer, sinks: CloudLogSinks, changes: dict[str, object]
) -> None:
    sinks.create(SINK)
    other = replace(SINK, **changes)  # type: ignore[arg-type]  # each row names real fields
    made = sinks.create(other)

    kept = server.sinks[PATH]
    assert made.writer_identity == WRITER
    assert (kept.filter, kept.description) == (other.filter, other.description)
    assert {each.name: each.filter for each in kept.exclusions} == other.exclusions


def test_a_sink_that_somebody_switched_off_is_switched_on(
    server: LoggingServer, sinks: CloudLogSinks
) -> None:
    sinks.create(SINK)
    server.sinks[PATH].disabled = True
    sinks.create(SINK)

    assert not server.sinks[PATH].disabled


def test_a_sink_that_is_as_it_should_be_is_not_written(
    server: LoggingServer, sinks: CloudLogSinks
) -> None:
    sinks.create(SINK)
    sinks.create(SINK)

    assert server.calls == ["CreateSink", "CreateSink", "GetSink"]


def test_a_sink_of_the_name_that_goes_elsewhere_is_left_alone(
    server: LoggingServer, sinks: CloudLogSinks
) -> None:
    sinks.create(SINK)
    elsewhere = "pubsub.googleapis.com/projects/acme-prod/topics/theirs"
    server.sinks[PATH].destination = elsewhere
    with pytest.raises(CloudRefused, match="acme-prod has a sink vigil-v1-a that goes elsewhere"):
        sinks.create(SINK)
    sinks.remove("acme-prod", "vigil-v1-a")

    assert server.sinks[PATH].destination == elsewhere
    assert sinks.delivering("acme-prod") == []


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Trouble(Code.UNAVAILABLE), id="not there once"),
        pytest.param(Trouble(Code.INTERNAL), id="in trouble once"),
        pytest.param(Trouble(Code.UNAVAILABLE, is_reply_lost=True), id="reply lost"),
        pytest.param(Trouble(Code.DEADLINE_EXCEEDED, is_reply_lost=True), id="late"),
    ],
)
def test_b03_what_passes_is_tried_again_and_done_once(
    server: LoggingServer, sinks: CloudLogSinks, access: PubsubTopicAccess, trouble: Trouble
) -> None:
    for method in ("CreateSink", "SetIamPolicy", "DeleteSink"):
        server.fail(method, trouble)
    made = sinks.create(SINK)
    access.admit(WRITER)
    assert (made.name, list(server.sinks)) == ("vigil-v1-a", [PATH])
    assert server.members(ROLE) == [WRITER]

    sinks.remove("acme-prod", "vigil-v1-a")
    assert server.sinks == {}


Step = Callable[[CloudLogSinks, PubsubTopicAccess], object]
STEPS = [
    pytest.param("CreateSink", lambda sinks, _: sinks.create(SINK), id="create"),
    pytest.param("GetSink", lambda sinks, _: sinks.remove("acme-prod", "x"), id="look"),
    pytest.param("DeleteSink", lambda sinks, _: sinks.remove("acme-prod", "there"), id="remove"),
    pytest.param("UpdateSink", lambda sinks, _: sinks.create(THERE), id="change"),
    pytest.param("ListSinks", lambda sinks, _: sinks.delivering("acme-prod"), id="list"),
    pytest.param("GetIamPolicy", lambda _, access: access.admit(WRITER), id="read policy"),
    pytest.param("SetIamPolicy", lambda _, access: access.admit(WRITER), id="write policy"),
]


def with_a_sink(server: LoggingServer, sinks: CloudLogSinks) -> None:
    """Let there be a sink whose filter is not that of THERE."""
    sinks.create(replace(THERE, filter=""))
    server.calls.clear()


@pytest.mark.parametrize(("method", "step"), STEPS)
def test_a_server_that_stays_away_is_given_up_in_time(
    server: LoggingServer, sinks: CloudLogSinks, method: str, step: Step
) -> None:
    with_a_sink(server, sinks)
    calls = CloudCalls(ServiceAccount(), timeout_seconds=0.4)
    server.fail(method, *[Trouble(Code.UNAVAILABLE)] * 100)
    began = time.monotonic()
    with pytest.raises(TransientError):
        step(
            CloudLogSinks(server.config, calls, topic=TOPIC),
            PubsubTopicAccess(server.publisher, calls, topic=TOPIC),
        )

    assert 1 < server.calls.count(method) < 30
    assert time.monotonic() - began < 2


def test_a_server_that_does_not_answer_is_not_waited_for(server: LoggingServer) -> None:
    calls = CloudCalls(ServiceAccount(), timeout_seconds=0.2)
    server.fail("CreateSink", Trouble(seconds=0.6))
    began = time.monotonic()
    with pytest.raises(TransientError):
        CloudLogSinks(server.config, calls, topic=TOPIC).create(SINK)

    assert time.monotonic() - began < 0.55


@pytest.mark.parametrize(("method", "step"), STEPS)
def test_d36_who_must_grant_what_is_said_and_nothing_that_google_said(
    server: LoggingServer,
    sinks: CloudLogSinks,
    access: PubsubTopicAccess,
    method: str,
    step: Step,
) -> None:
    with_a_sink(server, sinks)
    server.fail(method, Trouble(Code.PERMISSION_DENIED))
    with pytest.raises(CloudRefused) as refused:
        step(sinks, access)

    of_topic = f"roles/pubsub.admin on {TOPIC}"
    of_project = "roles/logging.configWriter on project acme-prod"
    needed = of_topic if "Policy" in method else of_project
    account = "vigil-api@vigil-home.iam.gserviceaccount.com"
    assert str(refused.value) == f"grant {needed} to {account}, then repeat this"
    assert server.calls.count(method) == 1


@pytest.mark.parametrize("credentials", [ServiceAccount("default"), object()])
def test_an_account_that_is_not_known_is_described(
    server: LoggingServer, credentials: object
) -> None:
    server.fail("CreateSink", Trouble(Code.PERMISSION_DENIED))
    with pytest.raises(CloudRefused, match="to the account that Vigil runs as"):
        CloudLogSinks(server.config, CloudCalls(credentials), topic=TOPIC).create(SINK)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(Code.INVALID_ARGUMENT, CloudRefused, id="wrong"),
        pytest.param(Code.FAILED_PRECONDITION, CloudRefused, id="not possible"),
        pytest.param(Code.NOT_FOUND, CloudRefused, id="no such project"),
        pytest.param(Code.RESOURCE_EXHAUSTED, TransientError, id="B04 too much"),
        pytest.param(Code.ABORTED, TransientError, id="conflict"),
        pytest.param(Code.CANCELLED, TransientError, id="cancelled"),
        pytest.param(Code.UNAUTHENTICATED, TransientError, id="our credentials"),
        pytest.param(Code.UNKNOWN, TransientError, id="unknown"),
    ],
)
def test_errors_are_sorted_by_whether_repeating_can_help(
    server: LoggingServer, sinks: CloudLogSinks, code: grpc.StatusCode, expected: type[Exception]
) -> None:
    server.fail("CreateSink", Trouble(code))
    with pytest.raises(expected) as raised:
        sinks.create(SINK)

    assert FOREIGN_TEXT not in str(raised.value)


@pytest.mark.parametrize("method", ["UpdateSink", "GetSink"])
def test_a_sink_that_is_removed_while_it_is_changed_can_be_asked_for_again(
    server: LoggingServer, sinks: CloudLogSinks, method: str
) -> None:
    with_a_sink(server, sinks)
    server.fail(method, Trouble(Code.NOT_FOUND))
    with pytest.raises(TransientError):
        sinks.create(THERE)
