//! The parts of the world in a seed's plan: the configuration, and the behaviour of everything around the client.

use holdfast::client::deliveries::Sending;
use holdfast::engine::{Config, Millis};

use super::{Kinds, Lives};
use crate::dice::Dice;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    pub(crate) latency: u64,
    pub(crate) jitter: u64,
    /// Attempts that are refused or hang, per thousand.
    pub(crate) refused: u64,
    pub(crate) hanging: u64,
    /// The longest delay of frames that still reach the server after their link was cut.
    pub(crate) straggling: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Server {
    pub(crate) deduplicates: bool,
    /// Its memory of ids survives a restart.
    pub(crate) remembers: bool,
    /// It handles one message of a connection at a time.
    pub(crate) serial: bool,
    pub(crate) has_ping_handler: bool,
    /// Effects that are reported to the sender by an event, per thousand.
    pub(crate) confirms: u64,
    /// The time that a handler takes.
    pub(crate) work: (u64, u64),
    /// The weights of the verdicts: accept, refuse, try again, try after, no answer.
    pub(crate) verdicts: [u64; 5],
    /// Late answers, per thousand.
    pub(crate) late_answers: u64,
    pub(crate) double_answers: u64,
    /// Messages per second, if there is a limit.
    pub(crate) rate: Option<u64>,
    /// It ends the connections of clients that send more messages than this in a second.
    pub(crate) guard: Option<usize>,
    /// It ends a user's older connection as soon as there is a newer one.
    pub(crate) one_session: bool,
    /// Handshakes that are refused, per thousand.
    pub(crate) refusals: u64,
    /// The time after which connections end by themselves.
    pub(crate) patience: Option<u64>,
    /// How long it is down after a crash.
    pub(crate) restart: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// The longest delay of a timer.
    pub(crate) timer_jitter: u64,
    /// The shell notices a sleep before anything else happens.
    pub(crate) notices_sleep: bool,
    /// The monotonic clock and the timers stand still while the machine sleeps.
    pub(crate) stops_asleep: bool,
    /// After a sleep the timer fires before packets that arrived meanwhile.
    pub(crate) timer_first: bool,
    /// Calls with a time before that of an earlier call, per thousand.
    pub(crate) steps_back: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Shell {
    pub(crate) joins: bool,
    /// The weights of granting credentials: at once, late, failed, absent, never.
    pub(crate) grants: [u64; 5],
    /// The weights of joining: confirmed, confirmed twice, never, refused.
    pub(crate) joining: [u64; 4],
    /// Facts that are followed by one about something long gone, per thousand.
    pub(crate) stray_facts: u64,
    /// Acknowledgements of a dead connection that still arrive, per thousand.
    pub(crate) late_acks: u64,
    /// Emits on a half-open link that detect that the socket is dead, per thousand.
    pub(crate) stale_sockets: u64,
}

/// Where durable messages are saved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disk {
    /// Durable messages, per thousand.
    pub(crate) durable: u64,
    /// The longest time that a transaction takes.
    pub(crate) slowest: u64,
    /// Writes that fail, per thousand, and how long all writes fail then.
    pub(crate) failing: u64,
    pub(crate) stubborn: u64,
    /// Openings that fail or never end, per thousand.
    pub(crate) unopened: u64,
    pub(crate) hanging: u64,
    /// Transactions that take many seconds longer, per thousand.
    pub(crate) stalling: u64,
    /// The browser has Web Locks.
    pub(crate) has_locks: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct App {
    pub(crate) lanes: u64,
    pub(crate) strict: u64,
    pub(crate) once: u64,
    pub(crate) brief: u64,
    pub(crate) unencodable: u64,
    /// Sends from the callback of a settled message, per thousand, and their largest number.
    pub(crate) answers_back: u64,
    pub(crate) sends_at_most: usize,
    /// The number of the message that is poison.
    pub(crate) poison: Option<usize>,
    /// How long the server handles it before it crashes.
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

/// Ten of 64 seeds. None of them is a seed of `tests/sim.rs`, which found bugs before links were followed.
pub(super) fn is_followed(seed: u64) -> bool {
    matches!(seed % 64, 1 | 3 | 13 | 18 | 31 | 40 | 48 | 53 | 58 | 60)
}

/// Drawn from its own dice.
pub(super) fn guard(seed: u64) -> Option<usize> {
    let mut dice = Dice::new(seed ^ GUARD);
    dice.chance(60).then(|| dice.between(4, 20) as usize)
}

/// Separates these dice from the plan's.
const GUARD: u64 = 0x6A4D_5EED_0000_0000;

/// Drawn from its own dice.
pub(super) fn rivals(seed: u64) -> bool {
    Dice::new(seed ^ RIVALS).chance(300)
}

/// Separates these dice from the plan's.
const RIVALS: u64 = 0x21FA_15ED_0000_0000;

/// Drawn from its own dice.
fn poison_works(seed: u64) -> u64 {
    let mut dice = Dice::new(seed ^ POISON);
    if dice.chance(500) { dice.magnitude(1, 3_000) } else { 0 }
}

/// Separates these dice from the plan's.
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
        // A wrong time would count against a probe, so time is right in the worlds where probes are judged.
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

/// Drawn from its own dice, so that a world without a disk is the same as before there were disks.
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
    /// A message as this app sends it.
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
