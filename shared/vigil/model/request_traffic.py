"""The requests of a span of time: of which endpoints, with which traits, by how many users."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from vigil.model.counted import Counted
from vigil.model.doings import Operation
from vigil.model.request_traffic_bytes import FieldValue, read_traffic, write_traffic
from vigil.model.user_hashes import UserSketch
from vigil.model.user_sample import UserSample

# What is known of where a request ran, as (field, value): ("revision", "cart-00042").
Traits = tuple[tuple[str, str], ...]

OTHER: Final = "other"
# Fields of pseudonyms: of them only the value OTHER is counted, which has all who name somebody.
USER: Final = "user"
CUSTOMER: Final = "customer"
MOST_VALUES = 50
# Of a request. What has faded below it tells nothing any more.
_LEAST = 0.01

K = TypeVar("K")


@dataclass(slots=True)
class Traffic:
    """Sums over requests, mergeable in any order.

    `endpoints` has them by (service, endpoint), `values` by (service, field, value), `users` and
    `failed_users` by service: who made requests, and who made one that failed. Of each field of a
    service the MOST_VALUES values that are last in alphabetical order are kept, since numbered
    revisions rise; the requests of all others are those of the value OTHER. A value that is kept
    in the end was kept in every part, so no order changes the sums. There are too many users and
    customers: `samples` has by service and field, USER or CUSTOMER, who made some of the requests.
    """

    endpoints: dict[Operation, Counted] = field(default_factory=dict)
    values: dict[FieldValue, Counted] = field(default_factory=dict)
    users: dict[str, UserSketch] = field(default_factory=dict)
    failed_users: dict[str, UserSketch] = field(default_factory=dict)
    samples: dict[tuple[str, str], UserSample] = field(default_factory=dict)

    def merge(self, other: "Traffic", weight: float = 1.0) -> None:
        """Add other requests, each counting `weight` times; users are there or not."""
        _add(self.endpoints, other.endpoints, weight)
        _add(self.values, other.values, weight)
        self.bound_values()
        _add_users(self.users, other.users)
        _add_users(self.failed_users, other.failed_users)
        for key, sample in other.samples.items():
            self.samples.setdefault(key, UserSample()).merge(sample)

    def bound_values(self) -> None:
        """Leave out the values for which there is no room; merging does so by itself."""
        if len(self.values) <= MOST_VALUES:
            return
        fields: dict[tuple[str, str], list[str]] = {}
        for service, name, value in self.values:
            if value != OTHER:
                fields.setdefault((service, name), []).append(value)
        for (service, name), values in fields.items():
            for value in sorted(values)[:-MOST_VALUES]:
                rest = self.values.setdefault((service, name, OTHER), Counted())
                rest.add(self.values.pop((service, name, value)))

    def decayed(self, factor: float) -> "Traffic":
        """Return it with each request counting `factor` times as much, and without its users."""
        return Traffic(_faded(self.endpoints, factor), _faded(self.values, factor))

    def to_bytes(self) -> bytes:
        """Return it as compressed JSON; of more than fits, what was seen oftenest."""
        return write_traffic(
            self.endpoints, self.values, self.users, self.failed_users, self.samples
        )

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Traffic":
        """Return what `to_bytes` wrote; raise PermanentError if it is anything else."""
        return cls(*read_traffic(packed))


def _add(counts: dict[K, Counted], others: Mapping[K, Counted], weight: float) -> None:
    for key, counted in others.items():
        counts.setdefault(key, Counted()).add(counted, weight)


def _add_users(users: dict[str, UserSketch], others: Mapping[str, UserSketch]) -> None:
    for service, sketch in others.items():
        users.setdefault(service, UserSketch()).merge(sketch)


def _faded(counts: Mapping[K, Counted], factor: float) -> dict[K, Counted]:
    return {
        key: Counted(counted.requests * factor, counted.failed * factor)
        for key, counted in counts.items()
        if counted.requests * factor >= _LEAST
    }
