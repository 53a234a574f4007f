//! Comparison of access against every request of a small world, and against a table of verdicts.

use iacscan::iam::Document;
use iacscan::iam::compare::{NormalForm, Verdict, Witness, compare, difference};
use iacscan::iam::condition::Context;
use iacscan::iam::glob::Glob;
use iacscan::source::Origin;
use iacscan::value::{Truth, Value};
use proptest::prelude::*;

use crate::fixture::{document, load, rows, value};

/// A statement of the small world.
#[derive(Clone, Debug)]
struct Line {
    allow: bool,
    not_action: bool,
    actions: Vec<&'static str>,
    not_resource: bool,
    resources: Vec<&'static str>,
    tests: Vec<(&'static str, &'static str, Vec<&'static str>)>,
}

const ACTIONS: [&str; 10] = [
    "*",
    "s3:*",
    "s3:Get*",
    "s3:GetObject",
    "S3:putobject",
    "iam:Pass*",
    "*:*Object",
    "ec2:Describe*",
    "sqs:SendMessage",
    "s?s:*",
];
const RESOURCES: [&str; 10] = [
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::?/x",
    "arn:aws:s3:::b/x",
    "arn:*:iam::*:role/a*",
    "arn:aws:iam::123456789012:role/?",
    "arn:aws:sqs:*:*:a",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:*:*:*:a",
];
const TESTS: [(&str, &str, &[&str]); 14] = [
    ("StringEquals", "aws:PrincipalTag/team", &["red"]),
    ("StringNotEquals", "aws:PrincipalTag/team", &["red", "blue"]),
    ("StringLikeIfExists", "aws:PrincipalTag/team", &["b*"]),
    ("StringLike", "aws:PrincipalTag/team", &["*e*"]),
    ("Null", "aws:PrincipalTag/team", &["true"]),
    ("Bool", "aws:MultiFactorAuthPresent", &["true"]),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", &["true"]),
    ("Bool", "aws:MultiFactorAuthPresent", &["false"]),
    ("ForAllValues:StringEquals", "aws:CalledVia", &["s"]),
    ("ForAnyValue:StringLike", "aws:CalledVia", &["s", "t*"]),
    ("ForAnyValue:StringNotEquals", "aws:CalledVia", &["s"]),
    ("StringEquals", "aws:username", &["a"]),
    ("NumericLessThan", "aws:MultiFactorAuthAge", &["10"]),
    ("NumericGreaterThanEquals", "aws:MultiFactorAuthAge", &["10"]),
];

fn requests() -> Vec<(&'static str, &'static str)> {
    let of = |action: &'static str, names: &'static [&'static str]| names.iter().map(move |name| (action, *name));
    const OBJECTS: [&str; 5] =
        ["arn:aws:s3:::a/x", "arn:aws:s3:::a/y", "arn:aws:s3:::b/x", "arn:aws:s3:::c/x", "arn:aws:s3:::bb/xx"];
    const ROLES: [&str; 3] =
        ["arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/ab", "arn:aws:iam::123456789012:role/b"];
    of("s3:GetObject", &OBJECTS)
        .chain(of("s3:PutObject", &OBJECTS))
        .chain(of("iam:PassRole", &ROLES))
        .chain(of("ec2:DescribeInstances", &["*"]))
        .chain(of("sqs:SendMessage", &["arn:aws:sqs:us-east-1:123456789012:a", "arn:aws:sqs:us-east-1:123456789012:b"]))
        .collect()
}

type Keys = Vec<(&'static str, Vec<&'static str>)>;

/// The contexts over the keys that some statement asks for.
fn contexts(lines: &[&Line]) -> Vec<Keys> {
    let worlds: [(&str, &[&[&str]]); 5] = [
        ("aws:PrincipalTag/team", &[&[], &["red"], &["blue"], &["green"], &["x"]]),
        ("aws:MultiFactorAuthPresent", &[&[], &["true"], &["false"]]),
        ("aws:CalledVia", &[&[], &["s"], &["t"], &["u"], &["s", "t"], &["s", "u"]]),
        ("aws:username", &[&[], &["a"], &["b"], &["c"]]),
        ("aws:MultiFactorAuthAge", &[&[], &["9"], &["10"], &["11"]]),
    ];
    let asked = |key: &str| {
        lines.iter().any(|line| {
            line.tests.iter().any(|(_, tested, _)| *tested == key)
                || (key == "aws:username" && line.resources.iter().any(|resource| resource.contains("${")))
        })
    };
    let mut all: Vec<Keys> = vec![Vec::new()];
    for (key, choices) in worlds.iter().filter(|(key, _)| asked(key)) {
        let with = |keys: &Keys| {
            let one = |values: &&[&'static str]| [keys.as_slice(), &[(*key, values.to_vec())]].concat();
            choices.iter().map(one).collect::<Vec<Keys>>()
        };
        all = all.iter().flat_map(with).collect();
    }
    all
}

/// Whether a text matches a pattern, by trying everything.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|taken| matches(rest, &text[taken..])),
        Some((b'?', rest)) => !text.is_empty() && matches(rest, &text[1..]),
        Some((letter, rest)) => text.first() == Some(letter) && matches(rest, &text[1..]),
    }
}

fn like(pattern: &str, text: &str) -> bool {
    matches(pattern.as_bytes(), text.as_bytes())
}

/// Whether a test holds, written without a look at the evaluator.
fn holds(operator: &str, wanted: &[&str], actual: &[&str]) -> bool {
    let number = |text: &str| text.parse::<i32>().unwrap();
    let any = |test: &dyn Fn(&str, &str) -> bool| actual.iter().any(|a| wanted.iter().any(|w| test(w, a)));
    match operator {
        "StringEquals" | "Bool" => any(&|w, a| w == a),
        "StringNotEquals" => !any(&|w, a| w == a),
        "StringLike" => any(&like),
        "StringLikeIfExists" => actual.is_empty() || any(&like),
        "BoolIfExists" => actual.is_empty() || any(&|w, a| w == a),
        "Null" => actual.is_empty(),
        "ForAllValues:StringEquals" => actual.iter().all(|a| wanted.contains(a)),
        "ForAnyValue:StringLike" => any(&like),
        "ForAnyValue:StringNotEquals" => actual.iter().any(|a| !wanted.contains(a)),
        "NumericLessThan" => any(&|w, a| number(a) < number(w)),
        "NumericGreaterThanEquals" => any(&|w, a| number(a) >= number(w)),
        other => panic!("{other}"),
    }
}

fn applies(line: &Line, action: &str, resource: &str, keys: &Keys) -> bool {
    let get = |key: &str| keys.iter().find(|(name, _)| *name == key).map_or(&[][..], |(_, values)| values);
    let by_action = line.actions.iter().any(|pattern| like(&pattern.to_lowercase(), &action.to_lowercase()));
    let by_resource = line.resources.iter().any(|pattern| match (pattern.contains("${"), get("aws:username")) {
        (true, [name]) => like(&pattern.replace("${aws:username}", name), resource),
        (true, _) => false,
        (false, _) => like(pattern, resource),
    });
    by_action != line.not_action
        && by_resource != line.not_resource
        && line.tests.iter().all(|(operator, key, wanted)| holds(operator, wanted, get(key)))
}

fn allows(lines: &[Line], action: &str, resource: &str, keys: &Keys) -> bool {
    let any = |allow| lines.iter().any(|line| line.allow == allow && applies(line, action, resource, keys));
    any(true) && !any(false)
}

fn document_of(lines: &[Line]) -> Document {
    let text = |text: &str| Value::string(text, Origin::NONE);
    let list = |items: &[&'static str]| Value::list(items.iter().map(|item| text(item)).collect(), Origin::NONE);
    let statement = |line: &Line| {
        let tests = line
            .tests
            .iter()
            .map(|(operator, key, values)| (*operator, Value::fields([(*key, list(values))], Origin::NONE)));
        let fields = [
            ("Effect", text(if line.allow { "Allow" } else { "Deny" })),
            (if line.not_action { "NotAction" } else { "Action" }, list(&line.actions)),
            (if line.not_resource { "NotResource" } else { "Resource" }, list(&line.resources)),
            ("Condition", Value::fields(tests, Origin::NONE)),
        ];
        Value::fields(fields, Origin::NONE)
    };
    document(lines.iter().map(statement).collect())
}

fn line() -> impl Strategy<Value = Line> {
    let some = |of: &'static [&'static str]| prop::collection::vec(prop::sample::select(of), 1..3);
    let tests = prop::collection::vec(prop::sample::select(&TESTS[..]), 0..3);
    (
        prop::bool::weighted(0.7),
        prop::bool::weighted(0.15),
        some(&ACTIONS),
        prop::bool::weighted(0.15),
        some(&RESOURCES),
        tests,
    )
        .prop_map(|(allow, not_action, actions, not_resource, resources, tests)| {
            let mut tests: Vec<_> =
                tests.into_iter().map(|(operator, key, values)| (operator, key, values.to_vec())).collect();
            // A condition has an operator once.
            tests.sort();
            tests.dedup_by_key(|(operator, ..)| *operator);
            Line { allow, not_action, actions, not_resource, resources, tests }
        })
}

/// Two policies that have nothing to do with each other, or of which one is a small edit of the other.
fn pair() -> impl Strategy<Value = (Vec<Line>, Vec<Line>)> {
    let apart = (prop::collection::vec(line(), 0..4), prop::collection::vec(line(), 1..4));
    let edits = prop::collection::vec((0_usize..4, 0_usize..6, line()), 1..3);
    let edited = (prop::collection::vec(line(), 1..4), edits).prop_map(|(old, edits)| {
        let mut new = old.clone();
        for (at, kind, other) in edits {
            let (count, at) = (new.len(), at % new.len().max(1));
            match (kind, new.get_mut(at)) {
                (0, Some(line)) => drop(line.tests.pop()),
                (1, Some(line)) if !line.tests.is_empty() => drop(line.tests.remove(0)),
                (2, Some(line)) => line.resources.extend(other.resources),
                (3, Some(line)) => line.actions.extend(other.actions),
                (4, Some(_)) if count > 1 => drop(new.remove(at)),
                _ => new.push(other),
            }
        }
        (old, new)
    });
    prop_oneof![1 => apart, 3 => edited]
}

fn check(witness: &Witness, old: &Document, new: &Document) {
    let allows = |document: &Document| iacscan::iam::compare::Policy::from(document).allows(&witness.request);
    assert_eq!(allows(new), Truth::True, "{witness:?}");
    assert_eq!(allows(old), Truth::False, "{witness:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn new_access_is_what_brute_force_finds((old, new) in pair()) {
        let all: Vec<&Line> = old.iter().chain(&new).collect();
        let contexts = contexts(&all);
        let (of_old, of_new) = (document_of(&old), document_of(&new));
        let mut found = None;
        'search: for (action, resource) in requests() {
            for keys in &contexts {
                let (by_old, by_new) = (allows(&old, action, resource, keys), allows(&new, action, resource, keys));
                if by_new && !by_old {
                    found = Some((action, resource, keys.clone()));
                    break 'search;
                }
            }
        }
        match (compare(&of_old, &of_new), found) {
            (Verdict::NewAccess(witness), _) => check(&witness, &of_old, &of_new),
            (Verdict::NoNewAccess, found) => prop_assert!(found.is_none(), "missed {found:?}"),
            (Verdict::Undecided(reason), _) => prop_assert!(false, "undecided: {reason}"),
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(25))]

