//! The values of a condition key that tests tell apart.

use std::collections::{BTreeMap, BTreeSet};

use super::request::Caller;
use crate::iam::catalogue::{self, Action, KeyType, Presence};
use crate::iam::condition::{
    Context, Family, Operator, Qualifier, Test, is_private, network, number, resolve, seconds, wanted,
};
use crate::iam::glob::{Except, Glob, Region, Symbol, regions_within};
use crate::value::Truth;

/// Regions of value patterns are searched in at most so many states.
const MAX_STATES: usize = 5_000;

/// More classes of sets of values are not told apart.
const MAX_SETS: usize = 512;

/// A key with its tests is looked at with at most so many values.
const MAX_VALUES: usize = 512;

/// A value of a key, or its absence, with what each test says of it.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// The values; `None` where the key is absent.
    pub(super) values: Option<Vec<String>>,
    /// What each test comes to.
    pub(super) truths: Vec<Truth>,
}

/// The keys that variables ask for, with their values.
#[derive(Clone, Debug, Default)]
pub(super) struct Decided(pub(super) BTreeMap<String, Option<String>>);

impl Decided {
    /// The keys as a request carries them.
    pub(super) fn context(&self) -> Context {
        let present = self.0.iter().filter_map(|(key, value)| Some((key, value.clone()?)));
        present.fold(Context::default(), |context, (key, value)| context.with(key, [value]))
    }
}

/// A test with whether `${…}` in it is a variable.
pub(super) type Asked<'t> = (&'t Test, bool);

