//! Who a `Principal` element names.

use std::sync::Arc;

use crate::source::Origin;
use crate::value::{Data, Fact, Piece, Truth, Unknown, Value, Why, derived};

/// One party that a statement names.
#[derive(Clone, Debug)]
pub struct Party {
    /// What sort of party it is.
    pub kind: PartyKind,
    /// The account it belongs to.
    pub account: Account,
    /// The principal as written.
    pub value: Value,
}

impl Party {
    /// Why a trust policy cannot name it: AWS refuses such a policy. None also where that is not known.
    pub fn refusal(&self) -> Option<&'static str> {
        const WILDCARD: &str = "AWS takes no wildcard within a principal";
        let pieces = self.value.to_pieces().unwrap_or_default();
        let known = known_text(&pieces);
        let whole = self.value.as_str();
        let reference = self.value.as_unknown().and_then(|unknown| unknown.refers.as_ref());
        let refers =
            |to: &str| reference.is_some_and(|reference| reference.provider_type.to_ascii_lowercase().ends_with(to));
        let has_wildcard = whole != Some("*") && known.contains(['*', '?']);
        match self.kind {
            PartyKind::Any | PartyKind::Dead | PartyKind::SharedIssuer => None,
            PartyKind::Canonical => Some("a canonical id names an owner of S3, and nobody who could assume a role"),
            _ if has_wildcard => Some(WILDCARD),
            PartyKind::Service => whole
                .filter(|name| !name.contains('.') && *name != "*")
                .map(|_| "the name of a service ends in `.amazonaws.com`"),
            PartyKind::Oidc | PartyKind::Saml => {
                let is_arn = |text: &&str| text.contains(":oidc-provider/") || text.contains(":saml-provider/");
                whole.filter(|text| !is_arn(text)).map(|_| "an identity provider is named by its ARN")
            }
            PartyKind::Other if refers("group") => Some("a group is no principal"),
            PartyKind::Other if refers("profile") => Some("an instance profile is no principal, its role is one"),
            PartyKind::Other if known.contains(":group/") => Some("a group is no principal"),
            PartyKind::Other if known.contains(":instance-profile/") => {
                Some("an instance profile is no principal, its role is one")
            }
            PartyKind::Other => {
                whole.map(|_| "it is neither an account of 12 digits nor the ARN of a user, role or session")
            }
            PartyKind::Account | PartyKind::User | PartyKind::Role | PartyKind::FederatedUser => {
                let nowhere = matches!(self.account, Account::None);
                whole.filter(|_| nowhere).map(|_| "an account has 12 digits")
            }
            PartyKind::Unknown => None,
        }
    }
}

/// The sorts of party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartyKind {
    /// `"*"`, `{"AWS": "*"}`
    Any,
    /// A whole account: its id, or its `…:root`.
    Account,
    /// An IAM user.
    User,
    /// An IAM role or a session of one.
    Role,
    /// A federated user session.
    FederatedUser,
    /// An AWS service.
    Service,
    /// An OIDC provider.
    Oidc,
    /// A SAML provider.
    Saml,
    /// A built-in issuer that all the world shares (Cognito, Google, Facebook, Amazon).
    SharedIssuer,
    /// A canonical user id, or an origin access identity.
    Canonical,
    /// The id of a deleted user or role.
    Dead,
    /// None of these.
    Other,
    /// Not known.
    Unknown,
}

impl Party {
    /// The issuer of an identity provider: its URL without the scheme. What of it is not known stands in `${…}`. None where
    /// nothing of it is known, and for other parties.
    pub fn issuer(&self) -> Option<String> {
        match self.kind {
            PartyKind::SharedIssuer => self.value.as_str().map(str::to_owned),
            PartyKind::Oidc => {
                let text = shown(&self.value.to_pieces()?);
                let url = text.split_once(OIDC_PROVIDER).map(|(_, url)| url.to_owned());
                url.filter(|url| !url.is_empty())
            }
            _ => None,
        }
    }

    /// What of the issuer is not known.
    pub fn unknown_issuer(&self) -> Option<Arc<Unknown>> {
        let pieces = self.value.to_pieces()?;
        let is_mark = |piece: &Piece| matches!(piece, Piece::Known(text, _) if text.contains(OIDC_PROVIDER));
        let from = pieces.iter().position(is_mark).unwrap_or(0);
        pieces.get(from..)?.iter().find_map(hole).or_else(|| self.value.first_unknown().cloned())
    }
}

