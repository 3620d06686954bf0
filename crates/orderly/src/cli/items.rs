//! Items, channels, locations and exceptions.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::item::new::{NewItem, NewUnit};
use orderly_core::item::{Goods, Item};
use orderly_core::qty::BaseUnit;
use serde_json::json;

use super::output::table;
use super::{Given, Session};
use crate::ops::read;
use crate::wire::out::catalog::{ChannelOut, ExceptionOut, ItemOut, LocationOut};
use crate::{Error, ops};

#[derive(Debug, Subcommand)]
pub enum Items {
    /// List items by SKU
    List(ListItems),
    /// Show one item by SKU, GTIN or id
    Show {
        /// SKU, GTIN or id
        item: String,
    },
    /// Add an item
    Add(Box<AddItem>),
}

#[derive(Debug, Args)]
pub struct ListItems {
    /// Only items after this SKU: the last one of the page before
    #[arg(long, value_name = "SKU", default_value = "", hide_default_value = true)]
    after: String,
    /// How many, at most 1,000
    #[arg(long, default_value_t = 100)]
    limit: i64,
}

#[derive(Debug, Args)]
pub struct AddItem {
    sku: String,
    name: String,
    /// counted, continuous (rope, sand), lengths (boards), catch_weight or service
    #[arg(long, default_value = "counted")]
    goods: String,
    /// The smallest unit of stock: each, mm, g, ml, cm2 or minute
    #[arg(long, default_value = "each")]
    base_unit: String,
    /// A unit of its own as CODE=BASE, such as box=12; several times for several units
    #[arg(long = "unit", value_name = "CODE=BASE")]
    units: Vec<String>,
    /// The unit it is sold by
    #[arg(long)]
    sale_unit: Option<String>,
    /// Sell whole sale units only
    #[arg(long)]
    whole: bool,
    /// List price of one price unit
    #[arg(long)]
    price: Option<String>,
    /// The unit of the price; the sale unit where absent
    #[arg(long)]
    price_unit: Option<String>,
    /// Expected cost of one base unit
    #[arg(long)]
    cost: Option<String>,
    #[arg(long)]
    gtin: Option<String>,
    #[arg(long)]
    weight_g: Option<i64>,
    #[command(flatten)]
    given: Given,
}

impl AddItem {
    fn new_item(&self) -> Result<NewItem, Error> {
        let unknown = |what: &str, text: &str| Error::Invalid(format!("`{text}` is no {what}"));
        let mut units = Vec::new();
        for text in &self.units {
            let split = text.split_once('=');
            let read = split.and_then(|(code, base)| Some((code, base.parse::<i64>().ok()?)));
            let (code, num) = read.ok_or_else(|| unknown("unit such as box=12", text))?;
            let whole = self.whole && self.sale_unit.as_deref() == Some(code);
            units.push(NewUnit { code: code.into(), num, den: 1, whole, gtin: None });
        }
        Ok(NewItem {
            sku: self.sku.clone(),
            name: self.name.clone(),
            goods: Goods::parse(&self.goods)
                .ok_or_else(|| unknown("kind of goods", &self.goods))?,
            base_unit: BaseUnit::parse(&self.base_unit)
                .ok_or_else(|| unknown("base unit", &self.base_unit))?,
            units,
            sale_unit: self.sale_unit.clone(),
            price: self.price.clone(),
            price_unit: self.price_unit.clone(),
            cost: self.cost.clone(),
            gtin: self.gtin.clone(),
            weight_g: self.weight_g,
            ..NewItem::default()
        })
    }
}

fn price(item: &Item) -> String {
    let shown = item.price.zip(item.price_currency);
    shown.map_or_else(String::new, |(mut price, currency)| {
        if price.scale() < currency.exponent() {
            price.rescale(currency.exponent());
        }
        format!("{price} {currency} per {}", item.price_unit)
    })
}

