//! Suppliers' invoices and credit notes: entered, matched, approved and booked.

mod enter;

use std::collections::BTreeMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::{Account, Dimensions, DocumentKind, Journal, JournalHead, JournalKind};
use orderly_core::id::*;
use orderly_core::money::{Money, split_minor};
use orderly_core::purchase::invoice::{
    Spread, SupplierDocument, SupplierInvoice, SupplierInvoiceState, SupplierLineKind, Variance,
    book, clears, mismatches, postings, puts_back,
};
use orderly_core::purchase::supplier::SupplierTerms;
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::units::{Cause, CauseKind};
use orderly_store::Tx;
use orderly_store::tables::supplier_invoices;
pub use orderly_store::tables::supplier_invoices::Wanted;
use orderly_store::tables::{
    catalog, events as event_rows, purchases, settings, suppliers, vendor_returns,
};

use super::{PurchaseOrder, load as load_purchase, rebates, save as save_purchase};
use crate::ops::books::{self, LateCost, books_of, late_cost};
use crate::ops::catalog::{ids, stale};
use crate::ops::events::{Happened, event};
use crate::ops::{Object, Reference, command};
use crate::{App, Call, Error};
pub(super) use enter::amount as enter_amount;
pub use enter::enter;

impl Object for SupplierInvoice {
    fn reference(&self) -> Reference {
        Reference { kind: "supplier_invoice", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        load(tx, SupplierInvoiceId::from_bytes(id), false)
    }
}

pub(super) fn load(
    tx: &mut Tx<'_>,
    id: SupplierInvoiceId,
    lock: bool,
) -> Result<SupplierInvoice, Error> {
    let found = supplier_invoices::get(tx, id, lock)?;
    found.ok_or_else(|| Error::not_found(format!("supplier invoice {id}")))
}

/// Returns a supplier's document by its number.
///
/// # Errors
/// `unknown_supplier`, `not_found`.
pub fn get(
    app: &App,
    call: &Call,
    supplier: &str,
    kind: SupplierDocument,
    number: &str,
) -> Result<SupplierInvoice, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let supplier = crate::ops::suppliers::supplier_called(tx, supplier)?;
        let id = supplier_invoices::by_number(tx, supplier.id, kind, number.trim())?;
        let id = id.ok_or_else(|| Error::not_found(format!("{} {number}", kind.code())))?;
        load(tx, id, false)
    })
}

/// Returns the document with this id.
///
/// # Errors
/// `not_found`.
pub fn show(app: &App, call: &Call, id: SupplierInvoiceId) -> Result<SupplierInvoice, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| load(tx, id, false))
}

/// Returns documents by due day: all, or only what is wanted. What is open is what we owe.
pub fn list(app: &App, call: &Call, wanted: &Wanted) -> Result<Vec<SupplierInvoice>, Error> {
    call.require(Permission::Read, Scope::default())?;
    let wanted = Wanted { limit: wanted.limit.clamp(1, 5_000), ..*wanted };
    app.store.read(|tx| Ok(supplier_invoices::list(tx, &wanted)?))
}

/// Matches a held invoice again, after goods came: it is booked where nothing stands against it.
///
/// # Errors
/// `not_found`, `invalid_transition` unless it is held, `rate_missing`.
pub fn rematch(app: &App, call: &Call, id: SupplierInvoiceId) -> Result<SupplierInvoice, Error> {
    command(app, call, "supplier_invoice.match", |tx| {
        call.require(Permission::Purchase, Scope::default())?;
        let before = held(tx, call, id)?;
        let mut documents = Documents::lock(tx, &before)?;
        let terms = documents.terms(tx, &before)?;
        let reasons = mismatches(&before, terms.price_ppm, |line| documents.line(line))?;
        let mut ids = ids(call);
        if !reasons.is_empty() {
            let after = SupplierInvoice { reasons, version: before.version + 1, ..before.clone() };
            stale(supplier_invoices::save(tx, &before, &after)?)?;
            record(tx, call, &mut ids, &after, "supplier_invoice.held")?;
            return Ok(after);
        }
        let matched = SupplierInvoice { reasons, ..before.clone() };
        post(tx, call, &mut ids, &mut documents, &before, matched)
    })
}

