//! The demonstration merchant trades some days and its books are clean.

use orderly::demo::{self, Plan, Summary};
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
        ] {
            assert!(summary.done(verb) > 0, "{verb} was never done");
        }
        let told = summary.to_string();
        assert!(told.contains("every order, every unit and every penny"), "{told}");
    }
}

#[test]
fn a_seed_is_a_merchant_and_another_seed_another_one() {
    let text = |seed: u64| serde_json::to_string(&trade(&TestDb::sqlite(), 1, seed)).unwrap();
    let first = text(7);
    assert_eq!(text(7), first);
    assert_ne!(text(8), first);
}
