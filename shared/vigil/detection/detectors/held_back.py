"""Windows that are not learned until it is seen what follows them."""

from collections import deque
from typing import Any, NamedTuple

# As long as a modest rise takes to be made sure of.
WINDOWS = 8


class Held(NamedTuple):
    """A window that began `at`, and by which weight, 0..1, it is to be learned as things stand."""

    events: int
    exposure: int
    at: int
    weight: float


class HeldBack:
    """Holds the last WINDOWS windows back, and lowers the weight of all when one is not believed.

    Else the first windows of trouble become usual before there are enough to tell it from luck.

    >>> held = HeldBack()
    >>> due = [held.add(Held(1, 50, 60 * minute, 1.0)) for minute in range(9)]
    >>> due[7], due[8]
    (None, Held(events=1, exposure=50, at=0, weight=1.0))
    >>> held.add(Held(9, 50, 540, 0.25))
    Held(events=1, exposure=50, at=60, weight=0.25)
    """

    def __init__(self) -> None:
        self._windows: deque[Held] = deque()

    def add(self, window: Held) -> Held | None:
        """Hold a window back, and return the one that is due, if any."""
        self._windows.append(window)
        if window.weight < 1.0:
            lowered = [
                each._replace(weight=min(each.weight, window.weight)) for each in self._windows
            ]
            self._windows = deque(lowered)
        return self._windows.popleft() if len(self._windows) > WINDOWS else None

    def to_json(self) -> list[Any]:
        """Return the windows as plain values."""
        return [list(each) for each in self._windows]

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""
        self._windows = deque([Held(*each) for each in plain])
