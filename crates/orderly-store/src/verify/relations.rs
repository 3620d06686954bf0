//! Relations between tables: those the schema declares and those it leaves to the operations.

use super::{Finding, Key};
use crate::{Engine, StoreError, Tx};

/// A column that names a row of another table. Zero ids and NULL name none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    pub child: String,
    pub column: String,
    pub parent: String,
    pub parent_column: String,
}

/// Relations that no REFERENCES says, because hot writes would pay for them.
const UNDECLARED: &[(&str, &str, &str)] = &[
    ("orders", "channel_id", "channel"),
    ("orders", "legal_entity_id", "legal_entity"),
    ("orders", "customer_id", "customer"),
    ("orders", "account_id", "account"),
    ("orders", "site_id", "site"),
    ("order_line", "item_id", "item"),
    ("order_line", "delivery_id", "delivery"),
    ("order_line", "parent_id", "order_line"),
    ("charge", "delivery_id", "delivery"),
    ("fulfillment", "delivery_id", "delivery"),
    ("fulfillment", "location_id", "location"),
    ("fulfillment_line", "line_id", "order_line"),
    ("fulfillment_line", "item_id", "item"),
    ("shipment", "location_id", "location"),
    ("shipment_line", "item_id", "item"),
    ("holding", "item_id", "item"),
    ("stock_level", "item_id", "item"),
    ("stock_level", "location_id", "location"),
    ("stock_level", "lot_class", "lot"),
    ("claim", "order_id", "orders"),
    ("claim", "item_id", "item"),
    ("place", "location_id", "location"),
    ("place", "bin_id", "bin"),
    ("returns", "order_id", "orders"),
    ("return_line", "order_line_id", "order_line"),
    ("exchange", "payment_id", "payment"),
    ("refund", "order_id", "orders"),
    ("refund", "return_id", "returns"),
    ("refund_line", "order_line_id", "order_line"),
    ("journal", "legal_entity_id", "legal_entity"),
    ("journal", "reverses", "journal"),
    ("routing", "order_id", "orders"),
    ("load", "location_id", "location"),
    ("load_stop", "order_id", "orders"),
    ("load_stop", "delivery_id", "delivery"),
    ("load_stop", "fulfillment_id", "fulfillment"),
    ("load_stop", "shipment_id", "shipment"),
    ("load_line", "order_line_id", "order_line"),
    ("quote", "channel_id", "channel"),
    ("quote", "customer_id", "customer"),
    ("quote", "account_id", "account"),
    ("quote", "site_id", "site"),
    ("quote_line", "item_id", "item"),
];

/// Returns the relations to check: the undeclared ones, and on PostgreSQL the declared ones too
/// (SQLite has a check of its own for those, see [`super::damage`]).
pub fn relations(tx: &mut Tx<'_>) -> Result<Vec<Relation>, StoreError> {
    let undeclared = UNDECLARED.iter().map(|(child, column, parent)| Relation {
        child: (*child).into(),
        column: (*column).into(),
        parent: (*parent).into(),
        parent_column: "id".into(),
    });
    let mut all: Vec<Relation> = undeclared.collect();
    if tx.engine() == Engine::Postgres {
        all.extend(tx.query(
            "SELECT c.relname::text AS child, a.attname::text AS child_column,
                    p.relname::text AS parent, b.attname::text AS parent_column
               FROM pg_constraint k
               JOIN pg_class c ON c.oid = k.conrelid
               JOIN pg_class p ON p.oid = k.confrelid
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
               JOIN pg_attribute b ON b.attrelid = p.oid AND b.attnum = k.confkey[1]
              WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace
                AND cardinality(k.conkey) = 1 AND a.atttypid = 'bytea'::regtype
              ORDER BY 1, 2",
            &[],
            |row| {
                Ok(Relation {
                    child: row.get("child")?,
                    column: row.get("child_column")?,
                    parent: row.get("parent")?,
                    parent_column: row.get("parent_column")?,
                })
            },
        )?);
    }
    Ok(all)
}

/// Finds what names a row that does not exist: the first `limit`, and how many rows there are.
pub fn orphans(
    tx: &mut Tx<'_>,
    relation: &Relation,
    limit: usize,
    found: &mut Vec<Finding>,
) -> Result<u64, StoreError> {
    let Relation { child, column, parent, parent_column } = relation;
    let sql = format!(
        "SELECT c.{column} AS id, COUNT(*) AS n FROM {child} c
           LEFT JOIN {parent} p ON p.{parent_column} = c.{column}
          WHERE c.{column} IS NOT NULL AND c.{column} <> $1 AND p.{parent_column} IS NULL
          GROUP BY c.{column} ORDER BY c.{column}"
    );
    let mut count = 0;
    tx.for_each(&sql, &[&[0_u8; 16]], |row| {
        count += 1;
        if count <= limit as u64 {
            let rows: i64 = row.get("n")?;
            found.push(Finding {
                keys: vec![(format!("{parent}_id"), Key::Id(row.get("id")?))],
                what: Some(format!("{child}.{column}")),
                expected: format!("a row of {parent}"),
                actual: format!("none, named by {rows} of {child}"),
                suspect: None,
            });
        }
        Ok(())
    })?;
    Ok(count)
}
