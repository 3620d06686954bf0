//! The JSON shapes of vehicles and loads.

use orderly_core::load::{Load, Stop, Vehicle};
use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::loads::read::{Proof, Shown};

/// A vehicle.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VehicleOut {
    /// `vehicle`
    pub object: &'static str,
    pub id: String,
    pub code: String,
    pub name: String,
    /// Nothing where it does not matter.
    pub max_weight_g: Option<i64>,
    pub max_volume_ml: Option<i64>,
    /// The longest piece.
    pub max_length_mm: Option<i64>,
    /// Such as `tail_lift`.
    pub tags: Vec<String>,
    pub active: bool,
    pub version: i64,
}

impl From<&Vehicle> for VehicleOut {
    fn from(vehicle: &Vehicle) -> Self {
        Self {
            object: "vehicle",
            id: vehicle.id.to_string(),
            code: vehicle.code.clone(),
            name: vehicle.name.clone(),
            max_weight_g: vehicle.limits.weight_g,
            max_volume_ml: vehicle.limits.volume_ml,
            max_length_mm: vehicle.limits.length_mm,
            tags: vehicle.tags.clone(),
            active: vehicle.active,
            version: vehicle.version,
        }
    }
}

/// A load with its stops.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LoadOut {
    /// `load`
    pub object: &'static str,
    pub id: String,
    pub number: String,
    /// The vehicle's code.
    pub vehicle: Option<String>,
    pub day: String,
    pub driver: Option<String>,
    pub state: &'static str,
    pub version: i64,
    /// What its stops take.
    pub weight_g: i64,
    pub volume_ml: i64,
    pub length_mm: i64,
    pub max_weight_g: Option<i64>,
    pub max_volume_ml: Option<i64>,
    pub max_length_mm: Option<i64>,
    /// Whether somebody let it pass its limits.
    pub overridden: bool,
    pub departed_at: Option<String>,
    pub returned_at: Option<String>,
    pub stops: Vec<StopOut>,
    /// What the caller may do with it now; empty in lists.
    pub allowed_actions: Vec<&'static str>,
}

/// Where a load hands over a part of a delivery.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StopOut {
    pub id: String,
    pub position: i64,
    /// The order's number; absent in lists.
    pub order: Option<String>,
    pub state: &'static str,
    /// The goods aboard; nothing until the load departs.
    pub shipment: Option<String>,
    pub slot_from: Option<String>,
    pub slot_until: Option<String>,
    pub note: Option<String>,
    pub weight_g: i64,
    pub lines: Vec<StopLineOut>,
    /// Why it failed, or why goods were refused.
    pub reason: Option<String>,
    pub received_by: Option<String>,
    pub attempted_at: Option<String>,
    /// Where the driver was.
    pub latitude_e6: Option<i64>,
    pub longitude_e6: Option<i64>,
    pub proofs: Vec<StopProofOut>,
    /// What the caller may do with it now; empty in lists.
    pub allowed_actions: Vec<&'static str>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StopLineOut {
    /// The order line's id.
    pub line: String,
    /// In base units.
    pub quantity: i64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StopProofOut {
    /// `signature` or `photo`.
    pub kind: &'static str,
    pub document: String,
}

/// A signature or a photo of a stop.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProofOut {
    /// `proof`
    pub object: &'static str,
    /// `signature` or `photo`.
    pub kind: &'static str,
    pub document: String,
    /// Such as `image/png`.
    pub media_type: String,
    pub bytes: usize,
}

impl From<&Proof> for ProofOut {
    fn from(proof: &Proof) -> Self {
        Self {
            object: "proof",
            kind: proof.kind.code(),
            document: proof.document.to_string(),
            media_type: proof.media_type.clone(),
            bytes: proof.content.len(),
        }
    }
}

impl LoadOut {
    /// A load as lists show it.
    pub fn row(load: &Load, vehicle: Option<&Vehicle>) -> Self {
        Self::new(load, vehicle, |_| None)
    }

    fn new(
        load: &Load,
        vehicle: Option<&Vehicle>,
        number: impl Fn(&Stop) -> Option<String>,
    ) -> Self {
        Self {
            object: "load",
            id: load.id.to_string(),
            number: load.number.clone(),
            vehicle: vehicle.map(|vehicle| vehicle.code.clone()),
            day: load.day.to_string(),
            driver: load.driver.clone(),
            state: load.state.code(),
            version: load.version,
            weight_g: load.size.weight_g,
            volume_ml: load.size.volume_ml,
            length_mm: load.size.length_mm,
            max_weight_g: load.limits.weight_g,
            max_volume_ml: load.limits.volume_ml,
            max_length_mm: load.limits.length_mm,
            overridden: load.overridden,
            departed_at: load.departed_at.map(|at| at.to_string()),
            returned_at: load.returned_at.map(|at| at.to_string()),
            stops: load.stops.iter().map(|one| StopOut::new(one, number(one))).collect(),
            allowed_actions: Vec::new(),
        }
    }
}

impl From<&Shown> for LoadOut {
    fn from(shown: &Shown) -> Self {
        let number = |stop: &Stop| {
            let order = shown.orders.get(&stop.order);
            order.map(|own| own.order.number.clone())
        };
        let mut out = Self::new(&shown.load, shown.vehicle.as_ref(), number);
        out.allowed_actions.clone_from(&shown.allowed.load);
        for (stop, own) in out.stops.iter_mut().zip(&shown.load.stops) {
            stop.allowed_actions = shown.allowed.stop(own.id);
        }
        out
    }
}

impl StopOut {
    fn new(stop: &Stop, order: Option<String>) -> Self {
        let lines = stop.lines.iter();
        let proofs = stop.proofs.iter();
        Self {
            id: stop.id.to_string(),
            position: stop.position,
            order,
            state: stop.state.code(),
            shipment: stop.shipment.map(|id| id.to_string()),
            slot_from: stop.slot_from.clone(),
            slot_until: stop.slot_until.clone(),
            note: stop.note.clone(),
            weight_g: stop.size.weight_g,
            lines: lines
                .map(|(line, qty)| StopLineOut { line: line.to_string(), quantity: qty.get() })
                .collect(),
            reason: stop.reason.clone(),
            received_by: stop.received_by.clone(),
            attempted_at: stop.attempted_at.map(|at| at.to_string()),
            latitude_e6: stop.at.map(|at| at.latitude_e6),
            longitude_e6: stop.at.map(|at| at.longitude_e6),
            proofs: proofs
                .map(|(kind, id)| StopProofOut { kind: kind.code(), document: id.to_string() })
                .collect(),
            allowed_actions: Vec::new(),
        }
    }
}
