//! Types of resource and the patterns of their ARNs.

use std::sync::OnceLock;

use super::table::Table;
use crate::iam::glob::{Except, Glob, Symbol};
use crate::value::Truth;

static RESOURCES: Table = Table::new(include_str!("data/resources.txt"));

/// A type of resource that actions work on.
#[derive(Debug)]
pub struct ResourceType {
    /// The prefix of the service that defines it.
    pub service: &'static str,
    /// Its name: `bucket`.
    pub name: &'static str,
    format: &'static str,
    keys: &'static str,
    arns: OnceLock<Vec<ArnFormat>>,
}

/// How the ARNs of a type look.
#[derive(Debug)]
pub struct ArnFormat {
    /// The pattern, in any partition, region and account.
    pub glob: Glob,
    /// The pattern of those ARNs in which no name holds a colon.
    plain: Glob,
    /// The pattern in the partition `aws`.
    in_aws: Glob,
    colons: usize,
}

impl ArnFormat {
    fn new(glob: Glob) -> ArnFormat {
        let plain = glob.symbols().iter().map(|symbol| match symbol {
            Symbol::Run(Except::Nothing) => Symbol::Run(Except::Colon),
            Symbol::Run(Except::Slash) => Symbol::Run(Except::Both),
            other => other.clone(),
        });
        let mut parts = glob.symbols().splitn(3, |symbol| *symbol == Symbol::Char(':'));
        let rest = parts.nth(2).unwrap_or_default();
        let in_aws = "arn:aws:".chars().map(Symbol::Char).chain(rest.iter().cloned());
        let in_aws = Glob::of_symbols(in_aws.collect::<Vec<_>>());
        ArnFormat { plain: Glob::of_symbols(plain), in_aws, colons: colons(&glob), glob }
    }

    /// The pattern in the partition that nearly everybody is in and writes.
    pub fn glob_in_aws(&self) -> &Glob {
        &self.in_aws
    }

    /// The pattern of the ARNs that resource patterns speak of: a name has colons only where one of them asks for it.
    pub fn as_asked_by(&self, patterns: &[Glob]) -> &Glob {
        if patterns.iter().any(|pattern| colons(pattern) > self.colons) { &self.glob } else { &self.plain }
    }

    /// Whether a resource pattern takes in some ARN of this format. A name with colons is thought of only where the pattern
    /// asks for it: otherwise `arn:aws:kms:*:*:alias/a` would take in a key by the name of `a:b:alias/a`.
    pub fn meets(&self, pattern: &Glob) -> Truth {
        let arn = if colons(pattern) > self.colons { &self.glob } else { &self.plain };
        match arn.meets(pattern) {
            Truth::Unknown if pattern.leaves_out_place_of(arn) => Truth::False,
            truth => truth,
        }
    }
}

fn colons(glob: &Glob) -> usize {
    glob.symbols().iter().filter(|symbol| matches!(symbol, Symbol::Char(':'))).count()
}

impl ResourceType {
    /// The patterns of its ARNs, in any partition: one for nearly all.
    pub fn arns(&self) -> &[ArnFormat] {
        let formats = || self.format.split(',').chain(self.also_accepted());
        self.arns.get_or_init(|| formats().map(|format| ArnFormat::new(arn(format))).collect())
    }

    /// What AWS takes for such a resource beside what it documents.
    fn also_accepted(&self) -> Option<&'static str> {
        match (self.service, self.name) {
            // The ARN that the service shows ends so.
            ("logs", "log-group") => Some("logs:$r:$a:log-group:~:*"),
            // With the name of a version or an alias.
            ("lambda", "function") => Some("lambda:$r:$a:function:~:~"),
            _ => None,
        }
    }

    /// The service field of its ARNs, which may differ from the prefix of the actions.
    pub fn arn_service(&self) -> &'static str {
        self.format.split(':').next().unwrap_or_default()
    }

    /// Whether its ARNs have a region.
    pub fn has_region(&self) -> bool {
        self.format.split(':').nth(1).is_some_and(|field| !field.is_empty())
    }

    /// Whether its ARNs have an account.
    pub fn has_account(&self) -> bool {
        self.format.split(':').nth(2).is_some_and(|field| !field.is_empty())
    }

    /// The condition keys of requests for such resources.
    pub fn condition_keys(&self) -> Vec<String> {
        super::key::of_tokens(self.service, self.keys)
    }
}

/// The pattern of an ARN from a format without its head: `$r` a region, `$a` an account, `*` anything, `+` without `/`, `~`
/// without `:`, `%` without either.
fn arn(format: &str) -> Glob {
    let head = "arn:*:".chars().map(|c| if c == '*' { Symbol::Run(Except::Colon) } else { Symbol::Char(c) });
    let mut symbols: Vec<Symbol> = head.collect();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        symbols.push(match character {
            '$' => {
                characters.next();
                Symbol::Run(Except::Colon)
            }
            '*' => Symbol::Run(Except::Nothing),
            '+' => Symbol::Run(Except::Slash),
            '~' => Symbol::Run(Except::Colon),
            '%' => Symbol::Run(Except::Both),
            other => Symbol::Char(other),
        });
    }
    Glob::of_symbols(symbols)
}

/// The types of resource of the service of a prefix, as the table has it.
pub(super) fn types_of(prefix: &str) -> &'static [ResourceType] {
    type OfService = (&'static str, &'static str, OnceLock<Vec<ResourceType>>);
    static ALL: OnceLock<Vec<OfService>> = OnceLock::new();
    let all =
        ALL.get_or_init(|| RESOURCES.sections().iter().map(|(name, lines)| (*name, *lines, OnceLock::new())).collect());
    let Ok(at) = all.binary_search_by(|(name, ..)| (*name).cmp(prefix)) else { return &[] };
    let Some((service, lines, types)) = all.get(at) else { return &[] };
    types.get_or_init(|| {
        let one = |line: &'static str| {
            let (name, rest) = line.split_once(' ')?;
            let (format, keys) = rest.split_once(" | ").unwrap_or((rest, ""));
            Some(ResourceType { service, name, format, keys, arns: OnceLock::new() })
        };
        lines.lines().filter_map(one).collect()
    })
}

#[cfg(test)]
pub(super) fn sections() -> &'static [super::table::Section] {
    RESOURCES.sections()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_of_a_type_are_told_from_those_of_another() {
        let kind = |service: &str, name: &str| types_of(service).iter().find(|kind| kind.name == name).unwrap();
        let bucket = &kind("s3", "bucket").arns()[0];
        let object = &kind("s3", "object").arns()[0];
        assert_eq!(bucket.meets(&Glob::pattern("arn:aws:s3:::b")), Truth::True);
        assert_eq!(bucket.meets(&Glob::pattern("arn:aws:s3:::b/x*")), Truth::False);
        assert_eq!(object.meets(&Glob::pattern("arn:aws:s3:::b")), Truth::False);
        assert_eq!(object.meets(&Glob::pattern("arn:aws-cn:s3:::b/*")), Truth::True);
        assert!(kind("iam", "role").has_account() && !kind("iam", "role").has_region());
        assert!(types_of("no-such-service").is_empty());
        assert_eq!(kind("lex", "bot").arns().len(), 2);
        assert_eq!(
            kind("logs", "log-group").arns()[1].meets(&Glob::pattern("arn:aws:logs:*:*:log-group:a:*")),
            Truth::True
        );
    }
}
