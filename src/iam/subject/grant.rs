//! Policies given to somebody: attachments, inline policies, and both together.

use super::group::manages_permissions;
use super::mfa::is_setting_up;
use super::shut::Limits;
use super::wide::Known;
use super::{Fields, Subject, open_list, truth_value};
use crate::iam::access::Pattern;
use crate::iam::action_set::ActionSet;
use crate::iam::catalogue;
use crate::iam::document::{Document, Statement};
use crate::iam::glob::Symbol;
use crate::iam::identity::{Attachment, Holder, Identity, Policy, aws_managed_name};
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why, derived};

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
        let mut limits = Limits::default();
        let attached = self.attachments.iter().map(|attachment| self.attached_grant(attachment, &mut limits));
        let mut subjects: Vec<Subject> = attached.collect();
        let inline = self.policies.iter().filter(|policy| &*policy.instance.row.kind == "inline-policy");
        subjects.extend(inline.map(|policy| self.inline_grant(policy, &mut limits)));
        subjects.sort_by_key(|subject| subject.resource);
        subjects
    }

    fn attached_grant(&self, attachment: &Attachment<'_>, limits: &mut Limits) -> Subject {
        let instance = &attachment.instance;
        let origin = attachment.policy.origin.or(instance.origin());
        let own = attachment.own.and_then(|index| self.policies.get(index));
        let actions = own.map_or_else(|| Value::null(origin), |policy| allowed_actions(&policy.document, origin));
        let managed =
            || catalogue::managed_policy(&aws_managed_name(&attachment.policy)?).map(|found| found.document());
        let document = own.map(|policy| &policy.document).or_else(managed);
        let changes = match document {
            Some(document) => self.changes_permissions(document, &attachment.holders, limits, origin),
            None => Value::bool(false, origin),
        };
        let fields: Fields = vec![
            ("changes-permissions", changes),
            ("self-service", own_affairs(document, origin)),
            ("type", Value::string("managed", origin)),
            ("policy", self.policy_value(attachment).at(origin)),
            ("holders", self.holders_value(&attachment.holders, instance.origin())),
            ("actions", actions),
        ];
        self.subject(instance, instance.origin(), fields)
    }

    fn inline_grant(&self, policy: &Policy<'_>, limits: &mut Limits) -> Subject {
        let origin = policy.instance.origin();
        let (admin, place, unknown) = self.document_is_admin(&policy.document, origin);
        let about = [
            ("name", self.policy_name(policy)),
            ("aws-managed", Value::bool(false, origin)),
            ("admin", truth_value(admin, place, unknown)),
        ];
        let fields: Fields = vec![
            ("changes-permissions", self.changes_permissions(&policy.document, &policy.holders, limits, origin)),
            ("self-service", own_affairs(Some(&policy.document), origin)),
            ("type", Value::string("inline", origin)),
            ("policy", Value::fields(about, origin)),
            ("holders", self.holders_value(&policy.holders, origin)),
            ("actions", allowed_actions(&policy.document, origin)),
        ];
        self.subject(&policy.instance, origin, fields)
    }

    /// Whether a policy lets one of the users who hold it change permissions, once his denials and his permissions boundary
    /// have had their say.
    fn changes_permissions(
        &self,
        document: &Document,
        holders: &[Holder],
        limits: &mut Limits,
        origin: Origin,
    ) -> Value {
        let mut users = holders.iter().filter(|holder| holder.kind == "user").peekable();
        if users.peek().is_none() {
            return Value::bool(false, origin);
        }
        let (certain, possible) = changes_of_permissions(document);
        let (mut truth, mut unknown) = (Truth::False, document.rest.clone());
        for user in users.filter(|_| !possible.is_empty()) {
            let shut = match user.principal {
                Some(principal) => self.shut_to(principal, limits),
                None => self.shut_to_anybody(limits),
            };
            // A ceiling that is not known may leave nothing at all.
            let most = if shut.unknown.is_some() { &shut.possible.narrow } else { &shut.possible.gone };
            let left = match (certain.without(most), possible.without(&shut.certain.gone)) {
                (sure, _) if !sure.is_empty() => Truth::True,
                (_, some) if !some.is_empty() => Truth::Unknown,
                _ => Truth::False,
            };
            truth = truth.or(left);
            unknown = unknown.or_else(|| shut.unknown.clone());
        }
        if truth == Truth::False && document.rest.is_some() {
            truth = Truth::Unknown;
        }
        let unknown = unknown.or_else(|| document.statements.iter().find_map(|s| s.value.first_unknown().cloned()));
        let open = || derived(&std::sync::Arc::new(Unknown::new(Why::Invalid, "the policy", origin)));
        truth_value(truth, origin, Some(unknown.unwrap_or_else(open)))
    }
}

