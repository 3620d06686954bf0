//! Receiving goods, and taking a receipt back.

use orderly_core::actor::Permission;
use orderly_core::books::DocumentKind;
use orderly_core::catalog::{LegalEntity, Location};
use orderly_core::id::*;
use orderly_core::item::Tracking;
use orderly_core::money::{parse_decimal, round_to_minor, split_minor};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::stock::{Receipt, ReceiptKind, ReceiptLine};
use orderly_core::text;
use orderly_core::time::Day;
use orderly_core::units::{Cause, CauseKind, CostSource, Movement, MovementKind, Place, PlaceKind};
use orderly_store::Tx;
use orderly_store::tables::{
    events as event_rows, locations, receipts, settings, suppliers, units,
};
use rust_decimal::Decimal;

use super::read::{self, Known, Named, past};
use super::{not_reversible, number, post, require_at, reversals, still_there};
use crate::ops::catalog::{ids, location_called};
use crate::ops::events::{Happened, event};
use crate::ops::{Object, Reference, command, purchases};
use crate::wire::stock::{ReceiptIn, ReceiptLineIn};
use crate::{App, Call, Error};

/// A line more than this is a file, not a receipt.
const MAX_LINES: usize = 5_000;

impl Object for Receipt {
    fn reference(&self) -> Reference {
        let sequence = if self.reversed_at.is_some() { 2 } else { 1 };
        Reference { kind: "receipt", id: self.id.as_bytes(), sequence }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        load(tx, ReceiptId::from_bytes(id), false)
    }
}

/// Returns the receipt with this id.
pub fn get(app: &App, call: &Call, id: ReceiptId) -> Result<Receipt, Error> {
    call.require(Permission::Read, orderly_core::actor::Scope::default())?;
    app.store.read(|tx| load(tx, id, false))
}

fn load(tx: &mut Tx<'_>, id: ReceiptId, lock: bool) -> Result<Receipt, Error> {
    receipts::get(tx, id, lock)?.ok_or_else(|| Error::not_found(format!("receipt {id}")))
}

/// Receives goods: they are held and can be promised when this returns. Backorders of them are
/// served by a task.
///
/// # Errors
/// `unknown_location`, `unknown_item`, `no_lines`, `lot_required`, `serial_taken`, the refusals of
/// quantities and amounts; each with the pointer of its line.
pub fn receive(app: &App, call: &Call, new: &ReceiptIn) -> Result<Receipt, Error> {
    command(app, call, "stock.receive", |tx| {
        let location = location_called(tx, &new.location)?;
        require_at(call, Permission::Receive, &location)?;
        let entity = entity_of(tx, &location)?;
        let mut ids = ids(call);
        let receipt = read_head(tx, call, &mut ids, new, &location, &entity)?;
        let lines: Vec<_> = new.lines.iter().map(|line| (line, None)).collect();
        take_in(tx, call, &mut ids, receipt, &lines, &location, &mut Worth::Stated)
    })
}

/// The legal entity whose books a location's goods are in.
pub(in crate::ops) fn entity_of(
    tx: &mut Tx<'_>,
    location: &Location,
) -> Result<LegalEntity, Error> {
    let entity = settings::entity(tx, location.legal_entity)?;
    entity.ok_or_else(|| Error::Internal("a location has no entity".into()))
}

/// What goods are worth: as the line or the item says, or what the caller makes of the line's
/// place in the request and its base quantity.
pub(in crate::ops) enum Worth<'a> {
    Stated,
    Bought(&'a mut dyn FnMut(&mut Tx<'_>, usize, Qty) -> Result<i64, Error>),
}

