//! Named plans: a tab that is hidden for half an hour, a machine that sleeps for a night, and two tabs on a server
//! that keeps one connection for each user.

use holdfast::engine::Config;

use super::lives::{A_NIGHT, HALF_AN_HOUR};
use super::{Kinds, Lives, Plan, Planned};
use crate::dice::Dice;

/// Stories of a page with a link in a world without other faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// Its timers fire once a minute for half an hour.
    Throttled,
    /// The machine sleeps for eight hours, and the link survives.
    Asleep,
    /// While the machine sleeps the link dies silently.
    DiesAsleep,
    /// For an hour the server ends the older link of two tabs as soon as there is a newer one.
    Rivals,
}

impl Plan {
    /// A seed's plan, adapted to the story. The app sends before, during and after it.
    pub(crate) fn of(story: Story, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        if story == Story::Rivals {
            return Self::of_rivals(seed, &mut dice);
        }
        let kinds = Kinds { clock: true, ..Kinds::default() };
        let mut plan = Self::of_kinds(seed, kinds, None, &mut dice);
        plan.config.health = Config::default().health;
        plan.clock.steps_back = 0;
        // Half of the machines have a clock that stands still, which shows the sleep by itself.
        plan.clock.stops_asleep = dice.chance(500);
        plan.clock.notices_sleep |= story == Story::DiesAsleep;
        let from = dice.between(60_000, 120_000);
        let (befalls, until) = match story {
            Story::Throttled => {
                let until = from + HALF_AN_HOUR;
                (Planned::Throttle { until }, until)
            }
            Story::Asleep | Story::DiesAsleep | Story::Rivals => {
                let until = from + A_NIGHT;
                (Planned::Sleep { until }, until)
            }
        };
        plan.schedule = vec![(0, Planned::Open), (from, befalls)];
        if story == Story::DiesAsleep {
            plan.at(dice.between(from + 1, until - 1), Planned::HalfOpen);
        }
        for _ in 0..20 {
            let count = dice.between(1, 8) as usize;
            plan.at(dice.below(until), Planned::Send { count });
        }
        plan.faults_until = until + 60_000;
        plan
    }

    fn of_rivals(seed: u64, dice: &mut Dice) -> Self {
        let kinds = Kinds { lives: true, rivals: true, ..Kinds::default() };
        let lives = Lives {
            tabs: 2,
            loading: 100,
            slowest: 20,
            failing: 0,
            unopened: 0,
            hanging: 0,
            idle: 100,
            logs_out: false,
        };
        let mut plan = Self::of_kinds(seed, kinds, Some(lives), dice);
        plan.app.once = 0;
        // Each tab is asked to connect, most likely.
        plan.schedule = (0..6).map(|at| (at, Planned::Open)).collect();
        for _ in 0..10 {
            let count = dice.between(1, 8) as usize;
            plan.at(dice.below(AN_HOUR), Planned::Send { count });
        }
        plan.faults_until = AN_HOUR;
        plan
    }
}

const AN_HOUR: u64 = 2 * HALF_AN_HOUR;
