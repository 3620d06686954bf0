//! Work orders on both engines: claims, backorders, cuts, assembly, scrap, undo.

use orderly::ops::catalog::create_item;
use orderly::ops::orders::place::place;
use orderly::ops::stock::work::{self, Component, Making, NewWork};
use orderly::ops::stock::{adjust, receive};
use orderly::{Error, verify};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::work::{WorkOrder, WorkState};
use serde_json::json;

use crate::fixture::{Shop, order, read};

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> Refusal {
    match result {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("{other:?} is no refusal"),
    }
}

fn clean(shop: &Shop) {
    let report = verify::run(&shop.app, &verify::Options::default()).unwrap();
    assert!(report.clean, "{report}");
}

pub(crate) fn receive(shop: &Shop, sku: &str, quantity: &str, cost: &str, length: Option<&str>) {
    let new = json!({ "location": "depot", "lines": [
        { "sku": sku, "quantity": quantity, "cost": cost, "length": length },
    ] });
    receive::receive(&shop.app, &shop.call(), &read(new)).unwrap();
}

fn value(shop: &Shop, sku: &str) -> i64 {
    let item = shop.item(sku);
    let levels = shop.app.store.read(|tx| orderly_store::tables::levels::of_item(tx, item));
    levels.unwrap().iter().map(|level| level.value).sum()
}

pub(crate) fn create(shop: &Shop, new: &NewWork) -> WorkOrder {
    work::create(&shop.app, &shop.call(), new).unwrap()
}

pub(crate) fn make(
    shop: &Shop,
    order: &WorkOrder,
    quantity: i64,
    scrap: i64,
) -> Result<WorkOrder, Error> {
    let making = Making { quantity: Some(quantity), scrap, lot: None };
    work::make(&shop.app, &shop.call(), order.id, &making)
}

pub(crate) fn assembly(quantity: &str) -> NewWork {
    NewWork {
        kind: "assembly".into(),
        location: "depot".into(),
        item: "PAINT".into(),
        quantity: quantity.into(),
        components: vec![
            Component { sku: "BOLT".into(), quantity: "2".into() },
            Component { sku: "NAIL".into(), quantity: "3".into() },
        ],
        ..NewWork::default()
    }
}

#[test]
fn assembly_rolls_its_value_up_and_every_step_is_taken_back() {
    for shop in Shop::each() {
        receive(&shop, "BOLT", "20", "0.25", None);
        receive(&shop, "NAIL", "30", "0.10", None);
        let planned = create(&shop, &assembly("10"));
        assert_eq!(refusal(make(&shop, &planned, 1, 0)).code(), Code::InvalidTransition);
        let released = work::release(&shop.app, &shop.call(), planned.id).unwrap();
        assert_eq!(released.state, WorkState::Released);
        assert_eq!(shop.sums("BOLT", "depot"), (20, 20, 0));
        assert_eq!(
            refusal(place(&shop.app, &shop.call(), &order("web", &[("BOLT", "1")]))).code(),
            Code::InsufficientStock,
            "what work claims is not sold"
        );
        let part = make(&shop, &released, 4, 0).unwrap();
        assert_eq!((part.state, part.done.get()), (WorkState::PartDone, 4));
        // 8 bolts and 12 nails: 2.00 + 1.20.
        assert_eq!((value(&shop, "PAINT"), shop.sums("PAINT", "depot").0), (320, 4));
        assert_eq!(refusal(make(&shop, &part, 7, 0)).issues[0].allowed.as_deref(), Some("6"));
        let back = work::undo(&shop.app, &shop.call(), part.id).unwrap();
        assert_eq!((back.state, value(&shop, "PAINT")), (WorkState::Released, 0));
        assert_eq!(shop.sums("NAIL", "depot"), (30, 30, 0));
        let spoiled = make(&shop, &back, 8, 2).unwrap();
        assert_eq!(spoiled.done.get(), 8);
        assert_eq!(value(&shop, "PAINT"), 640, "two of ten are written off");
        let ended = work::cancel(&shop.app, &shop.call(), spoiled.id).unwrap();
        assert_eq!(ended.state, WorkState::Canceled);
        assert_eq!(shop.sums("BOLT", "depot"), (0, 0, 0));
        let gone = work::undo(&shop.app, &shop.call(), spoiled.id);
        assert_eq!(refusal(gone).code(), Code::NotReversible);
        assert_eq!(work::list(&shop.app, &shop.call(), None, None, 9).unwrap().len(), 1);
        assert_eq!(work::get(&shop.app, &shop.call(), &ended.number).unwrap().id, ended.id);
        clean(&shop);
    }
}

