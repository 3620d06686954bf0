//! Customers' rebates: what documents of their accounts earn, and the credit note that gives it.

use std::collections::HashMap;

use orderly_core::actor::Permission;
use orderly_core::id::*;
use orderly_core::invoice::post::Channels;
use orderly_core::invoice::{Effect, Invoice, InvoiceKind, InvoiceLine, TaxAmount};
use orderly_core::money::{Money, round_to_minor, split_minor};
use orderly_core::order::price::money_refusal;
use orderly_core::party::Account;
use orderly_core::purchase::rebate::{AccrualKind, Rebate, RebateSide, Turnover};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_store::Tx;
use orderly_store::tables::rebates::{self as rows, RebateAccrual};
use orderly_store::tables::{accounts, customers};
use rust_decimal::Decimal;

use super::desk::{Desk, issue_all};
use crate::ops::payments::require;
use crate::ops::purchases::rebates::{self, Earning};
use crate::ops::{books, command::command, orders};
use crate::{App, Call, Error};

/// Accrues what issued documents earn the rebates of their accounts. A credit note takes back what
/// the lines it corrects earned, in the period in which they did.
pub(super) fn accrue(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    documents: &[Invoice],
) -> Result<(), Error> {
    let own: Vec<&Invoice> = documents.iter().filter(|one| one.replaces.is_none()).collect();
    let mut partners: Vec<[u8; 16]> = own.iter().filter_map(|one| partner(one)).collect();
    partners.sort_unstable();
    partners.dedup();
    let known = rows::of_partners(tx, &partners)?;
    if known.is_empty() {
        return Ok(());
    }
    let lines: Vec<LineId> =
        own.iter().flat_map(|one| &one.lines).filter_map(|line| line.order_line).collect();
    let items: HashMap<LineId, ItemId> = rows::items_of(tx, &lines)?.into_iter().collect();
    for rebate in &known {
        let mut earned = Vec::new();
        for one in own.iter().filter(|one| partner(one) == Some(rebate.partner)) {
            earned.extend(earned_by(tx, rebate, one, &items)?);
        }
        rebates::accrue(tx, call, ids, rebate, &earned)?;
    }
    Ok(())
}

fn partner(document: &Invoice) -> Option<[u8; 16]> {
    document.account.map(|account| account.as_bytes())
}

/// What the goods of a document earn: charges and allowances of no line earn nothing.
fn earned_by(
    tx: &mut Tx<'_>,
    rebate: &Rebate,
    document: &Invoice,
    items: &HashMap<LineId, ItemId>,
) -> Result<Vec<Earning>, Error> {
    let sign = if document.kind == InvoiceKind::CreditNote { -1 } else { 1 };
    let credited: Vec<InvoiceLineId> =
        document.lines.iter().filter_map(|line| line.credits).collect();
    let before: HashMap<InvoiceLineId, String> =
        rows::accrued_in(tx, rebate.id, &credited)?.into_iter().collect();
    let mut out = Vec::new();
    for line in &document.lines {
        let item = line.order_line.and_then(|id| items.get(&id).copied());
        let period = match line.credits {
            Some(credited) => before.get(&credited).cloned(),
            None => {
                let covers = item.is_some() && rebate.covers(item, document.issued_on);
                covers.then(|| rebate.period(document.issued_on))
            }
        };
        let Some(period) = period else { continue };
        let net = Money::new(sign * line.net, document.currency);
        let net = books::convert(tx, net, rebate.currency, document.issued_on)?;
        out.push(Earning {
            source: line.id.as_bytes(),
            period,
            legal_entity: document.legal_entity,
            turnover: Turnover { base: net.minor(), qty: sign * line.qty.get() },
        });
    }
    Ok(out)
}

