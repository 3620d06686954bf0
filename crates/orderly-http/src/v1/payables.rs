//! `/v1/supplier_invoices`, `/v1/supplier_payments` and `/v1/vendor_returns`: what suppliers want
//! and give back, matched with what was ordered and received.

use orderly_core::actor::Permission;
use orderly_core::id::SupplierInvoiceId;
use orderly_core::purchase::invoice::{SupplierInvoice, SupplierInvoiceState};
use orderly_core::purchase::vendor::VendorReturn;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Day;
use orderly_ops::ops::purchases::{invoices, pay, returns};
use orderly_ops::ops::read::names::names;
use orderly_ops::ops::suppliers;
use orderly_ops::wire::out::payables::{SupplierInvoiceOut, SupplierPaymentOut, VendorReturnOut};
use orderly_ops::wire::purchases::{
    RejectedIn, SupplierInvoiceIn, SupplierPartIn, SupplierPaymentIn, VendorReturnIn,
    VendorReturnLineIn,
};
use orderly_ops::{App, Call, Error};
use schemars::JsonSchema;
use serde::Deserialize;

use super::paging;
use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    [of_invoices(), of_payments(), of_returns()].into_iter().flatten().collect()
}

fn of_invoices() -> Vec<Operation> {
    use Permission::{ApprovePurchase, PaySupplier, Purchase, Read};
    let step = |path, id, summary, right, f| act(path, id, summary, right, f);
    vec![
        get(
            "/v1/supplier_invoices",
            "supplier_invoices.list",
            "List suppliers' invoices and credit notes by due day",
            Read,
            list,
        ),
        create(
            "/v1/supplier_invoices",
            "supplier_invoices.enter",
            "Enter an invoice or credit note: it is booked where it matches, else held",
            Purchase,
            enter,
        ),
        get(
            "/v1/supplier_invoices/{invoice}",
            "supplier_invoices.get",
            "Show a supplier's document and why it is held",
            Read,
            show,
        ),
        step(
            "/v1/supplier_invoices/{invoice}/match",
            "supplier_invoices.match",
            "Match a held invoice again, after goods came",
            Purchase,
            rematch,
        ),
        step(
            "/v1/supplier_invoices/{invoice}/approve",
            "supplier_invoices.approve",
            "Book a held invoice though it does not match",
            ApprovePurchase,
            approve,
        ),
        step(
            "/v1/supplier_invoices/{invoice}/reject",
            "supplier_invoices.reject",
            "Send a held invoice back: it is never paid",
            Purchase,
            reject,
        ),
        act(
            "/v1/supplier_invoices/{invoice}/use_credit",
            "supplier_invoices.use_credit",
            "Use a credit note against invoices, without a payment",
            PaySupplier,
            use_credit,
        )
        .unversioned(),
    ]
}

fn of_payments() -> Vec<Operation> {
    use Permission::{PaySupplier, Read};
    vec![
        get(
            "/v1/supplier_payments",
            "supplier_payments.list",
            "List payments to suppliers from a day on, the oldest first",
            Read,
            payments,
        ),
        create(
            "/v1/supplier_payments",
            "supplier_payments.pay",
            "Pay invoices of a supplier, less his credit notes",
            PaySupplier,
            paid,
        ),
        act(
            "/v1/supplier_payments/{payment}/reverse",
            "supplier_payments.reverse",
            "Take a payment back that the bank did not carry out",
            PaySupplier,
            reverse,
        )
        .unversioned(),
    ]
}

fn of_returns() -> Vec<Operation> {
    use Permission::{Purchase, Read, Receive};
    vec![
        get(
            "/v1/vendor_returns",
            "vendor_returns.list",
            "List goods sent back to suppliers, the latest first",
            Read,
            all_returns,
        ),
        create(
            "/v1/vendor_returns",
            "vendor_returns.send",
            "Send goods back to their supplier",
            Purchase,
            send,
        ),
        get("/v1/vendor_returns/{return}", "vendor_returns.get", "Show such goods", Read, returned),
        act(
            "/v1/vendor_returns/{return}/reject",
            "vendor_returns.reject",
            "Take in what the supplier sent back: it is ours again",
            Receive,
            rejected,
        ),
    ]
}