    #[test]
    fn the_evaluator_agrees_with_brute_force(lines in prop::collection::vec(line(), 1..3)) {
        let document = document_of(&lines);
        let contexts = contexts(&lines.iter().collect::<Vec<_>>());
        for (action, resource) in requests() {
            for keys in contexts.iter().step_by(3) {
                let context = keys.iter().filter(|(_, values)| !values.is_empty()).fold(
                    Context::default(),
                    |context, (key, values)| context.with(key, values.iter().copied()),
                );
                let request = iacscan::iam::compare::Request {
                    action: action.to_owned(),
                    resource: Glob::literal(resource),
                    caller: iacscan::iam::compare::Caller::Holder,
                    context,
                };
                let found = iacscan::iam::compare::Policy::from(&document).allows(&request);
                prop_assert_eq!(found, Truth::from(allows(&lines, action, resource, keys)), "{:?}", request);
            }
        }
    }

    #[test]
    fn nothing_is_new_in_the_same_policy(mut lines in prop::collection::vec(line(), 1..5), turn in 0_usize..5) {
        let old = document_of(&lines);
        let by = turn % lines.len();
        lines.rotate_left(by);
        lines.iter_mut().for_each(|line| line.resources.reverse());
        let new = document_of(&lines);
        prop_assert!(matches!(compare(&old, &new), Verdict::NoNewAccess));
        let difference = difference(&old, &new);
        prop_assert!(difference.gained.certain.is_empty() && difference.lost.certain.is_empty());
    }
}

