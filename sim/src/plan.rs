//! What a seed has in store: the faults of each part of the world, and what the app does.
//!
//! Each kind of fault is drawn on its own, so that they compose; about half of the seeds have one kind
//! alone, as those support stronger claims.

use holdfast::engine::{Config, Draft, Millis};

use crate::dice::Dice;

/// Everything that was drawn before the run began.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) kinds: Kinds,
    /// When all faults stop, poison apart.
    pub(crate) faults_until: u64,
    pub(crate) engine_seed: u64,
    pub(crate) config: Config,
    pub(crate) network: Network,
    pub(crate) server: Server,
    pub(crate) clock: Clock,
    pub(crate) shell: Shell,
    pub(crate) app: App,
    pub(crate) disk: Disk,
    /// What happens when, the app's actions included.
    pub(crate) schedule: Vec<(u64, Planned)>,
}

/// Which kinds of faults a seed has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kinds {
    pub(crate) network: bool,
    pub(crate) server: bool,
    pub(crate) verdicts: bool,
    pub(crate) clock: bool,
    pub(crate) shell: bool,
    pub(crate) poison: bool,
    /// Links that die young, again and again.
    pub(crate) flapping: bool,
    /// The app closes, logs out, takes back, lets expire.
    pub(crate) fickle_app: bool,
}

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
    /// The longest that keeping one takes.
    pub(crate) slowest: u64,
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
    pub(crate) destroys: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Planned {
    // The app's.
    Open,
    Close,
    Send { count: usize },
    Cancel,
    LogOut,
    ChangeUser,
    Destroy,
    // The network's.
    Cut { is_told: bool },
    HalfOpen,
    Slow { by: u64, until: u64 },
    Offline { until: u64 },
    // The server's.
    Kick,
    Restart,
    // The machine's.
    Throttle { until: u64 },
    Sleep { until: u64 },
    Jump { by: u64 },
    Woke,
}

impl Plan {
    pub(crate) fn draw(seed: u64, dice: &mut Dice) -> Self {
        let kinds = Kinds::draw(dice);
        let span = if kinds.flapping || kinds.poison {
            dice.magnitude(60_000, 600_000)
        } else {
            dice.magnitude(10_000, 300_000)
        };
        let mut plan = Self {
            kinds,
            faults_until: span,
            engine_seed: seed,
            config: config(dice),
            network: network(kinds, dice),
            server: server(kinds, dice),
            clock: clock(kinds, dice),
            shell: shell(kinds, dice),
            app: app(kinds, dice),
            disk: disk(seed),
            schedule: Vec::new(),
        };
        plan.schedule_app(dice);
        plan.schedule_faults(dice);
        plan
    }

    fn at(&mut self, at: u64, planned: Planned) {
        self.schedule.push((at, planned));
    }

    fn schedule_app(&mut self, dice: &mut Dice) {
        let span = self.faults_until;
        if dice.chance(700) {
            self.at(0, Planned::Open);
        }
        for _ in 0..dice.between(1, 8) {
            let count = dice.magnitude(1, 32) as usize;
            self.at(dice.below(span), Planned::Send { count });
        }
        if self.kinds.fickle_app {
            for _ in 0..dice.below(6) {
                self.at(dice.below(span), Planned::Cancel);
            }
            for _ in 0..dice.below(3) {
                let at = dice.below(span);
                self.at(at, Planned::Close);
                self.at(at + dice.magnitude(1, 30_000), Planned::Open);
            }
            if dice.chance(200) {
                self.at(dice.below(span), Planned::ChangeUser);
            }
            if dice.chance(200) {
                let at = dice.below(span);
                self.at(at, Planned::LogOut);
                self.at(at + dice.magnitude(1, 30_000), Planned::Open);
            }
            if self.app.destroys {
                self.at(span, Planned::Destroy);
            }
        }
        if self.kinds.shell {
            // Whoever was not logged in is in the end, and again and again.
            for _ in 0..4 {
                self.at(dice.below(span), Planned::Open);
            }
        }
    }

    fn schedule_faults(&mut self, dice: &mut Dice) {
        let span = self.faults_until;
        if self.kinds.network {
            for _ in 0..dice.below(8) {
                let is_told = dice.chance(800);
                self.at(self.moment(dice), Planned::Cut { is_told });
            }
            for _ in 0..dice.below(3) {
                self.at(self.moment(dice), Planned::HalfOpen);
            }
            for _ in 0..dice.below(3) {
                let from = self.moment(dice);
                let until = from + dice.magnitude(500, 30_000);
                self.at(from, Planned::Slow { by: dice.magnitude(100, 15_000), until });
            }
            for _ in 0..dice.below(3) {
                let from = self.moment(dice);
                self.at(from, Planned::Offline { until: from + dice.magnitude(500, 60_000) });
            }
        }
        if self.kinds.server {
            for _ in 0..dice.below(4) {
                self.at(self.moment(dice), Planned::Kick);
            }
            for _ in 0..dice.below(4) {
                self.at(self.moment(dice), Planned::Restart);
            }
        }
        if self.kinds.clock {
            self.schedule_clock(dice);
        }
        // Nothing that was planned begins after the end of the faults.
        let ends = self.schedule.iter().map(|&(at, planned)| planned.ends(at));
        self.faults_until = span.max(ends.max().unwrap_or_default() + 1);
    }

