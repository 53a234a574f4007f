//! Lists the rule files, so that a new rule needs no Rust, with what scans need of them in a form that is read fast; and packs
//! AWS' managed policies.

use std::fmt::Write as _;
use std::hash::{Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A block of policies is closed once it is this long: small enough to unpack for one policy, long enough to pack well.
const BLOCK: usize = 32 * 1024;

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed={MANAGED}");
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    list_rules(&root, &out)?;
    pack_policies(&root, &out)
}

fn list_rules(root: &Path, out: &Path) -> std::io::Result<()> {
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
        let head = head(&std::fs::read_to_string(rule)?);
        let _ = writeln!(table, "    ({topic:?}, {id:?}, include_str!({:?}), {head:?}),", rule.display().to_string());
    }
    table.push(']');
    std::fs::write(out.join("rules.rs"), table)
}

/// A rule without its examples, as JSON; nothing for a text that is no TOML, of which the program tells what is wrong.
fn head(text: &str) -> String {
    let Ok(mut rule) = text.parse::<toml::Table>() else { return String::new() };
    rule.retain(|key, _| key != "bad" && key != "good");
    json(&toml::Value::Table(rule)).map(|json| json.to_string()).unwrap_or_default()
}

/// Keys stay in their order, which says where findings point.
fn json(value: &toml::Value) -> Option<serde_json::Value> {
    Some(match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(truth) => (*truth).into(),
        toml::Value::Datetime(_) => return None,
        toml::Value::Array(items) => items.iter().map(json).collect::<Option<_>>()?,
        toml::Value::Table(table) => {
            let entry = |(key, value): (&String, &toml::Value)| Some((key.clone(), json(value)?));
            serde_json::Value::Object(table.iter().map(entry).collect::<Option<_>>()?)
        }
    })
}

fn sorted(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

const MANAGED: &str = "src/iam/catalogue/data/managed.txt";

/// Writes the statements of all policies in blocks that are packed one by one, and an index of the policies: name, path,
/// the block's bytes in the pack, the policy's bytes in the block.
fn pack_policies(root: &Path, out: &Path) -> std::io::Result<()> {
    let text = std::fs::read_to_string(root.join(MANAGED))?;
    let mut hasher = std::hash::DefaultHasher::new();
    (&text, BLOCK).hash(&mut hasher);
    let (stamp, made_from) = (out.join("managed.stamp"), format!("{:x}", hasher.finish()));
    if std::fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == made_from) {
        // A rule has changed, and no policy.
        return Ok(());
    }
    let (mut packed, mut rows) = (Vec::new(), String::new());
    let (mut block, mut members) = (String::new(), Vec::new());
    let policies = text.split("\n@").skip(1).map(Some).chain([None]);
    for policy in policies {
        if policy.is_none() || block.len() > BLOCK {
            let from = packed.len();
            let mut encoder = flate2::write::DeflateEncoder::new(packed, flate2::Compression::best());
            encoder.write_all(block.as_bytes())?;
            packed = encoder.finish()?;
            for (head, start, end) in members.drain(..) {
                let (name, path): (&str, &str) = str::split_once(head, ' ').unwrap_or((head, "/"));
                let _ = writeln!(rows, "{name}\t{path}\t{from}\t{}\t{start}\t{end}", packed.len());
            }
            block.clear();
        }
        if let Some((head, lines)) = policy.and_then(|policy| policy.split_once('\n')) {
            let start = block.len();
            block.push_str(lines.trim_end());
            members.push((head, start, block.len()));
        }
    }
    std::fs::write(out.join("managed.pack"), packed)?;
    std::fs::write(out.join("managed.index"), rows)?;
    std::fs::write(stamp, made_from)
}
