//! Taking returned goods in: what came, what it cost us, and where it lies.

use rust_decimal::Decimal;

use super::request::{above_returnable, empty};
use super::*;
use crate::catalog::Catalog;
use crate::item::Goods;
use crate::money::{cumulative_share, round_to_minor};
use crate::order::ShipmentState;
use crate::units::{Cause, CauseKind, Condition, CostSource, MovementKind, Place, PlaceKind};

/// Goods of one line that came.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub line: ReturnLineId,
    pub qty: Qty,
    /// `None`: the lots that were shipped, else the line's own.
    pub lot: Option<LotId>,
    /// Awaiting inspection, or decided at once: restocked or quarantined.
    pub to: Fate,
    pub bin: BinId,
}

/// Where goods are received, and what else the decision needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    pub location: LocationId,
    pub catalog: &'a Catalog,
    /// The currency of the legal entity's books.
    pub books: Currency,
    pub now: Instant,
}

impl Desk<'_> {
    /// The lot class of the level that goods of a lot count in: for lengths the lot itself, else
    /// none.
    ///
    /// # Errors
    /// `lot_required` where the item needs one, `unknown_item`, `invalid_field` for a service.
    pub fn lot_class(&self, item: ItemId, lot: LotId) -> Result<LotId, Refusal> {
        let known = self
            .catalog
            .get(item)
            .ok_or_else(|| Refusal::new(Code::UnknownItem, format!("item {item} is unknown")))?;
        match (known.goods, known.tracking) {
            (Goods::Service, _) => {
                let detail = format!("{} is a service: nothing can come back", known.sku);
                Err(Refusal::new(Code::InvalidField, detail))
            }
            (Goods::Lengths, _) if lot.is_none() => {
                let detail = format!("{} is held by length: say which length", known.sku);
                Err(Refusal::new(Code::LotRequired, detail))
            }
            (Goods::Lengths, _) => Ok(lot),
            (_, crate::item::Tracking::None) => Ok(LotId::NONE),
            _ if lot.is_none() => {
                let detail = format!("{} is tracked by lot: say which", known.sku);
                Err(Refusal::new(Code::LotRequired, detail))
            }
            _ => Ok(LotId::NONE),
        }
    }

    /// What goods of unknown origin are taken in at: the item's expected cost, or nothing.
    fn standard(&self, item: ItemId, qty: Qty) -> Result<(i64, CostSource), Refusal> {
        let cost = self.catalog.get(item).and_then(|item| item.cost);
        let Some(cost) = cost else { return Ok((0, CostSource::None)) };
        let too_large = || Refusal::new(Code::MoneyTooLarge, "the value is too large");
        let value = cost.checked_mul(Decimal::from(qty.get())).ok_or_else(too_large)?;
        let minor = round_to_minor(value, self.books).map_err(|_| too_large())?;
        Ok((minor, CostSource::Standard))
    }
}

/// The place of goods with this fate.
pub(super) fn place(fate: Fate, location: LocationId, bin: BinId) -> Place {
    let holding = |condition| Place::bin(location, bin, condition);
    match fate {
        Fate::Customer | Fate::SentBack => Place::account(PlaceKind::Customer),
        Fate::AwaitingInspection => holding(Condition::AwaitingInspection),
        Fate::Restocked | Fate::Repaired | Fate::Refurbished => holding(Condition::Sellable),
        Fate::Quarantined => holding(Condition::Quarantine),
        Fate::Scrapped => Place::account(PlaceKind::Scrap),
        Fate::ToVendor => Place::account(PlaceKind::VendorReturn),
    }
}

