//! What is invoiced sums to what is owed, in any partition; what is credited never exceeds it.

use orderly_core::id::*;
use orderly_core::invoice::credit::{Credited, Held, Part, correct};
use orderly_core::invoice::{Effect, Invoice, InvoiceKind, InvoiceLine, parse_name, post};
use orderly_core::order::invoicing::{Billed, Prior, due, is_complete, write};
use orderly_core::order::recognition::{delivered, recognized};
use orderly_core::order::{Invoicing, Order, Rounding, price};
use orderly_core::refusal::Code;
use proptest::prelude::*;

use crate::sample::*;

/// Adds the lines of a document to what documents hold.
fn bill(prior: &mut Prior, lines: &[InvoiceLine]) {
    for line in lines {
        let Some(id) = line.order_line else { continue };
        if !prior.iter().any(|(own, _)| *own == id) {
            prior.push((id, Billed::default()));
        }
        let own = prior.iter_mut().find(|(own, _)| *own == id).unwrap();
        own.1.add(line, if line.effect == Effect::Invoiced { 1 } else { -1 });
    }
}

/// Invoices what is due and returns the lines.
fn invoice(order: &mut Order, prior: &mut Prior) -> Vec<InvoiceLine> {
    let parts = due(order);
    let mut lines = write(order, &parts, prior, 1, &mut ids(parts.len() as u64 + 7)).unwrap();
    lines.iter_mut().for_each(|line| line.order = Some(order.id));
    bill(prior, &lines);
    lines
}

fn held(lines: &[InvoiceLine]) -> Vec<Held> {
    let one = |line: &InvoiceLine| Held {
        invoice: InvoiceId::from_bytes([1; 16]),
        line: line.clone(),
        credited: Credited::default(),
    };
    lines.iter().map(one).collect()
}

fn sum(lines: &[InvoiceLine]) -> i64 {
    lines.iter().map(InvoiceLine::total).sum()
}

#[test]
fn nothing_is_due_before_goods_leave_and_charges_go_with_the_first() {
    let lines = vec![line(1, 3, "3.33", vec![tax("0.2", false)])];
    let order = order("GBP", Rounding::Line, lines, vec![charge(495, vec![tax("0.2", true)])]);
    let mut order = paid(order, &[]);
    order.head.invoicing = Invoicing::PerDelivery;
    assert!(due(&order).is_empty());
    let id = order.lines[0].id;
    cancel(&mut order, id, 1);
    ship(&mut order, id, 2, 101, true);
    let mut prior = Prior::new();
    let lines = invoice(&mut order, &mut prior);
    assert_eq!(lines.len(), 2, "the charge goes along");
    assert_eq!(sum(&lines), price::payable(&order));
    assert!(due(&order).is_empty());
    assert!(is_complete(&order));
    assert_eq!(recognized(&order), [(LocationId::from_bytes([1; 16]), 101)]);
    assert_eq!(delivered(&order), 101);
}

#[test]
fn a_sale_at_once_is_invoiced_when_it_is_paid() {
    let lines = vec![line(1, 3, "3.33", vec![])];
    let mut order = order("GBP", Rounding::Line, lines, vec![]);
    price::total(&mut order, &[]).unwrap();
    order.head.invoicing = Invoicing::PerSale;
    assert!(due(&order).is_empty(), "neither paid nor handed over");
    let mut order = paid(order, &[]);
    let lines = invoice(&mut order, &mut Prior::new());
    assert_eq!(sum(&lines), 999);
    assert_eq!(recognized(&order), [], "nothing left yet");
}

#[test]
fn a_correction_stays_within_what_is_invoiced() {
    let lines = vec![line(1, 3, "3.33", vec![tax("0.2", true)])];
    let mut order = paid(order("GBP", Rounding::Line, lines, vec![]), &[]);
    let id = order.lines[0].id;
    ship(&mut order, id, 3, 100, true);
    let mut prior = Prior::new();
    let lines = invoice(&mut order, &mut prior);
    let all = held(&lines);
    let code = |part| {
        let mut orders = [order.clone()];
        let refused = correct(&mut orders, &all, &[(lines[0].id, part)], &mut ids(3)).unwrap_err();
        (refused.code(), refused.issues[0].allowed.clone())
    };
    assert_eq!(code(Part::Quantity(qty(4))), (Code::AboveInvoiced, Some("3".into())));
    assert_eq!(code(Part::Amount(1_000)), (Code::AboveInvoiced, Some("9.99 GBP".into())));
    assert_eq!(code(Part::Amount(0)).0, Code::MoneyInvalid);
    assert_eq!(code(Part::Quantity(qty(0))).0, Code::QuantityZero);
    let mut orders = [order.clone()];
    let allowed =
        correct(&mut orders, &all, &[(lines[0].id, Part::Amount(100))], &mut ids(3)).unwrap();
    assert_eq!((sum(&allowed), allowed[0].tax), (100, 17));
    assert_eq!(orders[0], order, "the goods stay invoiced");
    let undone = correct(&mut orders, &all, &[(lines[0].id, Part::All)], &mut ids(3)).unwrap();
    assert_eq!(sum(&undone), 999);
    assert!(orders[0].lines[0].quantities.invoiced.is_zero());
    bill(&mut prior, &undone);
    assert_eq!(invoice(&mut orders[0], &mut prior)[0].net, lines[0].net, "invoiced again");
}

