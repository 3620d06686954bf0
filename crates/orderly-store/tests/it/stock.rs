//! The documents of stock, lots and tasks on both engines.

use orderly_core::id::*;
use orderly_core::item::{Goods, Item, Tracking};
use orderly_core::money::Currency;
use orderly_core::qty::{BaseUnit, Qty, QtyDelta, Ratio};
use orderly_core::stock::{
    Adjustment, CarrierClaim, CarrierClaimState, Count, CountLine, CountState, Difference,
    DifferenceKind, Receipt, ReceiptKind, ReceiptLine, Spot, StepKind, Transfer, TransferLine,
    TransferState, TransferStep,
};
use orderly_core::time::{Day, Instant};
use orderly_core::units::{Condition, Lot, LotKind};
use orderly_store::tables::tasks::Task;
use orderly_store::tables::{
    adjustments, carrier_claims, catalog, counts, receipts, tasks, transfers, units,
};
use orderly_store::{Store, StoreError, Tx};

use crate::TestDb;
use crate::units::{movement, qty, receipt, shelf};

const ITEM: ItemId = ItemId::from_bytes([1; 16]);

fn at(second: i64) -> Instant {
    Instant::from_micros(second * 1_000_000)
}

fn each() -> Vec<(TestDb, Store)> {
    let open = |db: TestDb| {
        let store = Store::open(db.location()).unwrap();
        (db, store)
    };
    TestDb::each().into_iter().map(open).collect()
}

fn write<T>(store: &Store, mut f: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError>) -> T {
    store.write(|tx| f(tx)).unwrap()
}

fn read<T>(store: &Store, f: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>) -> T {
    store.read(f).unwrap()
}

fn item() -> Item {
    Item {
        id: ITEM,
        sku: "NAIL".into(),
        name: "Nail".into(),
        goods: Goods::Counted,
        base_unit: BaseUnit::Each,
        tracking: Tracking::Lot,
        units: Vec::new(),
        sale_unit: "each".into(),
        price: None,
        price_unit: "each".into(),
        price_ratio: Ratio::ONE,
        price_currency: None,
        cost: None,
        gtin: None,
        weight_g: None,
        dimensions_mm: None,
        hs_code: None,
        origin_country: None,
        over_ppm: 0,
        under_ppm: 0,
        min_offcut: Qty::ZERO,
        kerf: Qty::ZERO,
        backorder_limit: None,
        refurbish_item: None,
        components: Vec::new(),
        active: true,
        version: 1,
    }
}

fn spot() -> Spot {
    let place = shelf();
    Spot { item: ITEM, lot: LotId::NONE, bin: place.bin, condition: Condition::Sellable }
}

/// Places exist before documents that name them are read.
fn with_place(store: &Store) {
    write(store, |tx| units::insert_places(tx, &[shelf(), shelf()]));
}

#[test]
fn a_lot_has_one_row_whoever_comes_first() {
    for (_db, store) in each() {
        write(&store, |tx| catalog::insert_many(tx, &[item()], at(1)));
        let lot = |number: u8| Lot {
            id: LotId::from_bytes([number; 16]),
            item: ITEM,
            kind: LotKind::Lot,
            code: "B-7".into(),
            length: None,
            expires_on: Some(Day::parse("2027-01-31").unwrap()),
            created_at: at(1),
        };
        let first = write(&store, |tx| units::lot_or_insert(tx, &lot(1)));
        assert_eq!(first, lot(1));
        assert_eq!(write(&store, |tx| units::lot_or_insert(tx, &lot(2))), first);
        assert_eq!(read(&store, |tx| units::lot(tx, first.id)), Some(first.clone()));
        assert_eq!(read(&store, |tx| units::lot(tx, LotId::from_bytes([2; 16]))), None);
        let named = |kind| read(&store, |tx| units::lot_named(tx, ITEM, kind, "B-7"));
        assert_eq!((named(LotKind::Lot), named(LotKind::Serial)), (Some(first), None));
    }
}

#[test]
fn holdings_and_worth_of_an_item_are_found() {
    for (_db, store) in each() {
        let lot = LotId::from_bytes([9; 16]);
        let tracked = orderly_core::units::Movement { lot, ..receipt(2, 3, 0) };
        let by = units::Recorded {
            actor_kind: orderly_core::actor::ActorKind::Owner,
            actor: UserId::NONE,
            recorded_at: at(1),
        };
        assert_eq!(read(&store, |tx| units::last_worth(tx, ITEM)), None);
        write(&store, |tx| units::post(tx, &[receipt(1, 10, 90), tracked.clone()], &[], &by));
        let at_shelf = read(&store, |tx| units::holdings_of(tx, ITEM, shelf().location));
        assert_eq!(at_shelf.iter().map(|one| one.qty).collect::<Vec<_>>(), [qty(10), qty(3)]);
        let of_lot = read(&store, |tx| units::holdings_of_lot(tx, ITEM, lot));
        assert_eq!((of_lot.len(), of_lot[0].place), (1, shelf()));
        let worth = read(&store, |tx| units::last_worth(tx, ITEM));
        assert_eq!(worth, Some((90, qty(10))), "goods without value say nothing");
        let back =
            orderly_core::units::Movement { lot, ..movement(3, shelf(), tracked.from, 3, 0) };
        write(&store, |tx| units::post(tx, std::slice::from_ref(&back), &[], &by));
        assert_eq!(read(&store, |tx| units::holdings_of_lot(tx, ITEM, lot)), []);
    }
}

