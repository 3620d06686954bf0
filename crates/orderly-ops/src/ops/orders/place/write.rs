//! Writing what a batch decided, each table once.

use std::collections::HashSet;

use orderly_core::id::{CustomerId, IdSource, OrderId, PartyId};
use orderly_core::order::{Order, claims};
use orderly_core::refusal::Refusal;
use orderly_store::Tx;
use orderly_store::tables::{
    audit, customers, events, exceptions, idempotency, levels, numbers, orders, parties, pricing,
};

use serde::Serialize;

use super::super::resolve::Resolver;
use super::{Batch, Placed, VERB};
use crate::Error;
use crate::ops::command::{Object, Reference, entry, outcome};
use crate::ops::events::{Happened, event};
use crate::ops::payments::{Changed, save_one};

/// `Change::Placed` as it is written, without a copy of the order.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum PlacedAs<'a> {
    Placed(&'a Order),
}

impl Batch<'_> {
    /// Writes everything the batch decided, each table once.
    pub(super) fn write(&mut self, tx: &mut Tx<'_>, placed: &[Placed]) -> Result<(), Error> {
        let fresh: Vec<(usize, &Order)> = placed
            .iter()
            .enumerate()
            .filter_map(|(index, placed)| match placed {
                Placed::Done(order) if order.number == self.numbers[index] => {
                    Some((index, order.as_ref()))
                }
                _ => None,
            })
            .collect();
        let placed_orders: Vec<&Order> = fresh.iter().map(|(_, order)| *order).collect();
        self.write_parties(tx, &placed_orders)?;
        if orders::insert(tx, &placed_orders)? < placed_orders.len() as u64 {
            return Err(Error::Again);
        }
        for (index, order) in &fresh {
            self.draw(tx, *index, order)?;
        }
        self.credit.write(tx)?;
        orderly_store::tables::claims::insert(tx, &placed_orders)?;
        let changes =
            placed_orders.iter().flat_map(|order| claims::level_changes(&[], &claims::of(order)));
        let changes: Vec<_> = changes.collect();
        if levels::change(tx, &changes)?.is_some() {
            return Err(Error::Again);
        }
        let happened = fresh.iter().map(|(index, order)| self.placed_event(*index, order));
        events::record(tx, &happened.collect::<Vec<_>>())?;
        for (index, order) in &fresh {
            let call = self.batch[*index].call;
            // Its ids are drawn apart from those of its order.
            let mut ids = IdSource::new(call.now, call.seed ^ 0x696e_766f_6963_6521);
            crate::ops::invoices::wake(tx, call, &mut ids, None, order)?;
        }
        let written: HashSet<usize> = fresh.iter().map(|(index, _)| *index).collect();
        self.write_payments(tx, &written)?;
        orders::explain(tx, &self.explained)?;
        if !self.traces.is_empty() {
            let placed: HashSet<OrderId> = placed_orders.iter().map(|order| order.id).collect();
            self.traces.retain(|(order, _, _)| placed.contains(order));
            pricing::insert_traces(tx, &self.traces)?;
        }
        exceptions::insert(tx, &self.exceptions)?;
        self.write_outcomes(tx, placed)
    }

    /// Writes the payments of the orders that were placed.
    fn write_payments(&self, tx: &mut Tx<'_>, written: &HashSet<usize>) -> Result<(), Error> {
        let own = self.tendered.iter().enumerate();
        for (count, one) in own.filter(|(_, one)| written.contains(&one.index)) {
            let call = self.batch[one.index].call;
            // Its ids are drawn apart from those of its order.
            let mut ids = IdSource::new(call.now, call.seed ^ 0x7061_796d_656e_7421 ^ count as u64);
            let (after, kind) = (one.payment.clone(), one.kind);
            let changed = Changed { before: None, after, kind };
            save_one(tx, call, &mut ids, changed)?;
        }
        Ok(())
    }

    /// Draws what an order draws on quotes. What was read is locked: a draw that another one came
    /// before starts the batch again.
    fn draw(&self, tx: &mut Tx<'_>, index: usize, order: &Order) -> Result<(), Error> {
        let call = self.batch[index].call;
        // Its ids are drawn apart from those of its order.
        let mut ids = IdSource::new(call.now, call.seed ^ 0x6472_6177_6e21);
        match crate::ops::quotes::draws::redraw(tx, call, &mut ids, None, order) {
            Err(Error::Refused(_)) => Err(Error::Again),
            other => other,
        }
    }

    fn placed_event(&self, index: usize, order: &Order) -> events::Event {
        let call = self.batch[index].call;
        // The event's id comes after every id the order can have drawn.
        let mut ids = IdSource::new(call.now, call.seed ^ 0x6576_656e_7421);
        let happened = Happened {
            stream_kind: "order",
            stream: order.id.as_bytes(),
            sequence: 1,
            kind: "order.placed",
            at: order.placed_at,
        };
        event(call, &mut ids, happened, &[PlacedAs::Placed(order)])
    }

    /// Inserts the customers and addresses that placed orders refer to, and no others.
    fn write_parties(&mut self, tx: &mut Tx<'_>, placed: &[&Order]) -> Result<(), Error> {
        let customers: Vec<CustomerId> =
            placed.iter().filter_map(|order| order.head.customer).collect();
        let resolver = &mut self.resolver;
        resolver.new_customers.retain(|customer| customers.contains(&customer.id));
        let deliveries = placed.iter().flat_map(|order| order.deliveries.iter());
        let mut wanted: Vec<PartyId> = deliveries
            .flat_map(|delivery| [delivery.ship_to, delivery.contact])
            .chain(placed.iter().map(|order| order.head.bill_to))
            .flatten()
            .chain(resolver.new_customers.iter().map(|customer| customer.party))
            .collect();
        wanted.sort_unstable();
        resolver.new_parties.retain(|party| wanted.binary_search(&party.id).is_ok());
        parties::insert_many(tx, &resolver.new_parties)?;
        keep_customers(tx, resolver)?;
        Ok(())
    }

    /// Stores each order's outcome under its key, and its audit row.
    fn write_outcomes(&self, tx: &mut Tx<'_>, placed: &[Placed]) -> Result<(), Error> {
        let mut outcomes = Vec::with_capacity(placed.len());
        let mut entries = Vec::with_capacity(placed.len());
        for (index, one) in placed.iter().enumerate() {
            let call = self.batch[index].call;
            let result: Result<Reference, &Refusal> = match one {
                Placed::Done(order) => Ok(order.reference()),
                Placed::SameAs(first) => match &placed[*first] {
                    Placed::Done(order) => Ok(order.reference()),
                    Placed::Refused(refusal) => Err(refusal),
                    _ => continue,
                },
                Placed::Refused(refusal) if matches!(refusal.code().status(), 409 | 422) => {
                    Err(refusal)
                }
                Placed::Refused(_) | Placed::Failed(_) | Placed::Alone => continue,
            };
            if self.answered.contains(&index) {
                continue;
            }
            let mut ids = call.ids();
            entries.push(entry(call, VERB, result, ids.draw()));
            let repeated = outcomes.iter().any(|known: &idempotency::Outcome| {
                Some(&known.key) == call.key.as_ref() && known.source == call.source
            });
            if !repeated {
                outcomes.extend(outcome(call, VERB, result));
            }
        }
        if idempotency::insert(tx, &outcomes)? < outcomes.len() as u64 {
            return Err(Error::Again);
        }
        audit::insert(tx, &entries)?;
        Ok(())
    }
}

/// Numbers the customers that orders or quotes bring along, and inserts them.
pub fn keep_customers(tx: &mut Tx<'_>, resolver: &mut Resolver) -> Result<(), Error> {
    if resolver.new_customers.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(resolver.new_customers.len()).unwrap_or(i64::MAX);
    let merchant = crate::ops::settings::merchant(tx)?;
    let start = crate::ops::parties::FIRST_CUSTOMER;
    let first = numbers::take(tx, merchant.id, "customer", start, count)?;
    for (customer, number) in resolver.new_customers.iter_mut().zip(first..) {
        customer.number = format!("C{number}");
    }
    customers::insert_many(tx, &resolver.new_customers)?;
    Ok(())
}
