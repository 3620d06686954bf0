//! The rows of an order's parts: one table each, written set-based or one by one.

use orderly_core::id::OrderId;
use orderly_core::order::{
    Backorder, Charge, Delivery, Fulfillment, Hold, Order, Parcel, Shipment, ShipmentLine, Work,
};
use orderly_core::time::Instant;

use crate::codec::{from_json, json, v};
use crate::{Column, Kind, Row, StoreError, Tx, Value};

/// How one kind of part is stored. The first column is its key; `order_id` comes last.
pub struct Table<P: 'static> {
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column],
    pub(super) sorted_by: &'static str,
    pub(super) values: fn(&P) -> Vec<Value>,
    pub(super) from_row: fn(&Row<'_>) -> Result<P, StoreError>,
}

impl<P> Table<P> {
    /// Inserts the parts of new orders in one go.
    pub(super) fn insert(
        &self,
        tx: &mut Tx<'_>,
        orders: &[&Order],
        parts: impl Fn(&Order) -> &Vec<P>,
    ) -> Result<(), StoreError> {
        let rows: Vec<Vec<Value>> = orders
            .iter()
            .flat_map(|order| parts(order).iter().map(|part| self.row(order, part)))
            .collect();
        tx.insert_many(self.name, self.columns, &rows, "")?;
        Ok(())
    }

    /// Inserts a part or replaces it.
    pub(super) fn put(&self, tx: &mut Tx<'_>, order: &Order, part: &P) -> Result<(), StoreError> {
        let key = self.columns[0].name;
        let set: Vec<String> = self.columns[1..]
            .iter()
            .map(|column| format!("{0} = excluded.{0}", column.name))
            .collect();
        let suffix = format!("ON CONFLICT ({key}) DO UPDATE SET {}", set.join(", "));
        tx.insert_many(self.name, self.columns, &[self.row(order, part)], &suffix)?;
        Ok(())
    }

