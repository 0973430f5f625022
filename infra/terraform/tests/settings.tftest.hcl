# Every setting of the code that a deployment decides has its variable.

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
  database   = { name = "other" }
  domain     = { name = "vigil.example.com" }

  settings = {
    log_level         = "DEBUG"
    own_services      = ["watch-"]
    batch_max_entries = 400
    batch_max_bytes   = 3000000
    batch_linger_ms   = 100
    batch_max_held    = 300
  }

  model = {
    name                  = "gemini-2.5-flash"
    location              = "europe-west1"
    timeout_seconds       = 20
    daily_calls           = 100
    daily_tokens          = 1000000
    platform_daily_calls  = 1000
    platform_daily_tokens = 10000000
  }
}

run "settings" {
  command = plan

  assert {
    condition     = alltrue([for each in google_cloudfunctions2_function.function : each.service_config[0].environment_variables.VIGIL_PROJECT == "acme-vigil"])
    error_message = "A function is not told its project."
  }

  assert {
    condition     = alltrue([for each in google_cloudfunctions2_function.function : each.service_config[0].environment_variables.VIGIL_DATABASE == "other"])
    error_message = "A function is not told its database."
  }

  assert {
    condition     = alltrue([for each in google_cloudfunctions2_function.function : each.service_config[0].environment_variables.VIGIL_LOG_LEVEL == "DEBUG"])
    error_message = "A function does not log as it is told."
  }

  assert {
    condition = alltrue([
      for name, each in google_cloudfunctions2_function.function :
      each.service_config[0].environment_variables.VIGIL_PUSH_AUDIENCE == "https://vigil-${replace(name, "_", "-")}-123456789012.us-central1.run.app"
      if name != "api"
    ])
    error_message = "A function does not know its own address."
  }

  assert {
    condition = alltrue([
      for name, each in google_cloudfunctions2_function.function :
      each.service_config[0].environment_variables.VIGIL_PUSH_ACCOUNTS == (name == "cleanup" ? google_service_account.scheduler.email : google_service_account.pusher.email)
      if name != "api"
    ])
    error_message = "A function does not know who may call it."
  }

  assert {
    condition = {
      for name, value in google_cloudfunctions2_function.function["batch_logs"].service_config[0].environment_variables : name => value
      if startswith(name, "VIGIL_BATCH_") || name == "VIGIL_OWN_SERVICES"
      } == {
      VIGIL_OWN_SERVICES      = "vigil-,watch-"
      VIGIL_BATCH_MAX_ENTRIES = "400"
      VIGIL_BATCH_MAX_BYTES   = "3000000"
      VIGIL_BATCH_LINGER_MS   = "100"
      VIGIL_BATCH_MAX_HELD    = "300"
    }
    error_message = "Variables do not decide how batches are made."
  }

  assert {
    condition = {
      for name, value in google_cloudfunctions2_function.function["analyze_incidents"].service_config[0].environment_variables : name => value
      if startswith(name, "VIGIL_MODEL")
      } == {
      VIGIL_MODEL                       = "gemini-2.5-flash"
      VIGIL_MODEL_LOCATION              = "europe-west1"
      VIGIL_MODEL_TIMEOUT_SECONDS       = "20"
      VIGIL_MODEL_DAILY_CALLS           = "100"
      VIGIL_MODEL_DAILY_TOKENS          = "1000000"
      VIGIL_MODEL_PLATFORM_DAILY_CALLS  = "1000"
      VIGIL_MODEL_PLATFORM_DAILY_TOKENS = "10000000"
    }
    error_message = "Variables do not decide which model is asked, and what it may cost."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["api"].service_config[0].environment_variables.VIGIL_OWN_SERVICES == "vigil-,watch-"
    error_message = "The sinks of streams do not exclude what the variable names."
  }

  assert {
    condition     = alltrue([for name in ["api", "manage_alerts"] : google_cloudfunctions2_function.function[name].service_config[0].environment_variables.VIGIL_PUBLIC_URL == "https://vigil.example.com"])
    error_message = "Notifications do not name the domain."
  }
}
