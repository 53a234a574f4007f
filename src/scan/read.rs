//! Files to trees, trees to units.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::Options;
use crate::diagnostic::Diagnostic;
use crate::input::{Format, Found, classify};
use crate::model::{Change, Mode, Resource, Unit, UnitKind};
use crate::source::{FileId, MAX_PLAN_BYTES, MAX_TEXT_BYTES, Origin, ReadError, Sources, text_of};
use crate::syntax::node::Node;
use crate::syntax::{hcl, json, yaml};
use crate::terraform::{self, Library, Module, ModuleFile};
use crate::value::Value;
use crate::{cloudformation, plan};

/// A file after parsing.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    module_file: Option<ModuleFile>,
    /// It was never a file.
    in_memory: bool,
    templates: Vec<(FileId, Node)>,
    unit: Option<Unit>,
    diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether the file is none of ours.
    pub(super) fn is_nothing(&self) -> bool {
        self.module_file.is_none() && self.templates.is_empty() && self.unit.is_none() && self.diagnostics.is_empty()
    }

    fn failed(diagnostic: Diagnostic) -> Parsed {
        Parsed { diagnostics: vec![diagnostic], ..Parsed::default() }
    }
}

/// Reads and parses a file; whatever goes wrong costs this file only.
pub(super) fn read(found: &Found, sources: &Sources) -> Parsed {
    let shown = sources.display(&found.path);
    let limit = if is_large_plan(&found.path, sources) { MAX_PLAN_BYTES } else { MAX_TEXT_BYTES };
    let file = match sources.open_up_to(&found.path, limit) {
        Ok(file) => file,
        Err(error) => return unreadable(found, &shown, &error),
    };
    let text = sources.get(file);
    let format = classify(&shown, text.text());
    if format == Format::Other {
        if found.named && !is_known_data(&shown) {
            let message = format!("`{shown}` is no configuration that iacscan knows");
            return Parsed::failed(Diagnostic::warning("unknown-format", message).path(shown));
        }
        return Parsed::default();
    }
    parse(file, format, &found.path, sources)
}

/// Reads a text that is in memory.
pub(super) fn read_text(text: &super::Text, sources: &Sources) -> Parsed {
    let name = if text.name.is_empty() { "<stdin>" } else { &text.name };
    match text_of(text.bytes.clone()) {
        Err(error) => {
            let message = format!("`{name}` cannot be read: {error}");
            Parsed::failed(Diagnostic::error("unreadable", message).path(name))
        }
        Ok(content) => {
            let format = classify(&text.name, &content);
            let file = sources.add(name, content);
            if format == Format::Other {
                let message = format!("`{name}` is no configuration that iacscan knows");
                return Parsed::failed(Diagnostic::error("unknown-format", message).path(name));
            }
            Parsed { in_memory: true, ..parse(file, format, Path::new(name), sources) }
        }
    }
}

/// Files that are named by wildcards on the command line and may well be none of ours.
fn is_known_data(shown: &str) -> bool {
    [".json", ".yaml", ".yml", ".tfvars"].iter().any(|end| shown.ends_with(end))
}

fn unreadable(found: &Found, shown: &str, error: &ReadError) -> Parsed {
    let lower = shown.to_ascii_lowercase();
    let is_terraform = [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|end| lower.ends_with(end));
    let ours = match error {
        // Whoever else keeps much data in JSON or YAML does not mean us.
        ReadError::TooLarge { .. } | ReadError::Outside => false,
        _ => looks_like_ours(&found.path),
    };
    if !(found.named || is_terraform || ours) {
        return Parsed::default();
    }
    let mut diagnostic = Diagnostic::error("unreadable", format!("`{shown}` cannot be read: {error}")).path(shown);
    if matches!(error, ReadError::NotUtf8 { .. }) {
        diagnostic = diagnostic.help("save the file as UTF-8");
    }
    Parsed::failed(diagnostic)
}

