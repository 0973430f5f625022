project_id = "acme-vigil"
region     = "europe-west1"
labels     = { environment = "production" }

# Alerts are not held up by a cold start.
functions = {
  manage_alerts  = { min_instances = 1 }
  receive_alerts = { min_instances = 1 }
}

# Where a channel's address lies; its value is added by hand, see docs/operating.md.
secrets = {
  slack-webhook = { rotation_days = 180 }
}

operators = {
  emails = {
    platform = "platform@example.com"
    on-call  = "on-call@example.com"
  }
}
