//! Subjects of federated identities: whose tokens a condition lets in.

use crate::iam::glob::{Glob, Symbol};
use crate::value::Truth;

/// Whose tokens a value of a claim lets in, from nobody's to everybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// No token has such a value.
    Nobody,
    /// One subject: a branch of a repository, a run of a workspace, a service account.
    Exact,
    /// Everything of one project: any branch, tag or pull request of one repository.
    Project,
    /// All projects of one owner.
    Owner,
    /// Several owners, of whom not all are known: a wildcard stands within the name.
    OtherOwners,
    /// Everybody whom the issuer gives a token.
    Anyone,
    /// It depends on what is not known.
    Unknown,
}

const GITHUB: &str = "token.actions.githubusercontent.com";

/// Whose tokens a value of a claim lets in; `None` for a claim of which nothing particular is known. The issuer is the
/// provider's URL without its scheme; case is not significant.
pub fn subject_of(issuer: &str, claim: &str, value: &Glob) -> Option<Subject> {
    let issuer = issuer.to_ascii_lowercase();
    let claim = claim.to_ascii_lowercase();
    let host = issuer.split('/').next().unwrap_or_default();
    if host == GITHUB || (host.starts_with("token.actions.") && host.ends_with(".ghe.com")) {
        return Some(github(&claim, value));
    }
    match (host, claim.as_str()) {
        (_, "sub") => {}
        // Google gives tokens for an app to the app alone; `oaud` is for whom the token was asked for, which anybody chooses.
        ("accounts.google.com", "aud") => return Some(exact_or(value, Subject::Owner)),
        ("gitlab.com", "project_id") | ("agent.buildkite.com", "pipeline_id") => {
            return Some(exact_or(value, Subject::Project));
        }
        ("gitlab.com", "namespace_id") | ("agent.buildkite.com", "organization_id" | "organization_slug") => {
            return Some(exact_or(value, Subject::Owner));
        }
        _ => return None,
    }
    Some(match host {
        "gitlab.com" => colon_path(value, &[("project_path:", true)]),
        "app.terraform.io" => {
            colon_path(value, &[("organization:", false), ("project:", false), ("workspace:", false)])
        }
        // With a path it is the issuer of one team.
        "oidc.vercel.com" if issuer == host => colon_path(value, &[("owner:", false), ("project:", false)]),
        "oidc.vercel.com" => tenant(value),
        "agent.buildkite.com" => colon_path(value, &[("organization:", false), ("pipeline:", false)]),
        // These are issuers of one organization or workspace.
        "oidc.circleci.com" => tenant(value),
        "api.bitbucket.org" => tenant(value),
        _ if host.starts_with("oidc.eks.") => colon_path(value, &[("system:serviceaccount:", false), ("", false)]),
        _ => generic(value),
    })
}

/// Every pattern of subjects of one tenant.
fn tenant(value: &Glob) -> Subject {
    match first_open(value) {
        None => Subject::Exact,
        Some(Open::Wildcard) => Subject::Owner,
        Some(Open::Hole) => Subject::Unknown,
    }
}

/// Of an issuer of which nothing is known a wildcard at the start lets everybody in, and one further on others.
fn generic(value: &Glob) -> Subject {
    match first_open(value) {
        None => Subject::Exact,
        Some(Open::Hole) => Subject::Unknown,
        Some(Open::Wildcard) if begins_open(value) => Subject::Anyone,
        Some(Open::Wildcard) => Subject::Project,
    }
}

/// Whether a wildcard stands at the start, or behind nothing but what the subjects of servers of one's own all begin with:
/// those of GitLab, of GitHub Enterprise and of Terraform Enterprise.
fn begins_open(value: &Glob) -> bool {
    const MARKS: [&str; 3] = ["project_path:", "repo:", "organization:"];
    let character = |symbol: &Symbol| match symbol {
        Symbol::Char(character) => Some(*character),
        _ => None,
    };
    let head: String = value.symbols().iter().map_while(character).collect();
    let after = value.symbols().get(head.chars().count());
    matches!(after, Some(Symbol::Run(_) | Symbol::One)) && MARKS.iter().any(|mark| mark.starts_with(&head))
}

