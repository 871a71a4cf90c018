//! The times of the app's actions and of all faults.

use super::{Deed, Fate, Login, Notice, Plan};
use crate::dice::Dice;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Planned {
    // Actions of the app.
    Open,
    Close,
    Send {
        count: usize,
    },
    Cancel,
    /// Cancels a message that another page has.
    CancelAway,
    LogOut,
    ChangeUser,
    Destroy,
    Login(Login),
    /// The transport has more to send than the link takes, or no longer.
    Clog {
        is_clogged: bool,
    },
    // Faults of the network.
    Cut {
        is_told: bool,
    },
    HalfOpen,
    Slow {
        by: u64,
        until: u64,
    },
    Offline {
        until: u64,
    },
    // Faults of the server.
    Kick,
    Restart,
    // Faults of the machine.
    Throttle {
        until: u64,
    },
    Sleep {
        until: u64,
    },
    Jump {
        by: i64,
    },
    Woke,
    Fate(Fate),
    Feed(Deed),
    Published(Notice),
}

impl Plan {
    pub(super) fn at(&mut self, at: u64, planned: Planned) {
        self.schedule.push((at, planned));
    }

    pub(super) fn schedule_app(&mut self, dice: &mut Dice) {
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
            // A user who was not logged in logs in repeatedly in the end.
            for _ in 0..4 {
                self.at(dice.below(span), Planned::Open);
            }
        }
    }

    pub(super) fn schedule_faults(&mut self, dice: &mut Dice) {
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
    }

    /// Ends everything that was planned by the end of the faults.
    pub(super) fn end_faults(&mut self) {
        let ends = self.schedule.iter().map(|&(at, planned)| planned.ends(at));
        self.faults_until = self.faults_until.max(ends.max().unwrap_or_default() + 1);
    }

    fn schedule_clock(&mut self, dice: &mut Dice) {
        for _ in 0..dice.below(3) {
            let from = self.moment(dice);
            self.at(from, Planned::Throttle { until: from + dice.magnitude(60_000, 600_000) });
        }
        // A short sleep that nobody notices is the same as a late timer.
        let least = if self.clock.notices_sleep { 1_000 } else { 10_000 };
        for _ in 0..dice.below(4) {
            let from = self.moment(dice);
            self.at(from, Planned::Sleep { until: from + dice.magnitude(least, 14_400_000) });
        }
        for _ in 0..dice.below(3) {
            self.at(
                self.moment(dice),
                Planned::Jump { by: dice.magnitude(2_001, 14_400_000).cast_signed() },
            );
        }
        for _ in 0..dice.below(4) {
            self.at(self.moment(dice), Planned::Woke);
        }
        let mut dice = Dice::new(self.engine_seed ^ SET);
        for _ in 0..dice.below(3) {
            let by = dice.magnitude(1, A_DAY_AND_AN_HOUR).cast_signed();
            self.at(dice.below(self.faults_until), Planned::Jump { by: -by });
        }
        if dice.chance(200) {
            let by = A_DAY_AND_AN_HOUR.cast_signed();
            self.at(dice.below(self.faults_until), Planned::Jump { by });
        }
    }

    /// When a fault begins: at any time, or while something that was sent is on its way.
    pub(super) fn moment(&self, dice: &mut Dice) -> u64 {
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
    /// When it ends, if it begins at `at`.
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
            | Self::CancelAway
            | Self::LogOut
            | Self::ChangeUser
            | Self::Destroy
            | Self::Login(_)
            | Self::Clog { .. }
            | Self::Cut { .. }
            | Self::HalfOpen
            | Self::Kick
            | Self::Restart
            | Self::Jump { .. }
            | Self::Woke
            | Self::Fate(_)
            | Self::Feed(_)
            | Self::Published(_) => at,
        }
    }

    /// Whether it happens to one page.
    pub(crate) fn is_a_pages(self) -> bool {
        match self {
            Self::Open
            | Self::Close
            | Self::Send { .. }
            | Self::Cancel
            | Self::LogOut
            | Self::ChangeUser
            | Self::Destroy
            | Self::Login(_)
            | Self::Clog { .. }
            | Self::Cut { .. }
            | Self::HalfOpen
            | Self::Kick
            | Self::Feed(_)
            | Self::Published(_)
            | Self::Throttle { .. } => true,
            Self::Slow { .. }
            | Self::Offline { .. }
            | Self::Restart
            | Self::CancelAway
            | Self::Sleep { .. }
            | Self::Jump { .. }
            | Self::Woke
            | Self::Fate(_) => false,
        }
    }

    /// Whether it happens on the client's machine.
    pub(crate) fn is_the_clients(self) -> bool {
        match self {
            Self::Open
            | Self::Close
            | Self::Send { .. }
            | Self::Cancel
            | Self::CancelAway
            | Self::LogOut
            | Self::ChangeUser
            | Self::Destroy
            | Self::Login(_)
            | Self::Clog { .. }
            | Self::Jump { .. }
            | Self::Woke
            | Self::Feed(_)
            | Self::Published(Notice::Follow | Notice::Leave)
            | Self::Fate(_) => true,
            Self::Published(
                Notice::Publish { .. } | Notice::Replace { .. } | Notice::RollBack { .. },
            )
            | Self::Cut { .. }
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

/// A clock that was wrong by a day, and by an hour of daylight saving time.
const A_DAY_AND_AN_HOUR: u64 = 25 * 3_600_000;
/// Separates the dice for clocks that are set from the plan's.
const SET: u64 = 0xC10C_5EED_0000_0000;
