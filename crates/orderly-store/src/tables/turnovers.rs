//! Numbers of journals, and the daily sums of their postings that reports are read from.
//!
//! Posting only notes which journals wait. Rolling up gives them their numbers and adds them to
//! the sums of their days, so that posting shares no counter with anybody. What still waits is
//! added by every reading.

use std::collections::BTreeMap;

use orderly_core::books::{Account, JournalKind};
use orderly_core::id::{ChannelId, JournalId, LegalEntityId, LocationId};
use orderly_core::money::Currency;
use orderly_core::time::Day;

use super::numbers;
use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value};

const SERIES: &str = "journal";
const ZERO: [u8; 16] = [0; 16];

/// Gives up to `limit` waiting journals their numbers, adds them to the turnovers, and returns how
/// many there were. One transaction at a time does so.
pub fn roll_up(tx: &mut Tx<'_>, limit: i64) -> Result<u64, StoreError> {
    // Taking no number locks the series until the transaction ends.
    numbers::take(tx, LegalEntityId::NONE, SERIES, 1, 0)?;
    let waiting: Vec<(JournalId, LegalEntityId)> = tx.query(
        "SELECT w.journal_id, j.legal_entity_id FROM journal_pending w
           JOIN journal j ON j.id = w.journal_id ORDER BY w.journal_id LIMIT $1",
        &[&limit],
        |row| Ok((row.get("journal_id")?, row.get("legal_entity_id")?)),
    )?;
    let ids: Vec<Vec<Value>> = waiting.iter().map(|(id, _)| vec![v(id)]).collect();
    tx.exec_many(
        "DELETE FROM journal_pending WHERE journal_id = $1",
        "DELETE FROM journal_pending WHERE journal_id IN (SELECT unnest($1::bytea[]))",
        &[Kind::Bytes],
        &ids,
    )?;
    let mut own: BTreeMap<LegalEntityId, Vec<JournalId>> = BTreeMap::new();
    for (journal, entity) in waiting {
        own.entry(entity).or_default().push(journal);
    }
    for (entity, journals) in own {
        let count = i64::try_from(journals.len()).unwrap_or(i64::MAX);
        let first = numbers::take(tx, entity, SERIES, 1, count)?;
        let row = |(number, id): (i64, &JournalId)| vec![v(&entity), v(&number), v(id)];
        let rows: Vec<Vec<Value>> = (first..).zip(&journals).map(row).collect();
        tx.insert_many("journal_number", NUMBER, &rows, "")?;
        tx.exec(ADD, &[&entity, &first, &(first + count - 1), &ZERO])?;
    }
    Ok(ids.len() as u64)
}

const NUMBER: &[Column] = &[
    Column::new("legal_entity_id", Kind::Bytes),
    Column::new("number", Kind::Int),
    Column::new("journal_id", Kind::Bytes),
];

const ADD: &str = "
    INSERT INTO turnover (legal_entity_id, accounting_on, account, location_id, channel_id,
        currency, tax_code, kind, debit_minor, credit_minor, tax_base_minor, posting_count)
    SELECT j.legal_entity_id, j.accounting_on, p.account, COALESCE(p.location_id, $4),
           COALESCE(p.channel_id, $4), j.currency, COALESCE(p.tax_code, ''), j.kind,
           CAST(SUM(CASE WHEN p.amount_minor > 0 THEN p.amount_minor ELSE 0 END) AS BIGINT),
           CAST(SUM(CASE WHEN p.amount_minor < 0 THEN -p.amount_minor ELSE 0 END) AS BIGINT),
           CAST(COALESCE(SUM(p.tax_base_minor), 0) AS BIGINT), COUNT(*)
      FROM journal_number n
      JOIN journal j ON j.id = n.journal_id
      JOIN posting p ON p.journal_id = n.journal_id
     WHERE n.legal_entity_id = $1 AND n.number BETWEEN $2 AND $3
     GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        ON CONFLICT (legal_entity_id, accounting_on, account, location_id, channel_id, currency,
            tax_code, kind) DO UPDATE
       SET debit_minor = turnover.debit_minor + excluded.debit_minor,
           credit_minor = turnover.credit_minor + excluded.credit_minor,
           tax_base_minor = turnover.tax_base_minor + excluded.tax_base_minor,
           posting_count = turnover.posting_count + excluded.posting_count";

/// How many journals wait to be rolled up.
pub fn count_pending(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM journal_pending";
    Ok(tx.query_one(sql, &[], |row| row.get("n"))?.unwrap_or(0))
}

fn any_pending(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS n FROM journal_pending LIMIT 1";
    Ok(tx.query_one(sql, &[], |row| row.get::<i64>("n"))?.is_some())
}

/// Returns the last number that the ledger of a legal entity gave; zero where it gave none.
pub fn last_number(tx: &mut Tx<'_>, entity: LegalEntityId) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COALESCE(MAX(number), 0) AS BIGINT) AS n FROM journal_number
        WHERE legal_entity_id = $1";
    Ok(tx.query_one(sql, &[&entity], |row| row.get("n"))?.unwrap_or(0))
}

/// Which postings are asked for.
#[derive(Clone, Debug)]
pub struct Within {
    pub legal_entity: LegalEntityId,
    /// From the first day on where absent.
    pub from: Option<Day>,
    pub to: Day,
    /// `Some(NONE)`: those without a location.
    pub location: Option<LocationId>,
    pub channel: Option<ChannelId>,
    /// Whether the closings of years count.
    pub closings: bool,
}

