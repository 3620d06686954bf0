//! Numbers, turnovers and periods of the ledger on both engines.

use orderly_core::actor::ActorKind;
use orderly_core::books::period::Period;
use orderly_core::books::{Account, JournalKind};
use orderly_core::catalog::LegalEntity;
use orderly_core::id::*;
use orderly_core::money::Currency;
use orderly_core::time::{Day, Instant};
use orderly_store::tables::closing_checks::{self, Unsettled};
use orderly_store::tables::journals::{self, Filter};
use orderly_store::tables::periods::{self, Closing};
use orderly_store::tables::stock_values::{self, Clock};
use orderly_store::tables::turnovers::{self, Split, Within};
use orderly_store::tables::units::Recorded;
use orderly_store::tables::{books, settings, units};
use orderly_store::{Store, StoreError};

use crate::TestDb;
use crate::books::sale;
use crate::units::receipt;

const ENTITY: LegalEntityId = LegalEntityId::from_bytes([4; 16]);
const NOW: Instant = Instant::from_micros(1_700_000_000_000_000);

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn within(from: &str, to: &str) -> Within {
    Within {
        legal_entity: ENTITY,
        from: Some(day(from)),
        to: day(to),
        location: None,
        channel: None,
        closings: true,
    }
}

fn posted(store: &Store) {
    let all = [
        sale(1, "2026-10-31", 100, 19),
        sale(2, "2026-11-01", 200, 38),
        sale(3, "2026-11-30", 300, 57),
    ];
    store.write(|tx| books::insert(tx, &all, NOW)).unwrap();
}

#[test]
fn sums_are_the_same_before_and_after_journals_are_rolled_up() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        posted(&store);
        let november = within("2026-11-01", "2026-11-30");
        let read = || {
            store
                .read(|tx| {
                    let all = turnovers::sums(tx, &november, Split::Both)?;
                    Ok::<_, StoreError>((all, turnovers::taxes(tx, &november)?))
                })
                .unwrap()
        };
        let before = read();
        assert_eq!(store.read(turnovers::count_pending).unwrap(), 3);
        assert_eq!(store.write(|tx| turnovers::roll_up(tx, 2)).unwrap(), 2);
        assert_eq!(read(), before);
        assert_eq!(store.write(|tx| turnovers::roll_up(tx, 2)).unwrap(), 1);
        assert_eq!(store.write(|tx| turnovers::roll_up(tx, 2)).unwrap(), 0);
        assert_eq!(read(), before);
        assert_eq!(store.read(turnovers::count_pending).unwrap(), 0);
        assert_eq!(store.read(|tx| turnovers::last_number(tx, ENTITY)).unwrap(), 3);
        let (sums, taxes) = before;
        let amounts: Vec<_> = sums.iter().map(|sum| (sum.account, sum.debit, sum.credit)).collect();
        let wanted =
            [(Account::Receivables, 595, 0), (Account::Revenue, 0, 500), (Account::Tax, 0, 95)];
        assert_eq!(amounts, wanted);
        assert_eq!(sums[0].channel, ChannelId::from_bytes([5; 16]));
        assert_eq!((taxes[0].base_minor, taxes[0].tax_minor), (-500, -95));
        assert_eq!((taxes[0].code.as_str(), taxes[0].kind), ("std", JournalKind::Invoice));
        let elsewhere = Within { channel: Some(ChannelId::NONE), ..november.clone() };
        assert_eq!(store.read(|tx| turnovers::sums(tx, &elsewhere, Split::Nothing)).unwrap(), []);
    }
}

