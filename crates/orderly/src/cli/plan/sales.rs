//! Reads sales into series, one for each item, all ending in the same period.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use orderly_plan::forecast::panel::{Panel, Series};

use super::files::File;
use crate::Error;

/// The length of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Every {
    Day,
    Week,
    Month,
}

/// Where sales come from.
#[derive(Debug, Args)]
pub struct Source {
    /// Sales as CSV: item, date (YYYY-MM-DD), units; several rows of a day are added
    sales: PathBuf,
    /// Days out of stock as CSV: item, date, in_stock (share of the day, 0 to 1)
    #[arg(long, value_name = "STOCK.csv")]
    stock: Option<PathBuf>,
    /// Leave faulty rows out instead of stopping
    #[arg(long)]
    pub skip_bad_rows: bool,
    /// The column of the item
    #[arg(long, default_value = "item", value_name = "NAME")]
    item_column: String,
    /// The column of the date
    #[arg(long, default_value = "date", value_name = "NAME")]
    date_column: String,
    /// The column of the units sold; negative units (returns) count as none
    #[arg(long, default_value = "units", value_name = "NAME")]
    units_column: String,
    /// The column of the group whose items learn from each other (category and location)
    #[arg(long, value_name = "NAME")]
    group_column: Option<String>,
    /// The length of a period
    #[arg(long, value_enum, default_value = "day")]
    pub every: Every,
}

/// The series that were read, by item in alphabetical order.
pub struct Sales {
    pub items: Vec<String>,
    pub units: Vec<Vec<f64>>,
    exposure: Vec<Option<Vec<f64>>>,
    phases: Vec<usize>,
    groups: Vec<usize>,
    group_names: Vec<String>,
    /// The first period after the last one known.
    next: i64,
    every: Every,
}

/// Returns the number of a date's period.
fn period(date: Date, every: Every) -> i64 {
    let epoch = jiff::civil::date(1970, 1, 5);
    let days = date.duration_since(epoch).as_hours() / 24;
    match every {
        Every::Day => days,
        Every::Week => days.div_euclid(7),
        Every::Month => i64::from(date.year()) * 12 + i64::from(date.month()) - 1,
    }
}

struct Entry {
    item: String,
    period: i64,
    units: f64,
    group: String,
}

impl Source {
    /// Reads the files.
    ///
    /// # Errors
    /// `Invalid` when a file cannot be read, has faulty rows, or has no sales.
    pub fn read(&self) -> Result<Sales, Error> {
        let entries = self.entries()?;
        let last = entries.iter().map(|entry| entry.period).max();
        let last = last.ok_or_else(|| Error::Invalid("the file has no sales".into()))?;
        let mut firsts: BTreeMap<&str, i64> = BTreeMap::new();
        let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in &entries {
            let first = firsts.entry(&entry.item).or_insert(entry.period);
            *first = (*first).min(entry.period);
            let next = groups.len();
            groups.entry(&entry.group).or_insert(next);
        }
        let span = firsts.values().min().map_or(0, |first| last - first);
        if span > 20_000 {
            let detail = format!("the sales span {span} periods: is a date wrong?");
            return Err(Error::Invalid(detail));
        }
        let season = if self.every == Every::Day { 7 } else { 1 };
        let mut sales = Sales {
            items: firsts.keys().map(|item| (*item).to_owned()).collect(),
            units: firsts.values().map(|first| vec![0.0; (last - first + 1) as usize]).collect(),
            exposure: vec![None; firsts.len()],
            phases: firsts.values().map(|first| first.rem_euclid(season) as usize).collect(),
            groups: vec![0; firsts.len()],
            group_names: Vec::new(),
            next: last + 1,
            every: self.every,
        };
        let mut names: Vec<(usize, String)> =
            groups.iter().map(|(name, at)| (*at, (*name).to_owned())).collect();
        names.sort_unstable();
        sales.group_names = names.into_iter().map(|(_, name)| name).collect();
        let places: BTreeMap<&str, usize> =
            firsts.keys().enumerate().map(|(at, item)| (*item, at)).collect();
        for entry in &entries {
            let at = places[entry.item.as_str()];
            let index = (entry.period - firsts[entry.item.as_str()]) as usize;
            sales.units[at][index] += entry.units;
            sales.groups[at] = groups[entry.group.as_str()];
        }
        if let Some(path) = &self.stock {
            self.read_stock(path, &places, &mut sales)?;
        }
        Ok(sales)
    }