/// The debits and credits of an account, both positive, in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    pub account: Account,
    pub currency: Currency,
    pub location: LocationId,
    pub channel: ChannelId,
    pub debit: i64,
    pub credit: i64,
}

/// What sums are told apart by, beside account and currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Split {
    Nothing,
    Location,
    Channel,
    Both,
}

/// The postings asked for, of the turnovers and of what waits, as `x`.
///
/// Waiting journals are joined only where some wait. SQLite starts where a CROSS JOIN does: with
/// the few that wait, not with every journal of the days. PostgreSQL starts where it likes, and
/// read every journal for a table that is nearly always empty.
fn within_sql(tx: &mut Tx<'_>) -> Result<String, StoreError> {
    let waiting = if any_pending(tx)? { WAITING } else { "" };
    Ok(format!("FROM ({ROLLED} {waiting}) x {WHERE}"))
}

const ROLLED: &str = "
          SELECT account, currency, location_id, channel_id, tax_code, kind, debit_minor AS debit,
                 credit_minor AS credit, tax_base_minor AS base
            FROM turnover
           WHERE legal_entity_id = $1 AND accounting_on >= $2 AND accounting_on <= $3";

const WAITING: &str = "
           UNION ALL
          SELECT p.account, j.currency, COALESCE(p.location_id, $7), COALESCE(p.channel_id, $7),
                 COALESCE(p.tax_code, ''), j.kind,
                 CASE WHEN p.amount_minor > 0 THEN p.amount_minor ELSE 0 END,
                 CASE WHEN p.amount_minor < 0 THEN -p.amount_minor ELSE 0 END,
                 COALESCE(p.tax_base_minor, 0)
            FROM journal_pending w CROSS JOIN journal j CROSS JOIN posting p
           WHERE j.id = w.journal_id AND p.journal_id = w.journal_id
             AND j.legal_entity_id = $1 AND j.accounting_on >= $2 AND j.accounting_on <= $3";

const WHERE: &str = "
   WHERE ($4 IS NULL OR x.location_id = $4) AND ($5 IS NULL OR x.channel_id = $5)
     AND ($6 = 1 OR x.kind <> 'closing') AND $7 IS NOT NULL";

/// Returns the sums of the postings asked for, by account code, currency, location and channel.
pub fn sums(tx: &mut Tx<'_>, within: &Within, split: Split) -> Result<Vec<Sum>, StoreError> {
    let by = match split {
        Split::Nothing => "$7, $7",
        Split::Location => "x.location_id, $7",
        Split::Channel => "$7, x.channel_id",
        Split::Both => "x.location_id, x.channel_id",
    };
    let (location, channel) = by.split_once(", ").expect("two keys");
    let within_sql = within_sql(tx)?;
    let sql = format!(
        "SELECT y.account, y.currency, y.location, y.channel,
                CAST(SUM(y.debit) AS BIGINT) AS debit, CAST(SUM(y.credit) AS BIGINT) AS credit
           FROM (SELECT x.account, x.currency, {location} AS location, {channel} AS channel,
                        x.debit, x.credit {within_sql}) y
          GROUP BY y.account, y.currency, y.location, y.channel
          ORDER BY y.account, y.currency, y.location, y.channel"
    );
    asked(tx, &sql, within, |row| {
        Ok(Sum {
            account: row.get("account")?,
            currency: row.get("currency")?,
            location: row.get("location")?,
            channel: row.get("channel")?,
            debit: row.get("debit")?,
            credit: row.get("credit")?,
        })
    })
}

/// What was posted on the tax account under one code by journals of one kind: debits positive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxSum {
    /// Empty for postings without a code.
    pub code: String,
    pub kind: JournalKind,
    pub currency: Currency,
    pub base_minor: i64,
    pub tax_minor: i64,
}

/// Returns what was posted on the tax account, by code, kind of journal and currency.
pub fn taxes(tx: &mut Tx<'_>, within: &Within) -> Result<Vec<TaxSum>, StoreError> {
    let within_sql = within_sql(tx)?;
    let sql = format!(
        "SELECT x.tax_code, x.kind, x.currency, CAST(SUM(x.base) AS BIGINT) AS base,
                CAST(SUM(x.debit - x.credit) AS BIGINT) AS tax
           {within_sql} AND x.account = 'tax'
          GROUP BY x.tax_code, x.kind, x.currency
          ORDER BY x.tax_code, x.kind, x.currency"
    );
    asked(tx, &sql, within, |row| {
        Ok(TaxSum {
            code: row.get("tax_code")?,
            kind: row.get("kind")?,
            currency: row.get("currency")?,
            base_minor: row.get("base")?,
            tax_minor: row.get("tax")?,
        })
    })
}

fn asked<T>(
    tx: &mut Tx<'_>,
    sql: &str,
    within: &Within,
    f: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let from = within.from.unwrap_or(Day::from_number(i32::MIN));
    tx.query(
        sql,
        &[
            &within.legal_entity,
            &from,
            &within.to,
            &within.location,
            &within.channel,
            &i64::from(within.closings),
            &ZERO,
        ],
        f,
    )
}
