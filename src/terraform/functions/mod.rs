//! Terraform's built-in functions, by family.
//!
//! `try`, `can` and everything else that must not evaluate its arguments first belongs to the expression evaluator.

use std::path::Path;

use crate::source::{FileId, Origin, Sources};
use crate::value::{Map, Value};

/// What a function may ask of its surroundings.
pub(crate) struct Context<'a> {
    /// The door to the files of the scanned tree.
    pub(crate) sources: &'a Sources,
    /// The directory that relative paths start from: that of the root module.
    pub(crate) working_directory: &'a Path,
    /// The whole call.
    pub(crate) origin: Origin,
    /// Renders a template file with variables, for `templatefile` and `templatestring`.
    pub(crate) render: &'a dyn Fn(FileId, &Map) -> Result<Value, FunctionError>,
}

/// Why a call fails, as Terraform would say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionError {
    /// Which argument is wrong, from zero; absent where it is the call as a whole.
    pub(crate) argument: Option<usize>,
    /// What is wrong.
    pub(crate) message: String,
}

/// Calls a built-in function.
///
/// A result keeps the places of the elements that it passes on (`merge`, `concat`, `lookup` …) and is sensitive where an
/// argument is. What depends on something unknown is unknown, as precisely as can be said.
///
/// # Errors
/// An unknown function, a wrong number or type of arguments, or what the function itself refuses.
pub(crate) fn call(name: &str, arguments: &[Value], context: &Context<'_>) -> Result<Value, FunctionError> {
    let _ = (arguments, context);
    Err(FunctionError { argument: None, message: format!("there is no function named `{name}`") })
}
