//! What the reports say, against the rows they are made from.

use orderly::ops::books::chart::{chart, use_chart};
use orderly::ops::books::rates::{RateIn, list_rates, set_rates};
use orderly::ops::books::reports::{self, Ask, Columns};
use orderly::ops::books::{self, Clock, stock_value};
use orderly::ops::stock;
use orderly::verify;
use orderly_core::books::period::Period;
use orderly_core::books::{
    Account, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting,
};
use orderly_core::id::JournalId;
use orderly_core::money::Currency;
use orderly_core::refusal::Code;
use orderly_core::time::Day;
use orderly_core::units::{Cause, CauseKind};
use orderly_store::tables;
use serde_json::json;

use crate::fixture::{Shop, read};
use crate::sold::code;

fn month(text: &str) -> Period {
    Period::parse(text).unwrap()
}

/// Posts revenue with tax in a currency, on a day.
fn invoice(
    shop: &Shop,
    number: u8,
    currency: &str,
    on: &str,
    net: i64,
) -> Result<(), orderly::Error> {
    let entity = shop.app.store.read(tables::settings::entities).unwrap()[0].id;
    let at = Dimensions {
        location: Some(shop.location("leeds")),
        channel: None,
        party: Some([3; 16]),
        document: Some((DocumentKind::Invoice, [number; 16])),
    };
    let tax = net / 5;
    let postings = vec![
        Posting::new(Account::Receivables, net + tax, at),
        Posting::new(Account::Revenue, -net, at),
        Posting {
            tax_code: Some("std".into()),
            tax_base_minor: Some(-net),
            ..Posting::new(Account::Tax, -tax, at)
        },
    ];
    let head = JournalHead {
        id: JournalId::from_bytes([number; 16]),
        legal_entity: entity,
        kind: JournalKind::Invoice,
        cause: Cause { kind: CauseKind::Invoice, id: [number; 16] },
        currency: Currency::parse(currency).unwrap(),
        accounting_on: Day::parse(on).unwrap(),
        reverses: None,
    };
    let journal = Journal::new(head, postings).unwrap();
    let call = shop.call();
    shop.app.store.write(|tx| books::post(tx, &call, std::slice::from_ref(&journal)))
}

#[test]
fn reports_agree_with_each_other_and_with_the_postings() {
    for shop in Shop::each() {
        invoice(&shop, 1, "GBP", "2026-02-20", 10_000).unwrap();
        invoice(&shop, 2, "GBP", "2026-03-05", 20_000).unwrap();
        shop.entered(&shop.call_at("2026-03-05T09:00:00Z"), "2026-03-06", "15.00").unwrap();
        let call = shop.call();
        let march = Ask::of(month("2026-03"), month("2026-03"));
        let trial = reports::trial_balance(&shop.app, &call, &march).unwrap();
        let [opening, debit, credit, closing] = trial.sums_minor;
        assert_eq!((opening, closing, debit - credit), (0, 0, 0));
        assert_eq!(debit, 25_500);
        let row = trial.rows.iter().find(|row| row.account == "receivables").unwrap();
        assert_eq!(row.minor, [12_000, 24_000, 0, 36_000]);

        let both = Ask { columns: Columns::Months, ..Ask::of(month("2026-02"), month("2026-03")) };
        let told = reports::profit_and_loss(&shop.app, &call, &both).unwrap();
        assert_eq!(told.columns, ["2026-02", "2026-03"]);
        assert_eq!(told.rows.last().unwrap().amounts, ["100.00", "185.00"]);
        let before = Ask { columns: Columns::Before, ..march.clone() };
        let told = reports::profit_and_loss(&shop.app, &call, &before).unwrap();
        assert_eq!(told.rows.last().unwrap().amounts, ["185.00", "100.00"]);
        let places = Ask { columns: Columns::Locations, ..march.clone() };
        let told = reports::profit_and_loss(&shop.app, &call, &places).unwrap();
        assert_eq!(told.columns, ["leeds", "none", "all"]);
        let depot = Ask { location: Some("depot".into()), ..march.clone() };
        let told = reports::profit_and_loss(&shop.app, &call, &depot).unwrap();
        assert_eq!(told.rows.last().unwrap().amounts, ["0.00"]);

        let sheet = reports::balance(&shop.app, &call, &both).unwrap();
        let total =
            |name: &str| sheet.rows.iter().find(|row| row.name == name).unwrap().amounts.clone();
        assert_eq!(total("Assets"), ["120.00", "345.00"]);
        assert_eq!(total("Assets"), total("Liabilities and equity"));

        let taxes = reports::tax(&shop.app, &call, &march).unwrap();
        assert_eq!(taxes.owed_minor, 4_000);
        assert_eq!(taxes.rows[0].minor, [20_000, 4_000]);
        assert_eq!((taxes.rows[0].of, taxes.rows[0].code.as_str()), ("sales", "std"));
        assert_eq!(taxes.rows.iter().map(|row| row.minor[1]).sum::<i64>(), taxes.owed_minor);
        // The journals are of no documents, and that is all that is wrong with them.
        let report = verify::run(&shop.app, &verify::Options::default()).unwrap();
        assert!(report.violations.iter().all(|one| one.invariant == "I12"), "{report}");
    }
}

