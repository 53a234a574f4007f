//! A name for a finding that survives moved lines, so that a baseline or a code host knows it again.

use std::collections::HashMap;

use crate::report::Finding;

/// Sixteen hex digits of the rule, the address of the resource, and what tells findings of one rule on one resource
/// apart, such as the path of the attribute. Lines and files play no part. The digits never change between versions.
pub fn fingerprint(rule: &str, resource: &str, detail: &str) -> String {
    // FNV-1a with 128 bits, folded. The byte between the parts occurs in no UTF-8 text.
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let bytes = rule.bytes().chain([0xFF]).chain(resource.bytes()).chain([0xFF]).chain(detail.bytes());
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    format!("{:016x}", (hash >> 64) as u64 ^ hash as u64)
}

/// Makes fingerprints unique: the second finding of a fingerprint gets `:2` behind it, the third `:3`, in order.
pub fn number_duplicates(findings: &mut [Finding]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let count = seen.entry(finding.fingerprint.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            finding.fingerprint.push_str(&format!(":{count}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{fingerprint, number_duplicates};
    use crate::report::sample;

    #[test]
    fn fingerprints_are_fixed_forever() {
        assert_eq!(fingerprint("a-rule", "aws_iam_user.a", "policy.Statement[0]"), "a2f905e6467963e0");
        assert_ne!(fingerprint("a", "bc", ""), fingerprint("ab", "c", ""));
    }

    #[test]
    fn duplicates_are_numbered_in_order() {
        let mut findings = sample::report().findings;
        for finding in &mut findings {
            finding.fingerprint = "0123456789abcdef".to_owned();
        }
        number_duplicates(&mut findings);
        let shown: Vec<&str> = findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
        assert_eq!(shown, ["0123456789abcdef", "0123456789abcdef:2", "0123456789abcdef:3", "0123456789abcdef:4"]);
    }
}