#[test]
fn a_receipt_is_read_back_and_reversed_once() {
    for (_db, store) in each() {
        with_place(&store);
        let one = |number: u8| Receipt {
            id: ReceiptId::from_bytes([number; 16]),
            number: format!("R{number}"),
            kind: ReceiptKind::Purchase,
            location: shelf().location,
            supplier: None,
            purchase_order: None,
            reference: Some("note 5".into()),
            currency: Currency::parse("EUR").unwrap(),
            received_at: at(5),
            reversed_at: None,
            lines: vec![ReceiptLine {
                id: ReceiptLineId::from_bytes([number; 16]),
                position: 1,
                purchase_line: None,
                spot: spot(),
                qty: qty(4),
                value: 400,
            }],
        };
        write(&store, |tx| {
            receipts::insert(tx, &one(1))?;
            receipts::insert(tx, &one(2))
        });
        assert_eq!(write(&store, |tx| receipts::get(tx, one(1).id, true)), Some(one(1)));
        assert_eq!(read(&store, |tx| receipts::by_number(tx, "R2")), Some(one(2).id));
        let page = read(&store, |tx| receipts::list(tx, Some(one(2).id), 5));
        assert_eq!(page.iter().map(|one| one.number.as_str()).collect::<Vec<_>>(), ["R1"]);
        assert!(write(&store, |tx| receipts::reverse(tx, one(1).id, at(6))));
        assert!(!write(&store, |tx| receipts::reverse(tx, one(1).id, at(7))));
        let after = read(&store, |tx| receipts::get(tx, one(1).id, false)).unwrap();
        assert_eq!(after.reversed_at, Some(at(6)));
    }
}

#[test]
fn an_adjustment_is_read_back() {
    for (_db, store) in each() {
        with_place(&store);
        let adjustment = Adjustment {
            id: AdjustmentId::from_bytes([1; 16]),
            location: shelf().location,
            spot: spot(),
            delta: QtyDelta(-3),
            reason: "broken".into(),
            adjusted_at: at(5),
            reverses: Some(AdjustmentId::from_bytes([2; 16])),
        };
        write(&store, |tx| adjustments::insert(tx, &adjustment));
        let found = read(&store, |tx| adjustments::get(tx, adjustment.id));
        assert_eq!(found, Some(adjustment));
    }
}

#[test]
fn a_transfer_is_saved_at_its_version_only() {
    for (_db, store) in each() {
        let sent = Transfer {
            id: TransferId::from_bytes([1; 16]),
            number: "T1".into(),
            from: shelf().location,
            to: LocationId::from_bytes([8; 16]),
            state: TransferState::Shipped,
            version: 1,
            created_at: at(1),
            shipped_at: Some(at(1)),
            expected_on: None,
            steps: Vec::new(),
            differences: Vec::new(),
            lines: vec![TransferLine {
                id: TransferLineId::from_bytes([1; 16]),
                position: 1,
                item: ITEM,
                lot: LotId::NONE,
                lot_class: None,
                bin: Some(shelf().bin),
                qty: qty(7),
                allocated: Qty::ZERO,
                sent: qty(7),
                canceled: Qty::ZERO,
                received: Qty::ZERO,
                written_off: Qty::ZERO,
                value: 70,
                settled: 0,
                reason: None,
            }],
        };
        write(&store, |tx| transfers::insert(tx, &sent));
        let mut arrived = sent.clone();
        arrived.version = 2;
        arrived.lines[0].received = qty(5);
        arrived.lines[0].written_off = qty(2);
        arrived.lines[0].reason = Some("lost".into());
        arrived.lines[0].settled = 70;
        arrived.state = arrived.progress();
        let step = EventId::from_bytes([3; 16]);
        let kind = StepKind::Received;
        arrived.steps =
            vec![TransferStep { id: step, position: 1, kind, at: at(2), undone_at: None }];
        arrived.differences = vec![Difference {
            id: DifferenceId::from_bytes([4; 16]),
            line: arrived.lines[0].id,
            kind: DifferenceKind::Claimed,
            qty: qty(2),
            value: 20,
            reason: "lost".into(),
            step,
            recorded_at: at(2),
            undone_at: None,
        }];
        assert!(write(&store, |tx| transfers::save(tx, &sent, &arrived)));
        assert!(!write(&store, |tx| transfers::save(tx, &sent, &arrived)));
        let found = write(&store, |tx| transfers::get(tx, sent.id, true));
        assert_eq!(found, Some(arrived.clone()));
        assert_eq!(read(&store, |tx| transfers::list(tx, None, None, 5)).len(), 1);
        let draft = Some(TransferState::Draft);
        assert_eq!(read(&store, |tx| transfers::list(tx, draft, None, 5)), []);
        assert_eq!(read(&store, |tx| transfers::by_number(tx, "T1")), Some(sent.id));
        let line = sent.lines[0].id.as_bytes();
        assert_eq!(read(&store, |tx| transfers::of_line(tx, line)), Some(sent.id));
        let differed = read(&store, |tx| transfers::differences(tx, None, None, 5));
        assert_eq!(differed[0].difference, arrived.differences[0]);
        an_arrival_is_taken_back(&store, &arrived);
        a_claim_is_saved_at_its_version_only(&store, &arrived);
    }
}

