//! The list of orders: filters, sort, search by any id, cursors.

use orderly_core::actor::Permission;
use orderly_core::time::Instant;
use orderly_ops::Error;
use orderly_ops::ops::read::orders as read;
use orderly_ops::wire::out::{Expand, OrderOut, OrderRow};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::operation::get;
use crate::{Cx, Done, Operation, Page};

/// Orders of a page whose objects are expanded.
const EXPANDED: i64 = 50;

pub fn operations() -> Vec<Operation> {
    vec![get("/v1/orders", "orders.list", "List and find orders", Permission::Read, list)]
}

/// Which orders to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// A channel's code.
    channel: Option<String>,
    /// `draft`, `quoted`, `placed`, `canceled` or `closed`.
    state: Option<String>,
    /// Placed at or after this instant (RFC 3339), or this day (UTC).
    #[serde(rename = "placed_at[gte]")]
    from: Option<String>,
    /// Placed before this instant or day.
    #[serde(rename = "placed_at[lt]")]
    until: Option<String>,
    /// The code of a location that works or worked on it.
    location: Option<String>,
    /// A customer's number or id.
    customer: Option<String>,
    /// An account's number or id.
    account: Option<String>,
    /// A kind of open hold; `any` for each.
    hold: Option<String>,
    /// How much of the total is captured: `none`, `partial`, `full` or `over`.
    payment: Option<String>,
    /// Something that was due before today (UTC) is still to be shipped.
    late: bool,
    /// Finds by number or its beginning, id, the channel's id, tracking number, SSCC, e-mail
    /// address, telephone number, name or its beginning, customer number, SKU or GTIN.
    q: Option<String>,
    /// `placed_at`, `number` or `total`; with `-` from the top. `-placed_at` where absent.
    sort: Option<String>,
    /// Objects in the place of ids: `customer`, `fulfillments.shipments`; with commas. A page has
    /// at most 50 orders then.
    expand: Option<String>,
    /// The cursor of the page before: everything else stays as it was.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<i64>,
}

fn list(cx: &Cx, wanted: Wanted) -> Result<Done<Page<OrderRow>>, Error> {
    let expand = wanted.expand.as_deref().map(Expand::parse).transpose()?;
    let most = if expand.is_some() { EXPANDED } else { 250 };
    let asked = read::Wanted {
        channel: wanted.channel,
        state: wanted.state,
        from: wanted.from.as_deref().map(instant).transpose()?,
        until: wanted.until.as_deref().map(instant).transpose()?,
        location: wanted.location,
        customer: wanted.customer,
        account: wanted.account,
        hold: wanted.hold,
        payment: wanted.payment,
        late: wanted.late,
        search: wanted.q,
        sort: wanted.sort,
        after: wanted.after,
        limit: wanted.limit.unwrap_or(50).clamp(1, most),
    };
    let found = read::list(&cx.app, &cx.call, &asked)?;
    let mut rows = Vec::with_capacity(found.orders.len());
    for order in &found.orders {
        let mut row = OrderRow::of(&found, order);
        if let Some(expand) = expand {
            let shown = read::show(&cx.app, &cx.call, &order.id.to_string())?;
            let mut whole = OrderOut::from(&shown);
            whole.expand(&shown, &expand);
            row.customer = whole.customer;
            row.fulfillments = expand.shipments.then_some(whole.fulfillments);
        }
        rows.push(row);
    }
    Ok(Done::of(Page { hint: found.hint.clone(), ..Page::new(rows, found.next) }))
}

/// Reads an instant, or a day: its first instant, UTC.
pub fn instant(text: &str) -> Result<Instant, Error> {
    if let Ok(day) = orderly_core::time::Day::parse(text) {
        return Ok(day.start_in("UTC"));
    }
    Ok(Instant::parse(text)?)
}
