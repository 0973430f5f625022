"""No policy is one that cannot fail: each complains of a copy of the module that breaks it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.terraform.broken_copies import Break, Case, Look, look_at_each
from tests.terraform.plans import EVERYTHING, plan_twice
from tests.terraform.policies import access, functions, kept, messages
from tests.terraform.policies.policy import Policy
from tests.terraform.terraform_runs import Terraform
from tests.terraform.test_policies import POLICIES

_SUBSCRIPTIONS, _FUNCTIONS, _FIRESTORE = "subscriptions.tf", "functions.tf", "firestore.tf"
_TIMES = """  ack_deadline_seconds       = each.value.ack_deadline_seconds
  message_retention_duration = "${each.value.retention_seconds}s"

"""
_LATE = _TIMES.replace("each.value.ack_deadline_seconds", "10")
_SHORT = _TIMES.replace("${each.value.retention_seconds}s", "86400s")
_PUSHED, _KEPT = "  push_config {", '  retry_policy {\n    minimum_backoff = "10s"'
_BATCHES = "VIGIL_BATCH_MAX_BYTES   = var.settings.batch_max_bytes"
_PUSHER = 'resource "google_service_account" "pusher" {'
_KEY = 'resource "google_service_account_key" "pusher" {\n  service_account_id = "pusher"\n}\n\n'
_BINDING = """resource "google_project_iam_binding" "all" {
  project = var.project_id
  role    = "roles/run.invoker"
  members = ["user:somebody@example.com"]
}

"""
_TICK = """project     = var.project_id
  region      = var.region
  name        = "${local.prefix}-tick"
"""
_INDEX = """database    = google_firestore_database.documents.name
  collection  = each.value.collection
  query_scope = each.value.query_scope
