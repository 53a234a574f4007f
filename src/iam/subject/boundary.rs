//! Permissions boundaries: who has one, and whether it bounds anything.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Fields, Subject, named, truth_value};
use crate::iam::Identity;
use crate::iam::catalogue;
use crate::iam::document::Statement;
use crate::iam::identity::{Policy, Principal, aws_managed_name};
use crate::iam::principal::{is_own_account, shown};
use crate::source::Origin;
use crate::value::{Fact, Piece, Truth, Unknown, Value, Why};

impl Identity<'_> {
    /// For each user and role what bounds it.
    pub(super) fn boundary_subjects(&self) -> Vec<Subject> {
        let bounded = |principal: &&Principal<'_>| match &*principal.instance.row.kind {
            "user" | "role" => true,
            // That one has none is not told: it is the organization that hands it out.
            "permission-set" => !self.boundary_of(principal).is_null(),
            _ => false,
        };
        let principals: Vec<&Principal<'_>> = self.principals.iter().filter(bounded).collect();
        let in_use = self.uses_boundaries();
        let of_principals = principals.into_iter().map(|principal| self.boundary_subject(principal, in_use));
        of_principals.chain(self.demanded_subjects(in_use)).collect()
    }

    /// For each boundary that nobody of the unit has, and that a policy demands of others, what it bounds.
    fn demanded_subjects(&self, in_use: bool) -> Vec<Subject> {
        let has = |principal: &Principal<'_>| self.policy_index(&self.boundary_of(principal), &principal.instance);
        let had: HashSet<usize> = self.principals.iter().filter_map(has).collect();
        let mut told = HashSet::new();
        let mut subjects = Vec::new();
        for (boundary, by) in self.demanded_boundaries() {
            let (Some(policy), Some(by)) = (self.policies.get(boundary), self.policies.get(by)) else { continue };
            if !policy.is_boundary || had.contains(&boundary) || !told.insert(boundary) {
                continue;
            }
            let (instance, place) = (&policy.instance, policy.instance.origin());
            let holder = [
                ("type", Value::string("identities made under policy", place)),
                ("name", self.policy_name(by).at(by.instance.origin())),
            ];
            let (admin, at, unknown) = self.bounds_nothing(policy, place);
            let fields: Fields = vec![
                ("holder", Value::fields(holder, place)),
                ("policy", self.policy_name(policy).at(place)),
                ("admin", truth_value(admin, at, unknown)),
                ("in-use", Value::bool(in_use, place)),
            ];
            subjects.push(self.subject(instance, place, fields));
        }
        subjects
    }

    /// Whether a policy allows everything and denies nothing, and where.
    fn bounds_nothing(&self, policy: &Policy<'_>, place: Origin) -> (Truth, Origin, Option<Arc<Unknown>>) {
        let (truth, at, unknown) = self.document_is_admin(&policy.document, place);
        let denies = policy.document.statements.iter().any(denies_something);
        // What is denied beside it is what it bounds.
        (if denies { truth.and(Truth::False) } else { truth }, at, unknown)
    }

    /// Whether some user or role of the unit has a boundary for certain.
    pub(super) fn uses_boundaries(&self) -> bool {
        self.principals.iter().any(|principal| {
            let boundary = principal.instance.field("boundary", &self.relations);
            !boundary.is_null() && (boundary.as_unknown().is_none_or(|unknown| unknown.refers.is_some()))
        })
    }

    fn boundary_subject(&self, principal: &Principal<'_>, in_use: bool) -> Subject {
        let instance = &principal.instance;
        let boundary = self.boundary_of(principal);
        let place = boundary.origin.or(instance.origin());
        let holder = [
            ("type", Value::string(instance.row.kind.clone(), instance.origin())),
            ("name", self.display_name(principal)),
        ];
        let own = if boundary.is_null() { None } else { self.policy_index(&boundary, instance) };
        let own = own.and_then(|index| self.policies.get(index));
        let (admin, unknown) = match (own, aws_managed_name(&boundary)) {
            (Some(policy), _) => {
                let (truth, _, unknown) = self.bounds_nothing(policy, place);
                (truth, unknown)
            }
            (None, Some(name)) => match catalogue::managed_policy(&name) {
                Some(found) => (self.document_is_admin(found.document(), place).0, None),
                None => (Truth::Unknown, Some(elsewhere(&boundary, place))),
            },
            (None, None) if boundary.is_null() => (Truth::False, None),
            (None, None) => (Truth::Unknown, Some(elsewhere(&boundary, place))),
        };
        let fields: Fields = vec![
            ("holder", Value::fields(holder, instance.origin())),
            ("policy", if boundary.is_null() { boundary } else { named(&boundary) }),
            ("admin", truth_value(admin, place, unknown)),
            ("in-use", Value::bool(in_use, instance.origin())),
        ];
        self.subject(instance, instance.origin(), fields)
    }
}

/// Whether a denial may have an effect for some request.
fn denies_something(statement: &Statement) -> bool {
    let (actions, kept_out) = (&statement.actions_reached().possible, statement.keeps_out());
    statement.effect.as_str() == Some("Deny")
        && !statement.never_matches(None)
        && actions.iter().any(|action| !kept_out(action) && statement.reaches_any(action) != Truth::False)
}

/// Why it is not known what a boundary says: it is not known which one it is, or it stands elsewhere.
fn elsewhere(boundary: &Value, place: Origin) -> Arc<Unknown> {
    // In whose account it stands is plain: it is not in the configuration.
    let is_open = |piece: &Piece| match piece {
        Piece::Hole(unknown, _) => !is_own_account(unknown) && unknown.why != Why::Environment(Fact::Partition),
        Piece::Known(..) => false,
    };
    let pieces = boundary.to_pieces().unwrap_or_default();
    let open = boundary.first_unknown().filter(|_| pieces.is_empty() || pieces.iter().any(is_open));
    open.cloned().unwrap_or_else(|| Arc::new(Unknown::new(Why::DataSource, shown(&pieces), place)))
}
