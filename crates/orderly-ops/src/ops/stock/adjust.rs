//! Adjusting stock to what is there: breakage, loss, goods that turn up.

use orderly_core::actor::Permission;
use orderly_core::books::{Books, DocumentKind};
use orderly_core::catalog::Location;
use orderly_core::id::*;
use orderly_core::item::Item;
use orderly_core::qty::{Qty, QtyDelta};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::stock::Adjustment;
use orderly_core::units::{
    Cause, CauseKind, Condition, CostSource, Movement, MovementKind, Place, PlaceKind,
};
use orderly_store::Tx;
use orderly_store::tables::{adjustments, events as event_rows, locations, units};

use super::read::{self, Named};
use super::{Averages, make_room, not_reversible, post, require_at, reversals, still_there};
use crate::ops::books::books_of;
use crate::ops::catalog::{ids, location_called};
use crate::ops::events::{Happened, event};
use crate::ops::{Object, Reference, command};
use crate::wire::stock::AdjustmentIn;
use crate::{App, Call, Error};

impl Object for Adjustment {
    fn reference(&self) -> Reference {
        Reference { kind: "adjustment", id: self.id.as_bytes(), sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        load(tx, AdjustmentId::from_bytes(id))
    }
}

fn load(tx: &mut Tx<'_>, id: AdjustmentId) -> Result<Adjustment, Error> {
    adjustments::get(tx, id)?.ok_or_else(|| Error::not_found(format!("adjustment {id}")))
}

/// Records that there are more or fewer goods than the books say. Never refused for being
/// promised: claims on goods that are gone become backorders first, with an exception each.
///
/// Goods that leave take their moving average along; goods that turn up are worth the average, or
/// what one was last worth.
///
/// # Errors
/// `reason_required`, `not_held` where the bin's record holds less than is said to be gone,
/// `above_picked` for goods that lie in the staging bin for orders, what reading the goods refuses.
pub fn adjust(app: &App, call: &Call, new: &AdjustmentIn) -> Result<Adjustment, Error> {
    command(app, call, "stock.adjust", |tx| {
        let location = location_called(tx, &new.location)?;
        require_at(call, Permission::Adjust, &location)?;
        let reason = read::reason(&new.reason)?;
        let (less, quantity) = match new.quantity.trim().strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, new.quantity.trim()),
        };
        let named = Named {
            sku: &new.sku,
            quantity,
            unit: new.unit.as_deref(),
            length: new.length.as_deref(),
            lot: new.lot.as_deref(),
            bin: new.bin.as_deref(),
            condition: new.condition.as_deref(),
        };
        let known = read::known(tx, &location, &named)?;
        let qty = read::some(known.qty)?;
        let mut ids = ids(call);
        let lot = match less {
            true => read::lot(tx, &known, named.lot)?,
            false => read::lot_or_new(tx, call, &mut ids, &known, named.lot, None)?,
        };
        let sign = if less { -1 } else { 1 };
        let adjustment = Adjustment {
            id: ids.draw(),
            location: location.id,
            spot: known.spot(lot),
            delta: QtyDelta(sign * qty.get()),
            reason,
            adjusted_at: call.now,
            reverses: None,
        };
        let other = other_side(new.to.as_deref(), less)?;
        carry_out(tx, call, &mut ids, &location, &known.item, &adjustment, other)?;
        Ok(adjustment)
    })
}

/// Where missing goods go, or where those that turn up come from.
fn other_side(to: Option<&str>, less: bool) -> Result<PlaceKind, Refusal> {
    match (less, to) {
        (false, None) => Ok(PlaceKind::Found),
        (true, None | Some("lost")) => Ok(PlaceKind::Lost),
        (true, Some("scrap")) => Ok(PlaceKind::Scrap),
        (true, Some("own_use")) => Ok(PlaceKind::OwnUse),
        _ => {
            let detail = "goods cannot go there";
            Err(Refusal::at(Code::InvalidField, "/to", detail).allowed("lost, scrap, own_use"))
        }
    }
}

