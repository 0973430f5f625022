# Who is told when Vigil itself is in trouble. Vigil's own channels are not used for it: what is
# broken cannot be trusted to say so.

variable "operators" {
  description = "Whom Google's monitoring tells of trouble with Vigil itself: e-mail addresses by names of your own, and channels that exist already, as projects/P/notificationChannels/N. Also from where on there is trouble, and what the objectives promise."
  type = object({
    emails   = optional(map(string), {})
    channels = optional(set(string), [])

    thresholds = optional(object({
      # The oldest message that waits in front of a function.
      backlog_seconds = optional(number, 300)
      # The share of requests and pushes that fail.
      error_ratio = optional(number, 0.1)
      # What one request in twenty may take at the public doors.
      public_latency_seconds = optional(number, 2)
      # The share of an instance's memory.
      memory_ratio = optional(number, 0.9)
      # No tick has been worked on for so long.
      silence_minutes = optional(number, 15)
    }), {})

    # The share that has to be good in four weeks.
    objectives = optional(object({
      intake           = optional(number, 0.995)
      detection        = optional(number, 0.99)
      alerting         = optional(number, 0.99)
      api_availability = optional(number, 0.995)
      api_latency      = optional(number, 0.95)
    }), {})
  })
  default = {}

  validation {
    condition     = alltrue([for address in values(var.operators.emails) : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "operators.emails holds addresses such as oncall@example.com, by names of your own."
  }

  validation {
    condition     = alltrue([for name in keys(var.operators.emails) : can(regex("^[a-z][a-z0-9-]{0,40}$", name))])
    error_message = "operators.emails has names of up to 41 lower-case letters, digits and hyphens, at first a letter."
  }

  validation {
    condition     = alltrue([for channel in var.operators.channels : can(regex("^projects/[^/]+/notificationChannels/[^/]+$", channel))])
    error_message = "operators.channels holds full names, such as projects/acme-ops/notificationChannels/1234567890."
  }

  validation {
    condition     = var.operators.thresholds.backlog_seconds >= 120 && var.operators.thresholds.backlog_seconds <= 3600
    error_message = "operators.thresholds.backlog_seconds is 120 to 3600: Pub/Sub says how old a message is up to two minutes late."
  }

  validation {
    condition = (
      var.operators.thresholds.error_ratio > 0 && var.operators.thresholds.error_ratio < 1 &&
      var.operators.thresholds.memory_ratio > 0 && var.operators.thresholds.memory_ratio < 1
    )
    error_message = "operators.thresholds.error_ratio and memory_ratio are shares between 0 and 1, such as 0.1 for a tenth."
  }

  validation {
    condition     = var.operators.thresholds.public_latency_seconds > 0 && var.operators.thresholds.public_latency_seconds <= 60
    error_message = "operators.thresholds.public_latency_seconds is up to 60, after which a request is cut off."
  }

  validation {
    condition     = var.operators.thresholds.silence_minutes >= 10 && var.operators.thresholds.silence_minutes <= 60 && floor(var.operators.thresholds.silence_minutes) == var.operators.thresholds.silence_minutes
    error_message = "operators.thresholds.silence_minutes is a whole number from 10 to 60: what was counted is seen some minutes later."
  }

  validation {
    condition     = alltrue([for objective in values(var.operators.objectives) : objective >= 0.5 && objective <= 0.9999])
    error_message = "operators.objectives are shares from 0.5 to 0.9999, such as 0.995."
  }
}

locals {
  # In the same order at each plan, whatever the addresses' names.
  channels = concat(
    [for name in sort(keys(var.operators.emails)) : google_monitoring_notification_channel.operator[name].id],
    sort(var.operators.channels),
  )
}

resource "google_monitoring_notification_channel" "operator" {
  for_each = var.operators.emails

  project      = var.project_id
  type         = "email"
  display_name = "Vigil: ${each.key}"
  labels       = { email_address = each.value }
  user_labels  = local.labels
  # Alarms that name it do not keep it from being removed.
  force_delete = true
  depends_on   = [time_sleep.services_are_on]
}

check "somebody_is_told" {
  assert {
    condition     = length(var.operators.emails) + length(var.operators.channels) > 0
    error_message = "operators names nobody: Vigil's own alarms will be seen in the console only."
  }
}
