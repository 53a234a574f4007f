//! Conditions that the template leaves open, followed both ways.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use iacscan::cloudformation::Settings;
use iacscan::report::Report;
use iacscan::rules::{Overrides, built_in};
use iacscan::scan::{Options, Text, scan};

fn report(template: &str, parameters: &[(&str, &str)]) -> Report {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let text = Text { name: "template.yaml".to_owned(), bytes: template.as_bytes().to_vec() };
    scan(&Options {
        texts: vec![text],
        rules: built_in(&Overrides::new()).unwrap(),
        cloudformation: Settings { parameters, ..Settings::default() },
        threads: Some(1),
        ..Options::default()
    })
}

/// `rule resource when` of the findings of one rule.
fn found(report: &Report, rule: &str) -> Vec<String> {
    let findings = report.findings.iter().filter(|finding| *finding.rule.id == *rule);
    let mut told: Vec<String> = findings
        .map(|finding| match &finding.when {
            Some(when) => format!("{}: {when}", finding.resource),
            None => finding.resource.clone(),
        })
        .collect();
    told.sort();
    told
}

/// A managed policy that allows what an expression gives.
fn policy(id: &str, action: &str, more: &str) -> String {
    format!(
        "  {id}:\n    Type: AWS::IAM::ManagedPolicy\n{more}    Properties:\n      PolicyDocument:\n        Statement:\n          - {{Effect: Allow, \
         Resource: '*', Action: {action}}}\n"
    )
}

const HEAD: &str = "Parameters:\n  Environment: {Type: String, AllowedValues: [dev, test, prod]}\n  Partner: {Type: String}\n\
                    Conditions:\n  IsProd: !Equals [!Ref Environment, prod]\n  HasPartner: !Not [!Equals [!Ref Partner, '']]\n  \
                    IsChina: !Equals [!Ref AWS::Partition, aws-cn]\n  Odd: !Equals [!Sub 'x-${Partner}', x-y]\n  \
                    Both: !And [!Condition IsProd, !Condition HasPartner]\nResources:\n";

#[track_caller]
fn says(resources: &str, expected: &[&str]) {
    let report = report(&format!("{HEAD}{resources}"), &[]);
    assert_eq!(report.diagnostics, []);
    assert_eq!(found(&report, "iam-admin-policy"), expected);
}

#[test]
fn what_holds_always_says_nothing() {
    says(&policy("A", "'*'", ""), &["A"]);
    says(&policy("A", "[!If [IsProd, 's3:Get*', 'ec2:*'], '*']", ""), &["A"]);
}

#[test]
fn what_holds_for_some_values_says_for_which() {
    says(&policy("A", "!If [IsProd, '*', 's3:GetObject']", ""), &["A: Environment = \"prod\""]);
    says(&policy("A", "!If [IsProd, 's3:GetObject', '*']", ""), &["A: Environment = \"dev\" or \"test\""]);
    says(&policy("A", "!If [HasPartner, '*', 's3:GetObject']", ""), &["A: Partner != \"\""]);
    says(&policy("A", "!If [IsChina, '*', 's3:GetObject']", ""), &["A: AWS::Partition = \"aws-cn\""]);
    says(&policy("A", "!If [Odd, '*', 's3:GetObject']", ""), &["A: the condition Odd holds"]);
    says(&policy("A", "!If [Both, '*', 's3:GetObject']", ""), &["A: Environment = \"prod\" and Partner != \"\""]);
    // Two places, of which each is to be mended.
    let either = "!If [IsProd, '*', !If [HasPartner, '*', 's3:GetObject']]";
    says(
        &policy("A", either, ""),
        &["A: (Environment = \"dev\" or \"test\") and Partner != \"\"", "A: Environment = \"prod\""],
    );
}

#[test]
fn a_conditional_resource_is_judged_where_it_exists() {
    says(&policy("A", "'*'", "    Condition: IsProd\n"), &["A: Environment = \"prod\""]);
    // Branches that contradict the condition of the resource do not count.
    says(&policy("A", "!If [IsProd, 's3:GetObject', '*']", "    Condition: IsProd\n"), &[]);
}

