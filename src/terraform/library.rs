//! The modules of the scanned tree, each read once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use super::module::{Module, ModuleFile};
use crate::diagnostic::Diagnostic;
use crate::source::Sources;

/// Reads the files of a directory that is not among those of the scan.
pub type ReadDirectory<'l> = dyn Fn(&Path) -> Vec<ModuleFile> + Sync + 'l;

/// Modules by directory; a directory that the scan did not walk is read when a call leads there.
pub struct Library<'l> {
    modules: Mutex<HashMap<PathBuf, Option<Arc<Module>>>>,
    installed: Mutex<HashMap<PathBuf, Arc<HashMap<String, PathBuf>>>>,
    diagnostics: Mutex<Vec<Diagnostic>>,
    read: &'l ReadDirectory<'l>,
    sources: &'l Sources,
}

#[derive(Deserialize)]
struct InstalledModules {
    #[serde(rename = "Modules", default)]
    modules: Vec<InstalledModule>,
}

#[derive(Deserialize)]
struct InstalledModule {
    #[serde(rename = "Key")]
    key: String,
    #[serde(rename = "Dir")]
    directory: String,
}

impl<'l> Library<'l> {
    /// The modules of these directories; `read` reads others.
    pub fn new(
        modules: HashMap<PathBuf, Arc<Module>>,
        read: &'l ReadDirectory<'l>,
        sources: &'l Sources,
    ) -> Library<'l> {
        let modules = modules.into_iter().map(|(directory, module)| (directory, Some(module))).collect();
        Library {
            modules: Mutex::new(modules),
            installed: Mutex::default(),
            diagnostics: Mutex::default(),
            read,
            sources,
        }
    }

    /// The module of a directory; none where it holds no configuration or lies outside of the tree.
    pub fn module(&self, directory: &Path) -> Option<Arc<Module>> {
        if let Some(known) = self.modules.lock().unwrap_or_else(PoisonError::into_inner).get(directory) {
            return known.clone();
        }
        let files = if self.sources.admits(directory) { (self.read)(directory) } else { Vec::new() };
        let module = (!files.is_empty()).then(|| {
            let (module, diagnostics) = Module::new(directory, files);
            self.diagnostics.lock().unwrap_or_else(PoisonError::into_inner).extend(diagnostics);
            Arc::new(module)
        });
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        modules.entry(directory.to_owned()).or_insert(module).clone()
    }

    /// The directory that `terraform init` installed a module call to, by its dotted name.
    pub fn installed(&self, root: &Path, key: &str) -> Option<PathBuf> {
        self.manifest(root).get(key).cloned()
    }

    /// Whether `terraform init` installed any module for a root module.
    pub fn has_installed(&self, root: &Path) -> bool {
        !self.manifest(root).is_empty()
    }

    fn manifest(&self, root: &Path) -> Arc<HashMap<String, PathBuf>> {
        let mut cache = self.installed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache.get(root) {
            return known.clone();
        }
        let manifest = root.join(".terraform/modules/modules.json");
        let read = self.sources.open(&manifest).ok().map(|file| self.sources.get(file));
        let parsed = read.and_then(|file| serde_json::from_str::<InstalledModules>(file.text()).ok());
        let modules = parsed.map(|parsed| parsed.modules).unwrap_or_default();
        let place = |module: InstalledModule| (module.key, crate::source::normalise(&root.join(module.directory)));
        let manifest: Arc<HashMap<String, PathBuf>> = Arc::new(modules.into_iter().map(place).collect());
        cache.insert(root.to_owned(), manifest.clone());
        manifest
    }

    /// What is wrong with modules that were read on the way.
    pub fn take_diagnostics(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut *self.diagnostics.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `module.a["x"]` and `b` as `a.b`, the key of Terraform's own list of installed modules.
pub(super) fn installed_key(names: &[&str]) -> String {
    let plain = names.iter().map(|name| name.trim_start_matches("module.").split('[').next().unwrap_or_default());
    plain.collect::<Vec<_>>().join(".")
}
