//! Operations on payments: reserving, taking, letting go and giving back money, and saying what
//! it pays.
//!
//! The manual provider and the till settle at once unless the caller says otherwise; money at any
//! other provider is an intent until its answer is recorded by [`settle`].

pub mod allocate;
pub mod on_delivery;
mod save;
pub mod store_credit;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{ChannelId, CustomerId, IdSource, OrderId, PaymentId, TransactionId};
use orderly_core::money::{Currency, Money};
use orderly_core::order::price::money_refusal;
use orderly_core::order::{Order, OrderState};
use orderly_core::payment::credit::STORE_CREDIT;
use orderly_core::payment::settle::Answer;
use orderly_core::payment::{self, NewPayment, Payment, Purpose, TransactionState};
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::{channels, payments};

use super::command::{Object, Reference, command};
use super::orders;
use crate::{App, Call, Error};
pub use save::{Changed, folded, load};
pub(super) use save::{save, save_all, save_one};

impl Object for Payment {
    fn reference(&self) -> Reference {
        Reference { kind: "payment", id: self.id.as_bytes(), sequence: self.sequence }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], sequence: i64) -> Result<Self, Error> {
        let id = PaymentId::from_bytes(id);
        folded(tx, id, sequence)?
            .ok_or_else(|| Error::Internal(format!("payment {id} has no events")))
    }
}

/// When the provider's answer is known.
#[derive(Debug, Clone, Default)]
pub enum Settling {
    /// With the command, where the provider is ourselves: `manual` or `cash`.
    #[default]
    AtOnce,
    /// With the command, under the provider's reference.
    Under(String),
    /// Later: the transaction stays pending.
    Later,
}

/// A payment as the caller states it.
#[derive(Debug, Clone, Default)]
pub struct PaymentIn {
    /// The order it pays; else it belongs to a customer and pays nothing yet.
    pub order: Option<OrderId>,
    pub customer: Option<CustomerId>,
    /// Needed where no order says it.
    pub channel: Option<ChannelId>,
    /// `None`: `manual`.
    pub provider: Option<String>,
    pub method: String,
    /// The provider's name of the payment.
    pub reference: Option<String>,
    /// A decimal in the currency; `None` is what the order still asks for.
    pub amount: Option<String>,
    /// `None`: the order's, else the channel's.
    pub currency: Option<String>,
    /// The cash handed over, a decimal in the currency: the rest is given back as change.
    pub tendered: Option<String>,
    pub settling: Settling,
}

/// Returns a payment to whoever may read its channel.
///
/// # Errors
/// `not_found`.
pub fn show(app: &App, call: &Call, id: PaymentId) -> Result<Payment, Error> {
    let found = get(app, id)?.ok_or_else(|| Error::not_found(format!("payment {id}")))?;
    call.require(Permission::Read, Scope { channel: found.channel, ..Scope::default() })?;
    Ok(found)
}

/// Returns the payment with this id.
pub fn get(app: &App, id: PaymentId) -> Result<Option<Payment>, Error> {
    app.store.read(|tx| Ok(payments::get(tx, id, false)?))
}

/// Returns the latest payments, without their parts.
pub fn list(app: &App, call: &Call, limit: i64) -> Result<Vec<Payment>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| Ok(payments::list(tx, None, limit.clamp(1, 1_000))?))
}

/// Reserves money for an order or a customer.
///
/// # Errors
/// `already_exists` where the provider's payment is known, `money_invalid`, `currency_mismatch`.
pub fn authorize(app: &App, call: &Call, new: &PaymentIn) -> Result<Payment, Error> {
    open(app, call, "payment.authorize", new, false)
}

/// Takes money at once: reserves and captures it, as at a till. A provider's reference names both.
///
/// # Errors
/// Those of [`authorize`]; `above_authorized` where the provider's answer is still to come.
pub fn take(app: &App, call: &Call, new: &PaymentIn) -> Result<Payment, Error> {
    open(app, call, "payment.take", new, true)
}

