//! What a rule file says.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::condition::{self, Condition};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A weakness that needs another one to hurt.
    Low,
    /// A departure from best practice that widens what an attacker can do.
    Medium,
    /// An attacker with a foothold gets far.
    High,
    /// Open to the world, or the whole account.
    Critical,
}

impl Severity {
    /// All of them, from the least to the worst.
    pub const ALL: [Severity; 5] =
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// The name in rules, options and reports.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// What reports say of a rule; the condition is apart.
#[derive(Clone, Debug)]
pub struct RuleInfo {
    /// Kebab-case, the file's name.
    pub id: Arc<str>,
    /// What is wrong, in one line.
    pub title: String,
    /// The severity of its findings.
    pub severity: Severity,
    /// The folder of the rule file.
    pub topic: String,
    /// The kind or provider type that it looks at.
    pub target: String,
    /// The best practice that it guards.
    pub practice: String,
    /// What to do, in Markdown.
    pub remediation: String,
    /// Why it matters, in Markdown.
    pub rationale: String,
    /// The same check in other tools, as `tool:ID`.
    pub aliases: Vec<String>,
    /// Controls of frameworks, by framework.
    pub frameworks: BTreeMap<String, Vec<String>>,
    /// The rules whose findings on the same element are consequences of this one.
    pub subsumes: Vec<String>,
    /// The rules whose findings at the same place of the element are consequences of this one.
    pub subsumes_in_place: Vec<String>,
    /// Configurations that break the rule, and such that keep it.
    pub examples: Examples,
}

/// The examples of a rule. Those of built-in rules are read when somebody asks for them: a scan does not.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    unread: &'static str,
    read: OnceLock<ExampleFile>,
}

/// The part of a rule file that holds the examples.
#[derive(Clone, Debug, Default, Deserialize)]
struct ExampleFile {
    #[serde(default)]
    bad: Vec<Example>,
    #[serde(default)]
    good: Vec<Example>,
}

impl Examples {
    /// These examples.
    pub fn new(bad: Vec<Example>, good: Vec<Example>) -> Examples {
        Examples { unread: "", read: ExampleFile { bad, good }.into() }
    }

    /// Configurations that break the rule.
    pub fn bad(&self) -> &[Example] {
        &self.all().bad
    }

    /// Configurations that keep it.
    pub fn good(&self) -> &[Example] {
        &self.all().good
    }

    fn all(&self) -> &ExampleFile {
        // A test reads the examples of every built-in rule.
        self.read.get_or_init(|| toml::from_str(examples_of(self.unread)).unwrap_or_default())
    }
}

/// An example inside of a rule file: the same thing in each language.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Example {
    /// A Terraform configuration.
    pub terraform: Option<String>,
    /// A CloudFormation template in YAML.
    pub cloudformation: Option<String>,
    /// A policy document in JSON.
    pub policy: Option<String>,
    /// A plan as `terraform show -json` writes it, for rules about changes.
    pub plan: Option<String>,
}

impl Example {
    /// The language and text of each form that the example has.
    pub fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let forms = [
            ("Terraform", &self.terraform),
            ("CloudFormation", &self.cloudformation),
            ("policy document", &self.policy),
            ("plan", &self.plan),
        ];
        forms.into_iter().filter_map(|(language, text)| Some((language, text.as_deref()?)))
    }

    /// The text as its language has it: JSON has no comments, so that the mark `# expect` at a line's end is taken off.
    pub fn without_marks(language: &str, text: &str) -> String {
        if matches!(language, "Terraform" | "CloudFormation") {
            return text.to_owned();
        }
        let line = |line: &str| line.trim_end().strip_suffix("# expect").unwrap_or(line).to_owned();
        text.lines().map(line).collect::<Vec<String>>().join("\n")
    }

    /// The name of a file that would hold an example of this language.
    pub fn file_name(&self, language: &str) -> &'static str {
        match language {
            "Terraform" => "example.tf",
            "CloudFormation" => "example.yaml",
            _ => "example.json",
        }
    }
}

