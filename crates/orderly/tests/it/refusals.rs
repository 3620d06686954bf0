//! Bad input, one case each: the code and its status, the figure that is told, and that not one
//! row of any table is another but the key's answer and the audit.

use orderly::ops::bank::{self, BankAccountIn, MatchIn};
use orderly::ops::books::periods;
use orderly::ops::books::rates::{RateIn, set_rates};
use orderly::ops::invoices::{self, Part};
use orderly::ops::payments::allocate::{self, AllocateIn};
use orderly::ops::payments::{self, PaymentIn};
use orderly::ops::quotes::convert::convert;
use orderly::ops::{refunds, tills};
use orderly::{App, Call, Error};
use orderly_core::books::Account;
use orderly_core::books::period::Period;
use orderly_core::id::BankEntryId;
use orderly_core::invoice::Invoice;
use orderly_core::payment::Payment;
use orderly_core::qty::Qty;
use orderly_core::refusal::Code;
use serde_json::json;

use crate::bank::CAMT;
use crate::fixture::Shop;
use crate::invoices::{for_account, on_account, ordered, pay, sent};
use crate::payments::goodwill;
use crate::quotes::{books, part};
use crate::sold::refused;
use crate::tills::{pieces, with_drawer};

/// The answer must be this code with this status and figure, and nothing may have changed.
fn denied<T>(
    shop: &Shop,
    run: impl Fn(&Shop) -> Result<T, Error>,
    (code, status, allowed): (Code, u16, Option<&str>),
) {
    let before = books(shop);
    let refusal = refused(run(shop));
    assert_eq!(books(shop), before, "{refusal}: a refused command changed something");
    assert_eq!((refusal.code(), refusal.code().status()), (code, status), "{refusal}");
    assert_eq!(refusal.issues[0].allowed.as_deref(), allowed, "{refusal}");
}

#[test]
fn a_refund_above_the_maximum_tells_the_maximum() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.sold(&[("PAINT", "3")]);
        let most = (Code::AboveRefundable, 409, Some("3"));
        let ask =
            |shop: &Shop| refunds::make(&shop.app, &shop.call(), order.id, &goodwill(&order, 4));
        denied(&shop, ask, most);
    }
}

#[test]
fn a_closed_period_tells_the_first_open_day_and_is_not_closed_twice() {
    for shop in Shop::each() {
        shop.entered(&shop.call_at("2026-02-10T09:00:00Z"), "2026-02-10", "5.00").unwrap();
        periods::close(&shop.app, &shop.call_at("2026-03-02T09:00:00Z"), None, None).unwrap();
        let late =
            |shop: &Shop| shop.entered(&shop.call_at("2026-03-02T10:00:00Z"), "2026-02-28", "1.00");
        denied(&shop, late, (Code::PeriodClosed, 409, Some("2026-03-01")));
        let again = |shop: &Shop| {
            let february = Period::parse("2026-02").unwrap();
            periods::close(&shop.app, &shop.call_at("2026-03-02T11:00:00Z"), None, Some(february))
        };
        denied(&shop, again, (Code::PeriodClosed, 409, Some("2026-03")));
    }
}

#[test]
fn more_than_the_tolerance_is_not_received() {
    for shop in Shop::each() {
        shop.supplier(json!({ "over_percent": "10" }));
        let order = shop.purchase(json!([{ "sku": "NAIL", "quantity": "100", "price": "0.035" }]));
        let many = |shop: &Shop| shop.arrive(&order, json!([{ "line": 1, "quantity": "111" }]));
        denied(&shop, many, (Code::AboveTolerance, 409, Some("110")));
    }
}

#[test]
fn more_than_was_agreed_is_not_called_off_and_an_expired_quote_is_priced_again() {
    for shop in Shop::each() {
        shop.account("T1");
        shop.buy("depot", "BRICK", "9000", "0.20");
        shop.buy("depot", "NAIL", "500", "0.03");
        let agreement = shop.agreed(json!([
            {
                "sku": "BRICK", "quantity": "5000", "unit_price": "300.00",
                "price_unit": "thousand",
            },
        ]));
        let above = |shop: &Shop| convert(&shop.app, &shop.call(), agreement.id, &part(1, "5001"));
        denied(&shop, above, (Code::AboveAgreement, 409, Some("5000 each")));
        let quote = shop.quoted(json!([{ "sku": "NAIL", "quantity": "9", "unit_price": "0.08" }]));
        let late =
            |shop: &Shop| convert(&shop.app, &shop.on("2026-04-01"), quote.id, &Default::default());
        denied(&shop, late, (Code::QuoteExpired, 409, Some("re-price")));
    }
}

