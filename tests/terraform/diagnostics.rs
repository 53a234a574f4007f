//! What Terraform refuses is told with its place, and hides nothing of the rest: `testdata/terraform/diagnostics/NAME`,
//! where `# says: TEXT` stands on each line that is told of.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use iacscan::diagnostic::Level;
use iacscan::scan::{Options, model};

fn configurations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/terraform/diagnostics");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    assert!(found.len() >= 7, "{found:?}");
    found
}

/// `file:line` and what is said there.
fn expected(folder: &Path) -> BTreeSet<(String, String)> {
    let mut expected = BTreeSet::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(folder).unwrap().display().to_string();
            for (nth, line) in std::fs::read_to_string(entry.path()).unwrap().lines().enumerate() {
                if let Some((_, text)) = line.split_once("# says: ") {
                    expected.insert((format!("{name}:{}", nth + 1), text.to_owned()));
                }
            }
        }
    }
    expected
}

#[test]
fn what_terraform_refuses_is_told_at_its_place() {
    let mut wrong = Vec::new();
    let mut told = 0;
    for folder in configurations() {
        let folder = folder.canonicalize().unwrap();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let model = model(&Options {
            paths: vec![folder.clone()],
            root: Some(folder.clone()),
            threads: Some(1),
            ..Options::default()
        });
        let mut left = expected(&folder);
        assert!(!left.is_empty(), "{name} expects nothing");
        for diagnostic in &model.diagnostics {
            assert_eq!(diagnostic.level, Level::Warning, "{diagnostic:?}");
            let label = diagnostic.labels.first().unwrap_or_else(|| panic!("no place: {diagnostic:?}"));
            let source = model.sources.get(label.origin.file);
            let line = source.position(label.origin.span.start).line;
            let file =
                source.path().rsplit_once(&format!("{name}/")).map_or(source.path(), |(_, file)| file).to_owned();
            let place = format!("{file}:{line}");
            let found =
                left.iter().find(|(at, text)| *at == place && diagnostic.message.contains(text.as_str())).cloned();
            match found {
                Some(found) => {
                    told += 1;
                    left.remove(&found);
                }
                None => wrong.push(format!("{name}: {place} also says: {}", diagnostic.message)),
            }
        }
        wrong.extend(left.iter().map(|(place, text)| format!("{name}: {place} does not say: {text}")));
    }
    println!("{told} diagnostics");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_rest_is_evaluated_all_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/terraform/diagnostics").canonicalize().unwrap();
    let model =
        model(&Options { paths: vec![folder.clone()], root: Some(folder), threads: Some(1), ..Options::default() });
    let found = super::folder::addresses(&model);
    let expected = [
        "aws_security_group.dynamic",
        "module.child.terraform_data.flag",
        "module.missing_argument.terraform_data.child",
        "module.text.terraform_data.child",
        "module.unsupported.terraform_data.child",
        "output.a",
        "output.c",
        "output.data",
        "output.module",
        "output.output",
        "terraform_data.all",
        "terraform_data.d",
        "terraform_data.fine",
        "terraform_data.fine[\"a\"]",
        "terraform_data.later",
        "terraform_data.list[\"a\"]",
        "terraform_data.list[\"b\"]",
        "terraform_data.negative",
        "terraform_data.rest",
        "terraform_data.rest",
        "terraform_data.secret",
        "terraform_data.self",
        "terraform_data.text",
        "terraform_data.tried",
    ];
    assert_eq!(found, expected);
    assert_eq!(super::folder::value(&model, "terraform_data.all", "input"), "[unknown, unknown, unknown, rest]");
}

#[test]
fn a_broken_file_makes_nobody_say_that_its_names_are_missing() {
    let folder = super::folder::Folder::of(&[
        ("broken.tf", "variable \"a\" {\n  default = [\n}\nvariable \"b\" {}\n"),
        ("main.tf", "resource \"terraform_data\" \"r\" {\n  count = 0\n  input = var.a\n}\n"),
    ]);
    let model = folder.model();
    let codes: Vec<&str> = model.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert!(!codes.is_empty() && codes.iter().all(|code| *code == "hcl-syntax"), "{:?}", super::folder::said(&model));
}
