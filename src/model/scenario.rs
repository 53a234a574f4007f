//! What a unit is where its open questions are answered in one way or another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use super::Unit;

/// A longer list of values, or of cases, is cut.
const MAX_SHOWN: usize = 4;

/// Longer values are cut, in characters.
const MAX_VALUE: usize = 60;

/// A unit under assumptions about what its text leaves open, such as parameters without a value.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What is deployed then; it has no scenarios of its own.
    pub unit: Unit,
    /// The scenarios of one group exclude each other, and one of them is the case.
    pub group: usize,
    /// Everything that leads here: at least one case.
    pub cases: Vec<Case>,
}

/// Assumptions that hold together, sorted.
pub type Case = Vec<Assumption>;

/// Something that is assumed about one thing that is open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assumption {
    /// The name of the parameter or condition.
    pub subject: Arc<str>,
    /// What is assumed of it.
    pub assumed: Assumed,
}

/// What can be assumed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assumed {
    /// It has this value.
    Is(Arc<str>),
    /// It has none of these values.
    IsNot(Vec<Arc<str>>),
    /// The condition of this name holds, or does not.
    Holds(bool),
}

/// In few words what tells the first cases from the second ones, to stand after "when".
pub fn describe(holds: &[&Case], fails: &[&Case]) -> String {
    let subjects: BTreeSet<(bool, &Arc<str>)> =
        holds.iter().flat_map(|case| case.iter().map(|one| (is_negative(one), &one.subject))).collect();
    for (_, subject) in subjects {
        let of = |cases: &[&Case]| -> Option<Vec<Assumed>> {
            let found = cases.iter().map(|case| Some(case.iter().find(|one| one.subject == *subject)?.assumed.clone()));
            found.collect()
        };
        if let (Some(inside), Some(outside)) = (of(holds), of(fails))
            && let Some(words) = by_one_subject(subject, &inside, &outside)
        {
            return words;
        }
    }
    let mut terms: Vec<Case> = holds.iter().map(|case| generalised(case, fails)).collect();
    terms.sort();
    terms.dedup();
    let all = terms.clone();
    terms.retain(|term| !all.iter().any(|other| other != term && includes(other, term)));
    let terms = joined(terms);
    let shown: Vec<String> = terms.iter().take(MAX_SHOWN).map(conjunction).collect();
    let more = match terms.len().saturating_sub(MAX_SHOWN) {
        0 => String::new(),
        more => format!(", or in {more} further cases"),
    };
    shown.join(", or ") + &more
}

/// What may be the case of each subject, one of several.
type Term = BTreeMap<Arc<str>, BTreeSet<Assumed>>;

/// Cases that differ in one subject alone become one.
fn joined(cases: Vec<Case>) -> Vec<Term> {
    let term = |case: Case| case.into_iter().map(|one| (one.subject, BTreeSet::from([one.assumed]))).collect();
    let mut terms: Vec<Term> = Vec::new();
    for mut new in cases.into_iter().map(term).collect::<Vec<Term>>() {
        while let Some(at) = terms.iter().position(|known| differs_in_one(known, &new)) {
            for (subject, assumed) in terms.remove(at) {
                new.entry(subject).or_default().extend(assumed);
            }
        }
        terms.push(new);
    }
    terms
}

fn differs_in_one(a: &Term, b: &Term) -> bool {
    a.len() == b.len()
        && a.keys().eq(b.keys())
        && a.iter().filter(|(subject, assumed)| b.get(*subject) != Some(assumed)).count() == 1
}

/// One subject alone, where it has other values inside than outside.
fn by_one_subject(subject: &str, inside: &[Assumed], outside: &[Assumed]) -> Option<String> {
    let (inside, outside): (BTreeSet<&Assumed>, BTreeSet<&Assumed>) =
        (inside.iter().collect(), outside.iter().collect());
    if inside.iter().any(|one| outside.iter().any(|other| overlap(one, other))) {
        return None;
    }
    let values = |set: &BTreeSet<&Assumed>| -> Option<Vec<Arc<str>>> {
        let one = |assumed: &&Assumed| match assumed {
            Assumed::Is(value) => Some(value.clone()),
            _ => None,
        };
        set.iter().map(one).collect()
    };
    if let [Assumed::Holds(holds)] = inside.iter().copied().collect::<Vec<_>>().as_slice() {
        return Some(condition(subject, *holds));
    }
    match (values(&inside), values(&outside)) {
        (Some(inside), Some(outside)) if inside.len() > outside.len() && inside.len() > 2 => {
            Some(format!("{subject} != {}", list(&outside, " and ")))
        }
        (Some(inside), _) => Some(format!("{subject} = {}", list(&inside, " or "))),
        (None, Some(outside)) if !outside.is_empty() => Some(format!("{subject} != {}", list(&outside, " and "))),
        _ => None,
    }
}

/// A case without the assumptions that are not needed to tell it from others.
fn generalised(case: &Case, fails: &[&Case]) -> Case {
    let mut kept = case.clone();
    // What does not hold is harder to follow, and goes first.
    kept.sort_by_key(|one| !is_negative(one));
    let mut at = 0;
    while at < kept.len() {
        let mut fewer = kept.clone();
        fewer.remove(at);
        if fewer.is_empty() || fails.iter().any(|fail| may_be_both(&fewer, fail)) {
            at += 1;
        } else {
            kept = fewer;
        }
    }
    kept.sort();
    kept
}

