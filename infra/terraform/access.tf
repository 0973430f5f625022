# Who may do what. A grant is on the one thing it is for; where Google grants only for a whole
# project, the role is our own or a condition narrows it.

locals {
  _publishes = {
    batch_logs        = ["vigil-batches"]
    detect_anomalies  = ["vigil-logs", "aiops-events"] # heartbeats travel the way of the entries
    manage_alerts     = ["aiops-events"]
    analyze_incidents = ["aiops-events"]
    receive_alerts    = ["aiops-events"]
    api               = ["aiops-events"]
  }

  _publishers = merge([
    for function, topics in local._publishes :
    { for topic in topics : "${function}/${topic}" => { function = function, topic = topic } }
  ]...)

  _public  = { for name, function in local.functions : name => function if function.public }
  _private = { for name, function in local.functions : name => function if !function.public }

  _public_invokers = merge([
    for name in keys(local._public) :
    { for member in var.public_invokers : "${name}/${member}" => { function = name, member = member } }
  ]...)
}

# What functions do with documents, and nothing of what else roles/datastore.user may.
resource "google_project_iam_custom_role" "documents" {
  project     = var.project_id
  role_id     = "vigilDocuments"
  title       = "Vigil: documents"
  description = "Read and write documents of Firestore."
  permissions = [
    "datastore.databases.get",
    "datastore.entities.allocateIds",
    "datastore.entities.create",
    "datastore.entities.delete",
    "datastore.entities.get",
    "datastore.entities.list",
    "datastore.entities.update",
  ]
  depends_on = [time_sleep.services_are_on]
}

resource "google_project_iam_member" "documents" {
  for_each = local.functions

  project = var.project_id
  role    = "projects/${var.project_id}/roles/${google_project_iam_custom_role.documents.role_id}"
  member  = google_service_account.function[each.key].member

  condition {
    title      = "of Vigil's database"
    expression = "resource.name == \"projects/${var.project_id}/databases/${var.database.name}\""
  }
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = local._publishers

  project = var.project_id
  topic   = google_pubsub_topic.topic[each.value.topic].name
  role    = "roles/pubsub.publisher"
  member  = google_service_account.function[each.value.function].member
}

# Pub/Sub signs a push in the pusher's name.
resource "google_service_account_iam_member" "pushes_as_pusher" {
  service_account_id = google_service_account.pusher.name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = local.service_agents["pubsub.googleapis.com"]
}

resource "google_cloud_run_v2_service_iam_member" "pusher" {
  for_each = setintersection(keys(local._private), [for push in values(local._topology.pushes) : push.function])

  project  = var.project_id
  location = var.region
  name     = google_cloudfunctions2_function.function[each.key].name
  role     = "roles/run.invoker"
  member   = google_service_account.pusher.member
}

resource "google_cloud_run_v2_service_iam_member" "scheduler" {
  project  = var.project_id
  location = var.region
  name     = google_cloudfunctions2_function.function["cleanup"].name
  role     = "roles/run.invoker"
  member   = google_service_account.scheduler.member
}

resource "google_cloud_run_v2_service_iam_member" "public" {
  for_each = local._public_invokers

  project  = var.project_id
  location = var.region
  name     = google_cloudfunctions2_function.function[each.value.function].name
  role     = "roles/run.invoker"
  member   = each.value.member
}

# roles/aiplatform.user may also train, deploy and delete.
resource "google_project_iam_custom_role" "model" {
  count = var.model.name == "" ? 0 : 1

  project     = var.project_id
  role_id     = "vigilModel"
  title       = "Vigil: model"
  description = "Ask a model of Vertex AI."
  permissions = ["aiplatform.endpoints.predict"]
  depends_on  = [time_sleep.services_are_on]
}

resource "google_project_iam_member" "model" {
  count = var.model.name == "" ? 0 : 1

  project = var.project_id
  role    = "projects/${var.project_id}/roles/${google_project_iam_custom_role.model[0].role_id}"
  member  = google_service_account.function["analyze_incidents"].member
}
