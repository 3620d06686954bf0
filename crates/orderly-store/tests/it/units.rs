//! Levels, holdings and movements on both engines.

use std::sync::{Arc, Barrier};
use std::thread::spawn;

use orderly_core::actor::ActorKind;
use orderly_core::id::*;
use orderly_core::qty::{Qty, QtyDelta};
use orderly_core::time::Instant;
use orderly_core::units::{
    Cause, CauseKind, Condition, CostSource, LevelChange, LevelKey, Movement, MovementKind, Place,
    PlaceKind,
};
use orderly_store::tables::units::{Posted, Recorded};
use orderly_store::tables::{levels, units};
use orderly_store::{Store, StoreError, Tx};

use crate::TestDb;

const ITEM: ItemId = ItemId::from_bytes([1; 16]);
const LEEDS: LocationId = LocationId::from_bytes([2; 16]);
const BIN: BinId = BinId::from_bytes([3; 16]);
const KEY: LevelKey = LevelKey { item: ITEM, location: LEEDS, lot_class: LotId::NONE };

pub fn qty(base: i64) -> Qty {
    Qty::new(base).unwrap()
}

fn at(second: i64) -> Instant {
    Instant::from_micros(second * 1_000_000)
}

fn by(second: i64) -> Recorded {
    Recorded { actor_kind: ActorKind::Owner, actor: UserId::NONE, recorded_at: at(second) }
}

pub fn shelf() -> Place {
    Place::bin(LEEDS, BIN, Condition::Sellable)
}

/// A movement of the test item whose ids all follow from `number`.
pub fn movement(number: u8, from: Place, to: Place, count: i64, value: i64) -> Movement {
    Movement {
        id: MovementId::from_bytes([number; 16]),
        kind: MovementKind::Receive,
        item: ITEM,
        lot: LotId::NONE,
        lot_class: LotId::NONE,
        from,
        to,
        qty: qty(count),
        value,
        cost_source: CostSource::Given,
        cause: Cause { kind: CauseKind::ReceiptLine, id: [number; 16] },
        reverses: None,
        reason: None,
        effective_at: at(i64::from(number)),
    }
}

pub fn receipt(number: u8, count: i64, value: i64) -> Movement {
    movement(number, Place::account(PlaceKind::Supplier), shelf(), count, value)
}

fn issue(number: u8, count: i64, value: i64) -> Movement {
    movement(number, shelf(), Place::account(PlaceKind::Customer), count, value)
}

fn allocate(count: i64) -> LevelChange {
    LevelChange { allocated: QtyDelta(count), ..LevelChange::none(KEY) }
}

fn write<T>(store: &Store, mut f: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError>) -> T {
    store.write(|tx| f(tx)).unwrap()
}

/// What a refused post leaves behind: nothing.
fn refused(store: &Store, movements: &[Movement], extra: &[LevelChange]) -> Posted {
    let answer = store.write(|tx| {
        let posted = units::post(tx, movements, extra, &by(90))?;
        Err::<(), Undone>(Undone::Posted(posted))
    });
    match answer {
        Err(Undone::Posted(posted)) => posted,
        other => panic!("{other:?}"),
    }
}

#[derive(Debug)]
enum Undone {
    Posted(Posted),
    Failed(#[expect(dead_code, reason = "printed by the test that fails")] StoreError),
}
impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

#[test]
fn a_movement_changes_holdings_and_levels_together() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let posted = write(&store, |tx| {
            units::post(tx, &[receipt(1, 10, 1_000), issue(2, 3, 300)], &[allocate(4)], &by(5))
        });
        assert_eq!(posted, Posted::Done);
        let (level, held) = store
            .read(|tx| {
                let level = levels::get(tx, KEY)?.unwrap();
                Ok::<_, StoreError>((level, units::holdings_at(tx, LEEDS, None, 10)?))
            })
            .unwrap();
        assert_eq!((level.on_hand, level.held, level.allocated), (qty(7), qty(7), qty(4)));
        assert_eq!(level.value, 700);
        assert_eq!(
            held.iter().map(|one| (one.place, one.qty)).collect::<Vec<_>>(),
            [(shelf(), qty(7))]
        );
    }
}

