//! `/v1/price_lists`, `/v1/prices` and what items, categories, channels, accounts and customer
//! groups add to the choice of a price.

use std::collections::HashMap;

use orderly_core::actor::Permission;
use orderly_core::id::ItemId;
use orderly_core::pricing::new::{NewDiscountRule, NewEntry, NewList};
use orderly_core::pricing::{DiscountRule, PriceList};
use orderly_core::time::Day;
use orderly_ops::Error;
use orderly_ops::ops::prices::explain::{self, Question};
use orderly_ops::ops::prices::terms::{self, NewItemTerms};
use orderly_ops::ops::prices::{lists, sheet};
use orderly_ops::ops::read::names::{Ids, names};
use orderly_ops::wire::out::prices::{
    AccountPricingOut, DiscountRuleOut, GroupOut, ItemPricingOut, PriceAnswerOut, PriceListOut,
    PriceOut, PriceTraceOut, per_cent,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::Nothing;
use crate::operation::{act, create, file, get, upload};
use crate::{Cx, Done, File, Operation, Page};

const CSV: &[&str] = &["text/csv"];

pub fn operations() -> Vec<Operation> {
    [of_lists(), of_terms(), of_questions()].into_iter().flatten().collect()
}

fn of_lists() -> Vec<Operation> {
    use Permission::{Configure, Read};
    vec![
        get("/v1/price_lists", "price_lists.list", "List the price lists", Read, list),
        create("/v1/price_lists", "price_lists.create", "Add a price list", Configure, add),
        get(
            "/v1/price_lists/{list}",
            "price_lists.get",
            "Show a price list with its prices",
            Read,
            show,
        ),
        act(
            "/v1/price_lists/{list}/update",
            "price_lists.update",
            "Change a price list: whom it is for, its discount, its days",
            Configure,
            update,
        ),
        act(
            "/v1/price_lists/{list}/prices",
            "price_lists.put_prices",
            "Put prices into a list, all or none",
            Configure,
            put,
        ),
        act(
            "/v1/price_lists/{list}/remove_price",
            "price_lists.remove_price",
            "Take a price off a list",
            Configure,
            remove,
        ),
        upload(
            "/v1/price_lists/{list}/import",
            "price_lists.import",
            "Read prices of a list from CSV, all or none",
            Configure,
            CSV,
            import,
        ),
        file(
            "/v1/price_lists/{list}/export",
            "price_lists.export",
            "The prices of a list as CSV",
            Read,
            CSV,
            export,
        )
        .also(&[]),
    ]
}

fn of_terms() -> Vec<Operation> {
    use Permission::{Configure, Read};
    vec![
        act(
            "/v1/items/{item}/pricing",
            "items.set_pricing",
            "Set an item's category, tax class and floor",
            Configure,
            item_terms,
        )
        .unversioned(),
        act(
            "/v1/price_categories/{category}",
            "price_categories.set",
            "Set the floor of a category",
            Configure,
            category,
        )
        .unversioned(),
        act(
            "/v1/channels/{channel}/pricing",
            "channels.set_pricing",
            "Say whether a channel's prices include tax",
            Configure,
            channel,
        )
        .unversioned(),
        act(
            "/v1/accounts/{account}/pricing",
            "accounts.set_pricing",
            "Set an account's customer group and tax number",
            Configure,
            account,
        )
        .unversioned(),
        get(
            "/v1/customer_groups",
            "customer_groups.list",
            "List the customer groups with what they get off",
            Read,
            groups,
        ),
        create(
            "/v1/customer_groups/{group}/discounts",
            "customer_groups.discount",
            "Give a customer group a percentage off",
            Configure,
            discount,
        ),
    ]
}

fn of_questions() -> Vec<Operation> {
    vec![
        get(
            "/v1/prices",
            "prices.explain",
            "Say what an item costs somebody, and why",
            Permission::Read,
            what,
        ),
        get(
            "/v1/orders/{order}/prices",
            "orders.prices",
            "Say why the lines of an order cost what they cost",
            Permission::Read,
            why,
        ),
    ]
}

fn list(cx: &Cx, _: Nothing) -> Result<Done<Page<PriceListOut>>, Error> {
    let all = lists::all(&cx.app, &cx.call)?;
    let mut subjects = lists::subjects(&cx.app, &all)?;
    let rows = all.iter().map(|one| PriceListOut::new(one, subjects.remove(&one.id)));
    Ok(Page::new(rows.collect(), None).into())
}

fn out(cx: &Cx, list: &PriceList) -> Result<PriceListOut, Error> {
    let subject = lists::subjects(&cx.app, std::slice::from_ref(list))?.remove(&list.id);
    Ok(PriceListOut::new(list, subject))
}

fn done(cx: &Cx, list: &PriceList) -> Result<Done<PriceListOut>, Error> {
    let at = format!("/v1/price_lists/{}", list.code);
    Ok(Done::of(out(cx, list)?).version(list.version).at(at))
}

fn add(cx: &Cx, new: NewList) -> Result<Done<PriceListOut>, Error> {
    done(cx, &lists::create(&cx.app, &cx.call, &new)?)
}

/// A price list with its prices.
#[derive(Debug, Serialize, JsonSchema)]
struct ListOut {
    #[serde(flatten)]
    list: PriceListOut,
    prices: Vec<PriceOut>,
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<ListOut>, Error> {
    let (list, entries) = lists::show(&cx.app, &cx.call, cx.text("list"))?;
    let prices = entries.iter().map(|(sku, entry)| PriceOut::new(sku, entry)).collect();
    Ok(Done::of(ListOut { list: out(cx, &list)?, prices }).version(list.version))
}

/// How a list is to be; its code stands in the address.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ListIn {
    /// The code where absent.
    name: Option<String>,
    /// `base` (where absent), `channel`, `customer_group`, `account` or `site`.
    scope: Option<String>,
    /// The channel's or group's code, the account's number, or `NUMBER/SITE`.
    subject: Option<String>,
    /// Per cent taken off the prices.
    discount: Option<String>,
    /// Also take the discount off items without a price in it.
    whole: bool,
    /// As the channel's do where absent.
    tax_included: Option<bool>,
    /// Per cent over the cost, below which nobody sells by hand.
    margin: Option<String>,
    from: Option<String>,
    until: Option<String>,
    inactive: bool,
}

fn update(cx: &Cx, new: ListIn) -> Result<Done<PriceListOut>, Error> {
    let new = NewList {
        code: cx.text("list").to_owned(),
        name: new.name,
        currency: None,
        scope: new.scope,
        subject: new.subject,
        discount: new.discount,
        whole: new.whole,
        tax_included: new.tax_included,
        margin: new.margin,
        from: new.from,
        until: new.until,
        inactive: new.inactive,
    };
    done(cx, &lists::change(&cx.app, &cx.call, &new)?)
}

/// Prices to put into a list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PricesIn {
    /// Each takes the place of one of the same item, quantity and first day.
    prices: Vec<NewEntry>,
}

