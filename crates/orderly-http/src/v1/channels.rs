//! `/v1/channels`: where orders come from, and how they do.

use orderly_core::actor::Permission;
use orderly_core::catalog::Channel;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Day;
use orderly_ops::Error;
use orderly_ops::ops::catalog as ops;
use orderly_ops::ops::read::catalog as read;
use orderly_ops::ops::read::channels::{Asked, Compared, Days, Figures, compare};
use orderly_ops::wire::catalog::{self as wire, ChannelIn};
use orderly_ops::wire::out::amount;
use orderly_ops::wire::out::catalog::ChannelOut;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::Nothing;
use crate::operation::{Verb, command, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    let (read, configure) = (Permission::Read, Permission::Configure);
    vec![
        get("/v1/channels", "channels.list", "List the channels", read, list),
        get("/v1/channels/{channel}", "channels.get", "Show a channel", read, show),
        create("/v1/channels", "channels.create", "Add a channel", configure, add),
        command(
            Verb::Put,
            "/v1/channels/{channel}",
            "channels.replace",
            "Replace what is known of a channel; its code, kind and currency stay",
            configure,
            replace,
        ),
        get(
            "/v1/channels/comparison",
            "channels.compare",
            "Compare what the channels sold in two spans, and day by day",
            read,
            comparison,
        ),
    ]
}

fn done(channel: &Channel) -> Done<ChannelOut> {
    Done::of(ChannelOut::from(channel)).version(channel.version)
}

fn list(cx: &Cx, _: Nothing) -> Result<Done<Page<ChannelOut>>, Error> {
    let found = read::channels(&cx.app, &cx.call)?;
    Ok(Done::of(Page::new(found.iter().map(ChannelOut::from).collect(), None)))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<ChannelOut>, Error> {
    Ok(done(&read::channel_named(&cx.app, &cx.call, cx.text("channel"))?))
}

fn add(cx: &Cx, body: ChannelIn) -> Result<Done<ChannelOut>, Error> {
    let channel = ops::create_channel(&cx.app, &cx.call, &wire::read(&body)?)?;
    let at = format!("/v1/channels/{}", channel.id);
    Ok(done(&channel).at(at))
}

fn replace(cx: &Cx, body: ChannelIn) -> Result<Done<ChannelOut>, Error> {
    let id = read::channel_named(&cx.app, &cx.finding(), cx.text("channel"))?.id;
    Ok(done(&ops::update_channel(&cx.app, &cx.call, id, &wire::read(&body)?)?))
}

/// Which spans are compared.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Spans {
    /// The first day, such as `2026-11-01`; thirty days before the last where absent.
    from: Option<String>,
    /// The day after the last; tomorrow (UTC) where absent.
    until: Option<String>,
    /// The first day of what it is compared with; as many days just before where absent.
    against_from: Option<String>,
    /// The day after the last of what it is compared with.
    against_until: Option<String>,
}

/// Channels in two spans.
#[derive(Debug, Serialize, JsonSchema)]
struct ComparisonOut {
    /// `channel_comparison`
    object: &'static str,
    from: String,
    until: String,
    against_from: String,
    against_until: String,
    /// One for each channel and currency.
    channels: Vec<ComparedOut>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ComparedOut {
    channel: String,
    name: String,
    currency: String,
    now: FiguresOut,
    before: FiguresOut,
    days: Vec<DayOut>,
}

/// What was sold, without tax. Shares are fractions of what was ordered, by value.
#[derive(Debug, Serialize, JsonSchema)]
struct FiguresOut {
    orders: i64,
    /// Of them, canceled as a whole.
    canceled_orders: i64,
    /// What was ordered and not canceled.
    revenue_net: String,
    average_order: Option<String>,
    /// Of what was sent and kept: its revenue less its cost.
    margin: Option<String>,
    margin_share: Option<String>,
    returned_share: Option<String>,
    canceled_share: Option<String>,
    /// From placing to the first parcel, in hours.
    cycle_hours: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DayOut {
    on: String,
    orders: i64,
    revenue_net: String,
}

/// A fraction with four places, cut.
fn share(part: i64, whole: i64) -> Option<String> {
    let tenths = part.checked_mul(10_000)?.checked_div(whole)?;
    let sign = if tenths < 0 { "-" } else { "" };
    let tenths = tenths.unsigned_abs();
    Some(format!("{sign}{}.{:04}", tenths / 10_000, tenths % 10_000))
}

fn figures(compared: &Compared, figures: &Figures) -> FiguresOut {
    let money = |minor: i64| amount(minor, compared.currency);
    let (counted, worth) = (figures.counted, figures.worth);
    let margin = compared.has_margin.then_some(worth.kept - figures.cost);
    let hours = counted.waited.checked_div(counted.shipped).map(|micros| micros / 360_000_000);
    FiguresOut {
        orders: counted.orders,
        canceled_orders: counted.canceled,
        revenue_net: money(figures.revenue()),
        average_order: figures.average().map(money),
        margin: margin.map(money),
        margin_share: margin.and_then(|margin| share(margin, worth.kept)),
        returned_share: share(worth.returned, worth.ordered),
        canceled_share: share(worth.canceled, worth.ordered),
        cycle_hours: hours.map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)),
    }
}

fn comparison(cx: &Cx, spans: Spans) -> Result<Done<ComparisonOut>, Error> {
    let day = |text: Option<&str>, pointer: &str| {
        let wrong = |_| Refusal::at(Code::InvalidField, pointer, "a day is written 2026-11-23");
        text.map(Day::parse).transpose().map_err(wrong)
    };
    let until = day(spans.until.as_deref(), "/until")?;
    let until = until.unwrap_or_else(|| cx.call.now.day_in("UTC").plus_days(1));
    let from = day(spans.from.as_deref(), "/from")?.unwrap_or_else(|| until.plus_days(-30));
    let against_from = day(spans.against_from.as_deref(), "/against_from")?;
    let against_until = day(spans.against_until.as_deref(), "/against_until")?;
    let against = against_from.map(|first| {
        let same = first.plus_days(until.number() - from.number());
        Days { from: first, until: against_until.unwrap_or(same) }
    });
    let found = compare(&cx.app, &cx.call, &Asked { days: Days { from, until }, against })?;
    let channels = found.channels.iter().map(|one| ComparedOut {
        channel: one.channel.code.clone(),
        name: one.channel.name.clone(),
        currency: one.currency.to_string(),
        now: figures(one, &one.now),
        before: figures(one, &one.before),
        days: {
            let days = one.days.iter();
            days.map(|(on, figures)| DayOut {
                on: on.to_string(),
                orders: figures.counted.orders,
                revenue_net: amount(figures.revenue(), one.currency),
            })
            .collect()
        },
    });
    Ok(Done::of(ComparisonOut {
        object: "channel_comparison",
        from: found.days.from.to_string(),
        until: found.days.until.to_string(),
        against_from: found.against.from.to_string(),
        against_until: found.against.until.to_string(),
        channels: channels.collect(),
    }))
}
