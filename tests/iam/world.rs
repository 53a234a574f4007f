//! Comparison of access against every request of small worlds with all that policies can say: both versions, `Not…`
//! elements, principals, variables with and without defaults, and conditions of every family, qualifier and suffix.
//!
//! What a statement comes to is worked out here once more, without a look at the evaluator.

use std::net::IpAddr;

use iacscan::iam::Document;
use iacscan::iam::compare::{Caller, Policy, Request, Verdict, compare, difference};
use iacscan::iam::condition::Context;
use iacscan::iam::glob::Glob;
use iacscan::source::Origin;
use iacscan::value::{Truth, Value};
use proptest::prelude::*;

/// As many cases as `PROPTEST_CASES` says, else these few.
pub(crate) fn cases(few: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(few);
    ProptestConfig { cases, max_shrink_iters: 200, ..ProptestConfig::default() }
}

/// A test: operator with prefix and suffix, key, values.
pub(crate) type Asked = (&'static str, &'static str, &'static [&'static str]);

/// A key, whether it may be absent, its values in the world.
type Key = (&'static str, bool, &'static [&'static [&'static str]]);

const KEYS: [Key; 9] = [
    ("aws:PrincipalTag/team", true, &[&["red"], &["Red"], &["blue"], &["x"], &["a"]]),
    ("aws:MultiFactorAuthPresent", true, &[&["true"], &["false"]]),
    ("aws:CalledVia", true, &[&["s"], &["t"], &["u"], &["s", "t"], &["s", "u"], &["s", "t", "u"], &["v"], &["t", "v"]]),
    ("aws:username", true, &[&["a"], &["b"], &["x"], &["red"]]),
    ("aws:MultiFactorAuthAge", true, &[&["9"], &["9.5"], &["10"], &["11"], &["25"]]),
    (
        "aws:CurrentTime",
        false,
        &[&["2025-12-31T23:59:59Z"], &["2026-01-01T00:00:00Z"], &["2026-06-01T00:00:00Z"], &["2026-12-31T00:00:00Z"]],
    ),
    ("aws:SourceIp", true, &[&["203.0.113.7"], &["203.0.113.200"], &["198.51.100.1"], &["2001:db8::7"]]),
    (
        "aws:SourceArn",
        true,
        &[
            &["arn:aws:sns:eu-west-1:111111111111:a"],
            &["arn:aws:sns:eu-west-1:111111111111:a:b"],
            &["arn:aws:sns:us-east-1:222222222222:a"],
            &["arn:aws:s3:::a"],
        ],
    ),
    ("aws:PrincipalTag/bin", true, &[&["QUJD"], &["QUI="]]),
];

