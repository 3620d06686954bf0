//! From a record to a row: its texts read as numbers, times and parties, and what it is.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use orderly_core::country::country;
use orderly_core::item::Goods;
use orderly_core::money::{MAX_MINOR, parse_decimal};
use orderly_core::qty::MAX_QTY;
use orderly_core::text;
use orderly_core::time::Instant;
use rust_decimal::Decimal;

use super::conditions::Conditions;
use super::exact::Exact;
use super::map::{ColumnOf, Map, More, Negative, Take};
use super::records::Record;
use crate::Error;

/// A row that can be read. Amount is quantity × price, exact and signed.
#[derive(Debug, Clone)]
pub struct Row {
    pub line: i64,
    pub key: String,
    pub sku: String,
    pub description: String,
    pub quantity: Decimal,
    pub price: Decimal,
    pub amount: Exact,
    pub unit: Option<String>,
    pub placed_at: Instant,
    pub customer: Option<Who>,
    pub country: Option<&'static str>,
    /// The rule that takes it where its order is worth nothing, and where it is worth something.
    rules: [Option<usize>; 2],
}

/// The customer as the row states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    pub external: String,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// What a row is, by its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub take: Take,
    pub reason: Option<String>,
    pub goods: Option<Goods>,
}

/// Why a row is not taken, and its amount where that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    pub reason: String,
    pub amount: Option<Exact>,
}

impl Bad {
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), amount: None }
    }
}

/// A column's place in the file, and what is done to its text.
struct Cell {
    index: Option<usize>,
    more: More,
}

/// How the records of one file become rows.
pub struct Layout<'m> {
    map: &'m Map,
    width: usize,
    header: Vec<String>,
    cells: HashMap<String, Cell>,
    conditions: Conditions,
    zone: TimeZone,
    /// The last time read, which the next row mostly repeats.
    last_time: Option<(String, Instant)>,
}

impl<'m> Layout<'m> {
    /// Finds the map's columns in a file's header; `required` are the fields it must state.
    ///
    /// # Errors
    /// `Invalid` where the header is malformed or lacks a column: this is not the file the map is
    /// for.
    pub fn new(map: &'m Map, header: &Record, required: &[&str]) -> Result<Self, Error> {
        if let Some(reason) = &header.wrong {
            return Err(Error::Invalid(format!("its first line is no CSV header: {reason}")));
        }
        let names: Result<Vec<String>, _> = (0..header.fields())
            .map(|at| std::str::from_utf8(header.field(at)).map(|name| name.trim().to_owned()))
            .collect();
        let names = names
            .map_err(|_| Error::Invalid("its first line is not UTF-8 text: is it CSV?".into()))?;
        if names.iter().any(|name| name.contains('\0')) {
            return Err(Error::Invalid("its first line has a NUL character: is it CSV?".into()));
        }
        let index_of = |name: &str| {
            let found = names.iter().position(|known| known == name);
            found.ok_or_else(|| Error::Invalid(format!("it has no column `{name}`")))
        };
        let wanted = map.columns.values().map(ColumnOf::more).filter(|more| !more.optional);
        let wanted = wanted.filter_map(|more| more.column);
        let missing: Vec<String> = wanted.filter(|name| !names.contains(name)).collect();
        if !missing.is_empty() {
            let known: String = names.join(", ").chars().take(200).collect();
            let missing = missing.join("`, `");
            let reason = format!("it has no column `{missing}`; its columns are: {known}");
            return Err(Error::Invalid(reason));
        }
        let mut cells = HashMap::new();
        for (field, column) in &map.columns {
            let more = column.more();
            let index = more.column.as_deref().and_then(|name| index_of(name).ok());
            if index.is_some() || more.constant.is_some() {
                cells.insert(field.clone(), Cell { index, more });
            }
        }
        if let Some(missing) = required.iter().find(|field| !cells.contains_key(**field)) {
            return Err(Error::Invalid(format!(
                "the map does not say which column is `{missing}`"
            )));
        }
        let conditions = Conditions::new(map, index_of)?;
        let zone = map.source.zone.as_deref().and_then(|zone| TimeZone::get(zone).ok());
        Ok(Self {
            map,
            width: names.len(),
            header: names,
            cells,
            conditions,
            zone: zone.unwrap_or(TimeZone::UTC),
            last_time: None,
        })
    }

