//! What is known of a principal as it asks: the condition keys that say who makes a request, and what they carry.

mod tagged;

use std::cell::OnceCell;
use std::sync::Arc;

use tagged::Tags;

use super::arn::{arn_of_principal, name_of};
use super::cached::Cached;
use super::catalogue;
use super::condition::{Context, Family, Operator, Test, folded_glob, wanted};
use super::document::{Document, Statement};
use super::glob::{Except, Glob, Hole, Symbol, key_and_default};
use super::identity::{Identity, Principal};
use super::own_tags::SelfTagging;
use super::principal::{PartyKind, parties, service_name};
use super::reserved_role;
use super::tag::Tag;
use crate::source::Origin;
use crate::value::{Fact, Piece, Truth, Unknown, Value, Why};

/// Keys with a fixed answer for every principal, which is no service.
const NEVER_CARRIED: [&str; 3] = ["aws:principalservicename", "aws:principalservicenameslist", "aws:assumedroot"];

/// Keys that only the requests carry that a service makes by itself, on behalf of a resource.
const OF_SERVICES: [&str; 4] = ["aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"];

/// A principal of the unit as its requests show it, or somebody of whom nothing is known.
#[derive(Clone, Debug)]
pub(super) struct Requester<'i, 'u> {
    identity: &'i Identity<'u>,
    principal: Option<(usize, &'i Principal<'u>)>,
    tags: Tags,
    /// What others make of its tags.
    tagged_as: Option<&'i SelfTagging>,
    /// Its ARN, once it has been asked for.
    arn: OnceCell<Glob>,
    /// Who may come by its credentials, once that has been asked for.
    holders: OnceCell<Holders>,
}

/// Who may come by the credentials of a role.
#[derive(Clone, Debug, Default)]
struct Holders {
    /// Services, in lower case.
    services: Vec<String>,
    /// Somebody other than services and identity providers, or it is not known who.
    others: bool,
    /// Not all services are known.
    open: bool,
    /// Identity providers.
    providers: Vec<Value>,
    /// The trust says what sessions may be called.
    names_sessions: bool,
}

/// What requests carry for a key.
struct Carried {
    present: Truth,
    /// Of a key that is present: of several texts one is carried, and which is not known.
    value: Glob,
}

impl Carried {
    fn text(text: &str) -> Carried {
        Carried { present: Truth::True, value: Glob::literal(text) }
    }

    fn absent() -> Carried {
        Carried { present: Truth::False, value: Glob::default() }
    }

    fn of(symbols: impl IntoIterator<Item = Symbol>) -> Carried {
        Carried { present: Truth::True, value: Glob::of_symbols(symbols) }
    }

    fn tag(tag: &Tag<'_>) -> Carried {
        match tag {
            Tag::Absent => Carried::absent(),
            Tag::Value(value) => Carried { present: Truth::True, value: text_of(value) },
            Tag::Perhaps => Carried::perhaps(),
        }
    }

    fn perhaps() -> Carried {
        Carried { present: Truth::Unknown, value: anything() }
    }
}

fn anything() -> Glob {
    Glob::of_symbols([Symbol::Run(Except::Nothing)])
}

/// A key does not say who makes a request.
struct NotOfRequester;

/// What stands for a policy variable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Filling {
    /// Nothing: what has the variable in it matches nothing.
    Nothing,
    /// This text, of which parts may not be known; a wildcard in it is any text that the principal likes.
    Text(Glob),
}

/// Whether a test asks who makes the request, and not what for.
pub(super) fn asks_who(test: &Test) -> bool {
    says_who(&test.key)
}

/// Whether a test asks who makes the request, or where its credentials come from.
pub(super) fn asks_of_requester(test: &Test) -> bool {
    is_of_requester(&test.key)
}

/// Whether a key, in lower case, says who makes a request, or where the credentials come from.
pub(super) fn is_of_requester(key: &str) -> bool {
    says_who(key)
        || OF_SERVICES.contains(&key)
        || key.starts_with("aws:multifactorauth")
        || catalogue::issuers_of_credentials(key).is_some()
}

