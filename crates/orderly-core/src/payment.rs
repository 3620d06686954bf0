//! Payments: money of a party, authorized, captured, voided and refunded at a provider, and
//! applied to what it pays.
//!
//! Every step is an intent first (a pending transaction that reserves its amount) and settles
//! when the provider answers: done, failed, or unknown. An unknown one keeps its amount reserved
//! until the provider is asked; it is never sent again blind.

pub mod apply;
pub mod cash;
pub mod change;
pub mod credit;
pub mod post;
pub mod settle;

use serde::{Deserialize, Serialize};

use crate::id::*;
use crate::money::{Currency, MAX_MINOR, Money};
use crate::order::codes;
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::time::Instant;

codes! {
    /// What a transaction asks of the provider.
    TransactionKind {
        Authorize "authorize", Capture "capture", Void "void", Refund "refund",
    }
}
codes! {
    /// How far a transaction is. Unknown: it was sent and nobody knows the outcome yet.
    TransactionState { Pending "pending", Done "done", Failed "failed", Unknown "unknown" }
}
codes! {
    /// What a payment is applied to.
    TargetKind { Order "order", Invoice "invoice" }
}
codes! {
    /// Which money of the payment an application speaks of.
    ApplicationKind {
        Authorized "authorized", Captured "captured", Refunded "refunded",
    }
}

/// The amounts of a payment, in minor units of its currency.
///
/// `captured + capture_pending + voided ≤ authorized`; `refunded + refund_pending ≤ captured`;
/// `applied ≤ captured`. A void reserves its amount in `voided` while it is pending.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Amounts {
    pub authorized: i64,
    pub authorize_pending: i64,
    pub captured: i64,
    pub capture_pending: i64,
    pub voided: i64,
    pub refunded: i64,
    pub refund_pending: i64,
    /// Captured money that pays something.
    pub applied: i64,
}

impl Amounts {
    /// What may still be captured, or voided.
    pub fn capturable(&self) -> i64 {
        self.authorized - self.captured - self.capture_pending - self.voided
    }
    /// What may still be refunded.
    pub fn refundable(&self) -> i64 {
        self.captured - self.refunded - self.refund_pending
    }

    /// Names the identity that does not hold, if any.
    pub fn broken(&self) -> Option<&'static str> {
        let all = [
            self.authorized,
            self.authorize_pending,
            self.captured,
            self.capture_pending,
            self.voided,
            self.refunded,
            self.refund_pending,
            self.applied,
        ];
        if all.iter().any(|amount| *amount < 0) {
            return Some("no amount is negative");
        }
        if self.capturable() < 0 {
            return Some("captured + capture pending + voided ≤ authorized");
        }
        if self.refundable() < 0 {
            return Some("refunded + refund pending ≤ captured");
        }
        (self.applied > self.captured).then_some("applied ≤ captured")
    }
}

/// One request to the provider, and its outcome.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Transaction {
    pub id: TransactionId,
    pub kind: TransactionKind,
    /// In minor units of the payment's currency, above zero.
    pub amount: i64,
    pub state: TransactionState,
    pub provider_reference: Option<String>,
    /// The order whose money it is; `None` for unapplied money.
    pub order: Option<OrderId>,
    pub refund: Option<RefundId>,
    /// What cash is more or less than the amount, because there are no smaller coins.
    #[serde(default)]
    pub rounding: i64,
    /// The cash that was handed over for it.
    #[serde(default)]
    pub tendered: Option<i64>,
    pub created_at: Instant,
    pub settled_at: Option<Instant>,
}

impl Transaction {
    /// Whether its amount is reserved and its outcome is not known.
    pub fn is_open(&self) -> bool {
        matches!(self.state, TransactionState::Pending | TransactionState::Unknown)
    }
}

/// Money of the payment that pays a target; withdrawn by a negative one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Application {
    pub id: ApplicationId,
    pub target_kind: TargetKind,
    pub target: [u8; 16],
    pub kind: ApplicationKind,
    /// In minor units, not zero.
    pub amount: i64,
    pub applied_at: Instant,
}

