//! Native syntax and JSON through the public functions; places are checked by slicing the text.

use super::*;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

fn read(text: &str) -> (Body, Vec<Diagnostic>) {
    parse(FileId::NONE, text)
}

fn clean(text: &str) -> Body {
    let (body, diagnostics) = read(text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    body
}

/// The value of the attribute `v`.
fn value(text: &str) -> Expression {
    let body = clean(text);
    body.attributes.into_iter().find(|attribute| &*attribute.name == "v").expect("an attribute `v`").value
}

fn at(text: &str, span: Span) -> &str {
    &text[span.range()]
}

fn string(expression: &Expression) -> &str {
    match &expression.kind {
        ExpressionKind::String(text) => text,
        other => panic!("expected a string, found {other:?}"),
    }
}

/// What a template gives when every interpolation gives its source.
fn rendered(expression: &Expression, text: &str) -> String {
    fn parts(list: &[TemplatePart], text: &str) -> String {
        let part = |part: &TemplatePart| match part {
            TemplatePart::Literal(literal, _) => literal.to_string(),
            TemplatePart::Interpolation(inner) => format!("<{}>", at(text, inner.span)),
            TemplatePart::If { condition, then, otherwise } => {
                let (then, otherwise) = (parts(then, text), parts(otherwise, text));
                format!("<if {}|{then}|{otherwise}>", at(text, condition.span))
            }
            TemplatePart::For { value, collection, parts: inner, .. } => {
                format!("<for {value} {}|{}>", at(text, collection.span), parts(inner, text))
            }
        };
        list.iter().map(part).collect()
    }
    match &expression.kind {
        ExpressionKind::String(literal) => literal.to_string(),
        ExpressionKind::Template(inner) => parts(inner, text),
        other => panic!("expected a template, found {other:?}"),
    }
}

#[test]
fn places_of_blocks_and_attributes() {
    let text = "# c\nresource \"aws_iam_user\" \"ä\" {\n  name = \"x\" # y\n  tags { a = 1 }\n}\n\nlocals {}\n";
    let body = clean(text);
    let block = &body.blocks[0];
    assert_eq!(&*block.kind, "resource");
    assert_eq!(at(text, block.header), "resource \"aws_iam_user\" \"ä\"");
    assert_eq!(at(text, block.labels[1].span), "\"ä\"");
    assert_eq!(&*block.labels[1].text, "ä");
    assert!(at(text, block.span).starts_with("resource") && at(text, block.span).ends_with("}\n}"));
    let name = &block.body.attributes[0];
    assert_eq!((at(text, name.name_span), at(text, name.value.span)), ("name", "\"x\""));
    let tags = &block.body.blocks[0];
    assert_eq!((at(text, tags.span), at(text, tags.header)), ("tags { a = 1 }", "tags"));
    assert_eq!(at(text, tags.body.attributes[0].value.span), "1");
    assert_eq!(at(text, body.blocks[1].span), "locals {}");
}

#[test]
fn places_inside_of_expressions() {
    let text = "v = merge(a.b[0].c, { k = \"p-${ x.y }-\\n\", \"q\" : (1 + 2) }...)\n";
    let whole = value(text);
    assert_eq!(at(text, whole.span), text["v = ".len()..].trim());
    let ExpressionKind::Call { name, name_span, arguments, expand_final } = &whole.kind else { panic!() };
    assert_eq!((&**name, at(text, *name_span), *expand_final), ("merge", "merge", true));
    assert_eq!(at(text, arguments[0].span), "a.b[0].c");
    let ExpressionKind::GetAttr(index, attribute, attribute_span) = &arguments[0].kind else { panic!() };
    assert_eq!((&**attribute, at(text, *attribute_span), at(text, index.span)), ("c", "c", "a.b[0]"));
    let ExpressionKind::Object(entries) = &arguments[1].kind else { panic!() };
    let ObjectKey::Name(key, key_span) = &entries[0].0 else { panic!() };
    assert_eq!((&**key, at(text, *key_span)), ("k", "k"));
    let ExpressionKind::Template(parts) = &entries[0].1.kind else { panic!() };
    let [TemplatePart::Literal(a, a_span), TemplatePart::Interpolation(x), TemplatePart::Literal(b, b_span)] =
        &parts[..]
    else {
        panic!()
    };
    assert_eq!((&**a, at(text, *a_span), at(text, x.span)), ("p-", "p-", "x.y"));
    assert_eq!((&**b, at(text, *b_span)), ("-\n", "-\\n"));
    let ObjectKey::Expression(key) = &entries[1].0 else { panic!() };
    assert_eq!((string(key), at(text, key.span), at(text, entries[1].1.span)), ("q", "\"q\"", "(1 + 2)"));
}

#[test]
fn numbers_stay_as_written() {
    for (text, number) in [("v = 012345678901\n", "012345678901"), ("v = 1.50\n", "1.50"), ("v = - 3\n", "-3")] {
        assert!(matches!(&value(text).kind, ExpressionKind::Number(found) if &**found == number), "{text}");
    }
}

#[test]
fn splats_take_the_steps_that_belong_to_them() {
    let text = "v = a.*.b.0[1].c\n";
    let ExpressionKind::GetAttr(index, name, _) = &value(text).kind else { panic!() };
    let ExpressionKind::Index(splat, _) = &index.kind else { panic!() };
    let ExpressionKind::Splat { steps, is_attribute_splat: true, .. } = &splat.kind else { panic!() };
    assert_eq!((&**name, at(text, splat.span)), ("c", "a.*.b.0"));
    assert!(matches!(&steps[..], [Step::Attribute(_), Step::Index(_)]));

    let text = "v = a[*].b[*].c[0]\n";
    let whole = value(text);
    let ExpressionKind::Splat { value, steps, is_attribute_splat: false } = &whole.kind else { panic!() };
    assert_eq!((at(text, value.span), at(text, whole.span)), ("a", "a[*].b[*].c[0]"));
    let [Step::Attribute(_), Step::Splat(inner)] = &steps[..] else { panic!("{steps:?}") };
    assert!(matches!(&inner[..], [Step::Attribute(_), Step::Index(_)]));

    let text = "v = a.0.b\n";
    let ExpressionKind::GetAttr(index, ..) = &self::value(text).kind else { panic!() };
    let ExpressionKind::Index(_, key) = &index.kind else { panic!() };
    assert_eq!((at(text, key.span), at(text, index.span)), ("0", "a.0"));
}

#[test]
fn functions_keep_their_namespace() {
    let text = "v = provider::aws::arn_parse(x)\n";
    let ExpressionKind::Call { name, name_span, .. } = &value(text).kind else { panic!() };
    assert_eq!((&**name, at(text, *name_span)), ("provider::aws::arn_parse", "provider::aws::arn_parse"));
}

/// The expected texts are what `terraform console` prints for these heredocs.
#[test]
fn heredocs_lose_indentation_as_in_terraform() {
    let cases = [
        ("      one\n\n        two ${1}x\n      ${2} three\n", "one\n\n  two <1>x\n<2> three\n"),
        ("      one\n    ${2}\n      four\n", "  one\n<2>\n  four\n"),
        ("      a\n   \n      b\n", "a\n   \nb\n"),
        ("    a\n${2}\n    b\n", "    a\n<2>\n    b\n"),
        ("\tx\n\t  y\n", "x\n  y\n"),
        (
            "      a\n      %{~ if true ~}\n        b\n      %{~ endif ~}\n      c\n",
            "      a\n<if true|        b\n|>      c\n",
        ),
    ];
    for (lines, expected) in cases {
        let text = format!("v = <<-EOT\n{lines}  EOT\n");
        let whole = value(&text);
        assert_eq!(rendered(&whole, &text), expected, "{text}");
        assert!(at(&text, whole.span).starts_with("<<-EOT") && at(&text, whole.span).ends_with("EOT"));
    }
}

#[test]
fn strip_markers_reach_one_line_of_a_heredoc() {
    let text = "v = <<EOT\ns\n%{ for x in y ~}\n\n   i ${x}\n%{ endfor ~}\n   t ${~ 1 ~}\n\n  e\nEOT\n";
    assert_eq!(rendered(&value(text), text), "s\n<for x y|\n   i <x>\n>   t<1>\n  e\n");
    let text = "v = \"a \\n ${~ 1 ~} \\n b\"\n";
    assert_eq!(rendered(&value(text), text), "a<1>b");
    let text = "v = \"%{ if a }x%{ else }y%{ endif }\"\n";
    assert_eq!(rendered(&value(text), text), "<if a|x|y>");
}

#[test]
fn escapes() {
    let text = "v = \"$${a} %%{b} $$$${c} \\u00e9\\t\\\"\"\n";
    assert_eq!(string(&value(text)), "${a} %{b} $$${c} é\t\"");
    let text = "v = <<EOT\n$${a} %%{b} \\n $$ % $x %\nEOT\n";
    assert_eq!(string(&value(text)), "${a} %{b} \\n $$ % $x %\n");
}

#[test]
fn a_byte_order_mark_shifts_nothing() {
    for tail in ["", "w = { a = 1, a = 2 }\n"] {
        let text = format!("\u{FEFF}v = foo\n{tail}");
        assert_eq!(at(&text, value(&text).span), "foo");
    }
}

#[test]
fn repeated_object_keys_stay() {
    let text = "w = {\n  b = 1\n}\nv = {\n  a = 1 # one, two\n  null = 2,\n  a : x ? y : z\n  \"${k}\" = <<E\nt\nE\n  (p) = { a = 1, a = 2 } /* c */\n}\n";
    let whole = value(text);
    let ExpressionKind::Object(entries) = &whole.kind else { panic!("{whole:?}") };
    let keys: Vec<&str> = entries
        .iter()
        .map(|(key, _)| match key {
            ObjectKey::Name(_, span) => at(text, *span),
            ObjectKey::Expression(key) => at(text, key.span),
        })
        .collect();
    assert_eq!(keys, ["a", "null", "a", "\"${k}\"", "(p)"]);
    assert!(matches!(&entries[1].0, ObjectKey::Name(name, _) if &**name == "null"));
    assert_eq!(at(text, entries[2].1.span), "x ? y : z");
    assert_eq!(string(&entries[3].1), "t\n");
    assert!(matches!(&entries[4].1.kind, ExpressionKind::Object(inner) if inner.len() == 2));
    assert!(at(text, whole.span).starts_with("{\n  a") && at(text, whole.span).ends_with("}"));
}

#[test]
fn line_breaks_within_for_expressions() {
    let text = "v = { for k, v in m : # c\n k => v.a ?\n  { x = 1\n y = 2 } : # d\n  null... if\n v.b\n && v.c }\n";
    let ExpressionKind::For(inner) = &value(text).kind else { panic!() };
    assert!(inner.grouping);
    assert_eq!(at(text, inner.condition.as_ref().unwrap().span), "v.b\n && v.c");
    let ExpressionKind::Conditional(parts) = &inner.value.kind else { panic!() };
    assert!(matches!(&parts[1].kind, ExpressionKind::Object(entries) if entries.len() == 2));
}

#[test]
fn a_heredoc_goes_on_behind_its_marker() {
    let text = "v = <<EOT\nx\nEOT\"\n  EOT)\nEOT\nw = { a = 1, a = 2 }\n";
    assert_eq!(string(&value(text)), "x\nEOT\"\n  EOT)\n");
}

#[test]
fn line_breaks_of_windows() {
    let text = "v = {\r\n  a = 1 # c\r\n  a = <<E\r\nt\r\nE\r\n}\r\nresource \"x\" \"y\" {\r\n}\r\n";
    let ExpressionKind::Object(entries) = &value(text).kind else { panic!() };
    assert_eq!((entries.len(), string(&entries[1].1)), (2, "t\r\n"));
    let (body, diagnostics) = read("a {\r\n}\r\nb = =\r\nc {\r\n}\r\n");
    assert_eq!((body.blocks.len(), diagnostics.len()), (2, 1), "{diagnostics:?}");
}

#[test]
fn a_bad_block_costs_only_itself() {
    let text =
        "variable \"a\" {}\nresource \"x\" \"bad\" {\n  a = = 1\n}\nresource \"x\" \"good\" {\n  b = <<E\n}\nE\n}\n";
    let (body, diagnostics) = read(text);
    let kept: Vec<&str> = body.blocks.iter().map(|block| at(text, block.header)).collect();
    assert_eq!(kept, ["variable \"a\"", "resource \"x\" \"good\""]);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, "hcl-syntax");
    assert_eq!(diagnostics[0].labels[0].origin.span.start as usize, text.find("= 1").unwrap());
    assert_eq!(at(text, diagnostics[0].labels[1].origin.span), "resource \"x\" \"bad\"");
}

