"""What is read out of a plan: what is deployed in which order, and what a person has to apply."""

import re
from typing import Any

import pytest

from infra.delivery import planned_changes
from infra.delivery.planned_changes import ALLOWED, INDEXES, ORDER, Plan
from tests.repository.tree import ROOT
from vigil.doors.topology import FUNCTIONS

_RESOURCE = re.compile(r'^resource "(\w+)"', re.MULTILINE)


def _change(address: str, *actions: str, after: Any = None, mode: str = "managed") -> Plan:
    parts = address.removeprefix("module.vigil.").split(".")
    return {
        "address": address,
        "mode": mode,
        "type": parts[0],
        "index": address.partition('"')[2].rstrip('"]') or None,
        "change": {"actions": list(actions), "after": after},
    }


def _function(name: str, *actions: str) -> Plan:
    service = f"vigil-{name.replace('_', '-')}"
    address = f'google_cloudfunctions2_function.function["{name}"]'
    return _change(address, *actions, after={"name": service, "location": "europe-west1"})


def _plan(*changes: Plan) -> Plan:
    return {"resource_changes": list(changes)}


def test_who_reads_is_deployed_before_who_writes() -> None:
    plan = _plan(*(_function(name, "update") for name in sorted(FUNCTIONS)))

    deployed = [line.split()[1] for line in planned_changes.functions(plan)]

    assert deployed == [
        "vigil-analyze-incidents",
        "vigil-manage-alerts",
        "vigil-detect-anomalies",
        "vigil-batch-logs",
        "vigil-receive-alerts",
        "vigil-api",
        "vigil-cleanup",
    ]


def test_the_order_names_functions_that_there_are() -> None:
    assert set(ORDER) < set(FUNCTIONS)


def test_a_function_is_told_with_all_that_deploying_it_takes() -> None:
    assert planned_changes.functions(_plan(_function("api", "update"))) == [
        'google_cloudfunctions2_function.function["api"] vigil-api europe-west1 update'
    ]


def test_a_function_that_goes_away_is_not_deployed() -> None:
    gone = _change('google_cloudfunctions2_function.function["old"]', "delete")

    assert planned_changes.functions(_plan(gone)) == []


@pytest.mark.parametrize(
    ("actions", "first"),
    [
        pytest.param(["create"], True, id="new code may ask for it"),
        pytest.param(["update"], True, id="changed"),
        pytest.param(["delete", "create"], True, id="made anew"),
        pytest.param(["delete"], False, id="old code may still ask for it"),
        pytest.param(["no-op"], False, id="unchanged"),
    ],
)
def test_which_indexes_come_before_the_code(actions: list[str], first: bool) -> None:
    index = _change('google_firestore_index.composite["alerts"]', *actions)

    assert bool(planned_changes.indexes(_plan(index))) is first


@pytest.mark.parametrize(
    ("change", "by_hand"),
    [
        pytest.param(_function("api", "update"), False, id="code"),
        pytest.param(_function("api", "create"), False, id="a new function"),
        pytest.param(_function("api", "delete"), True, id="a function less"),
        pytest.param(_function("api", "delete", "create"), True, id="a function made anew"),
        pytest.param(
            _change('google_pubsub_topic.topic["vigil-logs"]', "delete", "create"),
            True,
            id="a topic with what waits in it",
        ),
        pytest.param(
            _change("google_firestore_database.documents", "update"), True, id="the database"
        ),
        pytest.param(
            _change('google_project_iam_member.documents["api"]', "create"), True, id="a grant"
        ),
        pytest.param(
            _change("google_project_iam_custom_role.documents", "update"), True, id="a wider role"
        ),
        pytest.param(
            _change('google_cloudbuild_trigger.delivery["deploy"]', "update"),
            True,
            id="its own trigger, which waits for approval",
        ),
        pytest.param(
            _change("google_project_iam_custom_role.documents", "no-op"), False, id="unchanged"
        ),
        pytest.param(
            _change("module.vigil.google_service_account.pusher", "create"),
            True,
            id="an account, of a module that is called",
        ),
        pytest.param(
            _change("data.google_project.this", "read", mode="data"), False, id="only looked at"
        ),
    ],
)
def test_what_a_person_has_to_apply(change: Plan, by_hand: bool) -> None:
    assert bool(planned_changes.guarded(_plan(change))) is by_hand


def test_a_guarded_change_is_named_with_what_would_be_done() -> None:
    replaced = _change('google_pubsub_topic.topic["vigil-logs"]', "delete", "create")

    assert planned_changes.guarded(_plan(replaced)) == [
        'delete/create google_pubsub_topic.topic["vigil-logs"]'
    ]


def test_what_is_allowed_is_something_that_terraform_makes() -> None:
    module = ROOT / "infra/terraform"
    made = {kind for path in module.glob("*.tf") for kind in _RESOURCE.findall(path.read_text())}

    assert set(ALLOWED) <= made
    assert set(INDEXES) <= made


@pytest.mark.parametrize("kind", sorted(ALLOWED))
def test_the_pipeline_may_not_say_who_may_do_what(kind: str) -> None:
    assert "_iam_" not in kind
    assert "account" not in kind
