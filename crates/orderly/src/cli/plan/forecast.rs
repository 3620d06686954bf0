//! `orderly plan forecast`.

use std::path::PathBuf;

use clap::Args;
use orderly_plan::forecast::expected::expectations;
use orderly_plan::forecast::smooth::{Outlook, Voices, forecast};
use orderly_plan::forecast::tier_one::{Settings, fit};

use super::adjust::Adjust;
use super::sales::{Every, Sales, Source};
use super::svg::Plot;
use super::{Answer, Cell};
use crate::Error;
use crate::cli::output::progress;

#[derive(Debug, Args)]
pub struct Forecast {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    adjust: Adjust,
    /// Periods to forecast
    #[arg(long, default_value_t = 28, value_parser = clap::value_parser!(u16).range(1..=1000))]
    horizon: u16,
    /// Quantile levels, between 0 and 1
    #[arg(long = "level", value_delimiter = ',', default_value = "0.5,0.9,0.98")]
    levels: Vec<f64>,
    /// Draw the item that sells most, or the one of --svg-item
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// The item to draw
    #[arg(long, value_name = "ITEM", requires = "svg")]
    svg_item: Option<String>,
}

/// Weekly or monthly series of this mean and length are forecast as smooth ones.
const SMOOTH_UNITS: f64 = 2.0;
const SMOOTH_PERIODS: usize = 12;

/// The means of one series by period, and its quantiles by period and level.
struct Fan {
    means: Vec<f64>,
    quantiles: Vec<Vec<f64>>,
}

impl Forecast {
    pub(super) fn answer(&self) -> Result<Answer, Error> {
        check_levels(&self.levels)?;
        let sales = self.source.read()?;
        let mut levels = self.levels.clone();
        levels.sort_by(f64::total_cmp);
        let fans = self.fans(&sales, &levels)?;
        let mut answer = Answer::new(&["item", "step", "date", "mean"]);
        answer.head.extend(levels.iter().map(|level| format!("q{level}")));
        for (item, fan) in sales.items.iter().zip(&fans) {
            for (step, (mean, quantiles)) in fan.means.iter().zip(&fan.quantiles).enumerate() {
                let mut row = vec![
                    Cell::Text(item.clone()),
                    Cell::Count(step as u64 + 1),
                    Cell::Text(sales.day(step)),
                    Cell::Number(*mean),
                ];
                row.extend(quantiles.iter().copied().map(Cell::Number));
                answer.rows.push(row);
            }
        }
        self.draw(&sales, &fans)?;
        Ok(answer)
    }

    fn fans(&self, sales: &Sales, levels: &[f64]) -> Result<Vec<Fan>, Error> {
        let horizon = usize::from(self.horizon);
        let settings = match self.source.every {
            Every::Day => Settings::daily(horizon),
            Every::Week | Every::Month => Settings::plain(horizon),
        };
        let season = match self.source.every {
            Every::Day => 7,
            Every::Week => 52,
            Every::Month => 12,
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let fitted = fit(&sales.panel(0), &settings, threads)
            .map_err(|error| Error::Internal(error.to_string()))?;
        let skip = self.source.skip_bad_rows;
        let expected = || expectations(&sales.panel(0), &fitted, &settings, threads);
        let lifts = self.adjust.lifts(sales, expected, horizon, skip)?;
        let bar = progress(sales.items.len() as u64, "forecasting");
        let mut fans = Vec::with_capacity(sales.items.len());
        for ((state, units), lifts) in fitted.states.iter().zip(&sales.units).zip(&lifts) {
            bar.inc(1);
            let mean = units.iter().sum::<f64>() / units.len().max(1) as f64;
            let is_smooth = self.source.every != Every::Day
                && mean >= SMOOTH_UNITS
                && units.len() >= SMOOTH_PERIODS;
            if is_smooth {
                let outlook = forecast(units, season, horizon, Voices::All);
                if !outlook.models.is_empty() {
                    fans.push(fan_of(&outlook, levels));
                    continue;
                }
            }
            let mut fan = Fan { means: Vec::new(), quantiles: Vec::new() };
            for step in 0..horizon {
                let mut quantiles = vec![0.0; levels.len()];
                let lift = lifts.get(step).copied().unwrap_or(1.0);
                state.law_lifted(step, lift).quantiles(levels, &mut quantiles);
                fan.means.push(lift * state.mean(step));
                fan.quantiles.push(quantiles);
            }
            fans.push(fan);
        }
        bar.finish_and_clear();
        self.meet_totals(sales, &mut fans)?;
        Ok(fans)
    }

    /// Moves every item so that the planner's totals are met.
    fn meet_totals(&self, sales: &Sales, fans: &mut [Fan]) -> Result<(), Error> {
        let means: Vec<f64> = fans.iter().map(|fan| fan.means.iter().sum()).collect();
        // Counts vary with their mean: an item is as uncertain as it is large.
        let skip = self.source.skip_bad_rows;
        let factors = self.adjust.factors(sales, &means, &means, skip)?;
        for (fan, factor) in fans.iter_mut().zip(factors) {
            fan.means.iter_mut().for_each(|mean| *mean *= factor);
            fan.quantiles.iter_mut().flatten().for_each(|quantile| *quantile *= factor);
        }
        Ok(())
    }

    fn draw(&self, sales: &Sales, fans: &[Fan]) -> Result<(), Error> {
        let Some(path) = &self.svg else { return Ok(()) };
        let at = sales.find(self.svg_item.as_deref());
        let at = at.ok_or_else(|| Error::Invalid("the item to draw has no sales".into()))?;
        let fan = &fans[at];
        let column = |level: usize| fan.quantiles.iter().map(|row| row[level]).collect();
        let levels = self.levels.len();
        let bands = (0..levels / 2).map(|low| (column(low), column(levels - 1 - low)));
        let one = || vec![(vec![0.0; fan.means.len()], column(levels - 1))];
        let plot = Plot {
            title: &sales.items[at],
            history: &sales.units[at],
            mean: &fan.means,
            bands: if levels < 2 { one() } else { bands.collect() },
            stock: &[],
        };
        plot.write(path)
    }
}

fn fan_of(outlook: &Outlook, levels: &[f64]) -> Fan {
    let row =
        |step: usize| levels.iter().map(|level| outlook.quantile(step, *level, 0.0)).collect();
    let quantiles = (0..outlook.means.len()).map(row).collect();
    Fan { means: outlook.means.clone(), quantiles }
}

/// Checks that levels lie strictly between 0 and 1.
pub(super) fn check_levels(levels: &[f64]) -> Result<(), Error> {
    match levels.iter().find(|level| !(**level > 0.0 && **level < 1.0)) {
        Some(level) => Err(Error::Invalid(format!("a level of {level} is not between 0 and 1"))),
        None => Ok(()),
    }
}
