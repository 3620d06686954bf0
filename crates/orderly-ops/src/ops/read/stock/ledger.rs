//! Why there are as many as there are: every movement behind a figure, and what was there after.

use std::collections::HashMap;
use std::sync::Arc;

use orderly_core::actor::{ActorKind, Permission, Scope};
use orderly_core::catalog::Location;
use orderly_core::id::{ItemId, LocationId, LotId, MovementId, OrderId, UserId};
use orderly_core::item::Item;
use orderly_core::qty::Qty;
use orderly_core::time::Instant;
use orderly_core::units::{Condition, Level, Place};
use orderly_store::Tx;
use orderly_store::tables::claims::{self, Claimed};
use orderly_store::tables::units::{Holding, movements_of_item};
use orderly_store::tables::{levels, locations, orders, units};

use super::super::catalog::item_called;
use super::{Posting, all_locations, name};
use crate::ops::access;
use crate::ops::catalog::location_called;
use crate::{App, Call, Error};

/// Movements that are read at once.
const PIECE: u32 = 1_000;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Figure {
    /// Goods of ours that can be sold.
    #[default]
    OnHand,
    /// Goods of ours in any condition.
    Held,
}

impl Figure {
    fn counts(self, place: &Place, location: LocationId) -> bool {
        let ours = if self == Self::OnHand { place.is_sellable() } else { place.is_ours() };
        ours && place.location == location
    }
}

/// A movement, what it did to the figure, and the figure after it.
#[derive(Debug, Clone)]
pub struct Step {
    pub posting: Posting,
    pub from: String,
    pub to: String,
    pub lot: Option<String>,
    pub delta: i64,
    pub after: i64,
}

/// A figure with the movements it comes from, the newest first.
#[derive(Debug, Clone)]
pub struct Ledger {
    pub item: Arc<Item>,
    pub location: Location,
    /// What the stock level says.
    pub figure: i64,
    pub steps: Vec<Step>,
    /// The figure before the earliest step shown; zero where nothing is earlier.
    pub before: i64,
    /// Where the earlier movements start, if there are any.
    pub next: Option<(Instant, MovementId)>,
    /// Names of those who moved something, where they have one.
    pub names: HashMap<(ActorKind, UserId), String>,
}

/// Returns a figure of an item at a location with up to `limit` of its movements before a cursor,
/// the newest first. Figure and movements are of one instant, so that they add up.
///
/// # Errors
/// `not_found`, `unknown_location`.
pub fn ledger(
    app: &App,
    call: &Call,
    (item, location): (&str, &str),
    figure: Figure,
    before: Option<(Instant, MovementId)>,
    limit: usize,
) -> Result<Ledger, Error> {
    app.store.read(|tx| {
        let item = item_called(tx, item)?;
        let location = location_called(tx, location)?;
        let scope = Scope { location: Some(location.id), ..Scope::default() };
        call.require(Permission::Read, scope)?;
        let mut all = levels::of_item(tx, item.id)?;
        all.retain(|level| level.key.location == location.id);
        let own = |level: &Level| match figure {
            Figure::OnHand => level.on_hand.get(),
            Figure::Held => level.held.get(),
        };
        let mut ledger = Ledger {
            figure: all.iter().map(own).sum(),
            before: 0,
            steps: Vec::new(),
            next: None,
            names: HashMap::new(),
            item,
            location,
        };
        walk(tx, &mut ledger, figure, before, limit)?;
        let actors = ledger.steps.iter().map(|step| {
            let by = &step.posting.by;
            (by.actor_kind, by.actor)
        });
        ledger.names = access::names(tx, actors.collect::<Vec<_>>())?;
        Ok(ledger)
    })
}

