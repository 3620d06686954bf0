//! Vehicles, their loads with stops, and the documents that prove what was handed over.

use orderly_core::catalog::Coordinates;
use orderly_core::id::*;
use orderly_core::load::{Limits, Load, LoadState, Size, Stop, StopState, Vehicle};
use orderly_core::qty::Qty;
use orderly_core::time::{Day, Instant};

use super::{active, state};
use crate::codec::{from_json, json};
use crate::{Engine, Row, StoreError, Tx};

/// Adds a vehicle. Returns whether its code was free.
pub fn insert_vehicle(tx: &mut Tx<'_>, vehicle: &Vehicle) -> Result<bool, StoreError> {
    let inserted = tx.exec(
        "INSERT INTO vehicle (id, code, name, max_weight_g, max_volume_ml, max_length_mm, tags,
             state, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (code) DO NOTHING",
        &[
            &vehicle.id,
            &vehicle.code,
            &vehicle.name,
            &vehicle.limits.weight_g,
            &vehicle.limits.volume_ml,
            &vehicle.limits.length_mm,
            &json(&vehicle.tags),
            &state(vehicle.active),
            &vehicle.version,
            &vehicle.created_at,
        ],
    )?;
    Ok(inserted == 1)
}

/// Writes a vehicle if it is still at the version of `before`. Returns whether it was.
pub fn save_vehicle(
    tx: &mut Tx<'_>,
    before: &Vehicle,
    after: &Vehicle,
) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE vehicle SET name = $3, max_weight_g = $4, max_volume_ml = $5, max_length_mm = $6,
             tags = $7, state = $8, version = $9
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.name,
            &after.limits.weight_g,
            &after.limits.volume_ml,
            &after.limits.length_mm,
            &json(&after.tags),
            &state(after.active),
            &after.version,
        ],
    )?;
    Ok(saved == 1)
}

/// Returns the vehicle with this id.
pub fn vehicle(tx: &mut Tx<'_>, id: VehicleId) -> Result<Option<Vehicle>, StoreError> {
    tx.query_one("SELECT * FROM vehicle WHERE id = $1", &[&id], vehicle_from_row)
}

/// Returns every vehicle, by code.
pub fn vehicles(tx: &mut Tx<'_>) -> Result<Vec<Vehicle>, StoreError> {
    tx.query("SELECT * FROM vehicle ORDER BY code", &[], vehicle_from_row)
}

/// Adds a load without stops.
pub fn insert(tx: &mut Tx<'_>, load: &Load) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO load (id, number, vehicle_id, location_id, day, driver, state, max_weight_g,
             max_volume_ml, max_length_mm, weight_g, volume_ml, length_mm, overridden, version,
             created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, 0, 0, $11, $12)",
        &[
            &load.id,
            &load.number,
            &load.vehicle,
            &load.location,
            &load.day,
            &load.driver,
            &load.state,
            &load.limits.weight_g,
            &load.limits.volume_ml,
            &load.limits.length_mm,
            &load.version,
            &load.created_at,
        ],
    )?;
    Ok(())
}

/// Returns a load with its stops. With `lock`, other writers of it wait (PostgreSQL).
pub fn get(tx: &mut Tx<'_>, id: LoadId, lock: bool) -> Result<Option<Load>, StoreError> {
    let sql = match (tx.engine(), lock) {
        (Engine::Postgres, true) => "SELECT * FROM load WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM load WHERE id = $1",
    };
    let Some(mut found) = tx.query_one(sql, &[&id], load_from_row)? else { return Ok(None) };
    let sql = "SELECT * FROM load_stop WHERE load_id = $1 ORDER BY position, id";
    found.stops = tx.query(sql, &[&id], stop_from_row)?;
    for stop in &mut found.stops {
        let sql = "SELECT order_line_id, qty FROM load_line WHERE stop_id = $1
            ORDER BY order_line_id";
        stop.lines =
            tx.query(sql, &[&stop.id], |row| Ok((row.get("order_line_id")?, row.get("qty")?)))?;
        let sql = "SELECT kind, document_id FROM proof WHERE stop_id = $1 ORDER BY position";
        stop.proofs =
            tx.query(sql, &[&stop.id], |row| Ok((row.get("kind")?, row.get("document_id")?)))?;
    }
    Ok(Some(found))
}

/// Returns the id of the load with this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<LoadId>, StoreError> {
    tx.query_one("SELECT id FROM load WHERE number = $1", &[&number], |row| row.get("id"))
}

