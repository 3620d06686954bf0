//! Documents of revenue, what they hold of orders, and what settles them, on both engines.

use orderly_core::id::*;
use orderly_core::invoice::{
    Effect, Invoice, InvoiceKind, InvoiceLine, SettlementKind, SettlementRow, TaxAmount,
};
use orderly_core::qty::Qty;
use orderly_store::tables::invoices::{self, Filter, Waiting};
use orderly_store::{StoreError, Tx};
use rust_decimal::Decimal;

use crate::TestDb;
use crate::returns::{ORDER, at, euro};

const LINE: LineId = LineId::from_bytes([9; 16]);

fn on_each(test: impl Fn(&mut Tx<'_>) -> Result<(), StoreError>) {
    for db in TestDb::each() {
        let store = orderly_store::Store::open(db.location()).unwrap();
        store.write(|tx| test(tx)).unwrap();
    }
}

fn line(number: u8, net: i64, effect: Effect) -> InvoiceLine {
    let tax = net / 5;
    let rate = Decimal::new(2, 1);
    InvoiceLine {
        id: InvoiceLineId::from_bytes([number; 16]),
        position: 1,
        order: Some(ORDER),
        order_line: Some(LINE),
        charge: None,
        delivery: None,
        location: None,
        credits: None,
        effect,
        sku: Some("NAIL".into()),
        description: "Nail".into(),
        qty: Qty::new(4).unwrap(),
        quantity: "4".into(),
        unit: "each".into(),
        price: "2.5".into(),
        net,
        tax,
        taxes: vec![TaxAmount {
            name: "VAT".into(),
            rate,
            included: false,
            base: net,
            amount: tax,
        }],
    }
}

fn invoice(number: u8, kind: InvoiceKind, line: InvoiceLine) -> Invoice {
    let day = at(0).day_in("UTC");
    Invoice {
        id: InvoiceId::from_bytes([number; 16]),
        legal_entity: LegalEntityId::from_bytes([1; 16]),
        series: "INV".into(),
        number: i64::from(number),
        kind,
        corrects: None,
        replaces: None,
        refund: None,
        order: Some(ORDER),
        channel: None,
        customer: Some(CustomerId::from_bytes([2; 16])),
        account: Some(AccountId::from_bytes([3; 16])),
        site: None,
        bill_to: None,
        reference: Some("PO 7".into()),
        reason: None,
        currency: euro(),
        net: line.net,
        tax: line.tax,
        total: line.net + line.tax,
        settled: 0,
        issued_at: at(i64::from(number)),
        issued_on: day,
        due_on: Some(day),
        version: 1,
        lines: vec![line],
    }
}

#[test]
fn a_document_is_numbered_once_and_found_by_what_it_is_about() {
    on_each(|tx| {
        let one = invoice(1, InvoiceKind::Receipt, line(1, 1_000, Effect::Invoiced));
        let same = Invoice { id: InvoiceId::from_bytes([8; 16]), ..one.clone() };
        assert_eq!(invoices::insert(tx, &[&one])?, 1);
        assert_eq!(invoices::insert(tx, &[&same])?, 0, "the number is taken");
        assert_eq!(invoices::get(tx, one.id, true)?.as_ref(), Some(&one));
        let stands = Invoice {
            replaces: Some(one.id),
            ..invoice(2, InvoiceKind::Invoice, line(2, 1_000, Effect::Invoiced))
        };
        assert_eq!(invoices::insert(tx, &[&stands])?, 1);
        let again = Invoice {
            replaces: Some(one.id),
            ..invoice(3, InvoiceKind::Invoice, line(3, 1_000, Effect::Invoiced))
        };
        assert_eq!(invoices::insert(tx, &[&again])?, 0, "one invoice stands for a receipt");
        assert_eq!(invoices::replacing(tx, one.id)?, Some(stands.id));
        assert_eq!(invoices::by_number(tx, "INV", 2)?, [stands.id]);
        assert_eq!(invoices::of_order(tx, ORDER)?, [one.id, stands.id]);
        let all = invoices::list(tx, &Filter::default(), None, 10)?;
        assert_eq!(all.iter().map(|one| one.id).collect::<Vec<_>>(), [stands.id, one.id]);
        let receipts = Filter { kind: Some(InvoiceKind::Receipt), open: true, ..Filter::default() };
        assert_eq!(invoices::list(tx, &receipts, None, 10)?.len(), 1);
        assert_eq!(invoices::heads(tx, &[one.id, stands.id])?.len(), 2);
        Ok(())
    });
}

#[test]
fn what_is_credited_is_known_by_line() {
    on_each(|tx| {
        let one = invoice(1, InvoiceKind::Invoice, line(1, 1_000, Effect::Invoiced));
        let back = InvoiceLine {
            credits: Some(one.lines[0].id),
            qty: Qty::new(1).unwrap(),
            ..line(2, 250, Effect::Undone)
        };
        let note = Invoice { corrects: Some(one.id), ..invoice(2, InvoiceKind::CreditNote, back) };
        assert_eq!(invoices::insert(tx, &[&one, &note])?, 2);
        assert_eq!(invoices::correcting(tx, one.id)?, [note.id]);
        for held in [invoices::held_of_invoice(tx, one.id)?, invoices::held_of_order(tx, ORDER)?] {
            assert_eq!(held.len(), 1);
            assert_eq!((held[0].left(), held[0].left_qty().get()), (900, 3));
        }
        let prior = invoices::prior(tx, &[ORDER])?;
        let [(own, billed)] = prior[&ORDER].as_slice() else { panic!("one line is billed") };
        assert_eq!((*own, billed.net, billed.tax()), (LINE, 750, 150));
        Ok(())
    });
}

#[test]
fn a_document_is_settled_up_to_its_total_and_never_below_nothing() {
    on_each(|tx| {
        let one = invoice(1, InvoiceKind::Invoice, line(1, 1_000, Effect::Invoiced));
        invoices::insert(tx, &[&one])?;
        assert!(invoices::settle(tx, one.id, 1_000)?);
        assert!(!invoices::settle(tx, one.id, 201)?, "200 are open");
        assert!(!invoices::settle(tx, one.id, -1_001)?, "1,000 are settled");
        let row = SettlementRow {
            source_kind: SettlementKind::Deposit,
            source: ORDER.as_bytes(),
            amount: 1_000,
            settled_at: at(3),
        };
        let id = SettlementId::from_bytes([4; 16]);
        assert_eq!(invoices::insert_settlements(tx, &[(id, one.id, row)])?, 1);
        assert_eq!(invoices::settlements(tx, one.id)?, [row]);
        assert_eq!(invoices::settled_by(tx, ORDER.as_bytes())?, [(one.id, 1_000)]);
        let kept = invoices::get(tx, one.id, false)?.unwrap();
        assert_eq!((kept.settled, kept.open(), kept.version), (1_000, 200, 2));
        Ok(())
    });
}

#[test]
fn orders_wait_for_the_collective_run_by_account() {
    on_each(|tx| {
        let wait = |order: OrderId, account: u8| {
            let account = Some(AccountId::from_bytes([account; 16]));
            Waiting { order, account, since: at(5) }
        };
        // The orders are of the table's own: it refers to them.
        let orders = crate::orders::some(tx, 3)?;
        let all = [wait(orders[0], 2), wait(orders[1], 1), wait(orders[2], 2)];
        assert_eq!(invoices::pending(tx, &all)?, 3);
        assert_eq!(invoices::pending(tx, &all[..1])?, 0, "it waits already");
        assert!(invoices::is_pending(tx, orders[0])?);
        let found = invoices::waiting(tx, None, at(6), None, 2)?;
        let ids: Vec<OrderId> = found.iter().map(|one| one.order).collect();
        assert_eq!(ids[0], orders[1], "by account first");
        let last = found.last().map(|one| (one.account, one.order));
        assert_eq!(invoices::waiting(tx, None, at(6), last, 2)?.len(), 1);
        assert!(invoices::waiting(tx, None, at(5), None, 9)?.is_empty(), "since later");
        let own = Some(AccountId::from_bytes([2; 16]));
        assert_eq!(invoices::waiting(tx, own, at(6), None, 9)?.len(), 2);
        assert_eq!(invoices::not_pending(tx, &orders[..2])?, 2);
        assert!(!invoices::is_pending(tx, orders[0])?);
        Ok(())
    });
}
