//! `iacscan access`

use serde_json::json;

use crate::harness::{Ended, Project};

fn estate() -> Project {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/access/main.tf");
    Project::of(&[("infra/main.tf", &std::fs::read_to_string(path).unwrap())])
}

fn access(project: &Project, arguments: &[&str]) -> Ended {
    project.run(&[&["access", "infra"], arguments].concat())
}

#[test]
fn each_format_tells_the_same_estate() {
    let project = estate();
    for format in ["text", "json", "mermaid"] {
        let ended = access(&project, &["--format", format]);
        assert_eq!((ended.status, ended.error.as_str()), (0, ""));
        insta::assert_snapshot!(format!("access_{format}"), ended.out);
        for threads in ["1", "3"] {
            assert_eq!(access(&project, &["--format", format, "--threads", threads]).out, ended.out, "{format}");
        }
    }
}

#[test]
fn one_principal_is_asked_for_by_name_or_address() {
    let project = estate();
    let by_name = access(&project, &["--principal", "ann"]);
    by_name.says(0, &["user `ann`", "member of    developers", "escalates to administrator"]);
    by_name.keeps_silent(&["user `ben`", "role `vendor`"]);
    let by_address = access(&project, &["--principal", "aws_iam_user.developer[\"ann\"]"]);
    assert_eq!(by_address.out, by_name.out);
    access(&project, &["--principal", "ann", "--principal", "idle"]).says(0, &["user `ann`", "user `idle`"]);
    // A picture of one has those whom one is tied to.
    let picture = access(&project, &["--principal", "ann", "--format", "mermaid"]);
    picture.says(0, &["user ann", "group developers", "role ci-admin"]).keeps_silent(&["ben", "vendor"]);
    let nobody = access(&project, &["--principal", "zoe"]);
    nobody.says(2, &["there is no user, group or role `zoe`", "`iacscan access` lists them all"]);
    assert_eq!(nobody.out, "");
}

#[test]
fn who_can_is_answered_with_the_statement() {
    let project = estate();
    let ended = access(&project, &["--who-can", "S3:getobject"]);
    ended.says(
        0,
        &[
            "who may do s3:GetObject",
            "user `ann`: yes",
            "role `ci-admin`: yes",
            "role `vendor`: yes, where the condition holds: Bool aws:SecureTransport",
            "which allows `s3:GetObject`  infra/main.tf:25",
        ],
    );
    ended.keeps_silent(&["`idle`", "`open`"]);
    let elsewhere = access(&project, &["--who-can", "s3:GetObject", "--resource", "arn:aws:s3:::payroll/2026"]);
    elsewhere.says(0, &["on arn:aws:s3:::payroll/2026", "role `ci-admin`: yes"]).keeps_silent(&["`ann`"]);
    let json = access(&project, &["--who-can", "iam:CreateUser", "--format", "json"]).json();
    assert_eq!(json["question"], json!({"action": "iam:CreateUser", "resource": null}));
    let principals = json["units"][0]["principals"].as_array().unwrap();
    let answers: Vec<_> = principals.iter().map(|one| (&one["name"], &one["answer"]["answer"])).collect();
    assert_eq!(answers, [(&json!("ci-admin"), &json!("yes"))]);
    let nobody = project.run(&["access", "infra", "--who-can", "s3:GetObject", "--principal", "idle"]);
    nobody.says(0, &["nobody by what is known"]);
}

