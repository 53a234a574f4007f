//! The exact place: a finding covers just the text that a person must edit, however it is written.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test fails where these do")]

#[path = "places/render.rs"]
mod render;

use iacscan::report::Report;
use iacscan::rules::{Overrides, Rule, built_in};
use iacscan::scan::{Options, Text, scan};
use iacscan::source::Span;

use render::{FORMS, Form, Part, node_at, place_of};

/// The text that the only finding of a rule covers.
fn covered(name: &str, text: &str, rule: &str) -> String {
    let rules = built_in(&Overrides::new()).unwrap().into_iter().filter(|one| *one.info.id == *rule).collect();
    let texts = vec![Text { name: name.to_owned(), bytes: text.as_bytes().to_vec() }];
    let report = scan(&Options { rules, texts, threads: Some(1), ..Options::default() });
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    let [finding] = report.findings.as_slice() else { panic!("{:?} in\n{text}", report.findings) };
    let origin = finding.place.origin;
    report.sources.get(origin.file).slice(origin.span).to_owned()
}

const ADMIN: &str = "iam-admin-policy";

#[test]
fn policies_in_terraform() {
    let policy =
        |document: &str| format!("resource \"aws_iam_policy\" \"p\" {{\n  name = \"p\"\n  policy = {document}\n}}\n");
    let object = "jsonencode({ Statement = { Effect = \"Allow\", Action = [\"s3:Get*\", \"*\"], Resource = \"*\" } })";
    assert_eq!(covered("main.tf", &policy(object), ADMIN), "\"*\"");
    let quoted = r#""{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*:*\",\"Resource\":\"*\"}]}""#;
    assert_eq!(covered("main.tf", &policy(quoted), ADMIN), r#"\"*:*\""#);
    let heredoc =
        "<<EOF\n{ \"Statement\": [{ \"Effect\": \"Allow\", \"Action\": \"*:*\", \"Resource\": \"*\" }] }\nEOF";
    assert_eq!(covered("main.tf", &policy(heredoc), ADMIN), "\"*:*\"");
    let indented = "<<-EOF\n    {\n      \"Id\": \"${var.id}\",\n      \"Statement\": [{\n        \"Effect\": \"Allow\",\n        \
                    \"Action\": \"*${var.none}\",\n        \"Resource\": \"*\"\n      }]\n    }\n  EOF";
    let variables = "variable \"id\" {}\nvariable \"none\" {\n  default = \"\"\n}\n";
    assert_eq!(covered("main.tf", &(variables.to_owned() + &policy(indented)), ADMIN), "\"*${var.none}\"");
    let document = "data \"aws_iam_policy_document\" \"d\" {\n  statement {\n    actions = [\"*\"]\n    resources = [\"*\"]\n  }\n}\n";
    let referring = document.to_owned() + &policy("data.aws_iam_policy_document.d.json");
    assert_eq!(covered("main.tf", &referring, ADMIN), "\"*\"");
    let json = r#"{"resource":{"aws_iam_policy":{"p":{"name":"p","policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*:*\",\"Resource\":\"*\"}]}"}}}}"#;
    assert_eq!(covered("main.tf.json", json, ADMIN), r#"\"*:*\""#);
}

#[test]
fn policies_in_cloudformation() {
    let template = |document: &str| {
        format!(
            "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:{document}\n"
        )
    };
    let flow = " { Statement: [{ Effect: Allow, Action: [s3:GetObject, '*'], Resource: '*' }] }";
    assert_eq!(covered("t.yaml", &template(flow), ADMIN), "'*'");
    let block = " |\n        { \"Statement\": [{ \"Effect\": \"Allow\",\n            \"Action\": \"*:*\", \"Resource\": \"*\" }] }";
    assert_eq!(covered("t.yaml", &template(block), ADMIN), "\"*:*\"");
    let folded =
        " >-\n        {\"Statement\": [{\"Effect\": \"Allow\",\n        \"Action\": \"*:*\", \"Resource\": \"*\"}]}";
    assert_eq!(covered("t.yaml", &template(folded), ADMIN), "\"*:*\"");
    let substituted =
        "\n        Statement:\n          - Effect: Allow\n            Action: !Sub '*'\n            Resource: '*'";
    assert_eq!(covered("t.yaml", &template(substituted), ADMIN), "'*'");
    let anchored = format!(
        "Everything: &all '*:*'\n{}",
        template(" { Statement: { Effect: Allow, Action: *all, Resource: '*' } }")
    );
    assert_eq!(covered("t.yaml", &anchored, ADMIN), "'*:*'");
    let line = r#"{"Resources":{"P":{"Type":"AWS::IAM::ManagedPolicy","Properties":{"PolicyDocument":{"Statement":[{"Effect":"Allow","Action":"*:*","Resource":"*"}]}}}}}"#;
    assert_eq!(covered("t.json", line, ADMIN), "\"*:*\"");
}

#[test]
fn policies_in_plans_and_files() {
    let policy = r#"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*:*\",\"Resource\":\"*\"}]}"#;
    let plan = format!(
        r#"{{"format_version":"1.2","terraform_version":"1.9.0","planned_values":{{"root_module":{{}}}},"resource_changes":[{{"address":"aws_iam_policy.p","mode":"managed","type":"aws_iam_policy","name":"p","change":{{"actions":["create"],"before":null,"after":{{"name":"ü","policy":"{policy}"}},"after_unknown":{{}}}}}}]}}"#
    );
    assert_eq!(covered("plan.json", &plan, ADMIN), r#"\"*:*\""#);
    let file = "{\n  \"Statement\": [{ \"Effect\": \"Allow\", \"Action\": [\"*\"], \"Resource\": \"*\" }]\n}\n";
    assert_eq!(covered("policy.json", file, ADMIN), "\"*\"");
}

fn findings(rule: &Rule, name: &str, text: &str) -> Report {
    let texts = vec![Text { name: name.to_owned(), bytes: text.as_bytes().to_vec() }];
    scan(&Options { rules: vec![rule.clone()], texts, threads: Some(1), ..Options::default() })
}

/// The resource and the place of each finding.
fn places(report: &Report) -> Vec<(String, Span)> {
    report.findings.iter().map(|finding| (finding.resource.clone(), finding.place.origin.span)).collect()
}

/// Whose key it is says the attribute, where the name itself stands outside of the resource.
const TOLD_AT_THE_ATTRIBUTE: &str = "root-access-key";

/// Each rule's CloudFormation examples, written in other ways: what is found covers the same node of the template.
#[test]
fn findings_cover_the_same_node_however_the_template_is_written() {
    let (mut compared, mut wrong) = (0, Vec::new());
    for rule in built_in(&Overrides::new()).unwrap() {
        for example in rule.info.examples.bad().iter().filter_map(|example| example.cloudformation.as_ref()) {
            // A document that is one text is one node.
            if example.contains("!Sub '{") {
                continue;
            }
            let original = Form::FlowYaml.read(example);
            for form in FORMS {
                let text = form.write(&original);
                let other = form.read(&text);
                let report = findings(&rule, form.file_name(), &text);
                let mut actual = places(&report);
                for (resource, span) in places(&findings(&rule, "example.yaml", example)) {
                    let what = format!("{} of {resource} as {form:?}", rule.info.id);
                    let slice = |span: Span| &text[span.range()];
                    let before = &example[span.range()];
                    let Some((path, part)) = node_at(&original, span) else {
                        wrong.push(format!("{what}: `{before}` is no node"));
                        continue;
                    };
                    compared += 1;
                    let expected = place_of(&original, &other, &path, part, form);
                    // In block style, a mapping of one pair covers what the pair covers.
                    let pair = place_of(&original, &other, &path, Part::Pair, form);
                    // A test of a condition is its key and its value, and a mapping in block style looks no other.
                    let is_pair =
                        part == Part::Node && !before.starts_with(['{', '"', '\'', '[']) && before.contains(": ");
                    let is_attribute = rule.info.id.as_ref() == TOLD_AT_THE_ATTRIBUTE && form == Form::Anchors;
                    let fits = |(other, span): &(String, Span)| {
                        *other == resource
                            && match part {
                                Part::Within => expected.holds(*span) && slice(*span) == before,
                                _ if is_pair => *span == pair || *span == expected,
                                _ if is_attribute => slice(*span) == "'UserName'",
                                // A provider that stands elsewhere is trusted where it is named.
                                _ if form == Form::Anchors && slice(*span).starts_with("{'Federated': *") => true,
                                _ => *span == expected,
                            }
                    };
                    match actual.iter().position(fits) {
                        Some(at) => drop(actual.remove(at)),
                        None => {
                            let found: Vec<_> = actual.iter().map(|(other, span)| (other, slice(*span))).collect();
                            wrong.push(format!("{what}: expected `{}`, found {found:?}", slice(expected)));
                        }
                    }
                }
            }
        }
    }
    println!("{compared} findings compared");
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 200, "{compared}");
}