/// Decides the reception of returned goods. Goods that are still in transit on our records were
/// delivered, or they could not come back: that is recorded with them. They come back at the
/// issue cost of the oldest shipment line not yet returned; goods without one at expected cost.
///
/// `blind` is the right to take more than was announced: first as far as the order shows it,
/// then on a line that names no order line.
///
/// # Errors
/// `invalid_transition` unless approved or received; `quantity_zero`, `lot_required`;
/// `above_returnable` with the maximum in `allowed`: what is announced, as far as it is out.
pub fn receive(
    returned: &Return,
    order: Option<&Order>,
    arrivals: &[Arrival],
    blind: bool,
    desk: &Desk<'_>,
    ids: &mut IdSource,
) -> Result<Decision, Refusal> {
    returned.ensure_state(&[ReturnState::Approved, ReturnState::Received], "received")?;
    if arrivals.is_empty() {
        return Err(Refusal::at(Code::NoLines, "/lines", "say what came"));
    }
    let mut work = Reception {
        returned: returned.clone(),
        order: order.cloned(),
        movements: Vec::new(),
        desk,
        ids,
    };
    for (index, arrival) in arrivals.iter().enumerate() {
        work.take(arrival, blind).map_err(|mut refusal| {
            for issue in &mut refusal.issues {
                issue.pointer = format!("/lines/{index}{}", issue.pointer);
            }
            refusal
        })?;
    }
    let Reception { mut returned, mut order, movements, .. } = work;
    returned.head.state = ReturnState::Received;
    returned.head.location = Some(desk.location);
    if let Some(order) = &mut order {
        finish_shipments(order);
        order.settle()?;
    }
    Ok(Decision { returned, order, movements })
}

/// A shipment whose last goods arrived is done.
fn finish_shipments(order: &mut Order) {
    for shipment in &mut order.shipments {
        let own = order.shipment_lines.iter().filter(|line| line.shipment == shipment.id);
        if shipment.state == ShipmentState::Shipped
            && own.clone().next().is_some()
            && own.clone().all(|line| line.in_transit().is_zero())
        {
            shipment.state = ShipmentState::Done;
        }
    }
}

struct Reception<'a, 'b> {
    returned: Return,
    order: Option<Order>,
    movements: Vec<Movement>,
    desk: &'a Desk<'b>,
    ids: &'a mut IdSource,
}

/// Goods of one lot on their way in.
struct Lot {
    lot: LotId,
    qty: Qty,
    value: i64,
    source: CostSource,
}

impl Reception<'_, '_> {
    fn take(&mut self, arrival: &Arrival, blind: bool) -> Result<(), Refusal> {
        let Arrival { qty, to, .. } = *arrival;
        if qty.is_zero() {
            return Err(Refusal::at(Code::QuantityZero, "/qty", "say how many units came"));
        }
        if !matches!(to, Fate::AwaitingInspection | Fate::Restocked | Fate::Quarantined) {
            let detail = format!("goods that come in cannot be {}", to.code());
            return Err(Refusal::at(Code::InvalidField, "/to", detail)
                .allowed("awaiting_inspection, restocked, quarantined"));
        }
        let line = self.returned.line(arrival.line)?.clone();
        // What was announced on its way and then lost or brought back is not with the customer.
        let outstanding = line.outstanding().min(self.out(&line)?);
        if qty > outstanding && !blind {
            return Err(above_returnable(line.position, outstanding));
        }
        let further = self.further(&line)?.min(qty.less(outstanding));
        if !further.is_zero() {
            self.ask_more(&line, further)?;
        }
        let own = qty.min(outstanding.plus(further).unwrap_or(outstanding));
        if !own.is_zero() {
            self.take_in(line.id, arrival, own)?;
        }
        let excess = qty.less(own);
        if !excess.is_zero() {
            let blind = ReturnLine {
                item: line.item,
                description: line.description.clone(),
                lot: line.lot,
                reason: line.reason.clone(),
                requested: excess,
                ..empty(self.ids.draw(), &self.returned)
            };
            let id = blind.id;
            self.returned.lines.push(blind);
            self.take_in(id, arrival, excess)?;
        }
        Ok(())
    }

    /// What of the line's goods the order shows with the customer or on its way.
    fn out(&self, line: &ReturnLine) -> Result<Qty, Refusal> {
        match (&self.order, line.order_line) {
            (Some(order), Some(own)) => Ok(order.line(own)?.quantities.returnable()),
            _ => Ok(line.outstanding()),
        }
    }

