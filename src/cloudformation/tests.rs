//! Whole templates.

use super::*;
use crate::diagnostic::Level;
use crate::model::Resource;
use crate::source::Origin;
use crate::syntax::{json, yaml};
use crate::value::{Data, Piece, Value, Why, decode_json, to_serde};

struct Stack {
    sources: Sources,
    unit: Unit,
    diagnostics: Vec<Diagnostic>,
}

impl Stack {
    fn with(text: &str, parameters: &[(&str, &str)]) -> Stack {
        let sources = Sources::default();
        let file = sources.add("template.yaml", text.to_owned());
        let (documents, diagnostics) = yaml::parse(file, text);
        assert_eq!(diagnostics, []);
        let parameters = parameters.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let (unit, diagnostics) =
            evaluate(file, &documents[0], &Settings { parameters, ..Settings::default() }, &sources);
        Stack { sources, unit, diagnostics }
    }

    fn new(text: &str) -> Stack {
        let stack = Stack::with(text, &[]);
        assert_eq!(stack.diagnostics, []);
        stack
    }

    fn resource(&self, address: &str) -> &Resource {
        self.unit.resources.iter().find(|resource| &*resource.address == address).expect(address)
    }

    /// The value at a path such as `Role.Policies.0.Name`.
    fn value(&self, path: &str) -> &Value {
        let mut steps = path.split('.');
        let mut value = &self.resource(steps.next().unwrap()).attributes;
        for step in steps {
            value = match step.parse::<usize>() {
                Ok(nth) => &value.as_list().expect(path).items[nth],
                Err(_) => value.get(step).unwrap_or_else(|| panic!("{path}: no {step} in {value:?}")),
            };
        }
        value
    }

    fn text(&self, path: &str) -> String {
        self.value(path).scalar_text().unwrap_or_else(|| panic!("{path}: {:?}", self.value(path))).into_owned()
    }

    fn slice(&self, origin: Origin) -> String {
        self.sources.get(origin.file).slice(origin.span).to_owned()
    }

    fn codes(&self) -> Vec<&'static str> {
        self.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
    }
}

/// A template with one resource `R` that has these properties.
fn properties(lines: &str, more: &str) -> String {
    let lines = lines.lines().map(|line| format!("      {line}\n")).collect::<String>();
    format!("Resources:\n  R:\n    Type: Custom::Thing\n    Properties:\n{lines}{more}")
}

#[test]
fn templates_are_told_from_other_files() {
    let is = |text: &str| is_template(&yaml::parse(FileId::NONE, text).0[0]);
    assert!(is("Resources: {A: {Type: 'AWS::S3::Bucket'}}"));
    assert!(is("AWSTemplateFormatVersion: 2010-09-09\nResources: {}"));
    assert!(is("Transform: AWS::Serverless-2016-10-31\nResources:\n  A: {}"));
    assert!(!is("on: push\njobs: {a: {}}"));
    assert!(!is("apiVersion: v1\nkind: List\n? [a]\n: b"));
    assert!(!is("services: {a: {image: b}}\nResources: [a]"));
    assert!(!is("Resources: {A: {Type: Deployment}}"));
    assert!(!is("- Resources: {A: {Type: 'AWS::S3::Bucket'}}"));
}

#[test]
fn scalars_are_read_as_yaml_1_1() {
    let stack = Stack::new(&properties("a: yes\nb: \"yes\"\nc: 012345678901\nd: 12\ne:\nf: 2012-10-17", ""));
    assert_eq!(stack.value("R.a").as_bool(), Some(true));
    assert_eq!(stack.value("R.b").as_str(), Some("yes"));
    assert_eq!(stack.value("R.c").as_str(), Some("012345678901"));
    assert!(matches!(stack.value("R.d").data, Data::Number(_)));
    assert!(stack.value("R.e").is_null());
    assert_eq!(stack.value("R.f").as_str(), Some("2012-10-17"));
}

