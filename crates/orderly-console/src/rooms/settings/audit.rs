//! The audit: who did or tried what, when, why, and what came of it.

use maud::{Markup, html};
use orderly_core::id::{AuditId, UserId, text_of};
use orderly_core::time::Day;
use orderly_ops::Error;
use orderly_ops::ops::read::audit::{self, Filter, Named};

use super::crumbs;
use crate::parts::form::{self, Field, field, select};
use crate::parts::list::pager;
use crate::parts::table::{Line, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

const HERE: &str = "/console/settings/audit";

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let day = |name: &str| cx.query.get(name).map(Day::parse).transpose();
    let before: Option<AuditId> = cx.query.get("before").and_then(|text| text.parse().ok());
    let filter = Filter {
        actor: cx.query.get("actor").and_then(|text| text.parse::<UserId>().ok()),
        object: None,
        verb: cx.query.owned("verb"),
        refused: match cx.query.text("outcome") {
            "done" => Some(false),
            "refused" => Some(true),
            _ => None,
        },
        since: day("from")?.map(|day| day.start_in(&cx.zone)),
        until: day("until")?.map(|day| day.plus_days(1).start_in(&cx.zone)),
        before,
        limit: 100,
    };
    let found = audit::list(&cx.app, &cx.call, &filter)?;
    let title = words::of("setting", "audit");
    let next = found.before.map(|id| id.to_string());
    let body = html! {
        (crumbs(None))
        (parts::head(&html! { (title) }, &[], &html! {}))
        (filters(cx))
        @if found.entries.is_empty() {
            (parts::empty(t("audit.none"), t("audit.none_next"), &html! {}))
        } @else { (rows(cx, &title, &found.entries)) }
        (pager(
            before.map(|_| cx.query.but(HERE, "before", None)).as_deref(),
            next.map(|id| cx.query.but(HERE, "before", Some(&id))).as_deref(),
        ))
    };
    Ok(Page::full(title, body).into())
}

fn filters(cx: &Cx) -> Markup {
    let outcomes = [("", "any"), ("done", "done"), ("refused", "refused")]
        .map(|(code, word)| (code.to_owned(), words::of("outcome", word)));
    let one = |name, label, kind| {
        field(&Field { name, label, kind, value: cx.query.text(name), ..Field::default() })
    };
    html! {
        form.form.row.filters action=(HERE) data-auto {
            @if let Some(actor) = cx.query.get("actor") { (form::hidden("actor", actor)) }
            (one("verb", t("audit.verb"), "search"))
            (select("outcome", t("audit.outcome"), cx.query.text("outcome"), &outcomes))
            (one("from", t("orders.from"), "date"))
            (one("until", t("orders.until"), "date"))
            button type="submit" { (t("orders.filter")) }
            @if !cx.query.0.is_empty() { a.button.plain href=(HERE) { (t("orders.show_all")) } }
        }
    }
}

fn rows(cx: &Cx, title: &str, found: &[Named]) -> Markup {
    let row = |one: &Named| {
        let entry = &one.entry;
        let who = one.actor.clone();
        let who = who.unwrap_or_else(|| words::of("actor", entry.actor_kind.code()));
        let object = entry.object_kind.as_deref().zip(entry.object);
        Line::new(vec![
            html! { span.nowrap { (show::time(cx, entry.at)) } },
            html! { (&who)
                @if let Some(name) = &one.approved_by {
                    div.small.muted { (words::with("refund.approved_by", &[("name", name)])) }
                }
            },
            html! { span.id { (entry.verb) } div.small.muted.phone { (who) } },
            html! { @if let Some((kind, id)) = object { (about(kind, id)) } },
            html! {
                @match &entry.refused {
                    Some(code) => (state(Meaning::Attention, &code.replace('_', " "))),
                    None => (state(Meaning::Good, t("audit.done"))),
                }
                @for text in [&entry.reason, &entry.detail].into_iter().flatten() {
                    div.small.muted.clip { (text) }
                }
            },
        ])
    };
    let lines: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("messages.when")),
        column(t("audit.who")).rank(2),
        column(t("audit.verb")),
        column(t("messages.about")).rank(3),
        column(t("audit.outcome")),
    ];
    table(title, &columns, &lines)
}

/// What a command was about; an order is a link.
fn about(kind: &str, id: [u8; 16]) -> Markup {
    let text = kind.replace('_', " ");
    html! {
        @if kind == "order" {
            a href=(crate::rooms::orders::at(&text_of("ord", id))) { (text) }
        } @else { (text) }
    }
}
