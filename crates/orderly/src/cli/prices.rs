//! Prices: lists, floors, discounts, and why something costs what it costs.

mod explain;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::id::ItemId;
use orderly_core::pricing::new::{NewDiscountRule, NewEntry, NewList};
use orderly_core::pricing::{PriceList, Span};
use rust_decimal::Decimal;
use serde_json::json;

use super::output::{print, table};
use super::{Given, Session};
use crate::ops::prices::terms::{self, NewItemTerms};
use crate::ops::prices::{lists, sheet};
use crate::ops::read::names::{Ids, names};
use crate::wire::out::prices::{GroupOut, PriceListOut, PriceOut};
use crate::{App, Error};
pub(super) use explain::lines;

#[derive(Debug, Subcommand)]
pub enum Prices {
    /// List the price lists
    List,
    /// Show a price list with its prices
    Show {
        /// The list's code
        list: String,
    },
    /// Add a price list or change one
    ListSet(SetList),
    /// Put a price into a list
    Set(SetPrice),
    /// Take a price off a list
    Remove(SetPrice),
    /// Read prices of a list from a CSV file
    Import(ImportPrices),
    /// Write the prices of a list as CSV
    Export {
        /// The list's code
        list: String,
    },
    /// Set an item's category, tax class and floor
    Item(ItemTerms),
    /// Set the floor of a category
    Category(Category),
    /// Say whether a channel's prices include tax
    Channel(ChannelTerms),
    /// Set an account's customer group and tax number
    Account(AccountTerms),
    /// List the customer groups with what they get off
    Groups,
    /// Give a customer group a percentage off
    Discount(Discount),
    /// Explain what an item costs, or why a placed order costs what it costs
    Explain(explain::Explain),
}

