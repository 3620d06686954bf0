//! Messages about orders, customers, suppliers and accounts, and the templates they are made from.

use orderly_core::id::{ChannelId, CustomerId, MessageId, TemplateId};
use orderly_core::message::{Message, MessageState, Template};
use orderly_core::time::Instant;

use super::{active, state};
use crate::codec::{from_json, json, v};
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("about_kind", Kind::Text),
    Column::new("about_id", Kind::Bytes),
    Column::new("kind", Kind::Text),
    Column::new("direction", Kind::Text),
    Column::new("recipient", Kind::Text),
    Column::new("subject", Kind::Text),
    Column::new("body", Kind::Text),
    Column::new("template", Kind::Text),
    Column::new("attachments", Kind::Text),
    Column::new("state", Kind::Text),
    Column::new("attempts", Kind::Int),
    Column::new("next_at", Kind::Int),
    Column::new("last_error", Kind::Text),
    Column::new("actor_kind", Kind::Text),
    Column::new("actor_id", Kind::Bytes),
    Column::new("happened_at", Kind::Int),
    Column::new("created_at", Kind::Int),
    Column::new("sent_at", Kind::Int),
    Column::new("version", Kind::Int),
];

/// Adds messages.
pub fn insert(tx: &mut Tx<'_>, messages: &[Message]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = messages
        .iter()
        .map(|one| {
            vec![
                v(&one.id),
                v(&one.about_kind),
                v(&one.about),
                v(&one.kind),
                v(&one.direction),
                v(&one.recipient),
                v(&one.subject),
                v(&one.body),
                v(&one.template),
                json(&one.attachments),
                v(&one.state),
                v(&one.attempts),
                v(&one.next_at),
                v(&one.last_error),
                v(&one.actor_kind),
                v(&one.actor),
                v(&one.happened_at),
                v(&one.created_at),
                v(&one.sent_at),
                v(&one.version),
            ]
        })
        .collect();
    tx.insert_many("message", COLUMNS, &rows, "")?;
    Ok(())
}

/// Returns a message.
pub fn get(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<Message>, StoreError> {
    tx.query_one("SELECT * FROM message WHERE id = $1", &[&id], from_row)
}

/// Writes what a person changed of a message nobody is sending, if it is still at the version of
/// `before`.
pub fn save(
    tx: &mut Tx<'_>,
    before: &Message,
    after: &Message,
    now: Instant,
) -> Result<bool, StoreError> {
    let changed = tx.exec(
        "UPDATE message SET recipient = $3, subject = $4, body = $5, attachments = $6, state = $7,
             attempts = $8, next_at = $9, last_error = $10, version = $11
          WHERE id = $1 AND version = $2 AND (lease_until IS NULL OR lease_until <= $12)",
        &[
            &before.id,
            &before.version,
            &after.recipient,
            &after.subject,
            &after.body,
            &json(&after.attachments),
            &after.state,
            &after.attempts,
            &after.next_at,
            &after.last_error,
            &after.version,
            &now,
        ],
    )?;
    Ok(changed == 1)
}

/// Which messages to list.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The order, customer, supplier or account.
    pub about: Option<[u8; 16]>,
    /// The thread of a customer: what is about him or about one of his orders.
    pub customer: Option<CustomerId>,
    pub state: Option<MessageState>,
    /// Only what was added before this one.
    pub before: Option<MessageId>,
}

/// Returns up to `limit` messages, the latest first.
pub fn list(tx: &mut Tx<'_>, wanted: &Wanted, limit: i64) -> Result<Vec<Message>, StoreError> {
    tx.query(
        "SELECT * FROM message
          WHERE ($1 IS NULL OR about_id = $1) AND ($2 IS NULL OR state = $2)
            AND ($3 IS NULL OR id < $3)
            AND ($4 IS NULL OR about_id = $4
                 OR about_id IN (SELECT id FROM orders WHERE customer_id = $4))
          ORDER BY id DESC LIMIT $5",
        &[&wanted.about, &wanted.state, &wanted.before, &wanted.customer, &limit],
        from_row,
    )
}