const TESTS: [Asked; 52] = [
    ("StringEquals", "aws:PrincipalTag/team", &["red"]),
    ("StringEquals", "aws:PrincipalTag/team", &["${aws:username}"]),
    ("StringNotEquals", "aws:PrincipalTag/team", &["red", "blue"]),
    ("StringNotEquals", "aws:PrincipalTag/team", &["${aws:username}", "blue"]),
    ("StringEqualsIgnoreCase", "aws:PrincipalTag/team", &["RED"]),
    ("StringNotEqualsIgnoreCase", "aws:PrincipalTag/team", &["RED", "x"]),
    ("StringLikeIfExists", "aws:PrincipalTag/team", &["b*"]),
    ("StringLike", "aws:PrincipalTag/team", &["*e*"]),
    ("StringLike", "aws:PrincipalTag/team", &["${aws:username, 'x'}*"]),
    ("StringNotLike", "aws:PrincipalTag/team", &["?"]),
    ("StringNotLikeIfExists", "aws:PrincipalTag/team", &["?e?"]),
    ("StringEquals", "aws:PrincipalTag/team", &["r*", "x"]),
    ("Null", "aws:PrincipalTag/team", &["true"]),
    ("Null", "aws:PrincipalTag/team", &["false"]),
    ("Bool", "aws:MultiFactorAuthPresent", &["true"]),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", &["true"]),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", &["false"]),
    ("Bool", "aws:MultiFactorAuthPresent", &["false"]),
    ("Null", "aws:MultiFactorAuthPresent", &["true"]),
    ("ForAllValues:StringEquals", "aws:CalledVia", &["s"]),
    ("ForAllValues:StringEquals", "aws:CalledVia", &["s", "t"]),
    ("ForAllValues:StringNotEquals", "aws:CalledVia", &["t"]),
    ("ForAnyValue:StringLike", "aws:CalledVia", &["s", "t*"]),
    ("ForAnyValue:StringEquals", "aws:CalledVia", &["u"]),
    ("ForAnyValue:StringNotEquals", "aws:CalledVia", &["s"]),
    ("ForAnyValue:StringEqualsIfExists", "aws:CalledVia", &["t"]),
    ("ForAllValues:StringLike", "aws:CalledVia", &["?"]),
    ("Null", "aws:CalledVia", &["false"]),
    ("StringEquals", "aws:username", &["a"]),
    ("StringNotEqualsIfExists", "aws:username", &["a", "b"]),
    ("StringLike", "aws:username", &["?"]),
    ("NumericLessThan", "aws:MultiFactorAuthAge", &["10"]),
    ("NumericLessThanEquals", "aws:MultiFactorAuthAge", &["9.5"]),
    ("NumericGreaterThanEquals", "aws:MultiFactorAuthAge", &["10"]),
    ("NumericGreaterThanIfExists", "aws:MultiFactorAuthAge", &["10"]),
    ("NumericEquals", "aws:MultiFactorAuthAge", &["10", "11"]),
    ("NumericNotEquals", "aws:MultiFactorAuthAge", &["10"]),
    ("DateLessThan", "aws:CurrentTime", &["2026-01-01T00:00:00Z"]),
    ("DateGreaterThan", "aws:CurrentTime", &["2026-01-01T00:00:00Z"]),
    ("DateGreaterThanEquals", "aws:CurrentTime", &["2026-06-01T00:00:00Z"]),
    ("DateNotEquals", "aws:CurrentTime", &["2026-01-01T00:00:00Z"]),
    ("IpAddress", "aws:SourceIp", &["203.0.113.0/24"]),
    ("IpAddress", "aws:SourceIp", &["203.0.113.128/25", "2001:db8::/32"]),
    ("NotIpAddress", "aws:SourceIp", &["203.0.113.0/25"]),
    ("NotIpAddressIfExists", "aws:SourceIp", &["198.51.100.0/24"]),
    ("ArnLike", "aws:SourceArn", &["arn:aws:sns:*:111111111111:*"]),
    ("ArnEquals", "aws:SourceArn", &["arn:aws:sns:*:*:a"]),
    ("ArnNotLike", "aws:SourceArn", &["arn:aws:s3:::${aws:username}"]),
    ("ArnNotEqualsIfExists", "aws:SourceArn", &["arn:aws:*:*:*:a*"]),
    ("StringLike", "aws:SourceArn", &["arn:*:111111111111:a*"]),
    ("BinaryEquals", "aws:PrincipalTag/bin", &["QUJD"]),
    ("StringEquals", "aws:PrincipalTag/bin", &["${aws:PrincipalTag/team}", "QUI="]),
];

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

const RESOURCES: [&str; 14] = [
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::?/x",
    "arn:aws:s3:::b/x",
    "arn:*:iam::*:role/a*",
    "arn:aws:iam::123456789012:role/?",
    "arn:aws:sqs:*:*:a",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:s3:::${aws:username}/${aws:PrincipalTag/team}",
    "arn:aws:s3:::${aws:PrincipalTag/team, 'b'}/x",
    "arn:aws:s3:::${aws:username}/${aws:username}",
    "arn:aws:iam::*:role/${aws:username}*",
    "arn:aws:*:*:*:a",
];

const REQUESTS: [(&str, &str); 18] = [
    ("s3:GetObject", "arn:aws:s3:::a/x"),
    ("s3:GetObject", "arn:aws:s3:::a/y"),
    ("s3:GetObject", "arn:aws:s3:::b/x"),
    ("s3:GetObject", "arn:aws:s3:::b/blue"),
    ("s3:GetObject", "arn:aws:s3:::a/red"),
    ("s3:GetObject", "arn:aws:s3:::a/a"),
    ("s3:GetObject", "arn:aws:s3:::red/red"),
    ("s3:GetObject", "arn:aws:s3:::${aws:username}/x"),
    ("s3:PutObject", "arn:aws:s3:::a/x"),
    ("s3:PutObject", "arn:aws:s3:::b/x"),
    ("s3:PutObject", "arn:aws:s3:::bb/xx"),
    ("iam:PassRole", "arn:aws:iam::123456789012:role/a"),
    ("iam:PassRole", "arn:aws:iam::123456789012:role/ab"),
    ("iam:PassRole", "arn:aws:iam::123456789012:role/b"),
    ("iam:PassRole", "arn:aws:iam::123456789012:role/redred"),
    ("ec2:DescribeInstances", "*"),
    ("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:a"),
    ("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:b"),
];

