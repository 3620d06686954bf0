//! Operations on tills: drawers, their sessions, and the cash that goes in and out.

mod remit;

use std::collections::BTreeMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::{Account, AccountKind};
use orderly_core::id::{DrawerId, IdSource, LocationId, TillSessionId};
use orderly_core::money::{Currency, Money};
use orderly_core::payment::{Transaction, TransactionKind};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::till::{
    self, Change, Count, Decision, Drawer, Entry, EntryKind, Move, Opening, Session, SessionState,
};
use orderly_store::Tx;
use orderly_store::tables::{events as event_rows, locations, settings, tills};

use super::command::{Object, Reference, command};
use super::events::{Happened, event};
use super::payments::{amount_in, require};
use super::{books, orders};
use crate::{App, Call, Error};
pub use remit::{CollectIn, collect, hand_back};

impl Object for Drawer {
    fn reference(&self) -> Reference {
        Reference { kind: "drawer", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _sequence: i64) -> Result<Self, Error> {
        let id = DrawerId::from_bytes(id);
        tills::drawer(tx, id)?.ok_or_else(|| Error::not_found(format!("drawer {id}")))
    }
}

impl Object for Session {
    fn reference(&self) -> Reference {
        Reference { kind: "till_session", id: self.id.as_bytes(), sequence: self.sequence }
    }
    /// A session is answered as it is now.
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _sequence: i64) -> Result<Self, Error> {
        load(tx, TillSessionId::from_bytes(id))
    }
}

/// A drawer as the caller states it.
#[derive(Debug, Clone)]
pub struct DrawerIn {
    pub code: String,
    pub name: String,
    /// The location's code.
    pub location: String,
    /// `None`: the currency of the location's legal entity.
    pub currency: Option<String>,
}

/// Adds a drawer to a location: from then on its cash belongs to sessions.
///
/// # Errors
/// `already_exists`, `unknown_location`, `unknown_currency`, `invalid_text`.
pub fn create_drawer(app: &App, call: &Call, new: &DrawerIn) -> Result<Drawer, Error> {
    command(app, call, "drawer.create", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let unknown = || Refusal::at(Code::UnknownLocation, "/location", "name a location");
        let location = locations::by_code(tx, &new.location)?.ok_or_else(unknown)?;
        let currency = match &new.currency {
            None => books::books_of(tx, location.legal_entity)?.currency,
            Some(code) => Currency::parse(code).ok_or_else(|| {
                let detail = format!("`{code}` is not a currency");
                Refusal::at(Code::UnknownCurrency, "/currency", detail)
            })?,
        };
        let mut ids = orders::ids_after_audit(call);
        let drawer = Drawer {
            id: ids.draw(),
            code: text::short(&new.code)?,
            name: text::short(&new.name)?,
            location: location.id,
            currency,
            active: true,
            version: 1,
            created_at: call.now,
        };
        ensure(tills::insert_drawer(tx, &drawer)?, || {
            let detail = format!("there is a drawer {}", drawer.code);
            Refusal::at(Code::AlreadyExists, "/code", detail)
        })?;
        Ok(drawer)
    })
}

/// Returns the drawer with this code, to whoever may read at its location.
///
/// # Errors
/// `not_found`.
pub fn drawer(app: &App, call: &Call, code: &str) -> Result<Drawer, Error> {
    let found = app.store.read(|tx| named(tx, code))?;
    let location = Some(found.location);
    call.require(Permission::Read, Scope { location, ..Scope::default() })?;
    Ok(found)
}

fn named(tx: &mut Tx<'_>, code: &str) -> Result<Drawer, Error> {
    let name: String = code.chars().take(40).collect();
    tills::drawer_by_code(tx, code)?.ok_or_else(|| Error::not_found(format!("drawer `{name}`")))
}

fn load(tx: &mut Tx<'_>, id: TillSessionId) -> Result<Session, Error> {
    let found = tills::get(tx, id, true)?;
    found.ok_or_else(|| Error::not_found(format!("till session {id}")))
}