"""
_INTERNAL = 'each.value.public ? local.public_ingress : "ALLOW_INTERNAL_ONLY"'
_INSTANCES = "max_instance_count               = "

# Those that are in one copy do not hide each other. Of each: what it breaks, and what is named.
COPIES: tuple[Mapping[Policy, tuple[Break, str]], ...] = (
    {
        messages.pushes_are_signed: (
            Break(
                _SUBSCRIPTIONS,
                "audience              = local.urls[each.value.function]",
                "audience = local.urls.api",
            ),
            'push["batch-logs"] has an audience',
        ),
        messages.topics_are_those_of_the_code: (
            Break(
                "topics.tf",
                "local._topology.dead_letter_topics))\n",
                'local._topology.dead_letter_topics, ["shop"]))\n',
            ),
            'topic["shop"] is in',
        ),
        messages.messages_are_given_up_late: (
            Break(_SUBSCRIPTIONS, "= each.value.attempts", "= 5"),
            'push["batch-logs"] gives up after 5 attempts',
        ),
        access.functions_are_called_by_those_they_are_for: (
            Break("access.tf", 'function["cleanup"].name', 'function["api"].name'),
            "cleanup is called by",
        ),
        functions.functions_are_those_of_the_code: (
            Break(_FUNCTIONS, "entry_point       = each.key", 'entry_point       = "main"'),
            'function["api"] begins elsewhere',
        ),
        kept.documents_outlive_mistakes: (
            Break(
                _FIRESTORE,
                '? "POINT_IN_TIME_RECOVERY_ENABLED"',
                '? "POINT_IN_TIME_RECOVERY_DISABLED"',
            ),
            "documents: point_in_time",
        ),
    },
    {
        messages.pushes_are_those_of_the_code: (
            Break(_SUBSCRIPTIONS, f"{_TIMES}{_PUSHED}", f"{_LATE}{_PUSHED}"),
            'push["batch-logs"]: ack_deadline is 10',
        ),
        messages.only_ticks_are_never_set_aside: (
            Break(
                _SUBSCRIPTIONS,
                "each.value.dead_letters == null ?",
                'each.key == "manage-alerts" || each.value.dead_letters == null ?',
            ),
            'push["manage-alerts"] never gives up',
        ),
        messages.messages_stay_where_they_may: (
            Break("secrets.tf", "= local.message_regions\n", '= ["us-east1"]\n'),
            "secret_notices[0] keeps messages anywhere",
        ),
        access.doors_with_iam_are_private: (
            Break(_FUNCTIONS, 'function.public ? "verified" : "iam"', '"iam"'),
            'function["receive_alerts"] is public',
        ),
        functions.functions_have_bounds: (
            Break(_FUNCTIONS, f"{_INSTANCES}each.value.max_instances", f"{_INSTANCES}null"),
            'function["api"] has no max_instance_count',
        ),
        kept.documents_are_backed_up: (
            Break(_FIRESTORE, "kept * 24 * 60 * 60", "kept * 60 * 60"),
            "documents is not backed up",
        ),
    },
    {
        messages.what_is_set_aside_is_that_of_the_code: (
            Break(_SUBSCRIPTIONS, f"{_TIMES}{_KEPT}", f"{_LATE}{_KEPT}"),
            'set_aside["batch-logs-dead"]: ack_deadline',
        ),
        messages.a16_sinks_exclude_own_entries: (
            Break("logs.tf", 'join("|", local.own_services)', '"shop-"'),
            'google_logging_folder_sink.source["retail"] sends',
        ),
        messages.writers_are_of_one_sink: (
            Break("logs.tf", "unique_writer_identity = true", "unique_writer_identity = false"),
            'source["own"] writes',
        ),
        access.private_functions_are_reached_from_inside: (
            Break(_FUNCTIONS, _INTERNAL, "local.public_ingress"),
            'function["cleanup"] has the ingress',
        ),
        functions.functions_work_as_long_as_pubsub_waits: (
            Break(_FUNCTIONS, "timeout_seconds = 120", "timeout_seconds = 540"),
            'function["detect_anomalies"] works for 540 s',
        ),
        kept.indexes_are_those_of_the_code: (
            Break(
                _FIRESTORE,
                "for_each = each.value.fields\n",
                "for_each = slice(each.value.fields, 0, 1)\n",
            ),
            "google_firestore_index.composite[",
        ),
    },
    {
        messages.subscriptions_try_again: (
            Break("secrets.tf", 'maximum_backoff = "600s"', 'maximum_backoff = "60s"'),
            "rotations[0] does not try again",
        ),
        messages.dead_letters_are_kept: (
            Break(_SUBSCRIPTIONS, f"{_TIMES}{_KEPT}", f"{_SHORT}{_KEPT}"),
            'push["batch-logs"] sets aside into',
        ),
        access.nobody_is_everybody: (
            Break("logs.tf", "local._writers[each.key]", '"allAuthenticatedUsers"'),
            'source["own"] is for everybody',
        ),
        access.each_function_works_as_itself: (
            Break(
                _FUNCTIONS,
                "google_service_account.function[each.key].email",
                "google_service_account.builder.email",
            ),
            'function["api"] does not work as',
        ),
        functions.batches_are_full_before_an_instance_is: (
            Break(_FUNCTIONS, "concurrency     = 900", "concurrency     = 400"),
            'function["batch_logs"] holds 300',
        ),
        kept.fields_are_those_of_the_code: (
            Break(_FIRESTORE, "each.value.expires ? [true] : []", "[]"),
            "google_firestore_field.field[",
        ),
    },
    {
        messages.subscriptions_last: (
            Break("secrets.tf", 'ttl = ""', 'ttl = "2678400s"'),
            "rotations[0] expires",
        ),
        messages.pubsub_may_set_aside: (
            Break(_SUBSCRIPTIONS, "roles/pubsub.subscriber", "roles/pubsub.viewer"),
            'push["batch-logs"]: Pub/Sub may not take',
        ),
        access.accounts_have_no_keys: (
            Break("accounts.tf", _PUSHER, f"{_KEY}{_PUSHER}"),
            "google_service_account_key.pusher is a key",
        ),
        access.nobody_may_do_everything: (
            Break("bundles.tf", "roles/logging.logWriter", "roles/editor"),
            "builder_logs grants roles/editor",
        ),
        functions.threads_are_as_many_as_requests: (
            Break(_FUNCTIONS, "tostring(function.concurrency)", '"4"'),
            'function["receive_alerts"] has 4 threads',
        ),
        kept.indexes_are_of_vigils_database: (
            Break(
                _FIRESTORE,
                _INDEX,
                _INDEX.replace("google_firestore_database.documents.name", '"old"'),
            ),
            "is of another database",
        ),
        kept.buckets_are_closed: (
            Break("bundles.tf", '= "enforced"', '= "inherited"'),
            "google_storage_bucket.sources may become public",
        ),
    },
    {
        access.roles_for_a_project_are_few: (
            Break("network.tf", "roles/compute.networkViewer", "roles/compute.networkUser"),
            "network_viewer[0] grants roles/compute.networkUser",
        ),
        access.own_roles_are_narrow: (
            Break("access.tf", "datastore.entities.allocateIds", "datastore.*"),
            "documents may datastore.*",
        ),
        access.grants_take_nothing_away: (
            Break("accounts.tf", _PUSHER, f"{_BINDING}{_PUSHER}"),
            "google_project_iam_binding.all removes",
        ),
        access.functions_use_documents_of_one_database: (
            Break("access.tf", "resource.name == ", "resource.name != "),
            'documents["api"] holds in other databases',
        ),
        functions.settings_reach_their_functions: (
            Break(_FUNCTIONS, _BATCHES, "VIGIL_BATCH_MOST_BYTES = var.settings.batch_max_bytes"),
            'function["batch_logs"]: VIGIL_BATCH_MAX_BYTES',
        ),
        functions.settings_are_what_variables_say: (
            Break(_FUNCTIONS, "= var.settings.batch_linger_ms", "= 250"),
            "function[batch_logs] is told batch_linger_ms = 250 instead of 100",
        ),
        kept.everything_says_whose_it_is: (
            Break("topics.tf", "= local.labels", "= {}"),
            'topic["aiops-events"] has the labels',
        ),
        kept.everything_is_in_vigils_project: (
            Break("scheduler.tf", _TICK, _TICK.replace("var.project_id", '"acme-other"')),
            "tick is in the project acme-other",
        ),
        kept.secrets_stay_out_of_the_plan: (
            Break("secrets.tf", "  ephemeral   = true\n", ""),
            "the plan holds a secret",
        ),
    },
)
EXPECTED = {policy: said for copy in COPIES for policy, (_, said) in copy.items()}
Sentences = Mapping[Policy, list[str]]


def sentences(case: Case) -> Look[Sentences]:
    """Return how to see what the policies that a copy breaks say of it."""

    def look(terraform: Terraform, module: Path) -> Sentences:
        plan = plan_twice(terraform, module, EVERYTHING).plan
        return {policy: list(policy(plan)) for policy in COPIES[int(case.name)]}

    return look


@pytest.fixture(scope="module")
def said(planning: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Sentences:
    cases = [
        Case(str(number), tuple(each for each, _ in copy.values()))
        for number, copy in enumerate(COPIES)
    ]
    seen = look_at_each(tmp_path_factory.mktemp("policies"), cases, sentences)
    return {policy: found for copy in seen.values() for policy, found in copy.items()}


@pytest.mark.parametrize("policy", EXPECTED, ids=lambda policy: policy.__name__)
def test_it_complains_of_a_broken_copy(said: Sentences, policy: Policy) -> None:
    assert any(EXPECTED[policy] in sentence for sentence in said[policy]), said[policy][:5]


def test_each_policy_is_seen_to_fail() -> None:
    assert {policy.__name__ for policy in POLICIES} == {policy.__name__ for policy in EXPECTED}
    assert len(POLICIES) == len(EXPECTED)