fn open(
    app: &App,
    call: &Call,
    verb: &'static str,
    new: &PaymentIn,
    capture: bool,
) -> Result<Payment, Error> {
    command(app, call, verb, |tx| {
        let order = new.order.map(|id| orders::load(tx, id)).transpose()?;
        let mut ids = orders::ids_after_audit(call);
        let opened = opened(tx, call, new, order.as_ref(), &mut ids)?;
        let amount = match &new.amount {
            Some(text) => amount_in(text, opened.currency)?,
            None => asked(order.as_ref())?,
        };
        require(call, Permission::TakePayment, amount, opened.channel)?;
        let purpose = Purpose { order: new.order, refund: None };
        let mut after = opened.authorize(amount, purpose, &mut ids, call.now)?;
        if let (Settling::Under(reference), Some(last)) =
            (&new.settling, after.begun_since(&opened))
        {
            let answer = Answer::Done { reference: Some(reference.clone()) };
            ensure_own(tx, &after, last.id, &answer)?;
        }
        after = settled(&opened, &after, &new.settling, call, &mut ids)?;
        if capture {
            after = after.capture(amount, purpose, &mut ids, call.now)?;
            after = done(&after, None, call, &mut ids)?;
            store_credit::ensure_enough(tx, &after, amount)?;
        }
        if let Some(text) = &new.tendered {
            after = after.tendered(None, Some(amount_in(text, after.currency)?));
        }
        let kind = if capture { "payment.taken" } else { "payment.authorized" };
        let changed = Changed { before: None, after, kind };
        save(tx, call, &mut ids, changed, order.as_ref())
    })
}

/// What the order asks for beyond what is authorized for it.
fn asked(order: Option<&Order>) -> Result<i64, Error> {
    let Some(order) = order else {
        let detail = "say how much is paid";
        return Err(Refusal::at(Code::MoneyInvalid, "/amount", detail).into());
    };
    let open = orderly_core::order::price::payable(order) - order.head.paid.authorized;
    if open <= 0 {
        let detail = format!("order {} asks for no more money", order.number);
        return Err(Refusal::new(Code::NothingToDo, detail).into());
    }
    Ok(open)
}

pub(super) fn opened(
    tx: &mut Tx<'_>,
    call: &Call,
    new: &PaymentIn,
    order: Option<&Order>,
    ids: &mut IdSource,
) -> Result<Payment, Error> {
    let channel = order.map(|order| order.channel).or(new.channel);
    let missing = || Refusal::at(Code::UnknownChannel, "/channel", "name a channel that there is");
    let channel = channel.ok_or_else(missing)?;
    let channel = channels::get(tx, channel)?.ok_or_else(missing)?;
    let currency = match &new.currency {
        Some(code) => Currency::parse(code).ok_or_else(|| {
            let detail = format!("`{code}` is not a currency");
            Refusal::at(Code::UnknownCurrency, "/currency", detail)
        })?,
        None => order.map_or(channel.currency, |order| order.currency),
    };
    let provider = new.provider.clone().unwrap_or_else(|| "manual".to_owned());
    if provider == orderly_core::exchange::PROVIDER {
        let detail = "the value of an exchange is carried by the exchange";
        return Err(Refusal::at(Code::InvalidField, "/provider", detail).into());
    }
    if let Some(reference) = &new.reference
        && let Some(known) = payments::by_reference(tx, &provider, reference)?
    {
        let detail = format!("{reference} of {provider} is payment {known}");
        return Err(Refusal::new(Code::AlreadyExists, detail).into());
    }
    let stated = NewPayment {
        legal_entity: order.map_or(channel.legal_entity, |order| order.legal_entity),
        customer: new.customer.or(order.and_then(|order| order.head.customer)),
        account: order.and_then(|order| order.head.account),
        channel: Some(channel.id),
        provider,
        method: new.method.clone(),
        reference: new.reference.clone(),
        currency,
    };
    let opened = payment::open(&stated, ids, call.now)?;
    if let Some(order) = order {
        opened.same_currency(order)?;
    }
    Ok(opened)
}

