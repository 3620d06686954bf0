//! Invoices, receipts and credit notes, on both engines: what posts, what settles, what is refused.

mod races;
mod rebates;

use orderly::ops::accounts::{self, NewAccount};
use orderly::ops::fulfillments::cancel::cancel;
use orderly::ops::fulfillments::close::close;
use orderly::ops::fulfillments::shipments::{Shipping, deliver, ship, void};
use orderly::ops::fulfillments::{hand_over, pack, pick, release};
use orderly::ops::invoices::{
    self, Filter, Part, Settling, credit, issue, policy, print, run, settle, to_invoice,
};
use orderly::ops::orders::place::place;
use orderly::ops::payments::{self, PaymentIn};
use orderly_core::books::Account;
use orderly_core::id::{OrderId, PartyId};
use orderly_core::invoice::{Invoice, InvoiceKind, SettlementKind};
use orderly_core::order::cancel::Cancel;
use orderly_core::order::{Invoicing, Order};
use orderly_core::party::NewParty;
use orderly_core::qty::Qty;
use orderly_core::refusal::Code;
use orderly_docs::Paper;
use serde_json::json;

use crate::fixture::{Shop, read};
use crate::sold::{allowed, code};

fn clean(shop: &Shop) {
    let report = orderly::verify::run(&shop.app, &orderly::verify::Options::default()).unwrap();
    assert!(report.clean, "{report}");
}

/// An order of the web for nails at 0.10 with 20 % tax added and 4.95 for shipping.
pub(crate) fn ordered(shop: &Shop, quantity: &str) -> Order {
    let new = read(json!({
        "channel": "web",
        "customer": { "email": "ann@example.com", "name": "Ann Field" },
        "lines": [{ "sku": "NAIL", "quantity": quantity,
            "tax": [{ "name": "VAT", "rate": "0.2", "included": false }] }],
        "charges": [{ "kind": "shipping", "amount": "4.95" }],
    }));
    place(&shop.app, &shop.call(), &new).unwrap()
}

pub(crate) fn pay(shop: &Shop, order: &Order) {
    let new = PaymentIn { order: Some(order.id), method: "card".into(), ..PaymentIn::default() };
    payments::take(&shop.app, &shop.call(), &new).unwrap();
}

/// Sends everything of an order.
pub(crate) fn sent(shop: &Shop, order: &Order) -> Order {
    let of = (order.id, order.fulfillments[0].id);
    release(&shop.app, &shop.call(), of).unwrap();
    pick(&shop.app, &shop.call(), of, &[]).unwrap();
    pack(&shop.app, &shop.call(), of, &[]).unwrap();
    ship(&shop.app, &shop.call(), of, &Shipping::default()).unwrap()
}

fn stored(shop: &Shop, id: OrderId) -> Order {
    orderly::ops::orders::get(&shop.app, id).unwrap().unwrap()
}

pub(crate) fn documents(shop: &Shop) -> Vec<Invoice> {
    let all = invoices::list(&shop.app, &shop.call(), &Filter::default(), None, 100).unwrap();
    let whole = |one: &Invoice| invoices::get(&shop.app, one.id).unwrap().unwrap();
    all.iter().rev().map(whole).collect()
}

#[test]
fn a_delivery_is_invoiced_by_its_task_and_settled_by_the_order_s_money() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "100", "0.0333");
        let order = ordered(&shop, "30");
        pay(&shop, &order);
        sent(&shop, &order);
        assert_eq!(shop.booked(Account::DeliveredNotInvoiced), 100);
        assert_eq!(shop.booked(Account::Revenue), 0, "nothing is invoiced yet");
        assert_eq!(shop.work().failed, 0);
        let [invoice] = documents(&shop).try_into().unwrap();
        assert_eq!(invoice.name(), "INV-000001");
        assert_eq!((invoice.net, invoice.tax, invoice.total), (795, 60, 855));
        assert_eq!(invoice.open(), 0, "the deposit settles it");
        assert_eq!(shop.booked(Account::Revenue), -795);
        assert_eq!(shop.booked(Account::Tax), -60);
        assert_eq!(shop.booked(Account::Receivables), 0);
        assert_eq!(shop.booked(Account::CustomerDeposits), 0);
        assert_eq!(shop.booked(Account::CostOfGoods), 100);
        assert_eq!(shop.booked(Account::DeliveredNotInvoiced), 0);
        let order = stored(&shop, order.id);
        assert_eq!((order.head.paid.used, order.head.paid.unused()), (855, 0));
        assert_eq!(shop.work().done, 0, "once");
        assert_eq!(code(issue(&shop.app, &shop.call(), order.id)), Code::NothingToDo);
        clean(&shop);
    }
}

