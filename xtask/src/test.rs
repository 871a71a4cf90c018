//! `cargo xtask test`: all tests of the project.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use anyhow::{Context, Result};

use crate::steps::{ALWAYS, Step};
use crate::tools::{cargo, node, root, run};
use crate::{browser, demo, examples, npm, package, server_rs, wasm};

/// All test steps. A step whose files are missing from the checkout is reported as absent.
pub const STEPS: &[Step] = &[
    Step {
        name: "native",
        title: "the engine and the commands, natively",
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
        title: "the npm package builds and is within its size limit",
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
        run: || node_test("js", 1),
    },
    Step {
        name: "server-rs",
        title: "the crate for socketioxide servers",
        needs: &[],
        browser: false,
        exists: ALWAYS,
        run: server_rs::test,
    },
    Step {
        name: "servers",
        title: "the package with other server implementations, without and with acknowledgements",
        needs: &["package"],
        browser: true,
        exists: || !test_files("servers").is_empty(),
        run: || node_test("servers", 1),
    },
    Step {
        name: "consumers",
        title: "the packed package, installed into typical apps",
        needs: &["package"],
        browser: true,
        exists: || !test_files("consumers").is_empty(),
        run: || node_test("consumers", 1),
    },
    Step {
        name: "examples",
        title: "an example, used in a browser while its server is killed",
        needs: &["package"],
        browser: true,
        exists: || !test_files("examples").is_empty(),
        run: || examples::run_tests(examples::QUICK),
    },
    Step {
        name: "docs",
        title: "every code sample of the README and the documentation",
        needs: &["package"],
        browser: true,
        exists: || !test_files("docs").is_empty(),
        run: || node_test("docs", one_per_core()),
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
        // Two browsers on two cores take as long as one after the other.
        run: || node_test("e2e", 1),
    },
];

/// Whether the shell has browser tests.
pub fn has_web_tests() -> bool {
    root().join("tests/web.rs").is_file() || root().join("tests/web/main.rs").is_file()
}

/// What plain socket.io-client does under the same faults. No change here can change it, so it has a command of its own.
const PEERS: &str = "e2e/socket-io-client";

/// Runs the tests of plain socket.io-client; `pkg/` and the demo have to be built.
pub fn peers() -> Result<()> {
    npm::install(root())?;
    run_files(&test_files(PEERS), 1).context("the tests of plain socket.io-client failed")
}

/// Files that measure time or memory, that depend on which of two processes is faster, or that keep a core busy for so
/// long that others would miss their deadlines. They run one at a time, after the other files of their group.
const ALONE: &[&str] = &[
    "e2e/budget.test.mjs",
    "e2e/chaos.test.mjs",
    "e2e/demo-server/bad-requests.test.mjs",
    "e2e/half-open.test.mjs",
    "e2e/memory.test.mjs",
    "e2e/narrow-link.test.mjs",
    "e2e/speed.test.mjs",
    "js/arrivals.test.mjs",
    "js/client-memory.test.mjs",
    "js/durable/keeper.test.mjs",
    "js/feed-input.test.mjs",
    "js/server-memory.test.mjs",
];

/// A test file that hangs fails after ten minutes instead of blocking the run.
const FILE_TIMEOUT: &str = "--test-timeout=600000";

/// Ends a file in which no test begins or ends for minutes, and names the test.
const WATCHDOG: &str = "--import=./tests/support/watchdog.mjs";

/// A file ends with its last test, whatever it left open (a browser that did not end).
const EXIT_WHEN_DONE: &str = "--test-force-exit";

/// Runs the files of a group, so many at a time, and then those that run alone, also when an earlier one failed.
fn node_test(group: &str, at_a_time: usize) -> Result<()> {
    npm::install(root())?;
    let files = test_files(group).into_iter().filter(|file| !is_of_peers(file));
    let (alone, shared): (Vec<_>, Vec<_>) = files.partition(|file| runs_alone(file));
    let results = [run_files(&shared, at_a_time), run_files(&alone, 1)];
    results
        .into_iter()
        .collect::<Result<()>>()
        .with_context(|| format!("the tests in tests/{group} failed"))
}

fn is_of_peers(file: &Path) -> bool {
    file.starts_with(root().join("tests").join(PEERS))
}

fn runs_alone(file: &Path) -> bool {
    ALONE.iter().any(|name| file.ends_with(name))
}

/// Runs these files, so many at a time.
pub fn run_files(files: &[PathBuf], at_a_time: usize) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let mut command = node();
    browser::find()?.announce(&mut command);
    run(command
        .args([WATCHDOG, "--test", "--test-reporter=spec", FILE_TIMEOUT, EXIT_WHEN_DONE])
        .arg(format!("--test-concurrency={at_a_time}"))
        .args(files))
}

/// By default Node runs one file less, although its test runner needs hardly any CPU.
fn one_per_core() -> usize {
    available_parallelism().map_or(2, usize::from)
}

/// The test files of a group. They are listed here because Node 20 takes no glob patterns. A group includes its
/// folders, except those with a package.json: these are apps that the tests use, with tests of their own.
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
    use super::{ALONE, is_of_peers, test_files};

    #[test]
    fn a_folder_inside_of_a_group_belongs_to_it_and_an_app_does_not() {
        let has = |group, end| test_files(group).iter().any(|file| file.ends_with(end));
        assert!(has("e2e", "e2e/socket-io-client/retries.test.mjs"));
        assert!(test_files("e2e").iter().any(|file| is_of_peers(file)));
        assert!(!test_files("e2e").iter().all(|file| is_of_peers(file)));
        assert!(has("consumers", "consumers/jest.test.mjs"));
        assert!(!has("consumers", "jest/socket.test.mjs"));
    }

    #[test]
    fn every_file_that_runs_alone_exists() {
        for name in ALONE {
            let (group, _) = name.split_once('/').unwrap();
            assert!(test_files(group).iter().any(|file| file.ends_with(name)), "{name}");
        }
    }
}
