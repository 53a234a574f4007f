//! The rule book: every example of every rule, also as CloudFormation JSON and as a plan; a new rule without any Rust.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where these do")]

#[path = "rules/deferred.rs"]
mod deferred;
#[path = "rules/once.rs"]
mod once;
#[path = "rules/plan.rs"]
mod plan;
#[path = "rules/template.rs"]
mod template;
#[path = "rules/whole.rs"]
mod whole;

use std::collections::BTreeSet;

use iacscan::iam::{Identity, SUBJECT_KINDS, fields_of};
use iacscan::model::Kinds;
use iacscan::report::Report;
use iacscan::rules::{self, Example, Overrides, Rule};
use iacscan::scan::{Options, Text, model, scan};

fn options(rule: &Rule, name: &str, text: &str) -> Options {
    Options {
        rules: vec![rule.clone()],
        texts: vec![Text { name: name.to_owned(), bytes: text.as_bytes().to_vec() }],
        threads: Some(1),
        ..Options::default()
    }
}

/// The addresses of what a rule finds.
fn found(report: &Report) -> BTreeSet<String> {
    report.findings.iter().map(|finding| finding.resource.clone()).collect()
}

/// Rules by id with each example and whether it must be found.
fn examples(rules: &[Rule]) -> impl Iterator<Item = (&Rule, &Example, bool)> {
    rules.iter().flat_map(|rule| {
        let bad = rule.info.examples.bad().iter().map(move |example| (rule, example, true));
        bad.chain(rule.info.examples.good().iter().map(move |example| (rule, example, false)))
    })
}

#[test]
fn every_rule_is_complete() {
    let rules = rules::built_in(&Overrides::new()).unwrap();
    assert!(rules.len() >= 30, "{} rules", rules.len());
    for rule in &rules {
        let info = &rule.info;
        assert!(!info.examples.bad().is_empty() && !info.examples.good().is_empty(), "{}: no examples", info.id);
        assert!(!info.rationale.is_empty() && !info.remediation.is_empty(), "{}: no text", info.id);
        assert!(!info.practice.is_empty(), "{}: no practice", info.id);
        assert!(rules::is_target(&info.target), "{}: no such target: {}", info.id, info.target);
        for subsumed in info.subsumes.iter().chain(&info.subsumes_in_place) {
            assert!(rules.iter().any(|other| *other.info.id == **subsumed), "{}: subsumes `{subsumed}`", info.id);
        }
    }
}

#[test]
fn every_example_holds() {
    let output = assert_cmd::Command::cargo_bin("iacscan").unwrap().arg("test").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.trim_end().ends_with(", 0 failed"), "{text}");
}

#[test]
fn every_cloudformation_example_holds_as_json() {
    let rules = rules::built_in(&Overrides::new()).unwrap();
    let mut compared = 0;
    for (rule, example, is_bad) in examples(&rules) {
        let Some(yaml) = &example.cloudformation else { continue };
        let json = template::to_json(yaml);
        let in_yaml = found(&scan(&options(rule, "example.yaml", yaml)));
        let report = scan(&options(rule, "example.json", &json));
        assert!(report.diagnostics.is_empty(), "{}: {:?}\n{json}", rule.info.id, report.diagnostics);
        assert_eq!(in_yaml, found(&report), "{}: {json}", rule.info.id);
        assert_eq!(is_bad, !in_yaml.is_empty(), "{}", rule.info.id);
        compared += 1;
    }
    assert!(compared > 60, "{compared} examples compared");
}

#[test]
fn every_terraform_example_holds_as_a_plan() {
    let rules = rules::built_in(&Overrides::new()).unwrap();
    let (mut compared, mut undecided) = (0, Vec::new());
    for (rule, example, is_bad) in examples(&rules) {
        let Some(configuration) = &example.terraform else { continue };
        let evaluated = model(&options(rule, "example.tf", configuration));
        let text = plan::of_unit(&evaluated.units[0]);
        let in_configuration = found(&scan(&options(rule, "example.tf", configuration)));
        let report = scan(&options(rule, "plan.json", &text));
        assert!(report.diagnostics.is_empty(), "{}: {:?}\n{text}", rule.info.id, report.diagnostics);
        let in_plan = found(&report);
        compared += 1;
        if in_plan == in_configuration {
            continue;
        }
        // A plan says less: a policy with one unknown part is unknown as a whole. Less, never something else.
        assert!(in_plan.is_subset(&in_configuration), "{}: {in_plan:?}\n{text}", rule.info.id);
        assert!(is_bad && !report.undecided.is_empty(), "{}: silent in the plan\n{text}", rule.info.id);
        undecided.push(rule.info.id.to_string());
    }
    assert!(compared > 100, "{compared} examples compared");
    assert!(
        undecided.len() * 10 < compared,
        "{} of {compared} are undecided in a plan: {undecided:?}",
        undecided.len()
    );
}

