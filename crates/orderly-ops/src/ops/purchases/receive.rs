//! Receiving what was ordered, by line or by scan, and taking a receipt back.

use std::sync::Arc;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::*;
use orderly_core::item::Item;
use orderly_core::money::Money;
use orderly_core::order::special;
use orderly_core::purchase::PurchaseLine;
use orderly_core::qty::{Entered, Qty, Ratio};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::stock::{Receipt, ReceiptKind};
use orderly_core::text;
use orderly_core::units::LevelKey;
use orderly_store::Tx;
use orderly_store::tables::exceptions::{self, Exception};
use orderly_store::tables::{catalog, locations, receipts, suppliers};

use super::{Locked, PurchaseOrder, lock, save};
use crate::ops::catalog::ids;
use crate::ops::stock::read::{class_of, past};
use crate::ops::stock::receive::{Worth, entity_of, take_in, under};
use crate::ops::stock::{not_reversible, require_at};
use crate::ops::{Object, Reference, books, command, orders};
use crate::wire::purchases::{ArrivedIn, ArrivedLineIn};
use crate::wire::stock::ReceiptLineIn;
use crate::{App, Call, Error};

/// What was made of goods that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    pub purchase: PurchaseOrder,
    /// `None` where nothing that arrived was known.
    pub receipt: Option<Receipt>,
    /// What was scanned and is on no line of the order: raised as exceptions.
    pub unknown: Vec<String>,
}

impl Object for Arrived {
    fn reference(&self) -> Reference {
        match &self.receipt {
            Some(receipt) => receipt.reference(),
            None => self.purchase.reference(),
        }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], sequence: i64) -> Result<Self, Error> {
        let receipt = receipts::get(tx, ReceiptId::from_bytes(id), false)?;
        let purchase = match receipt.as_ref().and_then(|receipt| receipt.purchase_order) {
            Some(purchase) => super::load(tx, purchase, false)?,
            None => PurchaseOrder::replay(tx, id, sequence)?,
        };
        Ok(Self { purchase, receipt, unknown: Vec::new() })
    }
}

/// Receives goods of a purchase order at its prices. What is scanned and not on the order is never
/// dropped: it is raised as an exception, and the rest is received. Goods of a special order are
/// allocated to the line they were bought for; other backorders are served by a task.
///
/// # Errors
/// `invalid_transition` for a draft, `purchase_closed`, `above_tolerance` with the most that may
/// come, `unknown_line`, `no_lines`, `rate_missing` for prices in another currency, and those of
/// plain receipts; each with the pointer of its line.
pub fn receive(
    app: &App,
    call: &Call,
    id: PurchaseOrderId,
    new: &ArrivedIn,
) -> Result<Arrived, Error> {
    command(app, call, "purchase.receive", |tx| {
        let Locked { purchase: before, orders: _ } = lock(tx, id)?;
        let location = locations::get(tx, before.location)?;
        let location = location.ok_or_else(|| Error::Internal("an order has no place".into()))?;
        require_at(call, Permission::Receive, &location)?;
        call.expect_version(before.version)?;
        before.ensure_open()?;
        ensure(!new.lines.is_empty(), || {
            Refusal::at(Code::NoLines, "/lines", "a receipt needs a line")
        })?;
        let mut ids = ids(call);
        let (known, unknown) = sort(tx, &before, new)?;
        raise(tx, call, &mut ids, &before, &unknown)?;
        let unknown = unknown.into_iter().map(|one| one.code).collect();
        if known.is_empty() {
            return Ok(Arrived { purchase: before, receipt: None, unknown });
        }
        let head = head(tx, call, &mut ids, &before, new)?;
        let mut after = before.clone();
        let receipt = take(tx, call, &mut ids, &mut after, head, &known)?;
        let after = save(tx, call, &mut ids, &before, after, "purchase_order.received")?;
        supply(tx, call, &mut ids, &after, &receipt)?;
        Ok(Arrived { purchase: after, receipt: Some(receipt), unknown })
    })
}

