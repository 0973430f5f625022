variable "message_regions" {
  description = "The regions in which Pub/Sub may keep messages; by default Vigil's own region alone."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for region in var.message_regions : can(regex("^[a-z]+-[a-z]+[0-9]+$", region))])
    error_message = "message_regions holds regions such as europe-west1, not zones and not multi-regions."
  }
}

locals {
  # Made of the code by `make generated`, so that neither can have what the other lacks.
  _topology       = jsondecode(file("${path.module}/topology.json"))
  _topics         = toset(concat(local._topology.topics, local._topology.dead_letter_topics))
  message_regions = length(var.message_regions) == 0 ? [var.region] : var.message_regions
}

resource "google_pubsub_topic" "topic" {
  for_each = local._topics

  project      = var.project_id
  name         = each.key
  labels       = local.labels
  kms_key_name = local.kms_key

  message_storage_policy {
    allowed_persistence_regions = local.message_regions
    # A publisher elsewhere would carry what is logged here through another region.
    enforce_in_transit = false
  }

  depends_on = [time_sleep.services_are_on, time_sleep.key_may_be_used]
}

resource "google_pubsub_topic_iam_member" "dead_letters" {
  for_each = toset(local._topology.dead_letter_topics)

  project = var.project_id
  topic   = google_pubsub_topic.topic[each.key].name
  role    = "roles/pubsub.publisher"
  member  = local.service_agents["pubsub.googleapis.com"]
}
