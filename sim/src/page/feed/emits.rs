//! The model of remembered emits and deferred events.

use std::collections::BTreeMap;

use holdfast::client::Soon;
use holdfast::engine::Phase;

use super::AtRest;
use crate::ids::{ConnectionId, SessionId};
use crate::violation::violated;

#[derive(Default)]
pub(crate) struct Emits {
    /// The connection over which each was last emitted, and how many parts of the app want it.
    all: BTreeMap<u64, (Option<ConnectionId>, usize)>,
    uses: Vec<(u64, u32)>,
    /// The connection that was greeted last.
    greeted: Option<ConnectionId>,
    /// The deferred events: the session and the deadline of each.
    soon: BTreeMap<u64, (SessionId, u64)>,
}

impl Emits {
    /// A part of the app wants an emit on each link. The client reports whether to emit now.
    pub(crate) fn remembered(
        &mut self,
        (key, nth): (u64, u32),
        is_now: bool,
        up: Option<ConnectionId>,
    ) {
        if is_now != up.is_some() {
            violated!("remembered", "{key} is emitted now: {is_now}, over {up:?}");
        }
        self.uses.push((key, nth));
        let emit = self.all.entry(key).or_default();
        emit.1 += 1;
        if is_now {
            emit.0 = up;
        }
    }

    pub(crate) fn uses(&self) -> usize {
        self.uses.len()
    }

    /// A part of the app no longer wants an emit.
    pub(crate) fn give_up(&mut self, at: usize) -> (u64, u32) {
        self.uses.remove(at)
    }

    /// The client reports whether no part wants it any more.
    pub(crate) fn unremembered(&mut self, key: u64, is_over: bool) {
        let left = self.all.get_mut(&key).map(|(_, users)| {
            *users -= 1;
            *users
        });
        if is_over != (left == Some(0)) {
            violated!("remembered", "{key} is forgotten: {is_over}, and {left:?} parts want it");
        }
        if is_over {
            self.all.remove(&key);
        }
    }

    /// The app emitted it.
    pub(crate) fn emitted(&mut self, key: u64, up: ConnectionId) {
        self.all.entry(key).or_default().0 = Some(up);
    }

    /// The app forgot it. The client reports whether it was remembered.
    pub(crate) fn forgotten(&mut self, key: u64, was_known: bool) {
        if was_known != self.all.remove(&key).is_some() {
            violated!("remembered", "{key} was remembered: {was_known}");
        }
        self.uses.retain(|&(other, _)| other != key);
    }

    /// Emits between two users belong to nobody.
    pub(super) fn forget(&mut self) {
        self.all.clear();
        self.uses.clear();
    }

    /// The client replays it.
    pub(crate) fn replayed(&mut self, key: u64, up: Option<ConnectionId>) {
        let emit = self.all.get_mut(&key);
        match emit {
            Some((over, _)) if up.is_some() && *over != up => *over = up,
            _ => violated!("remembered", "{key} is replayed over {up:?}, after {emit:?}"),
        }
    }

    /// There is a new link. If the server recovered the session, it knows the emits over the link before.
    pub(crate) fn greeted(&mut self, up: Option<ConnectionId>, is_recovered: bool) {
        let before = std::mem::replace(&mut self.greeted, up);
        if is_recovered {
            let all = self.all.values_mut();
            for (over, _) in all.filter(|(over, _)| over.is_some() && *over == before) {
                *over = up;
            }
        }
    }

    /// A message leaves: all remembered emits must have been replayed.
    pub(crate) fn check_all_replayed(&self, up: Option<ConnectionId>) {
        let missing = self.all.iter().find(|(_, (over, _))| *over != up);
        if let Some(missing) = missing {
            violated!("remembered", "a message leaves before {missing:?} over {up:?}");
        }
    }

    /// The client's decision about an event that the app emits, with or without a link.
    pub(crate) fn soon(
        &mut self,
        soon: Soon,
        phase: Phase,
        session: SessionId,
        now: u64,
        is_gone: bool,
    ) {
        match soon {
            Soon::Leaves if phase == Phase::Ready => {}
            Soon::Deferred(number) if phase != Phase::Closed && !is_gone => {
                self.soon.insert(number, (session, now + 60_000));
            }
            Soon::Dropped if phase == Phase::Closed || is_gone || self.soon.len() >= 100 => {}
            _ => violated!("deferred", "{soon:?} while {phase:?}"),
        }
    }

    /// A deferred event leaves.
    pub(crate) fn leaves(&mut self, key: u64, session: SessionId, now: u64, is_up: bool) {
        match self.soon.remove(&key) {
            Some((its, until)) if its == session && now < until && is_up => {}
            event => violated!("deferred", "{event:?} leaves at {now} in {session}"),
        }
    }

    /// A deferred event is dropped.
    pub(crate) fn dropped(&mut self, key: u64, now: u64) {
        match self.soon.remove(&key) {
            Some((_, until)) if until <= now => {}
            event => violated!("deferred", "{event:?} is dropped at {now}"),
        }
    }

    pub(super) fn check_at_rest(&self, client: &AtRest) {
        let AtRest { due, is_ready, .. } = *client;
        if let Some(event) = self.soon.values().find(|&&(_, until)| is_ready || due > until) {
            violated!("deferred", "{event:?} is deferred, and the next deadline is {due}");
        }
    }
}
