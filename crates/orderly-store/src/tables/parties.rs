//! Versions of names and addresses.

use orderly_core::catalog::Coordinates;
use orderly_core::id::PartyId;
use orderly_core::party::{Party, SubjectKind};
use orderly_core::time::Instant;

use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value, set};

crate::code! { SubjectKind }

const SELECT: &str = "SELECT id, subject_kind, subject_id, version, name, company, email, phone,
    address_lines, city, region, postcode, country, latitude_e6, longitude_e6, created_at,
    erased_at FROM party";

const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("subject_kind", Kind::Text),
    Column::new("subject_id", Kind::Bytes),
    Column::new("version", Kind::Int),
    Column::new("name", Kind::Text),
    Column::new("company", Kind::Text),
    Column::new("email", Kind::Text),
    Column::new("phone", Kind::Text),
    Column::new("address_lines", Kind::Text),
    Column::new("city", Kind::Text),
    Column::new("region", Kind::Text),
    Column::new("postcode", Kind::Text),
    Column::new("country", Kind::Text),
    Column::new("latitude_e6", Kind::Int),
    Column::new("longitude_e6", Kind::Int),
    Column::new("created_at", Kind::Int),
    Column::new("erased_at", Kind::Int),
];

/// Adds versions; nothing ever changes one but [`erase`].
pub fn insert_many(tx: &mut Tx<'_>, parties: &[Party]) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value>> = parties.iter().map(values).collect();
    tx.insert_many("party", COLUMNS, &rows, "")
}

pub fn get(tx: &mut Tx<'_>, id: PartyId) -> Result<Option<Party>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE id = $1"), &[&id], party_from_row)
}

/// Returns the versions with these ids, in no order.
pub fn get_many(tx: &mut Tx<'_>, ids: &[PartyId]) -> Result<Vec<Party>, StoreError> {
    set::query_in(tx, SELECT, "id", ids, party_from_row)
}

/// Returns every version of a subject, the newest first.
pub fn versions(tx: &mut Tx<'_>, subject: [u8; 16]) -> Result<Vec<Party>, StoreError> {
    let sql = format!("{SELECT} WHERE subject_id = $1 ORDER BY version DESC");
    tx.query(&sql, &[&subject], party_from_row)
}

/// Returns the newest version of each subject with this e-mail address, at most 100.
pub fn by_email(tx: &mut Tx<'_>, email: &str) -> Result<Vec<Party>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE email = $1 AND version = (SELECT MAX(newer.version) FROM party AS newer
            WHERE newer.subject_id = party.subject_id) ORDER BY created_at, id LIMIT 100"
    );
    tx.query(&sql, &[&email], party_from_row)
}

/// Erases the content of every version of a subject; ids and versions stay. Returns how many.
pub fn erase(tx: &mut Tx<'_>, subject: [u8; 16], now: Instant) -> Result<u64, StoreError> {
    tx.exec(
        "UPDATE party
            SET name = '(erased)', company = NULL, email = NULL, phone = NULL,
                address_lines = NULL, city = NULL, region = NULL, postcode = NULL,
                latitude_e6 = NULL, longitude_e6 = NULL, erased_at = $2
          WHERE subject_id = $1 AND erased_at IS NULL",
        &[&subject, &now],
    )
}

fn values(party: &Party) -> Vec<Value> {
    let lines = (!party.address_lines.is_empty()).then(|| party.address_lines.join("\n"));
    vec![
        v(&party.id),
        v(&party.subject_kind),
        v(&party.subject),
        v(&party.version),
        v(&party.name),
        v(&party.company),
        v(&party.email),
        v(&party.phone),
        v(&lines),
        v(&party.city),
        v(&party.region),
        v(&party.postcode),
        v(&party.country),
        v(&party.coordinates.map(|at| at.latitude_e6)),
        v(&party.coordinates.map(|at| at.longitude_e6)),
        v(&party.created_at),
        v(&party.erased_at),
    ]
}

fn party_from_row(row: &Row<'_>) -> Result<Party, StoreError> {
    let lines: Option<String> = row.get("address_lines")?;
    Ok(Party {
        id: row.get("id")?,
        subject_kind: row.get("subject_kind")?,
        subject: row.get("subject_id")?,
        version: row.get("version")?,
        name: row.get("name")?,
        company: row.get("company")?,
        email: row.get("email")?,
        phone: row.get("phone")?,
        address_lines: lines.iter().flat_map(|all| all.split('\n')).map(str::to_owned).collect(),
        city: row.get("city")?,
        region: row.get("region")?,
        postcode: row.get("postcode")?,
        country: row.get("country")?,
        coordinates: coordinates_from_row(row)?,
        created_at: row.get("created_at")?,
        erased_at: row.get("erased_at")?,
    })
}

pub(super) fn coordinates_from_row(row: &Row<'_>) -> Result<Option<Coordinates>, StoreError> {
    let latitude: Option<i64> = row.get("latitude_e6")?;
    let longitude: Option<i64> = row.get("longitude_e6")?;
    let both = latitude.zip(longitude);
    Ok(both.map(|(latitude_e6, longitude_e6)| Coordinates { latitude_e6, longitude_e6 }))
}
