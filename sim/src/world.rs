//! One run: events in virtual time, from the first to the last thing that is owed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use holdfast::engine::{DownCause, Grant, Input, Phase};

use crate::app::App;
use crate::database::Database;
use crate::database::Scope;
use crate::dice::Dice;
use crate::event::{Event, FIRST, IN_TURN, LAST, Scheduled};
use crate::locks::Locks;
use crate::network::{ConnectionId, HEARTBEAT, Network, Packet};
use crate::page::Page;
use crate::plan::{Plan, Planned, Receipting, Story};
use crate::receipts::Receipts;
use crate::server::Server;
use crate::tabs::Tab;
use crate::tally::{Count, Tally};
use crate::trace::{Trace, note};
use crate::violated;

pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) dice: Dice,
    pub(crate) disk: Dice,
    /// For what pages, tabs and their disk do.
    pub(crate) fate: Dice,
    /// For transactions that hang.
    pub(crate) stalls: Dice,
    /// For what is sent once more, and how answers are put.
    pub(crate) letters: Dice,
    /// For what a server says by itself, and what an app makes of that.
    pub(crate) feed: Dice,
    /// Milliseconds since the run began.
    pub(crate) now: u64,
    events: BinaryHeap<Reverse<Scheduled>>,
    scheduled: u64,
    pub(crate) asleep_since: u64,
    pub(crate) asleep_until: u64,
    /// Counts what takes a page's time or its timers from it.
    pub(crate) disturbances: u64,
    /// The page whose turn it is, and the others that live.
    pub(crate) page: Box<Page>,
    pub(crate) pages: Vec<Option<Box<Page>>>,
    pub(crate) tabs: Vec<Tab>,
    pub(crate) locks: Locks,
    pub(crate) database: Database,
    /// Names of journals that were given.
    pub(crate) names: u32,
    pub(crate) has_storage_failed: bool,
    /// How far the clock on the wall was set forward.
    pub(crate) wall_lead: u64,
    pub(crate) network: Network,
    pub(crate) server: Server,
    pub(crate) app: App,
    /// Of logouts, as storage has them.
    pub(crate) generations: BTreeMap<Scope, u64>,
    pub(crate) receipts: Receipts,
    pub(crate) pings: u64,
    /// All is settled and quiet: nothing but pings may happen.
    pub(crate) is_idle: bool,
    are_faults_over: bool,
    pub(crate) tally: Tally,
    pub(crate) trace: Trace,
}

impl World {
    pub(crate) fn new(seed: u64, trace: Trace) -> Self {
        let mut dice = Dice::new(seed);
        let plan = Plan::draw(seed, &mut dice);
        Self::with(seed, plan, dice, trace)
    }

    pub(crate) fn of(story: Story, seed: u64) -> Self {
        Self::with(seed, Plan::of(story, seed), Dice::new(seed), Trace::default())
    }

    fn with(seed: u64, plan: Plan, dice: Dice, trace: Trace) -> Self {
        let mut world = Self {
            asleep_since: 0,
            asleep_until: 0,
            disturbances: 0,
            page: Box::new(Page::new(0, 0, 0, &plan)),
            pages: vec![None],
            tabs: vec![Tab::of_first_page()],
            locks: Locks::default(),
            database: Database::default(),
            names: 0,
            has_storage_failed: false,
            wall_lead: 0,
            network: Network::new(),
            server: Server::new(),
            app: App::default(),
            generations: BTreeMap::new(),
            receipts: Receipts::default(),
            plan,
            dice,
            disk: Dice::new(!seed ^ 1),
            fate: Dice::new(!seed ^ 2),
            stalls: Dice::new(!seed ^ 4),
            letters: Dice::new(!seed ^ 3),
            feed: Dice::new(!seed ^ 5),
            now: 0,
            events: BinaryHeap::new(),
            scheduled: 0,
            pings: 0,
            is_idle: false,
            are_faults_over: false,
            tally: Tally::default(),
            trace,
        };
        for (at, planned) in std::mem::take(&mut world.plan.schedule) {
            world.schedule(at, Event::Planned(planned));
        }
        world
    }

