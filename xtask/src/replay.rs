//! `cargo xtask replay`: a recording of the inspector, played natively.

use std::fs;

use anyhow::Result;

use crate::tools;

/// Hands the arguments to the replay, built with the client that the recording is of. Every check of the language is on, and
/// a panic says where it is.
pub fn run(arguments: &[String]) -> Result<()> {
    let is_followed = arguments
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .any(|text| is_followed(&text));
    let features: &[&str] = if is_followed { &["--features", "followed"] } else { &[] };
    let build_and_run = ["run", "--quiet", "--package", "holdfast-replay"];
    tools::run(tools::cargo().args(build_and_run).args(features).arg("--").args(arguments))
}

/// Whether it is of a client of `holdfast/io`. What else is wrong with the file the replay says.
fn is_followed(text: &str) -> bool {
    let head: String = text.chars().take(2_000).filter(|letter| !letter.is_whitespace()).collect();
    head.contains("\"module\":\"followed\"")
}

#[cfg(test)]
mod tests {
    use super::is_followed;

    #[test]
    fn the_file_says_which_client_it_is_of() {
        assert!(is_followed(
            "{\n  \"format\": \"holdfast recording\",\n  \"module\": \"followed\" }"
        ));
        assert!(!is_followed("{\"module\":\"client\"}"));
    }
}
