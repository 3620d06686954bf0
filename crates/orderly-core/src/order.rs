//! The order: stored decisions, line counters, and everything that hangs from it.
//!
//! An order is a value. Operations take the value before, decide the value after, and what lies
//! between them ([`change::between`]) is both what is saved and what its events carry.

pub mod allocate;
pub mod axes;
pub mod backorder;
pub mod build;
pub mod cancel;
pub mod change;
pub mod claims;
pub mod close;
mod cut;
pub mod deliver;
pub mod direct;
pub mod edit;
pub mod exposure;
pub mod goods;
pub mod hand_over;
pub mod hold;
pub mod invoicing;
pub mod pack;
pub mod pick;
pub mod price;
pub mod quantities;
pub mod recognition;
pub mod reject;
pub mod release;
pub mod ship;
pub mod special;
pub mod undeliver;
pub mod undo;
pub mod unpick;
pub mod work;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub(crate) use crate::codes::codes;
use crate::id::*;
use crate::money::Currency;
use crate::qty::{Qty, Ratio};
use crate::refusal::{Code, Refusal};
use crate::time::{Day, Instant};
use crate::units::Movement;
use crate::units::cut::yields;
pub use invoicing::Invoicing;
pub use quantities::Quantities;

codes! {
    /// The commercial state: the only stored state of an order.
    OrderState {
        Draft "draft", Quoted "quoted", Placed "placed", Canceled "canceled", Closed "closed",
    }
}
codes! {
    /// Where tax is rounded: per line, or once per rate over the document.
    Rounding { Line "line", Document "document" }
}
codes! {
    /// How the order is settled: by payments, or on the customer's account.
    Settlement { Payment "payment", Account "account" }
}
codes! {
    /// How goods reach the customer.
    Method {
        TakeAway "take_away", Collect "collect", Parcel "parcel", Van "van", Supplier "supplier",
    }
}
codes! {
    /// What a line is. A kit's own line counts kits; its component lines carry the claims.
    LineKind {
        Stock "stock", Kit "kit", Component "component", SpecialOrder "special_order",
        DirectShip "direct_ship", Service "service", Charge "charge", Packaging "packaging",
        Text "text",
    }
}
codes! {
    /// What a hold is put on.
    HoldScope { Order "order", Line "line", Delivery "delivery", Fulfillment "fulfillment" }
}
codes! {
    /// The steps a hold may block.
    Step { Release "release", Pick "pick", Pack "pack", Ship "ship", Cancel "cancel", Edit "edit" }
}
codes! {
    /// How far one location is with its part of a delivery.
    FulfillmentState { Open "open", Released "released", Closed "closed", Canceled "canceled" }
}
codes! {
    /// Where a shipment stands. A failed one is on its way back.
    ShipmentState { Shipped "shipped", Failed "failed", Done "done", Voided "voided" }
}

/// Amounts of an order, in minor units of its currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Totals {
    pub lines: i64,
    pub discounts: i64,
    pub charges: i64,
    pub tax_included: i64,
    pub tax_added: i64,
    /// Lines − discounts + charges + tax added.
    pub total: i64,
}

/// What has been paid towards an order, in minor units of its currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Paid {
    pub authorized: i64,
    pub captured: i64,
    pub refunded: i64,
    /// Of captured − refunded, what has settled invoices of the order.
    #[serde(default)]
    pub used: i64,
}

/// The facts of an order that are not its parts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Head {
    pub state: OrderState,
    pub settlement: Settlement,
    pub customer: Option<CustomerId>,
    pub account: Option<AccountId>,
    pub site: Option<SiteId>,
    pub ordered_by: Option<ContactId>,
    /// The version of the party that is billed.
    pub bill_to: Option<PartyId>,
    pub reference: Option<String>,
    pub priority: i64,
    /// The policy in force when the order was placed.
    #[serde(default)]
    pub invoicing: Invoicing,
    pub totals: Totals,
    pub paid: Paid,
}

/// One tax on a line or a charge. The amount is in minor units of the order's currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tax {
    pub name: String,
    /// A fraction: 0.19 is 19 %.
    pub rate: Decimal,
    pub included: bool,
    pub amount: i64,
}

/// One reduction of a line, in minor units; `spread` where it is a share of an order discount.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Discount {
    pub code: String,
    pub amount: i64,
    pub spread: bool,
}

