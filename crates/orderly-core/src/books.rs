//! The money book: accounts, and journals whose postings sum to zero.
//!
//! Goods cross the boundary of inventory by movements; [`of_movement`] gives the journal of one.

pub mod carried;
pub mod chart;
mod goods;
pub mod late;
pub mod period;
pub mod rate;
pub mod report;

use crate::id::*;
use crate::money::Currency;
use crate::order::codes;
use crate::refusal::{Code, Refusal, ensure};
use crate::time::{Day, Instant};
use crate::units::Cause;
pub use goods::of_movement;

codes! {
    /// Where an account stands in the statements.
    AccountKind {
        Asset "asset", Liability "liability", Equity "equity", Income "income", Expense "expense",
    }
}

macro_rules! accounts {
    ($($(#[$doc:meta])* $variant:ident $code:literal $name:literal $kind:ident,)+) => {
        codes! {
            /// The accounts of the ledger. Codes are added, never changed.
            Account { $($(#[$doc])* $variant $code),+ }
        }
        impl Account {
            /// What people read.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
            pub const fn kind(self) -> AccountKind {
                match self { $(Self::$variant => AccountKind::$kind),+ }
            }
        }
    };
}

accounts! {
    /// Our goods in our bins; equals the value of the stock levels.
    Inventory "inventory" "Inventory" Asset,
    /// Our goods between two of our locations.
    InventoryInTransit "inventory_in_transit" "Inventory in transit" Asset,
    /// Goods in the middle of being cut or assembled; zero when the work is done.
    WorkInProgress "work_in_progress" "Work in progress" Asset,
    /// Goods sent back to suppliers who have not credited them yet.
    VendorReturns "vendor_returns" "Goods returned to suppliers" Asset,
    Receivables "receivables" "Receivables" Asset,
    /// Goods handed over whose invoice is not issued yet.
    DeliveredNotInvoiced "delivered_not_invoiced" "Delivered, not invoiced" Asset,
    TillCash "till_cash" "Cash in tills" Asset,
    /// Cash of a location that lies in no till.
    SafeCash "safe_cash" "Cash in safes" Asset,
    /// Cash and checks on their way to the bank.
    CashInTransit "cash_in_transit" "Cash on its way to the bank" Asset,
    /// Money on its way from a payment provider; by provider (party) and channel.
    Clearing "clearing" "Payment clearing" Asset,
    /// Money a carrier collected and owes us.
    CodClearing "cod_clearing" "Cash on delivery clearing" Asset,
    Bank "bank" "Bank" Asset,
    /// What moved on a bank account and is not explained yet; zero when all is.
    Suspense "suspense" "Bank entries to be explained" Asset,
    /// What suppliers owe us for what we bought.
    RebatesReceivable "rebates_receivable" "Supplier rebates receivable" Asset,
    /// What carriers owe us for goods that got lost in their hands.
    CarrierClaims "carrier_claims" "Claims against carriers" Asset,
    GoodsReceivedNotInvoiced "goods_received_not_invoiced" "Goods received, not invoiced" Liability,
    Payables "payables" "Payables" Liability,
    /// Money taken for orders that are not delivered or invoiced yet.
    CustomerDeposits "customer_deposits" "Customer deposits" Liability,
    /// Money received that pays nothing yet.
    UnappliedReceipts "unapplied_receipts" "Unapplied receipts" Liability,
    StoreCredit "store_credit" "Store credit" Liability,
    /// What we owe customers for what they bought.
    RebatesPayable "rebates_payable" "Customer rebates payable" Liability,
    /// Tax on sales less tax on purchases: what we owe the authority.
    Tax "tax" "Tax" Liability,
    OpeningBalance "opening_balance" "Opening balance" Equity,
    /// The results of the years that are closed.
    RetainedEarnings "retained_earnings" "Retained earnings" Equity,
    Revenue "revenue" "Revenue" Income,
    /// What customers pay for goods that they bring back.
    RestockingFees "restocking_fees" "Restocking fees" Income,
    /// Store credit that nobody used in time.
    ExpiredCredit "expired_credit" "Expired store credit" Income,
    /// Rebates of suppliers on what is sold already.
    RebatesEarned "rebates_earned" "Supplier rebates earned" Income,
    /// What suppliers take off for paying early.
    DiscountsReceived "discounts_received" "Discounts for paying early" Income,
    CostOfGoods "cost_of_goods" "Cost of goods" Expense,
    InventoryAdjustments "inventory_adjustments" "Inventory adjustments" Expense,
    WriteOffs "write_offs" "Write-offs" Expense,
    OwnUse "own_use" "Own use" Expense,
    PriceVariance "price_variance" "Price variance" Expense,
    CashRounding "cash_rounding" "Cash rounding" Expense,
    /// Tills that were counted over or short.
    CashDifferences "cash_differences" "Till differences" Expense,
    BadDebt "bad_debt" "Bad debt" Expense,
    /// Rebates of customers on what they bought.
    RebatesGranted "rebates_granted" "Customer rebates granted" Expense,
    /// What customers take off for paying early.
    DiscountsGranted "discounts_granted" "Discounts granted for paying early" Expense,
    /// What the rates of exchange made of amounts in other currencies.
    FxDifferences "fx_differences" "Exchange differences" Expense,
    BankFees "bank_fees" "Bank fees" Expense,
    ProviderFees "provider_fees" "Payment provider fees" Expense,
}

codes! {
    /// What a journal records.
    JournalKind {
        Goods "goods", Capture "capture", Refund "refund", Application "application",
        Invoice "invoice", Receipt "receipt", CreditNote "credit_note", Correction "correction",
        Cost "cost", Settlement "settlement", StoreCredit "store_credit", Restocking "restocking",
        WriteOff "write_off", Till "till", Bank "bank", SupplierInvoice "supplier_invoice",
        SupplierCredit "supplier_credit", SupplierPayment "supplier_payment", Rebate "rebate",
        LateCost "late_cost", Work "work", ExchangeDifference "exchange_difference",
        Revaluation "revaluation",
        Entry "entry", Closing "closing", CarrierClaim "carrier_claim",
    }
}

codes! {
    /// The document a posting belongs to.
    DocumentKind {
        Order "order", Shipment "shipment", Receipt "receipt", Transfer "transfer",
        Adjustment "adjustment", Count "count", Return "return", Payment "payment",
        Refund "refund", Invoice "invoice", WorkOrder "work_order",
        PurchaseOrder "purchase_order", SupplierInvoice "supplier_invoice",
        VendorReturn "vendor_return", Rebate "rebate", TillSession "till_session",
        BankStatement "bank_statement", Load "load", Entry "entry", Period "period",
    }
}

/// Whose books a journal goes into, and by which clock their days run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Books {
    pub legal_entity: LegalEntityId,
    pub currency: Currency,
    /// IANA zone in which accounting days are computed.
    pub zone: String,
    /// The first day that may be posted on; `None` where no period is closed.
    pub open_on: Option<Day>,
}

impl Books {
    /// The accounting day of what happened at an instant: its own, or the first open day where
    /// that is closed. Facts are never refused.
    pub fn day(&self, at: Instant) -> Day {
        let own = at.day_in(&self.zone);
        self.open_on.map_or(own, |open| own.max(open))
    }

    /// Refuses a day in a closed period, with the first open day.
    ///
    /// # Errors
    /// `period_closed`.
    pub fn require_open(&self, day: Day) -> Result<(), Refusal> {
        let Some(open) = self.open_on else { return Ok(()) };
        ensure(day >= open, || {
            let detail = format!("{day} is in a closed period; post on {open} or later");
            Refusal::new(Code::PeriodClosed, detail).allowed(open.to_string())
        })
    }
}

impl From<&crate::catalog::LegalEntity> for Books {
    fn from(entity: &crate::catalog::LegalEntity) -> Self {
        let (legal_entity, currency) = (entity.id, entity.currency);
        Self { legal_entity, currency, zone: entity.zone.clone(), open_on: None }
    }
}

/// What a posting is analyzed by, beside its account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Dimensions {
    pub location: Option<LocationId>,
    pub channel: Option<ChannelId>,
    /// The customer, supplier or provider: whoever the other side is.
    pub party: Option<[u8; 16]>,
    pub document: Option<(DocumentKind, [u8; 16])>,
}

impl Dimensions {
    /// What is posted for an order.
    pub fn of(order: &crate::order::Order) -> Self {
        Self {
            location: None,
            channel: Some(order.channel),
            party: order.head.customer.map(|customer| customer.as_bytes()),
            document: Some((DocumentKind::Order, order.id.as_bytes())),
        }
    }
}

/// One amount on one account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Posting {
    pub account: Account,
    /// Debit positive, credit negative; in minor units of the journal's currency, never zero.
    pub amount_minor: i64,
    pub dimensions: Dimensions,
    pub tax_code: Option<String>,
    /// The amount the tax was computed from, in minor units.
    pub tax_base_minor: Option<i64>,
    /// What was agreed, where that is another currency than the journal's; same sign.
    pub foreign: Option<crate::money::Money>,
}

impl Posting {
    /// A posting without tax.
    pub const fn new(account: Account, amount_minor: i64, dimensions: Dimensions) -> Self {
        Self {
            account,
            amount_minor,
            dimensions,
            tax_code: None,
            tax_base_minor: None,
            foreign: None,
        }
    }
}

/// Everything of a journal but its postings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalHead {
    pub id: JournalId,
    pub legal_entity: LegalEntityId,
    pub kind: JournalKind,
    /// The finest row that caused it; one journal per cause and kind.
    pub cause: Cause,
    pub currency: Currency,
    pub accounting_on: Day,
    pub reverses: Option<JournalId>,
}

/// A balanced journal. Never updated, never deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Journal {
    pub head: JournalHead,
    postings: Vec<Posting>,
}

