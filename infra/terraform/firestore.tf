variable "database" {
  description = "The Firestore database, and how it is kept from harm. Neither its name nor its location can be changed later."
  type = object({
    name                   = optional(string, "vigil")
    location               = optional(string)
    delete_protection      = optional(bool, true)
    point_in_time_recovery = optional(bool, true)
    daily_backups_kept     = optional(number, 14)
  })
  default = {}

  validation {
    condition     = can(regex("^(\\(default\\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$", var.database.name))
    error_message = "database.name is (default), or 4 to 63 lower-case letters, digits and hyphens, at first a letter, at last no hyphen."
  }

  validation {
    condition     = var.database.daily_backups_kept >= 1 && var.database.daily_backups_kept <= 98
    error_message = "database.daily_backups_kept is 1 to 98 days, which is what Firestore can keep."
  }
}

locals {
  # Made of the code's declared queries by `make generated`.
  _indexes = jsondecode(file("${path.module}/firestore_indexes.json"))
}

resource "google_firestore_database" "documents" {
  project     = var.project_id
  name        = var.database.name
  location_id = coalesce(var.database.location, var.region)
  type        = "FIRESTORE_NATIVE"
  # Vigil compares and sets; nothing waits for a lock.
  concurrency_mode                  = "OPTIMISTIC"
  delete_protection_state           = var.database.delete_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  point_in_time_recovery_enablement = var.database.point_in_time_recovery ? "POINT_IN_TIME_RECOVERY_ENABLED" : "POINT_IN_TIME_RECOVERY_DISABLED"
  deletion_policy                   = var.database.delete_protection ? "PREVENT" : "DELETE"

  dynamic "cmek_config" {
    for_each = local.kms_key == null ? [] : [local.kms_key]

    content {
      kms_key_name = cmek_config.value
    }
  }

  depends_on = [time_sleep.services_are_on, time_sleep.key_may_be_used]
}

resource "google_firestore_backup_schedule" "daily" {
  project   = var.project_id
  database  = google_firestore_database.documents.name
  retention = "${var.database.daily_backups_kept * 24 * 60 * 60}s"

  daily_recurrence {}
}

resource "google_firestore_index" "composite" {
  for_each = local._indexes.composite_indexes

  project     = var.project_id
  database    = google_firestore_database.documents.name
  collection  = each.value.collection
  query_scope = each.value.query_scope

  dynamic "fields" {
    for_each = each.value.fields

    content {
      field_path = fields.value.field_path
      order      = fields.value.order
    }
  }
}

# What is told of single fields: which indexes they have in place of the usual, and if documents
# expire by them.
resource "google_firestore_field" "field" {
  for_each = local._indexes.fields

  project    = var.project_id
  database   = google_firestore_database.documents.name
  collection = each.value.collection
  field      = each.value.field

  index_config {
    dynamic "indexes" {
      for_each = each.value.indexes

      content {
        query_scope = indexes.value.query_scope
        order       = indexes.value.order
      }
    }
  }

  dynamic "ttl_config" {
    for_each = each.value.expires ? [true] : []

    content {}
  }
}
