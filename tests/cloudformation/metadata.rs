//! What a template says outside of properties: how instances set themselves up, and macros.

use serde_json::json;

use crate::describe::{describe, model_of};

#[test]
fn setup_metadata_is_an_attribute_and_its_secrets_are_hidden() {
    let text = "Resources:\n  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: a}}\n  Host:\n    Type: AWS::EC2::Instance\n    \
        Metadata:\n      Other: kept out\n      AWS::CloudFormation::Authentication:\n        S3: {type: S3, accessKeyId: !Ref Key, secretKey: \
        !GetAtt Key.SecretAccessKey}\n        Web: {type: basic, username: ana, password: hunter2hunter2}\n      AWS::CloudFormation::Init:\n        \
        config: {files: {/etc/a: {content: !Sub 'key=${Key.SecretAccessKey}'}}}\n  Plain: {Type: AWS::EC2::Instance, Metadata: {a: b}}\n";
    let model = model_of("template.yaml", text);
    assert_eq!(model.diagnostics, []);
    let resource = |address: &str| model.units[0].resources.iter().find(|one| &*one.address == address).unwrap();
    let metadata = resource("Host").attributes.get("Metadata").unwrap();
    let written = describe(metadata);
    assert_eq!(written["AWS::CloudFormation::Authentication"]["S3"]["secretKey"], "<Key.SecretAccessKey>");
    assert_eq!(
        written["AWS::CloudFormation::Init"],
        json!({ "config": { "files": { "/etc/a": { "content": "key=<Key.SecretAccessKey>" } } } })
    );
    assert_eq!(written["Other"], json!(null));
    let password = metadata.get("AWS::CloudFormation::Authentication").unwrap().get("Web").unwrap().get("password");
    assert!(password.unwrap().sensitive);
    assert!(resource("Plain").attributes.get("Metadata").is_none());
}

#[test]
fn macros_are_told_of() {
    let text = "Transform: [AWS::Serverless-2016-10-31, Mine, {Name: Other, Parameters: {a: b}}]\nResources:\n  T: {Type: AWS::SNS::Topic, \
        Properties: {TopicName: !Ref MadeByMacro}}\n  M: {Type: AWS::CloudFormation::Macro, Properties: {Name: Mine, FunctionName: f}}\n";
    let model = model_of("template.yaml", text);
    let told: Vec<&str> = model.diagnostics.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "the macro `Mine` is not run: what it changes in the template is not known",
            "the macro `Other` is not run: what it changes in the template is not known"
        ]
    );
    let name = model.units[0].resources.iter().find(|one| &*one.address == "T").unwrap().attributes.get("TopicName");
    assert!(name.unwrap().as_unknown().is_some());
}