    /// What more of the line's goods the order shows with the customer, beyond every announcement.
    fn further(&self, line: &ReturnLine) -> Result<Qty, Refusal> {
        match (&self.order, line.order_line) {
            (Some(order), Some(own)) => returnable(order, own),
            _ => Ok(Qty::ZERO),
        }
    }

    fn ask_more(&mut self, line: &ReturnLine, further: Qty) -> Result<(), Refusal> {
        let too_large = || Refusal::new(Code::QuantityTooLarge, "a quantity is too large");
        let own = self.returned.line_mut(line.id)?;
        own.requested = own.requested.plus(further).ok_or_else(too_large)?;
        if let (Some(order), Some(own)) = (&mut self.order, line.order_line) {
            let asked = &mut order.line_mut(own)?.quantities.return_requested;
            *asked = asked.plus(further).ok_or_else(too_large)?;
        }
        Ok(())
    }

    fn take_in(&mut self, id: ReturnLineId, arrival: &Arrival, qty: Qty) -> Result<(), Refusal> {
        let line = self.returned.line(id)?.clone();
        let disposition = Disposition {
            id: self.ids.draw(),
            line: id,
            from: Fate::Customer,
            to: arrival.to,
            qty,
            note: None,
            decided_at: self.desk.now,
        };
        let cause = Cause { kind: CauseKind::Disposition, id: disposition.id.as_bytes() };
        let lots = self.lots(&line, arrival, qty, cause)?;
        self.returned.dispose(disposition)?;
        let own = self.returned.line_mut(id)?;
        if let ([only], true) = (lots.as_slice(), own.lot.is_none()) {
            own.lot = only.lot;
        }
        own.value += lots.iter().map(|lot| lot.value).sum::<i64>();
        let Some(item) = line.item.filter(|_| !lots.is_empty()) else { return Ok(()) };
        for lot in lots {
            let movement = Movement {
                id: self.ids.draw(),
                kind: MovementKind::Return,
                item,
                lot: lot.lot,
                lot_class: self.desk.lot_class(item, lot.lot)?,
                from: Place::account(PlaceKind::Customer),
                to: place(arrival.to, self.desk.location, arrival.bin),
                qty: lot.qty,
                value: lot.value,
                cost_source: lot.source,
                cause,
                reverses: None,
                reason: line.reason.clone(),
                effective_at: self.desk.now,
            };
            self.movements.push(movement);
        }
        Ok(())
    }

    /// Which lots come back at which cost. Empty where the line's goods are not in our stock.
    fn lots(
        &mut self,
        line: &ReturnLine,
        arrival: &Arrival,
        qty: Qty,
        cause: Cause,
    ) -> Result<Vec<Lot>, Refusal> {
        let wanted = arrival.lot.or(Some(line.lot).filter(|lot| !lot.is_none()));
        let mut lots: Vec<Lot> = Vec::new();
        let mut left = qty;
        if let Some(own) = line.order_line
            && let Some(mut order) = self.order.take()
        {
            let result = self.take_from(&mut order, own, wanted, (qty, cause));
            self.order = Some(order);
            lots = result?;
            left = qty.less(Qty::sum(lots.iter().map(|lot| lot.qty)).unwrap_or(qty));
        }
        let Some(item) = line.item else { return Ok(Vec::new()) };
        if !left.is_zero() {
            let (value, source) = self.desk.standard(item, left)?;
            let lot = wanted.unwrap_or(LotId::NONE);
            match lots.iter_mut().find(|own| own.lot == lot) {
                Some(own) => {
                    own.qty = own.qty.plus(left).unwrap_or(own.qty);
                    own.value += value;
                }
                None => lots.push(Lot { lot, qty: left, value, source }),
            }
        }
        Ok(lots)
    }

