//! Own vehicles and their loads: runs with stops, what they carry, and what they may carry.

use serde::{Deserialize, Serialize};

use crate::catalog::Coordinates;
use crate::id::*;
use crate::item::{Goods, Item};
use crate::order::{Line, codes};
use crate::qty::Qty;
use crate::refusal::{Code, Issue, Refusal, ensure};
use crate::time::{Day, Instant};

codes! {
    /// Where a load stands.
    LoadState {
        Planned "planned", Departed "departed", Returned "returned", Canceled "canceled",
    }
}
codes! {
    /// What happened to a stop. A delivered one may have brought a part back; a moved one goes on
    /// with another load; a removed one was taken off before it left.
    StopState {
        Planned "planned", UnderWay "under_way", Delivered "delivered", Failed "failed",
        Moved "moved", Removed "removed",
    }
}
codes! {
    /// What shows that goods were handed over.
    ProofKind { Signature "signature", Photo "photo" }
}

/// What a vehicle may carry; `None`: it does not matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Limits {
    pub weight_g: Option<i64>,
    pub volume_ml: Option<i64>,
    /// The longest piece.
    pub length_mm: Option<i64>,
}

/// How much room goods take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Size {
    pub weight_g: i64,
    pub volume_ml: i64,
    /// Of the longest piece.
    pub length_mm: i64,
}

impl Size {
    /// Both together: weights and volumes add up, the longest piece counts.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            weight_g: self.weight_g.saturating_add(other.weight_g),
            volume_ml: self.volume_ml.saturating_add(other.volume_ml),
            length_mm: self.length_mm.max(other.length_mm),
        }
    }

    /// The room that a base quantity of an order's line takes. An item's weight and dimensions are
    /// those of one sale unit; parts of a gram or milliliter count as whole ones. Of goods held by
    /// length, each piece is as long as it was ordered.
    pub fn of(line: &Line, item: &Item, qty: Qty) -> Self {
        let unit = item.ratio(&item.sale_unit).unwrap_or(crate::qty::Ratio::ONE);
        let share = |each: i128| {
            let units = i128::from(qty.get()) * i128::from(unit.den);
            let num = i128::from(unit.num).max(1);
            let whole = (each * units + num - 1) / num;
            i64::try_from(whole).unwrap_or(i64::MAX)
        };
        let sides = item.dimensions_mm.unwrap_or_default().map(i128::from);
        let volume = share(sides.iter().product::<i128>());
        let longest = if item.goods == Goods::Lengths {
            line.piece.map_or(0, Qty::get)
        } else {
            item.dimensions_mm.unwrap_or_default().into_iter().max().unwrap_or(0)
        };
        Self {
            weight_g: share(i128::from(item.weight_g.unwrap_or(0))),
            volume_ml: volume / 1_000 + i64::from(volume % 1_000 != 0),
            length_mm: longest,
        }
    }

    /// Refuses what is more than the limits.
    ///
    /// # Errors
    /// `load_capacity`: one issue for each dimension, with what there is, what is allowed and by
    /// how much it is over.
    pub fn ensure_within(self, limits: Limits) -> Result<(), Refusal> {
        let all = [
            ("weight_g", "g", self.weight_g, limits.weight_g),
            ("volume_ml", "ml", self.volume_ml, limits.volume_ml),
            ("length_mm", "mm", self.length_mm, limits.length_mm),
        ];
        let mut issues = Vec::new();
        for (field, unit, has, may) in all {
            let Some(may) = may.filter(|may| has > *may) else { continue };
            let what = field.split('_').next().unwrap_or_default();
            let over = has - may;
            issues.push(Issue {
                pointer: format!("/{field}"),
                code: Code::LoadCapacity,
                detail: format!("the {what} is {has} {unit}, {over} {unit} over {may} {unit}"),
                sku: None,
                requested: Some(format!("{has} {unit}")),
                available: None,
                allowed: Some(format!("{may} {unit}")),
            });
        }
        ensure(issues.is_empty(), || Refusal { issues })
    }
}

