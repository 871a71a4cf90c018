//! Whose each message is, as the app and its user see it, and whose credentials each connection was opened with.
//!
//! A session is one user's time. It ends with a logout here or elsewhere, when the app names somebody else, when
//! credentials without a name are somebody else's, and without any name or subject when the app disconnects or
//! nobody is there. Every message belongs to the session in which it was sent.

use holdfast::client::Order;
use holdfast::client::identity::User;
use holdfast::engine::{Epoch, Grant, Input, Notice, Outcome, Output, Phase};

use super::World;
use crate::event::Event;
use crate::ids::{ConnectionId, ONLY, Scope};
use crate::page::owners::Session;
use crate::page::shell::is_ready;
use crate::plan::{Login, Naming, Person, Planned, Subjects};
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;
use crate::wire::Credentials;

// What the user and the app do.
impl World {
    pub(super) fn login(&mut self, login: Login) {
        match login {
            Login::LogIn { person, named_after } => {
                self.page.owners.app = Some(person);
                self.page.owners.token = Some(person);
                if named_after == 0 {
                    self.name_whoever_is_there();
                } else {
                    let event = Event::Planned(Planned::Login(Login::Name));
                    self.run.schedule(self.run.now + named_after, event);
                }
                self.open();
            }
            Login::Name => self.name_whoever_is_there(),
            Login::LogOut { token_stays } => {
                self.page.owners.app = None;
                if !token_stays {
                    self.page.owners.token = None;
                }
                self.log_out();
            }
            Login::LogOutElsewhere => {
                let key = self.page.owners.key();
                self.raise_generation(key);
                self.clear(key);
                self.page.owners.token = None;
            }
            Login::Switch { person, token_after } => {
                self.page.owners.app = Some(person);
                if token_after == 0 {
                    self.page.owners.token = Some(person);
                } else {
                    let login = Login::Token { person: Some(person) };
                    self.run.schedule(
                        self.run.now + token_after,
                        Event::Planned(Planned::Login(login)),
                    );
                }
                self.name_whoever_is_there();
            }
            // In the end he is who he is.
            Login::Token { .. } if self.run.is_kind_now() => {}
            Login::Token { person } => self.page.owners.token = person,
            Login::Disconnect => self.disconnect_app(),
        }
    }

    fn naming(&self) -> Naming {
        self.run.plan.users.map_or(Naming::Never, |users| users.naming)
    }

    fn name_whoever_is_there(&mut self) {
        if let (Naming::Called, Some(name)) = (self.naming(), self.page.owners.app) {
            self.name_user(name);
        }
    }

    fn name_user(&mut self, name: User) {
        note!(self.run, "-> name {name}");
        if self.takes_name(name) {
            self.page.links.relinked(self.page.shell.status().phase);
        }
        self.call(|client, now| client.name(now, name, 0));
        self.drain();
        self.open_kept();
    }

    /// The app names the user. Answers whether that is news.
    fn takes_name(&mut self, name: User) -> bool {
        let Session { name: known, subject, .. } = *self.page.owners.current();
        if name == 0 || name == known {
            return false;
        }
        if known == 0 && name == subject {
            // The credentials said so before.
            let session = self.page.owners.current();
            session.name = name;
            session.is_paired = true;
            return false;
        }
        if known != 0 {
            self.end_session();
        }
        let session = self.page.owners.current();
        session.name = name;
        session.generation = None;
        true
    }

    pub(super) fn log_out(&mut self) {
        note!(self.run, "-> log out");
        let scope = self.scope();
        self.raise_generation(scope);
        self.end_session();
        self.page.links.closed();
        self.call(holdfast::client::Client::log_out);
        self.page.storage.scope = None;
        self.observe();
        self.drain();
        self.clear(scope);
        self.end_all_of(scope);
    }