/// Takes goods in: the receipt with the lines given, its movements and journals, its event.
/// Backorders of the goods are served by a task.
pub(in crate::ops) fn take_in(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    mut receipt: Receipt,
    lines: &[(&ReceiptLineIn, Option<PurchaseLineId>)],
    location: &Location,
    worth: &mut Worth<'_>,
) -> Result<Receipt, Error> {
    let entity = entity_of(tx, location)?;
    let sources = read_lines(tx, call, ids, &mut receipt, lines, location, &entity, worth)?;
    receipt.number = number(tx, "R", "receipt")?;
    let movements = movements(&receipt, &sources, ids);
    receipts::insert(tx, &receipt)?;
    let document = (DocumentKind::Receipt, receipt.id.as_bytes());
    post(tx, call, ids, location.legal_entity, document, &movements)?;
    record(tx, call, ids, &receipt, "receipt.posted")?;
    Ok(receipt)
}

fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    receipt: &Receipt,
    kind: &str,
) -> Result<(), Error> {
    let Reference { id, sequence, .. } = receipt.reference();
    let happened =
        Happened { stream_kind: "receipt", stream: id, sequence, kind, at: receipt.received_at };
    Ok(event_rows::record(tx, &[event(call, ids, happened, receipt)])?)
}

/// The item class and cost source of each line, beside the receipt.
type Sources = Vec<(LotId, CostSource)>;

fn read_head(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    new: &ReceiptIn,
    location: &Location,
    entity: &LegalEntity,
) -> Result<Receipt, Error> {
    ensure(!new.lines.is_empty(), || {
        Refusal::at(Code::NoLines, "/lines", "a receipt needs a line")
    })?;
    ensure(new.lines.len() <= MAX_LINES, || {
        let detail = format!("at most {MAX_LINES} lines are received at once");
        Refusal::at(Code::TooManyLines, "/lines", detail)
    })?;
    let received_at = past(call, new.received_at.as_deref(), "/received_at")?;
    Ok(Receipt {
        id: ids.draw(),
        number: String::new(),
        kind: kind(new)?,
        location: location.id,
        supplier: supplier(tx, new)?,
        purchase_order: None,
        reference: text::optional(new.reference.as_deref())
            .map_err(|refusal| refusal.under("/reference"))?,
        currency: entity.currency,
        received_at,
        reversed_at: None,
        lines: Vec::with_capacity(new.lines.len()),
    })
}

#[expect(clippy::too_many_arguments, reason = "what a receipt is read from")]
fn read_lines(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    receipt: &mut Receipt,
    lines: &[(&ReceiptLineIn, Option<PurchaseLineId>)],
    location: &Location,
    entity: &LegalEntity,
    worth: &mut Worth<'_>,
) -> Result<Sources, Error> {
    let mut sources = Sources::with_capacity(lines.len());
    let mut serials = std::collections::HashSet::new();
    for (index, (line, purchase_line)) in lines.iter().enumerate() {
        let mut of_line = |tx: &mut Tx<'_>, known: &Known| match worth {
            Worth::Stated => Ok(value(known, line, entity)?),
            Worth::Bought(own) => Ok((own(tx, index, known.qty)?, CostSource::Given)),
        };
        let read = read_line(tx, call, ids, line, location, &mut of_line);
        let read = read.map_err(|error| under(error, &format!("/lines/{index}")))?;
        for (mut line, source, single) in read {
            ensure(!single || serials.insert(line.spot.lot), || {
                let detail = "a serial number is named twice";
                Refusal::at(Code::SerialTaken, format!("/lines/{index}/serials"), detail)
            })?;
            line.position = i64::try_from(receipt.lines.len()).unwrap_or(i64::MAX) + 1;
            line.purchase_line = *purchase_line;
            receipt.lines.push(line);
            sources.push(source);
        }
    }
    Ok(sources)
}

/// Puts a pointer in front of a refusal's.
pub(in crate::ops) fn under(error: Error, pointer: &str) -> Error {
    match error {
        Error::Refused(refusal) => Error::Refused(refusal.under(pointer)),
        other => other,
    }
}

fn kind(new: &ReceiptIn) -> Result<ReceiptKind, Refusal> {
    match new.kind.as_deref() {
        None | Some("purchase") => Ok(ReceiptKind::Purchase),
        Some("opening") => Ok(ReceiptKind::Opening),
        Some("other") => Ok(ReceiptKind::Other),
        Some(_) => {
            let detail = "that is no kind of receipt";
            Err(Refusal::at(Code::InvalidField, "/kind", detail)
                .allowed("purchase, opening, other"))
        }
    }
}

