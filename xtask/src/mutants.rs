//! `cargo xtask mutants`: breaks the engine on purpose, one line at a time, and sees that tests notice.
//!
//! It works on a copy of the sources, never on the sources themselves.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::tools::{cargo, root};

/// A deliberate bug in `src/engine`.
struct Mutant {
    file: &'static str,
    /// Occurs once in the file.
    find: &'static str,
    replace: &'static str,
    breaks: &'static str,
}

/// Runs the engine's tests against each mutant. Fails where one survives.
pub fn run() -> Result<()> {
    let folder = root().join("target/mutants");
    let tree = folder.join("tree");
    copy_sources(&tree)?;
    let begin = Instant::now();
    let clean = test(&tree, &folder)?;
    ensure!(clean.is_empty(), "the tests fail without any mutant: {}", clean.join(", "));
    let mut survivors = Vec::new();
    for (index, mutant) in MUTANTS.iter().enumerate() {
        let path = tree.join("src/engine").join(mutant.file);
        let original = fs::read_to_string(&path)?;
        fs::write(&path, mutant.applied_to(&original)?)?;
        let caught_by = test(&tree, &folder);
        fs::write(&path, original)?;
        let caught_by = caught_by.with_context(|| mutant.breaks)?;
        println!("{:>3}. {}: {}", index + 1, mutant.file, mutant.breaks);
        for name in caught_by.iter().take(SHOWN) {
            println!("       {name}");
        }
        if caught_by.len() > SHOWN {
            println!("       and {} more", caught_by.len() - SHOWN);
        }
        if caught_by.is_empty() {
            println!("       NOBODY NOTICED");
            survivors.push(mutant.breaks);
        }
    }
    let (count, time) = (MUTANTS.len(), begin.elapsed().as_secs());
    println!("{count} mutants, {} survived, {time} s", survivors.len());
    ensure!(survivors.is_empty(), "no test notices: {}", survivors.join("; "));
    Ok(())
}

impl Mutant {
    fn applied_to(&self, source: &str) -> Result<String> {
        let count = source.matches(self.find).count();
        ensure!(count == 1, "`{}` occurs {count} times in {}", self.find, self.file);
        Ok(source.replacen(self.find, self.replace, 1))
    }
}

/// What cargo needs for the engine's native tests.
fn copy_sources(tree: &Path) -> Result<()> {
    if tree.exists() {
        fs::remove_dir_all(tree)?;
    }
    for name in ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "src", "sim", "tests", "xtask"]
    {
        copy(&root().join(name), &tree.join(name))?;
    }
    Ok(())
}

/// Copies a file, or the Rust in a folder.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::create_dir_all(to.parent().context("not the root")?)?;
        fs::copy(from, to).with_context(|| from.display().to_string())?;
        return Ok(());
    }
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let is_rust =
            path.extension().is_some_and(|extension| extension == "rs" || extension == "toml");
        if path.is_dir() || is_rust {
            copy(&path, &to.join(path.file_name().context("a name")?))?;
        }
    }
    Ok(())
}

/// Runs the native tests of a tree and answers which failed, with what the simulation found.
fn test(tree: &Path, folder: &Path) -> Result<Vec<String>> {
    let log = folder.join("log.txt");
    let out = fs::File::create(&log)?;
    let mut command = cargo();
    command
        .args(["test", "--package", "holdfast", "--no-fail-fast", "--offline"])
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out);
    let is_over = wait(&mut command)?;
    let text = fs::read_to_string(&log)?;
    if text.contains("error: could not compile") {
        bail!("it does not compile, see {}", log.display());
    }
    let failed =
        |line: &str| Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_owned());
    let mut caught_by: Vec<String> = text.lines().filter_map(failed).collect();
    caught_by.sort();
    let is_finding =
        |line: &&str| line.starts_with("seed ") && line.contains(": ") && !line.contains("Plan {");
    if let Some(finding) = text.lines().find(is_finding) {
        caught_by.insert(0, finding.chars().take(WIDTH).collect());
    }
    if !is_over {
        caught_by.push(format!("it hangs: not over after {} s", PATIENCE.as_secs()));
    }
    Ok(caught_by)
}