const PRINCIPALS: [(&str, &str); 8] = [
    ("AWS", "*"),
    ("AWS", "111111111111"),
    ("AWS", "arn:aws:iam::111111111111:role/a"),
    ("AWS", "arn:aws:iam::222222222222:user/b"),
    ("AWS", "arn:aws:sts::111111111111:assumed-role/a/s"),
    ("Service", "s3.amazonaws.com"),
    ("Service", "sns.amazonaws.com"),
    ("Federated", "arn:aws:iam::111111111111:oidc-provider/issuer.example"),
];

/// Callers: the sort, the name, the account.
const CALLERS: [(&str, &str, &str); 9] = [
    ("AWS", "arn:aws:iam::111111111111:role/a", "111111111111"),
    ("AWS", "arn:aws:sts::111111111111:assumed-role/a/s", "111111111111"),
    ("AWS", "arn:aws:iam::111111111111:role/other", "111111111111"),
    ("AWS", "arn:aws:iam::222222222222:user/b", "222222222222"),
    ("AWS", "arn:aws:iam::333333333333:user/c", "333333333333"),
    ("Service", "s3.amazonaws.com", ""),
    ("Service", "lambda.amazonaws.com", ""),
    ("Federated", "arn:aws:iam::111111111111:oidc-provider/issuer.example", ""),
    ("nobody", "", ""),
];

/// A statement.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) allow: bool,
    pub(crate) not_action: bool,
    pub(crate) actions: Vec<&'static str>,
    pub(crate) not_resource: bool,
    pub(crate) resources: Vec<&'static str>,
    pub(crate) not_principal: bool,
    pub(crate) principals: Vec<(&'static str, &'static str)>,
    pub(crate) tests: Vec<Asked>,
}

/// A document; of a resource policy where the statements name principals.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(crate) is_2012: bool,
    pub(crate) lines: Vec<Line>,
}

/// A request, as the world has it.
#[derive(Clone, Debug)]
pub(crate) struct Asking<'w> {
    pub(crate) action: &'w str,
    pub(crate) resource: &'w str,
    pub(crate) caller: Option<(&'w str, &'w str, &'w str)>,
    pub(crate) keys: Vec<(&'w str, Vec<&'w str>)>,
}

