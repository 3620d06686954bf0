//! `/v1/stock`: what there is, why, what came in and what is put right.

use orderly_core::actor::Permission;
use orderly_core::id::MovementId;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::stock::{Adjustment, Receipt};
use orderly_core::time::{Day, Instant};
use orderly_core::units::LevelKey;
use orderly_ops::Error;
use orderly_ops::ops::read::catalog;
use orderly_ops::ops::read::names::names;
use orderly_ops::ops::read::stock::{self, Wanted, supply};
use orderly_ops::ops::stock::{adjust, receive};
use orderly_ops::wire::out::stock::{
    AdjustmentOut, HoldingOut, LevelOut, MovementOut, ReceiptOut, SpotOut, SupplyOut,
};
use orderly_ops::wire::stock::{AdjustmentIn, ReceiptIn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::paging;
use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    use Permission::{Adjust, Read, Receive};
    vec![
        get("/v1/stock", "stock.list", "List stock levels", Read, list),
        get(
            "/v1/stock/{item}",
            "stock.get",
            "Show what there is of an item, what comes, and what can be promised when",
            Read,
            show,
        ),
        get(
            "/v1/stock/{item}/holdings",
            "stock.holdings",
            "List where the goods of an item lie at a location",
            Read,
            holdings,
        ),
        get(
            "/v1/stock/{item}/movements",
            "stock.movements",
            "List every movement of an item, the latest first",
            Read,
            movements,
        ),
        create("/v1/stock/receipts", "receipts.create", "Receive goods", Receive, take_in),
        get("/v1/stock/receipts/{receipt}", "receipts.get", "Show a receipt", Read, receipt),
        act(
            "/v1/stock/receipts/{receipt}/reverse",
            "receipts.reverse",
            "Take a receipt back",
            Receive,
            reverse_receipt,
        )
        .unversioned(),
        create(
            "/v1/stock/adjustments",
            "adjustments.create",
            "Correct what is recorded: more or fewer, with the reason",
            Adjust,
            correct,
        ),
        act(
            "/v1/stock/adjustments/{adjustment}/reverse",
            "adjustments.reverse",
            "Take an adjustment back",
            Adjust,
            reverse_adjustment,
        )
        .unversioned(),
    ]
}

/// Which levels to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Levels {
    /// A SKU, GTIN or id.
    item: Option<String>,
    /// A location's code.
    location: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

fn bad_cursor() -> Error {
    let detail = "this is not a cursor of a page; take it from `next`";
    Refusal::at(Code::InvalidField, "after", detail).into()
}

fn level_key(text: &str) -> Result<LevelKey, Error> {
    let mut parts = text.split('.');
    let mut next = || parts.next().unwrap_or_default();
    let read = (next().parse(), next().parse(), next().parse());
    let (Ok(item), Ok(location), Ok(lot_class)) = read else { return Err(bad_cursor()) };
    Ok(LevelKey { item, location, lot_class })
}

fn list(cx: &Cx, levels: Levels) -> Result<Done<Page<LevelOut>>, Error> {
    let wanted = Wanted {
        item: levels.item,
        location: levels.location,
        after: levels.after.as_deref().map(level_key).transpose()?,
        limit: paging::limit(levels.limit),
    };
    let (found, next) = stock::list(&cx.app, &cx.call, &wanted)?;
    let next = next.map(|key| format!("{}.{}.{}", key.item, key.location, key.lot_class));
    Ok(Page::new(found.iter().map(LevelOut::from).collect(), next).into())
}

/// What to show of an item.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct At {
    /// Only at the location with this code.
    location: Option<String>,
    /// What can be promised for this day.
    by: Option<String>,
}

/// What there is of an item.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StockOut {
    pub object: &'static str,
    pub sku: String,
    pub base_unit: &'static str,
    pub locations: Vec<SupplyOut>,
}

fn show(cx: &Cx, at: At) -> Result<Done<StockOut>, Error> {
    let by = at.by.as_deref().map(Day::parse).transpose()?;
    let location = at.location.as_deref();
    let (item, found) = supply::supply(&cx.app, &cx.call, cx.text("item"), location)?;
    let out = StockOut {
        object: "stock",
        sku: item.sku.clone(),
        base_unit: item.base_unit.code(),
        locations: found.iter().map(|one| SupplyOut::new(one, by)).collect(),
    };
    Ok(out.into())
}

/// Where to look.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct There {
    /// A location's code.
    location: String,
}

fn holdings(cx: &Cx, there: There) -> Result<Done<Page<HoldingOut>>, Error> {
    let (item, _) = catalog::item(&cx.app, &cx.call, cx.text("item"))?;
    let location = catalog::location(&cx.app, &cx.finding(), &there.location)?;
    let found = stock::holdings(&cx.app, &cx.call, item.id, location)?;
    let names = names(&cx.app, &HoldingOut::ids(&found))?;
    let all = found.iter().map(|one| HoldingOut::new(one, &names)).collect();
    Ok(Page::new(all, None).into())
}

/// Which page.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pages {
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

fn movement_key(text: &str) -> Result<(Instant, MovementId), Error> {
    let (at, id) = text.split_once('.').ok_or_else(bad_cursor)?;
    let at = at.parse().map_err(|_| bad_cursor())?;
    Ok((Instant::from_micros(at), id.parse().map_err(|_| bad_cursor())?))
}

fn movements(cx: &Cx, pages: Pages) -> Result<Done<Page<MovementOut>>, Error> {
    let limit = paging::limit(pages.limit);
    let before = pages.after.as_deref().map(movement_key).transpose()?;
    let (item, found) = stock::history(&cx.app, &cx.call, cx.text("item"), before, limit)?;
    let key = |one: &stock::Moved| {
        format!("{}.{}", one.posting.by.recorded_at.micros(), one.posting.movement.id)
    };
    Ok(paging::page(&found, limit, key, |one| MovementOut::new(one, &item)).into())
}

fn take_in(cx: &Cx, new: ReceiptIn) -> Result<Done<ReceiptOut>, Error> {
    let made = receive::receive(&cx.app, &cx.call, &new)?;
    let at = format!("/v1/stock/receipts/{}", made.id);
    Ok(received(cx, &made)?.at(at))
}

fn receipt(cx: &Cx, _: Nothing) -> Result<Done<ReceiptOut>, Error> {
    received(cx, &receive::get(&cx.app, &cx.call, cx.id("receipt")?)?)
}

fn reverse_receipt(cx: &Cx, _: Nothing) -> Result<Done<ReceiptOut>, Error> {
    received(cx, &receive::reverse(&cx.app, &cx.call, cx.id("receipt")?)?)
}

fn received(cx: &Cx, receipt: &Receipt) -> Result<Done<ReceiptOut>, Error> {
    let names = names(&cx.app, &ReceiptOut::ids(receipt))?;
    Ok(ReceiptOut::new(receipt, &names).into())
}

fn correct(cx: &Cx, new: AdjustmentIn) -> Result<Done<AdjustmentOut>, Error> {
    adjusted(cx, &adjust::adjust(&cx.app, &cx.call, &new)?)
}

fn reverse_adjustment(cx: &Cx, _: Nothing) -> Result<Done<AdjustmentOut>, Error> {
    adjusted(cx, &adjust::reverse(&cx.app, &cx.call, cx.id("adjustment")?)?)
}

fn adjusted(cx: &Cx, one: &Adjustment) -> Result<Done<AdjustmentOut>, Error> {
    let names = names(&cx.app, &SpotOut::ids([&one.spot]))?;
    Ok(AdjustmentOut::new(one, &names).into())
}
