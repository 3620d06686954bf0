//! Bank accounts, their statements and movements, and what those are.

use orderly_core::actor::ActorKind;
use orderly_core::bank::{BankAccount, BankEntry, Format, Line, Statement};
use orderly_core::books::Account;
use orderly_core::id::*;
use orderly_core::time::{Day, Instant};

use crate::codec::v;
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

/// Adds the account; false where its code or IBAN is taken.
pub fn insert_account(tx: &mut Tx<'_>, account: &BankAccount) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO bank_account (id, code, name, iban, legal_entity_id, currency, version,
            created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        &[
            &account.id,
            &account.code,
            &account.name,
            &account.iban,
            &account.legal_entity,
            &account.currency,
            &account.version,
            &account.created_at,
        ],
    )?;
    Ok(added == 1)
}

pub fn account(tx: &mut Tx<'_>, id: BankAccountId) -> Result<Option<BankAccount>, StoreError> {
    tx.query_one("SELECT * FROM bank_account WHERE id = $1", &[&id], account_from_row)
}

/// Returns every bank account by code.
pub fn accounts(tx: &mut Tx<'_>) -> Result<Vec<BankAccount>, StoreError> {
    tx.query("SELECT * FROM bank_account ORDER BY code", &[], account_from_row)
}

fn account_from_row(row: &Row<'_>) -> Result<BankAccount, StoreError> {
    Ok(BankAccount {
        id: row.get("id")?,
        code: row.get("code")?,
        name: row.get("name")?,
        iban: row.get("iban")?,
        legal_entity: row.get("legal_entity_id")?,
        currency: row.get("currency")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}

/// A statement as it is kept: how many movements it has, and how many were new.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    pub id: BankStatementId,
    pub account: BankAccountId,
    pub format: Format,
    pub number: String,
    pub from: Option<Day>,
    pub until: Option<Day>,
    pub opening: Option<i64>,
    pub closing: Option<i64>,
    pub entries: i64,
    pub added: i64,
    pub imported_at: Instant,
}

impl Kept {
    /// A statement that is being kept now.
    pub fn of(
        statement: &Statement,
        (id, account): (BankStatementId, BankAccountId),
        format: Format,
        added: i64,
        now: Instant,
    ) -> Self {
        Self {
            id,
            account,
            format,
            number: statement.number.clone(),
            from: statement.from,
            until: statement.until,
            opening: statement.opening,
            closing: statement.closing,
            entries: i64::try_from(statement.lines.len()).unwrap_or(i64::MAX),
            added,
            imported_at: now,
        }
    }
}

/// Adds a statement; false where there is one of the identity.
pub fn insert_statement(
    tx: &mut Tx<'_>,
    kept: &Kept,
    identity: [u8; 16],
) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO bank_statement (id, bank_account_id, identity, format, number, from_on,
            until_on, opening_minor, closing_minor, entries, added, imported_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
        &[
            &kept.id,
            &kept.account,
            &identity,
            &kept.format,
            &kept.number,
            &kept.from,
            &kept.until,
            &kept.opening,
            &kept.closing,
            &kept.entries,
            &kept.added,
            &kept.imported_at,
        ],
    )?;
    Ok(added == 1)
}

pub fn statement(tx: &mut Tx<'_>, id: BankStatementId) -> Result<Option<Kept>, StoreError> {
    tx.query_one("SELECT * FROM bank_statement WHERE id = $1", &[&id], kept_from_row)
}

/// Returns the account's statement of an identity.
pub fn statement_of(
    tx: &mut Tx<'_>,
    account: BankAccountId,
    identity: [u8; 16],
) -> Result<Option<Kept>, StoreError> {
    let sql = "SELECT * FROM bank_statement WHERE bank_account_id = $1 AND identity = $2";
    tx.query_one(sql, &[&account, &identity], kept_from_row)
}

/// Returns the account's statements, by the day they end on.
pub fn statements(tx: &mut Tx<'_>, account: BankAccountId) -> Result<Vec<Kept>, StoreError> {
    let sql = "SELECT * FROM bank_statement WHERE bank_account_id = $1
        ORDER BY until_on, from_on, imported_at, id";
    tx.query(sql, &[&account], kept_from_row)
}

