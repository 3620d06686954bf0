//! The collective run: one invoice for the deliveries of an account and site up to a day.

use std::collections::HashMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::*;
use orderly_core::invoice::Invoice;
use orderly_core::invoice::InvoiceKind;
use orderly_core::invoice::post::Channels;
use orderly_core::money::Currency;
use orderly_core::order::Order;
use orderly_core::order::invoicing::is_due;
use orderly_core::time::Instant;
use orderly_store::tables::invoices::{self, Waiting};
use orderly_store::{Tx, tables};

use super::deposits;
use super::desk::{Desk, issue_all};
use super::issue::{draw, prior_of};
use crate::ops::orders;
use crate::{App, Call, Error};

/// Orders invoiced in one transaction.
const BATCH: u32 = 500;
/// Lines on one invoice; an account with more gets another.
const LINES: usize = 4_000;

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ran {
    pub orders: u64,
    pub invoices: u64,
}

/// What goes on one invoice. One tax treatment per invoice: the customer and his address say it.
#[derive(PartialEq, Eq, Hash, Clone, Copy)]
struct Together {
    legal_entity: LegalEntityId,
    account: Option<AccountId>,
    site: Option<SiteId>,
    customer: Option<CustomerId>,
    bill_to: Option<PartyId>,
    currency: Currency,
}

/// Invoices everything of orders under collective invoicing that was delivered before `until`, of
/// one account or of all: in transactions of up to 500 orders, one invoice per account and site,
/// currency and address. Deliveries of one account that do not fit one transaction are on several
/// invoices. Running it again invoices nothing twice.
///
/// # Errors
/// `forbidden`; `period_closed`. What was invoiced before stays.
pub fn run(
    app: &App,
    call: &Call,
    account: Option<AccountId>,
    until: Instant,
) -> Result<Ran, Error> {
    call.require(Permission::Invoice, Scope::default())?;
    let mut ran = Ran::default();
    let mut after: Option<(Option<AccountId>, OrderId)> = None;
    for step in 0.. {
        let call = Call { seed: call.seed.wrapping_add(step << 20), ..call.clone() };
        let from = after;
        let (waiting, issued) = app.store.write(|tx| {
            let waiting = invoices::waiting(tx, account, until, from, BATCH)?;
            let issued = invoice_batch(tx, &call, &waiting)?;
            Ok::<_, Error>((waiting, issued))
        })?;
        ran.orders += issued.orders;
        ran.invoices += issued.invoices;
        match waiting.last() {
            Some(last) => after = Some((last.account, last.order)),
            None => break,
        }
    }
    Ok(ran)
}

fn invoice_batch(tx: &mut Tx<'_>, call: &Call, waiting: &[Waiting]) -> Result<Ran, Error> {
    let mut ids = orders::ids_after_audit(call);
    let mut named: Vec<OrderId> = waiting.iter().map(|one| one.order).collect();
    named.sort_unstable();
    let mut befores = tables::orders::get_many(tx, &named)?;
    befores.retain(is_due);
    let mut groups: Vec<(Together, Vec<Order>)> = Vec::new();
    let mut known: HashMap<Together, usize> = HashMap::new();
    for order in &befores {
        let key = together(order);
        let full = |index: &usize| {
            let lines = groups[*index].1.iter().map(|order| order.lines.len());
            lines.sum::<usize>() + order.lines.len() > LINES
        };
        match known.get(&key).copied().filter(|index| !full(index)) {
            Some(index) => groups[index].1.push(order.clone()),
            None => {
                known.insert(key, groups.len());
                groups.push((key, vec![order.clone()]));
            }
        }
    }
    let mut desk = Desk::new(tx)?;
    let prior = prior_of(tx, &befores)?;
    let mut documents: Vec<Invoice> = Vec::with_capacity(groups.len());
    let mut afters: Vec<(usize, Order)> = Vec::with_capacity(befores.len());
    for (_, mut group) in groups {
        let kind = InvoiceKind::Invoice;
        if let Some(drawn) = draw(tx, call, &mut ids, &mut desk, &mut group, &prior, kind)? {
            let index = documents.len();
            documents.push(drawn);
            afters.extend(group.into_iter().map(|order| (index, order)));
        }
    }
    let channels: Channels = befores.iter().map(|order| (order.id, order.channel)).collect();
    issue_all(tx, call, &mut ids, &mut desk, &mut documents, &channels)?;
    let before: HashMap<OrderId, &Order> = befores.iter().map(|order| (order.id, order)).collect();
    let mut pairs: Vec<(&Order, Order)> = Vec::with_capacity(afters.len());
    for (index, mut after) in afters {
        deposits::use_for(tx, call, &mut ids, &mut after, &documents[index])?;
        pairs.push((before[&after.id], after));
    }
    orders::apply_invoiced(tx, call, &mut ids, &mut pairs)?;
    invoices::not_pending(tx, &named)?;
    Ok(Ran { orders: pairs.len() as u64, invoices: documents.len() as u64 })
}

fn together(order: &Order) -> Together {
    Together {
        legal_entity: order.legal_entity,
        account: order.head.account,
        site: order.head.site,
        customer: order.head.customer,
        bill_to: order.head.bill_to,
        currency: order.currency,
    }
}
