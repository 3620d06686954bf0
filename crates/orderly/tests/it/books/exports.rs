//! Exports of journals and the template of a chart.

use orderly::ops::books::entries::reverse;
use orderly::ops::export::{self, Export, Range};
use orderly_core::books::chart::Chart;
use orderly_core::time::Day;
use serde_json::Value;

use crate::fixture::Shop;

fn exported(shop: &Shop, range: Range) -> Vec<String> {
    let mut rows = Vec::new();
    export::run(&shop.app, &shop.call(), Export::Journals(range), |row| {
        let text: Vec<String> = row
            .iter()
            .filter(|(name, _)| ["number", "account", "amount", "period"].contains(&name.as_str()))
            .map(|(_, value)| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })
            .collect();
        rows.push(text.join(" "));
        Ok(())
    })
    .unwrap();
    rows
}

#[test]
fn a_range_exports_the_same_again_and_a_correction_comes_after_it() {
    for shop in Shop::each() {
        let call = shop.call_at("2026-03-02T09:00:00Z");
        let journal = shop.entered(&call, "2026-03-02", "5.00").unwrap();
        shop.entered(&shop.call_at("2026-03-02T09:01:00Z"), "2026-02-02", "6.00").unwrap();
        let first = exported(&shop, Range::default());
        assert_eq!(first.len(), 4);
        assert_eq!(first[0], "1 2026-03 bank_fees 5.00");
        assert_eq!(exported(&shop, Range::default()), first);
        let day = Day::parse("2026-03-03").unwrap();
        let call = shop.call_at("2026-03-03T09:00:00Z");
        reverse(&shop.app, &call, journal.head.id, day).unwrap();
        let all = exported(&shop, Range::default());
        assert_eq!(all[..4], first);
        assert_eq!(all[4..], ["3 2026-03 bank_fees -5.00", "3 2026-03 bank 5.00"]);
        let rest = exported(&shop, Range { after: 2, ..Range::default() });
        assert_eq!(rest, all[4..]);
        let february = Range {
            from: Some(Day::parse("2026-02-01").unwrap()),
            to: Some(Day::parse("2026-02-28").unwrap()),
            ..Range::default()
        };
        assert_eq!(exported(&shop, february), first[2..]);
        export::run(&shop.app, &shop.call(), Export::Invoices(Range::default()), |_| Ok(()))
            .unwrap();
        shop.is_clean();
    }
}

#[test]
fn the_generic_chart_names_accounts_that_exist() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../maps/chart-generic.toml");
    let chart: Chart = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert!(chart.check().unwrap().len() > 35);
}
