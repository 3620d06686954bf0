//! The files of banks: which format one has, and CSV by a map of its columns.

use orderly_core::bank::{Format, Line, Statement, camt, mt940, wrong};
use orderly_core::money::{Currency, Money};
use orderly_core::refusal::Refusal;
use orderly_core::time::Day;
use serde::Deserialize;

use crate::Error;

/// The largest file that is read at once.
const MOST: usize = 64 << 20;

/// How a bank's CSV is laid out: see `maps/bank.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvMap {
    pub source: Source,
    pub columns: Columns,
}

/// How its rows are written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    #[serde(default = "semicolon")]
    pub delimiter: char,
    /// What parts the whole from the fraction.
    #[serde(default = "comma")]
    pub decimal: char,
    #[serde(default = "day_first")]
    pub date_format: String,
    /// Lines before the head.
    #[serde(default)]
    pub skip: usize,
    /// The newest movement stands first.
    #[serde(default)]
    pub newest_first: bool,
}

impl Default for Source {
    fn default() -> Self {
        Self {
            delimiter: semicolon(),
            decimal: comma(),
            date_format: day_first(),
            skip: 0,
            newest_first: false,
        }
    }
}

/// What its columns are called.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    pub booked_on: String,
    pub valued_on: Option<String>,
    pub amount: String,
    /// The balance after the movement.
    pub balance: Option<String>,
    pub purpose: Option<String>,
    pub payer: Option<String>,
    pub payer_iban: Option<String>,
    pub reference: Option<String>,
}

const fn semicolon() -> char {
    ';'
}
const fn comma() -> char {
    ','
}
fn day_first() -> String {
    "%d.%m.%Y".into()
}

impl CsvMap {
    /// Reads a map.
    ///
    /// # Errors
    /// `Invalid` with the place.
    pub fn parse(text: &str) -> Result<Self, Error> {
        toml::from_str(text).map_err(|error| Error::Invalid(format!("the map: {error}")))
    }
}

/// Reads a file in whichever format it is.
pub fn read(
    content: &[u8],
    currency: Currency,
    map: Option<&CsvMap>,
) -> Result<(Format, Vec<Statement>), Refusal> {
    if content.len() > MOST {
        return Err(wrong("the file is too large"));
    }
    let text = decoded(content);
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with('<') {
        return Ok((Format::Camt053, camt::read(start, currency)?));
    }
    if let Some(map) = map {
        return Ok((Format::Csv, vec![csv_statement(start, currency, map)?]));
    }
    if start.contains(":20:") && start.contains(":25:") {
        return Ok((Format::Mt940, mt940::read(start, currency)?));
    }
    Err(wrong("the file is neither CAMT.053 nor MT940; of CSV, name the columns"))
}

/// UTF-8, else each byte a character, as older banks write.
fn decoded(content: &[u8]) -> String {
    match std::str::from_utf8(content) {
        Ok(text) => text.to_owned(),
        Err(_) => content.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn csv_statement(text: &str, currency: Currency, map: &CsvMap) -> Result<Statement, Refusal> {
    let rest: String = text.lines().skip(map.source.skip).flat_map(|l| [l, "\n"]).collect();
    let delimiter = u8::try_from(map.source.delimiter).unwrap_or(b';');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(rest.as_bytes());
    let head = reader.headers().map_err(|error| wrong(error.to_string()))?.clone();
    let column = |name: &str| {
        let found = head.iter().position(|one| one.trim() == name);
        found.ok_or_else(|| wrong(format!("the file has no column `{name}`")))
    };
    let optional = |name: &Option<String>| name.as_deref().map(column).transpose();
    let (booked, amount) = (column(&map.columns.booked_on)?, column(&map.columns.amount)?);
    let (valued, balance) = (optional(&map.columns.valued_on)?, optional(&map.columns.balance)?);
    let (purpose, payer) = (optional(&map.columns.purpose)?, optional(&map.columns.payer)?);
    let iban = optional(&map.columns.payer_iban)?;
    let reference = optional(&map.columns.reference)?;
    let mut rows: Vec<(Line, Option<i64>)> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let at = |index: usize| record.get(index).unwrap_or_default().trim().to_owned();
        let known = |index: Option<usize>| index.map(at).filter(|text| !text.is_empty());
        if at(booked).is_empty() && at(amount).is_empty() {
            continue;
        }
        let line = Line {
            booked_on: Some(day(&at(booked), map)?),
            valued_on: known(valued).map(|text| day(&text, map)).transpose()?,
            amount: minor(&at(amount), currency, map)?,
            reference: known(reference),
            purpose: known(purpose).unwrap_or_default().chars().take(400).collect(),
            payer: known(payer),
            payer_iban: known(iban),
            ..Line::default()
        };
        let left = known(balance).map(|text| minor(&text, currency, map)).transpose()?;
        rows.push((line, left));
    }
    if map.source.newest_first {
        rows.reverse();
    }
    let opening = rows.first().and_then(|(line, left)| left.map(|left| left - line.amount));
    let closing = rows.last().and_then(|(_, left)| *left);
    let lines: Vec<Line> = rows.into_iter().map(|(line, _)| line).collect();
    let days = || lines.iter().filter_map(|line| line.booked_on);
    let (from, until) = (days().min(), days().max());
    let number = until.map_or_else(String::new, |day| day.to_string());
    Ok(Statement { account: None, number, from, until, opening, closing, lines })
}

fn day(text: &str, map: &CsvMap) -> Result<Day, Refusal> {
    let format = &map.source.date_format;
    let date = jiff::civil::Date::strptime(format, text);
    let date = date.map_err(|_| wrong(format!("`{text}` is no day of the form {format}")))?;
    Day::parse(&date.to_string()).map_err(|error| wrong(error.to_string()))
}

/// An amount with a sign before or behind it, and marks between thousands.
fn minor(text: &str, currency: Currency, map: &CsvMap) -> Result<i64, Refusal> {
    let decimal = map.source.decimal;
    let negative = text.contains('-');
    let plain: String = text
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == decimal)
        .map(|c| if c == decimal { '.' } else { c })
        .collect();
    let read = Money::parse(&plain, currency);
    let value = read.map_err(|error| wrong(format!("`{text}`: {error}")))?.minor();
    Ok(if negative { -value } else { value })
}
