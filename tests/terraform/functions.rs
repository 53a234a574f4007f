//! Every reference case of the functions.

use std::collections::BTreeMap;

use crate::reference::{Compared, Given, copy, folder, judge, lines, outputs, scratch};

#[test]
fn functions_give_what_terraform_gives() {
    let Some(reference) = folder() else { return };
    let mut by_base: BTreeMap<Option<String>, Vec<serde_json::Value>> = BTreeMap::new();
    for case in lines(&reference.join("functions.jsonl")) {
        let base = case.get("base").map(|base| base.as_str().unwrap().to_owned());
        by_base.entry(base).or_default().push(case);
    }
    let mut compared = Vec::new();
    for (base, cases) in by_base {
        let scratch = scratch();
        let root = scratch.path().join("root");
        std::fs::create_dir(&root).unwrap();
        if let Some(base) = base {
            copy(&reference.join(base), &root);
        }
        for (nth, case) in cases.iter().enumerate() {
            let text = format!("output \"case_{nth}\" {{\n  value = {}\n}}\n", case["expr"].as_str().unwrap());
            std::fs::write(root.join(format!("case_{nth}.tf")), text).unwrap();
        }
        for (case, given) in cases.iter().zip(outputs(&root, &cases)) {
            let name = case["expr"].as_str().unwrap().to_owned();
            compared.push(Compared { name, wanted: Given::wanted(case), given });
        }
    }
    assert!(compared.len() >= 475);
    judge("functions", &compared, 98);
}
