//! Counting goods while business goes on.
//!
//! What was counted is compared with what the book says was there at that moment; the difference
//! is posted, and everything that moved since stays as it is.

mod judge;
mod plan;

use std::collections::HashMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::{Books, DocumentKind};
use orderly_core::catalog::Location;
use orderly_core::id::*;
use orderly_core::item::Item;
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::stock::{Count, CountLine, CountState};
use orderly_core::units::{
    Cause, CauseKind, Condition, CostSource, LevelKey, Movement, MovementKind, Place, PlaceKind,
};
use orderly_store::Tx;
use orderly_store::tables::exceptions::{self, Exception};
use orderly_store::tables::{catalog, counts, events as event_rows, locations, tasks, units};

use super::read::{self, Named};
use super::receive::under;
use super::{
    Averages, make_room, not_reversible, number, post, require_at, reversals, still_there,
};
use crate::ops::books::books_of;
use crate::ops::catalog::{ids, location_called, stale};
use crate::ops::events::{Happened, event};
use crate::ops::{Object, Reference, command};
use crate::wire::stock::{CountIn, CountedIn};
use crate::{App, Call, Error};
pub use judge::check_setting;
pub use plan::{Due, plan};

impl Object for Count {
    fn reference(&self) -> Reference {
        Reference { kind: "count", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], sequence: i64) -> Result<Self, Error> {
        let missing = || Error::not_found(format!("count {}", CountId::from_bytes(id)));
        let events = event_rows::of_stream(tx, id, sequence)?;
        let last = events.last().ok_or_else(missing)?;
        serde_json::from_str(&last.changes)
            .map_err(|_| Error::Internal(format!("event {} is broken", last.sequence)))
    }
}

/// Returns the count with this id. While it is open, lines that are not blind say what the book
/// expects; blind ones do not.
pub fn get(app: &App, call: &Call, id: CountId) -> Result<Count, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let mut count = load(tx, id, false)?;
        if count.state == CountState::Open && !count.blind {
            for line in &mut count.lines {
                line.expected = Some(expected(tx, count.location, line)?);
            }
        }
        Ok(count)
    })
}

/// Returns the count with this number or id, as [`get`] does.
///
/// # Errors
/// `not_found`.
pub fn called(app: &App, call: &Call, text: &str) -> Result<Count, Error> {
    call.require(Permission::Read, Scope::default())?;
    let text = text.trim();
    let shown: String = text.chars().take(60).collect();
    let found = match text.parse() {
        Ok(id) => Some(id),
        Err(_) => app.store.read(|tx| counts::by_number(tx, text))?,
    };
    get(app, call, found.ok_or_else(|| Error::not_found(format!("count `{shown}`")))?)
}

/// Returns up to `limit` counts before a cursor, the newest first, without their lines.
pub fn list(
    app: &App,
    call: &Call,
    before: Option<CountId>,
    limit: u32,
) -> Result<Vec<Count>, Error> {
    call.require(Permission::Read, Scope::default())?;
    Ok(app.store.read(|tx| counts::list(tx, before, limit.clamp(1, 1_000)))?)
}

fn load(tx: &mut Tx<'_>, id: CountId, lock: bool) -> Result<Count, Error> {
    counts::get(tx, id, lock)?.ok_or_else(|| Error::not_found(format!("count {id}")))
}

/// What the book says a line's place held when it was counted.
fn expected(tx: &mut Tx<'_>, location: LocationId, line: &CountLine) -> Result<i64, Error> {
    let (spot, at) = (line.spot, line.counted_at);
    Ok(units::qty_at(tx, spot.item, spot.place(location).id(), spot.lot, at)?)
}

/// Opens a count at a location.
pub fn open(app: &App, call: &Call, new: &CountIn) -> Result<Count, Error> {
    command(app, call, "count.open", |tx| {
        let location = location_called(tx, &new.location)?;
        require_at(call, Permission::Count, &location)?;
        let mut ids = ids(call);
        let count = Count {
            id: ids.draw(),
            number: number(tx, "C", "count")?,
            location: location.id,
            state: CountState::Open,
            blind: new.blind,
            started_at: call.now,
            posted_at: None,
            reversed_at: None,
            version: 1,
            lines: Vec::new(),
        };
        counts::insert(tx, &count)?;
        record_event(tx, call, &mut ids, &count, "count.opened")?;
        Ok(count)
    })
}

