//! Whether anything is left anywhere, where statements name their resources by what they leave out: asked of one resource for
//! each way in which the statements may take one in or not.

use super::{Access, Wanted};
use crate::iam::catalogue::Action;
use crate::iam::document::Statement;
use crate::iam::facts::{Holding, Limit};
use crate::iam::glob::{Glob, Symbol, regions};
use crate::value::Truth;

/// Resources are told apart in at most so many states.
const MAX_STATES: usize = 5_000;

/// And asked about up to so many.
const MAX_SORTS: usize = 128;

/// One resource that an action works on for each way in which statements may take one in; none where nothing is named by what
/// is left out, or where something is not known or takes too long.
pub(super) fn sorts(statements: &[&Statement], action: &Action) -> Option<Vec<Glob>> {
    if !action.has_resource_types() || !statements.iter().any(|statement| statement.not_resources.is_some()) {
        return None;
    }
    let mut globs = Vec::new();
    for statement in statements {
        let elements = statement.resources.as_ref().or(statement.not_resources.as_ref())?;
        let patterns = statement.patterns();
        if elements.rest.is_some() || patterns.len() != elements.items.len() {
            return None;
        }
        globs.extend(patterns.iter().filter(|glob| !glob.is_everything()).cloned());
    }
    globs.sort_unstable();
    globs.dedup();
    let plain = |symbol: &Symbol| matches!(symbol, Symbol::Char(_) | Symbol::One | Symbol::Run(_));
    if !globs.iter().all(|glob| glob.symbols().iter().all(plain)) {
        return None;
    }
    let mut sorts = Vec::new();
    for arn in action.resource_types().flat_map(|(kind, _)| kind.arns()) {
        let near = globs.iter().filter(|glob| arn.meets(glob) != Truth::False).cloned();
        let all: Vec<Glob> = std::iter::once(arn.as_asked_by(&globs).clone()).chain(near).collect();
        let found = regions(&all, MAX_STATES)?;
        sorts.extend(found.into_iter().filter(|region| region.is_in(0)).map(|region| region.word));
        if sorts.len() > MAX_SORTS {
            return None;
        }
    }
    Some(sorts)
}

impl<'i> Access<'i, '_> {
    /// The statements about an action of all that somebody holds, and of all that limits it.
    pub(super) fn about(&self, holding: &Holding, wanted: &Wanted) -> Vec<&'i Statement> {
        let documents = self.documents_over(holding).into_iter();
        documents.flat_map(|document| self.naming(document, wanted)).map(|(statement, _)| statement).collect()
    }

    /// The documents that somebody holds, and those of the ceilings.
    pub(super) fn documents_over(&self, holding: &Holding) -> Vec<usize> {
        let held = holding.held.iter().map(|held| held.document);
        let boundary = if let Limit::Document(document) = &holding.boundary { Some(*document) } else { None };
        let controls = self.facts.controls.over(holding.account).map(|control| holding.control(control.document));
        let lists = self.facts.controls.lists_over(holding.account).flat_map(|list| &list.documents);
        let lists = lists.map(|document| holding.control(*document));
        held.chain(boundary).chain(controls).chain(lists).collect()
    }

    /// Whether denials and ceilings leave anything at all of what somebody is granted of an action.
    pub(super) fn is_left(&self, holding: &Holding, wanted: &Wanted) -> Truth {
        let at = |resource: Option<&Glob>| {
            let found = self.grants_of(holding, wanted, resource).grants;
            Truth::any(found.iter().map(|grant| grant.truth))
        };
        // Requests for what cannot be confined are for `*`.
        let star = Glob::literal("*");
        let unconfined = wanted.action.is_some_and(|action| !action.has_resource_types());
        let anywhere = at(Some(&star).filter(|_| unconfined));
        if anywhere == Truth::False {
            return anywhere;
        }
        let about = self.about(holding, wanted);
        match wanted.action.and_then(|action| sorts(&about, action)) {
            Some(sorts) => Truth::any(sorts.iter().map(|sort| at(Some(sort)))),
            None => anywhere,
        }
    }
}
