//! Home: what needs a person now, each with one action; the day so far by channel.

mod exception;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::id::OrderId;
use orderly_core::time::{Day, Instant};
use orderly_ops::Error;
use orderly_ops::ops::read::catalog::{Raised, exceptions};
use orderly_ops::ops::read::desk::{self, Taken, Today};

use super::orders::act::Action;
use super::orders::{address_of, at};
use super::{Route, get, post};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, chart, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

pub const ROUTES: &[Route] = &[
    get("/console", Permission::Read, home),
    get("/console/exceptions/{exception}", Permission::Read, exception::show),
    post("/console/exceptions/{exception}/settle", Permission::Read, exception::settle),
];

/// Rows of each kind that are shown; the rest is counted.
const ROWS: usize = 8;

fn home(cx: &Cx) -> Result<Answer, Error> {
    let today = show::today(cx);
    let now = desk::today(&cx.app, &cx.call, today.start_in(&cx.zone))?;
    let raised = exceptions(&cx.app, &cx.call, 1_000)?;
    let mut needs = wanting(&now, &raised, today);
    needs.sort_by_key(|need| (need.rank, need.since.micros()));
    let body = html! {
        (parts::head(&html! { (t("room.home")) }, &[html! {
            (show::heading(today, today)) ", " (show::full(cx.now(), &cx.zone))
        }], &html! {}))
        div.columns #home data-live {
            div { (needed(cx, &needs)) (work(cx, &now)) }
            div { (figures_of(&now)) }
        }
    };
    Ok(Page::new(t("room.home"), body).into())
}

/// Something that needs a person.
struct Need {
    /// The lower, the sooner.
    rank: u8,
    since: Instant,
    meaning: Meaning,
    word: String,
    text: String,
    href: Option<String>,
    action: &'static str,
}

fn wanting(now: &Today, raised: &[Raised], today: Day) -> Vec<Need> {
    let number = |id: OrderId| now.numbers.get(&id).map_or("?", String::as_str);
    let mut all = Vec::new();
    for one in raised {
        let about: Vec<&str> = [&one.order, &one.sku, &one.location]
            .into_iter()
            .filter_map(|x| x.as_deref())
            .collect();
        all.push(Need {
            rank: 0,
            since: one.exception.raised_at,
            meaning: Meaning::Bad,
            word: words::of("exception", &one.exception.kind),
            text: format!("{} {}", about.join(" · "), one.exception.detail),
            href: Some(format!("/console/exceptions/{}", uuid::Uuid::from_bytes(one.exception.id))),
            action: "home.settle",
        });
    }
    for refund in &now.to_approve {
        all.push(Need {
            rank: 1,
            since: refund.created_at,
            meaning: Meaning::Attention,
            word: t("home.approve").to_owned(),
            text: format!("{} · {}", show::money(refund.amount, refund.currency), refund.reason),
            href: Some(super::returns::decide::page_of(refund)),
            action: "home.decide",
        });
    }
    for (order, hold) in &now.holds {
        all.push(Need {
            rank: 2,
            since: hold.placed_at,
            meaning: Meaning::Attention,
            word: words::of("hold", &hold.kind),
            text: format!("{} · {}", number(*order), hold.reason),
            href: Some(release(number(*order), hold.id)),
            action: "home.release",
        });
    }
    for work in &now.at_work {
        let told = work.delivery.promises.last().map(|promise| promise.for_on);
        let due = told.or(work.delivery.ship_by_on).or(work.delivery.required_on);
        if let Some(due) = due.filter(|due| *due < today) {
            let place = now.locations.get(&work.location).map_or("?", |one| one.code.as_str());
            all.push(Need {
                rank: 3,
                since: work.created_at,
                meaning: Meaning::Attention,
                word: t("home.late").to_owned(),
                text: format!("{} · {place} · {}", number(work.order), show::day(due, today)),
                href: Some(at(number(work.order))),
                action: "home.look",
            });
        }
    }
    all
}

