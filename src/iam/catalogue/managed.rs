//! AWS managed policies by content. Their texts are packed in blocks: looking one up unpacks one block.

use std::collections::HashMap;
use std::io::Read;
use std::sync::OnceLock;

use super::table::rows;
use crate::iam::action_set::ActionSet;
use crate::iam::document::Document;
use crate::source::Origin;
use crate::value::{Value, of_serde};

/// The blocks one after another, and where each policy lies: made by `build.rs` from `data/managed.txt`.
const PACK: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/managed.pack"));
const INDEX: &str = include_str!(concat!(env!("OUT_DIR"), "/managed.index"));
const GONE: &str = include_str!("data/managed_gone.tsv");

/// No block unpacks to more than this.
const MAX_BLOCK: u64 = 1 << 20;

/// A policy that AWS maintains.
#[derive(Debug)]
pub struct ManagedPolicy {
    /// Its name: `AdministratorAccess`.
    pub name: &'static str,
    /// Its path: `/service-role/`.
    pub path: &'static str,
    block: (usize, usize),
    text: (usize, usize),
    document: OnceLock<Document>,
    /// What it gives that few should have, once somebody has asked.
    gives: OnceLock<Vec<&'static str>>,
    /// The actions that it is about, likewise.
    core: OnceLock<ActionSet>,
}

/// A managed policy that AWS has withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithdrawnPolicy {
    /// Its name.
    pub name: &'static str,
    /// Its path.
    pub path: &'static str,
    /// The month in which it was last seen: `2026-02`.
    pub last_seen: &'static str,
}

impl ManagedPolicy {
    /// Its document. Places in it are nowhere: AWS wrote it.
    pub fn document(&self) -> &Document {
        self.document.get_or_init(|| Document::of_value(&self.read().unwrap_or_else(|| Value::null(Origin::NONE))))
    }

    /// What `judge` says of its document, which is asked once.
    pub(in crate::iam) fn gives(&self, judge: impl FnOnce(&Document) -> Vec<&'static str>) -> &[&'static str] {
        self.gives.get_or_init(|| judge(self.document()))
    }

    /// The actions that it is about, as `find` says of its document, which is asked once.
    pub(in crate::iam) fn core(&self, find: impl FnOnce(&Document) -> ActionSet) -> &ActionSet {
        self.core.get_or_init(|| find(self.document()))
    }

    /// Whether it is for a role that a service makes for itself: AWS lets nobody attach it to another.
    pub fn is_service_linked(&self) -> bool {
        self.path == "/aws-service-role/"
    }

    /// Its ARN in the partition `aws`.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::aws:policy{}{}", self.path, self.name)
    }

    fn read(&self) -> Option<Value> {
        let mut block = String::new();
        let packed = PACK.get(self.block.0..self.block.1)?;
        flate2::read::DeflateDecoder::new(packed).take(MAX_BLOCK).read_to_string(&mut block).ok()?;
        let lines = block.get(self.text.0..self.text.1)?.lines();
        let statements = lines.map(statement).collect::<Option<Vec<Value>>>()?;
        let version = Value::string("2012-10-17", Origin::NONE);
        let statements = Value::list(statements, Origin::NONE);
        Some(Value::fields([("Statement", statements), ("Version", version)], Origin::NONE))
    }
}

/// Reads a statement in the form that the head of `data/managed.txt` explains.
fn statement(line: &str) -> Option<Value> {
    let (effect, rest) = match line.split_at_checked(2)? {
        ("+ ", rest) => ("Allow", rest),
        ("- ", rest) => ("Deny", rest),
        _ => return None,
    };
    let (actions, rest) = list(rest)?;
    let (resources, condition) = list(rest)?;
    let mut spelled = Vec::new();
    for group in actions.1 {
        match group.split_once(':') {
            Some((service, names)) => spelled.extend(names.split(',').map(|name| format!("{service}:{name}"))),
            None => spelled.push(group),
        }
    }
    let whole = |text: String| match text.strip_prefix("~:") {
        Some(rest) => format!("arn:aws:{rest}"),
        None => text,
    };
    let strings = |texts: Vec<String>| {
        Value::list(texts.into_iter().map(|text| Value::string(text, Origin::NONE)).collect(), Origin::NONE)
    };
    let mut fields = vec![
        ("Effect", Value::string(effect, Origin::NONE)),
        (if actions.0 { "NotAction" } else { "Action" }, strings(spelled)),
        (if resources.0 { "NotResource" } else { "Resource" }, strings(resources.1.into_iter().map(whole).collect())),
    ];
    if !condition.is_empty() {
        let json: serde_json::Value = serde_json::from_str(condition).ok()?;
        fields.push(("Condition", of_serde(&json, Origin::NONE)));
    }
    Some(Value::fields(fields, Origin::NONE))
}

