# A key of one's own for all that takes one: topics and what waits in them, functions and their
# images, bundles, documents and their backups, secrets. Logs and metrics of Vigil itself are Cloud
# Logging's and Cloud Monitoring's, and have the keys that these were given for the project.

variable "encryption" {
  description = "A key of Cloud KMS, in Vigil's region, with which all that Vigil keeps is encrypted; Google's own keys without it. What was made with one key cannot be given another."
  type        = object({ key = string })
  default     = null

  validation {
    condition     = var.encryption == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.encryption.key))
    error_message = "encryption.key is projects/P/locations/L/keyRings/R/cryptoKeys/K, without a version behind it."
  }

  validation {
    condition     = var.encryption == null || try(split("/", var.encryption.key)[3], "") == var.region
    error_message = "encryption.key lies in another location than region: functions, images, bundles and secrets take a key of their own region only."
  }

  validation {
    condition     = var.encryption == null || coalesce(var.database.location, var.region) == var.region
    error_message = "encryption: the database takes a key of its own location only; leave database.location out, or make it the region."
  }
}

locals {
  kms_key = var.encryption == null ? null : var.encryption.key

  # Those who encrypt for us. Storage has its agent from elsewhere.
  _encrypting = [
    "artifactregistry.googleapis.com",
    "cloudfunctions.googleapis.com",
    "eventarc.googleapis.com",
    "firestore.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
  ]

  _key_users = merge(
    { for service in local._encrypting : service => local.service_agents[service] if local.kms_key != null },
    { for agent in data.google_storage_project_service_account.agent : "storage.googleapis.com" => local._storage_agent },
  )

  # Not as it is read: where another service is switched on, that happens at apply. A grant to
  # somebody who is unknown at plan would be made anew, and be taken away with the former one.
  _storage_agent = "serviceAccount:service-${local.project_number}@gs-project-accounts.iam.gserviceaccount.com"
}

# It makes the account where there is none yet.
data "google_storage_project_service_account" "agent" {
  count = local.kms_key == null ? 0 : 1

  project    = var.project_id
  depends_on = [time_sleep.services_are_on]
}

resource "google_kms_crypto_key_iam_member" "agent" {
  for_each = local._key_users

  crypto_key_id = var.encryption.key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value
}

# Who asks a service to use a key that its agent may not use yet everywhere is refused.
resource "time_sleep" "key_may_be_used" {
  count = local.kms_key == null ? 0 : 1

  create_duration = "120s"
  triggers        = { key = local.kms_key }
  depends_on      = [google_kms_crypto_key_iam_member.agent]
}
