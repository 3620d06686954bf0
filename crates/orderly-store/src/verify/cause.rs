//! Who is to blame: the row that a difference comes from, and what it says of itself.

use orderly_core::id::{ItemId, LotId, PlaceId};

use super::Suspect;
use crate::{StoreError, Tx};

/// What the row to blame says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    pub kind: Option<String>,
    pub actor_kind: Option<String>,
    pub actor: Option<[u8; 16]>,
    /// Microseconds UTC.
    pub at: Option<i64>,
}

/// The event to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blamed {
    pub sequence: i64,
    pub details: Details,
}

/// Which of a movement's figures differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    Qty,
    Value,
}

/// Returns the movement to blame for a difference between a balance and its movements: the first
/// that contradicts its document; else the first after which less than nothing is there; else the
/// latest of exactly the difference; else the latest.
///
/// `inside` says which places belong to the balance, `lot` which lots.
pub fn movement(
    tx: &mut Tx<'_>,
    item: ItemId,
    figure: Figure,
    difference: i64,
    inside: &dyn Fn(PlaceId) -> bool,
    lot: &dyn Fn(LotId) -> bool,
) -> Result<Option<Suspect>, StoreError> {
    let (mut contradicting, mut negative, mut exact, mut latest) = (None, None, None, None);
    let mut balance = 0_i64;
    let sql = "
        SELECT m.id, m.lot_id, m.from_place, m.to_place, m.qty, m.value_minor,
               COALESCE(r.qty, s.qty, ABS(a.delta)) AS own_qty,
               COALESCE(r.value_minor, s.value_minor) AS own_value
          FROM movement m
          LEFT JOIN receipt_line r ON r.id = m.cause_id AND m.cause_kind = 'receipt_line'
          LEFT JOIN shipment_line s ON s.id = m.cause_id AND m.cause_kind = 'shipment_line'
           AND m.kind = 'ship'
          LEFT JOIN adjustment a ON a.id = m.cause_id AND m.cause_kind = 'adjustment'
         WHERE m.item_id = $1 ORDER BY m.recorded_at, m.id";
    tx.for_each(sql, &[&item], |row| {
        let (from, to): (PlaceId, PlaceId) = (row.get("from_place")?, row.get("to_place")?);
        if !lot(row.get("lot_id")?) || inside(from) == inside(to) {
            return Ok(());
        }
        let id: [u8; 16] = row.get("id")?;
        let (amount, own): (i64, Option<i64>) = match figure {
            Figure::Qty => (row.get("qty")?, row.get("own_qty")?),
            Figure::Value => (row.get("value_minor")?, row.get("own_value")?),
        };
        balance = balance.saturating_add(if inside(to) { amount } else { -amount });
        if own.is_some_and(|own| own != amount) {
            contradicting.get_or_insert(id);
        }
        if balance < 0 && figure == Figure::Qty {
            negative.get_or_insert(id);
        }
        if amount == difference.saturating_abs() {
            exact = Some(id);
        }
        latest = Some(id);
        Ok(())
    })?;
    let id = contradicting.or(negative).or(exact).or(latest);
    Ok(id.map(|id| Suspect { row: "movement".into(), id }))
}

/// Returns the last event of a stream that names a part of it, else its last event.
pub fn event(
    tx: &mut Tx<'_>,
    stream: [u8; 16],
    part: Option<&str>,
) -> Result<Option<Blamed>, StoreError> {
    let pattern = part.map(|part| format!("%{part}%"));
    tx.query_one(
        "SELECT sequence, kind, actor_kind, actor_id, recorded_at FROM event
          WHERE stream_id = $1
          ORDER BY CASE WHEN $2 IS NOT NULL AND changes LIKE $2 THEN 0 ELSE 1 END,
                sequence DESC LIMIT 1",
        &[&stream, &pattern],
        |row| {
            let details = Details {
                kind: row.get("kind")?,
                actor_kind: row.get("actor_kind")?,
                actor: row.get("actor_id")?,
                at: row.get("recorded_at")?,
            };
            Ok(Blamed { sequence: row.get("sequence")?, details })
        },
    )
}

