//! Ways of escalation as people come to hold them: by wildcards, split over policies, under conditions that bind nothing,
//! with what is not known; each in Terraform, in CloudFormation and in a plan, which have to agree.

use std::collections::BTreeMap;

use iacscan::iam::catalogue::{EscalationPath, escalation_paths};
use iacscan::iam::{EscalationState, Identity};
use iacscan::model::Kinds;
use iacscan::scan::{Model, Options, Text, model};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::escalation::read;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variants {
    variant: Vec<Variant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) path: String,
    /// `open`, `undecided` (also where it is not known what the principal holds), or `silent`: neither of them.
    pub(crate) is: String,
    /// Who is looked at; the user `dev` where nobody is named.
    pub(crate) principal: Option<String>,
    /// The ids that are known to be the own account.
    #[serde(default)]
    pub(crate) accounts: Vec<String>,
    /// The ids that are known to be the own organization.
    #[serde(default)]
    pub(crate) organizations: Vec<String>,
    /// Statements in JSON: of a policy of `dev` itself, of a managed policy attached to it, of one of its group, of its
    /// boundary, of a service control policy. Each is written in all three languages.
    #[serde(default)]
    pub(crate) user: String,
    #[serde(default)]
    pub(crate) managed: String,
    #[serde(default)]
    pub(crate) group: String,
    #[serde(default)]
    pub(crate) boundary: String,
    #[serde(default)]
    pub(crate) control: String,
    /// The statements of a role `dev` instead of those of a user.
    #[serde(default)]
    pub(crate) role: String,
    /// Administrators by name, with the principal that their trust names, or with its statements, in JSON.
    #[serde(default)]
    pub(crate) roles: BTreeMap<String, String>,
    /// The tags of all of these.
    #[serde(default)]
    pub(crate) roles_have: BTreeMap<String, String>,
    /// The tags and the path of `dev`, and what its trust allows where it is a role, in JSON.
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) path_of: Option<String>,
    #[serde(default)]
    pub(crate) trust: Option<String>,
    /// A configuration, by its files.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
}

const VERSION: &str = "2012-10-17";
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn document(statements: &str) -> Value {
    let statements: Value =
        serde_json::from_str(&format!("[{statements}]")).unwrap_or_else(|e| panic!("{statements}: {e}"));
    json!({ "Version": VERSION, "Statement": statements })
}

fn trust(principal: &str) -> Value {
    let principal: Value = serde_json::from_str(principal).unwrap_or_else(|error| panic!("{principal}: {error}"));
    if principal.is_array() {
        return json!({ "Version": VERSION, "Statement": principal });
    }
    json!({ "Version": VERSION, "Statement": [
        { "Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"] }] })
}

