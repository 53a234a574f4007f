//! Permissions boundaries: who has one, and whether those who hand out permissions must hand one out as well.

use super::{Fields, Subject, named, open_list, truth_value};
use crate::iam::Identity;
use crate::iam::action_set::ActionSet;
use crate::iam::catalogue;
use crate::iam::condition::Test;
use crate::iam::document::{Document, Statement};
use crate::iam::glob::Glob;
use crate::iam::identity::{Principal, aws_managed_name};
use crate::source::Origin;
use crate::value::{Truth, Value};

const KEY: &str = "iam:permissionsboundary";

/// What makes identities, or gives them permissions.
const IDENTITIES: [&str; 6] = [
    "iam:CreateUser",
    "iam:CreateRole",
    "iam:PutUserPolicy",
    "iam:PutRolePolicy",
    "iam:AttachUserPolicy",
    "iam:AttachRolePolicy",
];

const BOUNDARIES: [&str; 4] = [
    "iam:DeleteUserPermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
];

const VERSIONS: [&str; 4] =
    ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion", "iam:DeletePolicy"];

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

    /// What a statement of a document that deals with boundaries allows around them; null of any other.
    pub(super) fn delegation(&self, statement: &Statement, document: &Document, in_use: bool) -> Value {
        let origin = statement.value.origin;
        let tests = || document.statements.iter().flat_map(|other| &other.tests).filter(|test| test.key == KEY);
        let is_admin = statement.is_admin().truth.is_true();
        if !statement.allows().is_true() || is_admin || statement.more_tests.is_some() {
            return Value::null(origin);
        }
        if tests().next().is_none() && !in_use {
            return Value::null(origin);
        }
        let fixed = |test: &Test| {
            let wild = |value: &Value| value.as_str().is_some_and(|text| text.contains(['*', '?']));
            test.key == KEY
                && test.is_positive()
                && test.holds_when_absent() == Some(false)
                && !test.values.iter().any(wild)
        };
        let demands = statement.tests.iter().any(fixed);
        let certain = statement.actions_reached().certain;
        let denied = denied_anywhere(document);
        let many = |elements: &crate::iam::Elements| {
            elements.items.iter().any(|item| item.as_str().is_some_and(|text| text.contains(['*', '?'])))
        };
        let many = statement.resources.as_ref().is_some_and(many) || statement.not_resources.is_some();
        let names = |wanted: &[&str], holds: &dyn Fn(&str) -> bool| {
            let known = wanted.iter().filter_map(|name| catalogue::action(name));
            let found = known.filter(|action| {
                certain.contains(action)
                    && !denied.contains(action)
                    && statement.resources_reached(action).any.is_true()
                    && holds(&action.full_name())
            });
            let items: Vec<Value> =
                found.map(|action| Value::string(action.full_name(), element(statement, origin))).collect();
            open_list(items, &None, element(statement, origin))
        };
        let boundaries: Vec<Glob> =
            tests().flat_map(|test| &test.values).filter_map(|value| Glob::of_value(value, true)).collect();
        let covers_boundary = || {
            let globs = statement.resources.iter().flat_map(|list| &list.items);
            let mut globs = globs.filter_map(|item| Glob::of_value(item, statement.variables));
            globs.any(|glob| boundaries.iter().any(|boundary| glob.covers(boundary).is_true()))
        };
        let fields = [
            ("identities", names(&IDENTITIES, &|_| many && !demands)),
            ("removes", names(&BOUNDARIES, &|name| many && (name.contains("Delete") || !demands))),
            ("edits", names(&VERSIONS, &|_| statement.unconditional().is_true() && covers_boundary())),
        ];
        Value::fields(fields, origin)
    }
}

/// The actions that some statement denies, be it only on some resources: its author thought of them.
fn denied_anywhere(document: &Document) -> ActionSet {
    let mut denied = ActionSet::empty();
    for statement in &document.statements {
        if statement.effect.as_str() == Some("Deny") {
            denied.add(&statement.actions_reached().certain);
        }
    }
    denied
}

fn element(statement: &Statement, origin: Origin) -> Origin {
    statement.actions.as_ref().or(statement.not_actions.as_ref()).map_or(origin, |list| list.origin)
}
