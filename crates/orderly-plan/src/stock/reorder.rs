//! When to order and up to where: service, fill rate and cost targets.

use crate::stock::lead_time::Mixture;

/// What a policy aims at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// The probability that a cycle passes without a shortage.
    Cycle(f64),
    /// The share of units delivered from stock, for orders of the given size.
    Fill { share: f64, order_units: f64 },
    /// The balance of a shortage's cost per unit against holding a unit for a cycle.
    Cost { shortage: f64, holding: f64 },
}

impl Target {
    /// Returns the cycle service level that this target asks for, when it is one.
    ///
    /// A cost target asks for p/(p + h). Levels are kept within [0.01, 0.9999].
    #[must_use]
    pub fn level(&self) -> Option<f64> {
        let level = match self {
            Self::Cycle(level) => *level,
            Self::Cost { shortage, holding } => {
                let sum = shortage.max(0.0) + holding.max(0.0);
                if sum > 0.0 { shortage.max(0.0) / sum } else { 0.95 }
            }
            Self::Fill { .. } => return None,
        };
        Some(if level.is_nan() { 0.95 } else { level.clamp(0.01, 0.999_9) })
    }
}

/// Returns the position at which to order again, in whole units.
///
/// `demand` covers the lead time (continuous review) or lead time plus review (periodic review,
/// where the same figure is the order-up-to level).
#[must_use]
pub fn point(demand: &Mixture, target: Target) -> f64 {
    match (target.level(), target) {
        (Some(level), _) => demand.quantile(level),
        (None, Target::Fill { share, order_units }) => fill_point(demand, share, order_units),
        (None, Target::Cycle(_) | Target::Cost { .. }) => demand.quantile(0.95),
    }
}

/// Returns the smallest point whose expected shortage per cycle is at most (1 − share)·order.
///
/// The shortage of a cycle is E[(D − s)⁺] − E[(D − s − Q)⁺].
fn fill_point(demand: &Mixture, share: f64, order_units: f64) -> f64 {
    let order = if order_units.is_finite() { order_units.max(1.0) } else { 1.0 };
    let allowed = (1.0 - share.clamp(0.0, 0.999_9)) * order;
    let short = |point: f64| demand.expected_excess(point) - demand.expected_excess(point + order);
    if short(0.0) <= allowed {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, demand.quantile(0.999_9).max(1.0));
    while short(high) > allowed && high < 1e15 {
        high *= 2.0;
    }
    while high - low > 1.0 {
        let middle = ((low + high) / 2.0).floor();
        if short(middle) <= allowed { high = middle } else { low = middle }
    }
    high
}

/// Returns the safety stock of a point: what it holds beyond the expected demand (may be negative).
#[must_use]
pub fn safety_stock(demand: &Mixture, point: f64) -> f64 {
    point - demand.mean()
}

/// How stock is reviewed and filled up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Policy {
    /// At or below `point` order the smallest multiple of `lot` that lifts the position above it.
    PointAndLot { point: f64, lot: f64 },
    /// At or below `point` order up to `level`.
    PointAndLevel { point: f64, level: f64 },
    /// Every `review_days` order up to `level` in multiples of `pack`.
    Periodic { review_days: u32, level: f64, pack: f64 },
}

impl Policy {
    /// Returns the units to order on a day, given the stock position (on hand plus on order).
    ///
    /// `day` counts from the first review.
    #[must_use]
    pub fn order(&self, day: u32, position: f64) -> f64 {
        match self {
            Self::PointAndLot { point, lot } => {
                if position > *point {
                    return 0.0;
                }
                let lot = lot.max(1.0);
                (((point - position) / lot).floor() + 1.0) * lot
            }
            Self::PointAndLevel { point, level } => {
                if position > *point {
                    0.0
                } else {
                    (level.max(*point) - position).max(0.0).ceil()
                }
            }
            Self::Periodic { review_days, level, pack } => {
                if !day.is_multiple_of((*review_days).max(1)) || position >= *level {
                    return 0.0;
                }
                let pack = pack.max(1.0);
                ((level - position) / pack).ceil() * pack
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::CountLaw;

    #[test]
    fn the_fill_point_is_the_smallest_that_meets_the_share() {
        let demand = Mixture::of(CountLaw::new(14.0, 2.5));
        for share in [0.8, 0.95, 0.99] {
            let s = fill_point(&demand, share, 10.0);
            let short = |s: f64| demand.expected_excess(s) - demand.expected_excess(s + 10.0);
            assert!(short(s) <= (1.0 - share) * 10.0 + 1e-9);
            assert!(s < 1.0 || short(s - 1.0) > (1.0 - share) * 10.0);
        }
    }

    #[test]
    fn a_cost_target_is_the_critical_ratio() {
        let level = Target::Cost { shortage: 9.0, holding: 1.0 }.level().unwrap();
        assert!((level - 0.9).abs() < 1e-12);
    }

    #[test]
    fn orders_lift_the_position_as_the_policy_says() {
        let lots = Policy::PointAndLot { point: 10.0, lot: 6.0 };
        assert!((lots.order(0, 10.0) - 6.0).abs() < 1e-9);
        assert!((lots.order(0, 3.0) - 12.0).abs() < 1e-9);
        assert!(lots.order(0, 11.0).abs() < 1e-9);
        let weekly = Policy::Periodic { review_days: 7, level: 20.0, pack: 8.0 };
        assert!((weekly.order(14, 11.0) - 16.0).abs() < 1e-9);
        assert!(weekly.order(15, 0.0).abs() < 1e-9);
    }
}
