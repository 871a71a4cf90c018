//! The link's state machine: from idle to ready, and back after every loss.
//!
//! ```text
//!          open            wait over          granted             up
//!  Idle ---------> Waiting ---------> Authorizing ---> Connecting ---> Joining
//!   ^  \______________________________^                                   | joined, or the
//!   |            first attempt                                            v fallback's time
//!   +-- close, absent, final                         Suspect <--------> Ready
//!                                                         doubt, alive
//!  A failed attempt, a loss or a failed probe leads from any of them to Waiting.
//! ```
//!
//! The engine owns reconnecting: the delays, the fallback for a join that is never confirmed, and every deadline.
//! Facts carry the epoch of their attempt; a fact about an earlier attempt is dropped.
//!
//! A link may be followed instead: somebody else makes the attempts and reports them to the engine.
//!
//! ```text
//!          open, send             begun              up
//!  Idle -------------> Awaiting ---------> Connecting ---> Joining, and on as above
//!   ^  \_________________ begun ______________^
//!   +-- close, final
//!  A loss or a failed probe leads from any of them to Awaiting.
//! ```

use alloc::collections::VecDeque;

use super::backoff::{self, Rng};
use super::config::{self, Config};
use super::health::LATE;
use super::types::{DownCause, Epoch, Grant, Millis, Moment, Notice, Output, Phase};

#[derive(Debug)]
pub(super) struct Link {
    state: State,
    attempts: Attempts,
    epoch: Epoch,
    /// Failed attempts in a row, and links that died young without delivering anything. Halved by a link that lived
    /// for some seconds, reset by a stable one.
    failures: u32,
    /// Links that became ready, delivered nothing and died young. Links that delivered something do not interrupt
    /// the count; a stable link resets it.
    short_lived: u32,
    /// Links in a row that the server ended and that delivered nothing, up to [`MOST_KICKS`]. Reset once a link
    /// outlived the longest wait after a loss, and when the app asks for a link.
    kicks: u32,
    /// When the last attempt began. A shortened wait still keeps a distance from it.
    attempted_at: Moment,
    /// When to repeat a refused join.
    rejoin_at: Option<Moment>,
    /// The number of refused joins on the present link.
    join_failures: u32,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle {
        why: Why,
    },
    Waiting {
        since: Moment,
        until: Moment,
        hurried: bool,
    },
    /// Somebody else makes the next attempt, so its time is unknown.
    Awaiting,
    Authorizing {
        deadline: Moment,
    },
    Connecting {
        deadline: Moment,
    },
    Joining {
        fallback_at: Moment,
    },
    Ready {
        since: Moment,
    },
    Suspect {
        since: Moment,
        deadline: Moment,
        late: bool,
    },
    Closed,
}

/// The party that makes the attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempts {
    Ours,
    /// Somebody else's. The engine's deadlines do not apply to them, and it orders none.
    Followed,
}

/// Why there is no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// Nobody has asked yet. A send asks.
    Fresh,
    /// The app, its credentials or the server ended it. Only the app starts it again.
    Ended,
}

/// The events that the link reacts to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    Opened,
    Stopped,
    Destroyed,
    Sent,
    Woke,
    Authorized(Grant),
    /// An attempt that somebody else makes has reached its handshake.
    Begun,
    Up {
        join: bool,
    },
    Down(DownCause),
    Joined,
    JoinRejected,
    /// The link is silent, which proves nothing yet: probe it.
    Doubted,
    /// The link is silent for so long that it counts as dead.
    Silent,
    Alive,
    Timeout,
}

/// The effect of a step on the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    None,
    /// Messages may leave.
    BecameReady,
    /// The link is gone: messages in flight have to be sent again.
    Lost,
}

/// The state that a step reads and writes besides the link.
pub(super) struct Surroundings<'a> {
    pub(super) config: &'a Config,
    /// `None` if nothing would answer a probe.
    pub(super) health: Option<&'a config::Health>,
    /// The server has answered a probe before, so an unanswered probe proves a dead link.
    pub(super) trusted: bool,
    /// The present link has delivered a message.
    pub(super) delivers: bool,
    /// There are unsettled messages.
    pub(super) is_owing: bool,
    pub(super) rng: &'a mut Rng,
    pub(super) outputs: &'a mut VecDeque<Output>,
}

impl Link {
    pub(super) fn new() -> Self {
        Self {
            state: State::Idle { why: Why::Fresh },
            attempts: Attempts::Ours,
            epoch: Epoch(0),
            failures: 0,
            short_lived: 0,
            kicks: 0,
            attempted_at: Moment::default(),
            rejoin_at: None,
            join_failures: 0,
        }
    }

    /// From now on somebody else makes the attempts.
    pub(super) fn follow(&mut self) {
        self.attempts = Attempts::Followed;
    }

