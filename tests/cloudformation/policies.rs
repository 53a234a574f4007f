//! Which policies belong to whom, against what another reader of templates says of the same ones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use iacscan::iam::Identity;
use iacscan::model::{Kinds, Unit};
use iacscan::scan::{Model, Options, Text, model};
use iacscan::value::Value;
use serde_json::{Value as Json, json};

use crate::describe::describe;

const FOLDER: &str = "../shared/cloudformation";

/// Where we and the reference differ, each with its reason: `[[difference]]` with `name` and `reason`.
const DIFFERENCES: &str = "testdata/cloudformation/policy-differences.toml";

struct Case {
    name: String,
    model: Model,
    want: Json,
}

fn cases(file: &str) -> Option<Vec<Case>> {
    let path = Path::new(FOLDER).join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: there is no {}", path.display());
        return None;
    };
    let case = |line: &str| {
        let case: Json = serde_json::from_str(line).unwrap();
        let mut options = Options { threads: Some(1), ..Options::default() };
        let mut set = |name: &str, value: &Json| {
            options.cloudformation.parameters.insert(name.to_owned(), value.as_str().unwrap().to_owned());
        };
        for (name, value) in case["parameters"].as_object().into_iter().flatten() {
            set(name, value);
        }
        set("AWS::Partition", &case["account"]["partition"]);
        set("AWS::Region", &case["account"]["region"]);
        set("AWS::AccountId", &case["account"]["account_id"]);
        options.texts = vec![Text { name: "t.json".to_owned(), bytes: case["template"].to_string().into_bytes() }];
        Case { name: case["name"].as_str().unwrap().to_owned(), model: model(&options), want: case["want"].clone() }
    };
    Some(text.lines().map(case).collect())
}

/// The names of the cases in which both sides differ, with what they say.
type Found = BTreeMap<String, String>;

/// Compares and holds the differences against the list, both ways.
fn judge(file: &str, compare: impl Fn(&Case) -> (bool, String, String)) {
    let Some(cases) = cases(file) else { return };
    let mut found = Found::new();
    for case in &cases {
        let (is_equal, own, wanted) = compare(case);
        if !is_equal {
            found.insert(case.name.clone(), format!("{}\n  own:  {own}\n  want: {wanted}\n", case.name));
        }
    }
    let listed: toml::Table = std::fs::read_to_string(DIFFERENCES).unwrap().parse().unwrap();
    let listed: BTreeSet<String> = listed[file.trim_end_matches(".jsonl")]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            assert!(one["reason"].as_str().unwrap().len() > 20, "{one}");
            one["name"].as_str().unwrap().to_owned()
        })
        .collect();
    println!(
        "{file}: {} of {} cases agree, {} differ for a reason",
        cases.len() - found.len(),
        cases.len(),
        found.len()
    );
    let unlisted: Vec<&String> =
        found.iter().filter(|(name, _)| !listed.contains(*name)).map(|(_, text)| text).collect();
    assert!(unlisted.is_empty(), "{} unlisted:\n{}", unlisted.len(), unlisted.into_iter().cloned().collect::<String>());
    let agreeing: Vec<&String> = listed.iter().filter(|name| !found.contains_key(*name)).collect();
    assert!(agreeing.is_empty(), "listed in {DIFFERENCES}, and yet they agree: {agreeing:?}");
}

fn unit(case: &Case) -> &Unit {
    let [unit] = case.model.units.as_slice() else { panic!("{}: {:?}", case.name, case.model.units) };
    unit
}

fn name_of(value: Option<&Value>) -> String {
    let name = value.and_then(|value| value.get("name"));
    name.and_then(Value::as_str).unwrap_or("?").to_owned()
}

const GROUPS: [(&str, &str, &str); 4] = [
    ("role", "roles", "RoleName"),
    ("user", "users", "UserName"),
    ("group", "groups", "GroupName"),
    ("permission-set", "permission_sets", "Name"),
];

