//! `/v1/exchanges`: goods come back, an order replaces them, and no money moves for what is alike.

use orderly_core::actor::Permission;
use orderly_core::exchange::{ExchangeState, Ships};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::Fate;
use orderly_ops::ops::exchanges::{self as ops, ExchangeIn, Shown};
use orderly_ops::ops::read::{catalog, orders};
use orderly_ops::ops::returns::ReturnLineIn;
use orderly_ops::wire::out::back::ExchangeOut;
use orderly_ops::wire::parts::{self, PartIn};
use orderly_ops::wire::{DeliveryIn, LineIn};
use orderly_ops::{Call, Error};
use schemars::JsonSchema;
use serde::Deserialize;

use super::paging;
use super::refunds::settlement;
use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    vec![
        get(
            "/v1/exchanges",
            "exchanges.list",
            "List exchanges, the latest first",
            Permission::Read,
            list,
        ),
        get(
            "/v1/exchanges/{exchange}",
            "exchanges.get",
            "Show an exchange",
            Permission::Read,
            show,
        ),
        create(
            "/v1/exchanges",
            "exchanges.open",
            "Take goods back and send others for them",
            Permission::Return,
            open,
        )
        .untried(),
        act(
            "/v1/exchanges/{exchange}/cancel",
            "exchanges.cancel",
            "Cancel an exchange whose replacement has not gone",
            Permission::Cancel,
            cancel,
        )
        .untried(),
    ]
}

/// Which to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// `open`, `done` or `canceled`.
    state: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

fn list(cx: &Cx, wanted: Wanted) -> Result<Done<Page<ExchangeOut>>, Error> {
    let limit = paging::limit(wanted.limit);
    let before = paging::cursor(wanted.after.as_deref())?;
    let state = paging::word("state", wanted.state.as_deref(), ExchangeState::parse)?;
    let found = ops::list(&cx.app, &cx.call, state, before, i64::from(limit))?;
    let id = |one: &Shown| one.exchange.id.to_string();
    Ok(paging::page(&found, limit, id, |one| ExchangeOut::from(one)).into())
}

fn done(shown: &Shown) -> Done<ExchangeOut> {
    Done::of(ExchangeOut::from(shown)).version(shown.exchange.version)
}

fn named(cx: &Cx, call: &Call) -> Result<Shown, Error> {
    let text = cx.text("exchange");
    match text.parse() {
        Ok(id) => ops::show(&cx.app, call, id),
        Err(_) => ops::find(&cx.app, call, text),
    }
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<ExchangeOut>, Error> {
    Ok(done(&named(cx, &cx.call)?))
}

/// An exchange. The shared field `reason` says why.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OpenIn {
    /// Number, id, the channel's id, tracking number or SSCC.
    order: String,
    /// What comes back.
    lines: Vec<PartIn>,
    /// What replaces it.
    replacement: Vec<ForIn>,
    /// Where the replacement goes; as the order went where absent.
    #[serde(default)]
    delivery: Option<DeliveryIn>,
    /// The code of the location that takes the goods.
    at: String,
    /// The goods are here, and: `restocked`, `quarantined` or `awaiting_inspection`.
    #[serde(default)]
    to: Option<String>,
    /// Send the replacement before the goods come back.
    #[serde(default)]
    first: bool,
    /// The replacement costs what the goods cost.
    #[serde(default)]
    even: bool,
    /// How a rest is given back: `refund` (where absent) or `store_credit`.
    #[serde(default)]
    rest: Option<String>,
    #[serde(default)]
    waive_fee: bool,
}

/// An item that replaces goods.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ForIn {
    sku: String,
    quantity: String,
    #[serde(default)]
    unit: Option<String>,
    /// The order's line that it replaces: id, position or SKU; the line at the same place of
    /// `lines` where absent.
    #[serde(default)]
    replaces: Option<String>,
}

fn open(cx: &Cx, body: OpenIn) -> Result<Done<ExchangeOut>, Error> {
    let shown = orders::show(&cx.app, &cx.finding(), &body.order)?;
    let back = parts::of(&shown, &body.lines, |line| line.quantities.returnable())?;
    let mut replacement = Vec::with_capacity(body.replacement.len());
    for (index, one) in body.replacement.iter().enumerate() {
        let named = one.replaces.as_deref().map(|text| parts::named(&shown, text, None));
        let named = named.transpose()?.map(|(line, _)| line.id);
        let same = back.get(index).or(back.last()).map(|(line, _)| *line);
        replacement.push(LineIn {
            sku: Some(one.sku.clone()),
            quantity: one.quantity.clone(),
            unit: one.unit.clone(),
            replaces: named.or(same),
            ..LineIn::default()
        });
    }
    let to = body.to.as_deref().map(|text| {
        let unknown = || {
            let known: Vec<&str> = Fate::ALL.iter().map(|fate| fate.code()).collect();
            Refusal::at(Code::InvalidField, "/to", "this is nothing that happens to goods")
                .allowed(known.join(", "))
        };
        Fate::parse(text).ok_or_else(unknown)
    });
    let reason = cx.call.reason.clone();
    let lines = back.into_iter().map(|(line, qty)| ReturnLineIn {
        line: Some(line),
        qty: qty.get(),
        reason: reason.clone(),
        ..ReturnLineIn::default()
    });
    let new = ExchangeIn {
        order: shown.order.id,
        lines: lines.collect(),
        replacement,
        delivery: body.delivery,
        at: catalog::location(&cx.app, &cx.finding(), &body.at)?,
        to: to.transpose()?,
        ships: if body.first { Ships::First } else { Ships::AfterReceipt },
        even: body.even,
        rest: settlement(body.rest.as_deref().unwrap_or("refund"))?,
        waive_fee: body.waive_fee,
        reason: reason.unwrap_or_default(),
    };
    let opened = ops::open(&cx.app, &cx.call, &new)?;
    let at = format!("/v1/exchanges/{}", opened.id);
    Ok(done(&ops::show(&cx.app, &cx.finding(), opened.id)?).at(at))
}

fn cancel(cx: &Cx, _: Nothing) -> Result<Done<ExchangeOut>, Error> {
    let id = named(cx, &cx.finding())?.exchange.id;
    ops::cancel(&cx.app, &cx.call, id)?;
    Ok(done(&ops::show(&cx.app, &cx.finding(), id)?))
}
