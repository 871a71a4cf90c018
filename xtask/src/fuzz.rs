//! `cargo xtask fuzz`: a fuzzer chooses operations on the engine and looks for new paths through it.
//!
//! `fuzz/` is a separate workspace, so that no other command builds it.

use anyhow::{Context, Result, bail, ensure};

use crate::tools::{nightly, output, require_nightly, root, run};

/// Fuzzes for this many seconds, or until a finding.
pub fn fuzz(arguments: &[String]) -> Result<()> {
    let seconds: u32 = match arguments {
        [] => DEFAULT_SECONDS,
        [flag, number] if flag == "--seconds" => {
            number.parse().with_context(|| format!("`{number}` is not a number of seconds"))?
        }
        _ => bail!("`fuzz` takes `--seconds N` or nothing"),
    };
    require_nightly()?;
    ensure!(
        output(nightly("cargo").args(["fuzz", "--version"])).is_some(),
        "cargo-fuzz is missing: `cargo install cargo-fuzz --locked`"
    );
    // A sanitizer would slow it down, and the engine has no unsafe code to check.
    run(nightly("cargo")
        .current_dir(root().join("fuzz"))
        .args(["fuzz", "run", "--sanitizer=none", "operations", "--"])
        .args(["-max_len=4096", "-print_final_stats=1"])
        .arg(format!("-max_total_time={seconds}")))
    .context("there is a finding above, with the operations that lead to it; or the build failed")
}

const DEFAULT_SECONDS: u32 = 60;
