//! How far resources are open in whole configurations: `testdata/iam/carriers.toml`.

use std::collections::{BTreeMap, BTreeSet};

use iacscan::iam::{Identity, Subject, catalogue};
use iacscan::model::{Kinds, Unit};
use iacscan::scan::Model;
use iacscan::value::{Data, Value};
use serde::Deserialize;

use crate::access::model_of;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    terraform: Option<String>,
    cloudformation: Option<String>,
    #[serde(default)]
    parties: BTreeMap<String, String>,
    #[serde(default)]
    statements: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    because: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    says: BTreeMap<String, toml::Table>,
}

/// A value as the tables write it; `?` is something that is not known, with what it may be.
fn told(value: &Value) -> String {
    match &value.data {
        Data::Null => "null".to_owned(),
        Data::Unknown(unknown) => {
            let mut all: Vec<&str> = unknown.candidates.iter().filter_map(Value::as_str).collect();
            match (all.pop(), all.first()) {
                (Some(last), Some(first)) => format!("{first}..{last}"),
                _ => "?".to_owned(),
            }
        }
        Data::List(list) => {
            let mut all: Vec<String> = list.items.iter().map(told).collect();
            all.extend(list.rest.as_ref().map(|_| "?".to_owned()));
            all.join(" ")
        }
        _ => value.scalar_text().unwrap().into_owned(),
    }
}

fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(value, |value, name| value.get(name).unwrap_or_else(|| panic!("no `{name}`: {value:?}")))
}

fn subjects<T>(model: &Model, kind: &str, of: impl Fn(&Unit, Subject) -> T) -> Vec<T> {
    let own = ["111111111111".to_owned()];
    let organizations = ["o-ownownown01".to_owned()];
    let ask = |unit: &Unit| -> Vec<T> {
        let identity = Identity::new(unit, Kinds::built_in(), &model.sources, &own).of_organizations(&organizations);
        identity.subjects(kind).into_iter().map(|subject| of(unit, subject)).collect()
    };
    model.units.iter().flat_map(ask).collect()
}

fn judge(name: &str, model: &Model, case: &Case, wrong: &mut Vec<String>) {
    let address = |unit: &Unit, subject: &Subject| unit.resources[subject.resource].address.to_string();
    let policies = subjects(model, "resource-policy", |unit, subject| (address(unit, &subject), subject.value));
    let of = |wanted: &str| policies.iter().find(|(address, _)| address == wanted).map(|(_, value)| value);
    for (policy, expected) in &case.parties {
        let found = of(policy).map_or_else(|| "nothing".to_owned(), |value| told(at(value, "widest-party")));
        if found != *expected {
            wrong.push(format!("{name}: {policy} is {found} and not {expected}"));
        }
    }
    for (policy, expected) in &case.because {
        let steps = of(policy)
            .map(|value| at(&at(value, "exposure").elements()[0], "because").elements().to_vec())
            .unwrap_or_default();
        let text = |step: &Value| {
            let source = model.sources.get(step.origin.file);
            let place = source.text()[step.origin.span.range()].lines().next().unwrap_or_default().trim().to_owned();
            format!("{}: {place}", step.as_str().unwrap())
        };
        let found: Vec<String> = steps.iter().map(text).collect();
        if found != *expected {
            wrong.push(format!("{name}: {policy} because {found:#?} and not {expected:#?}"));
        }
    }
    for (policy, expected) in &case.says {
        for (path, expected) in expected {
            let found = of(policy).map_or_else(|| "nothing".to_owned(), |value| told(at(value, path)));
            if Some(found.as_str()) != expected.as_str() {
                wrong.push(format!("{name}: {path} of {policy} is {found} and not {expected}"));
            }
        }
    }
    let statements =
        subjects(model, "resource-policy-statement", |unit, subject| (address(unit, &subject), subject.value));
    for (policy, expected) in &case.statements {
        let mine = statements.iter().filter(|(address, _)| address == policy);
        let one = |value: &Value| format!("{}: {}", told(at(value, "widest-party")), told(at(value, "gives")));
        let found: Vec<String> = mine.map(|(_, value)| one(value)).collect();
        if found != *expected {
            wrong.push(format!("{name}: the statements of {policy} are {found:?} and not {expected:?}"));
        }
    }
}

#[test]
fn resources_are_as_open_as_their_configuration() {
    let path = format!("{}/testdata/iam/carriers.toml", env!("CARGO_MANIFEST_DIR"));
    let book: Book = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for case in &book.case {
        assert!(case.terraform.is_some() || case.cloudformation.is_some(), "{}", case.name);
        for (file, text) in [("main.tf", &case.terraform), ("template.yaml", &case.cloudformation)] {
            if let Some(text) = text {
                judge(&format!("{} ({file})", case.name), &model_of(file, text), case, &mut wrong);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Roles of the table of carriers that no kind declares, with the reason.
const LEFT_OUT: [(&str, &str); 15] = [
    ("resource-policy:ram-template", "names neither principals nor resources"),
    ("grant:ram", "shares with accounts and organizations by the rules of each resource type"),
    ("grant:s3-acl", "access control lists are judged by rules of their own"),
    ("grant:s3-access-grant", "grants to identities of a directory"),
    ("grant:lakeformation", "permissions on data with principals of the account's catalogue"),
    ("grant:lakeformation-admin", "permissions on data with principals of the account's catalogue"),
    ("grant:eks", "lets principals into the API of Kubernetes"),
    ("grant:redshift", "names an account and a cluster, without actions of IAM"),
    ("grant:route53", "names a network"),
    ("grant:config", "lets an account collect configuration items"),
    ("grant:servicecatalog", "shares a portfolio"),
    ("grant:eni", "names an account for a network interface"),
    ("grant:opensearch", "lets an account make an endpoint"),
    ("grant:lightsail", "names a resource of the account"),
    ("grant:grafana", "names users of a workspace"),
];

#[test]
fn every_carrier_of_a_resource_policy_is_a_kind() {
    let is_declared = |provider_type: &str, kinds: &[&str], path: &str| {
        let rows = Kinds::built_in().rows(provider_type);
        let last = path.rsplit(['.', '/']).find(|part| *part != "*").unwrap().trim_end_matches("[]").to_owned();
        rows.iter().any(|row| kinds.contains(&&*row.kind) && row.reads(&last))
    };
    let mut missing = BTreeSet::new();
    let mut unused: BTreeSet<&str> = LEFT_OUT.iter().map(|(role, _)| *role).collect();
    let mut count = 0;
    for row in catalogue::carriers() {
        let kind = match row.role.split(':').next().unwrap() {
            "resource-policy" => "resource-policy",
            "grant" => "resource-grant",
            "public-access-block" => "public-access-block",
            _ => continue,
        };
        // What SAM makes of a template is judged: permissions, URLs, the policy of an API.
        if row.format == "sam" {
            continue;
        }
        count += 1;
        if LEFT_OUT.iter().any(|(role, _)| *role == row.role) {
            assert!(!is_declared(row.provider_type, &[kind], row.path), "{} is declared", row.role);
            unused.remove(row.role);
        } else if !is_declared(row.provider_type, &[kind, "resource-grant"], row.path) {
            missing.insert((row.provider_type, row.path, row.role));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(unused.is_empty(), "{unused:?}");
    assert!(count > 180, "{count}");
}
