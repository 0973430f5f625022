"""Which entries come of Vigil's own work, and must not come back to it (FAULTS A16).

They are kept out twice: by exclusions of each sink, and by `OwnEntries.include`, which says the
same of an entry that came in all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from vigil.logs.log_entry import LogEntry
from vigil.logs.sink_filter import literally, own_entries_filter, quoted

OWN_SERVICES = "vigil-own-entries"


@dataclass(frozen=True, slots=True)
class FedBack:
    """Logs that Google's services write in Vigil's project: beginnings of their ids, and why not.

    Elsewhere the same logs speak of the work of others, and are read.
    """

    reason: str
    logs: tuple[str, ...]


# By the name of the exclusion.
FED_BACK: Mapping[str, FedBack] = {
    "vigil-own-data-access": FedBack(
        "Where these are written, each entry that comes in causes some: it is published, and "
        "documents are read and written for it.",
        ("cloudaudit.googleapis.com/data_access",),
    ),
    "vigil-own-model-calls": FedBack(
        "They repeat what a model was asked about entries.",
        ("aiplatform.googleapis.com/", "modelarmor.googleapis.com/"),
    ),
    "vigil-own-network": FedBack(
        "Each call that an entry causes is a flow, a look-up and a rule that was hit.",
        (
            "compute.googleapis.com/vpc_flows",
            "compute.googleapis.com/nat_flows",
            "compute.googleapis.com/firewall",
            "networkmanagement.googleapis.com/vpc_flows",
            "dns.googleapis.com/dns_queries",
        ),
    ),
    "vigil-own-sinks": FedBack(
        "What a sink says of its own trouble would go the way that is in trouble.",
        ("logging.googleapis.com/sink_error",),
    ),
    "vigil-own-errors": FedBack(
        "Errors of our own services, told once more.",
        ("clouderrorreporting.googleapis.com/insights",),
    ),
    "vigil-own-alarms": FedBack(
        "An alarm about Vigil is told by others; read by Vigil it would cause the next.",
        ("monitoring.googleapis.com/Violation",),
    ),
    "vigil-own-schedules": FedBack(
        "Each minute's tick, which would be all that is ever heard of an idle deployment.",
        ("cloudscheduler.googleapis.com/executions",),
    ),
    "vigil-own-builds": FedBack(
        "What is printed while our own functions are built.",
        ("cloudbuild",),
    ),
}
_LOGS = tuple(log for each in FED_BACK.values() for log in each.logs)


@dataclass(frozen=True, slots=True)
class OwnEntries:
    """The entries of services whose names begin as `services`, and those that `project` feeds back.

    `project` is the one in which Vigil runs; None where it runs in none.

    >>> OwnEntries(("vigil-",), None).exclusions().keys()
    dict_keys(['vigil-own-entries'])
    """

    services: tuple[str, ...]
    project: str | None

    def exclusions(self) -> Mapping[str, str]:
        """Return the filters that keep them out of a sink, by the exclusions' names."""
        own = own_entries_filter(self.services)
        of_services = {OWN_SERVICES: own} if own else {}
        if self.project is None:
            return of_services
        fed_back = {n: _of_logs(self.project, each.logs) for n, each in FED_BACK.items()}
        return of_services | fed_back

    def include(self, entry: LogEntry) -> bool:
        """Whether an entry is one of them."""
        if self.project is not None and entry.project_id == self.project:
            return entry.service.startswith(self.services) or entry.log_id.startswith(_LOGS)
        return entry.service.startswith(self.services)


def _of_logs(project: str, logs: Sequence[str]) -> str:
    # A log's id stands in its name as in an address.
    beginnings = "|".join(literally(quote(log, safe="")) for log in logs)
    return f"logName=~{quoted(f'^projects/{literally(project)}/logs/(?:{beginnings})')}"
