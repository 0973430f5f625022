"""Policies about what is kept: documents and their indexes, bundles, secrets; and whose it is."""

import json
from collections.abc import Iterator

from tests.planned_deployment import PROJECT
from tests.repository.tree import ROOT
from tests.terraform.edge_deployment import SECRET
from tests.terraform.plans import EVERYTHING, Plan
from tests.terraform.terraform_runs import MODULE

_INDEXES = json.loads((ROOT / MODULE / "firestore_indexes.json").read_text())
_A_WEEK = 7 * 24 * 60 * 60
# Where labels say what something is, and not whose.
_OTHER_LABELS = {("google_monitoring_notification_channel", "labels")}
_ASKED = (*EVERYTHING["streamed_projects"], "acme-prod", "acme-net")


def documents_outlive_mistakes(plan: Plan) -> Iterator[str]:
    """Nobody deletes the database in passing, and every minute of a week can be had back."""
    for each in plan.of("google_firestore_database"):
        for name, wanted in {
            "delete_protection_state": "DELETE_PROTECTION_ENABLED",
            "point_in_time_recovery_enablement": "POINT_IN_TIME_RECOVERY_ENABLED",
            "deletion_policy": "PREVENT",
        }.items():
            if each.values[name] != wanted:
                yield f"{each.address}: {name} is {each.values[name]}"


def documents_are_backed_up(plan: Plan) -> Iterator[str]:
    """Each day, and for at least a week."""
    backed_up = {
        each.values["database"]
        for each in plan.of("google_firestore_backup_schedule")
        if each.values["daily_recurrence"] and int(each.values["retention"][:-1]) >= _A_WEEK
    }
    for each in plan.of("google_firestore_database"):
        if each.values["name"] not in backed_up:
            yield f"{each.address} is not backed up each day"


def indexes_are_those_of_the_code(plan: Plan) -> Iterator[str]:
    """Field by field; that the file is that of the code is tested beside the code."""
    made = {
        key: {
            "collection": each.values["collection"],
            "query_scope": each.values["query_scope"],
            "fields": [
                {name: field[name] for name in ("field_path", "order")}
                for field in each.values["fields"]
            ],
        }
        for key, each in plan.by_key("google_firestore_index", "composite").items()
    }
    wanted = _INDEXES["composite_indexes"]
    for key in sorted(made.keys() | wanted.keys()):
        if made.get(key) != wanted.get(key):
            yield f"google_firestore_index.composite[{key}] is {made.get(key)}"


def fields_are_those_of_the_code(plan: Plan) -> Iterator[str]:
    """Which are not indexed, and by which documents expire."""
    made = {
        key: {
            "collection": each.values["collection"],
            "field": each.values["field"],
            "expires": bool(each.values["ttl_config"]),
            "indexes": [
                {name: index[name] for name in ("query_scope", "order")}
                for index in each.block("index_config").get("indexes", [])
            ],
        }
        for key, each in plan.by_key("google_firestore_field", "field").items()
    }
    wanted = _INDEXES["fields"]
    for key in sorted(made.keys() | wanted.keys()):
        if made.get(key) != wanted.get(key):
            yield f"google_firestore_field.field[{key}] is {made.get(key)}"


def indexes_are_of_vigils_database(plan: Plan) -> Iterator[str]:
    """Backups too."""
    [database] = plan.of("google_firestore_database")
    for each in plan.resources:
        others = each.kind.startswith("google_firestore_") and each is not database
        if others and each.values["database"] != database.values["name"]:
            yield f"{each.address} is of another database"


def buckets_are_closed(plan: Plan) -> Iterator[str]:
    """One policy for all that is in them, never public, and nothing is overwritten for good."""
    for each in plan.of("google_storage_bucket"):
        if each.values["uniform_bucket_level_access"] is not True:
            yield f"{each.address} has policies of single objects"
        if each.values["public_access_prevention"] != "enforced":
            yield f"{each.address} may become public"
        if not each.block("versioning").get("enabled") or not each.values["lifecycle_rule"]:
            yield f"{each.address} keeps either no old versions or all of them"


def everything_says_whose_it_is(plan: Plan) -> Iterator[str]:
    """Whatever takes labels has Vigil's and those of the variable."""
    wanted = {"app": "vigil", **plan.variable("labels")}
    for each in plan.resources:
        for name in ("labels", "user_labels"):
            if name not in each.values or (each.kind, name) in _OTHER_LABELS:
                continue
            if not wanted.items() <= (each.values[name] or {}).items():
                yield f"{each.address} has the {name} {each.values[name]}"


def everything_is_in_vigils_project(plan: Plan) -> Iterator[str]:
    """Whatever the provider's own project is; in others is only what a variable asked for."""
    for each in plan.resources:
        if "project" in each.values and each.values["project"] not in (PROJECT, *_ASKED):
            yield f"{each.address} is in the project {each.values['project']}"


def secrets_stay_out_of_the_plan(plan: Plan) -> Iterator[str]:
    """A plan is kept, and read by whoever approves it."""
    for each in plan.resources:
        if SECRET in json.dumps(each.values):
            yield f"{each.address} holds a secret"
    if SECRET in plan.text:
        yield "the plan holds a secret"


POLICIES = (
    documents_outlive_mistakes,
    documents_are_backed_up,
    indexes_are_those_of_the_code,
    fields_are_those_of_the_code,
    indexes_are_of_vigils_database,
    buckets_are_closed,
    everything_says_whose_it_is,
    everything_is_in_vigils_project,
    secrets_stay_out_of_the_plan,
)
