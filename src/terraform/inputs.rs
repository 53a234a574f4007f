//! The values of a root module's variables: `terraform.tfvars`, `*.auto.tfvars`, `TF_VAR_…`, `--var-file`, `--var`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Module;
use super::terragrunt::Terragrunt;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Origin, Sources};
use crate::syntax::hcl::{self, Attribute, Body, Expression, ExpressionKind, ObjectKey, TemplatePart, UnaryOperator};
use crate::value::{Data, Entry, Number, Piece, Unknown, Value, Why};

/// What a person says about the evaluation of Terraform configurations.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `--workspace`
    pub workspace: Option<String>,
    /// `--var` and `--var-file`, in the order in which they were given: later ones win.
    pub given: Vec<Given>,
    /// `TF_VAR_NAME` of the environment.
    pub environment: BTreeMap<String, String>,
    /// The module does not come from its directory: variable files that lie there are not its own.
    pub in_memory: bool,
}

/// A value of the command line, or a file of such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// `--var NAME=VALUE`
    Variable(String, String),
    /// `--var-file FILE`
    File(PathBuf),
}

impl Settings {
    /// The names that `--var` gives a value.
    pub fn variable_names(&self) -> impl Iterator<Item = &str> {
        self.given.iter().filter_map(|given| match given {
            Given::Variable(name, _) => Some(name.as_str()),
            Given::File(_) => None,
        })
    }

    /// The files of `--var-file`.
    pub fn variable_files(&self) -> impl Iterator<Item = &PathBuf> {
        self.given.iter().filter_map(|given| match given {
            Given::File(path) => Some(path),
            Given::Variable(..) => None,
        })
    }
}

/// The given values of a root module, later sources over earlier ones, as Terraform orders them.
pub(super) fn read(
    directory: &Path,
    module: &Module,
    terragrunt: Option<&Terragrunt>,
    settings: &Settings,
    sources: &Sources,
) -> (BTreeMap<Arc<str>, Value>, Vec<Diagnostic>) {
    let mut values = BTreeMap::new();
    let mut diagnostics = Vec::new();
    // Terragrunt hands its inputs over as environment variables, and leaves those alone that are there already.
    if let Some(terragrunt) = terragrunt {
        values.extend(terragrunt.inputs(module, sources, &mut diagnostics));
    }
    for (name, text) in &settings.environment {
        let value = of_text(text, &format!("TF_VAR_{name}"), name, module, sources, &mut diagnostics);
        values.insert(name.as_str().into(), value);
    }
    // Terragrunt runs in a copy of the module that its own folder is laid over.
    let above = terragrunt.map(|terragrunt| terragrunt.directory()).filter(|above| *above != directory);
    for folder in [Some(directory), above].into_iter().flatten().filter(|_| !settings.in_memory) {
        for path in own_files(folder) {
            let before: BTreeSet<Arc<str>> = values.keys().cloned().collect();
            let places = read_file(&path, sources, &mut values, &mut diagnostics);
            for (name, origin) in places.into_iter().filter(|(name, _)| !before.contains(name)) {
                if !module.declares(&name) {
                    let message = format!("no variable `{name}` is declared, which this file gives a value");
                    diagnostics.push(Diagnostic::warning("undeclared-variable", message).at(origin, ""));
                }
            }
        }
    }
    for given in &settings.given {
        match given {
            Given::File(path) => {
                read_file(path, sources, &mut values, &mut diagnostics);
            }
            Given::Variable(name, text) => {
                let value = of_text(text, &format!("--var {name}"), name, module, sources, &mut diagnostics);
                values.insert(name.as_str().into(), value);
            }
        }
    }
    (values, diagnostics)
}

/// The variable files of a folder that are read without being named: later ones win.
fn own_files(directory: &Path) -> Vec<PathBuf> {
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
    named.into_iter().filter(|path| path.is_file()).chain(automatic).collect()
}

fn read_file(
    path: &Path,
    sources: &Sources,
    values: &mut BTreeMap<Arc<str>, Value>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(Arc<str>, Origin)> {
    let file = match sources.open(path) {
        Ok(file) => file,
        Err(error) => {
            let message = format!("the variable file cannot be read: {error}");
            diagnostics.push(Diagnostic::error("variable-file", message).path(sources.display(path)));
            return Vec::new();
        }
    };
    let source = sources.get(file);
    let is_json = path.extension().is_some_and(|end| end == "json");
    let (body, problems): (Body, _) =
        if is_json { hcl::parse_json_values(file, source.text()) } else { hcl::parse(file, source.text()) };
    diagnostics.extend(problems);
    for attribute in &body.attributes {
        let value = constant_or_unknown(&attribute.name, &attribute.value, file, diagnostics);
        values.insert(attribute.name.clone(), value);
    }
    let place = |attribute: &Attribute| (attribute.name.clone(), Origin { file, span: attribute.name_span });
    body.attributes.iter().map(place).collect()
}

/// A value that is none is not passed over: the default that would take its place is not what is deployed.
fn constant_or_unknown(name: &str, expression: &Expression, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> Value {
    constant(expression, file).unwrap_or_else(|| {
        let origin = Origin { file, span: expression.span };
        let message = format!("the value of variable `{name}` is no constant");
        let diagnostic = Diagnostic::warning("variable-value", message).at(origin, "its value is unknown");
        diagnostics.push(diagnostic.help("names and function calls are not allowed in the values of variables"));
        Value::unknown(Unknown::new(Why::Invalid, format!("var.{name}"), origin), origin)
    })
}

/// A value given as text: the text itself for a variable of a primitive type or none, else an expression.
fn of_text(
    text: &str,
    shown: &str,
    name: &str,
    module: &Module,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Value {
    let file = sources.add(shown, text.to_owned());
    let origin = Origin::new(file, 0, text.len());
    let declared = module.variables.get(name).and_then(|layers| layers.attribute("type"));
    if declared.is_none_or(|(_, constraint)| is_primitive(&constraint.value)) {
        return Value::string(text, origin);
    }
    let expression = hcl::parse_expression(file, text, 0).ok();
    expression.and_then(|expression| constant(&expression, file)).unwrap_or_else(|| {
        // No place: the excerpt would show a value that may be secret.
        let message = format!("the value of variable `{name}` is no constant of its type");
        diagnostics.push(Diagnostic::warning("variable-value", message).path(shown).help("its value is unknown"));
        Value::unknown(Unknown::new(Why::Invalid, format!("var.{name}"), origin), origin)
    })
}

/// Whether a type constraint is one of those whose values are given as plain text; old configurations quote them.
fn is_primitive(constraint: &Expression) -> bool {
    let name = match &constraint.kind {
        ExpressionKind::Variable(name) => Some(&**name),
        _ => super::module::literal(constraint),
    };
    name.is_some_and(|name| matches!(name, "string" | "number" | "bool"))
}

/// The value of an expression without names and calls, which is all that a variable file may hold.
pub(super) fn constant(expression: &Expression, file: FileId) -> Option<Value> {
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
