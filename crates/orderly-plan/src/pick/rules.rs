//! The walking rules of thumb, kept as baselines for the exact path.

use crate::pick::{Block, Stop};

/// Returns the length of the S-shape walk: every aisle with stops is walked through.
///
/// With an odd number of aisles the last one is walked to its farthest stop and back.
#[must_use]
pub fn s_shape(block: &Block, stops: &[Stop]) -> f64 {
    let mut aisles: Vec<u32> = stops.iter().map(|stop| stop.aisle).collect();
    aisles.sort_unstable();
    aisles.dedup();
    let (Some(first), Some(last)) = (aisles.first(), aisles.last()) else { return 0.0 };
    let across = (first.abs_diff(block.depot) + (last - first) + last.abs_diff(block.depot)) as f64;
    let whole = aisles.len() as f64 * block.length;
    let along = if aisles.len().is_multiple_of(2) {
        whole
    } else {
        let here = stops.iter().filter(|stop| stop.aisle == *last).map(|stop| stop.along);
        whole - block.length + 2.0 * here.fold(0.0, f64::max)
    };
    across * block.spacing + along
}

/// Returns the length of the largest-gap walk: first and last aisle through, the others from both
/// ends except for their largest gap.
#[must_use]
pub fn largest_gap(block: &Block, stops: &[Stop]) -> f64 {
    let mut aisles: Vec<u32> = stops.iter().map(|stop| stop.aisle).collect();
    aisles.sort_unstable();
    aisles.dedup();
    let (Some(first), Some(last)) = (aisles.first(), aisles.last()) else { return 0.0 };
    let reach = |aisle: u32| {
        let mut places: Vec<f64> =
            stops.iter().filter(|stop| stop.aisle == aisle).map(|stop| stop.along).collect();
        places.extend([0.0, block.length]);
        places.sort_by(f64::total_cmp);
        let gap = places.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
        (gap, places[places.len() - 2])
    };
    let across = (first.abs_diff(block.depot) + (last - first) + last.abs_diff(block.depot)) as f64;
    let along = if aisles.len() == 1 {
        2.0 * reach(*first).1
    } else {
        let inner = &aisles[1..aisles.len() - 1];
        2.0 * block.length + inner.iter().map(|a| 2.0 * (block.length - reach(*a).0)).sum::<f64>()
    };
    across * block.spacing + along
}
