//! Terraform's built-in functions, by family.
//!
//! `try`, `can` and everything else that must not evaluate its arguments first belongs to the expression evaluator.
//!
//! A list with [`crate::value::List::rest`] may have further elements anywhere: what depends on positions is undecided.

mod argument;
mod collection;
mod convert;
mod date;
mod encoding;
mod filesystem;
mod format;
mod hash;
mod map;
mod network;
mod numeric;
mod pattern;
mod set;
mod string;
mod table;
#[cfg(test)]
mod tests;
mod text_encoding;
mod work;
mod yaml;

use std::path::Path;
use std::sync::Arc;

pub(super) use argument::{to_bool, to_number};
pub(super) use convert::set_of;
pub(super) use filesystem::{TREE, absolute};
pub(super) use work::Work;

use super::expression::agreed;
use crate::source::{Origin, Sources};
use crate::value::{Map, Unknown, Value, Why};
use argument::{Call, Outcome, Stop};
use table::{Function, Marks};

/// An unknown argument with more possible values than this is not followed through each of them.
const MAX_CANDIDATES: usize = 16;

/// What a function may ask of its surroundings.
pub(crate) struct Context<'a> {
    /// The door to the files of the scanned tree.
    pub(crate) sources: &'a Sources,
    /// The directory that relative paths start from: that of the root module.
    pub(crate) working_directory: &'a Path,
    /// The whole call.
    pub(crate) origin: Origin,
    /// Renders a template file with variables, for `templatefile` and `templatestring`.
    pub(crate) render: &'a dyn Fn(&Template<'_>, &Map) -> Result<Value, FunctionError>,
    /// What calls cost.
    pub(crate) work: &'a Work,
}

/// What `templatefile` and `templatestring` render.
pub(crate) struct Template<'t> {
    /// The text.
    pub(crate) text: &'t str,
    /// Where it stands.
    pub(crate) origin: Origin,
    /// It is the source text at that place, byte for byte.
    pub(crate) is_exact: bool,
}

/// Why a call fails, as Terraform would say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionError {
    /// Which argument is wrong, from zero; absent where it is the call as a whole.
    pub(crate) argument: Option<usize>,
    /// What is wrong.
    pub(crate) message: String,
}

/// Whether a function looks at all parts of its arguments, not just at the elements of a list or map.
pub(crate) fn walks(name: &str) -> bool {
    let name = name.strip_prefix("core::").unwrap_or(name);
    let goes_deep = ["flatten", "lookup", "setproduct", "tolist", "tomap"];
    table::find(name).is_none_or(|function| !matches!(function.marks, Marks::Shallow) || goes_deep.contains(&name))
}

/// Calls a built-in function.
///
/// A result keeps the places of the elements that it passes on (`merge`, `concat`, `lookup` …) and is sensitive where an
/// argument is. What depends on something unknown is unknown, as precisely as can be said.
///
/// # Errors
/// An unknown function, a wrong number or type of arguments, or what the function itself refuses.
pub(crate) fn call(name: &str, arguments: &[Value], context: &Context<'_>) -> Result<Value, FunctionError> {
    if name.starts_with("provider::") {
        let sensitive = arguments.iter().any(Value::holds_sensitive);
        let unknown = Unknown::new(Why::Function, name, context.origin);
        return Ok(Value::unknown(unknown, context.origin).marked(sensitive));
    }
    let name = name.strip_prefix("core::").unwrap_or(name);
    let Some(function) = table::find(name) else {
        return Err(FunctionError { argument: None, message: no_such_function(name) });
    };
    if arguments.len() < function.least || arguments.len() > function.most {
        return Err(FunctionError { argument: None, message: wrong_count(function, arguments.len()) });
    }
    let sensitive = match function.marks {
        Marks::Deep => arguments.iter().any(Value::holds_sensitive),
        Marks::Shallow => arguments.iter().any(|argument| argument.sensitive),
        Marks::Own => false,
    };
    match run(function, arguments, context) {
        Ok(value) => Ok(value.marked(sensitive)),
        Err(Stop::Unknown(unknown)) => {
            let sensitive = sensitive || arguments.iter().any(|argument| argument.sensitive);
            let unknown = with_candidates(function, unknown, arguments, context);
            match agreed(&unknown.candidates) {
                Some(known) => Ok(known.clone().marked(sensitive)),
                None => Ok(Value::unknown(unknown, context.origin).marked(sensitive)),
            }
        }
        Err(Stop::Failed(error)) => Err(error),
    }
}

fn run(function: &Function, arguments: &[Value], context: &Context<'_>) -> Outcome {
    (function.run)(&Call { name: function.name, arguments, context })
}

/// An unknown that is one of few values gives one of few results.
fn with_candidates(
    function: &Function,
    unknown: Arc<Unknown>,
    arguments: &[Value],
    context: &Context<'_>,
) -> Arc<Unknown> {
    let mut open = arguments.iter().enumerate().filter_map(|(at, value)| Some((at, value.as_unknown()?)));
    let (Some((at, argument)), None) = (open.next(), open.next()) else { return unknown };
    if argument.candidates.is_empty() || argument.candidates.len() > MAX_CANDIDATES {
        return unknown;
    }
    let result = |candidate: &Value| {
        let mut arguments = arguments.to_vec();
        *arguments.get_mut(at)? = candidate.clone();
        let result = run(function, &arguments, context).ok().filter(|value| value.as_unknown().is_none())?;
        Some(result.marked(candidate.holds_sensitive()))
    };
    match argument.candidates.iter().map(result).collect::<Option<Vec<Value>>>() {
        Some(candidates) => Arc::new(Unknown { candidates, ..(*unknown).clone() }),
        None => unknown,
    }
}

fn wrong_count(function: &Function, given: usize) -> String {
    let Function { name, least, most, .. } = function;
    let wanted = match (*least, *most) {
        (1, 1) => "1 argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, usize::MAX) => format!("at least {least} argument{}", if least == 1 { "" } else { "s" }),
        (least, most) => format!("{least} to {most} arguments"),
    };
    format!("`{name}` takes {wanted}, not {given}")
}

fn no_such_function(name: &str) -> String {
    let near = |other: &str| name.len() < 64 && distance(name, other) <= 1 + other.len() / 4;
    let nearest = table::names().filter(|other| near(other)).min_by_key(|other| distance(name, other));
    match nearest {
        Some(other) => format!("there is no function named `{name}`; did you mean `{other}`?"),
        None => format!("there is no function named `{name}`"),
    }
}

/// The number of bytes to insert, delete or replace.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, up) in b.bytes().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(x != y)).min(left + 1).min(up + 1);
            diagonal = *up;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
