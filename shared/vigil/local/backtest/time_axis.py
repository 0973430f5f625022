"""A scale of time for charts: where an instant lies, and which instants get a label."""

from dataclasses import dataclass
from datetime import UTC, datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_STEPS = (
    *(1, 5, 10, 30),
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 6, 12)),
    *(_DAY * n for n in (1, 2, 7, 14, 28, 91, 365)),
)
_MOST_TICKS = 9


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """The time from `first` to `last` (seconds since 1970), drawn from `left` to `right`."""

    first: float
    last: float
    left: float
    right: float

    def x(self, at: float) -> float:
        """Return where an instant is drawn, no farther than the ends.

        >>> TimeAxis(0, 100, 10, 20).x(50), TimeAxis(0, 100, 10, 20).x(900)
        (15.0, 20.0)
        """
        share = (at - self.first) / max(self.last - self.first, 1)
        return self.left + (self.right - self.left) * min(max(share, 0.0), 1.0)

    def ticks(self) -> list[tuple[int, str]]:
        """Return instants to label and their labels: round ones, at most nine.

        >>> TimeAxis(0, 3600, 0, 1).ticks()[:3]
        [(0, '1 Jan 00:00'), (600, '00:10'), (1200, '00:20')]
        """
        fitting = [n for n in _STEPS if (self.last - self.first) / n < _MOST_TICKS]
        step = fitting[0] if fitting else int(self.last - self.first)
        begin = -(-int(self.first) // step) * step
        instants = range(begin, int(self.last) + 1, step)
        return [(at, _label(at, step, first=at == begin)) for at in instants]


def _label(at: int, step: int, *, first: bool) -> str:
    instant = datetime.fromtimestamp(at, UTC)
    day = f"{instant.day} {instant:%b}"
    if step >= _DAY:
        return day
    time = f"{instant:%H:%M:%S}" if step < _MINUTE else f"{instant:%H:%M}"
    return f"{day} {time}" if first or at % _DAY == 0 else time