/// Goes back from the figure, movement by movement: what came after the cursor is only counted.
fn walk(
    tx: &mut Tx<'_>,
    ledger: &mut Ledger,
    figure: Figure,
    shown_from: Option<(Instant, MovementId)>,
    limit: usize,
) -> Result<(), Error> {
    let places = all_locations(tx)?;
    let location = ledger.location.id;
    let mut after = ledger.figure;
    let mut cursor = None;
    loop {
        let piece = movements_of_item(tx, ledger.item.id, cursor, PIECE)?;
        let full = piece.len() == PIECE as usize;
        for posting in piece {
            let at = (posting.by.recorded_at, posting.movement.id);
            let moved = &posting.movement;
            let sign = |place: &Place| i64::from(figure.counts(place, location));
            let delta = (sign(&moved.to) - sign(&moved.from)) * moved.qty.get();
            let is_earlier = shown_from.is_none_or(|from| at < from);
            if delta != 0 && is_earlier {
                if ledger.steps.len() == limit {
                    ledger.before = after;
                    ledger.next = ledger
                        .steps
                        .last()
                        .map(|s| (s.posting.by.recorded_at, s.posting.movement.id));
                    return Ok(());
                }
                let lot = lot_code(tx, moved.lot)?;
                let (from, to) = (name(&moved.from, &places), name(&moved.to, &places));
                ledger.steps.push(Step { from, to, lot, delta, after, posting });
            }
            after -= delta;
            cursor = Some(at);
        }
        if !full {
            ledger.before = after;
            return Ok(());
        }
    }
}

fn lot_code(tx: &mut Tx<'_>, id: LotId) -> Result<Option<String>, Error> {
    if id.is_none() {
        return Ok(None);
    }
    Ok(units::lot(tx, id)?.map(|lot| lot.code))
}

/// Goods of an item in one bin of a location, of one lot and condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lies {
    pub location: String,
    pub bin: String,
    pub condition: Option<Condition>,
    pub lot: Option<String>,
    pub qty: Qty,
}

/// Who claims goods of an item at a location.
#[derive(Debug, Clone)]
pub struct Claims {
    pub location: String,
    pub allocated: Vec<Claimed>,
    pub backordered: Vec<Claimed>,
}

/// Where goods of an item lie and who claims them.
#[derive(Debug, Clone)]
pub struct Whereabouts {
    pub lies: Vec<Lies>,
    pub claims: Vec<Claims>,
    pub numbers: HashMap<OrderId, String>,
}

/// Returns where goods of an item lie, by location and bin, and who claims them: up to `limit`
/// claims of a kind at each location.
///
/// # Errors
/// `forbidden`.
pub fn whereabouts(app: &App, call: &Call, item: ItemId, limit: i64) -> Result<Whereabouts, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let mut found =
            Whereabouts { lies: Vec::new(), claims: Vec::new(), numbers: HashMap::new() };
        let mut known: Vec<Location> = locations::all(tx)?;
        known.sort_by(|a, b| a.code.cmp(&b.code));
        for location in known {
            let bins: HashMap<_, _> = locations::bins(tx, location.id)?
                .into_iter()
                .map(|bin| (bin.id, bin.code))
                .collect();
            for holding in units::holdings_of(tx, item, location.id)? {
                let Holding { place, lot, qty, .. } = holding;
                let bin = bins.get(&place.bin).cloned().unwrap_or_default();
                let lot = lot_code(tx, lot)?;
                let code = location.code.clone();
                let condition = place.condition;
                found.lies.push(Lies { location: code, bin, condition, lot, qty });
            }
            let allocated = claims::allocated(tx, item, location.id, limit)?;
            let backordered = claims::backordered(tx, item, location.id, limit)?;
            if !allocated.is_empty() || !backordered.is_empty() {
                let location = location.code;
                found.claims.push(Claims { location, allocated, backordered });
            }
        }
        let all = found.claims.iter().flat_map(|one| one.allocated.iter().chain(&one.backordered));
        let mut wanted: Vec<OrderId> = all.map(|one| one.order).collect();
        wanted.sort_unstable();
        wanted.dedup();
        found.numbers = orders::numbers(tx, &wanted)?.into_iter().collect();
        Ok(found)
    })
}
