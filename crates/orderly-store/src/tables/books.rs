//! The money book: journals and their postings. Both are added, never changed or deleted.

use std::collections::HashSet;

use orderly_core::books::{
    Account, Books, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting,
};
use orderly_core::id::{JournalId, LegalEntityId, LocationId};
use orderly_core::money::{Currency, Money};
use orderly_core::time::{Day, Instant};
use orderly_core::units::{Cause, CauseKind};

use crate::codec::v;
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

const POSTING: &[Column] = &[
    Column::new("journal_id", Kind::Bytes),
    Column::new("number", Kind::Int),
    Column::new("account", Kind::Text),
    Column::new("amount_minor", Kind::Int),
    Column::new("location_id", Kind::Bytes),
    Column::new("channel_id", Kind::Bytes),
    Column::new("party_id", Kind::Bytes),
    Column::new("document_kind", Kind::Text),
    Column::new("document_id", Kind::Bytes),
    Column::new("tax_code", Kind::Text),
    Column::new("tax_base_minor", Kind::Int),
    Column::new("foreign_currency", Kind::Text),
    Column::new("foreign_minor", Kind::Int),
];

const JOURNAL: [Kind; 10] = [
    Kind::Bytes,
    Kind::Bytes,
    Kind::Text,
    Kind::Text,
    Kind::Bytes,
    Kind::Text,
    Kind::Int,
    Kind::Text,
    Kind::Int,
    Kind::Bytes,
];

const INSERT: &str = "
    INSERT INTO journal (id, legal_entity_id, kind, cause_kind, cause_id, currency,
        accounting_on, period, recorded_at, reverses)";

/// Adds journals with their postings and returns how many were new. A journal whose cause has
/// posted one of its kind before, or whose original is reversed already, is left out.
pub fn insert(
    tx: &mut Tx<'_>,
    journals: &[Journal],
    recorded_at: Instant,
) -> Result<u64, StoreError> {
    let one = format!(
        "{INSERT} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT DO NOTHING RETURNING id"
    );
    let many = format!(
        "{INSERT} SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[],
            $5::bytea[], $6::text[], $7::bigint[], $8::text[], $9::bigint[], $10::bytea[])
         ON CONFLICT DO NOTHING RETURNING id"
    );
    let rows: Vec<Vec<Value>> = journals.iter().map(|one| row(one, recorded_at)).collect();
    let new = tx.query_many(&one, &many, &JOURNAL, &rows, |row| row.get("id"))?;
    let new: HashSet<JournalId> = new.into_iter().collect();
    let postings: Vec<Vec<Value>> = journals
        .iter()
        .filter(|journal| new.contains(&journal.head.id))
        .flat_map(|journal| (1_i64..).zip(journal.postings()).map(|p| posting_row(journal, p)))
        .collect();
    tx.insert_many("posting", POSTING, &postings, "")?;
    let own = journals.iter().filter(|journal| new.contains(&journal.head.id));
    let waiting: Vec<Vec<Value>> = own.map(|journal| vec![v(&journal.head.id)]).collect();
    tx.insert_many("journal_pending", &[Column::new("journal_id", Kind::Bytes)], &waiting, "")?;
    Ok(new.len() as u64)
}

fn row(journal: &Journal, recorded_at: Instant) -> Vec<Value> {
    let head = &journal.head;
    vec![
        v(&head.id),
        v(&head.legal_entity),
        v(&head.kind),
        v(&head.cause.kind),
        v(&head.cause.id),
        v(&head.currency),
        v(&head.accounting_on),
        v(&journal.period()),
        v(&recorded_at),
        v(&head.reverses),
    ]
}

fn posting_row(journal: &Journal, (number, posting): (i64, &Posting)) -> Vec<Value> {
    let at = &posting.dimensions;
    vec![
        v(&journal.head.id),
        v(&number),
        v(&posting.account),
        v(&posting.amount_minor),
        v(&at.location),
        v(&at.channel),
        v(&at.party),
        v(&at.document.map(|(kind, _)| kind)),
        v(&at.document.map(|(_, id)| id)),
        v(&posting.tax_code),
        v(&posting.tax_base_minor),
        v(&posting.foreign.map(Money::currency)),
        v(&posting.foreign.map(Money::minor)),
    ]
}

