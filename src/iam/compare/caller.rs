//! The callers that principal elements tell apart.

use super::request::{Caller, account_of, literal};
use crate::iam::condition::Test;
use crate::iam::document::Statement;
use crate::iam::glob::Glob;
use crate::iam::principal::{PartyKind, parties};
use crate::value::Value;

const ACCOUNT_DIGITS: usize = 12;

/// One caller of every sort that these statements tell apart.
pub(super) fn callers<'s>(statements: impl Iterator<Item = &'s Statement>) -> Vec<Caller> {
    let (mut named, mut accounts) = (Vec::new(), Vec::new());
    let mut has_principals = false;
    for statement in statements {
        accounts.extend(statement.tests.iter().flat_map(accounts_of_test));
        for principal in statement.principal.iter().chain(&statement.not_principal) {
            has_principals = true;
            for party in parties(principal, &[]).0 {
                let name = literal(&party.value);
                match party.kind {
                    PartyKind::Any => {}
                    PartyKind::Account => accounts.push(account_of(&name)),
                    PartyKind::Service => named.push(Caller::Service(name)),
                    PartyKind::Oidc | PartyKind::Saml | PartyKind::SharedIssuer => named.push(Caller::Federated(name)),
                    PartyKind::Canonical | PartyKind::Dead | PartyKind::Other => named.push(Caller::Other(name)),
                    PartyKind::User | PartyKind::Role | PartyKind::FederatedUser | PartyKind::Unknown => {
                        let account = account_of(&name);
                        accounts.push(account.clone());
                        named.push(Caller::Principal { arn: name, account });
                    }
                }
            }
        }
    }
    if !has_principals {
        return vec![Caller::Holder];
    }
    // Those that nobody names: first, since they are the widest.
    let mut all = vec![Caller::Anonymous, other_principal(&accounts)];
    all.extend(named);
    all.extend(accounts.into_iter().map(|account| Caller::Principal { arn: Glob::default(), account }));
    all.push(Caller::Service(Glob::literal("some-service.amazonaws.com")));
    all.push(Caller::Federated(Glob::literal("some-issuer.example")));
    let mut kept: Vec<Caller> = Vec::new();
    for caller in all {
        if !kept.contains(&caller) {
            kept.push(caller);
        }
    }
    kept
}

/// The accounts that a test on the caller tells from others.
fn accounts_of_test(test: &Test) -> Vec<Glob> {
    let of_arn = test.key == "aws:principalarn";
    if !of_arn && !matches!(&*test.key, "aws:principalaccount" | "kms:calleraccount") {
        return Vec::new();
    }
    let texts = test.values.iter().filter_map(Value::as_str);
    let accounts = texts.filter_map(|text| if of_arn { text.split(':').nth(4) } else { Some(text) });
    let filled = accounts.flat_map(|account| {
        // Of accounts that begin or end alike, one.
        let digits: String = account.chars().filter(char::is_ascii_digit).collect();
        if digits.is_empty() || digits.len() > ACCOUNT_DIGITS {
            return Vec::new();
        }
        let missing = "0".repeat(ACCOUNT_DIGITS - digits.len());
        let mut both = vec![format!("{digits}{missing}"), format!("{missing}{digits}")];
        both.dedup();
        both
    });
    filled.map(|account| Glob::literal(&account)).collect()
}

/// Some principal of an account that is not named.
fn other_principal(accounts: &[Glob]) -> Caller {
    let free = (0..=accounts.len()).map(|at| Glob::literal(&format!("{}", 999_999_999_999 - at)));
    let account = free.into_iter().find(|id| !accounts.contains(id)).unwrap_or_default();
    Caller::Principal { arn: Glob::default(), account }
}