/// Records what was counted. Counting the same bin and lot again is another round of it and
/// replaces the figure.
///
/// # Errors
/// `invalid_transition` unless the count is open; `unlisted_lot` for a lot that is not on record
/// there, until the caller confirms it; what reading the goods refuses, with the pointer of the
/// line.
pub fn record(app: &App, call: &Call, id: CountId, counted: &[CountedIn]) -> Result<Count, Error> {
    command(app, call, "count.record", |tx| {
        let (before, location) = open_one(tx, call, id)?;
        call.expect_version(before.version)?;
        let mut ids = ids(call);
        let mut after = before.clone();
        for (index, one) in counted.iter().enumerate() {
            let line = read_line(tx, call, &mut ids, &location, one);
            let line = line.map_err(|error| under(error, &format!("/{index}")))?;
            match after.lines.iter_mut().find(|known| known.spot == line.spot) {
                Some(known) => {
                    let reason = line.reason.clone().or_else(|| known.reason.clone());
                    let rounds = known.rounds + 1;
                    *known = CountLine { id: known.id, rounds, reason, ..line };
                }
                None => after.lines.push(line),
            }
        }
        let places: Vec<Place> =
            after.lines.iter().map(|line| line.spot.place(location.id)).collect();
        units::insert_places(tx, &places)?;
        after.version += 1;
        stale(counts::save(tx, &before, &after)?)?;
        record_event(tx, call, &mut ids, &after, "count.recorded")?;
        Ok(after)
    })
}

fn open_one(tx: &mut Tx<'_>, call: &Call, id: CountId) -> Result<(Count, Location), Error> {
    let count = load(tx, id, true)?;
    let location = locations::get(tx, count.location)?;
    let location = location.ok_or_else(|| Error::Internal("a count has no location".into()))?;
    require_at(call, Permission::Count, &location)?;
    ensure(count.state == CountState::Open, || {
        let detail = format!("count {} is {}", count.number, count.state.code());
        Refusal::new(Code::InvalidTransition, detail)
    })?;
    Ok((count, location))
}

fn read_line(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    location: &Location,
    counted: &CountedIn,
) -> Result<CountLine, Error> {
    let named = Named {
        sku: &counted.sku,
        quantity: &counted.quantity,
        unit: counted.unit.as_deref(),
        length: counted.length.as_deref(),
        lot: counted.lot.as_deref(),
        bin: counted.bin.as_deref(),
        condition: counted.condition.as_deref(),
    };
    let known = read::known(tx, location, &named)?;
    if !counted.confirm {
        judge::listed(tx, location, &known, named.lot)?;
    }
    let lot = read::lot_or_new(tx, call, ids, &known, named.lot, None)?;
    Ok(CountLine {
        id: ids.draw(),
        spot: known.spot(lot),
        counted: known.qty,
        counted_at: read::past(call, counted.counted_at.as_deref(), "/counted_at")?,
        expected: None,
        difference: None,
        rounds: 1,
        reason: counted.reason.as_deref().map(read::reason).transpose()?,
    })
}

/// Gives a count up; nothing was changed by it.
pub fn cancel(app: &App, call: &Call, id: CountId) -> Result<Count, Error> {
    command(app, call, "count.cancel", |tx| {
        let (before, _) = open_one(tx, call, id)?;
        call.expect_version(before.version)?;
        let version = before.version + 1;
        let after = Count { state: CountState::Canceled, version, ..before.clone() };
        stale(counts::save(tx, &before, &after)?)?;
        record_event(tx, call, &mut ids(call), &after, "count.canceled")?;
        Ok(after)
    })
}

