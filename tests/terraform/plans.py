"""What Terraform would make of the root module: with the fewest variables, and with all of them.

A first plan does not know what the cloud will say, such as the name of a writer. So each is planned
once more, as if all of it were there: what the cloud would have said is then its own address, as in
`google_service_account.pusher.name`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.planned_deployment import PROJECT
from tests.terraform.edge_deployment import EVERYTHING as EDGES
from tests.terraform.terraform_runs import Terraform

Values = Mapping[str, Any]
REGION = "us-central1"
LEAST: Values = {"project_id": PROJECT}
# The settings of the code that a variable decides, with another value than by default.
SETTINGS: Mapping[str, Any] = {
    "log_level": "DEBUG",
    "own_services": ["watch-"],
    "batch_max_entries": 400,
    "batch_max_bytes": 3_000_000,
    "batch_linger_ms": 100,
    "batch_max_held": 300,
}
MODEL: Mapping[str, Any] = {
    "name": "gemini-2.5-flash",
    "location": "europe-west1",
    "timeout_seconds": 20,
    "daily_calls": 100,
    "daily_tokens": 1_000_000,
    "platform_daily_calls": 1_000,
    "platform_daily_tokens": 10_000_000,
}
EVERYTHING: Values = {
    **EDGES,
    **LEAST,
    "labels": {"team": "platform"},
    "settings": SETTINGS,
    "model": MODEL,
    "functions": {"batch_logs": {"max_instances": 100, "min_instances": 1}},
    "database": {"name": "other"},
    "operators": {
        "emails": {"oncall": "oncall@example.com"},
        "channels": [f"projects/{PROJECT}/notificationChannels/1234567890"],
    },
    "delivery": {
        "repository": f"projects/{PROJECT}/locations/{REGION}/connections/c/repositories/vigil",
        "state_bucket": "acme-state",
        "var_file": "environments/production.tfvars",
        "approvers": ["group:operators@example.com"],
    },
}
# What Google names, and others refer to.
_TOLD = ("email", "id", "member", "name", "writer_identity")
VARIABLES: Mapping[str, Values] = {"least": LEAST, "everything": EVERYTHING}


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as it is planned. `key` is its key under for_each, its number under count."""

    address: str
    kind: str
    name: str
    key: str | int | None
    values: Values

    def block(self, *names: str) -> Values:
        """Return the only block of a name, and of a name within it; nothing if there is none."""
        found: Values = self.values
        for name in names:
            blocks = found.get(name) or [{}]
            [found] = blocks
        return found


@dataclass(frozen=True)
class Plan:
    """A plan as `terraform show -json` writes it."""

    written: Values = field(repr=False)

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """All that is made, in the order of addresses."""
        planned = self.written["planned_values"]["root_module"]["resources"]
        return tuple(
            Resource(each["address"], each["type"], each["name"], each.get("index"), each["values"])
            for each in sorted(planned, key=lambda each: str(each["address"]))
            if each["mode"] == "managed"
        )

    @property
    def text(self) -> str:
        """Return all of it as text."""
        return json.dumps(self.written)

    def of(self, kind: str, name: str | None = None) -> Iterator[Resource]:
        """Yield the resources of a type, and of a name if one is given."""
        for each in self.resources:
            if each.kind == kind and name in (None, each.name):
                yield each

    def by_key(self, kind: str, name: str) -> Mapping[str, Resource]:
        """Return the resources of a type and a name by their keys."""
        return {str(each.key): each for each in self.of(kind, name)}

    def functions(self) -> Mapping[str, Resource]:
        """Return the functions by their names in the code."""
        return self.by_key("google_cloudfunctions2_function", "function")

    def environment(self, function: str) -> Mapping[str, str]:
        """Return the variables that a function is given."""
        service = self.functions()[function].block("service_config")
        told: Mapping[str, str] = service["environment_variables"]
        return told

    def variable(self, name: str) -> Values:
        """Return what was given for a variable; nothing if it was left out."""
        return self.written["variables"].get(name, {}).get("value") or {}

    def address(self, function: str) -> str:
        """Return the address that Cloud Run gives a function."""
        [number] = {
            each["values"]["number"]
            for each in self.written["prior_state"]["values"]["root_module"]["resources"]
            if each["address"] == "data.google_project.this"
        }
        return f"https://vigil-{function.replace('_', '-')}-{number}.{REGION}.run.app"


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the first one, in which less is known."""

    plan: Plan
    first: Plan


def plan_twice(terraform: Terraform, module: Path, variables: Values) -> Planned:
    """Plan a module that is ready, and plan it again as if all of it were there."""
    first = terraform.plan(module, variables)
    state = module / "terraform.tfstate"
    state.write_text(json.dumps(_carried_out(first)))
    second = terraform.plan(module, variables)
    state.unlink()
    return Planned(Plan(second), Plan(first))


def _carried_out(plan: Values) -> Values:
    """Return the state in which a plan would end."""
    changes = [each for each in plan["resource_changes"] if each["mode"] == "managed"]
    resources: dict[tuple[str, str], dict[str, Any]] = {}
    for each in changes:
        resource = resources.setdefault(
            (each["type"], each["name"]),
            {
                **{name: each[name] for name in ("mode", "type", "name")},
                "provider": f'provider["{each["provider_name"]}"]',
                "instances": [],
            },
        )
        resource["instances"].append(_instance(each))
    version = {"version": 4, "terraform_version": plan["terraform_version"]}
    return {**version, "serial": 1, "lineage": "planned", "resources": [*resources.values()]}


def _instance(change: Values) -> Values:
    unknown = change["change"]["after_unknown"]
    told = {name: f"{change['address']}.{name}" for name in _TOLD if unknown.get(name) is True}
    index = {"index_key": change["index"]} if "index" in change else {}
    return {**index, "schema_version": 0, "attributes": {**change["change"]["after"], **told}}
