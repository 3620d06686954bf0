//! Journals of what operations move, and the reports and closings of the books.

mod carried;
pub mod chart;
pub mod entries;
pub mod journals;
mod late;
pub mod periods;
pub mod rates;
pub mod ready;
pub mod reports;
pub mod revalue;
pub mod stock_value;

use std::collections::HashMap;

use orderly_core::books::{Books, Dimensions, Journal, of_movement};
use orderly_core::id::{EventId, IdSource, LegalEntityId};
use orderly_core::order::{Order, recognition};
use orderly_core::units::Movement;
use orderly_store::Tx;
use orderly_store::tables::{books, turnovers};

use crate::{App, Call, Error};
pub use late::{Allotted, LateCost, LateCostIn, enter_late_cost, late_cost};
pub use periods::entity_called;
pub use rates::{convert, rate_on};
pub use stock_value::{Clock, ItemValue, StockValue, stock_value};

/// The books of a legal entity, with the first day that may be posted on. Nobody closes a period
/// of theirs until the transaction ends.
pub fn books_of(tx: &mut Tx<'_>, entity: LegalEntityId) -> Result<Books, Error> {
    let missing = || Error::Internal(format!("there is no legal entity {entity}"));
    books::of(tx, entity)?.ok_or_else(missing)
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

/// Posts what a command on an order turns into costs, or back.
pub fn of_costs(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    (before, after): (&Order, &Order),
    event: EventId,
) -> Result<(), Error> {
    if recognition::recognized(before) == recognition::recognized(after) {
        return Ok(());
    }
    let books = books_of(tx, after.legal_entity)?;
    let id = ids.draw();
    let journal = recognition::journal(before, after, event, id, &books, call.now);
    post(tx, call, &journal.into_iter().collect::<Vec<_>>())
}

/// Adds journals, each once: the only way into the books. A journal in another currency than its
/// legal entity's is converted at the stored rate of its day and keeps its amounts; what it
/// settles leaves at what it was carried at, and the rest is an exchange difference.
///
/// # Errors
/// `period_closed` for a day in a closed period; `rate_missing`.
pub fn post(tx: &mut Tx<'_>, call: &Call, journals: &[Journal]) -> Result<(), Error> {
    super::payments::store_credit::count(tx, call, journals)?;
    let mut known: HashMap<LegalEntityId, Books> = HashMap::new();
    for Journal { head, .. } in journals {
        if !known.contains_key(&head.legal_entity) {
            known.insert(head.legal_entity, books_of(tx, head.legal_entity)?);
        }
        known[&head.legal_entity].require_open(head.accounting_on)?;
    }
    if journals.iter().all(|one| one.head.currency == known[&one.head.legal_entity].currency) {
        return insert(tx, call, journals);
    }
    // One after the other: what one takes from a document, the next does not find there.
    for journal in journals {
        let into = known[&journal.head.legal_entity].currency;
        if journal.head.currency == into {
            insert(tx, call, std::slice::from_ref(journal))?;
        } else if let Some(own) = carried::converted(tx, journal, into)? {
            insert(tx, call, &[own])?;
        }
    }
    Ok(())
}

fn insert(tx: &mut Tx<'_>, call: &Call, journals: &[Journal]) -> Result<(), Error> {
    if books::insert(tx, journals, call.now)? < journals.len() as u64 {
        return Err(Error::Internal("a journal was posted twice for one cause".into()));
    }
    Ok(())
}

/// Journals rolled up in one transaction.
const BATCH: i64 = 5_000;

/// Gives waiting journals their numbers and adds them to the sums that reports are read from;
/// returns how many there were. Reports do so themselves.
pub fn roll_up(app: &App) -> Result<u64, Error> {
    let mut all = 0;
    if app.store.read(turnovers::count_pending)? == 0 {
        return Ok(0);
    }
    loop {
        let done = app.store.write(|tx| turnovers::roll_up(tx, BATCH))?;
        all += done;
        if done == 0 {
            return Ok(all);
        }
    }
}
