//! What keeps the books: closing, journals by hand, the chart, rates.

use std::process::ExitCode;

use orderly_core::books::Journal;
use orderly_core::books::chart::Chart as Template;
use serde_json::json;

use super::super::output::table;
use super::{
    Chart, Close, Enter, LateCost, Rates, Reopen, Revalue, Reverse, Session, YearEnd, day, now,
    period,
};
use crate::Error;
use crate::ops::books::chart as charts;
use crate::ops::books::entries::{self, EntryIn, EntryPostingIn};
use crate::ops::books::journals;
use crate::ops::books::periods::{self, Changed};
use crate::ops::books::rates::{self as rate_ops, RateIn};
use crate::ops::books::ready::{self, Warning};
use crate::ops::books::revalue as revaluations;
use crate::ops::books::{LateCostIn, enter_late_cost};

/// Files above this are no chart and no rates.
const MAX_BYTES: u64 = 8_000_000;

fn text_of(file: &std::path::Path) -> Result<String, Error> {
    let cannot = |error: std::io::Error| {
        Error::Invalid(format!("{} cannot be read: {error}", file.display()))
    };
    if std::fs::metadata(file).map_err(cannot)?.len() > MAX_BYTES {
        return Err(Error::Invalid(format!("{} is too large", file.display())));
    }
    std::fs::read_to_string(file).map_err(cannot)
}

fn warned(warnings: &[Warning]) -> String {
    if warnings.is_empty() {
        return "Nothing in it is unsettled.".into();
    }
    let lines: Vec<String> = warnings.iter().map(|one| format!("  {}", one.detail)).collect();
    format!("Not settled in it:\n{}", lines.join("\n"))
}

fn answer(session: &Session, changed: &Changed) -> Result<ExitCode, Error> {
    session.out.answer(changed, || {
        let state = if changed.closed { "closed" } else { "open again" };
        let open = changed.open_on.as_deref().map_or_else(
            || "Every day may be posted on.".to_owned(),
            |day| format!("The first day that may be posted on is {day}."),
        );
        let end = if changed.closed { warned(&changed.warnings) } else { String::new() };
        format!("{} of {} is {state}. {open}\n{end}", changed.period, changed.entity)
    })
}

pub fn close(session: &Session, close: &Close) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let month = close.period.as_deref().map(period).transpose()?;
    let entity = close.entity.as_deref();
    if let Some(month) = month.filter(|_| close.preview) {
        let warnings = ready::preview(&app, &session.reading(), entity, month)?;
        return session.out.answer(&warnings, || warned(&warnings));
    }
    let call = session.changing(&close.given, close)?;
    answer(session, &periods::close(&app, &call, entity, month)?)
}

pub fn revalue(session: &Session, asked: &Revalue) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let (month, entity) = (period(&asked.period)?, asked.entity.as_deref());
    if asked.preview {
        let open = revaluations::preview(&app, &session.reading(), entity, month)?;
        return session.out.answer(&open, || {
            let rows = open.iter().map(|one| {
                vec![
                    one.account.to_owned(),
                    one.open.clone(),
                    one.currency.clone(),
                    one.carried.clone(),
                    one.rate.clone(),
                    one.worth.clone(),
                    one.difference.clone(),
                ]
            });
            let names =
                ["account", "open>", "currency", "carried>", "rate>", "worth>", "difference>"];
            table(&names, rows)
        });
    }
    let call = session.changing(&asked.given, asked)?;
    let done = revaluations::revalue(&app, &call, entity, month)?;
    session.out.answer(&done, || {
        let rows = done
            .differences
            .iter()
            .map(|one| vec![one.account.to_owned(), one.currency.clone(), one.amount.clone()]);
        let rows = table(&["account", "currency", "difference>"], rows);
        format!("{} of {} is revalued: {}.\n{rows}", done.period, done.entity, done.result)
    })
}

pub fn reopen(session: &Session, reopen: &Reopen) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let call = session.changing(&reopen.given, reopen)?;
    let month = period(&reopen.period)?;
    answer(session, &periods::reopen(&app, &call, reopen.entity.as_deref(), month)?)
}

pub fn year_end(session: &Session, end: &YearEnd) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let call = session.changing(&end.given, end)?;
    answer(session, &periods::close_year(&app, &call, end.entity.as_deref(), end.year)?)
}

