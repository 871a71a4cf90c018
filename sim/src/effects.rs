//! Checks the effects on the server: each message takes effect once, each lane in order, and no message takes
//! effect that the app was told is not delivered.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::MessageId;
use crate::plan::Plan;
use crate::sent::{App, LaneKey};
use crate::violation::violated;

#[derive(Default)]
pub(crate) struct Effects {
    /// With the generation of the server's memory that could have prevented a second effect.
    all: BTreeSet<(MessageId, u32)>,
    /// The messages of each lane that reached the handler, and the strict ones that took effect.
    entered: BTreeMap<LaneKey, BTreeSet<MessageId>>,
    strict: BTreeMap<LaneKey, BTreeSet<MessageId>>,
}

impl Effects {
    /// Whether a message ever took effect.
    pub(crate) fn have(&self, id: MessageId) -> bool {
        self.all.range((id, 0)..=(id, u32::MAX)).next().is_some()
    }

    /// Checks that the messages of a lane first reach the handler in send order, except those that had settled
    /// before.
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

    /// `memory` counts how often the server has lost its memory of ids.
    pub(crate) fn took(
        &mut self,
        plan: &Plan,
        app: &App,
        (id, memory): (MessageId, u32),
        has_settled: bool,
    ) {
        let message = &app.messages[id];
        if message.is_promised_away {
            violated!(
                "maybeDelivered",
                "message {id} took effect, but the app was told that it did not"
            );
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

/// A message in `before` that should have come after message `id`.
fn newer_of(app: &App, id: MessageId, before: &BTreeSet<MessageId>) -> Option<MessageId> {
    let message = &app.messages[id];
    let is_same = |&&other: &&MessageId| message.goes_with(&app.messages[other]);
    before.range(id + 1..).find(is_same).copied()
}
