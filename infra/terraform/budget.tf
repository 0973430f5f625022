variable "budget" {
  description = "What Vigil's project may cost a month before somebody is told."
  type = object({
    billing_account = string
    amount          = number
    currency        = optional(string, "USD")
  })
  default = null
}
