//! The page's lifecycle events, and their effect on the link and on saved messages.

use super::Client;
use crate::engine::{Input, Moment};

/// A lifecycle event of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEvent {
    /// The browser reports that the network is back.
    Online,
    /// The page is being left for good, unless the user stays after all.
    Left,
    /// The page goes into the back-forward cache, where no link may be open.
    Cached,
    /// The page was loaded.
    Loaded,
    /// The page is back from the cache.
    Back,
    /// The page is hidden.
    Hidden,
    /// The page is shown.
    Shown,
    /// The page was frozen and continues.
    Resumed,
}

impl Client {
    /// Handles a lifecycle event. Drain the orders, then call [`reopen`](Self::reopen).
    pub fn page(&mut self, now: Moment, event: PageEvent) {
        match event {
            // Timers may have slept, the network may be back, and the right credentials may be available now.
            PageEvent::Online | PageEvent::Shown | PageEvent::Resumed => {
                self.handle(now, Input::Woke);
            }
            // The Manager of a followed link ends it.
            PageEvent::Cached if self.engine.is_followed() => {}
            PageEvent::Cached => self.stash(now),
            PageEvent::Back => self.unstash(now),
            // A link ends with its page, and stays if the page stays after all.
            PageEvent::Left | PageEvent::Loaded | PageEvent::Hidden => {}
        }
    }
}
