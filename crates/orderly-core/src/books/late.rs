//! Costs that become known after the goods came in: what of them is still held is worth more,
//! the rest belongs to what is gone. Movements that are posted are never valued again.

use crate::money::{MoneyError, split_minor};
use crate::qty::Qty;
use crate::units::{Level, LevelKey};

/// What a late cost does to one level, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    pub key: LevelKey,
    /// What the goods that the level still holds are worth more.
    pub inventory: i64,
    /// What belongs to goods that are gone from it.
    pub cost: i64,
}

/// Splits a late cost of goods received over what is still held of them and what is gone.
///
/// `levels` are the levels that may hold them, the one that received them first: each counts as
/// much as it holds, until all that was received is found. The amount is split by largest
/// remainder; a negative one takes no more from a level than its value. What is gone is the first
/// level's cost.
///
/// # Errors
/// Where the amount is out of range.
pub fn split(amount: i64, received: Qty, levels: &[Level]) -> Result<Vec<Part>, MoneyError> {
    let mut missing = received.get();
    let mut weights = Vec::with_capacity(levels.len() + 1);
    for level in levels {
        let found = level.held.get().min(missing);
        missing -= found;
        weights.push(found);
    }
    // Goods that were never there are gone.
    weights.push(if received.is_zero() { 1 } else { missing });
    let shares = split_minor(amount, &weights)?;
    let mut gone = shares.last().copied().unwrap_or(0);
    let mut parts = Vec::with_capacity(levels.len());
    for (level, share) in levels.iter().zip(shares) {
        let inventory = share.max(-level.value.max(0));
        gone += share - inventory;
        parts.push(Part { key: level.key, inventory, cost: 0 });
    }
    if let Some(first) = parts.first_mut() {
        first.cost = gone;
    }
    parts.retain(|part| part.inventory != 0 || part.cost != 0);
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::*;
    use proptest::prelude::*;

    fn level(location: u8, held: i64, value: i64) -> Level {
        let key = LevelKey {
            item: ItemId::from_bytes([1; 16]),
            location: LocationId::from_bytes([location; 16]),
            lot_class: LotId::NONE,
        };
        Level { held: Qty::new(held).unwrap(), value, ..Level::empty(key, None) }
    }

    fn parts(amount: i64, received: i64, levels: &[Level]) -> Vec<(i64, i64)> {
        let parts = split(amount, Qty::new(received).unwrap(), levels).unwrap();
        parts.iter().map(|part| (part.inventory, part.cost)).collect()
    }

    #[test]
    fn what_is_still_there_is_worth_more_and_what_is_gone_cost_more() {
        assert_eq!(parts(1_000, 10, &[level(1, 4, 400)]), [(400, 600)]);
        assert_eq!(parts(1_000, 10, &[level(1, 40, 400)]), [(1_000, 0)]);
        assert_eq!(parts(1_000, 10, &[level(1, 0, 0)]), [(0, 1_000)]);
        let moved = [level(1, 2, 20), level(2, 5, 50)];
        assert_eq!(parts(1_000, 10, &moved), [(200, 300), (500, 0)]);
        assert_eq!(parts(1_000, 0, &[level(1, 5, 50)]), [(0, 1_000)]);
    }

    #[test]
    fn a_level_never_becomes_worth_less_than_nothing() {
        assert_eq!(parts(-1_000, 10, &[level(1, 10, 300)]), [(-300, -700)]);
        assert_eq!(parts(-1_000, 10, &[level(1, 5, 900)]), [(-500, -500)]);
    }

    proptest! {
        /// Nothing is made or lost, and no level falls below zero.
        #[test]
        fn the_parts_sum_to_the_cost(
            amount in -1_000_000_i64..1_000_000,
            received in 0_i64..100,
            levels in proptest::collection::vec((0_i64..60, 0_i64..50_000), 1..5),
        ) {
            let levels: Vec<Level> =
                (1_u8..).zip(levels).map(|(at, (held, value))| level(at, held, value)).collect();
            let parts = split(amount, Qty::new(received).unwrap(), &levels).unwrap();
            let sum: i64 = parts.iter().map(|part| part.inventory + part.cost).sum();
            prop_assert_eq!(sum, amount);
            for part in parts {
                let level = levels.iter().find(|level| level.key == part.key).unwrap();
                prop_assert!(level.value + part.inventory >= 0);
            }
        }
    }
}
