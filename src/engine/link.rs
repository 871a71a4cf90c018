//! The link: from nothing to ready, and back again for ever.
//!
//! ```text
//!          open            wait over          granted             up
//!  Idle ---------> Waiting ---------> Authorizing ---> Connecting ---> Joining
//!   ^  \______________________________^                                   | joined, or the
//!   |            first attempt                                            v fallback's time
//!   +-- close, absent, final                         Suspect <--------> Ready
//!                                                         doubt, alive
//!  A failed attempt, a loss, or a failed probe leads from each of them to Waiting.
//! ```
//!
//! The engine owns reconnecting: delays, the fallback of a join that nobody confirms, and every deadline
//! on the way. Facts carry the epoch of their attempt; one of an earlier attempt is dropped.
//!
//! A link may be followed instead: somebody else makes the attempts, and the engine hears of them.
//!
//! ```text
//!          open, send             begun              up
//!  Idle -------------> Awaiting ---------> Connecting ---> Joining, and on as above
//!   ^  \_________________ begun ______________^
//!   +-- close, final
//!  A loss, or a failed probe leads from each of them to Awaiting.
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
    /// Attempts in a row that failed, or whose link died young. Forgotten once one stayed ready.
    failures: u32,
    /// Links that were ready, delivered nothing and died young, in a row but for those that delivered something.
    short_lived: u32,
    /// Links in a row that the server ended and that delivered nothing, up to [`MOST_KICKS`]. Forgotten once one
    /// lived as long as the longest wait after a loss, and when the app asks for a link.
    kicks: u32,
    /// When the last attempt began: a shortened wait still keeps its distance from it.
    attempted_at: Moment,
    /// A refused join is tried again here.
    rejoin_at: Option<Moment>,
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
    /// The next attempt is somebody else's: nothing here says when it begins.
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

/// Who makes the attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempts {
    Ours,
    /// Somebody else's, who knows no deadline of ours, and is told of no attempt.
    Followed,
}

/// Why there is no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// Nobody asked yet: a send does.
    Fresh,
    /// The app, its credentials or the server ended it: only the app starts it again.
    Ended,
}

/// What the link reacts to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    Opened,
    Stopped,
    Destroyed,
    Sent,
    Woke,
    Authorized(Grant),
    /// Somebody else's attempt has got so far that it says who the user is.
    Begun,
    Up {
        join: bool,
    },
    Down(DownCause),
    Joined,
    JoinRejected,
    /// Silence that proves nothing yet.
    Doubted,
    /// Silence that does.
    Silent,
    Alive,
    Timeout,
}

/// What a step means for the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    None,
    /// Messages may leave.
    BecameReady,
    /// What was in flight has to be sent again.
    Lost,
}

/// What a step needs from around it.
pub(super) struct Surroundings<'a> {
    pub(super) config: &'a Config,
    /// None where nothing would answer a probe.
    pub(super) health: Option<&'a config::Health>,
    /// The server has answered a probe before: silence after one proves something.
    pub(super) trusted: bool,
    /// The link that there is has delivered a message.
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

    /// Links die so often that a message may be what kills them (I10).
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

    /// A link was stable, but what it was spared until now may kill it: it is young again.
    pub(super) fn restart_life(&mut self, now: Moment) {
        if let State::Ready { since } | State::Suspect { since, .. } = &mut self.state {
            *since = now;
            self.failures = 0;
        }
    }

    /// The one place where the state changes.
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
                // A send may be the app's own doing, the others are not.
                let failures = if matches!(event, Event::Sent) { self.failures } else { 0 };
                let until = until.min(self.soonest(since, failures, around));
                self.state = Waiting { since, until, hurried: true };
                Effect::None
            }
            (Event::Opened | Event::Sent, _) => Effect::None,
            (Event::Woke, Ready { .. }) => self.step(now, Event::Doubted, around),
            // The time that passed asleep is not the probe's.
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
                    // Not to be shortened, as if the link had been lost only then: the server named it.
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
                // A probe whose own timer was held up gets one more: the pong may wait in line.
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

    /// The first moment for a shortened wait: away from the last attempt and from the loss.
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
        // Either the room is confirmed, or it was just asked for once more.
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
            // Nobody asks any more, so there is no answer to wait for.
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

    /// Closes a link that still looks open, and tries again later.
    fn give_up(&mut self, now: Moment, around: &mut Surroundings<'_>) -> Effect {
        around.outputs.push_back(Output::Disconnect { epoch: self.epoch, polite: false });
        self.retry(now, false, around)
    }

    /// `is_kick`: the server ended a link that delivered nothing.
    fn retry(&mut self, now: Moment, is_kick: bool, around: &mut Surroundings<'_>) -> Effect {
        let config = &around.config.reconnect;
        // Above 0 where the link was ready, so that nothing else is longer than a span of 0.
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
                // A link that lives for some seconds again and again shall be up for most of the time.
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
        // What waits is not to wait for longer than after a loss; but sends could cut that short for ever.
        let hurried = kicks > 0 && around.is_owing;
        if !hurried {
            // Of two clients that a server lets in by turns each lives as long as the other waits: they would never
            // end it within the ordinary maximum.
            wait.0 *= u64::from(kicks.max(1));
        }
        // A wait of none would be due at once (I6).
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

    /// What leaving the present state means for the messages.
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

/// After so many young links in a row a message is suspected, not the network.
const USUAL_LOSSES: u32 = 12;
/// The longest wait after kicks is so many times that after losses: four minutes by default.
const MOST_KICKS: u32 = 8;
