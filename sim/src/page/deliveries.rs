//! The app's messages on a page, their numbers in the client, and what is owed to each.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::client::keeper::Saved;
use holdfast::engine::Seq;

use crate::ids::{MessageId, Name, SessionId};
use crate::violation::violated;

#[derive(Default)]
pub(crate) struct Deliveries {
    by_seq: BTreeMap<Seq, MessageId>,
    by_id: BTreeMap<MessageId, Seq>,
    /// The unsettled messages.
    entries: BTreeMap<MessageId, Entry>,
    /// Messages that settled by a receipt over the present link and were not answered.
    late: BTreeSet<MessageId>,
    /// Messages that were answered after that, which the app was not told yet.
    owed: BTreeSet<MessageId>,
    /// Lanes with messages, by number: the key and the number of messages.
    lanes: BTreeMap<u32, (u64, usize)>,
    /// The largest number of lanes that had messages at the same time.
    most_lanes: usize,
}

/// The kinds of answers to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Ack,
    /// An event that confirms it.
    Confirmation,
    /// An event that refuses it.
    Rejection,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) seq: Seq,
    /// Where the keeper last showed it to be saved. `None` if it is not durable, or was not seen yet.
    pub(crate) saved: Option<Saved>,
    /// Its session, among those of its page.
    pub(crate) session: SessionId,
    /// The journal that had it first, if that was another page's.
    pub(crate) from: Option<Name>,
    /// Reclaimed when its page could no longer learn its result from another.
    pub(crate) is_blind: bool,
    /// The number of its lane.
    lane: u32,
    /// The number of sends that wait for its result.
    pub(crate) callers: usize,
    /// It has a final answer.
    pub(crate) is_answered: bool,
}

impl Entry {
    /// Whether another page has it and will report its result.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.saved == Some(Saved::Elsewhere)
    }

    pub(crate) fn is_kept(&self) -> bool {
        matches!(self.saved, Some(Saved::Kept(_)))
    }
}

impl Deliveries {
    /// Finds a message, settled or not.
    pub(crate) fn find(&self, seq: Seq) -> Option<MessageId> {
        self.by_seq.get(&seq).copied()
    }

    pub(crate) fn seq_of(&self, id: MessageId) -> Option<Seq> {
        self.by_id.get(&id).copied()
    }

    /// The numbers of all, in the order in which the app sent them.
    pub(crate) fn seqs(&self) -> impl Iterator<Item = Seq> + '_ {
        self.by_id.values().copied()
    }

    pub(crate) fn enter(
        &mut self,
        id: MessageId,
        seq: Seq,
        from: Option<Name>,
        session: SessionId,
        (lane, key): (u32, u64),
        callers: usize,
    ) {
        self.by_seq.insert(seq, id);
        self.by_id.insert(id, seq);
        self.enter_lane(lane, key);
        let entry = Entry {
            seq,
            saved: None,
            from,
            session,
            is_blind: false,
            lane,
            callers,
            is_answered: false,
        };
        self.entries.insert(id, entry);
    }

    /// Checks that lane numbers are dense, and that no two lanes with messages share one.
    fn enter_lane(&mut self, number: u32, key: u64) {
        let (its, count) = self.lanes.entry(number).or_insert((key, 0));
        *count += 1;
        if *its != key {
            violated!("lanes", "{key} and {its} both have number {number}");
        }
        let mut same = self.lanes.iter().filter(|(_, lane)| lane.0 == key);
        if same.any(|(&other, _)| other != number) {
            violated!("lanes", "{key} has number {number} and another one");
        }
        self.most_lanes = self.most_lanes.max(self.lanes.len());
        if number as usize >= self.most_lanes {
            violated!("lanes", "{key} has number {number} of {}", self.most_lanes);
        }
    }

    fn leave_lane(&mut self, number: u32) {
        let Some((_, count)) = self.lanes.get_mut(&number) else { return };
        *count -= 1;
        if *count == 0 {
            self.lanes.remove(&number);
        }
    }

    /// Whether an answer to a message counts. It does if the message is unsettled without a final answer, or
    /// settled by a receipt of this link; in the second case a confirming event does not count.
    pub(crate) fn awaits(&self, id: MessageId, answer: Answer) -> bool {
        match self.entries.get(&id) {
            Some(entry) => !entry.is_answered,
            None => self.late.contains(&id) && answer != Answer::Confirmation,
        }
    }

    /// An answer has counted. Returns whether it was late.
    pub(crate) fn answered(&mut self, id: MessageId, is_final: bool) -> bool {
        match self.entries.get_mut(&id) {
            Some(entry) => {
                entry.is_answered |= is_final;
                false
            }
            None => self.late.remove(&id),
        }
    }

    /// The message settled by a receipt.
    pub(crate) fn is_late(&mut self, id: MessageId) {
        self.late.insert(id);
    }

    /// The app must be told of a late answer.
    pub(crate) fn owes_late(&mut self, id: MessageId) {
        self.owed.insert(id);
    }

    /// Whether that was owed.
    pub(crate) fn pays_late(&mut self, id: MessageId) -> bool {
        self.owed.remove(&id)
    }

    /// Whether the app was told of all late answers.
    pub(crate) fn owes_nothing(&self) -> bool {
        self.owed.is_empty()
    }

    pub(crate) fn link_lost(&mut self) {
        self.late.clear();
    }

    pub(crate) fn entry(&mut self, id: MessageId) -> Option<&mut Entry> {
        self.entries.get_mut(&id)
    }

    /// Whether it is unsettled here.
    pub(crate) fn has(&self, id: MessageId) -> bool {
        self.entries.contains_key(&id)
    }

    /// Its state here, if it is unsettled.
    pub(crate) fn get(&self, id: MessageId) -> Option<Entry> {
        self.entries.get(&id).copied()
    }

    pub(crate) fn leave(&mut self, id: MessageId) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        self.leave_lane(entry.lane);
        Some(entry)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (MessageId, Entry)> + '_ {
        self.entries.iter().map(|(&id, &entry)| (id, entry))
    }
}
