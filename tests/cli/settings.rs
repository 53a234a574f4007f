//! What a project says: in comments and in `.iacscan.toml`.

use crate::harness::{Project, RULE, found, user};

#[test]
fn comments_accept_findings() {
    let with = |comment: &str| user("u").replacen("{\n", &format!("{{ {comment}\n"), 1);
    let above = |comment: &str| format!("{comment}\n{}", user("u"));
    let inside = |comment: &str| user("u").replacen("{\n", &format!("{{\n  {comment}\n"), 1);
    for text in [
        with("# iacscan:ignore team-user break-glass"),
        with("// iacscan:ignore team-user break-glass"),
        with("/* iacscan:ignore team-user break-glass */"),
        above("# iacscan:ignore team-user break-glass"),
        inside("# iacscan:ignore team-user break-glass"),
        inside("# checkov:skip=CKV_TEST_1:break-glass"),
        inside("# iacscan:ignore other-rule,team-user break-glass"),
        above("# iacscan:ignore checkov:CKV_TEST_1 break-glass"),
        above("# iacscan:ignore: team-user break-glass"),
        above("# iacscan:ignore team-user break-glass\n# iacscan:ignore other-rule no"),
        above("// iacscan:ignore team-user break-glass\n/* why */\n# iacscan:ignore other-rule no"),
        inside("# iacscan:ignore other-rule, team-user break-glass"),
    ] {
        let project = Project::of(&[("main.tf", &text)]);
        let (status, report) = project.report(&[]);
        assert_eq!((status, found(&report).len()), (0, 0), "{text}");
        let suppressed = &report["suppressed"][0];
        assert_eq!(suppressed["rule"], RULE, "{text}");
        assert_eq!(suppressed["suppression"]["reason"], "break-glass", "{text}");
        assert_eq!(suppressed["suppression"]["file"], "main.tf");
        assert_eq!(report["summary"]["suppressed"], 1);
    }
    for text in [
        with("# iacscan:ignore other-rule"),
        inside("# checkov:skip=CKV_TEST_2:no"),
        user("u").replacen("\"u\"\n}", "\"iacscan:ignore team-user\"\n}", 1),
        format!("# iacscan:ignore team-user\n\n{}", user("u")),
        format!("# iacscan:ignore team-user\n\n# more\n{}", user("u")),
        format!("locals {{}} # iacscan:ignore team-user\n# more\n{}", user("u")),
        above("# iacscan:ignored team-user"),
        above("# iacscan:ignore other-rule, for it is wrong"),
        format!("{}# iacscan:ignore team-user\n", user("u")),
    ] {
        let (status, report) = Project::of(&[("main.tf", &text)]).report(&[]);
        assert_eq!((status, found(&report).len()), (1, 1), "{text}");
    }
    let template = "Resources:\n  # iacscan:ignore team-user break-glass\n  A:\n    Type: AWS::IAM::User\n  B:\n    Type: AWS::IAM::User\n";
    let (_, report) = Project::of(&[("t.yaml", template)]).report(&[]);
    assert_eq!(found(&report), ["B t.yaml:5"], "{report:#}");
}

#[test]
fn the_configuration_sets_severities_and_switches_rules_off() {
    let project = Project::of(&[("main.tf", &user("u"))]);
    project.write(".iacscan.toml", "[rules.team-user]\nseverity = \"critical\"\n");
    let (status, report) = project.report(&["--fail-on", "critical"]);
    assert_eq!((status, &report["findings"][0]["severity"]), (1, &"critical".into()));
    project.write(".iacscan.toml", "[rules.team-user]\nenabled = false\n");
    let (status, report) = project.report(&[]);
    assert_eq!((status, found(&report).len(), &report["summary"]["rules"]), (0, 0, &0.into()));
    project.write(".iacscan.toml", "[rules.team-user]\nenabled = true\nknown = [\"u\"]\n");
    assert_eq!(project.report(&[]).0, 0);
    project.write(".iacscan.toml", "[rules.team-user]\nknown = [\"v\"]\n");
    assert_eq!(project.report(&[]).0, 1);
}

#[test]
fn the_configuration_sets_what_options_set() {
    let project = Project::of(&[("main.tf", &user("u")), ("skipped/main.tf", &user("skipped"))]);
    project.write(".iacscan.toml", "exclude = [\"skipped\"]\nfail-on = \"high\"\nrule-folders = [\"team\"]\n");
    let ended = project.run(&["--rule", RULE, "--format", "json"]);
    assert_eq!((ended.status, found(&ended.json())), (0, vec!["aws_iam_user.u main.tf:1".to_owned()]));
    assert_eq!(project.run(&["--rule", RULE, "--fail-on", "low"]).status, 1);
    project.write(".iacscan.toml", "min-severity = \"high\"\n");
    assert_eq!(project.report(&[]).1["summary"]["hidden"], 2);
    assert_eq!(found(&project.report(&["--min-severity", "info"]).1).len(), 2);
    project.write("elsewhere/settings.toml", "rule-folders = [\"../team\"]\nexclude = [\"*\"]\n");
    let ended = project.run(&["--config", "elsewhere/settings.toml", "--rule", RULE, "--format", "json"]);
    assert_eq!(found(&ended.json()).len(), 0);
}

