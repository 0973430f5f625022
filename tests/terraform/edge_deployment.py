"""The root module with all that is at its edges switched on, planned from a small copy."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.logging_query import Entry, read_query
from tests.planned_deployment import PROJECT
from tests.terraform import terraform_runs
from tests.terraform.terraform_runs import Copy, Terraform, terraform_for

KEY = "projects/acme-keys/locations/us-central1/keyRings/ops/cryptoKeys/vigil"
SECRET = "a-webhook-that-is-nobody-elses"
EVERYTHING: Mapping[str, Any] = {
    "log_sources": {
        "own": {},
        "shop": {
            "project": "acme-prod",
            "filter": "severity>=INFO",
            "exclusions": {"health": 'httpRequest.requestUrl=~"/health"'},
        },
        "retail": {"folder": "123456789012", "filter": "severity>=WARNING -- for a start"},
        "all": {"organization": "987654321098"},
    },
    "streamed_projects": ["acme-prod", "globex-prod"],
    "monitored_projects": ["acme-prod"],
    "secrets": {"slack": {"value_version": 1, "rotation_days": 90}, "by-hand": {}},
    "secret_values": {"slack": SECRET},
    "encryption": {"key": KEY},
    "network": {"subnetwork": "projects/acme-net/regions/us-central1/subnetworks/functions"},
    "domain": {"name": "vigil.example.com"},
    "budget": {"billing_account": "012345-6789AB-CDEF01", "amount": 300},
    "operators": {"emails": {"oncall": "oncall@example.com"}},
    "settings": {"own_services": ["watch-", "another"]},
}
Values = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What Terraform would make, as `terraform show -json` says."""

    text: str

    def made(self, kind: str) -> dict[str, Values]:
        """Return the planned values of all resources of one type, by `name` or `name["key"]`."""
        changes = json.loads(self.text)["resource_changes"]
        return {
            each["address"].partition(".")[2]: each["change"]["after"]
            for each in changes
            if each["type"] == kind and each["mode"] == "managed"
        }

    def one(self, kind: str) -> Values:
        """Return the planned values of the only resource of one type."""
        [values] = self.made(kind).values()
        return values

    def sinks(self) -> Iterator[tuple[str, Values]]:
        """Yield all sinks by their keys."""
        for kind in ("project", "folder", "organization"):
            for address, sink in self.made(f"google_logging_{kind}_sink").items():
                yield address.split('"')[1], sink


@dataclass(frozen=True)
class Refused:
    """What was said instead of a plan."""

    text: str


class SmallTree:
    """A copy of what the root module reads, with one file of the shared code, to be changed."""

    def __init__(self, folder: Path) -> None:
        self._copy = Copy(folder)
        self.module = self._copy.module
        # What tfcheck looks at is what belongs to one repository.
        subprocess.run(["git", "init", "--quiet", str(folder)], check=True)

    def change(self, file: str, before: str, after: str) -> None:
        """Replace a text of a file, which has to be there."""
        path = self.module / file
        text = path.read_text()
        assert before in text, f"{file} has changed; say anew how to break it"
        path.write_text(text.replace(before, after))

    def plan(self, variables: Mapping[str, Any]) -> Plan | Refused:
        """Return the plan of the module with these variables, or why there is none."""
        with self._terraform() as terraform:
            try:
                return Plan(json.dumps(terraform.plan(self.module, _given(variables))))
            except terraform_runs.Refused as refused:
                return Refused(str(refused))

    def applied(self, *times: Mapping[str, Any]) -> list[str]:
        """Return the states after everything was made, with other variables each time."""
        states = []
        with self._terraform() as terraform:
            for variables in times:
                terraform.plan(self.module, _given(variables))
                states.append(json.dumps(terraform.apply(self.module)))
        return states

    def planned(self, variables: Mapping[str, Any]) -> Plan:
        """Return the plan; fail with what was said if there is none."""
        plan = self.plan(variables)
        assert isinstance(plan, Plan), plan.text
        return plan

    @contextmanager
    def _terraform(self) -> Iterator[Terraform]:
        with terraform_for(self.module) as terraform:
            terraform_runs.skip_unless_planned(terraform)
            terraform.init(self.module)
            yield terraform


def _given(variables: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"project_id": PROJECT, **variables}


def delivers(sink: Values, entry: Entry) -> bool:
    """Whether Cloud Logging would send an entry of the sink's projects to our topic."""
    excluded = any(read_query(each["filter"])(entry) for each in sink["exclusions"])
    return takes(sink, entry) and not excluded


def takes(sink: Values, entry: Entry) -> bool:
    """Whether a sink's own filter takes an entry, whatever its exclusions say."""
    lines = sink["filter"].splitlines()
    return read_query("\n".join(line.partition(" --")[0] for line in lines))(entry)
