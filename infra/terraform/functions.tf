variable "functions" {
  description = "What differs from the defaults for single functions, by their names in the code, such as batch_logs = { max_instances = 100 }."
  type = map(object({
    memory        = optional(string)
    cpu           = optional(string)
    concurrency   = optional(number)
    min_instances = optional(number)
    max_instances = optional(number)
  }))
  default = {}

  validation {
    condition     = length(setsubtract(keys(var.functions), keys(local._functions))) == 0
    error_message = "functions names one that there is not; there are ${join(", ", keys(local._functions))}."
  }

  validation {
    condition = alltrue([
      for name, each in var.functions :
      coalesce(each.max_instances, try(local._functions[name].max_instances, 1)) >= max(1, coalesce(each.min_instances, 0))
    ])
    error_message = "functions: max_instances is at least min_instances, and never 0."
  }

  validation {
    condition     = alltrue([for each in values(var.functions) : can(regex("^([0-9]+(Mi|Gi))?$", coalesce(each.memory, "512Mi")))])
    error_message = "functions: memory is such as 512Mi or 1Gi."
  }

  validation {
    # With less than a whole one, an instance may work on a single request only.
    condition     = alltrue([for each in values(var.functions) : contains(["1", "2", "4", "6", "8"], coalesce(each.cpu, "1"))])
    error_message = "functions: cpu is 1, 2, 4, 6 or 8."
  }

  validation {
    condition     = alltrue([for each in values(var.functions) : coalesce(each.concurrency, 1) >= 1 && coalesce(each.concurrency, 1) <= 1000])
    error_message = "functions: concurrency is 1 to 1000."
  }
}

variable "public_invokers" {
  description = "Who reaches the public doors, api and receive_alerts, which check every caller themselves. Where an organization forbids allUsers, name who may; callers then need Google's token in X-Serverless-Authorization, beside Vigil's key."
  type        = set(string)
  default     = ["allUsers"]

  validation {
    condition     = alltrue([for member in var.public_invokers : can(regex("^(allUsers|allAuthenticatedUsers|(user|group|serviceAccount|domain):.+)$", member))])
    error_message = "public_invokers holds members such as allUsers, group:people@example.com or serviceAccount:name@project.iam.gserviceaccount.com."
  }
}

