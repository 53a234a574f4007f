//! Where the values of variables come from, and which files make a module.

use std::collections::BTreeMap;

use iacscan::terraform::{Given, Settings};

use super::folder::{Folder, addresses, output, said, value};

const NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

/// A module with a variable for each name, and an output that shows them all.
fn variables() -> String {
    let declared: String =
        NAMES.iter().map(|name| format!("variable \"{name}\" {{ default = \"default\" }}\n")).collect();
    let shown: Vec<String> = NAMES.iter().map(|name| format!("var.{name}")).collect();
    format!("{declared}output \"all\" {{\n  value = join(\" \", [{}])\n}}\n", shown.join(", "))
}

/// A file that gives these names the value.
fn values(names: &[&str], value: &str) -> String {
    names.iter().map(|name| format!("{name} = \"{value}\"\n")).collect()
}

#[test]
fn each_source_of_values_stands_above_the_ones_before() {
    let json =
        format!("{{{}}}", NAMES[3..].iter().map(|name| format!("\"{name}\": \"json\"")).collect::<Vec<_>>().join(","));
    let folder = Folder::of(&[
        ("main.tf", &variables()),
        ("terraform.tfvars", &values(&NAMES[2..], "tfvars")),
        ("terraform.tfvars.json", &json),
        ("b.auto.tfvars", &values(&NAMES[5..], "b.auto")),
        ("a.auto.tfvars", &values(&NAMES[4..], "a.auto")),
        ("named.tfvars", &values(&NAMES[6..], "named")),
    ]);
    let environment: BTreeMap<String, String> =
        NAMES[1..].iter().map(|name| ((*name).to_owned(), "environment".to_owned())).collect();
    let settings = Settings { environment, ..Settings::default() };
    let model = folder.model_with("", settings.clone());
    assert_eq!(output(&model, "all"), "default environment tfvars json a.auto b.auto b.auto");
    let file = Given::File(folder.path("named.tfvars"));
    let variable = Given::Variable("g".to_owned(), "variable".to_owned());
    let ordered = |given: &[&Given]| {
        let given = given.iter().map(|one| (*one).clone()).collect();
        output(&folder.model_with("", Settings { given, ..settings.clone() }), "all")
    };
    assert!(ordered(&[&file]).ends_with(" named"));
    assert!(ordered(&[&file, &variable]).ends_with(" variable"));
    assert!(ordered(&[&variable, &file]).ends_with(" named"));
}

#[test]
fn the_command_line_keeps_its_order() {
    let folder = Folder::of(&[
        ("main.tf", "variable \"a\" {}\noutput \"o\" {\n  value = var.a\n}\n"),
        ("f.tfvars", "a = \"file\"\n"),
    ]);
    let file = folder.path("f.tfvars");
    let (file, main) = (file.to_str().unwrap(), folder.path("main.tf"));
    let shown = |arguments: &[&str]| {
        let (shown, _) = super::plans::shown(&main, arguments);
        super::plans::resources(&shown)["output.o"]["values"]["value"].as_str().unwrap().to_owned()
    };
    assert_eq!(shown(&["--var", "a=variable", "--var-file", file]), "file");
    assert_eq!(shown(&["--var-file", file, "--var", "a=variable"]), "variable");
    assert_eq!(shown(&["--var", "a=1", "--var-file", file, "--var", "a=2"]), "2");
    assert_eq!(shown(&["--var", "a=1", "--var", "a=2"]), "2");
}

#[test]
fn values_of_variables_that_there_are_not_are_told_with_their_place() {
    let folder = Folder::of(&[
        ("main.tf", "variable \"a\" {}\n"),
        ("terraform.tfvars", "a = 1\nmisspelt = 2\n"),
        ("x.auto.tfvars.json", "{\n  \"other\": 1\n}\n"),
    ]);
    let expected = [
        "undeclared-variable terraform.tfvars:2 no variable `misspelt` is declared, which this file gives a value",
        "undeclared-variable x.auto.tfvars.json:2 no variable `other` is declared, which this file gives a value",
    ];
    assert_eq!(said(&folder.model()), expected);
}

