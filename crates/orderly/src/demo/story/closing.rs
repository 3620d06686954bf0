//! The end of a month: the collective run, closing, and reports that are equal to the books.

use orderly_core::books::period::Period;
use orderly_core::books::{Account, AccountKind};
use orderly_core::money::Currency;
use orderly_core::money::Money;
use orderly_core::time::Day;
use serde::Serialize;

use super::super::trade::Trading;
use crate::Error;
use crate::ops::books::reports::{self, Ask, Columns, Statement, Trial};
use crate::ops::books::{Clock, periods, stock_value};
use crate::ops::invoices;

/// A month that was closed, with its reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closed {
    pub period: String,
    #[serde(flatten)]
    pub books: Books,
}

/// What the reports of a span say. Amounts are decimals in the currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Books {
    pub from: String,
    pub to: String,
    pub revenue: String,
    pub result: String,
    pub assets: String,
    pub liabilities_and_equity: String,
    /// What the tax report's rows sum to, and what the tax account changed by.
    pub tax_reported: String,
    pub tax_account: String,
    pub stock_value: String,
    pub inventory_account: String,
    /// Whether the trial balance is zero and every report equals its account.
    pub balanced: bool,
}

impl Trading<'_> {
    /// On the last evening of a month the accounts that ask for it get one invoice; two days
    /// later the month is closed.
    pub(super) fn month_end(&mut self, day: Day) -> Result<(), Error> {
        let month = Period::of(day);
        if day == month.last_day() {
            let call = self.clock.call();
            let ran = invoices::run(self.app, &call, None, call.now);
            self.must("invoice.run", ran)?;
        }
        if day == month.first_day().plus_days(1) {
            self.close_month()?;
        }
        Ok(())
    }

    fn close_month(&mut self) -> Result<(), Error> {
        let call = self.clock.call();
        let last = Period::of(call.now.day_in("UTC")).plus(-1);
        let known = periods::list(self.app, &call, None)?;
        if !known.iter().any(|one| one.period == last.to_string() && !one.closed) {
            return Ok(());
        }
        let call = self.clock.call();
        let closed = periods::close(self.app, &call, None, Some(last));
        self.must("books.close", closed)?;
        let books = self.report(last, last, last.last_day())?;
        self.story.closed.push(Closed { period: last.to_string(), books });
        Ok(())
    }

    /// The reports of whole months up to a day, compared with each other.
    pub fn report(&mut self, from: Period, to: Period, until: Day) -> Result<Books, Error> {
        let call = self.clock.call();
        let ask = Ask { until: Some(until), ..Ask::of(from, to) };
        let trial = reports::trial_balance(self.app, &call, &ask)?;
        let result = reports::profit_and_loss(self.app, &call, &ask)?;
        let sheet = reports::balance(self.app, &call, &ask)?;
        let tax = reports::tax(self.app, &call, &ask)?;
        let stock = stock_value(self.app, &call, None, Clock::Accounting, until)?;
        let [opening, debits, credits, closing] = trial.sums_minor;
        let assets = total(&sheet, "Assets");
        let claims = total(&sheet, "Liabilities and equity");
        let reported: i64 = tax.rows.iter().map(|row| row.minor[1]).sum();
        let on = |account: Account| {
            let own = trial.rows.iter().find(|row| row.account == account.code());
            own.map_or([0; 4], |row| row.minor)
        };
        let [_, tax_debit, tax_credit, _] = on(Account::Tax);
        let inventory = on(Account::Inventory)[3];
        let zero = opening == 0 && closing == 0 && debits == credits;
        let shown = result.rows.last().map(|row| row.amounts.concat()).unwrap_or_default();
        let mut equal = shown == decimal(result_of(&trial), trial.currency);
        // What branches and channels made is what was made.
        for columns in [Columns::Locations, Columns::Channels] {
            let split = reports::profit_and_loss(self.app, &call, &Ask { columns, ..ask.clone() })?;
            equal &= split.rows.last().and_then(|row| row.amounts.last()) == Some(&shown);
        }
        equal &= assets == claims
            && reported == tax_credit - tax_debit
            && stock.total_minor == inventory
            && stock.inventory_minor == inventory;
        let show = |minor: i64| decimal(minor, trial.currency);
        let [_, debit, credit, _] = on(Account::Revenue);
        Ok(Books {
            from: trial.from,
            to: trial.to,
            revenue: show(credit - debit),
            result: shown,
            assets,
            liabilities_and_equity: claims,
            tax_reported: show(reported),
            tax_account: show(tax_credit - tax_debit),
            stock_value: show(stock.total_minor),
            inventory_account: show(inventory),
            balanced: zero && equal,
        })
    }
}

/// What income and expenses of the trial balance come to in its span; a gain positive.
fn result_of(trial: &Trial) -> i64 {
    let results = trial.rows.iter().filter(|row| {
        let kind = Account::parse(row.account).map(Account::kind);
        matches!(kind, Some(AccountKind::Income | AccountKind::Expense))
    });
    results.map(|row| row.minor[2] - row.minor[1]).sum()
}

fn decimal(minor: i64, currency: Currency) -> String {
    Money::new(minor, currency).decimal().to_string()
}

fn total(statement: &Statement, name: &str) -> String {
    let own = statement.rows.iter().find(|row| row.account.is_none() && row.name == name);
    own.map(|row| row.amounts.concat()).unwrap_or_default()
}
