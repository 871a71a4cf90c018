//! The engine as WebAssembly: compiled, bound to JavaScript, made small; the same as JavaScript; and its tests in a browser.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use wasm_bindgen_cli::{wasm_bindgen, wasm_bindgen_test_runner};

use crate::tools::{WASM_TARGET, cargo, node, output, root, run, rustc};
use crate::{browser, tools};

/// The hidden command that runs one wasm test binary.
pub const RUNNER: &str = "run-wasm-test";

/// What `compile` leaves behind.
pub struct Artifacts {
    /// The module, optimized.
    pub module: PathBuf,
    /// The one for Sockets that are followed, optimized.
    pub io_module: PathBuf,
    /// What wasm-bindgen gave to the optimizer, in bytes.
    pub size_before: u64,
}

/// Compiles the engine into `target/package`.
pub fn compile() -> Result<Artifacts> {
    compile_tree(root(), &root().join("target"))
}

/// Compiles the engine of a tree, which is this checkout or a copy of its sources, into `package` below `target`.
pub fn compile_tree(tree: &Path, target: &Path) -> Result<Artifacts> {
    let folder = target.join("package");
    let module = folder.join("holdfast.wasm");
    let size_before = optimize(tree, target, &folder, "module", &module)?;
    let io_module = folder.join("holdfast-io.wasm");
    optimize(tree, target, &folder.join("io"), "module,followed", &io_module)?;
    Ok(Artifacts { module, io_module, size_before })
}

/// Compiles the engine of a tree with these features to `module`, by way of `folder`. Answers the bytes before the optimizer.
fn optimize(
    tree: &Path,
    target: &Path,
    folder: &Path,
    features: &str,
    module: &Path,
) -> Result<u64> {
    let (bound, called) = bind(tree, target, folder, features, remapped_paths())?;
    run(binaryen("wasm-opt")
        .args(FEATURES)
        .args(OPTIMIZER_FLAGS)
        .arg(&called)
        .arg("-o")
        .arg(module))?;
    forbid_local_paths(module)?;
    Ok(fs::metadata(&bound)?.len())
}

/// Compiles the engine to JavaScript, for where WebAssembly cannot run, into `target/package`.
pub fn compile_script() -> Result<PathBuf> {
    let folder = root().join("target/package");
    // The tool that writes numbers' conversions in older instructions makes 0 of Infinity, which rustc does not.
    let flags = remapped_paths().chain(["-Ctarget-feature=-nontrapping-fptoint".to_owned()]);
    let target = root().join("target/script");
    let (_, called) = bind(root(), &target, &folder.join("script"), "module", flags)?;
    let [lowered, script] = ["lowered.wasm", "holdfast.wasm.js"].map(|name| folder.join(name));
    run(binaryen("wasm-opt")
        .args(FEATURES)
        .args(LOWERING_FLAGS)
        .arg(&called)
        .arg("-o")
        .arg(&lowered))?;
    // It knows the first WebAssembly alone, and refuses what is left of later ones.
    run(binaryen("wasm2js").arg("-Oz").arg(&lowered).arg("-o").arg(&script))?;
    forbid_local_paths(&script)?;
    Ok(script)
}

/// Compiles the replays that the inspector loads: of a client with links of its own, and of one that follows the app's Sockets.
/// Answers their folders, each with the module and the JavaScript for it.
pub fn compile_replays() -> Result<[PathBuf; 2]> {
    let replays = [("replay", &[][..]), ("replay-io", &["--features", "followed"][..])];
    let mut folders = Vec::new();
    for (name, features) in replays {
        let folder = root().join("target/package").join(name);
        compile_replay(features, &folder)?;
        folders.push(folder);
    }
    folders.try_into().map_err(|_| anyhow!("there are two replays"))
}

fn compile_replay(features: &[&str], folder: &Path) -> Result<()> {
    tools::require_wasm_target()?;
    fs::create_dir_all(folder)?;
    let target = root().join("target");
    let flags = remapped_paths().map(|flag| format!("{flag:?}")).collect::<Vec<_>>();
    run(cargo()
        .env("CARGO_TARGET_DIR", &target)
        .args(["build", "--package", "holdfast-replay", "--lib", "--release"])
        .args(features)
        .args(["--target", WASM_TARGET, "--config"])
        .arg(format!("target.{WASM_TARGET}.rustflags=[{}]", flags.join(","))))?;
    let compiled = target.join(format!("{WASM_TARGET}/release/holdfast_replay.wasm"));
    let mut arguments: Vec<OsString> =
        ["wasm-bindgen", "--target", "web", "--no-typescript", "--out-name", "replay"]
            .map(Into::into)
            .into();
    arguments.extend([compiled.into(), "--out-dir".into(), folder.into()]);
    wasm_bindgen::run_cli_with_args(arguments).context("wasm-bindgen failed")?;
    let module = folder.join("replay_bg.wasm");
    run(binaryen("wasm-opt").args(FEATURES).arg("-Oz").arg(&module).arg("-o").arg(&module))?;
    forbid_local_paths(&module)
}