fn supplier(tx: &mut Tx<'_>, new: &ReceiptIn) -> Result<Option<SupplierId>, Error> {
    let Some(code) = &new.supplier else { return Ok(None) };
    let found = suppliers::by_code(tx, code.trim())?.ok_or_else(|| {
        let shown: String = code.chars().take(60).collect();
        Refusal::at(Code::InvalidField, "/supplier", format!("there is no supplier `{shown}`"))
    })?;
    Ok(Some(found.id))
}

/// A line, its lot class and cost source, and whether it is a single numbered unit.
type Read = (ReceiptLine, (LotId, CostSource), bool);

/// Reads a line; goods with serial numbers become one line each.
fn read_line(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    line: &ReceiptLineIn,
    location: &Location,
    worth: &mut dyn FnMut(&mut Tx<'_>, &Known) -> Result<(i64, CostSource), Error>,
) -> Result<Vec<Read>, Error> {
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
    read::some(known.qty)?;
    let (value, source) = worth(tx, &known)?;
    let expires_on = line.expires_on.as_deref().map(Day::parse).transpose();
    let expires_on = expires_on
        .map_err(|error| Refusal::at(Code::InvalidField, "/expires_on", error.to_string()))?;
    let mut read = Vec::new();
    let parts = parts(&known, line, value)?;
    for (name, qty, value) in parts {
        let lot = read::lot_or_new(tx, call, ids, &known, name, expires_on)?;
        let single = known.item.tracking == Tracking::Serial && known.length.is_none();
        if single {
            ensure_nowhere(tx, &known, lot, name.unwrap_or_default())?;
        }
        let class = read::class_of(&known.item, lot);
        let line = ReceiptLine {
            id: ids.draw(),
            position: 0,
            purchase_line: None,
            spot: known.spot(lot),
            qty,
            value,
        };
        read.push((line, (class, source), single));
    }
    Ok(read)
}

/// The name of a lot, with its quantity and value.
type Part<'a> = (Option<&'a str>, Qty, i64);

/// The lots a line brings, with quantity and value of each.
fn parts<'a>(known: &Known, line: &'a ReceiptLineIn, value: i64) -> Result<Vec<Part<'a>>, Refusal> {
    if known.item.tracking != Tracking::Serial || known.length.is_some() {
        return Ok(vec![(line.lot.as_deref(), known.qty, value)]);
    }
    let named: Vec<&str> = match (&line.lot, line.serials.is_empty()) {
        (Some(lot), true) => vec![lot.as_str()],
        _ => line.serials.iter().map(String::as_str).collect(),
    };
    ensure(i64::try_from(named.len()) == Ok(known.qty.get()), || {
        let detail =
            format!("{} of {} come with {} serial numbers", known.qty, known.item.sku, named.len());
        Refusal::at(Code::LotRequired, "/serials", detail)
    })?;
    let values = split_minor(value, &vec![1; named.len()])
        .map_err(|error| Refusal::at(Code::MoneyInvalid, "/cost", error.to_string()))?;
    let one = Qty::new(1).expect("one");
    Ok(named.into_iter().zip(values).map(|(name, value)| (Some(name), one, value)).collect())
}

/// A serial number is in one place at most. Its lot is locked, so nobody receives it meanwhile.
fn ensure_nowhere(tx: &mut Tx<'_>, known: &Known, lot: LotId, name: &str) -> Result<(), Error> {
    let there = units::holdings_of_lot(tx, known.item.id, lot)?;
    let Some(first) = there.first() else { return Ok(()) };
    let at = locations::get(tx, first.place.location)?.map_or(String::new(), |place| place.code);
    let detail = format!("{} {name} is at {at} already", known.item.sku);
    Err(Refusal::at(Code::SerialTaken, "/serials", detail).into())
}

