//! Whether the user is there, and whether the client may ask for a link: what the app's commands about its session
//! and the page's way into the back-forward cache and out of it come to.
//!
//! ```text
//!                 log out                  reset
//!  Present ----------------> LoggedOut ------------> Awaited
//!    | ^  ^                   ^  ^                      | | asked, or named
//!    | |  `-------------------|--|----------------------' |
//!    | | asked                |  `---- log out -----------'
//!    | `---------- Elsewhere -'
//!    `----------------^        a name makes it Named, which is the same but for what was said
//!     seen elsewhere
//! ```
//!
//! Between a logout and the next login the app's components may go on talking. What they say then is nobody's: it is
//! forgotten with the first name or the first link that is asked for.

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

/// Whether the user is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Login {
    /// Messages are taken, and a link may be asked for.
    #[default]
    Present,
    /// Logged out here: neither, until the app resets the logout.
    LoggedOut,
    /// The app has reset the logout: both, and what was said meanwhile is nobody's.
    Awaited,
    /// Logged out in another tab: no message is taken until the app asks for a link. What was said is nobody's.
    Elsewhere,
    /// The same, but the next user has a name already: what is said is his.
    Named,
}

/// What happens to a login.
#[derive(Clone, Copy, Debug)]
enum Event {
    LoggedOut,
    SeenElsewhere,
    Reset,
    Named,
    /// The app asks for a link.
    Asked,
}

/// What keeps attempts from being made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Gate {
    /// Nothing.
    #[default]
    Open,
    /// The app's login is not ready.
    Held,
    /// The last credentials were another user's, and the app was told. The next attempt is made when something happens.
    Foreign,
    /// The same, and the app has ended the link since: it makes the next attempt.
    Told,
}

/// Where the page is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Page {
    /// It is shown, or had no link when it went into the back-forward cache.
    #[default]
    Shown,
    /// In the cache. It had a link, or an attempt at one.
    Linked,
    /// Back from there, and to ask for a link as it had one.
    Back,
}

/// What the app may do about its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// It may ask for one.
    Open,
    /// Not until its login is ready.
    Held,
    /// Not until it resets the logout.
    LoggedOut,
}

/// What becomes of what was said so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Talk {
    /// It is said again as ever.
    #[default]
    Goes,
    /// It is nobody's: forgotten here, and to be forgotten at the edge.
    Ends,
}

impl Login {
    /// The one place where it changes.
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
    /// The app asks for a link, and the client keeps asking until [`close`](Self::close). Refused where the
    /// [`door`](Self::door) is not open.
    pub fn open(&mut self, now: Moment) {
        if self.life.door() == Door::Open {
            self.step_login(Event::Asked);
            self.ask(now);
        }
    }

    /// Ends the link and stops asking. What waits keeps waiting.
    pub fn close(&mut self, now: Moment) {
        self.step(|engine| engine.close(now));
    }

    /// The same because the app wants it so: an anonymous session is over then.
    pub fn disconnect(&mut self, now: Moment) {
        if self.identity.is_anonymous() {
            self.end_session(now);
        }
        self.life.disconnected();
        self.close(now);
    }

    /// Ends the session: what waits settles as logged out, and the link ends. Until [`reset_logout`](Self::reset_logout)
    /// no message is taken and no link is asked for.
    pub fn log_out(&mut self, now: Moment) {
        self.step_login(Event::LoggedOut);
        self.life.gate = Gate::Open;
        self.life.page = Page::Shown;
        self.keeping(now, Keeper::log_out);
        self.end_session(now);
        self.close(now);
    }

    /// The app takes back that the user is logged out.
    pub fn reset_logout(&mut self) {
        self.step_login(Event::Reset);
    }

    /// While the app's login is not ready no attempt is made. A link that there is stays.
    pub fn hold(&mut self, now: Moment, hold: bool) {
        self.life.held(hold);
        if hold && !is_up(self.engine.phase()) {
            self.close(now);
        }
    }

    /// A component of the app's names the user, and has not named him before. [`name`](Self::name) follows.
    pub fn named(&mut self) {
        self.step_login(Event::Named);
    }

