//! Own vehicles and what they may carry.

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::new::code;
use orderly_core::id::VehicleId;
use orderly_core::load::{Limits, Vehicle};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_store::Tx;
use orderly_store::tables::loads;

use crate::ops::catalog::{ids, stale, taken};
use crate::ops::command::{Object, Reference, command};
use crate::{App, Call, Error};

impl Object for Vehicle {
    fn reference(&self) -> Reference {
        Reference { kind: "vehicle", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let id = VehicleId::from_bytes(id);
        loads::vehicle(tx, id)?.ok_or_else(|| Error::not_found(format!("vehicle {id}")))
    }
}

/// A vehicle as the caller states it.
#[derive(Debug, Clone, Default)]
pub struct NewVehicle {
    pub code: String,
    pub name: Option<String>,
    pub limits: Limits,
    pub tags: Vec<String>,
    pub active: bool,
}

/// Adds a vehicle.
///
/// # Errors
/// `already_exists` where the code is taken; `invalid_field` for a limit of nothing.
pub fn create(app: &App, call: &Call, new: &NewVehicle) -> Result<Vehicle, Error> {
    command(app, call, "vehicle.create", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let mut ids = ids(call);
        let code = code(&new.code)?;
        let vehicle = Vehicle {
            id: ids.draw(),
            name: text::short(new.name.as_deref().unwrap_or(&code))?,
            limits: checked(new.limits)?,
            tags: tags(&new.tags)?,
            active: true,
            version: 1,
            created_at: call.now,
            code,
        };
        if !loads::insert_vehicle(tx, &vehicle)? {
            return Err(taken("vehicle", &vehicle.code));
        }
        Ok(vehicle)
    })
}

/// Changes what is said of a vehicle. Loads that are planned keep the limits they were planned
/// with.
///
/// # Errors
/// `unknown_vehicle`, `invalid_field`.
pub fn update(app: &App, call: &Call, new: &NewVehicle) -> Result<Vehicle, Error> {
    command(app, call, "vehicle.update", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let before = named(tx, &new.code)?;
        call.expect_version(before.version)?;
        let after = Vehicle {
            name: new.name.as_deref().map_or(Ok(before.name.clone()), text::short)?,
            limits: checked(new.limits)?,
            tags: tags(&new.tags)?,
            active: new.active,
            version: before.version + 1,
            ..before.clone()
        };
        stale(loads::save_vehicle(tx, &before, &after)?)?;
        Ok(after)
    })
}

/// Returns every vehicle, by code.
pub fn list(app: &App, call: &Call) -> Result<Vec<Vehicle>, Error> {
    call.require(Permission::Read, Scope::default())?;
    Ok(app.store.read(loads::vehicles)?)
}

/// Returns the vehicle with this code.
///
/// # Errors
/// `unknown_vehicle`.
pub fn show(app: &App, call: &Call, code: &str) -> Result<Vehicle, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| named(tx, code))
}

fn named(tx: &mut Tx<'_>, code: &str) -> Result<Vehicle, Error> {
    let found = loads::vehicles(tx)?.into_iter().find(|vehicle| vehicle.code == code.trim());
    found.ok_or_else(|| {
        let shown: String = code.chars().take(60).collect();
        let detail = format!("there is no vehicle `{shown}`");
        Refusal::at(Code::UnknownVehicle, "/vehicle", detail).into()
    })
}

/// The vehicle with this code, if it is in use.
pub(super) fn called(tx: &mut Tx<'_>, code: &str) -> Result<Vehicle, Error> {
    let found = named(tx, code)?;
    ensure(found.active, || {
        let detail = format!("vehicle {} is not in use", found.code);
        Refusal::at(Code::UnknownVehicle, "/vehicle", detail)
    })?;
    Ok(found)
}

fn checked(limits: Limits) -> Result<Limits, Refusal> {
    let all = [limits.weight_g, limits.volume_ml, limits.length_mm];
    ensure(all.into_iter().flatten().all(|limit| limit > 0), || {
        Refusal::at(Code::InvalidField, "/limits", "a limit is more than nothing")
    })?;
    Ok(limits)
}

fn tags(given: &[String]) -> Result<Vec<String>, Refusal> {
    let mut tags = given.iter().map(|tag| text::short(tag)).collect::<Result<Vec<_>, _>>()?;
    tags.sort_unstable();
    tags.dedup();
    Ok(tags)
}
