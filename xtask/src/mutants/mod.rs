//! `cargo xtask mutants`: adds one deliberate bug at a time to the engine or the shell, and checks that a test
//! fails. It changes only copies of the sources.

mod engine;
mod list;
mod shell;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::tools::root;
use list::Mutant;

/// A copy of the sources, and its tests.
trait Suite {
    /// The copy of the checkout.
    fn tree(&self) -> PathBuf;

    /// Tests the copy as it is. Returns the first test that fails.
    fn test(&mut self) -> Result<Option<String>>;
}

struct Subject {
    name: &'static str,
    /// A paragraph for each bug, see `list`.
    list: &'static str,
    /// Copies the necessary files into a folder.
    prepare: fn(&Path) -> Result<Box<dyn Suite>>,
}

const SUBJECTS: [Subject; 3] = [
    Subject { name: "engine", list: ENGINE, prepare: engine::prepare },
    Subject { name: "shell", list: SHELL, prepare: shell::prepare },
    Subject { name: "durable", list: include_str!("durable.txt"), prepare: shell::prepare_durable },
];

const ENGINE: &str = concat!(
    include_str!("engine.txt"),
    "\n",
    include_str!("client.txt"),
    "\n",
    include_str!("keeper.txt"),
    "\n",
    include_str!("feed.txt"),
);

const SHELL: &str = concat!(
    include_str!("shell-messages.txt"),
    "\n",
    include_str!("shell-link.txt"),
    "\n",
    include_str!("shell-io.txt"),
    "\n",
    include_str!("server.txt"),
);

/// Runs the tests against each mutant of the named parts. Fails if one survives.
pub fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (chosen, part, writes) = match words[..] {
        [] | ["all"] => ("all", "", false),
        ["all", "--write"] => ("all", "", true),
        ["engine" | "shell" | "durable"] => (words[0], "", false),
        ["engine" | "shell" | "durable", part] => (words[0], part, false),
        _ => bail!(
            "`mutants` takes all, `all --write`, engine, shell or durable, and a part of the file's name"
        ),
    };
    let mut report = REPORT.to_owned();
    let mut survivors = Vec::new();
    for subject in SUBJECTS.iter().filter(|subject| chosen == "all" || chosen == subject.name) {
        survivors.extend(subject.run(part, &mut report)?);
    }
    ensure!(survivors.is_empty(), "no test fails for: {}", survivors.join("; "));
    if writes {
        fs::write(root().join("docs/MUTANTS.md"), report)?;
    }
    Ok(())
}

impl Subject {
    /// Returns the mutants that survived.
    fn run(&self, part: &str, report: &mut String) -> Result<Vec<String>> {
        let mut mutants = list::parse(self.list)?;
        mutants.retain(|mutant| mutant.file.contains(part));
        ensure!(!mutants.is_empty(), "there is no bug in a file named {part}");
        let mut suite = (self.prepare)(&root().join("target/mutants").join(self.name))?;
        let tree = suite.tree();
        for mutant in &mutants {
            mutant.applied(&tree)?;
        }
        let begin = Instant::now();
        if let Some(name) = suite.test()? {
            bail!("this test fails without any mutant: {name}");
        }
        writeln!(report, "\n## {}\n\n| bug | in | noticed by |\n| --- | --- | --- |", self.name)?;
        let mut survivors = Vec::new();
        for (index, mutant) in mutants.iter().enumerate() {
            let caught_by =
                break_and_test(mutant, suite.as_mut()).context(mutant.breaks.clone())?;
            println!("{:>3}. {}: {}", index + 1, mutant.file, mutant.breaks);
            println!("       {}", caught_by.as_deref().unwrap_or("NO TEST FAILED"));
            match caught_by {
                Some(name) => {
                    let name = name.replace('|', "\\|");
                    writeln!(report, "| {} | `{}` | {name} |", mutant.breaks, mutant.file)?;
                }
                None => survivors.push(mutant.breaks.clone()),
            }
        }
        let (count, time) = (mutants.len(), begin.elapsed().as_secs());
        println!("{}: {count} mutants, {} survived, {time} s", self.name, survivors.len());
        Ok(survivors)
    }
}

fn break_and_test(mutant: &Mutant, suite: &mut dyn Suite) -> Result<Option<String>> {
    let tree = suite.tree();
    let path = tree.join(&mutant.file);
    let original = fs::read_to_string(&path)?;
    fs::write(&path, mutant.applied(&tree)?)?;
    let caught_by = suite.test();
    fs::write(&path, original)?;
    caught_by
}

/// Copies parts of the checkout into a new folder.
fn copy_checkout(names: &[&str], tree: &Path) -> Result<()> {
    if tree.exists() {
        fs::remove_dir_all(tree)?;
    }
    names.iter().try_for_each(|name| copy(&root().join(name), &tree.join(name)))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::create_dir_all(to.parent().context("not the root")?)?;
        fs::copy(from, to).with_context(|| from.display().to_string())?;
        return Ok(());
    }
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        if name != "node_modules" && name != "artifacts" {
            copy(&from.join(&name), &to.join(&name))?;
        }
    }
    Ok(())
}

/// Runs a command. Returns its output, and its exit status if it ended by itself.
fn run_with_patience(command: &mut Command, log: &Path) -> Result<(String, Option<ExitStatus>)> {
    let out = fs::File::create(log)?;
    command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
    // In their own process group, so that all test processes can be killed together.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command.spawn()?;
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if begin.elapsed() > PATIENCE {
            if cfg!(unix) {
                let group = format!("-{}", child.id());
                Command::new("kill").args(["-KILL", "--", &group]).status()?;
            } else {
                child.kill()?;
            }
            child.wait()?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    Ok((String::from_utf8_lossy(&fs::read(log)?).into_owned(), status))
}

/// Many times the usual duration of the tests.
const PATIENCE: Duration = Duration::from_secs(120);

const REPORT: &str = "\
# Deliberate bugs

What `cargo xtask mutants all --write` saw: each bug was planted in a copy of the sources, alone, and
this is the first test that failed.
";
