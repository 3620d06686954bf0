//! What a message is about, whom it is written to, and what its blanks say.

use orderly_core::id::{ChannelId, PartyId};
use orderly_core::message::{AboutKind, recipients};
use orderly_core::order::{Line, Order};
use orderly_core::party::{Account, Customer, Party, Supplier};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::{accounts, customers, orders, parties};

use super::blanks::{
    AccountBlanks, Blanks, LineBlanks, Merchant, OrderBlanks, Person, ShipmentBlanks,
};
use crate::Error;
use crate::ops::read::orders::{self as read, Shown};
use crate::ops::{accounts as account_ops, read as reads, settings, suppliers};
use crate::wire::messages::AboutIn;
use crate::wire::out::{amount, quantity};

/// Whom or what a message is about.
pub(super) struct About {
    pub kind: AboutKind,
    pub id: [u8; 16],
    pub order: Option<Order>,
    pub supplier: Option<Supplier>,
    account: Option<Account>,
    party: Option<Party>,
}

impl About {
    /// Finds what is named; exactly one thing is.
    pub fn of(tx: &mut Tx<'_>, named: &AboutIn) -> Result<Self, Error> {
        match (&named.order, &named.customer, &named.supplier, &named.account) {
            (Some(order), None, None, None) => Self::order(tx, order),
            (None, Some(customer), None, None) => {
                let customer = reads::parties::find(tx, customer)?;
                Self::customer(tx, AboutKind::Customer, customer.id.as_bytes(), &customer, None)
            }
            (None, None, Some(code), None) => {
                let supplier = suppliers::supplier_called(tx, code)?;
                Self::supplier(tx, supplier)
            }
            (None, None, None, Some(account)) => {
                let account = account_ops::found(tx, account)?;
                let customer = customers::get(tx, account.customer)?
                    .ok_or_else(|| Error::not_found(format!("customer {}", account.customer)))?;
                let (kind, id) = (AboutKind::Account, account.id.as_bytes());
                Self::customer(tx, kind, id, &customer, Some(account))
            }
            _ => {
                let detail = "name one order, customer, supplier or account";
                Err(Refusal::at(Code::InvalidField, "/about", detail).into())
            }
        }
    }

    fn order(tx: &mut Tx<'_>, text: &str) -> Result<Self, Error> {
        let id = read::find(tx, text)?;
        let order = orders::get(tx, id, false)?;
        let order = order.ok_or_else(|| Error::not_found(format!("order {id}")))?;
        let customer = order.head.customer.map(|id| customers::get(tx, id)).transpose()?.flatten();
        // Who pays is whom we write to; without one, the customer as he is now.
        let party = match (order.head.bill_to, &customer) {
            (Some(bill_to), _) => parties::get(tx, bill_to)?,
            (None, Some(customer)) => parties::get(tx, customer.party)?,
            (None, None) => None,
        };
        let account = order.head.account.map(|id| accounts::get(tx, id)).transpose()?.flatten();
        let (kind, id) = (AboutKind::Order, order.id.as_bytes());
        Ok(Self { kind, id, order: Some(order), supplier: None, account, party })
    }

    fn customer(
        tx: &mut Tx<'_>,
        kind: AboutKind,
        id: [u8; 16],
        customer: &Customer,
        account: Option<Account>,
    ) -> Result<Self, Error> {
        let party = parties::get(tx, customer.party)?;
        Ok(Self { kind, id, order: None, supplier: None, account, party })
    }

    pub fn supplier(tx: &mut Tx<'_>, supplier: Supplier) -> Result<Self, Error> {
        let party = supplier.party.map(|id: PartyId| parties::get(tx, id)).transpose()?.flatten();
        let (kind, id) = (AboutKind::Supplier, supplier.id.as_bytes());
        Ok(Self { kind, id, order: None, supplier: Some(supplier), account: None, party })
    }

    pub fn channel(&self) -> Option<ChannelId> {
        self.order.as_ref().map(|order| order.channel)
    }

    /// The mail address of whom it is about.
    ///
    /// # Errors
    /// `no_address`.
    pub fn address(&self) -> Result<String, Refusal> {
        let email = self.party.as_ref().and_then(|party| party.email.clone());
        let missing = || {
            let detail = "nobody's mail address is known here: say whom to write to";
            Refusal::at(Code::NoAddress, "/to", detail)
        };
        recipients(&email.ok_or_else(missing)?)
    }

    /// What the blanks of a template say.
    pub fn blanks(&self, tx: &mut Tx<'_>) -> Result<Blanks, Error> {
        let mut blanks = Blanks {
            merchant: Merchant { name: settings::merchant(tx)?.name },
            ..Blanks::default()
        };
        let person = self.party.as_ref().map(|party| Person {
            name: party.name.clone(),
            email: party.email.clone().unwrap_or_default(),
        });
        match self.kind {
            AboutKind::Supplier => blanks.supplier = person.unwrap_or_default(),
            _ => blanks.customer = person.unwrap_or_default(),
        }
        if let Some(supplier) = &self.supplier {
            blanks.supplier.name.clone_from(&supplier.name);
        }
        if let Some(account) = &self.account {
            let (number, name) = (account.number.clone(), account.name.clone());
            blanks.account = AccountBlanks { number, name };
        }
        if let Some(order) = &self.order {
            fill_order(&mut blanks, &read::shown(tx, order.clone())?);
        }
        Ok(blanks)
    }
}

pub(super) fn fill_order(blanks: &mut Blanks, shown: &Shown) {
    let order = &shown.order;
    let day = |at: orderly_core::time::Instant| at.day_in("UTC").to_string();
    blanks.order = OrderBlanks {
        number: order.number.clone(),
        external_id: order.external_id.clone().unwrap_or_default(),
        reference: order.head.reference.clone().unwrap_or_default(),
        placed_on: day(order.placed_at),
        total: amount(order.head.totals.total, order.currency),
        currency: order.currency.to_string(),
        channel: shown.channel.as_ref().map(|one| one.name.clone()).unwrap_or_default(),
    };
    blanks.lines = order.lines.iter().map(|line| line_blanks(shown, line)).collect();
    let short = order.lines.iter().filter(|line| !missing(line).is_zero());
    blanks.short_lines = short.map(|line| line_blanks(shown, line)).collect();
    let sent = order.shipments.iter().map(|one| ShipmentBlanks {
        carrier: one.carrier.clone().unwrap_or_default(),
        tracking: one.tracking.clone().unwrap_or_default(),
        shipped_on: day(one.shipped_at),
    });
    blanks.shipments = sent.collect();
}

/// What of a line has no goods: it waits for some, or nobody has claimed any yet.
pub(super) fn missing(line: &Line) -> Qty {
    let q = &line.quantities;
    let base = q.backordered.get() + q.unallocated.get();
    match line.item {
        Some(_) => Qty::new(base).unwrap_or(q.backordered),
        None => Qty::ZERO,
    }
}

fn line_blanks(shown: &Shown, line: &Line) -> LineBlanks {
    let item = line.item.and_then(|id| shown.catalog.get(id));
    LineBlanks {
        sku: item.map(|item| item.sku.clone()).unwrap_or_default(),
        description: line.description.clone(),
        quantity: line.entered.clone(),
        unit: line.unit.clone(),
        amount: amount(line.amounts.due(), shown.order.currency),
        short: quantity(missing(line), line.unit_ratio),
    }
}
