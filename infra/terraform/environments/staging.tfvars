# A place to try out what is to come: nobody is woken by it, and it can be thrown away.
project_id = "acme-vigil-staging"
region     = "europe-west1"
labels     = { environment = "staging" }

database = {
  delete_protection      = false
  point_in_time_recovery = false
  daily_backups_kept     = 1
}

operators = {
  emails = { platform = "platform@example.com" }
}
