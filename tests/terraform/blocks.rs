//! Blocks beside resources: providers and their tags, conditions, ephemeral values, refactoring.

use iacscan::terraform::Settings;

use super::folder::{Folder, addresses, output, said, value};
use super::values::{gives, read};

#[test]
fn default_tags_lie_below_the_tags_of_a_resource() {
    let model = read(
        r#"
        provider "aws" {
          default_tags { tags = { team = "ops", cost = "1" } }
        }
        provider "aws" {
          alias = "other"
          default_tags {
            tags = { team = "other" }
          }
        }
        resource "aws_iam_user" "both" {
          name = "both"
          tags = { cost = "2", own = "3" }
        }
        resource "aws_iam_user" "none" { name = "none" }
        resource "aws_iam_user" "other" {
          provider = aws.other
          tags     = { own = "3" }
        }
        resource "aws_iam_user_policy" "untagged" { user = "none" }
        resource "aws_route53_zone" "perhaps" { name = "x" }
        resource "google_project" "elsewhere" { name = "x" }
        output "referred" { value = aws_iam_user.none.tags_all }
        "#,
    );
    assert_eq!(value(&model, "aws_iam_user.both", "tags"), "{cost: 2, own: 3}");
    assert_eq!(value(&model, "aws_iam_user.both", "tags_all"), "{cost: 2, own: 3, team: ops}");
    assert_eq!(value(&model, "aws_iam_user.none", "tags_all"), "{cost: 1, team: ops}");
    assert_eq!(value(&model, "aws_iam_user.other", "tags_all"), "{own: 3, team: other}");
    assert_eq!(value(&model, "aws_iam_user_policy.untagged", "tags_all"), "null");
    assert_eq!(value(&model, "aws_route53_zone.perhaps", "tags_all"), "unknown");
    assert_eq!(value(&model, "google_project.elsewhere", "tags_all"), "null");
    assert_eq!(output(&model, "referred"), "{cost: 1, team: ops}");
}

#[test]
fn unknown_tags_leave_open_what_they_may_change() {
    let model = read(
        r#"
        variable "tags" {}
        provider "aws" {
          default_tags { tags = { team = "ops" } }
        }
        resource "aws_iam_user" "open" { tags = var.tags }
        resource "aws_iam_user" "part" { tags = merge({ a = 1 }, { b = var.tags }) }
        "#,
    );
    assert_eq!(value(&model, "aws_iam_user.open", "tags_all"), "unknown");
    assert_eq!(value(&model, "aws_iam_user.part", "tags_all"), "{a: 1, b: unknown, team: ops}");
}

#[test]
fn modules_get_the_providers_that_they_are_handed() {
    let child = r#"
        terraform {
          required_providers {
            aws = {
              source                = "hashicorp/aws"
              configuration_aliases = [aws.second]
            }
          }
        }
        resource "aws_iam_user" "first" { name = "first" }
        resource "aws_iam_user" "second" {
          provider = aws.second
          name     = "second"
        }
    "#;
    let root = r#"
        variable "regions" { default = ["eu", "us"] }
        provider "aws" {
          default_tags { tags = { from = "root" } }
        }
        provider "aws" {
          alias = "x"
          default_tags { tags = { from = "x" } }
        }
        provider "aws" {
          alias    = "by_region"
          for_each = toset(var.regions)
          default_tags { tags = { from = each.key } }
        }
        module "inherits" { source = "./child" }
        module "mapped" {
          source    = "./child"
          providers = { aws = aws.x, aws.second = aws }
        }
        module "each" {
          source   = "./child"
          for_each = toset(var.regions)
          providers = {
            aws        = aws.by_region[each.key]
            aws.second = aws.x
          }
        }
        resource "aws_iam_user" "regional" {
          for_each = toset(var.regions)
          provider = aws.by_region[each.value]
          name     = each.key
        }
    "#;
    let folder = Folder::of(&[("main.tf", root), ("child/main.tf", child)]);
    let model = folder.model();
    let tags = |address: &str| value(&model, address, "tags_all");
    assert_eq!(tags("module.inherits.aws_iam_user.first"), "{from: root}");
    assert_eq!(tags("module.inherits.aws_iam_user.second"), "null");
    assert_eq!(tags("module.mapped.aws_iam_user.first"), "{from: x}");
    assert_eq!(tags("module.mapped.aws_iam_user.second"), "{from: root}");
    assert_eq!(tags("module.each[\"us\"].aws_iam_user.first"), "{from: us}");
    assert_eq!(tags("module.each[\"eu\"].aws_iam_user.second"), "{from: x}");
    assert_eq!(tags("aws_iam_user.regional[\"eu\"]"), "{from: eu}");
    assert!(said(&model).is_empty(), "{:?}", said(&model));
}

