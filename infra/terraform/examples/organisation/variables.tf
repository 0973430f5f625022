variable "environment" {
  description = "Which of the environments this is: staging or production."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment is staging or production, as the files in environments are."
  }
}

variable "project_id" {
  description = "The project in which Vigil runs in this environment."
  type        = string
}

variable "region" {
  description = "The region in which it runs, and in which the key and the subnetwork lie."
  type        = string
  default     = "europe-west1"
}

variable "folder" {
  description = "The number of the folder whose projects are watched."
  type        = string
}

variable "streamed_projects" {
  description = "The projects for which tenants may ask for streams."
  type        = set(string)
  default     = []
}

variable "model_calls" {
  description = "How many calls of the model all tenants together may cost a day."
  type        = number
  default     = 500
}

variable "warm_functions" {
  description = "The functions of which an instance always waits."
  type        = set(string)
  default     = []
}

variable "keeps_documents" {
  description = "Whether documents outlive a mistake: no deletion, and back to any minute of a week."
  type        = bool
  default     = true
}

variable "subnetwork" {
  description = "The subnetwork by which internal webhooks are reached."
  type        = string
}

variable "key" {
  description = "The key of Cloud KMS with which everything is encrypted."
  type        = string
}

variable "domain" {
  description = "The name under which Vigil is reached."
  type        = string
}

variable "budget" {
  description = "The billing account, and what a month may cost."
  type        = object({ billing_account = string, amount = number })
}

variable "operators" {
  description = "Who is told when Vigil itself is in trouble: e-mail addresses by names of your own."
  type        = map(string)
}

variable "repository" {
  description = "The repository that Cloud Build deploys from, as it was connected in this project."
  type        = string
}

variable "branch" {
  description = "The branch that is deployed to this environment."
  type        = string
}

variable "approvers" {
  description = "Who says yes before anything is deployed; nobody has to, if it is null."
  type        = string
  default     = null
}
