//! Returns with their lines and dispositions on both engines.

use orderly_core::id::*;
use orderly_core::money::Currency;
use orderly_core::qty::Qty;
use orderly_core::returns::{Disposition, Fate, Fates, Head, Return, ReturnLine, ReturnState};
use orderly_core::time::Instant;
use orderly_store::tables::returns;
use orderly_store::{Store, StoreError};

use crate::TestDb;

pub const ORDER: OrderId = OrderId::from_bytes([8; 16]);

pub fn at(second: i64) -> Instant {
    Instant::from_micros(second * 1_000_000)
}

pub fn qty(base: i64) -> Qty {
    Qty::new(base).unwrap()
}

pub fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

/// A return whose ids all follow from `number`.
pub fn sample(number: u8) -> Return {
    let line = ReturnLine {
        id: ReturnLineId::from_bytes([number; 16]),
        position: 1,
        order_line: Some(LineId::from_bytes([3; 16])),
        item: Some(ItemId::from_bytes([4; 16])),
        description: "a lamp".into(),
        lot: LotId::NONE,
        reason: Some("broken".into()),
        requested: qty(5),
        received: Qty::ZERO,
        fates: Fates::NONE,
        refunded: Qty::ZERO,
        amount: 0,
        value: 0,
    };
    Return {
        id: ReturnId::from_bytes([number; 16]),
        number: format!("RT-{number}"),
        order: Some(ORDER),
        channel: ChannelId::from_bytes([1; 16]),
        external_id: Some(format!("ext-{number}")),
        currency: euro(),
        history: false,
        version: 1,
        sequence: 1,
        created_at: at(i64::from(number)),
        head: Head {
            state: ReturnState::Requested,
            location: None,
            customer: Some(CustomerId::from_bytes([2; 16])),
            reason: None,
        },
        lines: vec![line],
        dispositions: vec![],
    }
}

/// The same after three units came and one was scrapped.
fn received(before: &Return) -> Return {
    let mut after = before.clone();
    after.head.state = ReturnState::Received;
    after.head.location = Some(LocationId::from_bytes([6; 16]));
    (after.version, after.sequence) = (2, 2);
    let line = &mut after.lines[0];
    line.received = qty(3);
    line.fates = Fates { awaiting_inspection: qty(2), scrapped: qty(1), ..Fates::NONE };
    line.value = 77;
    let id = line.id;
    let decided = |number: u8, from, to, count| Disposition {
        id: DispositionId::from_bytes([number; 16]),
        line: id,
        from,
        to,
        qty: qty(count),
        note: Some("seen".into()),
        decided_at: at(9),
    };
    after.dispositions = vec![
        decided(1, Fate::Customer, Fate::AwaitingInspection, 3),
        decided(2, Fate::AwaitingInspection, Fate::Scrapped, 1),
    ];
    let mut second = after.lines[0].clone();
    second.id = ReturnLineId::from_bytes([99; 16]);
    second.position = 2;
    after.lines.push(second);
    after
}

#[test]
fn a_return_is_read_back_as_it_was_saved() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let before = sample(1);
        let after = received(&before);
        store
            .write(|tx| {
                assert_eq!(returns::insert(tx, &[&before])?, 1);
                assert_eq!(returns::get(tx, before.id, true)?, Some(before.clone()));
                assert!(returns::save(tx, &before, &after)?);
                Ok::<_, StoreError>(())
            })
            .unwrap();
        let read = store.read(|tx| returns::get(tx, before.id, false)).unwrap();
        assert_eq!(read, Some(after));
        let none = store.read(|tx| returns::get(tx, ReturnId::from_bytes([9; 16]), false)).unwrap();
        assert_eq!(none, None);
    }
}

#[test]
fn a_return_that_changed_meanwhile_is_not_saved() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let before = sample(1);
        let after = received(&before);
        store.write(|tx| returns::insert(tx, &[&before])).unwrap();
        assert!(store.write(|tx| returns::save(tx, &before, &after)).unwrap());
        assert!(!store.write(|tx| returns::save(tx, &before, &after)).unwrap());
        let read = store.read(|tx| returns::get(tx, before.id, false)).unwrap();
        assert_eq!(read.unwrap().dispositions.len(), 2);
    }
}

#[test]
fn a_number_and_an_external_id_are_taken_once() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        store.write(|tx| returns::insert(tx, &[&sample(1), &sample(2)])).unwrap();
        let mut number = sample(3);
        number.number = "RT-1".into();
        assert_eq!(store.write(|tx| returns::insert(tx, &[&number])).unwrap(), 0);
        let mut external = sample(3);
        external.external_id = Some("ext-2".into());
        assert_eq!(store.write(|tx| returns::insert(tx, &[&external])).unwrap(), 0);
    }
}

#[test]
fn returns_are_found_and_listed() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let mut all: Vec<Return> = (1..=4).map(sample).collect();
        all[3].order = None;
        all[2].head.state = ReturnState::Closed;
        let found: Result<(), StoreError> = store.write(|tx| {
            returns::insert(tx, &all.iter().collect::<Vec<_>>())?;
            assert_eq!(returns::by_number(tx, "RT-2")?, Some(all[1].id));
            assert_eq!(returns::by_number(tx, "RT-9")?, None);
            assert_eq!(returns::of_order(tx, ORDER)?, [all[0].id, all[1].id, all[2].id]);
            let first = returns::list(tx, None, None, 3)?;
            let numbers =
                |page: &[Return]| page.iter().map(|r| r.number.clone()).collect::<Vec<_>>();
            assert_eq!(numbers(&first), ["RT-4", "RT-3", "RT-2"]);
            let cursor = Some((first[2].created_at, first[2].id));
            assert_eq!(numbers(&returns::list(tx, None, cursor, 3)?), ["RT-1"]);
            let closed = returns::list(tx, Some(ReturnState::Closed), None, 9)?;
            assert_eq!(numbers(&closed), ["RT-3"]);
            Ok(())
        });
        found.unwrap();
    }
}

#[test]
fn the_schema_refuses_a_line_whose_fates_are_not_what_came() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let mut wrong = sample(1);
        wrong.lines[0].received = qty(1);
        let result = store.write(|tx| returns::insert(tx, &[&wrong]));
        assert!(matches!(result, Err(StoreError::Constraint(_))), "{result:?}");
        assert_eq!(store.read(|tx| returns::get(tx, wrong.id, false)).unwrap(), None);
    }
}

#[test]
fn dispositions_are_never_changed() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let before = sample(1);
        store.write(|tx| returns::insert(tx, &[&received(&before)])).unwrap();
        for sql in ["UPDATE disposition SET qty = 9", "DELETE FROM disposition"] {
            assert!(store.write(|tx| tx.exec(sql, &[])).is_err(), "{sql}");
        }
    }
}
