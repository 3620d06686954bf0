//! `/v1/exports`: journals, invoices and statements as CSV or as one JSON object a line.

use orderly_core::actor::Permission;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::time::Day;
use orderly_ops::Error;
use orderly_ops::ops::accounts::statements::{self, Period};
use orderly_ops::ops::export::{self, Export, Range};
use orderly_ops::wire::rows::{Row, csv, ndjson};
use orderly_ops::wire::view::View;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::operation::file;
use crate::{Cx, File, Operation};

const MEDIA: &[&str] = &["text/csv", "application/x-ndjson"];

/// How many rows one answer has at most; `orderly export` writes any number.
const MOST: usize = 200_000;

pub fn operations() -> Vec<Operation> {
    let right = Permission::Export;
    vec![
        file(
            "/v1/exports/journals",
            "exports.journals",
            "The postings of journals by number; a correction is a new row",
            right,
            MEDIA,
            journals,
        ),
        file(
            "/v1/exports/invoices",
            "exports.invoices",
            "The lines of invoices, receipts and credit notes by number",
            right,
            MEDIA,
            invoices,
        ),
        file(
            "/v1/exports/statements",
            "exports.statements",
            "What happened on accounts from one day to another",
            right,
            MEDIA,
            accounts,
        ),
    ]
}

/// What is exported, and how.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// `csv` (where absent) or `ndjson`.
    format: Option<String>,
    /// From this day on.
    from: Option<String>,
    /// Up to this day.
    to: Option<String>,
    /// Those with numbers after this one.
    after: i64,
}

/// Which statements, and how.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct WantedStatements {
    /// `csv` (where absent) or `ndjson`.
    format: Option<String>,
    /// Only of this account.
    account: Option<String>,
    /// The first day; that of the month where absent.
    from: Option<String>,
    /// The last day; today where absent.
    as_of: Option<String>,
}

/// Rows as they are written.
struct Written {
    json: bool,
    view: View,
    bytes: Vec<u8>,
    rows: usize,
}

impl Written {
    fn new(cx: &Cx, format: Option<&str>) -> Result<Self, Refusal> {
        let json = match format {
            None | Some("csv") => false,
            Some("ndjson") => true,
            Some(_) => {
                let detail = "there is no such format";
                return Err(
                    Refusal::at(Code::InvalidField, "/format", detail).allowed("csv, ndjson")
                );
            }
        };
        Ok(Self { json, view: View::of(&cx.call.actor), bytes: Vec::new(), rows: 0 })
    }

    /// Adds a row without what its reader may not see.
    ///
    /// # Errors
    /// `invalid_field` where there are too many for one answer.
    fn add(&mut self, row: &Row) -> Result<(), Error> {
        ensure(self.rows < MOST, || {
            let detail = format!("these are more than {MOST} rows: ask for fewer days");
            Refusal::at(Code::InvalidField, "/from", detail)
        })?;
        let mut whole = Value::Object(row.iter().cloned().collect());
        self.view.hide(&mut whole);
        let cell = |(name, _): &(String, Value)| (name.clone(), whole[name.as_str()].clone());
        let seen: Vec<(String, Value)> = row.iter().map(cell).collect();
        let text = if self.json { ndjson(&seen)? } else { csv(&seen, self.rows == 0)? };
        self.bytes.extend(text);
        self.rows += 1;
        Ok(())
    }

    fn file(self, name: &str) -> File {
        let (media, end) = if self.json { (MEDIA[1], "ndjson") } else { (MEDIA[0], "csv") };
        File { media, name: Some(format!("{name}.{end}")), bytes: self.bytes }
    }
}

fn ranged(cx: &Cx, wanted: &Wanted, name: &str, kind: fn(Range) -> Export) -> Result<File, Error> {
    let day = |text: Option<&str>| text.map(Day::parse).transpose();
    let range = Range {
        from: day(wanted.from.as_deref())?,
        to: day(wanted.to.as_deref())?,
        after: wanted.after,
    };
    let mut out = Written::new(cx, wanted.format.as_deref())?;
    export::run(&cx.app, &cx.call, kind(range), |row| out.add(row))?;
    Ok(out.file(name))
}

fn journals(cx: &Cx, wanted: Wanted) -> Result<File, Error> {
    ranged(cx, &wanted, "journals", Export::Journals)
}

fn invoices(cx: &Cx, wanted: Wanted) -> Result<File, Error> {
    ranged(cx, &wanted, "invoices", Export::Invoices)
}

fn accounts(cx: &Cx, wanted: WantedStatements) -> Result<File, Error> {
    let day = |text: Option<&str>| text.map(Day::parse).transpose();
    let period =
        Period { from: day(wanted.from.as_deref())?, as_of: day(wanted.as_of.as_deref())? };
    let mut out = Written::new(cx, wanted.format.as_deref())?;
    let only = wanted.account.as_deref();
    statements::export(&cx.app, &cx.call, only, period, |row| out.add(row))?;
    Ok(out.file("statements"))
}
