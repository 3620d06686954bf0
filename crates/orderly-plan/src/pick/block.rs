//! The shortest walk through one block of aisles: exact, linear in aisles (Ratliff and Rosenthal
//! 1983).
//!
//! Aisle by aisle, the program keeps the cheapest partial walk for every way in which it can touch
//! the two ends of the aisle: even or odd, connected or not.

use crate::pick::{Block, Reach, Stop};

/// How an aisle is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// Through, once.
    Through,
    /// Through and back.
    Twice,
    /// In from the back end and out again.
    FromBack,
    /// In from the front end and out again.
    FromFront,
    /// In from both ends, leaving the largest gap out.
    BothEnds,
    /// Not entered.
    Skip,
}

const WALKS: [Walk; 6] =
    [Walk::Through, Walk::Twice, Walk::FromBack, Walk::FromFront, Walk::BothEnds, Walk::Skip];

/// Passages in the back and the front cross aisle from one aisle to the next.
const CROSSINGS: [(u8, u8); 5] = [(1, 1), (2, 0), (0, 2), (2, 2), (0, 0)];

// How the walk so far touches the back and front end: U odd, E even, 0 not at all.
const UU: usize = 0;
const BACK: usize = 1;
const FRONT: usize = 2;
const JOINED: usize = 3;
const APART: usize = 4;
const NONE: usize = 5;
const DONE: usize = 6;
const STATES: usize = 7;

/// The state after walking an aisle, by state before and walk (Ratliff and Rosenthal, table I).
const AFTER_WALK: [[usize; 6]; STATES] = [
    [JOINED, UU, UU, UU, UU, UU],
    [UU, JOINED, BACK, APART, APART, BACK],
    [UU, JOINED, APART, FRONT, APART, FRONT],
    [UU, JOINED, JOINED, JOINED, JOINED, JOINED],
    [UU, JOINED, APART, APART, APART, APART],
    [UU, JOINED, BACK, FRONT, APART, NONE],
    [STATES, STATES, STATES, STATES, STATES, DONE],
];

/// The state after crossing to the next aisle, by state before and crossing (table II).
const AFTER_CROSSING: [[usize; 5]; STATES] = [
    [UU, STATES, STATES, STATES, STATES],
    [STATES, BACK, STATES, APART, DONE],
    [STATES, STATES, FRONT, APART, DONE],
    [STATES, BACK, FRONT, JOINED, DONE],
    [STATES, STATES, STATES, APART, STATES],
    [STATES, STATES, STATES, STATES, NONE],
    [STATES, STATES, STATES, STATES, DONE],
];

/// The shortest walk: how each aisle is walked and how the cross aisles are passed.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    pub length: f64,
    /// The first aisle; the walks are of this one and the following ones.
    pub first_aisle: u32,
    pub walks: Vec<Walk>,
    /// Passages (back, front) from each aisle to the next.
    pub crossings: Vec<(u8, u8)>,
}

fn walk_length(walk: Walk, reach: &Reach, length: f64) -> f64 {
    match walk {
        Walk::Through => length,
        Walk::Twice => 2.0 * length,
        Walk::Skip if reach.is_empty => 0.0,
        Walk::Skip => f64::INFINITY,
        _ if reach.is_empty => f64::INFINITY,
        Walk::FromBack => 2.0 * (length - reach.near),
        Walk::FromFront => 2.0 * reach.far,
        Walk::BothEnds => 2.0 * (length - reach.gap),
    }
}

/// One layer of the program: costs and the choice that led there.
type Layer = [(f64, usize, usize); STATES];

const UNREACHED: Layer = [(f64::INFINITY, 0, 0); STATES];

fn after_walks(before: &Layer, reach: &Reach, block: &Block) -> Layer {
    let mut after = UNREACHED;
    for (choice, walk) in WALKS.iter().enumerate() {
        let length = walk_length(*walk, reach, block.length);
        if !length.is_finite() {
            continue;
        }
        for (state, (cost, ..)) in before.iter().enumerate() {
            let to = AFTER_WALK[state][choice];
            if to < STATES && cost + length < after[to].0 {
                after[to] = (cost + length, state, choice);
            }
        }
    }
    after
}

fn after_crossings(before: &Layer, block: &Block) -> Layer {
    let mut after = UNREACHED;
    for (state, (cost, ..)) in before.iter().enumerate() {
        for (choice, (back, front)) in CROSSINGS.iter().enumerate() {
            let to = AFTER_CROSSING[state][choice];
            let length = f64::from(back + front) * block.spacing;
            if to < STATES && cost + length < after[to].0 {
                after[to] = (cost + length, state, choice);
            }
        }
    }
    after
}

fn best_end(layer: &Layer) -> usize {
    let ends = [JOINED, BACK, FRONT, DONE];
    ends.into_iter().min_by(|a, b| layer[*a].0.total_cmp(&layer[*b].0)).unwrap_or(DONE)
}

/// Returns the length of the shortest walk from the depot through all stops and back, in meters.
#[must_use]
pub fn length(block: &Block, stops: &[Stop]) -> f64 {
    let reaches = block.reaches(stops);
    let mut layer = UNREACHED;
    layer[NONE].0 = 0.0;
    for (index, reach) in reaches.iter().enumerate() {
        if index > 0 {
            layer = after_crossings(&layer, block);
        }
        layer = after_walks(&layer, reach, block);
    }
    layer[best_end(&layer)].0
}

/// Returns the shortest walk itself.
#[must_use]
pub fn path(block: &Block, stops: &[Stop]) -> Path {
    let reaches = block.reaches(stops);
    let mut layers = Vec::with_capacity(2 * reaches.len());
    let mut layer = UNREACHED;
    layer[NONE].0 = 0.0;
    for (index, reach) in reaches.iter().enumerate() {
        if index > 0 {
            layer = after_crossings(&layer, block);
            layers.push(layer);
        }
        layer = after_walks(&layer, reach, block);
        layers.push(layer);
    }
    let mut state = best_end(&layer);
    let mut path = Path {
        length: layer[state].0,
        first_aisle: reaches.first().map_or(block.depot, |reach| reach.aisle),
        walks: Vec::with_capacity(reaches.len()),
        crossings: Vec::with_capacity(reaches.len()),
    };
    for (index, layer) in layers.iter().enumerate().rev() {
        let (_, before, choice) = layer[state];
        if index.is_multiple_of(2) {
            path.walks.push(WALKS[choice]);
        } else {
            path.crossings.push(CROSSINGS[choice]);
        }
        state = before;
    }
    path.walks.reverse();
    path.crossings.reverse();
    path
}
