output "out" { value = "o" }
