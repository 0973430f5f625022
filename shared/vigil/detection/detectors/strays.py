"""How often the windows of a series have strayed, so that what lasts becomes usual."""

# What strayed a thousand windows ago counts little more than a third.
_KEPT = 0.999
_LITTLE = 0.05


class Strays:
    """Counts windows that strayed: in a row, and lately.

    A window that strayed is learned by little, so that trouble does not become usual while it is
    looked into. Once `many` did lately, they are learned like all others: a new job that runs once
    an hour is no trouble for ever. Once `many` did in a row, the new level is usual.

    >>> strays = Strays(many=3)
    >>> [strays.note(True), strays.note(True), strays.note(True)], strays.in_a_row
    ([0.05, 0.05, 1.0], 3)
    """

    def __init__(self, many: int) -> None:
        self._many = many
        self.in_a_row = 0
        self.lately = 0.0

    @property
    def lasting(self) -> bool:
        """Whether so many have strayed in a row that it is no longer news."""
        return self.in_a_row >= self._many

    def note(self, strayed: bool) -> float:
        """Count a window, and return by which weight, 0..1, it is to be learned."""
        self.lately = round(self.lately * _KEPT + strayed, 4)
        self.in_a_row = self.in_a_row + 1 if strayed else 0
        return _LITTLE if strayed and round(self.lately) < self._many else 1.0

    def settle(self) -> None:
        """Take the new level for usual: what strays from now on strays from that."""
        self.in_a_row = 0

    def to_json(self) -> list[float]:
        """Return the counts as plain values."""
        return [self.in_a_row, self.lately]

    def restore(self, plain: list[float]) -> None:
        """Take what `to_json` gave."""
        self.in_a_row, self.lately = int(plain[0]), plain[1]
