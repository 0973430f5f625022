variable "delivery" {
  description = "How changes of the repository are tested, planned and deployed by Cloud Build, as cloudbuild.yaml says; nothing is made for it without this. The repository is one that was connected to Cloud Build before."
  type = object({
    # projects/P/locations/L/connections/C/repositories/R
    repository = string
    branch     = optional(string, "main")
    # Where the state is, in which folder Terraform is run, and which values of this environment it
    # is given, seen from there.
    state_bucket = string
    root         = optional(string, "infra/terraform")
    var_file     = string
    # Whether a person says yes before a change is deployed, and who may.
    approval  = optional(bool, true)
    approvers = optional(set(string), [])
    # How long each function is watched before the next one is deployed.
    watch_seconds = optional(number, 120)
  })
  default = null

  validation {
    condition     = var.delivery == null || can(regex("^projects/[^/]+/locations/[^/]+/connections/[^/]+/repositories/[^/]+$", var.delivery.repository))
    error_message = "delivery.repository is projects/P/locations/L/connections/C/repositories/R, as gcloud builds repositories list says."
  }

  validation {
    condition     = var.delivery == null || can(regex("^[A-Za-z0-9._/-]+$", var.delivery.branch))
    error_message = "delivery.branch is the name of one branch, not a pattern."
  }

  validation {
    condition     = var.delivery == null || can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", var.delivery.state_bucket))
    error_message = "delivery.state_bucket is a bucket's name without gs:// before it."
  }

  validation {
    condition     = var.delivery == null || can(regex("^[A-Za-z0-9._-][A-Za-z0-9._/-]*\\.tfvars$", var.delivery.var_file))
    error_message = "delivery.var_file is a path below delivery.root such as environments/production.tfvars."
  }

  validation {
    condition     = var.delivery == null || can(regex("^[A-Za-z0-9._-][A-Za-z0-9._/-]*$", var.delivery.root))
    error_message = "delivery.root is a folder of the repository, such as infra/terraform."
  }

  validation {
    condition     = var.delivery == null || try(var.delivery.watch_seconds >= 0 && var.delivery.watch_seconds <= 600, false)
    error_message = "delivery.watch_seconds is 0 to 600."
  }

  validation {
    condition     = var.delivery == null || alltrue([for member in try(var.delivery.approvers, []) : can(regex("^(user|group|serviceAccount):.+@.+$", member))])
    error_message = "delivery.approvers are such as group:operators@example.com."
  }
}

locals {
  _delivery = var.delivery == null ? {} : { this = var.delivery }

  # What the pipeline may change is what runs. Who may do what, and what keeps documents, it can
  # only read: infra/delivery/planned_changes.py stops where a person has to apply a change.
  _deployer_roles = var.delivery == null ? [] : concat(
    [
      "roles/artifactregistry.reader",
      "roles/browser",
      "roles/cloudbuild.builds.viewer",
      "roles/cloudfunctions.developer",
      "roles/cloudscheduler.admin",
      "roles/datastore.backupSchedulesAdmin",
      "roles/datastore.indexAdmin",
      "roles/iam.roleViewer",
      "roles/iam.securityReviewer",
      "roles/iam.serviceAccountViewer",
      "roles/logging.logWriter",
      "roles/logging.viewer",
      "roles/monitoring.editor",
      "roles/run.developer",
      "roles/secretmanager.viewer",
      "roles/serviceusage.serviceUsageViewer",
    ],
    var.network == null && var.domain == null ? [] : ["roles/compute.viewer"],
  )
  _planner_roles = var.delivery == null ? [] : ["roles/browser", "roles/logging.logWriter"]

  # As whom functions run, are built and are called.
  _acted_as = var.delivery == null ? {} : merge(
    { for name, account in google_service_account.function : name => account.name },
    {
      builder   = google_service_account.builder.name
      pusher    = google_service_account.pusher.name
      scheduler = google_service_account.scheduler.name
    },
  )

  _triggers = var.delivery == null ? {} : {
    propose = { account = google_service_account.planner["this"], apply = false, approval = false }
    deploy  = { account = google_service_account.deployer["this"], apply = true, approval = var.delivery.approval }
  }
}

# A proposal runs the code of whoever proposes it, so its account sees the recorded state and
# nothing else.
resource "google_service_account" "planner" {
  for_each = local._delivery

  project      = var.project_id
  account_id   = "${local.prefix}-planner"
  display_name = "Vigil: proposals"
  description  = "As whom Cloud Build tests and plans what is proposed."
  depends_on   = [time_sleep.services_are_on]
}

resource "google_service_account" "deployer" {
  for_each = local._delivery

  project      = var.project_id
  account_id   = "${local.prefix}-deployer"
  display_name = "Vigil: deployments"
  description  = "As whom Cloud Build deploys what was approved."
  depends_on   = [time_sleep.services_are_on]
}

resource "google_project_iam_member" "planner" {
  for_each = toset(local._planner_roles)

  project = var.project_id
  role    = each.key
  member  = google_service_account.planner["this"].member
}

resource "google_project_iam_member" "deployer" {
  for_each = toset(local._deployer_roles)

  project = var.project_id
  role    = each.key
  member  = google_service_account.deployer["this"].member
}

