//! Quotes and agreements: their lines with what is drawn, and their frozen revisions.

use orderly_core::id::{AccountId, LineId, OrderId, QuoteId};
use orderly_core::quote::{Drawable, Quote, QuoteKind, QuoteLine, Terms};
use orderly_core::time::Instant;

use crate::codec::{from_json, json, v};
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

const LINE: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("quote_id", Kind::Bytes),
    Column::new("position", Kind::Int),
    Column::new("item_id", Kind::Bytes),
    Column::new("description", Kind::Text),
    Column::new("unit", Kind::Text),
    Column::new("unit_num", Kind::Int),
    Column::new("unit_den", Kind::Int),
    Column::new("price", Kind::Text),
    Column::new("price_num", Kind::Int),
    Column::new("price_den", Kind::Int),
    Column::new("offered", Kind::Int),
    Column::new("drawn", Kind::Int),
    Column::new("revision", Kind::Int),
    Column::new("terms", Kind::Text),
];

/// Adds a quote with its lines.
pub fn insert(tx: &mut Tx<'_>, quote: &Quote) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO quote (id, number, kind, version, state, channel_id, legal_entity_id,
             customer_id, account_id, site_id, currency, reference, revision, valid_from,
             expires_on, message, total_minor, draft, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
             $19, $20)",
        &[
            &quote.id,
            &quote.number,
            &quote.kind,
            &quote.version,
            &quote.state,
            &quote.channel,
            &quote.legal_entity,
            &quote.customer,
            &quote.account,
            &quote.site,
            &quote.currency,
            &quote.reference,
            &quote.revision,
            &quote.valid_from,
            &quote.valid_until,
            &quote.message,
            &quote.total,
            &draft(quote),
            &quote.created_at,
            &quote.updated_at,
        ],
    )?;
    insert_lines(tx, quote.id, &quote.lines)
}

fn draft(quote: &Quote) -> Option<String> {
    let text = |terms| serde_json::to_string(terms).expect("durable forms have text keys only");
    quote.draft.as_ref().map(text)
}

fn insert_lines(tx: &mut Tx<'_>, quote: QuoteId, lines: &[Drawable]) -> Result<(), StoreError> {
    let row = |one: &Drawable| -> Vec<Value> {
        let line = &one.line;
        vec![
            v(&line.id),
            v(&quote),
            v(&line.position),
            v(&line.item),
            v(&line.description),
            v(&line.unit),
            v(&line.unit_ratio.num),
            v(&line.unit_ratio.den),
            v(&line.price),
            v(&line.price_ratio.num),
            v(&line.price_ratio.den),
            v(&one.offered),
            v(&one.drawn),
            v(&one.revision),
            json(line),
        ]
    };
    let rows: Vec<Vec<Value>> = lines.iter().map(row).collect();
    tx.insert_many("quote_line", LINE, &rows, "")?;
    Ok(())
}

/// Returns a quote with its lines. With `lock`, other writers of it wait (PostgreSQL).
pub fn get(tx: &mut Tx<'_>, id: QuoteId, lock: bool) -> Result<Option<Quote>, StoreError> {
    let sql = match (tx.engine(), lock) {
        (Engine::Postgres, true) => "SELECT * FROM quote WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM quote WHERE id = $1",
    };
    let Some(mut found) = tx.query_one(sql, &[&id], quote_from_row)? else { return Ok(None) };
    let sql = "SELECT * FROM quote_line WHERE quote_id = $1 ORDER BY position, id";
    found.lines = tx.query(sql, &[&id], line_from_row)?;
    Ok(Some(found))
}

/// Returns the id of the quote with this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<QuoteId>, StoreError> {
    tx.query_one("SELECT id FROM quote WHERE number = $1", &[&number], |row| row.get("id"))
}

/// Returns the quote a line belongs to, if it is one of a quote.
pub fn of_line(tx: &mut Tx<'_>, line: LineId) -> Result<Option<QuoteId>, StoreError> {
    let sql = "SELECT quote_id FROM quote_line WHERE id = $1";
    tx.query_one(sql, &[&line], |row| row.get("quote_id"))
}

/// Returns up to `limit` quotes of a kind before a cursor, the newest first, of one account or all.
pub fn list(
    tx: &mut Tx<'_>,
    kind: QuoteKind,
    account: Option<AccountId>,
    before: Option<QuoteId>,
    limit: i64,
) -> Result<Vec<Quote>, StoreError> {
    let before = before.unwrap_or(QuoteId::from_bytes([0xff; 16]));
    let sql = "SELECT id FROM quote
        WHERE kind = $1 AND id < $2 AND ($3 IS NULL OR account_id = $3)
        ORDER BY id DESC LIMIT $4";
    let ids: Vec<QuoteId> =
        tx.query(sql, &[&kind, &before, &account, &limit], |row| row.get("id"))?;
    let mut out = Vec::with_capacity(ids.len());
    for id in ids {
        out.extend(get(tx, id, false)?);
    }
    Ok(out)
}