/// Makes room if goods leave, and writes the adjustment with its movement, journal and event.
pub(super) fn carry_out(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    location: &Location,
    item: &Item,
    adjustment: &Adjustment,
    other: PlaceKind,
) -> Result<(), Error> {
    let spot = adjustment.spot;
    let key = read::key_of(item, location.id, spot.lot);
    let qty = Qty::new(adjustment.delta.0.abs()).map_err(|_| Error::Internal("a size".into()))?;
    let less = adjustment.delta.0 < 0;
    if less {
        make_room::ensure_unpicked(tx, location, &spot, qty)?;
    }
    if less && spot.condition == Condition::Sellable {
        let held = units::qty_in(tx, item.id, spot.place(location.id).id(), spot.lot)?;
        make_room::free(tx, call, ids, key, qty.min(held))?;
    }
    let books = books_of(tx, location.legal_entity)?;
    let mut averages = Averages::lock(tx, &[key])?;
    let (here, there) = (spot.place(location.id), Place::account(other));
    let (value, cost_source) = match less {
        true => (averages.issue(key, qty), CostSource::Average),
        false => averages.found(tx, key, item, qty, &books)?,
    };
    let movement = Movement {
        id: ids.draw(),
        kind: MovementKind::Adjust,
        item: item.id,
        lot: spot.lot,
        lot_class: key.lot_class,
        from: if less { here } else { there },
        to: if less { there } else { here },
        qty,
        value,
        cost_source,
        cause: Cause { kind: CauseKind::Adjustment, id: adjustment.id.as_bytes() },
        reverses: None,
        reason: Some(adjustment.reason.clone()),
        effective_at: adjustment.adjusted_at,
    };
    write(tx, call, ids, &books, adjustment, &[movement])
}

fn write(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    books: &Books,
    adjustment: &Adjustment,
    movements: &[Movement],
) -> Result<(), Error> {
    let document = (DocumentKind::Adjustment, adjustment.id.as_bytes());
    post(tx, call, ids, books.legal_entity, document, movements)?;
    adjustments::insert(tx, adjustment)?;
    let happened = Happened {
        stream_kind: "adjustment",
        stream: adjustment.id.as_bytes(),
        sequence: 1,
        kind: "stock.adjusted",
        at: adjustment.adjusted_at,
    };
    Ok(event_rows::record(tx, &[event(call, ids, happened, adjustment)])?)
}

/// Takes an adjustment back by a new one: quantity and value return exactly.
///
/// # Errors
/// `not_reversible` where it is reversed already, or the goods that turned up are gone or claimed.
pub fn reverse(app: &App, call: &Call, id: AdjustmentId) -> Result<Adjustment, Error> {
    const INSTEAD: &str = "stock adjust";
    command(app, call, "stock.reverse_adjustment", |tx| {
        let before = load(tx, id)?;
        let location = locations::get(tx, before.location)?;
        let location = location.ok_or_else(|| Error::Internal("no such location".into()))?;
        require_at(call, Permission::Adjust, &location)?;
        let kind = CauseKind::Adjustment;
        let originals = units::movements_of_cause(tx, kind, id.as_bytes())?;
        if originals.is_empty() {
            return Err(not_reversible("a reversal cannot be reversed", INSTEAD));
        }
        for original in &originals {
            if units::reversal_of(tx, original.movement.id)?.is_some() {
                return Err(not_reversible("the adjustment is reversed already", INSTEAD));
            }
        }
        let mut ids = ids(call);
        let movements = reversals(tx, &mut ids, &originals, call.now, INSTEAD)?;
        let after = Adjustment {
            id: ids.draw(),
            delta: QtyDelta(-before.delta.0),
            reason: call.reason.clone().unwrap_or_else(|| before.reason.clone()),
            adjusted_at: call.now,
            reverses: Some(id),
            ..before
        };
        let books = books_of(tx, location.legal_entity)?;
        let written = write(tx, call, &mut ids, &books, &after, &movements);
        still_there(written, INSTEAD)?;
        Ok(after)
    })
}
