//! Finds what to read below the given paths: sorted, without hidden and generated folders and without what git ignores.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use walkdir::WalkDir;

use crate::diagnostic::Diagnostic;
use crate::source::Sources;

/// Folders that hold what others made; named ones are read all the same.
const GENERATED: [&str; 1] = ["node_modules"];

/// The folder into which the CDK writes templates; it is read though git ignores it.
const ASSEMBLY: &str = "cdk.out";

/// Deeper folders are not looked into.
const MAX_DEPTH: usize = 200;

/// More files than this are not read.
const MAX_FILES: usize = 2_000_000;

/// A file to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Its path, as given or below a given one.
    pub path: PathBuf,
    /// It was named itself, not found in a folder.
    pub named: bool,
}

/// What was found below the given paths.
#[derive(Debug, Default)]
pub struct Inputs {
    /// Files in the order of their paths, each once.
    pub files: Vec<Found>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

/// The folder within which things may be read for a path: its git repository, else the folder itself.
pub fn boundary(path: &Path) -> PathBuf {
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
    };
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let repository = real.ancestors().find(|ancestor| ancestor.join(".git").exists());
    repository.map_or(real.clone(), Path::to_owned)
}

/// Finds the files below paths.
pub fn walk(paths: &[PathBuf], exclude: &[String], sources: &Sources) -> Inputs {
    let mut inputs = Inputs::default();
    let mut seen = BTreeSet::new();
    for path in paths {
        let shown = sources.display(path);
        match std::fs::metadata(path) {
            Err(error) => {
                let reason = match error.kind() {
                    std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
                    _ => error.to_string(),
                };
                let message = format!("`{}` cannot be read: {reason}", path.display());
                inputs.diagnostics.push(Diagnostic::error("no-such-path", message).path(shown));
            }
            Ok(meta) if meta.is_file() => inputs.add(path.clone(), true, &mut seen),
            Ok(_) => inputs.walk_folder(path, exclude, sources, &mut seen),
        }
    }
    inputs.files.sort();
    inputs
}

impl Inputs {
    fn add(&mut self, path: PathBuf, named: bool, seen: &mut BTreeSet<PathBuf>) {
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        if seen.insert(real) {
            self.files.push(Found { path, named });
        }
    }

    fn walk_folder(&mut self, root: &Path, exclude: &[String], sources: &Sources, seen: &mut BTreeSet<PathBuf>) {
        let mut ignores = Ignores::above(root);
        let excluded = excluded(root, exclude);
        let mut walker = WalkDir::new(root).follow_links(true).max_depth(MAX_DEPTH).sort_by_file_name().into_iter();
        while let Some(entry) = walker.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.walk_error(&error, sources);
                    continue;
                }
            };
            let (path, is_folder) = (entry.path(), entry.file_type().is_dir());
            let depth = entry.depth();
            let name = entry.file_name().to_string_lossy();
            let skipped = depth > 0
                && ((is_folder && (name.starts_with('.') || GENERATED.contains(&&*name)))
                    || (ignores.ignored(path, is_folder) && !is_assembly(path, is_folder, &name))
                    || excluded.as_ref().is_some_and(|e| e.matched(path, is_folder).is_ignore()));
            if skipped {
                if is_folder {
                    walker.skip_current_dir();
                }
                continue;
            }
            if depth > 0 && (is_folder || is_candidate(&name)) && entry.path_is_symlink() && !sources.admits(path) {
                let shown = sources.display(path);
                let message = format!("`{shown}` is a link that leaves the scanned tree");
                self.diagnostics.push(Diagnostic::warning("link-outside", message).path(shown));
                if is_folder {
                    walker.skip_current_dir();
                }
                continue;
            }
            if is_folder {
                ignores.enter(path, depth);
            } else if is_candidate(&name) {
                if self.files.len() >= MAX_FILES {
                    let message = format!("more than {MAX_FILES} files: the rest is not read");
                    self.diagnostics.push(Diagnostic::error("too-many-files", message).path(sources.display(root)));
                    return;
                }
                self.add(path.to_owned(), false, seen);
            }
        }
    }

    fn walk_error(&mut self, error: &walkdir::Error, sources: &Sources) {
        let shown = error.path().map(|path| sources.display(path)).unwrap_or_default();
        let diagnostic = match error.loop_ancestor() {
            Some(ancestor) => {
                let above = sources.display(ancestor);
                Diagnostic::error("link-loop", format!("`{shown}` is a link to `{above}`, a folder that it lies in"))
                    .help("remove the link, or leave the folder out with `exclude` in .iacscan.toml")
            }
            None => {
                let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                let dangling = error.path().is_some_and(|path| path.is_symlink());
                if dangling {
                    Diagnostic::warning("link-broken", format!("`{shown}` is a link to nothing"))
                } else {
                    Diagnostic::error("unreadable", format!("`{shown}` cannot be read: {reason}"))
                }
            }
        };
        self.diagnostics.push(diagnostic.path(shown));
    }
}