#[test]
fn short_and_long_forms_are_one_thing() {
    let more = "Transform: AWS::LanguageExtensions\nParameters:\n  P: {Type: String, Default: x}\n  L: {Type: CommaDelimitedList, Default: 'a, b'}\n\
                Mappings: {M: {top: {second: found}}}\nConditions: {C: !Equals [!Ref P, x]}\n";
    let text = "a: !Ref P\nA: {Ref: P}\nb: !Sub '${P}-y'\nB: {'Fn::Sub': ['${P}-${Q}', {Q: y}]}\nc: !Join ['', [x, '-y']]\n\
                d: !FindInMap [M, top, second]\ne: !Select [1, !Ref L]\nf: !Split ['-', x-y]\ng: !If [C, yes, no]\n\
                h: !FindInMap [M, top, none, {DefaultValue: other}]\ni: {'Fn::Length': !Ref L}\nj: !Sub '${!P}'\n\
                k: !If [C, !Ref 'AWS::NoValue', 1]\nl: [1, !Ref 'AWS::NoValue']\nm: !Base64 'plain'";
    let stack = Stack::new(&properties(text, more));
    for path in ["R.a", "R.A"] {
        assert_eq!(stack.text(path), "x");
        assert_eq!(stack.slice(stack.value(path).origin), "x");
    }
    for path in ["R.b", "R.B", "R.c"] {
        assert_eq!(stack.text(path), "x-y", "{path}");
    }
    assert_eq!((stack.text("R.d"), stack.text("R.e"), stack.text("R.f.1")), ("found".into(), "b".into(), "y".into()));
    assert_eq!(stack.slice(stack.value("R.e").origin), "b");
    assert_eq!((stack.text("R.g"), stack.text("R.h"), stack.text("R.i")), ("true".into(), "other".into(), "2".into()));
    assert_eq!((stack.text("R.j"), stack.text("R.m")), ("${P}".into(), "plain".into()));
    assert!(stack.resource("R").attributes.get("k").is_none());
    assert_eq!(stack.value("R.l").as_list().unwrap().items.len(), 1);
}

