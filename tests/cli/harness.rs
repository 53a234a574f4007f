//! A project in a folder of its own, and iacscan run in it with nothing of the surroundings.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A rule of the project's own, so that no test depends on the rule book.
pub(crate) const USER_RULE: &str = "title = \"User is in no group\"\nseverity = \"medium\"\ntarget = \"user\"\n\
    message = \"user `{name}` is in no group\"\naliases = [\"checkov:CKV_TEST_1\"]\n\
    [match]\ngroups = { empty = true }\n[unless]\nname = { in = \"$known\" }\n[parameters]\nknown = []\n";

/// Its id.
pub(crate) const RULE: &str = "team-user";

/// A user that breaks the rule at line 1 and, with its name, at line 2.
pub(crate) fn user(name: &str) -> String {
    format!("resource \"aws_iam_user\" \"{name}\" {{\n  name = \"{name}\"\n}}\n")
}

/// A project.
pub(crate) struct Project {
    folder: TempDir,
}

/// How a call ended.
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Project {
    /// A project with these files and the rule.
    pub(crate) fn of(files: &[(&str, &str)]) -> Project {
        let project = Project { folder: tempfile::tempdir().unwrap() };
        project.write("team/team-user.toml", USER_RULE);
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    /// The folder that is scanned by default.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and the folders that it needs.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What a file holds now.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program in the project, without what the machine or a CI system sets.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::cargo_bin("iacscan").unwrap();
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let is_ours = ["TF_", "GITHUB_", "GITLAB_", "CI", "NO_COLOR", "CLICOLOR", "FORCE_COLOR", "RAYON_"];
            if is_ours.iter().any(|prefix| text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command.current_dir(self.folder.path()).timeout(std::time::Duration::from_secs(60));
        command
    }

    /// Runs the program with these arguments.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, b"")
    }

    /// Runs the program with these arguments and this standard input.
    #[track_caller]
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Ended {
        let output = self.command().args(arguments).write_stdin(input).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        let status = output.status.code().unwrap_or_else(|| panic!("{arguments:?} was killed: {error}"));
        Ended { status, out: String::from_utf8(output.stdout).unwrap(), error }
    }

    /// Scans with the rule of the project alone; `arguments` hold the paths.
    #[track_caller]
    pub(crate) fn scan(&self, arguments: &[&str]) -> Ended {
        self.run(&[&["--rules", "team", "--rule", RULE], arguments].concat())
    }

    /// The same as JSON, with the exit status.
    #[track_caller]
    pub(crate) fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let ended = self.scan(&[arguments, &["--format", "json"]].concat());
        assert_eq!(ended.error, "");
        (ended.status, ended.json())
    }
}

impl Ended {
    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.error))
    }

    /// The call ended with this status and said each of these texts, wherever.
    #[track_caller]
    pub(crate) fn says(&self, status: i32, texts: &[&str]) -> &Ended {
        let all = format!("{}{}", self.out, self.error);
        for text in texts {
            assert!(all.contains(text), "nothing says `{text}`: {all}");
        }
        assert_eq!(self.status, status, "{all}");
        self
    }

    /// And said nothing of these.
    #[track_caller]
    pub(crate) fn keeps_silent(&self, texts: &[&str]) -> &Ended {
        for text in texts {
            assert!(!self.out.contains(text) && !self.error.contains(text), "`{text}`: {}{}", self.out, self.error);
        }
        self
    }
}

/// `resource file:line` of each finding, sorted.
pub(crate) fn found(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    let one = |finding: &Value| {
        let (resource, file) = (finding["resource"].as_str().unwrap(), finding["file"].as_str().unwrap());
        format!("{resource} {file}:{}", finding["line"])
    };
    let mut found: Vec<String> = findings.iter().map(one).collect();
    found.sort();
    found
}

/// `code file:line` of each diagnostic, in the order of the report.
pub(crate) fn told(report: &Value) -> Vec<String> {
    let diagnostics = report["diagnostics"].as_array().unwrap();
    let one = |diagnostic: &Value| {
        let (code, file) = (diagnostic["code"].as_str().unwrap(), diagnostic["file"].as_str().unwrap_or("-"));
        format!("{code} {file}:{}", diagnostic["line"])
    };
    diagnostics.iter().map(one).collect()
}

/// A link, where the system has such.
pub(crate) fn link(target: &Path, link: &Path) {
    #[cfg(unix)]
    std::os::unix::fs::symlink(target, link).unwrap();
    #[cfg(not(unix))]
    let _ = (target, link);
}
