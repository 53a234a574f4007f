//! The rules in use: those compiled into the program, and a team's own.

use std::collections::BTreeMap;
use std::path::Path;

use super::Rule;
use super::schema::RuleError;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Origin, Sources};

/// Topic, id, text and head of each built-in rule, sorted by topic and id. The head is all but the examples, as JSON.
const BUILT_IN: &[(&str, &str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// A team's own rule folder may hold this many rules.
const MAX_RULES: usize = 10_000;

/// Values of parameters by rule id and parameter.
pub type Overrides = BTreeMap<String, BTreeMap<String, toml::Value>>;

/// The rules compiled into the program, sorted by topic and id.
///
/// # Errors
/// An override of a parameter that a rule does not have, or whose value does not fit.
pub fn built_in(overrides: &Overrides) -> Result<Vec<Rule>, Diagnostic> {
    let read = |(topic, id, text, head): &(&str, &str, &'static str, &str)| {
        let rule = match overrides.get(*id) {
            Some(overrides) => Rule::parse(id, topic, text, overrides),
            None => Rule::parse_built_in(id, topic, text, head),
        };
        rule.map_err(|error| Diagnostic::error("rule", error.message).path(format!("rules/{topic}/{id}.toml")))
    };
    // Not in parallel: starting threads takes longer.
    BUILT_IN.iter().map(read).collect()
}

/// The text of a built-in rule file.
pub fn built_in_text(id: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(_, other, ..)| *other == id).map(|(_, _, text, _)| *text)
}

/// Reads the rules of a folder and of the folders in it; every file that is no rule gives a diagnostic.
pub fn read_folder(folder: &Path, overrides: &Overrides, sources: &Sources) -> (Vec<Rule>, Vec<Diagnostic>) {
    let (mut rules, mut diagnostics) = (Vec::new(), Vec::new());
    if !folder.is_dir() {
        let message = format!("there is no rule folder `{}`", folder.display());
        diagnostics.push(Diagnostic::error("no-such-folder", message).path(folder.display().to_string()));
        return (rules, diagnostics);
    }
    let files = walkdir::WalkDir::new(folder).max_depth(8).sort_by_file_name().into_iter().filter_map(Result::ok);
    let is_rule = |path: &Path| path.extension().is_some_and(|end| end == "toml");
    for file in files.filter(|file| file.file_type().is_file() && is_rule(file.path())).take(MAX_RULES) {
        match read_file(file.path(), overrides, sources) {
            Ok(rule) => rules.push(rule),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    (rules, diagnostics)
}

fn read_file(path: &Path, overrides: &Overrides, sources: &Sources) -> Result<Rule, Diagnostic> {
    let shown = sources.display(path);
    let text = std::fs::read_to_string(path)
        .map_err(|error| Diagnostic::error("rule", format!("the rule cannot be read: {error}")).path(&shown))?;
    let name = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (id, topic) = (name(path.file_stem()), name(path.parent().and_then(Path::file_name)));
    let file = sources.add(shown, text);
    let none = BTreeMap::new();
    let source = sources.get(file);
    Rule::parse(&id, &topic, source.text(), overrides.get(&id).unwrap_or(&none)).map_err(|error| place(error, file))
}

fn place(error: RuleError, file: FileId) -> Diagnostic {
    let origin = Origin::new(file, error.span.start, error.span.end);
    Diagnostic::error("rule", error.message.clone())
        .at(origin, "here")
        .help("docs/rules.md describes the rule language")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Examples, RuleInfo};

    #[test]
    fn every_built_in_rule_is_read() {
        let rules = built_in(&Overrides::new()).unwrap();
        assert_eq!(rules.len(), BUILT_IN.len());
        for (rule, (topic, id, text, head)) in rules.iter().zip(BUILT_IN) {
            assert!(head.starts_with('{'), "{id} has no head");
            let whole = Rule::parse(id, topic, text, &BTreeMap::new()).unwrap_or_else(|e| panic!("{id}: {e:?}"));
            assert!(!rule.info.examples.bad().is_empty(), "{id} has no example");
            assert_eq!(format!("{:?}", rule.info.examples.bad()), format!("{:?}", whole.info.examples.bad()));
            assert_eq!(format!("{:?}", rule.info.examples.good()), format!("{:?}", whole.info.examples.good()));
            let without_examples = |rule: &Rule| {
                let info = RuleInfo { examples: Examples::default(), ..(*rule.info).clone() };
                format!("{:?}", Rule { info: info.into(), ..rule.clone() })
            };
            assert_eq!(without_examples(rule), without_examples(&whole));
        }
    }

    #[test]
    fn a_misspelt_operator_is_an_error_at_its_place() {
        let text = "title = 't'\nseverity = 'low'\ntarget = 'user'\nmessage = 'm'\n[match]\ngroups = { emty = true, not = 1 }\n";
        let error = Rule::parse("x", "y", text, &BTreeMap::new()).unwrap_err();
        assert_eq!(&text[error.span], "emty");
        let text = "title = 't'\nseverity = 'lo'\n";
        let error = Rule::parse("x", "y", text, &BTreeMap::new()).unwrap_err();
        assert_eq!(&text[error.span], "'lo'");
    }

    #[test]
    fn a_misspelt_field_is_an_error_at_its_place() {
        let head = "title = 't'\nseverity = 'low'\nmessage = 'm'\n";
        let text = format!("{head}target = 'role'\n[match]\nboundry = {{ exists = false }}\n");
        let error = Rule::parse("x", "y", &text, &BTreeMap::new()).unwrap_err();
        assert_eq!(&text[error.span], "boundry");
        assert!(error.message.contains("boundary"), "{}", error.message);
        let text = format!("{head}target = 'password-policy'\n[match]\nminimum-lenght = 1\n");
        assert!(Rule::parse("x", "y", &text, &BTreeMap::new()).is_err());
        let text = format!("{head}target = 'aws_s3_bucket'\n[match]\nanything = 1\n");
        assert!(Rule::parse("x", "y", &text, &BTreeMap::new()).is_ok());
    }
}
