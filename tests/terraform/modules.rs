//! Module calls: each instance has resources of its own, though a module is evaluated once for equal arguments.

use std::fmt::Write as _;

use iacscan::model::Resource;
use iacscan::scan::{Model, Options, model};
use iacscan::value::{Data, Piece, Unknown, Value};

fn read(files: &[(&str, &str)]) -> Model {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    model(&Options { paths: vec![folder.path().to_owned()], ..Options::default() })
}

/// Everything that a value says, places and reasons included.
fn lay_out(value: &Value, out: &mut String) {
    let reason = |unknown: &Unknown, out: &mut String| {
        let Unknown { why, subject, origin, refers, candidates, derived } = unknown;
        write!(out, "unknown {why:?} {subject} {origin:?} {refers:?} {derived} (").unwrap();
        candidates.iter().for_each(|value| lay_out(value, out));
        out.push(')');
    };
    write!(out, "{:?} {} ", value.origin, value.sensitive).unwrap();
    match &value.data {
        Data::Text(text) => match (text.json(), text.pieces()) {
            (Some(value), _) => lay_out(value, out),
            (None, pieces) => pieces.into_iter().flatten().for_each(|piece| match piece {
                Piece::Known(text, origin) => write!(out, "{text:?} {origin:?} ").unwrap(),
                Piece::Hole(unknown, _) => reason(unknown, out),
            }),
        },
        Data::List(list) => {
            list.items.iter().for_each(|item| lay_out(item, out));
            list.rest.iter().for_each(|rest| reason(rest, out));
        }
        Data::Map(map) => {
            for entry in map.entries() {
                write!(out, "\n{} {:?} = ", entry.key, entry.key_origin).unwrap();
                lay_out(&entry.value, out);
            }
            map.rest.iter().for_each(|rest| reason(rest, out));
        }
        Data::Unknown(unknown) => reason(unknown, out),
        plain => write!(out, "{plain:?}").unwrap(),
    }
}

/// The resources below an address, in order, with `@` for the address.
fn below(model: &Model, address: &str) -> Vec<String> {
    let resources = model.units.iter().flat_map(|unit| &unit.resources);
    let lay_out = |resource: &Resource| {
        let mut text = format!("{} {:?} {:?}", resource.address, resource.possible, resource.chain);
        lay_out(&resource.attributes, &mut text);
        text.replace(address, "@")
    };
    resources.filter(|resource| resource.address.starts_with(&format!("{address}."))).map(lay_out).collect()
}

