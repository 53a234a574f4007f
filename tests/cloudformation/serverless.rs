//! `serverless.yml`: its resources are read as a template, and its statements as the policy of the functions' role.

use serde_json::json;

use crate::describe::{describe, model_of};

const SERVICE: &str = "service: orders
custom: {table: orders}
provider:
  name: aws
  runtime: nodejs22.x
  iam:
    role:
      managedPolicies: ['arn:aws:iam::aws:policy/ReadOnlyAccess']
      permissionsBoundary: arn:aws:iam::123456789012:policy/boundary
      statements:
        - Effect: Allow
          Action: ['dynamodb:*']
          Resource: 'arn:aws:dynamodb:${aws:region}:123456789012:table/${self:custom.table}'
        - ${file(more.yml):statement}
functions:
  my-call:
    handler: a.b
    iamRoleStatements: [{Effect: Allow, Action: '*', Resource: '*'}]
resources:
  - Resources:
      Topic:
        Type: AWS::SNS::Topic
        Properties: {TopicName: '${self:service}-${opt:stage, ''dev''}', DisplayName: !Sub '${AWS::Region}-${sls:stage}'}
    Outputs: {Arn: {Value: !Ref Topic}}
  - Resources: {User: {Type: AWS::IAM::User, Properties: {UserName: plain}}}
    extensions:
      IamRoleLambdaExecution: {Properties: {Path: /own/}}
  - ${file(other.yml)}
";

#[test]
fn resources_and_statements_are_read() {
    let model = model_of("serverless.yml", SERVICE);
    assert_eq!(model.diagnostics, []);
    let [unit] = model.units.as_slice() else { panic!("{:?}", model.units) };
    let one = |address: &str| {
        let mut all = unit.resources.iter();
        all.find(|one| &*one.address == address).unwrap_or_else(|| panic!("no {address} in {unit:#?}"))
    };
    let topic = json!({ "TopicName": "<${self:service}>-<${opt:stage, 'dev'}>", "DisplayName": "<AWS::Region>-<${sls:stage}>" });
    assert_eq!(describe(&one("Topic").attributes), topic);
    assert_eq!(describe(&one("User").attributes), json!({ "UserName": "plain" }));
    assert_eq!(describe(&one("Outputs/Arn").attributes)["value"], "<Topic.Ref>");
    let role = describe(&one("IamRoleLambdaExecution").attributes);
    assert_eq!(role["Path"], "/own/");
    assert_eq!(role["PermissionsBoundary"], "arn:aws:iam::123456789012:policy/boundary");
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
    let resource = "arn:aws:dynamodb:<${aws:region}>:123456789012:table/<${self:custom.table}>";
    assert!(
        statements.contains(&json!({ "Effect": "Allow", "Action": "dynamodb:*", "Resource": resource })),
        "{statements:?}"
    );
    assert!(statements.contains(&json!("<${file(more.yml):statement}>")), "{statements:?}");
    let own = describe(&one("MyDashcallIamRoleLambdaExecution").attributes);
    assert_eq!(own["Policies"][0]["PolicyDocument"]["Statement"]["Action"], "*");
}

/// The finding stands at the statement in the file.
#[test]
fn findings_stand_in_the_file() {
    let rules = iacscan::rules::built_in(&iacscan::rules::Overrides::new()).unwrap();
    let rules = rules.into_iter().filter(|rule| &*rule.info.id == "iam-admin-policy").collect();
    let texts = vec![iacscan::scan::Text { name: "serverless.yml".to_owned(), bytes: SERVICE.as_bytes().to_vec() }];
    let report = iacscan::scan::scan(&iacscan::scan::Options { rules, texts, ..Default::default() });
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    let origin = finding.place.origin;
    assert_eq!(report.sources.get(origin.file).slice(origin.span), "'*'");
    assert_eq!(finding.place.start.line, 18);
}

#[test]
fn other_files_are_no_services() {
    for text in [
        "service: a\nprovider: {name: google}\nresources: {statements: 1, Resources: {A: {Type: 'AWS::S3::Bucket'}}}\n",
        "service: a\nresources: {Resources: {A: {Type: 'AWS::S3::Bucket'}}}\n",
        "services: {web: {image: x}}\nprovider: x\nstatements: []\nAWS::x: Resources\n",
    ] {
        assert!(model_of("x.yml", text).units.is_empty(), "{text}");
    }
}