#[test]
fn who_can_is_answered_from_policies_of_resources() {
    let project = Project::of(&[(
        "infra/main.tf",
        r#"
resource "aws_iam_user" "reader" { name = "reader" }
resource "aws_iam_user" "idle" { name = "idle" }
resource "aws_s3_bucket" "data" { bucket = "data" }
resource "aws_s3_bucket_policy" "data" {
  bucket = aws_s3_bucket.data.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::data/*", Principal = { AWS = [aws_iam_user.reader.arn, "222222222222"] } },
    { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::data/public/*", Principal = "*" },
    { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::data/*", Principal = { Service = "cloudfront.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = "111111111111" } } },
    { Effect = "Deny", Action = "s3:GetObject", Resource = "arn:aws:s3:::data/secret", Principal = "*" },
  ] })
}
"#,
    )]);
    let on = |key: &str| format!("arn:aws:s3:::data/{key}");
    let ask = |key: &str, more: &[&str]| {
        let resource = on(key);
        access(&project, &[&["--who-can", "s3:GetObject", "--resource", &resource], more].concat())
    };
    let text = ask("a", &[]);
    text.says(
        0,
        &[
            "user `reader`: yes",
            "the policy of `aws_s3_bucket_policy.data` names user `reader`  infra/main.tf:8",
            "account `222222222222`, whoever its administrators let: yes",
            "service `cloudfront.amazonaws.com`: yes, where the condition holds: StringEquals aws:SourceAccount",
        ],
    );
    text.keeps_silent(&["everybody", "idle"]);
    ask("public/a", &[]).says(0, &["everybody: yes", "user `idle`: yes"]);
    ask("secret", &[]).says(0, &["nobody by what is known"]).keeps_silent(&["yes"]);
    // Who asks about one does not ask about others.
    let one = ask("a", &["--principal", "arn:aws:iam::111111111111:user/reader"]);
    one.says(0, &["user `reader`: yes"]).keeps_silent(&["222222222222", "cloudfront"]);
    let json = ask("a", &["--format", "json"]).json();
    let others = json["units"][0]["others"].as_array().unwrap();
    let told: Vec<_> = others.iter().map(|one| (&one["kind"], &one["name"], &one["answer"]["answer"])).collect();
    let (yes, by) = (json!("yes"), json!("aws_s3_bucket_policy.data"));
    let (account, service) = (json!("account"), json!("service"));
    let (number, name) = (json!("222222222222"), json!("cloudfront.amazonaws.com"));
    assert_eq!(told, [(&account, &number, &yes), (&service, &name, &yes)]);
    assert!(others.iter().all(|one| one["by"] == by));
    assert_eq!(others[1]["answer"]["conditions"], json!(["StringEquals aws:SourceAccount"]));
    let picture = ask("a", &["--format", "mermaid"]);
    picture
        .says(0, &["s3:GetObject<br/>arn:aws:s3:::data/a", "account 222222222222", "under a condition", "user reader"]);
    picture.keeps_silent(&["idle", "everybody"]);
    // Without the question there is nobody else to tell of.
    assert!(access(&project, &["--format", "json"]).json()["units"][0]["others"].is_null());
}

#[test]
fn a_principal_is_asked_for_by_its_arn() {
    let project = estate();
    let by_name = access(&project, &["--principal", "ann"]);
    let by_arn = access(&project, &["--principal", "arn:aws:iam::123456789012:user/ann"]);
    assert_eq!((by_arn.status, &by_arn.out), (0, &by_name.out));
    access(&project, &["--principal", "arn:aws:iam::123456789012:role/ann"])
        .says(2, &["there is no user, group or role"]);
    let elsewhere = ["--account", "111111111111", "--principal", "arn:aws:iam::123456789012:user/ann"];
    access(&project, &elsewhere).says(2, &["there is no user, group or role"]);
}

#[test]
fn calls_that_are_wrong_say_how_they_are_right() {
    let project = estate();
    let run = |arguments: &[&str]| access(&project, arguments);
    run(&["--who-can", "s3:GetObjec"]).says(2, &["there is no action `s3:GetObjec`", "did you mean `s3:GetObject`?"]);
    run(&["--who-can", "s3:*"]).says(2, &["name one action, without a wildcard"]);
    run(&["--who-can", "nonsense\u{1b}[31m"]).says(2, &["a service and a name"]).keeps_silent(&["\u{1b}[31m"]);
    run(&["--resource", "arn:aws:s3:::a"]).says(2, &["--who-can"]);
    run(&["--format", "sarif"]).says(2, &["mermaid"]);
    let empty = Project::of(&[("infra/a.tf", "locals { a = 1 }\n")]);
    access(&empty, &[]).says(0, &["there are no users, groups or roles"]);
    access(&empty, &["--format", "mermaid"]).says(0, &["flowchart LR", "no users, groups or roles"]);
    let broken = Project::of(&[("infra/a.tf", "resource \"aws_iam_user\" \"a\" {\n")]);
    assert_eq!(access(&broken, &[]).status, 2);
}

#[test]
fn help_tells_what_is_told() {
    let help = Project::of(&[]).run(&["access", "--help"]);
    help.says(
        0,
        &["--who-can <ACTION>", "--principal <NAME>", "--resource <ARN>", "mermaid", "service control policies"],
    );
}

#[test]
fn hostile_names_stay_names() {
    let name = r#"x\"]; click n0 href \"javascript:alert(1)\"; n9[\"<img src=x onerror=alert(1)>%%{init:{}}%%`#"#;
    let text = format!(
        "resource \"aws_iam_user\" \"a\" {{\n  name = \"{name}\"\n}}\n\
         resource \"aws_iam_user_policy_attachment\" \"a\" {{\n  user = aws_iam_user.a.name\n  \
         policy_arn = \"arn:aws:iam::aws:policy/AdministratorAccess\"\n}}\n\
         resource \"aws_iam_user\" \"b\" {{\n  name = \"evil\\u001b]0;title\\u0007\\n  n0 --> n1\\u202e AKIAQWERTYUIOPASDFGH\"\n}}\n\
         resource \"aws_iam_user_policy_attachment\" \"b\" {{\n  user = aws_iam_user.b.name\n  \
         policy_arn = \"arn:aws:iam::aws:policy/AdministratorAccess\"\n}}\n"
    );
    let project = Project::of(&[("infra/main.tf", &text)]);
    let picture = access(&project, &["--format", "mermaid"]);
    picture.says(0, &["administrator"]).keeps_silent(&["<img", "\"]; click", "javascript:alert(", "QWERTYUIOPASDFGH"]);
    let allowed = |line: &&str| {
        let line = line.trim_start();
        let starts = ["%%{init: {\"flowchart\"", "flowchart LR", "classDef ", "linkStyle ", "n0", "n1", "n2"];
        starts.iter().any(|start| line.starts_with(start)) && !line.contains("click")
    };
    let odd: Vec<&str> = picture.out.lines().filter(|line| !allowed(line)).collect();
    assert!(odd.len() <= 1, "{odd:?}");
    for line in picture.out.lines().filter(|line| line.trim_start().starts_with('n')) {
        assert_eq!(line.matches('"').count(), 2, "{line}");
        assert!(line.ends_with(":::administrator") || line.ends_with(":::folded"), "{line}");
    }
    let text = access(&project, &[]);
    text.keeps_silent(&["\u{1b}", "\u{7}", "\u{202e}", "QWERTYUIOPASDFGH"]);
    let json = access(&project, &["--format", "json"]);
    json.keeps_silent(&["\u{1b}", "\\u001b", "QWERTYUIOPASDFGH"]);
    assert!(json.json()["units"][0]["principals"].as_array().is_some_and(|all| all.len() == 2));
}

#[test]
fn a_large_estate_stays_small() {
    let mut text = String::new();
    for at in 0..120 {
        let trust = format!(
            "jsonencode({{ Statement = [{{ Effect = \"Allow\", Action = \"sts:AssumeRole\", \
             Principal = {{ AWS = \"arn:aws:iam::{:012}:root\" }} }}] }})",
            210_000_000_000_u64 + at
        );
        text += &format!(
            "resource \"aws_iam_role\" \"r{at}\" {{\n  name = \"r{at}\"\n  assume_role_policy = {trust}\n}}\n"
        );
        text += &format!("resource \"aws_iam_user\" \"u{at}\" {{\n  name = \"u{at}\"\n}}\n");
    }
    text += "resource \"aws_iam_role_policy_attachment\" \"last\" {\n  role = aws_iam_role.r119.name\n  \
             policy_arn = \"arn:aws:iam::aws:policy/AdministratorAccess\"\n}\n";
    let project = Project::of(&[("infra/main.tf", &text)]);
    let picture = access(&project, &["--format", "mermaid"]);
    assert!(picture.out.lines().count() < 60, "{}", picture.out);
    // The administrator and who may assume it come first, and what is left out is counted.
    picture.says(0, &["role r119<br/>administrator", "account 210000000119", "not shown:<br/>120 users, "]);
}

#[test]
fn a_large_picture_shows_what_matters_and_what_it_is_tied_to() {
    let mut text = String::new();
    for at in 0..100 {
        text += &format!("resource \"aws_iam_user\" \"u{at}\" {{ name = \"u{at}\" }}\n");
        text += &format!("resource \"aws_iam_group\" \"g{at}\" {{ name = \"g{at}\" }}\n");
        text += &format!(
            "resource \"aws_iam_user_group_membership\" \"u{at}\" {{\n  user = aws_iam_user.u{at}.name\n  \
             groups = [aws_iam_group.g{at}.name]\n}}\n"
        );
        if at < 20 {
            text += &format!(
                "resource \"aws_iam_user_policy\" \"u{at}\" {{\n  user = aws_iam_user.u{at}.name\n  policy = \
                 jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Action = \
                 \"iam:AttachUserPolicy\", Resource = \"*\" }}] }})\n}}\n"
            );
        }
        let service = ["ec2", "lambda", "glue"][at % 3];
        text += &format!(
            "resource \"aws_iam_role\" \"r{at}\" {{\n  name = \"r{at}\"\n  assume_role_policy = jsonencode({{ Statement = \
             [{{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = {{ Service = \"{service}.amazonaws.com\" }} }}] }})\n}}\n\
             resource \"aws_iam_role_policy_attachment\" \"r{at}\" {{\n  role = aws_iam_role.r{at}.name\n  \
             policy_arn = \"arn:aws:iam::aws:policy/AdministratorAccess\"\n}}\n"
        );
    }
    let project = Project::of(&[("infra/main.tf", &text)]);
    let picture = access(&project, &["--format", "mermaid"]);
    picture.says(
        0,
        &[
            "20 users<br/>u0, u1, u2, …<br/>can become administrator",
            "100 roles<br/>r0, r1, r2, …<br/>administrator\"",
            "==>|\"iam-attach-user-policy\"|",
            "not shown:<br/>80 users, 100 groups\"",
        ],
    );
    let plain = picture.out.lines().filter(|line| line.ends_with(":::plain"));
    for line in plain {
        let id = line.trim_start().split(['(', '[', '{']).next().unwrap();
        let is_tied = |edge: &str| edge.contains("> ") && edge.split_whitespace().any(|part| part == id);
        assert!(picture.out.lines().any(is_tied), "{line} is tied to nothing");
    }
}

#[test]
fn configurations_without_a_part_in_the_picture_are_counted() {
    let one = |at: usize| {
        let text = format!(
            "resource \"aws_iam_user\" \"a\" {{ name = \"u{at}\" }}\n\
             resource \"aws_iam_user_policy_attachment\" \"a\" {{\n  user = aws_iam_user.a.name\n  \
             policy_arn = \"arn:aws:iam::aws:policy/AdministratorAccess\"\n}}\n"
        );
        (format!("infra/u{at}/main.tf"), text)
    };
    let files: Vec<(String, String)> = (0..40).map(one).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let picture = access(&Project::of(&files), &["--format", "mermaid"]);
    picture.says(0, &["subgraph u23", "16 configurations not shown:<br/>16 users\"]:::folded"]);
    picture.keeps_silent(&["subgraph u24", "\"not shown:"]);
}

#[test]
fn who_escalates_has_it_written_on() {
    let project = Project::of(&[(
        "infra/main.tf",
        r#"
resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_group" "readers" { name = "readers" }
resource "aws_iam_user_group_membership" "ann" {
  user   = aws_iam_user.ann.name
  groups = [aws_iam_group.readers.name]
}
resource "aws_iam_user_policy" "ann" {
  user   = aws_iam_user.ann.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "lambda:UpdateFunctionCode", Resource = "*" }] })
}
resource "aws_iam_role" "ci" {
  name = "ci"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Action = "sts:AssumeRoleWithWebIdentity"
    Principal = { Federated = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com" }
    Condition = {
      StringEquals = { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com" }
      StringLike = { "token.actions.githubusercontent.com:sub" = "repo:acme/app:*" }
    }
  }] })
}
"#,
    )]);
    // A group that can nothing of it explains nothing.
    access(&project, &["--format", "mermaid"]).says(
        0,
        &[
            "user ann<br/>escalates by lambda-replace-code",
            "group readers",
            "|\"if aud and sub fit\"|",
            "{{\"token.actions.githubusercontent.com\"}}",
        ],
    );
}

#[test]
fn a_trust_names_principals_as_everything_else_does() {
    let project = Project::of(&[(
        "infra/main.tf",
        r#"
variable "partner" {}
data "aws_caller_identity" "me" {}
resource "aws_iam_user" "ann" { name = "ann-of-ops" }
resource "aws_iam_role" "ci" {
  name               = "ci"
  assume_role_policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}
resource "aws_iam_openid_connect_provider" "forge" { url = "https://token.actions.githubusercontent.com" }
resource "aws_iam_saml_provider" "idp" {
  name                   = "okta"
  saml_metadata_document = "<x/>"
}
resource "aws_iam_role" "deploy" {
  name = "deploy"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = [aws_iam_role.ci.arn, aws_iam_user.ann.arn] } },
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:role/elsewhere" } },
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::${var.partner}:root" } },
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::222222222222:role/theirs" } },
    { Effect = "Allow", Action = "sts:AssumeRoleWithWebIdentity", Principal = { Federated = aws_iam_openid_connect_provider.forge.arn }
      Condition = { StringLike = { "token.actions.githubusercontent.com:sub" = "repo:acme/app:*" } } },
    { Effect = "Allow", Action = "sts:AssumeRoleWithSAML", Principal = { Federated = aws_iam_saml_provider.idp.arn } },
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "AIDAEXAMPLEEXAMPLEEXA" } },
  ] })
}
"#,
    )]);
    let text = access(&project, &["--principal", "deploy"]);
    text.says(
        0,
        &[
            "trusts       role `ci`  infra/main.tf:17",
            "trusts       user `ann-of-ops`  infra/main.tf:17",
            "trusts       role `elsewhere` of the own account  infra/main.tf:18",
            "trusts       account `${var.partner}`  infra/main.tf:19",
            "trusts       role `arn:aws:iam::222222222222:role/theirs` from outside  infra/main.tf:20",
            "trusts       OIDC provider `token.actions.githubusercontent.com`, under a condition: StringLike token.actions.githubusercontent.com:sub  infra/main.tf:21",
            "trusts       SAML provider `okta`  infra/main.tf:23",
            "trusts       the deleted principal `AIDAEXAMPLEEXAMPLEEXA`  infra/main.tf:24",
        ],
    );
    text.keeps_silent(&["aws_iam_role.ci.arn", ".arn"]);
    let json = access(&project, &["--principal", "deploy", "--format", "json"]).json();
    let trusts = json["units"][0]["principals"][0]["trusts"].as_array().unwrap();
    assert_eq!((&trusts[0]["name"], &trusts[0]["address"]), (&json!("ci"), &json!("aws_iam_role.ci")));
    assert_eq!(trusts[5]["conditions"], json!(["StringLike token.actions.githubusercontent.com:sub"]));
    assert_eq!(trusts[2]["address"], json!(null));
    let picture = access(&project, &["--format", "mermaid"]);
    picture
        .says(0, &["user ann-of-ops", "role/theirs of 222222222222", "5 others outside", "|\"if sub fits\"|"])
        .keeps_silent(&[".arn"]);
}

const GUARDED: &str = r#"
resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}
resource "aws_s3_bucket_policy" "data" {
  bucket = "data"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::data/*", Principal = "*" },
    { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::data/*", Principal = { Service = "cloudfront.amazonaws.com" } },
  ] })
}
resource "aws_s3_bucket_public_access_block" "data" {
  bucket                  = "data"
  restrict_public_buckets = true
}
resource "aws_vpc_endpoint" "s3" {
  vpc_id       = "vpc-12345678"
  service_name = "com.amazonaws.eu-west-1.s3"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::other/*", Principal = "*" }] })
}
resource "aws_vpc_endpoint" "open" {
  vpc_id       = "vpc-12345678"
  service_name = "com.amazonaws.eu-west-1.s3"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*", Principal = "*" }] })
}
resource "aws_vpc_endpoint" "sqs" {
  vpc_id       = "vpc-12345678"
  service_name = "com.amazonaws.eu-west-1.sqs"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "*", Resource = "*", Principal = "*" }] })
}
resource "aws_kms_key" "closed" {
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = "arn:aws:iam::111111111111:user/keeper" } }] })
}
resource "aws_kms_grant" "app" {
  key_id            = aws_kms_key.closed.key_id
  grantee_principal = aws_iam_role.app.arn
  operations        = ["Decrypt"]
  constraints { encryption_context_equals = { Department = "Finance" } }
}
"#;

#[test]
fn who_can_asks_blocks_grants_and_tells_of_endpoints() {
    let project = Project::of(&[("infra/main.tf", GUARDED)]);
    let ask = |arguments: &[&str]| access(&project, &[&["--account", "111111111111"], arguments].concat());
    let on = ["--who-can", "s3:GetObject", "--resource", "arn:aws:s3:::data/a"];
    ask(&on).says(
        0,
        &[
            "user `ann`: yes",
            "service `cloudfront.amazonaws.com`: yes",
            "everybody: kept out\n  the policy of `aws_s3_bucket_policy.data` names everybody  infra/main.tf:10",
            "  `aws_s3_bucket_public_access_block.data` lets in only the own account and services  infra/main.tf:16",
            "not judged: requests through `aws_vpc_endpoint.s3` must pass its policy, too  infra/main.tf:21",
        ],
    )
    .keeps_silent(&["everybody: yes", "aws_vpc_endpoint.open", "aws_vpc_endpoint.sqs"]);
    let json = ask(&[&on[..], &["--format", "json"]].concat()).json();
    let unit = &json["units"][0];
    let names = |list: &str| {
        unit[list].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("others"), ["cloudfront.amazonaws.com"]);
    assert_eq!((names("kept_out"), names("filters")), (vec!["*".to_owned()], vec!["aws_vpc_endpoint.s3".to_owned()]));
    assert_eq!(unit["kept_out"][0]["answer"]["answer"], json!("no"));
    ask(&["--who-can", "kms:Decrypt"]).says(
        0,
        &[
            "role `app`: yes, where the condition holds: StringEqualsIfExists kms:EncryptionContext:department",
            "  `aws_kms_grant.app` names role `app`  infra/main.tf:39",
            "user `keeper` of the own account: yes",
        ],
    );
    // Whoever is kept out is not drawn as one who may.
    ask(&[&on[..], &["--format", "mermaid"]].concat()).says(0, &["cloudfront"]).keeps_silent(&["everybody"]);
}

#[test]
fn what_narrows_a_principal_is_shown_and_what_is_not_known_has_its_place() {
    let project = Project::of(&[(
        "infra/main.tf",
        r#"
variable "more" {}
resource "aws_iam_policy" "ceiling" {
  name   = "ceiling"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:Get*", Resource = "*" }] })
}
resource "aws_iam_user" "ann" {
  name                 = "ann"
  permissions_boundary = aws_iam_policy.ceiling.arn
}
resource "aws_iam_user_policy_attachment" "ann" {
  user       = aws_iam_user.ann.name
  policy_arn = var.more
}
resource "aws_iam_user" "boss" { name = "boss" }
resource "aws_iam_user_policy_attachment" "boss" {
  user       = aws_iam_user.boss.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
resource "aws_organizations_policy" "guard" {
  name    = "guard"
  content = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "sqs:*", Resource = "*" }] })
}
resource "aws_organizations_policy_attachment" "guard" {
  policy_id = aws_organizations_policy.guard.id
  target_id = "r-abcd"
}
"#,
    )]);
    let ended = access(&project, &[]);
    ended.says(
        0,
        &[
            "# terraform infra\nadministrators: user `boss`\n",
            "within service control policy `aws_organizations_policy.guard`  infra/main.tf:20",
            "  within       permissions boundary `ceiling`  infra/main.tf:9",
            "  there may be more: `var.more` has no value  infra/main.tf:13",
            "policy `AdministratorAccess`  infra/main.tf:18",
        ],
    );
    // What is a principal's own needs no name.
    ended.keeps_silent(&["is attached to user `boss`"]);
    access(&project, &["--format", "mermaid"]).says(0, &["user ann<br/>may have more"]);
    let json = access(&project, &["--principal", "ann", "--format", "json"]).json();
    let ann = &json["units"][0]["principals"][0];
    assert_eq!(ann["within"][0]["kind"], json!("permissions-boundary"));
    assert_eq!((&ann["within"][0]["name"], &ann["within"][0]["line"]), (&json!("ceiling"), &json!(9)));
    assert_eq!(ann["within"][1]["kind"], json!("service-control-policy"));
    assert_eq!(ann["incomplete_at"]["line"], json!(13));
}

#[test]
fn what_is_misspelt_is_answered_with_what_may_be_meant() {
    let project = estate();
    let run = |arguments: &[&str]| access(&project, arguments);
    for (written, meant) in [
        ("s3:GetObjct", "s3:GetObject"),
        ("s3GetObject", "s3:GetObject"),
        ("lamda:InvokeFunction", "lambda:InvokeFunction"),
        ("iam:PasRole", "iam:PassRole"),
    ] {
        run(&["--who-can", written]).says(2, &[&format!("did you mean `{meant}`?")]);
    }
    run(&["--who-can", "GetObject"]).says(2, &["did you mean `mediapackagev2:GetObject`", " or `s3:GetObject`"]);
    run(&["--who-can", "s3:GetOb*"]).says(2, &["without a wildcard, such as `s3:GetObject`"]);
    let on = |resource: &str| run(&["--who-can", "s3:GetObject", "--resource", resource]);
    on("data").says(2, &["`data` is no ARN", "an ARN has six parts"]);
    on("arn:aws:s3:::data").says(2, &["`s3:GetObject` is not done on `arn:aws:s3:::data`", "`arn:*:s3:::*/*`"]);
    on("*").says(0, &["who may do s3:GetObject on *"]);
    run(&["--principal", "vendro"]).says(2, &["did you mean `vendor`?"]);
    run(&["--principal", "arn:aws:iam::123456789012:role/ci-amdin"]).says(2, &["did you mean `ci-admin`?"]);
}

#[test]
fn principals_of_one_name_in_several_units_are_all_told() {
    let user = |policy: &str| {
        format!(
            "resource \"aws_iam_user\" \"a\" {{ name = \"ann\" }}\n\
             resource \"aws_iam_user_policy_attachment\" \"a\" {{\n  user = aws_iam_user.a.name\n  \
             policy_arn = \"arn:aws:iam::aws:policy/{policy}\"\n}}\n"
        )
    };
    let template = "Resources:\n  Ann:\n    Type: AWS::IAM::User\n    Properties: {UserName: ann}\n";
    let project = Project::of(&[
        ("infra/one/main.tf", &user("AdministratorAccess")),
        ("infra/two/main.tf", &user("ReadOnlyAccess")),
        ("infra/stack.yaml", template),
    ]);
    let ended = access(&project, &["--principal", "ann"]);
    ended.says(0, &["# cloudformation infra/stack.yaml", "# terraform infra/one", "# terraform infra/two"]);
    // The logical id is an address of one of them.
    access(&project, &["--principal", "Ann"])
        .says(0, &["user `ann`  Ann  infra/stack.yaml:2"])
        .keeps_silent(&["terraform"]);
}

#[test]
fn whom_one_can_become_is_told_once() {
    let project = Project::of(&[(
        "infra/main.tf",
        r#"
resource "aws_iam_user" "dev" { name = "dev" }
resource "aws_iam_group" "developers" { name = "developers" }
resource "aws_iam_user_group_membership" "dev" {
  user   = aws_iam_user.dev.name
  groups = [aws_iam_group.developers.name]
}
resource "aws_iam_group_policy" "run" {
  group = aws_iam_group.developers.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = ["lambda:CreateFunction", "lambda:InvokeFunction"], Resource = "*" },
    { Effect = "Allow", Action = "iam:PassRole", Resource = aws_iam_role.ci.arn },
  ] })
}
resource "aws_iam_role" "ci" {
  name = "ci-admin"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } },
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_iam_role.runner.arn } },
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = [aws_iam_role.runner.arn] } },
  ] })
}
resource "aws_iam_role_policy_attachment" "ci" {
  role       = aws_iam_role.ci.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
resource "aws_iam_role" "runner" {
  name               = "runner"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}
"#,
    )]);
    for (name, by) in [("dev", "`iam:PassRole` + `lambda:CreateFunction` + "), ("runner", "`sts:AssumeRole`  ")] {
        let told = access(&project, &["--principal", name, "--principal", "developers"]);
        let lines: Vec<&str> = told.out.lines().filter(|line| line.contains("can become   ")).collect();
        assert_eq!(lines.len(), if name == "dev" { 1 } else { 2 }, "{}", told.out);
        assert!(lines.iter().any(|line| line.contains(&format!("role `ci-admin` by {by}"))), "{}", told.out);
    }
    let json = access(&project, &["--format", "json"]).json();
    let passages = json["units"][0]["passages"].as_array().unwrap();
    let ties: std::collections::BTreeSet<String> =
        passages.iter().map(|one| format!("{} {}", one["from"], one["to"])).collect();
    assert_eq!(ties.len(), passages.len(), "{passages:#?}");
}
