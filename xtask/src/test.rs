//! `cargo xtask test`: every test of the project.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::steps::{ALWAYS, Step};
use crate::tools::{cargo, node, root, run};
use crate::{browser, demo, npm, package, server_rs, wasm};

/// Every test there is. A step whose files are not in the checkout is reported as absent.
pub const STEPS: &[Step] = &[
    Step {
        name: "native",
        title: "the engine and the commands, on this machine",
        needs: &[],
        browser: false,
        exists: ALWAYS,
        run: || run(cargo().args(["test", "--workspace"])),
    },
    Step {
        name: "web",
        title: "the WebAssembly shell, in a browser",
        needs: &[],
        browser: true,
        exists: has_web_tests,
        run: wasm::test,
    },
    Step {
        name: "package",
        title: "the npm package builds and keeps to its size",
        needs: &[],
        browser: false,
        exists: ALWAYS,
        run: package::build,
    },
    Step {
        name: "js",
        title: "the package's JavaScript, in Node",
        needs: &["package"],
        browser: false,
        exists: || !test_files("js").is_empty(),
        run: || node_test("js", &[]),
    },
    Step {
        name: "server-rs",
        title: "the crate for servers of socketioxide",
        needs: &[],
        browser: false,
        exists: ALWAYS,
        run: server_rs::test,
    },
    Step {
        name: "servers",
        title: "the package against servers of other people, without and with acknowledgements",
        needs: &["package"],
        browser: true,
        exists: || !test_files("servers").is_empty(),
        run: || node_test("servers", ONE_AT_A_TIME),
    },
    Step {
        name: "consumers",
        title: "the packed package, installed into apps as users have them",
        needs: &["package"],
        browser: true,
        exists: || !test_files("consumers").is_empty(),
        run: || node_test("consumers", ONE_AT_A_TIME),
    },
    Step {
        name: "docs",
        title: "every code sample of the README and the documentation",
        needs: &["package"],
        browser: true,
        exists: || !test_files("docs").is_empty(),
        run: || node_test("docs", &[]),
    },
    Step {
        name: "demo",
        title: "the demo app builds",
        needs: &["package"],
        browser: false,
        exists: demo::exists,
        run: demo::build,
    },
    Step {
        name: "e2e",
        title: "the demo app in a browser, with faults injected",
        needs: &["package", "demo"],
        browser: true,
        exists: || !test_files("e2e").is_empty(),
        run: || node_test("e2e", ONE_AT_A_TIME),
    },
];

/// Whether the shell has tests for the browser.
pub fn has_web_tests() -> bool {
    root().join("tests/web.rs").is_file() || root().join("tests/web/main.rs").is_file()
}

/// Browsers and package installs side by side only slow each other down, and time matters in them.
const ONE_AT_A_TIME: &[&str] = &["--test-concurrency=1"];

/// A test file that hangs fails after ten minutes instead of holding up everything.
const FILE_TIMEOUT: &str = "--test-timeout=600000";

/// One that waits for nothing says first where it stood.
const WATCHDOG: &str = "--import=./tests/support/watchdog.mjs";

/// What a file leaves open when its last test is over (a browser that did not end) holds nothing up.
const EXIT_WHEN_DONE: &str = "--test-force-exit";

fn node_test(group: &str, flags: &[&str]) -> Result<()> {
    npm::install(root())?;
    let mut command = node();
    browser::find()?.announce(&mut command);
    run(command
        .args([WATCHDOG, "--test", "--test-reporter=spec", FILE_TIMEOUT, EXIT_WHEN_DONE])
        .args(flags)
        .args(test_files(group)))
    .with_context(|| format!("the tests in tests/{group} failed"))
}

/// Listed here, because Node 20 knows no patterns. Folders inside of a group belong to it, but for those
/// with a package.json: they are apps that the tests use, with tests of their own kind.
pub fn test_files(group: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join("tests").join(group)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                if !path.join("package.json").exists() {
                    folders.push(path);
                }
            } else if path.to_string_lossy().ends_with(".test.mjs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::test_files;

    #[test]
    fn a_folder_inside_of_a_group_belongs_to_it_and_an_app_does_not() {
        let has = |group, end| test_files(group).iter().any(|file| file.ends_with(end));
        assert!(has("e2e", "e2e/socket-io-client/retries.test.mjs"));
        assert!(has("consumers", "consumers/jest.test.mjs"));
        assert!(!has("consumers", "jest/socket.test.mjs"));
    }
}