impl Asking<'_> {
    fn get(&self, key: &str) -> &[&str] {
        self.keys.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map_or(&[][..], |(_, values)| values)
    }

    /// A pattern of letters, in which one that is no wildcard is marked; none where a variable has no value.
    fn pattern(&self, text: &str, variables: bool) -> Option<Vec<(char, bool)>> {
        let (mut pattern, mut rest) = (Vec::new(), text);
        while let Some(letter) = rest.chars().next() {
            if let Some((name, after)) = rest.strip_prefix("${").filter(|_| variables).and_then(|r| r.split_once('}')) {
                let (key, default) =
                    name.split_once(", ").map_or((name, None), |(k, d)| (k, Some(d.trim_matches('\''))));
                let value = match self.get(key) {
                    [one] => one,
                    _ => default?,
                };
                pattern.extend(value.chars().map(|letter| (letter, true)));
                rest = after;
            } else {
                pattern.push((letter, false));
                rest = &rest[letter.len_utf8()..];
            }
        }
        Some(pattern)
    }

    fn like(&self, pattern: &str, text: &str, variables: bool) -> bool {
        let text: Vec<char> = text.chars().collect();
        self.pattern(pattern, variables).is_some_and(|pattern| matches(&pattern, &text))
    }

    fn holds(&self, (operator, key, wanted): &Asked, variables: bool) -> bool {
        let actual = self.get(key);
        let (qualifier, name) = operator.split_once(':').unwrap_or(("", operator));
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        if name == "Null" {
            return (wanted == &["true"]) == actual.is_empty();
        }
        let negated = name.contains("Not");
        if actual.is_empty() {
            return match qualifier {
                "ForAllValues" => true,
                "ForAnyValue" => if_exists,
                _ => if_exists || negated,
            };
        }
        let is =
            |actual: &str| wanted.iter().any(|wanted| self.is(&name.replace("Not", ""), wanted, actual, variables));
        match qualifier {
            "ForAllValues" => actual.iter().all(|actual| is(actual) != negated),
            _ => actual.iter().any(|actual| is(actual) != negated),
        }
    }

    fn is(&self, operator: &str, wanted: &str, actual: &str, variables: bool) -> bool {
        let number = |text: &str| text.parse::<f64>().unwrap();
        let letters = |text: &str| -> Option<String> {
            self.pattern(text, variables).map(|letters| letters.into_iter().map(|(letter, _)| letter).collect())
        };
        match operator {
            "StringEquals" => letters(wanted).is_some_and(|wanted| wanted == actual),
            "StringEqualsIgnoreCase" => letters(wanted).is_some_and(|wanted| wanted.eq_ignore_ascii_case(actual)),
            "StringLike" => self.like(wanted, actual, variables),
            "ArnLike" | "ArnEquals" => {
                let fields = |text: &str| text.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>();
                let (wanted, actual) = (fields(wanted), fields(actual));
                wanted.len() == 6
                    && actual.len() == 6
                    && wanted.iter().zip(&actual).all(|(wanted, actual)| self.like(wanted, actual, variables))
            }
            "Bool" => wanted.eq_ignore_ascii_case(actual),
            "BinaryEquals" => wanted == actual,
            "NumericEquals" => number(actual) == number(wanted),
            "NumericLessThan" => number(actual) < number(wanted),
            "NumericLessThanEquals" => number(actual) <= number(wanted),
            "NumericGreaterThan" => number(actual) > number(wanted),
            "NumericGreaterThanEquals" => number(actual) >= number(wanted),
            // All of one form, so that they are ordered as texts are.
            "DateEquals" => *actual == *wanted,
            "DateLessThan" => *actual < *wanted,
            "DateGreaterThan" => *actual > *wanted,
            "DateGreaterThanEquals" => *actual >= *wanted,
            "IpAddress" => within(actual.parse().unwrap(), wanted),
            other => panic!("{other}"),
        }
    }

    fn names_caller(&self, line: &Line) -> bool {
        let Some((sort, name, account)) = self.caller else { return true };
        let is_named = |(element, written): &(&str, &str)| match *written {
            "*" => true,
            _ if *element != sort => false,
            "111111111111" => account == "111111111111",
            // A role stands for its sessions.
            "arn:aws:iam::111111111111:role/a" => {
                name == *written || name.starts_with("arn:aws:sts::111111111111:assumed-role/a/")
            }
            written => written == name,
        };
        line.principals.iter().any(is_named) != line.not_principal
    }

    fn is_about(&self, line: &Line, variables: bool) -> bool {
        let action = self.action.to_lowercase();
        let by_action = || line.actions.iter().any(|pattern| self.like(&pattern.to_lowercase(), &action, false));
        let by_resource = || line.resources.iter().any(|pattern| self.like(pattern, self.resource, variables));
        self.names_caller(line)
            && by_action() != line.not_action
            && by_resource() != line.not_resource
            && line.tests.iter().all(|test| self.holds(test, variables))
    }

    pub(crate) fn is_allowed_by(&self, side: &Side) -> bool {
        let any =
            |allow| side.lines.iter().filter(|line| line.allow == allow).any(|line| self.is_about(line, side.is_2012));
        any(true) && !any(false)
    }

    pub(crate) fn request(&self) -> Request {
        let present = self.keys.iter().filter(|(_, values)| !values.is_empty());
        let context =
            present.fold(Context::default(), |context, (key, values)| context.with(key, values.iter().copied()));
        let caller = match self.caller {
            None => Caller::Holder,
            Some(("AWS", arn, account)) => {
                Caller::Principal { arn: Glob::literal(arn), account: Glob::literal(account) }
            }
            Some(("Service", name, _)) => Caller::Service(Glob::literal(name)),
            Some(("Federated", name, _)) => Caller::Federated(Glob::literal(name)),
            Some(_) => Caller::Anonymous,
        };
        Request { action: self.action.to_owned(), resource: Glob::literal(self.resource), caller, context }
    }
}