#[test]
fn override_files_change_what_is_there() {
    let folder = Folder::of(&[
        (
            "main.tf",
            r#"
            provider "aws" {
              default_tags { tags = { from = "main" } }
            }
            resource "aws_security_group" "s" {
              name = "main"
              ingress { from_port = 1 }
              ingress { from_port = 2 }
              egress { from_port = 3 }
            }
            output "o" { value = "main" }
            "#,
        ),
        (
            "override.tf",
            r#"
            provider "aws" {
              default_tags { tags = { from = "override" } }
            }
            resource "aws_security_group" "s" {
              ingress { from_port = 4 }
            }
            output "o" { value = "override" }
            "#,
        ),
        ("z_override.tofu", "output \"o\" { value = \"z_override\" }\n"),
        ("a_override.tf.json", "{ \"output\": { \"o\": { \"value\": \"a_override\" } } }"),
    ]);
    let model = folder.model();
    assert_eq!(output(&model, "o"), "z_override");
    assert_eq!(value(&model, "aws_security_group.s", "ingress"), "[{from_port: 4}]");
    assert_eq!(value(&model, "aws_security_group.s", "egress"), "[{from_port: 3}]");
    assert_eq!(value(&model, "aws_security_group.s", "name"), "main");
    assert_eq!(value(&model, "aws_security_group.s", "tags_all"), "{from: override}");
    assert!(said(&model).is_empty(), "{:?}", said(&model));
}

#[test]
fn tofu_files_stand_before_those_of_the_same_name() {
    let user = |name: &str| format!("resource \"aws_iam_user\" \"{name}\" {{}}\n");
    let folder = Folder::of(&[
        ("main.tf", &user("left_out")),
        ("main.tofu", &user("of_tofu")),
        ("other.tf", &user("of_both")),
        ("json.tf.json", "{ \"resource\": { \"aws_iam_user\": { \"left_out_too\": {} } } }"),
        ("json.tofu.json", "{ \"resource\": { \"aws_iam_user\": { \"of_tofu_json\": {} } } }"),
    ]);
    assert_eq!(
        addresses(&folder.model()),
        ["aws_iam_user.of_both", "aws_iam_user.of_tofu", "aws_iam_user.of_tofu_json"]
    );
}

const MODULE: &str = r#"
    variable "name" {}
    variable "size" {
      type    = number
      default = 1
    }
    variable "tags" { default = {} }
    resource "aws_iam_user" "u" {
      name = var.name
      path = "/${var.size}/"
      tags = var.tags
    }
"#;

#[test]
fn terragrunt_deploys_the_local_module_with_its_literal_inputs() {
    let folder = Folder::of(&[
        ("modules/user/main.tf", MODULE),
        (
            "live/prod/terragrunt.hcl",
            r#"
            locals {
              team = "ops"
              name = "${local.team}-user"
            }
            terraform {
              source = "../../modules//user"
            }
            inputs = {
              name = local.name
              size = 3
              tags = { team = local.team, list = "a" }
            }
            "#,
        ),
        ("live/prod/prod.auto.tfvars", "size = 4\n"),
        (
            "live/stage/terragrunt.hcl",
            "terraform {\n  source = \"../../modules/user\"\n}\ninputs = { name = \"stage\" }\n",
        ),
    ]);
    let model = folder.model();
    let units: Vec<(&str, usize)> =
        model.units.iter().map(|unit| (unit.path.rsplit('/').next().unwrap(), unit.resources.len())).collect();
    assert_eq!(units, [("prod", 1), ("stage", 1)]);
    let names = |nth: usize| super::values::show(model.units[nth].resources[0].attributes.get("name").unwrap());
    assert_eq!((names(0), names(1)), ("ops-user".to_owned(), "stage".to_owned()));
    assert_eq!(value(&model, "aws_iam_user.u", "path"), "/4/");
    assert_eq!(value(&model, "aws_iam_user.u", "tags"), "{list: a, team: ops}");
    assert!(said(&model).is_empty(), "{:?}", said(&model));
    let environment = BTreeMap::from([("name".to_owned(), "environment".to_owned())]);
    let model = folder.model_with("live/stage", Settings { environment, ..Settings::default() });
    assert_eq!(value(&model, "aws_iam_user.u", "name"), "environment");
}