fn kept_from_row(row: &Row<'_>) -> Result<Kept, StoreError> {
    Ok(Kept {
        id: row.get("id")?,
        account: row.get("bank_account_id")?,
        format: row.get("format")?,
        number: row.get("number")?,
        from: row.get("from_on")?,
        until: row.get("until_on")?,
        opening: row.get("opening_minor")?,
        closing: row.get("closing_minor")?,
        entries: row.get("entries")?,
        added: row.get("added")?,
        imported_at: row.get("imported_at")?,
    })
}

const ENTRY: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("bank_account_id", Kind::Bytes),
    Column::new("bank_statement_id", Kind::Bytes),
    Column::new("identity", Kind::Bytes),
    Column::new("booked_on", Kind::Int),
    Column::new("valued_on", Kind::Int),
    Column::new("amount_minor", Kind::Int),
    Column::new("currency", Kind::Text),
    Column::new("reference", Kind::Text),
    Column::new("end_to_end", Kind::Text),
    Column::new("creditor_reference", Kind::Text),
    Column::new("purpose", Kind::Text),
    Column::new("payer", Kind::Text),
    Column::new("payer_iban", Kind::Text),
    Column::new("imported_at", Kind::Int),
];

/// Adds movements, each with its identity.
pub fn insert_entries(
    tx: &mut Tx<'_>,
    entries: &[(BankEntry, [u8; 16])],
    now: Instant,
) -> Result<u64, StoreError> {
    let row = |(entry, identity): &(BankEntry, [u8; 16])| {
        let line = &entry.line;
        vec![
            v(&entry.id),
            v(&entry.account),
            v(&entry.statement),
            v(identity),
            v(&entry.booked_on),
            v(&line.valued_on),
            v(&line.amount),
            v(&entry.currency),
            v(&line.reference),
            v(&line.end_to_end),
            v(&line.creditor_reference),
            v(&line.purpose),
            v(&line.payer),
            v(&line.payer_iban),
            v(&now),
        ]
    };
    let rows: Vec<Vec<Value>> = entries.iter().map(row).collect();
    tx.insert_many("bank_entry", ENTRY, &rows, "ON CONFLICT DO NOTHING")
}

/// Whether the account has a movement of this identity.
pub fn has_entry(
    tx: &mut Tx<'_>,
    account: BankAccountId,
    identity: [u8; 16],
) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM bank_entry WHERE bank_account_id = $1 AND identity = $2";
    let found = tx.query_one(sql, &[&account, &identity], |row| row.get::<BankEntryId>("id"))?;
    Ok(found.is_some())
}

pub fn entry(tx: &mut Tx<'_>, id: BankEntryId) -> Result<Option<BankEntry>, StoreError> {
    tx.query_one("SELECT * FROM bank_entry WHERE id = $1", &[&id], entry_from_row)
}

/// Returns the movements of an account or of all after one, the latest first; only those that
/// nothing explains where `open`.
pub fn entries(
    tx: &mut Tx<'_>,
    account: Option<BankAccountId>,
    open: bool,
    after: Option<(Day, BankEntryId)>,
    limit: i64,
) -> Result<Vec<BankEntry>, StoreError> {
    let (last, id) = after.unzip();
    tx.query(
        "SELECT e.* FROM bank_entry e
          WHERE ($1 IS NULL OR e.bank_account_id = $1)
            AND ($2 = 0 OR NOT EXISTS (SELECT 1 FROM bank_match m
                  WHERE m.bank_entry_id = e.id AND m.undone_at IS NULL))
            AND ($3 IS NULL OR e.booked_on < $3 OR (e.booked_on = $3 AND e.id < $4))
          ORDER BY e.booked_on DESC, e.id DESC LIMIT $5",
        &[&account, &i64::from(open), &last, &id, &limit],
        entry_from_row,
    )
}

fn entry_from_row(row: &Row<'_>) -> Result<BankEntry, StoreError> {
    let booked_on = row.get("booked_on")?;
    Ok(BankEntry {
        id: row.get("id")?,
        account: row.get("bank_account_id")?,
        statement: row.get("bank_statement_id")?,
        booked_on,
        currency: row.get("currency")?,
        line: Line {
            booked_on: Some(booked_on),
            valued_on: row.get("valued_on")?,
            amount: row.get("amount_minor")?,
            reference: row.get("reference")?,
            end_to_end: row.get("end_to_end")?,
            creditor_reference: row.get("creditor_reference")?,
            purpose: row.get("purpose")?,
            payer: row.get("payer")?,
            payer_iban: row.get("payer_iban")?,
        },
    })
}

