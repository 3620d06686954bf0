//! Paying suppliers: several invoices by one transfer, in parts, less their credit notes.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::{
    Account, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting,
};
use orderly_core::id::*;
use orderly_core::money::{Currency, Money};
use orderly_core::party::Supplier;
use orderly_core::purchase::invoice::{SupplierDocument, SupplierInvoice, SupplierInvoiceState};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::time::Day;
use orderly_core::units::{Cause, CauseKind};
use orderly_store::Tx;
use orderly_store::tables::supplier_invoices::{self, SupplierApplication, applications_of};

use super::day;
use super::invoices::{enter_amount, load};
use crate::ops::books::{self, books_of, convert};
use crate::ops::catalog::ids;
use crate::ops::stock::{not_reversible, number};
use crate::ops::suppliers::supplier_called;
use crate::ops::{Object, Reference, command};
use crate::wire::purchases::{SupplierPartIn, SupplierPaymentIn};
use crate::{App, Call, Error};
pub use orderly_store::tables::supplier_invoices::SupplierPayment;

impl Object for SupplierPayment {
    fn reference(&self) -> Reference {
        let sequence = if self.reversed_at.is_some() { 2 } else { 1 };
        Reference { kind: "supplier_payment", id: self.id.as_bytes(), sequence }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        payment(tx, SupplierPaymentId::from_bytes(id))
    }
}

fn payment(tx: &mut Tx<'_>, id: SupplierPaymentId) -> Result<SupplierPayment, Error> {
    let found = supplier_invoices::payment(tx, id)?;
    found.ok_or_else(|| Error::not_found(format!("supplier payment {id}")))
}

/// A part of a document that is settled.
struct Part {
    invoice: SupplierInvoice,
    amount: i64,
    /// What of the document's value in the books that is.
    booked: i64,
}

/// Pays invoices of one supplier by one payment, whole or in part; credit notes of his are used
/// against them. The difference between the rates of invoice and payment is an exchange
/// difference. A payment of nothing (credit notes cover everything) is refused: use the credit.
///
/// # Errors
/// `unknown_supplier`, `not_found`, `no_lines`, `above_payable` with what is open,
/// `currency_mismatch`, `money_invalid`, `rate_missing`, `period_closed`.
pub fn pay(app: &App, call: &Call, new: &SupplierPaymentIn) -> Result<SupplierPayment, Error> {
    command(app, call, "supplier.pay", |tx| {
        let supplier = supplier_called(tx, &new.supplier)?;
        ensure(!new.invoices.is_empty(), || {
            Refusal::at(Code::NoLines, "/invoices", "name what is paid")
        })?;
        let invoices = parts(tx, &supplier, SupplierDocument::Invoice, &new.invoices, "/invoices")?;
        let kind = SupplierDocument::CreditNote;
        let credits = parts(tx, &supplier, kind, &new.credits, "/credits")?;
        let sum = |parts: &[Part]| parts.iter().map(|part| part.amount).sum::<i64>();
        let (owed, used) = (sum(&invoices), sum(&credits));
        let (currency, entity) = one_currency(&invoices, &credits)?;
        ensure(owed > used, || {
            let detail = "the credit notes cover all of it: there is nothing to pay";
            let most = Money::new(owed, currency).decimal().to_string();
            Refusal::at(Code::AbovePayable, "/credits", detail).allowed(most)
        })?;
        let amount = owed - used;
        let scope = Scope { amount_minor: Some(amount), ..Scope::default() };
        call.require(Permission::PaySupplier, scope)?;
        let mut ids = ids(call);
        let books = books_of(tx, entity)?;
        let paid_on = match new.paid_on.as_deref() {
            Some(text) => day(text, "/paid_on")?,
            None => books.day(call.now),
        };
        let booked = convert(tx, Money::new(amount, currency), books.currency, paid_on)?.minor();
        let payment = SupplierPayment {
            id: ids.draw(),
            number: number(tx, "SP", "supplier_payment")?,
            supplier: supplier.id,
            legal_entity: entity,
            currency,
            amount,
            booked,
            reference: text::optional(new.reference.as_deref())
                .map_err(|refusal| refusal.under("/reference"))?,
            paid_on,
            created_at: call.now,
            reversed_at: None,
        };
        supplier_invoices::insert_payment(tx, &payment)?;
        for part in invoices.iter().chain(&credits) {
            settle(tx, call, &mut ids, part, payment.id.as_bytes())?;
        }
        let debt: i64 = invoices.iter().map(|part| part.booked).sum::<i64>()
            - credits.iter().map(|part| part.booked).sum::<i64>();
        post(tx, call, &mut ids, &payment, debt, books.currency)?;
        Ok(payment)
    })
}

