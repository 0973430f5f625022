# What every part of a deployment goes by. What one part alone is told stands in that part's file.

variable "project_id" {
  description = "The Google Cloud project in which Vigil runs: one that holds nothing else."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id is a project's id such as acme-vigil (6 to 30 lower-case letters, digits and hyphens), not its name or number."
  }
}

variable "region" {
  description = "The region of functions, schedules, images and bundles, and of the database unless that names another."
  type        = string
  default     = "us-central1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region is a region such as europe-west1, not a zone such as europe-west1-b and not a multi-region such as EU."
  }
}

variable "labels" {
  description = "Labels for everything that takes labels, beside app = vigil."
  type        = map(string)
  default     = {}

  validation {
    condition = alltrue([
      for name, value in var.labels :
      can(regex("^[a-z][a-z0-9_-]{0,62}$", name)) && can(regex("^[a-z0-9_-]{0,63}$", value))
    ])
    error_message = "labels have names and values of up to 63 lower-case letters, digits, _ and -, and a name begins with a letter."
  }
}

variable "settings" {
  description = "How Vigil works, by the names that README.md gives its settings, without VIGIL_; what is left out keeps its default."
  type = object({
    log_level = optional(string, "INFO")
    # Beginnings of the names of services that must not be read, beside Vigil's own.
    own_services      = optional(set(string), [])
    batch_max_entries = optional(number, 500)
    batch_max_bytes   = optional(number, 4000000)
    batch_linger_ms   = optional(number, 250)
    batch_max_held    = optional(number, 500)
  })
  default = {}

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.settings.log_level)
    error_message = "settings.log_level is DEBUG, INFO, WARNING or ERROR."
  }

  validation {
    condition     = alltrue([for name in var.settings.own_services : can(regex("^[a-z][a-z0-9-]{1,40}$", name))])
    error_message = "settings.own_services holds beginnings of services' names: 2 to 41 lower-case letters, digits and hyphens each, at first a letter."
  }

  validation {
    condition = (
      var.settings.batch_max_entries >= 1 && var.settings.batch_max_entries <= 10000 &&
      var.settings.batch_max_bytes >= 1000 && var.settings.batch_max_bytes <= 9000000 &&
      var.settings.batch_linger_ms >= 0 && var.settings.batch_linger_ms <= 10000 &&
      var.settings.batch_max_held >= 1 && var.settings.batch_max_held <= 10000
    )
    error_message = "settings.batch_max_entries and batch_max_held are 1 to 10000, batch_max_bytes 1000 to 9000000, batch_linger_ms 0 to 10000."
  }
}

variable "model" {
  description = "The Gemini model that explains incidents, and what it may cost a day; without a name statistics explain them, and nothing is asked."
  type = object({
    name                  = optional(string, "")
    location              = optional(string, "global")
    timeout_seconds       = optional(number, 30)
    daily_calls           = optional(number, 200)
    daily_tokens          = optional(number, 2000000)
    platform_daily_calls  = optional(number, 2000)
    platform_daily_tokens = optional(number, 20000000)
  })
  default = {}

  validation {
    condition     = can(regex("^([a-z0-9][a-z0-9.@-]{0,99})?$", var.model.name))
    error_message = "model.name is a model such as gemini-2.5-flash, without a path before it."
  }

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,40}$", var.model.location))
    error_message = "model.location is global, or a region such as europe-west1."
  }

  validation {
    # It is asked at most three times, and what it said has to be kept before Pub/Sub sends again.
    condition     = var.model.timeout_seconds >= 1 && var.model.timeout_seconds <= 80
    error_message = "model.timeout_seconds is 1 to 80: three calls have to end before the question is pushed again, after 300 seconds."
  }

  validation {
    condition = alltrue([
      for limit in [var.model.daily_calls, var.model.daily_tokens, var.model.platform_daily_calls, var.model.platform_daily_tokens] :
      limit >= 0 && floor(limit) == limit
    ])
    error_message = "model.daily_calls, daily_tokens, platform_daily_calls and platform_daily_tokens are whole numbers from 0."
  }
}
