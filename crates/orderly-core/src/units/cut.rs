//! Cutting length goods: which pieces serve a demand, and what a cut leaves.

use crate::order::Cut;
use crate::qty::Qty;

/// How many pieces of length `into` one source piece gives, losing `kerf` at every cut.
pub fn yields(from: Qty, into: Qty, kerf: Qty) -> i64 {
    if into.is_zero() || into > from {
        return 0;
    }
    if into == from {
        return 1;
    }
    // n pieces need n − 1 cuts, and one more where something is left over.
    let (from, into, kerf) = (from.get(), into.get(), kerf.get());
    (from + kerf) / (into + kerf)
}

/// What cutting one source piece gives. Lengths in mm; they sum to the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pieces {
    pub wanted: i64,
    pub offcut: Qty,
    pub kerf: Qty,
}

/// Cuts `wanted` pieces from one source piece. `None` where it does not yield them.
pub fn cut_one(cut: &Cut, wanted: i64) -> Option<Pieces> {
    if wanted > yields(cut.from, cut.into, cut.kerf) || wanted <= 0 {
        return None;
    }
    let used = cut.into.times(wanted)?;
    let left = cut.from.minus(used)?;
    let cuts = if left.is_zero() { wanted - 1 } else { wanted };
    let lost = cut.kerf.times(cuts)?.min(left);
    Some(Pieces { wanted, offcut: left.less(lost), kerf: lost })
}

/// The source pieces a cut needs, each with what it gives: full ones first, the last the rest.
pub fn plan(cut: &Cut) -> Vec<Pieces> {
    let each = yields(cut.from, cut.into, cut.kerf);
    let mut left = cut.wanted;
    let mut out = Vec::new();
    while left > 0 && each > 0 {
        let Some(pieces) = cut_one(cut, left.min(each)) else { break };
        left -= pieces.wanted;
        out.push(pieces);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn qty(mm: i64) -> Qty {
        Qty::new(mm).unwrap()
    }

    #[test]
    fn seven_cuts_of_two_metres_forty_out_of_five_metres() {
        let cut = Cut { from: qty(5_000), into: qty(2_400), wanted: 7, kerf: Qty::ZERO };
        let offcuts: Vec<i64> = plan(&cut).iter().map(|pieces| pieces.offcut.get()).collect();
        assert_eq!(offcuts, [200, 200, 200, 2_600]);
    }

    #[test]
    fn a_piece_of_the_exact_length_is_not_cut() {
        let cut = Cut { from: qty(2_400), into: qty(2_400), wanted: 2, kerf: qty(4) };
        assert_eq!(plan(&cut).len(), 2);
        assert!(plan(&cut).iter().all(|p| p.offcut.is_zero() && p.kerf.is_zero()));
    }

    #[test]
    fn a_shorter_piece_serves_nothing() {
        assert_eq!(yields(qty(1_000), qty(2_400), Qty::ZERO), 0);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_in_cutting(
            from in 1_i64..12_000, into in 1_i64..12_000, kerf in 0_i64..10, wanted in 1_i64..30,
        ) {
            let cut = Cut { from: qty(from), into: qty(into), wanted, kerf: qty(kerf) };
            let pieces = plan(&cut);
            if into <= from {
                prop_assert_eq!(pieces.iter().map(|p| p.wanted).sum::<i64>(), wanted);
            }
            for p in pieces {
                prop_assert_eq!(p.wanted * into + p.offcut.get() + p.kerf.get(), from);
            }
        }
    }
}
