//! A folder of configuration that is evaluated as a whole.

use std::path::PathBuf;

use iacscan::scan::{Model, Options, model};
use iacscan::terraform::Settings;
use iacscan::value::Value;
use tempfile::TempDir;

/// A folder.
pub(crate) struct Folder {
    folder: TempDir,
}

impl Folder {
    /// A folder with these files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Folder {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Folder { folder }
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What it evaluates to.
    pub(crate) fn model(&self) -> Model {
        self.model_with("", Settings::default())
    }

    /// What a part of it evaluates to with these settings.
    pub(crate) fn model_with(&self, part: &str, terraform: Settings) -> Model {
        let root = self.folder.path().canonicalize().unwrap();
        let paths = vec![root.join(part)];
        model(&Options { paths, root: Some(root), terraform, threads: Some(1), ..Options::default() })
    }
}

/// The attributes of the resource of an address.
#[track_caller]
pub(crate) fn attributes<'m>(model: &'m Model, address: &str) -> &'m Value {
    let mut all = model.units.iter().flat_map(|unit| &unit.resources);
    let found = all.find(|one| &*one.address == address);
    &found.unwrap_or_else(|| panic!("there is no {address}: {:?}", addresses(model))).attributes
}

/// The value of an attribute as short text.
#[track_caller]
pub(crate) fn value(model: &Model, address: &str, attribute: &str) -> String {
    super::values::show(
        attributes(model, address).get(attribute).unwrap_or(&Value::null(iacscan::source::Origin::NONE)),
    )
}

/// The value of an output as short text.
#[track_caller]
pub(crate) fn output(model: &Model, name: &str) -> String {
    value(model, &format!("output.{name}"), "value")
}

/// All addresses, sorted.
pub(crate) fn addresses(model: &Model) -> Vec<String> {
    let mut all: Vec<String> =
        model.units.iter().flat_map(|unit| &unit.resources).map(|one| one.address.to_string()).collect();
    all.sort();
    all
}

/// `code file:line message` of each diagnostic, sorted.
pub(crate) fn said(model: &Model) -> Vec<String> {
    let one = |diagnostic: &iacscan::diagnostic::Diagnostic| {
        let place = diagnostic.labels.first().map(|label| {
            let file = model.sources.get(label.origin.file);
            let name = file.path().rsplit('/').next().unwrap_or_default().to_owned();
            format!("{name}:{}", file.position(label.origin.span.start).line)
        });
        let place = place.or(diagnostic.path.clone()).unwrap_or_default();
        format!("{} {place} {}", diagnostic.code, diagnostic.message)
    };
    let mut all: Vec<String> = model.diagnostics.iter().map(one).collect();
    all.sort();
    all
}
