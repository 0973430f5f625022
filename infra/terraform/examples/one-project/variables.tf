variable "project_id" {
  description = "The project in which Vigil runs."
  type        = string
}

variable "region" {
  description = "The region in which it runs."
  type        = string
  default     = "us-central1"
}

variable "watched_projects" {
  description = "The projects whose logs it reads."
  type        = set(string)
  default     = []
}

variable "operators" {
  description = "Who is told when Vigil itself is in trouble: e-mail addresses by names of your own."
  type        = map(string)
}
