//! `orderly plan backtest`.

use std::path::PathBuf;

use clap::Args;
use orderly_plan::forecast::references::Reference;
use orderly_plan::forecast::score::rmsse;
use orderly_plan::forecast::tier_one::fit;
use orderly_plan::stock::lead_time::Mixture;
use orderly_plan::stock::reorder::point;
use orderly_plan::stock::simulate::{Close, Costs, Run, protected_days, run};

use super::policy::Aim;
use super::sales::{Every, Sales, Source};
use super::svg::Plot;
use super::{Answer, Cell};
use crate::Error;
use crate::cli::output::progress;

#[derive(Debug, Args)]
pub struct Backtest {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    aim: Aim,
    /// Days at the end of the sales to replay; everything before them is the history
    #[arg(long, default_value_t = 56, value_parser = clap::value_parser!(u16).range(7..=2000))]
    days: u16,
    /// Holding one unit for a day
    #[arg(long, default_value_t = 1.0)]
    holding: f64,
    /// One unit of demand lost
    #[arg(long, default_value_t = 100.0)]
    shortage: f64,
    /// Placing one order
    #[arg(long, default_value_t = 0.0)]
    order: f64,
    /// Draw demand and stock of the item that sells most, or of --svg-item
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// The item to draw
    #[arg(long, value_name = "ITEM", requires = "svg")]
    svg_item: Option<String>,
}

/// What the forecasts and levels were at one review.
struct Review {
    levels: Vec<f64>,
    /// The mean of each day ahead; only kept for the first review.
    means: Vec<Vec<f64>>,
}

impl Backtest {
    pub(super) fn answer(&self) -> Result<Answer, Error> {
        if self.source.every != Every::Day {
            return Err(Error::Invalid("a backtest needs sales by the day".into()));
        }
        let costs = [self.holding, self.shortage, self.order];
        if !costs.iter().all(|cost| cost.is_finite() && *cost >= 0.0) {
            return Err(Error::Invalid("costs must be numbers of at least zero".into()));
        }
        let sales = self.source.read()?;
        let days = usize::from(self.days);
        let longest = sales.units.iter().map(Vec::len).max().unwrap_or(0);
        if longest <= days {
            let detail = format!("the sales cover {longest} days: too few to replay {days}");
            return Err(Error::Invalid(detail));
        }
        let step = self.aim.review.max(1) as usize;
        let bar = progress(days.div_ceil(step) as u64, "replaying");
        let mut reviews = Vec::new();
        for day in (0..days).step_by(step) {
            reviews.push(self.review(&sales, days - day, day == 0)?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        let mut answer = Answer::new(&[
            "item",
            "demand",
            "fill_rate",
            "cycle_service",
            "mean_stock",
            "orders",
            "lost",
            "cost",
            "rmsse",
            "rmsse_28_day_mean",
            "rmsse_seasonal_naive",
        ]);
        let mut runs = Vec::with_capacity(sales.items.len());
        for at in 0..sales.items.len() {
            let run = self.play(&sales, at, days, step, &reviews);
            answer.rows.push(row(&sales, at, days, &run, &reviews[0].means[at]));
            runs.push(run);
        }
        self.draw(&sales, days, &runs)?;
        Ok(answer)
    }

    /// Fits everything as it was known `held_out` days before the end.
    fn review(&self, sales: &Sales, held_out: usize, with_means: bool) -> Result<Review, Error> {
        let settings = self.aim.settings();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let fitted = fit(&sales.panel(held_out), &settings, threads)
            .map_err(|error| Error::Internal(error.to_string()))?;
        let length = protected_days(self.aim.lead as usize, self.aim.review as usize);
        let mut review = Review { levels: Vec::new(), means: Vec::new() };
        for state in &fitted.states {
            let target = self.aim.target(state.window_mean(self.aim.review.max(1) as usize))?;
            let level = match target.level() {
                Some(level) => state.window_quantile(level, length, &settings, &fitted.calibration),
                None => point(&Mixture::of(state.window_law(length, &settings)), target),
            };
            review.levels.push(level);
            if with_means {
                review.means.push((0..held_out).map(|step| state.mean(step)).collect());
            }
        }
        Ok(review)
    }

    fn play(&self, sales: &Sales, at: usize, days: usize, step: usize, reviews: &[Review]) -> Run {
        let units = &sales.units[at];
        let demand = &units[units.len() - days.min(units.len())..];
        // An item that is younger than the replay joins it on its first day.
        let skipped = days - demand.len();
        let costs =
            Costs { holding: self.holding, shortage: self.shortage, order: self.order, unit: 1.0 };
        let decide = |close: &Close| {
            let day = close.day + skipped;
            if !day.is_multiple_of(step) {
                return 0.0;
            }
            (reviews[day / step].levels[at] - close.on_hand - close.on_order).max(0.0)
        };
        let opening = reviews[skipped / step].levels[at];
        run(demand, opening, &costs, |_| self.aim.lead as usize, decide)
    }

    fn draw(&self, sales: &Sales, days: usize, runs: &[Run]) -> Result<(), Error> {
        let Some(path) = &self.svg else { return Ok(()) };
        let at = sales.find(self.svg_item.as_deref());
        let at = at.ok_or_else(|| Error::Invalid("the item to draw has no sales".into()))?;
        let units = &sales.units[at];
        let plot = Plot {
            title: &sales.items[at],
            history: &units[units.len() - days.min(units.len())..],
            mean: &[],
            bands: Vec::new(),
            stock: &runs[at].on_hand,
        };
        plot.write(path)
    }
}

fn row(sales: &Sales, at: usize, days: usize, run: &Run, means: &[f64]) -> Vec<Cell> {
    let units = &sales.units[at];
    let (history, actual) = units.split_at(units.len() - days.min(units.len()));
    let score =
        |forecast: &[f64]| Cell::Number(rmsse(history, actual, forecast).unwrap_or(f64::NAN));
    let reference = |method: Reference| score(&method.forecast(history, actual.len()));
    vec![
        Cell::Text(sales.items[at].clone()),
        Cell::Number(run.demand),
        Cell::Number(run.fill_rate()),
        Cell::Number(run.cycle_service()),
        Cell::Number(run.mean_stock),
        Cell::Count(run.orders as u64),
        Cell::Number(run.lost),
        Cell::Number(run.cost()),
        score(means),
        reference(Reference::WindowMean { window: 28 }),
        reference(Reference::SeasonalNaive { season: 7 }),
    ]
}
