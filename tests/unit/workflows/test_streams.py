"""What is wanted of a stream is kept, then it is done, then that it was done is kept."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from tests.stream_installation import CONFIG, WRITER, StreamInstallation
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import CloudRefused, InvalidRequest
from vigil.logs.own_entries import OwnEntries
from vigil.model.log_severity import LogSeverity
from vigil.model.stream import LogStreamConfig, Stream, StreamStatus
from vigil.ports import Delete
from vigil.stores.queries import DECLARED
from vigil.workflows.streams import MAX_STREAMS, NOT_STOPPED, listed

OTHER = LogStreamConfig("acme-prod", ("payment",))


@pytest.fixture
def here() -> Iterator[StreamInstallation]:
    with closing(SqliteDocuments(":memory:", DECLARED)) as database:
        yield StreamInstallation(database)


@pytest.fixture
def started(here: StreamInstallation) -> Stream:
    return here.start()


def test_a_stream_that_is_started_delivers(here: StreamInstallation) -> None:
    stream = here.start()

    assert stream.status is StreamStatus.ACTIVE
    assert (stream.created_by, stream.created_at) == ("ann", here.clock())
    assert here.delivers(stream.stream_id)
    [sink] = here.cloud.sinks.values()
    assert sink.name == stream.sink_name == f"vigil-{stream.stream_id}"
    assert 'resource.labels.service_name=("cart")' in sink.filter


def test_a16_every_sink_excludes_our_own_entries(here: StreamInstallation) -> None:
    here.start()
    here.start(LogStreamConfig("acme-prod"))

    excluded = [sink.exclusions for sink in here.cloud.sinks.values()]
    assert excluded == [OwnEntries(("vigil-",), "vigil-home").exclusions()] * 2


def test_starting_it_again_makes_no_second_sink_and_keeps_who_was_first(
    here: StreamInstallation,
) -> None:
    first = here.start()
    here.clock.advance(60)
    again = here.start(replace(CONFIG, services=("cart", "cart")), by="bob")

    assert again.stream_id == first.stream_id
    assert (again.created_by, again.created_at) == ("ann", first.created_at)
    assert len(here.cloud.sinks) == 1


def test_starting_it_again_takes_the_new_figures(here: StreamInstallation) -> None:
    first = here.start()
    other = here.start(replace(CONFIG, batch_size=500, enable_gemini_analysis=False))

    assert other.stream_id == first.stream_id
    assert other.config.batch_size == 500
    assert here.kept() == other


def test_starting_it_again_makes_a_sink_that_somebody_removed(here: StreamInstallation) -> None:
    stream = here.start()
    here.cloud.sinks.clear()
    here.cloud.writers.clear()
    here.start()

    assert here.delivers(stream.stream_id)


def test_a_stopped_stream_delivers_no_more_and_stays_as_a_record(here: StreamInstallation) -> None:
    stream = here.start()
    here.clock.advance(60)
    stopped = here.stop(stream.stream_id, by="bob")

    assert stopped is not None
    assert stopped.status is StreamStatus.STOPPED
    assert (stopped.stopped_by, stopped.stopped_at) == ("bob", here.clock())
    assert (here.cloud.sinks, here.cloud.writers) == ({}, set())


def test_stopping_it_again_changes_nothing(here: StreamInstallation, started: Stream) -> None:
    first = here.stop(started.stream_id, by="ann")
    steps = list(here.cloud.steps)
    here.clock.advance(60)

    assert here.stop(started.stream_id, by="bob") == first
    assert here.cloud.steps == steps


def test_a_stopped_stream_can_be_started_again(here: StreamInstallation, started: Stream) -> None:
    here.stop(started.stream_id)
    here.clock.advance(60)
    again = here.start(by="bob")

    assert again.stream_id == started.stream_id
    assert (again.created_by, again.stopped_at, again.stopped_by) == ("bob", None, None)
    assert here.delivers()


def test_a_writer_stays_while_another_stream_of_its_project_needs_it(
    here: StreamInstallation,
) -> None:
    one, other = here.start(), here.start(OTHER)
    here.stop(one.stream_id)
    assert here.delivers(other.stream_id)

    here.stop(other.stream_id)
    assert here.cloud.writers == set()


def test_a_writer_stays_while_a_sink_that_somebody_else_made_needs_it(
    here: StreamInstallation,
) -> None:
    stream = here.start()
    [sink] = here.cloud.sinks.values()
    here.cloud.sinks["acme-prod", "by-hand"] = replace(sink, name="by-hand")
    here.stop(stream.stream_id)

    assert list(here.cloud.sinks) == [("acme-prod", "by-hand")]
    assert here.cloud.writers == {WRITER}


def test_a_writer_is_let_in_again_if_a_stream_came_while_it_was_shut_out(
    here: StreamInstallation,
) -> None:
    stream = here.start()

    def another_begins(step: str) -> None:
        if step == "dismiss":
            here.cloud.before = lambda step: None
            here.start(OTHER)

    here.cloud.before = another_begins
    here.stop(stream.stream_id)

    assert here.cloud.writers == {WRITER}
    assert [s.config.services for s in listed(here.store(), StreamStatus.ACTIVE)] == [("payment",)]


@pytest.mark.parametrize("project_id", ["globex-prod", "nobody-prod", "__x__"])
def test_d01_d02_d37_a_foreign_project_is_as_an_unknown_one_and_nothing_is_done(
    here: StreamInstallation, project_id: str
) -> None:
    assert here.streams.start(here.store(), LogStreamConfig(project_id), by="ann") is None
    assert here.cloud.steps == []
    assert here.documents.commits == []


def test_a14_a_project_whose_tenant_is_gone_is_nobodys(here: StreamInstallation) -> None:
    here.database.commit([Delete("tenants/acme")])

    assert here.streams.start(here.store(), CONFIG, by="ann") is None
    assert here.cloud.steps == []


def test_d02_a_stream_is_stopped_by_its_tenant_only(
    here: StreamInstallation, started: Stream
) -> None:
    assert here.streams.stop(here.store("globex"), started.stream_id, by="eve") is None
    assert here.delivers()


def test_a_stream_that_never_was_is_not_stopped(here: StreamInstallation) -> None:
    assert here.stop("v1-never-was") is None
    assert here.cloud.steps == []


def test_services_that_no_filter_can_hold_leave_nothing_behind(here: StreamInstallation) -> None:
    names = tuple(f"service-{number}-{'x' * 60}" for number in range(100))
    with pytest.raises(InvalidRequest):
        here.start(replace(CONFIG, services=names))

    assert (here.cloud.steps, here.documents.commits) == ([], [])


@pytest.mark.parametrize("step", ["create", "admit"])
def test_a_stream_that_google_refuses_is_not_shown_as_active(
    here: StreamInstallation, step: str
) -> None:
    def refuse(taken: str) -> None:
        if taken == step:
            raise CloudRefused("grant roles/logging.configWriter")

    here.cloud.before = refuse
    with pytest.raises(CloudRefused):
        here.start()
    [stream] = listed(here.store(), StreamStatus.CREATING)
    assert listed(here.store(), StreamStatus.ACTIVE) == []

    here.cloud.before = lambda step: None
    assert here.start().status is StreamStatus.ACTIVE
    assert here.delivers(stream.stream_id)


def test_d28_a_tenant_has_so_many_streams_and_no_more(here: StreamInstallation) -> None:
    first = here.start()
    store = here.store()
    others = [
        replace(first, stream_id=f"v1-{number}", status=NOT_STOPPED[number % 3])
        for number in range(MAX_STREAMS - 1)
    ]
    here.database.commit([store.streams.put(each.stream_id, each) for each in others])
    here.cloud.steps.clear()
    with pytest.raises(InvalidRequest, match="at most 200 streams"):
        here.start(OTHER)
    assert here.cloud.steps == []

    assert here.start() == first
    here.stop("v1-0")
    assert here.start(OTHER).status is StreamStatus.ACTIVE


def test_streams_are_listed_by_status_the_oldest_first(here: StreamInstallation) -> None:
    for service in ("a", "b", "c"):
        here.start(LogStreamConfig("acme-prod", (service,), (LogSeverity.ERROR,)))
        here.clock.advance(1)
    [a, b, c] = listed(here.store(), StreamStatus.ACTIVE)
    here.stop(b.stream_id)

    assert [s.config.services for s in (a, b, c)] == [("a",), ("b",), ("c",)]
    assert listed(here.store(), StreamStatus.ACTIVE) == [a, c]
    assert listed(here.store(), StreamStatus.ACTIVE, 1) == [a]
    assert listed(here.store("globex"), StreamStatus.ACTIVE) == []
