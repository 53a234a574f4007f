//! Tests that say less than they seem to, and contradictions.

use std::cell::Cell;
use std::sync::OnceLock;

use ipnet::IpNet;

use super::Test;
use super::evaluate::{Context, network, number, seconds};
use super::interval::Interval;
use super::operator::{Family, Operator, Order};
use crate::iam::catalogue::{self, Action, KeyType, Presence};
use crate::iam::document::Statement;
use crate::iam::glob::{Glob, Symbol};
use crate::value::{Fact, Truth, Value};

/// What a test comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normal {
    /// It holds for every request.
    Always,
    /// It holds for none.
    Never,
    /// It holds where the key is present, whatever its value.
    Present,
    /// It holds where the key is absent.
    Absent,
    /// It says something of the key's value.
    Says,
}

impl Test {
    /// What the test comes to, whatever the action.
    pub fn normal(&self) -> Normal {
        *self.normal.get(|| self.find_normal())
    }

    fn find_normal(&self) -> Normal {
        match self.by_presence() {
            Normal::Present if self.is_of_every_request() => Normal::Always,
            Normal::Absent if self.is_of_every_request() => Normal::Never,
            Normal::Absent if is_of_no_token(&self.key) => Normal::Always,
            Normal::Present if is_of_no_token(&self.key) => Normal::Never,
            normal => normal,
        }
    }

    /// Whether it holds for every request that somebody signs, which all are but those of the anonymous.
    pub(in crate::iam) fn holds_for_callers(&self) -> bool {
        let is_signed = || catalogue::key(&self.key).is_some_and(|key| key.presence == Presence::Signed);
        match self.normal() {
            Normal::Always => true,
            Normal::Present => is_signed(),
            _ => false,
        }
    }

    fn is_of_every_request(&self) -> bool {
        catalogue::key(&self.key).is_some_and(|key| key.presence == Presence::Always)
    }

    /// What the test comes to, as far as the key may be absent.
    fn by_presence(&self) -> Normal {
        let (Some(operator), Some(_)) = (self.kind(), self.quantity()) else { return Normal::Says };
        if operator.family == Family::Null {
            return match self.wants_absence() {
                Some(true) => Normal::Absent,
                Some(false) => Normal::Present,
                None => Normal::Says,
            };
        }
        let absent_holds = self.holds_when_absent() == Some(true);
        // What is left of a test that holds for every value, or for none.
        let for_all = if absent_holds { Normal::Always } else { Normal::Present };
        let for_none = if absent_holds { Normal::Absent } else { Normal::Never };
        let everything =
            self.values.iter().any(|value| is_everything(operator, value) || self.always_matches(operator, value))
                || self.is_every_address(operator)
                || (operator.family == Family::Bool && self.has_both());
        let nothing = self.rest.is_none() && self.values.iter().all(|value| self.never_matches(operator, value));
        match (everything, nothing, operator.negated) {
            (true, _, false) | (_, true, true) => for_all,
            (_, true, false) | (true, _, true) => for_none,
            _ => Normal::Says,
        }
    }

    /// What the test comes to for requests of one action: a key that they never carry is absent, and one that each of them
    /// carries is there.
    pub fn normal_for(&self, action: &Action) -> Normal {
        if !self.may_be_present_for(action) {
            return match self.holds_when_absent() {
                Some(true) => Normal::Always,
                Some(false) => Normal::Never,
                None => Normal::Says,
            };
        }
        match (self.holds_in_regions_of(action), self.normal()) {
            (Some(Truth::True), _) => Normal::Always,
            (Some(Truth::False), _) => Normal::Never,
            (_, Normal::Present) if self.is_in_each_request_for(action) => Normal::Always,
            (_, Normal::Absent) if self.is_in_each_request_for(action) => Normal::Never,
            (_, normal) => normal,
        }
    }

