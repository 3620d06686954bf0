//! `/v1/items`: what is sold.

use orderly_core::actor::Permission;
use orderly_core::id::ItemId;
use orderly_core::item::Item;
use orderly_core::refusal::{Code, Refusal};
use orderly_ops::Error;
use orderly_ops::ops::catalog as ops;
use orderly_ops::ops::read::catalog as read;
use orderly_ops::wire::catalog::{self as wire, ItemIn};
use orderly_ops::wire::out::catalog::ItemOut;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::input::Nothing;
use crate::operation::{Verb, act, command, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    let (read, configure) = (Permission::Read, Permission::Configure);
    vec![
        get("/v1/items", "items.list", "List items by SKU", read, list),
        get("/v1/items/{item}", "items.get", "Show an item by SKU, GTIN or id", read, show),
        create("/v1/items", "items.create", "Add an item", configure, add),
        command(
            Verb::Put,
            "/v1/items/{item}",
            "items.replace",
            "Replace what is known of an item; its SKU, goods, base unit and tracking stay",
            configure,
            replace,
        ),
        act(
            "/v1/items/{item}/retire",
            "items.retire",
            "Take an item out of the range",
            configure,
            retire,
        ),
        act(
            "/v1/items/{item}/restore",
            "items.restore",
            "Take an item into the range again",
            configure,
            restore,
        ),
    ]
}

/// A page by name.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ByName {
    /// The cursor of the page before.
    pub after: Option<String>,
    /// At most 250; 50 where absent.
    pub limit: Option<i64>,
}

impl ByName {
    /// Where the page begins, and how many rows it has.
    pub fn read(&self) -> (&str, i64) {
        (self.after.as_deref().unwrap_or_default(), self.limit.unwrap_or(50).clamp(1, 250))
    }
}

fn list(cx: &Cx, wanted: ByName) -> Result<Done<Page<ItemOut>>, Error> {
    let (after, limit) = wanted.read();
    let found = read::items(&cx.app, &cx.call, after, limit + 1)?;
    Ok(Done::of(Page::cut(found, limit, |item| item.sku.clone(), |item| ItemOut::from(&**item))))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<ItemOut>, Error> {
    let (item, parts) = read::item(&cx.app, &cx.call, cx.text("item"))?;
    Ok(Done::of(ItemOut::whole(&item, &parts)).version(item.version))
}

fn done(item: &Item) -> Done<ItemOut> {
    Done::of(ItemOut::from(item)).version(item.version)
}

fn add(cx: &Cx, body: ItemIn) -> Result<Done<ItemOut>, Error> {
    let item = ops::create_item(&cx.app, &cx.call, &wire::read(&body)?)?;
    let at = format!("/v1/items/{}", item.id);
    Ok(done(&item).at(at))
}

fn named(cx: &Cx) -> Result<ItemId, Error> {
    let found = read::item(&cx.app, &cx.finding(), cx.text("item"));
    let missing = |error| match error {
        Error::Refused(refusal) if is_unknown(&refusal) => Error::not_found("item"),
        other => other,
    };
    Ok(found.map_err(missing)?.0.id)
}

fn is_unknown(refusal: &Refusal) -> bool {
    refusal.code() == Code::UnknownItem
}

fn replace(cx: &Cx, body: ItemIn) -> Result<Done<ItemOut>, Error> {
    let id = named(cx)?;
    Ok(done(&ops::update_item(&cx.app, &cx.call, id, &wire::read(&body)?)?))
}

fn retire(cx: &Cx, _: Nothing) -> Result<Done<ItemOut>, Error> {
    let id = named(cx)?;
    Ok(done(&ops::set_item_active(&cx.app, &cx.call, id, false)?))
}

fn restore(cx: &Cx, _: Nothing) -> Result<Done<ItemOut>, Error> {
    let id = named(cx)?;
    Ok(done(&ops::set_item_active(&cx.app, &cx.call, id, true)?))
}