#[test]
fn what_is_not_known_keeps_its_reason() {
    let more = "Parameters:\n  P: {Type: String, AllowedValues: [a, b]}\n  S: {Type: 'AWS::SSM::Parameter::Value<String>', \
                Default: /x}\n  N: {Type: String, NoEcho: true, Default: hunter2}\n";
    let text = "a: !Ref P\nb: !Ref S\nc: !Ref N\nd: !Ref AWS::AccountId\ne: !Sub 'arn:aws:iam::${AWS::AccountId}:root'\n\
                f: !GetAtt R.Arn\ng: !ImportValue net\nh: '{{resolve:secretsmanager:x}}'\n\
                i: !Sub 'a{{resolve:ssm:${P}:1}}b'\nj: !Join [':', [a, !Ref P]]\nk: !Sub '${N}!'";
    let stack = Stack::new(&properties(text, more));
    let unknown = |path: &str| stack.value(path).as_unknown().expect(path).clone();
    assert_eq!((unknown("R.a").why, &*unknown("R.a").subject), (Why::NoValue, "Parameter P"));
    assert_eq!(unknown("R.a").candidates.iter().map(|c| c.as_str().unwrap()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(unknown("R.b").why, Why::DataSource);
    assert_eq!((stack.text("R.c"), stack.value("R.c").sensitive), ("hunter2".into(), true));
    assert!(stack.value("R.k").sensitive);
    assert!(matches!(unknown("R.d").why, Why::Environment(_)));
    assert_eq!(stack.value("R.e").known_prefix(), "arn:aws:iam::");
    assert_eq!(stack.value("R.e").known_suffix(), ":root");
    assert_eq!(unknown("R.f").refers.as_ref().map(|r| (&*r.address, &*r.attribute)), Some(("R", "Arn")));
    assert_eq!(unknown("R.g").why, Why::DataSource);
    assert!(stack.value("R.h").sensitive && unknown("R.h").why == Why::DataSource);
    assert_eq!((stack.value("R.i").known_prefix(), stack.value("R.i").known_suffix()), ("a".into(), "b".into()));
    assert_eq!(stack.value("R.j").known_prefix(), "a:");
    let parameter = stack.resource("Parameters/N");
    assert!(parameter.attributes.get("default").unwrap().sensitive);
    assert_eq!(parameter.attributes.get("sensitive").unwrap().as_bool(), Some(true));
}

#[test]
fn given_parameters_win_over_defaults() {
    let text = properties("a: !Ref P\nb: !Ref AWS::Region", "Parameters: {P: {Type: String, Default: x}}\n");
    let stack = Stack::with(&text, &[("P", "y"), ("AWS::Region", "eu-west-1")]);
    assert_eq!((stack.text("R.a"), stack.text("R.b")), ("y".into(), "eu-west-1".into()));
}

#[test]
fn the_pieces_of_a_substitution_stand_where_they_were_written() {
    let text = properties(
        "a: !Sub |\n  {\"Action\": \"s3:*\",\n   \"Resource\": \"arn:${AWS::Partition}:s3:::x\",\n   \"Effect\": \"Allow\"}",
        "",
    );
    let stack = Stack::new(&text);
    let Data::Text(pieces) = &stack.value("R.a").data else { panic!() };
    for piece in pieces.pieces().unwrap() {
        match piece {
            Piece::Known(text, origin) => assert_eq!(stack.slice(*origin), **text),
            Piece::Hole(_, origin) => assert_eq!(stack.slice(*origin), "${AWS::Partition}"),
        }
    }
    let decoded = decode_json(stack.value("R.a"), &stack.sources).unwrap();
    assert_eq!(stack.slice(decoded.get("Action").unwrap().origin), "\"s3:*\"");
    assert_eq!(stack.slice(decoded.get("Effect").unwrap().origin), "\"Allow\"");
}

#[test]
fn what_is_identified_by_its_name_has_that_as_reference() {
    let text = "Resources:\n  B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: reports}}\n  \
                N: {Type: 'AWS::S3::Bucket'}\n  \
                T: {Type: 'AWS::DynamoDB::Table', Properties: {TableName: !Sub '${AWS::StackName}-orders'}}\n  \
                Q: {Type: 'AWS::SQS::Queue', Properties: {QueueName: jobs}}\n  \
                U:\n    Type: 'AWS::IAM::User'\n    Properties:\n      Tags:\n        - !Sub 'arn:aws:s3:::${B}/*'\n        \
                - !Ref N\n        - !Ref T\n        - !Ref Q\n";
    let stack = Stack::with(text, &[]);
    assert_eq!(stack.text("U.Tags.0"), "arn:aws:s3:::reports/*");
    let address = |path: &str| stack.value(path).as_unknown().unwrap().refers.clone().unwrap().address;
    // No name, one that the deployment decides, and a URL.
    assert_eq!(["U.Tags.1", "U.Tags.2", "U.Tags.3"].map(|path| address(path).to_string()), ["N", "T", "Q"]);
}

#[test]
fn names_of_principals_are_known_where_the_template_chooses_them() {
    let text = "Resources:\n  U: {Type: 'AWS::IAM::User', Properties: {UserName: !Sub 'x-${G}'}}\n  \
                G: {Type: 'AWS::IAM::Group', Properties: {GroupName: admins}}\n  V: {Type: 'AWS::IAM::User'}\n  \
                A:\n    Type: AWS::IAM::UserToGroupAddition\n    Properties: {Users: [!Ref U, !Ref V], GroupName: !Ref G}\n  \
                S: {Type: 'AWS::IAM::User', Properties: {UserName: !Ref S}}\n";
    let stack = Stack::with(text, &[]);
    assert_eq!(stack.codes(), ["cfn-cycle"]);
    assert_eq!((stack.text("A.Users.0"), stack.text("A.GroupName")), ("x-admins".into(), "admins".into()));
    assert_eq!(stack.slice(stack.value("A.Users.0").origin), "!Ref U");
    let refers = stack.value("A.Users.1").as_unknown().unwrap().refers.clone().unwrap();
    assert_eq!((&*refers.provider_type, &*refers.attribute), ("AWS::IAM::User", "Ref"));
    assert_eq!(stack.value("S.UserName").as_unknown().unwrap().why, Why::AfterApply);
}

#[test]
fn undecided_conditions_keep_both_branches() {
    let text = "Parameters: {Env: {Type: String}}\nConditions:\n  Prod: !Equals [!Ref Env, prod]\n  Never: !And [!Condition \
                Prod, !Equals [a, b]]\nResources:\n  A:\n    Type: X::Y\n    Condition: Prod\n    Properties:\n      p: !If \
                [Prod, 1, 2]\n  B: {Type: 'X::Y', Condition: Never}\n  C:\n    Type: X::Y\n    Properties: {p: !If [Prod, \
                {a: !If [Prod, 1, 2]}, !Ref 'AWS::NoValue'], q: !If [Prod, 5, 5]}\n";
    let stack = Stack::new(text);
    assert_eq!(&*stack.resource("A").possible.clone().unwrap().subject, "Prod");
    assert_eq!(stack.text("A.p"), "1");
    assert!(!stack.unit.resources.iter().any(|resource| &*resource.address == "B"));
    let p = stack.value("C.p").as_unknown().unwrap();
    assert_eq!((p.why, &*p.subject, p.candidates.len()), (Why::Condition, "Prod", 2));
    assert_eq!(p.candidates[0].get("a").unwrap().scalar_text().as_deref(), Some("1"));
    assert!(p.candidates[1].is_null());
    assert_eq!(stack.text("C.q"), "5");
}

#[test]
fn mistakes_are_told_and_do_not_hide_the_rest() {
    let text = "Conditions: {A: !Condition B, B: !Not [!Condition A]}\nResources:\n  X: {Type: !Ref Y}\n  Y: {}\n  Z:\n    \
                Type: X::Y\n    Condition: None\n    Properties: {a: !Ref Gone, b: !GetAtt Gone.Arn, c: !FindInMap [M, a, \
                b], d: !Foo 1, e: !If [A, 1, 2], f: !Select [5, [a]], g: fine}\nOutputs: {O: {Value: !Ref Z}}\n";
    let stack = Stack::with(text, &[]);
    assert_eq!(
        stack.codes(),
        [
            "cfn-type",
            "cfn-type",
            "cfn-condition",
            "cfn-reference",
            "cfn-reference",
            "cfn-mapping",
            "cfn-function",
            "cfn-cycle",
            "cfn-function"
        ]
    );
    assert_eq!(stack.diagnostics.iter().filter(|d| d.level == Level::Error).count(), 2);
    assert_eq!(stack.text("Z.g"), "fine");
    assert_eq!(stack.value("Z.a").as_unknown().unwrap().why, Why::Invalid);
    assert!(stack.resource("Z").possible.is_some());
    assert!(stack.value("Outputs/O.value").as_unknown().is_some());
}

#[test]
fn a_resource_stands_where_its_logical_id_stands() {
    let text = "Resources:\n  Thing:\n    Type: X::Y\n    DeletionPolicy: Retain\n    Properties:\n      a: 1\n  Other: {Type: 'X::Y'}\n";
    let stack = Stack::new(text);
    let thing = stack.resource("Thing");
    assert_eq!(stack.slice(thing.origin), "Thing");
    assert!(stack.slice(thing.extent).starts_with("Thing:") && stack.slice(thing.extent).ends_with("a: 1"));
    assert_eq!(thing.attributes.as_map().unwrap().entries().len(), 1);
    assert_eq!(stack.resource("Other").attributes.as_map().unwrap().entries().len(), 0);
}

#[test]
fn policy_statements_keep_their_condition() {
    let stack = Stack::new(&properties("Statement: [{Condition: {Bool: {x: 'true'}}}]\nOnly: {Condition: x}", ""));
    assert_eq!(stack.text("R.Statement.0.Condition.Bool.x"), "true");
    assert_eq!(stack.text("R.Only.Condition"), "x");
}

#[test]
fn merge_keys_are_followed() {
    let text = "Base: &base {a: 1, b: 1}\nMore: &more {b: 2, c: 2}\nResources:\n  R:\n    Type: X::Y\n    Properties:\n      \
                <<: [*base, *more]\n      c: 3\n";
    let stack = Stack::new(text);
    assert_eq!((stack.text("R.a"), stack.text("R.b"), stack.text("R.c")), ("1".into(), "1".into(), "3".into()));
}

#[test]
fn hostile_templates_end() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..15 {
        laughs.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", ")));
    }
    laughs.push_str("Resources: {R: {Type: 'X::Y', Properties: {p: *a14}}}\n");
    assert_eq!(Stack::with(&laughs, &[]).codes(), ["cfn-limit"]);

    let mut merges = String::from("m0: &m0 {a: 1, b: 1}\n");
    for n in 1..30 {
        merges.push_str(&format!("m{n}: &m{n} {{<<: [*m{0}, *m{0}, *m{0}]}}\n", n - 1));
    }
    merges.push_str("Resources: {R: {Type: 'X::Y', Properties: *m29}}\n");
    assert_eq!(Stack::with(&merges, &[]).codes()[0], "cfn-limit");

    let mut chain = String::from("Conditions:\n");
    let mut names = String::from("Resources:\n");
    for n in 0..3_000 {
        chain.push_str(&format!("  C{n}: !And [!Condition C{0}, !Condition C{0}]\n", n + 1));
        names.push_str(&format!("  R{n}: {{Type: 'AWS::IAM::User', Condition: C{n}, Properties: {{UserName: !Sub '${{R{0}}}${{R{0}}}'}}}}\n", n + 1));
    }
    let run = move || {
        Stack::with(
            &format!(
                "{chain}  C3000: !Equals [a, a]\n{names}  R3000: {{Type: 'AWS::IAM::User', Properties: {{UserName: ab}}}}\n"
            ),
            &[],
        )
    };
    let stack = std::thread::Builder::new().stack_size(16 << 20).spawn(run).unwrap().join().unwrap();
    assert!(stack.codes().contains(&"cfn-limit"));
}

