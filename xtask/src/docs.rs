//! `cargo xtask docs`: the generated pages of the documentation, and the site.

use anyhow::{Result, bail};

use crate::npm;
use crate::tools::{node, root, run as run_command};

/// Writes the pages and builds the site, or only checks that the committed pages are current.
pub fn run(arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let check = match arguments[..] {
        [] => None,
        ["--check"] => Some("--check"),
        _ => bail!("`docs` takes `--check` or nothing, got `{}`", arguments.join(" ")),
    };
    npm::install(root())?;
    npm::install(&root().join("docs"))?;
    let script = |name: &str| {
        run_command(node().current_dir(root()).arg(format!("docs/{name}.mjs")).args(check))
    };
    script("generate")?;
    script("reference")?;
    if check.is_none() { script("site") } else { Ok(()) }
}
