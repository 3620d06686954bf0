//! Where goods are, what moves them, and what can be promised of them.

pub mod cut;
pub mod value;

use serde::{Deserialize, Serialize};

use crate::id::*;
use crate::order::codes;
use crate::qty::{Qty, QtyDelta};
use crate::time::Instant;

codes! {
    /// What a place is: a bin that holds goods, or an account for the rest of the world.
    PlaceKind {
        Holding "holding", Supplier "supplier", Customer "customer", InTransit "in_transit",
        Found "found", Lost "lost", Scrap "scrap", Production "production", OwnUse "own_use",
        Opening "opening", VendorReturn "vendor_return", History "history",
    }
}
codes! {
    /// The condition of goods in a bin. Only sellable ones can be promised.
    Condition {
        Sellable "sellable", Damaged "damaged", Quarantine "quarantine",
        AwaitingInspection "awaiting_inspection",
    }
}
codes! {
    /// What a movement is for.
    MovementKind {
        Receive "receive", Adjust "adjust", Count "count", Pick "pick", Cut "cut", Ship "ship",
        Deliver "deliver", Lose "lose", BringBack "bring_back", Return "return",
        Inspect "inspect", Transfer "transfer", HandOver "hand_over", Reject "reject",
        Repair "repair", Assemble "assemble", History "history",
    }
}
codes! {
    /// Where the value of a movement comes from.
    CostSource {
        Given "given", Average "average", Issue "issue", Reversal "reversal", Standard "standard",
        None "none",
    }
}

/// A place where goods can be: a bin with a condition and an owner, or a unit account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    pub kind: PlaceKind,
    /// Zero for unit accounts.
    pub location: LocationId,
    pub bin: BinId,
    /// `None` for unit accounts.
    pub condition: Option<Condition>,
    /// Zero: us. Else the supplier or customer whose goods they are.
    pub owner: [u8; 16],
    /// The shipment or transfer of an in-transit account; zero else.
    pub reference: [u8; 16],
}

impl Place {
    /// Our goods in a bin.
    pub const fn bin(location: LocationId, bin: BinId, condition: Condition) -> Self {
        let (owner, reference) = ([0; 16], [0; 16]);
        let kind = PlaceKind::Holding;
        Self { kind, location, bin, condition: Some(condition), owner, reference }
    }
    /// A unit account of the rest of the world.
    pub const fn account(kind: PlaceKind) -> Self {
        Self {
            kind,
            location: LocationId::NONE,
            bin: BinId::NONE,
            condition: None,
            owner: [0; 16],
            reference: [0; 16],
        }
    }
    /// The in-transit account of one shipment or transfer.
    pub const fn in_transit(reference: [u8; 16]) -> Self {
        Self { reference, ..Self::account(PlaceKind::InTransit) }
    }
    pub fn is_ours(&self) -> bool {
        self.kind == PlaceKind::Holding && self.owner == [0; 16]
    }
    pub fn is_sellable(&self) -> bool {
        self.is_ours() && self.condition == Some(Condition::Sellable)
    }
    /// The id of the place: the same content has the same id, whoever writes it first.
    pub fn id(&self) -> PlaceId {
        let mut state = Fold::new();
        state.add(self.kind.code().as_bytes());
        state.add(&self.location.as_bytes());
        state.add(&self.bin.as_bytes());
        state.add(self.condition.map_or("", Condition::code).as_bytes());
        state.add(&self.owner);
        state.add(&self.reference);
        PlaceId::from_bytes(state.finish())
    }
}

codes! {
    /// What tells goods of one item apart: a batch, a single unit, or the length of a piece.
    LotKind { Lot "lot", Serial "serial", Length "length" }
}

/// Goods of one item that are told apart from the others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lot {
    pub id: LotId,
    pub item: ItemId,
    pub kind: LotKind,
    /// What is printed on the goods; for lengths the millimetres.
    pub code: String,
    /// Of one piece, in mm; lengths only.
    pub length: Option<Qty>,
    pub expires_on: Option<crate::time::Day>,
    pub created_at: Instant,
}

impl Lot {
    /// The lot class of its goods' stock level: lengths are promised by length.
    pub fn class(&self) -> LotId {
        if self.kind == LotKind::Length { self.id } else { LotId::NONE }
    }
}

/// Two independent 64-bit FNV-1a sums over length-prefixed fields: a stable 128-bit name.
struct Fold(u64, u64);

impl Fold {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325, 0x6c62_272e_07bb_0142)
    }
    fn add(&mut self, bytes: &[u8]) {
        let length = u8::try_from(bytes.len()).expect("fields are short");
        for byte in std::iter::once(&length).chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            self.1 =
                (self.1 ^ u64::from(*byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        }
    }
    fn finish(&self) -> [u8; 16] {
        ((u128::from(self.0) << 64) | u128::from(self.1)).to_be_bytes()
    }
}

/// The key of a stock level. The lot class is zero but for lengths, where it is the length's lot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct LevelKey {
    pub item: ItemId,
    pub location: LocationId,
    pub lot_class: LotId,
}

