//! Whether a document allows everything: by one statement or by several together, less what it denies.

use super::action_set::ActionSet;
use super::answer::Answer;
use super::catalogue;
use super::document::{Document, Elements, Statement, Together};
use super::taken::Taken;
use crate::value::Truth;

/// Who is denied all of these cannot make himself administrator, and is none whatever else he may do.
const DOORS: [&str; 10] = [
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreatePolicyVersion",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:UpdateAssumeRolePolicy",
];

/// Whether one of the ways to make oneself administrator is left beside a denial.
pub(super) fn opens_a_door(denied: &ActionSet) -> bool {
    DOORS.iter().any(|name| catalogue::action(name).is_some_and(|action| !denied.contains(action)))
}

impl Document {
    /// The statements that allow every action on every resource together where none of them does so alone.
    pub(super) fn everything_together(&self) -> Option<&Together> {
        self.together.get_or_init(|| self.find_together()).as_ref()
    }

    fn find_together(&self) -> Option<Together> {
        let grants = |statement: &&Statement| {
            statement.allows().is_true()
                && statement.on_every_resource().truth.is_true()
                && statement.unconditional().is_true()
        };
        let wide = self.granting().iter().enumerate().filter(|(_, statement)| grants(statement));
        let wide: Vec<(usize, &Statement)> = wide.collect();
        if !may_be_everything(&wide) || wide.iter().any(|(_, statement)| statement.is_admin().truth.is_true()) {
            return None;
        }
        let mut parts: Vec<(usize, ActionSet)> =
            wide.iter().map(|(at, statement)| (*at, statement.actions_reached().certain.clone())).collect();
        parts.sort_by_key(|(at, set)| (std::cmp::Reverse(set.len()), *at));
        let mut whole = ActionSet::empty();
        let mut needed = Vec::new();
        for (at, set) in &parts {
            if !set.without(&whole).is_empty() {
                whole.add(set);
                needed.push(*at);
            }
        }
        let everything = whole.without(&self.taken().bound).len() == catalogue::action_count();
        let (widest, others) = needed.split_first()?;
        everything.then(|| Together { widest: *widest, others: others.to_vec() })
    }
}

/// Whether it is worth while to add the actions up: some statement allows by what it leaves out or by a pattern of
/// services, or as many elements are there as services.
fn may_be_everything(statements: &[(usize, &Statement)]) -> bool {
    let across = |actions: &Elements| {
        actions.items.iter().any(|item| {
            let text = item.as_str().unwrap_or_default();
            text.split(':').next().is_some_and(|service| service.contains(['*', '?']))
        })
    };
    let mut elements = 0;
    statements.iter().any(|(_, statement)| {
        elements += statement.actions.as_ref().map_or(0, |actions| actions.items.len());
        statement.not_actions.is_some() || statement.actions.as_ref().is_some_and(across)
    }) || elements >= catalogue::services().len()
}

impl Statement {
    /// As [`Statement::is_admin`], less what denials take: who is kept from the permissions of others and his own, or is left
    /// with the smaller part, is no administrator.
    pub(super) fn is_admin_beside(&self, taken: &Taken) -> Answer {
        let answer = self.is_admin();
        let denied = &taken.bound;
        if answer.truth == Truth::False || denied.is_empty() {
            return answer.clone();
        }
        let most = denied.len() * 2 < catalogue::action_count();
        if most && opens_a_door(denied) {
            return answer.clone();
        }
        Answer { truth: Truth::False, origin: answer.origin, unknown: None }
    }
}
