//! iacscan tells what a Terraform, OpenTofu, CloudFormation or SAM change lets into an AWS account, before it is deployed.

pub mod cli;
pub mod cloudformation;
pub mod config;
pub mod diagnostic;
pub mod iam;
pub mod input;
pub mod model;
pub mod plan;
pub mod report;
pub mod rules;
pub mod scan;
pub mod source;
pub mod syntax;
pub mod terraform;
pub mod value;