#[derive(Debug, Args)]
pub struct SetList {
    /// The list's code
    code: String,
    #[arg(long)]
    name: Option<String>,
    /// The merchant's own where absent
    #[arg(long)]
    currency: Option<String>,
    /// base, channel, `customer_group`, account or site
    #[arg(long)]
    scope: Option<String>,
    /// Whom it is for: a channel, a group, an account's number, or NUMBER/SITE
    #[arg(long = "for", value_name = "WHOM")]
    subject: Option<String>,
    /// Take so many per cent off its prices
    #[arg(long, value_name = "PERCENT")]
    discount: Option<String>,
    /// Take the discount off items without a price of their own too
    #[arg(long)]
    whole: bool,
    /// Whether its prices include tax: yes or no; as the channel's do where absent
    #[arg(long, value_name = "YES|NO")]
    tax_included: Option<String>,
    /// Never sell by hand for less than so many per cent over the cost
    #[arg(long, value_name = "PERCENT")]
    margin: Option<String>,
    #[command(flatten)]
    in_force: InForce,
    /// Use it no more
    #[arg(long)]
    inactive: bool,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct SetPrice {
    /// The list's code
    list: String,
    /// The item's SKU
    sku: String,
    /// The price of one price unit
    #[arg(default_value = "0", hide_default_value = true)]
    price: String,
    /// What it is the price of; the item's own price unit where absent
    #[arg(long, value_name = "UNIT")]
    per: Option<String>,
    /// From this quantity of an order on, in the item's sale unit
    #[arg(long, value_name = "QUANTITY")]
    from_quantity: Option<String>,
    #[command(flatten)]
    in_force: InForce,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct ImportPrices {
    /// The list's code
    list: String,
    /// A CSV file with the columns sku and price, and any of `from_quantity`, `price_unit`, from,
    /// until
    file: PathBuf,
    /// Only say what would be taken
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct ItemTerms {
    /// SKU, GTIN or id
    item: String,
    #[arg(long)]
    category: Option<String>,
    #[arg(long)]
    tax_class: Option<String>,
    /// Never sell by hand for less than so many per cent over the cost
    #[arg(long, value_name = "PERCENT")]
    margin: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Category {
    /// The category
    code: String,
    /// Never sell by hand for less than so many per cent over the cost; none where absent
    #[arg(long, value_name = "PERCENT", default_value = "", hide_default_value = true)]
    margin: String,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct ChannelTerms {
    /// The channel's code
    channel: String,
    /// yes or no
    #[arg(long, value_name = "YES|NO")]
    tax_included: String,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct AccountTerms {
    /// The account's number
    account: String,
    /// The customer group; a new one is added
    #[arg(long)]
    group: Option<String>,
    /// The tax number, which reverse charge needs
    #[arg(long)]
    tax_number: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Discount {
    /// The rule's code, which the order's discounts show
    code: String,
    /// The customer group
    #[arg(long)]
    group: String,
    /// Per cent off
    #[arg(long, value_name = "PERCENT")]
    off: String,
    /// Of this item only
    #[arg(long)]
    sku: Option<String>,
    /// Of this category only
    #[arg(long)]
    category: Option<String>,
    #[command(flatten)]
    in_force: InForce,
    #[command(flatten)]
    given: Given,
}

/// The days on which something holds.
#[derive(Debug, Args)]
pub struct InForce {
    /// The first day
    #[arg(long, value_name = "DAY")]
    pub from: Option<String>,
    /// The last day
    #[arg(long, value_name = "DAY")]
    pub until: Option<String>,
}

/// Reads `yes` or `no`.
pub(super) fn yes(text: &str) -> Result<bool, Error> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(Error::Invalid(format!("`{text}` is neither yes nor no"))),
    }
}

impl Prices {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::List => all(session),
            Self::Show { list } => show(session, list),
            Self::ListSet(list) => list.run(session),
            Self::Set(price) => price.set(session),
            Self::Remove(price) => price.remove(session),
            Self::Import(import) => import.run(session),
            Self::Export { list } => {
                let csv = sheet::export(&session.open()?, &session.reading(), list)?;
                print(&String::from_utf8_lossy(&csv))?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Item(item) => item.run(session),
            Self::Category(category) => category.run(session),
            Self::Channel(channel) => channel.run(session),
            Self::Account(account) => account.run(session),
            Self::Groups => groups(session),
            Self::Discount(discount) => discount.run(session),
            Self::Explain(explain) => explain.run(session),
        }
    }
}

/// Parts per million as a per cent.
pub(super) fn per_cent(ppm: i64) -> String {
    format!("{} %", Decimal::new(ppm, 4).normalize())
}

/// The days of a span.
pub(super) fn days(span: Span) -> String {
    match (span.from, span.until) {
        (None, None) => "always".into(),
        (Some(from), None) => format!("from {from}"),
        (None, Some(until)) => format!("until {until}"),
        (Some(from), Some(until)) => format!("{from} to {until}"),
    }
}

fn all(session: &Session) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let found = lists::all(&app, &session.reading())?;
    let mut subjects = lists::subjects(&app, &found)?;
    let objects: Vec<PriceListOut> =
        found.iter().map(|one| PriceListOut::new(one, subjects.remove(&one.id))).collect();
    session.out.answer(&json!({ "lists": objects }), || {
        if found.is_empty() {
            return "No price lists. Add one: `orderly prices list-set CODE`.".into();
        }
        let rows = found.iter().map(|list| {
            vec![
                list.code.clone(),
                list.name.clone(),
                list.scope.code().into(),
                list.currency.to_string(),
                if list.discount_ppm == 0 { String::new() } else { per_cent(list.discount_ppm) },
                days(list.valid),
                if list.active { "active" } else { "inactive" }.into(),
            ]
        });
        table(&["list", "name", "for", "currency", "off>", "in force", "state"], rows)
    })
}

fn show(session: &Session, code: &str) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let (list, entries) = lists::show(&app, &session.reading(), code)?;
    let prices: Vec<PriceOut> =
        entries.iter().map(|(sku, entry)| PriceOut::new(sku, entry)).collect();
    session.out.answer(&json!({ "list": out(&app, &list)?, "prices": prices }), || {
        let rows = entries.iter().map(|(sku, entry)| {
            vec![
                sku.clone(),
                entry.from.to_string(),
                entry.price.to_string(),
                entry.unit.clone(),
                days(entry.valid),
            ]
        });
        let head = ["item", "from (base units)>", "price>", "per", "in force"];
        let PriceList { code, name, scope, currency, .. } = &list;
        format!("{code}: {name}, {} in {currency}\n{}", scope.code(), table(&head, rows))
    })
}

/// A list as it is answered.
fn out(app: &App, list: &PriceList) -> Result<PriceListOut, Error> {
    let subject = lists::subjects(app, std::slice::from_ref(list))?.remove(&list.id);
    Ok(PriceListOut::new(list, subject))
}

impl SetList {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let new = NewList {
            code: self.code.clone(),
            name: self.name.clone(),
            currency: self.currency.clone(),
            scope: self.scope.clone(),
            subject: self.subject.clone(),
            discount: self.discount.clone(),
            whole: self.whole,
            tax_included: self.tax_included.as_deref().map(yes).transpose()?,
            margin: self.margin.clone(),
            from: self.in_force.from.clone(),
            until: self.in_force.until.clone(),
            inactive: self.inactive,
        };
        let app = session.open()?;
        let list = lists::set(&app, &session.changing(&self.given, self)?, &new)?;
        session.out.answer(&out(&app, &list)?, || {
            format!("Price list {} is set: {}.", list.code, days(list.valid))
        })
    }
}

impl SetPrice {
    fn entry(&self) -> NewEntry {
        NewEntry {
            sku: self.sku.clone(),
            from_quantity: self.from_quantity.clone(),
            price: self.price.clone(),
            price_unit: self.per.clone(),
            from: self.in_force.from.clone(),
            until: self.in_force.until.clone(),
        }
    }

