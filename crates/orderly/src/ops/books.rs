//! Journals of what operations move.

use orderly_core::books::{Books, Dimensions, Journal, of_movement};
use orderly_core::id::LegalEntityId;
use orderly_core::units::Movement;
use orderly_store::Tx;
use orderly_store::tables::{books, settings};

use crate::{Call, Error};

/// The books of a legal entity.
pub fn books_of(tx: &mut Tx<'_>, entity: LegalEntityId) -> Result<Books, Error> {
    let found = settings::entity(tx, entity)?;
    let missing = || Error::Internal(format!("there is no legal entity {entity}"));
    Ok(Books::from(&found.ok_or_else(missing)?))
}

/// Posts the journal of every movement that changes the value of our goods.
pub fn of_movements(
    tx: &mut Tx<'_>,
    call: &Call,
    entity: LegalEntityId,
    shared: Dimensions,
    movements: &[Movement],
) -> Result<(), Error> {
    if movements.iter().all(|movement| movement.value == 0) {
        return Ok(());
    }
    let books = books_of(tx, entity)?;
    let journals: Vec<Journal> =
        movements.iter().filter_map(|movement| of_movement(movement, &books, shared)).collect();
    post(tx, call, &journals)
}

/// Adds journals, each once.
pub fn post(tx: &mut Tx<'_>, call: &Call, journals: &[Journal]) -> Result<(), Error> {
    if books::insert(tx, journals, call.now)? < journals.len() as u64 {
        return Err(Error::Internal("a journal was posted twice for one cause".into()));
    }
    Ok(())
}
