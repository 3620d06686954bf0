//! The JSON shapes of stock documents. Quantities are texts in `unit`, the item's sale unit where
//! absent; of goods held by length they count pieces of `length`, such as `2.4 m`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Goods that came in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptIn {
    /// The location's code.
    pub location: String,
    /// `purchase` (default), `opening` or `other`.
    pub kind: Option<String>,
    /// The supplier's code.
    pub supplier: Option<String>,
    pub reference: Option<String>,
    /// RFC 3339; now where absent.
    pub received_at: Option<String>,
    pub lines: Vec<ReceiptLineIn>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptLineIn {
    pub sku: String,
    pub quantity: String,
    pub unit: Option<String>,
    pub length: Option<String>,
    pub lot: Option<String>,
    /// The day the lot expires.
    pub expires_on: Option<String>,
    #[serde(default)]
    pub serials: Vec<String>,
    /// The bin's code; the location's storage bin where absent.
    pub bin: Option<String>,
    /// `sellable` where absent.
    pub condition: Option<String>,
    /// Of one `unit`, in the legal entity's currency; of one piece where a length is given without
    /// a unit. The item's expected cost where absent.
    pub cost: Option<String>,
}

/// Goods that are more or fewer than was recorded.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjustmentIn {
    pub location: String,
    pub sku: String,
    /// Signed: `-3` are missing or broken, `2` were found.
    pub quantity: String,
    pub unit: Option<String>,
    pub length: Option<String>,
    pub lot: Option<String>,
    pub bin: Option<String>,
    pub condition: Option<String>,
    /// Where goods went: `lost` (default), `scrap` or `own_use`.
    pub to: Option<String>,
    pub reason: String,
}

/// Goods to be sent from one of our locations to another.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferIn {
    pub from: String,
    pub to: String,
    /// The day by which they should be there.
    pub expected_on: Option<String>,
    pub lines: Vec<TransferLineIn>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferLineIn {
    pub sku: String,
    pub quantity: String,
    pub unit: Option<String>,
    pub length: Option<String>,
    pub lot: Option<String>,
    /// The bin the goods are taken from; the location's storage bin where absent.
    pub bin: Option<String>,
}

/// What of a drafted transfer leaves.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DispatchIn {
    /// All that is still to be sent where empty.
    #[serde(default)]
    pub lines: Vec<TransferPartIn>,
}

/// A part of a transfer's line.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferPartIn {
    /// The line of the transfer, from 1.
    pub position: i64,
    /// In base units of the item.
    pub quantity: i64,
}

/// What of a transfer arrived.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArrivalIn {
    /// Nothing where empty.
    #[serde(default)]
    pub lines: Vec<ArrivalLineIn>,
    /// The bin they are put in; the location's storage bin where absent.
    pub bin: Option<String>,
    /// What arrived otherwise than it was sent.
    #[serde(default)]
    pub differences: Vec<DifferenceIn>,
    /// Why what is still missing is written off; it stays on its way where absent.
    pub write_off: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArrivalLineIn {
    /// The line of the transfer, from 1.
    pub position: i64,
    /// In base units of the item.
    pub quantity: i64,
    /// Why more arrived than was on its way; more is refused where absent.
    pub reason: Option<String>,
}

/// Goods of a line that got lost, were damaged, or are claimed from the carrier.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DifferenceIn {
    /// The line of the transfer, from 1.
    pub position: i64,
    /// In base units of the item.
    pub quantity: i64,
    /// `lost`, `damaged` or `claimed`.
    pub kind: String,
    pub reason: String,
    /// Whom it is claimed from; needed for `claimed`.
    pub carrier: Option<String>,
}

/// How a claim against a carrier ends.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleClaimIn {
    /// What he paid into the bank, in the legal entity's currency; `0` gives the claim up.
    pub received: String,
    /// Why less than the goods' value is accepted; needed then.
    pub reason: Option<String>,
}

/// A count to open.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountIn {
    pub location: String,
    /// Whether those who count are kept from seeing what is expected.
    #[serde(default)]
    pub blind: bool,
}

/// What somebody counted in one bin.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountedIn {
    pub sku: String,
    pub quantity: String,
    pub unit: Option<String>,
    pub length: Option<String>,
    pub lot: Option<String>,
    pub bin: Option<String>,
    pub condition: Option<String>,
    /// RFC 3339; now where absent.
    pub counted_at: Option<String>,
    /// Why it differs, where whoever counts knows.
    pub reason: Option<String>,
    /// That a lot which is not on record there was really seen.
    #[serde(default)]
    pub confirm: bool,
}

/// What somebody counted; the same goods again are another round.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundIn {
    pub lines: Vec<CountedIn>,
}

/// A work order to plan.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkIn {
    /// `cut`, `assembly` or `disassembly`.
    pub kind: String,
    pub location: String,
    /// The SKU of what is cut, made or taken apart.
    pub item: String,
    /// Pieces for a cut, else in the item's sale unit.
    pub quantity: String,
    /// Of each piece of a cut, such as `2.4 m`.
    pub length: Option<String>,
    /// The kit whose components it takes or gives, for one base unit of the item.
    pub recipe: Option<String>,
    /// Or the components themselves.
    #[serde(default)]
    pub components: Vec<ComponentIn>,
    /// The order it is made for, and the line's position in it.
    pub order: Option<String>,
    pub line: Option<i64>,
    /// A day.
    pub due_on: Option<String>,
    /// Claims of a higher priority are served first.
    #[serde(default)]
    pub priority: i64,
}

/// What one finished base unit takes of an item.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComponentIn {
    pub sku: String,
    /// In its sale unit.
    pub quantity: String,
}

/// What is done of a work order in one go.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MakingIn {
    /// Pieces of a cut, else base units; all that is left where absent.
    pub quantity: Option<i64>,
    /// Units that were spoiled.
    #[serde(default)]
    pub scrap: i64,
    /// The lot or serial number of what is made.
    pub lot: Option<String>,
}
