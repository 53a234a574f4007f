//! What statements reach: actions against the catalogue, and resources for each action.

use iacscan::iam::Document;
use iacscan::iam::catalogue;
use iacscan::source::{Origin, Sources};
use iacscan::value::{Truth, Unknown, Value, Why};

fn document(json: &str) -> Document {
    Document::read(&Value::string(json, Origin::NONE), &Sources::default())
}

/// Whether a statement on a resource has an effect for an action, and whether it is the whole of a type.
fn reached(action: &str, resource: &str) -> (Truth, Truth) {
    let json = format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}",{resource}}}}}"#);
    let document = document(&json);
    let found = document.statements[0].resources_reached(catalogue::action(action).unwrap());
    (found.any, found.whole)
}

#[test]
fn resources_that_an_action_does_not_take_have_no_effect() {
    let cases = [
        ("s3:ListBucket", "arn:aws:s3:::b/*", Truth::False, Truth::False),
        ("s3:ListBucket", "arn:aws:s3:::b*", Truth::True, Truth::False),
        ("s3:GetObject", "arn:aws:s3:::b", Truth::False, Truth::False),
        ("s3:GetObject", "arn:aws:s3:::b*", Truth::True, Truth::False),
        ("s3:GetObject", "arn:aws:s3:::*", Truth::True, Truth::True),
        ("s3:GetObject", "arn:aws:s3:::*/*", Truth::True, Truth::True),
        ("s3:GetObject", "arn:aws:s3*", Truth::True, Truth::True),
        ("s3:ListAllMyBuckets", "*", Truth::True, Truth::True),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*", Truth::False, Truth::False),
        ("s3:ListAllMyBuckets", "**", Truth::True, Truth::True),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/*", Truth::True, Truth::True),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/ci-*", Truth::True, Truth::False),
        ("iam:PassRole", "arn:aws:iam::123456789012:user/*", Truth::False, Truth::False),
        ("iam:PassRole", "arn:aws:iam::123456789012:*", Truth::True, Truth::True),
        ("logs:CreateLogStream", "arn:aws:logs:eu-west-1:123456789012:log-group:g:*", Truth::True, Truth::False),
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:f:live", Truth::True, Truth::False),
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:f", Truth::True, Truth::False),
        ("dynamodb:Query", "arn:aws:dynamodb:*:*:table/t/index/*", Truth::True, Truth::False),
        ("dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/t/index/*", Truth::False, Truth::False),
        ("apigateway:GET", "arn:aws:apigateway:*::/restapis/x/stages/y", Truth::True, Truth::False),
        ("kms:Decrypt", "arn:aws:kms:*:*:alias/x", Truth::False, Truth::False),
        ("s3:GetObject", "arn:aws:s3:::${aws:username}/*", Truth::True, Truth::False),
    ];
    for (action, resource, any, whole) in cases {
        let found = reached(action, &format!(r#""Resource":"{resource}""#));
        assert_eq!(found, (any, whole), "{action} on {resource}");
    }
}

#[test]
fn not_resource_leaves_what_it_does_not_name() {
    let cases = [
        // The objects of access points are left as a whole where only those of buckets are named.
        ("s3:GetObject", r#"["arn:aws:s3:::secret/*"]"#, Truth::True, Truth::True),
        ("s3:GetObject", r#"["arn:aws:s3:::*"]"#, Truth::True, Truth::False),
        ("s3:GetObject", r#"["arn:aws:s3:::*","arn:aws:s3:*:*:accesspoint/*"]"#, Truth::False, Truth::False),
        ("s3:PutBucketPolicy", r#"["arn:aws:s3:::secret"]"#, Truth::True, Truth::False),
        ("s3:GetObject", r#"["arn:aws:iam::*:role/*"]"#, Truth::True, Truth::True),
        ("s3:GetObject", r#"["*"]"#, Truth::False, Truth::False),
        ("s3:ListAllMyBuckets", r#"["arn:aws:s3:::*"]"#, Truth::True, Truth::True),
        ("s3:ListAllMyBuckets", r#"["*"]"#, Truth::False, Truth::False),
        ("iam:PassRole", r#"["arn:aws:iam::*:role/a*","arn:aws:iam::*:role/b*"]"#, Truth::True, Truth::False),
        ("iam:PassRole", r#"["arn:aws:iam::*"]"#, Truth::False, Truth::False),
        ("s3:GetObject", "[]", Truth::True, Truth::True),
    ];
    for (action, resources, any, whole) in cases {
        let found = reached(action, &format!(r#""NotResource":{resources}"#));
        assert_eq!(found, (any, whole), "{action} on all but {resources}");
    }
    assert_eq!(reached("s3:GetObject", r#""Resource":[]"#), (Truth::False, Truth::False));
}

#[test]
fn required_types_are_told_apart() {
    let document = document(
        r#"{"Statement":{"Effect":"Allow","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*"}}"#,
    );
    let found = document.statements[0].resources_reached(catalogue::action("ec2:RunInstances").unwrap());
    let of = |name: &str| {
        found.types.iter().find(|(kind, ..)| kind.name == name).map(|(_, required, met)| (*required, *met))
    };
    assert_eq!(of("instance"), Some((true, Truth::True)));
    assert_eq!(of("image"), Some((true, Truth::False)), "the call needs it and this statement does not give it");
    assert_eq!(of("key-pair"), Some((false, Truth::False)));
}

#[test]
fn not_action_is_everything_else_and_open_ended() {
    let document = document(
        r#"{"Statement":[{"Effect":"Allow","NotAction":["iam:*","sts:*"],"Resource":"*"},
            {"Effect":"Allow","Action":["S3:getobject","s3:Get*Acl"],"Resource":"*"},
            {"Effect":"Allow","Action":[],"Resource":"*"},
            {"Effect":"Allow","NotAction":[],"Resource":"*"}]}"#,
    );
    let reached: Vec<_> = document.statements.iter().map(|statement| statement.actions_reached()).collect();
    assert!(reached.iter().all(|actions| actions.certain == actions.possible));
    let holds = |at: usize, name: &str| reached[at].certain.contains(catalogue::action(name).unwrap());
    assert!(reached[0].certain.open_ended && holds(0, "s3:GetObject") && !holds(0, "iam:PassRole"));
    assert!(reached[0].certain.levels().iter().all(|(_, count)| *count > 0));
    assert!(holds(1, "s3:GetObject") && holds(1, "s3:GetBucketAcl") && !holds(1, "s3:PutObject"));
    assert!(reached[2].possible.is_empty());
    assert_eq!(reached[3].certain.len(), catalogue::action_count());
}

#[test]
fn what_is_not_known_is_possible_and_not_certain() {
    let unknown = || Value::unknown(Unknown::new(Why::NoValue, "var.x", Origin::NONE), Origin::NONE);
    let text = |text: &str| Value::string(text, Origin::NONE);
    let document = |element: &'static str, value: Value, resource: Value| {
        let fields = [("Effect", text("Allow")), (element, value), ("Resource", resource)];
        let statement = Value::fields(fields, Origin::NONE);
        Document::of_value(&Value::fields([("Statement", statement)], Origin::NONE))
    };
    let pass = catalogue::action("iam:PassRole").unwrap();
    let list = Value::list(vec![text("s3:*"), unknown()], Origin::NONE);
    let actions = document("Action", list.clone(), text("*"));
    let actions = actions.statements[0].actions_reached();
    assert!(!actions.certain.contains(pass) && actions.possible.contains(pass));
    let actions = document("NotAction", list, text("*"));
    let actions = actions.statements[0].actions_reached();
    assert!(!actions.certain.contains(pass) && actions.possible.contains(pass));
    assert!(!actions.possible.contains(catalogue::action("s3:GetObject").unwrap()), "that is left out for certain");
    let reached = document("Action", text("iam:PassRole"), unknown()).statements[0].resources_reached(pass);
    assert_eq!((reached.any, reached.whole), (Truth::Unknown, Truth::Unknown));
}

#[test]
fn resources_without_effect_are_named() {
    let document = document(
        r#"{"Statement":{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],
            "Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*","arn:aws:sqs:*:*:q"]}}"#,
    );
    let idle: Vec<_> = document.statements[0].resources_without_effect().iter().filter_map(|v| v.as_str()).collect();
    assert_eq!(idle, ["arn:aws:s3:::b", "arn:aws:sqs:*:*:q"]);
}

#[test]
fn statements_that_aws_would_never_take_end() {
    let actions: Vec<String> = (0..5_000).map(|at| format!("?*:*a{at}*")).collect();
    let resources: Vec<String> = (0..5_000).map(|at| format!("arn:*:s3:::*?{at}*{}", "*b".repeat(100))).collect();
    let statement = serde_json::json!({ "Effect": "Allow", "Action": actions, "NotResource": resources });
    let document = document(&serde_json::json!({ "Statement": statement }).to_string());
    let reached = document.statements[0].actions_reached();
    assert_eq!(reached.possible.len(), catalogue::action_count(), "what is not looked at may be anything");
    let found = document.statements[0].resources_reached(catalogue::action("s3:GetObject").unwrap());
    assert_eq!(found.any, Truth::Unknown);
}
