//! No policy document makes what reasons about it panic: decoding, statements, principals, conditions.
#![no_main]

use std::sync::LazyLock;

use iacscan::iam::Document;
use iacscan::iam::exposure::{Callers, Carrier, Known, PublicAccessBlock};
use iacscan::iam::form::Purpose;
use iacscan::rules::{Overrides, Rule, built_in};
use iacscan::scan::{Options, Text, scan};
use iacscan::source::{Origin, Sources};
use iacscan::value::Value;
use libfuzzer_sys::fuzz_target;

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| built_in(&Overrides::new()).unwrap_or_default());

fuzz_target!(|text: &str| {
    // As a file of its own, and as the text that a resource carries.
    let carried = literal(text);
    let configuration = format!("resource \"aws_iam_role\" \"r\" {{\n  assume_role_policy = {carried}\n}}\n");
    let texts = [("policy.json", text.to_owned()), ("main.tf", configuration)];
    let texts = texts.map(|(name, text)| Text { name: name.to_owned(), bytes: text.into_bytes() });
    let options = Options { texts: texts.into(), rules: RULES.clone(), threads: Some(1), ..Options::default() };
    let _ = scan(&options);
    let document = Document::read(&Value::string(text, Origin::NONE), &Sources::default());
    let _ = document.faults(Purpose::Trust, Origin::NONE);
    let _ = document.exposure(Carrier::Bucket, Known::default(), &PublicAccessBlock::default());
    for statement in &document.statements {
        let _ = (statement.traps().len(), statement.bounds(Callers::Anyone).len(), statement.never_matches(None));
        let reached = &statement.actions_reached().possible;
        let _ = reached.iter().take(20).map(|action| statement.resources_reached(action)).count();
    }
});

/// A string literal of Terraform.
fn literal(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '$' | '%' => quoted.extend([c, c]),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
