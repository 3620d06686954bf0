//! Runs a stock policy over real history, day by day, and adds up what it would have cost.

/// What a day costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// Holding one unit for a day.
    pub holding: f64,
    /// One unit of demand not met.
    pub shortage: f64,
    /// Placing one order.
    pub order: f64,
    /// The value of a unit, for the stock value.
    pub unit: f64,
}

/// What happened over the days.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Run {
    pub days: usize,
    pub demand: f64,
    pub lost: f64,
    pub orders: usize,
    pub units_ordered: f64,
    /// Replenishment cycles, and those in which nothing was lost.
    pub cycles: usize,
    pub cycles_served: usize,
    /// The mean stock at the close of a day, in units and in value.
    pub mean_stock: f64,
    pub mean_value: f64,
    pub holding_cost: f64,
    pub shortage_cost: f64,
    pub order_cost: f64,
    /// Stock on hand at the close of each day.
    pub on_hand: Vec<f64>,
}

impl Run {
    /// Returns the share of demand met; 1 without demand.
    #[must_use]
    pub fn fill_rate(&self) -> f64 {
        if self.demand > 0.0 { 1.0 - self.lost / self.demand } else { 1.0 }
    }

    /// Returns the share of cycles without a loss; 1 without cycles.
    #[must_use]
    pub fn cycle_service(&self) -> f64 {
        if self.cycles > 0 { self.cycles_served as f64 / self.cycles as f64 } else { 1.0 }
    }

    /// Returns the whole cost.
    #[must_use]
    pub fn cost(&self) -> f64 {
        self.holding_cost + self.shortage_cost + self.order_cost
    }
}

/// What the policy sees when it decides, at the close of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Close {
    /// Days since the start of the simulation; the first is 0.
    pub day: usize,
    pub on_hand: f64,
    pub on_order: f64,
}

/// Returns the days of demand that a level reviewed every `review` days must last in [`run`].
///
/// An order placed at a close arrives before the demand of the `lead`-th day after it; until the
/// next one arrives `lead` + `review` − 1 days are sold. A window of one day more holds a day's
/// demand for nothing.
#[must_use]
pub fn protected_days(lead: usize, review: usize) -> usize {
    lead.max(1) + review.max(1) - 1
}

/// Runs `decide` over the demand. Demand beyond stock is lost; stock is never negative.
///
/// A day: receipts arrive, demand is served, the day closes, `decide` returns the units to order
/// (negative or broken numbers order nothing). An order placed at the close of day *t* arrives
/// before the demand of day *t* + `lead_days`(order number), at the earliest the next day. The
/// first close, on which the first order can be placed, comes before the first demand.
pub fn run(
    demand: &[f64],
    opening: f64,
    costs: &Costs,
    mut lead_days: impl FnMut(usize) -> usize,
    mut decide: impl FnMut(&Close) -> f64,
) -> Run {
    let mut run = Run { days: demand.len(), ..Run::default() };
    let mut on_hand = if opening.is_finite() { opening.max(0.0) } else { 0.0 };
    let mut arriving: Vec<(usize, f64)> = Vec::new();
    let mut cycle_lost = 0.0;
    for (day, units) in demand.iter().enumerate() {
        // The close of the day before: order.
        let on_order = arriving.iter().map(|(_, units)| units).sum();
        let ordered = decide(&Close { day, on_hand, on_order });
        if ordered.is_finite() && ordered > 0.0 {
            let lead = lead_days(run.orders).max(1);
            arriving.push((day + lead - 1, ordered));
            run.orders += 1;
            run.units_ordered += ordered;
            run.order_cost += costs.order;
        }
        let mut received = 0.0;
        arriving.retain(|(due, units)| {
            let is_due = *due <= day;
            received += if is_due { *units } else { 0.0 };
            !is_due
        });
        if received > 0.0 {
            on_hand += received;
            run.cycles += 1;
            run.cycles_served += usize::from(cycle_lost <= 0.0);
            cycle_lost = 0.0;
        }
        let wanted = if units.is_finite() { units.max(0.0) } else { 0.0 };
        let lost = (wanted - on_hand).max(0.0);
        on_hand = (on_hand - wanted).max(0.0);
        cycle_lost += lost;
        run.demand += wanted;
        run.lost += lost;
        run.holding_cost += costs.holding * on_hand;
        run.shortage_cost += costs.shortage * lost;
        run.mean_stock += on_hand;
        run.on_hand.push(on_hand);
    }
    run.mean_stock /= demand.len().max(1) as f64;
    run.mean_value = run.mean_stock * costs.unit;
    run
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{Draws, mix};
    use crate::stock::reorder::Policy;

    const COSTS: Costs = Costs { holding: 0.1, shortage: 2.0, order: 1.0, unit: 5.0 };

    #[test]
    fn a_hand_computed_week() {
        // Opening 3, demand 2 a day, order 4 when the position is at most 2, lead time 2.
        let policy = Policy::PointAndLot { point: 2.0, lot: 4.0 };
        let decide = |close: &Close| policy.order(0, close.on_hand + close.on_order);
        let run = run(&[2.0; 6], 3.0, &COSTS, |_| 2, decide);
        assert_eq!(run.on_hand, [1.0, 0.0, 2.0, 0.0, 2.0, 0.0]);
        assert!((run.lost - 1.0).abs() < 1e-12);
        assert_eq!((run.orders, run.cycles, run.cycles_served), (3, 2, 1));
        assert!((run.cost() - (0.5 + 2.0 + 3.0)).abs() < 1e-9, "{}", run.cost());
    }

    #[test]
    fn a_level_of_the_protected_days_is_just_enough() {
        for (lead, review) in [(1, 1), (2, 7), (7, 7), (14, 3)] {
            let played = |level: f64| {
                let decide = |close: &Close| {
                    let is_due = close.day.is_multiple_of(review);
                    if is_due { level - close.on_hand - close.on_order } else { 0.0 }
                };
                run(&[3.0; 140], level, &COSTS, |_| lead, decide).lost
            };
            let level = 3.0 * protected_days(lead, review) as f64;
            assert!(played(level).abs() < 1e-9 && played(level - 1.0) > 0.0, "{lead} {review}");
        }
    }

    #[test]
    fn units_are_conserved_and_stock_is_never_negative() {
        for seed in 0..2_000 {
            let mut draws = Draws::new(mix(&[21, seed]));
            let demand: Vec<f64> =
                (0..60).map(|_| draws.poisson(3.0) as f64 - (draws.below(9) / 8) as f64).collect();
            let level = 5.0 + draws.below(30) as f64;
            let policy = Policy::PointAndLevel { point: level / 2.0, level };
            let opening = draws.below(20) as f64;
            let lead = 1 + draws.below(9);
            let mut open = 0.0;
            let run = run(
                &demand,
                opening,
                &COSTS,
                |_| lead,
                |close| {
                    open = close.on_order;
                    policy.order(0, close.on_hand + close.on_order)
                },
            );
            assert!(run.on_hand.iter().all(|units| *units >= 0.0));
            let left = run.on_hand.last().copied().unwrap_or(opening);
            let received = left - opening + run.demand - run.lost;
            assert!(received <= run.units_ordered + 1e-9 && received >= -1e-9);
            assert!((0.0..=1.0).contains(&run.fill_rate()));
        }
    }

    #[test]
    fn broken_orders_order_nothing() {
        let run = run(&[1.0, f64::NAN], 1.0, &COSTS, |_| 1, |_| f64::NAN);
        assert_eq!(run.orders, 0);
        assert!(run.lost.abs() < 1e-12);
    }
}
