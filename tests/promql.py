"""As much of PromQL as Vigil's alarms are written in: read strictly, and asked of made-up series.

Counters hold what was counted in each minute, as Cloud Monitoring keeps them, so `increase` adds.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import eq, ge, gt, lt

import re2

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<range>\[\d+[smh]\])
      | (?P<operator>==|>=|=~|!=|!~|[(){},=<>/])
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<word>[A-Za-z_][A-Za-z0-9_:]*)
    )""",
    re.VERBOSE,
)
_SECONDS = {"s": 1, "m": 60, "h": 3600}
# How long a point stands for what it was measured of.
_STALE_SECONDS = 300
_COMPARED = {"<": lt, ">": gt, ">=": ge, "==": eq}
_REDUCED: Mapping[str, Callable[[list[float]], float]] = {"sum": sum, "max": max, "count": len}
_OVER_TIME: Mapping[str, Callable[[Sequence[float], int], float]] = {
    "increase": lambda values, seconds: sum(values),
    "rate": lambda values, seconds: sum(values) / seconds,
    "max_over_time": lambda values, seconds: max(values),
}


class InvalidPromql(ValueError):
    """What Cloud Monitoring would answer with INVALID_ARGUMENT."""


@dataclass(frozen=True)
class Series:
    """What was measured of one thing: values by the second at which they were."""

    name: str
    labels: Mapping[str, str]
    points: Mapping[int, float]


@dataclass(frozen=True)
class Selector:
    """Which series a query asks for, each matcher as label, operator and value."""

    name: str
    matchers: tuple[tuple[str, str, str], ...]

    def picks(self, series: Series) -> bool:
        return series.name == self.name and all(
            _matches(series.labels.get(label, ""), operator, value)
            for label, operator, value in self.matchers
        )


Measured = Iterable[Series]
Ask = Callable[[Measured, int], Vector]


@dataclass(frozen=True)
class Promql:
    """A query; `ask` returns what it finds at a second."""

    ask: Ask
    selectors: list[Selector] = field(default_factory=list)


def read_promql(text: str) -> Promql:
    """Return the query that `text` is; raise InvalidPromql for what is none."""
    reader = _Reader(_tokens(text))
    ask = reader.alternatives()
    if reader.rest:
        raise InvalidPromql(f"not expected: {reader.rest[0]}")
    return Promql(ask, reader.selectors)


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise InvalidPromql(f"not understood at {at}")
        tokens.append(match[0].strip())
        at = match.end()
    return tokens


def _matches(actual: str, operator: str, value: str) -> bool:
    if operator in ("=~", "!~"):
        return bool(re2.fullmatch(value, actual)) is (operator == "=~")
    return (actual == value) is (operator == "=")


