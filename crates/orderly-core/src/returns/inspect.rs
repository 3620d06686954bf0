//! Deciding what becomes of received units. A changed mind is a new decision.

use super::receive::{Desk, place};
use super::*;
use crate::order::ShipmentLine;
use crate::text;
use crate::units::value::issue;
use crate::units::{Cause, CauseKind, CostSource, Level, MovementKind, Place, PlaceKind};

/// The other item that units become, or were.
#[derive(Debug, Clone, Copy)]
pub struct Refurbished {
    pub item: ItemId,
    pub lot: Option<LotId>,
    pub qty: Qty,
}

/// One decision as the caller states it.
#[derive(Debug, Clone)]
pub struct Verdict {
    pub line: ReturnLineId,
    pub from: Fate,
    pub to: Fate,
    pub qty: Qty,
    /// `None`: the line's own.
    pub lot: Option<LotId>,
    /// Where the goods lie, where they lie with us.
    pub from_bin: BinId,
    /// Where they go, where they stay with us.
    pub to_bin: BinId,
    /// Where they become another item, or were one.
    pub refurbished: Option<Refurbished>,
    /// What the goods were worth in the line's last decision, where this one takes that back: they
    /// return with exactly that, as long as the level they leave has it.
    pub taken_back: Option<i64>,
    pub note: Option<String>,
}

/// Decides what becomes of received units, or changes what became of them.
///
/// `level` is the stock level the goods leave (of the other item, where they were refurbished):
/// they take its average value along. Goods that go back to the customer count as returned no
/// more; goods whose reception is taken back are expected again.
///
/// # Errors
/// `invalid_transition` unless received or closed; `quantity_zero`; `above_received` with the
/// maximum; `not_reversible` where what goes back to the customer is refunded; `unknown_item`,
/// `lot_required`, `invalid_field` where the other item is missing or the fates are the same.
pub fn inspect(
    returned: &Return,
    order: Option<&Order>,
    verdict: &Verdict,
    level: Option<&Level>,
    desk: &Desk<'_>,
    ids: &mut IdSource,
) -> Result<Decision, Refusal> {
    returned.ensure_state(&[ReturnState::Received, ReturnState::Closed], "inspected")?;
    let line = returned.line(verdict.line)?.clone();
    ensure_sensible(&line, verdict)?;
    let mut returned = returned.clone();
    let disposition = Disposition {
        id: ids.draw(),
        line: line.id,
        from: verdict.from,
        to: verdict.to,
        qty: verdict.qty,
        note: text::optional(verdict.note.as_deref())?,
        decided_at: desk.now,
    };
    let cause = Cause { kind: CauseKind::Disposition, id: disposition.id.as_bytes() };
    returned.dispose(disposition)?;
    ensure_not_refunded(&returned, &line, verdict)?;
    if verdict.to == Fate::Customer {
        let own = returned.line_mut(line.id)?;
        let share = (verdict.qty.get(), line.received.get());
        own.value -= crate::money::cumulative_share(own.value, share.0, share.1);
    }
    let movements = match line.item {
        Some(item) => movements(item, &line, verdict, level, cause, desk, ids)?,
        None => Vec::new(),
    };
    let mut order = order.cloned();
    if let (Some(order), Some(own)) = (&mut order, line.order_line) {
        let open = returned.head.state != ReturnState::Closed;
        let customer = Place::account(PlaceKind::Customer);
        let out = |m: &&Movement| m.from == customer || m.to == customer;
        let value = movements.iter().filter(out).map(|m| m.value).sum();
        back_and_forth(order, own, verdict, open, value)?;
        order.settle()?;
        ensure_kit_not_refunded(order, own, verdict)?;
    }
    Ok(Decision { returned, order, movements })
}