fn held(tx: &mut Tx<'_>, call: &Call, id: SupplierInvoiceId) -> Result<SupplierInvoice, Error> {
    let found = load(tx, id, true)?;
    call.expect_version(found.version)?;
    ensure(found.state == SupplierInvoiceState::Held, || {
        let detail = format!("invoice {} is {}", found.number, found.state.code());
        Refusal::new(Code::InvalidTransition, detail)
    })?;
    Ok(found)
}

/// Books a held invoice though it does not match. Above the merchant's limit
/// (`purchases.approval_limit`, an amount) nobody approves what he entered himself.
///
/// # Errors
/// `not_found`, `invalid_transition` unless it is held, `approval_by_requester`,
/// `reason_required`, `rate_missing`.
pub fn approve(app: &App, call: &Call, id: SupplierInvoiceId) -> Result<SupplierInvoice, Error> {
    command(app, call, "supplier_invoice.approve", |tx| {
        let before = held(tx, call, id)?;
        let amount_minor = Some(before.total);
        call.require(Permission::ApprovePurchase, Scope { amount_minor, ..Scope::default() })?;
        ensure(call.reason.as_deref().is_some_and(|why| !why.trim().is_empty()), || {
            Refusal::at(Code::ReasonRequired, "/reason", "say why it is paid all the same")
        })?;
        let limit = settings::get(tx, "purchases.approval_limit")?;
        let limit = limit.and_then(|text| Money::parse(text.trim(), before.currency).ok());
        let same = before.entered_by == call.actor.id && !call.actor.all;
        ensure(!same || limit.is_none_or(|limit| before.total <= limit.minor()), || {
            let detail = "nobody approves what he entered himself above the limit";
            Refusal::new(Code::ApprovalByRequester, detail)
        })?;
        let mut documents = Documents::lock(tx, &before)?;
        let approved = SupplierInvoice { approved_by: Some(call.actor.id), ..before.clone() };
        post(tx, call, &mut ids(call), &mut documents, &before, approved)
    })
}

/// Sends a held invoice back: it is never paid, and its number stays taken.
///
/// # Errors
/// `not_found`, `invalid_transition` unless it is held.
pub fn reject(app: &App, call: &Call, id: SupplierInvoiceId) -> Result<SupplierInvoice, Error> {
    command(app, call, "supplier_invoice.reject", |tx| {
        call.require(Permission::Purchase, Scope::default())?;
        let before = held(tx, call, id)?;
        let state = SupplierInvoiceState::Rejected;
        let after = SupplierInvoice { state, version: before.version + 1, ..before.clone() };
        stale(supplier_invoices::save(tx, &before, &after)?)?;
        record(tx, call, &mut ids(call), &after, "supplier_invoice.rejected")?;
        Ok(after)
    })
}

pub(super) fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    invoice: &SupplierInvoice,
    kind: &str,
) -> Result<(), Error> {
    let id = invoice.id.as_bytes();
    let happened = Happened {
        stream_kind: "supplier_invoice",
        stream: id,
        sequence: event_rows::of_stream(tx, id, i64::MAX)?.len() as i64 + 1,
        kind,
        at: call.now,
    };
    Ok(event_rows::record(tx, &[event(call, ids, happened, invoice)])?)
}

/// The purchase orders and vendor returns that a document is about, locked by id.
pub(super) struct Documents {
    purchases: BTreeMap<PurchaseOrderId, (PurchaseOrder, PurchaseOrder)>,
}

impl Documents {
    pub(super) fn lock(tx: &mut Tx<'_>, invoice: &SupplierInvoice) -> Result<Self, Error> {
        let mut named = std::collections::BTreeSet::new();
        for line in invoice.lines.iter().filter_map(|line| line.purchase_line) {
            named.extend(purchases::of_line(tx, line)?);
        }
        let mut locked = BTreeMap::new();
        for id in named {
            let found = load_purchase(tx, id, true)?;
            locked.insert(id, (found.clone(), found));
        }
        Ok(Self { purchases: locked })
    }

