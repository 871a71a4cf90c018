//! Reads the lists of deliberate bugs. Each paragraph contains what the bug breaks, its file, the lines to replace
//! (`- `), which must occur once in that file, and their replacement (`+ `), if any.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// A deliberate bug.
pub struct Mutant {
    pub breaks: String,
    /// Relative to the checkout's root.
    pub file: String,
    find: String,
    replace: String,
}

/// Reads a list. Paragraphs that begin with `#` are comments.
pub fn parse(list: &str) -> Result<Vec<Mutant>> {
    let paragraphs = list.split("\n\n").filter(|paragraph| !paragraph.starts_with('#'));
    paragraphs.map(|paragraph| read(paragraph).with_context(|| paragraph.to_owned())).collect()
}

fn read(paragraph: &str) -> Result<Mutant> {
    let mut lines = paragraph.trim_matches('\n').lines();
    let breaks = lines.next().context("the paragraph is empty")?.to_owned();
    let file = lines.next().context("the second line must be a file")?.to_owned();
    let lines: Vec<&str> = lines.collect();
    let with = |sign| {
        lines.iter().filter_map(|line| line.strip_prefix(sign)).collect::<Vec<_>>().join("\n")
    };
    let (find, replace) = (with("- "), with("+ "));
    let is_read = lines.iter().all(|line| line.starts_with("- ") || line.starts_with("+ "));
    ensure!(is_read && !find.is_empty(), "the other lines must begin with `- ` or `+ `");
    Ok(Mutant { breaks, file, find, replace })
}

impl Mutant {
    /// The text of its file with the bug applied.
    pub fn applied(&self, tree: &Path) -> Result<String> {
        let path = tree.join(&self.file);
        let source = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let count = source.matches(&self.find).count();
        ensure!(
            count == 1,
            "the bug `{}` finds its lines {count} times in {}:\n{}",
            self.breaks,
            self.file,
            self.find
        );
        Ok(source.replacen(&self.find, &self.replace, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::super::SUBJECTS;
    use super::*;
    use crate::tools::root;

    #[test]
    fn each_mutant_finds_its_lines_and_changes_them() {
        let mut lost = Vec::new();
        for mutant in SUBJECTS.iter().flat_map(|subject| parse(subject.list).unwrap()) {
            let source = fs::read_to_string(root().join(&mutant.file)).unwrap();
            match mutant.applied(root()) {
                Ok(mutated) => assert_ne!(mutated, source, "{}", mutant.breaks),
                Err(error) => lost.push(error.to_string()),
            }
        }
        assert!(lost.is_empty(), "{}", lost.join("\n"));
    }

    #[test]
    fn a_bug_whose_lines_are_gone_is_named() {
        let list = "a bug\nCargo.toml\n- no such line\n+ another";
        let error = parse(list).unwrap()[0].applied(root()).unwrap_err().to_string();
        assert!(error.contains("a bug") && error.contains("Cargo.toml"), "{error}");
    }

    #[test]
    fn paragraph_that_is_no_bug_is_refused() {
        for list in ["says what", "says what\nfile.rs", "says what\nfile.rs\nbut no line"] {
            assert!(parse(list).is_err(), "{list}");
        }
    }
}