#[test]
fn journals_are_found_by_number_account_and_day() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        posted(&store);
        store.write(|tx| turnovers::roll_up(tx, 9)).unwrap();
        store
            .read(|tx| {
                let all = journals::find(tx, &Filter::of(ENTITY), 0, 9)?;
                assert_eq!(all.iter().map(|one| one.number).collect::<Vec<_>>(), [1, 2, 3]);
                let id = all[1].journal.head.id;
                assert_eq!(journals::get(tx, id)?.as_ref(), Some(&all[1]));
                assert_eq!(books::get(tx, id)?.as_ref(), Some(&all[1].journal));
                assert_eq!(journals::by_number(tx, ENTITY, 2)?.as_ref(), Some(&all[1]));
                assert_eq!(journals::by_number(tx, ENTITY, 4)?, None);
                let tax = Filter {
                    account: Some(Account::Tax),
                    from: Some(day("2026-11-01")),
                    to: Some(day("2026-11-29")),
                    party: Some([6; 16]),
                    document: Some([2; 16]),
                    ..Filter::of(ENTITY)
                };
                assert_eq!(journals::find(tx, &tax, 0, 9)?, [all[1].clone()]);
                assert_eq!(journals::find(tx, &tax, 2, 9)?, []);
                let cash = Filter { account: Some(Account::TillCash), ..Filter::of(ENTITY) };
                assert_eq!(journals::find(tx, &cash, 0, 9)?, []);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}

#[test]
fn a_period_is_closed_and_opened_again() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        posted(&store);
        let entity = LegalEntity {
            id: ENTITY,
            code: "main".into(),
            name: "Merchant".into(),
            country: "DE".into(),
            currency: Currency::parse("EUR").unwrap(),
            zone: "Europe/Berlin".into(),
            tax_number: None,
        };
        let mut closing = Closing {
            legal_entity: ENTITY,
            period: Period::parse("2026-10").unwrap(),
            closed_at: Some(NOW),
            closed_number: Some(1),
            reason: None,
            changed_by: UserId::from_bytes([3; 16]),
        };
        store
            .write(|tx| {
                settings::insert_entity(tx, &entity)?;
                let edges = (day("2026-10-31"), day("2026-11-30"));
                assert_eq!(periods::posted(tx, ENTITY, None)?, Some(edges));
                assert_eq!(periods::posted(tx, ENTITY, Some(day("2026-12-01")))?, None);
                assert_eq!(periods::lock(tx, ENTITY)?, Some(None));
                periods::set_open(tx, ENTITY, Some(day("2026-11-01")))?;
                assert_eq!(periods::lock(tx, ENTITY)?, Some(Some(day("2026-11-01"))));
                assert_eq!(periods::lock(tx, LegalEntityId::NONE)?, None);
                periods::save(tx, &closing)?;
                assert_eq!(periods::list(tx, ENTITY)?, [closing.clone()]);
                (closing.closed_at, closing.closed_number) = (None, None);
                closing.reason = Some("an invoice came late".into());
                periods::save(tx, &closing)?;
                assert_eq!(periods::list(tx, ENTITY)?, [closing.clone()]);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}

#[test]
fn accounts_are_called_what_the_merchant_calls_them() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let bank = books::Named {
            account: Account::Bank,
            number: Some("1200".into()),
            name: "House bank".into(),
        };
        let all = store
            .write(|tx| {
                books::insert_accounts(tx)?;
                books::name_account(tx, &bank)?;
                books::accounts(tx)
            })
            .unwrap();
        assert_eq!(all.len(), Account::ALL.len());
        assert!(all.contains(&bank));
    }
}

#[test]
fn nothing_waits_in_an_empty_database() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        for what in [
            Unsettled::Payments,
            Unsettled::Transfers,
            Unsettled::Drafts,
            Unsettled::SupplierInvoices,
        ] {
            let found = store.read(|tx| closing_checks::waiting(tx, what, NOW)).unwrap();
            assert_eq!(found, None);
        }
    }
}

#[test]
fn goods_of_another_company_are_not_ours() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let by = Recorded { actor_kind: ActorKind::Owner, actor: UserId::NONE, recorded_at: NOW };
        store.write(|tx| units::post(tx, &[receipt(1, 5, 450)], &[], &by)).unwrap();
        for clock in [Clock::Accounting, Clock::Effective, Clock::Recorded] {
            let end = Instant::from_micros(i64::MAX);
            let last = Day::from_number(40_000);
            let found = store.read(|tx| stock_values::at(tx, ENTITY, clock, last, end)).unwrap();
            assert_eq!(found, []);
        }
    }
}
