//! Parties, customers and accounts on both engines.

use orderly_core::id::*;
use orderly_core::money::Currency;
use orderly_core::party::{
    Account, AccountState, Contact, Customer, CustomerKind, Exposure, NewParty, Party, Site,
    SubjectKind, Terms, TermsKind, WhenOver,
};
use orderly_core::time::Instant;
use orderly_store::tables::accounts::ExposureChange;
use orderly_store::tables::{accounts, customers, parties};
use orderly_store::{Store, StoreError, Tx};

use crate::TestDb;

const NOW: Instant = Instant::from_micros(1_700_000_000_000_000);

fn party(number: u8, version: i64, email: &str) -> Party {
    let new = NewParty {
        name: "Ada Byron".into(),
        company: Some("Engines Ltd".into()),
        email: Some(email.into()),
        phone: Some("+44 20 7946 0000".into()),
        address_lines: vec!["1 High Street".into(), "Floor 2".into()],
        city: Some("London".into()),
        postcode: Some("N1 1AA".into()),
        country: Some("GB".into()),
        ..NewParty::default()
    };
    let subject = (SubjectKind::Customer, [1; 16]);
    new.check(PartyId::from_bytes([number; 16]), subject, version, NOW).unwrap()
}

fn customer(number: u8, party: &Party) -> Customer {
    Customer {
        id: CustomerId::from_bytes([number; 16]),
        number: format!("C{number}"),
        kind: CustomerKind::Company,
        party: party.id,
        account: None,
        active: true,
        version: 1,
        created_at: NOW,
    }
}