#[test]
fn short_components_wait_are_served_and_give_way_to_facts() {
    for shop in Shop::each() {
        receive(&shop, "BOLT", "6", "0.25", None);
        receive(&shop, "NAIL", "100", "0.10", None);
        let planned = create(&shop, &assembly("10"));
        let released = work::release(&shop.app, &shop.call(), planned.id).unwrap();
        assert_eq!(shop.sums("BOLT", "depot"), (6, 6, 14));
        assert_eq!(refusal(make(&shop, &released, 10, 0)).code(), Code::NotHeld);
        receive(&shop, "BOLT", "20", "0.25", None);
        let call = shop.call();
        orderly::ops::tasks::run_due(&shop.app, call.now, call.seed).unwrap();
        assert_eq!(shop.sums("BOLT", "depot"), (26, 20, 0));
        // Fourteen bolts are broken: the work waits for eight of its twenty.
        let broken = json!({
            "location": "depot", "sku": "BOLT", "quantity": "-14", "reason": "rust",
        });
        adjust::adjust(&shop.app, &shop.call(), &read(broken)).unwrap();
        assert_eq!(shop.sums("BOLT", "depot"), (12, 12, 8));
        make(&shop, &released, 6, 0).unwrap();
        assert_eq!(shop.sums("BOLT", "depot"), (0, 0, 8));
        work::cancel(&shop.app, &shop.call(), released.id).unwrap();
        assert_eq!(shop.sums("BOLT", "depot"), (0, 0, 0));
        clean(&shop);
    }
}

#[test]
fn a_cut_keeps_offcuts_scraps_the_rest_and_carries_value_by_length() {
    for shop in Shop::each() {
        let beam = json!({
            "sku": "BEAM", "name": "Beam", "goods": "lengths", "base_unit": "mm",
            "sale_unit": "m", "price": "9.00", "kerf": 3, "min_offcut": 300,
        });
        create_item(&shop.app, &shop.call(), &read(beam)).unwrap();
        receive(&shop, "BEAM", "3", "50.00", Some("5 m"));
        let new = NewWork {
            kind: "cut".into(),
            location: "depot".into(),
            item: "BEAM".into(),
            quantity: "3".into(),
            length: Some("2.4 m".into()),
            ..NewWork::default()
        };
        let planned = create(&shop, &new);
        let released = work::release(&shop.app, &shop.call(), planned.id).unwrap();
        assert_eq!(shop.sums("BEAM", "depot"), (15_000, 10_000, 0));
        let done = make(&shop, &released, 3, 0).unwrap();
        assert_eq!(done.state, WorkState::Done);
        // 7,200 mm of pieces, an offcut of 2,597 mm and one length of 5,000 mm are left.
        assert_eq!(shop.sums("BEAM", "depot"), (14_797, 0, 0));
        assert_eq!(value(&shop, "BEAM"), 15_000 - 203);
        let back = work::undo(&shop.app, &shop.call(), done.id).unwrap();
        assert_eq!((back.state, value(&shop, "BEAM")), (WorkState::Released, 15_000));
        assert_eq!(shop.sums("BEAM", "depot"), (15_000, 10_000, 0));
        let many = NewWork { quantity: "9".into(), ..new.clone() };
        let short = create(&shop, &many);
        work::release(&shop.app, &shop.call(), short.id).unwrap();
        assert_eq!(shop.sums("BEAM", "depot"), (15_000, 15_000, 7 * 2_400));
        assert_eq!(refusal(make(&shop, &short, 9, 0)).code(), Code::NoPieceServes);
        let bare = NewWork { length: None, ..new };
        let refused = work::create(&shop.app, &shop.call(), &bare);
        assert_eq!(refusal(refused).code(), Code::CutLengthRequired);
        clean(&shop);
    }
}

#[test]
fn taking_apart_gives_the_components_their_share() {
    for shop in Shop::each() {
        receive(&shop, "PAINT", "2", "5.00", None);
        let new = NewWork {
            kind: "disassembly".into(),
            recipe: Some("KIT-B".into()),
            components: vec![],
            quantity: "2".into(),
            ..assembly("2")
        };
        let planned = create(&shop, &new);
        let released = work::release(&shop.app, &shop.call(), planned.id).unwrap();
        make(&shop, &released, 2, 0).unwrap();
        assert_eq!((shop.sums("BOLT", "depot").0, shop.sums("NAIL", "depot").0), (2, 6));
        assert_eq!(value(&shop, "BOLT") + value(&shop, "NAIL"), 1_000);
        let none = NewWork { recipe: None, ..new };
        let refused = work::create(&shop.app, &shop.call(), &none);
        assert_eq!(refusal(refused).code(), Code::KitEmpty);
        clean(&shop);
    }
}