/// Whether the provider is ourselves, or somebody who tells us: it happens at once.
fn is_own(payment: &Payment) -> bool {
    let own = [payment::post::CASH, payment::post::COD, STORE_CREDIT, payment::post::BANK];
    payment.provider == "manual" || own.contains(&payment.provider.as_str())
}

/// Settles the transaction that was begun after `before`, where its outcome is known with the
/// command.
pub(super) fn settled(
    before: &Payment,
    after: &Payment,
    settling: &Settling,
    call: &Call,
    ids: &mut IdSource,
) -> Result<Payment, Error> {
    let reference = match settling {
        Settling::Later => return Ok(after.clone()),
        Settling::AtOnce if !is_own(after) => return Ok(after.clone()),
        Settling::AtOnce => None,
        Settling::Under(reference) => Some(reference.clone()),
    };
    let Some(begun) = after.begun_since(before).map(|one| one.id) else {
        return Ok(after.clone());
    };
    let answer = Answer::Done { reference };
    Ok(after.settle(begun, &answer, ids, call.now)?.unwrap_or_else(|| after.clone()))
}

/// Settles the only open transaction of a payment that is being opened as done.
pub(super) fn done(
    payment: &Payment,
    reference: Option<String>,
    call: &Call,
    ids: &mut IdSource,
) -> Result<Payment, Error> {
    let open = payment.transactions.iter().find(|one| one.is_open());
    let Some(open) = open.map(|one| one.id) else { return Ok(payment.clone()) };
    let after = payment.settle(open, &Answer::Done { reference }, ids, call.now)?;
    Ok(after.unwrap_or_else(|| payment.clone()))
}

/// A step of a payment for its order (or for none), and how much.
#[derive(Debug, Clone, Default)]
pub struct StepIn {
    pub order: Option<OrderId>,
    /// A decimal in the payment's currency; `None` is all there is.
    pub amount: Option<String>,
    pub settling: Settling,
}

/// Takes reserved money.
///
/// # Errors
/// `above_authorized` with the maximum.
pub fn capture(app: &App, call: &Call, id: PaymentId, step: &StepIn) -> Result<Payment, Error> {
    change(app, call, ("payment.capture", "payment.captured"), id, step, |payment, ids| {
        let amount = amount_or(step, payment, payment.amounts.capturable())?;
        require(call, Permission::TakePayment, amount, payment.channel)?;
        let purpose = Purpose { order: step.order, refund: None };
        let after = payment.capture(amount, purpose, ids, call.now)?;
        settled(payment, &after, &step.settling, call, ids)
    })
}

/// Lets reserved money go.
///
/// # Errors
/// `above_authorized` with the maximum.
pub fn void(app: &App, call: &Call, id: PaymentId, step: &StepIn) -> Result<Payment, Error> {
    change(app, call, ("payment.void", "payment.voided"), id, step, |payment, ids| {
        let amount = amount_or(step, payment, payment.amounts.capturable())?;
        require(call, Permission::TakePayment, amount, payment.channel)?;
        let purpose = Purpose { order: step.order, refund: None };
        let after = payment.void(amount, purpose, ids, call.now)?;
        settled(payment, &after, &step.settling, call, ids)
    })
}

/// Gives back money that pays nothing. Money of an order goes back by a refund of that order, so
/// that the books say what for ([`super::refunds::make`]).
///
/// # Errors
/// `above_captured` with the maximum; `invalid_field` where an order is named.
pub fn give_back(app: &App, call: &Call, id: PaymentId, step: &StepIn) -> Result<Payment, Error> {
    if step.order.is_some() {
        let detail = "money of an order goes back by a refund of the order";
        return Err(Refusal::at(Code::InvalidField, "/order", detail).into());
    }
    change(app, call, ("payment.refund", "payment.refunded"), id, step, |payment, ids| {
        let amount = amount_or(step, payment, payment.refundable_for(None))?;
        require(call, Permission::Refund, amount, payment.channel)?;
        let after = payment.refund(amount, Purpose::default(), ids, call.now)?;
        settled(payment, &after, &step.settling, call, ids)
    })
}