    /// Returns the parts of an order, in their order.
    pub(super) fn of(&self, tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<P>, StoreError> {
        let (name, sorted_by) = (self.name, self.sorted_by);
        let sql = format!("SELECT * FROM {name} WHERE order_id = $1 ORDER BY {sorted_by}");
        tx.query(&sql, &[&order], self.from_row)
    }

    fn row(&self, order: &Order, part: &P) -> Vec<Value> {
        let mut row = (self.values)(part);
        row.push(v(&order.id));
        row
    }
}

pub static DELIVERY: Table<Delivery> = Table {
    name: "delivery",
    columns: &[
        Column::new("id", Kind::Bytes),
        Column::new("position", Kind::Int),
        Column::new("ref", Kind::Text),
        Column::new("method", Kind::Text),
        Column::new("ship_to", Kind::Bytes),
        Column::new("contact", Kind::Bytes),
        Column::new("location_id", Kind::Bytes),
        Column::new("required_on", Kind::Int),
        Column::new("ship_by_on", Kind::Int),
        Column::new("due_minor", Kind::Int),
        Column::new("promises", Kind::Text),
        Column::new("order_id", Kind::Bytes),
    ],
    sorted_by: "position",
    values: |part| {
        vec![
            v(&part.id),
            v(&part.position),
            v(&part.reference),
            v(&part.method),
            v(&part.ship_to),
            v(&part.contact),
            v(&part.location),
            v(&part.required_on),
            v(&part.ship_by_on),
            v(&part.due_on_delivery),
            json(&part.promises),
        ]
    },
    from_row: |row| {
        Ok(Delivery {
            id: row.get("id")?,
            position: row.get("position")?,
            reference: row.get("ref")?,
            method: row.get("method")?,
            ship_to: row.get("ship_to")?,
            contact: row.get("contact")?,
            location: row.get("location_id")?,
            required_on: row.get("required_on")?,
            ship_by_on: row.get("ship_by_on")?,
            due_on_delivery: row.get("due_minor")?,
            promises: from_json(row, "promises")?,
        })
    },
};

pub static CHARGE: Table<Charge> = Table {
    name: "charge",
    columns: &[
        Column::new("id", Kind::Bytes),
        Column::new("delivery_id", Kind::Bytes),
        Column::new("position", Kind::Int),
        Column::new("kind", Kind::Text),
        Column::new("description", Kind::Text),
        Column::new("amount_minor", Kind::Int),
        Column::new("tax_included_minor", Kind::Int),
        Column::new("tax_added_minor", Kind::Int),
        Column::new("taxes", Kind::Text),
        Column::new("refunded_minor", Kind::Int),
        Column::new("invoiced_minor", Kind::Int),
        Column::new("order_id", Kind::Bytes),
    ],
    sorted_by: "position",
    values: |part| {
        vec![
            v(&part.id),
            v(&part.delivery),
            v(&part.position),
            v(&part.kind),
            v(&part.description),
            v(&part.amount),
            v(&part.tax_included),
            v(&part.tax_added),
            json(&part.taxes),
            v(&part.refunded),
            v(&part.invoiced),
        ]
    },
    from_row: |row| {
        Ok(Charge {
            id: row.get("id")?,
            delivery: row.get("delivery_id")?,
            position: row.get("position")?,
            kind: row.get("kind")?,
            description: row.get("description")?,
            amount: row.get("amount_minor")?,
            tax_included: row.get("tax_included_minor")?,
            tax_added: row.get("tax_added_minor")?,
            taxes: from_json(row, "taxes")?,
            refunded: row.get("refunded_minor")?,
            invoiced: row.get("invoiced_minor")?,
        })
    },
};

pub static HOLD: Table<Hold> = Table {
    name: "hold",
    columns: &[
        Column::new("id", Kind::Bytes),
        Column::new("kind", Kind::Text),
        Column::new("scope_kind", Kind::Text),
        Column::new("scope_id", Kind::Bytes),
        Column::new("blocks", Kind::Text),
        Column::new("reason", Kind::Text),
        Column::new("owner", Kind::Text),
        Column::new("due_at", Kind::Int),
        Column::new("placed_at", Kind::Int),
        Column::new("released_at", Kind::Int),
        Column::new("order_id", Kind::Bytes),
    ],
    sorted_by: "id",
    values: |part| {
        vec![
            v(&part.id),
            v(&part.kind),
            v(&part.scope),
            v(&part.scope_id),
            json(&part.blocks),
            v(&part.reason),
            v(&part.owner),
            v(&part.due_at),
            v(&part.placed_at),
            v(&part.released_at),
        ]
    },
    from_row: |row| {
        Ok(Hold {
            id: row.get("id")?,
            kind: row.get("kind")?,
            scope: row.get("scope_kind")?,
            scope_id: row.get("scope_id")?,
            blocks: from_json(row, "blocks")?,
            reason: row.get("reason")?,
            owner: row.get("owner")?,
            due_at: row.get("due_at")?,
            placed_at: row.get("placed_at")?,
            released_at: row.get("released_at")?,
        })
    },
};

pub static FULFILLMENT: Table<Fulfillment> = Table {
    name: "fulfillment",
    columns: &[
        Column::new("id", Kind::Bytes),
        Column::new("delivery_id", Kind::Bytes),
        Column::new("location_id", Kind::Bytes),
        Column::new("state", Kind::Text),
        Column::new("created_at", Kind::Int),
        Column::new("order_id", Kind::Bytes),
    ],
    sorted_by: "id",
    values: |part| {
        vec![v(&part.id), v(&part.delivery), v(&part.location), v(&part.state), v(&part.created_at)]
    },
    from_row: |row| {
        Ok(Fulfillment {
            id: row.get("id")?,
            delivery: row.get("delivery_id")?,
            location: row.get("location_id")?,
            state: row.get("state")?,
            created_at: row.get("created_at")?,
        })
    },
};

pub static WORK: Table<Work> = Table {
    name: "fulfillment_line",
    columns: &[
        Column::new("claim_id", Kind::Bytes),
        Column::new("fulfillment_id", Kind::Bytes),
        Column::new("line_id", Kind::Bytes),
        Column::new("item_id", Kind::Bytes),
        Column::new("lot_class", Kind::Bytes),
        Column::new("takes", Kind::Int),
        Column::new("qty", Kind::Int),
        Column::new("released", Kind::Int),
        Column::new("picked", Kind::Int),
        Column::new("packed", Kind::Int),
        Column::new("shipped", Kind::Int),
        Column::new("cut", Kind::Text),
        Column::new("picks", Kind::Text),
        Column::new("order_id", Kind::Bytes),
    ],
    sorted_by: "claim_id",
    values: |part| {
        vec![
            v(&part.claim),
            v(&part.fulfillment),
            v(&part.line),
            v(&part.item),
            v(&part.lot_class),
            v(&part.takes),
            v(&part.qty),
            v(&part.released),
            v(&part.picked),
            v(&part.packed),
            v(&part.shipped),
            json(&part.cut),
            json(&part.picks),
        ]
    },
    from_row: |row| {
        Ok(Work {
            claim: row.get("claim_id")?,
            fulfillment: row.get("fulfillment_id")?,
            line: row.get("line_id")?,
            item: row.get("item_id")?,
            lot_class: row.get("lot_class")?,
            takes: row.get("takes")?,
            qty: row.get("qty")?,
            released: row.get("released")?,
            picked: row.get("picked")?,
            packed: row.get("packed")?,
            shipped: row.get("shipped")?,
            cut: from_json(row, "cut")?,
            picks: from_json(row, "picks")?,
        })
    },
};

pub static SHIPMENT: Table<Shipment> = Table {
    name: "shipment",
    columns: &[
        Column::new("id", Kind::Bytes),
        Column::new("fulfillment_id", Kind::Bytes),
        Column::new("delivery_id", Kind::Bytes),
        Column::new("location_id", Kind::Bytes),
        Column::new("state", Kind::Text),
        Column::new("carrier", Kind::Text),
        Column::new("service", Kind::Text),
        Column::new("tracking", Kind::Text),
        Column::new("shipped_at", Kind::Int),
        Column::new("collected_by", Kind::Bytes),
        Column::new("order_id", Kind::Bytes),
    ],
    sorted_by: "id",
    values: |part| {
        vec![
            v(&part.id),
            v(&part.fulfillment),
            v(&part.delivery),
            v(&part.location),
            v(&part.state),
            v(&part.carrier),
            v(&part.service),
            v(&part.tracking),
            v(&part.shipped_at),
            v(&part.collected_by),
        ]
    },
    from_row: |row| {
        Ok(Shipment {
            id: row.get("id")?,
            fulfillment: row.get("fulfillment_id")?,
            delivery: row.get("delivery_id")?,
            location: row.get("location_id")?,
            state: row.get("state")?,
            carrier: row.get("carrier")?,
            service: row.get("service")?,
            tracking: row.get("tracking")?,
            shipped_at: row.get("shipped_at")?,
            collected_by: row.get("collected_by")?,
        })
    },
};

pub static SHIPMENT_LINE: Table<ShipmentLine> = Table {
    name: "shipment_line",
    columns: &[
        Column::new("id", Kind::Bytes),
        Column::new("shipment_id", Kind::Bytes),
        Column::new("line_id", Kind::Bytes),
        Column::new("claim_id", Kind::Bytes),
        Column::new("item_id", Kind::Bytes),
        Column::new("lot_id", Kind::Bytes),
        Column::new("qty", Kind::Int),
        Column::new("over", Kind::Int),
        Column::new("value_minor", Kind::Int),
        Column::new("delivered", Kind::Int),
        Column::new("lost", Kind::Int),
        Column::new("brought_back", Kind::Int),
        Column::new("returned", Kind::Int),
        Column::new("back_minor", Kind::Int),
        Column::new("order_id", Kind::Bytes),
    ],
    sorted_by: "id",
    values: |part| {
        vec![
            v(&part.id),
            v(&part.shipment),
            v(&part.line),
            v(&part.claim),
            v(&part.item),
            v(&part.lot),
            v(&part.qty),
            v(&part.over),
            v(&part.value),
            v(&part.delivered),
            v(&part.lost),
            v(&part.brought_back),
            v(&part.returned),
            v(&part.back),
        ]
    },
    from_row: |row| {
        Ok(ShipmentLine {
            id: row.get("id")?,
            shipment: row.get("shipment_id")?,
            line: row.get("line_id")?,
            claim: row.get("claim_id")?,
            item: row.get("item_id")?,
            lot: row.get("lot_id")?,
            qty: row.get("qty")?,
            over: row.get("over")?,
            value: row.get("value_minor")?,
            delivered: row.get("delivered")?,
            lost: row.get("lost")?,
            brought_back: row.get("brought_back")?,
            returned: row.get("returned")?,
            back: row.get("back_minor")?,
        })
    },
};

pub static PARCEL: Table<Parcel> = Table {
    name: "parcel",
    columns: &[
        Column::new("id", Kind::Bytes),
        Column::new("shipment_id", Kind::Bytes),
        Column::new("number", Kind::Int),
        Column::new("sscc", Kind::Text),
        Column::new("weight_g", Kind::Int),
        Column::new("tracking", Kind::Text),
        Column::new("order_id", Kind::Bytes),
    ],
    sorted_by: "id",
    values: |part| {
        vec![
            v(&part.id),
            v(&part.shipment),
            v(&part.number),
            v(&part.sscc),
            v(&part.weight_g),
            v(&part.tracking),
        ]
    },
    from_row: |row| {
        Ok(Parcel {
            id: row.get("id")?,
            shipment: row.get("shipment_id")?,
            number: row.get("number")?,
            sscc: row.get("sscc")?,
            weight_g: row.get("weight_g")?,
            tracking: row.get("tracking")?,
        })
    },
};

/// The backorders of an order: its claims that no stock serves yet.
pub(super) fn backorders_of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Backorder>, StoreError> {
    tx.query(
        "SELECT * FROM claim WHERE order_id = $1 AND state = 'backordered'
            AND supply_kind = 'stock_level' ORDER BY id",
        &[&order],
        backorder_from_row,
    )
}

pub(super) fn backorder_from_row(row: &Row<'_>) -> Result<Backorder, StoreError> {
    Ok(Backorder {
        claim: row.get("id")?,
        line: row.get("claimant_id")?,
        item: row.get("item_id")?,
        location: row.get("location_id")?,
        lot_class: row.get("lot_class")?,
        qty: row.get("qty")?,
        since: row.get("created_at")?,
    })
}

/// Stores the routing of orders, the newest decision replacing the one before.
pub(super) fn explain(
    tx: &mut Tx<'_>,
    decided: &[(OrderId, Instant, String)],
) -> Result<(), StoreError> {
    let columns = [
        Column::new("order_id", Kind::Bytes),
        Column::new("decided_at", Kind::Int),
        Column::new("explanation", Kind::Text),
    ];
    let rows: Vec<Vec<Value>> =
        decided.iter().map(|(order, at, text)| vec![v(order), v(at), v(text)]).collect();
    let replace = "ON CONFLICT (order_id) DO UPDATE
         SET decided_at = excluded.decided_at, explanation = excluded.explanation";
    tx.insert_many("routing", &columns, &rows, replace)?;
    Ok(())
}
