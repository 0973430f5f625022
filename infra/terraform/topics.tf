variable "message_regions" {
  description = "The regions in which Pub/Sub may keep messages; by default Vigil's own region alone."
  type        = set(string)
  default     = []
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

  depends_on = [google_project_service.service, google_kms_crypto_key_iam_member.agent]
}

resource "google_pubsub_topic_iam_member" "dead_letters" {
  for_each = toset(local._topology.dead_letter_topics)

  project = var.project_id
  topic   = google_pubsub_topic.topic[each.key].name
  role    = "roles/pubsub.publisher"
  member  = local.service_agents["pubsub.googleapis.com"]
}