/// Writes a quote and its lines if it is still at the version of `before`; a revision that was
/// sent is kept as it is. What is drawn is left alone. Returns whether it was.
pub fn save(tx: &mut Tx<'_>, before: &Quote, after: &Quote) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE quote SET state = $3, version = $4, revision = $5, valid_from = $6,
             expires_on = $7, message = $8, total_minor = $9, draft = $10, updated_at = $11
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.state,
            &after.version,
            &after.revision,
            &after.valid_from,
            &after.valid_until,
            &after.message,
            &after.total,
            &draft(after),
            &after.updated_at,
        ],
    )?;
    if saved == 0 {
        return Ok(false);
    }
    for one in &after.lines {
        let Some(old) = before.lines.iter().find(|old| old.line.id == one.line.id) else {
            insert_lines(tx, after.id, std::slice::from_ref(one))?;
            continue;
        };
        if old == one {
            continue;
        }
        let line = &one.line;
        let updated = tx.exec(
            "UPDATE quote_line SET position = $2, description = $3, unit = $4, unit_num = $5,
                 unit_den = $6, price = $7, price_num = $8, price_den = $9, offered = $10,
                 revision = $11, terms = $12
              WHERE id = $1 AND drawn <= $10",
            &[
                &line.id,
                &line.position,
                &line.description,
                &line.unit,
                &line.unit_ratio.num,
                &line.unit_ratio.den,
                &line.price,
                &line.price_ratio.num,
                &line.price_ratio.den,
                &one.offered,
                &one.revision,
                &json(line),
            ],
        )?;
        if updated == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Keeps a revision as it was sent.
pub fn freeze(
    tx: &mut Tx<'_>,
    quote: QuoteId,
    number: i64,
    terms: &Terms,
    sent_at: Instant,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO quote_revision (quote_id, number, terms, sent_at) VALUES ($1, $2, $3, $4)",
        &[&quote, &number, &json(terms), &sent_at],
    )?;
    Ok(())
}

/// Returns the revisions of a quote that were sent, with when.
pub fn revisions(
    tx: &mut Tx<'_>,
    quote: QuoteId,
) -> Result<Vec<(i64, Instant, Terms)>, StoreError> {
    let sql = "SELECT * FROM quote_revision WHERE quote_id = $1 ORDER BY number";
    tx.query(sql, &[&quote], |row| {
        Ok((row.get("number")?, row.get("sent_at")?, from_json(row, "terms")?))
    })
}

/// Draws `qty` base units of a line, all of it or none; gives them back where it is negative.
/// Returns whether they were there. Safe on any isolation level.
pub fn draw(tx: &mut Tx<'_>, line: LineId, qty: i64) -> Result<bool, StoreError> {
    let updated = tx.exec(
        "UPDATE quote_line SET drawn = drawn + $2
          WHERE id = $1 AND drawn + $2 >= 0 AND drawn + $2 <= offered",
        &[&line, &qty],
    )?;
    Ok(updated == 1)
}

/// Counts a draw as a change of the quote, which it accepts; returns its version then.
pub fn touch(tx: &mut Tx<'_>, quote: QuoteId, now: Instant) -> Result<Option<i64>, StoreError> {
    tx.query_one(
        "UPDATE quote SET version = version + 1, updated_at = $2,
             state = CASE WHEN state = 'sent' THEN 'accepted' ELSE state END
          WHERE id = $1 RETURNING version",
        &[&quote, &now],
        |row| row.get("version"),
    )
}

/// Returns the orders that draw on a quote, the latest first.
pub fn orders_of(tx: &mut Tx<'_>, quote: QuoteId) -> Result<Vec<OrderId>, StoreError> {
    let sql = "SELECT DISTINCT l.order_id FROM order_line l
        JOIN quote_line q ON q.id = l.origin_line_id
        WHERE q.quote_id = $1 ORDER BY l.order_id DESC";
    tx.query(sql, &[&quote], |row| row.get("order_id"))
}

fn quote_from_row(row: &Row<'_>) -> Result<Quote, StoreError> {
    let draft: Option<String> = row.get("draft")?;
    Ok(Quote {
        id: row.get("id")?,
        kind: row.get("kind")?,
        number: row.get("number")?,
        state: row.get("state")?,
        version: row.get("version")?,
        channel: row.get("channel_id")?,
        legal_entity: row.get("legal_entity_id")?,
        currency: row.get("currency")?,
        customer: row.get("customer_id")?,
        account: row.get("account_id")?,
        site: row.get("site_id")?,
        reference: row.get("reference")?,
        revision: row.get("revision")?,
        valid_from: row.get("valid_from")?,
        valid_until: row.get("expires_on")?,
        message: row.get("message")?,
        total: row.get("total_minor")?,
        lines: Vec::new(),
        draft: draft.map(|_| from_json(row, "draft")).transpose()?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn line_from_row(row: &Row<'_>) -> Result<Drawable, StoreError> {
    let line: QuoteLine = from_json(row, "terms")?;
    Ok(Drawable {
        line,
        revision: row.get("revision")?,
        offered: row.get("offered")?,
        drawn: row.get("drawn")?,
    })
}
