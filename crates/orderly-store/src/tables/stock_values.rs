//! What our goods were worth at the end of a day, from the movements and late costs until then.

use orderly_core::id::{ItemId, LegalEntityId, LocationId};
use orderly_core::time::{Day, Instant};

use crate::{StoreError, Tx};

/// By which time goods count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clock {
    /// The day they are posted on: the values equal the inventory account.
    Accounting,
    /// When it happened.
    Effective,
    /// When it became known.
    Recorded,
}

/// The goods of one item at one location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockValue {
    pub item: ItemId,
    pub sku: String,
    pub location: LocationId,
    pub code: String,
    /// In base units.
    pub qty: i64,
    /// In minor units of the legal entity's currency.
    pub value_minor: i64,
}

/// Both ends of each movement that touch our bins, signed, and late costs, as `x`. `$2` is the
/// day, `$3` the first instant after it.
macro_rules! ends {
    ($moved:literal, $late:literal) => {
        concat!(
            "SELECT x.item_id, i.sku, x.location_id, l.code, CAST(SUM(x.qty) AS BIGINT) AS qty,
                    CAST(SUM(x.value) AS BIGINT) AS value
               FROM (SELECT m.item_id, t.location_id, m.qty, m.value_minor AS value
                       FROM movement m JOIN place t ON t.id = m.to_place
                       LEFT JOIN journal j ON j.id = m.id
                      WHERE t.kind = 'holding' AND t.owner_id = $4 AND ",
            $moved,
            " UNION ALL
                     SELECT m.item_id, f.location_id, -m.qty, -m.value_minor
                       FROM movement m JOIN place f ON f.id = m.from_place
                       LEFT JOIN journal j ON j.id = m.id
                      WHERE f.kind = 'holding' AND f.owner_id = $4 AND ",
            $moved,
            " UNION ALL
                     SELECT m.item_id, m.location_id, 0, m.inventory_minor
                       FROM late_cost m JOIN journal j ON j.id = m.journal_id
                      WHERE ",
            $late,
            ") x
               JOIN location l ON l.id = x.location_id
               JOIN item i ON i.id = x.item_id
              WHERE l.legal_entity_id = $1
              GROUP BY x.item_id, i.sku, x.location_id, l.code
             HAVING SUM(x.qty) <> 0 OR SUM(x.value) <> 0
              ORDER BY l.code, i.sku"
        )
    };
}

/// Returns what a legal entity's goods were worth at the end of a day, by location and SKU. `end`
/// is the first instant after the day.
pub fn at(
    tx: &mut Tx<'_>,
    entity: LegalEntityId,
    clock: Clock,
    day: Day,
    end: Instant,
) -> Result<Vec<StockValue>, StoreError> {
    let sql = match clock {
        // What is worth nothing has no journal: it counts when it happened.
        Clock::Accounting => ends!(
            "(j.accounting_on <= $2 OR (j.id IS NULL AND m.effective_at < $3))",
            "j.accounting_on <= $2 AND $3 = $3"
        ),
        Clock::Effective => {
            ends!("m.effective_at < $3 AND $2 = $2", "m.effective_at < $3 AND $2 = $2")
        }
        Clock::Recorded => {
            ends!("m.recorded_at < $3 AND $2 = $2", "m.recorded_at < $3 AND $2 = $2")
        }
    };
    tx.query(sql, &[&entity, &day, &end, &[0_u8; 16]], |row| {
        Ok(StockValue {
            item: row.get("item_id")?,
            sku: row.get("sku")?,
            location: row.get("location_id")?,
            code: row.get("code")?,
            qty: row.get("qty")?,
            value_minor: row.get("value")?,
        })
    })
}
