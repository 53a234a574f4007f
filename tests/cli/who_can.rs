//! `iacscan access --who-can`: the answers are those of AWS.

use crate::harness::Project;

/// All who may, as `user ann: yes`; `yes if KEY` under a condition, `yes but` where some requests are denied.
fn answers(project: &Project, question: &[&str]) -> Vec<String> {
    let asked = [&["access", "infra", "--account", "111111111111", "--format", "json", "--who-can"], question].concat();
    let ended = project.run(&asked);
    assert_eq!(ended.status, 0, "{}", ended.error);
    let json = ended.json();
    let mut all = Vec::new();
    for unit in json["units"].as_array().unwrap() {
        for list in ["principals", "others", "kept_out"] {
            for one in unit[list].as_array().into_iter().flatten() {
                let answer = &one["answer"];
                let conditions: Vec<&str> =
                    answer["conditions"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
                let more = match (answer["conditional"].as_bool().unwrap(), conditions.as_slice()) {
                    (false, _) => String::new(),
                    (true, []) => " but".to_owned(),
                    (true, all) => format!(" if {}", all.join(", ")),
                };
                let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
                let name = format!("{} {}: {}{more}", text(&one["kind"]), text(&one["name"]), text(&answer["answer"]));
                all.push(name);
            }
        }
    }
    all.sort();
    all
}

fn check(project: &Project, questions: &[(&[&str], &[&str])]) {
    let mut wrong = Vec::new();
    for (question, expected) in questions {
        let found = answers(project, question);
        if found != *expected {
            wrong.push(format!("{question:?}\n  found    {found:?}\n  expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[derive(serde::Deserialize)]
struct Table {
    estate: Vec<Estate>,
}

#[derive(serde::Deserialize)]
struct Estate {
    name: String,
    question: Vec<Question>,
}

#[derive(serde::Deserialize)]
struct Question {
    action: String,
    resource: Option<String>,
    answers: Vec<String>,
}

#[test]
fn each_answer_is_that_of_aws() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/access/who");
    let table: Table = toml::from_str(&std::fs::read_to_string(folder.join("answers.toml")).unwrap()).unwrap();
    let mut count = 0;
    for estate in &table.estate {
        let file = std::fs::read_dir(folder.join(&estate.name)).unwrap().next().unwrap().unwrap().path();
        let name = format!("infra/{}", file.file_name().unwrap().to_string_lossy());
        let project = Project::of(&[(&name, &std::fs::read_to_string(&file).unwrap())]);
        for question in &estate.question {
            let mut asked = vec![question.action.as_str()];
            asked.extend(question.resource.iter().flat_map(|resource| ["--resource", resource.as_str()]));
            assert_eq!(answers(&project, &asked), question.answers, "{} {asked:?}", estate.name);
            count += 1;
        }
    }
    assert!(count >= 118, "{count}");
}

const LISTS: &str = r#"
variable "list" {}
data "aws_canonical_user_id" "me" {}
resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_s3_bucket" "on" { bucket = "on" }
resource "aws_s3_bucket_ownership_controls" "on" {
  bucket = aws_s3_bucket.on.id
  rule { object_ownership = "BucketOwnerPreferred" }
}
resource "aws_s3_bucket_acl" "on" {
  bucket = aws_s3_bucket.on.id
  acl    = "public-read-write"
}
resource "aws_s3_object" "page" {
  bucket = aws_s3_bucket.on.id
  key    = "index.html"
  acl    = "public-read"
}
resource "aws_s3_bucket" "off" { bucket = "off" }
resource "aws_s3_bucket_ownership_controls" "off" {
  bucket = aws_s3_bucket.off.id
  rule { object_ownership = "BucketOwnerEnforced" }
}
resource "aws_s3_bucket_acl" "off" {
  bucket = aws_s3_bucket.off.id
  acl    = "public-read"
}
resource "aws_s3_bucket" "granted" { bucket = "granted" }
resource "aws_s3_bucket_ownership_controls" "granted" {
  bucket = aws_s3_bucket.granted.id
  rule { object_ownership = "ObjectWriter" }
}
resource "aws_s3_bucket_public_access_block" "granted" {
  bucket             = aws_s3_bucket.granted.id
  ignore_public_acls = true
}
resource "aws_s3_bucket_acl" "granted" {
  bucket = aws_s3_bucket.granted.id
  access_control_policy {
    grant {
      grantee {
        id   = data.aws_canonical_user_id.me.id
        type = "CanonicalUser"
      }
      permission = "FULL_CONTROL"
    }
    grant {
      grantee {
        id   = "52b113e7a2f25102679df27bb0ae12b3f85be6f290b936c4393484be31bebcc1"
        type = "CanonicalUser"
      }
      permission = "FULL_CONTROL"
    }
    grant {
      grantee {
        uri  = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
        type = "Group"
      }
      permission = "READ"
    }
    grant {
      grantee {
        uri  = "http://acs.amazonaws.com/groups/s3/LogDelivery"
        type = "Group"
      }
      permission = "WRITE"
    }
    owner { id = data.aws_canonical_user_id.me.id }
  }
}
resource "aws_s3_bucket" "members" { bucket = "members" }
resource "aws_s3_bucket_ownership_controls" "members" {
  bucket = aws_s3_bucket.members.id
  rule { object_ownership = "ObjectWriter" }
}
resource "aws_s3_bucket_acl" "members" {
  bucket = aws_s3_bucket.members.id
  acl    = "authenticated-read"
}
resource "aws_s3_bucket" "old" {
  bucket = "old"
  acl    = "public-read"
}
resource "aws_s3_bucket" "private" {
  bucket = "private"
  acl    = "private"
}
resource "aws_s3_bucket" "open" { bucket = "open" }
resource "aws_s3_bucket_ownership_controls" "open" {
  bucket = aws_s3_bucket.open.id
  rule { object_ownership = "ObjectWriter" }
}
resource "aws_s3_bucket_acl" "open" {
  bucket = aws_s3_bucket.open.id
  acl    = var.list
}
"#;

#[test]
fn access_control_lists_let_in_where_they_are_on() {
    const CANONICAL: &str = "canonical 52b1…: yes";
    let project = Project::of(&[("infra/main.tf", LISTS)]);
    let on = |resource: &'static str| ["s3:ListBucket", "--resource", resource];
    check(
        &project,
        &[
            (&on("arn:aws:s3:::on"), &["any *: yes", "user ann: yes"]),
            (&["s3:PutObject", "--resource", "arn:aws:s3:::on/a/b"], &["any *: yes", "user ann: yes"]),
            // To write is not to delete, and to list is not to read.
            (&["s3:DeleteObject", "--resource", "arn:aws:s3:::on/a/b"], &[]),
            (&["s3:GetObject", "--resource", "arn:aws:s3:::on/a/b"], &[]),
            (&["s3:GetObject", "--resource", "arn:aws:s3:::on/index.html"], &["any *: yes", "user ann: yes"]),
            (&["s3:GetBucketAcl", "--resource", "arn:aws:s3:::on"], &[]),
            (&on("arn:aws:s3:::off"), &["any *: no"]),
            (&on("arn:aws:s3:::granted"), &["any *: no if signed by some account", CANONICAL]),
            (&["s3:PutBucketAcl", "--resource", "arn:aws:s3:::granted"], &[CANONICAL]),
            (
                &["s3:PutObject", "--resource", "arn:aws:s3:::granted/log"],
                &[CANONICAL, "service logging.s3.amazonaws.com: yes"],
            ),
            (&on("arn:aws:s3:::members"), &["any *: yes if signed by some account", "user ann: yes"]),
            (&on("arn:aws:s3:::old"), &["any *: undecided", "user ann: undecided"]),
            (&on("arn:aws:s3:::private"), &[]),
            (&on("arn:aws:s3:::open"), &["unknown var.list: undecided"]),
        ],
    );
    let text = project.run(&["access", "infra", "--who-can", "s3:ListBucket", "--resource", "arn:aws:s3:::off"]);
    text.says(
        0,
        &[
            "everybody: kept out\n  the access control list of `aws_s3_bucket_acl.off` names everybody  infra/main.tf:26",
            "  `aws_s3_bucket_ownership_controls.off` turns access control lists off  infra/main.tf:22",
        ],
    );
    let ignored = project.run(&["access", "infra", "--who-can", "s3:ListBucket", "--resource", "arn:aws:s3:::granted"]);
    ignored.says(0, &["`aws_s3_bucket_public_access_block.granted` ignores public access control lists"]);
    let old = project.run(&["access", "infra", "--who-can", "s3:ListBucket", "--resource", "arn:aws:s3:::old"]);
    old.says(0, &["undecided: whether access control lists are on for the bucket of aws_s3_bucket.old"]);
}

#[test]
fn access_control_lists_of_templates_count() {
    let project = Project::of(&[(
        "infra/stack.yaml",
        r"
Resources:
  Public:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: public
      AccessControl: PublicRead
      OwnershipControls: {Rules: [{ObjectOwnership: ObjectWriter}]}
  Blocked:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: blocked
      AccessControl: PublicReadWrite
      OwnershipControls: {Rules: [{ObjectOwnership: ObjectWriter}]}
      PublicAccessBlockConfiguration: {BlockPublicAcls: true}
  Logs:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: logs
      AccessControl: LogDeliveryWrite
",
    )]);
    check(
        &project,
        &[
            (&["s3:ListBucket", "--resource", "arn:aws:s3:::public"], &["any *: yes"]),
            (&["s3:ListBucket", "--resource", "arn:aws:s3:::blocked"], &["any *: no"]),
            (&["s3:GetBucketAcl", "--resource", "arn:aws:s3:::logs"], &["service logging.s3.amazonaws.com: undecided"]),
        ],
    );
}

const KEYS: &str = r#"
resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_user_policy" "ann" {
  user   = aws_iam_user.ann.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "kms:Decrypt", Resource = KEY }] })
}
resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}
resource "aws_iam_role_policy" "app" {
  role   = aws_iam_role.app.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "kms:*", Resource = KEY }] })
}
resource "aws_kms_key" "k" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [STATEMENTS] })
}
"#;

