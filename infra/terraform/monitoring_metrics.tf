# What is counted in Vigil's own log. A line is at most one a push or a minute, never one an entry,
# and no label is a tenant's: a thousand of them in trouble would be a thousand time series each.

locals {
  # Cloud Run puts a line that has nothing beside its message into another field than one that has.
  _line = {
    for name, messages in local._messages :
    name => "(jsonPayload.message=(${join(" OR ", local._quoted[name])}) OR textPayload=(${join(" OR ", local._quoted[name])}))"
  }
  _quoted = { for name, messages in local._messages : name => [for message in messages : jsonencode(message)] }
  _ours   = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=~\"^(?:${join("|", values(local.function_names))})$\""

  # What the code says, word by word.
  _messages = {
    unfinished_tick = ["a tenant's tick was not finished"]
    nobodys_entries = ["entries that are nobody's were set aside"]
    waiting_page    = ["a notification was not sent and is tried again"]
    lost_page       = ["a notification was given up"]
    unexplained     = ["an incident was explained without the model"]
    asked_model     = ["a model was asked"]
    cannot_start    = ["this function cannot start", "the API could not be made"]
    set_aside = [
      "a message that no retry will help was set aside",
      "a push that is no message was set aside",
      "a batch that was given up is nobody's",
      "an event that cannot be published stays in its outbox",
    ]
    not_judged = [
      "a service could not be judged",
      "the state of a service cannot be read",
      "a delta that cannot be read is removed",
    ]
  }

  log_metrics = {
    complaints = {
      description = "Warnings and errors of each function."
      filter      = "severity>=WARNING AND labels.component:*"
      labels      = { component = "EXTRACT(labels.component)", severity = "EXTRACT(severity)" }
    }
    unfinished-ticks = {
      description = "Ticks that could not be finished for a tenant."
      filter      = local._line.unfinished_tick
      labels      = { component = "EXTRACT(labels.component)" }
    }
    waiting-pages = {
      description = "Attempts to tell somebody that failed."
      filter      = local._line.waiting_page
    }
    nobodys-entries = {
      description = "Batches with entries that belong to no tenant, or are no entries."
      filter      = local._line.nobodys_entries
    }
    unexplained = {
      description = "Incidents that were explained without the model, by the reason."
      filter      = local._line.unexplained
      labels      = { reason = "EXTRACT(jsonPayload.reason)" }
    }
    model-tokens = {
      description = "Tokens that calls of the model cost."
      filter      = "${local._line.asked_model} AND jsonPayload.tokens>=1"
      value       = "EXTRACT(jsonPayload.tokens)"
    }
  }
}

resource "google_logging_metric" "line" {
  for_each = local.log_metrics

  project          = var.project_id
  name             = "${local.prefix}-${each.key}"
  description      = each.value.description
  filter           = "${local._ours} AND ${each.value.filter}"
  label_extractors = try(each.value.labels, null)
  value_extractor  = try(each.value.value, null)

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = can(each.value.value) ? "DISTRIBUTION" : "INT64"
    unit        = "1"

    dynamic "labels" {
      for_each = try(each.value.labels, {})

      content {
        key        = labels.key
        value_type = "STRING"
      }
    }
  }

  dynamic "bucket_options" {
    for_each = can(each.value.value) ? [true] : []

    content {
      exponential_buckets {
        num_finite_buckets = 20
        growth_factor      = 2
        scale              = 1
      }
    }
  }

  depends_on = [time_sleep.services_are_on]
}
