# Vigil in one project, beside which nothing else is needed: it reads the logs of the projects that
# are named, and of its own.

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

  # The bucket is made once by hand; terraform init -backend-config="bucket=..." names it.
  backend "gcs" {
    prefix = "vigil"
  }
}

provider "google" {
  project = var.project_id
  region  = var.region
}

provider "google-beta" {
  project = var.project_id
  region  = var.region
}

module "vigil" {
  source = "../.."

  project_id = var.project_id
  region     = var.region

  # Vigil's own project is among them, for by it comes the canary.
  log_sources = merge(
    { own = {} },
    { for project in var.watched_projects : project => { project = project, filter = "severity >= INFO" } },
  )

  secrets   = { slack-webhook = {} }
  operators = { emails = var.operators }
}
