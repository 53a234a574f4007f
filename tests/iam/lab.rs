//! Ways of escalation in whole configurations, scanned with all rules: every known path and everything that closes it, and
//! the known kinds of labs, in Terraform and in CloudFormation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use iacscan::iam::Identity;
use iacscan::iam::catalogue::escalation_paths;
use iacscan::model::Kinds;
use iacscan::report::{Finding, Report};
use iacscan::rules::{Overrides, Rule, built_in};
use iacscan::scan::{Options, Text, scan};
use iacscan::value::Truth;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::model_of;
use crate::escalation::{Paths, read, statements};

const RULE: &str = "iam-privilege-escalation";

pub(crate) fn scanned(name: &str, text: &str) -> Report {
    let texts = vec![Text { name: name.to_owned(), bytes: text.as_bytes().to_vec() }];
    static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
    let rules = RULES.get_or_init(|| built_in(&Overrides::new()).unwrap()).clone();
    scan(&Options { texts, rules, threads: Some(2), ..Options::default() })
}

/// What is told of escalation: findings of the rule, and what others tell as their consequence.
fn told(report: &Report) -> Vec<(&Finding, String)> {
    let mut told = Vec::new();
    for finding in &report.findings {
        let mut text = String::new();
        if *finding.rule.id == *RULE {
            text.push_str(&finding.message);
            finding.related.iter().for_each(|related| text = format!("{text}\n{}", related.message));
        }
        let consequences = finding.consequences.iter().filter(|consequence| *consequence.rule == *RULE);
        consequences.for_each(|consequence| text = format!("{text}\n{}", consequence.message));
        if !text.is_empty() {
            told.push((finding, text));
        }
    }
    told
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Labs {
    lab: Vec<Lab>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Lab {
    name: String,
    path: String,
    principal: String,
    /// Of whom the report tells, where that is the group that holds it.
    told_of: Option<String>,
    /// Whom it takes over.
    to: Option<String>,
    /// Rules that tell how one comes in.
    #[serde(default)]
    entry: Vec<String>,
    /// Those who come to be administrators by it.
    #[serde(default)]
    administrator: Vec<String>,
    terraform: String,
    cloudformation: Option<String>,
    #[serde(default)]
    vary: Vec<BTreeMap<String, String>>,
    close: Vec<[String; 2]>,
}

impl Lab {
    fn varied(&self) -> Vec<Lab> {
        if self.vary.is_empty() {
            return vec![self.clone()];
        }
        let one = |row: &BTreeMap<String, String>| {
            let fill = |text: &String| {
                row.iter().fold(text.clone(), |text, (name, to)| text.replace(&format!("@{name}@"), to))
            };
            let close = self.close.iter().map(|[from, to]| [fill(from), fill(to)]).collect();
            Lab {
                name: fill(&self.name),
                path: fill(&self.path),
                terraform: fill(&self.terraform),
                cloudformation: self.cloudformation.as_ref().map(fill),
                close,
                ..self.clone()
            }
        };
        self.vary.iter().map(one).collect()
    }

    fn check(&self, file: &str, text: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let report = scanned(file, text);
        let of = self.told_of.as_ref().unwrap_or(&self.principal);
        let all = told(&report);
        let fits = |text: &String| text.contains(&format!("`{of}`")) && text.contains(&format!("`{}`", self.path));
        match all.iter().find(|(_, text)| fits(text)) {
            None => wrong.push(format!("{} is not told: {all:#?}", self.path)),
            Some((finding, text)) => {
                if self.to.as_ref().is_some_and(|to| !text.contains(&format!("`{to}`"))) {
                    wrong.push(format!("whom it reaches is not told: {text}"));
                }
                let places = finding.related.iter().map(|related| &related.place);
                if *finding.rule.id == *RULE && places.clone().count() == 0 {
                    wrong.push("no steps".to_owned());
                }
                if places.clone().any(|place| place.file != finding.place.file || place.start.line == 0) {
                    wrong.push(format!("a step without a place: {:?}", finding.related));
                }
            }
        }
        for entry in self.entry.iter().filter(|entry| !report.findings.iter().any(|f| *f.rule.id == ***entry)) {
            wrong.push(format!("{entry} does not tell how one comes in"));
        }
        let model = model_of(file, text);
        let identity = Identity::new(&model.units[0], Kinds::built_in(), &model.sources, &[]);
        for name in &self.administrator {
            let access = identity.access();
            if access.administrator(access.named(name)[0]).answer != Truth::True {
                wrong.push(format!("{name} does not come to be an administrator"));
            }
        }
        let mut closed = text.to_owned();
        for [from, to] in &self.close {
            closed = closed.replace(from, to);
        }
        assert_ne!(closed, text, "{}: {file}: nothing to close", self.name);
        let report = scanned(file, &closed);
        let still = told(&report);
        if !still.is_empty() {
            wrong.push(format!("closed, and still: {still:#?}"));
        }
        for entry in self.entry.iter().filter(|entry| report.findings.iter().any(|f| *f.rule.id == ***entry)) {
            wrong.push(format!("closed, and still {entry}"));
        }
        wrong.iter().map(|what| format!("{} ({file}): {what}", self.name)).collect()
    }
}

#[test]
fn the_known_kinds_of_labs_are_explained_in_both_languages() {
    let labs: Labs = read("kinds.toml");
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for lab in labs.lab.iter().flat_map(Lab::varied) {
        let files = [("main.tf", Some(&lab.terraform)), ("template.yaml", lab.cloudformation.as_ref())];
        for (file, text) in files.into_iter().filter_map(|(file, text)| Some((file, text?))) {
            seen += 1;
            wrong.extend(lab.check(file, text));
        }
        for [from, _] in &lab.close {
            let all = labs.lab.iter().flat_map(Lab::varied);
            let mut texts = all.flat_map(|lab| [Some(lab.terraform), lab.cloudformation]).flatten();
            assert!(texts.any(|text| text.contains(from)), "{}: nothing says {from}", lab.name);
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen > 80, "{seen}");
}

/// A configuration with one user for each name, who holds these statements.
fn users(language: &str, all: &[(String, Vec<Value>)]) -> String {
    let policy = |statements: &[Value]| json!({ "Version": "2012-10-17", "Statement": statements });
    if language == "terraform" {
        let mut resources = json!({ "aws_iam_user": {}, "aws_iam_user_policy": {} });
        for (name, statements) in all {
            resources["aws_iam_user"][name] = json!({ "name": name });
            let text = policy(statements).to_string().replace("${", "$${");
            resources["aws_iam_user_policy"][name] = json!({ "name": "held", "user": name, "policy": text });
        }
        return json!({ "resource": resources }).to_string();
    }
    let mut resources = json!({});
    for (name, statements) in all {
        let policies = [json!({ "PolicyName": "held", "PolicyDocument": policy(statements) })];
        resources[name.replace('-', "")] =
            json!({ "Type": "AWS::IAM::User", "Properties": { "UserName": name, "Policies": policies } });
    }
    json!({ "AWSTemplateFormatVersion": "2010-09-09", "Resources": resources }).to_string()
}

/// What is told of each user, by name.
fn told_of_users(language: &str, all: &[(String, Vec<Value>)]) -> BTreeMap<String, String> {
    let file = if language == "terraform" { "main.tf.json" } else { "template.json" };
    let report = scanned(file, &users(language, all));
    let mut by_user: BTreeMap<String, String> = BTreeMap::new();
    for (_, text) in told(&report) {
        for line in text.lines() {
            let name = line.strip_prefix("user `").and_then(|rest| rest.split('`').next());
            if let Some(name) = name {
                by_user.entry(name.to_owned()).or_default().push_str(&text);
                break;
            }
        }
    }
    by_user
}

#[test]
fn every_known_path_is_told_where_it_is_open_and_not_where_something_closes_it() {
    let paths: Paths = read("paths.toml");
    let (mut open, mut closed, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
    for (at, path) in paths.path.iter().enumerate() {
        open.push((format!("open-{at}"), statements(&path.open)));
        for (number, fixture) in path.closed.iter().enumerate() {
            let name = format!("closed-{at}-{number}");
            closed.push((name.clone(), statements(&fixture.holds)));
            wanted.push((name, path.id.clone(), fixture.by.clone()));
        }
    }
    assert_eq!(closed.len(), escalation_paths().iter().map(|path| path.defuse.len()).sum::<usize>());
    for language in ["terraform", "cloudformation"] {
        let found = told_of_users(language, &open);
        let missed = paths.path.iter().enumerate().filter(|(at, path)| {
            let text = found.get(&format!("open-{at}"));
            !text.is_some_and(|text| text.contains(&format!("`{}`", path.id)))
        });
        let missed: Vec<&str> = missed.map(|(_, path)| path.id.as_str()).collect();
        assert!(missed.is_empty(), "{language}: not told: {missed:?}");
        let found = told_of_users(language, &closed);
        let alarms = wanted
            .iter()
            .filter(|(name, path, _)| found.get(name).is_some_and(|text| text.contains(&format!("`{path}`"))));
        let alarms: Vec<String> = alarms.map(|(_, path, by)| format!("{path}: {by}")).collect();
        assert!(alarms.is_empty(), "{language}: told though closed: {alarms:?}");
    }
}

/// What closes a path is what the fixture says: without that it is open.
#[test]
fn nothing_but_what_it_is_named_for_closes_a_fixture() {
    let paths: Paths = read("paths.toml");
    let (mut widened, mut of) = (Vec::new(), BTreeMap::new());
    for (at, path) in paths.path.iter().enumerate() {
        for (number, fixture) in path.closed.iter().enumerate() {
            let (action, what) = fixture.by.split_once(' ').unwrap();
            let is_it = |permission: &&String| permission.split(' ').next().unwrap().eq_ignore_ascii_case(action);
            let named: Vec<&String> = fixture.holds.iter().filter(is_it).collect();
            assert_eq!(named.len(), 1, "{}: {}", path.id, fixture.by);
            let words: Vec<&str> = named[0].split(' ').collect();
            match what.strip_prefix("key=") {
                Some(key) => assert!(words.iter().any(|word| word.to_lowercase().starts_with(&key.to_lowercase()))),
                None => assert_eq!(words.len(), 2, "{}: {}", path.id, fixture.by),
            }
            let free = |permission: &String| {
                if is_it(&permission) { format!("{} *", words[0]) } else { permission.clone() }
            };
            let holds: Vec<String> = fixture.holds.iter().map(free).collect();
            let name = format!("free-{at}-{number}");
            widened.push((name.clone(), statements(&holds)));
            of.insert(name, (path.id.clone(), fixture.by.clone()));
        }
    }
    let found = told_of_users("terraform", &widened);
    let silent =
        of.iter().filter(|(name, (path, _))| !found.get(*name).is_some_and(|text| text.contains(&format!("`{path}`"))));
    let silent: BTreeSet<String> = silent.map(|(_, (path, by))| format!("{path}: {by}")).collect();
    assert!(silent.is_empty(), "closed by something else: {silent:#?}");
}
