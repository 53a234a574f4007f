//! IAM as AWS evaluates it: documents, statements, principals, trust, and who is tied to what.

mod access;
pub mod action_set;
mod arn;
pub mod catalogue;
pub mod compare;
pub mod condition;
mod credential;
mod document;
mod escalation;
mod everything;
pub mod exposure;
mod field;
pub mod form;
pub mod glob;
mod grant;
mod identity;
mod normal;
pub mod pattern;
mod principal;
pub mod reach;
mod statement;
mod subject;
mod trust;
mod trusted;

pub use access::{Access, Actor, Decision, LevelAccess, Outsider, Step, is_gone};
pub use condition::Test;
pub use document::{Document, Elements, Statement};
pub use escalation::{Administrator, Escalation, EscalationState, Passage};
pub use field::fields_of;
pub use identity::Identity;
pub use principal::{Account, Party, PartyKind, parties};
pub use statement::Answer;
pub use subject::{KINDS as SUBJECT_KINDS, Subject};
pub use trusted::Trusted;