    fn set(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let call = session.changing(&self.given, self)?;
        let list = lists::put(&app, &call, &self.list, &[self.entry()])?;
        session.out.answer(&out(&app, &list)?, || {
            format!("{} costs {} in {}.", self.sku, self.price, list.code)
        })
    }

    fn remove(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let call = session.changing(&self.given, self)?;
        let list = lists::remove(&app, &call, &self.list, &self.entry())?;
        session.out.answer(&out(&app, &list)?, || format!("{} has this price no more.", list.code))
    }
}

impl ImportPrices {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let name = self.file.display();
        let text = std::fs::read(&self.file)
            .map_err(|error| Error::Invalid(format!("{name} cannot be read: {error}")))?;
        let app = session.open()?;
        let call = session.changing(&self.given, self)?;
        let sheet = sheet::import(&app, &call, &self.list, &text, self.dry_run)?;
        session.out.answer(&sheet, || {
            let mut lines: Vec<String> =
                sheet.rejected.iter().map(|(line, why)| format!("line {line}: {why}")).collect();
            lines.push(match (sheet.written, self.dry_run) {
                (true, _) => format!("{} prices are in {}.", sheet.taken, self.list),
                (false, true) => format!("{} of {} rows would do.", sheet.taken, sheet.rows),
                (false, false) => "Nothing was written: correct these rows first.".into(),
            });
            lines.join("\n")
        })?;
        let fine = sheet.rejected.is_empty();
        Ok(if fine { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

impl ItemTerms {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let new = NewItemTerms {
            category: self.category.clone(),
            tax_class: self.tax_class.clone(),
            margin: self.margin.clone(),
        };
        let app = session.open()?;
        let call = session.changing(&self.given, self)?;
        let set = terms::item(&app, &call, &self.item, &new)?;
        session.out.answer(&set, || {
            let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".into());
            let floor = set.pricing.margin_ppm.map_or_else(|| "none".into(), per_cent);
            let (category, class) = (text(&set.pricing.category), text(&set.pricing.tax_class));
            format!("{}: category {category}, tax class {class}, floor {floor}.", self.item)
        })
    }
}

impl Category {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let call = session.changing(&self.given, self)?;
        let margin = terms::category(&app, &call, &self.code, &self.margin)?.margin_ppm;
        session.out.answer(&json!({ "category": self.code, "margin_ppm": margin }), || {
            let floor = margin.map_or_else(|| "none".into(), per_cent);
            format!("Category {}: floor {floor}.", self.code)
        })
    }
}

impl ChannelTerms {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let call = session.changing(&self.given, self)?;
        let set = terms::channel(&app, &call, &self.channel, yes(&self.tax_included)?)?;
        session.out.answer(&set, || {
            let how = if set.tax_included { "include" } else { "are without" };
            format!("The prices of {} {how} tax.", self.channel)
        })
    }
}

impl AccountTerms {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let call = session.changing(&self.given, self)?;
        let wanted = (self.group.as_deref(), self.tax_number.as_deref());
        let set = terms::account(&app, &call, &self.account, wanted)?;
        session.out.answer(&set, || format!("Account {} is set.", self.account))
    }
}

fn groups(session: &Session) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let (groups, rules) = terms::groups(&app, &session.reading())?;
    let items: Vec<ItemId> = rules.iter().filter_map(|rule| rule.item).collect();
    let known = names(&app, &Ids { items: items.clone(), ..Ids::default() })?;
    let skus: HashMap<ItemId, String> = items.into_iter().map(|id| (id, known.sku(id))).collect();
    let named: Vec<GroupOut> =
        groups.iter().map(|group| GroupOut::new(group, &rules, &skus)).collect();
    session.out.answer(&json!({ "groups": named }), || {
        let mut rows = Vec::new();
        for group in &groups {
            rows.push(vec![group.code.clone(), String::new(), String::new(), String::new()]);
            for rule in rules.iter().filter(|rule| rule.group == group.id) {
                let off = per_cent(rule.discount_ppm);
                rows.push(vec![String::new(), rule.code.clone(), off, days(rule.valid)]);
            }
        }
        table(&["group", "rule", "off>", "in force"], rows)
    })
}

impl Discount {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let new = NewDiscountRule {
            code: self.code.clone(),
            group: self.group.clone(),
            sku: self.sku.clone(),
            category: self.category.clone(),
            discount: self.off.clone(),
            from: self.in_force.from.clone(),
            until: self.in_force.until.clone(),
        };
        let app = session.open()?;
        let rule = terms::discount(&app, &session.changing(&self.given, self)?, &new)?;
        session
            .out
            .answer(&rule, || format!("{} gets {} off.", self.group, per_cent(rule.discount_ppm)))
    }
}
