//! What verify finds: nothing where everything adds up, and every planted corruption.

mod base;
mod books;
pub mod corrupt;
mod documents;
mod plants;
mod trade;
mod transfers;

use orderly::verify::{Cause, Options, Report, run};
use orderly_core::id::{
    ApplicationId, ClaimId, DispositionId, JournalId, MovementId, OrderId, RefundId, ReturnLineId,
    TransactionId,
};

use crate::fixture::Shop;
use base::Base;
use corrupt::Owner;
use plants::{Blamed, PLANTS, Plant};

fn verified(base: &Base) -> Report {
    run(&base.shop.app, &Options::default()).unwrap()
}

#[test]
fn an_empty_shop_is_clean() {
    for shop in Shop::each() {
        let report = run(&shop.app, &Options::default()).unwrap();
        assert!(report.clean, "{report}");
        assert_eq!(report.exit_code(), 0);
        assert!(report.to_string().contains("Everything adds up"));
    }
}

#[test]
fn every_planted_corruption_is_found_with_its_first_cause_and_nothing_else() {
    for shop in Shop::each() {
        let base = Base::new(shop);
        let report = verified(&base);
        assert!(report.clean, "{report}");
        let mut owner = Owner::of(&base.shop);
        let checks_off = owner.is_sqlite();
        let mut wrong = Vec::new();
        for plant in PLANTS.iter().filter(|plant| checks_off || !plant.only_sqlite) {
            let wanted = wanted(&base, &mut owner, plant);
            owner.plant(plant.tables, plant.sql);
            let report = verified(&base);
            owner.restore(plant.tables);
            if let Err(reason) = judge(plant, &report, wanted.as_ref()) {
                wrong.push(format!("{}: {reason}\n{}", plant.name, violations(&report)));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let report = verified(&base);
        assert!(report.clean, "the restored base: {report}");
    }
}

/// The row and id of the cause that must be named.
fn wanted(base: &Base, owner: &mut Owner, plant: &Plant) -> Option<(&'static str, String)> {
    let event = |order: OrderId, sequence: i64| Some(("event", format!("{order}#{sequence}")));
    match plant.blamed {
        Blamed::Nobody => None,
        Blamed::Sold(sequence) => event(base.sold, sequence),
        Blamed::Waiting(sequence) => event(base.waiting, sequence),
        Blamed::Row(row, sql) => {
            let id = owner.id(sql);
            let text = match row {
                "movement" => MovementId::from_bytes(id).to_string(),
                "claim" => ClaimId::from_bytes(id).to_string(),
                "journal" => JournalId::from_bytes(id).to_string(),
                "disposition" => DispositionId::from_bytes(id).to_string(),
                "return_line" => ReturnLineId::from_bytes(id).to_string(),
                "payment_transaction" => TransactionId::from_bytes(id).to_string(),
                "application" => ApplicationId::from_bytes(id).to_string(),
                "refund" => RefundId::from_bytes(id).to_string(),
                "refund_line" => hex(&id),
                _ => panic!("no id of {row}"),
            };
            Some((row, text))
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the report names exactly what is broken, and the cause.
fn judge(
    plant: &Plant,
    report: &Report,
    wanted: Option<&(&'static str, String)>,
) -> Result<(), String> {
    let mut found: Vec<&str> =
        report.violations.iter().map(|violation| violation.invariant).collect();
    found.sort_unstable();
    found.dedup();
    let mut broken = plant.broken.to_vec();
    broken.sort_unstable();
    if found != broken {
        return Err(format!("{found:?} instead of {broken:?}"));
    }
    if report.exit_code() != 1 {
        return Err("the exit code is not 1".into());
    }
    let Some((row, id)) = wanted else { return Ok(()) };
    let own = report.violations.iter().filter(|one| one.invariant == plant.broken[0]);
    let causes: Vec<&Cause> = own.filter_map(|violation| violation.cause.as_ref()).collect();
    if causes.iter().any(|cause| cause.row == *row && cause.id == *id) {
        return Ok(());
    }
    Err(format!("{row} {id} is not to blame, but {causes:?}"))
}

fn violations(report: &Report) -> String {
    report.violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_report_can_be_read_by_programs_and_keeps_to_its_limit() {
    let base = Base::new(Shop::new(crate::fixture::TestDb::sqlite()));
    let mut owner = Owner::of(&base.shop);
    owner.plant(&["holding"], "UPDATE holding SET qty = qty + 1");
    let options = Options { limit: 1, ..Options::default() };
    let report = run(&base.shop.app, &options).unwrap();
    let holdings = report.checks.iter().find(|check| check.title.starts_with("a holding")).unwrap();
    assert!(holdings.violations > 1, "{report}");
    assert_eq!(report.violations.len(), 1);
    let json = report.to_json();
    assert_eq!(json["clean"], false);
    assert_eq!(json["violations"][0]["invariant"], "S1");
    assert_eq!(json["violations"][0]["cause"]["row"], "movement");
}

#[test]
fn a_quick_look_leaves_the_events_alone() {
    let base = Base::new(Shop::new(crate::fixture::TestDb::sqlite()));
    let mut owner = Owner::of(&base.shop);
    let options = Options { deep: false, ..Options::default() };
    assert!(run(&base.shop.app, &options).unwrap().clean);
    owner.plant(&["orders"], "UPDATE orders SET reference = 'PO-7'");
    assert!(run(&base.shop.app, &options).unwrap().clean);
    assert!(!verified(&base).clean);
}
