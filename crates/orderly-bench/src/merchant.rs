//! The merchant and the orders of the placement benchmark: four locations, 3 lines an order, a
//! tenth kits, a fifth lengths and continuous goods, half of the customers new, a fifth of the
//! orders for the sites of trade accounts.

use orderly_core::actor::Actor;
use orderly_core::id::IdSource;
use orderly_core::party::NewParty;
use orderly_core::qty::Qty;
use orderly_core::time::Instant;
use orderly_core::units::{
    Cause, CauseKind, Condition, CostSource, Lot, LotKind, Movement, MovementKind, Place, PlaceKind,
};
use orderly_ops::ops::accounts::{self, NewAccount, NewSite};
use orderly_ops::ops::{catalog, settings};
use orderly_ops::wire::OrderIn;
use orderly_ops::{App, Call, Error};
use orderly_store::tables;
use orderly_store::tables::units::{Posted, Recorded};
use serde_json::{Value, json};

const ITEMS: u64 = 500;
const LOCATIONS: [&str; 4] = ["depot", "north", "south", "east"];
/// Trade accounts, each with a site; both with limits that are never reached.
const ACCOUNTS: usize = 200;
const LIMIT: &str = "1000000000";
/// More than any scenario sells, in base units.
const PLENTY: i64 = 5_000_000_000;
const START: i64 = 1_772_438_400_000_000;

/// Small deterministic noise (SplitMix64).
struct Noise(u64);

