//! Statements of accounts, and what is owed in all by how late it is. Read from one snapshot, made
//! of rows that are only added: the same day gives the same again.

use std::collections::{BTreeMap, HashMap};

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::LegalEntity;
use orderly_core::id::{AccountId, CustomerId, InvoiceId, LegalEntityId, LocationId, SiteId};
use orderly_core::money::{Currency, Money};
use orderly_core::party::statement::{Aged, Document, EntryKind, Settled, Statement, statement};
use orderly_core::party::{Account, Party, Site};
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::statements::{self as rows, OpenRow};
use orderly_store::tables::{accounts, customers, locations, parties, settings};
use serde_json::Value;

use super::found;
use crate::{App, Call, Error};

/// Accounts read at once by an export.
const PIECE: i64 = 200;

/// Which days a statement tells of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Period {
    /// The first day; the first of the month of the last one where absent.
    pub from: Option<Day>,
    /// The last day; today where absent.
    pub as_of: Option<Day>,
}

/// A statement with the names that belong to it.
#[derive(Debug, Clone)]
pub struct AccountStatement {
    pub account: Account,
    pub entity: LegalEntity,
    pub billed: Option<Party>,
    pub sites: Vec<Site>,
    /// The only site it tells of.
    pub site: Option<Site>,
    pub statement: Statement,
    /// Money that came in and pays nothing yet, in minor units: what is owed less it is due. Zero
    /// for one site: money is of the whole account.
    pub unapplied: i64,
}

impl AccountStatement {
    /// The code of a site.
    pub fn code(&self, site: Option<SiteId>) -> Option<&str> {
        let site = self.sites.iter().find(|one| Some(one.id) == site)?;
        Some(site.code.as_str())
    }
}

/// Draws up the statement of an account, or of one of its sites by code.
///
/// # Errors
/// `not_found` for an unknown account or site; `Invalid` where the days are the wrong way round.
pub fn of_account(
    app: &App,
    call: &Call,
    text: &str,
    site: Option<&str>,
    period: Period,
) -> Result<AccountStatement, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let account = found(tx, text)?;
        drawn(tx, call, account, site, period)
    })
}

fn drawn(
    tx: &mut Tx<'_>,
    call: &Call,
    account: Account,
    site: Option<&str>,
    period: Period,
) -> Result<AccountStatement, Error> {
    let entity = settings::entity(tx, account.legal_entity)?
        .ok_or_else(|| Error::Internal(format!("account {} has no entity", account.number)))?;
    let as_of = period.as_of.unwrap_or_else(|| call.now.day_in(&entity.zone));
    let from = period.from.unwrap_or_else(|| as_of.start_of_month());
    if from > as_of {
        return Err(Error::Invalid(format!("a statement from {from} cannot end on {as_of}")));
    }
    let sites = accounts::sites(tx, account.id)?;
    let site = match site {
        None => None,
        Some(code) => {
            let own = sites.iter().find(|one| one.code == code).cloned();
            Some(own.ok_or_else(|| Error::not_found(format!("site `{code}`")))?)
        }
    };
    let mut documents = documents(tx, &account, &entity, as_of)?;
    if let Some(site) = &site {
        documents.retain(|one| one.site == Some(site.id));
    }
    let customer = customers::get(tx, account.customer)?;
    let billed = match customer {
        Some(customer) => parties::get(tx, customer.party)?,
        None => None,
    };
    let statement = statement(&documents, from, as_of);
    let end = as_of.plus_days(1).start_in(&entity.zone);
    let unapplied = match &site {
        None => rows::unapplied(tx, (account.id, account.customer), account.currency, end)?,
        Some(_) => 0,
    };
    Ok(AccountStatement { account, entity, billed, sites, site, statement, unapplied })
}

/// The account's documents up to a day, with what settled them.
fn documents(
    tx: &mut Tx<'_>,
    account: &Account,
    entity: &LegalEntity,
    as_of: Day,
) -> Result<Vec<Document>, Error> {
    let kind_of = |code: &str| {
        let unknown = || Error::Internal(format!("`{code}` is on no statement"));
        EntryKind::parse(code).ok_or_else(unknown)
    };
    let mut settled: HashMap<InvoiceId, Vec<Settled>> = HashMap::new();
    for row in rows::settled(tx, account.id, as_of)? {
        let on = row.settled_at.day_in(&entity.zone);
        let one = Settled { kind: kind_of(&row.kind)?, on, amount: row.amount };
        settled.entry(row.document).or_default().push(one);
    }
    let mut documents = Vec::new();
    for row in rows::issued(tx, account.id, as_of)? {
        let kind = kind_of(&row.kind)?;
        let sign = if kind == EntryKind::CreditNote { -1 } else { 1 };
        let mut own = settled.remove(&row.id).unwrap_or_default();
        own.iter_mut().for_each(|one| one.amount *= sign);
        documents.push(Document {
            id: row.id,
            kind,
            name: orderly_core::invoice::name(&row.series, row.number),
            site: row.site,
            reference: row.reference,
            issued_on: row.issued_on,
            due_on: row.due_on.unwrap_or(row.issued_on),
            total: sign * row.total,
            settled: own,
        });
    }
    Ok(documents)
}

