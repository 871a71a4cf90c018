//! Which events this server is known to acknowledge.

use alloc::vec::Vec;

use super::super::types::{Draft, Way};

/// Whether the server acknowledges an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answering {
    /// Not known yet.
    #[default]
    Unknown,
    /// It acknowledges the event, so a missing acknowledgement means a failure.
    Answers,
    /// It took a message of this event and did not acknowledge it.
    Silent,
}

/// The condition that settles a message as a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settles {
    /// The acknowledgement alone.
    Ack,
    /// The acknowledgement, or a receipt once the acknowledgement's deadline has passed.
    Either,
    /// A receipt.
    Receipt,
}

/// The knowledge about events, by the event's number.
#[derive(Debug, Default)]
pub(super) struct Answers(Vec<Shown>);

#[derive(Clone, Copy, Debug, Default)]
struct Shown {
    answering: Answering,
    /// Links in a row over which messages of the event were received and none was acknowledged.
    links: u32,
    /// The last transmission of the link that was counted last.
    last: u64,
}

impl Answers {
    pub(super) fn of(&self, event: u32) -> Answering {
        self.0.get(event as usize).map_or(Answering::Unknown, |shown| shown.answering)
    }

    /// Returns whether that is new. An event that was acknowledged once stays acknowledged. Nothing is remembered
    /// about event 0 or about numbers out of bounds.
    pub(super) fn learn(&mut self, event: u32, answering: Answering) -> bool {
        let known = self.of(event);
        if known == answering || known == Answering::Answers {
            return false;
        }
        let Some(shown) = self.shown(event) else { return false };
        *shown = Shown { answering, ..Shown::default() };
        true
    }

    /// Counts a link that ended after `last` transmissions, on which a message of this event was dispatched and
    /// then not acknowledged for a while. Returns whether enough links have been counted. Some links never live for
    /// as long as an acknowledgement may take, so deadlines alone can't decide.
    pub(super) fn was_unanswered(&mut self, event: u32, last: u64) -> bool {
        let Some(shown) = self.shown(event).filter(|shown| shown.last != last) else {
            return false;
        };
        shown.last = last;
        shown.links += 1;
        shown.links == UNANSWERED_LINKS
    }

    fn shown(&mut self, event: u32) -> Option<&mut Shown> {
        let index = event as usize;
        if index == 0 || index >= MOST_EVENTS {
            return None;
        }
        if index >= self.0.len() {
            self.0.resize(index + 1, Shown::default());
        }
        self.0.get_mut(index)
    }

    pub(super) fn settles(&self, draft: &Draft) -> Settles {
        match (draft.way, self.of(draft.event)) {
            (Way::AckedAlways, _) | (Way::Acked, Answering::Answers) => Settles::Ack,
            (Way::Acked, Answering::Unknown) => Settles::Either,
            (Way::Acked, Answering::Silent) | (Way::Received | Way::Latest, _) => Settles::Receipt,
        }
    }
}

/// More events than an app has. The caller numbers events densely.
const MOST_EVENTS: usize = 1024;
/// More than one, because a single link may have died just before the acknowledgement came.
pub(super) const UNANSWERED_LINKS: u32 = 3;