fn head(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    purchase: &PurchaseOrder,
    new: &ArrivedIn,
) -> Result<Receipt, Error> {
    let location = locations::get(tx, purchase.location)?;
    let location = location.ok_or_else(|| Error::Internal("an order has no place".into()))?;
    let reference = text::optional(new.reference.as_deref());
    Ok(Receipt {
        id: ids.draw(),
        number: String::new(),
        kind: ReceiptKind::Purchase,
        location: purchase.location,
        supplier: Some(purchase.supplier),
        purchase_order: Some(purchase.id),
        reference: reference.map_err(|refusal| refusal.under("/reference"))?,
        currency: entity_of(tx, &location)?.currency,
        received_at: past(call, new.received_at.as_deref(), "/received_at")?,
        reversed_at: None,
        lines: Vec::with_capacity(new.lines.len()),
    })
}

/// Takes the goods in, and counts them on their lines.
fn take(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    purchase: &mut PurchaseOrder,
    receipt: Receipt,
    known: &[Known],
) -> Result<Receipt, Error> {
    let location = locations::get(tx, purchase.location)?;
    let location = location.ok_or_else(|| Error::Internal("an order has no place".into()))?;
    let own = entity_of(tx, &location)?;
    let (into, on) = (own.currency, receipt.received_at.day_in(&own.zone));
    let scope = Scope { location: Some(location.id), ..Scope::default() };
    let beyond = call.overridden(Code::AboveTolerance, scope)?;
    let lines: Vec<(&ReceiptLineIn, Option<PurchaseLineId>)> =
        known.iter().map(|one| (&one.line, Some(one.purchase_line))).collect();
    let mut worth = |tx: &mut Tx<'_>, index: usize, qty: Qty| {
        let id = known[index].purchase_line;
        let (currency, line) = (purchase.currency, purchase.line_mut(id)?.clone());
        let price = Money::new(line.slice(qty, currency)?, currency);
        let value = books::convert(tx, price, into, on)?.minor();
        let counted = purchase.receive(id, qty, value, beyond);
        counted.map_err(|refusal| refusal.under("/quantity"))?;
        Ok(value)
    };
    let taken = take_in(tx, call, ids, receipt, &lines, &location, &mut Worth::Bought(&mut worth));
    taken.map_err(|error| match error {
        // Lines that were not known stand between them: say the place in the request.
        Error::Refused(mut refusal) => {
            for issue in &mut refusal.issues {
                issue.pointer = place(&issue.pointer, known);
            }
            Error::Refused(refusal)
        }
        other => other,
    })
}

