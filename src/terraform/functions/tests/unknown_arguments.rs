//! Every function with each of its arguments in turn not known.

use super::super::table;
use super::{named, show, variable};
use crate::source::Origin;
use crate::value::{Piece, Value};

/// A call of each function that has a value, as its arguments; what cannot be known offline has one as well.
const CALLS: &[(&str, &[&str])] = &[
    ("abs", &["-1"]),
    ("abspath", &["\"a\""]),
    ("alltrue", &["[true]"]),
    ("anytrue", &["[true]"]),
    ("assumelistlengthmax", &["[1]", "2"]),
    ("assumelistlengthmin", &["[1]", "1"]),
    ("assumemaplengthmax", &["{a = 1}", "2"]),
    ("assumemaplengthmin", &["{a = 1}", "1"]),
    ("assumenotnull", &["1"]),
    ("assumesetlength", &["[1]", "1", "2"]),
    ("assumestringprefix", &["\"ab\"", "\"a\""]),
    ("base64decode", &["\"YQ==\""]),
    ("base64encode", &["\"a\""]),
    ("base64gunzip", &["\"H4sIAAAAAAAA/wAEAPv/dGVzdAAAAP//AwAMfn/YBAAAAA==\""]),
    ("base64gzip", &["\"a\""]),
    ("base64sha256", &["\"a\""]),
    ("base64sha512", &["\"a\""]),
    ("basename", &["\"a/b\""]),
    ("bcrypt", &["\"a\"", "4"]),
    ("ceil", &["1.5"]),
    ("chomp", &["\"a\""]),
    ("chunklist", &["[1]", "1"]),
    ("cidrcontains", &["\"10.0.0.0/8\"", "\"10.0.0.1\""]),
    ("cidrhost", &["\"10.0.0.0/8\"", "1"]),
    ("cidrnetmask", &["\"10.0.0.0/8\""]),
    ("cidrsubnet", &["\"10.0.0.0/8\"", "8", "1"]),
    ("cidrsubnets", &["\"10.0.0.0/8\"", "1", "1"]),
    ("coalesce", &["null", "\"a\"", "\"b\""]),
    ("coalescelist", &["[]", "[1]", "[2]"]),
    ("compact", &["[\"a\"]"]),
    ("concat", &["[1]", "[2]"]),
    ("contains", &["[\"a\"]", "\"a\""]),
    ("csvdecode", &["\"a\\nb\""]),
    ("dirname", &["\"a/b\""]),
    ("distinct", &["[1, 1]"]),
    ("element", &["[\"a\"]", "0"]),
    ("endswith", &["\"ab\"", "\"b\""]),
    ("ephemeralasnull", &["1"]),
    ("file", &["\"hello.tmpl\""]),
    ("filebase64", &["\"hello.tmpl\""]),
    ("filebase64sha256", &["\"hello.tmpl\""]),
    ("filebase64sha512", &["\"hello.tmpl\""]),
    ("fileexists", &["\"hello.tmpl\""]),
    ("filemd5", &["\"hello.tmpl\""]),
    ("fileset", &["\".\"", "\"*\""]),
    ("filesha1", &["\"hello.tmpl\""]),
    ("filesha256", &["\"hello.tmpl\""]),
    ("filesha512", &["\"hello.tmpl\""]),
    ("flatten", &["[[1]]"]),
    ("flip_sensitive", &["1"]),
    ("floor", &["1.5"]),
    ("format", &["\"%s-%s\"", "1", "2"]),
    ("formatdate", &["\"YYYY\"", "\"2020-01-01T00:00:00Z\""]),
    ("formatlist", &["\"%s-%s\"", "[\"a\"]", "\"b\""]),
    ("indent", &["2", "\"a\""]),
    ("index", &["[\"a\"]", "\"a\""]),
    ("issensitive", &["1"]),
    ("join", &["\",\"", "[\"a\"]", "[\"b\"]"]),
    ("jsondecode", &["\"1\""]),
    ("jsonencode", &["1"]),
    ("keys", &["{a = 1}"]),
    ("length", &["[1]"]),
    ("log", &["8", "2"]),
    ("lookup", &["{a = 1}", "\"a\"", "2"]),
    ("lower", &["\"A\""]),
    ("matchkeys", &["[1]", "[\"a\"]", "[\"a\"]"]),
    ("max", &["1", "2"]),
    ("md5", &["\"a\""]),
    ("merge", &["{a = 1}", "{b = 2}"]),
    ("min", &["1", "2"]),
    ("nonsensitive", &["1"]),
    ("one", &["[1]"]),
    ("parseint", &["\"ff\"", "16"]),
    ("pathexpand", &["\"a\""]),
    ("plantimestamp", &[]),
    ("pow", &["2", "3"]),
    ("range", &["1", "3", "1"]),
    ("regex", &["\"a\"", "\"a\""]),
    ("regexall", &["\"a\"", "\"a\""]),
    ("replace", &["\"abc\"", "\"b\"", "\"x\""]),
    ("reverse", &["[1]"]),
    ("rsadecrypt", &["\"a\"", "\"b\""]),
    ("sensitive", &["1"]),
    ("setintersection", &["[1]", "[1]"]),
    ("setproduct", &["[1]", "[2]"]),
    ("setsubtract", &["[1]", "[2]"]),
    ("setunion", &["[1]", "[2]"]),
    ("sha1", &["\"a\""]),
    ("sha256", &["\"a\""]),
    ("sha512", &["\"a\""]),
    ("signum", &["-2"]),
    ("slice", &["[1]", "0", "1"]),
    ("sort", &["[\"a\"]"]),
    ("split", &["\",\"", "\"a,b\""]),
    ("startswith", &["\"ab\"", "\"a\""]),
    ("strcontains", &["\"ab\"", "\"a\""]),
    ("strrev", &["\"ab\""]),
    ("substr", &["\"abc\"", "0", "1"]),
    ("sum", &["[1]"]),
    ("templatefile", &["\"hello.tmpl\"", "{name = \"x\"}"]),
    ("templatestring", &["\"Hello\"", "{name = \"x\"}"]),
    ("textdecodebase64", &["\"YQ==\"", "\"UTF-8\""]),
    ("textencodebase64", &["\"a\"", "\"UTF-8\""]),
    ("timeadd", &["\"2020-01-01T00:00:00Z\"", "\"1h\""]),
    ("timecmp", &["\"2020-01-01T00:00:00Z\"", "\"2020-01-01T00:00:00Z\""]),
    ("timestamp", &[]),
    ("title", &["\"a b\""]),
    ("tobool", &["\"true\""]),
    ("tolist", &["[1]"]),
    ("tomap", &["{a = 1}"]),
    ("tonumber", &["\"1\""]),
    ("toset", &["[1]"]),
    ("tostring", &["1"]),
    ("transpose", &["{a = [\"b\"]}"]),
    ("trim", &["\"xax\"", "\"x\""]),
    ("trimprefix", &["\"ab\"", "\"a\""]),
    ("trimspace", &["\" a \""]),
    ("trimsuffix", &["\"ab\"", "\"b\""]),
    ("upper", &["\"a\""]),
    ("urldecode", &["\"a%20b\""]),
    ("urlencode", &["\"a b\""]),
    ("uuid", &[]),
    ("uuidv5", &["\"dns\"", "\"a\""]),
    ("values", &["{a = 1}"]),
    ("yamldecode", &["\"1\""]),
    ("yamlencode", &["1"]),
    ("zipmap", &["[\"a\"]", "[1]"]),
];

