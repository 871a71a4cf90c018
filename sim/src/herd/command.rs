//! `cargo xtask sim herd`: plays the outages and writes the tables and the files in `docs/`.

use std::fs;
use std::path::Path;

use super::{Comparison, Herd, Loss, Options, Overload, chart, compare, report};

/// The help text of the command.
pub const HELP: &str = "\
cargo xtask sim herd [options]           reconnect a herd after outages, compared with socket.io-client's algorithm
    --clients N    clients (100000)          --capacity N  connections that the server accepts per second (2000)
    --queue N      attempts that wait (2000) --senders N   percentage that sends while the server is away (10)
    --seed S                                 --write yes   write the results to docs/
";

/// Plays what `arguments` ask for and prints it. Returns whether every limit was kept, or `None` if the arguments
/// are invalid.
///
/// # Panics
/// `docs/` can't be written.
#[must_use]
pub fn run(arguments: &[String]) -> Option<bool> {
    let (options, is_kept) = parse(arguments)?;
    let comparisons = compare(&herds(), &options);
    let users = report::users(options.seed);
    let text = report::markdown(&options, &comparisons, &users);
    println!("{text}");
    if is_kept {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        let files = [
            ("herd.md", text),
            ("herd.json", report::json(&options, &comparisons, &users)),
            ("herd.svg", chart::draw(&options, &comparisons)),
        ];
        for (name, text) in files {
            fs::write(docs.join(name), text).expect("docs/ can be written");
        }
    }
    Some(
        comparisons.iter().all(|comparison| comparison.limits().is_none_or(|limits| limits.hold())),
    )
}

/// Each outage of each kind.
fn herds() -> Vec<Herd> {
    let kinds = [
        (Loss::Seen, Overload::Refuses),
        (Loss::Seen, Overload::Hangs),
        (Loss::Silent, Overload::Hangs),
    ];
    let of_kind = |(loss, overload)| OUTAGES.map(|outage| Herd { outage, loss, overload });
    kinds.into_iter().flat_map(of_kind).collect()
}

fn parse(arguments: &[String]) -> Option<(Options, bool)> {
    let mut options = Options::default();
    let (mut queue, mut is_kept) = (None, false);
    for pair in arguments.chunks(2) {
        let [name, value] = pair else { return None };
        if (name.as_str(), value.as_str()) == ("--write", "yes") {
            is_kept = true;
            continue;
        }
        let number: u64 = value.replace('_', "").parse().ok()?;
        match name.as_str() {
            "--clients" => options.clients = number.try_into().ok().filter(|&count| count > 0)?,
            "--capacity" => options.capacity = Some(number).filter(|&number| number > 0)?,
            "--queue" => queue = Some(number),
            "--senders" => options.senders_permille = Some(number * 10).filter(|&n| n <= 1_000)?,
            "--seed" => options.seed = number,
            _ => return None,
        }
    }
    // Attempts for one second, unless configured.
    options.queue = queue.unwrap_or(options.capacity);
    Some((options, is_kept))
}

impl Comparison {
    /// The limits of an outage, and whether they hold. Only visible outages of a server that refuses have limits:
    /// if a server hangs, each client without room loses 20 s.
    #[must_use]
    pub fn limits(&self) -> Option<Limits> {
        let is_bound = (self.herd.loss, self.herd.overload) == (Loss::Seen, Overload::Refuses);
        is_bound.then(|| Limits {
            ratio: self.ratio(),
            most: if self.herd.outage >= 600_000 { 0.3 } else { 1.0 },
            late: self.late(),
        })
    }
}

/// The limits of an outage.
pub struct Limits {
    ratio: f64,
    most: f64,
    late: Option<u64>,
}

impl Limits {
    /// Whether the peak is as low as promised, and 99 % of the clients are back as soon.
    #[must_use]
    pub fn hold(&self) -> bool {
        self.ratio <= self.most && self.late.is_some_and(|late| late <= 30_000)
    }
}

/// The durations of the outages in milliseconds.
const OUTAGES: [u64; 4] = [200, 3_000, 600_000, 10_800_000];