/// Returns the books of a legal entity with the first day that may be posted on. Nobody closes or
/// opens a period of theirs until the transaction ends.
pub fn of(tx: &mut Tx<'_>, entity: LegalEntityId) -> Result<Option<Books>, StoreError> {
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT currency, zone, open_on FROM legal_entity WHERE id = $1",
        Engine::Postgres => {
            "SELECT currency, zone, open_on FROM legal_entity WHERE id = $1 FOR SHARE"
        }
    };
    tx.query_one(sql, &[&entity], |row| {
        Ok(Books {
            legal_entity: entity,
            currency: row.get("currency")?,
            zone: row.get("zone")?,
            open_on: row.get("open_on")?,
        })
    })
}

/// Makes the chart of accounts complete: accounts that are not in it are added.
pub fn insert_accounts(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    let columns = ["code", "name", "kind"].map(|name| Column::new(name, Kind::Text));
    let row = |account: &Account| vec![v(account), v(account.name()), v(account.kind().code())];
    let rows: Vec<Vec<Value>> = Account::ALL.iter().map(row).collect();
    tx.insert_many("ledger_account", &columns, &rows, "ON CONFLICT DO NOTHING")
}

/// An account as the merchant calls it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    pub account: Account,
    /// Its number in the merchant's chart.
    pub number: Option<String>,
    pub name: String,
}

/// Returns the accounts as the merchant calls them, by code.
pub fn accounts(tx: &mut Tx<'_>) -> Result<Vec<Named>, StoreError> {
    tx.query("SELECT code, number, name FROM ledger_account ORDER BY code", &[], |row| {
        Ok(Named { account: row.get("code")?, number: row.get("number")?, name: row.get("name")? })
    })
}

/// Calls an account what the merchant calls it.
pub fn name_account(tx: &mut Tx<'_>, named: &Named) -> Result<(), StoreError> {
    let sql = "UPDATE ledger_account SET number = $2, name = $3 WHERE code = $1";
    tx.exec(sql, &[&named.account, &named.number, &named.name])?;
    Ok(())
}

/// What balances are broken down by, beside account and currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    Account,
    Location,
    Channel,
    Party,
}

/// The sum of an account's postings, in minor units; debits positive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Balance {
    pub account: Account,
    pub currency: Currency,
    /// The location, channel or party asked for; `None` for postings without one.
    pub key: Option<[u8; 16]>,
    pub amount_minor: i64,
}

/// Returns the balances of a legal entity, or of all, up to and including an accounting day, by
/// account code, currency and key. Accounts without postings are left out.
pub fn balances(
    tx: &mut Tx<'_>,
    entity: Option<LegalEntityId>,
    until: Option<Day>,
    by: By,
) -> Result<Vec<Balance>, StoreError> {
    let key = match by {
        By::Account => "CAST(NULL AS BYTEA)",
        By::Location => "p.location_id",
        By::Channel => "p.channel_id",
        By::Party => "p.party_id",
    };
    // A NULL has no kind on SQLite: BYTEA and BLOB are both fine for a NULL column there.
    let sql = format!(
        "SELECT p.account, j.currency, {key} AS dimension,
                CAST(SUM(p.amount_minor) AS BIGINT) AS amount
           FROM posting p JOIN journal j ON j.id = p.journal_id
          WHERE ($1 IS NULL OR j.legal_entity_id = $1)
            AND ($2 IS NULL OR j.accounting_on <= $2)
          GROUP BY p.account, j.currency, dimension
          ORDER BY p.account, j.currency, dimension"
    );
    tx.query(&sql, &[&entity, &until], |row| {
        Ok(Balance {
            account: row.get("account")?,
            currency: row.get("currency")?,
            key: row.get("dimension")?,
            amount_minor: row.get("amount")?,
        })
    })
}

