//! What every part of a run shares: its plan, its time, what is to come, its dice, and the record of what happened.

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
    /// For the disk of a world of one page.
    pub(crate) disk: Dice,
    /// For what pages, tabs and their disk do.
    pub(crate) fate: Dice,
    /// For transactions that hang.
    pub(crate) stalls: Dice,
    /// For what is sent once more, and how answers are put.
    pub(crate) letters: Dice,
    /// For what a server says by itself, and what an app makes of that.
    pub(crate) feed: Dice,
    /// For what becomes of what a server publishes.
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
    /// With all that is planned to come. `dice` goes on where the plan was drawn.
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

    /// Among those of its time it comes as if it had been scheduled for then at first.
    pub(crate) fn put_off(&mut self, scheduled: Scheduled) {
        self.events.push(Reverse(scheduled));
    }

    /// Whether something is to come by then.
    pub(crate) fn has_by(&self, until: u64) -> bool {
        self.events.peek().is_some_and(|next| next.0.at <= until)
    }

    /// Moves time on to what comes next.
    pub(crate) fn next(&mut self) -> Option<Scheduled> {
        let Reverse(scheduled) = self.events.pop()?;
        self.now = scheduled.at;
        Some(scheduled)
    }

    /// The app and its user end what they began.
    pub(crate) fn is_fickle(&self) -> bool {
        let logs_out = self.plan.lives.is_some_and(|lives| lives.logs_out);
        self.plan.kinds.fickle_app || self.plan.users.is_some() || logs_out
    }

    /// Some messages are kept.
    pub(crate) fn keeps(&self) -> bool {
        self.plan.lives.is_some() || self.plan.disk.durable > 0
    }

    /// Where chance is drawn from: a world of one page has its own dice for its disk.
    pub(crate) fn storage_dice(&mut self) -> &mut Dice {
        if self.plan.lives.is_some() { &mut self.fate } else { &mut self.disk }
    }

    /// From here on nothing new goes wrong, poison apart.
    pub(crate) fn is_kind_now(&self) -> bool {
        self.are_faults_over
    }

    pub(crate) fn stop_faults(&mut self) {
        note!(self, "faults are over");
        self.are_faults_over = true;
        self.plan.stop_faults();
    }
}
