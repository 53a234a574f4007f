//! Input that means harm: every scan ends soon, says what it gave up and where, and shows nothing from outside the tree.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use iacscan::rules::Rule;
use iacscan::scan::{Options, Text};
use serde_json::Value;
use tempfile::TempDir;

/// No scan takes longer, even unoptimised on a busy machine; most take a hundredth.
const BOUND: Duration = Duration::from_secs(20);

/// Rules that look at everything there is to see: attributes, policy documents, statements, principals.
const RULES: [(&str, &str); 4] = [
    ("sees-policies", "target = 'aws_iam_policy'\nmessage = 'policy {policy}'\n[match]\npolicy = { glob = '*' }\n"),
    ("sees-statements", "target = 'statement'\nmessage = 'statement {actions}'\n[match]\nadmin = true\n"),
    ("sees-users", "target = 'user'\nmessage = 'user {name}'\n[match]\nname = { exists = true }\n"),
    ("sees-trust", "target = 'trust'\nmessage = 'trust'\n[match]\nrestricted = false\n"),
];

/// A folder with hostile files, and beside it what must never be read.
struct Estate {
    folder: TempDir,
}

/// What a scan and a look at the model said.
struct Outcome {
    report: Value,
    model: Value,
    /// Everything that was written, in any way.
    all: String,
}

impl Estate {
    fn new() -> Estate {
        let estate = Estate { folder: tempfile::tempdir().unwrap() };
        for folder in ["tree", "rules"] {
            fs::create_dir(estate.folder.path().join(folder)).unwrap();
        }
        for (id, body) in RULES {
            let text = format!("title = '{id}'\nseverity = 'high'\n{body}");
            fs::write(estate.folder.path().join(format!("rules/{id}.toml")), text).unwrap();
        }
        estate
    }

    fn of(files: &[(&str, &str)]) -> Estate {
        let estate = Estate::new();
        for (name, text) in files {
            estate.write(name, text);
        }
        estate
    }

    fn tree(&self) -> std::path::PathBuf {
        self.folder.path().join("tree")
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.tree().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str], folder: &Path) -> (String, String) {
        let start = Instant::now();
        let mut command = Command::cargo_bin("iacscan").unwrap();
        command.args(arguments).current_dir(folder).timeout(BOUND);
        let output = command.output().unwrap();
        let took = start.elapsed();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(took < BOUND, "{arguments:?} took {took:?}");
        let status = output.status.code().unwrap_or_else(|| panic!("{arguments:?} was killed: {error}"));
        assert!((0..=2).contains(&status), "{arguments:?} ended with {status}: {error}");
        (String::from_utf8(output.stdout).unwrap(), error)
    }

    /// Scans the folder and shows its model.
    fn scan(&self) -> Outcome {
        let mut outcome = self.report();
        let (model, error) = self.run(&["show", "--format", "json"], &self.tree());
        outcome.model = parse(&model);
        outcome.all.extend([model, error]);
        outcome
    }

    /// Scans the folder.
    fn report(&self) -> Outcome {
        let rules = self.folder.path().join("rules");
        let rules = rules.to_str().unwrap();
        let (report, error) = self.run(&["--format", "json", "--rules", rules, "--fail-on", "low"], &self.tree());
        let outcome = Outcome { report: parse(&report), model: Value::Null, all: [report, error].concat() };
        let is_internal = |one: &Value| one["code"] == "internal";
        assert!(!outcome.diagnostics().iter().any(is_internal), "a panic: {}", outcome.report["diagnostics"]);
        outcome
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:.400}"))
}

impl Outcome {
    fn diagnostics(&self) -> &[Value] {
        self.report["diagnostics"].as_array().unwrap()
    }

    /// Some diagnostic says this, in this file and at this line (zero: any line).
    #[track_caller]
    fn says(&self, message: &str, file: &str, line: u64) -> &Outcome {
        let fits = |one: &&Value| {
            one["message"].as_str().is_some_and(|text| text.contains(message))
                && one["file"] == file
                && (line == 0 || one["line"] == line)
        };
        let found = self.diagnostics().iter().find(fits);
        assert!(found.is_some(), "nothing says `{message}` at {file}:{line}: {:#}", self.report["diagnostics"]);
        self
    }

    /// The user beside the trouble is still found.
    #[track_caller]
    fn still_finds_the_neighbour(&self) -> &Outcome {
        let findings = self.report["findings"].as_array().unwrap();
        let found = findings.iter().any(|finding| finding["resource"] == "aws_iam_user.neighbour");
        assert!(found, "the neighbour is not found: {:#}", self.report);
        self
    }

