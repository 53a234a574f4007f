//! What of a trust policy has no effect: principals that AWS refuses, actions that are not theirs, tests that nobody passes.

use super::open_list;
use crate::iam::condition::{Family, IDENTITY_POOL, Normal, Operator, Test, Trap};
use crate::iam::document::Statement;
use crate::iam::exposure::{Subject, subject_of};
use crate::iam::glob::Glob;
use crate::iam::principal::{Party, parties};
use crate::source::Origin;
use crate::value::{Piece, Truth, Value};

/// One element without effect, by its sort and name, and why.
struct Void {
    name: Value,
    reason: &'static str,
    why: String,
    at: Origin,
}

impl Statement {
    /// The elements of a trust policy's statement that do nothing: in an `Allow` they let nobody in, or keep nobody out.
    pub(super) fn void_of_trust(&self, is_public: bool) -> Value {
        let at = self.value.origin;
        let mut found = Vec::new();
        let (named, rest) = self.principal.as_ref().map(|principal| parties(principal, &[])).unwrap_or_default();
        self.add_elements(&mut found, named.is_empty() && rest.is_none(), is_public);
        self.add_refused(&mut found, &named);
        self.add_misfits(&mut found, &named, rest.is_some());
        self.add_literal(&mut found);
        self.add_dead(&mut found);
        self.add_tests(&mut found, &named);
        self.add_subjects(&mut found, &named);
        tell_of_others(&mut found);
        let one = |void: Void| {
            let text = |text: &str| Value::string(text, void.at);
            Value::fields(
                [("name", void.name.clone()), ("reason", text(void.reason)), ("why", text(&void.why))],
                void.at,
            )
        };
        open_list(found.into_iter().map(one).collect(), &rest.or_else(|| self.more_tests.clone()), at)
    }

    /// Elements that a trust policy must have, or must not have.
    fn add_elements(&self, found: &mut Vec<Void>, nobody: bool, is_public: bool) {
        let whole = self.value.as_map().is_some_and(|map| map.rest.is_none());
        let mut add = |name: &str, why: &str, at: Origin| {
            let at = if at.is_some() { at } else { self.value.origin };
            found.push(Void { name: Value::string(name, at), reason: "element", why: why.to_owned(), at });
        };
        match (&self.principal, &self.not_principal) {
            (Some(principal), _) if nobody => add("Principal", "it names nobody", principal.origin),
            (None, None) if whole => add("Principal", "it is missing", self.value.origin),
            // That it lets in everybody else is told of as such.
            (_, Some(not)) if !is_public && self.allows().is_true() => {
                add("NotPrincipal", "AWS takes none in a trust policy", not.origin);
            }
            _ => {}
        }
        let about = "a trust policy is about its role, and AWS takes no other resource";
        for (name, elements) in [("Resource", &self.resources), ("NotResource", &self.not_resources)] {
            if let Some(elements) = elements.as_ref().filter(|_| self.value.get(name).is_some()) {
                add(name, about, elements.origin);
            }
        }
    }

    fn add_refused(&self, found: &mut Vec<Void>, named: &[Party]) {
        let refused = named.iter().filter_map(|party| Some((party, party.refusal()?)));
        found.extend(refused.map(|(party, why)| Void {
            name: party.value.clone(),
            reason: "principal",
            why: why.to_owned(),
            at: party.value.origin,
        }));
    }

