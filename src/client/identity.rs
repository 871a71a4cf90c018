//! Whose the messages are, and whom the link speaks for.
//!
//! A session is one user's time with the client. Every message belongs to the session in which it was sent,
//! and a link belongs to the session for which its credentials were accepted. Messages leave only where the two
//! agree (I11). A session that ends takes its messages with it, so at any time the outbox holds those of one
//! session.
//!
//! ```text
//!             a name, or credentials that can be read
//!  anonymous ------------------------------------------> named, or known by its subject
//!      ^                                                      |
//!      +------ logout, another name, another subject ---------+
//!                 (without a name), a generation
//! ```
//!
//! The first arrow claims what waits: the person was there before anybody knew who it is. The second ends the
//! session.

/// A name or a subject, by its fingerprint: the same number is the same text. 0 is none.
pub type User = u64;

/// What the app, its credentials or another tab said means for the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The session goes on.
    None,
    /// The session goes on under a name. The link was authorized before anybody knew for whom.
    Claimed,
    /// The session has ended, and the next one has begun: what waits must not leave any more.
    Ended,
}

/// See the [module](self).
#[derive(Debug, Default)]
pub struct Identity {
    /// Who the app says that the user is.
    name: User,
    /// Whom the credentials of this session named first. With a name it stays for as long as the name does.
    subject: User,
    /// Credentials with this subject were granted under this name.
    paired: bool,
    /// The name before this one. Credentials that name him speak for nobody else.
    former: User,
    /// Counts sessions.
    session: u32,
    /// The session that the credentials of the present attempt, and then the link, are for. None are foreign.
    link: Option<u32>,
    /// The generation of logouts that this session belongs to. None: not asked for yet.
    generation: Option<u64>,
}