    /// The app of a world of tabs knows its user, and says so again after a logout.
    pub(super) fn log_in_again(&mut self) {
        if self.run.plan.lives.is_some() && self.page.owners.key() == 0 {
            self.name_user(ONLY);
        }
    }

    /// For whom messages are kept, 0 for nobody. Where nobody logs in or out it is the same one all the time.
    pub(super) fn scope(&self) -> Scope {
        let is_named = self.run.plan.users.is_some() || self.run.plan.lives.is_some();
        if is_named { self.page.owners.key() } else { ONLY }
    }

    pub(super) fn generation_of(&self, scope: Scope) -> u64 {
        self.generations.get(&scope).copied().unwrap_or(RAISED * u64::from(scope + 1))
    }

    fn raise_generation(&mut self, scope: Scope) {
        let next = self.generation_of(scope) + 1;
        self.generations.insert(scope, next);
    }

    /// The generation of logouts as storage has it, of whoever is known to be there.
    fn generation(&self) -> Option<u64> {
        let key = self.page.owners.key();
        (key != 0).then(|| self.generation_of(key))
    }

    /// The generation of a scope, and whether it has just begun.
    pub(super) fn begin_generation(&mut self, scope: Scope) -> (u64, bool) {
        let is_first = !self.generations.contains_key(&scope);
        let generation = self.generation_of(scope);
        self.generations.insert(scope, generation);
        (generation, is_first)
    }

    /// The app ends the link for now.
    pub(super) fn disconnect_app(&mut self) {
        note!(self.run, "-> disconnect");
        if self.page.owners.is_anonymous() {
            self.end_session();
        }
        self.page.links.closed();
        self.call(holdfast::client::Client::disconnect);
        self.drain();
    }

    /// What waits belongs to nobody any more.
    fn end_session(&mut self) {
        self.run.tally.one(Count::Sessions);
        self.page.storage.scope = None;
        self.page.model.all_settled(Outcome::LoggedOut);
        self.page.owners.sessions.push(Session::default());
        self.page.owners.untold += 1;
    }

    /// In the end whoever the app takes for logged in is, with the right credentials.
    pub(super) fn come_to_rights(&mut self) {
        let Some(users) = self.run.plan.users else { return };
        // Whoever was logged out elsewhere finds out first.
        self.drain();
        let person = *self.page.owners.app.get_or_insert(1);
        self.name_whoever_is_there();
        let Session { name, subject, .. } = *self.page.owners.current();
        // A name keeps the subject that it came with.
        let keeps = name != 0 && (users.naming == Naming::Called || name == person);
        let rightful = (1..=3).find(|&person| self.subject(Some(person)) == subject);
        self.page.owners.token = rightful.filter(|_| keeps && subject != 0).or(Some(person));
    }

    fn subject(&self, person: Option<Person>) -> User {
        let subjects = self.run.plan.users.map_or(Subjects::Unreadable, |users| users.subjects);
        match (subjects, person) {
            (Subjects::Unreadable, _) | (_, None) => 0,
            (Subjects::Same, Some(person)) => person,
            (Subjects::Other, Some(person)) => person + 100,
        }
    }
}

// Credentials.
impl World {
    /// Whose credentials there are, when the app is asked for them.
    pub(super) fn token_now(&self) -> Option<Person> {
        self.page.owners.token
    }

    /// The app answers with credentials, with what it read when it was asked.
    pub(super) fn grant(&mut self, epoch: Epoch, read: Option<Person>) {
        let person = match self.run.plan.users {
            None => return self.hand_over(epoch, None),
            Some(users) if users.reads_early && !self.run.is_kind_now() => read,
            Some(_) => self.page.owners.token,
        };
        match person {
            Some(_) => self.hand_over(epoch, person),
            None => self.tell(Input::Authorized { epoch, grant: Grant::Absent }),
        }
    }