#[test]
fn serverless_functions_get_their_role() {
    let text = "Transform: AWS::Serverless-2016-10-31\nGlobals: {Function: {PermissionsBoundary: boundary, Tags: {a: \
                1}}}\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Tags: {b: 2}\n      \
                Policies:\n        - AdministratorAccess\n        - !Ref Own\n        - Statement: [{Effect: Allow, Action: \
                '*', Resource: '*'}]\n        - S3ReadPolicy: {BucketName: !Ref B}\n        - NewPolicy: {}\n  B: {Type: \
                'AWS::S3::Bucket'}\n  Own: {Type: 'AWS::IAM::ManagedPolicy'}\n  G:\n    Type: AWS::Serverless::Function\n    \
                Properties: {Role: !GetAtt FRole.Arn}\n  M: {Type: 'AWS::Serverless::StateMachine', Properties: {Policies: \
                'arn:aws:iam::1:policy/x'}}\n";
    let stack = Stack::with(text, &[]);
    assert_eq!(stack.codes(), ["sam-policy-template"]);
    let role = stack.resource("FRole");
    assert_eq!((&*role.provider_type, &*role.chain[0].name), ("AWS::IAM::Role", "F"));
    assert_eq!(stack.text("FRole.PermissionsBoundary"), "boundary");
    assert_eq!((stack.text("F.Tags.a"), stack.text("F.Tags.b")), ("1".into(), "2".into()));
    assert_eq!(
        stack.text("FRole.ManagedPolicyArns.0"),
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    );
    assert_eq!(stack.text("FRole.ManagedPolicyArns.1"), "arn:aws:iam::aws:policy/AdministratorAccess");
    assert_eq!(stack.slice(stack.value("FRole.ManagedPolicyArns.1").origin), "AdministratorAccess");
    assert_eq!(&*stack.value("FRole.ManagedPolicyArns.2").as_unknown().unwrap().subject, "Own");
    assert_eq!(stack.text("FRole.Policies.0.PolicyDocument.Statement.0.Action"), "*");
    let read = stack.value("FRole.Policies.1.PolicyDocument.Statement.0.Resource.1");
    assert_eq!((read.known_prefix(), read.known_suffix()), ("arn:".into(), "/*".into()));
    assert_eq!(stack.slice(read.origin), "S3ReadPolicy");
    assert_eq!(stack.value("FRole.Policies.2.PolicyDocument").as_unknown().unwrap().why, Why::Function);
    let principal = "AssumeRolePolicyDocument.Statement.0.Principal.Service.0";
    assert_eq!(stack.text(&format!("FRole.{principal}")), "lambda.amazonaws.com");
    assert_eq!(stack.text(&format!("MRole.{principal}")), "states.amazonaws.com");
    assert!(stack.unit.resources.iter().all(|resource| &*resource.address != "GRole"));
    let refers = stack.value("G.Role").as_unknown().unwrap().refers.clone().unwrap();
    assert_eq!(&*refers.address, "FRole");
    assert_eq!(stack.value("F.Role").as_unknown().unwrap().refers, Some(refers));
}

