//! A database is copied to another engine, cut off, gone on with, and refused where it must be.

use orderly::ops::{migrate, orders};
use orderly_store::steps;

use crate::fixture::{Shop, TestDb, order};
use crate::proof::{all_holds, count};

/// A shop with a day behind it.
fn traded(db: TestDb) -> Shop {
    let shop = Shop::new(db);
    shop.worth("PAINT", "leeds", 20, 2_000);
    shop.sold(&[("PAINT", "5")]);
    shop.stock("NAIL", "depot", 100, None);
    for _ in 0..5 {
        orders::place::place(&shop.app, &shop.call(), &order("web", &[("NAIL", "2")])).unwrap();
    }
    shop
}

#[test]
fn every_row_comes_across_and_trade_goes_on() {
    let targets = [TestDb::postgres(), Some(TestDb::sqlite())];
    for db in targets.into_iter().flatten() {
        let shop = traded(TestDb::sqlite());
        let new = db.open();
        let copied = migrate::run(&shop.app, &new, |_, _| ()).unwrap();
        assert!(copied.len() > 100 && copied.iter().any(|one| one.rows == 6), "{copied:?}");
        for table in ["orders", "movement", "posting", "event", "party"] {
            assert!(count(&new, table) > 0, "{table}");
            assert_eq!(count(&new, table), count(&shop.app, table), "{table}");
        }
        all_holds(&new);
        let again = migrate::run(&shop.app, &new, |table, _| panic!("{table} again")).unwrap();
        assert_eq!(again, copied, "it is there already");
        orders::place::place(&new, &shop.call(), &order("web", &[("NAIL", "2")])).unwrap();
        all_holds(&new);
        let error = migrate::run(&shop.app, &new, |_, _| ()).unwrap_err().to_string();
        assert!(!error.is_empty(), "what trades already is not overwritten");
    }
}

#[test]
fn a_copy_that_is_cut_off_goes_on_where_it_was() {
    let Some(db) = TestDb::postgres() else { return };
    let shop = traded(TestDb::sqlite());
    let new = db.open();
    for step in [400, 500, 600, 700] {
        let (result, met) = steps::fail_at(step, || migrate::run(&shop.app, &new, |_, _| ()));
        assert!(met && result.is_err(), "step {step}");
    }
    let copied = migrate::run(&shop.app, &new, |_, _| ()).unwrap();
    assert_eq!(copied.iter().find(|one| one.table == "orders").unwrap().rows, 6);
    all_holds(&new);
}

#[test]
fn a_database_with_rows_of_its_own_is_refused() {
    let (one, other) = (traded(TestDb::sqlite()), traded(TestDb::sqlite()));
    orders::place::place(&other.app, &other.call(), &order("web", &[("NAIL", "7")])).unwrap();
    let before = count(&other.app, "orders");
    let error = migrate::run(&one.app, &other.app, |_, _| ()).unwrap_err().to_string();
    assert!(!error.is_empty());
    assert_eq!(count(&other.app, "orders"), before);
}
