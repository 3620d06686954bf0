//! Why a command is refused: a stable code, what it means, and which right overrides it.

use std::fmt;

use crate::actor::Permission;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $code:literal $status:literal $(override $right:ident)?;)+) => {
        /// Every stable code of a refusal. Codes are added, never changed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name),+ }

        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The text that programs rely on.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }
            /// The HTTP status: 422 where the request itself is wrong, 409 where the state is.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }
            /// The right with which a second actor may let the command pass all the same.
            pub const fn overridden_by(self) -> Option<Permission> {
                match self { $(Self::$name => codes!(@right $($right)?)),+ }
            }
        }
    };
    (@right $right:ident) => { Some(Permission::$right) };
    (@right) => { None };
}

codes! {
    /// The channel sent other content under an external id it has used.
    ExternalOrderChanged "external_order_changed" 409;
    IdempotencyMismatch "idempotency_mismatch" 422;
    StaleVersion "stale_version" 412;
    NotFound "not_found" 404;
    Forbidden "forbidden" 403;
    InvalidField "invalid_field" 422;
    InvalidText "invalid_text" 422;
    UnknownChannel "unknown_channel" 422;
    UnknownItem "unknown_item" 422;
    UnknownLocation "unknown_location" 422;
    UnknownBin "unknown_bin" 422;
    UnknownCustomer "unknown_customer" 422;
    UnknownAccount "unknown_account" 422;
    UnknownSite "unknown_site" 422;
    UnknownSupplier "unknown_supplier" 422;
    UnknownContact "unknown_contact" 422;
    UnknownLine "unknown_line" 422;
    UnknownDelivery "unknown_delivery" 422;
    UnknownLot "unknown_lot" 422;
    UnknownCurrency "unknown_currency" 422;
    UnknownUnit "unknown_unit" 422;
    UnitMismatch "unit_mismatch" 422;
    QuantityPrecision "quantity_precision" 422;
    QuantityInvalid "quantity_invalid" 422;
    QuantityTooLarge "quantity_too_large" 422;
    QuantityZero "quantity_zero" 422;
    /// The supplier does not sell that quantity: whole packs, at least his minimum.
    SupplierQuantity "supplier_quantity" 422;
    MoneyInvalid "money_invalid" 422;
    MoneyPrecision "money_precision" 422;
    MoneyTooLarge "money_too_large" 422;
    CurrencyMismatch "currency_mismatch" 422;
    /// No rate of exchange is stored for the day; nothing is ever taken as 1.0.
    RateMissing "rate_missing" 422;
    PeriodClosed "period_closed" 409;
    /// Another period is the next to be closed or reopened.
    PeriodNotNext "period_not_next" 409;
    PeriodNotOver "period_not_over" 409;
    UnknownLedgerAccount "unknown_ledger_account" 422;
    /// The account follows other rows: only what posts those posts on it.
    ControlAccount "control_account" 409;
    Unbalanced "unbalanced" 422;
    NegativeTotal "negative_total" 422;
    NoLines "no_lines" 422;
    TooManyLines "too_many_lines" 422;
    NoPrice "no_price" 422;
    /// A price by hand leaves less over the cost than the floor asks for.
    BelowFloor "below_floor" 409 override PriceBelowFloor;
    UnknownPriceList "unknown_price_list" 422;
    UnknownGroup "unknown_group" 422;
    UnknownTaxCode "unknown_tax_code" 422;
    /// Tax rules are in force and none of them fits.
    NoTaxRule "no_tax_rule" 422;
    KitCycle "kit_cycle" 422;
    KitEmpty "kit_empty" 422;
    /// The line is part of a kit: address the kit's own line.
    KitComponent "kit_component" 409;
    KitIncomplete "kit_incomplete" 409;
    CutLengthRequired "cut_length_required" 422;
    InsufficientStock "insufficient_stock" 409 override AcceptShort;
    BackorderLimit "backorder_limit" 409 override AcceptShort;
    NoPieceServes "no_piece_serves" 409 override AcceptShort;
    InvalidTransition "invalid_transition" 409;
    OnHold "on_hold" 409 override OverrideHold;
    NothingToDo "nothing_to_do" 409;
    NotReversible "not_reversible" 409;
    AlreadyExists "already_exists" 409;
    AboveOpen "above_open" 409;
    AbovePicked "above_picked" 409;
    AboveTolerance "above_tolerance" 409 override OverrideTolerance;
    /// The quote is over: its lines are priced again in a new revision.
    QuoteExpired "quote_expired" 409;
    AgreementExpired "agreement_expired" 409;
    AboveQuote "above_quote" 409;
    AboveAgreement "above_agreement" 409;
    /// A line was revised to less than orders have drawn of it.
    BelowDrawn "below_drawn" 409;
    /// The price of a quoted line is fixed.
    PriceLocked "price_locked" 409 override OverrideQuote;
    /// The vehicle does not take that much.
    LoadCapacity "load_capacity" 409 override OverrideLoad;
    UnknownVehicle "unknown_vehicle" 422;
    UnknownQuote "unknown_quote" 422;
    AboveReturnable "above_returnable" 409 override ReturnBlind;
    AboveReceived "above_received" 409;
    AboveAuthorized "above_authorized" 409;
    AboveCaptured "above_captured" 409;
    /// More would be credited than documents hold.
    AboveInvoiced "above_invoiced" 409;
    AboveRefundable "above_refundable" 409 override RefundGoodwill;
    AboveUnapplied "above_unapplied" 409;
    AbovePayable "above_payable" 409;
    /// A special order waits for its customer's deposit.
    DepositRequired "deposit_required" 409;
    /// More than the customer's store credit.
    AboveStoreCredit "above_store_credit" 409;
    /// More cash than the drawer holds.
    AboveDrawer "above_drawer" 409;
    /// More is given up than the limit for small differences.
    AboveWriteOff "above_write_off" 409 override Approve;
    /// More is said to be paid than the bank's entry brought.
    AboveEntry "above_entry" 409;
    /// A bank's file that cannot be read, or whose figures contradict each other.
    InvalidStatement "invalid_statement" 422;
    AlreadyMatched "already_matched" 409;
    /// Cash at a location with drawers belongs to a session that is open.
    NoOpenSession "no_open_session" 409;
    SessionOpen "session_open" 409;
    SessionClosed "session_closed" 409;
    PurchaseClosed "purchase_closed" 409;
    /// A customer has had more without a receipt than the policy allows in its window.
    AboveBlindLimit "above_blind_limit" 409 override RefundGoodwill;
    /// The item was not sold in the window in which goods are taken back without a receipt.
    NotSold "not_sold" 409;
    /// The replacement is not shipped before what it replaces came back.
    ExchangeNotReceived "exchange_not_received" 409 override OverrideHold;
    /// The merchant has a second person look at amounts like this.
    ApprovalRequired "approval_required" 409 override Approve;
    AmountLimit "amount_limit" 403 override Approve;
    LotRequired "lot_required" 422;
    LotNotHeld "lot_not_held" 409;
    /// A lot was counted that is not on record there: whoever counts confirms that it was seen.
    UnlistedLot "unlisted_lot" 409;
    /// A difference is so large that the goods are counted once more.
    RecountRequired "recount_required" 409;
    NotHeld "not_held" 409;
    SerialTaken "serial_taken" 409;
    SamePlace "same_place" 422;
    ReasonRequired "reason_required" 422;
    AccountRequired "account_required" 422;
    /// The account or site would owe more than its limit.
    CreditLimit "credit_limit" 409 override OverrideCredit;
    /// The account is stopped: nothing new is sold on it.
    AccountOnHold "account_on_hold" 409 override OverrideCredit;
    AccountClosed "account_closed" 409;
    /// Something of the account is still ordered, on its way or unpaid.
    AccountNotSettled "account_not_settled" 409;
    ReferenceRequired "reference_required" 422;
    ContactRequired "contact_required" 422;
    ContactMayNotOrder "contact_may_not_order" 409;
    ContactMayNotCollect "contact_may_not_collect" 409;
    ApprovalByRequester "approval_by_requester" 409;
    /// No event has this type.
    UnknownEventType "unknown_event_type" 422;
    /// Orderly does not call addresses like this one, unless a setting allows it.
    AddressNotAllowed "address_not_allowed" 422;
    /// Somebody is sending it right now.
    OnItsWay "on_its_way" 409;
    UnknownTemplate "unknown_template" 422;
    /// The template cannot be read, or does not end.
    InvalidTemplate "invalid_template" 422;
    /// The template names what nobody fills in.
    UnknownVariable "unknown_variable" 422;
    /// There is nobody to write to.
    NoAddress "no_address" 422;
    PromiseInThePast "promise_in_the_past" 422;
    /// The password is short, common, or made of the person's own words.
    WeakPassword "weak_password" 422;
    /// Somebody has to be able to let others in.
    LastOwner "last_owner" 409;
    /// Nobody gives others what he does not have.
    AboveOwnRights "above_own_rights" 403;
    UnknownRole "unknown_role" 422;
    /// The password has to be entered again for this.
    StepUpRequired "step_up_required" 403;
}

