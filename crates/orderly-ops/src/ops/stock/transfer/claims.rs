//! Claims against carriers: opened with a difference, ended by money or given up.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::{
    Account, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting,
};
use orderly_core::catalog::Location;
use orderly_core::id::*;
use orderly_core::money::Money;
use orderly_core::order::price::money_refusal;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::stock::{CarrierClaim, CarrierClaimState, Difference, Transfer};
use orderly_core::units::{Cause, CauseKind};
use orderly_store::Tx;
use orderly_store::tables::{carrier_claims, events as event_rows};

use super::{load, place_of};
use crate::ops::books::{self, books_of};
use crate::ops::catalog::{ids, stale};
use crate::ops::events::{Happened, event};
use crate::ops::stock::{not_reversible, number, read, require_at};
use crate::ops::{Object, Reference, command};
use crate::wire::stock::SettleClaimIn;
use crate::{App, Call, Error};

impl Object for CarrierClaim {
    fn reference(&self) -> Reference {
        Reference { kind: "carrier_claim", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], sequence: i64) -> Result<Self, Error> {
        let id = CarrierClaimId::from_bytes(id);
        let events = event_rows::of_stream(tx, id.as_bytes(), sequence)?;
        let last = events.last().ok_or_else(|| Error::not_found(format!("claim {id}")))?;
        serde_json::from_str(&last.changes)
            .map_err(|_| Error::Internal(format!("event {} is broken", last.sequence)))
    }
}

/// Returns the claim against a carrier with this number or id.
///
/// # Errors
/// `not_found`.
pub fn claim_called(app: &App, call: &Call, text: &str) -> Result<CarrierClaim, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let text = text.trim();
        let shown: String = text.chars().take(60).collect();
        let found = match text.parse() {
            Ok(id) => Some(id),
            Err(_) => carrier_claims::by_number(tx, text)?,
        };
        let missing = || Error::not_found(format!("claim `{shown}`"));
        carrier_claims::get(tx, found.ok_or_else(missing)?, false)?.ok_or_else(missing)
    })
}

/// Returns up to `limit` claims against carriers after a cursor, the oldest first; in one state
/// only where it is given.
pub fn claims(
    app: &App,
    call: &Call,
    state: Option<CarrierClaimState>,
    after: Option<CarrierClaimId>,
    limit: u32,
) -> Result<Vec<CarrierClaim>, Error> {
    call.require(Permission::Read, Scope::default())?;
    Ok(app.store.read(|tx| carrier_claims::list(tx, state, after, limit.clamp(1, 1_000)))?)
}

/// Opens a claim for goods that are written off: what they were worth is owed by the carrier.
pub(super) fn open(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    to: &Location,
    transfer: &Transfer,
    difference: &Difference,
    carrier: &str,
) -> Result<(), Error> {
    let books = books_of(tx, to.legal_entity)?;
    let claim = CarrierClaim {
        id: ids.draw(),
        number: number(tx, "CC", "carrier_claim")?,
        transfer: transfer.id,
        difference: difference.id,
        legal_entity: to.legal_entity,
        currency: books.currency,
        carrier: carrier.to_owned(),
        state: CarrierClaimState::Open,
        value: difference.value,
        received: None,
        reason: None,
        version: 1,
        created_at: call.now,
        settled_at: None,
    };
    carrier_claims::insert(tx, &claim)?;
    let owed = [(Account::CarrierClaims, claim.value), (Account::WriteOffs, -claim.value)];
    post(tx, call, ids, to, &claim, &owed)?;
    record(tx, call, ids, &claim, "carrier_claim.opened")
}

/// Ends a claim: with the money that came into the bank, or with nothing. What the carrier does
/// not pay is written off; what he pays beyond the goods' value reduces the write-offs.
///
/// # Errors
/// `invalid_transition` unless it is open; `reason_required` where less than the value is
/// accepted; `money_invalid`; `period_closed`.
pub fn settle_claim(
    app: &App,
    call: &Call,
    id: CarrierClaimId,
    end: &SettleClaimIn,
) -> Result<CarrierClaim, Error> {
    command(app, call, "carrier_claim.settle", |tx| {
        let (before, to) = known(tx, call, id)?;
        ensure(before.state == CarrierClaimState::Open, || {
            let detail = format!("claim {} is {}", before.number, before.state.code());
            Refusal::new(Code::InvalidTransition, detail)
        })?;
        let received = Money::parse(end.received.trim(), before.currency).map(Money::minor);
        let received = received.map_err(|error| money_refusal(&error).under("/received"))?;
        ensure(received >= 0, || {
            Refusal::at(Code::MoneyInvalid, "/received", "a carrier does not get money back")
        })?;
        let said = end.reason.as_deref().or(call.reason.as_deref());
        let reason = match (said, received < before.value) {
            (Some(text), _) => Some(read::reason(text)?),
            (None, true) => Some(read::reason("")?),
            (None, false) => None,
        };
        if received < before.value {
            let amount_minor = Some(before.value - received);
            let scope = Scope { location: Some(to.id), amount_minor, ..Scope::default() };
            call.require(Permission::WriteOff, scope)?;
        }
        let mut ids = ids(call);
        let after = CarrierClaim {
            state: CarrierClaimState::Settled,
            received: Some(received),
            reason,
            version: before.version + 1,
            settled_at: Some(call.now),
            ..before.clone()
        };
        stale(carrier_claims::save(tx, &before, &after)?)?;
        post(tx, call, &mut ids, &to, &after, &ending(&before, received))?;
        record(tx, call, &mut ids, &after, "carrier_claim.settled")?;
        Ok(after)
    })
}

