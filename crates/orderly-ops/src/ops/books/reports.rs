//! Trial balance, profit and loss, balance sheet and tax report.

use std::collections::{BTreeMap, HashMap};

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::period::Period;
use orderly_core::books::report::{Balances, Row, RowKind, balance_sheet, profit_loss};
use orderly_core::books::{Account, JournalKind};
use orderly_core::catalog::LegalEntity;
use orderly_core::id::{ChannelId, LocationId};
use orderly_core::money::{Currency, Money};
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::turnovers::{self, Split, Sum, Within};
use orderly_store::tables::{books, channels, locations};
use serde::Serialize;

use super::{entity_called, roll_up};
use crate::{App, Call, Error};

/// What the columns of a statement are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Columns {
    #[default]
    One,
    /// Each month of the span.
    Months,
    /// Each location that has postings, then those without one.
    Locations,
    Channels,
    /// The span, and as many months before it.
    Before,
    /// The span, and the same months of the year before.
    YearBefore,
}

/// What a report is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Code of the legal entity; the merchant's own where absent.
    pub entity: Option<String>,
    pub from: Period,
    /// Inclusive.
    pub to: Period,
    /// Up to this day of the last period, where it is to end before.
    pub until: Option<Day>,
    /// Only this location, by code.
    pub location: Option<String>,
    /// Only this channel, by code.
    pub channel: Option<String>,
    pub columns: Columns,
}

impl Ask {
    /// One span of months.
    pub const fn of(from: Period, to: Period) -> Self {
        let (entity, location, channel, until) = (None, None, None, None);
        Self { entity, from, to, until, location, channel, columns: Columns::One }
    }
    fn last_day(&self) -> Day {
        self.until.unwrap_or(self.to.last_day())
    }
}

/// A row of a statement: an account, or a sum of the rows before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ReportLine")]
pub struct Line {
    /// The code of the account; `None` for totals.
    pub account: Option<&'static str>,
    /// Its number in the merchant's chart.
    pub number: Option<String>,
    pub name: String,
    /// Decimals in the currency of the statement, one for each column.
    pub amounts: Vec<String>,
}

/// A statement with its columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Report")]
pub struct Statement {
    pub entity: String,
    pub currency: Currency,
    pub columns: Vec<String>,
    pub rows: Vec<Line>,
}

/// What a report is made with.
struct Making {
    entity: LegalEntity,
    within: Within,
    names: HashMap<Account, books::Named>,
}

fn begin(tx: &mut Tx<'_>, ask: &Ask, closings: bool) -> Result<Making, Error> {
    let entity = entity_called(tx, ask.entity.as_deref())?;
    let location = ask.location.as_deref().map(|code| {
        let found = locations::by_code(tx, code)?;
        found.map(|one| one.id).ok_or_else(|| Error::not_found(format!("location {code}")))
    });
    let location = location.transpose()?;
    let channel = ask.channel.as_deref().map(|code| {
        let found = channels::by_code(tx, code)?;
        found.map(|one| one.id).ok_or_else(|| Error::not_found(format!("channel {code}")))
    });
    let within = Within {
        legal_entity: entity.id,
        from: Some(ask.from.first_day()),
        to: ask.last_day(),
        location,
        channel: channel.transpose()?,
        closings,
    };
    let named = books::accounts(tx)?.into_iter().map(|one| (one.account, one)).collect();
    Ok(Making { entity, within, names: named })
}

impl Making {
    fn statement(self, columns: Vec<String>, rows: Vec<Row>) -> Statement {
        let decimal = |minor: &i64| amount(*minor, self.entity.currency);
        let line = |row: Row| {
            let amounts = row.amounts.iter().map(decimal).collect();
            match row.kind {
                RowKind::Total(name) => {
                    Line { account: None, number: None, name: name.into(), amounts }
                }
                RowKind::Account(account) => {
                    let (number, name) = self.called(account);
                    Line { account: Some(account.code()), number, name, amounts }
                }
            }
        };
        let rows = rows.into_iter().map(line).collect();
        Statement {
            entity: self.entity.code.clone(),
            currency: self.entity.currency,
            columns,
            rows,
        }
    }

    fn called(&self, account: Account) -> (Option<String>, String) {
        match self.names.get(&account) {
            Some(named) => (named.number.clone(), named.name.clone()),
            None => (None, account.name().into()),
        }
    }
}

fn amount(minor: i64, currency: Currency) -> String {
    Money::new(minor, currency).decimal().to_string()
}

/// Balances by account, of the books' own currency.
fn balances<'a>(sums: impl IntoIterator<Item = &'a Sum>) -> Balances {
    let mut all = Balances::new();
    for sum in sums {
        *all.entry(sum.account).or_default() += sum.debit - sum.credit;
    }
    all
}