fn put(cx: &Cx, new: PricesIn) -> Result<Done<PriceListOut>, Error> {
    done(cx, &lists::put(&cx.app, &cx.call, cx.text("list"), &new.prices)?)
}

/// Which price to take off.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GoneIn {
    sku: String,
    /// The quantity from which it holds, in the item's sale unit; zero where absent.
    from_quantity: Option<String>,
    /// Its first day.
    from: Option<String>,
}

fn remove(cx: &Cx, gone: GoneIn) -> Result<Done<PriceListOut>, Error> {
    let GoneIn { sku, from_quantity, from } = gone;
    let entry = NewEntry { sku, from_quantity, from, price: "0".into(), ..NewEntry::default() };
    done(cx, &lists::remove(&cx.app, &cx.call, cx.text("list"), &entry)?)
}

/// What came of reading a file of prices.
#[derive(Debug, Serialize, JsonSchema)]
struct SheetOut {
    /// `price_import`
    object: &'static str,
    rows: usize,
    taken: usize,
    rejected: Vec<RejectedOut>,
    /// Whether the prices are in the list: none is where a row was rejected.
    written: bool,
}

/// A row that was not taken.
#[derive(Debug, Serialize, JsonSchema)]
struct RejectedOut {
    /// Of the file, from 1.
    line: u64,
    why: String,
}

fn import(cx: &Cx, _: Nothing) -> Result<Done<SheetOut>, Error> {
    let read = sheet::import(&cx.app, &cx.call, cx.text("list"), &cx.body, cx.dry_run)?;
    let rejected = read.rejected.into_iter().map(|(line, why)| RejectedOut { line, why });
    Ok(Done::of(SheetOut {
        object: "price_import",
        rows: read.rows,
        taken: read.taken,
        rejected: rejected.collect(),
        written: read.written,
    }))
}

fn export(cx: &Cx, _: Nothing) -> Result<File, Error> {
    let code = cx.text("list");
    let bytes = sheet::export(&cx.app, &cx.call, code)?;
    Ok(File { media: CSV[0], name: Some(format!("prices-{code}.csv")), bytes })
}

/// Changes to an item's terms; what is absent stays, an empty text takes away.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ItemTermsIn {
    category: Option<String>,
    tax_class: Option<String>,
    /// Per cent over the cost.
    margin: Option<String>,
}

fn item_terms(cx: &Cx, new: ItemTermsIn) -> Result<Done<ItemPricingOut>, Error> {
    let ItemTermsIn { category, tax_class, margin } = new;
    let new = NewItemTerms { category, tax_class, margin };
    let set = terms::item(&cx.app, &cx.call, cx.text("item"), &new)?;
    Ok(ItemPricingOut::from(&set).into())
}

