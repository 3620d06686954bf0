//! Suppliers' invoices: matched three ways, held, approved, booked.

use orderly::Error;
use orderly::ops::purchases::invoices;
use orderly::ops::settings;
use orderly_core::actor::{Actor, ActorKind, Grant, Permission};
use orderly_core::books::Account;
use orderly_core::books::rate::Rate;
use orderly_core::id::UserId;
use orderly_core::money::Currency;
use orderly_core::purchase::invoice::{Reason, SupplierInvoice, SupplierInvoiceState};
use orderly_core::refusal::Code;
use orderly_core::time::Day;
use orderly_store::tables::rates;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{allowed, prove};
use crate::fixture::{Shop, read};
use crate::stock::code;

impl Shop {
    pub fn invoice(&self, number: &str, more: Value) -> Result<SupplierInvoice, Error> {
        let mut new = json!({ "supplier": "ACME", "number": number, "invoiced_on": "2026-03-02" });
        for (key, value) in more.as_object().unwrap() {
            new[key] = value.clone();
        }
        invoices::enter(&self.app, &self.call(), &read(new))
    }
}

#[test]
fn an_invoice_that_matches_is_booked_at_once_with_its_tax() {
    for shop in Shop::each() {
        shop.supplier(json!({ "terms_days": 14 }));
        let order = shop.purchase(json!([{ "sku": "NAIL", "quantity": "100", "price": "0.5" }]));
        shop.arrive(&order, json!([{ "line": 1, "quantity": "60" }])).unwrap();
        let wrong = || shop.invoice("R-1", json!({ "purchase": "P1001", "total": "35.00" }));
        assert_eq!((code(wrong()), allowed(wrong())), (Code::MoneyInvalid, "30.00".into()));
        let whole = json!({ "purchase": "P1001", "tax": "6.00", "total": "36.00" });
        let booked = shop.invoice("R-1", whole.clone()).unwrap();
        assert_eq!(booked.state, SupplierInvoiceState::Posted);
        assert_eq!((booked.total, booked.due_on), (3_600, Day::parse("2026-03-16").unwrap()));
        assert_eq!(shop.balance(Account::GoodsReceivedNotInvoiced), 0);
        assert_eq!(shop.balance(Account::Tax), 600);
        assert_eq!(shop.balance(Account::Payables), -3_600);
        let rows = shop.rows();
        assert_eq!(code(shop.invoice("R-1", whole)), Code::NoLines, "nothing is left to invoice");
        let again = json!({ "lines": [{ "purchase": "P1001", "line": 1, "quantity": "1" }] });
        assert_eq!(code(shop.invoice("R-1", again)), Code::AlreadyExists);
        assert_eq!(shop.rows(), rows);
        prove(&shop);
    }
}

#[test]
fn what_did_not_come_is_held_until_it_comes_or_is_approved() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        let order = shop.purchase(json!([{ "sku": "NAIL", "quantity": "10", "price": "2" }]));
        shop.arrive(&order, json!([{ "line": 1, "quantity": "4" }])).unwrap();
        let lines = json!({ "lines": [{ "purchase": "P1001", "line": 1, "quantity": "10" }] });
        let held = shop.invoice("R-1", lines).unwrap();
        assert_eq!(held.state, SupplierInvoiceState::Held);
        let why = &held.reasons[0];
        assert_eq!((why.reason, why.expected.as_str()), (Reason::QuantityAboveReceived, "4"));
        assert_eq!(shop.balance(Account::Payables), 0, "a held invoice is not in the books");
        let still = invoices::rematch(&shop.app, &shop.call(), held.id).unwrap();
        assert_eq!(still.state, SupplierInvoiceState::Held);
        shop.arrive(&order, json!([{ "line": 1, "quantity": "6" }])).unwrap();
        let booked = invoices::rematch(&shop.app, &shop.call(), held.id).unwrap();
        assert_eq!(booked.state, SupplierInvoiceState::Posted);
        assert_eq!(shop.balance(Account::GoodsReceivedNotInvoiced), 0);
        assert_eq!(
            code(invoices::rematch(&shop.app, &shop.call(), held.id)),
            Code::InvalidTransition
        );
        prove(&shop);
    }
}

#[test]
fn an_approved_invoice_for_goods_to_come_is_made_up_for_when_they_come() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        let order = shop.purchase(json!([{ "sku": "NAIL", "quantity": "10", "price": "2" }]));
        shop.arrive(&order, json!([{ "line": 1, "quantity": "4" }])).unwrap();
        let lines = json!({ "lines": [{ "purchase": "P1001", "line": 1, "quantity": "10" }] });
        let held = shop.invoice("R-1", lines).unwrap();
        let approve = |call| invoices::approve(&shop.app, &call, held.id);
        assert_eq!(code(approve(shop.call())), Code::ReasonRequired);
        approve(shop.call().with_reason("paid in advance")).unwrap();
        assert_eq!(shop.balance(Account::GoodsReceivedNotInvoiced), 1_200);
        prove(&shop);
        shop.arrive(&order, json!([{ "line": 1, "quantity": "6" }])).unwrap();
        assert_eq!(shop.balance(Account::GoodsReceivedNotInvoiced), 0);
        prove(&shop);
    }
}