/// What stands before the issuer in the ARN of a provider.
pub(super) const OIDC_PROVIDER: &str = ":oidc-provider/";

/// The text of pieces, with what is unknown by what it is called: `${aws_eks_cluster.c.name}`.
pub(super) fn shown(pieces: &[Piece]) -> String {
    let one = |piece: &Piece| match piece {
        Piece::Known(text, _) => text.to_string(),
        Piece::Hole(unknown, _) => format!("${{{}}}", unknown.subject),
    };
    pieces.iter().map(one).collect()
}

impl PartyKind {
    /// The name in rules.
    pub fn name(self) -> &'static str {
        match self {
            PartyKind::Any => "any",
            PartyKind::Account => "account",
            PartyKind::User => "user",
            PartyKind::Role => "role",
            PartyKind::FederatedUser => "federated-user",
            PartyKind::Service => "service",
            PartyKind::Oidc => "oidc",
            PartyKind::Saml => "saml",
            PartyKind::SharedIssuer => "shared-issuer",
            PartyKind::Canonical => "canonical",
            PartyKind::Dead => "dead",
            PartyKind::Other => "other",
            PartyKind::Unknown => "unknown",
        }
    }
}

/// The account of a party.
#[derive(Clone, Debug)]
pub enum Account {
    /// The account that is deployed to.
    Own,
    /// An account by its id; it is not known to be the own one.
    Id(Arc<str>),
    /// The party belongs to no account.
    None,
    /// Not known.
    Unknown(Arc<Unknown>),
}

impl Account {
    /// The account as a value for rules: `self`, an id, null, or unknown.
    pub fn to_value(&self, origin: Origin) -> Value {
        match self {
            Account::Own => Value::string("self", origin),
            Account::Id(id) => Value::string(id.clone(), origin),
            Account::None => Value::null(origin),
            Account::Unknown(unknown) => Value::unknown(derived(unknown), origin),
        }
    }
}

/// Whether a `Principal` element names everybody.
pub(super) fn names_everybody(principal: &Value) -> Truth {
    let (found, rest) = parties(principal, &[]);
    let one = |kind: PartyKind| match kind {
        PartyKind::Any => Truth::True,
        PartyKind::Unknown => Truth::Unknown,
        _ => Truth::False,
    };
    let rest = if rest.is_some() { Truth::Unknown } else { Truth::False };
    Truth::any(found.iter().map(|party| one(party.kind))).or(rest)
}

/// The parties of a `Principal` element; the second part says why there may be more.
pub fn parties(principal: &Value, own_accounts: &[String]) -> (Vec<Party>, Option<Arc<Unknown>>) {
    let mut parties = Vec::new();
    let mut rest = None;
    match &principal.data {
        Data::Map(map) => {
            rest.clone_from(&map.rest);
            for entry in map.entries() {
                if let Data::List(list) = &entry.value.data {
                    rest = rest.or_else(|| list.rest.clone());
                }
                parties.extend(entry.value.elements().iter().map(|value| party(&entry.key, value, own_accounts)));
            }
        }
        Data::Unknown(unknown) => rest = Some(unknown.clone()),
        _ => parties.extend(principal.elements().iter().map(|value| party("AWS", value, own_accounts))),
    }
    (parties, rest)
}

/// The name of a service, in lower case; one that ends with the DNS suffix of a partition as it is in that of `aws`.
pub(super) fn service_name(value: &Value) -> Option<String> {
    if let Some(name) = value.as_str() {
        return Some(name.to_ascii_lowercase().trim_end_matches(".cn").to_owned());
    }
    match value.to_pieces()?.as_slice() {
        [Piece::Known(name, _), Piece::Hole(hole, _)] if matches!(hole.why, Why::Environment(Fact::UrlSuffix)) => {
            Some(format!("{}amazonaws.com", name.to_ascii_lowercase()))
        }
        _ => None,
    }
}