/// Returns what the row to blame says of itself; `None` where it is gone.
pub fn details(tx: &mut Tx<'_>, suspect: &Suspect) -> Result<Option<Details>, StoreError> {
    let sql = match suspect.row.as_str() {
        "movement" => {
            "SELECT kind, actor_kind, actor_id, recorded_at AS at FROM movement WHERE id = $1"
        }
        "audit" => "SELECT verb AS kind, actor_kind, actor_id, at FROM audit WHERE id = $1",
        "claim" => {
            "SELECT state AS kind, NULL AS actor_kind, NULL AS actor_id, created_at AS at
               FROM claim WHERE id = $1"
        }
        "journal" => {
            "SELECT kind, NULL AS actor_kind, NULL AS actor_id, recorded_at AS at
               FROM journal WHERE id = $1"
        }
        "late_cost" => {
            "SELECT cause_kind AS kind, actor_kind, actor_id, recorded_at AS at
               FROM late_cost WHERE id = $1"
        }
        "disposition" => {
            "SELECT to_disposition AS kind, NULL AS actor_kind, NULL AS actor_id,
                    decided_at AS at FROM disposition WHERE id = $1"
        }
        "payment_transaction" => {
            "SELECT kind, NULL AS actor_kind, NULL AS actor_id, created_at AS at
               FROM payment_transaction WHERE id = $1"
        }
        "application" => {
            "SELECT kind, NULL AS actor_kind, NULL AS actor_id, applied_at AS at
               FROM application WHERE id = $1"
        }
        "refund" => {
            "SELECT state AS kind, NULL AS actor_kind, NULL AS actor_id, created_at AS at
               FROM refund WHERE id = $1"
        }
        "refund_line" => {
            "SELECT l.cause AS kind, NULL AS actor_kind, NULL AS actor_id, r.created_at AS at
               FROM refund_line l JOIN refund r ON r.id = l.refund_id WHERE l.id = $1"
        }
        "return_line" => {
            "SELECT r.state AS kind, NULL AS actor_kind, NULL AS actor_id, r.created_at AS at
               FROM return_line l JOIN returns r ON r.id = l.return_id WHERE l.id = $1"
        }
        "shipment_line" => {
            "SELECT s.state AS kind, NULL AS actor_kind, NULL AS actor_id, s.shipped_at AS at
               FROM shipment_line l JOIN shipment s ON s.id = l.shipment_id WHERE l.id = $1"
        }
        _ => return Ok(None),
    };
    tx.query_one(sql, &[&suspect.id], |row| {
        Ok(Details {
            kind: row.get("kind")?,
            actor_kind: row.get("actor_kind")?,
            actor: row.get("actor_id")?,
            at: row.get("at")?,
        })
    })
}

/// Returns the name people know an object by: an item's SKU, a location's code, a number.
pub fn name(tx: &mut Tx<'_>, noun: &str, id: [u8; 16]) -> Result<Option<String>, StoreError> {
    let sql = match noun {
        "item" => "SELECT sku AS name FROM item WHERE id = $1",
        "location" => "SELECT code AS name FROM location WHERE id = $1",
        "channel" => "SELECT code AS name FROM channel WHERE id = $1",
        "lot" => "SELECT code AS name FROM lot WHERE id = $1",
        "order" => "SELECT number AS name FROM orders WHERE id = $1",
        "return" => "SELECT number AS name FROM returns WHERE id = $1",
        "refund" => "SELECT number AS name FROM refund WHERE id = $1",
        "customer" => "SELECT number AS name FROM customer WHERE id = $1",
        _ => return Ok(None),
    };
    tx.query_one(sql, &[&id], |row| row.get("name"))
}