#[test]
fn conditions_are_told_and_break_nothing() {
    let model = read(
        r#"
        variable "size" {
          default = 3
          validation {
            condition     = var.size > 5
            error_message = "Too small: ${var.size}."
          }
          validation {
            condition     = var.size < 100
            error_message = "Too large."
          }
        }
        variable "open" {
          validation {
            condition     = length(var.open) > 3
            error_message = "Nobody knows."
          }
        }
        resource "aws_instance" "a" {
          ami = "ami-1"
          lifecycle {
            precondition {
              condition     = var.size == 4
              error_message = "Four it must be."
            }
            postcondition {
              condition     = self.ami == "ami-2" && self.public_ip != ""
              error_message = "Not ${self.ami}."
            }
            postcondition {
              condition     = self.public_dns != ""
              error_message = "No name."
            }
          }
          connection { host = self.public_ip }
          provisioner "local-exec" {
            when       = create
            on_failure = continue
            command    = "echo ${self.private_ip} ${self.ami}"
          }
        }
        check "assertion" {
          data "http" "inside" { url = "https://example.com" }
          assert {
            condition     = data.http.inside.status_code == 200
            error_message = "It is down."
          }
        }
        "#,
    );
    let expected = [
        "failed-condition main.tf:22 a precondition of `aws_instance.a` does not hold: Four it must be.",
        "failed-condition main.tf:26 a postcondition of `aws_instance.a` does not hold: Not ami-1.",
        "failed-condition main.tf:3 the value of variable `size` is refused: Too small: 3.",
    ];
    assert_eq!(said(&model), expected);
    assert_eq!(addresses(&model), ["aws_instance.a"]);
}

#[test]
fn refactoring_blocks_make_no_resources() {
    let model = read(
        r#"
        locals { ids = { a = "1", b = "2" } }
        import {
          for_each = local.ids
          to       = aws_iam_user.u[each.key]
          id       = each.value
        }
        import {
          to = aws_iam_user.generated
          id = "x"
        }
        removed {
          from = aws_iam_user.gone
          lifecycle { destroy = false }
        }
        moved {
          from = aws_iam_user.old
          to   = aws_iam_user.u
        }
        resource "aws_iam_user" "u" {
          for_each = local.ids
          name     = each.key
          lifecycle {
            prevent_destroy = true
            ignore_changes  = [name, tags["x"]]
            replace_triggered_by = [aws_iam_user.other.id]
          }
        }
        resource "aws_iam_user" "other" { name = "other" }
        "#,
    );
    assert_eq!(addresses(&model), ["aws_iam_user.other", "aws_iam_user.u[\"a\"]", "aws_iam_user.u[\"b\"]"]);
    assert!(said(&model).is_empty(), "{:?}", said(&model));
}

