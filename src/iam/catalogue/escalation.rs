//! The known paths of escalation.

use std::sync::OnceLock;

const PATHS: &str = include_str!("data/privesc.toml");

/// A way from some permissions to more. `data/privesc.toml` says what each field means.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationPath {
    /// A stable name.
    pub id: String,
    /// The permissions that must all be held; `a|b` is either.
    pub all: Vec<String>,
    /// Permissions that only make it more convenient.
    #[serde(default)]
    pub helpers: Vec<String>,
    /// `self`, `principal`, `passrole`, `reuse`, `trust`, `guardrail`, `org`.
    pub class: String,
    /// `self`, `user`, `role`, `role-passed`, `role-attached`, `any-account`.
    pub reaches: String,
    /// The services whose trust the role that is passed or attached carries.
    #[serde(default, deserialize_with = "one_or_many")]
    pub service: Vec<String>,
    /// The permissions alone suffice.
    #[serde(default)]
    pub direct: bool,
    /// What must be there already.
    #[serde(default)]
    pub needs: String,
    /// What closes the path although the permission is there.
    #[serde(default)]
    pub defuse: Vec<String>,
    /// How bad an unconfined, unconditional grant is.
    pub severity: String,
    /// The service is gone.
    #[serde(default)]
    pub retired: bool,
    /// Where it is described.
    #[serde(default)]
    pub src: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Book {
    path: Vec<EscalationPath>,
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Either {
        One(String),
        Many(Vec<String>),
    }
    let either = <Either as serde::Deserialize>::deserialize(deserializer)?;
    Ok(match either {
        Either::One(one) => vec![one],
        Either::Many(many) => many,
    })
}

/// The known paths of escalation, in the order of the file; read at the first question.
pub fn escalation_paths() -> &'static [EscalationPath] {
    static ALL: OnceLock<Vec<EscalationPath>> = OnceLock::new();
    ALL.get_or_init(|| toml::from_str::<Book>(PATHS).map(|book| book.path).unwrap_or_default())
}
