//! Drawers, their sessions, and the cash that went in and out.

use orderly_core::actor::ActorKind;
use orderly_core::id::{DrawerId, LocationId, PaymentId, TillEntryId, TillSessionId, UserId};
use orderly_core::till::{Count, Drawer, Entry, Session};

use super::{active, state};
use crate::codec::{from_json, json, v};
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

const DRAWER: &str =
    "SELECT id, code, name, location_id, currency, state, version, created_at FROM drawer";

/// Adds the drawer; false where its code is taken.
pub fn insert_drawer(tx: &mut Tx<'_>, drawer: &Drawer) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO drawer (id, code, name, location_id, currency, state, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (code) DO NOTHING",
        &[
            &drawer.id,
            &drawer.code,
            &drawer.name,
            &drawer.location,
            &drawer.currency,
            &state(drawer.active),
            &drawer.version,
            &drawer.created_at,
        ],
    )?;
    Ok(added == 1)
}

pub fn drawer(tx: &mut Tx<'_>, id: DrawerId) -> Result<Option<Drawer>, StoreError> {
    tx.query_one(&format!("{DRAWER} WHERE id = $1"), &[&id], drawer_from_row)
}

pub fn drawer_by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Drawer>, StoreError> {
    tx.query_one(&format!("{DRAWER} WHERE code = $1"), &[&code], drawer_from_row)
}

/// Returns every drawer by code.
pub fn drawers(tx: &mut Tx<'_>) -> Result<Vec<Drawer>, StoreError> {
    tx.query(&format!("{DRAWER} ORDER BY code"), &[], drawer_from_row)
}

/// Returns the drawers of a location that are in use, by code.
pub fn drawers_of(tx: &mut Tx<'_>, location: LocationId) -> Result<Vec<Drawer>, StoreError> {
    let sql = format!("{DRAWER} WHERE location_id = $1 AND state = 'active' ORDER BY code");
    tx.query(&sql, &[&location], drawer_from_row)
}

fn drawer_from_row(row: &Row<'_>) -> Result<Drawer, StoreError> {
    Ok(Drawer {
        id: row.get("id")?,
        code: row.get("code")?,
        name: row.get("name")?,
        location: row.get("location_id")?,
        currency: row.get("currency")?,
        active: active(row)?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}

/// Adds the session; false where the drawer has one that is not closed, or one of its number.
pub fn insert(tx: &mut Tx<'_>, session: &Session) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO till_session (id, drawer_id, number, location_id, legal_entity_id, currency,
            business_on, state, float_minor, expected_minor, version, sequence, opened_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT DO NOTHING",
        &[
            &session.id,
            &session.drawer,
            &session.number,
            &session.location,
            &session.legal_entity,
            &session.currency,
            &session.business_on,
            &session.state,
            &session.float,
            &session.expected,
            &session.version,
            &session.sequence,
            &session.opened_at,
        ],
    )?;
    Ok(added == 1)
}

/// Returns a session. `lock` keeps other writers from it until the transaction ends.
pub fn get(tx: &mut Tx<'_>, id: TillSessionId, lock: bool) -> Result<Option<Session>, StoreError> {
    let sql = match tx.engine() {
        Engine::Postgres if lock => "SELECT * FROM till_session WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM till_session WHERE id = $1",
    };
    tx.query_one(sql, &[&id], from_row)
}

/// Returns the session of a drawer that is not closed.
pub fn open_of(tx: &mut Tx<'_>, drawer: DrawerId) -> Result<Option<TillSessionId>, StoreError> {
    let sql = "SELECT id FROM till_session WHERE drawer_id = $1 AND state <> 'closed'";
    tx.query_one(sql, &[&drawer], |row| row.get("id"))
}

/// Returns a drawer's session by its number.
pub fn by_number(
    tx: &mut Tx<'_>,
    drawer: DrawerId,
    number: i64,
) -> Result<Option<TillSessionId>, StoreError> {
    let sql = "SELECT id FROM till_session WHERE drawer_id = $1 AND number = $2";
    tx.query_one(sql, &[&drawer, &number], |row| row.get("id"))
}

/// Returns the number of the drawer's last session; zero before the first.
pub fn last_number(tx: &mut Tx<'_>, drawer: DrawerId) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COALESCE(MAX(number), 0) AS BIGINT) AS last FROM till_session
        WHERE drawer_id = $1";
    Ok(tx.query_one(sql, &[&drawer], |row| row.get("last"))?.unwrap_or(0))
}

/// Returns the latest sessions of one drawer or of all, at most `limit`.
pub fn list(
    tx: &mut Tx<'_>,
    drawer: Option<DrawerId>,
    limit: i64,
) -> Result<Vec<Session>, StoreError> {
    match drawer {
        Some(drawer) => tx.query(
            "SELECT * FROM till_session WHERE drawer_id = $1 ORDER BY number DESC LIMIT $2",
            &[&drawer, &limit],
            from_row,
        ),
        None => tx.query(
            "SELECT * FROM till_session ORDER BY opened_at DESC, id DESC LIMIT $1",
            &[&limit],
            from_row,
        ),
    }
}

/// Saves the session unless somebody else did since; says whether it was saved.
pub fn save(tx: &mut Tx<'_>, before: &Session, after: &Session) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE till_session SET state = $3, expected_minor = $4, counted_minor = $5,
            difference_minor = $6, reason = $7, closed_at = $8, version = $9, sequence = $10
          WHERE id = $1 AND version = $2 AND state <> 'closed'",
        &[
            &before.id,
            &before.version,
            &after.state,
            &after.expected,
            &after.counted,
            &after.difference,
            &after.reason,
            &after.closed_at,
            &after.version,
            &after.sequence,
        ],
    )?;
    Ok(saved == 1)
}

