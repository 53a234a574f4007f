//! Condition keys: type, multiplicity, presence, and whom a fixed value of them ties a request to.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::table::{Table, rows};

static KEYS: Table = Table::new(include_str!("data/keys.txt"));
const GLOBAL: &str = include_str!("data/global_keys.tsv");

/// The type of a key's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// Text.
    String,
    /// An ARN.
    Arn,
    /// True or false.
    Bool,
    /// A number.
    Numeric,
    /// A point in time.
    Date,
    /// An address.
    IpAddress,
}

/// Which requests carry a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Every request, also an anonymous one.
    Always,
    /// Every signed request.
    Signed,
    /// Only some.
    Sometimes,
    /// Only requests for actions that list it.
    PerAction,
}

/// What a positive test on fixed values of a key ties the caller, or the source of a call, to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tie {
    /// An organization.
    Organization,
    /// An account.
    Account,
    /// A principal.
    Principal,
    /// The source resource or account on whose behalf a service calls.
    Source,
    /// A network.
    Network,
    /// A service.
    Service,
    /// Nobody.
    None,
}

/// A condition key.
#[derive(Clone, Debug)]
pub struct Key {
    /// As AWS writes it: `aws:PrincipalTag/${TagKey}`.
    pub name: String,
    /// The type of its values.
    pub kind: KeyType,
    /// A request may carry several values.
    pub many: bool,
    /// Which requests carry it.
    pub presence: Presence,
    /// Whom a fixed value ties a request to.
    pub tie: Tie,
    /// A wildcard or a variable makes no sense in its values.
    pub sensitive: bool,
    /// The caller can write into it what he likes.
    pub forgeable: bool,
    /// AWS advises against it.
    pub deprecated: bool,
    /// It says something only beside another key.
    pub needs_partner: bool,
}

/// The keys that say where the credentials of a role are, in lower case, each with the service that gives those out.
const OF_CREDENTIALS: [(&str, &[&str]); 11] = [
    ("aws:chatbotsourcearn", &["chatbot.amazonaws.com"]),
    ("aws:ec2instancesourceprivateipv4", &["ec2.amazonaws.com"]),
    ("aws:ec2instancesourcevpc", &["ec2.amazonaws.com"]),
    ("codebuild:buildarn", &["codebuild.amazonaws.com"]),
    ("codebuild:projectarn", &["codebuild.amazonaws.com"]),
    ("ec2:roledelivery", &["ec2.amazonaws.com"]),
    ("ec2:sourceinstancearn", &["ec2.amazonaws.com"]),
    ("glue:credentialissuingservice", &["glue.amazonaws.com"]),
    ("glue:roleassumedby", &["glue.amazonaws.com"]),
    ("lambda:sourcefunctionarn", &["lambda.amazonaws.com"]),
    ("ssm:sourceinstancearn", &["ssm.amazonaws.com"]),
];

/// The services whose credentials alone bring a key, in lower case, to the requests of a role.
pub fn issuers_of_credentials(key: &str) -> Option<&'static [&'static str]> {
    let at = OF_CREDENTIALS.binary_search_by(|(name, _)| (*name).cmp(key)).ok()?;
    OF_CREDENTIALS.get(at).map(|(_, issuers)| *issuers)
}

/// What some services write for the key of a tag.
const ANY_TAG: &str = "tag-key";

/// Whether a key of the catalogue, which may have a variable part, is a key as written; without regard to case.
pub(super) fn names(known: &str, written: &str) -> bool {
    let variable = known.split_once("${").map(|(head, rest)| (head, rest, '}'));
    let variable = variable.or_else(|| known.split_once('<').map(|(head, rest)| (head, rest, '>')));
    let Some((head, rest, end)) = variable.or_else(|| Some((known.strip_suffix(ANY_TAG)?, "", '}'))) else {
        return known.eq_ignore_ascii_case(written);
    };
    let tail = rest.split_once(end).map_or("", |(_, tail)| tail);
    let Some((start, middle)) = written.split_at_checked(head.len()) else { return false };
    let ends = middle.len() > tail.len()
        && middle.get(middle.len() - tail.len()..).is_some_and(|end| end.eq_ignore_ascii_case(tail));
    start.eq_ignore_ascii_case(head) && ends
}