#[test]
fn an_invoiced_order_refuses_what_would_break_it_until_it_is_credited() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "100", "0.0333");
        let order = sent(&shop, &ordered(&shop, "30"));
        shop.work();
        let order = stored(&shop, order.id);
        let shipment = order.shipments[0].id;
        let undo = void(&shop.app, &shop.call(), (order.id, shipment));
        assert_eq!(code(undo), Code::NotReversible);
        let undo = void(&shop.app, &shop.call(), (order.id, shipment));
        assert_eq!(allowed(undo), "credit");
        assert_eq!(stored(&shop, order.id), order, "nothing changed");
        let [invoice] = documents(&shop).try_into().unwrap();
        let without = credit(&shop.app, &shop.call(), invoice.id, &[]);
        assert_eq!(code(without), Code::ReasonRequired);
        let call = shop.call().with_reason("wrong address");
        let note = credit(&shop.app, &call, invoice.id, &[]).unwrap();
        assert_eq!((note.kind, note.name().as_str()), (InvoiceKind::CreditNote, "CN-000001"));
        assert_eq!(note.total, invoice.total);
        assert_eq!(note.open(), 0, "it settles its invoice");
        assert_eq!(invoices::get(&shop.app, invoice.id).unwrap().unwrap().open(), 0);
        for account in [Account::Revenue, Account::Tax, Account::Receivables, Account::CostOfGoods]
        {
            assert_eq!(shop.booked(account), 0, "{account:?}");
        }
        void(&shop.app, &shop.call(), (order.id, shipment)).unwrap();
        let call = shop.call().with_reason("again");
        assert_eq!(code(credit(&shop.app, &call, invoice.id, &[])), Code::NothingToDo);
        clean(&shop);
    }
}

#[test]
fn a_correction_is_never_above_what_was_invoiced() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "100", "0.0333");
        let order = sent(&shop, &ordered(&shop, "30"));
        let invoice = issue(&shop.app, &shop.call(), order.id).unwrap();
        let line = invoice.lines[0].id;
        let ask = |part| {
            let call = shop.call().with_reason("too dear");
            credit(&shop.app, &call, invoice.id, &[(line, part)])
        };
        let qty = |base| Part::Quantity(Qty::new(base).unwrap());
        assert_eq!(code(ask(qty(31))), Code::AboveInvoiced);
        assert_eq!(allowed(ask(Part::Amount(361))), "3.60 GBP");
        let note = ask(Part::Amount(60)).unwrap();
        assert_eq!((note.net, note.tax), (50, 10));
        assert_eq!(stored(&shop, order.id).lines[0].quantities.invoiced.get(), 30);
        assert_eq!(allowed(ask(Part::Amount(301))), "3.00 GBP");
        ask(qty(10)).unwrap();
        assert_eq!(stored(&shop, order.id).lines[0].quantities.invoiced.get(), 20);
        let again = issue(&shop.app, &shop.call(), order.id).unwrap();
        assert_eq!(again.lines[0].qty.get(), 10, "what was taken back is due again");
        clean(&shop);
    }
}

#[test]
fn a_till_gives_a_receipt_with_the_goods_and_once_an_invoice_for_it() {
    for shop in Shop::each() {
        shop.worth("PAINT", "leeds", 20, 2_000);
        let order = shop.ordered(&[("PAINT", "2")]);
        let of = (order.id, order.fulfillments[0].id);
        hand_over(&shop.app, &shop.call(), of, &[]).unwrap();
        let [receipt] = documents(&shop).try_into().unwrap();
        assert_eq!((receipt.kind, receipt.name().as_str()), (InvoiceKind::Receipt, "RCT-000001"));
        assert_eq!(receipt.total, order.head.totals.total);
        shop.paid(&order);
        let receipt = invoices::get(&shop.app, receipt.id).unwrap().unwrap();
        assert_eq!(receipt.open(), 0, "the till's money settles it");
        let revenue = shop.booked(Account::Revenue);
        let invoice = to_invoice(&shop.app, &shop.call(), receipt.id, None).unwrap();
        assert_eq!((invoice.kind, invoice.replaces), (InvoiceKind::Invoice, Some(receipt.id)));
        assert_eq!((invoice.total, invoice.open()), (receipt.total, 0));
        assert_eq!(shop.booked(Account::Revenue), revenue, "nothing posts twice");
        let again = to_invoice(&shop.app, &shop.call(), receipt.id, None);
        assert_eq!(code(again), Code::AlreadyExists);
        let again = to_invoice(&shop.app, &shop.call(), receipt.id, None);
        assert_eq!(allowed(again), invoice.name());
        let call = shop.call().with_reason("returned");
        assert_eq!(code(credit(&shop.app, &call, receipt.id, &[])), Code::InvalidField);
        let no = to_invoice(
            &shop.app,
            &shop.call(),
            invoice.id,
            Some((order.head.customer.unwrap(), PartyId::NONE)),
        );
        assert_eq!(code(no), Code::InvalidField);
        shop.verified(order.id);
    }
}