/// The session of a drawer that is not closed, locked.
fn current(tx: &mut Tx<'_>, drawer: &Drawer) -> Result<Session, Error> {
    match tills::open_of(tx, drawer.id)? {
        Some(id) => load(tx, id),
        None => Err(no_session(format!("drawer {} has no open session", drawer.code)).into()),
    }
}

fn no_session(detail: String) -> Refusal {
    Refusal::new(Code::NoOpenSession, detail).allowed("orderly tills open")
}

fn work(call: &Call, location: LocationId) -> Result<(), Error> {
    call.require(Permission::WorkTill, Scope { location: Some(location), ..Scope::default() })
}

/// Opens a session of a drawer with a float from the safe.
///
/// # Errors
/// `session_open` where one is open; `money_invalid`; `not_found`.
pub fn open(app: &App, call: &Call, code: &str, float: &str) -> Result<Session, Error> {
    command(app, call, "till.open", |tx| {
        let drawer = named(tx, code)?;
        work(call, drawer.location)?;
        let missing = || Error::Internal(format!("drawer {} is nowhere", drawer.code));
        let location = locations::get(tx, drawer.location)?.ok_or_else(missing)?;
        let opening = Opening {
            legal_entity: location.legal_entity,
            last: tills::last_number(tx, drawer.id)?,
            business_on: call.now.day_in(&location.zone),
            float: amount_in(float, drawer.currency)?,
        };
        let mut ids = orders::ids_after_audit(call);
        let decision = till::open(&drawer, &opening, &mut ids, call.now)?;
        ensure(tills::insert(tx, &decision.session)?, || {
            let detail = format!("drawer {} has an open session: close it first", drawer.code);
            Refusal::new(Code::SessionOpen, detail).allowed("orderly tills count, then close")
        })?;
        record(tx, call, &mut ids, &decision, None, "till.opened")?;
        Ok(decision.session)
    })
}

/// Adds a decision's entries, their journals, and the session's event.
fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    decision: &Decision,
    count: Option<&Count>,
    kind: &str,
) -> Result<(), Error> {
    let Decision { session, entries } = decision;
    let (by, actor) = (call.actor.kind, call.actor.id);
    if tills::insert_entries(tx, entries, by, actor)? < entries.len() as u64 {
        let detail = "the transaction is in a session already";
        return Err(Refusal::new(Code::AlreadyExists, detail).into());
    }
    if let Some(count) = count {
        tills::insert_count(tx, count, by, actor)?;
    }
    let own = books::books_of(tx, session.legal_entity)?;
    let mut journals = Vec::new();
    for entry in entries {
        journals.extend(session.journal(entry, &own, ids.draw()));
    }
    books::post(tx, call, &journals)?;
    let mut changes = vec![Change::Session(Box::new(session.clone()))];
    changes.extend(entries.iter().map(|entry| Change::Entry(Box::new(entry.clone()))));
    changes.extend(count.map(|count| Change::Count(Box::new(count.clone()))));
    let happened = Happened {
        stream_kind: "till_session",
        stream: session.id.as_bytes(),
        sequence: session.sequence,
        kind,
        at: call.now,
    };
    event_rows::record(tx, &[event(call, ids, happened, &changes)])?;
    Ok(())
}

/// Saves a session that was decided, with all that belongs to it.
fn save(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    before: &Session,
    mut decision: Decision,
    (count, kind): (Option<&Count>, &str),
) -> Result<Session, Error> {
    decision.session.version = before.version + 1;
    decision.session.sequence = before.sequence + 1;
    if !tills::save(tx, before, &decision.session)? {
        let detail = format!("session {} was changed meanwhile", before.number);
        return Err(Refusal::new(Code::StaleVersion, detail).into());
    }
    record(tx, call, ids, &decision, count, kind)?;
    Ok(decision.session)
}

