//! Stacks within stacks: parameters go in, outputs come out, resources stand under the names of the stacks around them.

use std::path::Path;

use iacscan::model::Resource;
use iacscan::scan::{Model, Options, model};
use serde_json::json;

use crate::describe::{describe, model_of};

/// The model of a folder with these files.
pub(crate) fn model_of_files(files: &[(&str, &str)]) -> (tempfile::TempDir, Model) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let model = model_at(folder.path());
    (folder, model)
}

fn model_at(path: &Path) -> Model {
    model(&Options { paths: vec![path.to_owned()], threads: Some(1), ..Options::default() })
}

fn addresses(model: &Model) -> Vec<Vec<String>> {
    let unit = |unit: &iacscan::model::Unit| unit.resources.iter().map(|one| one.address.to_string()).collect();
    model.units.iter().map(unit).collect()
}

fn resource<'m>(model: &'m Model, address: &str) -> &'m Resource {
    let mut all = model.units.iter().flat_map(|unit| &unit.resources);
    all.find(|resource| &*resource.address == address).unwrap_or_else(|| panic!("no {address}: {:?}", addresses(model)))
}

fn codes(model: &Model) -> Vec<&'static str> {
    model.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

const ROLES: &str = "Parameters:\n  Name: {Type: String}\n  Partners: {Type: CommaDelimitedList, Default: ''}\n  Other: {Type: String, Default: none}\n\
    Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: !Ref Name\n      Description: !Ref Other\n      \
    ManagedPolicyArns: !Ref Partners\n  Key: {Type: AWS::KMS::Key}\n\
    Outputs:\n  Arn: {Value: !GetAtt Role.Arn}\n  Name: {Value: !Ref Name}\n  Key: {Value: !GetAtt Key.Arn}\n";

#[test]
fn parameters_go_in_and_outputs_come_out() {
    let root = "Resources:\n  Bucket: {Type: AWS::S3::Bucket}\n  First:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      \
        TemplateURL: ./templates/roles.yaml\n      Parameters:\n        Name: writer\n        Partners: !Join [',', [a, b]]\n        \
        Other: !GetAtt Bucket.Arn\n  Second:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: \
        templates/roles.yaml\n      Parameters: {Name: !GetAtt First.Outputs.Name, Other: !GetAtt First.Outputs.Key}\n  User:\n    \
        Type: AWS::IAM::User\n    Properties:\n      UserName: !GetAtt First.Outputs.Name\n      Path: !GetAtt Second.Outputs.Arn\n";
    let (_folder, model) = model_of_files(&[("root.yaml", root), ("templates/roles.yaml", ROLES)]);
    assert_eq!(codes(&model), [""; 0]);
    let [unit] = addresses(&model).try_into().unwrap();
    assert_eq!(
        unit.iter().filter(|address| !address.contains("s/")).collect::<Vec<_>>(),
        ["Bucket", "First", "First/Role", "First/Key", "Second", "Second/Role", "Second/Key", "User"]
    );
    let first = resource(&model, "First/Role");
    let expected = json!({ "RoleName": "writer", "ManagedPolicyArns": ["a", "b"], "Description": "<Bucket.Arn>" });
    assert_eq!(describe(&first.attributes), expected);
    assert_eq!(first.chain.iter().map(|step| &*step.name).collect::<Vec<_>>(), ["First"]);
    // The name stands where it was written.
    let name = first.attributes.get("RoleName").unwrap().origin;
    let source = model.sources.get(name.file);
    assert!(source.path().ends_with("root.yaml") && source.slice(name.span) == "writer");
    let second = resource(&model, "Second/Role");
    let expected = json!({ "RoleName": "writer", "ManagedPolicyArns": [], "Description": "<First/Key.Arn>" });
    assert_eq!(describe(&second.attributes), expected);
    let user = resource(&model, "User");
    assert_eq!(describe(&user.attributes), json!({ "UserName": "writer", "Path": "<Second/Role.Arn>" }));
}

