//! Questions about resources by a pattern: asked of one resource for each way in which statements may take one in or not.

use super::decide::{Asked, Decision};
use super::spelled::extent_for;
use super::{Access, Extent, Wanted};
use crate::iam::arn::arn_of_principal;
use crate::iam::document::Statement;
use crate::iam::glob::{Glob, Symbol, regions};
use crate::value::Truth;

/// Resources are told apart in at most so many states.
const MAX_STATES: usize = 5_000;

/// And asked about up to so many.
const MAX_PARTS: usize = 64;

/// What an answer that is not for all of the resources says of them.
pub const SOME: &str = "on some of these resources only";

impl Access<'_, '_> {
    /// One resource for each way in which statements take in those of a pattern, beside what policies on resources say; none
    /// where they take in all of them or none, where telling takes too long, or where something of them is not known.
    pub(super) fn parts(
        &self,
        wanted: &Wanted,
        asked: &Glob,
        statements: &[&Statement],
        near: &[Glob],
    ) -> Option<Vec<Glob>> {
        let action = wanted.action.filter(|action| action.has_resource_types())?;
        let mut globs = self.taken_in_part(asked, statements);
        globs.extend(near.iter().cloned());
        globs.sort_unstable();
        globs.dedup();
        if globs.is_empty() {
            return None;
        }
        let mut parts = Vec::new();
        for arn in action.resource_types().flat_map(|(kind, _)| kind.arns()) {
            if arn.meets(asked) == Truth::False {
                continue;
            }
            let near = globs.iter().filter(|glob| arn.meets(glob) != Truth::False).cloned();
            let all: Vec<Glob> = [arn.as_asked_by(&globs).clone(), asked.clone()].into_iter().chain(near).collect();
            let found = regions(&all, MAX_STATES)?;
            parts.extend(found.into_iter().filter(|one| one.is_in(0) && one.is_in(1)).map(|one| one.word));
            if parts.len() > MAX_PARTS {
                return None;
            }
        }
        (!parts.is_empty()).then_some(parts)
    }

    /// The patterns of policies on resources that take in a part of what is asked for.
    pub(super) fn near(&self, wanted: &Wanted, asked: Option<&Glob>) -> Vec<Glob> {
        let Some(asked) = asked.filter(|asked| !asked.is_literal()) else { return Vec::new() };
        let mut globs = Vec::new();
        for standing in self.standing() {
            let named = standing.document.statements.iter();
            let about: Vec<&Statement> =
                named.filter(|statement| standing.names(statement, wanted) != Truth::False).collect();
            globs.extend(self.taken_in_part(asked, &about));
            // One that names no resource is for what it stands on.
            let is_whole = |statement: &&Statement| {
                let extent = Extent::of(statement);
                extent.is_everything() || (statement.resources.is_none() && statement.not_resources.is_none())
            };
            if !about.iter().any(is_whole) {
                continue;
            }
            match (&standing.role, &standing.name) {
                (Some(role), _) => globs.extend(arn_of_principal(self.identity, *role)),
                (None, Some(name)) => {
                    globs.extend([Glob::pattern(&format!("*:{name}")), Glob::pattern(&format!("*/{name}"))]);
                }
                (None, None) => {}
            }
        }
        globs.retain(|glob| is_part(asked, glob));
        globs.sort_unstable();
        globs.dedup();
        globs
    }

    fn taken_in_part(&self, asked: &Glob, statements: &[&Statement]) -> Vec<Glob> {
        let mut globs: Vec<Glob> = Vec::new();
        for statement in statements {
            let (Extent::Among(patterns, _) | Extent::AllBut(patterns, _)) =
                extent_for(self.identity, statement, Some(asked), None);
            globs.extend(patterns.into_iter().map(|pattern| pattern.glob).filter(|glob| is_part(asked, glob)));
        }
        globs
    }

