//! CloudFormation and SAM templates: from the tree of a YAML or JSON file to the resources of a stack.
//!
//! What the template leaves open stays open: a parameter without a value, a pseudo parameter, an attribute that the
//! service computes. Where a condition hangs on that, the unit has a scenario for each case (`scenario.rs`); in the unit
//! itself both branches of an undecided `Fn::If` are kept as candidates.

mod cdk;
mod comparison;
mod condition;
mod evaluator;
mod foreach;
mod given;
mod intrinsic;
mod list;
mod mapping;
mod metadata;
mod nested;
mod parameter;
mod possible;
mod reference;
mod rename;
mod sam;
mod scenario;
mod serverless;
mod substitute;
mod template;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::model::{Resource, Unit};
use crate::source::{FileId, Sources};
use crate::syntax::node::Node;

pub use cdk::{Assemblies, is_manifest};
pub use given::{Given, GivenValues, parameter_files};
pub use nested::included_templates;
pub use possible::possible_values;
pub use serverless::{is_service, template_of};
pub use template::is_template;

/// What is given to a template from outside.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Values of parameters by name. A pseudo parameter (`AWS::Region`, `AWS::AccountId` …) can be given a value too.
    pub parameters: BTreeMap<String, String>,
    /// Parameter files, in the order in which their values count.
    pub parameter_files: Vec<PathBuf>,
    /// What the parameter files give; where `parameters` has a value, too, that one counts.
    pub given: GivenValues,
    /// The environment of a `samconfig.toml` that counts; by default the one of that name.
    pub config_env: Option<String>,
}

/// Evaluates a template: its parameters, resources and outputs in the order of the text, and what CloudFormation would
/// refuse. A part that cannot be understood is told of and does not hide the rest.
pub fn evaluate(file: FileId, root: &Node, settings: &Settings, sources: &Sources) -> (Unit, Vec<Diagnostic>) {
    let (in_folder, told) =
        given::samconfig(sources.get(file).path(), settings.config_env.as_deref().unwrap_or("default"), sources);
    let with_folder = (!in_folder.is_empty()).then(|| {
        let mut settings = settings.clone();
        for (name, given) in in_folder {
            settings.given.entry(name).or_insert(given);
        }
        settings
    });
    let settings = with_folder.as_ref().unwrap_or(settings);
    let (root, open, mut diagnostics) = written_out(file, root, settings, &nested::Nest::outermost(file, sources));
    diagnostics.extend(told);
    let root = &*root;
    let mut evaluator = evaluator::Evaluator::new(file, root, settings, sources);
    evaluator.open.clone_from(&open);
    let mut unit = evaluator.unit();
    let questions = std::mem::take(&mut evaluator.asked);
    let offered = std::mem::take(&mut evaluator.offered);
    let bytes = sources.get(file).text().len();
    let size = scenario::Size { bytes: bytes + evaluator.nest.bytes_within(), resources: unit.resources.len() };
    let nest = evaluator.nest.anew();
    diagnostics.extend(evaluator.into_diagnostics());
    let (scenarios, cut) = scenario::follow((file, root), settings, &nest, &open, (questions, offered), size);
    unit.scenarios = scenarios;
    diagnostics.extend(cut);
    (unit, diagnostics)
}

/// Evaluates the template of a stack within another one, `depth` calls deep; `pins` are assumed of pseudo parameters.
fn evaluate_within(
    file: FileId,
    root: &Node,
    settings: &Settings,
    nest: &nested::Nest<'_>,
    pins: HashMap<Arc<str>, scenario::Pin>,
    depth: usize,
) -> (Vec<Resource>, Vec<Diagnostic>, Vec<scenario::Question>) {
    let (root, open, mut diagnostics) = written_out(file, root, settings, nest);
    let mut evaluator = evaluator::Evaluator::new(file, &root, settings, nest.sources());
    evaluator.nest = nest.again();
    evaluator.pins = pins;
    evaluator.depth = depth;
    evaluator.open = open;
    let unit = evaluator.unit();
    let asked = evaluator.asked_of_outside();
    diagnostics.extend(evaluator.into_diagnostics());
    (unit.resources, diagnostics, asked)
}

/// A template with its loops written out.
fn written_out<'n>(
    file: FileId,
    root: &'n Node,
    settings: &Settings,
    nest: &nested::Nest<'_>,
) -> (Cow<'n, Node>, foreach::Open, Vec<Diagnostic>) {
    match foreach::expand(file, root, settings, nest) {
        Some(expanded) => (Cow::Owned(expanded.root), expanded.open, expanded.diagnostics),
        None => (Cow::Borrowed(root), foreach::Open::new(), Vec::new()),
    }
}
