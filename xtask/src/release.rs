//! `cargo xtask release`: checks that a version is ready, packs the npm package and the crate, and publishes them from CI.
//!
//! Each check is a function of texts that answers what is wrong, so that a unit test can show it failing.

mod checks;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::tools::{cargo, node, npm, output, root, run as run_command};
use crate::{ci, npm as npm_packages, package, steps, test};

/// `--dry-run` publishes nothing. `--tests-passed` leaves out the tests and checks, which ran before.
pub fn run(arguments: &[String]) -> Result<()> {
    let mut dry_run = false;
    let mut tests_passed = false;
    for argument in arguments {
        match argument.as_str() {
            "--dry-run" => dry_run = true,
            "--tests-passed" => tests_passed = true,
            unknown => bail!("`release` takes --dry-run and --tests-passed, got `{unknown}`"),
        }
    }

    if !dry_run {
        let problems = checks::may_publish(&|name| env::var(name).ok(), VERSION, &repository()?);
        ensure!(problems.is_empty(), "this cannot publish:\n- {}", problems.join("\n- "));
    }
    let problems = [source_problems()?, lock_problems()].concat();
    ensure!(problems.is_empty(), "not ready for a release:\n- {}", problems.join("\n- "));
    println!("the sources are ready for {VERSION}");

    if !tests_passed {
        steps::run(test::STEPS, &[])?;
        steps::run(ci::STEPS, &[])?;
    }
    // Fails where an entry is over its budget.
    package::build()?;
    let problems = checks::package_agrees(&read("pkg/package.json")?, VERSION, &repository()?);
    ensure!(problems.is_empty(), "pkg/package.json is wrong:\n- {}", problems.join("\n- "));
    // Runs publint and are-the-types-wrong on the packed package, and checks the list of its files.
    run_command(node().args(["--test", "tests/consumers/package.test.mjs"]))?;

    let tarball = pack_npm()?;
    let crate_file = pack_crate()?;
    let has_token = env::var("ACTIONS_ID_TOKEN_REQUEST_URL").is_ok();
    let commands = [
        ("npm", checks::npm_publish(&tarball.display().to_string(), has_token)),
        ("cargo", CARGO_PUBLISH.iter().map(|one| one.to_string()).collect()),
    ];
    println!("\npacked {} and {}", tarball.display(), crate_file.display());
    if dry_run {
        for (program, arguments) in &commands {
            println!("would run: {program} {}", arguments.join(" "));
        }
        println!("before the first release: {} has to exist, and has to be yours", repository()?);
        return Ok(());
    }
    // The crate goes first: where it fails, nothing is published.
    let [(_, npm_arguments), (_, cargo_arguments)] = &commands;
    run_command(cargo().args(cargo_arguments))?;
    run_command(npm(root()).args(npm_arguments))
}

/// That of the workspace, which is the package's too.
const VERSION: &str = env!("CARGO_PKG_VERSION");

const CARGO_PUBLISH: &[&str] = &[
    "publish",
    "--manifest-path",
    "server-rs/Cargo.toml",
    "--package",
    "holdfast-server",
    "--locked",
];

/// The texts of the licences. The crate has copies, since cargo packs only its own folder.
const LICENCES: &[&str] = &["LICENSE-MIT", "LICENSE-APACHE"];

/// Manifests that declare the licence.
const MANIFESTS: &[&str] = &[
    "Cargo.toml",
    "server-rs/Cargo.toml",
    "fuzz/Cargo.toml",
    "package.json",
    "pkg-template/package.json",
    "js-demo/package.json",
];

fn repository() -> Result<String> {
    checks::toml_value(&read("Cargo.toml")?, "workspace.package", "repository")
        .context("Cargo.toml names no repository")
}

