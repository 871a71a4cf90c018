//! The app: what it sends, and what it was told about it.

use holdfast::engine::{Draft, Outcome};

use crate::deliveries::MessageId;
use crate::messages::Settled;
use crate::page::Page;
use crate::tally::Count;
use crate::trace::note;
use crate::violated;
use crate::world::World;

#[derive(Default)]
pub(crate) struct App {
    /// By the world's number.
    pub(crate) messages: Vec<Sent>,
    pub(crate) unsettled: usize,
}

pub(crate) struct Sent {
    pub(crate) draft: Draft,
    pub(crate) lane_key: u64,
    /// Its payload can't be written to any wire.
    pub(crate) is_unencodable: bool,
    /// The app was told that it was not delivered.
    pub(crate) is_promised_away: bool,
    /// It reached the server's handler.
    pub(crate) has_entered: bool,
    pub(crate) is_settled: bool,
}

impl World {
    /// Sends a message as the app of this plan does.
    pub(crate) fn send_one(&mut self) {
        if self.app.messages.len() >= self.plan.app.sends_at_most {
            return;
        }
        let lane_key = self.dice.below(self.plan.app.lanes);
        let lane = self.page.deliveries.lane_number(lane_key);
        let mut draft = self.plan.app.draft(lane, &mut self.dice);
        draft.durable = self.disk.chance(self.plan.disk.durable);
        let is_unencodable = self.dice.chance(self.plan.app.unencodable);
        if let Some(seq) = self.send(draft) {
            let id = self.app.messages.len();
            note!(self, "   message {id} is {seq:?}");
            self.page.deliveries.note_down(id, seq, lane_key);
            self.app.unsettled += 1;
            self.app.messages.push(Sent {
                draft,
                lane_key,
                is_unencodable,
                is_promised_away: false,
                has_entered: false,
                is_settled: false,
            });
            self.tally.one(Count::Sent);
        }
    }

    /// Takes one of the last messages back, settled or not.
    pub(crate) fn cancel_one(&mut self) {
        let count = self.app.messages.len();
        if count > 0 {
            let back = self.dice.index(count.min(20));
            if let Some(seq) = self.page.deliveries.seq_of(count - 1 - back) {
                self.cancel(seq);
            }
        }
    }

    /// Nothing more is owed of it, whether the app knows by now or not.
    pub(crate) fn has_settled(&self, id: MessageId) -> bool {
        let Page { deliveries, model, .. } = &*self.page;
        let is_decided = |seq| model.is_settled(seq);
        self.app.messages[id].is_settled || deliveries.seq_of(id).is_some_and(is_decided)
    }

    /// The app is told how a message ended.
    pub(crate) fn settled(&mut self, settled: Settled) {
        self.page.model.settled(self.engine_time(), settled);
        let Settled { seq, outcome, maybe_delivered } = settled;
        let Some(id) = self.page.deliveries.find(seq) else {
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
        self.page.deliveries.leave_lane(lane_key);
        if !self.is_kind_now() && self.dice.chance(self.plan.app.answers_back) {
            if self.plan.kinds.fickle_app && self.dice.chance(200) {
                self.cancel_one();
            } else {
                self.send_one();
            }
        }
    }
}
