variable "a" { default = 1 }
variable "a" { default = 2 } # says: variable `a` is declared twice
locals {
  b = 1
}
locals {
  b = 2 # says: local value `b` is declared twice
}
output "c" { value = var.a }
output "c" { value = local.b } # says: output `c` is declared twice
resource "terraform_data" "d" { input = 1 }
resource "terraform_data" "d" { input = 2 } # says: resource `terraform_data.d` is declared twice
provider "aws" {}
provider "aws" { # says: provider `aws` is declared twice
  region = "eu-west-1"
}
provider "aws" {
  alias = "x"
}
provider "aws" { # says: provider `aws.x` is declared twice
  alias = "x"
}