    /// Parties that take roles by another action than the statement allows. Without any action that takes a role it serves
    /// another purpose, such as to let sessions be tagged.
    fn add_misfits(&self, found: &mut Vec<Void>, named: &[Party], more: bool) {
        const TAKES: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];
        let Some(actions) = self.actions.as_ref().filter(|_| self.allows().is_true()) else { return };
        let is_foreign = |text: &str| {
            text.split_once(':')
                .is_some_and(|(service, _)| !"sts".eq_ignore_ascii_case(service) && !service.contains('*'))
        };
        for item in actions.items.iter().filter(|item| item.as_str().is_some_and(is_foreign)) {
            let why = "AWS takes only actions of STS in a trust policy".to_owned();
            found.push(Void { name: item.clone(), reason: "action", why, at: item.origin });
        }
        let taking =
            |item: &&Value| item.as_str().is_some_and(|text| TAKES.iter().any(|t| t.eq_ignore_ascii_case(text)));
        let misfit = |party: &&Party| party.kind.assumes_by().is_some() && self.fits(party.kind) == Truth::False;
        let misfits: Vec<&Party> = named.iter().filter(misfit).collect();
        let Some((item, party)) = actions.items.iter().find(taking).zip(misfits.first()) else { return };
        let by = party.kind.assumes_by().unwrap_or_default();
        // One action for several sorts of principals fits some of them.
        let of_all = misfits.len() == named.len() && !more;
        let who = party.value.scalar_text().map_or_else(|| "the principal".to_owned(), |text| format!("`{text}`"));
        found.push(if of_all {
            let why = format!("{who} takes roles by `{by}`");
            Void { name: item.clone(), reason: "action", why, at: item.origin }
        } else {
            let why = format!("it takes roles by `{by}`, which is not among the actions");
            Void { name: party.value.clone(), reason: "principal", why, at: party.value.origin }
        });
    }

    /// Values whose wildcard is none.
    fn add_literal(&self, found: &mut Vec<Void>) {
        for test in &self.tests {
            let negated = test.kind().is_some_and(|operator| operator.negated);
            let with = if negated { "StringNotLike" } else { "StringLike" };
            for value in test.literal_wildcards() {
                let is_star = |piece: &Piece| matches!(piece, Piece::Known(text, _) if text.contains('*'));
                let mark = if value.to_pieces().unwrap_or_default().iter().any(is_star) { '*' } else { '?' };
                let written = &test.operator_written;
                let why = format!("to `{written}` a `{mark}` is the character itself; `{with}` takes it as a wildcard");
                found.push(Void { name: value.clone(), reason: "value", why, at: value.origin.or(test.origin) });
            }
        }
    }

    /// Values that no request can have, beside others that one can.
    fn add_dead(&self, found: &mut Vec<Void>) {
        for test in self.tests.iter().filter(|test| test.literal_wildcards().is_empty()) {
            for value in test.dead_values() {
                let (why, at) = (dead(&test.key).to_owned(), value.origin.or(test.origin));
                found.push(Void { name: value.clone(), reason: "value", why, at });
            }
        }
    }

    /// Tests that no request passes.
    fn add_tests(&self, found: &mut Vec<Void>, named: &[Party]) {
        let all: Vec<Option<&Test>> = named.iter().map(|party| self.asks_for_claim_of_another(party)).collect();
        if let Some(Some(test)) = all.first()
            && all.iter().all(Option::is_some)
        {
            let issuer = named.first().and_then(Party::issuer).unwrap_or_default();
            found.push(of_test(test, format!("tokens of `{issuer}` have no such claim")));
            return;
        }
        for (party, test) in named.iter().zip(&all) {
            let Some(test) = test else { continue };
            let why = format!("its tokens have no claim `{}`, which is asked for", test.written);
            found.push(Void { name: party.value.clone(), reason: "principal", why, at: party.value.origin });
        }
        for test in self.tests.iter().filter(|test| test.kind().is_none() || test.quantity().is_none()) {
            found.push(of_test(test, format!("AWS has no operator `{}`", test.operator_written)));
        }
        let absent = |trap: Trap| matches!(trap, Trap::DenyOnAbsentKey | Trap::AllowOnAbsentKey);
        if let Some((_, test)) = self.traps().into_iter().find(|(trap, _)| absent(*trap)) {
            found.push(of_test(test, "no request for these actions carries the key".to_owned()));
        } else if let Some(test) = self.tests.iter().find(|test| test.normal() == Normal::Never) {
            let is_time = matches!(test.kind(), Some(Operator { family: Family::Date(_), .. }));
            let why = match test.key.as_str() {
                _ if test.values.is_empty() => "it has no values",
                key if key.starts_with("token.actions.") => "AWS takes no such claim from tokens of GitHub",
                key if is_time || key == "aws:epochtime" => "the time that it asks for is over",
                key => dead(key),
            };
            found.push(of_test(test, why.to_owned()));
        } else if let Some(test) = self.contradiction() {
            found.push(of_test(test, "no value fulfils both tests of the key".to_owned()));
        } else if let Some(test) = self.tests.first().filter(|_| self.never_matches(None)) {
            found.push(of_test(test, "the tests of the condition contradict each other".to_owned()));
        }
    }

    /// Subjects that no token of the issuer has. Those of GitHub are told of with what they should look like.
    fn add_subjects(&self, found: &mut Vec<Void>, named: &[Party]) {
        let issuers: Vec<String> = named.iter().filter_map(Party::issuer).collect();
        for test in self.tests.iter().filter(|test| test.is_positive() && test.key.ends_with(":sub")) {
            let Some(issuer) = issuers.iter().find(|issuer| test.claim_of(Some(issuer)).is_some()) else { continue };
            if issuer.starts_with("token.actions.") {
                continue;
            }
            let literal = test.literal_wildcards();
            for value in &test.values {
                let Some(text) = value.as_str() else { continue };
                let is_told = literal.iter().any(|other| std::ptr::eq(*other, value));
                let has_wildcards = test.kind().is_some_and(Operator::has_wildcards);
                let glob = if has_wildcards { Glob::pattern(text) } else { Glob::literal(text) };
                if !is_told && subject_of(issuer, "sub", &glob) == Some(Subject::Nobody) {
                    let why = format!("subjects of `{issuer}` do not look so");
                    found.push(Void { name: value.clone(), reason: "value", why, at: value.origin });
                }
            }
        }
    }
}

/// Why no request can have a value of a key.
fn dead(key: &str) -> &'static str {
    match key {
        IDENTITY_POOL => "the id of an identity pool has the form `REGION:UUID`",
        _ => "no request can have such a value",
    }
}

/// What is told of is the first of its sort, and names those that follow.
fn tell_of_others(found: &mut [Void]) {
    /// More are counted.
    const MAX: usize = 3;
    let Some((first, others)) = found.split_first_mut() else { return };
    let mut names: Vec<String> = Vec::new();
    for other in others.iter().filter(|other| other.reason == first.reason && other.at != first.at) {
        let Some(text) = other.name.scalar_text().filter(|_| !other.name.sensitive) else { continue };
        let name = format!("`{text}`");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = names.len().saturating_sub(MAX);
    names.truncate(MAX);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    if let Some((last, before)) = names.split_last() {
        let all = if before.is_empty() { last.clone() } else { format!("{} and {last}", before.join(", ")) };
        first.why = format!("{}; nor have {all}", first.why);
        if before.is_empty() {
            first.why = first.why.replace("; nor have ", "; nor has ");
        }
    }
}

fn of_test(test: &Test, why: String) -> Void {
    Void { name: Value::string(test.written.clone(), test.origin), reason: "condition", why, at: test.origin }
}