    fn hand_over(&mut self, epoch: Epoch, person: Option<Person>) {
        let subject = self.subject(person);
        let name = match self.naming() {
            Naming::Asked => self.page.owners.app.unwrap_or_default(),
            Naming::Called | Naming::Never => self.page.owners.current().name,
        };
        note!(self.run, "-> granted {epoch:?} to {name}, credentials of {person:?}");
        let phase = self.page.shell.status().phase;
        if phase == Phase::Authorizing && self.page.shell.client.epoch() == epoch {
            if self.accepts(name, subject) {
                let session = self.page.owners.session();
                self.page.owners.granted = Some((epoch, Credentials { session, name, subject }));
            } else {
                note!(self.run, "   they are somebody else's");
                self.page.owners.owes_foreign = true;
                self.page.links.closed();
            }
        }
        self.call(|client, now| client.authorized(now, epoch, name, subject));
        self.drain();
    }

    /// Credentials for the present attempt. Answers whether they are for whoever the app says is there.
    fn accepts(&mut self, name: User, subject: User) -> bool {
        let session = *self.page.owners.current();
        if session.name == 0 && session.subject != 0 && session.subject != subject {
            self.end_session();
        }
        self.takes_name(name);
        let session = *self.page.owners.current();
        let contradicts = session.subject != 0 && session.subject != subject;
        if session.name == 0 {
            self.page.owners.current().subject = subject;
            return true;
        }
        if subject == 0 {
            return true;
        }
        if contradicts && session.is_paired {
            return false;
        }
        if contradicts {
            // What was known before there was a name was of somebody else.
            self.end_session();
            self.page.owners.current().name = session.name;
        }
        let former = self.page.owners.former();
        if session.subject == 0 && subject == former && subject != session.name {
            return false;
        }
        let session = self.page.owners.current();
        session.subject = subject;
        session.is_paired = true;
        true
    }

    /// The client says that the credentials are somebody else's.
    pub(super) fn told_of_foreign(&mut self) {
        self.run.tally.one(Count::Foreign);
        self.page.shell.is_foreign = true;
        if !std::mem::take(&mut self.page.owners.owes_foreign) {
            violated!("I11", "the right credentials were refused");
        }
    }

    /// The app does something that makes it ask for a link again.
    pub(super) fn ask_again(&mut self) {
        if self.page.shell.is_foreign && !self.page.shell.is_destroyed {
            self.open();
        }
    }

    /// Nobody is there, says the app.
    pub(super) fn absent(&mut self, epoch: Epoch) {
        let is_asked = self.page.shell.status().phase == Phase::Authorizing
            && self.page.shell.client.epoch() == epoch;
        if is_asked && self.page.owners.is_anonymous() {
            self.end_session();
        }
    }

    /// What a connection is opened with (I11).
    pub(super) fn credentials(&mut self, epoch: Epoch) -> Credentials {
        let Some((_, credentials)) =
            self.page.owners.granted.filter(|&(granted, _)| granted == epoch)
        else {
            violated!("I11", "{epoch:?} connects without credentials");
        };
        if credentials.session == self.page.owners.session() {
            let session = self.page.owners.current();
            let is_readable = credentials.subject != 0;
            if is_readable && session.subject != credentials.subject {
                violated!("I11", "{session:?} connects with {credentials:?}");
            }
        }
        credentials
    }
}

