//! What policies that AWS wrote leave their holders with, once denials and permissions boundaries have had their say.

use std::collections::HashMap;
use std::sync::Arc;

use super::ceiling::{Ceiling, most_is_left};
use super::open_list;
use super::shut::Limits;
use crate::iam::Identity;
use crate::iam::action_set::ActionSet;
use crate::iam::catalogue::{self, ManagedPolicy};
use crate::iam::document::Document;
use crate::iam::identity::{Attachment, Holder, aws_managed_name};
use crate::iam::taken::Taken;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, derived};

/// As large a part of all actions makes a power user.
const POWER: i64 = 70;

/// What is left of a policy to one holder.
#[derive(Debug, Default)]
struct Left {
    /// What of that few should have, for certain.
    gives: Vec<&'static str>,
    /// The same, with what it possibly gives.
    may_give: Vec<&'static str>,
    /// Whether it is the better part of the policy.
    most: Option<Truth>,
}

/// The fields of an attachment that tell what it leaves to whom.
#[derive(Debug)]
pub(super) struct Wide {
    /// What it gives to some holder that few should have: `administrator`, `power` (most of AWS), `permissions` (those of
    /// IAM on everything).
    pub(super) gives: Value,
    /// The holders to whom it gives that, or the better part of itself.
    pub(super) holders: Value,
    /// Those of them that run programs.
    pub(super) programs: Value,
    /// Those whom it makes administrators.
    pub(super) administrators: Vec<Holder>,
}

/// What has been found so far: many hold the same policy within the same ceiling.
#[derive(Debug, Default)]
pub(super) struct Known {
    limits: Limits,
    left: HashMap<&'static str, Vec<(Ceiling, Arc<Left>)>>,
}

