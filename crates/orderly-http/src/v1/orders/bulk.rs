//! Many orders at once: one a line in, one outcome a line out.

use orderly_core::actor::Permission;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_ops::call::content_hash;
use orderly_ops::ops::orders::Order;
use orderly_ops::ops::orders::place::{Placing, place_many};
use orderly_ops::wire::OrderIn;
use orderly_ops::wire::out::amount;
use orderly_ops::{Call, Error};
use serde::Serialize;

use crate::input::{self, Nothing};
use crate::operation::intake;
use crate::problem::Problem;
use crate::{Cx, File, Operation};

/// The most orders of one request.
const MOST: usize = 1_000;
const ROWS: &[&str] = &["application/x-ndjson", "application/jsonl"];

pub fn operations() -> Vec<Operation> {
    vec![intake(
        "/v1/orders/bulk",
        "orders.place_many",
        "Place up to 1,000 orders: one a line, with a `key` of its own; one outcome a line",
        Permission::Place,
        (ROWS, &["application/x-ndjson"]),
        place_all,
    )]
}

/// What became of one row.
#[derive(Debug, Serialize)]
struct Outcome {
    /// Counts the rows from zero.
    index: usize,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<Placed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Box<Problem>>,
}

/// An order that was placed.
#[derive(Debug, Serialize)]
struct Placed {
    id: String,
    number: String,
    state: &'static str,
    version: i64,
    total: String,
    currency: String,
}

impl From<&Order> for Placed {
    fn from(order: &Order) -> Self {
        Self {
            id: order.id.to_string(),
            number: order.number.clone(),
            state: order.head.state.code(),
            version: order.version,
            total: amount(order.head.totals.total, order.currency),
            currency: order.currency.to_string(),
        }
    }
}

/// A row that could be read.
struct Row {
    call: Call,
    order: OrderIn,
}

fn place_all(cx: &Cx, _: Nothing) -> Result<File, Error> {
    let lines: Vec<&[u8]> = cx.body.split(|byte| *byte == b'\n').collect();
    let lines: Vec<&[u8]> =
        lines.into_iter().filter(|line| !line.iter().all(u8::is_ascii_whitespace)).collect();
    ensure(lines.len() <= MOST, || {
        let detail = format!("{} orders in one request", lines.len());
        Refusal::at(Code::TooManyLines, "", detail).allowed(MOST.to_string())
    })?;
    let rows: Vec<Result<Row, Box<Problem>>> =
        lines.iter().enumerate().map(|(index, line)| row(cx, index, line)).collect();
    let read = rows.iter().filter_map(|row| row.as_ref().ok());
    let placings: Vec<Placing<'_>> =
        read.map(|row| Placing { call: &row.call, order: &row.order }).collect();
    let mut placed = place_many(&cx.app, &placings).into_iter();
    let mut bytes = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let outcome = match row {
            Err(problem) => refused(index, None, problem.clone()),
            Ok(row) => {
                let external_id = row.order.external_id.clone();
                match placed.next() {
                    Some(Ok(order)) => {
                        let order = Some(Placed::from(&order));
                        Outcome { index, status: 201, external_id, order, problem: None }
                    }
                    Some(Err(error)) => {
                        refused(index, external_id, Box::new(Problem::from(&error)))
                    }
                    None => return Err(Error::Internal("an order had no outcome".into())),
                }
            }
        };
        let written = serde_json::to_writer(&mut bytes, &outcome);
        written.map_err(|error| Error::Internal(error.to_string()))?;
        bytes.push(b'\n');
    }
    Ok(File { media: "application/x-ndjson", name: None, bytes })
}

fn refused(index: usize, external_id: Option<String>, problem: Box<Problem>) -> Outcome {
    let status = problem.status;
    Outcome { index, status, external_id, order: None, problem: Some(problem) }
}

/// Reads one row. Its key is its own, or the request's with its index.
fn row(cx: &Cx, index: usize, line: &[u8]) -> Result<Row, Box<Problem>> {
    let mut value = input::parsed(line, cx.depth)?;
    let own = value.as_object_mut().and_then(|fields| fields.remove("key"));
    let key = match own {
        None => cx.call.key.as_ref().map(|key| format!("{key}:{index}")),
        Some(key) => {
            let text = key.as_str().map(str::trim).filter(|key| (1..=255).contains(&key.len()));
            let wrong = || {
                let detail = "a key is a text of 1 to 255 characters";
                let code = Code::InvalidField.code();
                Problem::wrong(422, crate::problem::Wrong::new("/key", code, detail))
            };
            Some(text.ok_or_else(wrong)?.to_owned())
        }
    };
    let content = value.to_string();
    let order = input::typed(value)?;
    let mut call = cx.call.clone();
    call.seed ^= (index as u64).rotate_left(32);
    call.request_hash = content_hash(content.as_bytes());
    call.key = key;
    Ok(Row { call, order })
}