/// Whether a key, in lower case, says who makes a request.
pub(super) fn says_who(key: &str) -> bool {
    key.starts_with("aws:principaltag/")
        || NEVER_CARRIED.contains(&key)
        || matches!(
            key,
            "aws:principalarn"
                | "aws:principalaccount"
                | "aws:principalisawsservice"
                | "aws:principalorgid"
                | "aws:principalorgpaths"
                | "aws:principaltype"
                | "aws:federatedprovider"
                | "aws:userid"
                | "aws:username"
                | "kms:calleraccount"
        )
}

impl<'i, 'u> Requester<'i, 'u> {
    /// The principal of this number; somebody where there is none.
    pub(super) fn of(identity: &'i Identity<'u>, principal: Option<usize>) -> Requester<'i, 'u> {
        let principal = principal.and_then(|at| Some((at, identity.principals.get(at)?)));
        let (tags, arn, holders) = (Tags::AsTheyAre, OnceCell::new(), OnceCell::new());
        Requester { identity, principal, tags, tagged_as: None, arn, holders }
    }

    fn kind(&self) -> Option<&'i str> {
        self.principal.map(|(_, principal)| &*principal.instance.row.kind)
    }

    /// Whether a test of a statement holds for all requests of the principal; none of a test that does not ask who, or that
    /// compares with what the request is for.
    ///
    /// The one account that the configuration names is taken for the own one only where nothing that is allowed is hidden by
    /// it.
    pub(super) fn holds(&self, test: &Test, statement: &Statement) -> Option<Truth> {
        if let Some(found) = self.holds_once_tagged(test, statement) {
            return Some(found);
        }
        let found = self.holds_in(test, statement.variables, None)?;
        if found == Truth::Unknown && self.chooses_session(test) {
            return Some(match (statement.allows(), statement.denies()) {
                (Truth::True, _) => Truth::True,
                (_, Truth::True) => Truth::False,
                _ => found,
            });
        }
        let [likely] = self.identity.known().likely else { return Some(found) };
        if found != Truth::Unknown {
            return Some(found);
        }
        let shows = match (statement.allows(), statement.denies()) {
            (Truth::True, _) => Truth::True,
            (_, Truth::True) => Truth::False,
            _ => return Some(found),
        };
        // That another account is not the own one does not follow.
        let when_it_is = Truth::from(!test.kind()?.negated);
        let there = self.holds_in(test, statement.variables, Some(likely))?;
        Some(if there == shows && there == when_it_is { there } else { found })
    }

    /// Whether a test asks for nothing but the name of a session, which whoever assumes the role chooses.
    fn chooses_session(&self, test: &Test) -> bool {
        let is_plain = test.qualifier.is_none() && test.rest.is_none() && !test.values.is_empty();
        if test.key != "aws:userid" || self.kind() != Some("role") || !is_plain {
            return false;
        }
        // What is asked of the id of the role, which AWS makes up, is not known.
        let of_session = |value: &Value| {
            let session =
                value.as_str().and_then(|text| text.strip_prefix("*:").or_else(|| text.strip_prefix("AROA*:")));
            // A name has at least two letters.
            session.is_some_and(|name| !name.contains([':', '$']) && (name.len() > 1 || name == "*"))
        };
        let likes = test.kind().is_some_and(|operator| operator.has_wildcards() && operator.family != Family::Arn);
        let holders = self.holders();
        let is_free = holders.others && !holders.open && !holders.names_sessions;
        likes && test.values.iter().all(of_session) && is_free
    }

    fn holds_in(&self, test: &Test, variables: bool, likely: Option<&str>) -> Option<Truth> {
        if !asks_of_requester(test) {
            return None;
        }
        let mut carried = self.carried(&test.key)?;
        if let Some(likely) = likely {
            carried.value = in_account(&carried.value, likely);
        }
        // Where the credentials come from is up to who uses them: what is not always so stays a condition.
        self.holds_of(test, variables, &carried).filter(|found| says_who(&test.key) || *found != Truth::Unknown)
    }

    /// Whether a test on a tag of what a request is for holds; none where that depends on more than the tag and who asks.
    pub(super) fn holds_of_tag(&self, test: &Test, variables: bool, tag: &Tag<'_>) -> Option<Truth> {
        self.holds_of(test, variables, &Carried::tag(tag))
    }

    /// Whether a test on the account of what a request is for holds; it is the own one where no id is given.
    pub(super) fn holds_of_account(&self, test: &Test, variables: bool, id: Option<&str>) -> Option<Truth> {
        let account = || match (self.principal, self.own_ids()) {
            (Some(_), _) => self.account(),
            (None, [own]) => own.chars().map(Symbol::Char).collect(),
            (None, _) => vec![Symbol::Hole(Hole::of(&Unknown::new(
                Why::Environment(Fact::Account),
                "the account",
                Origin::NONE,
            )))],
        };
        let carried = id.map_or_else(|| Carried::of(account()), Carried::text);
        self.holds_of(test, variables, &carried)
    }

    /// Whether a test holds for what a request carries for its key.
    fn holds_of(&self, test: &Test, variables: bool, carried: &Carried) -> Option<Truth> {
        let (operator, _) = (test.kind()?, test.quantity()?);
        if operator.family == Family::Null {
            let absent = Truth::from(test.wants_absence()?);
            return Some(match carried.present {
                Truth::Unknown => Truth::Unknown,
                present => Truth::from(present != absent),
            });
        }
        let absent = Truth::from(test.holds_when_absent()?);
        if carried.present == Truth::False {
            return Some(absent);
        }
        let found = test.values.iter().map(|value| self.matches(test, operator, value, &carried.value, variables));
        let found: Vec<Truth> = found.collect::<Option<_>>()?;
        let known = Truth::any(found);
        let known = if test.rest.is_some() { known.or(Truth::Unknown) } else { known };
        let known = if operator.negated { !known } else { known };
        Some(if carried.present == Truth::True || known == absent { known } else { Truth::Unknown })
    }

    /// Why it is not known whether a test holds.
    pub(super) fn doubt(&self, test: &Test) -> Arc<Unknown> {
        let given = test.values.iter().find_map(|value| value.first_unknown().cloned()).or_else(|| test.rest.clone());
        given.unwrap_or_else(|| {
            let of_account =
                matches!(test.key.as_str(), "aws:principalarn" | "aws:principalaccount" | "kms:calleraccount");
            let is_one = matches!(self.kind(), Some("user" | "role"));
            let why = match of_account && is_one && self.own_ids().is_empty() {
                true => Why::Environment(Fact::Account),
                false => Why::Condition,
            };
            Arc::new(Unknown::new(why, test.written.clone(), test.origin))
        })
    }

    /// Whether what is carried is what a value of the test asks for; none where that depends on more than who asks.
    fn matches(
        &self,
        test: &Test,
        operator: Operator,
        value: &Value,
        carried: &Glob,
        variables: bool,
    ) -> Option<Truth> {
        if let Some(unknown) = value.as_unknown()
            && !unknown.candidates.is_empty()
        {
            let one = |candidate: &Value| self.matches(test, operator, candidate, carried, variables);
            let found: Vec<Truth> = unknown.candidates.iter().map(one).collect::<Option<_>>()?;
            let agreed = found.first().copied().filter(|first| found.iter().all(|other| other == first));
            return Some(agreed.unwrap_or(Truth::Unknown));
        }
        if let Some(named) = self.is_named_by(value, &test.key) {
            return Some(named);
        }
        if operator.family == Family::Bool {
            let text = value.scalar_text();
            let same = |text: &str| carried.to_string().eq_ignore_ascii_case(text);
            return Some(match text {
                Some(text) if carried.is_literal() && !carried.has_holes() => Truth::from(same(&text)),
                _ => Truth::Unknown,
            });
        }
        if matches!(operator.family, Family::Number(_) | Family::Date(_) | Family::Address) {
            return Some(self.measured(test, operator, value, carried));
        }
        if operator.family != Family::TextIgnoringCase && value.as_str().is_some_and(|text| ends_apart(text, carried)) {
            return Some(Truth::False);
        }
        let asked = match wanted(operator, value, variables && operator.has_variables()) {
            Some(asked) => self.with_own(&asked)?,
            None => return Some(Truth::False),
        };
        // A variable that is not carried matches nothing.
        let Some(asked) = asked else { return Some(Truth::False) };
        // What is deployed to is the own account.
        let asked = match self.identity.own_accounts {
            [own] => in_account(&asked, own),
            _ => asked,
        };
        if test.key == "aws:principalarn" && operator.family != Family::TextIgnoringCase && !self.may_be_called(&asked)
        {
            return Some(Truth::False);
        }
        let asked = folded_glob(operator, asked);
        Some(compared(operator, &asked, &folded_glob(operator, with_partition_of(carried, &asked))))
    }

    /// Whether a number, a point in time or an address that is carried is what a value of the test asks for.
    fn measured(&self, test: &Test, operator: Operator, value: &Value, carried: &Glob) -> Truth {
        if !carried.is_literal() || carried.has_holes() {
            return Truth::Unknown;
        }
        let one = Test { values: vec![value.clone()], rest: None, normal: Cached::default(), ..test.clone() };
        let holds = one.holds(&Context::default().with(&test.key, [carried.to_string().as_str()]), false);
        if operator.negated { !holds } else { holds }
    }

    /// Whether a pattern may match the ARN of what a permission set becomes, as far as that is so well known.
    fn may_be_called(&self, asked: &Glob) -> bool {
        let Some((_, principal)) = self.principal.filter(|_| self.kind() == Some("permission-set")) else {
            return true;
        };
        reserved_role::may_match(asked, &text_of(&self.identity.field(&principal.instance, "name")))
    }

    /// A pattern with what is carried for its variables: none of one that asks for more than who asks, and inside none of one
    /// whose variable is not carried.
    fn with_own(&self, glob: &Glob) -> Option<Option<Glob>> {
        let unknown = || Symbol::Hole(Hole::open());
        let carried = |key: &str| {
            let carried = self.carried(key).ok_or(NotOfRequester)?;
            Ok::<_, NotOfRequester>(match carried.present {
                Truth::True if carried.value.is_literal() => Some(carried.value.symbols().to_vec()),
                Truth::False => None,
                _ => Some(vec![unknown()]),
            })
        };
        glob.filled(carried).ok()
    }

    /// What stands for a variable in the requests of the principal; none where that is not known, or not what says who asks.
    pub(super) fn filling(&self, variable: &str) -> Option<Filling> {
        // Whoever has a policy with its name in it is meant: all of a group share it, and ways of escalation see that it is
        // about oneself.
        if variable == "aws:username" && self.kind() == Some("user") {
            return None;
        }
        self.own_filling(variable)
    }

    /// The same, also of its name.
    pub(super) fn own_filling(&self, variable: &str) -> Option<Filling> {
        let (key, default) = key_and_default(variable);
        let carried = self.carried(key).filter(|_| is_of_requester(key))?;
        match (carried.present, default) {
            (Truth::True, _) => carried.value.is_literal().then_some(Filling::Text(carried.value)),
            (Truth::False, Some(default)) => Some(Filling::Text(Glob::literal(default))),
            (Truth::False, None) => Some(Filling::Nothing),
            (Truth::Unknown, _) if self.retags_at_will(key) => Some(Filling::Text(anything())),
            (Truth::Unknown, _) if self.retags(key) => {
                Some(Filling::Text(Glob::of_symbols([Symbol::Hole(Hole::open())])))
            }
            (Truth::Unknown, _) => None,
        }
    }

    /// Of a value that is an attribute of a user or role of the unit whether it is the principal's.
    fn is_named_by(&self, value: &Value, key: &str) -> Option<Truth> {
        let pieces = value.to_pieces()?;
        let (unknown, session) = match pieces.as_slice() {
            [Piece::Hole(unknown, _)] => (unknown, None),
            [Piece::Hole(unknown, _), Piece::Known(session, _)] if key == "aws:userid" => (unknown, Some(session)),
            _ => return None,
        };
        let reference = unknown.refers.as_ref()?;
        let told_by = match key {
            "aws:principalarn" => ["arn", "arn"],
            "aws:userid" => ["unique_id", "roleid"],
            _ => return None,
        };
        let attribute = reference.attribute.to_ascii_lowercase();
        if !told_by.contains(&&*attribute) {
            return None;
        }
        let index = self.identity.relations.at(&reference.address)?;
        let named = self.identity.principal_at(index)?;
        let kind = self.identity.principals.get(named).map(|principal| &*principal.instance.row.kind)?;
        let Some((own, principal)) = self.principal else { return Some(Truth::Unknown) };
        if own != named {
            let may_be_member = &*principal.instance.row.kind == "group" && kind == "user";
            return Some(if may_be_member { Truth::Unknown } else { Truth::False });
        }
        Some(match (kind, session.map(|session| &**session)) {
            // The id of a role stands before the name of the session.
            ("role", Some(":*")) => Truth::True,
            ("role", Some(session)) if session.starts_with(':') => Truth::Unknown,
            ("role", _) if key == "aws:userid" => Truth::False,
            (_, None) => Truth::True,
            (_, Some(_)) => Truth::False,
        })
    }

    /// What requests of the principal carry for a key; none of a key that does not say who asks.
    fn carried(&self, key: &str) -> Option<Carried> {
        if NEVER_CARRIED.contains(&key) || OF_SERVICES.contains(&key) {
            return Some(Carried::absent());
        }
        if key.starts_with("aws:multifactorauth") {
            return self.second_factor(key);
        }
        if let Some(issuers) = catalogue::issuers_of_credentials(key) {
            return self.has_no_credentials_of(issuers).then(Carried::absent);
        }
        let chars = |text: &str| text.chars().map(Symbol::Char).collect::<Vec<_>>();
        let kind = self.kind();
        let any = || Carried::of([Symbol::Run(Except::Nothing)]);
        Some(match key {
            "aws:principalisawsservice" => Carried::text("false"),
            "aws:principaltype" => match kind {
                Some("user" | "group") => Carried::text("User"),
                Some("role" | "permission-set") => Carried::text("AssumedRole"),
                _ => any(),
            },
            "aws:username" => match (kind, self.principal) {
                (Some("user"), Some((_, user))) => {
                    Carried { present: Truth::True, value: text_of(&name_of(self.identity, &user.instance)) }
                }
                (Some("group"), _) => any(),
                (Some(_), _) => Carried::absent(),
                (None, _) => Carried::perhaps(),
            },
            "aws:federatedprovider" => match kind {
                Some("user" | "group") => Carried::absent(),
                Some("role") => self.provider(),
                Some(_) | None => Carried::perhaps(),
            },
            "aws:userid" => match kind {
                Some("user" | "group") => Carried::of(chars("AIDA").into_iter().chain([Symbol::Run(Except::Both)])),
                Some("role" | "permission-set") => {
                    let session = [Symbol::Run(Except::Both), Symbol::Char(':'), Symbol::Run(Except::Slash)];
                    Carried::of(chars("AROA").into_iter().chain(session))
                }
                _ => any(),
            },
            "aws:principalaccount" | "kms:calleraccount" => Carried::of(self.account()),
            "aws:principalarn" => {
                Carried { present: Truth::True, value: self.arn.get_or_init(|| self.find_arn()).clone() }
            }
            // Paths are many by their type, but each principal has one.
            "aws:principalorgid" | "aws:principalorgpaths" => match self.identity.own_organizations {
                [own] if key == "aws:principalorgid" => Carried::text(own),
                [own] => Carried::of(chars(own).into_iter().chain([Symbol::Char('/'), Symbol::Run(Except::Nothing)])),
                _ => return None,
            },
            _ => self.tag(key.strip_prefix("aws:principaltag/")?),
        })
    }

    /// The ids that the account of the principal may have.
    fn own_ids(&self) -> &'i [String] {
        let accounts = &self.identity.accounts;
        match self.principal {
            Some((_, principal)) => accounts.ids(accounts.at(principal.instance.index)),
            None => self.identity.own_accounts,
        }
    }

    /// The account, as far as it is known. What a permission set becomes in the own account is what policies there see.
    fn account(&self) -> Vec<Symbol> {
        match (self.principal, self.own_ids()) {
            (None, _) => vec![Symbol::Run(Except::Colon)],
            (Some(_), [own]) => own.chars().map(Symbol::Char).collect(),
            (Some(_), _) => {
                let unknown = Unknown::new(Why::Environment(Fact::Account), "the account", Origin::NONE);
                vec![Symbol::Hole(Hole::of(&unknown))]
            }
        }
    }

    /// The ARN, in whatever partition.
    fn find_arn(&self) -> Glob {
        let text = |text: &str| text.chars().map(Symbol::Char).collect::<Vec<_>>();
        let any = || vec![Symbol::Run(Except::Nothing)];
        let mut symbols = text("arn:");
        symbols.push(Symbol::Run(Except::Colon));
        symbols.extend(text(":iam::"));
        symbols.extend(self.account());
        symbols.push(Symbol::Char(':'));
        match self.principal {
            Some((at, principal)) => match &*principal.instance.row.kind {
                "group" => symbols.extend([text("user/"), any()].concat()),
                "permission-set" => {
                    let name = text_of(&self.identity.field(&principal.instance, "name"));
                    symbols.extend([text("role/aws-reserved/sso.amazonaws.com/"), any()].concat());
                    symbols.extend([text("AWSReservedSSO_"), name.symbols().to_vec(), text("_")].concat());
                    symbols.push(Symbol::Run(Except::Both));
                }
                _ => {
                    let own = arn_of_principal(self.identity, at).unwrap_or_default();
                    symbols.extend(own.fields().last().map(|name| name.symbols().to_vec()).unwrap_or_else(any));
                }
            },
            None => symbols.extend(any()),
        }
        Glob::of_symbols(symbols)
    }

    /// What the requests of a role carry of a second factor that nobody can have who assumes it.
    fn second_factor(&self, key: &str) -> Option<Carried> {
        let is_role = self.kind() == Some("role");
        if !is_role || self.holders().others {
            return None;
        }
        Some(match key {
            // Whether it is absent or `false` is up to the service.
            "aws:multifactorauthpresent" => Carried { present: Truth::Unknown, value: Glob::literal("false") },
            _ => Carried::absent(),
        })
    }

    /// Whether the principal never comes by credentials that some services give out.
    fn has_no_credentials_of(&self, issuers: &[&str]) -> bool {
        match self.kind() {
            Some("user" | "group" | "permission-set") => true,
            Some("role") => {
                let holders = self.holders();
                !holders.open && !holders.services.iter().any(|service| issuers.contains(&service.as_str()))
            }
            _ => false,
        }
    }

    /// The identity provider whose users have the credentials of a role; absent from those that services have.
    fn provider(&self) -> Carried {
        let holders = self.holders();
        match holders.providers.as_slice() {
            _ if holders.others || holders.open => Carried::perhaps(),
            [] => Carried::absent(),
            [one] if holders.services.is_empty() => Carried { present: Truth::True, value: text_of(one) },
            _ => Carried::perhaps(),
        }
    }

    fn holders(&self) -> &Holders {
        self.holders.get_or_init(|| self.find_holders())
    }

    /// Who may assume the role, by its trust.
    fn find_holders(&self) -> Holders {
        let unknown = Holders { others: true, open: true, ..Holders::default() };
        let Some((_, role)) = self.principal else { return unknown };
        let document = Document::read(&self.identity.field(&role.instance, "trust"), self.identity.sources);
        if document.rest.is_some() || document.statements.is_empty() {
            return unknown;
        }
        let names = |test: &Test| test.key == "sts:rolesessionname";
        let names_sessions = document.statements.iter().any(|statement| statement.tests.iter().any(names));
        let mut holders = Holders { names_sessions, ..Holders::default() };
        for statement in document.statements.iter().filter(|statement| statement.allows() != Truth::False) {
            let Some(principal) = &statement.principal else { return unknown };
            let (found, rest) = parties(principal, self.identity.own_accounts);
            let is_open = rest.is_some();
            holders.open |= is_open;
            holders.others |= is_open;
            for party in found {
                match party.kind {
                    PartyKind::Service => match service_name(&party.value) {
                        Some(name) => holders.services.push(name),
                        None => holders.open = true,
                    },
                    PartyKind::Oidc | PartyKind::Saml | PartyKind::SharedIssuer => holders.providers.push(party.value),
                    PartyKind::Any | PartyKind::Other | PartyKind::Unknown => {
                        (holders.open, holders.others) = (true, true);
                    }
                    _ => holders.others = true,
                }
            }
        }
        holders
    }

    /// Whether whoever assumes a role may bring tags, which stand before those of the role.
    fn takes_session_tags(&self, role: &Principal<'_>) -> bool {
        let document = Document::read(&self.identity.field(&role.instance, "trust"), self.identity.sources);
        let Some(tags) = catalogue::action("sts:tagsession") else { return true };
        let brings = |statement: &Statement| {
            statement.allows() != Truth::False && statement.actions_reached().possible.contains(tags)
        };
        document.rest.is_some() || document.statements.iter().any(brings)
    }
}