#[test]
fn what_must_not_be_written_down_is_sensitive() {
    let model = read(
        r#"
        variable "token" {
          default   = "t"
          ephemeral = true
        }
        ephemeral "aws_secretsmanager_secret_version" "db" { secret_id = "arn" }
        data "aws_secretsmanager_secret_version" "db" { secret_id = "other" }
        resource "aws_db_instance" "db" {
          password_wo         = ephemeral.aws_secretsmanager_secret_version.db.secret_string
          password_wo_version = 2
        }
        resource "aws_ssm_parameter" "p" { value_wo = "plain" }
        resource "x" "y" { token = var.token }
        output "of_data" { value = data.aws_secretsmanager_secret_version.db.secret_id }
        "#,
    );
    assert!(value(&model, "aws_db_instance.db", "password_wo").starts_with("sensitive "));
    assert_eq!(value(&model, "aws_db_instance.db", "password_wo_version"), "2");
    assert_eq!(value(&model, "aws_ssm_parameter.p", "value_wo"), "sensitive plain");
    assert_eq!(value(&model, "x.y", "token"), "sensitive t");
    assert_eq!(value(&model, "ephemeral.aws_secretsmanager_secret_version.db", "secret_id"), "arn");
    assert_eq!(output(&model, "of_data"), "other");
    assert!(said(&model).is_empty(), "{:?}", said(&model));
}

#[test]
fn the_output_of_terraform_data_is_its_input() {
    gives(
        "variable \"v\" {}\nresource \"terraform_data\" \"a\" {\n input = { k = \"x\", v = var.v }\n}\n\
         resource \"terraform_data\" \"none\" {}\nresource \"null_resource\" \"n\" {\n triggers = { a = \"1\" }\n}",
        &[
            ("terraform_data.a.output.k", "x"),
            ("terraform_data.a.output", "{k: x, v: unknown}"),
            ("terraform_data.a.id", "-> terraform_data.a.id"),
            ("terraform_data.none.output", "-> terraform_data.none.output"),
            ("null_resource.n.triggers.a", "1"),
            ("null_resource.n.id", "-> null_resource.n.id"),
        ],
    );
}

#[test]
fn what_is_identified_by_its_name_has_that_as_id() {
    gives(
        "variable \"v\" {}\n\
         locals { buckets = { a = \"logs\", b = \"data\" } }\n\
         resource \"aws_s3_bucket\" \"named\" {\n bucket = \"reports\"\n}\n\
         resource \"aws_s3_bucket\" \"prefixed\" {\n bucket_prefix = \"reports-\"\n}\n\
         resource \"aws_s3_bucket\" \"given\" {\n bucket = \"reports-${var.v}\"\n}\n\
         resource \"aws_s3_bucket\" \"each\" {\n for_each = local.buckets\n bucket = each.value\n}\n\
         resource \"aws_iam_role\" \"ci\" {\n name = \"ci\"\n assume_role_policy = \"{}\"\n}\n\
         resource \"aws_dynamodb_table\" \"t\" {\n name = \"orders\"\n}\n\
         resource \"aws_sqs_queue\" \"q\" {\n name = \"jobs\"\n}\n\
         resource \"aws_sns_topic\" \"s\" {\n name = \"news\"\n}\n\
         resource \"aws_kinesis_stream\" \"k\" {\n name = \"events\"\n}",
        &[
            ("aws_s3_bucket.named.id", "reports"),
            ("aws_s3_bucket.named[\"id\"]", "reports"),
            ("\"arn:aws:s3:::${aws_s3_bucket.named.id}/*\"", "arn:aws:s3:::reports/*"),
            ("aws_s3_bucket.named.arn", "-> aws_s3_bucket.named.arn"),
            ("aws_s3_bucket.prefixed.id", "-> aws_s3_bucket.prefixed.id"),
            ("aws_s3_bucket.given.id", "-> aws_s3_bucket.given.id"),
            ("aws_s3_bucket.each[\"b\"].id", "data"),
            ("[for one in aws_s3_bucket.each : one.id]", "[logs, data]"),
            ("values(aws_s3_bucket.each)[*].id", "[logs, data]"),
            ("aws_iam_role.ci.id", "ci"),
            ("aws_dynamodb_table.t.id", "orders"),
            // A URL, and ARNs.
            ("aws_sqs_queue.q.id", "-> aws_sqs_queue.q.id"),
            ("aws_sns_topic.s.id", "-> aws_sns_topic.s.id"),
            ("aws_kinesis_stream.k.id", "-> aws_kinesis_stream.k.id"),
        ],
    );
}

