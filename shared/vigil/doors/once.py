"""Something that is made when it is first asked for."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Makes something at the first call and gives it at every call, to all threads.

    For what must not be made before a server has forked, and takes its time. If making it fails,
    the next call tries again.

    >>> made = Once(lambda: object())
    >>> made() is made()
    True
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: list[T] = []
        self._lock = threading.Lock()

    def __call__(self) -> T:
        """Return what was made."""
        if not self._made:
            with self._lock:
                if not self._made:
                    self._made.append(self._make())
        return self._made[0]
