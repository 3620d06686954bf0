//! Quotes and agreements: what was offered, until when, what was drawn of it, and the order that
//! comes of it.

mod page;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::quote::{Quote, QuoteKind, QuoteState};
use orderly_core::time::Day;
use orderly_ops::Error;
use orderly_ops::ops::quotes::read;

use super::{Route, get, post};
use crate::fields::{address, segment};
use crate::parts::list::{View, pager, views};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

pub const ROUTES: &[Route] = &[
    get(HERE, Permission::Read, list),
    get("/console/quotes/{quote}", Permission::Read, page::page),
    get("/console/quotes/{quote}/pdf", Permission::ReadPii, page::pdf),
    get("/console/quotes/{quote}/order", Permission::Place, page::show_order),
    post("/console/quotes/{quote}/order", Permission::Place, page::order),
    post("/console/quotes/{quote}/do/{action}", Permission::Quote, page::act),
];

const HERE: &str = "/console/quotes";
/// Rows of one page.
const ROWS: usize = 50;

fn at(quote: &Quote) -> String {
    format!("{HERE}/{}", segment(&quote.number))
}

/// Where a quote stands on a day: expired and used up are computed.
fn standing(quote: &Quote, today: Day) -> Markup {
    let is_over = quote.valid_until.is_some_and(|until| until < today);
    let is_drawn = !quote.lines.is_empty() && quote.lines.iter().all(|one| one.left().is_zero());
    match quote.state {
        QuoteState::Sent | QuoteState::Accepted if is_drawn => {
            state(Meaning::Good, t("quotes.drawn"))
        }
        QuoteState::Sent | QuoteState::Accepted if is_over => {
            state(Meaning::Attention, t("quotes.expired"))
        }
        QuoteState::Accepted => state(Meaning::Good, &words::of("quote", "accepted")),
        QuoteState::Sent => state(Meaning::Info, &words::of("quote", "sent")),
        other => state(Meaning::Plain, &words::of("quote", other.code())),
    }
}

fn list(cx: &Cx) -> Result<Answer, Error> {
    let kind = match cx.query.text("kind") {
        "agreement" => QuoteKind::Agreement,
        _ => QuoteKind::Quote,
    };
    let before = cx.query.get("before").and_then(|text| text.parse().ok());
    let limit = i64::try_from(ROWS).unwrap_or(50);
    let found = read::list(&cx.app, &cx.call, kind, cx.query.get("account"), before, limit)?;
    let next = found.last().filter(|_| found.len() == ROWS).map(|(last, ..)| last.id.to_string());
    let people = cx.may_see_people();
    let row = |(quote, today, name): &(Quote, Day, Option<String>)| {
        let name = name.as_deref().unwrap_or_default();
        let name = if people || name.is_empty() { name } else { t("people.hidden") };
        Line::to(
            at(quote),
            vec![
                html! { a.nowrap href=(at(quote)) { (quote.number) } },
                html! { div.clip { (name) } },
                standing(quote, *today),
                html! { @if let Some(until) = quote.valid_until { (show::day(until, *today)) } },
                show::cell(quote.total, quote.currency),
            ],
        )
    };
    let rows: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(words_of(kind)),
        column(t("orders.customer")).rank(2),
        column(t("orders.state")),
        column(t("quotes.until")).rank(2),
        figures(t("orders.total")),
    ];
    let body = html! {
        (parts::head(&html! { (t("room.quotes")) }, &[], &html! {}))
        (views(&saved(kind)))
        div #quotes data-live {
            @if rows.is_empty() {
                (parts::empty(t("quotes.none"), t("quotes.none_next"), &html! {}))
            } @else { (table(t("room.quotes"), &columns, &rows)) }
        }
        (pager(
            cx.query.get("before").map(|_| cx.query.but(HERE, "before", None)).as_deref(),
            next.map(|id| cx.query.but(HERE, "before", Some(&id))).as_deref(),
        ))
    };
    Ok(Page::full(t("room.quotes"), body).into())
}

fn words_of(kind: QuoteKind) -> &'static str {
    match kind {
        QuoteKind::Quote => t("quotes.quote"),
        QuoteKind::Agreement => t("quotes.agreement"),
    }
}

fn saved(own: QuoteKind) -> Vec<View> {
    let one = |kind: QuoteKind| {
        let fields = [("kind", kind.code())];
        let fields = if kind == QuoteKind::Quote { &[] } else { &fields[..] };
        let name = match kind {
            QuoteKind::Quote => t("room.quotes"),
            QuoteKind::Agreement => t("quotes.agreements"),
        };
        View { href: address(HERE, fields), name: name.to_owned(), is_current: kind == own }
    };
    vec![one(QuoteKind::Quote), one(QuoteKind::Agreement)]
}