#[test]
fn the_issuer_of_a_provider_is_read_without_its_scheme() {
    gives(
        "variable \"v\" {}\n\
         resource \"aws_iam_openid_connect_provider\" \"x\" {\n url = \"https://token.actions.githubusercontent.com\"\n}\n\
         resource \"aws_iam_openid_connect_provider\" \"open\" {\n url = \"https://${var.v}\"\n}\n\
         resource \"aws_api_gateway_integration\" \"y\" {\n url = \"https://example.com\"\n}\n\
         locals { issuer = aws_iam_openid_connect_provider.x.url }",
        &[
            ("aws_iam_openid_connect_provider.x.url", "token.actions.githubusercontent.com"),
            ("\"${local.issuer}:sub\"", "token.actions.githubusercontent.com:sub"),
            ("replace(local.issuer, \"https://\", \"\")", "token.actions.githubusercontent.com"),
            ("trimprefix(local.issuer, \"https://\")", "token.actions.githubusercontent.com"),
            ("replace(aws_iam_openid_connect_provider.open.url, \"https://\", \"\") == var.v", "unknown"),
            ("aws_api_gateway_integration.y.url", "https://example.com"),
        ],
    );
}

#[test]
fn a_circle_is_told_with_the_names_on_it() {
    let model = read(
        "locals {\n  a = local.b\n  b = [for x in local.c : x]\n  c = { d = local.a }\n}\noutput \"o\" {\n  value = local.a\n}\n",
    );
    let expected = "terraform-value main.tf:4 `local.a` refers to itself: local.a → local.b → local.c → local.a";
    assert_eq!(said(&model), [expected]);
    let child = "variable \"v\" {}\noutput \"o\" {\n  value = var.v\n}\n";
    let root =
        "module \"m\" {\n  source = \"./child\"\n  v      = module.m.o\n}\noutput \"o\" {\n  value = module.m.o\n}\n";
    let model = Folder::of(&[("main.tf", root), ("child/main.tf", child)]).model();
    let expected = "terraform-value main.tf:3 `module.m.output.o` refers to itself: \
                    module.m.output.o → module.m.var.v → module.m.output.o";
    assert_eq!(said(&model), [expected]);
}

#[test]
fn the_workspace_is_the_one_that_is_selected() {
    let main = "output \"w\" {\n  value = terraform.workspace\n}\n";
    let folder = Folder::of(&[("main.tf", main)]);
    assert_eq!(output(&folder.model(), "w"), "unknown");
    let folder = Folder::of(&[("main.tf", main), (".terraform/environment", "staging\n")]);
    assert_eq!(output(&folder.model(), "w"), "staging");
    let settings = Settings { workspace: Some("prod".to_owned()), ..Settings::default() };
    assert_eq!(output(&folder.model_with("", settings), "w"), "prod");
}

#[test]
fn the_working_directory_is_known_within_the_tree() {
    let main = r#"
        output "name" { value = basename(path.cwd) }
        output "above" { value = basename(dirname(path.cwd)) }
        output "here" { value = file("${path.cwd}/main.tf") == file("main.tf") }
        output "absolute" { value = basename(abspath("x/../y.json")) }
        output "whole" { value = path.cwd }
    "#;
    let folder = Folder::of(&[("stacks/prod/main.tf", main)]);
    let model = folder.model_with("stacks/prod", Settings::default());
    assert_eq!(output(&model, "name"), "prod");
    assert_eq!(output(&model, "above"), "stacks");
    assert_eq!(output(&model, "here"), "true");
    assert_eq!(output(&model, "absolute"), "unknown");
    assert_eq!(output(&model, "whole"), "text with holes");
    assert!(said(&model).is_empty(), "{:?}", said(&model));
}

