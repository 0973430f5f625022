# One screen, read from above: does it work, how far behind is it, what is lost, what does it cost,
# who is at the limit. Charts are by function and by subscription, so a new one shows by itself.

locals {
  _chart_services = {
    resource = "cloud_run_revision"
    only     = "resource.labels.service_name=monitoring.regex.full_match(\"${local._every_service}\")"
    by       = ["resource.label.service_name"]
  }
  _chart_pushes = {
    resource = "pubsub_subscription"
    only     = "resource.labels.subscription_id=monitoring.regex.full_match(\"${local._every_push}\")"
    by       = ["resource.label.subscription_id"]
  }
  _chart_set_aside = merge(local._chart_pushes, {
    only = "resource.labels.subscription_id=monitoring.regex.full_match(\"${local._every_set_aside}\")"
  })
  _chart_ticks = merge(local._chart_pushes, {
    only = "resource.labels.subscription_id=monitoring.regex.full_match(\"${join("|", local._ticked)}\")"
  })
  _chart_database = {
    resource = "firestore.googleapis.com/Database"
    only     = "resource.labels.database_id=\"${var.database.name}\""
    by       = []
  }

  # How points become a line: per series first, then over what is not distinguished by `by`.
  _count  = { align = "ALIGN_DELTA", reduce = "REDUCE_SUM" }
  _rate   = { align = "ALIGN_RATE", reduce = "REDUCE_SUM" }
  _most   = { align = "ALIGN_MAX", reduce = "REDUCE_MAX" }
  _total  = { align = "ALIGN_MAX", reduce = "REDUCE_SUM" }
  _slow95 = { align = "ALIGN_DELTA", reduce = "REDUCE_PERCENTILE_95" }
  _high99 = { align = "ALIGN_DELTA", reduce = "REDUCE_PERCENTILE_99" }
  _logged = { resource = "cloud_run_revision", only = local._chart_services.only, by = [] }

  # Rows from above, charts from the left. A chart has the sets of lines that it draws.
  _rows = [
    {
      title = "Does it work?"
      says  = "Each line of ticks is at one a minute. Errors are none, or few."
      charts = [
        { title = "Ticks worked on", unit = "a minute", sets = [merge(local._count, local._chart_ticks, { metric = "pubsub.googleapis.com/subscription/push_request_count", and = "metric.labels.response_class=\"ack\"" })] },
        { title = "Server errors", unit = "a minute", sets = [merge(local._count, local._chart_services, { metric = "run.googleapis.com/request_count", and = "metric.labels.response_code_class=\"5xx\"" })] },
        { title = "Failed pushes", unit = "a minute", sets = [merge(local._count, local._chart_pushes, { metric = "pubsub.googleapis.com/subscription/push_request_count", and = "metric.labels.response_class!=\"ack\"", by = ["resource.label.subscription_id", "metric.label.response_class"] })] },
        { title = "Complaints", unit = "lines a minute", sets = [merge(local._count, local._logged, { metric = "logging.googleapis.com/user/${google_logging_metric.line["complaints"].name}", by = ["metric.label.component", "metric.label.severity"] })] },
      ]
    },
    {
      title = "How far behind is it?"
      says  = "Seconds, not minutes. A page is late by what waits before batch-logs, detect-anomalies and manage-alerts together."
      charts = [
        { title = "Oldest message", unit = "seconds", sets = [merge(local._most, local._chart_pushes, { metric = "pubsub.googleapis.com/subscription/oldest_unacked_message_age" })] },
        { title = "Messages that wait", unit = "messages", sets = [merge(local._total, local._chart_pushes, { metric = "pubsub.googleapis.com/subscription/num_undelivered_messages" })] },
        { title = "Answers, slowest twentieth", unit = "milliseconds", sets = [merge(local._slow95, local._chart_services, { metric = "run.googleapis.com/request_latencies" })] },
        { title = "Ticks, slowest twentieth", unit = "microseconds", sets = [merge(local._slow95, local._chart_ticks, { metric = "pubsub.googleapis.com/subscription/push_request_latencies" })] },
      ]
    },
    {
      title = "What is lost?"
      says  = "All of these are zero. docs/alarms.md says what to do where one is not."
      charts = [
        { title = "Dead letters", unit = "messages", sets = [merge(local._total, local._chart_set_aside, { metric = "pubsub.googleapis.com/subscription/num_undelivered_messages" })] },
        { title = "Entries that sinks could not deliver", unit = "a minute", sets = [merge(local._count, { resource = "logging_sink", only = "resource.labels.name=monitoring.regex.full_match(\"${local.prefix}.*\")", by = ["resource.label.name"], metric = "logging.googleapis.com/exports/error_count" })] },
        { title = "Pages that could not be sent yet", unit = "attempts a minute", sets = [merge(local._count, local._logged, { metric = "logging.googleapis.com/user/${google_logging_metric.line["waiting-pages"].name}" })] },
        { title = "Nobody's entries, unfinished ticks", unit = "lines a minute", sets = [for name in ["nobodys-entries", "unfinished-ticks"] : merge(local._count, local._logged, { metric = "logging.googleapis.com/user/${google_logging_metric.line[name].name}" })] },
      ]
    },
    {
      title = "What does it cost?"
      says  = "Functions by the time of their instances, Firestore by documents, Pub/Sub by bytes, the model by tokens."
      charts = [
        { title = "Time of instances", unit = "seconds a second", sets = [merge(local._rate, local._chart_services, { metric = "run.googleapis.com/container/billable_instance_time" })] },
        { title = "Documents read, written, deleted", unit = "a second", sets = [for metric in ["read_ops_count", "write_ops_count", "delete_ops_count", "ttl_deletion_count"] : merge(local._rate, local._chart_database, { metric = "firestore.googleapis.com/document/${metric}" })] },
        { title = "Pub/Sub", unit = "bytes a second", sets = [merge(local._rate, local._chart_pushes, { metric = "pubsub.googleapis.com/subscription/byte_cost" })] },
        { title = "Tokens of a call of the model", unit = "tokens", sets = [merge(local._slow95, local._logged, { metric = "logging.googleapis.com/user/${google_logging_metric.line["model-tokens"].name}" })] },
      ]
    },
    {
      title = "Who is at the limit?"
      says  = "Instances against max_instances of each function, shares against 1."
      charts = [
        { title = "Instances", unit = "instances", sets = [merge(local._total, local._chart_services, { metric = "run.googleapis.com/container/instance_count" })] },
        { title = "Memory, fullest hundredth", unit = "share", sets = [merge(local._high99, local._chart_services, { metric = "run.googleapis.com/container/memory/utilizations" })] },
        { title = "CPU, busiest hundredth", unit = "share", sets = [merge(local._high99, local._chart_services, { metric = "run.googleapis.com/container/cpu/utilizations" })] },
        { title = "Firestore's answers", unit = "a second", sets = [merge(local._rate, local._chart_database, { metric = "firestore.googleapis.com/api/request_count", by = ["metric.label.response_code"] })] },
      ]
    },
  ]

  # 48 columns are as fine as a mosaic gets.
  _columns          = 48
  _incidents_height = 12
  _title_height     = 4
  _chart_height     = 14
  _row_height       = local._title_height + local._chart_height

  _incidents = [{
    x      = 0
    y      = 0
    width  = local._columns
    height = local._incidents_height
    widget = { title = "Open alarms", incidentList = {} }
  }]

  _titles = [
    for row, each in local._rows : {
      x      = 0
      y      = local._incidents_height + row * local._row_height
      width  = local._columns
      height = local._title_height
      widget = { text = { content = "## ${each.title}\n${each.says}", format = "MARKDOWN" } }
    }
  ]

  _charts = flatten([
    for row, each in local._rows : [
      for column, chart in each.charts : {
        x      = column * floor(local._columns / length(each.charts))
        y      = local._incidents_height + row * local._row_height + local._title_height
        width  = floor(local._columns / length(each.charts))
        height = local._chart_height
        widget = {
          title = chart.title
          xyChart = {
            dataSets = [
              for set in chart.sets : {
                plotType   = "LINE"
                targetAxis = "Y1"
                timeSeriesQuery = {
                  timeSeriesFilter = {
                    filter = join(" AND ", compact([
                      "metric.type=\"${set.metric}\"", "resource.type=\"${set.resource}\"", set.only, try(set.and, ""),
                    ]))
                    aggregation = merge(
                      {
                        alignmentPeriod    = "60s"
                        perSeriesAligner   = set.align
                        crossSeriesReducer = set.reduce
                      },
                      { for name, labels in { groupByFields = set.by } : name => labels if length(labels) > 0 },
                    )
                  }
                }
              }
            ]
            yAxis = { label = chart.unit, scale = "LINEAR" }
          }
        }
      }
    ]
  ])

  # Google leaves out a position of 0, and what it leaves out would be a change at each plan.
  _tiles = [
    for tile in concat(local._incidents, local._titles, local._charts) : merge(
      { width = tile.width, height = tile.height, widget = tile.widget },
      { for name, at in { xPos = tile.x, yPos = tile.y } : name => at if at > 0 },
    )
  ]
}

resource "google_monitoring_dashboard" "vigil" {
  project = var.project_id

  dashboard_json = jsonencode({
    displayName  = "Vigil"
    mosaicLayout = { columns = local._columns, tiles = local._tiles }
  })

  depends_on = [time_sleep.services_are_on]
}
