"""What makes each assertion of the module's own tests fail."""

from collections.abc import Mapping

from tests.terraform.broken_copies import Break

_URLS = "local.urls[each.value.function]"
_OF_TOPIC = "google_pubsub_topic.topic[each.value.topic].id\n"
_MERGED, _OWN = (
    "  labels                     = merge(",
    "  labels                     = local.labels\n",
)
_TOPIC = "  topic                      = "
_INTERNAL = 'each.value.public ? local.public_ingress : "ALLOW_INTERNAL_ONLY"'
_INSTANCES = "max_instance_count               = "
_CONCURRENCY = "max_instance_request_concurrency = "
_SUBSCRIPTIONS, _FUNCTIONS, _FIRESTORE = "subscriptions.tf", "functions.tf", "firestore.tf"

# By what the assertion says: in which file it stands, and what makes it fail.
ASSERTIONS: Mapping[str, tuple[str, Break]] = {
    "A push is not signed in the pusher's name.": (
        "messages",
        Break(_SUBSCRIPTIONS, "service_account.pusher.email", "service_account.scheduler.email"),
    ),
    "The token of a push is not for its function.": (
        "messages",
        Break(_SUBSCRIPTIONS, f"audience              = {_URLS}", "audience = local.urls.api"),
    ),
    "A push goes elsewhere than its token is for.": (
        "messages",
        Break(_SUBSCRIPTIONS, f"${{{_URLS}}}$", "${local.urls.api}$"),
    ),
    "Nobody hears a topic.": (
        "messages",
        Break(
            _SUBSCRIPTIONS,
            f"{_TOPIC}{_OF_TOPIC}{_MERGED}",
            f'{_TOPIC}google_pubsub_topic.topic["vigil-logs"].id\n{_MERGED}',
        ),
    ),
    "What is no tick is not tried again with pauses of up to ten minutes.": (
        "messages",
        Break(_SUBSCRIPTIONS, "${each.value.maximum_backoff_seconds}s", "60s"),
    ),
    "What was set aside is offered without pauses.": (
        "messages",
        Break(_SUBSCRIPTIONS, 'maximum_backoff = "600s"', 'maximum_backoff = "10s"'),
    ),
    "A message is given up before its fiftieth attempt.": (
        "messages",
        Break(
            _SUBSCRIPTIONS,
            "max_delivery_attempts = each.value.attempts",
            "max_delivery_attempts = 5",
        ),
    ),
    "Dead letters have no subscription in which they wait.": (
        "messages",
        Break(
            _SUBSCRIPTIONS,
            f"{_TOPIC}{_OF_TOPIC}{_OWN}",
            f'{_TOPIC}google_pubsub_topic.topic["vigil-logs"].id\n{_OWN}',
        ),
    ),
    "What is no tick is never set aside.": (
        "messages",
        Break(_SUBSCRIPTIONS, "each.value.dead_letters == null ?", "true ?"),
    ),
    "Pub/Sub may not publish dead letters.": (
        "messages",
        Break("topics.tf", 'agents["pubsub.googleapis.com"]', 'agents["run.googleapis.com"]'),
    ),
    "Pub/Sub may not take dead letters out of their subscription.": (
        "messages",
        Break(_SUBSCRIPTIONS, "roles/pubsub.subscriber", "roles/pubsub.viewer"),
    ),
    "A subscription is gone when nobody has used it for a month.": (
        "messages",
        Break(
            _SUBSCRIPTIONS,
            'ttl = ""\n  }\n\n  # What is pushed',
            'ttl = "2678400s"\n  }\n\n  # What is pushed',
        ),
    ),
    "A sink sends entries of Vigil's own services.": (
        "messages",
        Break("logs.tf", 'join("|", local.own_services)', '"shop-"'),
    ),
    "A sink writes as everybody's sinks do.": (
        "messages",
        Break("logs.tf", "unique_writer_identity = true", "unique_writer_identity = false"),
    ),
    "Messages may be kept anywhere.": (
        "messages",
        Break("topics.tf", "= local.message_regions\n", '= ["us-central1", "us-east1"]\n'),
    ),
    "The doors that all may call are not api and receive_alerts.": (
        "access",
        Break("access.tf", "function if function.public }", "function if true }"),
    ),
    "A private function may be called by all.": (
        "access",
        Break("access.tf", "google_service_account.scheduler.member", '"allUsers"'),
    ),
    "A private function is reached from outside, or a public one is not.": (
        "access",
        Break(_FUNCTIONS, _INTERNAL, "local.public_ingress"),
    ),
    "A public door believes that Cloud Run has checked who pushes.": (
        "access",
        Break(_FUNCTIONS, 'function.public ? "verified" : "iam"', '"iam"'),
    ),
    "A function works in another one's name.": (
        "access",
        Break(
            _FUNCTIONS,
            "google_service_account.function[each.key].email",
            "google_service_account.builder.email",
        ),
    ),
    "A function may have any number of instances.": (
        "access",
        Break(_FUNCTIONS, f"{_INSTANCES}each.value.max_instances", f"{_INSTANCES}null"),
    ),
    "A function is not told how many requests an instance takes.": (
        "access",
        Break(_FUNCTIONS, f"{_CONCURRENCY}each.value.concurrency", f"{_CONCURRENCY}null"),
    ),
    "The functions are not those of the folder functions.": (
        "access",
        Break("../../functions/shop/main.py", "", "# A function that Terraform does not know.\n"),
    ),
    "The database can be deleted.": (
        "documents",
        Break(_FIRESTORE, '? "DELETE_PROTECTION_ENABLED"', '? "DELETE_PROTECTION_DISABLED"'),
    ),
    "Terraform may delete the database.": (
        "documents",
        Break(_FIRESTORE, '? "PREVENT"', '? "DELETE"'),
    ),
    "Documents cannot be had back as they were an hour ago.": (
        "documents",
        Break(
            _FIRESTORE, '? "POINT_IN_TIME_RECOVERY_ENABLED"', '? "POINT_IN_TIME_RECOVERY_DISABLED"'
        ),
    ),
    "Documents are not backed up each day, or backups are not kept for two weeks.": (
        "documents",
        Break(_FIRESTORE, "kept * 24 * 60 * 60", "kept * 60 * 60"),
    ),
    "A query that the code declares has no index.": (
        "documents",
        Break(
            _FIRESTORE,
            "for_each = each.value.fields\n",
            "for_each = slice(each.value.fields, 0, 1)\n",
        ),
    ),
    "A field that documents expire by, or that is not indexed, is like any other.": (
        "documents",
        Break(_FIRESTORE, "each.value.expires ? [true] : []", "[]"),
    ),
    "A function is not told its project.": (
        "settings",
        Break(_FUNCTIONS, "VIGIL_PROJECT   = var.project_id", 'VIGIL_PROJECT   = "acme"'),
    ),
    "A function is not told its database.": (
        "settings",
        Break(_FUNCTIONS, "= google_firestore_database.documents.name\n", '= "vigil"\n'),
    ),
    "A function does not log as it is told.": (
        "settings",
        Break(_FUNCTIONS, "= var.settings.log_level", '= "INFO"'),
    ),
    "A function does not know its own address.": (
        "settings",
        Break(
            _FUNCTIONS,
            "VIGIL_PUSH_AUDIENCE = local.urls[name]",
            "VIGIL_PUSH_AUDIENCE = local.urls.api",
        ),
    ),
    "A function does not know who may call it.": (
        "settings",
        Break(
            _FUNCTIONS,
            'join(",", distinct(local.callers[name]))',
            "google_service_account.pusher.email",
        ),
    ),
    "Variables do not decide how batches are made.": (
        "settings",
        Break(_FUNCTIONS, "= var.settings.batch_linger_ms", "= 250"),
    ),
    "Variables do not decide which model is asked, and what it may cost.": (
        "settings",
        Break(_FUNCTIONS, "= var.model.daily_tokens", "= 2000000"),
    ),
    "The sinks of streams do not exclude what the variable names.": (
        "settings",
        Break(
            _FUNCTIONS,
            'VIGIL_OWN_SERVICES = join(",", local.own_services)\n      VIGIL_PUBLIC_URL',
            'VIGIL_OWN_SERVICES = "vigil-"\n      VIGIL_PUBLIC_URL',
        ),
    ),
    "Notifications do not name the domain.": (
        "settings",
        Break(
            _FUNCTIONS,
            "{ VIGIL_PUBLIC_URL = local.public_url }",
            "{ VIGIL_PUBLIC_URL = local.urls.api }",
        ),
    ),
    "As many instances as there may be cannot be kept waiting.": (
        "variables",
        Break(_FUNCTIONS, "= each.value.min_instances", "= 0"),
    ),
}
