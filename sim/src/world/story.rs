//! The course of a run: faults, recovery, and a time in which nothing may happen.

use holdfast::engine::Phase;

use super::World;
use crate::ids::ConnectionId;
use crate::page::Page;
use crate::plan::Receipting;
use crate::tally::Count;
use crate::violation::violated;

impl World {
    /// Plays the whole run: faults, recovery, and a time of rest.
    pub(crate) fn play(&mut self) {
        self.begin_published();
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
        // Let everything on its way arrive. After a server's last kick a link may be minutes away.
        self.run_until(self.run.now + 1_000);
        if self.run.plan.lives.is_some() {
            self.tidy_up();
            // Two tabs that asked for the same journal at the same time both left it.
            self.run_until(self.run.now + 1_000);
            self.open_orphans();
        }
        if !self.page.shell.is_destroyed {
            self.recover();
            if self.run.plan.lives.is_some() {
                // A settled message may be taken over and sent once more. It is owed to nobody.
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

    /// Everything must settle in bounded time, and there must be a link.
    fn recover(&mut self) {
        self.open_all();
        let is_silent = |plan: Receipting| plan.acknowledges.contains(&false);
        // Without acknowledgements and receipts each message waits for all of its deadlines.
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
            // A logout elsewhere that was not noticed yet would end what begins here.
            self.look();
            self.drain();
            self.come_to_rights();
            self.leave_link_of_another();
            self.open();
        }
    }

    /// Whether every page has settled its messages and has a link.
    fn are_all_well(&mut self) -> bool {
        self.has_read_all()
            && !self.is_loading()
            && self.living().all(|page| page.model.count() == 0 && self.is_well_connected(page))
    }

    fn is_well_connected(&self, page: &Page) -> bool {
        let is_alive = |id: ConnectionId| {
            let connection = &self.network.connections[id];
            connection.is_up && connection.half_open_since.is_none()
        };
        page.shell.status().phase == Phase::Ready && page.connection.is_some_and(is_alive)
    }

    /// If a logout could not delete the data, the next opening does.
    fn is_all_erased(&self) -> bool {
        let is_left = |scope, generation| generation == self.generations.of(scope);
        !self.database.has_any(is_left)
    }

    /// An idle client wakes up only for its pings, and keeps its link.
    fn rest(&mut self) {
        self.run_until(self.run.now + 60_000);
        if !self.has_storage_failed && !self.is_all_erased() {
            violated!(
                "journal",
                "everything has settled, but not everything was erased: {:?}",
                self.database
            );
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
}
