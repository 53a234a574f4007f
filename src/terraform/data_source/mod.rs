//! Data sources that can be computed offline; all others are unknown.

mod policy_document;

use std::sync::Arc;

use super::expression::Failure;
use super::functions::{self, FunctionError};
use super::scope::{Evaluator, Frame};
use crate::diagnostic::Diagnostic;
use crate::model::aws_policy_path;
use crate::source::{Origin, Sources};
use crate::value::{Data, Entry, Fact, Map, Piece, Reference, Unknown, Value, Why};

/// A `data` or `ephemeral` block of which the arguments are evaluated.
pub(super) struct Block<'b> {
    pub(super) provider_type: &'b Arc<str>,
    pub(super) address: &'b Arc<str>,
    /// The id, where that is known, of the account of the provider that it uses, where that may be another one: what it tells of
    /// itself is no fact of the deployment.
    pub(super) other_account: Option<Option<String>>,
    /// It uses a provider that may be of another region.
    pub(super) is_other_region: bool,
    /// The region of that provider, where its configuration says one.
    pub(super) region: Option<&'b Value>,
    /// It is read only after other resources are made.
    pub(super) waits: bool,
    pub(super) origin: Origin,
}

impl Block<'_> {
    fn put(&self, map: &mut Map, name: &str, value: Value) {
        map.insert(Entry { key: name.into(), key_origin: self.origin, value });
    }

    fn fact(&self, map: &mut Map, fact: Fact, names: &[&str]) {
        for name in names {
            let unknown = Unknown::new(Why::Environment(fact), format!("{}.{name}", self.address), self.origin);
            self.put(map, name, Value::unknown(unknown, self.origin));
        }
    }

    fn reference(&self, subject: impl Into<Arc<str>>, attribute: &str) -> Unknown {
        let mut unknown = Unknown::new(Why::DataSource, subject, self.origin);
        let (address, provider_type) = (self.address.clone(), self.provider_type.clone());
        unknown.refers = Some(Reference { address, provider_type, attribute: attribute.into() });
        unknown
    }
}

/// The document that `data.aws_iam_policy_document` renders from these arguments, and what the provider would refuse in it.
pub(crate) fn rendered_document(arguments: &Map, origin: Origin, sources: &Sources) -> (Value, Vec<Diagnostic>) {
    policy_document::render(arguments, origin, sources)
}

/// The value of a data source with these arguments.
pub(super) fn compute(block: &Block<'_>, arguments: Map, evaluator: &Evaluator<'_>, frame: &Frame<'_>) -> Value {
    let mut map = arguments;
    let origin = block.origin;
    match &**block.provider_type {
        "aws_iam_policy_document" => {
            let (document, refused) = rendered_document(&map, origin, evaluator.sources);
            for diagnostic in refused {
                evaluator.report(diagnostic);
            }
            for name in ["json", "minified_json"] {
                block.put(&mut map, name, document.clone());
            }
        }
        "aws_caller_identity" if block.other_account.is_some() => {
            let account = block.other_account.iter().flatten().cycle();
            for (name, id) in ["account_id", "id"].into_iter().zip(account) {
                block.put(&mut map, name, Value::string(id.as_str(), origin));
            }
        }
        "aws_partition" | "aws_organizations_organization" if block.other_account.is_some() => {}
        "aws_caller_identity" => {
            block.fact(&mut map, Fact::Account, &["account_id", "id"]);
            block.fact(&mut map, Fact::Caller, &["arn", "user_id"]);
        }
        "aws_partition" => {
            block.fact(&mut map, Fact::Partition, &["partition", "id"]);
            block.fact(&mut map, Fact::UrlSuffix, &["dns_suffix"]);
        }
        "aws_region" => match ["region", "name"].iter().find_map(|name| map.get(name).filter(|name| !name.is_null())) {
            Some(given) => {
                let given = given.clone();
                for name in ["name", "id", "region"] {
                    block.put(&mut map, name, given.clone());
                }
            }
            None if map.get("endpoint").is_some() => {}
            None if block.is_other_region || block.region.is_some_and(|region| region.as_str().is_some()) => {
                if let Some(region) = block.region {
                    for name in ["name", "id", "region"] {
                        block.put(&mut map, name, region.clone());
                    }
                }
            }
            None => block.fact(&mut map, Fact::Region, &["name", "id", "region"]),
        },
        "aws_organizations_organization" => block.fact(&mut map, Fact::Organization, &["id"]),
        "aws_iam_policy" => policy(block, &mut map),
        "aws_iam_openid_connect_provider" => identity_provider(block, &mut map),
        "template_file" => template(block, &mut map, evaluator, frame),
        "local_file" | "local_sensitive_file" => local_file(block, &mut map, evaluator, frame),
        _ => {}
    }
    // Whatever else the provider looks up.
    map.rest = map.rest.or_else(|| Some(Arc::new(block.reference(block.address.clone(), ""))));
    Value::new(Data::Map(Arc::new(map)), origin)
}

