//! Input that is wrong: a clear message with file and place, exit status 2, and the rest scanned all the same.

use std::fs;

use crate::harness::{Project, RULE, USER_RULE, found, link, told, user};

/// Scans files beside a good one, which must be found in any case.
#[track_caller]
fn beside_good(files: &[(&str, &[u8])], expected: &[&str], status: i32) -> Project {
    let project = Project::of(&[("good/main.tf", &user("good"))]);
    for (name, text) in files {
        project.write(name, text);
    }
    let (ended, report) = project.report(&["--fail-on", "critical"]);
    assert_eq!(found(&report), ["aws_iam_user.good good/main.tf:1"], "{report:#}");
    assert_eq!(told(&report), expected, "{report:#}");
    assert_eq!(ended, status);
    project
}

#[test]
fn a_folder_with_the_name_of_a_file() {
    let project = Project::of(&[("good.tf", &user("good")), ("x.tf/inner.txt", "")]);
    let (status, report) = project.report(&[]);
    assert_eq!((status, found(&report)), (1, vec!["aws_iam_user.good good.tf:1".to_owned()]));
    assert_eq!(told(&report), [] as [&str; 0]);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::of(&[("good.tf", &user("good")), ("secret/main.tf", &user("secret"))]);
    fs::set_permissions(project.path("secret/main.tf"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(project.path("secret/main.tf")).is_ok() {
        eprintln!("skipped: whoever runs this reads every file");
        return;
    }
    let (status, report) = project.report(&[]);
    assert_eq!((status, told(&report)), (2, vec!["unreadable secret/main.tf:null".to_owned()]));
    assert_eq!(found(&report), ["aws_iam_user.good good.tf:1"]);
    project.scan(&[]).says(2, &["`secret/main.tf` cannot be read", "denied"]);
}

#[cfg(unix)]
#[test]
fn links_to_nothing_and_in_circles() {
    let project = Project::of(&[("good/main.tf", &user("good"))]);
    link(&project.path("nowhere.tf"), &project.path("good/dangling.tf"));
    let (status, report) = project.report(&[]);
    assert_eq!((status, told(&report)), (1, vec!["link-broken good/dangling.tf:null".to_owned()]));
    link(&project.path("good"), &project.path("good/circle"));
    let (status, report) = project.report(&[]);
    assert_eq!(status, 2);
    assert_eq!(told(&report), ["link-loop good/circle:null", "link-broken good/dangling.tf:null"]);
    assert_eq!(found(&report), ["aws_iam_user.good good/main.tf:1"]);
    project.scan(&[]).says(2, &["`good/circle` is a link to `good`", "`good/dangling.tf` is a link to nothing"]);
    link(&project.path("b.tf"), &project.path("a.tf"));
    link(&project.path("a.tf"), &project.path("b.tf"));
    project.scan(&["good", "a.tf"]).says(2, &["`a.tf` cannot be read", "aws_iam_user.good"]);
}

#[test]
fn text_that_is_no_utf_8() {
    let project =
        beside_good(&[("bad/main.tf", b"locals {\n  a = \"\xff\xfe\"\n}\n")], &["unreadable bad/main.tf:null"], 2);
    project
        .scan(&[])
        .says(2, &["`bad/main.tf` cannot be read", "not valid UTF-8", "byte 16", "save the file as UTF-8"]);
    // Of what is none of ours nothing is said.
    beside_good(&[("bad/picture.json", b"\x89PNG\xff\xfe"), ("bad/x.yaml", b"a: \xff")], &[], 0);
}

#[test]
fn broken_hcl() {
    let broken = "resource \"aws_iam_user\" \"before\" {\n}\nresource \"aws_iam_user\" {{{\n  name = \n}\n";
    let project =
        Project::of(&[("good/main.tf", &user("good")), ("bad/main.tf", broken), ("bad/other.tf", &user("other"))]);
    let (status, report) = project.report(&[]);
    assert_eq!(status, 2);
    let found = found(&report);
    for address in
        ["aws_iam_user.good good/main.tf:1", "aws_iam_user.other bad/other.tf:1", "aws_iam_user.before bad/main.tf:1"]
    {
        assert!(found.contains(&address.to_owned()), "{address}: {report:#}");
    }
    assert!(told(&report).contains(&"hcl-syntax bad/main.tf:3".to_owned()), "{report:#}");
    project.scan(&[]).says(2, &["bad/main.tf:3", "aws_iam_user.good"]);
}

#[test]
fn broken_templates() {
    let yaml =
        b"AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  A:\n    Type: AWS::IAM::User\n    Properties: [\n";
    beside_good(&[("bad/t.yaml", yaml)], &["yaml-syntax bad/t.yaml:5"], 2);
    let tab = b"Resources:\n  A:\n\t Type: AWS::IAM::User\nAWSTemplateFormatVersion: '2010-09-09'\n";
    beside_good(&[("bad/tab.yml", tab)], &["yaml-syntax bad/tab.yml:3"], 2);
    let json = b"{\"Resources\": {\n  \"A\": {\"Type\": \"AWS::IAM::User\",}\n}}";
    beside_good(&[("bad/t.json", json)], &["json-syntax bad/t.json:2"], 2);
    let cut = b"{\"Version\": \"2012-10-17\",\n \"Statement\": [{\"Effect\": \"Allow\"";
    beside_good(&[("bad/policy.json", cut)], &["json-syntax bad/policy.json:2"], 2);
}

#[test]
fn a_type_that_is_computed() {
    let text = "Resources:\n  A:\n    Type: !Sub 'AWS::IAM::${Kind}'\n  B:\n    Type: [AWS::IAM::User]\n  C: AWS::IAM::User\n  D:\n    Type: AWS::IAM::User\n";
    let project = Project::of(&[("t.yaml", text)]);
    let (status, report) = project.report(&[]);
    assert_eq!(found(&report), ["D t.yaml:7"], "{report:#}");
    let told = told(&report);
    for line in [3, 5, 6] {
        assert!(told.iter().any(|one| one.ends_with(&format!(" t.yaml:{line}"))), "{line}: {report:#}");
    }
    assert!(status == 1 || status == 2);
}

#[test]
fn yaml_of_others_is_passed_over_in_silence() {
    let workflow = b"on:\n  push:\n    branches: [main]\ntrue: 1\n? [a, b]\n: odd\njobs:\n  x: {steps: [{run: 'echo AWS::IAM::User Resources'}]}\n";
    let broken = b"{{ .Values.x }}\nResources: {{ toYaml . }}\nkind: AWS::Something\n";
    let files: &[(&str, &[u8])] = &[
        (".github/workflows/ci.yml", workflow),
        ("workflows/ci.yml", workflow),
        ("chart/templates/x.yaml", broken),
        ("package.json", b"{\"name\": \"Resources\"}"),
        ("notes.json", b"{ // a comment\n}"),
        ("empty.yaml", b""),
        ("empty.json", b""),
        ("values.yaml", b"Resources:\n  limits: AWS::\n"),
    ];
    beside_good(files, &[], 0);
    let project = Project::of(&[]);
    project.write("ci.yml", workflow);
    let ended = project.scan(&["ci.yml"]);
    ended.says(0, &[]).keeps_silent(&["error", "panicked"]);
}

#[test]
fn plans_that_break_off() {
    let plan = "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.0\",\n\"planned_values\":{\"root_module\":{\"resources\":[\n{\"address\":\"aws_iam_user.u\",";
    beside_good(&[("plan.json", plan.as_bytes())], &["plan-syntax plan.json:3"], 2);
    let project = Project::of(&[]);
    let ended = project.run_with(&["-", "--rules", "team", "--rule", RULE], plan.as_bytes());
    ended.says(2, &["<stdin>:3"]);
}

const PLAN: &str = "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.0\",\"resource_changes\":[\n{\"address\":\"aws_iam_user.planned\",\"mode\":\"managed\",\
    \"type\":\"aws_iam_user\",\"name\":\"planned\",\"change\":{\"actions\":[\"create\"],\"before\":null,\"after\":{\"name\":\"u\"},\"after_unknown\":{}}}]}";

#[test]
fn a_plan_in_utf_16() {
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        let bytes: Vec<u8> = std::iter::once(0xFEFF).chain(PLAN.encode_utf16()).flat_map(order).collect();
        let project = Project::of(&[]);
        project.write("plan.json", &bytes);
        let (status, report) = project.report(&["plan.json"]);
        assert_eq!((status, found(&report)), (1, vec!["aws_iam_user.planned plan.json:2".to_owned()]), "{report:#}");
        let ended = project.run_with(&["-", "--rules", "team", "--rule", RULE], &bytes);
        ended.says(1, &["aws_iam_user.planned", "<stdin>:2"]);
        let cut = &bytes[..bytes.len() / 2 * 2 - 41];
        project.write("plan.json", cut);
        let (status, report) = project.report(&["plan.json"]);
        assert_eq!((status, told(&report).len()), (2, 1), "{report:#}");
    }
}

#[test]
fn rules_with_typos() {
    let project = Project::of(&[("main.tf", &user("u"))]);
    for (from, to, line, word) in [
        ("severity = \"medium\"", "severity = \"meduim\"", 2, "meduim"),
        ("message", "mesage", 4, "mesage"),
        ("empty = true", "emty = true, not = 1", 7, "emty"),
        ("[match]", "[match", 6, "match"),
        ("$known", "$unknown", 9, "unknown"),
        ("target = \"user\"", "target = \"usr\"", 3, "usr"),
    ] {
        assert!(USER_RULE.contains(from), "{from}");
        project.write("team/team-user.toml", USER_RULE.replacen(from, to, 1));
        for arguments in
            [&["--rules", "team"][..], &["rules", "--rules", "team"], &["explain", RULE, "--rules", "team"]]
        {
            let ended = project.run(arguments);
            ended.says(2, &[word, &format!("team/team-user.toml:{line}")]);
            assert_eq!(ended.out, "", "{to}");
        }
    }
    project.write("team/team-user.toml", b"\xff");
    project.run(&["--rules", "team"]).says(2, &["team/team-user.toml", "cannot be read"]);
    project.run(&["--rules", "nowhere"]).says(2, &["there is no rule folder `nowhere`"]);
}

#[test]
fn rules_that_do_not_exist() {
    let project = Project::of(&[("main.tf", &user("u"))]);
    for arguments in [
        &["explain", "team-usr", "--rules", "team"][..],
        &["--rules", "team", "--rule", "team-usr"],
        &["--rules", "team", "--skip", "team-usr"],
        &["rules", "--rules", "team", "--skip", "team-usr"],
    ] {
        let ended = project.run(arguments);
        ended.says(2, &["there is no rule `team-usr`", "did you mean `team-user`?"]);
        assert_eq!(ended.out, "");
    }
    project.write(".iacscan.toml", "accounts = []\n\n[rules.team-usr]\nenabled = false\n");
    let ended = project.run(&["--rules", "team"]);
    ended.says(2, &["there is no rule `team-usr`", "did you mean `team-user`?", ".iacscan.toml:3"]);
}

#[test]
fn paths_that_do_not_exist() {
    let project = Project::of(&[("main.tf", &user("u"))]);
    let ended = project.scan(&["nowhere", "main.tf"]);
    ended.says(2, &["`nowhere` cannot be read: there is no such file or folder", "aws_iam_user.u"]);
    ended.keeps_silent(&["nowhere: `nowhere`"]);
    project.scan(&["--var-file", "none.tfvars"]).says(2, &["none.tfvars", "cannot be read"]);
    project.scan(&["--config", "none.toml"]).says(2, &["none.toml", "cannot be read"]);
    project.scan(&["--output", "json=no/such/folder/x.json"]).says(2, &["no/such/folder/x.json"]);
    project.scan(&["--output", "jsn=x.json"]).says(2, &["there is no format `jsn`"]);
    project.scan(&["--threads", "1", "rules"]).says(2, &["`rules` is a command and must come before its options"]);
    project.scan(&["--account", "12"]).says(2, &["`12` is no account id"]);
    project.scan(&["--exclude", "main*", "--exclude", "a{b"]).says(2, &["`a{b` is no pattern"]);
}

#[test]
fn an_empty_folder() {
    let project = Project::of(&[]);
    fs::create_dir(project.path("empty")).unwrap();
    let (status, report) = project.report(&["empty"]);
    assert_eq!((status, found(&report)), (0, vec![]));
    assert_eq!(report["summary"]["files"], 0);
    // A path that is there but wrong must not look like a clean one.
    project.scan(&["empty"]).says(0, &["0 files", "there is nothing to scan in `empty`"]);
}

#[test]
fn files_of_no_format() {
    let project = Project::of(&[("notes.txt", "hello\n"), ("main.tf", &user("u"))]);
    project.scan(&["notes.txt", "main.tf"]).says(1, &["`notes.txt` is no configuration that iacscan knows"]);
    project.run_with(&["-"], b"hello\n").says(2, &["`<stdin>` is no configuration that iacscan knows"]);
    project.run_with(&["-"], b"").says(2, &["`<stdin>`"]);
    project.run_with(&["-"], b"\xff\xff\xff").says(2, &["`<stdin>` cannot be read", "UTF-8"]);
}
