//! Templates, plans and policies that nest and multiply.

use std::fmt::Write as _;

use crate::estate::{Estate, NEIGHBOUR, Outcome};

const TEMPLATE_USER: &str = "Resources:\n  Neighbour:\n    Type: AWS::IAM::User\n";

/// The user of the template beside the trouble is still found.
#[track_caller]
fn finds_template_user(outcome: &Outcome) {
    let findings = outcome.report["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["resource"] == "Neighbour"), "{:#}", outcome.report);
}

#[test]
fn aliases_that_multiply() {
    let mut bomb = String::from("Mappings:\n  M:\n    a0: &a0 {x: y}\n");
    for n in 1..40 {
        let _ = writeln!(bomb, "    a{n}: &a{n} [*a{p}, *a{p}, *a{p}, *a{p}]", p = n - 1);
    }
    let uses = |alias: &str| {
        format!(
            "{bomb}Resources:\n  R:\n    Type: AWS::IAM::Policy\n    Properties:\n      PolicyDocument: {alias}\n      Other: {{Statement: {alias}}}\n"
        )
    };
    for depth in [6, 39] {
        let text = uses(&format!("*a{depth}"));
        let outcome = Estate::of(&[("bomb.yaml", &text), ("good.yaml", TEMPLATE_USER)]).scan();
        finds_template_user(&outcome);
        assert!(outcome.all.len() < 128 << 20);
    }
}

#[test]
fn documents_that_nest() {
    let deep = 10_000;
    let yaml_flow = format!("{TEMPLATE_USER}    Properties:\n      X: {}{}\n", "[".repeat(deep), "]".repeat(deep));
    let mut yaml_block = String::from(TEMPLATE_USER) + "    Properties:\n";
    for n in 0..2_000 {
        let _ = writeln!(yaml_block, "{}a:", " ".repeat(6 + n));
    }
    let json =
        |inner: &str| format!("{{\"Resources\":{{\"A\":{{\"Type\":\"AWS::IAM::User\",\"Properties\":{inner}}}}}}}");
    let list = "[".repeat(deep) + &"]".repeat(deep);
    let subs = "{\"Fn::Sub\":".repeat(deep) + "1" + &"}".repeat(deep);
    let sequence = "- ".repeat(deep) + "x";
    let outcome = Estate::of(&[
        ("flow.yaml", yaml_flow.as_str()),
        ("block.yaml", &yaml_block),
        ("list.json", &json(&list)),
        ("subs.json", &json(&subs)),
        ("list.tf.json", &format!("{{\"locals\":{list}}}")),
        ("sequence.yaml", &format!("AWSTemplateFormatVersion: 1\nResources:\n{sequence}\nType: AWS::IAM::User\n")),
        ("plan.json", &format!("{{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.0\",\"planned_values\":{list}}}")),
        ("values.json", &format!("{{\"format_version\":\"1.2\",\"planned_values\":{{\"root_module\":{{\"resources\":[{{\"address\":\"aws_iam_user.u\",\"mode\":\"managed\",\"type\":\"aws_iam_user\",\"name\":\"u\",\"values\":{{\"tags\":{list}}}}}]}}}},\"resource_changes\":[]}}")),
        ("policy.json", &format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":{list}}}]}}")),
        ("good.yaml", TEMPLATE_USER),
    ])
    .scan();
    finds_template_user(&outcome);
    for (file, line) in [
        ("flow.yaml", 5),
        ("block.yaml", 0),
        ("list.json", 1),
        ("subs.json", 1),
        ("list.tf.json", 1),
        ("sequence.yaml", 3),
        ("plan.json", 1),
        ("values.json", 1),
        ("policy.json", 1),
    ] {
        outcome.says("", file, line);
    }
}

#[test]
fn template_conditions_and_substitutions_in_circles() {
    let text = "Conditions:\n  A: !Condition B\n  B: !Not [!Condition A]\nParameters:\n  P:\n    Type: String\n    Default: '${P}'\nResources:\n  \
                Neighbour:\n    Type: AWS::IAM::User\n    Condition: A\n  S:\n    Type: AWS::IAM::Policy\n    Properties:\n      \
                PolicyName: !Sub ['${X}', {X: !Sub '${X}'}]\n      PolicyDocument: !Sub '${P}${S}'\n  \
                Good:\n    Type: AWS::IAM::User\n";
    let outcome = Estate::of(&[("circle.yaml", text)]).scan();
    outcome.says("", "circle.yaml", 0);
    let findings = outcome.report["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["resource"] == "Good"), "{:#}", outcome.report);
    let mut conditions = String::from("Conditions:\n  C0: !Equals [!Ref AWS::Region, a]\n");
    for n in 1..60 {
        let p = n - 1;
        let _ = writeln!(conditions, "  C{n}: !And [!Condition C{p}, !Or [!Condition C{p}, !Not [!Condition C{p}]]]");
    }
    let mut nested = String::from("!Ref AWS::NoValue");
    for n in (0..20).rev() {
        nested = format!("!If [C{n}, {{a: {nested}}}, {{a: {nested}, b: 1}}]");
        if nested.len() > 1 << 20 {
            break;
        }
    }
    let text = format!(
        "{conditions}{TEMPLATE_USER}    Condition: C59\n  P:\n    Type: AWS::IAM::Policy\n    Properties:\n      PolicyDocument: {nested}\n"
    );
    let outcome = Estate::of(&[("if.yaml", &text), ("good.yaml", TEMPLATE_USER)]).scan();
    finds_template_user(&outcome);
    let selects = "!Join ['', [".repeat(100) + "x" + &"]]".repeat(100);
    let text = format!("{TEMPLATE_USER}    Properties:\n      UserName: {selects}\n");
    Estate::of(&[("join.yaml", &text), ("good.yaml", TEMPLATE_USER)]).scan();
}

#[test]
fn text_that_grows_in_templates() {
    let long = "x".repeat(100_000);
    let holes = "${P}".repeat(20_000);
    let text = format!(
        "Parameters:\n  P:\n    Type: String\n    Default: {long}\n{TEMPLATE_USER}    Properties:\n      UserName: !Sub '{holes}'\n"
    );
    let outcome = Estate::of(&[("grow.yaml", &text), ("good.yaml", TEMPLATE_USER)]).scan();
    finds_template_user(&outcome);
    assert!(outcome.all.len() < 64 << 20);
}

#[test]
fn a_template_of_twenty_megabytes() {
    let mut text = String::from("Resources:\n");
    let policy = "    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      Description: ";
    let filler = "z".repeat(20_000);
    for n in 0..1_000 {
        let _ = writeln!(text, "  R{n}:\n{policy}{filler}");
    }
    let outcome = Estate::of(&[("large.yaml", &text), ("good.yaml", TEMPLATE_USER)]).scan();
    finds_template_user(&outcome);
    assert!(text.len() >= 20_000_000 && outcome.diagnostics().is_empty());
}

#[test]
fn policies_within_policies() {
    let mut text = String::from("{}");
    let mut levels = 0;
    while text.len() < 1 << 20 && levels < 1_000 {
        text = serde_json::to_string(&serde_json::json!({ "Statement": text })).unwrap();
        levels += 1;
    }
    let template =
        serde_json::json!({"Resources": {"P": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": text}}}});
    let nested_calls = "jsonencode({ Statement = ".repeat(400) + "[]" + &" })".repeat(400);
    let decodes = format!("locals {{\n  l0 = {}\n", serde_json::to_string(&"[".repeat(1_000)).unwrap());
    let mut decodes = decodes;
    for n in 1..1_000 {
        let _ = writeln!(decodes, "  l{n} = jsonencode({{ Statement = local.l{} }})", n - 1);
    }
    decodes.push_str("}\nresource \"aws_iam_policy\" \"p\" {\n  policy = local.l999\n}\n");
    let estate = Estate::of(&[
        ("p.json", &template.to_string()),
        ("calls/main.tf", &format!("resource \"aws_iam_policy\" \"p\" {{\n  policy = {nested_calls}\n}}\n")),
        ("decodes/main.tf", &decodes),
        ("good/main.tf", NEIGHBOUR),
    ]);
    estate.scan().still_finds_the_neighbour();
}

#[test]
fn policies_of_a_hundred_thousand_parts() {
    let actions: Vec<String> = (0..100_000).map(|n| format!("s3:*a{n}*b*")).collect();
    let one = serde_json::json!({ "Effect": "Allow", "Action": actions, "Resource": actions });
    let few = serde_json::json!({ "Version": "2012-10-17", "Statement": [one] });
    let statement = serde_json::json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" });
    let many = serde_json::json!({ "Version": "2012-10-17", "Statement": vec![statement; 50_000] });
    let star = "?*a".repeat(10_000);
    let stars = serde_json::json!({ "Effect": "Allow", "Action": star, "NotResource": star, "Condition": { "StringLike": { "x": star } } });
    let stars = serde_json::json!({ "Version": "2012-10-17", "Statement": [stars] });
    for (name, policy) in [("few.json", few), ("many.json", many), ("stars.json", stars)] {
        let outcome = Estate::of(&[(name, &policy.to_string()), ("good/main.tf", NEIGHBOUR)]).report();
        outcome.still_finds_the_neighbour();
    }
}
