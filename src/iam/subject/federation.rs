//! Whose tokens a trust lets in: the claims that its conditions fix.

use std::sync::Arc;

use super::{open_list, truth_value};
use crate::iam::catalogue;
use crate::iam::condition::{Operator, Test};
use crate::iam::document::{Document, Statement};
use crate::iam::exposure::{Callers, Loose, Subject, Verdict, is_for_anyone};
use crate::iam::glob::Glob;
use crate::iam::principal::{Party, PartyKind};
use crate::iam::provider::Listed;
use crate::source::Origin;
use crate::value::{Piece, Truth, Unknown, Value, derived};

/// Issuers that give tokens to everybody who asks.
const SHARED: [&str; 9] = [
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "app.terraform.io",
    "agent.buildkite.com",
    "oidc.vercel.com",
    "accounts.google.com",
    "cognito-identity.amazonaws.com",
    "graph.facebook.com",
    "www.amazon.com",
];

/// Those among them that every account of AWS can name without a provider of its own.
const BUILT_IN: [&str; 4] =
    ["accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"];

impl Subject {
    /// Whose workflows those are, for people.
    fn whom(self) -> Option<&'static str> {
        match self {
            Subject::Anyone => Some("everybody's repositories"),
            Subject::OtherOwners => Some("the repositories of all owners whose names fit the pattern"),
            Subject::Owner => Some("other repositories of the same owner"),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Subject::Nobody => "nobody",
            Subject::Exact => "exact",
            Subject::Project => "project",
            Subject::Owner => "owner",
            Subject::OtherOwners => "other-owners",
            Subject::Anyone | Subject::Unknown => "anyone",
        }
    }
}

/// What of a repository a subject lets in, where that is not one branch, tag or environment: for people.
fn refs_of(subject: Subject, value: &Value) -> Option<&'static str> {
    const ALL: &str = "every branch, tag and pull request";
    let text = value.with_holes_as_wildcards()?;
    let text = text.strip_prefix("repo:").unwrap_or(&text);
    // `OWNER/NAME` may be one name of a repository that is managed here.
    let rest = text.split_once(':').map_or("", |(_, rest)| rest);
    match (subject, rest) {
        (Subject::Project | Subject::Exact, "pull_request") => Some("every pull request"),
        (Subject::Project, "ref:*" | "ref:refs/*") => Some("every branch and tag"),
        (Subject::Project, "ref:refs/heads/*") => Some("every branch"),
        (Subject::Project, "ref:refs/tags/*") => Some("every tag"),
        (Subject::Project, "environment:*") => Some("every environment"),
        // A name that begins with something is chosen on purpose.
        (Subject::Project, rest) if rest.starts_with("ref:refs/") || rest.starts_with("environment:") => None,
        (Subject::Project, _) => Some(ALL),
        _ => None,
    }
}

/// Whether an issuer gives tokens to one organization only, whose name is in its URL.
fn is_of_one_tenant(issuer: &str) -> bool {
    let (host, path) = issuer.split_once('/').unwrap_or((issuer, ""));
    match host {
        "token.actions.githubusercontent.com"
        | "oidc.circleci.com"
        | "api.bitbucket.org"
        | "oidc.vercel.com"
        | "oidc.fly.io"
        | "sts.windows.net"
        | "login.microsoftonline.com" => !path.is_empty(),
        _ => is_github_of_enterprise(host),
    }
}

/// Whether a host is that of a GitHub Enterprise Cloud with a domain of its own.
fn is_github_of_enterprise(host: &str) -> bool {
    host.starts_with("token.actions.") && host.ends_with(".ghe.com")
}