/// A rule, ready to be matched.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What reports say of it.
    pub info: Arc<RuleInfo>,
    /// What is said of a finding, with `{path}` placeholders.
    pub(super) message: String,
    /// The field whose place the finding points to; else the first field of the condition.
    pub(super) at: Option<String>,
    /// Fields whose places explain the finding, with what to say of them.
    pub(super) related: Vec<(String, String)>,
    /// Findings on several statements of one policy document are one, at the worst: what is said there of each of the others.
    pub(super) once_per_document: Option<String>,
    /// Any of them must hold.
    pub(super) matches: Vec<Condition>,
    /// Must not hold.
    pub(super) unless: Option<Condition>,
    /// The severity where a further condition holds; the first one wins.
    pub(super) severity_when: Vec<(Severity, Condition)>,
    /// The values of the parameters.
    pub(super) parameters: BTreeMap<String, toml::Value>,
}

/// A rule file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RuleFile {
    title: String,
    severity: Severity,
    target: String,
    #[serde(default)]
    practice: String,
    message: String,
    at: Option<String>,
    #[serde(default)]
    related: toml::Table,
    once_per_document: Option<String>,
    #[serde(default)]
    rationale: String,
    #[serde(default)]
    remediation: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    frameworks: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    subsumes: Vec<String>,
    #[serde(default)]
    subsumes_in_place: Vec<String>,
    #[serde(rename = "match")]
    matches: toml::Value,
    unless: Option<toml::Value>,
    #[serde(default)]
    severity_when: Vec<SeverityWhen>,
    #[serde(default)]
    parameters: BTreeMap<String, toml::Value>,
    #[serde(default)]
    bad: Vec<Example>,
    #[serde(default)]
    good: Vec<Example>,
}

/// Where the target stands.
#[derive(Deserialize)]
struct Target {
    target: toml::Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SeverityWhen {
    severity: Severity,
    #[serde(rename = "match")]
    matches: toml::Value,
}

impl Rule {
    /// The parameters with their values, as they would stand in a configuration.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, String)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.to_string()))
    }

    /// The severities that findings have in some cases.
    pub fn severities(&self) -> impl Iterator<Item = Severity> {
        self.severity_when.iter().map(|(severity, _)| *severity)
    }
}

/// Why a text is no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// What is wrong.
    pub message: String,
    /// The bytes of the rule file.
    pub span: std::ops::Range<usize>,
}

impl Rule {
    /// Reads a rule that is known to be right from its head, which is all but the examples as JSON: the examples, which are
    /// most of its text, are left for later, and so are its regular expressions.
    ///
    /// # Errors
    /// As [`Rule::parse`].
    pub(super) fn parse_built_in(id: &str, topic: &str, text: &'static str, head: &str) -> Result<Rule, RuleError> {
        let none = BTreeMap::new();
        let examples = Examples { unread: text, read: OnceLock::new() };
        match serde_json::from_str(head) {
            Ok(file) => Rule::of_file(file, id, topic, text, &none, Some(examples)),
            Err(_) => Rule::parse(id, topic, text, &none),
        }
    }

    /// Reads a rule; `id` is the name of its file and `topic` that of its folder. `overrides` replace the values of its
    /// parameters.
    ///
    /// # Errors
    /// What is wrong, and at which bytes of `text`.
    pub fn parse(
        id: &str,
        topic: &str,
        text: &str,
        overrides: &BTreeMap<String, toml::Value>,
    ) -> Result<Rule, RuleError> {
        let file = toml::from_str(text).map_err(|error| RuleError {
            message: error.message().trim_end().replace('\n', ", "),
            span: error.span().unwrap_or(0..text.lines().next().map_or(0, str::len)),
        })?;
        Rule::of_file(file, id, topic, text, overrides, None)
    }

