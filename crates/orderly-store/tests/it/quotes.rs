//! Quotes with their lines, draws and revisions on both engines.

use orderly_core::id::*;
use orderly_core::order::{LineKind, Totals};
use orderly_core::qty::{Qty, Ratio};
use orderly_core::quote::{Drawable, Quote, QuoteKind, QuoteLine, QuoteState, Terms};
use orderly_core::time::Day;
use orderly_store::tables::quotes;
use orderly_store::{Store, StoreError};
use rust_decimal::Decimal;

use crate::TestDb;
use crate::returns::{at, euro, qty};

fn line(number: u8) -> QuoteLine {
    QuoteLine {
        id: LineId::from_bytes([number; 16]),
        position: i64::from(number),
        kind: LineKind::Stock,
        item: Some(ItemId::from_bytes([4; 16])),
        sku: Some("LAMP".into()),
        description: "a lamp".into(),
        entered: "10".into(),
        unit: "each".into(),
        unit_ratio: Ratio::ONE,
        cut_length: None,
        offered: qty(10),
        price: Decimal::new(125, 2),
        price_unit: Some("each".into()),
        price_ratio: Ratio::ONE,
        cost: None,
        taxes: Vec::new(),
        amount: 1_250,
        schedule: Vec::new(),
    }
}

fn sample(number: u8) -> (Quote, Terms) {
    let terms = Terms {
        valid_from: None,
        valid_until: Day::from_number(30_000),
        message: None,
        lines: vec![line(number)],
        totals: Totals { lines: 1_250, total: 1_250, ..Totals::default() },
    };
    let quote = Quote {
        id: QuoteId::from_bytes([number; 16]),
        kind: QuoteKind::Quote,
        number: format!("Q{number}"),
        state: QuoteState::Draft,
        version: 1,
        channel: ChannelId::from_bytes([1; 16]),
        legal_entity: LegalEntityId::from_bytes([2; 16]),
        currency: euro(),
        customer: None,
        account: Some(AccountId::from_bytes([3; 16])),
        site: None,
        reference: None,
        revision: 0,
        valid_from: None,
        valid_until: None,
        message: None,
        total: 0,
        lines: Vec::new(),
        draft: Some(terms.clone()),
        created_at: at(1),
        updated_at: at(1),
    };
    (quote, terms)
}

#[test]
fn a_quote_is_saved_revised_and_found_again() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let (draft, terms) = sample(7);
        store
            .write(|tx| {
                quotes::insert(tx, &draft)?;
                assert_eq!(quotes::get(tx, draft.id, true)?, Some(draft.clone()));
                let sent = draft.send(Day::from_number(29_000), at(2)).unwrap();
                assert!(quotes::save(tx, &draft, &sent)?);
                assert!(!quotes::save(tx, &draft, &sent)?, "the version was seen before");
                quotes::freeze(tx, draft.id, 1, &terms, at(2))?;
                assert_eq!(quotes::get(tx, draft.id, false)?, Some(sent.clone()));
                assert_eq!(quotes::revisions(tx, draft.id)?, [(1, at(2), terms.clone())]);
                assert_eq!(quotes::by_number(tx, "Q7")?, Some(draft.id));
                assert_eq!(quotes::of_line(tx, terms.lines[0].id)?, Some(draft.id));
                assert_eq!(quotes::of_line(tx, LineId::from_bytes([9; 16]))?, None);
                let account = draft.account;
                let listed = quotes::list(tx, QuoteKind::Quote, account, None, 10)?;
                assert_eq!(listed, [sent]);
                let other = Some(AccountId::from_bytes([9; 16]));
                assert!(quotes::list(tx, QuoteKind::Quote, other, None, 10)?.is_empty());
                assert!(quotes::list(tx, QuoteKind::Agreement, None, None, 10)?.is_empty());
                assert!(quotes::orders_of(tx, draft.id)?.is_empty());
                Ok::<(), StoreError>(())
            })
            .unwrap();
    }
}

#[test]
fn no_more_is_drawn_than_is_offered_and_no_more_given_back_than_drawn() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let (draft, _) = sample(7);
        let sent = draft.send(Day::from_number(29_000), at(2)).unwrap();
        let id = sent.lines[0].line.id;
        store
            .write(|tx| {
                quotes::insert(tx, &sent)?;
                assert!(quotes::draw(tx, id, 7)?);
                assert!(!quotes::draw(tx, id, 4)?);
                assert!(quotes::draw(tx, id, -2)?);
                assert!(!quotes::draw(tx, id, -6)?);
                assert_eq!(quotes::touch(tx, sent.id, at(3))?, Some(sent.version + 1));
                let now = quotes::get(tx, sent.id, false)?.unwrap();
                assert_eq!(now.state, QuoteState::Accepted);
                assert_eq!(now.lines[0].drawn, qty(5));
                let less = Drawable { offered: qty(4), ..now.lines[0].clone() };
                let smaller = Quote { lines: vec![less], version: 9, ..now.clone() };
                assert!(!quotes::save(tx, &now, &smaller)?, "less than was drawn");
                Ok::<(), StoreError>(())
            })
            .unwrap();
    }
}

#[test]
fn a_quantity_is_shown_in_the_unit_it_was_offered_in() {
    let (draft, _) = sample(7);
    let sent = draft.send(Day::from_number(29_000), at(2)).unwrap();
    assert_eq!(sent.lines[0].show(qty(3)), "3");
    assert_eq!(sent.lines[0].left(), qty(10));
    assert_eq!(
        orderly_core::quote::in_unit(Qty::new(2_400).unwrap(), Ratio { num: 1_000, den: 1 }),
        "2.4"
    );
}
