//! The money book on both engines.

use orderly_core::books::carried::Carried;
use orderly_core::books::{
    Account, Books, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting,
    of_movement,
};
use orderly_core::catalog::LegalEntity;
use orderly_core::id::*;
use orderly_core::money::{Currency, Money};
use orderly_core::time::{Day, Instant};
use orderly_core::units::{Cause, CauseKind};
use orderly_store::tables::books::{self, By};
use orderly_store::tables::carried;
use orderly_store::tables::settings;
use orderly_store::{Store, StoreError};

use crate::TestDb;
use crate::units::{receipt, shelf};

const ENTITY: LegalEntityId = LegalEntityId::from_bytes([4; 16]);

fn now() -> Instant {
    Instant::parse("2026-11-23T10:00:00Z").unwrap()
}

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

/// A sale of `net` with its tax, on a day of November.
pub fn sale(number: u8, day: &str, net: i64, tax: i64) -> Journal {
    let head = JournalHead {
        id: JournalId::from_bytes([number; 16]),
        legal_entity: ENTITY,
        kind: JournalKind::Invoice,
        cause: Cause { kind: CauseKind::Invoice, id: [number; 16] },
        currency: euro(),
        accounting_on: Day::parse(day).unwrap(),
        reverses: None,
    };
    let at = Dimensions {
        location: Some(shelf().location),
        channel: Some(ChannelId::from_bytes([5; 16])),
        party: Some([6; 16]),
        document: Some((DocumentKind::Invoice, [number; 16])),
    };
    let tax_posting = Posting {
        tax_code: Some("std".into()),
        tax_base_minor: Some(-net),
        ..Posting::new(Account::Tax, -tax, at)
    };
    let revenue = Posting::new(Account::Revenue, -net, Dimensions { party: None, ..at });
    let postings = vec![Posting::new(Account::Receivables, net + tax, at), revenue, tax_posting];
    Journal::new(head, postings).unwrap()
}

#[test]
fn journals_are_read_back_as_they_were_posted() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let posted = [sale(1, "2026-11-01", 100, 19), sale(2, "2026-11-02", 200, 38)];
        let new = store.write(|tx| books::insert(tx, &posted, now())).unwrap();
        assert_eq!(new, 2);
        store
            .read(|tx| {
                let first = books::list(tx, None, 1)?;
                assert_eq!(first, [posted[1].clone()]);
                assert_eq!(books::list(tx, Some(first[0].head.id), 9)?, [posted[0].clone()]);
                let cause = posted[0].head.cause;
                assert_eq!(books::of_cause(tx, cause.kind, cause.id)?, [posted[0].clone()]);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}

#[test]
fn a_cause_posts_one_journal_of_a_kind() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        store.write(|tx| books::insert(tx, &[sale(1, "2026-11-01", 100, 19)], now())).unwrap();
        let mut again = sale(1, "2026-11-03", 100, 19);
        again.head.id = JournalId::from_bytes([9; 16]);
        let both = [again, sale(2, "2026-11-03", 10, 2)];
        let new = store.write(|tx| books::insert(tx, &both, now())).unwrap();
        assert_eq!(new, 1);
        let revenue = store.read(|tx| books::balance_of(tx, Account::Revenue, None)).unwrap();
        assert_eq!(revenue, -110);
    }
}

#[test]
fn balances_are_sums_by_account_and_dimension() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let all = [sale(1, "2026-11-01", 100, 19), sale(2, "2026-11-30", 200, 38)];
        store.write(|tx| books::insert(tx, &all, now())).unwrap();
        let balances = |until: Option<&str>, by| {
            let until = until.map(|day| Day::parse(day).unwrap());
            let rows = store.read(|tx| books::balances(tx, Some(ENTITY), until, by)).unwrap();
            rows.into_iter().map(|b| (b.account, b.key, b.amount_minor)).collect::<Vec<_>>()
        };
        let accounts = [
            (Account::Receivables, None, 357),
            (Account::Revenue, None, -300),
            (Account::Tax, None, -57),
        ];
        assert_eq!(balances(None, By::Account), accounts);
        assert_eq!(balances(Some("2026-11-29"), By::Account)[0].2, 119);
        let parties = balances(None, By::Party);
        assert_eq!(parties[0], (Account::Receivables, Some([6; 16]), 357));
        assert_eq!(parties[1], (Account::Revenue, None, -300));
        assert_eq!(balances(None, By::Channel)[0].1, Some([5; 16]));
        assert_eq!(balances(None, By::Location)[0].1, Some(shelf().location.as_bytes()));
        let other = Some(LegalEntityId::from_bytes([8; 16]));
        let rows = store.read(|tx| books::balances(tx, other, None, By::Account)).unwrap();
        assert_eq!(rows, []);
    }
}