#[test]
fn branches_of_one_condition_go_together() {
    // With `Effect` and `Action` on their own, the two undecided values would hide that it is always one of two.
    let text = "  A:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Statement:\n          - Effect: !If [IsProd, \
                Deny, Allow]\n            Action: !If [IsProd, '*', 's3:GetObject']\n            Resource: '*'\n";
    let report = report(&format!("{HEAD}{text}"), &[]);
    assert_eq!(found(&report, "iam-admin-policy"), Vec::<String>::new());
    assert!(report.undecided.iter().all(|one| &*one.rule.id != "iam-admin-policy"));
}

#[test]
fn rows_of_a_mapping_are_followed_too() {
    let text = "Mappings: {Actions: {dev: {A: '*'}, test: {A: 's3:GetObject'}, prod: {A: 's3:GetObject'}}}\n";
    let body = policy("A", "!FindInMap [Actions, !Ref Environment, A]", "");
    let report = report(&format!("{text}{HEAD}{body}"), &[]);
    assert_eq!(found(&report, "iam-admin-policy"), ["A: Environment = \"dev\""]);
}

#[test]
fn a_given_value_decides() {
    let text = format!("{HEAD}{}", policy("A", "!If [IsProd, '*', 's3:GetObject']", ""));
    assert_eq!(found(&report(&text, &[("Environment", "prod")]), "iam-admin-policy"), ["A"]);
    assert_eq!(found(&report(&text, &[("Environment", "dev")]), "iam-admin-policy"), Vec::<String>::new());
}

#[test]
fn the_account_itself_stays_the_own_one() {
    let text = "Conditions: {Own: !Equals [!Ref AWS::AccountId, '123456789012']}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      \
                Description: !If [Own, a, b]\n      AssumeRolePolicyDocument:\n        Statement:\n          - Effect: Allow\n            Action: \
                sts:AssumeRole\n            Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}\n";
    assert_eq!(found(&report(text, &[]), "trust-external-account"), Vec::<String>::new());
}

#[test]
fn a_single_allowed_value_decides() {
    let text =
        "Parameters: {E: {Type: String, AllowedValues: [prod]}}\nConditions: {C: !Equals [!Ref E, prod]}\nResources:\n";
    assert_eq!(
        found(&report(&format!("{text}{}", policy("A", "!If [C, '*', 's3:GetObject']", "")), &[]), "iam-admin-policy"),
        ["A"]
    );
    assert_eq!(
        found(&report(&format!("{text}{}", policy("A", "!If [C, 's3:GetObject', '*']", "")), &[]), "iam-admin-policy"),
        Vec::<String>::new()
    );
}

#[test]
fn passes_of_a_loop_have_cases_of_their_own() {
    let text = "Transform: AWS::LanguageExtensions\nParameters: {E: {Type: String, AllowedValues: [a, b]}}\nConditions:\n  Fn::ForEach::Cs: [I, [a, b], {'Is${I}': !Equals [!Ref E, !Ref I]}]\n\
                Resources:\n  Fn::ForEach::Rs:\n    - I\n    - [a, b]\n    - 'R${I}':\n        Type: AWS::IAM::ManagedPolicy\n        Condition: 'Is${I}'\n        Properties:\n          \
                PolicyDocument: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}\n";
    let report = report(text, &[]);
    assert_eq!(report.diagnostics, []);
    assert_eq!(found(&report, "iam-admin-policy"), ["Ra: E = \"a\"", "Rb: E = \"b\""]);
}

#[test]
fn secrets_are_not_told() {
    let text = "Parameters: {Key: {Type: String, NoEcho: true, AllowedValues: [hunter2, hunter3]}}\nConditions: {C: !Equals [!Ref Key, hunter2]}\nResources:\n";
    let report = report(&format!("{text}{}", policy("A", "!If [C, '*', 's3:GetObject']", "")), &[]);
    assert_eq!(found(&report, "iam-admin-policy"), ["A: the condition C holds"]);
    let rows = "Mappings: {M: {hunter2: {A: '*'}, hunter3: {A: 's3:GetObject'}}}\n";
    let body = policy("A", "!FindInMap [M, !Ref Key, A]", "");
    let report = self::report(&format!("{rows}{text}{body}"), &[]);
    assert!(report.findings.iter().all(|finding| finding.when.is_none()));
}