/// Whether a pattern of subjects lets in everybody to whom an issuer gives a token of which nothing particular is known.
pub(in crate::iam) fn is_for_anyone(issuer: &str, subject: &str) -> bool {
    const KNOWN: [&str; 6] = [
        "gitlab.com",
        "app.terraform.io",
        "agent.buildkite.com",
        "oidc.circleci.com",
        "api.bitbucket.org",
        "oidc.vercel.com",
    ];
    let host = issuer.split('/').next().unwrap_or_default();
    let is_known = KNOWN.contains(&host) || host.starts_with("token.actions.") || host.starts_with("oidc.eks.");
    !is_known && begins_open(&Glob::pattern(subject))
}

enum Open {
    Wildcard,
    Hole,
}

fn first_open(value: &Glob) -> Option<Open> {
    value.symbols().iter().find_map(|symbol| match symbol {
        Symbol::Run(_) | Symbol::One => Some(Open::Wildcard),
        Symbol::Hole(hole) if !hole.literal => Some(Open::Hole),
        _ => None,
    })
}

fn github(claim: &str, value: &Glob) -> Subject {
    match claim {
        "sub" => {
            let (repository, rest) = split(value, "repo:");
            match (repository, rest) {
                (true, rest) => match owner_and_name(&rest) {
                    // What the workflow runs for always follows.
                    Subject::Project if rest.symbols().iter().all(is_part_of_name) => Subject::Nobody,
                    subject => subject,
                },
                (false, _) if value.symbols().is_empty() => Subject::Nobody,
                // A customised subject begins with another claim, and names its owner nowhere else.
                (false, _) => match value.symbols().first() {
                    Some(Symbol::Char(_)) if value.meets(&Glob::pattern("repo:*")) == Truth::False => customised(value),
                    Some(Symbol::Hole(hole)) if !hole.literal => Subject::Unknown,
                    Some(Symbol::Hole(_)) => Subject::Exact,
                    _ => Subject::Anyone,
                },
            }
        }
        "repository" => owner_and_name(value),
        "job_workflow_ref" => owner_and_name(value),
        "repository_id" => exact_or(value, Subject::Project),
        "repository_owner_id" | "enterprise_id" => exact_or(value, Subject::Owner),
        "repository_owner" => Subject::Nobody,
        // Anybody's repository may have an environment or a branch of that name, and anybody's workflow this audience.
        _ => Subject::Anyone,
    }
}

/// A subject that begins with another claim, of which some say whose workflow it is.
fn customised(value: &Glob) -> Subject {
    let of_owner = ["repository_owner_id:", "repository_owner:", "enterprise_id:"].into_iter().any(|mark| {
        let (begins, rest) = split(value, mark);
        let is_end = |symbol: &Symbol| !matches!(symbol, Symbol::Char(character) if *character != ':');
        let end = rest.symbols().iter().find(|symbol| is_end(symbol));
        begins && matches!(end, Some(Symbol::Char(':')))
    });
    match generic(value) {
        Subject::Project if of_owner => Subject::Owner,
        subject => subject,
    }
}

fn is_part_of_name(symbol: &Symbol) -> bool {
    matches!(symbol, Symbol::Char(character) if *character != ':')
}

fn exact_or(value: &Glob, exact: Subject) -> Subject {
    match first_open(value) {
        None => exact,
        Some(Open::Hole) => Subject::Unknown,
        Some(Open::Wildcard) => Subject::Anyone,
    }
}

