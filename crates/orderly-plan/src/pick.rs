//! Pick paths and batches: the shortest walk through the aisles, and which orders to walk together.
//!
//! [`block`] is exact for one block of parallel aisles, [`blocks`] for several; [`tour`] serves any
//! floor; [`walk`] turns a solution into a sequence of picks; [`batch`] groups orders onto carts.

pub mod batch;
pub mod block;
pub mod blocks;
mod circuit;
pub mod rules;
pub mod tour;
pub mod walk;

/// A place to pick from: the aisle, and the distance from its front end in meters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    pub aisle: u32,
    pub along: f64,
}

/// One block of parallel aisles between a front and a back cross aisle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    /// Meters between two neighboring aisles.
    pub spacing: f64,
    /// Meters of an aisle from front to back.
    pub length: f64,
    /// The aisle at whose front end every walk starts and ends.
    pub depot: u32,
}

/// The stops of one aisle, as the program sees them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reach {
    pub(crate) aisle: u32,
    /// The nearest and farthest stop from the front.
    pub(crate) near: f64,
    pub(crate) far: f64,
    /// The largest stretch without a stop, and where it begins.
    pub(crate) gap: f64,
    pub(crate) gap_from: f64,
    /// True where nothing is to be visited.
    pub(crate) is_empty: bool,
}

impl Block {
    /// Returns every aisle from the leftmost to the rightmost one in use, the depot included.
    ///
    /// Stops are clamped into their aisle; positions that are not numbers count as the front.
    pub(crate) fn reaches(&self, stops: &[Stop]) -> Vec<Reach> {
        let clean = |stop: &Stop| {
            let along = if stop.along.is_finite() { stop.along } else { 0.0 };
            (stop.aisle, along.clamp(0.0, self.length))
        };
        let mut sorted: Vec<(u32, f64)> = stops.iter().map(clean).collect();
        sorted.push((self.depot, 0.0));
        sorted.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut reaches: Vec<Reach> = Vec::new();
        for (aisle, along) in sorted {
            if let Some(last) = reaches.last_mut()
                && last.aisle == aisle
            {
                if along - last.far > last.gap {
                    (last.gap, last.gap_from) = (along - last.far, last.far);
                }
                last.far = along;
                continue;
            }
            let from = reaches.last().map_or(aisle, |last| last.aisle + 1);
            reaches.extend((from..aisle).map(|aisle| Reach { aisle, is_empty: true, ..EMPTY }));
            let own = Reach { aisle, near: along, far: along, gap: along, ..EMPTY };
            reaches.push(own);
        }
        for reach in reaches.iter_mut().filter(|reach| !reach.is_empty) {
            if self.length - reach.far > reach.gap {
                (reach.gap, reach.gap_from) = (self.length - reach.far, reach.far);
            }
        }
        reaches
    }
}

const EMPTY: Reach =
    Reach { aisle: 0, near: 0.0, far: 0.0, gap: 0.0, gap_from: 0.0, is_empty: false };
