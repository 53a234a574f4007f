//! Expressions and the one value that they have.

use serde_json::Value as Json;

use crate::reference::{cases, json_of, judge, value_of};

const FILE: &str = "intrinsics.jsonl";

#[test]
fn expressions_have_the_value_that_the_reference_gives() {
    let Some(cases) = cases(FILE) else { return };
    // What a value of the account decides is not known offline.
    let is_decidable = |case: &Json| case.get("needs_mock").is_none_or(Json::is_null);
    let results: Vec<_> =
        cases.iter().filter(|(_, case)| is_decidable(case)).map(|(name, case)| (name.clone(), check(case))).collect();
    assert!(results.len() >= 80, "{}", results.len());
    judge(FILE, &results);
}

fn check(case: &Json) -> Result<(), String> {
    let account = |key: &str| case["account"][key].as_str().unwrap();
    let mut parameters = vec![
        ("AWS::Partition", account("partition")),
        ("AWS::Region", account("region")),
        ("AWS::AccountId", account("account_id")),
        ("AWS::StackName", "StackName"),
    ];
    for (name, value) in case["parameters"].as_object().into_iter().flatten() {
        parameters.push((name, value.as_str().ok_or("a parameter's value is no text")?));
    }
    let (value, diagnostics) = value_of(&case["template"], &case["expr"], &parameters);
    if case["error"] == Json::Bool(true) {
        return if diagnostics.is_empty() { Err(format!("is no error: {value:?}")) } else { Ok(()) };
    }
    let found = value.as_ref().map(json_of);
    if found.as_ref() == Some(&case["want"]) { Ok(()) } else { Err(format!("{found:?} instead of {}", case["want"])) }
}
