//! The exposure of a policy: its widest statement, after conditions, denials and public-access blocks.

use std::cell::OnceCell;
use std::sync::Arc;

use super::block::PublicAccessBlock;
use super::bound::Callers;
use super::carrier::{Carrier, takes_unsigned};
use super::deny::Denials;
use super::issuer::Subject;
use super::level::{Exposure, Level};
use crate::iam::catalogue::Tie;
use crate::iam::condition::Context;
use crate::iam::denial::{Bound, Loose, Named, Remainder, Verdict};
use crate::iam::document::{Document, Statement};
use crate::iam::principal::{Account, Party, PartyKind, is_account_id, parties};
use crate::value::{Truth, Unknown, Why};

/// What is known of whose deployment it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'k> {
    /// The ids of the own account or accounts. None: an id may be the own one.
    pub accounts: &'k [String],
    /// The ids of the own organization. None: an id may be the own one.
    pub organizations: &'k [String],
    /// The account that resources of the deployment are in as it seems, where no other is known: at most one.
    pub likely: &'k [String],
}

impl<'k> Known<'k> {
    /// The ids that are taken for the own account. That another one is foreign does not follow, unless `accounts` says so.
    pub(in crate::iam) fn own(&self) -> &'k [String] {
        if self.accounts.is_empty() { self.likely } else { self.accounts }
    }
}

/// How far each statement of a policy opens what it stands on, and the policy as a whole.
#[derive(Clone, Debug)]
pub struct Exposures {
    /// By statement, in order, after everything that keeps the public out.
    pub statements: Vec<Exposure>,
    /// The widest of them, and of what the policy may hold besides.
    pub whole: Exposure,
    /// The widest before blocks of public access.
    pub unblocked: Exposure,
}

/// Services that assume roles named by whoever calls them, or whose documentation asks for the guard: only their trust is
/// judged by `aws:SourceArn` and its like. Roles of other services are passed within one account.
const CONFUSED: [&str; 15] = [
    "cloudformation",
    "config",
    "vpc-flow-logs",
    "delivery.logs",
    "scheduler",
    "states",
    "pipes",
    "bedrock",
    "appflow",
    "chatbot",
    "management.chatbot",
    "sagemaker",
    "glue",
    "rolesanywhere",
    "datasync",
];

impl Document {
    /// How far the policy opens what it stands on.
    pub fn exposure(&self, carrier: Carrier, known: Known<'_>, block: &PublicAccessBlock) -> Exposure {
        self.exposures(carrier, known, block).whole
    }

    /// How far each of its statements opens it, after the denials of the whole document and after what keeps the public out.
    pub fn exposures(&self, carrier: Carrier, known: Known<'_>, block: &PublicAccessBlock) -> Exposures {
        let place = self.statements.first().map_or(crate::source::Origin::NONE, |statement| statement.value.origin);
        let nobody = |place| Exposure::of(Level::None, Level::None, place);
        let public = self.is_public(carrier);
        let (mut whole, mut unblocked) = (nobody(place), nobody(place));
        let mut statements = Vec::with_capacity(self.statements.len());
        for statement in &self.statements {
            if carrier == Carrier::Endpoint {
                statements.push(nobody(statement.value.origin));
                continue;
            }
            let (services, others) = self.let_in(statement, carrier, known);
            unblocked = unblocked.or(services.clone()).or(others.clone());
            let left = block.applied(services, others, public, statement.opens(carrier));
            whole = whole.or(left.clone());
            statements.push(left);
        }
        if let Some(unknown) = &self.rest {
            let most = widest_of(carrier);
            let open = Exposure { unknown: Some(unknown.clone()), ..Exposure::of(Level::None, most, place) };
            unblocked = unblocked.or(open.clone());
            whole = whole.or(block.applied(nobody(place), open, public, Truth::True));
        }
        Exposures { statements, whole, unblocked }
    }

