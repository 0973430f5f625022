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
    # Functions with a key of one's own are encrypted by Eventarc's agent too.
    var.encryption == null ? [] : ["cloudkms.googleapis.com", "eventarc.googleapis.com"],
    var.network == null && var.domain == null ? [] : ["compute.googleapis.com"],
    var.budget == null ? [] : ["billingbudgets.googleapis.com"],
  )

  # Those of Google's services that act on our behalf: they push, build, and read keys.
  _agents = setunion(
    [
      "artifactregistry.googleapis.com",
      "cloudfunctions.googleapis.com",
      "cloudscheduler.googleapis.com",
      "pubsub.googleapis.com",
      "run.googleapis.com",
      "secretmanager.googleapis.com",
    ],
    var.encryption == null ? [] : local._encrypting,
  )

  service_agents = { for service, agent in google_project_service_identity.agent : service => agent.member }
}

resource "google_project_service" "service" {
  for_each = local._services

  project = var.project_id
  service = each.key
  # Something else in the project may have come to need it.
  disable_on_destroy = false
}

# Google says that a service is on before every part of it knows.
resource "time_sleep" "services_are_on" {
  create_duration = "60s"
  # What comes later is waited for as well.
  triggers   = { services = join(" ", local._services) }
  depends_on = [google_project_service.service]
}

# A grant to an agent that has not been made yet is refused.
resource "google_project_service_identity" "agent" {
  for_each = local._agents
  provider = google-beta

  project    = var.project_id
  service    = each.key
  depends_on = [time_sleep.services_are_on]
}