/// Whether a file that is larger than configuration may be starts as a plan does.
fn is_large_plan(path: &Path, sources: &Sources) -> bool {
    const HEAD: u64 = 64 << 10;
    let lower = path.to_string_lossy().to_ascii_lowercase();
    let is_configuration = [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|end| lower.ends_with(end));
    let is_large = std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() > MAX_TEXT_BYTES);
    if is_configuration || !is_large || !sources.admits(path) {
        return false;
    }
    let Ok(file) = std::fs::File::open(path) else { return false };
    let mut head = Vec::new();
    if std::io::Read::read_to_end(&mut std::io::Read::take(file, HEAD), &mut head).is_err() {
        return false;
    }
    // In UTF-16, every other byte of a key is zero.
    head.retain(|byte| *byte != 0);
    // `terraform` writes the version first; whoever sorts the keys has the configuration or the planned values first.
    ["\"format_version\"", "\"planned_values\"", "\"resource_changes\"", "\"provider_config\""]
        .iter()
        .any(|key| memchr::memmem::find(&head, key.as_bytes()).is_some())
}

/// Whether a file that is no text still names things that only ours name.
fn looks_like_ours(path: &Path) -> bool {
    const ENOUGH: u64 = 1 << 20;
    // Opening a pipe waits for whoever writes to it.
    if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        return false;
    }
    let Ok(file) = std::fs::File::open(path) else { return true };
    let mut bytes = Vec::new();
    if std::io::Read::read_to_end(&mut std::io::Read::take(file, ENOUGH), &mut bytes).is_err() {
        return true;
    }
    ["AWS::", "AWSTemplateFormatVersion", "\"format_version\"", "\"Statement\""]
        .iter()
        .any(|word| memchr::memmem::find(&bytes, word.as_bytes()).is_some())
}

/// Parses a text; a panic of a parser is a bug, and costs this file only.
fn parse(file: FileId, format: Format, path: &Path, sources: &Sources) -> Parsed {
    let parsed = catch_unwind(AssertUnwindSafe(|| parse_as(file, format, path, sources)));
    parsed.unwrap_or_else(|_| Parsed::failed(internal(&sources.display(path))))
}

fn internal(shown: &str) -> Diagnostic {
    Diagnostic::error("internal", format!("`{shown}` could not be understood: this is a bug of iacscan"))
        .path(shown)
        .help("please report it with the file, or with what you can share of it")
}

fn parse_as(file: FileId, format: Format, path: &Path, sources: &Sources) -> Parsed {
    let source = sources.get(file);
    let text = source.text();
    match format {
        Format::Hcl | Format::HclJson => {
            let (body, diagnostics) =
                if format == Format::Hcl { hcl::parse(file, text) } else { hcl::parse_json(file, text) };
            let is_partial = !diagnostics.is_empty();
            let module_file = ModuleFile { path: path.to_owned(), file, body, is_partial };
            Parsed { module_file: Some(module_file), diagnostics, ..Parsed::default() }
        }
        Format::TemplateJson => match json::parse(file, text) {
            Ok(root) if cloudformation::is_template(&root) => {
                let diagnostics = json::duplicates(file, &root);
                Parsed { templates: vec![(file, root)], diagnostics, ..Parsed::default() }
            }
            Ok(_) => Parsed::default(),
            Err(diagnostic) => Parsed::failed(diagnostic),
        },
        Format::TemplateYaml => {
            let (documents, diagnostics) = yaml::parse(file, text);
            let template = |root: Node| match cloudformation::is_template(&root) {
                true => Some((file, root)),
                false => cloudformation::is_service(&root).then(|| (file, cloudformation::template_of(&root))),
            };
            let templates: Vec<(FileId, Node)> = documents.into_iter().filter_map(template).collect();
            // Of a file that is none of ours nothing is said, however odd it is.
            let is_ours =
                !templates.is_empty() || text.contains("AWSTemplateFormatVersion") || text.contains("Type: AWS::");
            Parsed { templates, diagnostics: if is_ours { diagnostics } else { Vec::new() }, ..Parsed::default() }
        }
        Format::Plan => {
            let (unit, diagnostics) = plan::read(file, text, source.path());
            Parsed { unit, diagnostics, ..Parsed::default() }
        }
        Format::Policy => match json::parse(file, text) {
            Ok(root) if root.get("Statement").is_some() => {
                Parsed { unit: Some(policy_unit(file, &root, source.path(), text.len())), ..Parsed::default() }
            }
            Ok(_) => Parsed::default(),
            Err(diagnostic) => Parsed::failed(diagnostic),
        },
        Format::Other => Parsed::default(),
    }
}

