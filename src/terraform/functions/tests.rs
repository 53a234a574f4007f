//! The functions called as Terraform's language calls them, through a small evaluator of literals and calls.

mod unknown_arguments;

use std::path::Path;

use hcl::expr::{Expression, ObjectKey, Operation, UnaryOperator};

use super::{Context, FunctionError, Template, call};
use crate::source::{Origin, Sources};
use crate::value::{Data, Entry, Fact, Map, Number, Piece, Reference, Unknown, Value, Why, encode_json};

/// A directory with files, and the values that names in expressions stand for.
pub(super) struct Bench {
    pub(super) sources: Sources,
    pub(super) directory: std::path::PathBuf,
    pub(super) names: Vec<(&'static str, Value)>,
}

impl Bench {
    pub(super) fn at(directory: &Path) -> Bench {
        let sources = Sources::within([directory.to_path_buf()]);
        Bench { sources, directory: directory.to_path_buf(), names: Vec::new() }
    }

    pub(super) fn evaluate(&self, text: &str) -> Result<Value, FunctionError> {
        let file = self.sources.add("call.tf", text.to_owned());
        let origin = Origin::new(file, 0, text.len());
        self.expression(&text.parse().expect("an expression"), origin)
    }

    fn expression(&self, expression: &Expression, origin: Origin) -> Result<Value, FunctionError> {
        let inner = |expression: &Expression| self.expression(expression, origin);
        Ok(match expression {
            Expression::Null => Value::null(origin),
            Expression::Bool(value) => Value::bool(*value, origin),
            Expression::Number(number) => {
                let number = Number::parse(&number.to_string()).expect("a number");
                Value::new(Data::Number(number), origin)
            }
            Expression::String(text) => Value::string(text.as_str(), origin),
            Expression::Array(items) => Value::list(items.iter().map(inner).collect::<Result<_, _>>()?, origin),
            Expression::Object(object) => {
                let mut entries = Vec::new();
                for (key, value) in object {
                    let key = match key {
                        ObjectKey::Identifier(name) => name.as_str().to_owned(),
                        ObjectKey::Expression(key) => inner(key)?.scalar_text().expect("a key").into_owned(),
                        _ => panic!("another kind of key"),
                    };
                    entries.push(Entry { key: key.into(), key_origin: origin, value: inner(value)? });
                }
                Value::map(entries, origin)
            }
            Expression::Parenthesis(expression) => inner(expression)?,
            Expression::Operation(operation) => match &**operation {
                Operation::Unary(unary) if unary.operator == UnaryOperator::Neg => {
                    let number = inner(&unary.expr)?.as_number().expect("a number");
                    Value::new(Data::Number(Number::Integer(0).minus(&number)), origin)
                }
                _ => panic!("an operator that the tests do not know"),
            },
            Expression::Variable(name) => {
                let found = self.names.iter().find(|(other, _)| *other == name.as_str());
                found.expect("a name").1.clone()
            }
            Expression::FuncCall(function) => {
                let arguments = function.args.iter().map(inner).collect::<Result<Vec<Value>, _>>()?;
                let mut name = function.name.name.to_string();
                for part in function.name.namespace.iter().rev() {
                    name = format!("{part}::{name}");
                }
                let render = |template: &Template<'_>, variables: &Map| self.render(template, variables);
                let (sources, work) = (&self.sources, &super::Work::default());
                let context = Context { sources, working_directory: &self.directory, origin, render: &render, work };
                call(&name, &arguments, &context)?
            }
            other => panic!("an expression that the tests do not know: {other:?}"),
        })
    }

    /// Puts the variable `name` into a template and knows nothing else.
    fn render(&self, template: &Template<'_>, variables: &Map) -> Result<Value, FunctionError> {
        let error = || FunctionError { argument: None, message: "there is no variable `name`".to_owned() };
        let name = variables.get("name").and_then(Value::as_str).ok_or_else(error)?;
        Ok(Value::string(template.text.replace("${name}", name), template.origin))
    }
}

fn bench() -> (tempfile::TempDir, Bench) {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, bytes).expect("a file");
    };
    write("policy.json", b"{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\"}]}\n");
    write("users.yaml", b"users:\n  - name: ann\n    admin: yes\n  - {name: 'yes', since: 2024-1-2}\n");
    write("people.csv", b"name,role\nann,admin\nbob,reader\n");
    write("hello.tmpl", b"Hello, ${name}!");
    write("bytes.bin", &[0xC3, 0x28, 0x00]);
    write("deep/er/a.json", b"{}");
    write("deep/b.json", b"{}");
    let bench = Bench::at(directory.path());
    (directory, bench)
}

