//! One order to a supplier with a minimum: days of supply are raised evenly until it is met.

use crate::count::CountLaw;

/// One item of the supplier's order.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// On hand plus on order minus backordered, in units.
    pub position: f64,
    pub unit_price: f64,
    pub case_pack: u32,
    /// The expected units of a day, for days of supply beyond the level.
    pub daily: f64,
    /// The demand over lead time and review.
    pub demand: CountLaw,
    /// The order-up-to level without any minimum.
    pub level: f64,
    /// The cost of a unit short, and of holding one for the period that the order covers.
    pub shortage: f64,
    pub holding: f64,
}

/// What to order of each item, in units.
#[derive(Debug, Clone, PartialEq)]
pub struct SupplierOrder {
    pub units: Vec<u32>,
    pub value: f64,
    /// Days of supply that were added to meet the minimum.
    pub extra_days: f64,
    /// False when even a year of supply does not reach the minimum: better not to order.
    pub meets_minimum: bool,
}

/// The most days of supply that are added.
const MAX_DAYS: f64 = 365.0;

impl Candidate {
    fn packs(&self, extra_days: f64) -> u32 {
        let level = self.level + self.daily.max(0.0) * extra_days;
        let short = (level - self.position).max(0.0);
        (short / f64::from(self.case_pack.max(1))).ceil().min(1e6) as u32
    }

    /// Returns the expected saving of holding one more pack: shortage avoided less holding.
    fn gain(&self, packs: u32) -> f64 {
        let pack = f64::from(self.case_pack.max(1));
        let have = self.position + f64::from(packs) * pack;
        let avoided =
            self.demand.expected_excess(have.max(0.0)) - self.demand.expected_excess(have + pack);
        self.shortage * avoided - self.holding * (pack - avoided)
    }

    fn pack_value(&self) -> f64 {
        self.unit_price.max(0.0) * f64::from(self.case_pack.max(1))
    }
}

/// Decides an order of at least `minimum` value with the fewest extra days of supply.
///
/// The days are found by bisection; then packs are dropped, least gain first, while the minimum
/// still holds and the pack was only bought for it.
#[must_use]
pub fn decide(items: &[Candidate], minimum: f64) -> SupplierOrder {
    let value = |days: f64| -> f64 {
        items.iter().map(|item| f64::from(item.packs(days)) * item.pack_value()).sum()
    };
    let base = value(0.0);
    if base <= 0.0 && minimum > 0.0 {
        // Nothing is needed: a minimum alone is no reason to order.
        return SupplierOrder {
            units: vec![0; items.len()],
            value: 0.0,
            extra_days: 0.0,
            meets_minimum: false,
        };
    }
    let meets_minimum = value(MAX_DAYS) >= minimum;
    let days = if base >= minimum || !meets_minimum {
        0.0
    } else {
        let (mut low, mut high) = (0.0, MAX_DAYS);
        for _ in 0..50 {
            let middle = (low + high) / 2.0;
            if value(middle) >= minimum { high = middle } else { low = middle }
        }
        high
    };
    let mut packs: Vec<u32> = items.iter().map(|item| item.packs(days)).collect();
    let mut total = value(days);
    if days > 0.0 {
        drop_needless(items, &mut packs, &mut total, minimum);
    }
    let units =
        items.iter().zip(&packs).map(|(item, packs)| packs * item.case_pack.max(1)).collect();
    SupplierOrder { units, value: total, extra_days: days, meets_minimum }
}

/// Drops packs beyond the plain need, least gain first, while the value stays above the minimum.
fn drop_needless(items: &[Candidate], packs: &mut [u32], total: &mut f64, minimum: f64) {
    loop {
        let droppable = (0..items.len())
            .filter(|at| packs[*at] > items[*at].packs(0.0))
            .filter(|at| *total - items[*at].pack_value() >= minimum)
            .map(|at| (items[at].gain(packs[at] - 1), at))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, at)) = droppable else { return };
        packs[at] -= 1;
        *total -= items[at].pack_value();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(position: f64, level: f64) -> Candidate {
        Candidate {
            position,
            unit_price: 10.0,
            case_pack: 6,
            daily: 2.0,
            demand: CountLaw::new(20.0, 1.5),
            level,
            shortage: 5.0,
            holding: 0.2,
        }
    }

    #[test]
    fn a_small_need_is_raised_to_the_minimum_and_not_far_beyond() {
        let items = [item(15.0, 30.0), item(28.0, 30.0)];
        let order = decide(&items, 900.0);
        assert!(order.meets_minimum && order.value >= 900.0 && order.value < 960.0 + 1e-9);
        assert!(order.units.iter().all(|units| units % 6 == 0));
        assert!(order.extra_days > 0.0);
    }

    #[test]
    fn no_need_means_no_order() {
        let order = decide(&[item(100.0, 30.0)], 500.0);
        assert_eq!((order.units, order.meets_minimum), (vec![0], false));
    }
}