/// A statement of a trust or resource policy: whether it allows, its `Principal` or `NotPrincipal`, and whether it asks
/// for an organization.
#[derive(Clone, Debug)]
struct Invitation {
    allow: bool,
    not: bool,
    principals: Vec<(&'static str, &'static str)>,
    organization: bool,
}

const PRINCIPALS: [(&str, &str); 8] = [
    ("AWS", "*"),
    ("AWS", "111111111111"),
    ("AWS", "arn:aws:iam::111111111111:root"),
    ("AWS", "arn:aws:iam::111111111111:role/a"),
    ("AWS", "arn:aws:iam::222222222222:user/b"),
    ("Service", "s3.amazonaws.com"),
    ("Service", "sns.amazonaws.com"),
    ("Federated", "arn:aws:iam::111111111111:oidc-provider/issuer.example"),
];

/// Callers: the sort, the name, the account.
const CALLERS: [(&str, &str, &str); 10] = [
    ("AWS", "arn:aws:iam::111111111111:role/a", "111111111111"),
    ("AWS", "arn:aws:iam::111111111111:role/other", "111111111111"),
    ("AWS", "arn:aws:iam::222222222222:user/b", "222222222222"),
    ("AWS", "arn:aws:iam::222222222222:user/other", "222222222222"),
    ("AWS", "arn:aws:iam::333333333333:user/c", "333333333333"),
    ("Service", "s3.amazonaws.com", ""),
    ("Service", "lambda.amazonaws.com", ""),
    ("Federated", "arn:aws:iam::111111111111:oidc-provider/issuer.example", ""),
    ("Federated", "arn:aws:iam::111111111111:oidc-provider/other.example", ""),
    ("nobody", "", ""),
];