/// Why postings are not a journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unbalanced {
    #[error("a journal needs at least two postings")]
    TooFew,
    #[error("a posting of zero on {0:?}")]
    Zero(Account),
    #[error("debits and credits differ by {0} minor units")]
    Difference(i128),
}

impl Journal {
    /// Makes a journal of postings that sum to zero.
    ///
    /// # Errors
    /// The first of: fewer than two postings, a posting of zero, a sum that is not zero.
    pub fn new(head: JournalHead, postings: Vec<Posting>) -> Result<Self, Unbalanced> {
        if postings.len() < 2 {
            return Err(Unbalanced::TooFew);
        }
        if let Some(zero) = postings.iter().find(|posting| posting.amount_minor == 0) {
            return Err(Unbalanced::Zero(zero.account));
        }
        match postings.iter().map(|posting| i128::from(posting.amount_minor)).sum() {
            0 => Ok(Self { head, postings }),
            difference => Err(Unbalanced::Difference(difference)),
        }
    }

    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }

    /// The accounting period, as in `2026-11`.
    pub fn period(&self) -> String {
        period(self.head.accounting_on)
    }

    /// The mirror of this journal under another head.
    ///
    /// # Errors
    /// An amount whose negative is out of range cannot balance.
    pub fn mirror(&self, head: JournalHead) -> Result<Self, Unbalanced> {
        let negative = |posting: &Posting| Posting {
            amount_minor: posting.amount_minor.saturating_neg(),
            tax_base_minor: posting.tax_base_minor.map(i64::saturating_neg),
            foreign: posting
                .foreign
                .map(|one| crate::money::Money::new(one.minor().saturating_neg(), one.currency())),
            ..posting.clone()
        };
        Self::new(head, self.postings.iter().map(negative).collect())
    }
}