/// The calls that say something though an argument is not known, and what.
const KNOWN: &[(&str, &str)] = &[
    ("assumelistlengthmax([1], v)", "[1]"),
    ("assumelistlengthmin([1], v)", "[1]"),
    ("assumemaplengthmax({a = 1}, v)", "{a=1}"),
    ("assumemaplengthmin({a = 1}, v)", "{a=1}"),
    ("assumesetlength([1], v, 2)", "[1]"),
    ("assumesetlength([1], 1, v)", "[1]"),
    ("assumestringprefix(\"ab\", v)", "ab"),
    ("coalesce(null, \"a\", v)", "a"),
    ("coalescelist([], [1], v)", "[1]"),
    ("concat(v, [2])", "[2 …]"),
    ("concat([1], v)", "[1 …]"),
    ("format(\"%s-%s\", v, 2)", "?-2"),
    ("format(\"%s-%s\", 1, v)", "1-?"),
    ("formatlist(\"%s-%s\", [\"a\"], v)", "[a-?]"),
    ("jsonencode(v)", "?"),
    ("lookup({a = 1}, \"a\", v)", "1"),
    ("merge(v, {b = 2})", "{b=2 …}"),
    ("merge({a = 1}, v)", "{a=? …}"),
];

/// They were removed from the language and always fail.
const REMOVED: [&str; 2] = ["list", "map"];

