//! The commands beside the scan.

use serde_json::{Value, json};

use crate::harness::{Project, RULE, USER_RULE, user};

#[test]
fn rules_are_listed() {
    let project = Project::of(&[]);
    let ended = project.run(&["rules", "--rules", "team", "--format", "json"]);
    assert_eq!((ended.status, ended.error.as_str()), (0, ""));
    let rules = ended.json();
    let rules = rules.as_array().unwrap();
    let ours = rules.iter().find(|rule| rule["id"] == RULE).unwrap();
    let expected = json!({
        "id": RULE,
        "title": "User is in no group",
        "severity": "medium",
        "topic": "team",
        "target": "user",
        "aliases": ["checkov:CKV_TEST_1"],
        "frameworks": {},
        "practice": "",
    });
    assert_eq!(*ours, expected);
    let severities = ["info", "low", "medium", "high", "critical"];
    for rule in rules {
        assert!(rule["id"].as_str().is_some_and(|id| !id.is_empty()) && rule["title"].is_string(), "{rule}");
        assert!(severities.iter().any(|severity| rule["severity"] == *severity), "{rule}");
    }
    let only = project.run(&["rules", "--rules", "team", "--rule", RULE]);
    only.says(0, &["team-user  medium", "User is in no group", "1 rules"]);
    let fewer = project.run(&["rules", "--rules", "team", "--skip", RULE, "--format", "json"]).json();
    assert_eq!(fewer.as_array().map(Vec::len), Some(rules.len() - 1));
}

#[test]
fn a_rule_of_the_same_id_takes_the_place_of_a_built_in_one() {
    let project = Project::of(&[]);
    let built_in = project.run(&["rules", "--format", "json"]).json();
    let id = built_in[0]["id"].as_str().unwrap();
    project.write(&format!("mine/{id}.toml"), USER_RULE);
    let rules = project.run(&["rules", "--rules", "mine", "--format", "json"]).json();
    assert_eq!(rules.as_array().unwrap().len(), built_in.as_array().unwrap().len());
    let mine = rules.as_array().unwrap().iter().find(|rule| rule["id"] == id).unwrap();
    assert_eq!((&mine["title"], &mine["topic"]), (&"User is in no group".into(), &"mine".into()));
}

#[test]
fn a_rule_is_explained_by_its_id_and_by_its_aliases() {
    let project = Project::of(&[]);
    project.write(
        "team/team-user.toml",
        USER_RULE.replacen("[match]", "rationale = 'Because.'\nremediation = 'Do it.'\n[match]", 1),
    );
    for name in [RULE, "checkov:CKV_TEST_1", "CHECKOV:ckv_test_1"] {
        let ended = project.run(&["explain", name, "--rules", "team"]);
        ended.says(0, &["# team-user", "severity: medium", "Because.", "Do it.", "checkov:CKV_TEST_1"]);
    }
}

#[test]
fn the_model_is_shown() {
    let text = "variable \"team\" {}\nresource \"aws_iam_user\" \"u\" {\n  count = 2\n  name  = \"u${count.index}\"\n  path  = var.team\n  permissions_boundary = null\n\
                \n  tags = { secret = sensitive(\"hunter2\"), plain = 1 }\n}\n";
    let project = Project::of(&[("infra/main.tf", text), ("t.yaml", "Resources:\n  A:\n    Type: AWS::IAM::User\n")]);
    let ended = project.run(&["show", "infra", "t.yaml", "--format", "json"]);
    assert_eq!((ended.status, ended.error.as_str()), (0, ""));
    let expected = |n: usize| {
        json!({
            "address": format!("aws_iam_user.u[{n}]"),
            "type": "aws_iam_user",
            "kind": "user",
            "mode": "managed",
            "values": {
                "name": format!("u{n}"),
                "tags": { "secret": "(sensitive)", "plain": 1 },
                "tags_all": { "secret": "(sensitive)", "plain": "1" },
            },
            "unknown": ["path"],
            "after_unknown": { "path": true },
            "file": "infra/main.tf",
            "line": 2,
        })
    };
    let template = json!({
        "address": "A",
        "type": "AWS::IAM::User",
        "kind": "user",
        "mode": "managed",
        "values": {},
        "unknown": [],
        "after_unknown": {},
        "file": "t.yaml",
        "line": 2,
    });
    let model: Value = json!({ "units": [
        { "kind": "terraform", "path": "infra", "resources": [expected(0), expected(1)] },
        { "kind": "cloudformation", "path": "t.yaml", "resources": [template] },
    ]});
    assert_eq!(ended.json(), model);
    let text = project.run(&["show", "infra"]);
    text.says(
        0,
        &["# terraform infra", "aws_iam_user.u[1] (user)  infra/main.tf:2", "name = \"u1\"", "path = (unknown)"],
    );
    text.keeps_silent(&["hunter2"]);
}