    /// Whether each request for an action carries the key: the policy that is attached, and the permissions boundary that is
    /// put around somebody. All else that is done to somebody tells of the boundary that is there, if one is.
    pub(in crate::iam) fn is_in_each_request_for(&self, action: &Action) -> bool {
        let is_put = || action.name.starts_with("Put") && action.name.ends_with("PermissionsBoundary");
        match self.key.as_str() {
            "iam:policyarn" => action.has_condition_key(&self.key),
            "iam:permissionsboundary" => action.service == "iam" && is_put(),
            _ => false,
        }
    }

    /// Whether a test on the region holds for the requests of an action that are all made in one region. None of any other
    /// test and action, and where it holds in some partitions of AWS alone.
    pub(in crate::iam) fn holds_in_regions_of(&self, action: &Action) -> Option<Truth> {
        const REGION: &str = "aws:requestedregion";
        // Which region a variable names is not known.
        let varies = |value: &Value| value.as_str().is_some_and(|text| text.contains("${"));
        if self.key != REGION || self.values.iter().any(varies) {
            return None;
        }
        let holds = |region: &&str| self.holds(&Context::default().with(REGION, [*region]), false);
        let found: Vec<Truth> = catalogue::only_regions(action)?.iter().map(holds).collect();
        match Truth::all(found.iter().copied()) {
            Truth::True => Some(Truth::True),
            _ if found.contains(&Truth::True) => None,
            _ => Some(Truth::any(found)),
        }
    }

    /// Whether what it comes to depends on the action.
    pub(in crate::iam) fn depends_on_action(&self) -> bool {
        self.key == "aws:requestedregion" || self.is_of_some_actions()
    }

    /// Whether requests of an action may carry the key. Keys that nothing is known of may be there.
    pub fn may_be_present_for(&self, action: &Action) -> bool {
        !self.is_of_some_actions() || action.has_condition_key(&self.key)
    }

    /// Whether only the requests of some actions may carry the key.
    pub(super) fn is_of_some_actions(&self) -> bool {
        *self.of_some_actions.get(|| {
            let of_resources = ["aws:requesttag/", "aws:resourcetag/", "aws:tagkeys"];
            let listed_only = of_resources.iter().any(|start| self.key.starts_with(start));
            catalogue::key(&self.key).is_some_and(|key| key.presence == Presence::PerAction || listed_only)
        })
    }

    /// The values with a wildcard that is none, since the operator compares literally: nearly always a mistake.
    pub fn literal_wildcards(&self) -> Vec<&Value> {
        let literal =
            self.kind().is_some_and(|operator| matches!(operator.family, Family::Text | Family::TextIgnoringCase));
        let stars = |text: &str| text.replace("${*}", "").replace("${?}", "").contains(['*', '?']);
        let has_wildcard = |value: &&Value| match value.as_str() {
            Some(text) => stars(text),
            // What is known of it is enough.
            None => value.to_joined_pieces().is_some_and(|pieces| {
                pieces.iter().any(|piece| matches!(piece, crate::value::Piece::Known(text, _) if stars(text)))
            }),
        };
        self.values.iter().filter(|_| literal).filter(has_wildcard).collect()
    }

    /// The values that no request can have, of a test that others may fulfil.
    pub(in crate::iam) fn dead_values(&self) -> Vec<&Value> {
        // Whoever asks for a claim that is never there, and for nothing where it is not, asks for no value.
        if self.quantity().is_none() || self.normal() == Normal::Never || is_of_no_token(&self.key) {
            return Vec::new();
        }
        self.values.iter().filter(|value| self.is_dead(value)).collect()
    }

    /// Whether no request can have a value that is asked for.
    pub(in crate::iam) fn is_dead(&self, value: &Value) -> bool {
        self.kind().is_some_and(|operator| !operator.negated && self.never_matches(operator, value))
    }

    /// Whether a request must have one of the values, and each has a wildcard that is none: no request has.
    pub fn asks_for_literal_wildcards(&self) -> bool {
        let strict = self.is_positive() && self.holds_when_absent() == Some(false) && self.rest.is_none();
        strict && !self.values.is_empty() && self.literal_wildcards().len() == self.values.len()
    }