#[test]
fn what_is_not_held_does_not_leave() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        write(&store, |tx| units::post(tx, &[receipt(1, 5, 500)], &[], &by(1)));
        let posted = refused(&store, &[issue(2, 6, 600)], &[]);
        let missing =
            Posted::NotHeld { item: ITEM, place: shelf(), lot: LotId::NONE, held: qty(5) };
        assert_eq!(posted, missing);
        let lot = LotId::from_bytes([9; 16]);
        let other_lot = Movement { lot, ..issue(3, 1, 100) };
        let posted = refused(&store, &[other_lot], &[]);
        assert_eq!(posted, Posted::NotHeld { item: ITEM, place: shelf(), lot, held: Qty::ZERO });
        let left = store.read(|tx| units::qty_in(tx, ITEM, shelf().id(), LotId::NONE)).unwrap();
        assert_eq!(left, qty(5));
    }
}

#[test]
fn allocated_goods_do_not_leave() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        write(&store, |tx| units::post(tx, &[receipt(1, 5, 500)], &[allocate(4)], &by(1)));
        let posted = refused(&store, &[issue(2, 2, 200)], &[]);
        assert_eq!(posted, Posted::LevelShort { key: KEY });
        let damaged = Place { condition: Some(Condition::Damaged), ..shelf() };
        let posted = refused(&store, &[movement(3, shelf(), damaged, 2, 200)], &[]);
        assert_eq!(posted, Posted::LevelShort { key: KEY });
        assert_eq!(refused(&store, &[], &[allocate(2)]), Posted::LevelShort { key: KEY });
    }
}

#[test]
fn a_cause_posts_once_and_a_movement_is_reversed_once() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        write(&store, |tx| units::post(tx, &[receipt(1, 5, 500)], &[], &by(1)));
        let again = Movement { id: MovementId::from_bytes([8; 16]), ..receipt(1, 5, 500) };
        let cause = again.cause;
        assert_eq!(refused(&store, &[again], &[]), Posted::AlreadyPosted { cause });

        let back = |number| Movement {
            reverses: Some(MovementId::from_bytes([1; 16])),
            ..movement(number, shelf(), Place::account(PlaceKind::Supplier), 5, 500)
        };
        write(&store, |tx| units::post(tx, &[back(2)], &[], &by(2)));
        let cause = back(3).cause;
        assert_eq!(refused(&store, &[back(3)], &[]), Posted::AlreadyPosted { cause });
        let reversal =
            store.read(|tx| units::reversal_of(tx, MovementId::from_bytes([1; 16]))).unwrap();
        assert_eq!(reversal, Some(MovementId::from_bytes([2; 16])));
    }
}

#[test]
fn the_book_of_units_is_read_back_as_it_was_posted() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let posted: Vec<Movement> = (1..=5).map(|number| receipt(number, 2, 20)).collect();
        for one in &posted {
            write(&store, |tx| units::post(tx, std::slice::from_ref(one), &[], &by(7)));
        }
        store
            .read(|tx| {
                let first = units::movements_of_item(tx, ITEM, None, 2)?;
                let last = first.last().unwrap();
                let cursor = Some((last.by.recorded_at, last.movement.id));
                let rest = units::movements_of_item(tx, ITEM, cursor, 10)?;
                let all: Vec<Movement> =
                    first.into_iter().chain(rest).map(|one| one.movement).collect();
                assert_eq!(all, posted.iter().rev().cloned().collect::<Vec<_>>());
                let cause = posted[1].cause;
                let found = units::movements_of_cause(tx, cause.kind, cause.id)?;
                assert_eq!(found.len(), 1);
                assert_eq!(found[0].movement, posted[1]);
                let one = units::movement(tx, posted[0].id)?.unwrap();
                assert_eq!((one.movement, one.by), (posted[0].clone(), by(7)));
                assert_eq!(units::place(tx, shelf().id())?, Some(shelf()));
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}

#[test]
fn what_a_place_held_at_an_instant_is_the_sum_up_to_then() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        for (number, one) in [(10, receipt(10, 8, 80)), (20, issue(20, 3, 30))] {
            write(&store, |tx| units::post(tx, std::slice::from_ref(&one), &[], &by(number)));
        }
        let held = |second| {
            let place = shelf().id();
            store.read(|tx| units::qty_at(tx, ITEM, place, LotId::NONE, at(second))).unwrap()
        };
        assert_eq!([held(9), held(10), held(19), held(20)], [0, 8, 8, 5]);
    }
}