#[test]
fn what_terragrunt_computes_is_unknown_and_said_once() {
    let folder = Folder::of(&[
        ("modules/user/main.tf", MODULE),
        (
            "live/terragrunt.hcl",
            r#"
            terraform {
              source = "../modules/user"
            }
            dependency "vpc" { config_path = "../vpc" }
            inputs = {
              name = "${get_env("TEAM")}-user"
              tags = { known = "k", open = dependency.vpc.outputs.id, other = get_terragrunt_dir() }
            }
            "#,
        ),
    ]);
    let model = folder.model_with("live", Settings::default());
    assert_eq!(value(&model, "aws_iam_user.u", "name"), "text with holes");
    assert_eq!(value(&model, "aws_iam_user.u", "tags"), "{known: k, open: unknown, other: unknown}");
    assert_eq!(value(&model, "aws_iam_user.u", "path"), "/1/");
    assert_eq!(said(&model), ["terragrunt terragrunt.hcl:7 inputs that terragrunt computes are not known"]);
}

#[test]
fn an_include_that_is_computed_leaves_open_what_it_may_give() {
    let module = ("modules/user/main.tf", MODULE);
    let source = "terraform {\n  source = \"../modules/user\"\n}\n";
    let computed =
        format!("{source}include \"root\" {{\n  path = find_in_parent_folders()\n}}\ninputs = {{ name = \"n\" }}\n");
    let folder = Folder::of(&[module, ("live/terragrunt.hcl", &computed)]);
    let model = folder.model_with("live", Settings::default());
    assert_eq!(value(&model, "aws_iam_user.u", "name"), "n");
    // The default need not be what is deployed.
    assert_eq!(value(&model, "aws_iam_user.u", "path"), "text with holes");
    assert_eq!(said(&model), ["terragrunt terragrunt.hcl:4 inputs that terragrunt computes are not known"]);
    let literal = format!("{source}include \"root\" {{\n  path = \"../root.hcl\"\n}}\ninputs = {{ name = \"n\" }}\n");
    let root = ("root.hcl", "inputs = {\n  name = \"root\"\n  size = 7\n}\n");
    let folder = Folder::of(&[module, root, ("live/terragrunt.hcl", &literal)]);
    let model = folder.model_with("live", Settings::default());
    assert_eq!(value(&model, "aws_iam_user.u", "name"), "n");
    assert_eq!(value(&model, "aws_iam_user.u", "path"), "/7/");
    assert!(said(&model).is_empty(), "{:?}", said(&model));
}

#[test]
fn a_module_from_elsewhere_is_undecided() {
    let remote = "terraform {\n  source = \"git::https://example.com/m.git//user?ref=1\"\n}\ninputs = {}\n";
    let computed = "terraform {\n  source = \"${get_repo_root()}/modules/user\"\n}\n";
    let missing = "terraform {\n  source = \"../nothing\"\n}\n";
    let folder = Folder::of(&[
        ("a/terragrunt.hcl", remote),
        ("b/terragrunt.hcl", computed),
        ("c/terragrunt.hcl", missing),
        ("terragrunt.hcl", "remote_state {\n  backend = \"s3\"\n}\ninputs = { region = \"eu-west-1\" }\n"),
        ("d/terragrunt.hcl", "inputs = { name = \"beside\" }\n"),
        ("d/main.tf", MODULE),
    ]);
    let model = folder.model();
    assert_eq!(addresses(&model), ["aws_iam_user.u"]);
    assert_eq!(value(&model, "aws_iam_user.u", "name"), "beside");
    let said = said(&model);
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(
        said[1].starts_with("module-not-found terragrunt.hcl:2 ")
            && said.iter().all(|one| one.starts_with("module-not-found"))
    );
}