impl Noise {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// A merchant that is set up.
pub struct Shop;

/// A call of the owner; every number is another one.
pub fn call(seed: u64) -> Call {
    let at = Instant::from_micros(START + i64::try_from(seed).unwrap_or(0) * 1_000);
    Call::new(Actor::owner(), "bench", at, seed)
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn said(error: &Error) -> String {
    error.to_string()
}

/// The kinds of goods go round in tens: kit, board, rope, then seven plain items.
fn kind(item: u64) -> &'static str {
    match item % 10 {
        0 => "kit",
        1 => "board",
        2 => "rope",
        _ => "plain",
    }
}

fn item(number: u64) -> Value {
    let (sku, name) = (format!("SKU-{number:04}"), format!("Item {number}"));
    match kind(number) {
        "kit" => json!({ "sku": sku, "name": name, "price": "30.00", "kit": true, "components": [
            { "sku": format!("SKU-{:04}", number + 3), "quantity": "2" },
            { "sku": format!("SKU-{:04}", number + 4), "quantity": "1" },
        ] }),
        "board" => json!({ "sku": sku, "name": name, "goods": "lengths", "base_unit": "mm",
            "sale_unit": "m", "price": "9.80", "min_offcut": 300, "kerf": 4 }),
        "rope" => json!({ "sku": sku, "name": name, "goods": "continuous", "base_unit": "mm",
            "sale_unit": "m", "price": "2.10" }),
        _ => json!({ "sku": sku, "name": name, "price": "12.40", "weight_g": 400 }),
    }
}

/// Sets the merchant up, with more stock than the benchmark sells.
///
/// # Errors
/// What the operations say.
pub fn set_up(app: &App) -> Result<Shop, String> {
    let mut seed = 0;
    let mut next = || {
        seed += 1;
        call(seed)
    };
    found(app, &mut next)?;
    let kits = |wanted: bool| (0..ITEMS).filter(move |number| (kind(*number) == "kit") == wanted);
    for number in kits(false).chain(kits(true)) {
        catalog::create_item(app, &next(), &read(item(number))?).map_err(|error| said(&error))?;
    }
    for number in kits(false) {
        let length = (kind(number) == "board").then_some(5_000);
        stock(app, &next(), &format!("SKU-{number:04}"), &[PLENTY; LOCATIONS.len()], length)?;
    }
    for number in 0..ACCOUNTS {
        open_account(app, number, &mut next)?;
    }
    Ok(Shop)
}

/// A parcel to a customer in Leeds.
pub fn delivery() -> Value {
    json!({ "method": "parcel", "ship_to": { "name": "Ann Field", "lines": ["1 Mill Lane"],
        "city": "Leeds", "postcode": "LS1 1AA", "country": "GB", "latitude_e6": 53_800_000,
        "longitude_e6": -1_550_000 } })
}

/// Sets a merchant up for a sale of so many units of `hot`, spread over two of its locations, with
/// a kit of two of them (`PAIR`) and an item that there is plenty of (`WARM`).
///
/// # Errors
/// What the operations say.
pub fn set_up_sale(app: &App, hot: &str, units: u32) -> Result<(), String> {
    let mut seed = 0;
    let mut next = || {
        seed += 1;
        call(seed)
    };
    found(app, &mut next)?;
    let market = json!({ "code": "market", "name": "Market", "kind": "marketplace" });
    catalog::create_channel(app, &next(), &read(market)?).map_err(|error| said(&error))?;
    for item in [
        json!({ "sku": hot, "name": "Hot", "price": "12.40" }),
        json!({ "sku": "WARM", "name": "Warm", "price": "2.40" }),
        json!({ "sku": "PAIR", "name": "Pair", "price": "20.00", "kit": true,
            "components": [{ "sku": hot, "quantity": "2" }] }),
    ] {
        catalog::create_item(app, &next(), &read(item)?).map_err(|error| said(&error))?;
    }
    let units = i64::from(units);
    for (sku, shares) in [(hot, [units / 3, units - units / 3]), ("WARM", [10_000_000; 2])] {
        let shares: Vec<i64> = shares.into_iter().chain([0, 0]).collect();
        stock(app, &next(), sku, &shares, None)?;
    }
    Ok(())
}

/// The legal entity, the locations and the web shop.
fn found(app: &App, next: &mut impl FnMut() -> Call) -> Result<(), String> {
    let entity = json!({ "code": "main", "name": "Bench", "country": "GB", "currency": "GBP",
        "zone": "Europe/London" });
    settings::init(app, &next(), &read(entity)?).map_err(|error| said(&error))?;
    for (index, code) in LOCATIONS.iter().enumerate() {
        let location = json!({ "code": code, "name": code, "kind": "warehouse", "priority": index,
            "coordinates": { "latitude_e6": 53_000_000 + index, "longitude_e6": 1_000_000 } });
        catalog::create_location(app, &next(), &read(location)?).map_err(|error| said(&error))?;
    }
    let channel = json!({ "code": "web", "name": "Web", "kind": "web" });
    catalog::create_channel(app, &next(), &read(channel)?).map_err(|error| said(&error))?;
    Ok(())
}

fn open_account(app: &App, number: usize, next: &mut impl FnMut() -> Call) -> Result<(), String> {
    let party = NewParty { name: format!("Builder {number}"), ..NewParty::default() };
    let limit = Some(LIMIT.to_owned());
    let new = NewAccount {
        number: format!("T{number}"),
        name: format!("Builder {number}"),
        party: party.clone(),
        terms_days: 30,
        limit: limit.clone(),
        ..NewAccount::default()
    };
    let account = accounts::create_account(app, &next(), &new).map_err(|error| said(&error))?;
    let site = NewSite { code: "S1".into(), name: "Site 1".into(), party, reference: None, limit };
    accounts::create_site(app, &next(), account.id, &site).map_err(|error| said(&error))?;
    Ok(())
}

/// Opens the stock of an item with so much at each location, in pieces of a length where given.
fn stock(
    app: &App,
    call: &Call,
    sku: &str,
    shares: &[i64],
    length: Option<i64>,
) -> Result<(), String> {
    let posted = app.store.write(|tx| {
        let Some(item) = tables::catalog::by_sku(tx, sku)? else { return Ok(None) };
        let mut ids = IdSource::new(call.now, call.seed);
        let mut movements = Vec::new();
        let locations = tables::locations::all(tx)?.into_iter().zip(shares);
        for (location, share) in locations.filter(|(_, share)| **share > 0) {
            let mut lot_class = orderly_core::id::LotId::NONE;
            if let Some(length) = length {
                let length = Qty::new(length).ok();
                let lot = Lot {
                    id: ids.draw(),
                    item: item.id,
                    kind: LotKind::Length,
                    code: "5000".into(),
                    length,
                    expires_on: None,
                    created_at: call.now,
                };
                lot_class = tables::units::lot_or_insert(tx, &lot)?.id;
            }
            movements.push(Movement {
                id: ids.draw(),
                kind: MovementKind::Receive,
                item: item.id,
                lot: lot_class,
                lot_class,
                from: Place::account(PlaceKind::Opening),
                to: Place::bin(location.id, location.storage_bin, Condition::Sellable),
                qty: Qty::new(*share).unwrap_or(Qty::ZERO),
                value: 0,
                cost_source: CostSource::Given,
                cause: Cause { kind: CauseKind::Adjustment, id: ids.draw() },
                reverses: None,
                reason: None,
                effective_at: call.now,
            });
        }
        let by =
            Recorded { actor_kind: call.actor.kind, actor: call.actor.id, recorded_at: call.now };
        tables::units::post(tx, &movements, &[], &by).map(Some)
    });
    match posted.map_err(|error: orderly_store::StoreError| error.to_string())? {
        Some(Posted::Done) => Ok(()),
        other => Err(format!("opening stock was not posted: {other:?}")),
    }
}

impl Shop {
    /// One order as a client sends it, with its key: the same number, the same order.
    pub fn order_as_sent(&self, number: u64) -> (String, Vec<u8>) {
        let order = order(usize::try_from(number).unwrap_or(0), true, &mut Noise(number));
        let body = serde_json::to_vec(&order).expect("an order has text keys only");
        (format!("sent-{number}"), body)
    }

