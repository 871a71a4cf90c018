//! What the page tells of itself, and what that means for the link and for what is kept.

use super::Client;
use crate::engine::{Input, Moment};

/// What became of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEvent {
    /// The network is back, as far as the browser knows.
    Online,
    /// It is left for good, unless the user stays after all.
    Left,
    /// It is left for the back-forward cache, where a link must not be open.
    Cached,
    /// It was loaded.
    Loaded,
    /// It is back from the cache.
    Restored,
    /// It is hidden.
    Hidden,
    /// It is shown.
    Shown,
    /// It was frozen, and goes on.
    Resumed,
}

impl Client {
    /// Takes note of what became of the page. Drain, and then [`reopen`](Self::reopen).
    pub fn page(&mut self, now: Moment, event: PageEvent) {
        match event {
            // Timers may have slept, the network may be back, or the right credentials may be there by now.
            PageEvent::Online | PageEvent::Shown | PageEvent::Resumed => {
                self.handle(now, Input::Woke);
            }
            // A link that is followed is its Manager's to end.
            PageEvent::Cached if self.engine.is_followed() => {}
            PageEvent::Cached => self.stash(now),
            PageEvent::Restored => self.restore(now),
            // A link ends with its page by itself, and stays where the page stays after all.
            PageEvent::Left | PageEvent::Loaded | PageEvent::Hidden => {}
        }
    }
}
