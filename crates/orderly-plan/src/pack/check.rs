//! Checks a packing from scratch: shares no code with the packer.

use crate::pack::place::SUPPORT_PERCENT;
use crate::pack::{Carton, Placed, Unit};

/// What is wrong with a packing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("unit {unit} is packed {times} times")]
    Times { unit: usize, times: usize },
    #[error("unit {unit} lies in a way its size or its upright side does not allow")]
    Turned { unit: usize },
    #[error("unit {unit} reaches out of the carton")]
    Outside { unit: usize },
    #[error("units {first} and {second} overlap")]
    Overlap { first: usize, second: usize },
    #[error("unit {unit} rests on less than 60 % of its base")]
    Unsupported { unit: usize },
    #[error("unit {upper} stands on fragile unit {lower}")]
    OnFragile { upper: usize, lower: usize },
    #[error("the contents weigh {weight_g} g, the carton holds {limit_g} g")]
    TooHeavy { weight_g: u64, limit_g: u64 },
}

/// Checks that the `expected` units, and only they, are packed properly.
///
/// # Errors
/// The first [`Fault`] in the order of its variants.
pub fn check(
    units: &[Unit],
    expected: &[usize],
    carton: &Carton,
    placed: &[Placed],
) -> Result<(), Fault> {
    for unit in 0..units.len() {
        let times = placed.iter().filter(|place| place.unit == unit).count();
        if times != usize::from(expected.contains(&unit)) {
            return Err(Fault::Times { unit, times });
        }
    }
    for place in placed {
        let (mut lies, mut is) = (place.size, units[place.unit].size);
        let upright = !units[place.unit].this_side_up || lies[2] == is[2];
        lies.sort_unstable();
        is.sort_unstable();
        if lies != is || !upright {
            return Err(Fault::Turned { unit: place.unit });
        }
        for axis in 0..3 {
            let end = u64::from(place.at[axis]) + u64::from(place.size[axis]);
            if end > u64::from(carton.size[axis]) {
                return Err(Fault::Outside { unit: place.unit });
            }
        }
    }
    for (index, first) in placed.iter().enumerate() {
        for second in &placed[index + 1..] {
            if common(first, second, 0) > 0
                && common(first, second, 1) > 0
                && common(first, second, 2) > 0
            {
                return Err(Fault::Overlap { first: first.unit, second: second.unit });
            }
        }
    }
    stands(units, placed)?;
    let weight_g: u64 = expected.iter().map(|unit| u64::from(units[*unit].weight_g)).sum();
    let limit_g = u64::from(carton.max_weight_g);
    if weight_g > limit_g { Err(Fault::TooHeavy { weight_g, limit_g }) } else { Ok(()) }
}

fn stands(units: &[Unit], placed: &[Placed]) -> Result<(), Fault> {
    for upper in placed.iter().filter(|place| place.at[2] > 0) {
        let mut area = 0;
        for lower in placed {
            if lower.at[2] + lower.size[2] != upper.at[2] {
                continue;
            }
            let touching = common(upper, lower, 0) * common(upper, lower, 1);
            if touching > 0 && units[lower.unit].fragile {
                return Err(Fault::OnFragile { upper: upper.unit, lower: lower.unit });
            }
            area += touching;
        }
        let own = u64::from(upper.size[0]) * u64::from(upper.size[1]);
        if area * 100 < own * SUPPORT_PERCENT {
            return Err(Fault::Unsupported { unit: upper.unit });
        }
    }
    Ok(())
}

/// Returns the common length of two units along an axis, in millimeters.
fn common(a: &Placed, b: &Placed, axis: usize) -> u64 {
    let end = |place: &Placed| u64::from(place.at[axis]) + u64::from(place.size[axis]);
    let start = u64::from(a.at[axis].max(b.at[axis]));
    end(a).min(end(b)).saturating_sub(start)
}