/// Gives an account what a period of its rebate earned, by a credit note that stays open as its
/// credit: all that accrued and is not settled, where no amount is given. The amount is net; its
/// taxes are those of the goods that earned it, in proportion.
///
/// # Errors
/// `not_found`; `invalid_transition` for a supplier's rebate; `above_open` with what is not
/// settled; `money_invalid`; `period_closed`.
pub fn give(
    app: &App,
    call: &Call,
    code: &str,
    period: &str,
    amount: Option<&str>,
) -> Result<Invoice, Error> {
    command(app, call, "rebate.give", |tx| {
        let rebate = rebates::called(tx, code)?;
        ensure(rebate.side == RebateSide::Customer, || {
            let detail = format!("rebate {} is given to us", rebate.code);
            Refusal::new(Code::InvalidTransition, detail)
        })?;
        rows::get(tx, rebate.id, true)?;
        let amount = rebates::open_part(tx, &rebate, period, amount)?;
        require(call, Permission::CreditInvoice, amount, None)?;
        let account = accounts::get(tx, AccountId::from_bytes(rebate.partner))?;
        let missing = || Error::Internal(format!("rebate {} has no account", rebate.code));
        let account = account.ok_or_else(missing)?;
        let mut ids = orders::ids_after_audit(call);
        let lines = lines(tx, &mut ids, &rebate, period, amount)?;
        let mut desk = Desk::new(tx)?;
        let note = note(tx, call, &mut ids, &mut desk, (&account, &rebate), lines)?;
        let mut documents = [note];
        issue_all(tx, call, &mut ids, &mut desk, &mut documents, &Channels::new())?;
        let [note] = documents;
        let row = RebateAccrual {
            id: ids.draw(),
            rebate: rebate.id,
            period: period.to_owned(),
            legal_entity: note.legal_entity,
            kind: AccrualKind::Settled,
            source: note.id.as_bytes(),
            turnover: Turnover::default(),
            amount: -amount,
            accrued_at: call.now,
        };
        rebates::settled_by(tx, call, &mut ids, &rebate, row)?;
        Ok(note)
    })
}

/// One line for each way in which what earned the rebate was taxed.
fn lines(
    tx: &mut Tx<'_>,
    ids: &mut IdSource,
    rebate: &Rebate,
    period: &str,
    amount: i64,
) -> Result<Vec<InvoiceLine>, Error> {
    let mut ways: Vec<(Vec<TaxAmount>, i64)> = Vec::new();
    for (taxes, base) in rows::taxes_of(tx, rebate.id, period)? {
        let same = |known: &[TaxAmount]| {
            known.len() == taxes.len() && known.iter().zip(&taxes).all(|(a, b)| a.is_same(b))
        };
        match ways.iter_mut().find(|(known, _)| same(known)) {
            Some(known) => known.1 += base,
            None => ways.push((taxes, base)),
        }
    }
    ways.retain(|(_, base)| *base > 0);
    if ways.is_empty() {
        ways.push((Vec::new(), 1));
    }
    let weights: Vec<i64> = ways.iter().map(|(_, base)| *base).collect();
    let parts = split_minor(amount, &weights).map_err(|error| money_refusal(&error))?;
    let mut out = Vec::with_capacity(ways.len());
    for ((taxes, _), net) in ways.into_iter().zip(parts).filter(|(_, part)| *part != 0) {
        let position = i64::try_from(out.len()).unwrap_or(i64::MAX) + 1;
        out.push(line(ids.draw(), position, rebate, period, (net, taxes))?);
    }
    Ok(out)
}

fn line(
    id: InvoiceLineId,
    position: i64,
    rebate: &Rebate,
    period: &str,
    (net, mut taxes): (i64, Vec<TaxAmount>),
) -> Result<InvoiceLine, Error> {
    let exact = Decimal::new(net, rebate.currency.exponent());
    for tax in &mut taxes {
        tax.base = net;
        tax.amount = round_to_minor(exact * tax.rate, rebate.currency)
            .map_err(|error| money_refusal(&error))?;
    }
    Ok(InvoiceLine {
        id,
        position,
        order: None,
        order_line: None,
        charge: None,
        delivery: None,
        location: None,
        credits: None,
        effect: Effect::Allowance,
        sku: None,
        description: format!("{} {period}", rebate.name),
        qty: Qty::ZERO,
        quantity: String::new(),
        unit: String::new(),
        price: String::new(),
        net,
        tax: taxes.iter().map(|tax| tax.amount).sum(),
        taxes,
    })
}

fn note(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    desk: &mut Desk,
    (account, rebate): (&Account, &Rebate),
    lines: Vec<InvoiceLine>,
) -> Result<Invoice, Error> {
    let issued_on = desk.books(tx, account.legal_entity)?.day(call.now);
    let customer = customers::get(tx, account.customer)?;
    let (net, tax) = lines.iter().fold((0, 0), |sum, line| (sum.0 + line.net, sum.1 + line.tax));
    Ok(Invoice {
        id: ids.draw(),
        legal_entity: account.legal_entity,
        series: desk.series(InvoiceKind::CreditNote, issued_on),
        number: 0,
        kind: InvoiceKind::CreditNote,
        corrects: None,
        replaces: None,
        refund: None,
        order: None,
        channel: None,
        customer: Some(account.customer),
        account: Some(account.id),
        site: None,
        bill_to: customer.map(|customer| customer.party),
        reference: None,
        reason: Some(format!("rebate {}", rebate.code)),
        currency: rebate.currency,
        net,
        tax,
        total: net + tax,
        settled: 0,
        issued_at: call.now,
        issued_on,
        due_on: None,
        version: 1,
        lines,
    })
}
