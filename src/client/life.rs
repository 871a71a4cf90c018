//! Whether the user is logged in, and whether the client may ask for a link. Handles the app's commands about its
//! session, and the page's way into and out of the back-forward cache.
//!
//! ```text
//!                 log out                  reset
//!  Present ----------------> LoggedOut ------------> Awaited
//!    | ^  ^                   ^  ^                      | | asked, or named
//!    | |  `-------------------|--|----------------------' |
//!    | | asked                |  `---- log out -----------'
//!    | `---------- Elsewhere -'
//!    | `----------------^        a name makes it Named, which is the same but for remembered emits
//!     seen elsewhere
//! ```
//!
//! Between a logout and the next login, components of the app may still emit. Emits remembered in that time belong
//! to nobody, and are forgotten with the first name or the first link that is asked for.

use super::keeper::Keeper;
use super::{Client, View, is_up};
use crate::engine::{Epoch, Moment, Phase};

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Life {
    login: Login,
    gate: Gate,
    page: Page,
    talk: Talk,
}

/// Whether the user is logged in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Login {
    /// Messages are accepted, and a link may be asked for.
    #[default]
    Present,
    /// Logged out here. No message is accepted and no link is asked for until the app resets the logout.
    LoggedOut,
    /// The app has reset the logout. Messages are accepted and a link may be asked for. Emits remembered meanwhile
    /// belong to nobody.
    Awaited,
    /// Logged out in another tab. No message is accepted until the app asks for a link. Remembered emits belong to
    /// nobody.
    Elsewhere,
    /// As `Elsewhere`, but the next user has a name already and owns the remembered emits.
    Named,
}

/// The events that change a login.
#[derive(Clone, Copy, Debug)]
enum Event {
    LoggedOut,
    SeenElsewhere,
    Reset,
    Named,
    /// The app asks for a link.
    Asked,
}

/// The obstacles to attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Gate {
    /// Nothing.
    #[default]
    Open,
    /// The app paused the client, because its login is not ready.
    Paused,
    /// The last credentials were another user's, and the app was told. The next attempt follows the next send, or
    /// the next event of the page.
    Foreign,
    /// As `Foreign`, and the app has ended the link since, so only the app asks for the next attempt.
    Told,
}

/// Where the page is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Page {
    /// Shown, or in the back-forward cache without having had a link.
    #[default]
    Shown,
    /// In the cache. It had a link, or an attempt at one.
    Linked,
    /// Back from the cache, and about to ask for a link again.
    Back,
}

/// Whether the app may ask for a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// It may ask for a link.
    Open,
    /// Not before its login is ready.
    Paused,
    /// Not before it resets the logout.
    LoggedOut,
}

/// The fate of the emits remembered so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Talk {
    /// They are replayed as usual.
    #[default]
    Goes,
    /// They belong to nobody. The client has forgotten them, and the shell must, too.
    Ends,
}

impl Login {
    /// The only method that changes the login.
    fn step(&mut self, event: Event) -> Talk {
        use Login::{Awaited, Elsewhere, LoggedOut, Named, Present};
        let (next, talk) = match (event, *self) {
            (Event::LoggedOut, _) | (Event::SeenElsewhere | Event::Named, LoggedOut) => {
                (LoggedOut, Talk::Goes)
            }
            (Event::SeenElsewhere, Present | Awaited | Elsewhere | Named) => {
                (Elsewhere, Talk::Goes)
            }
            (Event::Reset, LoggedOut) => (Awaited, Talk::Goes),
            (Event::Named | Event::Asked, Awaited) | (Event::Asked, Elsewhere) => {
                (Present, Talk::Ends)
            }
            (Event::Named, Elsewhere) => (Named, Talk::Ends),
            (Event::Asked, Named) => (Present, Talk::Goes),
            (Event::Reset, Present | Awaited | Elsewhere | Named)
            | (Event::Named, Present | Named)
            | (Event::Asked, Present | LoggedOut) => (*self, Talk::Goes),
        };
        *self = next;
        talk
    }
}

// Commands.
impl Client {
    /// The app asks for a link. The client keeps asking until [`close`](Self::close). Ignored unless the
    /// [`door`](Self::door) is open.
    pub fn open(&mut self, now: Moment) {
        if self.life.door() == Door::Open {
            self.step_login(Event::Asked);
            self.ask(now);
        }
    }

    /// Ends the link and stops asking for one. Waiting messages keep waiting.
    pub fn close(&mut self, now: Moment) {
        self.step(|engine| engine.close(now));
    }

    /// The app disconnects: as [`close`](Self::close), and an anonymous session ends.
    pub fn disconnect(&mut self, now: Moment) {
        if self.identity.is_anonymous() {
            self.end_session(now);
        }
        self.life.disconnected();
        self.close(now);
    }

    /// Ends the session: waiting messages settle as logged out, and the link ends. Until
    /// [`reset_logout`](Self::reset_logout) no message is accepted and no link is asked for.
    pub fn log_out(&mut self, now: Moment) {
        self.step_login(Event::LoggedOut);
        self.life.gate = Gate::Open;
        self.life.page = Page::Shown;
        self.keeping(now, Keeper::log_out);
        self.end_session(now);
        self.close(now);
    }

    /// Resets a logout.
    pub fn reset_logout(&mut self) {
        self.step_login(Event::Reset);
    }

