# What a function is made of: its entry, what it installs, and the code they share. Cloud Build does
# everything else, so that nothing is compiled or installed here. A bundle is named by what is in it:
# only a function whose bundle has changed is built again.
#
# The zips lie in the folder .bundles of the root module. A saved plan names them and does not hold
# them, so `terraform apply FILE` needs the folder that its plan was made in, with .bundles in it.

locals {
  _root = abspath("${path.module}/../..")

  # Only what has the name of a module, or of rules that one reads: an editor's copy, a lock or a
  # forgotten .env does not. What runs on somebody's own machine alone stays there: vigil/local, the
  # vigil command, and SQLite.
  _module     = "^vigil/([a-z0-9_]+/)*[a-z0-9_]+\\.py$|^vigil/detection/(change|wording)_rules\\.toml$"
  _never_sent = "^vigil/(local/|__main__\\.py$|adapters/sqlite_)"
  _shared = [
    for file in fileset("${local._root}/shared", "vigil/**/*.{py,toml}") : file
    if can(regex(local._module, file)) && !can(regex(local._never_sent, file))
  ]

  # What single functions read beside their code.
  _read = { analyze_incidents = fileset(local._root, "prompts/*/v*.md") }

  bundles = {
    for name in keys(local.functions) : name => merge(
      {
        "main.py"          = "${local._root}/functions/${name}/main.py"
        "requirements.txt" = "${local._root}/functions/${name}/requirements.txt"
      },
      { for file in local._shared : file => "${local._root}/shared/${file}" },
      { for file in lookup(local._read, name, []) : file => "${local._root}/${file}" },
    )
  }

  # By themselves, or every reader would go through everything that is in every zip.
  _zips = {
    for name, zip in data.archive_file.bundle :
    name => { path = zip.output_path, name = "${name}/${zip.output_sha256}.zip" }
  }
}

data "archive_file" "bundle" {
  for_each = local.bundles

  type             = "zip"
  output_path      = "${path.root}/.bundles/${each.key}.zip"
  output_file_mode = "0644"

  dynamic "source" {
    for_each = each.value

    content {
      filename = source.key
      # A checkout with other line ends is no other function.
      content = replace(file(source.value), "\r\n", "\n")
    }
  }
}

resource "google_storage_bucket" "sources" {
  project                     = var.project_id
  name                        = "${var.project_id}-${local.prefix}-sources"
  location                    = var.region
  labels                      = local.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  # All of it can be made again from the repository.
  force_destroy = true

  # A bundle takes the place of the one before it, which can still be looked at for a while. Nothing
  # is deleted for its age alone: what a function was last made of may be years old.
  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      days_since_noncurrent_time = 90
      with_state                 = "ARCHIVED"
    }
  }

  dynamic "encryption" {
    for_each = local.kms_key == null ? [] : [local.kms_key]

    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [time_sleep.services_are_on, time_sleep.key_may_be_used]
}

resource "google_storage_bucket_object" "bundle" {
  for_each = local.functions

  bucket       = google_storage_bucket.sources.name
  name         = local._zips[each.key].name
  source       = local._zips[each.key].path
  content_type = "application/zip"
}

resource "google_artifact_registry_repository" "images" {
  project       = var.project_id
  location      = var.region
  repository_id = local.prefix
  description   = "Images of the functions, made by Cloud Build."
  format        = "DOCKER"
  labels        = local.labels
  kms_key_name  = local.kms_key

  # Each deployment and each patch of the runtime leaves an image. The youngest of a function are
  # kept however old they are: one of them runs.
  cleanup_policies {
    id     = "old"
    action = "DELETE"

    condition {
      older_than = "2592000s" # 30 days
    }
  }

  cleanup_policies {
    id     = "youngest"
    action = "KEEP"

    most_recent_versions {
      keep_count = 10
    }
  }

  depends_on = [time_sleep.services_are_on, time_sleep.key_may_be_used]
}

resource "google_project_iam_member" "builder_logs" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.builder.member
}

# Cloud Functions takes a bundle over into a bucket of its own, which it makes with the first of
# them; with a key, the bucket's name goes on behind the region. A build reads from there alone.
resource "google_project_iam_member" "builder_sources" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.builder.member

  condition {
    title      = "sources of functions"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${local.project_number}-${var.region}\")"
  }
}

resource "google_artifact_registry_repository_iam_member" "builder" {
  project    = var.project_id
  location   = var.region
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.builder.member
}

# A grant takes two minutes as a rule until it holds everywhere, and a first build would come before.
resource "time_sleep" "builder_may_build" {
  create_duration = "120s"

  depends_on = [
    google_artifact_registry_repository_iam_member.builder,
    google_project_iam_member.builder_logs,
    google_project_iam_member.builder_sources,
  ]
}
