//! Goods gathered by scanning or typing, kept in the address: `line.SKU=5`, and `lot.`, `length.`,
//! `expires.`, `serials.`, `cost.` where an item needs them.

use std::sync::Arc;

use maud::{Markup, html};
use orderly_core::item::{Goods, Item, Tracking};
use orderly_core::qty::Ratio;
use orderly_ops::Error;
use orderly_ops::ops::read::catalog;
use rust_decimal::Decimal;

use crate::cx::wrong_at;
use crate::parts::form::{Field, field};
use crate::parts::scan::{self, Scanned};
use crate::words::{self, t};
use crate::{Cx, Fields};

/// One item that was gathered.
pub struct Entry {
    pub item: Arc<Item>,
    pub quantity: String,
}

/// What was gathered, and what came of the last scan.
pub struct Basket {
    pub entries: Vec<Entry>,
    pub said: Option<(bool, String)>,
    /// The fields with the scan worked in.
    pub fields: Fields,
}

/// Reads what was gathered. A scan adds one of what it stands for, or as many as it says.
pub fn read(cx: &Cx, fields: &Fields) -> Result<Basket, Error> {
    let mut fields = fields.clone();
    let mut said = None;
    if let Some(text) = fields.owned("scan") {
        let scanned = scan::read(&text);
        said = Some(match find(cx, &scanned)? {
            Some((item, code)) => add(&mut fields, &item, &code, &scanned),
            None => (false, unknown(&text)),
        });
    }
    fields.0.retain(|(name, _)| name != "scan" && name != "done" && name != "undo");
    let mut entries = Vec::new();
    for (sku, quantity) in fields.under("line.") {
        match catalog::item(&cx.app, &cx.call, sku) {
            Ok((item, _)) => entries.push(Entry { item, quantity: quantity.to_owned() }),
            Err(Error::NotFound { .. }) => said = Some((false, unknown(sku))),
            Err(error) => return Err(error),
        }
    }
    Ok(Basket { entries, said, fields })
}

fn unknown(text: &str) -> String {
    let shown: String = text.chars().take(60).collect();
    words::with("scan.unknown", &[("code", &shown)])
}

/// The item that a scan stands for, and the code by which it was found.
pub fn find(cx: &Cx, scanned: &Scanned) -> Result<Option<(Arc<Item>, String)>, Error> {
    for code in scanned.codes() {
        match catalog::item(&cx.app, &cx.call, code) {
            Ok((item, _)) => return Ok(Some((item, code.to_owned()))),
            Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn add(fields: &mut Fields, item: &Item, code: &str, scanned: &Scanned) -> (bool, String) {
    if !item.is_stocked() {
        return (false, words::with("scan.not_stocked", &[("item", &item.name)]));
    }
    let counted = scanned.count.as_deref().and_then(|text| text.parse::<Decimal>().ok());
    let more = counted.unwrap_or(Decimal::ONE) * pack(item, code);
    let name = format!("line.{}", item.sku);
    let before = fields.get(&name).and_then(|text| text.parse::<Decimal>().ok());
    let sum = (before.unwrap_or(Decimal::ZERO) + more).normalize().to_string();
    set(fields, &name, &sum);
    let own = [("lot", &scanned.lot), ("expires", &scanned.expires_on)];
    for (start, value) in own {
        if let Some(value) = value {
            set(fields, &format!("{start}.{}", item.sku), value);
        }
    }
    if let Some(serial) = &scanned.serial {
        let name = format!("serials.{}", item.sku);
        let all = [fields.text(&name), serial].join(" ");
        set(fields, &name, all.trim());
    }
    let figures: [(&str, &dyn std::fmt::Display); 3] =
        [("item", &item.name), ("n", &sum), ("unit", &item.sale_unit)];
    (true, words::with("scan.added", &figures))
}

/// How many sale units a code stands for: one, or what a pack with a barcode of its own holds.
fn pack(item: &Item, code: &str) -> Decimal {
    let unit = item.units.iter().find(|unit| unit.gtin.as_deref() == Some(code));
    let sale = item.ratio(&item.sale_unit).unwrap_or(Ratio::ONE);
    let size = |ratio: Ratio| Decimal::from(ratio.num) / Decimal::from(ratio.den);
    unit.map_or(Decimal::ONE, |unit| size(unit.ratio) / size(sale))
}

fn set(fields: &mut Fields, name: &str, value: &str) {
    fields.0.retain(|(own, _)| own != name);
    fields.0.push((name.to_owned(), value.to_owned()));
}

impl Basket {
    /// A field of one of the items, such as its lot.
    pub fn of(&self, start: &str, item: &Item) -> Option<String> {
        self.fields.owned(&format!("{start}.{}", item.sku))
    }

    /// The serial numbers of an item, as they were typed with spaces or commas between.
    pub fn serials(&self, item: &Item) -> Vec<String> {
        let text = self.of("serials", item).unwrap_or_default();
        let all = text.split([' ', ',', ';']).filter(|one| !one.is_empty());
        all.map(str::to_owned).collect()
    }

    /// A field for each item: how many, and what else an item needs. `more` names what else may be
    /// said of each.
    pub fn inputs(&self, error: Option<&Error>, more: &[&'static str]) -> Markup {
        html! {
            @for (index, entry) in self.entries.iter().enumerate() {
                @let item = &entry.item;
                fieldset.goods {
                    legend { span.id { (item.sku) } " " (item.name) }
                    (field(&Field {
                        name: &format!("line.{}", item.sku),
                        label: &words::with("stock.quantity_in", &[("unit", &unit(item))]),
                        value: &entry.quantity,
                        error: wrong_at(error, &format!("lines/{index}/quantity")),
                        is_short: true,
                        mode: "decimal",
                        ..Field::default()
                    }))
                    @for start in needed(item, more) {
                        (field(&Field {
                            name: &format!("{start}.{}", item.sku),
                            label: &words::of("stock_field", start),
                            value: &self.of(start, item).unwrap_or_default(),
                            kind: if start == "expires" { "date" } else { "" },
                            error: wrong_at(error, &format!("lines/{index}/{}", pointer(start))),
                            is_short: start != "serials",
                            mode: if start == "cost" { "decimal" } else { "" },
                            ..Field::default()
                        }))
                    }
                }
            }
            @if self.entries.is_empty() { p.muted { (t("stock.scan_first")) } }
        }
    }
}

/// The unit in which an item is counted: pieces, for goods held by length.
pub fn unit(item: &Item) -> &str {
    if item.goods == Goods::Lengths { t("stock.pieces") } else { &item.sale_unit }
}

/// What must be said of an item besides how many.
fn needed(item: &Item, more: &[&'static str]) -> Vec<&'static str> {
    let mut all = Vec::new();
    if item.goods == Goods::Lengths {
        all.push("length");
    }
    match item.tracking {
        Tracking::Lot => all.push("lot"),
        Tracking::Serial => all.push(if more.contains(&"serials") { "serials" } else { "lot" }),
        Tracking::None => {}
    }
    if item.tracking == Tracking::Lot && more.contains(&"expires") {
        all.push("expires");
    }
    if more.contains(&"cost") {
        all.push("cost");
    }
    all
}

/// The name of a field where refusals point to it.
fn pointer(start: &str) -> &str {
    if start == "expires" { "expires_on" } else { start }
}
