//! Decides whether a ready link is alive.
//!
//! A ping leaves an interval after the last pong. Any packet from the server counts as life. Silence for the whole
//! timeout ends the link. But timers may be late, in a hidden tab or after a laptop slept, so a deadline that is
//! handled late leads to a probe and not to a verdict.
//!
//! A server that sends other things but never answers a ping has no ping handler. Once two links in a row have
//! shown that, pings no longer judge a link; the transport's own heartbeat does. Every later link still sends one
//! ping, since the two may have been exceptions.

use super::config;
use super::types::{Millis, Moment};

#[derive(Debug, Default)]
pub(super) struct Health {
    next_ping_at: Moment,
    heard_at: Moment,
    ping_sent_at: Option<Moment>,
    last_pong_at: Option<Moment>,
    /// The result of this link's pings.
    pings: Pings,
    mute_links: u32,
    rtt: Option<Millis>,
    /// The server has answered a probe once, by a pong or a receipt, so silence after a probe proves something.
    trusted: bool,
    /// The longest silence that the server's own heartbeat allows. Zero means unknown.
    heartbeat: Millis,
}

/// The result of a link's pings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pings {
    #[default]
    Unknown,
    /// Another packet came after a ping, but no pong did.
    Ignored,
    Answered,
}

/// The result of an examination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Fine,
    PingDue,
    /// Silent, but no ping was sent in time or the deadline was noticed late: probe before judging.
    Doubtful,
    Silent,
}

/// A timer this late was delayed by the machine or the browser, and so may be the packet that it waited for.
pub(super) const LATE: Millis = Millis(1_000);

impl Health {
    pub(super) fn last_pong_at(&self) -> Option<Moment> {
        self.last_pong_at
    }

    pub(super) fn rtt(&self) -> Option<Millis> {
        self.rtt
    }

    pub(super) fn deadline(&self, config: &config::Health) -> Moment {
        self.next_ping_at.min(self.heard_at + self.timeout(config))
    }

    /// The silence that ends the link. Before a probe was answered for the first time, only the server's own
    /// heartbeat tells how long silence may last.
    fn timeout(&self, config: &config::Health) -> Millis {
        if self.is_trusted() { config.timeout } else { config.timeout.max(self.heartbeat) }
    }

    /// Whether an unanswered probe proves anything. A server whose heartbeat is unknown is assumed to answer.
    pub(super) fn is_trusted(&self) -> bool {
        self.trusted || self.heartbeat == Millis::default()
    }

    pub(super) fn set_heartbeat(&mut self, span: Millis) {
        self.heartbeat = span;
    }

    /// Measures silence from `now` on, because a deadline that was noticed late proves nothing.
    pub(super) fn excuse(&mut self, now: Moment) {
        self.heard_at = now;
    }

    /// The server answered something other than a ping that proves it answers probes.
    pub(super) fn trust(&mut self) {
        self.trusted = true;
    }

    /// The server has no ping handler.
    pub(super) fn is_mute(&self) -> bool {
        self.mute_links >= MUTE_LINKS
    }

    /// A link became ready.
    pub(super) fn started(&mut self, now: Moment, config: &config::Health) {
        self.heard_at = now;
        self.pings = Pings::Unknown;
        self.ping_sent_at = None;
        self.next_ping_at = now + config.interval;
    }

    pub(super) fn ping_sent(&mut self, now: Moment, config: &config::Health) {
        // Silence is measured from the first ping after which nothing came.
        let unanswered = self.ping_sent_at.filter(|&at| at >= self.heard_at);
        self.ping_sent_at = Some(unanswered.unwrap_or(now));
        self.next_ping_at = now + config.interval;
    }

    /// The link is gone. Returns whether it was the one that proved that the server has no ping handler.
    pub(super) fn ended(&mut self) -> bool {
        match core::mem::take(&mut self.pings) {
            Pings::Unknown => return false,
            Pings::Answered => self.mute_links = 0,
            Pings::Ignored => self.mute_links = self.mute_links.saturating_add(1),
        }
        self.mute_links == MUTE_LINKS
    }

    pub(super) fn ponged(&mut self, now: Moment, config: &config::Health) {
        self.heard_at = now;
        self.trusted = true;
        self.pings = Pings::Answered;
        self.mute_links = 0;
        self.last_pong_at = Some(now);
        if let Some(sent_at) = self.ping_sent_at.take() {
            self.rtt = Some(now - sent_at);
        }
        self.next_ping_at = now + config.interval;
    }

    pub(super) fn heard(&mut self, now: Moment) {
        self.heard_at = now;
        if self.pings == Pings::Unknown && self.ping_sent_at.is_some_and(|at| at < now) {
            self.pings = Pings::Ignored;
        }
    }

    /// Whether nothing was heard after `moment`.
    pub(super) fn silent_since(&self, moment: Moment) -> bool {
        self.heard_at <= moment
    }

    pub(super) fn examine(&self, now: Moment, config: &config::Health) -> Finding {
        let silent_at = self.heard_at + self.timeout(config);
        if now >= silent_at {
            // Silence proves nothing either if the ping's own timer was late: a ping must have been unanswered for
            // long enough.
            let was_asked =
                self.ping_sent_at.is_some_and(|at| at >= self.heard_at && now - at >= config.probe);
            let is_certain = was_asked && now - silent_at <= LATE;
            if is_certain { Finding::Silent } else { Finding::Doubtful }
        } else if now >= self.next_ping_at {
            Finding::PingDue
        } else {
            Finding::Fine
        }
    }
}

/// More than one, because a single link may be an exception.
const MUTE_LINKS: u32 = 2;
