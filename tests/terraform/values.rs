//! What configurations evaluate to, asked through their outputs.

use iacscan::model::Mode;
use iacscan::scan::{Model, Options, Text, model};
use iacscan::value::{Data, Fact, Value, Why};

pub(crate) fn read(configuration: &str) -> Model {
    let text = Text { name: "main.tf".to_owned(), bytes: configuration.as_bytes().to_vec() };
    model(&Options { texts: vec![text], threads: Some(1), ..Options::default() })
}

/// The value of an output, as short text.
pub(crate) fn output(model: &Model, name: &str) -> String {
    let address = format!("output.{name}");
    let resources = model.units.iter().flat_map(|unit| &unit.resources);
    let found = resources.filter(|resource| resource.mode == Mode::Output).find(|one| *one.address == *address);
    show(found.unwrap().attributes.get("value").unwrap())
}

pub(crate) fn show(value: &Value) -> String {
    let shown = match &value.data {
        Data::Unknown(unknown) if unknown.why == Why::Environment(Fact::Account) && !unknown.derived => {
            "the account".to_owned()
        }
        Data::Unknown(unknown) => match &unknown.refers {
            Some(refers) => format!("-> {}.{}", refers.address, refers.attribute),
            None => "unknown".to_owned(),
        },
        Data::List(list) => {
            let items: Vec<String> =
                list.items.iter().map(show).chain(list.rest.as_ref().map(|_| "..".into())).collect();
            format!("[{}]", items.join(", "))
        }
        Data::Map(map) => {
            let entry = |entry: &iacscan::value::Entry| format!("{}: {}", entry.key, show(&entry.value));
            let items: Vec<String> =
                map.entries().iter().map(entry).chain(map.rest.as_ref().map(|_| "..".into())).collect();
            format!("{{{}}}", items.join(", "))
        }
        Data::Null => "null".to_owned(),
        _ => value.scalar_text().map_or_else(|| "text with holes".to_owned(), Into::into),
    };
    if value.sensitive { format!("sensitive {shown}") } else { shown }
}

/// Evaluates each expression next to the declarations and compares what it gives; no diagnostics may come.
pub(crate) fn gives(declarations: &str, table: &[(&str, &str)]) {
    for (expression, expected) in table {
        let model = read(&format!("{declarations}\noutput \"o\" {{\n  value = {expression}\n}}\n"));
        assert_eq!(output(&model, "o"), *expected, "{expression}");
        let said: Vec<&str> = model.diagnostics.iter().map(|diagnostic| &*diagnostic.message).collect();
        assert!(said.is_empty(), "{expression}: {said:?}");
    }
}

#[test]
fn values_made_from_one_unknown_are_not_the_same_value() {
    let declarations = r#"
        variable "users" {}
        variable "e" {}
        variable "n" {}
        variable "k" {}
        variable "m" { default = { a = 1, b = 2 } }
        resource "aws_iam_user" "a" {
          for_each = var.users
          name     = each.key == each.value ? "same" : "other"
        }
    "#;
    gives(
        declarations,
        &[
            ("var.e == var.e", "true"),
            ("var.e == !var.e", "unknown"),
            ("-var.n == var.n", "unknown"),
            ("var.users[*].name == var.users[*].alias", "unknown"),
            ("var.m[var.k] == var.k", "unknown"),
            ("var.users.a == var.users.a", "true"),
            ("toset([for k in [\"b\", \"c\"] : replace(var.e, \"a\", k)])", "[unknown, unknown]"),
        ],
    );
    let model = read(declarations);
    let user = model.units[0].resources.iter().find(|one| &*one.provider_type == "aws_iam_user").unwrap();
    assert_eq!(show(user.attributes.get("name").unwrap()), "unknown");
}

#[test]
fn a_branch_that_fails_may_never_be_taken() {
    let table = [
        ("var.c ? { a = 1 }.b : 2", "unknown"),
        ("try(var.c ? { a = 1 }.b : 2, 3)", "unknown"),
        ("can(var.c ? { a = 1 }.b : 2)", "unknown"),
        ("try(var.c ? { a = 1 }.b : {}.c, 3)", "3"),
        ("(var.c ? { a = 1 } : []).a", "unknown"),
    ];
    gives("variable \"c\" {}", &table);
}

#[test]
fn encoded_branches_are_compared_by_what_they_hold() {
    let declarations = r#"
        variable "c" {}
        variable "a" {}
    "#;
    let table = [
        ("var.c ? jsonencode([var.a, 1]) : jsonencode([var.a, 2])", "unknown"),
        ("jsonencode([var.a, 1]) == jsonencode([var.a, 2])", "unknown"),
        ("jsonencode([var.a, 1]) == jsonencode([var.a, 1])", "true"),
    ];
    gives(declarations, &table);
}

