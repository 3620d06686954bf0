//! Exchanges: goods that come back and an order that replaces them.
//!
//! The value of what came back is carried to the replacement as its payment without money moving.
//! What the replacement costs more is asked for like any order's money; what it costs less is given
//! back. An exchange names a return, an order and a payment, and each of them keeps its own books.

use serde::{Deserialize, Serialize};

use crate::id::*;
use crate::order::price::payable;
use crate::order::{Line, LineKind, Order, codes};
use crate::qty::Qty;
use crate::refund::RefundSettlement;
use crate::refusal::{Code, Refusal};
use crate::returns::Return;
use crate::time::Instant;

codes! {
    /// When the replacement may go: before the goods come back, or as far as they did.
    Ships { First "first", AfterReceipt "after_receipt" }
}
codes! {
    /// Where an exchange stands. A done one expects no more goods.
    ExchangeState { Open "open", Done "done", Canceled "canceled" }
}

/// The provider of payments that carry the value of returned goods.
pub const PROVIDER: &str = "exchange";

/// One exchange.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Exchange {
    pub id: ExchangeId,
    pub number: String,
    pub returned: ReturnId,
    /// The order whose goods come back.
    pub order: OrderId,
    /// The order that replaces them.
    pub replacement: OrderId,
    /// What carries the value; `None` where the account is charged and credited instead.
    pub payment: Option<PaymentId>,
    pub ships: Ships,
    /// How the rest is given back where the replacement costs less.
    pub rest: RefundSettlement,
    pub state: ExchangeState,
    pub waives_fee: bool,
    pub reason: String,
    /// Counts commands: the ETag of the exchange.
    pub version: i64,
    pub created_at: Instant,
}

/// What is carried to the replacement of an amount that came back: as much as it still asks for
/// and as was reserved for it. In minor units.
pub fn carried(amount: i64, replacement: &Order, reserved: i64) -> i64 {
    let paid = replacement.head.paid;
    let open = payable(replacement) - (paid.captured - paid.refunded);
    amount.min(open).min(reserved).max(0)
}

/// How much of a line of the replacement may be shipped, in base units: the share of what it
/// replaces that came back and stayed. Everything where it replaces nothing.
pub fn may_ship(line: &Line, original: &Order, returned: &Return) -> Qty {
    let Some(replaced) = line.origin else { return Qty::new(i64::MAX).unwrap_or(Qty::ZERO) };
    let kit = original.line(replaced).is_ok_and(|own| own.kind == LineKind::Kit);
    let is_of = |id: LineId| {
        let parent = original.line(id).ok().and_then(|own| own.parent);
        id == replaced || (kit && parent == Some(replaced))
    };
    let own = returned.lines.iter().filter(|one| one.order_line.is_some_and(is_of));
    // A kit came back as far as the least of its components did.
    let share = own.map(|one| (one.kept().get(), one.requested.get().max(1)));
    let least = share.min_by(|a, b| {
        (i128::from(a.0) * i128::from(b.1)).cmp(&(i128::from(b.0) * i128::from(a.1)))
    });
    let (came, asked) = least.unwrap_or((0, 1));
    let ordered = i128::from(line.quantities.ordered.get());
    let most = ordered * i128::from(came.min(asked)) / i128::from(asked);
    i64::try_from(most).ok().and_then(|most| Qty::new(most).ok()).unwrap_or(Qty::ZERO)
}

/// Refuses a replacement that would go before what it replaces came back.
///
/// # Errors
/// `exchange_not_received` with what may go of the first such line.
pub fn ensure_may_ship(
    exchange: &Exchange,
    original: &Order,
    returned: &Return,
    (before, after): (&Order, &Order),
) -> Result<(), Refusal> {
    if exchange.ships == Ships::First || exchange.state == ExchangeState::Canceled {
        return Ok(());
    }
    for line in after.lines.iter().filter(|line| line.parent.is_none()) {
        let had = before.line(line.id).map_or(Qty::ZERO, |old| old.quantities.shipped);
        if line.quantities.shipped <= had {
            continue;
        }
        let most = may_ship(line, original, returned);
        if line.quantities.shipped > most {
            let left = most.less(had);
            let detail = format!(
                "line {} replaces goods that are to come back first: {left} base units may go now",
                line.position
            );
            return Err(Refusal::new(Code::ExchangeNotReceived, detail).allowed(left.to_string()));
        }
    }
    Ok(())
}

/// Whether everything that was announced came or is no longer expected.
pub fn is_settled(returned: &Return) -> bool {
    returned.lines.iter().all(|line| line.outstanding().is_zero() && line.refunded == line.kept())
}
