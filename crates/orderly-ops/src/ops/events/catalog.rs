//! Every type of event there is, with what it says.

use orderly_core::refusal::{Code, Refusal};
use orderly_core::webhook::matches;

/// A type of event and when it happens.
pub type Type = (&'static str, &'static str);

/// Every type, by subject. Types are added, never renamed.
pub const TYPES: &[Type] = &[
    ("account.changed", "What is said of a trade account was changed."),
    ("account.closed", "A trade account was closed."),
    ("account.contact_added", "A person was added to an account."),
    ("account.contact_changed", "A person of an account was changed."),
    ("account.created", "A trade account was opened."),
    ("account.held", "An account was stopped: nothing new is sold on it."),
    ("account.limit_set", "The credit limit of an account was set."),
    ("account.recounted", "What an account owes was counted anew."),
    ("account.released", "A stopped account was released."),
    ("account.reopened", "A closed account was opened again."),
    ("account.site_added", "A site was added to an account."),
    ("account.site_changed", "A site of an account was changed."),
    ("agreement.accepted", "The customer accepted an agreement."),
    ("agreement.closed", "An agreement was closed."),
    ("agreement.created", "An agreement was written."),
    ("agreement.declined", "The customer declined an agreement."),
    ("agreement.repriced", "The prices of an agreement's draft were looked up anew."),
    ("agreement.revised", "An agreement was revised."),
    ("agreement.sent", "A revision of an agreement was sent."),
    ("carrier_claim.opened", "A carrier is asked to pay for goods he lost."),
    ("carrier_claim.reopened", "What came of a claim was taken back."),
    ("carrier_claim.settled", "A carrier paid a claim, in part, in full or not at all."),
    ("carrier_claim.withdrawn", "A claim was withdrawn: its goods turned up."),
    ("count.canceled", "A stock count was canceled."),
    ("count.opened", "A stock count was opened."),
    ("count.posted", "The differences of a stock count were posted."),
    ("count.recorded", "Quantities of a stock count were recorded."),
    ("count.reversed", "The differences of a stock count were taken back."),
    ("fulfillment.handed_over", "Goods were handed over at the counter."),
    ("fulfillment.packed", "Picked goods were packed."),
    ("fulfillment.picked", "Goods were picked."),
    ("fulfillment.recalled", "Released work was called back from its location."),
    ("fulfillment.rejected", "A location rejected its work; the goods are sourced again."),
    ("fulfillment.released", "Work was released to its location."),
    ("fulfillment.taken_over", "Goods handed over at the counter were taken back."),
    ("fulfillment.unpacked", "Packed goods were unpacked."),
    ("fulfillment.unpicked", "Picked goods were put back."),
    ("invoice.issued", "An invoice, receipt or credit note was issued."),
    ("invoice.reopened", "Something that had paid a document was taken back."),
    ("invoice.settled", "Something paid a document, in part or in full."),
    ("load.canceled", "A load of an own vehicle was canceled."),
    ("load.departed", "A load left."),
    ("load.dropped", "Goods of a stop were delivered."),
    ("load.planned", "A load was planned."),
    ("load.returned", "A vehicle came back from its load."),
    ("load.stop_added", "A stop was added to a load."),
    ("load.stop_failed", "Goods of a stop could not be delivered."),
    ("load.stop_moved", "A stop was moved to another load."),
    ("load.stop_removed", "A stop was taken off a load."),
    ("load.undropped", "A delivery of a stop was undone: the goods are on the load again."),
    ("order.backorders_served", "Goods that came in were allocated to backorders."),
    ("order.brought_back_decided", "It was decided what becomes of goods that were brought back."),
    ("order.canceled", "An order, or some of it, was canceled."),
    ("order.cancellation_undone", "A cancellation was undone."),
    ("order.closed", "All of an order is done."),
    ("order.closed_short", "The rest of a line will not be delivered any more."),
    ("order.credited", "Something of an order was credited."),
    ("order.displaced", "Another order took goods that this one had been promised."),
    ("order.edited", "Addresses, days, quantities or lines of a placed order were changed."),
    ("order.extended", "An import added to the history of an order."),
    ("order.held", "A hold was placed: a permit is missing."),
    ("order.held_again", "A released hold was placed again."),
    ("order.hold_released", "A hold was released."),
    ("order.imported", "An order came in with history from another system."),
    ("order.invoiced", "Something of an order was invoiced."),
    ("order.item_named", "It was said which item a special order's line is."),
    ("order.line_closed_short", "The rest of a line was given up on the road."),
    ("order.paid", "What is paid of an order changed."),
    ("order.performance_undone", "A service that was performed was undone."),
    ("order.performed", "Services of an order were performed."),
    ("order.placed", "An order was placed."),
    ("order.reopened", "An order that was done was opened again."),
    ("order.return_approved", "What is returned of an order changed: a return was approved."),
    ("order.return_canceled", "What is returned of an order changed: a return was canceled."),
    ("order.return_closed", "What is returned of an order changed: a return is done."),
    (
        "order.return_extended",
        "What is returned of an order changed: a return got more history by an import.",
    ),
    (
        "order.return_imported",
        "What is returned of an order changed: a return came in with history.",
    ),
    ("order.return_inspected", "What is returned of an order changed: a return was inspected."),
    ("order.return_received", "What is returned of an order changed: a return came in."),
    ("order.return_refunded", "What is returned of an order changed: a return is refunded."),
    ("order.return_refused", "What is returned of an order changed: a return was refused."),
    ("order.return_reopened", "What is returned of an order changed: a return was opened again."),
    ("order.return_requested", "What is returned of an order changed: a return was announced."),
    (
        "order.return_taken_back",
        "What is returned of an order changed: a return was taken at the counter.",
    ),
    (
        "order.return_unrefunded",
        "What is returned of an order changed: a return is not refunded after all.",
    ),
    ("order.short_reopened", "A line that was closed short is open again."),
    ("order.sourced", "It was decided anew which locations serve an order."),
    ("order.supplied", "Goods ordered for this order came in."),
    ("order.supplier_shipment_undone", "A supplier's shipment to the customer was undone."),
    ("order.supplier_shipped", "A supplier shipped to the customer."),
    ("order.supply_undone", "A receipt of goods for this order was undone."),
    ("order.unpicked", "Picked goods were put back: a customer at the counter takes them."),
    ("order.unrefunded", "A refund that was taken into account failed or was canceled."),
    ("payment.allocated", "A payment was used for invoices."),
    ("payment.applied", "A payment was used for an order."),
    ("payment.authorized", "A payment was authorized."),
    ("payment.captured", "An authorized payment was captured."),
    ("payment.deallocated", "The use of a payment for invoices was undone."),
    ("payment.failed", "A payment that was under way failed."),
    ("payment.refunded", "Money of a payment was given back."),
    ("payment.settled", "A payment that was under way succeeded."),
    ("payment.taken", "Money was taken."),
    ("payment.unknown", "It is not known what became of a payment."),
    ("payment.voided", "An authorization was given up."),
    ("payment.withdrawn", "The use of a payment for an order was undone."),
    ("period.closed", "A period of the books was closed."),
    ("period.reopened", "A period of the books was opened again."),
    ("period.revalued", "What was open in other currencies was brought to the rates of the day."),
    ("price_list.price_removed", "A price was removed from a list."),
    ("price_list.prices_set", "Prices of a list were set."),
    ("price_list.set", "What is said of a price list was set."),
    ("purchase_order.canceled", "A purchase order was canceled."),
    ("purchase_order.closed", "A purchase order was closed."),
    ("purchase_order.confirmed", "A supplier confirmed a purchase order."),
    ("purchase_order.created", "A purchase order was written."),
    ("purchase_order.dispatch_undone", "A supplier's direct shipment was undone."),
    ("purchase_order.dispatched", "A supplier shipped to our customer."),
    ("purchase_order.invoiced", "A supplier's invoice for a purchase order was posted."),
    ("purchase_order.line_added", "A line was added to a purchase order."),
    ("purchase_order.receipt_undone", "A receipt for a purchase order was undone."),
    ("purchase_order.received", "Goods of a purchase order came in."),
    ("purchase_order.reopened", "A closed purchase order was opened again."),
    ("purchase_order.sent", "A purchase order was sent to its supplier."),
    ("quote.accepted", "The customer accepted a quote."),
    ("quote.closed", "A quote was closed."),
    ("quote.created", "A quote was written."),
    ("quote.declined", "The customer declined a quote."),
    ("quote.drawn", "An order drew on a quote or agreement, or gave back what it had drawn."),
    ("quote.repriced", "The prices of a quote's draft were looked up anew."),
    ("quote.revised", "A quote was revised."),
    ("quote.sent", "A revision of a quote was sent."),
    ("receipt.posted", "Goods were received into stock."),
    ("receipt.reversed", "A receipt of goods was undone."),
    ("return.approved", "A return was approved."),
    ("return.canceled", "A return was canceled."),
    ("return.closed", "A return is done."),
    ("return.extended", "An import added to the history of a return."),
    ("return.imported", "A return came in with history from another system."),
    ("return.inspected", "It was decided what becomes of returned goods."),
    ("return.received", "Returned goods came in."),
    ("return.refunded", "What is refunded of a return changed."),
    ("return.refused", "A return was refused."),
    ("return.reopened", "A return that was done was opened again."),
    ("return.requested", "A customer announced a return."),
    ("return.taken_back", "Goods were taken back at the counter."),
    ("return.unrefunded", "A refund of a return failed or was canceled."),
    ("shipment.brought_back", "A shipment came back to its location."),
    ("shipment.delivered", "A shipment arrived."),
    ("shipment.delivery_undone", "A delivery was undone: it had not arrived."),
    ("shipment.failed", "A shipment could not be delivered."),
    ("shipment.found", "A lost shipment was found."),
    ("shipment.lost", "A shipment was lost."),
    ("shipment.retried", "A shipment that failed is on its way again."),
    ("shipment.shipped", "Packed goods were handed to the carrier."),
    (
        "shipment.undropped",
        "A delivery by an own vehicle was undone: the goods are on their way again.",
    ),
    ("shipment.voided", "A shipment was undone: the goods never left."),
    ("stock.adjusted", "Stock was corrected, or a correction was undone."),
    ("supplier_invoice.held", "A supplier's invoice does not match what came."),
    ("supplier_invoice.posted", "A supplier's invoice or credit note was posted."),
    ("supplier_invoice.rejected", "A supplier's invoice was rejected."),
    ("till.closed", "A session of a till was closed."),
    ("till.counted", "The drawer was counted."),
    ("till.dropped", "Cash went from the drawer to the safe."),
    ("till.opened", "A session of a till was opened."),
    ("till.paid_in", "Cash was put into the drawer."),
    ("till.paid_out", "Cash was taken from the drawer for an expense."),
    ("till.refunded", "Cash was given back to a customer."),
    ("till.resumed", "A session that was being counted goes on."),
    ("till.sold", "Cash was taken from a customer."),
    ("transfer.canceled", "A transfer of goods was canceled."),
    ("transfer.displaced", "A customer takes goods that a transfer had claimed."),
    ("transfer.drafted", "A transfer of goods was planned."),
    ("transfer.receipt_undone", "A receipt of a transfer was undone."),
    ("transfer.received", "Goods of a transfer came in."),
    ("transfer.rest_canceled", "The rest of a transfer will not be sent."),
    ("transfer.shipped", "Goods left for another location."),
    ("vendor_return.rejected", "A supplier rejected goods that were sent back."),
    ("vendor_return.sent", "Goods were sent back to their supplier."),
    ("work_order.canceled", "A work order was canceled."),
    ("work_order.created", "A work order was written."),
    ("work_order.displaced", "A customer takes goods that a work order had claimed."),
    ("work_order.released", "A work order was released."),
    ("work_order.served", "Goods that came in were allocated to a work order."),
    ("work_order.undone", "A step of a work order was undone."),
    ("work_order.worked", "A work order was worked on."),
];

