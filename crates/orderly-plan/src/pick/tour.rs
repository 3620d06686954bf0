//! Walks through any floor: exact with up to four cross aisles or twelve stops, improved step by
//! step beyond.

use crate::pick::{Stop, blocks};

/// Aisles that are joined by any number of cross aisles.
#[derive(Debug, Clone, PartialEq)]
pub struct Floor {
    /// Meters between two neighboring aisles.
    pub spacing: f64,
    /// Where cross aisles meet the aisles, in meters from the front, increasing.
    pub crossings: Vec<f64>,
    pub depot: Stop,
}

/// A sequence of stops from the depot back to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tour {
    pub sequence: Vec<usize>,
    pub length: f64,
    /// True when no shorter tour exists.
    pub is_exact: bool,
}

/// Most stops that are solved exactly.
pub const MAX_EXACT_STOPS: usize = 12;

impl Floor {
    /// Returns the walking distance between two places, in meters; infinite without cross aisles.
    #[must_use]
    pub fn distance(&self, a: &Stop, b: &Stop) -> f64 {
        if a.aisle == b.aisle {
            return (a.along - b.along).abs();
        }
        let across = f64::from(a.aisle.abs_diff(b.aisle)) * self.spacing;
        let by = |crossing: &f64| (a.along - crossing).abs() + (b.along - crossing).abs();
        across + self.crossings.iter().map(by).fold(f64::INFINITY, f64::min)
    }

    /// Returns the shortest tour where the floor has up to four cross aisles ([`blocks`]); else a
    /// short one.
    #[must_use]
    pub fn tour(&self, stops: &[Stop]) -> Tour {
        blocks::shortest(self, stops).unwrap_or_else(|| self.improved(stops))
    }

    /// Returns a short tour: exact (Held–Karp) for few stops, else nearest neighbor, then 2-opt and
    /// Or-opt until neither helps. Serves floors of any shape, and proves [`blocks`].
    #[must_use]
    pub fn improved(&self, stops: &[Stop]) -> Tour {
        let places: Vec<Stop> = std::iter::once(self.depot).chain(stops.iter().copied()).collect();
        let count = places.len();
        let distances: Vec<f64> = (0..count * count)
            .map(|at| self.distance(&places[at / count], &places[at % count]))
            .collect();
        let between = |a: usize, b: usize| distances[a * count + b];
        if stops.len() <= MAX_EXACT_STOPS {
            return held_karp(count, between);
        }
        let mut route = nearest_neighbor(count, between);
        while two_opt(&mut route, between) || or_opt(&mut route, between) {}
        let length = length_of(&route, between);
        let sequence = route[1..].iter().map(|place| place - 1).collect();
        Tour { sequence, length, is_exact: false }
    }
}

fn length_of(route: &[usize], between: impl Fn(usize, usize) -> f64) -> f64 {
    let steps = route.windows(2).map(|pair| between(pair[0], pair[1]));
    steps.sum::<f64>() + route.last().map_or(0.0, |last| between(*last, 0))
}

fn held_karp(count: usize, between: impl Fn(usize, usize) -> f64) -> Tour {
    let stops = count - 1;
    if stops == 0 {
        return Tour { sequence: Vec::new(), length: 0.0, is_exact: true };
    }
    let sets = 1_usize << stops;
    let mut best = vec![f64::INFINITY; sets * stops];
    for last in 0..stops {
        best[(1 << last) * stops + last] = between(0, last + 1);
    }
    for set in 1..sets {
        for last in (0..stops).filter(|last| set & (1 << last) != 0) {
            let cost = best[set * stops + last];
            for next in (0..stops).filter(|next| set & (1 << next) == 0) {
                let to = (set | 1 << next) * stops + next;
                best[to] = best[to].min(cost + between(last + 1, next + 1));
            }
        }
    }
    let (mut set, mut next, mut sequence) = (sets - 1, 0, Vec::with_capacity(stops));
    let mut length = None;
    while set != 0 {
        let total = |last: &usize| best[set * stops + last] + between(last + 1, next);
        let last = (0..stops)
            .filter(|last| set & (1 << last) != 0)
            .min_by(|a, b| total(a).total_cmp(&total(b)))
            .expect("a set that is not empty has a last stop");
        length.get_or_insert(total(&last));
        sequence.push(last);
        set ^= 1 << last;
        next = last + 1;
    }
    sequence.reverse();
    Tour { sequence, length: length.unwrap_or(0.0), is_exact: true }
}

fn nearest_neighbor(count: usize, between: impl Fn(usize, usize) -> f64) -> Vec<usize> {
    let mut open: Vec<usize> = (1..count).collect();
    let mut route = vec![0];
    let mut here = 0;
    while !open.is_empty() {
        let nearest = (0..open.len())
            .min_by(|a, b| between(here, open[*a]).total_cmp(&between(here, open[*b])))
            .unwrap_or(0);
        here = open.remove(nearest);
        route.push(here);
    }
    route
}

/// Reverses one stretch if that shortens the route; tells whether it did.
fn two_opt(route: &mut [usize], between: impl Fn(usize, usize) -> f64) -> bool {
    let count = route.len();
    let mut improved = false;
    for i in 1..count {
        for j in i + 1..count {
            let after = if j + 1 < count { route[j + 1] } else { 0 };
            let old = between(route[i - 1], route[i]) + between(route[j], after);
            let new = between(route[i - 1], route[j]) + between(route[i], after);
            if new < old - 1e-9 {
                route[i..=j].reverse();
                improved = true;
            }
        }
    }
    improved
}

/// Moves one stretch of up to three stops if that shortens the route; tells whether it did.
fn or_opt(route: &mut Vec<usize>, between: impl Fn(usize, usize) -> f64) -> bool {
    let before = length_of(route, &between);
    for size in 1..=3 {
        for from in 1..route.len().saturating_sub(size - 1) {
            for to in 1..=route.len() - size {
                if to == from {
                    continue;
                }
                let mut moved = route.clone();
                let stretch: Vec<usize> = moved.drain(from..from + size).collect();
                moved.splice(to..to, stretch);
                if length_of(&moved, &between) < before - 1e-9 {
                    *route = moved;
                    return true;
                }
            }
        }
    }
    false
}
