"""Several things that are opened and closed at the same time, because each takes its time."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def all_at_once(managers: Sequence[AbstractContextManager[T]]) -> Iterator[list[T]]:
    """Enter all of `managers` in threads, give what they gave, and exit all of them in threads.

    If one cannot be entered the others are exited, and what it raised is raised.
    """
    with ThreadPoolExecutor(max(len(managers), 1)) as threads:
        entering = [threads.submit(manager.__enter__) for manager in managers]
        wait(entering)
        entered = [
            manager
            for manager, outcome in zip(managers, entering, strict=True)
            if outcome.exception() is None
        ]
        try:
            yield [outcome.result() for outcome in entering]
        finally:
            exiting = [threads.submit(manager.__exit__, None, None, None) for manager in entered]
            wait(exiting)
            for outcome in exiting:
                outcome.result()
