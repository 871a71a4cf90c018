//! Builds the engine: WebAssembly, bound to JavaScript and optimized for size; a JavaScript version of it; and its
//! browser tests.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use wasm_bindgen_cli::{wasm_bindgen, wasm_bindgen_test_runner};

use crate::tools::{WASM_TARGET, cargo, node, output, root, run, rustc};
use crate::{browser, tools};

/// The hidden command that runs a wasm test binary.
pub const RUNNER: &str = "run-wasm-test";

/// The results of `compile`.
pub struct Artifacts {
    /// The optimized module.
    pub module: PathBuf,
    /// The optimized module for followed Sockets.
    pub io_module: PathBuf,
    /// The module's size in bytes before the optimizer.
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

/// Compiles the engine of a tree with these features to `module`. `folder` takes the intermediate files. Returns
/// the size in bytes before the optimizer.
fn optimize(
    tree: &Path,
    target: &Path,
    folder: &Path,
    features: &str,
    module: &Path,
) -> Result<u64> {
    let (bound, called) = bind(tree, target, folder, features, remapped_paths())?;
    wasm_opt(&OPTIMIZER_FLAGS, &called, module)?;
    forbid_local_paths(module)?;
    Ok(fs::metadata(&bound)?.len())
}

/// Compiles the engine to JavaScript, for environments without WebAssembly, into `target/package`.
pub fn compile_script() -> Result<PathBuf> {
    let folder = root().join("target/package");
    // wasm2js lowers saturating conversions wrongly: Infinity becomes 0. rustc lowers them correctly.
    let flags = remapped_paths().chain(["-Ctarget-feature=-nontrapping-fptoint".to_owned()]);
    let target = root().join("target/script");
    let (_, called) = bind(root(), &target, &folder.join("script"), "module", flags)?;
    let [lowered, script] = ["lowered.wasm", "holdfast.wasm.js"].map(|name| folder.join(name));
    wasm_opt(&LOWERING_FLAGS, &called, &lowered)?;
    // wasm2js only supports the first version of WebAssembly, and refuses later features that remain.
    run(binaryen("wasm2js").arg("-Oz").arg(&lowered).arg("-o").arg(&script))?;
    forbid_local_paths(&script)?;
    Ok(script)
}

/// Compiles the two replays that the inspector loads: for clients that make their own links, and for those that follow the
/// app's Sockets. Returns their folders, each with the module and its JavaScript.
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
        ["wasm-bindgen", "--target", "web", "--no-typescript", "--out-name", "bound"]
            .map(Into::into)
            .into();
    arguments.extend([compiled.into(), "--out-dir".into(), folder.into()]);
    wasm_bindgen::run_cli_with_args(arguments).context("wasm-bindgen failed")?;
    let module = folder.join("replay_bg.wasm");
    wasm_opt(&["-Oz"], &folder.join("bound_bg.wasm"), &module)?;
    fs::copy(folder.join("bound.js"), folder.join("replay.js"))?;
    forbid_local_paths(&module)
}

/// Compiles the engine of a tree and binds it to JavaScript, in `folder`. Returns the module, and the same module
/// without unused exports.
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

    // All sets of features write to the same file, so it is the last one's. `tsc` checks the shell's calls against
    // the module's types, which are not shipped.
    let compiled = target.join(format!("{WASM_TARGET}/release/holdfast.wasm"));
    // The JavaScript of the target `bundler` is not used, because the shell calls the exports directly.
    let mut arguments: Vec<OsString> =
        ["wasm-bindgen", "--target", "bundler"].map(Into::into).into();
    arguments.extend([compiled.into(), "--out-dir".into(), folder.into()]);
    arguments.extend(BINDGEN_FLAGS.map(Into::into));
    wasm_bindgen::run_cli_with_args(arguments).context("wasm-bindgen failed")?;

    let bound = folder.join("holdfast_bg.wasm");
    let called = folder.join("holdfast_called.wasm");
    // Some of wasm-bindgen's exports are only used by that JavaScript.
    run(binaryen("wasm-metadce")
        .args(FEATURES)
        .arg("--graph-file")
        .arg(root().join("xtask/src/exports.json"))
        .arg(&bound)
        .arg("-o")
        .arg(&called))?;
    Ok((bound, called))
}

