//! Paths as code hosts want them: relative to the root of the repository, with `/`.

use std::path::{Component, Path, PathBuf};

use super::WriteOptions;
use crate::source::normalise;

/// The path of a file relative to the root of the repository; a path that lies outside of it stays as the report shows it.
pub(super) fn in_repository(file: &str, options: &WriteOptions) -> String {
    if file.is_empty() {
        return ".".to_owned();
    }
    let absolute = normalise(&options.working_directory.join(file));
    let root = options.repository_root.as_ref().unwrap_or(&options.working_directory);
    match absolute.strip_prefix(normalise(root)) {
        Ok(inside) => slashes(inside),
        Err(_) => slashes(&normalise(Path::new(file))),
    }
}

fn slashes(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .map(|part| match part {
            Component::RootDir => std::borrow::Cow::Borrowed(""),
            other => other.as_os_str().to_string_lossy(),
        })
        .collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// The path of a file as the reference of a URI: relative to the root where possible, percent-encoded.
pub(super) fn uri(file: &str, options: &WriteOptions) -> String {
    let path = in_repository(file, options);
    let mut encoded = String::with_capacity(path.len());
    if PathBuf::from(&path).is_absolute() {
        encoded.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte))
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

/// Whether a URI of [`uri`] is relative to the root.
pub(super) fn is_in_repository(uri: &str) -> bool {
    !uri.starts_with("file://") && uri != ".." && !uri.starts_with("../")
}

#[cfg(test)]
mod tests {
    use super::{in_repository, is_in_repository, uri};
    use crate::report::WriteOptions;

    fn options() -> WriteOptions {
        WriteOptions {
            repository_root: Some("/work/repo".into()),
            working_directory: "/work/repo/infra".into(),
            ..WriteOptions::default()
        }
    }

    #[test]
    fn paths_are_relative_to_the_root() {
        assert_eq!(in_repository("iam.tf", &options()), "infra/iam.tf");
        assert_eq!(in_repository("../modules/./a/b.tf", &options()), "modules/a/b.tf");
        assert_eq!(in_repository("/work/repo/x.tf", &options()), "x.tf");
        assert_eq!(in_repository("", &options()), ".");
        assert_eq!(in_repository("..", &options()), ".");
    }

    #[test]
    fn paths_outside_stay() {
        assert_eq!(in_repository("../../other/x.tf", &options()), "../../other/x.tf");
        assert_eq!(uri("/etc/x.tf", &options()), "file:///etc/x.tf");
        assert!(!is_in_repository(&uri("../../other/x.tf", &options())));
        let nowhere = WriteOptions::default();
        assert_eq!(in_repository("a/b.tf", &nowhere), "a/b.tf");
    }

    #[test]
    fn uris_are_encoded() {
        assert_eq!(uri("a b/é#[1].tf", &options()), "infra/a%20b/%C3%A9%23%5B1%5D.tf");
    }
}