    /// Whether it names `true` and `false`.
    fn has_both(&self) -> bool {
        let has =
            |word: &str| self.values.iter().any(|one| one.scalar_text().is_some_and(|t| t.eq_ignore_ascii_case(word)));
        has("true") && has("false")
    }

    fn is_every_address(&self, operator: Operator) -> bool {
        let ranges: Vec<IpNet> = self.values.iter().filter_map(|value| network(value.as_str()?)).collect();
        let whole = |v4: bool| {
            let of_kind = ranges.iter().copied().filter(|range| range.addr().is_ipv4() == v4).collect::<Vec<_>>();
            IpNet::aggregate(&of_kind).iter().any(|range| range.prefix_len() == 0)
        };
        operator.family == Family::Address && whole(true) && whole(false)
    }

    /// Whether all that a request can have is later than a value, and asked to be.
    fn always_matches(&self, operator: Operator, value: &Value) -> bool {
        let order = self.order_of_past(operator, value);
        order.is_some_and(|order| matches!(order, Order::Greater | Order::AtLeast))
    }

    /// How a test on a time compares with a value that every request from now on is later than. Nobody asks before the day of
    /// the catalogue, nor with a session that began long before it.
    fn order_of_past(&self, operator: Operator, value: &Value) -> Option<Order> {
        /// The longest that a session lasts, in seconds: three days are more than any.
        const SESSION: i64 = 3 * 24 * 60 * 60;
        let text = value.scalar_text()?;
        #[expect(clippy::cast_possible_truncation, reason = "a number of seconds is whole")]
        let (order, bound) = match operator.family {
            Family::Date(order) => (order, seconds(&text)?),
            Family::Number(order) if self.key == "aws:epochtime" => (order, number(&text)? as i64),
            _ => return None,
        };
        let earliest = match self.key.as_str() {
            "aws:currenttime" | "aws:epochtime" => today()?,
            "aws:tokenissuetime" => today()? - SESSION,
            _ => return None,
        };
        (bound < earliest).then_some(order)
    }

    /// Whether no request can have a value that this one matches.
    fn never_matches(&self, operator: Operator, value: &Value) -> bool {
        let Some(text) = value.scalar_text() else { return self.key == IDENTITY_POOL && !may_be_identity_pool(value) };
        let has_variable = operator.has_variables() && text.contains("${");
        match operator.family {
            _ if has_variable => false,
            _ if self.order_of_past(operator, value).is_some_and(|o| !matches!(o, Order::Greater | Order::AtLeast)) => {
                true
            }
            Family::Number(_) => number(&text).is_none(),
            Family::Date(_) => seconds(&text).is_none(),
            Family::Bool => !text.eq_ignore_ascii_case("true") && !text.eq_ignore_ascii_case("false"),
            Family::Address => network(&text).is_none_or(|range| self.key == "aws:sourceip" && is_private(&range)),
            Family::Text | Family::TextIgnoringCase | Family::Pattern | Family::Arn => {
                !can_be(&self.key, &text, operator.has_wildcards())
            }
            Family::Binary | Family::Null => false,
        }
    }
}

/// The beginning of the day of the catalogue: it is not earlier than that.
fn today() -> Option<i64> {
    static TODAY: OnceLock<Option<i64>> = OnceLock::new();
    *TODAY.get_or_init(|| seconds(&catalogue::date()))
}

fn is_everything(operator: Operator, value: &Value) -> bool {
    let stars = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte == b'*');
    operator.has_wildcards() && value.as_str().is_some_and(stars)
}

/// Whether a range holds only addresses that no request comes from over the internet.
pub(crate) fn is_private(range: &IpNet) -> bool {
    const PRIVATE: [&str; 10] = [
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "127.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
        "fec0::/10",
    ];
    static RANGES: OnceLock<Vec<IpNet>> = OnceLock::new();
    let ranges = RANGES.get_or_init(|| PRIVATE.iter().filter_map(|private| network(private)).collect());
    ranges.iter().any(|private| private.contains(range))
}