/// Returns the sum of one account, of one location or of all, in minor units.
pub fn balance_of(
    tx: &mut Tx<'_>,
    account: Account,
    location: Option<LocationId>,
) -> Result<i64, StoreError> {
    let sum = tx.query_one(
        "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) AS amount
           FROM posting WHERE account = $1 AND ($2 IS NULL OR location_id = $2)",
        &[&account, &location],
        |row| row.get("amount"),
    )?;
    Ok(sum.unwrap_or(0))
}

/// Returns up to `limit` journals before a cursor, newest id first, with their postings.
pub fn list(
    tx: &mut Tx<'_>,
    before: Option<JournalId>,
    limit: u32,
) -> Result<Vec<Journal>, StoreError> {
    let before = before.unwrap_or(JournalId::from_bytes([0xff; 16]));
    let sql = "SELECT * FROM journal WHERE id < $1 ORDER BY id DESC LIMIT $2";
    let heads = tx.query(sql, &[&before, &limit], head_from_row)?;
    with_postings(tx, heads)
}

/// Returns the journals of one cause, by id, with their postings.
pub fn of_cause(
    tx: &mut Tx<'_>,
    kind: CauseKind,
    id: [u8; 16],
) -> Result<Vec<Journal>, StoreError> {
    let sql = "SELECT * FROM journal WHERE cause_id = $2 AND cause_kind = $1 ORDER BY id";
    let heads = tx.query(sql, &[&kind, &id], head_from_row)?;
    with_postings(tx, heads)
}

/// Returns one journal with its postings.
pub fn get(tx: &mut Tx<'_>, id: JournalId) -> Result<Option<Journal>, StoreError> {
    let head = tx.query_one("SELECT * FROM journal WHERE id = $1", &[&id], head_from_row)?;
    Ok(with_postings(tx, head.into_iter().collect())?.pop())
}

pub(super) fn with_postings(
    tx: &mut Tx<'_>,
    heads: Vec<JournalHead>,
) -> Result<Vec<Journal>, StoreError> {
    let mut journals = Vec::with_capacity(heads.len());
    for head in heads {
        let sql = "SELECT * FROM posting WHERE journal_id = $1 ORDER BY number";
        let postings = tx.query(sql, &[&head.id], posting_from_row)?;
        let journal = Journal::new(head, postings)
            .map_err(|error| StoreError::Corrupt(crate::Cause::new(error)))?;
        journals.push(journal);
    }
    Ok(journals)
}

pub(super) fn head_from_row(row: &Row<'_>) -> Result<JournalHead, StoreError> {
    Ok(JournalHead {
        id: row.get("id")?,
        legal_entity: row.get("legal_entity_id")?,
        kind: row.get::<JournalKind>("kind")?,
        cause: Cause { kind: row.get("cause_kind")?, id: row.get("cause_id")? },
        currency: row.get("currency")?,
        accounting_on: row.get("accounting_on")?,
        reverses: row.get("reverses")?,
    })
}

fn posting_from_row(row: &Row<'_>) -> Result<Posting, StoreError> {
    let document_kind: Option<DocumentKind> = row.get("document_kind")?;
    let document_id: Option<[u8; 16]> = row.get("document_id")?;
    let foreign: Option<Currency> = row.get("foreign_currency")?;
    let foreign_minor: Option<i64> = row.get("foreign_minor")?;
    Ok(Posting {
        account: row.get("account")?,
        amount_minor: row.get("amount_minor")?,
        dimensions: Dimensions {
            location: row.get("location_id")?,
            channel: row.get("channel_id")?,
            party: row.get("party_id")?,
            document: document_kind.zip(document_id),
        },
        tax_code: row.get("tax_code")?,
        tax_base_minor: row.get("tax_base_minor")?,
        foreign: foreign.zip(foreign_minor).map(|(currency, minor)| Money::new(minor, currency)),
    })
}
