//! What iacscan makes of configurations against the plans that Terraform itself made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

/// How one attribute compares with the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// Both know the same, or neither knows.
    Same,
    /// The plan knows it, iacscan does not.
    Open,
    /// Both know it, and not the same.
    Other,
    /// The plan does not know what iacscan claims.
    Claimed,
    /// Shown as `(sensitive)`: nothing to compare.
    Redacted,
}

/// Compares what the configuration sets; what the provider adds by itself is not the evaluator's business.
pub(crate) fn compare(ours: &Json, open: &Json, theirs: &Json, after_apply: &Json) -> Verdict {
    if *open == Json::Bool(true) {
        let is_known = !holds_true(after_apply);
        return if is_known { Verdict::Open } else { Verdict::Same };
    }
    if ours.is_null() {
        // Null is absent: whatever takes its place is the provider's.
        return Verdict::Same;
    }
    if ours == "(sensitive)" {
        return Verdict::Redacted;
    }
    if *after_apply == Json::Bool(true) {
        return if is_empty(ours) { Verdict::Same } else { Verdict::Claimed };
    }
    match (ours, theirs) {
        (Json::Object(ours), Json::Object(theirs)) => {
            let mut worst = Verdict::Same;
            let mut names: BTreeSet<&String> = ours.keys().collect();
            names.extend(open.as_object().into_iter().flat_map(|open| open.keys()));
            for name in &names {
                let ours = ours.get(*name).unwrap_or(&Json::Null);
                let theirs = theirs.get(*name).unwrap_or(&Json::Null);
                worst = worst.max(compare(ours, &open[*name], theirs, &after_apply[*name]));
            }
            let added = theirs.iter().any(|(name, value)| !names.contains(name) && !is_empty(value));
            if added { worst.max(Verdict::Other) } else { worst }
        }
        (Json::Array(ours), Json::Array(theirs)) => elements(ours, open, theirs, after_apply),
        (Json::String(ours), Json::String(theirs)) => {
            let same = ours == theirs || document(ours).is_some_and(|ours| document(theirs) == Some(ours));
            if same { Verdict::Same } else { Verdict::Other }
        }
        // The provider's schema turns one primitive type into another.
        (Json::Number(_) | Json::Bool(_) | Json::String(_), Json::Number(_) | Json::Bool(_) | Json::String(_)) => {
            let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if text(ours) == text(theirs) { Verdict::Same } else { Verdict::Other }
        }
        _ if is_empty(ours) && is_empty(theirs) => Verdict::Same,
        _ => Verdict::Other,
    }
}

/// Lists in their order, else as sets: a plan sorts those by hashes.
fn elements(ours: &[Json], open: &Json, theirs: &[Json], after_apply: &Json) -> Verdict {
    if ours.len() != theirs.len() {
        return Verdict::Other;
    }
    let one = |a: usize, b: usize| compare(&ours[a], &open[a], &theirs[b], &after_apply[b]);
    let in_order = (0..ours.len()).map(|at| one(at, at)).max().unwrap_or(Verdict::Same);
    if in_order == Verdict::Same {
        return in_order;
    }
    let mut left: Vec<usize> = (0..theirs.len()).collect();
    for a in 0..ours.len() {
        let Some(at) = left.iter().position(|b| one(a, *b) == Verdict::Same) else { return in_order };
        left.remove(at);
    }
    Verdict::Same
}

/// A JSON text without what does not matter to IAM: the order of a list, a list of one against its element.
fn document(text: &str) -> Option<Json> {
    fn plain(value: Json) -> Json {
        match value {
            Json::Array(items) => {
                let mut items: Vec<Json> = items.into_iter().map(plain).collect();
                items.sort_by_key(Json::to_string);
                if items.len() == 1 { items.remove(0) } else { Json::Array(items) }
            }
            Json::Object(entries) => {
                let sorted: BTreeMap<String, Json> =
                    entries.into_iter().map(|(key, value)| (key, plain(value))).collect();
                Json::Object(sorted.into_iter().collect())
            }
            other => other,
        }
    }
    let parsed: Json = serde_json::from_str(text).ok()?;
    (parsed.is_object() || parsed.is_array()).then(|| plain(parsed))
}