/// A text with its holes, none of which is a wildcard.
fn text_of(value: &Value) -> Glob {
    let Some(pieces) = value.to_pieces().filter(|_| !value.is_null()) else {
        return Glob::of_symbols([Symbol::Hole(Hole::some_text())]);
    };
    let symbols = pieces.into_iter().flat_map(|piece| match piece {
        Piece::Known(text, _) => text.chars().map(Symbol::Char).collect::<Vec<_>>(),
        Piece::Hole(unknown, _) => vec![Symbol::Hole(Hole { literal: true, ..Hole::of(&unknown) })],
    });
    Glob::of_symbols(symbols)
}

/// Whether what is carried is among what is asked for.
fn compared(operator: Operator, asked: &Glob, carried: &Glob) -> Truth {
    let is_text = |glob: &Glob| glob.is_literal() && !glob.has_holes();
    if is_text(asked) && is_text(carried) {
        return Truth::from(asked == carried);
    }
    let is_arn = operator.family == Family::Arn;
    let covers = || if is_arn { asked.covers_arn(carried) } else { asked.covers(carried) };
    let meets = || if is_arn { asked.meets_arn(carried) } else { asked.meets(carried) };
    match covers() {
        Truth::True => Truth::True,
        _ if meets() == Truth::False => Truth::False,
        _ => Truth::Unknown,
    }
}

