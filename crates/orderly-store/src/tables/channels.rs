//! Channels.

use orderly_core::catalog::Channel;
use orderly_core::id::ChannelId;

use super::{active, state};
use crate::{Row, StoreError, Tx};

const SELECT: &str = "SELECT id, code, name, kind, when_short, rounding, currency, legal_entity_id,
    location_id, priority, state, version FROM channel";

/// Adds the channel; false where its code is taken.
pub fn insert(tx: &mut Tx<'_>, channel: &Channel) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO channel (id, code, name, kind, when_short, rounding, currency,
            legal_entity_id, location_id, priority, state, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (code) DO NOTHING",
        &[
            &channel.id,
            &channel.code,
            &channel.name,
            &channel.kind,
            &channel.when_short,
            &channel.rounding,
            &channel.currency,
            &channel.legal_entity,
            &channel.location,
            &channel.priority,
            &state(channel.active),
            &channel.version,
        ],
    )?;
    Ok(added == 1)
}

pub fn get(tx: &mut Tx<'_>, id: ChannelId) -> Result<Option<Channel>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE id = $1"), &[&id], channel_from_row)
}

pub fn by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Channel>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE code = $1"), &[&code], channel_from_row)
}

/// Returns every channel by code: there are few.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Channel>, StoreError> {
    tx.query(&format!("{SELECT} ORDER BY code"), &[], channel_from_row)
}

/// Saves the channel unless somebody else did since; says whether it was saved.
pub fn save(tx: &mut Tx<'_>, before: &Channel, after: &Channel) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE channel SET name = $3, when_short = $4, rounding = $5, location_id = $6,
            priority = $7, state = $8, version = $9
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.name,
            &after.when_short,
            &after.rounding,
            &after.location,
            &after.priority,
            &state(after.active),
            &after.version,
        ],
    )?;
    Ok(saved == 1)
}

fn channel_from_row(row: &Row<'_>) -> Result<Channel, StoreError> {
    Ok(Channel {
        id: row.get("id")?,
        code: row.get("code")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        when_short: row.get("when_short")?,
        rounding: row.get("rounding")?,
        currency: row.get("currency")?,
        legal_entity: row.get("legal_entity_id")?,
        location: row.get("location_id")?,
        priority: row.get("priority")?,
        active: active(row)?,
        version: row.get("version")?,
    })
}