#[test]
fn equality_tells_lists_from_tuples() {
    let declarations = r#"
        variable "l" {
          type    = list(string)
          default = []
        }
        variable "f" {
          type    = list(string)
          default = ["a"]
        }
    "#;
    let table = [
        ("var.l == []", "false"),
        ("var.l != []", "true"),
        ("var.f == [\"a\"]", "false"),
        ("var.f == tolist([\"a\"])", "true"),
        ("toset(var.f) == var.f", "false"),
        ("{ a = var.f } == { a = [\"a\"] }", "false"),
        ("tomap({ a = 1 }) == { a = 1 }", "false"),
        ("tomap({}) == {}", "false"),
        ("var.f == [\"b\"]", "false"),
        ("var.f == []", "false"),
        ("var.f == var.f", "true"),
        ("[] == []", "true"),
        ("{ a = [1] } == { a = [1] }", "true"),
        ("[for x in var.f : x] == [\"a\"]", "true"),
    ];
    gives(declarations, &table);
}

#[test]
fn a_sensitive_key_or_filter_marks_what_for_gives() {
    let declarations = r#"
        variable "s" {
          default   = "a"
          sensitive = true
        }
    "#;
    let table = [
        ("{ for x in [1] : var.s => x }", "sensitive {a: 1}"),
        ("{ for x in [1] : var.s => x... }", "sensitive {a: [1]}"),
        ("[for x in [1, 2] : x if var.s == \"a\"]", "sensitive [1, 2]"),
        ("[for x in [var.s] : x]", "[sensitive a]"),
    ];
    gives(declarations, &table);
}

#[test]
fn an_unknown_for_each_gives_a_map_that_still_ties_to_its_resource() {
    let declarations = r#"
        variable "names" {}
        variable "k" {}
        resource "aws_iam_user" "w" {
          for_each = var.names
          path     = "/p/"
        }
        resource "aws_iam_access_key" "w" {
          for_each = aws_iam_user.w
          user     = each.value.arn
        }
        resource "aws_iam_user" "c" {
          count = var.k
        }
    "#;
    let arn = "-> aws_iam_user.w.arn";
    let list = "[-> aws_iam_user.w.arn, ..]";
    let table = [
        ("aws_iam_user.w[\"x\"].arn", arn),
        ("aws_iam_user.w[\"x\"].path", "/p/"),
        ("aws_iam_user.w[var.k].arn", arn),
        ("lookup(aws_iam_user.w, \"x\").arn", arn),
        ("merge(aws_iam_user.w, {})[\"x\"].arn", arn),
        ("merge(aws_iam_user.w, aws_iam_access_key.w)[\"x\"].arn", "unknown"),
        ("values(aws_iam_user.w)[*].arn", list),
        ("[for u in aws_iam_user.w : u.arn]", list),
        ("[for k, u in aws_iam_user.w : k]", "[unknown, ..]"),
        ("keys(aws_iam_user.w)", "[..]"),
        ("{ for k, u in aws_iam_user.w : k => u.arn }", "{..}"),
        ("aws_iam_user.c[*].arn", "[-> aws_iam_user.c.arn, ..]"),
    ];
    gives(declarations, &table);
    let model = read(declarations);
    let one = |kind: &str| {
        let mut all = model.units[0].resources.iter().filter(|one| &*one.provider_type == kind);
        let first = all.next().unwrap();
        assert!(first.possible.is_some());
        first.clone()
    };
    assert_eq!(show(one("aws_iam_access_key").attributes.get("user").unwrap()), arn);
    assert_eq!(&*one("aws_iam_user").address, "aws_iam_user.w");
}

#[test]
fn an_aliased_provider_may_be_of_another_account() {
    let declarations = r#"
        data "aws_caller_identity" "own" {}
        data "aws_caller_identity" "plain" {
          provider = aws
        }
        data "aws_caller_identity" "peer" {
          provider = aws.peer
        }
        data "aws_region" "peer" {
          provider = "aws.peer"
        }
    "#;
    let table = [
        ("data.aws_caller_identity.own.account_id", "the account"),
        ("data.aws_caller_identity.plain.account_id", "the account"),
        ("data.aws_caller_identity.peer.account_id", "-> data.aws_caller_identity.peer.account_id"),
        ("data.aws_region.peer.name", "-> data.aws_region.peer.name"),
        ("data.aws_caller_identity.own.account_id == data.aws_caller_identity.peer.account_id", "unknown"),
    ];
    gives(declarations, &table);
}