impl Identity {
    /// I11: whether the link speaks for whom the messages belong to.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.link == Some(self.session)
    }

    /// Nobody has a name for the user: not the app, and not the credentials.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.name == 0 && self.subject == 0
    }

    /// The app has named the user.
    #[must_use]
    pub fn has_name(&self) -> bool {
        self.name != 0
    }

    /// The app names the user. `subject` is whom the credentials of this name were seen to name in an earlier life.
    ///
    /// A user who was not named before keeps what waits.
    pub fn named(&mut self, name: User, subject: User) -> Change {
        if name == 0 || name == self.name {
            return Change::None;
        }
        if self.name == 0 && name == self.subject {
            // The credentials said so before the app did.
            self.name = name;
            self.paired = true;
            return Change::None;
        }
        let change = if self.name == 0 { Change::Claimed } else { self.end() };
        self.link = None;
        self.generation = None;
        self.name = name;
        self.paired = subject != 0;
        if self.paired {
            self.subject = subject;
        }
        change
    }

    /// The app handed over credentials for the present attempt. `name` is the user as the app names him at this
    /// moment, `subject` is whom the credentials name. Then [`agrees`](Self::agrees) says whether the attempt
    /// may be made.
    pub fn authorized(&mut self, name: User, subject: User) -> Change {
        // Before anybody has a name for the user the credentials say who it is.
        let is_another = self.name == 0 && self.subject != 0 && self.subject != subject;
        let mut change = if is_another { self.end() } else { Change::None };
        if self.named(name, 0) == Change::Ended {
            change = Change::Ended;
        }
        if self.name != 0 && subject == 0 {
            // Credentials that can't be read contradict nothing, and do not make forget whose the others were.
            self.link = Some(self.session);
            return change;
        }
        let mut is_same = self.subject == 0 || self.subject == subject;
        if self.name != 0 && !is_same && !self.paired {
            // What was known of the user before he got this name was somebody else's.
            let name = self.name;
            change = self.end();
            self.name = name;
            is_same = true;
        }
        // A user who has logged out and comes back without a name is no stranger.
        let is_formers = self.name != 0
            && self.subject == 0
            && subject != 0
            && subject == self.former
            && subject != self.name;
        if !is_same || is_formers {
            self.link = None;
            return change;
        }
        self.subject = subject;
        self.paired = self.name != 0;
        self.link = Some(self.session);
        change
    }

    /// The session is over: a logout, here or elsewhere, or nobody is there any more.
    pub fn end(&mut self) -> Change {
        self.session = self.session.wrapping_add(1);
        self.former = self.name;
        self.name = 0;
        self.subject = 0;
        self.paired = false;
        self.link = None;
        self.generation = None;
        Change::Ended
    }

    /// The session is in this generation of logouts.
    pub(super) fn began(&mut self, generation: u64) {
        self.generation = Some(generation);
    }

    /// The generation of logouts as storage has it now. A session belongs to the first one that it saw; another
    /// one says that the user logged out elsewhere (I12).
    pub fn saw_generation(&mut self, generation: u64) -> Change {
        match self.generation {
            Some(mine) if mine != generation => self.end(),
            Some(_) => Change::None,
            None => {
                self.generation = Some(generation);
                Change::None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: User = 1;
    const BOB: User = 2;
    const HER_SUBJECT: User = 3;
    const HIS_SUBJECT: User = 4;

    fn alice() -> Identity {
        let mut identity = Identity::default();
        identity.named(ALICE, 0);
        identity.authorized(ALICE, HER_SUBJECT);
        assert!(identity.agrees());
        identity
    }

    #[test]
    fn subject_of_another_id_than_the_name_may_be_renewed() {
        let mut identity = alice();
        assert_eq!(identity.authorized(ALICE, HER_SUBJECT), Change::None);
        assert!(identity.agrees());
    }

    #[test]
    fn subject_that_changes_under_a_name_is_refused_and_ends_nothing() {
        let mut identity = alice();
        assert_eq!(identity.authorized(ALICE, HIS_SUBJECT), Change::None);
        assert!(!identity.agrees());
        identity.authorized(ALICE, 0);
        assert!(identity.agrees(), "what can't be read contradicts nothing");
        identity.authorized(ALICE, HIS_SUBJECT);
        assert!(!identity.agrees(), "and is not what her credentials are compared with");
        identity.authorized(ALICE, HER_SUBJECT);
        assert!(identity.agrees(), "the right credentials are back");
    }

    #[test]
    fn another_name_ends_the_session_before_any_credentials_were_granted() {
        let mut identity = Identity::default();
        identity.named(ALICE, 0);
        assert_eq!(identity.named(BOB, 0), Change::Ended);
        assert!(!identity.agrees());
    }

    #[test]
    fn subject_that_changes_without_a_name_is_another_user() {
        let mut identity = Identity::default();
        identity.authorized(0, HER_SUBJECT);
        assert_eq!(identity.authorized(0, HIS_SUBJECT), Change::Ended);
        assert!(identity.agrees());
        assert_eq!(identity.authorized(0, 0), Change::Ended, "nor are hers or his nobody's");
    }

    #[test]
    fn anonymous_session_is_claimed_by_whoever_turns_out_to_be_there() {
        let mut identity = Identity::default();
        identity.authorized(0, 0);
        assert_eq!(identity.authorized(0, 0), Change::None, "a renewal");
        assert_eq!(identity.named(ALICE, 0), Change::Claimed);
        assert!(!identity.agrees(), "the link was authorized for nobody in particular");
        assert_eq!(identity.authorized(ALICE, HER_SUBJECT), Change::None);
        assert!(identity.agrees());
    }

    #[test]
    fn credentials_of_an_earlier_life_are_remembered_for_a_name() {
        let mut identity = Identity::default();
        identity.named(ALICE, HER_SUBJECT);
        identity.authorized(ALICE, HIS_SUBJECT);
        assert!(!identity.agrees());
    }

    #[test]
    fn credentials_that_name_the_user_before_are_not_the_next_ones() {
        let mut identity = Identity::default();
        identity.named(ALICE, 0);
        identity.named(BOB, 0);
        identity.authorized(BOB, ALICE);
        assert!(!identity.agrees());
        identity.authorized(BOB, HIS_SUBJECT);
        assert!(identity.agrees());
    }

    #[test]
    fn credentials_from_before_the_name_may_have_been_somebody_elses() {
        let mut identity = Identity::default();
        identity.authorized(0, HIS_SUBJECT);
        identity.named(ALICE, 0);
        assert_eq!(identity.authorized(ALICE, HER_SUBJECT), Change::Ended, "what waited was his");
        assert!(identity.agrees());
        identity.authorized(ALICE, HIS_SUBJECT);
        assert!(!identity.agrees());
    }

    #[test]
    fn generation_that_was_raised_elsewhere_ends_the_session() {
        let mut identity = alice();
        assert_eq!(identity.saw_generation(5), Change::None);
        assert_eq!(identity.saw_generation(5), Change::None);
        assert_eq!(identity.saw_generation(6), Change::Ended);
        assert_eq!(identity.saw_generation(6), Change::None, "the next session begins in it");
    }
}
