//! What a line costs and which taxes it bears: price lists, discounts, floors, tax rules.
//!
//! Every choice is a pure function of the rules read for a batch and of the order's own facts, and
//! leaves a [`Trace`]: what was considered, what won and why, the floor, the discounts, the taxes.

mod apply;
mod choose;
mod floor;
pub mod new;
pub mod tax;

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::*;
use crate::money::Currency;
use crate::order::codes;
use crate::qty::{Qty, Ratio};
use crate::time::{Day, Instant};
pub use apply::Priced;
pub use choose::Chosen;
use tax::{TaxTrace, Taxes};

codes! {
    /// Whom a list is for. Later ones outrank earlier ones.
    ListScope {
        Base "base", Channel "channel", CustomerGroup "customer_group", Account "account",
        Site "site",
    }
}
codes! {
    /// Where a line's price comes from, the strongest first.
    Source {
        /// A quote, an agreement or another line that locked it.
        Origin "origin",
        /// Stated by a person.
        Manual "manual",
        /// Stated by a web store, a marketplace or another system.
        Given "given",
        SiteList "site_list", AccountList "account_list", GroupList "group_list",
        ChannelList "channel_list", BaseList "base_list",
        /// The item's own.
        Item "item",
        /// Nothing to pay: a text line.
        Free "free",
    }
}
codes! {
    /// What became of a price that was considered.
    Verdict {
        Chosen "chosen",
        /// A stronger one was there.
        Outranked "outranked",
        /// The quantity does not reach its first break.
        BelowBreak "below_break",
        NotYet "not_yet", Expired "expired",
        /// In another currency, and no rate is stored.
        NoRate "no_rate",
        /// The percentage of a list that covers everything was taken off it.
        Basis "basis",
    }
}

/// The days something is in force, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Span {
    pub from: Option<Day>,
    pub until: Option<Day>,
}

impl Span {
    pub fn contains(self, day: Day) -> bool {
        !self.begins_after(day) && self.until.is_none_or(|until| day <= until)
    }
    pub fn begins_after(self, day: Day) -> bool {
        self.from.is_some_and(|from| from > day)
    }
}

/// A price list without its entries.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PriceList {
    pub id: PriceListId,
    pub code: String,
    pub name: String,
    pub currency: Currency,
    pub scope: ListScope,
    /// The channel, customer group, account or site; zero for a base list.
    pub subject: [u8; 16],
    /// Taken off its prices.
    pub discount_ppm: i64,
    /// Whether it also covers items it has no entry for: the discount is taken off what they cost
    /// otherwise.
    pub whole: bool,
    /// Whether its prices include tax; `None`: as the channel's do.
    pub tax_included: Option<bool>,
    pub margin_ppm: Option<i64>,
    pub valid: Span,
    pub active: bool,
    pub version: i64,
    pub created_at: Instant,
}

/// One price of an item in a list, from a quantity on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PriceEntry {
    pub id: PriceEntryId,
    pub list: PriceListId,
    pub item: ItemId,
    /// The break: the order's quantity of the item, in base units, from which it holds.
    pub from: Qty,
    pub price: Decimal,
    pub unit: String,
    /// One price unit in base units.
    pub ratio: Ratio,
    pub valid: Span,
}

/// What accounts of a group get off: of one item, of one category, or of everything.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DiscountRule {
    pub id: DiscountRuleId,
    pub code: String,
    pub group: CustomerGroupId,
    pub item: Option<ItemId>,
    pub category: Option<String>,
    pub discount_ppm: i64,
    pub valid: Span,
}

/// What an item adds to the choice.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ItemPricing {
    pub category: Option<String>,
    pub tax_class: Option<String>,
    /// The least over the cost that a price by hand may leave.
    pub margin_ppm: Option<i64>,
}

/// What an account adds to the choice.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AccountPricing {
    pub group: Option<CustomerGroupId>,
    /// For reverse charge: printed on documents.
    pub tax_number: Option<String>,
}

/// All rules that may matter to a batch of orders.
#[derive(Clone, Debug, Default)]
pub struct Pricing {
    pub lists: Vec<PriceList>,
    pub entries: HashMap<ItemId, Vec<PriceEntry>>,
    pub discounts: Vec<DiscountRule>,
    /// Floors of categories.
    pub categories: HashMap<String, Option<i64>>,
    pub items: HashMap<ItemId, ItemPricing>,
    /// Whether a channel's prices include tax.
    pub channels: HashMap<ChannelId, bool>,
    pub accounts: HashMap<AccountId, AccountPricing>,
    /// How many units of the second currency one of the first is, on the order's day.
    pub rates: HashMap<(Currency, Currency), Decimal>,
    /// `None` where the merchant states taxes with each line.
    pub taxes: Option<Taxes>,
}

/// The facts of one order that its prices depend on.
#[derive(Clone, Debug)]
pub struct Asking<'a> {
    pub channel: ChannelId,
    pub account: Option<AccountId>,
    pub site: Option<SiteId>,
    /// In the merchant's zone.
    pub day: Day,
    pub currency: Currency,
    /// The currency costs are in.
    pub books: Currency,
    /// ISO 3166-1 alpha-2.
    pub seller: &'a str,
    pub business: bool,
    /// Prices that come with the order are a person's own, not another system's.
    pub person: bool,
    /// Whether the person says why.
    pub reason: bool,
    /// Country and region of each delivery, in the order's own order.
    pub destinations: &'a [(Option<String>, Option<String>)],
}

/// One price that was considered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Considered {
    pub source: Source,
    pub list: Option<String>,
    pub from: Option<Qty>,
    pub price: Option<Decimal>,
    pub unit: Option<String>,
    pub verdict: Verdict,
}

/// A percentage taken off.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// The list's or the rule's code.
    pub code: String,
    pub discount_ppm: i64,
    /// Of the line, in minor units, for rules of customer groups; lists change the price itself.
    pub amount_minor: Option<i64>,
}

/// The least that the line's goods may bring, without tax.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Floor {
    /// Of one price unit, in the order's currency.
    pub price: Decimal,
    pub margin_ppm: i64,
}

/// Why a line costs what it costs, or a charge bears its taxes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trace {
    /// Zero for a charge.
    pub line: LineId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<ChargeId>,
    pub position: i64,
    pub sku: Option<String>,
    pub source: Source,
    pub list: Option<String>,
    pub price: Decimal,
    pub ratio: Ratio,
    /// The order's quantity of the item, which the breaks are compared with.
    pub counted: Qty,
    /// What the rules give where the price came with the order.
    pub listed: Option<Decimal>,
    pub considered: Vec<Considered>,
    pub steps: Vec<Step>,
    pub floor: Option<Floor>,
    pub taxes: Vec<TaxTrace>,
}
