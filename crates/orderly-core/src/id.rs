//! Identifiers: UUIDv7 in 16 bytes, shown as prefixed text (`ord_01h…`, the TypeID spelling).
//!
//! Ids are drawn before a transaction's first run ([`IdSource`]) and are arguments to the domain:
//! a transaction that runs again uses the same ids again.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Instant;

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of the form {prefix}_…")]
pub struct IdError {
    pub text: String,
    pub prefix: &'static str,
}

/// Crockford's base 32, lower case, as TypeID uses it.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Returns the 26 characters of 16 bytes.
fn encode(bytes: [u8; 16]) -> [u8; 26] {
    let mut number = u128::from_be_bytes(bytes);
    let mut text = [b'0'; 26];
    for slot in text.iter_mut().rev() {
        *slot = ALPHABET[usize::try_from(number & 31).expect("five bits fit")];
        number >>= 5;
    }
    text
}

/// Returns the 16 bytes of 26 characters; `None` for other lengths, letters or more than 128 bits.
fn decode(text: &str) -> Option<[u8; 16]> {
    if text.len() != 26 || text.as_bytes()[0] > b'7' {
        return None;
    }
    let mut number = 0_u128;
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
        number = (number << 5) | u128::try_from(digit).ok()?;
    }
    Some(number.to_be_bytes())
}

/// Writes `prefix_` and the 26 characters.
fn show(prefix: &str, bytes: [u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let text = encode(bytes);
    write!(f, "{prefix}_{}", std::str::from_utf8(&text).expect("the alphabet is ASCII"))
}

/// The prefix and the bytes of any id's text.
pub fn bytes_of(text: &str) -> Option<(&str, [u8; 16])> {
    let (prefix, rest) = text.split_once('_')?;
    Some((prefix, decode(rest)?))
}

/// The text of an id whose type is known only by its prefix.
pub fn text_of(prefix: &str, bytes: [u8; 16]) -> String {
    struct Shown<'a>(&'a str, [u8; 16]);
    impl fmt::Display for Shown<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            show(self.0, self.1, f)
        }
    }
    Shown(prefix, bytes).to_string()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The id of nothing: sixteen zero bytes, stored where a key column may not be NULL.
            pub const NONE: Self = Self([0; 16]);
            /// The letters before the underscore.
            pub const PREFIX: &'static str = $prefix;

            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }
            pub const fn as_bytes(&self) -> [u8; 16] {
                self.0
            }
            pub fn is_none(&self) -> bool {
                *self == Self::NONE
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                show($prefix, self.0, f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                show($prefix, self.0, f)
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or_else(|| {
                        IdError { text: text.chars().take(80).collect(), prefix: $prefix }
                    })
            }
        }
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string" })
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        impl From<RawId> for $name {
            fn from(raw: RawId) -> Self {
                Self(raw.0)
            }
        }
    )+

        /// Calls a macro with the whole list of id types, for code that binds each of them.
        #[macro_export]
        macro_rules! for_each_id {
            ($callback:ident) => { $($callback!($crate::id::$name);)+ };
        }
    };
}

/// Sixteen fresh bytes of an [`IdSource`]; becomes whichever id is asked for.
#[derive(Debug, Clone, Copy)]
pub struct RawId([u8; 16]);

impl From<RawId> for [u8; 16] {
    fn from(raw: RawId) -> Self {
        raw.0
    }
}

