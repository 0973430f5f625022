# Nobody shares an account, and none has a key.

resource "google_service_account" "function" {
  for_each = local.function_names

  project      = var.project_id
  account_id   = each.value
  display_name = "Vigil: ${each.key}"
  description  = local.functions[each.key].description
  depends_on   = [time_sleep.services_are_on]
}

resource "google_service_account" "pusher" {
  project      = var.project_id
  account_id   = "${local.prefix}-pusher"
  display_name = "Vigil: pushes"
  description  = "In whose name Pub/Sub calls the functions."
  depends_on   = [time_sleep.services_are_on]
}

resource "google_service_account" "scheduler" {
  project      = var.project_id
  account_id   = "${local.prefix}-scheduler"
  display_name = "Vigil: schedules"
  description  = "In whose name Cloud Scheduler calls the functions."
  depends_on   = [time_sleep.services_are_on]
}

resource "google_service_account" "builder" {
  project      = var.project_id
  account_id   = "${local.prefix}-builder"
  display_name = "Vigil: builds"
  description  = "As whom Cloud Build makes images of the functions' bundles."
  depends_on   = [time_sleep.services_are_on]
}
