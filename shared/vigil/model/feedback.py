"""Feedback: what people say of an anomaly, so that detection learns whom to believe."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from vigil.errors import InvalidRequest

# Nobody reads more of them, and a key can name any number of people.
MOST_OPINIONS = 20


class Verdict(StrEnum):
    """Whether it was worth telling."""

    USEFUL = "useful"
    NOISE = "noise"

    @property
    def weight(self) -> int:
        """How many times more, or less, findings of its kind are to be doubted."""
        return 1 if self is Verdict.NOISE else -1


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one actor last said of an anomaly; the note is redacted.

    `given_at` is when they gave this verdict. `counted` (-1, 0 or 1) is how much of its weight
    detection took in: what it took it can give back, if they change their mind.
    """

    actor: str
    verdict: Verdict
    given_at: datetime
    note: str | None = None
    counted: int = 0


@dataclass(frozen=True, slots=True)
class Feedback:
    """What people say of one anomaly, one opinion each, in the order in which they gave it."""

    anomaly_id: str
    opinions: tuple[Opinion, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """What was said last."""
        return self.opinions[-1].verdict if self.opinions else None

    def of(self, actor: str) -> Opinion | None:
        """Return the opinion of an actor, or None."""
        return next((opinion for opinion in self.opinions if opinion.actor == actor), None)

    def with_opinion(self, opinion: Opinion) -> "Feedback":
        """Return it with an opinion in place of the same actor's, if they had one.

        Raises InvalidRequest when more than MOST_OPINIONS people would have one.
        """
        others = tuple(each for each in self.opinions if each.actor != opinion.actor)
        if len(others) == MOST_OPINIONS:
            raise InvalidRequest(f"{MOST_OPINIONS} people have said what they think of it already")
        in_order = sorted((*others, opinion), key=lambda each: each.given_at)
        return replace(self, opinions=tuple(in_order))
