//! The one door to every command of the project: `cargo xtask <command>`.
//!
//! It needs Rust, Node and npm, and brings the rest itself: the wasm target, the npm packages at
//! their locked versions, wasm-bindgen as a library, and, where it may, a browser.

mod bench;
mod browser;
mod browsers;
mod chaos;
mod ci;
mod consumers;
mod coverage;
mod demo;
mod docs;
mod fuzz;
mod mutants;
mod npm;
mod package;
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

  build            compile the engine to WebAssembly and leave the npm package in pkg/
  demo             build the package and the demo app, and serve it with its lab
  test [step...]   run every test, or the named steps and what they need
  ci [step...]     run every check: format, lints, types, docs
  consumers [name...]
                   the packed package in every bundler, test runner, Node and TypeScript that it is for, or in
                   those named, with messages to a real server; prints a table
  sim [options]    play simulated worlds against the engine: --seeds N --from S, or --seed S with its trace;
                   sim herd: 100,000 clients after an outage, --clients N --capacity N --write yes
  chaos [options]  the package in a browser under faults by a schedule: --seed S --messages N --faults N
                   --tabs N --reloads N; --both for what a server publishes, beside plain Socket.IO
  browsers [engine...]
                   the package in Chromium, Firefox and WebKitGTK, or those that are named, with a table of how each
                   test ended and how long it took
  soak [options]   a steady stream to a server that acknowledges nothing, under faults: --minutes N --seed S
                   --server NAME --transports LIST --mode silent|acks
  bench [options]  speed and size against plain socket.io: --rounds N, --only size,micro,growth,idle,startup,network;
                   a whole run leaves docs/bench.*; --profile memory|durable|loopback:memory|... says where time goes
  docs [--check]   write the options, the API reference and the site, and say where it is; --check only says whether
                   the committed pages are current
  coverage         which lines and branches of the engine the native tests reach
  fuzz [options]   choose operations on the engine by a fuzzer: --seconds N
  mutants [which]  break the engine or the shell on purpose, one line at a time, and see that a test
                   notices: engine, shell, durable or all; `all --write` keeps the results in docs/;
                   `shell wire` breaks one file
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
        ("sim", arguments) => sim::run(arguments),
        ("chaos", arguments) => chaos::run(arguments),
        ("browsers", engines) => browsers::run(engines),
        ("soak", arguments) => soak::run(arguments),
        ("bench", arguments) => bench::run(arguments),
        ("docs", arguments) => docs::run(arguments),
        ("coverage", []) => coverage::print(),
        ("fuzz", arguments) => fuzz::fuzz(arguments),
        ("mutants", arguments) => mutants::run(arguments),
        ("help" | "--help" | "-h", _) => {
            print!("{HELP}");
            Ok(())
        }
        // Hidden: cargo calls it for each wasm test binary, see `wasm::test`.
        (wasm::RUNNER, arguments) => wasm::run_test_binary(arguments),
        ("build" | "coverage" | "demo", [unknown, ..]) => {
            bail!("`{command}` takes no argument, got `{unknown}`")
        }
        (unknown, _) => bail!("there is no command `{unknown}`\n\n{HELP}"),
    }
}
