//! Cash on delivery: the money that a carrier, or our own driver, takes from the customer with the
//! goods, and what of it is still on its way to us.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{DeliveryId, IdSource, OrderId, PaymentId, ShipmentId, StopId};
use orderly_core::money::Currency;
use orderly_core::order::{Order, ShipmentLine, price};
use orderly_core::payment::post::COD;
use orderly_core::payment::{self, NewPayment, Payment, Purpose, apply::paid};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::{banks, loads, payments};

use super::done;
use super::save::{Changed, load, save_one};
use crate::ops::invoices;
use crate::ops::loads::road::OWN;
use crate::{App, Call, Error};

/// Money that was taken with the goods.
#[derive(Debug, Clone)]
pub(in crate::ops) struct Taken {
    /// The shipment of a carrier, or the stop of an own vehicle.
    pub at: String,
    pub method: String,
    /// In minor units of the order's currency.
    pub amount: i64,
}

/// Keeps the money due on delivery in step with what carriers deliver: a delivered shipment is
/// paid to its carrier, which owes it to us; a delivery taken back gives it back. The caller saves
/// the order in the same transaction. Own vehicles say what they took at the stop.
///
/// # Errors
/// `not_reversible` where the carrier has remitted it.
pub(in crate::ops) fn follow(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    before: &Order,
    after: &mut Order,
) -> Result<(), Error> {
    if after.deliveries.iter().all(|one| one.due_on_delivery.is_none()) {
        return Ok(());
    }
    for shipment in after.shipments.clone() {
        if shipment.carrier.as_deref() == Some(OWN) {
            continue;
        }
        let (was, now) = (delivered(before, shipment.id), delivered(after, shipment.id));
        if now > was {
            let (at, amount) = (shipment.id.to_string(), due(tx, after, shipment.delivery)?);
            take(tx, call, ids, after, Taken { at, method: "cash".into(), amount })?;
        } else if now < was && now.is_zero() {
            give_back(tx, call, ids, after, &shipment.id.to_string())?;
        }
    }
    Ok(())
}

fn delivered(order: &Order, shipment: ShipmentId) -> Qty {
    let own = order.shipment_lines.iter().filter(|line| line.shipment == shipment);
    Qty::sum(own.map(|line: &ShipmentLine| line.delivered)).unwrap_or(Qty::ZERO)
}

/// What is still to be taken with a delivery: what is due on it less what was taken, and never more
/// than the order asks for. In minor units.
pub(in crate::ops) fn due(
    tx: &mut Tx<'_>,
    order: &Order,
    delivery: DeliveryId,
) -> Result<i64, Error> {
    let Some(due) = order.delivery(delivery)?.due_on_delivery else { return Ok(0) };
    let mut taken = 0;
    for id in payments::of_order(tx, order.id)? {
        let Some(own) = payments::get(tx, id, false)? else { continue };
        if own.provider == COD && is_for(tx, order, delivery, &own)? {
            taken += own.amounts.captured - own.amounts.refunded;
        }
    }
    let asked = price::payable(order) - order.head.paid.authorized;
    Ok((due - taken).min(asked).max(0))
}

/// What a payment was taken at: a shipment or a stop; several times there are numbered.
fn place_of(reference: Option<&str>) -> &str {
    reference.unwrap_or_default().split('/').next().unwrap_or_default()
}

/// Who took the money that a payment of this reference is: the carrier's code, or `own`.
pub(in crate::ops) fn taken_by(
    tx: &mut Tx<'_>,
    reference: Option<&str>,
) -> Result<Option<String>, Error> {
    let place = place_of(reference);
    Ok(match place.parse::<ShipmentId>() {
        Ok(shipment) => payments::carrier_of(tx, shipment)?,
        Err(_) => place.parse::<StopId>().ok().map(|_| OWN.to_owned()),
    })
}

/// Whether money was taken with a delivery; what names neither shipment nor stop counts for all.
fn is_for(
    tx: &mut Tx<'_>,
    order: &Order,
    delivery: DeliveryId,
    payment: &Payment,
) -> Result<bool, Error> {
    let place = place_of(payment.reference.as_deref());
    if let Ok(shipment) = place.parse::<ShipmentId>() {
        return Ok(order.shipment(shipment).is_ok_and(|one| one.delivery == delivery));
    }
    if let Ok(stop) = place.parse::<StopId>() {
        return Ok(loads::stop_of(tx, stop)?.is_none_or(|(_, own, _)| own == delivery));
    }
    Ok(true)
}

