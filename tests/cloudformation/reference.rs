//! The reference values beside the repository, and the list of what differs from them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use iacscan::cloudformation::{self, Settings};
use iacscan::diagnostic::Diagnostic;
use iacscan::model::Unit;
use iacscan::source::Sources;
use iacscan::syntax::json;
use iacscan::value::{Data, Piece, Value};
use serde_json::Value as Json;

/// The cases of a file, by name: of equal names the second one is `name#2`. None where the reference values are missing.
pub(crate) fn cases(file: &str) -> Option<Vec<(String, Json)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cloudformation");
    let Ok(text) = fs::read_to_string(folder.join(file)) else {
        eprintln!("skipped: there is no `{}`", folder.join(file).display());
        return None;
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let cases = text.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let case: Json = serde_json::from_str(line).unwrap();
        let name = case["name"].as_str().unwrap().to_owned();
        let count = seen.entry(name.clone()).or_insert(0);
        *count += 1;
        let name = if *count > 1 { format!("{name}#{count}") } else { name };
        (name, case)
    });
    Some(cases.collect())
}

/// The listed differences of a file: the reason by the name of the case.
fn differences(file: &str) -> BTreeMap<String, String> {
    let text = include_str!("../../testdata/cloudformation/differences.toml");
    let listed: toml::Table = text.parse().unwrap();
    let listed = listed.get(file.trim_end_matches(".jsonl")).and_then(toml::Value::as_array);
    let entry = |entry: &toml::Value| {
        let text = |key: &str| entry[key].as_str().unwrap().to_owned();
        assert!(text("reason").len() > 20, "{entry}");
        (text("name"), text("reason"))
    };
    listed.into_iter().flatten().map(entry).collect()
}

/// Fails on every case that differs and is not listed, and on every one that is listed and agrees or does not exist.
pub(crate) fn judge(file: &str, results: &[(String, Result<(), String>)]) {
    let listed = differences(file);
    let mut wrong = Vec::new();
    let mut agree = 0;
    for (name, result) in results {
        match (result, listed.get(name)) {
            (Ok(()), None) => agree += 1,
            (Err(_), Some(_)) => {}
            (Ok(()), Some(_)) => wrong.push(format!("{name}: agrees, and is listed as a difference")),
            (Err(why), None) => wrong.push(format!("{name}: {why}")),
        }
    }
    let names: BTreeSet<&str> = results.iter().map(|(name, _)| name.as_str()).collect();
    wrong.extend(
        listed.keys().filter(|name| !names.contains(name.as_str())).map(|name| format!("{name}: no such case")),
    );
    eprintln!("{file}: {agree} of {} agree, {} differ for a listed reason", results.len(), listed.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a template evaluates to.
pub(crate) fn evaluate(template: &Json, parameters: &[(&str, &str)]) -> (Unit, Vec<Diagnostic>) {
    let sources = Sources::default();
    let text = serde_json::to_string_pretty(template).unwrap();
    let file = sources.add("template.json", text.clone());
    let root = json::parse(file, &text).unwrap();
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    cloudformation::evaluate(file, &root, &Settings { parameters, ..Settings::default() }, &sources)
}

/// A template with an expression as a property of a resource: its value, and what the evaluation said.
pub(crate) fn value_of(
    template: &Json,
    expression: &Json,
    parameters: &[(&str, &str)],
) -> (Option<Value>, Vec<Diagnostic>) {
    let mut template = template.clone();
    let name = expression.as_object().filter(|map| map.len() == 1).and_then(|map| map.keys().next());
    let is_condition =
        name.is_some_and(|name| ["Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Condition"].contains(&&**name));
    let expression = if is_condition {
        template["Conditions"]["ProbeCondition"] = expression.clone();
        serde_json::json!({ "Fn::If": ["ProbeCondition", true, false] })
    } else {
        expression.clone()
    };
    template["Resources"]["Probe"] =
        serde_json::json!({ "Type": "Custom::Probe", "Properties": { "Value": expression } });
    let (unit, diagnostics) = evaluate(&template, parameters);
    let probe = unit.resources.iter().find(|resource| &*resource.address == "Probe").unwrap();
    (probe.attributes.get("Value").cloned(), diagnostics)
}

/// A value as JSON, with what is unknown in words.
pub(crate) fn json_of(value: &Value) -> Json {
    match &value.data {
        Data::Unknown(unknown) => match &unknown.refers {
            Some(refers) => format!("<{}.{}>", refers.address, refers.attribute).into(),
            None => format!("<{}>", unknown.subject).into(),
        },
        Data::List(list) => {
            let rest = list.rest.iter().map(|unknown| Json::from(format!("<{} …>", unknown.subject)));
            list.items.iter().map(json_of).chain(rest).collect()
        }
        Data::Map(map) => {
            let entries = map.entries().iter().map(|entry| (entry.key.to_string(), json_of(&entry.value)));
            let rest = map.rest.iter().map(|unknown| (format!("<{} …>", unknown.subject), Json::Null));
            Json::Object(entries.chain(rest).collect())
        }
        Data::Bool(value) => (*value).into(),
        Data::Number(number) => serde_json::from_str(&number.to_string()).unwrap(),
        Data::Null => Json::Null,
        Data::String(text) => (**text).into(),
        Data::Text(text) => match text.known() {
            Some(known) => known.into(),
            None => {
                let piece = |piece: &Piece| match piece {
                    Piece::Known(text, _) => text.to_string(),
                    Piece::Hole(unknown, _) => format!("<{}>", unknown.subject),
                };
                value.to_pieces().unwrap().iter().map(piece).collect::<String>().into()
            }
        },
    }
}
