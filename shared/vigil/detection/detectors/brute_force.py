"""Somebody who tries and is refused, again and again."""

from dataclasses import dataclass
from typing import Any

from vigil.detection.chance import score_of
from vigil.detection.detectors.usual_count import UsualCount
from vigil.detection.refusals import Refusals
from vigil.detection.warm_up import Need

# People mistype a password, and programs try again, a few times a minute.
FEWEST_BY_ONE = 10
FEWEST_BY_ALL = 20
# One source, and all of them.
_LOOKS = 2
# What luck gives less than once in a million windows is not learned to be usual,
_NOT_LEARNED = 1e-6
# until it has lasted for an hour of minutes.
RELEARN_AFTER = 60


@dataclass(frozen=True, slots=True)
class Attack:
    """Many refused attempts, beside what is usual; `source` made them, "" where many sources did.

    `chance` is how likely a usual window has as many.
    """

    source: str
    attempts: int
    usual: float
    chance: float


class BruteForce:
    """Scores a window by how unusual the refused attempts in it are, of one source and of all.

    One source that tries many passwords has FEWEST_BY_ONE or more, and more than the largest source
    usually has; an attack from many places shows in the sum of all, FEWEST_BY_ALL or more. So a
    service where fifty people a minute mistype their password is quiet, and one of them who tries
    fifty is not. The chance is that of a negative binomial with what was learned.

    Of a series that is new one source is judged, and all of them are not: that many people try is
    what a busy service looks like. It follows what rises so slowly that no window is unusual; only
    fixed limits see that. A job that is refused once an hour is told of each time.

    >>> detector = BruteForce()
    >>> for _ in range(60):
    ...     detector.learn_one(Refusals(1, (("00000001", "3fa2b1"),)))
    >>> tried = Refusals(30, tuple((f"{n:08x}", "77c0de") for n in range(30)))
    >>> detector.score_one(tried) > 0.5 > detector.score_one(Refusals(2))
    True
    """

    def __init__(self) -> None:
        self._by_one = UsualCount()
        self._by_all = UsualCount()
        self._strayed = 0

    def score_one(self, refusals: Refusals) -> float:
        """Return the score of a window, 0..1."""
        attack = self.attack_in(refusals)
        return score_of(attack.chance) if attack else 0.0

    def attack_in(self, refusals: Refusals) -> Attack | None:
        """Return the less likely of what one source and what all did; None if both did little."""
        source, most = refusals.largest_source
        attacks: list[Attack] = []
        if most >= FEWEST_BY_ONE:
            attacks.append(self._attack(source, most, self._by_one))
        if refusals.refused >= FEWEST_BY_ALL and self._by_all.is_known:
            attacks.append(self._attack("", refusals.refused, self._by_all))
        return min(attacks, key=_chance_of) if attacks else None

    def needs(self) -> list[Need]:
        """Return with what all sources together are judged; a single one is from the first on."""
        return self._by_all.needs()

    def learn_one(self, refusals: Refusals) -> None:
        """Learn a window that has been scored; windows come in order of time.

        Once the series is known an attack is not learned, until it has lasted for RELEARN_AFTER
        windows in a row.
        """
        attack = self.attack_in(refusals)
        if self._by_all.is_known and attack and attack.chance < _NOT_LEARNED:
            self._strayed += 1
            if self._strayed < RELEARN_AFTER:
                return
            self._by_one, self._by_all = UsualCount(), UsualCount()
        self._strayed = 0
        self._by_one.learn_one(refusals.largest_source[1])
        self._by_all.learn_one(refusals.refused)

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        return [self._by_one.to_json(), self._by_all.to_json(), self._strayed]

    @classmethod
    def from_json(cls, plain: list[Any]) -> "BruteForce":
        """Return what `to_json` gave."""
        detector = cls()
        detector._by_one = UsualCount.from_json(plain[0])
        detector._by_all = UsualCount.from_json(plain[1])
        detector._strayed = plain[2]
        return detector

    def _attack(self, source: str, attempts: int, usual: UsualCount) -> Attack:
        chance = min(_LOOKS * usual.chance(attempts), 1.0)
        return Attack(source, attempts, usual.mean, chance)


def _chance_of(attack: Attack) -> float:
    return attack.chance
