//! Customers' rebates: they accrue with invoices, go back with credit notes, and are given.

use orderly::ops::invoices::{self, Part, credit, run};
use orderly::ops::purchases::rebates;
use orderly_core::books::Account;
use orderly_core::invoice::{Invoice, InvoiceKind};
use orderly_core::qty::Qty;
use orderly_core::refusal::Code;
use serde_json::{Value, json};

use super::{clean, for_account, on_account, sent};
use crate::fixture::{Shop, read};
use crate::sold::{allowed, code};

fn agree(shop: &Shop, more: Value) -> Result<(), orderly::Error> {
    let mut new = json!({
        "code": "LOYAL", "name": "Loyalty", "account": "T1", "span": "year",
        "tiers": [{ "from": "0", "rate": "2" }, { "from": "10.00", "rate": "5" }],
        "starts_on": "2026-01-01",
    });
    for (key, value) in more.as_object().unwrap() {
        new[key] = value.clone();
    }
    rebates::agree(&shop.app, &shop.call(), &read(new)).map(drop)
}

fn invoiced(shop: &Shop, quantity: &str) -> Invoice {
    sent(shop, &for_account(shop, "T1", quantity));
    let call = shop.call();
    assert_eq!(run(&shop.app, &call, None, call.now).unwrap().invoices, 1);
    let all =
        invoices::list(&shop.app, &shop.call(), &invoices::Filter::default(), None, 1).unwrap();
    invoices::get(&shop.app, all[0].id).unwrap().unwrap()
}

fn payable(shop: &Shop) -> (i64, i64) {
    (shop.balance(Account::RebatesGranted), shop.balance(Account::RebatesPayable))
}

#[test]
fn a_customer_s_rebate_accrues_goes_back_and_is_given_by_a_credit_note() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "1000", "0.0333");
        on_account(&shop, "T1");
        agree(&shop, json!({})).unwrap();
        let first = invoiced(&shop, "80");
        assert_eq!(payable(&shop), (16, -16), "2 % of 8.00 net");
        invoiced(&shop, "40");
        assert_eq!(payable(&shop), (60, -60), "5 % of 12.00");
        clean(&shop);
        let call = shop.call().with_reason("rusty");
        let back = Part::Quantity(Qty::new(30).unwrap());
        credit(&shop.app, &call, first.id, &[(first.lines[0].id, back)]).unwrap();
        assert_eq!(payable(&shop), (18, -18), "2 % of 9.00: the tier is lost");
        clean(&shop);
        let give =
            |amount: Option<&str>| rebates::give(&shop.app, &shop.call(), "LOYAL", "2026", amount);
        let rows = shop.rows();
        assert_eq!(
            (code(give(Some("0.19"))), allowed(give(Some("0.19")))),
            (Code::AboveOpen, "0.18".to_owned())
        );
        let theirs = rebates::settle(&shop.app, &shop.call(), "LOYAL", "2026", "X", None).map(drop);
        assert_eq!(code(theirs), Code::InvalidTransition);
        assert_eq!(shop.rows(), rows);
        let revenue = shop.balance(Account::Revenue);
        let note = give(Some("0.15")).unwrap();
        assert_eq!((note.kind, note.net, note.tax), (InvoiceKind::CreditNote, 15, 3));
        assert_eq!((note.open(), note.account), (18, first.account));
        assert_eq!(payable(&shop), (18, -3));
        assert_eq!(shop.balance(Account::Revenue), revenue, "what was set aside bears it");
        let shown = rebates::report(&shop.app, &shop.call(), Some("LOYAL")).unwrap();
        let one = &shown[0];
        assert_eq!((one.due, one.period.accrued, one.period.settled), (18, 18, 15));
        assert_eq!((one.period.turnover.base, one.period.turnover.qty), (900, 90));
        clean(&shop);
        give(None).unwrap();
        assert_eq!(code(give(None)), Code::AboveOpen);
        assert_eq!(payable(&shop), (18, 0));
        clean(&shop);
    }
}

#[test]
fn what_is_taken_back_after_it_was_given_comes_off_the_next_period() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "1000", "0.0333");
        on_account(&shop, "T1");
        let item = json!({ "sku": "NAIL", "basis": "unit", "span": "month",
            "tiers": [{ "from": "0", "rate": "0.01" }] });
        agree(&shop, item).unwrap();
        let first = invoiced(&shop, "100");
        assert_eq!(payable(&shop), (100, -100));
        let give = |period: &str| rebates::give(&shop.app, &shop.call(), "LOYAL", period, None);
        give("2026-03").unwrap();
        rebates::end(&shop.app, &shop.call(), "LOYAL").unwrap();
        let call = shop.call().with_reason("wrong address");
        credit(&shop.app, &call, first.id, &[]).unwrap();
        assert_eq!(payable(&shop), (0, 100), "he owes us what he got for nothing");
        assert_eq!(code(give("2026-03")), Code::AboveOpen);
        clean(&shop);
    }
}

#[test]
fn only_goods_of_the_account_and_of_its_item_earn() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "1000", "0.0333");
        on_account(&shop, "T1");
        agree(&shop, json!({ "sku": "PAINT" })).unwrap();
        agree(&shop, json!({ "code": "LATER", "starts_on": "2031-01-01" })).unwrap();
        invoiced(&shop, "100");
        assert_eq!(payable(&shop), (0, 0));
        assert_eq!(code(agree(&shop, json!({ "account": "T9" }))), Code::UnknownAccount);
        clean(&shop);
    }
}
