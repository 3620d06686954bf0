//! The statements of the books, from sums of postings: nothing here is stored.

use std::collections::HashMap;

use super::{Account, AccountKind};

/// Balances of accounts in one column of a statement, in minor units; debits positive.
pub type Balances = HashMap<Account, i64>;

/// What a row of a statement is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowKind {
    /// One account.
    Account(Account),
    /// A sum of the rows before it.
    Total(&'static str),
}

/// One row of a statement, with an amount for each column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub kind: RowKind,
    /// In minor units, with the sign people expect: income, liabilities and equity are positive
    /// where they are credits.
    pub amounts: Vec<i64>,
}

/// The rows of a statement as they are made.
struct Sheet<'a> {
    columns: &'a [Balances],
    rows: Vec<Row>,
}

impl Sheet<'_> {
    /// Adds the rows of the accounts that have an amount in any column, and returns their sums.
    fn accounts(&mut self, sign: i64, wanted: impl Fn(Account) -> bool) -> Vec<i64> {
        let mut sums = vec![0; self.columns.len()];
        for account in Account::ALL.iter().copied().filter(|account| wanted(*account)) {
            let amount = |column: &Balances| sign * column.get(&account).copied().unwrap_or(0);
            let amounts: Vec<i64> = self.columns.iter().map(amount).collect();
            if amounts.iter().all(|amount| *amount == 0) {
                continue;
            }
            sums.iter_mut().zip(&amounts).for_each(|(sum, amount)| *sum += amount);
            self.rows.push(Row { kind: RowKind::Account(account), amounts });
        }
        sums
    }

    fn total(&mut self, name: &'static str, amounts: &[i64]) {
        self.rows.push(Row { kind: RowKind::Total(name), amounts: amounts.to_vec() });
    }
}

fn less(left: &[i64], right: &[i64]) -> Vec<i64> {
    left.iter().zip(right).map(|(left, right)| left - right).collect()
}

/// Whether an account is a cost of what was sold: it comes before the gross profit.
pub const fn is_cost_of_sales(account: Account) -> bool {
    matches!(account, Account::CostOfGoods | Account::PriceVariance)
}

/// Returns the profit and loss of each column: income, costs of what was sold, gross profit, other
/// expenses, result.
pub fn profit_loss(columns: &[Balances]) -> Vec<Row> {
    let mut sheet = Sheet { columns, rows: Vec::new() };
    let income = sheet.accounts(-1, |account| account.kind() == AccountKind::Income);
    sheet.total("Income", &income);
    let costs = sheet.accounts(1, is_cost_of_sales);
    let gross = less(&income, &costs);
    sheet.total("Gross profit", &gross);
    let expenses = sheet.accounts(1, |account| {
        account.kind() == AccountKind::Expense && !is_cost_of_sales(account)
    });
    sheet.total("Other expenses", &expenses);
    sheet.total("Result", &less(&gross, &expenses));
    sheet.rows
}

/// Returns the balance sheet of each column: assets; liabilities, equity and the result that no
/// year-end has moved to equity yet. The two totals are equal where the columns are whole ledgers.
pub fn balance_sheet(columns: &[Balances]) -> Vec<Row> {
    let mut sheet = Sheet { columns, rows: Vec::new() };
    let assets = sheet.accounts(1, |account| account.kind() == AccountKind::Asset);
    sheet.total("Assets", &assets);
    let liabilities = sheet.accounts(-1, |account| account.kind() == AccountKind::Liability);
    sheet.total("Liabilities", &liabilities);
    let equity = sheet.accounts(-1, |account| account.kind() == AccountKind::Equity);
    let result: Vec<i64> = columns.iter().map(result).collect();
    sheet.total("Result not closed yet", &result);
    let own: Vec<i64> = equity.iter().zip(&result).map(|(a, b)| a + b).collect();
    sheet.total("Equity", &own);
    let all: Vec<i64> = liabilities.iter().zip(&own).map(|(a, b)| a + b).collect();
    sheet.total("Liabilities and equity", &all);
    sheet.rows
}

/// Income less expenses, in minor units: positive is a profit.
pub fn result(balances: &Balances) -> i64 {
    let own =
        |account: &Account| matches!(account.kind(), AccountKind::Income | AccountKind::Expense);
    -balances.iter().filter(|(account, _)| own(account)).map(|(_, amount)| amount).sum::<i64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amounts<'a>(rows: &'a [Row], name: &str) -> &'a [i64] {
        let row = rows.iter().find(|row| matches!(row.kind, RowKind::Total(own) if own == name));
        &row.unwrap().amounts
    }

    #[test]
    fn profit_is_income_less_costs_and_expenses() {
        let columns = [
            Balances::from([
                (Account::Revenue, -10_000),
                (Account::CostOfGoods, 6_000),
                (Account::WriteOffs, 500),
                (Account::Inventory, 3_500),
            ]),
            Balances::new(),
        ];
        let rows = profit_loss(&columns);
        assert_eq!(amounts(&rows, "Income"), [10_000, 0]);
        assert_eq!(amounts(&rows, "Gross profit"), [4_000, 0]);
        assert_eq!(amounts(&rows, "Result"), [3_500, 0]);
        assert!(rows.iter().all(|row| row.kind != RowKind::Account(Account::Inventory)));
    }

    proptest! {
        /// Whatever balances: the two sides of the balance sheet are equal, and the result of
        /// both statements is the same.
        #[test]
        fn the_sides_of_a_balance_sheet_are_equal(
            amounts_of in proptest::collection::vec(-1_000_i64..1_000, Account::ALL.len()),
        ) {
            let mut balances: Balances =
                Account::ALL.iter().copied().zip(amounts_of.iter().copied()).collect();
            let sum: i64 = amounts_of.iter().sum();
            *balances.entry(Account::Bank).or_default() -= sum;
            let columns = [balances];
            let sheet = balance_sheet(&columns);
            prop_assert_eq!(amounts(&sheet, "Assets"), amounts(&sheet, "Liabilities and equity"));
            let own = profit_loss(&columns);
            prop_assert_eq!(amounts(&own, "Result"), amounts(&sheet, "Result not closed yet"));
        }
    }
}