/// Whether a text matches a pattern, by trying everything.
fn matches(pattern: &[(char, bool)], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((('*', false), rest)) => (0..=text.len()).any(|taken| matches(rest, &text[taken..])),
        Some((('?', false), rest)) => !text.is_empty() && matches(rest, &text[1..]),
        Some(((letter, _), rest)) => text.first() == Some(letter) && matches(rest, &text[1..]),
    }
}

fn within(address: IpAddr, range: &str) -> bool {
    let (network, length) = range.split_once('/').unwrap();
    let length: u32 = length.parse().unwrap();
    match (address, network.parse().unwrap()) {
        (IpAddr::V4(a), IpAddr::V4(b)) => u32::from(a) >> (32 - length) == u32::from(b) >> (32 - length),
        (IpAddr::V6(a), IpAddr::V6(b)) => u128::from(a) >> (128 - length) == u128::from(b) >> (128 - length),
        _ => false,
    }
}

/// Every request of the world that these sides could tell apart.
fn requests<'w>(sides: &[&'w Side]) -> Vec<Asking<'w>> {
    let lines: Vec<&Line> = sides.iter().flat_map(|side| &side.lines).collect();
    let texts: Vec<&str> = lines
        .iter()
        .flat_map(|line| line.resources.iter().chain(line.tests.iter().flat_map(|(.., values)| values.iter())))
        .copied()
        .collect();
    let is_asked = |key: &str| {
        lines.iter().any(|line| line.tests.iter().any(|(_, tested, _)| *tested == key))
            || texts.iter().any(|text| text.contains(&format!("${{{key}")))
    };
    let has_principals = lines.iter().any(|line| !line.principals.is_empty());
    let callers: Vec<Option<(&str, &str, &str)>> =
        if has_principals { CALLERS.iter().copied().map(Some).collect() } else { vec![None] };
    let mut all = Vec::new();
    for caller in callers {
        let is_principal = caller.is_none_or(|(sort, ..)| sort == "AWS");
        let mut contexts: Vec<Vec<(&str, Vec<&str>)>> = vec![Vec::new()];
        for (key, may_lack, values) in KEYS.iter().filter(|(key, ..)| is_asked(key)) {
            // Only principals of accounts have tags.
            let of_caller = if is_principal || !key.starts_with("aws:PrincipalTag") { *values } else { &[] };
            let absent: &[&[&str]] = if *may_lack { &[&[]] } else { &[] };
            let with = |keys: &Vec<(&'static str, Vec<&'static str>)>| {
                let choices = absent.iter().chain(of_caller);
                choices.map(|values| [keys.as_slice(), &[(*key, values.to_vec())]].concat()).collect::<Vec<_>>()
            };
            contexts = contexts.iter().flat_map(with).collect();
        }
        for (action, resource) in REQUESTS {
            all.extend(contexts.iter().map(|keys| Asking { action, resource, caller, keys: keys.clone() }));
        }
    }
    all
}

