//! Chance from a seed, and the clock of the simulation.

use orderly_core::actor::Actor;
use orderly_core::time::Instant;

use crate::Call;

/// SplitMix64: small, fast, and the same everywhere.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `least` to `most`, both included.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = most.abs_diff(least).saturating_add(1);
        least.saturating_add_unsigned(self.next() % span)
    }

    /// An index below `count`, which is not zero.
    pub fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).expect("a length fits 64 bits").max(1);
        usize::try_from(self.next() % count).expect("it is below a length")
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// The index of one of the weights, chosen in their proportion.
    pub fn weighted(&mut self, weights: &[u64]) -> usize {
        let sum: u64 = weights.iter().sum();
        let mut left = self.next() % sum.max(1);
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        0
    }
}

/// The one clock: it gives every call its time, and the calls their seeds.
#[derive(Debug, Clone)]
pub struct Clock {
    pub now: Instant,
    pub random: Random,
}

impl Clock {
    pub const fn new(now: Instant, seed: u64) -> Self {
        Self { now, random: Random::new(seed) }
    }

    /// A call of the merchant's own people, a little later than the one before.
    pub fn call(&mut self) -> Call {
        self.now = self.now.plus_micros(1_000 + self.random.between(0, 2_000_000));
        Call::new(Actor::owner(), "demo", self.now, self.random.next())
    }

    /// A call that only reads: no time passes.
    pub fn reading(&self) -> Call {
        Call::new(Actor::owner(), "demo", self.now, 0)
    }

    /// Goes to an instant, never back.
    pub fn reach(&mut self, at: Instant) {
        self.now = self.now.max(at);
    }
}
