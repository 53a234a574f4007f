//! Whose tokens the claims that a condition asks for let in.

use std::sync::Arc;

use super::bound::Callers;
use super::issuer::{Subject, subject_of};
use crate::iam::condition::{Operator, Test};
use crate::iam::denial::{Loose, Verdict};
use crate::iam::document::Statement;
use crate::iam::glob::Glob;
use crate::source::Origin;
use crate::value::{Unknown, Value};

/// Whose tokens a condition lets in.
#[derive(Clone, Debug)]
pub struct LetIn {
    /// The tests must all hold, so that this is what the narrowest one leaves; of its values, which any may have, the widest.
    pub subject: Subject,
    /// The test that decides, if one does.
    pub place: Option<Origin>,
    /// Why fewer may be let in.
    pub unknown: Option<Arc<Unknown>>,
}

impl Statement {
    /// Whose tokens the condition lets in: by the claims of an issuer, and where that is not known by those of any.
    pub fn lets_in(&self, issuer: Option<&str>) -> LetIn {
        let mut found = LetIn { subject: Subject::Anyone, place: None, unknown: self.more_tests.clone() };
        for (test, verdict) in self.bounds(Callers::Federated) {
            let Some((host, claim)) = test.key.rsplit_once(':') else { continue };
            let fits = match issuer {
                Some(issuer) => host == issuer.trim_end_matches('/'),
                None => host.contains('.') || host.contains('/'),
            };
            let loose = [Loose::Operator, Loose::PassesAbsent, Loose::Qualifier].map(Verdict::Not);
            if !fits || loose.contains(&verdict) {
                continue;
            }
            let subject = match verdict {
                Verdict::Nobody => Some(Subject::Nobody),
                _ => test.subject(host, claim),
            };
            let Some(subject) = subject else { continue };
            if subject == Subject::Unknown || test.rest.is_some() {
                let value = test.values.iter().find_map(|value| value.first_unknown().cloned());
                found.unknown = found.unknown.or_else(|| test.rest.clone()).or(value);
            } else if found.place.is_none() || subject < found.subject {
                (found.subject, found.place) = (subject, Some(test.origin));
            }
        }
        found
    }
}

impl Test {
    /// The widest subject of its values.
    fn subject(&self, host: &str, claim: &str) -> Option<Subject> {
        let has_wildcards = self.kind().is_some_and(Operator::has_wildcards);
        let one = |value: &Value| {
            let glob = match (has_wildcards, value.as_str()) {
                (false, Some(text)) => Glob::literal(text),
                _ => Glob::of_value(value, true)?,
            };
            subject_of(host, claim, &glob)
        };
        self.values.iter().filter_map(one).max()
    }
}