/// Whether a condition is assumed not to hold.
fn is_negative(assumption: &Assumption) -> bool {
    assumption.assumed == Assumed::Holds(false)
}

/// Whether two cases may be the case at once.
fn may_be_both(a: &Case, b: &Case) -> bool {
    a.iter().all(|one| {
        let other = b.iter().find(|other| other.subject == one.subject);
        other.is_none_or(|other| overlap(&one.assumed, &other.assumed))
    })
}

/// Whether two assumptions about one subject may both be right.
fn overlap(a: &Assumed, b: &Assumed) -> bool {
    match (a, b) {
        (Assumed::Is(value), Assumed::IsNot(values)) | (Assumed::IsNot(values), Assumed::Is(value)) => {
            !values.contains(value)
        }
        (Assumed::IsNot(_), Assumed::IsNot(_)) => true,
        _ => a == b,
    }
}

/// Whether a case says no more than another one.
fn includes(wide: &Case, narrow: &Case) -> bool {
    wide.iter().all(|one| narrow.contains(one))
}

fn conjunction(term: &Term) -> String {
    let words = term.iter().map(|(subject, assumed)| {
        let alternatives: Vec<String> = assumed.iter().map(|one| one_assumption(subject, one)).collect();
        let values: Option<Vec<Arc<str>>> = assumed
            .iter()
            .map(|one| match one {
                Assumed::Is(value) => Some(value.clone()),
                _ => None,
            })
            .collect();
        match (values, alternatives.as_slice()) {
            (_, [one]) => one.clone(),
            (Some(values), _) => format!("({subject} = {})", list(&values, " or ")),
            (None, several) => format!("({})", several.join(" or ")),
        }
    });
    words.collect::<Vec<_>>().join(" and ")
}

fn one_assumption(subject: &str, assumed: &Assumed) -> String {
    match assumed {
        Assumed::Is(value) => format!("{subject} = {}", list(std::slice::from_ref(value), "")),
        Assumed::IsNot(values) => format!("{subject} != {}", list(values, " and ")),
        Assumed::Holds(holds) => condition(subject, *holds),
    }
}

fn condition(name: &str, holds: bool) -> String {
    if holds { format!("the condition {name} holds") } else { format!("the condition {name} does not hold") }
}

fn list(values: &[Arc<str>], between: &str) -> String {
    let mut text = String::new();
    for (nth, value) in values.iter().take(MAX_SHOWN).enumerate() {
        if nth > 0 {
            text.push_str(between);
        }
        let shown: String = value.chars().take(MAX_VALUE).collect();
        let cut = if shown.len() < value.len() { "…" } else { "" };
        let _ = write!(text, "\"{shown}{cut}\"");
    }
    if let more @ 1.. = values.len().saturating_sub(MAX_SHOWN) {
        let _ = write!(text, "{between}{more} more");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(words: &str) -> Case {
        let mut case: Case = words
            .split_whitespace()
            .map(|word| match (word.split_once("!="), word.split_once('=')) {
                (Some((subject, value)), _) => {
                    Assumption { subject: subject.into(), assumed: Assumed::IsNot(vec![value.into()]) }
                }
                (None, Some((subject, value))) => {
                    Assumption { subject: subject.into(), assumed: Assumed::Is(value.into()) }
                }
                (None, None) => Assumption {
                    subject: word.trim_start_matches('!').into(),
                    assumed: Assumed::Holds(!word.starts_with('!')),
                },
            })
            .collect();
        case.sort();
        case
    }

    fn told(holds: &[&str], fails: &[&str]) -> String {
        let [holds, fails] = [holds, fails].map(|cases| cases.iter().map(|words| case(words)).collect::<Vec<_>>());
        describe(&holds.iter().collect::<Vec<_>>(), &fails.iter().collect::<Vec<_>>())
    }

    #[test]
    fn the_shortest_words_tell_cases_apart() {
        assert_eq!(told(&["Env=dev"], &["Env=prod"]), "Env = \"dev\"");
        assert_eq!(told(&["Env=dev A=1", "Env=dev A=2"], &["Env=prod A=1", "Env=prod A=2"]), "Env = \"dev\"");
        assert_eq!(told(&["Env=dev", "Env=test"], &["Env=prod"]), "Env = \"dev\" or \"test\"");
        assert_eq!(told(&["Env!=prod"], &["Env=prod"]), "Env != \"prod\"");
        assert_eq!(told(&["E=a", "E=b", "E=c"], &["E=d"]), "E != \"d\"");
        assert_eq!(told(&["A=1 B=1"], &["A=1 B=2", "A=2 B=1", "A=2 B=2"]), "A = \"1\" and B = \"1\"");
        assert_eq!(told(&["A=1 B=1", "A=1 B=2", "A=2 B=1"], &["A=2 B=2"]), "A = \"1\", or B = \"1\"");
        let env = ["E=a B=1", "E=b B=1"];
        assert_eq!(told(&env, &["E=a B=2", "E=b B=2", "E=c B=1", "E=c B=2"]), "B = \"1\" and (E = \"a\" or \"b\")");
        assert_eq!(told(&["C"], &["!C"]), "the condition C holds");
        assert_eq!(told(&["!C A=1"], &["C A=1", "C A=2"]), "the condition C does not hold");
    }
}
