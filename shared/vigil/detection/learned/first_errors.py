"""How many entries fail while it is not known yet how many usually do."""

from dataclasses import replace
from typing import Any

from vigil.detection.detectors.first_windows import FirstWindows
from vigil.detection.detectors.spell import LASTED_SECONDS, Spell
from vigil.detection.finding import Finding
from vigil.detection.phrases import luck
from vigil.detection.rules.error_rate import error_rate
from vigil.detection.rules.server_errors import server_errors
from vigil.detection.seen import Seen
from vigil.detection.trust import PRIOR_OF_LIMITS
from vigil.model.percent import percent
from vigil.model.tenant import Thresholds

# Where half of all fails, that is trouble whatever was before.
_AT_ONCE = 0.5


class FirstErrors:
    """Finds that the limits of the rules are broken, and that this is no level of the series.

    Too many 5xx, and the failure of half of all entries, are told at once. A smaller share above
    the limit is told where it is worse than the windows before, or has lasted LASTED_SECONDS: one
    that a series shows from its first window on may be how it always is.
    """

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._before = FirstWindows()
        self._spell = Spell(thresholds.window_seconds)

    def find(self, seen: Seen) -> list[Finding]:
        """Return what is told of a window, and change nothing."""
        strayed = self._strayed(seen)
        broken = None if strayed else self._broken(seen)
        if broken is None or not self._spell.lasted(seen.place.start):
            return strayed
        minutes = LASTED_SECONDS // 60
        return [replace(broken, description=f"{broken.description}, for {minutes} minutes")]

    def learn(self, seen: Seen) -> bool:
        """Learn a window, and return whether it strayed; a level does not, however bad it is."""
        strayed, window = bool(self._strayed(seen)), seen.window
        self._spell.learn_one(broken=self._broken(seen) is not None, at=seen.place.start)
        self._before.learn_one(window.failed, window.entries, strayed=strayed)
        return strayed

    def to_json(self) -> Any:
        """Return its state as plain values."""
        return [self._before.to_json(), self._spell.to_json()]

    @classmethod
    def from_json(cls, plain: Any, thresholds: Thresholds) -> "FirstErrors":
        """Return what `to_json` gave."""
        errors = cls(thresholds)
        errors._before = FirstWindows.from_json(plain[0])
        errors._spell = Spell.from_json(plain[1], thresholds.window_seconds)
        return errors

    def _broken(self, seen: Seen) -> Finding | None:
        """Return that the limit is broken, where luck alone would not do that."""
        found = error_rate(seen.window, self._thresholds)
        sure = found is not None and found.confidence >= self._thresholds.minimum_confidence
        return found if sure else None

    def _strayed(self, seen: Seen) -> list[Finding]:
        broken, served = self._broken(seen), server_errors(seen.window, self._thresholds)
        found = [] if served is None else [self._naming_the_line(served)]
        if broken is None:
            return found
        if broken.metrics["error_rate"] >= _AT_ONCE:
            return [*found, self._naming_the_line(broken)]
        worse = self._worse(seen, broken)
        return (
            [*found, worse] if seen.is_sure(worse, self._thresholds.minimum_confidence) else found
        )

    def _naming_the_line(self, found: Finding) -> Finding:
        """Return a finding that says what failed most often; a first window's lines are no news."""
        if self._before.usual is not None or not found.evidence:
            return found
        text = found.evidence[0].text
        return replace(found, description=f'{found.description}, most often "{text}"')

    def _worse(self, seen: Seen, broken: Finding) -> Finding:
        """Return what is broken, as sure as it is worse than before."""
        chance = self._before.chance(seen.window.failed, seen.window.entries)
        before = f"before {percent(self._before.usual or 0.0, digits=1)}, {luck(chance)}"
        description = f"{broken.description}; {before}"
        return replace(broken, description=description, chance=chance, prior=PRIOR_OF_LIMITS)
