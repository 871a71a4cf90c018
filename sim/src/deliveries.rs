//! Which of the app's messages a page has, under which numbers of its engine.

use std::collections::BTreeMap;

use holdfast::client::keeper::Held;
use holdfast::engine::Seq;

use crate::locks::Name;
use crate::owners::SessionId;

/// The world's number for a message, which is the id that the server sees: no page has another for it.
pub(crate) type MessageId = usize;

#[derive(Default)]
pub(crate) struct Deliveries {
    by_seq: BTreeMap<Seq, MessageId>,
    by_id: BTreeMap<MessageId, Seq>,
    /// Numbers of lanes by their key, dense as the engine wants them, and how many messages each has.
    lanes: BTreeMap<u64, (u32, usize)>,
    free_lanes: Vec<u32>,
    /// Those that are unsettled.
    entries: BTreeMap<MessageId, Entry>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) seq: Seq,
    /// Where it is, as the keeper showed it last; none where it is not to be kept, or was not seen yet.
    pub(crate) held: Option<Held>,
    /// The session that it is of, of those of its page.
    pub(crate) session: SessionId,
    /// The journal that had it first, where it was another's.
    pub(crate) from: Option<Name>,
    /// Nobody had it, as far as could be seen, so it is this page's again.
    pub(crate) is_taken_back: bool,
    /// Taken back since its page could not hear any more of another's end.
    pub(crate) is_blind: bool,
}

impl Entry {
    /// Another page has it now, and says how it ends.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.held == Some(Held::Elsewhere)
    }

    pub(crate) fn is_kept(&self) -> bool {
        matches!(self.held, Some(Held::Kept(_)))
    }
}

impl Deliveries {
    /// Of a message that is settled too.
    pub(crate) fn find(&self, seq: Seq) -> Option<MessageId> {
        self.by_seq.get(&seq).copied()
    }

    pub(crate) fn seq_of(&self, id: MessageId) -> Option<Seq> {
        self.by_id.get(&id).copied()
    }

    /// In the order in which the app sent them.
    pub(crate) fn seqs(&self) -> impl Iterator<Item = Seq> + '_ {
        self.by_id.values().copied()
    }

    /// The number for a lane's key, whether it has messages or not.
    pub(crate) fn lane_number(&self, key: u64) -> u32 {
        let free = self.free_lanes.last().copied();
        let fresh = free.unwrap_or(self.lanes.len() as u32);
        self.lanes.get(&key).map_or(fresh, |&(number, _)| number)
    }

    pub(crate) fn note_down(&mut self, id: MessageId, seq: Seq, lane_key: u64) {
        let number = self.lane_number(lane_key);
        let (_, count) = self.lanes.entry(lane_key).or_insert((number, 0));
        *count += 1;
        if *count == 1 {
            self.free_lanes.pop();
        }
        self.by_seq.insert(seq, id);
        self.by_id.insert(id, seq);
    }

    pub(crate) fn enter(
        &mut self,
        id: MessageId,
        seq: Seq,
        from: Option<Name>,
        session: SessionId,
    ) {
        let entry = Entry { seq, held: None, from, session, is_taken_back: false, is_blind: false };
        self.entries.insert(id, entry);
    }

    pub(crate) fn entry(&mut self, id: MessageId) -> Option<&mut Entry> {
        self.entries.get_mut(&id)
    }

    /// It is unsettled here.
    pub(crate) fn has(&self, id: MessageId) -> bool {
        self.entries.contains_key(&id)
    }

    /// How it stands here, where it is unsettled.
    pub(crate) fn get(&self, id: MessageId) -> Option<Entry> {
        self.entries.get(&id).copied()
    }

    pub(crate) fn leave(&mut self, id: MessageId) -> Option<Entry> {
        self.entries.remove(&id)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (MessageId, Entry)> + '_ {
        self.entries.iter().map(|(&id, &entry)| (id, entry))
    }

    pub(crate) fn leave_lane(&mut self, key: u64) {
        let Some((number, count)) = self.lanes.get_mut(&key) else { return };
        *count -= 1;
        if *count == 0 {
            self.free_lanes.push(*number);
            self.lanes.remove(&key);
        }
    }
}
