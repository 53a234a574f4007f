//! Assemblies of the CDK: which construct a resource was written out from, and where the program makes it.
//!
//! A template names the path of the construct in the metadata of a resource; the manifest of its assembly knows the stack
//! of calls that made it, and the path where the template was written without.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use crate::model::{Construct, Resource};
use crate::source::{FileId, Sources};
use crate::syntax::node::Node;

/// The key of a resource's metadata that names its construct.
const PATH: &str = "aws:cdk:path";

/// The file that describes an assembly.
const MANIFEST: &str = "manifest.json";

/// Calls into these are not the program's own.
const FOREIGN: &[&str] = &["node_modules/", "node:", "internal/modules/", "/jsii-", "site-packages/"];

/// The construct that a resource's metadata names.
pub(super) fn construct_of(resource: &Node) -> Option<Arc<Construct>> {
    let path = resource.get("Metadata")?.get(PATH)?.as_str()?;
    Some(Arc::new(Construct { path: path.into(), position: None }))
}

/// The assemblies that the templates of a scan belong to, each read once.
#[derive(Debug, Default)]
pub struct Assemblies {
    by_folder: Mutex<HashMap<PathBuf, Option<Arc<Assembly>>>>,
}

/// What a manifest says of constructs.
#[derive(Debug, Default)]
struct Assembly {
    /// The position of each construct by its path.
    positions: HashMap<String, Arc<str>>,
    /// The path of each construct, by template file and logical id.
    paths: HashMap<(String, String), Arc<str>>,
}

impl Assemblies {
    /// Completes what resources of templates say of their constructs.
    pub fn name_constructs(&self, resources: &mut [Resource], sources: &Sources) {
        let mut folders: HashMap<FileId, (Option<Arc<Assembly>>, String)> = HashMap::new();
        for resource in resources {
            let file = resource.extent.file;
            let (assembly, template) = folders.entry(file).or_insert_with(|| {
                let source = sources.get(file);
                let path = Path::new(source.path());
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                (self.around(path, sources), name)
            });
            let Some(assembly) = assembly else { continue };
            let logical_id = resource.address.rsplit('/').next().unwrap_or("");
            let known = resource.construct.as_ref().map(|construct| construct.path.clone());
            let by_id = || assembly.paths.get(&(template.clone(), logical_id.to_owned())).cloned();
            if let Some(path) = known.or_else(by_id) {
                let position = assembly.positions.get(&*path).cloned();
                resource.construct = Some(Arc::new(Construct { path, position }));
            }
        }
    }

    /// The assembly that a template lies in.
    fn around(&self, template: &Path, sources: &Sources) -> Option<Arc<Assembly>> {
        let name = template.file_name()?.to_string_lossy();
        if !name.ends_with(".json") {
            return None;
        }
        let folder = template.parent()?.to_owned();
        let mut known = self.by_folder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&folder) {
            return found.clone();
        }
        let assembly = Assembly::read(&folder, sources).map(Arc::new);
        known.insert(folder, assembly.clone());
        assembly
    }
}

/// Whether a text is the manifest of an assembly.
pub fn is_manifest(text: &str) -> bool {
    let holds_stacks = text.contains("\"aws:cloudformation:stack\"") || text.contains("\"cdk:cloud-assembly\"");
    holds_stacks && text.contains("\"artifacts\"")
}

impl Assembly {
    fn read(folder: &Path, sources: &Sources) -> Option<Assembly> {
        let file = sources.open(&folder.join(MANIFEST)).ok()?;
        let source = sources.get(file);
        if !is_manifest(source.text()) {
            return None;
        }
        let manifest: Json = serde_json::from_str(source.text()).ok()?;
        let mut assembly = Assembly::default();
        let project = project_of(folder);
        for artifact in manifest.get("artifacts")?.as_object()?.values() {
            if artifact.get("type").and_then(Json::as_str) != Some("aws:cloudformation:stack") {
                continue;
            }
            let template = artifact.pointer("/properties/templateFile").and_then(Json::as_str).unwrap_or("");
            if let Some(metadata) = artifact.get("metadata") {
                assembly.add(template, metadata, &project, sources);
            }
            if let Some(name) = artifact.get("additionalMetadataFile").and_then(Json::as_str)
                && let Ok(file) = sources.open(&folder.join(name))
                && let Ok(metadata) = serde_json::from_str::<Json>(sources.get(file).text())
            {
                assembly.add(template, &metadata, &project, sources);
            }
        }
        Some(assembly)
    }

