# Documents are kept, found, and forgotten in time: with the fewest variables.

mock_provider "archive" {}
mock_provider "time" {}

mock_provider "google" {
  override_during = plan
  source          = "./tests/mocks"
}

mock_provider "google-beta" {
  override_during = plan
  source          = "./tests/mocks"
}

variables {
  project_id = "acme-vigil"
  operators  = { emails = { platform = "platform@example.com" } }
}

run "documents" {
  command = plan

  assert {
    condition     = google_firestore_database.documents.delete_protection_state == "DELETE_PROTECTION_ENABLED"
    error_message = "The database can be deleted."
  }

  assert {
    condition     = google_firestore_database.documents.deletion_policy == "PREVENT"
    error_message = "Terraform may delete the database."
  }

  assert {
    condition     = google_firestore_database.documents.point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED"
    error_message = "Documents cannot be had back as they were an hour ago."
  }

  assert {
    condition     = length(google_firestore_backup_schedule.daily.daily_recurrence) == 1 && google_firestore_backup_schedule.daily.retention == "1209600s"
    error_message = "Documents are not backed up each day, or backups are not kept for two weeks."
  }

  assert {
    condition = alltrue([
      for name, wanted in jsondecode(file("firestore_indexes.json")).composite_indexes :
      [for field in google_firestore_index.composite[name].fields : "${field.field_path} ${field.order}"] == [for field in wanted.fields : "${field.field_path} ${field.order}"]
    ])
    error_message = "A query that the code declares has no index."
  }

  assert {
    condition = alltrue([
      for name, wanted in jsondecode(file("firestore_indexes.json")).fields :
      (length(google_firestore_field.field[name].ttl_config) == 1) == wanted.expires && length(google_firestore_field.field[name].index_config[0].indexes) == length(wanted.indexes)
    ])
    error_message = "A field that documents expire by, or that is not indexed, is like any other."
  }
}
