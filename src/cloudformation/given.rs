//! Values of parameters from files: parameter files in the three usual forms, and `samconfig.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Origin, Sources, normalise};
use crate::syntax::node::{Node, NodeKind, Style};
use crate::syntax::{json, yaml};

/// A value that a file gives a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The value as text; a list with commas.
    pub text: String,
    /// Where it stands.
    pub origin: Origin,
}

/// Values by the names of parameters.
pub type GivenValues = BTreeMap<String, Given>;

/// Reads parameter files; of several the last one counts.
pub fn parameter_files(paths: &[PathBuf], sources: &Sources) -> (GivenValues, Vec<Diagnostic>) {
    let mut given = GivenValues::new();
    let mut diagnostics = Vec::new();
    for path in paths {
        let shown = sources.display(path);
        match sources.open(path) {
            Ok(file) => match values_of(file, sources) {
                Ok(values) => given.extend(values),
                Err(diagnostic) => diagnostics.push(diagnostic),
            },
            Err(error) => {
                let message = format!("the parameter file `{shown}` cannot be read: {error}");
                diagnostics.push(Diagnostic::error("parameter-file", message).path(shown));
            }
        }
    }
    (given, diagnostics)
}

/// The values of one parameter file: a list as the command line of AWS takes it, a map under `Parameters` as
/// CodePipeline does, or a plain map.
fn values_of(file: FileId, sources: &Sources) -> Result<GivenValues, Diagnostic> {
    let source = sources.get(file);
    let text = source.text();
    let start = text.trim_start_matches('\u{FEFF}').trim_start();
    let root = if start.starts_with(['{', '[']) && source.path().to_ascii_lowercase().ends_with(".json") {
        json::parse(file, text)?
    } else {
        let (documents, mut diagnostics) = yaml::parse(file, text);
        match documents.into_iter().next() {
            Some(root) => root,
            None if diagnostics.is_empty() => return Ok(GivenValues::new()),
            None => return Err(diagnostics.remove(0)),
        }
    };
    let is_section = |node: &&Node| node.as_mapping().is_some() || node.as_sequence().is_some();
    let body = root.get("Parameters").filter(is_section).unwrap_or(&root);
    let wrong = |message: &str, node: &Node| {
        let origin = Origin { file, span: node.target().span };
        Diagnostic::error("parameter-file", message).at(origin, "")
    };
    let mut given = GivenValues::new();
    let mut add = |name: &str, value: &Node| {
        if let Some(given_value) = given_of(file, value).map_err(|message| wrong(message, value))? {
            given.insert(name.to_owned(), given_value);
        }
        Ok(())
    };
    if let Some(items) = body.as_sequence() {
        for item in items {
            let name = item.get("ParameterKey").and_then(Node::as_str);
            let keeps = item.get("UsePreviousValue").and_then(Node::as_str).is_some_and(|text| text == "true");
            match (name, item.get("ParameterValue")) {
                (Some(name), Some(value)) => add(name, value)?,
                (Some(_), None) if keeps => {}
                _ => return Err(wrong("expected a `ParameterKey` and a `ParameterValue`", item)),
            }
        }
        return Ok(given);
    }
    let Some(pairs) = body.as_mapping() else {
        return Err(wrong("expected a list or a map of parameters", body));
    };
    for (name, value) in pairs {
        let Some(name) = name.as_str() else { return Err(wrong("the name of a parameter is a text", name)) };
        add(name, value)?;
    }
    Ok(given)
}

/// A value as text; nothing for null.
fn given_of(file: FileId, node: &Node) -> Result<Option<Given>, &'static str> {
    const WRONG: &str = "the value of a parameter is a text, a number, a boolean or a list of them";
    let origin = Origin { file, span: node.target().span };
    if let Some(items) = node.as_sequence() {
        let texts: Option<Vec<&str>> = items.iter().map(Node::as_str).collect();
        return Ok(Some(Given { text: texts.ok_or(WRONG)?.join(","), origin }));
    }
    let text = node.as_str().ok_or(WRONG)?;
    let is_null = text == "null" && matches!(node.target().kind, NodeKind::Scalar(_, Style::Plain));
    Ok((!is_null).then(|| Given { text: text.to_owned(), origin }))
}

/// Templates that the SAM command line takes where none is named.
const SAM_TEMPLATES: &[&str] = &["template.yaml", "template.yml", "template.json"];