#[test]
fn stacks_nest_in_each_other() {
    let stack = |file: &str, parameter: &str, more: &str| {
        format!(
            "Parameters: {{Up: {{Type: String, Default: x}}}}\nResources:\n  In:\n    Type: AWS::CloudFormation::Stack\n    \
             Properties: {{TemplateURL: {file}, Parameters: {{Up: {parameter}}}}}\n{more}"
        )
    };
    let top = stack("b.yaml", "!GetAtt Top.Arn", "  Top: {Type: AWS::SNS::Topic}\n");
    let middle = stack("c.yaml", "!Ref Up", "Outputs: {Deep: {Value: !GetAtt In.Outputs.Deep}}\n");
    let leaf = "Parameters: {Up: {Type: String}}\nResources: {T: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Up}}}\n\
                Outputs: {Deep: {Value: !GetAtt T.Arn}}\n";
    let top = top + "  User: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt In.Outputs.Deep}}\n";
    let (_folder, model) = model_of_files(&[("a.yaml", &top), ("b.yaml", &middle), ("c.yaml", leaf)]);
    assert_eq!((codes(&model), model.units.len()), (vec![], 1));
    let deep = resource(&model, "In/In/T");
    assert_eq!(describe(&deep.attributes), json!({ "TopicName": "<Top.Arn>" }));
    assert_eq!(deep.chain.len(), 2);
    assert_eq!(describe(&resource(&model, "User").attributes), json!({ "TopicName": "<In/In/T.Arn>" }));
}

#[test]
fn what_may_not_exist_may_not_within() {
    let root = "Parameters: {E: {Type: String}}\nConditions: {C: !Equals [!Ref E, a]}\nResources:\n  In:\n    Type: \
        AWS::Serverless::Application\n    Condition: C\n    Properties: {Location: in.json, Parameters: {Name: !If [C, yes, no]}}\n";
    let leaf = r#"{"Parameters":{"Name":{"Type":"String"}},"Resources":{"T":{"Type":"AWS::SNS::Topic","Properties":{"TopicName":{"Ref":"Name"}}}}}"#;
    let (_folder, model) = model_of_files(&[("a.yaml", root), ("in.json", leaf)]);
    let topic = resource(&model, "In/T");
    assert_eq!(topic.possible.as_ref().map(|why| &*why.subject), Some("C"));
    assert_eq!(describe(&topic.attributes), json!({ "TopicName": "true" }));
}

#[test]
fn what_is_not_at_hand_is_told_once() {
    let stack = |name: &str, url: &str| {
        format!("  {name}: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {url}}}}}\n")
    };
    let remote = "'https://s3.amazonaws.com/b/x.yaml'";
    let root = format!(
        "Resources:\n{}{}{}{}  App: {{Type: AWS::Serverless::Application, Properties: {{Location: {{ApplicationId: app, SemanticVersion: 1.0.0}}}}}}\n  \
         T: {{Type: AWS::SNS::Topic, Properties: {{TopicName: !GetAtt A.Outputs.N}}}}\n",
        stack("A", remote),
        stack("B", remote),
        stack("C", "gone.yaml"),
        stack("D", "text.yaml")
    );
    let (_folder, model) = model_of_files(&[("a.yaml", &root), ("text.yaml", "just: text\n")]);
    assert_eq!(
        codes(&model),
        ["cfn-remote-template", "cfn-nested-template", "cfn-nested-template", "cfn-remote-template"]
    );
    let name = resource(&model, "T").attributes.get("TopicName").unwrap();
    let unknown = name.as_unknown().unwrap();
    assert_eq!(
        (unknown.why, unknown.reason()),
        (iacscan::value::Why::NotInTree, "the template of the stack `A` is not in the scanned tree".to_owned())
    );
}

