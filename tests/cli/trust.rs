//! What rules see of trusts.

use crate::harness::Project;

fn rule(level: &str) -> String {
    format!(
        "title = \"Trust\"\nseverity = \"high\"\ntarget = \"trust\"\nmessage = \"`{{role.name}}` lets in {level}\"\n\
         remediation = \"None.\"\npractice = \"none\"\nrationale = \"None.\"\n[match]\nwidest-party = \"{level}\"\n"
    )
}

#[test]
fn the_widest_party_of_a_trust_is_matched_and_may_be_undecided() {
    let role = |name: &str, action: &str, principal: &str, condition: &str| {
        format!(
            "resource \"aws_iam_role\" \"{name}\" {{\n  name = \"{name}\"\n  assume_role_policy = jsonencode({{ Version = \"2012-10-17\", \
             Statement = [{{ Effect = \"Allow\", Action = \"{action}\", Principal = {principal}, Condition = {condition} }}] }})\n}}\n"
        )
    };
    let github = "{ Federated = \"arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com\" }";
    let sub =
        |value: &str| format!("{{ StringLike = {{ \"token.actions.githubusercontent.com:sub\" = \"{value}\" }} }}");
    let web = "sts:AssumeRoleWithWebIdentity";
    let text = [
        role("everybody", "sts:AssumeRole", "{ AWS = \"*\" }", "{}"),
        role("world", web, github, &sub("repo:*")),
        role("ours", web, github, &sub("repo:acme/app:*")),
        role("partner", "sts:AssumeRole", "{ AWS = \"222222222222\" }", "{}"),
    ]
    .concat();
    let project = Project::of(&[("main.tf", &text)]);
    project.write("team/team-trust.toml", rule("any-aws"));
    let run = |more: &[&str]| {
        project.run(&[&["--rules", "team", "--rule", "team-trust", "--undecided", "main.tf"], more].concat())
    };
    run(&[]).says(1, &["`everybody` lets in any-aws", "1 finding"]).keeps_silent(&[
        "`world`",
        "`partner`",
        "undecided because",
    ]);
    project.write("team/team-trust.toml", rule("shared-issuer"));
    run(&[]).says(1, &["`world` lets in shared-issuer", "1 finding"]).keeps_silent(&["`ours`", "undecided because"]);
    project.write("team/team-trust.toml", rule("external-account"));
    run(&[]).says(0, &["undecided because", "aws_iam_role.partner"]);
    run(&["--account", "111111111111"])
        .says(1, &["`partner` lets in external-account"])
        .keeps_silent(&["undecided because"]);
}

#[test]
fn own_organizations_are_told_from_others() {
    let role = "resource \"aws_iam_role\" \"r\" {\n  assume_role_policy = jsonencode({ Version = \"2012-10-17\", Statement = [{\n    \
                Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = { AWS = \"*\" }\n    \
                Condition = { StringEquals = { \"aws:PrincipalOrgID\" = \"o-a1b2c3d4e5\" } }\n  }] })\n}\n";
    let project = Project::of(&[("main.tf", role)]);
    let run = |level: &str, more: &[&str]| {
        project.write("team/team-trust.toml", rule(level));
        project.run(&[&["--rules", "team", "--rule", "team-trust", "--undecided", "main.tf"], more].concat())
    };
    run("own-org", &[]).says(0, &["undecided because"]);
    run("own-org", &["--organization", "o-a1b2c3d4e5"]).says(1, &["lets in own-org"]);
    run("external-org", &["--organization", "o-zzzzzzzzzz"]).says(1, &["lets in external-org"]);
    project.write(".iacscan.toml", "organizations = [\"o-a1b2c3d4e5\"]\n");
    run("own-org", &[]).says(1, &["lets in own-org"]);
    run("external-org", &[]).says(0, &[]).keeps_silent(&["undecided because"]);
    project.write(".iacscan.toml", "organizations = [\"a1b2c3d4e5\"]\n");
    run("own-org", &[]).says(2, &["`a1b2c3d4e5` is no organization id"]);
}

/// A rule on whole policies of resources, which tells of the block that decides.
#[test]
fn the_widest_party_of_a_resource_is_told_with_the_block_that_decides() {
    let rule = |level: &str| {
        format!(
            "title = \"Exposure\"\nseverity = \"high\"\ntarget = \"resource-policy\"\n\
             message = \"`{{resource.name}}` lets in {{widest-party}}, which gets {{gives}}\"\n\
             remediation = \"None.\"\npractice = \"none\"\nrationale = \"None.\"\n[match]\nexposure = {{ name = \"{level}\" }}\n"
        )
    };
    let policy = "jsonencode({ Version = \"2012-10-17\", Statement = [\n    { Effect = \"Allow\", Principal = \"*\",\n      \
                  Action = \"s3:GetObject\", Resource = \"*\" },\n  ] })\n";
    let text = format!(
        "resource \"aws_s3_bucket\" \"b\" {{\n}}\n\nresource \"aws_s3_bucket_policy\" \"p\" {{\n  bucket = aws_s3_bucket.b.id\n  \
         policy = {policy}}}\n"
    );
    let block = "\nresource \"aws_s3_bucket_public_access_block\" \"x\" {\n  bucket = aws_s3_bucket.b.id\n  \
                 restrict_public_buckets = true\n}\n";
    let run = |text: &str, level: &str| {
        let project = Project::of(&[("main.tf", text)]);
        project.write("team/team-exposure.toml", rule(level));
        project.run(&["--rules", "team", "--rule", "team-exposure", "--undecided", "main.tf"])
    };
    let open = run(&text, "anonymous");
    open.says(1, &["`aws_s3_bucket_policy.p` lets in anonymous, which gets data", "main.tf:7"]);
    let blocked = text + block;
    run(&blocked, "anonymous").says(0, &[]).keeps_silent(&["undecided because"]);
    run(&blocked, "own-account").says(
        1,
        &[
            "lets in own-account",
            "main.tf:7",
            "`aws_s3_bucket_public_access_block.x` lets in only the own account and services",
            "main.tf:14",
        ],
    );
}
