//! Filling demands from levels, and choosing the fewest locations that fill the most.

use std::collections::HashMap;

use super::{Candidate, Demand, Need, Stock, Take};
use crate::id::LocationId;
use crate::order::Cut;
use crate::qty::Qty;
use crate::units::cut::yields;
use crate::units::{Level, LevelKey};

/// How many of the best candidates are tried together.
const TRIED_TOGETHER: usize = 12;

/// What was chosen.
pub struct Choice {
    /// In the order in which they serve.
    pub locations: Vec<LocationId>,
    pub takes: Vec<Take>,
    pub short: Vec<Qty>,
    /// What each candidate could fill alone.
    pub alone: Vec<i64>,
}

impl Choice {
    /// How many of the demands' own units a location fills.
    pub fn filled_at(&self, location: LocationId, demands: &[Demand]) -> i64 {
        let filled = |demand: &Demand| {
            let Some(need) = demand.needs.first() else { return 0 };
            let own = self.takes.iter();
            let own = own.filter(|take| take.line == need.line && take.level.location == location);
            own.map(|take| take.serves.get() / need.per.get().max(1)).sum::<i64>()
        };
        demands.iter().map(filled).sum()
    }
}

/// One way of serving: what it takes and what it leaves short.
struct Attempt {
    takes: Vec<Take>,
    short: Vec<Qty>,
    filled: i64,
}

/// Chooses among candidates that are sorted by preference.
pub fn choose(demands: &[Demand], candidates: &[Candidate], stock: &Stock) -> Choice {
    let total: i64 = demands.iter().map(|demand| demand.wanted.get()).sum();
    let mut alone = Vec::with_capacity(candidates.len());
    let mut first_full = None;
    for (index, candidate) in candidates.iter().enumerate() {
        let attempt = serve(demands, &[candidate.location], stock);
        alone.push(attempt.filled);
        if attempt.filled == total && first_full.is_none() {
            first_full = Some((index, attempt));
        }
    }
    if let Some((index, attempt)) = first_full {
        let locations = vec![candidates[index].location];
        return Choice { locations, takes: attempt.takes, short: attempt.short, alone };
    }
    let mut useful: Vec<usize> = (0..candidates.len()).filter(|i| alone[*i] > 0).collect();
    useful.sort_by_key(|index| (std::cmp::Reverse(alone[*index]), *index));
    useful.truncate(TRIED_TOGETHER);
    useful.sort_unstable();
    let best = together(demands, candidates, &useful, stock, total);
    let (locations, attempt) = best.unwrap_or_else(|| (Vec::new(), serve(demands, &[], stock)));
    Choice { locations, takes: attempt.takes, short: attempt.short, alone }
}

/// The smallest set of locations that fills everything; else the one that fills the most with the
/// fewest. Sets of equal size are tried in order of preference.
fn together(
    demands: &[Demand],
    candidates: &[Candidate],
    useful: &[usize],
    stock: &Stock,
    total: i64,
) -> Option<(Vec<LocationId>, Attempt)> {
    let mut best: Option<(Vec<LocationId>, Attempt)> = None;
    for size in 1..=useful.len() {
        let before = best.as_ref().map_or(0, |(_, attempt)| attempt.filled);
        for set in subsets(useful, size) {
            let locations: Vec<LocationId> =
                set.iter().map(|index| candidates[*index].location).collect();
            let attempt = serve(demands, &locations, stock);
            let full = attempt.filled == total;
            if attempt.filled > best.as_ref().map_or(0, |(_, best)| best.filled) {
                best = Some((locations, attempt));
            }
            if full {
                return best;
            }
        }
        // One more location that adds nothing means none will: supplies only add up.
        if best.as_ref().map_or(0, |(_, attempt)| attempt.filled) == before {
            break;
        }
    }
    best
}

