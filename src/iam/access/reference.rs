//! What a statement has an effect for, where it names resources by reference: some resource of the type is taken for each.

use super::extent::MAX_PATTERNS;
use crate::iam::catalogue::{Action, ResourceType};
use crate::iam::document::Statement;
use crate::iam::glob::{Glob, Hole, Symbol};
use crate::iam::reference::{ends_in_arn, forms_of_arn};
use crate::value::{Piece, Reference, Truth, Unknown, Value};

/// Whether a statement has an effect for an action, whether or not it names it. As [`Statement::reaches_any`], with what it
/// names by reference taken for some resource of its type.
pub(super) fn reaches_some(statement: &Statement, action: &Action) -> Truth {
    match statement.reaches_any(action) {
        Truth::Unknown => Settled::of(statement).reaches(action),
        truth => truth,
    }
}

/// The resources of a statement with the forms of ARNs for references.
pub(super) struct Settled {
    patterns: Vec<Glob>,
    /// Something is not known even so.
    open: bool,
}

impl Settled {
    pub(super) fn of(statement: &Statement) -> Settled {
        let mut settled = Settled { patterns: Vec::new(), open: true };
        let Some(elements) = &statement.resources else { return settled };
        settled.open = elements.rest.is_some() || elements.items.len() > MAX_PATTERNS;
        for item in elements.items.iter().take(MAX_PATTERNS) {
            match forms(item, statement.variables) {
                Some(forms) => settled.patterns.extend(forms),
                None => settled.open = true,
            }
        }
        settled
    }

    /// Whether they take in some resource that an action works on.
    pub(super) fn reaches(&self, action: &Action) -> Truth {
        let meets = |kind: &ResourceType, glob: &Glob| Truth::any(kind.arns().iter().map(|arn| arn.meets(glob)));
        let star = Glob::literal("*");
        let one = |glob: &Glob| match action.has_resource_types() {
            true => Truth::any(action.resource_types().map(|(kind, _)| meets(kind, glob))),
            false => glob.covers(&star),
        };
        let known = Truth::any(self.patterns.iter().map(one));
        if self.open { known.or(Truth::Unknown) } else { known }
    }
}

/// The patterns that a resource element can be, one for each form of the ARN that it begins with; none where something in it may be anything.
fn forms(item: &Value, variables: bool) -> Option<Vec<Glob>> {
    let item = match item.as_unknown() {
        Some(unknown) if unknown.candidates.len() == 1 => unknown.candidates.first()?,
        _ => item,
    };
    let forms = |reference: &Reference| forms_of_arn(reference, |_, _| some_name().collect());
    let (mut heads, mut rest) = (vec![Vec::new()], Vec::new());
    for (at, piece) in item.to_pieces()?.into_iter().enumerate() {
        match piece {
            Piece::Known(text, _) if variables => rest.extend_from_slice(Glob::with_variables(&text).symbols()),
            Piece::Known(text, _) => rest.extend_from_slice(Glob::pattern(&text).symbols()),
            Piece::Hole(unknown, _) => match unknown.refers.as_ref().filter(|_| at == 0).and_then(forms) {
                Some(arns) => heads = arns,
                None => rest.extend(is_name(&unknown).then(some_name)?),
            },
        }
    }
    let whole = |head: Vec<Symbol>| Glob::of_symbols(head.into_iter().chain(rest.iter().cloned()));
    Some(heads.into_iter().map(whole).collect())
}

/// What stands for every name, region and account: nothing that a type of resource asks for.
fn some_name() -> impl Iterator<Item = Symbol> {
    "x0x".chars().map(Symbol::Char)
}

/// Whether it is some name in an ARN: what a resource of the configuration is called, or a fact of the deployment.
fn is_name(unknown: &Unknown) -> bool {
    match &unknown.refers {
        Some(reference) => !ends_in_arn(reference),
        None => Hole::of(unknown).fact.is_some(),
    }
}
