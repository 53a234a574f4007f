//! A folder with hostile files, and what scans of it say.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// No scan takes longer, even unoptimised on a busy machine; most take a hundredth.
const BOUND: Duration = Duration::from_secs(60);

/// Rules that look at everything there is to see: attributes, policy documents, statements, principals.
pub(crate) const RULES: [(&str, &str); 4] = [
    ("sees-policies", "target = 'aws_iam_policy'\nmessage = 'policy {policy}'\n[match]\npolicy = { glob = '*' }\n"),
    ("sees-statements", "target = 'statement'\nmessage = 'statement {actions}'\n[match]\nadmin = true\n"),
    ("sees-users", "target = 'user'\nmessage = 'user {name}'\n[match]\nname = { exists = true }\n"),
    ("sees-trust", "target = 'trust'\nmessage = 'trust'\n[match]\nrestricted = false\n"),
];

/// A folder with hostile files, and beside it what must never be read.
pub(crate) struct Estate {
    pub(crate) folder: TempDir,
}

/// What a scan and a look at the model said.
pub(crate) struct Outcome {
    pub(crate) report: Value,
    pub(crate) model: Value,
    /// Everything that was written, in any way.
    pub(crate) all: String,
}

impl Estate {
    pub(crate) fn new() -> Estate {
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

    pub(crate) fn of(files: &[(&str, &str)]) -> Estate {
        let estate = Estate::new();
        for (name, text) in files {
            estate.write(name, text);
        }
        estate
    }

    pub(crate) fn tree(&self) -> std::path::PathBuf {
        self.folder.path().join("tree")
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
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
    pub(crate) fn scan(&self) -> Outcome {
        let mut outcome = self.report();
        let (model, error) = self.run(&["show", "--format", "json"], &self.tree());
        outcome.model = parse(&model);
        outcome.all.extend([model, error]);
        outcome
    }

    /// Scans the folder.
    pub(crate) fn report(&self) -> Outcome {
        let rules = self.folder.path().join("rules");
        let rules = rules.to_str().unwrap();
        let (report, error) = self.run(&["--format", "json", "--rules", rules, "--fail-on", "low"], &self.tree());
        let outcome = Outcome { report: parse(&report), model: Value::Null, all: [report, error].concat() };
        let is_internal = |one: &Value| one["code"] == "internal";
        assert!(!outcome.diagnostics().iter().any(is_internal), "a panic: {}", outcome.report["diagnostics"]);
        outcome
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:.400}"))
}

impl Outcome {
    pub(crate) fn diagnostics(&self) -> &[Value] {
        self.report["diagnostics"].as_array().unwrap()
    }

    /// Some diagnostic says this, in this file and at this line (zero: any line).
    #[track_caller]
    pub(crate) fn says(&self, message: &str, file: &str, line: u64) -> &Outcome {
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
    pub(crate) fn still_finds_the_neighbour(&self) -> &Outcome {
        let findings = self.report["findings"].as_array().unwrap();
        let found = findings.iter().any(|finding| finding["resource"] == "aws_iam_user.neighbour");
        assert!(found, "the neighbour is not found: {:#}", self.report);
        self
    }

    pub(crate) fn resource(&self, address: &str) -> &Value {
        let units = self.model["units"].as_array().unwrap();
        let mut resources = units.iter().flat_map(|unit| unit["resources"].as_array().unwrap());
        resources.find(|resource| resource["address"] == address).unwrap_or(&Value::Null)
    }
}

/// A user that must be found whatever stands beside it.
pub(crate) const NEIGHBOUR: &str = "resource \"aws_iam_user\" \"neighbour\" {\n  name = \"neighbour\"\n}\n";