fn an_arrival_is_taken_back(store: &Store, arrived: &Transfer) {
    let mut undone = arrived.clone();
    undone.version = 3;
    undone.steps[0].undone_at = Some(at(3));
    undone.differences[0].undone_at = Some(at(3));
    assert!(write(store, |tx| transfers::save(tx, arrived, &undone)));
    assert_eq!(read(store, |tx| transfers::get(tx, arrived.id, false)), Some(undone));
    assert_eq!(read(store, |tx| transfers::differences(tx, None, None, 5)), []);
}

fn a_claim_is_saved_at_its_version_only(store: &Store, transfer: &Transfer) {
    let open = CarrierClaim {
        id: CarrierClaimId::from_bytes([5; 16]),
        number: "CC1".into(),
        transfer: transfer.id,
        difference: transfer.differences[0].id,
        legal_entity: LegalEntityId::from_bytes([6; 16]),
        currency: Currency::parse("GBP").unwrap(),
        carrier: "Vans".into(),
        state: CarrierClaimState::Open,
        value: 20,
        received: None,
        reason: None,
        version: 1,
        created_at: at(2),
        settled_at: None,
    };
    write(store, |tx| carrier_claims::insert(tx, &open));
    let state = CarrierClaimState::Settled;
    let settled = CarrierClaim { state, version: 2, received: Some(7), ..open.clone() };
    assert!(write(store, |tx| carrier_claims::save(tx, &open, &settled)));
    assert!(!write(store, |tx| carrier_claims::save(tx, &open, &settled)));
    assert_eq!(write(store, |tx| carrier_claims::get(tx, open.id, true)), Some(settled.clone()));
    assert_eq!(read(store, |tx| carrier_claims::by_number(tx, "CC1")), Some(open.id));
    let of = transfer.differences[0].id;
    assert_eq!(read(store, |tx| carrier_claims::of_difference(tx, of)), Some(open.id));
    assert_eq!(read(store, |tx| carrier_claims::list(tx, Some(state), None, 5)), [settled]);
    let state = Some(CarrierClaimState::Open);
    assert_eq!(read(store, |tx| carrier_claims::list(tx, state, None, 5)), []);
}

#[test]
fn what_is_on_its_way_of_an_item_is_found() {
    for (_db, store) in each() {
        let line = TransferLine {
            id: TransferLineId::from_bytes([1; 16]),
            position: 1,
            item: ITEM,
            lot: LotId::NONE,
            lot_class: None,
            bin: None,
            qty: qty(7),
            allocated: Qty::ZERO,
            sent: qty(5),
            canceled: Qty::ZERO,
            received: qty(2),
            written_off: Qty::ZERO,
            value: 50,
            settled: 20,
            reason: None,
        };
        let transfer = Transfer {
            id: TransferId::from_bytes([1; 16]),
            number: "T1".into(),
            from: shelf().location,
            to: LocationId::from_bytes([8; 16]),
            state: TransferState::PartReceived,
            version: 1,
            created_at: at(1),
            shipped_at: Some(at(1)),
            expected_on: None,
            lines: vec![line],
            steps: Vec::new(),
            differences: Vec::new(),
        };
        write(&store, |tx| transfers::insert(tx, &transfer));
        let level = transfers::key_of(&transfer, &transfer.lines[0]);
        assert_eq!((level.item, level.location), (ITEM, shelf().location));
        let found = read(&store, |tx| transfers::on_the_way(tx, ITEM));
        assert_eq!((found[0].in_transit, found[0].open), (qty(3), qty(2)));
    }
}

