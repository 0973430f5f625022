# What somebody is told of, and docs/alarms.md says the rest of. In PromQL, since that alone may
# name what has not been measured yet: in a new project most of this has not.

locals {
  # Selectors. A regular expression in PromQL has to match the whole of a value.
  _of_services      = "monitored_resource=\"cloud_run_revision\",service_name"
  _of_subscriptions = "monitored_resource=\"pubsub_subscription\",subscription_id"

  _requests  = "run_googleapis_com:request_count"
  _pushes    = "pubsub_googleapis_com:subscription_push_request_count"
  _waiting   = "pubsub_googleapis_com:subscription_num_undelivered_messages"
  _oldest    = "pubsub_googleapis_com:subscription_oldest_unacked_message_age"
  _instances = "run_googleapis_com:container_instance_count"

  _every_service      = join("|", values(local.function_names))
  _every_push         = join("|", keys(local._topology.pushes))
  _every_set_aside    = join("|", keys(local._topology.set_aside))
  _ticked             = [for name, push in local._topology.pushes : name if push.topic == "vigil-ticks"]
  _limits             = var.operators.thresholds
  _instances_at_least = { for name, function in local.functions : name => function.max_instances if function.max_instances > 1 }

  # Twice as long as one push may take is no backlog yet, and half of what is kept is late to notice.
  _late_after = {
    for name, push in local._topology.pushes :
    name => min(max(local._limits.backlog_seconds, 2 * push.ack_deadline_seconds), push.retention_seconds / 2)
  }
  # Of what nobody waits for only that is too slow which is about to be cut off.
  _slow_after = {
    for name, function in local.functions :
    name => 1000 * (function.public ? local._limits.public_latency_seconds : 0.9 * function.timeout_seconds)
  }

  # Those that share a threshold are asked for together.
  _late_together      = { for name, seconds in local._late_after : tostring(seconds) => name... }
  _slow_together      = { for name, milliseconds in local._slow_after : tostring(milliseconds) => local.function_names[name]... }
  _instances_together = { for name, count in local._instances_at_least : tostring(count) => local.function_names[name]... }

  _alarms = {
    dead-letters = {
      title    = "Dead letters"
      severity = "CRITICAL"
      for      = "0s"
      means    = "Messages were given up after all attempts. Nobody works on them until somebody lets them come back; after seven days they are gone."
      first    = "`vigil deadletters list` says which, and how many. Find out why they failed before you send them back."
      query    = "max by (subscription_id) (${local._waiting}{${local._of_subscriptions}=~\"${local._every_set_aside}\"}) > 0"
    }
    backlog = {
      title    = "Backlog"
      severity = "ERROR"
      for      = "120s"
      means    = "The oldest message in front of a function has waited for too long. What it says is found, and told, that much later. Nothing is lost yet."
      first    = "Look at the errors of the function behind that subscription; if there are none, at the number of its instances."
      query = join(" or ", [
        for seconds, names in local._late_together :
        "max by (subscription_id) (${local._oldest}{${local._of_subscriptions}=~\"${join("|", names)}\"}) > ${seconds}"
      ])
    }
    failing-pushes = {
      title    = "Failing pushes"
      severity = "ERROR"
      for      = "300s"
      means    = "A function does not take what is pushed to it: it fails, it is too slow, or it may not be called. Pub/Sub tries again."
      first    = "The subscription's response class: remote_server_4xx is a permission, remote_server_5xx the function, deadline_exceeded its time."
      query = join(" and ", [
        "sum by (subscription_id) (rate(${local._pushes}{${local._of_subscriptions}=~\"${local._every_push}\",response_class!=\"ack\"}[10m])) / sum by (subscription_id) (rate(${local._pushes}{${local._of_subscriptions}=~\"${local._every_push}\"}[10m])) > ${local._limits.error_ratio}",
        "sum by (subscription_id) (increase(${local._pushes}{${local._of_subscriptions}=~\"${local._every_push}\",response_class!=\"ack\"}[10m])) > 10",
      ])
    }
    errors = {
      title    = "Errors"
      severity = "ERROR"
      for      = "300s"
      means    = "A function answers too many requests with an error of its own."
      first    = "The function's log, at severity ERROR. Was it deployed within the last hour?"
      query = join(" and ", [
        "sum by (service_name) (rate(${local._requests}{${local._of_services}=~\"${local._every_service}\",response_code_class=\"5xx\"}[10m])) / sum by (service_name) (rate(${local._requests}{${local._of_services}=~\"${local._every_service}\"}[10m])) > ${local._limits.error_ratio}",
        "sum by (service_name) (increase(${local._requests}{${local._of_services}=~\"${local._every_service}\",response_code_class=\"5xx\"}[10m])) > 10",
      ])
    }
    slow-answers = {
      title    = "Slow answers"
      severity = "WARNING"
      for      = "600s"
      means    = "One request in twenty takes too long: at a public door for who waits, elsewhere nearly as long as the function may work."
      first    = "The dashboard: is the function at its most instances, or Firestore slow?"
      query = join(" or ", [
        for milliseconds, names in local._slow_together : join(" and ", [
          "histogram_quantile(0.95, sum by (service_name, le) (rate(run_googleapis_com:request_latencies_bucket{${local._of_services}=~\"${join("|", names)}\"}[10m]))) > ${milliseconds}",
          # A few cold starts are no slowness.
          "sum by (service_name) (increase(${local._requests}{${local._of_services}=~\"${join("|", names)}\"}[10m])) > 20",
        ])
      ])
    }
    silence = {
      title    = "Silence"
      severity = "CRITICAL"
      for      = "300s"
      means    = "No tick was worked on. Windows are not judged, nothing is correlated, and nobody is paged, whatever happens."
      first    = "`gcloud scheduler jobs describe vigil-tick` shows if ticks are sent; the log of the function behind the subscription why they are not worked on."
      query = join(" or ", [
        for name in local._ticked : join("", [
          "(sum by (subscription_id) (increase(${local._pushes}{${local._of_subscriptions}=\"${name}\",response_class=\"ack\"}[${local._limits.silence_minutes}m]))",
          # Nothing counted is nothing done.
          " or label_replace(vector(0), \"subscription_id\", \"${name}\", \"\", \"\")) < 1",
        ])
      ])
    }
    unfinished-ticks = {
      title    = "Unfinished ticks"
      severity = "ERROR"
      for      = "0s"
      means    = "The tick of at least one tenant fails again and again. That tenant is not judged or not told; the others are."
      first    = "The exception beside \"a tenant's tick was not finished\" in the function's log; its label tenant_id says whose."
      query    = "sum by (component) (increase(logging_googleapis_com:user_vigil_unfinished_ticks{monitored_resource=\"cloud_run_revision\"}[15m])) > 10"
    }
    sink-errors = {
      title    = "Sink errors"
      severity = "CRITICAL"
      for      = "600s"
      means    = "Cloud Logging cannot deliver entries to the topic vigil-logs. They are lost to Vigil, and nothing brings them back."
      first    = "Does the sink's writer identity still have roles/pubsub.publisher on vigil-logs? A new sink may need a few minutes until it has."
      query    = "sum by (name) (increase(logging_googleapis_com:exports_error_count{monitored_resource=\"logging_sink\",name=~\"${local.prefix}.*\"}[5m])) > 0"
    }
    instances = {
      title    = "Instances"
      severity = "WARNING"
      for      = "600s"
      means    = "A function has as many instances as it may have. What comes beyond them waits, or is refused and comes again."
      first    = "Is the backlog growing? If not, it does what it is there for."
      query = join(" or ", [
        for count, names in local._instances_together :
        "sum by (service_name) (${local._instances}{${local._of_services}=~\"${join("|", names)}\",state=\"active\"}) >= ${count}"
      ])
    }
    memory = {
      title    = "Memory"
      severity = "WARNING"
      for      = "300s"
      means    = "Instances of a function need nearly all of the memory that they have. One that needs more is killed with everything it works on; that comes again, to the next one."
      first    = "Did it grow with a deployment, or with the load? More memory: `functions` in the variables."
      query    = "histogram_quantile(0.99, sum by (service_name, le) (rate(run_googleapis_com:container_memory_utilizations_bucket{${local._of_services}=~\"${local._every_service}\"}[10m]))) > ${local._limits.memory_ratio}"
    }
    quota = {
      title    = "Quota"
      severity = "WARNING"
      for      = "0s"
      means    = "A service of Google's refuses calls of this project beyond its quota. Vigil tries again, later each time."
      first    = "The quota's name is in the incident. IAM & Admin, Quotas: ask for more if it is not a mistake of a caller."
      query    = "max by (service, quota_metric, limit_name) (max_over_time(serviceruntime_googleapis_com:quota_exceeded{monitored_resource=\"consumer_quota\"}[10m])) > 0"
    }
  }

  # Without a model nobody misses its words.
  _model_alarms = var.model.name == "" ? {} : {
    model = {
      title    = "Model"
      severity = "WARNING"
      for      = "0s"
      means    = "The model does not answer, or its budget is used up. Incidents are found and told as ever, and explained by statistics."
      first    = "The reason is in the incident: over_budget is a setting, refused a permission or the model's name, rate_limited a quota."
      query    = "sum by (reason) (increase(logging_googleapis_com:user_vigil_unexplained{monitored_resource=\"cloud_run_revision\",reason=~\"over_budget|timeout|rate_limited|unavailable|refused\"}[1h])) > 5"
    }
  }

  # A check from outside gets in only where everybody does.
  _uptime_alarms = {
    for name, check in google_monitoring_uptime_check_config.health : "unreachable" => {
      title    = "Unreachable"
      severity = "CRITICAL"
      for      = "0s"
      means    = "GET /health was answered in at least two regions of the world by nothing, or by an error. People cannot see or acknowledge alerts; what is found is told all the same."
      first    = "`curl -i` the same address. 503 says that Firestore cannot be read, no answer that the function or the domain is not there."
      query    = "count by (host) (max_over_time(monitoring_googleapis_com:uptime_check_check_passed{monitored_resource=\"uptime_url\",host=\"${check.monitored_resource[0].labels.host}\"}[10m]) == 0) >= 2"
    }
  }

  alarms = merge(local._alarms, local._model_alarms, local._uptime_alarms)
}

resource "google_monitoring_alert_policy" "measured" {
  for_each = local.alarms

  project               = var.project_id
  display_name          = "Vigil: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels
  user_labels           = merge(local.labels, { alarm = each.key })

  conditions {
    display_name = each.value.title

    condition_prometheus_query_language {
      query               = each.value.query
      duration            = each.value.for
      evaluation_interval = "60s"
      rule_group          = local.prefix
      alert_rule          = replace(title(replace(each.key, "-", " ")), " ", "")
      # It would refuse what nothing was measured of, such as dead letters while there are none.
      disable_metric_validation = true
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Vigil in ${var.project_id}: ${each.value.title}"
    content   = "${each.value.means}\n\nFirst: ${each.value.first}\n\nMore is in docs/alarms.md, \"${each.value.title}\"."
  }

  alert_strategy {
    auto_close           = "1800s"
    notification_prompts = ["OPENED", "CLOSED"]
  }

  # Before these there is nothing to be alarmed about.
  depends_on = [
    google_cloud_scheduler_job.tick,
    google_logging_metric.line,
    google_pubsub_subscription.push,
    google_pubsub_subscription.set_aside,
  ]
}
