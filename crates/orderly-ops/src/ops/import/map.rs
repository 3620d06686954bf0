//! The mapping file: which column is what, and what a row is.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use orderly_core::catalog::ChannelKind;
use orderly_core::country::country;
use orderly_core::item::Goods;
use orderly_core::money::Currency;
use serde::Deserialize;

use crate::Error;

/// Maps that come with the program, by name.
const BUILT_IN: &[(&str, &str)] = &[
    ("online-retail", include_str!("../../../../../maps/online-retail.toml")),
    ("customers", include_str!("../../../../../maps/customers.toml")),
    ("items", include_str!("../../../../../maps/items.toml")),
    ("stock", include_str!("../../../../../maps/stock.toml")),
];

/// A mapping file as written; see `docs/import.md`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    pub source: Source,
    pub columns: BTreeMap<String, ColumnOf>,
    #[serde(default)]
    pub countries: BTreeMap<String, String>,
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// Where the rows come from and how they are written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub name: String,
    /// The code of the channel whose history it is; made where there is none.
    #[serde(default)]
    pub channel: Option<String>,
    #[serde(default = "web")]
    pub channel_kind: ChannelKind,
    #[serde(default)]
    pub currency: Option<String>,
    /// ISO 3166-1 alpha-2, of the merchant.
    #[serde(default)]
    pub country: Option<String>,
    /// Of the times written; UTC where absent.
    #[serde(default)]
    pub zone: Option<String>,
    /// Put before order, return and customer numbers.
    #[serde(default)]
    pub number_prefix: String,
    #[serde(default = "comma")]
    pub delimiter: char,
    /// `strftime` patterns, tried in order.
    #[serde(default)]
    pub date_formats: Vec<String>,
    #[serde(default = "point")]
    pub decimal: char,
    #[serde(default)]
    pub thousands: Option<char>,
    #[serde(default)]
    pub negative: Negative,
    #[serde(default = "customer_name")]
    pub customer_name: String,
}

const fn web() -> ChannelKind {
    ChannelKind::Web
}
const fn comma() -> char {
    ','
}
const fn point() -> char {
    '.'
}
fn customer_name() -> String {
    "Customer {customer}".into()
}

/// How negative numbers are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Negative {
    /// `-1.5`
    #[default]
    Minus,
    /// `1.5-`
    TrailingMinus,
    /// `(1.5)`
    Parentheses,
}

/// Where a value comes from: a column's name, or more about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum ColumnOf {
    Name(String),
    More(More),
}

/// A column with what is done to its text, or a constant.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct More {
    pub column: Option<String>,
    pub constant: Option<String>,
    pub upper: bool,
    pub strip_prefix: Option<String>,
    pub strip_suffix: Option<String>,
    /// A file may lack the column.
    pub optional: bool,
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// Goods or a service sold.
    Sale,
    /// Money charged beside goods: postage, packing.
    Fee,
    /// A sale taken back, with its goods.
    Cancellation,
    /// Money given back without goods.
    Credit,
    /// Goods found (positive) or lost (negative).
    StockAdjustment,
    Reject,
}

/// One rule: the first whose conditions all hold says what a row is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub take: Take,
    /// Why it is rejected.
    #[serde(default)]
    pub reason: Option<String>,
    /// The kind of goods of items that are made for these rows.
    #[serde(default)]
    pub goods: Option<Goods>,
    /// Holds for rows of an order whose rows are all worth nothing (true), or not all (false).
    #[serde(default)]
    pub order_is_worthless: Option<bool>,
    #[serde(default)]
    pub when: BTreeMap<String, Test>,
}

/// A condition on the text of one column. All that are given must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Test {
    pub is: Option<String>,
    #[serde(rename = "in")]
    pub any_of: Option<Vec<String>>,
    pub starts_with: Option<String>,
    pub ends_with: Option<String>,
    pub contains: Option<String>,
    pub empty: Option<bool>,
    /// Of its number: `negative`, `zero` or `positive`.
    pub sign: Option<Sign>,
    /// `#` is a digit, `@` a letter, `*` anything.
    pub shape: Option<String>,
}

/// The sign of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    Negative,
    Zero,
    Positive,
}

impl Map {
    /// Reads a map: the name of one that comes with the program, or the text of a file.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong and where.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let map: Self = toml::from_str(text)
            .map_err(|error| Error::Invalid(format!("the map {name} cannot be read: {error}")))?;
        map.check().map_err(|reason| Error::Invalid(format!("the map {name}: {reason}")))?;
        Ok(map)
    }

    /// The names of the maps that come with the program.
    pub fn built_in() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// The map of a name that comes with the program; `None` where there is none.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn called(name: &str) -> Result<Option<Self>, Error> {
        let found = BUILT_IN.iter().find(|(known, _)| *known == name);
        found.map(|(name, text)| Self::parse(name, text)).transpose()
    }

    /// Opens the map of a name that comes with the program, or else the file of this path.
    pub fn open(name: &str) -> Result<Self, Error> {
        if let Some(known) = Self::called(name)? {
            return Ok(known);
        }
        let text = std::fs::read_to_string(name).map_err(|error| {
            let known = Self::built_in().collect::<Vec<_>>().join(", ");
            Error::Invalid(format!("the map {name} cannot be opened: {error} (built in: {known})"))
        })?;
        Self::parse(name, &text)
    }

    fn check(&self) -> Result<(), String> {
        let Source { currency, zone, delimiter, .. } = &self.source;
        if let Some(code) = currency
            && Currency::parse(code).is_none()
        {
            return Err(format!("`{code}` is not a currency"));
        }
        if let Some(zone) = zone
            && TimeZone::get(zone).is_err()
        {
            return Err(format!("`{zone}` is not a time zone"));
        }
        if !delimiter.is_ascii() || matches!(delimiter, '"' | '\n' | '\r') {
            return Err("the delimiter is one ASCII character, not a quote".into());
        }
        for (name, code) in &self.countries {
            if !code.is_empty() && country(code).is_none() {
                return Err(format!("`{code}` (for {name}) is not a country"));
            }
        }
        for (number, rule) in (1..).zip(&self.rules) {
            if rule.take == Take::Reject && rule.reason.is_none() {
                return Err(format!("rule {number} rejects without a reason"));
            }
        }
        for (field, column) in &self.columns {
            let More { column, constant, .. } = column.more();
            if column.is_some() == constant.is_some() {
                return Err(format!("`{field}` is either a column or a constant"));
            }
        }
        Ok(())
    }
}

impl ColumnOf {
    /// The long form.
    pub fn more(&self) -> More {
        match self {
            Self::Name(name) => More { column: Some(name.clone()), ..More::default() },
            Self::More(more) => more.clone(),
        }
    }
}
