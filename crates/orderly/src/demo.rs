//! A believable builders' merchant that also sells online, made from a seed, trading through the
//! real operations.

mod catalog;
mod money;
mod people;
mod random;
mod road;
mod shop;
mod story;
mod summary;
mod supply;
mod trade;
mod words;
mod work;

use orderly_core::time::{Day, Instant};

pub use story::{Books, Closed};
pub use summary::Summary;

use crate::{App, Error};
use random::Clock;
use trade::Trading;

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

/// Creates the merchant and lets it trade; `each_day` hears of every day that is over. The same
/// plan on an empty database gives the same rows.
///
/// # Errors
/// Whatever an operation answers but a refusal; `already_exists` where the database is set up.
pub fn run(app: &App, plan: &Plan, each_day: &mut dyn FnMut(Day)) -> Result<Summary, Error> {
    let mut clock = Clock::new(plan.start_of(0).plus_days(-1), plan.seed);
    let merchant = people::set_up(app, &mut clock)?;
    let goods = catalog::set_up(app, &mut clock)?;
    let mut trading = Trading::new(app, clock, merchant, goods);
    trading.open_shop()?;
    trading.run(plan, each_day)?;
    summary::of(&mut trading, plan)
}
