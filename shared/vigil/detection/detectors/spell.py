"""For how long a limit has been broken without a pause."""

# What alerting rules wait for by custom, five minutes: a hiccup is over by then.
LASTED_SECONDS = 300


class Spell:
    """Tells since when a limit is broken in window after window.

    >>> spell = Spell(window_seconds=60)
    >>> for minute in range(4):
    ...     spell.learn_one(broken=True, at=60 * minute)
    >>> spell.lasted(240), spell.lasted(600)
    (True, False)
    """

    def __init__(self, window_seconds: int) -> None:
        self._window_seconds = window_seconds
        self._began = self._latest = -1

    def lasted(self, at: int) -> bool:
        """Whether one that is broken `at` as well, a window's start, has been for long enough."""
        began = self._began if self._goes_on(at) else at
        return at + self._window_seconds - began >= LASTED_SECONDS

    def learn_one(self, *, broken: bool, at: int) -> None:
        """Learn whether it was broken in a window; windows come in order of time."""
        if not broken:
            self._began = self._latest = -1
            return
        self._began = self._began if self._goes_on(at) else at
        self._latest = at

    def to_json(self) -> list[int]:
        """Return its state as plain values."""
        return [self._began, self._latest]

    @classmethod
    def from_json(cls, plain: list[int], window_seconds: int) -> "Spell":
        """Return what `to_json` gave."""
        spell = cls(window_seconds)
        spell._began, spell._latest = plain
        return spell

    def _goes_on(self, at: int) -> bool:
        return self._began >= 0 and at - self._latest <= self._window_seconds