/// All subsets of a size, in lexicographic order of the indices.
fn subsets(from: &[usize], size: usize) -> Vec<Vec<usize>> {
    let mut out = Vec::new();
    let mut picked: Vec<usize> = (0..size).collect();
    while size <= from.len() && size > 0 {
        out.push(picked.iter().map(|index| from[*index]).collect());
        let Some(at) = (0..size).rev().find(|at| picked[*at] < from.len() - size + at) else {
            break;
        };
        picked[at] += 1;
        for next in at + 1..size {
            picked[next] = picked[next - 1] + 1;
        }
    }
    out
}

/// Serves the demands from the locations in order: each takes what it can of what is left.
fn serve(demands: &[Demand], locations: &[LocationId], stock: &Stock) -> Attempt {
    let mut used = HashMap::<LevelKey, Qty>::new();
    let mut takes = Vec::new();
    let mut short: Vec<Qty> = demands.iter().map(|demand| demand.wanted).collect();
    let mut filled = 0;
    for location in locations {
        for (demand, left) in demands.iter().zip(&mut short) {
            if left.is_zero() {
                continue;
            }
            let got = serve_at(demand, *left, *location, stock, &mut used, &mut takes);
            *left = left.less(got);
            filled += got.get();
        }
    }
    Attempt { takes, short, filled }
}

/// Takes as much of one demand as a location has, at most `left`, and returns it.
fn serve_at(
    demand: &Demand,
    left: Qty,
    location: LocationId,
    stock: &Stock,
    used: &mut HashMap<LevelKey, Qty>,
    takes: &mut Vec<Take>,
) -> Qty {
    let possible = |need: &Need, used: &HashMap<LevelKey, Qty>| {
        stock
            .at(need.item, location)
            .map(|level| gives(need, level, free(level, used)))
            .sum::<i64>()
    };
    let least = demand.needs.iter().map(|need| possible(need, used)).min().unwrap_or(0);
    let count = least.min(left.get());
    if count <= 0 {
        return Qty::ZERO;
    }
    for need in &demand.needs {
        take(need, count, location, stock, used, takes);
    }
    Qty::new(count).expect("above zero")
}

fn free(level: &Level, used: &HashMap<LevelKey, Qty>) -> Qty {
    level.available().less(used.get(&level.key).copied().unwrap_or(Qty::ZERO))
}

/// How many of the demand's units a level gives for a need.
fn gives(need: &Need, level: &Level, free: Qty) -> i64 {
    match (need.piece, level.piece) {
        (Some(piece), Some(from)) => free.get() / from.get() * yields(from, piece, need.kerf),
        (Some(_), None) => 0,
        (None, _) => free.get() / need.per.get().max(1),
    }
}

/// Takes `count` for one need: the exact length first, then the shortest piece that serves.
fn take(
    need: &Need,
    count: i64,
    location: LocationId,
    stock: &Stock,
    used: &mut HashMap<LevelKey, Qty>,
    takes: &mut Vec<Take>,
) {
    let mut left = count;
    // Levels come with the shortest pieces first, so an exact length comes before longer ones.
    for level in stock.at(need.item, location) {
        let here = left.min(gives(need, level, free(level, used)));
        if here <= 0 {
            continue;
        }
        let serves = need.per.times(here).expect("bounded by the demand");
        let (taken, cut) = match (need.piece, level.piece) {
            (Some(piece), Some(from)) if piece != from => {
                let each = yields(from, piece, need.kerf);
                let sources = here / each + i64::from(here % each != 0);
                let cut = Cut { from, into: piece, wanted: here, kerf: need.kerf };
                (from.times(sources).expect("bounded by the level"), Some(cut))
            }
            _ => (serves, None),
        };
        let before = used.get(&level.key).copied().unwrap_or(Qty::ZERO);
        used.insert(level.key, before.plus(taken).expect("bounded by the level"));
        takes.push(Take { line: need.line, level: level.key, takes: taken, serves, cut });
        left -= here;
    }
}
