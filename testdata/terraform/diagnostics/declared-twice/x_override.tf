output "c" { value = "overridden" }
output "nothing" { value = 1 } # says: there is no output `nothing` to override
provider "aws" {
  alias  = "x"
  region = "eu-west-1"
}