/// The floor of a category.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct CategoryIn {
    /// Per cent over the cost; none where absent.
    margin: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CategoryOut {
    /// `price_category`
    object: &'static str,
    category: String,
    margin: Option<String>,
}

fn category(cx: &Cx, new: CategoryIn) -> Result<Done<CategoryOut>, Error> {
    let margin = new.margin.unwrap_or_default();
    let set = terms::category(&cx.app, &cx.call, cx.text("category"), &margin)?;
    let margin = set.margin_ppm.map(per_cent);
    Ok(CategoryOut { object: "price_category", category: set.category, margin }.into())
}

/// How a channel states its prices.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChannelPricingIn {
    tax_included: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ChannelPricingOut {
    /// `channel_pricing`
    object: &'static str,
    channel: String,
    tax_included: bool,
}

fn channel(cx: &Cx, new: ChannelPricingIn) -> Result<Done<ChannelPricingOut>, Error> {
    let code = cx.text("channel");
    let set = terms::channel(&cx.app, &cx.call, code, new.tax_included)?;
    let (object, channel) = ("channel_pricing", code.to_owned());
    Ok(ChannelPricingOut { object, channel, tax_included: set.tax_included }.into())
}

/// Changes to an account's terms; what is absent stays, an empty text takes away.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct AccountTermsIn {
    /// The customer group's code; a new one is added.
    group: Option<String>,
    /// Which reverse charge needs.
    tax_number: Option<String>,
}

fn account(cx: &Cx, new: AccountTermsIn) -> Result<Done<AccountPricingOut>, Error> {
    let number = cx.text("account");
    let wanted = (new.group.as_deref(), new.tax_number.as_deref());
    let set = terms::account(&cx.app, &cx.call, number, wanted)?;
    Ok(AccountPricingOut::new(number, &set).into())
}

/// SKUs of the items that rules name.
fn skus(cx: &Cx, rules: &[DiscountRule]) -> Result<HashMap<ItemId, String>, Error> {
    let items: Vec<ItemId> = rules.iter().filter_map(|rule| rule.item).collect();
    let names = names(&cx.app, &Ids { items: items.clone(), ..Ids::default() })?;
    Ok(items.into_iter().map(|id| (id, names.sku(id))).collect())
}

fn groups(cx: &Cx, _: Nothing) -> Result<Done<Page<GroupOut>>, Error> {
    let (groups, rules) = terms::groups(&cx.app, &cx.call)?;
    let items = skus(cx, &rules)?;
    let rows = groups.iter().map(|group| GroupOut::new(group, &rules, &items));
    Ok(Page::new(rows.collect(), None).into())
}

/// What a customer group gets off.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DiscountIn {
    /// The rule's code, which the order's discounts show.
    code: String,
    /// Per cent.
    discount: String,
    /// Of this item only.
    sku: Option<String>,
    /// Of this category only.
    category: Option<String>,
    from: Option<String>,
    until: Option<String>,
}

fn discount(cx: &Cx, new: DiscountIn) -> Result<Done<DiscountRuleOut>, Error> {
    let DiscountIn { code, discount, sku, category, from, until } = new;
    let group = cx.text("group").to_owned();
    let new = NewDiscountRule { code, group, sku, category, discount, from, until };
    let rule = terms::discount(&cx.app, &cx.call, &new)?;
    let items = skus(cx, std::slice::from_ref(&rule))?;
    Ok(DiscountRuleOut::new(&rule, &items).into())
}

/// What is asked: the price of an item for somebody.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// SKU, GTIN or id.
    item: String,
    /// The code of the channel that sells.
    channel: String,
    /// In the sale unit; 1 where absent.
    quantity: Option<String>,
    /// The number of the account that buys.
    account: Option<String>,
    /// The code of its site.
    site: Option<String>,
    /// The channel's where absent.
    currency: Option<String>,
    /// Today where absent.
    on: Option<String>,
    /// Where the goods go; the seller's country where absent.
    country: Option<String>,
    region: Option<String>,
}

fn what(cx: &Cx, asked: Asked) -> Result<Done<PriceAnswerOut>, Error> {
    let question = Question {
        item: asked.item,
        quantity: asked.quantity,
        channel: asked.channel,
        account: asked.account,
        site: asked.site,
        currency: asked.currency,
        on: asked.on.as_deref().map(Day::parse).transpose()?,
        country: asked.country,
        region: asked.region,
    };
    Ok(PriceAnswerOut::from(&explain::item(&cx.app, &cx.call, &question)?).into())
}

fn why(cx: &Cx, _: Nothing) -> Result<Done<Page<PriceTraceOut>>, Error> {
    let traces = explain::order(&cx.app, &cx.call, cx.text("order"))?;
    let mut page = Page::new(traces.iter().map(PriceTraceOut::from).collect(), None);
    if traces.is_empty() {
        let hint = "no rules were in force: its prices came with it or are the items' own";
        page.hint = Some(hint.into());
    }
    Ok(page.into())
}
