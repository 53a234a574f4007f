//! Comparison of access where patterns are made of policy variables, wildcards and a few letters in any order, against
//! every request of a world of short texts.

use std::sync::LazyLock;

use iacscan::iam::compare::{Policy, Verdict, compare};
use iacscan::value::Truth;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::world::{Asked, Asking, Line, Side, cases, check, document_of};

const TOKENS: [&str; 8] =
    ["a", "b", "/", "*", "?", "${aws:username}", "${aws:PrincipalTag/team}", "${aws:PrincipalTag/team, 'B'}"];

const NAMES: [&str; 7] = ["a", "b", "ab", "ba", "aab", "B", "c"];
const TEAMS: [&str; 8] = ["a", "b", "ab", "a/b", "a/", "bb", "B", "c"];

fn kept(text: String) -> &'static str {
    text.leak()
}

/// All patterns of up to three tokens.
fn patterns() -> &'static [&'static str] {
    static PATTERNS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let mut all: Vec<String> = TOKENS.map(str::to_owned).into();
        let mut last = all.clone();
        for _ in 0..2 {
            last = last.iter().flat_map(|head| TOKENS.map(|token| format!("{head}{token}"))).collect();
            all.extend(last.clone());
        }
        all.into_iter().map(kept).collect()
    });
    &PATTERNS
}

/// As resources.
fn resources() -> &'static [&'static str] {
    static RESOURCES: LazyLock<Vec<&'static str>> =
        LazyLock::new(|| patterns().iter().map(|pattern| kept(format!("arn:aws:s3:::x/{pattern}"))).collect());
    &RESOURCES
}

fn tests() -> &'static [Asked] {
    static TESTS: LazyLock<Vec<Asked>> = LazyLock::new(|| {
        let keys = ["aws:username", "aws:PrincipalTag/team"];
        let operators = ["StringLike", "StringNotLike", "StringEquals", "StringEqualsIgnoreCase", "StringLikeIfExists"];
        let short = patterns().iter().filter(|pattern| !pattern.contains("/b") && pattern.len() < 40);
        let all = short.flat_map(|pattern| keys.map(|key| operators.map(|operator| (operator, key, *pattern))));
        let tests = all.flatten().filter(|(operator, key, pattern)| {
            // Nobody asks whether a key is like itself.
            !pattern.contains(*key) && (operator.contains("Like") || !pattern.contains(['*', '?']))
        });
        tests.map(|(operator, key, pattern)| (operator, key, &*vec![pattern].leak())).collect()
    });
    &TESTS
}

/// Every name below the bucket of up to four letters.
fn names() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let mut all: Vec<String> = Vec::new();
        let mut last = vec![String::new()];
        for _ in 0..4 {
            last = last.iter().flat_map(|head| ["a", "b", "B", "/"].map(|letter| format!("{head}{letter}"))).collect();
            all.extend(last.clone());
        }
        all.into_iter().map(|name| kept(format!("arn:aws:s3:::x/{name}"))).collect()
    });
    &NAMES
}

/// Every request of the world that these sides could tell apart.
fn requests<'w>(sides: &[&Side]) -> Vec<Asking<'w>> {
    let text = format!("{sides:?}");
    let choices = |key: &str, values: &[&'static str]| {
        let some = values.iter().filter(|_| text.contains(key)).map(|value| vec![*value]);
        std::iter::once(Vec::new()).chain(some).collect::<Vec<_>>()
    };
    let (users, teams) = (choices("aws:username", &NAMES), choices("aws:PrincipalTag/team", &TEAMS));
    let mut all = Vec::new();
    for (user, team) in users.iter().flat_map(|user| teams.iter().map(move |team| (user, team))) {
        let keys = vec![("aws:username", user.clone()), ("aws:PrincipalTag/team", team.clone())];
        let of =
            |resource: &&'static str| Asking { action: "s3:GetObject", resource, caller: None, keys: keys.clone() };
        all.extend(names().iter().map(of));
    }
    all
}

fn line() -> impl Strategy<Value = Line> {
    let resources = prop::collection::vec(prop::sample::select(resources()), 1..3);
    let tests = prop::collection::vec(prop::sample::select(tests()), 0..2);
    (prop::bool::weighted(0.6), prop::bool::weighted(0.2), resources, tests).prop_map(
        |(allow, not_resource, resources, tests)| Line {
            allow,
            not_action: false,
            actions: vec!["s3:GetObject"],
            not_resource,
            resources,
            not_principal: false,
            principals: Vec::new(),
            tests,
        },
    )
}

fn everything() -> Line {
    Line {
        allow: true,
        not_action: false,
        actions: vec!["s3:GetObject"],
        not_resource: false,
        resources: vec!["arn:aws:s3:::x/*"],
        not_principal: false,
        principals: Vec::new(),
        tests: Vec::new(),
    }
}

/// Two policies of which one is an edit of the other, or which allow everything but for a few denials.
fn pair() -> impl Strategy<Value = (Side, Side)> {
    let lines = || prop::collection::vec(line(), 1..4);
    let edit = (0_usize..4, 0_usize..5, line());
    (lines(), edit, lines(), prop::bool::weighted(0.3), prop::bool::weighted(0.4)).prop_map(
        |(mut old, (at, kind, other), apart, is_apart, allows_all)| {
            let mut new = if is_apart { apart } else { old.clone() };
            let at = at % new.len();
            match kind {
                0 => drop(new[at].tests.pop()),
                1 => new[at].resources.extend(other.resources),
                2 => new[at].tests = other.tests,
                3 if new.len() > 1 => drop(new.remove(at)),
                _ => new.push(other),
            }
            if allows_all {
                old.push(everything());
                new.push(everything());
            }
            let of = |lines| Side { is_2012: true, lines };
            (of(old), of(new))
        },
    )
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn no_request_is_new_where_none_is_told((old, new) in pair()) {
        check(&old, &new, &requests(&[&old, &new]))?;
    }

    #[test]
    fn the_evaluator_fills_variables_as_the_world_does((old, _) in pair()) {
        let document = document_of(&old);
        let policy = Policy::from(&document);
        for asking in requests(&[&old]).iter().step_by(11).take(1_500) {
            let found = policy.allows(&asking.request());
            prop_assert_eq!(found, Truth::from(asking.is_allowed_by(&old)), "{:?}", asking);
        }
    }
}

/// An answer that is always open would be right, too.
#[test]
fn most_pairs_are_decided() {
    let mut runner = TestRunner::deterministic();
    let mut undecided = 0;
    const ALL: usize = 200;
    for _ in 0..ALL {
        let (old, new) = pair().new_tree(&mut runner).unwrap().current();
        let (old, new) = (document_of(&old), document_of(&new));
        undecided += usize::from(matches!(compare(&old, &new), Verdict::Undecided(_)));
    }
    println!("{undecided} of {ALL}");
    assert!(undecided * 3 < ALL, "{undecided} of {ALL} are not decided");
}
