"""Whether the numbers in a sentence follow from the evidence that the sentence names."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import permutations

from vigil.incidents.evidence_pack import Item

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T?")
_CLOCK = re.compile(r"(?<![\w:])(\d{1,2}:\d{2}(?::\d{2})?)(?:\.\d+)?Z?(?![\w:])")
# A number and the unit that says how it may have been worked out.
_NUMBER = re.compile(
    r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)(?:\s?(%|percent\b|ms\b|milliseconds?\b|s\b|seconds?\b|"
    r"min\b|minutes?\b|x\b|times\b)|(?!\w))",
    re.IGNORECASE,
)
# A word of digits and letters is a name: of a release, a pool, a machine.
_WORD = re.compile(r"\w+(?:[.-]\w+)*")
_USUAL_NAMES = frozenset({"p50", "p90", "p95", "p99", "4xx", "5xx"})
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Known:
    """The numbers that evidence holds or that can be worked out from it.

    Percentages, factors and spans of time are kept apart: a ratio of two counts vouches for
    "95 %" and not for "95 requests".
    """

    plain: frozenset[float]
    percents: frozenset[float]
    factors: frozenset[float]
    seconds: frozenset[float]
    clocks: frozenset[str]
    dates: frozenset[str]
    words: str

    @classmethod
    def of(cls, items: Sequence[Item]) -> "Known":
        """Return what the numbers of a claim that rests on `items` may be."""
        instants = [at for item in items for at in _instants(item)]
        values = frozenset(value for item in items for value in _counted(item))
        written = frozenset(_written(text for item in items for text in item.texts))
        counts = [line.count for item in items for line in item.lines]
        ratios = frozenset(ratio for item in items for ratio in _ratios(_counted(item)))
        return cls(
            plain=values | written | {float(sum(counts)), float(len(items))},
            percents=frozenset(100 * r for r in ratios | values if 0 <= r <= 1) | written,
            factors=frozenset(ratio for ratio in ratios if ratio >= 1),
            seconds=frozenset(abs((a - b).total_seconds()) for a in instants for b in instants),
            clocks=frozenset(at.strftime("%H:%M:%S") for at in instants),
            dates=frozenset(at.strftime("%Y-%m-%d") for at in instants),
            words=" ".join(t for item in items for t in (*item.texts, *item.metrics)).lower(),
        )


def unknown_numbers(statement: str, known: Known) -> list[str]:
    """Return what in `statement` looks like a number and does not follow from what is `known`.

    Numbers written as words are not seen.
    """
    unknown = [d for d in _DATE.findall(statement) if d.rstrip("T") not in known.dates]
    rest = _DATE.sub(" ", statement)
    unknown += [c for c in _CLOCK.findall(rest) if not _is_clock(c, known)]
    rest = _CLOCK.sub(" ", rest)
    names = [word for word in _WORD.findall(rest) if _looks_like_name(word)]
    unknown += [name for name in names if not _is_name(name, known)]
    rest = _WORD.sub(lambda found: " " if _looks_like_name(found[0]) else found[0], rest)
    return unknown + [
        n for n, unit in _NUMBER.findall(rest) if not _follows(n, unit.lower(), known)
    ]


def _follows(number: str, unit: str, known: Known) -> bool:
    if unit in ("%", "percent"):
        return _among(number, known.percents)
    if unit in ("x", "times"):
        return _among(number, known.factors | known.plain)
    if unit in ("s", "second", "seconds"):
        milliseconds = frozenset(value / 1000 for value in known.plain)
        return _among(number, known.seconds | known.plain | milliseconds)
    if unit in ("min", "minute", "minutes"):
        return _among(number, frozenset(s / _MINUTE for s in known.seconds) | known.plain)
    return _among(number, known.plain)


def _among(number: str, values: frozenset[float]) -> bool:
    """Whether one of `values`, rounded as `number` is, is that number."""
    digits = len(number.partition(".")[2])
    stated = round(float(number.replace(",", "")), digits)
    return any(round(value, digits) == stated for value in values)


def _is_clock(clock: str, known: Known) -> bool:
    return any(at.startswith(clock.rjust(5, "0")) for at in known.clocks) or clock in known.words


def _looks_like_name(word: str) -> bool:
    has_both = any(map(str.isdigit, word)) and any(map(str.isalpha, word))
    return has_both and not _NUMBER.fullmatch(word)


def _is_name(name: str, known: Known) -> bool:
    return name.lower() in _USUAL_NAMES or name.lower() in known.words


def _instants(item: Item) -> Iterator[datetime]:
    pairs = [(item.started_at, item.ended_at), *((x.first_at, x.last_at) for x in item.lines)]
    yield from (at.astimezone(UTC).replace(microsecond=0) for pair in pairs for at in pair)


def _counted(item: Item) -> list[float]:
    return [*item.metrics.values(), *(float(line.count) for line in item.lines)]


def _written(texts: Iterable[str]) -> Iterator[float]:
    for text in texts:
        for number, _ in _NUMBER.findall(text):
            yield float(number.replace(",", ""))


def _ratios(values: Sequence[float]) -> Iterator[float]:
    yield from (a / b for a, b in permutations(values, 2) if b)
