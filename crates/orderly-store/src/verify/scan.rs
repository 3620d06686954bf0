//! Ordered scans of the books: piece by piece in the order of their keys, so that two of them
//! merge without a lookup per row.

use orderly_core::id::{ItemId, JournalId, LocationId, LotId, MovementId, OrderId, PlaceId};
use orderly_core::units::{Condition, Level, LevelKey, Place};

use crate::tables::events::{self, Event};
use crate::{Row, StoreError, Tx};

/// A movement as the sums need it. Value in minor units of the legal entity's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub id: MovementId,
    pub item: ItemId,
    pub lot: LotId,
    pub from: PlaceId,
    pub to: PlaceId,
    pub qty: i64,
    pub value: i64,
    /// Between two of our locations.
    pub transfer: bool,
    /// Of imported history.
    pub history: bool,
}

/// A posting on the accounts of our goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoodsPosting {
    pub journal: JournalId,
    /// On goods between our locations; else on those in our bins.
    pub in_transit: bool,
    pub amount: i64,
    pub currency: String,
}

/// What one place holds of one item and lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub item: ItemId,
    pub place: PlaceId,
    pub lot: LotId,
    pub qty: i64,
}

/// A place of the feed with its event; `None` where there is no such event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fed {
    pub position: i64,
    pub stream: [u8; 16],
    pub sequence: i64,
    pub hash: Vec<u8>,
    pub event: Option<Event>,
}

/// Returns up to `limit` movements after an id, by id.
pub fn movements(tx: &mut Tx<'_>, after: MovementId, limit: i64) -> Result<Vec<Moved>, StoreError> {
    tx.query(
        "SELECT id, item_id, lot_id, from_place, to_place, qty, value_minor,
                CASE kind WHEN 'transfer' THEN 1 ELSE 0 END AS transfer,
                CASE kind WHEN 'history' THEN 1 ELSE 0 END AS history
           FROM movement WHERE id > $1 ORDER BY id LIMIT $2",
        &[&after, &limit],
        |row| {
            Ok(Moved {
                id: row.at(0)?,
                item: row.at(1)?,
                lot: row.at(2)?,
                from: row.at(3)?,
                to: row.at(4)?,
                qty: row.at(5)?,
                value: row.at(6)?,
                transfer: row.at(7)?,
                history: row.at(8)?,
            })
        },
    )
}

/// Returns the postings of our goods in the journals after one id up to another, by journal.
pub fn goods_postings(
    tx: &mut Tx<'_>,
    after: JournalId,
    up_to: JournalId,
) -> Result<Vec<GoodsPosting>, StoreError> {
    tx.query(
        "SELECT p.journal_id, CASE p.account WHEN 'inventory' THEN 0 ELSE 1 END AS in_transit,
                p.amount_minor, j.currency
           FROM posting p JOIN journal j ON j.id = p.journal_id
          WHERE p.journal_id > $1 AND p.journal_id <= $2
            AND p.account IN ('inventory', 'inventory_in_transit')
          ORDER BY p.journal_id, p.number",
        &[&after, &up_to],
        |row| {
            Ok(GoodsPosting {
                journal: row.at(0)?,
                in_transit: row.at(1)?,
                amount: row.at(2)?,
                currency: row.at(3)?,
            })
        },
    )
}

/// Hands over what late costs made goods worth more, by level.
pub fn late_values(
    tx: &mut Tx<'_>,
    mut each: impl FnMut(LevelKey, i64) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = "SELECT item_id, location_id, lot_class, inventory_minor FROM late_cost";
    tx.for_each(sql, &[], |row| {
        let key = LevelKey { item: row.at(0)?, location: row.at(1)?, lot_class: row.at(2)? };
        each(key, row.at(3)?)
    })
}

