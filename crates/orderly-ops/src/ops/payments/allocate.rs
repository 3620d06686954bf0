//! Money of a payment against invoices: one transfer pays many, in part or in full, and what is
//! left stays unapplied.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{InvoiceId, PaymentId, SettlementId};
use orderly_core::invoice::{Invoice, InvoiceKind, SettlementKind, parse_name};
use orderly_core::money::Money;
use orderly_core::payment::{Payment, TransactionKind};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_store::Tx;
use orderly_store::tables::invoices::{self as rows, Filter};
use orderly_store::tables::settings;

use super::{Changed, amount_in, load, require, save_one};
use crate::ops::command::{Object, Reference, command};
use crate::ops::invoices::{Settling, settle};
use crate::ops::orders;
use crate::{App, Call, Error};

/// How many open invoices are looked at.
const MOST: i64 = 10_000;

/// Which invoices a payment pays.
#[derive(Debug, Clone, Default)]
pub struct AllocateIn {
    /// Invoices with a decimal in their currency; `None` is what is open, as far as it goes.
    pub invoices: Vec<(InvoiceId, Option<String>)>,
    /// After those, the open invoices of the payment's account or customer, the first due first.
    pub oldest: bool,
}

/// Returns the document that people call this, or that has this id.
///
/// # Errors
/// `not_found`.
pub fn invoice(app: &App, call: &Call, name: &str) -> Result<Invoice, Error> {
    call.require_somewhere(Permission::Read)?;
    app.store.read(|tx| named(tx, name))
}

/// Finds a document by its id or its name.
pub(in crate::ops) fn named(tx: &mut Tx<'_>, name: &str) -> Result<Invoice, Error> {
    let short: String = name.chars().take(40).collect();
    let missing = || Error::not_found(format!("invoice `{short}`"));
    let id = match name.parse::<InvoiceId>() {
        Ok(id) => id,
        Err(_) => {
            let (series, number) = parse_name(name).ok_or_else(missing)?;
            match rows::by_number(tx, series, number)?.as_slice() {
                [only] => *only,
                _ => return Err(missing()),
            }
        }
    };
    rows::get(tx, id, false)?.ok_or_else(missing)
}

/// The open invoices and receipts of whoever paid, the first due first.
pub(in crate::ops) fn open_of(tx: &mut Tx<'_>, payment: &Payment) -> Result<Vec<Invoice>, Error> {
    if payment.account.is_none() && payment.customer.is_none() {
        return Ok(Vec::new());
    }
    let customer = if payment.account.is_none() { payment.customer } else { None };
    let filter = Filter { account: payment.account, customer, open: true, ..Filter::default() };
    let mut open = rows::list(tx, &filter, None, MOST)?;
    open.retain(|one| one.kind != InvoiceKind::CreditNote && one.currency == payment.currency);
    open.retain(|one| one.legal_entity == payment.legal_entity);
    open.sort_by_key(|one| (one.due_on.unwrap_or(one.issued_on), one.issued_at, one.id));
    Ok(open)
}

/// Lets unapplied money of a payment pay invoices, all or none of them. The inverse is
/// [`deallocate`].
///
/// # Errors
/// `above_unapplied` and `above_open` with the maximum; `currency_mismatch`; `invalid_field` for a
/// credit note or another legal entity's invoice; `nothing_to_do`.
pub fn allocate(app: &App, call: &Call, id: PaymentId, new: &AllocateIn) -> Result<Payment, Error> {
    command(app, call, "payment.allocate", |tx| {
        let before = load(tx, id)?;
        call.expect_version(before.version)?;
        let mut targets = Vec::with_capacity(new.invoices.len());
        for (invoice, amount) in &new.invoices {
            let missing = || Error::not_found(format!("invoice {invoice}"));
            let invoice = rows::get(tx, *invoice, false)?.ok_or_else(missing)?;
            let amount = amount.as_deref().map(|text| amount_in(text, invoice.currency));
            targets.push((invoice, amount.transpose()?));
        }
        if new.oldest {
            targets.extend(open_of(tx, &before)?.into_iter().map(|one| (one, None)));
        }
        let decided = decide(&before, &targets)?;
        pay(tx, call, before, decided)
    })
}

/// What each invoice gets.
fn decide(
    payment: &Payment,
    targets: &[(Invoice, Option<i64>)],
) -> Result<Vec<(InvoiceId, i64)>, Error> {
    let mut left = payment.unapplied() - payment.open_amount(TransactionKind::Refund, None);
    let mut decided: Vec<(InvoiceId, i64)> = Vec::new();
    for (invoice, amount) in targets {
        ensure(invoice.currency == payment.currency, || {
            let detail =
                format!("the payment is in {}, not {}", payment.currency, invoice.currency);
            Refusal::new(Code::CurrencyMismatch, detail)
        })?;
        let own = invoice.legal_entity == payment.legal_entity;
        ensure(own && invoice.kind != InvoiceKind::CreditNote, || {
            let detail = format!("{} is not paid by this payment", invoice.name());
            Refusal::at(Code::InvalidField, "/invoices", detail)
        })?;
        if decided.iter().any(|(known, _)| *known == invoice.id) {
            continue;
        }
        let part = amount.unwrap_or_else(|| invoice.open().min(left));
        if part == 0 && amount.is_none() {
            continue;
        }
        ensure(part > 0, || Refusal::at(Code::MoneyInvalid, "/amount", "an amount is above zero"))?;
        if part > left {
            return Err(payment.above_unapplied(part, left).into());
        }
        left -= part;
        decided.push((invoice.id, part));
    }
    ensure(!decided.is_empty(), || {
        Refusal::new(Code::NothingToDo, "there is nothing to pay, or nothing to pay it with")
    })?;
    Ok(decided)
}

