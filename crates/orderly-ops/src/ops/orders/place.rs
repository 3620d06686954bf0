//! Placing orders: one or many at once, in one transaction, one outcome per order.
//!
//! A batch reads the catalog, the customers and the levels of everything it needs, decides all
//! orders in memory in arrival order, and writes each table once. One bad order never fails its
//! neighbors. A lost race rolls the whole batch back and runs it again; a batch that cannot be
//! written is halved until the order at fault stands alone.

mod before;
mod credit;
mod seen;
mod tender;
mod write;

pub(in crate::ops) use write::keep_customers;

use std::collections::HashSet;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::{Catalog, Channel};
use orderly_core::id::{ChannelId, IdSource, ItemId, OrderId, PartyId};
use orderly_core::item::Item;
use orderly_core::order::Order;
use orderly_core::order::change::in_order;
use orderly_core::qty::Qty;
use orderly_core::refusal::Refusal;
use orderly_core::sourcing::{Explanation, Stock};
use orderly_core::time::Instant;
use orderly_core::units::{Level, LevelKey};
use orderly_store::tables::exceptions::Exception;
use orderly_store::tables::idempotency::Answer;
use orderly_store::tables::{catalog, levels};
use orderly_store::{Engine, Tx};

use self::before::Before;
use self::credit::Credit;
use self::seen::Seen;
use self::tender::{Tendered, tender};
use super::resolve::{Asked, Resolver};
use super::source::{Outcome as Sourcing, Sources, explanation, source_order};
use super::trade::Trades;
use super::{folded, ids_after_audit};
use crate::call::content_hash;
use crate::ops::command::{Object, denied, refusal_from};
use crate::ops::prices::rules::Rules;
use crate::ops::quotes::draws::Offered;
use crate::ops::stock::make_room::make_room;
use crate::wire::OrderIn;
use crate::{App, Call, Error};

pub const VERB: &str = "order.place";
/// Orders decided and written together.
pub(super) const BATCH: usize = 500;
/// How often a batch starts again after a lost race before it is halved.
const STARTS: usize = 3;

/// One order to place, with the call it came with.
#[derive(Debug, Clone, Copy)]
pub struct Placing<'a> {
    pub call: &'a Call,
    pub order: &'a OrderIn,
}

/// Places one order. See [`place_many`].
pub fn place(app: &App, call: &Call, order: &OrderIn) -> Result<Order, Error> {
    let mut outcomes = place_many(app, &[Placing { call, order }]);
    outcomes.pop().unwrap_or_else(|| Err(Error::Internal("a placement had no outcome".into())))
}

