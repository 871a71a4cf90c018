//! Whether a ready link is alive.
//!
//! A ping goes out an interval after the last pong. Anything heard is life. Silence for the whole
//! timeout ends the link; but a number on a clock is no proof where timers were late (a hidden tab, a
//! laptop that slept), so a deadline that is handled late leads to a probe, not to a verdict.
//!
//! A server that never answers a ping, while it sends other things, has no handler for it. Once two links
//! in a row have shown that, nothing here judges a link any more: the transport's own heartbeat does. Each
//! later link is asked once more, since two may have been unlucky.

use super::config;
use super::types::{Millis, Moment};

#[derive(Debug, Default)]
pub(super) struct Health {
    next_ping_at: Moment,
    heard_at: Moment,
    ping_sent_at: Option<Moment>,
    last_pong_at: Option<Moment>,
    /// What this link has shown.
    pings: Pings,
    mute_links: u32,
    rtt: Option<Millis>,
    /// The server has answered a probe once, by whatever means: silence after one means something.
    trusted: bool,
    /// The longest silence that the server's own heartbeat allows; zero where it is not known.
    heartbeat: Millis,
}

/// How a link's pings fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pings {
    #[default]
    Unknown,
    /// Something else came after one.
    Ignored,
    Answered,
}

/// What a deadline of health asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Fine,
    PingDue,
    /// Silent, but nobody was asked in time, or the deadline was noticed late: ask before judging.
    Doubtful,
    Silent,
}

/// A timer this late was held up by the machine or the browser, and so may be what it waited for.
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

    /// Silence that ends the link. Until a probe was answered once nothing but the server's own heartbeat says
    /// how long it may be.
    fn timeout(&self, config: &config::Health) -> Millis {
        if self.is_trusted() { config.timeout } else { config.timeout.max(self.heartbeat) }
    }

    /// Whether a probe that is not answered proves anything. A server whose heartbeat is not known is taken to
    /// answer.
    pub(super) fn is_trusted(&self) -> bool {
        self.trusted || self.heartbeat == Millis::default()
    }

    pub(super) fn set_heartbeat(&mut self, span: Millis) {
        self.heartbeat = span;
    }

    /// A deadline that was noticed late proves nothing: silence is measured from here.
    pub(super) fn excuse(&mut self, now: Moment) {
        self.heard_at = now;
    }

    /// The server answered something that only an answer to a probe can be.
    pub(super) fn trust(&mut self) {
        self.trusted = true;
    }

    /// Pings are in vain.
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
        // The first that nothing followed is what silence is judged by.
        let unanswered = self.ping_sent_at.filter(|&at| at >= self.heard_at);
        self.ping_sent_at = Some(unanswered.unwrap_or(now));
        self.next_ping_at = now + config.interval;
    }

    /// The link is gone. Answers whether it was the one that proved pings to be in vain.
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
            // Nor is it proof where the timer of the ping was late: somebody has to be asked, in time.
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

/// One link may be unlucky.
const MUTE_LINKS: u32 = 2;
