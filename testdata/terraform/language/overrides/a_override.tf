variable "size" { default = 2 }
locals { a = "a_override" }
resource "terraform_data" "one" { input = "a_override" }
resource "terraform_data" "two" { count = 2 }
