//! What a seed gives the parts of the world: the engine's numbers, and how each thing around it behaves.

use holdfast::client::deliveries::Sending;
use holdfast::engine::{Config, Millis};

use super::{Kinds, Lives};
use crate::dice::Dice;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    pub(crate) latency: u64,
    pub(crate) jitter: u64,
    /// Attempts that are refused, or hang, per thousand.
    pub(crate) refused: u64,
    pub(crate) hanging: u64,
    /// What was under way when a link was cut may still reach the server, this much later at most.
    pub(crate) straggling: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Server {
    pub(crate) deduplicates: bool,
    /// Its memory of ids outlives a restart.
    pub(crate) remembers: bool,
    /// One message of a connection at a time.
    pub(crate) serial: bool,
    pub(crate) has_ping_handler: bool,
    /// Tells the sender of what took effect, as an event, per thousand.
    pub(crate) confirms: u64,
    /// How long a handler takes.
    pub(crate) work: (u64, u64),
    /// Accept, refuse, try again, try after, never answer.
    pub(crate) verdicts: [u64; 5],
    /// Per thousand answers.
    pub(crate) late_answers: u64,
    pub(crate) double_answers: u64,
    /// Messages per second, where there is a limit.
    pub(crate) rate: Option<u64>,
    /// It ends the connections of those who send more messages in a second.
    pub(crate) guard: Option<usize>,
    /// It ends a user's older connection as soon as there is a newer one.
    pub(crate) one_session: bool,
    /// Handshakes per thousand that are refused.
    pub(crate) refusals: u64,
    /// Connections end by themselves after so long.
    pub(crate) patience: Option<u64>,
    /// How long it is down after a crash.
    pub(crate) restart: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// A timer fires up to this late.
    pub(crate) timer_jitter: u64,
    /// The shell notices that the machine slept before anything else happens.
    pub(crate) notices_sleep: bool,
    /// The clock that never runs backwards, and the timers with it, stand still while the machine sleeps.
    pub(crate) stops_asleep: bool,
    /// After sleep the timer fires before what came over the network meanwhile.
    pub(crate) timer_first: bool,
    /// Calls per thousand whose time lies before that of an earlier call.
    pub(crate) steps_back: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Shell {
    pub(crate) joins: bool,
    /// Credentials: at once, late, failed, absent, never.
    pub(crate) grants: [u64; 5],
    /// The room: confirmed, twice, never, refused.
    pub(crate) joining: [u64; 4],
    /// Facts per thousand that are followed by one about something long gone.
    pub(crate) stray_facts: u64,
    /// Acknowledgements of a dead connection that arrive all the same, per thousand.
    pub(crate) late_acks: u64,
    /// An emit finds out that the socket knew of its death, per thousand emits on a half-open link.
    pub(crate) stale_sockets: u64,
}

/// Where durable messages are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disk {
    /// Messages per thousand that are durable.
    pub(crate) durable: u64,
    /// The longest that a transaction takes.
    pub(crate) slowest: u64,
    /// Per thousand writes that fail, and how long all of them do then.
    pub(crate) failing: u64,
    pub(crate) stubborn: u64,
    /// Per thousand openings that fail, or never end.
    pub(crate) unopened: u64,
    pub(crate) hanging: u64,
    /// Per thousand transactions that take many seconds more.
    pub(crate) stalling: u64,
    /// There are Web Locks.
    pub(crate) has_locks: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct App {
    pub(crate) lanes: u64,
    pub(crate) strict: u64,
    pub(crate) once: u64,
    pub(crate) brief: u64,
    pub(crate) unencodable: u64,
    /// Sends from within the callback of a settled message, per thousand, and how many in all.
    pub(crate) answers_back: u64,
    pub(crate) sends_at_most: usize,
    /// Which of its messages is the poison, by number.
    pub(crate) poison: Option<usize>,
    /// How long the server handles it before it dies of it.
    pub(crate) poison_works: u64,
    pub(crate) destroys: bool,
}

pub(super) fn config(dice: &mut Dice) -> Config {
    let mut config = Config::default();
    if dice.chance(500) {
        config.send.window = dice.magnitude(1, 16) as u32;
        config.send.window_bytes = dice.magnitude(500, 20_000);
        config.send.retries = dice.below(5) as u32;
        config.queue.capacity = dice.magnitude(4, 256) as usize;
        config.queue.max_bytes = dice.magnitude(2_000, 200_000);
    }
    if dice.chance(150) {
        config.send.ack_timeout = Millis(dice.magnitude(2_000, 30_000));
        config.send.backoff = Millis(dice.magnitude(100, 20_000));
    }
    if dice.chance(150) {
        config.health = None;
    }
    config
}

pub(super) fn network(kinds: Kinds, dice: &mut Dice) -> Network {
    let calm = Network {
        latency: dice.magnitude(1, 200),
        jitter: dice.magnitude(1, 100),
        refused: 0,
        hanging: 0,
        straggling: 0,
    };
    if !kinds.network {
        return calm;
    }
    Network {
        refused: dice.below(2) * dice.below(400),
        hanging: dice.below(2) * dice.below(200),
        straggling: dice.below(2) * dice.magnitude(10, 20_000),
        ..calm
    }
}

pub(super) fn server(kinds: Kinds, dice: &mut Dice) -> Server {
    let mut server = Server {
        deduplicates: dice.chance(900),
        remembers: dice.chance(700),
        serial: dice.chance(400),
        has_ping_handler: true,
        confirms: dice.below(2) * dice.below(300),
        work: (0, 5),
        verdicts: [1, 0, 0, 0, 0],
        late_answers: 0,
        double_answers: 0,
        rate: None,
        guard: None,
        one_session: kinds.rivals,
        refusals: 0,
        patience: None,
        restart: dice.magnitude(10, 5_000),
    };
    if kinds.server {
        server.has_ping_handler = dice.chance(700);
        server.refusals = dice.below(2) * dice.below(400);
        server.work = (0, dice.magnitude(1, 15_000));
    }
    if kinds.verdicts {
        server.verdicts = [
            dice.magnitude(10, 1_000),
            dice.below(2) * dice.below(200),
            dice.below(2) * dice.below(400),
            dice.below(2) * dice.below(400),
            dice.below(2) * dice.below(200),
        ];
        server.late_answers = dice.below(2) * dice.below(300);
        server.double_answers = dice.below(2) * dice.below(300);
        server.rate = dice.chance(200).then(|| dice.magnitude(1, 16));
        server.work = (0, dice.magnitude(1, 15_000));
    }
    if kinds.flapping {
        server.patience = Some(dice.magnitude(1, 8_000));
    }
    server
}

/// Ten of 64 seeds, of which none found something before links were followed: `tests/sim.rs` has those.
pub(super) fn is_followed(seed: u64) -> bool {
    matches!(seed % 64, 1 | 3 | 13 | 18 | 31 | 40 | 48 | 53 | 58 | 60)
}

/// By dice of its own.
pub(super) fn guard(seed: u64) -> Option<usize> {
    let mut dice = Dice::new(seed ^ GUARD);
    dice.chance(60).then(|| dice.between(4, 20) as usize)
}

/// Sets those dice apart from the plan's.
const GUARD: u64 = 0x6A4D_5EED_0000_0000;

/// By dice of its own.
pub(super) fn rivals(seed: u64) -> bool {
    Dice::new(seed ^ RIVALS).chance(300)
}

/// Sets those dice apart from the plan's.
const RIVALS: u64 = 0x21FA_15ED_0000_0000;

/// By dice of its own.
fn poison_works(seed: u64) -> u64 {
    let mut dice = Dice::new(seed ^ POISON);
    if dice.chance(500) { dice.magnitude(1, 3_000) } else { 0 }
}

/// Sets those dice apart too.
const POISON: u64 = 0x9015_05ED_0000_0000;

pub(super) fn clock(kinds: Kinds, dice: &mut Dice) -> Clock {
    if !kinds.clock {
        return Clock {
            timer_jitter: 0,
            notices_sleep: true,
            stops_asleep: false,
            timer_first: false,
            steps_back: 0,
        };
    }
    Clock {
        timer_jitter: dice.below(2) * dice.magnitude(1, 900),
        notices_sleep: dice.chance(500),
        stops_asleep: false,
        timer_first: dice.chance(500),
        // A time that is wrong takes from a probe's. Where probes are judged, time is right.
        steps_back: if kinds.only_clock() { 0 } else { dice.below(2) * dice.below(50) },
    }
}

pub(super) fn shell(kinds: Kinds, dice: &mut Dice) -> Shell {
    let mut shell = Shell {
        joins: dice.chance(800),
        grants: [1, 0, 0, 0, 0],
        joining: [1, 0, 0, 0],
        stray_facts: 0,
        late_acks: 0,
        stale_sockets: 0,
    };
    if kinds.shell {
        shell.grants = [10, dice.below(10), dice.below(4), dice.below(3), dice.below(3)];
        shell.joining = [10, dice.below(4), dice.below(10), dice.below(10)];
        shell.stray_facts = dice.below(2) * dice.below(200);
        shell.late_acks = dice.below(2) * dice.below(1_000);
        shell.stale_sockets = dice.below(2) * dice.below(1_000);
    }
    shell
}

/// Of a seed of its own, so that a world without a disk is what it was before there were disks.
pub(super) fn disk(seed: u64, lives: Option<Lives>) -> Disk {
    let mut dice = Dice::new(!seed);
    let disk = Disk {
        durable: dice.below(2) * dice.below(1_001),
        slowest: dice.magnitude(2, 4_000),
        failing: 0,
        stubborn: 1,
        unopened: 0,
        hanging: 0,
        stalling: stalling(seed),
        has_locks: true,
    };
    let Some(Lives { slowest, failing, unopened, hanging, .. }) = lives else { return disk };
    Disk { slowest, failing, unopened, hanging, ..disk }
}

fn stalling(seed: u64) -> u64 {
    let mut dice = Dice::new(!seed ^ 3);
    if dice.chance(125) { dice.between(1, 50) } else { 0 }
}

pub(super) fn app(seed: u64, kinds: Kinds, dice: &mut Dice) -> App {
    let mut app = App {
        lanes: dice.magnitude(1, 8),
        strict: [0, 100, 1_000][dice.index(3)],
        once: dice.below(2) * dice.below(200),
        brief: 0,
        unencodable: 0,
        answers_back: dice.below(2) * dice.below(300),
        sends_at_most: 200,
        poison: None,
        poison_works: poison_works(seed),
        destroys: dice.chance(200),
    };
    if kinds.fickle_app {
        app.brief = dice.below(2) * dice.below(400);
        app.unencodable = dice.below(2) * dice.below(100);
    }
    if kinds.poison {
        app.poison = Some(dice.index(10));
        app.once /= 4;
    }
    app
}

impl App {
    /// A message as this app sends them.
    pub(crate) fn sending(&self, dice: &mut Dice) -> Sending {
        let ttl = if dice.chance(self.brief) { dice.magnitude(1, 60_000) } else { 30 * 86_400_000 };
        Sending {
            bytes: dice.magnitude(1, 2_000) as u32,
            strict: dice.chance(self.strict),
            once: dice.chance(self.once),
            ttl: Millis(ttl),
            ..Sending::default()
        }
    }
}
