//! What the books say.

use std::process::ExitCode;

use orderly_core::books::period::Period;
use orderly_core::money::Money;

use super::super::output::table;
use super::{Clock, Journals, Report, Session, StockValue, day, now, period};
use crate::Error;
use crate::ops::books::journals::{self, Wanted};
use crate::ops::books::periods;
use crate::ops::books::reports::{self, Statement};
use crate::ops::books::{Clock as By, stock_value as ask_stock_value};
use crate::wire::out::books::JournalOut;

fn statement(session: &Session, of: &Statement, title: &str) -> Result<ExitCode, Error> {
    session.out.answer(of, || {
        let mut head: Vec<String> = vec!["number".into(), title.to_owned()];
        head.extend(of.columns.iter().map(|label| format!("{label}>")));
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        let rows = of.rows.iter().map(|row| {
            let name = match row.account {
                Some(_) => format!("  {}", row.name),
                None => row.name.to_uppercase(),
            };
            let mut cells = vec![row.number.clone().unwrap_or_default(), name];
            cells.extend(row.amounts.iter().cloned());
            cells
        });
        format!("{}\n\nIn {}, of {}.", table(&head, rows), of.currency, of.entity)
    })
}

pub fn profit_loss(session: &Session, report: &Report) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let found = reports::profit_and_loss(&app, &session.reading(), &report.ask()?)?;
    statement(session, &found, "profit and loss")
}

pub fn balance_sheet(session: &Session, report: &Report) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let found = reports::balance(&app, &session.reading(), &report.ask()?)?;
    statement(session, &found, "balance sheet")
}

pub fn trial_balance(session: &Session, report: &Report) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let found = reports::trial_balance(&app, &session.reading(), &report.ask()?)?;
    session.out.answer(&found, || {
        let head = ["number", "account", "of", "opening>", "debit>", "credit>", "closing>"];
        let rows = found.rows.iter().map(|row| {
            vec![
                row.number.clone().unwrap_or_default(),
                row.name.clone(),
                row.of.clone().unwrap_or_default(),
                row.opening.clone(),
                row.debit.clone(),
                row.credit.clone(),
                row.closing.clone(),
            ]
        });
        let [opening, debit, credit, closing] = found.sums.clone();
        let total =
            vec![String::new(), "TOTAL".into(), String::new(), opening, debit, credit, closing];
        format!(
            "{}\n\nIn {}, of {}, from {} to {}.",
            table(&head, rows.chain([total])),
            found.currency,
            found.entity,
            found.from,
            found.to
        )
    })
}

pub fn tax(session: &Session, report: &Report) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let found = reports::tax(&app, &session.reading(), &report.ask()?)?;
    session.out.answer(&found, || {
        let rows = found.rows.iter().map(|row| {
            vec![row.of.to_owned(), row.code.clone(), row.base.clone(), row.tax.clone()]
        });
        format!(
            "{}\n\nOwed for {} to {}: {} {}.",
            table(&["of", "code", "base>", "tax>"], rows),
            found.from,
            found.to,
            found.owed,
            found.currency
        )
    })
}

pub fn stock_value(session: &Session, asked: &StockValue) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let clock = match asked.clock {
        Clock::Accounting => By::Accounting,
        Clock::Effective => By::Effective,
        Clock::Recorded => By::Recorded,
    };
    let on = asked.day.as_deref().map(day).transpose()?;
    let on = on.unwrap_or_else(|| now().day_in("UTC"));
    let mut found = ask_stock_value(&app, &session.reading(), asked.entity.as_deref(), clock, on)?;
    found.rows.retain(|row| asked.location.as_ref().is_none_or(|code| *code == row.location));
    session.out.answer(&found, || {
        let rows = found.rows.iter().map(|row| {
            vec![row.location.clone(), row.sku.clone(), row.qty.to_string(), row.value.clone()]
        });
        format!(
            "{}\n\nAll stock at the end of {}: {} {cur}. The inventory account: {} {cur}.",
            table(&["location", "sku", "quantity>", "value>"], rows),
            found.as_of,
            found.total,
            found.inventory,
            cur = found.currency
        )
    })
}