locals {
  # What a function is and what it takes. `server` says if it waits in threads of its own number
  # or in one event loop.
  _functions = {
    batch_logs = {
      description = "Makes batches of what the sinks send."
      server      = "asgi"
      # Above settings.batch_max_held, or the autoscaler would start the next instance first.
      concurrency     = 900
      timeout_seconds = 60
      max_instances   = 20
    }
    detect_anomalies = {
      description = "Finds what strayed."
      server      = "threads"
      # As many batches as come while one of a hot service waits for its turn.
      concurrency     = 20
      timeout_seconds = 120
      max_instances   = 20
    }
    manage_alerts = {
      description     = "Correlates, alerts, and tells people."
      server          = "threads"
      concurrency     = 8
      timeout_seconds = 300
      max_instances   = 10
    }
    analyze_incidents = {
      description     = "Lets a model explain incidents."
      server          = "threads"
      concurrency     = 8
      timeout_seconds = 300
      max_instances   = 3
    }
    receive_alerts = {
      description     = "Takes alerts that others have raised."
      server          = "threads"
      public          = true
      concurrency     = 20
      timeout_seconds = 60
      max_instances   = 5
    }
    cleanup = {
      description     = "Deletes what has expired."
      server          = "threads"
      concurrency     = 1
      timeout_seconds = 300
      max_instances   = 1
    }
    api = {
      description     = "Answers people and programs."
      server          = "asgi"
      public          = true
      concurrency     = 80
      timeout_seconds = 60
      max_instances   = 10
    }
  }

  _usual = { memory = "512Mi", cpu = "1", min_instances = 0, public = false }

  functions = {
    for name, own in local._functions : name => merge(
      local._usual,
      own,
      { for key, value in try(var.functions[name], {}) : key => value if value != null },
    )
  }

  # Who may call a function beside people.
  callers = merge(
    { for push in values(local._topology.pushes) : push.function => google_service_account.pusher.email... },
    { cleanup = [google_service_account.scheduler.email] },
  )

  # Every function is told where it is; the others are settings that some of them read.
  environment = {
    for name, function in local.functions : name => merge(
      {
        VIGIL_PROJECT   = var.project_id
        VIGIL_DATABASE  = google_firestore_database.documents.name
        VIGIL_LOG_LEVEL = var.settings.log_level
        # Cloud Run functions add it as true where it is not written. functions-framework would then
        # put a log of its own in the place of Vigil's, which redacts, and silence batch_logs and api.
        LOG_EXECUTION_ID = "false"
      },
      function.server == "threads" ? { THREADS = tostring(function.concurrency) } : {},
      contains(keys(local.callers), name) ? {
        VIGIL_PUSH_AUDIENCE = local.urls[name]
        VIGIL_PUSH_ACCOUNTS = join(",", distinct(local.callers[name]))
        # What everybody reaches must verify for itself; what stands behind IAM need not do it again.
        VIGIL_PUSH_IDENTITY = function.public ? "verified" : "iam"
      } : {},
      try(local._settings[name], {}),
    )
  }

  _settings = {
    batch_logs = {
      VIGIL_OWN_SERVICES      = join(",", local.own_services)
      VIGIL_BATCH_MAX_ENTRIES = var.settings.batch_max_entries
      VIGIL_BATCH_MAX_BYTES   = var.settings.batch_max_bytes
      VIGIL_BATCH_LINGER_MS   = var.settings.batch_linger_ms
      VIGIL_BATCH_MAX_HELD    = var.settings.batch_max_held
    }
    manage_alerts = { VIGIL_PUBLIC_URL = local.public_url }
    analyze_incidents = {
      VIGIL_MODEL                       = var.model.name
      VIGIL_MODEL_LOCATION              = var.model.location
      VIGIL_MODEL_TIMEOUT_SECONDS       = var.model.timeout_seconds
      VIGIL_MODEL_DAILY_CALLS           = var.model.daily_calls
      VIGIL_MODEL_DAILY_TOKENS          = var.model.daily_tokens
      VIGIL_MODEL_PLATFORM_DAILY_CALLS  = var.model.platform_daily_calls
      VIGIL_MODEL_PLATFORM_DAILY_TOKENS = var.model.platform_daily_tokens
    }
    api = {
      VIGIL_OWN_SERVICES = join(",", local.own_services)
      VIGIL_PUBLIC_URL   = local.public_url
    }
  }
}

resource "google_cloudfunctions2_function" "function" {
  for_each = local.functions

  project      = var.project_id
  location     = var.region
  name         = local.function_names[each.key]
  description  = each.value.description
  labels       = local.labels
  kms_key_name = local.kms_key

  build_config {
    runtime           = "python311"
    entry_point       = each.key
    docker_repository = google_artifact_registry_repository.images.id
    service_account   = google_service_account.builder.id

    # Images are made with all their files of one date, so bytecode that goes by dates is stale in
    # each instance anew. With this, Python writes the kind that goes by what the file holds.
    environment_variables = { SOURCE_DATE_EPOCH = "315532800" }

    source {
      storage_source {
        bucket = google_storage_bucket.sources.name
        object = google_storage_bucket_object.bundle[each.key].name
      }
    }

    # Patches of the runtime come without a deployment of ours.
    automatic_update_policy {}
  }

  service_config {
    service_account_email            = google_service_account.function[each.key].email
    available_memory                 = each.value.memory
    available_cpu                    = each.value.cpu
    max_instance_request_concurrency = each.value.concurrency
    min_instance_count               = each.value.min_instances
    max_instance_count               = each.value.max_instances
    timeout_seconds                  = each.value.timeout_seconds
    environment_variables            = local.environment[each.key]
    ingress_settings                 = each.value.public ? local.public_ingress : "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision   = true
    direct_vpc_egress                = var.network == null ? null : var.network.egress

    dynamic "direct_vpc_network_interface" {
      for_each = var.network == null ? [] : [var.network]

      content {
        network    = direct_vpc_network_interface.value.network
        subnetwork = direct_vpc_network_interface.value.subnetwork
      }
    }
  }

  depends_on = [
    google_compute_subnetwork_iam_member.functions,
    time_sleep.key_may_be_used,
    google_project_iam_member.network_viewer,
    time_sleep.builder_may_build,
  ]
}