#[test]
fn fingerprints_do_not_hang_on_the_cases() {
    let print = |action: &str| {
        let report = report(&format!("{HEAD}{}", policy("A", action, "")), &[]);
        let of_rule = report.findings.iter().filter(|finding| &*finding.rule.id == "iam-admin-policy");
        of_rule.map(|finding| finding.fingerprint.clone()).collect::<Vec<_>>()
    };
    assert_eq!(print("'*'"), print("!If [IsProd, '*', 's3:GetObject']"));
}

/// Conditions on as many parameters, each with a policy that hangs on it.
fn switches(count: usize) -> String {
    let [mut parameters, mut conditions, mut resources] =
        ["Parameters:\n", "Conditions:\n", "Resources:\n"].map(str::to_owned);
    for n in 0..count {
        let _ = writeln!(parameters, "  P{n}: {{Type: String, AllowedValues: ['yes', 'no']}}");
        let _ = writeln!(conditions, "  C{n}: !Equals [!Ref P{n}, 'yes']");
        resources += &policy(&format!("R{n}"), &format!("!If [C{n}, '*', 's3:GetObject']"), "");
    }
    parameters + &conditions + &resources
}

#[test]
fn many_conditions_are_followed_one_by_one_and_that_is_told() {
    let few = report(&switches(5), &[]);
    assert_eq!(few.diagnostics, []);
    let report = report(&switches(12), &[]);
    let codes: Vec<&str> = report.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, ["cfn-scenarios"]);
    let told: BTreeMap<String, ()> = found(&report, "iam-admin-policy").into_iter().map(|one| (one, ())).collect();
    for n in 0..12 {
        assert!(told.contains_key(&format!("R{n}: P{n} = \"yes\"")), "{told:?}");
    }
    assert_eq!(found(&few, "iam-admin-policy").len(), 5);
}

#[test]
fn reports_are_the_same_with_any_number_of_threads() {
    let of = |threads: usize| {
        let text = Text { name: "t.yaml".to_owned(), bytes: switches(6).into_bytes() };
        let rules = built_in(&Overrides::new()).unwrap();
        let report = scan(&Options { texts: vec![text], rules, threads: Some(threads), ..Options::default() });
        report.findings.iter().map(|one| format!("{} {} {:?}", one.rule.id, one.resource, one.when)).collect::<Vec<_>>()
    };
    assert_eq!(of(1), of(4));
}

#[test]
fn conditions_of_a_nested_stack_hang_on_what_is_handed_in() {
    let folder = tempfile::tempdir().unwrap();
    let outer = "Parameters: {Stage: {Type: String, AllowedValues: [dev, prod]}}\nResources:\n  Inner:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      \
                 TemplateURL: inner.yaml\n      Parameters: {Environment: !Ref Stage}\n";
    let bounded = "Environment: {Type: String, AllowedValues: [dev, test, prod]}";
    let head = HEAD.replace(bounded, "Environment: {Type: String}");
    let policies =
        policy("A", "!If [IsProd, '*', 's3:GetObject']", "") + &policy("C", "!If [IsChina, '*', 's3:GetObject']", "");
    let users = "  Fn::ForEach::L: [I, [!Ref Environment], {'B${I}': {Type: 'AWS::IAM::User'}}]\n";
    std::fs::write(folder.path().join("outer.yaml"), outer).unwrap();
    std::fs::write(
        folder.path().join("inner.yaml"),
        format!("Transform: AWS::LanguageExtensions\n{head}{policies}{users}"),
    )
    .unwrap();
    let rules = built_in(&Overrides::new()).unwrap();
    let report = scan(&Options { paths: vec![folder.path().to_owned()], rules, ..Options::default() });
    let admins = ["Inner/A: Stage = \"prod\"", "Inner/C: AWS::Partition = \"aws-cn\""];
    assert_eq!(found(&report, "iam-admin-policy"), admins);
    assert_eq!(found(&report, "iam-user-no-group"), ["Inner/Bdev: Stage = \"dev\"", "Inner/Bprod: Stage = \"prod\""]);
}