impl Identity<'_> {
    /// What an attached policy of AWS leaves to its holders; nothing of any other policy, and of one that AWS lets nobody
    /// attach.
    pub(super) fn wide(&self, attachment: &Attachment<'_>, known: &mut Known) -> Wide {
        let origin = attachment.policy.origin.or(attachment.instance.origin());
        let place = attachment.instance.origin();
        let name = aws_managed_name(&attachment.policy).filter(|_| attachment.own.is_none());
        let policy = name.as_deref().and_then(catalogue::managed_policy).filter(|policy| !policy.is_service_linked());
        let (mut gives, mut wide, mut programs) = (Vec::new(), Vec::new(), Vec::new());
        let mut administrators = Vec::new();
        let [mut no_gives, mut no_wide, mut no_programs]: [Option<Arc<Unknown>>; 3] = Default::default();
        let mut see = |left: &Left, holder: Option<&Holder>, unknown: Option<&Arc<Unknown>>| {
            gives.extend(left.gives.iter().copied());
            if left.may_give != left.gives {
                no_gives = no_gives.take().or_else(|| unknown.cloned());
            }
            let Some(holder) = holder else { return };
            if left.gives.contains(&"administrator") {
                administrators.push(holder.clone());
            }
            let may = |truth: bool| if truth { Truth::Unknown } else { Truth::False };
            let some = if left.gives.is_empty() { may(!left.may_give.is_empty()) } else { Truth::True };
            let most = left.most.unwrap_or(Truth::True);
            let runs = most != Truth::False && self.runs_programs(holder);
            let told =
                [(some.or(most), &mut wide, &mut no_wide), (most.and(runs.into()), &mut programs, &mut no_programs)];
            for (truth, list, rest) in told {
                match truth {
                    Truth::True => list.push(holder.clone()),
                    Truth::Unknown => *rest = rest.take().or_else(|| unknown.cloned()),
                    Truth::False => {}
                }
            }
        };
        if attachment.holders.is_empty() {
            let taken = self.shut_to_anybody(&mut known.limits).as_ceiling();
            let left = policy.map(|policy| self.left(policy, taken, known)).unwrap_or_default();
            see(&left, None, None);
        }
        for holder in &attachment.holders {
            let (taken, unknown) = self.taken(holder, known);
            let left = policy.map(|policy| self.left(policy, taken, known)).unwrap_or_default();
            see(&left, Some(holder), unknown.as_ref());
        }
        gives.sort_unstable();
        gives.dedup();
        let holders_value = |holders: &[Holder], rest: Option<Arc<Unknown>>| {
            let list = self.holders_value(holders, place);
            open_list(list.elements().to_vec(), &rest.map(|unknown| derived(&unknown)), place)
        };
        let gives: Vec<Value> = gives.into_iter().map(|what| Value::string(what, origin)).collect();
        Wide {
            gives: open_list(gives, &no_gives.map(|unknown| derived(&unknown)), origin),
            holders: holders_value(&wide, no_wide),
            programs: holders_value(&programs, no_programs),
            administrators,
        }
    }

    /// What is taken of all that a holder is given, and why that cannot be told.
    fn taken(&self, holder: &Holder, known: &mut Known) -> (Ceiling, Option<Arc<Unknown>>) {
        let shut = match holder.principal {
            Some(principal) => self.shut_to(principal, &mut known.limits),
            None => self.shut_to_anybody(&mut known.limits),
        };
        (shut.as_ceiling(), shut.unknown)
    }

    fn left(&self, policy: &'static ManagedPolicy, taken: Ceiling, known: &mut Known) -> Arc<Left> {
        let found = known.left.entry(policy.name).or_default();
        if let Some((_, left)) = found.iter().find(|(known, _)| *known == taken) {
            return left.clone();
        }
        let document = policy.document();
        let gives = |taken: &Taken| match taken.is_empty() {
            true => policy.gives(|document| self.gives_much(document, taken)).to_vec(),
            false => self.gives_much(document, taken),
        };
        let may_give = gives(&taken.certain);
        let gives = if taken.possible == taken.certain { may_give.clone() } else { gives(&taken.possible) };
        let actions = policy.core(|document| {
            // What it is about are the services that it gives as a whole; the rest is what those need of others.
            let (mut actions, mut services) = (ActionSet::empty(), ActionSet::empty());
            for statement in document.granting() {
                actions.add(&statement.actions_reached().certain);
                let items = statement.actions.iter().flat_map(|actions| &actions.items).filter_map(Value::as_str);
                items.filter(|item| item.ends_with(":*")).for_each(|item| services.add(&ActionSet::matching(item)));
            }
            let actions = if services.is_empty() { actions } else { services };
            actions.without(&document.taken().gone)
        });
        let most = match [&taken.certain, &taken.possible].map(|taken| most_is_left(actions, &taken.narrow)) {
            [true, true] => Truth::True,
            [false, _] => Truth::False,
            [true, false] => Truth::Unknown,
        };
        let left = Arc::new(Left { gives, may_give, most: Some(most) });
        found.push((taken, left.clone()));
        left
    }

    /// What a document gives that few should have, less what is taken of it.
    fn gives_much(&self, document: &Document, taken: &Taken) -> Vec<&'static str> {
        let is_admin = match taken.is_empty() {
            true => self.document_is_admin(document, Origin::NONE).0,
            false => Truth::any(document.granting().iter().map(|statement| {
                let mut denied = document.taken().clone();
                denied.add(taken);
                statement.is_admin_beside(&denied).truth
            })),
        };
        if is_admin == Truth::True {
            return vec!["administrator"];
        }
        let mut denied = document.taken().clone();
        denied.add(taken);
        let mut gives = Vec::new();
        for statement in document.granting() {
            let share = statement.share(&denied).as_number().and_then(|share| share.as_i64());
            if share.is_some_and(|share| share >= POWER) {
                gives.push("power");
            }
            let permissions = statement.type_wide(&denied, &[]);
            if permissions.get("iam-permissions").is_some_and(|group| group.as_map().is_some()) {
                gives.push("permissions");
            }
        }
        gives.sort_unstable();
        gives.dedup();
        gives
    }
}
