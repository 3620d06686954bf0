//! Statements and aged debt.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use orderly_core::time::Day;
use serde_json::{Value, json};

use crate::Error;
use crate::cli::Session;
use crate::cli::documents::Sheet;
use crate::cli::output::table;
use crate::ops::accounts::statements::{self, AccountStatement, By, Period};
use crate::ops::accounts::{AGES, print, word};
use crate::wire::out::accounts::{AgedOut, StatementOut};
use crate::wire::out::amount;

/// Reads a day such as 2026-11-23.
pub fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).map_err(|error| error.to_string())
}

#[derive(Debug, Args)]
pub struct StatementArgs {
    /// Number or id
    account: String,
    /// Only this site
    #[arg(long)]
    site: Option<String>,
    /// The first day; the first of the month where absent
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Day>,
    /// The last day; today where absent
    #[arg(long, value_name = "DAY", value_parser = day)]
    as_of: Option<Day>,
    /// Only what is open, without what happened
    #[arg(long)]
    open: bool,
    /// Write a PDF to this file; `-` is stdout
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Sheet::A4)]
    paper: Sheet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SumBy {
    Account,
    /// Where the goods left from
    Branch,
    Entity,
}

#[derive(Debug, Args)]
pub struct AgedArgs {
    /// As of the end of this day; today where absent
    #[arg(long, value_name = "DAY", value_parser = day)]
    as_of: Option<Day>,
    #[arg(long, value_enum, default_value_t = SumBy::Account)]
    by: SumBy,
}

impl StatementArgs {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let period = Period { from: self.from, as_of: self.as_of };
        let call = session.reading();
        let site = self.site.as_deref();
        let drawn = statements::of_account(&app, &call, &self.account, site, period)?;
        let Some(file) = &self.pdf else {
            return session.out.answer(&StatementOut::from(&drawn), || page(&drawn, self.open));
        };
        let pdf = print(&drawn, self.paper.paper(), self.open).to_pdf();
        let pdf = pdf
            .map_err(|error| Error::Invalid(format!("the statement cannot be printed: {error}")))?;
        let cannot = |error: std::io::Error| {
            Error::Invalid(format!("{} cannot be written: {error}", file.display()))
        };
        if file == Path::new("-") {
            std::io::stdout().lock().write_all(&pdf).map_err(cannot)?;
            return Ok(ExitCode::SUCCESS);
        }
        std::fs::write(file, pdf).map_err(cannot)?;
        let name = file.display().to_string();
        session.out.answer(&json!({ "file": name }), || name.clone())
    }
}

/// Aged debt as programs read it.
fn page(drawn: &AccountStatement, only_open: bool) -> String {
    let AccountStatement { account, statement, .. } = drawn;
    let money = |minor: i64| amount(minor, account.currency);
    let whose = drawn.site.as_ref().map(|site| format!(", site {}", site.code));
    let mut lines = vec![format!(
        "{}  {}{}  {} to {}, in {}",
        account.number,
        account.name,
        whose.unwrap_or_default(),
        statement.from,
        statement.as_of,
        account.currency
    )];
    if !only_open {
        let edge = |caption: &str, minor: i64| {
            let mut row = vec![String::new(); 6];
            row[1] = caption.into();
            row[5] = money(minor);
            row
        };
        let entries = statement.entries.iter().map(|one| {
            vec![
                one.on.to_string(),
                word(one.kind).into(),
                one.name.clone(),
                one.reference.clone().unwrap_or_default(),
                money(one.amount),
                money(one.balance),
            ]
        });
        let rows = std::iter::once(edge("Opening", statement.opening))
            .chain(entries)
            .chain([edge("Closing", statement.closing)]);
        let head = ["date", "what", "document", "reference", "amount>", "balance>"];
        lines.extend([String::new(), table(&head, rows)]);
    }
    if statement.open.is_empty() {
        lines.extend([String::new(), "Nothing is open.".into()]);
    } else {
        let rows = statement.open.iter().map(|one| {
            vec![
                one.name.clone(),
                one.issued_on.to_string(),
                one.due_on.to_string(),
                if one.late > 0 { one.late.to_string() } else { String::new() },
                money(one.total),
                money(one.open),
            ]
        });
        let head = ["open", "issued", "due", "days late>", "total>", "open>"];
        lines.extend([String::new(), table(&head, rows)]);
    }
    let ages = AGES.iter().zip(statement.aged.parts());
    let ages: Vec<String> = ages.map(|(age, minor)| format!("{age} {}", money(minor))).collect();
    lines.extend([String::new(), ages.join(", ")]);
    if drawn.unapplied != 0 {
        let rest = money(statement.closing - drawn.unapplied);
        let paid = money(drawn.unapplied);
        lines.push(format!("Paid and not applied yet: {paid}; with it, {rest} is owed"));
    }
    lines.join("\n")
}

impl AgedArgs {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let by = match self.by {
            SumBy::Account => By::Account,
            SumBy::Branch => By::Branch,
            SumBy::Entity => By::Entity,
        };
        let found = statements::aged(&session.open()?, &session.reading(), self.as_of, by)?;
        let objects: Vec<Value> = found
            .iter()
            .map(|line| {
                json!({
                    "entity": line.entity, "currency": line.currency.to_string(),
                    "code": line.code, "name": line.name,
                    "aged": AgedOut::of(&line.aged, line.currency),
                })
            })
            .collect();
        session.out.answer(&json!({ "aged": objects }), || {
            let rows = found.iter().map(|line| {
                let money = |minor: i64| amount(minor, line.currency);
                let mut row = vec![line.code.clone(), line.name.clone(), line.currency.to_string()];
                row.extend(line.aged.parts().map(money));
                row.push(money(line.aged.sum()));
                row
            });
            let head = [
                "code", "name", "currency", "not due>", "1–30>", "31–60>", "61–90>", "90+>",
                "total>",
            ];
            table(&head, rows)
        })
    }
}