/// Lets captured money that pays nothing pay an order: as much as is said, else what the order
/// still asks for, as far as the money goes. The rest stays as it is.
///
/// # Errors
/// `above_unapplied` with the maximum, `currency_mismatch`; `nothing_to_do` where the order asks
/// for no more or the payment has nothing left.
pub fn apply(app: &App, call: &Call, id: PaymentId, step: &StepIn) -> Result<Payment, Error> {
    applying(app, call, ("payment.apply", "payment.applied"), id, step, true)
}

/// Takes money back from an order: it pays nothing again. The inverse of [`apply`].
///
/// # Errors
/// `above_unapplied` with the maximum; `invalid_transition` for a closed order.
pub fn withdraw(app: &App, call: &Call, id: PaymentId, step: &StepIn) -> Result<Payment, Error> {
    applying(app, call, ("payment.withdraw", "payment.withdrawn"), id, step, false)
}

fn applying(
    app: &App,
    call: &Call,
    (verb, kind): (&'static str, &'static str),
    id: PaymentId,
    step: &StepIn,
    forward: bool,
) -> Result<Payment, Error> {
    command(app, call, verb, |tx| {
        let Some(order) = step.order else {
            let detail = "say which order it pays";
            return Err(Refusal::at(Code::InvalidField, "/order", detail).into());
        };
        let order = orders::load(tx, order)?;
        if !forward && order.head.state == OrderState::Closed {
            let detail = format!("order {} is closed: it stays paid", order.number);
            let refusal = Refusal::new(Code::InvalidTransition, detail);
            return Err(refusal.allowed("orderly orders reopen").into());
        }
        let before = load(tx, id)?;
        ensure_money(&before)?;
        call.expect_version(before.version)?;
        let mut ids = orders::ids_after_audit(call);
        let most = match (forward, &step.amount) {
            (true, None) => before.refundable_for(None).min(asked(Some(&order))?),
            (true, Some(_)) => before.unapplied(),
            (false, _) => before.refundable_for(step.order),
        };
        let amount = amount_or(step, &before, most)?;
        require(call, Permission::TakePayment, amount, before.channel)?;
        let after = match forward {
            true => before.apply(&order, amount, &mut ids, call.now)?,
            false => before.withdraw(&order, amount, &mut ids, call.now)?,
        };
        let changed = Changed { before: Some(before), after, kind };
        save(tx, call, &mut ids, changed, Some(&order))
    })
}

/// Records what the provider said about a transaction. The same answer again changes nothing.
///
/// # Errors
/// `already_exists` where another transaction has the provider's reference; `invalid_transition`
/// where it contradicts what is known.
pub fn settle(
    app: &App,
    call: &Call,
    id: PaymentId,
    transaction: TransactionId,
    answer: &Answer,
) -> Result<Payment, Error> {
    command(app, call, "payment.settle", |tx| {
        let seen = payments::get(tx, id, false)?;
        let seen = seen.ok_or_else(|| Error::not_found(format!("payment {id}")))?;
        let asked = seen.transaction(transaction).cloned();
        let asked = asked.map_err(|_| Error::not_found(format!("transaction {transaction}")))?;
        let scope = Scope { channel: seen.channel, ..Scope::default() };
        call.require(Permission::TakePayment, scope)?;
        let order = asked.order.map(|order| orders::load(tx, order)).transpose()?;
        let before = load(tx, id)?;
        ensure_own(tx, &before, transaction, answer)?;
        let mut ids = orders::ids_after_audit(call);
        let Some(after) = before.settle(transaction, answer, &mut ids, call.now)? else {
            return Ok(before);
        };
        let kind = match after.transaction(transaction)?.state {
            TransactionState::Done => "payment.settled",
            TransactionState::Failed => "payment.failed",
            TransactionState::Pending | TransactionState::Unknown => "payment.unknown",
        };
        let changed = Changed { before: Some(before), after, kind };
        match asked.refund {
            Some(refund) => {
                super::refunds::answered(tx, call, &mut ids, changed, order.as_ref(), refund)
            }
            None => save(tx, call, &mut ids, changed, order.as_ref()),
        }
    })
}