pub fn journals(session: &Session, asked: &Journals) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let month = asked.period.as_deref().map(period).transpose()?;
    let wanted = Wanted {
        entity: asked.entity.clone(),
        from: month.map(Period::first_day),
        to: month.map(Period::last_day),
        account: asked.account.clone(),
        location: asked.location.clone(),
        channel: asked.channel.clone(),
        party: asked.party.as_deref().map(bytes).transpose()?,
        document: asked.document.as_deref().map(bytes).transpose()?,
    };
    let call = session.reading();
    let found = journals::list(&app, &call, &wanted, asked.after, asked.limit)?;
    let object: Vec<JournalOut> = found.iter().map(JournalOut::from).collect();
    session.out.answer(&object, || {
        let rows = found.iter().map(|one| {
            let head = &one.journal.head;
            let debits = one.journal.postings().iter().map(|own| own.amount_minor.max(0));
            let accounts = one.journal.postings().iter().map(|own| own.account.code());
            vec![
                one.number.to_string(),
                head.accounting_on.to_string(),
                head.kind.code().to_owned(),
                Money::new(debits.sum(), head.currency).to_string(),
                accounts.collect::<Vec<_>>().join(", "),
            ]
        });
        let body = table(&["number>", "day", "kind", "amount>", "accounts"], rows);
        format!("{body}\n\nOne of them: `orderly books show NUMBER`")
    })
}

/// The sixteen bytes of an id, with its prefix or as a UUID.
fn bytes(text: &str) -> Result<[u8; 16], Error> {
    let wrong = || Error::Invalid(format!("`{text}` is not an id"));
    if let Ok(id) = text.parse::<uuid::Uuid>() {
        return Ok(id.into_bytes());
    }
    // Every prefix is read alike: the letters after it are the bytes.
    let (_, letters) = text.rsplit_once('_').ok_or_else(wrong)?;
    let id = format!("jrn_{letters}").parse::<orderly_core::id::JournalId>();
    Ok(id.map_err(|_| wrong())?.as_bytes())
}

pub fn journal(session: &Session, entity: Option<&str>, name: &str) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let one = journals::show(&app, &session.reading(), entity, name)?;
    session.out.answer(&JournalOut::from(&one), || {
        let head = &one.journal.head;
        let rows = one.journal.postings().iter().map(|own| {
            let money = Money::new(own.amount_minor.saturating_abs(), head.currency);
            let amount = money.decimal().to_string();
            let (debit, credit) = match own.amount_minor > 0 {
                true => (amount, String::new()),
                false => (String::new(), amount),
            };
            let document = own.dimensions.document.map_or("", |(kind, _)| kind.code());
            let foreign = own.foreign.map(|money| money.to_string()).unwrap_or_default();
            vec![
                own.account.code().to_owned(),
                debit,
                credit,
                document.to_owned(),
                own.tax_code.clone().unwrap_or_default(),
                foreign,
            ]
        });
        format!(
            "Journal {} ({}), {}, posted on {}, known since {}.\n\n{}",
            one.number,
            head.id,
            head.kind.code(),
            head.accounting_on,
            one.recorded_at,
            table(&["account", "debit>", "credit>", "document", "tax", "foreign>"], rows)
        )
    })
}

pub fn periods(session: &Session, entity: Option<&str>) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let all = periods::list(&app, &session.reading(), entity)?;
    session.out.answer(&all, || {
        let rows = all.iter().map(|one| {
            vec![
                one.period.clone(),
                if one.closed { "closed" } else { "open" }.to_owned(),
                one.closed_at.clone().unwrap_or_default(),
                one.last_number.map(|number| number.to_string()).unwrap_or_default(),
                one.reason.clone().unwrap_or_default(),
            ]
        });
        table(&["period", "state", "closed", "last journal>", "reason"], rows)
    })
}
