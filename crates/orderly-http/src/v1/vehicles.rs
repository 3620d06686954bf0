//! `/v1/vehicles`: own vans and trucks, and what they may carry.

use orderly_core::actor::Permission;
use orderly_core::load::{Limits, Vehicle};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_ops::Error;
use orderly_ops::ops::loads::vehicles::{self, NewVehicle};
use orderly_ops::wire::out::loads::VehicleOut;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    use Permission::{Configure, Read};
    vec![
        get("/v1/vehicles", "vehicles.list", "List vehicles by code", Read, list),
        create("/v1/vehicles", "vehicles.create", "Add a vehicle", Configure, add),
        get("/v1/vehicles/{vehicle}", "vehicles.get", "Show a vehicle", Read, show),
        act(
            "/v1/vehicles/{vehicle}/update",
            "vehicles.update",
            "Say anew what a vehicle may carry, or take it out of use",
            Configure,
            update,
        ),
    ]
}

/// A vehicle as the caller states it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct VehicleIn {
    /// Such as `VAN-1`; what the address says where absent.
    code: String,
    name: Option<String>,
    /// It does not matter where absent.
    max_weight_g: Option<i64>,
    max_volume_ml: Option<i64>,
    /// Of the longest piece.
    max_length_mm: Option<i64>,
    /// What it is or has, such as `tail_lift`.
    tags: Vec<String>,
    /// Whether loads may be planned with it.
    active: bool,
}

impl Default for VehicleIn {
    fn default() -> Self {
        Self {
            code: String::new(),
            name: None,
            max_weight_g: None,
            max_volume_ml: None,
            max_length_mm: None,
            tags: Vec::new(),
            active: true,
        }
    }
}

impl From<VehicleIn> for NewVehicle {
    fn from(new: VehicleIn) -> Self {
        let limits = Limits {
            weight_g: new.max_weight_g,
            volume_ml: new.max_volume_ml,
            length_mm: new.max_length_mm,
        };
        Self { code: new.code, name: new.name, limits, tags: new.tags, active: new.active }
    }
}

fn shown(vehicle: &Vehicle) -> Done<VehicleOut> {
    Done::of(VehicleOut::from(vehicle)).version(vehicle.version)
}

fn list(cx: &Cx, _: Nothing) -> Result<Done<Page<VehicleOut>>, Error> {
    let all = vehicles::list(&cx.app, &cx.call)?;
    Ok(Page::new(all.iter().map(VehicleOut::from).collect(), None).into())
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<VehicleOut>, Error> {
    Ok(shown(&vehicles::show(&cx.app, &cx.call, cx.text("vehicle"))?))
}

fn add(cx: &Cx, new: VehicleIn) -> Result<Done<VehicleOut>, Error> {
    let made = vehicles::create(&cx.app, &cx.call, &new.into())?;
    Ok(shown(&made).at(format!("/v1/vehicles/{}", made.code)))
}

fn update(cx: &Cx, new: VehicleIn) -> Result<Done<VehicleOut>, Error> {
    let code = cx.text("vehicle");
    ensure(new.code.is_empty() || new.code == code, || {
        Refusal::at(Code::InvalidField, "/code", format!("the address says `{code}`"))
    })?;
    let new = VehicleIn { code: code.to_owned(), ..new };
    Ok(shown(&vehicles::update(&cx.app, &cx.call, &new.into())?))
}