/// The documents named, locked by id, with what of each is settled.
fn parts(
    tx: &mut Tx<'_>,
    supplier: &Supplier,
    kind: SupplierDocument,
    named: &[SupplierPartIn],
    pointer: &str,
) -> Result<Vec<Part>, Error> {
    let mut found = Vec::with_capacity(named.len());
    for (index, one) in named.iter().enumerate() {
        let id = supplier_invoices::by_number(tx, supplier.id, kind, one.number.trim())?;
        let id = id.ok_or_else(|| {
            Error::not_found(format!("{} {} of {}", kind.code(), one.number, supplier.code))
        })?;
        found.push((id, index));
    }
    found.sort_unstable();
    let mut out: Vec<Part> = Vec::with_capacity(found.len());
    for (id, index) in found {
        let invoice = load(tx, id, true)?;
        let pointer = format!("{pointer}/{index}");
        let twice = out.iter().any(|known| known.invoice.id == id);
        let posted = invoice.state == SupplierInvoiceState::Posted && !twice;
        ensure(posted, || {
            let detail = format!("{} is {}", invoice.number, invoice.state.code());
            Refusal::at(Code::InvalidTransition, &pointer, detail).allowed("purchases approve")
        })?;
        let open = invoice.open();
        let amount = match named[index].amount.as_deref() {
            Some(text) => enter_amount(text, invoice.currency, &format!("{pointer}/amount"))?,
            None => open,
        };
        ensure(amount > 0 && amount <= open, || {
            let money = Money::new(open, invoice.currency);
            let detail = format!("{money} of {} are open", invoice.number);
            Refusal::at(Code::AbovePayable, format!("{pointer}/amount"), detail)
                .allowed(money.decimal().to_string())
        })?;
        let booked = invoice.booked_slice(amount);
        out.push(Part { invoice, amount, booked });
    }
    Ok(out)
}

fn one_currency(invoices: &[Part], credits: &[Part]) -> Result<(Currency, LegalEntityId), Refusal> {
    let mut all = invoices.iter().chain(credits).map(|part| &part.invoice);
    let wrong = || Refusal::at(Code::NoLines, "/invoices", "name what is paid");
    let first = all.next().ok_or_else(wrong)?;
    let same =
        all.all(|one| (one.currency, one.legal_entity) == (first.currency, first.legal_entity));
    ensure(same, || {
        let detail = "one payment is in one currency, out of the books of one legal entity";
        Refusal::at(Code::CurrencyMismatch, "/invoices", detail)
    })?;
    Ok((first.currency, first.legal_entity))
}

fn settle(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    part: &Part,
    source: [u8; 16],
) -> Result<(), Error> {
    let one = SupplierApplication {
        id: ids.draw(),
        invoice: part.invoice.id,
        source_kind: "payment",
        source,
        amount: part.amount,
        booked: part.booked,
        applied_at: call.now,
    };
    if !supplier_invoices::apply(tx, &one)? {
        let detail = format!("{} was settled meanwhile", part.invoice.number);
        return Err(Refusal::new(Code::AbovePayable, detail).into());
    }
    Ok(())
}

/// Posts a payment: the debt falls by what it was booked at, the bank by what it costs today.
fn post(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    payment: &SupplierPayment,
    debt: i64,
    own: Currency,
) -> Result<(), Error> {
    let sign = if payment.reversed_at.is_some() { -1 } else { 1 };
    let shared = Dimensions {
        party: Some(payment.supplier.as_bytes()),
        document: Some((DocumentKind::Payment, payment.id.as_bytes())),
        ..Dimensions::default()
    };
    let foreign = |amount: i64| {
        (payment.currency != own).then(|| Money::new(sign * amount, payment.currency))
    };
    let posting = |account, amount: i64| Posting::new(account, sign * amount, shared);
    let mut postings = vec![
        Posting { foreign: foreign(payment.amount), ..posting(Account::Payables, debt) },
        Posting { foreign: foreign(-payment.amount), ..posting(Account::Bank, -payment.booked) },
        posting(Account::FxDifferences, payment.booked - debt),
    ];
    postings.retain(|posting| posting.amount_minor != 0);
    if postings.len() < 2 {
        return Ok(());
    }
    let reversed = payment.reversed_at.is_some();
    let cause = match reversed {
        false => Cause { kind: CauseKind::SupplierPayment, id: payment.id.as_bytes() },
        true => Cause { kind: CauseKind::Event, id: ids.draw::<EventId>().as_bytes() },
    };
    let books = books_of(tx, payment.legal_entity)?;
    let head = JournalHead {
        id: ids.draw(),
        legal_entity: payment.legal_entity,
        kind: JournalKind::SupplierPayment,
        cause,
        currency: own,
        accounting_on: if reversed { books.day(call.now) } else { payment.paid_on },
        reverses: None,
    };
    let unbalanced = |error| Error::Internal(format!("a payment does not balance: {error}"));
    books::post(tx, call, &[Journal::new(head, postings).map_err(unbalanced)?])
}

