# What Google would say is known at plan, so that assertions can compare it: a number of the project,
# and some text of its own for everything that is made.

mock_data "google_project" {
  defaults = { number = "123456789012" }
}

# What it is not told is 0 here.
mock_resource "google_cloudfunctions2_function" {
  defaults = {}
}

mock_resource "google_firestore_database" {
  defaults = {}
}

mock_resource "google_project_service_identity" {
  defaults = {}
}

mock_resource "google_pubsub_subscription" {
  defaults = {}
}

mock_resource "google_pubsub_topic" {
  defaults = {}
}

mock_resource "google_service_account" {
  defaults = {}
}