#[test]
fn yaml_and_json_say_the_same() {
    let yaml_text = include_str!("../../testdata/cloudformation/roles.yaml");
    let json_text = include_str!("../../testdata/cloudformation/roles.json");
    let sources = Sources::default();
    let (yaml_file, json_file) = (sources.add("a", yaml_text.to_owned()), sources.add("b", json_text.to_owned()));
    let roots = [
        (yaml_file, yaml::parse(yaml_file, yaml_text).0.remove(0)),
        (json_file, json::parse(json_file, json_text).unwrap()),
    ];
    let [yaml, json] = roots.map(|(file, root)| {
        let (unit, diagnostics) = evaluate(file, &root, &Settings::default(), &sources);
        assert_eq!(diagnostics, []);
        let describe = |resource: &Resource| {
            let mut unknown = Vec::new();
            let known = to_serde(&resource.attributes, "", &mut unknown);
            let first = resource.attributes.first_unknown().map(|unknown| unknown.reason());
            (resource.address.to_string(), known, unknown, first, resource.possible.is_some())
        };
        unit.resources.iter().map(describe).collect::<Vec<_>>()
    });
    assert_eq!(yaml, json);
    let addresses: Vec<_> = yaml.iter().map(|(address, ..)| address.as_str()).collect();
    let expected =
        ["Parameters/Environment", "Parameters/Partner", "Reader", "Boundary", "Attachment", "Outputs/ReaderArn"];
    assert_eq!(addresses, expected);
    assert_eq!(yaml[2].1["RoleName"], "reader-012345678901");
    assert_eq!(yaml[4].1["Roles"][0], "reader-012345678901");
    assert_eq!(yaml[2].2.len(), 3);
}