/// Takes the next mail that is due, leases it to `owner` until `until`, and counts the attempt.
pub fn claim(
    tx: &mut Tx<'_>,
    owner: &str,
    now: Instant,
    until: Instant,
) -> Result<Option<Message>, StoreError> {
    let skip = match tx.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => "FOR UPDATE SKIP LOCKED",
    };
    let sql = format!(
        "UPDATE message SET lease_owner = $1, lease_until = $3, attempts = attempts + 1
          WHERE id IN (
              SELECT id FROM message
               WHERE state = 'queued' AND next_at <= $2
                 AND (lease_until IS NULL OR lease_until <= $2)
               ORDER BY next_at, id LIMIT 1 {skip})
          RETURNING *"
    );
    tx.query_one(&sql, &[&owner, &now, &until], from_row)
}

/// When the next mail is due; `None` where none is queued.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<Instant>, StoreError> {
    let sql = "SELECT MIN(next_at) AS next FROM message WHERE state = 'queued'";
    Ok(tx.query_one(sql, &[], |row| row.get("next"))?.flatten())
}

/// Ends an attempt of `owner`: the mail is sent, is tried again at `next`, or failed for good.
/// Returns whether the claim still stood.
pub fn finish(
    tx: &mut Tx<'_>,
    one: &Message,
    owner: &str,
    error: Option<&str>,
    next: Option<Instant>,
    now: Instant,
) -> Result<bool, StoreError> {
    let state = match (error, next) {
        (None, _) => MessageState::Sent,
        (Some(_), Some(_)) => MessageState::Queued,
        (Some(_), None) => MessageState::Failed,
    };
    let sent = (state == MessageState::Sent).then_some(now);
    let ended = tx.exec(
        "UPDATE message SET state = $4, next_at = $5, last_error = $6, sent_at = $7,
             lease_owner = NULL, lease_until = NULL, version = version + 1
          WHERE id = $1 AND lease_owner = $2 AND attempts = $3 AND state = 'queued'",
        &[&one.id, &owner, &one.attempts, &state, &next, &error, &sent],
    )?;
    Ok(ended == 1)
}

/// Adds a template, or writes the one of its code, channel and language.
pub fn put_template(tx: &mut Tx<'_>, one: &Template) -> Result<(), StoreError> {
    let channel = one.channel.unwrap_or(ChannelId::NONE);
    tx.exec(
        "INSERT INTO message_template (id, code, channel_id, language, name, subject, body, state,
             version, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)
         ON CONFLICT (code, channel_id, language) DO UPDATE SET name = $5, subject = $6,
             body = $7, state = $8, version = message_template.version + 1, updated_at = $9",
        &[
            &one.id,
            &one.code,
            &channel,
            &one.language,
            &one.name,
            &one.subject,
            &one.body,
            &state(one.active),
            &one.updated_at,
        ],
    )?;
    Ok(())
}

/// Returns every template, by code, channel and language.
pub fn templates(tx: &mut Tx<'_>) -> Result<Vec<Template>, StoreError> {
    let sql = "SELECT * FROM message_template ORDER BY code, channel_id, language";
    tx.query(sql, &[], template_from_row)
}

/// Returns a template.
pub fn template(tx: &mut Tx<'_>, id: TemplateId) -> Result<Option<Template>, StoreError> {
    tx.query_one("SELECT * FROM message_template WHERE id = $1", &[&id], template_from_row)
}

fn template_from_row(row: &Row<'_>) -> Result<Template, StoreError> {
    let channel: ChannelId = row.get("channel_id")?;
    Ok(Template {
        id: row.get("id")?,
        code: row.get("code")?,
        channel: Some(channel).filter(|channel| !channel.is_none()),
        language: row.get("language")?,
        name: row.get("name")?,
        subject: row.get("subject")?,
        body: row.get("body")?,
        active: active(row)?,
        version: row.get("version")?,
        updated_at: row.get("updated_at")?,
    })
}

fn from_row(row: &Row<'_>) -> Result<Message, StoreError> {
    Ok(Message {
        id: row.get("id")?,
        about_kind: row.get("about_kind")?,
        about: row.get("about_id")?,
        kind: row.get("kind")?,
        direction: row.get("direction")?,
        recipient: row.get("recipient")?,
        subject: row.get("subject")?,
        body: row.get("body")?,
        template: row.get("template")?,
        attachments: from_json(row, "attachments")?,
        state: row.get("state")?,
        attempts: row.get("attempts")?,
        next_at: row.get("next_at")?,
        last_error: row.get("last_error")?,
        actor_kind: row.get("actor_kind")?,
        actor: row.get("actor_id")?,
        happened_at: row.get("happened_at")?,
        created_at: row.get("created_at")?,
        sent_at: row.get("sent_at")?,
        version: row.get("version")?,
    })
}