fn on_each(test: impl Fn(&mut Tx<'_>) -> Result<(), StoreError>) {
    for db in TestDb::each() {
        Store::open(db.location()).unwrap().write(&test).unwrap();
    }
}

#[test]
fn versions_of_a_party_are_kept_until_they_are_erased() {
    on_each(|tx| {
        let (first, second) = (party(1, 1, "old@b.org"), party(2, 2, "ada@b.org"));
        parties::insert_many(tx, &[first.clone(), second.clone()])?;
        assert_eq!(parties::get(tx, first.id)?.as_ref(), Some(&first));
        assert_eq!(parties::get_many(tx, &[first.id, second.id, first.id])?.len(), 2);
        assert_eq!(parties::versions(tx, [1; 16])?, [second.clone(), first.clone()]);
        assert_eq!(parties::by_email(tx, "ada@b.org")?, [second]);
        assert!(parties::by_email(tx, "old@b.org")?.is_empty(), "it is not in force any more");
        assert_eq!(parties::erase(tx, [1; 16], NOW)?, 2);
        assert_eq!(parties::erase(tx, [1; 16], NOW)?, 0);
        let erased = parties::get(tx, first.id)?.unwrap();
        assert_eq!((erased.name.as_str(), erased.email), ("(erased)", None));
        assert!(erased.address_lines.is_empty() && erased.erased_at == Some(NOW));
        Ok(())
    });
}

#[test]
fn customers_are_found_by_every_name_they_have() {
    on_each(|tx| {
        let web = ChannelId::from_bytes([9; 16]);
        let party = party(1, 1, "ada@b.org");
        let (mut own, mut others) = (party.clone(), party.clone());
        own.subject = customer(1, &party).id.as_bytes();
        (others.id, others.subject) =
            (PartyId::from_bytes([7; 16]), customer(2, &party).id.as_bytes());
        parties::insert_many(tx, &[own.clone(), others.clone()])?;
        let (one, other) = (customer(1, &own), customer(2, &others));
        assert_eq!(customers::insert_many(tx, &[one.clone(), other.clone()])?, 2);
        let again = Customer { id: CustomerId::from_bytes([3; 16]), ..one.clone() };
        assert_eq!(customers::insert_many(tx, &[again])?, 0, "the number is taken");
        let name = [("17850".to_owned(), one.id)];
        assert_eq!(customers::insert_externals(tx, web, &name)?, 1);
        assert_eq!(customers::insert_externals(tx, web, &name)?, 0);
        assert_eq!(customers::get(tx, one.id)?.as_ref(), Some(&one));
        assert_eq!(customers::by_number(tx, "C2")?.as_ref(), Some(&other));
        let mut both = customers::get_many(tx, &[other.id, one.id])?;
        both.sort_by_key(|customer| customer.id);
        assert_eq!(both, [one.clone(), other.clone()]);
        let numbers = ["C1".to_owned(), "C2".to_owned(), "C3".to_owned()];
        assert_eq!(customers::by_numbers(tx, &numbers)?.len(), 2);
        assert_eq!(customers::by_external(tx, web, "17850")?.as_ref(), Some(&one));
        assert_eq!(customers::by_external(tx, web, "1")?, None);
        assert_eq!(customers::by_email(tx, "ada@b.org")?, [one.clone(), other.clone()]);
        let first = customers::first_by_emails(tx, &["ada@b.org", "no@b.org"])?;
        assert_eq!(first, [("ada@b.org".to_owned(), one.clone())]);
        let found = customers::search(tx, "BYRON", 10)?;
        assert_eq!(found, [one.clone(), other.clone()], "whatever its case");
        assert_eq!(customers::list(tx, "C1", 10)?, [other]);
        assert!(customers::search(tx, "nobody%", 10)?.is_empty());
        let after = Customer { active: false, version: 2, ..one.clone() };
        assert!(customers::save(tx, &one, &after)?);
        assert!(!customers::save(tx, &one, &after)?);
        assert_eq!(customers::get(tx, one.id)?, Some(after));
        Ok(())
    });
}

#[test]
fn an_account_has_sites_contacts_and_limits() {
    on_each(|tx| {
        let party = party(1, 1, "ada@b.org");
        let owner = customer(1, &party);
        parties::insert_many(tx, std::slice::from_ref(&party))?;
        customers::insert_many(tx, std::slice::from_ref(&owner))?;
        let account = Account {
            id: AccountId::from_bytes([4; 16]),
            number: "A1".into(),
            name: "Engines Ltd".into(),
            customer: owner.id,
            legal_entity: LegalEntityId::from_bytes([7; 16]),
            currency: Currency::parse("GBP").unwrap(),
            terms: Terms { kind: TermsKind::EndOfMonth, days: 30 },
            when_over: WhenOver::Hold,
            reference_required: true,
            contact_required: false,
            state: AccountState::Active,
            version: 1,
            created_at: NOW,
        };
        assert!(accounts::insert(tx, &account)?);
        assert!(!accounts::insert(tx, &account)?);
        assert_eq!(accounts::by_number(tx, "A1")?.as_ref(), Some(&account));
        assert_eq!(accounts::list(tx, "", 5)?, std::slice::from_ref(&account));
        let named = accounts::by_numbers(tx, &["A1", "A2"])?;
        assert_eq!(named, std::slice::from_ref(&account));
        let stopped = Account { state: AccountState::OnHold, version: 2, ..account.clone() };
        assert!(accounts::save(tx, &account, &stopped)?);
        assert!(!accounts::save(tx, &account, &stopped)?);
        assert_eq!(accounts::get(tx, account.id)?, Some(stopped));
        sites_and_contacts(tx, account.id, &party)
    });
}

fn sites_and_contacts(
    tx: &mut Tx<'_>,
    account: AccountId,
    party: &Party,
) -> Result<(), StoreError> {
    let site = Site {
        id: SiteId::from_bytes([5; 16]),
        account,
        code: "NORTH".into(),
        name: "North bank".into(),
        party: party.id,
        reference: Some("PO 12".into()),
        active: true,
        version: 1,
    };
    assert!(accounts::insert_site(tx, &site)?);
    assert!(!accounts::insert_site(tx, &site)?);
    assert_eq!(accounts::sites(tx, account)?, std::slice::from_ref(&site));
    let after = Site { reference: None, version: 2, ..site.clone() };
    assert!(accounts::save_site(tx, &site, &after)?);
    assert!(!accounts::save_site(tx, &site, &after)?);
    assert_eq!(accounts::site(tx, site.id)?.as_ref(), Some(&after));
    assert_eq!(accounts::sites_of(tx, &[account])?, [after]);
    let contact = Contact {
        id: ContactId::from_bytes([6; 16]),
        account,
        site: Some(site.id),
        party: party.id,
        may_order: true,
        may_collect: false,
        active: true,
        version: 1,
    };
    accounts::insert_contact(tx, &contact)?;
    assert_eq!(accounts::contact(tx, contact.id)?.as_ref(), Some(&contact));
    let may = Contact { may_collect: true, version: 2, ..contact.clone() };
    assert!(accounts::save_contact(tx, &contact, &may)?);
    assert!(!accounts::save_contact(tx, &contact, &may)?);
    assert_eq!(accounts::contacts(tx, account)?, [may]);
    let all = Exposure::none(account, SiteId::NONE, Some(500_000));
    let own = Exposure::none(account, site.id, None);
    accounts::insert_exposure(tx, &all)?;
    accounts::insert_exposure(tx, &own)?;
    assert!(accounts::set_limit(tx, account, site.id, Some(100_000))?);
    assert!(!accounts::set_limit(tx, account, SiteId::from_bytes([8; 16]), None)?);
    let own = Exposure { limit: Some(100_000), ..own };
    assert_eq!(accounts::exposures(tx, account)?, [all, own]);
    counters(tx, all, own)
}

/// A guarded counter takes no more than its limit; no stage falls below zero.
fn counters(tx: &mut Tx<'_>, all: Exposure, own: Exposure) -> Result<(), StoreError> {
    let account = all.account;
    let change = |site, open, dispatched, invoiced, guarded| ExposureChange {
        key: (account, site),
        open,
        dispatched,
        invoiced,
        guarded,
    };
    let both = |open| [change(own.site, open, 0, 0, true), change(SiteId::NONE, open, 0, 0, true)];
    let tried = tx.savepoint(|tx| {
        let short = accounts::change_exposure(tx, &both(100_001))?;
        assert_eq!(short, Some((account, own.site)), "the site takes no more than its limit");
        Err::<(), StoreError>(StoreError::Busy)
    });
    assert!(tried.is_err());
    assert_eq!(accounts::change_exposure(tx, &both(100_000))?, None);
    let over = [change(SiteId::NONE, 0, 0, 400_001, true)];
    assert_eq!(accounts::change_exposure(tx, &over)?, Some((account, SiteId::NONE)));
    let below = [change(SiteId::NONE, -100_001, 0, 0, false)];
    assert_eq!(accounts::change_exposure(tx, &below)?, Some((account, SiteId::NONE)));
    let moved = [change(SiteId::NONE, -60_000, 60_000, 500_000, false)];
    assert_eq!(accounts::change_exposure(tx, &moved)?, None);
    let nobody = [change(SiteId::from_bytes([8; 16]), 0, 0, 1, false)];
    assert!(accounts::change_exposure(tx, &nobody)?.is_some());
    let all = Exposure { open: 40_000, dispatched: 60_000, invoiced: 500_000, ..all };
    let own = Exposure { open: 100_000, ..own };
    let keys = [(account, own.site), (account, SiteId::NONE), (account, own.site)];
    assert_eq!(accounts::lock_exposures(tx, &keys)?, [all, own]);
    assert_eq!(accounts::exposures_of(tx, &[account])?.len(), 2);
    assert_eq!(accounts::list_exposures(tx, (account, SiteId::NONE), 9)?, [own]);
    Ok(())
}
