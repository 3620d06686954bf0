//! The journal of a movement of goods.

use super::{Account, Books, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting};
use crate::id::{JournalId, LocationId};
use crate::units::{Cause, CauseKind, CostSource, Movement, MovementKind, Place, PlaceKind};

/// Returns the journal of a movement: its value leaves one account and enters another.
///
/// `None` where nothing is worth anything, nothing crosses an account, or the goods are imported
/// history. The journal has the movement's id and cause; a reversal movement, which takes the
/// goods back the other way under the same kind, posts the mirror. `shared` says what both
/// postings belong to; the location of inventory is the bin's own.
pub fn of_movement(movement: &Movement, books: &Books, shared: Dimensions) -> Option<Journal> {
    let sold = sold(movement, shared);
    let from = side(movement, &movement.from, &movement.to, sold)?;
    let to = side(movement, &movement.to, &movement.from, sold)?;
    if movement.value == 0 || from == to {
        return None;
    }
    // The location whose bins the goods leave or enter: what stands against inventory is its.
    let bins = [&movement.from, &movement.to].into_iter();
    let crossed = bins.map(|place| place.location).find(|location| !location.is_none());
    let posting = |(account, location): (Account, Option<LocationId>), amount: i64| {
        let location = location.or(shared.location).or(crossed);
        Posting::new(account, amount, Dimensions { location, ..shared })
    };
    let head = JournalHead {
        id: journal_id(movement.id.as_bytes()),
        legal_entity: books.legal_entity,
        kind: JournalKind::Goods,
        cause: Cause { kind: CauseKind::Movement, id: movement.id.as_bytes() },
        currency: books.currency,
        accounting_on: books.day(movement.effective_at),
        reverses: None,
    };
    let postings = vec![posting(to, movement.value), posting(from, -movement.value)];
    Some(Journal::new(head, postings).expect("one amount on both sides balances"))
}

/// A movement has at most one journal, so they share their sixteen bytes.
const fn journal_id(movement: [u8; 16]) -> JournalId {
    JournalId::from_bytes(movement)
}

/// The account that stands for a place in this movement, with the location of inventory. `None`
/// for imported history, which posts nothing.
fn side(
    movement: &Movement,
    place: &Place,
    other: &Place,
    sold: Account,
) -> Option<(Account, Option<LocationId>)> {
    let account = match place.kind {
        PlaceKind::Holding if place.is_ours() => {
            return (other.kind != PlaceKind::History)
                .then_some((Account::Inventory, Some(place.location)));
        }
        // Goods of others in our bins: what we take over from them is owed for.
        PlaceKind::Holding | PlaceKind::Supplier => Account::GoodsReceivedNotInvoiced,
        PlaceKind::Customer => sold,
        PlaceKind::InTransit if is_transfer(movement) => Account::InventoryInTransit,
        PlaceKind::InTransit => sold,
        PlaceKind::Lost if lost_on_the_way(other) => Account::WriteOffs,
        PlaceKind::Found | PlaceKind::Lost => Account::InventoryAdjustments,
        PlaceKind::Scrap => Account::WriteOffs,
        PlaceKind::Production => Account::WorkInProgress,
        PlaceKind::OwnUse => Account::OwnUse,
        PlaceKind::Opening => Account::OpeningBalance,
        PlaceKind::VendorReturn => Account::VendorReturns,
        PlaceKind::History => return None,
    };
    Some((account, None))
}

/// What goods with a customer are: delivered and not invoiced, until the order's invoices turn
/// them into costs ([`crate::order::recognition`]). Goods that no order of ours knows were turned
/// into costs long ago.
fn sold(movement: &Movement, shared: Dimensions) -> Account {
    let known = matches!(shared.document, Some((DocumentKind::Order, _)));
    let foreign =
        movement.kind == MovementKind::Return && movement.cost_source != CostSource::Issue;
    if known && !foreign { Account::DeliveredNotInvoiced } else { Account::CostOfGoods }
}

/// What is between our own locations stays ours; what is on its way to a customer is sold.
fn is_transfer(movement: &Movement) -> bool {
    movement.kind == MovementKind::Transfer
}

