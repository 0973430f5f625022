# Vigil for an organization, in several environments: one project, one state and one file of values
# for each, so that nothing that is done to one can reach another.

terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.0"
    }
    google-beta = {
      source  = "hashicorp/google-beta"
      version = "~> 8.0"
    }
  }

  # Each environment has its own bucket: environments/staging.gcs.tfbackend and so on.
  backend "gcs" {
    prefix = "vigil"
  }
}

# The billing API asks in whose name it is asked.
provider "google" {
  project               = var.project_id
  region                = var.region
  billing_project       = var.project_id
  user_project_override = true
}

provider "google-beta" {
  project               = var.project_id
  region                = var.region
  billing_project       = var.project_id
  user_project_override = true
}

module "vigil" {
  source = "../.."

  project_id = var.project_id
  region     = var.region
  labels     = { environment = var.environment, team = "platform" }

  # Of all projects of the folder come warnings and worse, but for what a load balancer says of
  # clients that went away. Streams for single projects are asked for by their tenants.
  log_sources = {
    own = {}
    folder = {
      folder     = var.folder
      filter     = "severity >= WARNING"
      exclusions = { clients-gone = "jsonPayload.statusDetails = \"client_disconnected_before_any_response\"" }
    }
  }
  streamed_projects = var.streamed_projects

  model = {
    name                 = "gemini-2.5-flash"
    location             = var.region
    platform_daily_calls = var.model_calls
  }

  functions = { for name in var.warm_functions : name => { min_instances = 1 } }
  database  = { delete_protection = var.keeps_documents, point_in_time_recovery = var.keeps_documents }

  network    = { subnetwork = var.subnetwork }
  encryption = { key = var.key }
  domain     = { name = var.domain }
  budget     = var.budget
  secrets    = { slack-webhook = { rotation_days = 180 }, webhook = {}, webhook-key = { rotation_days = 90 } }
  operators  = { emails = var.operators }

  delivery = {
    repository   = var.repository
    branch       = var.branch
    state_bucket = "${var.project_id}-state"
    root         = "infra/terraform/examples/organisation"
    var_file     = "environments/${var.environment}.tfvars"
    approval     = var.approvers != null
    approvers    = var.approvers == null ? [] : [var.approvers]
  }
}