const INNER: &str = r#"
variable "name" { type = string }
variable "unset" {}
variable "missing" { default = null }
locals { title = "${var.name}-title" }
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::${var.unset}/*", aws_iam_role.r.arn]
  }
}
resource "aws_iam_role" "r" {
  name = local.title
  assume_role_policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = var.unset } }] })
  tags = { of = var.name }
}
resource "aws_iam_role_policy" "p" {
  count  = 2
  role   = aws_iam_role.r.id
  policy = data.aws_iam_policy_document.d.json
}
resource "aws_iam_role_policy_attachment" "a" {
  for_each   = var.unset
  role       = aws_iam_role.r.name
  policy_arn = each.value
}
output "arn" { value = aws_iam_role.r.arn }
output "fixed" { value = "fixed" }
"#;

const OUTER: &str = r#"
variable "name" {}
variable "unset" {}
variable "nobody_gives_it" {}
module "pair" {
  source   = "../inner"
  for_each = toset(["a", "b"])
  name     = var.name
  unset    = var.unset
}
module "maybe" {
  source = "../inner"
  count  = var.unset ? 1 : 0
  name   = "${var.name}-maybe"
  unset  = module.pair["a"].arn
}
resource "aws_iam_user" "u" { name = var.nobody_gives_it }
output "arns" { value = [for one in module.pair : one.arn] }
"#;

#[test]
fn what_is_repeated_is_what_would_be_evaluated() {
    let root = r#"
        variable "unset" {}
        module "outer" {
          source = "./outer"
          count  = 3
          name   = "same"
          unset  = var.unset
        }
        module "again" {
          source = "./outer"
          name   = "same"
          unset  = var.unset
        }
        output "arns" { value = module.outer[2].arns }
    "#;
    let model = read(&[("main.tf", root), ("outer/main.tf", OUTER), ("inner/main.tf", INNER)]);
    // Terraform refuses the calls for `nobody_gives_it`; what the rest makes is there all the same.
    let codes: Vec<&str> = model.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, ["missing-argument", "missing-argument"]);
    let first = below(&model, "module.outer[0]");
    assert_eq!(first.len(), 1 + 3 * 5);
    assert!(first.iter().any(|text| text.contains("@.module.pair[\"a\"].aws_iam_role.r")), "{first:#?}");
    for other in 1..3 {
        assert_eq!(below(&model, &format!("module.outer[{other}]")), first);
    }
    let pair = below(&model, "module.outer[1].module.pair[\"a\"]");
    let chain = |text: &str| text.replace("module.pair[\\\"b\\\"]", "module.pair[\\\"a\\\"]");
    let other: Vec<String> = below(&model, "module.outer[1].module.pair[\"b\"]").iter().map(|one| chain(one)).collect();
    assert_eq!(other, pair);
    // The same arguments at other places: nothing but the places differs.
    assert_eq!(below(&model, "module.again").len(), first.len());
    assert_ne!(below(&model, "module.again"), first);
}

#[test]
fn an_argument_of_the_module_itself_stays_what_it_is_elsewhere() {
    let inner = r#"
        variable "policy" {}
        resource "aws_iam_policy" "own" { name = "own" }
        resource "aws_iam_role_policy_attachment" "a" {
          role       = "r"
          policy_arn = var.policy
        }
        output "policy" { value = aws_iam_policy.own.arn }
    "#;
    let call = |name: &str| format!("module \"{name}\" {{\n  source = \"./inner\"\n  policy = module.a.policy\n}}\n");
    let model = read(&[("main.tf", &["a", "b", "c"].map(call).concat()), ("inner/main.tf", inner)]);
    assert_eq!(model.diagnostics, []);
    for call in ["a", "b", "c"] {
        let address = format!("module.{call}.aws_iam_role_policy_attachment.a");
        let found = model.units[0].resources.iter().find(|one| *one.address == *address).unwrap();
        let policy = found.attributes.get("policy_arn").unwrap().as_unknown().unwrap();
        assert_eq!(&*policy.refers.as_ref().unwrap().address, "module.a.aws_iam_policy.own", "{call}");
    }
}

#[test]
fn equal_arguments_with_other_providers_are_another_call() {
    let root = r#"
        locals { name = "same" }
        provider "aws" {
          alias = "east"
          default_tags { tags = { region = "east" } }
        }
        provider "aws" {
          alias = "west"
          default_tags { tags = { region = "west" } }
        }
        module "east" {
          source    = "./outer"
          name      = local.name
          providers = { aws = aws.east }
        }
        module "west" {
          source    = "./outer"
          name      = local.name
          providers = { aws = aws.west }
        }
    "#;
    let outer = "variable \"name\" {}\nmodule \"in\" {\n  source = \"../inner\"\n  name = var.name\n}\n";
    let inner = "variable \"name\" {}\nresource \"aws_iam_user\" \"u\" { name = var.name }\n";
    let model = read(&[("main.tf", root), ("outer/main.tf", outer), ("inner/main.tf", inner)]);
    for region in ["east", "west"] {
        let address = format!("module.{region}.module.in.aws_iam_user.u");
        let found = model.units[0].resources.iter().find(|one| *one.address == *address).unwrap();
        let tags = found.attributes.get("tags_all").unwrap();
        assert_eq!(tags.get("region").unwrap().as_str(), Some(region));
    }
}

#[test]
fn a_module_is_evaluated_once_for_equal_arguments() {
    let inner = r#"
        variable "name" {}
        locals { work = [for a in range(100) : [for b in range(100) : "${var.name}-${a * b}"]] }
        resource "aws_iam_user" "u" { name = "user-${length(flatten(local.work))}" }
        output "name" { value = var.name }
    "#;
    let root = |names: &str| {
        format!(
            "module \"m\" {{\n  source = \"./inner\"\n  count = 4000\n  name = {names}\n}}\noutput \"o\" {{\n  value = module.m[*].name\n}}\n"
        )
    };
    let same = read(&[("main.tf", &root("\"same\"")), ("inner/main.tf", inner)]);
    assert_eq!(same.diagnostics, []);
    let users = same.units[0].resources.iter().filter(|one| &*one.provider_type == "aws_iam_user");
    assert_eq!(users.filter(|user| user.attributes.get("name").unwrap().as_str() == Some("user-10000")).count(), 4000);
    // With distinct arguments the same work is done again and again, until there is too much of it.
    let distinct = read(&[("main.tf", &root("\"name-${count.index}\"")), ("inner/main.tf", inner)]);
    assert!(distinct.diagnostics.iter().any(|one| one.message.contains("steps")), "{:?}", distinct.diagnostics);
}
