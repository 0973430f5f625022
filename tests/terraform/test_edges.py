"""What comes in and goes out of a deployment is what was asked for, and nothing beside it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.builders import raw_entry
from tests.planned_deployment import PROJECT
from tests.terraform.edge_checks import CHECKS, Check
from tests.terraform.edge_deployment import (
    EVERYTHING,
    SECRET,
    Plan,
    SmallTree,
    delivers,
    takes,
)
from vigil.local.canary_run import CanaryRun
from vigil.logs.own_entries import OwnEntries
from vigil.logs.sink_filter import FILTER_LIMIT


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> SmallTree:
    return SmallTree(tmp_path_factory.mktemp("edges"))


@pytest.fixture(scope="module")
def plan(tree: SmallTree) -> Plan:
    return tree.planned(EVERYTHING)


@pytest.fixture(scope="module")
def plain(tree: SmallTree) -> Plan:
    return tree.planned({})


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_with_everything_switched_on(plan: Plan, check: Check) -> None:
    check(plan)


def test_a16_sinks_keep_out_exactly_what_the_deployed_code_drops(plan: Plan) -> None:
    api = plan.made("google_cloudfunctions2_function")['function["api"]']
    [config] = api["service_config"]
    told = config["environment_variables"]
    own = OwnEntries(tuple(told["VIGIL_OWN_SERVICES"].split(",")), told["VIGIL_PROJECT"])
    assert set(own.services) == {"vigil-", "watch-", "another"}

    for name, sink in plan.sinks():
        asked = EVERYTHING["log_sources"][name].get("exclusions", {})
        excluded = {each["name"]: each["filter"] for each in sink["exclusions"]}
        assert excluded == {**own.exclusions(), **asked}
        assert len(sink["filter"]) < FILTER_LIMIT / 2


@pytest.mark.parametrize(
    "name", ["cart", "watchmaker", "my-vigil-api"], ids=lambda name: f"service {name}"
)
@pytest.mark.parametrize("source", ["own", "shop", "retail", "all"])
def test_a16_entries_of_others_come_in(plan: Plan, source: str, name: str) -> None:
    resource = {"type": "cloud_run_revision", "labels": {"service_name": name}}

    assert delivers(dict(plan.sinks())[source], raw_entry(severity="ERROR", resource=resource))


def test_what_a_source_leaves_out_stays_out(plan: Plan) -> None:
    sinks = dict(plan.sinks())
    healthy = raw_entry(httpRequest={"requestUrl": "https://shop.example/health"})

    assert not delivers(sinks["shop"], healthy)
    assert takes(sinks["shop"], healthy)
    assert not takes(sinks["retail"], raw_entry(severity="INFO"))


def test_the_canary_comes_in_without_anybodys_asking(plain: Plan) -> None:
    [(name, sink)] = plain.sinks()
    run = CanaryRun(PROJECT, datetime(2026, 1, 20, tzinfo=UTC))

    assert (name, sink["project"]) == ("own", PROJECT)
    assert all(delivers(sink, entry) for entry in run.entries())


def test_nothing_else_is_there_unasked(plain: Plan) -> None:
    switched_on = (
        "google_billing_budget google_compute_global_address google_compute_security_policy "
        "google_compute_subnetwork_iam_member google_kms_crypto_key_iam_member "
        "google_logging_folder_sink google_logging_organization_sink google_secret_manager_secret"
    )
    assert {kind: plain.made(kind) for kind in switched_on.split()} == {
        kind: {} for kind in switched_on.split()
    }
    assert [n for n in plain.made("google_project_iam_custom_role") if "sinks" in n] == []


def test_no_value_of_a_secret_is_in_the_state_and_nothing_turns_its_rotation_back(
    tmp_path: Path,
) -> None:
    later = {name: value for name, value in EVERYTHING.items() if name != "secret_values"}
    states = SmallTree(tmp_path / "applied").applied(EVERYTHING, later)

    assert [state for state in states if SECRET in state] == []
    [[made], [kept]] = [stored(state, "google_secret_manager_secret_version") for state in states]
    assert (made["secret_data_wo_version"], made["secret_data_wo"]) == ("1", None)
    assert kept == made
    [first, second] = [stored(state, "google_secret_manager_secret") for state in states]
    assert first == second


def stored(state: str, kind: str) -> list[dict[str, Any]]:
    """Return what a state holds of all resources of one type."""
    return [
        instance["attributes"]
        for resource in json.loads(state)["resources"]
        if resource["type"] == kind
        for instance in resource["instances"]
    ]