/// Reads `[!] TOKEN…` up to ` | ` or the end: whether it is negated, the tokens, and what follows. A token with a blank is
/// a JSON string.
fn list(text: &str) -> Option<((bool, Vec<String>), &str)> {
    let (negated, mut rest) = match text.strip_prefix("! ") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut tokens = Vec::new();
    loop {
        if rest.starts_with('"') {
            let mut reader = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            tokens.push(reader.next()?.ok()?);
            rest = rest.get(reader.byte_offset()..)?;
        } else {
            let end = rest.find(' ').unwrap_or(rest.len());
            let (token, after) = rest.split_at_checked(end)?;
            tokens.push(token.to_owned());
            rest = after;
        }
        if let Some(after) = rest.strip_prefix(" | ") {
            return Some(((negated, tokens), after));
        }
        match rest.strip_prefix(' ') {
            Some(after) => rest = after,
            None => return Some(((negated, tokens), rest)),
        }
    }
}

/// All managed policies, sorted by name without regard to case.
pub fn managed_policies() -> &'static [ManagedPolicy] {
    static ALL: OnceLock<Vec<ManagedPolicy>> = OnceLock::new();
    ALL.get_or_init(|| {
        let policy = |row: Vec<&'static str>| {
            let [name, path, from, to, start, end] = row.try_into().ok()?;
            Some(ManagedPolicy {
                name,
                path,
                block: (from.parse().ok()?, to.parse().ok()?),
                text: (start.parse().ok()?, end.parse().ok()?),
                document: OnceLock::new(),
                gives: OnceLock::new(),
                core: OnceLock::new(),
            })
        };
        rows(INDEX).filter_map(policy).collect()
    })
}

/// The managed policy of a name or an ARN; by its ARN in any partition, which must give the path, too.
pub fn managed_policy(name_or_arn: &str) -> Option<&'static ManagedPolicy> {
    let (path, name) = path_and_name(name_or_arn)?;
    let all = managed_policies();
    let found = all.binary_search_by(|policy| lower(policy.name).cmp(lower(name))).ok()?;
    all.get(found).filter(|policy| policy.name == name && path.is_none_or(|path| path == policy.path))
}

/// The managed policy of a name or an ARN that was there once.
pub fn withdrawn_policy(name_or_arn: &str) -> Option<WithdrawnPolicy> {
    let (_, name) = path_and_name(name_or_arn)?;
    static ALL: OnceLock<HashMap<&'static str, WithdrawnPolicy>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let policy = |row: Vec<&'static str>| match row.as_slice() {
            [name, path, last_seen] => Some((*name, WithdrawnPolicy { name, path, last_seen })),
            _ => None,
        };
        rows(GONE).filter_map(policy).collect()
    });
    all.get(name).copied()
}

fn lower(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().map(|byte| byte.to_ascii_lowercase())
}

fn path_and_name(name_or_arn: &str) -> Option<(Option<&str>, &str)> {
    if !name_or_arn.starts_with("arn:") {
        return Some((None, name_or_arn));
    }
    let (_, whole) = name_or_arn.split_once(":iam::aws:policy")?;
    let at = whole.rfind('/')? + 1;
    whole.split_at_checked(at).map(|(path, name)| (Some(path), name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Truth;

    #[test]
    fn a_policy_is_found_by_name_and_by_arn() {
        let admin = managed_policy("AdministratorAccess").unwrap();
        assert_eq!(admin.arn(), "arn:aws:iam::aws:policy/AdministratorAccess");
        assert_eq!(admin.document().statements.len(), 1);
        assert_eq!(admin.document().statements[0].is_admin().truth, Truth::True);
        let basic = "arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
        assert_eq!(managed_policy(basic).unwrap().path, "/service-role/");
        assert!(managed_policy("arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole").is_none(), "the path is wrong");
        assert!(managed_policy("administratoraccess").is_none());
        assert!(managed_policy("arn:aws:iam::123456789012:policy/AdministratorAccess").is_none());
        assert_eq!(withdrawn_policy("AmazonCloudWatchEvidentlyFullAccess").unwrap().last_seen, "2026-02");
        assert!(withdrawn_policy("AdministratorAccess").is_none());
    }

    #[test]
    fn quoted_tokens_and_negated_lists_are_read() {
        let value = statement(r#"- ! a:B,C *:D | ! "~:s3:::a b" ~:s3:::c | {"Bool":{"k":"true"}}"#).unwrap();
        let json = crate::value::to_serde(&value, "", &mut Vec::new()).to_string();
        for part in [
            r#""NotAction":["a:B","a:C","*:D"]"#,
            r#""NotResource":["arn:aws:s3:::a b","arn:aws:s3:::c"]"#,
            r#""Effect":"Deny""#,
        ] {
            assert!(json.contains(part), "{json}");
        }
        assert!(statement("~ x").is_none());
    }
}
