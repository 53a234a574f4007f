//! Terraform configurations that say little and mean a lot.

use std::fmt::Write as _;

use crate::estate::{Estate, NEIGHBOUR};

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

/// What a call costs shows in neither its arguments nor its name.
#[test]
fn calls_that_cost_more_than_they_say() {
    for call in ["can(regex(\"(a{50}){50}${a}-${b}\", \"a\"))", "fileset(path.module, \"**\")"] {
        let text = format!(
            "{NEIGHBOUR}output \"o\" {{\n  value = [for a in range(1000) : [for b in range(1000) : {call}]]\n}}\n"
        );
        let outcome = Estate::of(&[("main.tf", &text)]).report();
        outcome.still_finds_the_neighbour().says("steps", "main.tf", 5);
    }
    let call = "regexall(\"((a?){100}){40}$\", file(\"text\"))";
    let text = format!("{NEIGHBOUR}output \"o\" {{\n  value = {call}\n}}\n");
    let outcome = Estate::of(&[("main.tf", &text), ("text", &"a".repeat(1_000_000))]).report();
    outcome.still_finds_the_neighbour().says("too large for so long a string", "main.tf", 5);
}

#[test]
fn blocks_that_multiply() {
    let levels = 30;
    let open = "dynamic \"b\" {\n  for_each = [1, 2]\n  content {\n".repeat(levels);
    let text = format!("{NEIGHBOUR}resource \"aws_iam_user\" \"u\" {{\n{open}{}}}\n", "}\n}\n".repeat(levels));
    let outcome = Estate::of(&[("main.tf", &text)]).report();
    outcome.still_finds_the_neighbour().says("steps", "main.tf", 0);
    let block = "dynamic \"statement\" {\n  for_each = $each\n  content {\n    actions = [\"s3:*\"]\n  }\n}\n";
    let text = format!("{NEIGHBOUR}data \"aws_iam_policy_document\" \"d\" {{\n{block}}}\n");
    let many = "flatten([for a in range(30) : range(1000)])";
    let outcome = Estate::of(&[("main.tf", &text.replace("$each", many))]).scan();
    outcome.still_finds_the_neighbour().says("more than 20000 instances", "main.tf", 7);
    assert_eq!(outcome.resource("data.aws_iam_policy_document.d")["after_unknown"]["statement"], true);
    let outcome = Estate::of(&[("main.tf", &text.replace("$each", "\"x\""))]).scan();
    outcome.still_finds_the_neighbour().says("must be a collection", "main.tf", 6);
    assert_eq!(outcome.resource("data.aws_iam_policy_document.d")["after_unknown"]["statement"], true);
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
fn names_that_everybody_shares() {
    let tied = |count: &str, name: &str| {
        format!(
            "{NEIGHBOUR}variable \"prefix\" {{}}\n\
             resource \"aws_iam_user\" \"u\" {{\n  count = {count}\n  name = \"{name}\"\n}}\n\
             resource \"aws_iam_group\" \"g\" {{\n  count = {count}\n  name = \"{name}\"\n}}\n\
             resource \"aws_iam_user_group_membership\" \"m\" {{\n  count = {count}\n  user = \"{name}\"\n  groups = [\"{name}\"]\n}}\n\
             resource \"aws_iam_user_policy_attachment\" \"a\" {{\n  count = {count}\n  user = \"{name}\"\n  policy_arn = \"arn:aws:iam::aws:policy/ReadOnlyAccess\"\n}}\n"
        )
    };
    for name in ["everybody", "${var.prefix}-everybody", "${var.prefix}-${count.index}"] {
        let estate = Estate::of(&[("main.tf", &tied("4000", name))]);
        estate.report().still_finds_the_neighbour();
    }
    let calls = format!("{NEIGHBOUR}module \"m\" {{\n  source = \"./m\"\n  count = 4000\n}}\n");
    let estate = Estate::of(&[("main.tf", &calls), ("m/main.tf", &tied("1", "everybody").replace(NEIGHBOUR, ""))]);
    estate.report().still_finds_the_neighbour();
}

#[test]
fn policies_of_a_thousand_statements_and_denials() {
    let policy = |statements: Vec<serde_json::Value>| {
        serde_json::json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
    };
    let parties: Vec<String> = (1..=21).map(|n| format!("{:012}", 100_000_000_000_u64 + n)).collect();
    let allows = (0..1_000).map(|n| {
        let key = format!("aws:PrincipalTag/t{n}");
        serde_json::json!({ "Effect": "Allow", "Principal": { "AWS": parties }, "Action": "sts:AssumeRole",
            "Condition": { "StringLike": { key: "x" } } })
    });
    let denies = (0..1_000).map(|n| {
        serde_json::json!({ "Effect": "Deny", "Principal": "*", "Action": "sts:*",
            "Condition": { "StringNotEquals": { "aws:PrincipalAccount": format!("{}", 200_000_000_000_u64 + n) } } })
    });
    let trust = policy(allows.chain(denies).collect());
    let allows = (0..1_000).map(|n| {
        serde_json::json!({ "Effect": "Allow", "Principal": { "AWS": parties }, "Action": "s3:Get*",
            "Resource": [format!("arn:aws:s3:::a{n}/*"), format!("arn:aws:s3:::b{n}/*")] })
    });
    let denies = (0..1_000).map(|n| {
        serde_json::json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [format!("arn:aws:s3:::*{n}/*"), "arn:aws:s3:::*/*"],
            "Condition": { "StringNotEquals": { "aws:PrincipalAccount": format!("{}", 200_000_000_000_u64 + n) } } })
    });
    let bucket = policy(allows.chain(denies).collect());
    let arn = "arn:aws:iam::111111111111";
    let allows = (0..1_000).map(|n| {
        serde_json::json!({ "Effect": "Allow", "Action": ["iam:*", "s3:Get*"], "Resource": format!("{arn}:user/a{n}*"),
            "Condition": { "StringEquals": { "iam:PermissionsBoundary": format!("{arn}:policy/p{n}") } } })
    });
    let denies = (0..1_000)
        .map(|n| serde_json::json!({ "Effect": "Deny", "Action": "iam:*", "Resource": format!("{arn}:user/b{n}*") }));
    let identity = policy(allows.chain(denies).collect());
    let quoted = |text: &str| serde_json::to_string(text).unwrap().replace("${", "$${");
    let resources = [
        format!("resource \"aws_iam_role\" \"r\" {{\n  assume_role_policy = {}\n}}\n", quoted(&trust)),
        format!("resource \"aws_s3_bucket_policy\" \"b\" {{\n  bucket = \"b\"\n  policy = {}\n}}\n", quoted(&bucket)),
        format!(
            "resource \"aws_iam_user\" \"u\" {{\n  name = \"u\"\n  permissions_boundary = \"{arn}:policy/b\"\n}}\n\
             resource \"aws_iam_user_policy\" \"p\" {{\n  user = aws_iam_user.u.name\n  policy = {}\n}}\n",
            quoted(&identity)
        ),
    ];
    for resource in resources {
        let estate = Estate::of(&[("main.tf", &format!("{NEIGHBOUR}{resource}"))]);
        estate.report().still_finds_the_neighbour();
    }
}
