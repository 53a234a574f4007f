//! The steps of a scan in their order: the only file that knows all stages.
//!
//! Files are read and parsed in parallel, then units (root modules, stacks, plans, policy files) are evaluated in parallel,
//! then rules run over each unit in parallel. The result does not depend on the number of threads.

mod assemble;
mod deferred;
mod overlay;
mod read;
mod scenarios;
mod stacks;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rayon::prelude::*;

use crate::diagnostic::Diagnostic;
use crate::iam::exposure::Known;
use crate::model::Unit;
use crate::report::{Report, Summary};
use crate::rules::{self, Rule, Severity};
use crate::source::Sources;
use crate::{cloudformation, input, terraform};

/// Threads that evaluate have room for deeply nested expressions, in bytes.
const STACK: usize = 16 << 20;

/// What to scan and how.
#[derive(Debug, Default)]
pub struct Options {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Texts that are in memory: standard input (with an empty name), the examples of rules.
    pub texts: Vec<Text>,
    /// The folder within which files may be read; by default the git repository of each path, else the path itself.
    pub root: Option<PathBuf>,
    /// Patterns, as in `.gitignore`, of what is left out.
    pub exclude: Vec<String>,
    /// Settings of Terraform configurations.
    pub terraform: terraform::Settings,
    /// Settings of CloudFormation templates.
    pub cloudformation: cloudformation::Settings,
    /// The rules in use.
    pub rules: Vec<Rule>,
    /// Ids and aliases of all rules that a comment may name, in lower case, whether in use or not; where there are none,
    /// comments are not checked.
    pub known_rules: BTreeSet<String>,
    /// Severities that the project gives to rules, by id.
    pub severities: BTreeMap<String, Severity>,
    /// Ids of accounts that are the own one.
    pub own_accounts: Vec<String>,
    /// Ids of organizations that are the own one.
    pub own_organizations: Vec<String>,
    /// Findings below are counted, not reported.
    pub min_severity: Option<Severity>,
    /// Threads; by default as many as the machine has.
    pub threads: Option<usize>,
}

/// A text in memory.
#[derive(Clone, Debug)]
pub struct Text {
    /// A file name that tells its format, or nothing: then the content alone does.
    pub name: String,
    /// The text.
    pub bytes: Vec<u8>,
}

/// What was read and evaluated, before any rule.
#[derive(Debug)]
pub struct Model {
    /// The units, by path and kind.
    pub units: Vec<Unit>,
    /// What could not be read or understood.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts.
    pub sources: Sources,
    /// How many files were read as configuration.
    pub files: usize,
}

/// Reads, evaluates and judges.
pub fn scan(options: &Options) -> Report {
    within_pool(options.threads, || {
        let model = evaluate(options);
        judge(model, options)
    })
}

/// Reads and evaluates, without judging.
pub fn model(options: &Options) -> Model {
    within_pool(options.threads, || evaluate(options))
}

