//! The JSON shapes of stock: levels, movements, receipts, adjustments and counts. Plain quantities
//! are base units; `shown` and `quantity` are in the item's sale unit.

use orderly_core::qty::Qty;
use orderly_core::stock::{Adjustment, Count, CountLine, Receipt, ReceiptLine, Spot};
use orderly_core::time::Day;
use orderly_store::tables::units::Holding;
use schemars::JsonSchema;
use serde::Serialize;

use super::amount;
use crate::ops::read::names::{Ids, Names};
use crate::ops::read::stock::supply::{Coming, Supply};
use crate::ops::read::stock::{Moved, Shown};
use crate::ops::stock::count::Due;

/// An item at one location; of goods held by length, one for each length.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LevelOut {
    pub object: &'static str,
    pub location: String,
    pub sku: String,
    pub base_unit: &'static str,
    /// The length of each piece, of goods held by length.
    pub piece: Option<i64>,
    pub on_hand: i64,
    pub held: i64,
    pub allocated: i64,
    pub backordered: i64,
    pub available: i64,
    pub safety: i64,
    /// In minor units of the books' currency.
    pub value_minor: i64,
    pub shown: LevelShown,
}

/// In the item's sale unit.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LevelShown {
    pub on_hand: String,
    pub available: String,
}

impl From<&Shown> for LevelOut {
    fn from(shown: &Shown) -> Self {
        let level = &shown.level;
        Self {
            object: "stock_level",
            location: shown.location.clone(),
            sku: shown.item.sku.clone(),
            base_unit: shown.item.base_unit.code(),
            piece: level.piece.map(Qty::get),
            on_hand: level.on_hand.get(),
            held: level.held.get(),
            allocated: level.allocated.get(),
            backordered: level.backordered.get(),
            available: level.available().get(),
            safety: level.safety.get(),
            value_minor: level.value,
            shown: LevelShown {
                on_hand: shown.item.show(level.on_hand),
                available: shown.item.show(level.available()),
            },
        }
    }
}

/// What there is of an item at a location, what comes, and what can be promised when.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SupplyOut {
    pub location: String,
    pub on_hand: i64,
    pub allocated: i64,
    pub backordered: i64,
    pub safety: i64,
    pub available: i64,
    pub coming: Vec<ComingOut>,
    /// From each day on, what can be promised then.
    pub promise: Vec<PromiseOut>,
    /// What can be promised for the day that was asked for.
    pub promised: Option<i64>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ComingOut {
    /// `purchase`, `transfer`, or `draft` for what is still to be sent.
    pub kind: &'static str,
    pub number: String,
    pub from: Option<String>,
    pub expected_on: Option<String>,
    pub qty: i64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PromiseOut {
    pub on: String,
    pub qty: i64,
}

impl SupplyOut {
    /// `by` is the day that was asked for.
    pub fn new(supply: &Supply, by: Option<Day>) -> Self {
        let coming = |one: &Coming| ComingOut {
            kind: one.kind,
            number: one.number.clone(),
            from: one.from.clone(),
            expected_on: one.expected_on.map(|day| day.to_string()),
            qty: one.qty.get(),
        };
        let promise = |(on, qty): &(Day, i64)| PromiseOut { on: on.to_string(), qty: *qty };
        Self {
            location: supply.location.clone(),
            on_hand: supply.on_hand,
            allocated: supply.allocated,
            backordered: supply.backordered,
            safety: supply.safety,
            available: supply.available,
            coming: supply.coming.iter().map(coming).collect(),
            promise: supply.promise.iter().map(promise).collect(),
            promised: by.map(|day| supply.promised_for(day)),
        }
    }
}

/// One movement: goods that left one place for another.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MovementOut {
    pub object: &'static str,
    pub id: String,
    pub kind: &'static str,
    pub qty: i64,
    pub quantity: String,
    pub from: String,
    pub to: String,
    pub lot: Option<String>,
    pub value_minor: i64,
    pub cause: &'static str,
    pub reason: Option<String>,
    pub at: String,
    pub recorded_at: String,
}

impl MovementOut {
    pub fn new(moved: &Moved, item: &orderly_core::item::Item) -> Self {
        let movement = &moved.posting.movement;
        Self {
            object: "movement",
            id: movement.id.to_string(),
            kind: movement.kind.code(),
            qty: movement.qty.get(),
            quantity: item.show(movement.qty),
            from: moved.from.clone(),
            to: moved.to.clone(),
            lot: moved.lot.clone(),
            value_minor: movement.value,
            cause: movement.cause.kind.code(),
            reason: movement.reason.clone(),
            at: movement.effective_at.to_string(),
            recorded_at: moved.posting.by.recorded_at.to_string(),
        }
    }
}

/// Goods of an item that lie in one bin.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HoldingOut {
    pub object: &'static str,
    pub sku: String,
    /// The lot or serial number.
    pub lot: Option<String>,
    pub bin: String,
    pub condition: Option<&'static str>,
    pub qty: i64,
    pub quantity: String,
}

impl HoldingOut {
    pub fn ids(holdings: &[Holding]) -> Ids {
        Ids {
            items: holdings.iter().map(|one| one.item).collect(),
            lots: holdings.iter().map(|one| one.lot).collect(),
            bins: holdings.iter().map(|one| one.place.bin).collect(),
            ..Ids::default()
        }
    }

    pub fn new(holding: &Holding, names: &Names) -> Self {
        Self {
            object: "holding",
            sku: names.sku(holding.item),
            lot: names.lot(holding.lot),
            bin: names.bin(holding.place.bin),
            condition: holding.place.condition.map(orderly_core::units::Condition::code),
            qty: holding.qty.get(),
            quantity: names.show(holding.item, holding.qty),
        }
    }
}