/// A policy document in a file of its own is a unit with one resource.
fn policy_unit(file: FileId, root: &Node, path: &str, length: usize) -> Unit {
    let whole = Origin::new(file, 0, length);
    let text_start = root.span;
    let source = Origin { file, span: text_start };
    let name = path.rsplit('/').next().unwrap_or(path);
    // The reader of documents decodes the text itself, so that every node keeps its place.
    let resource = Resource {
        address: name.into(),
        provider_type: Resource::POLICY_FILE.into(),
        mode: Mode::Managed,
        attributes: Value::fields([("document", Value::string("", source))], whole),
        origin: Origin::new(file, text_start.start as usize, text_start.start as usize + 1),
        extent: whole,
        change: Change::Create,
        possible: None,
        chain: Arc::new([]),
        construct: None,
        account: None,
    };
    Unit::new(UnitKind::Policy, path, vec![resource])
}

/// Evaluates what was parsed, unit by unit.
pub(super) fn evaluate(parsed: Vec<Parsed>, options: &Options, sources: &Sources) -> (Vec<Unit>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut directories: BTreeMap<PathBuf, Vec<ModuleFile>> = BTreeMap::new();
    // Directories of which files were read.
    let mut on_disk: BTreeSet<PathBuf> = BTreeSet::new();
    let mut templates = Vec::new();
    let mut units = Vec::new();
    for one in parsed {
        diagnostics.extend(one.diagnostics);
        templates.extend(one.templates);
        units.extend(one.unit);
        if let Some(file) = one.module_file {
            let folder = file.path.parent().unwrap_or(Path::new(""));
            let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() };
            let folder = std::path::absolute(&folder).unwrap_or(folder);
            let folder = crate::source::normalise(&folder);
            if !one.in_memory {
                on_disk.insert(folder.clone());
            }
            directories.entry(folder).or_default().push(file);
        }
    }
    for unit in &mut units {
        fill_policy(unit, sources);
    }
    let (terraform, more) = evaluate_modules(directories, &on_disk, options, sources);
    units.extend(terraform);
    diagnostics.extend(more);
    let (given, more) = cloudformation::parameter_files(&options.cloudformation.parameter_files, sources);
    diagnostics.extend(more);
    let settings = &cloudformation::Settings { given, ..options.cloudformation.clone() };
    let stacks: Vec<(Unit, Vec<Diagnostic>)> = super::stacks::outermost(templates, sources)
        .par_iter()
        .map(|(file, root)| {
            let evaluated = catch_unwind(AssertUnwindSafe(|| cloudformation::evaluate(*file, root, settings, sources)));
            evaluated.unwrap_or_else(|_| {
                let path = sources.get(*file).path().to_owned();
                let unit = Unit::new(UnitKind::CloudFormation, path.clone(), Vec::new());
                (unit, vec![internal(&path)])
            })
        })
        .collect();
    let assemblies = cloudformation::Assemblies::default();
    for (mut unit, more) in stacks {
        let scenarios = unit.scenarios.iter_mut().map(|scenario| &mut scenario.unit.resources);
        for resources in std::iter::once(&mut unit.resources).chain(scenarios) {
            assemblies.name_constructs(resources, sources);
        }
        units.push(unit);
        diagnostics.extend(more);
    }
    diagnostics.extend(undeclared_parameters(settings, &units));
    units.sort_by(|a, b| (&a.path, a.kind).cmp(&(&b.path, b.kind)));
    (units, diagnostics)
}

/// Sets the document of a policy file to the text of the file.
fn fill_policy(unit: &mut Unit, sources: &Sources) {
    if unit.kind != UnitKind::Policy {
        return;
    }
    for resource in &mut unit.resources {
        let Some(origin) = resource.attributes.get("document").map(|document| document.origin) else { continue };
        let source = sources.get(origin.file);
        let document = Value::string(source.slice(origin.span), origin);
        resource.attributes = Value::fields([("document", document)], resource.attributes.origin);
    }
}

