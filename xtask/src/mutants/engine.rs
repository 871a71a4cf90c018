//! The engine's mutants, tested by the native tests.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{Suite, copy_checkout, run_with_patience};
use crate::tools::cargo;

pub fn prepare(folder: &Path) -> Result<Box<dyn Suite>> {
    let engine = Engine { folder: folder.to_owned() };
    copy_checkout(SOURCES, &engine.tree())?;
    Ok(Box::new(engine))
}

struct Engine {
    folder: PathBuf,
}

impl Suite for Engine {
    fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    fn test(&mut self) -> Result<Option<String>> {
        for stage in STAGES {
            let caught_by = self.run(stage)?;
            if caught_by.is_some() {
                return Ok(caught_by);
            }
        }
        Ok(None)
    }
}

impl Engine {
    fn run(&self, stage: &[&str]) -> Result<Option<String>> {
        let log = self.folder.join("log.txt");
        let mut command = cargo();
        command
            .args(["test", "--package", "holdfast", "--offline"])
            .args(stage)
            .current_dir(self.tree())
            .env("CARGO_TARGET_DIR", self.folder.join("target"));
        let (text, status) = run_with_patience(&mut command, &log)?;
        if text.contains("error: could not compile") {
            bail!("it does not compile, see {}", log.display());
        }
        let failed =
            |line: &str| Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_owned());
        // Tests end in any order, so take the first name.
        let caught_by = text.lines().filter_map(failed).min();
        Ok(caught_by.or_else(|| status.is_none().then(|| format!("it hangs: {}", stage.join(" ")))))
    }
}

/// The files that cargo needs for the engine's native tests.
const SOURCES: &[&str] =
    &["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "src", "sim", "tests", "xtask"];

/// The scenario tests run first: they are quick, and their names tell more than those of random tests.
const STAGES: [&[&str]; 2] = [
    &["--lib", "--test", "scenarios", "--test", "client", "--test", "found"],
    &["--test", "props", "--test", "sim"],
];
