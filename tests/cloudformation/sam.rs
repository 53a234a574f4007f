//! What iacscan makes of SAM templates, against what AWS' own transform makes of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use iacscan::scan::Model;
use serde_json::Value as Json;

use crate::describe::{describe, model_of};

/// The types that carry permissions.
const COMPARED: &[&str] = &[
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
];

fn templates() -> Vec<PathBuf> {
    let folders = ["testdata/cloudformation/sam", "testdata/demo/sam"];
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.is_file()).collect();
    files.push(PathBuf::from("testdata/equivalence/sam.yaml"));
    files.sort();
    files
}

/// What the reference makes of the templates, by path; nothing where it is not installed.
fn translated(paths: &[PathBuf]) -> Option<BTreeMap<String, Json>> {
    for python in ["target/ci-venv/bin/python", "python3", "python"] {
        let mut command = Command::new(python);
        let output = command.arg("tests/cloudformation/translate_sam.py").args(paths).output();
        let Ok(output) = output else { continue };
        if output.status.success() {
            return Some(serde_json::from_slice(&output.stdout).unwrap());
        }
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("is not installed"), "{python}: {error}");
    }
    None
}

/// Resources by address, with type and attributes.
fn compared(model: &Model) -> BTreeMap<String, (String, Json)> {
    let [unit] = model.units.as_slice() else { panic!("{} units", model.units.len()) };
    let resources = unit.resources.iter().filter(|resource| COMPARED.contains(&&*resource.provider_type));
    let one = |resource: &iacscan::model::Resource| {
        let mut attributes = describe(&resource.attributes);
        let map = attributes.as_object_mut().unwrap();
        map.remove("Tags");
        map.retain(|_, value| value.as_array().is_none_or(|items| !items.is_empty()));
        (resource.address.to_string(), (resource.provider_type.to_string(), attributes))
    };
    resources.map(one).collect()
}

#[test]
fn roles_policies_and_permissions_are_those_of_the_transform() {
    let paths = templates();
    assert!(paths.len() > 20, "{} templates", paths.len());
    let Some(translated) = translated(&paths) else {
        println!("skipped: aws-sam-translator is not installed (`.ci/run` installs it)");
        return;
    };
    let (mut differences, mut resources) = (Vec::new(), 0);
    for path in &paths {
        let name = path.to_str().unwrap();
        let reference = &translated[name];
        assert_eq!(reference["error"], Json::Null, "{name}");
        let own = model_of(name, &std::fs::read_to_string(path).unwrap());
        assert!(own.diagnostics.is_empty(), "{name}: {:?}", own.diagnostics);
        let (own, wanted) = (compared(&own), compared(&model_of("translated.json", &reference.to_string())));
        resources += wanted.len();
        for address in own.keys().chain(wanted.keys()).collect::<std::collections::BTreeSet<_>>() {
            let (one, other) = (own.get(address), wanted.get(address));
            if one != other {
                let text =
                    |side: Option<&(String, Json)>| side.map_or("nothing".to_owned(), |(t, v)| format!("{t} {v}"));
                differences.push(format!("{name}: {address}\n  own:  {}\n  want: {}", text(one), text(other)));
            }
        }
    }
    println!("{resources} roles, policies and permissions of {} SAM templates compared", paths.len());
    assert!(differences.is_empty(), "{} of {resources} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(resources > 150, "{resources}");
}

/// What is made stands where its cause stands.
#[test]
fn what_the_transform_makes_points_to_its_cause() {
    let path = Path::new("testdata/cloudformation/sam/push-events.yaml");
    let model = model_of("template.yaml", &std::fs::read_to_string(path).unwrap());
    let place = |address: &str| {
        let resource = model.units[0].resources.iter().find(|resource| &*resource.address == address);
        let origin = resource.unwrap_or_else(|| panic!("no {address}")).origin;
        model.sources.get(origin.file).slice(origin.span).to_owned()
    };
    assert_eq!(place("FunctionDailyPermission"), "Daily");
    assert_eq!(place("FunctionRole"), "Function");
    let path = Path::new("testdata/cloudformation/sam/function-urls.yaml");
    let model = model_of("template.yaml", &std::fs::read_to_string(path).unwrap());
    let permissions = model.units[0].resources.iter().filter(|one| &*one.provider_type == "AWS::Lambda::Permission");
    let places: Vec<String> =
        permissions.map(|one| model.sources.get(one.origin.file).slice(one.origin.span).to_owned()).collect();
    assert_eq!(places, ["NONE"; 4]);
}

/// The value at an address and a path such as `Api.Policy.Statement.0`, written out.
fn at(model: &Model, path: &str) -> Json {
    let (address, path) = path.split_once('.').unwrap();
    let mut resources = model.units[0].resources.iter();
    let resource = resources.find(|one| &*one.address == address).unwrap_or_else(|| panic!("no {address}"));
    let mut value = describe(&resource.attributes);
    for step in path.split('.') {
        value = match step.parse::<usize>() {
            Ok(nth) => value[nth].clone(),
            Err(_) => value[step].clone(),
        };
    }
    value
}

fn with_properties(kind: &str, properties: &str, more: &str) -> Model {
    let text = format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  One:\n    Type: AWS::Serverless::{kind}\n    Properties: {properties}\n{more}"
    );
    model_of("template.yaml", &text)
}

