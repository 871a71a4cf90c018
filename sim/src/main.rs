//! `cargo xtask sim`: plays thousands of seeds, or one seed with its trace, or the herd.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use sim::{Tally, Violation};

const HELP: &str = "\
cargo xtask sim [--seeds N] [--from S]   play N seeds, from S on
cargo xtask sim --seed S                 play one and print its trace
";

/// The task on the command line.
enum Task {
    Sweep { from: u64, count: u64 },
    Trace { seed: u64 },
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((first, rest)) = arguments.split_first()
        && first == "herd"
    {
        return herd(rest);
    }
    match task(&arguments) {
        Some(Task::Sweep { from, count }) => sweep(from, count),
        Some(Task::Trace { seed }) => {
            hush();
            print!("{}", sim::trace(seed));
            ExitCode::SUCCESS
        }
        None => {
            eprint!("{HELP}{}", sim::herd::HELP);
            ExitCode::FAILURE
        }
    }
}

fn herd(arguments: &[String]) -> ExitCode {
    let begin = Instant::now();
    match sim::herd::run(arguments) {
        Some(is_within_limits) => {
            let verdict = if is_within_limits { "all limits kept" } else { "over a limit" };
            println!("{verdict}, {:.1} s", begin.elapsed().as_secs_f64());
            if is_within_limits { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        None => {
            eprint!("{}", sim::herd::HELP);
            ExitCode::FAILURE
        }
    }
}

fn task(arguments: &[String]) -> Option<Task> {
    let (mut from, mut count) = (0, 100_000);
    for pair in arguments.chunks(2) {
        let [name, number] = pair else { return None };
        let number = number.replace('_', "").parse().ok()?;
        match name.as_str() {
            "--seeds" => count = number,
            "--from" => from = number,
            "--seed" => return Some(Task::Trace { seed: number }),
            _ => return None,
        }
    }
    Some(Task::Sweep { from, count })
}

fn sweep(from: u64, count: u64) -> ExitCode {
    hush();
    let begin = Instant::now();
    let next = AtomicU64::new(from);
    let until = from + count;
    let is_over = AtomicBool::new(false);
    let found: Mutex<(Tally, Vec<Violation>)> = Mutex::default();
    let play = || {
        let mut tally = Tally::default();
        loop {
            let chunk = next.fetch_add(CHUNK, Ordering::Relaxed);
            if chunk >= until {
                break;
            }
            for seed in chunk..until.min(chunk + CHUNK) {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                match sim::run(seed) {
                    Ok(run) => tally.add(&run),
                    Err(violation) => {
                        let (_, violations) = &mut *found.lock().expect("nobody panics here");
                        violations.push(violation);
                        is_over.store(violations.len() >= ENOUGH, Ordering::Relaxed);
                    }
                }
            }
        }
        found.lock().expect("nobody panics here").0.add(&tally);
    };
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(play);
        }
    });
    let seconds = begin.elapsed().as_secs_f64();
    let (tally, mut violations) = found.into_inner().expect("nobody panics here");
    violations.sort_by_key(|violation| violation.seed);
    if let Some(first) = violations.first() {
        println!("{}", sim::explain(first.seed));
    }
    for (name, number) in tally.rows() {
        println!("{number:>14}  {name}");
    }
    for violation in &violations {
        println!("{:.200}", violation.to_string());
    }
    let speed = tally.steps() as f64 / seconds;
    println!(
        "{count} seeds from {from} on {cores} cores: {} violations, {seconds:.1} s, {speed:.0} steps/s",
        violations.len()
    );
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Silences the default panic message, because a panic is a finding here and is printed as one.
fn hush() {
    std::panic::set_hook(Box::new(|_| {}));
}

/// The number of seeds that a core takes at a time.
const CHUNK: u64 = 256;
/// The number of violations after which a sweep stops.
const ENOUGH: usize = 20;
