//! IAM as AWS evaluates it: documents, statements, principals, trust, and who is tied to what.

mod access;
mod accounts;
pub mod action_set;
mod answer;
mod arn;
mod cached;
pub mod catalogue;
pub mod compare;
pub mod condition;
mod coverage;
mod denial;
mod document;
mod escalation;
mod everything;
pub mod exposure;
mod facts;
mod field;
pub mod form;
pub mod glob;
mod identity;
mod loose;
mod normal;
mod own_account;
mod own_tags;
mod owner;
pub mod pattern;
mod power;
mod principal;
mod provider;
pub mod reach;
mod reference;
mod requester;
mod reserved_role;
mod resource_grant;
mod rest;
mod statement;
mod step;
mod subject;
mod surroundings;
mod tag;
mod taken;
mod tie;
mod trust;
mod watched;

pub use access::{
    Access, Actor, Ceiling, Decision, Filter, LevelAccess, Outsider, SOME, Trusted, WithoutEffect, is_gone,
};
pub use answer::Answer;
pub use condition::{OpenTest, Test};
pub use document::{Document, Elements, Statement};
pub use field::fields_of;
pub use identity::Identity;
pub use power::{Administrator, Escalation, EscalationState, Passage};
pub use principal::{Account, Party, PartyKind, parties};
pub use step::Step;
pub use subject::{KINDS as SUBJECT_KINDS, Subject};
