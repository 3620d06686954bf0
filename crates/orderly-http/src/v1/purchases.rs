//! `/v1/purchases`: orders to suppliers, and what arrives of them.

use orderly_core::actor::Permission;
use orderly_core::id::PurchaseOrderId;
use orderly_core::purchase::{PurchaseOrder, PurchaseState};
use orderly_ops::ops::purchases::{self, create as new, direct, document, receive};
use orderly_ops::ops::read::names::names;
use orderly_ops::wire::out::purchases::PurchaseOut;
use orderly_ops::wire::purchases::{ArrivedIn, ConfirmIn, DispatchedIn, PurchaseForIn, PurchaseIn};
use orderly_ops::{App, Call, Error};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::paging;
use crate::input::Nothing;
use crate::operation::{act, create, file, get};
use crate::{Cx, Done, File, Operation, Page};

pub fn operations() -> Vec<Operation> {
    use Permission::{Purchase, Read, Receive, Undo};
    let step = |path, id, summary, f| act(path, id, summary, Purchase, f);
    vec![
        get("/v1/purchases", "purchases.list", "List purchases, the latest first", Read, list),
        create("/v1/purchases", "purchases.create", "Draft a purchase", Purchase, draft),
        create(
            "/v1/purchases/for-line",
            "purchases.order_for",
            "Draft a purchase for one line of a customer's order",
            Purchase,
            order_for,
        ),
        get("/v1/purchases/{purchase}", "purchases.get", "Show a purchase", Read, show),
        file(
            "/v1/purchases/{purchase}/document",
            "purchases.document",
            "The purchase as a PDF",
            Read,
            &["application/pdf"],
            pdf,
        )
        .also(&[Permission::ReadCost]),
        step("/v1/purchases/{purchase}/send", "purchases.send", "Send it", send),
        act(
            "/v1/purchases/{purchase}/confirm",
            "purchases.confirm",
            "Record what the supplier confirmed",
            Purchase,
            confirm,
        ),
        act(
            "/v1/purchases/{purchase}/receive",
            "purchases.receive",
            "Receive what arrived, by line or as it was scanned",
            Receive,
            arrive,
        ),
        act(
            "/v1/purchases/{purchase}/dispatch",
            "purchases.dispatch",
            "Record what the supplier sent straight to our customer",
            Receive,
            dispatch,
        ),
        get(
            "/v1/purchases/{purchase}/shipments",
            "purchases.shipments",
            "List what the supplier sent straight to our customers",
            Read,
            shipments,
        ),
        act(
            "/v1/purchases/{purchase}/shipments/{shipment}/undo",
            "purchases.undispatch",
            "Take it back that the supplier sent something to our customer",
            Undo,
            undispatch,
        )
        .unversioned(),
        act(
            "/v1/purchases/{purchase}/cancel",
            "purchases.cancel",
            "Cancel what is open of it, or of some lines",
            Purchase,
            cancel,
        ),
        step("/v1/purchases/{purchase}/close", "purchases.close", "Expect no more", close),
        step("/v1/purchases/{purchase}/reopen", "purchases.reopen", "Expect the rest", reopen),
    ]
}

/// Which to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// A supplier's code.
    supplier: Option<String>,
    /// `draft`, `sent`, `confirmed`, `part_received`, `closed` or `canceled`.
    state: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

fn list(cx: &Cx, wanted: Wanted) -> Result<Done<Page<PurchaseOut>>, Error> {
    let limit = paging::limit(wanted.limit);
    let before = paging::cursor(wanted.after.as_deref())?;
    let state = paging::word("state", wanted.state.as_deref(), PurchaseState::parse)?;
    let supplier = wanted.supplier.as_deref();
    let found = purchases::list(&cx.app, &cx.call, supplier, state, before, limit)?;
    let mut all = Vec::with_capacity(found.len());
    for one in &found {
        all.push(PurchaseOut::new(one, &names(&cx.app, &PurchaseOut::ids(one))?)?);
    }
    let next = found.last().filter(|_| found.len() >= limit as usize);
    Ok(Page::new(all, next.map(|one| one.id.to_string())).into())
}

fn shown(cx: &Cx, order: &PurchaseOrder) -> Result<Done<PurchaseOut>, Error> {
    let names = names(&cx.app, &PurchaseOut::ids(order))?;
    Ok(Done::of(PurchaseOut::new(order, &names)?).version(order.version))
}

fn made(cx: &Cx, order: &PurchaseOrder) -> Result<Done<PurchaseOut>, Error> {
    Ok(shown(cx, order)?.at(format!("/v1/purchases/{}", order.id)))
}

fn draft(cx: &Cx, order: PurchaseIn) -> Result<Done<PurchaseOut>, Error> {
    made(cx, &new::create(&cx.app, &cx.call, &order)?)
}

