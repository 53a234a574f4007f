//! What keeps the public out whatever a policy says: blocks of public access, and networks that nobody else reaches.

use std::sync::Arc;

use super::bound::Callers;
use super::carrier::Carrier;
use super::level::{Exposure, Level};
use crate::iam::condition::Test;
use crate::iam::denial::Verdict;
use crate::iam::document::{Document, Statement};
use crate::iam::glob::{Glob, Symbol};
use crate::iam::principal::names_everybody;
use crate::value::{Truth, Unknown, Value, Why};

/// What keeps the public out whatever a policy says.
#[derive(Clone, Debug)]
pub struct PublicAccessBlock {
    /// `block_public_policy`: a policy that is public is refused.
    pub refuses: Truth,
    /// `restrict_public_buckets`: a policy that is public lets in only the own account and services.
    pub restricts: Truth,
    /// The resource is reached from inside of its network only.
    pub inside: Truth,
    /// Why one of them is not known.
    pub unknown: Option<Arc<Unknown>>,
}

impl Default for PublicAccessBlock {
    fn default() -> PublicAccessBlock {
        PublicAccessBlock { refuses: Truth::False, restricts: Truth::False, inside: Truth::False, unknown: None }
    }
}

/// The keys whose fixed values keep a policy from being public, as S3 judges.
const FIXING: [&str; 11] = [
    "aws:principalorgid",
    "aws:sourceip",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
    "aws:principalservicename",
];

/// The actions of S3 that make a policy public, by the beginnings of their names.
const OPENING: [&str; 6] = ["Get", "List", "Put", "Delete", "AbortMultipartUpload", "RestoreObject"];

impl Document {
    /// Whether the service itself takes the policy for public, which is not quite whether it lets in the public.
    pub(in crate::iam) fn is_public(&self, carrier: Carrier) -> Truth {
        if !matches!(carrier, Carrier::Bucket | Carrier::Secret) {
            return Truth::False;
        }
        let one = |statement: &Statement| match statement.is_public(carrier) {
            // How far the service follows denials is not documented.
            Truth::True if self.denials_leave_less_of(statement) => Truth::Unknown,
            public => public,
        };
        let rest = if self.rest.is_some() { Truth::Unknown } else { Truth::False };
        Truth::any(self.statements.iter().map(one)).or(rest)
    }

    fn denials_leave_less_of(&self, statement: &Statement) -> bool {
        !self.left(Vec::new(), &self.denials_of(statement)).is_empty()
    }
}

impl Statement {
    fn is_public(&self, carrier: Carrier) -> Truth {
        self.allows().and(self.opens(carrier)).and(self.names_everybody()).and(self.leaves_values_open())
    }

    /// Whether it allows some of the actions that count.
    pub(super) fn opens(&self, carrier: Carrier) -> Truth {
        if carrier == Carrier::Secret {
            return Truth::True;
        }
        let reached = self.actions_reached();
        let counts = |set: &crate::iam::action_set::ActionSet| {
            set.iter().any(|action| {
                let named = |name: &str| OPENING.iter().any(|start| name.starts_with(start));
                action.full_name().strip_prefix("s3:").is_some_and(named)
            })
        };
        match (counts(&reached.certain), counts(&reached.possible)) {
            (true, _) => Truth::True,
            (false, true) => Truth::Unknown,
            (false, false) => Truth::False,
        }
    }

    fn names_everybody(&self) -> Truth {
        if self.not_principal.is_some() {
            return Truth::True;
        }
        self.principal.as_ref().map_or(Truth::False, names_everybody)
    }

    /// Whether no test fixes its key to values without wildcards and variables.
    fn leaves_values_open(&self) -> Truth {
        if self.never_matches(None) {
            return Truth::False;
        }
        let fixes = |(test, verdict): (&Test, Verdict)| match verdict {
            Verdict::Nobody => Truth::True,
            Verdict::Not(_) => Truth::False,
            Verdict::Unknown => Truth::Unknown,
            Verdict::Bounds(_) if !FIXING.contains(&test.key.as_str()) => Truth::Unknown,
            // The name of an access point may be open, as long as its account is not.
            Verdict::Bounds(_) if test.key == "s3:dataaccesspointarn" => Truth::True,
            Verdict::Bounds(_) => Truth::all(test.values.iter().map(is_without_wildcard)),
        };
        let more = if self.more_tests.is_some() { Truth::Unknown } else { Truth::False };
        !Truth::any(self.bounds(Callers::Anyone).into_iter().map(fixes)).or(more)
    }
}

fn is_without_wildcard(value: &Value) -> Truth {
    let Some(glob) = Glob::of_value(value, true) else { return Truth::Unknown };
    let open = |symbol: &Symbol| matches!(symbol, Symbol::Run(_) | Symbol::One | Symbol::Variable(_));
    let hole = |symbol: &Symbol| matches!(symbol, Symbol::Hole(hole) if !hole.literal);
    match glob.symbols() {
        symbols if symbols.iter().any(open) => Truth::False,
        symbols if symbols.iter().any(hole) => Truth::Unknown,
        _ => Truth::True,
    }
}

impl PublicAccessBlock {
    /// What is left of what a statement lets in by way of services, and otherwise; `public` says what the service takes the
    /// whole policy for.
    pub(super) fn applied(&self, services: Exposure, others: Exposure, public: Truth, counts: Truth) -> Exposure {
        let cut = |exposure: Exposure, blocks: Truth, left: Level| self.cut(exposure, blocks, left);
        let restricted = cut(others, self.restricts.and(public), Level::OwnAccount);
        let blocked = self.refuses.is_true() || self.restricts.is_true();
        // What may or may not be everybody would be kept out if it were.
        let restricted =
            if blocked && public == Truth::Unknown && counts.is_true() && restricted.at_least < Level::AnyAws {
                let at_most = restricted.at_most;
                restricted
                    .within(Level::Anonymous, if at_most >= Level::AnyAws { Level::AnyServiceCaller } else { at_most })
            } else {
                restricted
            };
        let left = cut(services.or(restricted), self.refuses.and(public), Level::None);
        cut(left, self.inside, Level::Network)
    }

    fn cut(&self, exposure: Exposure, blocks: Truth, left: Level) -> Exposure {
        match blocks {
            Truth::False => exposure,
            Truth::True => exposure.within(left, left),
            Truth::Unknown if exposure.at_least <= left => exposure,
            Truth::Unknown => {
                let unlike = || Unknown::new(Why::Function, "whether the policy counts as public", exposure.origin);
                let unknown = exposure.unknown.clone().or_else(|| self.unknown.clone());
                let unknown = Some(unknown.unwrap_or_else(|| Arc::new(unlike())));
                Exposure { unknown, ..exposure.within(left, Level::Anonymous) }
            }
        }
    }
}