    /// The answer of a principal about resources by a pattern, of which it may do an action on some only.
    pub(super) fn decide_in_parts(&self, principal: usize, asked: &Asked<'_>, whole: Decision) -> Decision {
        let Some(resource) = asked.resource.as_ref().filter(|resource| !resource.is_literal()) else { return whole };
        let Some(holding) = self.holding(principal) else { return whole };
        let about = self.about(holding, &asked.wanted);
        let here = self.of_one_place(resource, &about);
        let parts = self.parts(&asked.wanted, resource, &about, &asked.near);
        if parts.is_none() && here.is_empty() {
            return whole;
        }
        let of = |part| self.decide_at_once(principal, &self.asked_about(asked.wanted.clone(), Some(part)));
        let mut each: Vec<Decision> = here.into_iter().map(of).collect();
        match parts {
            Some(parts) => each.extend(parts.into_iter().map(of)),
            None => each.push(whole.clone()),
        }
        in_all(whole, each)
    }

    /// What of those that are asked for is in the one region or account that statements are for, of which it is not known
    /// which, and what they may take in by what has no value.
    fn of_one_place(&self, asked: &Glob, statements: &[&Statement]) -> Vec<Glob> {
        let widened = |symbol: &Symbol| match symbol {
            Symbol::Hole(hole) if hole.fact.is_none() => Symbol::Run(hole.except),
            other => other.clone(),
        };
        let mut globs: Vec<Glob> = Vec::new();
        for statement in statements {
            let (Extent::Among(patterns, _) | Extent::AllBut(patterns, _)) =
                extent_for(self.identity, statement, Some(asked), None);
            let open = patterns.iter().map(|pattern| &pattern.glob).filter(|glob| glob.has_holes());
            globs.extend(open.filter_map(|glob| in_both(asked, &Glob::of_symbols(glob.symbols().iter().map(widened)))));
        }
        globs.retain(|glob| glob != asked);
        globs.sort_unstable();
        globs.dedup();
        globs.truncate(MAX_PARTS);
        globs
    }
}

/// Whether a pattern takes in some of what is asked for, and not all of it.
fn is_part(asked: &Glob, glob: &Glob) -> bool {
    let plain = |symbol: &Symbol| matches!(symbol, Symbol::Char(_) | Symbol::One | Symbol::Run(_));
    let is_known = glob.symbols().iter().all(plain);
    is_known && !glob.is_everything() && glob.covers(asked) != Truth::True && glob.meets(asked) != Truth::False
}

/// Resources that two patterns have in common: field by field what the narrower one says.
fn in_both(one: &Glob, other: &Glob) -> Option<Glob> {
    let common = |one: &Glob, other: &Glob| match (one.covers(other), other.covers(one)) {
        (Truth::True, _) => Some(other.clone()),
        (_, Truth::True) => Some(one.clone()),
        _ => {
            let found = regions(&[one.clone(), other.clone()], MAX_STATES)?;
            Some(found.into_iter().find(|region| region.is_in(0) && region.is_in(1))?.word)
        }
    };
    let (ones, others) = (one.fields(), other.fields());
    // A pattern with fewer fields has a wildcard that takes in several.
    if ones.len() != others.len() {
        return (one.covers(other) == Truth::True).then(|| other.clone());
    }
    let mut symbols = Vec::new();
    for (at, (one, other)) in ones.iter().zip(&others).enumerate() {
        symbols.extend((at > 0).then_some(Symbol::Char(':')));
        symbols.extend_from_slice(common(one, other)?.symbols());
    }
    Some(Glob::of_symbols(symbols))
}

/// The answer for all of several resources, where `whole` is what is known of all of them at once: what is known of each
/// counts, for together several statements may take in what none of them takes in alone.
pub(super) fn in_all(whole: Decision, each: Vec<Decision>) -> Decision {
    if each.iter().all(|one| one.answer == whole.answer) {
        return whole;
    }
    let rank = |one: &Decision| (one.answer != Truth::True, one.answer != Truth::Unknown, one.conditional);
    let same = each.windows(2).all(|two| matches!(two, [a, b] if a.answer == b.answer));
    let found = if same { each.into_iter().max_by_key(rank) } else { each.into_iter().min_by_key(rank) };
    let Some(mut best) = found else { return whole };
    best.incomplete = best.incomplete.or(whole.incomplete);
    if same {
        return best;
    }
    best.conditional = true;
    best.conditions.push(SOME.to_owned());
    best
}