fn told(model: &Model) -> Vec<&str> {
    model.diagnostics.iter().map(|one| one.message.as_str()).collect()
}

#[test]
fn the_resource_policy_of_an_api_is_written_out() {
    let lists = "{CustomStatements: [{Effect: Deny, Action: 'execute-api:Invoke', Resource: '*', Principal: '*'}], \
                 AwsAccountWhitelist: ['210987654321'], IpRangeWhitelist: [192.0.2.0/24], SourceVpcBlacklist: [vpc-1]}";
    let model = with_properties("Api", &format!("{{StageName: a, Auth: {{ResourcePolicy: {lists}}}}}"), "");
    let statements = at(&model, "One.Policy.Statement");
    let find = |part: &str| statements.as_array().unwrap().iter().filter(|one| one.to_string().contains(part)).count();
    assert_eq!(statements.as_array().unwrap().len(), 5, "{statements:#}");
    assert_eq!(find("arn:<AWS::Partition>:iam::210987654321:root"), 1);
    assert_eq!(
        (find("\"NotIpAddress\":{\"aws:SourceIp\":[\"192.0.2.0/24\"]}"), find("\"aws:SourceVpc\":[\"vpc-1\"]")),
        (1, 1)
    );
    let identity = iacscan::iam::Identity::new(&model.units[0], iacscan::model::Kinds::built_in(), &model.sources, &[]);
    assert_eq!(identity.subjects("resource-policy-statement").len(), 5);
}

#[test]
fn what_the_transform_would_refuse_is_told() {
    let globals = "Globals:\n  Function: {Policies: [AdministratorAccess], Timeout: 3}\n";
    let model = with_properties("Function", "{Runtime: python3.13}", globals);
    assert_eq!(told(&model), ["`Policies` cannot be set for all resources of `AWS::Serverless::Function`"]);
    assert_eq!(at(&model, "OneRole.ManagedPolicyArns").as_array().unwrap().len(), 1);
    let model = with_properties("Function", "{Policies: [{S3ReadPolicy: {}}, {NoSuchPolicy: {}}]}", "");
    assert_eq!(
        told(&model),
        ["the policy template `S3ReadPolicy` needs `BucketName`", "the policy template `NoSuchPolicy` is not known"]
    );
    let connector = |source: &str, more: &str| {
        let properties = format!("{{Source: {{Id: {source}}}, Destination: {{Id: Topic}}, Permissions: [Write]}}");
        with_properties("Connector", &properties, &format!("  Topic: {{Type: AWS::SNS::Topic}}\n{more}"))
    };
    assert_eq!(told(&connector("Gone", "")), ["there is no resource `Gone` to connect"]);
    let bucket = "  Bucket: {Type: AWS::S3::Bucket}\n";
    assert_eq!(
        told(&connector("Bucket", bucket)),
        ["there is no connector from `AWS::S3::Bucket` to `AWS::SNS::Topic`"]
    );
    let function = "  F: {Type: AWS::Lambda::Function, Properties: {Role: 'arn:aws:iam::1:role/x'}}\n";
    let refused = connector("F", function);
    assert_eq!(told(&refused), ["the connector finds no role of the template to give its policy `OnePolicy` to"]);
}

/// What is not known leaves the role open, and is not taken for nothing.
#[test]
fn unknown_policies_and_events_leave_the_role_open() {
    let parameter = "Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, a]}\n";
    let chosen = "{Policies: !If [C, [AdministratorAccess], [ReadOnlyAccess]]}";
    let role = at(&with_properties("Function", chosen, parameter), "OneRole.ManagedPolicyArns").to_string();
    assert!(role.contains("and more") || role.contains('|'), "{role}");
    let events = "{Events: !If [C, {A: {Type: SQS}}, !Ref 'AWS::NoValue']}";
    let role = at(&with_properties("Function", events, parameter), "OneRole.ManagedPolicyArns").to_string();
    assert!(role.contains("and more"), "{role}");
    let public = "{FunctionUrlConfig: {AuthType: !If [C, NONE, AWS_IAM]}}";
    let model = with_properties("Function", public, parameter);
    let permission = model.units[0].resources.iter().find(|one| &*one.address == "OneUrlPublicPermissions").unwrap();
    assert!(permission.possible.is_some());
}
