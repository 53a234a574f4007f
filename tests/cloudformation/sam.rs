//! What iacscan makes of SAM templates, against what AWS' own transform makes of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use iacscan::scan::Model;
use serde_json::Value as Json;

use crate::describe::{describe, model_of};

/// The types that carry permissions.
const COMPARED: &[&str] = &[
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
];

fn templates() -> Vec<PathBuf> {
    let folders = ["testdata/cloudformation/sam", "testdata/demo/sam"];
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.is_file()).collect();
    files.push(PathBuf::from("testdata/equivalence/sam.yaml"));
    files.sort();
    files
}

/// What the reference makes of the templates, by path; nothing where it is not installed.
fn translated(paths: &[PathBuf]) -> Option<BTreeMap<String, Json>> {
    for python in ["target/ci-venv/bin/python", "python3", "python"] {
        let mut command = Command::new(python);
        let output = command.arg("tests/cloudformation/translate_sam.py").args(paths).output();
        let Ok(output) = output else { continue };
        if output.status.success() {
            return Some(serde_json::from_slice(&output.stdout).unwrap());
        }
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("is not installed"), "{python}: {error}");
    }
    None
}

/// Resources by address, with type and attributes.
fn compared(model: &Model) -> BTreeMap<String, (String, Json)> {
    let [unit] = model.units.as_slice() else { panic!("{} units", model.units.len()) };
    let resources = unit.resources.iter().filter(|resource| COMPARED.contains(&&*resource.provider_type));
    let one = |resource: &iacscan::model::Resource| {
        let mut attributes = describe(&resource.attributes);
        let map = attributes.as_object_mut().unwrap();
        map.remove("Tags");
        map.retain(|_, value| value.as_array().is_none_or(|items| !items.is_empty()));
        (resource.address.to_string(), (resource.provider_type.to_string(), attributes))
    };
    resources.map(one).collect()
}

#[test]
fn roles_policies_and_permissions_are_those_of_the_transform() {
    let paths = templates();
    assert!(paths.len() > 20, "{} templates", paths.len());
    let Some(translated) = translated(&paths) else {
        println!("skipped: aws-sam-translator is not installed (`.ci/run` installs it)");
        return;
    };
    let (mut differences, mut resources) = (Vec::new(), 0);
    for path in &paths {
        let name = path.to_str().unwrap();
        let reference = &translated[name];
        assert_eq!(reference["error"], Json::Null, "{name}");
        let own = model_of(name, &std::fs::read_to_string(path).unwrap());
        assert!(own.diagnostics.is_empty(), "{name}: {:?}", own.diagnostics);
        let (own, wanted) = (compared(&own), compared(&model_of("translated.json", &reference.to_string())));
        resources += wanted.len();
        for address in own.keys().chain(wanted.keys()).collect::<std::collections::BTreeSet<_>>() {
            let (one, other) = (own.get(address), wanted.get(address));
            if one != other {
                let text =
                    |side: Option<&(String, Json)>| side.map_or("nothing".to_owned(), |(t, v)| format!("{t} {v}"));
                differences.push(format!("{name}: {address}\n  own:  {}\n  want: {}", text(one), text(other)));
            }
        }
    }
    println!("{resources} roles, policies and permissions of {} SAM templates compared", paths.len());
    assert!(differences.is_empty(), "{} of {resources} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(resources > 150, "{resources}");
}

/// What is made stands where its cause stands.
#[test]
fn what_the_transform_makes_points_to_its_cause() {
    let path = Path::new("testdata/cloudformation/sam/push-events.yaml");
    let model = model_of("template.yaml", &std::fs::read_to_string(path).unwrap());
    let place = |address: &str| {
        let resource = model.units[0].resources.iter().find(|resource| &*resource.address == address);
        let origin = resource.unwrap_or_else(|| panic!("no {address}")).origin;
        model.sources.get(origin.file).slice(origin.span).to_owned()
    };
    assert_eq!(place("FunctionDailyPermission"), "Daily");
    assert_eq!(place("FunctionRole"), "Function");
    let path = Path::new("testdata/cloudformation/sam/function-urls.yaml");
    let model = model_of("template.yaml", &std::fs::read_to_string(path).unwrap());
    let permissions = model.units[0].resources.iter().filter(|one| &*one.provider_type == "AWS::Lambda::Permission");
    let places: Vec<String> =
        permissions.map(|one| model.sources.get(one.origin.file).slice(one.origin.span).to_owned()).collect();
    assert_eq!(places, ["NONE"; 4]);
}
