//! Closing periods and years, and who may still post.

use orderly::ops::books::entries::{EntryIn, enter, reverse};
use orderly::ops::books::{journals, periods, reports};
use orderly::ops::stock;
use orderly_core::books::period::Period;
use orderly_core::books::{Account, JournalKind};
use orderly_core::refusal::Code;
use orderly_core::time::Day;
use orderly_store::tables;
use serde_json::json;

use crate::fixture::{Shop, read};
use crate::sold::{allowed, code};

fn month(text: &str) -> Period {
    Period::parse(text).unwrap()
}

fn journals_of(shop: &Shop) -> usize {
    let wanted = journals::Wanted::default();
    journals::list(&shop.app, &shop.call(), &wanted, 0, 1_000).unwrap().len()
}

#[test]
fn a_closed_period_takes_nothing_more_and_names_the_first_open_day() {
    for shop in Shop::each() {
        let (app, late) = (&shop.app, shop.call_at("2026-04-02T09:00:00Z"));
        let nothing = periods::close(app, &shop.call_at("2026-04-02T08:00:00Z"), None, None);
        assert_eq!(code(nothing), Code::NothingToDo);
        shop.entered(&shop.call_at("2026-02-10T09:00:00Z"), "2026-02-10", "5.00").unwrap();
        shop.entered(&shop.call_at("2026-03-10T09:00:00Z"), "2026-03-10", "7.00").unwrap();

        let early = shop.call_at("2026-02-28T12:00:00Z");
        let not_over = periods::close(app, &early, None, Some(month("2026-02")));
        assert_eq!(code(not_over), Code::PeriodNotOver);
        let skipped = periods::close(app, &late, None, Some(month("2026-03")));
        assert_eq!(allowed(skipped), "2026-02");
        let again = shop.call_at("2026-04-02T09:00:00Z");
        assert_eq!(
            code(periods::close(app, &again, None, Some(month("2026-03")))),
            Code::PeriodNotNext
        );

        let closed = periods::close(app, &shop.call_at("2026-04-02T09:01:00Z"), None, None);
        let closed = closed.unwrap();
        assert_eq!((closed.period.as_str(), closed.closed), ("2026-02", true));
        let before = journals_of(&shop);
        let refused = shop.entered(&shop.call_at("2026-04-02T09:02:00Z"), "2026-02-28", "1.00");
        assert_eq!(allowed(refused), "2026-03-01");
        let refused = shop.entered(&shop.call_at("2026-04-02T09:02:00Z"), "2026-02-28", "1.00");
        assert_eq!(code(refused), Code::PeriodClosed);
        assert_eq!(journals_of(&shop), before);
        let call = shop.call_at("2026-04-02T09:05:00Z");
        let twice = periods::close(app, &call, None, Some(month("2026-02")));
        assert_eq!(code(twice), Code::PeriodClosed);
        shop.is_clean();
    }
}

#[test]
fn what_happened_in_a_closed_period_is_posted_on_the_first_open_day() {
    for shop in Shop::each() {
        shop.entered(&shop.call_at("2026-02-10T09:00:00Z"), "2026-02-10", "5.00").unwrap();
        let call = shop.call_at("2026-03-02T09:00:00Z");
        periods::close(&shop.app, &call, None, None).unwrap();
        // The machine that recorded it was offline: it happened in February.
        let receipt = read(json!({
            "location": "leeds", "kind": "purchase",
            "lines": [{ "sku": "BOLT", "quantity": "10", "cost": "0.40" }],
        }));
        let call = shop.call_at("2026-02-27T09:00:00Z");
        stock::receive::receive(&shop.app, &call, &receipt).unwrap();
        let wanted =
            journals::Wanted { account: Some("inventory".into()), ..journals::Wanted::default() };
        let found = journals::list(&shop.app, &shop.call(), &wanted, 0, 9).unwrap();
        assert_eq!(found[0].journal.head.accounting_on, Day::parse("2026-03-01").unwrap());
        let item = shop.item("BOLT");
        let moved = stock::history(&shop.app, &shop.call(), item, None, 1).unwrap();
        assert_eq!(moved[0].movement.effective_at, call.now);
        shop.is_clean();
    }
}

#[test]
fn the_period_closed_last_is_opened_again_with_a_reason() {
    for shop in Shop::each() {
        let app = &shop.app;
        for day in ["2026-01-05", "2026-02-05"] {
            shop.entered(&shop.call_at("2026-02-06T09:00:00Z"), day, "5.00").unwrap();
            periods::close(app, &shop.call_at("2026-03-05T09:00:00Z"), None, None).unwrap();
        }
        let silent = shop.call();
        assert_eq!(
            code(periods::reopen(app, &silent, None, month("2026-02"))),
            Code::ReasonRequired
        );
        let call = shop.call_at("2026-03-05T09:10:00Z");
        assert_eq!(allowed(periods::reopen(app, &call, None, month("2026-01"))), "2026-02");
        let stranger = shop.stranger().with_reason("mine");
        assert!(periods::reopen(app, &stranger, None, month("2026-02")).is_err());
        let call = shop.call_at("2026-03-05T09:11:00Z").with_key("again", b"2026-02");
        let opened = periods::reopen(app, &call, None, month("2026-02")).unwrap();
        assert_eq!(opened.open_on.as_deref(), Some("2026-02-01"));
        let replayed = periods::reopen(app, &call, None, month("2026-02")).unwrap();
        assert_eq!(replayed.period, opened.period);
        shop.entered(&shop.call_at("2026-03-05T09:12:00Z"), "2026-02-20", "2.00").unwrap();
        let call = shop.call_at("2026-03-05T09:13:00Z");
        let opened = periods::reopen(app, &call, None, month("2026-01")).unwrap();
        assert_eq!(opened.open_on, None);
        let none = shop.call_at("2026-03-05T09:14:00Z");
        assert_eq!(code(periods::reopen(app, &none, None, month("2026-01"))), Code::NothingToDo);
        let states = periods::list(app, &shop.call_at("2026-03-06T09:00:00Z"), None).unwrap();
        assert_eq!(states.iter().filter(|one| one.closed).count(), 0);
        shop.is_clean();
    }
}