    /// The page goes into the back-forward cache, where no link may be open, and another tab may take over what is kept.
    pub(super) fn stash(&mut self, now: Moment) {
        let is_linked = !matches!(self.engine.phase(), Phase::Idle | Phase::Closed);
        self.life.page = if is_linked { Page::Linked } else { Page::Shown };
        self.close(now);
        self.keeping(now, Keeper::stash);
    }

    /// The page is back from there: opens again what it had open, and looks whether the user is still there.
    pub(super) fn restore(&mut self, now: Moment) {
        if self.life.page == Page::Linked {
            self.life.page = Page::Back;
        }
        if self.keeper.is_stashed() {
            self.view = View::Due;
            // Another tab may have sent what was kept.
            if self.keeper.generation().is_some() {
                self.engine.restore();
            }
            self.keeping(now, Keeper::restore);
        }
    }

    /// Asks for a link where the page is back from the cache and had one before. After a logout elsewhere it is that of the
    /// next session.
    pub fn reopen(&mut self, now: Moment) {
        match self.life.page {
            Page::Shown | Page::Linked => {}
            Page::Back => {
                self.life.page = Page::Shown;
                self.open(now);
            }
        }
    }

    /// Ends everything. What waits settles as closed; every later send is refused. What is on disk and not here yet
    /// stays there.
    pub fn destroy(&mut self, now: Moment) {
        self.step(|engine| engine.destroy(now));
        self.forget();
    }
}

// What can be seen of it.
impl Client {
    /// What became of what was said since this was asked last.
    pub fn take_talk(&mut self) -> Talk {
        core::mem::take(&mut self.life.talk)
    }

    /// What the app may do about its link.
    #[must_use]
    pub fn door(&self) -> Door {
        self.life.door()
    }

    /// Whether messages are taken.
    #[must_use]
    pub fn accepts(&self) -> bool {
        self.life.takes() && self.engine.phase() != Phase::Closed
    }

    /// Whether credentials are asked for, for this attempt.
    #[must_use]
    pub fn is_asked(&self, epoch: Epoch) -> bool {
        epoch == self.engine.epoch() && self.engine.phase() == Phase::Authorizing
    }
}

// What the client needs of it.
impl Client {
    pub(super) fn ask(&mut self, now: Moment) {
        self.view = View::Due;
        self.step(|engine| engine.open(now));
    }

    /// The app does or hears something: credentials that were another user's may be right by now.
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
                self.sessions.forget_said();
            }
        }
    }
}

// What happens.
impl Life {
    /// The user's session is over: whose credentials there were is of no interest any more.
    pub(super) fn session_ended(&mut self) {
        self.made();
    }

    /// The app ends the link: only the app asks for the next one.
    fn disconnected(&mut self) {
        self.page = Page::Shown;
        if self.gate == Gate::Foreign {
            self.gate = Gate::Told;
        }
    }

    pub(super) fn held(&mut self, hold: bool) {
        match (hold, self.gate) {
            (true, _) => self.gate = Gate::Held,
            (false, Gate::Held) => self.gate = Gate::Open,
            (false, Gate::Open | Gate::Foreign | Gate::Told) => {}
        }
    }

    /// Credentials were another user's. Answers whether that is news.
    pub(super) fn refused(&mut self) -> bool {
        let is_news = self.gate == Gate::Open;
        if self.gate != Gate::Held {
            self.gate = Gate::Foreign;
        }
        is_news
    }

    /// The attempt is made, with credentials that are right, or nobody is there.
    pub(super) fn made(&mut self) {
        if matches!(self.gate, Gate::Foreign | Gate::Told) {
            self.gate = Gate::Open;
        }
    }
}

// What can be seen.
impl Life {
    pub(super) fn door(&self) -> Door {
        match (self.login, self.gate) {
            (Login::LoggedOut, _) => Door::LoggedOut,
            (_, Gate::Held) => Door::Held,
            (_, Gate::Open | Gate::Foreign | Gate::Told) => Door::Open,
        }
    }

    /// Whether messages are taken.
    pub(super) fn takes(&self) -> bool {
        matches!(self.login, Login::Present | Login::Awaited)
    }

    /// Whether the app does or hears something that another attempt is worth.
    pub(super) fn tries_again(&self) -> bool {
        self.gate == Gate::Foreign && self.takes()
    }
}
