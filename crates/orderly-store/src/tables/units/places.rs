//! Places: the bins and unit accounts that movements name. Their id follows from their content.

use std::collections::BTreeMap;

use orderly_core::id::PlaceId;
use orderly_core::units::{Condition, Place};

use crate::codec::v;
use crate::{Column, Kind, Mismatch, Row, StoreError, Tx, Value};

const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("kind", Kind::Text),
    Column::new("location_id", Kind::Bytes),
    Column::new("bin_id", Kind::Bytes),
    Column::new("condition", Kind::Text),
    Column::new("owner_id", Kind::Bytes),
    Column::new("ref_id", Kind::Bytes),
];

/// Inserts the places that are new, in order of ids.
pub fn insert_places(tx: &mut Tx<'_>, places: &[Place]) -> Result<(), StoreError> {
    let by_id: BTreeMap<PlaceId, Place> = places.iter().map(|place| (place.id(), *place)).collect();
    let rows: Vec<Vec<Value>> = by_id.iter().map(|(id, place)| row(*id, place)).collect();
    tx.insert_many("place", COLUMNS, &rows, "ON CONFLICT DO NOTHING")?;
    Ok(())
}

/// Returns a place by its id.
pub fn place(tx: &mut Tx<'_>, id: PlaceId) -> Result<Option<Place>, StoreError> {
    let sql = "SELECT kind AS p_kind, location_id AS p_location, bin_id AS p_bin,
                      condition AS p_condition, owner_id AS p_owner, ref_id AS p_ref
                 FROM place WHERE id = $1";
    tx.query_one(sql, &[&id], |row| from_row(row, "p"))
}

fn row(id: PlaceId, place: &Place) -> Vec<Value> {
    vec![
        v(&id),
        v(&place.kind),
        v(&place.location),
        v(&place.bin),
        v(place.condition.map_or("", Condition::code)),
        v(&place.owner),
        v(&place.reference),
    ]
}

/// Reads a place whose columns are named `<prefix>_kind`, `<prefix>_location` and so on.
pub(super) fn from_row(row: &Row<'_>, prefix: &str) -> Result<Place, StoreError> {
    let name = |part: &str| format!("{prefix}_{part}");
    let condition: String = row.get(&name("condition"))?;
    let condition = match condition.as_str() {
        "" => None,
        code => Some(Condition::parse(code).ok_or_else(|| StoreError::Decode {
            column: name("condition"),
            cause: crate::Cause::new(Mismatch(format!("`{code}` is no condition"))),
        })?),
    };
    Ok(Place {
        kind: row.get(&name("kind"))?,
        location: row.get(&name("location"))?,
        bin: row.get(&name("bin"))?,
        condition,
        owner: row.get(&name("owner"))?,
        reference: row.get(&name("ref"))?,
    })
}
