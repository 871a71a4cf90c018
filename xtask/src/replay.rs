//! `cargo xtask replay`: plays a recording of the inspector natively.

use std::fs;

use anyhow::Result;

use crate::tools;

/// Builds the replay with the client that the recording was made of, and passes the arguments to it. It is a debug build, so
/// overflow checks and assertions are on, and a panic names its position.
pub fn run(arguments: &[String]) -> Result<()> {
    let is_followed = arguments
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .any(|text| is_followed(&text));
    let features: &[&str] = if is_followed { &["--features", "followed"] } else { &[] };
    let build_and_run = ["run", "--quiet", "--package", "holdfast-replay"];
    tools::run(tools::cargo().args(build_and_run).args(features).arg("--").args(arguments))
}

/// Whether a file was recorded from a client of `holdfast/io`. The replay itself reports invalid files.
fn is_followed(text: &str) -> bool {
    let head: String = text.chars().take(2_000).filter(|letter| !letter.is_whitespace()).collect();
    head.contains("\"module\":\"followed\"")
}

#[cfg(test)]
mod tests {
    use super::is_followed;

    #[test]
    fn the_file_names_its_client() {
        assert!(is_followed(
            "{\n  \"format\": \"holdfast recording\",\n  \"module\": \"followed\" }"
        ));
        assert!(!is_followed("{\"module\":\"client\"}"));
    }
}