#[test]
fn an_open_block_does_not_swallow_the_next() {
    let text = "resource \"x\" \"open\" {\n  a = {\n\nresource \"x\" \"good\" {\n  b = 1\n}\n";
    let (body, diagnostics) = read(text);
    assert_eq!(body.blocks.len(), 1);
    assert_eq!(at(text, body.blocks[0].body.attributes[0].value.span), "1");
    assert_eq!(diagnostics.len(), 1);
    let text = "v = (}\nresource \"x\" \"y\" {\n  a = 1\n  b {\n    c = 1\n  }\n  a = 2\n}\n";
    let (body, diagnostics) = read(text);
    assert_eq!((body.blocks.len(), body.blocks[0].body.blocks.len(), diagnostics.len()), (1, 1, 2), "{diagnostics:?}");
    let text = "a = \"open\n}\nlocals {\n b = 1\n}\n";
    let (body, diagnostics) = read(text);
    assert_eq!((body.blocks.len(), diagnostics.len()), (1, 2), "{diagnostics:?}");
}

#[test]
fn refusals_say_what_is_wrong() {
    let cases = [
        ("v = \"x\nw = 1\n", "the string has no closing quote on its line", "\""),
        ("v {\n a = <<E\n foo\n}\n", "the heredoc has no line that is only its end marker", "<"),
        ("v = 'x'\n", "expected an expression", "'"),
        ("v = 1 \"x\"\n", "expected the end of the line", "\""),
    ];
    for (text, message, place) in cases {
        let (_, diagnostics) = read(text);
        assert_eq!(diagnostics[0].message, format!("not valid HCL: {message}"));
        assert_eq!(at(text, diagnostics[0].labels[0].origin.span), place);
    }
}

