//! The suite of the HCL specification: expressions, templates, and whole files.

use std::collections::BTreeMap;
use std::path::Path;

use iacscan::source::Sources;
use iacscan::syntax::hcl;
use serde_json::Value as Json;

use crate::reference::{Compared, Given, evaluate, folder, json, judge, lines, outputs, resources, scratch};

/// The variables of a case as Terraform variables of their types, and the text that binds them to bare names.
fn bindings(nth: usize, case: &Json) -> (String, Vec<(String, String)>) {
    let mut declared = String::new();
    let mut bound = Vec::new();
    for (name, value) in case.get("vars").and_then(Json::as_object).into_iter().flatten() {
        let constraint = case["var_types"][name].as_str().unwrap().replace("null", "any");
        let variable = format!("case_{nth}_{name}");
        if name == "var" && case["vars"]["var"].get("greeting").is_some() {
            continue;
        }
        declared.push_str(&format!("variable \"{variable}\" {{\n  type = {constraint}\n  default = {value}\n}}\n"));
        bound.push((name.clone(), format!("var.{variable}")));
    }
    (declared, bound)
}

/// The functions of the suite that Terraform has under another name.
fn in_terraform(input: &str) -> String {
    input.replace("foo::upper(", "core::upper(").replace("foo :: upper(", "core :: upper(").replace("negate(", "-(")
}

/// The expression as the value of an output, with the variables of the case as names of `for` expressions around it.
fn output(nth: usize, case: &Json) -> String {
    let (declared, bound) = bindings(nth, case);
    let mut input = in_terraform(case["input"].as_str().unwrap());
    if input.starts_with('\n') {
        input = format!("({input}\n)");
    }
    for (name, value) in bound {
        input = format!("[for {name} in [{value}] : {input}\n][0]");
    }
    format!("{declared}output \"case_{nth}\" {{\n  value = {input}\n}}\n")
}

#[test]
fn expressions_give_what_the_specification_wants() {
    let Some(reference) = folder() else { return };
    let cases = lines(&reference.join("hclspec/expressions.jsonl"));
    let scratch = scratch();
    let root = scratch.path().join("root");
    std::fs::create_dir(&root).unwrap();
    std::fs::write(root.join("shared.tf"), "variable \"greeting\" {\n  default = \"hello\"\n}\n").unwrap();
    for (nth, case) in cases.iter().enumerate() {
        let text = if case["kind"] == "template" {
            std::fs::write(root.join(format!("case_{nth}.tmpl")), case["input"].as_str().unwrap()).unwrap();
            let (declared, bound) = bindings(nth, case);
            let bound: Vec<String> = bound.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            let call = format!("templatefile(\"case_{nth}.tmpl\", {{ {} }})", bound.join(", "));
            format!("{declared}output \"case_{nth}\" {{\n  value = {call}\n}}\n")
        } else {
            output(nth, case)
        };
        std::fs::write(root.join(format!("case_{nth}.tf")), text).unwrap();
    }
    let compare = |(case, given): (&Json, Given)| {
        let kind = case["kind"].as_str().unwrap();
        let variables = case.get("vars").map(|vars| format!(" with {vars}")).unwrap_or_default();
        let name = format!("{kind} {}{variables}", case["input"].as_str().unwrap());
        Compared { name, wanted: Given::wanted(case), given }
    };
    let compared: Vec<Compared> = cases.iter().zip(outputs(&root, &cases)).map(compare).collect();
    assert!(compared.len() >= 200);
    judge("hclspec-expressions", &compared, 98);
}

/// A file of the suite as resources: its blocks become resources named by their labels, its attributes those of one more.
fn as_resources(text: &str) -> (String, Vec<(String, Vec<String>)>) {
    let (body, _) = parsed(text);
    let mut out = String::new();
    let mut addresses = Vec::new();
    let mut at = 0;
    let mut attributes = String::from("resource \"top\" \"top\" {\n");
    for (nth, block) in body.blocks.iter().enumerate() {
        attributes.push_str(&text[at..block.span.start as usize]);
        at = block.span.end as usize;
        let inner = &text[block.header.end as usize..block.span.end as usize];
        out.push_str(&format!("resource \"{}\" \"b{nth}\" {inner}\n", block.kind));
        let labels = block.labels.iter().map(|label| label.text.to_string());
        addresses
            .push((format!("{}.b{nth}", block.kind), [block.kind.to_string()].into_iter().chain(labels).collect()));
    }
    attributes.push_str(&text[at..]);
    attributes.push_str("\n}\n");
    addresses.push(("top.top".to_owned(), Vec::new()));
    (format!("{out}{attributes}"), addresses)
}