    pub(super) fn is_followed(&self) -> bool {
        self.attempts == Attempts::Followed
    }

    pub(super) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Links die so often that a message may be the reason (I10).
    pub(super) fn losses_are_usual(&self) -> bool {
        self.short_lived >= USUAL_LOSSES
    }

    pub(super) fn phase(&self) -> Phase {
        match self.state {
            State::Idle { .. } => Phase::Idle,
            State::Waiting { .. } | State::Awaiting => Phase::Waiting,
            State::Authorizing { .. } => Phase::Authorizing,
            State::Connecting { .. } => Phase::Connecting,
            State::Joining { .. } => Phase::Joining,
            State::Ready { .. } => Phase::Ready,
            State::Suspect { .. } => Phase::Suspect,
            State::Closed => Phase::Closed,
        }
    }

    pub(super) fn next_attempt_at(&self) -> Option<Moment> {
        match self.state {
            State::Waiting { until, .. } => Some(until),
            State::Idle { .. }
            | State::Awaiting
            | State::Authorizing { .. }
            | State::Connecting { .. }
            | State::Joining { .. }
            | State::Ready { .. }
            | State::Suspect { .. }
            | State::Closed => None,
        }
    }

    pub(super) fn deadline(&self) -> Option<Moment> {
        match self.state {
            State::Waiting { until, .. } => Some(until),
            State::Authorizing { deadline } | State::Connecting { deadline } => Some(deadline),
            State::Joining { fallback_at } => {
                Some(self.rejoin_at.map_or(fallback_at, |at| at.min(fallback_at)))
            }
            State::Ready { .. } => self.rejoin_at,
            State::Suspect { deadline, .. } => Some(deadline),
            State::Idle { .. } | State::Awaiting | State::Closed => None,
        }
    }

    /// Starts the lifetime of a ready link anew. The link was stable, but heavier load begins now, which may end
    /// it.
    pub(super) fn restart_life(&mut self, now: Moment) {
        if let State::Ready { since } | State::Suspect { since, .. } = &mut self.state {
            *since = now;
            self.failures = 0;
        }
    }

