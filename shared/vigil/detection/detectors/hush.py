"""What has been told already is no news."""

_HUSHED = 100


class Hush:
    """Keeps of a burst what exceeds everything in it so far.

    A surprise counts if none of those that counted among the last hundred was as great. So a burst
    is told of once, and again if it becomes worse.

    >>> hush = Hush()
    >>> hush.learn(3.0)
    >>> hush.heard(2.0), hush.heard(4.0)
    (0.0, 4.0)
    """

    def __init__(self) -> None:
        self._number = 0
        # Numbers and surprises of those that counted; both rise.
        self._told: list[list[float]] = []

    def heard(self, surprise: float) -> float:
        """Return the surprise if it is news, else 0."""
        since = self._number - _HUSHED
        told = [past for number, past in self._told if number >= since]
        return surprise if surprise > max(told, default=0.0) else 0.0

    def learn(self, surprise: float) -> None:
        """Take the surprise of the next number."""
        if surprise > 0.0:
            since = self._number - _HUSHED
            self._told = [pair for pair in self._told if pair[0] >= since]
            if self.heard(surprise):
                self._told.append([self._number, round(surprise, 4)])
        self._number += 1

    def to_json(self) -> list[object]:
        """Return its state as plain values."""
        return [self._number, [list(pair) for pair in self._told]]

    @classmethod
    def from_json(cls, plain: list[object]) -> "Hush":
        """Return what `to_json` gave."""
        hush = cls()
        hush._number, hush._told = plain  # type: ignore[assignment]  # as to_json gave it
        return hush
