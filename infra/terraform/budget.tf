variable "budget" {
  description = "What Vigil's project may cost a month before the operators are told, at 50, 90 and 100 % of it, and when it is foreseen. The amount is in the currency of the billing account, which may be named but not chosen. Nothing is switched off."
  type = object({
    billing_account = string
    amount          = number
    currency        = optional(string)
  })
  default = null

  validation {
    condition     = var.budget == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account))
    error_message = "budget.billing_account is such as 012345-6789AB-CDEF01."
  }

  validation {
    condition     = var.budget == null || try(var.budget.amount >= 1 && floor(var.budget.amount) == var.budget.amount, false)
    error_message = "budget.amount is a whole number from 1."
  }

  validation {
    condition     = try(var.budget.currency, null) == null || can(regex("^[A-Z]{3}$", var.budget.currency))
    error_message = "budget.currency is three capital letters, such as EUR."
  }
}

locals {
  _thresholds = {
    half     = { part = 0.5, basis = "CURRENT_SPEND" }
    most     = { part = 0.9, basis = "CURRENT_SPEND" }
    all      = { part = 1.0, basis = "CURRENT_SPEND" }
    foreseen = { part = 1.0, basis = "FORECASTED_SPEND" }
  }

  # A budget writes letters only, and to five addresses at most.
  _told_of_costs = [
    for name in slice(sort(keys(var.operators.emails)), 0, min(5, length(var.operators.emails))) :
    google_monitoring_notification_channel.operator[name].id
  ]
}

resource "google_billing_budget" "project" {
  count = var.budget == null ? 0 : 1

  billing_account = var.budget.billing_account
  display_name    = "Vigil in ${var.project_id}"

  budget_filter {
    projects        = ["projects/${local.project_number}"]
    calendar_period = "MONTH"
  }

  amount {
    specified_amount {
      currency_code = var.budget.currency
      units         = tostring(var.budget.amount)
    }
  }

  dynamic "threshold_rules" {
    for_each = local._thresholds

    content {
      threshold_percent = threshold_rules.value.part
      spend_basis       = threshold_rules.value.basis
    }
  }

  # Without an operator of ours, the account's own administrators are told.
  dynamic "all_updates_rule" {
    for_each = length(local._told_of_costs) == 0 ? [] : [local._told_of_costs]

    content {
      monitoring_notification_channels = all_updates_rule.value
      disable_default_iam_recipients   = false
    }
  }

  depends_on = [time_sleep.services_are_on]
}
