//! `orderly plan policy`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use orderly_plan::forecast::tier_one::{Fitted, Settings, fit};
use orderly_plan::stock::lead_time::LeadTime;
use orderly_plan::stock::reorder::{Target, point, safety_stock};

use super::files::File;
use super::sales::{Every, Source};
use super::{Answer, Cell};
use crate::Error;

#[derive(Debug, Args)]
pub struct Policy {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    aim: Aim,
    /// Receipts as CSV: item, days (from order to put-away), latest first; spreads the lead time
    #[arg(long, value_name = "RECEIPTS.csv")]
    receipts: Option<PathBuf>,
    /// Stock as CSV: item, on_hand and, where known, on_order; adds what to order now
    #[arg(long, value_name = "POSITION.csv")]
    position: Option<PathBuf>,
    /// Units come in multiples of this
    #[arg(long, default_value_t = 1)]
    pack: u32,
}

/// What the policy aims at, and the times it works with.
#[derive(Debug, Args)]
pub(super) struct Aim {
    /// Days from order to put-away
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=730))]
    pub lead: u32,
    /// Days between two reviews; 0 reviews continuously
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(0..=365))]
    pub review: u32,
    /// Share of cycles without a shortage
    #[arg(long, default_value_t = 0.95)]
    service: f64,
    /// Share of units delivered from stock, instead of --service
    #[arg(long, value_name = "SHARE")]
    fill: Option<f64>,
    /// Cost of a unit short and of holding one for a cycle, instead of --service
    #[arg(long, value_name = "SHORT,HOLD", value_delimiter = ',', num_args = 2)]
    cost: Option<Vec<f64>>,
}

impl Aim {
    /// Returns the target; `order_units` is the usual order of a fill target.
    pub(super) fn target(&self, order_units: f64) -> Result<Target, Error> {
        let share = self.fill.unwrap_or(self.service);
        super::forecast::check_levels(&[share])?;
        if let Some([shortage, holding]) = self.cost.as_deref() {
            if *shortage > 0.0 && *holding > 0.0 {
                return Ok(Target::Cost { shortage: *shortage, holding: *holding });
            }
            return Err(Error::Invalid("both costs must be above zero".into()));
        }
        Ok(match self.fill {
            Some(share) => Target::Fill { share, order_units },
            None => Target::Cycle(self.service),
        })
    }

    /// Returns Tier 1 settings whose windows are those of the policy.
    pub(super) fn settings(&self) -> Settings {
        let longest = (self.lead + self.review) as usize;
        let mut leads = vec![7, 14, 28, self.lead as usize, longest];
        leads.retain(|lead| *lead > 1);
        leads.sort_unstable();
        leads.dedup();
        Settings { leads, ..Settings::daily(longest) }
    }
}

impl Policy {
    pub(super) fn answer(&self) -> Result<Answer, Error> {
        if self.source.every != Every::Day {
            return Err(Error::Invalid("a policy needs sales by the day".into()));
        }
        let sales = self.source.read()?;
        let settings = self.aim.settings();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let fitted = fit(&sales.panel(0), &settings, threads)
            .map_err(|error| Error::Internal(error.to_string()))?;
        let receipts = self.read_receipts()?;
        let positions = self.read_positions()?;
        let mut answer = Answer::new(&[
            "item",
            "lead_days",
            "mean",
            "reorder_point",
            "safety_stock",
            "order_up_to",
        ]);
        if positions.is_some() {
            answer.head.extend(["position", "order"].map(String::from));
        }
        for (at, item) in sales.items.iter().enumerate() {
            let own = receipts.get(item).map_or(&[] as &[u32], Vec::as_slice);
            let lead = LeadTime::of_receipts(own, &[], Some(self.aim.lead))
                .map_err(|error| Error::Invalid(error.to_string()))?;
            let row = self.row(item, at, &fitted, &settings, &lead, positions.as_ref())?;
            answer.rows.push(row);
        }
        Ok(answer)
    }

    fn row(
        &self,
        item: &str,
        at: usize,
        fitted: &Fitted,
        settings: &Settings,
        lead: &LeadTime,
        positions: Option<&BTreeMap<String, f64>>,
    ) -> Result<Vec<Cell>, Error> {
        let state = &fitted.states[at];
        let order_units = state.window_mean(self.aim.review.max(1) as usize);
        let target = self.aim.target(order_units)?;
        let until_arrival = lead.demand(0, |days| state.window_law(days, settings));
        let until_next = lead.demand(self.aim.review, |days| state.window_law(days, settings));
        // Cycle levels are calibrated for the window that they cover.
        let calibrated = |demand: &_, extra: u32| match target.level() {
            Some(level) => {
                let days = (lead.mean() + f64::from(extra)).round() as usize;
                let mean = orderly_plan::stock::lead_time::Mixture::mean(demand);
                point(demand, Target::Cycle(fitted.calibration.level(level, days, mean)))
            }
            None => point(demand, target),
        };
        let reorder = calibrated(&until_arrival, 0);
        let level = calibrated(&until_next, self.aim.review).max(reorder);
        let mut row = vec![
            Cell::Text(item.to_owned()),
            Cell::Number(lead.mean()),
            Cell::Number(until_arrival.mean()),
            Cell::Number(reorder),
            Cell::Number(safety_stock(&until_arrival, reorder)),
            Cell::Number(level),
        ];
        if let Some(positions) = positions {
            let position = positions.get(item).copied().unwrap_or(0.0);
            let pack = f64::from(self.pack.max(1));
            let is_due = self.aim.review > 0 || position <= reorder;
            let short = if is_due { (level - position).max(0.0) } else { 0.0 };
            row.extend([Cell::Number(position), Cell::Number((short / pack).ceil() * pack)]);
        }
        Ok(row)
    }

    fn read_receipts(&self) -> Result<BTreeMap<String, Vec<u32>>, Error> {
        let mut receipts: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let Some(path) = &self.receipts else { return Ok(receipts) };
        let mut file = File::read(path, &["item", "days"])?;
        for row in std::mem::take(&mut file.rows) {
            if let Some(days) = file.whole(&row, "days", 0) {
                receipts.entry(file.text(&row, "item").to_owned()).or_default().push(days.min(730));
            }
        }
        file.finish(self.source.skip_bad_rows)?;
        Ok(receipts)
    }

    fn read_positions(&self) -> Result<Option<BTreeMap<String, f64>>, Error> {
        let Some(path) = &self.position else { return Ok(None) };
        let mut file = File::read(path, &["item", "on_hand"])?;
        let with_orders = file.has("on_order");
        let mut positions: BTreeMap<String, f64> = BTreeMap::new();
        for row in std::mem::take(&mut file.rows) {
            let on_hand = file.number(&row, "on_hand", -1e12, 1e12);
            let on_order =
                if with_orders { file.number(&row, "on_order", 0.0, 1e12) } else { Some(0.0) };
            if let (Some(on_hand), Some(on_order)) = (on_hand, on_order) {
                let item = file.text(&row, "item").to_owned();
                *positions.entry(item).or_default() += on_hand + on_order;
            }
        }
        file.finish(self.source.skip_bad_rows)?;
        Ok(Some(positions))
    }
}
