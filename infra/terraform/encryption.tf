variable "encryption" {
  description = "A key of Cloud KMS, in Vigil's region, with which all that Vigil keeps is encrypted; Google's own keys without it. What was made with one key cannot be given another."
  type        = object({ key = string })
  default     = null

  validation {
    condition     = var.encryption == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.encryption.key))
    error_message = "encryption.key is projects/P/locations/L/keyRings/R/cryptoKeys/K."
  }
}

locals {
  kms_key = var.encryption == null ? null : var.encryption.key
}

resource "google_kms_crypto_key_iam_member" "agent" {
  for_each = var.encryption == null ? {} : local.service_agents

  crypto_key_id = var.encryption.key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value
}
