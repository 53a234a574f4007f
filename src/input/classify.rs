//! What a file is, by its content; cheap enough to ask of every YAML and JSON file of a repository.

use memchr::memmem;

/// What a text may be. The parser of the format has the last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// HCL, native syntax.
    Hcl,
    /// Terraform's JSON syntax.
    HclJson,
    /// A CloudFormation or SAM template in JSON.
    TemplateJson,
    /// A CloudFormation or SAM template in YAML.
    TemplateYaml,
    /// `terraform show -json`.
    Plan,
    /// A policy document.
    Policy,
    /// None of ours.
    Other,
}

/// Tells a text by what it holds. `name` decides only between HCL and the rest; an empty name (standard input) leaves
/// everything to the content.
pub fn classify(name: &str, text: &str) -> Format {
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".tf.json") || lower.ends_with(".tofu.json") {
        return Format::HclJson;
    }
    if lower.ends_with(".tf") || lower.ends_with(".tofu") || lower.rsplit('/').next() == Some("terragrunt.hcl") {
        return Format::Hcl;
    }
    let has = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let start = text.trim_start_matches('\u{FEFF}').trim_start();
    if start.starts_with('{') {
        let is_plan_like = has("\"format_version\"") && (has("\"terraform_version\"") || has("\"resource_changes\""));
        if super::plan::is_plan(text) || (is_plan_like && !has("\"Statement\"")) {
            return Format::Plan;
        }
        if has("\"Resources\"") && (has("::") || has("\"AWSTemplateFormatVersion\"")) {
            return Format::TemplateJson;
        }
        if has("\"Statement\"") && has("\"Effect\"") {
            return Format::Policy;
        }
        if lower.ends_with(".json") || lower.is_empty() {
            return Format::Other;
        }
    }
    let is_template = has("Resources") && (has("AWS::") || has("AWSTemplateFormatVersion") || has("Alexa::"));
    // A service of the Serverless Framework may have no resources of its own and yet a role for its functions.
    let is_service = || has("service:") && has("provider:") && (has("iamRoleStatements") || has("statements:"));
    if is_template || is_service() {
        return Format::TemplateYaml;
    }
    let looks_like_hcl = || {
        let words = [
            "resource \"",
            "data \"",
            "module \"",
            "variable \"",
            "locals {",
            "provider \"",
            "terraform {",
            "output \"",
        ];
        text.lines().take(2000).any(|line| words.iter().any(|word| line.trim_start().starts_with(word)))
    };
    if lower.is_empty() && looks_like_hcl() { Format::Hcl } else { Format::Other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        assert_eq!(classify("x.yaml", "on: push\njobs: {}\n"), Format::Other);
        assert_eq!(classify("x.yml", "Resources:\n  A:\n    Type: AWS::IAM::User\n"), Format::TemplateYaml);
        assert_eq!(
            classify("x.json", "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\"}]}"),
            Format::Policy
        );
        assert_eq!(classify("", "resource \"aws_iam_user\" \"a\" {}\n"), Format::Hcl);
        let service = "service: a\nprovider:\n  name: aws\n  iam: {role: {statements: []}}\n";
        assert_eq!(classify("serverless.yml", service), Format::TemplateYaml);
        assert_eq!(classify("package.json", "{\"name\":\"x\"}"), Format::Other);
    }
}
