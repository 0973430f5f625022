"""How much a number differs from the one before it."""

from typing import Any


class FirstDifference:
    """Looks at the step from the last number: a jump that is small beside a daily rhythm shows.

    >>> step = FirstDifference()
    >>> step.learn_one(10.0, 0)
    >>> step.look(12.0, 60)
    2.0
    """

    name = "first_difference"
    rise = "steepest rise"
    fall = "steepest fall"

    def __init__(self) -> None:
        self._last: float | None = None

    def look(self, value: float, at: int) -> float | None:
        """Return the difference, None for the first number."""
        return None if self._last is None else value - self._last

    def learn_one(self, value: float, at: int) -> None:
        """Remember the number."""
        self._last = value

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        return [None if self._last is None else float(f"{self._last:.6g}")]

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""
        self._last = plain[0]