/// Whether the providers of an issuer that the unit makes list one audience each: AWS takes no token for any other, so that
/// the trust need not ask for it.
fn has_one_audience(providers: &[Listed<'_>], issuer: &str, at: Origin) -> Value {
    let mut of_issuer = providers.iter().filter(|provider| provider.issuer == issuer).peekable();
    if of_issuer.peek().is_none() {
        return Value::bool(false, at);
    }
    let mut unknown = None;
    let one = |provider: &Listed<'_>| {
        let Some(audiences) = provider.audiences else { return Truth::Unknown };
        let open = audiences.as_unknown().or(audiences.as_list().and_then(|list| list.rest.as_ref()));
        match (audiences.elements().len(), open) {
            (2.., None) => Truth::False,
            (_, None) => Truth::True,
            (_, Some(reason)) => {
                unknown = unknown.take().or_else(|| Some(reason.clone()));
                Truth::Unknown
            }
        }
    };
    let truth = Truth::all(of_issuer.map(one));
    truth_value(truth, at, unknown.filter(|_| truth == Truth::Unknown))
}

/// The host of an issuer.
fn host(issuer: &str) -> &str {
    issuer.split('/').next().unwrap_or_default()
}

/// Whether an issuer is that of a cluster of EKS, which has no name before it is made.
fn is_cluster(party: &Party, issuer: &str) -> bool {
    let cluster = |piece: &Piece| match piece {
        Piece::Hole(unknown, _) => {
            let refers = unknown.refers.as_ref();
            unknown.subject.contains("aws_eks_cluster.")
                || refers.is_some_and(|reference| &*reference.provider_type == "AWS::EKS::Cluster")
        }
        Piece::Known(..) => false,
    };
    host(issuer).starts_with("oidc.eks.") || party.value.to_pieces().unwrap_or_default().iter().any(cluster)
}

