//! Claims: who has a right to which supply.

use orderly_core::id::{ItemId, LocationId, OrderId};
use orderly_core::order::Order;
use orderly_core::order::claims::{self, Claim};
use orderly_core::qty::Qty;
use orderly_core::time::{Day, Instant};
use orderly_core::units::LevelKey;

use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value};

pub(crate) const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("claimant_kind", Kind::Text),
    Column::new("claimant_id", Kind::Bytes),
    Column::new("order_id", Kind::Bytes),
    Column::new("supply_kind", Kind::Text),
    Column::new("supply_id", Kind::Bytes),
    Column::new("item_id", Kind::Bytes),
    Column::new("location_id", Kind::Bytes),
    Column::new("lot_class", Kind::Bytes),
    Column::new("state", Kind::Text),
    Column::new("qty", Kind::Int),
    Column::new("priority", Kind::Int),
    Column::new("due_on", Kind::Int),
    Column::new("expires_at", Kind::Int),
    Column::new("created_at", Kind::Int),
];

/// A claim with the order it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimed {
    pub order: OrderId,
    pub claim: Claim,
    pub priority: i64,
}

/// The rows of all claims of new orders.
pub fn insert(tx: &mut Tx<'_>, orders: &[&Order]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = orders
        .iter()
        .flat_map(|order| claims::of(order).into_iter().map(|claim| row(order, &claim)))
        .collect();
    tx.insert_many("claim", COLUMNS, &rows, "")?;
    Ok(())
}

/// Writes what lies between two values of an order's claims.
pub fn save(tx: &mut Tx<'_>, before: &Order, after: &Order) -> Result<(), StoreError> {
    let (old, new) = (claims::of(before), claims::of(after));
    let same_priority = before.head.priority == after.head.priority;
    let changed = |claim: &&Claim| !same_priority || !new.contains(claim);
    for claim in old.iter().filter(changed) {
        tx.exec("DELETE FROM claim WHERE id = $1", &[&claim.id])?;
    }
    let fresh = |claim: &&Claim| !same_priority || !old.contains(claim);
    let rows: Vec<Vec<Value>> = new.iter().filter(fresh).map(|claim| row(after, claim)).collect();
    tx.insert_many("claim", COLUMNS, &rows, "")?;
    Ok(())
}

/// Returns up to `limit` backordered claims of an item at a location: priority, then age.
pub fn backordered(
    tx: &mut Tx<'_>,
    item: ItemId,
    location: LocationId,
    limit: i64,
) -> Result<Vec<Claimed>, StoreError> {
    tx.query(
        "SELECT * FROM claim
          WHERE item_id = $1 AND location_id = $2 AND state = 'backordered'
            AND order_id IS NOT NULL AND supply_kind = 'stock_level'
          ORDER BY priority DESC, created_at, id LIMIT $3",
        &[&item, &location, &limit],
        claimed_from_row,
    )
}

/// Returns the allocated claims of an item at a location, those to give up first in front: lowest
/// priority, then latest.
pub fn allocated(
    tx: &mut Tx<'_>,
    item: ItemId,
    location: LocationId,
    limit: i64,
) -> Result<Vec<Claimed>, StoreError> {
    tx.query(
        "SELECT * FROM claim
          WHERE item_id = $1 AND location_id = $2 AND state = 'allocated'
            AND order_id IS NOT NULL AND supply_kind = 'stock_level'
          ORDER BY priority, created_at DESC, id DESC LIMIT $3",
        &[&item, &location, &limit],
        claimed_from_row,
    )
}

/// What something else than an order claims of one level: a work order's or a transfer's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Other {
    pub claimant: [u8; 16],
    pub key: LevelKey,
    pub allocated: Qty,
    pub backordered: Qty,
    pub priority: i64,
    pub due_on: Option<Day>,
    pub since: Instant,
}

/// The claim that waits has an id of its own, made of its claimant's.
fn waiting_id(claimant: [u8; 16]) -> [u8; 16] {
    let mut id = claimant;
    id[15] ^= 0xff;
    id
}

/// Writes what lies between two values of claims that no order holds.
pub fn put_others(
    tx: &mut Tx<'_>,
    kind: &str,
    before: &[Other],
    after: &[Other],
) -> Result<(), StoreError> {
    let gone = before.iter().filter(|other| !after.contains(other));
    for other in gone {
        for id in [other.claimant, waiting_id(other.claimant)] {
            tx.exec("DELETE FROM claim WHERE id = $1", &[&id])?;
        }
    }
    let fresh = after.iter().filter(|other| !before.contains(other));
    let mut rows: Vec<Vec<Value>> = Vec::new();
    for other in fresh {
        let states = [
            (other.claimant, "allocated", other.allocated),
            (waiting_id(other.claimant), "backordered", other.backordered),
        ];
        for (id, state, qty) in states.into_iter().filter(|(_, _, qty)| !qty.is_zero()) {
            rows.push(vec![
                v(&id),
                v(kind),
                v(&other.claimant),
                Value::Null(Kind::Bytes),
                v("stock_level"),
                v(&[0_u8; 16]),
                v(&other.key.item),
                v(&other.key.location),
                v(&other.key.lot_class),
                v(state),
                v(&qty),
                v(&other.priority),
                v(&other.due_on),
                Value::Null(Kind::Int),
                v(&other.since),
            ]);
        }
    }
    tx.insert_many("claim", COLUMNS, &rows, "")?;
    Ok(())
}

/// Returns the claimants that are no order lines and have something of a level allocated, those to
/// give way first in front: kind, id and quantity.
pub fn others_of(
    tx: &mut Tx<'_>,
    key: LevelKey,
) -> Result<Vec<(String, [u8; 16], Qty)>, StoreError> {
    tx.query(
        "SELECT claimant_kind, claimant_id, qty FROM claim
          WHERE item_id = $1 AND location_id = $2 AND lot_class = $3 AND state = 'allocated'
            AND order_id IS NULL
          ORDER BY priority, created_at DESC, id DESC LIMIT 200",
        &[&key.item, &key.location, &key.lot_class],
        |row| Ok((row.get("claimant_kind")?, row.get("claimant_id")?, row.get("qty")?)),
    )
}

fn row(order: &Order, claim: &Claim) -> Vec<Value> {
    vec![
        v(&claim.id),
        v("order_line"),
        v(&claim.line),
        v(&order.id),
        v("stock_level"),
        v(&[0_u8; 16]),
        v(&claim.key.item),
        v(&claim.key.location),
        v(&claim.key.lot_class),
        v(if claim.allocated { "allocated" } else { "backordered" }),
        v(&claim.qty),
        v(&order.head.priority),
        v(&claim.due_on),
        Value::Null(Kind::Int),
        v(&claim.since),
    ]
}

pub(crate) fn claimed_from_row(row: &Row<'_>) -> Result<Claimed, StoreError> {
    let state: String = row.get("state")?;
    let key = LevelKey {
        item: row.get("item_id")?,
        location: row.get("location_id")?,
        lot_class: row.get("lot_class")?,
    };
    Ok(Claimed {
        order: row.get("order_id")?,
        priority: row.get("priority")?,
        claim: Claim {
            id: row.get("id")?,
            line: row.get("claimant_id")?,
            key,
            allocated: state == "allocated",
            qty: row.get("qty")?,
            due_on: row.get("due_on")?,
            since: row.get("created_at")?,
        },
    })
}
