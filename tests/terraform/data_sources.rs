//! Data sources that are computed without asking anybody.

use super::folder::{Folder, output, said, value};
use super::values::{gives, read};

/// The document that these blocks and arguments render.
fn document(body: &str) -> (String, Vec<String>) {
    let model = read(&format!(
        "data \"aws_iam_policy_document\" \"d\" {{\n{body}\n}}\n\
         output \"o\" {{\n  value = data.aws_iam_policy_document.d.json\n}}\n"
    ));
    (output(&model, "o"), said(&model))
}

#[track_caller]
fn renders(body: &str, expected: &str) {
    let (rendered, said) = document(body);
    let plain: serde_json::Value = serde_json::from_str(&rendered).unwrap_or_else(|_| panic!("{rendered}: {said:?}"));
    let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
    assert_eq!(plain, expected, "{body}");
    assert!(said.is_empty(), "{body}: {said:?}");
}

#[test]
fn a_statement_is_rendered_as_the_provider_does() {
    renders(
        "statement { actions = [\"s3:GetObject\"] }",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject"}]}"#,
    );
    renders(
        "version = \"2008-10-17\"\npolicy_id = \"p\"\nstatement {\n sid = \"S\"\n effect = \"Deny\"\n\
         not_actions = [\"a:B\", \"a:C\", \"a:B\"]\n not_resources = [\"x\", \"x\"]\n }",
        r#"{"Version":"2008-10-17","Id":"p","Statement":[
            {"Sid":"S","Effect":"Deny","NotAction":["a:C","a:B"],"NotResource":"x"}]}"#,
    );
}

#[test]
fn principals_of_everybody_keep_their_two_spellings() {
    renders(
        "statement {\n principals {\n type = \"*\"\n identifiers = [\"*\"]\n }\n }",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*"}]}"#,
    );
    renders(
        "statement {\n principals {\n type = \"AWS\"\n identifiers = [\"*\"]\n }\n\
         principals {\n type = \"Service\"\n identifiers = [\"b\", \"a\"]\n }\n\
         not_principals {\n type = \"AWS\"\n identifiers = [\"1\"]\n }\n }",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*","Service":["b","a"]},
            "NotPrincipal":{"AWS":"1"}}]}"#,
    );
}

#[test]
fn conditions_of_one_test_and_variable_are_one() {
    let block = |test: &str, variable: &str, values: &str| {
        format!("condition {{\n test = \"{test}\"\n variable = \"{variable}\"\n values = {values}\n}}\n")
    };
    let body = format!(
        "statement {{\n{}{}{}{}}}",
        block("StringEquals", "a:b", "[\"1\"]"),
        block("StringEquals", "a:b", "[\"2\", \"1\"]"),
        block("StringEquals", "a:c", "[\"3\"]"),
        block("Bool", "a:b", "[true]"),
    );
    renders(
        &body,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Condition":{
            "StringEquals":{"a:b":["2","1"],"a:c":"3"},"Bool":{"a:b":true}}}]}"#,
    );
}

#[test]
fn policy_variables_are_written_with_an_ampersand() {
    renders(
        "statement {\n resources = [\"arn:aws:iam::*:user/&{aws:username}\", \"b/${upper(\"c\")}/&{d}\"]\n\
         condition {\n test = \"StringLike\"\n variable = \"s3:prefix\"\n values = [\"home/&{aws:userid}\"]\n }\n }",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
            "Resource":["b/C/${d}","arn:aws:iam::*:user/${aws:username}"],
            "Condition":{"StringLike":{"s3:prefix":"home/${aws:userid}"}}}]}"#,
    );
}

/// A document in JSON with a statement of a sid for each action.
fn json(statements: &[(&str, &str)]) -> String {
    let one = |(sid, action): &(&str, &str)| match *sid {
        "" => format!("{{ Effect = \"Allow\", Action = \"{action}\" }}"),
        sid => format!("{{ Sid = \"{sid}\", Effect = \"Allow\", Action = \"{action}\" }}"),
    };
    let statements: Vec<String> = statements.iter().map(one).collect();
    format!("jsonencode({{ Version = \"2012-10-17\", Statement = [{}] }})", statements.join(", "))
}

/// `sid action` of each statement that is rendered.
fn merged(body: &str) -> (Vec<String>, Vec<String>) {
    let (rendered, said) = document(body);
    let rendered: serde_json::Value = serde_json::from_str(&rendered).unwrap();
    let one = |statement: &serde_json::Value| {
        format!("{} {}", statement["Sid"].as_str().unwrap_or("-"), statement["Action"].as_str().unwrap())
    };
    (rendered["Statement"].as_array().unwrap().iter().map(one).collect(), said)
}

