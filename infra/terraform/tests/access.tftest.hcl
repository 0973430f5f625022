# Who reaches which function, and how many of it there are: with the fewest variables.

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

run "access" {
  command = plan

  assert {
    condition     = toset(values(google_cloud_run_v2_service_iam_member.public)[*].name) == toset(["vigil-api", "vigil-receive-alerts"])
    error_message = "The doors that all may call are not api and receive_alerts."
  }

  assert {
    condition = alltrue([
      for each in concat(values(google_cloud_run_v2_service_iam_member.pusher), [google_cloud_run_v2_service_iam_member.scheduler]) :
      !startswith(each.member, "all")
    ])
    error_message = "A private function may be called by all."
  }

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.function :
      (function.service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY") != contains(["api", "receive_alerts"], name)
    ])
    error_message = "A private function is reached from outside, or a public one is not."
  }

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.function :
      lookup(function.service_config[0].environment_variables, "VIGIL_PUSH_IDENTITY", "none") == (
        name == "api" ? "none" : name == "receive_alerts" ? "verified" : "iam"
      )
    ])
    error_message = "A public door believes that Cloud Run has checked who pushes."
  }

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.function :
      function.service_config[0].service_account_email == google_service_account.function[name].email
    ])
    error_message = "A function works in another one's name."
  }

  assert {
    condition     = alltrue([for each in google_cloudfunctions2_function.function : try(each.service_config[0].max_instance_count >= 1, false)])
    error_message = "A function may have any number of instances."
  }

  assert {
    condition     = alltrue([for each in google_cloudfunctions2_function.function : try(each.service_config[0].max_instance_request_concurrency >= 1, false)])
    error_message = "A function is not told how many requests an instance takes."
  }

  assert {
    condition     = toset(keys(google_cloudfunctions2_function.function)) == toset([for file in fileset("../../functions", "*/main.py") : dirname(file)])
    error_message = "The functions are not those of the folder functions."
  }
}
