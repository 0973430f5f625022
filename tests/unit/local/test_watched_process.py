"""Programs in groups of their own: all of a group ends, and what was said last is kept."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from vigil.local.watched_process import WatchedProcess

# Says who its child is, and waits for it.
_WITH_CHILD = "sleep 60 & echo $!; wait"


@pytest.fixture
def output() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        yield file


def run(script: str, output: IO[bytes]) -> WatchedProcess:
    return WatchedProcess(["/bin/sh", "-c", script], environment=dict(os.environ), output=output)


def child_of(process: WatchedProcess) -> int:
    give_up_at = time.monotonic() + 10
    while not process.last_words().isdecimal():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)
    return int(process.last_words())


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except OSError:
        return True


@pytest.mark.parametrize("end", [WatchedProcess.stop, WatchedProcess.kill])
def test_its_children_end_with_it(end: Callable[[WatchedProcess], None], output: IO[bytes]) -> None:
    process = run(_WITH_CHILD, output)
    child = child_of(process)
    assert process.ended_with() is None

    end(process)
    # Once ended, its id may be somebody else's.
    process.stop()
    process.kill()

    give_up_at = time.monotonic() + 10
    while not has_ended(child):
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


def test_it_ends_by_itself_with_a_code_and_last_words(output: IO[bytes]) -> None:
    process = run("echo it is no good >&2; exit 3", output)
    give_up_at = time.monotonic() + 10
    while process.ended_with() is None:
        assert time.monotonic() < give_up_at
        time.sleep(0.01)

    assert (process.ended_with(), process.last_words()) == (3, "it is no good")
    process.stop()


def test_who_says_nothing_is_told_of_as_well(output: IO[bytes]) -> None:
    process = run("exit 0", output)
    process.stop()

    assert process.last_words() == "it said nothing"