/// What everybody may know to look after a password and devices of one's own.
const ABOUT_ALL: [&str; 8] = [
    "iam:ChangePassword",
    "iam:GetAccountPasswordPolicy",
    "iam:GetAccountSummary",
    "iam:ListMFADevices",
    "iam:ListUsers",
    "iam:ListVirtualMFADevices",
    "sts:GetCallerIdentity",
    "sts:GetSessionToken",
];

/// Whether a resource is of the user who asks: the user, or a device named after it. A device has no owner before it is set up.
fn is_own(resource: &Value, variables: bool) -> bool {
    let text = resource.with_holes_as_wildcards().unwrap_or_default();
    let kind = text.split(':').nth(5).and_then(|name| name.split('/').next());
    // Other users have names that begin or end with the own one.
    let named = Pattern::of(resource, variables)
        .is_some_and(|pattern| pattern.of_caller && matches!(pattern.glob.symbols().last(), Some(Symbol::Variable(_))));
    let of_user = named && matches!(kind, Some("user" | "mfa" | "sms-mfa"));
    of_user || (kind == Some("mfa") && text.ends_with(":mfa/*"))
}

/// Whether all that a policy allows is to look after one's own password and devices: no group has that in common.
fn own_affairs(document: Option<&Document>, origin: Origin) -> Value {
    let Some(document) = document else { return Value::bool(false, origin) };
    let harmless = |statement: &Statement| {
        let own = statement.resources.as_ref().is_some_and(|resources| {
            resources.rest.is_none()
                && !resources.items.is_empty()
                && resources.items.iter().all(|item| is_own(item, statement.variables))
        });
        let one = |action: &catalogue::Action| {
            let name = action.full_name();
            ABOUT_ALL.contains(&name.as_str()) || (own && is_setting_up(action))
        };
        let reached = &statement.actions_reached().possible;
        statement.allows() == Truth::False || (!reached.is_empty() && reached.iter().all(one))
    };
    let allows = document.statements.iter().any(|statement| statement.allows().is_true());
    Value::bool(allows && document.rest.is_none() && document.statements.iter().all(harmless), origin)
}

/// The actions of permissions management that a document grants on anything, and those that it possibly does.
fn changes_of_permissions(document: &Document) -> (ActionSet, ActionSet) {
    let (mut certain, mut possible) = (ActionSet::empty(), ActionSet::empty());
    for statement in document.granting() {
        if statement.allows() == Truth::False || statement.never_matches(None) {
            continue;
        }
        let (reached, kept_out) = (statement.actions_reached(), statement.keeps_out());
        let is_sure = statement.allows().is_true() && statement.more_tests.is_none();
        let changes = reached.possible.iter().filter(|action| manages_permissions(action));
        for action in changes.filter(|action| !kept_out(action)) {
            match statement.reaches_any(action) {
                Truth::False => continue,
                Truth::True if is_sure && reached.certain.contains(action) => certain.insert(action),
                _ => {}
            }
            possible.insert(action);
        }
    }
    let denied = &document.taken().gone;
    (certain.without(denied), possible.without(denied))
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