/// Calls `each` with every line of the statements of all accounts by number, or of one: an opening
/// balance, the entries and a closing balance each. Amounts are decimals in the row's currency.
///
/// # Errors
/// `Forbidden`; `not_found`; what `each` returns stops the export.
pub fn export(
    app: &App,
    call: &Call,
    only: Option<&str>,
    period: Period,
    mut each: impl FnMut(&[(String, Value)]) -> Result<(), Error>,
) -> Result<(), Error> {
    call.require(Permission::Export, Scope::default())?;
    app.store.read(|tx| {
        if let Some(text) = only {
            let account = found(tx, text)?;
            return tell(&drawn(tx, call, account, None, period)?, &mut each);
        }
        let mut after = String::new();
        loop {
            let accounts = accounts::list(tx, &after, PIECE)?;
            let Some(last) = accounts.last() else { return Ok(()) };
            after.clone_from(&last.number);
            for account in accounts {
                tell(&drawn(tx, call, account, None, period)?, &mut each)?;
            }
        }
    })
}

fn tell(
    drawn: &AccountStatement,
    each: &mut impl FnMut(&[(String, Value)]) -> Result<(), Error>,
) -> Result<(), Error> {
    let AccountStatement { account, statement, .. } = drawn;
    let money = |minor: i64| Money::new(minor, account.currency).decimal().to_string();
    let mut row = |on: Day, kind: &str, rest: [Option<String>; 5], balance: i64| {
        let [site, document, reference, due_on, amount] = rest;
        let texts = [
            ("account", Some(account.number.clone())),
            ("on", Some(on.to_string())),
            ("kind", Some(kind.to_owned())),
            ("site", site),
            ("document", document),
            ("reference", reference),
            ("due_on", due_on),
            ("currency", Some(account.currency.to_string())),
            ("amount", amount),
            ("balance", Some(money(balance))),
        ];
        let row: Vec<(String, Value)> =
            texts.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect();
        each(&row)
    };
    row(statement.from, "opening", Default::default(), statement.opening)?;
    for entry in &statement.entries {
        let rest = [
            drawn.code(entry.site).map(str::to_owned),
            Some(entry.name.clone()),
            entry.reference.clone(),
            entry.due_on.map(|day| day.to_string()),
            Some(money(entry.amount)),
        ];
        row(entry.on, entry.kind.code(), rest, entry.balance)?;
    }
    if drawn.unapplied != 0 {
        let rest = [None, None, None, None, Some(money(-drawn.unapplied))];
        row(statement.as_of, "unapplied", rest, statement.closing)?;
    }
    row(statement.as_of, "closing", Default::default(), statement.closing)
}

/// What aged debt is summed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    #[default]
    Account,
    /// Where the goods of a document left from.
    Branch,
    Entity,
}

/// One line of aged debt, in minor units of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgedLine {
    pub entity: String,
    pub currency: Currency,
    /// The number of an account or of a customer without one, the code of a branch or an entity;
    /// empty where there is none.
    pub code: String,
    pub name: String,
    pub aged: Aged,
}

/// What is owed by how late it is, as of the end of a day. Per legal entity and currency, the lines
/// sum to the receivables account at that day's end.
pub fn aged(app: &App, call: &Call, as_of: Option<Day>, by: By) -> Result<Vec<AgedLine>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let entities = settings::entities(tx)?;
        let zone = entities.first().map_or("UTC", |entity| entity.zone.as_str());
        let as_of = as_of.unwrap_or_else(|| call.now.day_in(zone));
        let before = as_of.plus_days(1).start_in(zone);
        let mut sums: BTreeMap<(LegalEntityId, String, Whose), (Currency, Aged)> = BTreeMap::new();
        rows::open_before(tx, as_of, before, |row| {
            let key = (row.legal_entity, row.currency.to_string(), whose(&row, by));
            let sum = sums.entry(key).or_insert((row.currency, Aged::default()));
            sum.1.add(row.due_on, as_of, row.open);
            Ok(())
        })?;
        let mut lines = Vec::with_capacity(sums.len());
        for ((entity, _, whose), (currency, aged)) in sums {
            let own = entities.iter().find(|one| one.id == entity);
            let entity = own.map(|one| one.code.clone()).unwrap_or_default();
            let (code, name) = named(tx, whose, own)?;
            lines.push(AgedLine { entity, currency, code, name, aged });
        }
        let key = |line: &AgedLine| {
            (line.entity.clone(), line.currency.to_string(), line.code.clone(), line.name.clone())
        };
        lines.sort_by_key(key);
        Ok(lines)
    })
}

/// Whose debt a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Entity,
    Account(AccountId),
    Customer(CustomerId),
    Branch(LocationId),
    Nobody,
}

fn whose(row: &OpenRow, by: By) -> Whose {
    match by {
        By::Entity => Whose::Entity,
        By::Branch => row.location.map_or(Whose::Nobody, Whose::Branch),
        By::Account => match (row.account, row.customer) {
            (Some(account), _) => Whose::Account(account),
            (None, Some(customer)) => Whose::Customer(customer),
            (None, None) => Whose::Nobody,
        },
    }
}

fn named(
    tx: &mut Tx<'_>,
    whose: Whose,
    entity: Option<&LegalEntity>,
) -> Result<(String, String), Error> {
    let found = match whose {
        Whose::Entity => entity.map(|one| (one.code.clone(), one.name.clone())),
        Whose::Account(id) => accounts::get(tx, id)?.map(|one| (one.number, one.name)),
        Whose::Customer(id) => match customers::get(tx, id)? {
            Some(one) => {
                let party = parties::get(tx, one.party)?;
                let name = party.map(|party| party.company.unwrap_or(party.name));
                Some((one.number, name.unwrap_or_default()))
            }
            None => None,
        },
        Whose::Branch(id) => locations::get(tx, id)?.map(|one| (one.code, one.name)),
        Whose::Nobody => None,
    };
    Ok(found.unwrap_or_default())
}
