"""A value of a field, beside all values of it, in the bad window of an incident."""

from dataclasses import dataclass

from vigil.incidents.upper_tail import log_upper_tail
from vigil.model.impact import Difference
from vigil.model.percent import percent
from vigil.model.request_traffic import CUSTOMER, USER

FEWEST_FAILURES = 5
# What is only a little more common than usual explains no outage, however sure it is.
LEAST_RATIO = 1.5
LEAST_MORE = 0.2

# Requests of one client or minute are not independent: rarer than this is not to be believed.
_MOST_ZEROS = 15


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value and the requests that were looked at: its own, and those that name the field.

    `served` is its part (0..1) of all requests of the window, `usual_share` what that is usually.
    Those that were looked at may be a sample, `sampled`, in which failures are more common than in
    the window; their chance and the value's share of the failures are the same in it.
    """

    service: str
    field: str
    value: str
    requests: int
    failed: int
    of_requests: int
    of_failed: int
    served: float
    usual_share: float
    sampled: bool = False

    @property
    def share(self) -> float:
        """Its part of the failures."""
        return self.failed / self.of_failed

    @property
    def stands_out(self) -> bool:
        """Whether it has enough of the failures to be told, if it is not by luck."""
        if self.failed < FEWEST_FAILURES:
            return False
        usual = self.usual_share
        return self.share >= max(LEAST_RATIO * usual, usual + LEAST_MORE) and self._fails_more

    @property
    def _fails_more(self) -> bool:
        """Whether its requests fail oftener than those of the other values; multiplied out."""
        rest = self.of_failed - self.failed
        return self.failed * (1.0 - self.served) >= LEAST_RATIO * rest * self.served

    @property
    def log_chance(self) -> float:
        """The logarithm to base 10 of the chance of so many failures by luck: Fisher's test."""
        return log_upper_tail(self.failed, self.of_requests, self.of_failed, self.requests)

    def told(self, log_chance: float) -> Difference:
        """Return it as it is told, with the chance that luck gives so much."""
        sampled = "sampled " if self.sampled else ""
        does = "who makes" if self.field in (CUSTOMER, USER) else "which serves"
        text = (
            f"{self.failed} of {self.of_failed} {sampled}failures are of {self.field} {self.value},"
            f" {does} {percent(self.served)} of the requests{self._usually} "
            f"({_chance_words(log_chance)})"
        )
        return Difference(
            self.service,
            self.field,
            self.value,
            share=self.share,
            usual_share=self.usual_share,
            count=self.failed,
            total=self.of_failed,
            text=text,
        )

    @property
    def _usually(self) -> str:
        """What is usual where it is not about what it is now: then traffic has moved as well."""
        moved = abs(self.served - self.usual_share)
        return f", usually {percent(self.usual_share)}" if moved >= LEAST_MORE / 2 else ""


def _chance_words(log_chance: float) -> str:
    zeros = int(-log_chance)
    return (
        f"chance under 1 in 10^{_MOST_ZEROS}" if zeros > _MOST_ZEROS else f"chance 1 in 10^{zeros}"
    )