/// Which documents.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// A supplier's code.
    supplier: Option<String>,
    /// `held`, `posted` or `rejected`.
    state: Option<String>,
    /// Only what is booked and not settled: what we owe.
    open: bool,
    /// Only what is due up to this day.
    due_by: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

fn cursor(text: &str) -> Result<(Day, SupplierInvoiceId), Refusal> {
    let read = text.split_once('.');
    let read = read.and_then(|(day, id)| Some((Day::parse(day).ok()?, id.parse().ok()?)));
    read.ok_or_else(|| Refusal::at(Code::InvalidField, "/after", "this is no cursor of a page"))
}

fn list(cx: &Cx, wanted: Wanted) -> Result<Done<Page<SupplierInvoiceOut>>, Error> {
    let limit = paging::limit(wanted.limit);
    let supplier = match wanted.supplier.as_deref() {
        None => None,
        Some(code) => Some(suppliers::show(&cx.app, &cx.call, code)?.supplier.id),
    };
    let asked = invoices::Wanted {
        supplier,
        state: paging::word("state", wanted.state.as_deref(), SupplierInvoiceState::parse)?,
        open: wanted.open,
        due_by: wanted.due_by.as_deref().map(Day::parse).transpose()?,
        after: wanted.after.as_deref().map(cursor).transpose()?,
        limit,
    };
    let found = invoices::list(&cx.app, &cx.call, &asked)?;
    let mut all = Vec::with_capacity(found.len());
    for one in &found {
        all.push(SupplierInvoiceOut::new(one, &names(&cx.app, &SupplierInvoiceOut::ids(one))?));
    }
    let next = found.last().filter(|_| found.len() >= limit as usize);
    Ok(Page::new(all, next.map(|one| format!("{}.{}", one.due_on, one.id))).into())
}

fn shown(cx: &Cx, one: &SupplierInvoice) -> Result<Done<SupplierInvoiceOut>, Error> {
    let names = names(&cx.app, &SupplierInvoiceOut::ids(one))?;
    let at = format!("/v1/supplier_invoices/{}", one.id);
    Ok(Done::of(SupplierInvoiceOut::new(one, &names)).version(one.version).at(at))
}

fn enter(cx: &Cx, new: SupplierInvoiceIn) -> Result<Done<SupplierInvoiceOut>, Error> {
    shown(cx, &invoices::enter(&cx.app, &cx.call, &new)?)
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<SupplierInvoiceOut>, Error> {
    shown(cx, &invoices::show(&cx.app, &cx.call, cx.id("invoice")?)?)
}

/// A step of one document.
type Step = fn(&App, &Call, SupplierInvoiceId) -> Result<SupplierInvoice, Error>;

fn change(cx: &Cx, step: Step) -> Result<Done<SupplierInvoiceOut>, Error> {
    shown(cx, &step(&cx.app, &cx.call, cx.id("invoice")?)?)
}

fn rematch(cx: &Cx, _: Nothing) -> Result<Done<SupplierInvoiceOut>, Error> {
    change(cx, invoices::rematch)
}

fn approve(cx: &Cx, _: Nothing) -> Result<Done<SupplierInvoiceOut>, Error> {
    change(cx, invoices::approve)
}

fn reject(cx: &Cx, _: Nothing) -> Result<Done<SupplierInvoiceOut>, Error> {
    change(cx, invoices::reject)
}

/// What a credit note settles.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UseIn {
    invoices: Vec<SupplierPartIn>,
}

fn use_credit(cx: &Cx, body: UseIn) -> Result<Done<SupplierInvoiceOut>, Error> {
    let note = invoices::show(&cx.app, &cx.finding(), cx.id("invoice")?)?;
    let code = names(&cx.app, &SupplierInvoiceOut::ids(&note))?.supplier(note.supplier);
    let used = pay::use_credit(&cx.app, &cx.call, &code, &note.number, &body.invoices)?;
    shown(cx, &used)
}

