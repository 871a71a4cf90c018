//! The user that the messages belong to, and the user that the link is for.
//!
//! A session is one user's time with the client. Every message belongs to the session in which it was sent, and a
//! link belongs to the session for which its credentials were accepted. Messages leave only if both are the same
//! (I11). When a session ends its messages settle, so the outbox only ever contains messages of one session.
//!
//! ```text
//!             a name, or credentials that can be read
//!  anonymous ------------------------------------------> named, or known by its subject
//!      ^                                                      |
//!      +------ logout, another name, another subject ---------+
//!                 (without a name), a generation
//! ```
//!
//! The first arrow keeps the waiting messages: the person was there before the client knew the name. The second
//! arrow ends the session.

/// A fingerprint of a name or a subject: equal numbers mean equal texts. 0 is none.
pub type User = u64;

/// The effect of a name, of credentials or of another tab's report on the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The session goes on.
    None,
    /// The session continues under a name. The link was authorized before the user was known.
    Claimed,
    /// The session has ended and the next one has begun: waiting messages must not leave any more.
    Ended,
}

/// See the [module](self).
#[derive(Debug, Default)]
pub struct Identity {
    /// The user's name, as the app gives it.
    name: User,
    /// The subject that the credentials of this session first named. It stays for as long as the name.
    subject: User,
    /// Credentials with this subject were granted under this name.
    paired: bool,
    /// The name before this one. Credentials with that name as subject are for nobody else.
    former: User,
    /// Counts sessions.
    session: u32,
    /// The session that the credentials of the present attempt, and then the link, are for. `None` if they are
    /// another user's.
    link: Option<u32>,
    /// The generation of logouts that this session belongs to. `None`: not known yet.
    generation: Option<u64>,
}

impl Identity {
    /// I11: whether the link is for the user that the messages belong to.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.link == Some(self.session)
    }

    /// Whether neither the app nor the credentials have named the user.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.name == 0 && self.subject == 0
    }

    /// Whether the app has named the user.
    #[must_use]
    pub fn has_name(&self) -> bool {
        self.name != 0
    }

    /// The app names the user. `subject` is the one that credentials had under this name in an earlier page load, 0
    /// if unknown.
    ///
    /// A user who had no name before keeps the waiting messages.
    pub fn named(&mut self, name: User, subject: User) -> Change {
        if name == 0 || name == self.name {
            return Change::None;
        }
        if self.name == 0 && name == self.subject {
            // The credentials named this user before the app did.
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

    /// The app passed credentials for the present attempt. `name` is the user as the app names them now, `subject`
    /// the user that the credentials name; 0 means nobody. Afterwards [`agrees`](Self::agrees) tells whether the
    /// attempt may be made.
    pub fn authorized(&mut self, name: User, subject: User) -> Change {
        // Until the app names the user, the credentials tell who it is.
        let is_another = self.name == 0 && self.subject != 0 && self.subject != subject;
        let mut change = if is_another { self.end() } else { Change::None };
        if self.named(name, 0) == Change::Ended {
            change = Change::Ended;
        }
        if self.name != 0 && subject == 0 {
            // Credentials that can't be read contradict nothing, and the subject known so far stays.
            self.link = Some(self.session);
            return change;
        }
        let mut is_same = self.subject == 0 || self.subject == subject;
        if self.name != 0 && !is_same && !self.paired {
            // The subject was known before the user got this name, so it was somebody else's.
            let name = self.name;
            change = self.end();
            self.name = name;
            is_same = true;
        }
        // Credentials whose subject is the former name are the former user's. Without a new name, that user came back.
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

    /// The session is over: a logout here or elsewhere, or the app names nobody any more.
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

    /// The session belongs to this generation of logouts.
    pub(super) fn began(&mut self, generation: u64) {
        self.generation = Some(generation);
    }

    /// Compares the generation of logouts in storage. A session belongs to the first one that it saw; a different
    /// one means that the user logged out elsewhere (I12).
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
        assert!(!identity.agrees(), "and her own subject stays known");
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
        assert_eq!(
            identity.authorized(0, 0),
            Change::Ended,
            "a token without a subject is another user's, too"
        );
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
    fn subject_of_an_earlier_page_load_is_remembered_for_a_name() {
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
        assert_eq!(
            identity.authorized(ALICE, HER_SUBJECT),
            Change::Ended,
            "the waiting messages were his"
        );
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
