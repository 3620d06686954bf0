//! Work orders and the claims of what is no order, on both engines.

use orderly_core::id::*;
use orderly_core::qty::Qty;
use orderly_core::time::Instant;
use orderly_core::units::LevelKey;
use orderly_core::work::{WorkKind, WorkLine, WorkOrder, WorkState, WorkStep};
use orderly_store::tables::claims::{self, Other};
use orderly_store::tables::work;
use orderly_store::{Store, StoreError};

use crate::TestDb;

const NOW: Instant = Instant::from_micros(1_700_000_000_000_000);

fn qty(base: i64) -> Qty {
    Qty::new(base).unwrap()
}

fn order() -> WorkOrder {
    WorkOrder {
        id: WorkOrderId::from_bytes([1; 16]),
        number: "W1001".into(),
        kind: WorkKind::Assembly,
        location: LocationId::from_bytes([2; 16]),
        item: ItemId::from_bytes([3; 16]),
        length: None,
        qty: qty(10),
        done: Qty::ZERO,
        state: WorkState::Planned,
        order: None,
        order_line: None,
        priority: 0,
        due_on: None,
        version: 1,
        created_at: NOW,
        released_at: None,
        ended_at: None,
        lines: vec![WorkLine {
            id: WorkLineId::from_bytes([4; 16]),
            position: 1,
            item: ItemId::from_bytes([5; 16]),
            lot_class: LotId::NONE,
            per: qty(2),
            needed: qty(20),
            used: Qty::ZERO,
            allocated: Qty::ZERO,
            backordered: Qty::ZERO,
        }],
        steps: Vec::new(),
    }
}

#[test]
fn a_work_order_is_saved_with_its_claims_and_steps() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        store
            .write(|tx| {
                let planned = order();
                work::insert(tx, &planned)?;
                assert_eq!(work::get(tx, planned.id, true)?.as_ref(), Some(&planned));
                assert_eq!(work::by_number(tx, "W1001")?, Some(planned.id));
                let mut after = planned.clone();
                (after.state, after.version) = (WorkState::Released, 2);
                (after.lines[0].allocated, after.lines[0].backordered) = (qty(15), qty(5));
                after.steps.push(WorkStep {
                    id: WorkStepId::from_bytes([6; 16]),
                    position: 1,
                    made: qty(1),
                    scrapped: Qty::ZERO,
                    value: 7,
                    used: vec![(after.lines[0].id, qty(2), qty(2))],
                    worked_at: NOW,
                    undone_at: None,
                });
                assert!(work::save(tx, &planned, &after)?);
                assert!(!work::save(tx, &planned, &after)?, "somebody else was first");
                assert_eq!(work::get(tx, planned.id, false)?.as_ref(), Some(&after));
                let item = after.lines[0].item;
                assert_eq!(work::waiting(tx, item, after.location)?, [after.id]);
                assert_eq!(work::of_line(tx, [4; 16])?, Some(after.id));
                let own = work::claims_of(&after)[0];
                let claimed = claims::others_of(tx, own.key)?;
                assert_eq!(claimed, [("work_order".to_owned(), [4; 16], qty(15))]);
                let none = Other { allocated: Qty::ZERO, backordered: Qty::ZERO, ..own };
                claims::put_others(tx, "work_order", &[own], &[none])?;
                assert!(claims::others_of(tx, own.key)?.is_empty());
                let key = LevelKey { lot_class: LotId::from_bytes([9; 16]), ..own.key };
                assert!(claims::others_of(tx, key)?.is_empty());
                let listed = work::list(tx, Some(WorkState::Released), None, 5)?;
                assert_eq!(listed.len(), 1);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}
