//! The cut of length goods, recorded when they are picked.

use std::collections::BTreeMap;

use super::goods::{AtHand, Move, Moves, claim_cause};
use super::pick::{Pick, is_kept, named, split, whole_pieces};
use super::work::{raise, times};
use super::*;
use crate::item::Item;
use crate::money::cumulative_share;
use crate::refusal::ensure;
use crate::units::cut::{Pieces, plan};
use crate::units::{CostSource, MovementKind, Place, PlaceKind};

/// Cuts the pieces of a pick. Source pieces go into production; from there the wanted pieces come
/// to the staging bin, offcuts worth keeping to the storage bin, and the rest is scrapped. The
/// value of the sources goes along by length, to the last minor unit.
pub(super) fn cut_one(
    order: &mut Order,
    pick: &Pick,
    hand: &mut AtHand<'_>,
    moves: &mut Moves<'_>,
) -> Result<(), Refusal> {
    let work = order.work_of(pick.claim)?;
    let cut = work.cut.expect("the caller has seen it");
    let wanted = whole_pieces(pick.qty, cut.into)?;
    let pieces = plan(&Cut { wanted, ..cut });
    let taken = times(cut.from.get(), i64::try_from(pieces.len()).unwrap_or(i64::MAX));
    let rest = work.takes_for(work.qty.less(pick.qty));
    ensure(taken.plus(rest).is_some_and(|sum| sum <= work.takes), || {
        let each = yields(cut.from, cut.into, cut.kerf);
        let detail = format!("the rest would need another source piece: pick {each} at a time");
        let allowed = times(cut.into.get(), each).to_string();
        Refusal::new(Code::InvalidTransition, detail).allowed(allowed)
    })?;
    let item = super::pick::item_of(hand.catalog, work.item)?.clone();
    let source_class = work.lot_class;
    let claim = if pick.qty < work.qty {
        split(order, pick.claim, pick.qty, moves)?.claim
    } else {
        pick.claim
    };
    let value = bring_sources(claim, &item, source_class, taken, pick, hand, moves)?;
    let outputs = Outputs { claim, item: &item, total: taken, value, done: 0 };
    let (lot, movement, worth) = outputs.make(&cut, &pieces, hand, moves)?;
    let work = order.work_of_mut(claim)?;
    (work.lot_class, work.takes, work.cut) = (lot, work.qty, None);
    work.picked = work.qty;
    let (qty, at) = (work.qty, hand.location.staging_bin);
    let from = BinId::NONE;
    work.picks.push(Picked { lot, qty, from, at, movement, moved: qty, value: worth });
    Ok(())
}

/// Moves the source pieces into production and returns their value.
fn bring_sources(
    claim: ClaimId,
    item: &Item,
    lot_class: LotId,
    taken: Qty,
    pick: &Pick,
    hand: &mut AtHand<'_>,
    moves: &mut Moves<'_>,
) -> Result<i64, Refusal> {
    let sources = if pick.from.is_empty() {
        hand.take(item.id, lot_class, taken)?
    } else {
        named(pick, taken)?;
        ensure(pick.from.iter().all(|(_, lot, _)| *lot == lot_class), || {
            Refusal::new(Code::LotNotHeld, "the claim is on pieces of another length")
        })?;
        hand.take_named(item.id, &pick.from)?;
        pick.from.clone()
    };
    let mut value = 0;
    for (bin, lot, qty) in sources {
        let worth = hand.levels.issue(hand.key(item.id, lot_class), qty);
        value += worth;
        moves.add(&Move {
            kind: MovementKind::Cut,
            item: item.id,
            lot,
            lot_class,
            from: hand.bin(bin),
            to: Place::account(PlaceKind::Production),
            qty,
            value: worth,
            cost_source: CostSource::Average,
            cause: claim_cause(claim),
        });
    }
    Ok(value)
}

/// What comes out of a cut; `done` counts the length whose value has been given out.
struct Outputs<'a> {
    claim: ClaimId,
    item: &'a Item,
    total: Qty,
    value: i64,
    done: i64,
}

impl Outputs<'_> {
    /// Books all outputs; returns the lot, movement and value of the wanted pieces.
    fn make(
        mut self,
        cut: &Cut,
        pieces: &[Pieces],
        hand: &mut AtHand<'_>,
        moves: &mut Moves<'_>,
    ) -> Result<(LotId, MovementId, i64), Refusal> {
        let wanted = times(cut.into.get(), pieces.iter().map(|one| one.wanted).sum());
        let staging = hand.bin(hand.location.staging_bin);
        let storage = hand.bin(hand.location.storage_bin);
        let lot = lot_of(hand, self.item, cut.into)?;
        let (movement, worth) = self.out(lot, staging, wanted, moves);
        hand.levels.receive(hand.key(self.item.id, lot), wanted, worth);
        let mut kept = BTreeMap::<Qty, i64>::new();
        let mut scrap = Qty::ZERO;
        for one in pieces {
            raise(&mut scrap, one.kerf);
            if is_kept(self.item, one.offcut) {
                *kept.entry(one.offcut).or_default() += 1;
            } else {
                raise(&mut scrap, one.offcut);
            }
        }
        for (length, count) in kept {
            let lot = lot_of(hand, self.item, length)?;
            let qty = times(length.get(), count);
            let (_, value) = self.out(lot, storage, qty, moves);
            hand.levels.receive(hand.key(self.item.id, lot), qty, value);
        }
        if !scrap.is_zero() {
            self.out(LotId::NONE, Place::account(PlaceKind::Scrap), scrap, moves);
        }
        Ok((lot, movement, worth))
    }

    /// Books one output with its share of the value by length.
    fn out(&mut self, lot: LotId, to: Place, qty: Qty, moves: &mut Moves<'_>) -> (MovementId, i64) {
        let share = |part: i64| cumulative_share(self.value, part, self.total.get());
        let value = share(self.done + qty.get()) - share(self.done);
        self.done += qty.get();
        let movement = moves.add(&Move {
            kind: MovementKind::Cut,
            item: self.item.id,
            lot,
            lot_class: lot,
            from: Place::account(PlaceKind::Production),
            to,
            qty,
            value,
            cost_source: CostSource::Average,
            cause: claim_cause(self.claim),
        });
        (movement, value)
    }
}

fn lot_of(hand: &AtHand<'_>, item: &Item, length: Qty) -> Result<LotId, Refusal> {
    hand.lots.get(&(item.id, length)).copied().ok_or_else(|| {
        let detail = format!("no lot is known for pieces of {length} mm of {}", item.sku);
        Refusal::new(Code::UnknownLot, detail)
    })
}