class _Reader:
    """Reads by descent: comparisons bind more than `and`, and that more than `or`."""

    def __init__(self, tokens: list[str]) -> None:
        self.rest = tokens
        self.selectors: list[Selector] = []

    def alternatives(self) -> Ask:
        parts = [self._all_of()]
        while self._is("or"):
            parts.append(self._all_of())
        return lambda measured, at: _first_of(part(measured, at) for part in parts)

    def _all_of(self) -> Ask:
        parts = [self._comparison()]
        while self._is("and"):
            parts.append(self._comparison())
        return lambda measured, at: _common([part(measured, at) for part in parts])

    def _comparison(self) -> Ask:
        left = self._quotient()
        if not self.rest or self.rest[0] not in _COMPARED:
            return left
        compare, limit = _COMPARED[self._next()], float(self._next())
        return lambda measured, at: {
            labels: value for labels, value in left(measured, at).items() if compare(value, limit)
        }

    def _quotient(self) -> Ask:
        above = self._atom()
        if not self._is("/"):
            return above
        below = self._atom()
        return lambda measured, at: _divided(above(measured, at), below(measured, at))

    def _atom(self) -> Ask:
        if self._is("("):
            inner = self.alternatives()
            self._expect(")")
            return inner
        word = self._next()
        if word in _REDUCED:
            return self._reduction(word)
        if self.rest[:1] == ["("]:
            return self._function(word)
        picked = self._selector(word)
        return lambda measured, at: _latest(measured, picked, at)

    def _reduction(self, word: str) -> Ask:
        self._expect("by")
        kept = set(self._names())
        self._expect("(")
        inner = self.alternatives()
        self._expect(")")
        return lambda measured, at: _reduced(inner(measured, at), kept, _REDUCED[word])

    def _function(self, word: str) -> Ask:
        self._expect("(")
        ask = {
            "histogram_quantile": self._quantile,
            "label_replace": self._labeled_zero,
        }.get(word, lambda: self._over_time(word))()
        self._expect(")")
        return ask

    def _over_time(self, word: str) -> Ask:
        if word not in _OVER_TIME:
            raise InvalidPromql(f"no function: {word}")
        picked, span = self._selector(self._next()), self._next()
        seconds = int(span[1:-2]) * _SECONDS[span[-2]]
        return lambda measured, at: {
            frozenset(series.labels.items()): _OVER_TIME[word](values, seconds)
            for series in measured
            if picked.picks(series)
            and (values := [v for t, v in series.points.items() if at - seconds < t <= at])
        }

    def _quantile(self) -> Ask:
        share = float(self._next())
        self._expect(",")
        inner = self.alternatives()
        return lambda measured, at: _quantiles(inner(measured, at), share)

    def _labeled_zero(self) -> Ask:
        """Read the one use of label_replace: a zero with a label, in place of no series."""
        for token in ("vector", "(", "0", ")", ","):
            self._expect(token)
        label = _said(self._next())
        self._expect(",")
        value = _said(self._next())
        for token in (",", '""', ",", '""'):
            self._expect(token)
        return lambda measured, at: {frozenset({(label, value)}): 0.0}

    def _selector(self, name: str) -> Selector:
        if ":" not in name:
            raise InvalidPromql(f"no metric: {name}")
        matchers = []
        self._expect("{")
        while not self._is("}"):
            matchers.append((self._next(), self._next(), _said(self._next())))
            self._is(",")
        selector = Selector(name, tuple(matchers))
        self.selectors.append(selector)
        return selector

    def _names(self) -> Iterable[str]:
        self._expect("(")
        while not self._is(")"):
            yield self._next()
            self._is(",")

    def _is(self, token: str) -> bool:
        found = self.rest[:1] == [token]
        if found:
            self._next()
        return found

    def _expect(self, token: str) -> None:
        if not self._is(token):
            raise InvalidPromql(f"{token} is missing")

    def _next(self) -> str:
        if not self.rest:
            raise InvalidPromql("it ends too early")
        token, *self.rest = self.rest
        return token


def _said(token: str) -> str:
    if not token.startswith('"'):
        raise InvalidPromql(f"no string: {token}")
    return token[1:-1].replace("\\\\", "\\")


def _latest(measured: Measured, selector: Selector, at: int) -> Vector:
    found: Vector = {}
    for series in measured:
        fresh = [t for t in series.points if at - _STALE_SECONDS < t <= at]
        if fresh and selector.picks(series):
            found[frozenset(series.labels.items())] = series.points[max(fresh)]
    return found


def _reduced(vector: Vector, kept: set[str], reduce: Callable[[list[float]], float]) -> Vector:
    groups: dict[Labels, list[float]] = {}
    for labels, value in vector.items():
        group = frozenset((name, said) for name, said in labels if name in kept)
        groups.setdefault(group, []).append(value)
    return {labels: float(reduce(values)) for labels, values in groups.items()}


def _first_of(vectors: Iterable[Vector]) -> Vector:
    found: Vector = {}
    for vector in vectors:
        found = {**vector, **found}
    return found


def _common(vectors: list[Vector]) -> Vector:
    first, *others = vectors
    return {labels: value for labels, value in first.items() if all(labels in v for v in others)}


def _divided(above: Vector, below: Vector) -> Vector:
    return {
        labels: value / below[labels] for labels, value in above.items() if below.get(labels, 0)
    }


def _quantiles(buckets: Vector, share: float) -> Vector:
    """Return the upper end of the bucket in which the `share` of all values lies."""
    groups: dict[Labels, list[tuple[float, float]]] = {}
    for labels, count in buckets.items():
        named = dict(labels)
        end = float(named.pop("le"))
        groups.setdefault(frozenset(named.items()), []).append((end, count))
    return {
        labels: next(end for end, count in sorted(ends) if count >= share * max(c for _, c in ends))
        for labels, ends in groups.items()
    }
