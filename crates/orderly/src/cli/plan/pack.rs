//! `orderly plan pack`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use orderly_plan::pack::check::check;
use orderly_plan::pack::choose::choose;
use orderly_plan::pack::place::Packer;
use orderly_plan::pack::suite::suites;
use orderly_plan::pack::{Carriage, Carton, Unit};

use super::files::File;
use super::{Answer, Cell};
use crate::Error;

#[derive(Debug, Args)]
pub struct Pack {
    /// Units as CSV: order, item, length_mm, width_mm, height_mm, weight_g and, where known, units,
    /// this_side_up, fragile
    units: PathBuf,
    /// Cartons as CSV: carton, length_mm, width_mm, height_mm (inside), max_weight_g, tare_g, price
    #[arg(long, value_name = "CARTONS.csv")]
    cartons: PathBuf,
    /// What the carrier charges for a carton up to 1 kg
    #[arg(long, default_value_t = 0.0)]
    carrier_base: f64,
    /// … and for every further started kilogram
    #[arg(long, default_value_t = 0.0)]
    carrier_per_kg: f64,
    /// Cubic centimeters that count as one kilogram
    #[arg(long, default_value_t = 5000, value_name = "CM3")]
    divisor: u64,
    /// Advise which kinds of carton to keep: the best suites of one to COUNT kinds
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=30))]
    suite: Option<u8>,
    /// Leave faulty rows out instead of stopping
    #[arg(long)]
    skip_bad_rows: bool,
}

/// Units of one order with their items' names.
type Order = (String, Vec<Unit>, Vec<String>);

const SIDES: [&str; 3] = ["length_mm", "width_mm", "height_mm"];

/// Reads three sides of at least a millimeter.
fn size(file: &mut File, row: &super::files::Row) -> Option<[u32; 3]> {
    let [length, width, height] = SIDES.map(|side| file.whole(row, side, 1));
    Some([length?, width?, height?])
}

/// The best suites by number of kinds: what they cost over all orders that fit one of them.
fn advice(
    names: &[String],
    cartons: &[Carton],
    orders: &[Order],
    carriage: &Carriage,
    most: u8,
) -> Answer {
    let units: Vec<Vec<Unit>> = orders.iter().map(|order| order.1.clone()).collect();
    let found = suites(&units, cartons, carriage, usize::from(most), &mut Packer::default());
    let mut answer = Answer::new(&["kinds", "cartons", "cost", "fill", "unserved"]);
    for suite in found {
        let kept: Vec<&str> = suite.cartons.iter().map(|kind| names[*kind].as_str()).collect();
        answer.rows.push(vec![
            Cell::Count(suite.cartons.len() as u64),
            Cell::Text(kept.join(" ")),
            Cell::Number(suite.cost),
            Cell::Number(suite.fill),
            Cell::Count(suite.unserved as u64),
        ]);
    }
    answer
}

impl Pack {
    pub(super) fn answer(&self) -> Result<Answer, Error> {
        let (names, cartons) = self.read_cartons()?;
        let orders = self.read_units()?;
        let carriage = Carriage {
            base: self.carrier_base,
            per_kg: self.carrier_per_kg,
            // 5,000 cm³ per kg are 5,000 mm³ per g.
            mm3_per_g: self.divisor.max(1),
        };
        if let Some(most) = self.suite {
            return Ok(advice(&names, &cartons, &orders, &carriage, most));
        }
        let mut answer = Answer::new(&[
            "order", "parcel", "carton", "cost", "fill", "item", "x_mm", "y_mm", "z_mm", "dx_mm",
            "dy_mm", "dz_mm",
        ]);
        let mut packer = Packer::default();
        for (order, units, items) in &orders {
            let packed = choose(units, &cartons, &carriage, &mut packer)
                .map_err(|error| Error::Invalid(format!("order {order}: {error}")))?;
            for (parcel, packed) in packed.iter().enumerate() {
                let named: Vec<usize> = packed.placed.iter().map(|place| place.unit).collect();
                check(units, &named, &cartons[packed.carton], &packed.placed)
                    .map_err(|fault| Error::Internal(format!("order {order}: {fault}")))?;
                for place in &packed.placed {
                    let mut row = vec![
                        Cell::Text(order.clone()),
                        Cell::Count(parcel as u64 + 1),
                        Cell::Text(names[packed.carton].clone()),
                        Cell::Number(packed.cost),
                        Cell::Number(packed.fill(units, &cartons)),
                        Cell::Text(items[place.unit].clone()),
                    ];
                    let sides = place.at.iter().chain(&place.size);
                    row.extend(sides.map(|side| Cell::Count(u64::from(*side))));
                    answer.rows.push(row);
                }
            }
        }
        Ok(answer)
    }

    fn read_cartons(&self) -> Result<(Vec<String>, Vec<Carton>), Error> {
        let mut needed = vec!["carton", "max_weight_g", "tare_g", "price"];
        needed.extend(SIDES);
        let mut file = File::read(&self.cartons, &needed)?;
        let (mut names, mut cartons) = (Vec::new(), Vec::new());
        for row in std::mem::take(&mut file.rows) {
            let size = size(&mut file, &row);
            let most = file.whole(&row, "max_weight_g", 1);
            let tare = file.whole(&row, "tare_g", 0);
            let price = file.number(&row, "price", 0.0, 1e9);
            let (Some(size), Some(max_weight_g), Some(tare_g), Some(price)) =
                (size, most, tare, price)
            else {
                continue;
            };
            names.push(file.text(&row, "carton").to_owned());
            cartons.push(Carton { size, max_weight_g, tare_g, price });
        }
        file.finish(self.skip_bad_rows)?;
        Ok((names, cartons))
    }

    fn read_units(&self) -> Result<Vec<Order>, Error> {
        let mut needed = vec!["order", "item", "weight_g"];
        needed.extend(SIDES);
        let mut file = File::read(&self.units, &needed)?;
        let counted = file.has("units");
        let mut orders: Vec<Order> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for row in std::mem::take(&mut file.rows) {
            let size = size(&mut file, &row);
            let weight = file.whole(&row, "weight_g", 0);
            let count = if counted { file.whole(&row, "units", 1) } else { Some(1) };
            let (Some(size), Some(weight_g), Some(count)) = (size, weight, count) else { continue };
            let (this_side_up, fragile) =
                (file.flag(&row, "this_side_up"), file.flag(&row, "fragile"));
            let order = file.text(&row, "order").to_owned();
            let at = *places.entry(order.clone()).or_insert_with(|| {
                orders.push((order, Vec::new(), Vec::new()));
                orders.len() - 1
            });
            if orders[at].1.len() + count as usize > 200 {
                file.fault(row.line, "an order of more than 200 units is packed by the pallet");
                continue;
            }
            for _ in 0..count {
                orders[at].1.push(Unit { size, weight_g, this_side_up, fragile });
                orders[at].2.push(file.text(&row, "item").to_owned());
            }
        }
        file.finish(self.skip_bad_rows)?;
        Ok(orders)
    }
}
