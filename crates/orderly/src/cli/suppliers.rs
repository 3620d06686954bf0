//! Suppliers: what was agreed with them, and what they sell.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::time::Day;
use serde_json::{Value, json};

use super::accounts::money::day;
use super::output::table;
use super::{Given, Session};
use crate::Error;
use crate::ops::suppliers::{self, NewSupplier, NewSupplierItem};
use crate::wire::out::amount;

#[derive(Debug, Subcommand)]
pub enum Suppliers {
    /// List suppliers by code
    List {
        /// Only suppliers after this code: the last one of the page before
        #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
        after: String,
        /// How many, at most 1,000
        #[arg(long, default_value_t = 100)]
        limit: i64,
    },
    /// Show one supplier with what he sells
    Show {
        /// The supplier's code
        supplier: String,
    },
    /// Add a supplier, or with --agree change what was agreed with him
    Create(Create),
    /// Show what we owe suppliers by how late it is
    Aged {
        /// As of the end of this day; today where absent
        #[arg(long, value_name = "DAY", value_parser = day)]
        as_of: Option<Day>,
    },
    /// Record how a supplier sells an item: his number, packs, minimum and price
    Items(Items),
}

#[derive(Debug, Args)]
pub struct Create {
    code: String,
    name: String,
    /// His currency; the merchant's own where absent
    #[arg(long)]
    currency: Option<String>,
    /// Days from the order to the goods
    #[arg(long, default_value_t = 0)]
    lead_time: i64,
    /// Days to pay
    #[arg(long)]
    terms: Option<i64>,
    /// Percent that may come above what was ordered
    #[arg(long, value_name = "PERCENT")]
    over: Option<String>,
    /// Percent that may be missing
    #[arg(long, value_name = "PERCENT")]
    under: Option<String>,
    /// Percent that an invoice may be above the order
    #[arg(long, value_name = "PERCENT")]
    price: Option<String>,
    /// Where differences of price go: expense or stock
    #[arg(long)]
    variance: Option<String>,
    /// Percent that customers pay before their special orders are sent
    #[arg(long, value_name = "PERCENT")]
    deposit: Option<String>,
    /// Change what was agreed with a supplier who is known
    #[arg(long)]
    agree: bool,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Items {
    /// The supplier's code
    supplier: String,
    /// Our SKU; without it, everything he sells is listed
    sku: Option<String>,
    /// His own number of it
    #[arg(long)]
    supplier_sku: Option<String>,
    /// What he sells at once, in the unit
    #[arg(long)]
    pack: Option<String>,
    /// The least he sells, in the unit
    #[arg(long)]
    minimum: Option<String>,
    /// The unit of pack and minimum; the item's sale unit where absent
    #[arg(long)]
    unit: Option<String>,
    /// The barcode on a pack
    #[arg(long)]
    pack_gtin: Option<String>,
    /// What one cost unit costs, in his currency
    #[arg(long)]
    cost: Option<String>,
    #[arg(long)]
    cost_unit: Option<String>,
    /// His lead time for it, in days
    #[arg(long)]
    lead_time: Option<i64>,
    #[command(flatten)]
    given: Given,
}

impl Suppliers {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::List { after, limit } => list(session, after, *limit),
            Self::Show { supplier } => show(session, supplier),
            Self::Create(create) => create.run(session),
            Self::Aged { as_of } => aged(session, *as_of),
            Self::Items(items) => items.run(session),
        }
    }
}

fn list(session: &Session, after: &str, limit: i64) -> Result<ExitCode, Error> {
    let found = suppliers::list(&session.open()?, &session.reading(), after, limit)?;
    let objects: Vec<Value> = found
        .iter()
        .map(|one| {
            json!({
                "id": one.id.to_string(), "code": one.code, "name": one.name,
                "currency": one.currency.code(), "lead_time_days": one.lead_time_days,
                "terms_days": one.terms.terms_days, "active": one.active,
            })
        })
        .collect();
    session.out.answer(&json!({ "suppliers": objects }), || {
        let rows = found.iter().map(|one| {
            vec![
                one.code.clone(),
                one.name.clone(),
                one.currency.code().to_owned(),
                one.lead_time_days.to_string(),
                one.terms.terms_days.to_string(),
            ]
        });
        table(&["code", "name", "currency", "lead days>", "terms days>"], rows)
    })
}

