//! What variables of every type make of the values that they are given.

use std::path::Path;

use serde_json::Value as Json;

use crate::reference::{Compared, Given, copy, evaluate, json, judge, resources, scratch};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/terraform/variables")
}

#[test]
fn variables_become_what_terraform_makes_of_them() {
    let scratch = scratch();
    let root = scratch.path().join("root");
    copy(&folder(), &root);
    let model = evaluate(&root);
    let said: Vec<&str> = model.diagnostics.iter().map(|diagnostic| &*diagnostic.message).collect();
    assert!(said.is_empty(), "{said:?}");
    let by_address = resources(&model);
    let wanted: Json = serde_json::from_str(&std::fs::read_to_string(root.join("outputs.json")).unwrap()).unwrap();
    let mut compared = Vec::new();
    for (output, fields) in wanted.as_object().unwrap() {
        let given = by_address[&*format!("output.{output}")].attributes.get("value").unwrap();
        for (name, wanted) in fields.as_object().unwrap() {
            let given = match json(given.get(name).unwrap()) {
                Ok(value) => Given::Value(value),
                Err(reason) => Given::Unknown(reason),
            };
            compared.push(Compared { name: format!("{output}.{name}"), wanted: Given::Value(wanted.clone()), given });
        }
    }
    assert_eq!(compared.len(), 52);
    judge("variables", &compared, 100);
}

/// A value that Terraform refuses for a variable: said once, at the value, and nothing is made up in its place.
#[test]
fn a_value_of_another_type_is_refused_where_it_stands() {
    for (name, value) in [
        ("required", "\"x\""),
        ("required", "true"),
        ("text", "[1]"),
        ("texts", "\"a\""),
        ("texts", "{ a = 1 }"),
        ("texts", "[[1]]"),
        ("distinct", "[\"x\"]"),
        ("ports", "[1]"),
        ("ports", "{ a = {} }"),
        ("ports", "{ a = { from = \"x\" } }"),
        ("pair", "[1]"),
        ("pair", "[1, [], 2]"),
        ("any_set", "[1, [2]]"),
    ] {
        let scratch = scratch();
        let root = scratch.path().join("root");
        copy(&folder(), &root);
        let required = if name == "required" { "" } else { "  required = 1\n" };
        let call = format!(
            "module \"one\" {{\n  source = \"./child\"\n{required}  {name} = {value}\n}}\n\
             output \"one\" {{\n  value = module.one.all.{name}\n}}\n"
        );
        std::fs::write(root.join("main.tf"), &call).unwrap();
        let model = evaluate(&root);
        assert!(
            resources(&model)["output.one"].attributes.get("value").unwrap().as_unknown().is_some(),
            "{name} {value}"
        );
        let [diagnostic] = model.diagnostics.as_slice() else { panic!("{name} {value}: {:?}", model.diagnostics) };
        let origin = diagnostic.labels[0].origin;
        let file = model.sources.get(origin.file);
        assert!(file.path().ends_with("/main.tf"), "{name} {value}");
        assert!(value.contains(file.slice(origin.span)), "{name} {value}: {}", file.slice(origin.span));
    }
}