/// The claim of Cognito that says of which identity pool a token is.
pub(in crate::iam) const IDENTITY_POOL: &str = "cognito-identity.amazonaws.com:aud";

/// Whether a text is the id of an identity pool: `REGION:UUID`.
pub(in crate::iam) fn is_identity_pool(text: &str) -> bool {
    text.split_once(':').is_some_and(|(region, id)| region.split('-').count() >= 3 && uuid::Uuid::try_parse(id).is_ok())
}

/// Whether a value of which not all is known may be one. A region is none, whichever it is.
fn may_be_identity_pool(value: &Value) -> bool {
    let Some(glob) = Glob::of_value(value, true) else { return true };
    let symbols = glob.symbols().iter().flat_map(|symbol| match symbol {
        Symbol::Hole(hole) if hole.fact == Some(Fact::Region) => "a-b-1".chars().map(Symbol::Char).collect(),
        other => vec![other.clone()],
    });
    Glob::of_symbols(symbols).widest().meets(&Glob::pattern("*-*-*:*-*-*-*-*")) != Truth::False
}

/// Whether a key is a claim that AWS does not take from the tokens of an issuer: it is never there.
fn is_of_no_token(key: &str) -> bool {
    key.starts_with("token.actions.githubusercontent.com:") && !key.contains('/') && catalogue::key(key).is_none()
}

/// Whether STS takes a text for an external id. A wildcard that is none is told of as such.
fn is_external_id(text: &str) -> bool {
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-*?".contains(&byte);
    (2..=1224).contains(&text.len()) && text.bytes().all(is_one)
}

/// Whether the values of a key can look so.
fn can_be(key: &str, text: &str, wildcards: bool) -> bool {
    if wildcards && text.contains(['*', '?']) {
        return true;
    }
    // Neither names of identities nor sessions hold a `*`, which is none where texts are compared letter by letter.
    let of_identities =
        ["aws:principalarn", "aws:userid", "aws:username", "iam:policyarn", "iam:permissionsboundary"].contains(&key);
    if of_identities && text.replace("${*}", "").contains(['*', '?']) {
        return false;
    }
    let is_hex = |text: &str| matches!(text.len(), 8 | 17) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match key {
        IDENTITY_POOL => is_identity_pool(text),
        "sts:externalid" => is_external_id(text),
        "aws:sourcevpc" => text.strip_prefix("vpc-").is_some_and(is_hex),
        "aws:sourcevpce" => text.strip_prefix("vpce-").is_some_and(is_hex),
        "aws:principalaccount"
        | "aws:sourceaccount"
        | "aws:resourceaccount"
        | "aws:vpceaccount"
        | "kms:calleraccount" => crate::iam::principal::is_account_id(text),
        "aws:principalorgid" | "aws:sourceorgid" | "aws:resourceorgid" | "aws:vpceorgid" => {
            text.starts_with("o-") && !text.contains(['*', '?'])
        }
        _ => match catalogue::key(key).map(|key| key.kind) {
            Some(KeyType::Arn) => text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("arn:")),
            Some(KeyType::Bool) => text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"),
            Some(_) => true,
            None => !is_of_no_token(key),
        },
    }
}

/// More tests of a condition are not held against each other.
const MAX_TESTS: usize = 100;

impl Statement {
    /// Whether what its tests keep out is the same for every action.
    pub(in crate::iam) fn keeps_out_alike(&self) -> bool {
        !self.tests.iter().any(Test::depends_on_action)
    }

