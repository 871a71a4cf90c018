//! The model of links: when the client may try to connect, and when messages may leave.

use holdfast::engine::{Config, DownCause, Epoch, Grant, Input, Phase};

use crate::violation::violated;

pub(crate) struct Links {
    config: Config,
    is_followed: bool,
    /// The app, its credentials or the server ended it. Only the app starts it again.
    is_ended: bool,
    /// The present attempt replaces another.
    is_relinked: bool,
    epoch: Option<Epoch>,
    attempted_at: u64,
    /// When the client began the attempt that it orders next.
    began_at: u64,
    /// Attempts in a row that failed, or whose link died young.
    failures: u32,
    /// Links that became ready, delivered nothing and died young, since a stable one.
    short_lived: u32,
    /// Links in a row that the server ended and that delivered nothing, since the app asked or one lived long.
    kicks: u32,
    /// The server ended the link that is ending.
    is_kicked: bool,
    /// The wait may be longer than one after a loss.
    is_far: bool,
    /// The earliest attempt that the server allows.
    not_before: u64,
    waiting_since: u64,
    up_at: Option<u64>,
    room: Room,
    /// The room was confirmed on this link, or there is none.
    is_admitted: bool,
    ready_since: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    None,
    Asked,
    Confirmed,
}

impl Links {
    pub(crate) fn new(config: Config, is_followed: bool) -> Self {
        Self {
            config,
            is_followed,
            is_ended: false,
            is_relinked: false,
            epoch: None,
            attempted_at: 0,
            began_at: 0,
            failures: 0,
            short_lived: 0,
            kicks: 0,
            is_kicked: false,
            is_far: false,
            not_before: 0,
            waiting_since: 0,
            up_at: None,
            room: Room::None,
            is_admitted: false,
            ready_since: 0,
        }
    }

    pub(crate) fn is_live(&self, epoch: Epoch) -> bool {
        self.epoch == Some(epoch)
    }

    /// The lifetime of a ready link starts anew.
    pub(crate) fn restarted_life(&mut self, now: u64) {
        self.ready_since = now;
        self.failures = 0;
    }

    /// By the client's clock.
    pub(crate) fn ready_since(&self) -> u64 {
        self.ready_since
    }

    /// From 12 on, messages are suspected.
    pub(crate) fn losses_are_usual(&self) -> bool {
        self.short_lived >= 12
    }

    pub(crate) fn opened(&mut self, phase: Phase) {
        if matches!(phase, Phase::Idle | Phase::Waiting) {
            self.kicks = 0;
        }
        if phase == Phase::Idle {
            self.is_ended = false;
            self.failures = 0;
            self.not_before = 0;
        }
    }

    pub(crate) fn closed(&mut self) {
        self.is_ended = true;
        self.up_at = None;
    }

    /// A link for another user is wanted, if there was a link or an attempt.
    pub(crate) fn relinked(&mut self, phase: Phase) {
        if !matches!(phase, Phase::Idle | Phase::Waiting | Phase::Closed) {
            self.closed();
            self.opened(Phase::Idle);
            self.is_relinked = true;
        }
    }

    pub(crate) fn told(&mut self, now: u64, input: Input, before: Phase) {
        let is_trying = !matches!(before, Phase::Idle | Phase::Waiting | Phase::Closed);
        match input {
            Input::Authorized { epoch, grant: Grant::Absent }
                if self.is_live(epoch) && before == Phase::Authorizing =>
            {
                self.closed();
            }
            Input::LinkUp { epoch, join } if self.is_live(epoch) && before == Phase::Connecting => {
                self.up_at = Some(now);
                self.room = if join { Room::Asked } else { Room::None };
                self.is_admitted = !join;
            }
            Input::LinkDown { epoch, cause } if self.is_live(epoch) && is_trying => {
                self.up_at = None;
                self.is_kicked = cause == DownCause::Kicked;
                match cause {
                    DownCause::Lost | DownCause::Kicked => {}
                    DownCause::Final => self.is_ended = true,
                    DownCause::RetryAfter(span) => self.not_before = now + span.0,
                }
            }
            Input::Joined { epoch } if self.is_live(epoch) && self.up_at.is_some() => {
                self.room = Room::Confirmed;
                self.is_admitted = true;
            }
            Input::JoinRejected { epoch } if self.is_live(epoch) && self.up_at.is_some() => {
                self.room = Room::Asked;
            }
            Input::Authorized { .. }
            | Input::Begun
            | Input::LinkUp { .. }
            | Input::LinkDown { .. }
            | Input::Joined { .. }
            | Input::JoinRejected { .. }
            | Input::Acked { .. }
            | Input::Ponged { .. }
            | Input::Heard { .. }
            | Input::Stored { .. }
            | Input::Withheld { .. }
            | Input::Restored
            | Input::Received { .. }
            | Input::Dispatched { .. }
            | Input::Dropped { .. }
            | Input::Stuck { .. }
            | Input::Woke => {}
        }
    }

