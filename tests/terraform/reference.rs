//! Reference cases beside the repository: what they want, what iacscan gives, and the list of known differences.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use iacscan::model::{Mode, Resource};
use iacscan::scan::{Model, Options, model};
use iacscan::value::{Data, Value, Why};
use serde_json::Value as Json;

/// The reference values, where they lie beside the repository.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/terraform");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no folder {}", folder.display());
    None
}

/// The lines of a file of JSON objects.
pub(crate) fn lines(path: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A folder of its own, gone when the test ends.
pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// What an expression gave.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given {
    Value(Json),
    /// Refused, as Terraform refuses it.
    Error,
    /// Not decided, for this reason.
    Unknown(String),
}

impl Given {
    /// What a case wants: its `want`, or an error.
    pub(crate) fn wanted(case: &Json) -> Given {
        match case.get("want") {
            Some(want) => Given::Value(want.clone()),
            None => Given::Error,
        }
    }

    /// Numbers are equal where they are the same number: the references come from JSON readers of 64 bits.
    pub(crate) fn agrees(&self, wanted: &Given) -> bool {
        match (self, wanted) {
            (Given::Value(given), Given::Value(wanted)) => same(given, wanted),
            _ => self == wanted,
        }
    }
}

fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// A known value as JSON, or the first reason why it is not known.
pub(crate) fn json(value: &Value) -> Result<Json, String> {
    Ok(match &value.data {
        Data::Null => Json::Null,
        Data::Bool(known) => Json::from(*known),
        Data::Number(number) => serde_json::from_str(&number.to_string()).unwrap(),
        Data::String(text) => Json::from(&**text),
        Data::Text(text) => match text.known() {
            Some(text) => Json::from(text),
            None => return Err("a text with holes".to_owned()),
        },
        Data::List(list) => match &list.rest {
            Some(rest) => return Err(rest.reason()),
            None => Json::Array(list.items.iter().map(json).collect::<Result<_, _>>()?),
        },
        Data::Map(map) => match &map.rest {
            Some(rest) => return Err(rest.reason()),
            None => {
                let entry = |entry: &iacscan::value::Entry| Ok((entry.key.to_string(), json(&entry.value)?));
                Json::Object(map.entries().iter().map(entry).collect::<Result<_, String>>()?)
            }
        },
        Data::Unknown(unknown) => return Err(unknown.reason()),
    })
}

/// Whether a value is of a type as the references write it: `list(object({a=string}))`. Null and what a collection
/// without elements would hold say nothing of their types.
pub(crate) fn is_of_type(value: &Value, wanted: &str) -> bool {
    // Of null, the references say nothing more either.
    if wanted == "null" {
        return true;
    }
    let inside = |name: &str| wanted.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    match &value.data {
        Data::Null => true,
        Data::Bool(_) => wanted == "bool",
        Data::Number(_) => wanted == "number",
        Data::String(_) | Data::Text(_) => wanted == "string",
        Data::List(list) if list.is_set || value.collection => {
            let element = inside(if list.is_set { "set" } else { "list" });
            element.is_some_and(|element| list.items.iter().all(|item| is_of_type(item, element)))
        }
        Data::List(list) => {
            let types = inside("tuple").and_then(|inner| inner.strip_prefix('[')?.strip_suffix(']'));
            types.is_some_and(|types| {
                let types = parts(types);
                types.len() == list.items.len()
                    && types.iter().zip(&list.items).all(|(one, item)| is_of_type(item, one))
            })
        }
        Data::Map(map) if value.collection => {
            inside("map").is_some_and(|element| map.entries().iter().all(|entry| is_of_type(&entry.value, element)))
        }
        Data::Map(map) => {
            let fields = inside("object").and_then(|inner| inner.strip_prefix('{')?.strip_suffix('}'));
            fields.is_some_and(|fields| {
                let fields = parts(fields);
                let of_field = |field: &&str| {
                    let (name, wanted) = field.split_once('=').unwrap();
                    map.get(name.trim().trim_matches('"')).is_some_and(|value| is_of_type(value, wanted.trim()))
                };
                fields.len() == map.entries().len() && fields.iter().all(of_field)
            })
        }
        Data::Unknown(_) => false,
    }
}

/// The parts between commas that stand in no bracket.
fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let is_cut = |c: char| {
        depth += i32::from("([{".contains(c)) - i32::from(")]}".contains(c));
        c == ',' && depth == 0
    };
    text.split(is_cut).map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// A value as JSON, with an object that says so in the place of every part that is not known.