    fn add(&mut self, template: &str, metadata: &Json, project: &Path, sources: &Sources) {
        for (path, entries) in metadata.as_object().into_iter().flatten() {
            let path: Arc<str> = path.trim_start_matches('/').into();
            for entry in entries.as_array().into_iter().flatten() {
                if entry.get("type").and_then(Json::as_str) == Some("aws:cdk:logicalId")
                    && let Some(id) = entry.get("data").and_then(Json::as_str)
                {
                    self.paths.insert((template.to_owned(), id.to_owned()), path.clone());
                }
                let frames = entry.get("trace").and_then(Json::as_array);
                let frames = frames.into_iter().flatten().filter_map(Json::as_str);
                if let Some(position) = frames.filter_map(|frame| position_in(frame, project, sources)).next() {
                    self.positions.entry(path.to_string()).or_insert(position);
                }
            }
        }
    }
}

/// The folder of the program: the one that holds the outermost assembly.
fn project_of(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let is_assembly = |folder: &&Path| folder.join(MANIFEST).is_file();
    let outermost = absolute.ancestors().take_while(is_assembly).last().unwrap_or(&absolute);
    outermost.parent().unwrap_or(outermost).to_owned()
}

/// The place that a line of a stack trace names, where it lies in the program itself.
fn position_in(frame: &str, project: &Path, sources: &Sources) -> Option<Arc<str>> {
    let plain = frame.replace('\\', "/");
    if FOREIGN.iter().any(|foreign| plain.contains(foreign)) {
        return None;
    }
    let inner = match plain.rsplit_once('(') {
        Some((_, inner)) => inner.trim_end_matches(')'),
        None => plain.trim().strip_prefix("at ").unwrap_or(plain.trim()),
    };
    let inner = inner.strip_prefix("file://").unwrap_or(inner);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (path, numbers) = match inner.rsplit_once(':') {
        Some((rest, last)) if is_number(last) => match rest.rsplit_once(':') {
            Some((path, line)) if is_number(line) => (path, format!("{line}:{last}")),
            _ => (rest, last.to_owned()),
        },
        _ => return None,
    };
    if path.is_empty() || path.starts_with('<') {
        return None;
    }
    let within = Path::new(path);
    // A program that ran elsewhere keeps the path that it had there.
    let shown = match within.strip_prefix(project) {
        Ok(inner) => sources.display(&std::path::absolute(project.join(inner)).unwrap_or_else(|_| inner.to_owned())),
        Err(_) => path.to_owned(),
    };
    Some(format!("{shown}:{numbers}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_the_program() {
        let at = |frame: &str| {
            position_in(frame, Path::new("/home/ana/app"), &Sources::default()).map(|found| found.to_string())
        };
        assert_eq!(at("new Role (/home/ana/app/node_modules/aws-cdk-lib/aws-iam/lib/role.js:1:2104)"), None);
        assert_eq!(at("Module._compile (node:internal/modules/cjs/loader:1105:14)"), None);
        assert_eq!(
            at("new AppStack (/home/bo/app/lib/app-stack.ts:12:5)").as_deref(),
            Some("/home/bo/app/lib/app-stack.ts:12:5")
        );
        assert_eq!(at("Object.<anonymous> (C:\\app\\bin\\app.ts:7:1)").as_deref(), Some("C:/app/bin/app.ts:7:1"));
        assert_eq!(at("at /srv/app/main.py:31").as_deref(), Some("/srv/app/main.py:31"));
        assert_eq!(at("...new Stack..."), None);
        assert_eq!(at("at <anonymous>:1:2"), None);
    }
}
