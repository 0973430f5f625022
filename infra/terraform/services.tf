locals {
  _services = setunion(
    [
      "artifactregistry.googleapis.com",
      "cloudbuild.googleapis.com",
      "cloudfunctions.googleapis.com",
      "cloudresourcemanager.googleapis.com",
      "cloudscheduler.googleapis.com",
      "firestore.googleapis.com",
      "iam.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "pubsub.googleapis.com",
      "run.googleapis.com",
      "secretmanager.googleapis.com",
      "storage.googleapis.com",
    ],
    var.model.name == "" ? [] : ["aiplatform.googleapis.com"],
    var.encryption == null ? [] : ["cloudkms.googleapis.com"],
    var.network == null && var.domain == null ? [] : ["compute.googleapis.com"],
    var.budget == null ? [] : ["billingbudgets.googleapis.com"],
  )

  # Those of Google's services that act on our behalf: they push, build, and read keys.
  _agents = [
    "artifactregistry.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudscheduler.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
  ]

  service_agents = { for service, agent in google_project_service_identity.agent : service => agent.member }
}

resource "google_project_service" "service" {
  for_each = local._services

  project = var.project_id
  service = each.key
  # Something else in the project may have come to need it.
  disable_on_destroy = false
}

# A grant to an agent that has not been made yet is refused.
resource "google_project_service_identity" "agent" {
  for_each = toset(local._agents)
  provider = google-beta

  project    = var.project_id
  service    = each.key
  depends_on = [google_project_service.service]
}
