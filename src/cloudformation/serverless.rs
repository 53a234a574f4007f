//! `serverless.yml` of the Serverless Framework: its `resources`, and the role that it makes for its functions.
//!
//! The file is rewritten as the template that the framework would deploy, as far as that can be told from it; every node
//! keeps its place. Variables of the framework (`${self:…}`, `${opt:…}`, `${file(…)}`) are not known.

use std::sync::Arc;

use super::evaluator::Evaluator;
use crate::source::{Origin, Span};
use crate::syntax::node::{Node, NodeKind, Style};
use crate::value::{Piece, Unknown, Value, Why};

/// The logical id of the role that all functions share.
const ROLE: &str = "IamRoleLambdaExecution";

/// The sections of a template that `resources` may hold.
const SECTIONS: &[&str] = &["Conditions", "Mappings", "Outputs", "Parameters", "Resources", "Transform"];

/// Whether a tree is a service of the Serverless Framework that is deployed to AWS.
pub fn is_service(root: &Node) -> bool {
    let Some(provider) = root.get("provider").filter(|_| root.get("service").is_some()) else { return false };
    let name = provider.get("name").unwrap_or(provider).as_str();
    name.is_none_or(|name| name == "aws" || name.contains("${"))
        && (root.get("resources").is_some() || has_grants(root))
}

fn has_grants(root: &Node) -> bool {
    let provider = root.get("provider");
    provider.is_some_and(|provider| provider.get("iam").is_some() || provider.get("iamRoleStatements").is_some())
        || pairs_of(root.get("functions")).iter().any(|(_, function)| function.get("iamRoleStatements").is_some())
}

/// The template that a service deploys, as far as the file tells.
pub fn template_of(root: &Node) -> Node {
    let mut template: Vec<(Node, Node)> = Vec::new();
    let resources = root.get("resources");
    let parts = match resources.and_then(Node::as_sequence) {
        Some(several) => several.iter().collect(),
        None => resources.into_iter().collect::<Vec<_>>(),
    };
    for name in SECTIONS {
        let found = parts.iter().filter_map(|part| part.pair(name));
        let mut pairs = Vec::new();
        let mut span = root.span;
        for (key, section) in found {
            span = key.span;
            pairs.extend(section.as_mapping().unwrap_or_default().iter().cloned());
        }
        if *name == "Resources" {
            pairs.extend(roles(root, &parts));
        }
        if !pairs.is_empty() {
            template.push((scalar(name, span), mapping(pairs, span)));
        }
    }
    // What tells the evaluation that variables of the framework may stand anywhere.
    template.extend(["service", "provider"].iter().filter_map(|name| root.pair(name).cloned()));
    mapping(template, root.span)
}

/// The roles that the framework makes.
fn roles(root: &Node, parts: &[&Node]) -> Vec<(Node, Node)> {
    let mut roles = Vec::new();
    if let Some(provider) = root.get("provider") {
        let role = provider.get("iam").and_then(|iam| iam.get("role"));
        let either = |new: &str, old: &str| role.and_then(|role| role.pair(new)).or_else(|| provider.pair(old));
        let extension =
            parts.iter().filter_map(|part| part.get("extensions")?.get(ROLE)?.get("Properties")).next_back();
        let grants = Grants {
            statements: either("statements", "iamRoleStatements"),
            managed: either("managedPolicies", "iamManagedPolicies"),
            boundary: either("permissionsBoundary", "rolePermissionsBoundary")
                .or(either("permissionBoundary", "permissionBoundary")),
            name: role.and_then(|role| role.pair("name")),
            path: role.and_then(|role| role.pair("path")),
        };
        roles.extend(grants.role(ROLE, pairs_of(extension)));
    }
    for (name, function) in pairs_of(root.get("functions")) {
        let grants = Grants { statements: function.pair("iamRoleStatements"), ..Grants::default() };
        let id = format!("{}{ROLE}", normalised(name.as_str().unwrap_or("")));
        roles.extend(grants.role(&id, &[]));
    }
    roles
}

/// What a service says of a role, as pairs of its own keys and values.
#[derive(Default)]
struct Grants<'t> {
    statements: Option<&'t (Node, Node)>,
    managed: Option<&'t (Node, Node)>,
    boundary: Option<&'t (Node, Node)>,
    name: Option<&'t (Node, Node)>,
    path: Option<&'t (Node, Node)>,
}

