//! What settles a document: the only way to change what of it is open.

use orderly_core::books::DocumentKind;
use orderly_core::id::{IdSource, InvoiceId, PaymentId, SettlementId};
use orderly_core::invoice::post::{Settled, settled};
use orderly_core::invoice::{Change, Invoice, InvoiceKind, SettlementKind, SettlementRow};
use orderly_core::money::Money;
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::{events as event_rows, invoices};

use crate::ops::accounts::move_invoiced;
use crate::ops::books;
use crate::ops::events::{Happened, event};
use crate::{Call, Error};

/// What settles a document, or opens it again: an amount in minor units of its currency, not
/// zero; negative where it is open again.
#[derive(Debug, Clone, Copy)]
pub struct Settling {
    pub source_kind: SettlementKind,
    /// The order, payment's application, other document, or decision.
    pub source: [u8; 16],
    /// The payment that an application is of.
    pub payment: Option<PaymentId>,
    pub amount: i64,
}

impl Settling {
    /// What settles a document without being an application of a payment.
    pub const fn new(source_kind: SettlementKind, source: [u8; 16], amount: i64) -> Self {
        Self { source_kind, source, payment: None, amount }
    }

    /// What the money was held for.
    fn held_for(&self) -> Option<(DocumentKind, [u8; 16])> {
        Some(match self.source_kind {
            SettlementKind::Deposit => (DocumentKind::Order, self.source),
            SettlementKind::Payout => (DocumentKind::Refund, self.source),
            SettlementKind::CreditNote | SettlementKind::Replacement => {
                (DocumentKind::Invoice, self.source)
            }
            SettlementKind::Application => (DocumentKind::Payment, self.payment?.as_bytes()),
            SettlementKind::WriteOff => return None,
        })
    }
}

/// Settles an amount of a document, or opens it again: its counter, the row that says why, what
/// its account owes, the journal and its event. Orders are locked before documents.
///
/// The journal is the settlement's own: deposits, unapplied receipts or bad debt against
/// receivables; nothing between two documents in the currency of the books.
///
/// # Errors
/// `not_found`; `above_open` with what is open; `period_closed`.
pub fn settle(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    id: InvoiceId,
    by: Settling,
) -> Result<Invoice, Error> {
    let found = invoices::get(tx, id, true)?;
    let mut invoice = found.ok_or_else(|| Error::not_found(format!("invoice {id}")))?;
    if by.amount == 0 {
        return Ok(invoice);
    }
    if !invoices::settle(tx, id, by.amount)? {
        return Err(above_open(&invoice, by.amount).into());
    }
    invoice.settled += by.amount;
    invoice.version += 1;
    record(tx, call, ids, &invoice, by)?;
    Ok(invoice)
}

fn above_open(invoice: &Invoice, amount: i64) -> Refusal {
    let show = |minor: i64| Money::new(minor, invoice.currency).to_string();
    let (most, verb) = match amount > 0 {
        true => (invoice.open(), "open"),
        false => (invoice.settled, "settled"),
    };
    let detail = format!(
        "{} of {} is {verb}, not {}",
        show(most),
        invoice.name(),
        show(amount.saturating_abs())
    );
    Refusal::new(Code::AboveOpen, detail).allowed(show(most))
}

/// Adds the row, the journal, the exposure and the event of a settlement that is counted.
fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    invoice: &Invoice,
    by: Settling,
) -> Result<(), Error> {
    let Settling { source_kind, source, amount, .. } = by;
    let row = SettlementRow { source_kind, source, amount, settled_at: call.now };
    let id: SettlementId = ids.draw();
    invoices::insert_settlements(tx, &[(id, invoice.id, row)])?;
    let own = books::books_of(tx, invoice.legal_entity)?;
    let named = (ids.draw(), call.now);
    let told = Settled { kind: source_kind, amount, held_for: by.held_for() };
    if let Some(journal) = settled(invoice, &told, id, &own, named) {
        books::post(tx, call, &[journal])?;
    }
    expose(tx, &[(invoice, -amount)])?;
    let happened = Happened {
        stream_kind: "invoice",
        stream: invoice.id.as_bytes(),
        sequence: invoice.version,
        kind: if amount > 0 { "invoice.settled" } else { "invoice.reopened" },
        at: call.now,
    };
    event_rows::record(tx, &[event(call, ids, happened, &[Change::Settled(row)])])?;
    Ok(())
}

/// Adds to what the accounts of documents owe, in the order of their keys; a credit note takes off.
pub(super) fn expose(tx: &mut Tx<'_>, documents: &[(&Invoice, i64)]) -> Result<(), Error> {
    let moves = documents.iter().filter_map(|(one, amount)| {
        let sign = if one.kind == InvoiceKind::CreditNote { -1 } else { 1 };
        Some((one.account?, one.site, sign * amount))
    });
    move_invoiced(tx, moves)
}
