//! Goods that suppliers send straight to our customers.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::*;
use orderly_core::money::Money;
use orderly_core::order::direct::{self, Dispatch};
use orderly_core::purchase::PurchaseLine;
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::units::CauseKind;
use orderly_store::Tx;
use orderly_store::tables::purchases::{self, SupplierShipment};
use orderly_store::tables::units;

use super::{Locked, PurchaseOrder, lock, save};
use crate::ops::books::{books_of, convert};
use crate::ops::catalog::ids;
use crate::ops::stock::not_reversible;
use crate::ops::{command, orders};
use crate::wire::purchases::DispatchedIn;
use crate::{App, Call, Error};

/// Records what a supplier says he sent to our customers: their order lines are shipped and
/// delivered at the order's price, which is owed to the supplier until he invoices it.
///
/// # Errors
/// `invalid_transition` for a draft or a line that is not sent directly, `purchase_closed`,
/// `above_tolerance` and `above_open` with what is open, `unknown_line`, `rate_missing`,
/// `nothing_to_do`.
pub fn dispatch(
    app: &App,
    call: &Call,
    id: PurchaseOrderId,
    what: &DispatchedIn,
) -> Result<PurchaseOrder, Error> {
    command(app, call, "purchase.dispatch", |tx| {
        let Locked { purchase: before, orders: _ } = lock(tx, id)?;
        let location = Some(before.location);
        call.require(Permission::Receive, Scope { location, ..Scope::default() })?;
        call.expect_version(before.version)?;
        before.ensure_open()?;
        let mut ids = ids(call);
        let mut after = before.clone();
        let books = books_of(tx, before.legal_entity)?;
        let own = |text: &Option<String>| text::optional(text.as_deref());
        let (reference, tracking) = (own(&what.reference)?, own(&what.tracking)?);
        let mut sent = Vec::new();
        for (line, qty) in asked(&before, what)? {
            let tied = line.tied.ok_or_else(|| Error::Internal("a direct line is free".into()))?;
            let price = Money::new(line.slice(qty, before.currency)?, before.currency);
            let on = books.day(call.now);
            let value = convert(tx, price, books.currency, on)?.minor();
            after.receive(line.id, qty, value, false)?;
            let order = orders::load(tx, tied.order)?;
            let (line_id, item, location) = (tied.line, line.item, before.location);
            let own =
                Dispatch { line: line_id, item, qty, value, location, tracking: tracking.clone() };
            let (decision, shipped) = direct::dispatch(&order, &own, call.now, &mut ids)?;
            orders::apply(tx, call, &mut ids, &order, decision, "order.supplier_shipped")?;
            sent.push(SupplierShipment {
                id: SupplierShipmentId::from_bytes(shipped.as_bytes()),
                purchase: before.id,
                purchase_line: line.id,
                order: tied.order,
                line: tied.line,
                item: line.item,
                qty,
                value,
                reference: reference.clone(),
                tracking: tracking.clone(),
                shipped_at: call.now,
                reversed_at: None,
            });
        }
        ensure(!sent.is_empty(), || {
            Refusal::new(Code::NothingToDo, "nothing of the order goes straight to a customer")
        })?;
        purchases::insert_shipments(tx, &sent)?;
        save(tx, call, &mut ids, &before, after, "purchase_order.dispatched")
    })
}

/// The lines asked for with base quantities; every open direct line where none is named.
fn asked(purchase: &PurchaseOrder, what: &DispatchedIn) -> Result<Vec<(PurchaseLine, Qty)>, Error> {
    if what.lines.is_empty() {
        let open = purchase.lines.iter().filter(|line| line.direct && !line.open().is_zero());
        return Ok(open.map(|line| (line.clone(), line.open())).collect());
    }
    let mut out: Vec<(PurchaseLine, Qty)> = Vec::with_capacity(what.lines.len());
    for (index, one) in what.lines.iter().enumerate() {
        let pointer = |field: &str| format!("/lines/{index}/{field}");
        let line = purchase.line_at(one.line).map_err(|refusal| refusal.under(&pointer("line")))?;
        let twice = out.iter().any(|(known, _)| known.id == line.id);
        ensure(line.direct && !twice, || {
            let detail = format!("line {} is not sent by the supplier, or named twice", one.line);
            Refusal::at(Code::InvalidTransition, pointer("line"), detail)
                .allowed("purchases receive")
        })?;
        let base = one.unit.as_deref().is_some_and(|unit| unit != line.unit);
        let ratio = if base { orderly_core::qty::Ratio::ONE } else { line.unit_ratio };
        let read = orderly_core::qty::Entered::parse(&one.quantity);
        let qty = read.and_then(|many| many.to_base(ratio, &line.unit));
        let qty = qty
            .map_err(|error| orderly_core::item::qty_refusal(error).under(&pointer("quantity")))?;
        out.push((line.clone(), qty));
    }
    Ok(out)
}

/// Returns what suppliers sent to customers for a purchase order.
pub fn shipments(
    app: &App,
    call: &Call,
    id: PurchaseOrderId,
) -> Result<Vec<SupplierShipment>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| Ok(purchases::shipments_of(tx, id)?))
}

/// Takes it back that a supplier sent goods to a customer: the inverse of [`dispatch`] for one of
/// its lines.
///
/// # Errors
/// `not_found`, `not_reversible` where it is taken back, invoiced or returned already.
pub fn undispatch(app: &App, call: &Call, id: SupplierShipmentId) -> Result<PurchaseOrder, Error> {
    command(app, call, "purchase.undispatch", |tx| {
        let sent = shipment(tx, id)?;
        let Locked { purchase: before, orders: _ } = lock(tx, sent.purchase)?;
        let location = Some(before.location);
        call.require(Permission::Undo, Scope { location, ..Scope::default() })?;
        if !purchases::reverse_shipment(tx, id, call.now)? {
            return Err(not_reversible("it is taken back already", "purchases dispatch"));
        }
        let mut ids = ids(call);
        let order = orders::load(tx, sent.order)?;
        let shipped = ShipmentLineId::from_bytes(id.as_bytes());
        let booked = units::movements_of_cause(tx, CauseKind::ShipmentLine, id.as_bytes())?;
        let booked = booked.first().ok_or_else(|| Error::Internal("no goods moved".into()))?;
        let decision = direct::undispatch(&order, shipped, &booked.movement, call.now, &mut ids)?;
        orders::apply(tx, call, &mut ids, &order, decision, "order.supplier_shipment_undone")?;
        let mut after = before.clone();
        after.unreceive(sent.purchase_line, sent.qty, sent.value)?;
        save(tx, call, &mut ids, &before, after, "purchase_order.dispatch_undone")
    })
}

fn shipment(tx: &mut Tx<'_>, id: SupplierShipmentId) -> Result<SupplierShipment, Error> {
    let found = purchases::shipment(tx, id)?;
    found.ok_or_else(|| Error::not_found(format!("supplier shipment {id}")))
}