/// Optimizes a module, unless `output` was made of the same input with the same flags: this takes most of a build's time.
fn wasm_opt(flags: &[&str], input: &Path, output: &Path) -> Result<()> {
    let mut made_of = flags.join(" ").into_bytes();
    made_of.extend(fs::read(input)?);
    let stamp = output.with_extension("made-of");
    if output.is_file() && fs::read(&stamp).is_ok_and(|before| before == made_of) {
        return Ok(());
    }
    run(binaryen("wasm-opt").args(FEATURES).args(flags).arg(input).arg("-o").arg(output))?;
    Ok(fs::write(stamp, made_of)?)
}

fn binaryen(program: &str) -> Command {
    let mut command = node();
    command.arg(format!("node_modules/binaryen/bin/{program}"));
    command
}

/// Runs the tests in `tests/web.rs` in a headless browser.
pub fn test() -> Result<()> {
    tools::require_wasm_target()?;
    let browser = browser::find()?;
    let capabilities = root().join("target/webdriver.json");
    fs::create_dir_all(root().join("target"))?;
    fs::write(&capabilities, browser.capabilities())?;

    // The array form, because the plain form is split at white space, which the path may contain.
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

/// Runs the hidden command: `arguments` are the test binary and the arguments of `cargo test`.
pub fn run_test_binary(arguments: &[String]) -> Result<()> {
    let name = std::iter::once("wasm-bindgen-test-runner");
    wasm_bindgen_test_runner::run_cli_with_args(name.chain(arguments.iter().map(String::as_str)))
}

/// All of them reduce the size.
const BINDGEN_FLAGS: [&str; 4] =
    ["--remove-name-section", "--remove-producers-section", "--encode-into", "always"];

/// The features that rustc enables by default and that browsers have supported for years. Node 20 rejects a module
/// built with `--all-features`.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
];

const OPTIMIZER_FLAGS: [&str; 17] = [
    // The stack is at the bottom of the memory, so no data of Rust has a lower address.
    "--low-memory-unused",
    // Optimizations for speed first leave less code to shrink.
    "-O1",
    // Flattened and rebuilt control flow compresses better than that of the engine's matches, even the third time.
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
    // Only linkers read this section.
    "--strip-target-features",
    "--reorder-globals",
    // The most called functions get the shortest indexes.
    "--reorder-functions",
];

/// Lowers the remaining code of core to older instructions, and shrinks the rest.
const LOWERING_FLAGS: [&str; 5] = [
    "--llvm-memory-copy-fill-lowering",
    "--signext-lowering",
    "--low-memory-unused",
    "-Oz",
    "--reorder-functions",
];

/// The default of 5 s is too short on a loaded machine.
const DRIVER_TIMEOUT_SECONDS: &str = "60";

/// For all tests of a binary together. The default of 20 s is meant for one small test.
const TEST_TIMEOUT_SECONDS: &str = "300";

/// Flags that remove this machine's folders from the panic messages, so that the same sources give the same module
/// everywhere. If several match, rustc uses the last one.
fn remapped_paths() -> impl Iterator<Item = String> {
    let mut pairs = vec![(root().to_owned(), "holdfast")];
    if let Some(home) = env::home_dir() {
        pairs.insert(0, (home, "~"));
    }
    if let Some(sysroot) = output(rustc().args(["--print", "sysroot"])) {
        pairs.push((Path::new(&sysroot).join("lib/rustlib/src/rust"), "rust"));
    }
    // A folder for each registry, named after its host.
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
