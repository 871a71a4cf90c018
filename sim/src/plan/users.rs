//! The users of the app and their logins. Drawn from its own dice, for a quarter of the seeds.

use super::{Plan, Planned};
use crate::dice::Dice;

/// A user who can log in, from 1.
pub(crate) type Person = u64;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Users {
    pub(crate) subjects: Subjects,
    pub(crate) naming: Naming,
    /// Credentials are read when the app is asked for them, and not when it answers.
    pub(crate) reads_early: bool,
}

/// The subject of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subjects {
    /// The same id as the app's name for the user.
    Same,
    /// An identity provider's id.
    Other,
    Unreadable,
}

/// How the client learns the user's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// The app calls a method.
    Called,
    /// The app is asked, together with the credentials.
    Asked,
    Never,
}

/// An event of a login.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Login {
    LogIn {
        person: Person,
        named_after: u64,
    },
    /// The app names the user that it takes for logged in.
    Name,
    LogOut {
        token_stays: bool,
    },
    /// In another tab of this browser.
    LogOutElsewhere,
    /// The app switches to another user. The token changes later or has changed before.
    Switch {
        person: Person,
        token_after: u64,
    },
    /// The credentials in storage become a user's, or nobody's.
    Token {
        person: Option<Person>,
    },
    Disconnect,
}

pub(super) fn users(seed: u64) -> Option<Users> {
    let mut dice = Dice::new(seed ^ OWN);
    matches!(seed % 16, 2 | 5 | 10 | 12).then(|| Users {
        subjects: [Subjects::Same, Subjects::Other, Subjects::Unreadable][dice.index(3)],
        naming: [Naming::Called, Naming::Called, Naming::Asked, Naming::Never][dice.index(4)],
        reads_early: dice.chance(500),
    })
}

impl Plan {
    pub(super) fn schedule_logins(&mut self, seed: u64) {
        if self.users.is_none() {
            return;
        }
        let mut dice = Dice::new(seed ^ OWN ^ 1);
        if dice.chance(700) {
            let named_after = late(&mut dice);
            self.at(0, Planned::Login(Login::LogIn { person: any(&mut dice), named_after }));
        }
        for _ in 0..dice.between(1, 8) {
            let login = match dice.below(16) {
                0..=3 => Login::LogIn { person: any(&mut dice), named_after: late(&mut dice) },
                4..=6 => Login::LogOut { token_stays: dice.chance(300) },
                7 | 8 => Login::LogOutElsewhere,
                9 | 10 => Login::Switch { person: any(&mut dice), token_after: late(&mut dice) },
                11 | 12 => Login::Token { person: Some(any(&mut dice)) },
                13 => Login::Token { person: None },
                14 => Login::Name,
                _ => Login::Disconnect,
            };
            let at = self.moment(&mut dice);
            self.at(at, Planned::Login(login));
            // Most ends are followed by a login.
            if dice.chance(500) {
                let again = Login::LogIn { person: any(&mut dice), named_after: late(&mut dice) };
                self.at(at + dice.magnitude(1, 20_000), Planned::Login(again));
            }
        }
    }
}

fn any(dice: &mut Dice) -> Person {
    dice.between(1, 3) as Person
}

/// At once, or a while later.
fn late(dice: &mut Dice) -> u64 {
    if dice.chance(500) { 0 } else { dice.magnitude(1, 8_000) }
}

/// Separates these dice from the plan's.
const OWN: u64 = 0x05E2_5EED_0000_0000;
