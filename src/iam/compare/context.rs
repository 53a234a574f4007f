//! The values of a condition key that tests tell apart.

use std::collections::{BTreeMap, BTreeSet};

use super::request::Caller;
use crate::iam::catalogue::{self, Action, KeyType, Presence};
use crate::iam::condition::{Context, Family, Operator, Qualifier, Test, network, number, resolve, seconds, wanted};
use crate::iam::glob::{Except, Glob, Symbol, regions};
use crate::value::Truth;

/// Regions of value patterns are searched in at most so many states.
const MAX_STATES: usize = 5_000;

/// Of a key with several values sets of at most so many are looked at.
const LARGEST_SET: usize = 3;

/// Nor sets of more values than this many.
const MAX_VALUES: usize = 16;

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
    if !carried || (unsigned && of_principals.iter().any(|start| key.starts_with(start))) {
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
) -> Option<Vec<Choice>> {
    let so_far = &decided.context();
    let (may_lack, may_carry) = presence(key, tests, action, caller);
    let mut all: Vec<Option<Vec<String>>> = if may_lack { vec![None] } else { Vec::new() };
    if let Some(value) = decided.0.get(key) {
        all = vec![value.clone().map(|value| vec![value])];
    } else if let Some(values) = fixed(key, caller) {
        all = vec![Some(vec![values])];
    } else if may_carry {
        let values = values(key, tests, so_far)?;
        let known = catalogue::key(key);
        let qualified = |test: &Test| test.quantity() != Some(Qualifier::None);
        let many = known.map_or_else(|| tests.iter().any(|(test, _)| qualified(test)), |key| key.many);
        if many {
            all.extend(sets(&values, tests)?.into_iter().map(Some))
        } else {
            all.extend(values.into_iter().map(|value| Some(vec![value])))
        }
    }
    let mut kept: Vec<Choice> = Vec::new();
    for values in all {
        let context = match &values {
            Some(values) => so_far.clone().with(key, values.clone()),
            None => so_far.clone(),
        };
        let truths: Vec<Truth> = tests.iter().map(|(test, variables)| test.holds(&context, *variables)).collect();
        if !kept.iter().any(|other| other.truths == truths) {
            kept.push(Choice { values, truths });
        }
    }
    Some(kept)
}

/// The value that follows from who calls.
pub(super) fn fixed(key: &str, caller: &Caller) -> Option<String> {
    let Caller::Principal { arn, account } = caller else { return None };
    let known = |glob: &Glob| (!glob.symbols().is_empty() && !glob.has_holes()).then(|| glob.to_string());
    match key {
        "aws:principalaccount" | "kms:calleraccount" => known(account),
        "aws:principalarn" => known(arn),
        _ => None,
    }
}

fn sets(values: &[String], tests: &[Asked<'_>]) -> Option<Vec<Vec<String>>> {
    let any = tests.iter().filter(|(test, _)| test.quantity() == Some(Qualifier::AnyValue)).count();
    if values.len() > MAX_VALUES || any > LARGEST_SET {
        return None;
    }
    let mut sets: Vec<Vec<String>> = vec![Vec::new()];
    let mut all = Vec::new();
    for _ in 0..LARGEST_SET {
        let bigger = |set: &Vec<String>| {
            let after =
                set.last().and_then(|last| values.iter().position(|value| value == last)).map_or(0, |at| at + 1);
            values
                .iter()
                .skip(after)
                .map(|value| [set.as_slice(), std::slice::from_ref(value)].concat())
                .collect::<Vec<_>>()
        };
        sets = sets.iter().flat_map(bigger).collect();
        all.extend(sets.iter().cloned());
    }
    Some(all)
}

/// Single values of a key, one of every class.
pub(super) fn values(key: &str, tests: &[Asked<'_>], so_far: &Context) -> Option<Vec<String>> {
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
    let (mut globs, mut numbers, mut dates, mut text) = (Vec::new(), BTreeSet::new(), BTreeSet::new(), false);
    let (mut exact, mut folded) = (false, false);
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
                    folded |= operator.family == Family::TextIgnoringCase;
                    exact |= operator.family != Family::TextIgnoringCase;
                    let variables = *variables && operator.has_variables();
                    let glob = wanted(operator, &value, variables).and_then(|glob| resolve(&glob, so_far));
                    globs.extend(glob.into_iter().map(|glob| by_field(operator, &glob)));
                }
                Family::Number(_) => numbers.extend(written.and_then(number).map(thousandths)),
                Family::Date(_) => dates.extend(written.and_then(seconds)),
                Family::Bool => ["true", "false"].into_iter().for_each(|value| add(value.to_owned())),
                Family::Binary => {
                    written.into_iter().for_each(|value| add(value.to_owned()));
                    add("AA==".to_owned());
                }
                Family::Address => addresses(written.and_then(network)).into_iter().for_each(&mut add),
                Family::Null => {}
            }
        }
    }
    // Texts are folded for one operator and not for the other: classes of both at once are not told apart here.
    if exact && folded {
        return None;
    }
    for step in [1_000, 1] {
        around(&numbers, step).into_iter().for_each(|value| add(decimal(value)));
    }
    for value in around(&dates, 1) {
        add(jiff::Timestamp::from_second(value).map_or_else(|_| value.to_string(), |time| time.to_string()));
    }
    if text || asks_for_presence(&globs, &numbers, &dates, tests) {
        texts(key, globs)?.into_iter().for_each(&mut add);
    }
    Some(found)
}