    /// The orders of one run, each under a key of its own. Those for accounts are settled on them
    /// where `on_credit`, and so held against their limits.
    pub fn orders(&self, run: usize, count: usize, on_credit: bool) -> Vec<(Call, OrderIn)> {
        let mut noise = Noise(run as u64 + 1);
        let first = 1_000_000 + run * count;
        (first..first + count)
            .map(|number| {
                let call = call(number as u64).with_key(format!("key-{number}"), b"order");
                (call, order(number, on_credit, &mut noise))
            })
            .collect()
    }
}

fn order(number: usize, on_credit: bool, noise: &mut Noise) -> OrderIn {
    let lines: Vec<Value> = (0..3)
        .map(|_| {
            let item = noise.below(ITEMS);
            let sku = format!("SKU-{item:04}");
            let vat = json!([{ "name": "VAT 20%", "rate": "0.20", "included": true }]);
            match kind(item) {
                "board" => json!({ "sku": sku, "quantity": "2", "unit": "cut",
                    "cut_length": "2.4 m", "tax": vat }),
                "rope" => json!({ "sku": sku, "quantity": "7.5", "unit": "m", "tax": vat }),
                _ => {
                    json!({ "sku": sku, "quantity": (1 + noise.below(4)).to_string(), "tax": vat })
                }
            }
        })
        .collect();
    // Every other customer is new.
    let customer = if number.is_multiple_of(2) { number } else { number % 1_000 };
    let trade = number.is_multiple_of(5).then(|| format!("T{}", (number / 5) % ACCOUNTS));
    let settlement = trade.as_ref().filter(|_| on_credit).map(|_| "account");
    let order = json!({
        "account": trade, "site": trade.as_ref().map(|_| "S1"), "settlement": settlement,
        "channel": "web", "external_id": format!("EXT-{number}"),
        "customer": { "email": format!("c{customer}@example.com"), "name": "Ann Field" },
        "deliveries": delivery(),
        "lines": lines,
        "charges": [{ "kind": "shipping", "amount": "4.90" }],
    });
    serde_json::from_value(order).expect("the benchmark writes a readable order")
}
