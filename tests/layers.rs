//! The cheapest architecture document there is: which room of `src/` may name which other.
//!
//! input ─► syntax ─► terraform, cloudformation, plan ─► model ─► iam ─► rules ─► report, with `scan` above them all.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What every room may name.
const BASE: [&str; 3] = ["source", "diagnostic", "value"];

/// Each room with the rooms that it may name beside the base and itself.
const ROOMS: [(&str, &[&str]); 17] = [
    ("source", &[]),
    ("diagnostic", &[]),
    ("value", &[]),
    ("input", &[]),
    ("syntax", &["input"]),
    ("terraform", &["syntax", "model"]),
    ("cloudformation", &["syntax", "model"]),
    ("plan", &["syntax", "model"]),
    ("model", &[]),
    ("iam", &["model"]),
    ("rules", &["model", "iam"]),
    ("report", &["rules"]),
    ("scan", &["input", "syntax", "terraform", "cloudformation", "plan", "model", "iam", "rules", "report"]),
    ("config", EVERYTHING),
    ("cli", EVERYTHING),
    ("lib", EVERYTHING),
    ("main", &["cli"]),
];

const EVERYTHING: &[&str] = &[
    "input",
    "syntax",
    "terraform",
    "cloudformation",
    "plan",
    "model",
    "iam",
    "rules",
    "report",
    "scan",
    "config",
    "cli",
];

/// The layers of `src/iam`, from the ground up: each may name itself and those before it.
///
/// What is computed once and remembered by a document or by the identities of a unit is declared below the one that
/// remembers it (`answer`, `coverage`, `denial`, `watched`; `facts`, `power`), and found above it.
const IAM: [&[&str]; 8] = [
    &["cached", "field", "glob", "pattern", "principal", "step"],
    &[
        "action_set",
        "answer",
        "catalogue",
        "condition",
        "coverage",
        "denial",
        "document",
        "either",
        "everything",
        "form",
        "normal",
        "owner",
        "reach",
        "reference",
        "statement",
        "tag",
        "taken",
        "watched",
    ],
    &["accounts", "compare", "exposure", "trust"],
    &["facts", "power"],
    &[
        "arn",
        "existing",
        "identity",
        "loose",
        "own_account",
        "own_tags",
        "provider",
        "requester",
        "reserved_role",
        "resource_grant",
        "rest",
        "surroundings",
        "tie",
    ],
    &["access"],
    &["escalation"],
    &["subject"],
];

#[test]
fn no_arrow_leads_back_within_iam() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/iam");
    let layer = |name: &str| IAM.iter().position(|layer| layer.contains(&name));
    let (mut wrong, mut arrows) = (Vec::new(), 0);
    for path in rust_files(&root) {
        let inside = path.strip_prefix(&root).unwrap().to_owned();
        let parts: Vec<String> = inside.components().map(|part| part.as_os_str().to_string_lossy().into()).collect();
        let part = parts[0].trim_end_matches(".rs");
        if part == "mod" {
            continue;
        }
        let Some(own) = layer(part) else { panic!("`src/iam/{part}` has no row in this table") };
        let depth = parts.len() - usize::from(parts.len() > 1 && parts[parts.len() - 1] == "mod.rs");
        let text = fs::read_to_string(&path).unwrap();
        for (line, named) in names_below(&text, depth, "crate::iam::") {
            let Some(other) = layer(&named) else { continue };
            arrows += usize::from(other != own);
            if other > own {
                wrong.push(format!("src/iam/{}:{line}: `{part}` must not name `{named}`", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(arrows > 100, "only {arrows} arrows are seen: mend the reader of paths");
}

#[test]
fn no_arrow_leads_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut arrows = BTreeSet::new();
    for path in rust_files(&root) {
        let inside = path.strip_prefix(&root).unwrap().to_owned();
        let parts: Vec<String> = inside.components().map(|part| part.as_os_str().to_string_lossy().into()).collect();
        let room = parts[0].trim_end_matches(".rs").to_owned();
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            panic!("`src/{room}` has no row in this table and in the design");
        };
        let depth = parts.len() - usize::from(parts.len() > 1 && parts[parts.len() - 1] == "mod.rs");
        let text = fs::read_to_string(&path).unwrap();
        for (line, named) in names(&text, depth, &room) {
            arrows.insert((room.clone(), named.clone()));
            let fine = named == room || BASE.contains(&named.as_str()) || allowed.contains(&named.as_str());
            if !fine {
                wrong.push(format!("src/{}:{line}: `{room}` must not name `{named}`", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Arrows that are there for certain: the reader of paths above has not gone blind.
    for (from, to) in [("scan", "terraform"), ("terraform", "syntax"), ("rules", "iam"), ("report", "rules")] {
        assert!(arrows.contains(&(from.to_owned(), to.to_owned())), "`{from}` names `{to}` no more: mend this test");
    }
}

/// The files of a folder and of those below it, in the order of their paths.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let mut files = Vec::new();
    for entry in entries {
        if entry.is_dir() {
            files.extend(rust_files(&entry));
        } else if entry.extension().is_some_and(|end| end == "rs") {
            files.push(entry);
        }
    }
    files
}

/// The rooms that a text names, with the line: what follows `crate::`, or as many `super::` as lead up to the crate.
fn names(text: &str, depth: usize, room: &str) -> Vec<(usize, String)> {
    // `main.rs` is a crate of its own: the library has a name there.
    let mut found = names_below(text, depth, if room == "main" { "iacscan::" } else { "crate::" });
    found.retain(|(_, name)| ROOMS.iter().any(|(room, _)| room == name));
    found
}

/// What a text names of a module: what follows its path, or as many `super::` as lead up to it.
fn names_below(text: &str, depth: usize, root: &str) -> Vec<(usize, String)> {
    let mut code = without_comments(text);
    let test = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
    let up = "super::".repeat(depth);
    // From the end: what replaces it may be longer.
    for (at, _) in code.clone().rmatch_indices(&up).filter(|(at, _)| *at < test) {
        let longer = code[..at].ends_with("super::") || code[at + up.len()..].starts_with("super::");
        if !longer {
            code.replace_range(at..at + up.len(), &format!("{:>1$}", root, up.len()));
        }
    }
    let mut found = Vec::new();
    for (at, _) in code.match_indices(root) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$' || c == ':') {
            continue;
        }
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + root.len()..];
        match rest.strip_prefix('{') {
            None => found.push((line, identifier(rest))),
            Some(group) => found.extend(group_members(group).into_iter().map(|name| (line, name))),
        }
    }
    found
}

/// Each first name of `{a::b, c::{d, e}}`, without its opening brace.
fn group_members(group: &str) -> Vec<String> {
    let (mut names, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(identifier(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(identifier(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

fn identifier(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The text with its comments blank; links in them bind nothing.
fn without_comments(text: &str) -> String {
    let line = |line: &str| match line.trim_start().starts_with("//") {
        true => String::new(),
        false => line.to_owned(),
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn paths_are_read_in_every_spelling() {
    let text = "use crate::{\n  iam::x,\n  value::{Data, Value},\n};\n// crate::cli\nlet x = crate::model::Y;\nuse super::super::plan;\n";
    let found: Vec<String> = names(text, 2, "rules").into_iter().map(|(_, name)| name).collect();
    assert_eq!(found, ["iam", "value", "model", "plan"]);
    assert_eq!(names("use super::plan;\n", 2, "rules"), []);
    assert_eq!(names("use super::plan;\n", 1, "rules"), [(1, "plan".to_owned())]);
}
