//! Templates with `Fn::ForEach` and what else `AWS::LanguageExtensions` adds, beside the same templates written out.

use std::collections::BTreeMap;

use iacscan::diagnostic::Diagnostic;
use serde_json::Value as Json;

use crate::reference::{cases, evaluate, json_of, judge};

const FILE: &str = "language_extensions.jsonl";

#[test]
fn templates_expand_as_the_reference_does() {
    let Some(cases) = cases(FILE) else { return };
    let results: Vec<_> = cases.iter().map(|(name, case)| (name.clone(), check(case))).collect();
    assert!(results.len() >= 10, "{}", results.len());
    judge(FILE, &results);
}

/// Resources and outputs by address: their types and attributes.
fn expanded(template: &Json) -> (BTreeMap<String, Json>, Vec<Diagnostic>) {
    // The reference takes the first account of a mapping for the own one.
    let (unit, diagnostics) = evaluate(template, &[("AWS::AccountId", "111111111111"), ("AWS::Region", "us-east-1")]);
    let resources = unit.resources.iter().map(|resource| {
        let possible = resource.possible.as_ref().map(|unknown| unknown.reason());
        let shown = serde_json::json!([&*resource.provider_type, json_of(&resource.attributes), possible]);
        (resource.address.to_string(), shown)
    });
    (resources.collect(), diagnostics)
}

fn check(case: &Json) -> Result<(), String> {
    let (found, diagnostics) = expanded(&case["template"]);
    if case["error"] == Json::Bool(true) {
        let is_told = diagnostics.iter().any(|diagnostic| diagnostic.code == "cfn-foreach");
        return if is_told { Ok(()) } else { Err(format!("is no error: {found:?}")) };
    }
    let (wanted, _) = expanded(&case["want"]);
    if found == wanted { Ok(()) } else { Err(format!("{found:#?} instead of {wanted:#?}")) }
}