    fn resource(&self, address: &str) -> &Value {
        let units = self.model["units"].as_array().unwrap();
        let mut resources = units.iter().flat_map(|unit| unit["resources"].as_array().unwrap());
        resources.find(|resource| resource["address"] == address).unwrap_or(&Value::Null)
    }
}

const NEIGHBOUR: &str = "resource \"aws_iam_user\" \"neighbour\" {\n  name = \"neighbour\"\n}\n";

/// `first`, then `step` for each number with `$n` and `$p` (the number before) in it, then `last` with `$n` for the last.
fn chain(count: usize, first: &str, step: &str, last: &str) -> String {
    let mut text = format!("{NEIGHBOUR}locals {{\n  l0 = {first}\n");
    for n in 1..=count {
        let value = step.replace("$n", &n.to_string()).replace("$p", &format!("local.l{}", n - 1));
        let _ = writeln!(text, "  l{n} = {value}");
    }
    let _ = write!(text, "}}\n{}", last.replace("$l", &format!("local.l{count}")));
    text
}

const DOCUMENT: &str = "resource \"aws_iam_policy\" \"p\" {\n  policy = jsonencode({ Statement = $l })\n}\n";

const POLICY: &str = "resource \"aws_iam_policy\" \"p\" {\n  policy = $l\n}\n";

#[test]
fn strings_that_double() {
    for step in
        ["\"${$p}${$p}\"", "join(\"\", [$p, $p])", "format(\"%s%s\", $p, $p)", "\"%{for x in [1, 2]}${$p}%{endfor}\""]
    {
        let estate = Estate::of(&[("main.tf", &chain(60, "\"xyz\"", step, POLICY))]);
        let outcome = estate.scan();
        outcome.still_finds_the_neighbour();
        assert!(outcome.all.len() < 1 << 20, "{step}");
    }
}

#[test]
fn structures_that_double() {
    for step in [
        "[$p, $p]",
        "{ a = $p, b = $p }",
        "[for x in [1, 2] : $p]",
        "concat([$p], [$p])",
        "jsonencode([$p, $p])",
        "jsonencode({ a = $p, b = jsonencode($p) })",
        "yamlencode([$p, $p])",
        "jsondecode(jsonencode([$p, $p]))",
        "merge({ a = $p }, { b = $p })",
        "setproduct([$p], [$p, 1])",
        "var.unknown ? [$p] : [$p, $p]",
        "var.unknown == $p ? $p : [$p]",
        "[$p, $p][*]",
        "try($p.none, [$p, $p])",
        "[$p, $p] == [$p, $p] ? [$p, $p] : [$p]",
    ] {
        for (count, last) in [(60, POLICY), (15, POLICY), (15, DOCUMENT)] {
            let text = chain(count, "[\"xyz\"]", step, last) + "variable \"unknown\" {}\n";
            let estate = Estate::of(&[("main.tf", &text)]);
            let outcome = if count > 20 { estate.report() } else { estate.scan() };
            outcome.still_finds_the_neighbour();
        }
    }
}

#[test]
fn numbers_and_texts_that_explode() {
    let expressions = [
        "range(1e9)",
        "range(0, 1, 1e-300)",
        "1e1000000000 + 1",
        "pow(10, 1000000000)",
        "pow(1e300, 1e300) * pow(1e300, 1e300)",
        "1e300 * 1e300 * 1e300 * 1e300",
        "1 / 3e399 + 1e399",
        "format(\"%1000000000d\", 1)",
        "format(\"%.1000000000f\", 1)",
        "indent(1000000000, \"a\\nb\")",
        "join(\"\", [for a in range(1000) : join(\"\", [for b in range(1000) : \"0123456789012345678901234567890123456789\"])])",
        "replace(join(\"\", [for a in range(1000) : \"aaaaaaaaaaaaaaaaaaaa\"]), \"/(a*)*b/\", \"x\")",
        "regexall(\"((((a{1,100}){1,100}){1,100}){1,100}){1,100}\", \"aaa\")",
        "cidrsubnets(\"10.0.0.0/8\", [for a in range(1000) : 24]...)",
        "cidrhost(\"::/0\", 1e38)",
        "parseint(join(\"\", [for a in range(1000) : \"zzzzzzzzzzzzzzzzzzzz\"]), 36)",
        "strrev(join(\"\", [for a in range(1000) : \"\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\"]))",
        "base64gunzip(\"H4sIAAAAAAAA/+3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA\")",
        "yamldecode(\"a: &a [x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f]\\nh: [*g,*g,*g,*g,*g,*g,*g,*g]\\n\")",
        "timeadd(\"2020-01-01T00:00:00Z\", \"99999999999999999999h\")",
        "substr(\"abc\", -9223372036854775808, 9223372036854775807)",
        "slice([1, 2], 1e18, 2e18)",
        "element([1, 2], -9223372036854775808)",
        "chunklist([1, 2, 3], 9223372036854775807)",
    ];
    for expression in expressions {
        let text = format!("{NEIGHBOUR}resource \"aws_iam_policy\" \"p\" {{\n  policy = {expression}\n}}\n");
        let outcome = Estate::of(&[("main.tf", &text)]).scan();
        outcome.still_finds_the_neighbour();
        assert!(outcome.all.len() < 1 << 20, "{expression}");
    }
}

