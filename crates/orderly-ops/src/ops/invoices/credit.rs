//! Credit notes: corrections of an invoice, and what is refunded of what was invoiced.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::*;
use orderly_core::invoice::credit::{Held, Part, correct, of_refund};
use orderly_core::invoice::post::Channels;
use orderly_core::invoice::{Effect, Invoice, InvoiceKind, InvoiceLine, SettlementKind};
use orderly_core::order::invoicing::is_invoiced;
use orderly_core::order::{Decision, Order};
use orderly_core::refund::{Cause, Refund, RefundSettlement, RefundState};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_store::Tx;
use orderly_store::tables::invoices;

use super::desk::{Desk, Form, issue_all};
use super::settle::{Settling, settle};
use crate::ops::command::command;
use crate::ops::orders;
use crate::ops::payments::require;
use crate::{App, Call, Error};

/// Takes an invoice or receipt back, or parts of it, as if it had not been issued; or credits an
/// amount of money while the goods stay invoiced. All that is left where `parts` is empty.
///
/// The call's reason says why. What is taken back as if never invoiced is due again.
///
/// # Errors
/// `not_found`, `reason_required`, `above_invoiced` with the maximum, `nothing_to_do`,
/// `invalid_field` for a credit note, or a receipt for which an invoice stands.
pub fn credit(
    app: &App,
    call: &Call,
    id: InvoiceId,
    parts: &[(InvoiceLineId, Part)],
) -> Result<Invoice, Error> {
    command(app, call, "invoice.credit", |tx| {
        let reason = call.reason.clone().filter(|reason| !reason.trim().is_empty());
        let reason = reason.ok_or_else(|| {
            Refusal::at(Code::ReasonRequired, "/reason", "say why it is credited")
        })?;
        let seen = invoices::get(tx, id, false)?;
        let seen = seen.ok_or_else(|| Error::not_found(format!("invoice {id}")))?;
        // The order's rows are locked before the document's, by id.
        let mut named: Vec<OrderId> = seen.lines.iter().filter_map(|line| line.order).collect();
        named.sort_unstable();
        named.dedup();
        let mut before = Vec::with_capacity(named.len());
        for order in named {
            before.push(orders::load(tx, order)?);
        }
        let (corrected, held) = corrected(tx, &seen)?;
        call.expect_version(corrected.version)?;
        let all: Vec<(InvoiceLineId, Part)>;
        let parts = match parts.is_empty() {
            true => {
                all = held.iter().map(|one| (one.line.id, Part::All)).collect();
                &all
            }
            false => parts,
        };
        let mut after = before.clone();
        let mut ids = orders::ids_after_audit(call);
        let lines = correct(&mut after, &held, parts, &mut ids)?;
        let total: i64 = lines.iter().map(InvoiceLine::total).sum();
        require(call, Permission::CreditInvoice, total, corrected.channel)?;
        let form = Form {
            kind: InvoiceKind::CreditNote,
            corrects: Some(corrected.id),
            refund: None,
            reason: Some(reason),
        };
        let issued = issue_credit(tx, call, &mut ids, &mut after, lines, (form, true))?;
        for (old, new) in before.iter().zip(after) {
            orders::apply(tx, call, &mut ids, old, Decision::only(new), "order.credited")?;
        }
        let missing = || Error::Internal("a credit note was not stored".into());
        invoices::get(tx, issued, false)?.ok_or_else(missing)
    })
}

/// Takes the last receipt of an order back whose goods were handed over by mistake. The caller
/// saves the order in the same transaction.
pub(super) fn undo_receipt(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &mut Order,
) -> Result<(), Error> {
    let mut held = invoices::held_of_order(tx, order.id)?;
    let Some(last) = held.last().map(|one| one.invoice) else { return Ok(()) };
    held.retain(|one| one.invoice == last && (one.left() != 0 || !one.left_qty().is_zero()));
    let parts: Vec<(InvoiceLineId, Part)> =
        held.iter().map(|one| (one.line.id, Part::All)).collect();
    if parts.is_empty() {
        return Ok(());
    }
    let mut all = [order.clone()];
    let lines = correct(&mut all, &held, &parts, ids)?;
    let form = Form {
        kind: InvoiceKind::CreditNote,
        corrects: invoices::replacing(tx, last)?.or(Some(last)),
        refund: None,
        reason: Some("handed over by mistake".into()),
    };
    issue_credit(tx, call, ids, &mut all, lines, (form, true))?;
    let [after] = all;
    *order = after;
    Ok(())
}