/// Takes money with the goods of an order that is being changed; the caller saves the order.
pub(in crate::ops) fn take(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &mut Order,
    taken: Taken,
) -> Result<(), Error> {
    if taken.amount <= 0 {
        return Ok(());
    }
    let (mut reference, mut count) = (taken.at.clone(), 1);
    while payments::by_reference(tx, COD, &reference)?.is_some() {
        count += 1;
        reference = format!("{}/{count}", taken.at);
    }
    let stated = NewPayment {
        legal_entity: order.legal_entity,
        customer: order.head.customer,
        account: order.head.account,
        channel: Some(order.channel),
        provider: COD.into(),
        method: taken.method,
        reference: Some(reference),
        currency: order.currency,
    };
    let purpose = Purpose { order: Some(order.id), refund: None };
    let opened = payment::open(&stated, ids, call.now)?;
    let after = opened.authorize(taken.amount, purpose, ids, call.now)?;
    let after = done(&after, None, call, ids)?;
    let after = after.capture(taken.amount, purpose, ids, call.now)?;
    let after = done(&after, None, call, ids)?;
    keep(tx, call, ids, order, Changed { before: None, after, kind: "payment.taken" })
}

/// Gives back what was taken at a shipment or stop, because the goods were not handed over; the
/// caller saves the order.
///
/// # Errors
/// `not_reversible` where the money has come to us.
pub(in crate::ops) fn give_back(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &mut Order,
    at: &str,
) -> Result<(), Error> {
    for id in payments::of_order(tx, order.id)? {
        let before = load(tx, id)?;
        let amount = before.refundable_for(Some(order.id));
        if before.provider != COD || place_of(before.reference.as_deref()) != at || amount == 0 {
            continue;
        }
        ensure(banks::remitted(tx, id)? == 0, || {
            let detail = format!("the money of payment {id} has come: take that back first");
            let ways = "orderly bank unmatch, orderly tills hand-back";
            Refusal::new(Code::NotReversible, detail).allowed(ways)
        })?;
        let after = before.withdraw(order, amount, ids, call.now)?;
        let after = after.refund(amount, Purpose::default(), ids, call.now)?;
        let after = done(&after, None, call, ids)?;
        let changed = Changed { before: Some(before), after, kind: "payment.refunded" };
        keep(tx, call, ids, order, changed)?;
    }
    Ok(())
}

fn keep(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &mut Order,
    changed: Changed,
) -> Result<(), Error> {
    order.head.paid = paid(order, changed.before.as_ref(), &changed.after);
    invoices::balance(tx, call, ids, order)?;
    save_one(tx, call, ids, changed).map(drop)
}

/// Money that was taken with the goods and has come neither to a bank nor into a till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    pub payment: PaymentId,
    /// Who has it: the carrier's code, `own` for our own drivers; unknown where money on delivery
    /// was taken by hand.
    pub carrier: Option<String>,
    pub order: Option<OrderId>,
    pub order_number: Option<String>,
    pub currency: Currency,
    /// In minor units.
    pub taken: i64,
    pub remitted: i64,
    pub taken_at: Instant,
}

impl Owed {
    pub const fn open(&self) -> i64 {
        self.taken - self.remitted
    }
}

/// How much is looked at.
const MOST: i64 = 10_000;

/// Returns what carriers and drivers took and still owe us, of one or of all, the oldest first.
pub fn owed(app: &App, call: &Call, carrier: Option<&str>) -> Result<Vec<Owed>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| owed_by(tx, carrier))
}

pub(in crate::ops) fn owed_by(tx: &mut Tx<'_>, carrier: Option<&str>) -> Result<Vec<Owed>, Error> {
    let mut out = Vec::new();
    for row in payments::on_delivery(tx, MOST)? {
        let by = taken_by(tx, row.reference.as_deref())?;
        if carrier.is_some_and(|code| by.as_deref() != Some(code)) {
            continue;
        }
        out.push(Owed {
            payment: row.payment,
            carrier: by,
            order: row.order,
            order_number: row.order_number,
            currency: row.currency,
            taken: row.taken,
            remitted: row.remitted,
            taken_at: row.taken_at,
        });
    }
    Ok(out)
}
