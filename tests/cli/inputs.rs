//! What is read: paths, folders, standard input.

use std::fs;

use crate::harness::{Project, RULE, found, link, told, user};

#[test]
fn several_paths_and_single_files() {
    let project = Project::of(&[
        ("a/main.tf", &user("a")),
        ("a/other.tf", &user("other")),
        ("b/main.tf", &user("b")),
        ("c.yaml", "Resources:\n  C:\n    Type: AWS::IAM::User\n"),
        ("d/main.tf", &user("d")),
    ]);
    let (_, report) = project.report(&["a/main.tf", "b", "c.yaml"]);
    assert_eq!(found(&report), ["C c.yaml:2", "aws_iam_user.a a/main.tf:1", "aws_iam_user.b b/main.tf:1"]);
    // Said twice, read once.
    let (_, report) = project.report(&["b", "b/main.tf", "./b", "b/../b"]);
    assert_eq!(found(&report), ["aws_iam_user.b b/main.tf:1"]);
    let whole = project.path("b");
    let (_, report) = project.report(&[whole.to_str().unwrap()]);
    assert_eq!(found(&report), ["aws_iam_user.b b/main.tf:1"]);
    let (_, report) = project.report(&[]);
    assert_eq!(found(&report).len(), 5);
}

#[test]
fn folders_that_others_made_are_left_out_unless_named() {
    let folders = [".hidden", ".terraform/modules/x", "node_modules/x", "ignored", "deep/ignored"];
    let project = Project::of(&[("main.tf", &user("main")), (".gitignore", "ignored/\n*.skip.tf\n!kept.skip.tf\n")]);
    fs::create_dir(project.path(".git")).unwrap();
    for folder in folders {
        project.write(&format!("{folder}/main.tf"), user("left_out"));
    }
    project.write("x.skip.tf", user("skipped"));
    project.write("kept.skip.tf", user("kept"));
    let (_, report) = project.report(&[]);
    assert_eq!(found(&report), ["aws_iam_user.kept kept.skip.tf:1", "aws_iam_user.main main.tf:1"]);
    for folder in folders {
        let (_, report) = project.report(&[folder]);
        assert_eq!(found(&report), [format!("aws_iam_user.left_out {folder}/main.tf:1")], "{folder}");
        let file = format!("{folder}/main.tf");
        let (_, report) = project.report(&[&file]);
        assert_eq!(found(&report), [format!("aws_iam_user.left_out {file}:1")], "{file}");
    }
    let (_, report) = project.report(&["--exclude", "kept*", "--exclude", "deep"]);
    assert_eq!(found(&report), ["aws_iam_user.main main.tf:1"]);
}

const TEMPLATE: &str = "Resources:\n  A:\n    Type: AWS::IAM::User\n";
const TEMPLATE_JSON: &str = "{\"Resources\": {\n  \"A\": {\"Type\": \"AWS::IAM::User\"}}}";
const PLAN: &str = "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.0\",\"resource_changes\":[\n{\"address\":\"aws_iam_user.a\",\"mode\":\"managed\",\
    \"type\":\"aws_iam_user\",\"name\":\"a\",\"change\":{\"actions\":[\"create\"],\"before\":null,\"after\":{\"name\":\"a\"},\"after_unknown\":{}}}]}";
const POLICY: &str =
    "{\"Version\": \"2012-10-17\",\n \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}]}";