/// Goods that get lost after they left inventory are written off; those that are missing from a
/// bin are an adjustment.
fn lost_on_the_way(other: &Place) -> bool {
    matches!(other.kind, PlaceKind::InTransit | PlaceKind::Customer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::*;
    use crate::money::Currency;
    use crate::qty::Qty;
    use crate::time::Instant;
    use crate::units::Condition;
    use proptest::prelude::*;

    fn books() -> Books {
        Books {
            legal_entity: LegalEntityId::from_bytes([9; 16]),
            currency: Currency::parse("EUR").unwrap(),
            zone: "Europe/Berlin".into(),
            open_on: None,
        }
    }

    fn bin(location: u8, condition: Condition) -> Place {
        Place::bin(LocationId::from_bytes([location; 16]), BinId::from_bytes([1; 16]), condition)
    }

    fn movement(kind: MovementKind, from: Place, to: Place, value: i64) -> Movement {
        Movement {
            id: MovementId::from_bytes([7; 16]),
            kind,
            item: ItemId::from_bytes([5; 16]),
            lot: LotId::NONE,
            lot_class: LotId::NONE,
            from,
            to,
            qty: Qty::new(3).unwrap(),
            value,
            cost_source: CostSource::Given,
            cause: Cause { kind: CauseKind::ReceiptLine, id: [8; 16] },
            reverses: None,
            reason: None,
            effective_at: Instant::parse("2026-11-30T23:30:00Z").unwrap(),
        }
    }

    fn order() -> Dimensions {
        let document = Some((DocumentKind::Order, [3; 16]));
        Dimensions { document, ..Dimensions::default() }
    }

    /// The accounts debited and credited, or nothing.
    fn posted(kind: MovementKind, from: Place, to: Place) -> Option<(Account, Account)> {
        let journal = of_movement(&movement(kind, from, to, 100), &books(), order())?;
        let [debit, credit] = journal.postings() else { return None };
        assert_eq!((debit.amount_minor, credit.amount_minor), (100, -100));
        Some((debit.account, credit.account))
    }

    #[test]
    fn each_crossing_has_its_accounts() {
        use Account::*;
        let ours = bin(1, Condition::Sellable);
        let account = Place::account;
        let transit = Place::in_transit([4; 16]);
        let table = [
            (MovementKind::Receive, account(PlaceKind::Supplier), ours)
                .expect(Some((Inventory, GoodsReceivedNotInvoiced))),
            (MovementKind::Receive, account(PlaceKind::Opening), ours)
                .expect(Some((Inventory, OpeningBalance))),
            (MovementKind::HandOver, ours, account(PlaceKind::Customer))
                .expect(Some((DeliveredNotInvoiced, Inventory))),
            (MovementKind::Ship, ours, transit).expect(Some((DeliveredNotInvoiced, Inventory))),
            (MovementKind::Deliver, transit, account(PlaceKind::Customer)).expect(None),
            (MovementKind::Lose, transit, account(PlaceKind::Lost))
                .expect(Some((WriteOffs, DeliveredNotInvoiced))),
            (MovementKind::BringBack, transit, ours)
                .expect(Some((Inventory, DeliveredNotInvoiced))),
            (MovementKind::Transfer, ours, transit).expect(Some((InventoryInTransit, Inventory))),
            (MovementKind::Transfer, transit, bin(2, Condition::Sellable))
                .expect(Some((Inventory, InventoryInTransit))),
            (MovementKind::Transfer, transit, account(PlaceKind::Lost))
                .expect(Some((WriteOffs, InventoryInTransit))),
            (MovementKind::Count, ours, account(PlaceKind::Lost))
                .expect(Some((InventoryAdjustments, Inventory))),
            (MovementKind::Adjust, account(PlaceKind::Found), ours)
                .expect(Some((Inventory, InventoryAdjustments))),
            (MovementKind::Inspect, ours, account(PlaceKind::Scrap))
                .expect(Some((WriteOffs, Inventory))),
            (MovementKind::Adjust, ours, account(PlaceKind::OwnUse))
                .expect(Some((OwnUse, Inventory))),
            (MovementKind::Cut, ours, account(PlaceKind::Production))
                .expect(Some((WorkInProgress, Inventory))),
            (MovementKind::Inspect, ours, account(PlaceKind::VendorReturn))
                .expect(Some((VendorReturns, Inventory))),
            (MovementKind::Inspect, ours, bin(1, Condition::Damaged)).expect(None),
            (MovementKind::History, account(PlaceKind::History), account(PlaceKind::Customer))
                .expect(None),
            (MovementKind::History, account(PlaceKind::Found), account(PlaceKind::History))
                .expect(None),
        ];
        for (row, wanted) in table {
            assert_eq!(posted(row.0, row.1, row.2), wanted, "{row:?}");
        }
    }

    /// A row of the table above.
    trait Expect: Sized {
        fn expect(self, wanted: Option<(Account, Account)>) -> (Self, Option<(Account, Account)>);
    }
    impl Expect for (MovementKind, Place, Place) {
        fn expect(self, wanted: Option<(Account, Account)>) -> (Self, Option<(Account, Account)>) {
            (self, wanted)
        }
    }

    #[test]
    fn goods_that_no_order_knows_are_costs() {
        let ours = bin(1, Condition::AwaitingInspection);
        let back = movement(MovementKind::Return, Place::account(PlaceKind::Customer), ours, 100);
        let credited = |shared| {
            let journal = of_movement(&back, &books(), shared).unwrap();
            journal.postings()[1].account
        };
        assert_eq!(credited(Dimensions::default()), Account::CostOfGoods);
        assert_eq!(credited(order()), Account::CostOfGoods, "at another cost than it left with");
        let known = Movement { cost_source: CostSource::Issue, ..back };
        let journal = of_movement(&known, &books(), order()).unwrap();
        assert_eq!(journal.postings()[1].account, Account::DeliveredNotInvoiced);
    }

    #[test]
    fn the_accounting_day_is_the_entitys_own() {
        let receipt = movement(
            MovementKind::Receive,
            Place::account(PlaceKind::Supplier),
            bin(1, Condition::Sellable),
            100,
        );
        let journal = of_movement(&receipt, &books(), Dimensions::default()).unwrap();
        assert_eq!(journal.head.accounting_on.to_string(), "2026-12-01");
    }

    fn place() -> impl Strategy<Value = Place> {
        let account = |kind| Just(Place::account(kind)).boxed();
        let mut kinds: Vec<BoxedStrategy<Place>> = PlaceKind::ALL
            .iter()
            .filter(|kind| !matches!(kind, PlaceKind::Holding | PlaceKind::History))
            .map(|kind| account(*kind))
            .collect();
        kinds.push((1_u8..4, 0_usize..4).prop_map(|(l, c)| bin(l, Condition::ALL[c])).boxed());
        proptest::strategy::Union::new(kinds)
    }

    fn kind() -> impl Strategy<Value = MovementKind> {
        (0..MovementKind::ALL.len()).prop_map(|index| MovementKind::ALL[index])
    }

    proptest! {
        /// The inventory account changes by exactly what the stock levels change, per location.
        #[test]
        fn inventory_follows_the_levels(
            from in place(), to in place(), kind in kind(), value in -500_i64..500,
        ) {
            let movement = movement(kind, from, to, value);
            let journal = of_movement(&movement, &books(), Dimensions::default());
            for location in (1_u8..4).map(|byte| LocationId::from_bytes([byte; 16])) {
                let levels: i64 = movement
                    .level_changes()
                    .filter(|change| change.key.location == location)
                    .map(|change| change.value)
                    .sum();
                let account: i64 = journal
                    .iter()
                    .flat_map(Journal::postings)
                    .filter(|p| p.account == Account::Inventory)
                    .filter(|p| p.dimensions.location == Some(location))
                    .map(|p| p.amount_minor)
                    .sum();
                prop_assert_eq!(levels, account);
            }
        }

        /// Taking goods back the other way undoes every account.
        #[test]
        fn a_reversal_posts_the_mirror(
            from in place(), to in place(), kind in kind(), value in 1_i64..500,
        ) {
            let post = |one: Movement| of_movement(&one, &books(), Dimensions::default());
            let there = post(movement(kind, from, to, value));
            let back = post(movement(kind, to, from, value));
            let sum = |journal: &Option<Journal>, account: Account| -> i64 {
                let postings = journal.iter().flat_map(Journal::postings);
                postings.filter(|p| p.account == account).map(|p| p.amount_minor).sum()
            };
            for account in Account::ALL {
                prop_assert_eq!(sum(&there, *account) + sum(&back, *account), 0);
            }
        }
    }
}
