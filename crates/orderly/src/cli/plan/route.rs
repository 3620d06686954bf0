//! `orderly plan route`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use orderly_plan::route::branch;
use orderly_plan::route::explain::{Explanation, explain};
use orderly_plan::route::kernel::{Candidate, Decision, Kernel, Lines, MAX_LINES, Tariff};
use orderly_plan::route::network::{Line, Stock};

use super::files::File;
use super::{Answer, Cell};
use crate::Error;

#[derive(Debug, Args)]
pub struct Route {
    /// Order lines as CSV: order, item, units and, where rates differ, region
    orders: PathBuf,
    /// Stock as CSV: location, item, units
    #[arg(long, value_name = "STOCK.csv")]
    stock: PathBuf,
    /// Costs as CSV: location, base, per_line, per_kg and, where they differ, region
    ///
    /// A shipment costs base + `per_line` for each line + `per_kg` for each started kilogram after
    /// the first. A location without a row for the order's region does not ship there.
    #[arg(long, value_name = "RATES.csv")]
    rates: PathBuf,
    /// Weights as CSV: item, weight_kg; items without one weigh 1 kg
    #[arg(long, value_name = "WEIGHTS.csv")]
    weights: Option<PathBuf>,
    /// What an unfilled line costs
    #[arg(long, default_value_t = 1e6, value_name = "COST")]
    unfilled: f64,
    /// The most shipments of one order
    #[arg(long, value_name = "COUNT")]
    max_shipments: Option<usize>,
    /// Leave faulty rows out instead of stopping
    #[arg(long)]
    skip_bad_rows: bool,
}

#[derive(Debug, Clone, Copy)]
struct Rate {
    base: f64,
    per_line: f64,
    per_kg: f64,
}

/// Names and their numbers, in order of appearance.
#[derive(Default)]
struct Names {
    numbers: BTreeMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }
}

/// Everything that was read.
#[derive(Default)]
struct World {
    items: Names,
    locations: Names,
    orders: Vec<(String, String, Vec<Line>)>,
    held: Vec<(u32, u32, u32)>,
    rates: BTreeMap<(String, u32), Rate>,
    weights: BTreeMap<u32, f64>,
}

/// The tariff of one order: every location is a class of its own.
struct Rates<'a> {
    world: &'a World,
    region: &'a str,
    lines: &'a [Line],
}

impl Rates<'_> {
    fn rate(&self, location: u32) -> Option<&Rate> {
        self.world.rates.get(&(self.region.to_owned(), location))
    }
}

impl Tariff for Rates<'_> {
    fn classes(&self) -> usize {
        self.world.locations.names.len()
    }

    fn shipment(&self, location: u32, lines: Lines) -> f64 {
        let Some(rate) = self.rate(location) else { return f64::INFINITY };
        let chosen = self.lines.iter().enumerate().filter(|(at, _)| lines & (1 << at) != 0);
        let weight = |line: &Line| self.world.weights.get(&line.item).copied().unwrap_or(1.0);
        let kg: f64 = chosen.map(|(_, line)| weight(line) * f64::from(line.units)).sum();
        let steps = (kg - 1e-9).ceil().max(1.0) - 1.0;
        rate.base + rate.per_line * f64::from(lines.count_ones()) + rate.per_kg * steps
    }

    fn line(&self, _location: u32, _line: usize) -> f64 {
        0.0
    }

    fn prices_lines(&self) -> bool {
        false
    }

    fn opening(&self, location: u32) -> f64 {
        self.rate(location).map_or(0.0, |rate| rate.base)
    }

    fn floor(&self, location: u32, _line: usize) -> f64 {
        self.rate(location).map_or(0.0, |rate| rate.per_line)
    }
}

