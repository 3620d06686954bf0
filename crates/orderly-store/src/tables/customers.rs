//! Customers, and the names that channels have for them.

use orderly_core::id::{ChannelId, CustomerId};
use orderly_core::party::{Customer, CustomerKind};

use super::{active, state};
use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value, set};

crate::code! { CustomerKind }

const SELECT: &str = "SELECT customer.id, customer.number, customer.kind, customer.party_id,
    customer.account_id, customer.state, customer.version, customer.created_at FROM customer";

const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("number", Kind::Text),
    Column::new("kind", Kind::Text),
    Column::new("party_id", Kind::Bytes),
    Column::new("account_id", Kind::Bytes),
    Column::new("state", Kind::Text),
    Column::new("version", Kind::Int),
    Column::new("created_at", Kind::Int),
];

const EXTERNAL: &[Column] = &[
    Column::new("channel_id", Kind::Bytes),
    Column::new("external_id", Kind::Text),
    Column::new("customer_id", Kind::Bytes),
];

/// Adds customers whose number is free and returns how many were added.
pub fn insert_many(tx: &mut Tx<'_>, customers: &[Customer]) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value>> = customers
        .iter()
        .map(|customer| {
            vec![
                v(&customer.id),
                v(&customer.number),
                v(&customer.kind),
                v(&customer.party),
                v(&customer.account),
                v(state(customer.active)),
                v(&customer.version),
                v(&customer.created_at),
            ]
        })
        .collect();
    tx.insert_many("customer", COLUMNS, &rows, "ON CONFLICT (number) DO NOTHING")
}

/// Remembers what a channel calls customers; known names are left as they are.
pub fn insert_externals(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    externals: &[(String, CustomerId)],
) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value>> =
        externals.iter().map(|(name, id)| vec![v(&channel), v(name), v(id)]).collect();
    let suffix = "ON CONFLICT (channel_id, external_id) DO NOTHING";
    tx.insert_many("customer_external", EXTERNAL, &rows, suffix)
}

pub fn get(tx: &mut Tx<'_>, id: CustomerId) -> Result<Option<Customer>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE id = $1"), &[&id], customer_from_row)
}

/// Returns the customers with these ids, in no order.
pub fn get_many(tx: &mut Tx<'_>, ids: &[CustomerId]) -> Result<Vec<Customer>, StoreError> {
    set::query_in(tx, SELECT, "id", ids, customer_from_row)
}

pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<Customer>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE number = $1"), &[&number], customer_from_row)
}

/// Returns the customers with these numbers, in no order.
pub fn by_numbers(tx: &mut Tx<'_>, numbers: &[String]) -> Result<Vec<Customer>, StoreError> {
    set::query_in(tx, SELECT, "number", numbers, customer_from_row)
}

/// Returns the customer that a channel calls so.
pub fn by_external(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    external_id: &str,
) -> Result<Option<Customer>, StoreError> {
    let sql = format!(
        "{SELECT} JOIN customer_external AS known ON known.customer_id = customer.id
         WHERE known.channel_id = $1 AND known.external_id = $2"
    );
    tx.query_one(&sql, &[&channel, &external_id], customer_from_row)
}

/// Returns the customers whose address in force has this e-mail, the oldest first, at most 100.
/// From the e-mail to the party and its subject: each step has its index.
pub fn by_email(tx: &mut Tx<'_>, email: &str) -> Result<Vec<Customer>, StoreError> {
    let sql = format!(
        "{SELECT} JOIN party ON party.subject_id = customer.id AND party.id = customer.party_id
         WHERE party.email = $1 ORDER BY customer.created_at, customer.id LIMIT 100"
    );
    tx.query(&sql, &[&email], customer_from_row)
}

/// Returns for each of these e-mails the oldest customer whose address in force has it, in no
/// order; an e-mail is given once.
pub fn first_by_emails(
    tx: &mut Tx<'_>,
    emails: &[&str],
) -> Result<Vec<(String, Customer)>, StoreError> {
    let rows: Vec<Vec<Value>> = emails.iter().map(|email| vec![v(email)]).collect();
    let columns = "customer.id, customer.number, customer.kind, customer.party_id,
        customer.account_id, customer.state, customer.version, customer.created_at, party.email";
    let oldest = "ORDER BY customer.created_at, customer.id LIMIT 1";
    let joined = "customer JOIN party ON party.subject_id = customer.id
        AND party.id = customer.party_id";
    tx.query_many(
        &format!("SELECT {columns} FROM {joined} WHERE party.email = $1 {oldest}"),
        &format!(
            "SELECT c.* FROM unnest($1::text[]) AS k (email) CROSS JOIN LATERAL (
                SELECT {columns} FROM {joined} WHERE party.email = k.email {oldest}) c"
        ),
        &[Kind::Text],
        &rows,
        |row| Ok((row.get("email")?, customer_from_row(row)?)),
    )
}

/// Returns at most `limit` customers by number, after the one given.
pub fn list(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Customer>, StoreError> {
    let sql = format!("{SELECT} WHERE number > $1 ORDER BY number LIMIT $2");
    tx.query(&sql, &[&after, &limit], customer_from_row)
}

/// Returns up to `limit` active customers whose name, company or phone number in force contains the
/// text, whatever its case, by number.
pub fn search(tx: &mut Tx<'_>, text: &str, limit: i64) -> Result<Vec<Customer>, StoreError> {
    let sql = format!(
        "{SELECT} JOIN party ON party.id = customer.party_id
         WHERE customer.state = $3
           AND (lower(party.name) LIKE $1 ESCAPE '\\' OR lower(party.company) LIKE $1 ESCAPE '\\'
                OR party.phone LIKE $1 ESCAPE '\\')
         ORDER BY customer.number LIMIT $2"
    );
    let like = super::containing(text);
    tx.query(&sql, &[&like, &limit, &state(true)], customer_from_row)
}

/// Saves the customer unless somebody else did since; says whether it was saved.
pub fn save(tx: &mut Tx<'_>, before: &Customer, after: &Customer) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE customer SET kind = $3, party_id = $4, account_id = $5, state = $6, version = $7
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.kind,
            &after.party,
            &after.account,
            &state(after.active),
            &after.version,
        ],
    )?;
    Ok(saved == 1)
}

fn customer_from_row(row: &Row<'_>) -> Result<Customer, StoreError> {
    Ok(Customer {
        id: row.get("id")?,
        number: row.get("number")?,
        kind: row.get("kind")?,
        party: row.get("party_id")?,
        account: row.get("account_id")?,
        active: active(row)?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}