/// Answers whether it came to an end by itself.
fn wait(command: &mut Command) -> Result<bool> {
    // With the tests in a group of their own, cargo takes them along when it has to go.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command.spawn()?;
    let begin = Instant::now();
    loop {
        if child.try_wait()?.is_some() {
            return Ok(true);
        }
        if begin.elapsed() > PATIENCE {
            if cfg!(unix) {
                let group = format!("-{}", child.id());
                Command::new("kill").args(["-KILL", "--", &group]).status()?;
            } else {
                child.kill()?;
            }
            child.wait()?;
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Many times what a build and all tests take.
const PATIENCE: Duration = Duration::from_secs(300);
/// Tests that are named.
const SHOWN: usize = 6;
/// Of a line in the report.
const WIDTH: usize = 140;

/// One for each promise, and one for each bug that was there once.
const MUTANTS: &[Mutant] = &[
    Mutant {
        file: "mod.rs",
        find: "self.now = self.now.max(now);",
        replace: "self.now = now;",
        breaks: "I9: time may run backwards",
    },
    Mutant {
        file: "mod.rs",
        find: "if epoch != self.link.epoch() {",
        replace: "if false {",
        breaks: "facts of an old link count",
    },
    Mutant {
        file: "mod.rs",
        find: "if self.link.phase() == Phase::Ready\n            && let Some(transmit)",
        replace: "if self.link.phase() != Phase::Closed\n            && let Some(transmit)",
        breaks: "I2: transmits without a ready link",
    },
    Mutant {
        file: "mod.rs",
        find: "            self.outbox.expire(self.now, &mut self.outputs);\n",
        replace: "",
        breaks: "what has expired leaves while the timer is late",
    },
    Mutant {
        file: "mod.rs",
        find: " || was_planned_at != self.link.next_attempt_at();",
        replace: ";",
        breaks: "a shorter wait is not shown",
    },
    Mutant {
        file: "mod.rs",
        find: "        self.settle_all(now, Outcome::Closed);\n",
        replace: "",
        breaks: "I1: a destroyed engine settles nothing",
    },
    Mutant {
        file: "mod.rs",
        find: "self.outbox.link_lost(now, is_usual, &mut self.outputs);",
        replace: "let _ = is_usual;",
        breaks: "I3: a link loss is not told to the outbox",
    },
    Mutant {
        file: "mod.rs",
        find: "(Some(health), Phase::Ready) if !self.health.is_mute() => {",
        replace: "(Some(health), Phase::Ready) => {",
        breaks: "I6: pings in vain keep their deadline",
    },
    Mutant {
        file: "mod.rs",
        find: "[self.link.deadline(), health, outbox]",
        replace: "[self.link.deadline(), health]",
        breaks: "the outbox's deadlines are not asked for",
    },
    Mutant {
        file: "mod.rs",
        find: "            self.step_link(now, Event::Doubted);\n        }\n    }",
        replace: "        }\n    }",
        breaks: "an unanswered message on a silent link starts no probe",
    },
    Mutant {
        file: "link.rs",
        find: "if was_ready_for >= Some(config.stable) {",
        replace: "if was_ready_for.is_some() {",
        breaks: "I10: no link dies young",
    },
    Mutant {
        file: "link.rs",
        find: "const USUAL_LOSSES: u32 = 12;",
        replace: "const USUAL_LOSSES: u32 = 10;",
        breaks: "I10: messages are suspected too soon",
    },
    Mutant {
        file: "link.rs",
        find: "        self.failures = self.failures.saturating_add(1);\n",
        replace: "",
        breaks: "I8: the backoff does not grow",
    },
    Mutant {
        file: "link.rs",
        find: "        // Either the room is confirmed, or it was just asked for once more.\n        self.rejoin_at = None;\n",
        replace: "",
        breaks: "a confirmed room is asked for again",
    },
    Mutant {
        file: "link.rs",
        find: "now + wait.max(Millis(1))",
        replace: "now + wait",
        breaks: "I6: a wait of none",
    },
    Mutant {
        file: "link.rs",
        find: "now + span.max(config.min) + ",
        replace: "now + span + ",
        breaks: "I8: a server that names no wait is hammered",
    },
    Mutant {
        file: "link.rs",
        find: "self.state = Waiting { until, hurried: true };\n                    effect",
        replace: "self.state = Waiting { until, hurried: false };\n                    effect",
        breaks: "a send shortens the wait that the server named",
    },
    Mutant {
        file: "link.rs",
        find: "(Event::Woke, Suspect { since, deadline, late }) if deadline <= now + LATE => {",
        replace: "(Event::Woke, Suspect { since, deadline, late }) if deadline < since => {",
        breaks: "a probe's time passes while the machine sleeps",
    },
    Mutant {
        file: "link.rs",
        find: "(Event::Woke, Suspect { since, deadline, late }) if deadline <= now + LATE => {",
        replace: "(Event::Woke, Suspect { since, deadline, late }) if deadline >= since => {",
        breaks: "each sign of waking up pings once more",
    },
    Mutant {
        file: "link.rs",
        find: "(Event::Stopped, _) => self.end(Idle { why: Why::Ended }, around),",
        replace: "(Event::Stopped, _) => self.end(Idle { why: Why::Fresh }, around),",
        breaks: "a send connects what the app closed",
    },
    Mutant {
        file: "link.rs",
        find: "DownCause::Final => self.end(Idle { why: Why::Ended }, around),",
        replace: "DownCause::Final => self.retry(now, around),",
        breaks: "a final refusal is tried again",
    },
    Mutant {
        file: "link.rs",
        find: "        around.outputs.push_back(Output::Disconnect { epoch: self.epoch });\n        self.retry(now, around)",
        replace: "        self.retry(now, around)",
        breaks: "a link that is given up stays open",
    },
    Mutant {
        file: "link.rs",
        find: "if now - deadline > LATE && !late {",
        replace: "if false {",
        breaks: "a probe whose timer was late is a verdict",
    },
    Mutant {
        file: "link.rs",
        find: "self.attempted_at + min + around",
        replace: "self.attempted_at + around",
        breaks: "I8: a shortened wait keeps no distance",
    },
    Mutant {
        file: "link.rs",
        find: "Epoch(self.epoch.0.wrapping_add(1))",
        replace: "self.epoch",
        breaks: "every attempt has the same epoch",
    },
    Mutant {
        file: "link.rs",
        find: "            State::Ready { .. } | State::Suspect { .. } => Effect::Lost,\n            State::Idle { .. }",
        replace: "            State::Ready { .. } => Effect::Lost,\n            State::Suspect { .. }\n            | State::Idle { .. }",
        breaks: "I3: a failed probe loses what was in flight",
    },
    Mutant {
        file: "link.rs",
        find: "            (Event::Joined, Joining { .. }) => self.ready(now),\n",
        replace: "            (Event::Joined, Joining { .. }) => Effect::None,\n",
        breaks: "a confirmed room is waited for until the fallback",
    },
    Mutant {
        file: "health.rs",
        find: "let is_certain = was_asked && ",
        replace: "let is_certain = ",
        breaks: "silence is a verdict though nobody was asked",
    },
    Mutant {
        file: "health.rs",
        find: " && now - at >= config.probe",
        replace: "",
        breaks: "a ping that went out late has no time to be answered",
    },
    Mutant {
        file: "health.rs",
        find: "was_asked && now - silent_at <= LATE",
        replace: "was_asked",
        breaks: "a deadline noticed late is a verdict",
    },
    Mutant {
        file: "health.rs",
        find: "    pub(super) fn heard(&mut self, now: Millis) {\n        self.heard_at = now;\n",
        replace: "    pub(super) fn heard(&mut self, now: Millis) {\n",
        breaks: "what is heard is no life",
    },
    Mutant {
        file: "health.rs",
        find: "const MUTE_LINKS: u32 = 2;",
        replace: "const MUTE_LINKS: u32 = 1;",
        breaks: "one unlucky link ends the pings",
    },
    Mutant {
        file: "health.rs",
        find: "        self.heard_at = now;\n        self.pings = Pings::Unknown;",
        replace: "        self.pings = Pings::Unknown;",
        breaks: "a new link inherits the silence of the old",
    },
    Mutant {
        file: "outbox.rs",
        find: "count >= config.capacity ||",
        replace: "count > config.capacity ||",
        breaks: "I8: one message too many",
    },
    Mutant {
        file: "outbox.rs",
        find: "bytes > config.max_bytes ||",
        replace: "",
        breaks: "I8: bytes are not bounded",
    },
    Mutant {
        file: "outbox.rs",
        find: "self.in_flight >= window)",
        replace: "self.in_flight > window)",
        breaks: "one too many in a strict lane",
    },
    Mutant {
        file: "outbox.rs",
        find: "let is_alone = self.strict || message",
        replace: "let is_alone = message",
        breaks: "something leaves beside a strict message",
    },
    Mutant {
        file: "outbox.rs",
        find: "not_before.max(self.held_until)",
        replace: "not_before",
        breaks: "the wait that the server named is not kept",
    },
    Mutant {
        file: "outbox.rs",
        find: "let is_current = in_flight && message.attempt == attempt;",
        replace: "let is_current = in_flight;",
        breaks: "a late 'try again' of an older attempt counts",
    },
    Mutant {
        file: "outbox.rs",
        find: "lane.window.and_then(|window| window.checked_mul(2))",
        replace: "lane.window",
        breaks: "a lane stays slow for ever after trouble",
    },
    Mutant {
        file: "outbox.rs",
        find: "                    lane.held_until = lane.held_until.max(now + span);\n",
        replace: "                    let _ = span;\n",
        breaks: "'try after' is not heard",
    },
    Mutant {
        file: "outbox.rs",
        find: "            message.unanswered = true;\n            message.lone_losses",
        replace: "            message.lone_losses",
        breaks: "a lost message is said not to be delivered",
    },
    Mutant {
        file: "outbox.rs",
        find: "                over.push(seq);",
        replace: "                self.settle(now, seq, Outcome::Exhausted(Cause::LinkLost), outputs);",
        breaks: "a lane that is empty for a moment forgets its wait",
    },
    Mutant {
        file: "outbox.rs",
        find: "Some(Some(message)) if message.attempt > 0 => {",
        replace: "Some(Some(message)) if message.attempt > 9 => {",
        breaks: "a new link does not end a backoff",
    },
    Mutant {
        file: "outbox.rs",
        find: "const LONE_LOSSES: u32 = 3;",
        replace: "const LONE_LOSSES: u32 = 4;",
        breaks: "I10: poison has one try more",
    },
    Mutant {
        file: "outbox.rs",
        find: "let is_over = message.draft.once || ",
        replace: "let is_over = ",
        breaks: "a message without an id is sent twice",
    },
    Mutant {
        file: "outbox.rs",
        find: "            *since = (*since).max(handed_on);\n",
        replace: "            let _ = (since, handed_on);\n",
        breaks: "a slow link that answers runs deadlines out",
    },
    Mutant {
        file: "outbox.rs",
        find: "self.flight_bytes + bytes > config.send.window_bytes",
        replace: "bytes > config.send.window_bytes",
        breaks: "I8: bytes in flight are not bounded",
    },
    Mutant {
        file: "outbox.rs",
        find: "if self.suspects > 0 { 1 } else { config.send.window as usize }",
        replace: "config.send.window as usize",
        breaks: "I10: suspects leave together",
    },
    Mutant {
        file: "outbox.rs",
        find: "self.flight.len() < window {",
        replace: "self.flight.len() <= window {",
        breaks: "I8: one more in flight than the window",
    },
    Mutant {
        file: "outbox.rs",
        find: "if failures > config.retries ||",
        replace: "if failures >= config.retries ||",
        breaks: "one retry too few",
    },
    Mutant {
        file: "outbox.rs",
        find: "let maybe_delivered = message.unanswered || in_flight;",
        replace: "let maybe_delivered = message.unanswered;",
        breaks: "a message in flight is said not to be delivered",
    },
    Mutant {
        file: "outbox.rs",
        find: "        self.free.push(seq.slot());\n",
        replace: "",
        breaks: "I8: slots are never used again",
    },
    Mutant {
        file: "outbox.rs",
        find: "        self.bytes -= u64::from(message.draft.bytes);\n",
        replace: "",
        breaks: "I8: bytes are never given back",
    },
    Mutant {
        file: "outbox.rs",
        find: "            *lane = Lane::default();",
        replace: "            lane.in_flight = 0;",
        breaks: "an empty lane hands its troubles on",
    },
    Mutant {
        file: "outbox.rs",
        find: "        lane.strict = draft.strict;\n",
        replace: "",
        breaks: "a strict message in flight holds nobody",
    },
    Mutant {
        file: "outbox.rs",
        find: "self.slots.get(seq.slot())?.as_ref().filter(|message| message.seq == seq)",
        replace: "self.slots.get(seq.slot())?.as_ref()",
        breaks: "I5: an old answer settles who has the slot now",
    },
    Mutant {
        file: "outbox.rs",
        find: "now + backoff::before_retry(config, failures, rng)",
        replace: "now + (backoff::before_retry(config, failures, rng) - config.backoff_max)",
        breaks: "a retry does not wait",
    },
    Mutant {
        file: "backoff.rs",
        find: "1 << times.min(31)",
        replace: "1 << times.min(2)",
        breaks: "the backoff stops growing",
    },
    Mutant {
        file: "backoff.rs",
        find: "    config.min + rng.up_to(cap - config.min)",
        replace: "    rng.up_to(cap)",
        breaks: "I8: the least wait is not kept",
    },
    Mutant {
        file: "sorted.rs",
        find: "                self.0.insert(index, item);",
        replace: "                self.0.insert((index + 1).min(self.0.len()), item);",
        breaks: "I3: what comes back gets the wrong place",
    },
    Mutant {
        file: "config.rs",
        find: "        self.send.window = self.send.window.max(1);\n",
        replace: "",
        breaks: "a window of none lets nothing leave",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mutant_finds_its_line() {
        for mutant in MUTANTS {
            let path = root().join("src/engine").join(mutant.file);
            let source = fs::read_to_string(path).unwrap();
            let mutated = mutant.applied_to(&source).unwrap();
            assert_ne!(mutated, source, "{}", mutant.breaks);
        }
    }
}