/// What a movement is: a payment, or the end of money that was on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Match {
    pub id: BankMatchId,
    pub entry: BankEntryId,
    pub payment: Option<PaymentId>,
    /// What is credited where it is no payment.
    pub account: Account,
    /// What the bank moved, in minor units.
    pub amount: i64,
    /// What was kept back on the way.
    pub fees: i64,
    pub customer: Option<CustomerId>,
    pub reason: Option<String>,
    pub matched_at: Instant,
    pub undone_at: Option<Instant>,
}

/// Adds a match; false where the movement has one already.
pub fn insert_match(
    tx: &mut Tx<'_>,
    one: &Match,
    actor_kind: ActorKind,
    actor: UserId,
) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO bank_match (id, bank_entry_id, payment_id, account, amount_minor, fees_minor,
            customer_id, reason, actor_kind, actor_id, matched_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        &[
            &one.id,
            &one.entry,
            &one.payment,
            &one.account,
            &one.amount,
            &one.fees,
            &one.customer,
            &one.reason,
            &actor_kind,
            &actor,
            &one.matched_at,
        ],
    )?;
    Ok(added == 1)
}

/// Returns the match of a movement that holds; with `lock`, other writers of it wait.
pub fn match_of(
    tx: &mut Tx<'_>,
    entry: BankEntryId,
    lock: bool,
) -> Result<Option<Match>, StoreError> {
    let sql = match tx.engine() {
        Engine::Postgres if lock => {
            "SELECT * FROM bank_match WHERE bank_entry_id = $1 AND undone_at IS NULL FOR UPDATE"
        }
        _ => "SELECT * FROM bank_match WHERE bank_entry_id = $1 AND undone_at IS NULL",
    };
    tx.query_one(sql, &[&entry], |row| {
        Ok(Match {
            id: row.get("id")?,
            entry: row.get("bank_entry_id")?,
            payment: row.get("payment_id")?,
            account: row.get("account")?,
            amount: row.get("amount_minor")?,
            fees: row.get("fees_minor")?,
            customer: row.get("customer_id")?,
            reason: row.get("reason")?,
            matched_at: row.get("matched_at")?,
            undone_at: row.get("undone_at")?,
        })
    })
}

/// Undoes a match; false where somebody else did.
pub fn undo_match(tx: &mut Tx<'_>, id: BankMatchId, now: Instant) -> Result<bool, StoreError> {
    let sql = "UPDATE bank_match SET undone_at = $2 WHERE id = $1 AND undone_at IS NULL";
    Ok(tx.exec(sql, &[&id, &now])? == 1)
}

/// Returns the customers whose payments came from a bank account of this number.
pub fn payers(tx: &mut Tx<'_>, iban: &str) -> Result<Vec<CustomerId>, StoreError> {
    let sql = "SELECT DISTINCT m.customer_id FROM bank_entry e
         JOIN bank_match m ON m.bank_entry_id = e.id AND m.undone_at IS NULL
        WHERE e.payer_iban = $1 AND m.customer_id IS NOT NULL ORDER BY m.customer_id";
    tx.query(sql, &[&iban], |row| row.get("customer_id"))
}

/// Notes the payments that a match remitted, with their amounts.
pub fn insert_remitted(
    tx: &mut Tx<'_>,
    one: BankMatchId,
    payments: &[(PaymentId, i64)],
) -> Result<(), StoreError> {
    let columns = [
        Column::new("bank_match_id", Kind::Bytes),
        Column::new("payment_id", Kind::Bytes),
        Column::new("amount_minor", Kind::Int),
    ];
    let row = |(payment, amount): &(PaymentId, i64)| vec![v(&one), v(payment), v(amount)];
    let rows: Vec<Vec<Value>> = payments.iter().map(row).collect();
    tx.insert_many("bank_match_payment", &columns, &rows, "")?;
    Ok(())
}

/// Returns what of a payment was remitted: by the matches that hold, and into tills.
pub fn remitted(tx: &mut Tx<'_>, payment: PaymentId) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COALESCE(SUM(x.amount_minor), 0) AS BIGINT) AS amount
         FROM (SELECT p.amount_minor FROM bank_match_payment p
                 JOIN bank_match m ON m.id = p.bank_match_id AND m.undone_at IS NULL
                WHERE p.payment_id = $1
               UNION ALL
               SELECT r.amount_minor FROM remittance r WHERE r.payment_id = $1) x";
    Ok(tx.query_one(sql, &[&payment], |row| row.get("amount"))?.unwrap_or(0))
}