pub(crate) fn document_of(side: &Side) -> Document {
    let text = |text: &str| Value::string(text, Origin::NONE);
    let list = |items: &[&'static str]| Value::list(items.iter().map(|item| text(item)).collect(), Origin::NONE);
    let statement = |line: &Line| {
        let mut operators: Vec<(&str, Vec<(&str, Value)>)> = Vec::new();
        for (operator, key, values) in &line.tests {
            match operators.iter_mut().find(|(name, _)| name == operator) {
                Some((_, keys)) => keys.push((key, list(values))),
                None => operators.push((operator, vec![(key, list(values))])),
            }
        }
        let tests = operators.into_iter().map(|(operator, keys)| (operator, Value::fields(keys, Origin::NONE)));
        let mut fields = vec![
            ("Effect", text(if line.allow { "Allow" } else { "Deny" })),
            (if line.not_action { "NotAction" } else { "Action" }, list(&line.actions)),
            (if line.not_resource { "NotResource" } else { "Resource" }, list(&line.resources)),
            ("Condition", Value::fields(tests, Origin::NONE)),
        ];
        if !line.principals.is_empty() {
            let of = |sort: &str| {
                let names = line.principals.iter().filter(|(element, _)| *element == sort);
                (sort.to_owned(), Value::list(names.map(|(_, name)| text(name)).collect(), Origin::NONE))
            };
            let principal = Value::fields(["AWS", "Service", "Federated"].map(of), Origin::NONE);
            fields.push((if line.not_principal { "NotPrincipal" } else { "Principal" }, principal));
        }
        Value::fields(fields, Origin::NONE)
    };
    let statements = Value::list(side.lines.iter().map(statement).collect(), Origin::NONE);
    let version = text(if side.is_2012 { "2012-10-17" } else { "2008-10-17" });
    Document::of_value(&Value::fields([("Version", version), ("Statement", statements)], Origin::NONE))
}

fn line(keys: [usize; 2], has_principals: bool) -> impl Strategy<Value = Line> {
    let some = |of: &'static [&'static str]| prop::collection::vec(prop::sample::select(of), 1..3);
    let of_keys: Vec<Asked> =
        TESTS.into_iter().filter(|(_, key, _)| keys.iter().any(|at| KEYS[*at].0 == *key)).collect();
    let tests = prop::collection::vec(prop::sample::select(of_keys), 0..3);
    let most = if has_principals { 3 } else { 1 };
    let principals = prop::collection::vec(prop::sample::select(&PRINCIPALS[..]), usize::from(has_principals)..most);
    (
        prop::bool::weighted(0.7),
        prop::bool::weighted(0.15),
        some(&ACTIONS),
        prop::bool::weighted(0.15),
        some(&RESOURCES),
        prop::bool::weighted(0.2),
        principals,
        tests,
    )
        .prop_map(|(allow, not_action, actions, not_resource, resources, not_principal, principals, tests)| {
            let mut tests = tests;
            // A key stands once below an operator.
            tests.sort_unstable();
            tests.dedup_by_key(|(operator, key, _)| (*operator, *key));
            Line { allow, not_action, actions, not_resource, resources, not_principal, principals, tests }
        })
}

/// Two policies that have nothing to do with each other, or of which one is a small edit of the other.
fn pair() -> impl Strategy<Value = (Side, Side)> {
    let keys = (0..KEYS.len(), 0..KEYS.len());
    (keys, prop::bool::weighted(0.3), prop::bool::weighted(0.85)).prop_flat_map(
        |((one, other), has_principals, is_2012)| {
            let line = move || line([one, other], has_principals);
            let side = move |lines: Vec<Line>| Side { is_2012, lines };
            let apart = (prop::collection::vec(line(), 0..3), prop::collection::vec(line(), 1..3))
                .prop_map(move |(old, new)| (side(old), side(new)));
            let edits = prop::collection::vec((0_usize..4, 0_usize..8, line()), 1..3);
            let edited = (prop::collection::vec(line(), 1..4), edits, prop::bool::weighted(0.1)).prop_map(
                move |(old, edits, other_version)| {
                    let mut new = old.clone();
                    for (at, kind, other) in edits {
                        let (count, at) = (new.len(), at % new.len().max(1));
                        match (kind, new.get_mut(at)) {
                            (0, Some(line)) => drop(line.tests.pop()),
                            (1, Some(line)) if !line.tests.is_empty() => drop(line.tests.remove(0)),
                            (2, Some(line)) => line.resources.extend(other.resources),
                            (3, Some(line)) => line.actions.extend(other.actions),
                            (4, Some(_)) if count > 1 => drop(new.remove(at)),
                            (5, Some(line)) => line.principals.extend(other.principals),
                            (6, Some(line)) => line.tests = other.tests,
                            _ => new.push(other),
                        }
                    }
                    (side(old), Side { is_2012: is_2012 != other_version, lines: new })
                },
            );
            prop_oneof![1 => apart, 3 => edited]
        },
    )
}