fn party(element: &str, value: &Value, own_accounts: &[String]) -> Party {
    let make = |kind, account| Party { kind, account, value: value.clone() };
    match element {
        "Service" => make(PartyKind::Service, Account::None),
        "CanonicalUser" => make(PartyKind::Canonical, Account::None),
        "Federated" => {
            let kind = match value.to_pieces().map(|pieces| known_text(&pieces)).unwrap_or_default() {
                text if text.contains(":saml-provider/") => PartyKind::Saml,
                text if text.contains(OIDC_PROVIDER) => PartyKind::Oidc,
                text if SHARED_ISSUERS.contains(&&*text) => PartyKind::SharedIssuer,
                _ => match value.as_unknown().and_then(|unknown| unknown.refers.as_ref()) {
                    Some(reference) if reference.provider_type.to_ascii_lowercase().contains("saml") => PartyKind::Saml,
                    Some(_) => PartyKind::Oidc,
                    None if value.first_unknown().is_some() => PartyKind::Unknown,
                    None => PartyKind::Oidc,
                },
            };
            make(kind, Account::None)
        }
        _ => aws_party(value, own_accounts),
    }
}

/// The issuers that are principals by their own name.
pub(super) const SHARED_ISSUERS: [&str; 4] =
    ["cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com"];

/// What all of the values that a principal may be have in common; without one of them there is no policy.
fn common_party(unknown: &Unknown, own_accounts: &[String]) -> Option<(PartyKind, Account)> {
    let mut candidates = unknown.candidates.iter().filter(|candidate| !candidate.is_null());
    let first = aws_party(candidates.next()?, own_accounts);
    let is_same = |other: Party| match (&first.account, &other.account) {
        (Account::Own, Account::Own) | (Account::None, Account::None) => first.kind == other.kind,
        (Account::Id(one), Account::Id(other_id)) => one == other_id && first.kind == other.kind,
        _ => false,
    };
    let agree = candidates.all(|other| is_same(aws_party(other, own_accounts)));
    (agree && first.kind != PartyKind::Unknown).then_some((first.kind, first.account))
}

fn aws_party(value: &Value, own_accounts: &[String]) -> Party {
    let make = |kind, account| Party { kind, account, value: value.clone() };
    if let Some(unknown) = value.as_unknown() {
        if let Some((kind, account)) = common_party(unknown, own_accounts) {
            return make(kind, account);
        }
        // A role or user of the same configuration belongs to the account that is deployed to.
        let provider_type = unknown.refers.as_ref().map(|reference| reference.provider_type.to_ascii_lowercase());
        return match provider_type.as_deref() {
            Some("aws_iam_role" | "aws::iam::role") => make(PartyKind::Role, Account::Own),
            Some("aws_iam_user" | "aws::iam::user") => make(PartyKind::User, Account::Own),
            Some("aws_iam_group" | "aws::iam::group" | "aws_iam_instance_profile" | "aws::iam::instanceprofile") => {
                make(PartyKind::Other, Account::Own)
            }
            _ if is_own_account(unknown) => make(PartyKind::Account, Account::Own),
            _ if unknown.why == Why::Environment(Fact::Caller) => make(PartyKind::Other, Account::Own),
            _ => make(PartyKind::Unknown, Account::Unknown(unknown.clone())),
        };
    }
    let pieces = value.to_pieces().unwrap_or_default();
    let text = known_text(&pieces);
    if text == "*" && pieces.len() == 1 {
        return make(PartyKind::Any, Account::None);
    }
    if is_account_id(&text) && pieces.len() == 1 {
        return make(PartyKind::Account, known_account(&text, own_accounts));
    }
    if text.starts_with("AIDA") || text.starts_with("AROA") {
        return make(PartyKind::Dead, Account::None);
    }
    let fields = split_fields(&pieces);
    let Some(name) = fields.get(5).map(|name| known_text(name)) else {
        let kind = if value.first_unknown().is_some() { PartyKind::Unknown } else { PartyKind::Other };
        let account = value.first_unknown().map_or(Account::None, |unknown| Account::Unknown(unknown.clone()));
        return make(kind, account);
    };
    let account = match fields.get(4).map(Vec::as_slice) {
        Some([Piece::Known(id, _)]) if is_account_id(id) => known_account(id, own_accounts),
        Some([Piece::Hole(unknown, _)]) if is_own_account(unknown) => Account::Own,
        Some(pieces) => match pieces.iter().find_map(hole) {
            Some(unknown) => Account::Unknown(unknown),
            None => Account::None,
        },
        None => Account::None,
    };
    let kind = match name.split('/').next().unwrap_or_default() {
        "root" => PartyKind::Account,
        "user" if text.contains("CloudFront Origin Access Identity") => PartyKind::Canonical,
        "user" => PartyKind::User,
        "role" | "assumed-role" => PartyKind::Role,
        "federated-user" => PartyKind::FederatedUser,
        "" if value.first_unknown().is_some() => PartyKind::Unknown,
        _ => PartyKind::Other,
    };
    make(kind, account)
}

