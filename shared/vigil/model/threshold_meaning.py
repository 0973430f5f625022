"""What each threshold of a tenant means, and within which limits it may be set."""

from dataclasses import dataclass, fields
from types import MappingProxyType

from vigil.model.tenant import Thresholds

_DAY = 86_400
_SHARE = "a share"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One threshold in a sentence, its unit ("" for what is counted), and its limits, inclusive.

    A switch has the limits 0 and 1. What `judges` decides what is found; what does not decides when
    people are told of it.
    """

    says: str
    unit: str
    low: float
    high: float
    judges: bool = True


MEANINGS = MappingProxyType(
    {
        "window_seconds": Meaning("how long a window is", "seconds", 1, 3600),
        "allowed_lateness_seconds": Meaning(
            "how long after its end a window waits for its last entries", "seconds", 0, 3600
        ),
        "group_wait_seconds": Meaning(
            "how long an incident waits for what belongs to it",
            "seconds",
            0,
            3600,
            judges=False,
        ),
        "correlation_seconds": Meaning(
            "how far apart anomalies of one incident may begin",
            "seconds",
            0,
            _DAY,
            judges=False,
        ),
        "quiet_seconds": Meaning(
            "after how long without anomalies an incident is over",
            "seconds",
            1,
            _DAY,
            judges=False,
        ),
        "reopen_within_seconds": Meaning(
            "how long after its end an incident is reopened by what strays again",
            "seconds",
            0,
            _DAY,
            judges=False,
        ),
        "minimum_confidence": Meaning("how sure a finding must be to be told", _SHARE, 0, 1),
        "error_rate": Meaning(
            "errors among all entries, from which on it is a spike", _SHARE, 0, 1
        ),
        "repeated_errors": Meaning("how often one error line must come in a window", "", 1, 10**6),
        "server_error_rate": Meaning(
            "answers of 5xx among all requests, from which on it is a spike", _SHARE, 0, 1
        ),
        "minimum_requests": Meaning(
            "how many entries or requests a window must hold to be judged by rates", "", 1, 10**6
        ),
        "latency_factor": Meaning("how many times the usual latency is too slow", "", 1, 1000),
        "latency_minimum_increase_ms": Meaning(
            "how much slower than usual it must be at least", "milliseconds", 0, 10**6
        ),
        "baseline_weight": Meaning(
            "how much the latest window weighs in what is usual", _SHARE, 0.0001, 1
        ),
        "baseline_minimum_samples": Meaning(
            "how many requests must have been seen before latency is judged", "", 1, 10**6
        ),
        "relearn_after_windows": Meaning(
            "after how many slow windows in a row slow is the new usual", "windows", 1, 100_000
        ),
        "silence_minimum_windows": Meaning(
            "how many windows must have been seen before silence is judged", "windows", 1, 100_000
        ),
        "availability_objective": Meaning(
            "which share of the requests is promised to succeed", _SHARE, 0, 0.999999, judges=False
        ),
        "rules_only": Meaning("whether only fixed limits judge, and nothing learned", "", 0, 1),
    }
)


DEFAULTS: MappingProxyType[str, bool | int | float] = MappingProxyType(
    {each.name: getattr(Thresholds(), each.name) for each in fields(Thresholds)}
)


def kind_of(name: str) -> type[bool] | type[int] | type[float]:
    """Return what kind of value a threshold is.

    >>> kind_of("error_rate"), kind_of("rules_only")
    (<class 'float'>, <class 'bool'>)
    """
    return type(DEFAULTS[name])