impl Statement {
    fn family(&self, party: &Party, issuer: Option<&str>) -> &'static str {
        let Some(issuer) = issuer.filter(|_| party.kind != PartyKind::Saml) else {
            return if party.kind == PartyKind::Saml { "saml" } else { "unknown" };
        };
        match host(issuer) {
            "cognito-identity.amazonaws.com" => "cognito",
            "token.actions.githubusercontent.com" => "github",
            host if is_github_of_enterprise(host) => "github",
            "accounts.google.com" | "graph.facebook.com" | "www.amazon.com"
                if party.kind == PartyKind::SharedIssuer =>
            {
                "built-in"
            }
            _ if is_cluster(party, issuer) => "eks",
            _ if self.asks_for_service_account(issuer) => "eks",
            host if host.contains("${") => "unknown",
            _ => "oidc",
        }
    }

    /// Whether it asks an issuer for the service accounts of a cluster, which only such issuers have.
    fn asks_for_service_account(&self, issuer: &str) -> bool {
        let asks = |test: &Test| test.key.strip_suffix(":sub") == Some(issuer) && test.is_positive();
        let begins = |value: &Value| value.known_prefix().starts_with("system:serviceaccount:");
        self.tests.iter().filter(|test| asks(test)).any(|test| test.values.iter().any(begins))
    }

    /// The identity providers among the parties, each with whose tokens are let in.
    pub(super) fn federation(&self, document: &Document, parties: &[Party], providers: &[Listed<'_>]) -> Value {
        let of_provider = |party: &&Party| match party.kind {
            PartyKind::Oidc | PartyKind::SharedIssuer | PartyKind::Saml => true,
            // What is not known is no provider where the role is assumed by other means.
            PartyKind::Unknown => self.fits(PartyKind::Oidc).or(self.fits(PartyKind::Saml)) != Truth::False,
            _ => false,
        };
        let found = parties.iter().filter(of_provider).map(|party| self.provider(document, party, providers)).collect();
        let Some(principal) = &self.principal else { return Value::list(found, self.value.origin) };
        let federated = principal.get("Federated").and_then(Value::as_list).and_then(|list| list.rest.as_ref());
        let rest = principal.as_unknown().or(principal.as_map().and_then(|map| map.rest.as_ref())).or(federated);
        open_list(found, &rest.cloned(), principal.origin)
    }

    fn provider(&self, document: &Document, party: &Party, providers: &[Listed<'_>]) -> Value {
        // An ARN that comes from elsewhere was trusted here.
        let (whole, named) = (self.value.origin, self.principal.as_ref().map(|principal| principal.origin));
        let is_here = |at: &Origin| at.file == whole.file && whole.span.holds(at.span);
        let at = Some(party.value.origin).filter(is_here).or(named.filter(is_here)).unwrap_or(party.value.origin);
        let written = self.issuer_for(party);
        let issuer = written.as_deref().map(str::to_lowercase);
        let family = self.family(party, issuer.as_deref());
        let host = issuer.as_deref().map(host).filter(|host| !host.contains("${"));
        let claims: Vec<(&Test, &str)> = self.claims(issuer.as_deref(), party.kind);
        let let_in = document.lets_in_of(self, party);
        let place = let_in.place.unwrap_or(at);
        let whom = let_in.subject.whom().map_or_else(|| Value::null(at), |whom| Value::string(whom, place));
        let subjects = match &let_in.unknown {
            // What is certain may only get narrower.
            Some(unknown) if let_in.subject > Subject::Exact => one_of_narrower(unknown, let_in.subject, at),
            _ => Value::string(let_in.subject.name(), place),
        };
        let refs =
            let_in.value.as_ref().filter(|_| family == "github").and_then(|value| refs_of(let_in.subject, value));
        let refs = refs.map_or_else(|| Value::null(at), |refs| Value::string(refs, place));
        let fixes = |names: &[&str]| self.fixes(&claims, names, at);
        let hole = party.unknown_issuer();
        let hole = hole.as_ref();
        let text = |text: Option<String>| match (text, hole) {
            (Some(text), _) => Value::string(text, at),
            (None, Some(unknown)) => Value::unknown(derived(unknown), at),
            (None, None) => Value::null(at),
        };
        let forgiving = claims.iter().find(|(test, claim)| {
            let forgives = match *claim {
                "sub" => test.is_positive() && (test.if_exists || test.qualifier.as_deref() == Some("forallvalues")),
                "aud" => test.qualifier.as_deref() == Some("forallvalues"),
                _ => false,
            };
            forgives && !self.wants_key(&test.key)
        });
        let kind = match family {
            "unknown" => match hole {
                // An ARN is that of a provider of one's own.
                Some(unknown) if party.kind == PartyKind::Oidc => {
                    let candidates = ["github", "eks", "oidc"].map(|name| Value::string(name, at)).to_vec();
                    Value::unknown(Unknown { candidates, ..(*derived(unknown)).clone() }, at)
                }
                _ => text(None),
            },
            family => Value::string(family, at),
        };
        let one_tenant = issuer.as_deref().is_some_and(is_of_one_tenant);
        let shared = match (host, family) {
            (_, "saml" | "eks") => Value::bool(false, at),
            (Some(host), _) => Value::bool(SHARED.contains(&host) && !one_tenant, at),
            (None, _) => text(None),
        };
        let one_audience = match (party.kind, issuer.as_deref()) {
            (PartyKind::Oidc, Some(issuer)) => has_one_audience(providers, issuer, at),
            _ => Value::bool(false, at),
        };
        let fields = [
            ("type", kind),
            (
                "name",
                party.value.scalar_text().map_or_else(|| text(written.clone()), |t| Value::string(t.as_ref(), at)),
            ),
            ("issuer", text(written.clone())),
            ("shared", shared),
            ("one-tenant", Value::bool(one_tenant, at)),
            ("subjects", subjects.at(place)),
            ("whom", whom),
            ("refs", refs),
            ("subject", fixes(&["sub"])),
            ("subject-tested", Value::bool(self.tests_subject(&claims), at)),
            ("audience", fixes(&["aud", "app_id"])),
            ("one-audience", one_audience),
            ("log-in", fixes(&["amr"])),
            (
                "all-values",
                forgiving.map_or_else(|| Value::bool(false, at), |(test, _)| Value::bool(true, test.origin)),
            ),
        ];
        Value::fields(fields, at)
    }

    /// The tests on claims of an issuer; where the issuer is not known, on those of any.
    fn claims(&self, issuer: Option<&str>, kind: PartyKind) -> Vec<(&Test, &str)> {
        let issuer = if kind == PartyKind::Saml { Some("saml") } else { issuer };
        self.tests.iter().filter_map(|test| Some((test, test.claim_of(issuer)?.1))).collect()
    }

    /// Whether a claim on the subject must be there and be something: what passes without it tests nothing.
    fn tests_subject(&self, claims: &[(&Test, &str)]) -> bool {
        let loose = [Loose::Operator, Loose::PassesAbsent, Loose::Qualifier].map(Verdict::Not);
        let bounds = self.bounds(Callers::Federated);
        let tests = |wanted: &Test| {
            let verdict = bounds.iter().find(|(test, _)| std::ptr::eq(*test, wanted));
            verdict.is_some_and(|(_, verdict)| !loose.contains(verdict))
        };
        claims.iter().any(|(test, claim)| *claim == "sub" && tests(test))
    }

    /// Whether some claim of these names is fixed: it must be there and be something, whatever else is asked for. The place
    /// is that of the test; else of the value or test that fixes nothing, where there is one.
    fn fixes(&self, claims: &[(&Test, &str)], names: &[&str], at: Origin) -> Value {
        let mut loose = None;
        for (test, _) in claims.iter().filter(|(_, claim)| names.contains(claim)) {
            let many = catalogue::key(&test.key).is_some_and(|key| key.many);
            let any_value = test.qualifier.as_deref() == Some("foranyvalue");
            let strict = test.is_positive()
                && if many { any_value } else { any_value || test.holds_when_absent() == Some(false) };
            let open = test.values.iter().find(|value| test.is_open(value));
            if strict && open.is_none() && !test.admits_guests_and_users() {
                return truth_value(Truth::True, test.origin, None);
            }
            loose = loose.or(Some(open.filter(|_| strict).map_or(test.origin, |value| value.origin.or(test.origin))));
        }
        let truth = if self.more_tests.is_some() { Truth::Unknown } else { Truth::False };
        truth_value(truth, loose.unwrap_or(at), self.more_tests.clone())
    }

    /// Whether it asks for one trust anchor, and not for any of an account.
    pub(super) fn anchor_fixed(&self) -> Value {
        const SOURCE: &str = "aws:sourcearn";
        let is_open = |test: &&Test| {
            let has_wildcards = test.kind().is_some_and(|operator| operator.has_wildcards());
            test.key == SOURCE && has_wildcards && test.values.iter().any(|one| one.known_suffix().contains(['*', '?']))
        };
        let mut asked = self.tests.iter().filter(|test| test.key == SOURCE).peekable();
        match asked.peek().is_some() && asked.all(|test| is_open(&test)) {
            true => Value::bool(false, self.value.origin),
            false => self.source_fixed(&[SOURCE]),
        }
    }

    /// Whether the actions let in who is a service of this name, such as `rolesanywhere.amazonaws.com`.
    pub(super) fn source_fixed(&self, keys: &[&str]) -> Value {
        let callers = Callers::Signed;
        let mut truth = Truth::False;
        let mut reason = self.more_tests.clone();
        for (test, verdict) in self.bounds(callers).into_iter().filter(|(test, _)| keys.contains(&test.key.as_str())) {
            truth = truth.or(match verdict {
                Verdict::Bounds(_) | Verdict::Nobody => Truth::True,
                Verdict::Unknown => Truth::Unknown,
                Verdict::Not(_) => Truth::False,
            });
            reason = reason.or_else(|| test.values.iter().find_map(|value| value.first_unknown().cloned()));
        }
        let truth = if self.more_tests.is_some() { truth.or(Truth::Unknown) } else { truth };
        truth_value(truth, self.value.origin, reason)
    }
}

impl Test {
    /// Whether a value of a claim lets in what its author does not know: of an issuer that all the world shares every wildcard
    /// does, of others one at the beginning.
    fn is_open(&self, value: &Value) -> bool {
        if !self.kind().is_some_and(Operator::has_wildcards) {
            return false;
        }
        let shared = self.key.rsplit_once(':').is_some_and(|(host, claim)| BUILT_IN.contains(&host) && claim != "amr");
        let of_anyone = |text: &str| {
            self.key.rsplit_once(':').is_some_and(|(issuer, claim)| claim == "sub" && is_for_anyone(issuer, text))
        };
        match value.as_str() {
            Some(text) if shared => text.contains(['*', '?']),
            Some(text) if of_anyone(text) => true,
            Some(text) => text.starts_with(['*', '?']),
            None => false,
        }
    }

    /// Whether a test on how somebody logged in passes those who did and those who did not.
    fn admits_guests_and_users(&self) -> bool {
        let has_wildcards = self.kind().is_some_and(Operator::has_wildcards);
        let passes = |wanted: &str| {
            self.values.iter().any(|value| match value.as_str() {
                Some(text) if has_wildcards => Glob::pattern(text).covers(&Glob::literal(wanted)) == Truth::True,
                text => text == Some(wanted),
            })
        };
        self.key.ends_with(":amr") && passes("authenticated") && passes("unauthenticated")
    }
}

/// A value that may be any of the narrower answers, too.
fn one_of_narrower(unknown: &Arc<Unknown>, widest: Subject, at: Origin) -> Value {
    let all =
        [Subject::Nobody, Subject::Exact, Subject::Project, Subject::Owner, Subject::OtherOwners, Subject::Anyone];
    let candidates = all.into_iter().filter(|subject| *subject <= widest);
    let candidates = candidates.map(|subject| Value::string(subject.name(), at)).collect();
    Value::unknown(Unknown { candidates, ..(*derived(unknown)).clone() }, at)
}

/// What a resource policy's statement gives, as `changes`, `permissions`, `credentials`, `data`, `reads`.
pub(super) fn gives(statement: &Statement, origin: Origin) -> Value {
    let groups = |action: &'static catalogue::Action| {
        let classes = action.classes;
        let by_level = match action.level {
            catalogue::AccessLevel::PermissionsManagement => "permissions",
            catalogue::AccessLevel::Write | catalogue::AccessLevel::Tagging => "changes",
            _ => "reads",
        };
        let credentials = classes.has(catalogue::SensitiveClass::Credentials).then_some("credentials");
        let data = classes.has(catalogue::SensitiveClass::Data).then_some("data");
        [Some(by_level), credentials, data]
    };
    grouped(statement, origin, 5, groups)
}