/// `OWNER/NAME…`.
fn owner_and_name(value: &Glob) -> Subject {
    // The full name of a repository that is managed here.
    if let [Symbol::Hole(hole), rest @ ..] = value.symbols()
        && hole.literal
        && rest.first() != Some(&Symbol::Char('/'))
    {
        let rest = Glob::of_symbols(rest.iter().cloned());
        return if first_open(&rest).is_some() || rest.symbols().is_empty() {
            Subject::Project
        } else {
            Subject::Exact
        };
    }
    let part = |end: &dyn Fn(&Symbol) -> bool, from: usize| -> (Vec<Symbol>, bool) {
        let rest: Vec<Symbol> = value.symbols().iter().skip(from).cloned().collect();
        let length = rest.iter().position(end).unwrap_or(rest.len());
        (rest.get(..length).unwrap_or_default().to_vec(), length < rest.len())
    };
    let (owner, named) = part(&|symbol| *symbol == Symbol::Char('/'), 0);
    let after = owner.len() + 1;
    match first_open(&Glob::of_symbols(owner.iter().cloned())) {
        Some(Open::Hole) => return Subject::Unknown,
        Some(Open::Wildcard) => {
            return if matches!(owner.first(), Some(Symbol::Run(_))) { Subject::Anyone } else { Subject::OtherOwners };
        }
        None if owner.is_empty() || !named || owner.contains(&Symbol::Char(':')) => return Subject::Nobody,
        None => {}
    }
    let (name, goes_on) = part(&|symbol| matches!(symbol, Symbol::Char(':' | '/' | '@')), after);
    match first_open(&Glob::of_symbols(name.iter().cloned())) {
        Some(Open::Hole) => return Subject::Unknown,
        Some(Open::Wildcard) => return Subject::Owner,
        None if name.is_empty() => return Subject::Nobody,
        None => {}
    }
    let rest = Glob::of_symbols(value.symbols().iter().skip(after + name.len()).cloned());
    match first_open(&rest) {
        _ if !goes_on => Subject::Project,
        None => Subject::Exact,
        Some(_) => Subject::Project,
    }
}

/// Whether a pattern begins with a text, and what follows it.
fn split(value: &Glob, prefix: &str) -> (bool, Glob) {
    let length = prefix.chars().count();
    let begins = value.symbols().iter().take(length).cloned().eq(prefix.chars().map(Symbol::Char));
    (begins, Glob::of_symbols(value.symbols().iter().skip(if begins { length } else { 0 }).cloned()))
}

/// `MARK NAME:MARK NAME:…`: the first name is the owner's, unless it is a path whose first part is; the others narrow it.
fn colon_path(value: &Glob, parts: &[(&str, bool)]) -> Subject {
    let mut rest = value.clone();
    for (at, (mark, is_path)) in parts.iter().enumerate() {
        let widest = if at == 0 { Subject::Anyone } else { Subject::Owner };
        let (begins, after) = split(&rest, mark);
        if !begins {
            return match rest.symbols().first() {
                Some(Symbol::Hole(hole)) if hole.literal => Subject::Exact,
                Some(Symbol::Hole(_)) => Subject::Unknown,
                Some(Symbol::Run(_) | Symbol::One) => widest,
                // `system:serviceaccount*`, or another text than the issuer writes.
                _ if rest.meets(&Glob::pattern(&format!("{mark}*"))) != Truth::False => widest,
                _ => Subject::Nobody,
            };
        }
        let end = after.symbols().iter().position(|symbol| *symbol == Symbol::Char(':'));
        let name = Glob::of_symbols(after.symbols().iter().take(end.unwrap_or(after.symbols().len())).cloned());
        match first_open(&name) {
            Some(Open::Hole) => return Subject::Unknown,
            Some(Open::Wildcard) if at > 0 => return Subject::Owner,
            Some(Open::Wildcard) => {
                let owner_ends = name.symbols().iter().position(|symbol| *symbol == Symbol::Char('/'));
                let opens = name.symbols().iter().position(|symbol| matches!(symbol, Symbol::Run(_) | Symbol::One));
                return match (owner_ends, opens) {
                    (Some(owner), Some(opens)) if *is_path && owner < opens => Subject::Owner,
                    (_, Some(0)) => Subject::Anyone,
                    // `organization:acme*` and `organization:acme:*` are told apart by the colon.
                    _ => Subject::OtherOwners,
                };
            }
            None => {}
        }
        let Some(end) = end else {
            return if at + 1 == parts.len() { Subject::Exact } else { Subject::Nobody };
        };
        rest = Glob::of_symbols(after.symbols().iter().skip(end + 1).cloned());
    }
    match first_open(&rest) {
        None => Subject::Exact,
        Some(Open::Hole) => Subject::Unknown,
        Some(Open::Wildcard) => Subject::Project,
    }
}
