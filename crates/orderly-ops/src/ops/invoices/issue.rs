//! Issuing what is due of orders: one at a time, at once at the till, or collected.

use std::collections::HashMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::*;
use orderly_core::invoice::post::Channels;
use orderly_core::invoice::{Invoice, InvoiceKind};
use orderly_core::order::invoicing::{self, Prior, due, is_due, write};
use orderly_core::order::{Decision, Invoicing, Order};
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::invoices;
use orderly_store::tables::tasks::{self, Task};

use super::deposits;
use super::desk::{Desk, Form, issue_all};
use crate::ops::command::command;
use crate::ops::orders;
use crate::{App, Call, Error};

/// The kind of the task that issues what is due of an order.
pub const ISSUE: &str = "invoice";

/// Issues everything that is due of an order as one document.
///
/// # Errors
/// `not_found`; `nothing_to_do` where nothing is due; `period_closed`.
pub fn issue(app: &App, call: &Call, id: OrderId) -> Result<Invoice, Error> {
    command(app, call, "invoice.issue", |tx| {
        let order = orders::load(tx, id)?;
        let scope = Scope { channel: Some(order.channel), ..Scope::default() };
        call.require(Permission::Invoice, scope)?;
        let mut ids = orders::ids_after_audit(call);
        let issued = issue_order(tx, call, &mut ids, &order)?;
        issued.ok_or_else(|| {
            let detail = format!("nothing of order {} is to be invoiced", order.number);
            Refusal::new(Code::NothingToDo, detail).into()
        })
    })
}

/// Issues what is due of an order, as its task does; nothing where nothing is.
pub fn issue_due(app: &App, call: &Call, id: OrderId) -> Result<Option<Invoice>, Error> {
    app.store.write(|tx| {
        let order = orders::load(tx, id)?;
        let mut ids = orders::ids_after_audit(call);
        issue_order(tx, call, &mut ids, &order)
    })
}

fn issue_order(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &Order,
) -> Result<Option<Invoice>, Error> {
    let mut after = order.clone();
    let Some(issued) = issue_in(tx, call, ids, &mut after)? else { return Ok(None) };
    orders::apply(tx, call, ids, order, Decision::only(after), "order.invoiced")?;
    invoices::not_pending(tx, &[order.id])?;
    Ok(invoices::get(tx, issued, false)?)
}

/// Issues what is due of an order that is being changed, and counts it there; the caller saves
/// the order in the same transaction.
pub(in crate::ops) fn issue_in(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &mut Order,
) -> Result<Option<InvoiceId>, Error> {
    if !is_due(order) {
        return Ok(None);
    }
    let mut desk = Desk::new(tx)?;
    let kind = desk.kind_for(tx, order)?;
    let prior = prior_of(tx, std::slice::from_ref(order))?;
    let mut all = [order.clone()];
    let Some(drawn) = draw(tx, call, ids, &mut desk, &mut all, &prior, kind)? else {
        return Ok(None);
    };
    let [after] = all;
    *order = after;
    let mut documents = [drawn];
    let channels = Channels::from([(order.id, order.channel)]);
    issue_all(tx, call, ids, &mut desk, &mut documents, &channels)?;
    let [issued] = documents;
    deposits::use_for(tx, call, ids, order, &issued)?;
    Ok(Some(issued.id))
}

/// What documents hold of the orders that are invoiced in part.
pub(super) fn prior_of(
    tx: &mut Tx<'_>,
    orders: &[Order],
) -> Result<HashMap<OrderId, Prior>, Error> {
    let known = orders.iter().filter(|order| invoicing::needs_prior(order));
    let ids: Vec<OrderId> = known.map(|order| order.id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(invoices::prior(tx, &ids)?)
}

/// Draws up a document of what is due of orders that go together, and counts it in them. `None`
/// where it would come to less than nothing: it waits for what brings it above.
pub(super) fn draw(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    desk: &mut Desk,
    orders: &mut [Order],
    prior: &HashMap<OrderId, Prior>,
    kind: InvoiceKind,
) -> Result<Option<Invoice>, Error> {
    let mut after = orders.to_vec();
    let mut lines = Vec::new();
    let none = Prior::new();
    for order in &mut after {
        let parts = due(order);
        let first = i64::try_from(lines.len()).unwrap_or(i64::MAX) + 1;
        let known = prior.get(&order.id).unwrap_or(&none);
        let mut own = write(order, &parts, known, first, ids)?;
        own.iter_mut().for_each(|line| line.order = Some(order.id));
        lines.extend(own);
    }
    desk.know(tx, &after)?;
    let drawn = desk.draw_up(tx, call, ids, &after, lines, Form::plain(kind))?;
    if drawn.total < 0 {
        return Ok(None);
    }
    orders.clone_from_slice(&after);
    Ok(Some(drawn))
}

/// Has what became due of an order by a command invoiced: by a task, or in the collective run.
/// What is taken along at a till is on its receipt already.
pub(in crate::ops) fn wake(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    before: Option<&Order>,
    after: &Order,
) -> Result<(), Error> {
    let was = |order: &&Order| due(order).len();
    if !is_due(after) || before.as_ref().map(was) == Some(due(after).len()) {
        return Ok(());
    }
    if after.head.invoicing == Invoicing::Collective {
        let (order, account) = (after.id, after.head.account);
        invoices::pending(tx, &[invoices::Waiting { order, account, since: call.now }])?;
        return Ok(());
    }
    let task = Task {
        id: ids.draw(),
        kind: ISSUE.into(),
        key: after.id.to_string(),
        payload: "{}".into(),
        attempts: 0,
        next_at: call.now,
        created_at: call.now,
    };
    tasks::enqueue(tx, &task)?;
    Ok(())
}

/// Gives the receipt of goods that are handed over at a till with the hand-over itself, and takes
/// it back where that was a mistake.
pub(in crate::ops) fn at_once(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &mut Order,
    kind: &str,
) -> Result<(), Error> {
    let handed = kind == "fulfillment.handed_over";
    if order.head.invoicing != Invoicing::PerSale {
        return Ok(());
    }
    if handed && is_due(order) {
        issue_in(tx, call, ids, order)?;
    }
    if kind == "fulfillment.taken_over" {
        super::credit::undo_receipt(tx, call, ids, order)?;
    }
    Ok(())
}
