# Interpolation, directives, strip markers, heredocs, escapes, template files.
variable "names" { default = ["ann", "bob"] }
locals {
  greeting = "Hello, %{ if length(var.names) > 1 }all%{ else }${var.names[0]}%{ endif }!"
  list     = <<-EOT
    %{ for name in var.names ~}
    - ${name}
    %{ endfor ~}
    end
  EOT
  escaped  = "$${not} %%{not} \" \\ \u00e9 \t|"
  indented = <<-EOT
      two
    none
        four
  EOT
}
resource "terraform_data" "greeting" { input = local.greeting }
resource "terraform_data" "list" { input = local.list }
resource "terraform_data" "escaped" { input = local.escaped }
output "indented" { value = local.indented }
output "file" { value = templatefile("${path.module}/greeting.tftpl", { names = var.names, title = "Team" }) }
output "plain" { value = trimspace(file("greeting.tftpl")) }
output "value_not_text" { value = "${var.names}" }
output "number" { value = "${1 + 2}" }
output "joined" { value = "n=${1 + 2}" }
output "nested" { value = "a ${"b ${"c"}"}" }
output "keyed" { value = "%{ for k, v in { a = 1, b = 2 } }${k}=${v};%{ endfor }" }
