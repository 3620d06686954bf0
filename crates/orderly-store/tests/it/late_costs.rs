//! Late costs on both engines.

use orderly_core::actor::ActorKind;
use orderly_core::books::late::Part;
use orderly_core::id::*;
use orderly_core::time::Instant;
use orderly_core::units::{Cause, CauseKind, LevelKey};
use orderly_store::tables::books;
use orderly_store::tables::late_costs::{self, LateCost};
use orderly_store::{Store, StoreError};

use crate::TestDb;

#[test]
fn late_costs_are_kept_by_item_and_cause_and_added_once() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let (item, cause) = (
            ItemId::from_bytes([1; 16]),
            Cause { kind: CauseKind::SupplierInvoiceLine, id: [8; 16] },
        );
        let cost = |number: u8| LateCost {
            id: LateCostId::from_bytes([number; 16]),
            journal: JournalId::from_bytes([1; 16]),
            part: Part {
                key: LevelKey {
                    item,
                    location: LocationId::from_bytes([number; 16]),
                    lot_class: LotId::NONE,
                },
                inventory: 5,
                cost: -1,
            },
            cause,
            actor_kind: ActorKind::Owner,
            actor: UserId::NONE,
            effective_at: Instant::from_micros(3),
            recorded_at: Instant::from_micros(4),
        };
        let both = [cost(1), cost(2)];
        store
            .write(|tx| {
                books::insert(
                    tx,
                    &[crate::books::sale(1, "2026-11-01", 1, 1)],
                    both[0].recorded_at,
                )?;
                assert_eq!(late_costs::insert(tx, &both)?, 2);
                assert_eq!(late_costs::insert(tx, &both)?, 0);
                Ok::<_, StoreError>(())
            })
            .unwrap();
        store
            .read(|tx| {
                assert_eq!(late_costs::of_item(tx, item)?, both);
                assert_eq!(late_costs::of_cause(tx, cause)?, both);
                assert_eq!(late_costs::of_item(tx, ItemId::NONE)?, []);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}