/// Variables that the command line gives a value though no root module has them: a slip of the pen, most likely.
fn undeclared(
    settings: &terraform::Settings,
    roots: &[PathBuf],
    modules: &BTreeMap<PathBuf, Arc<Module>>,
) -> Vec<Diagnostic> {
    let modules: Vec<&Arc<Module>> = roots.iter().filter_map(|root| modules.get(root)).collect();
    let names = settings.variable_names();
    let is_lost = |name: &&str| !modules.is_empty() && !modules.iter().any(|module| module.declares(name));
    let told = names.filter(is_lost).map(|name| {
        let message = format!("no root module declares the variable `{name}`, which `--var` gives a value");
        Diagnostic::warning("undeclared-variable", message)
    });
    told.collect()
}

/// Parameters that the command line gives a value though no template has them.
fn undeclared_parameters(settings: &cloudformation::Settings, units: &[Unit]) -> Vec<Diagnostic> {
    let stacks: Vec<&Unit> = units.iter().filter(|unit| unit.kind == UnitKind::CloudFormation).collect();
    let is_declared = |name: &str| {
        let address = format!("Parameters/{name}");
        stacks.iter().any(|unit| unit.resources.iter().any(|resource| *resource.address == *address))
    };
    let is_lost = |name: &&String| !stacks.is_empty() && !name.starts_with("AWS::") && !is_declared(name);
    let told = settings.parameters.keys().filter(is_lost).map(|name| {
        let message = format!("no template declares the parameter `{name}`, which `--parameter` gives a value");
        Diagnostic::warning("undeclared-parameter", message)
    });
    told.collect()
}

fn evaluate_modules(
    directories: BTreeMap<PathBuf, Vec<ModuleFile>>,
    on_disk: &BTreeSet<PathBuf>,
    options: &Options,
    sources: &Sources,
) -> (Vec<Unit>, Vec<Diagnostic>) {
    let read_later = Mutex::new(Vec::new());
    let read_directory = |directory: &Path| -> Vec<ModuleFile> {
        let entries = std::fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
        let is_terraform = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
            [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|end| name.ends_with(end))
        };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_terraform).collect();
        paths.sort();
        let mut files = Vec::new();
        for path in paths {
            let parsed = read(&Found { path, named: false }, sources);
            files.extend(parsed.module_file);
            read_later.lock().unwrap_or_else(PoisonError::into_inner).extend(parsed.diagnostics);
        }
        files
    };
    let modules: Vec<(PathBuf, Arc<Module>, Vec<Diagnostic>)> = directories
        .into_par_iter()
        .map(|(directory, files)| {
            let (module, diagnostics) = Module::new(&directory, files);
            (directory, Arc::new(module), diagnostics)
        })
        .collect();
    let mut diagnostics = Vec::new();
    let mut known = BTreeMap::new();
    for (directory, module, more) in modules {
        known.insert(directory, module);
        diagnostics.extend(more);
    }
    let roots = terraform::roots(&known);
    let all: HashMap<PathBuf, Arc<Module>> = known.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    diagnostics.extend(undeclared(&options.terraform, &roots, &known));
    let library = Library::new(all, &read_directory, sources);
    let in_memory = terraform::Settings { in_memory: true, ..options.terraform.clone() };
    let evaluated: Vec<(Unit, Vec<Diagnostic>)> = roots
        .par_iter()
        .filter_map(|root| Some((root, known.get(root)?)))
        .map(|(root, module)| {
            let settings = if on_disk.contains(root) { &options.terraform } else { &in_memory };
            let evaluated = catch_unwind(AssertUnwindSafe(|| {
                terraform::evaluate(root, module.clone(), &library, settings, sources)
            }));
            evaluated.unwrap_or_else(|_| {
                let path = sources.display(root);
                let unit = Unit::new(UnitKind::Terraform, path.clone(), Vec::new());
                (unit, vec![internal(&path)])
            })
        })
        .collect();
    let mut units = Vec::new();
    for (unit, more) in evaluated {
        units.push(unit);
        diagnostics.extend(more);
    }
    diagnostics.extend(library.take_diagnostics());
    diagnostics.extend(read_later.into_inner().unwrap_or_else(PoisonError::into_inner));
    (units, diagnostics)
}