    /// A rule whose examples are here, else in the file; where they are here, it is known to be right.
    fn of_file(
        file: RuleFile,
        id: &str,
        topic: &str,
        text: &str,
        overrides: &BTreeMap<String, toml::Value>,
        examples: Option<Examples>,
    ) -> Result<Rule, RuleError> {
        if !super::is_target(&file.target) {
            let message = format!("`{}` is no kind and no type that a rule could look at", file.target);
            let span = toml::from_str(text).map_or(0..0, |Target { target }| target.span());
            return Err(RuleError { message, span });
        }
        let mut parameters = file.parameters.clone();
        for (name, value) in overrides {
            if !parameters.contains_key(name) {
                let message = format!("rule `{id}` has no parameter named `{name}`");
                return Err(RuleError { message, span: 0..0 });
            }
            parameters.insert(name.clone(), value.clone());
        }
        let compile = |section: &str, value: &toml::Value| {
            condition::compile(value, &parameters, examples.is_none()).map_err(|error| {
                let keys = error.path.iter().map(String::as_str).filter(|key| !key.is_empty());
                RuleError { span: locate(text, section, keys), message: error.message }
            })
        };
        let alternatives = match &file.matches {
            toml::Value::Array(items) => items.iter().collect(),
            single => vec![single],
        };
        let matches: Result<Vec<_>, _> = alternatives.into_iter().map(|one| compile("match", one)).collect();
        let severity_when = file.severity_when.iter().map(|when| Ok((when.severity, compile("match", &when.matches)?)));
        let severity_when: Result<Vec<_>, RuleError> = severity_when.collect();
        let unless = file.unless.as_ref().map(|unless| compile("unless", unless)).transpose()?;
        let related = file.related.iter().map(|(path, text)| match text.as_str() {
            Some(text) => Ok((path.clone(), text.to_owned())),
            None => Err(RuleError {
                message: "expected what to say of the place".to_owned(),
                span: locate(text.as_str().unwrap_or_default(), "related", [path.as_str()].into_iter()),
            }),
        });
        let (matches, severity_when, related) = (matches?, severity_when?, related.collect::<Result<_, _>>()?);
        if examples.is_none() {
            // Built-in rules are tested; reading them must cost nothing.
            check_fields(&file, text)?;
        }
        let info = RuleInfo {
            id: id.into(),
            title: file.title,
            severity: file.severity,
            topic: topic.to_owned(),
            target: file.target,
            practice: file.practice,
            remediation: file.remediation.trim().to_owned(),
            rationale: file.rationale.trim().to_owned(),
            aliases: file.aliases,
            frameworks: file.frameworks,
            subsumes: file.subsumes,
            subsumes_in_place: file.subsumes_in_place,
            examples: examples.unwrap_or_else(|| Examples::new(file.bad, file.good)),
        };
        Ok(Rule {
            info: Arc::new(info),
            message: file.message,
            at: file.at,
            related,
            once_per_document: file.once_per_document,
            matches,
            unless,
            severity_when,
            parameters,
        })
    }
}

/// The part of a rule file that holds the examples: the whole where something else follows them.
fn examples_of(text: &str) -> &str {
    let starts = ["\n[[bad]]\n", "\n[[good]]\n"].into_iter().filter_map(|header| text.find(header));
    let examples = starts.min().and_then(|start| text.get(start + 1..)).unwrap_or_default();
    let is_example = |line: &str| !line.starts_with('[') || matches!(line, "[[bad]]" | "[[good]]");
    if examples.lines().all(is_example) { examples } else { text }
}

/// A field that a kind does not have is a misspelt one: it would be absent, whatever the configuration says.
fn check_fields(file: &RuleFile, text: &str) -> Result<(), RuleError> {
    let target = &file.target;
    let Some(fields) = super::engine::fields(target) else { return Ok(()) };
    let conditions = [("match", Some(&file.matches)), ("unless", file.unless.as_ref())];
    let more = file.severity_when.iter().map(|when| ("severity-when", Some(&when.matches)));
    for (section, condition) in conditions.into_iter().chain(more) {
        let tables: Vec<&toml::Table> = match condition {
            Some(toml::Value::Array(items)) => items.iter().filter_map(toml::Value::as_table).collect(),
            Some(single) => single.as_table().into_iter().collect(),
            None => Vec::new(),
        };
        let named = tables.into_iter().flat_map(toml::Table::keys).map(String::as_str);
        for name in named.filter(|name| !condition::is_operator(name)) {
            if !fields.iter().any(|field| field == name) {
                let message = format!("`{name}` is no field of `{target}`, which has {}", fields.join(", "));
                return Err(RuleError { message, span: locate(text, section, [name].into_iter()) });
            }
        }
    }
    Ok(())
}

/// The bytes of the last of a chain of keys, looked for one after the other behind the header of their section.
fn locate<'k>(text: &str, section: &str, keys: impl Iterator<Item = &'k str>) -> std::ops::Range<usize> {
    let mut from = text.find(&format!("[{section}")).unwrap_or(0);
    let mut span = from..from + section.len() + 2;
    for key in keys {
        let Some(at) = text.get(from..).and_then(|rest| rest.find(key)) else { break };
        span = from + at..from + at + key.len();
        from = span.end;
    }
    span.start.min(text.len())..span.end.min(text.len())
}