#[test]
fn what_a_key_leaves_to_the_account_is_left_under_its_conditions() {
    let root =
        r#"Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = "arn:aws:iam::111111111111:root" }"#;
    let via = r#"Condition = { StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" } }"#;
    let arn = "aws_kms_key.k.arn";
    let cases: [(String, &str, &[&str]); 9] = [
        (format!("{{ {root} }}"), arn, &["role app: yes", "user ann: yes"]),
        (
            format!("{{ {root}, {via} }}"),
            arn,
            &["role app: yes if StringEquals kms:ViaService", "user ann: yes if StringEquals kms:ViaService"],
        ),
        // Of two the one without a condition is enough.
        (format!("{{ {root}, {via} }}, {{ {root} }}"), arn, &["role app: yes", "user ann: yes"]),
        (
            format!(r#"{{ {root}, Condition = {{ StringEquals = {{ "kms:CallerAccount" = "111111111111" }} }} }}"#),
            arn,
            &["role app: yes", "user ann: yes"],
        ),
        (
            format!(r#"{{ {root}, Condition = {{ StringEquals = {{ "kms:CallerAccount" = "222222222222" }} }} }}"#),
            arn,
            &[],
        ),
        (
            format!(
                r#"{{ {root}, Condition = {{ ArnLike = {{ "aws:PrincipalArn" = "arn:aws:iam::111111111111:role/ap*" }} }} }}"#
            ),
            arn,
            &["role app: yes"],
        ),
        (
            format!(r#"{{ {root}, Condition = {{ StringEquals = {{ "aws:PrincipalType" = "User" }} }} }}"#),
            r#""*""#,
            // There may be other keys.
            &["role app: undecided", "user ann: yes"],
        ),
        (
            r#"{ Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = aws_iam_role.app.arn } }"#
                .to_owned(),
            arn,
            &["role app: yes"],
        ),
        (
            format!(
                r#"{{ {root} }}, {{ Effect = "Deny", Action = "kms:Decrypt", Resource = "*", Principal = "*", Condition = {{ StringNotEquals = {{ "aws:PrincipalAccount" = "111111111111" }} }} }}"#
            ),
            arn,
            &["role app: yes", "user ann: yes"],
        ),
    ];
    for (statements, key, expected) in cases {
        let text = KEYS.replace("STATEMENTS", &statements).replace("KEY", key);
        check(&Project::of(&[("infra/main.tf", &text)]), &[(&["kms:Decrypt"], expected)]);
    }
}

#[test]
fn of_a_key_that_is_not_known_nothing_is_certain() {
    let root = r#"{ Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = "arn:aws:iam::111111111111:root" } }"#;
    let text = KEYS.replace("STATEMENTS", root).replace("KEY", r#""*""#);
    check(
        &Project::of(&[("infra/main.tf", &text)]),
        &[(
            &[
                "kms:Decrypt",
                "--resource",
                "arn:aws:kms:eu-west-1:111111111111:key/0d4f5b1c-2a5e-4b1f-9b53-000000000000",
            ],
            &["role app: undecided", "user ann: undecided"],
        )],
    );
}

#[test]
fn a_grant_on_keys_that_leave_nothing_to_the_account_is_told_to_have_no_effect() {
    let own = r#"{ Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = aws_iam_role.app.arn } }"#;
    let text = KEYS.replace("STATEMENTS", own).replace("KEY", "aws_kms_key.k.arn");
    let project = Project::of(&[("infra/main.tf", &text)]);
    let told = project.run(&["access", "infra", "--principal", "ann"]);
    told.says(
        0,
        &[
            "  no effect    inline policy `ann`  infra/main.tf:5",
            "    the policy of `aws_kms_key.k` leaves none of them to the account  infra/main.tf:16",
        ],
    );
    let json = project.run(&["access", "infra", "--principal", "ann", "--format", "json"]).json();
    let way = &json["units"][0]["principals"][0]["without_effect"][0];
    assert_eq!(way[1]["message"], "which allows actions on `aws_kms_key.k`");
    assert_eq!(way[2]["line"], 16);
    let root = r#"{ Effect = "Allow", Action = "kms:Decrypt", Resource = "*", Principal = { AWS = "arn:aws:iam::111111111111:root" } }"#;
    let text = KEYS.replace("STATEMENTS", root).replace("KEY", "aws_kms_key.k.arn");
    let some = Project::of(&[("infra/main.tf", &text)]);
    some.run(&["access", "infra"]).says(0, &["user `ann`"]).keeps_silent(&["no effect"]);
}

#[test]
fn what_is_said_of_one_unknown_bucket_says_nothing_of_another() {
    let text = r#"
variable "x" {}
variable "y" {}
resource "aws_s3_bucket_acl" "a" {
  bucket = jsondecode(var.x)[0]
  acl    = "public-read"
}
resource "aws_s3_bucket_ownership_controls" "b" {
  bucket = BUCKET
  rule { object_ownership = "OWNER" }
}
"#;
    let cases = [
        ("jsondecode(var.y)[1]", "BucketOwnerEnforced", "any *: undecided"),
        ("jsondecode(var.y)[1]", "ObjectWriter", "any *: undecided"),
        (r#""other""#, "BucketOwnerEnforced", "any *: undecided"),
    ];
    for (bucket, owner, expected) in cases {
        let text = text.replace("BUCKET", bucket).replace("OWNER", owner);
        let project = Project::of(&[("infra/main.tf", &text)]);
        check(&project, &[(&["s3:ListBucket"], &[expected])]);
    }
    let ignored = r#"
variable "x" {}
variable "y" {}
resource "aws_s3_bucket" "one" { bucket = "one" }
resource "aws_s3_bucket_ownership_controls" "one" {
  bucket = aws_s3_bucket.one.id
  rule { object_ownership = "ObjectWriter" }
}
resource "aws_s3_bucket_acl" "one" {
  bucket = aws_s3_bucket.one.id
  acl    = "public-read"
}
resource "aws_s3_bucket_public_access_block" "some" {
  bucket             = jsondecode(var.y)[1]
  ignore_public_acls = true
}
"#;
    let project = Project::of(&[("infra/main.tf", ignored)]);
    check(&project, &[(&["s3:ListBucket", "--resource", "arn:aws:s3:::one"], &["any *: undecided"])]);
}

#[test]
fn the_arn_of_a_log_group_has_its_streams_in_a_template() {
    let project = Project::of(&[(
        "infra/stack.yaml",
        r#"
Resources:
  Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: app}}
  Ann:
    Type: AWS::IAM::User
    Properties:
      UserName: ann
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "logs:PutLogEvents", Resource: !GetAtt Group.Arn}]
"#,
    )]);
    let stream = "arn:aws:logs:eu-west-1:111111111111:log-group:app:log-stream:one";
    let other = "arn:aws:logs:eu-west-1:111111111111:log-group:other:log-stream:one";
    check(
        &project,
        &[
            (&["logs:PutLogEvents", "--resource", stream], &["user ann: yes"]),
            (&["logs:PutLogEvents", "--resource", other], &[]),
        ],
    );
}

#[test]
fn a_statement_for_one_region_is_not_for_all_that_are_asked_for() {
    let text = r#"
Resources:
  Ann:
    Type: AWS::IAM::User
    Properties:
      UserName: ann
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement: STATEMENTS
"#;
    let here = "!Sub 'arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:q'";
    let allow = |on: &str| format!("{{Effect: Allow, Action: 'sqs:SendMessage', Resource: {on}}}");
    let deny = |on: &str| format!("{{Effect: Deny, Action: 'sqs:SendMessage', Resource: {on}}}");
    let everywhere = "arn:aws:sqs:*:*:q";
    let there = "arn:aws:sqs:eu-west-1:111111111111:q";
    let cases = [
        (
            format!("[{}, {}]", allow("'*'"), deny(here)),
            everywhere,
            &["user ann: yes if on some of these resources only"][..],
        ),
        (format!("[{}, {}]", allow("'*'"), deny(here)), there, &[]),
        (format!("[{}]", allow(here)), everywhere, &["user ann: yes if on some of these resources only"]),
        (format!("[{}]", allow(here)), there, &["user ann: yes"]),
    ];
    for (statements, resource, expected) in cases {
        let project = Project::of(&[("infra/stack.yaml", &text.replace("STATEMENTS", &statements))]);
        check(&project, &[(&["sqs:SendMessage", "--resource", resource], expected)]);
    }
}

#[test]
fn what_is_left_of_none_of_its_parts_is_left_of_nothing() {
    let text = r#"
resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_user_policy" "ann" {
  user   = aws_iam_user.ann.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [STATEMENTS] })
}
"#;
    let say = |effect: &str, object: &str| {
        format!(r#"{{ Effect = "{effect}", Action = "s3:GetObject", Resource = "arn:aws:s3:::b/{object}" }}"#)
    };
    let cases = [
        ([say("Allow", "*"), say("Deny", "?*"), say("Deny", "")].join(","), &[][..]),
        ([say("Allow", "*"), say("Deny", "?*")].join(","), &["user ann: yes if on some of these resources only"]),
        ([say("Allow", "?*"), say("Allow", "")].join(","), &["user ann: yes"]),
    ];
    for (statements, expected) in cases {
        let project = Project::of(&[("infra/main.tf", &text.replace("STATEMENTS", &statements))]);
        check(&project, &[(&["s3:GetObject", "--resource", "arn:aws:s3:::b/*"], expected)]);
    }
}

