variable "domain" {
  description = "The name under which Vigil is reached, such as vigil.example.com, by a load balancer; without it by Cloud Run's own address."
  type        = object({ name = string })
  default     = null
}

locals {
  public_url     = var.domain == null ? local.urls.api : "https://${var.domain.name}"
  public_ingress = var.domain == null ? "ALLOW_ALL" : "ALLOW_INTERNAL_AND_GCLB"
}
