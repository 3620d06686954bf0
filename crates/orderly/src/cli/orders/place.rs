//! Placing orders from JSON: one order, a list, or one order a line.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::page;
use crate::cli::advice::{problem, told};
use crate::cli::output::{progress, table};
use crate::cli::{Given, Session};
use crate::ops::orders::Order;
use crate::ops::orders::place::{Placing, place_many};
use crate::ops::read::orders;
use crate::wire::OrderIn;
use crate::wire::out::{OrderOut, amount};
use crate::{App, Call, Error};

/// Orders placed together.
const BATCH: usize = 500;

#[derive(Debug, Args)]
pub struct Place {
    /// The file to read, or - for the standard input
    ///
    /// It holds one order as JSON, a list of orders, or one order a line (NDJSON).
    #[arg(value_name = "FILE|-")]
    file: String,
    #[command(flatten)]
    given: Given,
}

/// One order of the input with the line it starts on, or why it cannot be read.
type Row = (usize, Result<OrderIn, Error>);

/// One order with its line and what became of it.
type Answered = (usize, Option<OrderIn>, Result<Order, Error>);

impl Place {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let reader: Box<dyn Read> = if self.file == "-" {
            Box::new(std::io::stdin().lock())
        } else {
            let opened = std::fs::File::open(Path::new(&self.file));
            let unread = |error| Error::Invalid(format!("{}: {error}", self.file));
            Box::new(opened.map_err(unread)?)
        };
        let app = session.open()?;
        let mut input = Input::open(BufReader::new(reader), &self.file)?;
        if let Some(order) = input.single()? {
            return self.one(session, &app, &order);
        }
        self.many(session, &app, &mut input)
    }

    fn call(&self, session: &Session, order: &OrderIn, line: usize) -> Result<Call, Error> {
        let content = serde_json::to_string(order);
        let content = content.map_err(|error| Error::Internal(error.to_string()))?;
        let key = self.given.key.as_ref();
        let key = key.map(|key| if line == 0 { key.clone() } else { format!("{key}:{line}") });
        let given = Given { key, ..self.given.clone() };
        let mut call = session.changing(&given, &content)?;
        call.seed ^= (line as u64).rotate_left(32);
        Ok(call)
    }

    fn one(&self, session: &Session, app: &App, order: &OrderIn) -> Result<ExitCode, Error> {
        let call = self.call(session, order, 0)?;
        let placed = crate::ops::orders::place::place(app, &call, order)?;
        let shown = orders::show(app, &session.reading(), &placed.id.to_string())?;
        let out = OrderOut::from(&shown);
        session.out.answer(&out, || page::order(&out))
    }

    fn many(&self, session: &Session, app: &App, input: &mut Input) -> Result<ExitCode, Error> {
        let bar = progress(0, "placing orders");
        let mut told_rows = Vec::new();
        let mut objects = Vec::new();
        let mut refused = 0_usize;
        loop {
            let rows = input.take(BATCH)?;
            if rows.is_empty() {
                break;
            }
            bar.inc_length(rows.len() as u64);
            for (line, order, result) in self.batch(session, app, rows)? {
                bar.inc(1);
                let (object, row) = outcome(line, order.as_ref(), &result);
                refused += usize::from(result.is_err());
                objects.push(object);
                told_rows.push(row);
            }
        }
        bar.finish_and_clear();
        let placed = objects.len() - refused;
        let object = json!({ "placed": placed, "refused": refused, "outcomes": objects });
        session.out.answer(&object, || {
            let text = table(&["line>", "order", "total>", "outcome"], told_rows);
            format!("{text}\n{placed} placed, {refused} refused")
        })?;
        Ok(ExitCode::from(u8::from(refused > 0)))
    }

    fn batch(&self, session: &Session, app: &App, rows: Vec<Row>) -> Result<Vec<Answered>, Error> {
        let mut calls = Vec::new();
        for (line, row) in &rows {
            if let Ok(order) = row {
                calls.push(self.call(session, order, *line)?);
            }
        }
        let readable = rows.iter().filter_map(|(_, row)| row.as_ref().ok());
        let placings: Vec<Placing<'_>> =
            readable.zip(&calls).map(|(order, call)| Placing { call, order }).collect();
        let mut placed = place_many(app, &placings).into_iter();
        let mut out = Vec::with_capacity(rows.len());
        for (line, row) in rows {
            out.push(match row {
                Err(error) => (line, None, Err(error)),
                Ok(order) => {
                    let missing = || Err(Error::Internal("an order had no outcome".into()));
                    (line, Some(order), placed.next().unwrap_or_else(missing))
                }
            });
        }
        Ok(out)
    }
}