#[test]
fn a_year_is_closed_to_retained_earnings_and_its_result_is_still_told() {
    for shop in Shop::each() {
        let app = &shop.app;
        for number in 1..=12 {
            let day = format!("2026-{number:02}-15");
            shop.entered(&shop.call_at(&format!("{day}T09:00:00Z")), &day, "10.00").unwrap();
        }
        let early = shop.call_at("2027-01-04T09:00:00Z");
        assert_eq!(allowed(periods::close_year(app, &early, None, 2026)), "2026-01");
        for _ in 1..=11 {
            periods::close(app, &shop.call_at("2027-01-04T09:01:00Z"), None, None).unwrap();
        }
        let end = periods::close_year(app, &shop.call_at("2027-01-04T09:02:00Z"), None, 2026);
        assert_eq!(end.unwrap().open_on.as_deref(), Some("2027-01-01"));
        assert_eq!(shop.booked(Account::RetainedEarnings), 12_000);
        assert_eq!(shop.booked(Account::BankFees), 0);
        let ask = reports::Ask::of(month("2026-01"), month("2026-12"));
        let call = shop.call_at("2027-01-04T10:00:00Z");
        let told = reports::profit_and_loss(app, &call, &ask).unwrap();
        assert_eq!(told.rows.last().unwrap().amounts, ["-120.00"]);
        let sheet = reports::balance(app, &call, &ask).unwrap();
        let row = |name: &str| sheet.rows.iter().find(|row| row.name == name).unwrap();
        assert_eq!(row("Result not closed yet").amounts, ["0.00"]);
        assert_eq!(row("Assets").amounts, row("Liabilities and equity").amounts);
        // What comes after the year was closed is moved by closing it again.
        let call = shop.call_at("2027-01-05T09:00:00Z");
        periods::reopen(app, &call, None, month("2026-12")).unwrap();
        shop.entered(&shop.call_at("2027-01-05T09:01:00Z"), "2026-12-31", "3.00").unwrap();
        periods::close_year(app, &shop.call_at("2027-01-05T09:02:00Z"), None, 2026).unwrap();
        assert_eq!(shop.booked(Account::RetainedEarnings), 12_300);
        shop.is_clean();
    }
}

#[test]
fn a_journal_by_hand_balances_has_a_reason_and_leaves_control_accounts_alone() {
    for shop in Shop::each() {
        let entry = |account: &str, amount: &str| -> EntryIn {
            read(json!({
                "on": "2026-03-02",
                "postings": [
                    { "account": account, "amount": amount },
                    { "account": "bank", "amount": "-5.00" },
                ],
            }))
        };
        let call = || shop.call_at("2026-03-02T09:00:00Z");
        let post = |account, amount| enter(&shop.app, &call(), &entry(account, amount));
        assert_eq!(code(post("inventory", "5.00")), Code::ControlAccount);
        assert_eq!(code(post("bank_fees", "4.99")), Code::Unbalanced);
        assert_eq!(code(post("petty", "5.00")), Code::UnknownLedgerAccount);
        let silent = enter(&shop.app, &shop.call(), &entry("bank_fees", "5.00"));
        assert_eq!(code(silent), Code::ReasonRequired);
        assert_eq!(journals_of(&shop), 0);

        let journal = post("bank_fees", "5.00").unwrap();
        let day = Day::parse("2026-03-03").unwrap();
        let mirror = reverse(&shop.app, &call(), journal.head.id, day).unwrap();
        assert_eq!((mirror.head.kind, shop.booked(Account::Bank)), (JournalKind::Entry, 0));
        let twice = reverse(&shop.app, &call(), journal.head.id, day);
        assert_eq!(code(twice), Code::NotReversible);
        shop.is_clean();
    }
}

/// Many post on the last days of a month while it is closed: whoever is told that it is done is in
/// the month before it was closed, and nobody after.
#[test]
fn closing_and_posting_at_once_leave_nothing_behind_the_closing() {
    for shop in Shop::each() {
        shop.entered(&shop.call_at("2026-02-10T09:00:00Z"), "2026-02-10", "5.00").unwrap();
        let posted = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let (shop, posted) = (&shop, &posted);
                scope.spawn(move || {
                    for index in 0..12 {
                        let call = shop.call_at("2026-03-02T09:00:00Z");
                        let day = format!("2026-02-{:02}", 1 + worker * 5 + index % 5);
                        match shop.entered(&call, &day, "1.00") {
                            Ok(_) => {
                                posted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                            }
                            Err(error) => assert_eq!(code::<()>(Err(error)), Code::PeriodClosed),
                        }
                    }
                });
            }
            scope.spawn(|| {
                let call = shop.call_at("2026-03-02T09:00:00Z");
                periods::close(&shop.app, &call, None, Some(month("2026-02"))).unwrap();
            });
        });
        let done = i64::try_from(posted.into_inner()).unwrap();
        assert_eq!(shop.booked(Account::BankFees), 500 + done * 100);
        let entity = shop.app.store.read(tables::settings::entities).unwrap()[0].id;
        let closings = shop.app.store.read(|tx| tables::periods::list(tx, entity)).unwrap();
        // Everything that is in the month had its number when it was closed.
        assert_eq!(closings[0].closed_number, Some(1 + done));
        shop.is_clean();
    }
}
