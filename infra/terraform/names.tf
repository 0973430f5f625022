data "google_project" "this" {
  project_id = var.project_id
}

locals {
  prefix         = "vigil"
  labels         = merge({ app = local.prefix }, var.labels)
  project_number = data.google_project.this.number

  function_names = { for name in keys(local.functions) : name => "${local.prefix}-${replace(name, "_", "-")}" }

  # Cloud Run gives a service this address whatever else it is given, so it is known beforehand:
  # a subscription can name it without waiting for the function, and the function can be told it.
  urls = {
    for name, deployed in local.function_names :
    name => "https://${deployed}-${local.project_number}.${var.region}.run.app"
  }

  own_services = setunion(["${local.prefix}-"], var.settings.own_services)
}
