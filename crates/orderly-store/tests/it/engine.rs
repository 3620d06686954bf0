//! What both engines promise.

use orderly_store::{Store, StoreError};

use crate::TestDb;

#[test]
fn the_schema_of_orderly_opens_and_opens_again() {
    for db in TestDb::each() {
        drop(Store::open(db.location()).unwrap());
        let store = Store::open(db.location()).unwrap();
        let count: i64 = store
            .read(|tx| {
                let count = "SELECT COUNT(*) AS n FROM orders";
                Ok::<_, StoreError>(tx.query_one(count, &[], |row| row.get("n"))?.unwrap())
            })
            .unwrap();
        assert_eq!(count, 0);
    }
}