/// Returns up to `limit` loads after one, of one day or of all, the latest first.
pub fn list(
    tx: &mut Tx<'_>,
    day: Option<Day>,
    after: Option<(Day, LoadId)>,
    limit: i64,
) -> Result<Vec<Load>, StoreError> {
    let sql = "SELECT id FROM load
          WHERE ($1 IS NULL OR day = $1)
            AND ($2 IS NULL OR day < $2 OR (day = $2 AND id < $3))
          ORDER BY day DESC, id DESC LIMIT $4";
    let (last, id) = after.unzip();
    let ids: Vec<LoadId> = tx.query(sql, &[&day, &last, &id, &limit], |row| row.get("id"))?;
    let mut out = Vec::with_capacity(ids.len());
    for id in ids {
        out.extend(get(tx, id, false)?);
    }
    Ok(out)
}

/// Writes a load and its stops if it is still at the version of `before`. Returns whether it was.
pub fn save(tx: &mut Tx<'_>, before: &Load, after: &Load) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE load SET driver = $3, state = $4, weight_g = $5, volume_ml = $6, length_mm = $7,
             overridden = $8, version = $9, departed_at = $10, returned_at = $11
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.driver,
            &after.state,
            &after.size.weight_g,
            &after.size.volume_ml,
            &after.size.length_mm,
            &i64::from(after.overridden),
            &after.version,
            &after.departed_at,
            &after.returned_at,
        ],
    )?;
    if saved == 0 {
        return Ok(false);
    }
    for stop in &after.stops {
        let old = before.stops.iter().find(|old| old.id == stop.id);
        if old == Some(stop) {
            continue;
        }
        put_stop(tx, after.id, stop, old)?;
    }
    Ok(true)
}

fn put_stop(
    tx: &mut Tx<'_>,
    load: LoadId,
    stop: &Stop,
    old: Option<&Stop>,
) -> Result<(), StoreError> {
    if old.is_none() {
        tx.exec(
            "INSERT INTO load_stop (id, load_id, position, order_id, delivery_id, fulfillment_id,
                 state, from_stop_id, slot_from, slot_until, note, weight_g, volume_ml, length_mm)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, 0)",
            &[
                &stop.id,
                &load,
                &stop.position,
                &stop.order,
                &stop.delivery,
                &stop.fulfillment,
                &stop.state,
                &stop.from,
                &stop.slot_from,
                &stop.slot_until,
                &stop.note,
            ],
        )?;
    }
    tx.exec(
        "UPDATE load_stop SET position = $2, shipment_id = $3, state = $4, weight_g = $5,
             volume_ml = $6, length_mm = $7, reason = $8, received_by = $9, attempted_at = $10,
             latitude_e6 = $11, longitude_e6 = $12
          WHERE id = $1",
        &[
            &stop.id,
            &stop.position,
            &stop.shipment,
            &stop.state,
            &stop.size.weight_g,
            &stop.size.volume_ml,
            &stop.size.length_mm,
            &stop.reason,
            &stop.received_by,
            &stop.attempted_at,
            &stop.at.map(|at| at.latitude_e6),
            &stop.at.map(|at| at.longitude_e6),
        ],
    )?;
    if old.is_none_or(|old| old.lines != stop.lines) {
        tx.exec("DELETE FROM load_line WHERE stop_id = $1", &[&stop.id])?;
        for (line, qty) in &stop.lines {
            tx.exec(
                "INSERT INTO load_line (stop_id, order_line_id, qty) VALUES ($1, $2, $3)",
                &[&stop.id, line, qty],
            )?;
        }
    }
    let known = old.map_or(0, |old| old.proofs.len());
    for (position, (kind, document)) in (1_i64..).zip(&stop.proofs).skip(known) {
        tx.exec(
            "INSERT INTO proof (stop_id, position, kind, document_id) VALUES ($1, $2, $3, $4)",
            &[&stop.id, &position, kind, document],
        )?;
    }
    Ok(())
}

/// What of a fulfillment's lines is planned for stops that have not left, in base units.
pub fn planned(
    tx: &mut Tx<'_>,
    fulfillment: FulfillmentId,
) -> Result<Vec<(LineId, Qty)>, StoreError> {
    let sql = "SELECT l.order_line_id, CAST(SUM(l.qty) AS BIGINT) AS qty
        FROM load_stop s JOIN load_line l ON l.stop_id = s.id
        WHERE s.fulfillment_id = $1 AND s.state = 'planned' AND s.shipment_id IS NULL
        GROUP BY l.order_line_id";
    tx.query(sql, &[&fulfillment], |row| Ok((row.get("order_line_id")?, row.get("qty")?)))
}