fn invites(one: &Invitation, caller: (&str, &str, &str), organization: Option<&str>) -> bool {
    let (sort, name, account) = caller;
    let is_named = |(element, written): &(&str, &str)| match *written {
        "*" => true,
        written if *element != sort => written.is_empty(),
        "111111111111" | "arn:aws:iam::111111111111:root" => account == "111111111111",
        written => written == name,
    };
    one.principals.iter().any(is_named) != one.not && (!one.organization || organization == Some("o-abcdefghij"))
}

fn invitations_document(all: &[Invitation]) -> Document {
    let text = |text: &str| Value::string(text, Origin::NONE);
    let statement = |one: &Invitation| {
        let of = |sort: &str| {
            let names = one.principals.iter().filter(|(element, _)| *element == sort);
            Value::list(names.map(|(_, name)| text(name)).collect(), Origin::NONE)
        };
        let principal = Value::fields(["AWS", "Service", "Federated"].map(|sort| (sort, of(sort))), Origin::NONE);
        let mut fields = vec![
            ("Effect", text(if one.allow { "Allow" } else { "Deny" })),
            (if one.not { "NotPrincipal" } else { "Principal" }, principal),
            ("Action", text("sts:AssumeRole")),
        ];
        if one.organization {
            let key = Value::fields([("aws:PrincipalOrgID", text("o-abcdefghij"))], Origin::NONE);
            fields.push(("Condition", Value::fields([("StringEquals", key)], Origin::NONE)));
        }
        Value::fields(fields, Origin::NONE)
    };
    document(all.iter().map(statement).collect())
}

fn invitation() -> impl Strategy<Value = Invitation> {
    let some = prop::collection::vec(prop::sample::select(&PRINCIPALS[..]), 1..4);
    (prop::bool::weighted(0.7), prop::bool::weighted(0.2), some, prop::bool::weighted(0.3))
        .prop_map(|(allow, not, principals, organization)| Invitation { allow, not, principals, organization })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn callers_are_told_apart_as_brute_force_does(
        old in prop::collection::vec(invitation(), 0..4),
        new in prop::collection::vec(invitation(), 1..4),
    ) {
        let allows = |all: &[Invitation], caller, organization| {
            let any = |allow| all.iter().any(|one| one.allow == allow && invites(one, caller, organization));
            any(true) && !any(false)
        };
        let organizations = [None, Some("o-abcdefghij"), Some("o-zzzzzzzzzz")];
        let found = CALLERS.iter().find(|caller| {
            // Only principals of accounts are members of organizations.
            let of_caller = if caller.0 == "AWS" { &organizations[..] } else { &organizations[..1] };
            of_caller.iter().any(|one| allows(&new, **caller, *one) && !allows(&old, **caller, *one))
        });
        let (of_old, of_new) = (invitations_document(&old), invitations_document(&new));
        match compare(&of_old, &of_new) {
            Verdict::NewAccess(witness) => check(&witness, &of_old, &of_new),
            Verdict::NoNewAccess => prop_assert!(found.is_none(), "missed {found:?}"),
            Verdict::Undecided(reason) => prop_assert!(false, "undecided: {reason}"),
        }
    }
}