/// The money of a line, in minor units. Due is gross − discount + tax added.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Amounts {
    pub gross: i64,
    pub discount: i64,
    pub tax_included: i64,
    pub tax_added: i64,
}

impl Amounts {
    /// What the customer owes for the line.
    pub fn due(&self) -> i64 {
        self.gross - self.discount + self.tax_added
    }
    /// Revenue without tax.
    pub fn net(&self) -> i64 {
        self.gross - self.discount - self.tax_included
    }
}

/// One line of an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    pub id: LineId,
    pub position: i64,
    pub external_id: Option<String>,
    pub kind: LineKind,
    /// The kit line of a component.
    pub parent: Option<LineId>,
    /// Base units of the component in one kit, frozen at placement.
    pub per_parent: Option<Qty>,
    pub item: Option<ItemId>,
    pub description: String,
    pub supplier: Option<SupplierId>,
    pub delivery: DeliveryId,
    pub origin: Option<LineId>,
    /// The quantity as entered, in `unit`.
    pub entered: String,
    pub unit: String,
    pub unit_ratio: Ratio,
    /// For lengths: each piece the customer wants, in base units.
    pub piece: Option<Qty>,
    /// Price of one price unit.
    pub price: Decimal,
    pub price_ratio: Ratio,
    /// Catch weight: what was measured, which the price follows.
    pub measured: Option<Qty>,
    /// Cost of one base unit of a line whose goods are not stocked.
    pub cost: Option<Decimal>,
    pub max_over: Qty,
    pub max_short: Qty,
    pub amounts: Amounts,
    pub discounts: Vec<Discount>,
    pub taxes: Vec<Tax>,
    pub quantities: Quantities,
}

impl Line {
    /// Whether units of stock are claimed for this line.
    pub fn claims_stock(&self) -> bool {
        matches!(self.kind, LineKind::Stock | LineKind::Component | LineKind::Packaging)
    }
    /// Whether the line's goods are shipped: by us, now or once they came, or by the supplier.
    pub fn has_work(&self) -> bool {
        let bought = matches!(self.kind, LineKind::SpecialOrder | LineKind::DirectShip);
        self.claims_stock() || bought
    }
    /// Whether the line's goods pass through fulfillments (also a kit's own line).
    pub fn is_goods(&self) -> bool {
        self.claims_stock() || self.kind == LineKind::Kit
    }
}

/// A change of what the customer was promised.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Promise {
    pub for_on: Day,
    pub made_at: Instant,
    pub reason: String,
}

/// Where, when and how some of an order's quantities go.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub position: i64,
    /// The caller's name for the delivery within the order.
    #[serde(rename = "ref")]
    pub reference: String,
    pub method: Method,
    /// The version of the address it goes to.
    pub ship_to: Option<PartyId>,
    /// The version of the contact on site.
    pub contact: Option<PartyId>,
    /// Where it is collected or taken away.
    pub location: Option<LocationId>,
    pub required_on: Option<Day>,
    pub ship_by_on: Option<Day>,
    pub due_on_delivery: Option<i64>,
    pub promises: Vec<Promise>,
}

/// A charge of the order: shipping, packing, cutting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Charge {
    pub id: ChargeId,
    pub position: i64,
    pub delivery: Option<DeliveryId>,
    pub kind: String,
    pub description: String,
    pub amount: i64,
    pub tax_included: i64,
    pub tax_added: i64,
    pub taxes: Vec<Tax>,
    pub refunded: i64,
    /// What of it is on invoices, tax included: all of it or nothing.
    #[serde(default)]
    pub invoiced: i64,
}

impl Charge {
    /// The kind of a charge that was kept from a refund. It was computed with the refund, as a
    /// share of the goods' own money, and is not priced again.
    pub const RESTOCKING_FEE: &'static str = "restocking_fee";

    pub fn is_restocking_fee(&self) -> bool {
        self.kind == Self::RESTOCKING_FEE
    }
    /// What the customer owes for it.
    pub const fn due(&self) -> i64 {
        self.amount + self.tax_added
    }
}

/// A permit that is missing: it blocks steps until it is released.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hold {
    pub id: HoldId,
    pub kind: String,
    pub scope: HoldScope,
    /// The order, line, delivery or fulfillment held.
    pub scope_id: [u8; 16],
    pub blocks: Vec<Step>,
    pub reason: String,
    pub owner: Option<String>,
    pub due_at: Option<Instant>,
    pub placed_at: Instant,
    pub released_at: Option<Instant>,
}