/// The latest stop that carries a shipment, with its load's number and state.
pub fn carrier_of(
    tx: &mut Tx<'_>,
    shipment: ShipmentId,
) -> Result<Option<(StopId, String, LoadState)>, StoreError> {
    let sql = "SELECT s.id, l.number, l.state FROM load_stop s JOIN load l ON l.id = s.load_id
        WHERE s.shipment_id = $1 AND s.state <> 'removed' ORDER BY s.id DESC LIMIT 1";
    tx.query_one(sql, &[&shipment], |row| {
        Ok((row.get("id")?, row.get("number")?, row.get("state")?))
    })
}

/// Returns the load, the delivery and the state of a stop.
pub fn stop_of(
    tx: &mut Tx<'_>,
    id: StopId,
) -> Result<Option<(LoadId, DeliveryId, StopState)>, StoreError> {
    let sql = "SELECT load_id, delivery_id, state FROM load_stop WHERE id = $1";
    tx.query_one(sql, &[&id], |row| {
        Ok((row.get("load_id")?, row.get("delivery_id")?, row.get("state")?))
    })
}

/// Keeps a document under the hash of its content; one that is known stays.
pub fn keep_document(
    tx: &mut Tx<'_>,
    id: DocumentId,
    media_type: &str,
    content: &[u8],
    now: Instant,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO document (id, media_type, content, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO NOTHING",
        &[&id, &media_type, &content, &now],
    )?;
    Ok(())
}

/// Returns a document with its media type.
pub fn document(tx: &mut Tx<'_>, id: DocumentId) -> Result<Option<(String, Vec<u8>)>, StoreError> {
    let sql = "SELECT media_type, content FROM document WHERE id = $1";
    tx.query_one(sql, &[&id], |row| Ok((row.get("media_type")?, row.get("content")?)))
}

fn limits(row: &Row<'_>) -> Result<Limits, StoreError> {
    Ok(Limits {
        weight_g: row.get("max_weight_g")?,
        volume_ml: row.get("max_volume_ml")?,
        length_mm: row.get("max_length_mm")?,
    })
}

fn size(row: &Row<'_>) -> Result<Size, StoreError> {
    Ok(Size {
        weight_g: row.get("weight_g")?,
        volume_ml: row.get("volume_ml")?,
        length_mm: row.get("length_mm")?,
    })
}

fn vehicle_from_row(row: &Row<'_>) -> Result<Vehicle, StoreError> {
    Ok(Vehicle {
        id: row.get("id")?,
        code: row.get("code")?,
        name: row.get("name")?,
        limits: limits(row)?,
        tags: from_json(row, "tags")?,
        active: active(row)?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}

fn load_from_row(row: &Row<'_>) -> Result<Load, StoreError> {
    Ok(Load {
        id: row.get("id")?,
        number: row.get("number")?,
        vehicle: row.get("vehicle_id")?,
        location: row.get("location_id")?,
        day: row.get("day")?,
        driver: row.get("driver")?,
        state: row.get("state")?,
        limits: limits(row)?,
        size: size(row)?,
        overridden: row.get::<i64>("overridden")? == 1,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        departed_at: row.get("departed_at")?,
        returned_at: row.get("returned_at")?,
        stops: Vec::new(),
    })
}

fn stop_from_row(row: &Row<'_>) -> Result<Stop, StoreError> {
    let latitude: Option<i64> = row.get("latitude_e6")?;
    let longitude: Option<i64> = row.get("longitude_e6")?;
    Ok(Stop {
        id: row.get("id")?,
        position: row.get("position")?,
        order: row.get("order_id")?,
        delivery: row.get("delivery_id")?,
        fulfillment: row.get("fulfillment_id")?,
        shipment: row.get("shipment_id")?,
        state: row.get("state")?,
        from: row.get("from_stop_id")?,
        slot_from: row.get("slot_from")?,
        slot_until: row.get("slot_until")?,
        note: row.get("note")?,
        size: size(row)?,
        lines: Vec::new(),
        reason: row.get("reason")?,
        received_by: row.get("received_by")?,
        attempted_at: row.get("attempted_at")?,
        at: latitude
            .zip(longitude)
            .map(|(latitude_e6, longitude_e6)| Coordinates { latitude_e6, longitude_e6 }),
        proofs: Vec::new(),
    })
}
