//! Ways of escalation: every known path opened and closed, and configurations that were written to be broken into.

use std::collections::{BTreeMap, BTreeSet};

use iacscan::iam::catalogue::escalation_paths;
use iacscan::iam::{Access, EscalationState, Identity};
use iacscan::model::Kinds;
use iacscan::scan::{Model, Options, model};
use serde::Deserialize;
use serde_json::json;

use crate::access::model_of;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paths {
    pub(crate) path: Vec<Path>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Path {
    pub(crate) id: String,
    pub(crate) open: Vec<String>,
    #[serde(default)]
    pub(crate) closed: Vec<Closed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Closed {
    pub(crate) by: String,
    pub(crate) holds: Vec<String>,
}

pub(crate) fn read<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    let path = format!("{}/testdata/iam/escalation/{name}", env!("CARGO_MANIFEST_DIR"));
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Permissions written as in `paths.toml` as statements.
pub(crate) fn statements(permissions: &[String]) -> Vec<serde_json::Value> {
    let statement = |permission: &String| {
        let (head, more) = permission.split_once(" & ").map_or((permission.as_str(), None), |(a, b)| (a, Some(b)));
        let words: Vec<&str> = head.split(' ').collect();
        let mut statement = json!({ "Effect": "Allow", "Action": words[0], "Resource": words[1] });
        let tests = words[2..].chunks(3).map(<[&str]>::to_vec).chain(more.map(|more| more.split(' ').collect()));
        for test in tests {
            statement["Condition"][test[0]][test[1]] = json!(test[2]);
        }
        statement
    };
    permissions.iter().map(statement).collect()
}

/// A user `dev` who holds permissions written as in `paths.toml`.
fn user_with(permissions: &[String]) -> Model {
    user_who_holds(&statements(permissions))
}

/// A user `dev` with an inline policy of these statements.
fn user_who_holds(statements: &[serde_json::Value]) -> Model {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string().replace("${", "$${");
    let configuration = json!({ "resource": {
        "aws_iam_user": { "dev": { "name": "dev" } },
        "aws_iam_user_policy": { "dev": { "user": "dev", "policy": policy } },
    } });
    model_of("main.tf.json", &configuration.to_string())
}

fn with_access<T>(model: &Model, accounts: &[String], ask: impl Fn(Access<'_, '_>) -> T) -> T {
    let identity = Identity::new(&model.units[0], Kinds::built_in(), &model.sources, accounts);
    ask(identity.access())
}

/// The open ways of a user `dev`.
fn open_ways(model: &Model) -> BTreeSet<&'static str> {
    with_access(model, &[], |access| {
        let dev = access.named("dev")[0];
        let ways = access.escalations(dev).iter().filter(|way| way.state == EscalationState::Open);
        ways.map(|way| way.path.id.as_str()).collect()
    })
}

#[test]
fn every_known_path_is_found_where_it_is_open() {
    let paths: Paths = read("paths.toml");
    let ids: BTreeSet<&str> = paths.path.iter().map(|path| path.id.as_str()).collect();
    assert_eq!(ids, escalation_paths().iter().map(|path| path.id.as_str()).collect());
    assert_eq!(ids.len(), 126);
    let missed = paths.path.iter().filter(|path| !open_ways(&user_with(&path.open)).contains(path.id.as_str()));
    let missed: Vec<&str> = missed.map(|path| path.id.as_str()).collect();
    assert!(missed.is_empty(), "not found: {missed:?}");
}

#[test]
fn no_known_path_is_found_where_a_permission_is_missing() {
    let paths: Paths = read("paths.toml");
    for path in &paths.path {
        for left_out in 0..path.open.len() {
            let mut holds = path.open.clone();
            holds.remove(left_out);
            assert!(!open_ways(&user_with(&holds)).contains(path.id.as_str()), "{}: {holds:?}", path.id);
        }
    }
}

#[test]
fn every_known_path_is_silent_where_it_is_closed() {
    let paths: Paths = read("paths.toml");
    let mut wrong = Vec::new();
    for (path, known) in paths.path.iter().zip(escalation_paths()) {
        let by: Vec<&str> = path.closed.iter().map(|closed| closed.by.as_str()).collect();
        assert_eq!(by, known.defuse, "{}", path.id);
        for closed in &path.closed {
            if open_ways(&user_with(&closed.holds)).contains(path.id.as_str()) {
                wrong.push(format!("{}: {}: {:?}", path.id, closed.by, closed.holds));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The same permissions granted freely, with denials of all that the conditions and resources of one action keep out.
fn by_denial(holds: &[String], action: &str) -> Vec<serde_json::Value> {
    let opposite = |operator: &str, value: &str| match operator {
        "StringEquals" => ("StringNotEquals".to_owned(), value.to_owned()),
        "StringLike" => ("StringNotLikeIfExists".to_owned(), value.to_owned()),
        "ArnEquals" => ("ArnNotEquals".to_owned(), value.to_owned()),
        "ArnLike" => ("ArnNotLike".to_owned(), value.to_owned()),
        "Bool" => ("BoolIfExists".to_owned(), (value != "true").to_string()),
        "ForAnyValue:StringEquals" => ("ForAllValues:StringNotEquals".to_owned(), value.to_owned()),
        other => panic!("no denial is known for `{other}`"),
    };
    let mut all = Vec::new();
    for statement in statements(holds) {
        if statement["Action"] != action {
            all.push(statement);
            continue;
        }
        all.push(json!({ "Effect": "Allow", "Action": action, "Resource": "*" }));
        if statement["Resource"] != "*" {
            all.push(json!({ "Effect": "Deny", "Action": action, "NotResource": statement["Resource"] }));
        }
        for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
            for (key, value) in keys.as_object().unwrap() {
                let (operator, value) = opposite(operator, value.as_str().unwrap());
                let condition = json!({ operator: { key: value } });
                all.push(json!({ "Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition }));
            }
        }
    }
    all
}

#[test]
fn a_denial_of_all_else_closes_a_path_as_well() {
    let paths: Paths = read("paths.toml");
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for path in &paths.path {
        for closed in &path.closed {
            let action = closed.by.split(' ').next().unwrap();
            let weak = closed.holds.iter().any(|held| held.contains("ForAllValues:"));
            if weak {
                continue;
            }
            let statements = by_denial(&closed.holds, action);
            asked += 1;
            if open_ways(&user_who_holds(&statements)).contains(path.id.as_str()) {
                wrong.push(format!("{}: {}: {statements:?}", path.id, closed.by));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 200, "only {asked}");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// The configuration, in one of both languages.
    #[serde(default)]
    terraform: String,
    #[serde(default)]
    cloudformation: String,
    /// The ids that are known to be the own account.
    #[serde(default)]
    accounts: Vec<String>,
    /// The open ways by principal: all of these are there.
    #[serde(default)]
    open: BTreeMap<String, Vec<String>>,
    /// Those of whom no way is open.
    #[serde(default)]
    silent: Vec<String>,
    /// Ways that are undecided, by principal.
    #[serde(default)]
    undecided: BTreeMap<String, Vec<String>>,
    /// Whether each is an administrator by any door: `yes`, `no`, `undecided`.
    #[serde(default)]
    administrator: BTreeMap<String, String>,
    #[serde(default)]
    steps: Vec<Steps>,
    /// Changes that close the hole, after which nothing is open any more.
    #[serde(default)]
    mend: Vec<[String; 2]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Steps {
    principal: String,
    path: String,
    because: Vec<String>,
    severity: Option<String>,
}

fn check(case: &Case, model: &Model) -> Vec<String> {
    with_access(model, &case.accounts, |access| {
        let mut wrong = Vec::new();
        let one = |name: &str| match access.named(name).as_slice() {
            [one] => *one,
            found => panic!("{}: {} principals are called {name}", case.name, found.len()),
        };
        let ways = |name: &str, state: EscalationState| -> Vec<&str> {
            let all = access.escalations(one(name)).iter().filter(|way| way.state == state);
            all.map(|way| way.path.id.as_str()).collect()
        };
        for (expected, state) in [(&case.open, EscalationState::Open), (&case.undecided, EscalationState::Undecided)] {
            for (principal, paths) in expected {
                let found = ways(principal, state);
                for path in paths.iter().filter(|path| !found.contains(&path.as_str())) {
                    wrong.push(format!("{principal}: {path} is not {}: {found:?}", state.name()));
                }
            }
        }
        for principal in &case.silent {
            let found = ways(principal, EscalationState::Open);
            if !found.is_empty() {
                wrong.push(format!("{principal}: {found:?}"));
            }
        }
        for (principal, expected) in &case.administrator {
            let found = access.administrator(one(principal));
            let answer = match found.answer {
                iacscan::value::Truth::True => "yes",
                iacscan::value::Truth::False => "no",
                iacscan::value::Truth::Unknown => "undecided",
            };
            if answer != expected || (answer == "yes" && found.because.is_empty()) {
                wrong.push(format!("{principal}: administrator: {answer}, {:?}", found.because));
            }
        }
        for steps in &case.steps {
            let Some(way) = access.escalations(one(&steps.principal)).iter().find(|way| way.path.id == steps.path)
            else {
                wrong.push(format!("{}: no {}", steps.principal, steps.path));
                continue;
            };
            let because: Vec<&str> = way.because.iter().map(|step| step.text.as_str()).collect();
            if because != steps.because {
                wrong.push(format!("{}: {because:#?}", steps.path));
            }
            assert!(way.because.iter().all(|step| step.origin.is_some()), "{because:#?}");
            if steps.severity.as_deref().is_some_and(|severity| severity != way.severity) {
                wrong.push(format!("{}: {}", steps.path, way.severity));
            }
        }
        wrong.iter().map(|what| format!("{}: {what}", case.name)).collect()
    })
}

fn check_all(name: &str) {
    let cases: Cases = read(name);
    let mut wrong = Vec::new();
    for case in &cases.case {
        let (file, text) = match case.terraform.is_empty() {
            true => ("stack.yaml", &case.cloudformation),
            false => ("main.tf", &case.terraform),
        };
        wrong.extend(check(case, &model_of(file, text)));
        let mut mended = text.clone();
        for [from, to] in &case.mend {
            assert!(mended.contains(from), "{}: {from}", case.name);
            mended = mended.replace(from, to);
        }
        if !case.mend.is_empty() {
            let model = model_of(file, &mended);
            let open = with_access(&model, &case.accounts, |access| {
                let all = access.actors().into_iter().flat_map(|actor| {
                    let ways = access.escalations(actor.index).iter();
                    let open = ways.filter(|way| way.state == EscalationState::Open).map(|way| way.path.id.clone());
                    open.map(move |way| format!("{}: {way}", actor.name)).collect::<Vec<_>>()
                });
                all.collect::<Vec<_>>()
            });
            if !open.is_empty() {
                wrong.push(format!("{}: mended, and still {open:?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ways_lead_to_whom_they_lead() {
    check_all("cases.toml");
}

#[test]
fn what_runs_with_a_role_leads_to_it_by_its_tags() {
    check_all("carried.toml");
}

#[test]
fn what_one_does_to_oneself_leads_on() {
    check_all("itself.toml");
}

#[test]
fn the_boundary_of_what_is_changed_is_looked_at() {
    check_all("bounded.toml");
}

#[test]
fn what_is_not_known_is_undecided_for_those_whom_it_may_concern() {
    check_all("unknown.toml");
}

#[test]
fn what_trusts_ask_is_looked_at() {
    check_all("trusts.toml");
}

#[test]
fn roles_are_passed_where_something_is_made_that_takes_them() {
    check_all("passing.toml");
}

#[test]
fn who_writes_identity_providers_comes_to_roles() {
    check_all("providers.toml");
}

#[test]
fn estates_that_are_written_to_be_broken_into_are_explained() {
    check_all("labs.toml");
}

/// The open ways in an estate, by the address of the principal.
fn open_in(options: &Options) -> BTreeMap<String, BTreeSet<String>> {
    let model = model(options);
    let mut open: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for unit in &model.units {
        let identity = Identity::new(unit, Kinds::built_in(), &model.sources, &[]);
        let access = identity.access();
        for actor in access.actors() {
            for way in access.escalations(actor.index).iter().filter(|way| way.state == EscalationState::Open) {
                open.entry(actor.address.to_string()).or_default().insert(way.path.id.clone());
            }
        }
    }
    open
}

#[test]
fn public_estates_are_explained() {
    let shared = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/terraform/plans");
    if !shared.is_dir() {
        println!("skipped: {} is missing", shared.display());
        return;
    }
    let estates: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = read("estates.toml");
    let mut wrong = Vec::new();
    for (name, expected) in &estates {
        for part in ["config", "plan.json"] {
            let options = Options { paths: vec![shared.join(name).join(part)], threads: Some(1), ..Options::default() };
            let found = open_in(&options);
            if found != *expected {
                wrong.push(format!("{name}/{part}: {found:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
