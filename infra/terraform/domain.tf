# A name of one's own, a certificate, and a firewall before the two public doors.
#
# Where the organization policy iam.allowedPolicyMemberDomains forbids allUsers, a load balancer does
# not help: Cloud Run still asks each caller for a token. Either the policy is lifted for Vigil's
# project, or public_invokers names who may call, who then sends Google's token beside Vigil's key.

variable "domain" {
  description = "The name under which Vigil is reached, such as vigil.example.com, by a load balancer; without it by Cloud Run's own address. From one address come at most requests_per_minute; firewall says if requests that look like attacks are counted (preview), refused (enforced) or not looked at (off)."
  type = object({
    name                = string
    requests_per_minute = optional(number, 600)
    firewall            = optional(string, "preview")
  })
  default = null

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain.name))
    error_message = "domain.name is a name such as vigil.example.com: lower case, without https:// and without a dot at the end."
  }

  validation {
    condition     = var.domain == null || try(length(var.domain.name) <= 64, false)
    error_message = "domain.name has at most 64 characters: Google makes no certificates for longer ones."
  }

  validation {
    condition     = var.domain == null || try(var.domain.requests_per_minute >= 60 && var.domain.requests_per_minute <= 1000000, false)
    error_message = "domain.requests_per_minute is 60 to 1000000."
  }

  validation {
    condition     = var.domain == null || contains(["off", "preview", "enforced"], try(var.domain.firewall, ""))
    error_message = "domain.firewall is off, preview or enforced."
  }
}

locals {
  public_url     = var.domain == null ? local.urls.api : "https://${var.domain.name}"
  public_ingress = var.domain == null ? "ALLOW_ALL" : "ALLOW_INTERNAL_AND_GCLB"

  _behind_domain = { for name, function in local._public : name => function if var.domain != null }

  # The surest signatures only: alerts quote what others did, attacks among it.
  _signatures = {
    sqli = { priority = 100, set = "sqli-v33-stable" }
    xss  = { priority = 110, set = "xss-v33-stable" }
    lfi  = { priority = 120, set = "lfi-v33-stable" }
    rfi  = { priority = 130, set = "rfi-v33-stable" }
    rce  = { priority = 140, set = "rce-v33-stable" }
    scan = { priority = 150, set = "scannerdetection-v33-stable" }
    http = { priority = 160, set = "protocolattack-v33-stable" }
    cve  = { priority = 170, set = "cve-canary" }
  }
}

resource "google_compute_global_address" "domain" {
  count = var.domain == null ? 0 : 1

  project    = var.project_id
  name       = local.prefix
  labels     = local.labels
  depends_on = [time_sleep.services_are_on]
}

# A certificate cannot be changed, nor removed while it is used.
resource "google_compute_managed_ssl_certificate" "domain" {
  count = var.domain == null ? 0 : 1

  project = var.project_id
  name    = trimsuffix(substr("${local.prefix}-${replace(var.domain.name, ".", "-")}", 0, 63), "-")

  managed {
    domains = [var.domain.name]
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.services_are_on]
}

resource "google_compute_ssl_policy" "domain" {
  count = var.domain == null ? 0 : 1

  project         = var.project_id
  name            = local.prefix
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
  depends_on      = [time_sleep.services_are_on]
}

resource "google_compute_security_policy" "domain" {
  count = var.domain == null ? 0 : 1

  project     = var.project_id
  name        = local.prefix
  description = "What may come to Vigil's public doors, and how often."
  labels      = local.labels
  type        = "CLOUD_ARMOR"

  dynamic "rule" {
    for_each = var.domain.firewall == "off" ? {} : local._signatures

    content {
      action      = "deny(403)"
      priority    = rule.value.priority
      description = "Looks like an attack: ${rule.key}"
      preview     = var.domain.firewall == "preview"

      match {
        expr {
          expression = "evaluatePreconfiguredWaf('${rule.value.set}', {'sensitivity': 1})"
        }
      }
    }
  }

  # It matches everything, so it comes last: what a rule lets through no later one sees.
  rule {
    action      = "throttle"
    priority    = 1000
    description = "From one address not more than this a minute"

    match {
      versioned_expr = "SRC_IPS_V1"

      config {
        src_ip_ranges = ["*"]
      }
    }

    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"

      rate_limit_threshold {
        count        = var.domain.requests_per_minute
        interval_sec = 60
      }
    }
  }

  rule {
    action      = "allow"
    priority    = 2147483647
    description = "Everything else"

    match {
      versioned_expr = "SRC_IPS_V1"

      config {
        src_ip_ranges = ["*"]
      }
    }
  }

  depends_on = [time_sleep.services_are_on]
}

