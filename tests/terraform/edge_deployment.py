"""The root module with all that is at its edges switched on, planned from a small copy."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.logging_query import Entry, read_query
from tests.planned_deployment import PROJECT, terraform_in, tfcheck
from tests.repository.tree import ROOT

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
        self._folder = folder
        self.module = folder / "infra/terraform"
        shutil.copytree(
            ROOT / "infra/terraform",
            self.module,
            ignore=shutil.ignore_patterns("tests", "examples", ".terraform*", ".bundles"),
        )
        shutil.copytree(ROOT / "functions", folder / "functions")
        (folder / "shared/vigil").mkdir(parents=True)
        shutil.copy(ROOT / "shared/vigil/errors.py", folder / "shared/vigil")
        # What is copied further is what belongs to one repository.
        subprocess.run(["git", "init", "--quiet", str(folder)], check=True)

    def change(self, file: str, before: str, after: str) -> None:
        """Replace a text of a file, which has to be there."""
        path = self.module / file
        text = path.read_text()
        assert before in text, f"{file} has changed; say anew how to break it"
        path.write_text(text.replace(before, after))

    def plan(self, variables: Mapping[str, Any]) -> Plan | Refused:
        """Return the plan of the module with these variables, or why there is none."""
        planned = self._folder / "plan.json"
        options = ["--require-plan", *self._given(variables), "--plan-json", str(planned)]
        done = subprocess.run(
            [tfcheck(), *options, str(self.module)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            return Refused(f"{done.stdout}{done.stderr}")
        return Plan(planned.read_text())

    def applied(self, *times: Mapping[str, Any]) -> list[str]:
        """Return the states after everything was made, with other variables each time."""
        states = []
        with terraform_in(self.module) as terraform:
            for variables in times:
                terraform("apply", "-auto-approve", *self._given(variables))
                states.append((self.module / "terraform.tfstate").read_text())
        return states

    def _given(self, variables: Mapping[str, Any]) -> tuple[str, str]:
        file = self._folder / "given.tfvars.json"
        file.write_text(json.dumps({"project_id": PROJECT, **variables}))
        return "--var-file", str(file)

    def planned(self, variables: Mapping[str, Any]) -> Plan:
        """Return the plan; fail with what was said if there is none."""
        plan = self.plan(variables)
        assert isinstance(plan, Plan), plan.text
        return plan


def delivers(sink: Values, entry: Entry) -> bool:
    """Whether Cloud Logging would send an entry of the sink's projects to our topic."""
    excluded = any(read_query(each["filter"])(entry) for each in sink["exclusions"])
    return takes(sink, entry) and not excluded


def takes(sink: Values, entry: Entry) -> bool:
    """Whether a sink's own filter takes an entry, whatever its exclusions say."""
    lines = sink["filter"].splitlines()
    return read_query("\n".join(line.partition(" --")[0] for line in lines))(entry)
