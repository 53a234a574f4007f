//! How much of a type of resources patterns take in, and what has been found of that for a statement.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Mutex;

use super::action_set::ActionSet;
use super::catalogue::{ArnFormat, ResourceType};
use super::glob::{Except, Glob, Symbol, regions};
use super::principal::is_account_id;
use crate::value::{Fact, Truth};

/// Differences of resource patterns are searched in at most so many states.
const MAX_STATES: usize = 5_000;

/// The actions of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actions {
    /// Those that it names for certain.
    pub certain: ActionSet,
    /// Those that it may name: what is not known may stand for anything that fits.
    pub possible: ActionSet,
}

/// An answer, with the own accounts for which it was found.
type FoundFor = (Vec<String>, Truth);

/// The elements of a statement in the form in which they are compared.
#[derive(Debug)]
pub(super) struct Reach {
    pub(super) actions: Actions,
    /// Of `Resource`, or of `NotResource`.
    pub(super) patterns: Vec<Glob>,
    /// Many actions share the types of their resources: what has been found for one type, by where it lies in memory;
    /// [`NO_TYPE`] stands for actions without one.
    pub(super) known: Mutex<HashMap<usize, OfType>>,
    /// Whether no request for an action is outside of the resources, by its number and whether it is asked for in the own
    /// account alone, with the own accounts for which that was found: as many statements that allow as there are ask it of each
    /// that denies.
    pub(super) whole: Mutex<HashMap<(usize, bool), FoundFor>>,
}

impl Clone for Reach {
    fn clone(&self) -> Reach {
        let (actions, patterns) = (self.actions.clone(), self.patterns.clone());
        Reach { actions, patterns, known: Mutex::default(), whole: Mutex::default() }
    }
}

/// What has been found of a type.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OfType {
    /// Whether the statement reaches some resource of it.
    pub(super) some: Option<Truth>,
    /// Whether it reaches all of them.
    pub(super) all: Option<Truth>,
}

/// What is asked of a type.
#[derive(Clone, Copy)]
pub(super) enum Share {
    Some,
    All,
}

/// Whose resources an action is asked for on, with the ids that the own account may have.
#[derive(Clone, Copy)]
pub(super) enum Whose<'a> {
    /// Those of the own account.
    Own(&'a [String]),
    /// Those of whatever account.
    Anybodys(&'a [String]),
}

impl<'a> Whose<'a> {
    pub(super) fn own_accounts(self) -> &'a [String] {
        match self {
            Whose::Own(ids) | Whose::Anybodys(ids) => ids,
        }
    }
}

const NO_TYPE: usize = 0;

pub(super) fn key_of(kind: Option<&ResourceType>) -> usize {
    kind.map_or(NO_TYPE, |kind| std::ptr::from_ref(kind).addr())
}

fn open(truth: Truth, more: bool) -> Truth {
    if more { truth.or(Truth::Unknown) } else { truth }
}

/// Whether patterns take in some resource of a type, or of what actions without a type work on; there may be more of them.
pub(super) fn among(patterns: &[Glob], more: bool, kind: Option<&ResourceType>) -> Truth {
    if patterns.iter().any(Glob::is_everything) {
        return Truth::True;
    }
    let Some(kind) = kind else {
        let star = Glob::literal("*");
        return open(Truth::any(patterns.iter().map(|pattern| pattern.covers(&star))), more);
    };
    let met = patterns.iter().map(|pattern| Truth::any(kind.arns().iter().map(|arn| arn.meets(pattern))));
    open(Truth::any(met), more)
}

