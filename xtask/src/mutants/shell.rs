//! The mutants of the package's JavaScript and of the Rust code that drives it, tested in Node. Those of saved
//! messages also need a browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{Suite, copy_checkout, run_with_patience};
use crate::npm;
use crate::package::bundle;
use crate::test::test_files;
use crate::tools::{node, root};
use crate::wasm::{self, Artifacts};

pub fn prepare(folder: &Path) -> Result<Box<dyn Suite>> {
    prepare_with(folder, test_files("js"))
}

pub fn prepare_durable(folder: &Path) -> Result<Box<dyn Suite>> {
    let is_of_it = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("durable") || name == "chaos.test.mjs"
    };
    let mut files = test_files("js/durable");
    files.extend(test_files("e2e").into_iter().filter(is_of_it));
    let suite = prepare_with(folder, files)?;
    // The demo's packages, which include its database, are not above the copy.
    let packages = "js-demo/node_modules";
    #[cfg(unix)]
    std::os::unix::fs::symlink(root().join(packages), suite.tree().join(packages))?;
    Ok(suite)
}

fn prepare_with(folder: &Path, files: Vec<PathBuf>) -> Result<Box<dyn Suite>> {
    let tree = folder.join("tree");
    copy_checkout(SOURCES, &tree)?;
    npm::install(root())?;
    let files = files.into_iter();
    let files = files.map(|path| Ok((Duration::ZERO, path.strip_prefix(root())?.to_owned())));
    let files = files.collect::<Result<_>>()?;
    Ok(Box::new(Shell { folder: folder.to_owned(), compiled: None, files }))
}

struct Shell {
    folder: PathBuf,
    /// The module, and the sources that it was compiled from.
    compiled: Option<(Vec<u8>, Artifacts)>,
    /// The test files, with the duration of each.
    files: Vec<(Duration, PathBuf)>,
}

impl Suite for Shell {
    /// Inside of the checkout, where Node finds the checkout's node_modules.
    fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    fn test(&mut self) -> Result<Option<String>> {
        self.compile()?;
        let Some((_, artifacts)) = &self.compiled else { return Ok(None) };
        let mut build = bundle(&self.tree(), artifacts);
        // The size limit does not apply to a bug.
        let log = self.folder.join("build.txt");
        let (text, status) = run_with_patience(build.arg("--any-size"), &log)?;
        ensure!(status.is_some_and(|status| status.success()), "it does not build:\n{text}");
        for index in 0..self.files.len() {
            let begin = Instant::now();
            let caught_by = self.run(&self.files[index].1)?;
            self.files[index].0 = begin.elapsed();
            // On a busy machine a test may fail without a reason, but hardly the same one twice.
            if caught_by.is_some() && self.run(&self.files[index].1)? == caught_by {
                // The next bug is usually in the same area.
                self.files[..=index].rotate_right(1);
                return Ok(caught_by);
            }
        }
        // No test failed, so these are the real durations: sort the quick ones first.
        self.files.sort();
        Ok(None)
    }
}

impl Shell {
    /// Compiles the module, unless it was compiled from the present sources.
    fn compile(&mut self) -> Result<()> {
        let sources = contents(&self.tree().join("src"))?;
        if self.compiled.as_ref().is_none_or(|(of, _)| *of != sources) {
            let artifacts = wasm::compile_tree(&self.tree(), &self.folder.join("target"))?;
            self.compiled = Some((sources, artifacts));
        }
        Ok(())
    }

    fn run(&self, file: &Path) -> Result<Option<String>> {
        let mut command = node();
        let reporter = root().join("xtask/src/mutants/reporter.mjs");
        command.current_dir(self.tree()).arg("--test-reporter").arg(reporter).arg(file);
        let (text, status) = run_with_patience(&mut command, &self.folder.join("log.txt"))?;
        if status.is_some_and(|status| status.success()) {
            return Ok(None);
        }
        let named = text.lines().find_map(|line| line.strip_prefix("caught by "));
        let unnamed = if status.is_none() { "it hangs:" } else { "all of" };
        let unnamed = || format!("{unnamed} {}", file.display());
        Ok(Some(named.map_or_else(unnamed, str::to_owned)))
    }
}

/// The contents of all files of a folder.
fn contents(folder: &Path) -> Result<Vec<u8>> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    let mut all = Vec::new();
    for entry in entries {
        let path = entry.path();
        all.extend(if path.is_dir() { contents(&path)? } else { fs::read(&path)? });
    }
    Ok(all)
}

/// The sources of the package and of its tests, which use the demo's proxy and database.
const SOURCES: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "src",
    "sim",
    "xtask",
    "package.json",
    "README.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "pkg-template",
    "src/border/settings.rs",
    "tests",
    "bench",
    "js-demo/lab",
    "js-demo/server",
    "js-demo/package.json",
];
