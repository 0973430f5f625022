# What comes in, by whose doing, and what is kept out: entries by sinks, alerts by Cloud Monitoring.

variable "log_sources" {
  description = "Whose entries come in without a tenant's asking for them, by names of your own: those of a project, or of all projects of a folder or an organization, by its number; those of Vigil's own project where none is named. Entries of a project that no tenant has are counted as invalid. filter and exclusions, by their names, are queries of Cloud Logging."
  type = map(object({
    project      = optional(string)
    folder       = optional(string)
    organization = optional(string)
    filter       = optional(string, "")
    exclusions   = optional(map(string), {})
  }))
  # By it comes what `vigil canary` writes.
  default = { own = {} }

  validation {
    condition     = alltrue([for name in keys(var.log_sources) : can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", name))])
    error_message = "log_sources have names of 1 to 40 lower-case letters, digits and hyphens, at first a letter, at last no hyphen."
  }

  validation {
    condition     = alltrue([for each in values(var.log_sources) : length(compact([each.project, each.folder, each.organization])) <= 1])
    error_message = "log_sources: each names a project or a folder or an organization, not several; without any it is Vigil's own project."
  }

  validation {
    condition     = alltrue([for each in values(var.log_sources) : can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", coalesce(each.project, var.project_id)))])
    error_message = "log_sources: project is a project's id, not its name or number."
  }

  validation {
    condition     = alltrue([for each in values(var.log_sources) : can(regex("^[0-9]+$", coalesce(each.folder, each.organization, "0")))])
    error_message = "log_sources: folder and organization are numbers, such as 123456789012, without folders/ or organizations/ before them."
  }

  validation {
    # Else two sinks would deliver each entry twice, and have one identity, which loses its right to
    # publish with the first of them.
    condition = length(var.log_sources) == length(distinct([
      for each in values(var.log_sources) :
      each.folder != null ? "folders/${each.folder}" : each.organization != null ? "organizations/${each.organization}" : coalesce(each.project, var.project_id)
    ]))
    error_message = "log_sources: two are of the same project, folder or organization; put their filters together with OR."
  }

  validation {
    condition = alltrue(flatten([
      for each in values(var.log_sources) : [
        for name, query in each.exclusions :
        can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$", name)) && !startswith(name, "vigil-own-") && trimspace(query) != ""
      ]
    ]))
    error_message = "log_sources: exclusions have names of up to 100 letters, digits, _, - and ., not beginning with vigil-own-, and none is empty."
  }

  validation {
    condition     = alltrue([for each in values(var.log_sources) : length(each.exclusions) <= 40])
    error_message = "log_sources: a sink takes 50 exclusions, and Vigil needs some of them itself; 40 are left."
  }
}

variable "streamed_projects" {
  description = "Projects in which Vigil's API may make and remove sinks, because a tenant asked for a stream. Each gets a role of its own for that, which can do nothing else."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for project in var.streamed_projects : can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", project))])
    error_message = "streamed_projects holds projects' ids, not names or numbers."
  }
}

variable "monitored_projects" {
  description = "Projects whose Cloud Monitoring may send its alerts to the topic vigil-monitoring. Make the first notification channel of type Pub/Sub there before: with it comes the account that is let in here."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for project in var.monitored_projects : can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", project))])
    error_message = "monitored_projects holds projects' ids, not names or numbers."
  }
}

locals {
  _filter_limit = 20000

  # No line of ours may make another one. The beginnings of services' names stand in groups, and
  # hold nothing that means more than itself there; the code makes the same of the same names.
  _own_exclusions = merge(
    {
      vigil-own-entries = {
        description = "Entries of Vigil's own services, each of which would make others."
        filter      = replace(local._topology.own_entries_filter, "${local.prefix}-", join("|", local.own_services))
      }
    },
    {
      for name, each in local._topology.fed_back : name => {
        description = each.reason
        filter      = replace(each.filter, "the-own-project", var.project_id)
      }
    },
  )

  _log_sources = {
    for name, each in var.log_sources : name => {
      parent     = each.folder != null ? "folder" : each.organization != null ? "organization" : "project"
      id         = coalesce(each.folder, each.organization, each.project, var.project_id)
      filter     = each.filter
      exclusions = merge(local._own_exclusions, { for key, query in each.exclusions : key => { description = "", filter = query } })
    }
  }

  # Of exclusions it is written that those of a folder or an organization do not hold for its
  # projects, and elsewhere that they do; so there the filter says the same once more. A line end
  # closes a comment, with which a query may end.
  _filters = {
    for name, each in local._log_sources : name => each.parent == "project" ? each.filter : join(" AND ", concat(
      each.filter == "" ? [] : ["(${each.filter}\n)"],
      [for exclusion in values(each.exclusions) : "NOT (${exclusion.filter}\n)"],
    ))
  }

  _writers = merge(
    { for name, sink in google_logging_project_sink.source : name => sink.writer_identity },
    { for name, sink in google_logging_folder_sink.source : name => sink.writer_identity },
    { for name, sink in google_logging_organization_sink.source : name => sink.writer_identity },
  )
}

resource "google_logging_project_sink" "source" {
  for_each = { for name, each in local._log_sources : name => each if each.parent == "project" }

  project                = each.value.id
  name                   = "${local.prefix}-source-${each.key}"
  description            = "Entries that Vigil reads."
  destination            = "pubsub.googleapis.com/${google_pubsub_topic.topic["vigil-logs"].id}"
  filter                 = local._filters[each.key]
  unique_writer_identity = true

  dynamic "exclusions" {
    for_each = each.value.exclusions

    content {
      name        = exclusions.key
      description = exclusions.value.description
      filter      = exclusions.value.filter
    }
  }

  lifecycle {
    precondition {
      condition     = length(local._filters[each.key]) <= local._filter_limit
      error_message = "log_sources.${each.key}: Cloud Logging takes filters of up to ${local._filter_limit} characters."
    }
  }

  depends_on = [time_sleep.services_are_on]
}

resource "google_logging_folder_sink" "source" {
  for_each = { for name, each in local._log_sources : name => each if each.parent == "folder" }

  folder           = each.value.id
  name             = "${local.prefix}-source-${each.key}"
  description      = "Entries that Vigil reads."
  destination      = "pubsub.googleapis.com/${google_pubsub_topic.topic["vigil-logs"].id}"
  filter           = local._filters[each.key]
  include_children = true

  dynamic "exclusions" {
    for_each = each.value.exclusions

    content {
      name        = exclusions.key
      description = exclusions.value.description
      filter      = exclusions.value.filter
    }
  }

  lifecycle {
    precondition {
      condition     = length(local._filters[each.key]) <= local._filter_limit
      error_message = "log_sources.${each.key}: with all exclusions its filter would have ${length(local._filters[each.key])} characters, and Cloud Logging takes ${local._filter_limit}."
    }
  }
}

resource "google_logging_organization_sink" "source" {
  for_each = { for name, each in local._log_sources : name => each if each.parent == "organization" }

  org_id           = each.value.id
  name             = "${local.prefix}-source-${each.key}"
  description      = "Entries that Vigil reads."
  destination      = "pubsub.googleapis.com/${google_pubsub_topic.topic["vigil-logs"].id}"
  filter           = local._filters[each.key]
  include_children = true

  dynamic "exclusions" {
    for_each = each.value.exclusions

    content {
      name        = exclusions.key
      description = exclusions.value.description
      filter      = exclusions.value.filter
    }
  }

  lifecycle {
    precondition {
      condition     = length(local._filters[each.key]) <= local._filter_limit
      error_message = "log_sources.${each.key}: with all exclusions its filter would have ${length(local._filters[each.key])} characters, and Cloud Logging takes ${local._filter_limit}."
    }
  }
}

# Cloud Run logs each push: a line an entry, at twice the price of all else that an entry costs. What
# failed is kept, and so is what people ask of the public doors.
resource "google_logging_project_exclusion" "pushes" {
  project     = var.project_id
  name        = "${local.prefix}-pushes"
  description = "Pushes that went well."
  filter = join(" AND ", [
    "logName=\"projects/${var.project_id}/logs/run.googleapis.com%2Frequests\"",
    "resource.type=\"cloud_run_revision\"",
    "resource.labels.service_name=(${join(" OR ", [for name in sort(keys(local._private)) : "\"${local.function_names[name]}\""])})",
    "httpRequest.status<400",
  ])
  depends_on = [time_sleep.services_are_on]
}