    fn schedule_clock(&mut self, dice: &mut Dice) {
        for _ in 0..dice.below(3) {
            let from = self.moment(dice);
            self.at(from, Planned::Throttle { until: from + dice.magnitude(60_000, 600_000) });
        }
        // A nap that nobody notices is a timer that is a little late.
        let least = if self.clock.notices_sleep { 1_000 } else { 10_000 };
        for _ in 0..dice.below(4) {
            let from = self.moment(dice);
            self.at(from, Planned::Sleep { until: from + dice.magnitude(least, 14_400_000) });
        }
        for _ in 0..dice.below(3) {
            self.at(self.moment(dice), Planned::Jump { by: dice.magnitude(2_001, 14_400_000) });
        }
        for _ in 0..dice.below(4) {
            self.at(self.moment(dice), Planned::Woke);
        }
    }

    /// When a fault begins: any time, or while something that was sent is under way.
    fn moment(&self, dice: &mut Dice) -> u64 {
        let is_send = |&&(_, planned): &&(u64, Planned)| matches!(planned, Planned::Send { .. });
        let sends = self.schedule.iter().filter(is_send).count();
        let send = self.schedule.iter().filter(is_send).nth(dice.index(sends));
        match send {
            Some(&(at, _)) if dice.chance(500) => at + dice.magnitude(1, 2_000),
            _ => dice.below(self.faults_until),
        }
    }
}

impl Planned {
    /// When it is over, if it begins at `at`.
    fn ends(self, at: u64) -> u64 {
        match self {
            Self::Slow { until, .. }
            | Self::Offline { until }
            | Self::Throttle { until }
            | Self::Sleep { until } => until,
            Self::Open
            | Self::Close
            | Self::Send { .. }
            | Self::Cancel
            | Self::LogOut
            | Self::ChangeUser
            | Self::Destroy
            | Self::Cut { .. }
            | Self::HalfOpen
            | Self::Kick
            | Self::Restart
            | Self::Jump { .. }
            | Self::Woke => at,
        }
    }

    /// It happens on the client's machine.
    pub(crate) fn is_the_clients(self) -> bool {
        match self {
            Self::Open
            | Self::Close
            | Self::Send { .. }
            | Self::Cancel
            | Self::LogOut
            | Self::ChangeUser
            | Self::Destroy
            | Self::Jump { .. }
            | Self::Woke => true,
            Self::Cut { .. }
            | Self::HalfOpen
            | Self::Slow { .. }
            | Self::Offline { .. }
            | Self::Kick
            | Self::Restart
            | Self::Throttle { .. }
            | Self::Sleep { .. } => false,
        }
    }
}

impl Kinds {
    fn draw(dice: &mut Dice) -> Self {
        let none = Self::default();
        match dice.below(16) {
            0 => none,
            1 => Self { network: true, ..none },
            2 => Self { server: true, ..none },
            3 => Self { verdicts: true, ..none },
            4 | 5 => Self { clock: true, ..none },
            6 => Self { shell: true, ..none },
            7 => Self { poison: true, ..none },
            8 => Self { flapping: true, ..none },
            _ => Self {
                network: dice.chance(600),
                server: dice.chance(400),
                verdicts: dice.chance(600),
                clock: dice.chance(400),
                shell: dice.chance(400),
                poison: dice.chance(100),
                flapping: dice.chance(100),
                fickle_app: dice.chance(600),
            },
        }
    }

    /// Nothing of what is around the engine goes wrong.
    pub(crate) fn world_is_kind(self) -> bool {
        !(self.network
            || self.server
            || self.verdicts
            || self.clock
            || self.shell
            || self.poison
            || self.flapping)
    }

    /// The clock alone goes wrong: no link has a reason to end.
    pub(crate) fn only_clock(self) -> bool {
        self.clock && Self { clock: false, ..self }.world_is_kind()
    }

    /// Poison alone kills links.
    pub(crate) fn only_poison(self) -> bool {
        self.poison && Self { poison: false, ..self }.world_is_kind()
    }
}

fn config(dice: &mut Dice) -> Config {
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

fn network(kinds: Kinds, dice: &mut Dice) -> Network {
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

fn server(kinds: Kinds, dice: &mut Dice) -> Server {
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

fn clock(kinds: Kinds, dice: &mut Dice) -> Clock {
    if !kinds.clock {
        return Clock { timer_jitter: 0, notices_sleep: true, timer_first: false, steps_back: 0 };
    }
    Clock {
        timer_jitter: dice.below(2) * dice.magnitude(1, 900),
        notices_sleep: dice.chance(500),
        timer_first: dice.chance(500),
        // A time that is wrong takes from a probe's. Where probes are judged, time is right.
        steps_back: if kinds.only_clock() { 0 } else { dice.below(2) * dice.below(50) },
    }
}

fn shell(kinds: Kinds, dice: &mut Dice) -> Shell {
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
fn disk(seed: u64) -> Disk {
    let mut dice = Dice::new(!seed);
    Disk { durable: dice.below(2) * dice.below(1_001), slowest: dice.magnitude(2, 4_000) }
}

fn app(kinds: Kinds, dice: &mut Dice) -> App {
    let mut app = App {
        lanes: dice.magnitude(1, 8),
        strict: [0, 100, 1_000][dice.index(3)],
        once: dice.below(2) * dice.below(200),
        brief: 0,
        unencodable: 0,
        answers_back: dice.below(2) * dice.below(300),
        sends_at_most: 200,
        poison: None,
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
    pub(crate) fn draft(&self, lane: u32, dice: &mut Dice) -> Draft {
        let ttl = if dice.chance(self.brief) { dice.magnitude(1, 60_000) } else { 30 * 86_400_000 };
        Draft {
            lane,
            bytes: dice.magnitude(1, 2_000) as u32,
            strict: dice.chance(self.strict),
            once: dice.chance(self.once),
            durable: false,
            ttl: Millis(ttl),
        }
    }
}
