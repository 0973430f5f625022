# Somebody outside who asks how it goes. Each answer has read a document.

resource "google_monitoring_uptime_check_config" "health" {
  for_each = contains(var.public_invokers, "allUsers") ? toset(["api"]) : toset([])

  project            = var.project_id
  display_name       = "Vigil: health"
  period             = "300s"
  timeout            = "30s"
  selected_regions   = ["USA", "EUROPE", "ASIA_PACIFIC"]
  log_check_failures = true
  user_labels        = local.labels

  monitored_resource {
    type = "uptime_url"
    labels = {
      project_id = var.project_id
      host       = trimprefix(local.public_url, "https://")
    }
  }

  http_check {
    path           = "/health"
    port           = 443
    request_method = "GET"
    use_ssl        = true
    validate_ssl   = true

    accepted_response_status_codes {
      status_value = 200
    }
  }

  content_matchers {
    content = "healthy"
    matcher = "MATCHES_JSON_PATH"

    json_path_matcher {
      json_path    = "$.status"
      json_matcher = "EXACT_MATCH"
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.public]
}