/// The columns of a statement that looks at spans (`from` their first day) or at ends.
fn columns(
    tx: &mut Tx<'_>,
    ask: &Ask,
    within: &Within,
    spans: bool,
) -> Result<(Vec<String>, Vec<Balances>), Error> {
    let span = |from: Period, to: Day| Within {
        from: spans.then(|| from.first_day()),
        to,
        ..within.clone()
    };
    let label = |from: Period, to: Period| match spans && from != to {
        true => format!("{from} to {to}"),
        false => to.to_string(),
    };
    let months = (ask.to.year() - ask.from.year()) * 12 + ask.to.month() - ask.from.month() + 1;
    let back = |by: i32| {
        let (from, to) = (ask.from.plus(-by), ask.to.plus(-by));
        (label(from, to), span(from, to.last_day()))
    };
    let own = (label(ask.from, ask.to), span(ask.from, ask.last_day()));
    let asked: Vec<(String, Within)> = match ask.columns {
        Columns::One => vec![own],
        Columns::Before => vec![own, back(months)],
        Columns::YearBefore => vec![own, back(12)],
        Columns::Months => (0..months)
            .map(|index| ask.from.plus(index))
            .map(|month| (month.to_string(), span(month, month.last_day())))
            .collect(),
        Columns::Locations => return by_key(tx, &own.1, Split::Location),
        Columns::Channels => return by_key(tx, &own.1, Split::Channel),
    };
    let mut labels = Vec::with_capacity(asked.len());
    let mut all = Vec::with_capacity(asked.len());
    for (label, within) in asked {
        labels.push(label);
        all.push(balances(&turnovers::sums(tx, &within, Split::Nothing)?));
    }
    Ok((labels, all))
}

/// A column for each location or channel by code, one for postings without, and their sum.
fn by_key(
    tx: &mut Tx<'_>,
    within: &Within,
    split: Split,
) -> Result<(Vec<String>, Vec<Balances>), Error> {
    let sums = turnovers::sums(tx, within, split)?;
    let mut groups: BTreeMap<(bool, String), Vec<&Sum>> = BTreeMap::new();
    let mut codes: HashMap<[u8; 16], Option<String>> = HashMap::new();
    for sum in &sums {
        let key = match split {
            Split::Location => sum.location.as_bytes(),
            _ => sum.channel.as_bytes(),
        };
        if !codes.contains_key(&key) {
            codes.insert(key, code_of(tx, split, key)?);
        }
        let code = codes[&key].clone();
        let group = (code.is_none(), code.unwrap_or_else(|| "none".into()));
        groups.entry(group).or_default().push(sum);
    }
    let (mut labels, mut all) = (Vec::new(), Vec::new());
    for ((_, code), own) in groups {
        labels.push(code);
        all.push(balances(own));
    }
    labels.push("all".into());
    all.push(balances(&sums));
    Ok((labels, all))
}

fn code_of(tx: &mut Tx<'_>, split: Split, key: [u8; 16]) -> Result<Option<String>, Error> {
    if key == [0; 16] {
        return Ok(None);
    }
    Ok(match split {
        Split::Location => {
            locations::get(tx, LocationId::from_bytes(key))?.map(|location| location.code)
        }
        _ => channels::get(tx, ChannelId::from_bytes(key))?.map(|channel| channel.code),
    })
}

/// Returns income, costs and result of a span; closings of years do not count.
pub fn profit_and_loss(app: &App, call: &Call, ask: &Ask) -> Result<Statement, Error> {
    read(app, call, |tx| {
        let making = begin(tx, ask, false)?;
        let (labels, all) = columns(tx, ask, &making.within, true)?;
        Ok(making.statement(labels, profit_loss(&all)))
    })
}

/// Returns assets, liabilities and equity at the end of a span.
pub fn balance(app: &App, call: &Call, ask: &Ask) -> Result<Statement, Error> {
    read(app, call, |tx| {
        let making = begin(tx, ask, true)?;
        let (labels, all) = columns(tx, ask, &making.within, false)?;
        Ok(making.statement(labels, balance_sheet(&all)))
    })
}

fn read<T>(
    app: &App,
    call: &Call,
    f: impl FnMut(&mut Tx<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    call.require(Permission::Read, Scope::default())?;
    roll_up(app)?;
    app.store.read(f)
}

/// The opening balance, the turnovers and the closing balance of an account. Debits positive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct TrialRow {
    pub account: &'static str,
    pub number: Option<String>,
    pub name: String,
    /// The location or channel asked for; `none` for postings without one.
    pub of: Option<String>,
    #[serde(skip)]
    pub minor: [i64; 4],
    pub opening: String,
    pub debit: String,
    pub credit: String,
    pub closing: String,
}

/// Every account with what was posted on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "TrialBalance")]
pub struct Trial {
    pub entity: String,
    pub currency: Currency,
    pub from: String,
    pub to: String,
    pub rows: Vec<TrialRow>,
    /// Opening, debits, credits and closing of all: the outer two are zero, the inner two equal,
    /// where the whole ledger is asked for.
    #[serde(skip)]
    pub sums_minor: [i64; 4],
    pub sums: [String; 4],
}