    pub(crate) fn schedule(&mut self, at: u64, event: Event) {
        self.schedule_in(IN_TURN, at, event);
    }

    pub(crate) fn schedule_in(&mut self, turn: u8, at: u64, event: Event) {
        self.scheduled += 1;
        self.events.push(Reverse(Scheduled { at, turn, number: self.scheduled, event }));
    }

    /// The app and its user end what they began.
    pub(crate) fn is_fickle(&self) -> bool {
        let logs_out = self.plan.lives.is_some_and(|lives| lives.logs_out);
        self.plan.kinds.fickle_app || self.plan.users.is_some() || logs_out
    }

    /// From here on nothing new goes wrong, poison apart.
    pub(crate) fn is_kind_now(&self) -> bool {
        self.are_faults_over
    }

    /// The whole story: faults, recovery, and a while of nothing.
    pub(crate) fn run(&mut self) {
        if self.plan.users.is_none() {
            self.open_kept();
        }
        if let Some(lives) = self.plan.lives {
            for _ in 1..lives.tabs {
                self.open_tab(None);
            }
        }
        self.run_until(self.plan.faults_until);
        self.stop_faults();
        // What was under way arrives: after a server's last kick a link may be minutes away.
        self.run_until(self.now + 1_000);
        if self.plan.lives.is_some() {
            self.tidy_up();
            // Two that asked for the same journal at the same time both left it.
            self.run_until(self.now + 1_000);
            self.open_orphans();
        }
        if !self.page.shell.is_destroyed {
            self.recover();
            if self.plan.lives.is_some() {
                // What was settled already may be adopted and sent once more, and is owed to nobody.
                self.run_until(self.now + 60_000);
                self.recover();
            }
            self.rest();
        }
        self.tally.more(Count::Seconds, self.now / 1_000);
    }

    fn run_until(&mut self, until: u64) {
        while self.events.peek().is_some_and(|next| next.0.at <= until) {
            self.step();
        }
        self.now = until;
    }

    fn stop_faults(&mut self) {
        note!(self, "faults are over");
        self.are_faults_over = true;
        self.network.recover();
        self.receipts.is_clogged = false;
        self.plan.network.refused = 0;
        self.plan.network.hanging = 0;
        self.plan.server.verdicts = [1, 0, 0, 0, 0];
        self.plan.server.work = (0, 5);
        self.plan.server.late_answers = 0;
        self.plan.server.rate = None;
        self.plan.server.refusals = 0;
        self.plan.server.patience = None;
        self.plan.server.one_session = false;
        self.plan.shell.grants = [1, 0, 0, 0, 0];
        self.plan.shell.joining = [1, 0, 0, 0];
        self.plan.clock.steps_back = 0;
    }

    /// Everything settles in bounded time, and there is a link.
    fn recover(&mut self) {
        self.open_all();
        let is_silent = |plan: Receipting| plan.acknowledges.contains(&false);
        // Where nothing is acknowledged, and no receipt comes, each message waits for all of its deadlines.
        let patience = if self.plan.receipting.is_some_and(is_silent) {
            40_000_000
        } else if self.plan.kinds.poison || self.plan.kinds.guard {
            1_800_000
        } else {
            300_000
        };
        let until = self.now + patience;
        while !(self.app.unsettled == 0 && self.are_all_well()) {
            if self.now > until {
                let statuses: Vec<_> = self.living().map(|page| page.shell.status()).collect();
                let owed: Vec<_> = self.app.owed().collect();
                violated!("liveness", "{owed:?} after {patience} ms: {statuses:?}");
            }
            self.step();
        }
    }

