"""What differs between the findings of two configurations."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from vigil.local.backtest.run import Run
from vigil.local.backtest.spells import Kind, Spell


class Side(StrEnum):
    """Which of two configurations found something."""

    BOTH = "both"
    ONLY_A = "only_a"
    ONLY_B = "only_b"


@dataclass(frozen=True, slots=True)
class Match:
    """Spells of one series and type that touch each other, of one configuration or of both."""

    a: tuple[Spell, ...]
    b: tuple[Spell, ...]

    @property
    def side(self) -> Side:
        """Who found it."""
        if self.a and self.b:
            return Side.BOTH
        return Side.ONLY_A if self.a else Side.ONLY_B

    @property
    def spells(self) -> tuple[Spell, ...]:
        """All of them; those of `a` first."""
        return self.a + self.b

    @property
    def earlier(self) -> timedelta | None:
        """How much earlier `b` would have told it, negative if later; None if one never did."""
        if not (self.a and self.b):
            return None
        return min(s.told_at for s in self.a) - min(s.told_at for s in self.b)


@dataclass(slots=True)
class _Group:
    a: list[Spell] = field(default_factory=list)
    b: list[Spell] = field(default_factory=list)


def compare(a: Run, b: Run) -> list[Match]:
    """Return what both found, and what one of them did, in the order of when it was told first.

    Spells are the same finding if series and type are, and their windows overlap, touch, or have
    one window of the longer kind between them; a spell may so be the same as several shorter ones.
    """
    seconds = max(run.configuration.thresholds.window_seconds for run in (a, b))
    tagged = [(spell, True) for spell in a.spells] + [(spell, False) for spell in b.spells]
    kinds: dict[Kind, list[tuple[Spell, bool]]] = {}
    for spell, is_a in tagged:
        kinds.setdefault(spell.kind, []).append((spell, is_a))
    found = [
        Match(tuple(group.a), tuple(group.b))
        for spells in kinds.values()
        for group in _grouped(spells, timedelta(seconds=seconds))
    ]
    return sorted(found, key=_order)


def count(matches: Sequence[Match]) -> dict[Side, int]:
    """Return how many there are of each side."""
    return {side: sum([match.side is side for match in matches]) for side in Side}


def _grouped(spells: list[tuple[Spell, bool]], gap: timedelta) -> Iterator[_Group]:
    """Yield groups of spells that touch one another, from those of one kind."""
    group, reach = _Group(), None
    for spell, is_a in sorted(spells, key=lambda each: each[0].first_window_at):
        if reach is not None and spell.first_window_at > reach + gap:
            yield group
            group, reach = _Group(), None
        (group.a if is_a else group.b).append(spell)
        reach = max(spell.ended_at, reach or spell.ended_at)
    yield group


def _order(match: Match) -> tuple[object, ...]:
    first = min(match.spells, key=lambda spell: spell.told_at)
    return first.told_at, first.kind