/// What nobody may say of a pair: new access that is none, or none where some of these requests is new.
pub(crate) fn check(old: &Side, new: &Side, asking: &[Asking<'_>]) -> Result<(), TestCaseError> {
    let (of_old, of_new) = (document_of(old), document_of(new));
    let found = asking.iter().find(|asking| asking.is_allowed_by(new) && !asking.is_allowed_by(old));
    match compare(&of_old, &of_new) {
        Verdict::NewAccess(witness) => {
            let request = &witness.request;
            prop_assert_eq!(Policy::from(&of_new).allows(request), Truth::True, "{:?}", request);
            prop_assert_eq!(Policy::from(&of_old).allows(request), Truth::False, "{:?}", request);
            // The same once more, without the evaluator.
            let resource = request.resource.to_string();
            let (arn, account, name);
            let caller = match &request.caller {
                Caller::Holder => None,
                Caller::Principal { arn: of_arn, account: of_account } => {
                    (arn, account) = (of_arn.to_string(), of_account.to_string());
                    Some(("AWS", arn.as_str(), account.as_str()))
                }
                Caller::Service(of) | Caller::Federated(of) => {
                    name = of.to_string();
                    let sort = if matches!(request.caller, Caller::Service(_)) { "Service" } else { "Federated" };
                    Some((sort, name.as_str(), ""))
                }
                Caller::Anonymous | Caller::Other(_) => Some(("nobody", "", "")),
            };
            let values = |key: &str| request.context.get(key).unwrap_or_default().iter().map(String::as_str).collect();
            let keys = KEYS.iter().map(|(key, ..)| (*key, values(key))).collect();
            let asking = Asking { action: &request.action, resource: &resource, caller, keys };
            prop_assert!(asking.is_allowed_by(new), "not by the new: {:?}", asking);
            prop_assert!(!asking.is_allowed_by(old), "also by the old: {:?}", asking);
        }
        Verdict::NoNewAccess => prop_assert!(found.is_none(), "missed {found:?}"),
        // A bound is no error, but everything is known here.
        Verdict::Undecided(reason) => {
            let is_bound = reason.ends_with("too many to compare") || reason.contains("policy variable");
            prop_assert!(is_bound, "undecided: {reason}");
        }
    }
    Ok(())
}

/// The same words say less in a document of 2008, whose `${…}` is plain text.
#[test]
fn an_older_version_makes_plain_text_of_variables() {
    let line = Line {
        allow: true,
        not_action: false,
        actions: vec!["s3:GetObject"],
        not_resource: false,
        resources: vec!["arn:aws:s3:::${aws:username}/*"],
        not_principal: false,
        principals: Vec::new(),
        tests: Vec::new(),
    };
    let of = |is_2012| document_of(&Side { is_2012, lines: vec![line.clone()] });
    for (old, new) in [(false, true), (true, false)] {
        assert!(matches!(compare(&of(old), &of(new)), Verdict::NewAccess(_)), "{old} to {new}");
    }
    assert!(matches!(compare(&of(false), &of(false)), Verdict::NoNewAccess));
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn no_request_of_a_world_is_new_where_none_is_told((old, new) in pair()) {
        check(&old, &new, &requests(&[&old, &new]))?;
    }

    #[test]
    fn the_evaluator_agrees_on_every_request((old, new) in pair()) {
        for side in [&old, &new] {
            let document = document_of(side);
            let policy = Policy::from(&document);
            for asking in requests(&[side]).iter().step_by(7).take(2_000) {
                let found = policy.allows(&asking.request());
                prop_assert_eq!(found, Truth::from(asking.is_allowed_by(side)), "{:?}", asking);
            }
        }
    }

    #[test]
    fn the_same_in_other_words_is_nothing_new((old, _) in pair(), turn in 0_usize..5) {
        let mut new = old.clone();
        if !new.lines.is_empty() {
            let by = turn % new.lines.len();
            new.lines.rotate_left(by);
        }
        for line in &mut new.lines {
            line.resources.reverse();
            line.tests.reverse();
            line.actions.reverse();
            line.actions.extend(line.actions.clone());
        }
        let (of_old, of_new) = (document_of(&old), document_of(&new));
        prop_assert!(matches!(compare(&of_old, &of_new), Verdict::NoNewAccess));
        prop_assert!(matches!(compare(&of_old, &of_old), Verdict::NoNewAccess));
        let difference = difference(&of_old, &of_new);
        prop_assert!(difference.gained.certain.is_empty() && difference.lost.certain.is_empty());
        prop_assert!(difference.gained.possible.is_empty() && difference.lost.possible.is_empty());
    }
}
