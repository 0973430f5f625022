"""What holds of a plan in which everything at the edges is switched on."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from tests.builders import raw_entry
from tests.planned_deployment import PROJECT
from tests.terraform.edge_deployment import (
    EVERYTHING,
    KEY,
    SECRET,
    Plan,
    delivers,
    takes,
)
from vigil.logs.own_entries import FED_BACK

API = f"serviceAccount:vigil-api@{PROJECT}.iam.gserviceaccount.com"
MANAGE_ALERTS = f"serviceAccount:vigil-manage-alerts@{PROJECT}.iam.gserviceaccount.com"
Check = Callable[[Plan], None]


def entries_of_own_work() -> Iterator[dict[str, Any]]:
    for service in ("vigil-batch-logs", "watch-console", "another-one"):
        resource = {"type": "cloud_run_revision", "labels": {"service_name": service}}
        yield raw_entry(resource=resource, severity="ERROR")
    for each in FED_BACK.values():
        for log in each.logs:
            name = f"projects/{PROJECT}/logs/{quote(log, safe='')}"
            yield raw_entry(logName=name, resource={"type": "project"}, severity="ERROR")


def excludes_own_work(plan: Plan) -> None:
    for name, sink in plan.sinks():
        for entry in entries_of_own_work():
            assert not delivers(sink, entry), (name, entry)


def keeps_own_work_of_many_projects_out_by_the_filter_too(plan: Plan) -> None:
    for name, sink in plan.sinks():
        if name in ("retail", "all"):
            assert not any(takes(sink, entry) for entry in entries_of_own_work()), name


def lets_in_each_writer(plan: Plan) -> None:
    grants = plan.made("google_pubsub_topic_iam_member")
    for name, _ in plan.sinks():
        grant = grants[f'source["{name}"]']
        assert (grant["topic"], grant["role"]) == ("vigil-logs", "roles/pubsub.publisher")


def lets_the_api_make_sinks_and_nothing_else(plan: Plan) -> None:
    roles = plan.made("google_project_iam_custom_role")
    grants = plan.made("google_project_iam_member")
    for project in EVERYTHING["streamed_projects"]:
        role, grant = roles[f'sinks["{project}"]'], grants[f'sinks["{project}"]']
        assert (role["project"], grant["project"]) == (project, project)
        assert grant["role"] == f"projects/{project}/roles/{role['role_id']}"
        assert grant["member"] == API
        assert set(role["permissions"]) == {
            f"logging.sinks.{verb}" for verb in ("create", "get", "list", "update", "delete")
        }


def lets_the_api_say_who_publishes_entries(plan: Plan) -> None:
    role = plan.made("google_project_iam_custom_role")["topic_policy"]
    grant = plan.made("google_pubsub_topic_iam_member")["topic_policy"]
    assert set(role["permissions"]) == {
        "pubsub.topics.getIamPolicy",
        "pubsub.topics.setIamPolicy",
    }
    assert (grant["topic"], grant["member"]) == ("vigil-logs", API)
    assert grant["role"].endswith(f"/roles/{role['role_id']}")


def lets_cloud_monitoring_send_alerts(plan: Plan) -> None:
    grant = plan.made("google_pubsub_topic_iam_member")['monitored["acme-prod"]']
    assert (grant["topic"], grant["role"]) == ("vigil-monitoring", "roles/pubsub.publisher")
    assert grant["member"].endswith("@gcp-sa-monitoring-notification.iam.gserviceaccount.com")


def keeps_secrets_from_all_but_who_sends(plan: Plan) -> None:
    readers = plan.made("google_secret_manager_secret_iam_member")
    assert set(readers) == {f'reader["{name}"]' for name in EVERYTHING["secrets"]}
    assert {(each["role"], each["member"]) for each in readers.values()} == {
        ("roles/secretmanager.secretAccessor", MANAGE_ALERTS)
    }
    assert SECRET not in plan.text


def tells_of_rotation(plan: Plan) -> None:
    [rotation] = plan.made("google_secret_manager_secret")['secret["slack"]']["rotation"]
    assert rotation["rotation_period"] == f"{90 * 24 * 60 * 60}s"
    assert plan.made("google_pubsub_subscription")["rotations[0]"]["filter"] == (
        'attributes.eventType = "SECRET_ROTATE"'
    )
    [alarm] = (
        each
        for name, each in plan.made("google_monitoring_alert_policy").items()
        if name == "rotations[0]"
    )
    [condition] = alarm["conditions"]
    assert "vigil-secret-rotations" in condition["condition_prometheus_query_language"][0]["query"]


def keys_of(kind: str, values: dict[str, Any]) -> list[str]:
    if kind == "google_firestore_database":
        return [each["kms_key_name"] for each in values["cmek_config"]]
    if kind == "google_storage_bucket":
        return [each["default_kms_key_name"] for each in values["encryption"]]
    if kind == "google_secret_manager_secret":
        [replicas] = [each["replicas"] for each in values["replication"][0]["user_managed"]]
        return [each["customer_managed_encryption"][0]["kms_key_name"] for each in replicas]
    return [values["kms_key_name"]]


def encrypts_all_that_is_kept(plan: Plan) -> None:
    for kind in (
        "google_artifact_registry_repository",
        "google_cloudfunctions2_function",
        "google_firestore_database",
        "google_pubsub_topic",
        "google_secret_manager_secret",
        "google_storage_bucket",
    ):
        assert plan.made(kind), kind
        for address, values in plan.made(kind).items():
            assert keys_of(kind, values) == [KEY], address
    # As Google's documentation of each service names them.
    agents = "artifactregistry cloudfunctions eventarc firestore pubsub run secretmanager storage"
    assert set(plan.made("google_kms_crypto_key_iam_member")) == {
        f'agent["{each}.googleapis.com"]' for each in agents.split()
    }


def uses_a_shared_subnetwork(plan: Plan) -> None:
    grant = plan.one("google_compute_subnetwork_iam_member")
    assert (grant["project"], grant["subnetwork"]) == ("acme-net", "functions")
    assert grant["role"] == "roles/compute.networkUser"
    for function in plan.made("google_cloudfunctions2_function").values():
        [config] = function["service_config"]
        assert config["direct_vpc_egress"] == "VPC_EGRESS_PRIVATE_RANGES_ONLY"
        assert len(config["direct_vpc_network_interface"]) == 1


def is_reached_by_the_domain_alone(plan: Plan) -> None:
    for address, function in plan.made("google_cloudfunctions2_function").items():
        is_public = any(name in address for name in ('"api"', '"receive_alerts"'))
        [config] = function["service_config"]
        assert config["ingress_settings"] == (
            "ALLOW_INTERNAL_AND_GCLB" if is_public else "ALLOW_INTERNAL_ONLY"
        )
    assert plan.one("google_compute_ssl_policy")["min_tls_version"] == "TLS_1_2"
    [redirect] = plan.made("google_compute_url_map")["to_https[0]"]["default_url_redirect"]
    assert redirect["https_redirect"] is True
    [paths] = plan.made("google_compute_url_map")["domain[0]"]["path_matcher"][0]["path_rule"]
    assert paths["paths"] == ["/receive/*"]


def looks_at_requests_before_it_counts_them(plan: Plan) -> None:
    rules = plan.one("google_compute_security_policy")["rule"]
    throttles = [each["priority"] for each in rules if each["action"] == "throttle"]
    looks = [each["priority"] for each in rules if each["action"] == "deny(403)"]
    assert len(throttles) == 1
    assert looks
    assert max(looks) < throttles[0]


def tells_of_costs(plan: Plan) -> None:
    budget = plan.one("google_billing_budget")
    rules = {(r["threshold_percent"], r["spend_basis"]) for r in budget["threshold_rules"]}
    assert rules == {
        (0.5, "CURRENT_SPEND"),
        (0.9, "CURRENT_SPEND"),
        (1, "CURRENT_SPEND"),
        (1, "FORECASTED_SPEND"),
    }
    assert len(budget["all_updates_rule"]) == 1


CHECKS: tuple[Check, ...] = (
    excludes_own_work,
    keeps_own_work_of_many_projects_out_by_the_filter_too,
    lets_in_each_writer,
    lets_the_api_make_sinks_and_nothing_else,
    lets_the_api_say_who_publishes_entries,
    lets_cloud_monitoring_send_alerts,
    keeps_secrets_from_all_but_who_sends,
    tells_of_rotation,
    encrypts_all_that_is_kept,
    uses_a_shared_subnetwork,
    is_reached_by_the_domain_alone,
    looks_at_requests_before_it_counts_them,
    tells_of_costs,
)
