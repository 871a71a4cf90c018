//! What becomes of the pages and of what they keep: one user's tabs, and a disk that may fail.

use super::{Plan, Planned};
use crate::dice::Dice;

/// Pages that end and begin, where a plan has them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lives {
    /// Tabs at the beginning.
    pub(crate) tabs: usize,
    /// The longest that a page takes to load.
    pub(crate) loading: u64,
    /// The longest that a transaction takes.
    pub(crate) slowest: u64,
    /// Per thousand writes that fail.
    pub(crate) failing: u64,
    /// Per thousand openings of the storage that fail, or never end.
    pub(crate) unopened: u64,
    pub(crate) hanging: u64,
    /// Per thousand pages that want no link.
    pub(crate) idle: u64,
    /// The user logs out now and then, and in again.
    pub(crate) logs_out: bool,
}

/// What becomes of a tab, and of the page in it. Which one is drawn when it happens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    Open,
    /// It takes along what its tab remembers.
    Duplicate,
    Reload,
    /// The page dies with all that was cached, and is loaded again after so long.
    Crash {
        back_after: u64,
    },
    Close,
    /// The page goes into the cache, and one of the same app takes its place, or another site's.
    Navigate {
        within: bool,
    },
    Back,
    /// A page in the cache is given up.
    Evict,
}

/// A plan for one in eight seeds: the others are what they were before pages had lives.
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
    /// What came later: dice of their own leave the others as they are.
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

    /// Draws the fates of the tabs from dice of their own.
    pub(super) fn schedule_lives(&mut self, seed: u64) {
        if self.lives.is_none() {
            return;
        }
        let mut dice = Dice::new(seed ^ OWN ^ 1);
        // Whoever logs out deletes what every tab has kept; that is another story.
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
            // One thing leads to another.
            if dice.chance(300) {
                let again = if dice.chance(500) { Fate::Back } else { Fate::Reload };
                self.at(at + dice.magnitude(1, 8_000), Planned::Fate(again));
            }
        }
    }

    /// By dice of its own, as that came later too.
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
/// Sets these dice apart from the plan's.
const OWN: u64 = 0x1DEA_5EED_0000_0000;
/// And those of the storage.
const STORAGE: u64 = 0x5704_5EED_0000_0000;
