//! Many orders at a time, named by their ids: read whole, and saved where only what is invoiced of
//! them changed.

use orderly_core::id::OrderId;
use orderly_core::order::Order;
use orderly_core::order::change::in_order;
use orderly_core::qty::Qty;

use super::range::{Fill, Which};
use super::{head, parts};
use crate::codec::v;
use crate::set::query_in;
use crate::{Engine, Kind, StoreError, Tx, Value};

/// Returns these orders with all their parts, by id, locked against other writers until the
/// transaction ends. Those that are not there are left out.
pub fn get_many(tx: &mut Tx<'_>, ids: &[OrderId]) -> Result<Vec<Order>, StoreError> {
    if tx.engine() == Engine::Postgres {
        let rows: Vec<Vec<Value>> = ids.iter().map(|id| vec![v(id)]).collect();
        let lock = "SELECT id FROM orders WHERE id = ANY($1::bytea[]) ORDER BY id FOR UPDATE";
        tx.query_many(lock, lock, &[Kind::Bytes], &rows, |row| row.get::<OrderId>("id"))?;
    }
    let mut orders = query_in(tx, "SELECT * FROM orders", "id", ids, head::order_from_row)?;
    orders.sort_by_key(|order| order.id);
    let which = Which::These(orders.iter().map(|order| order.id).collect());
    Fill::new(&orders, which).all(tx, &mut orders)?;
    for order in &mut orders {
        let waits = order.lines.iter().any(|line| line.quantities.backordered != Qty::ZERO);
        if waits {
            order.backorders = parts::backorders_of(tx, order.id)?;
        }
    }
    Ok(orders.into_iter().map(in_order).collect())
}

/// Saves orders of which only what is invoiced, credited and used changed, each if it is still at
/// the version it was read at. Returns whether all were.
pub fn save_invoiced(tx: &mut Tx<'_>, orders: &[(&Order, &Order)]) -> Result<bool, StoreError> {
    let heads: Vec<Vec<Value>> = orders
        .iter()
        .map(|(before, after)| {
            vec![
                v(&before.id),
                v(&before.version),
                v(&after.version),
                v(&after.sequence),
                v(&after.updated_at),
                v(&after.head.paid.used),
            ]
        })
        .collect();
    let saved = tx.exec_many(
        "UPDATE orders SET version = $3, sequence = $4, updated_at = $5, used_minor = $6
          WHERE id = $1 AND version = $2",
        "UPDATE orders SET version = n.version, sequence = n.sequence, updated_at = n.updated_at,
                used_minor = n.used
           FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
                $6::bigint[]) AS n(id, seen, version, sequence, updated_at, used)
          WHERE orders.id = n.id AND orders.version = n.seen",
        &[Kind::Bytes, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Int],
        &heads,
    )?;
    let mut lines: Vec<Vec<Value>> = Vec::new();
    let mut charges: Vec<Vec<Value>> = Vec::new();
    for (before, after) in orders {
        for (old, new) in before.lines.iter().zip(&after.lines) {
            let (was, is) = (old.quantities, new.quantities);
            if (was.invoiced, was.credited) != (is.invoiced, is.credited) {
                lines.push(vec![v(&new.id), v(&is.invoiced), v(&is.credited)]);
            }
        }
        for (old, new) in before.charges.iter().zip(&after.charges) {
            if old.invoiced != new.invoiced {
                charges.push(vec![v(&new.id), v(&new.invoiced)]);
            }
        }
    }
    tx.exec_many(
        "UPDATE order_line SET invoiced = $2, credited = $3 WHERE id = $1",
        "UPDATE order_line SET invoiced = n.invoiced, credited = n.credited
           FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) AS n(id, invoiced, credited)
          WHERE order_line.id = n.id",
        &[Kind::Bytes, Kind::Int, Kind::Int],
        &lines,
    )?;
    tx.exec_many(
        "UPDATE charge SET invoiced_minor = $2 WHERE id = $1",
        "UPDATE charge SET invoiced_minor = n.invoiced
           FROM unnest($1::bytea[], $2::bigint[]) AS n(id, invoiced) WHERE charge.id = n.id",
        &[Kind::Bytes, Kind::Int],
        &charges,
    )?;
    Ok(saved == orders.len() as u64)
}