#[test]
fn loops_are_written_out() {
    let text = "Transform: AWS::LanguageExtensions\nParameters: {Teams: {Type: CommaDelimitedList, Default: 'a-b, c'}}\n\
                Conditions:\n  Fn::ForEach::Conditions:\n    - Team\n    - !Ref Teams\n    - 'Is&{Team}': !Equals [!Ref Team, c]\nResources:\n  \
                Fn::ForEach::Teams:\n    - Team\n    - !Ref Teams\n    - Fn::ForEach::Kinds:\n        - Kind\n        - [Read, Write]\n        - \
                'Role&{Team}${Kind}':\n            Type: X::Y\n            Properties:\n              Name: !Sub '${Team}-${Kind}-${AWS::Region}'\n              \
                Plain: !Ref Team\n              If: !If ['Is&{Team}', 1, 2]\n              Fn::ForEach::Fields:\n                - Field\n                - [One, Two]\n                \
                - '${Field}': {Value: !Ref Field}\nOutputs:\n  Fn::ForEach::Out:\n    - Team\n    - !Ref Teams\n    - 'Out&{Team}': {Value: !GetAtt ['Role&{Team}Read', Arn]}\n";
    let stack = Stack::new(text);
    let addresses: Vec<&str> = stack.unit.resources.iter().map(|resource| &*resource.address).collect();
    let expected =
        ["Parameters/Teams", "RoleabRead", "RoleabWrite", "RolecRead", "RolecWrite", "Outputs/Outab", "Outputs/Outc"];
    assert_eq!(addresses, expected);
    let name = stack.value("RoleabWrite.Name");
    assert_eq!(name.known_prefix(), "a-b-Write-");
    assert_eq!(stack.slice(name.origin), "!Sub '${Team}-${Kind}-${AWS::Region}'");
    // A value stands where the collection says it.
    assert_eq!(stack.slice(stack.value("RoleabRead.Plain").origin), "a-b");
    assert_eq!((stack.text("RoleabRead.If"), stack.text("RolecRead.If")), ("2".into(), "1".into()));
    assert_eq!(stack.text("RolecRead.Two.Value"), "Two");
    let refers = stack.value("Outputs/Outc.value").as_unknown().unwrap().refers.clone().unwrap();
    assert_eq!(&*refers.address, "RolecRead");
}