/// The values that a `samconfig.toml` beside a template gives its parameters, in one environment of it.
pub(super) fn samconfig(template: &str, environment: &str, sources: &Sources) -> (GivenValues, Vec<Diagnostic>) {
    let nothing = (GivenValues::new(), Vec::new());
    let template = Path::new(template);
    let folder = template.parent().unwrap_or(Path::new(""));
    let Ok(file) = sources.open(&folder.join("samconfig.toml")) else { return nothing };
    let source = sources.get(file);
    let table = match DeTable::parse(source.text()) {
        Ok(table) => table,
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let diagnostic = Diagnostic::warning("samconfig", error.message().replace('\n', ", "));
            return (nothing.0, vec![diagnostic.at(Origin::new(file, span.start, span.end), "")]);
        }
    };
    let Some(DeValue::Table(commands)) = field(table.get_ref(), environment) else { return nothing };
    let mut given = GivenValues::new();
    // What is said for one command wins over what is said for all.
    for command in ["global", "build", "deploy"] {
        let Some(DeValue::Table(command)) = field(commands, command) else { continue };
        let Some(DeValue::Table(parameters)) = field(command, "parameters") else { continue };
        let named = ["template_file", "template"].iter().find_map(|key| match field(parameters, key) {
            Some(DeValue::String(name)) => Some(name.as_ref()),
            _ => None,
        });
        let is_meant = match named {
            Some(name) => normalise(&folder.join(name)) == normalise(template),
            None => template.file_name().is_some_and(|name| SAM_TEMPLATES.iter().any(|known| name == *known)),
        };
        let overrides = parameters.iter().find(|(key, _)| &**key.get_ref() == "parameter_overrides");
        if let (true, Some((_, overrides))) = (is_meant, overrides) {
            for text in texts(overrides) {
                for (name, value) in pairs(text.get_ref()) {
                    let span = text.span();
                    let raw = source.text().get(span.clone()).unwrap_or("");
                    // The value alone, where it stands in the text as it is.
                    let exact = raw.find(&*value).filter(|_| !value.is_empty() && raw.matches(&*value).count() == 1);
                    let origin = match exact {
                        Some(at) => Origin::new(file, span.start + at, span.start + at + value.len()),
                        None => Origin::new(file, span.start, span.end),
                    };
                    given.insert(name, Given { text: value, origin });
                }
            }
        }
    }
    (given, Vec::new())
}

fn field<'a>(table: &'a DeTable<'_>, name: &str) -> Option<&'a DeValue<'a>> {
    table.iter().find(|(key, _)| &**key.get_ref() == name).map(|(_, value)| value.get_ref())
}

/// The strings of a string or a list.
fn texts<'a>(value: &'a Spanned<DeValue<'a>>) -> Vec<Spanned<&'a str>> {
    match value.get_ref() {
        DeValue::String(text) => vec![Spanned::new(value.span(), text.as_ref())],
        DeValue::Array(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// The names and values of `A=1 B="x y"` or `ParameterKey=A,ParameterValue=1 …`.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\\', _) => word.get_or_insert_default().extend(characters.next()),
            ('"' | '\'', None) => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            (_, Some(open)) if open == c => quote = None,
            (_, None) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    let pair = |word: String| {
        let word = match word.strip_prefix("ParameterKey=").and_then(|rest| rest.split_once(",ParameterValue=")) {
            Some((name, value)) => return Some((name.to_owned(), value.to_owned())),
            None => word,
        };
        let (name, value) = word.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    };
    words.into_iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Vec<(String, String, String)>, String> {
        let sources = Sources::default();
        let file = sources.add(name, text.to_owned());
        let shown =
            |(name, given): (String, Given)| (name, given.text, sources.get(file).slice(given.origin.span).to_owned());
        match values_of(file, &sources) {
            Ok(values) => Ok(values.into_iter().map(shown).collect()),
            Err(diagnostic) => Err(diagnostic.message),
        }
    }

    #[test]
    fn the_three_forms_of_parameter_files() {
        let want = |a: &str, b: &str| {
            Ok(vec![("A".to_owned(), "1".to_owned(), a.to_owned()), ("B".into(), "x,y".into(), b.to_owned())])
        };
        let list = "[{\"ParameterKey\": \"A\", \"ParameterValue\": \"1\"}, {\"ParameterKey\": \"B\", \"ParameterValue\": \"x,y\"}, \
                    {\"ParameterKey\": \"C\", \"UsePreviousValue\": true}]";
        assert_eq!(read("p.json", list), want("\"1\"", "\"x,y\""));
        assert_eq!(read("p.json", "{\"Parameters\": {\"A\": 1, \"B\": \"x,y\"}, \"Tags\": {}}"), want("1", "\"x,y\""));
        assert_eq!(
            read("p.json", "{\"A\": \"1\", \"B\": [\"x\", \"y\"], \"C\": null}"),
            want("\"1\"", "[\"x\", \"y\"]")
        );
        assert_eq!(read("p.yaml", "A: 1\nB:\n  - x\n  - y\n"), want("1", "- x\n  - y"));
        assert_eq!(
            read("p.yml", "- {ParameterKey: A, ParameterValue: 1}\n- {ParameterKey: B, ParameterValue: 'x,y'}\n"),
            want("1", "'x,y'")
        );
        assert_eq!(read("p.yaml", "Parameters:\n  A: '1'\n  B: x,y\n"), want("'1'", "x,y"));
    }

    #[test]
    fn what_is_no_parameter_file_is_refused() {
        for text in ["[1]", "{\"A\": {\"b\": 1}}", "\"x\"", "[{\"ParameterKey\": \"A\"}]", "{"] {
            assert!(read("p.json", text).is_err(), "{text}");
        }
    }

    #[test]
    fn overrides_of_a_samconfig() {
        let told =
            |text: &str| pairs(text).into_iter().map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>();
        assert_eq!(told("A=1  B=\"x y\" C='z' D="), ["A:1", "B:x y", "C:z", "D:"]);
        assert_eq!(told("ParameterKey=A,ParameterValue=a,b ParameterKey=B,ParameterValue=\"c d\""), ["A:a,b", "B:c d"]);
        assert_eq!(told("A=\\\"q\\\" stray"), ["A:\"q\""]);
    }
}
