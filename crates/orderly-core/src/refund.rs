//! Refunds: what a customer is owed back, decided apart from the movement of the money.
//!
//! What goes back is made of consecutive slices of a line ([`crate::order::price::slice`]), so
//! refunding units one at a time sums to the same as all at once and the last unit leaves nothing.

pub mod blind;
pub mod fee;
pub mod propose;

use serde::{Deserialize, Serialize};

use crate::actor::ActorKind;
use crate::id::*;
use crate::money::Currency;
use crate::order::{Order, codes};
use crate::qty::Qty;
use crate::refusal::{Code, Refusal};
use crate::returns::Return;
use crate::text;
use crate::time::Instant;
pub use fee::{Fee, FeeRule};
pub use propose::{
    Ask, AskCharge, AskLine, Prior, Proposal, Proposed, propose, propose_on_account,
};

codes! {
    /// Why something is refunded.
    Cause {
        Canceled "canceled", Returned "returned", Goodwill "goodwill", Charge "charge",
    }
}
codes! {
    /// How the customer gets it. Only a refund counts against what was captured.
    RefundSettlement {
        Refund "refund", AccountCredit "account_credit", StoreCredit "store_credit",
        Exchange "exchange",
    }
}
codes! {
    /// How far a refund is. A failed or canceled one gives its quantities back.
    RefundState { Pending "pending", Settled "settled", Failed "failed", Canceled "canceled" }
}

/// What is refunded for one line or charge. Amounts in minor units of the order's currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RefundLine {
    pub id: RefundLineId,
    pub order_line: Option<LineId>,
    pub charge: Option<ChargeId>,
    pub return_line: Option<ReturnLineId>,
    pub cause: Cause,
    /// In base units; zero where only money goes back.
    pub qty: Qty,
    /// Without tax.
    pub goods: i64,
    pub tax: i64,
    /// Goods + tax; below zero for a fee that is kept, whose charge the line names.
    pub amount: i64,
}

impl RefundLine {
    /// Whether it is a fee kept from the refund.
    pub const fn is_fee(&self) -> bool {
        self.amount < 0
    }
}

/// An actor as a refund remembers him.
pub type Who = (ActorKind, UserId);

/// A decided refund. Its money is moved by transactions of payments that name it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refund {
    pub id: RefundId,
    pub number: String,
    pub order: Option<OrderId>,
    pub returned: Option<ReturnId>,
    pub customer: Option<CustomerId>,
    pub currency: Currency,
    /// In minor units, fees taken off.
    pub amount: i64,
    /// What of the amount is given as credit out of what was paid for the order: no money moves
    /// for it. An account is credited by the credit note of what was invoiced, out of nothing.
    pub credited: i64,
    pub settlement: RefundSettlement,
    pub state: RefundState,
    /// A pending refund that nobody else has approved yet.
    pub awaits_approval: bool,
    pub requested_by: Option<Who>,
    pub approved_by: Option<Who>,
    pub reason: String,
    /// Counts commands: the ETag of the refund.
    pub version: i64,
    pub created_at: Instant,
    pub lines: Vec<RefundLine>,
}

/// What a decision changes: the refund, the order, and the return it is for.
#[derive(Clone, Debug)]
pub struct Decision {
    pub refund: Refund,
    pub order: Order,
    pub returned: Option<Return>,
}

/// How a refund is named and settled, and what is kept of it.
#[derive(Debug, Clone)]
pub struct NewRefund {
    pub number: String,
    pub settlement: RefundSettlement,
    pub reason: String,
    /// The merchant's restocking fees; empty where they are waived.
    pub fees: Vec<FeeRule>,
}

/// Decides a refund: its lines, and the counters of the order and the return that it uses up.
/// The money is pending until it is moved ([`settled`]) or fails ([`given_up`]).
///
/// # Errors
/// Those of [`propose()`]; `reason_required`; `above_received` where a return line is refunded
/// beyond what came and stayed; `nothing_to_do` where nothing would be refunded.
pub fn decide(
    order: &Order,
    returned: Option<&Return>,
    new: &NewRefund,
    ask: &Ask,
    prior: &Prior,
    ids: &mut IdSource,
    now: Instant,
) -> Result<Decision, Refusal> {
    let missing = |_| Refusal::at(Code::ReasonRequired, "/reason", "say why it is refunded");
    let reason = text::short(&new.reason).map_err(missing)?;
    let on_account = new.settlement == RefundSettlement::AccountCredit;
    let mut proposal = match on_account {
        true => propose_on_account(order, ask, prior)?,
        false => propose(order, ask, prior)?,
    };
    fee::keep(&mut proposal, order, returned, &new.fees)?;
    if proposal.lines.iter().all(|line| line.goods + line.tax == 0) {
        return Err(Refusal::new(Code::NothingToDo, "there is nothing to refund"));
    }
    let mut charged = order.clone();
    let lines = proposal.lines.iter().map(|one| RefundLine {
        id: ids.draw(),
        order_line: one.order_line,
        charge: one.charge,
        return_line: one.return_line,
        cause: one.cause,
        qty: one.qty,
        goods: one.goods,
        tax: one.tax,
        amount: one.goods + one.tax,
    });
    let mut lines: Vec<RefundLine> = lines.collect();
    for kept in &proposal.fees {
        lines.push(fee::charge(&mut charged, kept, ids)?);
    }
    let refund = Refund {
        lines,
        id: ids.draw(),
        number: new.number.clone(),
        order: Some(order.id),
        returned: returned.map(|one| one.id),
        customer: order.head.customer,
        currency: order.currency,
        amount: proposal.amount,
        credited: match new.settlement {
            RefundSettlement::Refund | RefundSettlement::AccountCredit => 0,
            RefundSettlement::StoreCredit | RefundSettlement::Exchange => proposal.amount,
        },
        settlement: new.settlement,
        state: RefundState::Pending,
        awaits_approval: false,
        requested_by: None,
        approved_by: None,
        reason,
        version: 1,
        created_at: now,
    };
    let (order, returned) = counted(&refund, &charged, returned, 1)?;
    Ok(Decision { refund, order, returned })
}

