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
    assert!(count >= 80, "{count}");
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
