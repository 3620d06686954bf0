//! Goods that go back to their supplier, and those he sends back again.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::DocumentKind;
use orderly_core::id::*;
use orderly_core::purchase::vendor::{VendorReturn, VendorReturnLine};
use orderly_core::qty::{Entered, Qty};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::units::{Cause, CauseKind, CostSource, Movement, MovementKind, Place, PlaceKind};
use orderly_store::Tx;
use orderly_store::tables::{catalog, events as event_rows, locations, vendor_returns};

use crate::ops::catalog::{ids, location_called, stale};
use crate::ops::events::{Happened, event};
use crate::ops::stock::read::{self, Named};
use crate::ops::stock::receive::under;
use crate::ops::stock::{Averages, number, post, require_at};
use crate::ops::suppliers::supplier_called;
use crate::ops::{Object, Reference, command};
use crate::wire::purchases::{RejectedIn, VendorReturnIn, VendorReturnLineIn};
use crate::{App, Call, Error};

impl Object for VendorReturn {
    fn reference(&self) -> Reference {
        Reference { kind: "vendor_return", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        load(tx, VendorReturnId::from_bytes(id), false)
    }
}

fn load(tx: &mut Tx<'_>, id: VendorReturnId, lock: bool) -> Result<VendorReturn, Error> {
    let found = vendor_returns::get(tx, id, lock)?;
    found.ok_or_else(|| Error::not_found(format!("vendor return {id}")))
}

/// Returns the vendor return that a text stands for: its number or its id.
///
/// # Errors
/// `not_found`.
pub fn get(app: &App, call: &Call, text: &str) -> Result<VendorReturn, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let known = vendor_returns::by_number(tx, text.trim())?;
        let shown: String = text.chars().take(60).collect();
        let missing = |_| Error::not_found(format!("vendor return `{shown}`"));
        let id = known.map_or_else(|| text.trim().parse().map_err(missing), Ok)?;
        load(tx, id, false)
    })
}

/// Returns up to `limit` vendor returns before one, the newest first; one supplier's only where
/// one is given.
///
/// # Errors
/// `unknown_supplier`.
pub fn list(
    app: &App,
    call: &Call,
    supplier: Option<&str>,
    before: Option<VendorReturnId>,
    limit: u32,
) -> Result<Vec<VendorReturn>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let supplier = supplier.map(|code| supplier_called(tx, code)).transpose()?;
        let supplier = supplier.map(|found| found.id);
        Ok(vendor_returns::list(tx, supplier, before, limit.clamp(1, 1_000))?)
    })
}

/// Sends goods back to their supplier: they leave their bins with their value, which he owes us
/// until he credits it or sends them back.
///
/// # Errors
/// `unknown_supplier`, `unknown_location`, `no_lines`, `reason_required`, those of adjusting
/// stock: `not_held`, `insufficient_stock` where orders claim the goods.
pub fn send(app: &App, call: &Call, new: &VendorReturnIn) -> Result<VendorReturn, Error> {
    command(app, call, "vendor_return.send", |tx| {
        let location = location_called(tx, &new.location)?;
        require_at(call, Permission::Purchase, &location)?;
        let supplier = supplier_called(tx, &new.supplier)?;
        let reason = read::reason(&new.reason)?;
        ensure(!new.lines.is_empty(), || {
            Refusal::at(Code::NoLines, "/lines", "say what goes back")
        })?;
        let mut ids = ids(call);
        let mut sent = VendorReturn {
            id: ids.draw(),
            number: number(tx, "V", "vendor_return")?,
            supplier: supplier.id,
            location: location.id,
            reference: text::optional(new.reference.as_deref())
                .map_err(|refusal| refusal.under("/reference"))?,
            reason,
            sent_at: call.now,
            version: 1,
            lines: Vec::with_capacity(new.lines.len()),
        };
        let mut movements = Vec::with_capacity(new.lines.len());
        for (index, line) in new.lines.iter().enumerate() {
            let read = leave(tx, &mut ids, &mut sent, &location, line);
            movements.push(read.map_err(|error| under(error, &format!("/lines/{index}")))?);
        }
        vendor_returns::insert(tx, &sent)?;
        let document = (DocumentKind::VendorReturn, sent.id.as_bytes());
        post(tx, call, &mut ids, location.legal_entity, document, &movements)?;
        record(tx, call, &mut ids, &sent, "vendor_return.sent")?;
        Ok(sent)
    })
}

/// One line with its movement: bin → vendor return, at the moving average.
fn leave(
    tx: &mut Tx<'_>,
    ids: &mut IdSource,
    sent: &mut VendorReturn,
    location: &orderly_core::catalog::Location,
    line: &VendorReturnLineIn,
) -> Result<Movement, Error> {
    let named = Named {
        sku: &line.sku,
        quantity: &line.quantity,
        unit: line.unit.as_deref(),
        length: line.length.as_deref(),
        lot: line.lot.as_deref(),
        bin: line.bin.as_deref(),
        condition: line.condition.as_deref(),
    };
    let known = read::known(tx, location, &named)?;
    let qty = read::some(known.qty)?;
    let lot = read::lot(tx, &known, named.lot)?;
    let spot = known.spot(lot);
    let key = read::key_of(&known.item, location.id, lot);
    let mut averages = Averages::lock(tx, &[key])?;
    // Lines of one level draw on what the lines before have left of it.
    for before in sent.lines.iter().filter(|before| before.spot.item == spot.item) {
        let own = read::key_of(&known.item, location.id, before.spot.lot);
        if own == key {
            averages.issue(key, before.qty);
        }
    }
    let value = averages.issue(key, qty);
    let id: VendorReturnLineId = ids.draw();
    sent.lines.push(VendorReturnLine {
        id,
        position: i64::try_from(sent.lines.len()).unwrap_or(i64::MAX) + 1,
        spot,
        qty,
        credited: Qty::ZERO,
        rejected: Qty::ZERO,
        value,
    });
    Ok(Movement {
        id: ids.draw(),
        kind: MovementKind::Return,
        item: spot.item,
        lot,
        lot_class: key.lot_class,
        from: spot.place(location.id),
        to: Place::account(PlaceKind::VendorReturn),
        qty,
        value,
        cost_source: CostSource::Average,
        cause: Cause { kind: CauseKind::VendorReturnLine, id: id.as_bytes() },
        reverses: None,
        reason: Some(sent.reason.clone()),
        effective_at: sent.sent_at,
    })
}

fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    sent: &VendorReturn,
    kind: &str,
) -> Result<(), Error> {
    let happened = Happened {
        stream_kind: "vendor_return",
        stream: sent.id.as_bytes(),
        sequence: sent.version,
        kind,
        at: call.now,
    };
    Ok(event_rows::record(tx, &[event(call, ids, happened, sent)])?)
}

/// Counts goods of a line as credited, and returns the value that leaves the account.
///
/// # Errors
/// `above_open` with what waits for the supplier.
pub(super) fn credit(tx: &mut Tx<'_>, line: VendorReturnLineId, qty: Qty) -> Result<i64, Error> {
    let id = vendor_returns::of_line(tx, line)?;
    let id = id.ok_or_else(|| Error::Internal(format!("return line {line} has no return")))?;
    let before = load(tx, id, true)?;
    let mut after = VendorReturn { version: before.version + 1, ..before.clone() };
    let missing = || Error::Internal(format!("return line {line} is gone"));
    let own = after.lines.iter_mut().find(|own| own.id == line).ok_or_else(missing)?;
    let value = own.slice(qty)?;
    own.credited = own.credited.plus(qty).unwrap_or(own.credited);
    stale(vendor_returns::save(tx, &before, &after)?)?;
    Ok(value)
}

/// Takes goods back that the supplier refused: they lie where they came from, at their value.
///
/// # Errors
/// `not_found`, `unknown_line`, `above_open` with what waits for the supplier.
pub fn reject(
    app: &App,
    call: &Call,
    id: VendorReturnId,
    lines: &[RejectedIn],
) -> Result<VendorReturn, Error> {
    command(app, call, "vendor_return.reject", |tx| {
        let before = load(tx, id, true)?;
        let location = Some(before.location);
        call.require(Permission::Receive, Scope { location, ..Scope::default() })?;
        call.expect_version(before.version)?;
        ensure(!lines.is_empty(), || Refusal::at(Code::NoLines, "/lines", "say what comes back"))?;
        let at = locations::get(tx, before.location)?;
        let at = at.ok_or_else(|| Error::Internal("a return has no place".into()))?;
        let mut ids = ids(call);
        let mut after = VendorReturn { version: before.version + 1, ..before.clone() };
        let event_id: EventId = ids.draw();
        let mut movements = Vec::with_capacity(lines.len());
        for (index, one) in lines.iter().enumerate() {
            let came = back(tx, &mut ids, &mut after, one, event_id, call.now);
            movements.push(came.map_err(|error| under(error, &format!("/lines/{index}")))?);
        }
        stale(vendor_returns::save(tx, &before, &after)?)?;
        let document = (DocumentKind::VendorReturn, id.as_bytes());
        post(tx, call, &mut ids, at.legal_entity, document, &movements)?;
        record(tx, call, &mut ids, &after, "vendor_return.rejected")?;
        Ok(after)
    })
}

fn back(
    tx: &mut Tx<'_>,
    ids: &mut IdSource,
    sent: &mut VendorReturn,
    one: &RejectedIn,
    event: EventId,
    now: orderly_core::time::Instant,
) -> Result<Movement, Error> {
    let position = sent.line_at(one.line).map_err(|refusal| refusal.under("/line"))?.position;
    let location = sent.location;
    let missing = || Error::Internal("a line of the return is gone".into());
    let line = sent.lines.iter_mut().find(|line| line.position == position).ok_or_else(missing)?;
    let item = catalog::get(tx, line.spot.item)?.ok_or_else(missing)?;
    let unit = one.unit.as_deref().unwrap_or(&item.sale_unit);
    let ratio = item.ratio(unit).map_err(|refusal| refusal.under("/unit"))?;
    let qty = Entered::parse(&one.quantity).and_then(|many| many.to_base(ratio, unit));
    let qty = qty.map_err(|error| orderly_core::item::qty_refusal(error).under("/quantity"))?;
    let qty = read::some(qty)?;
    let value = line.slice(qty)?;
    line.rejected = line.rejected.plus(qty).unwrap_or(line.rejected);
    Ok(Movement {
        id: ids.draw(),
        kind: MovementKind::Return,
        item: line.spot.item,
        lot: line.spot.lot,
        lot_class: read::class_of(&item, line.spot.lot),
        from: Place::account(PlaceKind::VendorReturn),
        to: line.spot.place(location),
        qty,
        value,
        cost_source: CostSource::Issue,
        cause: Cause { kind: CauseKind::Event, id: event.as_bytes() },
        reverses: None,
        reason: None,
        effective_at: now,
    })
}
