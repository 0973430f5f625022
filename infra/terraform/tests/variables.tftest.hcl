# Values that would be found wrong only by Google, or by nobody, are refused. Run refused_1 goes
# against the first rule of each variable, refused_2 against the second, and so on; where a rule looks
# at another variable, that one has to be right, so some come later. What is said is tested in
# tests/terraform.

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

run "what_is_right" {
  command = plan

  variables {
    functions       = { batch_logs = { min_instances = 20 }, cleanup = { memory = "1Gi" } }
    message_regions = ["europe-west1", "europe-west4"]
    public_invokers = ["group:people@example.com", "allAuthenticatedUsers"]
  }

  assert {
    condition     = google_cloudfunctions2_function.function["batch_logs"].service_config[0].min_instance_count == 20
    error_message = "As many instances as there may be cannot be kept waiting."
  }
}

run "nobody_to_tell" {
  command = plan

  variables {
    operators = {}
  }

  expect_failures = [check.somebody_is_told]
}

run "refused_0" {
  command = plan

  variables {
    project_id = "Acme Vigil"
    region     = "us-central1-a"
  }

  expect_failures = [var.project_id, var.region]
}

run "refused_1" {
  command = plan

  variables {
    labels             = { Team = "platform" }
    settings           = { log_level = "LOUD" }
    model              = { name = "models/gemini" }
    functions          = { shop = {} }
    public_invokers    = ["everybody"]
    cleanup_schedule   = "daily"
    database           = { name = "Vigil" }
    message_regions    = ["eu"]
    log_sources        = { Own = {} }
    streamed_projects  = ["12"]
    monitored_projects = ["12"]
    secrets            = { "a/b" = {} }
    network            = { subnetwork = "functions", egress = "ALL" }
    domain             = { name = "https://vigil.example.com" }
    budget             = { billing_account = "acme", amount = 300 }
    operators          = { emails = { platform = "platform" } }
    delivery           = { repository = "vigil", state_bucket = "state", var_file = "a.tfvars" }
  }

  expect_failures = [
    var.labels, var.settings, var.model, var.functions, var.public_invokers,
    var.cleanup_schedule, var.database, var.message_regions, var.log_sources, var.streamed_projects,
    var.monitored_projects, var.secrets, var.network, var.domain,
    var.budget, var.operators, var.delivery,
  ]
}

run "refused_2" {
  command = plan

  variables {
    settings    = { own_services = ["Watch"] }
    model       = { location = "Europe" }
    functions   = { api = { min_instances = 11 } }
    database    = { daily_backups_kept = 99 }
    log_sources = { x = { project = "acme-prod", folder = "12" } }
    secrets     = { slack = { value_version = 0 } }
    network     = { subnetwork = "projects/net/regions/europe-west1/subnetworks/functions" }
    domain      = { name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com" }
    budget      = { billing_account = "012345-6789AB-CDEF01", amount = 0.5 }
    operators   = { emails = { "On call" = "platform@example.com" } }
    delivery = {
      repository   = "projects/p/locations/l/connections/c/repositories/r"
      state_bucket = "state"
      var_file     = "a.tfvars"
      branch       = "^main$"
    }
  }

  expect_failures = [
    var.settings, var.model, var.functions, var.database, var.log_sources, var.secrets, var.network, var.domain, var.budget, var.operators, var.delivery,
  ]
}

run "refused_3" {
  command = plan

  variables {
    settings    = { batch_max_held = 0 }
    model       = { timeout_seconds = 81 }
    functions   = { api = { memory = "512M" } }
    log_sources = { x = { project = "Acme" } }
    secrets     = { slack = { rotation_days = 0 } }
    network     = { subnetwork = "functions", network = "https://net" }
    domain      = { name = "vigil.example.com", requests_per_minute = 1 }
    budget      = { billing_account = "012345-6789AB-CDEF01", amount = 1, currency = "euro" }
    operators   = { channels = ["1234567890"] }
    delivery = {
      repository   = "projects/p/locations/l/connections/c/repositories/r"
      state_bucket = "gs://state"
      var_file     = "a.tfvars"
    }
  }

  expect_failures = [
    var.settings, var.model, var.functions, var.log_sources, var.secrets, var.network,
    var.domain, var.budget, var.operators, var.delivery,
  ]
}

run "refused_4" {
  command = plan

  variables {
    encryption    = { key = "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1" }
    model         = { daily_calls = 0.5 }
    secrets       = { slack = {} }
    secret_values = { slack = "a" }
    functions     = { api = { cpu = "0.5" } }
    log_sources   = { x = { folder = "folders/12" } }
    domain        = { name = "vigil.example.com", firewall = "on" }
    operators     = { emails = { platform = "platform@example.com" }, thresholds = { backlog_seconds = 60 } }
    delivery = {
      repository   = "projects/p/locations/l/connections/c/repositories/r"
      state_bucket = "state"
      var_file     = "a.json"
    }
  }

  expect_failures = [var.encryption, var.model, var.functions, var.log_sources, var.secret_values, var.domain, var.operators, var.delivery]
}

run "refused_5" {
  command = plan

  variables {
    functions     = { api = { concurrency = 1001 } }
    encryption    = { key = "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k" }
    secrets       = { slack = { value_version = 1 } }
    secret_values = { slack = "" }
    log_sources   = { x = {}, y = { project = "acme-vigil" } }
    operators     = { emails = { platform = "platform@example.com" }, thresholds = { error_ratio = 1 } }
    delivery = {
      repository   = "projects/p/locations/l/connections/c/repositories/r"
      state_bucket = "state"
      var_file     = "a.tfvars"
      root         = "/infra"
    }
  }

  expect_failures = [var.functions, var.encryption, var.log_sources, var.secret_values, var.operators, var.delivery]
}

run "refused_6" {
  command = plan

  variables {
    encryption  = { key = "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k" }
    database    = { location = "nam5" }
    log_sources = { x = { exclusions = { vigil-own-alarms = "severity<INFO" } } }
    operators   = { emails = { platform = "platform@example.com" }, thresholds = { public_latency_seconds = 61 } }
    delivery = {
      repository    = "projects/p/locations/l/connections/c/repositories/r"
      state_bucket  = "state"
      var_file      = "a.tfvars"
      watch_seconds = 601
    }
  }

  expect_failures = [var.encryption, var.log_sources, var.operators, var.delivery]
}

run "refused_7" {
  command = plan

  variables {
    log_sources = { x = { exclusions = { for number in range(41) : "e${number}" => "severity<INFO" } } }
    operators   = { emails = { platform = "platform@example.com" }, thresholds = { silence_minutes = 5 } }
    delivery = {
      repository   = "projects/p/locations/l/connections/c/repositories/r"
      state_bucket = "state"
      var_file     = "a.tfvars"
      approvers    = ["somebody"]
    }
  }

  expect_failures = [var.log_sources, var.operators, var.delivery]
}

run "refused_8" {
  command = plan

  variables {
    operators = { emails = { platform = "platform@example.com" }, objectives = { intake = 1 } }
  }

  expect_failures = [var.operators]
}