    /// Whom one statement lets in, by way of services and otherwise.
    fn let_in(&self, statement: &Statement, carrier: Carrier, known: Known<'_>) -> (Exposure, Exposure) {
        let place = statement.value.origin;
        let nobody = Exposure::of(Level::None, Level::None, place);
        let allows = statement.allows();
        let empty = |elements: &Option<crate::iam::Elements>| {
            elements.as_ref().is_some_and(|elements| elements.items.is_empty() && elements.rest.is_none())
        };
        if allows == Truth::False || empty(&statement.actions) || empty(&statement.resources) {
            return (nobody.clone(), nobody);
        }
        let (mut found, rest) = statement.principal.as_ref().map(|p| parties(p, known.own())).unwrap_or_default();
        if let Some(not) = &statement.not_principal {
            found.push(Party { kind: PartyKind::Any, account: Account::None, value: not.clone() });
        }
        let (mut services, mut others) = (nobody.clone(), nobody);
        let left = Left::of(self, statement, known);
        for party in &found {
            let one = left.party_exposure(party, carrier, known);
            // Who is left of everybody may be services alone.
            let served = party.kind == PartyKind::Service || one.at_most == Level::AnyServiceCaller;
            if served { services = services.or(one) } else { others = others.or(one) }
        }
        if let Some(unknown) = rest {
            let open = Exposure { unknown: Some(unknown), ..Exposure::of(Level::None, widest_of(carrier), place) };
            others = others.or(open);
        }
        if allows == Truth::Unknown {
            for one in [&mut services, &mut others] {
                one.at_least = Level::None;
                one.unknown = one.unknown.take().or_else(|| statement.effect.first_unknown().cloned());
            }
        }
        (services, others)
    }
}

/// How far remainders cut down those who are let in: the same for every party of a statement that calls in the same way.
#[derive(Clone, Copy)]
struct Cut {
    /// The least and the most that is left, where anything is known to cut.
    levels: Option<(Level, Level)>,
    /// Something may cut.
    unknown: bool,
    /// All that cuts does so by a name that can change hands.
    weak: bool,
    /// By the id of a user or role.
    of_id: bool,
}

impl Cut {
    const NOTHING: Cut = Cut { levels: None, unknown: false, weak: true, of_id: false };

    /// None of the remainders are those that are not known.
    fn of<'r>(remainders: impl Iterator<Item = Option<&'r Remainder>>, is_service: bool, known: Known<'_>) -> Cut {
        remainders.fold(Cut::NOTHING, |cut, remainder| cut.and(Cut::by(remainder, is_service, known)))
    }

    fn by(remainder: Option<&Remainder>, is_service: bool, known: Known<'_>) -> Cut {
        match remainder {
            Some(Remainder::Everybody) => Cut::NOTHING,
            Some(Remainder::Unknown) | None => Cut { unknown: true, ..Cut::NOTHING },
            Some(Remainder::Nobody) => Cut { levels: Some((Level::None, Level::None)), weak: false, ..Cut::NOTHING },
            Some(Remainder::Bound(bounds)) => {
                let levels = bounds.iter().map(|bound| of_bound(bound, is_service, known));
                let levels = levels.fold((Level::None, Level::None), |(a, b), (c, d)| (a.max(c), b.max(d)));
                Cut {
                    levels: Some(levels),
                    weak: bounds.iter().any(|bound| bound.weak),
                    of_id: bounds.iter().any(|bound| bound.key == "aws:userid"),
                    ..Cut::NOTHING
                }
            }
        }
    }

    fn and(self, other: Cut) -> Cut {
        let levels = match (self.levels, other.levels) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.min(d))),
            (levels, others) => levels.or(others),
        };
        Cut {
            levels,
            unknown: self.unknown || other.unknown,
            weak: self.weak && other.weak,
            of_id: self.of_id || other.of_id,
        }
    }
}

/// Who is left of the callers of one statement, found once for all its parties.
struct Left<'d> {
    document: &'d Document,
    statement: &'d Statement,
    denials: Denials<'d>,
    known: Known<'d>,
    /// By denials, of services and of others.
    denied: [OnceCell<Cut>; 2],
    /// By its own condition, of services and of others in each way of calling; and whether a shared secret guards it.
    own: [OnceCell<(Cut, bool)>; 6],
    reason: OnceCell<Option<Arc<Unknown>>>,
}

