//! `cargo xtask coverage`: the lines and branches of the engine that the native tests reach.
//!
//! Branch coverage needs the nightly compiler, and LLVM's tools of the same version to read the counts.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::tools::{nightly, on_path, output, require_nightly, root, run};

/// Runs the native tests and prints the coverage, with every line and branch that is not reached.
pub fn print() -> Result<()> {
    require_nightly()?;
    let tools = Tools::find()?;
    let folder = root().join("target/coverage");
    let profiles = folder.join("profiles");
    if profiles.exists() {
        fs::remove_dir_all(&profiles)?;
    }
    let tests = |arguments: &[&str]| {
        let mut command = nightly("cargo");
        command
            .args(["test", "--package", "holdfast"])
            .args(arguments)
            .env("CARGO_TARGET_DIR", &folder)
            .env("RUSTFLAGS", "-Cinstrument-coverage -Zcoverage-options=branch")
            .env("LLVM_PROFILE_FILE", profiles.join("%p-%m.profraw"));
        command
    };
    run(&mut tests(&["--tests"]))?;
    let built = output(&mut tests(&["--tests", "--no-run", "--message-format=json"]))
        .context("cargo did not list the test binaries")?;
    let mut objects = Vec::new();
    for executable in executables(&built) {
        objects.extend(["--object".into(), executable.into()]);
    }
    let merged = folder.join("merged.profdata");
    let mut merge = Command::new(&tools.profdata);
    merge.args(["merge", "--sparse", "--output"]).arg(&merged);
    for entry in fs::read_dir(&profiles)? {
        merge.arg(entry?.path());
    }
    run(&mut merge)?;
    let mut export = Command::new(&tools.cov);
    export.args(["export", "--format=lcov", "--instr-profile"]).arg(&merged);
    export.args::<_, OsString>(objects).arg("--sources").arg(root().join(SOURCES));
    let counts = output(&mut export).context("llvm-cov cannot read the counts")?;
    let files = read(&counts)?;
    ensure!(!files.is_empty(), "nothing was counted in {SOURCES}");
    show(&files)
}

/// LLVM's tools.
struct Tools {
    profdata: PathBuf,
    cov: PathBuf,
}

impl Tools {
    fn find() -> Result<Self> {
        let said =
            output(nightly("rustc").arg("-vV")).context("rustc did not print its version")?;
        let line = |name: &str| said.lines().find_map(|line| line.strip_prefix(name));
        let host = line("host: ").context("rustc printed no host")?;
        let version = line("LLVM version: ").context("rustc printed no LLVM version")?;
        let major = version.split('.').next().unwrap_or(version);
        let sysroot = output(nightly("rustc").args(["--print", "sysroot"]))
            .context("rustc did not print its sysroot")?;
        let component = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin");
        let find = |name: &str| {
            let own = component.join(name).with_extension(std::env::consts::EXE_EXTENSION);
            let of_system = || on_path(&[&format!("{name}-{major}")]);
            let plain = || on_path(&[name]).filter(|path| is_of(path, major));
            Some(own).filter(|path| path.is_file()).or_else(of_system).or_else(plain)
        };
        match (find("llvm-profdata"), find("llvm-cov")) {
            (Some(profdata), Some(cov)) => Ok(Self { profdata, cov }),
            _ => bail!(
                "llvm-profdata and llvm-cov of LLVM {major} are missing: `rustup component add \
                 llvm-tools --toolchain nightly`, or your system's package, llvm-{major} on Debian"
            ),
        }
    }
}

fn is_of(tool: &Path, major: &str) -> bool {
    let said = output(Command::new(tool).arg("--version")).unwrap_or_default();
    said.contains(&format!("LLVM version {major}."))
}

/// The test binaries, from cargo's output: a line of JSON for each build artifact.
fn executables(messages: &str) -> impl Iterator<Item = &str> {
    let after = messages.lines().filter_map(|line| line.split("\"executable\":\"").nth(1));
    after.filter_map(|text| text.split('"').next())
}

/// The counts of a file.
#[derive(Default)]
struct Counts {
    lines: BTreeMap<usize, u64>,
    /// By line, the index of the condition in it, and its outcome.
    branches: BTreeMap<(usize, u32, u32), u64>,
}

/// Reads the `lcov` format: a record for each line and each branch.
fn read(text: &str) -> Result<BTreeMap<PathBuf, Counts>> {
    let mut files: BTreeMap<PathBuf, Counts> = BTreeMap::new();
    let mut path = PathBuf::new();
    let mut end = 0;
    for record in text.lines() {
        let (kind, rest) = record.split_once(':').unwrap_or((record, ""));
        let fields: Vec<&str> = rest.split(',').collect();
        // A condition that was never reached has the count `-`.
        let number = |index: usize| fields[index].parse().unwrap_or(0);
        match kind {
            "SF" => {
                path = PathBuf::from(rest);
                // Unit tests at the end of a file don't count.
                let source = fs::read_to_string(&path)?;
                end = source.lines().position(|line| line == "#[cfg(test)]").unwrap_or(usize::MAX);
            }
            "DA" if number(0) <= end as u64 => {
                let counts = files.entry(path.clone()).or_default();
                *counts.lines.entry(number(0) as usize).or_default() += number(1);
            }
            "BRDA" if number(0) <= end as u64 => {
                let counts = files.entry(path.clone()).or_default();
                let place = (number(0) as usize, number(1) as u32, number(2) as u32);
                *counts.branches.entry(place).or_default() += number(3);
            }
            _ => {}
        }
    }
    Ok(files)
}

fn show(files: &BTreeMap<PathBuf, Counts>) -> Result<()> {
    println!("\n{:<24}{:>18}{:>20}", "", "lines", "branches");
    let mut total = [0; 4];
    for (path, counts) in files {
        let reached = |counts: Vec<&u64>| counts.iter().filter(|count| ***count > 0).count();
        let row = [
            reached(counts.lines.values().collect()),
            counts.lines.len(),
            reached(counts.branches.values().collect()),
            counts.branches.len(),
        ];
        total = std::array::from_fn(|index| total[index] + row[index]);
        print_row(&path.file_name().unwrap_or_default().to_string_lossy(), row);
    }
    print_row("all", total);
    println!("\nnot reached:");
    for (path, counts) in files {
        let source = fs::read_to_string(path)?;
        let lines: Vec<&str> = source.lines().collect();
        let name = path.strip_prefix(root()).unwrap_or(path).display();
        let tell = |line: usize, what: &str| {
            println!("  {name}:{line}: {what}: {}", lines.get(line - 1).unwrap_or(&"").trim());
        };
        for (&line, _) in counts.lines.iter().filter(|(_, count)| **count == 0) {
            tell(line, "line");
        }
        for (&(line, condition, way), _) in counts.branches.iter().filter(|(_, count)| **count == 0)
        {
            let way = if way % 2 == 0 { "never true" } else { "never false" };
            tell(line, &format!("condition {} {way}", condition + 1));
        }
    }
    Ok(())
}

fn print_row(name: &str, [lines, all_lines, branches, all_branches]: [usize; 4]) {
    let share = |part: usize, whole: usize| {
        let percent = if whole == 0 { 100.0 } else { 100.0 * part as f64 / whole as f64 };
        format!("{part}/{whole} {percent:>6.2} %")
    };
    println!("{name:<24}{:>18}{:>20}", share(lines, all_lines), share(branches, all_branches));
}

const SOURCES: &str = "src/engine";
