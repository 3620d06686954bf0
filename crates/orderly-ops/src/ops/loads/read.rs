//! Loads as lists and pages show them.

use std::collections::HashMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::Location;
use orderly_core::id::{DocumentId, LoadId, OrderId, StopId};
use orderly_core::load::{Load, LoadState, ProofKind, Stop, StopState, Vehicle};
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::{loads, locations, orders};

use crate::ops::read::orders::{Shown as ShownOrder, shown as show_order};
use crate::{App, Call, Error};

/// A load with everything its ids stand for.
#[derive(Debug, Clone)]
pub struct Shown {
    pub load: Load,
    pub vehicle: Option<Vehicle>,
    pub location: Option<Location>,
    pub orders: HashMap<OrderId, ShownOrder>,
    pub allowed: Allowed,
}

/// What the caller may do with a load and its stops now; each is the last part of an address.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    pub load: Vec<&'static str>,
    stops: HashMap<StopId, Vec<&'static str>>,
}

impl Allowed {
    pub fn stop(&self, id: StopId) -> Vec<&'static str> {
        self.stops.get(&id).cloned().unwrap_or_default()
    }

    fn of(load: &Load, call: &Call) -> Self {
        let scope = Scope { location: Some(load.location), ..Scope::default() };
        let may = |right| call.actor.may(right, scope);
        if !may(Permission::Load) {
            return Self::default();
        }
        let named = |all: &[(&'static str, bool)]| {
            let can = all.iter().filter(|(_, can)| *can);
            can.map(|(name, _)| *name).collect::<Vec<_>>()
        };
        let (planned, out) = (load.state == LoadState::Planned, load.state == LoadState::Departed);
        let stop = |stop: &Stop| {
            let under_way = out && stop.state == StopState::UnderWay;
            let waits = under_way || (out && stop.state == StopState::Failed);
            let own = named(&[
                ("remove", planned && stop.state == StopState::Planned),
                ("drop", waits && may(Permission::Deliver)),
                ("fail", under_way),
                ("go_on", waits),
                ("undrop", out && stop.state == StopState::Delivered && may(Permission::Undo)),
            ]);
            (stop.id, own)
        };
        Self {
            load: named(&[
                ("add", planned),
                ("depart", planned && load.kept().next().is_some()),
                ("cancel", planned),
                ("return", out),
            ]),
            stops: load.stops.iter().map(stop).collect(),
        }
    }
}

/// Returns the id of the load that `text` stands for: its number or its id.
///
/// # Errors
/// `not_found`.
pub fn find(tx: &mut Tx<'_>, text: &str) -> Result<LoadId, Error> {
    let text = text.trim();
    if let Some(found) = loads::by_number(tx, text)? {
        return Ok(found);
    }
    let shown: String = text.chars().take(60).collect();
    let missing = || Error::not_found(format!("load `{shown}`"));
    let id: LoadId = text.parse().map_err(|_| missing())?;
    Ok(loads::get(tx, id, false)?.ok_or_else(missing)?.id)
}

/// Returns the load that `text` stands for, with everything its page shows.
pub fn show(app: &App, call: &Call, text: &str) -> Result<Shown, Error> {
    app.store.read(|tx| {
        let id = find(tx, text)?;
        let load = super::load(tx, id, false)?;
        let scope = Scope { location: Some(load.location), ..Scope::default() };
        call.require(Permission::Read, scope)?;
        shown(tx, call, load)
    })
}

/// Returns a load that a command has left so, for its caller: no right to read is asked for.
pub fn show_as(app: &App, call: &Call, load: Load) -> Result<Shown, Error> {
    app.store.read(|tx| shown(tx, call, load))
}

fn shown(tx: &mut Tx<'_>, call: &Call, load: Load) -> Result<Shown, Error> {
    let mut own = HashMap::new();
    for stop in &load.stops {
        if let Some(order) = orders::get(tx, stop.order, false)? {
            own.insert(stop.order, show_order(tx, order)?);
        }
    }
    Ok(Shown {
        vehicle: loads::vehicle(tx, load.vehicle)?,
        location: locations::get(tx, load.location)?,
        orders: own,
        allowed: Allowed::of(&load, call),
        load,
    })
}

/// What shows that goods were handed over at a stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    pub kind: ProofKind,
    pub document: DocumentId,
    /// Such as `image/png`.
    pub media_type: String,
    pub content: Vec<u8>,
}

/// Returns the signatures and photos of a stop, in the order in which they were taken.
///
/// # Errors
/// `not_found` for the load or the stop.
pub fn proofs(app: &App, call: &Call, text: &str, stop: StopId) -> Result<Vec<Proof>, Error> {
    app.store.read(|tx| {
        let id = find(tx, text)?;
        let load = super::load(tx, id, false)?;
        let scope = Scope { location: Some(load.location), ..Scope::default() };
        call.require(Permission::Read, scope)?;
        let mut out = Vec::new();
        for (kind, document) in load.stop(stop)?.proofs.iter().copied() {
            let missing = || Error::Internal(format!("document {document} is gone"));
            let (media_type, content) = loads::document(tx, document)?.ok_or_else(missing)?;
            out.push(Proof { kind, document, media_type, content });
        }
        Ok(out)
    })
}

/// Returns up to `limit` loads after one, of one day or of all, the latest first, with their
/// vehicles.
pub fn list(
    app: &App,
    call: &Call,
    day: Option<Day>,
    after: Option<(Day, LoadId)>,
    limit: i64,
) -> Result<Vec<(Load, Option<Vehicle>)>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let mut out = Vec::new();
        for load in loads::list(tx, day, after, limit.clamp(1, 1_000))? {
            let vehicle = loads::vehicle(tx, load.vehicle)?;
            out.push((load, vehicle));
        }
        Ok(out)
    })
}
