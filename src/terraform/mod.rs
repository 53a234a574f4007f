//! Terraform and OpenTofu configurations, evaluated as Terraform evaluates them.

mod functions;
