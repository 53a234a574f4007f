//! Expressions and all values that they can have.

use std::collections::BTreeSet;

use iacscan::cloudformation::possible_values;
use serde_json::{Value as Json, json};

use crate::reference::{cases, json_of, judge, value_of};

const FILE: &str = "intrinsics_possible_values.jsonl";

#[test]
fn expressions_have_the_values_that_the_reference_gives() {
    let Some(cases) = cases(FILE) else { return };
    let results: Vec<_> = cases.iter().map(|(name, case)| (name.clone(), check(case))).collect();
    assert!(results.len() >= 40, "{}", results.len());
    judge(FILE, &results);
}

fn check(case: &Json) -> Result<(), String> {
    let mut template = json!({ "Resources": {} });
    for (section, key) in [("Parameters", "parameters"), ("Resources", "resources"), ("Mappings", "mappings")] {
        if let Some(found) = case["context"].get(key) {
            template[section] = found.clone();
        }
    }
    let (value, diagnostics) = value_of(&template, &case["expr"], &[]);
    if case["error"] == Json::Bool(true) {
        return if diagnostics.is_empty() { Err(format!("is no error: {value:?}")) } else { Ok(()) };
    }
    let found: BTreeSet<String> =
        value.iter().flat_map(possible_values).map(|value| json_of(&value).to_string()).collect();
    let wanted: BTreeSet<String> = case["want_values"].as_array().unwrap().iter().map(Json::to_string).collect();
    if found == wanted { Ok(()) } else { Err(format!("{found:?} instead of {wanted:?}")) }
}