    /// A purchase line as it stands now.
    pub(super) fn line(&self, id: PurchaseLineId) -> Option<&orderly_core::purchase::PurchaseLine> {
        let all = self.purchases.values().flat_map(|(_, after)| &after.lines);
        all.into_iter().find(|line| line.id == id)
    }

    fn of_line(&mut self, id: PurchaseLineId) -> Result<&mut PurchaseOrder, Error> {
        let own = |order: &PurchaseOrder| order.lines.iter().any(|line| line.id == id);
        let found = self.purchases.values_mut().map(|(_, after)| after).find(|order| own(order));
        found.ok_or_else(|| Error::Internal(format!("purchase line {id} has no order")))
    }

    pub(super) fn terms(
        &self,
        tx: &mut Tx<'_>,
        invoice: &SupplierInvoice,
    ) -> Result<SupplierTerms, Error> {
        let supplier = suppliers::get(tx, invoice.supplier)?;
        Ok(supplier.map(|supplier| supplier.terms).unwrap_or_default())
    }
}

/// Books a document: goods received and not invoiced are cleared, the debt and its tax posted, and
/// differences of price go where the supplier's terms say.
///
/// The accounting day is the document's, or the first open one where that is closed.
pub(super) fn post(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    documents: &mut Documents,
    before: &SupplierInvoice,
    mut after: SupplierInvoice,
) -> Result<SupplierInvoice, Error> {
    let books = books_of(tx, after.legal_entity)?;
    let on = books.open_on.map_or(after.invoiced_on, |open| open.max(after.invoiced_on));
    let total = Money::new(after.total, after.currency);
    let total = books::convert(tx, total, books.currency, after.invoiced_on)?.minor();
    let tax = book(&mut after, total)?;
    clear(tx, documents, &mut after)?;
    after.state = SupplierInvoiceState::Posted;
    after.posted_at = Some(call.now);
    after.version = before.version + 1;
    stale(supplier_invoices::save(tx, before, &after)?)?;
    let dimensions = Dimensions {
        party: Some(after.supplier.as_bytes()),
        document: Some((DocumentKind::SupplierInvoice, after.id.as_bytes())),
        ..Dimensions::default()
    };
    let postings = postings(&after, tax, Account::PriceVariance, dimensions);
    if !postings.is_empty() {
        let credit = after.kind == SupplierDocument::CreditNote;
        let (kind, cause) = match credit {
            true => (JournalKind::SupplierCredit, CauseKind::SupplierCredit),
            false => (JournalKind::SupplierInvoice, CauseKind::SupplierInvoice),
        };
        let head = JournalHead {
            id: ids.draw(),
            legal_entity: after.legal_entity,
            kind,
            cause: Cause { kind: cause, id: after.id.as_bytes() },
            currency: books.currency,
            accounting_on: on,
            reverses: None,
        };
        let unbalanced = |error| Error::Internal(format!("an invoice does not balance: {error}"));
        books::post(tx, call, &[Journal::new(head, postings).map_err(unbalanced)?])?;
    }
    for (old, new) in documents.purchases.values() {
        if old != new {
            save_purchase(tx, call, ids, old, new.clone(), "purchase_order.invoiced")?;
        }
    }
    if documents.terms(tx, &after)?.variance == Variance::Stock {
        capitalize(tx, call, ids, documents, &after, dimensions)?;
    }
    rebates::of_supplier(tx, call, ids, documents, &after)?;
    record(tx, call, ids, &after, "supplier_invoice.posted")?;
    Ok(after)
}

