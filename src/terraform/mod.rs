//! Terraform and OpenTofu configurations, evaluated as Terraform evaluates them.

mod choice;
mod condition;
mod data_source;
mod expand;
mod expression;
mod for_any;
mod functions;
mod inputs;
mod library;
mod limit;
mod module;
mod provider;
mod scope;
mod share;
mod symbol;
mod template;
mod terragrunt;
mod types;
mod undeclared;
mod unify;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use data_source::rendered_document;
pub use inputs::{Given, Settings};
pub use library::{Library, ReadDirectory};
pub use module::{Module, ModuleFile};

use crate::diagnostic::Diagnostic;
use crate::model::{Unit, UnitKind};
use crate::source::{Origin, Sources};

/// The directories that are root modules: those that no other directory calls, and one of each circle of calls.
pub fn roots(modules: &BTreeMap<PathBuf, Arc<Module>>) -> Vec<PathBuf> {
    let calls = |directory: &PathBuf| -> Vec<PathBuf> {
        let module = modules.get(directory);
        let sources = module.into_iter().flat_map(|module| module.local_sources());
        sources.filter(|source| source != directory && modules.contains_key(source)).collect()
    };
    let called: BTreeSet<PathBuf> = modules.keys().flat_map(calls).collect();
    let mut roots: Vec<PathBuf> = modules.keys().filter(|directory| !called.contains(*directory)).cloned().collect();
    let mut reached: BTreeSet<PathBuf> = BTreeSet::new();
    let mut reach = |from: &PathBuf| {
        let mut todo = vec![from.clone()];
        while let Some(next) = todo.pop() {
            if reached.insert(next.clone()) {
                todo.extend(calls(&next));
            }
        }
        reached.len()
    };
    for root in &roots {
        reach(root);
    }
    // What is left calls itself in a circle.
    for directory in modules.keys() {
        let before = reach(&PathBuf::new());
        if reach(directory) > before {
            roots.push(directory.clone());
        }
    }
    // Whatever else calls the module, terragrunt deploys it from here, too.
    roots.extend(modules.iter().filter(|(_, module)| module.terragrunt.is_some()).map(|(folder, _)| folder.clone()));
    // What only others include deploys nothing itself.
    roots.retain(|root| {
        !root.as_os_str().is_empty() && modules.get(root).is_some_and(|module| !module.is_included_only())
    });
    roots.sort();
    roots.dedup();
    roots
}

/// Evaluates a root module and all that it calls.
pub fn evaluate(
    directory: &Path,
    module: Arc<Module>,
    library: &Library<'_>,
    settings: &Settings,
    sources: &Sources,
) -> (Unit, Vec<Diagnostic>) {
    let called = match module.terragrunt.as_ref().map(terragrunt::Terragrunt::deployed) {
        None | Some(terragrunt::Deployed::Beside) => Ok((directory.to_owned(), module.clone())),
        Some(terragrunt::Deployed::Elsewhere(origin)) => {
            Err((origin, "terragrunt's module is not in the scanned tree"))
        }
        Some(terragrunt::Deployed::Folder(folder)) => match library.module(&folder) {
            Some(module) => Ok((folder, module)),
            None => Err((Origin::NONE, "terragrunt's module is not there")),
        },
    };
    let unit = |resources| Unit::new(UnitKind::Terraform, sources.display(directory), resources);
    let (folder, called) = match called {
        Ok(called) => called,
        Err((origin, message)) => {
            let diagnostic = Diagnostic::warning("module-not-found", message).path(sources.display(directory));
            let diagnostic =
                if origin.is_some() { diagnostic.at(origin, "what it makes is undecided") } else { diagnostic };
            return (unit(Vec::new()), vec![diagnostic]);
        }
    };
    let (inputs, mut diagnostics) = inputs::read(&folder, &called, module.terragrunt.as_ref(), settings, sources);
    let inputs: HashMap<Arc<str>, crate::value::Value> = inputs.into_iter().collect();
    let evaluator = scope::Evaluator::new(sources, settings, library, &folder, inputs);
    let root = scope::Evaluator::root_instance(called);
    let mut resources = Vec::new();
    evaluator.resources(&root, None, &mut resources);
    let (own_accounts, account) = evaluator.own_accounts(&root, &resources);
    diagnostics.extend(evaluator.diagnostics.take());
    (Unit { own_accounts, account, ..unit(resources) }, diagnostics)
}
