"""What was observed of services in a span of time: their traces and their requests."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from vigil.model.request_traffic import Traffic
from vigil.model.trace_profile import TraceProfile


@dataclass(slots=True)
class Observed:
    """What traces showed and what was requested, mergeable in any order."""

    profile: TraceProfile = field(default_factory=TraceProfile)
    traffic: Traffic = field(default_factory=Traffic)

    @classmethod
    def all_of(cls, parts: Iterable["Observed"]) -> "Observed":
        """Return `parts` together."""
        whole = cls()
        for part in parts:
            whole.profile.merge(part.profile)
            whole.traffic.merge(part.traffic)
        return whole

    def decayed(self, factor: float) -> "Observed":
        """Return it with each trace and request counting `factor` times as much."""
        return Observed(self.profile.decayed(factor), self.traffic.decayed(factor))