#[test]
fn an_alias_of_another_region_is_still_this_account() {
    let child = "data \"aws_caller_identity\" \"in\" {}\ndata \"aws_region\" \"in\" {}\n\
        output \"account\" {\n value = data.aws_caller_identity.in.account_id\n}\n\
        output \"region\" {\n value = data.aws_region.in.name\n}\n";
    let root = r#"
        variable "profile" {}
        provider "aws" {
          region  = "eu-west-1"
          profile = "own"
        }
        provider "aws" {
          alias   = "us"
          region  = "us-east-1"
          profile = "own"
        }
        provider "aws" {
          alias   = "peer"
          region  = "eu-west-1"
          profile = "own"
          assume_role { role_arn = "arn:aws:iam::210987654321:role/deploy" }
        }
        provider "aws" {
          alias   = "open"
          profile = var.profile
        }
        data "aws_caller_identity" "us" { provider = aws.us }
        data "aws_caller_identity" "peer" { provider = aws.peer }
        data "aws_caller_identity" "open" { provider = aws.open }
        data "aws_region" "own" {}
        data "aws_region" "us" { provider = aws.us }
        data "aws_region" "peer" { provider = aws.peer }
        module "us" {
          source    = "./child"
          providers = { aws = aws.us }
        }
        module "peer" {
          source    = "./child"
          providers = { aws = aws.peer }
        }
        output "us" { value = data.aws_caller_identity.us.account_id }
        output "peer" { value = data.aws_caller_identity.peer.account_id }
        output "open" { value = data.aws_caller_identity.open.account_id }
        output "region_own" { value = data.aws_region.own.name }
        output "region_us" { value = data.aws_region.us.name }
        output "region_peer" { value = data.aws_region.peer.name }
        output "module_us" { value = "${module.us.region}" }
        output "module_us_account" { value = module.us.account }
        output "module_peer_account" { value = module.peer.account }
    "#;
    let model = Folder::of(&[("main.tf", root), ("child/main.tf", child)]).model();
    assert_eq!(output(&model, "us"), "the account");
    assert_eq!(output(&model, "peer"), "210987654321", "that of the role which its provider assumes");
    assert_eq!(output(&model, "open"), "-> data.aws_caller_identity.open.account_id");
    assert_eq!(output(&model, "region_own"), "eu-west-1");
    assert_eq!(output(&model, "region_us"), "us-east-1");
    assert_eq!(output(&model, "region_peer"), "eu-west-1");
    assert_eq!(output(&model, "module_us"), "us-east-1");
    assert_eq!(output(&model, "module_us_account"), "the account");
    assert_eq!(output(&model, "module_peer_account"), "210987654321");
    assert!(said(&model).is_empty(), "{:?}", said(&model));
}

#[test]
fn dynamic_blocks_give_what_they_would_be_written_out_as() {
    let model = read(
        r#"
        variable "open" {}
        locals {
          rules = {
            web = { ports = [80, 443], from = ["10.0.0.0/8"] }
            ssh = { ports = [22], from = null }
          }
        }
        resource "aws_security_group" "s" {
          ingress { from_port = 1 }
          dynamic "ingress" {
            for_each = local.rules
            iterator = rule
            content {
              description = rule.key
              dynamic "port" {
                for_each = rule.value.ports
                content {
                  number = port.value
                  nth    = "${rule.key}${port.key}"
                }
              }
            }
          }
          dynamic "egress" {
            for_each = toset(["b", "a"])
            content { name = "${egress.key}=${egress.value}" }
          }
          dynamic "absent" {
            for_each = []
            content { never = true }
          }
          dynamic "perhaps" {
            for_each = var.open
            content { value = perhaps.value }
          }
          dynamic "one" {
            for_each = [null]
            content { value = one.key }
          }
        }
        "#,
    );
    let shown = |name: &str| value(&model, "aws_security_group.s", name);
    let ssh = "{description: ssh, port: [{nth: ssh0, number: 22}]}";
    let web = "{description: web, port: [{nth: web0, number: 80}, {nth: web1, number: 443}]}";
    assert_eq!(shown("ingress"), format!("[{{from_port: 1}}, {ssh}, {web}]"));
    assert_eq!(shown("egress"), "[{name: a=a}, {name: b=b}]");
    assert_eq!(shown("absent"), "null");
    assert_eq!(shown("perhaps"), "[..]");
    assert_eq!(shown("one"), "[{value: 0}]");
    assert!(said(&model).is_empty(), "{:?}", said(&model));
}