/// The session that takes cash, or gives it: of the drawer the caller stands at, else the only open
/// one of the location. `None` where the location has no drawers of the currency.
///
/// # Errors
/// `no_open_session`; `currency_mismatch`.
pub(super) fn session_for(
    tx: &mut Tx<'_>,
    call: &Call,
    location: Option<LocationId>,
    currency: Currency,
) -> Result<Option<Session>, Error> {
    if let Some(id) = call.drawer {
        let drawer = tills::drawer(tx, id)?;
        let drawer = drawer.ok_or_else(|| Error::not_found(format!("drawer {id}")))?;
        ensure(drawer.currency == currency, || {
            let detail = format!("drawer {} takes {}", drawer.code, drawer.currency);
            Refusal::new(Code::CurrencyMismatch, detail)
        })?;
        return ready(current(tx, &drawer)?).map(Some);
    }
    let Some(location) = location else { return Ok(None) };
    let mut drawers = tills::drawers_of(tx, location)?;
    drawers.retain(|drawer| drawer.currency == currency);
    if drawers.is_empty() {
        return Ok(None);
    }
    let mut open = Vec::new();
    for drawer in &drawers {
        open.extend(tills::open_of(tx, drawer.id)?);
    }
    match open.as_slice() {
        [] => {
            let codes: Vec<&str> = drawers.iter().map(|one| one.code.as_str()).collect();
            let detail = format!("no session is open: open one of drawer {}", codes.join(", "));
            Err(no_session(detail).into())
        }
        [only] => ready(load(tx, *only)?).map(Some),
        _ => {
            let detail = "several sessions are open: say at which drawer the cash is";
            Err(Refusal::new(Code::NoOpenSession, detail).allowed("--drawer").into())
        }
    }
}

fn ready(session: Session) -> Result<Session, Error> {
    if session.state == SessionState::Open {
        return Ok(session);
    }
    let detail = format!("session {} is being counted", session.number);
    Err(Refusal::new(Code::NoOpenSession, detail).allowed("orderly tills resume").into())
}

/// Counts the cash of a payment's transaction into its session, or out of it.
pub(super) fn take(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    id: TillSessionId,
    done: &Transaction,
) -> Result<(), Error> {
    let (kind, amount) = match done.kind {
        TransactionKind::Capture => (EntryKind::Sale, done.moved()),
        TransactionKind::Refund => (EntryKind::Refund, -done.moved()),
        TransactionKind::Authorize | TransactionKind::Void => return Ok(()),
    };
    if amount == 0 {
        return Ok(());
    }
    let account = match done.order {
        Some(_) => Account::CustomerDeposits,
        None => Account::UnappliedReceipts,
    };
    let before = load(tx, id)?;
    let moved = Move { kind, amount, account, transaction: Some(done.id), reason: None };
    let decision = before.record(&moved, ids, call.now)?;
    let verb = if amount > 0 { "till.sold" } else { "till.refunded" };
    save(tx, call, ids, &before, decision, (None, verb))?;
    Ok(())
}

/// Cash that goes into a drawer or out of it by hand.
#[derive(Debug, Clone)]
pub struct MoveIn {
    /// Pay in, pay out or drop.
    pub kind: EntryKind,
    /// A decimal in the drawer's currency, above zero.
    pub amount: String,
    /// Where it comes from or goes to; `None`: the safe.
    pub account: Option<Account>,
}

/// Moves cash by hand: in from the safe, out for an expense, or dropped into the safe or on its
/// way to the bank.
///
/// # Errors
/// `no_open_session`; `above_drawer`; `money_invalid`; `reason_required` but for drops;
/// `invalid_field` for an account that is neither cash nor income nor expense.
pub fn move_cash(app: &App, call: &Call, code: &str, new: &MoveIn) -> Result<Session, Error> {
    command(app, call, "till.move", |tx| {
        let drawer = named(tx, code)?;
        work(call, drawer.location)?;
        let account = new.account.unwrap_or(Account::SafeCash);
        let cash = matches!(account, Account::SafeCash | Account::CashInTransit);
        let other = matches!(account.kind(), AccountKind::Expense | AccountKind::Income);
        ensure(cash || (other && new.kind != EntryKind::Drop), || {
            let detail = format!("cash does not go to {}", account.name());
            Refusal::at(Code::InvalidField, "/account", detail)
        })?;
        let amount = amount_in(&new.amount, drawer.currency)?;
        ensure(amount > 0, || {
            Refusal::at(Code::MoneyInvalid, "/amount", "an amount is above zero")
        })?;
        require(call, Permission::MoveCash, amount, None)?;
        ensure(new.kind == EntryKind::Drop || call.reason.is_some(), || {
            Refusal::at(Code::ReasonRequired, "/reason", "say what the cash is for")
        })?;
        let (sign, kind) = match new.kind {
            EntryKind::PayIn => (1, "till.paid_in"),
            EntryKind::PayOut => (-1, "till.paid_out"),
            EntryKind::Drop => (-1, "till.dropped"),
            _ => {
                let detail = "cash is paid in, paid out or dropped";
                return Err(Refusal::at(Code::InvalidField, "/kind", detail).into());
            }
        };
        let before = current(tx, &drawer)?;
        call.expect_version(before.version)?;
        let mut ids = orders::ids_after_audit(call);
        let moved = Move {
            kind: new.kind,
            amount: sign * amount,
            account,
            transaction: None,
            reason: call.reason.clone(),
        };
        let decision = before.record(&moved, &mut ids, call.now)?;
        save(tx, call, &mut ids, &before, decision, (None, kind))
    })
}