    /// The phase has changed. Returns whether a ready link ended.
    pub(crate) fn moved(
        &mut self,
        now: u64,
        (before, after): (Phase, Phase),
        (has_delivered, owes): (bool, bool),
    ) -> bool {
        let was_ready = matches!(before, Phase::Ready | Phase::Suspect);
        let is_ready = matches!(after, Phase::Ready | Phase::Suspect);
        if is_ready && !was_ready {
            self.ready_since = now;
        }
        let is_relinked = std::mem::take(&mut self.is_relinked);
        if self.is_followed && is_relinked && after == Phase::Waiting {
            // A link that is no longer wanted did not die young.
            self.up_at = None;
            return was_ready;
        }
        if after == Phase::Authorizing && (before != after || is_relinked) {
            self.began_at = now;
        }
        if after == Phase::Waiting && before != Phase::Waiting {
            self.waiting_since = now;
            self.up_at = None;
            let reconnect = &self.config.reconnect;
            if was_ready && now - self.ready_since >= reconnect.stable.max(reconnect.max).0 {
                self.kicks = 0;
            }
            let counts = std::mem::take(&mut self.is_kicked) && !has_delivered;
            self.is_far = counts && self.kicks > 0 && !owes;
            self.kicks += u32::from(counts);
            let is_stable = was_ready && now - self.ready_since >= reconnect.stable.0;
            if is_stable {
                self.failures = 0;
                self.short_lived = 0;
            } else {
                let has_delivered = was_ready && has_delivered;
                if was_ready && now - self.ready_since >= 2 * self.config.reconnect.min.0 {
                    self.failures /= 2;
                } else {
                    self.failures += u32::from(!has_delivered);
                }
                self.short_lived += u32::from(was_ready && !has_delivered);
            }
        }
        was_ready && !is_ready
    }

    /// An attempt that somebody else makes begins.
    pub(crate) fn begun(&mut self, epoch: Epoch) {
        if self.epoch == Some(epoch) {
            violated!("link", "{epoch:?} again");
        }
        self.epoch = Some(epoch);
        self.up_at = None;
    }

    pub(crate) fn authorize(&mut self, now: u64, epoch: Epoch) {
        if self.is_ended {
            violated!("link", "an attempt after the link was ended");
        }
        if self.epoch == Some(epoch) {
            violated!("link", "{epoch:?} again");
        }
        if now < self.not_before {
            violated!("link", "an attempt before the time {} that was named", self.not_before);
        }
        let min = self.config.reconnect.min.0;
        // Measured when the attempt begins, not when it is ordered: that may be later on a clock that was wrong
        // meanwhile.
        let apart = self.began_at - self.attempted_at;
        if self.failures > 0 && apart < min {
            violated!("I8", "two attempts within {apart} ms");
        }
        self.epoch = Some(epoch);
        self.attempted_at = self.began_at;
        self.not_before = 0;
    }

    pub(crate) fn join(&self, epoch: Epoch) {
        if !self.is_live(epoch) || self.up_at.is_none() {
            violated!("link", "a join without a link");
        }
        if self.room != Room::Asked {
            violated!("link", "a join though the room is {:?}", self.room);
        }
    }

    pub(crate) fn ping(&self, epoch: Epoch) {
        if !self.is_live(epoch) || self.up_at.is_none() {
            violated!("link", "a ping without a link");
        }
    }

    /// Checks I2.
    pub(crate) fn transmit(&self, now: u64, phase: Phase) {
        if phase != Phase::Ready {
            violated!("I2", "a transmission while {phase:?}");
        }
        let Some(up_at) = self.up_at else {
            violated!("I2", "a transmission without a link");
        };
        let fallback = self.config.join.fallback.0;
        if !self.is_admitted && now < up_at + fallback {
            violated!("I2", "a transmission before the room is confirmed");
        }
    }

    pub(crate) fn check_plan(&self, next_attempt_at: Option<u64>) {
        if self.is_followed && next_attempt_at.is_some() {
            violated!("link", "an attempt is planned for a link that is followed");
        }
        let config = &self.config.reconnect;
        let max = if self.is_far { 8 * config.max.0 } else { config.max.0 };
        let longest = max.max(config.spread.0);
        let latest = (self.waiting_since + longest).max(self.not_before + config.spread.0);
        if next_attempt_at.is_some_and(|at| at > latest) {
            violated!("I8", "the next attempt is planned for {next_attempt_at:?}");
        }
    }
}
