//! One run: events in virtual time, from the first to the last thing that is owed.

mod app;
mod channel;
mod connections;
mod facts;
mod feed;
mod machine;
mod owed;
mod owners;
mod receipts;
mod sends;
mod shell;
mod storage;
mod tabs;

use std::collections::BTreeMap;

use holdfast::engine::{DownCause, Grant, Input, Phase};

use crate::database::Database;
use crate::dice::Dice;
use crate::effects::Effects;
use crate::event::{Event, FIRST, IN_TURN, LAST, Scheduled};
use crate::ids::{ConnectionId, PageId, Scope};
use crate::locks::Locks;
use crate::network::Network;
use crate::page::Page;
use crate::plan::{Plan, Planned, Receipting, Story};
use crate::receipts::Receipts;
use crate::run::Run;
use crate::sent::App;
use crate::server::Server;
use crate::tabs::Tab;
use crate::tally::Count;
use crate::trace::{Trace, note};
use crate::violated;

pub(crate) struct World {
    pub(crate) run: Run,
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
    pub(crate) effects: Effects,
    pub(crate) app: App,
    /// Of logouts, as storage has them.
    pub(crate) generations: BTreeMap<Scope, u64>,
    pub(crate) receipts: Receipts,
    pub(crate) pings: u64,
    /// All is settled and quiet: nothing but pings may happen.
    pub(crate) is_idle: bool,
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
        Self {
            page: Box::new(Page::new(0, 0, 0, &plan)),
            run: Run::new(seed, plan, dice, trace),
            asleep_since: 0,
            asleep_until: 0,
            disturbances: 0,
            pages: vec![None],
            tabs: vec![Tab::of_first_page()],
            locks: Locks::default(),
            database: Database::default(),
            names: 0,
            has_storage_failed: false,
            wall_lead: 0,
            network: Network::new(),
            server: Server::new(),
            effects: Effects::default(),
            app: App::default(),
            generations: BTreeMap::new(),
            receipts: Receipts::default(),
            pings: 0,
            is_idle: false,
        }
    }

    /// The whole story: faults, recovery, and a while of nothing.
    pub(crate) fn play(&mut self) {
        if self.run.plan.users.is_none() {
            self.open_kept();
        }
        if let Some(lives) = self.run.plan.lives {
            for _ in 1..lives.tabs {
                self.open_tab(None);
            }
        }
        self.run_until(self.run.plan.faults_until);
        self.stop_faults();
        // What was under way arrives: after a server's last kick a link may be minutes away.
        self.run_until(self.run.now + 1_000);
        if self.run.plan.lives.is_some() {
            self.tidy_up();
            // Two that asked for the same journal at the same time both left it.
            self.run_until(self.run.now + 1_000);
            self.open_orphans();
        }
        if !self.page.shell.is_destroyed {
            self.recover();
            if self.run.plan.lives.is_some() {
                // What was settled already may be adopted and sent once more, and is owed to nobody.
                self.run_until(self.run.now + 60_000);
                self.recover();
            }
            self.rest();
        }
        self.run.tally.more(Count::Seconds, self.run.now / 1_000);
    }

    fn run_until(&mut self, until: u64) {
        while self.run.has_by(until) {
            self.step();
        }
        self.run.now = until;
    }

    fn stop_faults(&mut self) {
        self.run.stop_faults();
        self.network.recover();
        self.receipts.is_clogged = false;
    }

    /// Everything settles in bounded time, and there is a link.
    fn recover(&mut self) {
        self.open_all();
        let is_silent = |plan: Receipting| plan.acknowledges.contains(&false);
        // Where nothing is acknowledged, and no receipt comes, each message waits for all of its deadlines.
        let patience = if self.run.plan.receipting.is_some_and(is_silent) {
            40_000_000
        } else if self.run.plan.kinds.poison || self.run.plan.kinds.guard {
            1_800_000
        } else {
            300_000
        };
        let until = self.run.now + patience;
        while !(self.app.unsettled == 0 && self.are_all_well()) {
            if self.run.now > until {
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
        self.run_until(self.run.now + 60_000);
        if !self.has_storage_failed && !self.is_all_erased() {
            violated!("journal", "all has settled, and not all was erased: {:?}", self.database);
        }
        let (links, pings) = (self.network.connections.len(), self.pings);
        self.is_idle = true;
        self.run_until(self.run.now + 120_000);
        if !self.are_all_well() || self.network.connections.len() != links {
            violated!("idle", "the link was not kept: {:?}", self.page.shell.status());
        }
        let pages = self.shown().len() as u64;
        let most = if self.run.plan.receipting.is_some() { 18 } else { 9 };
        if self.pings - pings > most * pages {
            violated!("idle", "{} pings of {pages} pages in two minutes", self.pings - pings);
        }
    }

    fn step(&mut self) {
        let Some(Scheduled { at, event, number, .. }) = self.run.next() else {
            violated!("liveness", "nothing will ever happen: {:?}", self.page.shell.status());
        };
        let asleep_until = self.asleep_until;
        if asleep_until > at && event.is_the_clients() {
            if let Event::Timer { .. } = event
                && self.run.plan.clock.stops_asleep
            {
                // The rest of its time runs on from here.
                let rest = at.saturating_sub(self.asleep_since);
                return self.run.schedule(asleep_until + rest, event);
            }
            let turn = match event {
                Event::Timer { .. } if self.run.plan.clock.timer_first => FIRST,
                Event::Timer { .. } => LAST,
                _ => IN_TURN,
            };
            if self.run.plan.receipting.is_some() && matches!(event, Event::Packet { .. }) {
                // A sleep that gets longer changes nothing about their order.
                let packet = Scheduled { at: asleep_until, turn, number, event };
                return self.run.put_off(packet);
            }
            return self.run.schedule_in(turn, asleep_until, event);
        }
        self.happen(event);
    }

    pub(crate) fn happen(&mut self, event: Event) {
        if let Some(page) = event.page(|id| self.network.connections[id].page) {
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
                if self.run.is_kind_now() || grant == Grant::Granted {
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
            Event::Arrived { connection } => {
                self.server.connection_arrived(&mut self.run, &mut self.network, connection);
            }
            Event::Hangup { connection } => self.network.hung_up(connection),
            Event::Frame { connection, frame, is_straggler } => {
                self.frame_arrived(connection, frame, is_straggler);
            }
            Event::Heartbeat { connection } => {
                let Self { run, network, server, asleep_until, .. } = self;
                server.heartbeat(run, network, connection, *asleep_until);
            }
            Event::PatienceEnds { connection } => {
                self.server.patience_ends(&mut self.run, &mut self.network, connection);
            }
            Event::Dispatch { connection, dispatch } => self.dispatch(connection, dispatch),
            Event::Poisoned { life } => {
                self.server.poisoned(&mut self.run, &mut self.network, life);
            }
            Event::Finished { task } => self.finished(task),
            Event::LateAnswer { connection, packet } => {
                self.server.send(&mut self.run, &mut self.network, connection, packet);
            }
            Event::Restarted => self.server.restarted(),
        }
    }

    fn happen_as_planned(&mut self, planned: Planned) {
        note!(self.run, "{planned:?}");
        if self.run.plan.lives.is_some() && planned.is_a_pages() {
            let shown = self.shown();
            let Some(&page) = shown.get(self.run.fate.index(shown.len())) else { return };
            self.turn_to(page);
        }
        match planned {
            Planned::Open => self.open(),
            Planned::Close if self.run.plan.users.is_some() => self.disconnect_app(),
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
                    self.network.cut(&mut self.run, id, is_told, DownCause::Lost);
                }
            }
            Planned::HalfOpen => {
                if let Some(id) = self.up() {
                    self.network.cut_off(self.run.now, id);
                }
            }
            Planned::Slow { by, until } => self.network.slow(by, until),
            Planned::Offline { until } => self.network.go_offline(until),
            Planned::Kick => {
                if let Some(id) = self.up() {
                    self.server.kick(&mut self.run, &mut self.network, id);
                }
            }
            Planned::Restart => self.server.crash(&mut self.run, &mut self.network),
            Planned::Throttle { until } => self.throttle(until),
            Planned::Sleep { until } => self.fall_asleep(until),
            Planned::Jump { by } => self.jump(by),
            Planned::Woke => self.wake_all(),
            Planned::Fate(fate) => self.befall(fate),
            Planned::Feed(deed) => self.do_deed(deed),
        }
    }
}

impl World {
    /// Makes it a page's turn. Answers whether it lives.
    pub(crate) fn turn_to(&mut self, id: PageId) -> bool {
        if id == self.page.id {
            return !self.page.is_dead;
        }
        let Some(page) = self.pages.get_mut(id).and_then(Option::take) else { return false };
        let before = std::mem::replace(&mut self.page, page);
        let place = before.id;
        self.pages[place] = Some(before).filter(|page| !page.is_dead);
        true
    }

    /// A page that lives.
    pub(crate) fn page_at(&self, id: PageId) -> Option<&Page> {
        let page =
            if id == self.page.id { Some(&*self.page) } else { self.pages.get(id)?.as_deref() };
        page.filter(|page| !page.is_dead)
    }

    pub(crate) fn living(&self) -> impl Iterator<Item = &Page> + '_ {
        (0..self.pages.len()).filter_map(|id| self.page_at(id))
    }

    /// Those that run: no page in the cache does.
    pub(crate) fn shown(&self) -> Vec<PageId> {
        self.living().filter(|page| !page.is_cached).map(|page| page.id).collect()
    }
}