/// The money is moved.
///
/// # Errors
/// `invalid_transition` unless pending.
pub fn settled(refund: &Refund) -> Result<Refund, Refusal> {
    ended(refund, RefundState::Settled)
}

/// The money did not move: the quantities may be refunded again.
///
/// # Errors
/// `invalid_transition` unless pending.
pub fn given_up(
    refund: &Refund,
    order: &Order,
    returned: Option<&Return>,
    state: RefundState,
) -> Result<Decision, Refusal> {
    let refund = ended(refund, state)?;
    let (order, returned) = counted(&refund, order, returned, -1)?;
    Ok(Decision { refund, order, returned })
}

/// A refund given up whose money moved after all: a fact, so its quantities count again.
///
/// # Errors
/// `above_received` where its goods were refunded otherwise meanwhile.
pub fn taken_up(
    refund: &Refund,
    order: &Order,
    returned: Option<&Return>,
) -> Result<Decision, Refusal> {
    let refund = Refund { state: RefundState::Settled, ..refund.clone() };
    let (order, returned) = counted(&refund, order, returned, 1)?;
    Ok(Decision { refund, order, returned })
}

fn ended(refund: &Refund, state: RefundState) -> Result<Refund, Refusal> {
    if refund.state != RefundState::Pending {
        let detail = format!("refund {} is {}", refund.number, refund.state.code());
        return Err(Refusal::new(Code::InvalidTransition, detail));
    }
    Ok(Refund { state, awaits_approval: false, ..refund.clone() })
}

/// Another actor lets a refund go on.
///
/// # Errors
/// `invalid_transition` unless it awaits approval.
pub fn approved(refund: &Refund, by: Who) -> Result<Refund, Refusal> {
    if !refund.awaits_approval || refund.state != RefundState::Pending {
        let detail = format!("refund {} awaits no approval", refund.number);
        return Err(Refusal::new(Code::InvalidTransition, detail));
    }
    Ok(Refund { awaits_approval: false, approved_by: Some(by), ..refund.clone() })
}

/// Adds the refund to the counters of the order and the return, or takes it out of them.
fn counted(
    refund: &Refund,
    order: &Order,
    returned: Option<&Return>,
    sign: i64,
) -> Result<(Order, Option<Return>), Refusal> {
    let (mut order, mut returned) = (order.clone(), returned.cloned());
    let moved = |counter: Qty, qty: Qty| {
        Qty::new(counter.get() + sign * qty.get())
            .map_err(|_| Refusal::new(Code::InvalidTransition, "it was not refunded"))
    };
    for line in &refund.lines {
        if line.is_fee() {
            fee::count(&mut order, returned.as_ref(), line, sign > 0)?;
            continue;
        }
        if let Some(id) = line.order_line {
            let own = &mut order.line_mut(id)?.quantities;
            own.refunded = moved(own.refunded, line.qty)?;
        }
        if let Some(id) = line.charge {
            order.charge_mut(id)?.refunded += sign * line.amount;
        }
        let Some(id) = line.return_line else { continue };
        let Some(returned) = &mut returned else {
            let detail = format!("the refund names {id} of no return");
            return Err(Refusal::new(Code::UnknownLine, detail));
        };
        let own = returned.line_mut(id)?;
        own.amount += sign * line.amount;
        own.refunded = moved(own.refunded, line.qty)?;
        if sign > 0 && own.refunded > own.kept() {
            let most = own.kept().less(own.refunded.less(line.qty));
            let detail = format!("of return line {} at most {most} can be refunded", own.position);
            return Err(Refusal::new(Code::AboveReceived, detail).allowed(most.to_string()));
        }
    }
    order.head.totals = crate::order::price::totals(&order)?;
    Ok((order, returned))
}
