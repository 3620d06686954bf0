//! Store credit: what we owe a customer as a balance to buy with.

use serde::{Deserialize, Serialize};

use crate::books::{
    Account, Books, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting,
};
use crate::id::*;
use crate::money::Currency;
use crate::order::codes;
use crate::time::{Day, Instant};
use crate::units::{Cause, CauseKind};

/// The provider of payments out of store credit.
pub const STORE_CREDIT: &str = "store_credit";

codes! {
    /// Why a balance changed. Returned: spent on something that was refunded.
    CreditKind { Issued "issued", Spent "spent", Returned "returned", Expired "expired" }
}

/// Whose balance: one per legal entity, customer and currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Holder {
    pub legal_entity: LegalEntityId,
    pub customer: CustomerId,
    pub currency: Currency,
}

/// One change of a balance. In minor units, not zero, negative where it was used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreditEntry {
    pub id: StoreCreditEntryId,
    pub holder: Holder,
    pub kind: CreditKind,
    pub amount: i64,
    pub cause: Cause,
    /// The last day on which it can be used.
    pub expires_on: Option<Day>,
    pub reason: Option<String>,
    pub recorded_at: Instant,
}

/// What of a balance can no longer be used on a day: what was given until before it, less what
/// was used. What expires first is used first.
pub fn expired(entries: &[CreditEntry], today: Day) -> i64 {
    let mut given: Vec<(Option<Day>, i64)> = entries
        .iter()
        .filter(|one| one.amount > 0)
        .map(|one| (one.expires_on, one.amount))
        .collect();
    given.sort_by_key(|(until, _)| until.map_or(i32::MAX, Day::number));
    let mut used: i64 = entries.iter().filter(|e| e.amount < 0).map(|one| -one.amount).sum();
    let mut gone = 0;
    for (until, amount) in given {
        let taken = used.min(amount);
        used -= taken;
        if until.is_some_and(|until| until < today) {
            gone += amount - taken;
        }
    }
    gone
}

/// Returns the journal of an entry against another account: given away, or expired.
pub fn journal(
    entry: &CreditEntry,
    other: Account,
    channel: Option<ChannelId>,
    books: &Books,
    id: JournalId,
) -> Journal {
    let head = JournalHead {
        id,
        legal_entity: entry.holder.legal_entity,
        kind: JournalKind::StoreCredit,
        cause: Cause { kind: CauseKind::StoreCreditEntry, id: entry.id.as_bytes() },
        currency: entry.holder.currency,
        accounting_on: books.day(entry.recorded_at),
        reverses: None,
    };
    let shared = Dimensions {
        channel,
        party: Some(entry.holder.customer.as_bytes()),
        document: Some((DocumentKind::Entry, entry.id.as_bytes())),
        ..Dimensions::default()
    };
    let postings = vec![
        Posting::new(other, entry.amount, shared),
        Posting::new(Account::StoreCredit, -entry.amount, shared),
    ];
    Journal::new(head, postings).expect("the same amount on both sides")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(amount: i64, until: Option<i32>) -> CreditEntry {
        CreditEntry {
            id: StoreCreditEntryId::NONE,
            holder: Holder {
                legal_entity: LegalEntityId::NONE,
                customer: CustomerId::NONE,
                currency: Currency::parse("EUR").unwrap(),
            },
            kind: if amount > 0 { CreditKind::Issued } else { CreditKind::Spent },
            amount,
            cause: Cause { kind: CauseKind::Refund, id: [1; 16] },
            expires_on: until.map(Day::from_number),
            reason: None,
            recorded_at: Instant::from_micros(0),
        }
    }

    #[test]
    fn what_expires_first_is_used_first() {
        let all = [entry(500, None), entry(300, Some(10)), entry(200, Some(20)), entry(-350, None)];
        let on = |day| expired(&all, Day::from_number(day));
        assert_eq!((on(10), on(11), on(21)), (0, 0, 150));
        assert_eq!(expired(&all[..3], Day::from_number(11)), 300);
        assert_eq!(expired(&all[3..], Day::from_number(11)), 0);
    }
}
