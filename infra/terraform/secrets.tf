# What channels need and nobody may read: addresses of webhooks, keys. A channel names a secret as
# secret:NAME, and manage_alerts alone can read it.

variable "secrets" {
  description = "Secrets by their names, by which a channel names them, as secret:NAME. A value comes with secret_values if value_version is set, which is counted up with each new value; else it is added by hand with gcloud secrets versions add NAME --data-file=-. With rotation_days the operators are told when it is time for the next."
  type = map(object({
    value_version = optional(number)
    rotation_days = optional(number)
  }))
  default = {}

  validation {
    condition     = alltrue([for name in keys(var.secrets) : can(regex("^[A-Za-z0-9_-]{1,255}$", name))])
    error_message = "secrets have names of 1 to 255 letters, digits, _ and -."
  }

  validation {
    condition     = alltrue([for each in values(var.secrets) : coalesce(each.value_version, 1) >= 1 && floor(coalesce(each.value_version, 1)) == coalesce(each.value_version, 1)])
    error_message = "secrets: value_version is a whole number from 1."
  }

  validation {
    condition     = alltrue([for each in values(var.secrets) : coalesce(each.rotation_days, 1) >= 1 && coalesce(each.rotation_days, 1) <= 3650])
    error_message = "secrets: rotation_days is 1 to 3650."
  }
}

variable "secret_values" {
  description = "Values by the names of secrets; given when one is new, by TF_VAR_secret_values and not by a file, whose lines Terraform shows where it refuses them. They reach Secret Manager, but neither a plan nor the state."
  type        = map(string)
  default     = {}
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = alltrue([for name in keys(var.secret_values) : try(var.secrets[name].value_version, null) != null])
    error_message = "secret_values has a value for what is not in secrets, or has no value_version there."
  }

  validation {
    condition     = alltrue([for value in values(var.secret_values) : length(value) >= 1 && length(value) <= 65536])
    error_message = "secret_values: a secret is 1 to 65536 bytes."
  }
}

locals {
  _rotated = { for name, each in var.secrets : name => each if each.rotation_days != null }
}

resource "google_secret_manager_secret" "secret" {
  for_each = var.secrets

  project   = var.project_id
  secret_id = each.key
  labels    = local.labels
  # A version that was replaced can be had back for a week.
  version_destroy_ttl = "604800s"

  replication {
    user_managed {
      replicas {
        location = var.region

        dynamic "customer_managed_encryption" {
          for_each = local.kms_key == null ? [] : [local.kms_key]

          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  dynamic "topics" {
    for_each = each.value.rotation_days == null ? [] : [google_pubsub_topic.secret_notices[0].id]

    content {
      name = topics.value
    }
  }

  dynamic "rotation" {
    for_each = each.value.rotation_days == null ? [] : [each.value.rotation_days]

    content {
      rotation_period    = "${rotation.value * 24 * 60 * 60}s"
      next_rotation_time = timeadd(plantimestamp(), "${rotation.value * 24}h")
    }
  }

  lifecycle {
    # Secret Manager counts on from the first by itself, and a plan would turn it back.
    ignore_changes = [rotation[0].next_rotation_time]
  }

  depends_on = [
    time_sleep.key_may_be_used,
    time_sleep.services_are_on,
    time_sleep.notices_may_be_published,
  ]
}

resource "google_secret_manager_secret_version" "value" {
  for_each = { for name, each in var.secrets : name => each if each.value_version != null }

  secret                 = google_secret_manager_secret.secret[each.key].id
  secret_data_wo         = try(var.secret_values[each.key], null)
  secret_data_wo_version = each.value.value_version

  lifecycle {
    # What is read in between is still there.
    create_before_destroy = true
  }
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = var.secrets

  project   = var.project_id
  secret_id = google_secret_manager_secret.secret[each.key].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function["manage_alerts"].member
}

resource "google_pubsub_topic" "secret_notices" {
  count = length(local._rotated) == 0 ? 0 : 1

  project      = var.project_id
  name         = "${local.prefix}-secret-notices"
  labels       = local.labels
  kms_key_name = local.kms_key

  message_storage_policy {
    allowed_persistence_regions = local.message_regions
    enforce_in_transit          = false
  }

  depends_on = [time_sleep.services_are_on, time_sleep.key_may_be_used]
}

resource "google_pubsub_topic_iam_member" "secret_notices" {
  count = length(local._rotated) == 0 ? 0 : 1

  project = var.project_id
  topic   = google_pubsub_topic.secret_notices[0].name
  role    = "roles/pubsub.publisher"
  member  = local.service_agents["secretmanager.googleapis.com"]
}

# Secret Manager tries the topic of a secret before it makes the secret.
resource "time_sleep" "notices_may_be_published" {
  count = length(local._rotated) == 0 ? 0 : 1

  create_duration = "120s"
  depends_on      = [google_pubsub_topic_iam_member.secret_notices]
}

# Which secrets are due: a notice waits here until somebody has seen to it. Of what else is told
# about secrets, such as a version that was added, nothing is kept.
resource "google_pubsub_subscription" "rotations" {
  count = length(local._rotated) == 0 ? 0 : 1

  project                    = var.project_id
  name                       = "${local.prefix}-secret-rotations"
  topic                      = google_pubsub_topic.secret_notices[0].id
  labels                     = local.labels
  filter                     = "attributes.eventType = \"SECRET_ROTATE\""
  ack_deadline_seconds       = 60
  message_retention_duration = "2678400s"

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  expiration_policy {
    ttl = ""
  }
}

resource "google_monitoring_alert_policy" "rotations" {
  count = length(local._rotated) == 0 ? 0 : 1

  project               = var.project_id
  display_name          = "Vigil: Secret rotation"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.channels
  user_labels           = merge(local.labels, { alarm = "secret-rotation" })

  conditions {
    display_name = "A notice waits"

    condition_prometheus_query_language {
      query               = "max by (subscription_id) (${local._waiting}{${local._of_subscriptions}=\"${google_pubsub_subscription.rotations[0].name}\"}) > 0"
      duration            = "0s"
      evaluation_interval = "60s"
      # In a new project nothing has been measured yet.
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = "1800s"
  }

  documentation {
    mime_type = "text/markdown"
    content   = <<-EOT
      See which secrets are due, without taking the notices away:

          gcloud pubsub subscriptions pull ${local.prefix}-secret-rotations --project ${var.project_id} --limit 10 --format 'value(message.attributes.secretId)'

      Add a new version of each (`gcloud secrets versions add NAME --data-file=-`); Vigil uses it within a minute. Then
      disable the old one, and repeat the first command with --auto-ack, which ends this alarm.

      More is in docs/alarms.md, "Secret rotation".
    EOT
  }
}