/// Principals with the names of their policies and, of roles, the trust; policies of nobody.
#[test]
fn identities_have_their_policies() {
    let own = |case: &Case| {
        let unit = unit(case);
        let identity = Identity::new(unit, Kinds::built_in(), &case.model.sources, &[]);
        let mut all = serde_json::Map::new();
        for (kind, group, _) in GROUPS {
            let mut found = BTreeMap::new();
            for subject in identity.subjects(kind) {
                let policies = subject.value.get("policies").unwrap();
                let mut names: Vec<String> = policies.elements().iter().map(|policy| name_of(Some(policy))).collect();
                names.sort();
                let trust = unit.resources[subject.resource].attributes.get("AssumeRolePolicyDocument");
                let trust = trust.filter(|_| kind == "role").map(describe);
                found.insert(name_of(Some(&subject.value)), json!({ "policies": names, "trust": trust }));
            }
            all.insert(group.to_owned(), json!(found));
        }
        let mut orphans = Vec::new();
        for subject in identity.subjects("policy") {
            let holders = subject.value.get("holders").unwrap().elements();
            let is_known = |holder: &Value| {
                let kind = holder.get("type").and_then(Value::as_str).unwrap();
                identity.subjects(kind).iter().any(|one| name_of(Some(&one.value)) == name_of(Some(holder)))
            };
            if !holders.iter().any(is_known) {
                orphans.push(name_of(Some(&subject.value)));
            }
        }
        orphans.sort();
        all.insert("orphaned_policies".to_owned(), json!(orphans));
        Json::Object(all)
    };
    let wanted = |case: &Case| {
        let mut all = serde_json::Map::new();
        let names = |policies: &Json| {
            let mut names: Vec<String> =
                policies.as_array().unwrap().iter().map(|one| one["Name"].as_str().unwrap().to_owned()).collect();
            names.sort();
            names
        };
        for (kind, group, key) in GROUPS {
            let mut found = BTreeMap::new();
            for one in case.want[group].as_array().unwrap() {
                let trust = (kind == "role").then(|| alike(&one["TrustPolicy"]));
                found.insert(
                    one[key].as_str().unwrap().to_owned(),
                    json!({ "policies": names(&one["Policies"]), "trust": trust }),
                );
            }
            all.insert(group.to_owned(), json!(found));
        }
        all.insert("orphaned_policies".to_owned(), json!(names(&case.want["orphaned_policies"])));
        Json::Object(all)
    };
    judge("identity_policies.jsonl", |case| {
        let (own, wanted) = (own(case), wanted(case));
        (own == wanted, own.to_string(), wanted.to_string())
    });
}

/// JSON written as `describe` writes it.
fn alike(json: &Json) -> Json {
    let text = json!({ "Resources": { "A": { "Type": "X::Y::Z", "Properties": json } } }).to_string();
    let model = crate::describe::model_of("t.json", &text);
    describe(&model.units[0].resources[0].attributes)
}

/// A statement in the parts that tell it from others; each part is a list.
type Statement = BTreeMap<&'static str, Vec<String>>;

fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::Null => Vec::new(),
        Json::Array(items) => items.iter().flat_map(texts).collect(),
        Json::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// Whether a text of ours says what the reference says: it makes up a value for what only the deployment tells.
fn says(own: &str, wanted: &str) -> bool {
    let mut parts = own.split('<');
    let mut pattern = regex::escape(parts.next().unwrap());
    for part in parts {
        let (_, rest) = part.split_once('>').unwrap();
        pattern.push_str("[^*]+");
        pattern.push_str(&regex::escape(rest));
    }
    regex::Regex::new(&format!("^{pattern}$")).unwrap().is_match(wanted)
}

/// Whether each element of one list is an element of the other.
fn both_ways<A, B>(one: &[A], other: &[B], equal: impl Fn(&A, &B) -> bool) -> bool {
    one.iter().all(|a| other.iter().any(|b| equal(a, b))) && other.iter().all(|b| one.iter().any(|a| equal(a, b)))
}

/// The statements of all resource policies, and what they speak of.
#[test]
fn resources_have_their_policies() {
    let part = |name: &str, value: Json| {
        let mut texts = texts(&value);
        if name == "effect" {
            texts.iter_mut().for_each(|text| text.make_ascii_lowercase());
        }
        texts
    };
    let own = |case: &Case| -> Vec<Statement> {
        let identity = Identity::new(unit(case), Kinds::built_in(), &case.model.sources, &[]);
        let subjects = identity.subjects("resource-policy-statement");
        let statement = |subject: &iacscan::iam::Subject| {
            let names = ["effect", "sid", "actions", "resources"].into_iter();
            names.map(|name| (name, part(name, subject.value.get(name).map(describe).unwrap_or(Json::Null)))).collect()
        };
        subjects.iter().map(statement).collect()
    };
    let wanted = |case: &Case| -> Vec<Statement> {
        let policies = case.want.as_array().unwrap().iter().map(|resource| &resource["Policy"]["Policy"]["Statement"]);
        let listed = policies.flat_map(|one| one.as_array().cloned().unwrap_or_else(|| vec![one.clone()]));
        let names = [("effect", "Effect"), ("sid", "Sid"), ("actions", "Action"), ("resources", "Resource")];
        listed.map(|one| names.map(|(own, name)| (own, part(own, one[name].clone()))).into_iter().collect()).collect()
    };
    let equal = |case: &Case| {
        both_ways(&own(case), &wanted(case), |own, wanted| {
            own.iter().all(|(name, texts)| both_ways(texts, &wanted[name], |own, wanted| says(own, wanted)))
        })
    };
    judge("resource_policies.jsonl", |case| {
        (equal(case), json!(own(case)).to_string(), json!(wanted(case)).to_string())
    });
}
