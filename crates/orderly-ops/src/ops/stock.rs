//! Stock without orders: receiving, adjusting, transferring, counting, and serving backorders.

pub mod adjust;
pub mod backorders;
pub mod count;
pub mod make_room;
pub(in crate::ops) mod read;
pub mod receive;
pub mod transfer;
pub mod work;

use std::collections::HashMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::{Dimensions, DocumentKind};
use orderly_core::catalog::Location;
use orderly_core::id::*;
use orderly_core::item::Item;
use orderly_core::money::{div_half_even, round_to_minor};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::units::value::issue;
use orderly_core::units::{CostSource, Level, LevelChange, LevelKey, Movement};
use orderly_store::Tx;
use orderly_store::tables::units::{Holding, Posting};
use orderly_store::tables::{levels, numbers, units};
use rust_decimal::Decimal;

use super::{books, orders};
use crate::{App, Call, Error};

/// Returns up to `limit` stock levels after a key, of one location or of all.
pub fn list(
    app: &App,
    call: &Call,
    location: Option<LocationId>,
    after: Option<LevelKey>,
    limit: u32,
) -> Result<Vec<Level>, Error> {
    call.require(Permission::Read, Scope { location, ..Scope::default() })?;
    Ok(app.store.read(|tx| levels::list(tx, location, after, limit))?)
}

/// Returns up to `limit` holdings of a location after a key: what lies in which bin.
pub fn holdings(
    app: &App,
    call: &Call,
    location: LocationId,
    after: Option<(ItemId, PlaceId, LotId)>,
    limit: u32,
) -> Result<Vec<Holding>, Error> {
    call.require(Permission::Read, Scope { location: Some(location), ..Scope::default() })?;
    Ok(app.store.read(|tx| units::holdings_at(tx, location, after, limit))?)
}

/// Returns up to `limit` movements of an item before a cursor, newest first: why there are as many
/// as there are.
pub fn history(
    app: &App,
    call: &Call,
    item: ItemId,
    before: Option<(orderly_core::time::Instant, MovementId)>,
    limit: u32,
) -> Result<Vec<Posting>, Error> {
    call.require(Permission::Read, Scope::default())?;
    Ok(app.store.read(|tx| units::movements_of_item(tx, item, before, limit))?)
}

/// Requires a right at a location.
pub(in crate::ops) fn require_at(
    call: &Call,
    permission: Permission,
    location: &Location,
) -> Result<(), Error> {
    call.require(permission, Scope { location: Some(location.id), ..Scope::default() })
}

/// Takes the next number of a series, such as `R1001`.
pub(in crate::ops) fn number(tx: &mut Tx<'_>, letter: &str, series: &str) -> Result<String, Error> {
    let next = numbers::take(tx, LegalEntityId::NONE, series, 1_001, 1)?;
    Ok(format!("{letter}{next}"))
}

/// Posts movements with their journals, and has backorders of what came in served.
pub(in crate::ops) fn post(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    entity: LegalEntityId,
    document: (DocumentKind, [u8; 16]),
    movements: &[Movement],
) -> Result<(), Error> {
    post_with(tx, call, ids, entity, document, (movements, &[]))
}

/// Like [`post`], with what claims of their own do to levels.
fn post_with(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    entity: LegalEntityId,
    document: (DocumentKind, [u8; 16]),
    (movements, claimed): (&[Movement], &[LevelChange]),
) -> Result<(), Error> {
    orders::post(tx, call, movements, claimed)?;
    let shared = Dimensions { document: Some(document), ..Dimensions::default() };
    books::of_movements(tx, call, entity, shared, movements)?;
    let changes = movements.iter().flat_map(Movement::level_changes);
    let grown = changes.filter(|change: &LevelChange| change.on_hand.0 > 0);
    let mut grown: Vec<_> = grown.map(|change| (change.key.item, change.key.location)).collect();
    grown.sort_unstable();
    grown.dedup();
    backorders::enqueue(tx, call, ids, &grown)
}

/// Levels whose moving averages a command draws on: locked, kept in step while it decides.
pub(in crate::ops) struct Averages(HashMap<LevelKey, Level>);

