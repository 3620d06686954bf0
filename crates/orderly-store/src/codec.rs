//! How the values of the domain are stored: ids as 16 bytes, quantities and minor units as
//! integers, instants as microseconds, days as numbers, codes as text, decimals as text.

use orderly_core::actor::ActorKind;
use orderly_core::bank::Format as BankFormat;
use orderly_core::books::{Account, DocumentKind, JournalKind};
use orderly_core::catalog::{BinKind, ChannelKind, LocationKind, WhenShort};
use orderly_core::exchange::{ExchangeState, Ships};
use orderly_core::invoice::{Effect, InvoiceKind, SettlementKind};
use orderly_core::item::{Goods, Tracking};
use orderly_core::load::{LoadState, ProofKind, StopState};
use orderly_core::message::{AboutKind, Direction, MessageKind, MessageState};
use orderly_core::money::Currency;
use orderly_core::order::{
    FulfillmentState, HoldScope, Invoicing, LineKind, Method, OrderState, Rounding, Settlement,
    ShipmentState,
};
use orderly_core::party::{AccountState, TermsKind, WhenOver};
use orderly_core::payment::credit::CreditKind;
use orderly_core::payment::{ApplicationKind, TargetKind, TransactionKind, TransactionState};
use orderly_core::pricing::ListScope;
use orderly_core::pricing::tax::{Buyer, TaxKind};
use orderly_core::purchase::PurchaseState;
use orderly_core::purchase::invoice::{
    Spread, SupplierDocument, SupplierInvoiceState, SupplierLineKind, Variance,
};
use orderly_core::purchase::rebate::{AccrualKind, RebateBasis, RebateSide, RebateSpan};
use orderly_core::purchase::vendor::VendorReturnState;
use orderly_core::qty::{BaseUnit, Qty};
use orderly_core::quote::{QuoteKind, QuoteState};
use orderly_core::refund::{Cause as RefundCause, RefundSettlement, RefundState};
use orderly_core::returns::{Fate, ReturnState};
use orderly_core::stock::{
    CarrierClaimState, CountState, DifferenceKind, ReceiptKind, StepKind, TransferState,
};
use orderly_core::till::{EntryKind, SessionState};
use orderly_core::time::{Day, Instant};
use orderly_core::units::{CauseKind, Condition, CostSource, LotKind, MovementKind, PlaceKind};
use orderly_core::webhook::{DispatchState, WebhookState};
use orderly_core::work::{WorkKind, WorkState};
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Cause, HasKind, Kind, Mismatch, Row, StoreError, ToValue, Value, stored_as};

macro_rules! id {
    ($type:ty) => {
        stored_as!($type as [u8; 16], |id| id.as_bytes(), |raw| Ok(<$type>::from_bytes(raw)));
    };
}
orderly_core::for_each_id!(id);

stored_as!(Instant as i64, |at| at.micros(), |micros| Ok(Instant::from_micros(micros)));
stored_as!(Day as i32, |day| day.number(), |number| Ok(Day::from_number(number)));
stored_as!(Qty as i64, |qty| qty.get(), |base| Qty::new(base).map_err(Mismatch::new));
stored_as!(Currency as String, |currency| currency.code().to_owned(), |code| {
    Currency::parse(&code).ok_or_else(|| Mismatch::new(format!("`{code}` is no currency")))
});
stored_as!(Decimal as String, |decimal| decimal.to_string(), |text| {
    Decimal::from_str_exact(&text).map_err(Mismatch::new)
});

/// Stores a code enum as its text.
#[macro_export]
macro_rules! code {
    ($($type:ty),+ $(,)?) => {$(
        $crate::stored_as!($type as String, |value| value.code().to_owned(), |code| {
            <$type>::parse(&code).ok_or_else(|| {
                $crate::Mismatch::new(format!("`{code}` is no {}", stringify!($type)))
            })
        });
    )+};
}

code! {
    AccountState, TermsKind, WhenOver,
    ApplicationKind, ExchangeState, Fate, RefundCause, RefundSettlement, RefundState, ReturnState,
    Ships, TargetKind, TransactionKind, TransactionState,
    Effect, InvoiceKind, Invoicing, SettlementKind,
    BankFormat, CreditKind, EntryKind, SessionState,
    Account, ActorKind, BaseUnit, BinKind, CauseKind, ChannelKind, Condition, CostSource,
    CountState, DocumentKind, FulfillmentState, JournalKind, LotKind, ReceiptKind, TransferState,
    AccrualKind, PurchaseState, RebateBasis, RebateSide, RebateSpan, Spread, SupplierDocument,
    SupplierInvoiceState, SupplierLineKind, Variance, VendorReturnState,
    LoadState, ProofKind, QuoteKind, QuoteState, StopState,
    AboutKind, Direction, DispatchState, MessageKind, MessageState, WebhookState,
    Goods, HoldScope, LineKind, LocationKind, Method, MovementKind, OrderState, PlaceKind, Rounding,
    Settlement, ShipmentState, Tracking, WhenShort, WorkKind, WorkState, Buyer, ListScope, TaxKind,
    CarrierClaimState, DifferenceKind, StepKind,
}

/// The value bound for anything that can be bound.
pub fn v(value: &(impl ToValue + ?Sized)) -> Value {
    value.to_value()
}

/// A JSON text of one of the domain's durable forms.
pub fn json<T: Serialize>(value: &T) -> Value {
    Value::Text(serde_json::to_string(value).expect("durable forms have text keys only"))
}

/// Reads a JSON text column.
pub fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text)
        .map_err(|error| StoreError::Decode { column: column.to_owned(), cause: Cause::new(error) })
}

/// The kind of a type's column.
pub const fn kind_of<T: HasKind>() -> Kind {
    T::KIND
}