/// The cases of the findings about administrator access of a template with conditions, parameters and policies.
fn cases(parameters: &str, conditions: &str, resources: &str) -> (Vec<String>, Report) {
    let text = format!("Parameters: {{{parameters}}}\nConditions: {{{conditions}}}\nResources:\n{resources}");
    let report = report(&text, &[]);
    (found(&report, "iam-admin-policy"), report)
}

/// A policy that exists where one condition holds, and allows all where another one does.
fn both(one: &str, other: &str) -> String {
    policy("A", &format!("!If [{other}, '*', 's3:GetObject']"), &format!("    Condition: {one}\n"))
}

#[test]
fn comparisons_of_what_has_no_name_do_not_contradict_each_other() {
    let kinds = [
        ("A: {Type: String}, B: {Type: String}", "!Sub '${A}-${B}'", "!Join ['-', [!Ref A, !Ref B]]"),
        ("A: {Type: String, NoEcho: true}", "!Ref A", "!Ref A"),
        ("A: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a}", "!Ref A", "!Ref A"),
        ("A: {Type: String}", "!ImportValue other", "!ImportValue other"),
    ];
    for (parameters, value, again) in kinds {
        let conditions =
            format!("X: !Equals [{value}, x-y], Not: !Not [!Equals [{again}, x-y]], Z: !Equals [z-z, {again}]");
        assert_eq!(cases(parameters, &conditions, &both("X", "Not")).0, Vec::<String>::new(), "{value}");
        assert_eq!(cases(parameters, &conditions, &both("X", "Z")).0, Vec::<String>::new(), "{value}");
        assert_eq!(cases(parameters, &conditions, &both("X", "X")).0, ["A: the condition X holds"], "{value}");
        assert_eq!(cases(parameters, &conditions, &both("Not", "Not")).0, ["A: the condition Not holds"], "{value}");
        assert_eq!(cases(parameters, &conditions, &both("Not", "Z")).0, ["A: the condition Z holds"], "{value}");
    }
    // Two parameters that are equal, and have different values.
    let conditions = "Same: !Equals [!Ref A, !Ref B], IsA: !Equals [!Ref A, a], IsB: !Equals [!Ref B, b], \
                      Both: !And [!Condition IsA, !Condition IsB]";
    let parameters = "A: {Type: String}, B: {Type: String}";
    assert_eq!(cases(parameters, conditions, &both("Both", "Same")).0, Vec::<String>::new());
    assert_eq!(cases(parameters, conditions, &both("IsA", "Same")).0, ["A: A = \"a\" and B = \"a\""]);
}

#[test]
fn elements_of_one_list_are_not_one_value() {
    let parameters = "L: {Type: CommaDelimitedList}";
    let conditions = "First: !Equals [!Select [0, !Ref L], x], Second: !Equals [!Select [1, !Ref L], y], \
                      Twice: !Equals [!Select [0, !Ref L], !Select [1, !Ref L]]";
    let told = cases(parameters, conditions, &both("First", "Second")).0;
    assert_eq!(told, ["A: the condition First holds and the condition Second holds"]);
    assert_eq!(cases(parameters, conditions, &both("Twice", "Twice")).0, ["A: the condition Twice holds"]);
    assert_eq!(cases(parameters, conditions, &both("First", "First")).0, ["A: the condition First holds"]);
}

#[test]
fn a_region_lies_in_one_partition() {
    let conditions = "Us: !Equals [!Ref AWS::Region, us-east-1], China: !Equals [!Ref AWS::Partition, aws-cn]";
    assert_eq!(cases("", conditions, &both("Us", "China")).0, Vec::<String>::new());
    assert_eq!(cases("", conditions, &both("China", "China")).0, ["A: AWS::Partition = \"aws-cn\""]);
    let three = both("Us", "Us") + &both("China", "China").replace("A:", "B:");
    let told = cases("", conditions, &three).0;
    assert_eq!(told, ["A: AWS::Region = \"us-east-1\"", "B: AWS::Partition = \"aws-cn\""]);
}

