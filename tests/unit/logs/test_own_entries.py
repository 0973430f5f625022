"""What Vigil's own work writes into logs is kept out by sinks, and dropped where it comes in."""

from collections.abc import Mapping
from itertools import product
from urllib.parse import quote

import pytest

from tests.builders import raw_entry
from tests.logging_query import read_query
from vigil.logs.log_entry import LogEntry
from vigil.logs.own_entries import FED_BACK, OWN_SERVICES, OwnEntries
from vigil.logs.sink_filter import own_entries_filter

HOME = "vigil-home"
OWN = OwnEntries(("vigil-",), HOME)
# As Cloud Logging names them, by the exclusion that is meant for them.
LOGS = {
    "vigil-own-data-access": "cloudaudit.googleapis.com/data_access",
    "vigil-own-model-calls": "modelarmor.googleapis.com/sanitize_operations",
    "vigil-own-network": "compute.googleapis.com/vpc_flows",
    "vigil-own-sinks": "logging.googleapis.com/sink_error",
    "vigil-own-errors": "clouderrorreporting.googleapis.com/insights",
    "vigil-own-alarms": "monitoring.googleapis.com/ViolationOpenEventv1",
    "vigil-own-schedules": "cloudscheduler.googleapis.com/executions",
    "vigil-own-builds": "cloudbuild",
}
READ = (
    "stdout",
    "canary",
    "cloudaudit.googleapis.com/activity",
    "cloudaudit.googleapis.com/policy",
    "cloudaudit-googleapis-com/data_access",
    "monitoring",
)


def entry_of(project: str, log: str) -> dict[str, object]:
    """Return an entry of no service, as `log` of `project` has it."""
    name = f"projects/{project}/logs/{quote(log, safe='')}"
    return raw_entry(logName=name, resource={"type": "project", "labels": {}})


def excluding(own: OwnEntries, entry: Mapping[str, object]) -> set[str]:
    """Return the exclusions that keep an entry out."""
    return {name for name, query in own.exclusions().items() if read_query(query)(entry)}


@pytest.mark.parametrize("name", FED_BACK)
def test_a16_what_googles_services_log_of_our_own_work_is_kept_out_and_dropped(name: str) -> None:
    entry = entry_of(HOME, LOGS[name])

    assert excluding(OWN, entry) == {name}
    assert OWN.include(LogEntry.parse(entry))


@pytest.mark.parametrize(
    ("project", "log"),
    [
        *product(["acme-prod", "vigil-home-2", "my-vigil-home"], [*LOGS.values(), *READ]),
        *product([HOME], READ),
    ],
)
def test_a16_what_others_work_on_and_what_people_do_here_is_read(project: str, log: str) -> None:
    entry = entry_of(project, log)

    assert excluding(OWN, entry) == set()
    assert not OWN.include(LogEntry.parse(entry))


@pytest.mark.parametrize("project", [HOME, "acme-prod", None])
@pytest.mark.parametrize("service", ["vigil-api", "cart"])
def test_a16_own_services_are_kept_out_wherever_they_run(project: str | None, service: str) -> None:
    own = OwnEntries(("vigil-",), project)
    resource = {"type": "cloud_run_revision", "labels": {"service_name": service}}
    entry = raw_entry(resource=resource)
    is_own = service == "vigil-api"

    assert excluding(own, entry) == ({OWN_SERVICES} if is_own else set())
    assert own.include(LogEntry.parse(entry)) == is_own


def test_where_vigil_runs_in_no_project_nothing_is_fed_back() -> None:
    own = OwnEntries(("vigil-",), None)

    assert own.exclusions() == {OWN_SERVICES: own_entries_filter(("vigil-",))}
    assert not own.include(LogEntry.parse(entry_of(HOME, "cloudbuild")))


def test_a_sink_takes_so_many_exclusions_of_such_names() -> None:
    assert len(OWN.exclusions()) <= 50
    assert all(len(name) <= 100 and name.isascii() for name in OWN.exclusions())
