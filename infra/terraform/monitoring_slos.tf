# What Vigil promises those who run it, and alarms by how fast a promise is being broken. One that
# lasts an hour at fourteen times the pace uses up a fiftieth of what four weeks allow.

locals {
  _objectives = {
    intake = {
      title   = "Intake objective"
      goal    = var.operators.objectives.intake
      promise = "pushes of entries are taken at once"
      total   = "metric.type=\"pubsub.googleapis.com/subscription/push_request_count\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=\"batch-logs\""
      good    = "metric.labels.response_class=\"ack\""
      means   = "batch_logs does not take what is pushed to it. Entries wait in Pub/Sub and come again; nothing is lost."
    }
    detection = {
      title        = "Detection objective"
      goal         = var.operators.objectives.detection
      promise      = "minutes in which no batch waits for longer than a minute"
      waits        = "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=\"detect-anomalies\""
      most_seconds = 60
      means        = "detect_anomalies is behind. What strays is found later than promised."
    }
    alerting = {
      title        = "Alerting objective"
      goal         = var.operators.objectives.alerting
      promise      = "minutes in which no event waits for longer than a minute"
      waits        = "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=\"manage-alerts\""
      most_seconds = 60
      means        = "manage_alerts is behind. Pages go out later than promised."
    }
    api-availability = {
      title   = "API availability objective"
      goal    = var.operators.objectives.api_availability
      promise = "requests to the API are answered without an error of ours"
      total   = "metric.type=\"run.googleapis.com/request_count\" AND resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${local.function_names.api}\""
      good    = "metric.labels.response_code_class!=\"5xx\""
      means   = "People and programs get errors from the API. What is found is told all the same."
    }
    api-latency = {
      title             = "API latency objective"
      goal              = var.operators.objectives.api_latency
      promise           = "requests to the API are answered within a second"
      latencies         = "metric.type=\"run.googleapis.com/request_latencies\" AND resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${local.function_names.api}\""
      most_milliseconds = 1000
      means             = "The API is slow, or too often started cold."
    }
  }

  _objective_names = {
    for name, objective in google_monitoring_slo.objective :
    name => "projects/${var.project_id}/services/${objective.service}/serviceLevelObjectives/${objective.slo_id}"
  }

  # Both windows have to be bad: the long one says that it matters, the short one that it goes on.
  _burns = {
    fast = { rate = 14.4, windows = { long = "3600s", short = "300s" }, severity = "CRITICAL", said = "A fiftieth of the errors that four weeks allow were used up within an hour." }
    slow = { rate = 6, windows = { long = "21600s", short = "1800s" }, severity = "WARNING", said = "A twentieth of the errors that four weeks allow were used up within six hours." }
  }

  _burning = merge([
    for name, objective in local._objectives : {
      for pace, burn in local._burns : "${name}-${pace}" => merge(burn, { objective = name, pace = pace, title = objective.title, means = objective.means })
    }
  ]...)
}

resource "google_monitoring_custom_service" "vigil" {
  project      = var.project_id
  service_id   = local.prefix
  display_name = "Vigil"
  user_labels  = local.labels
  depends_on   = [time_sleep.services_are_on]
}

resource "google_monitoring_slo" "objective" {
  for_each = local._objectives

  project             = var.project_id
  service             = google_monitoring_custom_service.vigil.service_id
  slo_id              = "${local.prefix}-${each.key}"
  display_name        = "${100 * each.value.goal} % of ${each.value.promise}"
  goal                = each.value.goal
  rolling_period_days = 28
  user_labels         = local.labels

  dynamic "request_based_sli" {
    for_each = can(each.value.waits) ? [] : [each.value]

    content {
      dynamic "good_total_ratio" {
        for_each = can(each.value.good) ? [each.value] : []

        content {
          good_service_filter  = "${good_total_ratio.value.total} AND ${good_total_ratio.value.good}"
          total_service_filter = good_total_ratio.value.total
        }
      }

      dynamic "distribution_cut" {
        for_each = can(each.value.latencies) ? [each.value] : []

        content {
          distribution_filter = distribution_cut.value.latencies

          range {
            max = distribution_cut.value.most_milliseconds
          }
        }
      }
    }
  }

  dynamic "windows_based_sli" {
    for_each = can(each.value.waits) ? [each.value] : []

    content {
      window_period = "60s"

      metric_mean_in_range {
        time_series = windows_based_sli.value.waits

        range {
          max = windows_based_sli.value.most_seconds
        }
      }
    }
  }

  depends_on = [
    google_cloudfunctions2_function.function,
    google_pubsub_subscription.push,
  ]
}

resource "google_monitoring_alert_policy" "burning" {
  for_each = local._burning

  project               = var.project_id
  display_name          = "Vigil: ${each.value.title}, ${each.value.pace} burn"
  combiner              = "AND"
  severity              = each.value.severity
  notification_channels = local.channels
  user_labels           = merge(local.labels, { alarm = each.key })

  dynamic "conditions" {
    for_each = each.value.windows

    content {
      display_name = "Over ${tonumber(trimsuffix(conditions.value, "s")) / 60} minutes"

      condition_threshold {
        filter          = "select_slo_burn_rate(\"${local._objective_names[each.value.objective]}\", \"${conditions.value}\")"
        comparison      = "COMPARISON_GT"
        threshold_value = each.value.rate
        duration        = "0s"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Vigil in ${var.project_id}: ${each.value.title}"
    content   = "${each.value.said} ${each.value.means}\n\nFirst: see which other alarms are open; they name the cause.\n\nMore is in docs/alarms.md, \"${each.value.title}\"."
  }

  alert_strategy {
    auto_close           = "1800s"
    notification_prompts = ["OPENED", "CLOSED"]
  }
}
