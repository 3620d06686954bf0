//! Webhooks: the endpoints of others that want to know of events.

use orderly_core::id::{ChannelId, LocationId, OrderId, WebhookId};
use orderly_core::time::Instant;
use orderly_core::webhook::Webhook;

use crate::codec::{from_json, json, v};
use crate::set::query_in;
use crate::{Column, Kind, Row, StoreError, Tx, Value};

const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("url", Kind::Text),
    Column::new("description", Kind::Text),
    Column::new("types", Kind::Text),
    Column::new("channels", Kind::Text),
    Column::new("locations", Kind::Text),
    Column::new("thin", Kind::Int),
    Column::new("lanes", Kind::Int),
    Column::new("state", Kind::Text),
    Column::new("disabled_reason", Kind::Text),
    Column::new("secret", Kind::Bytes),
    Column::new("previous_secret", Kind::Bytes),
    Column::new("previous_until", Kind::Int),
    Column::new("from_position", Kind::Int),
    Column::new("proven_at", Kind::Int),
    Column::new("failures", Kind::Int),
    Column::new("paused_until", Kind::Int),
    Column::new("version", Kind::Int),
    Column::new("created_at", Kind::Int),
    Column::new("updated_at", Kind::Int),
];

/// Adds a webhook.
pub fn insert(tx: &mut Tx<'_>, one: &Webhook) -> Result<(), StoreError> {
    tx.insert_many("webhook", COLUMNS, &[row(one)], "")?;
    Ok(())
}

fn row(one: &Webhook) -> Vec<Value> {
    vec![
        v(&one.id),
        v(&one.url),
        v(&one.description),
        json(&one.types),
        json(&one.channels),
        json(&one.locations),
        v(&one.thin),
        v(&one.lanes),
        v(&one.state),
        v(&one.disabled_reason),
        v(&one.secret),
        v(&one.previous_secret),
        v(&one.previous_until),
        v(&one.from_position),
        v(&one.proven_at),
        v(&one.failures),
        v(&one.paused_until),
        v(&one.version),
        v(&one.created_at),
        v(&one.updated_at),
    ]
}

/// Returns a webhook.
pub fn get(tx: &mut Tx<'_>, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
    tx.query_one("SELECT * FROM webhook WHERE id = $1", &[&id], from_row)
}

/// Returns every webhook that is not deleted, oldest first.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Webhook>, StoreError> {
    tx.query(
        "SELECT * FROM webhook WHERE state <> 'deleted' ORDER BY created_at, id",
        &[],
        from_row,
    )
}

/// Returns the webhooks that take events now, oldest first.
pub fn active(tx: &mut Tx<'_>) -> Result<Vec<Webhook>, StoreError> {
    tx.query("SELECT * FROM webhook WHERE state = 'active' ORDER BY created_at, id", &[], from_row)
}

/// Writes what people decide about a webhook if it is still at the version of `before`; how its
/// dispatches went is [`went`]'s.
pub fn save(tx: &mut Tx<'_>, before: &Webhook, after: &Webhook) -> Result<bool, StoreError> {
    let changed = tx.exec(
        "UPDATE webhook SET url = $3, description = $4, types = $5, channels = $6, locations = $7,
             thin = $8, lanes = $9, state = $10, disabled_reason = $11, secret = $12,
             previous_secret = $13, previous_until = $14, from_position = $15, proven_at = $16,
             failures = $17, paused_until = $18, version = $19, updated_at = $20
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.url,
            &after.description,
            &json(&after.types),
            &json(&after.channels),
            &json(&after.locations),
            &after.thin,
            &after.lanes,
            &after.state,
            &after.disabled_reason,
            &after.secret,
            &after.previous_secret,
            &after.previous_until,
            &after.from_position,
            &after.proven_at,
            &after.failures,
            &after.paused_until,
            &after.version,
            &after.updated_at,
        ],
    )?;
    Ok(changed == 1)
}

/// Keeps how the last attempt went: the failures in a row, until when it is left alone, and why it
/// takes no more where it said that it is gone. Its version stays: nobody decided anything.
pub fn went(
    tx: &mut Tx<'_>,
    id: WebhookId,
    failures: i64,
    paused_until: Option<Instant>,
    gone: Option<&str>,
) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE webhook SET failures = $2, paused_until = $3,
             state = CASE WHEN $4 IS NOT NULL AND state = 'active' THEN 'inactive' ELSE state END,
             disabled_reason = COALESCE($4, disabled_reason)
          WHERE id = $1",
        &[&id, &failures, &paused_until, &gone],
    )?;
    Ok(())
}

/// Keeps that an endpoint proved to belong to whoever knows its secret.
pub fn proven(tx: &mut Tx<'_>, id: WebhookId, at: Instant) -> Result<(), StoreError> {
    tx.exec("UPDATE webhook SET proven_at = $2 WHERE id = $1 AND proven_at IS NULL", &[&id, &at])?;
    Ok(())
}

/// Returns the channel of each of these orders.
pub fn channels_of(
    tx: &mut Tx<'_>,
    orders: &[OrderId],
) -> Result<Vec<(OrderId, ChannelId)>, StoreError> {
    query_in(tx, "SELECT id, channel_id FROM orders", "id", orders, |row| {
        Ok((row.get("id")?, row.get("channel_id")?))
    })
}

/// Returns the locations that work for each of these orders.
pub fn locations_of(
    tx: &mut Tx<'_>,
    orders: &[OrderId],
) -> Result<Vec<(OrderId, LocationId)>, StoreError> {
    let sql = "SELECT order_id, location_id FROM fulfillment";
    query_in(tx, sql, "order_id", orders, |row| Ok((row.get("order_id")?, row.get("location_id")?)))
}

fn from_row(row: &Row<'_>) -> Result<Webhook, StoreError> {
    Ok(Webhook {
        id: row.get("id")?,
        url: row.get("url")?,
        description: row.get("description")?,
        types: from_json(row, "types")?,
        channels: from_json(row, "channels")?,
        locations: from_json(row, "locations")?,
        thin: row.get("thin")?,
        lanes: row.get("lanes")?,
        state: row.get("state")?,
        disabled_reason: row.get("disabled_reason")?,
        secret: row.get("secret")?,
        previous_secret: row.get("previous_secret")?,
        previous_until: row.get("previous_until")?,
        from_position: row.get("from_position")?,
        proven_at: row.get("proven_at")?,
        failures: row.get("failures")?,
        paused_until: row.get("paused_until")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
