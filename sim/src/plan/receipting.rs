//! How a server handles receipts and acknowledgements, over which transport, and what the app asks for. Drawn from
//! its own dice, for a third of the seeds.

use holdfast::client::deliveries::Sending;
use holdfast::engine::{Millis, Way};

use super::{Plan, Planned};
use crate::dice::Dice;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Receipting {
    pub(crate) reply: Reply,
    /// Per thousand receipts.
    pub(crate) late: u64,
    pub(crate) twice: u64,
    pub(crate) forged: u64,
    /// Whether the server acknowledges each of the events, by number.
    pub(crate) acknowledges: [bool; EVENTS],
    pub(crate) polling: Polling,
    /// A POST of more than 16 packets is dropped as a whole, but answered.
    pub(crate) drops: bool,
    /// Other POSTs that are dropped on a link that gives receipts, per thousand.
    pub(crate) loses: u64,
    /// The weights of the ways to settle: acked, always acked, received, the latest.
    ways: [u64; 4],
    own_deadlines: u64,
    /// Large messages, per thousand.
    large: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Plain,
    /// It accepts any namespace, or refuses in other words.
    Other,
    Never,
}

/// How long a link uses polling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Polling {
    Never,
    For(u64),
    Always,
}

/// Number 0 stands for events about which nothing is remembered.
pub(crate) const EVENTS: usize = 4;

pub(super) fn receipting(seed: u64) -> Option<Receipting> {
    let mut dice = Dice::new(seed ^ OWN);
    matches!(seed % 16, 3 | 5 | 10 | 11 | 15).then(|| {
        let acknowledges = match dice.below(4) {
            0 => [false; EVENTS],
            1 => [true; EVENTS],
            _ => [0; EVENTS].map(|_| dice.chance(500)),
        };
        Receipting {
            reply: match dice.below(8) {
                0 => Reply::Other,
                1 => Reply::Never,
                _ => Reply::Plain,
            },
            late: dice.below(2) * dice.below(2) * dice.below(300),
            twice: dice.below(2) * dice.below(300),
            forged: dice.below(2) * dice.below(300),
            acknowledges,
            polling: match dice.below(4) {
                0 => Polling::Never,
                1 => Polling::Always,
                _ => Polling::For(dice.magnitude(1, 30_000)),
            },
            drops: dice.chance(500),
            ways: [dice.below(4), dice.below(2), dice.below(4), dice.below(2)],
            own_deadlines: dice.below(2) * dice.below(200),
            large: dice.below(2) * dice.below(100),
            loses: dice.below(2) * dice.below(2) * dice.below(200),
        }
    })
}

impl Receipting {
    /// Whether every receipt is answered within the time that the network takes.
    pub(crate) fn always_gives_receipts(self) -> bool {
        self.reply == Reply::Plain && self.late == 0 && self.loses == 0
    }

    /// Adds what a message asks for besides.
    pub(crate) fn complete(&self, sending: Sending, dice: &mut Dice) -> Sending {
        let [acked, always, received, latest] = self.ways;
        let way = match dice.weighted([acked + 1, always, received, latest]) {
            0 => Way::Acked,
            1 => Way::AckedAlways,
            2 => Way::Received,
            _ => Way::Latest,
        };
        let is_own = dice.chance(self.own_deadlines);
        let bytes = if dice.chance(self.large) { 40_000 } else { sending.bytes };
        Sending {
            way,
            bytes,
            event: dice.index(EVENTS) as u32,
            ack_timeout: is_own.then(|| Millis(dice.magnitude(1_000, 30_000))),
            ..sending
        }
    }
}

impl Plan {
    pub(super) fn schedule_clogging(&mut self, seed: u64) {
        if self.receipting.is_none() {
            return;
        }
        let mut dice = Dice::new(seed ^ OWN ^ 1);
        for _ in 0..dice.below(2) * dice.below(4) {
            let from = self.moment(&mut dice);
            let until = from + dice.magnitude(1, 20_000);
            self.at(from, Planned::Clog { is_clogged: true });
            self.at(until, Planned::Clog { is_clogged: false });
        }
        if dice.chance(300) {
            // A long queue that has to leave.
            let at = self.moment(&mut dice);
            for _ in 0..4 {
                self.at(at, Planned::Send { count: 32 });
            }
        }
    }
}

/// Separates these dice from the plan's.
const OWN: u64 = 0x2ECE_5EED_0000_0000;
