//! Stock that cannot be bought again: the season's one order, and sharing scarce units out.

use crate::count::CountLaw;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// What one unit of a season's item brings and costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Season {
    pub price: f64,
    pub cost: f64,
    /// What a unit left over still brings.
    pub salvage: f64,
    /// What a lost sale costs beside the margin.
    pub goodwill: f64,
}

impl Season {
    /// Returns the ratio (price − cost + goodwill)/(price − salvage + goodwill), within [0, 1].
    #[must_use]
    pub fn critical_ratio(&self) -> f64 {
        let up = self.price - self.cost + self.goodwill;
        let down = self.price - self.salvage + self.goodwill;
        if up <= 0.0 || down <= 0.0 || !up.is_finite() { 0.0 } else { (up / down).min(1.0) }
    }

    /// Returns the units to buy once for the season (newsvendor); zero when no unit pays.
    #[must_use]
    pub fn units(&self, demand: &CountLaw) -> f64 {
        let ratio = self.critical_ratio();
        if ratio <= 0.0 { 0.0 } else { demand.quantile(ratio) }
    }
}

/// A store that competes for scarce units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Store {
    pub demand: CountLaw,
    /// What a sold unit brings there.
    pub margin: f64,
    /// Units that are there already.
    pub held: u32,
}

#[derive(Debug, PartialEq)]
struct Bid {
    gain: f64,
    store: usize,
}

impl Eq for Bid {}

impl Ord for Bid {
    fn cmp(&self, other: &Self) -> Ordering {
        self.gain.total_cmp(&other.gain).then(other.store.cmp(&self.store))
    }
}

impl PartialOrd for Bid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Shares `units` among stores so that the expected margin is the largest possible.
///
/// A unit more brings margin·P(D > x), which falls with x: giving each unit to the highest bid is
/// exact. Units that bring nothing anywhere are kept back. Ties go to the earlier store.
#[must_use]
pub fn share(stores: &[Store], units: u32) -> Vec<u32> {
    let mut given = vec![0_u32; stores.len()];
    let gain = |store: &Store, given: u32| {
        let held = f64::from(store.held) + f64::from(given);
        store.margin.max(0.0) * (1.0 - store.demand.cdf(held))
    };
    let mut bids: BinaryHeap<Bid> = stores
        .iter()
        .enumerate()
        .map(|(index, store)| Bid { gain: gain(store, 0), store: index })
        .collect();
    for _ in 0..units {
        let Some(bid) = bids.pop().filter(|bid| bid.gain > 0.0) else { break };
        given[bid.store] += 1;
        let next = gain(&stores[bid.store], given[bid.store]);
        bids.push(Bid { gain: next, store: bid.store });
    }
    given
}

/// Returns how many of its units a store may give away to ship a web order.
///
/// A unit is released only while the gain of shipping it from here exceeds the margin that walk-in
/// customers would bring: margin·P(D ≥ units left).
#[must_use]
pub fn releasable(store: &Store, routing_gain: f64) -> u32 {
    let mut left = store.held;
    while left > 0 {
        let walk_in = store.margin.max(0.0) * (1.0 - store.demand.cdf(f64::from(left) - 1.0));
        if routing_gain <= walk_in {
            break;
        }
        left -= 1;
    }
    store.held - left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_season_order_maximizes_expected_profit() {
        let season = Season { price: 30.0, cost: 12.0, salvage: 4.0, goodwill: 2.0 };
        let demand = CountLaw::new(25.0, 3.0);
        let profit = |q: f64| {
            let short = demand.expected_excess(q);
            let sold = demand.mean() - short;
            30.0 * sold + 4.0 * (q - sold) - 12.0 * q - 2.0 * short
        };
        let best = (0..120).map(f64::from).max_by(|a, b| profit(*a).total_cmp(&profit(*b)));
        assert!((season.units(&demand) - best.unwrap()).abs() < 1e-9);
        assert!(Season { cost: 40.0, ..season }.units(&demand) < 1e-9);
    }

    #[test]
    fn sharing_is_as_good_as_every_other_way_to_share() {
        let store = |mean, margin, held| Store { demand: CountLaw::new(mean, 1.5), margin, held };
        let stores = [store(2.0, 5.0, 0), store(4.0, 3.0, 1), store(1.0, 9.0, 0)];
        let value = |given: &[u32]| -> f64 {
            let sold = |(store, given): (&Store, &u32)| {
                let have = f64::from(store.held + given);
                store.margin * (store.demand.mean() - store.demand.expected_excess(have))
            };
            stores.iter().zip(given).map(sold).sum()
        };
        for units in 0..9 {
            let given = share(&stores, units);
            let mut best = 0.0_f64;
            for a in 0..=units {
                for b in 0..=units - a {
                    best = best.max(value(&[a, b, units - a - b]));
                }
            }
            assert!(value(&given) >= best - 1e-9, "{units}");
        }
    }

    #[test]
    fn a_store_keeps_what_its_customers_will_want() {
        let store = Store { demand: CountLaw::new(3.0, 1.2), margin: 10.0, held: 8 };
        let few = releasable(&store, 1.0);
        assert!(few < releasable(&store, 9.0));
        assert_eq!(releasable(&store, 0.0), 0);
        assert_eq!(releasable(&store, 11.0), 8);
    }
}