impl Route {
    pub(super) fn answer(&self) -> Result<Answer, Error> {
        if !(self.unfilled >= 0.0 && self.unfilled.is_finite()) {
            return Err(Error::Invalid("an unfilled line must cost a number from zero on".into()));
        }
        let world = self.read()?;
        let mut stock = Stock::new(world.items.names.len(), world.locations.names.len());
        for (item, location, units) in &world.held {
            let held = stock.units(*item, *location).saturating_add(*units);
            stock.set(*item, *location, held);
        }
        let mut answer = Answer::new(&[
            "order",
            "item",
            "units",
            "location",
            "shipment",
            "order_cost",
            "second_best_cost",
            "proven",
        ]);
        let mut kernel = Kernel::default();
        for (order, region, lines) in &world.orders {
            let tariff = Rates { world: &world, region, lines };
            let mut candidates = Vec::new();
            stock.holders(lines, |node, set| {
                if tariff.rate(node).is_some() {
                    candidates.push(Candidate { node, class: node, lines: set, fixed: 0.0 });
                }
            });
            let (decision, second, proven) =
                self.decide(order, &mut kernel, lines.len(), &candidates, &tariff)?;
            for (at, line) in lines.iter().enumerate() {
                let shipment = decision.shipments.iter().position(|(_, set)| set & (1 << at) != 0);
                let location = shipment.map(|shipment| decision.shipments[shipment].0);
                if let Some(location) = location {
                    stock.take(line.item, location, line.units);
                }
                let name = location.map(|at| world.locations.names[at as usize].clone());
                answer.rows.push(vec![
                    Cell::Text(order.clone()),
                    Cell::Text(world.items.names[line.item as usize].clone()),
                    Cell::Count(u64::from(line.units)),
                    Cell::Text(name.unwrap_or_default()),
                    Cell::Count(shipment.map_or(0, |shipment| shipment as u64 + 1)),
                    Cell::Number(decision.cost),
                    Cell::Number(second.unwrap_or(f64::NAN)),
                    Cell::Text(if proven { "yes" } else { "no" }.to_owned()),
                ]);
            }
        }
        Ok(answer)
    }

    /// Decides one order; also the cost of the second-best decision, and whether it is proven best.
    fn decide(
        &self,
        order: &str,
        kernel: &mut Kernel,
        lines: usize,
        candidates: &[Candidate],
        tariff: &Rates<'_>,
    ) -> Result<(Decision, Option<f64>, bool), Error> {
        let penalties = vec![self.unfilled; lines];
        let told =
            |error: &dyn std::fmt::Display| Error::Invalid(format!("order {order}: {error}"));
        if lines > MAX_LINES {
            if self.max_shipments.is_some() {
                let detail = format!("--max-shipments reaches to {MAX_LINES} lines, not {lines}");
                return Err(told(&detail));
            }
            let found = branch::decide(&penalties, candidates, tariff, 200_000)
                .map_err(|error| told(&error))?;
            return Ok((found.decision, None, found.is_proven));
        }
        if let Some(most) = self.max_shipments {
            let decision = kernel
                .decide(&penalties, candidates, most, tariff)
                .map_err(|error| told(&error))?;
            return Ok((decision, None, true));
        }
        let Explanation { best, second, .. } =
            explain(kernel, &penalties, candidates, tariff).map_err(|error| told(&error))?;
        Ok((best, second.map(|second| second.cost), true))
    }

    fn read(&self) -> Result<World, Error> {
        let mut world = World::default();
        let mut file = File::read(&self.orders, &["order", "item", "units"])?;
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for row in std::mem::take(&mut file.rows) {
            let Some(units) = file.whole(&row, "units", 1) else { continue };
            let order = file.text(&row, "order").to_owned();
            let region = file.text(&row, "region").to_owned();
            let item = world.items.number(file.text(&row, "item"));
            let at = *places.entry(order.clone()).or_insert_with(|| {
                world.orders.push((order, region, Vec::new()));
                world.orders.len() - 1
            });
            let lines = &mut world.orders[at].2;
            match lines.iter_mut().find(|line| line.item == item) {
                Some(line) => line.units = line.units.saturating_add(units),
                None => lines.push(Line { item, units }),
            }
        }
        file.finish(self.skip_bad_rows)?;
        let mut file = File::read(&self.rates, &["location", "base", "per_line", "per_kg"])?;
        for row in std::mem::take(&mut file.rows) {
            let mut cost = |column: &str| file.number(&row, column, 0.0, 1e9);
            let (base, per_line, per_kg) = (cost("base"), cost("per_line"), cost("per_kg"));
            let (Some(base), Some(per_line), Some(per_kg)) = (base, per_line, per_kg) else {
                continue;
            };
            let region = file.text(&row, "region").to_owned();
            let location = world.locations.number(file.text(&row, "location"));
            world.rates.insert((region, location), Rate { base, per_line, per_kg });
        }
        file.finish(self.skip_bad_rows)?;
        let mut file = File::read(&self.stock, &["location", "item", "units"])?;
        for row in std::mem::take(&mut file.rows) {
            let Some(units) = file.whole(&row, "units", 0) else { continue };
            let location = world.locations.number(file.text(&row, "location"));
            let item = world.items.number(file.text(&row, "item"));
            world.held.push((item, location, units));
        }
        file.finish(self.skip_bad_rows)?;
        if let Some(path) = &self.weights {
            let mut file = File::read(path, &["item", "weight_kg"])?;
            for row in std::mem::take(&mut file.rows) {
                if let Some(weight) = file.number(&row, "weight_kg", 0.0, 1e6) {
                    let item = world.items.number(file.text(&row, "item"));
                    world.weights.insert(item, weight);
                }
            }
            file.finish(self.skip_bad_rows)?;
        }
        Ok(world)
    }
}