/// What CONTRIBUTING.md says of a new rule, done.
#[test]
fn a_new_rule_needs_no_rust() {
    let page = std::fs::read_to_string("CONTRIBUTING.md").unwrap();
    let (_, section) = page.split_once("## Add a rule").expect("a section about rules");
    let (_, block) = section.split_once("```toml\n").expect("a rule in it");
    let (rule, _) = block.split_once("```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let topic = folder.path().join("rules/names");
    std::fs::create_dir_all(&topic).unwrap();
    std::fs::write(topic.join("user-name-has-blank.toml"), rule).unwrap();

    let run = |arguments: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("iacscan").unwrap();
        let output = command.current_dir(folder.path()).args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code(), text)
    };
    let (status, text) = run(&["test", "rules"]);
    assert_eq!(status, Some(0), "{text}");
    std::fs::write(folder.path().join("main.tf"), "resource \"aws_iam_user\" \"a\" {\n  name = \"a b\"\n}\n").unwrap();
    let (status, text) = run(&["--rules", "rules", "--rule", "user-name-has-blank", "main.tf"]);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("user-name-has-blank") && text.contains("main.tf:2:"), "{text}");
    let (status, text) = run(&["explain", "user-name-has-blank", "--rules", "rules"]);
    assert_eq!(status, Some(0), "{text}");
}

/// What rules may name can be looked up: each kind has a row, and each field stands in the row or in the text beside it.
#[test]
fn the_fields_of_kinds_are_described() {
    let text = include_str!("../docs/rules.md");
    let (_, text) = text.split_once("## Kinds\n").unwrap();
    let text = text.split("\n## ").next().unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
    let mut missing = Vec::new();
    for kind in SUBJECT_KINDS {
        let first = |row: &&str| row.split(" | ").next().is_some_and(|first| first.contains(&format!("`{kind}`")));
        let Some(row) = rows.iter().copied().find(first) else {
            missing.push(format!("a row for `{kind}`"));
            continue;
        };
        // A row may refer to those of other kinds, and principals share what stands above the table.
        let refers = ["as `statement`", "as `trust`", "the fields of both"].iter().any(|words| row.contains(words));
        let is_principal = ["user", "group", "role", "permission-set"].contains(kind);
        let place = if refers { text.to_owned() } else { row.to_owned() };
        let shared = if is_principal { text.split("\n\n").take(2).collect() } else { String::new() };
        for field in fields_of(kind) {
            let quoted = format!("`{field}`");
            if !place.contains(&quoted) && !shared.contains(&quoted) {
                missing.push(format!("`{field}` of `{kind}`"));
            }
        }
    }
    assert!(missing.is_empty(), "docs/rules.md has no word of {}", missing.join(", "));
}

/// The fields that rules may name are those that there are: what a rule looks at in some example, and nothing else.
#[test]
fn the_fields_of_kinds_are_listed() {
    let rules = rules::built_in(&Overrides::new()).unwrap();
    let mut unlisted = BTreeSet::new();
    for (rule, example, _) in examples(&rules) {
        for (language, text) in example.texts() {
            let text = Example::without_marks(language, text);
            let model = model(&options(rule, example.file_name(language), &text));
            for unit in &model.units {
                let identity = Identity::new(unit, Kinds::built_in(), &model.sources, &[]);
                for kind in SUBJECT_KINDS {
                    let listed = fields_of(kind);
                    for subject in identity.subjects(kind) {
                        for entry in subject.value.as_map().unwrap().entries() {
                            if !listed.contains(&&*entry.key) {
                                unlisted.insert(format!("`{}` of `{kind}`", entry.key));
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(unlisted, BTreeSet::new());
}
