//! What verify finds: nothing where everything adds up, and every planted corruption.

mod base;

use orderly::verify::{Options, Report, run};

use crate::fixture::Shop;
use base::Base;

fn verified(base: &Base) -> Report {
    run(&base.shop.app, &Options::default()).unwrap()
}

#[test]
fn an_empty_shop_and_a_busy_one_are_clean() {
    for shop in Shop::each() {
        let report = run(&shop.app, &Options::default()).unwrap();
        assert!(report.clean, "{report}");
        let base = Base::new(shop);
        let report = verified(&base);
        assert!(report.clean, "{report}");
        assert_eq!(report.exit_code(), 0);
    }
}
