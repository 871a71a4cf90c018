//! The command line. Reads a file, plays it, and prints the steps before a given one.

use std::fs;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use holdfast_replay::recording::Recording;
use holdfast_replay::view::{Message, Step, View};
use holdfast_replay::{Answer, Replay};

const USAGE: &str = "cargo xtask replay FILE [--step N] [--around N]

  Plays a recording of holdfast/inspector through the client of this checkout. Prints the last steps, or those before step N,
  and the client's state there. Fails if the client's answer differs from the recorded one, or if it panics.
  --step    the last step to play
  --around  the number of steps to print, 20 by default";

/// How the replay ended.
enum End {
    /// It reached the end, or the step that was asked for.
    Whole,
    /// The client's answer differs from the recorded one.
    Differs,
    /// The client panicked.
    Panicked,
}

pub(crate) fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(End::Whole) => ExitCode::SUCCESS,
        Ok(End::Differs | End::Panicked) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<End> {
    let mut file = None;
    let (mut until, mut around) = (None, 20);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut number = || -> Result<usize> {
            let value = rest.next().with_context(|| format!("{argument} takes a number"))?;
            value.parse().with_context(|| format!("{argument} takes a number, got `{value}`"))
        };
        match argument.as_str() {
            // Steps are counted from 1, as in the inspector.
            "--step" => until = Some(number()?.saturating_sub(1)),
            "--around" => around = number()?,
            unknown if unknown.starts_with('-') => {
                bail!("there is no option `{unknown}`\n\n{USAGE}")
            }
            path => ensure!(file.replace(path).is_none(), "one file at a time\n\n{USAGE}"),
        }
    }
    let Some(file) = file else { bail!("which file?\n\n{USAGE}") };
    let text = fs::read_to_string(file).with_context(|| format!("{file} cannot be read"))?;
    let recording = Recording::parse(&text)?;
    ensure!(
        recording.is_followed == cfg!(feature = "followed"),
        "the recording is of {}; `cargo xtask replay` chooses the right client",
        if recording.is_followed { "holdfast/io" } else { "a client that makes its own links" },
    );
    println!(
        "{} steps of holdfast {}{}",
        recording.steps.len(),
        recording.package,
        if recording.is_whole { "" } else { "; the recording ended early, because it was full" }
    );
    Ok(play(&recording, until.unwrap_or(usize::MAX), around))
}

/// Plays up to a step, and prints that step and those before it.
fn play(recording: &Recording, until: usize, around: usize) -> End {
    let mut replay = Replay::new(recording.start);
    let last = until.min(recording.steps.len().saturating_sub(1));
    let mut end = End::Whole;
    for (index, crossing) in recording.steps.iter().enumerate().take(last + 1) {
        let is_shown = index + around > last;
        // The panic hook prints the panic's text and position.
        let played = catch_unwind(AssertUnwindSafe(|| {
            is_shown
                .then(|| replay.step(crossing))
                .map_or_else(|| (replay.advance(crossing), None), |step| (step.agrees, Some(step)))
        }));
        let is_over = !matches!(played, Ok((true, _)));
        if is_over && !is_shown {
            // Again, so that the steps before it are printed. A panic is printed once.
            panic::set_hook(Box::new(|_| {}));
            return play(recording, index, around.max(1));
        }
        let Ok((agrees, step)) = played else {
            let word = if crossing.answer == Answer::Trap {
                "as in the recording"
            } else {
                "unlike the recorded one"
            };
            println!("step {}: the client panicked, {word}", index + 1);
            return End::Panicked;
        };
        if let Some(step) = step {
            print_step(&step);
        }
        if !agrees && matches!(end, End::Whole) {
            if crossing.answer == Answer::Trap {
                println!("step {}: the recorded client trapped here; this one does not", index + 1);
            } else {
                println!(
                    "step {}: the recorded client answered {} here; this one differs",
                    index + 1,
                    crossing.recorded()
                );
            }
            end = End::Differs;
            break;
        }
    }
    print_view(&replay.view());
    end
}

fn print_step(step: &Step) {
    let mark = if step.agrees { ' ' } else { '!' };
    println!("{mark}{:>7} {:>10.0} ms  {:<14} {}", step.index + 1, step.at, step.told, step.says);
}

fn print_view(view: &View) {
    println!(
        "\nafter {} steps, at {:.0} ms: the link is {} (attempt {}), {} waiting, {} in flight, user {}{}",
        view.steps,
        view.at,
        view.phase,
        view.epoch,
        view.queued,
        view.in_flight,
        view.user,
        if view.is_authorized { "" } else { ", link not authorized for the user" },
    );
    for Message { n, attempts, bytes, wait, saved, .. } in &view.messages {
        if let Some(wait) = wait {
            println!(
                "  message {n}: {bytes} bytes, {attempts} attempts, in {saved}. {}",
                wait.text
            );
        }
    }
}