/// Places orders and returns one outcome for each, in order. What is answered is committed.
///
/// An order whose key or whose (channel, external id) was placed before is answered with the order
/// as it was placed.
///
/// # Errors
/// Per order: the refusals of building and sourcing it, `external_order_changed` with what differs,
/// `idempotency_mismatch`.
pub fn place_many(app: &App, placings: &[Placing<'_>]) -> Vec<Result<Order, Error>> {
    let mut outcomes = Vec::with_capacity(placings.len());
    for batch in placings.chunks(BATCH) {
        match super::numbers::take(app, batch.len()) {
            Ok(numbers) => outcomes.extend(place_batch(app, batch, &numbers)),
            Err(error) => {
                let text = error.to_string();
                outcomes.push(Err(error));
                let again = || Err(Error::Internal(text.clone()));
                outcomes.extend(std::iter::repeat_with(again).take(batch.len() - 1));
            }
        }
    }
    for (placing, outcome) in placings.iter().zip(&mut outcomes) {
        if let Err(error) = outcome
            && let Err(unwritten) = denied(app, placing.call, VERB, error)
        {
            *outcome = Err(unwritten);
        }
    }
    outcomes
}

/// Places one order as a part of another command, in its transaction: the order has no key of its
/// own, and a refusal is the command's.
///
/// # Errors
/// Those of [`place_many`].
pub(in crate::ops) fn place_in(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &OrderIn,
    number: &str,
) -> Result<Order, Error> {
    let own = Call { key: None, expected_version: None, ..call.clone() };
    let numbers = [number.to_owned()];
    match Batch::place(tx, &[Placing { call: &own, order }], &numbers, true)?.pop() {
        Some(Placed::Done(order)) => Ok(*order),
        Some(Placed::Refused(refusal)) => Err(refusal.into()),
        Some(Placed::Failed(error)) => Err(error),
        _ => Err(Error::Internal("a placement had no outcome".into())),
    }
}

fn place_batch(app: &App, batch: &[Placing<'_>], numbers: &[String]) -> Vec<Result<Order, Error>> {
    let mut last = Error::Again;
    for _ in 0..STARTS {
        match app.store.write(|tx| Batch::place(tx, batch, numbers, false)) {
            Ok(outcomes) => {
                app.wake.tell();
                return finish(app, batch, numbers, outcomes);
            }
            Err(Error::Again) => {}
            Err(error) => {
                last = error;
                break;
            }
        }
    }
    if batch.len() == 1 {
        return vec![Err(last)];
    }
    let (left, right) = batch.split_at(batch.len() / 2);
    let (left_numbers, right_numbers) = numbers.split_at(left.len());
    let mut outcomes = place_batch(app, left, left_numbers);
    outcomes.extend(place_batch(app, right, right_numbers));
    outcomes
}

/// Turns the batch's outcomes into answers; orders at the till that need room are placed alone.
fn finish(
    app: &App,
    batch: &[Placing<'_>],
    numbers: &[String],
    outcomes: Vec<Placed>,
) -> Vec<Result<Order, Error>> {
    let mut answers: Vec<Result<Order, Error>> = Vec::with_capacity(outcomes.len());
    for (index, placed) in outcomes.into_iter().enumerate() {
        let answer = match placed {
            Placed::Done(order) => Ok(*order),
            Placed::Refused(refusal) => Err(refusal.into()),
            Placed::Failed(error) => Err(error),
            Placed::SameAs(first) => match &answers[first] {
                Ok(order) => Ok(order.clone()),
                Err(Error::Refused(refusal)) => Err(refusal.clone().into()),
                Err(error) => Err(Error::Internal(error.to_string())),
            },
            Placed::Alone => place_alone(app, &batch[index..=index], &numbers[index..=index]),
        };
        answers.push(answer);
    }
    answers
}

fn place_alone(app: &App, one: &[Placing<'_>], numbers: &[String]) -> Result<Order, Error> {
    for _ in 0..STARTS {
        match app.store.write(|tx| Batch::place(tx, one, numbers, true)) {
            Err(Error::Again) => {}
            Err(error) => return Err(error),
            Ok(mut outcomes) => {
                return match outcomes.pop() {
                    Some(Placed::Done(order)) => Ok(*order),
                    Some(Placed::Refused(refusal)) => Err(refusal.into()),
                    Some(Placed::Failed(error)) => Err(error),
                    _ => Err(Error::Internal("an order at the till found no room".into())),
                };
            }
        }
    }
    Err(Error::Again)
}

/// What became of one order of a batch.
enum Placed {
    Done(Box<Order>),
    Refused(Refusal),
    /// Not an outcome: no right, an unreadable stored answer.
    Failed(Error),
    /// The same order came earlier in the batch.
    SameAs(usize),
    /// Needs a transaction of its own, in which room is made.
    Alone,
}

/// A batch in its transaction.
struct Batch<'a> {
    batch: &'a [Placing<'a>],
    numbers: &'a [String],
    alone: bool,
    resolver: Resolver,
    before: Before,
    credit: Credit,
    catalog: Catalog,
    /// What the batch's orders draw on.
    offered: Offered,
    rules: Rules,
    stock: Stock,
    explained: Vec<(OrderId, Instant, String)>,
    /// Why the lines cost what they cost.
    traces: Vec<(OrderId, Instant, String)>,
    exceptions: Vec<Exception>,
    tendered: Vec<Tendered>,
    /// Whose keys have been answered before.
    answered: HashSet<usize>,
    /// The providers' names of the batch's payments.
    references: HashSet<(String, String)>,
}

/// An order ready to be sourced.
struct Built {
    order: Order,
    channel: Channel,
    ids: IdSource,
}

impl<'a> Batch<'a> {
    fn place(
        tx: &mut Tx<'_>,
        batch: &'a [Placing<'a>],
        numbers: &'a [String],
        alone: bool,
    ) -> Result<Vec<Placed>, Error> {
        let asked: Vec<(&Call, &OrderIn)> = batch.iter().map(|one| (one.call, one.order)).collect();
        let offered = Offered::read(tx, &asked)?;
        let skus: Vec<&str> = {
            let orders = batch.iter().enumerate();
            let filled = orders.filter_map(|(index, one)| offered.request(index, one.order).ok());
            let lines = filled.flat_map(|order| order.lines.iter());
            let mut skus: Vec<&str> = lines.filter_map(|line| line.sku.as_deref()).collect();
            skus.sort_unstable();
            skus.dedup();
            skus
        };
        let catalog = catalog::load(tx, &skus)?;
        let mut resolver = Resolver::new(tx)?;
        let before = Before::read(tx, batch, &mut resolver)?;
        let mut this = Self {
            batch,
            numbers,
            alone,
            resolver,
            before,
            credit: Credit::default(),
            rules: Rules::load(tx, &catalog)?,
            catalog,
            offered,
            stock: Stock::default(),
            explained: Vec::new(),
            traces: Vec::new(),
            exceptions: Vec::new(),
            tendered: Vec::new(),
            answered: HashSet::new(),
            references: HashSet::new(),
        };
        let requests = batch.iter().enumerate();
        let requests =
            requests.filter_map(|(index, one)| this.offered.request(index, one.order).ok());
        let trades = Trades::read(tx, requests)?;
        this.resolver.trades = trades;
        let built = this.build_all(tx)?;
        this.credit = Credit::read(tx, built.iter().flatten().map(|built| &built.order))?;
        this.read_stock(tx, &built)?;
        let placed = this.source_all(tx, built)?;
        this.write(tx, &placed)?;
        Ok(placed)
    }

    fn build_all(&mut self, tx: &mut Tx<'_>) -> Result<Vec<Result<Built, Placed>>, Error> {
        let mut seen = Seen::default();
        let mut built = Vec::with_capacity(self.batch.len());
        for index in 0..self.batch.len() {
            built.push(match self.build(tx, index, &mut seen) {
                Ok(one) => one,
                Err(Error::Refused(refusal)) => Err(Placed::Refused(refusal)),
                Err(error @ (Error::Unavailable(_) | Error::Again)) => return Err(error),
                Err(error) => Err(Placed::Failed(error)),
            });
        }
        Ok(built)
    }

    fn build(
        &mut self,
        tx: &mut Tx<'_>,
        index: usize,
        seen: &mut Seen<'a>,
    ) -> Result<Result<Built, Placed>, Error> {
        let Placing { call, order: request } = self.batch[index];
        match self.before.answer(call) {
            Ok(None) => {}
            Ok(Some(Answer::Done { id, sequence, .. })) => {
                self.answered.insert(index);
                let order = Order::replay(tx, id, sequence)?;
                return Ok(Err(Placed::Done(Box::new(order))));
            }
            Ok(Some(Answer::Refused { problem })) => {
                self.answered.insert(index);
                return Ok(Err(Placed::Refused(refusal_from(&problem)?)));
            }
            Err(error) => return Ok(Err(Placed::Failed(error))),
        }
        let channel = self.resolver.channel(tx, &request.channel)?;
        let scope = Scope { channel: Some(channel.id), ..Scope::default() };
        call.require(Permission::Place, scope)?;
        let content = serde_json::to_vec(request);
        let hash = content_hash(&content.map_err(|error| Error::Internal(error.to_string()))?);
        if let Some(first) = seen.earlier(call, channel.id, request.external_id.as_deref(), hash)? {
            return Ok(Err(Placed::SameAs(first)));
        }
        seen.add(index, call, channel.id, request.external_id.as_deref(), hash);
        let (parties, customers) =
            (self.resolver.new_parties.len(), self.resolver.new_customers.len());
        let mut ids = ids_after_audit(call);
        let number = self.numbers[index].as_str();
        let filled = match self.offered.request(index, request) {
            Ok(filled) => filled,
            Err(refusal) => {
                let external = request.external_id.as_deref();
                let before = self.sent_before(tx, channel.id, external, hash)?;
                return before.map(Err).ok_or_else(|| refusal.into());
            }
        };
        let asked = Asked { request: filled, channel: &channel, number, content_hash: hash };
        let result = self.resolver.order(tx, call, &mut ids, &asked).and_then(|new| {
            let (known, fresh) = ((&channel, &self.catalog), &self.resolver.new_parties);
            self.rules.build(tx, call, &new, known, fresh, &mut ids)
        });
        // What a refused order brought along is not kept.
        let (order, traces) = result.inspect_err(|_| self.resolver.forget(parties, customers))?;
        if let Some(placed) = self.placed_before(tx, &order)? {
            self.resolver.forget(parties, customers);
            return Ok(Err(placed));
        }
        let mut order = order;
        if !traces.is_empty() {
            let trace = serde_json::to_string(&traces);
            let trace = trace.map_err(|error| Error::Internal(error.to_string()))?;
            self.traces.push((order.id, call.now, trace));
        }
        let paid = tender(tx, call, &mut ids, &mut order, &request.payments, &self.references)?;
        for (payment, kind) in paid {
            let name = payment.reference.clone().map(|text| (payment.provider.clone(), text));
            self.references.extend(name);
            self.tendered.push(Tendered { index, payment, kind });
        }
        Ok(Ok(Built { order, channel, ids }))
    }

    /// The order the channel sent with the same content before.
    fn sent_before(
        &self,
        tx: &mut Tx<'_>,
        channel: ChannelId,
        external: Option<&str>,
        hash: [u8; 16],
    ) -> Result<Option<Placed>, Error> {
        let Some(external) = external else { return Ok(None) };
        let known = self.before.order(channel, external).filter(|(_, own)| *own == hash);
        let before = known.map(|(id, _)| folded(tx, id, 1)).transpose()?.flatten();
        Ok(before.map(|order| Placed::Done(Box::new(order))))
    }

    /// The order the channel knows by this external id, if it was placed before.
    fn placed_before(&self, tx: &mut Tx<'_>, order: &Order) -> Result<Option<Placed>, Error> {
        let Some(external) = &order.external_id else { return Ok(None) };
        let Some((id, hash)) = self.before.order(order.channel, external) else {
            return Ok(None);
        };
        let missing = || Error::Internal(format!("{id} has no events"));
        let before = folded(tx, id, 1)?.ok_or_else(missing)?;
        if hash == order.content_hash {
            return Ok(Some(Placed::Done(Box::new(before))));
        }
        Ok(Some(Placed::Refused(super::differ::refusal(&before, order))))
    }

    /// Reads the levels of every item the batch may claim; PostgreSQL locks them in key order.
    fn read_stock(
        &mut self,
        tx: &mut Tx<'_>,
        built: &[Result<Built, Placed>],
    ) -> Result<(), Error> {
        let orders = built.iter().flatten().map(|built| &built.order);
        let parties: Vec<PartyId> = orders
            .clone()
            .flat_map(|order| order.deliveries.iter().filter_map(|delivery| delivery.ship_to))
            .collect();
        self.resolver.locate(tx, &parties)?;
        let claiming = orders.flat_map(|order| order.lines.iter().filter(|l| l.claims_stock()));
        let mut items: Vec<ItemId> = claiming.filter_map(|line| line.item).collect();
        items.sort_unstable();
        items.dedup();
        self.stock = Stock::new(read_levels(tx, &items)?);
        Ok(())
    }

    fn source_all(
        &mut self,
        tx: &mut Tx<'_>,
        built: Vec<Result<Built, Placed>>,
    ) -> Result<Vec<Placed>, Error> {
        let mut placed = Vec::with_capacity(built.len());
        for (index, one) in built.into_iter().enumerate() {
            placed.push(match one {
                Err(placed) => placed,
                Ok(built) => self.source(tx, index, built)?,
            });
        }
        Ok(placed)
    }

    fn source(&mut self, tx: &mut Tx<'_>, index: usize, built: Built) -> Result<Placed, Error> {
        let call = self.batch[index].call;
        let Built { mut order, channel, mut ids } = built;
        if let Err(refusal) = self.offered.draw(&order) {
            return Ok(Placed::Refused(refusal));
        }
        let trades = &self.resolver.trades;
        let standing = match self.credit.decide(call, trades, &mut order, &mut ids) {
            Ok(standing) => standing,
            Err(Error::Refused(refusal)) => {
                self.offered.give_back(&order);
                return Ok(Placed::Refused(refusal));
            }
            Err(error) => return Err(error),
        };
        // Only an order that stands alone is sourced twice.
        let unsourced = self.alone.then(|| order.clone());
        for tried in 0..2 {
            let coordinates = &self.resolver.coordinates;
            let mut sources = Sources {
                channel: &channel,
                locations: &self.resolver.locations,
                catalog: &self.catalog,
                stock: &mut self.stock,
                excluded: &[],
                to: &|delivery| delivery.ship_to.and_then(|to| coordinates.get(&to).copied()),
            };
            match source_order(call, &mut order, &mut sources, &mut ids) {
                Ok(Sourcing::Sourced { explanations, exceptions }) => {
                    self.keep(&order, call.now, &explanations, exceptions);
                    self.credit.take(&order, standing);
                    return Ok(Placed::Done(Box::new(in_order(order))));
                }
                Ok(Sourcing::NeedsRoom(_)) if !self.alone => {
                    self.offered.give_back(&order);
                    return Ok(Placed::Alone);
                }
                Ok(Sourcing::NeedsRoom(needed)) if tried == 0 => {
                    order = unsourced.clone().unwrap_or(order);
                    self.make_room(tx, call, &mut ids, &needed)?;
                }
                Ok(Sourcing::NeedsRoom(_)) => {
                    return Err(Error::Internal("room was made in vain".into()));
                }
                Err(Error::Refused(refusal)) => {
                    self.offered.give_back(&order);
                    return Ok(Placed::Refused(refusal));
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::Internal("an order was not sourced".into()))
    }

    /// The goods are at the till: whoever else claims them waits, and what is on nobody's record
    /// is found. The levels are read again, as backorders see them: what waits does not wait for
    /// these goods.
    fn make_room(
        &mut self,
        tx: &mut Tx<'_>,
        call: &Call,
        ids: &mut IdSource,
        needed: &[(LevelKey, Qty)],
    ) -> Result<(), Error> {
        let mut short = std::collections::BTreeMap::<LevelKey, Qty>::new();
        for (key, qty) in needed {
            let sum = short.entry(*key).or_insert(Qty::ZERO);
            *sum = sum.plus(*qty).unwrap_or(*sum);
        }
        for (key, short) in short {
            // What the order found available is still there: room is made for all of it.
            let level = levels::get(tx, key)?;
            let there = level.map_or(Qty::ZERO, |level| level.available());
            make_room(tx, call, ids, key, there.plus(short).unwrap_or(short))?;
        }
        let items: Vec<ItemId> =
            self.catalog.items().map(|item: &std::sync::Arc<Item>| item.id).collect();
        let levels = read_levels(tx, &items)?.into_iter().map(Level::for_backorders);
        self.stock = Stock::new(levels);
        Ok(())
    }

    fn keep(
        &mut self,
        order: &Order,
        now: Instant,
        explanations: &[Explanation],
        exceptions: Vec<Exception>,
    ) {
        if !explanations.is_empty() {
            self.explained.push(explanation(order, now, explanations));
        }
        self.exceptions.extend(exceptions);
    }
}

/// Reads the levels of items; PostgreSQL locks them in key order.
pub fn read_levels(
    tx: &mut Tx<'_>,
    items: &[ItemId],
) -> Result<Vec<orderly_core::units::Level>, Error> {
    let found = levels::of_items(tx, items)?;
    if tx.engine() == Engine::Sqlite {
        return Ok(found);
    }
    let keys: Vec<LevelKey> = found.iter().map(|level| level.key).collect();
    Ok(levels::lock(tx, &keys)?)
}
