//! Whether the value of a key is fixed: whether it ties a request to a party that the policy's author knows.

use ipnet::IpNet;

use super::issuer::{Subject, subject_of};
use crate::iam::condition::{Family, Test, is_identity_pool, is_private, network};
use crate::iam::glob::{Glob, Symbol};
use crate::iam::principal::is_account_id;
use crate::value::{Truth, Value};

/// How much a value ties a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fixed {
    /// To nobody.
    No,
    /// It depends on what is not known.
    Unknown,
    /// By a name that can change hands, such as that of a bucket.
    Weakly,
    /// To a party.
    Yes,
}

impl From<bool> for Fixed {
    fn from(value: bool) -> Fixed {
        if value { Fixed::Yes } else { Fixed::No }
    }
}

/// How much the values of a test tie a request: one value that ties it to nobody is enough to let everybody in.
pub fn is_fixed(test: &Test) -> Fixed {
    if test.values.is_empty() && test.rest.is_none() {
        return Fixed::Yes;
    }
    if test.kind().is_some_and(|operator| operator.family == Family::Address) {
        return address_ranges(test);
    }
    let literal = !test.kind().is_some_and(super::super::condition::Operator::has_wildcards);
    // Who would have to have a value that there is not is nobody.
    let alive = test.values.iter().filter(|value| !test.is_dead(value));
    let weakest = alive.map(|value| one(&test.key, value, literal)).min();
    let of_all = || test.values.iter().map(|value| one(&test.key, value, literal)).min();
    let weakest = weakest.or_else(of_all).unwrap_or(Fixed::Unknown);
    if test.rest.is_some() { weakest.min(Fixed::Unknown) } else { weakest }
}

fn one(key: &str, value: &Value, literal: bool) -> Fixed {
    if let Some(unknown) = value.as_unknown()
        && !unknown.candidates.is_empty()
    {
        let mut all = unknown.candidates.iter().map(|candidate| one(key, candidate, literal));
        let first = all.next().unwrap_or(Fixed::Unknown);
        return if all.all(|other| other == first) { first } else { Fixed::Unknown };
    }
    let scalar = value.scalar_text().map(|text| Value::string(text.as_ref(), value.origin));
    let Some(glob) = Glob::of_value(scalar.as_ref().unwrap_or(value), true) else { return Fixed::No };
    // What a resource or the deployment gives is one text.
    if matches!(glob.symbols(), [Symbol::Hole(hole)] if hole.literal) {
        return Fixed::Yes;
    }
    if glob.symbols().iter().any(|symbol| matches!(symbol, Symbol::Variable(_))) {
        return with_variables(key, &glob);
    }
    // A literal comparison with a wildcard in it lets nobody in.
    if literal && glob.symbols().iter().any(|symbol| matches!(symbol, Symbol::Run(_) | Symbol::One)) {
        return Fixed::Yes;
    }
    match key {
        "aws:principalorgid" | "aws:sourceorgid" | "aws:vpceorgid" => organization(&glob),
        "aws:principalorgpaths" | "aws:sourceorgpaths" | "aws:vpceorgpaths" => organization_path(&glob),
        "aws:principalaccount"
        | "aws:sourceaccount"
        | "aws:vpceaccount"
        | "kms:calleraccount"
        | "s3:dataaccesspointaccount"
        | "aws:sourceowner" => account(&glob),
        "aws:sourcearn" | "s3:dataaccesspointarn" => source_arn(&glob),
        "aws:userid" => user_id(&glob),
        "aws:sourcevpc" => network_id(&glob, "vpc-"),
        "aws:sourcevpce" => network_id(&glob, "vpce-"),
        "cognito-identity.amazonaws.com:aud" => identity_pool(&glob),
        "aws:principalisawsservice" | "elasticfilesystem:accessedviamounttarget" => {
            text_of(&glob).map_or(Fixed::Unknown, |text| text.eq_ignore_ascii_case("true").into())
        }
        _ => match crate::iam::catalogue::key(key) {
            Some(known) if known.kind == crate::iam::catalogue::KeyType::Arn => account_field(&glob),
            _ => match key.rsplit_once(':') {
                Some((issuer, claim)) if issuer.contains('.') => claim_is_fixed(issuer, claim, &glob),
                _ => without_wildcard(&glob),
            },
        },
    }
}

/// The variables that say whose the resource is.
const OWNERS: [&str; 3] = ["aws:resourceorgid", "aws:resourceaccount", "aws:resourceorgpaths"];