fn show(session: &Session, code: &str) -> Result<ExitCode, Error> {
    let known = suppliers::show(&session.open()?, &session.reading(), code)?;
    let one = &known.supplier;
    let percent = |ppm: i64| rust_decimal::Decimal::new(ppm, 4).normalize().to_string();
    let items: Vec<Value> = known
        .items
        .iter()
        .map(|(item, sold)| {
            json!({
                "sku": item.sku, "supplier_sku": sold.sku, "pack": sold.pack,
                "minimum": sold.minimum, "pack_gtin": sold.pack_gtin,
                "cost": sold.cost.map(|cost| cost.to_string()), "cost_unit": sold.cost_unit,
                "lead_time_days": sold.lead_time_days,
            })
        })
        .collect();
    let object = json!({
        "id": one.id.to_string(), "code": one.code, "name": one.name,
        "currency": one.currency.code(), "lead_time_days": one.lead_time_days,
        "terms_days": one.terms.terms_days, "over_percent": percent(one.terms.over_ppm),
        "under_percent": percent(one.terms.under_ppm),
        "price_percent": percent(one.terms.price_ppm), "variance": one.terms.variance.code(),
        "deposit_percent": percent(one.terms.deposit_ppm), "items": items,
    });
    session.out.answer(&object, || {
        let head = format!(
            "{} · {} · {} · {} days to deliver, {} to pay\n",
            one.code, one.name, one.currency, one.lead_time_days, one.terms.terms_days
        );
        let rows = known.items.iter().map(|(item, sold)| {
            vec![
                item.sku.clone(),
                sold.sku.clone().unwrap_or_default(),
                item.show(sold.pack),
                item.show(sold.minimum),
                sold.cost.map(|cost| format!("{cost} / {}", sold.cost_unit)).unwrap_or_default(),
            ]
        });
        head + &table(&["sku", "his sku", "pack>", "minimum>", "cost>"], rows)
    })
}

impl Create {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let new = NewSupplier {
            code: self.code.clone(),
            name: self.name.clone(),
            party: None,
            currency: self.currency.clone(),
            lead_time_days: self.lead_time,
            terms_days: self.terms,
            over_percent: self.over.clone(),
            under_percent: self.under.clone(),
            price_percent: self.price.clone(),
            variance: self.variance.clone(),
            deposit_percent: self.deposit.clone(),
        };
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let one = match self.agree {
            true => suppliers::agree(&app, &call, &new)?,
            false => suppliers::create(&app, &call, &new)?,
        };
        let object = json!({ "id": one.id.to_string(), "code": one.code, "name": one.name });
        session.out.answer(&object, || format!("Supplier {} is {}.", one.code, one.name))
    }
}

impl Items {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let Some(sku) = &self.sku else { return show(session, &self.supplier) };
        let new = NewSupplierItem {
            supplier: self.supplier.clone(),
            sku: sku.clone(),
            supplier_sku: self.supplier_sku.clone(),
            pack: self.pack.clone(),
            minimum: self.minimum.clone(),
            unit: self.unit.clone(),
            pack_gtin: self.pack_gtin.clone(),
            cost: self.cost.clone(),
            cost_unit: self.cost_unit.clone(),
            lead_time_days: self.lead_time,
        };
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let set = suppliers::set_item(&app, &call, &new)?;
        session.out.answer(&set, || format!("{} sells {sku}.", self.supplier))
    }
}

fn aged(session: &Session, as_of: Option<Day>) -> Result<ExitCode, Error> {
    let found = suppliers::aged(&session.open()?, &session.reading(), as_of)?;
    let objects: Vec<Value> = found
        .iter()
        .map(|one| {
            json!({
                "entity": one.entity, "supplier": one.supplier, "name": one.name,
                "currency": one.currency.to_string(),
                "aged": crate::wire::out::accounts::AgedOut::of(&one.aged, one.currency),
            })
        })
        .collect();
    session.out.answer(&json!({ "aged": objects }), || {
        let rows = found.iter().map(|one| {
            let money = |minor: i64| amount(minor, one.currency);
            let mut row = vec![one.supplier.clone(), one.name.clone(), one.currency.to_string()];
            row.extend(one.aged.parts().map(money));
            row.push(money(one.aged.sum()));
            row
        });
        let head = [
            "supplier", "name", "currency", "not due>", "1–30>", "31–60>", "61–90>", "90+>",
            "total>",
        ];
        table(&head, rows)
    })
}