fn posted(session: &Session, journal: &Journal) -> Result<ExitCode, Error> {
    let head = &journal.head;
    let object = json!({
        "id": head.id,
        "accounting_on": head.accounting_on.to_string(),
        "postings": journal.postings().len(),
        "reverses": head.reverses,
    });
    session
        .out
        .answer(&object, || format!("Journal {} is posted on {}.", head.id, head.accounting_on))
}

pub fn enter(session: &Session, enter: &Enter) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let call = session.changing(&enter.given, enter)?;
    let mut postings = Vec::new();
    for (sign, all) in [("", &enter.debits), ("-", &enter.credits)] {
        for text in all {
            let wrong = || Error::Invalid(format!("`{text}` is not of the form ACCOUNT=AMOUNT"));
            let (account, amount) = text.split_once('=').ok_or_else(wrong)?;
            postings.push(EntryPostingIn {
                account: account.to_owned(),
                amount: format!("{sign}{amount}"),
                location: enter.location.clone(),
                ..EntryPostingIn::default()
            });
        }
    }
    let new = EntryIn { entity: enter.entity.clone(), on: enter.on.clone(), postings };
    posted(session, &entries::enter(&app, &call, &new)?)
}

pub fn late_cost(session: &Session, late: &LateCost) -> Result<ExitCode, Error> {
    let new = LateCostIn {
        sku: late.sku.clone(),
        location: late.at.clone(),
        received: late.received.clone(),
        amount: late.amount.clone(),
        contra: late.contra.clone(),
    };
    let app = session.open()?;
    let call = session.changing(&late.given, &new)?;
    posted(session, &enter_late_cost(&app, &call, &new)?)
}

pub fn reverse(session: &Session, reverse: &Reverse) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let found = journals::show(&app, &session.reading(), None, &reverse.journal)?;
    let on = reverse.on.as_deref().map(day).transpose()?;
    let on = on.unwrap_or_else(|| now().day_in("UTC"));
    let call = session.changing(&reverse.given, reverse)?;
    posted(session, &entries::reverse(&app, &call, found.journal.head.id, on)?)
}

pub fn chart(session: &Session, chart: &Chart) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let all = match &chart.template {
        None => charts::chart(&app, &session.reading())?,
        Some(file) => {
            let wrong = |error: toml::de::Error| {
                Error::Invalid(format!("{} is no chart: {error}", file.display()))
            };
            let template: Template = toml::from_str(&text_of(file)?).map_err(wrong)?;
            let call = session.changing(&chart.given, &template)?;
            charts::use_chart(&app, &call, &template)?
        }
    };
    session.out.answer(&all, || {
        let rows = all.0.iter().map(|one| {
            vec![
                one.number.clone().unwrap_or_default(),
                one.code.to_owned(),
                one.name.clone(),
                one.kind.to_owned(),
            ]
        });
        table(&["number", "account", "name", "kind"], rows)
    })
}

pub fn rates(session: &Session, rates: &Rates) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let (given, all) = match rates {
        Rates::List { limit } => {
            let found = rate_ops::list_rates(&app, &session.reading(), *limit)?;
            let row = |one: &orderly_core::books::rate::Rate| RateIn {
                currency: one.currency.to_string(),
                into: one.into.to_string(),
                on: one.rate_on.to_string(),
                rate: one.rate.to_string(),
            };
            let all: Vec<RateIn> = found.iter().map(row).collect();
            return session.out.answer(&all, || {
                let rows = all.iter().map(|one| {
                    vec![one.on.clone(), one.currency.clone(), one.into.clone(), one.rate.clone()]
                });
                table(&["day", "currency", "into", "rate>"], rows)
            });
        }
        Rates::Set { currency, into, rate, on, given } => {
            let one = RateIn {
                currency: currency.clone(),
                into: into.clone(),
                on: on.clone(),
                rate: rate.clone(),
            };
            (given, vec![one])
        }
        Rates::Import { file, given } => {
            let text = text_of(file)?;
            let read: Result<Vec<RateIn>, csv::Error> =
                csv::Reader::from_reader(text.as_bytes()).deserialize().collect();
            let wrong = |error| Error::Invalid(format!("{} has no rates: {error}", file.display()));
            (given, read.map_err(wrong)?)
        }
    };
    let call = session.changing(given, &all)?;
    let done = rate_ops::set_rates(&app, &call, &all)?;
    session.out.answer(&done, || format!("{} rates are set.", done.set))
}
