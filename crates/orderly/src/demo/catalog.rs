//! The range: about 500 items of a builders' merchant.

use orderly_core::id::ItemId;
use orderly_core::item::new::{NewComponent, NewItem, NewUnit};
use orderly_core::item::{Goods, Tracking};
use orderly_core::qty::BaseUnit;
use rust_decimal::Decimal;

use super::random::{Clock, Random};
use crate::ops::catalog;
use crate::{App, Error};

/// How an item is bought and kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By the piece.
    Piece,
    /// Whole boxes.
    Box,
    /// Whole boxes, asked for in square metres.
    Tiles,
    /// Hundreds of pieces, priced per thousand.
    Bricks,
    /// By the metre, cut anywhere.
    Metres,
    /// Pieces of a wanted length.
    Board,
    /// By the kilogram, scooped.
    Kilograms,
    /// Single units with a serial number.
    Serial,
    Kit,
    Service,
    /// Pallets and the like, which come back.
    Packaging,
}

/// An item as the simulation sells it.
#[derive(Debug, Clone)]
pub struct Good {
    pub item: ItemId,
    pub sku: String,
    pub base_unit: BaseUnit,
    pub way: Way,
    /// How often it is sold, against the others.
    pub weight: u64,
    /// Price of one sale unit, in pence.
    pub price: i64,
    /// Base units of one sale unit.
    pub per_sale_unit: i64,
    /// Cost of one base unit, as a decimal.
    pub cost: Decimal,
}

struct Range<'a> {
    random: &'a mut Random,
    made: Vec<(NewItem, Good)>,
}

/// What a family of items has in common.
struct Family<'a> {
    prefix: &'a str,
    way: Way,
    weight: u64,
    /// From and to, in pence per sale unit.
    price: (i64, i64),
    /// Grams of one sale unit.
    weight_g: i64,
}

impl Range<'_> {
    fn add(&mut self, family: &Family<'_>, number: usize, name: String) {
        let price = self.random.between(family.price.0, family.price.1);
        let price = price - price % 5 - i64::from(price > 500);
        let sku = format!("{}-{:03}", family.prefix, number + 1);
        let margin = self.random.between(52, 72);
        let (base_unit, goods, unit, per) = shape(family.way);
        let cost = Decimal::new(price * margin, 4) / Decimal::from(per);
        let whole = matches!(family.way, Way::Box | Way::Tiles);
        let own = (unit == "box").then(|| NewUnit {
            code: unit.into(),
            num: per,
            den: 1,
            whole,
            gtin: None,
        });
        let (price_unit, list) = match family.way {
            Way::Bricks => ("thousand", Decimal::new(price * 1_000, 2)),
            Way::Tiles => {
                ("m2", (Decimal::new(price * 10_000, 2) / Decimal::from(per)).round_dp(2))
            }
            _ => (unit, Decimal::new(price, 2)),
        };
        let length = family.way == Way::Board;
        let item = NewItem {
            sku: sku.clone(),
            name,
            goods,
            base_unit,
            tracking: if family.way == Way::Serial { Tracking::Serial } else { Tracking::None },
            units: own.into_iter().collect(),
            sale_unit: Some(unit.into()),
            price: Some(list.normalize().to_string()),
            price_unit: Some(price_unit.into()),
            cost: Some(cost.round_dp(8).normalize().to_string()),
            gtin: Some(gtin(self.random)),
            weight_g: Some(family.weight_g),
            over_ppm: if family.way == Way::Kilograms { 50_000 } else { 0 },
            under_ppm: if family.way == Way::Kilograms { 50_000 } else { 0 },
            min_offcut: if length { 300 } else { 0 },
            kerf: if length { 3 } else { 0 },
            backorder_limit: (self.random.percent(20)).then(|| per * 200),
            refurbish_sku: (family.way == Way::Serial).then(|| "USD-001".to_owned()),
            origin_country: Some((*self.random.pick(&["GB", "DE", "PL", "SE"])).into()),
            ..NewItem::default()
        };
        let weight = family.weight + self.random.next() % (family.weight * 4 + 1);
        let cost = cost.round_dp(8);
        let item_id = ItemId::NONE;
        let good = Good {
            item: item_id,
            sku,
            base_unit,
            way: family.way,
            weight,
            price,
            per_sale_unit: per,
            cost,
        };
        self.made.push((item, good));
    }
}