    /// Pauses or resumes attempts. While paused, because the app's login is not ready, no attempt is made. An
    /// existing link stays.
    pub fn pause(&mut self, now: Moment, is_paused: bool) {
        self.life.set_paused(is_paused);
        if is_paused && !is_up(self.engine.phase()) {
            self.close(now);
        }
    }

    /// A component of the app names the user for the first time. [`name`](Self::name) follows.
    pub fn named(&mut self) {
        self.step_login(Event::Named);
    }

    /// The page goes into the back-forward cache, where no link may be open. Another tab may take over its journal.
    pub(super) fn stash(&mut self, now: Moment) {
        let is_linked = !matches!(self.engine.phase(), Phase::Idle | Phase::Closed);
        self.life.page = if is_linked { Page::Linked } else { Page::Shown };
        self.close(now);
        self.keeping(now, Keeper::stash);
    }

    /// The page is back from the cache: opens what was open, and checks whether the user is still logged in.
    pub(super) fn unstash(&mut self, now: Moment) {
        if self.life.page == Page::Linked {
            self.life.page = Page::Back;
        }
        if self.keeper.is_stashed() {
            self.view = View::Due;
            // Another tab may have sent the saved messages.
            if self.keeper.generation().is_some() {
                self.engine.begin_restore();
            }
            self.keeping(now, Keeper::reopen);
        }
    }

    /// Asks for a link if the page is back from the cache and had one before. After a logout elsewhere it is the
    /// next session's link.
    pub fn reopen(&mut self, now: Moment) {
        match self.life.page {
            Page::Shown | Page::Linked => {}
            Page::Back => {
                self.life.page = Page::Shown;
                self.open(now);
            }
        }
    }

    /// Ends everything. Unsettled messages settle as closed, and later sends are refused. Messages that are on disk
    /// but not read yet stay there.
    pub fn destroy(&mut self, now: Moment) {
        self.step(|engine| engine.destroy(now));
        self.forget();
    }
}

// Getters.
impl Client {
    /// The fate of the remembered emits since the last call.
    pub fn take_talk(&mut self) -> Talk {
        core::mem::take(&mut self.life.talk)
    }

    /// Whether the app may ask for a link.
    #[must_use]
    pub fn door(&self) -> Door {
        self.life.door()
    }

    /// Whether messages are accepted.
    #[must_use]
    pub fn accepts(&self) -> bool {
        self.life.takes() && self.engine.phase() != Phase::Closed
    }

    /// Whether credentials for this attempt are awaited.
    #[must_use]
    pub fn is_asked(&self, epoch: Epoch) -> bool {
        epoch == self.engine.epoch() && self.engine.phase() == Phase::Authorizing
    }
}

// Methods for the rest of the client.
impl Client {
    pub(super) fn ask(&mut self, now: Moment) {
        self.view = View::Due;
        self.step(|engine| engine.open(now));
    }

    /// The app sends or the page wakes up: if the last credentials were another user's, asks again, as they may be
    /// right by now.
    pub(super) fn ask_again(&mut self, now: Moment) {
        if self.life.tries_again() {
            self.ask(now);
        }
    }

    /// The user logged out in another tab.
    pub(super) fn seen_elsewhere(&mut self) {
        self.step_login(Event::SeenElsewhere);
    }

    fn step_login(&mut self, event: Event) {
        match self.life.login.step(event) {
            Talk::Goes => {}
            Talk::Ends => {
                self.life.talk = Talk::Ends;
                self.sessions.forget_remembered();
            }
        }
    }
}

// Facts.
impl Life {
    /// The session is over, so it no longer matters whose credentials were passed.
    pub(super) fn session_ended(&mut self) {
        self.made();
    }

    /// The app ended the link. Only the app asks for the next one.
    fn disconnected(&mut self) {
        self.page = Page::Shown;
        if self.gate == Gate::Foreign {
            self.gate = Gate::Told;
        }
    }

    pub(super) fn set_paused(&mut self, is_paused: bool) {
        match (is_paused, self.gate) {
            (true, _) => self.gate = Gate::Paused,
            (false, Gate::Paused) => self.gate = Gate::Open,
            (false, Gate::Open | Gate::Foreign | Gate::Told) => {}
        }
    }

    /// The credentials were another user's. Returns whether to tell the app.
    pub(super) fn refused(&mut self) -> bool {
        let is_news = self.gate == Gate::Open;
        if self.gate != Gate::Paused {
            self.gate = Gate::Foreign;
        }
        is_news
    }

    /// The attempt is made with the right credentials, or nobody is logged in.
    pub(super) fn made(&mut self) {
        if matches!(self.gate, Gate::Foreign | Gate::Told) {
            self.gate = Gate::Open;
        }
    }
}

// Getters.
impl Life {
    pub(super) fn door(&self) -> Door {
        match (self.login, self.gate) {
            (Login::LoggedOut, _) => Door::LoggedOut,
            (_, Gate::Paused) => Door::Paused,
            (_, Gate::Open | Gate::Foreign | Gate::Told) => Door::Open,
        }
    }

    /// Whether messages are accepted.
    pub(super) fn takes(&self) -> bool {
        matches!(self.login, Login::Present | Login::Awaited)
    }

    /// Whether the next send or event of the page should start another attempt.
    pub(super) fn tries_again(&self) -> bool {
        self.gate == Gate::Foreign && self.takes()
    }
}