#[test]
fn repeated_attributes_are_reported_and_the_first_counts() {
    let text = "resource \"x\" \"y\" {\n  a = 1\n  b = 3\n  a = 2\n}\n";
    let (body, diagnostics) = read(text);
    let names: Vec<&str> = body.blocks[0].body.attributes.iter().map(|a| at(text, a.name_span)).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].labels[0].origin.span.start as usize, text.rfind("a = 2").unwrap());
}

#[test]
fn templates_and_expressions_with_a_base() {
    let parts = parse_template(FileId::NONE, "a${ b.c }\nd", 100).unwrap();
    let [TemplatePart::Literal(_, a), TemplatePart::Interpolation(b), TemplatePart::Literal(d, _)] = &parts[..] else {
        panic!()
    };
    assert_eq!((a.start, b.span, &**d), (100, Span::new(104, 107), "\nd"));
    assert!(parse_template(FileId::NONE, "a${", 0).is_err());
    let expression = parse_expression(FileId::NONE, " { a = 1, a = [2] } ", 10).unwrap();
    assert_eq!(expression.span, Span::new(11, 29));
    let error = parse_expression(FileId::NONE, "a +", 10).unwrap_err();
    assert!(error.labels[0].origin.span.start >= 11);
}

/// Runs on a stack of 2 MiB and fails, rather than aborts, only by its result.
fn on_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn hostile_texts_end_soon_on_a_small_stack() {
    let n = 50_000;
    let many_keys: String = (0..30_000).map(|nth| format!("k{nth} = {nth}\n")).collect();
    let heredocs: String = (0..n).map(|nth| format!("a = <<E{nth}\n${{")).collect();
    let same: String = (0..n).map(|_| "a = 1\n").collect();
    let cases = [
        format!("v = {}1{}\n", "[".repeat(n), "]".repeat(n)),
        format!("v = {}1{}\n", "(".repeat(n), ")".repeat(n)),
        format!("v = {}1{}\n", "{a={".repeat(n), "}}".repeat(n)),
        format!("v = {}\n", "\"${".repeat(n)),
        format!("v = {}1\n", "-".repeat(n)),
        format!("v = {}1\n", "! ".repeat(n)),
        format!("v = a{}\n", ".a".repeat(n)),
        format!("v = a{}\n", "[*].a".repeat(n)),
        format!("v = 1{}\n", " + 1".repeat(n)),
        format!("v = a{}\n", " ? a : a".repeat(n)),
        format!("{}{}\n", "a {\n".repeat(n), "}\n".repeat(n)),
        "a {\n".repeat(n),
        "resource \"a\" \"b\" {\n".repeat(n),
        "}".repeat(n),
        "} \n".repeat(n),
        format!("v = \"{}\"\n", "%{ if a }".repeat(n)),
        format!("v = {{\n{many_keys}}}\n"),
        format!("v = f({{\n{many_keys}b = = 1\n}})\n"),
        format!("v = {{\n{many_keys}"),
        format!("v = {{ x = \"a\n\", {} }}\n", many_keys.replace('\n', ",")),
        format!("v = {{ x = <<E\nE\", {} }}\n", many_keys.replace('\n', ",")),
        format!("v = {{ x = <<E\n\u{3000}E\n/*\nE, {} }}\n*/\nE\n", many_keys.replace('\n', ",")),
        format!("v = {{ for\r = 1, {} }}\n", many_keys.replace('\n', ",")),
        heredocs,
        same,
    ];
    for text in cases {
        let start = std::time::Instant::now();
        let head: String = text.chars().take(20).collect();
        on_small_stack(move || drop(read(&text)));
        assert!(start.elapsed().as_secs() < 20, "{head}");
    }
    for template in ["${".repeat(n), "%{ if a }".repeat(n), format!("${{a{}}}", ".a".repeat(n))] {
        on_small_stack(move || assert!(parse_template(FileId::NONE, &template, 0).is_err()));
    }
}