/// The work one location does for one delivery.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fulfillment {
    pub id: FulfillmentId,
    pub delivery: DeliveryId,
    pub location: LocationId,
    pub state: FulfillmentState,
    pub created_at: Instant,
}

/// How pieces are cut for a claim of length goods. Lengths in mm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cut {
    /// Length of the pieces that are cut.
    pub from: Qty,
    /// Length of each piece wanted.
    pub into: Qty,
    /// Pieces wanted from this claim in all; the last source piece may give fewer than the others.
    pub wanted: i64,
    /// Lost at each cut.
    pub kerf: Qty,
}

/// Goods of one lot that lie in the staging bin for a claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Picked {
    pub lot: LotId,
    /// What still lies there; zero once it is shipped or put back.
    pub qty: Qty,
    /// The bin the goods came from, and the staging bin they lie in.
    pub from: BinId,
    pub at: BinId,
    /// The movement that brought them, unless part of it went back; and how much of what it
    /// brought did not go back.
    pub movement: MovementId,
    pub moved: Qty,
    /// What the goods were worth when they were picked, in minor units.
    pub value: i64,
}

/// An allocated claim of a line, and how far its work is. Counters in the line's base units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Work {
    pub claim: ClaimId,
    pub fulfillment: FulfillmentId,
    pub line: LineId,
    pub item: ItemId,
    pub lot_class: LotId,
    /// What is allocated of the stock level now; more than `qty` where pieces are still to be cut.
    pub takes: Qty,
    /// What of the line it serves now; what is shipped leaves it.
    pub qty: Qty,
    pub released: Qty,
    pub picked: Qty,
    pub packed: Qty,
    /// Shipped from this claim so far.
    pub shipped: Qty,
    pub cut: Option<Cut>,
    pub picks: Vec<Picked>,
}

/// A claim of a line that no stock serves yet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Backorder {
    pub claim: ClaimId,
    pub line: LineId,
    pub item: ItemId,
    pub location: LocationId,
    pub lot_class: LotId,
    pub qty: Qty,
    pub since: Instant,
}

/// Parcels handed over together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Shipment {
    pub id: ShipmentId,
    pub fulfillment: FulfillmentId,
    pub delivery: DeliveryId,
    pub location: LocationId,
    pub state: ShipmentState,
    pub carrier: Option<String>,
    pub service: Option<String>,
    pub tracking: Option<String>,
    pub shipped_at: Instant,
    /// The account's contact who collected the goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected_by: Option<ContactId>,
}

/// Goods of one lot of one claim in a shipment. Quantities in base units of the line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ShipmentLine {
    pub id: ShipmentLineId,
    pub shipment: ShipmentId,
    pub line: LineId,
    pub claim: ClaimId,
    pub item: ItemId,
    pub lot: LotId,
    pub qty: Qty,
    /// How much of `qty` is above what was ordered.
    pub over: Qty,
    /// What the goods cost us, in minor units of the legal entity's currency.
    pub value: i64,
    pub delivered: Qty,
    pub lost: Qty,
    pub brought_back: Qty,
    pub returned: Qty,
    /// What of `value` was lost or came back.
    #[serde(default)]
    pub back: i64,
}

/// One parcel of a shipment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Parcel {
    pub id: ParcelId,
    pub shipment: ShipmentId,
    pub number: i64,
    pub sscc: String,
    pub weight_g: Option<i64>,
    pub tracking: Option<String>,
}

/// An order with all its parts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Order {
    pub id: OrderId,
    pub number: String,
    pub channel: ChannelId,
    pub external_id: Option<String>,
    /// Hash of what the channel sent, to tell a repeat from a changed order.
    pub content_hash: [u8; 16],
    /// Counts commands: the order's ETag.
    pub version: i64,
    /// Counts events, without gaps.
    pub sequence: i64,
    pub currency: Currency,
    pub rounding: Rounding,
    pub legal_entity: LegalEntityId,
    /// Imported from before Orderly: touches no stock and no books.
    pub history: bool,
    pub placed_at: Instant,
    pub updated_at: Instant,
    pub head: Head,
    pub deliveries: Vec<Delivery>,
    pub lines: Vec<Line>,
    pub charges: Vec<Charge>,
    pub holds: Vec<Hold>,
    pub fulfillments: Vec<Fulfillment>,
    pub work: Vec<Work>,
    pub backorders: Vec<Backorder>,
    pub shipments: Vec<Shipment>,
    pub shipment_lines: Vec<ShipmentLine>,
    pub parcels: Vec<Parcel>,
}

