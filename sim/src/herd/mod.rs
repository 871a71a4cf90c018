//! The herd: very many clients that lose one server at the same moment and reconnect.
//!
//! It runs real engines in virtual time, and for comparison the same number of clients with socket.io-client's own
//! algorithm. The server can accept a number of connections per second. Excess attempts are refused at once, or
//! hang until the client gives up. The results are how many attempts the server sees in a second once it is back,
//! and how long it takes until all clients are connected.

mod agenda;
mod chart;
mod command;
mod curve;
mod ours;
mod report;
mod server;
mod socket_io;
mod world;

use std::sync::Mutex;

pub use command::{HELP, Limits, run};
pub use curve::Curve;
pub use server::Overload;

use ours::Ours;
use socket_io::SocketIo;

/// The options that all outages of a comparison share.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The seed of all random draws.
    pub seed: u64,
    /// The number of clients.
    pub clients: u32,
    /// The number of connections that the server can accept in a second.
    pub capacity: u64,
    /// The number of attempts that it lets wait for their turn.
    pub queue: u64,
    /// How many of a thousand clients send messages while the server is away.
    pub senders_permille: u64,
    /// The average time between two messages of such a client, in milliseconds.
    pub send_gap: u64,
}

/// An outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Herd {
    /// How long the server is away, in milliseconds.
    pub outage: u64,
    /// How the outage looks to a client.
    pub loss: Loss,
    /// The server's reaction to excess attempts.
    pub overload: Overload,
}

/// How an outage looks to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Connections end visibly, and attempts are refused at once.
    Seen,
    /// Connections and attempts get no answer any more.
    Silent,
}

/// An outage, played by two herds.
pub struct Comparison {
    /// The outage.
    pub herd: Herd,
    /// Holdfast's engines.
    pub ours: Curve,
    /// socket.io-client's Managers.
    pub theirs: Curve,
    least: u64,
}

impl Comparison {
    /// Holdfast's peak of attempts within any one second, as a fraction of socket.io-client's.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        f64::from(self.ours.peak()) / f64::from(self.theirs.peak())
    }

    /// The same fraction for whole seconds since the server is back.
    #[must_use]
    pub fn ratio_of_seconds(&self) -> f64 {
        f64::from(self.ours.peak_of_seconds()) / f64::from(self.theirs.peak_of_seconds())
    }

    /// How much later than possible 99 % of Holdfast's clients are back, in milliseconds. `None`: never.
    #[must_use]
    pub fn late(&self) -> Option<u64> {
        self.ours.back(99).map(|at| at.saturating_sub(self.least))
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            clients: 100_000,
            capacity: 2_000,
            queue: 2_000,
            senders_permille: 100,
            send_gap: 60_000,
        }
    }
}

impl Options {
    /// How long the server needs to accept all clients, in milliseconds.
    fn least(&self) -> u64 {
        u64::from(self.clients) * 1_000 / self.capacity
    }
}

/// Plays each outage with both kinds of clients, on all cores.
#[must_use]
pub fn compare(herds: &[Herd], options: &Options) -> Vec<Comparison> {
    // The long ones first, so that no core has one left at the end.
    let mut jobs: Vec<(usize, bool)> =
        (0..herds.len()).flat_map(|index| [(index, false), (index, true)]).collect();
    jobs.sort_by_key(|&(index, _)| herds[index].outage);
    let jobs = Mutex::new(jobs);
    let curves: Mutex<Vec<[Option<Curve>; 2]>> =
        Mutex::new(herds.iter().map(|_| [None, None]).collect());
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let job = jobs.lock().expect("nobody panics here").pop();
                    let Some((index, is_ours)) = job else { break };
                    let curve = play(&herds[index], options, is_ours);
                    let mut curves = curves.lock().expect("nobody panics here");
                    curves[index][usize::from(is_ours)] = Some(curve);
                }
            });
        }
    });
    let curves = curves.into_inner().expect("nobody panics here");
    herds
        .iter()
        .zip(curves)
        .map(|(&herd, [theirs, ours])| Comparison {
            herd,
            ours: ours.expect("played"),
            theirs: theirs.expect("played"),
            least: options.least(),
        })
        .collect()
}

fn play(herd: &Herd, options: &Options, is_ours: bool) -> Curve {
    if is_ours {
        world::play(herd, options, &mut Ours::new(options.clients, options.seed))
    } else {
        world::play(herd, options, &mut SocketIo::new(options.clients))
    }
}