impl Items {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        match self {
            Self::List(list) => {
                let call = session.reading();
                let items = read::catalog::items(&app, &call, &list.after, list.limit)?;
                let objects: Vec<ItemOut> =
                    items.iter().map(|item| ItemOut::from(&**item)).collect();
                session.out.answer(&json!({ "items": objects }), || {
                    let rows = items.iter().map(|item| {
                        let kind = if item.is_kit() { "kit" } else { item.goods.code() };
                        vec![item.sku.clone(), item.name.clone(), kind.into(), price(item)]
                    });
                    table(&["sku", "name", "goods", "price"], rows)
                })
            }
            Self::Show { item } => {
                let (item, parts) = read::catalog::item(&app, &session.reading(), item)?;
                let object = ItemOut::whole(&item, &parts);
                let components: Vec<(String, String)> = object
                    .components
                    .iter()
                    .flatten()
                    .map(|part| (part.sku.clone(), part.quantity.clone()))
                    .collect();
                session.out.answer(&object, || show_item(&item, &components))
            }
            Self::Add(add) => {
                let call = session.changing(&add.given, add)?;
                let item = ops::catalog::create_item(&app, &call, &add.new_item()?)?;
                session.out.answer(&ItemOut::from(&item), || {
                    format!("{} is in the range: {}", item.sku, item.name)
                })
            }
        }
    }
}

fn show_item(item: &Item, components: &[(String, String)]) -> String {
    let mut lines = vec![
        format!("{}  {}", item.sku, item.name),
        format!("  goods       {}, counted in {}", item.goods.code(), item.base_unit.code()),
        format!("  sold by     {}", item.sale_unit),
        format!("  price       {}", price(item)),
    ];
    for unit in &item.units {
        let whole = if unit.whole { ", whole only" } else { "" };
        let (num, den) = (unit.ratio.num, unit.ratio.den);
        let of = if den == 1 { num.to_string() } else { format!("{num}/{den}") };
        lines.push(format!("  unit        {} = {of} {}{whole}", unit.code, item.base_unit.code()));
    }
    for (sku, quantity) in components {
        lines.push(format!("  contains    {quantity} of {sku}"));
    }
    lines.join("\n")
}

/// Lists the channels.
pub fn channels(session: &Session) -> Result<ExitCode, Error> {
    let found = read::catalog::channels(&session.open()?, &session.reading())?;
    let objects: Vec<ChannelOut> = found.iter().map(ChannelOut::from).collect();
    session.out.answer(&json!({ "channels": objects }), || {
        let rows = found.iter().map(|channel| {
            vec![
                channel.code.clone(),
                channel.name.clone(),
                channel.kind.code().into(),
                channel.when_short.code().into(),
                channel.currency.to_string(),
            ]
        });
        table(&["code", "name", "kind", "when short", "currency"], rows)
    })
}

/// Lists the locations.
pub fn locations(session: &Session) -> Result<ExitCode, Error> {
    let found = read::catalog::locations(&session.open()?, &session.reading())?;
    let objects: Vec<LocationOut> = found.iter().map(LocationOut::from).collect();
    session.out.answer(&json!({ "locations": objects }), || {
        let rows = found.iter().map(|location| {
            vec![
                location.code.clone(),
                location.name.clone(),
                location.kind.code().into(),
                location.zone.clone(),
                if location.fulfills { "yes" } else { "no" }.into(),
            ]
        });
        table(&["code", "name", "kind", "zone", "sends orders"], rows)
    })
}

#[derive(Debug, Args)]
pub struct Exceptions {
    /// How many, the oldest first
    #[arg(long, default_value_t = 100)]
    limit: i64,
}

impl Exceptions {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let found = read::catalog::exceptions(&session.open()?, &session.reading(), self.limit)?;
        let objects: Vec<ExceptionOut> = found.iter().map(ExceptionOut::from).collect();
        session.out.answer(&json!({ "exceptions": objects }), || {
            if found.is_empty() {
                return "Nothing waits for a person.".into();
            }
            let rows = found.iter().map(|raised| {
                vec![
                    super::output::minute(&raised.exception.raised_at.to_string()),
                    raised.exception.kind.clone(),
                    raised.order.clone().unwrap_or_default(),
                    raised.sku.clone().unwrap_or_default(),
                    raised.location.clone().unwrap_or_default(),
                    raised.exception.detail.clone(),
                ]
            });
            table(&["raised", "kind", "order", "sku", "location", "what"], rows)
        })
    }
}
