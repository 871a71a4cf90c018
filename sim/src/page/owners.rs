//! The model of owners: the sessions of a page's users, and their credentials.
//!
//! A session is one user's time. It ends with a logout here or elsewhere, when the app names another user, and when
//! credentials without a name are another user's. A session without any name or subject ends when the app
//! disconnects or reports that nobody is logged in. Every message belongs to the session in which it was sent.

use holdfast::client::identity::User;
use holdfast::engine::Epoch;

use crate::ids::{MessageId, ONLY, SessionId};
use crate::plan::{Person, Plan};
use crate::violation::violated;
use crate::wire::Credentials;

pub(crate) struct Owners {
    /// The user that the app takes for logged in.
    pub(crate) app: Option<Person>,
    /// The user whose credentials are in storage.
    pub(crate) token: Option<Person>,
    sessions: Vec<Session>,
    /// The credentials of the present attempt.
    granted: Option<(Epoch, Credentials)>,
    /// The number of ended sessions that the app was not told of.
    untold: usize,
    /// The app was not told yet that credentials are another user's.
    owes_foreign: bool,
    gone: Gone,
    /// The user has logged out, and emits remembered since belong to nobody.
    is_between: bool,
}

/// Whether the user has logged out, so that nothing may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gone {
    No,
    /// Logged out here, until the app resets it.
    Here,
    /// Logged out in another tab, until the app asks for a link.
    Elsewhere,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Session {
    pub(crate) name: User,
    /// The subject of the first accepted credentials.
    pub(crate) subject: User,
    /// They were accepted under this name. Before that the subject is provisional.
    is_paired: bool,
    /// The first generation that the client saw.
    generation: Option<u64>,
}

impl Owners {
    /// In a world of tabs the app names the user at once, because only messages with an owner are saved.
    pub(crate) fn new(plan: &Plan) -> Self {
        let name = if plan.lives.is_some() { ONLY } else { 0 };
        Self {
            app: None,
            token: None,
            sessions: vec![Session { name, ..Session::default() }],
            granted: None,
            untold: 0,
            owes_foreign: false,
            gone: Gone::No,
            is_between: false,
        }
    }

    pub(crate) fn session(&self) -> SessionId {
        self.sessions.len() - 1
    }

    /// Whether the app was told of all sessions that ended.
    pub(crate) fn is_told(&self) -> bool {
        self.untold == 0
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.gone != Gone::No
    }

    /// The user logs out in this tab.
    pub(crate) fn logged_out(&mut self) {
        self.gone = Gone::Here;
        self.is_between = true;
    }

    /// The user has logged out in another tab.
    pub(crate) fn logged_out_elsewhere(&mut self) {
        self.app = None;
        if self.gone == Gone::No {
            self.gone = Gone::Elsewhere;
        }
        self.is_between = true;
    }

    /// The app resets the logout.
    pub(crate) fn came_back(&mut self) {
        if self.gone == Gone::Here {
            self.gone = Gone::No;
        }
    }

    /// The app asks for a link, so it knows of every logout. Returns whether the emits remembered before belong to
    /// nobody.
    pub(crate) fn asked_for_link(&mut self) -> bool {
        self.gone = Gone::No;
        std::mem::take(&mut self.is_between)
    }

    /// The app names a user. Returns whether the emits remembered before belong to nobody.
    pub(crate) fn named(&mut self) -> bool {
        self.gone != Gone::Here && std::mem::take(&mut self.is_between)
    }

    pub(crate) fn current(&mut self) -> &mut Session {
        self.sessions.last_mut().expect("there is always one")
    }

    /// The present user, 0 if unknown.
    pub(crate) fn key(&self) -> User {
        let Session { name, subject, .. } = self.sessions.last().copied().unwrap_or_default();
        if name == 0 { subject } else { name }
    }

    /// The name of the session before.
    fn former(&self) -> User {
        self.sessions.iter().rev().nth(1).map_or(0, |session| session.name)
    }

    pub(crate) fn is_anonymous(&self) -> bool {
        self.sessions.last().is_some_and(|session| session.name == 0 && session.subject == 0)
    }

    /// The session ends, so its waiting messages belong to nobody any more.
    pub(crate) fn end_session(&mut self) {
        self.sessions.push(Session::default());
        self.untold += 1;
    }

    /// The app names the user. Returns whether that is new.
    pub(crate) fn takes_name(&mut self, name: User) -> bool {
        let Session { name: known, subject, .. } = *self.current();
        if name == 0 || name == known {
            return false;
        }
        if known == 0 && name == subject {
            // The credentials named this user before.
            let session = self.current();
            session.name = name;
            session.is_paired = true;
            return false;
        }
        if known != 0 {
            self.end_session();
        }
        let session = self.current();
        session.name = name;
        session.generation = None;
        true
    }

