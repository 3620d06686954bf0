//! Entering what a supplier sent: from the request's words to a document that adds up.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::*;
use orderly_core::item::qty_refusal;
use orderly_core::money::{Currency, Money};
use orderly_core::order::price::money_refusal;
use orderly_core::party::Supplier;
use orderly_core::purchase::invoice::{
    Spread, SupplierDocument, SupplierInvoice, SupplierInvoiceLine, SupplierInvoiceState,
    SupplierLineKind, mismatches,
};
use orderly_core::qty::{Entered, Qty};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_store::Tx;
use orderly_store::tables::{catalog, supplier_invoices};

use super::super::{PurchaseOrder, day, find, load as load_purchase};
use super::{Documents, post, record, return_of};
use crate::ops::catalog::{ids, taken};
use crate::ops::stock::receive::under;
use crate::ops::suppliers::supplier_called;
use crate::ops::{command, settings};
use crate::wire::purchases::{SupplierInvoiceIn, SupplierInvoiceLineIn};
use crate::{App, Call, Error};

/// Enters a supplier's document. An invoice that matches what was ordered and received is booked
/// at once; another one is held, with its reasons, until it matches or is approved. A credit note
/// is booked at once.
///
/// # Errors
/// `unknown_supplier`, `already_exists` where the supplier's number is taken, `not_found` for an
/// unknown purchase order or return, `unknown_line`, `currency_mismatch`, `money_invalid` where
/// the parts do not sum to the total, `no_lines`, `above_open` for a credit of more than was
/// invoiced or returned, `rate_missing`; the refusals of quantities and amounts.
pub fn enter(app: &App, call: &Call, new: &SupplierInvoiceIn) -> Result<SupplierInvoice, Error> {
    command(app, call, "supplier_invoice.enter", |tx| {
        call.require(Permission::Purchase, Scope::default())?;
        let supplier = supplier_called(tx, &new.supplier)?;
        let mut ids = ids(call);
        let invoice = read(tx, call, &mut ids, &supplier, new)?;
        if !supplier_invoices::insert(tx, &invoice)? {
            let what = format!("{} of {}", invoice.kind.code(), supplier.code);
            return Err(taken(&what, &invoice.number));
        }
        let mut documents = Documents::lock(tx, &invoice)?;
        let find = |line| documents.line(line);
        let reasons = mismatches(&invoice, supplier.terms.price_ppm, find)?;
        if !reasons.is_empty() {
            let held = SupplierInvoice { reasons, version: 2, ..invoice.clone() };
            supplier_invoices::save(tx, &invoice, &held)?;
            record(tx, call, &mut ids, &held, "supplier_invoice.held")?;
            return Ok(held);
        }
        post(tx, call, &mut ids, &mut documents, &invoice, invoice.clone())
    })
}

fn read(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    supplier: &Supplier,
    new: &SupplierInvoiceIn,
) -> Result<SupplierInvoice, Error> {
    let (kind, currency) = head(supplier, new)?;
    let invoiced_on = day(&new.invoiced_on, "/invoiced_on")?;
    let due_on = match new.due_on.as_deref() {
        Some(text) => day(text, "/due_on")?,
        None => {
            let days = i32::try_from(supplier.terms.terms_days).unwrap_or(0);
            invoiced_on.plus_days(days)
        }
    };
    let mut reader = Reader { supplier, kind, currency, entity: None, lines: Vec::new() };
    reader.lines(tx, ids, new)?;
    reader.charges(ids, new)?;
    ensure(!reader.lines.is_empty(), || {
        Refusal::at(Code::NoLines, "/lines", "nothing is received that is not invoiced")
    })?;
    let tax = amount(new.tax.as_deref().unwrap_or("0"), currency, "/tax")?;
    let of = |charge: bool| {
        let own = reader.lines.iter().filter(|l| (l.kind == SupplierLineKind::Charge) == charge);
        own.map(|line| line.net).sum::<i64>()
    };
    let (net, charges) = (of(false), of(true));
    let total = net + charges + tax;
    if let Some(stated) = new.total.as_deref() {
        let stated = amount(stated, currency, "/total")?;
        ensure(stated == total, || {
            let sum = Money::new(total, currency);
            let detail = format!("lines, charges and tax sum to {sum}");
            Refusal::at(Code::MoneyInvalid, "/total", detail).allowed(sum.decimal().to_string())
        })?;
    }
    ensure(total > 0, || Refusal::at(Code::NoLines, "/lines", "nothing is invoiced"))?;
    let legal_entity = match reader.entity {
        Some(entity) => entity,
        None => settings::merchant(tx)?.id,
    };
    Ok(SupplierInvoice {
        id: ids.draw(),
        supplier: supplier.id,
        legal_entity,
        kind,
        number: text::short(&new.number).map_err(|refusal| refusal.under("/number"))?,
        state: SupplierInvoiceState::Held,
        currency,
        net,
        charges,
        tax,
        total,
        settled: 0,
        booked: 0,
        tax_code: text::optional(new.tax_code.as_deref())?,
        reasons: Vec::new(),
        entered_by: call.actor.id,
        approved_by: None,
        invoiced_on,
        due_on,
        entered_at: call.now,
        posted_at: None,
        version: 1,
        lines: reader.lines,
    })
}

