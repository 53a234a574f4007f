//! Assemblies of the CDK: a unit for each stack, and findings that name the construct and the line of the program.

use iacscan::rules::{Overrides, built_in};
use iacscan::scan::{Options, scan};
use serde_json::{Value as Json, json};

use crate::nested::model_of_files;

const ASSEMBLY: &str = "testdata/cloudformation/cdk";

fn report(arguments: &[&str]) -> String {
    let output = assert_cmd::Command::cargo_bin("iacscan").unwrap().arg(ASSEMBLY).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn stacks_are_units_and_findings_name_the_construct() {
    let report: Json = serde_json::from_str(&report(&["--format", "json"])).unwrap();
    assert_eq!((&report["diagnostics"], &report["summary"]["units"]), (&json!([]), &json!(2)));
    let finding = |rule: &str, resource: &str| {
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().find(|one| one["rule"] == rule && one["resource"] == resource);
        found.unwrap_or_else(|| panic!("no {rule} of {resource} in {findings:#?}")).clone()
    };
    let construct = |path: &str, line: u32| json!({ "path": path, "position": format!("/home/ana/app/lib/access-stack.ts:{line}:5") });
    let open = finding("trust-public", "Open4C1B2A3D");
    assert_eq!(open["construct"], construct("Access/Open/Resource", 12));
    assert_eq!(open["file"], format!("{ASSEMBLY}/Access.template.json"));
    // Written without the path in the metadata: the manifest knows it by the logical id.
    assert_eq!(finding("iam-admin-policy", "Own8E1F2A3D")["construct"], construct("Access/Own/Resource", 19));
    let nested = finding("iam-admin-policy", "AuditNestedStackAuditNestedStackResource12345678/Reader9A8B7C6D");
    assert_eq!(nested["construct"], construct("Access/Audit/Reader/Resource", 41));
    assert_eq!(finding("trust-public", "User00B015A1")["construct"], construct("Prod/Access/User/Resource", 8));
}

#[test]
fn every_report_names_the_construct() {
    let phrase = "Access/Open/Resource";
    let position = "/home/ana/app/lib/access-stack.ts:12:5";
    for format in ["text", "json", "sarif", "markdown", "html"] {
        let text = report(&["--format", format]);
        assert!(text.contains(phrase) && text.contains(position), "{format}: {text}");
    }
    let sarif: Json = serde_json::from_str(&report(&["--format", "sarif"])).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let constructs = results.iter().flat_map(|one| one["locations"][0]["logicalLocations"].as_array().unwrap());
    assert!(constructs.into_iter().any(|one| one["fullyQualifiedName"] == phrase && one["kind"] == "construct"));
}

/// A position below the working directory is shown from there, and one of a program elsewhere as it is.
#[test]
fn the_programs_own_files_are_named_from_where_the_scan_runs() {
    let template = r#"{"Resources":{"Open":{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}]}},"Metadata":{"aws:cdk:path":"S/Open"}}}}"#;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::create_dir_all(root.join(".git")).unwrap();
    std::fs::create_dir_all(root.join("cdk.out")).unwrap();
    std::fs::write(root.join(".gitignore"), "cdk.out\n*.js\n").unwrap();
    let frame = format!("new S ({}/lib/s.ts:3:9)", root.display());
    let manifest = json!({ "artifacts": { "S": { "type": "aws:cloudformation:stack", "properties": { "templateFile": "S.template.json" },
        "metadata": { "/S/Open": [{ "type": "aws:cdk:logicalId", "data": "Open", "trace": [frame] }] } } } });
    std::fs::write(root.join("cdk.out/manifest.json"), manifest.to_string()).unwrap();
    std::fs::write(root.join("cdk.out/S.template.json"), template).unwrap();
    // Git ignores the assembly, and yet it is what is deployed.
    for path in [".", "cdk.out", "cdk.out/S.template.json"] {
        let mut command = assert_cmd::Command::cargo_bin("iacscan").unwrap();
        let output = command.current_dir(&root).args(["--format", "json", path]).output().unwrap();
        let report: Json = serde_json::from_slice(&output.stdout).unwrap();
        let found = &report["findings"][0];
        assert_eq!(
            (&found["rule"], &found["construct"]["position"]),
            (&json!("trust-public"), &json!("lib/s.ts:3:9")),
            "{path}"
        );
    }
    std::fs::remove_file(root.join("cdk.out/manifest.json")).unwrap();
    let rules = built_in(&Overrides::new()).unwrap();
    let found = scan(&Options { rules, paths: vec![root], ..Options::default() });
    assert!(found.findings.is_empty(), "an ignored folder that is no assembly was read");
}

#[test]
fn a_broken_manifest_hides_nothing() {
    let template = r#"{"Resources":{"Open":{"Type":"AWS::IAM::Role","Metadata":{"aws:cdk:path":"S/Open"}}}}"#;
    for manifest in [
        "{",
        "[]",
        "{\"artifacts\": 3, \"x\": \"aws:cloudformation:stack\"}",
        "{\"artifacts\":{\"a\":{\"type\":\"aws:cloudformation:stack\",\"metadata\":[1]}}}",
    ] {
        let (_folder, model) = model_of_files(&[("S.template.json", template), ("manifest.json", manifest)]);
        let [unit] = model.units.as_slice() else { panic!("{manifest}") };
        assert_eq!(&*unit.resources[0].construct.as_ref().unwrap().path, "S/Open");
        assert_eq!(model.diagnostics, [], "{manifest}");
    }
}

/// Where a condition is followed both ways, the constructs are named in each case.
#[test]
fn constructs_are_named_in_every_case() {
    let role = |effect: &str| {
        format!(r#"{{"Statement":[{{"Effect":"{effect}","Action":"sts:AssumeRole","Principal":{{"AWS":"*"}}}}]}}"#)
    };
    let template = format!(
        r#"{{"Parameters":{{"E":{{"Type":"String"}}}},"Conditions":{{"C":{{"Fn::Equals":[{{"Ref":"E"}},"a"]}}}},"Resources":{{"Open":{{"Type":"AWS::IAM::Role","Properties":{{"AssumeRolePolicyDocument":{{"Fn::If":["C",{},{}]}}}}}}}}}}"#,
        role("Allow"),
        role("Deny")
    );
    let manifest = r#"{"artifacts":{"S":{"type":"aws:cloudformation:stack","properties":{"templateFile":"S.template.json"},"metadata":{"/S/Open":[{"type":"aws:cdk:logicalId","data":"Open","trace":["new S (/x/s.ts:3:9)"]}]}}}}"#;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("S.template.json"), template).unwrap();
    std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
    let rules =
        built_in(&Overrides::new()).unwrap().into_iter().filter(|rule| &*rule.info.id == "trust-public").collect();
    let report = scan(&Options { rules, paths: vec![folder.path().to_owned()], ..Options::default() });
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    assert_eq!(finding.when.as_deref(), Some("E = \"a\""));
    assert_eq!(finding.construct.as_ref().unwrap().position.as_deref(), Some("/x/s.ts:3:9"));
}
