//! Access control lists of buckets and objects, as the policies that they come to.

use std::collections::HashMap;
use std::sync::Arc;

use super::carried::{of_resource, stands_on};
use crate::iam::document::Document;
use crate::iam::exposure::{Carrier, PublicAccessBlock};
use crate::iam::facts::Standing;
use crate::iam::identity::Identity;
use crate::iam::step::Step;
use crate::iam::surroundings::truth_of;
use crate::iam::tie::Target;
use crate::model::Resource;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why, derived};

/// A list: type, the canned list, the grants, what it is of (none: the bucket itself), the key of the object (none: a bucket).
type List = (&'static str, &'static str, &'static str, Option<&'static str>, Option<&'static str>);

const LISTS: [List; 6] = [
    ("aws_s3_bucket_acl", "acl", "access_control_policy", Some("bucket"), None),
    ("aws_s3_bucket", "acl", "grant", None, None),
    ("AWS::S3::Bucket", "AccessControl", "", None, None),
    ("aws_s3_object", "acl", "", Some("bucket"), Some("key")),
    ("aws_s3_bucket_object", "acl", "", Some("bucket"), Some("key")),
    ("aws_s3_object_copy", "acl", "grant", Some("bucket"), Some("key")),
];

/// What turns lists off: type, what it is on (none: the bucket itself), the rules, and in each who owns objects.
const OWNERSHIP: [(&str, Option<&str>, &str, &str); 2] = [
    ("aws_s3_bucket_ownership_controls", Some("bucket"), "rule", "object_ownership"),
    ("AWS::S3::Bucket", None, "OwnershipControls.Rules", "ObjectOwnership"),
];

/// What keeps the public out of lists: type, what it is on (none: the bucket itself, or the account), refusing and ignoring.
const BLOCKS: [(&str, Option<&str>, &str, &str); 3] = [
    ("aws_s3_bucket_public_access_block", Some("bucket"), "block_public_acls", "ignore_public_acls"),
    (
        "AWS::S3::Bucket",
        None,
        "PublicAccessBlockConfiguration.BlockPublicAcls",
        "PublicAccessBlockConfiguration.IgnorePublicAcls",
    ),
    ("aws_s3_account_public_access_block", None, "block_public_acls", "ignore_public_acls"),
];

const EVERYBODY: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const EVERY_ACCOUNT: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/// The grants of canned lists beyond those of the owner, in small letters without hyphens.
const CANNED: [(&str, &[(&str, &str)]); 6] = [
    ("publicread", &[(EVERYBODY, "READ")]),
    ("publicreadwrite", &[(EVERYBODY, "READ"), (EVERYBODY, "WRITE")]),
    ("authenticatedread", &[(EVERY_ACCOUNT, "READ")]),
    ("logdeliverywrite", &[(LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")]),
    ("awsexecread", &[("ec2.amazonaws.com", "READ")]),
    ("private", &[]),
];

type Actions = &'static [&'static str];

/// The actions of a permission on the bucket, on its objects, and on one object by a list of its own.
const PERMISSIONS: [(&str, Actions, Actions, Actions); 4] = [
    (
        "READ",
        &["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"],
        &[],
        &["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTorrent"],
    ),
    ("WRITE", &[], &["s3:PutObject"], &[]),
    ("READ_ACP", &["s3:GetBucketAcl"], &[], &["s3:GetObjectAcl", "s3:GetObjectVersionAcl"]),
    ("WRITE_ACP", &["s3:PutBucketAcl"], &[], &["s3:PutObjectAcl", "s3:PutObjectVersionAcl"]),
];

/// One grant of a list.
struct Listed {
    grantee: Value,
    permission: Value,
    origin: Origin,
}

impl Listed {
    fn is_public(&self) -> bool {
        self.grantee.as_str().is_none_or(|grantee| grantee == EVERYBODY || grantee == EVERY_ACCOUNT)
    }
}

/// What is said of lists.
#[derive(Default)]
struct Said {
    truth: Option<Truth>,
    unknown: Option<Arc<Unknown>>,
    because: Option<Step>,
}

impl Said {
    fn add(&mut self, truth: Truth, value: &Value, step: Step) {
        if truth == Truth::True && self.because.is_none() {
            self.because = Some(step);
        }
        if truth == Truth::Unknown && self.unknown.is_none() {
            self.unknown = value.first_unknown().cloned();
        }
        self.truth = Some(self.truth.map_or(truth, |before| before.or(truth)));
    }

    /// What may be said of one bucket or of another.
    fn add_possible(&mut self, truth: Truth, bucket: Option<&Value>) {
        if self.unknown.is_none() {
            self.unknown = bucket.and_then(Value::first_unknown).cloned();
        }
        let truth = truth.and(Truth::Unknown);
        self.truth = Some(self.truth.map_or(truth, |before| before.or(truth)));
    }
}

/// What one sort of resource says of buckets.
#[derive(Default)]
struct ByBucket {
    of: HashMap<Target, Said>,
    /// What is said of buckets of which it is not known which ones they are.
    open: Said,
    /// What is said of any.
    any: Said,
}

impl ByBucket {
    fn add(&mut self, target: &Target, bucket: Option<&Value>, truth: Truth, value: &Value, step: Step) {
        if *target != Target::Unknown {
            self.of.entry(target.clone()).or_default().add(truth, value, step);
        }
        if target.is_open() {
            self.open.add_possible(truth, bucket);
        }
        self.any.add_possible(truth, bucket);
    }

    /// What is said of a bucket: of it for certain, else what may be.
    fn get(&self, target: &Target) -> Option<&Said> {
        let certain = self.of.get(target).filter(|_| *target != Target::Unknown);
        let possible = if target.is_open() { &self.any } else { &self.open };
        certain.or_else(|| possible.truth.is_some_and(|truth| truth != Truth::False).then_some(possible))
    }
}

/// What is said of the lists of each bucket.
#[derive(Default)]
struct OfBuckets {
    ownership: ByBucket,
    refused: ByBucket,
    ignored: ByBucket,
    of_account: Said,
}

fn at<'v>(resource: &'v Resource, path: &str) -> Option<&'v Value> {
    let mut parts = path.split('.');
    let first = resource.attributes.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

/// The lists of a unit as policies.
pub(super) fn lists(identity: &Identity<'_>) -> Vec<Standing> {
    let (mut all, mut said) = (Vec::new(), None);
    for (kind, canned, grants, bucket, key) in LISTS {
        for index in identity.relations.of_type(kind) {
            let Some(resource) = identity.unit.resources.get(*index) else { continue };
            let listed = listed(resource, canned, grants);
            if listed.is_empty() {
                continue;
            }
            let said = said.get_or_insert_with(|| said_of_buckets(identity));
            let target = bucket.map(|name| resource.attributes.get(name));
            let target = match target {
                Some(Some(value)) => identity.target(value, &["bucket"], *index),
                Some(None) => Target::Unknown,
                None => Target::Resource(*index),
            };
            let (on, name) = match bucket.and_then(|name| resource.attributes.get(name)) {
                Some(value) => stands_on(identity, value),
                None => {
                    let name =
                        ["bucket", "BucketName"].into_iter().find_map(|name| resource.attributes.get(name)?.as_str());
                    (Some(resource.address.clone()), name.map(str::to_owned))
                }
            };
            let object = key.map(|key| resource.attributes.get(key).and_then(Value::as_str));
            let is_public = listed.iter().any(Listed::is_public);
            for of_public in [true, false] {
                let some: Vec<&Listed> = listed.iter().filter(|one| one.is_public() == of_public).collect();
                if some.is_empty() {
                    continue;
                }
                let document = document(&some, name.as_deref(), object);
                let (block, blocked_by) = said.block(resource, &target, is_public, of_public);
                let plain = of_resource(resource, *index, document, Carrier::Bucket);
                let (on, name, service) = (on.clone(), name.clone(), Some("s3"));
                all.push(Standing {
                    on,
                    name,
                    service,
                    is_grant: true,
                    public: Truth::True,
                    block,
                    blocked_by,
                    ..plain
                });
            }
        }
    }
    all
}

/// The grants that a resource has beyond those of the owner.
fn listed(resource: &Resource, canned: &str, grants: &str) -> Vec<Listed> {
    let mut all = Vec::new();
    if let Some(canned) = resource.attributes.get(canned) {
        match canned.as_str().map(|text| text.replace('-', "").to_ascii_lowercase()) {
            Some(text) => {
                let found = CANNED.iter().find(|(name, _)| *name == text).map_or(&[][..], |(_, grants)| grants);
                all.extend(found.iter().map(|(grantee, permission)| Listed {
                    grantee: Value::string(*grantee, canned.origin),
                    permission: Value::string(*permission, canned.origin),
                    origin: canned.origin,
                }));
            }
            None => all.extend(canned.first_unknown().map(|unknown| Listed {
                grantee: Value::unknown(derived(unknown), canned.origin),
                permission: Value::string("FULL_CONTROL", canned.origin),
                origin: canned.origin,
            })),
        }
    }
    let Some(grants) = resource.attributes.get(grants).filter(|_| !grants.is_empty()) else { return all };
    for one in grants.elements() {
        // A policy holds its grants and the owner, who needs none.
        let owner = one.get("owner").map(|owner| owner.elements().first().unwrap_or(owner)).and_then(|o| o.get("id"));
        let inner = one.get("grant").unwrap_or(one);
        for grant in inner.elements() {
            let grantee = grant.get("grantee").map_or(grant, |grantee| grantee.elements().first().unwrap_or(grantee));
            let named = ["uri", "id", "email_address", "email"].into_iter().filter_map(|name| grantee.get(name));
            let Some(named) = named.into_iter().find(|value| !value.is_null() && value.as_str() != Some("")) else {
                continue;
            };
            let is_owner = owner.is_some_and(|owner| owner.equals(named) == Truth::True) || is_own_id(named);
            let permissions = grant.get("permission").or_else(|| grant.get("permissions"));
            if is_owner {
                continue;
            }
            all.extend(permissions.into_iter().flat_map(Value::elements).map(|permission| Listed {
                grantee: named.clone(),
                permission: permission.clone(),
                origin: grant.origin.or(named.origin),
            }));
        }
    }
    all
}

/// Whether a canonical id is that of the account that is deployed to.
fn is_own_id(value: &Value) -> bool {
    let refers = value.as_unknown().and_then(|unknown| unknown.refers.as_ref());
    refers.is_some_and(|reference| &*reference.provider_type == "aws_canonical_user_id")
}

/// The statements that grants come to, on a bucket of a name or an object of it.
fn document(listed: &[&Listed], bucket: Option<&str>, object: Option<Option<&str>>) -> Document {
    let mut statements = Vec::new();
    for one in listed {
        let at = one.origin;
        let text = |text: &str| Value::string(text, at);
        let asked = one.permission.as_str().map(str::to_ascii_uppercase);
        let meant = |name: &str| asked.as_deref().is_none_or(|asked| asked == name || asked == "FULL_CONTROL");
        let (mut on_bucket, mut on_objects) = (Vec::new(), Vec::new());
        for (_, of_bucket, of_objects, of_one) in PERMISSIONS.iter().filter(|(name, ..)| meant(name)) {
            match object {
                Some(_) => on_objects.extend(of_one.iter().map(|action| text(action))),
                None => {
                    on_bucket.extend(of_bucket.iter().map(|action| text(action)));
                    on_objects.extend(of_objects.iter().map(|action| text(action)));
                }
            }
        }
        let arn = |object: Option<&str>| match (bucket, object) {
            (Some(bucket), Some(object)) => Some(text(&format!("arn:*:s3:::{bucket}/{object}"))),
            (Some(bucket), None) => Some(text(&format!("arn:*:s3:::{bucket}"))),
            (None, _) => None,
        };
        let of_objects = match object {
            Some(Some(key)) => arn(Some(key)),
            Some(None) => None,
            None => arn(Some("*")),
        };
        let effect = match one.permission.first_unknown() {
            Some(unknown) => Value::unknown(derived(unknown), at),
            None => text("Allow"),
        };
        for (actions, resource) in [(on_bucket, arn(None)), (on_objects, of_objects)] {
            if actions.is_empty() {
                continue;
            }
            let (principal, signed) = principal(&one.grantee);
            let mut fields =
                vec![("Effect", effect.clone()), ("Principal", principal), ("Action", Value::list(actions, at))];
            fields.extend(resource.map(|resource| ("Resource", resource)));
            if signed {
                let present = Value::fields([("aws:PrincipalArn", text("false"))], at);
                fields.push(("Condition", Value::fields([("Null", present)], at)));
            }
            statements.push(Value::fields(fields, at));
        }
    }
    let at = listed.first().map_or(Origin::NONE, |one| one.origin);
    let statements = Value::list(statements, at);
    Document::of_value(&Value::fields([("Version", Value::string("2012-10-17", at)), ("Statement", statements)], at))
}

/// Whom a grantee is as a principal, and whether it must have an account.
fn principal(grantee: &Value) -> (Value, bool) {
    let at = grantee.origin;
    let of = |element: &'static str, name: Value| Value::fields([(element, name)], at);
    match grantee.as_str() {
        Some(EVERYBODY) => (of("AWS", Value::string("*", at)), false),
        Some(EVERY_ACCOUNT) => (of("AWS", Value::string("*", at)), true),
        Some(LOG_DELIVERY) => (of("Service", Value::string("logging.s3.amazonaws.com", at)), false),
        Some(service) if service.ends_with(".amazonaws.com") => (of("Service", grantee.clone()), false),
        Some(text) if text.contains('@') => (of("AWS", grantee.clone()), false),
        Some(_) => (of("CanonicalUser", grantee.clone()), false),
        None if grantee.as_unknown().is_some_and(|unknown| unknown.refers.is_some()) => {
            (of("CanonicalUser", grantee.clone()), false)
        }
        None => (of("AWS", grantee.clone()), false),
    }
}

fn said_of_buckets(identity: &Identity<'_>) -> OfBuckets {
    let mut all = OfBuckets::default();
    let of_type = |kind: &str| {
        let found = identity.relations.of_type(kind).iter();
        found.filter_map(|index| Some((*index, identity.unit.resources.get(*index)?))).collect::<Vec<_>>()
    };
    let target = |bucket: Option<&Value>, named: bool, index: usize| match (bucket, named) {
        (Some(value), _) => Some(identity.target(value, &["bucket"], index)),
        (None, true) => None,
        (None, false) => Some(Target::Resource(index)),
    };
    let exists = |resource: &Resource| if resource.possible.is_some() { Truth::Unknown } else { Truth::True };
    for (kind, bucket, rules, owner) in OWNERSHIP {
        for (index, resource) in of_type(kind) {
            let on = bucket.and_then(|name| resource.attributes.get(name));
            let Some(target) = target(on, bucket.is_some(), index) else { continue };
            let rules = at(resource, rules).map(Value::elements).unwrap_or_default();
            for owner in rules.iter().filter_map(|rule| rule.get(owner)) {
                let off = match owner.as_str() {
                    Some(text) => Truth::from(text == "BucketOwnerEnforced"),
                    None => Truth::Unknown,
                };
                let step = Step::new(format!("`{}` turns access control lists off", resource.address), owner.origin);
                all.ownership.add(&target, on, off.and(exists(resource)), owner, step);
            }
        }
    }
    for (kind, bucket, refuses, ignores) in BLOCKS {
        for (index, resource) in of_type(kind) {
            let of_account = kind == "aws_s3_account_public_access_block";
            let on = bucket.and_then(|name| resource.attributes.get(name));
            let Some(target) = target(on, bucket.is_some(), index) else { continue };
            let flags = [
                (refuses, &mut all.refused, "refuses public access control lists"),
                (ignores, &mut all.ignored, "ignores public access control lists"),
            ];
            for (path, by_bucket, words) in flags {
                let Some(value) = at(resource, path) else { continue };
                let step = Step::new(format!("`{}` {words}", resource.address), value.origin);
                let truth = truth_of(value).and(exists(resource));
                match of_account {
                    true => all.of_account.add(truth, value, step),
                    false => by_bucket.add(&target, on, truth, value, step),
                }
            }
        }
    }
    all
}

impl OfBuckets {
    /// What keeps out those whom a list lets in: of the public what is for the public, of all of it what turns lists off or
    /// refuses it as a whole.
    fn block(
        &self,
        resource: &Resource,
        target: &Target,
        is_public: bool,
        of_public: bool,
    ) -> (PublicAccessBlock, Vec<Step>) {
        let ownership = self.ownership.get(target);
        let mut said = vec![ownership];
        said.extend(is_public.then(|| self.refused.get(target)));
        said.extend(of_public.then(|| self.ignored.get(target)));
        said.extend(is_public.then_some(Some(&self.of_account)));
        let said: Vec<&Said> = said.into_iter().flatten().collect();
        let mut refuses = Truth::any(said.iter().map(|one| one.truth.unwrap_or(Truth::False)));
        let mut unknown = said.iter().find_map(|one| one.unknown.clone());
        // AWS turns lists off for new buckets, and leaves older ones as they are.
        if ownership.is_none_or(|said| said.truth.is_none()) && refuses != Truth::True {
            refuses = Truth::Unknown;
            let subject = format!("whether access control lists are on for the bucket of {}", resource.address);
            unknown = unknown.or_else(|| Some(Arc::new(Unknown::new(Why::NotInTree, subject, resource.origin))));
        }
        if refuses == Truth::Unknown && unknown.is_none() {
            let subject = format!("which bucket the access control list of {} is of", resource.address);
            unknown = Some(Arc::new(Unknown::new(Why::NotInTree, subject, resource.origin)));
        }
        let because = said.iter().find_map(|one| one.because.clone()).filter(|_| refuses == Truth::True);
        (PublicAccessBlock { refuses, unknown, ..PublicAccessBlock::default() }, because.into_iter().collect())
    }
}