    fn open_all(&mut self) {
        for page in self.shown() {
            self.turn_to(page);
            // A logout elsewhere that nobody has noticed yet would end what begins here.
            self.look();
            self.drain();
            self.come_to_rights();
            self.open();
        }
    }

    /// Every page has settled what it had, and has a link.
    fn are_all_well(&self) -> bool {
        !self.is_loading()
            && self.living().all(|page| page.model.count() == 0 && self.is_well_connected(page))
    }

    fn is_well_connected(&self, page: &Page) -> bool {
        let is_alive = |id: ConnectionId| {
            let connection = &self.network.connections[id];
            connection.is_up && connection.half_open_since.is_none()
        };
        page.shell.status().phase == Phase::Ready && page.connection.is_some_and(is_alive)
    }

    /// Where a logout could not delete, the next opening does.
    fn is_all_erased(&self) -> bool {
        let is_left = |scope, generation| generation == self.generation_of(scope);
        !self.database.has_any(is_left)
    }

    /// An idle engine wakes up for its pings and for nothing else, and keeps its link.
    fn rest(&mut self) {
        self.run_until(self.now + 60_000);
        if !self.has_storage_failed && !self.is_all_erased() {
            violated!("journal", "all has settled, and not all was erased: {:?}", self.database);
        }
        let (links, pings) = (self.network.connections.len(), self.pings);
        self.is_idle = true;
        self.run_until(self.now + 120_000);
        if !self.are_all_well() || self.network.connections.len() != links {
            violated!("idle", "the link was not kept: {:?}", self.page.shell.status());
        }
        let pages = self.shown().len() as u64;
        let most = if self.plan.receipting.is_some() { 18 } else { 9 };
        if self.pings - pings > most * pages {
            violated!("idle", "{} pings of {pages} pages in two minutes", self.pings - pings);
        }
    }

    fn step(&mut self) {
        let Some(Reverse(Scheduled { at, event, number, .. })) = self.events.pop() else {
            violated!("liveness", "nothing will ever happen: {:?}", self.page.shell.status());
        };
        self.now = at;
        let asleep_until = self.asleep_until;
        if asleep_until > at && event.is_the_clients() {
            if let Event::Timer { .. } = event
                && self.plan.clock.stops_asleep
            {
                // The rest of its time runs on from here.
                let rest = at.saturating_sub(self.asleep_since);
                return self.schedule(asleep_until + rest, event);
            }
            let turn = match event {
                Event::Timer { .. } if self.plan.clock.timer_first => FIRST,
                Event::Timer { .. } => LAST,
                _ => IN_TURN,
            };
            if self.plan.receipting.is_some() && matches!(event, Event::Packet { .. }) {
                // A sleep that gets longer changes nothing about their order.
                let packet = Scheduled { at: asleep_until, turn, number, event };
                return self.events.push(Reverse(packet));
            }
            return self.schedule_in(turn, asleep_until, event);
        }
        self.happen(event);
    }

