//! Policies given to somebody: attachments, inline policies, and both together.

use super::document::Document;
use super::identity::{Attachment, Identity, Policy};
use super::subject::{Fields, Subject, open_list, truth_value};
use crate::value::{Truth, Value};

impl Identity<'_> {
    pub(super) fn attachment_subjects(&self) -> Vec<Subject> {
        let subject = |attachment: &Attachment<'_>| {
            let instance = &attachment.instance;
            let origin = attachment.policy.origin.or(instance.origin());
            let exclusive = &*instance.resource.provider_type == "aws_iam_policy_attachment";
            let fields = vec![
                ("policy", Value::fields(self.policy_fields(attachment), origin)),
                ("holders", self.holders_value(&attachment.holders, instance.origin())),
                ("conflicts", self.conflicts(attachment)),
                ("exclusive-of-policy", Value::bool(exclusive, instance.origin())),
            ];
            self.subject(instance, instance.origin(), fields)
        };
        self.attachments.iter().map(subject).collect()
    }

    /// The single attachments that an exclusive list of the same holder takes away: those of policies that it does not name.
    fn conflicts(&self, list: &Attachment<'_>) -> Value {
        let origin = list.policy.origin.or(list.instance.origin());
        let is_list = |attachment: &Attachment<'_>| {
            let kind = &*attachment.instance.resource.provider_type;
            kind == "aws_iam_role" || kind.ends_with("_attachments_exclusive")
        };
        if !is_list(list) {
            return Value::list(Vec::new(), origin);
        }
        let text = |attachment: &Attachment<'_>| attachment.policy.as_str().map(str::to_owned);
        let mut found = Vec::new();
        let principals = list.holders.iter().filter_map(|holder| self.principals.get(holder.principal?));
        for principal in principals {
            let all: Vec<&Attachment<'_>> =
                principal.attached.iter().filter_map(|at| self.attachments.get(*at)).collect();
            let mine = |other: &&Attachment<'_>| other.instance.index == list.instance.index;
            let named: Vec<&Attachment<'_>> = all.iter().copied().filter(mine).collect();
            // The first of the list speaks for all of it.
            let first = named.first().is_some_and(|first| first.policy.origin == list.policy.origin);
            if !first || named.iter().any(|one| text(one).is_none() && one.own.is_none()) {
                continue;
            }
            for other in all.iter().filter(|other| !is_list(other)) {
                let same = |one: &&Attachment<'_>| {
                    (other.own.is_some() && one.own == other.own) || (text(one).is_some() && text(one) == text(other))
                };
                let known = text(other).is_some() || other.own.is_some();
                if known && !named.iter().any(same) {
                    let address = Value::string(other.instance.resource.address.clone(), other.instance.origin());
                    found.push(Value::fields([("address", address)], other.instance.origin()));
                }
            }
        }
        open_list(found, &None, origin)
    }

    /// Attachments and inline policies alike, in the order of the unit.
    pub(super) fn grant_subjects(&self) -> Vec<Subject> {
        let attached = self.attachments.iter().map(|attachment| self.attached_grant(attachment));
        let inline = self.policies.iter().filter(|policy| &*policy.instance.row.kind == "inline-policy");
        let mut subjects: Vec<Subject> = attached.chain(inline.map(|policy| self.inline_grant(policy))).collect();
        subjects.sort_by_key(|subject| subject.resource);
        subjects
    }

    fn attached_grant(&self, attachment: &Attachment<'_>) -> Subject {
        let instance = &attachment.instance;
        let origin = attachment.policy.origin.or(instance.origin());
        let own = attachment.own.and_then(|index| self.policies.get(index));
        let actions = own.map_or_else(|| Value::null(origin), |policy| allowed_actions(&policy.document, origin));
        let fields: Fields = vec![
            ("type", Value::string("managed", origin)),
            ("policy", Value::fields(self.policy_fields(attachment), origin)),
            ("holders", self.holders_value(&attachment.holders, instance.origin())),
            ("actions", actions),
        ];
        self.subject(instance, instance.origin(), fields)
    }

    fn inline_grant(&self, policy: &Policy<'_>) -> Subject {
        let origin = policy.instance.origin();
        let (admin, place, unknown) = self.document_is_admin(&policy.document, origin);
        let about = [
            ("name", self.policy_name(policy)),
            ("aws-managed", Value::bool(false, origin)),
            ("admin", truth_value(admin, place, unknown)),
        ];
        let fields: Fields = vec![
            ("type", Value::string("inline", origin)),
            ("policy", Value::fields(about, origin)),
            ("holders", self.holders_value(&policy.holders, origin)),
            ("actions", allowed_actions(&policy.document, origin)),
        ];
        self.subject(&policy.instance, origin, fields)
    }
}

/// The action elements of all statements that allow; null where some statement allows by what it leaves out.
fn allowed_actions(document: &Document, origin: crate::source::Origin) -> Value {
    let mut items = Vec::new();
    let mut rest = document.rest.clone();
    for statement in document.statements.iter().filter(|statement| statement.allows() != Truth::False) {
        let Some(actions) = &statement.actions else { return Value::null(origin) };
        items.extend(actions.items.iter().cloned());
        rest = rest.or_else(|| actions.rest.clone());
    }
    open_list(items, &rest, origin)
}
