//! Channels compared: what each sold in a span and in the one before, and day by day on one scale.

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::money::Currency;
use orderly_core::time::Day;
use orderly_ops::Error;
use orderly_ops::ops::read::catalog;
use orderly_ops::ops::read::channels::{Asked, Compared, Comparison, Days, Figures, compare};
use orderly_ops::ops::read::desk::hues;

use super::{Route, get};
use crate::fields::address;
use crate::parts;
use crate::parts::chart::{self, Series};
use crate::parts::form::{Field, field};
use crate::parts::list::{View, views};
use crate::parts::table::{Line, figures, table, words as column};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

pub const ROUTES: &[Route] = &[get("/console/channels", Permission::Read, page)];

const HERE: &str = "/console/channels";
const HOUR: i64 = 3_600_000_000;
/// More days than this are drawn as sums of seven.
const MOST_DAYS: usize = 100;

fn page(cx: &Cx) -> Result<Answer, Error> {
    let today = show::today(cx);
    let day = |name: &str| cx.query.get(name).map(Day::parse).transpose();
    let until = day("until")?.unwrap_or(today);
    let from = day("from")?.unwrap_or_else(|| until.plus_days(-29));
    let asked = Asked { days: Days { from, until: until.plus_days(1) }, against: None };
    let found = compare(&cx.app, &cx.call, &asked)?;
    let sold = |one: &&Compared| one.now.counted.orders + one.before.counted.orders > 0;
    let shown: Vec<&Compared> = found.channels.iter().filter(sold).collect();
    let all = catalog::channels(&cx.app, &cx.call)?;
    let places = hues(&all);
    let hue = |one: &Compared| places.get(&one.channel.id).map_or(0, |(place, _)| *place);
    let span = |days: Days| {
        format!("{} – {}", show::day(days.from, today), show::day(days.until.plus_days(-1), today))
    };
    let facts = [
        html! { (span(found.days)) },
        html! { (words::with("channels.against", &[("span", &span(found.against))])) },
    ];
    let body = html! {
        (parts::head(&html! { (t("room.channels")) }, &facts, &html! {}))
        (views(&spans(today, from, until)))
        (dates(from, until))
        div #channels data-live {
            @if shown.is_empty() {
                (parts::empty(t("channels.none"), t("channels.none_next"), &html! {}))
            } @else {
                (figures_of(&shown, from, until, &hue))
                (trends(&found, &shown, &hue, today))
            }
        }
    };
    Ok(Page::full(t("room.channels"), body).into())
}

fn spans(today: Day, from: Day, until: Day) -> Vec<View> {
    let all: [(&'static str, i32); 4] = [
        ("channels.days_7", 7),
        ("channels.days_30", 30),
        ("channels.days_90", 90),
        ("channels.days_365", 365),
    ];
    let one = |(name, days): (&'static str, i32)| {
        let start = today.plus_days(1 - days);
        let fields = [("from", start.to_string()), ("until", today.to_string())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (*a, b.as_str())).collect();
        View {
            href: address(HERE, &fields),
            name: t(name).to_owned(),
            is_current: (start, today) == (from, until),
        }
    };
    all.into_iter().map(one).collect()
}

fn dates(from: Day, until: Day) -> Markup {
    html! {
        form.form.row.filters action=(HERE) {
            (field(&Field {
                name: "from", label: t("orders.from"), kind: "date", value: &from.to_string(),
                ..Field::default()
            }))
            (field(&Field {
                name: "until", label: t("orders.until"), kind: "date", value: &until.to_string(),
                ..Field::default()
            }))
            button type="submit" { (t("orders.filter")) }
        }
    }
}

/// A share in percent with one decimal: `4.2 %`.
fn share(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return String::new();
    }
    let tenths = i128::from(part) * 1_000 / i128::from(whole);
    format!("{}.{} %", tenths / 10, (tenths % 10).abs())
}

