//! What the service makes of the text of a template, and what it would refuse.

use iacscan::cloudformation::Settings;
use iacscan::diagnostic::Diagnostic;
use iacscan::report::Report;
use iacscan::rules::{Overrides, built_in};
use iacscan::scan::{Model, Options, Text, model, scan};
use iacscan::source::Origin;
use iacscan::value::Value;

fn options(name: &str, bytes: &[u8]) -> Options {
    let text = Text { name: name.to_owned(), bytes: bytes.to_vec() };
    Options { texts: vec![text], threads: Some(1), cloudformation: Settings::default(), ..Options::default() }
}

fn read(template: &str) -> Model {
    model(&options("template.yaml", template.as_bytes()))
}

fn judge(name: &str, bytes: &[u8]) -> Report {
    scan(&Options { rules: built_in(&Overrides::new()).unwrap(), ..options(name, bytes) })
}

/// The value at `Resource.Property.…`.
fn value<'m>(model: &'m Model, path: &str) -> &'m Value {
    let mut steps = path.split('.');
    let address = steps.next().unwrap();
    let mut resources = model.units.iter().flat_map(|unit| &unit.resources);
    let resource = resources.find(|resource| &*resource.address == address).expect(path);
    steps.fold(&resource.attributes, |value, step| match step.parse::<usize>() {
        Ok(nth) => &value.as_list().expect(path).items[nth],
        Err(_) => value.get(step).expect(path),
    })
}

fn text(model: &Model, path: &str) -> String {
    value(model, path).scalar_text().expect(path).into_owned()
}

fn slice(report: &Report, origin: Origin) -> String {
    report.sources.get(origin.file).slice(origin.span).to_owned()
}

/// `code: message @ marked text` of each diagnostic.
fn told(model: &Model) -> Vec<String> {
    let one = |diagnostic: &Diagnostic| {
        let origin = diagnostic.labels.first().map_or(Origin::NONE, |label| label.origin);
        let marked = model.sources.get(origin.file).slice(origin.span).to_owned();
        format!("{}: {} @ {marked}", diagnostic.code, diagnostic.message)
    };
    model.diagnostics.iter().map(one).collect()
}

/// The text that the one finding of a rule points to.
#[track_caller]
fn points_to(name: &str, bytes: &[u8], rule: &str) -> String {
    let report = judge(name, bytes);
    let found: Vec<_> = report.findings.iter().filter(|finding| *finding.rule.id == *rule).collect();
    let [finding] = found.as_slice() else { panic!("{} findings of {rule}: {:?}", found.len(), report.diagnostics) };
    slice(&report, finding.place.origin)
}

const ADMIN: &str = "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Statement:\n          - Effect: Allow\n            \
                     Action: '*'\n            Resource: '*'\n";

