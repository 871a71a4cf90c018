//! The lives of pages and their saved messages: one user's tabs, and a disk that may fail.

use super::{Plan, Planned};
use crate::dice::Dice;

/// Pages that end and begin, if a plan has them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lives {
    /// The number of tabs at the beginning.
    pub(crate) tabs: usize,
    /// The longest time that a page takes to load.
    pub(crate) loading: u64,
    /// The longest time that a transaction takes.
    pub(crate) slowest: u64,
    /// Writes that fail, per thousand.
    pub(crate) failing: u64,
    /// Openings of the storage that fail or never end, per thousand.
    pub(crate) unopened: u64,
    pub(crate) hanging: u64,
    /// Pages that want no link, per thousand.
    pub(crate) idle: u64,
    /// The user logs out now and then, and in again.
    pub(crate) logs_out: bool,
}

/// An event for a tab and its page. The tab is drawn when the event happens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    Open,
    /// The copy inherits the tab's session storage.
    Duplicate,
    Reload,
    /// The page crashes with all pages cached behind it, and is loaded again after this time.
    Crash {
        back_after: u64,
    },
    Close,
    /// The page goes into the cache. It is replaced by a page of the same app or of another site.
    Navigate {
        within: bool,
    },
    Back,
    /// A page in the cache is thrown away.
    Evict,
}

/// A plan for one in eight seeds. The others are the same as before pages had lives.
pub(super) fn lives(seed: u64) -> Option<Lives> {
    let mut dice = Dice::new(seed ^ OWN);
    (seed % 8 == 6).then(|| {
        let faulty = dice.chance(250);
        let chance =
            |dice: &mut Dice, most| if faulty { dice.below(2) * dice.below(most) } else { 0 };
        Lives {
            tabs: dice.between(1, 3) as usize,
            loading: dice.magnitude(1, 4_000),
            slowest: dice.magnitude(1, 1_000),
            failing: chance(&mut dice, 100),
            unopened: chance(&mut dice, 500),
            hanging: chance(&mut dice, 300),
            idle: 100,
            logs_out: false,
        }
    })
}

impl Plan {
    /// Storage was added later. Its own dice leave the other draws unchanged.
    pub(super) fn draw_storage(&mut self, seed: u64) {
        let mut dice = Dice::new(seed ^ STORAGE);
        self.disk.stubborn = if dice.chance(400) { dice.magnitude(1, 60_000) } else { 1 };
        let Some(lives) = &mut self.lives else {
            if dice.chance(150) {
                self.disk.failing = dice.below(2) * dice.below(300);
                self.disk.unopened = dice.below(2) * dice.below(500);
                self.disk.hanging = dice.below(2) * dice.below(300);
            }
            return;
        };
        if dice.chance(300) {
            lives.idle = dice.below(900);
        }
        self.disk.has_locks = !dice.chance(150);
        lives.logs_out = dice.chance(200);
        if dice.chance(200) {
            // The disk is full for a while, again and again.
            self.disk.failing = dice.magnitude(20, 300);
            self.disk.stubborn = dice.magnitude(1_000, 120_000);
        }
    }

    /// Schedules what happens to the tabs, from its own dice.
    pub(super) fn schedule_lives(&mut self, seed: u64) {
        if self.lives.is_none() {
            return;
        }
        let mut dice = Dice::new(seed ^ OWN ^ 1);
        // A logout deletes what every tab has saved, which is a different test.
        self.schedule.retain(|(_, planned)| {
            !matches!(planned, Planned::LogOut | Planned::ChangeUser | Planned::Destroy)
        });
        if dice.chance(700) {
            self.disk.durable = 1_000;
        }
        if self.kinds.clock {
            self.clock.stops_asleep = dice.chance(500);
            let from = self.moment(&mut dice);
            match dice.below(4) {
                0 => self.at(from, Planned::Throttle { until: from + HALF_AN_HOUR }),
                1 => self.at(from, Planned::Sleep { until: from + A_NIGHT }),
                _ => {}
            }
        }
        for _ in 0..dice.between(1, 10) {
            let fate = match dice.below(16) {
                0 | 1 => Fate::Open,
                2 => Fate::Duplicate,
                3..=6 => Fate::Reload,
                7 => Fate::Crash { back_after: dice.magnitude(1, 20_000) },
                8 | 9 => Fate::Close,
                10..=12 => Fate::Navigate { within: dice.chance(500) },
                13 | 14 => Fate::Back,
                _ => Fate::Evict,
            };
            let at = self.moment(&mut dice);
            self.at(at, Planned::Fate(fate));
            // One event often causes another.
            if dice.chance(300) {
                let again = if dice.chance(500) { Fate::Back } else { Fate::Reload };
                self.at(at + dice.magnitude(1, 8_000), Planned::Fate(again));
            }
        }
    }

    /// From its own dice, as logouts were added later, too.
    pub(super) fn schedule_logouts(&mut self, seed: u64) {
        if !self.lives.is_some_and(|lives| lives.logs_out) {
            return;
        }
        let mut dice = Dice::new(seed ^ STORAGE ^ 1);
        for _ in 0..dice.between(1, 3) {
            let at = self.moment(&mut dice);
            self.at(at, Planned::LogOut);
            self.at(at + dice.magnitude(1, 30_000), Planned::Open);
        }
    }
}

pub(super) const HALF_AN_HOUR: u64 = 30 * 60_000;
pub(super) const A_NIGHT: u64 = 8 * 3_600_000;
/// Separates these dice from the plan's.
const OWN: u64 = 0x1DEA_5EED_0000_0000;
/// Separates the dice of the storage.
const STORAGE: u64 = 0x5704_5EED_0000_0000;