#[test]
fn own_accounts_are_trusted() {
    let rule = "title = 't'\nseverity = 'high'\ntarget = 'trust'\nmessage = 'trusts {principals.account}'\n[match]\n\
                principals = { account = { not = 'self' } }\n";
    let role = "resource \"aws_iam_role\" \"r\" {\n  assume_role_policy = jsonencode({ Statement = [{\n    Effect = \"Allow\", Action = \"sts:AssumeRole\"\n    \
                Principal = { AWS = \"arn:aws:iam::210987654321:root\" }\n  }] })\n}\n";
    let project = Project::of(&[("main.tf", role)]);
    project.write("team/team-trust.toml", rule);
    let arguments = ["--rules", "team", "--rule", "team-trust"];
    project.run(&arguments).says(1, &["trusts 210987654321", "main.tf:4"]);
    project.run(&[&arguments[..], &["--account", "210987654321"]].concat()).says(0, &[]);
    project.write(".iacscan.toml", "accounts = [\"210987654321\"]\n");
    project.run(&arguments).says(0, &[]);
    project.write(".iacscan.toml", "accounts = [\"21\"]\n");
    project.run(&arguments).says(2, &["`21` is no account id"]);
}

#[test]
fn wrong_settings_are_told_with_their_place() {
    let project = Project::of(&[("main.tf", &user("u"))]);
    for (text, line, words) in [
        ("accounts = []\nexlude = [\"x\"]\n", 2, "exlude"),
        ("\nfail-on = \"severe\"\n", 2, "severe"),
        ("exclude = [\n", 1, ""),
        ("accounts = \"1\"\n", 1, "sequence"),
        ("\n\n[rules.team-user]\nenabled = 1\n", 3, "`enabled` is `true` or `false`"),
        ("\n[rules.team-user]\nseverity = \"bad\"\n", 2, "a severity is"),
        ("\n[rules.team-user]\nknwon = []\n", 2, "no parameter named `knwon`"),
        ("\n[rules.team-usr]\nenabled = false\n", 2, "there is no rule `team-usr`"),
    ] {
        project.write(".iacscan.toml", text);
        let ended = project.scan(&[]);
        ended.says(2, &[words, &format!(".iacscan.toml:{line}")]);
        assert_eq!(ended.out, "", "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_configuration_that_nobody_named_leads_nowhere_else() {
    let project = Project::of(&[("work/main.tf", &user("u")), ("secret", "password = hunter2\n")]);
    let run = |arguments: &[&str]| {
        let mut command = project.command();
        let output = command.current_dir(project.path("work")).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let config = project.path("work/.iacscan.toml");
    for target in [project.path("secret"), "/proc/self/environ".into(), "/dev/zero".into(), project.path("gone")] {
        crate::harness::link(&target, &config);
        for arguments in [&[][..], &["show"], &["rules"], &["explain", "team-user"]] {
            let (status, error) = run(arguments);
            assert_eq!(status, Some(2), "{target:?} {arguments:?}: {error}");
            assert!(error.contains(".iacscan.toml: the configuration cannot be read"), "{error}");
            assert!(!error.contains("hunter2") && !error.contains("PATH"), "{error}");
        }
        std::fs::remove_file(&config).unwrap();
    }
    std::fs::create_dir(&config).unwrap();
    assert!(run(&[]).1.contains("not a regular file"));
    std::fs::remove_dir(&config).unwrap();
    project.write("work/.iacscan.toml", " ".repeat((1 << 20) + 1));
    let (status, error) = run(&[]);
    assert!(status == Some(2) && error.contains("larger than 1 MiB"), "{error}");
    project.write("work/.iacscan.toml", "rule-folders = [\"../team\"]\n");
    let (status, error) = run(&[]);
    assert!(status == Some(2) && error.contains("rule folder `../team` cannot be read: it lies outside"), "{error}");
    // Whoever names the file, or has a repository around it all, is free to.
    assert_eq!(run(&["--config", ".iacscan.toml", "--rule", RULE]).0, Some(1));
    std::fs::create_dir(project.path(".git")).unwrap();
    assert_eq!(run(&["--rule", RULE]).0, Some(1));
}

#[test]
fn a_comment_that_names_no_rule_is_told() {
    let text = format!(
        "# iacscan:ignore team-usr, CKV_1 reason\n# checkov:skip=CKV_1\n# iacscan:ignore CHECKOV:ckv_test_1\n{}",
        user("u")
    );
    let project = Project::of(&[("main.tf", &text)]);
    let (status, report) = project.report(&[]);
    assert_eq!((status, found(&report).len()), (0, 0));
    assert_eq!(crate::harness::told(&report), ["unknown-rule main.tf:1", "unknown-rule main.tf:1"]);
    project.scan(&[]).says(0, &["there is no rule `team-usr`", "there is no rule `CKV_1`"]);
    // A rule that is not in use is a rule all the same.
    project.write("main.tf", format!("# iacscan:ignore root-access-key\n{}", user("u")));
    let (status, report) = project.report(&[]);
    assert_eq!((status, crate::harness::told(&report).len()), (1, 0));
}
