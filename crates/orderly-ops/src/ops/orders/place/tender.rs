//! The payments an order comes with: decided with the order, written with it.

use std::collections::HashSet;

use orderly_core::id::IdSource;
use orderly_core::order::Order;
use orderly_core::payment::apply::paid;
use orderly_core::payment::post::CASH;
use orderly_core::payment::{Payment, Purpose};
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::channels;

use crate::ops::payments::{self, amount_in, done, opened, store_credit};
use crate::ops::tills;
use crate::wire::PaymentIn;
use crate::{Call, Error};

/// A payment to be written with its order.
pub struct Tendered {
    /// The index of its order in the batch.
    pub index: usize,
    pub payment: Payment,
    pub kind: &'static str,
}

/// Decides what the channel has authorized or captured for the order, and what the order is paid
/// by it. What the channel says has happened: nothing stays pending.
///
/// # Errors
/// `already_exists` where the provider's payment is known, or comes twice in the batch;
/// `money_invalid` where neither amount is given.
pub fn tender(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &mut Order,
    given: &[PaymentIn],
    known: &HashSet<(String, String)>,
) -> Result<Vec<(Payment, &'static str)>, Error> {
    let mut out: Vec<(Payment, &'static str)> = Vec::with_capacity(given.len());
    for (index, one) in given.iter().enumerate() {
        let under = |error: Error| match error {
            Error::Refused(refusal) => refusal.under(&format!("/payments/{index}")).into(),
            other => other,
        };
        let stated = stated(order, one);
        let payment = opened(tx, call, &stated, Some(order), ids).map_err(under)?;
        let name = payment.reference.clone().map(|text| (payment.provider.clone(), text));
        let twice = name.as_ref().is_some_and(|name| {
            let own = out.iter().any(|(other, _)| {
                (Some(&other.provider), other.reference.as_ref()) == (Some(&name.0), Some(&name.1))
            });
            known.contains(name) || own
        });
        if twice {
            let detail = "the provider's payment comes twice";
            return Err(under(Refusal::new(Code::AlreadyExists, detail).into()));
        }
        let (payment, kind) = decided(call, ids, order, one, &payment).map_err(under)?;
        if payment.amounts.captured > 0 {
            store_credit::ensure_enough(tx, &payment, payment.amounts.captured).map_err(under)?;
            if payment.provider == CASH {
                let location = channels::get(tx, order.channel)?.and_then(|one| one.location);
                tills::session_for(tx, call, location, payment.currency).map_err(under)?;
            }
        }
        out.push((payment, kind));
    }
    Ok(out)
}

fn stated(order: &Order, given: &PaymentIn) -> payments::PaymentIn {
    payments::PaymentIn {
        order: Some(order.id),
        customer: order.head.customer,
        channel: Some(order.channel),
        provider: Some(given.provider.clone()),
        method: given.method.clone().unwrap_or_else(|| given.provider.clone()),
        reference: given.reference.clone(),
        amount: None,
        currency: None,
        tendered: given.tendered.clone(),
        settling: payments::Settling::AtOnce,
    }
}

fn decided(
    call: &Call,
    ids: &mut IdSource,
    order: &mut Order,
    given: &PaymentIn,
    opened: &Payment,
) -> Result<(Payment, &'static str), Error> {
    let amount = |text: &Option<String>| {
        text.as_deref().map(|text| amount_in(text, order.currency)).transpose()
    };
    let (authorized, captured) = (amount(&given.authorized)?, amount(&given.captured)?);
    let missing = || {
        let detail = "say what was authorized or captured";
        Refusal::at(Code::MoneyInvalid, "/authorized", detail)
    };
    let reserved = authorized.or(captured).ok_or_else(missing)?;
    let purpose = Purpose { order: Some(order.id), refund: None };
    let mut payment = opened.authorize(reserved, purpose, ids, call.now)?;
    payment = done(&payment, given.reference.clone(), call, ids)?;
    if let Some(captured) = captured.filter(|amount| *amount > 0) {
        payment = payment.capture(captured, purpose, ids, call.now)?;
        payment = done(&payment, None, call, ids)?;
        payment = payment.tendered(None, amount(&given.tendered)?);
    }
    order.head.paid = paid(order, None, &payment);
    (payment.version, payment.sequence) = (1, 1);
    let kind = if captured.is_some() { "payment.taken" } else { "payment.authorized" };
    Ok((payment, kind))
}