resource "google_compute_region_network_endpoint_group" "domain" {
  for_each = local._behind_domain

  project               = var.project_id
  region                = var.region
  name                  = local.function_names[each.key]
  network_endpoint_type = "SERVERLESS"

  # What deploys as a function runs as a service of the same name.
  cloud_run {
    service = google_cloudfunctions2_function.function[each.key].name
  }
}

# Requests are not logged: an address may hold a key or a signed link, and Cloud Run's log has
# enough of them.
resource "google_compute_backend_service" "domain" {
  for_each = local._behind_domain

  project                 = var.project_id
  name                    = local.function_names[each.key]
  load_balancing_scheme   = "EXTERNAL_MANAGED"
  security_policy         = google_compute_security_policy.domain[0].id
  custom_response_headers = ["Strict-Transport-Security: max-age=31536000"]

  backend {
    group = google_compute_region_network_endpoint_group.domain[each.key].id
  }

  log_config {
    enable = false
  }
}

resource "google_compute_url_map" "domain" {
  count = var.domain == null ? 0 : 1

  project         = var.project_id
  name            = local.prefix
  default_service = google_compute_backend_service.domain["api"].id

  host_rule {
    hosts        = [var.domain.name]
    path_matcher = "doors"
  }

  path_matcher {
    name            = "doors"
    default_service = google_compute_backend_service.domain["api"].id

    path_rule {
      paths   = ["/receive/*"]
      service = google_compute_backend_service.domain["receive_alerts"].id
    }
  }
}

resource "google_compute_target_https_proxy" "domain" {
  count = var.domain == null ? 0 : 1

  project          = var.project_id
  name             = local.prefix
  url_map          = google_compute_url_map.domain[0].id
  ssl_certificates = [google_compute_managed_ssl_certificate.domain[0].id]
  ssl_policy       = google_compute_ssl_policy.domain[0].id
}

resource "google_compute_global_forwarding_rule" "https" {
  count = var.domain == null ? 0 : 1

  project               = var.project_id
  name                  = "${local.prefix}-https"
  labels                = local.labels
  ip_address            = google_compute_global_address.domain[0].id
  port_range            = "443"
  target                = google_compute_target_https_proxy.domain[0].id
  load_balancing_scheme = "EXTERNAL_MANAGED"
}

# A browser follows this. A program that posts an alert in the clear does not, so that it is noticed.
resource "google_compute_url_map" "to_https" {
  count = var.domain == null ? 0 : 1

  project = var.project_id
  name    = "${local.prefix}-to-https"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }

  depends_on = [time_sleep.services_are_on]
}

resource "google_compute_target_http_proxy" "domain" {
  count = var.domain == null ? 0 : 1

  project = var.project_id
  name    = "${local.prefix}-to-https"
  url_map = google_compute_url_map.to_https[0].id
}

resource "google_compute_global_forwarding_rule" "http" {
  count = var.domain == null ? 0 : 1

  project               = var.project_id
  name                  = "${local.prefix}-to-https"
  labels                = local.labels
  ip_address            = google_compute_global_address.domain[0].id
  port_range            = "80"
  target                = google_compute_target_http_proxy.domain[0].id
  load_balancing_scheme = "EXTERNAL_MANAGED"
}

output "domain_record" {
  description = "What to enter into the domain's zone; the certificate is made within an hour after it."
  value       = var.domain == null ? null : "${var.domain.name}. A ${google_compute_global_address.domain[0].address}"
}