/// The accounting period of a day, as in `2026-11`.
pub fn period(day: Day) -> String {
    period::Period::of(day).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::CauseKind;
    use proptest::prelude::*;

    fn head() -> JournalHead {
        JournalHead {
            id: JournalId::from_bytes([1; 16]),
            legal_entity: LegalEntityId::from_bytes([2; 16]),
            kind: JournalKind::Capture,
            cause: Cause { kind: CauseKind::PaymentTransaction, id: [3; 16] },
            currency: Currency::parse("EUR").unwrap(),
            accounting_on: Day::parse("2026-11-23").unwrap(),
            reverses: None,
        }
    }

    fn posting(amount: i64) -> Posting {
        Posting::new(Account::TillCash, amount, Dimensions::default())
    }

    #[test]
    fn every_account_has_its_own_code() {
        let codes: std::collections::HashSet<&str> =
            Account::ALL.iter().map(|account| account.code()).collect();
        assert_eq!(codes.len(), Account::ALL.len());
        assert!(Account::ALL.iter().all(|account| !account.name().is_empty()));
        assert_eq!(Account::CostOfGoods.kind(), AccountKind::Expense);
    }

    #[test]
    fn facts_of_closed_periods_are_posted_on_the_first_open_day() {
        let mut books = Books {
            legal_entity: LegalEntityId::from_bytes([2; 16]),
            currency: Currency::parse("EUR").unwrap(),
            zone: "Europe/Berlin".into(),
            open_on: None,
        };
        let (late, noon) = ("2026-11-30T23:30:00Z", "2026-11-30T11:00:00Z");
        let day = |books: &Books, at| books.day(Instant::parse(at).unwrap()).to_string();
        assert_eq!(day(&books, late), "2026-12-01");
        books.open_on = Some(Day::parse("2026-12-01").unwrap());
        assert_eq!(day(&books, noon), "2026-12-01");
        let refusal = books.require_open(Day::parse("2026-11-30").unwrap()).unwrap_err();
        assert_eq!(refusal.code(), Code::PeriodClosed);
        assert_eq!(refusal.issues[0].allowed.as_deref(), Some("2026-12-01"));
        assert_eq!(books.require_open(Day::parse("2026-12-01").unwrap()), Ok(()));
    }

    #[test]
    fn a_period_is_a_month() {
        let journal = Journal::new(head(), vec![posting(5), posting(-5)]).unwrap();
        assert_eq!(journal.period(), "2026-11");
    }

    #[test]
    fn one_posting_and_a_posting_of_zero_are_refused() {
        assert_eq!(Journal::new(head(), vec![posting(1)]), Err(Unbalanced::TooFew));
        let zero = Journal::new(head(), vec![posting(0), posting(0)]);
        assert_eq!(zero, Err(Unbalanced::Zero(Account::TillCash)));
    }

    proptest! {
        /// Only postings that sum to zero make a journal, and its mirror is one too.
        #[test]
        fn a_journal_balances(amounts in proptest::collection::vec(-1_000_i64..1_000, 2..6)) {
            let amounts: Vec<i64> = amounts.into_iter().filter(|amount| *amount != 0).collect();
            prop_assume!(amounts.len() >= 2);
            let postings = amounts.iter().map(|amount| posting(*amount)).collect();
            let made = Journal::new(head(), postings);
            prop_assert_eq!(made.is_ok(), amounts.iter().sum::<i64>() == 0);
            let mut closed: Vec<Posting> = amounts.iter().map(|amount| posting(*amount)).collect();
            let rest = -amounts.iter().sum::<i64>();
            if rest != 0 {
                closed.push(posting(rest));
            }
            let journal = Journal::new(head(), closed).unwrap();
            let mirror = journal.mirror(head()).unwrap();
            let sums = journal.postings().iter().zip(mirror.postings());
            prop_assert!(sums.into_iter().all(|(a, b)| a.amount_minor + b.amount_minor == 0));
        }
    }
}
