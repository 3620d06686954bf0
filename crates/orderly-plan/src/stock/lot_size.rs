//! How much to order: economic lots under packs, minimums and price breaks.

/// What a supplier asks for one item.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// Cost of placing and receiving one order.
    pub order_cost: f64,
    /// Yearly holding cost as a share of the unit price.
    pub holding_share: f64,
    /// Units come in multiples of this.
    pub case_pack: u32,
    /// The fewest units in one order.
    pub minimum: u32,
    /// Unit prices by the units from which they hold, increasing; the first from zero.
    pub prices: Vec<(u32, f64)>,
}

/// A chosen lot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lot {
    pub units: u32,
    pub unit_price: f64,
    /// Ordering, holding and purchase cost of a year.
    pub yearly_cost: f64,
}

/// Why no lot can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LotError {
    #[error("the supplier has no price")]
    NoPrice,
    #[error("costs and prices must be numbers of at least zero")]
    NotANumber,
}

impl Terms {
    /// Returns the smallest orderable number of units of at least `units`.
    #[must_use]
    pub fn round_up(&self, units: f64) -> u32 {
        let pack = self.case_pack.max(1);
        let least = units.max(f64::from(self.minimum)).clamp(1.0, 1e9).ceil() as u32;
        least.div_ceil(pack).saturating_mul(pack)
    }

    fn price(&self, units: u32) -> Option<f64> {
        self.prices.iter().rev().find(|(from, _)| *from <= units).map(|(_, price)| *price)
    }

    fn cost(&self, units: u32, demand: f64) -> Option<Lot> {
        let unit_price = self.price(units)?;
        let orders = self.order_cost * demand / f64::from(units);
        let held = self.holding_share * unit_price * f64::from(units) / 2.0;
        Some(Lot { units, unit_price, yearly_cost: orders + held + unit_price * demand })
    }
}

/// Returns the lot of the least yearly cost for a yearly demand.
///
/// For every price the economic lot √(2KD/h) is rounded down and up to packs; every price break
/// is a candidate as well. Ties go to the smaller lot.
///
/// # Errors
/// [`LotError`] when prices are missing or not numbers.
pub fn choose(terms: &Terms, yearly_demand: f64) -> Result<Lot, LotError> {
    if terms.prices.is_empty() {
        return Err(LotError::NoPrice);
    }
    let sane = |x: f64| x.is_finite() && x >= 0.0;
    let prices = terms.prices.iter().all(|(_, price)| sane(*price));
    if !(prices && sane(terms.order_cost) && sane(terms.holding_share) && sane(yearly_demand)) {
        return Err(LotError::NotANumber);
    }
    let pack = terms.case_pack.max(1);
    let mut sizes = vec![terms.round_up(0.0)];
    for (from, price) in &terms.prices {
        sizes.push(terms.round_up(f64::from(*from)));
        let holding = terms.holding_share * price;
        if holding > 0.0 {
            let economic = (2.0 * terms.order_cost * yearly_demand / holding).sqrt();
            sizes.push(terms.round_up(economic));
            sizes.push(terms.round_up(economic - f64::from(pack)));
        } else {
            sizes.push(terms.round_up(yearly_demand));
        }
    }
    sizes.sort_unstable();
    let costs = sizes.iter().filter_map(|units| terms.cost(*units, yearly_demand));
    costs.min_by(|a, b| a.yearly_cost.total_cmp(&b.yearly_cost)).ok_or(LotError::NoPrice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> Terms {
        Terms {
            order_cost: 40.0,
            holding_share: 0.25,
            case_pack: 12,
            minimum: 24,
            prices: vec![(0, 10.0), (200, 9.5), (1_000, 9.4)],
        }
    }

    #[test]
    fn the_lot_is_the_best_of_all_multiples() {
        for demand in [0.0, 3.0, 150.0, 2_000.0, 90_000.0] {
            let lot = choose(&terms(), demand).unwrap();
            let every = (2..4_000).filter_map(|packs| terms().cost(packs * 12, demand));
            let best = every.min_by(|a, b| a.yearly_cost.total_cmp(&b.yearly_cost)).unwrap();
            assert!(lot.yearly_cost <= best.yearly_cost + 1e-9, "{demand}: {lot:?} {best:?}");
            assert!(lot.units.is_multiple_of(12) && lot.units >= 24);
        }
    }

    #[test]
    fn missing_or_broken_prices_are_refused() {
        assert_eq!(choose(&Terms { prices: vec![], ..terms() }, 1.0), Err(LotError::NoPrice));
        assert_eq!(choose(&terms(), f64::NAN), Err(LotError::NotANumber));
    }
}