/// Whether there is such a type.
pub fn is_known(kind: &str) -> bool {
    TYPES.binary_search_by_key(&kind, |(known, _)| known).is_ok()
}

/// Checks that each pattern, such as `order.*` or `order.placed`, covers a type.
///
/// # Errors
/// `unknown_event_type`, with the types that are like it.
pub fn check(patterns: &[String]) -> Result<(), Refusal> {
    for (index, pattern) in patterns.iter().enumerate() {
        let whole = pattern.strip_suffix(".*").map_or(pattern.as_str(), |noun| noun);
        let formed = pattern == "*" || !whole.contains('*');
        if formed && TYPES.iter().any(|(kind, _)| matches(pattern, kind)) {
            continue;
        }
        let shown: String = pattern.chars().take(60).filter(|c| !c.is_control()).collect();
        let detail = format!("there is no type of event `{shown}`");
        let pointer = format!("/types/{index}");
        let noun = shown.split('.').next().unwrap_or_default();
        let like: Vec<&str> =
            TYPES.iter().map(|(kind, _)| *kind).filter(|kind| kind.starts_with(noun)).collect();
        let refusal = Refusal::at(Code::UnknownEventType, pointer, detail);
        return Err(refusal.allowed(like.join(", ")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_sorted_and_each_is_there_once() {
        assert!(TYPES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(
            TYPES.iter().all(|(kind, what)| kind.split('.').count() == 2 && what.ends_with('.'))
        );
    }

    #[test]
    fn a_pattern_covers_a_type_or_is_refused_with_its_like() {
        assert!(check(&["order.*".into(), "*".into(), "order.placed".into()]).is_ok());
        for bad in ["order", "order.pla*", "nothing.*", "", "orders.placed", "*.placed"] {
            let refusal = check(&[bad.to_owned()]).unwrap_err();
            assert_eq!(refusal.code(), Code::UnknownEventType, "{bad}");
        }
        let refusal = check(&["order.payed".into()]).unwrap_err();
        assert!(refusal.issues[0].allowed.as_deref().unwrap().contains("order.paid"));
    }
}