/// Posts the differences of a count. Never refused for being promised: claims on goods that are
/// missing become backorders first. Posting a posted count answers the same again.
///
/// # Errors
/// `invalid_transition` where the count was canceled, `nothing_to_do` where nothing was counted;
/// `recount_required` and `reason_required` for each line whose difference passes the limits of
/// the settings `count.recount_units`, `count.recount_value`, `count.reason_units` and
/// `count.reason_value`.
pub fn finish(app: &App, call: &Call, id: CountId) -> Result<Count, Error> {
    command(app, call, "count.post", |tx| {
        let known = load(tx, id, true)?;
        let scope = Scope { location: Some(known.location), ..Scope::default() };
        call.require(Permission::Count, scope)?;
        if known.state == CountState::Posted {
            return Ok(known);
        }
        let (before, location) = open_one(tx, call, id)?;
        call.expect_version(before.version)?;
        ensure(!before.lines.is_empty(), || {
            Refusal::new(Code::NothingToDo, "nothing was counted yet")
        })?;
        let mut ids = ids(call);
        let mut after = before.clone();
        let mut items = HashMap::new();
        for line in &mut after.lines {
            let expected = expected(tx, location.id, line)?;
            line.expected = Some(expected);
            line.difference = Some(line.counted.get() - expected);
            let item = catalog::get(tx, line.spot.item)?;
            let item = item.ok_or_else(|| Error::Internal("a count has no item".into()))?;
            items.insert(line.spot.item, item);
        }
        let get = |line: &CountLine| items[&line.spot.item].as_ref();
        let books = books_of(tx, location.legal_entity)?;
        let reasons = judge::judge(tx, call, &location, &books, &after.lines, get)?;
        let losses = losses(tx, call, &mut ids, &location, &after.lines)?;
        free_losses(tx, call, &mut ids, &location, &after.lines, &losses, get)?;
        let moves =
            Differences { location: &location, books: &books, losses: &losses, at: call.now };
        let movements = moves.movements(tx, &mut ids, &after.lines, &reasons, get)?;
        for (line, reason) in after.lines.iter_mut().zip(reasons) {
            line.reason = reason;
        }
        after.state = CountState::Posted;
        after.posted_at = Some(call.now);
        after.version += 1;
        stale(counts::save(tx, &before, &after)?)?;
        let document = (DocumentKind::Count, id.as_bytes());
        post(tx, call, &mut ids, location.legal_entity, document, &movements)?;
        for item in items.keys() {
            let key = make_room::count_key(*item, location.id);
            tasks::settle(tx, make_room::COUNT_TASK, &key, call.now)?;
        }
        record_event(tx, call, &mut ids, &after, "count.posted")?;
        Ok(after)
    })
}

/// Takes the differences of a posted count back: goods and value are what they were before. Claims
/// that gave way are served again as for any goods that come.
///
/// # Errors
/// `not_reversible` unless it is posted, where it was taken back before, or where goods that turned
/// up are gone or claimed.
pub fn reverse(app: &App, call: &Call, id: CountId) -> Result<Count, Error> {
    const INSTEAD: &str = "a new count";
    command(app, call, "count.reverse", |tx| {
        let before = load(tx, id, true)?;
        let location = locations::get(tx, before.location)?;
        let location = location.ok_or_else(|| Error::Internal("a count has no location".into()))?;
        require_at(call, Permission::Count, &location)?;
        call.expect_version(before.version)?;
        if before.state != CountState::Posted || before.reversed_at.is_some() {
            let how = if before.reversed_at.is_some() { "taken back" } else { before.state.code() };
            return Err(not_reversible(format!("count {} is {how}", before.number), INSTEAD));
        }
        let mut ids = ids(call);
        let mut originals = Vec::new();
        for line in &before.lines {
            let kind = CauseKind::CountLine;
            originals.extend(units::movements_of_cause(tx, kind, line.id.as_bytes())?);
        }
        let movements = reversals(tx, &mut ids, &originals, call.now, INSTEAD)?;
        let version = before.version + 1;
        let after = Count { reversed_at: Some(call.now), version, ..before.clone() };
        stale(counts::save(tx, &before, &after)?)?;
        let document = (DocumentKind::Count, id.as_bytes());
        let posted = post(tx, call, &mut ids, location.legal_entity, document, &movements);
        still_there(posted, INSTEAD)?;
        record_event(tx, call, &mut ids, &after, "count.reversed")?;
        Ok(after)
    })
}

