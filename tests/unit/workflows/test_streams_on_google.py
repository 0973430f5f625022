"""Streams over Google's own clients: what is wanted, what the servers have, and what comes in."""

from collections.abc import Iterator
from contextlib import closing

import grpc
import pytest
from google.cloud.logging_v2.types import LogSink

from tests.builders import raw_entry
from tests.logging_query import read_query
from tests.servers.logging_server import LoggingServer, Trouble, logging_server
from tests.stream_installation import CONFIG, STREAM_ID, StreamInstallation
from vigil.adapters.cloud_calls import CloudCalls
from vigil.adapters.cloud_log_sinks import CloudLogSinks
from vigil.adapters.pubsub_topic_access import ROLE, PubsubTopicAccess
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import CloudRefused, TransientError
from vigil.logs.log_entry import LogEntry
from vigil.logs.own_entries import OwnEntries
from vigil.model.stream import LogStreamConfig, StreamStatus
from vigil.stores.queries import DECLARED
from vigil.workflows.streams import Streams

TOPIC = "projects/vigil-home/topics/vigil-logs"
WRITER = "serviceAccount:acme-prod@gcp-sa-logging.iam.gserviceaccount.com"
PATH = f"projects/acme-prod/sinks/vigil-{STREAM_ID}"
OWN = OwnEntries(("vigil-",), "vigil-home")
METHODS = ("CreateSink", "GetSink", "ListSinks", "DeleteSink", "GetIamPolicy", "SetIamPolicy")


@pytest.fixture
def server() -> Iterator[LoggingServer]:
    with logging_server() as running:
        yield running


@pytest.fixture
def here(server: LoggingServer) -> Iterator[StreamInstallation]:
    with closing(SqliteDocuments(":memory:", DECLARED)) as database:
        installation = StreamInstallation(database)
        calls = CloudCalls(credentials=None, timeout_seconds=5)
        installation.streams = Streams(
            documents=installation.documents,
            registry=installation.registry,
            sinks=CloudLogSinks(server.config, calls, topic=TOPIC),
            access=PubsubTopicAccess(server.publisher, calls, topic=TOPIC),
            clock=installation.clock,
            own=OWN,
        )
        yield installation


def delivers(sink: LogSink, entry: dict[str, object]) -> bool:
    """Whether Cloud Logging would send an entry to our topic."""
    excluded = any(read_query(each.filter)(entry) for each in sink.exclusions)
    return read_query(sink.filter)(entry) and not excluded


def test_a_stream_comes_and_goes(here: StreamInstallation, server: LoggingServer) -> None:
    stream = here.start()
    assert (stream.status, stream.writer_identity) == (StreamStatus.ACTIVE, WRITER)
    assert list(server.sinks) == [PATH]
    assert server.sinks[PATH].destination == f"pubsub.googleapis.com/{TOPIC}"
    assert server.members(ROLE) == [WRITER]

    here.stop()
    assert (server.sinks, server.members(ROLE)) == ({}, [])


def test_entries_that_come_in_are_of_the_services_that_were_asked_for(
    here: StreamInstallation, server: LoggingServer
) -> None:
    here.start()
    entries = [
        raw_entry(
            severity=severity,
            resource={"type": "cloud_run_revision", "labels": {"service_name": service}},
        )
        for severity in ("DEBUG", "INFO", "ERROR", "EMERGENCY")
        for service in ("cart", "payment", "vigil-api")
    ]
    come = [LogEntry.parse(entry) for entry in entries if delivers(server.sinks[PATH], entry)]

    assert [(e.service, e.severity.name) for e in come] == [
        ("cart", "INFO"),
        ("cart", "ERROR"),
        ("cart", "EMERGENCY"),
    ]


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(raw_entry(labels={}, resource={"type": "global"}), id="of nobody"),
        pytest.param(raw_entry(severity="ERROR"), id="of a service"),
    ],
)
def test_a16_no_entry_of_ours_makes_another_one(
    here: StreamInstallation, server: LoggingServer, entry: dict[str, object]
) -> None:
    stream = here.start(LogStreamConfig("acme-prod"))
    sink = server.sinks[f"projects/acme-prod/sinks/vigil-{stream.stream_id}"]
    for name in ("vigil-batch-logs", "vigil-api"):
        ours = {"type": "cloud_run_revision", "labels": {"service_name": name}}
        assert not delivers(sink, entry | {"resource": ours})
    assert delivers(sink, entry)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Trouble(grpc.StatusCode.UNAVAILABLE), id="not there once"),
        pytest.param(Trouble(grpc.StatusCode.UNAVAILABLE, is_reply_lost=True), id="reply lost"),
    ],
)
def test_b03_whatever_call_is_lost_the_end_is_the_same(
    here: StreamInstallation, server: LoggingServer, method: str, trouble: Trouble
) -> None:
    server.fail(method, trouble)
    here.start()
    assert (list(server.sinks), server.members(ROLE)) == ([PATH], [WRITER])

    server.fail(method, trouble)
    here.stop()
    assert (server.sinks, server.members(ROLE)) == ({}, [])


@pytest.mark.parametrize("method", ["CreateSink", "GetIamPolicy", "SetIamPolicy"])
@pytest.mark.parametrize(
    ("code", "error"),
    [
        pytest.param(grpc.StatusCode.PERMISSION_DENIED, CloudRefused, id="not granted"),
        pytest.param(grpc.StatusCode.ABORTED, TransientError, id="in the way"),
    ],
)
def test_what_could_not_be_done_is_finished_by_asking_again(
    here: StreamInstallation,
    server: LoggingServer,
    method: str,
    code: grpc.StatusCode,
    error: type[Exception],
) -> None:
    # As often as somebody may be in the way before it is given up.
    server.fail(method, *[Trouble(code)] * 8)
    with pytest.raises(error):
        here.start()
    kept = here.kept()
    assert kept is not None
    assert kept.status is StreamStatus.CREATING

    server.troubles.clear()
    assert here.start(CONFIG).status is StreamStatus.ACTIVE
    assert (list(server.sinks), server.members(ROLE)) == ([PATH], [WRITER])