/// Uses a credit note against invoices without any payment.
///
/// # Errors
/// As [`pay`]; `above_payable` where the credit note has less.
pub fn use_credit(
    app: &App,
    call: &Call,
    supplier: &str,
    credit: &str,
    invoices: &[SupplierPartIn],
) -> Result<SupplierInvoice, Error> {
    command(app, call, "supplier_invoice.use_credit", |tx| {
        call.require(Permission::PaySupplier, Scope::default())?;
        let supplier = supplier_called(tx, supplier)?;
        let owed = parts(tx, &supplier, SupplierDocument::Invoice, invoices, "/invoices")?;
        let amount: i64 = owed.iter().map(|part| part.amount).sum();
        let kind = SupplierDocument::CreditNote;
        let id = supplier_invoices::by_number(tx, supplier.id, kind, credit.trim())?;
        let id = id.ok_or_else(|| Error::not_found(format!("credit note {credit}")))?;
        let note = load(tx, id, true)?;
        let text = Money::new(amount, note.currency).decimal().to_string();
        let named = [SupplierPartIn { number: credit.into(), amount: Some(text) }];
        let mut ids = ids(call);
        let used = parts(tx, &supplier, kind, &named, "/credits")?;
        one_currency(&owed, &used)?;
        for (part, source, source_kind) in owed
            .iter()
            .map(|part| (part, note.id.as_bytes(), "credit_note"))
            .chain(used.iter().map(|part| (part, owed[0].invoice.id.as_bytes(), "invoice")))
        {
            let one = SupplierApplication {
                id: ids.draw(),
                invoice: part.invoice.id,
                source_kind,
                source,
                amount: part.amount,
                booked: part.booked,
                applied_at: call.now,
            };
            ensure(supplier_invoices::apply(tx, &one)?, || {
                Refusal::new(Code::AbovePayable, "it was settled meanwhile")
            })?;
        }
        let gap = owed.iter().map(|part| part.booked).sum::<i64>()
            - used.iter().map(|part| part.booked).sum::<i64>();
        exchange(tx, call, &mut ids, &note, gap)?;
        load(tx, note.id, false)
    })
}

/// What invoice and credit note differ by in the books is an exchange difference.
fn exchange(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    note: &SupplierInvoice,
    gap: i64,
) -> Result<(), Error> {
    if gap == 0 {
        return Ok(());
    }
    let books = books_of(tx, note.legal_entity)?;
    let shared = Dimensions {
        party: Some(note.supplier.as_bytes()),
        document: Some((DocumentKind::SupplierInvoice, note.id.as_bytes())),
        ..Dimensions::default()
    };
    let head = JournalHead {
        id: ids.draw(),
        legal_entity: note.legal_entity,
        kind: JournalKind::ExchangeDifference,
        cause: Cause { kind: CauseKind::Event, id: ids.draw::<EventId>().as_bytes() },
        currency: books.currency,
        accounting_on: books.day(call.now),
        reverses: None,
    };
    let postings = vec![
        Posting {
            foreign: Some(Money::new(0, note.currency)),
            ..Posting::new(Account::Payables, gap, shared)
        },
        Posting::new(Account::FxDifferences, -gap, shared),
    ];
    let unbalanced = |error| Error::Internal(format!("a difference does not balance: {error}"));
    books::post(tx, call, &[Journal::new(head, postings).map_err(unbalanced)?])
}

/// Takes a payment back: the bank did not carry it out. Its invoices are open again.
///
/// # Errors
/// `not_found`, `not_reversible` where it is taken back already.
pub fn reverse(app: &App, call: &Call, text: &str) -> Result<SupplierPayment, Error> {
    command(app, call, "supplier.reverse_payment", |tx| {
        let id = match supplier_invoices::payment_by_number(tx, text.trim())? {
            Some(id) => id,
            None => text.trim().parse().map_err(|_| {
                let shown: String = text.chars().take(60).collect();
                Error::not_found(format!("supplier payment `{shown}`"))
            })?,
        };
        let before = payment(tx, id)?;
        let scope = Scope { amount_minor: Some(before.amount), ..Scope::default() };
        call.require(Permission::PaySupplier, scope)?;
        let done = applications_of(tx, id.as_bytes())?;
        for one in &done {
            load(tx, one.invoice, true)?;
        }
        if !supplier_invoices::reverse_payment(tx, id, call.now)? {
            let detail = format!("payment {} is taken back already", before.number);
            return Err(not_reversible(detail, "purchases pay"));
        }
        let mut ids = ids(call);
        let mut debt = 0;
        for one in done {
            let credit = load(tx, one.invoice, false)?.kind == SupplierDocument::CreditNote;
            debt += if credit { -one.booked } else { one.booked };
            let (amount, booked) = (-one.amount, -one.booked);
            let back =
                SupplierApplication { id: ids.draw(), amount, booked, applied_at: call.now, ..one };
            ensure(supplier_invoices::apply(tx, &back)?, || {
                Refusal::new(Code::NotReversible, "an invoice is settled otherwise")
            })?;
        }
        let after = SupplierPayment { reversed_at: Some(call.now), ..before };
        let own = books_of(tx, after.legal_entity)?.currency;
        post(tx, call, &mut ids, &after, debt, own)?;
        Ok(after)
    })
}

/// Returns payments to suppliers from a day on, the oldest first.
pub fn payments(app: &App, call: &Call, from: Day) -> Result<Vec<SupplierPayment>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| Ok(supplier_invoices::payments(tx, None, from, 1_000)?))
}
