//! `cargo xtask fuzz`: operations on the engine, chosen by a fuzzer that looks for new ways through it.
//!
//! `fuzz/` is a workspace of its own, so that no other command builds it.

use anyhow::{Context, Result, bail, ensure};

use crate::tools::{nightly, output, require_nightly, root, run};

/// Fuzzes for so long, or until something is found.
pub fn fuzz(arguments: &[String]) -> Result<()> {
    let seconds: u32 = match arguments {
        [] => DEFAULT_SECONDS,
        [flag, number] if flag == "--seconds" => {
            number.parse().with_context(|| format!("`{number}` is no number of seconds"))?
        }
        _ => bail!("`fuzz` takes `--seconds N` or nothing"),
    };
    require_nightly()?;
    ensure!(
        output(nightly("cargo").args(["fuzz", "--version"])).is_some(),
        "cargo-fuzz is missing: `cargo install cargo-fuzz --locked`"
    );
    // The engine has no unsafe code, for which alone a sanitizer would be worth its time.
    run(nightly("cargo")
        .current_dir(root().join("fuzz"))
        .args(["fuzz", "run", "--sanitizer=none", "operations", "--"])
        .args(["-max_len=4096", "-print_final_stats=1"])
        .arg(format!("-max_total_time={seconds}")))
    .context("a finding stands above, with the operations that lead to it; or the build failed")
}

const DEFAULT_SECONDS: u32 = 60;