/// What kind of document it is, and in which currency.
fn head(
    supplier: &Supplier,
    new: &SupplierInvoiceIn,
) -> Result<(SupplierDocument, Currency), Refusal> {
    let kind = match new.kind.as_deref() {
        None => SupplierDocument::Invoice,
        Some(text) => SupplierDocument::parse(text).ok_or_else(|| {
            Refusal::at(Code::InvalidField, "/kind", "that is no document of a supplier")
                .allowed("invoice, credit_note")
        })?,
    };
    let currency = match new.currency.as_deref() {
        None => supplier.currency,
        Some(code) => Currency::parse(code).ok_or_else(|| {
            let detail = format!("`{code}` is not a currency");
            Refusal::at(Code::UnknownCurrency, "/currency", detail)
        })?,
    };
    Ok((kind, currency))
}

/// Reads an amount that is not negative.
pub(in crate::ops::purchases) fn amount(
    text: &str,
    currency: Currency,
    pointer: &str,
) -> Result<i64, Refusal> {
    let read = Money::parse(text.trim(), currency);
    let read = read.map_err(|error| money_refusal(&error).under(pointer))?;
    ensure(read.minor() >= 0, || {
        Refusal::at(Code::MoneyInvalid, pointer, format!("{text} is negative"))
    })?;
    Ok(read.minor())
}

/// Reads the lines of one document.
struct Reader<'a> {
    supplier: &'a Supplier,
    kind: SupplierDocument,
    currency: Currency,
    entity: Option<LegalEntityId>,
    lines: Vec<SupplierInvoiceLine>,
}

