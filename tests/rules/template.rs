//! CloudFormation YAML to the JSON that says the same.

use iacscan::source::FileId;
use iacscan::syntax::node::{Node, NodeKind, Style};
use iacscan::syntax::yaml;
use serde_json::{Value, json};

pub(crate) fn to_json(text: &str) -> String {
    let (documents, diagnostics) = yaml::parse(FileId::NONE, text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    serde_json::to_string_pretty(&of_node(&documents[0])).unwrap()
}

fn of_node(node: &Node) -> Value {
    let node = node.target();
    let plain = match &node.kind {
        NodeKind::Scalar(text, Style::Plain) => match &**text {
            "true" => json!(true),
            "false" => json!(false),
            "null" | "~" | "" => Value::Null,
            number if number.parse::<i64>().is_ok_and(|n| n.to_string() == number) => {
                json!(number.parse::<i64>().unwrap())
            }
            text => json!(text),
        },
        NodeKind::Scalar(text, _) => json!(&**text),
        NodeKind::Sequence(items) => items.iter().map(of_node).collect(),
        NodeKind::Mapping(pairs) => {
            let pair = |(key, value): &(Node, Node)| (key.as_str().unwrap().to_owned(), of_node(value));
            Value::Object(pairs.iter().map(pair).collect())
        }
        NodeKind::Alias(_) => unreachable!("targets are no aliases"),
    };
    match &node.tag {
        None => plain,
        Some((tag, _)) => match &**tag {
            "Ref" | "Condition" => json!({ &**tag: plain }),
            "GetAtt" => match plain.as_str().and_then(|text| text.split_once('.')) {
                Some((resource, attribute)) => json!({ "Fn::GetAtt": [resource, attribute] }),
                None => json!({ "Fn::GetAtt": plain }),
            },
            function => json!({ format!("Fn::{function}"): plain }),
        },
    }
}