#[test]
fn standard_input_in_each_format() {
    let project = Project::of(&[("main.tf", &user("beside"))]);
    for (text, resource, line) in [
        (user("a"), "aws_iam_user.a", 1),
        (TEMPLATE.to_owned(), "A", 2),
        (TEMPLATE_JSON.to_owned(), "A", 2),
        (PLAN.to_owned(), "aws_iam_user.a", 2),
        (format!("\u{FEFF}{PLAN}"), "aws_iam_user.a", 2),
    ] {
        let ended = project.run_with(&["-", "--rules", "team", "--rule", RULE, "--format", "json"], text.as_bytes());
        assert_eq!(ended.status, 1);
        assert_eq!(found(&ended.json()), [format!("{resource} <stdin>:{line}")], "{text}");
    }
    let rule = "title = 't'\nseverity = 'high'\ntarget = 'statement'\nmessage = 'all'\n[match]\nadmin = true\n";
    project.write("team/team-admin.toml", rule);
    let arguments = ["-", "--rules", "team", "--rule", "team-admin", "--format", "json"];
    let ended = project.run_with(&arguments, POLICY.as_bytes());
    assert_eq!((ended.status, found(&ended.json()).len()), (1, 1));
    assert_eq!(ended.json()["findings"][0]["line"], 2);
    // Beside standard input, paths are read as ever.
    let arguments = ["-", "main.tf", "--rules", "team", "--rule", RULE, "--format", "json"];
    let ended = project.run_with(&arguments, user("a").as_bytes());
    assert_eq!(found(&ended.json()), ["aws_iam_user.a <stdin>:1", "aws_iam_user.beside main.tf:1"]);
}

#[test]
fn files_are_told_by_their_content() {
    let project = Project::of(&[
        ("stack.template", TEMPLATE),
        ("stack.json", TEMPLATE_JSON),
        ("plan.json", PLAN),
        ("config.tf.json", "{\"resource\": {\"aws_iam_user\": {\"j\": {\"name\": \"j\"}}}}"),
        ("tofu/main.tofu", &user("tofu")),
        ("data.json", "{\"a\": 1}"),
    ]);
    let (_, report) = project.report(&[]);
    let expected = [
        "A stack.json:2",
        "A stack.template:2",
        "aws_iam_user.a plan.json:2",
        "aws_iam_user.j config.tf.json:1",
        "aws_iam_user.tofu tofu/main.tofu:1",
    ];
    assert_eq!(found(&report), expected);
    assert_eq!(told(&report), [] as [&str; 0]);
    assert_eq!(report["summary"]["files"], 5);
}

#[cfg(unix)]
#[test]
fn links_within_the_tree_are_followed_once() {
    let project = Project::of(&[("real/main.tf", &user("a"))]);
    link(&project.path("real"), &project.path("again"));
    link(&project.path("real/main.tf"), &project.path("copy.tf"));
    let (status, report) = project.report(&[]);
    assert_eq!((status, found(&report).len(), told(&report).len()), (1, 1, 0), "{report:#}");
}

