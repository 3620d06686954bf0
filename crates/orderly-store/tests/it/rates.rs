//! Rates of exchange on both engines.

use orderly_core::books::rate::Rate;
use orderly_core::money::Currency;
use orderly_core::time::{Day, Instant};
use orderly_store::tables::rates;
use orderly_store::{Store, StoreError};
use rust_decimal::Decimal;

use crate::TestDb;

fn rate(on: &str, hundredths: i64) -> Rate {
    Rate {
        currency: Currency::parse("USD").unwrap(),
        into: Currency::parse("EUR").unwrap(),
        rate_on: Day::parse(on).unwrap(),
        rate: Decimal::new(hundredths, 2),
    }
}

#[test]
fn a_rate_holds_until_the_next_one_but_for_a_week_at_most() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let now = Instant::from_micros(1);
        let (monday, friday) = (rate("2026-11-16", 90), rate("2026-11-20", 91));
        store.write(|tx| rates::set(tx, &[monday, friday], now)).unwrap();
        let on = |day: &str| {
            let day = Day::parse(day).unwrap();
            store.read(|tx| rates::on(tx, monday.currency, monday.into, day)).unwrap()
        };
        assert_eq!(on("2026-11-15"), None);
        assert_eq!(on("2026-11-19"), Some(monday));
        assert_eq!(on("2026-11-27"), Some(friday));
        assert_eq!(on("2026-11-28"), None);
        let other = store.read(|tx| {
            rates::on(tx, monday.into, monday.currency, Day::parse("2026-11-19").unwrap())
        });
        assert_eq!(other.unwrap(), None);
    }
}

#[test]
fn a_rate_set_again_takes_the_new_value() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let (first, again) = (rate("2026-11-16", 90), rate("2026-11-16", 92));
        store
            .write(|tx| {
                rates::set(tx, &[first], Instant::from_micros(1))?;
                rates::set(tx, &[again, rate("2026-11-17", 93)], Instant::from_micros(2))
            })
            .unwrap();
        store
            .read(|tx| {
                assert_eq!(rates::list(tx, None, 9)?, [rate("2026-11-17", 93), again]);
                let pair = Some((again.into, again.currency));
                assert_eq!(rates::list(tx, pair, 9)?, []);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}
