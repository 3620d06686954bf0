//! Accounts on hold and closed.

use orderly::ops::accounts::{HOLD_STOPS, close, find, hold, release, reopen, set_limit};
use orderly::ops::fulfillments::cancel::cancel;
use orderly::ops::fulfillments::shipments::{Shipping, ship};
use orderly::ops::fulfillments::{pack, pick, release as release_order};
use orderly::ops::orders::place::place;
use orderly::ops::settings;
use orderly_core::order::cancel::Cancel;
use orderly_core::party::AccountState;
use orderly_core::refusal::Code;

use super::{account, code, nails, owed, passing, placed, site};
use crate::fixture::Shop;
use crate::proof;

#[test]
fn closing_and_opening_again_passes_no_limit() {
    for shop in Shop::each() {
        let app = &shop.app;
        shop.stock("NAIL", "depot", 1_000, None);
        let account = account(&shop, Some("5.00"));
        site(&shop, &account, "NORTH", Some("5.00"));
        let order = placed(&shop, &nails("50", Some("NORTH")));
        let early = close(app, &shop.call(), account.id);
        assert_eq!(code(early), Code::AccountNotSettled);
        assert_eq!(find(app, &shop.call(), "T1").unwrap().state, AccountState::Active);
        let call = shop.call().with_reason("not wanted");
        cancel(app, &call, order.id, &Cancel::Order).unwrap();
        close(app, &shop.call(), account.id).unwrap();
        let closed = place(app, &shop.call(), &nails("1", None));
        assert_eq!(code(closed), Code::AccountClosed);
        let mut paid = nails("1", None);
        paid.settlement = None;
        assert_eq!(code(place(app, &shop.call(), &paid)), Code::AccountClosed);
        assert_eq!(code(close(app, &shop.call(), account.id)), Code::InvalidTransition);
        reopen(app, &shop.call(), account.id).unwrap();
        let over = place(app, &shop.call(), &nails("51", None));
        assert_eq!(code(over), Code::CreditLimit, "the limit is as it was");
        placed(&shop, &nails("50", Some("NORTH")));
        assert_eq!(owed(&shop, account.id, None), (500, 0, 0));
        assert_eq!(code(reopen(app, &shop.call(), account.id)), Code::InvalidTransition);
        proof::all_holds(app);
    }
}

#[test]
fn an_account_on_hold_stops_what_is_not_released_or_what_the_setting_says() {
    for shop in Shop::each() {
        let app = &shop.app;
        shop.buy("depot", "NAIL", "1000", "0.03");
        let account = account(&shop, None);
        let orders = [(); 3].map(|()| placed(&shop, &nails("10", None)));
        let [first, second, third] = orders.map(|one| (one.id, one.fulfillments[0].id));
        release_order(app, &shop.call(), first).unwrap();
        hold(app, &shop.call().with_reason("a check bounced"), account.id).unwrap();
        let rows = shop.rows();
        let late = release_order(app, &shop.call(), second);
        assert_eq!(code(late), Code::AccountOnHold);
        assert_eq!(shop.rows(), rows);
        pick(app, &shop.call(), first, &[]).unwrap();
        pack(app, &shop.call(), first, &[]).unwrap();
        settings::set(app, &shop.call(), HOLD_STOPS, "ship").unwrap();
        let leaves = ship(app, &shop.call(), first, &Shipping::default());
        assert_eq!(code(leaves), Code::AccountOnHold);
        settings::set(app, &shop.call(), HOLD_STOPS, "release").unwrap();
        ship(app, &shop.call(), first, &Shipping::default()).unwrap();
        release_order(app, &passing(&shop, Code::AccountOnHold), second).unwrap();
        settings::set(app, &shop.call(), HOLD_STOPS, "orders").unwrap();
        release_order(app, &shop.call(), third).unwrap();
        proof::all_holds(app);
    }
}

#[test]
fn an_account_on_hold_buys_nothing_on_credit_until_it_is_released() {
    for shop in Shop::each() {
        let app = &shop.app;
        shop.stock("NAIL", "depot", 1_000, None);
        let account = account(&shop, None);
        assert_eq!(code(hold(app, &shop.call(), account.id)), Code::ReasonRequired);
        hold(app, &shop.call().with_reason("a check bounced"), account.id).unwrap();
        let stopped = place(app, &shop.call(), &nails("1", None));
        assert_eq!(code(stopped), Code::AccountOnHold);
        assert_eq!(owed(&shop, account.id, None), (0, 0, 0));
        let mut paid = nails("1", None);
        paid.settlement = None;
        placed(&shop, &paid);
        place(app, &passing(&shop, Code::AccountOnHold), &nails("10", None)).unwrap();
        assert_eq!(owed(&shop, account.id, None), (100, 0, 0));
        release(app, &shop.call(), account.id).unwrap();
        placed(&shop, &nails("10", None));
        let mut stale = shop.call();
        stale.expected_version = Some(1);
        let late = set_limit(app, &stale, account.id, None, Some("1"));
        assert_eq!(code(late), Code::StaleVersion);
        assert!(set_limit(app, &shop.stranger(), account.id, None, Some("1")).is_err());
        let now = find(app, &shop.call(), &account.id.to_string()).unwrap();
        assert_eq!(now.version, 3);
        proof::all_holds(app);
    }
}
