//! Quotes and agreements: written, sent, revised, drawn on.

pub mod convert;
pub mod documents;
pub mod draws;
pub mod read;
mod terms;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{IdSource, LegalEntityId, QuoteId};
use orderly_core::quote::{Quote, QuoteKind, QuoteState};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::{events as event_rows, numbers, quotes, settings};

use super::catalog::{ids, stale};
use super::command::{Object, Reference, command};
use super::events::{Happened, event};
use crate::wire::quotes::{QuoteIn, TermsIn};
use crate::{App, Call, Error};

impl Object for Quote {
    fn reference(&self) -> Reference {
        Reference { kind: "quote", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        load(tx, QuoteId::from_bytes(id), false)
    }
}

/// Returns the quote with this id; with `lock`, other writers of it wait.
pub fn load(tx: &mut Tx<'_>, id: QuoteId, lock: bool) -> Result<Quote, Error> {
    quotes::get(tx, id, lock)?.ok_or_else(|| Error::not_found(format!("quote {id}")))
}

/// The business day of a legal entity at the call.
pub(super) fn today(tx: &mut Tx<'_>, call: &Call, entity: LegalEntityId) -> Result<Day, Error> {
    let own = settings::entity(tx, entity)?;
    Ok(call.now.day_in(own.as_ref().map_or("UTC", |own| own.zone.as_str())))
}

/// Writes a quote as a draft, or an agreement that is in force at once.
///
/// # Errors
/// Those of placing such an order, as far as it names customer, account and lines;
/// `account_required` for an agreement without one; `invalid_field` for days that are over or
/// the wrong way round, and for expected parts that come to more than the line.
pub fn create(app: &App, call: &Call, kind: QuoteKind, new: &QuoteIn) -> Result<Quote, Error> {
    let verb = match kind {
        QuoteKind::Quote => "quote.create",
        QuoteKind::Agreement => "agreement.create",
    };
    command(app, call, verb, |tx| {
        call.require(Permission::Quote, Scope::default())?;
        ensure(kind == QuoteKind::Quote || new.account.is_some(), || {
            let detail = "an agreement is made with an account";
            Refusal::at(Code::AccountRequired, "/account", detail)
        })?;
        let mut ids = ids(call);
        let id = ids.draw();
        let request = terms::request(new);
        let (order, terms) = terms::build(tx, call, &mut ids, &request, &new.terms, None)?;
        let mut quote = Quote {
            id,
            kind,
            number: String::new(),
            state: QuoteState::Draft,
            version: 1,
            channel: order.channel,
            legal_entity: order.legal_entity,
            currency: order.currency,
            customer: order.head.customer,
            account: order.head.account,
            site: order.head.site,
            reference: order.head.reference,
            revision: 0,
            valid_from: None,
            valid_until: None,
            message: None,
            total: 0,
            lines: Vec::new(),
            draft: Some(terms.clone()),
            created_at: call.now,
            updated_at: call.now,
        };
        if kind == QuoteKind::Agreement {
            let today = today(tx, call, quote.legal_entity)?;
            quote = Quote { version: 1, ..quote.send(today, call.now)? };
        }
        let (letter, series) = match kind {
            QuoteKind::Quote => ("Q", "quote"),
            QuoteKind::Agreement => ("A", "agreement"),
        };
        let next = numbers::take(tx, LegalEntityId::NONE, series, 1_001, 1)?;
        quote.number = format!("{letter}{next}");
        quotes::insert(tx, &quote)?;
        if kind == QuoteKind::Agreement {
            quotes::freeze(tx, id, quote.revision, &terms, call.now)?;
        }
        record(tx, call, &mut ids, &quote, "created")?;
        Ok(quote)
    })
}

/// Writes the next revision: a quote's waits to be sent, an agreement's is in force at once.
///
/// # Errors
/// Those of [`create`]; `invalid_transition` for a closed one; `below_drawn`.
pub fn revise(app: &App, call: &Call, id: QuoteId, new: &TermsIn) -> Result<Quote, Error> {
    change(app, call, id, "quote.revise", "revised", |tx, before, ids| {
        let request = terms::request_of(tx, before)?;
        let (_, terms) = terms::build(tx, call, ids, &request, new, Some(before))?;
        let drafted = before.redraft(terms, call.now)?;
        match before.kind {
            QuoteKind::Quote => Ok(drafted),
            QuoteKind::Agreement => in_force(tx, call, &drafted, before.version + 1),
        }
    })
}

/// Writes a revision with the list prices of now and a new last day. Lines without an item keep
/// their price.
///
/// # Errors
/// Those of [`revise`]; `invalid_transition` where nothing was sent yet.
pub fn reprice(app: &App, call: &Call, id: QuoteId, valid_until: &str) -> Result<Quote, Error> {
    change(app, call, id, "quote.reprice", "repriced", |tx, before, ids| {
        ensure(before.revision > 0, || {
            let detail = format!("{} is not sent yet", before.name());
            Refusal::new(Code::InvalidTransition, detail).allowed("revise")
        })?;
        let request = terms::request_of(tx, before)?;
        let new = terms::again(before, valid_until);
        let (_, terms) = terms::build(tx, call, ids, &request, &new, Some(before))?;
        let drafted = before.redraft(terms, call.now)?;
        match before.kind {
            QuoteKind::Quote => Ok(drafted),
            QuoteKind::Agreement => in_force(tx, call, &drafted, before.version + 1),
        }
    })
}

/// Freezes the draft as the next revision; from now on only it is drawn on.
///
/// # Errors
/// Those of [`Quote::send`].
pub fn send(app: &App, call: &Call, id: QuoteId) -> Result<Quote, Error> {
    change(app, call, id, "quote.send", "sent", |tx, before, _| {
        in_force(tx, call, before, before.version + 1)
    })
}

fn in_force(tx: &mut Tx<'_>, call: &Call, drafted: &Quote, version: i64) -> Result<Quote, Error> {
    let today = today(tx, call, drafted.legal_entity)?;
    let after = drafted.send(today, call.now)?;
    if let Some(terms) = &drafted.draft {
        quotes::freeze(tx, after.id, after.revision, terms, call.now)?;
    }
    Ok(Quote { version, ..after })
}

/// The customer says yes.
///
/// # Errors
/// Those of [`Quote::accept`].
pub fn accept(app: &App, call: &Call, id: QuoteId) -> Result<Quote, Error> {
    change(app, call, id, "quote.accept", "accepted", |tx, before, _| {
        let today = today(tx, call, before.legal_entity)?;
        Ok(before.accept(today, call.now)?)
    })
}

/// The customer says no.
///
/// # Errors
/// Those of [`Quote::decline`].
pub fn decline(app: &App, call: &Call, id: QuoteId) -> Result<Quote, Error> {
    change(app, call, id, "quote.decline", "declined", |_, before, _| Ok(before.decline(call.now)?))
}

/// Nothing more is drawn on it. What was drawn goes on.
///
/// # Errors
/// Those of [`Quote::close`].
pub fn close(app: &App, call: &Call, id: QuoteId) -> Result<Quote, Error> {
    change(app, call, id, "quote.close", "closed", |_, before, _| Ok(before.close(call.now)?))
}

fn change(
    app: &App,
    call: &Call,
    id: QuoteId,
    verb: &'static str,
    done: &str,
    decide: impl Fn(&mut Tx<'_>, &Quote, &mut IdSource) -> Result<Quote, Error>,
) -> Result<Quote, Error> {
    command(app, call, verb, |tx| {
        call.require(Permission::Quote, Scope::default())?;
        let before = load(tx, id, true)?;
        call.expect_version(before.version)?;
        let mut ids = ids(call);
        let after = decide(tx, &before, &mut ids)?;
        stale(quotes::save(tx, &before, &after)?)?;
        record(tx, call, &mut ids, &after, done)?;
        Ok(after)
    })
}

fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    quote: &Quote,
    done: &str,
) -> Result<(), Error> {
    let kind = format!("{}.{done}", quote.kind.code());
    let happened = Happened {
        stream_kind: "quote",
        stream: quote.id.as_bytes(),
        sequence: quote.version,
        kind: &kind,
        at: call.now,
    };
    Ok(event_rows::record(tx, &[event(call, ids, happened, quote)])?)
}
