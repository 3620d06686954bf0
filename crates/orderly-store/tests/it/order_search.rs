//! Lists of orders: filters, sorts, pages, and what each kind of text finds.

use orderly_core::id::{CustomerId, FulfillmentId, LocationId, OrderId, PartyId, ShipmentId};
use orderly_core::order::axes::Extent;
use orderly_core::order::{Hold, HoldScope, Order, OrderState, Step};
use orderly_core::party::{Customer, CustomerKind, Party, SubjectKind};
use orderly_core::time::{Day, Instant};
use orderly_store::tables::orders::performance::{self, Counted, Key, Span, Worth};
use orderly_store::tables::orders::search::{self, By, End, Filter, Held, Sort};
use orderly_store::tables::orders::{self, Summary};
use orderly_store::tables::{customers, parties};
use orderly_store::{Store, StoreError, Tx};

use crate::TestDb;
use crate::orders::sample;

fn customer(tx: &mut Tx<'_>, number: u8, name: &str) -> Result<CustomerId, StoreError> {
    let (id, party) = (CustomerId::from_bytes([number; 16]), PartyId::from_bytes([number; 16]));
    let created_at = Instant::from_micros(1);
    let version = Party {
        id: party,
        subject_kind: SubjectKind::Customer,
        subject: id.as_bytes(),
        version: 1,
        name: name.into(),
        company: Some(format!("{name} & Sons")),
        email: Some(format!("c{number}@example.com")),
        phone: Some(format!("+44 (0)20-{number}{number}55")),
        address_lines: Vec::new(),
        city: None,
        region: None,
        postcode: None,
        country: None,
        coordinates: None,
        created_at,
        erased_at: None,
    };
    parties::insert_many(tx, &[version])?;
    let customer = Customer {
        id,
        number: format!("C{number}"),
        kind: CustomerKind::Person,
        party,
        account: None,
        active: true,
        version: 1,
        created_at,
    };
    customers::insert_many(tx, &[customer])?;
    Ok(id)
}

/// Three orders numbered 9, 10 and 11, of two customers, for 30, 20 and 10.
fn three(tx: &mut Tx<'_>) -> Result<[Order; 3], StoreError> {
    let (ann, bo) = (customer(tx, 1, "Ann van Field")?, customer(tx, 2, "Bo Hill")?);
    let mut all = [sample(9), sample(10), sample(11)];
    for (index, order) in all.iter_mut().enumerate() {
        order.head.customer = Some(if index == 2 { bo } else { ann });
        let total = 3_000 - 1_000 * i64::try_from(index).unwrap();
        (order.head.totals.lines, order.head.totals.total) = (total, total);
        order.lines[0].amounts.gross = total;
    }
    all[1].head.paid.captured = 500;
    all[2].deliveries[0].required_on = Some(Day::from_number(100));
    let order = all[0].id;
    all[0].holds.push(Hold {
        id: orderly_core::id::HoldId::from_bytes([3; 16]),
        kind: "fraud".into(),
        scope: HoldScope::Order,
        scope_id: order.as_bytes(),
        blocks: vec![Step::Ship],
        reason: "odd".into(),
        owner: None,
        due_at: None,
        placed_at: Instant::from_micros(1),
        released_at: None,
    });
    orders::insert(tx, &all.iter().collect::<Vec<_>>())?;
    Ok(all)
}

fn on_each(test: impl Fn(&mut Tx<'_>) -> Result<(), StoreError>) {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        store.write(|tx| test(tx)).unwrap();
    }
}

fn numbers(found: &[Summary]) -> Vec<&str> {
    found.iter().map(|order| order.number.as_str()).collect()
}