impl Averages {
    pub(in crate::ops) fn lock(tx: &mut Tx<'_>, keys: &[LevelKey]) -> Result<Self, Error> {
        let locked = levels::lock(tx, keys)?;
        Ok(Self(locked.into_iter().map(|level| (level.key, level)).collect()))
    }

    /// The value that `qty` of the level takes along.
    pub(in crate::ops) fn issue(&mut self, key: LevelKey, qty: Qty) -> i64 {
        let level = self.0.entry(key).or_insert_with(|| Level::empty(key, None));
        let value = issue(level.value, level.held, qty);
        level.held = level.held.less(qty);
        level.value -= value;
        value
    }

    /// What goods that turn up are worth: the level's average, else what one was last worth, else
    /// the item's expected cost. Rounded half to even.
    fn found(
        &self,
        tx: &mut Tx<'_>,
        key: LevelKey,
        item: &Item,
        qty: Qty,
        books: &orderly_core::books::Books,
    ) -> Result<(i64, CostSource), Error> {
        let share = |value: i64, of: Qty| {
            let product = i128::from(value) * i128::from(qty.get());
            i64::try_from(div_half_even(product, i128::from(of.get())))
                .map_err(|_| Refusal::new(Code::MoneyTooLarge, "the goods are worth too much"))
        };
        if let Some(level) = self.0.get(&key).filter(|level| !level.held.is_zero()) {
            return Ok((share(level.value, level.held)?, CostSource::Average));
        }
        if let Some((value, of)) = units::last_worth(tx, item.id)? {
            return Ok((share(value, of)?, CostSource::Average));
        }
        let Some(cost) = item.cost else { return Ok((0, CostSource::None)) };
        let value = cost.checked_mul(Decimal::from(qty.get()));
        let value = value.and_then(|value| round_to_minor(value, books.currency).ok());
        let value = value
            .ok_or_else(|| Refusal::new(Code::MoneyTooLarge, "the goods are worth too much"))?;
        Ok((value, CostSource::Standard))
    }
}

/// Refuses to take back what cannot be taken back exactly, and says what to do instead.
pub(in crate::ops) fn not_reversible(detail: impl Into<String>, instead: &str) -> Error {
    Refusal::new(Code::NotReversible, detail).allowed(instead).into()
}

/// The reversals of movements: the same goods and value the other way, each once.
///
/// # Errors
/// `not_reversible` where the value of what stays would not fit its goods any more.
fn reversals(
    tx: &mut Tx<'_>,
    ids: &mut IdSource,
    originals: &[Posting],
    at: orderly_core::time::Instant,
    instead: &str,
) -> Result<Vec<Movement>, Error> {
    use orderly_core::units::{Cause, CauseKind, sum_by_level};
    let reversal = |one: &Posting| {
        let original = &one.movement;
        Movement {
            id: ids.draw(),
            from: original.to,
            to: original.from,
            cost_source: CostSource::Reversal,
            cause: Cause { kind: CauseKind::Movement, id: original.id.as_bytes() },
            reverses: Some(original.id),
            effective_at: at,
            ..original.clone()
        }
    };
    let movements: Vec<Movement> = originals.iter().map(reversal).collect();
    for change in sum_by_level(movements.iter().flat_map(Movement::level_changes)) {
        let level = levels::lock(tx, &[change.key])?.into_iter().next();
        let level = level.unwrap_or_else(|| Level::empty(change.key, None));
        let (held, value) = (level.held.get() + change.held.0, level.value + change.value);
        if value < 0 || held < 0 || (held == 0 && value != 0) {
            let detail = "what is left would not carry its own value any more";
            return Err(not_reversible(detail, instead));
        }
    }
    Ok(movements)
}

/// Turns the refusals of missing goods into `not_reversible`.
fn still_there(result: Result<(), Error>, instead: &str) -> Result<(), Error> {
    match result {
        Err(Error::Refused(refusal))
            if matches!(
                refusal.code(),
                Code::NotHeld | Code::InsufficientStock | Code::AlreadyExists
            ) =>
        {
            Err(not_reversible(format!("the goods are gone or claimed: {refusal}"), instead))
        }
        other => other,
    }
}
