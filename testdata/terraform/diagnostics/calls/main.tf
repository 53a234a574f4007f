module "missing_argument" { # says: `module.missing_argument` gives no value to variable `needed`, which has no default
  source = "./child"
}
module "unsupported" {
  source    = "./child"
  needed    = "x"
  misspelt  = "y" # says: the module of `module.unsupported` has no variable `misspelt`
  providers = {}
}
module "no_source" { # says: the call of module `no_source` has no `source`
  needed = "x"
}
module "nowhere" {
  source = "./nowhere" # says: the module `./nowhere`
}
module "registry" {
  source  = "terraform-aws-modules/iam/aws" # says: the module `terraform-aws-modules/iam/aws` is not installed
  version = "~> 5.0"
  anything = 1
}