/// Base unit, goods kind, sale unit, and base units of one sale unit.
fn shape(way: Way) -> (BaseUnit, Goods, &'static str, i64) {
    match way {
        Way::Piece | Way::Bricks | Way::Serial | Way::Kit | Way::Packaging => {
            (BaseUnit::Each, Goods::Counted, "each", 1)
        }
        Way::Box => (BaseUnit::Each, Goods::Counted, "box", 200),
        Way::Tiles => (BaseUnit::Cm2, Goods::Counted, "box", 14_400),
        Way::Metres => (BaseUnit::Mm, Goods::Continuous, "m", 1_000),
        Way::Board => (BaseUnit::Mm, Goods::Lengths, "m", 1_000),
        Way::Kilograms => (BaseUnit::G, Goods::Continuous, "kg", 1_000),
        Way::Service => (BaseUnit::Each, Goods::Service, "each", 1),
    }
}

/// Thirteen digits of the range that stores number themselves, with the check digit.
fn gtin(random: &mut Random) -> String {
    let digits = format!("20{:010}", random.next() % 10_000_000_000);
    let weighted = digits.bytes().enumerate();
    let sum: u32 =
        weighted.map(|(at, b)| u32::from(b - b'0') * if at % 2 == 0 { 1 } else { 3 }).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// Adds every pair of the two lists.
fn cross(range: &mut Range<'_>, family: &Family<'_>, kinds: &[&str], sizes: &[&str]) {
    for (at, kind) in kinds.iter().enumerate() {
        for (index, size) in sizes.iter().enumerate() {
            range.add(family, at * sizes.len() + index, format!("{kind}, {size}"));
        }
    }
}

fn goods(range: &mut Range<'_>) {
    let mut family = |prefix, way, weight, price, weight_g, kinds: &[&str], sizes: &[&str]| {
        cross(range, &Family { prefix, way, weight, price, weight_g }, kinds, sizes);
    };
    let sections = ["25 × 100 mm", "38 × 89 mm", "47 × 100 mm", "47 × 150 mm", "47 × 200 mm"];
    let woods = ["Spruce board", "Larch board", "Oak board", "Treated joist", "Decking board"];
    family("BRD", Way::Board, 6, (180, 1_450), 2_400, &woods, &sections);
    let ropes = ["Hemp rope", "Polyester rope", "Steel wire", "Link chain", "Garden hose"];
    family("ROP", Way::Metres, 3, (45, 620), 180, &ropes, &["6 mm", "8 mm", "10 mm", "14 mm"]);
    let cables = ["Copper cable", "Earth cable", "Data cable"];
    family("CAB", Way::Metres, 3, (60, 480), 120, &cables, &["1.5 mm²", "2.5 mm²", "4 mm²"]);
    let loose = ["Sharp sand", "Soft sand", "Pea gravel", "Slate chips", "Topsoil"];
    family("AGG", Way::Kilograms, 2, (12, 65), 1_000, &loose, &["fine", "coarse"]);
    let tiles = ["Wall tile", "Floor tile", "Terrace tile", "Mosaic"];
    let shades = ["white", "sand", "stone", "slate", "moss", "clay", "sky", "ink", "rose", "ash"];
    family("TIL", Way::Tiles, 4, (1_800, 6_400), 19_000, &tiles, &shades);
    let bricks = ["Facing brick", "Engineering brick", "Reclaimed brick", "Paver"];
    family("BRK", Way::Bricks, 3, (45, 120), 2_600, &bricks, &["red", "buff", "blue", "brown"]);
    let paints = ["Wall paint", "Wood stain", "Masonry paint", "Floor paint", "Primer", "Gloss"];
    let tins =
        ["1 l", "2.5 l", "5 l", "10 l", "white 5 l", "white 10 l", "black 2.5 l", "oak 2.5 l"];
    family("PNT", Way::Piece, 7, (890, 6_800), 5_200, &paints, &tins);
    let screws = ["Wood screw", "Deck screw", "Drywall screw", "Masonry screw", "Hex bolt", "Nail"];
    let lengths =
        ["25 mm", "30 mm", "40 mm", "50 mm", "60 mm", "70 mm", "80 mm", "90 mm", "100 mm"];
    family("FIX", Way::Box, 9, (320, 2_400), 900, &screws, &lengths);
    let used = ["Refurbished drill", "Refurbished saw"];
    family("USD", Way::Piece, 1, (3_500, 9_000), 3_000, &used, &["any"]);
    let power = ["Cordless drill", "Impact driver", "Circular saw", "Jigsaw", "Belt sander"];
    family("PWR", Way::Serial, 3, (6_900, 32_000), 3_100, &power, &["12 V", "18 V", "36 V"]);
    let hand = ["Claw hammer", "Spirit level", "Hand saw", "Chisel", "Trowel", "Tape measure"];
    family("TOL", Way::Piece, 8, (450, 4_200), 700, &hand, &["light", "standard", "pro", "long"]);
    let sheets = ["Plasterboard", "Plywood", "Chipboard", "Insulation board", "Cement board"];
    let thick = ["9 mm", "12.5 mm", "15 mm", "18 mm", "25 mm", "50 mm"];
    family("SHT", Way::Piece, 7, (890, 6_400), 21_000, &sheets, &thick);
    let bags = ["Cement", "Plaster", "Tile adhesive", "Grout", "Mortar", "Self-leveller"];
    family("BAG", Way::Piece, 9, (520, 2_800), 20_000, &bags, &["10 kg", "20 kg", "25 kg"]);
    let plumbing = ["Copper pipe", "Elbow", "Tee", "Stop valve", "Waste trap", "Radiator valve"];
    family(
        "PLB",
        Way::Piece,
        6,
        (90, 3_400),
        240,
        &plumbing,
        &["15 mm", "22 mm", "28 mm", "35 mm"],
    );
    let doors = ["Inner door", "Fire door", "Door lining", "Hinge set", "Door handle", "Lock"];
    family("DOR", Way::Piece, 4, (790, 18_000), 6_000, &doors, &["oak", "white", "grey", "steel"]);
    let safety = ["Work gloves", "Goggles", "Dust mask", "Knee pads", "Hard hat", "Ear defenders"];
    family("SAF", Way::Piece, 6, (250, 3_900), 200, &safety, &["S", "M", "L"]);
    let garden = ["Fence post", "Fence panel", "Gravel board", "Trellis", "Planter", "Edging"];
    family("GRD", Way::Piece, 5, (600, 7_900), 7_500, &garden, &["small", "medium", "large"]);
    let light = ["Socket", "Switch", "Ceiling light", "Floodlight", "Junction box"];
    family("ELE", Way::Piece, 5, (180, 5_200), 260, &light, &["white", "steel", "black", "brass"]);
    let services = ["Timber cutting", "Paint mixing", "Home measuring", "Tool sharpening"];
    family("SRV", Way::Service, 1, (300, 4_500), 0, &services, &["standard", "express"]);
    let carriers = ["Pallet", "Brick crate", "Cable drum"];
    family("PAC", Way::Packaging, 1, (900, 2_600), 14_000, &carriers, &["returnable"]);
}

/// Kits of things that are used together; whole kits only.
fn kits(range: &mut Range<'_>) {
    const KITS: [(&str, [&str; 3]); 6] = [
        ("Decorator's set", ["PNT-003", "TOL-009", "SAF-003"]),
        ("Tiling set", ["BAG-008", "BAG-010", "TOL-017"]),
        ("Door set", ["DOR-001", "DOR-013", "DOR-017"]),
        ("Fence bay", ["GRD-001", "GRD-004", "FIX-012"]),
        ("First toolbox", ["TOL-001", "TOL-005", "TOL-021"]),
        ("Partition set", ["SHT-002", "FIX-020", "BAG-004"]),
    ];
    for (kit, (name, parts)) in KITS.iter().enumerate() {
        for size in 1..=3_i64 {
            let mut sum = 0;
            let components = parts.iter().map(|sku| {
                let part = range.made.iter().find(|(item, _)| item.sku == *sku);
                sum += part.map_or(0, |(_, good)| good.price) * size;
                NewComponent { sku: (*sku).into(), quantity: size.to_string(), unit: None }
            });
            let components: Vec<NewComponent> = components.collect();
            let price = sum * 92 / 100;
            let price = price - price % 5;
            let sku = format!("KIT-{:03}", kit * 3 + usize::try_from(size).unwrap_or(1));
            let names = ["single", "double", "triple"];
            let name = format!("{name}, {}", names[usize::try_from(size - 1).unwrap_or(0)]);
            let item = NewItem {
                sku: sku.clone(),
                name,
                price: Some(Decimal::new(price, 2).normalize().to_string()),
                kit: true,
                components,
                ..NewItem::default()
            };
            let (cost, per_sale_unit) = (Decimal::ZERO, 1);
            let (base_unit, way, weight) = (BaseUnit::Each, Way::Kit, 5);
            let item_id = ItemId::NONE;
            let good =
                Good { item: item_id, sku, base_unit, way, weight, price, per_sale_unit, cost };
            range.made.push((item, good));
        }
    }
}

/// Creates the range and returns it as it is sold.
pub fn set_up(app: &App, clock: &mut Clock) -> Result<Vec<Good>, Error> {
    let mut random = clock.random.clone();
    let mut range = Range { random: &mut random, made: Vec::new() };
    goods(&mut range);
    kits(&mut range);
    let made = range.made;
    clock.random = random;
    let items: Vec<NewItem> = made.iter().map(|(item, _)| item.clone()).collect();
    let created = catalog::create_items(app, &clock.call(), &items)?;
    let known = made.into_iter().zip(created);
    Ok(known.map(|((_, good), item)| Good { item: item.id, ..good }).collect())
}