/// Returns the trial balance of a span, by account and by location or channel where asked for.
pub fn trial_balance(app: &App, call: &Call, ask: &Ask) -> Result<Trial, Error> {
    let split = match ask.columns {
        Columns::Locations => Split::Location,
        Columns::Channels => Split::Channel,
        _ => Split::Nothing,
    };
    read(app, call, |tx| {
        let making = begin(tx, ask, true)?;
        let before =
            Within { from: None, to: ask.from.first_day().plus_days(-1), ..making.within.clone() };
        let mut found: BTreeMap<(&'static str, String), (Account, [i64; 4])> = BTreeMap::new();
        for (opening, within) in [(true, &before), (false, &making.within)] {
            for sum in turnovers::sums(tx, within, split)? {
                let key = match split {
                    Split::Nothing => String::new(),
                    Split::Location => named(tx, split, sum.location.as_bytes())?,
                    _ => named(tx, split, sum.channel.as_bytes())?,
                };
                let entry = found.entry((sum.account.code(), key));
                let (_, minor) = entry.or_insert((sum.account, [0; 4]));
                if opening {
                    minor[0] += sum.debit - sum.credit;
                } else {
                    minor[1] += sum.debit;
                    minor[2] += sum.credit;
                }
                minor[3] += sum.debit - sum.credit;
            }
        }
        Ok(trial(&making, ask, found))
    })
}

fn named(tx: &mut Tx<'_>, split: Split, key: [u8; 16]) -> Result<String, Error> {
    Ok(code_of(tx, split, key)?.unwrap_or_else(|| "none".into()))
}

fn trial(
    making: &Making,
    ask: &Ask,
    found: BTreeMap<(&'static str, String), (Account, [i64; 4])>,
) -> Trial {
    let currency = making.entity.currency;
    let mut sums_minor = [0; 4];
    let mut rows = Vec::with_capacity(found.len());
    for ((code, of), (account, minor)) in found {
        sums_minor.iter_mut().zip(minor).for_each(|(sum, own)| *sum += own);
        let (number, name) = making.called(account);
        let [opening, debit, credit, closing] = minor.map(|one| amount(one, currency));
        let of = Some(of).filter(|of| !of.is_empty());
        rows.push(TrialRow {
            account: code,
            number,
            name,
            of,
            minor,
            opening,
            debit,
            credit,
            closing,
        });
    }
    Trial {
        entity: making.entity.code.clone(),
        currency,
        from: ask.from.first_day().to_string(),
        to: ask.last_day().to_string(),
        rows,
        sums_minor,
        sums: sums_minor.map(|one| amount(one, currency)),
    }
}

/// What was posted as tax under one code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct TaxRow {
    /// Empty for postings without a code, such as payments to the authority.
    pub code: String,
    /// `sales`, `purchases` or `other`.
    pub of: &'static str,
    /// What was sold or bought for, before tax.
    pub base: String,
    /// Owed where positive, to be got back where negative.
    pub tax: String,
    #[serde(skip)]
    pub minor: [i64; 2],
}

/// Taxes of a span by code. The rows sum to what the tax account changed by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct TaxReport {
    pub entity: String,
    pub currency: Currency,
    pub from: String,
    pub to: String,
    pub rows: Vec<TaxRow>,
    /// What the tax account changed by, credits positive.
    pub owed: String,
    #[serde(skip)]
    pub owed_minor: i64,
}

const fn side(kind: JournalKind) -> &'static str {
    match kind {
        JournalKind::Invoice | JournalKind::Receipt | JournalKind::CreditNote => "sales",
        JournalKind::SupplierInvoice | JournalKind::SupplierCredit => "purchases",
        _ => "other",
    }
}

/// Returns the taxes of a span, by code, for sales and purchases.
pub fn tax(app: &App, call: &Call, ask: &Ask) -> Result<TaxReport, Error> {
    read(app, call, |tx| {
        let making = begin(tx, ask, true)?;
        let currency = making.entity.currency;
        let mut found: BTreeMap<(&'static str, String), [i64; 2]> = BTreeMap::new();
        for sum in turnovers::taxes(tx, &making.within)? {
            let minor = found.entry((side(sum.kind), sum.code)).or_default();
            minor[0] -= sum.base_minor;
            minor[1] -= sum.tax_minor;
        }
        let own = turnovers::sums(tx, &making.within, Split::Nothing)?;
        let owed_minor = -balances(&own).get(&Account::Tax).copied().unwrap_or(0);
        let row = |((of, code), minor): ((&'static str, String), [i64; 2])| {
            let [base, tax] = minor.map(|one| amount(one, currency));
            TaxRow { code, of, base, tax, minor }
        };
        Ok(TaxReport {
            entity: making.entity.code.clone(),
            currency,
            from: ask.from.first_day().to_string(),
            to: ask.last_day().to_string(),
            rows: found.into_iter().map(row).collect(),
            owed: amount(owed_minor, currency),
            owed_minor,
        })
    })
}