/// Whether they take in all of it; `some` says whether they take in some.
pub(super) fn all_among(
    patterns: &[Glob],
    more: bool,
    kind: Option<&ResourceType>,
    some: impl FnOnce() -> Truth,
) -> Truth {
    let Some(kind) = kind else { return some() };
    if patterns.iter().any(Glob::is_everything) {
        return Truth::True;
    }
    let covers = |pattern: &Glob| Truth::all(kind.arns().iter().take(1).map(|arn| covers_type(pattern, &arn.glob)));
    match open(Truth::any(patterns.iter().map(covers)), more) {
        Truth::False => Truth::False,
        // What takes in nothing does not take in all, even where there is nothing to take in.
        all => {
            if some() == Truth::False {
                Truth::False
            } else {
                all
            }
        }
    }
}

/// Whether a pattern takes in all resources of a type that one account has in one region: `arn:aws:iam::123456789012:role/*`.
pub(super) fn covers_type(pattern: &Glob, arn: &Glob) -> Truth {
    let pattern = &*at_some_place(pattern);
    if pattern.ends_within(arn) {
        return Truth::False;
    }
    match covers_in_some_place(pattern, arn) {
        Truth::Unknown if pattern.leaves_out_place_of(arn) => Truth::False,
        truth => truth,
    }
}

fn covers_in_some_place(pattern: &Glob, arn: &Glob) -> Truth {
    if let Some(by_field) = pattern.meets_and_covers_name(arn) {
        return by_field.or(pattern.covers(arn));
    }
    // `arn:aws:s3*`: a partition is as good as any.
    let rest = arn.symbols().iter().skip("arn:*:".len()).cloned();
    let in_aws = Glob::of_symbols(Glob::literal("arn:aws:").symbols().iter().cloned().chain(rest));
    pattern.covers(arn).or(pattern.covers(&in_aws))
}

/// A pattern with some partition, region and account for those that are deployed to: each is as good as any.
fn at_some_place(pattern: &Glob) -> Cow<'_, Glob> {
    let place = |symbol: &Symbol| match symbol {
        Symbol::Hole(hole) => match hole.fact {
            Some(Fact::Partition) => Some("aws"),
            Some(Fact::Region) => Some("eu-west-1"),
            Some(Fact::Account) => Some("123456789012"),
            _ => None,
        },
        _ => None,
    };
    if !pattern.symbols().iter().any(|symbol| place(symbol).is_some()) {
        return Cow::Borrowed(pattern);
    }
    let symbols = pattern.symbols().iter().flat_map(|symbol| match place(symbol) {
        Some(text) => text.chars().map(Symbol::Char).collect(),
        None => vec![symbol.clone()],
    });
    Cow::Owned(Glob::of_symbols(symbols.collect::<Vec<_>>()))
}

/// Whether patterns leave some resource of a type, or of what actions without a type work on; there may be more of them.
pub(super) fn all_but(patterns: &[Glob], more: bool, kind: Option<&ResourceType>) -> Truth {
    let Some(kind) = kind else { return none_among(patterns, more, None) };
    let left = |arn: &ArnFormat| if more { Truth::Unknown } else { is_left(arn, patterns) };
    Truth::any(kind.arns().iter().map(left))
}

/// Whether they leave all of it.
pub(super) fn none_among(patterns: &[Glob], more: bool, kind: Option<&ResourceType>) -> Truth {
    // What more is left out may leave out everything.
    let open = |truth: Truth| if more { truth.and(Truth::Unknown) } else { truth };
    let Some(kind) = kind else {
        let star = Glob::literal("*");
        return open(!Truth::any(patterns.iter().map(|pattern| pattern.covers(&star))));
    };
    let apart = |arn: &ArnFormat| Truth::all(patterns.iter().map(|pattern| !arn.meets(pattern)));
    open(Truth::all(kind.arns().iter().map(apart)))
}