/// Fills in what each line clears, and counts it on what it is about.
fn clear(
    tx: &mut Tx<'_>,
    documents: &mut Documents,
    invoice: &mut SupplierInvoice,
) -> Result<(), Error> {
    let (credit, day) = (invoice.kind == SupplierDocument::CreditNote, invoice.invoiced_on);
    let into = books_of(tx, invoice.legal_entity)?.currency;
    for line in &mut invoice.lines {
        match (line.kind, line.purchase_line, line.vendor_return_line) {
            (SupplierLineKind::Goods, Some(id), _) => {
                let order = documents.of_line(id)?;
                let currency = order.currency;
                let own = order.line_mut(id)?;
                if credit {
                    ensure(line.qty <= own.invoiced, || {
                        let detail = format!("{} base units are invoiced", own.invoiced);
                        Refusal::new(Code::AboveOpen, detail).allowed(own.invoiced.to_string())
                    })?;
                    line.cleared = puts_back(own, line.qty);
                    own.invoiced = own.invoiced.less(line.qty);
                    own.cleared_minor -= line.cleared;
                    continue;
                }
                let beyond = line.qty.less(own.uninvoiced());
                let price = Money::new(own.amount(beyond, currency)?, currency);
                let beyond = books::convert(tx, price, into, day)?.minor();
                line.cleared = clears(own, line.qty, beyond);
                own.invoiced = own.invoiced.plus(line.qty).unwrap_or(own.invoiced);
                own.cleared_minor += line.cleared;
            }
            (SupplierLineKind::Return, _, Some(id)) => {
                line.cleared = super::returns::credit(tx, id, line.qty)?;
            }
            (SupplierLineKind::Rebate, _, _) => line.cleared = line.booked,
            _ => line.cleared = 0,
        }
    }
    Ok(())
}

/// Moves what goods cost beyond the order's price, and the charges they bear, from price variance
/// into the value of the goods that are still there; the rest is cost of goods.
fn capitalize(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    documents: &mut Documents,
    invoice: &SupplierInvoice,
    dimensions: Dimensions,
) -> Result<(), Error> {
    if invoice.kind == SupplierDocument::CreditNote {
        return Ok(());
    }
    let borne = borne(tx, invoice)?;
    for (line, charge) in invoice.lines.iter().zip(borne) {
        let (Some(id), Some(item)) = (line.purchase_line, line.item) else { continue };
        let order = documents.of_line(id)?;
        let (location, bought) = (order.location, order.line_mut(id)?.clone());
        let amount = line.booked - line.cleared + charge;
        if bought.direct || bought.received.is_zero() || amount == 0 {
            continue;
        }
        let cost = LateCost {
            legal_entity: invoice.legal_entity,
            item,
            location,
            received: line.qty.min(bought.received).max(Qty::new(1).unwrap_or_default()),
            amount,
            contra: Account::PriceVariance,
            cause: Cause { kind: CauseKind::SupplierInvoiceLine, id: line.id.as_bytes() },
            dimensions,
            effective_at: call.now,
        };
        late_cost(tx, call, ids, &cost)?;
    }
    Ok(())
}

/// What each line bears of the charges that are shared by value or by weight.
fn borne(tx: &mut Tx<'_>, invoice: &SupplierInvoice) -> Result<Vec<i64>, Error> {
    let mut sums = vec![0_i64; invoice.lines.len()];
    for charge in invoice.lines.iter().filter(|line| line.kind == SupplierLineKind::Charge) {
        let mut weights = Vec::with_capacity(invoice.lines.len());
        for line in &invoice.lines {
            let goods = line.kind == SupplierLineKind::Goods;
            let weight = match charge.spread {
                Some(Spread::Value) if goods => line.net,
                Some(Spread::Weight) if goods => {
                    let item = line.item.map(|item| catalog::get(tx, item)).transpose()?.flatten();
                    let each = item.and_then(|item| item.weight_g).unwrap_or(0);
                    each.saturating_mul(line.qty.get())
                }
                _ => 0,
            };
            weights.push(weight);
        }
        if let Ok(parts) = split_minor(charge.booked, &weights) {
            sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
        }
    }
    Ok(sums)
}

/// Whether a vendor return is this supplier's.
fn return_of(
    tx: &mut Tx<'_>,
    supplier: SupplierId,
    number: &str,
) -> Result<orderly_core::purchase::vendor::VendorReturn, Error> {
    let id = vendor_returns::by_number(tx, number.trim())?;
    let id = id.ok_or_else(|| Error::not_found(format!("return {number}")))?;
    let found = vendor_returns::get(tx, id, true)?;
    let found = found.ok_or_else(|| Error::not_found(format!("return {number}")))?;
    ensure(found.supplier == supplier, || {
        Refusal::new(Code::InvalidField, "the return went to another supplier")
    })?;
    Ok(found)
}
