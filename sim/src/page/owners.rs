//! Whose each message of a page is: the sessions of its users, and which credentials are theirs.
//!
//! A session is one user's time. It ends with a logout here or elsewhere, when the app names somebody else, when
//! credentials without a name are somebody else's, and without any name or subject when the app disconnects or
//! nobody is there. Every message belongs to the session in which it was sent.

use holdfast::client::identity::User;
use holdfast::engine::Epoch;

use crate::ids::{ONLY, SessionId};
use crate::plan::{Person, Plan};
use crate::wire::Credentials;

pub(crate) struct Owners {
    /// Whom the app takes for logged in.
    pub(crate) app: Option<Person>,
    /// Whose credentials lie in storage.
    pub(crate) token: Option<Person>,
    pub(crate) sessions: Vec<Session>,
    /// What the present attempt was granted.
    pub(crate) granted: Option<(Epoch, Credentials)>,
    /// Sessions that ended and that the app was not told of.
    pub(crate) untold: usize,
    /// Nor that credentials were somebody else's.
    pub(crate) owes_foreign: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Session {
    pub(crate) name: User,
    /// Whom the first accepted credentials named.
    pub(crate) subject: User,
    /// They were accepted under this name. Before that the subject is provisional.
    pub(crate) is_paired: bool,
    /// The first generation that the client saw.
    pub(crate) generation: Option<u64>,
}

impl Owners {
    /// In a world of tabs the app names the user at once: only what has an owner is kept.
    pub(crate) fn new(plan: &Plan) -> Self {
        let name = if plan.lives.is_some() { ONLY } else { 0 };
        Self {
            app: None,
            token: None,
            sessions: vec![Session { name, ..Session::default() }],
            granted: None,
            untold: 0,
            owes_foreign: false,
        }
    }

    pub(crate) fn session(&self) -> SessionId {
        self.sessions.len() - 1
    }

    /// The app was told of the end of all sessions that ended.
    pub(crate) fn is_told(&self) -> bool {
        self.untold == 0
    }

    pub(crate) fn current(&mut self) -> &mut Session {
        self.sessions.last_mut().expect("there is always one")
    }

    /// Who is there, 0 where nobody knows.
    pub(crate) fn key(&self) -> User {
        let Session { name, subject, .. } = self.sessions.last().copied().unwrap_or_default();
        if name == 0 { subject } else { name }
    }

    /// The name of the session before.
    pub(crate) fn former(&self) -> User {
        self.sessions.iter().rev().nth(1).map_or(0, |session| session.name)
    }

    pub(crate) fn is_anonymous(&self) -> bool {
        self.sessions.last().is_some_and(|session| session.name == 0 && session.subject == 0)
    }
}
