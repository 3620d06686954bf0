//! Work that turns items into others: cutting lengths, assembling, taking apart.
//!
//! A work order is planned, released (its inputs are claimed, or backordered where they are short)
//! and worked in steps. Every step takes its inputs through production and gives their whole value
//! to what comes out, so that nothing stays in the middle.

use serde::{Deserialize, Serialize};

use crate::id::*;
use crate::money::{cumulative_share, split_minor};
use crate::order::{Cut, codes};
use crate::qty::Qty;
use crate::refusal::{Code, Refusal, ensure};
use crate::time::{Day, Instant};
use crate::units::cut::{Pieces, plan, yields};

codes! {
    /// What is done.
    WorkKind { Cut "cut", Assembly "assembly", Disassembly "disassembly" }
}
codes! {
    /// How far it is.
    WorkState {
        Planned "planned", Released "released", PartDone "part_done", Done "done",
        Canceled "canceled",
    }
}

/// An order to make `qty` base units of an item at a location, or to take so many apart.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WorkOrder {
    pub id: WorkOrderId,
    pub number: String,
    pub kind: WorkKind,
    pub location: LocationId,
    pub item: ItemId,
    /// Of each piece a cut makes.
    pub length: Option<Qty>,
    pub qty: Qty,
    pub done: Qty,
    pub state: WorkState,
    /// The order line it is made for.
    pub order: Option<OrderId>,
    pub order_line: Option<LineId>,
    pub priority: i64,
    pub due_on: Option<Day>,
    pub version: i64,
    pub created_at: Instant,
    pub released_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub lines: Vec<WorkLine>,
    pub steps: Vec<WorkStep>,
}

/// Goods of one item a work order takes, or what taking apart gives.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WorkLine {
    pub id: WorkLineId,
    pub position: i64,
    pub item: ItemId,
    /// For cuts the length taken from; zero else, and where no length is there yet.
    pub lot_class: LotId,
    /// Base units for one base unit made; for cuts the length of a source piece.
    pub per: Qty,
    pub needed: Qty,
    pub used: Qty,
    pub allocated: Qty,
    pub backordered: Qty,
}

/// One execution.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WorkStep {
    pub id: WorkStepId,
    pub position: i64,
    pub made: Qty,
    pub scrapped: Qty,
    /// What went in and came out again.
    pub value: i64,
    /// Line, quantity taken, and how much of that it had claimed.
    pub used: Vec<(WorkLineId, Qty, Qty)>,
    pub worked_at: Instant,
    pub undone_at: Option<Instant>,
}

impl WorkOrder {
    /// What is still to be made.
    pub fn left(&self) -> Qty {
        self.qty.less(self.done)
    }

    /// Whether work may be done on it.
    ///
    /// # Errors
    /// `invalid_transition`.
    pub fn ensure_open(&self) -> Result<(), Refusal> {
        let open = matches!(self.state, WorkState::Released | WorkState::PartDone);
        ensure(open, || {
            let detail = format!("work order {} is {}", self.number, self.state.code());
            let next = if self.state == WorkState::Planned { "orderly work release" } else { "" };
            Refusal::new(Code::InvalidTransition, detail).allowed(next)
        })
    }

    /// The state that follows from what is done.
    pub fn progress(&self) -> WorkState {
        match (self.left().is_zero(), self.done.is_zero()) {
            (true, _) => WorkState::Done,
            (false, true) => WorkState::Released,
            (false, false) => WorkState::PartDone,
        }
    }

    /// Gives up every claim.
    pub fn let_go(&mut self) {
        for line in &mut self.lines {
            (line.allocated, line.backordered) = (Qty::ZERO, Qty::ZERO);
        }
    }

    /// Takes `qty` of a line: what it claimed first. Returns how much of it was claimed.
    pub fn take(&mut self, line: WorkLineId, qty: Qty) -> Qty {
        let Some(line) = self.lines.iter_mut().find(|one| one.id == line) else {
            return Qty::ZERO;
        };
        let claimed = line.allocated.min(qty);
        line.allocated = line.allocated.less(claimed);
        line.used = line.used.plus(qty).unwrap_or(line.used);
        let open = line.needed.less(line.used).less(line.allocated);
        line.backordered = line.backordered.min(open);
        claimed
    }

    /// Takes a step back: what it claimed is claimed again.
    pub fn untake(&mut self, step: &WorkStep) {
        for (id, qty, claimed) in &step.used {
            if let Some(line) = self.lines.iter_mut().find(|one| one.id == *id) {
                line.used = line.used.less(*qty);
                line.allocated = line.allocated.plus(*claimed).unwrap_or(line.allocated);
            }
        }
        self.done = self.done.less(step.made);
    }
}

/// Which source lengths serve `pieces` of `into`: the shortest that does first, so that offcuts are
/// used up. Each with the number of source pieces; also how many pieces nothing serves.
pub fn sources(
    into: Qty,
    kerf: Qty,
    pieces: i64,
    available: &[(LotId, Qty, i64)],
) -> (Vec<(LotId, Qty, i64)>, i64) {
    let mut lengths: Vec<&(LotId, Qty, i64)> = available.iter().collect();
    lengths.sort_by_key(|(lot, length, _)| (*length, *lot));
    let (mut left, mut out) = (pieces, Vec::new());
    for (lot, length, count) in lengths {
        let each = yields(*length, into, kerf);
        if left == 0 || each == 0 || *count == 0 {
            continue;
        }
        let wanted = (left + each - 1) / each;
        let taken = wanted.min(*count);
        out.push((*lot, *length, taken));
        left -= left.min(taken * each);
    }
    (out, left)
}

