//! Sums of the books.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::Account;
use orderly_store::tables::books::{By, balances};
use orderly_store::tables::levels;

use crate::{App, Call, Error};

/// What the books come to, in minor units of the merchant's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// Value of everything held, by stock levels.
    pub stock_value: i64,
    /// The balance of the inventory account.
    pub inventory: i64,
    /// Sums of the balances on either side.
    pub debits: i64,
    pub credits: i64,
}

/// Returns what the books come to, from one snapshot.
pub fn sums(app: &App, call: &Call) -> Result<Sums, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let mut stock_value = 0;
        let mut after = None;
        loop {
            let page = levels::list(tx, None, after, 1_000)?;
            stock_value += page.iter().map(|level| level.value).sum::<i64>();
            match page.last() {
                Some(last) if page.len() == 1_000 => after = Some(last.key),
                _ => break,
            }
        }
        let mut sums = Sums { stock_value, inventory: 0, debits: 0, credits: 0 };
        for balance in balances(tx, None, None, By::Account)? {
            if balance.account == Account::Inventory {
                sums.inventory += balance.amount_minor;
            }
            if balance.amount_minor > 0 {
                sums.debits += balance.amount_minor;
            } else {
                sums.credits -= balance.amount_minor;
            }
        }
        Ok(sums)
    })
}