    /// Credentials for an attempt. Returns whether they are for the user that the app names. `is_told` is true if
    /// the app knows that the last ones were not.
    pub(crate) fn accepts(
        &mut self,
        epoch: Epoch,
        name: User,
        subject: User,
        is_told: bool,
    ) -> bool {
        let agrees = self.agrees(name, subject, is_told);
        if agrees {
            self.granted_anyway(epoch, (name, subject), true);
        }
        agrees
    }

    /// Whether an attempt is for the user that the app names. If not, the app must be told.
    pub(crate) fn agrees(&mut self, name: User, subject: User, is_told: bool) -> bool {
        let fits = self.fits(name, subject);
        if !fits {
            self.owes_foreign = !is_told;
        }
        fits
    }

    /// An attempt is made. If it is for another user, it is for none of the sessions.
    pub(crate) fn granted_anyway(
        &mut self,
        epoch: Epoch,
        (name, subject): (User, User),
        agrees: bool,
    ) {
        let session = if agrees { self.session() } else { SessionId::MAX };
        self.granted = Some((epoch, Credentials { session, name, subject }));
    }

    /// Whether credentials are for the user that the app names.
    fn fits(&mut self, name: User, subject: User) -> bool {
        let session = *self.current();
        if session.name == 0 && session.subject != 0 && session.subject != subject {
            self.end_session();
        }
        self.takes_name(name);
        let session = *self.current();
        let contradicts = session.subject != 0 && session.subject != subject;
        if session.name == 0 {
            self.current().subject = subject;
            return true;
        }
        if subject == 0 {
            return true;
        }
        if contradicts && session.is_paired {
            return false;
        }
        if contradicts {
            // A subject that was known before the name was another user's.
            self.end_session();
            self.current().name = session.name;
        }
        let former = self.former();
        if session.subject == 0 && subject == former && subject != session.name {
            return false;
        }
        let session = self.current();
        session.subject = subject;
        session.is_paired = true;
        true
    }

    /// The credentials that a connection is opened with (I11).
    pub(crate) fn credentials(&mut self, epoch: Epoch) -> Credentials {
        let Some((_, credentials)) = self.granted.filter(|&(granted, _)| granted == epoch) else {
            violated!("I11", "{epoch:?} connects without credentials");
        };
        if credentials.session == self.session() {
            let session = self.current();
            let is_readable = credentials.subject != 0;
            if is_readable && session.subject != credentials.subject {
                violated!("I11", "{session:?} connects with {credentials:?}");
            }
        }
        credentials
    }

    /// Storage shows the present user's generation. A session keeps the first one.
    pub(crate) fn sees_generation(&mut self, stored: Option<u64>) {
        if self.is_told() {
            let session = self.current();
            session.generation = session.generation.or(stored);
        }
    }

    /// Whether storage shows a different generation from the one that the client saw first (I12).
    pub(crate) fn is_over_elsewhere(&self, stored: Option<u64>) -> bool {
        let mine = self.sessions.last().and_then(|session| session.generation);
        self.is_told() && mine.is_some() && stored.is_some() && mine != stored
    }

    /// The client reports that a session has ended.
    pub(crate) fn told_of_end(&mut self) {
        if self.is_told() {
            violated!("I12", "the client ended a session that goes on");
        }
        self.untold -= 1;
    }

    /// The client reports that the credentials are another user's.
    pub(crate) fn told_of_foreign(&mut self) {
        if !std::mem::take(&mut self.owes_foreign) {
            violated!("I11", "the right credentials were refused, or the wrong ones again");
        }
    }

    pub(crate) fn check_at_rest(&self) {
        if !self.is_told() {
            violated!("I12", "the app was not told that a session ended");
        }
        if self.owes_foreign {
            violated!("I11", "the app was not told that the credentials are somebody else's");
        }
    }

    /// A message leaves in its own session, over a connection that was opened for it.
    pub(crate) fn check_leaves(
        &self,
        id: MessageId,
        session: SessionId,
        credentials: Option<Credentials>,
    ) {
        if session != self.session() {
            violated!("I12", "message {id} left after its session had ended");
        }
        let Some(credentials) = credentials else { return };
        let name = self.sessions[session].name;
        // The name may be the one that the credentials gave.
        let is_named = credentials.name == name
            || (credentials.name == 0 && credentials.subject != 0 && credentials.subject == name);
        if credentials.session != session || !is_named {
            violated!("I11", "message {id} of {session}, {name} left over {credentials:?}");
        }
    }

    /// A message reaches the server. A frame on its way may outlive its session, but not its user.
    pub(crate) fn check_arrives(
        &self,
        id: MessageId,
        session: SessionId,
        credentials: Credentials,
    ) {
        if credentials.subject == 0 {
            return;
        }
        let session = self.sessions[session];
        if session.subject != credentials.subject {
            violated!("I11", "message {id} of {session:?} came as {credentials:?}");
        }
    }
}
