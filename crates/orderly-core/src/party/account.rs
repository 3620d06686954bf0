//! Trade accounts: agreements to buy on credit, with terms, limits, sites and contacts.

use crate::id::*;
use crate::money::Currency;
use crate::order::codes;
use crate::time::{Day, Instant};
use serde::{Deserialize, Serialize};

codes! {
    /// What may be done on an account: everything, nothing new, or nothing at all.
    AccountState { Active "active", OnHold "on_hold", Closed "closed" }
}
codes! {
    /// What becomes of an order that passes a limit: it is refused, or placed with a hold of kind
    /// `credit` and counts nothing until that is released.
    WhenOver { Refuse "refuse", Hold "hold" }
}
codes! {
    /// How the due day of an invoice follows from the day of its issue.
    TermsKind {
        /// So many days after the issue.
        Days "days",
        /// So many days after the end of the month of issue.
        EndOfMonth "end_of_month",
        /// The end of the month that lies so many days after the issue.
        DaysToEndOfMonth "days_to_end_of_month",
    }
}

/// When an account pays: no discount is given for paying earlier.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Terms {
    pub kind: TermsKind,
    pub days: i64,
}

impl Terms {
    /// The longest terms there are.
    pub const MAX_DAYS: i64 = 3_650;

    pub const fn days(days: i64) -> Self {
        Self { kind: TermsKind::Days, days }
    }

    /// Returns the day by which an invoice issued on this day is to be paid.
    pub fn due(self, issued_on: Day) -> Day {
        let days = i32::try_from(self.days).unwrap_or(i32::MAX);
        match self.kind {
            TermsKind::Days => issued_on.plus_days(days),
            TermsKind::EndOfMonth => issued_on.end_of_month().plus_days(days),
            TermsKind::DaysToEndOfMonth => issued_on.plus_days(days).end_of_month(),
        }
    }
}

impl std::fmt::Display for Terms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let days = self.days;
        match (self.kind, days) {
            (TermsKind::Days, _) => write!(f, "{days} days"),
            (TermsKind::EndOfMonth | TermsKind::DaysToEndOfMonth, 0) => {
                write!(f, "end of month")
            }
            (TermsKind::EndOfMonth, _) => write!(f, "end of month and {days} days"),
            (TermsKind::DaysToEndOfMonth, _) => write!(f, "{days} days to end of month"),
        }
    }
}

/// A trade account: orders on it are settled by invoice.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub number: String,
    pub name: String,
    pub customer: CustomerId,
    pub legal_entity: LegalEntityId,
    pub currency: Currency,
    pub terms: Terms,
    pub when_over: WhenOver,
    /// Whether each order names the customer's own reference.
    pub reference_required: bool,
    /// Whether each order names who ordered, and each hand-over who collects.
    pub contact_required: bool,
    pub state: AccountState,
    /// Counts its changes; each is an event of this sequence.
    pub version: i64,
    pub created_at: Instant,
}

/// A building site or branch of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    pub id: SiteId,
    pub account: AccountId,
    pub code: String,
    pub name: String,
    pub party: PartyId,
    /// The customer's own reference, wanted on documents.
    pub reference: Option<String>,
    pub active: bool,
    pub version: i64,
}

/// A person of an account, and what he or she may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    pub id: ContactId,
    pub account: AccountId,
    /// `None`: for every site.
    pub site: Option<SiteId>,
    pub party: PartyId,
    pub may_order: bool,
    pub may_collect: bool,
    pub active: bool,
    pub version: i64,
}

impl Contact {
    /// Whether this person acts for a site of this account: for all of it, or for this very site.
    pub fn acts_for(&self, account: AccountId, site: Option<SiteId>) -> bool {
        self.active && self.account == account && self.site.is_none_or(|own| Some(own) == site)
    }
}

