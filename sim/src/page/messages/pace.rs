//! The model of the window and the pace after links that died young (I13).

pub(super) struct Pace {
    /// A link that lived this long accuses no message.
    stable: u64,
    /// The largest number of messages in flight.
    window: usize,
    /// How much the window grows at the next stable link.
    step: usize,
    /// When the link became ready.
    ready_since: u64,
    /// The gap between two transmissions, after links that died young with one message in flight, and the last
    /// transmission.
    gap: u64,
    sent_at: Option<u64>,
}

impl Pace {
    pub(super) fn new(stable: u64) -> Self {
        Self { stable, window: usize::MAX, step: 1, ready_since: 0, gap: 0, sent_at: None }
    }

    pub(super) fn has_room(&self, in_flight: usize) -> bool {
        in_flight < self.window
    }

    /// When the next message may leave.
    pub(super) fn until(&self) -> u64 {
        self.sent_at.map_or(0, |at| at + self.gap)
    }

    pub(super) fn sent(&mut self, now: u64) {
        self.sent_at = Some(now);
    }

    /// A link became ready.
    pub(super) fn linked(&mut self, now: u64) {
        self.ready_since = now;
    }

    /// A ready link lived long with few messages in flight. Returns whether its lifetime starts anew.
    pub(super) fn widened(&mut self, now: u64) -> bool {
        let is_widened = !self.is_young(now, self.ready_since) && self.window < usize::MAX;
        if is_widened {
            self.widen();
            self.ready_since = now;
        }
        is_widened
    }

    /// A ready link ended with this many messages in flight.
    pub(super) fn link_lost(&mut self, now: u64, in_flight: usize) {
        let was_young = self.is_young(now, self.ready_since);
        let was_burst = in_flight > 1 && self.sent_at.is_some_and(|at| self.is_young(now, at));
        if !(was_young || was_burst) {
            self.widen();
            return;
        }
        if in_flight == 0 {
            // The messages are not the reason.
            return;
        }
        // The last step is undone if it was used.
        let lived_with = self.window - self.step / 2;
        if self.window == 1 {
            self.gap = (self.gap * 2).clamp(50, 2_000);
        } else if in_flight > lived_with {
            self.window = lived_with;
        } else {
            self.window = (self.window.min(in_flight) / 2).max(1);
        }
        self.step = 1;
    }

    fn widen(&mut self) {
        self.window = self.window.saturating_add(self.step);
        self.step = self.step.saturating_mul(2);
        if self.window >= 1_024 {
            self.window = usize::MAX;
        }
        self.gap = if self.gap < 100 { 0 } else { self.gap / 2 };
    }

    fn is_young(&self, now: u64, since: u64) -> bool {
        now - since < self.stable
    }
}
