given = "of terraform.tfvars"
