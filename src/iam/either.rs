//! Documents of which one is the case and it is not known which: what each of them says may be, and what all of them come to
//! is.

use std::sync::Arc;

use super::document::{Document, Statement, possible};
use crate::source::Sources;
use crate::value::{Truth, Unknown};

/// Of a choice among more documents nothing is known.
pub(super) const MAX_EITHER: usize = 8;

impl Document {
    /// The document that an unknown value is, where it is one of several that are known; none where something in one of them is
    /// not known.
    pub(super) fn either(unknown: &Arc<Unknown>, sources: &Sources) -> Option<Document> {
        if !(2..=MAX_EITHER).contains(&unknown.candidates.len()) {
            return None;
        }
        let all: Vec<Document> = unknown.candidates.iter().map(|one| Document::read(one, sources)).collect();
        let first = all.first()?;
        let variables = |document: &Document| document.statements.iter().map(|s| s.variables).next();
        let is_whole = |document: &Document| document.rest.is_none() && document.invalid.is_none();
        let differs = |a: Option<bool>, b: Option<bool>| a.zip(b).is_some_and(|(a, b)| a != b);
        if !all.iter().all(is_whole) || all.iter().any(|one| differs(variables(one), variables(first))) {
            return None;
        }
        let mut statements: Vec<Statement> = Vec::new();
        for (at, document) in all.iter().enumerate() {
            let others = || all.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, document)| document);
            for statement in &document.statements {
                if !others().all(|other| other.comes_to(statement)) {
                    statements.push(Statement::read(&possible(&statement.value, unknown)?, statement.variables));
                } else if !statements.iter().any(|known| known.says_what(statement)) {
                    statements.push(statement.clone());
                }
            }
        }
        statements.iter_mut().enumerate().for_each(|(position, statement)| statement.position = position);
        Some(Document { statements, origin: first.origin, version: first.version.clone(), ..Document::default() })
    }

    /// Whether it says what a statement does, or allows all that this could.
    pub(super) fn comes_to(&self, statement: &Statement) -> bool {
        let is_of_identity = statement.principal.is_none() && statement.not_principal.is_none();
        let is_allowed = is_of_identity && statement.allows() == Truth::True;
        let says = |own: &Statement| own.says_what(statement) || (is_allowed && own.allows_everything());
        self.statements.iter().any(says)
    }
}

impl Statement {
    fn says_what(&self, other: &Statement) -> bool {
        self.variables == other.variables && self.value.equals(&other.value).is_true()
    }
}
