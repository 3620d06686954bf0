//! Purchase orders, suppliers' invoices, vendor returns and rebates on both engines.

use orderly_core::catalog::{Bin, BinKind, LegalEntity, Location, LocationKind};
use orderly_core::id::*;
use orderly_core::item::new::NewItem;
use orderly_core::money::Currency;
use orderly_core::party::Supplier;
use orderly_core::purchase::invoice::{
    Mismatch, Reason, SupplierDocument, SupplierInvoice, SupplierInvoiceLine, SupplierInvoiceState,
    SupplierLineKind,
};
use orderly_core::purchase::rebate::{
    AccrualKind, Rebate, RebateBasis, RebateSide, RebateSpan, Tier, Turnover,
};
use orderly_core::purchase::supplier::{SupplierItem, SupplierTerms};
use orderly_core::purchase::vendor::{VendorReturn, VendorReturnLine, VendorReturnState};
use orderly_core::purchase::{PurchaseLine, PurchaseOrder, PurchaseState, Tied};
use orderly_core::qty::{Qty, Ratio};
use orderly_core::stock::Spot;
use orderly_core::time::{Day, Instant};
use orderly_core::units::Condition;
use orderly_store::tables::purchases::{self, PurchaseClaim, SupplierShipment};
use orderly_store::tables::rebates::{self, RebateAccrual};
use orderly_store::tables::supplier_invoices::{
    self, SupplierApplication, SupplierPayment, Wanted,
};
use orderly_store::tables::{catalog, locations, settings, suppliers, units, vendor_returns};
use orderly_store::{Store, StoreError, Tx};
use rust_decimal::Decimal;

use crate::TestDb;

const NOW: Instant = Instant::from_micros(1_700_000_000_000_000);