fn outcome(
    line: usize,
    asked: Option<&OrderIn>,
    result: &Result<Order, Error>,
) -> (Value, Vec<String>) {
    let external = asked.and_then(|order| order.external_id.clone());
    match result {
        Ok(order) => {
            let total = amount(order.head.totals.total, order.currency);
            let object = json!({
                "line": line, "order": order.number, "id": order.id.to_string(),
                "external_id": external, "total": total, "currency": order.currency.to_string(),
            });
            let total = format!("{total} {}", order.currency);
            (object, vec![line.to_string(), order.number.clone(), total, "placed".into()])
        }
        Err(error) => {
            let mut object = problem(error);
            object["line"] = json!(line);
            object["external_id"] = json!(external);
            let first = told(error).lines().next().unwrap_or_default().to_owned();
            let text = format!("{first} [{}]", error.code());
            let name = external.unwrap_or_default();
            (object, vec![line.to_string(), name, String::new(), text])
        }
    }
}

/// The orders of a file, in their order.
enum Input {
    One(Option<Box<OrderIn>>),
    /// A list: each order counts as one line.
    List(std::vec::IntoIter<Row>),
    Lines {
        reader: Box<dyn BufRead>,
        first: Option<String>,
        line: usize,
        file: String,
    },
}

impl Input {
    /// Looks at the first line that is not blank: a whole value in it means one order a line.
    fn open(mut reader: impl BufRead + 'static, file: &str) -> Result<Self, Error> {
        let unread = |error: std::io::Error| Error::Invalid(format!("{file}: {error}"));
        let mut first = String::new();
        let mut before = 0;
        while first.trim().is_empty() {
            first.clear();
            if reader.read_line(&mut first).map_err(unread)? == 0 {
                return Err(Error::Invalid(format!("{file} is empty: it holds no order")));
            }
            before += 1;
        }
        let is_list = first.trim_start().starts_with('[');
        let is_whole = serde_json::from_str::<Value>(&first).is_ok();
        if is_whole && !is_list {
            let reader = Box::new(reader);
            let (first, file) = (Some(first), file.to_owned());
            return Ok(Self::Lines { reader, first, line: before - 1, file });
        }
        let mut text = "\n".repeat(before - 1) + &first;
        reader.read_to_string(&mut text).map_err(unread)?;
        if is_list {
            let values: Vec<Value> = serde_json::from_str(&text).map_err(|e| at(file, 0, &e))?;
            let rows = (1..).zip(values).map(|(row, value)| {
                let order = serde_json::from_value(value);
                (row, order.map_err(|error| at(file, row, &error)))
            });
            return Ok(Self::List(rows.collect::<Vec<_>>().into_iter()));
        }
        let order = serde_json::from_str(&text).map_err(|error| at(file, 0, &error))?;
        Ok(Self::One(Some(Box::new(order))))
    }

    /// The order of an input that holds just one.
    fn single(&mut self) -> Result<Option<OrderIn>, Error> {
        match self {
            Self::One(order) => Ok(order.take().map(|order| *order)),
            Self::List(_) => Ok(None),
            Self::Lines { reader, first, line, file } => {
                let unread = |error: std::io::Error| Error::Invalid(format!("{file}: {error}"));
                loop {
                    let rest = reader.fill_buf().map_err(unread)?;
                    if rest.is_empty() {
                        let text = first.take().unwrap_or_default();
                        let order = serde_json::from_str(&text);
                        return Ok(Some(order.map_err(|error| at(file, *line + 1, &error))?));
                    }
                    let blank = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
                    if blank < rest.len() {
                        return Ok(None);
                    }
                    reader.consume(blank);
                }
            }
        }
    }

    /// Up to `count` further orders.
    fn take(&mut self, count: usize) -> Result<Vec<Row>, Error> {
        match self {
            Self::One(_) => Ok(Vec::new()),
            Self::List(rows) => Ok(rows.by_ref().take(count).collect()),
            Self::Lines { reader, first, line, file } => {
                let mut rows = Vec::new();
                while rows.len() < count {
                    let mut text = first.take().unwrap_or_default();
                    if text.is_empty() {
                        let mut raw = Vec::new();
                        let unread = |error| Error::Invalid(format!("{file}: {error}"));
                        if reader.read_until(b'\n', &mut raw).map_err(unread)? == 0 {
                            break;
                        }
                        text = match String::from_utf8(raw) {
                            Ok(text) => text,
                            Err(_) => {
                                *line += 1;
                                let detail = format!("{file} line {line}: this is not UTF-8");
                                rows.push((*line, Err(Error::Invalid(detail))));
                                continue;
                            }
                        };
                    }
                    *line += 1;
                    if !text.trim().is_empty() {
                        let order = serde_json::from_str(&text);
                        rows.push((*line, order.map_err(|error| at(file, *line, &error))));
                    }
                }
                Ok(rows)
            }
        }
    }
}

/// A JSON error with its file and line; `row` is 0 where the error counts the lines itself.
fn at(file: &str, row: usize, error: &serde_json::Error) -> Error {
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or(&message);
    let line = if row == 0 { error.line() } else { row };
    let column = if error.column() > 0 { format!(" column {}", error.column()) } else { "".into() };
    Error::Invalid(format!("{file} line {line}{column}: {what}"))
}