/// The document whose lines are taken back, locked, with what was credited of them: of an invoice
/// that stands for a receipt, the receipt's.
fn corrected(tx: &mut Tx<'_>, seen: &Invoice) -> Result<(Invoice, Vec<Held>), Error> {
    ensure(seen.kind != InvoiceKind::CreditNote, || {
        let detail = format!("{} is a credit note: issue what is due instead", seen.name());
        Refusal::at(Code::InvalidField, "/invoice", detail).allowed("issue")
    })?;
    let locked = invoices::get(tx, seen.id, true)?;
    let locked = locked.ok_or_else(|| Error::not_found(format!("invoice {}", seen.id)))?;
    if let Some(instead) = invoices::replacing(tx, seen.id)? {
        let detail = format!("invoice {instead} stands for {}: credit that", seen.name());
        let refusal = Refusal::at(Code::InvalidField, "/invoice", detail);
        return Err(refusal.allowed(instead.to_string()).into());
    }
    let held = invoices::held_of_invoice(tx, locked.replaces.unwrap_or(locked.id))?;
    Ok((locked, held))
}

/// Counts in its order what a refund gave as credit, which is no deposit any more, and issues the
/// credit note of one that is settled. `given` is what of the credit was posted by this command.
/// The caller saves the order in the same transaction.
pub(in crate::ops) fn refunded(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &mut Order,
    (refund, given): (&Refund, i64),
) -> Result<(), Error> {
    if refund.state == RefundState::Settled {
        of(tx, call, ids, order, refund)?;
    }
    // Credit of an account is the credit note itself: no money of the order moves.
    if refund.settlement != RefundSettlement::AccountCredit {
        order.head.paid.used += given;
    }
    Ok(())
}

/// Issues the credit note of a refund that is settled: what of it was invoiced. The caller saves
/// the order in the same transaction.
///
/// A restocking fee that was kept of the refund is a line of its own, which lowers it.
fn of(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &mut Order,
    refund: &Refund,
) -> Result<Option<InvoiceId>, Error> {
    if !is_invoiced(order) {
        return Ok(None);
    }
    let held = invoices::held_of_order(tx, order.id)?;
    let mut after = order.clone();
    let mut lines = of_refund(&mut after, refund, &held, ids)?;
    if lines.is_empty() {
        return Ok(None);
    }
    for fee in refund.lines.iter().filter(|line| line.cause == Cause::Charge && line.amount < 0) {
        lines.extend(kept(&mut after, fee, lines.len(), ids)?);
    }
    if lines.iter().map(InvoiceLine::total).sum::<i64>() < 0 {
        return Ok(None);
    }
    let first = lines.iter().find_map(|line| line.credits);
    let found = held.iter().find(|one| Some(one.line.id) == first);
    let mut corrects = found.map(|one| one.invoice);
    if let Some(receipt) = corrects {
        corrects = invoices::replacing(tx, receipt)?.or(corrects);
    }
    let form = Form {
        kind: InvoiceKind::CreditNote,
        corrects,
        refund: Some(refund.id),
        reason: Some(refund.reason.clone()),
    };
    let mut all = [after];
    let returns = refund.settlement != RefundSettlement::AccountCredit;
    let issued = issue_credit(tx, call, ids, &mut all, lines, (form, returns))?;
    let [after] = all;
    *order = after;
    Ok(Some(issued))
}

/// The line of a restocking fee, and the fee as invoiced.
fn kept(
    order: &mut Order,
    fee: &orderly_core::refund::RefundLine,
    count: usize,
    ids: &mut IdSource,
) -> Result<Option<InvoiceLine>, Error> {
    let Some(id) = fee.charge else { return Ok(None) };
    let due = [orderly_core::order::invoicing::Due::Charge(id)];
    let first = i64::try_from(count).unwrap_or(i64::MAX) + 1;
    let mut lines = orderly_core::order::invoicing::write(order, &due, &Vec::new(), first, ids)?;
    let line = lines.pop().map(|mut line| {
        (line.net, line.tax) = (-line.net, -line.tax);
        for tax in &mut line.taxes {
            (tax.base, tax.amount) = (-tax.base, -tax.amount);
        }
        line.order = Some(order.id);
        InvoiceLine { effect: Effect::Invoiced, ..line }
    });
    Ok(line)
}

