# moved, removed, import and check make no resource of their own.
moved {
  from = terraform_data.old
  to   = terraform_data.new
}
moved {
  from = module.before
  to   = module.after
}
removed {
  from = terraform_data.gone
  lifecycle { destroy = false }
}
check "health" {
  assert {
    condition     = terraform_data.new.input == "new"
    error_message = "it is ${terraform_data.new.input}"
  }
}
resource "terraform_data" "new" {
  input = "new"
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [input]
    precondition {
      condition     = length(local.name) > 0
      error_message = "a name is needed"
    }
    postcondition {
      condition     = self.input == "new"
      error_message = "is ${self.input}"
    }
  }
  provisioner "local-exec" {
    when    = destroy
    command = "echo ${self.input}"
  }
}
locals { name = "n" }
module "after" {
  source     = "./child"
  depends_on = [terraform_data.new]
}