/// Whether some ARN of a type is taken in by none of the patterns.
fn is_left(arn: &ArnFormat, patterns: &[Glob]) -> Truth {
    let covered = Truth::any(patterns.iter().map(|pattern| covers_type_everywhere(pattern, &arn.glob)));
    if covered == Truth::True {
        return Truth::False;
    }
    let near: Vec<&Glob> = patterns.iter().filter(|pattern| arn.meets(pattern) != Truth::False).collect();
    if near.is_empty() {
        return Truth::True;
    }
    // What is left when the holes take in as much as they can is left for certain.
    let search = |globs: Vec<Glob>| {
        let all: Vec<Glob> = std::iter::once(arn.glob.clone()).chain(globs).collect();
        regions(&all, MAX_STATES).map(|found| {
            found.iter().any(|region| region.is_in(0) && (1..all.len()).all(|pattern| !region.is_in(pattern)))
        })
    };
    match search(near.iter().map(|glob| glob.widest()).collect()) {
        Some(true) => Truth::True,
        Some(false) if near.iter().all(|glob| !glob.has_holes()) => Truth::False,
        _ => Truth::Unknown,
    }
}

/// Whether patterns take in every ARN of a type in its own partition. What IAM works on is all of one account.
pub(super) fn covers_all(patterns: &[Glob], kind: &ResourceType, whose: Whose<'_>) -> Truth {
    let covers = |pattern: &Glob, arn: &Glob| match (kind.arn_service(), whose) {
        ("iam", _) => covers_type(pattern, arn).and(may_be_home(pattern, whose.own_accounts())),
        (_, Whose::Anybodys(_)) => covers_type_everywhere(pattern, arn),
        (_, Whose::Own(ids)) => {
            let anywhere = covers_type_everywhere(pattern, arn);
            anywhere.or(covers_type_everywhere(&in_any_account(pattern), arn).and(is_home(pattern, ids)))
        }
    };
    let one = |arn: &ArnFormat| Truth::any(patterns.iter().map(|pattern| covers(pattern, &arn.glob)));
    Truth::all(kind.arns().iter().map(one))
}

/// Whether the account of an ARN of IAM takes in the own one: where that is not known by its number, a number is it.
fn may_be_home(pattern: &Glob, own_accounts: &[String]) -> Truth {
    let fields = pattern.fields();
    let Some(account) = fields.get(4) else { return Truth::True };
    match account.symbols() {
        [Symbol::Hole(hole)] if hole.fact == Some(Fact::Account) => Truth::True,
        _ if account.has_holes() => Truth::Unknown,
        _ if own_accounts.is_empty() => Truth::True,
        _ => Truth::all(own_accounts.iter().map(|own| account.covers(&Glob::literal(own)))),
    }
}

/// Whether the account of an ARN takes in the own one, which may not be known by its number.
fn is_home(pattern: &Glob, own_accounts: &[String]) -> Truth {
    let is_number = |account: &Glob| is_account_id(&account.to_string());
    match pattern.fields().get(4) {
        Some(account) if own_accounts.is_empty() && is_number(account) => Truth::Unknown,
        _ => may_be_home(pattern, own_accounts),
    }
}

/// An ARN with any account in the place of its own.
fn in_any_account(pattern: &Glob) -> Glob {
    let fields = pattern.fields().into_iter().enumerate();
    let fields: Vec<Vec<Symbol>> = fields
        .map(|(at, field)| if at == 4 { vec![Symbol::Run(Except::Colon)] } else { field.symbols().to_vec() })
        .collect();
    Glob::of_symbols(fields.join(&Symbol::Char(':')))
}

/// Whether a pattern takes in every ARN of a type in its own partition: other partitions are other worlds.
pub(super) fn covers_type_everywhere(pattern: &Glob, arn: &Glob) -> Truth {
    let partitions = ["arn:aws:", "arn:aws-cn:", "arn:aws-us-gov:"];
    let within = |head: &str| {
        let tail = arn.symbols().iter().skip("arn:*:".len()).cloned();
        pattern.covers(&Glob::of_symbols(Glob::literal(head).symbols().iter().cloned().chain(tail)))
    };
    Truth::any(partitions.into_iter().map(within))
}