    /// Whether its tests keep out all requests of an action, asked of many actions.
    pub(in crate::iam) fn keeps_out(&self) -> impl Fn(&Action) -> bool {
        let tests: Vec<&Test> = self.tests.iter().filter(|test| test.depends_on_action()).collect();
        // Which regions answer is the same for all actions of a service.
        let by_keys = tests.iter().any(|test| test.is_of_some_actions());
        let find = move |action: &Action| tests.iter().any(|test| test.normal_for(action) == Normal::Never);
        // Actions come in their order: those that are asked about alike mostly follow each other.
        let before = Cell::new(None);
        move |action| {
            // A request for `iam:PassRole` is made in a region of another service.
            let asked = if by_keys { action.asked_about() } else { Default::default() };
            let like = (action.service, asked, action.name == "PassRole");
            if let Some((_, answer)) = before.get().filter(|(found, _)| *found == like) {
                return answer;
            }
            let answer = find(action);
            before.set(Some((like, answer)));
            answer
        }
    }

    /// Whether the condition holds for every request of somebody, whatever it is for.
    pub(in crate::iam) fn is_of_every_caller(&self) -> bool {
        self.more_tests.is_none() && self.tests.iter().all(Test::holds_for_callers)
    }

    /// Whether no request of an action fulfils the condition: a test holds for none, or two contradict each other.
    pub fn never_matches(&self, action: Option<&Action>) -> bool {
        let normal = |test: &Test| action.map_or_else(|| test.normal(), |action| test.normal_for(action));
        let never = self.tests.iter().any(|test| normal(test) == Normal::Never);
        let of_key = |key: &str| self.tests.iter().filter(move |test| test.key == key).map(normal).collect::<Vec<_>>();
        let contradiction = self.tests.iter().filter(|test| normal(test) == Normal::Absent).any(|test| {
            of_key(&test.key).contains(&Normal::Present)
                || self.tests.iter().any(|other| {
                    other.key == test.key && normal(other) == Normal::Says && other.holds_when_absent() == Some(false)
                })
        });
        never
            || contradiction
            || self.tests.iter().any(|test| self.interval_is_empty(&test.key))
            || self.contradiction().is_some()
    }

    /// A test that asks a key for what another one keeps it from being, or not to be there at all.
    pub(in crate::iam) fn contradiction(&self) -> Option<&Test> {
        let tests: Vec<&Test> = self.tests.iter().take(MAX_TESTS).collect();
        let excluded = |at: usize, test: &Test| {
            let mut before = tests.iter().take(at).copied().filter(|other| other.key == test.key).peekable();
            let is_present = before.peek().is_some() && self.asks_for(&test.key);
            before.find(|other| other.excludes_where(test, is_present))
        };
        let (test, other) = tests.iter().enumerate().find_map(|(at, test)| Some((*test, excluded(at, test)?)))?;
        Some(if other.normal() == Normal::Absent { other } else { test })
    }

    /// Whether a key is there in all requests that fulfil the condition.
    fn asks_for(&self, key: &str) -> bool {
        self.tests.iter().any(|test| test.key == key && test.holds_when_absent() == Some(false))
    }

    /// Whether the numeric or date tests on a key leave no value.
    fn interval_is_empty(&self, key: &str) -> bool {
        let mut left = Interval::EVERYTHING;
        let is_present = self.asks_for(key);
        let on_key = || {
            let tests = self.tests.iter().filter(|test| test.key == key && test.qualifier.is_none());
            tests.filter_map(|test| Some((test, test.kind()?)))
        };
        for (test, operator) in on_key().filter(|(test, operator)| !operator.negated && test.rest.is_none()) {
            let [value] = test.values.as_slice() else { continue };
            let one = value.scalar_text().and_then(|text| Interval::of(operator, &text));
            left = one.filter(|_| is_present).map_or(left, |one| left.and(one));
        }
        let forbids = |(test, operator): (&Test, Operator)| {
            let all = test.values.iter().filter_map(|value| Interval::of(operator, &value.scalar_text()?));
            operator.negated && all.into_iter().any(|all| all.covers(left))
        };
        left.is_empty() || (is_present && on_key().any(forbids))
    }
}