#[test]
fn own_statements_replace_those_of_the_sources_and_overrides_replace_all() {
    let body = format!(
        "source_policy_documents = [{}, {}]\n\
         statement {{\n sid = \"B\"\n actions = [\"own:B\"]\n}}\nstatement {{\n actions = [\"own:none\"]\n}}\n\
         statement {{\n sid = \"D\"\n actions = [\"own:D\"]\n}}\n\
         override_policy_documents = [{}, \"\", {}]",
        json(&[("A", "one:A"), ("", "one:none")]),
        json(&[("B", "two:B"), ("C", "two:C")]),
        json(&[("C", "over:C"), ("", "over:none"), ("E", "over:E")]),
        json(&[("E", "again:E"), ("D", "again:D")]),
    );
    let expected =
        ["A one:A", "- one:none", "B own:B", "C over:C", "- own:none", "D again:D", "- over:none", "E again:E"];
    let (statements, said) = merged(&body);
    assert_eq!(statements, expected);
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn the_old_arguments_are_lists_of_one() {
    let body = format!(
        "source_json = {}\nstatement {{\n sid = \"A\"\n actions = [\"own:A\"]\n}}\noverride_json = {}",
        json(&[("A", "source:A"), ("B", "source:B")]),
        json(&[("B", "over:B")]),
    );
    assert_eq!(merged(&body).0, ["A own:A", "B over:B"]);
}

#[test]
fn the_same_sid_twice_is_refused_among_sources_and_among_statements() {
    let sources = format!("source_policy_documents = [{}, {}]", json(&[("A", "one:A")]), json(&[("A", "two:A")]));
    let (statements, said) = merged(&sources);
    assert_eq!(statements, ["A one:A", "A two:A"]);
    assert_eq!(said, ["duplicate-sid main.tf:2 two statements have the sid `A`"]);
    let own = "statement {\n sid = \"A\"\n actions = [\"x:A\"]\n}\nstatement {\n sid = \"A\"\n actions = [\"y:A\"]\n}";
    assert_eq!(merged(own).1, ["duplicate-sid main.tf:7 two statements have the sid `A`"]);
}

#[test]
fn the_head_of_a_document_is_merged_too() {
    let other = |version: &str| format!("jsonencode({{ Version = \"{version}\", Id = \"other\", Statement = [] }})");
    let source =
        format!("version = \"2008-10-17\"\npolicy_id = \"own\"\nsource_policy_documents = [{}]", other("2012-10-17"));
    renders(&source, r#"{"Version":"2012-10-17","Id":"own","Statement":[]}"#);
    let over = format!("policy_id = \"own\"\noverride_policy_documents = [{}]", other("2008-10-17"));
    renders(&over, r#"{"Version":"2012-10-17","Id":"other","Statement":[]}"#);
}

#[test]
fn statements_that_may_be_replaced_are_not_certain() {
    let model = read(&format!(
        "variable \"sid\" {{}}\ndata \"aws_iam_policy_document\" \"d\" {{\n source_policy_documents = [{}]\n\
         statement {{\n sid = var.sid\n actions = [\"own:A\"]\n }}\n}}\n\
         output \"o\" {{\n value = jsondecode(data.aws_iam_policy_document.d.json).Statement[*].Action\n}}\n",
        json(&[("A", "source:A"), ("", "source:none")]),
    ));
    assert_eq!(output(&model, "o"), "[unknown, source:none, own:A]");
}

#[test]
fn what_is_a_fact_of_the_deployment_stays_one() {
    let declarations = "data \"aws_region\" \"here\" {}\ndata \"aws_region\" \"there\" {\n name = \"eu-west-1\"\n}\n\
         data \"aws_partition\" \"p\" {}\ndata \"aws_caller_identity\" \"c\" {}\n";
    gives(
        declarations,
        &[
            ("data.aws_region.here.name", "-> data.aws_region.here.name"),
            ("data.aws_region.here.name == data.aws_region.here.name", "true"),
            ("data.aws_region.there.id", "eu-west-1"),
            ("data.aws_partition.p.dns_suffix", "-> data.aws_partition.p.dns_suffix"),
            ("data.aws_caller_identity.c.account_id", "the account"),
            ("data.aws_caller_identity.c.account_id == data.aws_caller_identity.c.arn", "unknown"),
        ],
    );
}

#[test]
fn a_policy_that_is_looked_up_is_known_as_far_as_its_arn_says() {
    let declarations = "data \"aws_partition\" \"p\" {}\n\
         data \"aws_iam_policy\" \"managed\" {\n arn = \"arn:aws:iam::aws:policy/service-role/AWSLambdaRole\"\n}\n\
         data \"aws_iam_policy\" \"own\" {\n arn = \"arn:${data.aws_partition.p.partition}:iam::aws:policy/ReadOnlyAccess\"\n}\n\
         data \"aws_iam_policy\" \"named\" {\n name = \"ReadOnlyAccess\"\n}\n";
    gives(
        declarations,
        &[
            ("data.aws_iam_policy.managed.id", "arn:aws:iam::aws:policy/service-role/AWSLambdaRole"),
            ("data.aws_iam_policy.managed.name", "AWSLambdaRole"),
            ("data.aws_iam_policy.managed.path", "/service-role/"),
            ("data.aws_iam_policy.managed.policy", "-> data.aws_iam_policy.managed.policy"),
            ("data.aws_iam_policy.own.name", "ReadOnlyAccess"),
            ("data.aws_iam_policy.own.path", "/"),
            ("data.aws_iam_policy.named.name", "ReadOnlyAccess"),
            ("data.aws_iam_policy.named.path", "/"),
            ("data.aws_iam_policy.named.policy", "-> data.aws_iam_policy.named.policy"),
        ],
    );
}

#[test]
fn template_files_are_rendered() {
    let folder = Folder::of(&[
        ("hello.tpl", "Hello, ${name}!%{ if loud } Hey!%{ endif }\n"),
        (
            "main.tf",
            r#"
            variable "who" {}
            data "template_file" "file" {
              template = file("${path.module}/hello.tpl")
              vars     = { name = "you", loud = true }
            }
            data "template_file" "inline" {
              template = "$${a}-$${upper(b)}"
              vars     = { a = 1, b = "x" }
            }
            data "template_file" "open" {
              template = "$${a}/end"
              vars     = { a = var.who }
            }
            data "template_file" "broken" {
              template = "$${missing}"
            }
            output "file" { value = data.template_file.file.rendered }
            output "inline" { value = data.template_file.inline.rendered }
            output "open" { value = endswith(data.template_file.open.rendered, "/end") }
            "#,
        ),
    ]);
    let model = folder.model();
    assert_eq!(output(&model, "file"), "Hello, you! Hey!\n");
    assert_eq!(output(&model, "inline"), "1-X");
    assert_eq!(output(&model, "open"), "true");
    assert_eq!(said(&model), ["terraform-value main.tf:16 `template`: there is nothing named `missing`"]);
}

#[test]
fn files_of_the_tree_are_read_and_no_others() {
    let folder = Folder::of(&[
        ("in/policy.json", "{\"Version\":\"2012-10-17\",\"Statement\":[]}"),
        (
            "in/main.tf",
            r#"
            data "local_file" "policy" { filename = "${path.module}/policy.json" }
            data "local_sensitive_file" "secret" { filename = "policy.json" }
            data "local_file" "outside" { filename = "/etc/passwd" }
            data "local_file" "missing" { filename = "nothing.txt" }
            resource "null_resource" "make" {}
            data "local_file" "later" {
              filename   = "later.txt"
              depends_on = [null_resource.make]
            }
            data "http" "web" { url = "https://example.com" }
            data "external" "program" { program = ["date"] }
            output "policy" { value = jsondecode(data.local_file.policy.content).Version }
            output "sum" { value = data.local_file.policy.content_md5 == md5(file("policy.json")) }
            output "secret" { value = data.local_sensitive_file.secret.content }
            output "outside" { value = data.local_file.outside.content }
            output "later" { value = data.local_file.later.content }
            output "web" { value = data.http.web.response_body }
            output "program" { value = data.external.program.result.x }
            "#,
        ),
    ]);
    let model = folder.model_with("in", Default::default());
    assert_eq!(output(&model, "policy"), "2012-10-17");
    assert_eq!(output(&model, "sum"), "true");
    assert!(output(&model, "secret").starts_with("sensitive "));
    assert_eq!(output(&model, "outside"), "-> data.local_file.outside.content");
    assert_eq!(output(&model, "later"), "-> data.local_file.later.content");
    assert_eq!(output(&model, "web"), "-> data.http.web.response_body");
    assert_eq!(output(&model, "program"), "unknown");
    assert_eq!(value(&model, "data.local_file.outside", "content"), "unknown");
    assert_eq!(
        said(&model),
        ["terraform-value main.tf:5 `filename`: cannot read `nothing.txt`: there is no such file"]
    );
}