    /// Takes units back from the order: its line's counters and its oldest shipment lines first.
    fn take_from(
        &mut self,
        order: &mut Order,
        line: LineId,
        lot: Option<LotId>,
        (qty, cause): (Qty, Cause),
    ) -> Result<Vec<Lot>, Refusal> {
        let when = |shipment: ShipmentId| {
            order.shipments.iter().find(|own| own.id == shipment).map(|own| own.shipped_at)
        };
        let mut oldest: Vec<_> = order
            .shipment_lines
            .iter()
            .filter(|own| own.line == line && lot.is_none_or(|lot| own.lot == lot))
            .map(|own| (when(own.shipment), own.id))
            .collect();
        oldest.sort();
        let (mut left, mut arrived) = (qty, Qty::ZERO);
        let mut lots: Vec<Lot> = Vec::new();
        for (_, id) in oldest {
            let own = order.shipment_line_mut(id)?;
            let out = own.qty.less(own.lost).less(own.brought_back);
            let take = out.less(own.returned).min(left);
            if take.is_zero() {
                continue;
            }
            let late = own.returned.get() + take.get() - own.delivered.get();
            if let Some(late) = Qty::new(late).ok().filter(|late| !late.is_zero()) {
                let movement = arrive(own, late, cause, self.desk, self.ids)?;
                merge(&mut self.movements, movement);
                own.delivered = own.delivered.plus(late).unwrap_or(own.delivered);
                arrived = arrived.plus(late).unwrap_or(arrived);
            }
            let value = taken_value(own, take);
            own.returned = own.returned.plus(take).unwrap_or(own.returned);
            own.back += value;
            left = left.less(take);
            match lots.iter_mut().find(|lot| lot.lot == own.lot) {
                Some(lot) => {
                    lot.qty = lot.qty.plus(take).unwrap_or(lot.qty);
                    lot.value += value;
                }
                None => {
                    let source = CostSource::Issue;
                    lots.push(Lot { lot: own.lot, qty: take, value, source });
                }
            }
        }
        let too_large = || Refusal::new(Code::QuantityTooLarge, "a quantity is too large");
        let quantities = &mut order.line_mut(line)?.quantities;
        quantities.delivered = quantities.delivered.plus(arrived).ok_or_else(too_large)?;
        quantities.return_requested = quantities.return_requested.less(qty);
        quantities.returned = quantities.returned.plus(qty).ok_or_else(too_large)?;
        Ok(lots)
    }
}

/// Adds a movement to the one with the same cause between the same places, if there is one.
fn merge(movements: &mut Vec<Movement>, movement: Movement) {
    let same = |own: &&mut Movement| {
        (own.cause, own.kind, own.item, own.lot, own.from, own.to)
            == (
                movement.cause,
                movement.kind,
                movement.item,
                movement.lot,
                movement.from,
                movement.to,
            )
    };
    match movements.iter_mut().find(same) {
        Some(own) => {
            own.qty = own.qty.plus(movement.qty).unwrap_or(own.qty);
            own.value += movement.value;
        }
        None => movements.push(movement),
    }
}

/// What the next `take` units of a shipment line cost: consecutive slices of its value, after
/// those lost and brought back, so that the last unit takes the rest.
fn taken_value(own: &crate::order::ShipmentLine, take: Qty) -> i64 {
    let before = own.lost.get() + own.brought_back.get() + own.returned.get();
    cumulative_share(own.value, before + take.get(), own.qty.get())
        - cumulative_share(own.value, before, own.qty.get())
}

/// The arrival of goods at the customer that nobody recorded.
fn arrive(
    own: &crate::order::ShipmentLine,
    qty: Qty,
    cause: Cause,
    desk: &Desk<'_>,
    ids: &mut IdSource,
) -> Result<Movement, Refusal> {
    let before = own.delivered.get() + own.lost.get() + own.brought_back.get();
    let value = cumulative_share(own.value, before + qty.get(), own.qty.get())
        - cumulative_share(own.value, before, own.qty.get());
    Ok(Movement {
        id: ids.draw(),
        kind: MovementKind::Deliver,
        item: own.item,
        lot: own.lot,
        lot_class: desk.lot_class(own.item, own.lot)?,
        from: Place::in_transit(own.shipment.as_bytes()),
        to: Place::account(PlaceKind::Customer),
        qty,
        value,
        cost_source: CostSource::Issue,
        cause,
        reverses: None,
        reason: None,
        effective_at: desk.now,
    })
}