/// From when.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct From {
    /// The first day; thirty days ago where absent. At most a thousand payments are listed.
    from: Option<String>,
}

fn payments(cx: &Cx, wanted: From) -> Result<Done<Page<SupplierPaymentOut>>, Error> {
    let from = wanted.from.as_deref().map(Day::parse).transpose()?;
    let from = from.unwrap_or_else(|| cx.call.now.day_in("UTC").plus_days(-30));
    let found = pay::payments(&cx.app, &cx.call, from)?;
    let names = names(&cx.app, &SupplierPaymentOut::ids(&found))?;
    let rows = found.iter().map(|one| SupplierPaymentOut::new(one, &names)).collect();
    Ok(Page::new(rows, None).into())
}

fn paid(cx: &Cx, new: SupplierPaymentIn) -> Result<Done<SupplierPaymentOut>, Error> {
    let made = pay::pay(&cx.app, &cx.call, &new)?;
    payment(cx, made)
}

fn payment(
    cx: &Cx,
    one: orderly_ops::ops::purchases::pay::SupplierPayment,
) -> Result<Done<SupplierPaymentOut>, Error> {
    let all = [one];
    let names = names(&cx.app, &SupplierPaymentOut::ids(&all))?;
    Ok(SupplierPaymentOut::new(&all[0], &names).into())
}

fn reverse(cx: &Cx, _: Nothing) -> Result<Done<SupplierPaymentOut>, Error> {
    payment(cx, pay::reverse(&cx.app, &cx.call, cx.text("payment"))?)
}

/// Which returns.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct WantedReturns {
    /// A supplier's code.
    supplier: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

fn all_returns(cx: &Cx, wanted: WantedReturns) -> Result<Done<Page<VendorReturnOut>>, Error> {
    let limit = paging::limit(wanted.limit);
    let before = paging::cursor(wanted.after.as_deref())?;
    let found = returns::list(&cx.app, &cx.call, wanted.supplier.as_deref(), before, limit)?;
    let mut all = Vec::with_capacity(found.len());
    for one in &found {
        all.push(VendorReturnOut::new(one, &names(&cx.app, &VendorReturnOut::ids(one))?));
    }
    let next = found.last().filter(|_| found.len() >= limit as usize);
    Ok(Page::new(all, next.map(|one| one.id.to_string())).into())
}

fn back(cx: &Cx, one: &VendorReturn) -> Result<Done<VendorReturnOut>, Error> {
    let names = names(&cx.app, &VendorReturnOut::ids(one))?;
    let at = format!("/v1/vendor_returns/{}", one.id);
    Ok(Done::of(VendorReturnOut::new(one, &names)).version(one.version).at(at))
}

/// Goods that go back. The shared field `reason` says why.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SendIn {
    /// The supplier's code.
    supplier: String,
    /// The code of the location they leave.
    location: String,
    /// The supplier's leave, such as his return number.
    reference: Option<String>,
    lines: Vec<VendorReturnLineIn>,
}

fn send(cx: &Cx, new: SendIn) -> Result<Done<VendorReturnOut>, Error> {
    let SendIn { supplier, location, reference, lines } = new;
    let reason = cx.call.reason.clone().unwrap_or_default();
    let new = VendorReturnIn { supplier, location, reference, reason, lines };
    back(cx, &returns::send(&cx.app, &cx.call, &new)?)
}

fn returned(cx: &Cx, _: Nothing) -> Result<Done<VendorReturnOut>, Error> {
    back(cx, &returns::get(&cx.app, &cx.call, cx.text("return"))?)
}

/// What the supplier sent back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RejectIn {
    lines: Vec<RejectedIn>,
}

fn rejected(cx: &Cx, body: RejectIn) -> Result<Done<VendorReturnOut>, Error> {
    let id = returns::get(&cx.app, &cx.finding(), cx.text("return"))?.id;
    back(cx, &returns::reject(&cx.app, &cx.call, id, &body.lines)?)
}