const ENTRY: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("session_id", Kind::Bytes),
    Column::new("kind", Kind::Text),
    Column::new("amount_minor", Kind::Int),
    Column::new("account", Kind::Text),
    Column::new("transaction_id", Kind::Bytes),
    Column::new("reason", Kind::Text),
    Column::new("actor_kind", Kind::Text),
    Column::new("actor_id", Kind::Bytes),
    Column::new("recorded_at", Kind::Int),
];

/// Adds entries and returns how many were new: a transaction has one.
pub fn insert_entries(
    tx: &mut Tx<'_>,
    entries: &[Entry],
    actor_kind: ActorKind,
    actor: UserId,
) -> Result<u64, StoreError> {
    let row = |one: &Entry| {
        vec![
            v(&one.id),
            v(&one.session),
            v(&one.kind),
            v(&one.amount),
            v(&one.account),
            v(&one.transaction),
            v(&one.reason),
            v(&actor_kind),
            v(&actor),
            v(&one.recorded_at),
        ]
    };
    let rows: Vec<Vec<Value>> = entries.iter().map(row).collect();
    tx.insert_many("till_entry", ENTRY, &rows, "ON CONFLICT DO NOTHING")
}

/// Returns the entries of a session, in their order.
pub fn entries(tx: &mut Tx<'_>, session: TillSessionId) -> Result<Vec<Entry>, StoreError> {
    let sql = "SELECT * FROM till_entry WHERE session_id = $1 ORDER BY recorded_at, id";
    tx.query(sql, &[&session], |row| {
        Ok(Entry {
            id: row.get("id")?,
            session: row.get("session_id")?,
            kind: row.get("kind")?,
            amount: row.get("amount_minor")?,
            account: row.get("account")?,
            transaction: row.get("transaction_id")?,
            reason: row.get("reason")?,
            recorded_at: row.get("recorded_at")?,
        })
    })
}

/// Notes whose cash on delivery an entry brought in: payments with their amounts, negative where
/// it went back.
pub fn insert_remitted(
    tx: &mut Tx<'_>,
    entry: TillEntryId,
    payments: &[(PaymentId, i64)],
) -> Result<(), StoreError> {
    let columns = [
        Column::new("till_entry_id", Kind::Bytes),
        Column::new("payment_id", Kind::Bytes),
        Column::new("amount_minor", Kind::Int),
    ];
    let row = |(payment, amount): &(PaymentId, i64)| vec![v(&entry), v(payment), v(amount)];
    let rows: Vec<Vec<Value>> = payments.iter().map(row).collect();
    tx.insert_many("remittance", &columns, &rows, "")?;
    Ok(())
}

/// Returns the payments of which a session still holds cash on delivery, and how much, in the
/// order in which they came.
pub fn remitted_in(
    tx: &mut Tx<'_>,
    session: TillSessionId,
) -> Result<Vec<(PaymentId, i64)>, StoreError> {
    tx.query(
        "SELECT r.payment_id, CAST(SUM(r.amount_minor) AS BIGINT) AS amount
           FROM remittance r JOIN till_entry e ON e.id = r.till_entry_id
          WHERE e.session_id = $1 GROUP BY r.payment_id
         HAVING SUM(r.amount_minor) > 0 ORDER BY MIN(e.recorded_at), r.payment_id",
        &[&session],
        |row| Ok((row.get("payment_id")?, row.get("amount")?)),
    )
}

/// Adds what was counted.
pub fn insert_count(
    tx: &mut Tx<'_>,
    count: &Count,
    actor_kind: ActorKind,
    actor: UserId,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO till_count (id, session_id, counted_minor, pieces, actor_kind, actor_id,
            counted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            &count.id,
            &count.session,
            &count.counted,
            &json(&count.pieces),
            &actor_kind,
            &actor,
            &count.counted_at,
        ],
    )?;
    Ok(())
}

/// Returns the counts of a session, in their order.
pub fn counts(tx: &mut Tx<'_>, session: TillSessionId) -> Result<Vec<Count>, StoreError> {
    let sql = "SELECT * FROM till_count WHERE session_id = $1 ORDER BY counted_at, id";
    tx.query(sql, &[&session], |row| {
        Ok(Count {
            id: row.get("id")?,
            session: row.get("session_id")?,
            pieces: from_json(row, "pieces")?,
            counted: row.get("counted_minor")?,
            counted_at: row.get("counted_at")?,
        })
    })
}

fn from_row(row: &Row<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.get("id")?,
        drawer: row.get("drawer_id")?,
        number: row.get("number")?,
        location: row.get("location_id")?,
        legal_entity: row.get("legal_entity_id")?,
        currency: row.get("currency")?,
        business_on: row.get("business_on")?,
        state: row.get("state")?,
        float: row.get("float_minor")?,
        expected: row.get("expected_minor")?,
        counted: row.get("counted_minor")?,
        difference: row.get("difference_minor")?,
        reason: row.get("reason")?,
        version: row.get("version")?,
        sequence: row.get("sequence")?,
        opened_at: row.get("opened_at")?,
        closed_at: row.get("closed_at")?,
    })
}
