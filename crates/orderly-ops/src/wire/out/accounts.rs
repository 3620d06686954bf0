//! Trade accounts, their statements and aged debt as they are answered.

use orderly_core::id::SiteId;
use orderly_core::money::Currency;
use orderly_core::party::statement::Aged;
use orderly_core::party::{Account, Exposure};
use schemars::JsonSchema;
use serde::Serialize;

use super::{AddressOut, amount};
use crate::ops::accounts::statements::AccountStatement;
use crate::ops::read::parties::Known;

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccountOut {
    pub object: &'static str,
    pub id: String,
    pub number: String,
    pub name: String,
    pub state: &'static str,
    pub currency: String,
    pub terms: &'static str,
    pub terms_days: i64,
    /// What becomes of an order over the limit.
    pub when_over: &'static str,
    pub reference_required: bool,
    pub contact_required: bool,
    pub version: i64,
    /// In all, and of each site.
    pub owed: Vec<OwedOut>,
}

/// What may be owed and is owed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OwedOut {
    /// The site's code; the whole account where absent.
    pub site: Option<String>,
    pub limit: Option<String>,
    pub open: String,
    pub dispatched: String,
    pub invoiced: String,
    pub available: Option<String>,
}

/// An account with its people and sites.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccountShownOut {
    #[serde(flatten)]
    pub account: AccountOut,
    pub customer: String,
    pub party: Option<AddressOut>,
    pub sites: Vec<SiteOut>,
    pub contacts: Vec<ContactOut>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SiteOut {
    pub id: String,
    pub code: String,
    pub name: String,
    pub reference: Option<String>,
    pub active: bool,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ContactOut {
    pub id: String,
    pub site: Option<String>,
    pub may_order: bool,
    pub may_collect: bool,
    pub active: bool,
    pub party: Option<AddressOut>,
}

impl AccountOut {
    /// `code` gives the code of a site.
    pub fn of(
        account: &Account,
        owed: &[Exposure],
        code: impl Fn(SiteId) -> Option<String>,
    ) -> Self {
        let money = |minor: i64| amount(minor, account.currency);
        let owed = owed.iter().map(|one| OwedOut {
            site: code(one.site),
            limit: one.limit.map(money),
            open: money(one.open),
            dispatched: money(one.dispatched),
            invoiced: money(one.invoiced),
            available: one.available().map(money),
        });
        Self {
            object: "account",
            id: account.id.to_string(),
            number: account.number.clone(),
            name: account.name.clone(),
            state: account.state.code(),
            currency: account.currency.to_string(),
            terms: account.terms.kind.code(),
            terms_days: account.terms.days,
            when_over: account.when_over.code(),
            reference_required: account.reference_required,
            contact_required: account.contact_required,
            version: account.version,
            owed: owed.collect(),
        }
    }
}

impl AccountShownOut {
    pub fn of(account: &Account, known: &Known) -> Self {
        let code = |site: SiteId| {
            known.sites.iter().find(|one| one.id == site).map(|one| one.code.clone())
        };
        let contact = |(contact, party): &(orderly_core::party::Contact, Option<_>)| ContactOut {
            id: contact.id.to_string(),
            site: contact.site.and_then(code),
            may_order: contact.may_order,
            may_collect: contact.may_collect,
            active: contact.active,
            party: party.as_ref().map(AddressOut::from),
        };
        let site = |site: &orderly_core::party::Site| SiteOut {
            id: site.id.to_string(),
            code: site.code.clone(),
            name: site.name.clone(),
            reference: site.reference.clone(),
            active: site.active,
        };
        Self {
            account: AccountOut::of(account, &known.exposures, code),
            customer: known.customer.number.clone(),
            party: known.party.as_ref().map(AddressOut::from),
            sites: known.sites.iter().map(site).collect(),
            contacts: known.contacts.iter().map(contact).collect(),
        }
    }
}

/// Debt by how late it is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AgedOut {
    pub current: String,
    pub days_1_30: String,
    pub days_31_60: String,
    pub days_61_90: String,
    pub over_90: String,
    pub total: String,
}

impl AgedOut {
    pub fn of(aged: &Aged, currency: Currency) -> Self {
        let money = |minor: i64| amount(minor, currency);
        Self {
            current: money(aged.current),
            days_1_30: money(aged.to_30),
            days_31_60: money(aged.to_60),
            days_61_90: money(aged.to_90),
            over_90: money(aged.over_90),
            total: money(aged.sum()),
        }
    }
}

/// What happened on an account in a period, and what is open at its end.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StatementOut {
    pub object: &'static str,
    pub account: String,
    pub name: String,
    pub site: Option<String>,
    pub currency: String,
    pub from: String,
    pub as_of: String,
    pub opening: String,
    pub entries: Vec<EntryOut>,
    pub closing: String,
    /// Money that came in and pays nothing yet.
    pub unapplied: String,
    pub open: Vec<OpenOut>,
    pub aged: AgedOut,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EntryOut {
    pub on: String,
    pub kind: &'static str,
    pub document: String,
    pub site: Option<String>,
    pub reference: Option<String>,
    pub due_on: Option<String>,
    pub amount: String,
    pub balance: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OpenOut {
    pub kind: &'static str,
    pub document: String,
    pub site: Option<String>,
    pub reference: Option<String>,
    pub issued_on: String,
    pub due_on: String,
    pub days_late: i64,
    pub total: String,
    pub open: String,
}

impl From<&AccountStatement> for StatementOut {
    fn from(drawn: &AccountStatement) -> Self {
        let AccountStatement { account, statement, .. } = drawn;
        let money = |minor: i64| amount(minor, account.currency);
        let code = |site| drawn.code(site).map(str::to_owned);
        let entries = statement.entries.iter().map(|one| EntryOut {
            on: one.on.to_string(),
            kind: one.kind.code(),
            document: one.name.clone(),
            site: code(one.site),
            reference: one.reference.clone(),
            due_on: one.due_on.map(|day| day.to_string()),
            amount: money(one.amount),
            balance: money(one.balance),
        });
        let open = statement.open.iter().map(|one| OpenOut {
            kind: one.kind.code(),
            document: one.name.clone(),
            site: code(one.site),
            reference: one.reference.clone(),
            issued_on: one.issued_on.to_string(),
            due_on: one.due_on.to_string(),
            days_late: one.late.max(0),
            total: money(one.total),
            open: money(one.open),
        });
        Self {
            object: "statement",
            account: account.number.clone(),
            name: account.name.clone(),
            site: drawn.site.as_ref().map(|site| site.code.clone()),
            currency: account.currency.to_string(),
            from: statement.from.to_string(),
            as_of: statement.as_of.to_string(),
            opening: money(statement.opening),
            entries: entries.collect(),
            closing: money(statement.closing),
            unapplied: money(drawn.unapplied),
            open: open.collect(),
            aged: AgedOut::of(&statement.aged, account.currency),
        }
    }
}