#[test]
fn many_keys_are_read_in_linear_time() {
    let many: String = (0..100_000).map(|nth| format!("  k{nth} = {nth}\n")).collect();
    let text = format!("v = {{\n{many}}}\n");
    let whole = value(&text);
    let ExpressionKind::Object(entries) = &whole.kind else { panic!() };
    assert_eq!(entries.len(), 100_000);
    assert_eq!(at(&text, entries[99_999].1.span), "99999");
}

#[test]
fn the_deepest_accepted_nesting_is_safe() {
    for text in [
        format!("v = {}1{}\n", "[".repeat(63), "]".repeat(63)),
        format!("v = {}1{}\n", "{a = f(".repeat(31), ")}".repeat(31)),
        format!("v = {}1{}\n", "\"${".repeat(60), "}\"".repeat(60)),
        format!("{}{}\n", "a {\n".repeat(63), "}\n".repeat(63)),
        format!("v = x{}\n", ".a".repeat(300)),
    ] {
        on_small_stack(move || drop(clean(&text)));
    }
}

#[test]
fn a_text_too_large_is_refused() {
    let (body, diagnostics) = read(&"# x\n".repeat(2 << 20));
    assert!(body.attributes.is_empty());
    assert_eq!(diagnostics[0].code, "hcl-too-large");
}

