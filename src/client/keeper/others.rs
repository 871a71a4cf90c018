//! What is heard of other tabs.

use super::{ASK_AGAIN, Held, Job, Keeper, Step};
use crate::client::storage::{Name, Storage};
use crate::client::tabs::Other;
use crate::engine::{Input, Seq, Verdict};

impl Keeper {
    /// A request for a lock was granted or, where it was not to wait, refused.
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

    /// Another tab says whose its journal is, and whether it wants to know whose ours is. Of two that want the same one
    /// at the same time exactly one is told that the other `goes_first`.
    pub fn hello(&mut self, opening: u32, name: Name, is_new: bool, goes_first: bool) {
        if opening != self.opening {
            return;
        }
        let mine = self.tabs.mine;
        let is_own = name == mine;
        // The answer to a request that is under way comes first.
        let is_asked = matches!(self.job, Job::Locking { name: asked, .. } if asked == name);
        if !is_own && !is_asked && self.tabs.is_news(name) {
            self.tabs.add(name, Other::Watched);
            self.order(Storage::Lock { name, waits: true });
        }
        let is_named = match self.step() {
            Some(Step::Database) => false,
            // Without locks two tabs may have one name, as a tab that was duplicated has.
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

    /// Another tab asks for a message. Of two that ask for the same one at the same time exactly one is told that the
    /// other `goes_first`, and leaves it to that one. Answers whether this tab has it for certain, or is the first to
    /// take it back if nobody has it. Where that takes long, as a reading may hang, the other one need not wait for it.
    pub fn asked(&mut self, seq: Seq, goes_first: bool) -> bool {
        match self.missing.iter().position(|&one| one == seq) {
            Some(at) if goes_first => {
                self.missing.remove(at);
                false
            }
            Some(_) => self.now < self.asked_at + ASK_AGAIN,
            None => self.is_ready() && self.held(seq).is_some_and(|held| held != Held::Elsewhere),
        }
    }

    /// Another tab says that it has a message that this one asked for, or takes it back. It may be in no journal.
    pub fn has_elsewhere(&mut self, opening: u32, seq: Seq) {
        if opening == self.opening {
            // As where it goes first.
            self.asked(seq, true);
        }
    }

    /// Another tab says how a message ended. Answers what to tell the engine, if it was that tab's.
    pub fn settled_elsewhere(&mut self, seq: Seq, verdict: Verdict) -> Option<Input> {
        if self.held(seq) != Some(Held::Elsewhere) {
            return None;
        }
        self.set(seq, Held::Nowhere);
        Some(Input::Acked { seq, attempt: 0, verdict })
    }
}
