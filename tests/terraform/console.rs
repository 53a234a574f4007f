//! Expressions of the language with the values that Terraform gives for them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::reference::{Compared, Given, copy, judge, lines, outputs, scratch};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/terraform/console")
}

#[test]
fn expressions_give_what_terraform_gives() {
    let scratch = scratch();
    let root = scratch.path().join("root");
    copy(&cases(), &root);
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
    let compared: Vec<Compared> = cases.iter().zip(outputs(&root, &cases)).map(compare).collect();
    judge("language", &compared, 98);
}

/// What the `terraform` program of this machine gives for an expression; none where there is no such program.
fn console(expression: &str) -> Option<Given> {
    use std::io::Write as _;
    let mut program = Command::new("terraform")
        .args(["console", "-no-color"])
        .current_dir(cases())
        .env("CHECKPOINT_DISABLE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    writeln!(program.stdin.take()?, "jsonencode(nonsensitive(sensitive([{expression}])))").ok()?;
    let output = program.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).unwrap();
    let encoded: Option<String> = serde_json::from_str(text.trim()).ok();
    Some(
        match encoded.and_then(|encoded| serde_json::from_str::<Vec<Json>>(&encoded).ok()).and_then(|mut one| one.pop())
        {
            Some(value) => Given::Value(value),
            None => Given::Error,
        },
    )
}

/// The cases themselves are right: a few of them, spread over the file, are asked of Terraform.
#[test]
fn the_cases_are_what_terraform_says() {
    let cases = lines(&cases().join("cases.jsonl"));
    for case in cases.iter().step_by(48) {
        let expression = case["expr"].as_str().unwrap();
        let Some(said) = console(expression) else {
            println!("skipped: there is no program `terraform`");
            return;
        };
        assert!(said.agrees(&Given::wanted(case)), "{expression}: {said:?}");
    }
}