/// How long orders waited for their first parcel, on average.
fn cycle(figures: &Figures) -> String {
    let counted = figures.counted;
    if counted.shipped == 0 {
        return String::new();
    }
    let hours = counted.waited / counted.shipped / HOUR;
    match hours {
        0..48 => words::with("channels.hours", &[("n", &hours)]),
        _ => words::with("time.days", &[("n", &(hours / 24))]),
    }
}

/// A figure with that of the span before below it.
fn pair(now: &str, before: &str) -> Markup {
    html! { (now) div.small.muted { @if before.is_empty() { "–" } @else { (before) } } }
}

fn figures_of(
    shown: &[&Compared],
    from: Day,
    until: Day,
    hue: &dyn Fn(&Compared) -> usize,
) -> Markup {
    let (from, until) = (from.to_string(), until.to_string());
    let row = |one: &&Compared| {
        let (now, before) = (&one.now, &one.before);
        let money = |minor: i64| show::figure(minor, one.currency);
        let some = |minor: Option<i64>| minor.map(money).unwrap_or_default();
        let href = address(
            "/console/orders",
            &[("channel", &one.channel.code), ("from", &from), ("until", &until)],
        );
        let margin = |f: &Figures| match one.has_margin {
            true => share(f.worth.kept - f.cost, f.worth.kept),
            false => String::new(),
        };
        Line::to(
            href.clone(),
            vec![
                html! {
                    a href=(href) { (parts::channel(&one.channel.name, hue(one))) }
                    div.small.muted { (one.currency) }
                },
                pair(&show::count(now.counted.orders), &show::count(before.counted.orders)),
                pair(&money(now.revenue()), &money(before.revenue())),
                html! { (chart::change(now.revenue(), before.revenue())) },
                pair(&some(now.average()), &some(before.average())),
                pair(&margin(now), &margin(before)),
                pair(
                    &share(now.worth.returned, now.revenue()),
                    &share(before.worth.returned, before.revenue()),
                ),
                pair(
                    &share(now.worth.canceled, now.worth.ordered),
                    &share(before.worth.canceled, before.worth.ordered),
                ),
                pair(&cycle(now), &cycle(before)),
            ],
        )
    };
    let rows: Vec<Line> = shown.iter().map(row).collect();
    let columns = [
        column(t("orders.channel")),
        figures(t("home.orders")),
        figures(t("channels.revenue")),
        figures(t("channels.change")).rank(2),
        figures(t("channels.average")).rank(2),
        figures(t("channels.margin")).rank(3),
        figures(t("channels.returned")).rank(2),
        figures(t("channels.canceled")).rank(3),
        figures(t("channels.cycle")).rank(3),
    ];
    html! {
        (table(t("room.channels"), &columns, &rows))
        p.small.muted { (t("channels.note")) }
    }
}

/// One chart for each channel, all on the scale of their currency.
fn trends(
    found: &Comparison,
    shown: &[&Compared],
    hue: &dyn Fn(&Compared) -> usize,
    today: Day,
) -> Markup {
    let per =
        if found.channels.first().map_or(0, |one| one.days.len()) > MOST_DAYS { 7 } else { 1 };
    let most = |currency: Currency| {
        let own = shown.iter().filter(|one| one.currency == currency);
        own.flat_map(|one| values(&one.days, per)).max().unwrap_or(0)
    };
    let body = html! {
        div.multiples {
            @for one in shown {
                @let values = values(&one.days, per);
                @let days: Vec<String> =
                    one.days.iter().step_by(per).map(|(day, _)| show::day(*day, today)).collect();
                @let series = [Series {
                    name: "", hue: hue(one), values: &values, before: None,
                }];
                @let sum = show::money(one.now.revenue(), one.currency);
                (chart::lines(
                    &format!("{} · {sum}", one.channel.name),
                    &days,
                    &series,
                    Some(most(one.currency)),
                    &|minor| show::figure(minor, one.currency),
                ))
            }
        }
    };
    let title = if per == 7 { t("channels.by_week") } else { t("channels.by_day") };
    parts::section(title, &body)
}

fn values(days: &[(Day, Figures)], per: usize) -> Vec<i64> {
    days.chunks(per).map(|some| some.iter().map(|(_, figures)| figures.revenue()).sum()).collect()
}
