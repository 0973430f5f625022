output "api_url" {
  description = "Where people and programs reach Vigil."
  value       = local.public_url
}

output "receive_alerts_url" {
  description = "Where Alertmanager and Cloud Monitoring send alerts, with /receive/alertmanager or /receive/cloud-monitoring behind it."
  value       = var.domain == null ? local.urls.receive_alerts : local.public_url
}

output "topics" {
  description = "The topics by name: entries, batches, ticks, and aiops-events, to which other agents subscribe."
  value       = { for name in local._topology.topics : name => google_pubsub_topic.topic[name].id }
}

output "first_steps" {
  description = "What to do next: a tenant with its project, whom to tell, and its first admin key; then the canary."
  value       = <<-EOT
    export VIGIL_PROJECT=${var.project_id} VIGIL_DATABASE='${var.database.name}'
    vigil tenants create acme --project THEIR_PROJECT --slack secret:slack-webhook
    vigil keys create --tenant acme --role admin

    vigil tenants create canary --project ${var.project_id} --slack secret:slack-webhook
    export VIGIL_CANARY_KEY=$(vigil keys create --tenant canary --role responder --name canary)
    vigil canary --url ${local.public_url}
  EOT
}

output "functions" {
  description = "The functions' addresses by name."
  value       = local.urls
}

output "service_accounts" {
  description = "As whom each function works, for grants in other projects."
  value       = { for name, account in google_service_account.function : name => account.email }
}

output "public_invokers" {
  description = "Who reaches the public doors; a deployment's canary needs a token where that is not everybody."
  value       = var.public_invokers
}
