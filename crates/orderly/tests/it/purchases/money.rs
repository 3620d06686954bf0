//! Paying suppliers, sending goods back to them, and what they give back.

use orderly::Error;
use orderly::ops::purchases::{pay, rebates, returns};
use orderly::ops::suppliers;
use orderly_core::books::Account;
use orderly_core::purchase::vendor::VendorReturnState;
use orderly_core::refusal::Code;
use orderly_core::time::Day;
use orderly_store::tables::supplier_invoices::SupplierPayment;
use serde_json::{Value, json};

use super::{allowed, prove};
use crate::fixture::{Shop, read};
use crate::stock::code;

impl Shop {
    pub fn pay(&self, invoices: Value, credits: Value) -> Result<SupplierPayment, Error> {
        let new = json!({
            "supplier": "ACME", "reference": "RE", "invoices": invoices, "credits": credits,
        });
        pay::pay(&self.app, &self.call(), &read(new))
    }

    /// Buys, receives and is invoiced for nails at 1.00.
    fn owe(&self, number: &str, quantity: &str) {
        let order = self.purchase(json!([{ "sku": "NAIL", "quantity": quantity, "price": "1" }]));
        self.arrive(&order, json!([{ "line": 1, "quantity": quantity }])).unwrap();
        self.invoice(number, json!({ "purchase": order.number })).unwrap();
    }
}

#[test]
fn one_transfer_pays_several_invoices_and_parts_and_can_be_taken_back() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        shop.owe("R-1", "30");
        shop.owe("R-2", "50");
        let both = json!([{ "number": "R-1" }, { "number": "R-2", "amount": "20.00" }]);
        let payment = shop.pay(both, json!([])).unwrap();
        assert_eq!((payment.number.as_str(), payment.amount), ("SP1001", 5_000));
        let aged = |day: Option<Day>| suppliers::aged(&shop.app, &shop.call(), day).unwrap();
        let owed = aged(None);
        assert_eq!((owed[0].supplier.as_str(), owed[0].aged.current), ("ACME", 3_000));
        let late = shop.call().now.day_in("UTC").plus_days(100);
        assert_eq!((aged(Some(late))[0].aged.sum(), aged(Some(late))[0].aged.current), (3_000, 0));
        assert!(aged(Some(Day::parse("2020-01-01").unwrap())).is_empty());
        assert_eq!(shop.balance(Account::Bank), -5_000);
        assert_eq!(shop.balance(Account::Payables), -3_000);
        let rows = shop.rows();
        let above = || shop.pay(json!([{ "number": "R-2", "amount": "30.01" }]), json!([]));
        assert_eq!((code(above()), allowed(above())), (Code::AbovePayable, "30.00".into()));
        let paid = shop.pay(json!([{ "number": "R-1" }]), json!([]));
        assert_eq!(code(paid), Code::AbovePayable);
        assert_eq!(shop.rows(), rows);
        prove(&shop);
        pay::reverse(&shop.app, &shop.call(), "SP1001").unwrap();
        assert_eq!((shop.balance(Account::Bank), shop.balance(Account::Payables)), (0, -8_000));
        let twice = pay::reverse(&shop.app, &shop.call(), "SP1001");
        assert_eq!(code(twice), Code::NotReversible);
        let from = payment.paid_on;
        assert_eq!(pay::payments(&shop.app, &shop.call(), from).unwrap().len(), 1);
        prove(&shop);
    }
}