#[test]
fn variables_come_from_files_options_and_the_environment() {
    let text = "variable \"n\" {}\nresource \"aws_iam_user\" \"u\" {\n  name = var.n\n}\n";
    let project = Project::of(&[("main.tf", text), ("x.tfvars", "n = \"from-file\"\n")]);
    let message = |arguments: &[&str], variable: Option<&str>| {
        let mut command = project.command();
        command.args(["--rules", "team", "--rule", RULE, "--format", "csv"]).args(arguments);
        if let Some(value) = variable {
            command.env("TF_VAR_n", value);
        }
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(message(&[], Some("from-environment")).contains("user `from-environment`"));
    assert!(message(&["--var-file", "x.tfvars"], Some("from-environment")).contains("user `from-file`"));
    // The later one wins, as it does for Terraform.
    assert!(message(&["--var-file", "x.tfvars", "--var", "n=from-option"], None).contains("user `from-option`"));
    assert!(message(&["--var", "n=from-option", "--var-file", "x.tfvars"], None).contains("user `from-file`"));
    let template = "Parameters:\n  N:\n    Type: String\nResources:\n  A:\n    Type: AWS::IAM::User\n    Properties:\n      UserName: !Ref N\n";
    project.write("t/t.yaml", template);
    assert!(message(&["t", "--parameter", "N=from-parameter"], None).contains("user `from-parameter`"));
    project.scan(&["--var", "n"]).says(2, &["NAME=VALUE"]);
}

#[test]
fn variable_files_of_the_folder_are_not_those_of_standard_input() {
    let text = "variable \"n\" {\n  default = \"own\"\n}\nresource \"aws_iam_user\" \"u\" {\n  name = var.n\n}\n";
    let project =
        Project::of(&[("terraform.tfvars", "n = \"folder\"\n"), ("x.auto.tfvars", "n = "), ("d/main.tf", text)]);
    let ended = project.run_with(&["-", "--rules", "team", "--rule", RULE], text.as_bytes());
    ended.says(1, &["user `own`"]);
    project.run(&["test"]).says(0, &[" 0 failed"]);
    project.write("d/terraform.tfvars", "n = \"folder\"\n");
    project.scan(&["d"]).says(1, &["user `folder`"]);
}

#[test]
fn a_variable_file_may_lie_anywhere_if_it_is_named() {
    let text =
        "variable \"n\" {}\nresource \"aws_iam_user\" \"u\" {\n  name = var.n\n  path = file(\"../x.tfvars\")\n}\n";
    let project = Project::of(&[("d/main.tf", text), ("x.tfvars", "n = \"outside\"\n"), ("y.tfvars", "n = 1\n")]);
    project.scan(&["d", "--var-file", "x.tfvars"]).says(1, &["user `outside`"]);
    #[cfg(unix)]
    {
        link(&project.path("y.tfvars"), &project.path("d/link.tfvars"));
        project.scan(&["d", "--var-file", "d/link.tfvars"]).says(2, &["outside of the scanned tree"]);
    }
}

#[test]
fn files_that_are_too_large_are_not_read() {
    let project = Project::of(&[("main.tf", &user("u"))]);
    for (name, head) in [
        ("large.tf", "# nothing\n"),
        ("data.json", "{\"Records\": [{\"Statement\": \"AWS::\"}]}"),
        ("plan.json", "{\"checks\": [], \"format_version\": \"1.2\", \"resource_changes\": 1,"),
        ("plan.tf.json", "{\"format_version\": \"1.2\", \"resource_changes\": 1,"),
    ] {
        project.write(name, head);
        let file = fs::File::options().write(true).open(project.path(name)).unwrap();
        file.set_len((64 << 20) + 1).unwrap();
    }
    let (status, report) = project.report(&[]);
    // The plan was read: what follows its head is no JSON.
    assert_eq!(told(&report), ["unreadable large.tf:null", "plan-syntax plan.json:1", "unreadable plan.tf.json:null"]);
    assert_eq!((status, found(&report)), (2, vec!["aws_iam_user.u main.tf:1".to_owned()]));
    project.scan(&["data.json"]).says(2, &["`data.json` cannot be read: it is larger than 64 MiB"]);
}

#[test]
fn a_variable_that_no_root_declares_is_told() {
    let text = "variable \"n\" {}\nresource \"aws_iam_user\" \"u\" {\n  name = var.n\n}\n";
    let project = Project::of(&[("a/main.tf", text), ("b/main.tf", "locals {}\n")]);
    let (status, report) = project.report(&["--var", "n=x", "--var", "typo=1"]);
    assert_eq!((status, told(&report)), (1, vec!["undeclared-variable -:null".to_owned()]));
    project.scan(&["--var", "typo=1"]).says(1, &["no root module declares the variable `typo`"]);
    project.write("t/t.yaml", TEMPLATE);
    assert_eq!(told(&project.report(&["t", "--var", "n=1"]).1), [] as [&str; 0]);
}

#[test]
fn a_value_that_is_no_constant_is_unknown() {
    let text = "variable \"n\" {\n  default = \"default\"\n}\nresource \"aws_iam_user\" \"u\" {\n  name = var.n\n}\n";
    let project = Project::of(&[("main.tf", text), ("terraform.tfvars", "# values\nn = upper(\"x\")\n")]);
    let (_, report) = project.report(&[]);
    assert_eq!(told(&report), ["variable-value terraform.tfvars:2"], "{report:#}");
    let shown = project.run(&["show", "--format", "json"]);
    assert_eq!(shown.json()["units"][0]["resources"][0]["unknown"], serde_json::json!(["name"]));
}

#[test]
fn text_of_the_command_line_is_what_the_type_says() {
    let value = |declared: &str, text: &str| {
        let main = format!(
            "variable \"v\" {{ {declared} }}\nresource \"aws_iam_user\" \"u\" {{\n  name = \"n\"\n  tags = {{ v = var.v }}\n}}\n"
        );
        let project = Project::of(&[("main.tf", &main)]);
        let by_option = project.run(&["show", "--format", "json", "--var", &format!("v={text}")]);
        let output = project.command().args(["show", "--format", "json"]).env("TF_VAR_v", text).output().unwrap();
        let by_environment: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(by_option.json(), by_environment, "{declared} {text}");
        assert_eq!(by_option.status, 0);
        by_environment["units"][0]["resources"][0]["values"]["tags"]["v"].clone()
    };
    let policy = "{\"Statement\":[]}";
    for declared in ["", "type = string", "type = \"string\""] {
        assert_eq!(value(declared, policy), policy, "{declared}");
        assert_eq!(value(declared, "[1]"), "[1]", "{declared}");
    }
    assert_eq!(value("type = any", policy), serde_json::json!({ "Statement": [] }));
    assert_eq!(value("type = list(string)", "[\"a\"]"), serde_json::json!(["a"]));
    assert_eq!(value("type = any", "\"text\""), "text");
    assert_eq!(value("type = number", "7"), 7);
    assert_eq!(value("type = bool", "true"), true);
    let project = Project::of(&[("main.tf", "variable \"v\" {\n  type = list(string)\n}\n")]);
    project.scan(&["--var", "v=hunter2"]).says(0, &["--var v: ", "is no constant"]).keeps_silent(&["hunter2"]);
    // Terraform refuses these.
    assert_eq!(value("type = list(string)", "word"), serde_json::Value::Null);
    assert_eq!(value("type = list(string)", "[\"a\""), serde_json::Value::Null);
}

#[cfg(unix)]
#[test]
fn a_file_has_one_name_whatever_link_leads_to_it() {
    let module = "variable \"n\" {\n  default = \"x\"\n}\nresource \"aws_iam_user\" \"u\" {\n  name = var.n\n}\n";
    let project = Project::of(&[("shared/common.data", "n = \"shared\"\n")]);
    for folder in ["a", "b", "c", "d"] {
        project.write(&format!("{folder}/main.tf"), module);
        link(&project.path("shared/common.data"), &project.path(&format!("{folder}/terraform.tfvars")));
    }
    let shown = project.run(&["show", "--format", "json"]).json();
    assert_eq!(shown["units"][3]["resources"][0]["values"]["name"], "shared");
    project.write("shared/common.data", "n = oops()\n");
    for _ in 0..5 {
        assert_eq!(told(&project.report(&[]).1), ["variable-value shared/common.data:1"]);
    }
    // And by the path that was named where no link is followed.
    let (_, report) = project.report(&["./a/../b/main.tf"]);
    assert_eq!(found(&report), ["aws_iam_user.u b/main.tf:4"]);
}

#[test]
fn the_workspace_comes_from_the_option_or_the_environment() {
    let project = Project::of(&[("main.tf", "resource \"aws_iam_user\" \"u\" {\n  name = terraform.workspace\n}\n")]);
    let name = |arguments: &[&str], environment: Option<&str>| {
        let mut command = project.command();
        command.args(["show", "--format", "json"]).args(arguments);
        if let Some(value) = environment {
            command.env("TF_WORKSPACE", value);
        }
        let shown: serde_json::Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        shown["units"][0]["resources"][0]["values"]["name"].clone()
    };
    assert_eq!(name(&[], None), serde_json::Value::Null);
    assert_eq!(name(&[], Some("of-environment")), "of-environment");
    assert_eq!(name(&["--workspace", "of-option"], Some("of-environment")), "of-option");
}
