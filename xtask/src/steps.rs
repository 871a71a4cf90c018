//! Runs a list of steps one after another and prints a summary.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use crate::{browser, tools};

/// One step of a command.
pub struct Step {
    /// Its name in the summary and on the command line.
    pub name: &'static str,
    /// The property that it checks, for the heading.
    pub title: &'static str,
    /// Earlier steps of the list that must succeed first.
    pub needs: &'static [&'static str],
    /// Whether it needs a browser. The browser is looked up before any step runs.
    pub browser: bool,
    /// Whether the checkout contains what it runs.
    pub exists: fn() -> bool,
    /// Runs it.
    pub run: fn() -> Result<()>,
}

/// For a step that every checkout contains.
pub const ALWAYS: fn() -> bool = || true;

enum Outcome {
    Passed,
    Failed,
    /// A step that it needs did not pass.
    NotRun,
    /// There is nothing to run.
    Absent,
}

/// Runs all steps, or the chosen ones and those they need. After a failure the other steps still run, but the whole
/// fails.
pub fn run(steps: &[Step], chosen: &[String]) -> Result<()> {
    let selected = select(steps, chosen)?;
    tools::require_node()?;
    if selected.iter().any(|step| step.browser && (step.exists)()) {
        browser::find()?;
    }
    let begin = Instant::now();
    let mut results: Vec<(&Step, Outcome, Duration)> = Vec::new();
    for step in selected {
        let begin = Instant::now();
        let lacks = |need: &&str| {
            !results
                .iter()
                .any(|(done, outcome, _)| done.name == *need && matches!(outcome, Outcome::Passed))
        };
        let outcome = if !(step.exists)() {
            Outcome::Absent
        } else if step.needs.iter().any(lacks) {
            Outcome::NotRun
        } else {
            println!("\n=== {}: {}", step.name, step.title);
            match (step.run)() {
                Ok(()) => Outcome::Passed,
                Err(error) => {
                    println!("error: {error:#}");
                    Outcome::Failed
                }
            }
        };
        if matches!(outcome, Outcome::Passed | Outcome::Failed) {
            println!("--- {} took {:.1} s", step.name, begin.elapsed().as_secs_f64());
        }
        results.push((step, outcome, begin.elapsed()));
    }
    summarize(&results, begin.elapsed())
}

fn summarize(results: &[(&Step, Outcome, Duration)], total: Duration) -> Result<()> {
    println!("\n=== summary");
    let mut bad = Vec::new();
    for (step, outcome, time) in results {
        let word = match outcome {
            Outcome::Passed => "passed",
            Outcome::Absent => "absent",
            Outcome::Failed => "FAILED",
            Outcome::NotRun => "NOT RUN",
        };
        if matches!(outcome, Outcome::Failed | Outcome::NotRun) {
            bad.push(step.name);
        }
        println!("{:<10} {word:<8} {:>7.1} s  {}", step.name, time.as_secs_f64(), step.title);
    }
    println!("{:<10} {:<8} {:>7.1} s", "all", "", total.as_secs_f64());
    ensure!(bad.is_empty(), "did not pass: {}", bad.join(", "));
    Ok(())
}

fn select<'a>(steps: &'a [Step], chosen: &[String]) -> Result<Vec<&'a Step>> {
    let mut wanted: Vec<&str> = chosen.iter().map(String::as_str).collect();
    if wanted.is_empty() {
        return Ok(steps.iter().collect());
    }
    if let Some(unknown) = wanted.iter().find(|name| !steps.iter().any(|s| s.name == **name)) {
        let names: Vec<_> = steps.iter().map(|step| step.name).collect();
        bail!("there is no step `{unknown}`, only {}", names.join(", "));
    }
    // From the last step to the first, because a step only needs earlier ones.
    let mut selected = Vec::new();
    for step in
        steps.iter().rev().filter(|step| (step.exists)() || chosen.contains(&step.name.to_owned()))
    {
        if wanted.contains(&step.name) {
            wanted.extend(step.needs);
            selected.push(step);
        }
    }
    selected.reverse();
    Ok(selected)
}
