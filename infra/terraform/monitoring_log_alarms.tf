# Lines of which one is enough. Cloud Logging looks at each as it comes, so nothing has to have been
# counted before, and none is overlooked.

locals {
  _log_alarms = {
    cannot-start = {
      title    = "Cannot start"
      severity = "CRITICAL"
      means    = "A function ends as it starts, because it cannot work with its settings. Cloud Run keeps the revision before it, if there is one."
      first    = "The reason is in that line: it names each setting that is missing or wrong."
      filter   = "${local._ours} AND ${local._line.cannot_start}"
      extract  = { component = "EXTRACT(labels.component)", reason = "EXTRACT(jsonPayload.reason)" }
    }
    lost-page = {
      title    = "Lost page"
      severity = "CRITICAL"
      means    = "A channel will not take a notification, or has not for hours. Vigil has told another channel of that tenant, if there is one; else nobody knows of the alert."
      first    = "Open the alert that is named here and see that its people know. Then mend the channel: the reason is in the line."
      filter   = "${local._ours} AND ${local._line.lost_page}"
      extract  = { tenant = "EXTRACT(labels.tenant_id)", alert = "EXTRACT(labels.alert_id)", channel = "EXTRACT(labels.channel_id)", reason = "EXTRACT(jsonPayload.reason)" }
    }
    waiting-page = {
      title    = "Waiting page"
      severity = "ERROR"
      means    = "A notification was tried five times, for some minutes, and its channel does not take it. It is tried for two and a half hours."
      first    = "Is Slack, or whoever receives that webhook, down? The reason is in the line."
      filter   = "${local._ours} AND ${local._line.waiting_page} AND jsonPayload.attempts>=5"
      extract  = { tenant = "EXTRACT(labels.tenant_id)", alert = "EXTRACT(labels.alert_id)", channel = "EXTRACT(labels.channel_id)", reason = "EXTRACT(jsonPayload.reason)" }
    }
    set-aside = {
      title    = "Set aside"
      severity = "ERROR"
      means    = "A message is of a kind that no retry would help: it was acknowledged and is counted, but not worked on."
      first    = "The reason is in the line. After a deployment, two versions may not understand each other: roll back."
      filter   = "${local._ours} AND ${local._line.set_aside}"
      extract  = { component = "EXTRACT(labels.component)", reason = "EXTRACT(jsonPayload.reason)" }
    }
    not-judged = {
      title    = "Not judged"
      severity = "ERROR"
      means    = "What is known of a service cannot be read, so nothing is found there. Other services and tenants are judged."
      first    = "The exception in the line; its label tenant_id says whose service."
      filter   = "${local._ours} AND ${local._line.not_judged}"
      extract  = { component = "EXTRACT(labels.component)" }
    }
    out-of-memory = {
      title    = "Out of memory"
      severity = "ERROR"
      means    = "An instance was killed because it needed more memory than it has. What it worked on comes again, and may kill the next one."
      first    = "Give the function more memory: `functions` in the variables. If one message does it each time, it ends among the dead letters."
      filter   = "${local._ours} AND textPayload=~\"Memory limit of .* exceeded\""
      extract  = { service = "EXTRACT(resource.labels.service_name)" }
    }
    schedules = {
      title    = "Schedules"
      severity = "WARNING"
      means    = "Cloud Scheduler could not do a job of Vigil's: send a tick, or have expired documents deleted. It tries again."
      first    = "The status in that entry: a permission that is missing does not come back by itself."
      filter = join(" AND ", [
        "resource.type=\"cloud_scheduler_job\"",
        "resource.labels.job_id=(${join(" OR ", [for job in [google_cloud_scheduler_job.tick, google_cloud_scheduler_job.cleanup] : jsonencode(job.name)])})",
        "severity>=ERROR",
      ])
      extract = { job = "EXTRACT(resource.labels.job_id)" }
    }
  }
}

resource "google_monitoring_alert_policy" "logged" {
  for_each = local._log_alarms

  project               = var.project_id
  display_name          = "Vigil: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels
  user_labels           = merge(local.labels, { alarm = each.key })

  conditions {
    display_name = each.value.title

    condition_matched_log {
      filter           = each.value.filter
      label_extractors = each.value.extract
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Vigil in ${var.project_id}: ${each.value.title}"
    content   = "${each.value.means}\n\nFirst: ${each.value.first}\n\nMore is in docs/alarms.md, \"${each.value.title}\"."
  }

  alert_strategy {
    auto_close = "1800s"

    # Only alarms of this kind may have one, and have to.
    notification_rate_limit {
      period = "3600s"
    }
  }

  depends_on = [time_sleep.services_are_on]
}