/// Calls with their results as JSON; sets are sorted lists.
const CASES: &[(&str, &str)] = &[
    // Collections.
    (r#"merge({a = 1, b = 2}, null, {b = 3})"#, r#"{"a":1,"b":3}"#),
    (r#"core::merge()"#, "{}"),
    (r#"length([1, 2])"#, "2"),
    (r#"length({a = 1})"#, "1"),
    (r#"length("nöl")"#, "3"),
    (r#"lookup({a = 1}, "a")"#, "1"),
    (r#"lookup({a = 1}, "b", "none")"#, r#""none""#),
    (r#"contains(["a", "b"], "b")"#, "true"),
    (r#"contains(["1"], 1)"#, "false"),
    (r#"concat([1], [], [true])"#, "[1,true]"),
    (r#"coalesce(null, "", 7, "x")"#, r#""7""#),
    (r#"coalesce(null, 7)"#, "7"),
    (r#"coalescelist([], ["a"], ["b"])"#, r#"["a"]"#),
    (r#"compact(["a", "", null, 1])"#, r#"["a","1"]"#),
    (r#"flatten([[1, [2]], [], 3, null])"#, "[1,2,3,null]"),
    (r#"element(["a", "b", "c"], 4)"#, r#""b""#),
    (r#"element(["a", "b", "c"], -1)"#, r#""c""#),
    (r#"one([])"#, "null"),
    (r#"one(["x"])"#, r#""x""#),
    (r#"distinct(["b", "a", "b"])"#, r#"["b","a"]"#),
    (r#"slice(["a", "b", "c"], 1, 3)"#, r#"["b","c"]"#),
    (r#"sort(["b", "a", "B", 10, 9])"#, r#"["10","9","B","a","b"]"#),
    (r#"reverse([1, "a"])"#, r#"["a",1]"#),
    (r#"index(["a", "b"], "b")"#, "1"),
    (r#"chunklist([1, 2, 3], 2)"#, "[[1,2],[3]]"),
    (r#"keys({b = 1, a = 2})"#, r#"["a","b"]"#),
    (r#"values({b = 1, a = 2})"#, "[2,1]"),
    (r#"zipmap(["a", "b"], [1, 2])"#, r#"{"a":1,"b":2}"#),
    (r#"transpose({a = ["x", "y"], b = ["y"]})"#, r#"{"x":["a"],"y":["a","b"]}"#),
    (r#"matchkeys(["i", "j"], ["a", "b"], ["b"])"#, r#"["j"]"#),
    (r#"alltrue([true, "true"])"#, "true"),
    (r#"anytrue([])"#, "false"),
    // Sets.
    (r#"toset(["b", "a", "b"])"#, r#"["a","b"]"#),
    (r#"toset([10, 9, 10])"#, "[9,10]"),
    (r#"toset(["b", 1])"#, r#"["1","b"]"#),
    (r#"toset([{a = 10}, {a = 1}, {a = "2"}])"#, r#"[{"a":"1"},{"a":"10"},{"a":"2"}]"#),
    (r#"tolist([[1], ["a", true]])"#, r#"[["1"],["a","true"]]"#),
    (r#"setunion(["a"], ["c", "b"])"#, r#"["a","b","c"]"#),
    (r#"setintersection(["a", "b"], ["b"])"#, r#"["b"]"#),
    (r#"setsubtract(["a", "b"], ["b"])"#, r#"["a"]"#),
    (r#"setproduct(["a", "b"], [1, 2])"#, r#"[["a",1],["a",2],["b",1],["b",2]]"#),
    // Conversions.
    (r#"tostring(1.50)"#, r#""1.5""#),
    (r#"tonumber("010")"#, "10"),
    (r#"tobool("1")"#, "true"),
    (r#"tolist(toset(["b", "a"]))"#, r#"["a","b"]"#),
    (r#"tomap({a = 1, b = "x"})"#, r#"{"a":"1","b":"x"}"#),
    (r#"issensitive(sensitive("a"))"#, "true"),
    (r#"issensitive(nonsensitive(sensitive("a")))"#, "false"),
    (r#"issensitive(merge({a = sensitive(1)}, {}))"#, "false"),
    (r#"issensitive(join("", [sensitive("a")]))"#, "true"),
    // Strings.
    (r#"join("-", ["a", 1, true])"#, r#""a-1-true""#),
    (r#"split(",", "a,,b")"#, r#"["a","","b"]"#),
    (r#"split(",", "")"#, r#"[""]"#),
    (r#"lower("ABÇ")"#, r#""abç""#),
    (r#"upper("straße")"#, r#""STRAßE""#),
    (r#"title("hello big_world-wide")"#, r#""Hello Big_world-Wide""#),
    (r#"substr("hello", -3, 2)"#, r#""ll""#),
    (r#"trimprefix("https://a", "https://")"#, r#""a""#),
    (r#"trimsuffix("a.zip", ".zip")"#, r#""a""#),
    (r#"trimspace(" a\n")"#, r#""a""#),
    (r#"trim("?!a!?", "!?")"#, r#""a""#),
    (r#"chomp("a\r\n\n")"#, r#""a""#),
    (r#"indent(2, "a\nb")"#, r#""a\n  b""#),
    (r#"replace("a.b.c", ".", "-")"#, r#""a-b-c""#),
    (r#"replace("a1b22", "/(\\d+)/", "<$1>")"#, r#""a<1>b<22>""#),
    (r#"regex("^(\\w+)@(\\w+)$", "me@home")"#, r#"["me","home"]"#),
    (r#"regex("[[]x", "a[x")"#, r#""[x""#),
    (r#"regexall("\\d", "a1२3")"#, r#"["1","3"]"#),
    (r#"startswith("arn:aws", "arn:")"#, "true"),
    (r#"endswith("a", "ba")"#, "false"),
    (r#"strcontains("abc", "bc")"#, "true"),
    (r#"strrev("abc")"#, r#""cba""#),
    // Formats.
    (r#"format("%s/%d/%v/%t", "a", 5, [1], true)"#, r#""a/5/[1]/true""#),
    (r#"format("%05d|%-4s|%+.2f|%x", 42, "ab", 2.346, 255)"#, r#""00042|ab  |+2.35|ff""#),
    (r#"format("%g %g %.3g %e", 1000000, 12.5, 1234.5, 0.00012)"#, r#""1e+06 12.5 1.23e+03 1.200000e-04""#),
    (r#"format("%[2]s %[1]s %q %%", "a", "b")"#, r#""b a \"b\" %""#),
    (r#"formatlist("%s:%s", "k", ["a", "b"])"#, r#"["k:a","k:b"]"#),
    // Numbers.
    (r#"range(3, 0)"#, "[3,2,1]"),
    (r#"range(0, 1, 0.25)"#, "[0,0.25,0.5,0.75]"),
    (r#"max(1, "12", 3)"#, "12"),
    (r#"abs(-1.5)"#, "1.5"),
    (r#"ceil(-1.5)"#, "-1"),
    (r#"floor(-1.5)"#, "-2"),
    (r#"log(8, 2)"#, "3"),
    (r#"pow(2, 0.5)"#, "1.4142135623730951"),
    (r#"parseint("-zZ", 62)"#, "-2231"),
    (r#"signum(-3)"#, "-1"),
    (r#"sum([0.1, 0.2])"#, "0.3"),
    // Encodings.
    (r#"jsonencode({b = "<", a = [null]})"#, r#""{\"a\":[null],\"b\":\"\\u003c\"}""#),
    (r#"jsondecode("{\"a\": [1, {}]}")"#, r#"{"a":[1,{}]}"#),
    (r#"base64encode("hä")"#, r#""aMOk""#),
    (r#"base64decode("aMOk")"#, r#""hä""#),
    (r#"urlencode("a b/ü")"#, r#""a+b%2F%C3%BC""#),
    (r#"urldecode("a+b%2F%C3%BC")"#, r#""a b/ü""#),
    (r#"csvdecode("a,b\n1,\"x,y\"\n")"#, r#"[{"a":"1","b":"x,y"}]"#),
    (r#"textencodebase64("hé", "UTF-16LE")"#, r#""aADpAA==""#),
    (r#"textdecodebase64("aADpAA==", "UTF-16LE")"#, r#""hé""#),
    (
        r#"yamldecode("{a: on, b: 'on', c: 1_000, d: 0x1F, e: [~, .5]}")"#,
        r#"{"a":true,"b":"on","c":"1_000","d":31,"e":[null,0.5]}"#,
    ),
    (r#"yamldecode("a: &x {k: 1}\nb: {<<: *x, j: 2}")"#, r#"{"a":{"k":1},"b":{"j":2,"k":1}}"#),
    (r#"yamldecode("{<<: [{a: 1}, {a: 2, b: 3}], b: 4}")"#, r#"{"a":1,"b":4}"#),
    (
        r#"yamlencode({a = [1, {b = "c", d = []}], e = {f = null}})"#,
        r#""\"a\":\n- 1\n- \"b\": \"c\"\n  \"d\": []\n\"e\":\n  \"f\": null\n""#,
    ),
    // Files.
    (r#"length(file("policy.json"))"#, "62"),
    (r#"fileexists("nothing.json")"#, "false"),
    (r#"fileset(".", "**/*.json")"#, r#"["deep/b.json","deep/er/a.json","policy.json"]"#),
    (r#"fileset("deep", "{a,b}.json")"#, r#"["b.json"]"#),
    (r#"fileset("deep/er", "../*.json")"#, r#"["../b.json"]"#),
    (r#"filebase64("bytes.bin")"#, r#""wygA""#),
    (r#"filemd5("deep/b.json")"#, r#""99914b932bd37a50b983c5e7c90ae93b""#),
    (r#"templatefile("hello.tmpl", {name = "you"})"#, r#""Hello, you!""#),
    (r#"templatestring(file("hello.tmpl"), {name = "you"})"#, r#""Hello, you!""#),
    (r#"basename("a/b.json")"#, r#""b.json""#),
    (r#"dirname("a/./c/../b.json")"#, r#""a""#),
    // Hashes.
    (r#"md5("a")"#, r#""0cc175b9c0f1b6a831c399e269772661""#),
    (r#"sha1("")"#, r#""da39a3ee5e6b4b0d3255bfef95601890afd80709""#),
    (r#"base64sha256("")"#, r#""47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=""#),
    (r#"uuidv5("dns", "www.terraform.io")"#, r#""a5008fae-b28c-5ba5-96cd-82b4c53552d6""#),
    // Networks.
    (r#"cidrhost("10.0.0.0/8", -1)"#, r#""10.255.255.255""#),
    (r#"cidrsubnet("10.1.2.0/24", 4, 15)"#, r#""10.1.2.240/28""#),
    (r#"cidrsubnet("2001:db8::/32", 32, 4294967295)"#, r#""2001:db8:ffff:ffff::/64""#),
    (r#"cidrsubnets("10.1.0.0/16", 4, 8, 4)"#, r#"["10.1.0.0/20","10.1.16.0/24","10.1.32.0/20"]"#),
    (r#"cidrnetmask("172.16.0.0/12")"#, r#""255.240.0.0""#),
    (r#"cidrcontains("10.0.0.0/8", "10.2.0.0/16")"#, "true"),
    (r#"cidrcontains("10.0.0.0/8", "11.0.0.1")"#, "false"),
    // Dates.
    (r#"timeadd("2024-02-28T23:30:00+02:00", "1h30m")"#, r#""2024-02-29T01:00:00+02:00""#),
    (r#"timecmp("2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00")"#, "0"),
    (
        r#"formatdate("EEE, D MMM YY H:mm aa 'o''clock' ZZZZZ", "2018-01-02T00:04:05-08:00")"#,
        r#""Tue, 2 Jan 18 12:04 am o'clock -08:00""#,
    ),
];

#[test]
fn known_calls_give_what_terraform_gives() {
    let (_directory, bench) = bench();
    for (text, wanted) in CASES {
        let found = bench.evaluate(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let found = encode_json(&found).unwrap_or_else(|| panic!("{text}: not known: {found:?}"));
        let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(parse(&found), parse(wanted), "{text}");
    }
}

#[test]
fn wrong_calls_fail_with_a_reason() {
    let (_directory, bench) = bench();
    let cases = [
        ("mergee({})", "there is no function named `mergee`; did you mean `merge`?"),
        ("nothing_like_it()", "there is no function named `nothing_like_it`"),
        (r#"lower("a", "b")"#, "`lower` takes 1 argument, not 2"),
        ("lower(null)", "the argument must not be null"),
        ("lower([])", "a string is required, not a list"),
        (r#"lookup({}, "a")"#, "the map has no key `a`"),
        ("toset([1, true])", "the elements have no single type in common"),
        ("tolist({})", "cannot convert a map to a list"),
        ("range(2000)", "a range has at most 1024 numbers"),
        (r#"file("nothing.json")"#, "cannot read `nothing.json`: there is no such file"),
        (r#"file("bytes.bin")"#, "cannot read `bytes.bin`: it is not valid UTF-8 (byte 0)"),
        (r#"regex("(", "a")"#, "`(` is not a valid regular expression"),
        (r#"regex("a{1000}{1000}", "a")"#, "the pattern is too large"),
        (r#"format("%d", "x")"#, "`%d` takes a number, not a string"),
        (r#"format("%s", "x", "y")"#, "the format uses 1 of 2 arguments"),
        (r#"format("%999999999s", "x")"#, "the result is too large"),
        (r#"jsondecode("{")"#, "the string is not JSON: expected a key in double quotes"),
        (r#"list("a")"#, "`list` was removed from the language; write `tolist([...])`"),
        (r#"cidrhost("10.0.0.0/33", 1)"#, "`10.0.0.0/33` is not an address with a prefix"),
    ];
    for (text, wanted) in cases {
        let error = bench.evaluate(text).expect_err(text);
        assert_eq!(error.message, wanted, "{text}");
    }
}

fn named(names: Vec<(&'static str, Value)>) -> (tempfile::TempDir, Bench) {
    let (directory, bench) = bench();
    (directory, Bench { names, ..bench })
}

fn variable(name: &str) -> Value {
    Value::unknown(Unknown::new(Why::NoValue, format!("var.{name}"), Origin::NONE), Origin::NONE)
}

fn account() -> Value {
    let unknown = Unknown::new(Why::Environment(Fact::Account), "account", Origin::NONE);
    Value::unknown(unknown, Origin::NONE)
}

fn arn() -> Value {
    let refers =
        Reference { address: "aws_iam_user.a".into(), provider_type: "aws_iam_user".into(), attribute: "arn".into() };
    let unknown = Unknown::new(Why::AfterApply, "aws_iam_user.a.arn", Origin::NONE);
    Value::unknown(Unknown { refers: Some(refers), ..unknown }, Origin::NONE)
}

/// A short form: holes as `?`, further elements as `…`.
fn show(value: &Value) -> String {
    let pieces = |value: &Value| -> String {
        let piece = |piece: Piece| if let Piece::Known(text, _) = piece { text.to_string() } else { "?".to_owned() };
        value.to_pieces().unwrap_or_default().into_iter().map(piece).collect()
    };
    let more = |rest: bool, mut parts: Vec<String>| {
        parts.extend(rest.then(|| "…".to_owned()));
        parts.join(" ")
    };
    match &value.data {
        Data::List(list) => format!("[{}]", more(list.rest.is_some(), list.items.iter().map(show).collect())),
        Data::Map(map) => {
            let entry = |entry: &Entry| format!("{}={}", entry.key, show(&entry.value));
            format!("{{{}}}", more(map.rest.is_some(), map.entries().iter().map(entry).collect()))
        }
        Data::Null => "null".to_owned(),
        _ => pieces(value),
    }
}

#[test]
fn unknown_parts_leave_the_rest_known() {
    let (_directory, bench) = named(vec![("v", variable("v")), ("account", account()), ("arn", arn())]);
    let cases = [
        ("lower(v)", "?"),
        ("length([v, v])", "2"),
        ("length(concat([1], v))", "?"),
        ("keys({a = v})", "[a]"),
        ("merge({a = 1}, {b = v})", "{a=1 b=?}"),
        ("merge({a = 1, b = 2}, v, {b = 3})", "{a=? b=3 …}"),
        (r#"lookup(merge({a = 1}, v, {b = 3}), "b")"#, "3"),
        (r#"lookup(merge(v, {b = 3}), "c", 4)"#, "?"),
        (r#"concat(["a"], v, ["b"])"#, "[a b …]"),
        (r#"contains(["a", v], "a")"#, "true"),
        (r#"contains(["a", v], "b")"#, "?"),
        (r#"coalesce(null, v, "a")"#, "?"),
        (r#"coalesce("a", v)"#, "a"),
        (r#"compact(["a", "", v])"#, "[a …]"),
        (r#"compact(["a", arn])"#, "[a ?]"),
        (r#"flatten([["a"], arn, [v]])"#, "[a ? …]"),
        (r#"flatten([["a"], account])"#, "[a ?]"),
        (r#"toset([v, "b", "a", v])"#, "[a b ?]"),
        ("one([v])", "?"),
        (r#"zipmap(["a"], [v])"#, "{a=?}"),
        (r#"join(":", ["arn:aws:iam:", account, "root"])"#, "arn:aws:iam::?:root"),
        (r#"format("arn:aws:iam::%s:user/%s", account, "x")"#, "arn:aws:iam::?:user/x"),
        (r#"format("%05d", account)"#, "?"),
        (r#"formatlist("%s/*", [arn, "b"])"#, "[?/* b/*]"),
        (r#"split(":", format("a:%s:b", account))"#, "[a ? b]"),
        (r#"split(":", format("a:x%s:b", v))"#, "[a b …]"),
        (r#"element(split("/", format("%s/b", account)), 1)"#, "b"),
        (r#"replace(format("a:%s/b", account), ":", "-")"#, "a-?/b"),
        (r#"replace(format("a-%s-b", v), "-", "+")"#, "a+?+b"),
        (r#"replace(format("a-%s", v), "-b", "+")"#, "?"),
        (r#"upper(format("a%sb", account))"#, "A?B"),
        (r#"trimprefix(format("https://%s/x", v), "https://")"#, "?/x"),
        (r#"trimprefix(format("%s/x", v), "https://")"#, "?"),
        (r#"trimsuffix(format("%s.git", v), ".git")"#, "?"),
        (r#"trimspace(format(" %s ", account))"#, "?"),
        (r#"trimspace(format(" %s ", v))"#, "?"),
        (r#"startswith(format("arn:%s", v), "arn")"#, "true"),
        (r#"startswith(format("arn:%s", v), "arn:aws")"#, "?"),
        (r#"endswith(format("%s:root", v), ":user")"#, "false"),
        (r#"strcontains(format("%s:root", v), ":ro")"#, "true"),
        (r#"substr(format("prefix-%s", v), 0, 3)"#, "pre"),
        (r#"substr(format("prefix-%s", v), 0, 9)"#, "?"),
        (r#"jsondecode(jsonencode({a = v, b = [1]}))"#, "{a=? b=[1]}"),
        (r#"jsondecode(format("{\"a\": \"%s\", \"b\": 1}", account))"#, "{a=? b=1}"),
        ("alltrue([false, v])", "false"),
        ("anytrue([false, v])", "?"),
        ("setunion([\"a\"], [v])", "[a ?]"),
        (r#"setsubtract(["a", "b"], ["b", v])"#, "[…]"),
        ("timestamp()", "?"),
        ("provider::aws::arn_parse(\"x\")", "?"),
        (r#"pathexpand("~/x")"#, "?"),
        (r#"base64gzip("x")"#, "?"),
    ];
    for (text, wanted) in cases {
        let found = bench.evaluate(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(show(&found), *wanted, "{text}");
    }
}

#[test]
fn what_is_computed_from_an_unknown_is_not_the_unknown() {
    let (_directory, bench) = named(vec![("account", account()), ("arn", arn()), ("v", variable("v"))]);
    let unknown = |text: &str| bench.evaluate(text).expect(text).as_unknown().expect(text).clone();
    for text in ["sha1(account)", "sha1(arn)", "sha1(v)", "replace(arn, \"a\", \"b\")"] {
        let result = Value::unknown(unknown(text), Origin::NONE);
        for (_, original) in &bench.names {
            assert!(!result.equals(original).is_true(), "{text}");
        }
    }
    for text in ["tostring(arn)", "coalesce(null, arn)", "element([arn], 0)", "one([arn])"] {
        assert!(bench.evaluate(text).expect(text).equals(&arn()).is_true(), "{text}");
    }
    assert_eq!(unknown("sha1(account)").reason(), "`sha1(account)` cannot be computed offline");
    assert_eq!(unknown("sha1(v)").reason(), "`var.v` has no value");
}

#[test]
fn an_unknown_with_few_values_gives_few_results() {
    let candidates = vec![Value::string("A", Origin::NONE), Value::string("B", Origin::NONE)];
    let unknown = Unknown { candidates, ..Unknown::new(Why::Condition, "var.x", Origin::NONE) };
    let (_directory, bench) = named(vec![("x", Value::unknown(unknown, Origin::NONE))]);
    let result = bench.evaluate("lower(x)").expect("a value");
    let found: Vec<&str> = result.as_unknown().expect("unknown").candidates.iter().filter_map(Value::as_str).collect();
    assert_eq!(found, ["a", "b"]);
}

#[test]
fn results_keep_the_places_of_what_they_pass_on() {
    let (_directory, bench) = bench();
    let text_of = |value: &Value| bench.sources.get(value.origin.file).slice(value.origin.span).to_owned();
    let policy = bench.evaluate(r#"jsondecode(file("policy.json"))"#).expect("a policy");
    let effect = policy.get("Statement").expect("statements").elements()[0].get("Effect").expect("an effect");
    assert_eq!(text_of(effect), "\"Allow\"");
    let users = bench.evaluate(r#"yamldecode(file("users.yaml"))"#).expect("users");
    let users = users.get("users").expect("users").elements();
    assert_eq!(text_of(&users[0]), "name: ann\n    admin: yes");
    assert_eq!(text_of(users[0].get("admin").expect("a field")), "yes");
    assert_eq!(users[0].get("admin").and_then(Value::as_bool), Some(true));
    assert_eq!(text_of(&users[1]), "{name: 'yes', since: 2024-1-2}");
    assert_eq!(users[1].get("since").and_then(Value::as_str), Some("2024-01-02T00:00:00Z"));
    let people = bench.evaluate(r#"csvdecode(file("people.csv"))"#).expect("people");
    assert_eq!(text_of(&people.elements()[1]).trim_end(), "bob,reader");
    let trimmed = bench.evaluate(r#"jsondecode(trimspace(file("policy.json")))"#).expect("a policy");
    assert_eq!(text_of(trimmed.get("Version").expect("a version")), "\"2012-10-17\"");
}

#[test]
fn files_outside_of_the_tree_are_not_read() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("secret.txt"), "secret").expect("a file");
    let root = directory.path().join("root");
    std::fs::create_dir(&root).expect("a directory");
    let bench = Bench::at(&root);
    for function in ["file", "filebase64", "filemd5", "fileexists"] {
        let value = bench.evaluate(&format!("{function}(\"../secret.txt\")")).expect("a value");
        let unknown = value.as_unknown().expect("unknown");
        assert_eq!((unknown.why, &*unknown.subject), (Why::NotInTree, "`../secret.txt`"), "{function}");
    }
    let value = bench.evaluate(r#"fileset("..", "*")"#).expect("a value");
    assert_eq!(value.as_unknown().expect("unknown").why, Why::NotInTree);
}

#[test]
fn hostile_input_meets_limits() {
    let (_directory, mut bench) = bench();
    let many = Value::list(vec![Value::integer(1, Origin::NONE); 2000], Origin::NONE);
    let long = Value::string("a".repeat(1 << 20), Origin::NONE);
    let mut deep = Value::string("x", Origin::NONE);
    for _ in 0..1000 {
        deep = Value::list(vec![deep], Origin::NONE);
    }
    let aliases: String = (1..30).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}]\n", n - 1)).collect();
    let bomb = Value::string(format!("a0: &a0 [x]\n{aliases}"), Origin::NONE);
    let brackets = Value::string("[".repeat(100_000), Origin::NONE);
    bench.names = vec![("many", many), ("long", long), ("deep", deep), ("bomb", bomb), ("brackets", brackets)];
    let refused = [
        "setproduct(many, many)",
        "formatlist(\"%s%s\", long, many)",
        r#"replace(long, "/a+/", "$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0")"#,
        r#"split("", join("", [long, long]))"#,
        r#"replace(long, "a", long)"#,
        r#"replace(long, "", long)"#,
        "join(long, many)",
        "indent(99999999, \"a\\nb\")",
        "flatten(deep)",
        "yamldecode(bomb)",
        "yamldecode(brackets)",
        "jsondecode(brackets)",
        r#"format("%.99999999f", 1)"#,
        r#"parseint(long, 36)"#,
    ];
    for text in refused {
        assert!(bench.evaluate(text).is_err(), "{text}");
    }
}