/// Whether a folder holds what the CDK wrote out: nobody commits it, and yet it is what is deployed.
fn is_assembly(path: &Path, is_folder: bool, name: &str) -> bool {
    is_folder && name == ASSEMBLY && path.join("manifest.json").is_file()
}

/// Whether a name is one of a file that may be ours.
fn is_candidate(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let ends = [".tf", ".tofu", ".json", ".yaml", ".yml", ".template", ".tpl", ".cfn"];
    ends.iter().any(|end| lower.ends_with(end)) || lower == "terragrunt.hcl"
}

/// Whether something can be left out by a pattern.
///
/// # Errors
/// What is wrong with it.
pub fn check_pattern(pattern: &str) -> Result<(), String> {
    let mut builder = GitignoreBuilder::new(".");
    let added = builder.add_line(None, pattern).map(|_| ());
    added.and_then(|()| builder.build().map(|_| ())).map_err(|error| error.to_string())
}

fn excluded(root: &Path, patterns: &[String]) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new(root);
    for pattern in patterns {
        // One that is wrong takes nothing from the others.
        let _ = builder.add_line(None, pattern);
    }
    builder.build().ok()
}

/// The `.gitignore` files that apply, from the repository's root down to the current folder.
struct Ignores {
    above: Vec<Gitignore>,
    /// By depth below the walked root.
    below: Vec<(usize, Gitignore)>,
}

impl Ignores {
    fn above(root: &Path) -> Ignores {
        let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let repository = real.ancestors().find(|ancestor| ancestor.join(".git").exists()).map(Path::to_owned);
        let mut above = Vec::new();
        if let Some(repository) = repository {
            let between: Vec<&Path> = real.ancestors().skip(1).take_while(|a| a.starts_with(&repository)).collect();
            above.extend(between.into_iter().rev().filter_map(read_ignore));
        }
        Ignores { above, below: Vec::new() }
    }

    fn enter(&mut self, folder: &Path, depth: usize) {
        self.below.retain(|(other, _)| *other < depth);
        if let Some(ignore) = read_ignore(folder) {
            self.below.push((depth, ignore));
        }
    }

    fn ignored(&self, path: &Path, is_folder: bool) -> bool {
        let nearest = self.below.iter().rev().filter(|(_, ignore)| path.starts_with(ignore.path()));
        for (_, ignore) in nearest {
            let found = ignore.matched(path, is_folder);
            if !found.is_none() {
                return found.is_ignore();
            }
        }
        if self.above.is_empty() {
            return false;
        }
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        for ignore in self.above.iter().rev() {
            if !real.starts_with(ignore.path()) {
                continue;
            }
            let found = ignore.matched(&real, is_folder);
            if !found.is_none() {
                return found.is_ignore();
            }
        }
        false
    }
}

fn read_ignore(folder: &Path) -> Option<Gitignore> {
    let file = folder.join(".gitignore");
    if !file.is_file() {
        return None;
    }
    let mut builder = GitignoreBuilder::new(folder);
    builder.add(file);
    builder.build().ok()
}
