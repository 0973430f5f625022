resource "google_pubsub_subscription" "push" {
  for_each = local._topology.pushes

  project                    = var.project_id
  name                       = each.key
  topic                      = google_pubsub_topic.topic[each.value.topic].id
  labels                     = merge(local.labels, { function = each.value.function })
  ack_deadline_seconds       = each.value.ack_deadline_seconds
  message_retention_duration = "${each.value.retention_seconds}s"

  push_config {
    push_endpoint = "${local.urls[each.value.function]}${each.value.path}"

    oidc_token {
      service_account_email = google_service_account.pusher.email
      audience              = local.urls[each.value.function]
    }
  }

  retry_policy {
    minimum_backoff = "${each.value.minimum_backoff_seconds}s"
    maximum_backoff = "${each.value.maximum_backoff_seconds}s"
  }

  dynamic "dead_letter_policy" {
    for_each = each.value.dead_letters == null ? [] : [each.value.dead_letters]

    content {
      dead_letter_topic     = google_pubsub_topic.topic[dead_letter_policy.value].id
      max_delivery_attempts = each.value.attempts
    }
  }

  # A subscription that nobody used for a month would be gone when the first entry comes.
  expiration_policy {
    ttl = ""
  }

  # What is pushed before the function is there would count as attempts.
  depends_on = [
    google_cloud_run_v2_service_iam_member.pusher,
    google_pubsub_topic_iam_member.dead_letters,
    google_service_account_iam_member.pushes_as_pusher,
  ]
}

# What was given up, until somebody has seen to it: `vigil deadletters list`.
resource "google_pubsub_subscription" "set_aside" {
  for_each = local._topology.set_aside

  project                    = var.project_id
  name                       = each.key
  topic                      = google_pubsub_topic.topic[each.value.topic].id
  labels                     = local.labels
  ack_deadline_seconds       = each.value.ack_deadline_seconds
  message_retention_duration = "${each.value.retention_seconds}s"

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  expiration_policy {
    ttl = ""
  }
}

# Pub/Sub takes out of a subscription what it sets aside, and needs to be allowed to.
resource "google_pubsub_subscription_iam_member" "dead_letters" {
  for_each = { for name, push in local._topology.pushes : name => push if push.dead_letters != null }

  project      = var.project_id
  subscription = google_pubsub_subscription.push[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = local.service_agents["pubsub.googleapis.com"]
}
