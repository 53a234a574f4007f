//! AWS managed policies, by what they say.

use crate::harness::Project;

#[test]
fn a_managed_policy_that_is_not_known_is_undecided() {
    let user = |name: &str, policy: &str| {
        format!(
            "resource \"aws_iam_user\" \"{name}\" {{ name = \"{name}\" }}\n\
             resource \"aws_iam_user_policy_attachment\" \"{name}\" {{\n  user = aws_iam_user.{name}.name\n  \
             policy_arn = \"arn:aws:iam::aws:policy/{policy}\"\n}}\n"
        )
    };
    let undecided = |policy: &str| {
        let project = Project::of(&[("main.tf", &user("a", policy))]);
        let report = project.run(&["--rule", "iam-admin-sprawl", "--format", "json", "main.tf"]).json();
        let all = report["undecided"].as_array().unwrap().clone();
        all.iter().map(|one| one["reason"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(undecided("MadeAfterwards"), ["`MadeAfterwards` is looked up outside of the configuration"]);
    for known in [
        "AdministratorAccess",
        "ReadOnlyAccess",
        "job-function/SystemAdministrator",
        "AmazonCloudWatchEvidentlyFullAccess",
    ] {
        assert!(undecided(known).is_empty(), "{known}");
    }
}