/// What a cut of some source pieces of one length gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CutPlan {
    /// Base units taken, made and scrapped; kept offcuts by length with their number.
    pub taken: Qty,
    pub made: Qty,
    pub scrapped: Qty,
    pub offcuts: Vec<(Qty, i64)>,
}

/// Plans the cut of `pieces` of `into` from pieces of `from`; offcuts of at least `least` are kept.
///
/// # Errors
/// `no_piece_serves` where `from` is too short, `quantity_too_large`.
pub fn cut(from: Qty, into: Qty, kerf: Qty, pieces: i64, least: Qty) -> Result<CutPlan, Refusal> {
    let all: Vec<Pieces> = plan(&Cut { from, into, wanted: pieces, kerf });
    if all.is_empty() {
        let detail = format!("a piece of {from} mm gives none of {into} mm");
        return Err(Refusal::new(Code::NoPieceServes, detail));
    }
    let too_large = || Refusal::new(Code::QuantityTooLarge, "the cut is too large");
    let count = i64::try_from(all.len()).map_err(|_| too_large())?;
    let mut offcuts = std::collections::BTreeMap::<Qty, i64>::new();
    let mut scrapped = Qty::ZERO;
    for one in &all {
        scrapped = scrapped.plus(one.kerf).ok_or_else(too_large)?;
        if one.offcut.is_zero() {
        } else if one.offcut >= least {
            *offcuts.entry(one.offcut).or_default() += 1;
        } else {
            scrapped = scrapped.plus(one.offcut).ok_or_else(too_large)?;
        }
    }
    Ok(CutPlan {
        taken: from.times(count).ok_or_else(too_large)?,
        made: into.times(pieces).ok_or_else(too_large)?,
        scrapped,
        offcuts: offcuts.into_iter().collect(),
    })
}

/// Splits a value by length, to the last minor unit: each part's share in order.
pub fn by_length(value: i64, parts: &[Qty]) -> Vec<i64> {
    let all: i64 = parts.iter().map(|part| part.get()).sum();
    let mut before = 0;
    let share = |part: &Qty| {
        let from = cumulative_share(value, before, all);
        before += part.get();
        cumulative_share(value, before, all) - from
    };
    parts.iter().map(share).collect()
}

/// Splits the value of what is taken apart by weights, such as the components' expected cost; in
/// equal parts where nothing weighs anything.
///
/// # Errors
/// `money_too_large`.
pub fn by_weight(value: i64, weights: &[i64]) -> Result<Vec<i64>, Refusal> {
    let flat = vec![1; weights.len()];
    let weights = if weights.iter().all(|weight| *weight == 0) { &flat } else { weights };
    split_minor(value, weights).map_err(|error| crate::order::price::money_refusal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn qty(base: i64) -> Qty {
        Qty::new(base).unwrap()
    }

    fn lot(number: u8) -> LotId {
        LotId::from_bytes([number; 16])
    }

    #[test]
    fn offcuts_are_used_up_first_and_what_nothing_serves_is_told() {
        let there = [(lot(1), qty(5_000), 2), (lot(2), qty(2_600), 1), (lot(3), qty(1_000), 9)];
        let (found, left) = sources(qty(2_400), qty(3), 4, &there);
        assert_eq!(found, [(lot(2), qty(2_600), 1), (lot(1), qty(5_000), 2)]);
        assert_eq!(left, 0);
        assert_eq!(sources(qty(2_400), qty(3), 6, &there).1, 1);
    }

    #[test]
    fn a_cut_keeps_long_offcuts_and_scraps_short_ones_and_the_kerf() {
        let found = cut(qty(5_000), qty(2_400), qty(3), 3, qty(300)).unwrap();
        // 2 × 2,400 + 2 × 3 + 194; then 2,400 + 3 + 2,597.
        assert_eq!(found.offcuts, [(qty(2_597), 1)]);
        assert_eq!((found.taken, found.made), (qty(10_000), qty(7_200)));
        assert_eq!(found.scrapped, qty(203));
        let short = cut(qty(1_000), qty(2_400), qty(3), 1, qty(300)).unwrap_err();
        assert_eq!(short.code(), Code::NoPieceServes);
    }

    proptest! {
        #[test]
        fn nothing_of_a_cut_is_lost_nor_any_value(
            from in 500_i64..8_000, into in 100_i64..500, kerf in 0_i64..6, pieces in 1_i64..40,
            least in 1_i64..600, value in 0_i64..100_000,
        ) {
            let found = cut(qty(from), qty(into), qty(kerf), pieces, qty(least)).unwrap();
            let kept: i64 = found.offcuts.iter().map(|(length, n)| length.get() * n).sum();
            let out = found.made.get() + found.scrapped.get() + kept;
            prop_assert_eq!(out, found.taken.get());
            let parts = [found.made, found.scrapped, qty(kept)];
            prop_assert_eq!(by_length(value, &parts).iter().sum::<i64>(), value);
            let split = by_weight(value, &[into, kerf, least]).unwrap();
            prop_assert_eq!(split.iter().sum::<i64>(), value);
        }
    }
}