/// The keys of a list such as `@qk aws:SourceVpc GetObject`, as the tables abbreviate them.
pub(super) fn of_tokens(service: &str, tokens: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for token in tokens.split_ascii_whitespace() {
        match token.strip_prefix('@') {
            Some(letters) => keys.extend(letters.chars().filter_map(|letter| match letter {
                'q' => Some("aws:RequestTag/${TagKey}".to_owned()),
                'k' => Some("aws:TagKeys".to_owned()),
                'r' => Some("aws:ResourceTag/${TagKey}".to_owned()),
                _ => None,
            })),
            None => keys.push(whole_name(service, token)),
        }
    }
    keys
}

/// A key with its prefix: the tables leave out that of the service itself.
fn whole_name(service: &str, token: &str) -> String {
    let is_prefix = |head: &str| {
        head.contains('.')
            || head.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    match token.split_once(':') {
        Some((head, _)) if is_prefix(head) => token.to_owned(),
        _ => format!("{service}:{token}"),
    }
}

fn kind_of(letter: char) -> Option<KeyType> {
    Some(match letter {
        'S' => KeyType::String,
        'A' => KeyType::Arn,
        'B' => KeyType::Bool,
        'N' => KeyType::Numeric,
        'D' => KeyType::Date,
        'I' => KeyType::IpAddress,
        _ => return None,
    })
}

/// The keys that are not those of one service's actions alone, or of which more is known than their type.
pub fn global_keys() -> &'static [Key] {
    static ALL: OnceLock<Vec<Key>> = OnceLock::new();
    ALL.get_or_init(|| {
        let key = |row: Vec<&'static str>| {
            let [name, kind, presence, tie, flags] = row.try_into().ok()?;
            Some(Key {
                name: name.to_owned(),
                kind: kind_of(kind.chars().next()?)?,
                many: kind.ends_with('n'),
                presence: match presence {
                    "always" => Presence::Always,
                    "signed" => Presence::Signed,
                    "cond" => Presence::Sometimes,
                    _ => return None,
                },
                tie: match tie {
                    "org" => Tie::Organization,
                    "account" => Tie::Account,
                    "principal" => Tie::Principal,
                    "source" => Tie::Source,
                    "net" => Tie::Network,
                    "service" => Tie::Service,
                    "none" => Tie::None,
                    _ => return None,
                },
                sensitive: flags.contains('s'),
                forgeable: flags.contains('u'),
                deprecated: flags.contains('d'),
                needs_partner: flags.contains('p'),
            })
        };
        rows(GLOBAL).filter_map(key).collect()
    })
}

/// All keys: those of one name by it in lower case, and those with a variable part, the longest first: by what stands before
/// their colon, or where that varies itself, for all.
struct Index {
    exact: HashMap<String, Key>,
    open: HashMap<String, Vec<Key>>,
    of_any_prefix: Vec<Key>,
}

/// What stands before the colon of a key's name, in lower case.
fn prefix(name: &str) -> String {
    name.split(':').next().unwrap_or_default().to_ascii_lowercase()
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let (mut exact, mut all_open) = (HashMap::new(), Vec::new());
        // More is known of the global ones, and what a service says of its own keys goes before what others say.
        let own = |key: &(bool, Key)| !key.0;
        let mut of_services: Vec<(bool, Key)> =
            KEYS.sections().iter().flat_map(|(service, lines)| of_lines(service, lines)).collect();
        of_services.sort_by_key(own);
        for key in global_keys().iter().cloned().chain(of_services.into_iter().map(|(_, key)| key)) {
            if key.name.contains(['$', '<']) || key.name.ends_with(ANY_TAG) {
                all_open.push(key);
            } else {
                exact.entry(key.name.to_ascii_lowercase()).or_insert(key);
            }
        }
        // `Metadata/${Key}/Matcher` is told from `Metadata/${Key}` by what is fixed of it.
        all_open.sort_by_key(|key| std::cmp::Reverse(key.name.len()));
        let (mut open, mut of_any_prefix) = (HashMap::<String, Vec<Key>>::new(), Vec::new());
        for key in all_open {
            match prefix(&key.name) {
                head if head.contains(['$', '<']) => of_any_prefix.push(key),
                head => open.entry(head).or_default().push(key),
            }
        }
        Index { exact, open, of_any_prefix }
    })
}