fn partial_json(value: &Value) -> Json {
    let unknown = || serde_json::json!({ "$unknown": true });
    match &value.data {
        Data::List(list) if list.rest.is_none() => list.items.iter().map(partial_json).collect(),
        Data::Map(map) if map.rest.is_none() => {
            let entry = |entry: &iacscan::value::Entry| (entry.key.to_string(), partial_json(&entry.value));
            Json::Object(map.entries().iter().map(entry).collect())
        }
        _ => json(value).unwrap_or_else(|_| unknown()),
    }
}

/// Evaluates the configuration of a folder.
pub(crate) fn evaluate(folder: &Path) -> Model {
    model(&Options { paths: vec![folder.to_owned()], threads: Some(1), ..Options::default() })
}

/// The resources of the unit of a folder, by address.
pub(crate) fn resources(model: &Model) -> BTreeMap<&str, &Resource> {
    let all = model.units.iter().flat_map(|unit| &unit.resources);
    all.map(|resource| (&*resource.address, resource)).collect()
}

/// What the outputs `case_0`, `case_1` … of a folder gave, each from a file `case_N.tf` of its own. A value that is not of
/// the type that its case wants is none.
pub(crate) fn outputs(folder: &Path, cases: &[Json]) -> Vec<Given> {
    of_outputs(folder, cases.len(), |nth, value| match json(value) {
        Ok(json) => match cases[nth].get("type").and_then(Json::as_str) {
            Some(wanted) if !is_of_type(value, wanted) => Given::Unknown(format!("{json} is no {wanted}")),
            _ => Given::Value(json),
        },
        Err(reason) => Given::Unknown(reason),
    })
}

/// The same for values of which parts are not known.
pub(crate) fn partial_outputs(folder: &Path, cases: &[Json]) -> Vec<Given> {
    of_outputs(folder, cases.len(), |_, value| Given::Value(partial_json(value)))
}

fn of_outputs(folder: &Path, count: usize, given: impl Fn(usize, &Value) -> Given) -> Vec<Given> {
    let model = evaluate(folder);
    let by_address = resources(&model);
    let of_case = |nth: usize| {
        let file = format!("case_{nth}.tf");
        let refused = model.diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels);
        let refused = refused.map(|label| model.sources.get(label.origin.file));
        if refused.into_iter().any(|source| source.path().ends_with(&format!("/{file}"))) {
            return Given::Error;
        }
        let Some(output) = by_address.get(&*format!("output.case_{nth}")) else { return Given::Error };
        assert_eq!(output.mode, Mode::Output);
        let value = output.attributes.get("value").unwrap();
        match value.as_unknown() {
            Some(unknown) if unknown.why == Why::Invalid => Given::Error,
            _ => given(nth, value),
        }
    };
    (0..count).map(of_case).collect()
}

/// One case: what it is called in the list of differences, what was wanted, and what came.
pub(crate) struct Compared {
    pub(crate) name: String,
    pub(crate) wanted: Given,
    pub(crate) given: Given,
}

/// Fails on a difference that is not listed under `section`, on a listed case that agrees, and where fewer than
/// `least` of 100 cases agree; prints the figures.
pub(crate) fn judge(section: &str, cases: &[Compared], least: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/terraform/differences.toml");
    let listed: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let listed: BTreeMap<&str, &str> = match listed.get(section) {
        Some(table) => table.as_table().unwrap().iter().map(|(name, why)| (&**name, why.as_str().unwrap())).collect(),
        None => BTreeMap::new(),
    };
    let mut wrong = Vec::new();
    let mut differing = 0;
    for case in cases {
        let agrees = case.given.agrees(&case.wanted);
        differing += usize::from(!agrees);
        match (agrees, listed.contains_key(&*case.name)) {
            (false, false) => {
                wrong.push(format!("{}\n    wanted {:?}\n    given  {:?}", case.name, case.wanted, case.given));
            }
            (true, true) => wrong.push(format!("{}\n    is listed as a difference, but agrees", case.name)),
            _ => {}
        }
    }
    for name in listed.keys() {
        if !cases.iter().any(|case| case.name == **name) {
            wrong.push(format!("{name}\n    is listed as a difference, but there is no such case"));
        }
    }
    let equal = cases.len() - differing;
    println!("{section}: {equal} of {} cases equal, {} differences listed", cases.len(), listed.len());
    assert!(wrong.is_empty(), "{section}: {equal} of {} equal; not as listed:\n{}", cases.len(), wrong.join("\n"));
    assert!(equal * 100 >= cases.len() * least, "only {equal} of {} cases are equal", cases.len());
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::write(target, std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}
