//! Whose account an ARN of IAM is of. Users, groups, roles and policies are worked on within one account, and roles are
//! passed within one: what belongs to another account, or to AWS, is out of reach.

use crate::iam::glob::{Glob, Symbol};
use crate::value::{Fact, Truth};

/// Whether what a pattern names can be of the own account; of another service than IAM anything can. Where the own account
/// is not known by its number, a number is taken for it. Undecided where the account is a value that is not known.
pub(in crate::iam) fn is_own(pattern: &Glob, own_accounts: &[String]) -> Truth {
    let fields = pattern.fields();
    let [_, partition, service, _, account, _] = fields.as_slice() else { return Truth::True };
    if service.meets(&Glob::literal("iam")) != Truth::True {
        return Truth::True;
    }
    if fields.last().is_some_and(|name| is_kept_by_aws(&name.to_string())) {
        return Truth::False;
    }
    is_own_partition(partition).and(is_own_account(account, own_accounts))
}

/// Whether a pattern means roles that AWS makes and keeps for its services only: nobody else makes or changes one there.
fn is_kept_by_aws(name: &str) -> bool {
    ["role/aws-service-role/", "role/aws-reserved/"].iter().any(|start| name.starts_with(start))
}

fn is_own_partition(partition: &Glob) -> Truth {
    match partition.symbols() {
        [Symbol::Hole(hole)] if hole.fact == Some(Fact::Partition) => Truth::True,
        _ if partition.has_holes() => Truth::Unknown,
        _ => Truth::True,
    }
}

fn is_own_account(account: &Glob, own_accounts: &[String]) -> Truth {
    match account.symbols() {
        [] => Truth::False,
        [Symbol::Hole(hole)] if hole.fact == Some(Fact::Account) => Truth::True,
        _ if account.has_holes() => Truth::Unknown,
        symbols if symbols.iter().any(|symbol| matches!(symbol, Symbol::Variable(_))) => Truth::True,
        _ if own_accounts.is_empty() => Truth::from(account.to_string() != "aws"),
        _ => Truth::any(own_accounts.iter().map(|own| account.meets(&Glob::literal(own)))),
    }
}

/// Whether a pattern names one policy of an account, by its path and its name: `*:policy/bound`.
pub(in crate::iam) fn names_one_policy(pattern: &str) -> bool {
    pattern.rsplit(':').next().is_some_and(|name| name.starts_with("policy/") && !name.contains(['*', '?']))
}

/// What a pattern says of a resource of IAM behind the account, such as `role/app-*`; none where it has no such part.
pub(in crate::iam) fn name(pattern: &Glob) -> Option<Glob> {
    let mut fields = pattern.fields();
    let iam =
        fields.len() == 6 && fields.get(2).is_some_and(|service| service.meets(&Glob::literal("iam")) == Truth::True);
    let global = fields.get(3).is_some_and(|region| region.meets(&Glob::default()) == Truth::True);
    if iam && global { fields.pop() } else { None }
}

/// Whether something of IAM in the own account is named by both.
pub(in crate::iam) fn meets(a: &Glob, b: &Glob, own_accounts: &[String]) -> Truth {
    let own = is_own(a, own_accounts).and(is_own(b, own_accounts));
    let met = match (name(a), name(b)) {
        (Some(a), Some(b)) => a.meets(&b),
        _ => a.meets(b),
    };
    own.and(met)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_keeps_is_nobodys_own() {
        let own = ["111122223333".to_owned()];
        let is = |text: &str, own: &[String]| is_own(&Glob::pattern(text), own);
        assert_eq!(is("arn:aws:iam::aws:policy/*", &[]), Truth::False);
        assert_eq!(is("arn:*:iam::*:policy/*", &own), Truth::True);
        assert_eq!(is("arn:aws:iam::999988887777:role/r", &[]), Truth::True);
        assert_eq!(is("arn:aws:iam::999988887777:role/r", &own), Truth::False);
        assert_eq!(is("arn:aws:lambda:*:999988887777:function:*", &own), Truth::True);
        assert_eq!(is("*", &own), Truth::True);
        assert_eq!(is("arn:aws:iam::111122223333:role/aws-service-role/*", &own), Truth::False);
        assert_eq!(is("arn:aws:iam::111122223333:role/aws*", &own), Truth::True);
    }
}