/// A policy that is looked up by its ARN has the name and the path that stand in there; what it allows is looked up.
fn policy(block: &Block<'_>, map: &mut Map) {
    let Some(arn) = map.get("arn").filter(|arn| !arn.is_null()).cloned() else { return policy_by_name(block, map) };
    let shown = arn.with_holes_as_wildcards().unwrap_or_default();
    if let Some((_, resource)) = arn.known_suffix().split_once(":policy/") {
        let (path, name) = resource.rsplit_once('/').unwrap_or(("", resource));
        let path = if path.is_empty() { "/".to_owned() } else { format!("/{path}/") };
        block.put(map, "name", Value::string(name, arn.origin));
        block.put(map, "path", Value::string(path, arn.origin));
    }
    let content = block.reference(format!("the policy {shown}"), "policy");
    block.put(map, "policy", Value::unknown(content, arn.origin));
    block.put(map, "id", arn);
}

/// A policy that is looked up by the name of one of AWS: the provider refuses a name that several have, so that it is that one,
/// unless only other paths are looked into.
fn policy_by_name(block: &Block<'_>, map: &mut Map) {
    let Some(name) = map.get("name").cloned() else { return };
    let Some((text, path)) = name.as_str().and_then(|text| Some((text, aws_policy_path(text)?))) else { return };
    let within = match map.get("path_prefix").filter(|prefix| !prefix.is_null()) {
        Some(prefix) => prefix.as_str().is_some_and(|prefix| path.starts_with(prefix)),
        None => true,
    };
    if within {
        let partition = Unknown::new(Why::Environment(Fact::Partition), format!("{}.arn", block.address), block.origin);
        let rest: Arc<str> = format!(":iam::aws:policy{path}{text}").into();
        let pieces = vec![
            Piece::Known("arn:".into(), name.origin),
            Piece::Hole(Arc::new(partition), name.origin),
            Piece::Known(rest, name.origin),
        ];
        let arn = Value::of_pieces(pieces, name.origin);
        block.put(map, "path", Value::string(path, name.origin));
        block.put(map, "id", arn.clone());
        block.put(map, "arn", arn);
    }
}

/// The ARN of a provider is made of its URL without the scheme, which is how it is looked up.
fn identity_provider(block: &Block<'_>, map: &mut Map) {
    const MARK: &str = ":oidc-provider/";
    let given = |name: &str| map.get(name).filter(|value| !value.is_null()).cloned();
    if let Some(arn) = given("arn") {
        let url = arn.known_suffix();
        if let Some((_, url)) = url.split_once(MARK) {
            block.put(map, "url", Value::string(url, arn.origin).marked(arn.sensitive));
        }
        block.put(map, "id", arn);
    } else if let Some(url) = given("url") {
        let Some(mut pieces) = url.to_pieces() else { return };
        if let Some(Piece::Known(text, _)) = pieces.first_mut()
            && let Some((_, rest)) = text.split_once("://")
        {
            *text = rest.into();
        }
        let mut arn = block.reference(format!("{}.arn", block.address), "arn");
        let account = Piece::Hole(Arc::new(arn.derived()), url.origin);
        pieces.splice(0..0, [account, Piece::Known(MARK.into(), url.origin)]);
        arn.candidates.push(Value::of_pieces(pieces, url.origin).marked(url.sensitive));
        let arn = Arc::new(arn);
        for name in ["arn", "id"] {
            block.put(map, name, Value::unknown(arn.clone(), url.origin));
        }
    }
}