macro_rules! finders {
    ($(
        $get:ident $get_mut:ident $list:ident $kind:ident $id:ident $code:ident $word:literal;
    )+) => {
        impl Order {
            $(
                /// Returns the part with this id, or the refusal that names it.
                pub fn $get(&self, id: $id) -> Result<&$kind, Refusal> {
                    self.$list.iter().find(|part| part.key() == id).ok_or_else(|| {
                        let detail = format!("order {} has no {} {id}", self.number, $word);
                        Refusal::new(Code::$code, detail)
                    })
                }
                pub fn $get_mut(&mut self, id: $id) -> Result<&mut $kind, Refusal> {
                    let number = &self.number;
                    self.$list.iter_mut().find(|part| part.key() == id).ok_or_else(|| {
                        let detail = format!("order {number} has no {} {id}", $word);
                        Refusal::new(Code::$code, detail)
                    })
                }
            )+
        }
    };
}

finders! {
    line line_mut lines Line LineId UnknownLine "line";
    delivery delivery_mut deliveries Delivery DeliveryId UnknownDelivery "delivery";
    fulfillment fulfillment_mut fulfillments Fulfillment FulfillmentId NotFound "fulfillment";
    shipment shipment_mut shipments Shipment ShipmentId NotFound "shipment";
    hold hold_mut holds Hold HoldId NotFound "hold";
    charge charge_mut charges Charge ChargeId NotFound "charge";
    work_of work_of_mut work Work ClaimId NotFound "claim";
    shipment_line shipment_line_mut shipment_lines ShipmentLine ShipmentLineId NotFound
        "shipment line";
}

impl Order {
    /// The component lines of a kit line.
    pub fn components(&self, kit: LineId) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.parent == Some(kit))
    }

    /// The open holds that block a step on the order or on one of the scopes given.
    pub fn blocking(&self, step: Step, scopes: &[[u8; 16]]) -> Vec<&Hold> {
        let open = self.holds.iter().filter(|hold| hold.released_at.is_none());
        open.filter(|hold| hold.blocks.contains(&step))
            .filter(|hold| hold.scope == HoldScope::Order || scopes.contains(&hold.scope_id))
            .collect()
    }

    /// Refuses a step that open holds block, naming them.
    pub fn ensure_not_held(&self, step: Step, scopes: &[[u8; 16]]) -> Result<(), Refusal> {
        let blocking = self.blocking(step, scopes);
        if blocking.is_empty() {
            return Ok(());
        }
        let names: Vec<String> =
            blocking.iter().map(|hold| format!("{} ({})", hold.id, hold.kind)).collect();
        let detail = format!(
            "order {} cannot {}: {} on hold by {}",
            self.number,
            step.code(),
            if names.len() == 1 { "it is" } else { "it is several times" },
            names.join(", ")
        );
        Err(Refusal::new(Code::OnHold, detail))
    }
}

/// A part of an order that has an identity of its own.
pub trait Part: Clone + PartialEq {
    type Key: Copy + PartialEq;
    fn key(&self) -> Self::Key;
}

macro_rules! parts {
    ($($kind:ident $field:ident $id:ident;)+) => {$(
        impl Part for $kind {
            type Key = $id;
            fn key(&self) -> $id {
                self.$field
            }
        }
    )+};
}

parts! {
    Line id LineId;
    Delivery id DeliveryId;
    Charge id ChargeId;
    Hold id HoldId;
    Fulfillment id FulfillmentId;
    Work claim ClaimId;
    Backorder claim ClaimId;
    Shipment id ShipmentId;
    ShipmentLine id ShipmentLineId;
    Parcel id ParcelId;
}

/// What a decision changes: the order as it will be, and the goods that move for it.
///
/// What the order's claims do to stock levels follows from the two values of the order
/// ([`claims::level_changes`]); what movements do follows from the movements.
#[derive(Clone, Debug)]
pub struct Decision {
    pub order: Order,
    pub movements: Vec<Movement>,
    /// The id its event must have, where movements name the event as their cause.
    pub event: Option<EventId>,
}

impl Decision {
    /// A decision that moves nothing.
    pub const fn only(order: Order) -> Self {
        Self { order, movements: Vec::new(), event: None }
    }
}
