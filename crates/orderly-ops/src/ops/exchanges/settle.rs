//! Settling an exchange as far as goods came back: their value is carried to the replacement.

use orderly_core::books::{Account, JournalKind};
use orderly_core::exchange::{Exchange, ExchangeState, PROVIDER, carried, is_settled};
use orderly_core::id::{IdSource, LineId};
use orderly_core::order::hold::release_hold;
use orderly_core::order::{LineKind, Order, Settlement};
use orderly_core::payment::{Payment, Purpose};
use orderly_core::qty::Qty;
use orderly_core::refund::{self, Ask, AskLine, Cause, NewRefund, Refund, RefundSettlement};
use orderly_core::returns::Return;
use orderly_store::Tx;
use orderly_store::tables::{exchanges, payments as payment_rows, refunds};

use super::{Parts, parts, save};
use crate::ops::payments::{Changed, Settling, done, load as load_payment, save_all};
use crate::ops::refunds::{fee_rules, is_moved, move_money, next_number, post_as, save_return};
use crate::ops::{invoices, orders, returns};
use crate::{Call, Error};

/// Settles the open exchange of a return of which goods came, and returns the return as it is then.
pub(in crate::ops) fn came(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    returned: Return,
) -> Result<Return, Error> {
    let Some(found) = exchanges::of_return(tx, returned.id)? else { return Ok(returned) };
    if found.state != ExchangeState::Open {
        return Ok(returned);
    }
    let own = parts(tx, &found)?;
    let lines =
        due(&own.original, &own.returned, |line| line.kept().less(line.fates.awaiting_inspection));
    let own = match lines.is_empty() {
        true => own,
        false => {
            carry(tx, call, ids, &own, lines)?;
            let_go(tx, call, ids, &own.exchange)?;
            parts(tx, &found)?
        }
    };
    if is_settled(&own.returned) {
        save(tx, &own.exchange, ExchangeState::Done)?;
    }
    returns::load(tx, returned.id)
}

/// What is due for the units of a return that `counted` counts, line by line. A kit is due as far
/// as all its components are there.
fn due(
    order: &Order,
    returned: &Return,
    counted: impl Fn(&orderly_core::returns::ReturnLine) -> Qty,
) -> Vec<AskLine> {
    let mut out = Vec::new();
    let ask = |line, return_line, qty| AskLine {
        line,
        return_line,
        cause: Cause::Returned,
        qty,
        amount: None,
    };
    let mut kits: Vec<LineId> = Vec::new();
    for back in &returned.lines {
        let Some(line) = back.order_line.and_then(|id| order.line(id).ok()) else { continue };
        match line.parent {
            Some(kit) if !kits.contains(&kit) => kits.push(kit),
            Some(_) => {}
            None => {
                let qty = counted(back).less(back.refunded);
                if !qty.is_zero() {
                    out.push(ask(line.id, Some(back.id), qty));
                }
            }
        }
    }
    for kit in kits {
        let whole = order.components(kit).map(|part| {
            let own = returned.lines.iter().filter(|back| back.order_line == Some(part.id));
            let came = Qty::sum(own.map(&counted)).unwrap_or(Qty::ZERO).get();
            came / part.per_parent.map_or(1, Qty::get).max(1)
        });
        let Ok(line) = order.line(kit) else { continue };
        let kits = Qty::new(whole.min().unwrap_or(0)).unwrap_or(Qty::ZERO);
        let qty = kits.less(line.quantities.refunded);
        if line.kind == LineKind::Kit && !qty.is_zero() {
            out.push(ask(kit, None, qty));
        }
    }
    out
}

/// What the whole return will come to, as far as money was captured. In minor units.
pub(super) fn expected(tx: &mut Tx<'_>, order: &Order, returned: &Return) -> Result<i64, Error> {
    if order.head.settlement == Settlement::Account {
        return Ok(0);
    }
    let lines = due(order, returned, |line| line.requested);
    let mut as_if = order.clone();
    for line in &lines {
        let own = &mut as_if.line_mut(line.line)?.quantities;
        own.returned = own.returned.plus(line.qty).unwrap_or(own.returned);
    }
    let prior = refunds::prior(tx, order.id)?;
    let most = refund::propose::money_left(order, &prior);
    let mut worth = 0;
    let mut seen = prior;
    for line in lines {
        let one = Ask { lines: vec![line.clone()], charges: Vec::new(), goodwill: false };
        let free = orderly_core::refund::Prior { pending: 0, credited: 0, ..seen.clone() };
        let part = refund::propose(&as_if, &one, &free)?.amount;
        seen.lines.push((line.line, part));
        worth += part;
    }
    Ok(worth.min(most))
}