impl Reader<'_> {
    fn lines(
        &mut self,
        tx: &mut Tx<'_>,
        ids: &mut IdSource,
        new: &SupplierInvoiceIn,
    ) -> Result<(), Error> {
        if new.lines.is_empty()
            && let Some(number) = new.purchase.as_deref()
        {
            let order = self.purchase(tx, number)?;
            for line in order.lines.iter().filter(|line| !line.uninvoiced().is_zero()) {
                let net = line.amount(line.uninvoiced(), order.currency)?;
                self.goods(ids, line, line.uninvoiced(), net);
            }
            return Ok(());
        }
        for (index, line) in new.lines.iter().enumerate() {
            let pointer = format!("/lines/{index}");
            let read = match (&line.vendor_return, line.purchase.as_ref().or(new.purchase.as_ref()))
            {
                (Some(number), _) => self.returned(tx, ids, line, number),
                (None, Some(number)) => self.bought(tx, ids, line, number),
                (None, None) => {
                    let detail = "say which purchase order or return the line is of";
                    Err(Refusal::at(Code::InvalidField, "/purchase", detail).into())
                }
            };
            read.map_err(|error| under(error, &pointer))?;
        }
        Ok(())
    }

    fn purchase(&mut self, tx: &mut Tx<'_>, number: &str) -> Result<PurchaseOrder, Error> {
        let id = find(tx, number)?;
        let order = load_purchase(tx, id, false)?;
        ensure(order.supplier == self.supplier.id, || {
            let detail = format!("{} went to another supplier", order.number);
            Refusal::at(Code::InvalidField, "/purchase", detail)
        })?;
        ensure(order.currency == self.currency, || {
            let detail = format!("{} is in {}", order.number, order.currency);
            Refusal::at(Code::CurrencyMismatch, "/currency", detail)
        })?;
        let entity = *self.entity.get_or_insert(order.legal_entity);
        ensure(entity == order.legal_entity, || {
            let detail = "a document belongs to the books of one legal entity";
            Refusal::at(Code::InvalidField, "/purchase", detail)
        })?;
        Ok(order)
    }

    fn bought(
        &mut self,
        tx: &mut Tx<'_>,
        ids: &mut IdSource,
        new: &SupplierInvoiceLineIn,
        number: &str,
    ) -> Result<(), Error> {
        let order = self.purchase(tx, number)?;
        let line = order.line_at(new.line).map_err(|refusal| refusal.under("/line"))?;
        let qty = quantity(tx, line.item, new, &line.unit)?;
        let net = match new.net.as_deref() {
            Some(text) => amount(text, self.currency, "/net")?,
            None => line.amount(qty, order.currency)?,
        };
        self.goods(ids, line, qty, net);
        Ok(())
    }

    fn goods(
        &mut self,
        ids: &mut IdSource,
        line: &orderly_core::purchase::PurchaseLine,
        qty: Qty,
        net: i64,
    ) {
        let of = SupplierInvoiceLine {
            purchase_line: Some(line.id),
            item: Some(line.item),
            description: line.description.clone(),
            qty,
            net,
            ..self.empty(ids, SupplierLineKind::Goods)
        };
        self.lines.push(of);
    }

    fn returned(
        &mut self,
        tx: &mut Tx<'_>,
        ids: &mut IdSource,
        new: &SupplierInvoiceLineIn,
        number: &str,
    ) -> Result<(), Error> {
        ensure(self.kind == SupplierDocument::CreditNote, || {
            let detail = "goods that were sent back are credited, not invoiced";
            Refusal::at(Code::InvalidField, "/vendor_return", detail)
        })?;
        let sent = return_of(tx, self.supplier.id, number)?;
        let line = sent.line_at(new.line).map_err(|refusal| refusal.under("/line"))?;
        let item = catalog::get(tx, line.spot.item)?;
        let unit = item.as_ref().map_or_else(String::new, |item| item.sale_unit.clone());
        let qty = quantity(tx, line.spot.item, new, &unit)?;
        let net = match new.net.as_deref() {
            Some(text) => amount(text, self.currency, "/net")?,
            None => line.slice(qty)?,
        };
        let of = SupplierInvoiceLine {
            vendor_return_line: Some(line.id),
            item: Some(line.spot.item),
            description: item.map(|item| item.name.clone()).unwrap_or_default(),
            qty,
            net,
            ..self.empty(ids, SupplierLineKind::Return)
        };
        self.lines.push(of);
        Ok(())
    }

    fn charges(&mut self, ids: &mut IdSource, new: &SupplierInvoiceIn) -> Result<(), Error> {
        for (index, charge) in new.charges.iter().enumerate() {
            let pointer = |field: &str| format!("/charges/{index}/{field}");
            let spread = match charge.spread.as_deref() {
                None => Spread::Value,
                Some(text) => Spread::parse(text).ok_or_else(|| {
                    Refusal::at(Code::InvalidField, pointer("spread"), "that is no way to share")
                        .allowed("value, weight, none")
                })?,
            };
            let description = text::long(&charge.description)
                .map_err(|refusal| refusal.under(&pointer("description")))?;
            let net = amount(&charge.net, self.currency, &pointer("net"))?;
            let spread = Some(spread);
            let line = self.empty(ids, SupplierLineKind::Charge);
            self.lines.push(SupplierInvoiceLine { description, net, spread, ..line });
        }
        Ok(())
    }

    fn empty(&self, ids: &mut IdSource, kind: SupplierLineKind) -> SupplierInvoiceLine {
        SupplierInvoiceLine {
            id: ids.draw(),
            position: i64::try_from(self.lines.len()).unwrap_or(i64::MAX) + 1,
            kind,
            purchase_line: None,
            vendor_return_line: None,
            item: None,
            description: String::new(),
            qty: Qty::ZERO,
            net: 0,
            booked: 0,
            cleared: 0,
            spread: None,
        }
    }
}

/// The base quantity of a line; in the unit of what it is about where none is given.
fn quantity(
    tx: &mut Tx<'_>,
    item: ItemId,
    new: &SupplierInvoiceLineIn,
    own: &str,
) -> Result<Qty, Error> {
    let item = catalog::get(tx, item)?;
    let item = item.ok_or_else(|| Error::Internal("a purchase line has no item".into()))?;
    let unit = new.unit.as_deref().unwrap_or(own);
    let ratio = match item.ratio(unit) {
        // A described line keeps the unit the customer's order had.
        Err(_) if new.unit.is_none() => orderly_core::qty::Ratio::ONE,
        other => other.map_err(|refusal| refusal.under("/unit"))?,
    };
    let qty = Entered::parse(&new.quantity).and_then(|many| many.to_base(ratio, unit));
    let qty = qty.map_err(|error| qty_refusal(error).under("/quantity"))?;
    ensure(!qty.is_zero(), || {
        Refusal::at(Code::QuantityZero, "/quantity", "the quantity is zero")
    })?;
    Ok(qty)
}