fn order_for(cx: &Cx, order: PurchaseForIn) -> Result<Done<PurchaseOut>, Error> {
    made(cx, &new::order_for(&cx.app, &cx.call, &order)?)
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<PurchaseOut>, Error> {
    shown(cx, &purchases::get(&cx.app, &cx.call, cx.text("purchase"))?)
}

/// How it is printed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Printed {
    /// US letter instead of A4.
    letter: bool,
}

fn pdf(cx: &Cx, printed: Printed) -> Result<File, Error> {
    let paper = if printed.letter { document::Paper::Letter } else { document::Paper::A4 };
    let (order, sheet) = document::document(&cx.app, &cx.call, cx.text("purchase"), paper)?;
    let bytes = sheet.to_pdf().map_err(|error| Error::Internal(error.to_string()))?;
    let name = Some(format!("purchase-{}.pdf", order.number));
    Ok(File { media: "application/pdf", name, bytes })
}

/// An operation on one purchase.
type Change = fn(&App, &Call, PurchaseOrderId) -> Result<PurchaseOrder, Error>;

fn change(cx: &Cx, change: Change) -> Result<Done<PurchaseOut>, Error> {
    shown(cx, &change(&cx.app, &cx.call, cx.id("purchase")?)?)
}

fn send(cx: &Cx, _: Nothing) -> Result<Done<PurchaseOut>, Error> {
    change(cx, purchases::send)
}

fn close(cx: &Cx, _: Nothing) -> Result<Done<PurchaseOut>, Error> {
    change(cx, purchases::close)
}

fn reopen(cx: &Cx, _: Nothing) -> Result<Done<PurchaseOut>, Error> {
    change(cx, purchases::reopen)
}

fn confirm(cx: &Cx, what: ConfirmIn) -> Result<Done<PurchaseOut>, Error> {
    shown(cx, &purchases::confirm(&cx.app, &cx.call, cx.id("purchase")?, &what)?)
}

/// What was made of goods that arrived.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ArrivedOut {
    pub object: &'static str,
    pub purchase: PurchaseOut,
    /// The receipt's id and number; nothing where nothing that arrived was known.
    pub receipt: Option<String>,
    pub receipt_number: Option<String>,
    /// What was scanned and is on no line: raised as exceptions.
    pub unknown: Vec<String>,
}

fn arrive(cx: &Cx, what: ArrivedIn) -> Result<Done<ArrivedOut>, Error> {
    let came = receive::receive(&cx.app, &cx.call, cx.id("purchase")?, &what)?;
    let out = ArrivedOut {
        object: "arrival",
        purchase: shown(cx, &came.purchase)?.body,
        receipt: came.receipt.as_ref().map(|receipt| receipt.id.to_string()),
        receipt_number: came.receipt.map(|receipt| receipt.number),
        unknown: came.unknown,
    };
    Ok(Done::of(out).version(came.purchase.version))
}

fn dispatch(cx: &Cx, what: DispatchedIn) -> Result<Done<PurchaseOut>, Error> {
    shown(cx, &direct::dispatch(&cx.app, &cx.call, cx.id("purchase")?, &what)?)
}

/// Goods that a supplier sent to a customer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SupplierShipmentOut {
    /// `supplier_shipment`
    pub object: &'static str,
    pub id: String,
    /// The order's id, and its line's.
    pub order: String,
    pub line: String,
    /// In base units.
    pub qty: i64,
    pub sent_at: String,
    /// When it was taken back.
    pub reversed_at: Option<String>,
}

fn shipments(cx: &Cx, _: Nothing) -> Result<Done<Page<SupplierShipmentOut>>, Error> {
    let order = purchases::get(&cx.app, &cx.call, cx.text("purchase"))?;
    let found = direct::shipments(&cx.app, &cx.call, order.id)?;
    let rows = found.iter().map(|one| SupplierShipmentOut {
        object: "supplier_shipment",
        id: one.id.to_string(),
        order: one.order.to_string(),
        line: one.line.to_string(),
        qty: one.qty.get(),
        sent_at: one.shipped_at.to_string(),
        reversed_at: one.reversed_at.map(|at| at.to_string()),
    });
    Ok(Page::new(rows.collect(), None).into())
}

fn undispatch(cx: &Cx, _: Nothing) -> Result<Done<PurchaseOut>, Error> {
    shown(cx, &direct::undispatch(&cx.app, &cx.call, cx.id("shipment")?)?)
}

/// What to cancel.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CancelIn {
    /// Only these lines, from 1; all where empty.
    lines: Vec<i64>,
}

fn cancel(cx: &Cx, what: CancelIn) -> Result<Done<PurchaseOut>, Error> {
    shown(cx, &purchases::cancel(&cx.app, &cx.call, cx.id("purchase")?, &what.lines)?)
}