fn ensure_sensible(line: &ReturnLine, verdict: &Verdict) -> Result<(), Refusal> {
    let Verdict { from, to, qty, .. } = *verdict;
    if qty.is_zero() {
        return Err(Refusal::at(Code::QuantityZero, "/qty", "say how many units"));
    }
    if from == to {
        let detail = format!("line {} is {} already", line.position, from.code());
        return Err(Refusal::at(Code::NothingToDo, "/to", detail));
    }
    if from == Fate::Customer {
        let detail = "goods that come in are received, not inspected";
        return Err(Refusal::at(Code::InvalidTransition, "/from", detail).allowed("receive"));
    }
    if qty > line.fates.of(from) {
        return Err(above_received(line.position, from, line.fates.of(from)));
    }
    let other = from == Fate::Refurbished || to == Fate::Refurbished;
    if other && verdict.refurbished.is_none_or(|other| other.qty.is_zero()) {
        let detail = "say which item, and how many of it, the goods become";
        return Err(Refusal::at(Code::UnknownItem, "/refurbished", detail));
    }
    Ok(())
}

/// What is refunded was given back for good.
fn ensure_not_refunded(
    returned: &Return,
    before: &ReturnLine,
    verdict: &Verdict,
) -> Result<(), Refusal> {
    let after = returned.line(before.id)?;
    if verdict.to.is_with_customer() && after.refunded > after.kept() {
        let detail = format!(
            "{} units of line {} are refunded: they cannot go back to the customer",
            after.refunded, after.position
        );
        let most = before.kept().less(before.refunded);
        return Err(Refusal::new(Code::NotReversible, detail).allowed(most.to_string()));
    }
    Ok(())
}

/// A kit is refunded as a whole: none of its parts goes back to the customer for itself.
fn ensure_kit_not_refunded(order: &Order, own: LineId, verdict: &Verdict) -> Result<(), Refusal> {
    let Some(kit) = order.line(own)?.parent else { return Ok(()) };
    let kit = order.line(kit)?;
    let owned = kit.quantities;
    let back = [owned.returned, owned.canceled, owned.closed_short];
    let back: i64 = back.iter().map(|qty| qty.get()).sum();
    if verdict.to.is_with_customer() && owned.refunded.get() > back {
        let detail = format!(
            "{} of line {} are refunded: their parts cannot go back to the customer",
            owned.refunded, kit.position
        );
        return Err(Refusal::new(Code::NotReversible, detail).allowed("0"));
    }
    Ok(())
}

fn movements(
    item: ItemId,
    line: &ReturnLine,
    verdict: &Verdict,
    level: Option<&Level>,
    cause: Cause,
    desk: &Desk<'_>,
    ids: &mut IdSource,
) -> Result<Vec<Movement>, Refusal> {
    let lot = verdict.lot.unwrap_or(line.lot);
    let end = |fate: Fate, bin: BinId| {
        let own = (item, lot, verdict.qty);
        let end = match (fate, verdict.refurbished) {
            (Fate::Refurbished, Some(other)) => {
                (other.item, other.lot.unwrap_or(LotId::NONE), other.qty)
            }
            _ => own,
        };
        (place(fate, desk.location, bin), end)
    };
    let (from, given) = end(verdict.from, verdict.from_bin);
    let (to, taken) = end(verdict.to, verdict.to_bin);
    if from == to && given == taken {
        return Ok(Vec::new());
    }
    let (value, source) = value_of(line, verdict, &from, given.2, level);
    let mut one = |(item, lot, qty): (ItemId, LotId, Qty), from, to, kind, cost_source| {
        let lot_class = desk.lot_class(item, lot)?;
        Ok(Movement {
            id: ids.draw(),
            kind,
            item,
            lot,
            lot_class,
            from,
            to,
            qty,
            value,
            cost_source,
            cause,
            reverses: None,
            reason: line.reason.clone(),
            effective_at: desk.now,
        })
    };
    if given == taken {
        let repair = verdict.to == Fate::Repaired || verdict.from == Fate::Repaired;
        let kind = if repair { MovementKind::Repair } else { MovementKind::Inspect };
        return Ok(vec![one(given, from, to, kind, source)?]);
    }
    let made = Place::account(PlaceKind::Production);
    Ok(vec![
        one(given, from, made, MovementKind::Repair, source)?,
        one(taken, made, to, MovementKind::Repair, CostSource::Given)?,
    ])
}

