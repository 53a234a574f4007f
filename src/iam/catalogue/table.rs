//! Texts of sections, read where they are: nothing is decoded but where the sections begin.

use std::sync::OnceLock;

/// The name and the lines of a section.
pub(super) type Section = (&'static str, &'static str);

/// A text of sections, each under a line `[name]`.
pub(super) struct Table {
    text: &'static str,
    sections: OnceLock<Vec<Section>>,
}

impl Table {
    pub(super) const fn new(text: &'static str) -> Table {
        Table { text, sections: OnceLock::new() }
    }

    /// The sections with their names, sorted.
    pub(super) fn sections(&self) -> &[Section] {
        self.sections.get_or_init(|| {
            let starts: Vec<usize> = memchr::memmem::find_iter(self.text.as_bytes(), "\n[").map(|at| at + 2).collect();
            let ends = starts.iter().skip(1).map(|next| next - 2).chain([self.text.len()]);
            let section = |(start, end): (&usize, usize)| self.text.get(*start..end)?.split_once("]\n");
            let mut sections: Vec<Section> = starts.iter().zip(ends).filter_map(section).collect();
            sections.sort_unstable();
            sections
        })
    }

    /// The lines of a section; empty where there is none of that name.
    pub(super) fn section(&self, name: &str) -> &'static str {
        let sections = self.sections();
        let found = sections.binary_search_by(|(other, _)| (*other).cmp(name));
        found.ok().and_then(|at| sections.get(at)).map_or("", |(_, lines)| lines)
    }

    /// What stands in the line that begins with a name, whatever its case; names end with a blank, a colon or the line.
    pub(super) fn line(&self, section: &str, name: &str) -> Option<&'static str> {
        self.section(section).lines().find_map(|line| {
            let (first, rest) = line.split_at_checked(name.len())?;
            let ends = rest.is_empty() || rest.starts_with([' ', ':']);
            (ends && first.eq_ignore_ascii_case(name)).then(|| rest.trim_start_matches([':', ' ']))
        })
    }
}

/// The rows of a table of tabs, comments left out.
pub(super) fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| line.split('\t').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_section_and_name() {
        static TABLE: Table = Table::new("# head\n[b]\nGet X\nGetAll: Y\n[a]\nPut\n");
        assert_eq!(TABLE.sections().iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(TABLE.line("b", "get"), Some("X"));
        assert_eq!(TABLE.line("b", "GetAll"), Some("Y"));
        assert_eq!(TABLE.line("b", "GetA"), None);
        assert_eq!(TABLE.line("a", "Put"), Some(""));
        assert_eq!(TABLE.line("c", "Put"), None);
    }
}
