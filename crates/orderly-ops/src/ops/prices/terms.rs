//! What items, channels, accounts and customer groups add to the choice of prices and taxes.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{AccountId, ChannelId, DiscountRuleId, ItemId};
use orderly_core::pricing::new::{NewDiscountRule, percent};
use orderly_core::pricing::{AccountPricing, DiscountRule, ItemPricing};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::text;
use orderly_store::Tx;
use orderly_store::tables::pricing::{self, Group};
use orderly_store::tables::{accounts, channels};
use serde::Serialize;

use super::configure;
use crate::call::content_hash;
use crate::ops::catalog::ids;
use crate::ops::read::catalog::item_called;
use crate::ops::{Object, Reference, command};
use crate::{App, Call, Error};

/// An item's category, tax class and floor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ItemTerms {
    pub item: ItemId,
    #[serde(flatten)]
    pub pricing: ItemPricing,
}

impl Object for ItemTerms {
    fn reference(&self) -> Reference {
        Reference { kind: "item", id: self.item.as_bytes(), sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let item = ItemId::from_bytes(id);
        let found = pricing::items(tx, &[item])?.pop();
        Ok(Self { item, pricing: found.map(|(_, own)| own).unwrap_or_default() })
    }
}

/// An account's group and tax number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AccountTerms {
    pub account: AccountId,
    #[serde(flatten)]
    pub pricing: AccountPricing,
}

impl Object for AccountTerms {
    fn reference(&self) -> Reference {
        Reference { kind: "account", id: self.account.as_bytes(), sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let account = AccountId::from_bytes(id);
        let found = pricing::accounts(tx, &[account])?.pop();
        Ok(Self { account, pricing: found.map(|(_, own)| own).unwrap_or_default() })
    }
}

/// The floor of a category, per million over the cost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CategoryTerms {
    pub category: String,
    pub margin_ppm: Option<i64>,
}

/// Categories are their own keys: a hash of the code stands for an id.
impl Object for CategoryTerms {
    fn reference(&self) -> Reference {
        let id = content_hash(self.category.as_bytes());
        Reference { kind: "category", id, sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let mut all = pricing::categories(tx)?.into_iter();
        let found = all.find(|(code, _)| content_hash(code.as_bytes()) == id);
        let (category, margin_ppm) = found.ok_or_else(|| Error::not_found("category"))?;
        Ok(Self { category, margin_ppm })
    }
}

/// Whether a channel's prices include tax.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ChannelTerms {
    pub channel: ChannelId,
    pub tax_included: bool,
}

impl Object for ChannelTerms {
    fn reference(&self) -> Reference {
        Reference { kind: "channel", id: self.channel.as_bytes(), sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let channel = ChannelId::from_bytes(id);
        let found = pricing::channels(tx)?.into_iter().find(|(known, _)| *known == channel);
        Ok(Self { channel, tax_included: found.is_some_and(|(_, included)| included) })
    }
}

impl Object for DiscountRule {
    fn reference(&self) -> Reference {
        Reference { kind: "discount_rule", id: self.id.as_bytes(), sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let id = DiscountRuleId::from_bytes(id);
        let found = pricing::discounts(tx)?.into_iter().find(|rule| rule.id == id);
        found.ok_or_else(|| Error::not_found(format!("discount rule {id}")))
    }
}

/// Changes to an item's terms; what is `None` stays, an empty text takes away.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewItemTerms {
    pub category: Option<String>,
    pub tax_class: Option<String>,
    /// Per cent over the cost.
    pub margin: Option<String>,
}

/// Sets an item's category, tax class and floor.
///
/// # Errors
/// `not_found`, `invalid_field`, `invalid_text`.
pub fn item(app: &App, call: &Call, sku: &str, new: &NewItemTerms) -> Result<ItemTerms, Error> {
    command(app, call, "item.price_terms", |tx| {
        configure(tx, call)?;
        let item = item_called(tx, sku)?.id;
        let mut terms = ItemTerms::replay(tx, item.as_bytes(), 1)?;
        if let Some(category) = &new.category {
            let read = text::optional(Some(category));
            terms.pricing.category = read.map_err(|refusal| refusal.under("/category"))?;
        }
        if let Some(class) = &new.tax_class {
            let read = text::optional(Some(class));
            terms.pricing.tax_class = read.map_err(|refusal| refusal.under("/tax_class"))?;
        }
        if let Some(margin) = &new.margin {
            terms.pricing.margin_ppm = margin_of(margin)?;
        }
        pricing::put_item(tx, item, &terms.pricing)?;
        Ok(terms)
    })
}

fn margin_of(text: &str) -> Result<Option<i64>, Refusal> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { percent(text, 1_000, "/margin").map(Some) }
}

