//! The file that the inspector exports.
//!
//! The file is JSON with these fields:
//!
//! ```json
//! {
//!   "format": "holdfast recording", "version": 1, "package": "0.1.0",
//!   "module": "client", "isWhole": true,
//!   "start": { "wall": 1790000000000, "running": 12.5, "seed": 0.25 },
//!   "steps": [[4, null, null, 0, 0, 5000], [0, 1790000000003, 15.1, 4503599627370496, 1, 84, 68]]
//! }
//! ```
//!
//! Each step is an array:
//!
//! 1. The index in the table `TOLD`.
//! 2. The reading of `Date.now()`. Null means the same as in the step before.
//! 3. The reading of `performance.now()`. Null means the same as in the step before.
//! 4. The client's answer. The text `trap` means that the client trapped; no step follows.
//! 5. The step's numbers, up to six. Numbers at the end that were not given are left out.
//!
//! JSON cannot write NaN and the infinities: they are null, `"inf"` and `"-inf"`. `module` is `followed` for a client of
//! `holdfast/io`. Other fields, such as the labels, are for people, and the replay ignores them.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::crossing::{Crossing, Start};

/// A recording.
#[derive(Debug)]
pub struct Recording {
    /// The version of the package that made it.
    pub package: String,
    /// Whether it was made of a client of `holdfast/io`.
    pub is_followed: bool,
    /// Whether it has every step, and not only those up to its limit of memory.
    pub is_whole: bool,
    /// How the client was made.
    pub start: Start,
    /// The crossings of the border, in order.
    pub steps: Vec<Crossing>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    format: String,
    version: u32,
    #[serde(default)]
    package: String,
    module: Module,
    is_whole: bool,
    start: StartOfFile,
    steps: Vec<Vec<Cell>>,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Module {
    Client,
    Followed,
}

#[derive(Deserialize)]
struct StartOfFile {
    wall: f64,
    running: f64,
    seed: f64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Cell {
    Number(f64),
    Word(String),
    Nothing(()),
}

impl Recording {
    /// Reads a file.
    ///
    /// # Errors
    /// If the text is not a recording, or has a version that this program does not know. If a step cannot be read, the error
    /// names the step.
    pub fn parse(text: &str) -> Result<Self> {
        let file: File =
            serde_json::from_str(text).context("this is not a recording of holdfast/inspector")?;
        ensure!(
            file.format == "holdfast recording",
            "the format is `{}`, not `holdfast recording`",
            file.format
        );
        ensure!(
            file.version == 1,
            "the file has version {}; this program reads version 1",
            file.version
        );
        let StartOfFile { wall, running, seed } = file.start;
        let start = Start { wall, running, seed };
        let mut clocks = (wall, running);
        let mut steps = Vec::with_capacity(file.steps.len());
        for (index, row) in file.steps.iter().enumerate() {
            let step =
                step(row, &mut clocks).with_context(|| format!("step {index} cannot be read"))?;
            steps.push(step);
        }
        Ok(Self {
            package: file.package,
            is_followed: file.module == Module::Followed,
            is_whole: file.is_whole,
            start,
            steps,
        })
    }
}

fn step(row: &[Cell], clocks: &mut (f64, f64)) -> Result<Crossing> {
    let [told, wall, running, answer, given @ ..] = row else {
        bail!("it has fewer than four cells")
    };
    ensure!(given.len() <= 6, "it has more than six numbers");
    for (clock, cell) in [(&mut clocks.0, wall), (&mut clocks.1, running)] {
        if let Cell::Number(shown) = cell {
            *clock = *shown;
        }
    }
    let answer = match answer {
        Cell::Word(word) if word == "trap" => f64::NAN,
        answer => number(answer)?,
    };
    let mut numbers = [f64::NAN; Crossing::SIZE];
    numbers[..4].copy_from_slice(&[number(told)?, clocks.0, clocks.1, answer]);
    for (into, cell) in numbers[4..].iter_mut().zip(given) {
        *into = number(cell)?;
    }
    Ok(Crossing::from_numbers(&numbers))
}

fn number(cell: &Cell) -> Result<f64> {
    match cell {
        Cell::Number(number) => Ok(*number),
        Cell::Nothing(()) => Ok(f64::NAN),
        Cell::Word(word) if word == "inf" => Ok(f64::INFINITY),
        Cell::Word(word) if word == "-inf" => Ok(f64::NEG_INFINITY),
        Cell::Word(word) => bail!("`{word}` is not a number"),
    }
}
