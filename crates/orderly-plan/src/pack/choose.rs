//! Chooses cartons: the cheapest one that holds everything, or the cheapest set of several.

use crate::pack::place::{FEW_TRIES, Packer, TRIES, misfit};
use crate::pack::{Carriage, Carton, Placed, Unit, volume};

/// Up to this many units the set of cartons is exact over all partitions (given the packer).
pub const MAX_EXACT_UNITS: usize = 9;

/// One packed carton.
#[derive(Debug, Clone, PartialEq)]
pub struct Packed {
    /// The index of the carton's kind.
    pub carton: usize,
    pub cost: f64,
    pub placed: Vec<Placed>,
}

impl Packed {
    /// Returns the part of the carton's inside that is filled, 0 to 1.
    #[must_use]
    pub fn fill(&self, units: &[Unit], cartons: &[Carton]) -> f64 {
        let used: u64 = self.placed.iter().map(|place| units[place.unit].volume()).sum();
        used as f64 / volume(cartons[self.carton].size).max(1) as f64
    }
}

/// Why an order cannot be packed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    #[error("unit {unit} fits no carton: {reason}")]
    NoCarton { unit: usize, reason: &'static str },
    #[error("unit {unit} has a side of zero or beyond 100 m")]
    BadSize { unit: usize },
    #[error("there are no cartons")]
    NoCartons,
}

/// Longest side that is taken as real, in millimeters.
const MAX_SIDE: u32 = 100_000;

/// Packs the units into one carton if one holds them all, otherwise into several.
///
/// Unit indexes in the result refer to `units`.
///
/// # Errors
/// [`PackError`] when some unit fits no carton.
pub fn choose(
    units: &[Unit],
    cartons: &[Carton],
    carriage: &Carriage,
    packer: &mut Packer,
) -> Result<Vec<Packed>, PackError> {
    if cartons.is_empty() {
        return Err(PackError::NoCartons);
    }
    let sane = |side: &u32| (1..=MAX_SIDE).contains(side);
    if let Some(unit) = units.iter().position(|unit| !unit.size.iter().all(sane)) {
        return Err(PackError::BadSize { unit });
    }
    for (index, unit) in units.iter().enumerate() {
        let alone = std::slice::from_ref(unit);
        let reasons: Vec<_> = cartons.iter().map(|carton| misfit(alone, carton)).collect();
        if let Some(Some(reason)) = reasons.iter().find(|reason| reason.is_some())
            && reasons.iter().all(Option::is_some)
        {
            return Err(PackError::NoCarton { unit: index, reason });
        }
    }
    if units.is_empty() {
        return Ok(Vec::new());
    }
    let all: Vec<usize> = (0..units.len()).collect();
    let single = cheapest(units, &all, cartons, carriage, packer, TRIES);
    if let Some(packed) = single {
        return Ok(vec![packed]);
    }
    if units.len() <= MAX_EXACT_UNITS {
        Ok(partition(units, cartons, carriage, packer))
    } else {
        Ok(greedily(units, cartons, carriage, packer))
    }
}

/// Returns the cheapest carton that holds the named units.
fn cheapest(
    units: &[Unit],
    named: &[usize],
    cartons: &[Carton],
    carriage: &Carriage,
    packer: &mut Packer,
    tries: usize,
) -> Option<Packed> {
    let chosen: Vec<Unit> = named.iter().map(|unit| units[*unit]).collect();
    let weight: u64 = chosen.iter().map(|unit| u64::from(unit.weight_g)).sum();
    let mut ranked: Vec<(f64, usize)> = cartons
        .iter()
        .enumerate()
        .map(|(index, carton)| (carton.price + carriage.charge(carton, weight), index))
        .collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    ranked.into_iter().find_map(|(cost, carton)| {
        let mut placed = packer.pack_within(&chosen, &cartons[carton], tries)?;
        for place in &mut placed {
            place.unit = named[place.unit];
        }
        Some(Packed { carton, cost, placed })
    })
}

/// The cheapest partition of the units into cartons, over every subset.
fn partition(
    units: &[Unit],
    cartons: &[Carton],
    carriage: &Carriage,
    packer: &mut Packer,
) -> Vec<Packed> {
    let sets = 1_usize << units.len();
    let members = |set: usize| -> Vec<usize> {
        (0..units.len()).filter(|unit| set & (1 << unit) != 0).collect()
    };
    // Equal units are interchangeable: only sets that take the first ones of each kind matter,
    // but every set is priced once and remembered by what it holds.
    let mut known: std::collections::BTreeMap<Vec<usize>, Option<Packed>> =
        std::collections::BTreeMap::new();
    let first_alike: Vec<usize> = units
        .iter()
        .map(|unit| units.iter().position(|other| other == unit).unwrap_or(0))
        .collect();
    let mut single: Vec<f64> = vec![f64::INFINITY; sets];
    for (set, cost) in single.iter_mut().enumerate().skip(1) {
        let named = members(set);
        let mut kinds: Vec<usize> = named.iter().map(|unit| first_alike[*unit]).collect();
        kinds.sort_unstable();
        let packed = known
            .entry(kinds)
            .or_insert_with(|| cheapest(units, &named, cartons, carriage, packer, FEW_TRIES));
        *cost = packed.as_ref().map_or(f64::INFINITY, |packed| packed.cost);
    }
    let mut total = vec![0.0; sets];
    let mut first = vec![0; sets];
    for set in 1..sets {
        let low = set & set.wrapping_neg();
        let rest = set ^ low;
        let (mut best, mut part, mut others) = (f64::INFINITY, low, rest);
        loop {
            let own = others | low;
            let cost = single[own] + total[set ^ own];
            if cost < best {
                (best, part) = (cost, own);
            }
            if others == 0 {
                break;
            }
            others = (others - 1) & rest;
        }
        total[set] = best;
        first[set] = part;
    }
    let mut result = Vec::new();
    let mut left = sets - 1;
    while left != 0 {
        let part = first[left];
        let named = members(part);
        result.extend(cheapest(units, &named, cartons, carriage, packer, FEW_TRIES));
        left ^= part;
    }
    result
}

/// Fills cartons one after the other, largest units first, then gives each the cheapest carton.
fn greedily(
    units: &[Unit],
    cartons: &[Carton],
    carriage: &Carriage,
    packer: &mut Packer,
) -> Vec<Packed> {
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.sort_by_key(|unit| (std::cmp::Reverse(units[*unit].volume()), *unit));
    let mut groups: Vec<(Vec<usize>, Packed)> = Vec::new();
    for unit in order {
        let mut home: Option<(f64, usize, Vec<usize>, Packed)> = None;
        for (at, (group, packed)) in groups.iter().enumerate() {
            let mut wider = group.clone();
            wider.push(unit);
            if let Some(together) = cheapest(units, &wider, cartons, carriage, packer, FEW_TRIES) {
                let added = together.cost - packed.cost;
                if home.as_ref().is_none_or(|(least, ..)| added < *least) {
                    home = Some((added, at, wider, together));
                }
            }
        }
        let alone = cheapest(units, &[unit], cartons, carriage, packer, FEW_TRIES);
        match (home, alone) {
            (Some((added, at, wider, together)), Some(alone)) if added <= alone.cost => {
                groups[at] = (wider, together);
            }
            (Some((_, at, wider, together)), None) => groups[at] = (wider, together),
            (_, Some(alone)) => groups.push((vec![unit], alone)),
            (None, None) => {}
        }
    }
    groups.into_iter().map(|(_, packed)| packed).collect()
}
