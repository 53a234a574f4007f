//! Permissions boundaries: who has one, and whether it bounds anything.

use super::{Fields, Subject, named, truth_value};
use crate::iam::Identity;
use crate::iam::catalogue;
use crate::iam::identity::{Principal, aws_managed_name};
use crate::value::{Truth, Value};

impl Identity<'_> {
    /// For each user and role what bounds it.
    pub(super) fn boundary_subjects(&self) -> Vec<Subject> {
        let bounded = |principal: &&Principal<'_>| matches!(&*principal.instance.row.kind, "user" | "role");
        let principals: Vec<&Principal<'_>> = self.principals.iter().filter(bounded).collect();
        let in_use = self.uses_boundaries();
        principals.into_iter().map(|principal| self.boundary_subject(principal, in_use)).collect()
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
        let boundary = instance.field("boundary", &self.relations);
        let place = boundary.origin.or(instance.origin());
        let holder = [
            ("type", Value::string(instance.row.kind.clone(), instance.origin())),
            ("name", self.display_name(principal)),
        ];
        let own = if boundary.is_null() { None } else { self.policy_index(&boundary, instance) };
        let own = own.and_then(|index| self.policies.get(index));
        let (admin, unknown) = match (own, aws_managed_name(&boundary)) {
            (Some(policy), _) => {
                let (truth, _, unknown) = self.document_is_admin(&policy.document, place);
                let denies = policy.document.statements.iter().any(|s| s.effect.as_str() == Some("Deny"));
                // What is denied beside it is what it bounds.
                (if denies { truth.and(Truth::False) } else { truth }, unknown)
            }
            (None, Some(name)) => match catalogue::managed_policy(&name) {
                Some(found) => (self.document_is_admin(found.document(), place).0, None),
                None => (Truth::Unknown, boundary.first_unknown().cloned()),
            },
            (None, None) if boundary.is_null() => (Truth::False, None),
            (None, None) => (Truth::Unknown, boundary.first_unknown().cloned()),
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