#[test]
fn a_count_keeps_one_figure_for_each_place() {
    for (_db, store) in each() {
        with_place(&store);
        let opened = Count {
            id: CountId::from_bytes([1; 16]),
            number: "C1".into(),
            location: shelf().location,
            state: CountState::Open,
            blind: true,
            started_at: at(1),
            posted_at: None,
            reversed_at: None,
            version: 1,
            lines: Vec::new(),
        };
        write(&store, |tx| counts::insert(tx, &opened));
        let line = |counted: i64, difference| CountLine {
            id: CountLineId::from_bytes([1; 16]),
            spot: spot(),
            counted: qty(counted),
            counted_at: at(2),
            expected: difference,
            difference,
            rounds: 2,
            reason: Some("fell behind".into()),
        };
        let counted = Count { version: 2, lines: vec![line(4, None)], ..opened.clone() };
        assert!(write(&store, |tx| counts::save(tx, &opened, &counted)));
        assert!(!write(&store, |tx| counts::save(tx, &opened, &counted)));
        let posted = Count {
            version: 3,
            state: CountState::Posted,
            posted_at: Some(at(3)),
            reversed_at: Some(at(4)),
            lines: vec![line(5, Some(-1))],
            ..opened.clone()
        };
        assert!(write(&store, |tx| counts::save(tx, &counted, &posted)));
        assert_eq!(write(&store, |tx| counts::get(tx, opened.id, true)), Some(posted));
        assert_eq!(read(&store, |tx| counts::list(tx, None, 5)).len(), 1);
        assert_eq!(read(&store, |tx| counts::by_number(tx, "C1")), Some(opened.id));
        let here = shelf().location;
        assert_eq!(read(&store, |tx| counts::to_count(tx, here, at(0))), []);
    }
}

fn task(number: u8, key: &str) -> Task {
    Task {
        id: TaskId::from_bytes([number; 16]),
        kind: "fill".into(),
        key: key.into(),
        payload: "{}".into(),
        attempts: 0,
        next_at: at(10),
        created_at: at(1),
    }
}

#[test]
fn a_task_is_leased_to_one_worker_and_comes_back_when_it_dies() {
    for (_db, store) in each() {
        let add = |one: Task| write(&store, |tx| tasks::enqueue(tx, &one));
        assert_eq!([add(task(1, "a")), add(task(2, "a")), add(task(3, "b"))], [true, false, true]);
        let claim = |owner: &str, now: i64, limit: u32| {
            write(&store, |tx| tasks::claim(tx, "fill", owner, at(now), at(now + 60), limit))
        };
        assert_eq!(claim("one", 9, 5), [], "not due yet");
        let first = claim("one", 10, 1);
        assert_eq!((first[0].key.as_str(), first[0].attempts), ("a", 1));
        assert_eq!(claim("two", 11, 5)[0].key, "b");
        assert_eq!(claim("two", 12, 5), []);
        assert!(add(task(4, "a")), "one that is started does not count: it may have looked before");
        let again = claim("three", 71, 5);
        let keys: Vec<_> = again.iter().map(|one| (one.id, one.attempts)).collect();
        assert!(keys.contains(&(task(1, "a").id, 2)), "the first worker was silent too long");
        let late = write(&store, |tx| tasks::finish(tx, task(1, "a").id, "one", at(72)));
        assert!(!late, "the first worker has lost it");
        assert!(write(&store, |tx| tasks::finish(tx, task(1, "a").id, "three", at(72))));
    }
}

#[test]
fn a_failed_task_waits_and_a_dead_one_rests() {
    for (_db, store) in each() {
        write(&store, |tx| tasks::enqueue(tx, &task(1, "a")));
        let claim = |now: i64| {
            write(&store, |tx| tasks::claim(tx, "fill", "one", at(now), at(now + 60), 5)).len()
        };
        let fail = |next: Option<i64>| {
            write(&store, |tx| tasks::fail(tx, task(1, "a").id, "one", next.map(at)))
        };
        assert_eq!(claim(10), 1);
        assert!(fail(Some(20)));
        assert_eq!((claim(19), claim(20)), (0, 1));
        assert!(fail(None));
        assert!(!fail(None), "it is nobody's any more");
        assert_eq!(claim(9_999), 0);
        write(&store, |tx| tasks::enqueue(tx, &task(2, "a")));
        assert_eq!(read(&store, |tx| tasks::waiting(tx, "fill", 9)).len(), 1);
        assert_eq!(write(&store, |tx| tasks::settle(tx, "fill", "a", at(30))), 1);
        assert_eq!(read(&store, |tx| tasks::waiting(tx, "fill", 9)), []);
    }
}