/// Applies amounts of a payment to invoices and settles them.
pub(in crate::ops) fn pay(
    tx: &mut Tx<'_>,
    call: &Call,
    before: Payment,
    mut decided: Vec<(InvoiceId, i64)>,
) -> Result<Payment, Error> {
    let sum: i64 = decided.iter().map(|(_, amount)| amount).sum();
    require(call, Permission::TakePayment, sum, before.channel)?;
    // Invoices are locked in the order of their ids.
    decided.sort_by_key(|(invoice, _)| *invoice);
    let mut ids = orders::ids_after_audit(call);
    // Ids of what was decided before in the same command are not drawn again.
    for _ in 0..64 {
        let _: SettlementId = ids.draw();
    }
    let mut after = before.clone();
    for (invoice, amount) in decided {
        let (next, application) = after.apply_to(invoice, amount, &mut ids, call.now)?;
        after = next;
        let by = Settling {
            source_kind: SettlementKind::Application,
            source: application.as_bytes(),
            payment: Some(after.id),
            amount,
        };
        settle(tx, call, &mut ids, invoice, by)?;
    }
    let changed = Changed { before: Some(before), after, kind: "payment.allocated" };
    save_one(tx, call, &mut ids, changed)
}

/// Takes money back from an invoice: it is open again, and the money pays nothing. `None` takes
/// all that the payment paid of it.
///
/// # Errors
/// `above_unapplied` with the maximum; `nothing_to_do`.
pub fn deallocate(
    app: &App,
    call: &Call,
    id: PaymentId,
    invoice: InvoiceId,
    amount: Option<&str>,
) -> Result<Payment, Error> {
    command(app, call, "payment.deallocate", |tx| {
        let before = load(tx, id)?;
        call.expect_version(before.version)?;
        let amount = amount.map(|text| amount_in(text, before.currency)).transpose()?;
        take_back(tx, call, before, &[(invoice, amount)])
    })
}

/// Takes money back from invoices; `None` is all the payment paid of one.
pub(in crate::ops) fn take_back(
    tx: &mut Tx<'_>,
    call: &Call,
    before: Payment,
    targets: &[(InvoiceId, Option<i64>)],
) -> Result<Payment, Error> {
    let scope = Scope { channel: before.channel, ..Scope::default() };
    call.require(Permission::TakePayment, scope)?;
    let mut ids = orders::ids_after_audit(call);
    let mut after = before.clone();
    for (invoice, amount) in targets {
        let all = after.paid_of(*invoice);
        ensure(all > 0, || {
            Refusal::new(Code::NothingToDo, format!("the payment pays nothing of {invoice}"))
        })?;
        let amount = amount.unwrap_or(all);
        let (next, application) = after.take_from(*invoice, amount, &mut ids, call.now)?;
        after = next;
        let by = Settling {
            source_kind: SettlementKind::Application,
            source: application.as_bytes(),
            payment: Some(after.id),
            amount: -amount,
        };
        settle(tx, call, &mut ids, *invoice, by)?;
    }
    let changed = Changed { before: Some(before), after, kind: "payment.deallocated" };
    save_one(tx, call, &mut ids, changed)
}

/// An invoice a part of which was given up.
#[derive(Debug, Clone)]
pub struct WrittenOff {
    pub invoice: Invoice,
}

impl Object for WrittenOff {
    fn reference(&self) -> Reference {
        let (id, sequence) = (self.invoice.id.as_bytes(), self.invoice.version);
        Reference { kind: "invoice", id, sequence }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _sequence: i64) -> Result<Self, Error> {
        let id = InvoiceId::from_bytes(id);
        let found = rows::get(tx, id, false)?;
        let missing = || Error::not_found(format!("invoice {id}"));
        Ok(Self { invoice: found.ok_or_else(missing)? })
    }
}

/// Gives up what is open of an invoice, or a part of it. The setting `write_off.limit` says how
/// much one may give up; more needs the right to approve.
///
/// # Errors
/// `above_write_off` with the limit; `above_open`; `reason_required`; `nothing_to_do`.
pub fn write_off(
    app: &App,
    call: &Call,
    id: InvoiceId,
    amount: Option<&str>,
) -> Result<WrittenOff, Error> {
    command(app, call, "invoice.write_off", |tx| {
        let missing = || Error::not_found(format!("invoice {id}"));
        let invoice = rows::get(tx, id, false)?.ok_or_else(missing)?;
        let amount = match amount {
            Some(text) => amount_in(text, invoice.currency)?,
            None => invoice.open(),
        };
        ensure(amount > 0 && invoice.kind != InvoiceKind::CreditNote, || {
            Refusal::new(Code::NothingToDo, format!("nothing of {} is open", invoice.name()))
        })?;
        require(call, Permission::WriteOff, amount, invoice.channel)?;
        ensure(call.reason.is_some(), || {
            Refusal::at(Code::ReasonRequired, "/reason", "say why it is given up")
        })?;
        let limit = match settings::get(tx, "write_off.limit")? {
            Some(text) => amount_in(text.trim(), invoice.currency)?,
            None => 0,
        };
        if amount > limit {
            let show = |minor| Money::new(minor, invoice.currency).to_string();
            let detail = format!("{} is above the limit for small differences", show(amount));
            let refusal = Refusal::new(Code::AboveWriteOff, detail).allowed(show(limit));
            let scope = Scope { channel: invoice.channel, ..Scope::default() };
            call.unless_overridden(refusal, scope)?;
        }
        let mut ids = orders::ids_after_audit(call);
        let decision: SettlementId = ids.draw();
        let by = Settling::new(SettlementKind::WriteOff, decision.as_bytes(), amount);
        Ok(WrittenOff { invoice: settle(tx, call, &mut ids, id, by)? })
    })
}
