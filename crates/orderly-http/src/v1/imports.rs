//! `/v1/imports`: CSV files in, an outcome of each row out.

use std::path::PathBuf;

use orderly_core::actor::Permission;
use orderly_core::refusal::{Code, Refusal};
use orderly_ops::ops::import::map::Map;
use orderly_ops::ops::import::{self, FileReport, Progress, Report};
use orderly_ops::{App, Call, Error};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::operation::{get, upload};
use crate::{Cx, Done, Operation, Page};

const CSV: &[&str] = &["text/csv"];
/// The most rows that are listed at once of those that were not taken.
const LISTED: i64 = 1_000;
/// What a file is called where its sender does not say.
const UNNAMED: &str = "upload.csv";

/// An import of one kind.
type Kind =
    fn(&App, &Call, &[PathBuf], &Map, &mut dyn FnMut(Progress<'_>)) -> Result<Report, Error>;

pub fn operations() -> Vec<Operation> {
    let right = Permission::Import;
    vec![
        upload(
            "/v1/imports/items",
            "imports.items",
            "Import items and kits: new ones are added, known ones brought to what the file says",
            right,
            CSV,
            |cx, wanted| run(cx, wanted, Some("items"), import::items),
        )
        .untried(),
        upload(
            "/v1/imports/customers",
            "imports.customers",
            "Import customers: new ones are added, known ones brought to what the file says",
            right,
            CSV,
            |cx, wanted| run(cx, wanted, Some("customers"), import::customers),
        )
        .untried(),
        upload(
            "/v1/imports/stock",
            "imports.stock",
            "Import opening stock, with its value against the opening balance",
            right,
            CSV,
            |cx, wanted| run(cx, wanted, Some("stock"), import::stock),
        )
        .untried(),
        upload(
            "/v1/imports/orders",
            "imports.orders",
            "Import the history of orders that were closed before",
            right,
            CSV,
            |cx, wanted| run(cx, wanted, None, import::orders),
        )
        .untried(),
        get(
            "/v1/imports/{import}/rejects",
            "imports.rejects",
            "List the rows of a file that were not taken",
            right,
            rejects,
        ),
    ]
}

/// How a file is read.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Read {
    /// A map that comes with the program: `items`, `customers`, `stock`, `online-retail`. The one
    /// of the kind where absent; history has none of its own.
    map: Option<String>,
    /// What the file is called in reports.
    name: Option<String>,
}

/// What came of a file.
#[derive(Debug, Serialize, JsonSchema)]
struct ImportOut {
    /// `import`
    object: &'static str,
    /// The file, known by its content: the same rows are never taken twice.
    id: String,
    name: String,
    rows: i64,
    taken: i64,
    rejected: i64,
    /// Rows, orders and returns of this run: those of a file that was read before are not new.
    new_rows: i64,
    new_orders: i64,
    new_returns: i64,
    /// Exact decimals: quantity × price.
    amount_taken: String,
    amount_rejected: String,
    /// What rounding each row to minor units added.
    amount_rounding: String,
    /// The first 1,000 rows that were not taken.
    not_taken: Vec<NotTakenOut>,
}

/// A row that was not taken.
#[derive(Debug, Serialize, JsonSchema)]
struct NotTakenOut {
    /// As an editor counts: the header is line 1.
    line: i64,
    reason: String,
    amount: Option<String>,
}

fn run(cx: &Cx, wanted: Read, usual: Option<&str>, kind: Kind) -> Result<Done<ImportOut>, Error> {
    let known = || Map::built_in().collect::<Vec<_>>().join(", ");
    let wrong = |what: &str| Refusal::at(Code::InvalidField, "map", what).allowed(known());
    let map = wanted.map.as_deref().or(usual);
    let map = map.ok_or_else(|| wrong("say which columns are what"))?;
    let map = Map::called(map)?.ok_or_else(|| wrong("there is no such map"))?;
    let shown = |c: &char| c.is_alphanumeric() || "-_. ".contains(*c);
    let name: String = wanted.name.iter().flat_map(|name| name.chars()).filter(shown).collect();
    let name = if name.trim().is_empty() { UNNAMED.to_owned() } else { name };
    let unkept = |error: std::io::Error| Error::Internal(format!("an upload: {error}"));
    let folder = tempfile::tempdir().map_err(unkept)?;
    let path = folder.path().join(UNNAMED);
    std::fs::write(&path, &cx.body).map_err(unkept)?;
    let report = kind(&cx.app, &cx.call, std::slice::from_ref(&path), &map, &mut |_| {});
    let report = report.map_err(|error| nameless(error, &path.display().to_string(), &name))?;
    let file = report.files.first().ok_or_else(|| Error::Internal("no file".into()))?;
    let not_taken = listed(cx, &file.id, 0, LISTED)?;
    Ok(Done::of(out(&report, file, name, not_taken)))
}

/// An error that names the file as its sender does, not where it was kept meanwhile.
fn nameless(error: Error, path: &str, name: &str) -> Error {
    match error {
        Error::Invalid(text) => Error::Invalid(text.replace(path, name)),
        other => other,
    }
}

fn out(report: &Report, file: &FileReport, name: String, not_taken: Vec<NotTakenOut>) -> ImportOut {
    ImportOut {
        object: "import",
        id: file.id.clone(),
        name,
        rows: file.rows,
        taken: file.taken,
        rejected: file.rejected,
        new_rows: report.new_rows,
        new_orders: report.new_orders,
        new_returns: report.new_returns,
        amount_taken: report.amount_taken.clone(),
        amount_rejected: report.amount_rejected.clone(),
        amount_rounding: report.amount_rounding.clone(),
        not_taken,
    }
}

fn listed(cx: &Cx, file: &str, after: i64, limit: i64) -> Result<Vec<NotTakenOut>, Error> {
    let found = import::rejected(&cx.app, &cx.call, file, after, limit)?;
    let each = found.into_iter().map(|one| {
        let (line, reason, amount) = (one.line, one.reason, one.amount);
        NotTakenOut { line, reason, amount }
    });
    Ok(each.collect())
}

/// A page of rows.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RowsFrom {
    /// Only lines after this one: the cursor of the page before.
    after: Option<i64>,
    /// At most 1,000; 100 where absent.
    limit: Option<i64>,
}

fn rejects(cx: &Cx, wanted: RowsFrom) -> Result<Done<Page<NotTakenOut>>, Error> {
    let limit = wanted.limit.unwrap_or(100).clamp(1, LISTED);
    let file: orderly_core::id::ImportId = cx.id("import")?;
    let found = listed(cx, &file.to_string(), wanted.after.unwrap_or(0), limit + 1)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = found.get(limit - 1).filter(|_| found.len() > limit).map(|row| row.line.to_string());
    Ok(Done::of(Page::new(found.into_iter().take(limit).collect(), next)))
}