#[test]
fn goods_that_go_back_are_owed_until_they_are_credited_or_come_again() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        shop.owe("R-1", "30");
        let send = |quantity: &str| {
            let new = json!({
                "supplier": "ACME", "location": "depot", "reason": "rusty",
                "reference": "RMA 5", "lines": [{ "sku": "NAIL", "quantity": quantity }],
            });
            returns::send(&shop.app, &shop.call(), &read(new))
        };
        let before = shop.rows();
        assert_eq!(code(send("31")), Code::NotHeld);
        assert_eq!(shop.rows(), before);
        let sent = send("10").unwrap();
        assert_eq!(shop.balance(Account::VendorReturns), 1_000);
        assert_eq!(shop.level("NAIL", "depot").on_hand.get(), 20);

        let back: Vec<_> = vec![read(json!({ "line": 1, "quantity": "3" }))];
        returns::reject(&shop.app, &shop.call(), sent.id, &back).unwrap();
        assert_eq!(shop.level("NAIL", "depot").value, 2_300);
        let credit =
            |number: &str, quantity: &str, net: &str| {
                shop.invoice(number, json!({
                "kind": "credit_note",
                "lines": [{
                    "vendor_return": sent.number, "line": 1, "quantity": quantity, "net": net,
                }],
            }))
            };
        let above = || credit("G-1", "8", "8.00");
        assert_eq!((code(above()), allowed(above())), (Code::AboveOpen, "7".into()));
        credit("G-1", "7", "6.50").unwrap();
        assert_eq!(shop.balance(Account::VendorReturns), 0);
        assert_eq!(shop.balance(Account::PriceVariance), 50);
        assert_eq!(shop.balance(Account::Payables), -3_000 + 650);
        let found = returns::get(&shop.app, &shop.call(), &sent.number).unwrap();
        assert_eq!(found.state(), VendorReturnState::Settled);
        prove(&shop);

        let more =
            shop.pay(json!([{ "number": "R-1", "amount": "5.00" }]), json!([{ "number": "G-1" }]));
        assert_eq!(code(more), Code::AbovePayable);
        let part = [read(json!({ "number": "R-1", "amount": "2.50" }))];
        let used = pay::use_credit(&shop.app, &shop.call(), "ACME", "G-1", &part).unwrap();
        assert_eq!(used.open(), 400);
        let rest = shop.pay(json!([{ "number": "R-1" }]), json!([{ "number": "G-1" }])).unwrap();
        assert_eq!(rest.amount, 2_350);
        assert_eq!(shop.balance(Account::Payables), 0);
        prove(&shop);
    }
}

#[test]
fn a_rebate_accrues_line_by_line_and_is_settled_by_a_credit_note() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        let new = json!({
            "code": "BONUS", "name": "Bonus", "supplier": "ACME", "span": "quarter",
            "tiers": [{ "from": "0", "rate": "1" }, { "from": "100.00", "rate": "3" }],
            "starts_on": "2026-01-01",
        });
        let rebate = rebates::agree(&shop.app, &shop.call(), &read(new.clone())).unwrap();
        assert_eq!(code(rebates::agree(&shop.app, &shop.call(), &read(new))), Code::AlreadyExists);
        assert_eq!(rebate.tiers.len(), 2);
        shop.owe("R-1", "80");
        assert_eq!(shop.balance(Account::RebatesReceivable), 80);
        shop.owe("R-2", "40");
        assert_eq!(shop.balance(Account::RebatesReceivable), 360, "3 % of 120.00");
        assert_eq!(shop.balance(Account::RebatesEarned), -360);
        prove(&shop);
        let settle = |number: &str, amount: Option<&str>| {
            rebates::settle(&shop.app, &shop.call(), "BONUS", "2026-Q1", number, amount)
        };
        assert_eq!(allowed(settle("B-1", Some("3.61"))), "3.60");
        settle("B-1", Some("3.00")).unwrap();
        assert_eq!(shop.balance(Account::RebatesReceivable), 60);
        assert_eq!(shop.balance(Account::Payables), -12_000 + 300);
        let report = rebates::report(&shop.app, &shop.call(), Some("BONUS")).unwrap();
        let one = &report[0];
        assert_eq!((one.due, one.period.accrued, one.period.settled), (360, 360, 300));
        rebates::end(&shop.app, &shop.call(), "BONUS").unwrap();
        assert_eq!(code(rebates::end(&shop.app, &shop.call(), "BONUS")), Code::NothingToDo);
        shop.owe("R-3", "100");
        assert_eq!(shop.balance(Account::RebatesReceivable), 60);
        prove(&shop);
    }
}
