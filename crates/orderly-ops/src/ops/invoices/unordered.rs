//! The credit note of goods that came back without a receipt: of no order, paid out at once.

use orderly_core::id::{IdSource, InvoiceId, LegalEntityId};
use orderly_core::invoice::post::Channels;
use orderly_core::invoice::{Invoice, InvoiceKind, InvoiceLine, SettlementKind};
use orderly_core::refund::Refund;
use orderly_core::returns::Return;
use orderly_store::Tx;
use orderly_store::tables::customers;

use super::desk::{Desk, issue_all};
use super::settle::{Settling, settle};
use crate::{Call, Error};

/// Issues the credit note of a refund without an order, and settles it by what is paid out: the
/// caller posts that from unapplied receipts, where it stands now.
pub(in crate::ops) fn without_order(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    (refund, returned, entity): (&Refund, &Return, LegalEntityId),
    mut lines: Vec<InvoiceLine>,
) -> Result<InvoiceId, Error> {
    let mut desk = Desk::new(tx)?;
    let of = |line: &InvoiceLine| {
        let own = refund.lines.get(usize::try_from(line.position - 1).ok()?)?.return_line?;
        returned.line(own).ok()?.item
    };
    let items: Vec<_> = lines.iter().map(of).collect();
    desk.know_items(tx, items.iter().flatten().copied().collect())?;
    for (line, item) in lines.iter_mut().zip(items) {
        let item = item.and_then(|item| desk.item(item));
        line.sku = item.map(|(sku, _)| sku.clone());
        line.unit = item.map(|(_, unit)| unit.clone()).unwrap_or_default();
    }
    let customer = refund.customer.map(|id| customers::get(tx, id)).transpose()?.flatten();
    let issued_on = desk.books(tx, entity)?.day(call.now);
    let (net, tax) = lines.iter().fold((0, 0), |sum, line| (sum.0 + line.net, sum.1 + line.tax));
    let note = Invoice {
        id: ids.draw(),
        legal_entity: entity,
        series: desk.series(InvoiceKind::CreditNote, issued_on),
        number: 0,
        kind: InvoiceKind::CreditNote,
        corrects: None,
        replaces: None,
        refund: Some(refund.id),
        order: None,
        channel: Some(returned.channel),
        customer: refund.customer,
        account: None,
        site: None,
        bill_to: customer.map(|customer| customer.party),
        reference: None,
        reason: Some(refund.reason.clone()),
        currency: refund.currency,
        net,
        tax,
        total: net + tax,
        settled: 0,
        issued_at: call.now,
        issued_on,
        due_on: None,
        version: 1,
        lines,
    };
    let (id, amount) = (note.id, note.total);
    issue_all(tx, call, ids, &mut desk, &mut [note], &Channels::new())?;
    let by = Settling::new(SettlementKind::Payout, refund.id.as_bytes(), amount);
    settle(tx, call, ids, id, by)?;
    Ok(id)
}