#[test]
fn loops_over_products() {
    let text = format!(
        "{NEIGHBOUR}locals {{\n  n = range(1000)\n  p = [for a in local.n : [for b in local.n : [for c in local.n : a]]]\n}}\n\
         resource \"aws_iam_policy\" \"p\" {{\n  policy = jsonencode(local.p)\n}}\n"
    );
    let outcome = Estate::of(&[("main.tf", &text)]).report();
    outcome.still_finds_the_neighbour().says("steps", "main.tf", 6);
    let nested = "%{for a in range(1000)}".repeat(6) + "x" + &"%{endfor}".repeat(6);
    let text = format!("{NEIGHBOUR}resource \"aws_iam_policy\" \"p\" {{\n  policy = \"{nested}\"\n}}\n");
    let outcome = Estate::of(&[("main.tf", &text)]).report();
    outcome.still_finds_the_neighbour().says("a text of more than", "main.tf", 5);
    let nested = "%{for a in range(1000)}".repeat(6) + &"%{endfor}".repeat(6);
    let text = format!("{NEIGHBOUR}resource \"aws_iam_policy\" \"p\" {{\n  policy = \"{nested}\"\n}}\n");
    let outcome = Estate::of(&[("main.tf", &text)]).report();
    outcome.still_finds_the_neighbour().says("steps", "main.tf", 5);
}

#[test]
fn many_large_values() {
    let mut text = chain(15, "[\"xyz\"]", "[$p, $p]", "");
    for n in 0..100 {
        let _ =
            writeln!(text, "resource \"aws_iam_policy\" \"p{n}\" {{\n  policy = jsonencode({{ Statement = $l }})\n}}");
    }
    let outcome = Estate::of(&[("main.tf", &text.replace("$l", "local.l15"))]).report();
    outcome.still_finds_the_neighbour();
    let functions = [
        "flatten([for x in range(1000) : [for y in range(100) : local.l15]])",
        "contains([for x in range(1000) : local.l15], local.l14)",
        "distinct([for x in range(1000) : local.l15])",
        "toset([for x in range(1000) : local.l15])",
        "[for x in range(1000) : local.l15] == [for x in range(1000) : local.l15]",
        "{ (local.l15) = [for x in range(1000) : local.l15] }",
        "[for x in range(1000) : local.l15][local.l15]",
        "merge([for x in range(1000) : { a = local.l15 }]...)",
        "sensitive([for x in range(1000) : local.l15])",
    ];
    for function in functions {
        let last =
            format!("resource \"aws_iam_policy\" \"p\" {{\n  for_each = {function}\n  policy = {function}\n}}\n");
        let outcome = Estate::of(&[("main.tf", &chain(15, "[\"xyz\"]", "[$p, $p]", &last))]).report();
        outcome.still_finds_the_neighbour();
    }
}

#[test]
fn names_that_lead_in_circles() {
    let text = format!(
        "{NEIGHBOUR}locals {{\n  a = local.b\n  b = [local.c]\n  c = local.a\n}}\n\
         resource \"aws_iam_policy\" \"p\" {{\n  name   = aws_iam_policy.p.name\n  policy = local.a\n}}\n"
    );
    let outcome = Estate::of(&[("main.tf", &text)]).scan();
    outcome.still_finds_the_neighbour().says("refers to itself", "main.tf", 7).says("refers to itself", "main.tf", 10);
    assert_eq!(outcome.resource("aws_iam_policy.p")["unknown"].as_array().map(Vec::len), Some(2));
}

