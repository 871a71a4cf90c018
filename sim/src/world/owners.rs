//! Logins of users, the app and other tabs, and the client's reactions.

use holdfast::client::Talk;
use holdfast::client::identity::User;
use holdfast::engine::{Epoch, Grant, Input, Outcome, Phase};

use super::World;
use crate::event::Event;
use crate::ids::{ConnectionId, MessageId, ONLY, Scope};
use crate::page::Page;
use crate::page::owners::{Owners, Session};
use crate::page::shell::Foreign;
use crate::plan::{Login, Naming, Person, Planned, Subjects};
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;

// Actions of the user and the app.
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
            Login::LogOutElsewhere if self.run.plan.is_followed => self.page.owners.token = None,
            Login::LogOutElsewhere => {
                let key = self.page.owners.key();
                self.generations.raise(key);
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
            // In the end the right user is logged in.
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
        self.read_clocks();
        note!(self.run, "-> name {name}");
        if self.change_owner(|owners| owners.takes_name(name)) {
            self.page.links.relinked(self.page.shell.status().phase);
        }
        self.page.shell.client.named();
        let ends = self.page.owners.named();
        self.between_ends(ends);
        self.call(|client, now| client.name(now, name, 0));
        self.drain();
        self.open_kept();
    }

    pub(super) fn log_out(&mut self) {
        if self.run.plan.is_followed {
            // An app that has only the plain Socket can do no more.
            return self.close();
        }
        self.read_clocks();
        note!(self.run, "-> log out");
        let scope = self.scope();
        self.generations.raise(scope);
        self.change_owner(Owners::end_session);
        self.page.owners.logged_out();
        self.page.shell.is_paused = false;
        self.page.links.closed();
        self.call(holdfast::client::Client::log_out);
        self.page.storage.scope = None;
        self.observe();
        self.drain();
        self.clear(scope);
        self.end_all_of(scope);
        // Some apps send before they ask for a link.
        if self.run.letters.chance(500) {
            self.come_back();
        }
    }

    /// The app asks for a link.
    pub(super) fn asked_for_link(&mut self) {
        let ends = self.page.owners.asked_for_link();
        self.between_ends(ends);
    }

    /// A user is there again. `ends` is true if there was none. The client must agree.
    fn between_ends(&mut self, ends: bool) {
        let talk = self.page.shell.client.take_talk();
        if (talk == Talk::Ends) != ends {
            violated!("between", "emits belong to nobody: {ends}, but the client reports {talk:?}");
        }
        if ends {
            self.page.feed.forget_emits();
        }
    }

    /// The app resets the logout.
    pub(super) fn come_back(&mut self) {
        note!(self.run, "-> reset the logout");
        self.page.shell.client.reset_logout();
        self.page.owners.came_back();
    }

    /// The app of a world of tabs knows its user, and names them again after a logout.
    pub(super) fn log_in_again(&mut self) {
        if self.run.plan.lives.is_some() && self.page.owners.key() == 0 {
            self.name_user(ONLY);
        }
    }

    /// The user that messages are saved for, 0 for nobody. Constant if nobody logs in or out.
    pub(super) fn scope(&self) -> Scope {
        let is_named = self.run.plan.users.is_some() || self.run.plan.lives.is_some();
        if is_named { self.page.owners.key() } else { ONLY }
    }

    /// The present user's generation of logouts in storage, if the user is known.
    pub(super) fn generation(&self) -> Option<u64> {
        let key = self.page.owners.key();
        (key != 0 && !self.run.plan.is_followed).then(|| self.generations.of(key))
    }

    /// The app ends the link for now.
    pub(super) fn disconnect_app(&mut self) {
        if self.run.plan.is_followed {
            return self.close();
        }
        self.read_clocks();
        note!(self.run, "-> disconnect");
        if self.page.owners.is_anonymous() {
            self.change_owner(Owners::end_session);
        }
        self.page.links.closed();
        if self.page.shell.foreign == Foreign::AskedFor {
            self.page.shell.foreign = Foreign::Known;
        }
        self.call(holdfast::client::Client::disconnect);
        self.drain();
    }

    /// The page's owner changes. The waiting messages of a session that ends belong to nobody any more.
    fn change_owner<R>(&mut self, change: impl FnOnce(&mut Owners) -> R) -> R {
        let Page { owners, storage, model, shell, .. } = &mut *self.page;
        let before = owners.session();
        let result = change(owners);
        for _ in before..owners.session() {
            shell.foreign = Foreign::No;
            self.run.tally.one(Count::Sessions);
            storage.scope = None;
            model.all_settled(Outcome::LoggedOut);
        }
        result
    }

    /// In the end the user that the app takes for logged in is, with the right credentials.
    pub(super) fn come_to_rights(&mut self) {
        let Some(users) = self.run.plan.users else { return };
        // A user who was logged out elsewhere finds out first.
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
    /// The credentials in storage when the app is asked for them.
    pub(super) fn token_now(&self) -> Option<Person> {
        self.page.owners.token
    }

    /// The app answers with credentials: with those in storage now, or with those read when it was asked.
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
        self.read_clocks();
        let subject = self.subject(person);
        let name = self.name_now();
        note!(self.run, "-> granted {epoch:?} to {name}, credentials of {person:?}");
        let phase = self.page.shell.status().phase;
        let is_asked = phase == Phase::Authorizing && self.page.shell.client.epoch() == epoch;
        let is_told = self.page.shell.foreign != Foreign::No;
        if is_asked && !self.change_owner(|owners| owners.accepts(epoch, name, subject, is_told)) {
            note!(self.run, "   they are somebody else's");
            self.page.shell.foreign = Foreign::AskedFor;
            self.page.links.closed();
        }
        self.call(|client, now| client.authorized(now, epoch, name, subject));
        self.drain();
    }

    /// An attempt of the Manager sends its handshake. Resulting orders are carried out once it is on its way.
    pub(super) fn begin_attempt(&mut self) {
        self.read_clocks();
        let person = self.page.owners.token.filter(|_| self.run.plan.users.is_some());
        let (name, subject) = (self.name_now(), self.subject(person));
        note!(self.run, "-> begun for {name}, credentials of {person:?}");
        if name == 0 && self.page.owners.current().name != 0 {
            // The user who had a name is gone.
            self.change_owner(Owners::end_session);
        }
        self.run.tally.one(Count::Followed);
        let is_told = self.page.shell.foreign != Foreign::No;
        let agrees = self.change_owner(|owners| owners.agrees(name, subject, is_told));
        self.page.shell.foreign = if agrees { Foreign::No } else { Foreign::AskedFor };
        if !agrees {
            note!(self.run, "   they are somebody else's");
        }
        self.call(|client, now| client.begun(now, name, subject));
        let epoch = self.page.shell.client.epoch();
        self.page.links.begun(epoch);
        self.page.owners.granted_anyway(epoch, (name, subject), agrees);
    }

    /// Whether messages may leave over the present link, as far as its user is concerned.
    pub(super) fn link_is_for_its_user(&self) -> bool {
        let of = |id: ConnectionId| self.network.connections[id].credentials.session;
        self.up().is_some_and(|id| of(id) == self.page.owners.session())
    }

    fn name_now(&mut self) -> User {
        match self.naming() {
            Naming::Asked => self.page.owners.app.unwrap_or_default(),
            Naming::Called | Naming::Never => self.page.owners.current().name,
        }
    }

    /// The client reports that the credentials are another user's.
    pub(super) fn told_of_foreign(&mut self) {
        self.run.tally.one(Count::Foreign);
        self.page.owners.told_of_foreign();
    }

    /// Something happens that makes the client ask for credentials again.
    pub(super) fn asks_again(&mut self) {
        if self.page.shell.foreign == Foreign::AskedFor && !self.page.owners.is_gone() {
            self.page.links.opened(self.page.shell.status().phase);
        }
    }

    /// The app reports that nobody is logged in.
    pub(super) fn absent(&mut self, epoch: Epoch) {
        let is_asked = self.page.shell.status().phase == Phase::Authorizing
            && self.page.shell.client.epoch() == epoch;
        if !is_asked {
            return;
        }
        self.page.shell.foreign = Foreign::No;
        if self.page.owners.is_anonymous() {
            self.change_owner(Owners::end_session);
        }
    }
}