/// Runs on threads with deep stacks; on the current one where no threads can be had.
fn within_pool<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).num_threads(threads.unwrap_or(0)).build();
    match pool {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

fn evaluate(options: &Options) -> Model {
    let roots: Vec<PathBuf> = match &options.root {
        Some(root) => vec![root.clone()],
        None => options.paths.iter().map(|path| input::boundary(path)).collect(),
    };
    let parameter_files = &options.cloudformation.parameter_files;
    let variable_files = options.terraform.variable_files();
    let sources = Sources::within(roots).and_files(variable_files).and_files(parameter_files);
    // Read before all else: relative and absolute paths would race for the name that is shown.
    for file in options.terraform.variable_files().chain(parameter_files) {
        let _ = sources.open(file);
    }
    let found = input::walk(&options.paths, &options.exclude, &sources);
    let mut diagnostics = found.diagnostics;
    let mut parsed: Vec<read::Parsed> = found.files.par_iter().map(|file| read::read(file, &sources)).collect();
    parsed.extend(options.texts.iter().map(|text| read::read_text(text, &sources)));
    let files = parsed.iter().filter(|one| !one.is_nothing()).count();
    let (mut units, more) = read::evaluate(parsed, options, &sources);
    overlay::overlay(&mut units);
    diagnostics.extend(deferred::render(&mut units, &sources));
    diagnostics.extend(more);
    if files == 0 && diagnostics.is_empty() {
        let shown: Vec<String> = options.paths.iter().map(|path| format!("`{}`", sources.display(path))).collect();
        diagnostics.push(
            Diagnostic::warning("nothing-to-scan", format!("there is nothing to scan in {}", shown.join(", ")))
                .help("hidden folders, node_modules and what git ignores are left out unless named"),
        );
    }
    sort_diagnostics(&mut diagnostics, &sources);
    Model { units, diagnostics, sources, files }
}

/// By file and place, errors and warnings together; each once.
fn sort_diagnostics(diagnostics: &mut Vec<Diagnostic>, sources: &Sources) {
    let key = |diagnostic: &Diagnostic| {
        let origin = diagnostic.labels.first().map(|label| label.origin);
        let path = match (&diagnostic.path, origin) {
            (Some(path), _) => path.clone(),
            (None, Some(origin)) => sources.get(origin.file).path().to_owned(),
            (None, None) => String::new(),
        };
        (path, origin.map(|origin| origin.span), diagnostic.code, diagnostic.message.clone())
    };
    diagnostics.sort_by_cached_key(key);
    diagnostics.dedup();
}

fn judge(model: Model, options: &Options) -> Report {
    let Model { mut units, mut diagnostics, sources, files } = model;
    let resources =
        units.iter().flat_map(|unit| &unit.resources).filter(|r| r.mode == crate::model::Mode::Managed).count();
    // What a plan takes away is nobody's any more.
    for unit in &mut units {
        unit.resources.retain(|resource| !crate::iam::is_gone(resource));
    }
    let own = Known { accounts: &options.own_accounts, organizations: &options.own_organizations, ..Known::default() };
    let run = |unit: &Unit| rules::run(&options.rules, unit, &sources, own);
    let outcomes: Vec<Vec<rules::Outcome>> = units
        .par_iter()
        .map(|unit| match unit.scenarios.as_slice() {
            [] => vec![run(unit)],
            scenarios => scenarios.par_iter().map(|scenario| run(&scenario.unit)).collect(),
        })
        .collect();
    let verdicts: Vec<scenarios::Verdict<'_>> =
        units.iter().zip(outcomes).map(|(unit, outcomes)| scenarios::merge(unit, outcomes)).collect();
    let checks: usize = verdicts.iter().map(|verdict| verdict.checks).sum();
    let open: usize = verdicts.iter().map(|verdict| verdict.open.len().min(verdict.checks)).sum();
    let (mut findings, undecided, more) = assemble::assemble(verdicts, options, &sources);
    if !more.is_empty() {
        diagnostics.extend(more);
        sort_diagnostics(&mut diagnostics, &sources);
    }
    let unit_count = units.len();
    // Taking a large model apart takes long, and nobody waits for it.
    rayon::spawn(move || drop(units));
    let mut summary = Summary {
        files,
        units: unit_count,
        resources,
        rules: options.rules.len(),
        checks,
        decided: checks - open,
        ..Summary::default()
    };
    findings.retain(|finding| {
        let shown = options.min_severity.is_none_or(|least| finding.severity >= least);
        if !shown {
            summary.hidden += 1;
            if finding.suppressed.is_none() {
                summary.hidden_by_severity[finding.severity as usize] += 1;
            }
        }
        shown
    });
    for finding in &findings {
        match finding.suppressed {
            Some(_) => summary.suppressed += 1,
            None => summary.by_severity[finding.severity as usize] += 1,
        }
    }
    let mut infos: Vec<_> = options.rules.iter().map(|rule| rule.info.clone()).collect();
    infos.sort_by(|a, b| a.id.cmp(&b.id));
    Report { findings, undecided, diagnostics, summary, rules: infos, sources }
}