#[test]
fn a_document_is_known_by_its_series_and_number() {
    assert_eq!(orderly_core::invoice::name("INV-2026", 41), "INV-2026-000041");
    assert_eq!(parse_name("INV-2026-000041"), Some(("INV-2026", 41)));
    assert_eq!(parse_name("INV"), None);
    assert_eq!(parse_name("INV-0"), None);
    assert_eq!(post::kind_of(InvoiceKind::Receipt).code(), "receipt");
    let _ = Invoice::broken;
}

proptest! {
    /// Shipments in any partition, with cancellations of the rest and undone invoices between
    /// them, are invoiced to exactly what is owed under both rounding policies.
    #[test]
    fn documents_sum_to_what_is_owed(
        prices in proptest::collection::vec((1_i64..2_000, 1_i64..12), 1..4),
        rates in (0_usize..3, any::<bool>(), any::<bool>()),
        document in any::<bool>(),
        steps in proptest::collection::vec((0_usize..4, 1_i64..6, 0_u8..4), 1..12),
    ) {
        let rate = ["0.07", "0.19", "0.2"][rates.0];
        let mut taxes = vec![tax(rate, rates.1)];
        if rates.2 {
            taxes.push(tax("0.013", rates.1));
        }
        let lines = prices.iter().zip(1_u8..).map(|((price, ordered), position)| {
            line(position, *ordered, &format!("{}.{:02}", price / 100, price % 100), taxes.clone())
        });
        let rounding = if document { Rounding::Document } else { Rounding::Line };
        let charges = vec![charge(333, taxes.clone())];
        let mut order = paid(order("EUR", rounding, lines.collect(), charges), &[("D".into(), 1)]);
        let mut prior = Prior::new();
        let mut documents = 0;
        for (index, count, action) in steps {
            let index = index % order.lines.len();
            let id = order.lines[index].id;
            let open = order.lines[index].quantities.unallocated.get();
            let count = count.min(open);
            match action {
                0 if count > 0 => cancel(&mut order, id, count),
                1 => {
                    let lines = invoice(&mut order, &mut prior);
                    documents += sum(&lines);
                    let taxed = |line: &InvoiceLine| {
                        line.taxes.iter().map(|tax| tax.amount).sum::<i64>() == line.tax
                    };
                    prop_assert!(lines.iter().all(taxed));
                }
                2 => {
                    let mut lines = invoice(&mut order, &mut prior);
                    documents += sum(&lines);
                    lines.retain(|line| line.order_line.is_some());
                    if let Some(first) = lines.first() {
                        let mut orders = [order.clone()];
                        let part = [(first.id, Part::All)];
                        let undone = correct(&mut orders, &held(&lines), &part, &mut ids(5));
                        let undone = undone.unwrap();
                        documents -= sum(&undone);
                        bill(&mut prior, &undone);
                        [order] = orders;
                    }
                }
                _ if count > 0 => {
                    ship(&mut order, id, count, 7 * count, true);
                }
                _ => {}
            }
        }
        for index in 0..order.lines.len() {
            let (id, open) = (order.lines[index].id, order.lines[index].quantities.unallocated);
            if !open.is_zero() {
                ship(&mut order, id, open.get(), 11, true);
            }
        }
        documents += sum(&invoice(&mut order, &mut prior));
        let shipped = order.lines.iter().any(|line| !line.quantities.shipped.is_zero());
        prop_assume!(shipped);
        prop_assert_eq!(documents, price::payable(&order));
        let costs: i64 = recognized(&order).iter().map(|(_, amount)| amount).sum();
        prop_assert_eq!(costs, delivered(&order), "all that is invoiced is a cost");
    }
}