#[test]
fn a_module_with_an_aliased_provider_may_be_of_another_account() {
    let folder = std::env::temp_dir().join(format!("iacscan-alias-{}", std::process::id()));
    let child = folder.join("child");
    std::fs::create_dir_all(&child).unwrap();
    let inside = r#"
        data "aws_caller_identity" "in" {}
        output "account" { value = data.aws_caller_identity.in.account_id }
    "#;
    std::fs::write(child.join("main.tf"), inside).unwrap();
    let root = r#"
        module "own" { source = "./child" }
        variable "names" {}
        module "many" {
          source   = "./child"
          for_each = var.names
        }
        output "many" { value = values(module.many)[*].account }
        output "x" { value = module.many["x"].account }
        module "peer" {
          source    = "./child"
          providers = { aws = aws.peer }
        }
        output "own" { value = module.own.account }
        output "peer" { value = module.peer.account }
    "#;
    std::fs::write(folder.join("main.tf"), root).unwrap();
    let model = model(&Options { paths: vec![folder.clone()], threads: Some(1), ..Options::default() });
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(model.diagnostics.is_empty(), "{:?}", model.diagnostics);
    assert_eq!(output(&model, "own"), "the account");
    assert_eq!(output(&model, "many"), "[the account, ..]");
    assert_eq!(output(&model, "x"), "the account");
    assert_eq!(output(&model, "peer"), "-> module.peer.data.aws_caller_identity.in.account_id");
}

#[test]
fn a_boolean_variable_takes_the_texts_that_terraform_takes() {
    let variable = |default: &str| format!("variable \"b\" {{\n  type = bool\n  default = {default}\n}}\n");
    for (default, expected) in [("\"1\"", "true"), ("\"0\"", "false"), ("\"true\"", "true"), ("false", "false")] {
        gives(&variable(default), &[("var.b", expected), ("var.b == tobool(var.b)", "true")]);
    }
    let table =
        [("\"1\" ? 1 : 2", "1"), ("!\"1\"", "false"), ("\"0\" || true", "true"), ("[for x in [1] : x if \"0\"]", "[]")];
    gives("", &table);
    for refused in ["1", "\"2\"", "\"yes\""] {
        let model = read(&format!("{}output \"o\" {{\n  value = var.b\n}}\n", variable(refused)));
        assert_eq!(output(&model, "o"), "unknown", "{refused}");
        assert_eq!(model.diagnostics.len(), 1, "{refused}");
    }
}

#[test]
fn the_right_side_may_decide_where_the_left_one_fails() {
    let table = [
        ("false && [][0]", "false"),
        ("[][0] && false", "false"),
        ("true || [][0]", "true"),
        ("[][0] || true", "true"),
        ("var.c != null && var.c", "unknown"),
        ("can([][0] || false)", "false"),
        ("can(true && [][0])", "false"),
    ];
    gives("variable \"c\" {}", &table);
}

#[test]
fn a_template_string_is_rendered_with_its_own_variables() {
    let declarations = r#"
        variable "u" {}
        locals {
          plain   = "hello $${name}"
          looping = "%%{ for x in xs }<$${x}>%%{ endfor }"
          broken  = "$${"
        }
    "#;
    let table = [
        ("templatestring(local.plain, { name = \"you\" })", "hello you"),
        ("templatestring(local.looping, { xs = [1, 2] })", "<1><2>"),
        ("endswith(templatestring(local.plain, { name = var.u }), \"x\")", "unknown"),
        ("startswith(templatestring(local.plain, { name = var.u }), \"hello \")", "true"),
        ("can(templatestring(local.plain, {}))", "false"),
        ("can(templatestring(local.broken, {}))", "false"),
    ];
    gives(declarations, &table);
}

#[test]
fn an_unknown_condition_leaves_what_both_branches_say() {
    let declarations = r#"
        variable "c" {}
        locals {
          size = var.c ? 1 : 2
          list = var.c ? ["a", "x"] : ["a", "y", "z"]
          map  = var.c ? { a = 1, b = 1 } : { a = 1, b = 2 }
          name = var.c ? "prefix-a" : "prefix-b"
          key  = var.c ? "a" : "b"
        }
    "#;
    let table = [
        ("var.c ? \"same\" : \"same\"", "same"),
        ("var.c ? [1, \"a\"] : [1, \"a\"]", "[1, a]"),
        ("local.size > 0", "true"),
        ("local.size > 1", "unknown"),
        ("local.size * 0", "0"),
        ("3 - local.size > 0", "true"),
        ("local.size == 3", "false"),
        ("local.list[0]", "a"),
        ("local.list[1]", "unknown"),
        ("length(local.list) > 1", "true"),
        ("local.map.a", "1"),
        ("local.map[\"a\"]", "1"),
        ("local.map[\"b\"]", "unknown"),
        ("{ a = 1, b = 1 }[local.key]", "1"),
        ("{ a = 1, b = 2 }[local.key]", "unknown"),
        ("startswith(local.name, \"prefix-\")", "true"),
        ("local.name == \"other\"", "false"),
        ("local.name == \"prefix-a\"", "unknown"),
        ("contains(local.list, \"a\")", "true"),
        ("length(local.name)", "8"),
    ];
    gives(declarations, &table);
}