/// The calls of a list, a map or a string of which all is unknown but what it is.
const PARTLY_KNOWN: &[(&str, &str)] = &[
    ("assumelistlengthmax([v], 2)", "[?]"),
    ("assumelistlengthmin([v], 1)", "[?]"),
    ("assumemaplengthmax({a = v}, 2)", "{a=?}"),
    ("assumemaplengthmin({a = v}, 1)", "{a=?}"),
    ("assumesetlength([v], 1, 2)", "[?]"),
    ("assumestringprefix(text, \"a\")", "?"),
    ("assumestringprefix(\"ab\", text)", "ab"),
    ("chunklist([v], 1)", "[[?]]"),
    ("coalesce(null, \"a\", text)", "a"),
    ("coalescelist([], [v], [2])", "[?]"),
    ("coalescelist([], [1], [v])", "[1]"),
    ("compact([v])", "[…]"),
    ("concat([v], [2])", "[? 2]"),
    ("concat([1], [v])", "[1 ?]"),
    ("distinct([v])", "[?]"),
    ("formatlist(\"%s-%s\", [v], \"b\")", "[?-b]"),
    ("formatlist(\"%s-%s\", [\"a\"], text)", "[a-?]"),
    ("join(text, [\"a\"], [\"b\"])", "a?b"),
    ("join(\",\", [v], [\"b\"])", "?,b"),
    ("join(\",\", [\"a\"], [v])", "a,?"),
    ("keys({a = v})", "[a]"),
    ("length([v])", "1"),
    ("matchkeys([v], [\"a\"], [\"a\"])", "[?]"),
    ("matchkeys([1], [v], [\"a\"])", "[…]"),
    ("matchkeys([1], [\"a\"], [v])", "[…]"),
    ("merge({a = v}, {b = 2})", "{a=? b=2}"),
    ("replace(\"abc\", \"b\", text)", "a?c"),
    ("reverse([v])", "[?]"),
    ("setintersection([v], [1])", "[…]"),
    ("setintersection([1], [v])", "[…]"),
    ("setproduct([v], [2])", "[[? 2]]"),
    ("setproduct([1], [v])", "[[1 ?]]"),
    ("setsubtract([v], [2])", "[…]"),
    ("setsubtract([1], [v])", "[…]"),
    ("setunion([v], [2])", "[2 ?]"),
    ("setunion([1], [v])", "[1 ?]"),
    ("slice([v], 0, 1)", "[?]"),
    ("sort([v])", "[?]"),
    ("split(\",\", text)", "[…]"),
    ("tolist([v])", "[?]"),
    ("tomap({a = v})", "{a=?}"),
    ("toset([v])", "[?]"),
    ("values({a = v})", "[?]"),
    ("zipmap([\"a\"], [v])", "{a=?}"),
];

/// The calls with one argument replaced, and what they give unless it is unknown.
fn known_results(replace: impl Fn(&str) -> Option<&'static str>) -> Vec<(String, String)> {
    let text = Value::of_pieces(
        vec![Piece::Hole(variable("v").as_unknown().expect("unknown").clone(), Origin::NONE)],
        Origin::NONE,
    );
    let (_directory, bench) = named(vec![("v", variable("v")), ("text", text)]);
    let mut known = Vec::new();
    for (name, arguments) in CALLS {
        let call = |arguments: &[&str]| format!("{name}({})", arguments.join(", "));
        let plain = call(arguments);
        assert!(bench.evaluate(&plain).is_ok(), "{plain} fails");
        for (at, argument) in arguments.iter().enumerate() {
            let Some(replacement) = replace(argument) else { continue };
            let mut open = arguments.to_vec();
            open[at] = replacement;
            let text = call(&open);
            let found = bench.evaluate(&text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            if found.as_unknown().is_none() {
                known.push((text, show(&found)));
            }
        }
    }
    known
}

fn assert_same(found: &[(String, String)], wanted: &[(&str, &str)]) {
    let found: Vec<(&str, &str)> = found.iter().map(|(text, shown)| (&**text, &**shown)).collect();
    assert_eq!(found, wanted);
}

#[test]
fn every_function_has_a_call() {
    let names: Vec<&str> = table::names().filter(|name| !REMOVED.contains(name)).collect();
    assert_eq!(CALLS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
}

#[test]
fn an_unknown_argument_gives_an_unknown_result_and_never_an_error() {
    assert_same(&known_results(|_| Some("v")), KNOWN);
}

#[test]
fn an_unknown_part_gives_an_unknown_part_and_never_an_error() {
    let part = |argument: &str| match argument.chars().next() {
        Some('[') if argument != "[]" && argument != "[[1]]" => Some("[v]"),
        Some('{') if argument.starts_with("{a") => Some("{a = v}"),
        Some('"') => Some("text"),
        _ => None,
    };
    assert_same(&known_results(part), PARTLY_KNOWN);
}