/// A payment with all its parts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Payment {
    pub id: PaymentId,
    pub legal_entity: LegalEntityId,
    pub customer: Option<CustomerId>,
    pub account: Option<AccountId>,
    pub channel: Option<ChannelId>,
    /// Who moves the money: `manual`, `cash`, or a provider's name.
    pub provider: String,
    /// How the customer pays: card, cash, transfer …
    pub method: String,
    /// The provider's name of the payment.
    pub reference: Option<String>,
    pub currency: Currency,
    /// Counts commands: the ETag of the payment.
    pub version: i64,
    /// Counts events, without gaps.
    pub sequence: i64,
    pub created_at: Instant,
    pub amounts: Amounts,
    pub transactions: Vec<Transaction>,
    pub applications: Vec<Application>,
}

/// A payment as the caller states it.
#[derive(Debug, Clone)]
pub struct NewPayment {
    pub legal_entity: LegalEntityId,
    pub customer: Option<CustomerId>,
    pub account: Option<AccountId>,
    pub channel: Option<ChannelId>,
    pub provider: String,
    pub method: String,
    pub reference: Option<String>,
    pub currency: Currency,
}

/// Opens a payment without money in it.
///
/// # Errors
/// `invalid_text`.
pub fn open(new: &NewPayment, ids: &mut IdSource, now: Instant) -> Result<Payment, Refusal> {
    Ok(Payment {
        id: ids.draw(),
        legal_entity: new.legal_entity,
        customer: new.customer,
        account: new.account,
        channel: new.channel,
        provider: text::short(&new.provider)?,
        method: text::short(&new.method)?,
        reference: text::optional(new.reference.as_deref())?,
        currency: new.currency,
        version: 1,
        sequence: 1,
        created_at: now,
        amounts: Amounts::default(),
        transactions: Vec::new(),
        applications: Vec::new(),
    })
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Purpose {
    pub order: Option<OrderId>,
    pub refund: Option<RefundId>,
}

impl Payment {
    /// Returns the transaction with this id, or the refusal that names it.
    pub fn transaction(&self, id: TransactionId) -> Result<&Transaction, Refusal> {
        self.transactions.iter().find(|one| one.id == id).ok_or_else(|| {
            Refusal::new(Code::NotFound, format!("payment {} has no transaction {id}", self.id))
        })
    }

    /// The transaction that `before` does not have yet: the one a decision began.
    pub fn begun_since(&self, before: &Self) -> Option<&Transaction> {
        let known = |id| before.transactions.iter().any(|old| old.id == id);
        self.transactions.iter().find(|one| !known(one.id))
    }

    /// The sum of what is applied of one kind to one target, in minor units.
    pub fn applied_to(&self, target: [u8; 16], kind: ApplicationKind) -> i64 {
        let own = self.applications.iter();
        own.filter(|one| one.target == target && one.kind == kind).map(|one| one.amount).sum()
    }

    /// The open transactions of one kind for one order (`None`: for unapplied money).
    pub fn open_amount(&self, kind: TransactionKind, order: Option<OrderId>) -> i64 {
        let own = self.transactions.iter().filter(|one| one.is_open() && one.kind == kind);
        own.filter(|one| one.order == order).map(|one| one.amount).sum()
    }

    /// An amount of the payment, for people.
    pub fn show(&self, minor: i64) -> String {
        Money::new(minor, self.currency).to_string()
    }

    /// What may be refunded of the money applied to an order, or of unapplied money.
    pub fn refundable_for(&self, order: Option<OrderId>) -> i64 {
        let pending = self.open_amount(TransactionKind::Refund, order);
        let own = match order {
            Some(order) => {
                let order = order.as_bytes();
                self.applied_to(order, ApplicationKind::Captured)
                    - self.applied_to(order, ApplicationKind::Refunded)
            }
            None => self.unapplied(),
        };
        (own - pending).min(self.amounts.refundable()).max(0)
    }

    /// Captured money that pays nothing and was not given back.
    pub fn unapplied(&self) -> i64 {
        let refunds = self.applications.iter().filter(|a| a.kind == ApplicationKind::Refunded);
        let given_back = self.amounts.refunded - refunds.map(|one| one.amount).sum::<i64>();
        self.amounts.captured - self.amounts.applied - given_back
    }

    /// Decides to reserve money at the provider. The inverse is a void.
    ///
    /// # Errors
    /// `money_invalid` unless above zero, `money_too_large`.
    pub fn authorize(
        &self,
        amount: i64,
        purpose: Purpose,
        ids: &mut IdSource,
        now: Instant,
    ) -> Result<Self, Refusal> {
        self.sane(amount)?;
        let mut after = self.begin(TransactionKind::Authorize, amount, purpose, ids, now);
        let all = [after.amounts.authorized, after.amounts.authorize_pending, amount];
        if all.iter().sum::<i64>() > MAX_MINOR {
            return Err(Refusal::new(Code::MoneyTooLarge, "the payment would be too large"));
        }
        after.amounts.authorize_pending += amount;
        Ok(after)
    }

    /// Decides to take reserved money. The inverse is a refund.
    ///
    /// # Errors
    /// `above_authorized` with the maximum in `allowed`, `money_invalid`.
    pub fn capture(
        &self,
        amount: i64,
        purpose: Purpose,
        ids: &mut IdSource,
        now: Instant,
    ) -> Result<Self, Refusal> {
        self.sane(amount)?;
        self.ensure_authorized(amount, "captured")?;
        let mut after = self.begin(TransactionKind::Capture, amount, purpose, ids, now);
        after.amounts.capture_pending += amount;
        Ok(after)
    }

    /// Decides to let reserved money go. It is reserved as voided until the provider answers.
    ///
    /// # Errors
    /// `above_authorized` with the maximum in `allowed`, `money_invalid`.
    pub fn void(
        &self,
        amount: i64,
        purpose: Purpose,
        ids: &mut IdSource,
        now: Instant,
    ) -> Result<Self, Refusal> {
        self.sane(amount)?;
        self.ensure_authorized(amount, "voided")?;
        let mut after = self.begin(TransactionKind::Void, amount, purpose, ids, now);
        after.amounts.voided += amount;
        Ok(after)
    }

    /// Decides to give captured money back: of the order's, or unapplied money.
    ///
    /// # Errors
    /// `above_captured` with the maximum in `allowed`, `money_invalid`.
    pub fn refund(
        &self,
        amount: i64,
        purpose: Purpose,
        ids: &mut IdSource,
        now: Instant,
    ) -> Result<Self, Refusal> {
        self.sane(amount)?;
        let most = self.refundable_for(purpose.order);
        if amount > most {
            let (amount, most) = (self.show(amount), self.show(most));
            let detail = format!("{amount} cannot be refunded: {most} of the payment is left");
            return Err(Refusal::new(Code::AboveCaptured, detail).allowed(most));
        }
        let mut after = self.begin(TransactionKind::Refund, amount, purpose, ids, now);
        after.amounts.refund_pending += amount;
        Ok(after)
    }

    /// Adds a transaction; they are kept in order of ids, as they are stored.
    pub(crate) fn keep(&mut self, transaction: Transaction) {
        self.transactions.push(transaction);
        self.transactions.sort_by_key(|one| one.id);
    }

    /// Adds an application; they are kept in order of ids, as they are stored.
    pub(crate) fn keep_application(&mut self, application: Application) {
        self.applications.push(application);
        self.applications.sort_by_key(|one| one.id);
    }

    fn sane(&self, amount: i64) -> Result<(), Refusal> {
        match amount {
            1..=MAX_MINOR => Ok(()),
            ..=0 => Err(Refusal::at(Code::MoneyInvalid, "/amount", "an amount is above zero")),
            _ => Err(Refusal::at(Code::MoneyTooLarge, "/amount", "the amount is too large")),
        }
    }

    fn ensure_authorized(&self, amount: i64, verb: &str) -> Result<(), Refusal> {
        let most = self.amounts.capturable();
        if amount <= most {
            return Ok(());
        }
        let (amount, most) = (self.show(amount), self.show(most));
        let detail = format!("{amount} cannot be {verb}: {most} is authorized and not used");
        Err(Refusal::new(Code::AboveAuthorized, detail).allowed(most))
    }

    fn begin(
        &self,
        kind: TransactionKind,
        amount: i64,
        purpose: Purpose,
        ids: &mut IdSource,
        now: Instant,
    ) -> Self {
        let mut after = self.clone();
        after.keep(Transaction {
            id: ids.draw(),
            kind,
            amount,
            state: TransactionState::Pending,
            provider_reference: None,
            order: purpose.order,
            refund: purpose.refund,
            rounding: 0,
            tendered: None,
            created_at: now,
            settled_at: None,
        });
        after
    }
}
