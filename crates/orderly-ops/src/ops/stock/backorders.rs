//! Serving backorders when stock comes: by priority, then age.

use std::collections::{BTreeMap, BTreeSet};

use orderly_core::catalog::{Catalog, Location};
use orderly_core::id::*;
use orderly_core::order::Order;
use orderly_core::order::backorder::{serve, waiting};
use orderly_core::sourcing::{Demand, Stock, Wanted, source};
use orderly_core::units::{Level, LevelKey};
use orderly_store::Tx;
use orderly_store::tables::claims::{self, Claimed};
use orderly_store::tables::tasks::{self, Task};
use orderly_store::tables::{catalog, levels, locations};

use crate::ops::orders::{self, ids_after_audit};
use crate::{App, Call, Error};

/// The kind of the task that serves the backorders of an item at a location.
pub const FILL: &str = "fill_backorders";

/// Backordered claims looked at in one transaction.
const CLAIMS: i64 = 500;

/// Has the backorders of these items served at these locations, where there are any. Called in
/// the transaction that makes goods free, after it has changed their levels.
pub fn enqueue(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    grown: &[(ItemId, LocationId)],
) -> Result<(), Error> {
    let items: BTreeSet<ItemId> = grown.iter().map(|(item, _)| *item).collect();
    let items: Vec<ItemId> = items.into_iter().collect();
    let waits: BTreeSet<(ItemId, LocationId)> = levels::of_items(tx, &items)?
        .into_iter()
        .filter(|level| !level.backordered.is_zero())
        .map(|level| (level.key.item, level.key.location))
        .collect();
    for (item, location) in grown.iter().filter(|one| waits.contains(one)) {
        let task = Task {
            id: ids.draw(),
            kind: FILL.into(),
            key: key_of(*item, *location),
            payload: "{}".into(),
            attempts: 0,
            next_at: call.now,
            created_at: call.now,
        };
        tasks::enqueue(tx, &task)?;
    }
    Ok(())
}

fn key_of(item: ItemId, location: LocationId) -> String {
    format!("{item}@{location}")
}

/// Reads the item and the location of a task's key.
pub fn parse_key(key: &str) -> Option<(ItemId, LocationId)> {
    let (item, location) = key.split_once('@')?;
    Some((item.parse().ok()?, location.parse().ok()?))
}

/// Serves the backorders of an item at a location from what is on hand and unclaimed there, by
/// priority then age: kits whole, lengths by the piece. Returns how many orders were served.
///
/// Each transaction looks at up to 500 waiting claims. An order is served as far as the goods
/// reach; a kit that cannot be whole takes nothing, and the next in line is tried.
pub fn fill(app: &App, call: &Call, item: ItemId, location: LocationId) -> Result<u64, Error> {
    let mut served = 0;
    for step in 0.. {
        let call = Call { seed: call.seed.wrapping_add(step), ..call.clone() };
        let now = app.store.write(|tx| fill_some(tx, &call, item, location))?;
        served += now;
        if now == 0 {
            break;
        }
    }
    app.store.write(|tx| {
        let Some(place) = locations::get(tx, location)? else { return Ok(()) };
        let call = Call { seed: call.seed ^ 0x776f_726b, ..call.clone() };
        super::work::serve(tx, &call, &mut ids_after_audit(&call), item, &place)
    })?;
    Ok(served)
}

fn fill_some(
    tx: &mut Tx<'_>,
    call: &Call,
    item: ItemId,
    location: LocationId,
) -> Result<u64, Error> {
    let Some(place) = locations::get(tx, location)? else { return Ok(0) };
    let free = levels::of_item(tx, item)?;
    let free = free.iter().filter(|level| level.key.location == location);
    if free.map(Level::unclaimed).all(orderly_core::qty::Qty::is_zero) {
        return Ok(0);
    }
    let waiting_claims = claims::backordered(tx, item, location, CLAIMS)?;
    let mut orders = Waiting::load(tx, &waiting_claims, &place)?;
    let mut ids = ids_after_audit(call);
    let mut served = 0;
    for id in orders.in_line.clone() {
        if orders.serve(tx, call, &mut ids, id, &place)? {
            served += 1;
        }
    }
    Ok(served)
}

/// Orders that wait, locked by id, and the levels that may serve them, locked after them.
struct Waiting {
    /// By priority, then age.
    in_line: Vec<OrderId>,
    orders: BTreeMap<OrderId, (Order, Vec<Demand>)>,
    stock: Stock,
}

impl Waiting {
    fn load(tx: &mut Tx<'_>, waiting: &[Claimed], place: &Location) -> Result<Self, Error> {
        let mut lines = BTreeMap::<OrderId, Vec<LineId>>::new();
        let mut in_line = Vec::new();
        for one in waiting {
            let own = lines.entry(one.order).or_default();
            if own.is_empty() {
                in_line.push(one.order);
            }
            own.push(one.claim.line);
        }
        let mut orders = BTreeMap::new();
        for (id, lines) in lines {
            let order = orders::load(tx, id)?;
            let demands = demands(tx, &order, place.id, &lines)?;
            orders.insert(id, (order, demands));
        }
        let stock = stock(tx, &orders, place.id)?;
        Ok(Self { in_line, orders, stock })
    }

    /// Serves one order as far as the stock reaches; whether any of it was.
    fn serve(
        &mut self,
        tx: &mut Tx<'_>,
        call: &Call,
        ids: &mut IdSource,
        id: OrderId,
        place: &Location,
    ) -> Result<bool, Error> {
        let Some((order, demands)) = self.orders.get(&id) else { return Ok(false) };
        let Some(delivery) = order.deliveries.first() else { return Ok(false) };
        let wanted =
            Wanted { delivery: delivery.id, named: Some(place.id), to: None, excluded: &[] };
        let takes = source(demands, &wanted, std::slice::from_ref(place), &self.stock).takes;
        if takes.is_empty() {
            return Ok(false);
        }
        for take in &takes {
            self.stock.allocate(take.level, take.takes);
        }
        let decision = serve(order, &takes, call.now, ids)?;
        orders::apply(tx, call, ids, order, decision, "order.backorders_served")?;
        Ok(true)
    }
}

/// What of an order's lines waits at the location.
fn demands(
    tx: &mut Tx<'_>,
    order: &Order,
    location: LocationId,
    lines: &[LineId],
) -> Result<Vec<Demand>, Error> {
    let items: BTreeSet<ItemId> = order.lines.iter().filter_map(|line| line.item).collect();
    let items: Vec<ItemId> = items.into_iter().collect();
    let catalog: Catalog = catalog::load_ids(tx, &items)?;
    Ok(waiting(order, &catalog, location, lines)?)
}

/// Locks every level at the location that the demands may draw on, as backorders see them.
fn stock(
    tx: &mut Tx<'_>,
    orders: &BTreeMap<OrderId, (Order, Vec<Demand>)>,
    location: LocationId,
) -> Result<Stock, Error> {
    let needs = orders.values().flat_map(|(_, demands)| demands).flat_map(|one| &one.needs);
    let items: BTreeSet<ItemId> = needs.map(|need| need.item).collect();
    let items: Vec<ItemId> = items.into_iter().collect();
    let known = levels::of_items(tx, &items)?;
    let here = known.iter().map(|level| level.key).filter(|key| key.location == location);
    let keys: Vec<LevelKey> = here.collect();
    let locked = levels::lock(tx, &keys)?;
    Ok(Stock::new(locked.into_iter().map(Level::for_backorders)))
}
