//! The values of a root module's variables: `terraform.tfvars`, `*.auto.tfvars`, `TF_VAR_…`, `--var-file`, `--var`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Origin, Sources};
use crate::syntax::hcl::{self, Body, Expression, ExpressionKind, ObjectKey, TemplatePart, UnaryOperator};
use crate::value::{Data, Entry, Number, Piece, Value};

/// What a person says about the evaluation of Terraform configurations.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `--workspace`
    pub workspace: Option<String>,
    /// `--var NAME=VALUE`
    pub variables: Vec<(String, String)>,
    /// `--var-file FILE`
    pub variable_files: Vec<PathBuf>,
    /// `TF_VAR_NAME` of the environment.
    pub environment: BTreeMap<String, String>,
    /// The module does not come from its directory: variable files that lie there are not its own.
    pub in_memory: bool,
}

/// The given values of a root module, later sources before earlier ones, as Terraform orders them.
pub(super) fn read(
    directory: &Path,
    settings: &Settings,
    sources: &Sources,
) -> (BTreeMap<Arc<str>, Value>, Vec<Diagnostic>) {
    let mut values = BTreeMap::new();
    let mut diagnostics = Vec::new();
    for (name, text) in &settings.environment {
        values.insert(name.as_str().into(), of_text(text, &format!("TF_VAR_{name}"), sources));
    }
    let mut automatic: Vec<PathBuf> = std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json")
        })
        .collect();
    automatic.sort();
    let named = ["terraform.tfvars", "terraform.tfvars.json"].map(|name| directory.join(name));
    let files = named.iter().filter(|path| path.is_file()).chain(&automatic);
    for path in files.filter(|_| !settings.in_memory) {
        read_file(path, sources, &mut values, &mut diagnostics);
    }
    for path in &settings.variable_files {
        read_file(path, sources, &mut values, &mut diagnostics);
    }
    for (name, text) in &settings.variables {
        values.insert(name.as_str().into(), of_text(text, &format!("--var {name}"), sources));
    }
    (values, diagnostics)
}

fn read_file(
    path: &Path,
    sources: &Sources,
    values: &mut BTreeMap<Arc<str>, Value>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let file = match sources.open(path) {
        Ok(file) => file,
        Err(error) => {
            let message = format!("the variable file cannot be read: {error}");
            diagnostics.push(Diagnostic::error("variable-file", message).path(sources.display(path)));
            return;
        }
    };
    let source = sources.get(file);
    let is_json = path.extension().is_some_and(|end| end == "json");
    let (body, problems): (Body, _) =
        if is_json { hcl::parse_json_values(file, source.text()) } else { hcl::parse(file, source.text()) };
    diagnostics.extend(problems);
    for attribute in &body.attributes {
        if let Some(value) = constant(&attribute.value, file) {
            values.insert(attribute.name.clone(), value);
        }
    }
}

/// A value given as text: a string, unless it is written as a list, map or other literal.
fn of_text(text: &str, name: &str, sources: &Sources) -> Value {
    let file = sources.add(name, text.to_owned());
    let origin = Origin::new(file, 0, text.len());
    if text.trim_start().starts_with(['[', '{'])
        && let Ok(expression) = hcl::parse_expression(file, text, 0)
        && let Some(value) = constant(&expression, file)
    {
        return value;
    }
    Value::string(text, origin)
}

/// The value of an expression without names and calls, which is all that a variable file may hold.
fn constant(expression: &Expression, file: FileId) -> Option<Value> {
    let origin = Origin { file, span: expression.span };
    Some(match &expression.kind {
        ExpressionKind::Null => Value::null(origin),
        ExpressionKind::Bool(known) => Value::bool(*known, origin),
        ExpressionKind::Number(text) => Value::new(Data::Number(Number::parse(text)?), origin),
        ExpressionKind::String(text) => Value::string(text.clone(), origin),
        ExpressionKind::Template(parts) => {
            let literal = |part: &TemplatePart| match part {
                TemplatePart::Literal(text, span) => Some(Piece::Known(text.clone(), Origin { file, span: *span })),
                _ => None,
            };
            Value::of_pieces(parts.iter().map(literal).collect::<Option<_>>()?, origin)
        }
        ExpressionKind::Tuple(items) => {
            Value::list(items.iter().map(|item| constant(item, file)).collect::<Option<_>>()?, origin)
        }
        ExpressionKind::Object(entries) => {
            let entry = |(key, value): &(ObjectKey, Expression)| {
                let (name, span) = super::module::literal_key(key)?;
                Some(Entry { key: name.into(), key_origin: Origin { file, span }, value: constant(value, file)? })
            };
            Value::map(entries.iter().map(entry).collect::<Option<_>>()?, origin)
        }
        ExpressionKind::Unary(UnaryOperator::Negate, inner) => {
            let number = constant(inner, file)?.as_number()?;
            Value::new(Data::Number(Number::from(0).minus(&number)), origin)
        }
        ExpressionKind::Parenthesis(inner) => constant(inner, file)?,
        _ => return None,
    })
}