/// Refuses a reference of the provider that another transaction has.
fn ensure_own(
    tx: &mut Tx<'_>,
    payment: &Payment,
    transaction: TransactionId,
    answer: &Answer,
) -> Result<(), Error> {
    let (Answer::Done { reference } | Answer::Failed { reference }) = answer else {
        return Ok(());
    };
    let Some(reference) = reference else { return Ok(()) };
    let known = payments::by_provider_reference(tx, &payment.provider, reference)?;
    if let Some((_, other)) = known.filter(|(_, known)| *known != transaction) {
        let detail = format!("{reference} of {} is transaction {other}", payment.provider);
        return Err(Refusal::new(Code::AlreadyExists, detail).into());
    }
    Ok(())
}

/// Refuses a step with the value that an exchange carries: only the exchange moves it.
fn ensure_money(payment: &Payment) -> Result<(), Error> {
    if payment.provider != orderly_core::exchange::PROVIDER {
        return Ok(());
    }
    let name = payment.reference.as_deref().unwrap_or_default();
    let detail = format!("this is the value of exchange {name}, no money: cancel the exchange");
    Err(Refusal::new(Code::InvalidTransition, detail).into())
}

/// One step of a payment as a command: load its order, then it, decide, save.
fn change(
    app: &App,
    call: &Call,
    (verb, kind): (&'static str, &'static str),
    id: PaymentId,
    step: &StepIn,
    decide: impl Fn(&Payment, &mut IdSource) -> Result<Payment, Error>,
) -> Result<Payment, Error> {
    command(app, call, verb, |tx| {
        let order = step.order.map(|order| orders::load(tx, order)).transpose()?;
        let before = load(tx, id)?;
        ensure_money(&before)?;
        call.expect_version(before.version)?;
        if let Some(order) = &order {
            before.same_currency(order)?;
        }
        let mut ids = orders::ids_after_audit(call);
        let after = decide(&before, &mut ids)?;
        if let Settling::Under(reference) = &step.settling
            && let Some(last) = after.begun_since(&before)
        {
            let answer = Answer::Done { reference: Some(reference.clone()) };
            ensure_own(tx, &after, last.id, &answer)?;
        }
        let changed = Changed { before: Some(before), after, kind };
        save(tx, call, &mut ids, changed, order.as_ref())
    })
}

/// Reads an amount as the caller states it, in minor units.
pub(super) fn amount_in(text: &str, currency: Currency) -> Result<i64, Error> {
    let money = Money::parse(text, currency).map_err(|error| {
        let mut refusal = money_refusal(&error);
        refusal.issues.iter_mut().for_each(|issue| issue.pointer = "/amount".into());
        refusal
    })?;
    Ok(money.minor())
}

fn amount_or(step: &StepIn, payment: &Payment, all: i64) -> Result<i64, Error> {
    match &step.amount {
        Some(text) => amount_in(text, payment.currency),
        None if all <= 0 => {
            let detail = format!("payment {} has nothing left for that", payment.id);
            Err(Refusal::new(Code::NothingToDo, detail).into())
        }
        None => Ok(all),
    }
}

/// Refuses an actor without the right, or with a limit below the amount unless a second actor
/// approves.
///
/// # Errors
/// `forbidden`; `amount_limit`; `approval_by_requester`.
pub(super) fn require(
    call: &Call,
    permission: Permission,
    amount: i64,
    channel: Option<ChannelId>,
) -> Result<(), Error> {
    let scope = Scope { channel, location: None, amount_minor: Some(amount) };
    if call.actor.may(permission, scope) {
        return Ok(());
    }
    call.require(permission, Scope { amount_minor: None, ..scope })?;
    let detail = "the amount is above what you may decide alone: ask for approval";
    call.unless_overridden(Refusal::new(Code::AmountLimit, detail), scope)
}
