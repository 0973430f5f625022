"""Outcomes: what became of every entry."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many entries were received and what became of them.

    `late` entries are among the processed: they came after their window had been judged.

    >>> Outcomes(received=3, processed=2, duplicate=1).balanced
    True
    """

    received: int = 0
    processed: int = 0
    duplicate: int = 0
    filtered: int = 0
    rate_limited: int = 0
    invalid: int = 0
    dead_lettered: int = 0
    late: int = 0

    @property
    def balanced(self) -> bool:
        """Whether every received entry is accounted for, exactly once."""
        return self.received == (
            self.processed
            + self.duplicate
            + self.filtered
            + self.rate_limited
            + self.invalid
            + self.dead_lettered
        )

    def __add__(self, other: "Outcomes") -> "Outcomes":
        return Outcomes(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Outcomes)))

    def __neg__(self) -> "Outcomes":
        """Return what takes these back where they were added."""
        return Outcomes(*(-getattr(self, f.name) for f in fields(Outcomes)))