fn trust_of_dev(variant: &Variant) -> Value {
    let mut document = trust(r#"{"Service":"codebuild.amazonaws.com"}"#);
    if let Some(actions) = &variant.trust {
        document["Statement"][0]["Action"] = serde_json::from_str(actions).unwrap();
    }
    document
}

/// The resources of a variant, by type, name and attributes as Terraform has them.
fn resources(variant: &Variant) -> Vec<(&'static str, String, Map<String, Value>)> {
    let mut all: Vec<(&'static str, String, Value)> = Vec::new();
    let dev = || "dev".to_owned();
    let policy = |statements: &str| document(statements).to_string();
    let boundary = "arn:aws:iam::111122223333:policy/ceiling";
    let bounded = |mut value: Value| {
        if !variant.tags.is_empty() {
            value["tags"] = json!(variant.tags);
        }
        if let Some(path) = &variant.path_of {
            value["path"] = json!(path);
        }
        if !variant.boundary.is_empty() {
            value["permissions_boundary"] = json!(boundary);
        }
        value
    };
    if variant.role.is_empty() {
        all.push(("aws_iam_user", dev(), bounded(json!({ "name": "dev" }))));
    } else {
        let trust = trust_of_dev(variant).to_string();
        all.push(("aws_iam_role", dev(), bounded(json!({ "name": "dev", "assume_role_policy": trust }))));
        all.push((
            "aws_iam_role_policy",
            dev(),
            json!({ "role": "dev", "name": "own", "policy": policy(&variant.role) }),
        ));
    }
    if !variant.user.is_empty() {
        all.push((
            "aws_iam_user_policy",
            dev(),
            json!({ "user": "dev", "name": "own", "policy": policy(&variant.user) }),
        ));
    }
    if !variant.managed.is_empty() {
        let given = json!({ "user": "dev", "policy_arn": "arn:aws:iam::111122223333:policy/given" });
        all.push((
            "aws_iam_policy",
            "given".to_owned(),
            json!({ "name": "given", "policy": policy(&variant.managed) }),
        ));
        all.push(("aws_iam_user_policy_attachment", dev(), given));
    }
    if !variant.group.is_empty() {
        let own = json!({ "group": "team", "name": "own", "policy": policy(&variant.group) });
        all.push(("aws_iam_group", "team".to_owned(), json!({ "name": "team" })));
        all.push(("aws_iam_group_policy", "team".to_owned(), own));
        all.push(("aws_iam_user_group_membership", dev(), json!({ "user": "dev", "groups": ["team"] })));
    }
    if !variant.boundary.is_empty() {
        let ceiling = json!({ "name": "ceiling", "policy": policy(&variant.boundary) });
        all.push(("aws_iam_policy", "ceiling".to_owned(), ceiling));
    }
    if !variant.control.is_empty() {
        let control =
            json!({ "name": "control", "type": "SERVICE_CONTROL_POLICY", "content": policy(&variant.control) });
        let attached = json!({ "policy_id": "${aws_organizations_policy.control.id}", "target_id": "r-abcd" });
        all.push(("aws_organizations_policy", "control".to_owned(), control));
        all.push(("aws_organizations_policy_attachment", "control".to_owned(), attached));
    }
    for (name, principal) in &variant.roles {
        let trust = trust(principal).to_string();
        let mut role = json!({ "name": name, "assume_role_policy": trust });
        if !variant.roles_have.is_empty() {
            role["tags"] = json!(variant.roles_have);
        }
        all.push(("aws_iam_role", name.clone(), role));
        let given = json!({ "role": name, "policy_arn": ADMINISTRATOR });
        all.push(("aws_iam_role_policy_attachment", name.clone(), given));
    }
    let map = |value: Value| value.as_object().unwrap().clone();
    all.into_iter().map(|(kind, name, value)| (kind, name, map(value))).collect()
}

fn terraform(variant: &Variant) -> String {
    let mut blocks = json!({});
    for (kind, name, attributes) in resources(variant) {
        let escaped = attributes.into_iter().map(|(key, value)| match value {
            Value::String(text) if key != "policy_id" => (key, json!(text.replace("${", "$${"))),
            other => (key, other),
        });
        blocks[kind][name] = Value::Object(escaped.collect());
    }
    json!({ "resource": blocks }).to_string()
}

fn plan(variant: &Variant) -> String {
    let change = |(kind, name, attributes): (&str, String, Map<String, Value>)| {
        json!({
            "address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": { "actions": ["create"], "before": null, "after": attributes, "after_unknown": {} },
        })
    };
    let changes: Vec<Value> = resources(variant).into_iter().map(change).collect();
    json!({ "format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes }).to_string()
}

fn tags_of(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

fn template(variant: &Variant) -> String {
    let own = |name: &str, statements: &str| json!({ "PolicyName": name, "PolicyDocument": document(statements) });
    let mut holder = json!({ "Policies": [] });
    let mut all = json!({});
    if variant.role.is_empty() {
        holder["UserName"] = json!("dev");
        if !variant.user.is_empty() {
            holder["Policies"] = json!([own("own", &variant.user)]);
        }
    } else {
        holder["RoleName"] = json!("dev");
        holder["AssumeRolePolicyDocument"] = trust_of_dev(variant);
        holder["Policies"] = json!([own("own", &variant.role)]);
    }
    if !variant.managed.is_empty() {
        let given = json!({ "ManagedPolicyName": "given", "PolicyDocument": document(&variant.managed) });
        all["Given"] = json!({ "Type": "AWS::IAM::ManagedPolicy", "Properties": given });
        holder["ManagedPolicyArns"] = json!([{ "Ref": "Given" }]);
    }
    if !variant.group.is_empty() {
        let team = json!({ "GroupName": "team", "Policies": [own("own", &variant.group)] });
        all["Team"] = json!({ "Type": "AWS::IAM::Group", "Properties": team });
        holder["Groups"] = json!([{ "Ref": "Team" }]);
    }
    if !variant.boundary.is_empty() {
        let ceiling = json!({ "ManagedPolicyName": "ceiling", "PolicyDocument": document(&variant.boundary) });
        all["Ceiling"] = json!({ "Type": "AWS::IAM::ManagedPolicy", "Properties": ceiling });
        holder["PermissionsBoundary"] = json!({ "Ref": "Ceiling" });
    }
    if !variant.control.is_empty() {
        let control = json!({ "Name": "control", "Type": "SERVICE_CONTROL_POLICY", "TargetIds": ["r-abcd"],
            "Content": document(&variant.control) });
        all["Control"] = json!({ "Type": "AWS::Organizations::Policy", "Properties": control });
    }
    for (at, (name, principal)) in variant.roles.iter().enumerate() {
        let mut role = json!({ "RoleName": name, "ManagedPolicyArns": [ADMINISTRATOR],
            "AssumeRolePolicyDocument": trust(principal) });
        if !variant.roles_have.is_empty() {
            role["Tags"] = tags_of(&variant.roles_have);
        }
        all[format!("Role{at}")] = json!({ "Type": "AWS::IAM::Role", "Properties": role });
    }
    if !variant.tags.is_empty() {
        holder["Tags"] = tags_of(&variant.tags);
    }
    if let Some(path) = &variant.path_of {
        holder["Path"] = json!(path);
    }
    let kind = if variant.role.is_empty() { "AWS::IAM::User" } else { "AWS::IAM::Role" };
    all["Dev"] = json!({ "Type": kind, "Properties": holder });
    json!({ "AWSTemplateFormatVersion": "2010-09-09", "Resources": all }).to_string()
}

/// What is told of a path of a principal in any unit, and all that is told of it beside.
pub(crate) fn state(variant: &Variant, model: &Model) -> (&'static str, Vec<String>) {
    let name = variant.principal.as_deref().unwrap_or("dev");
    let (mut states, mut seen, mut incomplete, mut all) = (Vec::new(), false, false, Vec::new());
    for unit in &model.units {
        let identity = Identity::new(unit, Kinds::built_in(), &model.sources, &variant.accounts)
            .of_organizations(&variant.organizations);
        let access = identity.access();
        for actor in access.named(name) {
            seen = true;
            incomplete |= access.incomplete(actor).is_some();
            for way in access.escalations(actor) {
                all.push(format!("{} {}", way.path.id, way.state.name()));
                if way.path.id == variant.path {
                    states.push(way.state);
                }
            }
        }
    }
    assert!(seen, "{}: nobody is called {name}", variant.name);
    let told = [(EscalationState::Open, "open"), (EscalationState::Undecided, "undecided")];
    let found = told.into_iter().find(|(state, _)| states.contains(state));
    // What is not known of a principal is told once, and not for each path.
    let otherwise = if incomplete && all.is_empty() { "undecided" } else { "silent" };
    (found.map_or(otherwise, |(_, name)| name), all)
}

fn model_of_text(name: &str, text: String) -> Model {
    let texts = vec![Text { name: name.to_owned(), bytes: text.into_bytes() }];
    model(&Options { texts, threads: Some(1), ..Options::default() })
}

fn model_of_files(files: &BTreeMap<String, String>) -> Model {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    model(&Options { paths: vec![folder.path().to_owned()], threads: Some(1), ..Options::default() })
}

/// A variant in each language.
pub(crate) fn models_of(variant: &Variant) -> Vec<(&'static str, Model)> {
    let mut models = vec![
        ("terraform", model_of_text("main.tf.json", terraform(variant))),
        ("cloudformation", model_of_text("template.json", template(variant))),
    ];
    // Which policy a control is attached to is not in the values of a plan.
    if variant.control.is_empty() {
        models.push(("plan", model_of_text("plan.json", plan(variant))));
    }
    models
}

#[test]
fn ways_are_told_however_they_are_held() {
    let variants: Variants = read("variants.toml");
    let mut wrong = Vec::new();
    for variant in &variants.variant {
        let models =
            if variant.files.is_empty() { models_of(variant) } else { vec![("files", model_of_files(&variant.files))] };
        for (language, model) in models {
            assert!(model.diagnostics.is_empty(), "{}: {language}: {:?}", variant.name, model.diagnostics);
            let (found, all) = state(variant, &model);
            if found != variant.is {
                let Variant { name, path, is, .. } = variant;
                wrong.push(format!("{name}: {language}: {path} is {found}, not {is}: {}", all.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), variants.variant.len(), wrong.join("\n"));
}

/// The permissions of a path, each entry by each of its alternatives while the others take their first.
fn choices(path: &EscalationPath) -> Vec<Vec<&str>> {
    let entries: Vec<Vec<&str>> = path.all.iter().map(|entry| entry.split('|').collect()).collect();
    let mut first: Vec<&str> = entries.iter().map(|entry| entry[0]).collect();
    if path.id == "passrole-any-consumer" {
        first.push("transfer:CreateServer");
    }
    let mut all = vec![first.clone()];
    for (at, entry) in entries.iter().enumerate() {
        all.extend(entry.iter().skip(1).map(|one| {
            let mut choice = first.clone();
            choice[at] = one;
            choice
        }));
    }
    all
}

pub(crate) fn with_statements(path: &str, parts: [&[Value]; 3]) -> Variant {
    let text = |statements: &[Value]| statements.iter().map(Value::to_string).collect::<Vec<_>>().join(",");
    Variant {
        organizations: Vec::new(),
        name: path.to_owned(),
        path: path.to_owned(),
        is: "open".to_owned(),
        principal: None,
        accounts: Vec::new(),
        user: text(parts[0]),
        managed: text(parts[1]),
        group: text(parts[2]),
        boundary: String::new(),
        control: String::new(),
        role: String::new(),
        roles: BTreeMap::new(),
        roles_have: BTreeMap::new(),
        tags: BTreeMap::new(),
        path_of: None,
        trust: None,
        files: BTreeMap::new(),
    }
}

fn allow(action: &str) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": "*" })
}

/// The same action by a pattern that is no whole service.
fn as_pattern(action: &str) -> String {
    let (service, name) = action.split_once(':').unwrap();
    format!("{}:{}?*", service.to_uppercase(), &name[..name.len() - 2])
}

#[test]
fn every_known_path_is_found_however_its_permissions_are_written() {
    let mut wrong = Vec::new();
    for path in escalation_paths() {
        let mut expect = |what: &str, expected: &str, variant: &Variant| {
            let found = state(variant, &model_of_text("main.tf.json", terraform(variant))).0;
            if found != expected {
                wrong.push(format!("{}: {what}: {found}, not {expected}", path.id));
            }
        };
        for choice in choices(path) {
            let plain: Vec<Value> = choice.iter().map(|action| allow(action)).collect();
            expect(&choice.join(" + "), "open", &with_statements(&path.id, [&plain, &[], &[]]));
            let patterns: Vec<Value> = choice.iter().map(|action| allow(&as_pattern(action))).collect();
            expect("by patterns", "open", &with_statements(&path.id, [&[], &patterns, &[]]));
            let (first, rest) = plain.split_at(1);
            let (middle, last) = rest.split_at(rest.len().min(1));
            expect("split over policies", "open", &with_statements(&path.id, [last, middle, first]));
            let mut denied = plain.clone();
            denied.push(json!({ "Effect": "Deny", "Action": choice[0], "Resource": "*" }));
            expect("denied", "silent", &with_statements(&path.id, [&[], &denied, &[]]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn conditions_that_bind_nothing_close_no_known_path() {
    let mut wrong = Vec::new();
    for path in escalation_paths() {
        let keys = path.defuse.iter().filter_map(|defuse| defuse.split_once(" key="));
        for (action, key) in keys {
            let key = if key == "aws:ResourceTag" || key == "ssm:resourceTag" {
                format!("{key}/team")
            } else {
                key.to_owned()
            };
            for (operator, value) in [
                ("StringLike", "*"),
                ("StringNotEquals", "something"),
                ("StringEqualsIfExists", "something"),
                ("Null", "true"),
            ] {
                // No request of a known path lacks these keys.
                let is_carried = match (key.as_str(), operator) {
                    ("iam:PassedToService", _) => operator == "Null",
                    ("iam:PolicyARN" | "ec2:InstanceProfile" | "cloudformation:RoleArn", _) => path.class != "reuse",
                    ("iam:PermissionsBoundary", _) => action.starts_with("iam:Put") && action.ends_with("Boundary"),
                    _ => false,
                };
                if is_carried && ["Null", "StringEqualsIfExists"].contains(&operator) {
                    continue;
                }
                let Some(choice) = choices(path).into_iter().find(|choice| choice.contains(&action)) else { continue };
                // Who has no boundary has none by whatever name.
                if key == "iam:PermissionsBoundary" && operator == "StringLike" && !action.starts_with("iam:Create") {
                    continue;
                }
                // Of an action that does not take the key no request has it.
                let statements: Vec<Value> = choice
                    .iter()
                    .map(|one| {
                        let mut statement = allow(one);
                        if *one == action {
                            statement["Condition"][operator][&key] = json!(value);
                        }
                        statement
                    })
                    .collect();
                let variant = with_statements(&path.id, [&statements, &[], &[]]);
                let found = state(&variant, &model_of_text("main.tf.json", terraform(&variant))).0;
                if found != "open" {
                    wrong.push(format!("{}: {action} {operator} {key} {value}: {found}", path.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
