//! The picture as a Mermaid flowchart.

use std::io::{self, Write};

use super::overview::Overview;
use super::page::pictures;
use super::picture::{Kind, Node, Tie, Weight};

/// Labels on white, and wide enough not to be broken.
const SETTINGS: &str =
    r##"%%{init: {"flowchart": {"wrappingWidth": 320}, "themeVariables": {"edgeLabelBackground": "#ffffff"}}}%%"##;

const CLASSES: &str = "  classDef plain fill:#f8fafc,stroke:#64748b,color:#0f172a
  classDef outside fill:#e0f2fe,stroke:#0369a1,color:#0c4a6e
  classDef escalates fill:#fef3c7,stroke:#b45309,color:#78350f
  classDef administrator fill:#fee2e2,stroke:#b91c1c,color:#7f1d1d,stroke-width:2px
  classDef folded fill:#ffffff,stroke:#94a3b8,color:#475569,stroke-dasharray:4 3
";

pub(super) fn write(overview: &Overview, out: &mut dyn Write) -> io::Result<()> {
    let (pictures, left_out) = pictures(overview);
    writeln!(out, "{SETTINGS}\nflowchart LR")?;
    if pictures.is_empty() && left_out.is_none() {
        return writeln!(out, "  n0[\"no users, groups or roles\"]");
    }
    let several = overview.units.len() > 1;
    let (mut first, mut links, mut dangerous) = (0, 0, Vec::new());
    for (nth, picture) in pictures.iter().enumerate() {
        if several {
            writeln!(out, "  subgraph u{nth}[\"{}\"]", escaped(&picture.title))?;
            writeln!(out, "  direction LR")?;
        }
        for (at, node) in picture.nodes.iter().enumerate() {
            write_node(first + at, node, out)?;
        }
        for edge in &picture.edges {
            let arrow = match edge.tie {
                Tie::Member | Tie::Trust => "-->",
                Tie::Guarded => "-.->",
                Tie::Escalation => "==>",
            };
            let label = if edge.label.is_empty() { String::new() } else { format!("|\"{}\"|", escaped(&edge.label)) };
            writeln!(out, "  n{} {arrow}{label} n{}", first + edge.from, first + edge.to)?;
            if edge.tie == Tie::Escalation {
                dangerous.push(links.to_string());
            }
            links += 1;
        }
        if several {
            writeln!(out, "  end")?;
            writeln!(out, "  style u{nth} fill:#ffffff,stroke:#cbd5e1")?;
        }
        first += picture.nodes.len();
    }
    if let Some(left_out) = &left_out {
        write_node(first, left_out, out)?;
    }
    out.write_all(CLASSES.as_bytes())?;
    if !dangerous.is_empty() {
        writeln!(out, "  linkStyle {} stroke:#b91c1c,color:#7f1d1d", dangerous.join(","))?;
    }
    Ok(())
}

fn write_node(number: usize, node: &Node, out: &mut dyn Write) -> io::Result<()> {
    let (open, close) = shape(&node.kind);
    let label: Vec<String> = node.lines.iter().map(|line| escaped(line)).collect();
    writeln!(out, "  n{number}{open}\"{}\"{close}:::{}", label.join("<br/>"), class(node))
}

fn shape(kind: &Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::User => ("([", "])"),
        Kind::Group => ("[[", "]]"),
        Kind::Role | Kind::PermissionSet => ("[", "]"),
        Kind::Outside => ("{{", "}}"),
        Kind::Everything => ("((", "))"),
        Kind::Folded => ("[", "]"),
    }
}

fn class(node: &Node) -> &'static str {
    match (&node.kind, node.weight) {
        (Kind::Folded, _) => "folded",
        (_, Weight::Plain) => "plain",
        (_, Weight::Outside) => "outside",
        (_, Weight::Escalates) => "escalates",
        (_, Weight::Administrator) => "administrator",
    }
}

/// A text within the quotes of a label: whatever Mermaid, Markdown or HTML might take for more than a letter is written by its
/// number.
pub(super) fn escaped(text: &str) -> String {
    let mut label = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ' ' | '.' | ',' | '/' | '+' | '-' | '_' | ':' | '?' | '…' => label.push(character),
            letter if letter.is_alphanumeric() => label.push(letter),
            other => label.push_str(&format!("#{};", u32::from(other))),
        }
    }
    label
}
