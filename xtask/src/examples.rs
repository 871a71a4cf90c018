//! `cargo xtask examples`: the apps in `examples/`, each started by its one command and used in a browser.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::tools::root;
use crate::{package, test};

/// Those that `cargo xtask test` runs, which has to end within half an hour. `cargo xtask examples` runs all.
pub const QUICK: &[&str] = &["vite-chat"];

/// Builds the package and runs the named examples, or all.
pub fn run(names: &[String]) -> Result<()> {
    let all = all();
    for name in names {
        ensure!(all.contains(name), "there is no example `{name}`, only {}", all.join(", "));
    }
    package::build()?;
    let chosen = if names.is_empty() { &all } else { names };
    run_tests(&chosen.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Runs the tests of the named examples; `pkg/` has to be there.
pub fn run_tests(names: &[&str]) -> Result<()> {
    let files: Vec<_> =
        names.iter().map(|name| root().join(format!("tests/examples/{name}.test.mjs"))).collect();
    test::run_files(&files, 1).context("the tests in tests/examples failed")
}

/// Every folder of `examples/`.
fn all() -> Vec<String> {
    let entries = fs::read_dir(root().join("examples")).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter(|entry| entry.path().join("package.json").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_has_a_test_and_every_quick_one_is_there() {
        let tested: Vec<_> = test::test_files("examples")
            .iter()
            .map(|file| file.file_name().unwrap().to_string_lossy().replace(".test.mjs", ""))
            .collect();
        assert_eq!(all(), tested);
        for name in QUICK {
            assert!(all().iter().any(|one| one == name), "{name}");
        }
    }
}
