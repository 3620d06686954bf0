//! Transfers with what their ids stand for.

use std::sync::Arc;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{DifferenceId, ItemId, LocationId, TransferId};
use orderly_core::item::Item;
use orderly_core::stock::{DifferenceKind, Transfer, TransferState};
use orderly_store::Tx;
use orderly_store::tables::transfers::{self, Differed};
use orderly_store::tables::{catalog, locations};

use crate::ops::stock::transfer;
use crate::{App, Call, Error};

/// A transfer with its locations' codes and its lines' items.
#[derive(Debug, Clone)]
pub struct Shown {
    pub transfer: Transfer,
    pub from: String,
    pub to: String,
    /// One for each line, in their order.
    pub items: Vec<Arc<Item>>,
}

/// Returns the transfer with this number or id.
///
/// # Errors
/// `not_found`.
pub fn show(app: &App, call: &Call, text: &str) -> Result<Shown, Error> {
    let found = transfer::called(app, call, text)?;
    app.store.read(|tx| shown(tx, found))
}

/// Returns up to `limit` transfers before a cursor, the newest first; in one state only where it
/// is given.
pub fn list(
    app: &App,
    call: &Call,
    state: Option<TransferState>,
    before: Option<TransferId>,
    limit: u32,
) -> Result<Vec<Shown>, Error> {
    let found = transfer::list(app, call, state, before, limit)?;
    app.store.read(|tx| found.into_iter().map(|one| shown(tx, one)).collect())
}

fn shown(tx: &mut Tx<'_>, transfer: Transfer) -> Result<Shown, Error> {
    let mut code = |id: LocationId| -> Result<String, Error> {
        Ok(locations::get(tx, id)?.map(|one| one.code.clone()).unwrap_or_default())
    };
    let (from, to) = (code(transfer.from)?, code(transfer.to)?);
    let mut items = Vec::with_capacity(transfer.lines.len());
    for line in &transfer.lines {
        items.push(item(tx, line.item)?);
    }
    Ok(Shown { transfer, from, to, items })
}

fn item(tx: &mut Tx<'_>, id: ItemId) -> Result<Arc<Item>, Error> {
    catalog::get(tx, id)?.ok_or_else(|| Error::Internal("a transfer has no item".into()))
}

/// A difference with the item it is of.
pub type Told = (Differed, Arc<Item>);

/// Returns up to `limit` differences before a cursor, the newest first, without those that were
/// taken back.
pub fn differences(
    app: &App,
    call: &Call,
    kind: Option<DifferenceKind>,
    before: Option<DifferenceId>,
    limit: u32,
) -> Result<Vec<Told>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let found = transfers::differences(tx, kind, before, limit.clamp(1, 1_000))?;
        found.into_iter().map(|one| Ok((one.clone(), item(tx, one.item)?))).collect()
    })
}