#[test]
fn names_in_a_long_row() {
    let value = "[$p]";
    for (step, count) in
        [("$p", 5_000), (value, 5_000), ("$p.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 5_000), ("$p[0]", 1_000)]
    {
        for first in ["\"x\"", "var.unknown"] {
            let text = chain(count, first, step, POLICY) + "variable \"unknown\" {}\n";
            let outcome = Estate::of(&[("main.tf", &text)]).scan();
            outcome.still_finds_the_neighbour();
        }
    }
    // From the start of the row, each name goes one level further and the evaluation of none is deep.
    let mut text = chain(20_000, "[]", value, "");
    for n in (0..20_000).step_by(500) {
        let _ = writeln!(text, "output \"o{n:05}\" {{\n  value = local.l{n}\n}}");
    }
    let outcome = Estate::of(&[("main.tf", &text)]).scan();
    outcome.still_finds_the_neighbour().says("nests more than", "main.tf", 0);
    let mut text = chain(20_000, "var.unknown", "$p.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "variable \"unknown\" {}\n");
    for n in (0..20_000).step_by(500) {
        let _ = writeln!(text, "output \"o{n:05}\" {{\n  value = local.l{n}\n}}");
    }
    let outcome = Estate::of(&[("main.tf", &text)]).scan();
    outcome.still_finds_the_neighbour();
    assert!(outcome.all.len() < 1 << 20);
}

#[test]
fn modules_that_call_each_other() {
    let call = |source: &str| format!("module \"m\" {{\n  source = \"{source}\"\n}}\n");
    let estate = Estate::of(&[("main.tf", NEIGHBOUR), ("own/main.tf", &call("./"))]);
    estate.write("a/main.tf", call("../b"));
    estate.write("b/main.tf", call("../a"));
    estate.write("twice/main.tf", call("../twice") + &call("../twice").replace("\"m\"", "\"n\""));
    let outcome = estate.scan();
    outcome.still_finds_the_neighbour();
    outcome.says("nested more than", "own/main.tf", 1).says("nested more than", "twice/main.tf", 1);
    let estate = Estate::of(&[("main.tf", NEIGHBOUR)]);
    for n in 0..1_000 {
        estate.write(&format!("m{n:04}/main.tf"), call(&format!("../m{:04}", n + 1)));
    }
    estate.write("m1000/main.tf", NEIGHBOUR.replace("neighbour", "far"));
    let outcome = estate.scan();
    outcome.still_finds_the_neighbour().says("nested more than", "m0064/main.tf", 1);
}

#[test]
fn a_billion_instances() {
    let block = |more: &str| format!("{NEIGHBOUR}resource \"aws_iam_user\" \"u\" {{\n{more}\n  name = \"u\"\n}}\n");
    for (more, message) in [
        ("  count = 1000000000", "more than 20000 instances"),
        ("  count = 1e300", "`count` must be"),
        ("  count = -1", "`count` must be"),
        ("  for_each = toset([for x in setproduct(range(200), range(200)) : jsonencode(x)])", "instances of one block"),
    ] {
        let outcome = Estate::of(&[("main.tf", &block(more))]).scan();
        outcome.still_finds_the_neighbour().says(message, "main.tf", 5);
    }
    let outcome = Estate::of(&[
        ("main.tf", &format!("{NEIGHBOUR}module \"m\" {{\n  source = \"./m\"\n  count  = 1000\n}}\n")),
        ("m/main.tf", "module \"n\" {\n  source = \"./n\"\n  count  = 1000\n}\n"),
        ("m/n/main.tf", "resource \"aws_iam_user\" \"u\" {\n  count = 1000\n}\n"),
    ])
    .report();
    outcome.still_finds_the_neighbour().says("more than 100000 resources", "m/n/main.tf", 1);
}

#[test]
fn what_lies_outside_stays_outside() {
    const SECRET: &str = "hunter2-is-not-for-you";
    let estate = Estate::of(&[("main.tf", NEIGHBOUR)]);
    let outside = estate.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret.tf"), format!("resource \"aws_iam_user\" \"{SECRET}\" {{}}\n")).unwrap();
    fs::write(outside.join("secret.txt"), SECRET).unwrap();
    fs::write(outside.join("secret.tfvars"), format!("secret = \"{SECRET}\"\n")).unwrap();
    let readers = [
        "file(\"/etc/passwd\")",
        "file(\"../../outside/secret.txt\")",
        "file(\"inside/../../../outside/secret.txt\")",
        "file(\"link.txt\")",
        "filebase64(\"../../outside/secret.txt\")",
        "filesha256(\"../../outside/secret.txt\")",
        "fileexists(\"../../outside/secret.txt\")",
        "templatefile(\"../../outside/secret.txt\", {})",
        "jsonencode(fileset(\"../../outside\", \"*\"))",
        "jsonencode(fileset(path.module, \"../../outside/*\"))",
        "file(pathexpand(\"~/.ssh/id_rsa\"))",
        "file(\"/proc/self/environ\")",
        "file(\"/dev/zero\")",
    ];
    for (nth, reader) in readers.iter().enumerate() {
        let text = format!("resource \"aws_iam_policy\" \"p\" {{\n  policy = {reader}\n}}\n");
        estate.write(&format!("r{nth:02}/main.tf"), text);
        #[cfg(unix)]
        std::os::unix::fs::symlink(outside.join("secret.txt"), estate.tree().join(format!("r{nth:02}/link.txt")))
            .unwrap();
    }
    estate.write("module/main.tf", "module \"m\" {\n  source = \"../../outside\"\n}\n");
    estate.write("installed/main.tf", "module \"m\" {\n  source = \"some/module/aws\"\n}\n");
    let manifest = "{\"Modules\":[{\"Key\":\"m\",\"Source\":\"x\",\"Dir\":\"../../outside\"}]}";
    estate.write("installed/.terraform/modules/modules.json", manifest);
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(outside.join("secret.tf"), estate.tree().join("linked.tf")).unwrap();
        symlink(&outside, estate.tree().join("folder")).unwrap();
        estate.write(
            "vars/main.tf",
            "variable \"secret\" {}\nresource \"aws_iam_policy\" \"p\" {\n  policy = var.secret\n}\n",
        );
        symlink(outside.join("secret.tfvars"), estate.tree().join("vars/terraform.tfvars")).unwrap();
    }
    let outcome = estate.scan();
    outcome.still_finds_the_neighbour();
    assert!(!outcome.all.contains(SECRET), "{}", outcome.all);
    assert!(!outcome.all.contains("root:x:") && !outcome.all.contains("folder/secret"), "{}", outcome.all);
    outcome.says("is not in the scanned tree", "module/main.tf", 2);
    #[cfg(unix)]
    outcome.says("is a link that leaves the scanned tree", "linked.tf", 0).says(
        "is a link that leaves the scanned tree",
        "folder",
        0,
    );
}

