//! Policies that AWS maintains: whether there is such a one, and how much it gives.

use crate::iam::catalogue::{self, ManagedPolicy};
use crate::iam::identity::Holder;
use crate::iam::{Document, Identity};
use crate::source::Origin;
use crate::value::Value;

/// A name that differs in more letters is another one.
const TYPOS: usize = 2;

/// No policy has a longer name.
const MAX_NAME: usize = 128;

/// The services that run programs of their customers.
const COMPUTE: [&str; 14] = [
    "ec2",
    "ecs-tasks",
    "lambda",
    "codebuild",
    "batch",
    "glue",
    "sagemaker",
    "tasks.apprunner",
    "build.apprunner",
    "pods.eks",
    "elasticmapreduce",
    "emr-serverless",
    "spotfleet",
    "edgelambda",
];

/// What is to be said of the ARN of a policy of AWS; nulls of any other.
pub(super) struct Status {
    /// `current`, `service-linked`, `withdrawn`, `misplaced` (under another path) or `unheard-of`.
    pub(super) name: Value,
    /// The ARN that is meant.
    pub(super) right_arn: Value,
    /// The same for people, or how far the catalogue goes.
    pub(super) hint: Value,
    /// The month in which a withdrawn one was last seen.
    pub(super) last_seen: Value,
}

/// The status of a policy; `is_own`: it is one of the unit.
pub(super) fn status(policy: &Value, is_own: bool, origin: Origin) -> Status {
    let null = || Value::null(origin);
    let none = Status { name: null(), right_arn: null(), hint: null(), last_seen: null() };
    let text = policy.as_str().filter(|text| !is_own && text.contains(":iam::aws:policy/"));
    let Some(text) = text else { return none };
    let value = |text: &str| Value::string(text, origin);
    let name = text.rsplit('/').next().unwrap_or(text);
    match (catalogue::managed_policy(text), catalogue::managed_policy(name), catalogue::withdrawn_policy(name)) {
        (Some(found), ..) if found.is_service_linked() => Status { name: value("service-linked"), ..none },
        (Some(_), ..) => Status { name: value("current"), ..none },
        (None, _, Some(gone)) => Status { name: value("withdrawn"), last_seen: value(gone.last_seen), ..none },
        (None, Some(found), None) => {
            let right = arn_in_partition(found, text);
            let hint = value(&format!("its ARN is `{right}`"));
            Status { name: value("misplaced"), right_arn: value(&right), hint, ..none }
        }
        (None, None, None) => {
            let meant = nearest(name).map(|found| arn_in_partition(found, text));
            let hint = match &meant {
                Some(right) => format!("is `{right}` meant?"),
                None => format!("none of the name was known on {}", catalogue::date()),
            };
            let right_arn = meant.map_or_else(null, |right| value(&right));
            Status { name: value("unheard-of"), right_arn, hint: value(&hint), ..none }
        }
    }
}

/// The ARN of a policy in the partition of another.
fn arn_in_partition(policy: &ManagedPolicy, other: &str) -> String {
    let arn = policy.arn();
    let partition = other.split(':').nth(1).filter(|partition| !partition.is_empty()).unwrap_or("aws");
    arn.strip_prefix("arn:aws:").map_or_else(|| arn.clone(), |rest| format!("arn:{partition}:{rest}"))
}

/// The policy whose name differs least, and in two letters at most; the first of several.
fn nearest(name: &str) -> Option<&'static ManagedPolicy> {
    let name = name.to_ascii_lowercase();
    if name.len() > MAX_NAME || name.len() < 4 * TYPOS {
        return None;
    }
    let attachable = catalogue::managed_policies().iter().filter(|policy| !policy.is_service_linked());
    let near = attachable.filter(|policy| policy.name.len().abs_diff(name.len()) <= TYPOS);
    let distances = near.map(|policy| (distance(policy.name.to_ascii_lowercase().as_bytes(), name.as_bytes()), policy));
    distances.filter(|(distance, _)| *distance <= TYPOS).min_by_key(|(distance, _)| *distance).map(|(_, policy)| policy)
}

/// How many letters must be put in, taken out or exchanged to make one text of another.
fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, mine) in one.iter().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        let mut next = vec![left];
        for (above, theirs) in row.iter().skip(1).zip(other) {
            left = (diagonal + usize::from(mine != theirs)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
        if row.iter().all(|cost| *cost > TYPOS) {
            return usize::MAX;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

impl Identity<'_> {
    /// Whether a holder runs programs: a role that a service such as EC2 or Lambda takes on.
    pub(super) fn runs_programs(&self, holder: &Holder) -> bool {
        let Some(role) = holder.principal.and_then(|at| self.principals.get(at)) else { return false };
        if holder.kind != "role" {
            return false;
        }
        let document = Document::read(&role.instance.field("trust", &self.relations), self.sources);
        document.statements.iter().filter(|statement| statement.allows().is_true()).any(|statement| {
            let services = statement.principal.as_ref().and_then(|principal| principal.get("Service"));
            let services = services.map_or(&[][..], |services| services.elements());
            services
                .iter()
                .filter_map(|service| service.as_str())
                .any(|service| service.split_once(".amazonaws.com").is_some_and(|(name, _)| COMPUTE.contains(&name)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_are_recognized() {
        let arn = |name: &str| nearest(name).map(ManagedPolicy::arn);
        assert_eq!(arn("AmazonSQSReedOnlyAcces").as_deref(), Some("arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"));
        assert_eq!(arn("amazons3fullaccess").as_deref(), Some("arn:aws:iam::aws:policy/AmazonS3FullAccess"));
        assert_eq!(arn("SomethingElseEntirely"), None);
        assert_eq!(arn("Job"), None);
        assert_eq!(arn(&"a".repeat(100_000)), None);
    }

    #[test]
    fn letters_are_counted() {
        assert_eq!(distance(b"kitten", b"kitten"), 0);
        assert_eq!(distance(b"kitten", b"kittens"), 1);
        assert_eq!(distance(b"kitten", b"mittenz"), 2);
        assert_eq!(distance(b"", b"ab"), 2);
    }
}