#[test]
fn the_journal_of_a_movement_is_posted_at_its_location() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let zone = "UTC".into();
        let own = Books { legal_entity: ENTITY, currency: euro(), zone, open_on: None };
        let journal = of_movement(&receipt(1, 5, 450), &own, Dimensions::default()).unwrap();
        store.write(|tx| books::insert(tx, std::slice::from_ref(&journal), now())).unwrap();
        let at = |location| {
            store.read(|tx| books::balance_of(tx, Account::Inventory, location)).unwrap()
        };
        assert_eq!(at(Some(shelf().location)), 450);
        assert_eq!(at(Some(LocationId::from_bytes([99; 16]))), 0);
    }
}

#[test]
fn the_chart_of_accounts_is_completed_once() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let added = || store.write(books::insert_accounts).unwrap();
        assert_eq!(added(), Account::ALL.len() as u64);
        assert_eq!(added(), 0);
    }
}

#[test]
fn journals_and_postings_are_never_changed_or_deleted() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        store.write(|tx| books::insert(tx, &[sale(1, "2026-11-01", 100, 19)], now())).unwrap();
        for sql in [
            "UPDATE journal SET period = '2026-10'",
            "DELETE FROM journal",
            "UPDATE posting SET amount_minor = amount_minor + 1",
            "DELETE FROM posting",
        ] {
            assert!(store.write(|tx| tx.exec(sql, &[])).is_err(), "{sql}");
        }
        let sum = store.read(|tx| books::balance_of(tx, Account::Tax, None)).unwrap();
        assert_eq!(sum, -19);
    }
}

#[test]
fn a_posting_keeps_what_was_agreed_in_another_currency() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let journal = sale(1, "2026-11-01", 100, 19);
        let dollars = Money::new(140, Currency::parse("USD").unwrap());
        let mut postings = journal.postings().to_vec();
        postings[0].foreign = Some(dollars);
        let journal = Journal::new(journal.head, postings).unwrap();
        store.write(|tx| books::insert(tx, std::slice::from_ref(&journal), now())).unwrap();
        let read = store.read(|tx| books::list(tx, None, 1)).unwrap();
        assert_eq!(read, [journal]);
    }
}

#[test]
fn the_books_of_a_legal_entity_say_from_which_day_on_they_are_open() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let none = store.read(|tx| settings::entity(tx, ENTITY)).unwrap();
        assert_eq!(none, None);
        let entity = LegalEntity {
            id: ENTITY,
            code: "main".into(),
            name: "Merchant".into(),
            country: "DE".into(),
            currency: euro(),
            zone: "Europe/Berlin".into(),
            tax_number: None,
        };
        let read = |tx: &mut orderly_store::Tx<'_>| {
            assert_eq!(books::of(tx, ENTITY)?, None);
            settings::insert_entity(tx, &entity)?;
            books::of(tx, ENTITY)
        };
        assert_eq!(store.write(read).unwrap(), Some(Books::from(&entity)));
    }
}

/// What sale 1 and its payment come to in dollars: 1.40 sold, 1.00 paid by document 9.
#[test]
fn what_documents_carry_in_another_currency_is_summed_by_document_and_by_account() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let dollar = Currency::parse("USD").unwrap();
        let sold = sale(1, "2026-11-01", 100, 19);
        let mut postings = sold.postings().to_vec();
        postings[0].foreign = Some(Money::new(140, dollar));
        let sold = Journal::new(sold.head, postings).unwrap();
        let paid = sale(2, "2026-11-30", 80, 5);
        let at = |number| Dimensions {
            document: Some((DocumentKind::Payment, [number; 16])),
            ..Dimensions::default()
        };
        let foreign = |account, amount, minor, number| Posting {
            foreign: Some(Money::new(minor, dollar)),
            ..Posting::new(account, amount, at(number))
        };
        let postings = vec![
            foreign(Account::Receivables, -85, -100, 1),
            foreign(Account::UnappliedReceipts, 85, 100, 9),
        ];
        let paid = Journal::new(paid.head, postings).unwrap();
        let posted = [sold, paid];
        store.write(|tx| books::insert(tx, &posted, now())).unwrap();
        let of = |foreign, own| Carried { foreign, own };
        store
            .read(|tx| {
                let owed = Account::Receivables;
                assert_eq!(carried::of_document(tx, owed, [1; 16], dollar)?, of(40, 34));
                assert_eq!(carried::of_document(tx, owed, [9; 16], dollar)?, of(0, 0));
                assert_eq!(carried::of_document(tx, owed, [1; 16], euro())?, of(0, 0));
                let both = ([1; 16], [9; 16]);
                assert_eq!(carried::between(tx, owed, both, dollar)?, of(-100, -85));
                let other = ([1; 16], [8; 16]);
                assert_eq!(carried::between(tx, owed, other, dollar)?, of(0, 0));
                let day = |text| Day::parse(text).unwrap();
                let until = day("2026-11-29");
                let all = carried::by_account(tx, ENTITY, until)?;
                assert_eq!(all, [(owed, dollar, of(140, 119))]);
                let all = carried::by_account(tx, ENTITY, day("2026-11-30"))?;
                assert_eq!(all[0], (owed, dollar, of(40, 34)));
                assert_eq!(all.len(), 2);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}