fn holds_true(tree: &Json) -> bool {
    match tree {
        Json::Bool(is) => *is,
        Json::Array(items) => items.iter().any(holds_true),
        Json::Object(entries) => entries.values().any(holds_true),
        _ => false,
    }
}

/// What stands for "not set" in a plan.
fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.iter().all(is_empty),
        Json::Object(entries) => entries.values().all(is_empty),
        _ => false,
    }
}

/// The resources of a plan's `planned_values`, by address.
pub(crate) fn planned(module: &Json, into: &mut BTreeMap<String, Json>) {
    for resource in module["resources"].as_array().into_iter().flatten() {
        into.insert(resource["address"].as_str().unwrap().to_owned(), resource["values"].clone());
    }
    for child in module["child_modules"].as_array().into_iter().flatten() {
        planned(child, into);
    }
}

/// What the plan does not know, by address.
pub(crate) fn after_apply(plan: &Json) -> BTreeMap<String, Json> {
    let changes = plan["resource_changes"].as_array().into_iter().flatten();
    changes.map(|one| (one["address"].as_str().unwrap().to_owned(), one["change"]["after_unknown"].clone())).collect()
}

/// What `iacscan show --format json` says of a folder, in a surrounding without settings.
pub(crate) fn shown(folder: &Path, arguments: &[&str]) -> (Json, String) {
    let mut command = assert_cmd::Command::cargo_bin("iacscan").unwrap();
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TF_") {
            command.env_remove(&name);
        }
    }
    let output = command.args(["show", "--format", "json"]).args(arguments).arg(folder).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    let shown = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}: {error}", folder.display()));
    (shown, error)
}

/// The resources of the shown root modules, by address.
pub(crate) fn resources(shown: &Json) -> BTreeMap<String, Json> {
    let units = shown["units"].as_array().unwrap().iter().filter(|unit| unit["kind"] == "terraform");
    let all = units.flat_map(|unit| unit["resources"].as_array().unwrap());
    all.map(|one| (one["address"].as_str().unwrap().to_owned(), one.clone())).collect()
}

fn reference() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/terraform/plans")
}

/// Differences that are explained: plan, address and attribute (or `*` for all resources of that plan), what it is, why.
fn explained() -> BTreeMap<(String, String, String), (String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/terraform/plan-differences.tsv");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let rows = rows.map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [plan, address, attribute, verdict, reason] = fields[..] else { panic!("five columns: {line}") };
        assert!(!reason.trim().is_empty(), "no reason: {line}");
        let key = (plan.to_owned(), address.to_owned(), attribute.to_owned());
        (key, (verdict.to_owned(), reason.to_owned()))
    });
    rows.collect()
}

