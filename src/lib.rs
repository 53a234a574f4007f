//! iacscan tells what a Terraform, OpenTofu, CloudFormation or SAM change lets into an AWS account, before it is deployed.

pub mod cloudformation;
pub mod diagnostic;
pub mod iam;
pub mod model;
pub mod plan;
pub mod report;
pub mod rules;
pub mod source;
pub mod syntax;
pub mod terraform;
pub mod value;