#[test]
fn loops_over_what_is_not_known_are_followed_once() {
    let text = "Transform: AWS::LanguageExtensions\nParameters: {Teams: {Type: CommaDelimitedList}, Extra: {Type: String}}\nResources:\n  \
                Fn::ForEach::Teams:\n    - Team\n    - !Ref Teams\n    - 'Role${Team}':\n        Type: X::Y\n        Properties: {Name: !Sub 'x-${Team}', Other: !Ref Team}\n  \
                Fn::ForEach::Some:\n    - Team\n    - [a, !Ref Extra]\n    - 'User${Team}':\n        Type: X::Y\n        Properties:\n          Name: !Ref Team\n          \
                Fn::ForEach::Fields: [Field, !Ref Teams, {'${Field}': 1}]\n";
    let stack = Stack::new(text);
    let role = stack.resource("Role${Team}");
    assert_eq!(&*role.possible.clone().unwrap().subject, "Parameter Teams");
    assert_eq!(stack.value("Role${Team}.Name").known_prefix(), "x-");
    assert_eq!(&*stack.value("Role${Team}.Other").as_unknown().unwrap().subject, "Parameter Teams");
    assert_eq!(stack.text("Usera.Name"), "a");
    let unknown = stack.resource("User${Extra}");
    assert!(unknown.possible.is_none());
    assert_eq!(&*stack.value("User${Extra}.Name").as_unknown().unwrap().subject, "Parameter Extra");
    // Keys that are not known are no guess.
    assert!(stack.resource("Usera").attributes.as_map().unwrap().rest.is_some());
}

