//! Which events this server acknowledges, as far as it has shown.

use alloc::vec::Vec;

use super::super::types::{Draft, Way};

/// What the server has shown of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answering {
    /// Nothing so far.
    #[default]
    Unknown,
    /// It acknowledges the event: an acknowledgement that does not come means something.
    Answers,
    /// It took a message of this event and acknowledged nothing.
    Silent,
}

/// What settles a message as a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settles {
    /// Its acknowledgement alone.
    Ack,
    /// Its acknowledgement, or at its deadline a receipt.
    Either,
    /// A receipt.
    Receipt,
}

/// By the event's number.
#[derive(Debug, Default)]
pub(super) struct Answers(Vec<Shown>);

#[derive(Clone, Copy, Debug, Default)]
struct Shown {
    answering: Answering,
    /// Links in a row over which messages were received and none was acknowledged.
    links: u32,
    /// The last transmission of the link that was counted last.
    last: u64,
}

impl Answers {
    pub(super) fn of(&self, event: u32) -> Answering {
        self.0.get(event as usize).map_or(Answering::Unknown, |shown| shown.answering)
    }

    /// Answers whether that is news. An event that was acknowledged once stays so. Nothing is remembered of
    /// event 0, nor of numbers out of bounds.
    pub(super) fn learn(&mut self, event: u32, answering: Answering) -> bool {
        let known = self.of(event);
        if known == answering || known == Answering::Answers {
            return false;
        }
        let Some(shown) = self.shown(event) else { return false };
        *shown = Shown { answering, ..Shown::default() };
        true
    }

    /// A link ended, after `last` transmissions, over which a message of this event was dispatched and not
    /// acknowledged for a while. Answers whether that has happened often enough: links may never live for as long as an
    /// acknowledgement may take.
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

/// More events than an app has. The caller numbers them densely.
const MOST_EVENTS: usize = 1024;
/// One link may have died just before the acknowledgement came.
pub(super) const UNANSWERED_LINKS: u32 = 3;