/// Issues a credit note and says what becomes of its money: it settles what is open of what it
/// corrects; what was paid returns to the deposits of its orders, where it `returns`; the rest
/// stays open, as credit.
fn issue_credit(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    orders: &mut [Order],
    lines: Vec<InvoiceLine>,
    (form, returns): (Form, bool),
) -> Result<InvoiceId, Error> {
    let mut desk = Desk::new(tx)?;
    desk.know(tx, orders)?;
    let corrects = form.corrects;
    let drawn = desk.draw_up(tx, call, ids, orders, lines, form)?;
    let channels: Channels = orders.iter().map(|order| (order.id, order.channel)).collect();
    let mut documents = [drawn];
    issue_all(tx, call, ids, &mut desk, &mut documents, &channels)?;
    let [note] = documents;
    let mut left = note.total;
    for id in open_of(tx, &note, corrects)? {
        let Some(invoice) = invoices::get(tx, id, true)? else { continue };
        let amount = invoice.open().min(left);
        if amount > 0 {
            let settling = |source: InvoiceId| {
                Settling::new(SettlementKind::CreditNote, source.as_bytes(), amount)
            };
            settle(tx, call, ids, id, settling(note.id))?;
            settle(tx, call, ids, note.id, settling(id))?;
            left -= amount;
        }
    }
    for order in orders.iter_mut().filter(|_| returns) {
        let amount = order.head.paid.used.min(left).min(note.of_order(order.id));
        if amount > 0 {
            let by = Settling::new(SettlementKind::Deposit, order.id.as_bytes(), amount);
            settle(tx, call, ids, note.id, by)?;
            order.head.paid.used -= amount;
            left -= amount;
        }
    }
    Ok(note.id)
}

/// The documents that a credit note corrects: the one it names, then others of its lines.
fn open_of(
    tx: &mut Tx<'_>,
    note: &Invoice,
    corrects: Option<InvoiceId>,
) -> Result<Vec<InvoiceId>, Error> {
    let mut out: Vec<InvoiceId> = corrects.into_iter().collect();
    let mut orders: Vec<OrderId> = note.lines.iter().filter_map(|line| line.order).collect();
    orders.sort_unstable();
    orders.dedup();
    for order in orders.into_iter().filter(|_| note.refund.is_some()) {
        for held in invoices::held_of_order(tx, order)? {
            let own = note.lines.iter().any(|line| line.credits == Some(held.line.id));
            if own && !out.contains(&held.invoice) {
                out.push(held.invoice);
            }
        }
    }
    Ok(out)
}

/// Issues the invoice that stands for a receipt, once: the customer's details, the same lines, and
/// nothing posted again. What is open of the receipt is open of the invoice.
///
/// # Errors
/// `not_found`; `already_exists` with the invoice; `invalid_field` unless it is a receipt;
/// `unknown_customer`.
pub fn to_invoice(
    app: &App,
    call: &Call,
    id: InvoiceId,
    bill_to: Option<(CustomerId, PartyId)>,
) -> Result<Invoice, Error> {
    command(app, call, "invoice.to_invoice", |tx| {
        let receipt = invoices::get(tx, id, true)?;
        let receipt = receipt.ok_or_else(|| Error::not_found(format!("receipt {id}")))?;
        let scope = Scope { channel: receipt.channel, ..Scope::default() };
        call.require(Permission::Invoice, scope)?;
        ensure(receipt.kind == InvoiceKind::Receipt, || {
            let detail = format!("{} is no receipt", receipt.name());
            Refusal::at(Code::InvalidField, "/receipt", detail)
        })?;
        if let Some(known) = invoices::replacing(tx, id)? {
            let known = invoices::get(tx, known, false)?.map_or(known.to_string(), |i| i.name());
            let detail = format!("{known} stands for {} already", receipt.name());
            return Err(Refusal::new(Code::AlreadyExists, detail).allowed(known).into());
        }
        let mut ids = orders::ids_after_audit(call);
        let mut desk = Desk::new(tx)?;
        let on = desk.books(tx, receipt.legal_entity)?.day(call.now);
        let customer = bill_to.map(|(customer, _)| customer).or(receipt.customer);
        let party = bill_to.map(|(_, party)| party).or(receipt.bill_to);
        ensure(party.is_some(), || {
            let detail = "an invoice names the customer: say who it is for";
            Refusal::at(Code::UnknownCustomer, "/customer", detail)
        })?;
        let mut lines = receipt.lines.clone();
        lines.iter_mut().for_each(|line| line.id = ids.draw());
        let invoice = Invoice {
            id: ids.draw(),
            kind: InvoiceKind::Invoice,
            series: desk.series(InvoiceKind::Invoice, on),
            replaces: Some(receipt.id),
            customer,
            bill_to: party,
            settled: 0,
            issued_at: call.now,
            issued_on: on,
            due_on: Some(on),
            version: 1,
            lines,
            ..receipt.clone()
        };
        let mut documents = [invoice];
        issue_all(tx, call, &mut ids, &mut desk, &mut documents, &Channels::new())?;
        let [invoice] = documents;
        let mut carry = |id: InvoiceId, source: InvoiceId, amount: i64| {
            let by = Settling::new(SettlementKind::Replacement, source.as_bytes(), amount);
            settle(tx, call, &mut ids, id, by)
        };
        carry(invoice.id, receipt.id, receipt.settled)?;
        carry(receipt.id, invoice.id, receipt.open())?;
        let missing = || Error::Internal("an invoice was not stored".into());
        invoices::get(tx, invoice.id, false)?.ok_or_else(missing)
    })
}
