# Functions on values of a configuration: policies, addresses, encodings.
locals {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for action in ["s3:GetObject", "s3:PutObject"] : { Effect = "Allow", Action = action, Resource = "*" }]
  })
  cidrs = [for nth in range(3) : cidrsubnet("10.0.0.0/16", 8, nth)]
}
resource "terraform_data" "policy" { input = local.policy }
resource "terraform_data" "cidrs" { input = zipmap(["a", "b", "c"], local.cidrs) }
output "decoded" { value = jsondecode(local.policy).Statement[*].Action }
output "merged" { value = merge({ a = 1 }, null, { b = 2, a = 3 }) }
output "setproduct" { value = [for pair in setproduct(["a", "b"], [1, 2]) : join("", pair)] }
output "lookup" { value = [lookup({ a = "x" }, "a", "y"), lookup({ a = "x" }, "b", "y")] }
output "encoded" { value = base64encode("a<b>") }
output "yaml" { value = yamldecode("a: [1, true, ~]\nb: '01'") }
output "expanded" { value = max([1, 5, 3]...) }
output "format" { value = format("%s-%03d-%q-%5.1f", "a", 7, "q", 2.25) }
output "regex" { value = regexall("[a-z]+", "ab1cd") }
output "can" { value = [can(tonumber("x")), can(tonumber("1"))] }
output "distinct" { value = distinct(["a", "b", "a"]) }
output "default_of_try" { value = try(jsondecode("{"), "broken") }
