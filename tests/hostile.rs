//! Input that means harm: every scan ends soon, says what it gave up and where, and shows nothing from outside the tree.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// No scan takes longer, even unoptimised on a busy machine; most take a hundredth.
const BOUND: Duration = Duration::from_secs(20);

/// Rules that look at everything there is to see: attributes, policy documents, statements, principals.
const RULES: [(&str, &str); 4] = [
    ("sees-policies", "target = 'aws_iam_policy'\nmessage = 'policy {policy}'\n[match]\npolicy = { glob = '*' }\n"),
    ("sees-statements", "target = 'statement'\nmessage = 'statement {actions}'\n[match]\nadmin = true\n"),
    ("sees-users", "target = 'user'\nmessage = 'user {name}'\n[match]\nname = { exists = true }\n"),
    ("sees-trust", "target = 'trust'\nmessage = 'trust'\n[match]\nrestricted = false\n"),
];

/// A folder with hostile files, and beside it what must never be read.
struct Estate {
    folder: TempDir,
}

/// What a scan and a look at the model said.
struct Outcome {
    report: Value,
    model: Value,
    /// Everything that was written, in any way.
    all: String,
}

impl Estate {
    fn new() -> Estate {
        let estate = Estate { folder: tempfile::tempdir().unwrap() };
        for folder in ["tree", "rules"] {
            fs::create_dir(estate.folder.path().join(folder)).unwrap();
        }
        for (id, body) in RULES {
            let text = format!("title = '{id}'\nseverity = 'high'\n{body}");
            fs::write(estate.folder.path().join(format!("rules/{id}.toml")), text).unwrap();
        }
        estate
    }

    fn of(files: &[(&str, &str)]) -> Estate {
        let estate = Estate::new();
        for (name, text) in files {
            estate.write(name, text);
        }
        estate
    }

    fn tree(&self) -> std::path::PathBuf {
        self.folder.path().join("tree")
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.tree().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str], folder: &Path) -> (String, String) {
        let start = Instant::now();
        let mut command = Command::cargo_bin("iacscan").unwrap();
        command.args(arguments).current_dir(folder).timeout(BOUND);
        let output = command.output().unwrap();
        let took = start.elapsed();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(took < BOUND, "{arguments:?} took {took:?}");
        let status = output.status.code().unwrap_or_else(|| panic!("{arguments:?} was killed: {error}"));
        assert!((0..=2).contains(&status), "{arguments:?} ended with {status}: {error}");
        (String::from_utf8(output.stdout).unwrap(), error)
    }

    /// Scans the folder and shows its model.
    fn scan(&self) -> Outcome {
        let started = Instant::now();
        let rules = self.folder.path().join("rules");
        let rules = rules.to_str().unwrap();
        let (report, error) = self.run(&["--format", "json", "--rules", rules, "--fail-on", "low"], &self.tree());
        let scanned = started.elapsed();
        let (model, more) = self.run(&["show", "--format", "json"], &self.tree());
        eprintln!("{:?} + {:?}, {} + {} bytes", scanned, started.elapsed() - scanned, report.len(), model.len());
        let all = [report.as_str(), &error, &model, &more].concat();
        let parse = |text: &str| serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:.400}"));
        let outcome = Outcome { report: parse(&report), model: parse(&model), all };
        let codes = outcome.codes();
        assert!(!codes.contains(&"internal".to_owned()), "a panic: {}", outcome.report["diagnostics"]);
        outcome
    }
}

impl Outcome {
    fn diagnostics(&self) -> &[Value] {
        self.report["diagnostics"].as_array().unwrap()
    }

    fn codes(&self) -> Vec<String> {
        self.diagnostics().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
    }

    /// Some diagnostic says this, in this file and at this line (zero: any line).
    #[track_caller]
    fn says(&self, message: &str, file: &str, line: u64) -> &Outcome {
        let fits = |one: &&Value| {
            one["message"].as_str().is_some_and(|text| text.contains(message))
                && one["file"] == file
                && (line == 0 || one["line"] == line)
        };
        let found = self.diagnostics().iter().find(fits);
        assert!(found.is_some(), "nothing says `{message}` at {file}:{line}: {:#}", self.report["diagnostics"]);
        self
    }

    /// The user beside the trouble is still found.
    #[track_caller]
    fn still_finds_the_neighbour(&self) -> &Outcome {
        let findings = self.report["findings"].as_array().unwrap();
        let found = findings.iter().any(|finding| finding["resource"] == "aws_iam_user.neighbour");
        assert!(found, "the neighbour is not found: {:#}", self.report);
        self
    }

    fn resource(&self, address: &str) -> &Value {
        let units = self.model["units"].as_array().unwrap();
        let mut resources = units.iter().flat_map(|unit| unit["resources"].as_array().unwrap());
        resources.find(|resource| resource["address"] == address).unwrap_or(&Value::Null)
    }
}

const NEIGHBOUR: &str = "resource \"aws_iam_user\" \"neighbour\" {\n  name = \"neighbour\"\n}\n";

/// `first`, then `step` for each number with `$n` and `$p` (the number before) in it, then `last` with `$n` for the last.
fn chain(count: usize, first: &str, step: &str, last: &str) -> String {
    let mut text = format!("{NEIGHBOUR}locals {{\n  l0 = {first}\n");
    for n in 1..=count {
        let value = step.replace("$n", &n.to_string()).replace("$p", &format!("local.l{}", n - 1));
        let _ = writeln!(text, "  l{n} = {value}");
    }
    let _ = write!(text, "}}\n{}", last.replace("$l", &format!("local.l{count}")));
    text
}

const DOCUMENT: &str = "resource \"aws_iam_policy\" \"p\" {\n  policy = jsonencode({ Statement = $l })\n}\n";

const POLICY: &str = "resource \"aws_iam_policy\" \"p\" {\n  policy = $l\n}\n";

#[test]
fn strings_that_double() {
    for step in
        ["\"${$p}${$p}\"", "join(\"\", [$p, $p])", "format(\"%s%s\", $p, $p)", "\"%{for x in [1, 2]}${$p}%{endfor}\""]
    {
        eprint!("{step}: ");
        let estate = Estate::of(&[("main.tf", &chain(60, "\"xyz\"", step, POLICY))]);
        let outcome = estate.scan();
        outcome.still_finds_the_neighbour();
        assert!(outcome.all.len() < 1 << 20, "{step}");
    }
}

#[test]
fn structures_that_double() {
    for step in [
        "[$p, $p]",
        "{ a = $p, b = $p }",
        "[for x in [1, 2] : $p]",
        "concat([$p], [$p])",
        "jsonencode([$p, $p])",
        "jsonencode({ a = $p, b = jsonencode($p) })",
        "yamlencode([$p, $p])",
        "jsondecode(jsonencode([$p, $p]))",
        "merge({ a = $p }, { b = $p })",
        "setproduct([$p], [$p, 1])",
        "var.unknown ? [$p] : [$p, $p]",
        "var.unknown == $p ? $p : [$p]",
        "[$p, $p][*]",
        "try($p.none, [$p, $p])",
        "[$p, $p] == [$p, $p] ? [$p, $p] : [$p]",
    ] {
        for (count, last) in [(60, POLICY), (17, POLICY), (17, DOCUMENT)] {
            let text = chain(count, "[\"xyz\"]", step, last) + "variable \"unknown\" {}\n";
            let estate = Estate::of(&[("main.tf", &text)]);
            eprint!("{step}: ");
            let outcome = estate.scan();
            outcome.still_finds_the_neighbour();
        }
    }
}