#[test]
fn which_account_a_key_leaves_an_action_to_is_not_guessed() {
    let leave = |action: &str, account: &str| {
        format!(
            r#"{{ Effect = "Allow", Action = "{action}", Resource = "*", Principal = {{ AWS = "arn:aws:iam::{account}:root" }} }}"#
        )
    };
    let own = "${data.aws_caller_identity.me.account_id}";
    let cases = [
        ([leave("kms:DescribeKey", own), leave("kms:Decrypt", "444455556666")].join(","), "undecided"),
        ([leave("kms:DescribeKey", "555555555555"), leave("kms:Decrypt", "444455556666")].join(","), "undecided"),
        (leave("kms:Decrypt", "444455556666"), "yes"),
        (leave("kms:Decrypt", own), "yes"),
    ];
    for (statements, expected) in cases {
        let text = KEYS.replace("STATEMENTS", &statements).replace("KEY", "aws_kms_key.k.arn");
        let text = format!("data \"aws_caller_identity\" \"me\" {{}}\n{text}");
        let project = Project::of(&[("infra/main.tf", &text)]);
        let json = project.run(&["access", "infra", "--format", "json", "--who-can", "kms:Decrypt"]).json();
        let ann = json["units"][0]["principals"].as_array().unwrap().iter().find(|one| one["name"] == "ann");
        let answer = ann.map(|ann| ann["answer"]["answer"].as_str().unwrap());
        assert_eq!(answer, Some(expected), "{statements}");
    }
}