/// What the goods take along: what they came with, where the last decision is taken back; else the
/// average of the level they leave; goods that are not with us come at their share of what was
/// received.
fn value_of(
    line: &ReturnLine,
    verdict: &Verdict,
    from: &Place,
    qty: Qty,
    level: Option<&Level>,
) -> (i64, CostSource) {
    let bears = |value: &i64| match level.filter(|_| from.is_ours()) {
        Some(level) if level.held == qty => *value == level.value,
        Some(level) => *value <= level.value,
        None => !from.is_ours(),
    };
    if let Some(value) = verdict.taken_back.filter(bears) {
        return (value, CostSource::Reversal);
    }
    match level.filter(|_| from.is_ours()) {
        Some(level) => (issue(level.value, level.held, qty), CostSource::Average),
        None if from.is_ours() => (0, CostSource::None),
        None => {
            let all = line.received.get();
            let value = crate::money::cumulative_share(line.value, verdict.qty.get(), all);
            (value, CostSource::Issue)
        }
    }
}

/// Goods that go back to the customer are returned no more, and the other way round.
fn back_and_forth(
    order: &mut Order,
    line: LineId,
    verdict: &Verdict,
    open: bool,
    value: i64,
) -> Result<(), Refusal> {
    let Verdict { from, to, qty, .. } = *verdict;
    let (gone, back) = (from.is_with_customer(), to.is_with_customer());
    let mut quantities = order.line(line)?.quantities;
    let too_large = || Refusal::new(Code::QuantityTooLarge, "a quantity is too large");
    if back && !gone {
        quantities.returned = quantities.returned.less(qty);
        give(order, line, verdict, value);
    }
    if gone && !back {
        // As they are out, they may come, whatever else is announced; nothing comes twice.
        let announced = quantities.returned.plus(quantities.return_requested);
        let unspoken = quantities.shipped.less(announced.ok_or_else(too_large)?);
        let most = quantities.returnable().min(unspoken);
        if qty > most {
            let position = order.line(line)?.position;
            return Err(super::request::above_returnable(position, most));
        }
        quantities.returned = quantities.returned.plus(qty).ok_or_else(too_large)?;
        take(order, line, verdict, value);
    }
    if to == Fate::Customer && open {
        let asked = quantities.return_requested.plus(qty);
        quantities.return_requested = asked.ok_or_else(too_large)?;
    }
    order.line_mut(line)?.quantities = quantities;
    Ok(())
}

/// The shipment lines of a line in the order they were sent.
fn sent(order: &Order, line: LineId, lot: Option<LotId>) -> Vec<ShipmentLineId> {
    let when = |shipment: ShipmentId| {
        order.shipments.iter().find(|own| own.id == shipment).map(|own| own.shipped_at)
    };
    let own = |one: &&ShipmentLine| one.line == line && lot.is_none_or(|lot| one.lot == lot);
    let mut all: Vec<_> =
        order.shipment_lines.iter().filter(own).map(|one| (when(one.shipment), one.id)).collect();
    all.sort();
    all.into_iter().map(|(_, id)| id).collect()
}

/// Units go back: those of the youngest shipment line first, the reverse of how they came.
fn give(order: &mut Order, line: LineId, verdict: &Verdict, value: i64) {
    let mut left = verdict.qty;
    let mut worth = Worth { value, qty: verdict.qty };
    for id in sent(order, line, verdict.lot).into_iter().rev() {
        let Ok(own) = order.shipment_line_mut(id) else { continue };
        let give = own.returned.min(left);
        own.returned = own.returned.less(give);
        own.back -= worth.of(give);
        left = left.less(give);
    }
}

fn take(order: &mut Order, line: LineId, verdict: &Verdict, value: i64) {
    let mut left = verdict.qty;
    let mut worth = Worth { value, qty: verdict.qty };
    for id in sent(order, line, verdict.lot) {
        let Ok(own) = order.shipment_line_mut(id) else { continue };
        let out = own.qty.less(own.lost).less(own.brought_back).less(own.returned);
        let take = out.min(left);
        own.returned = own.returned.plus(take).unwrap_or(own.returned);
        own.back += worth.of(take);
        left = left.less(take);
    }
}

/// The value of goods that are divided among shipment lines: the last part takes the rest.
struct Worth {
    value: i64,
    qty: Qty,
}

impl Worth {
    fn of(&mut self, part: Qty) -> i64 {
        let value = crate::money::cumulative_share(self.value, part.get(), self.qty.get());
        let value = if part.is_zero() { 0 } else { value };
        (self.value, self.qty) = (self.value - value, self.qty.less(part));
        value
    }
}
