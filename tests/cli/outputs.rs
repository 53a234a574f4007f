//! What is written, where to, and how the call ends.

use std::io::Read;
use std::process::{Command, Stdio};

use crate::harness::{Project, RULE, USER_RULE, found, user};

const FORMATS: [&str; 9] = ["text", "json", "sarif", "junit", "github", "gitlab", "markdown", "html", "csv"];

/// A project with all there is to report: findings, an undecided rule, a broken file.
fn everything() -> Project {
    let open = "variable \"n\" {}\nresource \"aws_iam_user\" \"open\" {\n  name = var.n\n}\n";
    let project = Project::of(&[("open/main.tf", open), ("broken/main.tf", "resource \"a\" {{\n")]);
    for n in 0..40 {
        project.write(&format!("m{n}/main.tf"), user(&format!("u{n}")) + &user(&format!("v{n}")));
        let name = format!("t{n}.yaml");
        project.write(&name, format!("Resources:\n  U{n}:\n    Type: AWS::IAM::User\n"));
    }
    project
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let project = everything();
    for format in FORMATS {
        let outputs: Vec<(i32, String)> = ["1", "4", "4"]
            .map(|threads| project.scan(&["--threads", threads, "--format", format, "--undecided"]))
            .into_iter()
            .map(|ended| (ended.status, ended.out))
            .collect();
        assert_eq!(outputs[0].0, 2);
        assert!(outputs[0].1.contains("u17"), "{format}");
        assert!(outputs.iter().all(|output| *output == outputs[0]), "{format}");
    }
    let shown = ["1", "4"].map(|threads| project.run(&["show", "--threads", threads, "--format", "json"]).out);
    assert_eq!(shown[0], shown[1]);
}

#[test]
fn several_reports_in_one_call() {
    let project = Project::of(&[("main.tf", &user("u"))]);
    let outputs: Vec<String> = FORMATS.iter().map(|format| format!("--output={format}=out.{format}")).collect();
    let arguments: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let ended = project.scan(&[&arguments[..], &["--format", "csv", "--color", "always"]].concat());
    assert_eq!((ended.status, ended.error.as_str()), (1, ""));
    assert_eq!(ended.out, project.read("out.csv"));
    for format in FORMATS {
        let alone = project.scan(&["main.tf", "--format", format]).out;
        let file = project.read(&format!("out.{format}"));
        assert_eq!(file, alone, "{format}");
        assert!(file.contains("team-user") && !file.contains('\u{1b}'), "{format}");
    }
    for format in ["json", "sarif", "gitlab"] {
        let text = project.read(&format!("out.{format}"));
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
    }
}

#[test]
fn the_exit_status_follows_the_severity() {
    let project = Project::of(&[("main.tf", &user("u")), ("clean/main.tf", "locals {}\n")]);
    let status = |arguments: &[&str]| project.scan(arguments).status;
    assert_eq!(status(&[]), 1);
    assert_eq!(status(&["clean"]), 0);
    for (level, expected) in [("info", 1), ("low", 1), ("medium", 1), ("high", 0), ("critical", 0)] {
        assert_eq!(status(&["--fail-on", level]), expected, "{level}");
    }
    assert_eq!(status(&["--fail-on", "severe"]), 2);
    assert_eq!(status(&["--no-such-option"]), 2);
    assert_eq!(status(&["main.tf", "nowhere"]), 2);
    project.run(&["--help"]).says(0, &["--fail-on", "Exit status"]);
    project.run(&["--version"]).says(0, &[env!("CARGO_PKG_VERSION")]);
    let (_, report) = project.report(&["--min-severity", "medium"]);
    assert_eq!((found(&report).len(), &report["summary"]["hidden"]), (1, &0.into()));
    let (ended, report) = project.report(&["--min-severity", "high"]);
    assert_eq!((ended, found(&report).len(), &report["summary"]["hidden"]), (1, 0, &1.into()));
    project.write("team/team-user.toml", USER_RULE.replacen("medium", "high", 1));
    let ended = project.scan(&["--min-severity", "critical", "--fail-on", "low"]);
    ended.says(1, &["no findings", "1 of lower severity not shown (1 high; the exit status counts them)"]);
    assert_eq!(project.scan(&["--min-severity", "critical", "--fail-on", "critical"]).status, 0);
    project.write("main.tf", format!("# iacscan:ignore {RULE}\n{}", user("u")));
    assert_eq!(project.scan(&["--min-severity", "critical", "--fail-on", "low"]).status, 0);
}

#[test]
fn what_is_undecided_is_counted_and_listed_on_demand() {
    let text = "variable \"path\" {}\nresource \"aws_iam_user\" \"u\" {\n  path = var.path\n}\n";
    let project = Project::of(&[("main.tf", text)]);
    let rule =
        "title = 't'\nseverity = 'medium'\ntarget = 'aws_iam_user'\nmessage = 'at {path}'\n[match]\npath = '/x/'\n";
    project.write("team/team-path.toml", rule);
    let run = |more: &[&str]| project.run(&[&["--rules", "team", "--rule", "team-path"], more].concat());
    let reason = "`var.path` has no value";
    run(&[]).says(0, &["--undecided", reason]).keeps_silent(&["main.tf:"]);
    run(&["--undecided"]).says(0, &[reason, "main.tf:"]);
    run(&["--fail-on-undecided"]).says(1, &[]);
    let ended = run(&["--format", "json"]);
    let report = ended.json();
    assert_eq!((ended.status, found(&report).len(), &report["summary"]["undecided"]), (0, 0, &1.into()));
    let open = &report["undecided"][0];
    assert_eq!((&open["rule"], &open["resource"]), (&"team-path".into(), &"aws_iam_user.u".into()));
    assert!(open["reason"].as_str().unwrap().contains(reason));
    run(&["--var", "path=/y/", "--fail-on-undecided"]).says(0, &[]);
    run(&["--var", "path=/x/"]).says(1, &["at /x/"]);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let project = everything();
    for format in ["text", "json", "html"] {
        let binary = project.command().get_program().to_owned();
        let mut child = Command::new(binary)
            .args(["--rules", "team", "--rule", RULE, "--format", format])
            .current_dir(project.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut few = [0; 16];
        child.stdout.take().unwrap().read_exact(&mut few).unwrap();
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!error.contains("panicked") && !error.contains("Broken pipe"), "{format}: {error}");
        assert!(output.status.code().is_some(), "{format}: {:?}", output.status);
    }
}

#[test]
fn colours_are_for_those_who_ask() {
    let project = Project::of(&[("main.tf", &user("u"))]);
    assert!(!project.scan(&[]).out.contains('\u{1b}'));
    assert!(project.scan(&["--color", "always"]).out.contains('\u{1b}'));
    assert!(!project.scan(&["--color", "never"]).out.contains('\u{1b}'));
    let mut command = project.command();
    let output = command.args(["--rules", "team", "--color", "always"]).env("NO_COLOR", "1").output().unwrap();
    // Whoever writes `always` means it.
    assert!(output.stdout.contains(&0x1b));
}
