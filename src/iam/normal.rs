//! Documents in a form that is the same where they are the same but for spelling.

use std::fmt::Write;

use super::condition::Test;
use super::document::{Document, Elements, Statement};
use super::pattern;
use crate::value::{Data, Piece, Value};

/// Longer lists are not searched for elements that others take in.
const MAX_REDUCED: usize = 100;

impl Document {
    /// A text that two documents share where they allow and deny the same for certain, whatever the order of their
    /// statements, lists and keys, their Sids, the case of actions and elements that others of the list take in. None
    /// where a part is not known, unless it is certainly the same in both (the ARN of one resource, the own account).
    pub fn normal_form(&self) -> Option<String> {
        if self.rest.is_some() || self.invalid.is_some() || self.statements.is_empty() {
            return None;
        }
        let mut statements = self.statements.iter().map(Statement::normal_form).collect::<Option<Vec<String>>>()?;
        statements.sort_unstable();
        statements.dedup();
        Some(statements.join("\n"))
    }
}

impl Statement {
    fn normal_form(&self) -> Option<String> {
        if self.more_tests.is_some() {
            return None;
        }
        let mut text = format!("{:?}", self.effect.as_str()?);
        let lists = [
            ("A", &self.actions, true),
            ("NA", &self.not_actions, true),
            ("R", &self.resources, false),
            ("NR", &self.not_resources, false),
        ];
        for (name, list, is_action) in lists {
            if let Some(list) = list {
                let items = normal_list(list, is_action)?;
                write!(text, " {name}{items:?}").ok()?;
            }
        }
        for (name, principal) in [("P", &self.principal), ("NP", &self.not_principal)] {
            if let Some(principal) = principal {
                write!(text, " {name}{:?}", normal_principal(principal)?).ok()?;
            }
        }
        let mut tests = self.tests.iter().map(normal_test).collect::<Option<Vec<String>>>()?;
        tests.sort_unstable();
        tests.dedup();
        write!(text, " C{tests:?}").ok()?;
        // `${…}` is a variable in one version and plain text in the other.
        if text.contains("${") {
            write!(text, " V{}", self.variables).ok()?;
        }
        Some(text)
    }
}

fn normal_list(list: &Elements, is_action: bool) -> Option<Vec<String>> {
    if list.rest.is_some() {
        return None;
    }
    let mut items = list.items.iter().map(normal_text).collect::<Option<Vec<String>>>()?;
    if is_action {
        items.iter_mut().for_each(|item| item.make_ascii_lowercase());
    }
    items.sort_unstable();
    items.dedup();
    if items.len() <= MAX_REDUCED && items.iter().any(|item| item.contains(['*', '?'])) {
        let all = items.clone();
        // Of two that take in each other (`a**`, `a*`) the first one stays.
        let taken_in = |(at, item): (usize, &String)| {
            let others = all.iter().enumerate().filter(|(other, _)| *other != at);
            others
                .filter(|(_, pattern)| pattern.contains(['*', '?']) && pattern::covers(pattern, item))
                .any(|(other, pattern)| other < at || !pattern::covers(item, pattern))
        };
        items = items.iter().enumerate().filter(|(at, item)| !taken_in((*at, *item))).map(|(_, i)| i.clone()).collect();
    }
    Some(items)
}

fn normal_principal(principal: &Value) -> Option<Vec<(String, Vec<String>)>> {
    let list = |value: &Value| normal_list(&Elements::read(value), false);
    match &principal.data {
        Data::Map(map) if map.rest.is_none() => {
            // Both languages keep the keys of a map sorted.
            map.entries().iter().map(|entry| Some((entry.key.to_string(), list(&entry.value)?))).collect()
        }
        Data::Map(_) => None,
        _ => Some(vec![(String::new(), list(principal)?)]),
    }
}

