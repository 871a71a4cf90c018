//! The browser that tests run in: Chromium or Chrome, and the matching driver.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Result, bail, ensure};

use crate::tools::{on_path, output, run};

/// A browser and its driver.
pub struct Browser {
    /// The executable. Tests read its path from `HOLDFAST_CHROME`.
    pub program: PathBuf,
    /// `chromedriver`. Tests read its path from `CHROMEDRIVER`.
    pub driver: PathBuf,
}

impl Browser {
    /// The capabilities of a WebDriver session, as JSON.
    pub fn capabilities(&self) -> String {
        let arguments = ARGUMENTS.map(|argument| format!("{argument:?}")).join(", ");
        format!(
            "{{\"goog:chromeOptions\": {{\"binary\": {:?}, \"args\": [{arguments}]}}}}\n",
            self.program
        )
    }

    /// Passes the browser's paths to a child process.
    pub fn announce<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("HOLDFAST_CHROME", &self.program).env("CHROMEDRIVER", &self.driver)
    }
}

/// Finds the browser of this machine. If there is none, it is installed where the system allows it.
pub fn find() -> Result<&'static Browser> {
    static FOUND: OnceLock<Browser> = OnceLock::new();
    if let Some(browser) = FOUND.get() {
        return Ok(browser);
    }
    if program().is_none() || driver().is_none() {
        install()?;
    }
    let Some(program) = program() else { bail!("there is still no browser. {ADVICE}") };
    let Some(driver) = driver() else { bail!("there is still no chromedriver. {ADVICE}") };
    for (file, variables) in
        [(&program, "HOLDFAST_CHROME or CHROME_BIN"), (&driver, "CHROMEDRIVER")]
    {
        ensure!(file.is_file(), "{variables}: {} is not a file", file.display());
    }
    Ok(FOUND.get_or_init(|| Browser { program, driver }))
}

fn program() -> Option<PathBuf> {
    ["HOLDFAST_CHROME", "CHROME_BIN"]
        .iter()
        .find_map(|name| env::var_os(name).filter(|value| !value.is_empty()))
        .map(PathBuf::from)
        .or_else(|| on_path(&PROGRAMS))
        .or_else(|| Some(PathBuf::from(MAC_PROGRAM)).filter(|file| file.is_file()))
}

fn driver() -> Option<PathBuf> {
    let beside_browser = || {
        let folder = program()?.canonicalize().ok()?.parent()?.to_owned();
        let file = folder.join("chromedriver").with_extension(env::consts::EXE_EXTENSION);
        file.is_file().then_some(file)
    };
    env::var_os("CHROMEDRIVER")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .or_else(|| on_path(&["chromedriver"]))
        .or_else(beside_browser)
}

fn install() -> Result<()> {
    let missing =
        if program().is_none() { "no browser was found" } else { "chromedriver is missing" };
    let apt = Path::new("/usr/bin/apt-get");
    let is_root = || output(Command::new("id").arg("-u")).is_some_and(|id| id == "0");
    ensure!(apt.is_file() && is_root(), "{missing}. {ADVICE}");
    println!("{missing}: installing chromium and chromium-driver");
    let apt_get = || {
        let mut command = Command::new(apt);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    run(apt_get().args(["update", "--quiet"]))?;
    run(apt_get().args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(PACKAGES))
}

const PROGRAMS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const MAC_PROGRAM: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// The names of Debian's packages.
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

const ADVICE: &str = "Install Chromium or Chrome and the chromedriver of the same version (on \
    Debian: `apt-get install chromium chromium-driver`), or name them in HOLDFAST_CHROME and \
    CHROMEDRIVER.";

/// No sandbox, because it does not start for root or in most containers, and only the tests are loaded. No QUIC,
/// updates or sync, so that the browser contacts nobody else.
const ARGUMENTS: [&str; 8] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];
