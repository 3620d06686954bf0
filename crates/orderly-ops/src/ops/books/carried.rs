//! Journals in another currency than their books': at the rate of their day, but for what settles
//! something that the books carry already.

use orderly_core::books::carried::{Carried, is_item, valued};
use orderly_core::books::{Journal, Posting};
use orderly_core::money::Currency;
use orderly_core::order::price::money_refusal;
use orderly_store::Tx;
use orderly_store::tables::carried;

use super::rate_on;
use crate::Error;

/// The journal as it is posted in the currency of the books; `None` where it is worth nothing
/// there. Whoever posts for a document has it locked.
///
/// # Errors
/// `rate_missing`; `money_too_large`.
pub(super) fn converted(
    tx: &mut Tx<'_>,
    journal: &Journal,
    into: Currency,
) -> Result<Option<Journal>, Error> {
    let head = &journal.head;
    let rate = rate_on(tx, head.currency, into, head.accounting_on)?;
    let mut items = Vec::with_capacity(journal.postings().len());
    for posting in journal.postings() {
        items.push(item(tx, posting, head.currency)?);
    }
    if let Some(back) = taken_back(tx, journal, &items)? {
        items = back;
    }
    Ok(valued(journal, &rate, &items).map_err(|error| money_refusal(&error))?)
}

/// What the document of a posting is carried at, where it is an open item.
fn item(tx: &mut Tx<'_>, posting: &Posting, currency: Currency) -> Result<Option<Carried>, Error> {
    let Some((_, document)) = posting.dimensions.document.filter(|_| is_item(posting.account))
    else {
        return Ok(None);
    };
    Ok(Some(carried::of_document(tx, posting.account, document, currency)?))
}

/// Where a journal takes back what was posted between its two documents: what that was, so that
/// both are as they were before. A document that is empty afterwards gives all that is left.
fn taken_back(
    tx: &mut Tx<'_>,
    journal: &Journal,
    items: &[Option<Carried>],
) -> Result<Option<Vec<Option<Carried>>>, Error> {
    let [one, other] = journal.postings() else { return Ok(None) };
    let both = one.dimensions.document.zip(other.dimensions.document);
    let Some(((_, first), (_, second))) = both.filter(|(a, b)| a != b) else { return Ok(None) };
    let currency = journal.head.currency;
    let mut back = Vec::with_capacity(2);
    let pairs = [(one, (first, second)), (other, (second, first))];
    for ((posting, documents), item) in pairs.into_iter().zip(items) {
        let Some(item) = item else { return Ok(None) };
        let posted = carried::between(tx, posting.account, documents, currency)?;
        let amount = posting.amount_minor;
        if !posted.is_lessened_by(amount) || posted.foreign.abs() < amount.abs() {
            return Ok(None);
        }
        let emptied = item.foreign == -amount;
        back.push(Some(if emptied { *item } else { posted }));
    }
    Ok(Some(back))
}