impl Grants<'_> {
    /// The role, where anything is granted to it.
    fn role(&self, id: &str, extension: &[(Node, Node)]) -> Option<(Node, Node)> {
        let span = self.statements.or(self.managed)?.0.span;
        let text = |text: &str| scalar(text, span);
        let statement = vec![
            (text("Effect"), text("Allow")),
            (text("Action"), text("sts:AssumeRole")),
            (text("Principal"), mapping(vec![(text("Service"), text("lambda.amazonaws.com"))], span)),
        ];
        let document = |statements: Node| {
            mapping(vec![(text("Version"), text("2012-10-17")), (text("Statement"), statements)], span)
        };
        let trust = document(sequence(vec![mapping(statement, span)], span));
        let mut properties = vec![(text("AssumeRolePolicyDocument"), trust)];
        if let Some((key, statements)) = self.statements {
            let policy = vec![
                (scalar("PolicyName", key.span), scalar("lambda", key.span)),
                (scalar("PolicyDocument", key.span), document(statements.clone())),
            ];
            properties.push((scalar("Policies", key.span), sequence(vec![mapping(policy, key.span)], key.span)));
        }
        let more = [
            ("ManagedPolicyArns", self.managed),
            ("PermissionsBoundary", self.boundary),
            ("RoleName", self.name),
            ("Path", self.path),
        ];
        for (name, pair) in more {
            properties.extend(pair.map(|(key, value)| (scalar(name, key.span), value.clone())));
        }
        properties.extend(extension.iter().cloned());
        let resource = vec![(text("Type"), text("AWS::IAM::Role")), (text("Properties"), mapping(properties, span))];
        Some((text(id), mapping(resource, span)))
    }
}

/// A function's name as it stands in logical ids.
fn normalised(name: &str) -> String {
    let name = name.replace('-', "Dash").replace('_', "Underscore");
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn pairs_of(node: Option<&Node>) -> &[(Node, Node)] {
    node.and_then(Node::as_mapping).unwrap_or_default()
}

fn scalar(text: &str, span: Span) -> Node {
    Node { span, tag: None, kind: NodeKind::Scalar(text.into(), Style::Quoted) }
}

fn sequence(items: Vec<Node>, span: Span) -> Node {
    Node { span, tag: None, kind: NodeKind::Sequence(items) }
}

fn mapping(pairs: Vec<(Node, Node)>, span: Span) -> Node {
    Node { span, tag: None, kind: NodeKind::Mapping(pairs) }
}

/// Whether what stands between the braces is a variable of the framework.
fn is_variable(name: &str) -> bool {
    !name.starts_with("AWS::") && !name.starts_with('!') && (name.contains(':') || name.contains('('))
}

impl<'t> Evaluator<'t> {
    /// A variable of the framework in a `Fn::Sub` text.
    pub(super) fn service_variable(&self, name: &str, place: Origin) -> Option<Value> {
        let is_ours = self.template.is_service && is_variable(name);
        is_ours.then(|| Value::unknown(variable(name, place), place))
    }

    /// A scalar with variables of the framework in it; `None` where it has none.
    pub(super) fn service_text(&mut self, node: &Node, text: &str) -> Option<Value> {
        if !self.template.is_service || !text.contains("${") {
            return None;
        }
        let places = self.places(node);
        let mut pieces = Vec::new();
        let (mut from, mut at) = (0, 0);
        let mut found = false;
        while let Some(open) = text.get(at..).and_then(|rest| rest.find("${")).map(|open| at + open) {
            let Some(close) = closing(text, open + 2) else { break };
            let name = text.get(open + 2..close).unwrap_or("");
            at = close + 1;
            if !is_variable(name) {
                continue;
            }
            found = true;
            pieces.push(Piece::Known(text.get(from..open).unwrap_or("").into(), places.of(from, open)));
            let place = places.of(open, at);
            pieces.push(Piece::Hole(Arc::new(variable(name, place)), place));
            from = at;
        }
        pieces.push(Piece::Known(text.get(from..).unwrap_or("").into(), places.of(from, text.len())));
        let origin = self.origin(node);
        found.then(|| self.assemble(pieces, origin))
    }
}

/// The brace that closes what starts at `from`; variables stand in each other.
fn closing(text: &str, from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn variable(name: &str, place: Origin) -> Unknown {
    Unknown::new(Why::Function, format!("${{{name}}}"), place)
}

/// Whether a template's root is that of a service.
pub(super) fn is_rewritten(root: &Node) -> bool {
    root.get("service").is_some() && root.get("provider").is_some()
}
