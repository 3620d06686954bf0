//! What statements are made of, on both engines, where nothing was issued.

use orderly_core::id::{AccountId, CustomerId};
use orderly_core::money::Currency;
use orderly_core::time::{Day, Instant};
use orderly_store::tables::statements;
use orderly_store::{Store, StoreError};

use crate::TestDb;

#[test]
fn where_nothing_was_issued_nothing_is_open() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let (account, day) = (AccountId::from_bytes([1; 16]), Day::from_number(20_000));
        let read: Result<(), StoreError> = store.read(|tx| {
            assert!(statements::issued(tx, account, day)?.is_empty());
            assert!(statements::settled(tx, account, day)?.is_empty());
            assert!(statements::open_now(tx, None)?.is_empty());
            assert!(statements::open_now(tx, Some(account))?.is_empty());
            let (customer, gbp) = (CustomerId::NONE, Currency::parse("GBP").unwrap());
            let end = Instant::from_micros(i64::MAX);
            assert_eq!(statements::unapplied(tx, (account, customer), gbp, end)?, 0);
            let mut open = 0;
            statements::open_before(tx, day, Instant::from_micros(0), |_| {
                open += 1;
                Ok(())
            })?;
            assert_eq!(open, 0);
            Ok(())
        });
        read.unwrap();
    }
}
