//! Labels, slips and pick lists of an order.

use orderly::ops::documents::{labels, pick_lists, slips};
use orderly::ops::fulfillments;
use orderly::ops::orders::place::place;
use orderly::ops::read::orders::{Shown, show};
use orderly_core::refusal::Code;
use orderly_docs::Paper;
use serde_json::json;

use crate::fixture::{Shop, read};

fn shown(shop: &Shop, number: &str) -> Shown {
    show(&shop.app, &shop.call(), number).unwrap()
}

#[test]
fn an_order_has_a_pick_list_before_and_nothing_to_label_until_it_ships() {
    for shop in Shop::each() {
        shop.stock("BOARD", "depot", 20_000, Some(5_000));
        let order = read(json!({
            "channel": "web", "customer": { "name": "Ann Field" },
            "deliveries": { "method": "parcel", "ship_to": { "name": "Ann Field",
                "lines": ["1 Mill Lane"], "city": "Leeds", "postcode": "LS1 1AA",
                "country": "GB" } },
            "lines": [
                { "sku": "BOARD", "quantity": "3", "unit": "cut", "cut_length": "2.4 m" },
            ],
        }));
        let placed = place(&shop.app, &shop.call(), &order).unwrap();
        let fulfillment = placed.fulfillments[0].id;
        fulfillments::release(&shop.app, &shop.call(), (placed.id, fulfillment)).unwrap();
        let page = shown(&shop, &placed.number);
        let lists = pick_lists(&shop.app, &shop.call(), &page, None, Paper::A4).unwrap();
        let cuts = &lists[0].lines[0].line.cuts;
        assert_eq!(cuts.iter().map(|cut| cut.pieces).sum::<u32>(), 3);
        assert_eq!((cuts[0].length.as_str(), cuts[0].from.as_str()), ("2.4 m", "5 m"));
        assert!(!lists[0].lines[0].bin.is_empty(), "the bin the boards lie in");
        assert!(lists[0].to_pdf().unwrap().starts_with(b"%PDF"));
        assert_eq!(labels(&page, None).unwrap_err().refused(), Some(Code::NothingToDo));
        assert_eq!(slips(&page, None, Paper::A4).unwrap_err().refused(), Some(Code::NothingToDo));
    }
}