ids! {
    AccountId "acc"
    AdjustmentId "adj"
    ApiKeyId "key"
    ApplicationId "apl"
    AuditId "aud"
    BankAccountId "bac"
    BankEntryId "ben"
    BankMatchId "bmt"
    BankStatementId "bst"
    BinId "bin"
    CarrierClaimId "ccl"
    ChannelId "chn"
    ChargeId "chg"
    ClaimId "clm"
    ContactId "con"
    CustomerGroupId "grp"
    CountId "cnt"
    CountLineId "cnl"
    CustomerId "cus"
    DeliveryId "dlv"
    DifferenceId "dif"
    DispatchId "dpt"
    DiscountRuleId "dsr"
    DispositionId "dsp"
    DocumentId "doc"
    DrawerId "drw"
    EditId "edt"
    EntryId "ent"
    EventId "evt"
    ExchangeId "exc"
    FulfillmentId "ful"
    HoldId "hld"
    ImportId "imp"
    IntentId "int"
    InvoiceId "inv"
    InvoiceLineId "inl"
    ItemId "itm"
    JournalId "jrn"
    LateCostId "ltc"
    LegalEntityId "len"
    LineId "oln"
    LoadId "lod"
    LocationId "loc"
    LotId "lot"
    MessageId "msg"
    MovementId "mov"
    OrderId "ord"
    ParcelId "pcl"
    PartyId "pty"
    PaymentId "pay"
    PlaceId "plc"
    PostingId "pst"
    PriceEntryId "pre"
    PriceListId "prl"
    PurchaseLineId "pol"
    PurchaseOrderId "pur"
    QuoteId "quo"
    ReceiptId "rcp"
    ReceiptLineId "rcl"
    RebateAccrualId "rba"
    RebateId "rbt"
    RefundId "rfd"
    RefundLineId "rfl"
    ReturnId "ret"
    ReturnLineId "rln"
    RoleId "rol"
    SessionId "ses"
    SettlementId "stl"
    ShipmentId "shp"
    ShipmentLineId "shl"
    SiteId "sit"
    StoreCreditEntryId "sce"
    SupplierApplicationId "sap"
    StopId "stp"
    SupplierId "sup"
    SupplierInvoiceId "siv"
    SupplierInvoiceLineId "sil"
    SupplierPaymentId "spa"
    SupplierShipmentId "ssh"
    TaskId "tsk"
    TemplateId "tpl"
    TaxExemptionId "tex"
    TaxRuleId "txr"
    TillCountId "tlc"
    TillEntryId "tle"
    TillSessionId "tls"
    TransactionId "txn"
    TransferDifferenceId "trd"
    TransferId "trf"
    TransferLineId "trl"
    UserId "usr"
    VendorReturnId "vre"
    VendorReturnLineId "vrl"
    VehicleId "veh"
    WebhookId "whk"
    WorkLineId "wol"
    WorkOrderId "wor"
    WorkStepId "wos"
}

/// Draws ids for one command: deterministic in its seed, so a second run draws the same ones.
///
/// The layout is UUIDv7: 48 bits of milliseconds, 12 bits counting within the command, 62 bits
/// mixed from the seed and the counter. Ids of one command sort in the order they were drawn, up
/// to 4,096; beyond that the millisecond is advanced.
#[derive(Debug, Clone)]
pub struct IdSource {
    millis: u64,
    seed: u64,
    drawn: u64,
}

impl IdSource {
    /// `seed` must be fresh randomness for every command, except in tests and simulations.
    pub fn new(now: Instant, seed: u64) -> Self {
        let millis = u64::try_from(now.micros() / 1_000).unwrap_or(0);
        Self { millis, seed, drawn: 0 }
    }

    /// Draws a fresh id of whichever kind is wanted.
    pub fn draw<I: From<RawId>>(&mut self) -> I {
        let count = self.drawn;
        self.drawn += 1;
        let millis = (self.millis + (count >> 12)) & 0xffff_ffff_ffff;
        let high = (millis << 16) | 0x7000 | (count & 0xfff);
        let mixed = mix(self.seed ^ mix(count));
        let low = (mixed & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        let bytes = ((u128::from(high) << 64) | u128::from(low)).to_be_bytes();
        I::from(RawId(bytes))
    }
}

/// The finalizer of SplitMix64: every input bit reaches every output bit.
fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_seed_draws_the_same_ordered_ids() {
        let now = Instant::from_micros(1_700_000_000_000_000);
        let draw = || {
            let mut ids = IdSource::new(now, 7);
            (0..5_000).map(|_| ids.draw::<OrderId>()).collect::<Vec<_>>()
        };
        let first = draw();
        assert_eq!(first, draw());
        assert!(first.windows(2).all(|pair| pair[0] < pair[1]));
    }

    proptest! {
        #[test]
        fn text_and_bytes_agree(bytes in any::<[u8; 16]>()) {
            let id = OrderId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse::<OrderId>().unwrap(), id);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            let _ = text.parse::<OrderId>();
            let _ = format!("ord_{text}").parse::<OrderId>();
        }
    }
}
