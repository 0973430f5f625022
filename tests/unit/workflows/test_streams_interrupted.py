"""A stream is what was wanted last, whoever crashes or interferes on the way there."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import pytest

from tests.stream_installation import StreamInstallation
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import TransientError
from vigil.model.stream import StreamStatus
from vigil.ports import Write
from vigil.stores.queries import DECLARED


@pytest.fixture
def here() -> Iterator[StreamInstallation]:
    with closing(SqliteDocuments(":memory:", DECLARED)) as database:
        yield StreamInstallation(database)


class Crash(BaseException):
    """The end of a process: nothing that Vigil does can catch it."""


class CrashAt:
    """Ends the process before or after the n-th step, be it a commit or a call to Google."""

    def __init__(self, here: StreamInstallation, number: int) -> None:
        self.left = number
        documents, cloud = here.documents, here.cloud
        documents.before = documents.after = self.commits
        cloud.before = cloud.after = self.steps

    def commits(self, _writes: Sequence[Write]) -> None:
        self.steps("commit")

    def steps(self, _step: str) -> None:
        if self.left == 0:
            raise Crash
        self.left -= 1


def assert_honest(here: StreamInstallation) -> None:
    """What is shown as active delivers, and what is shown as stopped leaves nothing behind."""
    kept = here.kept()
    status = kept and kept.status
    if status is StreamStatus.ACTIVE:
        assert here.delivers()
    if status in (None, StreamStatus.STOPPED):
        assert (here.cloud.sinks, here.cloud.writers) == ({}, set())


# Each of three commits and two calls can end before and after it was done.
STARTING = range(2 * (3 + 2))
# Each of two commits and two calls, as well.
STOPPING = range(2 * (2 + 2))
Finish = Callable[[StreamInstallation], object]


def finish_by_starting(here: StreamInstallation) -> None:
    assert here.start() == here.kept()
    assert here.start().status is StreamStatus.ACTIVE
    assert here.delivers()
    assert len(here.cloud.sinks) == 1


def finish_by_stopping(here: StreamInstallation) -> None:
    stopped = here.stop()
    assert stopped is None or stopped.status is StreamStatus.STOPPED
    assert (here.cloud.sinks, here.cloud.writers) == ({}, set())


@pytest.mark.parametrize("finish", [finish_by_starting, finish_by_stopping])
@pytest.mark.parametrize("number", STARTING)
def test_a_start_that_was_interrupted_anywhere_is_finished_or_taken_back(
    here: StreamInstallation, number: int, finish: Finish
) -> None:
    CrashAt(here, number)
    with pytest.raises(Crash):
        here.start()
    here.calm()
    assert_honest(here)

    finish(here)


@pytest.mark.parametrize("finish", [finish_by_starting, finish_by_stopping])
@pytest.mark.parametrize("number", STOPPING)
def test_a_stop_that_was_interrupted_anywhere_is_finished_or_taken_back(
    here: StreamInstallation, number: int, finish: Finish
) -> None:
    here.start()
    CrashAt(here, number)
    with pytest.raises(Crash):
        here.stop()
    here.calm()
    assert_honest(here)

    finish(here)


@pytest.mark.parametrize("numbers", [(2, 5), (4, 4), (7, 1), (9, 3)])
def test_a_start_that_was_interrupted_twice_is_finished(
    here: StreamInstallation, numbers: Sequence[int]
) -> None:
    for number in numbers:
        CrashAt(here, number)
        with pytest.raises(Crash):
            here.start()
    here.calm()

    finish_by_starting(here)


def test_no_step_is_left_out_of_the_crashes(here: StreamInstallation) -> None:
    """The ranges above end where nothing crashes any more."""
    counting = CrashAt(here, 10**6)
    here.start()
    assert 10**6 - counting.left == len(STARTING)

    counting.left = 10**6
    here.stop()
    assert 10**6 - counting.left == len(STOPPING)


# --- races ---


@pytest.mark.parametrize("step", ["create", "admit"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_who_stops_a_stream_while_it_is_started_has_the_last_word(
    here: StreamInstallation, step: str, moment: str
) -> None:
    def stop_then(taken: str) -> None:
        if taken == step:
            here.calm()
            here.stop()

    setattr(here.cloud, moment, stop_then)
    assert here.start().status is StreamStatus.STOPPED
    assert (here.cloud.sinks, here.cloud.writers) == ({}, set())


@pytest.mark.parametrize("step", ["remove", "dismiss"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_who_starts_a_stream_while_it_is_stopped_has_the_last_word(
    here: StreamInstallation, step: str, moment: str
) -> None:
    here.start()

    def start_then(taken: str) -> None:
        if taken == step:
            here.calm()
            here.start()

    setattr(here.cloud, moment, start_then)
    ended = here.stop()

    assert ended is not None
    assert ended.status is StreamStatus.ACTIVE
    assert here.delivers()


def test_who_is_interfered_with_each_time_gives_up_for_now(here: StreamInstallation) -> None:
    def interfere(step: str) -> None:
        if step == "create":
            kept = here.kept()
            assert kept is not None
            changed = replace(kept, created_by=f"{kept.created_by}!")
            here.database.commit([here.store().streams.put(changed.stream_id, changed)])

    here.cloud.after = interfere
    with pytest.raises(TransientError):
        here.start()
