//! Whether a document allows everything: by one statement or by several together, less what it denies.

use std::sync::OnceLock;

use super::action_set::ActionSet;
use super::answer::Answer;
use super::catalogue::{self, Action};
use super::document::{Document, Elements, Statement, Together};
use super::pattern;
use super::taken::Taken;
use crate::value::Truth;

/// A statement that leaves out more resources is not put together with others.
const MAX_LEFT_OUT: usize = 50;

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
    static ACTIONS: OnceLock<Vec<&'static Action>> = OnceLock::new();
    let doors = ACTIONS.get_or_init(|| DOORS.into_iter().filter_map(catalogue::action).collect());
    doors.iter().any(|action| !denied.contains(action))
}

/// Whether a grant of everything makes an administrator beside a denial: who is kept from the permissions of others and his
/// own, or is left with the smaller part, is none.
pub(super) fn leaves_an_administrator(denied: &ActionSet) -> bool {
    denied.len() * 2 < catalogue::action_count() && opens_a_door(denied)
}

impl Document {
    /// The statements that allow every action on every resource together where none of them does so alone.
    pub(super) fn everything_together(&self) -> Option<&Together> {
        self.together.get_or_init(|| self.find_together()).as_ref()
    }

    fn find_together(&self) -> Option<Together> {
        let plain = |statement: &&Statement| statement.allows().is_true() && statement.unbounded().is_true();
        let grants = |statement: &&Statement| {
            let every = statement.on_every_resource().truth.is_true() || statement.not_resources.is_some();
            plain(statement) && every
        };
        let wide = self.granting().iter().enumerate().filter(|(_, statement)| grants(statement));
        let wide: Vec<(usize, &Statement)> = wide.collect();
        if !may_be_everything(&wide) || wide.iter().any(|(_, statement)| statement.is_admin().truth.is_true()) {
            return None;
        }
        let all: Vec<(usize, &Statement)> =
            self.granting().iter().enumerate().filter(|(_, statement)| plain(statement)).collect();
        let part = |(at, statement): &(usize, &Statement)| match &statement.not_resources {
            None => (*at, statement.actions_reached().certain.clone(), Vec::new()),
            Some(not) => {
                let (set, by) = with_what_others_add(statement, not, &all);
                (*at, set, by)
            }
        };
        let mut parts: Vec<(usize, ActionSet, Vec<usize>)> = wide.iter().map(part).collect();
        parts.sort_by_key(|(at, set, _)| (std::cmp::Reverse(set.len()), *at));
        let mut whole = ActionSet::empty();
        let mut needed = Vec::new();
        for (at, set, by) in &parts {
            if !set.without(&whole).is_empty() {
                whole.add(set);
                for one in std::iter::once(at).chain(by) {
                    if !needed.contains(one) {
                        needed.push(*one);
                    }
                }
            }
        }
        let everything = whole.without(&self.taken().bound).len() == catalogue::action_count();
        let (widest, others) = needed.split_first()?;
        everything.then(|| Together { widest: *widest, others: others.to_vec() })
    }
}

/// The actions that a statement allows on all resources but some, and others of the document on just those; with the others.
fn with_what_others_add(statement: &Statement, not: &Elements, all: &[(usize, &Statement)]) -> (ActionSet, Vec<usize>) {
    let (mut set, mut by) = (statement.actions_reached().certain.clone(), Vec::new());
    if not.rest.is_some() || not.items.len() > MAX_LEFT_OUT {
        return (ActionSet::empty(), by);
    }
    for item in &not.items {
        let Some(left_out) = item.as_str() else { return (ActionSet::empty(), by) };
        let takes_in = |other: &Statement| {
            let named = other.resources.iter().flat_map(|resources| &resources.items);
            let mut named = named.filter_map(|resource| resource.as_str());
            named.any(|resource| pattern::covers(resource, left_out))
        };
        let mut added = ActionSet::empty();
        for (at, other) in all.iter().filter(|(_, other)| takes_in(other)) {
            let actions = &other.actions_reached().certain;
            if !set.intersection(actions).without(&added).is_empty() {
                added.add(actions);
                if !by.contains(at) {
                    by.push(*at);
                }
            }
        }
        set = set.intersection(&added);
    }
    (set, by)
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
        let leaves_out = statement.not_actions.is_some() || statement.not_resources.is_some();
        leaves_out || statement.actions.as_ref().is_some_and(across)
    }) || elements >= catalogue::services().len()
}

impl Statement {
    /// As [`Statement::is_admin`], less what denials take.
    pub(super) fn is_admin_beside(&self, taken: &Taken) -> Answer {
        let answer = self.is_admin();
        let denied = &taken.bound;
        if answer.truth == Truth::False || denied.is_empty() {
            return answer.clone();
        }
        if leaves_an_administrator(denied) {
            return answer.clone();
        }
        Answer { truth: Truth::False, origin: answer.origin, unknown: None }
    }
}
