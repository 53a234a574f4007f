//! CloudFormation templates with loops, conditions and parameters that multiply.

use std::fmt::Write as _;

use crate::estate::{Estate, Outcome};

const USER: &str = "  Neighbour:\n    Type: AWS::IAM::User\n";

/// Scans a template with a user in it, which must be found whatever else the template holds.
fn scan(text: &str) -> Outcome {
    assert!(text.contains(USER));
    let outcome = Estate::of(&[("t.yaml", text)]).report();
    let findings = outcome.report["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["resource"] == "Neighbour"), "{:.2000}", outcome.report.to_string());
    assert!(outcome.all.len() < 64 << 20);
    outcome
}

const HEAD: &str = "Transform: AWS::LanguageExtensions\nResources:\n";

#[test]
fn loops_that_multiply() {
    let list = format!("[{}]", (0..400).map(|n| format!("a{n}")).collect::<Vec<_>>().join(", "));
    let nested = format!(
        "  Fn::ForEach::A: [A, {list}, {{'Fn::ForEach::B': [B, {list}, {{'Fn::ForEach::C': [C, {list}, {{'R${{A}}${{B}}${{C}}': {{Type: 'AWS::IAM::Group'}}}}]}}]}}]\n"
    );
    scan(&format!("{HEAD}{USER}{nested}")).says("can be evaluated", "t.yaml", 0);
    // Each pass of a loop copies an alias that copies another one.
    let mut bomb = String::from("Bomb:\n  a0: &a0 {x: !Ref A}\n");
    for n in 1..30 {
        let _ = writeln!(bomb, "  a{n}: &a{n} [*a{p}, *a{p}, *a{p}, *a{p}]", p = n - 1);
    }
    let body = "{'R${A}': {Type: 'AWS::IAM::Group', Properties: {P: *a29}}}";
    scan(&format!("{bomb}{HEAD}{USER}  Fn::ForEach::A: [A, [x, y], {body}]\n")).says("can be evaluated", "t.yaml", 0);
    // A body within itself: there is no such alias.
    scan(&format!(
        "{HEAD}{USER}  Fn::ForEach::A: &loop [A, [x], {{'R${{A}}': {{Type: 'AWS::IAM::Group', Properties: *loop}}}}]\n"
    ))
    .says("", "t.yaml", 0);
    let mut deep = String::from("{'R${I0}': {Type: 'AWS::IAM::Group'}}");
    for n in 0..30 {
        deep = format!("{{'Fn::ForEach::L{n}': [I{n}, [a], {deep}]}}");
    }
    scan(&format!("{HEAD}{USER}  Fn::ForEach::L: [I, [a], {deep}]\n")).says("nested more than", "t.yaml", 0);
    let long = "x".repeat(100_000);
    let doubling = format!(
        "  Fn::ForEach::A: [A, [{long}], {{R: {{Type: 'AWS::IAM::Group', Properties: {{P: '{}'}}}}}}]\n",
        "${A}".repeat(10_000)
    );
    scan(&format!("{HEAD}{USER}{doubling}")).says("too long", "t.yaml", 0);
}

#[test]
fn conditions_that_multiply() {
    // Each on a parameter of its own, all in one resource.
    let [mut parameters, mut conditions, mut actions] = ["Parameters:\n", "Conditions:\n", ""].map(str::to_owned);
    for n in 0..600 {
        let _ = writeln!(parameters, "  P{n}: {{Type: String}}");
        let _ = writeln!(conditions, "  C{n}: !Equals [!Ref P{n}, 'yes']");
        let _ = writeln!(actions, "              - !If [C{n}, 's3:*', 's3:Get{n}']");
    }
    let policy = "  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Statement:\n          - Effect: Allow\n            Resource: '*'\n            Action:\n";
    let outcome = scan(&format!("{parameters}{conditions}Resources:\n{USER}{policy}{actions}"));
    outcome.says("not all are followed together", "t.yaml", 0);
    // One parameter with as many values as can be written.
    let values = (0..20_000).map(|n| format!("v{n}")).collect::<Vec<_>>().join(", ");
    let mut conditions = String::from("Conditions:\n");
    let mut actions = String::new();
    for n in 0..200 {
        let _ = writeln!(conditions, "  C{n}: !Or [!Equals [!Ref P, v{n}], !Equals [!Ref P, w{n}]]");
        let _ = writeln!(actions, "              - !If [C{n}, 's3:*', 's3:Get{n}']");
    }
    let parameters = format!("Parameters:\n  P: {{Type: String, AllowedValues: [{values}]}}\n");
    scan(&format!("{parameters}{conditions}Resources:\n{USER}{policy}{actions}"));
    // Chains in which nothing is known.
    let mut chain = String::from("Parameters: {P: {Type: String}}\nConditions:\n  C0: !Equals [!Ref P, a]\n");
    let mut resources = String::new();
    for n in 1..500 {
        let p = n - 1;
        let _ = writeln!(chain, "  C{n}: !Or [!And [!Condition C{p}, !Equals [!Ref P, a{n}]], !Not [!Condition C{p}]]");
        let _ = writeln!(resources, "  R{n}: {{Type: 'AWS::IAM::Group', Condition: C{n}}}");
    }
    scan(&format!("{chain}Resources:\n{USER}{resources}"));
}

#[test]
fn substitutions_of_themselves() {
    let text = format!(
        "Resources:\n{USER}  R:\n    Type: AWS::IAM::User\n    Properties:\n      UserName: !Sub '${{R.UserName}}${{R}}'\n  S:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: !Sub ['${{X}}${{X}}', {{X: !GetAtt T.RoleName}}]\n  \
         T:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: !Sub '${{S.RoleName}}${{S.RoleName}}'\n"
    );
    scan(&text).says("depends on itself", "t.yaml", 0);
    // Each name is twice the one before.
    let mut names = String::new();
    for n in 0..200 {
        let _ = writeln!(
            names,
            "  N{n}: {{Type: 'AWS::IAM::Group', Properties: {{GroupName: !Sub '${{N{0}}}${{N{0}}}'}}}}",
            n + 1
        );
    }
    scan(&format!(
        "Resources:\n{USER}{names}  N200: {{Type: 'AWS::IAM::Group', Properties: {{GroupName: abcdefgh}}}}\n"
    ));
}

#[test]
fn a_template_of_fifty_megabytes_with_conditions() {
    let head =
        "Parameters: {P: {Type: String, AllowedValues: [a, b]}}\nConditions: {C: !Equals [!Ref P, a]}\nResources:\n";
    let mut text = format!("{head}{USER}");
    let filler = "z".repeat(50_000);
    for n in 0..1_000 {
        let _ = writeln!(
            text,
            "  R{n}:\n    Type: AWS::IAM::ManagedPolicy\n    Condition: C\n    Properties:\n      Description: {filler}"
        );
    }
    assert!(text.len() >= 50_000_000);
    // Not even twice: that is told.
    scan(&text).says("not all are followed together", "t.yaml", 2);
}

#[test]
fn nested_stacks_in_every_case() {
    let [mut parameters, mut conditions, mut stacks] = ["Parameters:\n", "Conditions:\n", ""].map(str::to_owned);
    for n in 0..6 {
        let _ = writeln!(parameters, "  P{n}: {{Type: String, AllowedValues: [a, b]}}");
        let _ = writeln!(conditions, "  C{n}: !Equals [!Ref P{n}, a]");
    }
    for n in 0..12 {
        let stack = "Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: inner.yaml, Parameters";
        let _ = writeln!(stacks, "  N{n}: {{{stack}: {{E: !If [C{}, x, y]}}}}}}", n % 6);
    }
    let mut inner = "Parameters: {E: {Type: String}}\nResources:\n".to_owned();
    for n in 0..200 {
        let _ = writeln!(inner, "  R{n}: {{Type: 'AWS::IAM::Group', Properties: {{Path: !Ref E}}}}");
    }
    let outer = format!("{parameters}{conditions}Resources:\n{USER}{stacks}");
    let outcome = Estate::of(&[("outer.yaml", &outer), ("inner.yaml", &inner)]).report();
    // 64 cases of 2,400 resources each are more than are held at once.
    outcome.says("more than 20 cases: not all are followed together", "outer.yaml", 9);
}
