//! The tools that must be installed, and how to call them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// The folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the workspace")
}

/// `cargo` of the toolchain that runs this.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// `node`, in the folder of the workspace.
pub fn node() -> Command {
    let mut command = Command::new("node");
    command.current_dir(root());
    command
}

/// `npm`, in `folder`.
pub fn npm(folder: &Path) -> Command {
    // Rust does not find a `.cmd` file by its bare name.
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(folder);
    command
}

/// Runs a command to its end. An error names the command.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", describe(command)))?;
    ensure!(status.success(), "{} failed ({status})", describe(command));
    Ok(())
}

/// The trimmed output of a command. `None` if it can't be run or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The first of `names` that is an executable on PATH.
pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names.iter().find_map(|name| {
        env::split_paths(&path)
            .map(|folder| folder.join(name).with_extension(env::consts::EXE_EXTENSION))
            .find(|file| file.is_file())
    })
}

/// Fails without Node and npm.
pub fn require_node() -> Result<()> {
    let Some(version) = output(node().arg("--version")) else {
        bail!("Node is missing: install Node {} or newer", written(OLDEST_NODE));
    };
    let found = parse_version(&version);
    ensure!(
        found.is_some_and(|found| found >= OLDEST_NODE),
        "Node {} or newer is needed, this machine has {version}",
        written(OLDEST_NODE)
    );
    ensure!(
        output(npm(root()).arg("--version")).is_some(),
        "npm is missing: it comes with Node, or as the package `npm` of your system"
    );
    Ok(())
}

/// Installs Rust's wasm target if it is missing.
pub fn require_wasm_target() -> Result<()> {
    let library = output(rustc().args(["--print", "target-libdir", "--target", WASM_TARGET]));
    if library.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    ensure!(
        output(Command::new("rustup").arg("--version")).is_some(),
        "Rust's target {WASM_TARGET} is not installed and there is no rustup to install it: \
         install Rust with rustup, or your system's package with that target"
    );
    run(Command::new("rustup").args(["target", "add", WASM_TARGET]).current_dir(root())).context(
        "Rust's target could not be installed: see that rustup reaches its server, then try again",
    )
}

/// `rustc` of the toolchain that runs this.
pub fn rustc() -> Command {
    let mut command = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.current_dir(root());
    command
}

/// A program of the nightly toolchain, for features that stable Rust lacks.
pub fn nightly(program: &str) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", program]).current_dir(root());
    command
}

/// Fails without the nightly toolchain. No build and no check needs it.
pub fn require_nightly() -> Result<()> {
    ensure!(
        output(nightly("rustc").arg("--version")).is_some(),
        "Rust's nightly toolchain is missing: `rustup toolchain install nightly`"
    );
    Ok(())
}

/// The target of the package.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Vite, which builds the demo, and `node --test-concurrency` need it.
const OLDEST_NODE: (u32, u32) = (20, 19);

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    let arguments = command.get_args().take(SHOWN_ARGUMENTS).map(|a| a.to_string_lossy());
    let line = std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ");
    let rest = if command.get_args().len() > SHOWN_ARGUMENTS { " ..." } else { "" };
    format!("`{line}{rest}`")
}

/// Enough to identify the call.
const SHOWN_ARGUMENTS: usize = 5;

fn written((major, minor): (u32, u32)) -> String {
    format!("{major}.{minor}")
}

/// The first two numbers of `v20.19.5`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim_start_matches('v').split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(parse_version("v20.19.5"), Some((20, 19)));
        assert!(parse_version("v20.9.0").unwrap() < OLDEST_NODE);
        assert!(parse_version("v100.0.0-nightly").unwrap() >= OLDEST_NODE);
        assert_eq!(parse_version("no version"), None);
    }

    #[test]
    fn a_failure_names_its_command() {
        let error = run(cargo().arg("no-such-command").stderr(Stdio::null())).unwrap_err();
        assert!(error.to_string().contains("no-such-command"), "{error}");
    }
}