#[test]
fn an_unknown_of_a_dynamic_block_is_not_what_another_block_is_written_with() {
    let document = |statement: &str, unknown: &str, written: &str| {
        format!(
            r#"{{"format_version": "1.2", "terraform_version": "1.9.0",
"planned_values": {{"root_module": {{"resources": [
  {{"address": "aws_s3_bucket.old", "mode": "managed", "type": "aws_s3_bucket", "name": "old", "values": {{"bucket": "old", "arn": "arn:aws:s3:::old"}}}},
  {{"address": "aws_iam_user.ann", "mode": "managed", "type": "aws_iam_user", "name": "ann", "values": {{"name": "ann"}}}},
  {{"address": "aws_iam_user_policy.ann", "mode": "managed", "type": "aws_iam_user_policy", "name": "ann", "values": {{"user": "ann", "name": "p"}}}}
]}}}},
"resource_changes": [
  {{"address": "aws_s3_bucket.old", "mode": "managed", "type": "aws_s3_bucket", "name": "old", "change": {{"actions": ["no-op"], "before": {{"bucket": "old", "arn": "arn:aws:s3:::old"}}, "after": {{"bucket": "old", "arn": "arn:aws:s3:::old"}}, "after_unknown": {{}}}}}},
  {{"address": "aws_iam_user.ann", "mode": "managed", "type": "aws_iam_user", "name": "ann", "change": {{"actions": ["create"], "before": null, "after": {{"name": "ann"}}, "after_unknown": {{}}}}}},
  {{"address": "data.aws_iam_policy_document.p", "mode": "data", "type": "aws_iam_policy_document", "name": "p", "change": {{"actions": ["read"], "before": null, "after": {{"version": "2012-10-17", "statement": [{statement}]}}, "after_unknown": {{"json": true, "statement": [{unknown}]}}}}}},
  {{"address": "aws_iam_user_policy.ann", "mode": "managed", "type": "aws_iam_user_policy", "name": "ann", "change": {{"actions": ["create"], "before": null, "after": {{"user": "ann", "name": "p"}}, "after_unknown": {{"policy": true}}}}}}
],
"configuration": {{"root_module": {{"resources": [
  {{"address": "aws_s3_bucket.old", "mode": "managed", "type": "aws_s3_bucket", "name": "old", "expressions": {{"bucket": {{"constant_value": "old"}}}}}},
  {{"address": "aws_iam_user.ann", "mode": "managed", "type": "aws_iam_user", "name": "ann", "expressions": {{"name": {{"constant_value": "ann"}}}}}},
  {{"address": "data.aws_iam_policy_document.p", "mode": "data", "type": "aws_iam_policy_document", "name": "p", "expressions": {{"statement": [{written}]}}}},
  {{"address": "aws_iam_user_policy.ann", "mode": "managed", "type": "aws_iam_user_policy", "name": "ann", "expressions": {{"policy": {{"references": ["data.aws_iam_policy_document.p.json", "data.aws_iam_policy_document.p"]}}, "user": {{"constant_value": "ann"}}}}}}
]}}}}}}"#
        )
    };
    let known = r#"{"effect": "Allow", "actions": ["s3:GetBucketAcl"], "resources": ["arn:aws:s3:::old"]}"#;
    let open = r#"{"effect": "Allow", "actions": ["sts:AssumeRole"], "resources": [null]}"#;
    let written = r#"{"actions": {"constant_value": ["s3:GetBucketAcl"]}, "resources": {"references": ["aws_s3_bucket.old.arn", "aws_s3_bucket.old"]}}"#;
    let plan = document(&format!("{known}, {open}"), r#"{}, {"resources": [true]}"#, written);
    let project = Project::of(&[("infra/plan.json", &plan)]);
    check(
        &project,
        &[
            (&["sts:AssumeRole"], &["user ann: undecided"]),
            (&["s3:GetBucketAcl", "--resource", "arn:aws:s3:::old"], &["user ann: yes"]),
        ],
    );
}
