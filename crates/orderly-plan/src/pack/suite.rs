//! Which few kinds of carton a merchant should keep, judged by the orders that were packed.
//!
//! A p-median over packing-feasible costs (Rogers 2020): every order goes into the cheapest kept
//! carton that holds it whole. Kinds are added greedily and exchanged until no exchange helps.

use crate::pack::choose::Packed;
use crate::pack::place::Packer;
use crate::pack::{Carriage, Carton, Unit};

/// What an order that no kept carton holds counts, so that serving orders comes before cost.
const UNSERVED: f64 = 1e9;

/// The best suite found of one size.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// The kinds kept, increasing.
    pub cartons: Vec<usize>,
    /// Cartons and carriage of all orders that fit one of them.
    pub cost: f64,
    /// Orders that fit none of them whole.
    pub unserved: usize,
    /// The volume of the units over that of the cartons they lie in, 0 to 1.
    pub fill: f64,
}

/// One order in one kind of carton: what it costs, and how full the carton is.
type Fit = Option<(f64, f64)>;

/// Returns the best suite found of every size from one to `most`.
///
/// Orders that fit no carton whole at all are unserved in every suite.
#[must_use]
pub fn suites(
    orders: &[Vec<Unit>],
    cartons: &[Carton],
    carriage: &Carriage,
    most: usize,
    packer: &mut Packer,
) -> Vec<Suite> {
    let fits: Vec<Vec<Fit>> = orders
        .iter()
        .filter(|units| !units.is_empty())
        .map(|units| cartons.iter().map(|one| fit(units, one, carriage, packer)).collect())
        .collect();
    let mut kept: Vec<usize> = Vec::new();
    let mut suites = Vec::new();
    while kept.len() < most.min(cartons.len()) {
        let free = (0..cartons.len()).filter(|carton| !kept.contains(carton));
        let added = free.map(|carton| {
            let mut wider = kept.clone();
            wider.push(carton);
            (total(&fits, &wider), carton)
        });
        let Some((_, best)) = added.min_by(|a, b| a.0.total_cmp(&b.0)) else { break };
        kept.push(best);
        exchange(&fits, &mut kept, cartons.len());
        kept.sort_unstable();
        suites.push(told(&fits, &kept));
    }
    suites
}

fn fit(units: &[Unit], carton: &Carton, carriage: &Carriage, packer: &mut Packer) -> Fit {
    let placed = packer.pack(units, carton)?;
    let weight = units.iter().map(|unit| u64::from(unit.weight_g)).sum();
    let cost = carton.price + carriage.charge(carton, weight);
    let packed = Packed { carton: 0, cost, placed };
    Some((cost, packed.fill(units, std::slice::from_ref(carton))))
}

fn cheapest(fits: &[Fit], kept: &[usize]) -> Fit {
    let own = kept.iter().filter_map(|carton| fits[*carton]);
    own.min_by(|a, b| a.0.total_cmp(&b.0))
}

fn total(fits: &[Vec<Fit>], kept: &[usize]) -> f64 {
    fits.iter().map(|order| cheapest(order, kept).map_or(UNSERVED, |fit| fit.0)).sum()
}

/// Exchanges one kept kind for another as long as that helps (Teitz and Bart 1968).
fn exchange(fits: &[Vec<Fit>], kept: &mut [usize], count: usize) {
    let mut cost = total(fits, kept);
    loop {
        let mut best: Option<(f64, usize, usize)> = None;
        for at in 0..kept.len() {
            let own = kept[at];
            for other in (0..count).filter(|other| !kept.contains(other)).collect::<Vec<_>>() {
                kept[at] = other;
                let with = total(fits, kept);
                if with < best.map_or(cost, |best| best.0) - 1e-9 {
                    best = Some((with, at, other));
                }
            }
            kept[at] = own;
        }
        let Some((with, at, other)) = best else { return };
        (kept[at], cost) = (other, with);
    }
}

fn told(fits: &[Vec<Fit>], kept: &[usize]) -> Suite {
    let served: Vec<(f64, f64)> = fits.iter().filter_map(|order| cheapest(order, kept)).collect();
    Suite {
        cartons: kept.to_vec(),
        cost: served.iter().map(|fit| fit.0).sum(),
        unserved: fits.len() - served.len(),
        fill: served.iter().map(|fit| fit.1).sum::<f64>() / served.len().max(1) as f64,
    }
}