/// What can be promised of one item at one location.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level {
    pub key: LevelKey,
    /// Sellable goods of ours.
    pub on_hand: Qty,
    /// Goods of ours in any condition; `value` is theirs.
    pub held: Qty,
    pub allocated: Qty,
    pub backordered: Qty,
    pub safety: Qty,
    /// In minor units of the legal entity's currency.
    pub value: i64,
    /// For lengths: the length of one piece.
    pub piece: Option<Qty>,
}

impl Level {
    pub const fn empty(key: LevelKey, piece: Option<Qty>) -> Self {
        let none = Qty::ZERO;
        Self {
            key,
            on_hand: none,
            held: none,
            allocated: none,
            backordered: none,
            safety: none,
            value: 0,
            piece,
        }
    }
    /// What new orders see: on hand − allocated − backordered − safety, never below zero.
    pub fn available(&self) -> Qty {
        self.on_hand.less(self.allocated).less(self.backordered).less(self.safety)
    }
    /// The level as backorders see it: nothing is kept back from them.
    #[must_use]
    pub const fn for_backorders(self) -> Self {
        Self { backordered: Qty::ZERO, safety: Qty::ZERO, ..self }
    }
    /// What backorders may take: on hand − allocated.
    pub fn unclaimed(&self) -> Qty {
        self.on_hand.less(self.allocated)
    }
}

/// A change of a level's counters, applied as a guarded update. Zero fields change nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LevelChange {
    pub key: LevelKey,
    pub on_hand: QtyDelta,
    pub held: QtyDelta,
    pub allocated: QtyDelta,
    pub backordered: QtyDelta,
    pub value: i64,
}

impl LevelChange {
    pub const fn none(key: LevelKey) -> Self {
        let zero = QtyDelta(0);
        Self { key, on_hand: zero, held: zero, allocated: zero, backordered: zero, value: 0 }
    }
    pub fn is_none(&self) -> bool {
        *self == Self::none(self.key)
    }
    /// Adds another change of the same level.
    pub fn add(&mut self, other: &Self) {
        self.on_hand.0 += other.on_hand.0;
        self.held.0 += other.held.0;
        self.allocated.0 += other.allocated.0;
        self.backordered.0 += other.backordered.0;
        self.value += other.value;
    }
}

/// Sums changes by level and sorts them by key: the lock order.
pub fn sum_by_level(changes: impl IntoIterator<Item = LevelChange>) -> Vec<LevelChange> {
    let mut sums = std::collections::BTreeMap::<LevelKey, LevelChange>::new();
    for change in changes {
        sums.entry(change.key).or_insert_with(|| LevelChange::none(change.key)).add(&change);
    }
    sums.into_values().filter(|change| !change.is_none()).collect()
}

codes! {
    /// The kind of row that caused a movement or a journal: always the finest one.
    CauseKind {
        ReceiptLine "receipt_line", Adjustment "adjustment", CountLine "count_line",
        TransferLine "transfer_line", Claim "claim", ShipmentLine "shipment_line",
        ReturnLine "return_line", Disposition "disposition", ImportRow "import_row",
        WorkOrder "work_order", Movement "movement", PaymentTransaction "payment_transaction",
        Refund "refund", Invoice "invoice", Event "event", Application "application",
        Settlement "settlement", SupplierInvoice "supplier_invoice",
        SupplierInvoiceLine "supplier_invoice_line", SupplierCredit "supplier_credit",
        SupplierPayment "supplier_payment", VendorReturnLine "vendor_return_line",
        Rebate "rebate", TillSession "till_session", TillEntry "till_entry",
        BankEntry "bank_entry", BankMatch "bank_match",
        StoreCreditEntry "store_credit_entry", LateCost "late_cost", Load "load", Entry "entry",
        Period "period", TransferDifference "transfer_difference", CarrierClaim "carrier_claim",
    }
}

/// Why something moved: the kind and id of the finest row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Cause {
    pub kind: CauseKind,
    pub id: [u8; 16],
}

/// One movement of goods between two places. Never updated, never deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Movement {
    pub id: MovementId,
    pub kind: MovementKind,
    pub item: ItemId,
    /// Zero where no lot is recorded.
    pub lot: LotId,
    /// For lengths the lot itself, else zero: whose level it touches.
    pub lot_class: LotId,
    pub from: Place,
    pub to: Place,
    pub qty: Qty,
    /// What the goods carry along, in minor units of the legal entity's currency.
    pub value: i64,
    pub cost_source: CostSource,
    pub cause: Cause,
    pub reverses: Option<MovementId>,
    pub reason: Option<String>,
    pub effective_at: Instant,
}

impl Movement {
    /// What the movement does to stock levels: at most one level at each end.
    pub fn level_changes(&self) -> impl Iterator<Item = LevelChange> {
        let at = |place: &Place, sign: i64| {
            place.is_ours().then(|| {
                let key = LevelKey {
                    item: self.item,
                    location: place.location,
                    lot_class: self.lot_class,
                };
                let qty = QtyDelta(sign * self.qty.get());
                LevelChange {
                    on_hand: if place.is_sellable() { qty } else { QtyDelta(0) },
                    held: qty,
                    value: sign * self.value,
                    ..LevelChange::none(key)
                }
            })
        };
        [at(&self.from, -1), at(&self.to, 1)].into_iter().flatten()
    }
}