resource "google_pubsub_topic_iam_member" "source" {
  for_each = local._log_sources

  project = var.project_id
  topic   = google_pubsub_topic.topic["vigil-logs"].name
  role    = "roles/pubsub.publisher"
  member  = local._writers[each.key]
}

# roles/logging.configWriter may also delete buckets with all that was ever logged. A role of ours
# holds in the project alone in which it was made; two deployments may stream one project.
resource "google_project_iam_custom_role" "sinks" {
  for_each = var.streamed_projects

  project     = each.key
  role_id     = "vigilSinks_${replace(var.project_id, "-", "_")}"
  title       = "Vigil in ${var.project_id}: sinks"
  description = "Make and remove the sinks of the streams that tenants ask for."
  permissions = [
    "logging.sinks.create",
    "logging.sinks.delete",
    "logging.sinks.get",
    "logging.sinks.list",
    "logging.sinks.update",
  ]
  depends_on = [time_sleep.services_are_on]
}

resource "google_project_iam_member" "sinks" {
  for_each = var.streamed_projects

  project = each.key
  role    = "projects/${each.key}/roles/${google_project_iam_custom_role.sinks[each.key].role_id}"
  member  = google_service_account.function["api"].member
}

# The API lets in the writers of the sinks that it makes, and shuts them out again.
resource "google_project_iam_custom_role" "topic_policy" {
  project     = var.project_id
  role_id     = "vigilTopicPolicy"
  title       = "Vigil: policy of a topic"
  description = "Say who may publish to a topic."
  permissions = [
    "pubsub.topics.getIamPolicy",
    "pubsub.topics.setIamPolicy",
  ]
  depends_on = [time_sleep.services_are_on]
}

resource "google_pubsub_topic_iam_member" "topic_policy" {
  project = var.project_id
  topic   = google_pubsub_topic.topic["vigil-logs"].name
  role    = "projects/${var.project_id}/roles/${google_project_iam_custom_role.topic_policy.role_id}"
  member  = google_service_account.function["api"].member
}

data "google_project" "monitored" {
  for_each = var.monitored_projects

  project_id = each.key
}

resource "google_pubsub_topic_iam_member" "monitored" {
  for_each = var.monitored_projects

  project = var.project_id
  topic   = google_pubsub_topic.topic["vigil-monitoring"].name
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:service-${data.google_project.monitored[each.key].number}@gcp-sa-monitoring-notification.iam.gserviceaccount.com"
}