#[test]
fn a_dearer_invoice_is_held_beyond_the_tolerance_and_its_difference_is_an_expense() {
    for shop in Shop::each() {
        shop.supplier(json!({ "price_percent": "5" }));
        let order = shop.purchase(json!([{ "sku": "NAIL", "quantity": "100", "price": "1" }]));
        shop.arrive(&order, json!([{ "line": 1, "quantity": "100" }])).unwrap();
        let line = |quantity: &str, net: &str| {
            json!({ "lines": [
                { "purchase": "P1001", "line": 1, "quantity": quantity, "net": net },
            ] })
        };
        let fine = shop.invoice("R-1", line("50", "52.50")).unwrap();
        assert_eq!(fine.state, SupplierInvoiceState::Posted);
        assert_eq!(shop.balance(Account::PriceVariance), 250);
        let dear = shop.invoice("R-2", line("50", "52.51")).unwrap();
        assert_eq!(dear.reasons[0].reason, Reason::PriceAboveOrder);
        invoices::reject(&shop.app, &shop.call(), dear.id).unwrap();
        let cheap = shop.invoice("R-3", line("50", "45")).unwrap();
        assert_eq!(cheap.state, SupplierInvoiceState::Posted);
        assert_eq!(shop.balance(Account::PriceVariance), -250);
        assert_eq!(shop.balance(Account::GoodsReceivedNotInvoiced), 0);
        let all = invoices::list(&shop.app, &shop.call(), &Default::default()).unwrap();
        assert_eq!(all.len(), 1, "a limit of nothing is one");
        prove(&shop);
    }
}

#[test]
fn differences_and_freight_go_into_the_value_of_the_goods_where_that_is_agreed() {
    for shop in Shop::each() {
        shop.supplier(json!({ "variance": "stock", "price_percent": "50" }));
        let order = shop.purchase(json!([
            { "sku": "NAIL", "quantity": "10", "price": "1" },
            { "sku": "BOLT", "quantity": "10", "price": "3" },
        ]));
        let lines = json!([{ "line": 1, "quantity": "10" }, { "line": 2, "quantity": "10" }]);
        shop.arrive(&order, lines).unwrap();
        shop.adjust("depot", "NAIL", "-5").unwrap();
        let invoice = json!({
            "lines": [
                { "purchase": "P1001", "line": 1, "quantity": "10", "net": "12.00" },
                { "purchase": "P1001", "line": 2, "quantity": "10", "net": "30.00" },
            ],
            "charges": [{ "description": "Freight", "net": "4.20" }],
        });
        shop.invoice("R-1", invoice).unwrap();
        // Nails: 2.00 and 1.20 of the freight, half of them are gone; bolts: 3.00 of it.
        assert_eq!(shop.level("NAIL", "depot").value, 500 + 160);
        assert_eq!(shop.level("BOLT", "depot").value, 3_000 + 300);
        assert_eq!(shop.balance(Account::CostOfGoods), 160);
        assert_eq!(shop.balance(Account::PriceVariance), 0);
        assert_eq!(shop.balance(Account::Inventory), 660 + 3_300);
        prove(&shop);
    }
}

#[test]
fn nobody_approves_what_he_entered_above_the_limit() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        settings::set(&shop.app, &shop.call(), "purchases.approval_limit", "50.00").unwrap();
        let order = shop.purchase(json!([{ "sku": "NAIL", "quantity": "100", "price": "1" }]));
        let clerk = |number: u8| {
            let grant = |permission| Grant {
                permission,
                locations: Vec::new(),
                channels: Vec::new(),
                limit_minor: None,
            };
            let id = UserId::from_bytes([number; 16]);
            let grants = vec![grant(Permission::Purchase), grant(Permission::ApprovePurchase)];
            Actor { kind: ActorKind::User, id, all: false, grants }
        };
        let new = json!({
            "supplier": "ACME", "number": "R-1", "invoiced_on": "2026-03-02",
            "lines": [{ "purchase": order.number, "line": 1, "quantity": "100" }],
        });
        let held = invoices::enter(&shop.app, &shop.call_of(clerk(1)), &read(new)).unwrap();
        let approve = |actor: Actor| {
            let call = shop.call_of(actor).with_reason("they are on the yard");
            invoices::approve(&shop.app, &call, held.id)
        };
        assert_eq!(code(approve(clerk(1))), Code::ApprovalByRequester);
        let stranger = invoices::approve(&shop.app, &shop.stranger(), held.id);
        assert_eq!(stranger.unwrap_err().code(), "forbidden");
        let booked = approve(clerk(2)).unwrap();
        assert_eq!(booked.approved_by, Some(UserId::from_bytes([2; 16])));
        prove(&shop);
    }
}

#[test]
fn another_currency_needs_a_rate_and_never_takes_one() {
    for shop in Shop::each() {
        shop.supplier(json!({ "currency": "EUR" }));
        let order = shop.purchase(json!([{ "sku": "NAIL", "quantity": "10", "price": "10" }]));
        let lines = || json!([{ "line": 1, "quantity": "10" }]);
        let before = shop.rows();
        assert_eq!(code(shop.arrive(&order, lines())), Code::RateMissing);
        assert_eq!(shop.rows(), before);
        let day = |text: &str| Day::parse(text).unwrap();
        let rate = |on: &str, hundredths| Rate {
            currency: Currency::parse("EUR").unwrap(),
            into: Currency::parse("GBP").unwrap(),
            rate_on: day(on),
            rate: Decimal::new(hundredths, 2),
        };
        let all = [rate("2026-03-02", 85), rate("2026-03-01", 90)];
        shop.app.store.write(|tx| rates::set(tx, &all, shop.call().now)).unwrap();
        shop.arrive(&order, lines()).unwrap();
        assert_eq!(shop.balance(Account::Inventory), 8_500);
        let booked = shop
            .invoice("R-1", json!({ "purchase": "P1001", "invoiced_on": "2026-03-01" }))
            .unwrap();
        assert_eq!((booked.total, booked.booked), (10_000, 9_000));
        assert_eq!(shop.balance(Account::Payables), -9_000);
        assert_eq!(shop.balance(Account::PriceVariance), 500);
        assert_eq!(shop.balance(Account::GoodsReceivedNotInvoiced), 0);
        prove(&shop);
    }
}