// The client's actions.
impl World {
    /// The client looks at what is outside, because nothing reports it.
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
        self.change_owner(Owners::end_session);
        self.page.links.closed();
        self.page.owners.logged_out_elsewhere();
        self.page.storage.may_forget = true;
    }

    pub(super) fn is_over_elsewhere(&self) -> bool {
        self.page.owners.is_over_elsewhere(self.generation())
    }

    pub(super) fn told_of_end(&mut self) {
        self.page.owners.told_of_end();
        self.page.feed.forget();
        self.page.published.forget();
        self.begin_published();
    }

    /// A message leaves: it must do so in its own session, over a link that was opened for it.
    pub(super) fn check_owner(&self, id: MessageId, connection: Option<ConnectionId>) {
        let entry = self.page.deliveries.get(id);
        let session = entry.map_or(self.app.messages[id].session, |entry| entry.session);
        if self.is_over_elsewhere() {
            violated!("I12", "message {id} left after a logout elsewhere");
        }
        let credentials = connection.map(|id| self.network.connections[id].credentials);
        self.page.owners.check_leaves(id, session, credentials);
    }

    /// A message reaches the server.
    pub(super) fn check_owner_at_server(&self, id: MessageId, connection: ConnectionId) {
        let credentials = self.network.connections[connection].credentials;
        self.page.owners.check_arrives(id, self.app.messages[id].session, credentials);
    }
}
