"""The findings of a report: numbered, so that a chart and a list can speak of the same one."""

from collections.abc import Sequence
from dataclasses import dataclass

from vigil.local.backtest.comparison import Match, Side, compare
from vigil.local.backtest.run import Result
from vigil.local.backtest.spells import Spell
from vigil.model.series import Series

# Of one series: so many findings are listed, and so many are marked in its chart.
MOST_LISTED = 60
MOST_MARKED = 400


@dataclass(frozen=True, slots=True)
class Mark:
    """One finding, its number in the order of time, and who found it; None if only one looked."""

    number: int
    match: Match
    side: Side | None

    @property
    def spell(self) -> Spell:
        """What is told of it: the first configuration's first spell, where it has one."""
        return self.match.spells[0]

    @property
    def first(self) -> float:
        """The start of its first window, in seconds since 1970."""
        return min(spell.first_window_at for spell in self.match.spells).timestamp()

    @property
    def last(self) -> float:
        """The end of its last window, in seconds since 1970."""
        return max(spell.ended_at for spell in self.match.spells).timestamp()

    @property
    def tone(self) -> str:
        """What its colour stands for: who found it, or how bad it is."""
        return self.side.value if self.side is not None else self.spell.severity.value


def marks_of(result: Result) -> list[Mark]:
    """Return all findings of a result, those of two configurations matched."""
    runs = result.runs
    if len(runs) > 1:
        return [
            Mark(number, match, match.side)
            for number, match in enumerate(compare(runs[0], runs[1]), start=1)
        ]
    return [
        Mark(number, Match((spell,), ()), None)
        for number, spell in enumerate(runs[0].spells, start=1)
    ]


def by_series(marks: Sequence[Mark]) -> dict[Series, list[Mark]]:
    """Return the findings of each series, the series with the most of them first."""
    groups: dict[Series, list[Mark]] = {}
    for mark in marks:
        groups.setdefault(mark.spell.series, []).append(mark)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))