    /// The only method that changes the state.
    pub(super) fn step(
        &mut self,
        now: Moment,
        event: Event,
        around: &mut Surroundings<'_>,
    ) -> Effect {
        use State::{
            Authorizing, Awaiting, Closed, Connecting, Idle, Joining, Ready, Suspect, Waiting,
        };

        match (event, self.state) {
            (Event::Opened, Idle { .. }) | (Event::Sent, Idle { why: Why::Fresh }) => {
                self.failures = 0;
                self.kicks = 0;
                self.attempt(now, around)
            }
            (Event::Opened | Event::Sent | Event::Woke, Waiting { since, until, hurried })
                if !hurried || matches!(event, Event::Opened) =>
            {
                if matches!(event, Event::Opened) {
                    self.kicks = 0;
                }
                // The app may send all the time, so only a send's shortened wait grows with the failures.
                let failures = if matches!(event, Event::Sent) { self.failures } else { 0 };
                let until = until.min(self.soonest(since, failures, around));
                self.state = Waiting { since, until, hurried: true };
                Effect::None
            }
            (Event::Opened | Event::Sent, _) => Effect::None,
            (Event::Woke, Ready { .. }) => self.step(now, Event::Doubted, around),
            // The time asleep does not count against the probe.
            (Event::Woke, Suspect { since, deadline, late }) if deadline <= now + LATE => {
                self.probe(now, since, late, around)
            }
            (Event::Woke, _) => Effect::None,

            (Event::Stopped, Closed) => Effect::None,
            (Event::Stopped, _) => self.end(Idle { why: Why::Ended }, true, around),
            (Event::Destroyed, _) => self.end(Closed, true, around),

            (Event::Authorized(Grant::Granted), Authorizing { .. }) => {
                self.state = Connecting { deadline: now + around.config.reconnect.connect_timeout };
                let (epoch, failures) = (self.epoch, self.failures);
                around.outputs.push_back(Output::Connect { epoch, failures });
                Effect::None
            }
            (Event::Authorized(Grant::Absent), Authorizing { .. }) => {
                self.state = Idle { why: Why::Ended };
                Effect::None
            }
            (Event::Authorized(Grant::Failed), Authorizing { .. }) => {
                self.retry(now, false, around)
            }
            (Event::Authorized(_), _) => Effect::None,

            (Event::Begun, Closed) => Effect::None,
            (Event::Begun, _) => {
                let effect = self.leave();
                self.next_epoch();
                self.state = Connecting { deadline: Moment::NEVER };
                effect
            }

            (Event::Up { join: true }, Connecting { .. }) => {
                self.rejoin_at = None;
                self.join_failures = 0;
                self.state = Joining { fallback_at: now + around.config.join.fallback };
                around.outputs.push_back(Output::Join { epoch: self.epoch });
                Effect::None
            }
            (Event::Up { join: false }, Connecting { .. }) => self.ready(now),
            (Event::Up { .. }, _) => Effect::None,

            (Event::Down(_), Idle { .. } | Waiting { .. } | Awaiting | Closed) => Effect::None,
            (
                Event::Down(cause),
                Authorizing { .. }
                | Connecting { .. }
                | Joining { .. }
                | Ready { .. }
                | Suspect { .. },
            ) => match cause {
                DownCause::Lost => self.retry(now, false, around),
                DownCause::Kicked => self.retry(now, !around.delivers, around),
                DownCause::Final => self.end(Idle { why: Why::Ended }, false, around),
                DownCause::RetryAfter(span) => {
                    let effect = self.retry(now, false, around);
                    let config = &around.config.reconnect;
                    let until = now + span.max(config.min) + around.rng.up_to(config.spread);
                    // The server named this wait: `since: until` keeps sends from shortening it.
                    self.state = Waiting { since: until, until, hurried: false };
                    effect
                }
            },

            (Event::Joined, Joining { .. }) => self.ready(now),
            (Event::Joined, Ready { .. } | Suspect { .. }) => {
                self.rejoin_at = None;
                Effect::None
            }
            (Event::Joined, _) => Effect::None,
            (Event::JoinRejected, Joining { .. } | Ready { .. } | Suspect { .. }) => {
                self.join_failures += 1;
                let config = &around.config.reconnect;
                let wait = backoff::before_attempt(config, self.join_failures, around.rng);
                self.rejoin_at = Some(now + wait);
                Effect::None
            }
            (Event::JoinRejected, _) => Effect::None,

            (Event::Doubted, Ready { since }) => self.probe(now, since, false, around),
            (Event::Doubted, _) => Effect::None,
            (
                Event::Silent,
                Idle { .. } | Waiting { .. } | Awaiting | Authorizing { .. } | Closed,
            ) => Effect::None,
            (Event::Silent, Connecting { .. } | Joining { .. } | Ready { .. } | Suspect { .. }) => {
                around.outputs.push_back(Output::Report(Notice::LinkSilent));
                self.give_up(now, around)
            }
            (Event::Alive, Suspect { since, .. }) => {
                self.state = Ready { since };
                Effect::BecameReady
            }
            (Event::Alive, _) => Effect::None,

            (Event::Timeout, Waiting { until, .. }) if until <= now => self.attempt(now, around),
            (Event::Timeout, Authorizing { deadline }) if deadline <= now => {
                around.outputs.push_back(Output::Report(Notice::AuthTimedOut));
                self.retry(now, false, around)
            }
            (Event::Timeout, Connecting { deadline }) if deadline <= now => {
                around.outputs.push_back(Output::Report(Notice::ConnectTimedOut));
                self.give_up(now, around)
            }
            (Event::Timeout, Joining { fallback_at }) if fallback_at <= now => {
                around.outputs.push_back(Output::Report(Notice::JoinUnconfirmed));
                around.outputs.push_back(Output::Join { epoch: self.epoch });
                self.ready(now)
            }
            (Event::Timeout, Joining { .. } | Ready { .. }) => self.rejoin_if_due(now, around),
            (Event::Timeout, Suspect { since, deadline, late }) if deadline <= now => {
                // If the probe's own timer was late, probe once more: the pong may be queued.
                if now - deadline > LATE && !late {
                    self.probe(now, since, true, around)
                } else {
                    self.step(now, Event::Silent, around)
                }
            }
            (
                Event::Timeout,
                Idle { .. }
                | Waiting { .. }
                | Awaiting
                | Authorizing { .. }
                | Connecting { .. }
                | Suspect { .. }
                | Closed,
            ) => Effect::None,
        }
    }

    /// The earliest end of a shortened wait: some distance after the last attempt and after the loss.
    fn soonest(&self, since: Moment, failures: u32, around: &mut Surroundings<'_>) -> Moment {
        let config = &around.config.reconnect;
        let after_attempt = self.attempted_at + backoff::apart(config, failures, around.rng);
        after_attempt.max(since + backoff::after_loss(config, around.rng))
    }

    fn attempt(&mut self, now: Moment, around: &mut Surroundings<'_>) -> Effect {
        if self.attempts == Attempts::Followed {
            self.state = State::Awaiting;
            return Effect::None;
        }
        self.next_epoch();
        self.attempted_at = now;
        self.rejoin_at = None;
        self.state = State::Authorizing { deadline: now + around.config.reconnect.auth_timeout };
        around.outputs.push_back(Output::Authorize { epoch: self.epoch });
        Effect::None
    }

    fn next_epoch(&mut self) {
        self.epoch = Epoch(self.epoch.0.wrapping_add(1));
    }