/// Whether an unknown is the id of the account that is deployed to, and not something made from it.
pub(super) fn is_own_account(unknown: &Unknown) -> bool {
    unknown.why == Why::Environment(Fact::Account) && !unknown.derived
}

/// Whether a value that is not known may be the ARN of any user or role of the unit. What AWS is asked for, or what another
/// resource has, is something else, unless it is a store of text.
pub(super) fn may_be_anybody(unknown: &Unknown) -> bool {
    const STORES: [&str; 2] = ["data.aws_ssm_parameter.", "data.aws_secretsmanager_secret_version."];
    let asks_aws = || unknown.why == Why::DataSource && unknown.subject.contains("data.aws_");
    match &unknown.refers {
        Some(reference) => {
            !reference.provider_type.starts_with("aws_") && !reference.provider_type.starts_with("AWS::")
        }
        None => !asks_aws() || STORES.iter().any(|store| unknown.subject.contains(store)),
    }
}

pub(super) fn is_account_id(text: &str) -> bool {
    crate::model::Account::is_id(text)
}

fn known_account(id: &str, own_accounts: &[String]) -> Account {
    if own_accounts.iter().any(|own| own == id) { Account::Own } else { Account::Id(id.into()) }
}

fn hole(piece: &Piece) -> Option<Arc<Unknown>> {
    match piece {
        Piece::Hole(unknown, _) => Some(unknown.clone()),
        Piece::Known(..) => None,
    }
}

/// The known text of pieces, holes left out.
fn known_text(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| if let Piece::Known(text, _) = piece { text } else { "" }).collect()
}

/// The colon-separated fields of an ARN; only the sixth may hold colons.
fn split_fields(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let mut fields: Vec<Vec<Piece>> = vec![Vec::new()];
    for piece in pieces {
        match piece {
            Piece::Hole(..) => {
                if let Some(field) = fields.last_mut() {
                    field.push(piece.clone());
                }
            }
            Piece::Known(text, origin) => {
                let wanted = 7 - fields.len();
                for (nth, part) in text.splitn(wanted, ':').enumerate() {
                    if nth > 0 {
                        fields.push(Vec::new());
                    }
                    if let Some(field) = fields.last_mut()
                        && !part.is_empty()
                    {
                        field.push(Piece::Known(part.into(), *origin));
                    }
                }
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(value: Value) -> Party {
        parties(&value, &["111111111111".to_owned()]).0.remove(0)
    }

    #[test]
    fn accounts_are_told_apart() {
        let party = one(Value::string("arn:aws:iam::210987654321:root", Origin::NONE));
        assert_eq!(party.kind, PartyKind::Account);
        assert!(matches!(party.account, Account::Id(id) if &*id == "210987654321"));
        let party = one(Value::string("111111111111", Origin::NONE));
        assert!(matches!(party.account, Account::Own));
        let party = one(Value::string("arn:aws:sts::210987654321:assumed-role/a/b", Origin::NONE));
        assert_eq!(party.kind, PartyKind::Role);
    }

    #[test]
    fn the_own_account_may_be_a_hole() {
        let own = Arc::new(Unknown::new(Why::Environment(Fact::Account), "AWS::AccountId", Origin::NONE));
        let pieces = vec![
            Piece::Known("arn:aws:iam::".into(), Origin::NONE),
            Piece::Hole(own, Origin::NONE),
            Piece::Known(":root".into(), Origin::NONE),
        ];
        let party = one(Value::of_pieces(pieces, Origin::NONE));
        assert_eq!(party.kind, PartyKind::Account);
        assert!(matches!(party.account, Account::Own));
    }
}
