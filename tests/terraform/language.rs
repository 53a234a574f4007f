//! The language, configuration by configuration, against what Terraform plans of it: `testdata/terraform/language/NAME`
//! holds a configuration and, as `expected.json`, what matters of the plan that a real Terraform made.
//!
//! Where `terraform` is installed, the plans are made anew and must be what is kept; `IACSCAN_KEEP_PLANS=1` keeps them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value as Json, json};

use super::plans::{after_apply, planned, resources, shown};

fn configurations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/terraform/language");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    assert!(found.len() >= 15, "{found:?}");
    found
}

/// Configurations and values of which it is explained why they are not as planned.
fn explained() -> BTreeSet<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/terraform/language-differences.tsv");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let row = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [configuration, value, reason] = fields[..] else { panic!("three columns: {line}") };
        assert!(!reason.trim().is_empty(), "no reason: {line}");
        (configuration.to_owned(), value.to_owned())
    };
    rows.map(row).collect()
}

/// Whether both are the same to the last digit; what is unknown must be so in both.
fn is_exact(ours: &Json, open: &Json, theirs: &Json, after_apply: &Json) -> bool {
    if *open == Json::Bool(true) || *after_apply == Json::Bool(true) {
        return open == after_apply;
    }
    match (ours, theirs) {
        (Json::Object(mine), Json::Object(planned)) => {
            let mut names: BTreeSet<&String> = mine.keys().chain(planned.keys()).collect();
            for tree in [open, after_apply] {
                names.extend(tree.as_object().into_iter().flat_map(|tree| tree.keys()));
            }
            names.iter().all(|name| is_exact(&ours[*name], &open[*name], &theirs[*name], &after_apply[*name]))
        }
        (Json::Array(mine), Json::Array(planned)) => {
            let exact = |at| is_exact(&mine[at], &open[at], &planned[at], &after_apply[at]);
            mine.len() == planned.len() && (0..mine.len()).all(exact)
        }
        (Json::Number(ours), Json::Number(theirs)) => ours.as_f64() == theirs.as_f64(),
        _ => ours == theirs,
    }
}

/// What matters of a plan: resources with what is planned for the arguments, and outputs.
fn essence(plan: &Json) -> Json {
    let mut values = BTreeMap::new();
    planned(&plan["planned_values"]["root_module"], &mut values);
    let unknown = after_apply(plan);
    let arguments = |tree: &Json| {
        let entries = tree.as_object().into_iter().flatten();
        let given = entries.filter(|(name, value)| !matches!(name.as_str(), "id" | "output") && !value.is_null());
        given.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>()
    };
    let resources: serde_json::Map<String, Json> = values
        .iter()
        .map(|(address, values)| {
            let unknown = unknown.get(address).unwrap_or(&Json::Null);
            (address.clone(), json!({"values": arguments(values), "after_unknown": arguments(unknown)}))
        })
        .collect();
    let mut names: Vec<&String> = plan["output_changes"].as_object().into_iter().flat_map(|all| all.keys()).collect();
    names.sort();
    let output = |name: &String| {
        let change = &plan["output_changes"][name];
        let value = &plan["planned_values"]["outputs"][name];
        let open = &change["after_unknown"];
        (name.clone(), json!({"value": change["after"], "after_unknown": open, "sensitive": value["sensitive"]}))
    };
    let outputs: serde_json::Map<String, Json> = names.into_iter().map(output).collect();
    json!({"resources": resources, "outputs": outputs})
}

