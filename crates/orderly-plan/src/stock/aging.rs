//! Stock that is too much, too old, or dead.

use crate::count::CountLaw;

/// A judgment of one item's stock at one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cover {
    /// Weeks that the stock lasts at the expected demand; infinite without demand.
    pub weeks: f64,
    /// Units beyond what 98 % of futures need over lead time, review and tolerance.
    pub excess_units: f64,
}

/// Returns how long stock lasts and how much of it is too much.
///
/// `demand` covers lead time, review period and the tolerated extra time.
#[must_use]
pub fn cover(on_hand: f64, daily: f64, demand: &CountLaw) -> Cover {
    let on_hand = on_hand.max(0.0);
    let weeks = if on_hand <= 0.0 {
        0.0
    } else if daily > 0.0 {
        on_hand / daily / 7.0
    } else {
        f64::INFINITY
    };
    Cover { weeks, excess_units: (on_hand - demand.quantile(0.98)).max(0.0) }
}

/// What is expected to be left at an age, and what that loses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leftover {
    pub units: f64,
    pub write_off: f64,
}

/// Returns the expected leftover E[(I − D)⁺] when `demand` covers the time until the age.
#[must_use]
pub fn leftover(on_hand: f64, demand: &CountLaw, unit_cost: f64, salvage: f64) -> Leftover {
    let on_hand = on_hand.max(0.0);
    // E[(I − D)⁺] = I − E[D] + E[(D − I)⁺].
    let units = (on_hand - demand.mean() + demand.expected_excess(on_hand)).max(0.0);
    Leftover { units, write_off: units * (unit_cost - salvage).max(0.0) }
}

/// Decides whether to mark down now: holding and the expected write-off exceed waiting's margin.
#[must_use]
pub fn should_mark_down(
    on_hand: f64,
    demand: &CountLaw,
    margin: f64,
    holding: f64,
    write_off: f64,
) -> bool {
    let sold = demand.mean() - demand.expected_excess(on_hand.max(0.0));
    holding * on_hand.max(0.0) + write_off > margin * sold
}

/// Returns the probability that nothing is sold in the next `days` (gamma–Poisson).
///
/// The rate's posterior after `sold` units in `observed_days`, from a prior worth `prior_days` days
/// with `prior_units` units: ((b + t)/(b + t + days))^(a + sold).
#[must_use]
pub fn silence(sold: f64, observed_days: f64, days: f64, prior_units: f64, prior_days: f64) -> f64 {
    let known = (prior_days.max(1e-9) + observed_days.max(0.0)).max(1e-9);
    let shape = (prior_units.max(1e-9) + sold.max(0.0)).max(1e-9);
    (known / (known + days.max(0.0))).powf(shape)
}

/// Above this probability of no sale in 90 days an item is dead.
pub const DEAD: f64 = 0.9;

/// Returns the probability that an item still sells at all (beta-geometric/NBD).
///
/// `sales` periods with a sale, the last one `last` periods after the first, `now` periods after
/// it. Each sale may be the last one with a chance drawn from Beta(`a`, `b`); the rate is
/// gamma-distributed with `shape` and `scale`.
#[must_use]
pub fn alive(sales: f64, last: f64, now: f64, shape: f64, scale: f64, a: f64, b: f64) -> f64 {
    if sales <= 0.0 {
        return 1.0;
    }
    let quiet = ((scale + now.max(last)) / (scale + last)).powf(shape + sales);
    1.0 / (1.0 + a / (b + sales - 1.0).max(1e-9) * quiet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excess_is_what_even_high_demand_leaves() {
        let demand = CountLaw::new(30.0, 2.0);
        let found = cover(100.0, 1.5, &demand);
        assert!((found.weeks - 100.0 / 10.5).abs() < 1e-9);
        assert!((found.excess_units - (100.0 - demand.quantile(0.98))).abs() < 1e-9);
        assert!(cover(5.0, 0.0, &demand).weeks.is_infinite());
    }

    #[test]
    fn the_leftover_agrees_with_its_sum() {
        let demand = CountLaw::new(6.0, 2.0);
        let direct: f64 = (0..10)
            .map(|k| {
                let k = f64::from(k);
                (10.0 - k) * (demand.cdf(k) - demand.cdf(k - 1.0))
            })
            .sum();
        let found = leftover(10.0, &demand, 7.0, 2.0);
        assert!((found.units - direct).abs() < 1e-9);
        assert!((found.write_off - 5.0 * direct).abs() < 1e-9);
    }

    #[test]
    fn long_silence_kills() {
        assert!(silence(1.0, 700.0, 90.0, 0.05, 10.0) > 0.85);
        assert!(silence(60.0, 90.0, 90.0, 1.0, 30.0) < 1e-6);
        let fresh = alive(12.0, 50.0, 52.0, 1.0, 4.0, 0.8, 2.5);
        let stale = alive(12.0, 10.0, 52.0, 1.0, 4.0, 0.8, 2.5);
        assert!(fresh > 0.8 && stale < 0.2, "{fresh} {stale}");
    }
}