#[test]
fn a_batch_of_level_changes_names_the_first_that_is_refused() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let key = |number: u16| {
            let mut item = [7; 16];
            item[..2].copy_from_slice(&number.to_be_bytes());
            LevelKey { item: ItemId::from_bytes(item), ..KEY }
        };
        let stock = |number| LevelChange {
            on_hand: QtyDelta(10),
            held: QtyDelta(10),
            ..LevelChange::none(key(number))
        };
        let claim = |number, count| LevelChange {
            allocated: QtyDelta(count),
            ..LevelChange::none(key(number))
        };
        let all: Vec<LevelChange> = (0..1_000).map(stock).collect();
        assert_eq!(write(&store, |tx| levels::change(tx, &all)), None);
        let claims: Vec<LevelChange> = (0..1_000).rev().map(|number| claim(number, 10)).collect();
        assert_eq!(write(&store, |tx| levels::change(tx, &claims)), None);
        let more = [claim(2_000, 1), claim(4, 1), claim(3, 1), claim(5, -1)];
        let refused = store.write(|tx| {
            let refused = levels::change(tx, &more)?;
            assert_eq!(refused, Some(key(3)));
            Err::<(), StoreError>(StoreError::Busy)
        });
        assert!(refused.is_err());
        let locked = write(&store, |tx| levels::lock(tx, &[key(5), key(4), key(5), key(4_000)]));
        assert_eq!(locked.iter().map(|l| l.key).collect::<Vec<_>>(), [key(4), key(5)]);
        assert!(locked.iter().all(|level| level.allocated == qty(10)));
        store
            .read(|tx| {
                let page = levels::list(tx, Some(LEEDS), Some(key(997)), 10)?;
                assert_eq!(page.iter().map(|l| l.key).collect::<Vec<_>>(), [key(998), key(999)]);
                assert_eq!(levels::of_item(tx, key(6).item)?.len(), 1);
                assert_eq!(levels::of_items(tx, &[key(6).item, key(8).item])?.len(), 2);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}

#[test]
fn safety_is_kept_back_from_new_orders_only() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        write(&store, |tx| levels::set_safety(tx, KEY, qty(3)));
        write(&store, |tx| units::post(tx, &[receipt(1, 5, 500)], &[], &by(1)));
        let level = store.read(|tx| levels::get(tx, KEY)).unwrap().unwrap();
        assert_eq!((level.available(), level.unclaimed()), (qty(2), qty(5)));
    }
}

#[test]
fn two_receipts_at_once_both_count() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let start = Arc::new(Barrier::new(2));
        let writers: Vec<_> = [1_u8, 2]
            .map(|number| {
                let (store, start) = (store.clone(), Arc::clone(&start));
                spawn(move || {
                    start.wait();
                    for step in 0..10_u8 {
                        let one = receipt(number * 20 + step, 2, 10);
                        let posted = write(&store, |tx| {
                            units::post(tx, std::slice::from_ref(&one), &[], &by(1))
                        });
                        assert_eq!(posted, Posted::Done);
                    }
                })
            })
            .into_iter()
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        let level = store.read(|tx| levels::get(tx, KEY)).unwrap().unwrap();
        assert_eq!((level.on_hand, level.value), (qty(40), 200));
    }
}

#[test]
fn forty_buyers_of_ten_units_get_ten() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        write(&store, |tx| units::post(tx, &[receipt(1, 10, 100)], &[], &by(1)));
        let start = Arc::new(Barrier::new(8));
        let buyers: Vec<_> = (0..8)
            .map(|_| {
                let (store, start) = (store.clone(), Arc::clone(&start));
                spawn(move || {
                    start.wait();
                    let buy = || write(&store, |tx| levels::change(tx, &[allocate(1)]));
                    (0..5).filter(|_| buy().is_none()).count()
                })
            })
            .collect();
        let sold: usize = buyers.into_iter().map(|buyer| buyer.join().unwrap()).sum();
        assert_eq!(sold, 10);
        let level = store.read(|tx| levels::get(tx, KEY)).unwrap().unwrap();
        assert_eq!((level.allocated, level.available()), (qty(10), Qty::ZERO));
    }
}

#[test]
fn movements_are_never_changed_or_deleted() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        write(&store, |tx| units::post(tx, &[receipt(1, 5, 500)], &[], &by(1)));
        for sql in ["UPDATE movement SET qty = 6", "DELETE FROM movement"] {
            let refused = store.write(|tx| tx.exec(sql, &[]));
            assert!(refused.is_err(), "{sql}");
        }
        let left = store.read(|tx| units::movements_of_item(tx, ITEM, None, 9)).unwrap();
        assert_eq!(left.len(), 1);
    }
}
