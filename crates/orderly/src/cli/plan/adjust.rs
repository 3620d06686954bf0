//! What a forecast knows beside sales: a planner's totals, and prices, promotions and events.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::Date;
use orderly_plan::forecast::effects::{Effects, Observation, fit, lift, proven};
use orderly_plan::forecast::reconcile::{Node, reconcile};

use super::files::File;
use super::sales::Sales;
use crate::Error;

#[derive(Debug, Args)]
pub struct Adjust {
    /// What groups will sell over the horizon as CSV: group, units and, where known, error
    ///
    /// The group is one of --group-column, or * for all items. The error is a standard deviation; a
    /// figure without one is met exactly. Items move in proportion to how uncertain they are.
    #[arg(long, value_name = "TOTALS.csv")]
    totals: Option<PathBuf>,
    /// What moves demand as CSV: item, date, and a number for each effect (price, promotion …)
    ///
    /// Past and coming days. A column named price counts by its logarithm against the item's usual
    /// price. An item without a row on a day has an ordinary day. Effects are used for an item only
    /// where they make its forecast of the latest quarter better.
    #[arg(long, value_name = "EFFECTS.csv")]
    effects: Option<PathBuf>,
}

/// Units of a group that weigh against own units in an item's effects.
const GROUP_RIDGE: f64 = 2.0;
const OWN_RIDGE: f64 = 20.0;
/// Dual rounds of the reconciliation; it ends earlier when nothing moves.
const ROUNDS: usize = 1_000;

/// For one item, the features of every day that has any, by its place in the series.
type Days = BTreeMap<usize, Vec<f64>>;

impl Adjust {
    /// Returns by how much each item's coming periods are lifted: empty where they are not.
    ///
    /// `expected` is what was expected of every past period.
    pub fn lifts(
        &self,
        sales: &Sales,
        expected: impl Fn() -> Vec<Vec<f64>>,
        horizon: usize,
        skip: bool,
    ) -> Result<Vec<Vec<f64>>, Error> {
        let Some(path) = &self.effects else { return Ok(vec![Vec::new(); sales.items.len()]) };
        let (width, days) = read_effects(path, sales, skip)?;
        let expected = expected();
        let ordinary = vec![0.0; width];
        let observed = |item: usize| -> Vec<Observation<'_>> {
            let of = |at: usize| days[item].get(&at).unwrap_or(&ordinary);
            let periods = sales.units[item].iter().zip(&expected[item]).enumerate();
            periods
                .filter(|(_, (_, expected))| **expected > 0.0)
                .map(|(at, (units, expected))| Observation {
                    expected: *expected,
                    units: *units,
                    features: of(at),
                })
                .collect()
        };
        let (groups, names) = sales.groups();
        let prior_of = |group: usize| {
            let members = (0..groups.len()).filter(|item| groups[*item] == group);
            let all: Vec<Observation<'_>> = members.flat_map(observed).collect();
            fit(&all, &ordinary, GROUP_RIDGE)
        };
        let priors: Vec<Vec<f64>> = (0..names.len()).map(prior_of).collect();
        let found: Vec<Option<Effects>> = (0..sales.items.len())
            .map(|item| proven(&observed(item), &priors[groups[item]], OWN_RIDGE, 1.5))
            .collect();
        let used = found.iter().flatten().count();
        eprintln!("effects are used for {used} of {} items", sales.items.len());
        let lifts = found.iter().enumerate().map(|(item, effects)| {
            let Some(effects) = effects else { return Vec::new() };
            let next = sales.units[item].len();
            let day = |step| days[item].get(&(next + step)).unwrap_or(&ordinary);
            (0..horizon).map(|step| lift(&effects.coefficients, day(step))).collect()
        });
        Ok(lifts.collect())
    }

    /// Returns the factor by which each item's horizon changes so that the totals are met.
    pub fn factors(
        &self,
        sales: &Sales,
        means: &[f64],
        variances: &[f64],
        skip: bool,
    ) -> Result<Vec<f64>, Error> {
        let Some(path) = &self.totals else { return Ok(vec![1.0; means.len()]) };
        let nodes = read_totals(path, sales, skip)?;
        let moved = reconcile(means, variances, &nodes, ROUNDS);
        let factor = |(new, old): (&f64, &f64)| if *old > 0.0 { new / old } else { 1.0 };
        Ok(moved.iter().zip(means).map(factor).collect())
    }
}

fn read_totals(path: &Path, sales: &Sales, skip: bool) -> Result<Vec<Node>, Error> {
    let mut file = File::read(path, &["group", "units"])?;
    let has_error = file.has("error");
    let (groups, names) = sales.groups();
    let mut nodes = Vec::new();
    for row in std::mem::take(&mut file.rows) {
        let name = file.text(&row, "group").to_owned();
        let units = file.number(&row, "units", 0.0, 1e15);
        let given = has_error && !file.text(&row, "error").is_empty();
        let error = if given { file.number(&row, "error", 0.0, 1e15) } else { Some(0.0) };
        let group = names.iter().position(|known| *known == name);
        if group.is_none() && name != "*" {
            file.fault(
                row.line,
                &format!("there is no group `{name}` (--group-column names them)"),
            );
            continue;
        }
        let (Some(units), Some(error)) = (units, error) else { continue };
        let is_member = |item: &usize| group.is_none_or(|group| groups[*item] == group);
        let members = (0..groups.len()).filter(is_member).collect();
        nodes.push(Node { members, forecast: units, variance: error * error });
    }
    file.finish(skip)?;
    Ok(nodes)
}

/// Reads the number of effects, and each item's days.
fn read_effects(path: &Path, sales: &Sales, skip: bool) -> Result<(usize, Vec<Days>), Error> {
    let mut file = File::read(path, &["item", "date"])?;
    let columns: Vec<String> = file.others(&["item", "date"]);
    if columns.is_empty() {
        let detail = format!("{} has no column beside item and date", path.display());
        return Err(Error::Invalid(detail));
    }
    let mut days: Vec<Days> = vec![Days::new(); sales.items.len()];
    for row in std::mem::take(&mut file.rows) {
        let date = file.text(&row, "date").to_owned();
        let Ok(date) = date.parse::<Date>() else {
            file.fault(row.line, &format!("`{date}` is not a date such as 2026-01-31"));
            continue;
        };
        let read = |column: &String| {
            let low = if column == "price" { 1e-9 } else { -1e6 };
            file.number(&row, column, low, 1e9)
        };
        let numbers: Vec<Option<f64>> = columns.iter().map(read).collect();
        let Some(features) = numbers.into_iter().collect::<Option<Vec<f64>>>() else { continue };
        let item =
            sales.items.binary_search_by(|known| known.as_str().cmp(file.text(&row, "item")));
        if let Ok(item) = item
            && let Some(at) = sales.index_of(item, date)
        {
            days[item].insert(at, features);
        }
    }
    file.finish(skip)?;
    if let Some(price) = columns.iter().position(|column| column == "price") {
        days.iter_mut().for_each(|own| relate(own, price));
    }
    Ok((columns.len(), days))
}

/// Turns prices into logarithms against the item's median price.
fn relate(days: &mut Days, price: usize) {
    let mut prices: Vec<f64> = days.values().map(|features| features[price]).collect();
    prices.sort_by(f64::total_cmp);
    let Some(usual) = prices.get(prices.len() / 2).copied() else { return };
    for features in days.values_mut() {
        features[price] = (features[price] / usual).ln();
    }
}