fn normal_test(test: &Test) -> Option<String> {
    if test.rest.is_some() {
        return None;
    }
    let mut values = test.values.iter().map(normal_text).collect::<Option<Vec<String>>>()?;
    values.sort_unstable();
    values.dedup();
    let Test { operator, qualifier, if_exists, key, .. } = test;
    Some(format!("{qualifier:?} {operator} {if_exists} {key:?} {values:?}"))
}

/// A text with its holes by what they are.
fn normal_text(value: &Value) -> Option<String> {
    if let Some(text) = value.scalar_text() {
        return Some(text.into_owned());
    }
    let mut whole = String::new();
    for piece in value.to_pieces()? {
        match piece {
            Piece::Known(text, _) => whole.push_str(&text),
            Piece::Hole(unknown, _) => write!(whole, "\u{0}{:?}\u{0}", unknown.identity()?).ok()?,
        }
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use crate::value::{Unknown, Why, of_serde};

    fn normal(json: &str) -> Option<String> {
        let value = of_serde(&serde_json::from_str(json).unwrap(), crate::source::Origin::NONE);
        Document::read(&value, &Sources::within([])).normal_form()
    }

    #[test]
    fn spelling_makes_no_difference() {
        let one = normal(
            r#"{"Version": "2012-10-17", "Id": "x", "Statement": [
                {"Sid": "A", "Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": "arn:aws:s3:::b/*"},
                {"Effect": "Deny", "NotAction": "iam:Get*", "Resource": ["*"],
                 "Condition": {"StringEquals": {"aws:x": ["2", "1"]}, "Bool": {"aws:SecureTransport": false}}}]}"#,
        );
        let two = normal(
            r#"{"Statement": [
                {"Condition": {"bool": {"aws:securetransport": ["false"]}, "stringEquals": {"AWS:X": ["1", "2", "1"]}},
                 "Resource": "*", "NotAction": ["IAM:Get*", "iam:GetRole"], "Effect": "Deny"},
                {"Effect": "Allow", "Action": ["s3:getobject", "s3:putobject"], "Resource": ["arn:aws:s3:::b/*"]}],
                "Version": "2012-10-17"}"#,
        );
        assert!(one.is_some());
        assert_eq!(one, two);
    }

    #[test]
    fn meaning_makes_one() {
        let statement = |rest: &str| normal(&format!(r#"{{"Statement": [{{"Effect": "Allow", {rest}}}]}}"#));
        let base = statement(r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
        let others = [
            r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::B/*""#,
            r#""NotAction": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#,
            r#""Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b/*""#,
            r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}"#,
            r#""Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/*""#,
        ];
        for other in others {
            assert_ne!(base, statement(other), "{other}");
        }
        let variable = r#"{"Version": "V", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:username}"}]}"#;
        assert_ne!(
            normal(&variable.replace("\"V\"", "\"2012-10-17\"")),
            normal(&variable.replace("\"V\"", "\"2008-10-17\""))
        );
        assert_eq!(normal(r#"{"Statement": []}"#), None);
    }

    #[test]
    fn what_is_not_known_is_the_same_as_nothing_else() {
        let with = |unknown: Unknown| {
            let at = crate::source::Origin::NONE;
            let statement = Value::fields(
                [
                    ("Effect", Value::string("Allow", at)),
                    ("Action", Value::string("s3:GetObject", at)),
                    ("Resource", Value::unknown(unknown, at)),
                ],
                at,
            );
            Document::of_value(&Value::fields([("Statement", Value::list(vec![statement], at))], at)).normal_form()
        };
        let at = crate::source::Origin::NONE;
        assert_eq!(with(Unknown::new(Why::Function, "timestamp()", at)), None);
        let input = || Unknown::new(Why::NoValue, "var.bucket", at);
        assert!(with(input()).is_some());
        assert_eq!(with(input()), with(input()));
        assert_ne!(with(input()), with(Unknown::new(Why::NoValue, "var.other", at)));
    }
}
