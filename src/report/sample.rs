//! A small report for the tests of the formats.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::report::{
    Consequence, Construct, Finding, Place, Related, Report, Summary, Suppressed, Undecided, fingerprint,
};
use crate::rules::{Example, Examples, RuleInfo, Severity};
use crate::source::{FileId, Origin, Sources};

const ROLES: &str = r#"resource "aws_iam_role" "partner" {
  name = "partner"
  assume_role_policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = "*"
    }]
  })
}
"#;

const KEYS: &str = "resource \"aws_iam_access_key\" \"ci\" {\n  user = module.ci.user # AKIAIOSFODNN7EXAMPLE\n}\n\n\
# iacscan:ignore long-lived-key moves to OIDC in May\nresource \"aws_iam_access_key\" \"old\" {\n  user = \"old|`<b>\"\n}\n";

const MAIN: &str = "module \"ci\" {\n  source = \"./modules/ci\"\n}\n";

fn rule(id: &str, severity: Severity, title: &str) -> Arc<RuleInfo> {
    Arc::new(RuleInfo {
        id: id.into(),
        title: title.to_owned(),
        severity,
        topic: "trust".to_owned(),
        target: "trust".to_owned(),
        practice: "delegate-with-roles".to_owned(),
        remediation: "Name the account or the role that\nmay assume it.\n\nAdd `sts:ExternalId` for a third party.\n"
            .to_owned(),
        rationale: "Anyone with an AWS account gets in.\n".to_owned(),
        aliases: vec!["checkov:CKV_AWS_61".to_owned()],
        frameworks: BTreeMap::from([("cis-aws".to_owned(), vec!["1.16".to_owned()])]),
        subsumes: Vec::new(),
        subsumes_in_place: Vec::new(),
        examples: Examples::new(
            vec![Example {
                terraform: Some("resource \"aws_iam_role\" \"a\" {\n}\n".to_owned()),
                policy: Some("{ \"Principal\": \"*\" }\n".to_owned()),
                ..Example::default()
            }],
            vec![Example { cloudformation: Some("Resources: {}\n".to_owned()), ..Example::default() }],
        ),
    })
}

/// The place of the first occurrence of `part`.
fn place(sources: &Sources, file: FileId, part: &str) -> Place {
    let start = sources.get(file).text().find(part).unwrap();
    Place::of(Origin::new(file, start, start + part.len()), sources)
}

fn finding(rule: &Arc<RuleInfo>, message: &str, resource: &str, place: Place) -> Finding {
    Finding {
        rule: Arc::clone(rule),
        severity: rule.severity,
        message: message.to_owned(),
        resource: resource.to_owned(),
        fingerprint: fingerprint(&rule.id, resource, ""),
        place,
        related: Vec::new(),
        consequences: Vec::new(),
        suppressed: None,
        instances: Vec::new(),
        possible: None,
        when: None,
        construct: None,
    }
}

/// Four findings (one suppressed), three undecided questions, two diagnostics.
pub(super) fn report() -> Report {
    let sources = Sources::default();
    let roles = sources.add("roles.tf", ROLES.to_owned());
    let keys = sources.add("modules/ci/access keys.tf", KEYS.to_owned());
    let main = sources.add("main.tf", MAIN.to_owned());
    let minified = sources.add("policy.json", format!("[{}\"{}\"]", "1,".repeat(400), "x".repeat(400)));
    let everyone = rule("trusts-everyone", Severity::Critical, "Role can be assumed by anyone");
    let key = rule("long-lived-key", Severity::High, "User has a long-lived access key");
    let note = rule("unused-policy", Severity::Low, "Policy is attached to nothing");

    let mut first = finding(
        &everyone,
        "`aws_iam_role.partner` trusts everyone",
        "aws_iam_role.partner",
        place(&sources, roles, "Principal = \"*\""),
    );
    first.related = vec![
        Related {
            message: "the role".to_owned(),
            place: place(&sources, roles, "resource \"aws_iam_role\" \"partner\""),
        },
        Related { message: "the call of the module [ci]".to_owned(), place: place(&sources, main, "module \"ci\"") },
    ];
    first.consequences = vec![Consequence {
        rule: "trust-without-condition".into(),
        message: "`aws_iam_role.partner` asks for no condition".to_owned(),
    }];
    first.instances = vec!["aws_iam_role.partner[\"b\"]".to_owned()];

    let mut second = finding(
        &key,
        "user `ci` has the long-lived key `AKIAIOSFODNN7EXAMPLE`",
        "module.ci.aws_iam_access_key.ci",
        place(&sources, keys, "user = module.ci.user # AKIAIOSFODNN7EXAMPLE"),
    );
    second.construct =
        Some(Construct { path: "Access/Ci|Key/Resource".to_owned(), position: Some("lib/access.ts:12:5".to_owned()) });
    second.possible = Some("`var.create_key` has no value".to_owned());
    second.when = Some("Environment = \"dev\"".to_owned());

    let mut suppressed = finding(
        &key,
        "user `old|\u{1b}<b>` has a long-lived key",
        "module.ci.aws_iam_access_key.old",
        place(&sources, keys, "user = \"old|`<b>\""),
    );
    suppressed.suppressed = Some(Suppressed {
        reason: "moves to OIDC in May".to_owned(),
        place: place(&sources, keys, "# iacscan:ignore long-lived-key moves to OIDC in May"),
    });
    let nowhere = Place::of(Origin::NONE, &sources);
    let third =
        finding(&note, "=`aws_iam_policy.p` is attached to nothing, <b>\"now\"</b>|`", "aws_iam_policy.p", nowhere);

    let undecided = |rule: &Arc<RuleInfo>, resource: &str, reason: &str, place| Undecided {
        rule: Arc::clone(rule),
        resource: resource.to_owned(),
        reason: reason.to_owned(),
        when: None,
        place,
    };
    let users = "`var.users` has no value";
    let header = place(&sources, main, "module \"ci\"");
    Report {
        findings: vec![first, second, suppressed, third],
        undecided: vec![
            undecided(
                &everyone,
                "aws_iam_role.a",
                "`data.aws_iam_policy.p` is looked up at deployment",
                header.clone(),
            ),
            undecided(&key, "aws_iam_user.a", users, header.clone()),
            undecided(&key, "aws_iam_user.b", users, header),
        ],
        diagnostics: vec![
            Diagnostic::error("json-syntax", "`x` is too long")
                .at(Origin::new(minified, 801, 1203), "here")
                .at(Origin::new(main, 0, 6), "called from here")
                .help("cut it"),
            Diagnostic::warning("no-module", "module `registry/x` is not in the tree").path("vendor"),
        ],
        summary: Summary {
            files: 12,
            units: 3,
            resources: 42,
            rules: 3,
            checks: 420,
            decided: 417,
            by_severity: [0, 1, 0, 1, 1],
            suppressed: 1,
            hidden: 0,
            hidden_by_severity: [0; 5],
        },
        rules: vec![key, everyone, note],
        sources,
    }
}

/// A report of a scan that found nothing.
pub(super) fn empty() -> Report {
    Report {
        findings: Vec::new(),
        undecided: Vec::new(),
        diagnostics: Vec::new(),
        summary: Summary { files: 1, units: 1, resources: 2, rules: 3, checks: 6, decided: 6, ..Summary::default() },
        rules: report().rules,
        sources: Sources::default(),
    }
}