#[test]
fn circles_and_bushes_end() {
    let stack = |name: &str, file: &str| {
        format!("  {name}: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {file}}}}}\n")
    };
    let own = format!("Resources:\n{}", stack("Again", "a.yaml"));
    let (_folder, model) = model_of_files(&[("a.yaml", &own)]);
    assert_eq!((codes(&model), addresses(&model)), (vec!["cfn-nested-cycle"], vec![vec!["Again".to_owned()]]));
    let (one, other) =
        (format!("Resources:\n{}", stack("B", "b.yaml")), format!("Resources:\n{}", stack("A", "a.yaml")));
    let (_folder, model) = model_of_files(&[("a.yaml", &one), ("b.yaml", &other)]);
    assert_eq!(
        (codes(&model), addresses(&model)),
        (vec!["cfn-nested-cycle"], vec![vec!["B".to_owned(), "B/A".to_owned()]])
    );
    // Nine levels of ten stacks each would be a thousand million.
    let mut files = Vec::new();
    for level in 0..9 {
        let stacks: String = (0..10).map(|nth| stack(&format!("S{nth}"), &format!("l{}.yaml", level + 1))).collect();
        files.push((format!("l{level}.yaml"), format!("Resources:\n{stacks}")));
    }
    files.push(("l9.yaml".to_owned(), "Resources: {T: {Type: AWS::SNS::Topic}}\n".to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
    let (_folder, model) = model_of_files(&files);
    assert!(codes(&model).contains(&"cfn-limit") && model.units.len() == 1, "{:?}", codes(&model));
    assert!(model.units[0].resources.len() < 10_000);
    // A stack whose parameters hang on its own outputs.
    let loop_ = "Resources:\n  In: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: in.yaml, Parameters: {P: !GetAtt In.Outputs.O}}}\n";
    let leaf =
        "Parameters: {P: {Type: String}}\nResources: {T: {Type: AWS::SNS::Topic}}\nOutputs: {O: {Value: !Ref P}}\n";
    let (_folder, model) = model_of_files(&[("a.yaml", loop_), ("in.yaml", leaf)]);
    assert_eq!(codes(&model), ["cfn-cycle"]);
}

#[test]
fn stack_sets_hold_their_template() {
    let text = "Resources:\n  Set:\n    Type: AWS::CloudFormation::StackSet\n    Properties:\n      Parameters: [{ParameterKey: Name, \
        ParameterValue: reader}]\n      TemplateBody: |\n        Parameters: {Name: {Type: String}}\n        Resources:\n          Role:\n            \
        Type: AWS::IAM::Role\n            Properties:\n              RoleName: !Ref Name\n              Description: !GetAtt Key.Arn\n          Key: \
        {Type: AWS::KMS::Key}\n  File: {Type: AWS::CloudFormation::StackSet, Properties: {TemplateURL: none.yaml}}\n  Tree:\n    \
        Type: AWS::CloudFormation::StackSet\n    Properties: {TemplateBody: '{\"Resources\":{\"U\":{\"Type\":\"AWS::IAM::User\"}}}'}\n";
    let model = model_of("template.yaml", text);
    let role = resource(&model, "Set/Role");
    assert_eq!(describe(&role.attributes), json!({ "RoleName": "reader", "Description": "<Set/Key.Arn>" }));
    assert_eq!(model.sources.get(role.origin.file).slice(role.origin.span), "Role");
    let user = resource(&model, "Tree/U");
    assert_eq!(model.sources.get(user.origin.file).slice(user.origin.span), "\"U\"");
    assert_eq!(codes(&model), ["cfn-nested-template"]);
}

#[test]
fn a_stack_set_full_of_aliases_ends() {
    let mut laughs = String::from("        a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..30 {
        laughs.push_str(&format!("        a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", ")));
    }
    let text = format!(
        "Resources:\n  Set:\n    Type: AWS::CloudFormation::StackSet\n    Properties:\n      TemplateBody: |\n{laughs}        \
         Resources: {{T: {{Type: AWS::SNS::Topic, Properties: {{TopicName: *a29}}}}}}\n"
    );
    assert_eq!(codes(&model_of("template.yaml", &text)), ["cfn-limit"]);
}
