//! What can be promised for a day: what is there, what comes, and what is promised already.

use crate::time::Day;

/// A change of what is there on a day: more comes, or is due to a customer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected {
    pub on: Day,
    /// Base units; negative where they are due.
    pub qty: i64,
}

/// Returns, for today and each day on which something changes, what can be promised for that day
/// and every later one: the least there is from that day on. By day; never below zero.
///
/// `now` is what is on hand less what is kept back; what is due without a day is due `today`, as
/// is what was due before. Goods that should have come already are expected tomorrow.
pub fn available(now: i64, changes: &[Expected], today: Day) -> Vec<(Day, i64)> {
    let mut by_day = std::collections::BTreeMap::<i32, i64>::new();
    by_day.insert(today.number(), now);
    for change in changes {
        let earliest = if change.qty > 0 { today.plus_days(1) } else { today };
        let on = change.on.number().max(earliest.number());
        let sum = by_day.entry(on).or_default();
        *sum = sum.saturating_add(change.qty);
    }
    let mut there = 0_i64;
    let mut out: Vec<(Day, i64)> = by_day
        .into_iter()
        .map(|(on, change)| {
            there = there.saturating_add(change);
            (Day::from_number(on), there)
        })
        .collect();
    let mut least = i64::MAX;
    for (_, there) in out.iter_mut().rev() {
        least = least.min(*there);
        *there = least.max(0);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(number: i32) -> Day {
        Day::from_number(20_000 + number)
    }

    #[test]
    fn what_is_due_later_is_kept_for_then() {
        let change = |on: i32, qty: i64| Expected { on: day(on), qty };
        let changes = [change(10, 50), change(5, -30), change(-3, -5), change(-2, 20)];
        let found = available(20, &changes, day(0));
        let days: Vec<(i32, i64)> =
            found.iter().map(|(on, qty)| (on.number() - 20_000, *qty)).collect();
        assert_eq!(days, [(0, 5), (1, 5), (5, 5), (10, 55)]);
        assert_eq!(available(-4, &[], day(0)), [(day(0), 0)]);
    }

    /// The least there ever is.
    fn least(now: i64, changes: &[Expected]) -> i64 {
        let mut days: Vec<Expected> = changes.to_vec();
        days.sort_by_key(|one| (one.on.number(), one.qty < 0));
        let mut there = now;
        let sums = days.iter().map(|one| {
            there += one.qty;
            there
        });
        sums.min().unwrap_or(now).min(now)
    }

    proptest! {
        /// Promising what is available for a day leaves no later day short.
        #[test]
        fn a_promise_leaves_nobody_short(
            now in 0_i64..50, changes in proptest::collection::vec((1_i32..30, -20_i64..20), 0..20),
        ) {
            let mut changes: Vec<Expected> =
                changes.into_iter().map(|(on, qty)| Expected { on: day(on), qty }).collect();
            prop_assume!(least(now, &changes) >= 0);
            let found = available(now, &changes, day(0));
            prop_assert!(found.windows(2).all(|pair| pair[0].1 <= pair[1].1));
            for (on, qty) in found {
                changes.push(Expected { on, qty: -qty });
                prop_assert!(least(now, &changes) >= 0);
                changes.pop();
            }
        }
    }
}