impl<'d> Left<'d> {
    fn of(document: &'d Document, statement: &'d Statement, known: Known<'d>) -> Left<'d> {
        let denials = document.denials_of(statement);
        Left {
            document,
            statement,
            denials,
            known,
            denied: [const { OnceCell::new() }; 2],
            own: [const { OnceCell::new() }; 6],
            reason: OnceCell::new(),
        }
    }

    fn denied(&self, is_service: bool) -> Cut {
        let [of_others, of_services] = &self.denied;
        let cell = if is_service { of_services } else { of_others };
        *cell.get_or_init(|| Cut::of(self.denials.remainders(), is_service, self.known))
    }

    fn own(&self, callers: Callers, is_service: bool) -> (Cut, bool) {
        let find = || {
            let remainders = self.statement.remainders(callers);
            let secret = |(_, verdict): (_, Verdict)| verdict == Verdict::Not(Loose::SharedSecret);
            let cut = Cut::of(remainders.iter().map(Some), is_service, self.known);
            (cut, self.statement.bounds(callers).into_iter().any(secret))
        };
        let way = match callers {
            Callers::Anyone => 0,
            Callers::Signed => 1,
            Callers::Federated => 2,
        };
        let cell = self.own.get(2 * way + usize::from(is_service));
        cell.map_or_else(find, |cell| *cell.get_or_init(find))
    }

    /// Why it is not known who is left.
    fn reason(&self) -> Option<Arc<Unknown>> {
        let of_denial = |(denial, _): &(&Statement, Truth)| denial.value.first_unknown().cloned();
        let find = || {
            let own = reason(self.statement);
            let of_denials = || self.denials.found.iter().find_map(of_denial);
            own.or_else(of_denials).or_else(|| self.document.rest.clone()).or_else(|| self.denials.limit.clone())
        };
        self.reason.get_or_init(find).clone()
    }

    fn party_exposure(&self, party: &Party, carrier: Carrier, known: Known<'_>) -> Exposure {
        let statement = self.statement;
        let origin = party.value.origin;
        let base = |at_least, at_most| Exposure::of(at_least, at_most, origin);
        let callers = match party.kind {
            PartyKind::Any if !takes_unsigned(carrier) => Callers::Signed,
            PartyKind::Any | PartyKind::Unknown => Callers::Anyone,
            PartyKind::Oidc | PartyKind::Saml | PartyKind::SharedIssuer => Callers::Federated,
            _ => Callers::Signed,
        };
        let misfit = || party.kind.assumes_by().is_some() && statement.fits(party.kind) == Truth::False;
        if carrier == Carrier::Trust && (misfit() || statement.admits_nobody() || !statement.may_be_used_by(party)) {
            return base(Level::None, Level::None);
        }
        let mut exposure = match party.kind {
            PartyKind::Any => base(widest_of(carrier), widest_of(carrier)),
            PartyKind::Service if carrier == Carrier::Trust => match is_confused(party) {
                Truth::True => base(Level::AnyServiceCaller, Level::AnyServiceCaller),
                Truth::False => base(Level::ServiceBounded, Level::ServiceBounded),
                Truth::Unknown => {
                    let unknown = party.value.first_unknown().cloned();
                    Exposure { unknown, ..base(Level::ServiceBounded, Level::AnyServiceCaller) }
                }
            },
            PartyKind::Service => base(Level::AnyServiceCaller, Level::AnyServiceCaller),
            PartyKind::Saml => base(Level::OwnAccount, Level::OwnAccount),
            PartyKind::SharedIssuer => base(Level::SharedIssuer, Level::SharedIssuer),
            PartyKind::Oidc => oidc(self.document, statement, party, base(Level::None, Level::None)),
            PartyKind::Dead => return base(Level::None, Level::None),
            PartyKind::Canonical if is_origin_access(party) => base(Level::ServiceBounded, Level::ServiceBounded),
            // The canonical id of an account is not its number.
            PartyKind::Canonical => base(Level::OwnAccount, Level::ExternalAccount),
            PartyKind::Other | PartyKind::User | PartyKind::Role | PartyKind::FederatedUser if refused(party) => {
                return base(Level::None, Level::None);
            }
            PartyKind::Unknown => {
                let unknown = party.value.first_unknown().cloned();
                Exposure { unknown, ..base(Level::None, widest_of(carrier)) }
            }
            _ => account(&party.account, known, base(Level::None, Level::None)),
        };
        let is_service = party.kind == PartyKind::Service;
        let (own, secret) = self.own(callers, is_service);
        // The claims of its issuer have had their say.
        let own = if party.kind == PartyKind::Oidc { Cut::NOTHING } else { own };
        let cut = own.and(self.denied(is_service));
        // What may keep some out matters only where nothing else does.
        if let Some((least, most)) = cut.levels {
            let unlike = || Unknown::new(Why::AfterApply, "the account of what a condition names", origin);
            let unknown = exposure.unknown.clone().or_else(|| cut.of_id.then(|| Arc::new(unlike())));
            exposure = Exposure { unknown, weak: cut.weak, ..exposure.within(least, most) };
        } else if cut.unknown || self.document.rest.is_some() {
            let unknown = exposure.unknown.clone().or_else(|| self.reason());
            exposure = Exposure { at_least: Level::None, unknown, ..exposure };
        }
        if party.kind == PartyKind::Any && statement.wants_signed_url() {
            exposure = exposure.within(Level::AnyAws, Level::AnyAws);
        }
        if party.kind == PartyKind::SharedIssuer && exposure.at_most > Level::None {
            exposure = guests(statement, party, exposure);
        }
        exposure.guarded_by_secret = secret;
        exposure
    }
}

impl Statement {
    /// Whether it holds for the URL of a function that takes signed requests only.
    fn wants_signed_url(&self) -> bool {
        let signed = |value: &crate::value::Value| value.as_str() == Some("AWS_IAM");
        let wants = |test: &crate::iam::condition::Test| {
            test.key == "lambda:functionurlauthtype"
                && test.is_positive()
                && test.holds_when_absent() == Some(false)
                && test.rest.is_none()
                && !test.values.is_empty()
                && test.values.iter().all(signed)
        };
        self.tests.iter().any(wants)
    }
}

/// An identity pool may let in guests, who are everybody, unless `amr` asks for a log-in.
fn guests(statement: &Statement, party: &Party, exposure: Exposure) -> Exposure {
    const AMR: &str = "cognito-identity.amazonaws.com:amr";
    if party.value.as_str() != Some("cognito-identity.amazonaws.com") {
        return exposure;
    }
    let guest = Context::default().with(AMR, ["unauthenticated"]);
    let tests = statement.tests.iter().filter(|test| test.key == AMR);
    let admits = tests.clone().map(|test| test.holds(&guest, statement.variables));
    match (Truth::all(admits), tests.count()) {
        (Truth::False, _) => exposure,
        (Truth::True, 1..) => Exposure { at_least: Level::Anonymous, at_most: Level::Anonymous, ..exposure },
        _ => {
            let unlike = || {
                Arc::new(Unknown::new(Why::AfterApply, "whether the identity pool takes guests", party.value.origin))
            };
            let unknown = Some(exposure.unknown.clone().unwrap_or_else(unlike));
            Exposure { at_most: Level::Anonymous, unknown, ..exposure }
        }
    }
}

/// What `"*"` is.
fn widest_of(carrier: Carrier) -> Level {
    match carrier {
        Carrier::Bucket | Carrier::Unsigned => Level::Anonymous,
        // Unsigned requests come only through its mount targets, signed ones from everywhere.
        Carrier::FileSystem => Level::AnyAws,
        Carrier::Endpoint => Level::None,
        Carrier::Trust | Carrier::Key | Carrier::Secret | Carrier::Other => Level::AnyAws,
    }
}

/// Whether a service assumes roles that strangers may name to it.
pub(in crate::iam) fn is_confused(party: &Party) -> Truth {
    let is_region = |text: &str| text.split('-').count() >= 3 && text.ends_with(|last: char| last.is_ascii_digit());
    let known = party.value.as_str().map_or_else(|| party.value.known_prefix(), str::to_owned);
    if party.value.as_str().is_none() && !known.contains('.') {
        return Truth::Unknown;
    }
    if known == "*" {
        return Truth::True;
    }
    // A region or a suffix that is not known follows the name.
    let name = known.split_once(".amazon").map_or(&*known, |(name, _)| name).trim_end_matches('.');
    let without_region = name.rsplit_once('.').filter(|(_, region)| is_region(region)).map_or(name, |(name, _)| name);
    Truth::from(CONFUSED.contains(&without_region))
}

fn is_origin_access(party: &Party) -> bool {
    party.value.with_holes_as_wildcards().is_some_and(|text| text.contains(":iam::cloudfront:user/"))
}

/// Groups and instance profiles can be no principals, and a wildcard stands in no ARN.
fn refused(party: &Party) -> bool {
    let Some(text) = party.value.as_str() else { return false };
    text.contains(":group/") || text.contains(":instance-profile/") || text.contains(['*', '?'])
}

fn account(account: &Account, known: Known<'_>, base: Exposure) -> Exposure {
    match account {
        Account::Own => Exposure { at_least: Level::OwnAccount, at_most: Level::OwnAccount, ..base },
        // Without knowing the own account, another one may be it.
        Account::Id(_) if known.accounts.is_empty() => {
            Exposure { at_least: Level::OwnAccount, at_most: Level::ExternalAccount, ..base }
        }
        Account::Id(_) => Exposure { at_least: Level::ExternalAccount, at_most: Level::ExternalAccount, ..base },
        Account::Unknown(unknown) => Exposure {
            at_least: Level::OwnAccount,
            at_most: Level::ExternalAccount,
            unknown: Some(unknown.clone()),
            ..base
        },
        Account::None => base,
    }
}

/// Those whom the conditions on the issuer's claims leave.
fn oidc(document: &Document, statement: &Statement, party: &Party, base: Exposure) -> Exposure {
    let let_in = document.lets_in_of(statement, party);
    let undecided = let_in.unknown;
    let level = match let_in.subject {
        Subject::Nobody => Level::None,
        Subject::Exact | Subject::Project | Subject::Owner => Level::OwnAccount,
        Subject::OtherOwners | Subject::Anyone | Subject::Unknown => Level::SharedIssuer,
    };
    let open = undecided.is_some() && level == Level::SharedIssuer;
    let at_least = if open { Level::None } else { level };
    Exposure { at_least, at_most: level, unknown: undecided.filter(|_| open), ..base }
}

fn reason(statement: &Statement) -> Option<Arc<Unknown>> {
    let values = statement.tests.iter().flat_map(|test| &test.values).find_map(|value| value.first_unknown().cloned());
    values.or_else(|| statement.more_tests.clone())
}

/// The level of those whom a bound leaves: the least and the most that it may be.
fn of_bound(bound: &Bound, is_service: bool, known: Known<'_>) -> (Level, Level) {
    let own = if is_service { Level::ServiceBounded } else { Level::OwnAccount };
    let of_names = |ids: &[String], own: Level, other: Level| {
        let one = |name: &Named| match name {
            Named::Own => (own, own),
            Named::Id(id) if is_account_id(id) && known.own().contains(id) => (own, own),
            Named::Id(id) if ids.contains(id) => (own, own),
            Named::Id(_) if ids.is_empty() => (own, other),
            Named::Id(_) => (other, other),
        };
        let all = bound.names.iter().map(one);
        all.reduce(|(a, b), (c, d)| (a.max(c), b.max(d))).unwrap_or((own, own))
    };
    match bound.tie {
        Tie::Organization => of_names(known.organizations, Level::OwnOrganization, Level::ExternalOrganization),
        Tie::Source if bound.key.contains("org") => {
            of_names(known.organizations, own.max(Level::OwnOrganization), Level::ExternalOrganization)
        }
        Tie::Account | Tie::Source => of_names(known.accounts, own, Level::ExternalAccount),
        Tie::Principal if bound.key == "aws:principalarn" => of_names(known.accounts, own, Level::ExternalAccount),
        // The id of a user or role says nothing of its account.
        Tie::Principal if bound.key == "aws:userid" => (own, Level::ExternalAccount),
        Tie::Principal => (own, own),
        Tie::Network => (Level::Network, Level::Network),
        Tie::Service => (Level::AnyServiceCaller, Level::AnyServiceCaller),
        Tie::None => (Level::Anonymous, Level::Anonymous),
    }
}