/// The pointer of a known line as the request has it.
fn place(pointer: &str, known: &[Known]) -> String {
    let Some(rest) = pointer.strip_prefix("/lines/") else { return pointer.to_owned() };
    let (index, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let own = index.parse::<usize>().ok().and_then(|index| known.get(index));
    own.map_or_else(|| pointer.to_owned(), |own| format!("/lines/{}/{rest}", own.index))
}

/// Goods that are on the order.
struct Known {
    /// Their place in the request.
    index: usize,
    purchase_line: PurchaseLineId,
    line: ReceiptLineIn,
}

/// Goods that are not: what was scanned, and the item it stands for, if any.
struct Unknown {
    code: String,
    quantity: String,
    item: Option<Arc<Item>>,
}

/// Tells what is on the order from what is not.
fn sort(
    tx: &mut Tx<'_>,
    purchase: &PurchaseOrder,
    new: &ArrivedIn,
) -> Result<(Vec<Known>, Vec<Unknown>), Error> {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for (index, line) in new.lines.iter().enumerate() {
        let pointer = format!("/lines/{index}");
        let found = match (&line.code, line.line) {
            (Some(code), _) => scanned(tx, purchase, line, code),
            (None, Some(position)) => named(tx, purchase, line, position).map(Ok),
            (None, None) => {
                let detail = "say which line it is, or what was scanned";
                Err(Refusal::at(Code::UnknownLine, "/line", detail).into())
            }
        };
        match found.map_err(|error| under(error, &pointer))? {
            Ok((purchase_line, line)) => known.push(Known { index, purchase_line, line }),
            Err(missing) => unknown.push(missing),
        }
    }
    Ok((known, unknown))
}

type Found = (PurchaseLineId, ReceiptLineIn);

fn named(
    tx: &mut Tx<'_>,
    purchase: &PurchaseOrder,
    line: &ArrivedLineIn,
    position: i64,
) -> Result<Found, Error> {
    let own = purchase.line_at(position).map_err(|refusal| refusal.under("/line"))?;
    ensure_ours(own)?;
    let item = item(tx, own.item)?;
    let quantity = line.quantity.clone().unwrap_or_else(|| "1".into());
    let unit = line.unit.clone().or_else(|| line.length.is_none().then(|| own.unit.clone()));
    Ok((own.id, line.receipt(&item.sku, quantity, unit)))
}

fn ensure_ours(line: &PurchaseLine) -> Result<(), Refusal> {
    ensure(!line.direct, || {
        let detail = format!("line {} goes straight to the customer", line.position);
        Refusal::at(Code::InvalidTransition, "/line", detail).allowed("purchases dispatch")
    })
}

fn item(tx: &mut Tx<'_>, id: ItemId) -> Result<Arc<Item>, Error> {
    let found = catalog::get(tx, id)?;
    found.ok_or_else(|| Error::Internal(format!("a purchase line has no item {id}")))
}

/// What a scanned code stands for: an item, and how many base units one scan is; in the unit
/// given, or the item's own, where that is not said.
type Scanned = (Arc<Item>, Option<Qty>);

fn scanned(
    tx: &mut Tx<'_>,
    purchase: &PurchaseOrder,
    line: &ArrivedLineIn,
    code: &str,
) -> Result<Result<Found, Unknown>, Error> {
    let code = code.trim();
    let quantity = line.quantity.clone().unwrap_or_else(|| "1".into());
    let found = meant(tx, purchase, code)?;
    let own = found.as_ref().and_then(|(item, _)| on_order(purchase, item.id));
    let (Some((item, each)), Some(own)) = (&found, own) else {
        let item = found.map(|(item, _)| item);
        return Ok(Err(Unknown { code: code.chars().take(80).collect(), quantity, item }));
    };
    let Some(each) = each.filter(|_| line.unit.is_none() && line.length.is_none()) else {
        return Ok(Ok((own.id, line.receipt(&item.sku, quantity, line.unit.clone()))));
    };
    let ratio = Ratio::new(each.get(), 1).unwrap_or(Ratio::ONE);
    let read = Entered::parse(&quantity).and_then(|many| many.to_base(ratio, "pack"));
    let base = read.map_err(|error| orderly_core::item::qty_refusal(error).under("/quantity"))?;
    let unit = Some(item.base_unit.code().to_owned());
    Ok(Ok((own.id, line.receipt(&item.sku, base.to_string(), unit))))
}

/// Looks a code up: a pack or an article of the supplier's first, then an item's own SKU, its GTIN
/// or that of one of its units.
fn meant(tx: &mut Tx<'_>, purchase: &PurchaseOrder, code: &str) -> Result<Option<Scanned>, Error> {
    let mut sold = suppliers::items(tx, purchase.supplier)?;
    sold.retain(|one| one.pack_gtin.as_deref() == Some(code) || one.sku.as_deref() == Some(code));
    if let Some(one) = sold.first() {
        let pack = one.pack_gtin.as_deref() == Some(code);
        return Ok(Some((item(tx, one.item)?, pack.then_some(one.pack))));
    }
    let ordered = purchase.lines.iter().find(|line| line.supplier_sku.as_deref() == Some(code));
    if let Some(line) = ordered {
        return Ok(Some((item(tx, line.item)?, None)));
    }
    if let Some(found) = catalog::by_sku(tx, code)? {
        return Ok(Some((found, None)));
    }
    let Some(found) = catalog::by_gtin(tx, code)?.into_iter().next() else { return Ok(None) };
    let unit = found.units.iter().find(|unit| unit.gtin.as_deref() == Some(code));
    let each =
        unit.filter(|unit| unit.ratio.den == 1).and_then(|unit| Qty::new(unit.ratio.num).ok());
    Ok(Some((found, each)))
}

/// The line of the order that goods of an item count on: the first that waits for them, else the
/// last.
fn on_order(purchase: &PurchaseOrder, item: ItemId) -> Option<&PurchaseLine> {
    let own = || purchase.lines.iter().filter(move |line| line.item == item && !line.direct);
    own().find(|line| !line.open().is_zero()).or_else(|| own().next_back())
}

/// Keeps what is not on the order for a person to decide.
fn raise(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    purchase: &PurchaseOrder,
    unknown: &[Unknown],
) -> Result<(), Error> {
    let one = |one: &Unknown| Exception {
        id: ids.draw::<EventId>().as_bytes(),
        kind: if one.item.is_some() { "not_ordered" } else { "unknown_code" }.into(),
        item: one.item.as_ref().map(|item| item.id),
        location: Some(purchase.location),
        order: None,
        line: None,
        qty: one.quantity.parse().ok(),
        detail: format!(
            "{} × `{}` arrived with {} and is not on it",
            one.quantity, one.code, purchase.number
        ),
        raised_at: call.now,
        settled_at: None,
    };
    let all: Vec<Exception> = unknown.iter().map(one).collect();
    Ok(exceptions::insert(tx, &all)?)
}

/// Gives special orders what came for them, and no more than they need.
fn supply(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    purchase: &PurchaseOrder,
    receipt: &Receipt,
) -> Result<(), Error> {
    for came in receipt.lines.iter().filter(|line| line.spot.condition.code() == "sellable") {
        let line = purchase.lines.iter().find(|line| Some(line.id) == came.purchase_line);
        let Some(tied) = line.and_then(|line| line.tied) else { continue };
        let order = orders::load(tx, tied.order)?;
        let needed = order.line(tied.line)?.quantities.unallocated;
        let qty = came.qty.min(needed);
        let placed = order.head.state == orderly_core::order::OrderState::Placed;
        if qty.is_zero() || !placed {
            continue;
        }
        let item = item(tx, came.spot.item)?;
        let lot_class = class_of(&item, came.spot.lot);
        let level = LevelKey { item: item.id, location: receipt.location, lot_class };
        let decision = special::supply(&order, tied.line, level, qty, call.now, ids)?;
        orders::apply(tx, call, ids, &order, decision, "order.supplied")?;
    }
    Ok(())
}

/// Takes a receipt of a purchase order off its lines, before its goods leave again: what came for
/// special orders is taken from them first. Nothing where the receipt is of no purchase order.
///
/// # Errors
/// `not_reversible` where goods are invoiced, or picked for the order they came for.
pub(in crate::ops) fn take_back(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    receipt: &Receipt,
) -> Result<(), Error> {
    let Some(id) = receipt.purchase_order else { return Ok(()) };
    let Locked { purchase: before, orders: _ } = lock(tx, id)?;
    let mut after = before.clone();
    for came in &receipt.lines {
        let Some(line) = came.purchase_line else { continue };
        let tied = after.line_mut(line)?.tied;
        if let Some(tied) = tied {
            let order = orders::load(tx, tied.order)?;
            let q = order.line(tied.line)?.quantities;
            let qty = came.qty.min(q.allocated);
            if !qty.is_zero() {
                let at = receipt.location;
                let taken = special::unsupply(&order, tied.line, at, qty, call.now, ids);
                let taken = taken.map_err(|refusal| {
                    not_reversible(format!("the goods are claimed: {refusal}"), "orders unpick")
                })?;
                orders::apply(tx, call, ids, &order, taken, "order.supply_undone")?;
            }
        }
        after.unreceive(line, came.qty, came.value)?;
    }
    save(tx, call, ids, &before, after, "purchase_order.receipt_undone")?;
    Ok(())
}
