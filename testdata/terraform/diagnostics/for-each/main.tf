variable "secret" {
  default   = "hunter2"
  sensitive = true
}
resource "terraform_data" "list" {
  for_each = ["a", "b"] # says: `for_each` must not be a list or tuple
  input    = each.key
}
resource "terraform_data" "secret" {
  for_each = toset([var.secret]) # says: `for_each` must not be a sensitive value
  input    = "x"
}
resource "terraform_data" "later" {
  for_each = toset([terraform_data.fine["a"].id]) # says: `for_each` must not be a set of values that are known only after
  input    = "x"
}
resource "terraform_data" "text" {
  for_each = "abc" # says: `for_each` must be a map or a set of strings
  input    = "x"
}
resource "terraform_data" "negative" {
  count = -1 # says: `count` must be a whole number, zero or more
  input = "x"
}
resource "terraform_data" "fine" {
  for_each = { a = var.secret }
  input    = each.key
}
module "text" {
  source   = "./child"
  for_each = 5 # says: `for_each` must be a map or a set of strings
  name     = each.key
}
