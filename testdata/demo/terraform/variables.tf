variable "region" {
  type    = string
  default = "eu-central-1"
}

variable "deployers" {
  description = "Names of the users that deploy from the old build server"
  type        = set(string)
  default     = ["deployer"]
}