#[test]
fn lists_are_sorted_and_go_on_where_a_page_ended() {
    on_each(|tx| {
        let all = three(tx)?;
        let ids: Vec<OrderId> = all.iter().map(|order| order.id).collect();
        for (by, wanted) in [
            (By::Placed, ["9", "10", "11"]),
            (By::Number, ["9", "10", "11"]),
            (By::Total, ["11", "10", "9"]),
        ] {
            for descending in [false, true] {
                let sort = Sort { by, descending };
                let mut wanted = wanted;
                if descending {
                    wanted.reverse();
                }
                let filter = Filter::default();
                let mut walked: Vec<Summary> = Vec::new();
                for _ in 0..4 {
                    let end = walked.last().map(|one| End::of(one, by));
                    walked.extend(search::list(tx, &filter, sort, end.as_ref(), 1)?);
                }
                assert_eq!(numbers(&walked), wanted, "{sort:?}");
                let first = search::among(tx, &filter, sort, None, &ids, 2)?;
                let end = End::of(&first[1], by);
                let rest = search::among(tx, &filter, sort, Some(&end), &ids, 2)?;
                assert_eq!([numbers(&first), numbers(&rest)].concat(), wanted, "{sort:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn filters_leave_what_they_say() {
    on_each(|tx| {
        let all = three(tx)?;
        let sort = Sort { by: By::Number, descending: false };
        let plain = Filter::default;
        let item = all[0].lines[0].item;
        let (channel, none) = (all[0].channel, LocationId::from_bytes([0; 16]));
        let cases = [
            (Filter { customer: all[2].head.customer, ..plain() }, vec!["11"]),
            (Filter { state: Some(OrderState::Closed), ..plain() }, vec![]),
            (Filter { state: Some(OrderState::Placed), ..plain() }, vec!["9", "10", "11"]),
            (Filter { captured: Some(Extent::Partial), ..plain() }, vec!["10"]),
            (Filter { captured: Some(Extent::None), ..plain() }, vec!["9", "11"]),
            (Filter { captured: Some(Extent::Over), ..plain() }, vec![]),
            (Filter { hold: Some(Held::Any), ..plain() }, vec!["9"]),
            (Filter { hold: Some(Held::By("credit".into())), ..plain() }, vec![]),
            (Filter { late: Some(Day::from_number(101)), ..plain() }, vec!["11"]),
            (Filter { late: Some(Day::from_number(100)), ..plain() }, vec![]),
            (Filter { location: Some(none), ..plain() }, vec![]),
            (Filter { item, channel: Some(channel), ..plain() }, vec!["9", "10", "11"]),
            (Filter { channels: vec![channel], history: Some(true), ..plain() }, vec![]),
            (Filter { from: Some(all[1].placed_at), ..plain() }, vec!["10", "11"]),
            (Filter { until: Some(all[1].placed_at), ..plain() }, vec!["9"]),
        ];
        for (filter, wanted) in cases {
            let found = search::list(tx, &filter, sort, None, 10)?;
            assert_eq!(numbers(&found), wanted, "{filter:?}");
        }
        Ok(())
    });
}

#[test]
fn texts_find_orders() {
    on_each(|tx| {
        let [one, two, three] = three(tx)?;
        let own = |mut found: Vec<OrderId>| {
            found.sort_unstable();
            found.dedup();
            found
        };
        let mut anns = vec![one.id, two.id];
        anns.sort_unstable();
        for text in ["ann", "Ann Van", "field", "FIE", "ann van field & s"] {
            assert_eq!(own(search::by_name(tx, text, 9)?), anns, "{text}");
        }
        for text in ["van", "nn", "%", "bo hilly"] {
            assert!(search::by_name(tx, text, 9)?.is_empty(), "{text}");
        }
        assert_eq!(own(search::by_email(tx, "c2@example.com", 9)?), [three.id]);
        assert_eq!(own(search::by_phone(tx, "440201155", 9)?), anns);
        assert_eq!(own(search::by_prefix(tx, &[one.channel], "EXT-1", 9)?).len(), 2);
        assert_eq!(search::by_prefix(tx, &[], "9", 9)?, [one.id]);
        assert_eq!(search::of_customer(tx, three.head.customer.unwrap(), 9)?, [three.id]);
        assert_eq!(search::of_item(tx, one.lines[0].item.unwrap(), 2)?.len(), 2);
        let who = search::names(tx, &[three.head.customer.unwrap()])?;
        assert_eq!((who[0].number.as_str(), who[0].name.as_str()), ("C2", "Bo Hill & Sons"));
        let work = one.fulfillments[0].id;
        assert_eq!(search::of_fulfillment(tx, work)?, Some(one.id));
        assert_eq!(search::of_fulfillment(tx, FulfillmentId::NONE)?, None);
        assert_eq!(search::of_shipment(tx, ShipmentId::NONE)?, None);
        let place = Some(one.fulfillments[0].location);
        let waiting = search::at_work(tx, place, Some("open"), None, 2)?;
        let last = waiting.last().map(|one| (one.created_at, one.fulfillment));
        let rest = search::at_work(tx, place, None, last, 9)?;
        assert_eq!((waiting.len(), rest.len()), (2, 1));
        assert!(search::at_work(tx, None, Some("released"), None, 9)?.is_empty());
        Ok(())
    });
}

#[test]
fn what_channels_sold_is_counted_by_day() {
    on_each(|tx| {
        let all = three(tx)?;
        let (from, day) = (all[0].placed_at, all[0].placed_at.micros() / 86_400_000_000);
        let span = Span { from, until: from.plus_days(1), shift: 0 };
        let counted = performance::counted(tx, span)?;
        let key = Key { channel: all[0].channel, currency: all[0].currency, day };
        let three = Counted { orders: 3, ..Counted::default() };
        assert_eq!(counted, [(key, three)]);
        let worth = Worth { ordered: 6_000, ..Worth::default() };
        assert_eq!(performance::worth(tx, span)?, [(key, worth)]);
        assert_eq!(performance::cost(tx, span)?, []);
        let empty = Span { until: from, ..span };
        assert!(performance::counted(tx, empty)?.is_empty());
        Ok(())
    });
}
