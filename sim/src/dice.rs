//! The simulation's random generator. One seed gives one run.

/// SplitMix64. Any seed works, also neighbouring ones.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// A uniform draw from `0..bound`. 0 if the range is empty.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.word()) * u128::from(bound)) >> 64) as u64
    }

    /// A uniform draw from `low..=high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// A draw between the two in which every order of magnitude is equally likely.
    pub(crate) fn magnitude(&mut self, low: u64, high: u64) -> u64 {
        let octaves = (high / low).ilog2();
        let base = low << self.below(u64::from(octaves) + 1);
        self.between(base, (base * 2).min(high))
    }

    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// `true` with a probability of `permille` in a thousand.
    pub(crate) fn chance(&mut self, permille: u64) -> bool {
        permille > 0 && self.below(1_000) < permille
    }

    /// An index, drawn in proportion to the weights.
    pub(crate) fn weighted<const N: usize>(&mut self, weights: [u64; N]) -> usize {
        let mut rest = self.below(weights.iter().sum());
        for (index, weight) in weights.into_iter().enumerate() {
            if rest < weight {
                return index;
            }
            rest -= weight;
        }
        0
    }
}