    fn ready(&mut self, now: Moment) -> Effect {
        // The room is confirmed, or was requested once more just now.
        self.rejoin_at = None;
        self.state = State::Ready { since: now };
        Effect::BecameReady
    }

    fn probe(
        &mut self,
        now: Moment,
        since: Moment,
        late: bool,
        around: &mut Surroundings<'_>,
    ) -> Effect {
        let Some(health) = around.health else {
            // No probe would be answered, so there is nothing to wait for.
            self.state = State::Ready { since };
            return Effect::None;
        };
        around.outputs.push_back(Output::Ping { epoch: self.epoch });
        if !around.trusted {
            self.state = State::Ready { since };
            return Effect::None;
        }
        self.state = State::Suspect { since, deadline: now + health.probe, late };
        Effect::None
    }

    fn rejoin_if_due(&mut self, now: Moment, around: &mut Surroundings<'_>) -> Effect {
        if self.rejoin_at.is_some_and(|at| at <= now) {
            self.rejoin_at = None;
            around.outputs.push_back(Output::Join { epoch: self.epoch });
        }
        Effect::None
    }

    /// Closes a link that still looks open, and schedules the next attempt.
    fn give_up(&mut self, now: Moment, around: &mut Surroundings<'_>) -> Effect {
        around.outputs.push_back(Output::Disconnect { epoch: self.epoch, polite: false });
        self.retry(now, false, around)
    }

    /// Schedules the next attempt. `is_kick`: the server ended a link that delivered nothing.
    fn retry(&mut self, now: Moment, is_kick: bool, around: &mut Surroundings<'_>) -> Effect {
        let config = &around.config.reconnect;
        // Add 1 ms so that a link that was ready counts as longer than a configured span of 0.
        let life = match self.state {
            State::Ready { since } | State::Suspect { since, .. } => now - since + Millis(1),
            State::Idle { .. }
            | State::Waiting { .. }
            | State::Awaiting
            | State::Authorizing { .. }
            | State::Connecting { .. }
            | State::Joining { .. }
            | State::Closed => Millis(0),
        };
        if life > config.stable {
            if life > config.max {
                self.kicks = 0;
            }
            self.failures = 0;
            self.short_lived = 0;
        } else {
            if life > config.min + config.min {
                // If every link lives for some seconds, shorter waits keep the client connected most of the time.
                self.failures /= 2;
            } else if !around.delivers {
                self.failures += 1;
            }
            let accuses = life > Millis(0) && !around.delivers;
            self.short_lived += u32::from(accuses);
        }
        let hung = matches!(self.state, State::Connecting { deadline } if deadline <= now);
        let effect = self.leave();
        let draw = if hung { backoff::after_hanging } else { backoff::before_attempt };
        let mut kicks = 0;
        if is_kick {
            kicks = self.kicks;
            self.kicks = MOST_KICKS.min(kicks + 1);
        }
        let mut wait = draw(config, self.failures.max(kicks), around.rng);
        // Waiting messages are not delayed for longer than after a loss. `hurried` keeps sends from shortening the
        // wait again and again.
        let hurried = kicks > 0 && around.is_owing;
        if !hurried {
            // If a server admits two clients by turns, each link lives for as long as the other client waits. Only
            // waits above the ordinary maximum end that.
            wait.0 *= u64::from(kicks.max(1));
        }
        // A wait of 0 would be due at once (I6).
        let until = now + wait.max(Millis(1));
        self.state = match self.attempts {
            Attempts::Ours => State::Waiting { since: now, until, hurried },
            Attempts::Followed => State::Awaiting,
        };
        effect
    }

    fn end(&mut self, state: State, polite: bool, around: &mut Surroundings<'_>) -> Effect {
        match self.state {
            State::Connecting { .. }
            | State::Joining { .. }
            | State::Ready { .. }
            | State::Suspect { .. } => {
                around.outputs.push_back(Output::Disconnect { epoch: self.epoch, polite });
            }
            State::Idle { .. }
            | State::Waiting { .. }
            | State::Awaiting
            | State::Authorizing { .. }
            | State::Closed => {}
        }
        let effect = self.leave();
        self.state = state;
        effect
    }

    /// The effect on the messages of leaving the present state.
    fn leave(&self) -> Effect {
        match self.state {
            State::Ready { .. } | State::Suspect { .. } => Effect::Lost,
            State::Idle { .. }
            | State::Waiting { .. }
            | State::Awaiting
            | State::Authorizing { .. }
            | State::Connecting { .. }
            | State::Joining { .. }
            | State::Closed => Effect::None,
        }
    }
}

/// After this many short-lived links in a row, a message is suspected instead of the network.
const USUAL_LOSSES: u32 = 12;
/// The longest wait after kicks, as a multiple of the longest wait after losses: four minutes by default.
const MOST_KICKS: u32 = 8;
