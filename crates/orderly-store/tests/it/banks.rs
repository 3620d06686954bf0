//! Bank accounts, statements, movements and matches on both engines.

use orderly_core::actor::ActorKind;
use orderly_core::bank::{BankAccount, BankEntry, Format, Line, Statement};
use orderly_core::books::Account;
use orderly_core::id::*;
use orderly_core::time::Day;
use orderly_store::tables::banks::{self, Kept, Match};
use orderly_store::{Store, StoreError};

use crate::TestDb;
use crate::returns::{at, euro};

fn own() -> BankAccount {
    BankAccount {
        id: BankAccountId::from_bytes([1; 16]),
        code: "GIRO".into(),
        name: "Giro".into(),
        iban: Some("DE89370400440532013000".into()),
        legal_entity: LegalEntityId::from_bytes([2; 16]),
        currency: euro(),
        version: 1,
        created_at: at(1),
    }
}

#[test]
fn statements_movements_and_matches_are_kept_once() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let own = own();
        let statement = Statement { number: "7".into(), ..Statement::default() };
        let id = BankStatementId::from_bytes([3; 16]);
        let kept = Kept::of(&statement, (id, own.id), Format::Csv, 1, at(2));
        let day = Day::from_number(20_000);
        let line = Line {
            booked_on: Some(day),
            amount: 500,
            purpose: "INV-000001".into(),
            payer_iban: Some("DE1".into()),
            ..Line::default()
        };
        let entry = BankEntry {
            id: BankEntryId::from_bytes([4; 16]),
            account: own.id,
            statement: id,
            booked_on: day,
            currency: euro(),
            line,
        };
        let customer = CustomerId::from_bytes([5; 16]);
        let payment = PaymentId::from_bytes([7; 16]);
        let made = Match {
            id: BankMatchId::from_bytes([6; 16]),
            entry: entry.id,
            payment: None,
            account: Account::CodClearing,
            amount: 500,
            fees: 3,
            customer: Some(customer),
            reason: None,
            matched_at: at(3),
            undone_at: None,
        };
        let done: Result<(), StoreError> = store.write(|tx| {
            assert!(banks::insert_account(tx, &own)?);
            assert!(!banks::insert_account(tx, &own)?);
            assert_eq!(banks::account(tx, own.id)?, Some(own.clone()));
            assert_eq!(banks::accounts(tx)?, std::slice::from_ref(&own));
            assert!(banks::insert_statement(tx, &kept, [9; 16])?);
            assert!(!banks::insert_statement(tx, &kept, [9; 16])?);
            assert_eq!(banks::statement(tx, id)?, Some(kept.clone()));
            assert_eq!(banks::statement_of(tx, own.id, [9; 16])?, Some(kept.clone()));
            assert_eq!(banks::statements(tx, own.id)?, std::slice::from_ref(&kept));
            assert_eq!(banks::insert_entries(tx, &[(entry.clone(), [8; 16])], at(2))?, 1);
            assert_eq!(banks::insert_entries(tx, &[(entry.clone(), [8; 16])], at(2))?, 0);
            assert!(banks::has_entry(tx, own.id, [8; 16])?);
            assert_eq!(banks::entry(tx, entry.id)?, Some(entry.clone()));
            let open = banks::entries(tx, Some(own.id), true, None, 9)?;
            assert_eq!(open, std::slice::from_ref(&entry));
            assert!(banks::insert_match(tx, &made, ActorKind::Owner, UserId::NONE)?);
            let other = Match { id: BankMatchId::from_bytes([16; 16]), ..made.clone() };
            assert!(!banks::insert_match(tx, &other, ActorKind::Owner, UserId::NONE)?);
            assert_eq!(banks::match_of(tx, entry.id, true)?, Some(made.clone()));
            assert_eq!(banks::entries(tx, None, true, None, 9)?, []);
            let end = Some((entry.booked_on, entry.id));
            assert_eq!(banks::entries(tx, None, false, end, 9)?, []);
            assert_eq!(banks::payers(tx, "DE1")?, [customer]);
            banks::insert_remitted(tx, made.id, &[(payment, 400)])?;
            assert_eq!(banks::remitted(tx, payment)?, 400);
            assert!(banks::undo_match(tx, made.id, at(4))?);
            assert!(!banks::undo_match(tx, made.id, at(4))?);
            assert_eq!(banks::remitted(tx, payment)?, 0, "a match that does not hold");
            Ok(())
        });
        done.unwrap();
    }
}