/// Whether nothing but the presence of the key is asked for.
fn asks_for_presence(globs: &[Glob], numbers: &BTreeSet<i64>, dates: &BTreeSet<i64>, tests: &[Asked<'_>]) -> bool {
    let asks_only_for_presence =
        tests.iter().all(|(test, _)| test.kind().is_none_or(|operator| operator.family == Family::Null));
    globs.is_empty() && numbers.is_empty() && dates.is_empty() && asks_only_for_presence
}

/// A wildcard within one of the first five fields of an ARN stays there.
fn by_field(operator: Operator, glob: &Glob) -> Glob {
    if operator.family != Family::Arn || glob.is_everything() {
        return glob.clone();
    }
    let mut colons = 0;
    Glob::of_symbols(glob.symbols().iter().map(|symbol| {
        colons += usize::from(*symbol == Symbol::Char(':'));
        match symbol {
            Symbol::Run(Except::Nothing) if colons < 5 => Symbol::Run(Except::Colon),
            other => other.clone(),
        }
    }))
}

fn texts(key: &str, patterns: Vec<Glob>) -> Option<Vec<String>> {
    let mut globs: Vec<Glob> = vec![Glob::pattern("?*")];
    for pattern in patterns {
        for form in [pattern.widest(), pattern] {
            if !globs.contains(&form) {
                globs.push(form);
            }
        }
    }
    let found = regions(&globs, MAX_STATES)?;
    let other = if key.ends_with("account") { "999999999999" } else { "other" };
    let is_other = |glob: &Glob| glob.covers(&Glob::literal(other)) == Truth::True;
    let of_other: Vec<bool> = globs.iter().map(is_other).collect();
    // A hole is no text that a request could show.
    let shown = found.into_iter().filter(|region| region.is_in(0) && !region.word.has_holes());
    Some(shown.map(|region| if region.members == of_other { other.to_owned() } else { region.witness }).collect())
}

/// Each bound, and what lies between them and beyond.
fn around(bounds: &BTreeSet<i64>, step: i64) -> Vec<i64> {
    let mut all = BTreeSet::new();
    for bound in bounds {
        all.extend([bound.saturating_sub(step), *bound, bound.saturating_add(step)]);
    }
    all.into_iter().collect()
}

#[expect(clippy::cast_possible_truncation, reason = "a number so large is a bound of its own all the same")]
fn thousandths(number: f64) -> i64 {
    (number * 1_000.0) as i64
}

fn decimal(thousandths: i64) -> String {
    let (whole, rest) = (thousandths.div_euclid(1_000), thousandths.rem_euclid(1_000));
    if rest == 0 {
        whole.to_string()
    } else if whole < 0 {
        format!("-{}.{:03}", -(whole + 1), 1_000 - rest)
    } else {
        format!("{whole}.{rest:03}")
    }
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
