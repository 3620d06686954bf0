//! Locations and their bins.

use orderly_core::catalog::{Bin, Location};
use orderly_core::id::{BinId, LocationId};

use super::parties::coordinates_from_row;
use super::{active, state};
use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value};

const SELECT: &str = "SELECT id, code, name, kind, legal_entity_id, party_id, latitude_e6,
    longitude_e6, zone, priority, fulfills, storage_bin_id, staging_bin_id, state, version
    FROM location";
const BIN: &str = "SELECT id, location_id, code, kind, position, capacity_g, capacity_ml,
    capacity_mm, state FROM bin";

const BIN_COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("location_id", Kind::Bytes),
    Column::new("code", Kind::Text),
    Column::new("kind", Kind::Text),
    Column::new("position", Kind::Int),
    Column::new("capacity_g", Kind::Int),
    Column::new("capacity_ml", Kind::Int),
    Column::new("capacity_mm", Kind::Int),
    Column::new("state", Kind::Text),
];

/// Adds the location; false where its code is taken. Its bins follow in the same transaction.
pub fn insert(tx: &mut Tx<'_>, location: &Location) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO location (id, code, name, kind, legal_entity_id, party_id, latitude_e6,
            longitude_e6, zone, priority, fulfills, storage_bin_id, staging_bin_id, state, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (code) DO NOTHING",
        &[
            &location.id,
            &location.code,
            &location.name,
            &location.kind,
            &location.legal_entity,
            &location.party,
            &location.coordinates.map(|at| at.latitude_e6),
            &location.coordinates.map(|at| at.longitude_e6),
            &location.zone,
            &location.priority,
            &location.fulfills,
            &location.storage_bin,
            &location.staging_bin,
            &state(location.active),
            &location.version,
        ],
    )?;
    Ok(added == 1)
}

pub fn get(tx: &mut Tx<'_>, id: LocationId) -> Result<Option<Location>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE id = $1"), &[&id], location_from_row)
}

pub fn by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Location>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE code = $1"), &[&code], location_from_row)
}

/// Returns every location by code: what sourcing considers.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Location>, StoreError> {
    tx.query(&format!("{SELECT} ORDER BY code"), &[], location_from_row)
}

/// Saves the location unless somebody else did since; says whether it was saved.
pub fn save(tx: &mut Tx<'_>, before: &Location, after: &Location) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE location SET name = $3, party_id = $4, latitude_e6 = $5, longitude_e6 = $6,
            zone = $7, priority = $8, fulfills = $9, storage_bin_id = $10, staging_bin_id = $11,
            state = $12, version = $13
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.name,
            &after.party,
            &after.coordinates.map(|at| at.latitude_e6),
            &after.coordinates.map(|at| at.longitude_e6),
            &after.zone,
            &after.priority,
            &after.fulfills,
            &after.storage_bin,
            &after.staging_bin,
            &state(after.active),
            &after.version,
        ],
    )?;
    Ok(saved == 1)
}

/// Adds bins whose code is free at their location and returns how many were added.
pub fn insert_bins(tx: &mut Tx<'_>, bins: &[Bin]) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value>> = bins
        .iter()
        .map(|bin| {
            vec![
                v(&bin.id),
                v(&bin.location),
                v(&bin.code),
                v(&bin.kind),
                v(&bin.position),
                v(&bin.capacity_g),
                v(&bin.capacity_ml),
                v(&bin.capacity_mm),
                v(state(bin.active)),
            ]
        })
        .collect();
    let suffix = "ON CONFLICT (location_id, code) DO NOTHING";
    tx.insert_many("bin", BIN_COLUMNS, &rows, suffix)
}

pub fn bin(tx: &mut Tx<'_>, id: BinId) -> Result<Option<Bin>, StoreError> {
    tx.query_one(&format!("{BIN} WHERE id = $1"), &[&id], bin_from_row)
}

/// Returns the bin of a location with this code.
pub fn bin_by_code(
    tx: &mut Tx<'_>,
    location: LocationId,
    code: &str,
) -> Result<Option<Bin>, StoreError> {
    let sql = format!("{BIN} WHERE location_id = $1 AND code = $2");
    tx.query_one(&sql, &[&location, &code], bin_from_row)
}

/// Returns a location's bins in walking order.
pub fn bins(tx: &mut Tx<'_>, location: LocationId) -> Result<Vec<Bin>, StoreError> {
    let sql = format!("{BIN} WHERE location_id = $1 ORDER BY position, code");
    tx.query(&sql, &[&location], bin_from_row)
}

fn location_from_row(row: &Row<'_>) -> Result<Location, StoreError> {
    Ok(Location {
        id: row.get("id")?,
        code: row.get("code")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        legal_entity: row.get("legal_entity_id")?,
        party: row.get("party_id")?,
        coordinates: coordinates_from_row(row)?,
        zone: row.get("zone")?,
        priority: row.get("priority")?,
        fulfills: row.get("fulfills")?,
        storage_bin: row.get("storage_bin_id")?,
        staging_bin: row.get("staging_bin_id")?,
        active: active(row)?,
        version: row.get("version")?,
    })
}

fn bin_from_row(row: &Row<'_>) -> Result<Bin, StoreError> {
    Ok(Bin {
        id: row.get("id")?,
        location: row.get("location_id")?,
        code: row.get("code")?,
        kind: row.get("kind")?,
        position: row.get("position")?,
        capacity_g: row.get("capacity_g")?,
        capacity_ml: row.get("capacity_ml")?,
        capacity_mm: row.get("capacity_mm")?,
        active: active(row)?,
    })
}