/// The postings that end a claim.
fn ending(claim: &CarrierClaim, received: i64) -> [(Account, i64); 3] {
    [
        (Account::Bank, received),
        (Account::CarrierClaims, -claim.value),
        (Account::WriteOffs, claim.value - received),
    ]
}

/// Opens a settled claim again: its postings are taken back.
///
/// # Errors
/// `not_reversible` unless it is settled.
pub fn reopen_claim(app: &App, call: &Call, id: CarrierClaimId) -> Result<CarrierClaim, Error> {
    command(app, call, "carrier_claim.reopen", |tx| {
        let (before, to) = known(tx, call, id)?;
        let Some(received) = before.received else {
            let detail = format!("claim {} is {}", before.number, before.state.code());
            return Err(not_reversible(detail, "nothing: it is not settled"));
        };
        let mut ids = ids(call);
        let after = CarrierClaim {
            state: CarrierClaimState::Open,
            received: None,
            reason: None,
            version: before.version + 1,
            settled_at: None,
            ..before.clone()
        };
        stale(carrier_claims::save(tx, &before, &after)?)?;
        let back = ending(&before, received).map(|(account, amount)| (account, -amount));
        post(tx, call, &mut ids, &to, &after, &back)?;
        record(tx, call, &mut ids, &after, "carrier_claim.reopened")?;
        Ok(after)
    })
}

/// Withdraws the claim for a difference that never was.
///
/// # Errors
/// `not_reversible` where the carrier has settled it.
pub(super) fn withdraw(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    to: &Location,
    difference: DifferenceId,
) -> Result<(), Error> {
    let Some(id) = carrier_claims::of_difference(tx, difference)? else { return Ok(()) };
    let Some(before) = carrier_claims::get(tx, id, true)? else { return Ok(()) };
    if before.state == CarrierClaimState::Settled {
        let detail = format!("claim {} is settled", before.number);
        return Err(not_reversible(detail, "stock transfer reopen-claim"));
    }
    let state = CarrierClaimState::Withdrawn;
    let after = CarrierClaim { state, version: before.version + 1, ..before.clone() };
    stale(carrier_claims::save(tx, &before, &after)?)?;
    let back = [(Account::CarrierClaims, -before.value), (Account::WriteOffs, before.value)];
    post(tx, call, ids, to, &after, &back)?;
    record(tx, call, ids, &after, "carrier_claim.withdrawn")
}

fn known(
    tx: &mut Tx<'_>,
    call: &Call,
    id: CarrierClaimId,
) -> Result<(CarrierClaim, Location), Error> {
    let found = carrier_claims::get(tx, id, true)?;
    let claim = found.ok_or_else(|| Error::not_found(format!("claim {id}")))?;
    let transfer = load(tx, claim.transfer, false)?;
    let to = place_of(tx, transfer.to)?;
    require_at(call, Permission::Transfer, &to)?;
    call.expect_version(claim.version)?;
    Ok((claim, to))
}

fn post(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    to: &Location,
    claim: &CarrierClaim,
    amounts: &[(Account, i64)],
) -> Result<(), Error> {
    let document = Some((DocumentKind::Transfer, claim.transfer.as_bytes()));
    let shared = Dimensions { location: Some(to.id), document, ..Dimensions::default() };
    let some = amounts.iter().filter(|(_, amount)| *amount != 0);
    let postings: Vec<Posting> =
        some.map(|(account, amount)| Posting::new(*account, *amount, shared)).collect();
    if postings.is_empty() {
        return Ok(());
    }
    let cause = match claim.version {
        1 => Cause { kind: CauseKind::CarrierClaim, id: claim.id.as_bytes() },
        _ => Cause { kind: CauseKind::Event, id: ids.draw::<EventId>().as_bytes() },
    };
    let head = JournalHead {
        id: ids.draw(),
        legal_entity: claim.legal_entity,
        kind: JournalKind::CarrierClaim,
        cause,
        currency: claim.currency,
        accounting_on: books_of(tx, claim.legal_entity)?.day(call.now),
        reverses: None,
    };
    let unbalanced = |error| Error::Internal(format!("a claim does not balance: {error}"));
    books::post(tx, call, &[Journal::new(head, postings).map_err(unbalanced)?])
}

fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    claim: &CarrierClaim,
    kind: &str,
) -> Result<(), Error> {
    let happened = Happened {
        stream_kind: "carrier_claim",
        stream: claim.id.as_bytes(),
        sequence: claim.version,
        kind,
        at: call.now,
    };
    Ok(event_rows::record(tx, &[event(call, ids, happened, claim)])?)
}
