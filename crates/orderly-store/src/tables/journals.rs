//! Journals as they are looked through: by number, period, account and dimension.

use orderly_core::books::{Account, Journal};
use orderly_core::id::{ChannelId, JournalId, LegalEntityId, LocationId};
use orderly_core::time::{Day, Instant};

use super::books;
use crate::{StoreError, Tx};

/// A journal with its number in its ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    pub number: i64,
    pub recorded_at: Instant,
    pub journal: Journal,
}

/// Which journals are asked for. What is absent matters not.
#[derive(Clone, Debug)]
pub struct Filter {
    pub legal_entity: LegalEntityId,
    pub from: Option<Day>,
    pub to: Option<Day>,
    pub account: Option<Account>,
    pub location: Option<LocationId>,
    pub channel: Option<ChannelId>,
    pub party: Option<[u8; 16]>,
    /// The document of a posting.
    pub document: Option<[u8; 16]>,
}

impl Filter {
    /// Every journal of a legal entity.
    pub const fn of(legal_entity: LegalEntityId) -> Self {
        Self {
            legal_entity,
            from: None,
            to: None,
            account: None,
            location: None,
            channel: None,
            party: None,
            document: None,
        }
    }
}

/// Returns up to `limit` numbered journals after a number, by number: each has a posting that
/// meets every condition.
pub fn find(
    tx: &mut Tx<'_>,
    filter: &Filter,
    after: i64,
    limit: i64,
) -> Result<Vec<Numbered>, StoreError> {
    let sql = "
        SELECT n.number, j.* FROM journal_number n JOIN journal j ON j.id = n.journal_id
         WHERE n.legal_entity_id = $1 AND n.number > $2
           AND ($3 IS NULL OR j.accounting_on >= $3) AND ($4 IS NULL OR j.accounting_on <= $4)
           AND EXISTS (SELECT 1 FROM posting p WHERE p.journal_id = n.journal_id
                          AND ($5 IS NULL OR p.account = $5)
                          AND ($6 IS NULL OR p.location_id = $6)
                          AND ($7 IS NULL OR p.channel_id = $7)
                          AND ($8 IS NULL OR p.party_id = $8)
                          AND ($9 IS NULL OR p.document_id = $9))
         ORDER BY n.number LIMIT $10";
    let heads = tx.query(
        sql,
        &[
            &filter.legal_entity,
            &after,
            &filter.from,
            &filter.to,
            &filter.account,
            &filter.location,
            &filter.channel,
            &filter.party,
            &filter.document,
            &limit,
        ],
        |row| Ok((row.get("number")?, row.get("recorded_at")?, books::head_from_row(row)?)),
    )?;
    let mut found = Vec::with_capacity(heads.len());
    for (number, recorded_at, head) in heads {
        for journal in books::with_postings(tx, vec![head])? {
            found.push(Numbered { number, recorded_at, journal });
        }
    }
    Ok(found)
}

/// Returns one journal with its number; `None` where there is none, or none that is numbered.
pub fn get(tx: &mut Tx<'_>, id: JournalId) -> Result<Option<Numbered>, StoreError> {
    let sql = "SELECT n.number, j.* FROM journal_number n JOIN journal j ON j.id = n.journal_id
        WHERE n.journal_id = $1";
    let head = tx.query_one(sql, &[&id], |row| {
        Ok((row.get("number")?, row.get("recorded_at")?, books::head_from_row(row)?))
    })?;
    let Some((number, recorded_at, head)) = head else { return Ok(None) };
    let journal = books::with_postings(tx, vec![head])?.pop();
    Ok(journal.map(|journal| Numbered { number, recorded_at, journal }))
}

/// Returns the journal with this number.
pub fn by_number(
    tx: &mut Tx<'_>,
    entity: LegalEntityId,
    number: i64,
) -> Result<Option<Numbered>, StoreError> {
    Ok(find(tx, &Filter::of(entity), number - 1, 1)?.pop().filter(|one| one.number == number))
}