#[test]
fn line_ends_marks_and_tabs_change_nothing() {
    let plain = points_to("t.yaml", ADMIN.as_bytes(), "iam-admin-policy");
    assert_eq!(plain, "'*'");
    assert_eq!(points_to("t.yaml", ADMIN.replace('\n', "\r\n").as_bytes(), "iam-admin-policy"), plain);
    assert_eq!(points_to("t.yaml", format!("\u{FEFF}{ADMIN}").as_bytes(), "iam-admin-policy"), plain);
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(ADMIN.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(points_to("t.yaml", &wide, "iam-admin-policy"), plain);
    // Tabs may separate and stand in texts; they indent nothing.
    let tabs = ADMIN.replace("Effect: Allow", "Effect:\tAllow\t# why");
    assert_eq!(points_to("t.yaml", tabs.as_bytes(), "iam-admin-policy"), plain);
    let json = "{\r\n\t\"Resources\": {\"P\": {\"Type\": \"AWS::IAM::ManagedPolicy\", \"Properties\": {\"PolicyDocument\":\t{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \
                \"*\", \"Resource\": \"*\"}}}}}\r\n}";
    assert_eq!(points_to("t.json", format!("\u{FEFF}{json}").as_bytes(), "iam-admin-policy"), "\"*\"");
    let indented = read("Resources:\n\tP:\n\t\tType: AWS::IAM::User\n");
    assert_eq!(indented.diagnostics.first().map(|one| one.code), Some("yaml-syntax"));
}

#[test]
fn every_document_of_a_file_is_a_template() {
    let file = format!("---\n{ADMIN}---\nnot: a template\n---\nResources:\n  U: {{Type: 'AWS::IAM::User'}}\n");
    let model = read(&file);
    let addresses: Vec<&str> = model.units.iter().map(|unit| &*unit.resources[0].address).collect();
    assert_eq!(addresses, ["P", "U"]);
    let report = judge("t.yaml", file.as_bytes());
    assert!(report.findings.iter().any(|finding| finding.resource == "P" && finding.place.start.line == 9));
}

#[test]
fn keys_that_stand_twice_are_told_in_both_languages() {
    let yaml = read("Resources:\n  U:\n    Type: AWS::IAM::User\n    Properties: {UserName: a, UserName: b}\n");
    assert_eq!(
        told(&yaml),
        ["duplicate-key: the key `UserName` stands twice in one mapping; the last one counts @ UserName"]
    );
    assert_eq!(text(&yaml, "U.UserName"), "b");
    let json = "{\"Resources\": {\"U\": {\"Type\": \"AWS::IAM::User\", \"Properties\": {\"UserName\": \"a\", \"UserName\": \"b\"}}}}";
    let json = model(&options("t.json", json.as_bytes()));
    assert_eq!(
        told(&json),
        ["duplicate-key: the key `UserName` stands twice in one mapping; the last one counts @ \"UserName\""]
    );
    assert_eq!(text(&json, "U.UserName"), "b");
    let twice = read("Resources:\n  U: {Type: 'AWS::IAM::User'}\n  U: {Type: 'AWS::IAM::Group'}\n");
    assert_eq!((twice.units[0].resources.len(), &*twice.units[0].resources[0].provider_type), (1, "AWS::IAM::Group"));
}

#[test]
fn scalars_keep_what_was_written() {
    let stack = read(
        "Resources:\n  R:\n    Type: AWS::X::Y\n    Properties:\n      a: 012345678901\n      b: 1.23456789012e11\n      c: 2012-10-17\n      d: 2001-12-14t21:59:43.10-05:00\n      \
         e: 0o17\n      f: 190:20:30\n      g: 0x1F\n      h: 1_000\n      i: 'true'\n      j: Yes\n      k: .5\n      l: !!str 12\n      m: 000000000000\n      n: 1e3\n",
    );
    let of = |name: &str| text(&stack, &format!("R.{name}"));
    let expected = [
        ("a", "012345678901"),
        ("b", "1.23456789012e11"),
        ("c", "2012-10-17"),
        ("d", "2001-12-14t21:59:43.10-05:00"),
        ("e", "0o17"),
        ("f", "190:20:30"),
        ("g", "0x1F"),
        ("h", "1_000"),
        ("i", "true"),
        ("j", "true"),
        ("k", ".5"),
        ("l", "12"),
        ("m", "000000000000"),
        ("n", "1e3"),
    ];
    for (name, wanted) in expected {
        assert_eq!(of(name), wanted, "{name}");
    }
    // Booleans and numbers in quotes count where one is wanted.
    assert_eq!((value(&stack, "R.i").as_bool(), value(&stack, "R.j").as_bool()), (Some(true), Some(true)));
}

#[test]
fn account_ids_are_compared_as_they_are_written() {
    let trust = |principal: &str| {
        let role = "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Statement:\n          - Effect: Allow\n            \
                    Action: sts:AssumeRole\n            Principal: {AWS: ";
        let options = options("t.yaml", format!("{role}{principal}}}\n").as_bytes());
        let own = vec!["012345678901".to_owned()];
        let report = scan(&Options { rules: built_in(&Overrides::new()).unwrap(), own_accounts: own, ..options });
        report.findings.iter().any(|finding| &*finding.rule.id == "trust-external-account")
    };
    assert!(!trust("012345678901"));
    assert!(!trust("'012345678901'"));
    assert!(trust("098765432109"));
    assert!(trust("210987654321"));
}

#[test]
fn policies_in_texts_have_exact_places() {
    let json = "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}";
    let head = "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument: ";
    for text in [
        format!("'{json}'"),
        format!("|\n        {json}\n"),
        format!(">-\n        {json}\n"),
        format!("!Sub '{json}'"),
        format!("!Sub\n        - |\n          {json}\n        - {{}}\n"),
        format!("\"{}\"", json.replace('"', "\\\"")),
        format!("&anchor '{json}'"),
    ] {
        let marked = points_to("t.yaml", format!("{head}{text}\n").as_bytes(), "iam-admin-policy");
        assert!(marked == "\"*\"" || marked == "\\\"*\\\"", "{marked} in {text}");
    }
    let encoded = serde_json::to_string(json).unwrap();
    let template = format!(
        "{{\"Resources\":{{\"P\":{{\"Type\":\"AWS::IAM::ManagedPolicy\",\"Properties\":{{\"PolicyDocument\":{encoded}}}}}}}}}"
    );
    assert_eq!(points_to("t.json", template.as_bytes(), "iam-admin-policy"), "\\\"*\\\"");
}

#[test]
fn anchors_and_merge_keys_lead_to_what_is_to_be_edited() {
    let text = "Base: &base\n  Effect: Allow\n  Resource: '*'\nAll: &all '*'\nResources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        \
                Statement:\n          - <<: *base\n            Action: *all\n";
    let report = judge("t.yaml", text.as_bytes());
    let admin = report.findings.iter().find(|finding| &*finding.rule.id == "iam-admin-policy").unwrap();
    assert_eq!((slice(&report, admin.place.origin), admin.place.start.line), ("'*'".to_owned(), 4));
}

#[test]
fn what_is_absent_is_left_out() {
    let stack = read(
        "Conditions: {No: !Equals [a, b]}\nResources:\n  R:\n    Type: AWS::X::Y\n    DeletionPolicy: Retain\n    UpdateReplacePolicy: !If [No, Delete, Retain]\n    Properties:\n      \
         a: !If [No, 1, !Ref AWS::NoValue]\n      b: [1, !If [No, 2, !Ref AWS::NoValue], 3]\n  Gone: {Type: 'AWS::X::Y', Condition: No}\n",
    );
    assert_eq!(told(&stack), Vec::<String>::new());
    let resources = &stack.units[0].resources;
    assert_eq!((resources.len(), resources[0].attributes.as_map().unwrap().entries().len()), (1, 1));
    assert_eq!((text(&stack, "R.b.0"), text(&stack, "R.b.1")), ("1".into(), "3".into()));
}

#[test]
fn what_refers_to_nothing_is_told_at_its_place() {
    let stack = read(
        "Mappings: {M: {a: {b: c}}}\nConditions:\n  A: !Equals [!Ref Nobody, x]\n  B: !And [!Condition A, !Condition Nowhere]\n  C: !Equals [only]\n  D: !Equals [!Ref R, x]\n  \
         E: !Condition E\nResources:\n  R:\n    Type: AWS::X::Y\n    DependsOn: [R, Gone, S]\n    Properties:\n      a: !Ref Missing\n      b: !GetAtt Gone.Arn\n      c: !Sub 'x-${Lost}-${Lost.Arn}'\n      \
         d: !FindInMap [M, a, z]\n      e: !FindInMap [N, a, b]\n      f: !If [Never, 1, 2]\n  S: {Type: 'AWS::X::Y', Condition: Absent, DependsOn: Far}\nOutputs: {O: {Condition: Off, Value: 1}}\n",
    );
    let mut wanted = vec![
        "cfn-reference: there is no parameter or resource `Nobody` @ !Ref Nobody",
        "cfn-condition: there is no condition `Nowhere` @ !Condition Nowhere",
        "cfn-function: `Fn::Equals` takes a list of two values @ !Equals [only]",
        "cfn-condition: a condition cannot refer to the resource `R` @ !Ref R",
        "cfn-cycle: the condition `E` depends on itself @ !Condition E",
        "cfn-reference: the resource `R` depends on itself @ R",
        "cfn-reference: there is no resource `Gone` @ Gone",
        "cfn-reference: there is no parameter or resource `Missing` @ !Ref Missing",
        "cfn-reference: there is no resource `Gone` @ !GetAtt Gone.Arn",
        "cfn-reference: there is no parameter or resource `Lost` @ ${Lost}",
        "cfn-reference: there is no resource `Lost` @ ${Lost.Arn}",
        "cfn-mapping: the mappings have no `M.a.z` @ !FindInMap [M, a, z]",
        "cfn-mapping: the mappings have no `N.a.b` @ !FindInMap [N, a, b]",
        "cfn-condition: there is no condition `Never` @ !If [Never, 1, 2]",
        "cfn-condition: there is no condition `Absent` @ Absent",
        "cfn-reference: there is no resource `Far` @ Far",
        "cfn-condition: there is no condition `Off` @ Off",
    ];
    let mut told = told(&stack);
    told.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(told, wanted);
    assert!(stack.diagnostics.iter().all(|one| one.level == iacscan::diagnostic::Level::Warning));
}

#[test]
fn transforms_excuse_only_what_they_can_make() {
    let of = |transform: &str| {
        let text = format!(
            "Transform: {transform}\nResources:\n  F: {{Type: 'AWS::Serverless::Function', Properties: {{Role: x}}}}\n  R: {{Type: 'AWS::X::Y', Properties: {{a: !Ref FVersion, b: !Ref Typo}}}}\n"
        );
        told(&read(&text))
    };
    assert_eq!(
        of("AWS::Serverless-2016-10-31"),
        ["cfn-reference: there is no parameter or resource `Typo` @ !Ref Typo"]
    );
    // Of a macro it is told that it is not run, and no name is held against it.
    let own = "cfn-macro: the macro `Own::Macro` is not run: what it changes in the template is not known @ Own::Macro";
    assert_eq!(of("[AWS::Serverless-2016-10-31, Own::Macro]"), [own]);
    let without = read("Resources:\n  R: {Type: 'AWS::X::Y', Properties: {a: {'Fn::Length': [1]}}}\n");
    assert_eq!(
        told(&without),
        ["cfn-transform: `Fn::Length` needs the transform `AWS::LanguageExtensions` @ {'Fn::Length': [1]}"]
    );
}

#[test]
fn what_is_looked_up_or_made_elsewhere_is_no_mistake() {
    let text = "Transform: AWS::LanguageExtensions\nParameters:\n  Names: {Type: CommaDelimitedList, Default: 'a,b', AllowedValues: [x, 'a,b']}\nResources:\n  \
                Topic:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: {Fn::GetStackOutput: {StackName: net, OutputName: Name}}\n      \
                KmsMasterKeyId: !GetStackOutput {StackName: net}\n      TopicName: {Fn::Sub: {Fn::Transform: {Name: 'AWS::Include'}}}\n  \
                Store: {Type: 'Acme::S3::Store::MODULE'}\nOutputs:\n  Inner: {Value: !GetAtt StoreBucket.Arn}\n  Other: {Value: !GetAtt Bucket.Arn}\n";
    let model = read(text);
    let unknown = value(&model, "Topic.DisplayName").as_unknown().unwrap().reason();
    assert_eq!(unknown, "`Fn::GetStackOutput net.Name` is looked up outside of the configuration");
    assert!(value(&model, "Topic.TopicName").as_unknown().is_some());
    assert_eq!(
        told(&model),
        [
            "cfn-function: `Fn::GetStackOutput` takes a stack and an output @ !GetStackOutput {StackName: net}",
            "cfn-module: the module `Acme::S3::Store::MODULE` is not in the scanned tree: what it deploys is not known @ Store",
            "cfn-reference: there is no resource `Bucket` @ !GetAtt Bucket.Arn",
        ]
    );
}

#[test]
fn a_byte_order_mark_is_no_column() {
    let json = "{\"Resources\":{\"P\":{\"Type\":\"AWS::IAM::ManagedPolicy\",\"Properties\":{\"PolicyDocument\":{\"Statement\":\
                {\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}}}}}";
    let place = |text: &str| {
        let report = judge("t.json", text.as_bytes());
        let finding = report.findings.iter().find(|finding| &*finding.rule.id == "iam-admin-policy").unwrap();
        let start = report.sources.get(finding.place.origin.file).position(finding.place.origin.span.start);
        (start.line, start.column)
    };
    assert_eq!(place(&format!("\u{FEFF}{json}")), place(json));
}
