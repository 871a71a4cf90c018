//! Which of the app's messages a page has, under which numbers of its engine.

use std::collections::BTreeMap;

use holdfast::engine::Seq;

/// The world's number for a message, which is the id that the server sees: no page has another for it.
pub(crate) type MessageId = usize;

#[derive(Default)]
pub(crate) struct Deliveries {
    by_seq: BTreeMap<Seq, MessageId>,
    by_id: BTreeMap<MessageId, Seq>,
    /// Numbers of lanes by their key, dense as the engine wants them, and how many messages each has.
    lanes: BTreeMap<u64, (u32, usize)>,
    free_lanes: Vec<u32>,
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

    pub(crate) fn leave_lane(&mut self, key: u64) {
        let Some((number, count)) = self.lanes.get_mut(&key) else { return };
        *count -= 1;
        if *count == 0 {
            self.free_lanes.push(*number);
            self.lanes.remove(&key);
        }
    }
}
