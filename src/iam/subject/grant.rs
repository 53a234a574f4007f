//! Policies given to somebody: attachments, inline policies, and both together.

use super::wide::Known;
use super::{Fields, Subject, open_list, truth_value};
use crate::iam::document::Document;
use crate::iam::identity::{Attachment, Identity, Policy};
use crate::value::{Truth, Value};

impl Identity<'_> {
    pub(super) fn attachment_subjects(&self) -> Vec<Subject> {
        let mut known = Known::default();
        let subject = |attachment: &Attachment<'_>| {
            let wide = self.wide(attachment, &mut known);
            let instance = &attachment.instance;
            let origin = attachment.policy.origin.or(instance.origin());
            let open_holders = match self.policy_is_admin(attachment).0 {
                Truth::True if attachment.own.is_none() => self.open_holders(&wide.administrators, instance.origin()),
                Truth::True => self.open_holders(&attachment.holders, instance.origin()),
                _ => Value::list(Vec::new(), instance.origin()),
            };
            let exclusive = &*instance.resource.provider_type == "aws_iam_policy_attachment";
            let fields = vec![
                ("policy", self.policy_value(attachment).at(origin)),
                ("holders", self.holders_value(&attachment.holders, instance.origin())),
                ("open-holders", open_holders),
                ("gives", wide.gives),
                ("wide-holders", wide.holders),
                ("compute-holders", wide.programs),
                ("exclusive-of-policy", Value::bool(exclusive, instance.origin())),
            ];
            let mut subject = self.subject(instance, instance.origin(), fields);
            subject.cause = Some((instance.index, origin));
            subject
        };
        self.attachments.iter().map(subject).collect()
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
            ("policy", self.policy_value(attachment).at(origin)),
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
pub(super) fn allowed_actions(document: &Document, origin: crate::source::Origin) -> Value {
    let mut items = Vec::new();
    let mut rest = document.rest.clone();
    for statement in document.statements.iter().filter(|statement| statement.allows() != Truth::False) {
        let Some(actions) = &statement.actions else { return Value::null(origin) };
        items.extend(actions.items.iter().cloned());
        rest = rest.or_else(|| actions.rest.clone());
    }
    open_list(items, &rest, origin)
}
