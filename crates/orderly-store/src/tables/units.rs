//! Where goods are and what moved them. Movements are a book: posted once, never changed.

mod holdings;
mod lots;
mod movements;
mod places;

use std::collections::BTreeMap;

use orderly_core::actor::ActorKind;
use orderly_core::id::{ItemId, LotId, PlaceId, UserId};
use orderly_core::qty::Qty;
use orderly_core::time::Instant;
use orderly_core::units::{Cause, LevelChange, LevelKey, Movement, Place, PlaceKind};

use crate::tables::levels;
use crate::{StoreError, Tx};
pub use holdings::{Holding, holdings_at, holdings_of, holdings_of_lot, qty_at, qty_in};
pub use lots::{lot, lot_named, lot_or_insert};
pub use movements::{
    Posting, last_worth, movement, movements_of_cause, movements_of_item, reversal_of,
};
pub use places::{insert_places, place};

/// Who records movements, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recorded {
    pub actor_kind: ActorKind,
    pub actor: UserId,
    pub recorded_at: Instant,
}

/// What came of posting movements. Unless `Done`, the caller undoes the transaction or its
/// savepoint: part of the rows are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Posted {
    Done,
    /// The place holds fewer goods of the lot than are to leave it.
    NotHeld {
        item: ItemId,
        place: Place,
        lot: LotId,
        held: Qty,
    },
    /// Goods that orders have a right to would go.
    LevelShort {
        key: LevelKey,
    },
    /// The cause has posted this movement before, or the movement is reversed already.
    AlreadyPosted {
        cause: Cause,
    },
}

/// Posts movements: their rows, what they do to holdings and to stock levels, with `extra`
/// changes of levels, all in one.
///
/// Levels and holdings change by their sums, each by one guarded update in key order, levels
/// first. Nothing goes below zero, and nothing that is allocated leaves a level.
pub fn post(
    tx: &mut Tx<'_>,
    movements: &[Movement],
    extra: &[LevelChange],
    by: &Recorded,
) -> Result<Posted, StoreError> {
    let places = movements.iter().flat_map(|one| [one.from, one.to]).collect::<Vec<_>>();
    insert_places(tx, &places)?;
    if let Some(cause) = movements::insert(tx, movements, by)? {
        return Ok(Posted::AlreadyPosted { cause });
    }
    let changes: Vec<LevelChange> =
        movements.iter().flat_map(Movement::level_changes).chain(extra.iter().copied()).collect();
    let short = levels::change(tx, &changes)?;
    let moved = moved(movements);
    if let Some(key) = short {
        // Goods that are not there explain more than the level they are missing from.
        let missing = holdings::first_missing(tx, &moved)?;
        return Ok(missing.unwrap_or(Posted::LevelShort { key }));
    }
    let refused = holdings::change(tx, &moved)?;
    Ok(refused.unwrap_or(Posted::Done))
}

/// What movements do to one holding, in sum.
type Moved = BTreeMap<(ItemId, PlaceId, LotId), (Place, i64)>;

fn moved(movements: &[Movement]) -> Moved {
    let mut sums = Moved::new();
    for movement in movements {
        let qty = movement.qty.get();
        for (place, delta) in [(movement.from, -qty), (movement.to, qty)] {
            if place.kind == PlaceKind::Holding {
                let key = (movement.item, place.id(), movement.lot);
                sums.entry(key).or_insert((place, 0)).1 += delta;
            }
        }
    }
    sums.retain(|_, (_, delta)| *delta != 0);
    sums
}