/// The access levels of what a statement gives.
pub(super) fn levels(statement: &Statement, origin: Origin) -> Value {
    grouped(statement, origin, 5, |action| [Some(action.level.name()), None, None])
}

/// The groups of the actions of a statement, of which there are so many at most; open where it may give more.
fn grouped(
    statement: &Statement,
    origin: Origin,
    all: usize,
    groups: impl Fn(&'static catalogue::Action) -> [Option<&'static str>; 3],
) -> Value {
    let reached = statement.actions_reached();
    let mut found: Vec<&'static str> = Vec::new();
    for action in reached.certain.iter() {
        for name in groups(action).into_iter().flatten() {
            if !found.contains(&name) {
                found.push(name);
            }
        }
        if found.len() == all {
            break;
        }
    }
    let more = reached.possible.without(&reached.certain);
    let opens = found.len() < all && more.iter().flat_map(groups).flatten().any(|name| !found.contains(&name));
    let elements = [&statement.actions, &statement.not_actions].into_iter().flatten();
    let unknown = elements.clone().find_map(|elements| {
        let item = elements.items.iter().find_map(|item| item.first_unknown().cloned());
        item.or_else(|| elements.rest.clone())
    });
    found.sort_unstable();
    let items = found.into_iter().map(|name| Value::string(name, origin)).collect();
    open_list(items, &unknown.filter(|_| opens), origin)
}
