variable "cleanup_schedule" {
  description = "When expired documents are deleted each day, as minute and hour of a crontab in UTC; a quiet hour."
  type        = string
  default     = "23 3 * * *"

  validation {
    condition     = length(split(" ", var.cleanup_schedule)) == 5
    error_message = "cleanup_schedule has five fields, as in 23 3 * * *."
  }
}

# What is due by time alone. Whoever misses a tick does all of it at the next.
resource "google_cloud_scheduler_job" "tick" {
  project     = var.project_id
  region      = var.region
  name        = "${local.prefix}-tick"
  description = "Each minute: judge the windows that are over, correlate, send what is due."
  schedule    = "* * * * *"
  time_zone   = "Etc/UTC"

  pubsub_target {
    topic_name = google_pubsub_topic.topic["vigil-ticks"].id
    attributes = { event_type = "tick" }
  }

  retry_config {
    retry_count = 3
  }

  depends_on = [google_project_service_identity.agent]
}

resource "google_cloud_scheduler_job" "cleanup" {
  project          = var.project_id
  region           = var.region
  name             = "${local.prefix}-cleanup"
  description      = "Each day: delete what has expired and Firestore's own expiry does not reach."
  schedule         = var.cleanup_schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = "${local.functions.cleanup.timeout_seconds}s"

  http_target {
    http_method = "POST"
    uri         = "${local.urls.cleanup}/"

    oidc_token {
      service_account_email = google_service_account.scheduler.email
      audience              = local.urls.cleanup
    }
  }

  # It goes on where it stopped.
  retry_config {
    retry_count          = 5
    min_backoff_duration = "30s"
    max_backoff_duration = "600s"
  }

  depends_on = [
    google_cloud_run_v2_service_iam_member.scheduler,
    google_project_service_identity.agent,
  ]
}
