//! Returns with their lines and dispositions.

use orderly_core::id::{OrderId, ReturnId};
use orderly_core::returns::{Disposition, Fates, Head, Return, ReturnLine, ReturnState};
use orderly_core::time::Instant;

use crate::codec::v;
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

const RETURN: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("number", Kind::Text),
    Column::new("order_id", Kind::Bytes),
    Column::new("channel_id", Kind::Bytes),
    Column::new("customer_id", Kind::Bytes),
    Column::new("location_id", Kind::Bytes),
    Column::new("state", Kind::Text),
    Column::new("currency", Kind::Text),
    Column::new("reason", Kind::Text),
    Column::new("history", Kind::Int),
    Column::new("external_id", Kind::Text),
    Column::new("version", Kind::Int),
    Column::new("sequence", Kind::Int),
    Column::new("created_at", Kind::Int),
];

const LINE: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("return_id", Kind::Bytes),
    Column::new("position", Kind::Int),
    Column::new("order_line_id", Kind::Bytes),
    Column::new("item_id", Kind::Bytes),
    Column::new("description", Kind::Text),
    Column::new("lot_id", Kind::Bytes),
    Column::new("reason", Kind::Text),
    Column::new("requested", Kind::Int),
    Column::new("received", Kind::Int),
    Column::new("awaiting_inspection", Kind::Int),
    Column::new("restocked", Kind::Int),
    Column::new("quarantined", Kind::Int),
    Column::new("repaired", Kind::Int),
    Column::new("refurbished", Kind::Int),
    Column::new("scrapped", Kind::Int),
    Column::new("to_vendor", Kind::Int),
    Column::new("sent_back", Kind::Int),
    Column::new("refunded", Kind::Int),
    Column::new("amount_minor", Kind::Int),
    Column::new("value_minor", Kind::Int),
];

/// A line that is there is replaced; its key and its return never change.
const REPLACE: &str = "ON CONFLICT (id) DO UPDATE SET lot_id = excluded.lot_id,
    requested = excluded.requested, received = excluded.received,
    awaiting_inspection = excluded.awaiting_inspection, restocked = excluded.restocked,
    quarantined = excluded.quarantined, repaired = excluded.repaired,
    refurbished = excluded.refurbished, scrapped = excluded.scrapped,
    to_vendor = excluded.to_vendor, sent_back = excluded.sent_back,
    refunded = excluded.refunded, amount_minor = excluded.amount_minor,
    value_minor = excluded.value_minor";

const DISPOSITION: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("return_id", Kind::Bytes),
    Column::new("return_line_id", Kind::Bytes),
    Column::new("from_disposition", Kind::Text),
    Column::new("to_disposition", Kind::Text),
    Column::new("qty", Kind::Int),
    Column::new("note", Kind::Text),
    Column::new("decided_at", Kind::Int),
];

/// Adds returns with all their parts, set-based. Returns how many were new: a number or an
/// external id of the channel that is taken adds nothing of that return, and the caller rolls
/// back.
pub fn insert(tx: &mut Tx<'_>, returns: &[&Return]) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value>> = returns.iter().map(|one| row(one)).collect();
    let inserted = tx.insert_many("returns", RETURN, &rows, "ON CONFLICT DO NOTHING")?;
    if inserted < returns.len() as u64 {
        return Ok(inserted);
    }
    let lines = |one: &&Return| one.lines.iter().map(|line| line_row(one.id, line)).collect();
    let rows: Vec<Vec<Value>> = returns.iter().flat_map::<Vec<_>, _>(lines).collect();
    tx.insert_many("return_line", LINE, &rows, "")?;
    let own = |one: &&Return| one.dispositions.iter().map(|d| disposition_row(one.id, d)).collect();
    let rows: Vec<Vec<Value>> = returns.iter().flat_map::<Vec<_>, _>(own).collect();
    tx.insert_many("disposition", DISPOSITION, &rows, "")?;
    Ok(inserted)
}

fn row(one: &Return) -> Vec<Value> {
    vec![
        v(&one.id),
        v(&one.number),
        v(&one.order),
        v(&one.channel),
        v(&one.head.customer),
        v(&one.head.location),
        v(&one.head.state),
        v(&one.currency),
        v(&one.head.reason),
        v(&one.history),
        v(&one.external_id),
        v(&one.version),
        v(&one.sequence),
        v(&one.created_at),
    ]
}

fn line_row(id: ReturnId, line: &ReturnLine) -> Vec<Value> {
    vec![
        v(&line.id),
        v(&id),
        v(&line.position),
        v(&line.order_line),
        v(&line.item),
        v(&line.description),
        v(&line.lot),
        v(&line.reason),
        v(&line.requested),
        v(&line.received),
        v(&line.fates.awaiting_inspection),
        v(&line.fates.restocked),
        v(&line.fates.quarantined),
        v(&line.fates.repaired),
        v(&line.fates.refurbished),
        v(&line.fates.scrapped),
        v(&line.fates.to_vendor),
        v(&line.fates.sent_back),
        v(&line.refunded),
        v(&line.amount),
        v(&line.value),
    ]
}

fn disposition_row(id: ReturnId, one: &Disposition) -> Vec<Value> {
    vec![
        v(&one.id),
        v(&id),
        v(&one.line),
        v(&one.from),
        v(&one.to),
        v(&one.qty),
        v(&one.note),
        v(&one.decided_at),
    ]
}