/// Uses up what is due on the order, pays the replacement with it, and gives back the rest.
fn carry(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    own: &Parts,
    lines: Vec<AskLine>,
) -> Result<(), Error> {
    let Parts { exchange, original, replacement, returned } = own;
    if original.head.settlement == Settlement::Account {
        return on_account(tx, call, ids, own, lines);
    }
    let mut held = Vec::new();
    for id in payment_rows::of_order(tx, original.id)? {
        held.push(load_payment(tx, id)?);
    }
    let paid = exchange.payment.map(|id| load_payment(tx, id)).transpose()?;
    let ask = Ask { lines, charges: Vec::new(), goodwill: false };
    let named = named(tx, exchange, original, RefundSettlement::Exchange)?;
    let prior = refunds::prior(tx, original.id)?;
    let decided = refund::decide(original, Some(returned), &named, &ask, &prior, ids, call.now)?;
    let mut made = decided.refund;
    let reserved = paid.as_ref().map_or(0, |paid| paid.amounts.capturable());
    let moved = carried(made.amount, replacement, reserved);
    let rest = made.amount - moved;
    let as_money = exchange.rest == RefundSettlement::Refund;
    made.credited = if as_money { moved } else { made.amount };
    made.requested_by = Some((call.actor.kind, call.actor.id));
    let to = (Account::UnappliedReceipts, exchange.payment);
    post_as(tx, call, original, &made, (JournalKind::Refund, to, moved), ids)?;
    let changed = if as_money {
        move_money(&held, &made, rest, (false, &Settling::AtOnce), call, ids)?
    } else {
        let credit = (JournalKind::Application, (Account::StoreCredit, None), rest);
        post_as(tx, call, original, &made, credit, ids)?;
        Vec::new()
    };
    if is_moved(&made, changed.iter().map(|one| &one.after)) {
        made = refund::settled(&made)?;
    }
    keep(tx, &made)?;
    let mut after = decided.order;
    invoices::refunded(tx, call, ids, &mut after, (&made, made.credited))?;
    save_all(tx, call, ids, changed, Some((original, after)))?;
    save_return(tx, call, ids, Some(returned), decided.returned, "return.refunded")?;
    pay(tx, call, ids, replacement, paid.filter(|_| moved > 0), moved)
}

/// Takes what was reserved for the replacement: what the refund left unapplied pays it.
fn pay(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    replacement: &Order,
    paid: Option<Payment>,
    amount: i64,
) -> Result<(), Error> {
    let Some(before) = paid else { return Ok(()) };
    let purpose = Purpose { order: Some(replacement.id), refund: None };
    let after = before.capture(amount, purpose, ids, call.now)?;
    let after = done(&after, None, call, ids)?;
    let changed = Changed { before: Some(before), after, kind: "payment.captured" };
    save_all(tx, call, ids, vec![changed], Some((replacement, replacement.clone())))?;
    Ok(())
}

/// Credits the account for what came back: the replacement is charged to it like any order.
fn on_account(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    own: &Parts,
    lines: Vec<AskLine>,
) -> Result<(), Error> {
    let Parts { exchange, original, returned, .. } = own;
    let ask = Ask { lines, charges: Vec::new(), goodwill: false };
    let settlement = RefundSettlement::AccountCredit;
    let named = named(tx, exchange, original, settlement)?;
    let prior = refunds::prior(tx, original.id)?;
    let decided = refund::decide(original, Some(returned), &named, &ask, &prior, ids, call.now)?;
    let made = refund::settled(&decided.refund)?;
    keep(tx, &made)?;
    let mut after = decided.order;
    invoices::refunded(tx, call, ids, &mut after, (&made, 0))?;
    save_all(tx, call, ids, Vec::new(), Some((original, after)))?;
    save_return(tx, call, ids, Some(returned), decided.returned, "return.refunded")
}

fn named(
    tx: &mut Tx<'_>,
    exchange: &Exchange,
    original: &Order,
    settlement: RefundSettlement,
) -> Result<NewRefund, Error> {
    let fees = match exchange.waives_fee {
        true => Vec::new(),
        false => fee_rules(tx, original.currency)?,
    };
    let (number, reason) = (next_number(tx)?, exchange.reason.clone());
    Ok(NewRefund { number, settlement, reason, fees })
}

fn keep(tx: &mut Tx<'_>, made: &Refund) -> Result<(), Error> {
    match refunds::insert(tx, made)? {
        true => Ok(()),
        false => Err(Error::Internal(format!("refund number {} is taken", made.number))),
    }
}

/// Lets the replacement go as far as goods came: its hold ends.
fn let_go(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    exchange: &Exchange,
) -> Result<(), Error> {
    let order = orders::load(tx, exchange.replacement)?;
    let own = order.holds.iter().find(|one| one.kind == PROVIDER && one.released_at.is_none());
    let Some(own) = own.map(|one| one.id) else { return Ok(()) };
    let decision = release_hold(&order, own, call.now, ids)?;
    orders::apply(tx, call, ids, &order, decision, "order.hold_released")?;
    Ok(())
}
