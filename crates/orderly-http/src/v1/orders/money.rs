//! The money of an order: reserved, taken, let go.

use orderly_core::actor::Permission;
use orderly_core::id::PaymentId;
use orderly_core::refusal::{Code, Refusal};
use orderly_ops::Error;
use orderly_ops::ops::payments::{self, PaymentIn, Settling, StepIn};
use orderly_ops::ops::read::orders::Shown;
use orderly_ops::wire::out::PaymentOut;
use schemars::JsonSchema;
use serde::Deserialize;

use super::named;
use crate::operation::{act, create};
use crate::{Cx, Done, Operation};

pub fn operations() -> Vec<Operation> {
    let right = Permission::TakePayment;
    vec![
        create(
            "/v1/orders/{order}/payments/authorize",
            "orders.authorize",
            "Reserve money for an order",
            right,
            authorize,
        ),
        create(
            "/v1/orders/{order}/payments/take",
            "orders.take_payment",
            "Take money for an order at once",
            right,
            take,
        ),
        act(
            "/v1/orders/{order}/payments/capture",
            "orders.capture",
            "Take reserved money of an order",
            right,
            capture,
        )
        .unversioned(),
        act(
            "/v1/orders/{order}/payments/void",
            "orders.void_payment",
            "Let reserved money of an order go",
            right,
            void,
        )
        .unversioned(),
    ]
}

/// A payment of an order.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct PayIn {
    /// What the order still asks for where absent.
    amount: Option<String>,
    /// How the customer pays: `cash`, `card`, `transfer` …; `cash` where absent.
    method: Option<String>,
    /// Who moves the money: `manual` (where absent), `cash`, or a provider's name.
    provider: Option<String>,
    /// The provider's name of the payment.
    reference: Option<String>,
    /// The provider's reference of this step: it has happened.
    under: Option<String>,
    /// The provider answers later: it stays pending.
    later: bool,
}

fn settling(under: Option<String>, later: bool) -> Settling {
    match (under, later) {
        (_, true) => Settling::Later,
        (Some(reference), _) => Settling::Under(reference),
        _ => Settling::AtOnce,
    }
}

impl PayIn {
    fn for_order(self, shown: &Shown) -> PaymentIn {
        PaymentIn {
            order: Some(shown.order.id),
            provider: self.provider,
            method: self.method.unwrap_or_else(|| "cash".into()),
            reference: self.reference,
            amount: self.amount,
            settling: settling(self.under, self.later),
            ..PaymentIn::default()
        }
    }
}

fn shown(payment: &orderly_core::payment::Payment) -> Done<PaymentOut> {
    Done::of(PaymentOut::from(payment)).version(payment.version)
}

fn authorize(cx: &Cx, body: PayIn) -> Result<Done<PaymentOut>, Error> {
    let new = body.for_order(&named(cx)?);
    Ok(shown(&payments::authorize(&cx.app, &cx.call, &new)?))
}

fn take(cx: &Cx, body: PayIn) -> Result<Done<PaymentOut>, Error> {
    let new = body.for_order(&named(cx)?);
    Ok(shown(&payments::take(&cx.app, &cx.call, &new)?))
}

/// Reserved money of an order.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ReservedIn {
    /// The payment's id; the order's first with reserved money where absent.
    payment: Option<String>,
    /// All that is reserved where absent.
    amount: Option<String>,
    /// The provider's reference of this step: it has happened.
    under: Option<String>,
    /// The provider answers later: it stays pending.
    later: bool,
}

impl ReservedIn {
    fn step(self, cx: &Cx) -> Result<(PaymentId, StepIn), Error> {
        let shown = named(cx)?;
        let id = match self.payment.as_deref() {
            Some(text) => text.parse().map_err(|_| {
                Refusal::at(Code::InvalidField, "/payment", "this is no id of a payment")
            })?,
            None => {
                let reserved = shown.payments.iter().find(|one| one.amounts.capturable() > 0);
                let any = reserved.or(shown.payments.last());
                any.ok_or_else(|| Error::not_found("payment of this order"))?.id
            }
        };
        let order = Some(shown.order.id);
        let settling = settling(self.under, self.later);
        Ok((id, StepIn { order, amount: self.amount, settling }))
    }
}

fn capture(cx: &Cx, body: ReservedIn) -> Result<Done<PaymentOut>, Error> {
    let (id, step) = body.step(cx)?;
    Ok(shown(&payments::capture(&cx.app, &cx.call, id, &step)?))
}

fn void(cx: &Cx, body: ReservedIn) -> Result<Done<PaymentOut>, Error> {
    let (id, step) = body.step(cx)?;
    Ok(shown(&payments::void(&cx.app, &cx.call, id, &step)?))
}
