//! What a configuration that is known in part comes to: found only where it is certain, safe only where it is certain.

use assert_cmd::Command;
use serde_json::Value as Json;

/// What is said of a policy that may allow everything.
#[derive(Debug, PartialEq)]
enum Verdict {
    Found,
    Undecided,
    Safe,
}

fn verdict(files: &[(&str, &str)]) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_iacscan"))
        .args(["--format", "json", "--rule", "iam-admin-policy"])
        .arg(folder.path())
        .output()
        .unwrap();
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    let some = |what: &str| !report[what].as_array().unwrap().is_empty();
    match (some("findings"), some("undecided")) {
        (true, _) => Verdict::Found,
        (false, true) => Verdict::Undecided,
        (false, false) => Verdict::Safe,
    }
}

const ALL: &str = r#"{ Effect = "Allow", Action = "*", Resource = "*" }"#;
const NONE: &str = r#"{ Effect = "Deny", Action = "*", Resource = "*" }"#;

#[test]
fn policies_that_are_known_in_part() {
    use Verdict::{Found, Safe, Undecided};
    let statements = [
        (r#"{ Effect = "Allow", Action = var.x, Resource = "*" }"#, Undecided),
        (r#"{ Effect = var.x, Action = "*", Resource = "*" }"#, Undecided),
        (r#"{ Effect = "Allow", Action = "*", Resource = "arn:aws:s3:::${var.x}/*" }"#, Safe),
        (r#"{ Effect = "Allow", Action = "s3:${var.x}", Resource = "*" }"#, Safe),
        (r#"{ Effect = "Allow", Action = compact(["*", var.x]), Resource = "*" }"#, Found),
        // Of an object whose keys are not all known, the missing ones may be there.
        (r#"{ Effect = "Allow", (var.x) = "*", Resource = "*" }"#, Undecided),
        (r#"{ (var.x) = "Allow", Action = "*", Resource = "*" }"#, Undecided),
        (r#"{ Effect = "Allow", Action = "*", (var.x) = "*" }"#, Undecided),
        (r#"merge(var.x, { Effect = "Allow", Action = "*", Resource = "*" })"#, Undecided),
        (r#"merge({ Effect = "Allow", Action = "*", Resource = "*" }, var.x)"#, Undecided),
        (r#"merge(var.x, { Effect = "Deny", Action = "*", Resource = "*" })"#, Safe),
        (
            r#"merge({ Effect = "Allow", Action = "*", Resource = "*" }, var.x == null ? {} : { Condition = var.x })"#,
            Undecided,
        ),
        (r#"var.x ? ALL : NONE"#, Undecided),
        (r#"var.x ? ALL : ALL"#, Found),
        (r#"var.x ? NONE : NONE"#, Safe),
        (r#"true ? NONE : var.x"#, Safe),
        (r#"try(var.x.statement, ALL)"#, Undecided),
        (r#"try(local.nothing.statement, ALL)"#, Found),
        (r#"{ for key, value in ALL : key => value if key != var.x }"#, Undecided),
        (r#"jsondecode(var.x)"#, Undecided),
    ];
    for (statement, expected) in statements {
        let statement = statement.replace("ALL", ALL).replace("NONE", NONE);
        let text = format!(
            "variable \"x\" {{}}\nlocals {{\n  nothing = {{}}\n}}\nresource \"aws_iam_policy\" \"p\" {{\n  \
             policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{statement}] }})\n}}\n"
        );
        assert_eq!(verdict(&[("main.tf", &text)]), expected, "{statement}");
    }
}

#[test]
fn blocks_that_may_be_there() {
    use Verdict::{Found, Safe, Undecided};
    let policy = format!("policy = jsonencode({{ Statement = [{ALL}] }})");
    let blocks = [
        ("resource \"aws_iam_policy\" \"p\" {\n  count = var.x\n  POLICY\n}\n", Found),
        ("resource \"aws_iam_policy\" \"p\" {\n  count = var.off ? 1 : 0\n  POLICY\n}\n", Safe),
        ("resource \"aws_iam_policy\" \"p\" {\n  for_each = var.x\n  POLICY\n}\n", Found),
        ("resource \"aws_iam_policy\" \"p\" {\n  for_each = var.x\n  policy = each.value\n}\n", Undecided),
        ("module \"m\" {\n  source = \"./m\"\n  count = var.x ? 1 : 0\n}\n", Found),
        ("module \"m\" {\n  source = \"./m\"\n  count = var.off ? 1 : 0\n}\n", Safe),
        (
            "module \"m\" {\n  source = \"a/b/aws\"\n}\nresource \"aws_iam_policy\" \"p\" {\n  policy = module.m.x\n}\n",
            Undecided,
        ),
        ("resource \"aws_iam_policy\" \"p\" {\n  policy = file(\"/no/such/file\")\n}\n", Undecided),
        ("resource \"aws_iam_policy\" \"p\" {\n  policy = templatefile(\"m/t.tpl\", { r = var.x })\n}\n", Undecided),
        ("resource \"aws_iam_policy\" \"p\" {\n  policy = templatefile(\"m/t.tpl\", { r = \"*\" })\n}\n", Found),
        (
            "data \"aws_iam_policy_document\" \"d\" {\n  dynamic \"statement\" {\n    for_each = \"text\"\n    content {\n      \
          actions = [\"*\"]\n      resources = [\"*\"]\n    }\n  }\n}\nresource \"aws_iam_policy\" \"p\" {\n  \
          policy = data.aws_iam_policy_document.d.json\n}\n",
            Undecided,
        ),
        (
            "data \"aws_iam_policy_document\" \"d\" {\n  override_policy_documents = [var.x]\n  statement {\n    sid = \"a\"\n    \
          actions = [\"*\"]\n    resources = [\"*\"]\n  }\n}\nresource \"aws_iam_policy\" \"p\" {\n  \
          policy = data.aws_iam_policy_document.d.json\n}\n",
            Undecided,
        ),
    ];
    let module = format!("resource \"aws_iam_policy\" \"p\" {{\n  {policy}\n}}\n");
    let template = r#"{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "${r}"}]}"#;
    for (block, expected) in blocks {
        let text = format!(
            "variable \"x\" {{}}\nvariable \"off\" {{\n  default = false\n}}\n{}",
            block.replace("POLICY", &policy)
        );
        // A folder that nobody calls would be a configuration of its own.
        let called = if block.contains("./m") { module.as_str() } else { "" };
        let files = [("main.tf", text.as_str()), ("m/main.tf", called), ("m/t.tpl", template)];
        assert_eq!(verdict(&files), expected, "{block}");
    }
}
