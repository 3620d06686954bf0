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

/// Says how a kind of part is stored: its table, what sorts it, and for each field its column with
/// the column's kind. `Json` is a text that holds the field as JSON.
macro_rules! part {
    ($name:ident: $part:ident in $table:literal by $sorted_by:literal {
        $($field:ident $column:literal $kind:ident,)+
    }) => {
        pub static $name: Table<$part> = Table {
            name: $table,
            columns: &[
                $(Column::new($column, part!(@kind $kind)),)+
                Column::new("order_id", Kind::Bytes),
            ],
            sorted_by: $sorted_by,
            values: |part| vec![$(part!(@value part $field $kind)),+],
            from_row: |row| Ok($part { $($field: part!(@read row $column $kind)),+ }),
        };
    };
    (@kind Json) => { Kind::Text };
    (@kind $kind:ident) => { Kind::$kind };
    (@value $part:ident $field:ident Json) => { json(&$part.$field) };
    (@value $part:ident $field:ident $kind:ident) => { v(&$part.$field) };
    (@read $row:ident $column:literal Json) => { from_json($row, $column)? };
    (@read $row:ident $column:literal $kind:ident) => { $row.get($column)? };
}

part! { DELIVERY: Delivery in "delivery" by "position" {
    id "id" Bytes,
    position "position" Int,
    reference "ref" Text,
    method "method" Text,
    ship_to "ship_to" Bytes,
    contact "contact" Bytes,
    location "location_id" Bytes,
    required_on "required_on" Int,
    ship_by_on "ship_by_on" Int,
    due_on_delivery "due_minor" Int,
    promises "promises" Json,
} }

part! { CHARGE: Charge in "charge" by "position" {
    id "id" Bytes,
    delivery "delivery_id" Bytes,
    position "position" Int,
    kind "kind" Text,
    description "description" Text,
    amount "amount_minor" Int,
    tax_included "tax_included_minor" Int,
    tax_added "tax_added_minor" Int,
    taxes "taxes" Json,
    refunded "refunded_minor" Int,
    invoiced "invoiced_minor" Int,
} }

part! { HOLD: Hold in "hold" by "id" {
    id "id" Bytes,
    kind "kind" Text,
    scope "scope_kind" Text,
    scope_id "scope_id" Bytes,
    blocks "blocks" Json,
    reason "reason" Text,
    owner "owner" Text,
    due_at "due_at" Int,
    placed_at "placed_at" Int,
    released_at "released_at" Int,
} }

part! { FULFILLMENT: Fulfillment in "fulfillment" by "id" {
    id "id" Bytes,
    delivery "delivery_id" Bytes,
    location "location_id" Bytes,
    state "state" Text,
    created_at "created_at" Int,
} }

part! { WORK: Work in "fulfillment_line" by "claim_id" {
    claim "claim_id" Bytes,
    fulfillment "fulfillment_id" Bytes,
    line "line_id" Bytes,
    item "item_id" Bytes,
    lot_class "lot_class" Bytes,
    takes "takes" Int,
    qty "qty" Int,
    released "released" Int,
    picked "picked" Int,
    packed "packed" Int,
    shipped "shipped" Int,
    cut "cut" Json,
    picks "picks" Json,
} }

part! { SHIPMENT: Shipment in "shipment" by "id" {
    id "id" Bytes,
    fulfillment "fulfillment_id" Bytes,
    delivery "delivery_id" Bytes,
    location "location_id" Bytes,
    state "state" Text,
    carrier "carrier" Text,
    service "service" Text,
    tracking "tracking" Text,
    shipped_at "shipped_at" Int,
    collected_by "collected_by" Bytes,
} }

part! { SHIPMENT_LINE: ShipmentLine in "shipment_line" by "id" {
    id "id" Bytes,
    shipment "shipment_id" Bytes,
    line "line_id" Bytes,
    claim "claim_id" Bytes,
    item "item_id" Bytes,
    lot "lot_id" Bytes,
    qty "qty" Int,
    over "over" Int,
    value "value_minor" Int,
    delivered "delivered" Int,
    lost "lost" Int,
    brought_back "brought_back" Int,
    returned "returned" Int,
    back "back_minor" Int,
} }

part! { PARCEL: Parcel in "parcel" by "id" {
    id "id" Bytes,
    shipment "shipment_id" Bytes,
    number "number" Int,
    sscc "sscc" Text,
    weight_g "weight_g" Int,
    tracking "tracking" Text,
} }

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