#[test]
fn loops_that_are_wrong_or_endless_are_told() {
    let of = |body: &str| {
        Stack::with(
            &format!(
                "Transform: AWS::LanguageExtensions\nResources:\n  A: {{Type: 'X::Y'}}\n  Fn::ForEach::L: {body}\n"
            ),
            &[],
        )
    };
    for body in ["[I, [a]]", "[I, a, {X: 1}]", "[I, [{a: b}], {X: 1}]", "x", "[I, [a, b], {X: {Type: 'X::Y'}}]"] {
        let stack = of(body);
        assert_eq!(stack.codes().first(), Some(&"cfn-foreach"), "{body}: {:?}", stack.diagnostics);
        assert_eq!(stack.resource("A").attributes.as_map().unwrap().entries().len(), 0);
    }
    let list = format!("[{}]", vec!["a"; 300].join(", "));
    let nested = format!(
        "[I, {list}, {{'Fn::ForEach::M': [J, {list}, {{'Fn::ForEach::N': [K, {list}, {{'${{I}}${{J}}${{K}}': {{Type: 'X::Y'}}}}]}}]}}]"
    );
    assert!(of(&nested).codes().contains(&"cfn-limit"));
    let mut deep = String::from("{X: {Type: 'X::Y'}}");
    for n in 0..20 {
        deep = format!("{{'Fn::ForEach::L{n}': [I{n}, [a], {deep}]}}");
    }
    assert!(of(&format!("[I, [a], {deep}]")).codes().contains(&"cfn-limit"));
    let long = "x".repeat(10_000);
    let grows = format!("[I, [{long}], {{A: {{Type: 'X::Y', Properties: {{p: '{}'}}}}}}]", "${I}".repeat(10_000));
    assert!(of(&grows).codes().contains(&"cfn-limit"));
}

#[test]
fn lists_are_made_and_taken_apart() {
    let more = "Transform: AWS::LanguageExtensions\nParameters: {E: {Type: String, AllowedValues: [dev, prod]}, N: {Type: Number, AllowedValues: [0, 1]}}\nMappings: {M: {dev: {k: [a, b]}, prod: {k: [c]}}}\n";
    let text = "a: !Cidr [10.0.0.0/16, 3, 8]\nb: !Cidr ['2001:db8::/56', 2, 64]\nc: !Select [!Ref N, [x, y]]\nd: !Join ['-', !FindInMap [M, !Ref E, k]]\n\
                e: {'Fn::Length': !FindInMap [M, !Ref E, k]}\nf: !Select [1, !Split ['-', !Sub '${E}-${E}']]\ng: {'Fn::ToJsonString': {a: !Ref E}}\nh: !GetAZs ''\ni: !Ref {'Fn::Sub': 'E'}";
    let text = text.replace("!Ref {'Fn::Sub': 'E'}", "{Ref: {'Fn::Sub': 'E'}}");
    let stack = Stack::new(&properties(&text, more));
    let all = |path: &str| -> Vec<String> {
        possible_values(stack.value(path)).iter().map(|one| one.scalar_text().unwrap().into_owned()).collect()
    };
    assert_eq!((stack.text("R.a.0"), stack.text("R.a.2")), ("10.0.0.0/24".into(), "10.0.2.0/24".into()));
    assert_eq!(stack.text("R.b.1"), "2001:db8:0:1::/64");
    assert_eq!(all("R.c"), ["x", "y"]);
    assert_eq!(all("R.d"), ["a-b", "c"]);
    assert_eq!(all("R.e"), ["2", "1"]);
    assert_eq!(all("R.f"), ["dev", "prod"]);
    assert_eq!(all("R.i"), ["dev", "prod"]);
    assert_eq!(stack.value("R.h").as_unknown().unwrap().why, Why::DataSource);
    let bad = properties(
        "a: !Cidr [10.0.0.0/16, 300, 8]\nb: !Cidr [10.0.0.0/24, 2, 8]\nc: !GetAZs [a]\nd: {'Fn::ToJsonString': a}",
        "Transform: AWS::LanguageExtensions\n",
    );
    assert_eq!(Stack::with(&bad, &[]).codes(), ["cfn-function"; 4]);
}