    /// Whether every field can be used: as many as the header has, UTF-8, without NUL.
    pub fn sound(&self, record: &Record) -> Result<(), Bad> {
        if let Some(reason) = &record.wrong {
            return Err(Bad::new(reason));
        }
        if record.fields() != self.width {
            let fields = record.fields();
            return Err(Bad::new(format!("it has {fields} fields; the header has {}", self.width)));
        }
        for index in 0..self.width {
            let field = record.field(index);
            let name = || &self.header[index];
            if std::str::from_utf8(field).is_err() {
                return Err(Bad::new(format!("`{}` is not UTF-8 text", name())));
            }
            if field.contains(&0) {
                return Err(Bad::new(format!("`{}` has a NUL character", name())));
            }
        }
        Ok(())
    }

    /// The text of a field, trimmed; none where it is empty or not in the map.
    pub fn text<'r>(&self, record: &'r Record, field: &str) -> Option<Cow<'r, str>>
    where
        'm: 'r,
    {
        let cell = self.cells.get(field)?;
        let Some(index) = cell.index else {
            let constant = cell.more.constant.as_deref().unwrap_or_default();
            return Some(Cow::Owned(constant.to_owned()));
        };
        let mut found = std::str::from_utf8(record.field(index)).ok()?.trim();
        if let Some(prefix) = &cell.more.strip_prefix {
            found = found.strip_prefix(prefix.as_str()).unwrap_or(found);
        }
        if let Some(suffix) = &cell.more.strip_suffix {
            found = found.strip_suffix(suffix.as_str()).unwrap_or(found);
        }
        match found {
            "" => None,
            found if cell.more.upper => Some(Cow::Owned(found.to_uppercase())),
            found => Some(Cow::Borrowed(found)),
        }
    }

    /// The texts of every field of the map that the record states.
    ///
    /// # Errors
    /// Why the record cannot be used.
    pub fn texts(&self, record: &Record) -> Result<BTreeMap<String, String>, Bad> {
        self.sound(record)?;
        let fields = self.cells.keys();
        let stated = fields.filter_map(|field| {
            self.text(record, field).map(|text| (field.clone(), text.into_owned()))
        });
        Ok(stated.collect())
    }

    /// Reads a number as the map says numbers are written.
    pub fn number(&self, text: &str) -> Result<Decimal, String> {
        let source = &self.map.source;
        let (negative, body) = match source.negative {
            Negative::Minus => (text.starts_with('-'), text.strip_prefix('-').unwrap_or(text)),
            Negative::TrailingMinus => {
                (text.ends_with('-'), text.strip_suffix('-').unwrap_or(text))
            }
            Negative::Parentheses => {
                let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
                (inner.is_some(), inner.unwrap_or(text))
            }
        };
        let plain: Cow<'_, str> = if source.decimal == '.' && source.thousands.is_none() {
            Cow::Borrowed(body.trim())
        } else {
            let kept = body.trim().chars().filter(|c| Some(*c) != source.thousands);
            Cow::Owned(kept.map(|c| if c == source.decimal { '.' } else { c }).collect())
        };
        let shown = || text.chars().take(40).collect::<String>();
        if plain.starts_with('-') {
            return Err(format!("`{}` is not a number", shown()));
        }
        let value = parse_decimal(&plain).map_err(|_| format!("`{}` is not a number", shown()))?;
        Ok(if negative && !value.is_zero() { -value } else { value })
    }

    /// Reads a record of an order's line.
    ///
    /// # Errors
    /// The reason why it cannot be taken, with its amount where that can be read.
    pub fn row(&mut self, record: &Record) -> Result<Row, Bad> {
        self.sound(record)?;
        let number = |field: &str| match self.text(record, field) {
            Some(text) => self.number(&text).map_err(Bad::new),
            None => Err(Bad::new(format!("the {field} is missing"))),
        };
        let (quantity, price) = (number("quantity")?, number("price")?);
        let amount = bounded(quantity, price)?;
        let rest = self.rest(record, quantity, price, amount);
        rest.map_err(|reason| Bad { reason, amount: Some(amount) })
    }

    fn rest(
        &mut self,
        record: &Record,
        quantity: Decimal,
        price: Decimal,
        amount: Exact,
    ) -> Result<Row, String> {
        let written = self.text(record, "placed_at").ok_or("the time is missing")?.into_owned();
        let placed_at = self.time(&written)?;
        let wanted = |field: &str| {
            let found = self.text(record, field);
            let found = found.ok_or_else(|| format!("the {field} is missing"))?;
            text::short(&found).map_err(|refusal| format!("{field}: {refusal}"))
        };
        let optional = |field: &str| {
            let found = text::optional(self.text(record, field).as_deref());
            found.map_err(|refusal| format!("{field}: {refusal}"))
        };
        let description = self.text(record, "description").unwrap_or_default();
        let description =
            text::long(&description).map_err(|refusal| format!("description: {refusal}"))?;
        let customer = match optional("customer")? {
            None => None,
            Some(external) => {
                Some(Who { external, name: optional("name")?, email: optional("email")? })
            }
        };
        let country = match self.text(record, "country") {
            None => None,
            Some(name) => self.country(&name)?,
        };
        let sku = wanted("sku")?;
        if sku.chars().count() > 64 {
            return Err("the SKU is longer than 64 characters".into());
        }
        Ok(Row {
            line: record.line,
            key: wanted("key")?,
            sku,
            description,
            quantity,
            price,
            amount,
            unit: optional("unit")?,
            placed_at,
            customer,
            country,
            rules: self.conditions.rules(self, record),
        })
    }

    fn country(&self, name: &str) -> Result<Option<&'static str>, String> {
        match self.map.countries.get(name).map(String::as_str) {
            Some("") => Ok(None),
            Some(code) => Ok(country(code)),
            None => match country(name) {
                Some(code) => Ok(Some(code)),
                None => Err(format!("the map does not say which country `{name}` is")),
            },
        }
    }

    fn time(&mut self, written: &str) -> Result<Instant, String> {
        if let Some((text, at)) = &self.last_time
            && text == written
        {
            return Ok(*at);
        }
        let formats = self.map.source.date_formats.iter();
        let civil = formats.filter_map(|format| {
            DateTime::strptime(format, written)
                .or_else(|_| jiff::civil::Date::strptime(format, written).map(|d| d.at(0, 0, 0, 0)))
                .ok()
        });
        let stamp = match civil.into_iter().next() {
            Some(civil) => self.zone.to_ambiguous_timestamp(civil).compatible().ok(),
            None => written.parse::<jiff::Timestamp>().ok(),
        };
        let stamp = stamp.ok_or_else(|| {
            let shown: String = written.chars().take(40).collect();
            format!("`{shown}` is not a time as the map writes them")
        })?;
        let at = Instant::from_micros(stamp.as_microsecond());
        self.last_time = Some((written.to_owned(), at));
        Ok(at)
    }
}

impl Row {
    /// What the row is; none where no rule takes it.
    pub fn taken(&self, map: &Map, order_is_worthless: bool) -> Option<Taken> {
        let rule = self.rules[usize::from(!order_is_worthless)]?;
        let rule = &map.rules[rule];
        Some(Taken { take: rule.take, reason: rule.reason.clone(), goods: rule.goods })
    }
}

/// Quantity × price, within what one line may be.
fn bounded(quantity: Decimal, price: Decimal) -> Result<Exact, Bad> {
    let amount = Exact::product(quantity, price);
    let Some(amount) = amount else {
        return Err(Bad::new("its amount has too many digits"));
    };
    let bad = |reason: &str| Bad { reason: reason.into(), amount: Some(amount) };
    if quantity.abs() > Decimal::from(MAX_QTY) {
        return Err(bad("its quantity is too large"));
    }
    let most = Exact::of(Decimal::from(MAX_MINOR / 1_000)).expect("a whole number fits");
    if amount > most || amount < most.negated() {
        return Err(bad("its amount is too large"));
    }
    if price.normalize().scale() > 12 {
        return Err(bad("its price has more than 12 decimal places"));
    }
    Ok(amount)
}
