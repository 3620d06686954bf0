//! Turns the shortest walk into the sequence in which stops are reached.

use crate::pick::block::{Path, Walk};
use crate::pick::circuit::{Graph, circuit};
use crate::pick::{Block, Stop};

/// Returns the indexes of `stops` in the order of the walk from the depot (Hierholzer's circuit).
///
/// `path` must come from [`crate::pick::block::path`] for the same block and stops.
#[must_use]
pub fn sequence(block: &Block, stops: &[Stop], path: &Path) -> Vec<usize> {
    let aisles = path.walks.len();
    // Vertices: back and front end of each aisle, then the stops.
    let (back, front) = (|aisle: usize| 2 * aisle, |aisle: usize| 2 * aisle + 1);
    let mut graph = Graph::new(2 * aisles + stops.len());
    let along = |stop: usize| {
        let along = stops[stop].along;
        if along.is_finite() { along.clamp(0.0, block.length) } else { 0.0 }
    };
    for (aisle, walk) in path.walks.iter().enumerate() {
        let number = path.first_aisle + aisle as u32;
        let mut here: Vec<usize> =
            (0..stops.len()).filter(|stop| stops[*stop].aisle == number).collect();
        here.sort_by(|a, b| along(*a).total_cmp(&along(*b)).then(a.cmp(b)));
        let chain: Vec<usize> = std::iter::once(front(aisle))
            .chain(here.iter().map(|stop| 2 * aisles + stop))
            .chain(std::iter::once(back(aisle)))
            .collect();
        let places: Vec<f64> = std::iter::once(0.0)
            .chain(here.iter().map(|stop| along(*stop)))
            .chain(std::iter::once(block.length))
            .collect();
        let skipped = match walk {
            Walk::Through | Walk::Twice => None,
            Walk::FromBack => Some(0),
            Walk::FromFront => Some(chain.len() - 2),
            Walk::BothEnds => (0..chain.len() - 1)
                .max_by(|a, b| gap(&places, *a).total_cmp(&gap(&places, *b)).then(b.cmp(a))),
            Walk::Skip => continue,
        };
        for (at, pair) in chain.windows(2).enumerate() {
            if Some(at) != skipped {
                graph.link(pair[0], pair[1]);
                if *walk != Walk::Through {
                    graph.link(pair[0], pair[1]);
                }
            }
        }
    }
    for (aisle, (backs, fronts)) in path.crossings.iter().enumerate() {
        for _ in 0..*backs {
            graph.link(back(aisle), back(aisle + 1));
        }
        for _ in 0..*fronts {
            graph.link(front(aisle), front(aisle + 1));
        }
    }
    let depot = front((block.depot - path.first_aisle) as usize);
    let mut reached: Vec<usize> = Vec::with_capacity(stops.len());
    for vertex in circuit(&mut graph, depot) {
        if vertex >= 2 * aisles && !reached.contains(&(vertex - 2 * aisles)) {
            reached.push(vertex - 2 * aisles);
        }
    }
    reached
}

fn gap(places: &[f64], at: usize) -> f64 {
    places[at + 1] - places[at]
}
