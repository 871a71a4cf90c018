//! The client of a page and its clock, as the browser's shell has them.

use holdfast::client::Client;
use holdfast::client::clock::{Clock, Readings};
use holdfast::client::receipts::Support;
use holdfast::client::timer::Timer;
use holdfast::engine::{Moment, Phase, Status};

use crate::ids::{ONLY, PageId};
use crate::plan::Plan;

pub(crate) struct Shell {
    pub(crate) client: Client,
    /// The status that the app sees: the one at the last `Changed`.
    pub(crate) shown: Status,
    pub(crate) is_draining: bool,
    /// The number of calls of the client.
    pub(crate) calls: u64,
    /// The latest time that the client was given (I9).
    pub(crate) time: u64,
    pub(crate) clock: Clock,
    /// There are orders from before the client's latest input.
    pub(crate) has_old_orders: bool,
    pub(crate) timer: Timer,
    /// Counts how often the timer was set or cleared. An earlier timer does not fire.
    pub(crate) timer_number: u64,
    pub(crate) throttled_until: u64,
    /// The client has reported that its pings are not answered.
    pub(crate) is_mute: bool,
    pub(crate) is_destroyed: bool,
    pub(crate) foreign: Foreign,
    /// The app has paused the client, because its login is not ready.
    pub(crate) is_paused: bool,
}

/// Whether the app knows that its credentials are another user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    No,
    /// It knows: the client asks again as soon as something happens.
    AskedFor,
    /// It knows, and has ended the link since: the app asks.
    Known,
}

impl Shell {
    /// `first` are the clocks' readings when the page is loaded.
    pub(crate) fn new(plan: &Plan, page: PageId, first: Readings) -> Self {
        let seed = plan.engine_seed ^ ((page as u64) << 32);
        let mut client = Client::new(plan.config.clone(), seed, Moment(0));
        if plan.is_followed {
            client.follow();
        }
        if plan.receipting.is_none() {
            client.set_support(Support::Off);
        }
        if plan.lives.is_some() {
            // Only messages with an owner are saved.
            client.name(Moment(0), ONLY, 0);
        }
        Self {
            shown: client.status(),
            client,
            is_draining: false,
            calls: 0,
            time: 0,
            clock: Clock::new(first),
            has_old_orders: false,
            timer: Timer::Off,
            timer_number: 0,
            throttled_until: 0,
            is_mute: false,
            is_destroyed: false,
            foreign: Foreign::No,
            is_paused: false,
        }
    }

    pub(crate) fn time(&self) -> u64 {
        self.time
    }

    pub(crate) fn status(&self) -> Status {
        self.client.status()
    }
}

pub(crate) fn is_up(phase: Phase) -> bool {
    is_ready(phase) || phase == Phase::Joining
}

pub(crate) fn is_ready(phase: Phase) -> bool {
    matches!(phase, Phase::Ready | Phase::Suspect)
}