/// The keys of a section, each with whether it is the service's own.
fn of_lines(service: &'static str, lines: &'static str) -> impl Iterator<Item = (bool, Key)> {
    lines.lines().filter_map(move |line| {
        let (token, kind) = line.rsplit_once(' ')?;
        let name = whole_name(service, token);
        let is_own = name.strip_prefix(service).is_some_and(|rest| rest.starts_with(':'));
        let key = Key {
            kind: kind_of(kind.chars().next()?)?,
            many: kind.ends_with('*'),
            name,
            presence: Presence::PerAction,
            tie: Tie::None,
            sensitive: false,
            forgeable: false,
            deprecated: false,
            needs_partner: false,
        };
        Some((is_own, key))
    })
}

/// The key of a name, whatever its case; `None` where no service has it.
pub fn key(name: &str) -> Option<&'static Key> {
    let index = index();
    let exact = index.exact.get(&name.to_ascii_lowercase());
    exact.or_else(|| {
        let of_prefix = index.open.get(&prefix(name)).map_or(&[][..], Vec::as_slice);
        let first = |keys: &'static [Key]| keys.iter().find(|key| names(&key.name, name));
        match (first(of_prefix), first(&index.of_any_prefix)) {
            (Some(one), Some(other)) if other.name.len() > one.name.len() => Some(other),
            (one, other) => one.or(other),
        }
    })
}

#[cfg(test)]
pub(super) fn sections() -> &'static [super::table::Section] {
    KEYS.sections()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_type_and_a_multiplicity() {
        let org = key("AWS:principalorgid").unwrap();
        assert_eq!((org.kind, org.many, org.tie), (KeyType::String, false, Tie::Organization));
        let paths = key("aws:PrincipalOrgPaths").unwrap();
        assert!(paths.many);
        assert_eq!(key("aws:PrincipalTag/team").unwrap().name, "aws:PrincipalTag/${TagKey}");
        assert!(key("aws:PrincipalTag/").is_none());
        assert_eq!(key("s3:prefix").unwrap().presence, Presence::PerAction);
        assert_eq!(key("kms:EncryptionContext:app").unwrap().name, "kms:EncryptionContext:${EncryptionContextKey}");
        assert!(key("s3:ExistingObjectTag/team").is_some());
        assert!(key("secretsmanager:ResourceTag/team").is_some());
        assert!(key("ssm:resourceTag/team").is_some());
        assert!(key("s3:no-such-key").is_none());
        assert!(key("token.actions.githubusercontent.com:repository_owner").is_none());
    }

    #[test]
    fn a_key_may_vary_on_both_sides_of_its_colon() {
        let of = |name: &str| key(name).map(|key| key.name.as_str());
        assert_eq!(of("agent.acme.buildkite.dev:build_branch"), Some("agent.${Domain}.buildkite.dev:build_branch"));
        assert_eq!(of("AWS:requesttag/Team"), Some("aws:RequestTag/${TagKey}"));
        assert_eq!(of("aws:RequestTags/Team"), None);
    }

    #[test]
    fn abbreviated_keys_are_written_out() {
        let keys = of_tokens("kms", "@kq EncryptionContext:${X} RecipientAttestation:PCR0 iam:PassedToService");
        assert_eq!(
            keys,
            [
                "aws:TagKeys",
                "aws:RequestTag/${TagKey}",
                "kms:EncryptionContext:${X}",
                "kms:RecipientAttestation:PCR0",
                "iam:PassedToService"
            ]
        );
    }
}