/// A bank account in dollars with a statement: 30.00 that came and 4.50 that left.
fn dollars(shop: &Shop) -> Vec<BankEntryId> {
    let new = BankAccountIn {
        code: "USA".into(),
        name: "Dollars".into(),
        iban: None,
        currency: Some("USD".into()),
    };
    bank::create_account(&shop.app, &shop.call(), &new).unwrap();
    let text = CAMT.replace("\"GBP\"", "\"USD\"").replace("<Ccy>GBP", "<Ccy>USD");
    bank::import(&shop.app, &shop.call(), "USA", text.as_bytes(), None).unwrap();
    let mut all = bank::lines(&shop.app, &shop.call(), Some("USA"), true, 9).unwrap();
    all.sort_by_key(|one| -one.line.amount);
    all.iter().map(|one| one.id).collect()
}

/// An invoice of an account that is open: 24.00.
fn invoiced(shop: &Shop) -> Invoice {
    shop.buy("depot", "NAIL", "1000", "0.0333");
    on_account(shop, "T1");
    sent(shop, &for_account(shop, "T1", "200"));
    let call = shop.call();
    invoices::run(&shop.app, &call, None, call.now).unwrap();
    crate::invoices::documents(shop).remove(0)
}

fn applied(app: &App, call: &Call, paid: &Payment, one: &Invoice) -> Result<Payment, Error> {
    let new = AllocateIn { invoices: vec![(one.id, Some("20.01".into()))], oldest: false };
    allocate::allocate(app, call, paid.id, &new)
}

#[test]
fn money_of_another_currency_needs_a_rate_and_pays_no_invoice_of_ours() {
    for shop in Shop::each() {
        let lines = dollars(&shop);
        let invoice = invoiced(&shop);
        let costs = MatchIn { clear: Some(Account::BankFees), ..MatchIn::default() };
        let fees = |shop: &Shop| bank::match_entry(&shop.app, &shop.call(), lines[1], &costs);
        denied(&shop, fees, (Code::RateMissing, 422, None));
        let rate = RateIn {
            currency: "USD".into(),
            into: "GBP".into(),
            on: "2026-03-01".into(),
            rate: "0.75".into(),
        };
        set_rates(&shop.app, &shop.call(), &[rate]).unwrap();
        let whose = MatchIn { customer: invoice.customer, ..MatchIn::default() };
        let matched = bank::match_entry(&shop.app, &shop.call(), lines[0], &whose).unwrap();
        let paid = matched.payment.unwrap();
        let other = |shop: &Shop| applied(&shop.app, &shop.call(), &paid, &invoice);
        denied(&shop, other, (Code::CurrencyMismatch, 422, None));
        shop.is_clean();
    }
}

#[test]
fn a_bank_file_taken_in_twice_changes_nothing() {
    for shop in Shop::each() {
        crate::bank::giro(&shop);
        crate::bank::take_in(&shop.app, &shop.call(), CAMT);
        let before = books(&shop);
        let again = crate::bank::take_in(&shop.app, &shop.call(), CAMT);
        assert_eq!((again.statements[0].1, again.statements[0].0.added), (true, 0));
        assert_eq!(books(&shop), before);
    }
}

#[test]
fn an_order_is_not_invoiced_twice_nor_credited_above_its_invoice() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "100", "0.0333");
        let order = ordered(&shop, "30");
        pay(&shop, &order);
        let order = sent(&shop, &order);
        let invoice = invoices::issue(&shop.app, &shop.call(), order.id).unwrap();
        let again = |shop: &Shop| invoices::issue(&shop.app, &shop.call(), order.id);
        denied(&shop, again, (Code::NothingToDo, 409, None));
        let credit = |part: Part| {
            let line = invoice.lines[0].id;
            move |shop: &Shop| {
                let call = shop.call().with_reason("too dear");
                invoices::credit(&shop.app, &call, invoice.id, &[(line, part)])
            }
        };
        let money = credit(Part::Amount(361));
        denied(&shop, money, (Code::AboveInvoiced, 409, Some("3.60 GBP")));
        let goods = credit(Part::Quantity(Qty::new(31).unwrap()));
        denied(&shop, goods, (Code::AboveInvoiced, 409, Some("30")));
    }
}

#[test]
fn a_payment_pays_no_more_than_it_is_and_a_till_is_counted_once() {
    for shop in Shop::each() {
        let invoice = invoiced(&shop);
        let money = PaymentIn {
            customer: invoice.customer,
            channel: invoice.channel,
            method: "transfer".into(),
            amount: Some("20.00".into()),
            ..PaymentIn::default()
        };
        let paid = payments::take(&shop.app, &shop.call(), &money).unwrap();
        let more = |shop: &Shop| applied(&shop.app, &shop.call(), &paid, &invoice);
        denied(&shop, more, (Code::AboveUnapplied, 409, Some("20.00 GBP")));
        with_drawer(&shop, "K1");
        tills::open(&shop.app, &shop.call(), "K1", "50").unwrap();
        let count = |shop: &Shop| {
            tills::count(&shop.app, &shop.call(), "K1", &pieces(&[("20", 2), ("10", 1)]))
        };
        count(&shop).unwrap();
        denied(&shop, count, (Code::InvalidTransition, 409, Some("orderly tills resume")));
        shop.is_clean();
    }
}