/// The organization, or the account, of what the policy stands on.
pub(super) fn is_own(symbol: &Symbol) -> bool {
    let Symbol::Variable(name) = symbol else { return false };
    ["aws:resourceorgid", "aws:resourceaccount"].iter().any(|own| name.eq_ignore_ascii_case(own))
}

/// A variable is whatever the request says, but for those that say whose the resource is: they tie a request to the owner
/// of what the policy stands on. A wildcard beside one lets in others still.
fn with_variables(key: &str, glob: &Glob) -> Fixed {
    let names = |symbol: &Symbol, own: &str| {
        is_own(symbol) && matches!(symbol, Symbol::Variable(name) if name.eq_ignore_ascii_case(own))
    };
    let is_one = |glob: &Glob, own: &str| matches!(glob.symbols(), [one] if names(one, own));
    const ORGANIZATION: &str = "aws:resourceorgid";
    const ACCOUNT: &str = "aws:resourceaccount";
    let fixed = match key {
        "aws:principalorgid" | "aws:sourceorgid" | "aws:vpceorgid" => is_one(glob, ORGANIZATION),
        "aws:principalorgpaths" | "aws:sourceorgpaths" | "aws:vpceorgpaths" => {
            matches!(glob.symbols(), [one, Symbol::Char('/'), ..] if names(one, ORGANIZATION))
        }
        "aws:principalaccount"
        | "aws:sourceaccount"
        | "aws:vpceaccount"
        | "kms:calleraccount"
        | "s3:dataaccesspointaccount"
        | "aws:sourceowner" => is_one(glob, ACCOUNT),
        _ if crate::iam::catalogue::key(key).is_some_and(|known| known.kind == crate::iam::catalogue::KeyType::Arn) => {
            let fields = glob.fields();
            let before = fields.iter().take(4).all(|field| {
                !spans_fields(field) && !field.symbols().iter().any(|symbol| matches!(symbol, Symbol::Variable(_)))
            });
            fields.len() == 6 && before && fields.get(4).is_some_and(|field| is_one(field, ACCOUNT))
        }
        _ => false,
    };
    // What such a variable is where the resource has no owner, or several paths, is not said here.
    let of_owner = |symbol: &Symbol| matches!(symbol, Symbol::Variable(name) if OWNERS.contains(&&*name.split(',').next().unwrap_or(name).trim().to_ascii_lowercase()));
    match glob.symbols() {
        [one] if !fixed && of_owner(one) => Fixed::Unknown,
        _ => Fixed::from(fixed),
    }
}

/// The text, where all of it is known.
fn text_of(glob: &Glob) -> Option<String> {
    (!glob.has_holes()).then(|| glob.to_string())
}

/// What a test on the whole text says; with holes it is not known, unless a wildcard stands there for all to see.
fn decided(glob: &Glob, test: impl Fn(&str) -> bool) -> Fixed {
    match text_of(glob) {
        Some(text) => test(&text).into(),
        None => match without_wildcard(glob) {
            Fixed::No => Fixed::No,
            _ => Fixed::Unknown,
        },
    }
}

fn without_wildcard(glob: &Glob) -> Fixed {
    if glob.symbols().iter().any(|symbol| matches!(symbol, Symbol::Run(_) | Symbol::One)) {
        return Fixed::No;
    }
    let open = |symbol: &Symbol| matches!(symbol, Symbol::Hole(hole) if !hole.literal);
    if glob.symbols().iter().any(open) { Fixed::Unknown } else { Fixed::from(!glob.symbols().is_empty()) }
}