/// Counts a drawer without knowing what should be there: pieces of each denomination, such as
/// `20 × 5.00`. The answer says what was expected.
///
/// # Errors
/// `no_open_session`; `invalid_transition` where it is counted already; `money_invalid`.
pub fn count(
    app: &App,
    call: &Call,
    code: &str,
    pieces: &[(String, i64)],
) -> Result<Session, Error> {
    command(app, call, "till.count", |tx| {
        let drawer = named(tx, code)?;
        work(call, drawer.location)?;
        let mut counted = Vec::with_capacity(pieces.len());
        for (value, number) in pieces {
            counted.push((amount_in(value, drawer.currency)?, *number));
        }
        let before = current(tx, &drawer)?;
        call.expect_version(before.version)?;
        let mut ids = orders::ids_after_audit(call);
        let (session, count) = before.count(&counted, &mut ids, call.now)?;
        let decision = Decision { session, entries: Vec::new() };
        save(tx, call, &mut ids, &before, decision, (Some(&count), "till.counted"))
    })
}

/// Goes on with a session that was counted: the inverse of [`count`].
///
/// # Errors
/// `no_open_session`; `nothing_to_do` where it is open.
pub fn resume(app: &App, call: &Call, code: &str) -> Result<Session, Error> {
    command(app, call, "till.resume", |tx| {
        let drawer = named(tx, code)?;
        work(call, drawer.location)?;
        let before = current(tx, &drawer)?;
        call.expect_version(before.version)?;
        let mut ids = orders::ids_after_audit(call);
        let decision = Decision { session: before.resume()?, entries: Vec::new() };
        save(tx, call, &mut ids, &before, decision, (None, "till.resumed"))
    })
}

/// Closes a session that was counted: what is over or short is posted, the cash goes to the safe.
/// The setting `till.tolerance` says which difference needs no reason.
///
/// # Errors
/// `no_open_session`; `nothing_to_do` before it is counted; `reason_required` with the tolerance.
pub fn close(app: &App, call: &Call, code: &str) -> Result<Session, Error> {
    command(app, call, "till.close", |tx| {
        let drawer = named(tx, code)?;
        work(call, drawer.location)?;
        let tolerance = match settings::get(tx, "till.tolerance")? {
            Some(text) => amount_in(text.trim(), drawer.currency)?,
            None => 0,
        };
        let before = current(tx, &drawer)?;
        call.expect_version(before.version)?;
        let mut ids = orders::ids_after_audit(call);
        let decision = before.close(tolerance, call.reason.as_deref(), &mut ids, call.now)?;
        save(tx, call, &mut ids, &before, decision, (None, "till.closed"))
    })
}

/// A session with what happened in it. Until it is counted, nobody sees what should be there.
#[derive(Debug, Clone)]
pub struct Report {
    pub drawer: Drawer,
    pub session: Session,
    /// `None` until it is counted.
    pub expected: Option<i64>,
    /// Empty until it is counted.
    pub entries: Vec<Entry>,
    /// How many entries of each kind there are, and what they sum to.
    pub sums: BTreeMap<&'static str, (i64, i64)>,
    pub counts: Vec<Count>,
}

