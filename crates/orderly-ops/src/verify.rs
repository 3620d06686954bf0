//! Proves that every order, every unit and every penny is accounted for: recomputes the
//! invariants from the rows of one consistent snapshot and names the first cause of each
//! difference.

mod chain;
mod credit;
mod delivered;
mod fold;
mod goods;
mod ledger;
mod orders;
mod rebates;
mod render;
mod report;
mod taxes;

use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::verify as store;

use crate::{App, Error};
pub use report::{Cause, Checked, Report, Violation};

/// How thoroughly to look.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Also fold every order from its events, recompute prices and taxes, recompute the hash
    /// chain and compare every index with its table.
    pub deep: bool,
    /// Look only at orders changed since then; stock and money are always looked at whole.
    pub since: Option<Instant>,
    /// How many violations of one check are told in detail; all are counted.
    pub limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { deep: true, since: None, limit: 100 }
    }
}

/// Runs every check on one snapshot; writers go on meanwhile.
///
/// # Errors
/// `Unavailable` where the database cannot be read: nothing is known then.
pub fn run(app: &App, options: &Options) -> Result<Report, Error> {
    app.store.read(|tx| {
        let mut report = Report::new(options.limit);
        engine(tx, options, &mut report)?;
        goods::run(tx, &mut report)?;
        for check in store::checks() {
            query(tx, check, &mut report)?;
        }
        rebates::run(tx, &mut report)?;
        taxes::run(tx, &mut report)?;
        orders::run(tx, options, &mut report)?;
        if options.deep {
            chain::run(tx, &mut report)?;
        }
        Ok(report)
    })
}

/// One check that is a query.
fn query(tx: &mut Tx<'_>, check: &store::Check, report: &mut Report) -> Result<(), Error> {
    let mut found = Vec::new();
    let count = store::run(tx, check, report.limit(), &mut found)?;
    let rows = store::count(tx, check.table)?;
    let begun = report.check(check.invariant, check.title, rows);
    for finding in found {
        let cause = render::suspect(tx, &finding)?;
        report.add(begun, render::violation(tx, check, &finding, cause)?);
    }
    report.more(begun, count);
    Ok(())
}

/// The engine's own checks and the relations between tables.
fn engine(tx: &mut Tx<'_>, options: &Options, report: &mut Report) -> Result<(), Error> {
    const RESTORE: &str = "orderly restore the latest backup";
    let own =
        |title, table| store::Check { invariant: "D1", title, table, sql: "", remedy: RESTORE };
    let mut parts = vec![
        (
            own("the file is whole and its references hold", "setting"),
            store::damage(tx, options.deep)?,
        ),
        (own("the schema is the one of this version", "schema_step"), store::steps(tx)?),
        (own("the books refuse changes", "setting"), store::protection(tx)?),
    ];
    let mut orphans = Vec::new();
    for relation in store::relations(tx)? {
        store::orphans(tx, &relation, options.limit, &mut orphans)?;
    }
    parts.push((own("every row named by another exists", "orders"), orphans));
    for (check, findings) in parts {
        let rows = store::count(tx, check.table)?;
        let begun = report.check(check.invariant, check.title, rows);
        for finding in &findings {
            let violation = render::violation(tx, &check, finding, None)?;
            report.add(begun, violation);
        }
        report.more(begun, findings.len() as u64);
    }
    Ok(())
}