/// Sets the floor of a category: per cent over the cost; an empty text takes it away.
///
/// # Errors
/// `invalid_field`, `invalid_text`.
pub fn category(app: &App, call: &Call, code: &str, margin: &str) -> Result<CategoryTerms, Error> {
    command(app, call, "category.price_terms", |tx| {
        configure(tx, call)?;
        let code = text::short(code).map_err(|refusal| refusal.under("/code"))?;
        let margin_ppm = margin_of(margin)?;
        pricing::put_category(tx, &code, margin_ppm)?;
        Ok(CategoryTerms { category: code, margin_ppm })
    })
}

/// Says whether a channel's prices include tax.
///
/// # Errors
/// `unknown_channel`.
pub fn channel(
    app: &App,
    call: &Call,
    code: &str,
    tax_included: bool,
) -> Result<ChannelTerms, Error> {
    command(app, call, "channel.price_terms", |tx| {
        configure(tx, call)?;
        let found = channels::by_code(tx, code.trim())?;
        let channel = found.ok_or_else(|| {
            let shown: String = code.chars().take(60).collect();
            let detail = format!("there is no channel `{shown}`");
            Refusal::at(Code::UnknownChannel, "/channel", detail)
        })?;
        pricing::put_channel(tx, channel.id, tax_included)?;
        Ok(ChannelTerms { channel: channel.id, tax_included })
    })
}

/// Sets an account's customer group and its tax number; what is `None` stays, an empty text takes
/// away. A group that is new is added.
///
/// # Errors
/// `unknown_account`, `invalid_text`.
pub fn account(
    app: &App,
    call: &Call,
    number: &str,
    (group, tax_number): (Option<&str>, Option<&str>),
) -> Result<AccountTerms, Error> {
    command(app, call, "account.price_terms", |tx| {
        configure(tx, call)?;
        let found = accounts::by_number(tx, number.trim())?;
        let account = found.ok_or_else(|| {
            let shown: String = number.chars().take(60).collect();
            let detail = format!("there is no account `{shown}`");
            Refusal::at(Code::UnknownAccount, "/account", detail)
        })?;
        let mut terms = AccountTerms::replay(tx, account.id.as_bytes(), 1)?;
        if let Some(group) = group {
            let code = text::optional(Some(group)).map_err(|refusal| refusal.under("/group"))?;
            terms.pricing.group = match code {
                None => None,
                Some(code) => Some(group_called(tx, call, &code, true)?.id),
            };
        }
        if let Some(number) = tax_number {
            let read = text::optional(Some(number));
            terms.pricing.tax_number = read.map_err(|refusal| refusal.under("/tax_number"))?;
        }
        pricing::put_account(tx, account.id, &terms.pricing)?;
        Ok(terms)
    })
}

fn group_called(tx: &mut Tx<'_>, call: &Call, code: &str, add: bool) -> Result<Group, Error> {
    let known = pricing::groups(tx)?.into_iter().find(|group| group.code == code);
    if let Some(known) = known {
        return Ok(known);
    }
    if !add {
        let shown: String = code.chars().take(60).collect();
        let detail = format!("there is no customer group `{shown}`");
        return Err(Refusal::at(Code::UnknownGroup, "/group", detail).into());
    }
    let group = Group { id: ids(call).draw(), code: code.to_owned(), name: code.to_owned() };
    pricing::put_group(tx, &group)?;
    Ok(group)
}

/// Returns the customer groups and what they get off.
pub fn groups(app: &App, call: &Call) -> Result<(Vec<Group>, Vec<DiscountRule>), Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| Ok((pricing::groups(tx)?, pricing::discounts(tx)?)))
}

/// Adds a discount for a customer group, or changes the one with its code.
///
/// # Errors
/// `unknown_group`, `not_found` for the item, what [`NewDiscountRule::check`] refuses.
pub fn discount(app: &App, call: &Call, new: &NewDiscountRule) -> Result<DiscountRule, Error> {
    command(app, call, "discount_rule.set", |tx| {
        configure(tx, call)?;
        let group = group_called(tx, call, new.group.trim(), false)?;
        let item = new.sku.as_deref().map(|sku| item_called(tx, sku)).transpose()?;
        let rule = new.check(ids(call).draw(), group.id, item.map(|item| item.id))?;
        pricing::put_discount(tx, &rule)?;
        Ok(rule)
    })
}
