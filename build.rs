//! Lists the rule files, so that a new rule needs no Rust.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=rules");
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut rules = Vec::new();
    for topic in sorted(&root.join("rules"))? {
        if topic.is_dir() {
            rules.extend(sorted(&topic)?.into_iter().filter(|file| file.extension().is_some_and(|end| end == "toml")));
        }
    }
    let mut table = String::from("&[\n");
    for rule in &rules {
        let name = |path: Option<&std::ffi::OsStr>| path.unwrap_or_default().to_string_lossy().into_owned();
        let (topic, id) = (name(rule.parent().and_then(Path::file_name)), name(rule.file_stem()));
        let _ = writeln!(table, "    ({topic:?}, {id:?}, include_str!({:?})),", rule.display().to_string());
    }
    table.push(']');
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    std::fs::write(out.join("rules.rs"), table)
}

fn sorted(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}
