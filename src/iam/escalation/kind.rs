//! What the actions of ways work on: which kind of thing, and whether a pattern takes in all of a type.

use crate::iam::access::Pattern;
use crate::iam::catalogue::{self, Action};
use crate::iam::coverage::{Whose, covers_type};
use crate::iam::glob::Glob;
use crate::iam::taken::takes_all;
use crate::value::Truth;

/// Whether a condition on a key is on the tags of what is worked on.
pub(super) fn is_tag(key: &str) -> bool {
    key.split_once('/').is_some_and(|(head, _)| head.ends_with(":resourcetag"))
}

/// The kind of thing that an action of IAM works on.
pub(super) fn kind_of(action: &str) -> Option<&'static str> {
    let name = action.strip_prefix("iam:")?;
    Some(match name {
        "createpolicyversion" | "setdefaultpolicyversion" => "policy",
        _ if name.contains("group") => "group",
        _ if name.contains("instanceprofile") || name.contains("provider") => return None,
        _ if name.contains("role") => "role",
        _ => "user",
    })
}

/// Whether a pattern takes in a whole type of what the action works on, within one account.
pub(super) fn is_whole(action: &Action, pattern: &Pattern) -> bool {
    if pattern.glob.is_everything() {
        return true;
    }
    let covers = |kind: &catalogue::ResourceType| {
        kind.arns().iter().take(1).any(|arn| {
            // Of what there is once in each account, such as its root user, the account is the name.
            let fields = arn.glob.fields();
            let once = fields.last().is_some_and(Glob::is_literal);
            let account = pattern.glob.fields().get(4).is_none_or(Glob::is_everything);
            takes_whole(&pattern.glob, &arn.glob) && (!once || account)
        })
    };
    worked_on(action).any(covers)
}

/// Whether a pattern takes in all that an action works on of a service, as ARNs call it; what is nowhere named as well.
pub(super) fn is_all_of_service(action: &Action, pattern: &Pattern, service: &str) -> bool {
    let is_of = |arn: &catalogue::ArnFormat| {
        arn.glob.fields().get(2).is_some_and(|field| field.meets(&Glob::literal(service)) == Truth::True)
    };
    let mut kinds = worked_on(action).flat_map(|kind| kind.arns()).filter(|arn| is_of(arn)).peekable();
    kinds.peek().is_some() && kinds.all(|arn| takes_whole(&pattern.glob, &arn.glob))
}

/// The types that an action works on. What runs is worked on; the document that it runs, or the cluster around it, is only
/// asked about as well.
fn worked_on(action: &Action) -> impl Iterator<Item = &'static catalogue::ResourceType> {
    let runs = |kind: &catalogue::ResourceType| matches!(kind.name, "instance" | "managed-instance" | "task");
    let on_what_runs = action.resource_types().any(|(kind, _)| runs(kind));
    let besides =
        move |kind: &catalogue::ResourceType| on_what_runs && matches!(kind.name, "document" | "bucket" | "cluster");
    action.resource_types().map(|(kind, _)| kind).filter(move |kind| !besides(kind))
}

/// Whether a pattern takes in a type as far as an account goes, which may be one that is not known by its number.
fn takes_whole(pattern: &Glob, arn: &Glob) -> bool {
    let (mine, theirs) = (pattern.fields(), arn.fields());
    let by_name = match (mine.as_slice(), theirs.as_slice()) {
        ([head @ .., name], [their_head @ .., their_name]) if mine.len() == theirs.len() => {
            head.iter().zip(their_head).all(|(a, b)| a.meets(b) != Truth::False)
                && name.covers(their_name) == Truth::True
        }
        _ => false,
    };
    by_name || covers_type(pattern, arn) == Truth::True
}

/// Whether nothing of what the action works on is left.
pub(super) fn all_left_out(action: &Action, patterns: &[Pattern], own_accounts: &[String]) -> bool {
    let globs: Vec<Glob> = patterns.iter().map(|pattern| pattern.glob.clone()).collect();
    action.has_resource_types() && takes_all(&globs, action, Whose::Own(own_accounts))
}