# roles/logging.configWriter may also delete buckets with all that was ever logged, and
# roles/pubsub.editor may read the entries of all tenants.
resource "google_project_iam_custom_role" "deployer" {
  for_each = local._delivery

  project     = var.project_id
  role_id     = "vigilDeployer"
  title       = "Vigil: deployments"
  description = "Make and change topics, subscriptions, sinks, exclusions and metrics of logs."
  permissions = [
    "logging.exclusions.create",
    "logging.exclusions.get",
    "logging.exclusions.list",
    "logging.exclusions.update",
    "logging.logMetrics.create",
    "logging.logMetrics.delete",
    "logging.logMetrics.get",
    "logging.logMetrics.list",
    "logging.logMetrics.update",
    "logging.sinks.create",
    "logging.sinks.get",
    "logging.sinks.list",
    "logging.sinks.update",
    "pubsub.subscriptions.create",
    "pubsub.subscriptions.get",
    "pubsub.subscriptions.list",
    "pubsub.subscriptions.update",
    "pubsub.topics.attachSubscription",
    "pubsub.topics.create",
    "pubsub.topics.get",
    "pubsub.topics.list",
    "pubsub.topics.update",
  ]
  depends_on = [time_sleep.services_are_on]
}

resource "google_project_iam_member" "deployer_own_role" {
  for_each = local._delivery

  project = var.project_id
  role    = "projects/${var.project_id}/roles/${google_project_iam_custom_role.deployer[each.key].role_id}"
  member  = google_service_account.deployer[each.key].member
}

resource "google_project_iam_member" "approver" {
  for_each = toset(var.delivery == null ? [] : var.delivery.approvers)

  project = var.project_id
  role    = "roles/cloudbuild.builds.approver"
  member  = each.key
}

resource "google_service_account_iam_member" "deployer" {
  for_each = local._acted_as

  service_account_id = each.value
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.deployer["this"].member
}

resource "google_storage_bucket_iam_member" "state_reader" {
  for_each = local._delivery

  bucket = each.value.state_bucket
  role   = "roles/storage.objectViewer"
  member = google_service_account.planner["this"].member
}

resource "google_storage_bucket_iam_member" "state_writer" {
  for_each = local._delivery

  bucket = each.value.state_bucket
  role   = "roles/storage.objectUser"
  member = google_service_account.deployer["this"].member
}

resource "google_storage_bucket_iam_member" "sources" {
  for_each = var.delivery == null ? [] : toset(["roles/storage.legacyBucketReader", "roles/storage.objectUser"])

  bucket = google_storage_bucket.sources.name
  role   = each.key
  member = google_service_account.deployer["this"].member
}

resource "google_kms_crypto_key_iam_member" "deployer" {
  for_each = var.encryption == null ? {} : local._delivery

  crypto_key_id = var.encryption.key
  role          = "roles/iam.securityReviewer"
  member        = google_service_account.deployer["this"].member
}

# The API key with which a deployment proves itself; an operator adds it as a version.
resource "google_secret_manager_secret" "canary_key" {
  for_each = local._delivery

  project   = var.project_id
  secret_id = "${local.prefix}-canary-key"
  labels    = local.labels

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

  depends_on = [time_sleep.services_are_on, time_sleep.key_may_be_used]
}

resource "google_secret_manager_secret_iam_member" "canary_key" {
  for_each = local._delivery

  project   = var.project_id
  secret_id = google_secret_manager_secret.canary_key[each.key].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.deployer["this"].member
}

resource "google_cloudbuild_trigger" "delivery" {
  for_each = local._triggers

  project            = var.project_id
  location           = split("/", var.delivery.repository)[3]
  name               = "${local.prefix}-${each.key}"
  description        = each.value.apply ? "Tests, plans and deploys what was merged." : "Tests and plans what is proposed."
  filename           = "cloudbuild.yaml"
  service_account    = each.value.account.id
  include_build_logs = "INCLUDE_BUILD_LOGS_WITH_STATUS"

  substitutions = {
    _APPLY         = tostring(each.value.apply)
    _ROOT          = var.delivery.root
    _STATE_BUCKET  = var.delivery.state_bucket
    _VAR_FILE      = var.delivery.var_file
    _WATCH_SECONDS = tostring(var.delivery.watch_seconds)
  }

  repository_event_config {
    repository = var.delivery.repository

    dynamic "push" {
      for_each = each.value.apply ? [true] : []

      content {
        branch = "^${replace(var.delivery.branch, ".", "\\.")}$"
      }
    }

    dynamic "pull_request" {
      for_each = each.value.apply ? [] : [true]

      content {
        branch = "^${replace(var.delivery.branch, ".", "\\.")}$"
        # Of somebody who may not write to the repository nothing runs until an owner says so.
        comment_control = "COMMENTS_ENABLED_FOR_EXTERNAL_CONTRIBUTORS_ONLY"
      }
    }
  }

  dynamic "approval_config" {
    for_each = each.value.approval ? [true] : []

    content {
      approval_required = true
    }
  }

  # A build whose account may not yet do its work would fail at the first push.
  depends_on = [
    google_project_iam_member.deployer,
    google_project_iam_member.deployer_own_role,
    google_project_iam_member.planner,
    time_sleep.services_are_on,
    google_service_account_iam_member.deployer,
    google_storage_bucket_iam_member.state_reader,
    google_storage_bucket_iam_member.state_writer,
  ]
}

output "canary_key_command" {
  description = "How the deployments are given the API key of their canary; null without delivery."
  value       = var.delivery == null ? null : <<-EOT
    vigil keys create --tenant canary --role responder --name canary |
      gcloud secrets versions add ${google_secret_manager_secret.canary_key["this"].secret_id} --project=${var.project_id} --data-file=-
  EOT
}