    fn entries(&self) -> Result<Vec<Entry>, Error> {
        let mut needed: Vec<&str> = vec![&self.item_column, &self.date_column, &self.units_column];
        needed.extend(self.group_column.as_deref());
        let mut file = File::read(&self.sales, &needed)?;
        let mut entries = Vec::with_capacity(file.rows.len());
        for row in std::mem::take(&mut file.rows) {
            let item = file.text(&row, &self.item_column).to_owned();
            let date = file.text(&row, &self.date_column).to_owned();
            let units = file.number(&row, &self.units_column, -1e12, 1e12);
            let group = self.group_column.as_deref();
            let group = group.map_or(String::new(), |column| file.text(&row, column).to_owned());
            match (item.is_empty(), date.parse::<Date>(), units) {
                (true, _, _) => file.fault(row.line, "the item is empty"),
                (_, Err(_), _) => {
                    file.fault(row.line, &format!("`{date}` is not a date such as 2026-01-31"));
                }
                (false, Ok(date), Some(units)) => {
                    let period = period(date, self.every);
                    entries.push(Entry { item, period, units: units.max(0.0), group });
                }
                (false, Ok(_), None) => {}
            }
        }
        file.finish(self.skip_bad_rows)?;
        Ok(entries)
    }

    /// Reads in-stock shares: the mean over a period's days, where any is given.
    fn read_stock(
        &self,
        path: &Path,
        places: &BTreeMap<&str, usize>,
        sales: &mut Sales,
    ) -> Result<(), Error> {
        let mut file = File::read(path, &[&self.item_column, &self.date_column, "in_stock"])?;
        let mut sums: BTreeMap<(usize, usize), (f64, f64)> = BTreeMap::new();
        for row in std::mem::take(&mut file.rows) {
            let date = file.text(&row, &self.date_column).to_owned();
            let share = file.number(&row, "in_stock", 0.0, 1.0);
            let place = places.get(file.text(&row, &self.item_column)).copied();
            let Ok(date) = date.parse::<Date>() else {
                file.fault(row.line, &format!("`{date}` is not a date such as 2026-01-31"));
                continue;
            };
            let (Some(share), Some(at)) = (share, place) else { continue };
            let length = sales.units[at].len() as i64;
            let index = period(date, self.every) - (sales.next - length);
            if (0..length).contains(&index) {
                let sum = sums.entry((at, index as usize)).or_default();
                sum.0 += share;
                sum.1 += 1.0;
            }
        }
        file.finish(self.skip_bad_rows)?;
        for ((at, index), (sum, count)) in sums {
            let length = sales.units[at].len();
            sales.exposure[at].get_or_insert_with(|| vec![1.0; length])[index] = sum / count;
        }
        Ok(())
    }
}

impl Sales {
    /// Returns the panel of everything but the last `held_out` periods.
    pub fn panel(&self, held_out: usize) -> Panel<'_> {
        let series = (0..self.items.len()).map(|at| {
            let end = self.units[at].len() - held_out.min(self.units[at].len());
            Series {
                units: &self.units[at][..end],
                exposure: self.exposure[at].as_deref().map(|shares| &shares[..end]),
                phase: self.phases[at],
                group: self.groups[at] + 1,
            }
        });
        let parents = std::iter::once(None).chain((0..self.group_names.len()).map(|_| Some(0)));
        Panel { series: series.collect(), parents: parents.collect() }
    }

    /// The group of each item, and the name of each group.
    pub fn groups(&self) -> (&[usize], &[String]) {
        (&self.groups, &self.group_names)
    }

    /// Returns where a date lies from the first period of an item; the future lies beyond the last.
    pub fn index_of(&self, item: usize, date: Date) -> Option<usize> {
        let first = self.next - self.units[item].len() as i64;
        usize::try_from(period(date, self.every) - first).ok()
    }

    /// Returns the first day of a period ahead; step 0 is the one after the last known.
    pub fn day(&self, step: usize) -> String {
        let number = self.next + step as i64;
        let epoch = jiff::civil::date(1970, 1, 5);
        let days = match self.every {
            Every::Day => number,
            Every::Week => number * 7,
            Every::Month => {
                return format!("{:04}-{:02}-01", number.div_euclid(12), number.rem_euclid(12) + 1);
            }
        };
        epoch.checked_add(jiff::Span::new().days(days)).map_or(String::new(), |d| d.to_string())
    }

    /// Returns the position of an item, or of the one that sold most.
    pub fn find(&self, item: Option<&str>) -> Option<usize> {
        let total = |at: &usize| self.units[*at].iter().sum::<f64>();
        match item {
            Some(item) => self.items.iter().position(|known| known == item),
            None => (0..self.items.len()).max_by(|a, b| total(a).total_cmp(&total(b))),
        }
    }
}
