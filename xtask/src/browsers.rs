//! `cargo xtask browsers`: runs the same tests of the package in several browser engines.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::test::test_files;
use crate::tools::{node, on_path, output, root, run as run_command};
use crate::{browser, npm, package};

/// A browser engine.
struct Engine {
    /// Its name on the command line, and in `HOLDFAST_ENGINE` for the tests.
    name: &'static str,
    /// The programs that it needs.
    programs: &'static [&'static str],
    /// How to install them.
    advice: &'static str,
}

/// The engines that the tests have an adapter for.
const ENGINES: &[Engine] = &[
    Engine { name: "chromium", programs: &[], advice: "" },
    Engine {
        name: "firefox",
        programs: &["firefox-esr", "geckodriver"],
        advice: "`apt-get install firefox-esr`, and `cargo install geckodriver`",
    },
    Engine {
        name: "webkit",
        programs: &["WebKitWebDriver", "Xvfb"],
        advice: "`apt-get install webkit2gtk-driver xvfb gir1.2-webkit2-4.1 python3-gi`",
    },
];

/// The result of one test in one engine.
struct Ended {
    test: String,
    engine: &'static str,
    result: String,
    seconds: f64,
}

/// Runs all tests in the named engines, or in all installed ones.
pub fn run(named: &[String]) -> Result<()> {
    if let Some(unknown) = named.iter().find(|name| !ENGINES.iter().any(|e| e.name == **name)) {
        let names: Vec<_> = ENGINES.iter().map(|engine| engine.name).collect();
        bail!("there is no engine `{unknown}`, only {}", names.join(", "));
    }
    let wanted =
        ENGINES.iter().filter(|engine| named.is_empty() || named.iter().any(|n| n == engine.name));
    let mut engines = Vec::new();
    for engine in wanted {
        match missing(engine) {
            None => engines.push(engine),
            Some(lacks) if named.is_empty() => println!("{}: left out, {lacks}", engine.name),
            Some(lacks) => bail!("{}: {lacks}", engine.name),
        }
    }
    package::build()?;
    npm::install(root())?;
    let mut results = Vec::new();
    let mut failed = Vec::new();
    for engine in engines {
        for file in test_files("browsers") {
            let began = Instant::now();
            println!("\n=== {} in {}", name_of(&file), engine.name);
            if let Err(error) = run_file(engine, &file, &mut results) {
                println!("error: {error:#}");
                failed.push(format!("{} in {}", name_of(&file), engine.name));
            }
            println!("--- took {:.1} s", began.elapsed().as_secs_f64());
        }
    }
    print_table(&results);
    ensure!(failed.is_empty(), "did not pass: {}", failed.join(", "));
    Ok(())
}

/// The missing programs on this machine, and how to install them.
fn missing(engine: &Engine) -> Option<String> {
    let lacks: Vec<_> =
        engine.programs.iter().copied().filter(|program| on_path(&[program]).is_none()).collect();
    if !lacks.is_empty() {
        return Some(format!("{} is not installed: {}", lacks.join(" and "), engine.advice));
    }
    let has_library = || {
        let code = "import gi; gi.require_version('WebKit2', '4.1')";
        output(Command::new("/usr/bin/python3").args(["-c", code])).is_some()
    };
    (engine.name == "webkit" && !has_library())
        .then(|| format!("Python has no WebKit2 4.1: {}", engine.advice))
}

fn run_file(engine: &'static Engine, file: &PathBuf, results: &mut Vec<Ended>) -> Result<()> {
    let folder = root().join("target/browsers");
    fs::create_dir_all(&folder)?;
    let table = folder.join(format!("{}-{}.tsv", engine.name, name_of(file)));
    let mut command = node();
    browser::find()?.announce(&mut command);
    let ran = run_command(
        command
            .env("HOLDFAST_ENGINE", engine.name)
            .args(["--test", "--test-timeout=600000", "--test-force-exit"])
            .args(["--test-reporter=spec", "--test-reporter-destination=stdout"])
            .arg("--test-reporter=./tests/browsers/adapter/reporter.mjs")
            .arg(format!("--test-reporter-destination={}", table.display()))
            .arg(file),
    );
    let text =
        fs::read_to_string(&table).with_context(|| format!("cannot read {}", table.display()))?;
    for line in text.lines() {
        let [result, seconds, test] = line.splitn(3, '\t').collect::<Vec<_>>()[..] else {
            bail!("unexpected line from the reporter: `{line}`");
        };
        results.push(Ended {
            test: test.to_owned(),
            engine: engine.name,
            result: result.to_owned(),
            seconds: seconds.parse()?,
        });
    }
    ran
}

/// Prints a row for each test, with its result and its time in seconds for each engine.
fn print_table(results: &[Ended]) {
    let mut tests: Vec<&str> = Vec::new();
    for Ended { test, .. } in results {
        if !tests.contains(&test.as_str()) {
            tests.push(test);
        }
    }
    println!();
    for engine in ENGINES {
        print!("{:<16}", engine.name);
    }
    println!("test");
    for test in tests {
        for engine in ENGINES {
            let ended = results.iter().find(|one| one.test == test && one.engine == engine.name);
            let cell = ended
                .map_or_else(String::new, |one| format!("{:<8}{:>5.1} s", one.result, one.seconds));
            print!("{cell:<16}");
        }
        println!("{test}");
    }
}

fn name_of(file: &std::path::Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.trim_end_matches(".test.mjs").to_owned()
}