#[test]
fn a_difference_is_counted_by_access_level() {
    let side = |text: &str| {
        let table: toml::Table = text.parse().unwrap();
        document(rows(&table, "s").iter().map(value).collect())
    };
    let old =
        side(r#"s = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "arn:aws:s3:::a/*" }]"#);
    let new = side(
        r#"s = [
            { Effect = "Allow", Action = ["s3:GetObject", "s3:PutObjectAcl", "s3:ListBucket", "iam:TagRole"], Resource = "*" },
            { Effect = "Deny", Action = "iam:*", Resource = "*" },
        ]"#,
    );
    let counts = |set: &iacscan::iam::action_set::ActionSet| {
        let some = set.levels().into_iter().filter(|(_, count)| *count > 0);
        some.map(|(level, count)| format!("{count} {}", level.name())).collect::<Vec<_>>()
    };
    let found = difference(&old, &new);
    assert_eq!(counts(&found.gained.certain), ["1 List", "1 Read", "1 Permissions management"]);
    assert_eq!(counts(&found.lost.certain), ["1 Write"]);
    assert!(found.gained.possible.is_empty() && found.lost.possible.is_empty());
    let nothing = side("s = []");
    assert_eq!(counts(&difference(&nothing, &old).gained.certain), ["1 Read", "1 Write"]);
    let unknown = side(r#"s = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "%{var}" }]"#);
    let found = difference(&nothing, &unknown);
    assert_eq!(counts(&found.gained.possible), ["1 Read"]);
    assert!(found.gained.certain.is_empty());
}

#[test]
fn large_policies_are_compared_or_undecided_but_soon() {
    let statement = |at: usize| {
        let text = format!(
            "Effect = \"Allow\"\nAction = [\"s3:*{at}*\", \"*:?e*{at}\", \"dynamodb:*Item\"]\n\
             Resource = [\"arn:aws:*:*:*:*{at}*/x?{at}\", \"*{at}\"]\n\
             Condition = {{ StringLike = {{ \"aws:PrincipalTag/a{at}\" = \"*{at}*\" }} }}"
        );
        value(&toml::Value::Table(text.parse().unwrap()))
    };
    let start = std::time::Instant::now();
    let (old, new) = (document((0..25).map(statement).collect()), document((12..40).map(statement).collect()));
    let verdict = compare(&old, &new);
    assert!(!matches!(verdict, Verdict::NoNewAccess), "{verdict:?}");
    assert!(!matches!(compare(&new, &new), Verdict::NewAccess(_)));
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

/// AWS' own policies against each other: what is within what, and the first thing that is not.
#[test]
fn managed_policies_are_within_each_other_as_their_names_say() {
    let pairs = [
        ("AdministratorAccess", "ReadOnlyAccess", "none"),
        ("AdministratorAccess", "PowerUserAccess", "none"),
        ("AdministratorAccess", "IAMFullAccess", "none"),
        ("AdministratorAccess", "SecurityAudit", "none"),
        ("IAMFullAccess", "IAMReadOnlyAccess", "none"),
        ("AmazonS3FullAccess", "AmazonS3ReadOnlyAccess", "none"),
        ("AmazonEC2FullAccess", "AmazonEC2ReadOnlyAccess", "none"),
        ("AmazonSQSFullAccess", "AmazonSQSReadOnlyAccess", "none"),
        ("AmazonDynamoDBFullAccess", "AmazonDynamoDBReadOnlyAccess", "none"),
        ("PowerUserAccess", "AmazonS3FullAccess", "none"),
        ("PowerUserAccess", "AmazonSQSFullAccess", "none"),
        ("ReadOnlyAccess", "AdministratorAccess", "Permissions management"),
        ("ReadOnlyAccess", "PowerUserAccess", "Permissions management"),
        ("PowerUserAccess", "AdministratorAccess", "Permissions management"),
        ("PowerUserAccess", "IAMFullAccess", "Permissions management"),
        ("PowerUserAccess", "ReadOnlyAccess", "Read"),
        ("AmazonS3ReadOnlyAccess", "AmazonS3FullAccess", "Permissions management"),
        ("AmazonSQSReadOnlyAccess", "AmazonSQSFullAccess", "Permissions management"),
        ("IAMReadOnlyAccess", "IAMFullAccess", "Permissions management"),
    ];
    let managed = |name: &str| iacscan::iam::catalogue::managed_policy(name).unwrap().document();
    let mut wrong = Vec::new();
    for (old, new, expected) in pairs {
        let (before, after) = (managed(old), managed(new));
        let found = match compare(before, after) {
            Verdict::NoNewAccess => "none".to_owned(),
            Verdict::Undecided(reason) => format!("undecided: {reason}"),
            Verdict::NewAccess(witness) => {
                check(&witness, before, after);
                let level = iacscan::iam::catalogue::action(&witness.request.action).map(|action| action.level.name());
                level.unwrap_or("future").to_owned()
            }
        };
        if found != expected {
            wrong.push(format!("{old} → {new}: {found}"));
        }
        assert!(matches!(compare(after, after), Verdict::NoNewAccess), "{new}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_spellings_of_a_policy_have_one_normal_form() {
    let side = |text: &str| {
        let table: toml::Table = format!("s = {text}").parse().unwrap();
        NormalForm::of(&document(rows(&table, "s").iter().map(value).collect()))
    };
    let one = side(
        r#"[
            { Effect = "Allow", Action = ["S3:GetObject", "s3:Get*"], Resource = "arn:aws:s3:::b/*", Condition = { StringEquals = { "aws:username" = ["b", "a"] }, Bool = { "aws:SecureTransport" = true } } },
            { Effect = "Deny", NotAction = "iam:*", Resource = ["*", "arn:aws:s3:::b"] },
        ]"#,
    );
    let other = side(
        r#"[
            { Effect = "Deny", NotAction = ["IAM:*"], Resource = "*" },
            { Effect = "Allow", Action = "s3:get*", Resource = ["arn:aws:s3:::b/*", "arn:aws:s3:::b/c"], Condition = { bool = { "AWS:SecureTransport" = "true" }, stringequals = { "aws:UserName" = ["a", "b", "a"] } } },
            { Effect = "Deny", NotAction = ["iam:*"], Resource = "*" },
        ]"#,
    );
    assert_eq!(one, other);
    assert_eq!(
        one.unwrap().to_string(),
        "Allow [s3:get*] on [\"arn:aws:s3:::b/*\"] if bool aws:securetransport [\"true\"] and stringequals aws:username \
         [\"a\", \"b\"]\nDeny all but [iam:*] on [\"*\"]\n"
    );
    let allow =
        |resource: &str| side(&format!(r#"[{{ Effect = "Allow", Action = "s3:*", Resource = "{resource}" }}]"#));
    assert_ne!(allow("arn:aws:s3:::a"), allow("arn:aws:s3:::A"));
    assert_eq!(allow("%{resource}/*"), allow("%{resource}/*"));
    assert!(allow("%{resource}/*").is_some());
    assert_ne!(allow("arn:aws:s3:::${aws:username}/*"), allow("arn:aws:s3:::${aws:userid}/*"));
}

/// `testdata/iam/comparisons.toml`
#[test]
fn comparisons_come_to_the_expected_verdict() {
    let all = load("comparisons.toml");
    let mut wrong = Vec::new();
    for row in rows(&all, "comparison") {
        let side = |name: &str| document(rows(row.as_table().unwrap(), name).iter().map(value).collect());
        let (old, new) = (side("old"), side("new"));
        let found = match compare(&old, &new) {
            Verdict::NoNewAccess => "none".to_owned(),
            Verdict::Undecided(_) => "undecided".to_owned(),
            Verdict::NewAccess(witness) => {
                check(&witness, &old, &new);
                let caller = match &witness.request.caller {
                    iacscan::iam::compare::Caller::Holder => String::new(),
                    caller => format!(" by {caller}"),
                };
                format!("{} on {}{caller}", witness.request.action, witness.request.resource)
            }
        };
        if found != row["is"].as_str().unwrap() {
            wrong.push(format!("{found}: {row}"));
        }
        assert!(!matches!(compare(&new, &new), Verdict::NewAccess(_)), "{row}");
        assert!(!matches!(compare(&old, &old), Verdict::NewAccess(_)), "{row}");
    }
    assert!(rows(&all, "comparison").len() > 30);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