/// What became of an account: the durable content of its events, without names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountChange {
    Opened {
        number: String,
        customer: CustomerId,
        legal_entity: LegalEntityId,
        currency: Currency,
        terms: Terms,
        when_over: WhenOver,
        reference_required: bool,
        contact_required: bool,
    },
    Agreed {
        terms: Terms,
        when_over: WhenOver,
        reference_required: bool,
        contact_required: bool,
    },
    /// In minor units of the account's currency; `site` is absent for the account as a whole.
    Limit {
        site: Option<SiteId>,
        limit_minor: Option<i64>,
    },
    State {
        state: AccountState,
    },
    /// By how much the counters were wrong, in minor units of the account's currency.
    Recounted {
        site: Option<SiteId>,
        open: i64,
        dispatched: i64,
        invoiced: i64,
    },
    Site {
        site: SiteId,
        code: String,
        active: bool,
    },
    Contact {
        contact: ContactId,
        site: Option<SiteId>,
        may_order: bool,
        may_collect: bool,
        active: bool,
    },
}

impl AccountChange {
    pub fn opened(account: &Account) -> Self {
        Self::Opened {
            number: account.number.clone(),
            customer: account.customer,
            legal_entity: account.legal_entity,
            currency: account.currency,
            terms: account.terms,
            when_over: account.when_over,
            reference_required: account.reference_required,
            contact_required: account.contact_required,
        }
    }
    pub const fn agreed(account: &Account) -> Self {
        Self::Agreed {
            terms: account.terms,
            when_over: account.when_over,
            reference_required: account.reference_required,
            contact_required: account.contact_required,
        }
    }
    pub const fn contact(contact: &Contact) -> Self {
        Self::Contact {
            contact: contact.id,
            site: contact.site,
            may_order: contact.may_order,
            may_collect: contact.may_collect,
            active: contact.active,
        }
    }
}

/// What an account (site [`SiteId::NONE`]) or one of its sites may owe and owes, in minor units of
/// the account's currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exposure {
    pub account: AccountId,
    pub site: SiteId,
    /// `None`: no limit.
    pub limit: Option<i64>,
    /// Ordered and not yet dispatched.
    pub open: i64,
    /// Dispatched and not yet invoiced.
    pub dispatched: i64,
    /// Invoiced and not yet paid, less open credit notes.
    pub invoiced: i64,
}

impl Exposure {
    pub const fn none(account: AccountId, site: SiteId, limit: Option<i64>) -> Self {
        Self { account, site, limit, open: 0, dispatched: 0, invoiced: 0 }
    }

    /// All that is owed and ordered.
    pub const fn sum(&self) -> i64 {
        self.open.saturating_add(self.dispatched).saturating_add(self.invoiced)
    }

    /// What more may be ordered: never below zero; `None` without a limit.
    pub fn available(&self) -> Option<i64> {
        self.limit.map(|limit| limit.saturating_sub(self.sum()).max(0))
    }

    /// Whether so much more stays within the limit.
    pub fn fits(&self, more: i64) -> bool {
        self.limit.is_none_or(|limit| self.sum().saturating_add(more) <= limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_count_from_the_issue_or_from_the_end_of_a_month() {
        let due =
            |kind, days, from| Terms { kind, days }.due(Day::parse(from).unwrap()).to_string();
        assert_eq!(due(TermsKind::Days, 30, "2026-01-31"), "2026-03-02");
        assert_eq!(due(TermsKind::Days, 0, "2026-01-31"), "2026-01-31");
        assert_eq!(due(TermsKind::EndOfMonth, 0, "2028-02-01"), "2028-02-29");
        assert_eq!(due(TermsKind::EndOfMonth, 20, "2026-01-05"), "2026-02-20");
        assert_eq!(due(TermsKind::DaysToEndOfMonth, 30, "2026-01-05"), "2026-02-28");
        assert_eq!(due(TermsKind::DaysToEndOfMonth, 30, "2026-12-15"), "2027-01-31");
    }

    #[test]
    fn a_contact_acts_for_its_site_or_for_all() {
        let (account, site) = (AccountId::from_bytes([1; 16]), SiteId::from_bytes([2; 16]));
        let contact = Contact {
            id: ContactId::from_bytes([3; 16]),
            account,
            site: Some(site),
            party: PartyId::NONE,
            may_order: true,
            may_collect: false,
            active: true,
            version: 1,
        };
        assert!(contact.acts_for(account, Some(site)));
        assert!(!contact.acts_for(account, None));
        assert!(!contact.acts_for(account, Some(SiteId::from_bytes([4; 16]))));
        assert!(Contact { site: None, ..contact }.acts_for(account, None));
    }
}
