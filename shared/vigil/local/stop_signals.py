"""Ctrl-C and SIGTERM as a wish that is waited for, so that everything is put away first."""

import queue
import signal
from types import FrameType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """Takes the signals that ask this process to end, while its `with` block lasts.

    To be entered in the main thread. Nothing is interrupted: `wait` says whether one has come.
    """

    def __init__(self) -> None:
        # Its put may be called while its get is under way, as a signal's handler does; the lock of
        # a threading.Event may not be taken twice.
        self._received: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._asked = False

    def wait(self, seconds: float) -> bool:
        """Return True as soon as this process is asked to end, or False after `seconds`."""
        if not self._asked:
            try:
                self._received.get(timeout=seconds)
            except queue.Empty:
                return False
        self._asked = True
        return True

    def __enter__(self) -> Self:
        self._before = {each: signal.signal(each, self._take) for each in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for each, taken_before in self._before.items():
            signal.signal(each, taken_before)

    def _take(self, signum: int, _frame: FrameType | None) -> None:
        self._received.put(signum)
