//! Rebates: what accrued of each period is what its turnover earns.

use orderly_core::purchase::rebate::Rebate;
use orderly_store::Tx;
use orderly_store::tables::rebates;
use orderly_store::verify::{Check, Finding, Key};

use super::{Report, render};
use crate::Error;

const CHECK: Check = Check {
    invariant: "P5",
    title: "what accrued of a rebate is what the turnover of its period earns",
    table: "rebate_accrual",
    sql: "",
    remedy: "restore a backup beside this database and compare the accruals",
};

pub(super) fn run(tx: &mut Tx<'_>, report: &mut Report) -> Result<(), Error> {
    let known = rebates::list(tx, None)?;
    let periods = rebates::periods(tx, None)?;
    let begun = report.check(CHECK.invariant, CHECK.title, periods.len() as u64);
    for period in periods {
        let own: Option<&Rebate> = known.iter().find(|rebate| rebate.id == period.rebate);
        let due = own.and_then(|rebate| rebate.due(period.turnover).ok());
        if due == Some(period.accrued) {
            continue;
        }
        let finding = Finding {
            keys: vec![
                ("rebate_id".into(), Key::Id(period.rebate.as_bytes())),
                ("period".into(), Key::Text(period.period)),
            ],
            what: None,
            expected: due.map_or_else(|| "a rebate".into(), |due| due.to_string()),
            actual: format!("{} accrued, {} settled", period.accrued, period.settled),
            suspect: None,
        };
        let violation = render::violation(tx, &CHECK, &finding, None)?;
        report.add(begun, violation);
    }
    Ok(())
}
