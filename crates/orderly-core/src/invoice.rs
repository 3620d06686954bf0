//! Documents of revenue: invoices, receipts and credit notes.
//!
//! What an order's lines come to on their documents is made of consecutive slices, counted from
//! the last unit ordered to the first ([`crate::order::invoicing`]): what is canceled and what is
//! refunded is counted from the first unit on, so that the documents of a finished order sum to
//! what is owed for it, whatever was cut off, in any partition.

pub mod credit;
pub mod post;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::*;
use crate::money::Currency;
use crate::order::codes;
use crate::qty::Qty;
use crate::time::{Day, Instant};

codes! {
    /// What a document is. A receipt is the short form that a till gives.
    InvoiceKind { Invoice "invoice", Receipt "receipt", CreditNote "credit_note" }
}
codes! {
    /// How a line of a document counts for its order line: invoiced; taken back as if it had never
    /// been invoiced; credited as returned; or an allowance of money only.
    Effect {
        Invoiced "invoiced", Undone "undone", Returned "returned", Allowance "allowance",
    }
}
codes! {
    /// What settles a document: money of its order, money of a payment, another document, a loss
    /// that is given up, money paid out, or the invoice that stands for a receipt.
    SettlementKind {
        Deposit "deposit", Application "application", CreditNote "credit_note",
        WriteOff "write_off", Payout "payout", Replacement "replacement",
    }
}

/// One tax of a line of a document. Amounts in minor units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaxAmount {
    pub name: String,
    /// A fraction: 0.19 is 19 %.
    pub rate: Decimal,
    pub included: bool,
    /// The net amount it is computed of.
    pub base: i64,
    pub amount: i64,
}

impl TaxAmount {
    /// The code that postings of the tax carry, such as `VAT 19%`.
    pub fn code(&self) -> String {
        format!("{} {}%", self.name, (self.rate * Decimal::from(100)).normalize())
    }
    pub fn is_same(&self, other: &Self) -> bool {
        self.name == other.name && self.rate == other.rate && self.included == other.included
    }
}

/// One line of a document. Amounts in minor units of its currency, never negative on a credit
/// note: the kind of the document says the sign.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InvoiceLine {
    pub id: InvoiceLineId,
    pub position: i64,
    pub order: Option<OrderId>,
    pub order_line: Option<LineId>,
    pub charge: Option<ChargeId>,
    pub delivery: Option<DeliveryId>,
    /// Where the goods left from, or the work was done.
    pub location: Option<LocationId>,
    /// The line of an invoice that this one takes back.
    pub credits: Option<InvoiceLineId>,
    pub effect: Effect,
    pub sku: Option<String>,
    pub description: String,
    /// In base units of the item; zero for charges and allowances.
    pub qty: Qty,
    /// The quantity and the price as people read them.
    pub quantity: String,
    pub unit: String,
    pub price: String,
    pub net: i64,
    pub tax: i64,
    pub taxes: Vec<TaxAmount>,
}

impl InvoiceLine {
    pub const fn total(&self) -> i64 {
        self.net + self.tax
    }
}

/// A document of revenue. Issued once, never changed but for what settles it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Invoice {
    pub id: InvoiceId,
    pub legal_entity: LegalEntityId,
    pub series: String,
    /// Without gaps within its legal entity and series.
    pub number: i64,
    pub kind: InvoiceKind,
    /// The invoice that a credit note takes back, the first where it is several.
    pub corrects: Option<InvoiceId>,
    /// The receipt that this invoice stands for; it posts nothing.
    pub replaces: Option<InvoiceId>,
    pub refund: Option<RefundId>,
    /// The only order of its lines.
    pub order: Option<OrderId>,
    pub channel: Option<ChannelId>,
    pub customer: Option<CustomerId>,
    pub account: Option<AccountId>,
    pub site: Option<SiteId>,
    pub bill_to: Option<PartyId>,
    /// The customer's own reference.
    pub reference: Option<String>,
    pub reason: Option<String>,
    pub currency: Currency,
    pub net: i64,
    pub tax: i64,
    pub total: i64,
    /// What of the total is settled.
    pub settled: i64,
    pub issued_at: Instant,
    pub issued_on: Day,
    pub due_on: Option<Day>,
    /// Counts what happened to it, and its events.
    pub version: i64,
    pub lines: Vec<InvoiceLine>,
}

impl Invoice {
    /// What people call it: the series and the number in six digits.
    pub fn name(&self) -> String {
        name(&self.series, self.number)
    }
    /// What is still to be paid, or of a credit note to be set against other documents.
    pub const fn open(&self) -> i64 {
        self.total - self.settled
    }
    /// The sum of the lines of one order.
    pub fn of_order(&self, order: OrderId) -> i64 {
        let own = self.lines.iter().filter(|line| line.order == Some(order));
        own.map(InvoiceLine::total).sum()
    }
    /// The taxes of all lines, one entry per tax, in the order in which they first appear.
    pub fn taxes(&self) -> Vec<TaxAmount> {
        let mut out: Vec<TaxAmount> = Vec::new();
        for tax in self.lines.iter().flat_map(|line| &line.taxes) {
            match out.iter_mut().find(|known| known.is_same(tax)) {
                Some(known) => {
                    known.base += tax.base;
                    known.amount += tax.amount;
                }
                None => out.push(tax.clone()),
            }
        }
        out
    }
    /// Names the identity that does not hold, if any.
    pub fn broken(&self) -> Option<&'static str> {
        let sum = |of: fn(&InvoiceLine) -> i64| self.lines.iter().map(of).sum::<i64>();
        if (sum(|l| l.net), sum(|l| l.tax)) != (self.net, self.tax) {
            return Some("net and tax are the sums of the lines");
        }
        let taxed =
            |line: &InvoiceLine| line.taxes.iter().map(|tax| tax.amount).sum::<i64>() == line.tax;
        if !self.lines.iter().all(taxed) {
            return Some("the tax of a line is the sum of its taxes");
        }
        (self.net + self.tax != self.total).then_some("total = net + tax")
    }
}

/// What people call a document.
pub fn name(series: &str, number: i64) -> String {
    format!("{series}-{number:06}")
}

/// Reads what people call a document.
pub fn parse_name(name: &str) -> Option<(&str, i64)> {
    let (series, number) = name.rsplit_once('-')?;
    Some((series, number.parse().ok().filter(|number| *number > 0)?))
}

/// One row of what settles a document. In minor units; negative where it is open again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SettlementRow {
    pub source_kind: SettlementKind,
    pub source: [u8; 16],
    pub amount: i64,
    pub settled_at: Instant,
}

/// What is announced of a document, as an event of its own stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Issued(Box<Invoice>),
    Settled(SettlementRow),
}