impl Report {
    /// An amount of the session, for people.
    pub fn show(&self, minor: i64) -> String {
        Money::new(minor, self.session.currency).to_string()
    }
}

/// Returns the report of a drawer's session: the last one, or the one of a number.
///
/// # Errors
/// `not_found`.
pub fn report(app: &App, call: &Call, code: &str, number: Option<i64>) -> Result<Report, Error> {
    app.store.read(|tx| {
        let drawer = named(tx, code)?;
        let scope = Scope { location: Some(drawer.location), ..Scope::default() };
        call.require(Permission::Read, scope)?;
        let last = tills::last_number(tx, drawer.id)?;
        let number = number.unwrap_or(last);
        let missing = || Error::not_found(format!("session {number} of drawer {}", drawer.code));
        let id = tills::by_number(tx, drawer.id, number)?.ok_or_else(missing)?;
        let session = tills::get(tx, id, false)?.ok_or_else(missing)?;
        let blind = session.state == SessionState::Open;
        let entries = if blind { Vec::new() } else { tills::entries(tx, id)? };
        let mut sums: BTreeMap<&'static str, (i64, i64)> = BTreeMap::new();
        for entry in &entries {
            let sum = sums.entry(entry.kind.code()).or_default();
            *sum = (sum.0 + 1, sum.1 + entry.amount);
        }
        let expected = (!blind).then_some(session.expected);
        let counts = if blind { Vec::new() } else { tills::counts(tx, id)? };
        Ok(Report { drawer, session, expected, entries, sums, counts })
    })
}

/// A drawer with its latest session.
#[derive(Debug, Clone)]
pub struct Standing {
    pub drawer: Drawer,
    /// The location's code.
    pub location: String,
    pub session: Option<Session>,
    /// What the caller may do with it now; each is the last part of an address.
    pub allowed: Vec<&'static str>,
}

/// Returns how the drawer with this code stands.
///
/// # Errors
/// `not_found`.
pub fn show(app: &App, call: &Call, code: &str) -> Result<Standing, Error> {
    app.store.read(|tx| {
        let drawer = named(tx, code)?;
        let scope = Scope { location: Some(drawer.location), ..Scope::default() };
        call.require(Permission::Read, scope)?;
        let last = tills::list(tx, Some(drawer.id), 1)?.pop();
        standing(tx, call, drawer, last)
    })
}

/// Returns how a drawer stands whose session a command has left so: no right to read is asked for.
pub fn show_as(app: &App, call: &Call, session: Session) -> Result<Standing, Error> {
    app.store.read(|tx| {
        let drawer = tills::drawer(tx, session.drawer)?;
        let missing = || Error::Internal(format!("session {} has no drawer", session.number));
        standing(tx, call, drawer.ok_or_else(missing)?, Some(session))
    })
}

fn standing(
    tx: &mut Tx<'_>,
    call: &Call,
    drawer: Drawer,
    session: Option<Session>,
) -> Result<Standing, Error> {
    let location = locations::get(tx, drawer.location)?.map(|location| location.code);
    let scope = Scope { location: Some(drawer.location), ..Scope::default() };
    let may = call.actor.may(Permission::WorkTill, scope);
    let names: &[&'static str] = match session.as_ref().map(|session| session.state) {
        None | Some(SessionState::Closed) => &["open"],
        Some(SessionState::Open) => &["pay_in", "pay_out", "drop", "collect", "hand_back", "count"],
        Some(SessionState::Counted) => &["resume", "close"],
    };
    let moves = call.actor.may(Permission::MoveCash, Scope::default());
    let allowed = names
        .iter()
        .copied()
        .filter(|name| may && (moves || ["open", "count", "resume", "close"].contains(name)));
    let allowed = allowed.collect();
    Ok(Standing { drawer, location: location.unwrap_or_default(), session, allowed })
}

/// Returns every drawer with its latest session.
pub fn list(app: &App, call: &Call) -> Result<Vec<(Drawer, Option<Session>)>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let mut out = Vec::new();
        for drawer in tills::drawers(tx)? {
            let last = tills::list(tx, Some(drawer.id), 1)?.pop();
            out.push((drawer, last));
        }
        Ok(out)
    })
}