/// What leaves each line's place: what is missing, but never more than lies there now unpicked.
/// Goods that were counted as missing and are gone since, or picked, make an exception.
fn losses(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    location: &Location,
    lines: &[CountLine],
) -> Result<Vec<Qty>, Error> {
    let mut losses = Vec::with_capacity(lines.len());
    for line in lines {
        let missing = Qty::new((-line.difference.unwrap_or(0)).max(0)).unwrap_or(Qty::ZERO);
        let held = make_room::unpicked(tx, location, &line.spot)?;
        let loss = missing.min(held);
        if loss < missing {
            let exception = Exception {
                id: ids.draw::<EventId>().as_bytes(),
                kind: "count_conflict".into(),
                item: Some(line.spot.item),
                location: Some(location.id),
                order: None,
                line: None,
                qty: Some(missing.less(loss).get()),
                detail: "goods counted as missing have left since or are picked".into(),
                raised_at: call.now,
                settled_at: None,
            };
            exceptions::insert(tx, &[exception])?;
        }
        losses.push(loss);
    }
    Ok(losses)
}

/// Makes claims give way to what is missing, level by level.
fn free_losses<'a>(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    location: &Location,
    lines: &[CountLine],
    losses: &[Qty],
    item: impl Fn(&CountLine) -> &'a Item,
) -> Result<(), Error> {
    let mut missing = std::collections::BTreeMap::<LevelKey, Qty>::new();
    for (line, loss) in lines.iter().zip(losses) {
        if line.spot.condition == Condition::Sellable && !loss.is_zero() {
            let key = read::key_of(item(line), location.id, line.spot.lot);
            let sum = missing.entry(key).or_insert(Qty::ZERO);
            *sum = sum.plus(*loss).unwrap_or(*sum);
        }
    }
    for (key, qty) in missing {
        make_room::free(tx, call, ids, key, qty)?;
    }
    Ok(())
}

/// What the movements of a count have in common.
struct Differences<'a> {
    location: &'a Location,
    books: &'a Books,
    losses: &'a [Qty],
    at: orderly_core::time::Instant,
}

impl Differences<'_> {
    /// The movements that make each place hold what was counted. Goods that turn up come first,
    /// so that what is missing in one bin and found in another carries the same average.
    fn movements<'a>(
        &self,
        tx: &mut Tx<'_>,
        ids: &mut IdSource,
        lines: &[CountLine],
        reasons: &[Option<String>],
        item: impl Fn(&CountLine) -> &'a Item,
    ) -> Result<Vec<Movement>, Error> {
        let key = |line: &CountLine| read::key_of(item(line), self.location.id, line.spot.lot);
        let keys: Vec<LevelKey> = lines.iter().map(key).collect();
        let mut averages = Averages::lock(tx, &keys)?;
        let mut movements = Vec::new();
        for ((line, loss), reason) in lines.iter().zip(self.losses).zip(reasons) {
            let gain = Qty::new(line.difference.unwrap_or(0).max(0)).unwrap_or(Qty::ZERO);
            let here = line.spot.place(self.location.id);
            let (qty, from, to, (value, cost_source)) = if !gain.is_zero() {
                let value = averages.found(tx, key(line), item(line), gain, self.books)?;
                (gain, Place::account(PlaceKind::Found), here, value)
            } else if !loss.is_zero() {
                let value = averages.issue(key(line), *loss);
                (*loss, here, Place::account(PlaceKind::Lost), (value, CostSource::Average))
            } else {
                continue;
            };
            movements.push(Movement {
                id: ids.draw(),
                kind: MovementKind::Count,
                item: line.spot.item,
                lot: line.spot.lot,
                lot_class: key(line).lot_class,
                from,
                to,
                qty,
                value,
                cost_source,
                cause: Cause { kind: CauseKind::CountLine, id: line.id.as_bytes() },
                reverses: None,
                reason: reason.clone(),
                effective_at: self.at,
            });
        }
        Ok(movements)
    }
}

fn record_event(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    count: &Count,
    kind: &str,
) -> Result<(), Error> {
    let happened = Happened {
        stream_kind: "count",
        stream: count.id.as_bytes(),
        sequence: count.version,
        kind,
        at: call.now,
    };
    Ok(event_rows::record(tx, &[event(call, ids, happened, count)])?)
}
