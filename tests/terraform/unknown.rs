//! How what is not known travels through functions and operators, against what Terraform plans.

use std::path::Path;

use serde_json::Value as Json;

use crate::reference::{Compared, Given, copy, judge, lines, partial_outputs, scratch};

#[test]
fn what_is_unknown_stays_unknown_and_the_rest_stays_known() {
    let scratch = scratch();
    let root = scratch.path().join("root");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/terraform/unknown"), &root);
    let cases = lines(&root.join("cases.jsonl"));
    for (nth, case) in cases.iter().enumerate() {
        let text = format!("output \"case_{nth}\" {{\n  value = {}\n}}\n", case["expr"].as_str().unwrap());
        std::fs::write(root.join(format!("case_{nth}.tf")), text).unwrap();
    }
    let compare = |(case, given): (&Json, Given)| Compared {
        name: case["expr"].as_str().unwrap().to_owned(),
        wanted: Given::wanted(case),
        given,
    };
    let compared: Vec<Compared> = cases.iter().zip(partial_outputs(&root, &cases)).map(compare).collect();
    judge("unknown", &compared, 90);
}
