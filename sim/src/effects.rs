//! What is owed of what the server's handler sees: each effect once, each lane in order, and nothing that the app was
//! told is not delivered.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::MessageId;
use crate::plan::Plan;
use crate::sent::{App, LaneKey};
use crate::violation::violated;

#[derive(Default)]
pub(crate) struct Effects {
    /// With the memory of the server's that could have prevented a second one.
    all: BTreeSet<(MessageId, u32)>,
    /// The messages of each lane that reached the handler, and the strict ones that took effect.
    entered: BTreeMap<LaneKey, BTreeSet<MessageId>>,
    strict: BTreeMap<LaneKey, BTreeSet<MessageId>>,
}

impl Effects {
    /// Whether a message took effect, ever.
    pub(crate) fn have(&self, id: MessageId) -> bool {
        self.all.range((id, 0)..=(id, u32::MAX)).next().is_some()
    }

    /// Messages of a lane reach the handler for the first time in send order, but for those that
    /// had settled before.
    pub(crate) fn entered(&mut self, app: &mut App, id: MessageId, has_settled: bool) {
        let message = &mut app.messages[id];
        if std::mem::replace(&mut message.has_entered, true) {
            return;
        }
        let lane = self.entered.entry(message.lane()).or_default();
        lane.insert(id);
        if let Some(newer) = newer_of(app, id, lane)
            && !has_settled
        {
            violated!("I3", "message {newer} reached the handler before message {id}");
        }
    }

    /// `memory` counts the times that the server had forgotten what it knew.
    pub(crate) fn took(
        &mut self,
        plan: &Plan,
        app: &App,
        (id, memory): (MessageId, u32),
        has_settled: bool,
    ) {
        let message = &app.messages[id];
        if message.is_promised_away {
            violated!("maybeDelivered", "message {id} took effect, and the app was told that not");
        }
        let draft = message.draft;
        let is_new = self.all.insert((id, memory));
        if (draft.once || plan.server.deduplicates) && !is_new {
            violated!("once", "message {id} took effect twice");
        }
        if !draft.strict {
            return;
        }
        let lane = self.strict.entry(message.lane()).or_default();
        lane.insert(id);
        if let Some(newer) = newer_of(app, id, lane)
            && !has_settled
        {
            violated!("strict", "message {newer} took effect before message {id}");
        }
    }
}

/// One of these that was to come after a message.
fn newer_of(app: &App, id: MessageId, before: &BTreeSet<MessageId>) -> Option<MessageId> {
    let message = &app.messages[id];
    let is_same = |&&other: &&MessageId| message.goes_with(&app.messages[other]);
    before.range(id + 1..).find(is_same).copied()
}