/// Returns a return with all its parts. `lock` keeps other writers from it until the transaction
/// ends.
pub fn get(tx: &mut Tx<'_>, id: ReturnId, lock: bool) -> Result<Option<Return>, StoreError> {
    let sql = match tx.engine() {
        Engine::Postgres if lock => "SELECT * FROM returns WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM returns WHERE id = $1",
    };
    let Some(mut one) = tx.query_one(sql, &[&id], from_row)? else { return Ok(None) };
    let sql = "SELECT * FROM return_line WHERE return_id = $1 ORDER BY position";
    one.lines = tx.query(sql, &[&id], line_from_row)?;
    let sql = "SELECT * FROM disposition WHERE return_id = $1 ORDER BY id";
    one.dispositions = tx.query(sql, &[&id], disposition_from_row)?;
    Ok(Some(one))
}

/// Saves what lies between two values of a return; false where it was changed meanwhile.
/// `after.version` and `after.sequence` are the new ones.
pub fn save(tx: &mut Tx<'_>, before: &Return, after: &Return) -> Result<bool, StoreError> {
    let updated = tx.exec(
        "UPDATE returns SET state = $3, location_id = $4, customer_id = $5, reason = $6,
                version = $7, sequence = $8
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.head.state,
            &after.head.location,
            &after.head.customer,
            &after.head.reason,
            &after.version,
            &after.sequence,
        ],
    )?;
    if updated == 0 {
        return Ok(false);
    }
    let same = |line: &&ReturnLine| before.lines.iter().any(|old| old == *line);
    let changed = after.lines.iter().filter(|line| !same(line));
    let rows: Vec<Vec<Value>> = changed.map(|line| line_row(after.id, line)).collect();
    tx.insert_many("return_line", LINE, &rows, REPLACE)?;
    let known = |one: &&Disposition| before.dispositions.iter().any(|old| old.id == one.id);
    let new = after.dispositions.iter().filter(|one| !known(one));
    let rows: Vec<Vec<Value>> = new.map(|one| disposition_row(after.id, one)).collect();
    tx.insert_many("disposition", DISPOSITION, &rows, "")?;
    Ok(true)
}

/// Returns the id of the return with this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<ReturnId>, StoreError> {
    tx.query_one("SELECT id FROM returns WHERE number = $1", &[&number], |row| row.get("id"))
}

/// Returns the ids of an order's returns, oldest first.
pub fn of_order(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<ReturnId>, StoreError> {
    let sql = "SELECT id FROM returns WHERE order_id = $1 ORDER BY created_at, id";
    tx.query(sql, &[&order], |row| row.get("id"))
}

/// Returns up to `limit` returns, without their parts, opened before the cursor, the latest first;
/// only those in one state where it is given.
pub fn list(
    tx: &mut Tx<'_>,
    state: Option<ReturnState>,
    before: Option<(Instant, ReturnId)>,
    limit: i64,
) -> Result<Vec<Return>, StoreError> {
    let last = (Instant::from_micros(i64::MAX), ReturnId::NONE);
    let (at, id) = before.unwrap_or(last);
    tx.query(
        "SELECT * FROM returns
          WHERE (created_at < $1 OR (created_at = $1 AND id < $2))
            AND ($3 IS NULL OR state = $3)
          ORDER BY created_at DESC, id DESC LIMIT $4",
        &[&at, &id, &state, &limit],
        from_row,
    )
}

fn from_row(row: &Row<'_>) -> Result<Return, StoreError> {
    Ok(Return {
        id: row.get("id")?,
        number: row.get("number")?,
        order: row.get("order_id")?,
        channel: row.get("channel_id")?,
        head: Head {
            customer: row.get("customer_id")?,
            location: row.get("location_id")?,
            state: row.get("state")?,
            reason: row.get("reason")?,
        },
        currency: row.get("currency")?,
        history: row.get("history")?,
        external_id: row.get("external_id")?,
        version: row.get("version")?,
        sequence: row.get("sequence")?,
        created_at: row.get("created_at")?,
        lines: Vec::new(),
        dispositions: Vec::new(),
    })
}

fn line_from_row(row: &Row<'_>) -> Result<ReturnLine, StoreError> {
    Ok(ReturnLine {
        id: row.get("id")?,
        position: row.get("position")?,
        order_line: row.get("order_line_id")?,
        item: row.get("item_id")?,
        description: row.get("description")?,
        lot: row.get("lot_id")?,
        reason: row.get("reason")?,
        requested: row.get("requested")?,
        received: row.get("received")?,
        fates: Fates {
            awaiting_inspection: row.get("awaiting_inspection")?,
            restocked: row.get("restocked")?,
            quarantined: row.get("quarantined")?,
            repaired: row.get("repaired")?,
            refurbished: row.get("refurbished")?,
            scrapped: row.get("scrapped")?,
            to_vendor: row.get("to_vendor")?,
            sent_back: row.get("sent_back")?,
        },
        refunded: row.get("refunded")?,
        amount: row.get("amount_minor")?,
        value: row.get("value_minor")?,
    })
}

fn disposition_from_row(row: &Row<'_>) -> Result<Disposition, StoreError> {
    Ok(Disposition {
        id: row.get("id")?,
        line: row.get("return_line_id")?,
        from: row.get("from_disposition")?,
        to: row.get("to_disposition")?,
        qty: row.get("qty")?,
        note: row.get("note")?,
        decided_at: row.get("decided_at")?,
    })
}