/// What is wrong with the files of this checkout.
fn source_problems() -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let status = output(Command::new("git").args(["status", "--porcelain"]).current_dir(root()))
        .context("git cannot tell whether the tree is clean")?;
    problems.extend(checks::clean_tree(&status));

    let server_rs = read("server-rs/Cargo.toml")?;
    let version_of = |text: &str| checks::toml_value(text, "workspace.package", "version");
    problems.extend(checks::agree(
        "version",
        &[
            ("Cargo.toml", version_of(&read("Cargo.toml")?)),
            ("server-rs/Cargo.toml", version_of(&server_rs)),
            ("CHANGELOG.md", checks::newest_version(&read("CHANGELOG.md")?)),
        ],
    ));
    problems.extend(checks::changelog(&read("CHANGELOG.md")?, VERSION));
    problems.extend(checks::agree(
        "repository",
        &[
            ("Cargo.toml", Some(repository()?)),
            (
                "server-rs/Cargo.toml",
                checks::toml_value(&server_rs, "workspace.package", "repository"),
            ),
            (
                "pkg-template/package.json",
                checks::npm_repository(&read("pkg-template/package.json")?),
            ),
        ],
    ));

    for manifest in MANIFESTS {
        problems.extend(checks::licence(manifest, &read(manifest)?));
    }
    for name in LICENCES {
        let crate_copy = format!("server-rs/{name}");
        problems.extend(checks::same_text(
            (name, fs::read_to_string(root().join(name)).ok().as_deref()),
            (&crate_copy, fs::read_to_string(root().join(&crate_copy)).ok().as_deref()),
        ));
    }
    Ok(problems)
}

/// Lock files that are not those of their manifests. The package managers themselves compare the two.
fn lock_problems() -> Vec<String> {
    let mut problems = Vec::new();
    for folder in [".", "server-rs", "fuzz", "examples/rust-server"] {
        let manifest = format!("{folder}/Cargo.toml");
        let metadata =
            ["metadata", "--locked", "--format-version", "1", "--manifest-path", &manifest];
        if root().join(&manifest).exists() && output(cargo().args(metadata)).is_none() {
            problems.push(format!(
                "{folder}/Cargo.lock is not current: `cargo {}`",
                metadata.join(" ")
            ));
        }
    }
    for folder in npm_folders() {
        let check = ["ci", "--dry-run", "--ignore-scripts", "--no-audit", "--no-fund"];
        if output(npm(&folder).args(check)).is_none() {
            let name = folder.strip_prefix(root()).unwrap_or(&folder).join("package-lock.json");
            problems.push(format!("{} is not current: `npm {}`", name.display(), check.join(" ")));
        }
    }
    problems
}

fn npm_folders() -> Vec<PathBuf> {
    let mut folders = vec![root().to_owned(), root().join("js-demo")];
    let examples = fs::read_dir(root().join("examples")).into_iter().flatten().flatten();
    folders.extend(examples.map(|entry| entry.path()));
    folders.retain(|folder| folder.join("package-lock.json").is_file());
    folders.sort();
    folders
}

fn pack_npm() -> Result<PathBuf> {
    npm_packages::install(root())?;
    let folder = root().join("target/release-packages");
    fs::create_dir_all(&folder)?;
    run_command(npm(&root().join("pkg")).args(["pack", "--pack-destination"]).arg(&folder))?;
    found(folder.join(format!("holdfast-{VERSION}.tgz")))
}

/// Compiles what it has packed, as cargo does before it publishes.
fn pack_crate() -> Result<PathBuf> {
    let target = root().join("target/rust-server");
    let mut command = cargo();
    command.args(["package", "--manifest-path", "server-rs/Cargo.toml"]);
    command.args(["--package", "holdfast-server", "--locked", "--target-dir"]).arg(&target);
    run_command(&mut command)?;
    found(target.join(format!("package/holdfast-server-{VERSION}.crate")))
}

fn found(file: PathBuf) -> Result<PathBuf> {
    ensure!(file.is_file(), "{} was not made", file.display());
    Ok(file)
}

fn read(name: impl AsRef<Path>) -> Result<String> {
    let name = name.as_ref();
    fs::read_to_string(root().join(name)).with_context(|| format!("cannot read {}", name.display()))
}
