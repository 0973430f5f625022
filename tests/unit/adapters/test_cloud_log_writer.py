"""What is written to Cloud Logging, and what is said when it is not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import grpc
import pytest

from tests.builders import NOON
from tests.logging_query import read_query
from tests.servers.logging_server import FOREIGN_TEXT, LoggingServer, Trouble, logging_server
from vigil.adapters.cloud_calls import CloudCalls
from vigil.adapters.cloud_log_writer import CloudLogWriter
from vigil.doors.clock import utc_now
from vigil.errors import CloudRefused, PermanentError, TransientError
from vigil.local.canary_run import ENTRIES, CanaryRun
from vigil.logs.log_entry import LogEntry
from vigil.logs.own_entries import OwnEntries

RUN = CanaryRun("acme-prod", NOON)
Exported = list[dict[str, Any]]


@pytest.fixture
def server() -> Iterator[LoggingServer]:
    with logging_server() as served:
        yield served


@pytest.fixture
def exported(server: LoggingServer) -> Exported:
    entries: Exported = []
    server.deliver = entries.append
    return entries


def writer(server: LoggingServer, *, timeout_seconds: float = 15.0) -> CloudLogWriter:
    calls = CloudCalls(None, timeout_seconds=timeout_seconds, somebody="whoever runs this")
    return CloudLogWriter(server.entries, calls, project="acme-prod")


def test_entries_are_exported_as_the_canary_means_them(
    server: LoggingServer, exported: Exported
) -> None:
    writer(server).write(RUN.entries())

    parsed = [LogEntry.parse(entry, received_at=utc_now()) for entry in exported]
    assert {(e.project_id, e.service, e.endpoint, e.failed) for e in parsed} == {
        ("acme-prod", "canary", RUN.endpoint, True)
    }
    assert len({entry.digest for entry in parsed}) == ENTRIES


def test_the_time_of_an_entry_is_cloud_loggings(server: LoggingServer, exported: Exported) -> None:
    writer(server).write(RUN.entries())

    times = {LogEntry.parse(entry).occurred_at for entry in exported}
    assert len(times) == 1
    assert utc_now() - times.pop() < timedelta(minutes=1)


def test_a16_no_sink_of_vigils_project_keeps_the_canary_out(
    server: LoggingServer, exported: Exported
) -> None:
    writer(server).write(RUN.entries())

    own = OwnEntries(("vigil-",), "acme-prod")
    kept_out = [read_query(each) for each in own.exclusions().values()]
    assert len(kept_out) > 1
    assert not any(excludes(entry) for entry in exported for excludes in kept_out)
    assert not any(own.include(LogEntry.parse(entry)) for entry in exported)


@pytest.mark.parametrize(
    ("trouble", "error", "said"),
    [
        pytest.param(
            grpc.StatusCode.PERMISSION_DENIED,
            CloudRefused,
            "grant roles/logging.logWriter on project acme-prod to whoever runs this",
            id="not allowed",
        ),
        pytest.param(
            grpc.StatusCode.INVALID_ARGUMENT, PermanentError, "for good", id="never taken"
        ),
        pytest.param(
            grpc.StatusCode.RESOURCE_EXHAUSTED, TransientError, "this time", id="quota used up"
        ),
    ],
)
def test_what_is_not_written_is_said_in_our_words(
    server: LoggingServer, trouble: grpc.StatusCode, error: type[Exception], said: str
) -> None:
    server.fail("WriteLogEntries", Trouble(trouble))

    with pytest.raises(error, match=said) as raised:
        writer(server).write(RUN.entries())

    assert FOREIGN_TEXT not in str(raised.value)


def test_b03_what_was_written_although_the_reply_was_lost_is_written_again(
    server: LoggingServer, exported: Exported
) -> None:
    server.fail("WriteLogEntries", Trouble(grpc.StatusCode.UNAVAILABLE, is_reply_lost=True))

    writer(server).write(RUN.entries())

    assert len(exported) == 2 * ENTRIES
