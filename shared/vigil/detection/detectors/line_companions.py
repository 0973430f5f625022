"""Which lines come together: what one path through the code writes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from vigil.detection.beta_binomial import upper_tail
from vigil.detection.warm_up import Need

# Room for the lines of one series, and for the companions of each.
LINES = 40
COMPANIONS = 3
# Lines without companions that are remembered, lest they seem to be new.
ALONE = 80
# A line and its companion may differ by a tenth, and by what lies across a window's edge.
_DIFFERENCE, _EDGE = 0.1, 3.0
_SEEDED = 3
# A companion has come so often before its line is judged by it.
_KNOWN = 100.0
# Beyond this what was learned counts half, so that it does not weigh for ever.
_MOST = 4000.0
# Before anything was missing: half a line in twenty.
_PRIOR_MISSING, _PRIOR_CAME = 0.5, 20.0
_SPREAD = 1.0
# What is lost is learned by little, lest trouble be usual before it is looked into.
_LITTLE = 0.2
_HALF = 0.5

Counts = Mapping[str, int]
_Pairs = dict[str, tuple[float, float]]


class LostLine(NamedTuple):
    """A line that came `came` times where its `companion` came `expected` times, by what luck."""

    chance: float
    line: str
    companion: str
    came: int
    expected: int


class LineCompanions:
    """Gives the chance that a line is missing so often beside those that it always came with.

    An exception, or a return before its time, leaves out the lines that follow it, while those
    before it still come. What is asked for more or less often changes both alike. A line's
    companions are those that came as often as it in the first window, and still do; the share of
    its own that are missing has a Beta distribution. All companions have to agree.

    >>> lines = LineCompanions()
    >>> for _ in range(30):
    ...     lines.learn_one({"asked": 10, "answered": 10})
    >>> lines.read_one({"asked": 10, "answered": 9}) is None
    True
    >>> lines.read_one({"asked": 10}).line
    'answered'
    """

    def __init__(self) -> None:
        # By line, by companion: how often that came, and by how much the line differed.
        self._pairs: dict[str, _Pairs] = {}
        self._alone: set[str] = set()

    def read_one(self, counts: Counts) -> LostLine | None:
        """Return the line that is least likely to be missing so often; None if none is."""
        read = [self._judged(line, counts) for line in sorted(self._pairs)]
        lost = min([each for each in read if each is not None], default=None)
        if lost is None or self._is_reworded(lost, counts):
            return None
        return lost._replace(chance=min(lost.chance * len(self._pairs), 1.0))

    def learn_one(self, counts: Counts) -> None:
        """Learn how often each line came in a window."""
        for line, pairs in list(self._pairs.items()):
            weight = _LITTLE if self._judged(line, counts) else 1.0
            kept = {
                companion: _learned(pair, counts.get(line, 0), counts.get(companion, 0), weight)
                for companion, pair in pairs.items()
            }
            self._pairs[line] = {c: pair for c, pair in kept.items() if _is_close(pair)}
            if not self._pairs[line]:
                del self._pairs[line]
        for line in sorted(counts):
            if line not in self._pairs and len(self._pairs) < LINES and counts[line] >= _SEEDED:
                self._seed(line, counts)
        alone = sorted(counts.keys() - self._texts())
        self._alone.update(alone[: max(ALONE - len(self._alone), 0)])

    def needs(self) -> list[Need]:
        """Return with what the first line is judged, nothing where none has a companion."""
        came = [pair[0] for pairs in self._pairs.values() for pair in pairs.values()]
        return [Need(int(max(came)), int(_KNOWN), "lines that come in pairs")] if came else []

    def to_json(self) -> Any:
        """Return its state as plain values: each line's text once."""
        texts = sorted(self._texts())
        places = {text: place for place, text in enumerate(texts)}
        return [
            texts,
            [
                [places[line], *((places[c], *pair) for c, pair in sorted(pairs.items()))]
                for line, pairs in sorted(self._pairs.items())
            ],
            sorted(self._alone),
        ]

    @classmethod
    def from_json(cls, plain: Any) -> "LineCompanions":
        """Return what `to_json` gave."""
        texts, lines, alone = plain
        companions = cls()
        companions._alone = set(alone)
        companions._pairs = {
            texts[place]: {texts[c]: (came, differed) for c, came, differed in pairs}
            for place, *pairs in lines
        }
        return companions

    def _judged(self, line: str, counts: Counts) -> LostLine | None:
        known = {c: pair for c, pair in self._pairs[line].items() if pair[0] >= _KNOWN}
        each = [_lost(line, companion, pair, counts) for companion, pair in known.items()]
        agreed = [lost for lost in each if lost is not None]
        return max(agreed) if agreed and len(agreed) == len(each) else None

    def _is_reworded(self, lost: LostLine, counts: Counts) -> bool:
        """Whether a line that was never seen has taken its place: a release, and no loss."""
        if len(self._alone) >= ALONE:
            return False
        known = self._texts() | self._alone
        fewest = _HALF * (lost.expected - lost.came)
        return any([count >= fewest for line, count in counts.items() if line not in known])

    def _texts(self) -> set[str]:
        return {*self._pairs, *(c for pairs in self._pairs.values() for c in pairs)}

    def _seed(self, line: str, counts: Counts) -> None:
        came = counts[line]
        near = [
            (abs(count - came), other)
            for other, count in counts.items()
            if other != line and abs(count - came) <= 1 + _DIFFERENCE * came
        ]
        if near:
            self._pairs[line] = {other: (0.0, 0.0) for _, other in sorted(near)[:COMPANIONS]}


def _lost(line: str, companion: str, pair: tuple[float, float], counts: Counts) -> LostLine | None:
    came, expected = counts.get(line, 0), counts.get(companion, 0)
    if expected < _SEEDED or came >= _HALF * expected:
        return None
    usual = (pair[1] + _PRIOR_MISSING) / (pair[0] + _PRIOR_CAME)
    chance = upper_tail(expected - came, expected, mean=usual, spread=_SPREAD)
    return LostLine(chance, line, companion, came, expected)


def _learned(
    pair: tuple[float, float], came: int, expected: int, weight: float
) -> tuple[float, float]:
    total = pair[0] + weight * expected
    differed = pair[1] + weight * abs(expected - came)
    kept = _HALF if total > _MOST else 1.0
    return round(total * kept, 1), round(differed * kept, 1)


def _is_close(pair: tuple[float, float]) -> bool:
    return pair[1] <= _EDGE + _DIFFERENCE * pair[0]