fn eur() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn qty(base: i64) -> Qty {
    Qty::new(base).unwrap()
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

struct World {
    store: Store,
    _db: TestDb,
    entity: LegalEntityId,
    location: Location,
    supplier: Supplier,
    item: ItemId,
}

fn worlds() -> Vec<World> {
    TestDb::each().into_iter().map(world).collect()
}

fn world(db: TestDb) -> World {
    let store = Store::open(db.location()).unwrap();
    let entity = LegalEntity {
        id: LegalEntityId::from_bytes([1; 16]),
        code: "main".into(),
        name: "Main".into(),
        country: "DE".into(),
        currency: eur(),
        zone: "Europe/Berlin".into(),
        tax_number: None,
    };
    let bin = Bin {
        id: BinId::from_bytes([2; 16]),
        location: LocationId::from_bytes([3; 16]),
        code: "S".into(),
        kind: BinKind::Storage,
        position: 1,
        capacity_g: None,
        capacity_ml: None,
        capacity_mm: None,
        active: true,
    };
    let location = Location {
        id: bin.location,
        code: "depot".into(),
        name: "Depot".into(),
        kind: LocationKind::Warehouse,
        legal_entity: entity.id,
        party: None,
        coordinates: None,
        zone: "Europe/Berlin".into(),
        priority: 1,
        fulfills: true,
        storage_bin: bin.id,
        staging_bin: bin.id,
        active: true,
        version: 1,
    };
    let supplier = Supplier {
        id: SupplierId::from_bytes([4; 16]),
        code: "ACME".into(),
        name: "Acme".into(),
        party: None,
        currency: eur(),
        lead_time_days: 14,
        terms: SupplierTerms::default(),
        active: true,
        version: 1,
    };
    let new = NewItem { sku: "BRICK".into(), name: "Brick".into(), ..NewItem::default() };
    let item = ItemId::from_bytes([5; 16]);
    let known = orderly_core::catalog::Catalog::default();
    let brick = new.check(item, &known, eur()).unwrap();
    store
        .write(|tx| {
            settings::insert_entity(tx, &entity)?;
            locations::insert(tx, &location)?;
            locations::insert_bins(tx, std::slice::from_ref(&bin))?;
            suppliers::insert(tx, &supplier)?;
            catalog::insert_many(tx, std::slice::from_ref(&brick), NOW)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    World { store, _db: db, entity: entity.id, location, supplier, item }
}

impl World {
    fn write<T>(&self, run: impl Fn(&mut Tx<'_>) -> Result<T, StoreError>) -> T {
        self.store.write(|tx| run(tx)).unwrap()
    }

    fn purchase(&self, number: u8, tied: Option<Tied>) -> PurchaseOrder {
        let line = PurchaseLine {
            id: PurchaseLineId::from_bytes([number; 16]),
            position: 1,
            item: self.item,
            description: "Brick".into(),
            supplier_sku: Some("B-1".into()),
            tied,
            direct: false,
            pack: qty(10),
            minimum: qty(0),
            unit: "each".into(),
            unit_ratio: Ratio::ONE,
            price: Decimal::new(125, 2),
            price_unit: "each".into(),
            price_ratio: Ratio::ONE,
            max_over: qty(1),
            max_short: qty(0),
            ordered: qty(100),
            canceled: qty(0),
            received: qty(0),
            invoiced: qty(0),
            received_minor: 0,
            cleared_minor: 0,
            expected_on: Some(day("2026-12-01")),
            confirmations: Vec::new(),
        };
        PurchaseOrder {
            id: PurchaseOrderId::from_bytes([number; 16]),
            number: format!("P{number}"),
            supplier: self.supplier.id,
            location: self.location.id,
            legal_entity: self.entity,
            currency: eur(),
            reference: None,
            note: None,
            expected_on: None,
            sent_at: None,
            confirmed_at: None,
            closed_at: None,
            canceled_at: None,
            version: 1,
            created_at: NOW,
            updated_at: NOW,
            lines: vec![line],
        }
    }
}

#[test]
fn what_was_agreed_with_suppliers_is_kept() {
    for world in worlds() {
        let after = Supplier {
            terms: SupplierTerms { over_ppm: 50_000, terms_days: 14, ..SupplierTerms::default() },
            version: 2,
            ..world.supplier.clone()
        };
        assert!(world.write(|tx| suppliers::save(tx, &world.supplier, &after)));
        assert!(!world.write(|tx| suppliers::save(tx, &world.supplier, &after)));
        assert_eq!(world.write(|tx| suppliers::by_code(tx, "ACME")), Some(after));
        let mut item = SupplierItem {
            supplier: world.supplier.id,
            item: world.item,
            sku: Some("B-1".into()),
            pack: qty(10),
            pack_gtin: None,
            minimum: qty(100),
            cost: Some(Decimal::new(4_200, 2)),
            cost_unit: "thousand".into(),
            cost_ratio: Ratio { num: 1_000, den: 1 },
            lead_time_days: Some(3),
            version: 1,
        };
        world.write(|tx| suppliers::set_item(tx, &item));
        item.pack_gtin = Some("4006381333931".into());
        item.version = 2;
        world.write(|tx| suppliers::set_item(tx, &item));
        let found = world.write(|tx| suppliers::item(tx, item.supplier, item.item));
        assert_eq!(found.as_ref(), Some(&item));
        assert_eq!(world.write(|tx| suppliers::items(tx, item.supplier)), [item]);
    }
}

#[test]
fn purchase_orders_are_kept_with_their_lines_and_claims() {
    for world in worlds() {
        let tied = Tied { order: OrderId::from_bytes([8; 16]), line: LineId::from_bytes([9; 16]) };
        let (plain, special) = (world.purchase(1, None), world.purchase(2, Some(tied)));
        world.write(|tx| purchases::insert(tx, &plain));
        world.write(|tx| purchases::insert(tx, &special));
        let get = |id| world.write(|tx| purchases::get(tx, id, true));
        assert_eq!(get(special.id).as_ref(), Some(&special));
        assert_eq!(world.write(|tx| purchases::by_number(tx, "P1")), Some(plain.id));
        let of_line = world.write(|tx| purchases::of_line(tx, special.lines[0].id));
        assert_eq!(of_line, Some(special.id));

        let mut after = special.send(NOW).unwrap();
        after.version = 2;
        after.lines[0].received = qty(40);
        after.lines[0].received_minor = 5_000;
        let mut second = after.lines[0].clone();
        (second.id, second.position) = (PurchaseLineId::from_bytes([77; 16]), 2);
        second.tied = None;
        after.lines.push(second);
        assert!(world.write(|tx| purchases::save(tx, &special, &after)));
        assert!(!world.write(|tx| purchases::save(tx, &special, &after)));
        assert_eq!(get(special.id).as_ref(), Some(&after));
        let state = Some(PurchaseState::PartReceived);
        let supplier = Some(world.supplier.id);
        let found = world.write(|tx| purchases::list(tx, supplier, state, None, 10));
        assert_eq!(found, std::slice::from_ref(&after));
        let older = world.write(|tx| purchases::list(tx, None, None, Some(special.id), 10));
        assert_eq!(older, std::slice::from_ref(&plain));

        let expected = world.write(|tx| purchases::tied_to(tx, tied.line));
        assert_eq!(expected.len(), 1);
        assert_eq!(expected[0].expected, qty(60));
        let claim = PurchaseClaim {
            id: ClaimId::from_bytes([6; 16]),
            order: tied.order,
            line: tied.line,
            purchase_line: after.lines[0].id,
            item: world.item,
            location: world.location.id,
            qty: qty(60),
            priority: 5,
            due_on: None,
            since: NOW,
        };
        world.write(|tx| purchases::set_claims(tx, &[], &[claim]));
        assert_eq!(world.write(|tx| purchases::claims_of(tx, tied.line)), [claim]);
        let incoming = world.write(|tx| purchases::incoming(tx, world.item));
        let quantities: Vec<i64> = incoming.iter().map(|one| one.qty.get()).collect();
        assert_eq!(quantities, [60], "what is claimed is left out, what is not sent as well");
        let less = PurchaseClaim { qty: qty(20), ..claim };
        world.write(|tx| purchases::set_claims(tx, &[claim], &[less]));
        assert_eq!(world.write(|tx| purchases::claims_of(tx, tied.line)), [less]);
        let closed = PurchaseOrder { closed_at: Some(NOW), version: 3, ..after.clone() };
        assert!(world.write(|tx| purchases::save(tx, &after, &closed)));
        let expected = world.write(|tx| purchases::tied_to(tx, tied.line));
        assert_eq!(expected[0].expected, qty(0));
    }
}

#[test]
fn goods_that_suppliers_send_to_customers_are_kept() {
    for world in worlds() {
        let order = world.purchase(1, None);
        world.write(|tx| purchases::insert(tx, &order));
        let one = SupplierShipment {
            id: SupplierShipmentId::from_bytes([1; 16]),
            purchase: order.id,
            purchase_line: order.lines[0].id,
            order: OrderId::from_bytes([8; 16]),
            line: LineId::from_bytes([9; 16]),
            item: world.item,
            qty: qty(4),
            value: 500,
            reference: Some("DN 5".into()),
            tracking: None,
            shipped_at: NOW,
            reversed_at: None,
        };
        world.write(|tx| purchases::insert_shipments(tx, std::slice::from_ref(&one)));
        let found = world.write(|tx| purchases::shipments_of(tx, order.id));
        assert_eq!(found, std::slice::from_ref(&one));
        assert!(world.write(|tx| purchases::reverse_shipment(tx, one.id, NOW)));
        assert!(!world.write(|tx| purchases::reverse_shipment(tx, one.id, NOW)));
        let found = world.write(|tx| purchases::shipment(tx, one.id));
        assert_eq!(found, Some(SupplierShipment { reversed_at: Some(NOW), ..one }));
    }
}

fn invoice(world: &World, number: u8) -> SupplierInvoice {
    let on = day("2026-11-20");
    SupplierInvoice {
        id: SupplierInvoiceId::from_bytes([number; 16]),
        supplier: world.supplier.id,
        legal_entity: world.entity,
        kind: SupplierDocument::Invoice,
        number: format!("I-{number}"),
        state: SupplierInvoiceState::Held,
        currency: eur(),
        net: 900,
        charges: 100,
        tax: 190,
        total: 1_190,
        settled: 0,
        booked: 0,
        tax_code: None,
        reasons: vec![Mismatch {
            line: 1,
            reason: Reason::PriceAboveOrder,
            expected: "8.00 EUR".into(),
            actual: "9.00 EUR".into(),
        }],
        entered_by: UserId::from_bytes([1; 16]),
        approved_by: None,
        invoiced_on: on,
        due_on: on.plus_days(i32::from(number)),
        entered_at: NOW,
        posted_at: None,
        version: 1,
        lines: vec![SupplierInvoiceLine {
            id: SupplierInvoiceLineId::from_bytes([number; 16]),
            position: 1,
            kind: SupplierLineKind::Goods,
            purchase_line: None,
            vendor_return_line: None,
            item: Some(world.item),
            description: "Brick".into(),
            qty: qty(8),
            net: 900,
            booked: 0,
            cleared: 0,
            spread: None,
        }],
    }
}

#[test]
fn an_invoice_is_settled_up_to_its_total_and_no_further() {
    for world in worlds() {
        let (first, second) = (invoice(&world, 1), invoice(&world, 2));
        assert!(world.write(|tx| supplier_invoices::insert(tx, &second)));
        assert!(world.write(|tx| supplier_invoices::insert(tx, &first)));
        let twice = SupplierInvoice { id: SupplierInvoiceId::from_bytes([9; 16]), ..first.clone() };
        assert!(!world.write(|tx| supplier_invoices::insert(tx, &twice)));
        let kind = SupplierDocument::Invoice;
        let supplier = world.supplier.id;
        let by_number = world.write(|tx| supplier_invoices::by_number(tx, supplier, kind, "I-1"));
        assert_eq!(by_number, Some(first.id));
        let apply = |amount: i64, number: u8| {
            let one = SupplierApplication {
                id: SupplierApplicationId::from_bytes([number; 16]),
                invoice: first.id,
                source_kind: "payment",
                source: [3; 16],
                amount,
                booked: amount,
                applied_at: NOW,
            };
            world.write(|tx| supplier_invoices::apply(tx, &one))
        };
        assert!(!apply(100, 1), "a held invoice is not paid");
        let mut posted = SupplierInvoice {
            state: SupplierInvoiceState::Posted,
            booked: 1_190,
            reasons: Vec::new(),
            approved_by: Some(UserId::from_bytes([2; 16])),
            posted_at: Some(NOW),
            version: 2,
            ..first.clone()
        };
        posted.lines[0].booked = 900;
        posted.lines[0].cleared = 800;
        assert!(world.write(|tx| supplier_invoices::save(tx, &first, &posted)));
        assert!(!world.write(|tx| supplier_invoices::save(tx, &first, &posted)));
        assert!(apply(1_000, 1) && !apply(191, 2) && apply(190, 3) && apply(-50, 4));
        assert!(!apply(-1_141, 5));
        let found = world.write(|tx| supplier_invoices::get(tx, first.id, true)).unwrap();
        assert_eq!((found.settled, found.open(), found.version), (1_140, 50, 5));
        assert_eq!(found.lines, posted.lines);
        let rows = world.write(|tx| supplier_invoices::applications_of(tx, [3; 16]));
        assert_eq!(rows.iter().map(|row| row.amount).sum::<i64>(), 1_140);
        let list = |wanted: Wanted| {
            let found = world.write(|tx| supplier_invoices::list(tx, &wanted));
            found.into_iter().map(|one| one.number).collect::<Vec<_>>()
        };
        let open_at = |at: Instant| {
            let found = world.write(|tx| supplier_invoices::open_before(tx, at));
            found.iter().map(|one| (one.supplier, one.open)).collect::<Vec<_>>()
        };
        assert_eq!(open_at(Instant::from_micros(i64::MAX)), [(supplier, 50)]);
        assert_eq!(open_at(NOW), [], "it was booked then");
        let all = Wanted { limit: 10, ..Wanted::default() };
        assert_eq!(list(all), ["I-1", "I-2"]);
        assert_eq!(list(Wanted { open: true, ..all }), ["I-1"]);
        assert_eq!(list(Wanted { state: Some(SupplierInvoiceState::Held), ..all }), ["I-2"]);
        assert_eq!(list(Wanted { due_by: Some(first.due_on), ..all }), ["I-1"]);
    }
}

#[test]
fn payments_to_suppliers_are_kept() {
    for world in worlds() {
        let one = SupplierPayment {
            id: SupplierPaymentId::from_bytes([3; 16]),
            number: "SP1001".into(),
            supplier: world.supplier.id,
            legal_entity: world.entity,
            currency: eur(),
            amount: 1_190,
            booked: 1_190,
            reference: Some("I-1".into()),
            paid_on: day("2026-11-23"),
            created_at: NOW,
            reversed_at: None,
        };
        world.write(|tx| supplier_invoices::insert_payment(tx, &one));
        let by_number = world.write(|tx| supplier_invoices::payment_by_number(tx, "SP1001"));
        assert_eq!(by_number, Some(one.id));
        let from = |text: &str| {
            let supplier = Some(world.supplier.id);
            world.write(|tx| supplier_invoices::payments(tx, supplier, day(text), 5))
        };
        assert_eq!(from("2026-11-23"), std::slice::from_ref(&one));
        assert!(from("2026-11-24").is_empty());
        assert!(world.write(|tx| supplier_invoices::reverse_payment(tx, one.id, NOW)));
        assert!(!world.write(|tx| supplier_invoices::reverse_payment(tx, one.id, NOW)));
        let found = world.write(|tx| supplier_invoices::payment(tx, one.id));
        assert_eq!(found, Some(SupplierPayment { reversed_at: Some(NOW), ..one }));
    }
}

#[test]
fn vendor_returns_are_kept_until_they_are_decided() {
    for world in worlds() {
        let spot = Spot {
            item: world.item,
            lot: LotId::NONE,
            bin: world.location.storage_bin,
            condition: Condition::Damaged,
        };
        let one = VendorReturn {
            id: VendorReturnId::from_bytes([1; 16]),
            number: "V1001".into(),
            supplier: world.supplier.id,
            location: world.location.id,
            reference: Some("RMA 5".into()),
            reason: "cracked".into(),
            sent_at: NOW,
            version: 1,
            lines: vec![VendorReturnLine {
                id: VendorReturnLineId::from_bytes([2; 16]),
                position: 1,
                spot,
                qty: qty(4),
                credited: qty(0),
                rejected: qty(0),
                value: 500,
            }],
        };
        world.write(|tx| {
            units::insert_places(tx, &[spot.place(world.location.id)])?;
            vendor_returns::insert(tx, &one)
        });
        assert_eq!(world.write(|tx| vendor_returns::by_number(tx, "V1001")), Some(one.id));
        let of_line = world.write(|tx| vendor_returns::of_line(tx, one.lines[0].id));
        assert_eq!(of_line, Some(one.id));
        let mut after = VendorReturn { version: 2, ..one.clone() };
        after.lines[0].credited = qty(3);
        after.lines[0].rejected = qty(1);
        assert_eq!(
            (one.state(), after.state()),
            (VendorReturnState::Sent, VendorReturnState::Settled)
        );
        assert!(world.write(|tx| vendor_returns::save(tx, &one, &after)));
        assert!(!world.write(|tx| vendor_returns::save(tx, &one, &after)));
        let found = world.write(|tx| vendor_returns::get(tx, one.id, true));
        assert_eq!(found.as_ref(), Some(&after));
        let supplier = Some(world.supplier.id);
        let end = Some(after.id);
        assert_eq!(world.write(|tx| vendor_returns::list(tx, supplier, end, 5)), []);
        assert_eq!(world.write(|tx| vendor_returns::list(tx, supplier, None, 5)), [after]);
    }
}

#[test]
fn rebates_accrue_by_period() {
    for world in worlds() {
        let one = Rebate {
            id: RebateId::from_bytes([1; 16]),
            code: "BONUS".into(),
            name: "Bonus".into(),
            side: RebateSide::Supplier,
            partner: world.supplier.id.as_bytes(),
            currency: eur(),
            basis: RebateBasis::Percent,
            item: None,
            span: RebateSpan::Quarter,
            tiers: vec![Tier { from: 0, rate: Decimal::new(25, 1) }],
            starts_on: day("2026-01-01"),
            ends_on: None,
            active: true,
            version: 1,
            created_at: NOW,
        };
        assert!(world.write(|tx| rebates::insert(tx, &one)));
        assert!(!world.write(|tx| rebates::insert(tx, &one)));
        assert_eq!(world.write(|tx| rebates::get(tx, one.id, true)).as_ref(), Some(&one));
        assert_eq!(world.write(|tx| rebates::by_code(tx, "BONUS")).as_ref(), Some(&one));
        assert_eq!(
            world.write(|tx| rebates::list(tx, Some(one.partner))),
            std::slice::from_ref(&one)
        );
        let row = |number: u8, kind, base: i64, amount: i64| RebateAccrual {
            id: RebateAccrualId::from_bytes([number; 16]),
            rebate: one.id,
            period: "2026-Q4".into(),
            legal_entity: world.entity,
            kind,
            source: [number; 16],
            turnover: Turnover { base, qty: base / 100 },
            amount,
            accrued_at: NOW,
        };
        let rows = [
            row(1, AccrualKind::Line, 10_000, 250),
            row(2, AccrualKind::Line, 4_000, 100),
            row(3, AccrualKind::Settled, 0, -300),
        ];
        world.write(|tx| rebates::insert_accruals(tx, &rows));
        let periods = world.write(|tx| rebates::periods(tx, Some(one.id)));
        assert_eq!(periods.len(), 1);
        let turnover = Turnover { base: 14_000, qty: 140 };
        let own = &periods[0];
        assert_eq!((own.turnover, own.accrued, own.settled), (turnover, 350, 300));
        let found = world.write(|tx| rebates::period(tx, one.id, "2026-Q4"));
        assert_eq!(found.as_ref(), Some(own));
        assert_eq!(world.write(|tx| rebates::period(tx, one.id, "2026-Q3")), None);
        let partners = [one.partner, [9; 16]];
        assert_eq!(world.write(|tx| rebates::of_partners(tx, &partners)).len(), 1);
        let lines = [1, 3].map(|number| InvoiceLineId::from_bytes([number; 16]));
        let accrued = world.write(|tx| rebates::accrued_in(tx, one.id, &lines));
        assert_eq!(accrued, [(lines[0], "2026-Q4".to_owned())]);
        assert!(world.write(|tx| rebates::taxes_of(tx, one.id, "2026-Q4")).is_empty());
        let unknown = [LineId::from_bytes([9; 16])];
        assert!(world.write(|tx| rebates::items_of(tx, &unknown)).is_empty());
        assert!(world.write(|tx| rebates::end(tx, one.id)));
        assert!(!world.write(|tx| rebates::end(tx, one.id)));
    }
}
