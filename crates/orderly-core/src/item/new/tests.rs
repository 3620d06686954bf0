use std::sync::Arc;

use super::*;

fn eur() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn item(sku: &str) -> NewItem {
    NewItem { sku: sku.into(), name: format!("Item {sku}"), ..NewItem::default() }
}

fn id(number: u8) -> ItemId {
    ItemId::from_bytes([number; 16])
}

fn refused(new: &NewItem, catalog: &Catalog) -> (Code, String) {
    let refusal = new.check(id(9), catalog, eur()).unwrap_err();
    (refusal.code(), refusal.issues[0].pointer.clone())
}

#[test]
fn bricks_are_priced_per_thousand_and_tiles_sold_in_whole_boxes() {
    let bricks = NewItem {
        price: Some("412.50".into()),
        price_unit: Some("thousand".into()),
        gtin: Some("4006381333931".into()),
        hs_code: Some("6904.10".into()),
        origin_country: Some("de".into()),
        ..item("BRICK")
    };
    let bricks = bricks.check(id(1), &Catalog::default(), eur()).unwrap();
    assert_eq!(bricks.price_ratio, Ratio { num: 1_000, den: 1 });
    assert_eq!(bricks.price_currency, Some(eur()));
    assert_eq!(bricks.hs_code.as_deref(), Some("690410"));
    assert_eq!(bricks.origin_country.as_deref(), Some("DE"));
    let one = NewUnit { code: "box".into(), num: 14_400, den: 1, whole: true, gtin: None };
    let tiles = NewItem {
        base_unit: BaseUnit::Cm2,
        units: vec![one],
        sale_unit: Some("box".into()),
        ..item("TILE")
    };
    let tiles = tiles.check(id(2), &Catalog::default(), eur()).unwrap();
    let refusal = tiles.quantity("10", "m2").unwrap_err();
    assert_eq!(refusal.issues[0].allowed.as_deref(), Some("7 box = 10.08 m2"));
}

#[test]
fn what_is_wrong_is_named_by_its_place() {
    let empty = Catalog::default();
    let wrong = |change: fn(&mut NewItem)| {
        let mut new = item("A");
        change(&mut new);
        let (code, pointer) = refused(&new, &empty);
        format!("{} {pointer}", code.code())
    };
    assert_eq!(wrong(|new| new.sku = "x".repeat(65)), "invalid_text /sku");
    assert_eq!(wrong(|new| new.name = " ".into()), "invalid_text /name");
    assert_eq!(wrong(|new| new.gtin = Some("4006381333932".into())), "invalid_field /gtin");
    assert_eq!(wrong(|new| new.gtin = Some("12345".into())), "invalid_field /gtin");
    assert_eq!(wrong(|new| new.hs_code = Some("12a456".into())), "invalid_field /hs_code");
    let country = wrong(|new| new.origin_country = Some("XX".into()));
    assert_eq!(country, "invalid_field /origin_country");
    assert_eq!(wrong(|new| new.over_ppm = 1_000_001), "invalid_field /over_ppm");
    assert_eq!(wrong(|new| new.under_ppm = -1), "invalid_field /under_ppm");
    assert_eq!(wrong(|new| new.weight_g = Some(-1)), "invalid_field /weight_g");
    let side = wrong(|new| new.dimensions_mm = Some([1, 2, -3]));
    assert_eq!(side, "invalid_field /dimensions_mm");
    assert_eq!(wrong(|new| new.price = Some("-1".into())), "money_invalid /price");
    assert_eq!(wrong(|new| new.cost = Some("0.0000000000001".into())), "money_precision /cost");
    let unknown = wrong(|new| new.price_currency = Some("QQQ".into()));
    assert_eq!(unknown, "unknown_currency /price_currency");
    assert_eq!(wrong(|new| new.sale_unit = Some("m".into())), "unit_mismatch /sale_unit");
    assert_eq!(wrong(|new| new.price_unit = Some("crate".into())), "unknown_unit /price_unit");
    assert_eq!(wrong(|new| new.kerf = 3), "invalid_field /kerf");
    assert_eq!(wrong(|new| new.base_unit = BaseUnit::Minute), "invalid_field /base_unit");
    assert_eq!(wrong(|new| new.goods = Goods::Lengths), "invalid_field /base_unit");
    let weight = wrong(|new| (new.base_unit, new.tracking) = (BaseUnit::G, Tracking::Serial));
    assert_eq!(weight, "invalid_field /tracking");
    assert_eq!(wrong(|new| new.backorder_limit = Some(-1)), "invalid_field /backorder_limit");
}

#[test]
fn units_have_sane_ratios_and_names_of_their_own() {
    let with = |code: &str, num: i64, den: i64, whole: bool| {
        let unit = NewUnit { code: code.into(), num, den, whole, gtin: None };
        refused(&NewItem { units: vec![unit], ..item("A") }, &Catalog::default()).1
    };
    assert_eq!(with("box", 0, 1, false), "/units/0/num");
    assert_eq!(with("box", 12, 0, false), "/units/0/num");
    assert_eq!(with("box", 7, 2, true), "/units/0/whole");
    assert_eq!(with("dozen", 13, 1, true), "/units/0/code");
    assert_eq!(with("", 12, 1, true), "/units/0/code");
}

#[test]
fn a_kit_has_goods_and_does_not_contain_itself() {
    let mut catalog = Catalog::default();
    let bolt = item("BOLT").check(id(1), &catalog, eur()).unwrap();
    catalog.add(Arc::new(bolt));
    let fitting = NewItem { goods: Goods::Service, ..item("FITTING") };
    catalog.add(Arc::new(fitting.check(id(2), &catalog, eur()).unwrap()));
    let part = |sku: &str, quantity: &str| NewComponent {
        sku: sku.into(),
        quantity: quantity.into(),
        unit: None,
    };
    let kit =
        |sku: &str, parts: Vec<NewComponent>| NewItem { kit: true, components: parts, ..item(sku) };
    let set = kit("SET", vec![part("BOLT", "4")]).check(id(3), &catalog, eur()).unwrap();
    assert!(set.is_kit());
    catalog.add(Arc::new(set));
    let codes = |new: NewItem, own: u8| new.check(id(own), &catalog, eur()).unwrap_err().code();
    assert_eq!(codes(kit("E", vec![]), 9), Code::KitEmpty);
    assert_eq!(codes(kit("E", vec![part("FITTING", "1")]), 9), Code::KitEmpty);
    assert_eq!(codes(kit("E", vec![part("E", "1")]), 9), Code::KitCycle);
    assert_eq!(codes(kit("E", vec![part("NONE", "1")]), 9), Code::UnknownItem);
    assert_eq!(codes(kit("E", vec![part("BOLT", "0")]), 9), Code::QuantityZero);
    assert_eq!(codes(kit("E", vec![part("BOLT", "1.5")]), 9), Code::QuantityPrecision);
    // BOLT (item 1) made a kit that contains SET, which contains BOLT.
    assert_eq!(codes(kit("OTHER", vec![part("SET", "1")]), 1), Code::KitCycle);
}