const TEMPLATE_USER: &str = "Resources:\n  Neighbour:\n    Type: AWS::IAM::User\n";

/// The user of the template beside the trouble is still found.
#[track_caller]
fn finds_template_user(outcome: &Outcome) {
    let findings = outcome.report["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["resource"] == "Neighbour"), "{:#}", outcome.report);
}

#[test]
fn aliases_that_multiply() {
    let mut bomb = String::from("Mappings:\n  M:\n    a0: &a0 {x: y}\n");
    for n in 1..40 {
        let _ = writeln!(bomb, "    a{n}: &a{n} [*a{p}, *a{p}, *a{p}, *a{p}]", p = n - 1);
    }
    let uses = |alias: &str| {
        format!(
            "{bomb}Resources:\n  R:\n    Type: AWS::IAM::Policy\n    Properties:\n      PolicyDocument: {alias}\n      Other: {{Statement: {alias}}}\n"
        )
    };
    for depth in [6, 39] {
        let text = uses(&format!("*a{depth}"));
        let outcome = Estate::of(&[("bomb.yaml", &text), ("good.yaml", TEMPLATE_USER)]).scan();
        finds_template_user(&outcome);
        assert!(outcome.all.len() < 128 << 20);
    }
}

#[test]
fn documents_that_nest() {
    let deep = 10_000;
    let yaml_flow = format!("{TEMPLATE_USER}    Properties:\n      X: {}{}\n", "[".repeat(deep), "]".repeat(deep));
    let mut yaml_block = String::from(TEMPLATE_USER) + "    Properties:\n";
    for n in 0..2_000 {
        let _ = writeln!(yaml_block, "{}a:", " ".repeat(6 + n));
    }
    let json =
        |inner: &str| format!("{{\"Resources\":{{\"A\":{{\"Type\":\"AWS::IAM::User\",\"Properties\":{inner}}}}}}}");
    let list = "[".repeat(deep) + &"]".repeat(deep);
    let subs = "{\"Fn::Sub\":".repeat(deep) + "1" + &"}".repeat(deep);
    let sequence = "- ".repeat(deep) + "x";
    let outcome = Estate::of(&[
        ("flow.yaml", yaml_flow.as_str()),
        ("block.yaml", &yaml_block),
        ("list.json", &json(&list)),
        ("subs.json", &json(&subs)),
        ("list.tf.json", &format!("{{\"locals\":{list}}}")),
        ("sequence.yaml", &format!("AWSTemplateFormatVersion: 1\nResources:\n{sequence}\nType: AWS::IAM::User\n")),
        ("plan.json", &format!("{{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.0\",\"planned_values\":{list}}}")),
        ("values.json", &format!("{{\"format_version\":\"1.2\",\"planned_values\":{{\"root_module\":{{\"resources\":[{{\"address\":\"aws_iam_user.u\",\"mode\":\"managed\",\"type\":\"aws_iam_user\",\"name\":\"u\",\"values\":{{\"tags\":{list}}}}}]}}}},\"resource_changes\":[]}}")),
        ("policy.json", &format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":{list}}}]}}")),
        ("good.yaml", TEMPLATE_USER),
    ])
    .scan();
    finds_template_user(&outcome);
    for (file, line) in [
        ("flow.yaml", 5),
        ("block.yaml", 0),
        ("list.json", 1),
        ("subs.json", 1),
        ("list.tf.json", 1),
        ("sequence.yaml", 3),
        ("plan.json", 1),
        ("values.json", 1),
        ("policy.json", 1),
    ] {
        outcome.says("", file, line);
    }
}

#[test]
fn expressions_that_nest() {
    let deep = 10_000;
    let cases = [
        ("parentheses", "(".repeat(deep) + "1" + &")".repeat(deep)),
        ("lists", "[".repeat(deep) + &"]".repeat(deep)),
        ("objects", "{ a = ".repeat(deep) + "1" + &" }".repeat(deep)),
        ("negations", "!".repeat(deep) + "true"),
        ("minus", "- ".repeat(deep) + "1"),
        ("templates", "\"${".repeat(deep) + "1" + &"}\"".repeat(deep)),
        ("calls", "jsonencode(".repeat(deep) + "1" + &")".repeat(deep)),
        ("conditionals", "true ? 1 : ".repeat(deep) + "1"),
        ("sums", "1 + ".repeat(deep) + "1"),
        ("attributes", "var.a".to_owned() + &".b".repeat(deep)),
        ("indices", "var.a".to_owned() + &"[0]".repeat(deep)),
        ("splats", "var.a".to_owned() + &"[*]".repeat(deep)),
        ("for", "[for a in [1] : ".repeat(deep) + "1" + &"]".repeat(deep)),
        ("directives", "\"".to_owned() + &"%{if true}".repeat(deep) + "x" + &"%{endif}".repeat(deep) + "\""),
        ("loops", "\"".to_owned() + &"%{for a in [1]}".repeat(deep) + "x" + &"%{endfor}".repeat(deep) + "\""),
    ];
    for (name, expression) in cases {
        let text = format!("resource \"aws_iam_policy\" \"p\" {{\n  policy = {expression}\n}}\n");
        let estate = Estate::of(&[("deep.tf", &text), ("beside/main.tf", NEIGHBOUR)]);
        let outcome = estate.scan();
        outcome.still_finds_the_neighbour();
        let told = outcome.diagnostics().iter().any(|one| one["file"] == "deep.tf");
        let undecided = outcome.resource("aws_iam_policy.p")["unknown"].as_array().is_some_and(|list| !list.is_empty());
        let decided = outcome.resource("aws_iam_policy.p")["values"].get("policy").is_some();
        assert!(told || undecided || decided, "{name}: {:#}", outcome.model);
    }
    let blocks = "a {\n".repeat(deep) + &"}\n".repeat(deep);
    let outcome = Estate::of(&[("deep.tf", &blocks), ("beside/main.tf", NEIGHBOUR)]).scan();
    outcome.still_finds_the_neighbour().says("", "deep.tf", 0);
    let unclosed = "resource \"a\" \"b\" {\n".repeat(deep);
    let outcome = Estate::of(&[("deep.tf", &unclosed), ("beside/main.tf", NEIGHBOUR)]).scan();
    outcome.still_finds_the_neighbour().says("", "deep.tf", 0);
}

#[test]
fn template_conditions_and_substitutions_in_circles() {
    let text = "Conditions:\n  A: !Condition B\n  B: !Not [!Condition A]\nParameters:\n  P:\n    Type: String\n    Default: '${P}'\nResources:\n  \
                Neighbour:\n    Type: AWS::IAM::User\n    Condition: A\n  S:\n    Type: AWS::IAM::Policy\n    Properties:\n      \
                PolicyName: !Sub ['${X}', {X: !Sub '${X}'}]\n      PolicyDocument: !Sub '${P}${S}'\n  \
                Good:\n    Type: AWS::IAM::User\n";
    let outcome = Estate::of(&[("circle.yaml", text)]).scan();
    outcome.says("", "circle.yaml", 0);
    let findings = outcome.report["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["resource"] == "Good"), "{:#}", outcome.report);
    let mut conditions = String::from("Conditions:\n  C0: !Equals [!Ref AWS::Region, a]\n");
    for n in 1..60 {
        let p = n - 1;
        let _ = writeln!(conditions, "  C{n}: !And [!Condition C{p}, !Or [!Condition C{p}, !Not [!Condition C{p}]]]");
    }
    let mut nested = String::from("!Ref AWS::NoValue");
    for n in (0..20).rev() {
        nested = format!("!If [C{n}, {{a: {nested}}}, {{a: {nested}, b: 1}}]");
        if nested.len() > 1 << 20 {
            break;
        }
    }
    let text = format!(
        "{conditions}{TEMPLATE_USER}    Condition: C59\n  P:\n    Type: AWS::IAM::Policy\n    Properties:\n      PolicyDocument: {nested}\n"
    );
    let outcome = Estate::of(&[("if.yaml", &text), ("good.yaml", TEMPLATE_USER)]).scan();
    finds_template_user(&outcome);
    let selects = "!Join ['', [".repeat(100) + "x" + &"]]".repeat(100);
    let text = format!("{TEMPLATE_USER}    Properties:\n      UserName: {selects}\n");
    Estate::of(&[("join.yaml", &text), ("good.yaml", TEMPLATE_USER)]).scan();
}

#[test]
fn text_that_grows_in_templates() {
    let long = "x".repeat(100_000);
    let holes = "${P}".repeat(20_000);
    let text = format!(
        "Parameters:\n  P:\n    Type: String\n    Default: {long}\n{TEMPLATE_USER}    Properties:\n      UserName: !Sub '{holes}'\n"
    );
    let outcome = Estate::of(&[("grow.yaml", &text), ("good.yaml", TEMPLATE_USER)]).scan();
    finds_template_user(&outcome);
    assert!(outcome.all.len() < 64 << 20);
}

#[test]
fn a_template_of_twenty_megabytes() {
    let mut text = String::from("Resources:\n");
    let policy = "    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      Description: ";
    let filler = "z".repeat(20_000);
    for n in 0..1_000 {
        let _ = writeln!(text, "  R{n}:\n{policy}{filler}");
    }
    let outcome = Estate::of(&[("large.yaml", &text), ("good.yaml", TEMPLATE_USER)]).scan();
    finds_template_user(&outcome);
    assert!(text.len() >= 20_000_000 && outcome.diagnostics().is_empty());
}

#[test]
fn policies_within_policies() {
    let mut text = String::from("{}");
    let mut levels = 0;
    while text.len() < 1 << 20 && levels < 1_000 {
        text = serde_json::to_string(&serde_json::json!({ "Statement": text })).unwrap();
        levels += 1;
    }
    let template =
        serde_json::json!({"Resources": {"P": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": text}}}});
    let nested_calls = "jsonencode({ Statement = ".repeat(400) + "[]" + &" })".repeat(400);
    let decodes = format!("locals {{\n  l0 = {}\n", serde_json::to_string(&"[".repeat(1_000)).unwrap());
    let mut decodes = decodes;
    for n in 1..1_000 {
        let _ = writeln!(decodes, "  l{n} = jsonencode({{ Statement = local.l{} }})", n - 1);
    }
    decodes.push_str("}\nresource \"aws_iam_policy\" \"p\" {\n  policy = local.l999\n}\n");
    let estate = Estate::of(&[
        ("p.json", &template.to_string()),
        ("calls/main.tf", &format!("resource \"aws_iam_policy\" \"p\" {{\n  policy = {nested_calls}\n}}\n")),
        ("decodes/main.tf", &decodes),
        ("good/main.tf", NEIGHBOUR),
    ]);
    estate.scan().still_finds_the_neighbour();
}

#[test]
fn policy_documents_that_double() {
    let mut text = String::from(NEIGHBOUR);
    text.push_str("data \"aws_iam_policy_document\" \"d0\" {\n  statement {\n    actions = [\"s3:*\"]\n    resources = [\"*\"]\n  }\n}\n");
    for n in 1..60 {
        let p = format!("data.aws_iam_policy_document.d{}.json", n - 1);
        let _ =
            writeln!(text, "data \"aws_iam_policy_document\" \"d{n}\" {{\n  source_policy_documents = [{p}, {p}]\n}}");
    }
    for n in [10, 16, 59] {
        let _ = writeln!(
            text,
            "resource \"aws_iam_policy\" \"p{n}\" {{\n  policy = data.aws_iam_policy_document.d{n}.json\n}}"
        );
    }
    Estate::of(&[("main.tf", &text)]).scan().still_finds_the_neighbour();
}

/// Texts in each language, small and dense.
const SEEDS: [(&str, &str); 6] = [
    (
        "main.tf",
        "locals {\n  a = { for k, v in { x = 1 } : k => \"%{ if v > 0 }${v}é%{ endif }\" if v != 2 }\n}\nresource \"aws_iam_policy\" \"p\" {\n  \
         policy = <<-EOT\n    {\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\"}]}\n  EOT\n  dynamic \"x\" {\n    for_each = local.a[*]\n    \
         content {}\n  }\n}\n",
    ),
    ("main.tf.json", "{\"resource\": {\"aws_iam_user\": {\"u\": [{\"name\": \"${upper(\\\"é\\\")}\"}]}}}"),
    (
        "t.yaml",
        "Resources:\n  A: &a\n    Type: AWS::IAM::User\n    Properties:\n      UserName: !Sub ['${x}é', {x: !If [C, a, !Ref P]}]\n  B:\n    <<: *a\n\
         Conditions: {C: !Equals [!Ref P, '']}\nParameters: {P: {Type: String, Default: \"\\u00e9\"}}\n",
    ),
    (
        "t.json",
        "{\"Resources\": {\"A\": {\"Type\": \"AWS::IAM::User\", \"Properties\": {\"UserName\": {\"Fn::Join\": [\"-\", [\"é\", 1e3]]}}}}}",
    ),
    (
        "plan.json",
        "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.0\",\"resource_changes\":[{\"address\":\"aws_iam_user.a\",\"mode\":\"managed\",\
         \"type\":\"aws_iam_user\",\"name\":\"a\",\"change\":{\"actions\":[\"create\"],\"before\":null,\"after\":{\"name\":\"é\"},\"after_unknown\":{\"arn\":true}}}]}",
    ),
    (
        "policy.json",
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"é\",\"Effect\":\"Allow\",\"NotAction\":[\"s3:*\"],\"Resource\":\"*\",\"Principal\":{\"AWS\":\"*\"},\
         \"Condition\":{\"ForAllValues:StringLikeIfExists\":{\"aws:x\":[\"*\"]}}}]}",
    ),
];

/// The rules that look at everything, for scans within this process.
fn rules() -> Vec<Rule> {
    let rule = |(id, body): (&str, &str)| {
        let text = format!("title = '{id}'\nseverity = 'high'\n{body}");
        Rule::parse(id, "hostile", &text, &BTreeMap::new()).unwrap()
    };
    RULES.map(rule).into()
}

#[test]
fn whatever_a_text_breaks_off_at_or_lacks() {
    let rules = rules();
    for (name, seed) in SEEDS {
        let mut texts: Vec<String> = Vec::new();
        for (at, c) in seed.char_indices() {
            texts.push(seed[..at].to_owned());
            texts.push(seed[..at].to_owned() + &seed[at + c.len_utf8()..]);
            texts.push(seed[..at].to_owned() + "\u{0}{" + &seed[at..]);
            texts.push(seed[..at].to_owned() + "${\"é" + &seed[at..]);
        }
        for part in texts.chunks(200) {
            let texts = part.iter().map(|text| Text { name: name.to_owned(), bytes: text.as_bytes().to_vec() });
            // Terraform files of one folder are one module: each has one of its own.
            let texts = texts.enumerate().map(|(nth, text)| Text { name: format!("f{nth}/{name}"), ..text });
            let options = Options { texts: texts.collect(), rules: rules.clone(), ..Options::default() };
            let report = iacscan::scan::scan(&options);
            let internal = report.diagnostics.iter().find(|one| one.code == "internal");
            assert_eq!(internal, None, "{name}");
        }
    }
}

#[test]
fn errors_of_rules_point_into_their_text() {
    let seed = "title = 'é'\nseverity = 'low'\ntarget = 'user'\nmessage = 'é'\n[match]\n\"é\" = { not = { in = ['$é'] }, count = { at-least = 1 } }\n\
                [[severity-when]]\nseverity = 'high'\nmatch = { a.b = { glob = 'é*' } }\n[parameters]\n\"é\" = []\n";
    let none = BTreeMap::new();
    let mut refused = 0;
    for (at, c) in seed.char_indices() {
        let without = seed[..at].to_owned() + &seed[at + c.len_utf8()..];
        for text in [&seed[..at], &without, &(seed[..at].to_owned() + "é[" + &seed[at..])] {
            if let Err(error) = Rule::parse("x", "y", text, &none) {
                assert!(text.get(error.span.clone()).is_some(), "{:?} in {text}", error.span);
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn long_names_in_many_instances() {
    let name = "x".repeat(1 << 20);
    let resource = format!("{NEIGHBOUR}resource \"aws_iam_user\" \"{name}\" {{\n  count = 20000\n}}\n");
    let module = format!("{NEIGHBOUR}module \"{name}\" {{\n  source = \"./m\"\n  count  = 20000\n}}\n");
    let users = "resource \"aws_iam_user\" \"u\" {\n  count = 100\n}\n";
    for text in [resource, module] {
        let outcome = Estate::of(&[("main.tf", text.as_str()), ("m/main.tf", users)]).report();
        outcome.still_finds_the_neighbour().says("steps", "main.tf", 0);
        assert!(outcome.all.len() < 256 << 20);
    }
}

#[test]
fn fixtures_end_soon_and_without_a_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/hostile");
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(names.len() >= 3);
    for path in names {
        let estate = Estate::of(&[("good/main.tf", NEIGHBOUR)]);
        let name = path.file_name().unwrap().to_str().unwrap();
        estate.write(name, fs::read(&path).unwrap());
        let outcome = estate.scan();
        outcome.still_finds_the_neighbour().says("", name, 0);
    }
}
