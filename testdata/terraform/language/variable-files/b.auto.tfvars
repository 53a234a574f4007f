e = "b.auto.tfvars"
