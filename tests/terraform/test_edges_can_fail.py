"""No check of the edges, and no rule for their variables, is one that cannot fail."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.planned_deployment import PROJECT
from tests.terraform.edge_checks import (
    CHECKS,
    Check,
    encrypts_all_that_is_kept,
    excludes_own_work,
    is_reached_by_the_domain_alone,
    keeps_own_work_of_many_projects_out_by_the_filter_too,
    keeps_secrets_from_all_but_who_sends,
    lets_cloud_monitoring_send_alerts,
    lets_in_each_writer,
    lets_the_api_make_sinks_and_nothing_else,
    lets_the_api_say_who_publishes_entries,
    looks_at_requests_before_it_counts_them,
    tells_of_costs,
    tells_of_rotation,
    uses_a_shared_subnetwork,
)
from tests.terraform.edge_deployment import EVERYTHING, SECRET, Refused, SmallTree


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> SmallTree:
    return SmallTree(tmp_path_factory.mktemp("edges"))


@dataclass(frozen=True)
class Break:
    """A text in a file, and another in its place that `check` has to notice."""

    check: Check
    file: str
    before: str
    after: str


# In one copy no break hides another.
COPIES = {
    "other services are excluded": (
        Break(excludes_own_work, "logs.tf", 'join("|", local.own_services)', f'"{PROJECT}-"'),
    ),
    "what another project feeds back is excluded": (
        Break(excludes_own_work, "logs.tf", 'own-project", var.project_id', 'own-project", "x"'),
        Break(encrypts_all_that_is_kept, "secrets.tf", "me = local.kms_key\n", "me = null\n"),
    ),
    "everything else": (
        Break(
            keeps_own_work_of_many_projects_out_by_the_filter_too,
            "logs.tf",
            "[for exclusion in values(each.exclusions) :",
            "[for exclusion in slice(values(each.exclusions), 0, 1) :",
        ),
        Break(
            lets_in_each_writer,
            "logs.tf",
            'topic["vigil-logs"].name\n  role    = "roles/pubsub.publisher"',
            'topic["vigil-batches"].name\n  role    = "roles/pubsub.publisher"',
        ),
        Break(
            lets_the_api_make_sinks_and_nothing_else,
            "logs.tf",
            '"logging.sinks.update",',
            '"logging.sinks.update", "logging.buckets.delete",',
        ),
        Break(
            lets_the_api_say_who_publishes_entries,
            "logs.tf",
            '"pubsub.topics.setIamPolicy",',
            '"pubsub.topics.get",',
        ),
        Break(
            lets_cloud_monitoring_send_alerts,
            "logs.tf",
            "@gcp-sa-monitoring-notification",
            "@gcp-sa-monitoring",
        ),
        Break(
            keeps_secrets_from_all_but_who_sends,
            "secrets.tf",
            'function["manage_alerts"]',
            'function["receive_alerts"]',
        ),
        Break(tells_of_rotation, "secrets.tf", "SECRET_ROTATE", "SECRET_UPDATE"),
        Break(encrypts_all_that_is_kept, "encryption.tf", '    "eventarc.googleapis.com",\n', ""),
        Break(uses_a_shared_subnetwork, "network.tf", "compute.networkUser", "compute.admin"),
        Break(is_reached_by_the_domain_alone, "domain.tf", "ALLOW_INTERNAL_AND_GCLB", "ALLOW_ALL"),
        Break(
            looks_at_requests_before_it_counts_them,
            "domain.tf",
            "priority    = 1000\n",
            "priority    = 10\n",
        ),
        Break(tells_of_costs, "budget.tf", "FORECASTED_SPEND", "CURRENT_SPEND"),
    ),
}


@pytest.mark.parametrize("copy", COPIES)
def test_a_broken_copy_is_noticed(tmp_path: Path, copy: str) -> None:
    broken = SmallTree(tmp_path / "broken")
    for each in COPIES[copy]:
        broken.change(each.file, each.before, each.after)
    plan = broken.planned(EVERYTHING)

    for each in COPIES[copy]:
        with pytest.raises(AssertionError):
            each.check(plan)


def test_each_check_is_seen_to_fail() -> None:
    assert {each.check for breaks in COPIES.values() for each in breaks} == set(CHECKS)


# Each line is refused as a whole, for all the reasons behind it.
REFUSED: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    (
        {
            "log_sources": {"x": {"project": "acme-prod", "folder": "12"}},
            "streamed_projects": ["Acme"],
            "monitored_projects": ["12345"],
            "secrets": {"a/b": {}},
            "encryption": {"key": "vigil"},
            "network": {"subnetwork": "functions", "egress": "ALL"},
            "domain": {"name": "https://vigil.example.com"},
            "budget": {"billing_account": "acme", "amount": 300},
        },
        (
            "names a project or a folder or an organization",
            "streamed_projects holds projects' ids",
            "monitored_projects holds projects' ids",
            "secrets have names",
            "encryption.key is projects/P",
            "network.egress is",
            "domain.name is a name",
            "budget.billing_account is such as",
        ),
    ),
    (
        {
            "log_sources": {"x": {"folder": "folders/12"}},
            "secrets": {"slack": {"rotation_days": 0}},
            "encryption": {"key": "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k"},
            "network": {"subnetwork": "projects/net/regions/europe-west1/subnetworks/functions"},
            "domain": {"name": "vigil.example.com", "requests_per_minute": 1},
            "budget": {"billing_account": "012345-6789AB-CDEF01", "amount": 0.5},
        },
        (
            "folder and organization are numbers",
            "rotation_days is 1 to 3650",
            "encryption.key lies in another location",
            "network.subnetwork is a name",
            "domain.requests_per_minute is",
            "budget.amount is a whole number",
        ),
    ),
    (
        {
            "log_sources": {"x": {}, "y": {"project": PROJECT}},
            "secrets": {"slack": {"value_version": 0}},
            "network": {"subnetwork": "functions", "network": "https://net"},
            "encryption": EVERYTHING["encryption"],
            "database": {"location": "nam5"},
            "domain": {"name": "vigil.example.com", "firewall": "on"},
            "budget": {"billing_account": "012345-6789AB-CDEF01", "amount": 1, "currency": "euro"},
        },
        (
            "two are of the same project",
            "value_version is a whole number",
            "network.network is a name",
            "takes a key of its own location",
            "domain.firewall is",
            "budget.currency is",
        ),
    ),
    (
        {
            "log_sources": {"X": {"exclusions": {"vigil-own-alarms": "severity<INFO"}}},
            "secrets": {"slack": {}},
            "secret_values": {"slack": SECRET},
            "domain": {"name": f"{'a' * 60}.example.com"},
        },
        (
            "log_sources have names",
            "not beginning with vigil-own-",
            "has no value_version",
            "at most 64 characters",
        ),
    ),
    (
        {
            "log_sources": {
                "x": {"exclusions": {f"e{n}": "severity<INFO" for n in range(41)}},
                "y": {"project": "Acme"},
            },
            "secrets": {"slack": {"value_version": 1}},
            "secret_values": {"slack": ""},
        },
        (
            "40 are left",
            "project is a project's id, not",
            "a secret is 1 to 65536",
        ),
    ),
    (
        {"log_sources": {"x": {"folder": "12", "filter": " OR ".join(["severity>=INFO"] * 999)}}},
        ("and Cloud Logging takes",),
    ),
    (
        {"log_sources": {"x": {"filter": " OR ".join(["severity>=INFO"] * 1200)}}},
        ("Cloud Logging takes filters of up to",),
    ),
]


@pytest.mark.parametrize(("variables", "reasons"), REFUSED)
def test_what_cannot_be_is_refused_with_its_reason(
    tree: SmallTree, variables: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    refused = tree.plan(variables)

    assert isinstance(refused, Refused)
    said = re.sub(r"\s+", " ", refused.text)
    assert [reason for reason in reasons if reason not in said] == []
    assert SECRET not in refused.text


def test_each_rule_for_values_is_seen_to_refuse(tree: SmallTree) -> None:
    reasons = [reason for _, said in REFUSED for reason in said]
    files = ("logs.tf", "secrets.tf", "encryption.tf", "network.tf", "domain.tf", "budget.tf")
    text = "".join((tree.module / file).read_text() for file in files)
    messages = re.findall(r'error_message = "(.*)"', text)
    without = [each for each in messages if not any(reason in each for reason in reasons)]

    assert len(messages) > len(files)
    assert without == []