#[test]
fn amounts_in_another_currency_are_posted_at_the_rate_of_the_day_or_not_at_all() {
    for shop in Shop::each() {
        let refused = invoice(&shop, 1, "USD", "2026-03-05", 10_000);
        assert_eq!(code(refused), Code::RateMissing);
        assert_eq!(shop.booked(Account::Revenue), 0);
        let rate = |currency: &str, into: &str, on: &str, rate: &str| RateIn {
            currency: currency.into(),
            into: into.into(),
            on: on.into(),
            rate: rate.into(),
        };
        let set = |one: RateIn| set_rates(&shop.app, &shop.call(), &[one]);
        assert_eq!(code(set(rate("USD", "USD", "2026-03-04", "1"))), Code::CurrencyMismatch);
        assert_eq!(code(set(rate("USD", "GBP", "2026-03-04", "0"))), Code::MoneyInvalid);
        assert_eq!(code(set(rate("XXZ", "GBP", "2026-03-04", "1"))), Code::UnknownCurrency);
        assert_eq!(code(set_rates(&shop.app, &shop.call(), &[])), Code::NoLines);
        assert!(set_rates(&shop.app, &shop.stranger(), &[]).is_err());
        assert_eq!(list_rates(&shop.app, &shop.call(), 9).unwrap(), []);
        set(rate("USD", "GBP", "2026-03-04", "0.75")).unwrap();
        set(rate("GBP", "EUR", "2026-03-04", "1.25")).unwrap();
        // A rate of a day and a half ago, and one that was stored the other way round.
        invoice(&shop, 1, "USD", "2026-03-05", 10_001).unwrap();
        assert_eq!(shop.booked(Account::Revenue), -7_501);
        invoice(&shop, 2, "EUR", "2026-03-05", 10_000).unwrap();
        assert_eq!(shop.booked(Account::Revenue), -7_501 - 8_000);
        let kept = shop.app.store.read(|tx| tables::books::get(tx, JournalId::from_bytes([1; 16])));
        let kept = kept.unwrap().unwrap();
        assert_eq!(kept.head.currency.code(), "GBP");
        assert_eq!(kept.postings()[1].foreign.unwrap().to_string(), "-100.01 USD");
        assert_eq!(code(invoice(&shop, 3, "USD", "2026-03-12", 10_000)), Code::RateMissing);
        shop.is_clean();
    }
}

#[test]
fn accounts_take_the_numbers_of_the_merchants_chart() {
    for shop in Shop::each() {
        let template = read(json!({
            "name": "Own", "accounts": { "bank": { "number": "1200", "name": "House bank" } },
        }));
        use_chart(&shop.app, &shop.call(), &template).unwrap();
        let all = chart(&shop.app, &shop.call()).unwrap().0;
        let bank = all.iter().find(|one| one.code == "bank").unwrap();
        assert_eq!((bank.number.as_deref(), bank.name.as_str()), (Some("1200"), "House bank"));
        assert_eq!(all.len(), Account::ALL.len());
        let wrong = read(json!({ "name": "Own", "accounts": { "banque": { "number": "512" } } }));
        assert_eq!(code(use_chart(&shop.app, &shop.call(), &wrong)), Code::UnknownLedgerAccount);
    }
}

/// Whatever happens to goods on whatever day: by accounting days they are worth what the
/// inventory account says, on every day.
#[test]
fn the_stock_is_worth_what_the_inventory_account_says_on_every_day() {
    for shop in Shop::each() {
        let app = &shop.app;
        let mut random = 12_345_u64;
        let mut draw = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (random >> 33) % below
        };
        for step in 0..60_u64 {
            let at =
                format!("2026-{:02}-{:02}T{:02}:30:00Z", 3 + step / 30, 1 + step % 28, draw(24));
            let call = shop.call_at(&at);
            let place = ["leeds", "york", "depot"][draw(3) as usize];
            let sku = ["BOLT", "NAIL"][draw(2) as usize];
            let (qty, cents) = (1 + draw(20), draw(90));
            if draw(3) > 0 {
                let receipt = read(json!({
                    "location": place, "kind": "purchase", "lines": [{
                        "sku": sku, "quantity": qty.to_string(), "cost": format!("0.{cents:02}"),
                    }],
                }));
                stock::receive::receive(app, &call, &receipt).unwrap();
            } else {
                let fewer = read(json!({
                    "location": place, "sku": sku, "quantity": format!("-{}", 1 + qty / 4),
                    "reason": "broken", "to": "scrap",
                }));
                let _ = stock::adjust::adjust(app, &call, &fewer);
            }
            if step == 40 {
                let call = shop.call_at("2026-04-05T09:00:00Z");
                books::periods::close(app, &call, None, None).unwrap();
            }
        }
        let call = shop.call();
        for number in 0..70 {
            let day = Day::parse("2026-02-27").unwrap().plus_days(number);
            let told = stock_value(app, &call, None, Clock::Accounting, day).unwrap();
            assert_eq!(told.total_minor, told.inventory_minor, "{day}");
        }
        let last = Day::parse("2026-12-31").unwrap();
        for clock in [Clock::Accounting, Clock::Effective, Clock::Recorded] {
            let told = stock_value(app, &call, None, clock, last).unwrap();
            assert_eq!(told.total_minor, shop.booked(Account::Inventory));
        }
        shop.is_clean();
    }
}
