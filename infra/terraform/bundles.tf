# What a function is made of: its entry, what it installs, and the code they share. Nothing is
# compiled or installed before it is sent; a bundle is named by what is in it, so that only a
# function whose bundle has changed is built again.

locals {
  _root = abspath("${path.module}/../..")
  # What only runs on somebody's own machine stays there.
  _shared  = toset([for file in fileset("${local._root}/shared", "vigil/**/*.py") : file if !startswith(file, "vigil/local/")])
  _prompts = { analyze_incidents = fileset(local._root, "prompts/**") }

  bundles = {
    for name in keys(local.functions) : name => merge(
      {
        "main.py"          = "${local._root}/functions/${name}/main.py"
        "requirements.txt" = "${local._root}/functions/${name}/requirements.txt"
      },
      { for file in local._shared : file => "${local._root}/shared/${file}" },
      { for file in try(local._prompts[name], []) : file => "${local._root}/${file}" },
    )
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
      content  = file(source.value)
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

  dynamic "encryption" {
    for_each = local.kms_key == null ? [] : [local.kms_key]

    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_project_service.service, google_kms_crypto_key_iam_member.agent]
}

resource "google_storage_bucket_object" "bundle" {
  for_each = data.archive_file.bundle

  bucket = google_storage_bucket.sources.name
  name   = "${each.key}/${each.value.output_sha256}.zip"
  source = each.value.output_path
}

resource "google_artifact_registry_repository" "images" {
  project       = var.project_id
  location      = var.region
  repository_id = local.prefix
  description   = "Images of the functions, made by Cloud Build."
  format        = "DOCKER"
  labels        = local.labels
  kms_key_name  = local.kms_key

  depends_on = [google_project_service.service, google_kms_crypto_key_iam_member.agent]
}

resource "google_project_iam_member" "builder" {
  for_each = toset(["roles/logging.logWriter"])

  project = var.project_id
  role    = each.key
  member  = google_service_account.builder.member
}

resource "google_artifact_registry_repository_iam_member" "builder" {
  project    = var.project_id
  location   = var.region
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.builder.member
}

# A grant takes up to a minute until it holds everywhere, and a first build would come before.
resource "time_sleep" "builder_may_build" {
  create_duration = "60s"

  depends_on = [
    google_artifact_registry_repository_iam_member.builder,
    google_project_iam_member.builder,
  ]
}
