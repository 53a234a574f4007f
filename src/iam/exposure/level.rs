//! How far a policy opens what it stands on.

use std::sync::Arc;

use crate::source::Origin;
use crate::value::{Fact, Unknown, Value, Why};

/// The widest party that a policy lets in, from nobody to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Nobody.
    None,
    /// A service, on behalf of the own account.
    ServiceBounded,
    /// The own account; so do the named subjects of an identity provider of the account.
    OwnAccount,
    /// The own organization.
    OwnOrganization,
    /// Other accounts by name.
    ExternalAccount,
    /// Another organization.
    ExternalOrganization,
    /// Whoever comes from a network.
    Network,
    /// Whoever has a token of an issuer that others share.
    SharedIssuer,
    /// A service, on behalf of whom it may be.
    AnyServiceCaller,
    /// Every account of AWS.
    AnyAws,
    /// Everybody, unsigned.
    Anonymous,
}

impl Level {
    /// All levels, from nobody to everybody.
    pub const ALL: [Level; 11] = [
        Level::None,
        Level::ServiceBounded,
        Level::OwnAccount,
        Level::OwnOrganization,
        Level::ExternalAccount,
        Level::ExternalOrganization,
        Level::Network,
        Level::SharedIssuer,
        Level::AnyServiceCaller,
        Level::AnyAws,
        Level::Anonymous,
    ];

    /// The name in rules.
    pub fn name(self) -> &'static str {
        match self {
            Level::None => "none",
            Level::ServiceBounded => "service-bounded",
            Level::OwnAccount => "own-account",
            Level::OwnOrganization => "own-org",
            Level::ExternalAccount => "external-account",
            Level::ExternalOrganization => "external-org",
            Level::Network => "network",
            Level::SharedIssuer => "shared-issuer",
            Level::AnyServiceCaller => "any-service-caller",
            Level::AnyAws => "any-aws",
            Level::Anonymous => "anonymous",
        }
    }
}

/// How far a statement or a policy opens what it stands on.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// The least that it certainly is.
    pub at_least: Level,
    /// The most that it may be: the same where all is known.
    pub at_most: Level,
    /// The element that lets the widest party in.
    pub origin: Origin,
    /// Only a shared secret stands in the way.
    pub guarded_by_secret: bool,
    /// Only a name that can change hands stands in the way.
    pub weak: bool,
    /// Why it is not known.
    pub unknown: Option<Arc<Unknown>>,
}

impl Exposure {
    pub(super) fn of(at_least: Level, at_most: Level, origin: Origin) -> Exposure {
        Exposure { at_least, at_most, origin, guarded_by_secret: false, weak: false, unknown: None }
    }

    /// The level, where it is known.
    pub fn level(&self) -> Option<Level> {
        (self.at_least == self.at_most).then_some(self.at_least)
    }

    /// The level as a value for rules: its name, or that it is one of several.
    pub fn to_value(&self) -> Value {
        if let Some(level) = self.level() {
            return Value::string(level.name(), self.origin);
        }
        let own = || Unknown::new(Why::Environment(Fact::Account), "whose account it is", self.origin);
        let mut unknown = self.unknown.as_ref().map_or_else(own, |unknown| unknown.derived());
        let possible = Level::ALL.iter().filter(|level| (self.at_least..=self.at_most).contains(level));
        unknown.candidates = possible.map(|level| Value::string(level.name(), self.origin)).collect();
        Value::unknown(unknown, self.origin)
    }

    /// The wider of two: what either lets in is let in.
    #[must_use]
    pub(super) fn or(self, other: Exposure) -> Exposure {
        let (at_least, at_most) = (self.at_least.max(other.at_least), self.at_most.max(other.at_most));
        let rank = |exposure: &Exposure| (exposure.at_least, exposure.at_most);
        let (wider, narrower) = if rank(&other) > rank(&self) { (other, self) } else { (self, other) };
        let unknown = wider.unknown.clone().or(narrower.unknown).filter(|_| at_least != at_most);
        Exposure { at_least, at_most, unknown, ..wider }
    }

    /// No wider than this.
    #[must_use]
    pub(super) fn within(self, at_least: Level, at_most: Level) -> Exposure {
        Exposure { at_least: self.at_least.min(at_least), at_most: self.at_most.min(at_most), ..self }
    }
}
