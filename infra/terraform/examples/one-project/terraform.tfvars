project_id       = "acme-vigil"
region           = "europe-west1"
watched_projects = ["acme-shop"]
operators        = { platform = "platform@example.com" }
