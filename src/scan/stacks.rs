//! Which templates are stacks of their own: those that no other template of the scan contains.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::cloudformation;
use crate::source::{FileId, Sources};
use crate::syntax::node::Node;

/// The templates without those that others contain; of templates that contain each other the first by path stays.
pub(super) fn outermost(templates: Vec<(FileId, Node)>, sources: &Sources) -> Vec<(FileId, Node)> {
    let known: HashSet<FileId> = templates.iter().map(|(file, _)| *file).collect();
    let mut included: HashMap<FileId, Vec<FileId>> = HashMap::new();
    for (file, root) in &templates {
        let paths = cloudformation::included_templates(root);
        if paths.is_empty() {
            continue;
        }
        let source = sources.get(*file);
        let folder = Path::new(source.path()).parent().unwrap_or(Path::new("")).to_owned();
        let found = paths.into_iter().filter_map(|path| sources.open(&folder.join(path)).ok());
        let others = found.filter(|other| other != file && known.contains(other));
        included.entry(*file).or_default().extend(others);
    }
    if included.values().all(Vec::is_empty) {
        return templates;
    }
    let contained: HashSet<FileId> = included.values().flatten().copied().collect();
    let mut order: Vec<FileId> = templates.iter().map(|(file, _)| *file).collect();
    // Whoever is contained by nobody comes first; circles have no such.
    order.sort_by_cached_key(|file| (contained.contains(file), sources.get(*file).path().to_owned()));
    let (mut kept, mut covered) = (HashSet::new(), HashSet::new());
    for file in order {
        if covered.contains(&file) {
            continue;
        }
        kept.insert(file);
        let mut open = vec![file];
        while let Some(next) = open.pop() {
            if covered.insert(next) {
                open.extend(included.get(&next).into_iter().flatten());
            }
        }
    }
    templates.into_iter().filter(|(file, _)| kept.contains(file)).collect()
}
