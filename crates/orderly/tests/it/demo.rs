//! The demonstration merchant trades some days and its books are clean.

use orderly::demo::{self, Books, Plan, Summary};
use orderly_core::time::Day;

use crate::fixture::TestDb;

fn trade(db: &TestDb, days: u32, seed: u64) -> Summary {
    let plan = Plan { days, until: Day::parse("2026-11-23").unwrap(), seed };
    let mut heard = 0;
    let summary = demo::run(&db.open(), &plan, &mut |_| heard += 1).unwrap();
    assert_eq!(heard, days);
    summary
}

#[test]
fn three_days_of_trade_end_clean_on_each_engine() {
    for db in TestDb::each() {
        let summary = trade(&db, 3, 1);
        assert!(summary.clean, "{:#?}", summary.violations);
        assert_eq!(summary.exit_code(), 0);
        assert_eq!(summary.stock_value, summary.inventory_account);
        assert_eq!(summary.debits, summary.credits);
        let all = summary.channels.last().unwrap();
        assert_eq!(all.orders, summary.channels[..4].iter().map(|row| row.orders).sum::<u64>());
        assert!(summary.channels.iter().all(|row| row.orders > 20), "{summary}");
        for verb in [
            "fulfillment.hand_over",
            "fulfillment.ship",
            "fulfillment.reject",
            "order.hold",
            "order.cancel",
            "payment.authorize",
            "payment.capture",
            "refund.make",
            "count.post",
            "stock.receive",
            "shipment.fail",
            "return.request",
            "supplier_invoice.enter",
            "vendor_return.send",
            "supplier.pay",
            "purchase.order_for",
            "quote.convert",
            "agreement.call_off",
            "load.depart",
            "load.drop",
            "load.fail",
            "load.return",
            "invoice.run",
            "till.open",
            "till.count",
            "till.close",
            "bank.import",
            "bank.match",
        ] {
            assert!(summary.done(verb) > 0, "{verb} was never done");
        }
        assert_eq!(summary.story.len(), 10, "every chapter is told: {:#?}", summary.story);
        balances(&summary.books);
        let told = summary.to_string();
        assert!(told.contains("every order, every unit and every penny"), "{told}");
    }
}

/// The reports of a span equal each other and their accounts.
fn balances(books: &Books) {
    assert!(books.balanced, "{books:#?}");
    assert_eq!(books.assets, books.liabilities_and_equity);
    assert_eq!(books.tax_reported, books.tax_account);
    assert_eq!(books.stock_value, books.inventory_account);
    assert!(!books.revenue.starts_with('-') && books.revenue != "0.00", "{books:#?}");
}

#[test]
fn a_month_that_is_over_is_closed_with_reports_that_equal_the_books() {
    let plan = Plan { days: 4, until: Day::parse("2026-11-03").unwrap(), seed: 3 };
    let summary = demo::run(&TestDb::sqlite().open(), &plan, &mut |_| ()).unwrap();
    assert!(summary.clean, "{:#?}", summary.violations);
    let [october] = &summary.closed[..] else { panic!("one month is over: {:#?}", summary.closed) };
    assert_eq!((october.period.as_str(), october.books.to.as_str()), ("2026-10", "2026-10-31"));
    balances(&october.books);
    balances(&summary.books);
    assert_eq!(summary.done("books.close"), 1);
    assert!(!summary.refused.keys().any(|refused| refused.ends_with("period_closed")));
}

/// The month's own collective run is the one that the story tells.
#[test]
fn a_month_may_end_between_the_road_and_the_collective_invoice() {
    let plan = Plan { days: 3, until: Day::parse("2026-11-02").unwrap(), seed: 3 };
    let summary = demo::run(&TestDb::sqlite().open(), &plan, &mut |_| ()).unwrap();
    assert!(summary.clean, "{:#?}", summary.violations);
    assert_eq!(summary.story.len(), 10, "every chapter is told: {:#?}", summary.story);
    balances(&summary.books);
}

#[test]
fn a_seed_is_a_merchant_and_another_seed_another_one() {
    let text = |seed: u64| serde_json::to_string(&trade(&TestDb::sqlite(), 1, seed)).unwrap();
    let first = text(7);
    assert_eq!(text(7), first);
    assert_ne!(text(8), first);
}
