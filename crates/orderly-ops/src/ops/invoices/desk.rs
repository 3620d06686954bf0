//! Where documents are drawn up: what they have in common, their numbers, and their way into the
//! books.

use std::collections::{BTreeMap, HashMap};

use orderly_core::books::{Books, Journal};
use orderly_core::catalog::{Channel, ChannelKind};
use orderly_core::id::*;
use orderly_core::invoice::post::{self, Channels};
use orderly_core::invoice::{Change, Invoice, InvoiceKind, InvoiceLine};
use orderly_core::order::{Order, Settlement};
use orderly_core::party::Terms;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::{
    accounts, catalog, channels, events as event_rows, invoices, numbers, settings,
};

use super::policy::YEARLY;
use super::rebates;
use super::settle::expose;
use crate::ops::books;
use crate::ops::events::{Happened, event};
use crate::{Call, Error};

/// What documents drawn up together have in common.
pub(super) struct Desk {
    yearly: bool,
    channels: HashMap<ChannelId, Option<Channel>>,
    books: HashMap<LegalEntityId, Books>,
    terms: HashMap<AccountId, Terms>,
    /// The SKU and the base unit of items.
    items: HashMap<ItemId, (String, String)>,
}

/// What a document is, beside its lines.
pub(super) struct Form {
    pub kind: InvoiceKind,
    pub corrects: Option<InvoiceId>,
    pub refund: Option<RefundId>,
    pub reason: Option<String>,
}

impl Form {
    pub const fn plain(kind: InvoiceKind) -> Self {
        Self { kind, corrects: None, refund: None, reason: None }
    }
}

impl Desk {
    pub fn new(tx: &mut Tx<'_>) -> Result<Self, Error> {
        Ok(Self {
            yearly: settings::get(tx, YEARLY)?.as_deref() == Some("yes"),
            channels: HashMap::new(),
            books: HashMap::new(),
            terms: HashMap::new(),
            items: HashMap::new(),
        })
    }

    /// Whether a till gives a receipt for the order: it is paid there.
    pub fn kind_for(&mut self, tx: &mut Tx<'_>, order: &Order) -> Result<InvoiceKind, Error> {
        let found = match self.channels.get(&order.channel) {
            Some(known) => known,
            None => {
                let found = channels::get(tx, order.channel)?;
                self.channels.entry(order.channel).or_insert(found)
            }
        };
        let till = found.as_ref().is_some_and(|channel| channel.kind == ChannelKind::Store);
        let receipt = till && order.head.settlement == Settlement::Payment;
        Ok(if receipt { InvoiceKind::Receipt } else { InvoiceKind::Invoice })
    }

    pub fn books(&mut self, tx: &mut Tx<'_>, entity: LegalEntityId) -> Result<&Books, Error> {
        if !self.books.contains_key(&entity) {
            self.books.insert(entity, books::books_of(tx, entity)?);
        }
        Ok(&self.books[&entity])
    }

    /// Reads the SKUs of the orders' items.
    pub fn know(&mut self, tx: &mut Tx<'_>, orders: &[Order]) -> Result<(), Error> {
        let items = orders.iter().flat_map(|order| &order.lines).filter_map(|line| line.item);
        self.know_items(tx, items.collect())
    }

    pub fn know_items(&mut self, tx: &mut Tx<'_>, mut items: Vec<ItemId>) -> Result<(), Error> {
        items.retain(|item| !self.items.contains_key(item));
        items.sort_unstable();
        items.dedup();
        if !items.is_empty() {
            let found = catalog::load_ids(tx, &items)?;
            self.items.extend(
                found
                    .items()
                    .map(|item| (item.id, (item.sku.clone(), item.base_unit.code().to_owned()))),
            );
        }
        Ok(())
    }

    /// The SKU and the base unit of an item that is known.
    pub fn item(&self, id: ItemId) -> Option<&(String, String)> {
        self.items.get(&id)
    }

