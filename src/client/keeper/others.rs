//! Reports from other tabs.

use super::{ASK_AGAIN, Job, Keeper, Saved, Step};
use crate::client::storage::{Name, Storage};
use crate::client::tabs::Other;
use crate::engine::{Input, Seq, Verdict};

impl Keeper {
    /// A request for a lock was granted or, if it was not to wait, refused.
    pub fn locked(&mut self, opening: u32, name: Name, is_granted: bool) {
        if opening != self.opening {
            return;
        }
        if let Job::Locking { name: wanted, .. } = self.job
            && wanted == name
        {
            if is_granted {
                self.job = Job::Adopting { name };
                self.order(Storage::Read { of: name, mine: self.tabs.mine });
            } else {
                self.job = Job::None;
                self.tabs.add(name, Other::Watched);
                self.order(Storage::Lock { name, waits: true });
            }
        } else if is_granted && self.tabs.ended(self.now, name) {
            self.order(Storage::Unlock { name });
        } else if is_granted
            && name == self.tabs.mine
            && matches!(self.step(), Some(Step::Own { .. }))
        {
            self.named();
        }
    }

    /// Another tab names its journal. `is_new` asks this tab to answer with its own. If two tabs want the same
    /// journal at the same time, exactly one of them sees `goes_first` for the other.
    pub fn hello(&mut self, opening: u32, name: Name, is_new: bool, goes_first: bool) {
        if opening != self.opening {
            return;
        }
        let mine = self.tabs.mine;
        let is_own = name == mine;
        // The pending lock request is answered first.
        let is_asked = matches!(self.job, Job::Locking { name: asked, .. } if asked == name);
        if !is_own && !is_asked && self.tabs.is_news(name) {
            self.tabs.add(name, Other::Watched);
            self.order(Storage::Lock { name, waits: true });
        }
        let is_named = match self.step() {
            Some(Step::Database) => false,
            // Without locks two tabs may have the same journal, for example after a tab was duplicated.
            Some(Step::Own { .. }) if is_own && !self.tabs.has_locks => {
                let is_ours = is_new && !goes_first;
                if !is_ours {
                    self.take_fresh();
                }
                is_ours
            }
            Some(Step::Own { .. }) => false,
            Some(Step::Reading | Step::Moving | Step::Restoring) | None => mine != 0,
        };
        if is_new && is_named {
            self.order(Storage::Hello { name: mine, is_new: false });
        }
    }

    /// Another tab asks for a message. If two tabs ask for the same message at the same time, exactly one of them
    /// sees `goes_first` for the other and leaves the message to it. Returns whether this tab certainly has the
    /// message, or will be the first to reclaim it if no tab has it. Once that has taken too long, as a reading may
    /// hang, the answer is `false`, so that the other tab need not wait.
    pub fn asked(&mut self, seq: Seq, goes_first: bool) -> bool {
        match self.missing.iter().position(|&one| one == seq) {
            Some(at) if goes_first => {
                self.missing.remove(at);
                false
            }
            Some(_) => self.now < self.asked_at + ASK_AGAIN,
            None => {
                self.is_ready() && self.saved(seq).is_some_and(|saved| saved != Saved::Elsewhere)
            }
        }
    }

    /// Another tab has a message that this tab asked for, or reclaims it. The message may be in no journal.
    pub fn has_elsewhere(&mut self, opening: u32, seq: Seq) {
        if opening == self.opening {
            // Treated as if the other tab went first.
            self.asked(seq, true);
        }
    }

    /// Another tab reports a message's result. Returns the fact for the engine if that tab had the message.
    pub fn settled_elsewhere(&mut self, seq: Seq, verdict: Verdict) -> Option<Input> {
        if self.saved(seq) != Some(Saved::Elsewhere) {
            return None;
        }
        self.set(seq, Saved::Nowhere);
        Some(Input::Acked { seq, attempt: 0, verdict })
    }
}