/// Goods of an item where they lie.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SpotOut {
    pub sku: String,
    /// The lot or serial number.
    pub lot: Option<String>,
    pub bin: String,
    pub condition: &'static str,
}

impl SpotOut {
    pub fn new(spot: &Spot, names: &Names) -> Self {
        Self {
            sku: names.sku(spot.item),
            lot: names.lot(spot.lot),
            bin: names.bin(spot.bin),
            condition: spot.condition.code(),
        }
    }

    /// The ids that the names of these spots are needed of.
    pub fn ids<'a>(spots: impl IntoIterator<Item = &'a Spot>) -> Ids {
        let mut ids = Ids::default();
        for spot in spots {
            ids.items.push(spot.item);
            ids.lots.push(spot.lot);
            ids.bins.push(spot.bin);
        }
        ids
    }
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReceiptOut {
    pub object: &'static str,
    pub id: String,
    pub number: String,
    pub kind: &'static str,
    pub location: String,
    pub supplier: Option<String>,
    pub purchase: Option<String>,
    pub reference: Option<String>,
    pub currency: String,
    pub received_at: String,
    pub reversed_at: Option<String>,
    pub lines: Vec<ReceiptLineOut>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReceiptLineOut {
    pub position: i64,
    #[serde(flatten)]
    pub spot: SpotOut,
    pub qty: i64,
    pub quantity: String,
    pub value: String,
}

impl ReceiptOut {
    pub fn ids(receipt: &Receipt) -> Ids {
        let ids = SpotOut::ids(receipt.lines.iter().map(|line| &line.spot));
        Ids { suppliers: receipt.supplier.into_iter().collect(), ..ids }
    }

    pub fn new(receipt: &Receipt, names: &Names) -> Self {
        let line = |line: &ReceiptLine| ReceiptLineOut {
            position: line.position,
            spot: SpotOut::new(&line.spot, names),
            qty: line.qty.get(),
            quantity: names.show(line.spot.item, line.qty),
            value: amount(line.value, receipt.currency),
        };
        Self {
            object: "receipt",
            id: receipt.id.to_string(),
            number: receipt.number.clone(),
            kind: receipt.kind.code(),
            location: names.location(receipt.location),
            supplier: receipt.supplier.map(|id| names.supplier(id)),
            purchase: receipt.purchase_order.map(|id| id.to_string()),
            reference: receipt.reference.clone(),
            currency: receipt.currency.to_string(),
            received_at: receipt.received_at.to_string(),
            reversed_at: receipt.reversed_at.map(|at| at.to_string()),
            lines: receipt.lines.iter().map(line).collect(),
        }
    }
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AdjustmentOut {
    pub object: &'static str,
    pub id: String,
    pub location: String,
    #[serde(flatten)]
    pub spot: SpotOut,
    /// Signed.
    pub delta: i64,
    pub reason: String,
    pub adjusted_at: String,
    /// The adjustment it takes back.
    pub reverses: Option<String>,
}

impl AdjustmentOut {
    pub fn new(one: &Adjustment, names: &Names) -> Self {
        Self {
            object: "adjustment",
            id: one.id.to_string(),
            location: names.location(one.location),
            spot: SpotOut::new(&one.spot, names),
            delta: one.delta.0,
            reason: one.reason.clone(),
            adjusted_at: one.adjusted_at.to_string(),
            reverses: one.reverses.map(|id| id.to_string()),
        }
    }
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CountOut {
    pub object: &'static str,
    pub id: String,
    pub number: String,
    pub version: i64,
    pub location: String,
    pub state: &'static str,
    pub blind: bool,
    pub started_at: String,
    pub posted_at: Option<String>,
    /// When its differences were taken back.
    pub reversed_at: Option<String>,
    pub lines: Vec<CountLineOut>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CountLineOut {
    #[serde(flatten)]
    pub spot: SpotOut,
    pub counted: i64,
    pub counted_at: String,
    /// Known once the count is posted.
    pub expected: Option<i64>,
    pub difference: Option<i64>,
    pub rounds: i64,
    pub reason: Option<String>,
}

impl CountOut {
    pub fn ids(count: &Count) -> Ids {
        SpotOut::ids(count.lines.iter().map(|line| &line.spot))
    }

    pub fn new(count: &Count, names: &Names) -> Self {
        let line = |line: &CountLine| CountLineOut {
            spot: SpotOut::new(&line.spot, names),
            counted: line.counted.get(),
            counted_at: line.counted_at.to_string(),
            expected: line.expected,
            difference: line.difference,
            rounds: line.rounds,
            reason: line.reason.clone(),
        };
        Self {
            object: "count",
            id: count.id.to_string(),
            number: count.number.clone(),
            version: count.version,
            location: names.location(count.location),
            state: count.state.code(),
            blind: count.blind,
            started_at: count.started_at.to_string(),
            posted_at: count.posted_at.map(|at| at.to_string()),
            reversed_at: count.reversed_at.map(|at| at.to_string()),
            lines: count.lines.iter().map(line).collect(),
        }
    }
}

/// An item that is to be counted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DueOut {
    pub sku: String,
    pub class: &'static str,
    /// The value of what left, in minor units.
    pub used_minor: i64,
    pub counted_on: Option<String>,
    /// At once where absent.
    pub due_on: Option<String>,
    /// Whether somebody asked for it to be counted.
    pub asked: bool,
}

impl From<&Due> for DueOut {
    fn from(due: &Due) -> Self {
        let planned = &due.planned;
        Self {
            sku: due.item.sku.clone(),
            class: planned.class.code(),
            used_minor: planned.countable.used,
            counted_on: planned.countable.counted_on.map(|day| day.to_string()),
            due_on: planned.due_on.map(|day| day.to_string()),
            asked: planned.countable.asked,
        }
    }
}