/// Where a hold is released.
fn release(number: &str, hold: orderly_core::id::HoldId) -> String {
    address_of(number, Action::ReleaseHold, &[("hold", &hold.to_string())])
}

fn needed(cx: &Cx, needs: &[Need]) -> Markup {
    let count = i64::try_from(needs.len()).unwrap_or(0);
    let beside = html! { span.count { (show::count(count)) } };
    let body = html! {
        @if needs.is_empty() {
            (parts::empty(t("home.nothing"), t("home.nothing_next"), &html! {}))
        }
        @for rank in 0..4 {
            @let own: Vec<&Need> = needs.iter().filter(|need| need.rank == rank).collect();
            ul.needs data-rows {
                @for need in own.iter().take(ROWS) {
                    li data-href=[need.href.as_deref()] {
                        div.what {
                            (state(need.meaning, &need.word))
                            span.small { (need.text) }
                        }
                        span.age.muted.small { (show::time(cx, need.since)) }
                        @if let Some(href) = &need.href {
                            a.button href=(href) { (t(need.action)) }
                        } @else { span {} }
                    }
                }
            }
            @if own.len() > ROWS {
                p.small.muted {
                    @let rest = own.len() - ROWS;
                    (words::with("home.more", &[("n", &rest), ("what", &own[0].word)]))
                }
            }
        }
    };
    parts::section_with(t("home.needs"), &beside, &body)
}

/// What the locations have to do.
fn work(cx: &Cx, now: &Today) -> Markup {
    let mut places: Vec<_> = now.locations.values().collect();
    places.sort_by(|a, b| a.code.cmp(&b.code));
    let rows: Vec<Line> = places
        .iter()
        .filter_map(|place| {
            let own: Vec<_> = now.at_work.iter().filter(|work| work.location == place.id).collect();
            let oldest = own.iter().map(|work| work.created_at).min()?;
            let released = own.iter().filter(|work| work.released).count();
            Some(Line::new(vec![
                html! { (place.name) },
                html! { (own.len() - released) },
                html! { (released) },
                show::time(cx, oldest),
            ]))
        })
        .collect();
    let columns = [
        column(t("home.location")),
        figures(t("home.to_release")),
        figures(t("home.at_work")),
        column(t("home.oldest")),
    ];
    html! { @if !rows.is_empty() {
        (parts::section(t("home.work"), &table(t("home.work"), &columns, &rows)))
    } }
}

/// The day so far, by channel, beside the same hours of the day before.
fn figures_of(now: &Today) -> Markup {
    let hues = desk::hues(&now.channels);
    let most = now.taken.iter().map(|taken| taken.total).max().unwrap_or(0);
    let rows: Vec<Line> = now
        .taken
        .iter()
        .filter_map(|taken| {
            let (place, channel) = hues.get(&taken.channel)?;
            let same =
                |old: &&Taken| (old.channel, old.currency) == (taken.channel, taken.currency);
            let before = now.taken_before.iter().find(same).map_or(0, |old| old.total);
            Some(Line::to(
                format!("/console/orders?channel={}", channel.code),
                vec![
                    parts::channel(&channel.name, *place),
                    html! { (show::count(taken.orders)) },
                    show::cell(taken.total, taken.currency),
                    html! { span.small.muted { (chart::change(taken.total, before)) } },
                    chart::bar(taken.total, most, *place),
                ],
            ))
        })
        .collect();
    let columns = [
        column(t("orders.channel")),
        figures(t("home.orders")),
        figures(t("home.taken")),
        figures(t("home.change")),
        column(""),
    ];
    let body = if rows.is_empty() {
        parts::empty(t("home.quiet"), t("home.quiet_next"), &html! {})
    } else {
        table(t("home.today"), &columns, &rows)
    };
    parts::section(t("home.today"), &body)
}
