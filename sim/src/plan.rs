//! A seed's plan: the faults of each part of the world, and the app's actions.
//!
//! Each kind of fault is drawn independently, so that kinds combine. About half of the seeds have only one kind,
//! because stronger claims can be checked there.

mod feed;
mod letters;
mod lives;
mod parts;
mod published;
mod receipting;
mod schedule;
mod stories;
mod users;

use holdfast::engine::Config;

pub(crate) use feed::{Deed, Feed};
pub(crate) use letters::Letters;
pub(crate) use lives::{Fate, Lives};
pub(crate) use published::{Notice, Published};
pub(crate) use receipting::{Polling, Receipting, Reply};
pub(crate) use schedule::Planned;
pub use stories::Story;
pub(crate) use users::{Login, Naming, Person, Subjects, Users};

use crate::dice::Dice;
use parts::{App, Clock, Disk, Network, Server, Shell};

/// Everything that is drawn before the run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) kinds: Kinds,
    /// When all faults except poison stop.
    pub(crate) faults_until: u64,
    pub(crate) engine_seed: u64,
    pub(crate) config: Config,
    pub(crate) network: Network,
    pub(crate) server: Server,
    pub(crate) clock: Clock,
    pub(crate) shell: Shell,
    pub(crate) app: App,
    pub(crate) disk: Disk,
    pub(crate) lives: Option<Lives>,
    /// socket.io-client's Manager makes the attempts.
    pub(crate) is_followed: bool,
    /// `None` in a world with one user who is never named.
    pub(crate) users: Option<Users>,
    /// `None` in a world without receipts.
    pub(crate) receipting: Option<Receipting>,
    pub(crate) letters: Letters,
    /// `None` in a world whose server sends no events of its own.
    pub(crate) feed: Option<Feed>,
    /// `None` in a world whose server has nothing to do with feeds.
    pub(crate) published: Option<Published>,
    /// The events and their times, including the app's actions.
    pub(crate) schedule: Vec<(u64, Planned)>,
}

/// The kinds of faults that a seed has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kinds {
    pub(crate) network: bool,
    pub(crate) server: bool,
    pub(crate) verdicts: bool,
    pub(crate) clock: bool,
    pub(crate) shell: bool,
    pub(crate) poison: bool,
    /// Links die young, again and again.
    pub(crate) flapping: bool,
    /// The app closes, logs out, cancels messages, and lets them expire.
    pub(crate) fickle_app: bool,
    /// Pages end and begin, and a disk may fail.
    pub(crate) lives: bool,
    /// The server ends the connections of clients that send too fast.
    pub(crate) guard: bool,
    /// The server keeps one connection for each user, and the user has several tabs.
    pub(crate) rivals: bool,
}

impl Plan {
    pub(crate) fn draw(seed: u64, dice: &mut Dice) -> Self {
        let lives = lives::lives(seed);
        let drawn = Kinds::draw(dice);
        let guard = parts::guard(seed).filter(|_| !drawn.poison);
        let rivals = lives.is_some_and(|lives| lives.tabs > 1) && parts::rivals(seed);
        let kinds = Kinds { lives: lives.is_some(), guard: guard.is_some(), rivals, ..drawn };
        let mut plan = Self::of_kinds(seed, kinds, lives, dice);
        // Messages behind it on a serial server must get their answers in time.
        let most = plan.config.send.ack_timeout.0 / 8;
        plan.app.poison_works = plan.app.poison_works.min(most);
        plan.server.guard = guard;
        plan.schedule_app(dice);
        plan.schedule_faults(dice);
        plan.schedule_lives(seed);
        plan.draw_storage(seed);
        plan.schedule_logouts(seed);
        plan.users = users::users(seed);
        plan.schedule_logins(seed);
        plan.receipting = receipting::receipting(seed);
        plan.schedule_clogging(seed);
        plan.letters = letters::letters(seed, kinds);
        plan.feed = feed::feed(seed);
        plan.schedule_feed(seed);
        plan.published = published::published(seed);
        plan.schedule_published(seed);
        plan.is_followed = parts::is_followed(seed) && lives.is_none();
        if plan.is_followed {
            // Nothing is saved.
            plan.disk.durable = 0;
        }
        plan.end_faults();
        plan
    }

    /// From now on nothing new goes wrong, except poison.
    pub(crate) fn stop_faults(&mut self) {
        self.network.refused = 0;
        self.network.hanging = 0;
        self.server.verdicts = [1, 0, 0, 0, 0];
        self.server.work = (0, 5);
        self.server.late_answers = 0;
        self.server.rate = None;
        self.server.refusals = 0;
        self.server.patience = None;
        self.server.one_session = false;
        self.shell.grants = [1, 0, 0, 0, 0];
        self.shell.joining = [1, 0, 0, 0];
        self.clock.steps_back = 0;
    }

    /// A plan without a schedule.
    fn of_kinds(seed: u64, kinds: Kinds, lives: Option<Lives>, dice: &mut Dice) -> Self {
        let span = if kinds.flapping || kinds.poison {
            dice.magnitude(60_000, 600_000)
        } else {
            dice.magnitude(10_000, 300_000)
        };
        Self {
            kinds,
            faults_until: span,
            engine_seed: seed,
            config: parts::config(dice),
            network: parts::network(kinds, dice),
            server: parts::server(kinds, dice),
            clock: parts::clock(kinds, dice),
            shell: parts::shell(kinds, dice),
            app: parts::app(seed, kinds, dice),
            disk: parts::disk(seed, lives),
            lives,
            is_followed: false,
            users: None,
            receipting: None,
            letters: Letters::default(),
            feed: None,
            published: None,
            schedule: Vec::new(),
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
                ..none
            },
        }
    }

    /// Nothing around the client goes wrong.
    pub(crate) fn world_is_kind(self) -> bool {
        !(self.network
            || self.server
            || self.verdicts
            || self.clock
            || self.shell
            || self.poison
            || self.flapping
            || self.lives
            || self.guard
            || self.rivals)
    }

    /// Only the server ends connections.
    pub(crate) fn only_guard(self) -> bool {
        self.guard
            && Self { guard: false, verdicts: false, fickle_app: false, ..self }.world_is_kind()
    }

    /// Only pages end.
    pub(crate) fn only_lives(self) -> bool {
        self.lives && Self { lives: false, ..self }.world_is_kind()
    }

    /// Only the clock goes wrong, so no link has a reason to end.
    pub(crate) fn only_clock(self) -> bool {
        self.clock && Self { clock: false, ..self }.world_is_kind()
    }

    /// Only poison ends links.
    pub(crate) fn only_poison(self) -> bool {
        self.poison && Self { poison: false, ..self }.world_is_kind()
    }
}
