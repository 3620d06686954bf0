//! When goods that were delivered become costs: with the invoices of their order.
//!
//! The cost recognized is a pure function of the order: of each shipment line, the share of its
//! value that belongs to units which are on documents, as far as units are out, the first shipped
//! first. What a command changes of it is posted, so nothing drifts whichever comes first.

use super::*;
use crate::books::{Account, Books, Dimensions, Journal, JournalHead, JournalKind, Posting};
use crate::money::cumulative_share;
use crate::units::{Cause, CauseKind};

impl ShipmentLine {
    /// What is with the customer or on its way.
    pub fn out(&self) -> Qty {
        self.qty.less(self.lost).less(self.brought_back).less(self.returned)
    }
    pub fn in_transit(&self) -> Qty {
        self.qty.less(self.delivered).less(self.lost).less(self.brought_back)
    }
}

/// An amount per location, in minor units of the legal entity's currency, by location.
pub type ByLocation = Vec<(LocationId, i64)>;

/// What of the order's goods has become costs.
pub fn recognized(order: &Order) -> ByLocation {
    let mut sums: ByLocation = Vec::new();
    if order.history {
        return sums;
    }
    for line in order.lines.iter().filter(|line| line.has_work()) {
        let documented = match line.parent.and_then(|kit| order.line(kit).ok()) {
            Some(kit) => line.per_parent.and_then(|per| per.times(kit.documented().get())),
            None => Some(line.documented()),
        };
        let mut left = documented.unwrap_or_default();
        for one in order.shipment_lines.iter().filter(|one| one.line == line.id) {
            let out = one.out();
            let part = left.min(out);
            left = left.less(part);
            let value = one.value - one.back;
            let share = match part.is_zero() {
                true => 0,
                false => cumulative_share(value, part.get(), out.get()),
            };
            let Ok(shipment) = order.shipment(one.shipment) else { continue };
            add(&mut sums, shipment.location, share);
        }
    }
    sums.retain(|(_, amount)| *amount != 0);
    sums.sort_unstable();
    sums
}

fn add(sums: &mut ByLocation, location: LocationId, amount: i64) {
    match sums.iter_mut().find(|(own, _)| *own == location) {
        Some((_, sum)) => *sum += amount,
        None => sums.push((location, amount)),
    }
}

/// What of the order's goods is out with the customer or on its way, in minor units.
pub fn delivered(order: &Order) -> i64 {
    if order.history {
        return 0;
    }
    order.shipment_lines.iter().map(|one| one.value - one.back).sum()
}

/// Returns the journal of what a command on an order turns into costs, or back; `None` where that
/// is nothing. It is caused by the command's event.
pub fn journal(
    before: &Order,
    after: &Order,
    event: EventId,
    id: JournalId,
    books: &Books,
    now: Instant,
) -> Option<Journal> {
    let mut change = recognized(after);
    for (location, amount) in recognized(before) {
        add(&mut change, location, -amount);
    }
    change.retain(|(_, amount)| *amount != 0);
    if change.is_empty() {
        return None;
    }
    let head = JournalHead {
        id,
        legal_entity: after.legal_entity,
        kind: JournalKind::Cost,
        cause: Cause { kind: CauseKind::Event, id: event.as_bytes() },
        currency: books.currency,
        accounting_on: books.day(now),
        reverses: None,
    };
    let shared = Dimensions::of(after);
    let postings = change.into_iter().flat_map(|(location, amount)| {
        let at = Dimensions { location: Some(location), ..shared };
        let off = Posting::new(Account::DeliveredNotInvoiced, -amount, at);
        [Posting::new(Account::CostOfGoods, amount, at), off]
    });
    Some(Journal::new(head, postings.collect()).expect("each amount stands on both sides"))
}
