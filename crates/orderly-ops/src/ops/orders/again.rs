//! Sourcing an order again after work came back to it.

use orderly_core::catalog::{Channel, WhenShort};
use orderly_core::id::{IdSource, ItemId, LocationId, PartyId};
use orderly_core::order::{Line, Order};
use orderly_core::sourcing::Stock;
use orderly_store::Tx;
use orderly_store::tables::exceptions::Exception;
use orderly_store::tables::{catalog, channels, exceptions, orders};

use super::place::read_levels;
use super::resolve::Resolver;
use super::source::{Outcome, Sources, explanation, source_order};
use crate::{Call, Error};

/// The stocked items of an order.
pub fn items_of(order: &Order) -> Vec<ItemId> {
    let claiming = order.lines.iter().filter(|line| line.claims_stock());
    let mut items: Vec<ItemId> = claiming.filter_map(|line| line.item).collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// Allocates what is unallocated of an order again, leaving out locations that refused it.
///
/// What happened is a fact, so a shortage is never refused here: it waits as a backorder, and an
/// exception is raised for it and for what no location may serve at all.
pub fn source_again(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &mut Order,
    excluded: &[LocationId],
    ids: &mut IdSource,
) -> Result<(), Error> {
    sourced(tx, call, order, excluded, ids, |_| WhenShort::Accept)
}

/// Allocates what is unallocated of an order that was edited, by its channel's policy when short:
/// goods at the till count as sold.
///
/// # Errors
/// Those of sourcing an order.
pub fn source_more(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &mut Order,
    ids: &mut IdSource,
) -> Result<(), Error> {
    let waits = |line: &Line| line.claims_stock() && !line.quantities.unallocated.is_zero();
    if !order.lines.iter().any(waits) {
        return Ok(());
    }
    sourced(tx, call, order, &[], ids, |own| match own {
        WhenShort::Refuse => WhenShort::Refuse,
        WhenShort::Accept | WhenShort::HandOver => WhenShort::Accept,
    })
}

fn sourced(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &mut Order,
    excluded: &[LocationId],
    ids: &mut IdSource,
    policy: impl Fn(WhenShort) -> WhenShort,
) -> Result<(), Error> {
    let items = items_of(order);
    if items.is_empty() {
        return Ok(());
    }
    let catalog = catalog::load_ids(tx, &items)?;
    let found = channels::get(tx, order.channel)?;
    let missing = || Error::Internal(format!("order {} has no channel", order.number));
    let own = found.ok_or_else(missing)?;
    let channel = Channel { when_short: policy(own.when_short), ..own };
    let mut resolver = Resolver::new(tx)?;
    let goes: Vec<PartyId> = order.deliveries.iter().filter_map(|one| one.ship_to).collect();
    resolver.locate(tx, &goes)?;
    let mut stock = Stock::new(read_levels(tx, &items)?);
    let coordinates = &resolver.coordinates;
    let mut sources = Sources {
        channel: &channel,
        locations: &resolver.locations,
        catalog: &catalog,
        stock: &mut stock,
        excluded,
        to: &|delivery| delivery.ship_to.and_then(|to| coordinates.get(&to).copied()),
    };
    match source_order(call, order, &mut sources, ids)? {
        Outcome::NeedsRoom(_) => Err(Error::Internal("no room is made for what waits".into())),
        Outcome::Sourced { explanations, exceptions: mut raised } => {
            raised.extend(unsourced(call, order, ids));
            exceptions::insert(tx, &raised)?;
            if !explanations.is_empty() {
                orders::explain(tx, &[explanation(order, call.now, &explanations)])?;
            }
            Ok(())
        }
    }
}

/// An exception for every line that no location may serve.
fn unsourced(call: &Call, order: &Order, ids: &mut IdSource) -> Vec<Exception> {
    let open = order.lines.iter().filter(|line| {
        let supplied = order.deliveries.iter().any(|delivery| {
            delivery.id == line.delivery && delivery.method == orderly_core::order::Method::Supplier
        });
        line.claims_stock() && !line.quantities.unallocated.is_zero() && !supplied
    });
    let one = |line: &orderly_core::order::Line| Exception {
        id: ids.draw(),
        kind: "unsourced".into(),
        item: line.item,
        location: None,
        order: Some(order.id),
        line: Some(line.id),
        qty: Some(line.quantities.unallocated.get()),
        detail: format!("no location may serve line {} of {}", line.position, order.number),
        raised_at: call.now,
        settled_at: None,
    };
    open.map(one).collect()
}