/// One thing wrong: where in the request, which code, and the figures that help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// JSON pointer into the request, such as `/lines/0/quantity`; empty for the whole.
    pub pointer: String,
    pub code: Code,
    pub detail: String,
    pub sku: Option<String>,
    pub requested: Option<String>,
    pub available: Option<String>,
    pub allowed: Option<String>,
}

/// A refused command: nothing was changed. The first issue gives the code of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub issues: Vec<Issue>,
}

impl Refusal {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self::at(code, "", detail)
    }
    pub fn at(code: Code, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            issues: vec![Issue {
                pointer: pointer.into(),
                code,
                detail: detail.into(),
                sku: None,
                requested: None,
                available: None,
                allowed: None,
            }],
        }
    }
    /// Adds what is available, as text with its unit.
    #[must_use]
    pub fn available(mut self, available: impl Into<String>) -> Self {
        if let Some(issue) = self.issues.first_mut() {
            issue.available = Some(available.into());
        }
        self
    }
    /// Adds what would be allowed: a maximum, or the right next command.
    #[must_use]
    pub fn allowed(mut self, allowed: impl Into<String>) -> Self {
        if let Some(issue) = self.issues.first_mut() {
            issue.allowed = Some(allowed.into());
        }
        self
    }
    /// Puts a pointer in front of that of every issue.
    #[must_use]
    pub fn under(mut self, pointer: &str) -> Self {
        for issue in &mut self.issues {
            issue.pointer.insert_str(0, pointer);
        }
        self
    }
    pub fn code(&self) -> Code {
        self.issues.first().map_or(Code::InvalidField, |issue| issue.code)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, issue) in self.issues.iter().enumerate() {
            let between = if index == 0 { "" } else { "; " };
            write!(f, "{between}{}", issue.detail)?;
            if !issue.pointer.is_empty() {
                write!(f, " (at {})", issue.pointer)?;
            }
        }
        Ok(())
    }
}
impl std::error::Error for Refusal {}

/// Returns a refusal where a condition does not hold.
pub fn ensure(holds: bool, refusal: impl FnOnce() -> Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal()) }
}
