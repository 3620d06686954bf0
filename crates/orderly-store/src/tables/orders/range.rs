//! Many orders at a time, whole: one query per table.

use std::collections::HashMap;

use orderly_core::id::OrderId;
use orderly_core::order::Order;
use orderly_core::time::Instant;

use super::parts::Table;
use super::{head, lines, parts};
use crate::set::query_in;
use crate::{StoreError, Tx};

/// Returns up to `limit` orders after an id, by id; with `since`, only those changed since then.
pub(crate) fn range(
    tx: &mut Tx<'_>,
    after: OrderId,
    since: Option<Instant>,
    limit: i64,
) -> Result<Vec<Order>, StoreError> {
    let mut orders = tx.query(
        "SELECT * FROM orders WHERE id > $1 AND ($2 IS NULL OR updated_at >= $2)
          ORDER BY id LIMIT $3",
        &[&after, &since, &limit],
        head::order_from_row,
    )?;
    let ends = orders.first().zip(orders.last()).map(|(first, last)| (first.id, last.id));
    let Some((first, last)) = ends else { return Ok(orders) };
    Fill::new(&orders, Which::Between(first, last)).all(tx, &mut orders)?;
    tx.query(
        "SELECT * FROM claim
          WHERE order_id >= $1 AND order_id <= $2 AND state = 'backordered'
            AND supply_kind = 'stock_level'
          ORDER BY order_id, id",
        &[&first, &last],
        |row| {
            let order: OrderId = row.get("order_id")?;
            if let Ok(index) = orders.binary_search_by_key(&order, |order| order.id) {
                orders[index].backorders.push(parts::backorder_from_row(row)?);
            }
            Ok(())
        },
    )?;
    Ok(orders)
}

/// Which orders' parts are read: all between two ids, or those of these ids.
pub(super) enum Which {
    Between(OrderId, OrderId),
    These(Vec<OrderId>),
}

/// Orders that are filled with their parts, and where each of them stands.
pub(super) struct Fill {
    places: HashMap<OrderId, usize>,
    which: Which,
}

impl Fill {
    pub(super) fn new(orders: &[Order], which: Which) -> Self {
        let places = orders.iter().enumerate().map(|(index, order)| (order.id, index)).collect();
        Self { places, which }
    }

    /// Adds every part but backorders; in their order where all between two ids are read.
    pub(super) fn all(&self, tx: &mut Tx<'_>, orders: &mut [Order]) -> Result<(), StoreError> {
        self.with(tx, orders, &parts::DELIVERY, |order| &mut order.deliveries)?;
        self.with(tx, orders, &lines::LINE, |order| &mut order.lines)?;
        self.with(tx, orders, &parts::CHARGE, |order| &mut order.charges)?;
        self.with(tx, orders, &parts::HOLD, |order| &mut order.holds)?;
        self.with(tx, orders, &parts::FULFILLMENT, |order| &mut order.fulfillments)?;
        self.with(tx, orders, &parts::WORK, |order| &mut order.work)?;
        self.with(tx, orders, &parts::SHIPMENT, |order| &mut order.shipments)?;
        self.with(tx, orders, &parts::SHIPMENT_LINE, |order| &mut order.shipment_lines)?;
        self.with(tx, orders, &parts::PARCEL, |order| &mut order.parcels)
    }

    fn with<P>(
        &self,
        tx: &mut Tx<'_>,
        orders: &mut [Order],
        table: &Table<P>,
        of: impl Fn(&mut Order) -> &mut Vec<P>,
    ) -> Result<(), StoreError> {
        let (name, sorted_by) = (table.name, table.sorted_by);
        let found = match &self.which {
            Which::Between(first, last) => {
                let sql = format!(
                    "SELECT * FROM {name} WHERE order_id >= $1 AND order_id <= $2
                      ORDER BY order_id, {sorted_by}"
                );
                tx.query(&sql, &[first, last], |row| {
                    Ok((row.get::<OrderId>("order_id")?, (table.from_row)(row)?))
                })?
            }
            Which::These(ids) => {
                let select = format!("SELECT * FROM {name}");
                query_in(tx, &select, "order_id", ids, |row| {
                    Ok((row.get::<OrderId>("order_id")?, (table.from_row)(row)?))
                })?
            }
        };
        for (order, part) in found {
            if let Some(index) = self.places.get(&order) {
                of(&mut orders[*index]).push(part);
            }
        }
        Ok(())
    }
}
