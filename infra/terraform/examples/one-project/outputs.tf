output "api_url" {
  description = "Where people and programs reach Vigil."
  value       = module.vigil.api_url
}

output "first_steps" {
  description = "What to do next."
  value       = module.vigil.first_steps
}
