//! Groups that somebody makes, gives permissions and joins.

use std::sync::LazyLock;

use super::judge::Judge;
use super::path::Way;
use super::worth::{Aim, Bearing, Hold};
use crate::iam::access::{Extent, Pattern, Wanted};
use crate::iam::document::Statement;
use crate::iam::owner;
use crate::value::Truth;

/// What gives a group permissions.
const GIVES: [&str; 2] = ["iam:putgrouppolicy", "iam:attachgrouppolicy"];

static MAKES: LazyLock<Wanted> = LazyLock::new(|| Wanted::new("iam:CreateGroup"));
static JOINS: LazyLock<Wanted> = LazyLock::new(|| Wanted::new("iam:AddUserToGroup"));

/// Groups that a grant names, with what it is good for and what is denied of it.
struct Named<'i> {
    pattern: Pattern,
    hold: Hold,
    denied: Vec<&'i Statement>,
}

impl<'i> Judge<'_, 'i, '_> {
    /// What it takes for a way that gives groups permissions to raise the principal by a group that it makes and joins.
    pub(super) fn by_own_group(&mut self, way: &'static Way) -> Option<Vec<Hold>> {
        let [entry] = way.entries.as_slice() else { return None };
        let [gives] = entry.as_slice() else { return None };
        let kind = self.access.identity.principals.get(self.principal).map(|one| &*one.instance.row.kind);
        if !GIVES.contains(&gives.name.as_str()) || !matches!(kind, Some("user" | "group")) {
            return None;
        }
        let makes = self.named(way, &MAKES);
        let joins = if makes.is_empty() { Vec::new() } else { self.named(way, &JOINS) };
        if joins.is_empty() {
            return None;
        }
        let own_accounts = &self.world.own_accounts;
        let meet = |a: &Named<'_>, b: &Named<'_>| {
            owner::meets(&a.pattern.glob, &b.pattern.glob, own_accounts) == Truth::True
                && ![a, b].iter().any(|one| is_denied(&one.denied, &a.pattern) || is_denied(&one.denied, &b.pattern))
        };
        let mut best: Option<Vec<Hold>> = None;
        for given in self.named(way, gives) {
            let mut of_given = makes.iter().filter(|made| meet(made, &given));
            let Some((made, joined)) = of_given.find_map(|made| {
                let joined = joins.iter().find(|joined| meet(joined, &given) && meet(joined, made))?;
                Some((made, joined))
            }) else {
                continue;
            };
            let holds = [&given.hold, &made.hold, &joined.hold];
            let of_itself = |hold: &Hold| Hold { aim: Aim::Own, itself: true, others: Vec::new(), ..hold.clone() };
            let is_sure = holds.iter().all(|hold| hold.unknown.is_none());
            if best.is_none() || is_sure {
                best = Some(holds.into_iter().map(of_itself).collect());
            }
            if is_sure {
                break;
            }
        }
        best
    }

    /// The groups that grants of an action name, as far as no condition takes them away; those that are certain first.
    fn named(&mut self, way: &'static Way, wanted: &'static Wanted) -> Vec<Named<'i>> {
        let world = self.world;
        let mut all = self.each(way, wanted, |one| {
            let is_left = |bearing: Bearing| !matches!(bearing, Bearing::Closes | Bearing::Binds);
            let is_free = one.grant.tests.iter().all(|test| is_left(one.bearing(test)));
            let hold = if is_free { one.hold() } else { None };
            let patterns = match &one.grant.extent {
                Extent::Among(patterns, _) => patterns.as_slice(),
                Extent::AllBut(..) => &[],
            };
            let denied = &one.grant.exceptions;
            let named = |hold: &Hold| -> Vec<Named<'i>> {
                let one =
                    |pattern: &Pattern| Named { pattern: pattern.clone(), hold: hold.clone(), denied: denied.clone() };
                patterns.iter().filter(|pattern| world.is_own(pattern) == Truth::True).map(one).collect()
            };
            hold.as_ref().map(named).unwrap_or_default()
        });
        all.sort_by_key(|one| one.hold.unknown.is_some());
        all
    }
}

/// Whether denials without a condition take all of a pattern.
fn is_denied(denials: &[&Statement], pattern: &Pattern) -> bool {
    let always = denials.iter().filter(|denial| denial.always_denies());
    always.into_iter().any(|denial| Extent::of(denial).covers(pattern) == Truth::True)
}
