"""True faults for one day of otherwise healthy traffic, of which each has to be found."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.benchmarks.healthy_platform import LINES, MINUTE
from tests.benchmarks.healthy_traffic import USUAL, Strain
from vigil.model.anomaly import Anomaly, AnomalyType

_ERRORS = frozenset({AnomalyType.ERROR_SPIKE, AnomalyType.UNUSUAL_PATTERN})
_SLOW = frozenset({AnomalyType.LATENCY_INCREASE, AnomalyType.PERFORMANCE_DEGRADATION})
_VOLUME = frozenset({AnomalyType.PERFORMANCE_DEGRADATION, AnomalyType.UNUSUAL_PATTERN})
# A finding may come so long after the end of what it is about.
_AFTERWARDS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with endpoints of a kind of a service, from a minute of the day on.

    One that `grows` reaches its strain at its end.
    """

    name: str
    service: str
    kind: str
    minute: int
    minutes: int
    strain: Strain
    types: frozenset[AnomalyType]
    grows: bool = False

    def strain_at(self, minute: int) -> Strain:
        """Return what it does in a minute of the day."""
        past = minute - self.minute
        if not 0 <= past < self.minutes:
            return USUAL
        if self.grows:
            return Strain(latency=1.0 + (self.strain.latency - 1.0) * past / self.minutes)
        return self.strain

    def explains(self, anomaly: Anomaly, kind: str, day: datetime) -> bool:
        """Whether the anomaly, of a series of a kind, is a finding of this fault."""
        start = day + MINUTE * self.minute
        end = start + MINUTE * self.minutes + _AFTERWARDS
        return (
            anomaly.service == self.service
            and kind in (self.kind, LINES)
            and anomaly.anomaly_type in self.types
            and start - MINUTE < anomaly.window_started_at < end
        )


FAULTS = (
    Fault("error rate x 5", "profile", "busy", 600, 60, Strain(errors=5.0), _ERRORS),
    Fault("errors of 3 % x 10", "cart", "busy", 660, 15, Strain(errors=10.0), _ERRORS),
    Fault("latency x 3, 5 min", "payment", "busy", 660, 5, Strain(latency=3.0), _SLOW),
    Fault("volume halved", "search", "busy", 720, 90, Strain(volume=0.5), _VOLUME),
    Fault("silence", "mail", "busy", 780, 30, Strain(volume=0.0), _VOLUME),
    Fault("latency + 60 % in 6 h", "stock", "busy", 540, 360, Strain(latency=1.6), _SLOW, True),
    Fault("15 failed of 20 a day", "checkout", "daily", 700, 5, Strain(failing=3), _ERRORS),
    Fault("silence at night", "web", "busy", 180, 60, Strain(volume=0.0), _VOLUME),
)


class FaultyDay:
    """The strains of FAULTS on one day, none on the others."""

    def __init__(self, day: datetime) -> None:
        self.day = day

    def __call__(self, service: str, kind: str, at: datetime) -> Strain:
        """Return what bears on endpoints of a kind of a service in the minute at `at`."""
        if at < self.day:
            return USUAL
        minute = (at - self.day) // MINUTE
        for fault in FAULTS:
            if (fault.service, fault.kind) == (service, kind):
                return fault.strain_at(minute)
        return USUAL