#[test]
fn real_plans_hold_what_iacscan_says() {
    let folder = reference();
    let Ok(index) = std::fs::read_to_string(folder.join("index.tsv")) else {
        println!("skipped: {} is not there", folder.display());
        return;
    };
    let explained = explained();
    let mut differences = BTreeMap::new();
    let (mut outputs, mut same_outputs) = (0, 0);
    let (mut plans, mut addresses, mut found, mut values, mut same, mut asked, mut redacted) = (0, 0, 0, 0, 0, 0, 0);
    for row in index.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = row.split('\t').collect();
        let [name, planned_folder, plan] = fields[..] else { panic!("three columns: {row}") };
        plans += 1;
        let top = planned_folder.split_once("/config").unwrap().0;
        let root = folder.join(top).join("config");
        let (shown, _) = shown(&folder.join(planned_folder), &["--root", root.to_str().unwrap()]);
        let ours = resources(&shown);
        let plan: Json = serde_json::from_str(&std::fs::read_to_string(folder.join(plan)).unwrap()).unwrap();
        let mut theirs = BTreeMap::new();
        planned(&plan["planned_values"]["root_module"], &mut theirs);
        let after_apply = after_apply(&plan);
        let mut read = BTreeMap::new();
        planned(&plan["prior_state"]["values"]["root_module"], &mut read);
        let looked_up = |address: &str, attribute: &str| {
            let row = explained.get(&(name.to_owned(), address.to_owned(), attribute.to_owned()));
            row.is_some_and(|(what, data)| what == "looked-up" && read.contains_key(data) && data.contains("data."))
        };
        let mut tell = |address: &str, attribute: &str, verdict: &str, shown: String| {
            differences
                .insert((name.to_owned(), address.to_owned(), attribute.to_owned()), (verdict.to_owned(), shown));
        };
        for (address, expected) in &theirs {
            addresses += 1;
            let Some(resource) = ours.get(address) else {
                tell(address, "-", "missing", String::new());
                continue;
            };
            found += 1;
            let (known, open) = (&resource["values"], &resource["after_unknown"]);
            let unknown = after_apply.get(address).unwrap_or(&Json::Null);
            let mut names: BTreeSet<&String> = known.as_object().unwrap().keys().collect();
            names.extend(open.as_object().into_iter().flat_map(|open| open.keys()));
            for name in names {
                let (mine, planned) = (&known[name], &expected[name]);
                let verdict = compare(mine, &open[name], planned, &unknown[name]);
                let text = || format!("{mine} against {planned}");
                match verdict {
                    Verdict::Claimed => tell(address, name, "claimed", text()),
                    // Nested blocks of an older provider, arguments that are not the provider's.
                    _ if expected.get(name).is_none() => {}
                    Verdict::Redacted => redacted += 1,
                    _ if unknown[name] == Json::Bool(true) || mine.is_null() && open.get(name).is_none() => {}
                    Verdict::Same => (values, same) = (values + 1, same + 1),
                    Verdict::Open if looked_up(address, name) => {
                        asked += 1;
                        tell(address, name, "looked-up", text());
                    }
                    Verdict::Open => {
                        values += 1;
                        tell(address, name, "open", text());
                    }
                    Verdict::Other => {
                        values += 1;
                        tell(address, name, "other", text());
                    }
                }
            }
        }
        for (output, expected) in plan["planned_values"]["outputs"].as_object().into_iter().flatten() {
            let address = format!("output.{output}");
            let Some(resource) = ours.get(&address) else {
                tell(&address, "-", "missing", String::new());
                continue;
            };
            let (mine, open) = (&resource["values"]["value"], &resource["after_unknown"]["value"]);
            let change = &plan["output_changes"][output];
            if change["after_unknown"] == true && open == true {
                continue;
            }
            let verdict = compare(mine, open, &expected["value"], &change["after_unknown"]);
            let text = || format!("{mine} {open} against {}", expected["value"]);
            outputs += 1;
            match verdict {
                Verdict::Same => same_outputs += 1,
                Verdict::Redacted if expected["sensitive"] == true => same_outputs += 1,
                Verdict::Open if looked_up(&address, "value") => {
                    outputs -= 1;
                    asked += 1;
                    tell(&address, "value", "looked-up", text());
                }
                Verdict::Open => tell(&address, "value", "open", text()),
                Verdict::Claimed => tell(&address, "value", "claimed", text()),
                Verdict::Other | Verdict::Redacted => tell(&address, "value", "other", text()),
            }
        }
        for (address, resource) in &ours {
            if resource["mode"] == "managed" && !theirs.contains_key(address) && resource.get("possible").is_none() {
                tell(address, "-", "added", String::new());
            }
        }
    }
    let unexplained: Vec<String> = differences
        .iter()
        .filter(|(key, (verdict, _))| explained.get(key).is_none_or(|(other, _)| other != verdict))
        .map(|((plan, address, attribute), (verdict, shown))| {
            format!("{plan}\t{address}\t{attribute}\t{verdict}\t{}", shown.chars().take(400).collect::<String>())
        })
        .collect();
    let gone: Vec<String> = explained
        .keys()
        .filter(|key| !differences.contains_key(*key))
        .map(|(plan, address, attribute)| format!("{plan}\t{address}\t{attribute}"))
        .collect();
    println!(
        "{plans} plans: {found} of {addresses} addresses, {same} of {values} values, {same_outputs} of {outputs} outputs, {asked} asked of the account, \
         {redacted} redacted, {} differences explained",
        explained.len()
    );
    assert!(unexplained.is_empty(), "not explained:\n{}", unexplained.join("\n"));
    assert!(gone.is_empty(), "explained, and yet the same:\n{}", gone.join("\n"));
    assert!(plans >= 18 && addresses >= 169, "the reference has shrunk");
    assert!(found * 100 >= addresses * 99, "{found} of {addresses} addresses");
    assert!(same_outputs * 100 >= outputs * 97, "{same_outputs} of {outputs} outputs");
    assert!(same * 100 >= values * 97, "{same} of {values} values");
}