#[test]
fn configurations_give_what_terraform_plans() {
    let (mut values, mut wrong) = (0, Vec::new());
    let mut explained = explained();
    for folder in configurations() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let kept = std::fs::read_to_string(folder.join("expected.json")).unwrap();
        let kept: Json = serde_json::from_str(&kept).unwrap();
        let (shown, said) = shown(&folder, &["--root", folder.to_str().unwrap()]);
        if !said.is_empty() {
            wrong.push(format!("{name}: said {said}"));
        }
        let ours = resources(&shown);
        let expected = kept["resources"].as_object().unwrap();
        let managed = ours.iter().filter(|(_, one)| one["mode"] == "managed").map(|(address, _)| address.clone());
        let (mine, planned): (BTreeSet<String>, BTreeSet<String>) =
            (managed.collect(), expected.keys().cloned().collect());
        if mine != planned {
            wrong.push(format!("{name}: {mine:?} against {planned:?}"));
        }
        for (address, expected) in expected {
            let Some(resource) = ours.get(address) else { continue };
            let mut names: BTreeSet<&String> = resource["values"].as_object().unwrap().keys().collect();
            for tree in [&expected["values"], &expected["after_unknown"], &resource["after_unknown"]] {
                names.extend(tree.as_object().into_iter().flat_map(|tree| tree.keys()));
            }
            for attribute in names {
                values += 1;
                let (mine, open) = (&resource["values"][attribute], &resource["after_unknown"][attribute]);
                let (planned, unknown) = (&expected["values"][attribute], &expected["after_unknown"][attribute]);
                let is_same = without_secrets(mine, planned) || is_exact(mine, open, planned, unknown);
                let is_explained = explained.remove(&(name.clone(), format!("{address}.{attribute}")));
                if is_same && is_explained {
                    wrong.push(format!("{name}: {address}.{attribute}: explained, and yet the same"));
                }
                if !is_same && !is_explained {
                    wrong.push(format!("{name}: {address}.{attribute}: {mine} {open} against {planned} {unknown}"));
                }
            }
        }
        for (output, expected) in kept["outputs"].as_object().unwrap() {
            values += 1;
            let resource = &ours.get(&format!("output.{output}")).unwrap_or(&Json::Null);
            let (mine, open) = (&resource["values"]["value"], &resource["after_unknown"]["value"]);
            let is_hidden = expected["sensitive"] == true && mine == "(sensitive)";
            let is_same = is_hidden || is_exact(mine, open, &expected["value"], &expected["after_unknown"]);
            let is_explained = explained.remove(&(name.clone(), format!("output.{output}")));
            if is_same && is_explained {
                wrong.push(format!("{name}: output {output}: explained, and yet the same"));
            }
            if !is_same && !is_explained {
                wrong.push(format!("{name}: output {output}: {mine} {open} against {expected}"));
            }
        }
    }
    assert!(explained.is_empty(), "explained, and not there: {explained:?}");
    println!("{values} values of {} configurations", configurations().len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether both are the same but for what is hidden, of which there is something.
fn without_secrets(ours: &Json, theirs: &Json) -> bool {
    fn hides(ours: &Json, theirs: &Json, hidden: &mut bool) -> bool {
        match (ours, theirs) {
            (Json::String(text), _) if text == "(sensitive)" => {
                *hidden = true;
                true
            }
            (Json::Object(mine), Json::Object(planned)) => {
                mine.len() == planned.len() && mine.iter().all(|(key, value)| hides(value, &theirs[key], hidden))
            }
            _ => ours == theirs,
        }
    }
    let mut hidden = false;
    hides(ours, theirs, &mut hidden) && hidden
}

/// Plans a copy of a configuration; none where there is no Terraform.
fn plan(folder: &Path) -> Option<Json> {
    let copy = tempfile::tempdir().unwrap();
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.unwrap();
        let target = copy.path().join(entry.path().strip_prefix(folder).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
    let terraform = |arguments: &[&str]| {
        let mut command = Command::new("terraform");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TF_") {
                command.env_remove(&name);
            }
        }
        let output = command.args(arguments).current_dir(copy.path()).output().ok()?;
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {arguments:?}: {error}", folder.display());
        Some(output.stdout)
    };
    terraform(&["init", "-input=false", "-backend=false"])?;
    terraform(&["plan", "-input=false", "-out=plan"])?;
    Some(serde_json::from_slice(&terraform(&["show", "-json", "plan"])?).unwrap())
}

#[test]
fn what_is_kept_is_what_terraform_plans() {
    if Command::new("terraform").arg("version").output().is_err() {
        println!("skipped: there is no `terraform`");
        return;
    }
    let keeps = std::env::var_os("IACSCAN_KEEP_PLANS").is_some();
    for folder in configurations() {
        let Some(plan) = plan(&folder) else { continue };
        let made = essence(&plan);
        let path = folder.join("expected.json");
        if keeps {
            std::fs::write(&path, format!("{:#}\n", made)).unwrap();
        }
        let kept: Json = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(made, kept, "{}", folder.display());
    }
}