/// What the goods cost, in minor units, rounded half away from zero.
fn value(
    known: &Known,
    line: &ReceiptLineIn,
    entity: &LegalEntity,
) -> Result<(i64, CostSource), Refusal> {
    let base = Decimal::from(known.qty.get());
    let too_large = || Refusal::at(Code::MoneyTooLarge, "/cost", "the goods cost too much");
    let (exact, source) = match (&line.cost, known.item.cost) {
        (Some(text), _) => {
            let cost = parse_decimal(text)
                .map_err(|error| Refusal::at(Code::MoneyInvalid, "/cost", error.to_string()))?;
            ensure(!cost.is_sign_negative(), || {
                Refusal::at(Code::MoneyInvalid, "/cost", "a cost is not negative")
            })?;
            let units = base * Decimal::from(known.ratio.den) / Decimal::from(known.ratio.num);
            (cost.checked_mul(units), CostSource::Given)
        }
        (None, Some(cost)) => (cost.checked_mul(base), CostSource::Standard),
        (None, None) => return Ok((0, CostSource::None)),
    };
    let exact = exact.ok_or_else(too_large)?;
    let minor = round_to_minor(exact, entity.currency).map_err(|_| too_large())?;
    Ok((minor, source))
}

fn movements(receipt: &Receipt, sources: &Sources, ids: &mut IdSource) -> Vec<Movement> {
    let from = match receipt.kind {
        ReceiptKind::Purchase => PlaceKind::Supplier,
        ReceiptKind::Opening => PlaceKind::Opening,
        ReceiptKind::Production => PlaceKind::Production,
        ReceiptKind::Other => PlaceKind::Found,
    };
    let movement =
        |(line, (lot_class, cost_source)): (&ReceiptLine, &(LotId, CostSource))| Movement {
            id: ids.draw(),
            kind: MovementKind::Receive,
            item: line.spot.item,
            lot: line.spot.lot,
            lot_class: *lot_class,
            from: Place::account(from),
            to: line.spot.place(receipt.location),
            qty: line.qty,
            value: line.value,
            cost_source: *cost_source,
            cause: Cause { kind: CauseKind::ReceiptLine, id: line.id.as_bytes() },
            reverses: None,
            reason: None,
            effective_at: receipt.received_at,
        };
    receipt.lines.iter().zip(sources).map(movement).collect()
}

/// Takes a receipt back: goods and value leave the way they came.
///
/// # Errors
/// `not_reversible` where some of the goods are gone, claimed, or no longer worth what they were
/// received at: adjust them or return them to the supplier instead.
pub fn reverse(app: &App, call: &Call, id: ReceiptId) -> Result<Receipt, Error> {
    const INSTEAD: &str = "stock adjust";
    command(app, call, "stock.reverse_receipt", |tx| {
        let mut receipt = load(tx, id, true)?;
        let location = locations::get(tx, receipt.location)?;
        let location = location.ok_or_else(|| Error::Internal("a receipt has no place".into()))?;
        require_at(call, Permission::Receive, &location)?;
        if receipt.reversed_at.is_some() || !receipts::reverse(tx, id, call.now)? {
            let detail = format!("receipt {} is reversed already", receipt.number);
            return Err(not_reversible(detail, INSTEAD));
        }
        let mut ids = ids(call);
        purchases::receive::take_back(tx, call, &mut ids, &receipt)?;
        let mut originals = Vec::with_capacity(receipt.lines.len());
        for line in &receipt.lines {
            let kind = CauseKind::ReceiptLine;
            originals.extend(units::movements_of_cause(tx, kind, line.id.as_bytes())?);
        }
        let movements = reversals(tx, &mut ids, &originals, call.now, INSTEAD)?;
        let document = (DocumentKind::Receipt, id.as_bytes());
        let entity = location.legal_entity;
        still_there(post(tx, call, &mut ids, entity, document, &movements), INSTEAD)?;
        receipt.reversed_at = Some(call.now);
        record(tx, call, &mut ids, &receipt, "receipt.reversed")?;
        Ok(receipt)
    })
}
