//! The entry point of all commands of the project: `cargo xtask <command>`.
//!
//! It needs Rust, Node and npm. It installs the rest: the wasm target, the npm packages at their locked versions,
//! and a browser where the system allows it. wasm-bindgen is a library dependency.

mod bench;
mod browser;
mod browsers;
mod chaos;
mod ci;
mod consumers;
mod coverage;
mod demo;
mod docs;
mod examples;
mod fuzz;
mod mutants;
mod npm;
mod package;
mod release;
mod replay;
mod server_rs;
mod sim;
mod soak;
mod steps;
mod test;
mod tools;
mod wasm;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask <command>

  build            compile the engine to WebAssembly and build the npm package in pkg/
  demo             build the package and the demo app, and serve the app with its lab
  test [step...]   run all tests, or the named steps and those they need
  ci [step...]     run all checks: format, lints, types, docs
  consumers [name...]
                   run the packed package in all supported bundlers, test runners, Node and TypeScript versions,
                   or in the named ones, with messages to a real server; print a table
  examples [name...]
                   run the apps in examples/, or the named ones: start each by its one command and use it in a browser
                   while its server is killed and its page reloaded
  peers            test what plain socket.io-client does under the faults of the end-to-end tests
  sim [options]    play simulated worlds: --seeds N --from S, or --seed S for one with its trace;
                   sim herd: reconnect 100,000 clients after an outage, --clients N --capacity N --write yes
  replay FILE      play a recording of holdfast/inspector through the client, and report the first step that differs or
                   panics: --step N, --around N
  chaos [options]  run the package in a browser under scheduled faults: --seed S --messages N --faults N
                   --tabs N --reloads N; --both compares messages from the server with plain Socket.IO
  browsers [engine...]
                   test the package in Chromium, Firefox and WebKitGTK, or in the named ones; print a table of
                   results and times
  soak [options]   send a steady stream to a server that acknowledges nothing, under faults: --minutes N
                   --seed S --server NAME --transports LIST --mode silent|acks
  bench [options]  compare speed and size with plain socket.io: --rounds N,
                   --only size,micro,growth,idle,startup,network; a whole run writes docs/bench.*;
                   --profile memory|durable|loopback:memory|... shows where the time is spent
  docs [--check]   write the options, the API reference and the site, and print where it is; --check only reports whether
                   the committed pages are current
  coverage         print the lines and branches of the engine that the native tests reach
  fuzz [options]   let a fuzzer choose operations on the engine: --seconds N
  mutants [which]  add one deliberate bug at a time to the engine or the shell, and check that a test fails:
                   engine, shell, durable or all; `all --write` writes the results to docs/;
                   `shell wire` covers one file
  release [options]
                   check that a version is ready, and pack it; publish it, in CI alone. --dry-run publishes nothing,
                   --tests-passed skips the tests and checks
  help             print this
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", [].as_slice()),
    };
    match run(command, rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, rest: &[String]) -> Result<()> {
    match (command, rest) {
        ("build", []) => package::build(),
        ("demo", []) => demo::run(),
        ("test", chosen) => steps::run(test::STEPS, chosen),
        ("ci", chosen) => steps::run(ci::STEPS, chosen),
        ("consumers", names) => consumers::run(names),
        ("examples", names) => examples::run(names),
        ("peers", []) => {
            package::build()?;
            demo::build()?;
            test::peers()
        }
        ("sim", arguments) => sim::run(arguments),
        ("replay", arguments) => replay::run(arguments),
        ("chaos", arguments) => chaos::run(arguments),
        ("browsers", engines) => browsers::run(engines),
        ("soak", arguments) => soak::run(arguments),
        ("bench", arguments) => bench::run(arguments),
        ("docs", arguments) => docs::run(arguments),
        ("coverage", []) => coverage::print(),
        ("fuzz", arguments) => fuzz::fuzz(arguments),
        ("mutants", arguments) => mutants::run(arguments),
        ("release", arguments) => release::run(arguments),
        ("help" | "--help" | "-h", _) => {
            print!("{HELP}");
            Ok(())
        }
        // Hidden: cargo runs it for each wasm test binary, see `wasm::test`.
        (wasm::RUNNER, arguments) => wasm::run_test_binary(arguments),
        ("build" | "coverage" | "demo" | "peers", [unknown, ..]) => {
            bail!("`{command}` takes no argument, got `{unknown}`")
        }
        (unknown, _) => bail!("there is no command `{unknown}`\n\n{HELP}"),
    }
}