/// A van or truck of the merchant's own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Vehicle {
    pub id: VehicleId,
    pub code: String,
    pub name: String,
    pub limits: Limits,
    /// Such as `tail_lift` or `crane`.
    pub tags: Vec<String>,
    pub active: bool,
    pub version: i64,
    pub created_at: Instant,
}

/// Where a load hands over a part of a delivery: one shipment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stop {
    pub id: StopId,
    pub position: i64,
    pub order: OrderId,
    pub delivery: DeliveryId,
    pub fulfillment: FulfillmentId,
    /// The goods aboard; `None` until the load departs.
    pub shipment: Option<ShipmentId>,
    pub state: StopState,
    /// The stop whose goods it takes on.
    pub from: Option<StopId>,
    /// The time window, such as `08:00` to `10:30`.
    pub slot_from: Option<String>,
    pub slot_until: Option<String>,
    pub note: Option<String>,
    pub size: Size,
    /// Order lines with base quantities; of a kit, its components.
    pub lines: Vec<(LineId, Qty)>,
    /// Why it failed, or why goods were refused.
    pub reason: Option<String>,
    pub received_by: Option<String>,
    pub attempted_at: Option<Instant>,
    pub at: Option<Coordinates>,
    pub proofs: Vec<(ProofKind, DocumentId)>,
}

/// One run of a vehicle on a day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Load {
    pub id: LoadId,
    pub number: String,
    pub vehicle: VehicleId,
    pub location: LocationId,
    pub day: Day,
    pub driver: Option<String>,
    pub state: LoadState,
    /// Those of the vehicle when it was planned.
    pub limits: Limits,
    /// What its stops take, as it stands or left.
    pub size: Size,
    /// Whether somebody let it pass its limits.
    pub overridden: bool,
    /// Counts commands: its ETag and the sequence of its events.
    pub version: i64,
    pub created_at: Instant,
    pub departed_at: Option<Instant>,
    pub returned_at: Option<Instant>,
    /// By position.
    pub stops: Vec<Stop>,
}

impl Load {
    /// Returns the stop with this id, or the refusal that names it.
    pub fn stop(&self, id: StopId) -> Result<&Stop, Refusal> {
        self.stops.iter().find(|stop| stop.id == id).ok_or_else(|| {
            Refusal::new(Code::NotFound, format!("load {} has no stop {id}", self.number))
        })
    }
    pub fn stop_mut(&mut self, id: StopId) -> Result<&mut Stop, Refusal> {
        let number = &self.number;
        self.stops
            .iter_mut()
            .find(|stop| stop.id == id)
            .ok_or_else(|| Refusal::new(Code::NotFound, format!("load {number} has no stop {id}")))
    }

    /// The stops that were not taken off.
    pub fn kept(&self) -> impl Iterator<Item = &Stop> {
        self.stops.iter().filter(|stop| stop.state != StopState::Removed)
    }

    /// What the stops that were not taken off need.
    pub fn needed(&self) -> Size {
        self.kept().fold(Size::default(), |sum, stop| sum.and(stop.size))
    }

    /// Refuses a step of another state.
    ///
    /// # Errors
    /// `invalid_transition` with what is possible instead.
    pub fn ensure_is(&self, state: LoadState, next: &str) -> Result<(), Refusal> {
        ensure(self.state == state, || {
            let detail = format!("load {} is {}", self.number, self.state.code());
            Refusal::new(Code::InvalidTransition, detail).allowed(next)
        })
    }
}

/// The media type of a document, told by its first bytes.
///
/// # Errors
/// `invalid_field` for one that is empty, larger than 20 MiB, or no PNG, JPEG, WebP or PDF.
pub fn media_type(content: &[u8]) -> Result<&'static str, Refusal> {
    const LARGEST: usize = 20 * 1024 * 1024;
    let wrong = |detail: &str| Err(Refusal::at(Code::InvalidField, "/proof", detail));
    if content.len() > LARGEST {
        return wrong("a document has at most 20 MiB");
    }
    match content {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Ok("image/png"),
        [0xff, 0xd8, 0xff, ..] => Ok("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok("image/webp"),
        [b'%', b'P', b'D', b'F', b'-', ..] => Ok("application/pdf"),
        _ => wrong("a document is a PNG, JPEG, WebP or PDF file"),
    }
}
