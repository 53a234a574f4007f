//! No policy document makes what reasons about it panic: decoding, statements, principals, conditions.
#![no_main]

use std::sync::LazyLock;

use iacscan::rules::{Overrides, Rule, built_in};
use iacscan::scan::{Options, Text, scan};
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