/// Whether a request of a caller for an action may lack a key, and whether it may carry it.
pub(super) fn presence(key: &str, tests: &[Asked<'_>], action: Option<&Action>, caller: &Caller) -> (bool, bool) {
    let carried = action.is_none_or(|action| tests.first().is_none_or(|(test, _)| test.may_be_present_for(action)));
    let of_principals = ["aws:principalorg", "aws:principalarn", "aws:principaltag/"];
    let unsigned = matches!(caller, Caller::Anonymous | Caller::Service(_));
    let is_no_principal = matches!(caller, Caller::Anonymous | Caller::Service(_) | Caller::Federated(_));
    let of_account =
        is_no_principal && matches!(key, "aws:principalaccount" | "kms:calleraccount" | "aws:principalarn");
    if !carried || of_account || (unsigned && of_principals.iter().any(|start| key.starts_with(start))) {
        return (true, false);
    }
    match catalogue::key(key).map(|key| key.presence) {
        Some(Presence::Always) => (false, true),
        Some(Presence::Signed) if !matches!(caller, Caller::Anonymous) => (false, true),
        _ => (true, true),
    }
}

/// The choices for one key, one of every class; `None` where they are too many.
pub(super) fn choices(
    key: &str,
    tests: &[Asked<'_>],
    decided: &Decided,
    action: Option<&Action>,
    caller: &Caller,
    steps: &mut usize,
) -> Option<Vec<Choice>> {
    let so_far = &decided.context();
    let (may_lack, may_carry) = presence(key, tests, action, caller);
    let choice = |values: Option<Vec<String>>| {
        let context = match &values {
            Some(values) => so_far.clone().with(key, values.clone()),
            None => so_far.clone(),
        };
        let truths = tests.iter().map(|(test, variables)| test.holds(&context, *variables)).collect();
        Choice { values, truths }
    };
    if let Some(value) = decided.0.get(key) {
        return Some(vec![choice(value.clone().map(|value| vec![value]))]);
    }
    if let Some(value) = fixed(key, caller) {
        return Some(vec![choice(Some(vec![value]))]);
    }
    let mut kept: Vec<Choice> = Vec::new();
    let mut keep = |choice: Choice| {
        let is_other = !kept.iter().any(|other| other.truths == choice.truths);
        if is_other {
            kept.push(choice);
        }
        is_other
    };
    if may_lack {
        keep(choice(None));
    }
    if !may_carry {
        return Some(kept);
    }
    let values = values(key, tests, so_far, caller, Vec::new(), steps)?;
    if values.len() > MAX_VALUES {
        return None;
    }
    let mut singles: Vec<(String, Choice)> = Vec::new();
    for value in values {
        let single = choice(Some(vec![value.clone()]));
        if !singles.iter().any(|(_, other)| other.truths == single.truths) {
            singles.push((value, single));
        }
    }
    let qualified = |test: &Test| test.quantity() != Some(Qualifier::None);
    let many = catalogue::key(key).map_or_else(|| tests.iter().any(|(test, _)| qualified(test)), |key| key.many);
    // What a set comes to follows from what its parts come to, so that sets of one class grow alike.
    let mut classes: Vec<Choice> = singles.iter().map(|(_, single)| single.clone()).collect();
    let mut at = 0;
    while many && let Some(values) = classes.get(at).and_then(|class| class.values.clone()) {
        for (value, _) in &singles {
            if values.contains(value) {
                continue;
            }
            let grown = choice(Some(values.iter().chain([value]).cloned().collect()));
            if !classes.iter().any(|class| class.truths == grown.truths) {
                classes.push(grown);
            }
        }
        at += 1;
        if classes.len() > MAX_SETS {
            return None;
        }
    }
    for class in classes {
        keep(class);
    }
    Some(kept)
}

/// Whether the values of a key depend on who calls.
pub(super) fn depends_on_caller(key: &str) -> bool {
    matches!(
        key,
        "aws:principalaccount" | "kms:calleraccount" | "aws:principalarn" | "aws:userid" | "aws:principaltype"
    )
}

/// The value that follows from who calls.
pub(super) fn fixed(key: &str, caller: &Caller) -> Option<String> {
    let known = |glob: &Glob| (!glob.symbols().is_empty() && !glob.has_holes()).then(|| glob.to_string());
    match (caller, key) {
        (Caller::Anonymous, "aws:principalaccount" | "aws:userid") => Some("anonymous".to_owned()),
        (Caller::Anonymous, "aws:principaltype") => Some("Anonymous".to_owned()),
        (Caller::Principal { account, .. }, "aws:principalaccount" | "kms:calleraccount") => known(account),
        // Of a session it is the ARN of the role or user, whose path the session's own ARN leaves out.
        (Caller::Principal { arn, .. }, "aws:principalarn") => known(arn).filter(|arn| !arn.contains(":sts:")),
        _ => None,
    }
}

/// A text that stands for all values of a key that are written nowhere.
pub(super) fn other_than_written(key: &str) -> String {
    match key.rsplit([':', '/']).next().unwrap_or_default() {
        name if name.ends_with("account") => "999999999999".to_owned(),
        name => format!("some-{name}"),
    }
}

/// Single values of a key, one of every class that its tests and further patterns tell apart; `None` where they are too
/// many, or of kinds that are not compared jointly.
pub(super) fn values(
    key: &str,
    tests: &[Asked<'_>],
    so_far: &Context,
    caller: &Caller,
    further: Vec<Glob>,
    steps: &mut usize,
) -> Option<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |value: String| {
        if !value.is_empty() && !found.contains(&value) {
            found.push(value);
        }
    };
    let kind = catalogue::key(key).map(|key| key.kind);
    if kind == Some(KeyType::Bool) {
        return Some(vec!["true".to_owned(), "false".to_owned()]);
    }
    let (mut globs, mut numbers, mut dates, mut ranges) = (Vec::new(), Vec::new(), BTreeSet::new(), false);
    let is_folded = |test: &Test| test.kind().is_some_and(|kind| kind.family == Family::TextIgnoringCase);
    let is_exact = |test: &Test| {
        test.kind().is_some_and(|kind| matches!(kind.family, Family::Text | Family::Pattern | Family::Arn))
    };
    let is_mixed = tests.iter().any(|(test, _)| is_folded(test)) && tests.iter().any(|(test, _)| is_exact(test));
    let mut text = !further.is_empty();
    globs.extend(further);
    for (test, variables) in tests {
        let Some(operator) = test.kind() else { continue };
        let candidates = |value: &crate::value::Value| match value.as_unknown() {
            Some(unknown) if !unknown.candidates.is_empty() => unknown.candidates.clone(),
            _ => vec![value.clone()],
        };
        for value in test.values.iter().flat_map(candidates) {
            let written = value.scalar_text();
            let written = written.as_deref();
            match operator.family {
                Family::Text | Family::TextIgnoringCase | Family::Pattern | Family::Arn => {
                    text = true;
                    let variables = *variables && operator.has_variables();
                    let glob = wanted(operator, &value, variables).and_then(|glob| resolve(&glob, so_far));
                    let glob = glob.map(|glob| by_field(operator, &glob));
                    globs.extend(glob.map(|glob| if is_mixed && is_folded(test) { either_case(&glob) } else { glob }));
                }
                Family::Number(_) => numbers.extend(written.and_then(number)),
                Family::Date(_) => dates.extend(written.and_then(seconds)),
                Family::Bool => ["true", "false"].into_iter().for_each(|value| add(value.to_owned())),
                Family::Binary => {
                    written.into_iter().for_each(|value| add(value.to_owned()));
                    add("AA==".to_owned());
                }
                Family::Address => {
                    ranges = true;
                    addresses(written.and_then(network)).into_iter().for_each(&mut add);
                }
                Family::Null => {}
            }
        }
    }
    // Where a pattern cuts across an order, no one value stands for what both leave.
    let is_ordered = ranges || !numbers.is_empty() || !dates.is_empty();
    if is_ordered && globs.iter().any(|glob| !glob.is_everything() && !glob.is_literal()) {
        return None;
    }
    around(numbers).into_iter().for_each(|value| add(value.to_string()));
    for value in dates.iter().flat_map(|bound| [bound.saturating_sub(1), *bound, bound.saturating_add(1)]) {
        add(jiff::Timestamp::from_second(value).map_or_else(|_| value.to_string(), |time| time.to_string()));
    }
    let asks_only_for_presence =
        tests.iter().all(|(test, _)| test.kind().is_none_or(|operator| operator.family == Family::Null));
    if text || asks_only_for_presence {
        texts(key, caller, globs, steps)?.into_iter().for_each(&mut add);
    }
    // No request comes from there over the internet.
    let is_possible = |value: &String| key != "aws:sourceip" || !network(value).is_some_and(|one| is_private(&one));
    found.retain(is_possible);
    Some(found)
}

/// A pattern of letters of which either case will do.
pub(super) fn either_case(glob: &Glob) -> Glob {
    Glob::of_symbols(glob.symbols().iter().map(|symbol| match symbol {
        Symbol::Char(letter) if letter.is_ascii_alphabetic() => Symbol::Letter(letter.to_ascii_lowercase()),
        other => other.clone(),
    }))
}

/// A pattern as an operator reads it.
pub(super) fn by_field(operator: Operator, glob: &Glob) -> Glob {
    if operator.family != Family::Arn || glob.is_everything() { glob.clone() } else { within_fields(glob) }
}

/// A wildcard within one of the first five fields of an ARN stays there.
fn within_fields(glob: &Glob) -> Glob {
    let mut colons = 0;
    Glob::of_symbols(glob.symbols().iter().map(|symbol| {
        colons += usize::from(*symbol == Symbol::Char(':'));
        match symbol {
            Symbol::Run(Except::Nothing) if colons < 5 => Symbol::Run(Except::Colon),
            other => other.clone(),
        }
    }))
}

/// Texts that a key may have, one of every class that the patterns tell apart; `None` where they are too many.
fn texts(key: &str, caller: &Caller, patterns: Vec<Glob>, steps: &mut usize) -> Option<Vec<String>> {
    // None is empty.
    let mut globs: Vec<Glob> = vec![Glob::pattern("?*")];
    let mut other = other_than_written(key);
    match (key, caller) {
        // The account is known, though not which of its principals it is.
        ("aws:principalarn", Caller::Principal { account, .. }) if is_written(account) => {
            globs.push(within_fields(&Glob::pattern(&format!("arn:*:*::{account}:?*"))));
            other = format!("arn:aws:iam::{account}:user/some-user");
        }
        // The names of users, and the ids of principals, have no such characters.
        ("aws:username", _) => globs.push(Glob::of_symbols([Symbol::Run(Except::Both)])),
        ("aws:userid", _) => globs.push(Glob::of_symbols([Symbol::Run(Except::Slash)])),
        _ => {}
    }
    let wanted = globs.len();
    for pattern in patterns {
        for form in [pattern.widest(), pattern] {
            if !globs.contains(&form) {
                globs.push(form);
            }
        }
    }
    let found = regions_within(&globs, MAX_STATES, steps)?;
    let is_other = |glob: &Glob| glob.covers(&Glob::literal(&other)) == Truth::True;
    let of_other: Vec<bool> = globs.iter().map(is_other).collect();
    // A hole is no text that a request could show.
    let is_shown = |region: &Region| (0..wanted).all(|at| region.is_in(at)) && !region.word.has_holes();
    let shown = found.into_iter().filter(is_shown);
    Some(shown.map(|region| if region.members == of_other { other.clone() } else { region.witness }).collect())
}

fn is_written(glob: &Glob) -> bool {
    !glob.symbols().is_empty() && !glob.has_holes()
}

/// Each bound, and a number of every interval between them and beyond.
fn around(mut bounds: Vec<f64>) -> Vec<f64> {
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    let beyond = |from: f64, to: f64| if from == to { None } else { Some(to) };
    let mut all: Vec<f64> = Vec::new();
    all.extend(bounds.first().and_then(|first| beyond(*first, first - 1.0).or(Some(first.next_down()))));
    for (at, bound) in bounds.iter().enumerate() {
        all.push(*bound);
        let whole = bound.floor() + 1.0;
        all.push(match bounds.get(at + 1) {
            Some(next) if whole < *next => whole,
            Some(next) => bound + (next - bound) / 2.0,
            None => beyond(*bound, bound + 1.0).unwrap_or(bound.next_up()),
        });
    }
    all.retain(|number| number.is_finite());
    all
}

/// The first and the last address of a range, those beside it, and one of each family that is far from all.
fn addresses(range: Option<ipnet::IpNet>) -> Vec<String> {
    let mut all = Vec::new();
    match range {
        Some(ipnet::IpNet::V4(range)) => {
            let (first, last) = (u32::from(range.network()), u32::from(range.broadcast()));
            let beside = [first.checked_sub(1), Some(first), Some(last), last.checked_add(1)];
            all.extend(beside.into_iter().flatten().map(|at| std::net::Ipv4Addr::from(at).to_string()));
        }
        Some(ipnet::IpNet::V6(range)) => {
            let (first, last) = (u128::from(range.network()), u128::from(range.broadcast()));
            let beside = [first.checked_sub(1), Some(first), Some(last), last.checked_add(1)];
            all.extend(beside.into_iter().flatten().map(|at| std::net::Ipv6Addr::from(at).to_string()));
        }
        None => {}
    }
    all.extend(["203.0.113.7".to_owned(), "2001:db8::7".to_owned()]);
    all
}
