//! What a desk looks at: how far orders are, what is held, what is at work, sums of a day.

use orderly_core::id::{CustomerId, HoldId, OrderId};
use orderly_core::order::{Hold, HoldScope, Step};
use orderly_core::qty::Qty;
use orderly_core::time::Instant;
use orderly_store::tables::orders::{self, buyers, desk};
use orderly_store::{Store, StoreError, Tx};

use crate::TestDb;
use crate::orders::{some, two_orders};

fn on_each(test: impl Fn(&mut Tx<'_>) -> Result<(), StoreError>) {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        store.write(|tx| test(tx)).unwrap();
    }
}

fn hold(number: u8, due: Option<i64>, released: Option<i64>) -> Hold {
    Hold {
        id: HoldId::from_bytes([number; 16]),
        kind: "manual".into(),
        scope: HoldScope::Order,
        scope_id: [0; 16],
        blocks: vec![Step::Ship],
        reason: "waits".into(),
        owner: None,
        due_at: due.map(Instant::from_micros),
        placed_at: Instant::from_micros(1),
        released_at: released.map(Instant::from_micros),
    }
}

#[test]
fn progress_weighs_lines_alike() {
    on_each(|tx| {
        let ids = some(tx, 2)?;
        let before = orders::get(tx, ids[0], false)?.unwrap();
        let mut after = before.clone();
        after.version += 1;
        let q = &mut after.lines[0].quantities;
        (q.allocated, q.shipped, q.delivered) = (Qty::ZERO, Qty::new(3).unwrap(), Qty::ZERO);
        assert!(orders::save(tx, &before, &after)?);
        let far = desk::progress(tx, &ids)?;
        let sum = |id: &OrderId| (far[id].lines, far[id].shipped_lines, far[id].shipped);
        assert_eq!((sum(&ids[0]), sum(&ids[1])), ((1, 0, 600), (1, 0, 0)));
        assert_eq!((far[&ids[1]].allocated, far[&ids[1]].backordered), (600, 400));
        assert!(desk::progress(tx, &[OrderId::from_bytes([9; 16])])?.is_empty());
        Ok(())
    });
}

#[test]
fn open_holds_come_by_what_is_due() {
    on_each(|tx| {
        let ids = some(tx, 2)?;
        for (id, holds) in [
            (ids[0], vec![hold(1, None, None), hold(2, Some(50), None)]),
            (ids[1], vec![hold(3, Some(40), None), hold(4, Some(10), Some(20))]),
        ] {
            let before = orders::get(tx, id, false)?.unwrap();
            let after =
                orderly_core::order::Order { holds, version: before.version + 1, ..before.clone() };
            assert!(orders::save(tx, &before, &after)?);
        }
        let held = desk::held(tx, &ids)?;
        assert_eq!((held[&ids[0]], held[&ids[1]]), (2, 1));
        let open = desk::open_holds(tx, 10)?;
        let first: Vec<u8> = open.iter().map(|(_, hold)| hold.id.as_bytes()[0]).collect();
        assert_eq!(first, [3, 2, 1]);
        assert_eq!(desk::open_holds(tx, 1)?.len(), 1);
        Ok(())
    });
}

#[test]
fn work_of_locations_and_sums_of_a_day_are_read() {
    on_each(|tx| {
        let (first, second) = two_orders(tx)?;
        let work = desk::at_work(tx, 10)?;
        assert_eq!(work.len(), 2);
        assert!(work.iter().all(|one| !one.released && one.delivery.reference == "a"));
        assert_eq!(desk::at_work(tx, 1)?.len(), 1);
        let order = orders::get(tx, first, false)?.unwrap();
        let day = |from: i64, until: i64| {
            (order.placed_at.plus_micros(from), order.placed_at.plus_micros(until))
        };
        let (from, until) = day(0, 1);
        let taken = desk::taken(tx, from, until)?;
        assert_eq!((taken.len(), taken[0].orders, taken[0].total), (1, 1, 1_000));
        let (from, until) = day(-10, 10_000_000);
        assert_eq!(desk::taken(tx, from, until)?[0].orders, 2);
        let numbers = orders::numbers(tx, &[second, OrderId::from_bytes([9; 16])])?;
        assert_eq!(numbers, [(second, "2".to_owned())]);
        Ok(())
    });
}

#[test]
fn the_orders_of_a_customer_come_the_latest_first() {
    on_each(|tx| {
        let [ann, bo] = [1, 2].map(|number| CustomerId::from_bytes([number; 16]));
        let ids = some(tx, 3)?;
        for (id, customer) in ids.iter().zip([ann, ann, bo]) {
            let before = orders::get(tx, *id, false)?.unwrap();
            let mut after = before.clone();
            (after.version, after.head.customer) = (before.version + 1, Some(customer));
            assert!(orders::save(tx, &before, &after)?);
        }
        let own = buyers::of_customer(tx, ann, None, 9)?;
        assert_eq!(own.len(), 2);
        assert!((own[0].placed_at, own[0].id) > (own[1].placed_at, own[1].id));
        let next = Some((own[0].placed_at, own[0].id));
        assert_eq!(buyers::of_customer(tx, ann, next, 9)?[0].id, own[1].id);
        assert_eq!(buyers::of_customer(tx, ann, None, 1)?.len(), 1);
        Ok(())
    });
}
