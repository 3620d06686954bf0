//! Many orders at a time, whole: one query per table.

use std::collections::HashMap;

use orderly_core::id::OrderId;
use orderly_core::order::Order;
use orderly_core::time::Instant;

use super::parts::Table;
use super::{head, lines, parts};
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
    if orders.is_empty() {
        return Ok(orders);
    }
    let mut fill = Fill::new(&orders);
    fill.with(tx, &mut orders, &parts::DELIVERY, |order| &mut order.deliveries)?;
    fill.with(tx, &mut orders, &lines::LINE, |order| &mut order.lines)?;
    fill.with(tx, &mut orders, &parts::CHARGE, |order| &mut order.charges)?;
    fill.with(tx, &mut orders, &parts::HOLD, |order| &mut order.holds)?;
    fill.with(tx, &mut orders, &parts::FULFILLMENT, |order| &mut order.fulfillments)?;
    fill.with(tx, &mut orders, &parts::WORK, |order| &mut order.work)?;
    fill.with(tx, &mut orders, &parts::SHIPMENT, |order| &mut order.shipments)?;
    fill.with(tx, &mut orders, &parts::SHIPMENT_LINE, |order| &mut order.shipment_lines)?;
    fill.with(tx, &mut orders, &parts::PARCEL, |order| &mut order.parcels)?;
    fill.backorders(tx, &mut orders)?;
    Ok(orders)
}

/// Where each order of a range stands, and the ends of the range.
struct Fill {
    places: HashMap<OrderId, usize>,
    first: OrderId,
    last: OrderId,
}

impl Fill {
    fn new(orders: &[Order]) -> Self {
        let ends = |order: Option<&Order>| order.map_or(OrderId::NONE, |order| order.id);
        Self {
            places: orders.iter().enumerate().map(|(index, order)| (order.id, index)).collect(),
            first: ends(orders.first()),
            last: ends(orders.last()),
        }
    }

    fn with<P>(
        &mut self,
        tx: &mut Tx<'_>,
        orders: &mut [Order],
        table: &Table<P>,
        of: impl Fn(&mut Order) -> &mut Vec<P>,
    ) -> Result<(), StoreError> {
        let (name, sorted_by) = (table.name, table.sorted_by);
        let sql = format!(
            "SELECT * FROM {name} WHERE order_id >= $1 AND order_id <= $2
              ORDER BY order_id, {sorted_by}"
        );
        tx.query(&sql, &[&self.first, &self.last], |row| {
            if let Some(index) = self.places.get(&row.get("order_id")?) {
                of(&mut orders[*index]).push((table.from_row)(row)?);
            }
            Ok(())
        })?;
        Ok(())
    }

    fn backorders(&self, tx: &mut Tx<'_>, orders: &mut [Order]) -> Result<(), StoreError> {
        tx.query(
            "SELECT * FROM claim
              WHERE order_id >= $1 AND order_id <= $2 AND state = 'backordered'
                AND supply_kind = 'stock_level'
              ORDER BY order_id, id",
            &[&self.first, &self.last],
            |row| {
                if let Some(index) = self.places.get(&row.get("order_id")?) {
                    orders[*index].backorders.push(parts::backorder_from_row(row)?);
                }
                Ok(())
            },
        )?;
        Ok(())
    }
}