pub(crate) fn on_account(shop: &Shop, number: &str) {
    let new = NewAccount {
        number: number.into(),
        name: "Field & Sons".into(),
        party: NewParty { name: "Field & Sons".into(), ..NewParty::default() },
        terms_days: 30,
        limit: Some("10000".into()),
        ..NewAccount::default()
    };
    accounts::create_account(&shop.app, &shop.call(), &new).unwrap();
    let of = policy::Of { account: Some(number.into()), channel: None };
    policy::set(&shop.app, &shop.call(), &of, Invoicing::Collective).unwrap();
}

pub(crate) fn for_account(shop: &Shop, number: &str, quantity: &str) -> Order {
    let new = read(json!({
        "channel": "web", "account": number, "settlement": "account",
        "lines": [{ "sku": "NAIL", "quantity": quantity,
            "tax": [{ "name": "VAT", "rate": "0.2", "included": false }] }],
    }));
    place(&shop.app, &shop.call(), &new).unwrap()
}

#[test]
fn deliveries_of_an_account_are_collected_on_one_invoice() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "1000", "0.0333");
        on_account(&shop, "T1");
        on_account(&shop, "T2");
        let orders: Vec<Order> = [("T1", "10"), ("T1", "20"), ("T2", "5")]
            .iter()
            .map(|(account, quantity)| sent(&shop, &for_account(&shop, account, quantity)))
            .collect();
        shop.work();
        assert!(documents(&shop).is_empty(), "they wait for the run");
        let first = &orders[0];
        deliver(&shop.app, &shop.call(), (first.id, first.shipments[0].id), &[]).unwrap();
        let early = close(&shop.app, &shop.call(), first.id);
        assert_eq!(code(early), Code::InvalidTransition, "it waits for its invoice");
        let call = shop.call();
        let ran = run(&shop.app, &call, None, call.now).unwrap();
        assert_eq!((ran.orders, ran.invoices), (3, 2));
        let ran = run(&shop.app, &shop.call(), None, shop.call().now).unwrap();
        assert_eq!((ran.orders, ran.invoices), (0, 0), "nothing twice");
        let all = documents(&shop);
        let totals: Vec<i64> = all.iter().map(|one| one.total).collect();
        assert_eq!(totals.iter().sum::<i64>(), 420);
        let big = all.iter().find(|one| one.total == 360).unwrap();
        assert_eq!(big.lines.len(), 2);
        assert_eq!(big.due_on.unwrap(), big.issued_on.plus_days(30));
        close(&shop.app, &shop.call(), first.id).unwrap();
        settled_by_hand(&shop, big);
        clean(&shop);
    }
}

/// Settles an invoice by what would be an application of a payment, up to what is open.
fn settled_by_hand(shop: &Shop, invoice: &Invoice) {
    let call = shop.call();
    let by = |amount| Settling::new(SettlementKind::WriteOff, [7; 16], amount);
    let settle = |amount| {
        shop.app.store.write(|tx| {
            settle(
                tx,
                &call,
                &mut orderly::ops::orders::ids_after_audit(&call),
                invoice.id,
                by(amount),
            )
        })
    };
    assert_eq!(code(settle(361)), Code::AboveOpen);
    assert_eq!(allowed(settle(361)), "3.60 GBP");
    settle(360).unwrap();
    assert_eq!(shop.booked(Account::BadDebt), 360);
}

#[test]
fn a_sale_at_once_is_invoiced_when_it_is_paid_and_then_not_canceled() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "100", "0.0333");
        let of = policy::Of { channel: Some("web".into()), account: None };
        policy::set(&shop.app, &shop.call(), &of, Invoicing::PerSale).unwrap();
        let order = ordered(&shop, "30");
        shop.work();
        assert!(documents(&shop).is_empty(), "neither paid nor handed over");
        pay(&shop, &order);
        shop.work();
        assert_eq!(documents(&shop).len(), 1);
        assert_eq!(shop.booked(Account::CostOfGoods), 0, "the goods are still here");
        let call = shop.call().with_reason("no longer wanted");
        let gone = cancel(&shop.app, &call, order.id, &Cancel::Order);
        assert_eq!(code(gone), Code::NotReversible);
        sent(&shop, &order);
        assert_eq!(shop.booked(Account::CostOfGoods), 100);
        clean(&shop);
    }
}

#[test]
fn a_document_prints_what_it_says() {
    let shop = Shop::each().remove(0);
    shop.buy("depot", "NAIL", "100", "0.0333");
    let order = sent(&shop, &ordered(&shop, "30"));
    let invoice = issue(&shop.app, &shop.call(), order.id).unwrap();
    let document = print(&shop.app, &shop.call(), invoice.id, Paper::A4).unwrap();
    assert_eq!(document.number, "INV-000001");
    assert_eq!(document.lines.len(), 2);
    assert!(document.sums.iter().any(|sum| sum.label == "To pay" && sum.value == "8.55 GBP"));
    assert!(document.to_pdf().unwrap().starts_with(b"%PDF-1.7"));
}