/// A text with an account for what is not known of it.
fn in_account(carried: &Glob, account: &str) -> Glob {
    let symbols = carried.symbols().iter().flat_map(|symbol| match symbol {
        Symbol::Hole(Hole { fact: Some(Fact::Account), .. }) => account.chars().map(Symbol::Char).collect(),
        other => vec![other.clone()],
    });
    Glob::of_symbols(symbols)
}

/// Whether a pattern and a text end in other letters, whatever stands before.
fn ends_apart(pattern: &str, carried: &Glob) -> bool {
    for (letter, symbol) in pattern.chars().rev().zip(carried.symbols().iter().rev()) {
        match symbol {
            // What ends so may be a wildcard, or the name of a variable.
            Symbol::Char(_) if matches!(letter, '*' | '?' | '}') => return false,
            Symbol::Char(carried) if *carried != letter => return true,
            Symbol::Char(_) => {}
            _ => return false,
        }
    }
    false
}

/// An ARN in the partition that another names: a policy is written for the one that it is used in.
fn with_partition_of(carried: &Glob, asked: &Glob) -> Glob {
    let partition = |glob: &Glob| {
        let is_colon = |symbol: &Symbol| *symbol == Symbol::Char(':');
        let first = glob.symbols().iter().position(is_colon)?;
        let second = glob.symbols().iter().skip(first + 1).position(is_colon)? + first + 1;
        (first == 3).then_some((first + 1, second))
    };
    let (Some((from, to)), Some((start, end))) = (partition(carried), partition(asked)) else { return carried.clone() };
    let (all, theirs) = (carried.symbols(), asked.symbols());
    let is_open = all.get(from..to) == Some(&[Symbol::Run(Except::Colon)]);
    let named = theirs.get(start..end).unwrap_or_default();
    if !is_open || named.iter().any(|symbol| matches!(symbol, Symbol::Run(_) | Symbol::One)) {
        return carried.clone();
    }
    let (before, after) = (all.get(..from).unwrap_or_default(), all.get(to..).unwrap_or_default());
    Glob::of_symbols([before, named, after].concat())
}