/// Whether a text is the id of an organization.
pub fn is_organization_id(text: &str) -> bool {
    text.strip_prefix("o-").is_some_and(|id| {
        (10..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

fn organization(glob: &Glob) -> Fixed {
    decided(glob, is_organization_id)
}

fn organization_path(glob: &Glob) -> Fixed {
    let slash = glob.symbols().iter().position(|symbol| *symbol == Symbol::Char('/'));
    let Some(slash) = slash else { return if glob.has_holes() { Fixed::Unknown } else { Fixed::No } };
    let head = Glob::of_symbols(glob.symbols().iter().take(slash).cloned());
    if matches!(head.symbols(), [Symbol::Hole(hole)] if hole.literal) { Fixed::Yes } else { organization(&head) }
}

fn account(glob: &Glob) -> Fixed {
    if matches!(glob.symbols(), [Symbol::Hole(hole)] if hole.literal) {
        Fixed::Yes
    } else {
        decided(glob, is_account_id)
    }
}

/// The account field of an ARN.
fn account_field(glob: &Glob) -> Fixed {
    let fields = glob.fields();
    match fields.get(4) {
        Some(field) if fields.len() == 6 => match account(field) {
            // A hole before it may hold colons, so that this is not the account.
            Fixed::Yes if fields.iter().take(4).any(spans_fields) => Fixed::Unknown,
            found => found,
        },
        _ if glob.has_holes() => Fixed::Unknown,
        _ => Fixed::No,
    }
}

fn spans_fields(field: &Glob) -> bool {
    field.symbols().iter().any(|symbol| matches!(symbol, Symbol::Hole(hole) if !hole.literal))
}

fn source_arn(glob: &Glob) -> Fixed {
    let fields = glob.fields();
    match (fields.get(2), fields.get(4), fields.get(5)) {
        // Names of buckets are given out again.
        (Some(service), Some(account), Some(name)) if account.symbols().is_empty() => {
            let named = Fixed::from(text_of(service).is_some_and(|text| !text.contains('*')));
            named.min(without_wildcard(name)).min(Fixed::Weakly)
        }
        _ => account_field(glob),
    }
}

fn user_id(glob: &Glob) -> Fixed {
    let head: String = glob
        .symbols()
        .iter()
        .map_while(|symbol| match symbol {
            Symbol::Char(character) if *character != ':' => Some(*character),
            _ => None,
        })
        .collect();
    let after = glob.symbols().get(head.len());
    let is_id = (head.starts_with("AIDA") || head.starts_with("AROA")) && head.len() >= 16;
    match after {
        None | Some(Symbol::Char(':')) => Fixed::from(is_id || is_account_id(&head)),
        Some(Symbol::Hole(hole)) if hole.literal && head.is_empty() => Fixed::Yes,
        Some(Symbol::Hole(_)) => Fixed::Unknown,
        Some(_) => Fixed::No,
    }
}

fn network_id(glob: &Glob, prefix: &str) -> Fixed {
    let is_id = |text: &str| {
        let hex = text.strip_prefix(prefix).unwrap_or_default();
        matches!(hex.len(), 8 | 17) && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    decided(glob, is_id)
}

fn identity_pool(glob: &Glob) -> Fixed {
    decided(glob, is_identity_pool)
}

/// The issuers that all the world shares: a part of a name there is a part of many names.
const SHARED: [&str; 4] =
    ["accounts.google.com", "graph.facebook.com", "www.amazon.com", "cognito-identity.amazonaws.com"];

fn claim_is_fixed(issuer: &str, claim: &str, glob: &Glob) -> Fixed {
    if SHARED.contains(&issuer) {
        return without_wildcard(glob);
    }
    match subject_of(issuer, claim, glob) {
        Some(Subject::Anyone | Subject::OtherOwners) => Fixed::No,
        Some(Subject::Unknown) => Fixed::Unknown,
        Some(_) => Fixed::Yes,
        None => without_wildcard(glob),
    }
}

/// Public ranges that together are not most of the internet. A private one lets nobody in.
fn address_ranges(test: &Test) -> Fixed {
    let (mut ranges, mut open) = (Vec::new(), test.rest.is_some());
    for value in &test.values {
        match value.as_str() {
            Some(text) => ranges.extend(network(text).filter(|range| !is_private(range)).map(|range| range.trunc())),
            None => open = true,
        }
    }
    let narrow = |range: &IpNet| range.prefix_len() >= if range.addr().is_ipv4() { 8 } else { 32 };
    let ranges = IpNet::aggregate(&ranges);
    // As many addresses as sixteen of the widest ranges.
    let size = |range: &IpNet| match range {
        IpNet::V4(range) => 2_f64.powi(i32::from(8 - i16::from(range.prefix_len()))),
        IpNet::V6(range) => 2_f64.powi(i32::from(32 - i16::from(range.prefix_len()))),
    };
    let most = ranges.iter().map(size).sum::<f64>() > 16.0;
    match (ranges.iter().all(narrow) && !most, open) {
        (false, _) => Fixed::No,
        (true, true) => Fixed::Unknown,
        (true, false) => Fixed::Yes,
    }
}

impl Fixed {
    /// Whether it ties a request to a party at all.
    pub fn truth(self) -> Truth {
        match self {
            Fixed::No => Truth::False,
            Fixed::Unknown => Truth::Unknown,
            Fixed::Weakly | Fixed::Yes => Truth::True,
        }
    }
}
