//! Runs the action's scripts as its steps do, with programs that only write down how they were called.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

/// What the scripts may find on their PATH beside the programs that a test puts there: above all no real `gh` or `curl`.
const TOOLS: &[&str] = &[
    "awk", "bash", "cat", "cp", "dirname", "env", "grep", "gzip", "head", "mkdir", "mktemp", "rm", "sed", "tar",
    "touch", "tr", "uname", "wc",
];

/// A runner: a directory to work in, one for temporary files, and a PATH with nothing on it that a test did not put there.
struct Runner {
    directory: TempDir,
}

impl Runner {
    /// `None`, with a line that says so, where there is no bash.
    fn new() -> Option<Runner> {
        let Some(_) = find("bash") else {
            eprintln!("skipped: there is no bash here");
            return None;
        };
        let runner = Runner { directory: tempfile::tempdir().unwrap() };
        for name in ["bin", "work", "temp", "release", "source"] {
            fs::create_dir(runner.path(name)).unwrap();
        }
        for tool in TOOLS {
            symlink(find(tool).unwrap_or_else(|| panic!("`{tool}` is missing")), runner.path("bin").join(tool))
                .unwrap();
        }
        for sum in ["sha256sum", "shasum"] {
            if let Some(found) = find(sum) {
                symlink(found, runner.path("bin").join(sum)).unwrap();
            }
        }
        fs::write(runner.path("source/Cargo.toml"), "[package]\nname = \"iacscan\"\nversion = \"1.2.3\"\n").unwrap();
        Some(runner)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Puts a program on the PATH that writes its arguments, one a line, to `NAME.log` and then does what `body` says.
    fn program(&self, name: &str, body: &str) -> PathBuf {
        let log = self.path(&format!("{name}.log"));
        let path = self.path("bin").join(name);
        script(&path, &format!("printf '%s\\n' \"$@\" >>'{}'\n{body}", log.display()));
        path
    }

    fn arguments(&self, name: &str) -> Vec<String> {
        self.read(&format!("{name}.log")).lines().map(str::to_owned).collect()
    }

    /// Runs a script of the action with these variables and no others.
    fn run(&self, name: &str, variables: &[(&str, &str)]) -> Output {
        Command::new(self.path("bin/bash"))
            .arg(Path::new(REPOSITORY).join("action").join(name))
            .current_dir(self.path("work"))
            .env_clear()
            .env("PATH", self.path("bin"))
            .env("RUNNER_TEMP", self.path("temp"))
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("GITHUB_ACTION_PATH", self.path("source"))
            .env("GITHUB_OUTPUT", self.path("output"))
            .env("GITHUB_STEP_SUMMARY", self.path("summary"))
            .env("IACSCAN_BINARY", self.path("bin/iacscan"))
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    }

    fn output(&self, name: &str) -> Option<String> {
        let prefix = format!("{name}=");
        self.read("output").lines().find_map(|line| line.strip_prefix(&prefix).map(str::to_owned))
    }

    /// An iacscan that writes its three reports and ends with `status`.
    fn scanner(&self, status: i32) {
        self.program(
            "iacscan",
            &format!(
                r#"for argument in "$@"; do
                     case $argument in
                       sarif=*) echo '{{}}' >"${{argument#sarif=}}" ;;
                       markdown=*) echo '# Two findings' >"${{argument#markdown=}}" ;;
                       json=*) echo '{{"findings":[{{"message":"a \"fingerprint\": b","fingerprint":"1"}},{{"fingerprint":"2"}}]}}' >"${{argument#json=}}" ;;
                     esac
                   done
                   exit {status}"#
            ),
        );
    }

    /// A release with one archive, a `curl` that serves it and a `gh` that ends with `attested`.
    fn release(&self, attested: i32) {
        let archive = "iacscan-x86_64-unknown-linux-musl.tar.gz";
        script(&self.path("release/iacscan"), "echo released");
        shell(&self.path("release"), &format!("tar -czf {archive} iacscan && {} {archive} >SHA256SUMS", sum_command()));
        self.program(
            "curl",
            &format!(
                "for last; do :; done\ncp '{}'/\"${{last##*/}}\" \"${{@: -2:1}}\"",
                self.path("release").display()
            ),
        );
        self.program("gh", &format!("exit {attested}"));
    }
}

fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|directory| directory.join(program))
        .find(|path| path.is_file())
}

fn sum_command() -> &'static str {
    if find("sha256sum").is_some() { "sha256sum" } else { "shasum -a 256" }
}

fn script(path: &Path, body: &str) {
    fs::write(path, format!("#!/usr/bin/env bash\nset -euo pipefail\n{body}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn shell(directory: &Path, line: &str) {
    assert!(Command::new("bash").args(["-c", line]).current_dir(directory).status().unwrap().success(), "{line}");
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The arguments without the three reports, whose places are checked apart.
fn without_reports(arguments: &[String]) -> Vec<&str> {
    let mut rest = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--output" {
            arguments.next();
        } else {
            rest.push(argument.as_str());
        }
    }
    rest
}

#[test]
fn every_input_arrives_as_one_literal_argument() {
    let Some(runner) = Runner::new() else { return };
    runner.scanner(0);
    fs::write(runner.path("work/star.tf"), "").unwrap();
    let output = runner.run(
        "run.sh",
        &[
            ("INPUT_PATH", "two words\n\n$(touch pwned)\r\n*.tf\nrules\n"),
            ("INPUT_PLAN", "my plan.json"),
            ("INPUT_FAIL_ON", "high; touch pwned"),
            ("INPUT_MIN_SEVERITY", "low"),
            ("INPUT_RULES", "`touch pwned`"),
            ("INPUT_CONFIG", "-c"),
            ("INPUT_SARIF_FILE", "a $(touch pwned).sarif"),
            ("INPUT_ARGS", "--var a=$(touch${IFS}pwned)\n\t--undecided  *.tf"),
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let arguments = runner.arguments("iacscan");
    assert_eq!(
        without_reports(&arguments),
        [
            "--format",
            "text",
            "--fail-on=high; touch pwned",
            "--min-severity=low",
            "--rules=`touch pwned`",
            "--config=-c",
            "--var",
            "a=$(touch${IFS}pwned)",
            "--undecided",
            "*.tf",
            "--",
            "two words",
            "$(touch pwned)",
            "*.tf",
            "rules",
            "my plan.json",
        ]
    );
    assert!(arguments.contains(&"sarif=a $(touch pwned).sarif".to_owned()), "{arguments:?}");
    assert!(!runner.path("work/pwned").exists());
    assert_eq!(runner.output("sarif-file").as_deref(), Some("a $(touch pwned).sarif"));
}

#[test]
fn without_inputs_the_working_directory_is_scanned() {
    let Some(runner) = Runner::new() else { return };
    runner.scanner(0);
    let output = runner.run("run.sh", &[("INPUT_PATH", ""), ("INPUT_ARGS", ""), ("INPUT_SARIF_FILE", "")]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(without_reports(&runner.arguments("iacscan")), ["--format", "text", "--", "."]);
    let sarif = runner.output("sarif-file").unwrap();
    assert!(Path::new(&sarif).starts_with(runner.path("temp")), "{sarif}");
}

#[test]
fn a_plan_alone_is_all_that_is_scanned() {
    let Some(runner) = Runner::new() else { return };
    runner.scanner(0);
    runner.run("run.sh", &[("INPUT_PATH", ""), ("INPUT_PLAN", "plan.json")]);
    assert_eq!(without_reports(&runner.arguments("iacscan")), ["--format", "text", "--", "plan.json"]);
}

#[test]
fn the_scans_status_is_the_steps_and_its_reports_are_there() {
    for status in [0, 1, 2] {
        let Some(runner) = Runner::new() else { return };
        runner.scanner(status);
        let output = runner.run("run.sh", &[("INPUT_PATH", ".")]);
        assert_eq!(output.status.code(), Some(status), "{}", stderr(&output));
        assert_eq!(runner.output("exit-code"), Some(status.to_string()));
        assert_eq!(runner.output("findings").as_deref(), Some("2"));
        assert!(Path::new(&runner.output("sarif-file").unwrap()).is_file());
        assert_eq!(runner.read("summary"), "# Two findings\n");
    }
}

#[test]
fn a_report_of_an_earlier_run_is_not_uploaded() {
    let Some(runner) = Runner::new() else { return };
    runner.program("iacscan", "exit 2");
    fs::write(runner.path("work/old.sarif"), "{}").unwrap();
    let output = runner.run("run.sh", &[("INPUT_PATH", "."), ("INPUT_SARIF_FILE", "old.sarif")]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(runner.output("sarif-file"), None);
    assert_eq!(runner.output("findings").as_deref(), Some("0"));
    assert_eq!(runner.read("summary"), "");
}

#[test]
fn an_output_cannot_be_forged_through_the_reports_name() {
    let Some(runner) = Runner::new() else { return };
    runner.scanner(1);
    let output = runner.run("run.sh", &[("INPUT_SARIF_FILE", "a.sarif\nexit-code=0")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("sarif-file must be one line"), "{}", stderr(&output));
    assert_eq!(runner.read("output"), "");
}

#[test]
fn a_summary_past_githubs_limit_is_cut_at_a_lines_end() {
    let Some(runner) = Runner::new() else { return };
    runner.program(
        "iacscan",
        r#"for argument in "$@"; do
             case $argument in markdown=*) awk 'BEGIN { for (i = 0; i < 200000; i++) print "| a row |" }' >"${argument#markdown=}" ;; esac
           done"#,
    );
    let output = runner.run("run.sh", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let summary = runner.read("summary");
    assert!(summary.len() < 1024 * 1024, "{}", summary.len());
    let (rows, note) = summary.split_once("\n\n").unwrap();
    assert!(rows.lines().all(|line| line == "| a row |"));
    assert!(note.contains("the SARIF file holds all of it"), "{note}");
}

#[test]
fn a_release_is_installed_once_its_sum_and_its_attestation_hold() {
    for (version, reference, tag) in
        [("", "v1.2.3", "v1.2.3"), ("2.0.0-rc.1", COMMIT, "v2.0.0-rc.1"), ("", "v1", "v1.2.3")]
    {
        let Some(runner) = Runner::new() else { return };
        runner.release(0);
        let output = runner.run(
            "install.sh",
            &[("INPUT_VERSION", version), ("ACTION_REF", reference), ("ACTION_REPOSITORY", "iacscan/iacscan")],
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let url = format!("https://github.com/iacscan/iacscan/releases/download/{tag}/");
        let asked = runner.arguments("curl");
        let urls: Vec<_> = asked.iter().filter_map(|argument| argument.strip_prefix(&url)).collect();
        assert_eq!(urls, ["iacscan-x86_64-unknown-linux-musl.tar.gz", "SHA256SUMS"], "{asked:?}");
        assert_eq!(
            runner.arguments("gh"),
            [
                "attestation",
                "verify",
                "iacscan-x86_64-unknown-linux-musl.tar.gz",
                "--repo",
                "iacscan/iacscan",
                "--signer-workflow",
                "iacscan/iacscan/.github/workflows/release.yml",
                "--source-ref",
                &format!("refs/tags/{tag}"),
            ]
        );
        let binary = runner.output("binary").unwrap();
        assert!(fs::read_to_string(binary).unwrap().contains("echo released"));
    }
}

#[test]
fn a_wrong_sum_is_refused() {
    let Some(runner) = Runner::new() else { return };
    runner.release(0);
    let zeros = "0".repeat(64);
    fs::write(runner.path("release/SHA256SUMS"), format!("{zeros}  iacscan-x86_64-unknown-linux-musl.tar.gz\n"))
        .unwrap();
    let output = runner.run("install.sh", &[("INPUT_VERSION", "1.2.3")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("is not the released one"), "{}", stderr(&output));
    assert_eq!(runner.output("binary"), None);
    assert_eq!(runner.read("gh.log"), "");
}

#[test]
fn an_archive_without_a_sum_is_refused() {
    let Some(runner) = Runner::new() else { return };
    runner.release(0);
    fs::write(runner.path("release/SHA256SUMS"), format!("{}  another.tar.gz\n", "0".repeat(64))).unwrap();
    let output = runner.run("install.sh", &[("INPUT_VERSION", "1.2.3")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no single line"), "{}", stderr(&output));
    assert_eq!(runner.output("binary"), None);
}

#[test]
fn an_archive_without_a_valid_attestation_is_refused() {
    let Some(runner) = Runner::new() else { return };
    runner.release(1);
    let output = runner.run("install.sh", &[("INPUT_VERSION", "1.2.3")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no valid attestation"), "{}", stderr(&output));
    assert_eq!(runner.output("binary"), None);

    fs::remove_file(runner.path("bin/gh")).unwrap();
    let output = runner.run("install.sh", &[("INPUT_VERSION", "1.2.3")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("gh is needed"), "{}", stderr(&output));
    assert_eq!(runner.output("binary"), None);
}

#[test]
fn a_commit_is_built_from_the_actions_own_source() {
    for (version, reference) in [("", COMMIT), (COMMIT, COMMIT), (COMMIT, "main"), ("", "main"), ("", "")] {
        let Some(runner) = Runner::new() else { return };
        runner.program(
            "cargo",
            &format!(
                r#"[[ $PWD -ef '{}' ]]
                   for last; do :; done
                   mkdir -p "$last/release"
                   printf '#!/usr/bin/env bash\necho built\n' >"$last/release/iacscan"
                   env chmod +x "$last/release/iacscan""#,
                runner.path("source").display()
            ),
        );
        symlink(find("chmod").unwrap(), runner.path("bin/chmod")).unwrap();
        let output = runner.run("install.sh", &[("INPUT_VERSION", version), ("ACTION_REF", reference)]);
        assert_eq!(output.status.code(), Some(0), "{version} {reference}: {}", stderr(&output));
        let arguments = runner.arguments("cargo");
        assert_eq!(arguments[..6], ["build", "--release", "--locked", "--bin", "iacscan", "--target-dir"]);
        let binary = runner.output("binary").unwrap();
        assert!(fs::read_to_string(binary).unwrap().contains("echo built"));
    }
}

#[test]
fn a_version_that_means_nothing_is_refused() {
    let other = COMMIT.replace('0', "f");
    for (version, reference, reason) in [
        ("main", COMMIT, "neither a release"),
        ("1.2.3/../../evil", COMMIT, "neither a release"),
        ("$(touch pwned)", COMMIT, "neither a release"),
        (other.as_str(), COMMIT, "but the action is at"),
        ("", "v9", "holds the source of version 1.2.3"),
    ] {
        let Some(runner) = Runner::new() else { return };
        runner.program("cargo", "exit 0");
        runner.program("curl", "exit 0");
        let output = runner.run("install.sh", &[("INPUT_VERSION", version), ("ACTION_REF", reference)]);
        assert_eq!(output.status.code(), Some(2), "{version}");
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
        assert_eq!((runner.read("cargo.log"), runner.read("curl.log")), (String::new(), String::new()));
        assert!(!runner.path("work/pwned").exists());
    }
}

/// The promise of `action.yml`: inputs reach the scripts through the environment alone.
#[test]
fn no_step_puts_an_expression_into_a_shell_line() {
    let text = fs::read_to_string(Path::new(REPOSITORY).join("action.yml")).unwrap();
    let action: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    let steps = action["runs"]["steps"].as_array().unwrap();
    let lines: Vec<_> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert!(!line.contains("${{"), "{line}");
    }
    for step in steps {
        if let Some(uses) = step["uses"].as_str() {
            let (_, commit) = uses.split_once('@').unwrap();
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{uses}");
        }
    }
}