#[test]
fn json_configuration() {
    let text = r#"{
  "//": "comment",
  "resource": {
    "aws_iam_user": {
      "u": [{ "name": "a-${var.x}", "depends_on": ["aws_x.y[0]"], "lifecycle": { "ignore_changes": "all" },
              "dynamic": { "tag": { "for_each": "${var.t}", "content": { "k": "${tag.value}" } } },
              "esc": "\"${var.z}\"" }]
    }
  },
  "variable": { "x": { "type": "map(string)", "default": "${literal}" } },
  "terraform": { "required_providers": { "aws": { "source": "hashicorp/aws" } } },
  "locals": [{ "a": 1 }, { "b": [true, null] }]
}"#;
    let (body, diagnostics) = parse_json(FileId::NONE, text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let kinds: Vec<&str> = body.blocks.iter().map(|block| &*block.kind).collect();
    assert_eq!(kinds, ["resource", "variable", "terraform", "locals", "locals"]);
    let user = &body.blocks[0];
    let labels: Vec<&str> = user.labels.iter().map(|label| &*label.text).collect();
    assert_eq!(labels, ["aws_iam_user", "u"]);
    assert_eq!(at(text, user.labels[1].span), "\"u\"");
    let ExpressionKind::Template(parts) = &user.body.attributes[0].value.kind else { panic!() };
    let [TemplatePart::Literal(_, literal), TemplatePart::Interpolation(x)] = &parts[..] else { panic!() };
    assert_eq!((at(text, *literal), at(text, x.span)), ("a-", "var.x"));
    let ExpressionKind::Tuple(items) = &user.body.attributes[1].value.kind else { panic!() };
    assert!(matches!(items[0].kind, ExpressionKind::Index(..)));
    assert_eq!(at(text, items[0].span), "aws_x.y[0]");
    let ExpressionKind::Template(parts) = &user.body.attributes[2].value.kind else { panic!() };
    let TemplatePart::Interpolation(z) = &parts[1] else { panic!() };
    assert_eq!(at(text, z.span), r#""\"${var.z}\"""#);
    let nested: Vec<&str> = user.body.blocks.iter().map(|block| &*block.kind).collect();
    assert_eq!(nested, ["lifecycle", "dynamic"]);
    assert_eq!(&*user.body.blocks[1].labels[0].text, "tag");
    assert_eq!(&*user.body.blocks[1].body.blocks[0].kind, "content");
    let variable = &body.blocks[1].body.attributes;
    assert!(matches!(variable[0].value.kind, ExpressionKind::Call { .. }));
    assert_eq!(string(&variable[1].value), "${literal}");
}

#[test]
fn json_that_is_wrong() {
    let (body, diagnostics) = parse_json(FileId::NONE, r#"{"resource": {"a": {"b": 1, "c": {"x": "${"}, "d": {}}}}"#);
    assert_eq!((body.blocks.len(), diagnostics.len()), (1, 2), "{diagnostics:?}");
    assert_eq!(parse_json(FileId::NONE, "{").1[0].code, "hcl-syntax");
    let (body, _) = parse_json_values(FileId::NONE, r#"{"variable": {"a": "${b}"}}"#);
    assert_eq!(&*body.attributes[0].name, "variable");
}
