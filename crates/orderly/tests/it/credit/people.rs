//! Who may order and collect for an account, and the references it wants.

use orderly::ops::accounts::people::{ContactEdit, SiteEdit, update_contact, update_site};
use orderly::ops::accounts::{self, AccountEdit, NewContact, update_account};
use orderly::ops::fulfillments::{hand_over, hand_over_to};
use orderly::ops::orders::place::place;
use orderly_core::party::{Contact, TermsKind};
use orderly_core::refusal::Code;
use serde_json::json;

use super::{account, code, nails, named, placed, site};
use crate::fixture::{Shop, read};
use crate::proof;

#[test]
fn who_may_order_is_asked_at_placement_and_who_may_collect_at_the_counter() {
    for shop in Shop::each() {
        let app = &shop.app;
        shop.stock("NAIL", "leeds", 1_000, None);
        let account = account(&shop, None);
        let north = site(&shop, &account, "NORTH", None);
        site(&shop, &account, "SOUTH", None);
        let contact = |site, may_order, may_collect| -> Contact {
            let new = NewContact { party: named("Ada"), site, may_order, may_collect };
            accounts::create_contact(app, &shop.call(), account.id, &new).unwrap()
        };
        let (buyer, driver) = (contact(Some(north.id), true, false), contact(None, false, true));
        let by = |contact: &Contact, site: Option<&str>| {
            let mut order = nails("10", site);
            order.channel = "phone".into();
            order.deliveries = read(json!({ "method": "collect", "location": "leeds" }));
            order.ordered_by = Some(contact.id.to_string());
            place(app, &shop.call(), &order)
        };
        assert_eq!(code(by(&driver, None)), Code::ContactMayNotOrder);
        assert_eq!(code(by(&buyer, Some("SOUTH"))), Code::ContactMayNotOrder);
        assert_eq!(code(by(&buyer, None)), Code::ContactMayNotOrder);
        let order = by(&buyer, Some("NORTH")).unwrap();
        let of = (order.id, order.fulfillments[0].id);
        let edit = AccountEdit { contact_required: Some(true), ..AccountEdit::default() };
        update_account(app, &shop.call(), account.id, &edit).unwrap();
        let nobody = place(app, &shop.call(), &nails("1", None));
        assert_eq!(code(nobody), Code::ContactRequired);
        assert_eq!(code(hand_over(app, &shop.call(), of, &[])), Code::ContactRequired);
        let to = |contact: &Contact| hand_over_to(app, &shop.call(), of, &[], Some(contact.id));
        assert_eq!(code(to(&buyer)), Code::ContactMayNotCollect);
        let off = ContactEdit { active: Some(false), ..ContactEdit::default() };
        update_contact(app, &shop.call(), driver.id, off).unwrap();
        assert_eq!(code(to(&driver)), Code::ContactMayNotCollect);
        let on = ContactEdit { active: Some(true), ..ContactEdit::default() };
        update_contact(app, &shop.call(), driver.id, on).unwrap();
        let handed = to(&driver).unwrap();
        assert_eq!(handed.shipments[0].collected_by, Some(driver.id));
        let stored = orderly::ops::orders::get(app, order.id).unwrap();
        assert_eq!(stored, Some(handed));
        proof::all_holds(app);
    }
}

#[test]
fn an_account_that_wants_references_takes_the_orders_or_the_sites() {
    for shop in Shop::each() {
        let app = &shop.app;
        shop.stock("NAIL", "depot", 1_000, None);
        let account = account(&shop, None);
        let north = site(&shop, &account, "NORTH", None);
        let edit = AccountEdit {
            reference_required: Some(true),
            terms: Some(TermsKind::EndOfMonth),
            terms_days: Some(10),
            name: Some("Field & Daughters".into()),
            ..AccountEdit::default()
        };
        let edited = update_account(app, &shop.call(), account.id, &edit).unwrap();
        assert_eq!(edited.terms.to_string(), "end of month and 10 days");
        let without = place(app, &shop.call(), &nails("1", Some("NORTH")));
        assert_eq!(code(without), Code::ReferenceRequired);
        let edit = SiteEdit { reference: Some("JOB-7".into()), ..SiteEdit::default() };
        update_site(app, &shop.call(), north.id, &edit).unwrap();
        let order = placed(&shop, &nails("1", Some("NORTH")));
        assert_eq!(order.head.reference.as_deref(), Some("JOB-7"));
        let mut own = nails("1", Some("NORTH"));
        own.reference = Some("PO 4711".into());
        assert_eq!(placed(&shop, &own).head.reference.as_deref(), Some("PO 4711"));
        let edit = SiteEdit { active: Some(false), ..SiteEdit::default() };
        update_site(app, &shop.call(), north.id, &edit).unwrap();
        let gone = place(app, &shop.call(), &nails("1", Some("NORTH")));
        assert_eq!(code(gone), Code::UnknownSite);
        let long = AccountEdit { terms_days: Some(4_000), ..AccountEdit::default() };
        let long = update_account(app, &shop.call(), account.id, &long);
        assert_eq!(code(long), Code::InvalidField);
        proof::all_holds(app);
    }
}
