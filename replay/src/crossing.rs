//! One recorded crossing of the border.

use holdfast::border::numbers::count;
use holdfast::border::told::Told;

use crate::names;

/// How a client was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// The reading of `Date.now()`, in milliseconds since 1970.
    pub wall: f64,
    /// The reading of `performance.now()`, in milliseconds.
    pub running: f64,
    /// The client's seed.
    pub seed: f64,
}

/// A command or a fact, and the client's answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// Its index in the table `TOLD`.
    pub told: usize,
    /// The readings of the two clocks, as in [`Start`].
    pub wall: f64,
    /// See `wall`.
    pub running: f64,
    /// The numbers that came with it.
    pub numbers: [f64; 6],
    /// The client's answer.
    pub answer: Answer,
}

/// The client's answer to a crossing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// A number.
    Number(f64),
    /// The client trapped, which is a bug of Holdfast. No step follows.
    Trap,
}

impl Crossing {
    /// The recorded answer in words: for a poll, the name of the order.
    #[must_use]
    pub fn recorded(&self) -> String {
        match (Told::ALL.get(self.told), self.answer) {
            (_, Answer::Trap) => "with a trap".to_owned(),
            (Some(Told::Poll), Answer::Number(number)) if number > 0.0 => {
                format!("with the order `{}`", names::order(count(number) as usize).0)
            }
            (_, Answer::Number(number)) => number.to_string(),
        }
    }

    /// The count of numbers that [`Crossing::from_numbers`] takes.
    pub const SIZE: usize = 10;

    /// From the numbers `told, wall, running, answer, a, b, c, d, e, f`. The answer NaN stands for a trap; the border never
    /// returns it.
    #[must_use]
    pub fn from_numbers(numbers: &[f64; Self::SIZE]) -> Self {
        let [told, wall, running, answer, a, b, c, d, e, f] = *numbers;
        let answer = if answer.is_nan() { Answer::Trap } else { Answer::Number(answer) };
        Self { told: count(told) as usize, wall, running, numbers: [a, b, c, d, e, f], answer }
    }
}
