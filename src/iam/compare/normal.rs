//! A policy in the one form that all ways of writing it have, to look at and to keep answers by.

use std::fmt;

use super::request::Policy;
use crate::iam::condition::Test;
use crate::iam::document::{Elements, Statement};
use crate::iam::glob::{Glob, Hole, Symbol};
use crate::value::{Truth, Value};

/// The normal form of a policy: sorted statements, lists without what others of them cover, actions in lower case,
/// conditions in one order. Two policies of equal normal form allow the same; those of different forms may.
///
/// Nothing is expanded: `s3:Get*` and the list of all actions that it takes in have different forms.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NormalForm {
    statements: Vec<String>,
}

impl NormalForm {
    /// The form of a policy; `None` where a part of it is not known that is not the same wherever it occurs.
    pub fn of<'d>(policy: impl Into<Policy<'d>>) -> Option<NormalForm> {
        let policy = policy.into();
        if policy.rest.is_some() {
            return None;
        }
        let mut statements = policy.statements.iter().map(|one| statement(one)).collect::<Option<Vec<String>>>()?;
        statements.sort_unstable();
        statements.dedup();
        Some(NormalForm { statements })
    }

    /// The statements, each on one line.
    pub fn statements(&self) -> &[String] {
        &self.statements
    }
}

impl fmt::Display for NormalForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.statements.iter().try_for_each(|statement| writeln!(f, "{statement}"))
    }
}

/// `Allow s3:getobject on "arn:aws:s3:::b/*" if stringequals aws:username "a"`
fn statement(statement: &Statement) -> Option<String> {
    if statement.more_tests.is_some() {
        return None;
    }
    let mut text = statement.effect.as_str()?.to_owned();
    let actions = |item: &Value| Some(Glob::action(item.as_str()?));
    match (&statement.actions, &statement.not_actions) {
        (Some(elements), _) => text += &format!(" {}", list(elements, false, actions)?),
        (None, Some(elements)) => text += &format!(" all but {}", list(elements, false, actions)?),
        (None, None) => text += " nothing",
    }
    let resources = |item: &Value| Glob::of_value(item, statement.variables);
    match (&statement.resources, &statement.not_resources) {
        (Some(elements), _) => text += &format!(" on {}", list(elements, true, resources)?),
        (None, Some(elements)) => text += &format!(" on all but {}", list(elements, true, resources)?),
        (None, None) => {}
    }
    match (&statement.principal, &statement.not_principal) {
        (Some(principal), _) => text += &format!(" by {}", principals(principal)?),
        (None, Some(principal)) => text += &format!(" by all but {}", principals(principal)?),
        (None, None) => {}
    }
    let mut tests =
        statement.tests.iter().map(|one| test(one, statement.variables)).collect::<Option<Vec<String>>>()?;
    tests.sort_unstable();
    tests.dedup();
    for (at, test) in tests.iter().enumerate() {
        text += if at == 0 { " if " } else { " and " };
        text += test;
    }
    Some(text)
}

/// The patterns of a list, sorted, without those that others cover.
fn list(elements: &Elements, quoted: bool, glob: impl Fn(&Value) -> Option<Glob>) -> Option<String> {
    if elements.rest.is_some() {
        return None;
    }
    let mut globs = elements.items.iter().map(glob).collect::<Option<Vec<Glob>>>()?;
    globs.sort_unstable();
    globs.dedup();
    // Long lists, such as those of AWS' own policies, are kept as they are: each against each would take long.
    const MAX_REDUCED: usize = 100;
    if globs.len() <= MAX_REDUCED {
        let all = globs.clone();
        globs.retain(|glob| {
            let covered = |other: &&Glob| *other != glob && other.covers(glob) == Truth::True;
            // Of two that cover each other the first stays.
            !all.iter().filter(covered).any(|other| glob.covers(other) != Truth::True || other < glob)
        });
    }
    let texts = globs.iter().map(|glob| written(glob, quoted)).collect::<Option<Vec<String>>>()?;
    Some(format!("[{}]", texts.join(", ")))
}

/// A pattern as text; `None` where a part is not known that is not the same wherever it occurs.
fn written(glob: &Glob, quoted: bool) -> Option<String> {
    let mut text = String::new();
    for symbol in glob.symbols() {
        match symbol {
            Symbol::Char(letter @ ('*' | '?' | '$')) => text += &format!("${{{letter}}}"),
            Symbol::Char(letter) | Symbol::Letter(letter) => text.push(*letter),
            Symbol::One => text.push('?'),
            Symbol::Run(_) => text.push('*'),
            Symbol::Variable(name) => text += &format!("${{{name}}}"),
            Symbol::Hole(Hole { same: Some(same), .. }) => text += &format!("${{unknown {same}}}"),
            Symbol::Hole(Hole { same: None, .. }) => return None,
        }
    }
    Some(if quoted { format!("{text:?}") } else { text })
}

fn principals(value: &Value) -> Option<String> {
    let sorted = |value: &Value| {
        if value.as_list().is_some_and(|list| list.rest.is_some()) {
            return None;
        }
        let text = |item: &Value| written(&Glob::of_value(item, false)?, true);
        let mut texts = value.elements().iter().map(text).collect::<Option<Vec<String>>>()?;
        texts.sort_unstable();
        texts.dedup();
        Some(texts.join(", "))
    };
    let Some(map) = value.as_map() else { return sorted(value) };
    if map.rest.is_some() {
        return None;
    }
    let mut kinds = Vec::new();
    for entry in map.entries().iter().filter(|entry| !entry.value.elements().is_empty()) {
        kinds.push(format!("{} [{}]", entry.key, sorted(&entry.value)?));
    }
    kinds.sort_unstable();
    Some(format!("{{{}}}", kinds.join("; ")))
}

fn test(test: &Test, variables: bool) -> Option<String> {
    if test.rest.is_some() {
        return None;
    }
    let text = |value: &Value| match value.scalar_text() {
        Some(text) if variables || !text.contains("${") => Some(format!("{text:?}")),
        Some(text) => Some(format!("{:?}", text.replace("${", "${$}{"))),
        None => written(&Glob::of_value(value, variables)?, true),
    };
    let mut values = test.values.iter().map(text).collect::<Option<Vec<String>>>()?;
    values.sort_unstable();
    values.dedup();
    let qualifier = test.qualifier.as_ref().map(|one| format!("{one}:")).unwrap_or_default();
    let suffix = if test.if_exists { "ifexists" } else { "" };
    Some(format!("{qualifier}{}{suffix} {} [{}]", test.operator, test.key, values.join(", ")))
}
