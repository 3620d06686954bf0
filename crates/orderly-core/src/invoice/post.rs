//! The journals of documents: revenue and tax when one is issued, and what settles it.

use std::collections::{BTreeMap, HashMap};

use super::{Invoice, InvoiceKind, SettlementKind};
use crate::books::{
    Account, Books, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting,
};
use crate::id::*;
use crate::time::Instant;
use crate::units::{Cause, CauseKind};

/// The channels of the orders that documents are about.
pub type Channels = HashMap<OrderId, ChannelId>;

/// What postings are summed by: the tax, none for revenue; channel and location.
type Key = (Option<String>, Option<ChannelId>, Option<LocationId>);

fn dimensions(invoice: &Invoice) -> Dimensions {
    Dimensions {
        location: None,
        channel: invoice.channel,
        party: invoice.customer.map(|customer| customer.as_bytes()),
        document: Some((DocumentKind::Invoice, invoice.id.as_bytes())),
    }
}

/// What the journal of a document is of kind.
pub const fn kind_of(kind: InvoiceKind) -> JournalKind {
    match kind {
        InvoiceKind::Invoice => JournalKind::Invoice,
        InvoiceKind::Receipt => JournalKind::Receipt,
        InvoiceKind::CreditNote => JournalKind::CreditNote,
    }
}

/// Returns the journal of a document that is issued: receivables against revenue and each tax, by
/// channel and location; a credit note posts the mirror. `None` where it comes to nothing, and
/// for an invoice that stands for a receipt, which has posted.
pub fn issued(
    invoice: &Invoice,
    books: &Books,
    id: JournalId,
    channels: &Channels,
) -> Option<Journal> {
    if invoice.replaces.is_some() {
        return None;
    }
    let sign = if invoice.kind == InvoiceKind::CreditNote { -1 } else { 1 };
    let shared = dimensions(invoice);
    let mut sums = BTreeMap::<Key, [i64; 2]>::new();
    for line in &invoice.lines {
        let channel = line.order.and_then(|order| channels.get(&order).copied());
        let channel = channel.or(invoice.channel);
        let mut add = |tax: Option<String>, amount: i64, base: i64| {
            let sum = sums.entry((tax, channel, line.location)).or_default();
            sum[0] += amount;
            sum[1] += base;
        };
        add(None, line.net, 0);
        for tax in &line.taxes {
            add(Some(tax.code()), tax.amount, tax.base);
        }
    }
    let mut postings = vec![Posting::new(Account::Receivables, sign * invoice.total, shared)];
    for ((tax, channel, location), [amount, base]) in sums {
        let at = Dimensions { channel, location, ..shared };
        let account = if tax.is_some() { Account::Tax } else { Account::Revenue };
        let mut posting = Posting::new(account, -sign * amount, at);
        posting.tax_base_minor = tax.as_ref().map(|_| -sign * base);
        posting.tax_code = tax;
        postings.push(posting);
    }
    postings.retain(|posting| posting.amount_minor != 0);
    if postings.is_empty() {
        return None;
    }
    let head = JournalHead {
        id,
        legal_entity: invoice.legal_entity,
        kind: kind_of(invoice.kind),
        cause: Cause { kind: CauseKind::Invoice, id: invoice.id.as_bytes() },
        currency: invoice.currency,
        accounting_on: books.day(invoice.issued_at),
        reverses: None,
    };
    Some(Journal::new(head, postings).expect("the total is the sum of the lines"))
}

/// What settles a document, as far as the books are concerned.
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    pub kind: SettlementKind,
    /// In minor units of the document's currency; negative where it is open again.
    pub amount: i64,
    /// What the money was held for: the order, payment, refund or other document.
    pub held_for: Option<(DocumentKind, [u8; 16])>,
}

/// The account that bears what settles a document; `None` where it stays within receivables.
/// Between documents in another currency than the books' the one that gives posts for both, since
/// each is carried at the rate of its own day.
fn other(invoice: &Invoice, kind: SettlementKind, books: &Books) -> Option<Account> {
    let abroad = invoice.currency != books.currency;
    match kind {
        SettlementKind::Deposit => Some(Account::CustomerDeposits),
        SettlementKind::Application | SettlementKind::Payout => Some(Account::UnappliedReceipts),
        SettlementKind::WriteOff => Some(Account::BadDebt),
        SettlementKind::CreditNote => {
            (abroad && invoice.kind == InvoiceKind::CreditNote).then_some(Account::Receivables)
        }
        SettlementKind::Replacement => {
            (abroad && invoice.replaces.is_none()).then_some(Account::Receivables)
        }
    }
}

/// Returns the journal of one row of settlement: what bears it against receivables. Of a credit
/// note it is the mirror: what we owed goes where it can be used.
pub fn settled(
    invoice: &Invoice,
    by: &Settled,
    row: SettlementId,
    books: &Books,
    (id, now): (JournalId, Instant),
) -> Option<Journal> {
    let account = other(invoice, by.kind, books)?;
    let sign = if invoice.kind == InvoiceKind::CreditNote { -1 } else { 1 };
    let shared = dimensions(invoice);
    let held = Dimensions { document: by.held_for.or(shared.document), ..shared };
    let head = JournalHead {
        id,
        legal_entity: invoice.legal_entity,
        kind: JournalKind::Settlement,
        cause: Cause { kind: CauseKind::Settlement, id: row.as_bytes() },
        currency: invoice.currency,
        accounting_on: books.day(now),
        reverses: None,
    };
    let postings = vec![
        Posting::new(account, sign * by.amount, held),
        Posting::new(Account::Receivables, -sign * by.amount, shared),
    ];
    Some(Journal::new(head, postings).expect("the same amount on both sides"))
}
