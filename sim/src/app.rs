//! The app: what it sends, and what it was told about it.

use std::collections::BTreeMap;

use holdfast::engine::{Draft, Outcome, Seq};

use crate::messages::Settled;
use crate::tally::Count;
use crate::trace::note;
use crate::violated;
use crate::world::World;

#[derive(Default)]
pub(crate) struct App {
    pub(crate) messages: Vec<Sent>,
    by_seq: BTreeMap<Seq, usize>,
    /// Numbers of lanes by their key, dense as the engine wants them.
    lanes: BTreeMap<u64, (u32, usize)>,
    free_lanes: Vec<u32>,
    pub(crate) unsettled: usize,
}

/// A message by the world's number for it, which is the id that the server sees.
pub(crate) struct Sent {
    pub(crate) seq: Seq,
    pub(crate) draft: Draft,
    lane_key: u64,
    /// Its payload can't be written to any wire.
    pub(crate) is_unencodable: bool,
    /// The app was told that it was not delivered.
    pub(crate) is_promised_away: bool,
    /// It reached the server's handler.
    pub(crate) has_entered: bool,
    is_settled: bool,
}

impl App {
    pub(crate) fn find(&self, seq: Seq) -> Option<usize> {
        self.by_seq.get(&seq).copied()
    }

    /// The number for a lane's key, whether it has messages or not.
    fn lane_number(&self, key: u64) -> u32 {
        let free = self.free_lanes.last().copied();
        let fresh = free.unwrap_or(self.lanes.len() as u32);
        self.lanes.get(&key).map_or(fresh, |&(number, _)| number)
    }

    fn note_down(&mut self, seq: Seq, draft: Draft, lane_key: u64, is_unencodable: bool) {
        let (_, count) = self.lanes.entry(lane_key).or_insert((draft.lane, 0));
        *count += 1;
        if *count == 1 {
            self.free_lanes.pop();
        }
        self.by_seq.insert(seq, self.messages.len());
        self.unsettled += 1;
        self.messages.push(Sent {
            seq,
            draft,
            lane_key,
            is_unencodable,
            is_promised_away: false,
            has_entered: false,
            is_settled: false,
        });
    }

    fn leave_lane(&mut self, key: u64) {
        let Some((number, count)) = self.lanes.get_mut(&key) else { return };
        *count -= 1;
        if *count == 0 {
            self.free_lanes.push(*number);
            self.lanes.remove(&key);
        }
    }
}

impl World {
    /// Sends a message as the app of this plan does.
    pub(crate) fn send_one(&mut self) {
        if self.app.messages.len() >= self.plan.app.sends_at_most {
            return;
        }
        let key = self.dice.below(self.plan.app.lanes);
        let mut draft = self.plan.app.draft(self.app.lane_number(key), &mut self.dice);
        draft.durable = self.disk.chance(self.plan.disk.durable);
        let is_unencodable = self.dice.chance(self.plan.app.unencodable);
        if let Some(seq) = self.send(draft) {
            note!(self, "   message {} is {seq:?}", self.app.messages.len());
            self.app.note_down(seq, draft, key, is_unencodable);
            self.tally.one(Count::Sent);
        }
    }

    /// Takes one of the last messages back, settled or not.
    pub(crate) fn cancel_one(&mut self) {
        let count = self.app.messages.len();
        if count > 0 {
            let back = self.dice.index(count.min(20));
            let seq = self.app.messages[count - 1 - back].seq;
            self.cancel(seq);
        }
    }

    /// The app is told how a message ended.
    pub(crate) fn settled(&mut self, settled: Settled) {
        self.model.settled(self.engine_time(), settled);
        let Settled { seq, outcome, maybe_delivered } = settled;
        let Some(id) = self.app.find(seq) else {
            violated!("I1", "{seq:?} was never sent");
        };
        let has_taken = self.server.has_taken(id);
        let message = &mut self.app.messages[id];
        if std::mem::replace(&mut message.is_settled, true) {
            violated!("I1", "message {id} settled twice");
        }
        let (lane_key, once) = (message.lane_key, message.draft.once);
        message.is_promised_away = outcome != Outcome::Delivered && !maybe_delivered;
        if message.is_promised_away && has_taken {
            violated!("maybeDelivered", "message {id} took effect: {settled:?}");
        }
        if outcome == Outcome::Delivered && !has_taken {
            violated!("delivered", "message {id} never took effect");
        }
        let kinds = self.plan.kinds;
        let is_poison = self.plan.app.poison == Some(id);
        if outcome != Outcome::Delivered && !kinds.fickle_app {
            if kinds.world_is_kind() {
                violated!("calm", "message {id} in a kind world: {settled:?}");
            }
            if kinds.only_poison() && !is_poison && !once {
                violated!("I10", "message {id} beside poison: {settled:?}");
            }
        }
        self.tally.settled(outcome);
        self.app.unsettled -= 1;
        self.app.leave_lane(lane_key);
        if !self.is_kind_now() && self.dice.chance(self.plan.app.answers_back) {
            if self.plan.kinds.fickle_app && self.dice.chance(200) {
                self.cancel_one();
            } else {
                self.send_one();
            }
        }
    }
}
