//! The state that all parts of a run share: its plan, its time, the scheduled events, its dice, and its record.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::dice::Dice;
use crate::event::{Event, IN_TURN, Scheduled};
use crate::plan::Plan;
use crate::tally::Tally;
use crate::trace::{Trace, note};

pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) dice: Dice,
    /// For the disk of a world with one page.
    pub(crate) disk: Dice,
    /// For the actions of pages, tabs and their disk.
    pub(crate) fate: Dice,
    /// For transactions that hang.
    pub(crate) stalls: Dice,
    /// For repeated sends, and the wording of answers.
    pub(crate) letters: Dice,
    /// For events from the server, and how the app handles them.
    pub(crate) feed: Dice,
    /// For what happens to published items.
    pub(crate) chain: Dice,
    /// Milliseconds since the run began.
    pub(crate) now: u64,
    events: BinaryHeap<Reverse<Scheduled>>,
    scheduled: u64,
    are_faults_over: bool,
    pub(crate) tally: Tally,
    pub(crate) trace: Trace,
}

impl Run {
    /// Schedules everything in the plan. `dice` continue after drawing the plan.
    pub(crate) fn new(seed: u64, plan: Plan, dice: Dice, trace: Trace) -> Self {
        let mut run = Self {
            plan,
            dice,
            disk: Dice::new(!seed ^ 1),
            fate: Dice::new(!seed ^ 2),
            stalls: Dice::new(!seed ^ 4),
            letters: Dice::new(!seed ^ 3),
            feed: Dice::new(!seed ^ 5),
            chain: Dice::new(!seed ^ 6),
            now: 0,
            events: BinaryHeap::new(),
            scheduled: 0,
            are_faults_over: false,
            tally: Tally::default(),
            trace,
        };
        for (at, planned) in std::mem::take(&mut run.plan.schedule) {
            run.schedule(at, Event::Planned(planned));
        }
        run
    }

    pub(crate) fn schedule(&mut self, at: u64, event: Event) {
        self.schedule_in(IN_TURN, at, event);
    }

    pub(crate) fn schedule_in(&mut self, turn: u8, at: u64, event: Event) {
        self.scheduled += 1;
        self.put_off(Scheduled { at, turn, number: self.scheduled, event });
    }

    /// Reschedules an event. Among events of its new time it keeps its original order.
    pub(crate) fn put_off(&mut self, scheduled: Scheduled) {
        self.events.push(Reverse(scheduled));
    }

    /// Whether an event is scheduled by then.
    pub(crate) fn has_by(&self, until: u64) -> bool {
        self.events.peek().is_some_and(|next| next.0.at <= until)
    }

    /// Moves time on to the next event.
    pub(crate) fn next(&mut self) -> Option<Scheduled> {
        let Reverse(scheduled) = self.events.pop()?;
        self.now = scheduled.at;
        Some(scheduled)
    }

    /// Whether the app and its user end what they began.
    pub(crate) fn is_fickle(&self) -> bool {
        let logs_out = self.plan.lives.is_some_and(|lives| lives.logs_out);
        self.plan.kinds.fickle_app || self.plan.users.is_some() || logs_out
    }

    /// Whether some messages are saved.
    pub(crate) fn keeps(&self) -> bool {
        self.plan.lives.is_some() || self.plan.disk.durable > 0
    }

    /// The dice for storage: a world with one page has its own.
    pub(crate) fn storage_dice(&mut self) -> &mut Dice {
        if self.plan.lives.is_some() { &mut self.fate } else { &mut self.disk }
    }

    /// Whether from now on nothing new goes wrong, except poison.
    pub(crate) fn is_kind_now(&self) -> bool {
        self.are_faults_over
    }

    pub(crate) fn stop_faults(&mut self) {
        note!(self, "faults are over");
        self.are_faults_over = true;
        self.plan.stop_faults();
    }
}
