# How functions reach what is in a network: an internal Alertmanager, a webhook behind a firewall.

variable "network" {
  description = "The subnetwork through which functions reach others; none of ours without it. subnetwork is the name of one in Vigil's project, or projects/HOST/regions/R/subnetworks/NAME of a shared VPC, with at least 64 addresses; network only if it cannot be told from that. VPC_EGRESS_ALL_TRAFFIC sends everything that way, which then needs Private Google Access and, to the outside, a Cloud NAT."
  type = object({
    network    = optional(string)
    subnetwork = string
    egress     = optional(string, "VPC_EGRESS_PRIVATE_RANGES_ONLY")
  })
  default = null

  validation {
    condition     = var.network == null || contains(["VPC_EGRESS_PRIVATE_RANGES_ONLY", "VPC_EGRESS_ALL_TRAFFIC"], try(var.network.egress, ""))
    error_message = "network.egress is VPC_EGRESS_PRIVATE_RANGES_ONLY or VPC_EGRESS_ALL_TRAFFIC."
  }

  validation {
    condition = var.network == null || can(regex(
      "^(projects/[a-z][a-z0-9:.-]+/regions/${var.region}/subnetworks/)?[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.network.subnetwork
    ))
    error_message = "network.subnetwork is a name, or projects/HOST/regions/R/subnetworks/NAME with Vigil's own region."
  }

  validation {
    condition = try(var.network.network, null) == null || can(regex(
      "^(projects/[a-z][a-z0-9:.-]+/global/networks/)?[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.network.network
    ))
    error_message = "network.network is a name, or projects/HOST/global/networks/NAME."
  }
}

locals {
  # [host, name] of a subnetwork that another project shares; an empty list otherwise.
  _shared_subnetwork = [
    for parts in try(regexall("^projects/([^/]+)/regions/[^/]+/subnetworks/([^/]+)$", var.network.subnetwork), []) :
    { host = parts[0], name = parts[1] } if parts[0] != var.project_id
  ]
}

# In one's own project Cloud Run's agent may do so anyway.
resource "google_compute_subnetwork_iam_member" "functions" {
  count = length(local._shared_subnetwork)

  project    = local._shared_subnetwork[count.index].host
  region     = var.region
  subnetwork = local._shared_subnetwork[count.index].name
  role       = "roles/compute.networkUser"
  member     = local.service_agents["run.googleapis.com"]
}

# It looks the network up before it uses the subnetwork.
resource "google_project_iam_member" "network_viewer" {
  count = length(local._shared_subnetwork)

  project = local._shared_subnetwork[count.index].host
  role    = "roles/compute.networkViewer"
  member  = local.service_agents["run.googleapis.com"]
}
