resource "terraform_data" "child" {
  input            = path.module
  triggers_replace = { root = path.root, workspace = "default" }
}