    pub(crate) fn happen(&mut self, event: Event) {
        if let Some(page) = event.page(&self.network) {
            if !self.turn_to(page) {
                return;
            }
            if self.page.is_cached {
                return self.page.frozen.push(event);
            }
        }
        match event {
            Event::Planned(planned) => self.happen_as_planned(planned),
            Event::Timer { number, .. } => self.timer_fired(number),
            Event::Awake => self.woke_up(),
            Event::Authorized { epoch, grant, read, .. } => {
                if self.are_faults_over || grant == Grant::Granted {
                    self.grant(epoch, read);
                } else {
                    self.tell(Input::Authorized { epoch, grant });
                }
            }
            Event::Later { later, .. } => self.do_later(later),
            Event::Upgraded { connection } => self.upgraded(connection),
            Event::Up { connection } => self.came_up(connection),
            Event::Closed { connection, cause } => self.came_down(connection, cause),
            Event::Packet { connection, packet } => self.packet_arrived(connection, packet),
            Event::HeartbeatMissed { connection } => self.heartbeat_missed(connection),
            Event::Loaded { tab } => self.loaded(tab),
            Event::Disk { page, work } => self.transacted(page, *work),
            Event::Done { done, .. } => self.done(*done),
            Event::Judged { connection, verdict, disturbances } => {
                self.judged(connection, verdict, disturbances);
            }
            Event::Step { opening, step, .. } => self.step_keeper(opening, step),
            Event::Arrived { connection } => self.connection_arrived(connection),
            Event::Hangup { connection } => self.hung_up(connection),
            Event::Frame { connection, frame, is_straggler } => {
                self.frame_arrived(connection, frame, is_straggler);
            }
            Event::Heartbeat { connection } => self.heartbeat(connection),
            Event::PatienceEnds { connection } => {
                let is_up = self.network.connections[connection].is_up;
                if self.plan.server.patience.is_some() && is_up {
                    self.kick(connection);
                }
            }
            Event::Dispatch { connection, dispatch } => self.dispatch(connection, dispatch),
            Event::Poisoned { life } if self.server.life() == Some(life) => self.crash(),
            Event::Poisoned { .. } => {}
            Event::Finished { task } => self.finished(task),
            Event::LateAnswer { connection, packet } => self.send_down(connection, packet),
            Event::Restarted => self.restarted(),
        }
    }

    fn heartbeat(&mut self, id: ConnectionId) {
        if self.network.connections[id].server_end.life != self.server.life() {
            return;
        }
        // What piles up while the machine sleeps is as good as one.
        let asleep_until = self.asleep_until;
        if asleep_until > self.now {
            return self.schedule(asleep_until, Event::Heartbeat { connection: id });
        }
        self.send_down(id, Packet::Heartbeat);
        self.schedule(self.now + HEARTBEAT, Event::Heartbeat { connection: id });
    }

    fn happen_as_planned(&mut self, planned: Planned) {
        note!(self, "{planned:?}");
        if self.plan.lives.is_some() && planned.is_a_pages() {
            let shown = self.shown();
            let Some(&page) = shown.get(self.fate.index(shown.len())) else { return };
            self.turn_to(page);
        }
        match planned {
            Planned::Open => self.open(),
            Planned::Close if self.letters.chance(300) => self.hold(),
            Planned::Close if self.plan.users.is_some() => self.disconnect_app(),
            Planned::Close => self.close(),
            Planned::Send { count } => {
                for _ in 0..count {
                    self.send_one();
                }
                self.drain();
            }
            Planned::Cancel => self.cancel_one(),
            Planned::CancelAway => self.cancel_away(),
            Planned::LogOut => self.log_out(),
            Planned::ChangeUser => {
                let phase = self.page.shell.status().phase;
                self.log_out();
                if !matches!(phase, Phase::Idle | Phase::Closed) {
                    self.open();
                }
            }
            Planned::Login(login) => self.login(login),
            Planned::Clog { is_clogged } => self.receipts.is_clogged = is_clogged,
            Planned::Destroy => self.destroy(),
            Planned::Cut { is_told } => {
                if let Some(id) = self.up() {
                    self.cut(id, is_told, DownCause::Lost);
                }
            }
            Planned::HalfOpen => {
                if let Some(id) = self.up() {
                    self.cut_off(id);
                }
            }
            Planned::Slow { by, until } => self.network.slow(by, until),
            Planned::Offline { until } => self.network.go_offline(until),
            Planned::Kick => {
                if let Some(id) = self.up() {
                    self.kick(id);
                }
            }
            Planned::Restart => self.crash(),
            Planned::Throttle { until } => self.throttle(until),
            Planned::Sleep { until } => self.fall_asleep(until),
            Planned::Jump { by } => self.jump(by),
            Planned::Woke => self.wake_all(),
            Planned::Fate(fate) => self.befall(fate),
            Planned::Feed(deed) => self.do_deed(deed),
        }
    }
}
