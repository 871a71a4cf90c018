//! One crossing of the border, as it was recorded.

/// How a client was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// What `Date.now()` showed, in milliseconds since 1970.
    pub wall: f64,
    /// What `performance.now()` showed, in milliseconds.
    pub running: f64,
    /// The client's seed.
    pub seed: f64,
}

/// A command or a fact, and what it was answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// Its index in the table `TOLD`.
    pub told: usize,
    /// What the two clocks showed, as in [`Start`].
    pub wall: f64,
    /// See `wall`.
    pub running: f64,
    /// The numbers that came with it.
    pub numbers: [f64; 6],
    /// What it was answered.
    pub answer: Answer,
}

/// What a crossing was answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// A number.
    Number(f64),
    /// The client trapped: a bug of ours. Nothing comes after it.
    Trap,
}

impl Crossing {
    /// As many numbers as a crossing has in [`Crossing::from_numbers`].
    pub const SIZE: usize = 10;

    /// From the numbers `told, wall, running, answer, a, b, c, d, e, f`. A trap has the answer NaN, which the border never gives.
    #[must_use]
    pub fn from_numbers(numbers: &[f64; Self::SIZE]) -> Self {
        let [told, wall, running, answer, a, b, c, d, e, f] = *numbers;
        let answer = if answer.is_nan() { Answer::Trap } else { Answer::Number(answer) };
        Self {
            told: holdfast::border::numbers::count(told) as usize,
            wall,
            running,
            numbers: [a, b, c, d, e, f],
            answer,
        }
    }
}
