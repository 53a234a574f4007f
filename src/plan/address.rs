//! Addresses and references taken apart: names, instance keys, module calls.

/// One name of an address with its instance key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment<'t> {
    /// The name without its key.
    pub(super) name: &'t str,
    /// The key with its brackets, or nothing.
    pub(super) key: &'t str,
    /// The first byte in the address.
    pub(super) start: usize,
    /// One past the last byte of name and key.
    pub(super) end: usize,
}

/// The names of an address between its dots; dots within keys do not count.
pub(super) fn segments(address: &str) -> Vec<Segment<'_>> {
    let bytes = address.as_bytes();
    let mut found = Vec::new();
    let (mut start, mut key, mut at) = (0, None, 0);
    let mut push = |start: usize, key: Option<usize>, end: usize| {
        let middle = key.unwrap_or(end);
        let name = address.get(start..middle).unwrap_or("");
        found.push(Segment { name, key: address.get(middle..end).unwrap_or(""), start, end });
    };
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'.' => {
                push(start, key, at);
                (start, key) = (at + 1, None);
            }
            b'[' => {
                key = key.or(Some(at));
                at = end_of_key(bytes, at);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    push(start, key, bytes.len());
    found
}

/// One past the bracket that closes the key which opens at `at`.
fn end_of_key(bytes: &[u8], mut at: usize) -> usize {
    let mut quoted = false;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b']' if !quoted => return at,
            _ => {}
        }
    }
    bytes.len()
}

/// The module calls at the start of an address, each with its key: `module.a["x"]`, `module.b`.
pub(super) fn module_calls<'t>(address: &'t str, segments: &[Segment<'t>]) -> Vec<&'t str> {
    let mut calls = Vec::new();
    let mut rest = segments;
    while let [keyword, name, after @ ..] = rest
        && keyword.name == "module"
    {
        calls.push(address.get(keyword.start..name.end).unwrap_or(""));
        rest = after;
    }
    calls
}

/// The module that a resource stands in, as its address begins, and the key of the instance.
pub(super) fn surroundings(address: &str) -> (&str, &str) {
    let parts = segments(address);
    let mut end = 0;
    for pair in parts.chunks_exact(2) {
        match pair {
            [keyword, name] if keyword.name == "module" => end = name.end,
            _ => break,
        }
    }
    (address.get(..end).unwrap_or(""), parts.last().map_or("", |last| last.key))
}

/// The module that calls this one; `None` for the root module.
pub(super) fn calling_module(module: &str) -> Option<(&str, &str)> {
    let parts = segments(module);
    let name = parts.last().filter(|_| parts.len() >= 2)?;
    let keyword = parts.get(parts.len() - 2)?;
    Some((module.get(..keyword.start.saturating_sub(1)).unwrap_or(""), name.key))
}

/// An address within a module.
pub(super) fn join(module: &str, inner: &str) -> String {
    if module.is_empty() { inner.to_owned() } else { format!("{module}.{inner}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_brackets_in_keys_do_not_part_an_address() {
        let address = r#"module.a["x.y]\".z"].module.b[0].aws_iam_user.c["d.e"]"#;
        let parts = segments(address);
        let names: Vec<_> = parts.iter().map(|part| part.name).collect();
        assert_eq!(names, ["module", "a", "module", "b", "aws_iam_user", "c"]);
        assert_eq!(parts[1].key, r#"["x.y]\".z"]"#);
        assert_eq!(module_calls(address, &parts), [r#"module.a["x.y]\".z"]"#, "module.b[0]"]);
        assert_eq!(surroundings(address), (r#"module.a["x.y]\".z"].module.b[0]"#, r#"["d.e"]"#));
    }

    #[test]
    fn a_module_knows_its_caller() {
        assert_eq!(calling_module(r#"module.a["x"].module.b[0]"#), Some((r#"module.a["x"]"#, "[0]")));
        assert_eq!(calling_module("module.a"), Some(("", "")));
        assert_eq!(calling_module(""), None);
    }

    #[test]
    fn broken_addresses_are_taken_as_they_are() {
        assert_eq!(segments("").len(), 1);
        assert_eq!(segments("a[\"b.").last().map(|part| part.key), Some("[\"b."));
        assert_eq!(segments("a..b").len(), 3);
    }
}