#[test]
fn the_last_value_that_is_left_is_the_value() {
    let parameters = "E: {Type: String, NoEcho: true, AllowedValues: [a, b]}";
    let conditions =
        "IsA: !Equals [!Ref E, a], IsB: !Equals [!Ref E, b], None: !Not [!Or [!Condition IsA, !Condition IsB]]";
    assert_eq!(cases(parameters, conditions, &both("None", "None")).0, Vec::<String>::new());
}

#[test]
fn keys_of_mappings_are_read_as_they_are_written() {
    let text = "Parameters: {E: {Type: String, AllowedValues: [a, b]}}\nMappings: {M: {a: {on: x}, b: {on: 'y'}, yes: {012: z}}}\n\
                Conditions: {C: !Equals [!FindInMap [M, !Ref E, on], x], D: !Equals [!FindInMap [M, yes, 012], z]}\nResources:\n";
    let report = report(&format!("{text}{}", both("C", "D")), &[]);
    assert_eq!(
        (report.diagnostics.len(), found(&report, "iam-admin-policy").len()),
        (0, 1),
        "{:?}",
        report.diagnostics
    );
}

#[test]
fn conditions_that_one_condition_ties_together_are_followed_each_for_itself() {
    let mut parts = ["Parameters:\n", "Conditions:\n", "Resources:\n"].map(str::to_owned);
    let mut all = Vec::new();
    for n in 0..8 {
        parts[0] += &format!("  P{n}: {{Type: String, AllowedValues: [a, b, c]}}\n");
        parts[1] += &format!("  C{n}: !Equals [!Ref P{n}, a]\n");
        parts[2] += &policy(&format!("R{n}"), "'*'", &format!("    Condition: C{n}\n"));
        all.push(format!("!Condition C{n}"));
    }
    parts[1] += &format!("  All: !And [{}]\n", all.join(", "));
    parts[2] += &policy("RAll", "'*'", "    Condition: All\n");
    let report = report(&parts.concat(), &[]);
    assert_eq!(report.diagnostics.iter().map(|one| one.code).collect::<Vec<_>>(), ["cfn-scenarios"]);
    let told = found(&report, "iam-admin-policy");
    for n in 0..8 {
        assert!(told.contains(&format!("R{n}: P{n} = \"a\"")), "{told:?}");
    }
    assert!(told.last().unwrap().starts_with("RAll: P0 = \"a\" and P1 = \"a\""), "{told:?}");
    let all = report.findings.iter().all(|finding| finding.possible.is_none());
    assert!(all, "whether they exist is decided");
}

#[test]
fn allowed_values_of_a_property_are_followed_one_by_one() {
    let parameters = "Do: {Type: String, AllowedValues: ['*', 's3:GetObject', 's3:PutObject']}, E: {Type: String, AllowedValues: [a, b]}";
    let (told, report) = cases(parameters, "C: !Equals [!Ref E, a]", &policy("A", "!Ref Do", "    Condition: C\n"));
    assert_eq!(told, ["A: Do = \"*\" and E = \"a\""]);
    assert!(report.undecided.iter().all(|one| &*one.rule.id != "iam-admin-policy"));
    assert_eq!(report.diagnostics, []);
    // So many of them that they stay undecided.
    let many = (0..20).map(|n| format!("'s3:Get{n}'")).collect::<Vec<_>>().join(", ");
    let (told, report) =
        cases(&format!("Do: {{Type: String, AllowedValues: ['*', {many}]}}"), "", &policy("A", "!Ref Do", ""));
    assert_eq!(told, Vec::<String>::new());
    assert!(report.undecided.iter().any(|one| &*one.rule.id == "iam-admin-policy"));
    assert_eq!(report.diagnostics, []);
}