/// Hands over every place with its id.
pub fn places(
    tx: &mut Tx<'_>,
    mut each: impl FnMut(PlaceId, Place) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.for_each("SELECT * FROM place", &[], |row| {
        let condition: String = row.get("condition")?;
        let place = Place {
            kind: row.get("kind")?,
            location: row.get("location_id")?,
            bin: row.get("bin_id")?,
            condition: Condition::parse(&condition),
            owner: row.get("owner_id")?,
            reference: row.get("ref_id")?,
        };
        each(row.get("id")?, place)
    })
}

/// Hands over every holding.
pub fn holdings(
    tx: &mut Tx<'_>,
    mut each: impl FnMut(Held) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.for_each("SELECT item_id, place_id, lot_id, qty FROM holding", &[], |row| {
        each(Held { item: row.at(0)?, place: row.at(1)?, lot: row.at(2)?, qty: row.at(3)? })
    })
}

/// A level as it is stored, whatever it says.
fn level_from_row(row: &Row<'_>) -> Result<(Level, [i64; 2]), StoreError> {
    let key = orderly_core::units::LevelKey {
        item: row.get("item_id")?,
        location: row.get("location_id")?,
        lot_class: row.get("lot_class")?,
    };
    let value: i64 = row.get("value_minor")?;
    Ok((Level { value, ..Level::empty(key, None) }, [row.get("on_hand")?, row.get("held")?]))
}

/// Hands over every level with its on hand and held, which may be negative where they are wrong.
pub fn levels(
    tx: &mut Tx<'_>,
    mut each: impl FnMut(Level, [i64; 2]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.for_each("SELECT * FROM stock_level", &[], |row| {
        let (level, counters) = level_from_row(row)?;
        each(level, counters)
    })
}

/// Returns the lots that are lengths: each has stock levels of its own.
pub fn length_lots(tx: &mut Tx<'_>) -> Result<Vec<LotId>, StoreError> {
    tx.query("SELECT id FROM lot WHERE kind = 'length'", &[], |row| row.get("id"))
}

/// Returns every location with the currency of its legal entity.
pub fn locations(tx: &mut Tx<'_>) -> Result<Vec<(LocationId, String)>, StoreError> {
    tx.query(
        "SELECT l.id, e.currency FROM location l JOIN legal_entity e ON e.id = l.legal_entity_id",
        &[],
        |row| Ok((row.get("id")?, row.get("currency")?)),
    )
}

/// Hands over what the books say is with customers and not yet a cost, by order; only what is
/// not zero. In minor units of the legal entity's currency.
pub fn delivered(
    tx: &mut Tx<'_>,
    mut each: impl FnMut(OrderId, i64) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.for_each(
        "SELECT document_id, CAST(SUM(amount_minor) AS BIGINT) AS amount FROM posting
          WHERE account = 'delivered_not_invoiced' AND document_kind = 'order'
          GROUP BY document_id HAVING SUM(amount_minor) <> 0",
        &[],
        |row| each(row.get("document_id")?, row.get("amount")?),
    )
}

/// Hands over the whole feed by position, each place with its event.
pub fn feed(
    tx: &mut Tx<'_>,
    mut each: impl FnMut(Fed) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.for_each(
        "SELECT f.position, f.stream_id AS fed_stream, f.sequence AS fed_sequence, f.hash,
                e.stream_kind, e.stream_id, e.sequence, e.id, e.kind, e.format, e.at,
                e.recorded_at, e.actor_kind, e.actor_id, e.reason, e.approved_by, e.changes
           FROM feed f
           LEFT JOIN event e ON e.stream_id = f.stream_id AND e.sequence = f.sequence
          ORDER BY f.position",
        &[],
        |row| {
            let known: Option<String> = row.get("stream_kind")?;
            let event = known.map(|_| events::event_from_row(row)).transpose()?;
            each(Fed {
                position: row.get("position")?,
                stream: row.get("fed_stream")?,
                sequence: row.get("fed_sequence")?,
                hash: row.get("hash")?,
                event,
            })
        },
    )
}