// What the client does.
impl World {
    pub(super) fn poll(&mut self) -> Option<Order> {
        let before = self.page.shell.status().phase;
        let time = self.page.shell.client.now().0;
        if is_ready(before) && self.page.model.widened(time) {
            self.page.links.restarted_life(time);
        }
        if self.page.owners.untold == 0 {
            let stored = self.generation();
            let session = self.page.owners.current();
            session.generation = session.generation.or(stored);
        }
        let order = self.page.shell.client.poll();
        if self.run.keeps()
            && (self.page.storage.is_unseen(&self.page.shell.client)
                || matches!(order, Some(Order::Storage(_))))
        {
            self.observe();
        }
        match order {
            Some(
                Order::Ended { .. }
                | Order::Storage(_)
                | Order::Foreign
                | Order::Learned { answers: true, .. }
                | Order::Receiptless
                | Order::Look
                | Order::StopTyping { .. }
                | Order::Release
                | Order::Forget { .. }
                | Order::Discard { .. }
                | Order::Engine(Output::Report(Notice::PingsUnanswered)),
            )
            | None => {}
            Some(order) if self.is_over_elsewhere() && !is_ready(before) => {
                violated!("I12", "{order:?} after a logout elsewhere");
            }
            Some(_) => {}
        }
        self.moved(before);
        order
    }

    /// The client asks what is outside: nobody tells it.
    pub(super) fn look(&mut self) {
        // No time passes while orders are carried out.
        let now = self.page.shell.client.now();
        let before = self.page.shell.status().phase;
        let (is_clogged, generation) = (self.is_clogged(), self.generation());
        self.receipts.was_clogged = is_clogged;
        self.page.shell.client.looked(now, is_clogged, generation);
        if self.is_over_elsewhere() {
            self.session_ended_elsewhere();
            self.observe();
        }
        self.moved(before);
    }

    pub(super) fn session_ended_elsewhere(&mut self) {
        note!(self.run, "   logged out elsewhere");
        self.run.tally.one(Count::LoggedOutElsewhere);
        self.end_session();
        self.page.links.closed();
        self.page.owners.app = None;
        self.page.storage.may_forget = true;
    }

    /// Storage shows another generation than the one that the client saw first (I12).
    fn is_over_elsewhere(&self) -> bool {
        let mine = self.page.owners.sessions.last().and_then(|session| session.generation);
        let stored = self.generation();
        self.page.owners.untold == 0 && mine.is_some() && stored.is_some() && mine != stored
    }

    pub(super) fn told_of_end(&mut self) {
        if self.page.owners.untold == 0 {
            violated!("I12", "the client ended a session that goes on");
        }
        self.page.owners.untold -= 1;
        self.page.feed.forget();
    }

    pub(super) fn check_sessions_at_rest(&self) {
        if self.page.owners.untold > 0 {
            violated!("I12", "the app was not told that a session ended");
        }
        if self.page.owners.owes_foreign {
            violated!("I11", "the app was not told that the credentials are somebody else's");
        }
    }

    /// A message leaves: in its own session, over a link that was opened for it.
    pub(super) fn check_owner(&self, id: usize, connection: Option<ConnectionId>) {
        let entry = self.page.deliveries.get(id);
        let session = entry.map_or(self.app.messages[id].session, |entry| entry.session);
        if session != self.page.owners.session() {
            violated!("I12", "message {id} left after its session had ended");
        }
        if self.is_over_elsewhere() {
            violated!("I12", "message {id} left after a logout elsewhere");
        }
        let Some(connection) = connection else { return };
        let credentials = self.network.connections[connection].credentials;
        let name = self.page.owners.sessions[session].name;
        // The name may be what the credentials had said.
        let is_named = credentials.name == name
            || (credentials.name == 0 && credentials.subject != 0 && credentials.subject == name);
        if credentials.session != session || !is_named {
            violated!("I11", "message {id} of {session}, {name} left over {credentials:?}");
        }
    }

    /// A message reaches the server. What is under way may outlive its session, but not its user.
    pub(super) fn check_owner_at_server(&self, id: usize, connection: ConnectionId) {
        let credentials = self.network.connections[connection].credentials;
        if credentials.subject == 0 {
            return;
        }
        let session = self.page.owners.sessions[self.app.messages[id].session];
        if session.subject != credentials.subject {
            violated!("I11", "message {id} of {session:?} came as {credentials:?}");
        }
    }
}

/// The first generation of a scope is a multiple of it.
const RAISED: u64 = 1 << 16;