/// Compiles the engine of a tree and binds it to JavaScript, in `folder`. Answers the module, and the same without what
/// nobody calls.
fn bind(
    tree: &Path,
    target: &Path,
    folder: &Path,
    features: &str,
    flags: impl Iterator<Item = String>,
) -> Result<(PathBuf, PathBuf)> {
    tools::require_wasm_target()?;
    fs::create_dir_all(folder)?;
    let flags = flags.map(|flag| format!("{flag:?}")).collect::<Vec<_>>();
    run(cargo()
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", target)
        .args(["rustc", "--package", "holdfast", "--lib", "--crate-type", "cdylib"])
        .args(["--release", "--features", features])
        .args(["--target", WASM_TARGET, "--config"])
        .arg(format!("target.{WASM_TARGET}.rustflags=[{}]", flags.join(","))))?;

    // Each set of features has the same file, which is that of the last one.
    // The types that come with the module let `tsc` check the shell's calls; they aren't shipped.
    let compiled = target.join(format!("{WASM_TARGET}/release/holdfast.wasm"));
    // The JavaScript that `bundler` makes for it is left out: the shell calls the exports itself.
    let mut arguments: Vec<OsString> =
        ["wasm-bindgen", "--target", "bundler"].map(Into::into).into();
    arguments.extend([compiled.into(), "--out-dir".into(), folder.into()]);
    arguments.extend(BINDGEN_FLAGS.map(Into::into));
    wasm_bindgen::run_cli_with_args(arguments).context("wasm-bindgen failed")?;

    let bound = folder.join("holdfast_bg.wasm");
    let called = folder.join("holdfast_called.wasm");
    // Some of what wasm-bindgen exports serves only the JavaScript that is left out.
    run(binaryen("wasm-metadce")
        .args(FEATURES)
        .arg("--graph-file")
        .arg(root().join("xtask/src/exports.json"))
        .arg(&bound)
        .arg("-o")
        .arg(&called))?;
    Ok((bound, called))
}

fn binaryen(program: &str) -> Command {
    let mut command = node();
    command.arg(format!("node_modules/binaryen/bin/{program}"));
    command
}

/// Runs the tests of `tests/web.rs` in a headless browser.
pub fn test() -> Result<()> {
    tools::require_wasm_target()?;
    let browser = browser::find()?;
    let capabilities = root().join("target/webdriver.json");
    fs::create_dir_all(root().join("target"))?;
    fs::write(&capabilities, browser.capabilities())?;

    // The array form, because the plain one is split at white space, which the path may have.
    let runner = format!("[{:?}, {RUNNER:?}]", env::current_exe()?);
    let mut command = cargo();
    for other in ["GECKODRIVER", "SAFARIDRIVER", "MSEDGEDRIVER"] {
        command.env_remove(other).env_remove(format!("{other}_REMOTE"));
    }
    run(command
        .args(["test", "--package", "holdfast", "--test", "web", "--target", WASM_TARGET])
        .args(["--config", &format!("target.{WASM_TARGET}.runner={runner}")])
        .env("CHROMEDRIVER", &browser.driver)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &capabilities)
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", DRIVER_TIMEOUT_SECONDS)
        .env("WASM_BINDGEN_TEST_TIMEOUT", TEST_TIMEOUT_SECONDS))
}

/// The hidden command: `arguments` are the test binary and what the caller gave to `cargo test`.
pub fn run_test_binary(arguments: &[String]) -> Result<()> {
    let name = std::iter::once("wasm-bindgen-test-runner");
    wasm_bindgen_test_runner::run_cli_with_args(name.chain(arguments.iter().map(String::as_str)))
}

/// All for size.
const BINDGEN_FLAGS: [&str; 4] =
    ["--remove-name-section", "--remove-producers-section", "--encode-into", "always"];

/// Those that rustc uses by default and every browser of the last years has; with `--all-features`
/// Node 20 rejects the module.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
];

const OPTIMIZER_FLAGS: [&str; 17] = [
    // The stack ends there: nothing of Rust's has an address so low.
    "--low-memory-unused",
    // What speed asks for first leaves less for size.
    "-O1",
    // Control flow as the engine's matches have it compresses worse than what this makes of it, the third time too.
    "--flatten",
    "--rereloop",
    "-O2",
    "-Oz",
    "--converge",
    "--flatten",
    "--rereloop",
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    // Tools that link modules read it; nothing that runs one does.
    "--strip-target-features",
    "--reorder-globals",
    // Those that are called most get the shortest numbers.
    "--reorder-functions",
];

/// What is left of core's own code is written in older instructions, and the rest made small.
const LOWERING_FLAGS: [&str; 5] = [
    "--llvm-memory-copy-fill-lowering",
    "--signext-lowering",
    "--low-memory-unused",
    "-Oz",
    "--reorder-functions",
];

/// A loaded machine needs more than the default of 5 s.
const DRIVER_TIMEOUT_SECONDS: &str = "60";

/// For all tests of a binary together; the default of 20 s is meant for one small test.
const TEST_TIMEOUT_SECONDS: &str = "300";

/// Flags that keep this machine's folders out of the panic messages, so that the same sources give
/// the same module everywhere. Of several that match, rustc takes the last.
fn remapped_paths() -> impl Iterator<Item = String> {
    let mut pairs = vec![(root().to_owned(), "holdfast")];
    if let Some(home) = env::home_dir() {
        pairs.insert(0, (home, "~"));
    }
    if let Some(sysroot) = output(rustc().args(["--print", "sysroot"])) {
        pairs.push((Path::new(&sysroot).join("lib/rustlib/src/rust"), "rust"));
    }
    // One folder for each registry, named after its host.
    let sources = cargo_home().map(|home| home.join("registry/src"));
    if let Some(folders) = sources.and_then(|folder| fs::read_dir(folder).ok()) {
        pairs.extend(folders.flatten().map(|folder| (folder.path(), "crates")));
    }
    pairs.into_iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
}

fn cargo_home() -> Option<PathBuf> {
    let default = || env::home_dir().map(|home| home.join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(default)
}

fn forbid_local_paths(module: &Path) -> Result<()> {
    let bytes = fs::read(module)?;
    for folder in [Some(root().to_owned()), cargo_home(), env::home_dir()].into_iter().flatten() {
        let text = format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR);
        if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
            bail!("the module contains a path of this machine, `{text}`");
        }
    }
    Ok(())
}
