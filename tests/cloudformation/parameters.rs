//! Where parameters get their values from.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value as Json;

const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31\nParameters:\n  Stage: {Type: String, Default: from-default, AllowedValues: [from-default, dev, prod, file, sam]}\n  \
                        Names: {Type: CommaDelimitedList, Default: ''}\n  Count: {Type: Number, Default: 1}\n  Key: {Type: String, NoEcho: true, AllowedValues: [a]}\nResources:\n  \
                        U:\n    Type: AWS::IAM::User\n    Properties:\n      UserName: !Ref Stage\n      Groups: !Ref Names\n      Path: !Sub '/${Count}/'\n";

/// Runs `iacscan show` in a folder; the resource `U` and the diagnostics.
fn show(folder: &Path, arguments: &[&str]) -> (Json, String) {
    let run = Command::cargo_bin("iacscan")
        .unwrap()
        .current_dir(folder)
        .args(["show", "--format", "json"])
        .args(arguments)
        .output()
        .unwrap();
    let report: Json = serde_json::from_slice(&run.stdout).unwrap_or_default();
    let resources =
        report["units"].as_array().into_iter().flatten().flat_map(|unit| unit["resources"].as_array().unwrap());
    let user = resources.filter(|one| one["address"] == "U").map(|one| one["values"].clone()).next();
    (user.unwrap_or_default(), String::from_utf8_lossy(&run.stderr).into_owned() + &report["diagnostics"].to_string())
}

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn values_come_from_options_files_and_defaults_in_this_order() {
    let folder = project(&[
        ("template.yaml", TEMPLATE),
        (
            "list.json",
            "[{\"ParameterKey\": \"Stage\", \"ParameterValue\": \"file\"}, {\"ParameterKey\": \"Names\", \"ParameterValue\": \"a, b\"}]",
        ),
        ("map.yaml", "Parameters:\n  Stage: prod\n  Names: [x, y]\n  Count: 3\n"),
    ]);
    let of = |arguments: &[&str]| show(folder.path(), arguments).0;
    let default = of(&[]);
    assert_eq!(
        (&default["UserName"], &default["Groups"], &default["Path"]),
        (&"from-default".into(), &Json::Array(vec![]), &"/1/".into())
    );
    let list = of(&["--parameter-file", "list.json"]);
    assert_eq!((&list["UserName"], &list["Groups"]), (&"file".into(), &serde_json::json!(["a", "b"])));
    let both = of(&["--parameter-file", "list.json", "--parameter-file", "map.yaml"]);
    assert_eq!(
        (&both["UserName"], &both["Groups"], &both["Path"]),
        (&"prod".into(), &serde_json::json!(["x", "y"]), &"/3/".into())
    );
    assert_eq!(of(&["--parameter-file", "list.json", "--parameter", "Stage=dev"])["UserName"], "dev");
}

#[test]
fn a_samconfig_beside_the_template_counts() {
    let config = "version = 0.1\n[default.global.parameters]\nparameter_overrides = \"Stage=dev Names=all\"\n[default.deploy.parameters]\nparameter_overrides = \
                  [\"Stage=sam\", \"Count=7\"]\n[prod.deploy.parameters]\nparameter_overrides = \"ParameterKey=Stage,ParameterValue=prod\"\n";
    let folder = project(&[("template.yaml", TEMPLATE), ("samconfig.toml", config)]);
    let of = |arguments: &[&str]| show(folder.path(), arguments).0;
    let default = of(&[]);
    assert_eq!(
        (&default["UserName"], &default["Groups"], &default["Path"]),
        (&"sam".into(), &serde_json::json!(["all"]), &"/7/".into())
    );
    assert_eq!(of(&["--config-env", "prod"])["UserName"], "prod");
    assert_eq!(of(&["--config-env", "none"])["UserName"], "from-default");
    assert_eq!(of(&["--parameter", "Stage=file"])["UserName"], "file");
    // It speaks of one template only.
    let other = project(&[("other.yaml", TEMPLATE), ("samconfig.toml", config)]);
    assert_eq!(show(other.path(), &[]).0["UserName"], "from-default");
    let named = config
        .replace("[default.deploy.parameters]\n", "[default.deploy.parameters]\ntemplate_file = \"other.yaml\"\n");
    fs::write(other.path().join("samconfig.toml"), named).unwrap();
    assert_eq!(show(other.path(), &[]).0["UserName"], "sam");
    let broken = project(&[("template.yaml", TEMPLATE), ("samconfig.toml", "[default\n")]);
    assert!(show(broken.path(), &[]).1.contains("samconfig"));
}

#[test]
fn what_is_wrong_with_a_value_is_told_where_it_stands() {
    let folder = project(&[
        ("template.yaml", TEMPLATE),
        ("bad.json", "{\n  \"Stage\": \"staging\",\n  \"Count\": \"many\",\n  \"Key\": \"hunter2\"\n}"),
        ("none.json", "[1]"),
    ]);
    let (_, told) = show(folder.path(), &["--parameter-file", "bad.json"]);
    assert!(told.contains("`staging` is no allowed value of the parameter `Stage`"), "{told}");
    assert!(told.contains("`many` is no number, as the parameter `Count` wants one"), "{told}");
    assert!(
        told.contains("the value is no allowed value of the parameter `Key`") && !told.contains("hunter2"),
        "{told}"
    );
    // Beside a secret no excerpt of the file is shown.
    assert!(!told.contains("bad.json"), "{told}");
    let open = "{\n  \"Stage\": \"staging\"\n}";
    fs::write(folder.path().join("open.json"), open).unwrap();
    assert!(show(folder.path(), &["--parameter-file", "open.json"]).1.contains("open.json:2:12"));
    assert!(show(folder.path(), &["--parameter-file", "none.json"]).1.contains("expected a `ParameterKey`"));
    assert!(show(folder.path(), &["--parameter-file", "gone.json"]).1.contains("cannot be read"));
    assert!(show(folder.path(), &["--parameter", "Stag=dev"]).1.contains("no template declares the parameter `Stag`"));
}