fn parsed(text: &str) -> (hcl::Body, Vec<iacscan::diagnostic::Diagnostic>) {
    let sources = Sources::default();
    let file = sources.add("a.hcl", text.to_owned());
    hcl::parse(file, text)
}

/// The value of a whole file: attributes and blocks by their names and labels.
fn value_of(root: &Path, text: &str) -> Given {
    // Terraform has no bare names: the two of the suite are bound around the values that use them.
    let text = text.replace("${bar}", "${local.bar}").replace("${space_bar}", "${local.space_bar}");
    let (mut configuration, addresses) = as_resources(&text);
    configuration.push_str("locals {\n  bar = \"Bar\"\n  space_bar = \"  Bar\"\n}\n");
    std::fs::write(root.join("main.tf"), configuration).unwrap();
    let model = evaluate(root);
    if !model.diagnostics.is_empty() {
        return Given::Error;
    }
    let by_address = resources(&model);
    let mut whole = serde_json::Map::new();
    for (address, path) in addresses {
        let attributes = match by_address.get(&*address).map(|resource| json(&closed(&resource.attributes))) {
            Some(Ok(Json::Object(attributes))) => attributes,
            Some(Err(reason)) => return Given::Unknown(reason),
            _ => return Given::Error,
        };
        let mut inner = &mut whole;
        for part in path {
            let next = inner.entry(part).or_insert_with(|| Json::Object(serde_json::Map::new()));
            inner = next.as_object_mut().unwrap();
        }
        inner.extend(attributes);
    }
    Given::Value(Json::Object(whole))
}

/// The attributes that the configuration sets, without those that a provider would compute.
fn closed(attributes: &iacscan::value::Value) -> iacscan::value::Value {
    let entries = attributes.as_map().unwrap().entries().to_vec();
    iacscan::value::Value::map(entries, attributes.origin)
}

#[test]
fn files_give_what_the_specification_wants() {
    let Some(reference) = folder() else { return };
    let reference = reference.join("hclspec");
    let mut compared = Vec::new();
    for case in lines(&reference.join("index.jsonl")) {
        let name = case["name"].as_str().unwrap();
        for input in case["input"].as_array().unwrap() {
            let path = reference.join(input.as_str().unwrap());
            let text = std::fs::read_to_string(&path).unwrap();
            let sources = Sources::default();
            let file = sources.add("a", text.clone());
            let is_json = path.extension().is_some_and(|end| end == "json");
            let (_, diagnostics) = if is_json { hcl::parse_json(file, &text) } else { hcl::parse(file, &text) };
            if let Some(wanted) = case.get("diagnostics") {
                let wanted: Vec<u64> =
                    wanted.as_array().unwrap().iter().map(|one| one["from"]["line"].as_u64().unwrap()).collect();
                let line = |offset: u32| u64::from(sources.get(file).position(offset).line);
                let mut lines: BTreeMap<u64, ()> = BTreeMap::new();
                for diagnostic in &diagnostics {
                    lines.extend(diagnostic.labels.first().map(|label| (line(label.origin.span.start), ())));
                }
                let given = Given::Value(Json::from(lines.into_keys().collect::<Vec<_>>()));
                compared.push(Compared { name: name.to_owned(), wanted: Given::Value(Json::from(wanted)), given });
                continue;
            }
            let scratch = scratch();
            let root = scratch.path().join("root");
            std::fs::create_dir(&root).unwrap();
            let refused = if diagnostics.is_empty() { None } else { Some(Given::Error) };
            let wanted = case.get("want").filter(|want| *want != "ok").cloned();
            let (wanted, given) = match wanted {
                // Only that the file is read as a whole is asked.
                None => (Json::from("read"), Given::Value(Json::from("read"))),
                Some(want) if name.starts_with("structure/blocks") => {
                    (serde_json::json!({ "a": want }), value_of(&root, &text))
                }
                Some(want) => (want, value_of(&root, &text)),
            };
            let name = if is_json { format!("{name} (JSON)") } else { name.to_owned() };
            compared.push(Compared { name, wanted: Given::Value(wanted), given: refused.unwrap_or(given) });
        }
    }
    judge("hclspec-files", &compared, 90);
}