#[test]
fn what_is_sensitive_is_never_written() {
    let text = "variable \"password\" {\n  default   = \"hunter2\"\n  sensitive = true\n}\nresource \"aws_iam_user\" \"u\" {\n  name = var.password\n  \
                tags = jsondecode(jsonencode({ a = var.password }))\n  path = \"/${var.password}/\"\n}\n";
    let project = Project::of(&[("main.tf", text)]);
    for format in ["text", "json", "sarif", "junit", "github", "gitlab", "markdown", "csv"] {
        let ended = project.scan(&["--format", format, "--undecided"]);
        assert_eq!(ended.status, 1);
        // The line of the default itself is not part of the finding.
        assert!(!ended.out.contains("hunter2"), "{format}: {}", ended.out);
    }
    project.run(&["show"]).says(0, &["(sensitive)"]).keeps_silent(&["hunter2"]);
    project.run(&["show", "--format", "json"]).says(0, &["(sensitive)"]).keeps_silent(&["hunter2"]);
}

#[test]
fn examples_of_rules_are_run() {
    let project = Project::of(&[]);
    let marked = user("a").replacen('{', "{ # expect", 1);
    let good = user("a")
        + "resource \"aws_iam_user_group_membership\" \"m\" {\n  user   = aws_iam_user.a.name\n  groups = [\"g\"]\n}\n";
    let with = |bad: &str, good: &str| {
        format!("{USER_RULE}[[bad]]\nterraform = '''\n{bad}'''\n[[good]]\nterraform = '''\n{good}'''\n")
    };
    project.write("team/team-user.toml", with(&marked, &good));
    project.run(&["test", "team"]).says(0, &["1 rules, 2 examples: 2 passed, 0 failed"]);
    project.write("team/team-user.toml", with(&user("a"), &good));
    project.run(&["test", "team"]).says(1, &["FAILED team-user (bad 1 in Terraform): no line is marked"]);
    project.write("team/team-user.toml", with(&marked, &user("b")));
    project.run(&["test", "team"]).says(1, &["FAILED team-user (good 1 in Terraform): found at line 1"]);
    project.write("team/team-user.toml", with(&good.replacen('{', "{ # expect", 1), &good));
    project.run(&["test", "team"]).says(1, &["expected at lines [1], found at lines []"]);
    project.write("team/team-user.toml", USER_RULE);
    project.run(&["test", "team"]).says(1, &["a rule needs a bad and a good example"]);
    std::fs::create_dir(project.path("empty")).unwrap();
    project.run(&["test", "empty"]).says(2, &["there is no rule in `empty`"]);
    project.run(&["test", "nowhere"]).says(2, &["there is no rule folder `nowhere`"]);
}

#[test]
fn a_rule_is_explained_by_what_other_tools_show_and_though_it_is_off() {
    let project = Project::of(&[]);
    for name in ["CKV_AWS_40", "checkov:ckv_aws_40", "AVD-AWS-0143", "AWS-0143", "trivy-checks:AVD-AWS-0143"] {
        project.run(&["explain", name]).says(0, &["# iam-"]);
    }
    project.run(&["explain", "trivy-checks:CKV_AWS_40"]).says(2, &["there is no rule"]);
    project.run(&["explain", "AWS"]).says(2, &["there is no rule"]);
    let off = "[rules.team-user]\nenabled = false\n";
    project.write("other.toml", format!("rule-folders = [\"team\"]\n{off}"));
    project.run(&["explain", RULE, "--config", "other.toml"]).says(0, &["# team-user"]);
    project.run(&["explain", "CKV_TEST_1", "--config", "other.toml"]).says(0, &["# team-user"]);
    project.run(&["rules", "--config", "other.toml"]).says(0, &["iam-"]).keeps_silent(&["team-user"]);
    project.write("other.toml", "rule-folders = [\"team\"]\n");
    project.run(&["rules", "--config", "other.toml"]).says(0, &["team-user"]);
}