/// `template_file`: the old way to render a template, of a file or written in place.
fn template(block: &Block<'_>, map: &mut Map, evaluator: &Evaluator<'_>, frame: &Frame<'_>) {
    let Some(template) = map.get("template").cloned() else { return };
    let Some(text) = template.as_str() else {
        let unknown = template.first_unknown().map(crate::value::derived);
        if let Some(unknown) = unknown {
            block.put(map, "rendered", Value::unknown(unknown, template.origin).marked(template.sensitive));
        }
        return;
    };
    let nothing = Map::default();
    let variables = map.get("vars").and_then(Value::as_map).unwrap_or(&nothing);
    if let Some(unknown) = map.get("vars").and_then(Value::as_unknown) {
        let unknown = crate::value::derived(unknown);
        block.put(map, "rendered", Value::unknown(unknown, template.origin));
        return;
    }
    let source = evaluator.sources.get(template.origin.file);
    let is_exact = source.slice(template.origin.span) == text;
    let given = functions::Template { text, origin: template.origin, is_exact };
    let rendered = match evaluator.render(&given, variables, frame) {
        Ok(value) => value,
        Err(error) => refused(error, "template", template.origin, evaluator),
    };
    let sensitive = template.sensitive || map.get("vars").is_some_and(Value::holds_sensitive);
    block.put(map, "rendered", rendered.marked(sensitive));
}

/// `local_file`: a file of the scanned tree.
fn local_file(block: &Block<'_>, map: &mut Map, evaluator: &Evaluator<'_>, frame: &Frame<'_>) {
    const CONTENTS: [(&str, &str); 9] = [
        ("content", "file"),
        ("content_base64", "filebase64"),
        ("content_md5", "filemd5"),
        ("content_sha1", "filesha1"),
        ("content_sha256", "filesha256"),
        ("content_sha512", "filesha512"),
        ("content_base64sha256", "filebase64sha256"),
        ("content_base64sha512", "filebase64sha512"),
        ("id", "filesha1"),
    ];
    let Some(filename) = map.get("filename").filter(|name| !name.is_null()).cloned() else { return };
    let render = |template: &functions::Template<'_>, variables: &Map| evaluator.render(template, variables, frame);
    let context = functions::Context {
        sources: evaluator.sources,
        working_directory: &evaluator.root_directory,
        origin: filename.origin,
        render: &render,
        work: &evaluator.work,
    };
    for (name, function) in CONTENTS {
        let sensitive = name != "id" && &**block.provider_type == "local_sensitive_file";
        let value = match functions::call(function, std::slice::from_ref(&filename), &context) {
            Ok(value) => value,
            // Another resource may write the file first.
            Err(_) if block.waits => return,
            // Files that are no text have no content as such, but all the rest.
            Err(_) if name == "content" => continue,
            Err(error) => refused(error, "filename", filename.origin, evaluator),
        };
        block.put(map, name, value.marked(sensitive));
    }
}

/// Tells what Terraform would refuse, and gives the value that stands for it.
fn refused(error: FunctionError, argument: &str, origin: Origin, evaluator: &Evaluator<'_>) -> Value {
    let message = format!("`{argument}`: {}", error.message);
    evaluator.report(Diagnostic::warning("terraform-value", message.clone()).at(origin, ""));
    let failure = Failure { message, origin, is_limit: false };
    Value::unknown(evaluator.invalid(&failure), origin)
}
