"""What a Terraform plan would change, and which of it a person has to apply.

    planned_changes.py indexes PLAN.json      the address of each index that new code may ask for
    planned_changes.py functions PLAN.json    of each function: address, service, region, action
    planned_changes.py guarded PLAN.json      each change that a person has to apply

The pipeline changes what runs. Who may do what, what keeps documents, and what would be lost with
its contents is changed by a person. It needs Python only, and no library.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Plan = dict[str, Any]

FUNCTION = "google_cloudfunctions2_function"
INDEXES = ("google_firestore_index", "google_firestore_field")
UNCHANGED, REMOVED = ["no-op"], ["delete"]
# Who reads comes before who writes, so that no message meets a reader that does not know it. What
# is not named here comes last.
ORDER = ("analyze_incidents", "manage_alerts", "detect_anomalies", "batch_logs", "receive_alerts")
# What the pipeline may make and change, and whether it may also remove it.
ALLOWED = {
    "google_cloudfunctions2_function": False,
    "google_storage_bucket_object": True,
    "google_pubsub_topic": False,
    "google_pubsub_subscription": False,
    "google_cloud_scheduler_job": True,
    "google_firestore_index": True,
    "google_firestore_field": True,
    "google_firestore_backup_schedule": False,
    "google_logging_metric": True,
    "google_logging_project_exclusion": False,
    "google_logging_project_sink": False,
    "google_monitoring_alert_policy": True,
    "google_monitoring_custom_service": True,
    "google_monitoring_dashboard": True,
    "google_monitoring_notification_channel": False,
    "google_monitoring_slo": True,
    "google_monitoring_uptime_check_config": True,
}


def indexes(plan: Plan) -> list[str]:
    """Return the address of each index that would be made or changed.

    One that would only be removed is left: the code that still serves may ask for it.
    """
    return [
        each["address"]
        for each in _resources(plan)
        if each["type"] in INDEXES and each["change"]["actions"] not in (UNCHANGED, REMOVED)
    ]


def functions(plan: Plan) -> list[str]:
    """Return a line for each function that the plan knows, in the order of deployment."""
    found = [each for each in _resources(plan) if each["type"] == FUNCTION and _stays(each)]
    return [_function_line(each) for each in sorted(found, key=_position)]


def guarded(plan: Plan) -> list[str]:
    """Return a line for each change that only a person may apply."""
    return [
        f"{'/'.join(each['change']['actions'])} {each['address']}"
        for each in _resources(plan)
        if not _is_allowed(each["type"], each["change"]["actions"])
    ]


def _resources(plan: Plan) -> Iterator[Plan]:
    """Yield what is managed; what is only read changes nothing."""
    return (each for each in plan.get("resource_changes", []) if each["mode"] == "managed")


def _stays(resource: Plan) -> bool:
    return resource["change"]["after"] is not None


def _position(resource: Plan) -> tuple[int, str]:
    name = str(resource["index"])
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def _function_line(resource: Plan) -> str:
    after, actions = resource["change"]["after"], resource["change"]["actions"]
    return " ".join([resource["address"], after["name"], after["location"], "/".join(actions)])


def _is_allowed(kind: str, actions: list[str]) -> bool:
    if actions == UNCHANGED:
        return True
    return kind in ALLOWED and ("delete" not in actions or ALLOWED[kind])


QUESTIONS: dict[str, Callable[[Plan], list[str]]] = {
    "indexes": indexes,
    "functions": functions,
    "guarded": guarded,
}


def main(question: str, path: str) -> None:
    """Print the answer to `question` about the plan in the file `path`."""
    for line in QUESTIONS[question](json.loads(Path(path).read_text())):
        print(line)


if __name__ == "__main__":
    main(*sys.argv[1:])