    /// Draws up a document of the lines of orders that go together, without its number.
    pub fn draw_up(
        &mut self,
        tx: &mut Tx<'_>,
        call: &Call,
        ids: &mut IdSource,
        orders: &[Order],
        mut lines: Vec<InvoiceLine>,
        form: Form,
    ) -> Result<Invoice, Error> {
        let nothing = || Refusal::new(Code::NothingToDo, "nothing is to be invoiced");
        let first = orders.first().ok_or_else(nothing)?;
        for line in &mut lines {
            let order = orders.iter().find(|order| Some(order.id) == line.order);
            let item = order.zip(line.order_line).and_then(|(order, id)| order.line(id).ok()?.item);
            line.sku = item.and_then(|item| self.items.get(&item)).map(|(sku, _)| sku.clone());
        }
        let issued_on = self.books(tx, first.legal_entity)?.day(call.now);
        let account = first.head.account.filter(|_| first.head.settlement == Settlement::Account);
        let due_on = match form.kind {
            InvoiceKind::Invoice => Some(self.due_on(tx, account, issued_on)?),
            InvoiceKind::Receipt | InvoiceKind::CreditNote => None,
        };
        let all = |of: fn(&Order) -> Option<String>| {
            let own = of(first);
            own.filter(|_| orders.iter().all(|order| of(order) == of(first)))
        };
        let one = |same: bool| if same { Some(first) } else { None };
        let only = one(orders.len() == 1);
        let channel = one(orders.iter().all(|order| order.channel == first.channel));
        let (net, tax) = lines.iter().fold((0, 0), |sum, l| (sum.0 + l.net, sum.1 + l.tax));
        Ok(Invoice {
            id: ids.draw(),
            legal_entity: first.legal_entity,
            series: self.series(form.kind, issued_on),
            number: 0,
            kind: form.kind,
            corrects: form.corrects,
            replaces: None,
            refund: form.refund,
            order: only.map(|order| order.id),
            channel: channel.map(|order| order.channel),
            customer: first.head.customer,
            account,
            site: first.head.site.filter(|_| account.is_some()),
            bill_to: first.head.bill_to,
            reference: all(|order| order.head.reference.clone()),
            reason: form.reason,
            currency: first.currency,
            net,
            tax,
            total: net + tax,
            settled: 0,
            issued_at: call.now,
            issued_on,
            due_on,
            version: 1,
            lines,
        })
    }

    pub fn series(&self, kind: InvoiceKind, on: Day) -> String {
        let series = match kind {
            InvoiceKind::Invoice => "INV",
            InvoiceKind::Receipt => "RCT",
            InvoiceKind::CreditNote => "CN",
        };
        let year = on.to_string();
        let year = year.split('-').next().filter(|_| self.yearly);
        year.map_or(series.to_owned(), |year| format!("{series}-{year}"))
    }

    fn due_on(
        &mut self,
        tx: &mut Tx<'_>,
        account: Option<AccountId>,
        on: Day,
    ) -> Result<Day, Error> {
        let Some(account) = account else { return Ok(on) };
        let terms = match self.terms.get(&account) {
            Some(terms) => *terms,
            None => {
                let found = accounts::get(tx, account)?;
                let terms = found.map_or(Terms::days(0), |account| account.terms);
                *self.terms.entry(account).or_insert(terms)
            }
        };
        Ok(terms.due(on))
    }
}

/// Issues documents: takes their numbers, adds them with their journals, counts what their
/// accounts owe and what they earn of their rebates, and records their events. Gap-free, for the
/// numbers are taken here.
pub(super) fn issue_all(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    desk: &mut Desk,
    documents: &mut [Invoice],
    orders: &Channels,
) -> Result<(), Error> {
    let mut counts = BTreeMap::<(LegalEntityId, String), i64>::new();
    for one in documents.iter() {
        *counts.entry((one.legal_entity, one.series.clone())).or_default() += 1;
    }
    let mut next = HashMap::new();
    for ((entity, series), count) in counts {
        let name = format!("document.{series}");
        next.insert((entity, series), numbers::take(tx, entity, &name, 1, count)?);
    }
    let mut journals: Vec<Journal> = Vec::with_capacity(documents.len());
    let mut events = Vec::with_capacity(documents.len());
    for one in documents.iter_mut() {
        let number = next.entry((one.legal_entity, one.series.clone())).or_insert(1);
        one.number = *number;
        *number += 1;
        let own = desk.books(tx, one.legal_entity)?;
        journals.extend(post::issued(one, own, ids.draw(), orders));
        let happened = Happened {
            stream_kind: "invoice",
            stream: one.id.as_bytes(),
            sequence: 1,
            kind: "invoice.issued",
            at: call.now,
        };
        events.push(event(call, ids, happened, &[Change::Issued(Box::new(one.clone()))]));
    }
    let all: Vec<&Invoice> = documents.iter().collect();
    if invoices::insert(tx, &all)? < all.len() as u64 {
        return Err(Error::Internal("a document number was taken twice".into()));
    }
    books::post(tx, call, &journals)?;
    event_rows::record(tx, &events)?;
    let owed: Vec<(&Invoice, i64)> = documents.iter().map(|one| (one, one.total)).collect();
    expose(tx, &owed)?;
    rebates::accrue(tx, call, ids, documents)
}
