//! Texts that break off or lack a character anywhere, and what once made the program fail.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use iacscan::rules::Rule;
use iacscan::scan::{Options, Text};

use crate::estate::{Estate, NEIGHBOUR, RULES};

/// Texts in each language, small and dense.
const SEEDS: [(&str, &str); 6] = [
    (
        "main.tf",
        "locals {\n  a = { for k, v in { x = 1 } : k => \"%{ if v > 0 }${v}é%{ endif }\" if v != 2 }\n}\nresource \"aws_iam_policy\" \"p\" {\n  \
         policy = <<-EOT\n    {\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\"}]}\n  EOT\n  dynamic \"x\" {\n    for_each = local.a[*]\n    \
         content {}\n  }\n}\n",
    ),
    ("main.tf.json", "{\"resource\": {\"aws_iam_user\": {\"u\": [{\"name\": \"${upper(\\\"é\\\")}\"}]}}}"),
    (
        "t.yaml",
        "Resources:\n  A: &a\n    Type: AWS::IAM::User\n    Properties:\n      UserName: !Sub ['${x}é', {x: !If [C, a, !Ref P]}]\n  B:\n    <<: *a\n\
         Conditions: {C: !Equals [!Ref P, '']}\nParameters: {P: {Type: String, Default: \"\\u00e9\"}}\n",
    ),
    (
        "t.json",
        "{\"Resources\": {\"A\": {\"Type\": \"AWS::IAM::User\", \"Properties\": {\"UserName\": {\"Fn::Join\": [\"-\", [\"é\", 1e3]]}}}}}",
    ),
    (
        "plan.json",
        "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.0\",\"resource_changes\":[{\"address\":\"aws_iam_user.a\",\"mode\":\"managed\",\
         \"type\":\"aws_iam_user\",\"name\":\"a\",\"change\":{\"actions\":[\"create\"],\"before\":null,\"after\":{\"name\":\"é\"},\"after_unknown\":{\"arn\":true}}}]}",
    ),
    (
        "policy.json",
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"é\",\"Effect\":\"Allow\",\"NotAction\":[\"s3:*\"],\"Resource\":\"*\",\"Principal\":{\"AWS\":\"*\"},\
         \"Condition\":{\"ForAllValues:StringLikeIfExists\":{\"aws:x\":[\"*\"]}}}]}",
    ),
];

/// The rules that look at everything, for scans within this process.
fn rules() -> Vec<Rule> {
    let rule = |(id, body): (&str, &str)| {
        let text = format!("title = '{id}'\nseverity = 'high'\n{body}");
        Rule::parse(id, "hostile", &text, &BTreeMap::new()).unwrap()
    };
    RULES.map(rule).into()
}

#[test]
fn whatever_a_text_breaks_off_at_or_lacks() {
    let rules = rules();
    for (name, seed) in SEEDS {
        let mut texts: Vec<String> = Vec::new();
        for (at, c) in seed.char_indices() {
            texts.push(seed[..at].to_owned());
            texts.push(seed[..at].to_owned() + &seed[at + c.len_utf8()..]);
            texts.push(seed[..at].to_owned() + "\u{0}{" + &seed[at..]);
            texts.push(seed[..at].to_owned() + "${\"é" + &seed[at..]);
        }
        for part in texts.chunks(200) {
            let texts = part.iter().map(|text| Text { name: name.to_owned(), bytes: text.as_bytes().to_vec() });
            // Terraform files of one folder are one module: each has one of its own.
            let texts = texts.enumerate().map(|(nth, text)| Text { name: format!("f{nth}/{name}"), ..text });
            let options = Options { texts: texts.collect(), rules: rules.clone(), ..Options::default() };
            let report = iacscan::scan::scan(&options);
            let internal = report.diagnostics.iter().find(|one| one.code == "internal");
            assert_eq!(internal, None, "{name}");
        }
    }
}

#[test]
fn errors_of_rules_point_into_their_text() {
    let seed = "title = 'é'\nseverity = 'low'\ntarget = 'user'\nmessage = 'é'\n[match]\n\"é\" = { not = { in = ['$é'] }, count = { at-least = 1 } }\n\
                [[severity-when]]\nseverity = 'high'\nmatch = { a.b = { glob = 'é*' } }\n[parameters]\n\"é\" = []\n";
    let none = BTreeMap::new();
    let mut refused = 0;
    for (at, c) in seed.char_indices() {
        let without = seed[..at].to_owned() + &seed[at + c.len_utf8()..];
        for text in [&seed[..at], &without, &(seed[..at].to_owned() + "é[" + &seed[at..])] {
            if let Err(error) = Rule::parse("x", "y", text, &none) {
                assert!(text.get(error.span.clone()).is_some(), "{:?} in {text}", error.span);
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn fixtures_end_soon_and_without_a_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/hostile");
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(names.len() >= 3);
    for path in names {
        let estate = Estate::of(&[("good/main.tf", NEIGHBOUR)]);
        let name = path.file_name().unwrap().to_str().unwrap();
        estate.write(name, fs::read(&path).unwrap());
        let outcome = estate.scan();
        outcome.still_finds_the_neighbour().says("", name, 0);
    }
}
